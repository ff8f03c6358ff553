//! Sessions by the routes of seed 003, with a real agent: started, prompted, asked, ended.

use std::time::Duration;

use anyhow::{Context as _, ensure};
use lia_client::{Client, ErrorCode, Prompted};
use lia_protocol::{
    ids::{Seq, TaskId},
    sessions::{
        CreateSessionBody, PermissionResponseBody, Session, SessionEndReason, SessionSettings, SessionStatus,
    },
    wire::tag::Tag,
    ws::WsMessageExt,
};
use lia_tests::{
    Log, Server,
    session::{options, refusal, session},
};
use serde_json::json;

fn stop_reason(answer: &Prompted) -> Option<&str> {
    match answer {
        Prompted::Ended(ended) => Some(&ended.stop_reason),
        Prompted::Queued(_) => None,
    }
}

async fn log(client: &Client, session: &Session) -> anyhow::Result<Log> {
    Log::open(client, session.id.parse::<TaskId>()?, Seq::ZERO).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_lives_from_its_start_to_its_end() -> anyhow::Result<()> {
    let server = Server::start(options()).await?;
    let client = server.client()?;
    ensure!(client.sessions().await?.is_empty(), "no session yet");
    let health = client.sessions_health().await?;
    ensure!((health.status.as_str(), health.sessions) == ("ok", Some(0)), "{health:?}");

    let made = session(&client, json!({ "title": "the first", "runtimeInstance": "mine" })).await?;
    ensure!(made.status == SessionStatus::Active && made.end_reason.is_none(), "{made:?}");
    ensure!(
        made.title.as_deref() == Some("the first") && made.runtime.as_deref() == Some("mine"),
        "{made:?}"
    );
    ensure!(made.cwd.as_deref() == Some("/workspace"), "{made:?}");
    let socket = server.url().replace("http://", "ws://") + "/ws/sessions/" + &made.id;
    ensure!(made.websocket_url.as_deref() == Some(socket.as_str()), "{:?}", made.websocket_url);
    let queue = made.prompt_queue.as_ref().context("a queue")?;
    ensure!(!queue.processing && !queue.paused && queue.size == 0, "{queue:?}");

    // The answer comes when the turn has ended, in the agent's own words.
    let answer = client.prompt(&made.id, "say hello from the session", None).await?;
    ensure!(stop_reason(&answer) == Some("end_turn"), "{answer:?}");
    let answer = client.prompt(&made.id, "refuse", None).await?;
    ensure!(stop_reason(&answer) == Some("refusal"), "{answer:?}");
    let (status, code, text) = refusal(client.prompt(&made.id, "error agent says no", None).await)?;
    ensure!((status, code) == (500, Some(ErrorCode::AgentExecutionFailed)), "{status} {code:?}");
    ensure!(text.contains("agent says no"), "{text}");
    let mut log = log(&client, &made).await?;
    log.turn().await?;
    ensure!(log.text().contains("hello from the session"), "{}", log.text());

    let second = session(&client, json!({})).await?;
    let list = client.sessions().await?;
    let ids: Vec<_> = list.iter().map(|s| s.id.as_str()).collect();
    ensure!(ids == [&second.id, &made.id], "the last changed is not the first: {ids:?}");
    ensure!(list.iter().all(|s| s.logs.is_empty() && s.prompt_queue.is_none()), "{list:?}");
    client.prompt(&made.id, "say more", None).await?;
    ensure!(client.sessions().await?[0].id == made.id, "a prompt is a change");

    client.end_session(&made.id).await?;
    let ended = client.session(&made.id).await?;
    ensure!(ended.status == SessionStatus::Killed, "{ended:?}");
    ensure!(ended.end_reason == Some(SessionEndReason::Terminated), "{:?}", ended.end_reason);
    let (status, _, text) = refusal(client.end_session(&made.id).await)?;
    ensure!(
        (status, text.as_str()) == (409, "Cannot terminate an already-killed session"),
        "{status} {text}"
    );
    ensure!(
        refusal(client.prompt(&made.id, "say x", None).await)?.0 == 409,
        "an ended session takes no prompt"
    );
    ensure!(client.sessions_health().await?.sessions == Some(2), "ended ones are counted too");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_started_says_why() -> anyhow::Result<()> {
    let server = Server::start(options()).await?;
    let client = server.client()?;
    let create = async |body: serde_json::Value| {
        let body: CreateSessionBody = serde_json::from_value(body)?;
        anyhow::Ok(client.create_session(&body).await)
    };
    for (body, said) in [
        (json!({}), "agentTemplateId"),
        (json!({ "agentTemplateId": "scripted", "spawn": { "command": "x", "args": [] } }), "not both"),
        (json!({ "agentTemplateId": "no-such" }), "no-such"),
        (json!({ "agentTemplateId": "scripted", "cwd": "/a/../b" }), "cwd"),
    ] {
        let (status, code, text) = refusal(create(body.clone()).await?)?;
        ensure!((status, code) == (400, Some(ErrorCode::BadRequest)), "{body}: {status} {code:?}");
        ensure!(text.contains(said), "{body}: {text}");
    }
    for (body, said) in [
        (json!({ "spawn": { "command": "/no/such/agent", "args": [] } }), "/no/such/agent"),
        (json!({ "agentTemplateId": "scripted", "cwd": "/no/such" }), "no folder \"/no/such\""),
        (json!({ "agentTemplateId": "scripted", "setup": "echo no go; exit 3" }), "no go"),
    ] {
        let (status, code, text) = refusal(create(body).await?)?;
        ensure!((status, code) == (500, Some(ErrorCode::SessionCreateError)), "{status} {code:?} {text}");
        ensure!(text.contains(said), "{text}");
    }
    let failed = client.sessions().await?;
    ensure!(failed.len() == 3 && failed.iter().all(|f| f.status == SessionStatus::Killed), "{failed:?}");
    ensure!(failed.iter().all(|f| f.end_reason == Some(SessionEndReason::Error)), "{failed:?}");

    // An id of the caller's own, once.
    let id = TaskId::new().to_string();
    let inline = json!({ "sessionId": id, "name": " mine ", "spawn": { "command": "{agent}/scripted-agent", "args": [] } });
    let made = create(inline.clone()).await??;
    ensure!((made.id.as_str(), made.agent_name.as_str()) == (id.as_str(), "mine"), "{made:?}");
    ensure!(made.spawn.command == "{agent}/scripted-agent", "{made:?}");
    let answer = client.prompt(&id, "say x", None).await?;
    ensure!(stop_reason(&answer) == Some("end_turn"), "{answer:?}");
    ensure!(refusal(create(inline).await?)?.0 == 409, "an id that is taken");
    ensure!(refusal(client.session("no-such-session").await)?.0 == 404, "no such session");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_that_exits_fails_its_prompt_and_leaves_an_ended_session() -> anyhow::Result<()> {
    let server = Server::start(options()).await?;
    let client = server.client()?;
    let made = session(&client, json!({})).await?;
    let (running, other) = (client.clone(), client.clone());
    let id = made.id.clone();
    let prompt = tokio::spawn(async move { running.prompt(&id, "permission wait\ncrash 3", None).await });
    let mut log = log(&client, &made).await?;
    let WsMessageExt::Permission(asked) =
        log.until("a question", |m| matches!(m, WsMessageExt::Permission(_))).await?
    else {
        unreachable!()
    };
    ensure!(matches!(other.prompt(&made.id, "say never", None).await?, Prompted::Queued(_)), "it waits");
    let allow = asked.options.iter().find(|o| o.kind == "allow_once").context("allow_once")?;
    let option = PermissionResponseBody::Option { option_id: allow.option_id.clone() };
    client.answer_permission(&made.id, &asked.id.to_string(), &option).await?;
    let (status, code, text) = refusal(prompt.await?)?;
    ensure!((status, code) == (500, Some(ErrorCode::AgentExecutionFailed)), "{status} {code:?} {text}");
    let ended = loop {
        let now = client.session(&made.id).await?;
        if now.status == SessionStatus::Killed {
            break now;
        }
        tokio::task::yield_now().await;
    };
    ensure!(ended.end_reason == Some(SessionEndReason::AgentExit), "{ended:?}");
    let queue = ended.prompt_queue.context("a queue")?;
    ensure!(!queue.processing && queue.size == 0, "the state is reset: {queue:?}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_answer_to_a_question_wins() -> anyhow::Result<()> {
    let server = Server::start(options()).await?;
    let client = server.client()?;
    let made = session(&client, json!({})).await?;
    let (running, id) = (client.clone(), made.id.clone());
    let prompt = tokio::spawn(async move { running.prompt(&id, "permission may I", None).await });
    let mut log = log(&client, &made).await?;
    log.until("a question", |m| matches!(m, WsMessageExt::Permission(_))).await?;
    let now = client.session(&made.id).await?;
    let asked = now.pending_permission.clone().context("the question")?;
    ensure!(now.pending_permissions == Some(vec![asked.clone()]), "{now:?}");
    ensure!(client.sessions().await?[0].pending_permission.as_ref() == Some(&asked), "lists show it too");
    let progress = client.session_progress(&made.id).await?;
    ensure!(progress.processing && progress.pending_permission, "{progress:?}");

    let answer = |option: &str| PermissionResponseBody::Option { option_id: option.to_owned() };
    let wrong = client.answer_permission(&made.id, &asked.request_id, &answer("no-such")).await;
    ensure!(refusal(wrong)?.0 == 400, "an option that was not offered");
    let unknown = client.answer_permission(&made.id, &TaskId::new().to_string(), &answer("x")).await;
    ensure!(refusal(unknown)?.0 == 404, "an unknown question");
    let allow = asked.options.iter().find(|o| o.kind == "allow_once").context("allow_once")?;
    client.answer_permission(&made.id, &asked.request_id, &answer(&allow.option_id)).await?;
    let late = PermissionResponseBody::Cancelled { outcome: Tag::new() };
    let late = client.answer_permission(&made.id, &asked.request_id, &late).await;
    ensure!(refusal(late)?.0 == 409, "the second is told so");
    ensure!(stop_reason(&prompt.await??) == Some("end_turn"), "the turn goes on");
    ensure!(client.session(&made.id).await?.pending_permission.is_none(), "nothing is asked any more");
    Ok(())
}

/// Several questions are open at once: each is answered by itself, in whatever order, over a kill of the server too.
#[tokio::test(flavor = "multi_thread")]
async fn many_questions_wait_side_by_side() -> anyhow::Result<()> {
    let mut server = Server::start(options()).await?;
    let client = server.client()?;
    let made = session(&client, json!({})).await?;
    let ask = |id: &str| {
        let option = |kind: &str| json!({ "optionId": kind, "name": kind, "kind": kind });
        let params = json!({
            "sessionId": "s", "toolCall": { "toolCallId": id, "title": format!("may I {id}") },
            "options": [option("allow_once"), option("reject_once")],
        });
        json!({ "jsonrpc": "2.0", "id": id, "method": "session/request_permission", "params": params })
    };
    let script = format!("raw {}\nraw {}\npermission may I last\nsay done", ask("one"), ask("two"));
    let (running, id) = (client.clone(), made.id.clone());
    let prompt = tokio::spawn(async move { running.prompt(&id, &script, None).await });
    let mut log = log(&client, &made).await?;
    for _ in 0..3 {
        log.until("a question", |m| matches!(m, WsMessageExt::Permission(_))).await?;
    }
    let waiting = async |client: &Client| {
        let now = client.session(&made.id).await?;
        let all = now.pending_permissions.clone().unwrap_or_default();
        ensure!(now.pending_permission == all.first().cloned(), "{now:?}");
        anyhow::Ok(all.into_iter().map(|p| (p.title, p.request_id)).collect::<Vec<_>>())
    };
    let all = waiting(&client).await?;
    let titles = |all: &[(String, String)]| all.iter().map(|(t, _)| t.clone()).collect::<Vec<_>>();
    ensure!(titles(&all) == ["may I one", "may I two", "may I last"], "the oldest first: {all:?}");
    let option = |id: &str| PermissionResponseBody::Option { option_id: id.to_owned() };
    client.answer_permission(&made.id, &all[1].1, &option("reject_once")).await?;
    server.kill9().await?;
    server.restart().await?;
    let client = server.client()?;
    let left = waiting(&client).await?;
    ensure!(left == [all[0].clone(), all[2].clone()], "{left:?}");
    let none = PermissionResponseBody::Cancelled { outcome: Tag::new() };
    client.answer_permission(&made.id, &all[0].1, &none).await?;
    let late = client.answer_permission(&made.id, &all[0].1, &option("allow_once")).await;
    ensure!(refusal(late)?.0 == 409, "a cancellation holds too");
    ensure!(waiting(&client).await? == [all[2].clone()]);
    client.answer_permission(&made.id, &all[2].1, &option("allow_once")).await?;
    ensure!(log.turn().await? == "end_turn" && log.text().contains("done"), "{}", log.text());
    ensure!(prompt.await?.is_err(), "who asked was cut off");

    // Each answer reached the agent, once.
    let events = Log::events(&client, made.id.parse()?).await?;
    let frames = events.iter().filter(|e| e.kind == "rpc").map(|e| serde_json::from_str(e.body.get()));
    let frames = frames.collect::<Result<Vec<serde_json::Value>, _>>()?;
    for (id, outcome) in [
        ("one", json!({ "outcome": "cancelled" })),
        ("two", json!({ "outcome": "selected", "optionId": "reject_once" })),
    ] {
        let answers: Vec<_> = frames.iter().filter(|f| f["id"] == id && f["result"].is_object()).collect();
        ensure!(answers.len() == 1 && answers[0]["result"]["outcome"] == outcome, "{id}: {answers:?}");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn questions_are_answered_by_lia_where_that_is_decided() -> anyhow::Result<()> {
    let mut server = Server::start(options()).await?;
    let client = server.client()?;
    let on = SessionSettings { auto_approve_permissions: true };
    let off = SessionSettings { auto_approve_permissions: false };
    let made = session(&client, json!({})).await?;
    ensure!(client.session_settings(Some(&made.id)).await? == off, "off by default");
    // A question that waits is answered when it is decided.
    let (running, id) = (client.clone(), made.id.clone());
    let prompt = tokio::spawn(async move { running.prompt(&id, "permission one", None).await });
    let mut log = log(&client, &made).await?;
    log.until("a question", |m| matches!(m, WsMessageExt::Permission(_))).await?;
    client.set_session_settings(Some(&made.id), &on).await?;
    ensure!(stop_reason(&prompt.await??) == Some("end_turn"), "the turn goes on");
    let WsMessageExt::Answered(answered) =
        log.until("the answer", |m| matches!(m, WsMessageExt::Answered(_))).await?
    else {
        unreachable!()
    };
    ensure!(answered.by == "system", "the log says who answered: {answered:?}");
    ensure!(answered.option_kind.as_deref().is_some_and(|k| k.starts_with("allow")), "{answered:?}");

    // For all others, durably; a session's own word goes before.
    client.set_session_settings(None, &on).await?;
    server.kill9().await?;
    server.restart().await?;
    let client = server.client()?;
    ensure!(
        client.session_settings(None).await? == on && client.session_settings(Some(&made.id)).await? == on
    );
    let other = session(&client, json!({})).await?;
    let answer = client.prompt(&other.id, "permission two", None).await?;
    ensure!(stop_reason(&answer) == Some("end_turn"), "{answer:?}");
    client.set_session_settings(Some(&other.id), &off).await?;
    let waits = client.prompt(&other.id, "permission three", None);
    ensure!(tokio::time::timeout(Duration::from_millis(500), waits).await.is_err(), "it asks again");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_question_that_nobody_answers_is_refused_after_a_restart_too() -> anyhow::Result<()> {
    let options = options().set("LIA__DEBUG__MINUTE_MS", "100").set("LIA__TASKS__QUESTION_MINUTES", "5").set(
        // Only questions pass.
        "LIA__VM__IDLE_TIMEOUT_MINUTES",
        "0",
    );
    let mut server = Server::start(options.set("LIA__VM__DEFAULT_TIMEOUT_MINUTES", "1000")).await?;
    let client = server.client()?;
    let made = session(&client, json!({})).await?;
    let (runs, id) = (client.clone(), made.id.clone());
    tokio::spawn(async move { runs.prompt(&id, "permission one", None).await });
    let mut events = log(&client, &made).await?;
    events.until("a question", |m| matches!(m, WsMessageExt::Permission(_))).await?;
    server.kill9().await?;
    server.restart().await?;
    let client = server.client()?;
    let mut events = log(&client, &made).await?;
    let WsMessageExt::Answered(answered) =
        events.until("the answer", |m| matches!(m, WsMessageExt::Answered(_))).await?
    else {
        unreachable!()
    };
    ensure!(answered.by == "system", "{answered:?}");
    ensure!(answered.option_kind.is_none_or(|k| k.starts_with("reject")), "not allowed");
    events.turn().await?;
    ensure!(client.session(&made.id).await?.pending_permission.is_none());
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_works_in_its_folder_and_is_named_by_its_first_prompt() -> anyhow::Result<()> {
    let server = Server::start(options()).await?;
    let client = server.client()?;
    let made = session(&client, json!({ "cwd": "sub/folder" })).await?;
    ensure!(made.cwd.as_deref() == Some("/workspace/sub/folder") && made.title.is_none(), "{made:?}");
    let long = format!("sh pwd; : {}", "é".repeat(200));
    client.prompt(&made.id, &long, None).await?;
    client.prompt(&made.id, "say second", None).await?;
    let mut events = log(&client, &made).await?;
    events.until_text("/workspace/sub/folder").await?;
    // What the agent tells of its slash commands is shown as it tells it, the last word.
    let commands = format!("/api/agents/{}/commands", made.id);
    ensure!(server.call("GET", &commands, None).await?.1 == json!([]), "none yet");
    for name in ["old", "plan"] {
        let told = json!({
            "sessionUpdate": "available_commands_update",
            "availableCommands": [{ "name": name, "description": "Does it" }],
        });
        client.prompt(&made.id, &format!("update {told}"), None).await?;
    }
    let told = server.call("GET", &commands, None).await?.1;
    ensure!(told == json!([{ "name": "plan", "description": "Does it" }]), "{told}");
    let title = client.session(&made.id).await?.title.context("a title")?;
    let wanted: String = long.chars().take(120).chain("...".chars()).collect();
    ensure!(title == wanted, "{title}");
    Ok(())
}
