//! `kill -9` of the server and of sidecars while a question is open and prompts wait. What was acknowledged is there
//! afterwards, in its order; each prompt reaches the agent once. `LIA_KILLS` says how often (20).

use std::time::Duration;

use anyhow::{Context as _, ensure};
use lia_client::{Client, Prompted};
use lia_protocol::{
    ids::TaskId,
    sessions::{PromptMode, SessionEndReason, SessionStatus},
    task::TaskStatus,
    ws::{WsMessageExt, WsStatusMessage},
};
use lia_tests::{
    Log, Server,
    dice::{Dice, kills},
    processes::{Watched, kill9, sidecar},
    receiver::{Receiver, calls},
    session::{self, Busy, waiting},
    settle::{settled, unfinished},
    side::{Side, templates},
};
use serde_json::json;

/// What a client asks for at the moment of the kill; it never hears the answer.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Act {
    Queue,
    Reverse,
    Pause,
    Answer,
}

impl Act {
    /// An answer in its time leaves nothing open: one of four, the last.
    const ALL: [Self; 4] = [Self::Queue, Self::Reverse, Self::Pause, Self::Answer];

    fn of_round(round: u64) -> Self {
        Self::ALL[usize::try_from(round % 4).unwrap_or_default()]
    }

    async fn begin(self, client: Client, session: String, question: String, order: Vec<String>) {
        // The server dies meanwhile, or has done it: what holds is looked up afterwards.
        let _ = match self {
            Self::Queue => client
                .prompt(&session, "say late", Some(PromptMode::Queue))
                .await
                .map(drop)
                .map_err(Into::into),
            Self::Reverse => client.reorder_queue(&session, order).await.map(drop).map_err(Into::into),
            Self::Pause => client.pause_queue(&session).await.map(drop).map_err(Into::into),
            Self::Answer => allow(&client, &session, &question).await,
        };
    }
}

async fn allow(client: &Client, session: &str, question: &str) -> anyhow::Result<()> {
    let body = serde_json::from_value(json!({ "optionId": "allow_once" }))?;
    client.answer_permission(session, question, &body).await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn queue_and_questions_outlive_kills_of_the_server() -> anyhow::Result<()> {
    let (mut dice, dir) = (Dice::from_env(), tempfile::tempdir()?);
    let options =
        session::options().set("LIA__AGENTS__TEMPLATES_FILE", templates(dir.path())?.display().to_string());
    let mut server = Server::start(options).await?;
    let made = session::session(&server.client()?, json!({ "agentTemplateId": "kill" })).await?;
    let (id, task) = (made.id.clone(), made.id.parse::<TaskId>()?);
    let (rounds, mut open, mut expected) = (kills(20), 0, Vec::new());
    for round in 0..rounds {
        let client = server.client()?;
        let from = client.task(task).await?.last_seq;
        let (runs, session, ask) = (client.clone(), id.clone(), format!("permission in round {round}"));
        expected.push(ask.clone());
        let running = tokio::spawn(async move { runs.prompt(&session, &ask, None).await });
        let mut log = Log::open(&client, task, from).await?;
        let question = match log.until("a question", |m| matches!(m, WsMessageExt::Permission(_))).await? {
            WsMessageExt::Permission(asked) => asked.id.to_string(),
            _ => unreachable!(),
        };
        let mut texts = Vec::new();
        let mut ids = Vec::new();
        for n in 0..=dice.below(4) {
            texts.push(format!("say {round}-{n}"));
            match client.prompt(&id, &texts[texts.len() - 1], None).await? {
                Prompted::Queued(q) => ids.push(q.queue_id),
                Prompted::Ended(e) => anyhow::bail!("it did not wait: {e:?}"),
            }
        }
        let mut paused = dice.below(2) == 0;
        if paused {
            client.pause_queue(&id).await?;
        }
        let act = Act::of_round(round);
        ids.reverse();
        let late = tokio::spawn(act.begin(client.clone(), id.clone(), question.clone(), ids));
        tokio::time::sleep(Duration::from_micros(dice.below(6_000))).await;
        server.kill9().await?;
        late.await?;
        ensure!(running.await?.is_err() || act == Act::Answer, "a turn that waits for an answer has ended");
        let left = unfinished(&server, task).await?;
        ensure!(left || act == Act::Answer, "round {round}: {act:?}: nothing was open");
        open += u64::from(left);
        server.restart().await?;

        let client = server.client()?;
        let state = client.prompt_queue(&id).await?;
        let pending = client.session(&id).await?.pending_permission;
        let now = waiting(&state);
        let reversed: Vec<_> = texts.iter().rev().cloned().collect();
        let with_late: Vec<_> = texts.iter().cloned().chain(["say late".to_owned()]).collect();
        let fits = match act {
            Act::Queue => now == texts || now == with_late,
            Act::Reverse => now == texts || now == reversed,
            Act::Pause => now == texts,
            // The turn may have ended, and the next ones too.
            Act::Answer => {
                texts.iter().rev().map(String::as_str).take(now.len()).eq(now.iter().rev().copied())
            }
        };
        ensure!(fits, "round {round}: {act:?}: {texts:?} became {now:?}");
        expected.extend(match act {
            Act::Answer => texts,
            Act::Queue | Act::Reverse | Act::Pause => now.iter().map(|t| (*t).to_owned()).collect(),
        });
        ensure!(state.paused || !paused, "round {round}: the pause is forgotten");
        paused = state.paused;
        match pending {
            Some(p) => {
                ensure!(p.request_id == question, "round {round}: another question: {p:?}");
                allow(&client, &id, &question).await?;
            }
            None => ensure!(act == Act::Answer, "round {round}: {act:?}: the question is gone"),
        }
        if paused {
            client.resume_queue(&id).await?;
        }
        settled(&client, task).await.with_context(|| format!("round {round}: {act:?}"))?;
    }
    let client = server.client()?;
    let mut bytes = Vec::new();
    client.read_file(task, "side").await?.copy_to(&mut bytes, 1 << 30).await?;
    let side = Side::parse(std::str::from_utf8(&bytes)?)?;
    side.compare(&Log::events(&client, task).await?, false)?;
    ensure!(side.prompts == expected, "accepted: {expected:#?}\nreached the agent: {:#?}", side.prompts);
    eprintln!("{open} of {rounds} kills fell while a prompt or a question was open");
    ensure!(open * 10 >= rounds * 7, "only {open} of {rounds} kills fell while something was open");
    Ok(())
}

/// What a dead sandbox leaves of a session that a question, a prompt and `waiting` prompts were open in.
async fn closed(client: &Client, busy: &mut Busy, waiting: u64) -> anyhow::Result<()> {
    let ended = |m: &WsMessageExt| {
        matches!(m, WsMessageExt::Status(WsStatusMessage { status: TaskStatus::Terminated, .. }))
    };
    busy.log.until("the end", ended).await?;
    let session = client.session(busy.id()).await?;
    ensure!(session.status == SessionStatus::Killed, "{session:?}");
    ensure!(session.end_reason == Some(SessionEndReason::Error), "{session:?}");
    ensure!(session.pending_permission.is_none(), "a question without an agent: {session:?}");
    let state = client.prompt_queue(busy.id()).await?;
    ensure!(!state.processing && state.size == 0, "{state:?}");
    ensure!((&mut busy.running).await?.is_err(), "the prompt has no end");
    let events = Log::events(client, busy.id().parse()?).await?;
    let count = |kind: &str| events.iter().filter(|e| e.kind == kind).count() as u64;
    ensure!(count("prompt.unknown") == 1, "what the agent had begun is unknown");
    ensure!(count("prompt.withdrawn") == waiting, "{} of {waiting} given back", count("prompt.withdrawn"));
    ensure!(count("permission.requested") == 1 && count("permission.answered") == 1);
    Ok(())
}

/// The receiver was told that there is a question, and is told the rest: what became of the turn, and the end.
async fn told(receiver: &Receiver, busy: &Busy, first: String) -> anyhow::Result<()> {
    let mut ids = vec![first];
    for kind in ["error", "session_end"] {
        let delivery = receiver.next().await?;
        delivery.is(kind, busy.id())?;
        ensure!(!ids.contains(&delivery.id()), "an event was told twice: {kind}");
        ids.push(delivery.id());
        delivery.answer("200 OK").await?;
    }
    Ok(())
}

/// With each kill a delivery is open, too: what follows waits for it, and is told once and in order.
#[tokio::test(flavor = "multi_thread")]
async fn a_killed_sidecar_closes_its_questions_and_gives_its_queue_back() -> anyhow::Result<()> {
    let (mut dice, receiver) = (Dice::from_env(), Receiver::start().await?);
    let server = Server::start(calls(session::options())).await?;
    let client = server.client()?;
    for _ in 0..kills(20) {
        let mut busy = Busy::with(&client, json!({ "webhooks": [receiver.hook()?] })).await?;
        let n = 1 + dice.below(4);
        for i in 0..n {
            busy.queue(&client, &format!("say {i}")).await?;
        }
        let task = busy.id().parse::<TaskId>()?;
        let vm = client.task(task).await?.vm_id.context("vm_id")?;
        ensure!(client.session(busy.id()).await?.pending_permission.is_some(), "nothing is open");
        let asked = receiver.next().await?;
        asked.is("permission_request", busy.id())?;
        kill9(sidecar(server.data(), &vm)?)?;
        closed(&client, &mut busy, n).await?;
        let first = asked.id();
        asked.answer("204 No Content").await?;
        told(&receiver, &busy, first).await?;
        client.delete_task(task, true).await?;
    }
    Ok(())
}

/// The server dies and the sandbox too: what the next server finds dead is finished, and everybody is told why.
#[tokio::test(flavor = "multi_thread")]
async fn a_sandbox_that_died_without_a_server_is_finished_by_the_next() -> anyhow::Result<()> {
    let receiver = Receiver::start().await?;
    let mut server = Server::start(calls(session::options())).await?;
    let client = server.client()?;
    let mut busy = Busy::with(&client, json!({ "webhooks": [receiver.hook()?] })).await?;
    busy.queue(&client, "say never").await?;
    let vm = client.task(busy.id().parse()?).await?.vm_id.context("vm_id")?;
    let pid = sidecar(server.data(), &vm)?;
    let asked = receiver.next().await?;
    asked.is("permission_request", busy.id())?;
    let sandbox = Watched::new(pid)?;
    server.kill9().await?;
    let first = asked.id();
    drop(asked);
    kill9(pid)?;
    sandbox.ended().await?;
    server.restart().await?;
    let client = server.client()?;
    closed(&client, &mut busy, 1).await?;
    let again = receiver.next().await?;
    ensure!(again.id() == first, "another event came first");
    again.answer("204 No Content").await?;
    told(&receiver, &busy, first).await?;
    let logs = client.session(busy.id()).await?.logs;
    ensure!(logs.last().is_some_and(|l| l.kind == "session.terminated"), "{:?}", logs.last());
    Ok(())
}
