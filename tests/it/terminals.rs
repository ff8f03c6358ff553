//! A person's terminals beside a real agent, over seed 003's sockets and over REST.

use anyhow::{Context as _, ensure};
use lia_client::{Client, ErrorCode, Retry, TerminalEvent};
use lia_protocol::{
    api::{CreateTokenRequest, Scope},
    ids::{Seq, TaskId},
    sessions::CreateTerminalBody,
    task::TaskStatus,
};
use lia_tests::{Log, Server, processes, session::options};
use serde_json::{Value, json};

use crate::channels::{Socket, ready, ready_for};

/// What a person sees of one terminal, as one client was told it.
#[derive(Debug, Default)]
struct Seen {
    text: String,
    /// Where it goes on.
    next: u64,
    exit: Option<Value>,
}

impl Seen {
    fn take(&mut self, message: &Value, terminal: &str) {
        let (event, data) = (&message["event"], &message["event"]["data"]);
        if data["terminalId"] != terminal {
            return;
        }
        match event["type"].as_str() {
            Some("terminal.data") => {
                assert_eq!(data["offset"], self.next, "a gap, or something twice: {message}");
                self.text += data["data"].as_str().expect("data");
                self.next = data["nextOffset"].as_u64().expect("nextOffset");
            }
            Some("terminal.exit") => self.exit = Some(data["exitCode"].clone()),
            Some(_) | None => {}
        }
    }
}

impl Socket {
    /// Opens a terminal; its name, which only the asker is told, and what came before that word.
    async fn opens(&mut self, action: Value) -> anyhow::Result<(String, Vec<Value>)> {
        self.say(action).await?;
        let all = self.until(|m| m["event"]["type"] == "terminal.created" || m["type"] == "error").await?;
        let told = all.last().context("nothing")?;
        ensure!(told["event"]["type"] == "terminal.created" && told["seq"] == 0, "{told}");
        Ok((told["event"]["data"]["terminalId"].as_str().context("no name")?.to_owned(), all))
    }

    async fn types(&mut self, terminal: &str, keys: &str) -> anyhow::Result<()> {
        self.say(json!({ "action": "terminal.input", "terminalId": terminal, "data": keys })).await
    }

    async fn sees(&mut self, seen: &mut Seen, terminal: &str, wanted: &str) -> anyhow::Result<()> {
        while !seen.text.contains(wanted) {
            let message = self.next().await.with_context(|| format!("{wanted:?}: {seen:?}"))?;
            ensure!(message["type"] != "error", "{message}");
            seen.take(&message, terminal);
        }
        Ok(())
    }

    async fn exits(&mut self, seen: &mut Seen, terminal: &str) -> anyhow::Result<Value> {
        while seen.exit.is_none() {
            let message = self.next().await.with_context(|| format!("no exit: {seen:?}"))?;
            seen.take(&message, terminal);
        }
        Ok(seen.exit.clone().unwrap_or_default())
    }

    /// Says something that is refused; why.
    async fn refused(&mut self, action: Value) -> anyhow::Result<String> {
        self.say(action).await?;
        let all = self.until(|m| m["type"] == "error").await?;
        Ok(all.last().context("nothing")?["message"].as_str().context("no message")?.to_owned())
    }

    /// Subscribes to one terminal's channel, from an offset on.
    async fn watch(&mut self, task: TaskId, terminal: &str, offset: u64) -> anyhow::Result<Vec<Value>> {
        let channel = format!("session:{task}:terminal:{terminal}");
        self.say(json!({ "action": "subscribe", "channel": channel, "offset": offset })).await?;
        self.until(|m| m["type"] == "subscribed" && m["channel"] == channel).await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_clients_at_one_terminal() -> anyhow::Result<()> {
    let mut server = Server::start(options()).await?;
    let client = server.client()?;
    let task = ready(&client).await?;
    let mut ann = Socket::open(&server, &client, &format!("/ws/sessions/{task}?since=1000000")).await?;
    let mut ben = Socket::channels(&server, &client).await?;
    let session = format!("session:{task}");
    ben.subscribe(&session, 0).await?;

    // Who opens it is told its name; who watches the session sees it begin.
    let (terminal, before) =
        ann.opens(json!({ "action": "terminal.create", "cols": 90, "rows": 33 })).await?;
    let began = ben.until(|m| m["event"]["type"] == "terminal.started").await?;
    let began = began.last().context("nothing")?;
    ensure!(began["channel"] == format!("{session}:terminal:{terminal}"), "{began}");
    ensure!(began["event"]["data"] == json!({ "terminalId": terminal, "command": "/bin/sh" }), "{began}");

    // Both see the same, once, in order; both may type. It is the agent's workspace.
    let (mut anns, mut bens) = (Seen::default(), Seen::default());
    before.iter().for_each(|m| anns.take(m, &terminal));
    ann.types(&terminal, "stty -echo; PS1=; stty size; echo mine > shared; tty\r").await?;
    for (socket, seen) in [(&mut ann, &mut anns), (&mut ben, &mut bens)] {
        socket.sees(seen, &terminal, "33 90").await?;
        socket.sees(seen, &terminal, "/dev/pts/").await?;
    }
    let mut shared = Vec::new();
    client.read_file(task, "shared").await?.copy_to(&mut shared, 100).await?;
    ensure!(shared == b"mine\n", "another workspace");
    ben.say(json!({ "action": "terminal.resize", "terminalId": terminal, "cols": 70, "rows": 22 })).await?;
    ben.types(&terminal, "stty size\r").await?;
    ann.sees(&mut anns, &terminal, "22 70").await?;
    ben.sees(&mut bens, &terminal, "22 70").await?;

    // A character that is printed in two goes is one; bytes that are none are told as that, once each.
    ann.types(&terminal, "printf 'cut\\342\\202'; read x; printf '\\254\\377 do''ne\\n'\r").await?;
    ann.sees(&mut anns, &terminal, "cut").await?;
    ben.types(&terminal, "\r").await?;
    for (socket, seen) in [(&mut ann, &mut anns), (&mut ben, &mut bens)] {
        socket.sees(seen, &terminal, "done").await?;
        ensure!(seen.text.contains("cut\u{20ac}\u{fffd} done"), "{seen:?}");
    }

    // One that goes and comes back goes on at its byte; one that is new has it from the beginning.
    drop(ben);
    ann.types(&terminal, "echo mean''while\r").await?;
    ann.sees(&mut anns, &terminal, "meanwhile").await?;
    let mut ben = Socket::channels(&server, &client).await?;
    for message in ben.watch(task, &terminal, bens.next).await? {
        bens.take(&message, &terminal);
    }
    ensure!(bens.text == anns.text, "{bens:?}\n{anns:?}");
    let (mut new, mut news) = (Socket::channels(&server, &client).await?, Seen::default());
    let missed = new.subscribe(&session, 0).await?;
    missed.iter().for_each(|m| news.take(m, &terminal));
    ensure!(news.text == anns.text, "{news:?}\n{anns:?}");

    // Its end is the last that is told of it.
    ann.types(&terminal, "echo by''e; exit 7\r").await?;
    for (socket, seen) in [(&mut ann, &mut anns), (&mut ben, &mut bens), (&mut new, &mut news)] {
        ensure!(socket.exits(seen, &terminal).await? == 7, "{seen:?}");
        ensure!(seen.text.ends_with("bye\r\n"), "{seen:?}");
    }
    let said =
        ann.refused(json!({ "action": "terminal.input", "terminalId": terminal, "data": "x" })).await?;
    ensure!(said.contains("has ended"), "{said}");
    // What it printed is there for a while, and then says so.
    let kept = client.terminal_output(task, &terminal, 0).await?;
    ensure!((&kept.output, kept.exit_code, kept.truncated) == (&anns.text, Some(7), false), "{kept:?}");
    let late = Socket::channels(&server, &client).await?.watch(task, &terminal, 0).await?;
    let kinds: Vec<_> = late.iter().filter_map(|m| m["event"]["type"].as_str()).collect();
    ensure!(
        kinds.first() == Some(&"terminal.started") && kinds.last() == Some(&"terminal.exit"),
        "{kinds:?}"
    );
    client.kill_terminal(task, &terminal).await?;
    let gone = client.terminal_output(task, &terminal, 0).await.err().and_then(|e| e.code());
    ensure!(gone == Some(ErrorCode::NotFound), "{gone:?}");
    server.down().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_client_holds_up_nobody() -> anyhow::Result<()> {
    let mut server = Server::start(options()).await?;
    let client = server.client()?;
    let task = ready(&client).await?;
    let (mut slow, mut quick) =
        (Socket::channels(&server, &client).await?, Socket::channels(&server, &client).await?);
    let session = format!("session:{task}");
    for socket in [&mut slow, &mut quick] {
        socket.subscribe(&session, 0).await?;
    }
    let script = "stty -onlcr -echo; seq -f '%0100.0f' 1 200000; echo the end";
    let (terminal, before) = quick
        .opens(
            json!({ "action": "terminal.create", "sessionId": task, "data": "sh", "args": ["-c", script] }),
        )
        .await?;
    // Whoever reads, reads to the end; what went too fast is told.
    let mut texts = Vec::new();
    for (socket, before) in [(&mut quick, before), (&mut slow, Vec::new())] {
        let mut before = before.into_iter();
        let (mut text, mut dropped, mut next) = (String::new(), 0, 0);
        loop {
            let message = match before.next() {
                Some(message) => message,
                None => socket.next().await?,
            };
            let data = &message["event"]["data"];
            match message["event"]["type"].as_str() {
                Some("terminal.data") => {
                    ensure!(data["offset"] == next, "a gap that was not told: {message}");
                    next = data["nextOffset"].as_u64().context("nextOffset")?;
                    text += data["data"].as_str().context("data")?;
                }
                Some("terminal.truncated") => {
                    ensure!(data["offset"] == next && data["terminalId"] == terminal, "{message}");
                    dropped += data["bytes"].as_u64().context("bytes")?;
                    next += data["bytes"].as_u64().context("bytes")?;
                }
                Some("terminal.exit") => break,
                Some(_) | None => {}
            }
        }
        ensure!(next == 200_000 * 101 + 8 && text.len() as u64 + dropped == next, "{next} {dropped}");
        ensure!(text.ends_with("000200000\nthe end\n"), "the newest is missing");
        texts.push(dropped);
    }
    ensure!(texts[1] > 0, "nothing was dropped for the one that stood still: {texts:?}");
    server.down().await
}

#[tokio::test(flavor = "multi_thread")]
async fn whose_it_is() -> anyhow::Result<()> {
    let mut server = Server::start(options()).await?;
    let admin = server.client()?;
    let of = async |user: &str, scopes: &[Scope]| {
        let scopes = scopes.to_vec();
        let request = CreateTokenRequest {
            user_id: user.parse()?,
            scopes,
            label: String::new(),
            expires_in_seconds: None,
        };
        anyhow::Ok(Client::new(&server.url(), admin.create_token(&request).await?.token)?)
    };
    let both = [Scope::Read, Scope::Write];
    let (ann, reader, ben) =
        (of("ann", &both).await?, of("ann", &[Scope::Read]).await?, of("ben", &both).await?);
    let (task, other) = (ready_for(&ann, "ann").await?, ready_for(&ben, "ben").await?);
    let terminal = ann.open_terminal(task, &CreateTerminalBody::default()).await?.terminal_id;
    let mut watched = reader.watch_terminal(task, &terminal, Seq::ZERO, 0, Retry::default());
    ann.terminal_input(task, &terminal, "echo se''en\r").await?;
    let mut text = String::new();
    while !text.contains("seen") {
        let Some(TerminalEvent::Output(more)) = watched.next().await.transpose()? else { continue };
        text += &more;
    }

    // Looking is not typing.
    let mut looks = Socket::channels(&server, &reader).await?;
    for action in [
        json!({ "action": "terminal.create", "sessionId": task }),
        json!({ "action": "terminal.input", "terminalId": terminal, "data": "x" }),
        json!({ "action": "terminal.resize", "terminalId": terminal, "cols": 1, "rows": 1 }),
        json!({ "action": "terminal.kill", "terminalId": terminal }),
    ] {
        let said = looks.refused(action).await?;
        ensure!(said.contains("\"write\""), "{said}");
    }
    // A terminal of another's session is not there: not by its name, not by one's own session's door.
    let mut foreign = Socket::channels(&server, &ben).await?;
    let mut own = Socket::open(&server, &ben, &format!("/ws/sessions/{other}")).await?;
    for socket in [&mut foreign, &mut own] {
        for action in [
            json!({ "action": "terminal.input", "terminalId": terminal, "data": "x" }),
            json!({ "action": "terminal.resize", "terminalId": terminal, "cols": 1, "rows": 1 }),
            json!({ "action": "terminal.kill", "terminalId": terminal }),
        ] {
            let said = socket.refused(action).await?;
            ensure!(said.contains("not found") || said.contains("no such terminal"), "{said}");
        }
    }
    for channel in [
        format!("session:{task}:terminal:{terminal}"),
        format!("session:{other}:terminal:{terminal}"),
        format!("terminals:{terminal}"),
    ] {
        let told = foreign.subscribe(&channel, 0).await?;
        ensure!(told.iter().all(|m| m["event"]["data"]["terminalId"] != terminal), "{told:?}");
    }
    for refused in [
        ben.terminal_output(task, &terminal, 0).await.err(),
        ben.terminal_output(other, &terminal, 0).await.err(),
        ben.terminal_input(other, &terminal, "x").await.err(),
        ben.kill_terminal(other, &terminal).await.err(),
        ben.open_terminal(task, &CreateTerminalBody::default()).await.err(),
    ] {
        ensure!(
            refused.as_ref().and_then(lia_client::Error::code) == Some(ErrorCode::NotFound),
            "{refused:?}"
        );
    }
    // The log says who opened it.
    let events = Log::events(&ann, task).await?;
    let opened = events.iter().find(|e| e.kind == "terminal.opened").context("terminal.opened")?;
    ensure!(opened.actor == "user:ann", "{opened:?}");
    server.down().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_terminal_outlives_a_killed_server() -> anyhow::Result<()> {
    let mut server = Server::start(options()).await?;
    let client = server.client()?;
    let task = ready(&client).await?;
    let mut socket = Socket::channels(&server, &client).await?;
    let (terminal, _) = socket.opens(json!({ "action": "terminal.create", "sessionId": task })).await?;
    let vm = client.task(task).await?.vm_id.context("vm_id")?;
    let sidecar = processes::sidecar(server.data(), &vm)?;
    let mut seen = Seen::default();
    for message in socket.watch(task, &terminal, 0).await? {
        seen.take(&message, &terminal);
    }
    socket.types(&terminal, "stty -echo; PS1=; answer=42; echo re''ady\r").await?;
    socket.sees(&mut seen, &terminal, "ready").await?;
    // It goes on printing while there is no server.
    socket
        .types(&terminal, "echo wai''ting; while ! [ -e go ]; do :; done; echo after''wards $answer\r")
        .await?;
    socket.sees(&mut seen, &terminal, "waiting").await?;
    server.kill9().await?;
    std::fs::write(processes::inside(sidecar, "/workspace/go"), "")?;
    server.restart().await?;
    let client = server.client()?;
    let list = client.terminals(task).await?;
    ensure!(list.len() == 1 && list[0].terminal_id == terminal && list[0].exit_code.is_none(), "{list:?}");
    let mut socket = Socket::channels(&server, &client).await?;
    for message in socket.watch(task, &terminal, seen.next).await? {
        seen.take(&message, &terminal);
    }
    socket.sees(&mut seen, &terminal, "afterwards 42").await?;
    socket.types(&terminal, "echo $answer more; exit 5\r").await?;
    ensure!(socket.exits(&mut seen, &terminal).await? == 5, "{seen:?}");
    ensure!(seen.text.contains("42 more"), "{seen:?}");
    server.down().await
}

#[tokio::test(flavor = "multi_thread")]
async fn suspended_resumed_ended() -> anyhow::Result<()> {
    let mut server = Server::start(options()).await?;
    let client = server.client()?;
    let task = ready(&client).await?;
    let mut socket = Socket::channels(&server, &client).await?;
    socket.subscribe("agents", 0).await?;
    let (terminal, before) = socket.opens(json!({ "action": "terminal.create", "sessionId": task })).await?;
    let mut seen = Seen::default();
    before.iter().for_each(|m| seen.take(m, &terminal));
    socket.types(&terminal, "stty -echo; PS1=; echo o''ne\r").await?;
    // All of the line: what comes later is not looked at for a while.
    socket.sees(&mut seen, &terminal, "one\r\n").await?;
    client.suspend(task).await?;
    for action in [
        json!({ "action": "terminal.input", "terminalId": terminal, "data": "x" }),
        json!({ "action": "terminal.create", "sessionId": task }),
    ] {
        let said = socket.refused(action).await?;
        ensure!(said.contains("suspended; resume it first"), "{said}");
    }
    client.resume(task).await?;
    socket.types(&terminal, "echo t''wo\r").await?;
    socket.sees(&mut seen, &terminal, "two").await?;
    // The session's end is its end.
    client.delete_task(task, false).await?;
    socket.exits(&mut seen, &terminal).await?;
    ensure!(client.task(task).await?.status == TaskStatus::Terminated);
    let said = socket.refused(json!({ "action": "terminal.create", "sessionId": task })).await?;
    ensure!(said.contains("terminated") || said.contains("ended"), "{said}");
    let said =
        socket.refused(json!({ "action": "terminal.input", "terminalId": terminal, "data": "x" })).await?;
    ensure!(said.contains("ended"), "{said}");
    server.down().await
}
