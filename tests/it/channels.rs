//! Seed 003's sockets with a real agent: the seed's transcripts, long turns beside a client that does not read, and a
//! kill of the server in between.

use std::time::Duration;

use anyhow::{Context as _, bail, ensure};
use futures_util::{SinkExt as _, StreamExt as _};
use lia_client::Client;
use lia_protocol::ids::{Seq, TaskId};
use lia_tests::{Log, Request, Server, session::options};
use serde_json::{Value, json};
use tokio::{net::TcpStream, time::timeout};
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{Message, client::IntoClientRequest as _},
};

/// Nothing here takes that long.
const PATIENCE: Duration = Duration::from_secs(60);

/// A client made of nothing but the seed's messages.
pub(crate) struct Socket(WebSocketStream<TcpStream>);

impl Socket {
    pub(crate) async fn open(server: &Server, client: &Client, path: &str) -> anyhow::Result<Self> {
        let authorization = ("authorization", format!("Bearer {}", client.token().expose()));
        Self::to(server.url().trim_start_matches("http://"), path, authorization).await
    }

    /// To any server, with one header.
    pub(crate) async fn to(
        authority: &str,
        path: &str,
        (header, value): (&'static str, String),
    ) -> anyhow::Result<Self> {
        let mut request = format!("ws://{authority}{path}").into_client_request()?;
        request.headers_mut().insert(header, value.parse()?);
        let io = TcpStream::connect(authority).await?;
        Ok(Self(tokio_tungstenite::client_async(request, io).await?.0))
    }

    /// On channels, past `connected`.
    pub(crate) async fn channels(server: &Server, client: &Client) -> anyhow::Result<Self> {
        let mut socket = Self::open(server, client, "/ws").await?;
        let connected = socket.next().await?;
        ensure!(connected["type"] == "connected", "{connected}");
        Ok(socket)
    }

    pub(crate) async fn say(&mut self, message: Value) -> anyhow::Result<()> {
        Ok(self.0.send(Message::text(message.to_string())).await?)
    }

    /// The next message as it came.
    async fn text(&mut self) -> anyhow::Result<String> {
        loop {
            match timeout(PATIENCE, self.0.next()).await.context("no message comes")? {
                Some(Ok(Message::Text(text))) => return Ok(text.as_str().to_owned()),
                Some(Ok(Message::Close(frame))) => bail!("closed: {frame:?}"),
                Some(Ok(_)) => {}
                Some(Err(e)) => return Err(e.into()),
                None => bail!("the connection ended"),
            }
        }
    }

    pub(crate) async fn next(&mut self) -> anyhow::Result<Value> {
        Ok(serde_json::from_str(&self.text().await?)?)
    }

    pub(crate) async fn subscribe(&mut self, channel: &str, since: u64) -> anyhow::Result<Vec<Value>> {
        self.say(json!({ "action": "subscribe", "channel": channel, "since": since })).await?;
        self.until(|m| m["type"] == "subscribed" && m["channel"] == channel).await
    }

    /// What comes up to a message, and that message.
    pub(crate) async fn until(&mut self, wanted: impl Fn(&Value) -> bool) -> anyhow::Result<Vec<Value>> {
        let mut all = Vec::new();
        loop {
            match self.next().await {
                Ok(m) => all.push(m),
                Err(e) => {
                    return Err(e.context(format!("after {:#?}", all.iter().map(line).collect::<Vec<_>>())));
                }
            }
            if all.last().is_some_and(&wanted) {
                return Ok(all);
            }
        }
    }

    /// Up to the end of a turn, when nothing waits.
    async fn idle(&mut self) -> anyhow::Result<Vec<String>> {
        let idle = |m: &Value| {
            let data = &m["event"]["data"];
            m["event"]["type"] == "queue.updated" && data["processing"] == false && data["size"] == 0
        };
        Ok(self.until(idle).await?.iter().map(line).collect())
    }
}

/// A message in a few words; of text chunks nothing but that there is one.
pub(crate) fn line(m: &Value) -> String {
    let (event, data) = (&m["event"], &m["event"]["data"]);
    match m["event"]["type"].as_str() {
        None => m["type"].as_str().unwrap_or_default().to_owned(),
        Some("rpc") => {
            let payload = &data["payload"];
            let what = match data["phase"].as_str() {
                Some("response") => {
                    payload["stopReason"].as_str().or(payload["message"].as_str()).unwrap_or_default()
                }
                _ => payload["update"]["sessionUpdate"].as_str().unwrap_or_default(),
            };
            format!(
                "{} {} {what}",
                data["method"].as_str().unwrap_or("?"),
                data["phase"].as_str().unwrap_or("?")
            )
            .trim_end()
            .to_owned()
        }
        Some("queue.updated") => {
            format!("queue.updated processing:{} size:{}", data["processing"], data["size"])
        }
        Some("terminal.data" | "terminal.exit" | "session.terminated" | "error") => {
            format!("{} {data}", event["type"])
        }
        Some(other) => other.to_owned(),
    }
}

pub(crate) async fn ready(client: &Client) -> anyhow::Result<TaskId> {
    ready_for(client, "admin").await
}

pub(crate) async fn ready_for(client: &Client, user: &str) -> anyhow::Result<TaskId> {
    let task = Request::new("scripted", "say ready").with("user_id", json!(user)).create(client).await?.id;
    Log::open(client, task, Seq::ZERO).await?.turn().await?;
    Ok(task)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_seeds_transcripts() -> anyhow::Result<()> {
    let server = Server::start(options()).await?;
    let client = server.client()?;
    let task = ready(&client).await?;
    let mut socket = Socket::channels(&server, &client).await?;
    let channel = format!("session:{task}");

    // Connecting: what was, then the acknowledgement.
    let missed: Vec<_> = socket.subscribe(&channel, 0).await?.iter().map(line).collect();
    assert_eq!(
        missed,
        [
            "queue.updated processing:false size:1",
            "initialize request",
            "initialize response",
            "session/new request",
            "session/new response",
            "queue.updated processing:true size:0",
            "session/prompt request",
            "session/update notification agent_message_chunk",
            "session/prompt response end_turn",
            "queue.updated processing:false size:0",
            "subscribed",
        ]
    );

    // One prompt.
    let prompt = |text: &str| json!({ "action": "prompt", "sessionId": task, "text": text });
    socket.say(prompt("say hello")).await?;
    assert_eq!(
        socket.idle().await?,
        [
            "queue.updated processing:true size:0",
            "session/prompt request",
            "session/update notification agent_message_chunk",
            "session/prompt response end_turn",
            "queue.updated processing:false size:0",
        ]
    );

    // A question; an option that was not offered is refused, the second answer is told so.
    socket.say(prompt("permission may I")).await?;
    let asked =
        socket.until(|m| m["event"]["type"] == "permission_request").await?.pop().context("a question")?;
    let id = asked["event"]["data"]["requestId"].clone();
    let respond = |key: &str, option: &str| json!({ "action": "permission.respond", "sessionId": task, "requestId": id, key: { "optionId": option } });
    socket.say(respond("body", "maybe")).await?;
    let refused = socket.next().await?;
    assert!(refused["message"].as_str().unwrap_or_default().contains("maybe"), "{refused}");
    socket.say(respond("response", "reject_once")).await?;
    let told = socket.idle().await?;
    let rest: Vec<_> = told.iter().filter(|l| !l.starts_with("session/update")).collect();
    assert_eq!(
        rest,
        [
            "permission_approved",
            "session/request_permission response",
            "session/prompt response end_turn",
            "queue.updated processing:false size:0",
        ]
    );
    socket.say(respond("body", "allow_once")).await?;
    let late = socket.next().await?;
    assert!(late["message"].as_str().unwrap_or_default().contains("answered already"), "{late}");

    // A busy queue: one waiting prompt is taken back, one fails, the queue drains.
    socket.say(prompt("slow 20 80")).await?;
    socket.until(|m| m["event"]["data"]["method"] == "session/prompt").await?;
    for text in ["error no luck", "say two", "say three"] {
        socket.say(prompt(text)).await?;
    }
    let full = socket.until(|m| m["event"]["data"]["size"] == 3).await?.pop().context("a queue")?;
    let items = &full["event"]["data"]["items"];
    assert_eq!(items[1]["text"], "say two");
    let cancel = json!({ "action": "cancel", "sessionId": task, "queueId": items[1]["queueId"] });
    socket.say(cancel.clone()).await?;
    let told = socket.idle().await?;
    let rest: Vec<_> = told.iter().map(String::as_str).filter(|l| !l.starts_with("session/update")).collect();
    assert_eq!(
        rest,
        [
            "queue.updated processing:true size:2",
            "session/prompt response end_turn",
            "queue.updated processing:true size:1",
            "session/prompt request",
            "session/prompt response no luck",
            r#""error" {"message":"no luck (-32603)"}"#,
            "queue.updated processing:true size:0",
            "session/prompt request",
            "session/prompt response end_turn",
            "queue.updated processing:false size:0",
        ]
    );
    socket.say(cancel).await?;
    assert!(socket.next().await?["message"].as_str().unwrap_or_default().starts_with("Queue item"));

    // A queue is put into another order, held back, and let go; one prompt of it comes from the session's own socket.
    socket.say(prompt("slow 20 80")).await?;
    socket.until(|m| m["event"]["data"]["method"] == "session/prompt").await?;
    let mut one = Socket::open(&server, &client, &format!("/ws/sessions/{task}?since={}", u32::MAX)).await?;
    one.until(|m| m["type"] == "connected").await?;
    let mut ids = Vec::new();
    for text in ["say a", "say b", "say c"] {
        one.say(json!({ "action": "prompt", "text": text })).await?;
        let queued = one.until(|m| m["queued"] == true).await?.pop().context("queued")?;
        assert_eq!(queued["position"], ids.len());
        ids.push(queued["queueId"].clone());
    }
    let order = |ids: &[&Value]| json!({ "action": "queue.reorder", "sessionId": task, "order": ids });
    socket.say(order(&[&ids[2], &ids[0]])).await?;
    let wrong = socket.until(|m| m["type"] == "error").await?.pop().context("an error")?;
    assert!(wrong["message"].as_str().unwrap_or_default().contains("does not match queue size"), "{wrong}");
    socket.say(order(&[&ids[2], &ids[0], &ids[1]])).await?;
    let all = socket.until(|m| m["event"]["data"]["items"][0]["queueId"] == ids[2]).await?;
    assert_eq!(all.last().context("the queue")?["event"]["data"]["items"][2]["queueId"], ids[1]);
    one.say(json!({ "action": "queue.pause" })).await?;
    let told: Vec<_> = socket
        .until(|m| m["event"]["data"]["processing"] == false && m["event"]["data"]["paused"] == true)
        .await?
        .iter()
        .map(line)
        .filter(|l| !l.starts_with("session/update"))
        .collect();
    assert_eq!(
        told,
        ["queue.paused", "session/prompt response end_turn", "queue.updated processing:false size:3",]
    );
    one.say(json!({ "action": "cancel", "queueId": ids[0] })).await?;
    // Two connections: what one asks for is done before the other asks.
    let all = socket.until(|m| m["event"]["data"]["size"] == 2).await?;
    assert_eq!(all.iter().map(line).collect::<Vec<_>>(), ["queue.updated processing:false size:2"]);
    socket.say(json!({ "action": "queue.resume", "sessionId": task })).await?;
    let all = socket
        .until(|m| m["event"]["data"]["processing"] == false && m["event"]["data"]["size"] == 0)
        .await?;
    let told: Vec<_> = all.iter().map(line).collect();
    assert_eq!(
        told[..3],
        ["queue.resumed", "queue.updated processing:true size:1", "session/prompt request"]
    );
    let said: String = all
        .iter()
        .filter_map(|m| m["event"]["data"]["payload"]["update"]["content"]["text"].as_str())
        .collect();
    assert_eq!(said.split_whitespace().collect::<String>(), "cb");

    // Emptied while held back.
    for action in ["queue.pause", "queue.clear", "queue.resume"] {
        if action == "queue.clear" {
            socket.say(prompt("say never")).await?;
        }
        socket.say(json!({ "action": action, "sessionId": task })).await?;
    }
    let told: Vec<_> =
        socket.until(|m| m["event"]["type"] == "queue.resumed").await?.iter().map(line).collect();
    assert_eq!(
        told,
        [
            "queue.paused",
            "queue.updated processing:false size:1",
            "queue.updated processing:false size:0",
            "queue.resumed",
        ]
    );

    // A prompt that fails is told to its sender too.
    socket.say(prompt("error no")).await?;
    let all = socket.until(|m| m["type"] == "error").await?;
    assert!(all.last().is_some_and(|m| m["message"].as_str().is_some_and(|t| t.contains("no"))), "{all:?}");
    if !all.iter().map(line).any(|l| l.starts_with("queue.updated processing:false")) {
        socket.idle().await?;
    }

    // A running turn is cancelled.
    socket.say(prompt("hang")).await?;
    socket.until(|m| m["event"]["data"]["method"] == "session/prompt").await?;
    socket.say(json!({ "action": "cancel", "sessionId": task })).await?;
    let told = socket.idle().await?;
    assert!(told.contains(&"session/prompt response cancelled".to_owned()), "{told:?}");

    // A terminal of the agent.
    socket.say(prompt("terminal echo hi; exit 7")).await?;
    let told = socket.idle().await?;
    let rest: Vec<_> = told
        .iter()
        .map(String::as_str)
        .filter(|l| l.starts_with("terminal") || l.starts_with("\"terminal"))
        .collect();
    assert_eq!(rest[0], "terminal/create request");
    assert_eq!(rest[1..3], ["terminal.started", "terminal/create response"]);
    assert!(rest.iter().any(|l| l.contains("\"terminal.data\"") && l.contains("hi")), "{rest:?}");
    assert!(rest.iter().any(|l| l.contains("\"terminal.exit\"") && l.contains("\"exitCode\":7")), "{rest:?}");

    // The agent ends in the middle of a turn.
    socket.say(prompt("crash 3")).await?;
    let told: Vec<_> = socket.until(|m| m["type"] == "session.terminated").await?.iter().map(line).collect();
    assert_eq!(
        told[told.len() - 2..],
        [r#""session.terminated" {"exitCode":3}"#.to_owned(), "session.terminated".to_owned()]
    );
    assert!(told.iter().any(|l| l.starts_with("\"error\"")), "{told:?}");

    // The same again from the log, over the session's own socket and as the session's newest log.
    let mut again = Socket::channels(&server, &client).await?;
    let all = again.subscribe(&channel, 0).await?;
    let events: Vec<_> = all.iter().filter(|m| m["type"] == "event").map(|m| m["event"].clone()).collect();
    let mut one = Socket::open(&server, &client, &format!("/ws/sessions/{task}")).await?;
    let of_one = one.until(|m| m["event"]["type"] == "session.terminated").await?;
    assert_eq!(of_one.iter().map(|m| m["event"].clone()).collect::<Vec<_>>(), events);
    Ok(())
}

/// Reads a turn of numbered chunks: each in its order, then the answer.
async fn numbered(socket: &mut Socket, count: u64) -> anyhow::Result<()> {
    let mut seen = 0;
    loop {
        let text = socket.text().await?;
        if text.contains(r#""method":"session/update""#) {
            seen += 1;
            ensure!(text.contains(&format!(r##""text":"#{seen} "##)), "update {seen} is not next: {text}");
        } else if text.contains(r#""stopReason""#) {
            ensure!(seen == count, "the answer came after {seen} updates");
            return Ok(());
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_turn_is_in_order_beside_a_client_that_does_not_read() -> anyhow::Result<()> {
    let server = Server::start(options()).await?;
    let client = server.client()?;
    let task = ready(&client).await?;
    let channel = format!("session:{task}");
    for count in [10_000, 200_000] {
        let from = client.task(task).await?.last_seq.0;
        let (mut fast, mut stalled) =
            (Socket::channels(&server, &client).await?, Socket::channels(&server, &client).await?);
        let mut one = Socket::open(&server, &client, &format!("/ws/sessions/{task}?since={from}")).await?;
        fast.subscribe(&channel, from).await?;
        stalled.subscribe("agents", from).await?;
        let action = json!({ "action": "prompt", "sessionId": task, "text": format!("burst {count} 200") });
        fast.say(action).await?;
        let (fast, one) = tokio::join!(numbered(&mut fast, count), numbered(&mut one, count));
        fast?;
        one?;
        numbered(&mut stalled, count).await.context("the stalled client, once it reads again")?;
        // From the store, after the fact.
        let mut late = Socket::channels(&server, &client).await?;
        late.say(json!({ "action": "subscribe", "channel": channel, "since": from })).await?;
        numbered(&mut late, count).await.context("a late client")?;
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_server_loses_nothing_of_a_subscription() -> anyhow::Result<()> {
    let mut server = Server::start(options()).await?;
    let client = server.client()?;
    let task = ready(&client).await?;
    let channel = format!("session:{task}");
    let mut socket = Socket::open(&server, &client, "/ws").await?;
    let epoch = socket.next().await?["log_epoch"].clone();
    let mut all = socket.subscribe(&channel, 0).await?;
    socket.say(json!({ "action": "prompt", "sessionId": task, "text": "slow 100 20" })).await?;
    socket.say(json!({ "action": "prompt", "sessionId": task, "text": "say after" })).await?;
    for _ in 0..3 {
        for _ in 0..10 {
            all.push(socket.next().await?);
        }
        server.kill9().await?;
        server.restart().await?;
        // What was on its way when the server died has come, and more may not.
        while let Ok(m) = socket.next().await {
            all.push(m);
        }
        all.retain(|m| m["type"] == "event");
        socket = Socket::open(&server, &client, "/ws").await?;
        assert_eq!(socket.next().await?["log_epoch"], epoch, "the log is the same");
        let since = all.last().and_then(|m| m["seq"].as_u64()).context("a seq")?;
        all.extend(socket.subscribe(&channel, since).await?);
    }
    let idle = |m: &Value| {
        let data = &m["event"]["data"];
        m["event"]["type"] == "queue.updated" && data["processing"] == false && data["size"] == 0
    };
    all.extend(socket.until(idle).await?);
    all.retain(|m| m["type"] == "event");
    // Cut three times, it is what a client gets that was never cut.
    let mut whole = Socket::channels(&server, &client).await?.subscribe(&channel, 0).await?;
    whole.retain(|m| m["type"] == "event");
    assert_eq!(all.len(), whole.len());
    assert_eq!(all, whole);
    let chunks =
        whole.iter().filter_map(|m| m["event"]["data"]["payload"]["update"]["content"]["text"].as_str());
    let numbers: Vec<u64> = chunks.filter_map(|t| t.strip_prefix('#')?.trim().parse().ok()).collect();
    assert_eq!(numbers, (1..=100).collect::<Vec<u64>>());
    Ok(())
}
