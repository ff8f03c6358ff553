//! `lia host` with real agents, driven as another control plane does.

use std::sync::Arc;

use anyhow::{Context as _, ensure};
use lia_tests::host::{Host, Receiver, TOKEN, scripted, uuid_of_time};
use serde_json::{Value, json};
use tokio::task::JoinHandle;

use crate::channels::{Socket, line};

#[tokio::test(flavor = "multi_thread")]
async fn a_session_from_its_start_to_its_end() -> anyhow::Result<()> {
    let host = Host::start(&[]).await?;
    let id = host.session(json!({ "env": { "COLOUR": "green" }, "setup": "echo made > made.txt" })).await?;
    let (status, health) = host.ask_as(None, "GET", "/health", None).await?;
    ensure!(
        status == 200
            && health == json!({ "status": "ok", "sessions": [{ "sessionId": id, "status": "idle" }] }),
        "{health}"
    );
    let (status, answer) = host.prompt(&id, "say hello").await?;
    ensure!(status == 200 && answer == json!({ "stopReason": "end_turn" }), "{status} {answer}");
    let (status, answer) =
        host.ask("POST", &format!("/sessions/{id}/start"), Some(scripted(json!({})))).await?;
    ensure!(status == 409 && answer["error"] == "Session already exists", "{status} {answer}");
    let (status, answer) = host.ask("POST", &format!("/sessions/{id}/terminate"), None).await?;
    ensure!(status == 200 && answer == json!({ "ok": true }), "{status} {answer}");
    let (status, _) = host.ask("GET", &format!("/sessions/{id}/health"), None).await?;
    ensure!(status == 404, "{status}");
    let (_, health) = host.ask("GET", "/health", None).await?;
    ensure!(health["sessions"] == json!([]), "{health}");
    // What is over is forgotten: the name is free again.
    let (status, answer) =
        host.ask("POST", &format!("/sessions/{id}/start"), Some(scripted(json!({})))).await?;
    ensure!(status == 200, "{status} {answer}");
    let (status, _) = host.ask("GET", &format!("/sessions/{}/health", uuid_of_time()), None).await?;
    ensure!(status == 404, "{status}");
    Ok(())
}

/// What a client with the host's token shows, on a socket at some path.
async fn socket(host: &Host, path: &str) -> anyhow::Result<Socket> {
    let header = ("authorization", format!("Bearer {TOKEN}"));
    let mut socket = Socket::to(&format!("127.0.0.1:{}", host.port), path, header).await?;
    let connected = socket.next().await?;
    ensure!(connected["type"] == "connected" && connected["connectionId"].is_string(), "{connected}");
    Ok(socket)
}

/// A prompt under way.
fn prompting(host: &Arc<Host>, id: &str, text: &'static str) -> JoinHandle<anyhow::Result<(u16, Value)>> {
    let (host, id) = (host.clone(), id.to_owned());
    tokio::spawn(async move { host.prompt(&id, text).await })
}

async fn answer(host: &Host, id: &str, request: &str, body: Value) -> anyhow::Result<(u16, Value)> {
    host.ask("POST", &format!("/sessions/{id}/permissions/{request}"), Some(body)).await
}

/// The question that a socket is told next.
async fn question(socket: &mut Socket) -> anyhow::Result<String> {
    let asked = socket.until(|m| m["event"]["type"] == "permission_request").await?.pop();
    let id = asked.and_then(|m| m["event"]["data"]["requestId"].as_str().map(str::to_owned));
    id.context("a question")
}

fn end_turn() -> Value {
    json!({ "stopReason": "end_turn" })
}

#[tokio::test(flavor = "multi_thread")]
async fn one_turn_at_a_time_and_questions_by_both_ways() -> anyhow::Result<()> {
    let host = Arc::new(Host::start(&[]).await?);
    let id = host.session(json!({})).await?;
    let mut socket = socket(&host, "/any/path").await?;
    socket.subscribe(&format!("session:{id}"), 0).await?;

    let running = prompting(&host, &id, "permission go on");
    let asked = question(&mut socket).await?;
    let (status, refused) = host.prompt(&id, "say me too").await?;
    ensure!(status == 409 && refused["error"] == "Prompt already running", "{status} {refused}");
    socket.say(json!({ "action": "prompt", "sessionId": id, "text": "say me too" })).await?;
    let refused = socket.until(|m| m["type"] == "error").await?.pop().context("an error")?;
    ensure!(refused["message"] == "Prompt already running", "{refused}");
    socket.say(json!({ "action": "queue.pause", "sessionId": id })).await?;
    let refused = socket.until(|m| m["type"] == "error").await?.pop().context("an error")?;
    ensure!(refused["message"].as_str().is_some_and(|m| m.contains("no queue")), "{refused}");
    let (_, health) = host.ask("GET", &format!("/sessions/{id}/health"), None).await?;
    ensure!(health == json!({ "sessionId": id, "status": "running" }), "{health}");

    for (body, wanted) in [(json!({ "optionId": "maybe" }), 400), (json!({}), 400)] {
        let (status, said) = answer(&host, &id, &asked, body).await?;
        ensure!(status == wanted, "{status} {said}");
    }
    let (status, said) = answer(&host, &id, &asked, json!({ "optionId": "allow_once" })).await?;
    ensure!(status == 200 && said == json!({ "ok": true }), "{status} {said}");
    ensure!(running.await?? == (200, end_turn()));
    let (status, said) = answer(&host, &id, &asked, json!({ "optionId": "allow_once" })).await?;
    ensure!(
        status == 404 && said["error"].as_str().is_some_and(|e| e.contains("already resolved")),
        "{said}"
    );
    let (status, _) = answer(&host, &id, "none", json!({ "optionId": "allow_once" })).await?;
    ensure!(status == 404, "{status}");

    let running = prompting(&host, &id, "permission again");
    let asked = question(&mut socket).await?;
    let body = json!({ "outcome": "cancelled" });
    socket
        .say(json!({ "action": "permission.respond", "sessionId": id, "requestId": asked, "body": body }))
        .await?;
    socket.until(|m| m["event"]["type"] == "permission_rejected").await?;
    ensure!(running.await??.0 == 200);

    // By the route without a session too, and what is wrong is said.
    let running = prompting(&host, &id, "permission at last");
    let asked = question(&mut socket).await?;
    let path = format!("/permissions/{asked}");
    let (status, _) = host.ask("POST", &path, Some(json!({ "optionId": "reject_once" }))).await?;
    ensure!(status == 200 && running.await?.is_ok(), "{status}");
    let none = uuid_of_time();
    for (path, body, wanted) in [
        (format!("/sessions/{none}/prompt"), json!({ "text": "x" }), 400),
        (format!("/sessions/{id}/prompt"), json!({ "text": "" }), 400),
        (format!("/sessions/{id}/prompt"), json!({}), 400),
        (format!("/sessions/{none}/permissions/x"), json!({ "optionId": "y" }), 404),
        (format!("/sessions/{none}/terminate"), json!({}), 200),
        ("/sessions/none/start".to_owned(), scripted(json!({})), 400),
        (format!("/sessions/{none}/start"), scripted(json!({ "callbackUrl": "ftp://x/" })), 400),
        (format!("/sessions/{none}/start"), scripted(json!({ "env": { "LD_PRELOAD": "x" } })), 400),
        (format!("/sessions/{none}/start"), scripted(json!({ "sessionId": id })), 400),
        (format!("/sessions/{none}/start"), json!({ "command": "x" }), 400),
        (format!("/sessions/{none}/start"), json!({ "command": "/none", "args": [], "workspace": "" }), 500),
    ] {
        let (status, said) = host.ask("POST", &path, Some(body)).await?;
        ensure!(status == wanted, "{path}: {status} {said}");
    }
    let (status, said) = host.prompt(&id, "error agent says no").await?;
    ensure!(status == 500 && said["error"].as_str().is_some_and(|e| e.contains("agent says no")), "{said}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn callbacks_in_order_and_the_three_answers() -> anyhow::Result<()> {
    let receiver = Receiver::new().await?;
    let host = Arc::new(Host::start(&[("LIA__WEBHOOKS__RETRY_SECONDS", "0,1,1,1")]).await?);
    let id = host.session(json!({ "callbackUrl": receiver.url()? })).await?;
    let mut socket = socket(&host, "/").await?;
    socket.subscribe(&format!("session:{id}"), 0).await?;
    let ok = || json!({ "ok": true });

    // A receiver that fails, hangs up, or asks for patience gets the same again, and nothing else before it.
    let running = prompting(&host, &id, "say one; say two; permission go on");
    let first = receiver.next().await?;
    ensure!(first.path == format!("/api/agents/{id}/events"), "{}", first.path);
    ensure!(first.event["type"] == "agent_message", "{}", first.event);
    let (event, seq) = (first.event.clone(), first.seq);
    first.answer(500, None).await?;
    for status in [None, Some(429)] {
        let again = receiver.next().await?;
        ensure!(again.event == event && again.seq == seq, "{}", again.event);
        match status {
            Some(status) => again.answer(status, None).await?,
            None => drop(again),
        }
    }
    let said = receiver.told("agent_message", ok()).await?;
    let text = said["sessionUpdate"]["content"]["text"].as_str().unwrap_or_default();
    ensure!(text.contains("one") && text.contains("two"), "{said}");

    // An option: the agent has it without anybody else's doing.
    let asked = receiver.told("permission_request", json!({ "optionId": "reject_once" })).await?;
    ensure!(asked["title"] == "go on" && asked["options"][0]["optionId"].is_string(), "{asked}");
    ensure!(running.await?? == (200, end_turn()));
    let said = receiver.told("agent_message", ok()).await?;
    ensure!(said.to_string().contains("permission: reject_once"), "{said}");
    ensure!(receiver.told("end_turn", ok()).await? == json!({ "promptResponse": end_turn() }));

    // None.
    let running = prompting(&host, &id, "permission go on");
    receiver.told("permission_request", json!({ "outcome": "cancelled" })).await?;
    ensure!(running.await??.0 == 200);
    let said = receiver.told("agent_message", ok()).await?;
    ensure!(said.to_string().contains("cancelled"), "{said}");
    receiver.told("end_turn", ok()).await?;

    // Later; and what is no answer, or an option that was not offered, is as good as that.
    for undecided in
        [json!({ "deferred": true }), json!({ "optionId": "maybe" }), json!(null), json!({ "optionId": 7 })]
    {
        let running = prompting(&host, &id, "permission go on");
        let asked = receiver.told("permission_request", undecided).await?;
        let request = asked["requestId"].as_str().context("its id")?.to_owned();
        let (status, said) = answer(&host, &id, &request, json!({ "optionId": "allow_once" })).await?;
        ensure!(status == 200, "{status} {said}");
        ensure!(running.await??.0 == 200);
        receiver.told("agent_message", ok()).await?;
        receiver.told("end_turn", ok()).await?;
    }

    // Whoever is first: the callback is still open, and is given up.
    let running = prompting(&host, &id, "permission go on");
    let open = receiver.next().await?;
    ensure!(open.event["type"] == "permission_request", "{}", open.event);
    let request = open.event["data"]["requestId"].as_str().context("its id")?.to_owned();
    let respond = json!({ "action": "permission.respond", "sessionId": id, "requestId": request, "body": { "optionId": "allow_once" } });
    socket.say(respond).await?;
    ensure!(running.await??.0 == 200);
    open.hung_up().await?;
    receiver.told("agent_message", ok()).await?;
    receiver.told("end_turn", ok()).await?;

    // A receiver that does not want something does not get it again.
    host.prompt(&id, "error agent says no").await?;
    let failed = receiver.next().await?;
    ensure!(failed.event["type"] == "error", "{}", failed.event);
    ensure!(failed.event["data"]["message"].as_str().is_some_and(|m| m.contains("agent says no")));
    failed.answer(410, None).await?;

    // The agent exits in the middle of a turn.
    let (status, _) = host.prompt(&id, "crash 3").await?;
    ensure!(status == 500, "{status}");
    receiver.told("error", ok()).await?;
    let end = receiver.told("session_end", ok()).await?;
    ensure!(end["exitCode"] == 3, "{end}");
    let gone = socket.until(|m| m["type"] == "session.terminated").await?;
    ensure!(gone.iter().any(|m| m["event"]["data"]["exitCode"] == 3), "{gone:?}");
    let (status, _) = host.ask("GET", &format!("/sessions/{id}/health"), None).await?;
    ensure!(status == 404, "{status}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_host_goes_on_where_it_was_and_a_stopped_one_ends_its_sessions() -> anyhow::Result<()> {
    let receiver = Receiver::new().await?;
    let mut host = Host::start(&[("LIA__WEBHOOKS__RETRY_SECONDS", "0,1,1,1")]).await?;
    let id = host.session(json!({ "callbackUrl": receiver.url()? })).await?;
    ensure!(host.prompt(&id, "say one").await?.0 == 200);
    receiver.told("agent_message", json!({})).await?;
    let open = receiver.next().await?;
    ensure!(open.event["type"] == "end_turn", "{}", open.event);
    let (event, seq) = (open.event.clone(), open.seq);
    host.kill9().await?;
    drop(open);
    host.restart().await?;
    let again = receiver.next().await?;
    ensure!(again.event == event && again.seq == seq, "{}", again.event);
    again.answer(200, None).await?;
    ensure!(host.prompt(&id, "say two").await?.0 == 200);
    receiver.told("agent_message", json!({})).await?;
    receiver.told("end_turn", json!({})).await?;
    let (ended, stopped) = tokio::join!(receiver.told("session_end", json!({})), host.stop());
    stopped?;
    ended?;
    host.restart().await?;
    let (_, health) = host.ask("GET", "/health", None).await?;
    ensure!(health["sessions"] == json!([]), "{health}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_without_the_token() -> anyhow::Result<()> {
    let short = Host::bare(vec![("LIA_TOKEN", "short".to_owned())]).await;
    let refused = short.err().context("a token of five letters")?.to_string();
    ensure!(refused.contains("too short"), "{refused}");
    let host = Host::bare(Vec::new()).await?;
    let said = host.printed.iter().find_map(|l| l.strip_prefix("the token is in ")).context("where it is")?;
    let mode = std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(said)?.permissions());
    ensure!(mode & 0o777 == 0o600, "{mode:o}");
    let token = std::fs::read_to_string(said)?.trim().to_owned();
    let id = uuid_of_time();
    for token in [None, Some(TOKEN), Some(""), Some(&token[1..])] {
        for (method, path) in [
            ("POST", format!("/sessions/{id}/start")),
            ("POST", format!("/sessions/{id}/prompt")),
            ("POST", format!("/sessions/{id}/permissions/x")),
            ("POST", format!("/sessions/{id}/terminate")),
            ("GET", format!("/sessions/{id}/health")),
            ("GET", format!("/sessions/{id}/files?path=a")),
            ("GET", format!("/sessions/{id}/fs/snapshot")),
            ("GET", format!("/sessions/{id}/terminals")),
            ("GET", format!("/sessions/{id}/terminals/x")),
            ("GET", "/terminals".to_owned()),
            ("GET", "/terminals/x".to_owned()),
            ("POST", "/start".to_owned()),
            ("POST", "/prompt".to_owned()),
            ("POST", "/permissions/x".to_owned()),
            ("POST", "/terminate".to_owned()),
            ("GET", "/files?path=a".to_owned()),
            ("GET", "/fs/snapshot".to_owned()),
        ] {
            let body = (method == "POST").then(|| json!({}));
            let (status, said) = host.ask_as(token, method, &path, body).await?;
            ensure!(status == 401, "{method} {path}: {status} {said}");
        }
    }
    let authority = format!("127.0.0.1:{}", host.port);
    for (header, value, good) in [
        ("authorization", "Bearer x".to_owned(), false),
        ("x-nothing", String::new(), false),
        ("authorization", format!("Bearer {token}"), true),
        ("sec-websocket-protocol", format!("lia.bearer.{token}"), true),
        ("sec-websocket-protocol", "lia.bearer.x".to_owned(), false),
    ] {
        let opened = Socket::to(&authority, "/ws", (header, value)).await;
        ensure!(opened.is_ok() == good, "{header}: {:?}", opened.err());
    }
    let (status, _) = host.ask_as(Some(&token), "GET", "/terminals", None).await?;
    ensure!(status == 200, "{status}");
    let (status, _) = host.ask_as(Some(&token), "GET", "/none", None).await?;
    ensure!(status == 404, "{status}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn files_terminals_and_the_routes_of_one_session() -> anyhow::Result<()> {
    let host = Host::start(&[]).await?;
    let (status, said) = host.ask("POST", "/prompt", Some(json!({ "text": "x" }))).await?;
    ensure!(status == 400 && said["error"] == "No active session", "{status} {said}");
    let more = json!({ "setup": "echo made > made.txt; mkdir sub", "workspace": "/home/somebody/else" });
    let (status, started) = host.ask("POST", "/start", Some(scripted(more))).await?;
    ensure!(status == 200, "{status} {started}");
    let id = started["sessionId"].as_str().context("a name")?.to_owned();
    for path in ["/files?path=made.txt".to_owned(), format!("/sessions/{id}/files?path=made.txt")] {
        let (status, file) = host.ask("GET", &path, None).await?;
        ensure!(
            status == 200 && file["content"] == "made\n" && file["truncated"] == false,
            "{status} {file}"
        );
    }
    for path in ["/fs/snapshot".to_owned(), format!("/sessions/{id}/fs/snapshot?showAllFiles=true")] {
        let (status, all) = host.ask("GET", &path, None).await?;
        let names: Vec<_> =
            all["entries"].as_array().into_iter().flatten().filter_map(|e| e["path"].as_str()).collect();
        ensure!(status == 200 && names.contains(&"made.txt") && names.contains(&"sub"), "{status} {all}");
    }
    for (path, wanted) in [
        (format!("/sessions/{id}/files?path=none"), 404),
        (format!("/sessions/{id}/files?path=/etc/passwd"), 403),
        (format!("/sessions/{id}/files"), 400),
        (format!("/sessions/{}/files?path=a", uuid_of_time()), 404),
    ] {
        let (status, said) = host.ask("GET", &path, None).await?;
        ensure!(status == wanted, "{path}: {status} {said}");
    }

    let mut socket = socket(&host, "/").await?;
    socket.subscribe("terminals", 0).await?;
    socket.say(json!({ "action": "terminal.create" })).await?;
    let began =
        socket.until(|m| m["event"]["type"] == "terminal.started").await?.pop().context("a terminal")?;
    let terminal = began["event"]["data"]["terminalId"].as_str().context("its name")?.to_owned();
    socket
        .say(json!({ "action": "terminal.input", "terminalId": terminal, "data": "echo se''en; exit 4\r" }))
        .await?;
    let ended = socket.until(|m| m["event"]["type"] == "terminal.exit").await?.pop().context("its end")?;
    ensure!(ended["event"]["data"]["exitCode"] == 4, "{ended}");
    for path in [format!("/terminals/{terminal}"), format!("/sessions/{id}/terminals/{terminal}")] {
        let (status, out) = host.ask("GET", &path, None).await?;
        ensure!(
            status == 200 && out["output"].as_str().is_some_and(|o| o.contains("seen")),
            "{status} {out}"
        );
    }
    for path in ["/terminals".to_owned(), format!("/sessions/{id}/terminals")] {
        let (_, all) = host.ask("GET", &path, None).await?;
        ensure!(
            all["terminals"][0]["terminalId"] == *terminal && all["terminals"][0]["exitCode"] == 4,
            "{all}"
        );
    }
    let (status, _) = host.ask("GET", &format!("/terminals/term-{}", uuid_of_time()), None).await?;
    ensure!(status == 404, "{status}");
    ensure!(host.ask("POST", "/prompt", Some(json!({ "text": "say x" }))).await? == (200, end_turn()));
    ensure!(host.ask("POST", "/terminate", None).await? == (200, json!({ "ok": true })));
    let (_, health) = host.ask("GET", "/health", None).await?;
    ensure!(health["sessions"] == json!([]), "{health}");
    Ok(())
}

/// The transcripts of the seed's runtime host, in the order that its agents speak in.
#[tokio::test(flavor = "multi_thread")]
async fn the_seeds_transcripts() -> anyhow::Result<()> {
    let host = Arc::new(Host::start(&[]).await?);
    let mut socket = socket(&host, "/").await?;
    let mut all = self::socket(&host, "/x").await?;
    all.subscribe("agents", 0).await?;
    let id = host.session(json!({})).await?;
    all.until(|m| m["type"] == "session.created" && m["sessionId"] == *id).await?;
    // What the queue's channel has is Lia's own.
    let told = |messages: Vec<Value>| -> Vec<String> {
        messages.iter().map(line).filter(|l| !l.starts_with("queue.updated")).collect()
    };
    let missed = told(socket.subscribe(&format!("session:{id}"), 0).await?);
    let handshake = [
        "initialize request",
        "initialize response",
        "session/new request",
        "session/new response",
        "subscribed",
    ];
    ensure!(missed == handshake, "{missed:?}");

    ensure!(host.prompt(&id, "say hello").await? == (200, end_turn()));
    let turn = told(socket.until(|m| m["event"]["data"]["payload"]["stopReason"] == "end_turn").await?);
    let wanted = [
        "session/prompt request",
        "session/update notification agent_message_chunk",
        "session/prompt response end_turn",
    ];
    ensure!(turn == wanted, "{turn:?}");

    let running = prompting(&host, &id, "permission may I");
    let mut asked = socket.until(|m| m["event"]["type"] == "permission_request").await?;
    let request = asked[asked.len() - 1]["event"]["data"]["requestId"].as_str().context("its id")?.to_owned();
    answer(&host, &id, &request, json!({ "optionId": "allow_once" })).await?;
    asked.extend(socket.until(|m| m["event"]["data"]["payload"]["stopReason"] == "end_turn").await?);
    running.await??;
    let mut turn = told(asked);
    turn.retain(|l| !l.starts_with("session/update"));
    let wanted = [
        "session/prompt request",
        "session/request_permission request",
        "permission_request",
        // The answer is durable before the agent has it.
        "permission_approved",
        "session/request_permission response",
        "session/prompt response end_turn",
    ];
    ensure!(turn == wanted, "{turn:?}");

    // An agent's error goes to the session, and to whoever asked on a socket.
    socket.say(json!({ "action": "prompt", "sessionId": id, "text": "error agent says no" })).await?;
    let said = |m: &Value| m.as_str().is_some_and(|m| m.contains("agent says no"));
    let (mut event, mut frame) = (false, false);
    while !(event && frame) {
        // One comes of the log, the other of the turn's end.
        let message = socket.next().await?;
        event |= message["event"]["type"] == "error" && said(&message["event"]["data"]["message"]);
        frame |= message["type"] == "error" && said(&message["message"]);
    }

    // A terminal of the agent's own.
    host.prompt(&id, "terminal echo hi; exit 7").await?;
    let told_of = socket.until(|m| m["event"]["type"] == "terminal.exit").await?;
    ensure!(told_of.last().is_some_and(|m| m["event"]["data"]["exitCode"] == 7), "{told_of:?}");
    let began = told_of.iter().find(|m| m["event"]["type"] == "terminal.started").context("its start")?;
    let channel = began["channel"].as_str().unwrap_or_default();
    ensure!(channel.starts_with(&format!("session:{id}:terminal:")), "{channel}");

    // Ending by the socket: an event, then word of it; nothing answers.
    socket.say(json!({ "action": "terminate", "sessionId": id })).await?;
    let end = socket.until(|m| m["type"] == "session.terminated").await?;
    let event = &end[end.len() - 2]["event"];
    ensure!(event["type"] == "session.terminated" && event["data"]["exitCode"] == -1, "{event}");
    all.until(|m| m["type"] == "session.terminated" && m["sessionId"] == *id).await?;
    socket.say(json!({ "action": "prompt", "sessionId": uuid_of_time(), "text": "x" })).await?;
    let none = socket.next().await?;
    ensure!(
        none["type"] == "error" && none["message"].as_str().is_some_and(|m| m.ends_with("not found")),
        "{none}"
    );
    Ok(())
}
