//! The queue across sessions: a message waits until its session is idle, and is then a prompt of it, once.

use anyhow::{Context as _, ensure};
use lia_client::{Client, Prompted};
use lia_protocol::sessions::{MessageStatus, QueuedMessage};
use lia_tests::{
    Log, Server,
    session::{Busy, options, refusal, session},
};
use serde_json::{Value, json};

async fn leave(client: &Client, body: Value) -> anyhow::Result<QueuedMessage> {
    Ok(client.enqueue(&serde_json::from_value(body)?).await?)
}

async fn status(client: &Client, id: u64) -> anyhow::Result<MessageStatus> {
    let all = client.messages().await?;
    Ok(all.iter().find(|m| m.id == id).with_context(|| format!("message {id} in {all:?}"))?.status)
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_wait_for_the_turn_and_go_in_their_order() -> anyhow::Result<()> {
    let server = Server::start(options()).await?;
    let client = server.client()?;
    let mut busy = Busy::start(&client).await?;
    let mut ids = Vec::new();
    for text in ["say one", "say two", "say three"] {
        let m = leave(&client, json!({ "text": text, "sessionId": busy.id() })).await?;
        ensure!((m.status, m.sent_at) == (MessageStatus::Pending, None), "{m:?}");
        ensure!(m.session_id.is_some_and(|s| s.to_string() == busy.id()), "{m:?}");
        ids.push(m.id);
    }
    ensure!(client.prompt_queue(busy.id()).await?.size == 0, "they are not in the session's own queue");
    client.remove_messages(Some(ids[1])).await?;
    ensure!(refusal(client.remove_messages(Some(ids[1])).await)?.0 == 404);
    // A prompt goes before them.
    busy.queue(&client, "say prompt").await?;
    busy.go_on(&client).await?;
    for _ in 0..4 {
        ensure!(busy.log.turn().await? == "end_turn");
    }
    let text = busy.log.text();
    let places: Option<Vec<_>> = ["prompt", "one", "three"].iter().map(|w| text.find(w)).collect();
    ensure!(places.context("all of them ran")?.is_sorted() && !text.contains("two"), "{text}");
    let all = client.messages().await?;
    ensure!(all.iter().map(|m| m.id).eq([ids[0], ids[2]]), "{all:?}");
    ensure!(all.iter().all(|m| m.status == MessageStatus::Sent && m.sent_at.is_some()), "{all:?}");
    let (code, _, _) = refusal(client.send_message(ids[0]).await)?;
    ensure!(code == 409, "it was sent already");
    client.remove_messages(None).await?;
    ensure!(client.messages().await?.is_empty());
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_makes_its_session() -> anyhow::Result<()> {
    let server = Server::start(options()).await?;
    let client = server.client()?;
    let body = json!({ "text": "say hello", "agentTemplateId": "scripted", "directory": "/workspace", "agent": "A" });
    let m = leave(&client, body).await?;
    let id = m.session_id.context("its session")?;
    ensure!(m.agent == "A" && m.agent_template_id.as_deref() == Some("scripted"), "{m:?}");
    let mut log = Log::open(&client, id, lia_protocol::ids::Seq::ZERO).await?;
    ensure!(log.turn().await? == "end_turn");
    ensure!(log.text().contains("hello"), "{}", log.text());
    ensure!(client.session(&id.to_string()).await?.cwd.as_deref() == Some("/workspace"));
    ensure!(status(&client, m.id).await? == MessageStatus::Sent);
    for (body, path) in [
        (json!({ "text": " " }), "text"),
        (json!({ "text": "x", "runtime": "none" }), "runtime"),
        (json!({ "text": "x", "agentTemplateId": "none" }), "agentTemplateId"),
    ] {
        let (code, _, said) = refusal(client.enqueue(&serde_json::from_value(body)?).await)?;
        ensure!(code == 400 && said.contains(path), "{code} {said}");
    }
    client.end_session(&id.to_string()).await?;
    let late = client.enqueue(&serde_json::from_value(json!({ "text": "x", "sessionId": id }))?).await;
    ensure!(refusal(late)?.0 == 409, "the session is over");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_survives_a_kill_and_is_a_prompt_once() -> anyhow::Result<()> {
    let mut server = Server::start(options()).await?;
    let client = server.client()?;
    let mut busy = Busy::start(&client).await?;
    let m = leave(&client, json!({ "text": "say after", "sessionId": busy.id() })).await?;
    ensure!(status(&client, m.id).await? == MessageStatus::Pending, "the session is busy");
    server.kill9().await?;
    server.restart().await?;
    let client = server.client()?;
    ensure!(status(&client, m.id).await? == MessageStatus::Pending, "a question is open");
    busy.go_on(&client).await?;
    ensure!(busy.log.turn().await? == "end_turn");
    ensure!(busy.log.turn().await? == "end_turn");
    server.kill9().await?;
    server.restart().await?;
    let client = server.client()?;
    ensure!(status(&client, m.id).await? == MessageStatus::Sent);
    ensure!(matches!(client.prompt(busy.id(), "say end", None).await?, Prompted::Ended(_)));
    ensure!(busy.log.turn().await? == "end_turn");
    let text = busy.log.text();
    ensure!(text.matches("after").count() == 1, "it ran once: {text}");
    let events = Log::events(&client, busy.session.id.parse()?).await?;
    let queued = events.iter().filter(|e| e.kind == "prompt.queued").count();
    ensure!(queued == 3, "{queued} prompts");
    Ok(())
}

/// Killed between the commit that makes a prompt of the message and the prompt's way to the agent.
#[tokio::test(flavor = "multi_thread")]
async fn a_kill_between_message_and_agent_loses_and_doubles_nothing() -> anyhow::Result<()> {
    let mut server =
        Server::start(options().set("LIA__DEBUG__FAILPOINTS", "server.after_prompt_commit")).await?;
    let client = server.client()?;
    let session = session(&client, json!({})).await?;
    let mut log = Log::open(&client, session.id.parse()?, lia_protocol::ids::Seq::ZERO).await?;
    // The server dies when the idle session takes the message, perhaps before it has answered.
    let body = serde_json::from_value(json!({ "text": "say once", "sessionId": session.id }))?;
    let _ = client.enqueue(&body).await;
    server.died().await?;
    server.set(options());
    server.restart().await?;
    ensure!(log.turn().await? == "end_turn");
    let client = server.client()?;
    ensure!(matches!(client.prompt(&session.id, "say end", None).await?, Prompted::Ended(_)));
    ensure!(log.turn().await? == "end_turn");
    ensure!(log.text().matches("once").count() == 1, "{}", log.text());
    ensure!(client.messages().await?.iter().all(|m| m.status == MessageStatus::Sent));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_can_be_sent_now_and_wakes_a_suspended_session() -> anyhow::Result<()> {
    let server = Server::start(options()).await?;
    let client = server.client()?;
    let mut busy = Busy::start(&client).await?;
    let m = leave(&client, json!({ "text": "say now", "sessionId": busy.id() })).await?;
    let sent = client.send_message(m.id).await?;
    ensure!(matches!(&sent, Prompted::Queued(q) if q.position == 0), "{sent:?}");
    busy.go_on(&client).await?;
    ensure!(busy.log.turn().await? == "end_turn" && busy.log.turn().await? == "end_turn");
    client.pause_queue(busy.id()).await?;
    let held = leave(&client, json!({ "text": "say held", "sessionId": busy.id() })).await?;
    client.suspend(busy.id().parse()?).await?;
    ensure!(status(&client, held.id).await? == MessageStatus::Pending, "the queue is paused");
    client.resume_queue(busy.id()).await?;
    leave(&client, json!({ "text": "say woken", "sessionId": busy.id() })).await?;
    ensure!(busy.log.turn().await? == "end_turn" && busy.log.turn().await? == "end_turn");
    let text = busy.log.text();
    let places: Option<Vec<_>> = ["now", "held", "woken"].iter().map(|w| text.find(w)).collect();
    ensure!(places.context("all of them ran")?.is_sorted(), "{text}");
    Ok(())
}
