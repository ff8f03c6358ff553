//! Webhooks of a real server that is killed while a delivery is open: the receiver gets every event, in the order of the
//! session, and each again under the id and with the body that it had before.

use std::collections::HashMap;

use anyhow::ensure;
use lia_protocol::{ids::CommandId, sessions::SessionStatus};
use lia_tests::{
    Request, Server, ServerOptions,
    dice::kills,
    receiver::{Receiver, SECRET, calls},
    session::{Busy, options, refusal},
};
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_server_tells_everything_all_the_same() -> anyhow::Result<()> {
    let receiver = Receiver::start().await?;
    let options = calls(ServerOptions::default())
        .set("LIA__WEBHOOKS__OPS__URL", receiver.url()?)
        .set("LIA__WEBHOOKS__OPS__SECRET", SECRET)
        .set("LIA__WEBHOOKS__OPS__EVENTS", "end_turn,session_end");
    let mut server = Server::start(options).await?;
    let task = Request::new("scripted", "say 0").create(&server.client()?).await?.id;
    let mut seen: HashMap<String, Vec<u8>> = HashMap::new();
    let mut told = Vec::new();
    let rounds = usize::try_from(kills(20))?;
    for round in 1..=rounds {
        // The delivery of the turn before is open, its answer owed, when the server dies.
        let open = receiver.next().await?;
        let id = open.id();
        ensure!(open.event()?["event"]["type"] == "end_turn", "{:?}", open.event());
        ensure!(seen.insert(id.clone(), open.body.clone()).is_none(), "an event was told twice");
        let client = server.client()?;
        // Another turn begins, whose event waits behind the open one.
        client.input(task, CommandId::new(), format!("say {round}").as_str()).await?;
        server.kill9().await?;
        drop(open);
        server.restart().await?;
        let again = receiver.next().await?;
        ensure!(again.id() == id, "another event came first");
        ensure!(Some(&again.body) == seen.get(&id), "the body is another");
        told.push(id);
        again.answer("204 No Content").await?;
    }
    let last = receiver.next().await?;
    ensure!(!seen.contains_key(&last.id()), "an event that was taken came again");
    last.answer("200 OK").await?;
    server.client()?.delete_task(task, false).await?;
    let end = receiver.next().await?;
    ensure!(end.event()?["event"]["type"] == "session_end", "{:?}", end.event());
    end.answer("200 OK").await?;
    ensure!(told.len() == rounds, "{} of {rounds} kills found a delivery open", told.len());
    Ok(())
}

/// A session's own webhooks hear it from its first event on, each what it asked for; a kill of the server changes nothing.
#[tokio::test(flavor = "multi_thread")]
async fn a_sessions_own_webhooks_outlive_the_server() -> anyhow::Result<()> {
    let (all, ends) = (Receiver::start().await?, Receiver::start().await?);
    let mut server = Server::start(calls(options())).await?;
    let client = server.client()?;
    let mut of_ends = ends.hook()?;
    of_ends["events"] = json!(["session_end"]);
    let busy = Busy::with(&client, json!({ "webhooks": [all.hook()?, of_ends] })).await?;
    let id = busy.id().to_owned();
    let asked = all.next().await?;
    asked.is("permission_request", &id)?;
    ensure!(asked.event()?["event"]["data"]["requestId"] == *busy.asked, "{:?}", asked.event());
    let (status, shown) = server.call("GET", &format!("/api/webhooks?sessionId={id}"), None).await?;
    ensure!(status == 200 && shown.as_array().is_some_and(|s| s.len() == 2), "{shown}");
    ensure!(shown[0]["source"] == "session" && shown[0]["sessionId"] == *id, "{shown}");

    // Its answer is owed still when the server dies.
    server.kill9().await?;
    let before = (asked.id(), asked.body.clone());
    drop(asked);
    server.restart().await?;
    let again = all.next().await?;
    ensure!((again.id(), &again.body) == (before.0, &before.1), "another event came first");
    again.answer("204 No Content").await?;
    let client = server.client()?;
    busy.go_on(&client).await?;
    let ended = all.next().await?;
    ended.is("end_turn", &id)?;
    ended.answer("200 OK").await?;
    client.end_session(&id).await?;
    ensure!(client.session(&id).await?.status == SessionStatus::Killed);
    for receiver in [&all, &ends] {
        // For the second it is the first that it hears.
        let last = receiver.next().await?;
        last.is("session_end", &id)?;
        ensure!(last.event()?["event"]["data"]["reason"] == "terminated", "{:?}", last.event());
        last.answer("200 OK").await?;
    }
    let bad = json!({ "webhooks": [all.hook()?, { "url": "http://10.0.0.1/", "secret": SECRET }] });
    let refused = Busy::with(&client, bad).await.map(drop).map_err(anyhow::Error::downcast);
    let (status, _, text) = match refused {
        Err(Ok(e)) => refusal::<()>(Err(e))?,
        other => anyhow::bail!("not refused: {other:?}"),
    };
    ensure!(status == 400 && text.contains("webhooks.1.url"), "{status} {text}");
    Ok(())
}
