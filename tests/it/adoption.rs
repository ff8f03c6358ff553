//! A newer server adopts the sidecars of the last release, and a newer sidecar is understood by the last release's
//! server: both against a recorded transcript of the control link. `LIA_RECORD=1` records it anew, for a release
//! (CONTRIBUTING.md).

use std::path::Path;

use anyhow::{Context as _, bail, ensure};
use lia_protocol::{
    event::Direction,
    ids::{CommandId, Seq, SessionId},
    link::LINK_VERSION,
    task::TaskStatus,
    ws::{WsMessageExt, WsPromptMessage, WsStatusMessage},
};
use lia_tests::{
    Log, Request, Server, ServerOptions, program,
    sidecar::{Line, Sidecar},
    transcript::{LAST_RELEASE, Names, Step, field, offset, parse},
};
use serde_json::{Value, json};

/// The prompts of the transcript. The first asks, and the connection is cut while the question is open.
const FIRST: &str = "say one\npermission may I\nsay two";
const SECOND: &str = "write kept.txt something\nread kept.txt";
const THIRD: &str = "hang";

/// What the control plane says, where it is not recorded but recording.
fn names(sidecar: &Sidecar) -> Names {
    let mut names = Names::default();
    names.set("workspace", sidecar.workspace());
    names.set("session", SessionId::new().to_string());
    for id in ["first", "second", "third", "answer", "cancel", "end"] {
        names.set(id, CommandId::new().to_string());
    }
    // Large, so that no other number of the transcript is taken for them.
    names.set("epoch1", 918_273_641);
    names.set("epoch2", 918_273_642);
    names.set("grace", 918_273);
    names.set("command", program("scripted-agent").display().to_string());
    names.set("kept", format!("{}/kept.txt", sidecar.workspace()));
    names.set("env", json!({ "SCRIPTED": "1" }));
    names
}

/// Speaks to a sidecar and writes down what both say.
struct Recorder {
    line: Line,
    names: Names,
    text: String,
    journaled: u64,
}

impl Recorder {
    fn host(&mut self, line: &Value) -> anyhow::Result<()> {
        let line = line.to_string();
        self.text += &format!("host {line}\n");
        self.line.say(&self.names.fill(&line)?)
    }

    fn until(&mut self, wanted: impl Fn(&str) -> bool) -> anyhow::Result<()> {
        loop {
            let said = self.line.hear()?;
            match field(&said, "type").as_str() {
                "heartbeat" => continue,
                "error" | "refused" => bail!("{said}"),
                "welcome" => self.names.set("version", field(&said, "version")),
                "ready" => {
                    self.names.set("agent_session", field(&said, "acp_session"));
                    self.names.set("agent", field(&said, "agent"));
                }
                _ => {}
            }
            self.journaled = offset(&said).unwrap_or(self.journaled);
            self.text += &format!("sidecar {said}\n");
            if wanted(&said) {
                return Ok(());
            }
        }
    }

    fn done(&mut self, id: &str) -> anyhow::Result<()> {
        let id = self.names.fill(&format!("\"${id}\""))?;
        self.until(|l| field(l, "type") == "done" && l.contains(&id))
    }

    fn hello(&mut self, epoch: &str, acked: u64) -> anyhow::Result<()> {
        self.host(&json!({ "type": "hello", "protocol": LINK_VERSION, "session": "$session", "link_epoch": epoch, "acked": acked }))?;
        self.until(|l| field(l, "type") == "welcome")
    }

    fn ack(&mut self) -> anyhow::Result<()> {
        self.host(&json!({ "type": "ack", "offset": self.journaled }))
    }

    fn prompt(&mut self, name: &str, text: &str) -> anyhow::Result<()> {
        self.host(&json!({ "type": "command", "id": format!("${name}"), "order": "prompt", "text": text }))
    }
}

/// A session with all that a sidecar is asked for, cut while a question is open.
fn record() -> anyhow::Result<String> {
    let sidecar = Sidecar::start()?;
    let (line, names) = (sidecar.dial()?, names(&sidecar));
    let mut r = Recorder { line, names, text: String::new(), journaled: 0 };
    r.hello("$epoch1", 0)?;
    r.host(&json!({
        "type": "init", "api_key": "sk-lia-placeholder-not-a-key", "prompt": FIRST, "prompt_id": "$first",
        "agent": {
            "mode": "acp", "command": "$command", "args": [], "env": "$env", "home_files": {},
            "cols": 120, "rows": 30,
        },
    }))?;
    r.until(|l| field(l, "type") == "ready")?;
    r.ack()?;
    let acked = r.journaled;
    r.until(|l| l.contains("session/request_permission"))?;
    r.text += "cut\n";
    r.line = sidecar.dial()?;
    r.hello("$epoch2", acked)?;
    // What was not acknowledged comes once more; the transcript has it already.
    while offset(&r.line.hear()?) != Some(r.journaled) {}
    r.prompt("first", FIRST)?;
    r.host(&json!({ "type": "heartbeat" }))?;
    r.host(&json!({ "type": "command", "id": "$answer", "order": "permission", "rpc_id": 1, "option_id": "allow_once" }))?;
    r.done("first")?;
    r.ack()?;
    r.prompt("second", SECOND)?;
    r.done("second")?;
    r.prompt("third", THIRD)?;
    r.until(|l| l.contains("session/prompt") && l.contains(THIRD))?;
    r.host(&json!({ "type": "command", "id": "$cancel", "order": "cancel" }))?;
    r.done("third")?;
    r.host(&json!({ "type": "command", "id": "$end", "order": "shutdown", "grace_ms": "$grace" }))?;
    r.until(|l| field(l, "type") == "exit")?;
    r.ack()?;
    let text = r.names.hide(&r.text);
    Ok(format!(
        "# The control link as Lia {} speaks it; `src/transcript.rs` says how to read this.\n{text}",
        env!("CARGO_PKG_VERSION")
    ))
}

#[test]
fn the_sidecar_still_understands_and_says_what_was_recorded() -> anyhow::Result<()> {
    let mut text = LAST_RELEASE.to_owned();
    if std::env::var_os("LIA_RECORD").is_some() {
        text = record()?;
        std::fs::write(Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/link/last-release.txt"), &text)?;
    }
    let sidecar = Sidecar::start()?;
    let mut names = names(&sidecar);
    let mut line = sidecar.dial()?;
    // Journaled lines that come once more after the cut.
    let (mut acked, mut heard) = (0, 0);
    for step in parse(&text)? {
        match step {
            Step::Host(recorded) => {
                if field(&recorded, "type") == "ack" {
                    acked = offset(&recorded).context("an ack's offset")?;
                }
                line.say(&names.fill(&recorded)?)?;
            }
            Step::Sidecar(recorded) => {
                let mut said = line.hear()?;
                // Neither heartbeats nor hints of changed files are in the journal.
                while matches!(&*field(&said, "type"), "heartbeat" | "changed")
                    || offset(&said).is_some_and(|o| o <= heard)
                {
                    said = line.hear()?;
                }
                heard = offset(&said).unwrap_or(heard);
                names.compare(&recorded, &said)?;
            }
            Step::Cut => line = sidecar.dial()?,
        }
    }
    ensure!(acked == heard, "the transcript ends at {heard}, acknowledged is {acked}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_adopts_a_sidecar_of_the_last_release() -> anyhow::Result<()> {
    let recorded = program("lia-recorded-sidecar").display().to_string();
    let mut server = Server::start(ServerOptions::default().set("LIA__RUNTIME__SIDECAR", recorded)).await?;
    let client = server.client()?;
    let task = Request::new("scripted", FIRST).create(&client).await?.id;
    let mut log = Log::open(&client, task, Seq::ZERO).await?;
    let asked = log.until("a question", |m| matches!(m, WsMessageExt::Permission(_))).await?;
    let WsMessageExt::Permission(request) = asked else { unreachable!() };

    server.kill9().await?;
    server.restart().await?;
    let client = server.client()?;
    client.answer(task, request.id, Some("allow_once".into())).await?;
    ensure!(log.turn().await? == "end_turn", "the first turn goes on");
    client.input(task, CommandId::new(), SECOND).await?;
    ensure!(log.turn().await? == "end_turn", "the second turn");
    client.input(task, CommandId::new(), THIRD).await?;
    log.until(
        "that the third began",
        |m| matches!(m, WsMessageExt::Prompt(WsPromptMessage { state, .. }) if state == "delivered"),
    )
    .await?;
    client.cancel(task).await?;
    ensure!(log.turn().await? == "cancelled", "the third turn");
    client.delete_task(task, false).await?;
    log.until("the end", |m| {
        matches!(m, WsMessageExt::Status(WsStatusMessage { status: TaskStatus::Terminated, .. }))
    })
    .await?;

    // Every frame of the transcript once, in its order, and the agent's end.
    let events = Log::events(&client, task).await?;
    let mut frames = events.iter().filter(|e| e.kind == "rpc");
    let mut names = Names::default();
    for step in parse(LAST_RELEASE)? {
        if let Step::Sidecar(line) = step
            && field(&line, "type") == "rpc"
        {
            let told: Value = serde_json::from_str(&line)?;
            let event = frames.next().with_context(|| format!("the log ends before {line}"))?;
            names.compare(&told["frame"].to_string(), event.body.get())?;
            let direction = event.direction.map(serde_json::to_value).transpose()?;
            ensure!(direction.as_ref() == Some(&told["direction"]), "{line} is {direction:?} in the log");
        }
    }
    ensure!(frames.next().is_none(), "the log has frames that no sidecar sent");
    let asked = |d| events.iter().filter(move |e| e.direction == Some(d)).count();
    ensure!(asked(Direction::AgentToClient) > 0 && asked(Direction::ClientToAgent) > 0, "both directions");
    ensure!(events.iter().any(|e| e.kind == "agent.exited"), "the agent's end");
    Ok(())
}
