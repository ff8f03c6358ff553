//! Several sessions in the one sandbox of a named instance: what they share, what stays each one's own, and what becomes
//! of the others when one ends, when the server is killed, and when the sandbox is.

use anyhow::{Context as _, ensure};
use lia_client::Client;
use lia_protocol::{
    ids::{CommandId, Seq, TaskId},
    sessions::{Session, SessionEndReason, SessionStatus},
    task::TaskStatus,
    ws::WsMessageExt,
};
use lia_tests::{
    Log, Server,
    processes::{Watched, all, instance, kill9, sidecar},
    session::{options, refusal, runtime, session},
    side::templates,
};
use serde_json::json;

async fn shared(client: &Client) -> anyhow::Result<Session> {
    session(client, json!({ "runtimeInstance": "both" })).await
}

/// Runs a prompt to its end: what the agent said in it.
async fn says(client: &Client, session: &Session, prompt: &str) -> anyhow::Result<String> {
    let task = session.id.parse::<TaskId>()?;
    let from = client.task(task).await?.last_seq;
    client.prompt(&session.id, prompt, None).await?;
    let mut log = Log::open(client, task, from).await?;
    ensure!(log.turn().await? == "end_turn", "{prompt}");
    Ok(log.text())
}

async fn vm(client: &Client, session: &Session) -> anyhow::Result<String> {
    client.task(session.id.parse::<TaskId>()?).await?.vm_id.context("vm_id")
}

/// A process of this session's agent that outlives its turn.
async fn lasting(client: &Client, session: &Session, seconds: u32) -> anyhow::Result<Watched> {
    let prompt = format!(
        "sh setsid sh -c 'touch mark.{seconds}; exec sleep {seconds}' >/dev/null 2>&1 </dev/null & \
         until [ -e mark.{seconds} ]; do sleep 0.01; done; echo begun"
    );
    ensure!(says(client, session, &prompt).await?.contains("begun"), "it did not begin");
    let found = all().into_iter().find(|p| p.args.contains(&format!("sleep {seconds}")));
    let found = found.context("no such process")?;
    Watched::new(found.pid)
}

#[tokio::test(flavor = "multi_thread")]
async fn one_sandbox_serves_several_sessions_and_outlives_each() -> anyhow::Result<()> {
    let server = Server::start(options()).await?;
    let client = server.client()?;
    let (a, b, alone) = (shared(&client).await?, shared(&client).await?, session(&client, json!({})).await?);
    let (vm_a, vm_b, vm_alone) = (vm(&client, &a).await?, vm(&client, &b).await?, vm(&client, &alone).await?);
    ensure!(vm_a == vm_b && vm_a != vm_alone, "{vm_a} {vm_b} {vm_alone}");

    says(&client, &a, "write made.txt by the first").await?;
    ensure!(says(&client, &b, "read made.txt").await?.contains("by the first"), "one workspace");
    let other = says(&client, &alone, "sh cat made.txt 2>&1").await?;
    ensure!(other.contains("No such file"), "a session that named no instance is alone: {other}");
    let listed = client.files(b.id.parse()?, "").await?;
    ensure!(listed.entries.iter().any(|e| e.name == "made.txt"), "{listed:?}");
    let (log_a, log_b) =
        (Log::events(&client, a.id.parse()?).await?, Log::events(&client, b.id.parse()?).await?);
    let asked = |log: &[lia_client::LogEvent], text: &str| {
        log.iter().filter(|e| serde_json::to_string(&e.body).is_ok_and(|j| j.contains(text))).count()
    };
    ensure!(asked(&log_a, "read made.txt") == 0 && asked(&log_b, "read made.txt") > 0, "logs are apart");

    let (of_a, of_b) = (lasting(&client, &a, 640_211).await?, lasting(&client, &b, 640_212).await?);
    client.end_session(&a.id).await?;
    of_a.ended().await?;
    ensure!(of_b.lives()?, "what the other runs goes on");
    ensure!(says(&client, &b, "say still here").await?.contains("still here"));
    let mut kept = Vec::new();
    client.read_file(a.id.parse()?, "made.txt").await?.copy_to(&mut kept, 1 << 20).await?;
    ensure!(kept.starts_with(b"by the first"), "an ended session's files are read in the living sandbox");

    // The same name comes in again; then the last leaves, and the files wait for the next.
    let c = shared(&client).await?;
    ensure!(vm(&client, &c).await? == vm_b, "it joins");
    client.end_session(&b.id).await?;
    of_b.ended().await?;
    client.end_session(&c.id).await?;
    let d = shared(&client).await?;
    ensure!(says(&client, &d, "read made.txt").await?.contains("by the first"), "the files are kept");
    let folder = instance(server.data(), &vm_b);
    ensure!(folder.exists(), "{}", folder.display());
    client.remove_instance("both").await?;
    ensure!(!folder.exists(), "removed with the instance");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn one_sleeps_while_another_works_and_all_sleep_together() -> anyhow::Result<()> {
    let server = Server::start(options()).await?;
    let client = server.client()?;
    let (a, b) = (shared(&client).await?, shared(&client).await?);
    let (task_a, task_b) = (a.id.parse::<TaskId>()?, b.id.parse::<TaskId>()?);
    client.suspend(task_a).await?;
    ensure!(says(&client, &b, "say awake").await?.contains("awake"), "the other works on");
    client.suspend(task_b).await?;
    let status = client.named_instances().await?.remove(0).instances.remove(0).status;
    ensure!(status == lia_protocol::sessions::InstanceStatus::Paused, "{status:?}");
    // A prompt wakes the first alone; a file of the second is read meanwhile.
    client.input(task_a, CommandId::new(), "write again.txt woken").await?;
    let mut log = Log::open(&client, task_a, Seq::ZERO).await?;
    log.turn().await?;
    ensure!(client.task(task_b).await?.status == TaskStatus::Suspended);
    ensure!(says(&client, &b, "read again.txt").await?.contains("woken"), "a prompt wakes the second");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_suspended_session_says_beside_others_is_in_its_log() -> anyhow::Result<()> {
    let server = Server::start(options()).await?;
    let client = server.client()?;
    let (a, b) = (shared(&client).await?, shared(&client).await?);
    let task = a.id.parse::<TaskId>()?;
    let (runs, id) = (client.clone(), a.id.clone());
    tokio::spawn(async move {
        runs.prompt(&id, "say begun\nsh until [ -e go ]; do sleep 0.01; done\nsay late\nwrite said x", None)
            .await
    });
    let mut log = Log::open(&client, task, Seq::ZERO).await?;
    log.until_text("begun").await?;
    client.suspend(task).await?;
    says(&client, &b, "sh touch go; until [ -e said ]; do sleep 0.01; done").await?;
    client.end_session(&a.id).await?;
    log.until_text("late").await?;
    let events = Log::events(&client, task).await?;
    let kinds: Vec<_> = events.iter().map(|e| e.kind.as_str()).collect();
    ensure!(kinds.last() == Some(&"task.state"), "{kinds:?}");
    Ok(())
}

/// A sandbox dies under several: none waits for another, and the next may come at once.
#[tokio::test(flavor = "multi_thread")]
async fn a_sandbox_that_died_is_left_and_entered_at_once() -> anyhow::Result<()> {
    let dir = tempfile::tempdir()?;
    let options = options().set("LIA__AGENTS__TEMPLATES_FILE", templates(dir.path())?.display().to_string());
    let server = Server::start(options).await?;
    let client = server.client()?;
    let loadable = session(&client, json!({ "agentTemplateId": "kill", "runtimeInstance": "both" })).await?;
    says(&client, &loadable, "say one").await?;
    let mut busy = Vec::new();
    for _ in 0..3 {
        let s = shared(&client).await?;
        let (runs, id) = (client.clone(), s.id.clone());
        busy.push(tokio::spawn(async move { runs.prompt(&id, "permission never", None).await }));
        let mut log = Log::open(&client, s.id.parse()?, Seq::ZERO).await?;
        log.until("a question", |m| matches!(m, WsMessageExt::Permission(_))).await?;
    }
    kill9(sidecar(server.data(), &vm(&client, &loadable).await?)?)?;
    // The prompt may have been on its way when the sandbox died; what matters is that nobody waits for another's patience.
    let comes = tokio::time::timeout(std::time::Duration::from_secs(45), async {
        tokio::join!(says(&client, &loadable, "say two"), shared(&client))
    });
    let (woken, new) = comes.await.with_context(|| format!("somebody waits: {}", server.stderr()))?;
    match woken {
        Ok(said) => ensure!(said.contains("two"), "{said}"),
        Err(e) => ensure!(e.to_string().contains("sandbox ended"), "{e}"),
    }
    ensure!(says(&client, &new?, "say three").await?.contains("three"));
    for b in busy {
        ensure!(refusal(b.await?)?.2.contains("sandbox ended"), "each is told");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn sessions_of_a_sandbox_outlive_kills_of_the_server() -> anyhow::Result<()> {
    let mut server = Server::start(options()).await?;
    let client = server.client()?;
    let (a, b) = (shared(&client).await?, shared(&client).await?);
    let (of_a, of_b) = (lasting(&client, &a, 640_221).await?, lasting(&client, &b, 640_222).await?);
    for (round, leaves) in [(0, false), (1, false), (2, true)] {
        let client = server.client()?;
        let mut logs = Vec::new();
        for s in [&a, &b] {
            let task = s.id.parse::<TaskId>()?;
            let from = client.task(task).await?.last_seq;
            let (runs, id) = (client.clone(), s.id.clone());
            tokio::spawn(async move { runs.prompt(&id, "permission go on\nsay done", None).await });
            let mut log = Log::open(&client, task, from).await?;
            log.until("a question", |m| matches!(m, WsMessageExt::Permission(_))).await?;
            logs.push(client.task(task).await?.last_seq);
        }
        if leaves {
            // Killed while one leaves: whatever was committed, nothing of it runs on beside the other.
            let (ends, id) = (client.clone(), a.id.clone());
            let ending = tokio::spawn(async move { ends.end_session(&id).await });
            server.kill9().await?;
            let _ = ending.await;
        } else {
            server.kill9().await?;
        }
        server.restart().await?;
        let client = server.client()?;
        ensure!(of_b.lives()?, "a restart harms nobody");
        for (s, from) in [(&a, logs[0]), (&b, logs[1])] {
            let task = s.id.parse::<TaskId>()?;
            if leaves && s.id == a.id {
                continue;
            }
            let asked = client.session(&s.id).await?.pending_permission.context("the question is open")?;
            let body = serde_json::from_value(json!({ "optionId": "allow_once" }))?;
            client.answer_permission(&s.id, &asked.request_id, &body).await?;
            let mut log = Log::open(&client, task, from).await?;
            ensure!(log.turn().await? == "end_turn" && log.text().contains("done"), "round {round}");
        }
    }
    let client = server.client()?;
    if client.session(&a.id).await?.status == SessionStatus::Active {
        client.end_session(&a.id).await?;
    }
    of_a.ended().await?;
    ensure!(of_b.lives()? && says(&client, &b, "say last").await?.contains("last"));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_end_of_a_sandbox_is_told_to_each_of_its_sessions() -> anyhow::Result<()> {
    let dir = tempfile::tempdir()?;
    let options = options().set("LIA__AGENTS__TEMPLATES_FILE", templates(dir.path())?.display().to_string());
    let server = Server::start(options).await?;
    let client = server.client()?;
    // One can be loaded again, and writes down what it said; the other is in the middle of a turn.
    let a = session(&client, json!({ "agentTemplateId": "kill", "runtimeInstance": "both" })).await?;
    let b = shared(&client).await?;
    says(&client, &a, "write kept.txt before\nsay one").await?;
    let task_b = b.id.parse::<TaskId>()?;
    let (runs, id) = (client.clone(), b.id.clone());
    let broken = tokio::spawn(async move { runs.prompt(&id, "permission never", None).await });
    let mut log = Log::open(&client, task_b, Seq::ZERO).await?;
    log.until("a question", |m| matches!(m, WsMessageExt::Permission(_))).await?;
    kill9(sidecar(server.data(), &vm(&client, &a).await?)?)?;
    let (_, _, why) = refusal(broken.await?)?;
    ensure!(why.contains("sandbox ended"), "{why}");
    let ended = client.session(&b.id).await?;
    ensure!(ended.end_reason == Some(SessionEndReason::Error), "{ended:?}");
    // The other is brought back over the files that are there.
    ensure!(says(&client, &a, "read kept.txt").await?.contains("before"), "loaded again");
    let c = shared(&client).await?;
    ensure!(vm(&client, &c).await? == vm(&client, &a).await?);
    ensure!(says(&client, &c, "read kept.txt").await?.contains("before"));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_does_not_widen_what_its_sandbox_may_reach() -> anyhow::Result<()> {
    let dir = tempfile::tempdir()?;
    let file = dir.path().join("wide.toml");
    std::fs::write(
        &file,
        "[[template]]\nname = \"wide\"\ntitle = \"Wide\"\nmode = \"acp\"\ncommand = \"{agent}/scripted-agent\"\n\
         args = []\nallow = [\"wide.example:443\"]\n",
    )?;
    let server =
        Server::start(options().set("LIA__AGENTS__TEMPLATES_FILE", file.display().to_string())).await?;
    let client = server.client()?;
    let wide = json!({ "agentTemplateId": "wide", "runtimeInstance": "both" });
    let narrow = shared(&client).await?;
    let (code, _, text) = refusal(session(&client, wide.clone()).await.map_err(|e| match e.downcast() {
        Ok(e) => e,
        Err(e) => panic!("{e}"),
    }))?;
    ensure!(code == 409 && text.contains("wide.example:443"), "{code} {text}");
    client.end_session(&narrow.id).await?;
    session(&client, wide).await?;
    shared(&client).await.map(drop)
}

#[tokio::test(flavor = "multi_thread")]
async fn one_set_up_script_runs_once_in_a_sandbox() -> anyhow::Result<()> {
    let server = Server::start(options()).await?;
    let client = server.client()?;
    let with = |setup: &str| session(&client, json!({ "runtimeInstance": "both", "setup": setup }));
    let same = "sleep 0.2; echo ran >> runs";
    let (a, b) = tokio::try_join!(with(same), with(same))?;
    let other = with("echo other >> runs").await?;
    let again = with(same).await?;
    for s in [&a, &b, &other, &again] {
        let said = says(&client, s, "sh cat runs").await?;
        ensure!(said.matches("ran").count() == 1 && said.matches("other").count() == 1, "{said}");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_runtime_may_have_one_instance_alone() -> anyhow::Result<()> {
    let server = Server::start(options().set("LIA__RUNTIME__ONLY_ONE", "true")).await?;
    let client = server.client()?;
    let (a, b) = (session(&client, json!({})).await?, session(&client, json!({})).await?);
    ensure!(vm(&client, &a).await? == vm(&client, &b).await?, "all share it");
    let runtimes = client.named_instances().await?;
    ensure!(runtimes[0].only_one && runtimes[0].instances.len() == 1, "{runtimes:?}");
    let (code, _, text) = refusal(client.start_instance(&runtime(), Some("two")).await)?;
    ensure!(code == 400 && text.contains("single instance"), "{code} {text}");
    ensure!(shared(&client).await.is_err_and(|e| e.to_string().contains("single instance")));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_nobody_wakes_ends_as_idle() -> anyhow::Result<()> {
    let server = Server::start(
        options()
            .set("LIA__DEBUG__MINUTE_MS", "10")
            .set("LIA__VM__IDLE_TIMEOUT_MINUTES", "5")
            .set("LIA__VM__END_SUSPENDED_MINUTES", "5"),
    )
    .await?;
    let client = server.client()?;
    let a = session(&client, json!({})).await?;
    let mut log = Log::open(&client, a.id.parse()?, Seq::ZERO).await?;
    let ended = |m: &WsMessageExt| matches!(m, WsMessageExt::Status(s) if s.status == TaskStatus::Terminated);
    log.until("its end", ended).await?;
    let ended = client.session(&a.id).await?;
    ensure!(ended.end_reason == Some(SessionEndReason::IdleTimeout), "{ended:?}");
    Ok(())
}
