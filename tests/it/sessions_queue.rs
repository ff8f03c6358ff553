//! The prompt queue of sessions: order, pause, interruption, and what a kill of the server leaves of it.

use anyhow::{Context as _, ensure};
use lia_client::Prompted;
use lia_protocol::sessions::PromptMode;
use lia_tests::{
    Log, Server,
    session::{Busy, options, refusal, waiting},
};
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn prompts_wait_in_an_order_that_can_be_changed() -> anyhow::Result<()> {
    let server = Server::start(options()).await?;
    let client = server.client()?;
    let mut busy = Busy::start(&client).await?;
    let mut ids = Vec::new();
    for (n, text) in ["say one", "say two", "say three"].into_iter().enumerate() {
        match client.prompt(busy.id(), text, None).await? {
            Prompted::Queued(q) => {
                ensure!(q.position as usize == n, "{q:?}");
                ids.push(q.queue_id);
            }
            Prompted::Ended(e) => anyhow::bail!("{e:?}"),
        }
    }
    let state = client.prompt_queue(busy.id()).await?;
    ensure!(state.processing && !state.paused && state.size == 3, "{state:?}");
    ensure!(state.items.iter().map(|i| i.position).eq(0..3), "{state:?}");

    let bad = |order: Vec<String>| client.reorder_queue(busy.id(), order);
    for (order, said) in [
        (ids[..2].to_vec(), "Reorder array length (2) does not match queue size (3)".to_owned()),
        (vec![ids[0].clone(), ids[0].clone(), ids[1].clone()], format!("Duplicate queue ID: \"{}\"", ids[0])),
        (vec![ids[0].clone(), ids[1].clone(), "x".into()], "Unknown queue ID: \"x\"".to_owned()),
    ] {
        let (status, _, text) = refusal(bad(order).await)?;
        ensure!(status == 400 && text.contains(&said), "{status} {text}");
    }
    client.reorder_queue(busy.id(), vec![ids[2].clone(), ids[0].clone(), ids[1].clone()]).await?;
    client.remove_queued(busy.id(), &ids[0]).await?;
    ensure!(refusal(client.remove_queued(busy.id(), &ids[0]).await)?.0 == 404, "it is gone");
    let state = client.prompt_queue(busy.id()).await?;
    ensure!(waiting(&state) == ["say three", "say two"], "{state:?}");
    ensure!(state.items.iter().map(|i| i.position).eq(0..2), "{state:?}");

    busy.go_on(&client).await?;
    for _ in 0..3 {
        busy.log.turn().await?;
    }
    let text = busy.log.text();
    let at = |word: &str| text.find(word).with_context(|| format!("{word} in {text}"));
    ensure!(at("three")? < at("two")?, "{text}");
    ensure!(!text.contains("one"), "a prompt that was taken back ran: {text}");
    ensure!(matches!(busy.running.await??, Prompted::Ended(e) if e.stop_reason == "end_turn"));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn order_and_pause_survive_a_kill_and_nothing_runs_twice() -> anyhow::Result<()> {
    let mut server = Server::start(options()).await?;
    let client = server.client()?;
    let mut busy = Busy::start(&client).await?;
    let mut ids = Vec::new();
    for text in ["say one", "say two", "say three"] {
        ids.push(busy.queue(&client, text).await?);
    }
    client.pause_queue(busy.id()).await?;
    client.pause_queue(busy.id()).await?;
    client.reorder_queue(busy.id(), vec![ids[2].clone(), ids[1].clone(), ids[0].clone()]).await?;
    server.kill9().await?;
    server.restart().await?;
    let client = server.client()?;
    let state = client.prompt_queue(busy.id()).await?;
    ensure!(state.processing && state.paused, "{state:?}");
    ensure!(waiting(&state) == ["say three", "say two", "say one"], "{state:?}");
    ensure!(client.session(busy.id()).await?.pending_permission.is_some(), "the question is still there");

    // The running prompt ends; what is paused stays.
    busy.go_on(&client).await?;
    busy.log.turn().await?;
    let state = client.prompt_queue(busy.id()).await?;
    ensure!(!state.processing && state.paused && state.size == 3, "{state:?}");
    // While paused and idle a prompt waits too.
    busy.queue(&client, "say four").await?;
    server.kill9().await?;
    server.restart().await?;
    let client = server.client()?;
    let state = client.prompt_queue(busy.id()).await?;
    ensure!(waiting(&state) == ["say three", "say two", "say one", "say four"], "{state:?}");
    client.resume_queue(busy.id()).await?;
    client.resume_queue(busy.id()).await?;
    for _ in 0..4 {
        busy.log.turn().await?;
    }
    let text = busy.log.text();
    let places: Option<Vec<_>> = ["three", "two", "one", "four"].iter().map(|w| text.find(w)).collect();
    ensure!(places.context("all of them ran")?.is_sorted(), "{text}");
    for word in ["three", "two", "one", "four"] {
        ensure!(text.matches(word).count() == 1, "{word} ran more than once: {text}");
    }
    let events = Log::events(&client, busy.session.id.parse()?).await?;
    let count = |kind: &str| events.iter().filter(|e| e.kind == kind).count();
    ensure!((count("queue.paused"), count("queue.resumed"), count("queue.reordered")) == (1, 1, 1));
    ensure!(client.prompt_queue(busy.id()).await?.size == 0);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_turn_is_interrupted_and_the_queue_goes_on() -> anyhow::Result<()> {
    let server = Server::start(options()).await?;
    let client = server.client()?;
    let mut busy = Busy::start(&client).await?;
    busy.queue(&client, "say queued").await?;
    let (status, _, text) = refusal(client.prompt(busy.id(), "say x", Some(PromptMode::Steer)).await)?;
    ensure!(status == 409 && text.contains("running turn"), "{status} {text}");
    // It goes before what waits.
    let first = client.prompt(busy.id(), "say urgent", Some(PromptMode::Interrupt)).await?;
    ensure!(matches!(&first, Prompted::Queued(q) if q.position == 0), "{first:?}");
    ensure!(busy.log.turn().await? == "cancelled", "the turn was cancelled");
    ensure!(matches!(busy.running.await??, Prompted::Ended(e) if e.stop_reason == "cancelled"));
    busy.log.turn().await?;
    busy.log.turn().await?;
    let text = busy.log.text();
    let places: Option<Vec<_>> = ["urgent", "queued"].iter().map(|w| text.find(w)).collect();
    ensure!(places.context("both ran")?.is_sorted(), "{text}");
    ensure!(client.session(&busy.session.id).await?.pending_permission.is_none(), "the question is closed");
    ensure!(refusal(client.cancel_turn(&busy.session.id).await)?.0 == 409, "nothing runs");
    // With nothing to steer or to interrupt, each is a prompt like any other.
    for (mode, word) in [(PromptMode::Steer, "steered"), (PromptMode::Interrupt, "interrupted")] {
        let answer = client.prompt(&busy.session.id, &format!("say {word}"), Some(mode)).await?;
        ensure!(matches!(&answer, Prompted::Ended(e) if e.stop_reason == "end_turn"), "{answer:?}");
        ensure!(busy.log.turn().await? == "end_turn");
        ensure!(busy.log.text().matches(word).count() == 1, "{}", busy.log.text());
    }
    Ok(())
}

/// The turn that was suspended with its session is what is interrupted; the prompt is taken once.
#[tokio::test(flavor = "multi_thread")]
async fn an_interrupt_wakes_a_suspended_session_and_ends_its_turn() -> anyhow::Result<()> {
    let server = Server::start(options()).await?;
    let client = server.client()?;
    let mut busy = Busy::start(&client).await?;
    client.suspend(busy.id().parse()?).await?;
    let first = client.prompt(busy.id(), "say urgent", Some(PromptMode::Interrupt)).await?;
    ensure!(matches!(&first, Prompted::Queued(q) if q.position == 0), "{first:?}");
    ensure!(busy.log.turn().await? == "cancelled", "the turn was cancelled");
    ensure!(matches!(busy.running.await??, Prompted::Ended(e) if e.stop_reason == "cancelled"));
    ensure!(busy.log.turn().await? == "end_turn");
    ensure!(busy.log.text().matches("urgent").count() == 1, "{}", busy.log.text());
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_goes_away_takes_nothing_with_it() -> anyhow::Result<()> {
    let server = Server::start(options()).await?;
    let client = server.client()?;
    let mut busy = Busy::start(&client).await?;
    busy.running.abort();
    ensure!(busy.running.await.is_err_and(|e| e.is_cancelled()), "the caller is gone");
    busy.running = tokio::spawn(async {
        Ok(Prompted::Ended(serde_json::from_value(json!({ "stopReason": "x" })).unwrap()))
    });
    busy.queue(&client, "say still here").await?;
    busy.go_on(&client).await?;
    ensure!(busy.log.turn().await? == "end_turn");
    ensure!(busy.log.turn().await? == "end_turn");
    ensure!(busy.log.text().contains("still here"), "{}", busy.log.text());
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_queue_is_bounded_and_cleared() -> anyhow::Result<()> {
    let server = Server::start(options()).await?;
    let client = server.client()?;
    let mut busy = Busy::start(&client).await?;
    for n in 0..50 {
        busy.queue(&client, &format!("say {n}")).await?;
    }
    let (status, code, _) = refusal(client.prompt(busy.id(), "say too many", None).await)?;
    ensure!((status, code) == (409, Some(lia_client::ErrorCode::QueueFull)), "{status} {code:?}");
    ensure!(client.clear_queue(busy.id()).await?.cleared == 50);
    ensure!(client.clear_queue(busy.id()).await?.cleared == 0);
    let state = client.prompt_queue(busy.id()).await?;
    ensure!(state.processing && state.size == 0, "the running prompt goes on: {state:?}");
    busy.go_on(&client).await?;
    ensure!(busy.log.turn().await? == "end_turn");
    Ok(())
}
