//! Park: a suspended agent that can load its session is ended, its home and workspace stay, and an input brings it back
//! by `session/load`. What it replays meanwhile is not appended. The server is killed while it is parked, while it is
//! being parked, and while it is being woken.

use anyhow::{Context as _, ensure};
use lia_client::{Client, LogEvent};
use lia_protocol::{
    event::{Direction, TaskState},
    ids::{CommandId, Seq, TaskId},
    task::TaskStatus,
    ws::WsMessageExt,
};
use lia_tests::{
    Log, Request, Server, ServerOptions,
    processes::{Watched, all, kill9, sidecar},
    side::{Side, templates},
};
use tempfile::TempDir;

/// Updates that the agent replays between the request of `session/load` and its response.
const REPLAYED: usize = 1_000;

/// Ten milliseconds are a minute: an agent is parked that soon after it was suspended.
fn options(dir: &TempDir) -> anyhow::Result<ServerOptions> {
    Ok(ServerOptions::default()
        .set("LIA__AGENTS__TEMPLATES_FILE", templates(dir.path())?.display().to_string())
        .set("LIA__DEBUG__MINUTE_MS", "10")
        .set("LIA__VM__IDLE_TIMEOUT_MINUTES", "0")
        .set("LIA__VM__PARK_AFTER_MINUTES", "1"))
}

/// A task whose agent has had a turn, has a file in its workspace, and will replay.
async fn task(client: &Client) -> anyhow::Result<(TaskId, Log)> {
    let prompt = format!("replay {REPLAYED}\nwrite kept.txt from before\nsay before");
    let task = Request::new("kill", &prompt).create(client).await?.id;
    let mut log = Log::open(client, task, Seq::ZERO).await?;
    ensure!(log.turn().await? == "end_turn", "the first turn");
    Ok((task, log))
}

async fn parked(log: &mut Log) -> anyhow::Result<()> {
    let parked = |m: &WsMessageExt| matches!(m, WsMessageExt::Progress(p) if p.stage == "parked");
    log.until("that it is parked", parked).await.map(drop)
}

async fn pid(server: &Server, task: TaskId) -> anyhow::Result<u32> {
    let vm = server.client()?.task(task).await?.vm_id.context("vm_id")?;
    sidecar(server.data(), &vm)
}

/// A task's sidecar and all that it has started.
async fn processes(server: &Server, task: TaskId) -> anyhow::Result<Vec<Watched>> {
    let (mut found, all) = (vec![pid(server, task).await?], all());
    let mut at = 0;
    while let Some(parent) = found.get(at).copied() {
        found.extend(all.iter().filter(|p| p.parent == parent).map(|p| p.pid));
        at += 1;
    }
    ensure!(found.len() >= 2, "no agent below the sidecar: {all:#?}");
    found.into_iter().map(Watched::new).collect()
}

async fn ended(processes: Vec<Watched>) -> anyhow::Result<()> {
    for process in processes {
        process.ended().await?;
    }
    Ok(())
}

/// Wakes a parked task and checks that it is the same agent, with all that it had, and that its log is what the agent
/// said in its turns and nothing of the replay.
async fn wakes(server: &Server, task: TaskId, log: &mut Log) -> anyhow::Result<()> {
    let client = server.client()?;
    client.input(task, CommandId::new(), "read kept.txt\nhistory\nsay after").await?;
    woken(server, task, log).await
}

async fn woken(server: &Server, task: TaskId, log: &mut Log) -> anyhow::Result<()> {
    let client = server.client()?;
    ensure!(log.turn().await? == "end_turn", "the turn after");
    ensure!(log.text().contains("from before"), "the workspace is kept: {}", log.text());
    ensure!(log.text().contains("history: 2 prompts"), "the home is kept: {}", log.text());
    ensure!(!log.text().contains("replayed"), "a replayed update reached a client");

    let mut bytes = Vec::new();
    client.read_file(task, "side").await?.copy_to(&mut bytes, 1 << 30).await?;
    let side = std::str::from_utf8(&bytes)?;
    let replayed = side.lines().filter(|l| l.starts_with("out ") && l.ends_with(" replay")).count();
    ensure!(replayed > 0 && replayed % REPLAYED == 0, "the agent replayed {replayed} updates");
    let events = Log::events(&client, task).await?;
    Side::parse(side)?.compare(&events, false)?;

    let asked = |method: &str| {
        let method = format!(r#""method":"{method}""#);
        let to_agent = |e: &&LogEvent| e.direction == Some(Direction::ClientToAgent);
        events.iter().filter(to_agent).filter(|e| e.body.get().contains(&method)).count()
    };
    ensure!(asked("session/new") == 1, "a new session was made {} times", asked("session/new"));
    ensure!(asked("session/load") == replayed / REPLAYED, "loads: {}", asked("session/load"));
    ensure!(asked("session/prompt") == 2, "each prompt went out once: {}", asked("session/prompt"));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_parked_agent_has_no_process_and_goes_on_without_its_replay() -> anyhow::Result<()> {
    let dir = tempfile::tempdir()?;
    let server = Server::start(options(&dir)?).await?;
    let client = server.client()?;
    let (task, mut log) = task(&client).await?;
    let first = pid(&server, task).await?;
    let running = processes(&server, task).await?;
    client.suspend(task).await?;
    parked(&mut log).await?;
    ended(running).await?;
    ensure!(client.task(task).await?.status == TaskStatus::Suspended, "it is still suspended");
    let before = Log::events(&client, task).await?.len();
    wakes(&server, task, &mut log).await?;
    ensure!(pid(&server, task).await? != first, "another process");
    // Of what came after, the agent's updates are those of its turn: the file, the history, and what it said.
    let events = Log::events(&client, task).await?;
    let updates = events[before..].iter().filter(|e| e.body.get().contains(r#""session/update""#)).count();
    ensure!(updates == 3, "{updates} updates after it was parked");
    // And again.
    client.suspend(task).await?;
    parked(&mut log).await?;
    ensure!(client.resume(task).await?.status == TaskStatus::Running, "it runs again");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_idle_agent_is_suspended_and_parked_by_itself() -> anyhow::Result<()> {
    let dir = tempfile::tempdir()?;
    let server = Server::start(options(&dir)?.set("LIA__VM__IDLE_TIMEOUT_MINUTES", "1")).await?;
    let client = server.client()?;
    // A turn is activity, however silent it is: ten minutes of it.
    let task = Request::new("scripted", "sleep 100\nsay awake").create(&client).await?.id;
    let mut log = Log::open(&client, task, Seq::ZERO).await?;
    parked(&mut log).await?;
    ensure!(log.text().contains("awake"), "it was suspended in its turn: {}", log.text());
    let events = Log::events(&client, task).await?;
    let states: Vec<TaskState> =
        events.iter().filter(|e| e.kind == "task.state").map(LogEvent::body).collect::<Result<_, _>>()?;
    let last = states.last().context("a state")?;
    ensure!((last.status, last.reason.as_str()) == (TaskStatus::Suspended, "idle"), "{states:?}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_parked_agent_survives_the_server() -> anyhow::Result<()> {
    let dir = tempfile::tempdir()?;
    let mut server = Server::start(options(&dir)?).await?;
    let (task, mut log) = task(&server.client()?).await?;
    let running = processes(&server, task).await?;
    server.client()?.suspend(task).await?;
    parked(&mut log).await?;
    ended(running).await?;
    server.kill9().await?;
    server.restart().await?;
    ensure!(server.client()?.task(task).await?.status == TaskStatus::Suspended, "it stays suspended");
    wakes(&server, task, &mut log).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_sandbox_between_turns_is_as_good_as_parked() -> anyhow::Result<()> {
    let dir = tempfile::tempdir()?;
    let server = Server::start(options(&dir)?).await?;
    let (task, mut log) = task(&server.client()?).await?;
    kill9(pid(&server, task).await?)?;
    let suspended =
        |m: &WsMessageExt| matches!(m, WsMessageExt::Status(s) if s.status == TaskStatus::Suspended);
    log.until("that it is suspended", suspended).await?;
    let told =
        |m: &WsMessageExt| matches!(m, WsMessageExt::Error(e) if e.message.contains("killed by signal 9"));
    ensure!(log.messages.iter().any(told), "the reason: {:#?}", log.messages);
    wakes(&server, task, &mut log).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_dies_while_it_parks_or_wakes_goes_on_where_it_was() -> anyhow::Result<()> {
    for step in ["after_park_commit:1", "after_made:2", "before_init:2", "after_init:2"] {
        let dir = tempfile::tempdir()?;
        let options = options(&dir)?;
        let armed = options.clone().set("LIA__DEBUG__FAILPOINTS", format!("server.{step}"));
        let mut server = Server::start(armed).await?;
        let client = server.client()?;
        let (task, mut log) = task(&client).await.context(step)?;
        let running = processes(&server, task).await?;
        // The answers may never come: the server dies at the step.
        let _ = client.suspend(task).await;
        let text = "read kept.txt\nhistory\nsay after";
        if step != "after_park_commit:1" {
            parked(&mut log).await.context(step)?;
            let _ = client.input(task, CommandId::new(), text).await;
        }
        server.died().await.context(step)?;
        server.set(options);
        server.restart().await?;
        ended(running).await.context(step)?;
        if step == "after_park_commit:1" {
            wakes(&server, task, &mut log).await.context(step)?;
        } else {
            woken(&server, task, &mut log).await.context(step)?;
        }
    }
    Ok(())
}
