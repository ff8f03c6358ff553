//! Attempts to escape: one program, run outside, where each attempt must succeed, and inside a real instance, where each
//! must fail with the error that [`list`] names; with the server as root and as an ordinary user.
//!
//! Where an ordinary user's sandboxes are weaker, `GET /api/v1/runtimes` must say so.

mod bombs;
mod inside;
mod list;

use std::{
    collections::BTreeMap, net::Ipv4Addr, os::linux::net::SocketAddrExt as _, os::unix::net as unix,
    path::Path,
};

use anyhow::{Context as _, ensure};
use lia_client::{Client, Retry};
use lia_protocol::{
    event::EgressRefused,
    ids::{Seq, TaskId},
    sessions::CreateTerminalBody,
    task::TaskStatus,
};
use lia_tests::{
    Log, Outfit, Request, Server, ServerOptions, World, lacks, processes, program,
    world::{METADATA, OTHER, PUBLIC},
};
use serde_json::json;
use tokio::process::Command;

pub use self::inside::Inside;
use self::list::{Attempt, Place};

/// An ordinary user: nobody's name, no group but its own.
const USER: u32 = 54_321;
/// How an attempt ends outside where the kernel was built without what it tries: then nothing is shown by it.
const KERNEL: [&str; 2] = [": ENOSYS, not ok", ": EAFNOSUPPORT, not ok"];
/// Names that the tasks here may reach.
const ALLOW: [&str; 7] = [
    "allowed.example",
    "*.below.example",
    "xn--bcher-kva.example",
    "rebound.example",
    "both.example",
    "metadata.example",
    "tcp:mapped.example:443",
];

#[test]
fn nothing_escapes_a_server_that_is_root() -> anyhow::Result<()> {
    let name = "escape::nothing_escapes_a_server_that_is_root";
    World::run(name, move |world| escape(world, name, None))
}

#[test]
fn nothing_escapes_a_server_that_is_an_ordinary_user() -> anyhow::Result<()> {
    let name = "escape::nothing_escapes_a_server_that_is_an_ordinary_user";
    World::run(name, move |world| escape(world, name, Some(USER)))
}

async fn escape(mut world: World, name: &str, user: Option<u32>) -> anyhow::Result<()> {
    for (name, address) in [
        ("allowed.example", PUBLIC),
        ("a.below.example", PUBLIC),
        ("below.example", PUBLIC),
        ("xn--bcher-kva.example", PUBLIC),
        ("b\u{fc}cher.example", PUBLIC),
        ("evil.example", OTHER),
        ("evilallowed.example", OTHER),
        ("allowed.example.evil.example", OTHER),
        ("rebound.example", Ipv4Addr::LOCALHOST),
        ("both.example", PUBLIC),
        ("metadata.example", METADATA),
    ] {
        world.name(name, address)?;
    }
    world.name_also("both.example", Ipv4Addr::LOCALHOST)?;
    world.name("mapped.example", Ipv4Addr::LOCALHOST.to_ipv6_mapped())?;
    let listener = world.say(Ipv4Addr::LOCALHOST, "lia-world\n").await?;
    let public = world.say(PUBLIC, "lia-world\n").await?;
    let _abstract = unix::UnixListener::bind_addr(&unix::SocketAddr::from_abstract_name("lia-world")?)?;
    let home = world.dir().join("home");
    std::fs::create_dir(&home)?;
    std::fs::write(home.join("secret"), "secret\n")?;

    let outfit = Outfit { user, ..world.outfit() };
    let mut server = Server::start(ServerOptions::default().wear(outfit).set("CANARY", "sings")).await?;
    let client = server.client()?;
    let neighbour = Request::new("scripted", "write secret.txt secret\nsay ready").create(&client).await?;
    Log::open(&client, neighbour.id, Seq::ZERO).await?.turn().await?;
    let mut inside = Inside::enter(&client, &ALLOW, json!({ "storage_gb": 1 })).await?;

    let (sidecar, neighbour_sidecar) =
        (pid_of(&server, &client, inside.task).await?, pid_of(&server, &client, neighbour.id).await?);
    let init = processes::all().into_iter().find(|p| p.parent == sidecar && p.name == "lia-init");
    let init = init.context("the agent's init")?;
    let runtimes = client.runtimes().await?;
    let place = Place {
        data: server.data().to_owned(),
        port: server.url().rsplit(':').next().context("port")?.parse()?,
        server: server.pid().context("the server's pid")?,
        vm: client.task(inside.task).await?.vm_id.context("vm_id")?,
        session: client.task(inside.task).await?.session_id.to_string(),
        sidecar,
        init: init.pid,
        neighbour: neighbour_sidecar,
        home,
        listener,
        public,
        landlock: runtimes.iter().flat_map(|r| &r.isolation).any(|i| i.name == "landlock" && i.active),
    };
    let list = list::attempts(&place)?;
    let there = world.dir().join("attempts");
    std::fs::write(&there, lines(&list, |a| &a.outside))?;
    let out = outside(&world, &["run", "--apart", &there.display().to_string()], Path::new("/")).await?;
    inside.write("attempts", &lines(&list, |a| &a.inside)).await?;
    let in_ = inside.sh("./lia-probe run attempts").await?;
    let mut wrong = told(&list, &out, "outside", |_| "ok");
    if let Some(lacking) = wrong.extract_if(.., |line| KERNEL.iter().any(|k| line.contains(k))).next() {
        eprintln!("{lacking}");
        lacks("kernel-doors", name)?;
    }
    wrong.extend(told(&list, &in_, "inside", |a| a.expect));
    ensure!(
        wrong.is_empty(),
        "{} of {} attempts ended otherwise:\n{}",
        wrong.len(),
        list.len(),
        wrong.join("\n")
    );

    // A person's terminal is no way around: the same attempts there end as the agent's do.
    let start = CreateTerminalBody {
        command: Some("/bin/sh".into()),
        args: Some(vec!["-c".into(), "./lia-probe run attempts > told-terminal 2>&1".into()]),
        ..CreateTerminalBody::default()
    };
    let terminal = client.open_terminal(inside.task, &start).await?.terminal_id;
    let mut watched = client.watch_terminal(inside.task, &terminal, Seq::ZERO, 0, Retry::default());
    while watched.next().await.transpose()?.is_some() {}
    let mut told_there = Vec::new();
    client.read_file(inside.task, "told-terminal").await?.copy_to(&mut told_there, 1 << 20).await?;
    let wrong = told(&list, &String::from_utf8(told_there)?, "inside", |a| a.expect);
    ensure!(
        wrong.is_empty(),
        "in a terminal {} attempts ended otherwise:\n{}",
        wrong.len(),
        wrong.join("\n")
    );

    rebinding(&world, &mut inside).await?;
    deputies(&client, &mut inside).await?;
    refusals_are_told(&client, inside.task).await?;
    what_is_in_force(&client, user, init.uid).await?;
    ensure!(inside.sh("kill -9 1; echo lives").await?.contains("lives"), "the agent's init was killed");
    client.delete_task(inside.task, true).await?;

    bombs::all(&world, &client).await?;
    // The neighbour has seen nothing of it all.
    let now = client.task(neighbour.id).await?;
    ensure!(now.status == TaskStatus::Running, "the neighbour is {:?}: {:?}", now.status, now.error_message);
    server.down().await
}

fn lines(list: &[Attempt], of: impl Fn(&Attempt) -> &String) -> String {
    list.iter().map(|a| format!("{}\n", of(a))).collect()
}

/// The attempts that did not end as wanted.
fn told(
    list: &[Attempt],
    output: &str,
    where_: &str,
    want: impl Fn(&Attempt) -> &'static str,
) -> Vec<String> {
    let said: BTreeMap<usize, &str> = output
        .lines()
        .filter_map(|l| l.split_once('\t'))
        .filter_map(|(n, said)| Some((n.parse().ok()?, said)))
        .collect();
    let judge = |(n, attempt): (usize, &Attempt)| {
        let (said, want) = (said.get(&n).copied().unwrap_or("nothing"), want(attempt));
        let line = if where_ == "outside" { &attempt.outside } else { &attempt.inside };
        (said != want).then(|| format!("{where_}: {line}: {said}, not {want}"))
    };
    list.iter().enumerate().filter_map(judge).collect()
}

/// Runs the probe outside of every sandbox, in the test's world.
async fn outside(world: &World, args: &[&str], cwd: &Path) -> anyhow::Result<String> {
    let mut command = Command::new(program("lia-probe"));
    command.args(args).current_dir(cwd).env("CANARY", "sings");
    world.outfit().put_on(&mut command);
    let out = command.output().await?;
    let said = String::from_utf8(out.stdout)?;
    ensure!(out.status.success(), "{args:?}: {} {said}{}", out.status, String::from_utf8_lossy(&out.stderr));
    Ok(said)
}

async fn pid_of(server: &Server, client: &Client, task: TaskId) -> anyhow::Result<u32> {
    processes::sidecar(server.data(), &client.task(task).await?.vm_id.context("vm_id")?)
}

/// A name that led out first and leads in later: what was decided on is what is dialled, every time.
async fn rebinding(world: &World, inside: &mut Inside) -> anyhow::Result<()> {
    let ask = "./lia-probe connect rebound.example 443; ./lia-probe via http://rebound.example/ rebound.example; \
               ./lia-probe fetch rebound.example 80 rebound.example /";
    world.name("rebound.example", PUBLIC)?;
    let before = inside.sh(ask).await?;
    ensure!(before.matches("ok\n").count() == 3, "while it led to a public address: {before}");
    world.name("rebound.example", Ipv4Addr::LOCALHOST)?;
    let after = inside.sh(ask).await?;
    ensure!(after.matches("403").count() == 3, "when it led to loopback: {after}");
    Ok(())
}

/// The sidecar sees what agents do not; it reads and writes for them below the workspace alone, whatever links say.
async fn deputies(client: &Client, inside: &mut Inside) -> anyhow::Result<()> {
    let links = "ln -s /lia/state state; ln -s /etc/hostname hostname; ln -s / root; ln -s /proc/self/environ environ; \
                 mkdir d; ln -s ../../lia d/up; echo mine > plain; ln -s plain link; echo made";
    inside.sh(links).await?;
    ensure!(inside.prompt("read link").await?.contains("mine"), "a link within the workspace");
    for path in [
        "/etc/hostname",
        "/lia/sidecar",
        "../etc/hostname",
        "hostname",
        "root/lia/sidecar",
        "environ",
        "d/up/sidecar",
        "state",
    ] {
        let said = inside.prompt(&format!("read {path}")).await?;
        ensure!(said.contains("read failed"), "the agent's fs/read_text_file of {path}: {said}");
        let said = inside.prompt(&format!("write {path} stolen")).await?;
        ensure!(said.contains("write failed"), "the agent's fs/write_text_file of {path}: {said}");
        ensure!(client.read_file(inside.task, path).await.is_err(), "the API read {path}");
    }
    for folder in ["root", "d/up", "..", "/"] {
        ensure!(client.files(inside.task, folder).await.is_err(), "the API listed {folder}");
    }
    Ok(())
}

/// Each kind of refusal left its event.
async fn refusals_are_told(client: &Client, task: TaskId) -> anyhow::Result<()> {
    let events = Log::events(client, task).await?;
    let mut refused = Vec::new();
    for e in events.iter().filter(|e| e.kind == "egress.refused") {
        refused.push(e.body::<EgressRefused>()?);
    }
    for (host, why) in [
        ("evil.example", "allowlist"),
        ("metadata.example", "private or special"),
        ("allowed.example", "SNI"),
        ("allowed.example.", "plain ASCII host name"),
        ("93.184.216.34", "IP address"),
    ] {
        let told = refused.iter().any(|r| r.host == host && r.reason.contains(why));
        ensure!(told, "no refusal of {host} because of {why:?} in the log: {refused:#?}");
    }
    Ok(())
}

/// Root's instances have a uid of their own; an ordinary user's are its own, and the API says so.
async fn what_is_in_force(client: &Client, user: Option<u32>, uid: u32) -> anyhow::Result<()> {
    let runtimes = client.runtimes().await?;
    let local = runtimes.iter().find(|r| r.name == "local").context("the local runtime")?;
    let in_force = |name: &str| {
        let means =
            local.isolation.iter().find(|i| i.name == name).with_context(|| format!("{name} is not told"))?;
        ensure!(means.active || !means.how.is_empty(), "{name} is weaker, and nothing says why");
        anyhow::Ok(means.active)
    };
    for name in ["user-namespace", "network", "seccomp", "core-dumps"] {
        ensure!(in_force(name)?, "{name} is not in force");
    }
    match user {
        Some(user) => {
            ensure!(
                uid == user && !in_force("own-uid")?,
                "an agent runs as {uid}, and own-uid says {}",
                in_force("own-uid")?
            );
            ensure!(!in_force("storage")?, "an ordinary user cannot bound storage");
        }
        None => ensure!(uid >= 300_000 && in_force("own-uid")?, "an agent runs as {uid}"),
    }
    Ok(())
}
