//! Files of a task without processes: ended by itself, or parked. A sidecar reads them, shut in as the agent was.

use std::{
    path::Path,
    time::{Duration, Instant},
};

use anyhow::{Context as _, ensure};
use lia_client::{Client, ErrorCode};
use lia_protocol::{
    ids::{CommandId, Seq, TaskId},
    task::{TaskResponse, TaskStatus},
};
use lia_tests::{
    Log, Request, Server, ServerOptions,
    processes::{Process, all, instance, kill9, sidecar},
};

/// A repository whose own settings run a program whenever git looks at its files. The program says who it is, tries to
/// get at the host's files, and knocks at the way out.
fn hostile(host: &Path) -> String {
    let knock = r#"exec 3<>/dev/tcp/127.0.0.1/3128; printf "CONNECT example.com:443 HTTP/1.1\r\n\r\n" >&3; head -c 300 <&3"#;
    let filter = format!(
        r"id -u >.git/uid; ls {} >.git/host 2>&1; timeout 5 bash -c '{knock}' >.git/door 2>&1; cat",
        host.display()
    );
    format!(
        "sh git init -q && git config user.name T && git config user.email t@example.com
sh echo one > tracked && git add . && git commit -qm first && git update-ref refs/lia/base HEAD
sh echo two >> tracked && echo made > made && ln -s /etc/hostname out
write .git/filter.sh {filter}
sh git config filter.evil.clean 'sh .git/filter.sh' && echo '* filter=evil' > .git/info/attributes
"
    )
}

async fn bytes(download: lia_client::Download) -> anyhow::Result<String> {
    let mut out = Vec::new();
    download.copy_to(&mut out, 1 << 20).await?;
    Ok(String::from_utf8(out)?)
}

/// Creates a task and waits for its end.
async fn ended(client: &Client, prompt: &str) -> anyhow::Result<TaskResponse> {
    let task = Request::new("scripted", prompt).create(client).await?;
    let mut log = Log::open(client, task.id, Seq::ZERO).await?;
    // The stream ends with the task.
    let _ = log.until("the end", |_| false).await;
    let task = client.task(task.id).await?;
    ensure!(task.status == TaskStatus::Terminated, "{task:?}");
    Ok(task)
}

/// The sidecar that reads a task's files, if one does.
fn reader(server: &Server, task: &TaskResponse) -> Option<Process> {
    let pid = sidecar(server.data(), task.vm_id.as_deref()?).ok()?;
    all().into_iter().find(|p| p.pid == pid)
}

async fn gone(server: &Server, task: &TaskResponse) -> anyhow::Result<()> {
    let since = Instant::now();
    while reader(server, task).is_some() {
        ensure!(since.elapsed() < Duration::from_secs(30), "the reading sidecar lives on");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_ended_task_shows_its_files_from_a_sandbox() -> anyhow::Result<()> {
    let server = Server::start(ServerOptions::default()).await?;
    let client = server.client()?;
    let task = ended(&client, &format!("{}exit 0", hostile(server.data()))).await?;
    ensure!(task.exit_code == Some(0) && task.error_message.is_none(), "{task:?}");
    ensure!(reader(&server, &task).is_none(), "an ended task has no process");

    let list = client.files(task.id, "").await?;
    let names: Vec<_> = list.entries.iter().map(|e| e.name.as_str()).collect();
    ensure!(names == [".git", "made", "out", "tracked"], "{names:?}");
    let read = reader(&server, &task).context("a sidecar reads them")?;
    if nix::unistd::geteuid().is_root() {
        ensure!((300_000..365_536).contains(&read.uid), "{read:?}");
    }
    ensure!(
        all().iter().all(|p| p.parent != read.pid || !p.args.contains("scripted-agent")),
        "no agent is started: {:?}",
        all()
    );
    ensure!(bytes(client.read_file(task.id, "made").await?).await? == "made\n");
    let out = client.read_file(task.id, "out").await.err().context("a link that leads out is followed")?;
    ensure!(!out.to_string().is_empty() && !out.is_not_found(), "{out}");

    ensure!(
        client.read_file(task.id, ".git/uid").await.is_err_and(|e| e.is_not_found()),
        "git has looked already"
    );
    let diff = bytes(client.diff(task.id).await?).await?;
    ensure!(diff.contains("+two") && diff.contains("+made"), "{diff}");
    let bundle = client.bundle(task.id).await?;
    let mut packed = Vec::new();
    bundle.copy_to(&mut packed, 1 << 20).await?;
    ensure!(packed.starts_with(b"# v2 git bundle"), "{:?}", String::from_utf8_lossy(&packed));

    // The repository's own program has run, and all of it inside.
    ensure!(bytes(client.read_file(task.id, ".git/uid").await?).await?.trim() == "1000", "as the agent");
    let host = bytes(client.read_file(task.id, ".git/host").await?).await?;
    ensure!(host.contains("No such file"), "it saw the host's files: {host}");
    let door = bytes(client.read_file(task.id, ".git/door").await?).await?;
    ensure!(door.contains("gateway is not there"), "it has a way out: {door}");

    // What is over is not changed any more.
    let write = client.write_file(task.id, "new", 1, &b"x"[..]).await.err().context("it was changed")?;
    ensure!(write.code() == Some(ErrorCode::InvalidState), "{write}");

    gone(&server, &task).await?;
    ensure!(bytes(client.read_file(task.id, "made").await?).await? == "made\n", "and once more");
    let pid = reader(&server, &task).context("a sidecar reads them")?.pid;
    client.delete_task(task.id, false).await?;
    ensure!(!all().iter().any(|p| p.pid == pid), "the reader outlives the files");
    ensure!(!instance(server.data(), task.vm_id.as_deref().unwrap_or_default()).exists(), "the folder stays");
    let after = client.files(task.id, "").await.err().context("files of a deleted task")?;
    ensure!(
        after.code() == Some(ErrorCode::InvalidState) && after.to_string().contains("removed"),
        "{after}"
    );
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reading_sidecar_ends_with_its_server() -> anyhow::Result<()> {
    let mut server = Server::start(ServerOptions::default()).await?;
    let client = server.client()?;
    let task = ended(&client, "write kept.txt here\nexit 0").await?;
    client.files(task.id, "").await?;
    ensure!(reader(&server, &task).is_some(), "a sidecar reads");
    server.kill9().await?;
    ensure!(reader(&server, &task).is_some(), "it outlives a kill of the server");
    server.restart().await?;
    ensure!(reader(&server, &task).is_none(), "the next start ends it");
    ensure!(bytes(client.read_file(task.id, "kept.txt").await?).await? == "here", "and reads again");
    server.down().await?;
    ensure!(reader(&server, &task).is_none(), "an orderly end ends it");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_parked_task_shows_its_files_and_still_wakes() -> anyhow::Result<()> {
    let mut server = Server::start(ServerOptions::default()).await?;
    let client = server.client()?;
    let task = Request::new("scripted", "write kept.txt here").create(&client).await?;
    let mut log = Log::open(&client, task.id, Seq::ZERO).await?;
    log.turn().await?;

    client.suspend(task.id).await?;
    let frozen = client.files(task.id, "").await.err().context("files of a frozen task")?;
    ensure!(
        frozen.code() == Some(ErrorCode::InvalidState) && frozen.to_string().contains("resume"),
        "{frozen}"
    );
    client.resume(task.id).await?;

    let vm = client.task(task.id).await?;
    kill9(sidecar(server.data(), vm.vm_id.as_deref().unwrap_or_default())?)?;
    suspended(&client, task.id).await?;
    ensure!(bytes(client.read_file(task.id, "kept.txt").await?).await? == "here");
    let pid = reader(&server, &vm).context("a sidecar reads")?.pid;
    ensure!(client.task(task.id).await?.status == TaskStatus::Suspended, "reading does not wake it");

    client.input(task.id, CommandId::new(), "say awake").await?;
    ensure!(log.turn().await? == "end_turn", "the input woke it");
    ensure!(log.text().contains("awake"), "{}", log.text());
    ensure!(
        reader(&server, &vm).is_some_and(|p| p.pid != pid),
        "the agent's sidecar took the reader's place"
    );
    ensure!(bytes(client.read_file(task.id, "kept.txt").await?).await? == "here");

    // A server that dies while it wakes a parked task wakes it at its next start.
    kill9(sidecar(server.data(), vm.vm_id.as_deref().unwrap_or_default())?)?;
    suspended(&client, task.id).await?;
    server.set(ServerOptions::default().set("LIA__DEBUG__FAILPOINTS", "server.after_made"));
    server.kill9().await?;
    server.restart().await?;
    let waking = client.clone();
    // The same input again and again, until there is a server that answers.
    tokio::spawn(async move { waking.input(task.id, CommandId::new(), "say again").await });
    server.died().await?;
    server.set(ServerOptions::default());
    server.restart().await?;
    ensure!(log.turn().await? == "end_turn", "it goes on");
    ensure!(log.text().contains("again"), "{}", log.text());
    Ok(())
}

async fn suspended(client: &Client, task: TaskId) -> anyhow::Result<()> {
    let since = Instant::now();
    while client.task(task).await?.status != TaskStatus::Suspended {
        ensure!(since.elapsed() < Duration::from_secs(30), "{:?}", client.task(task).await?);
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    Ok(())
}
