//! The commands of a script, each through the protocol as a coding agent would do it.

use std::{
    env,
    io::{self, Write as _},
    path::PathBuf,
    time::Duration,
};

use serde_json::{Value, json};

use crate::{
    agent::{Agent, End, Stop},
    script::Command,
    side::Kind,
};

/// Bytes of frames that a burst gives to one write.
const BATCH_BYTES: usize = 64 << 10;

impl Agent {
    /// Does one command; `Some` ends the turn.
    pub(crate) fn act(&mut self, session: &str, command: Command) -> Result<Option<End>, Stop> {
        match command {
            Command::Say(text) => self.say(session, &text)?,
            Command::Echo(text) => self.say(session, &format!("You said: {text}\n"))?,
            Command::Think(text) => self.chunk(session, Kind::Update, "agent_thought_chunk", &text)?,
            Command::Burst { count, bytes } => self.burst(session, count, bytes)?,
            Command::Slow { count, ms } => {
                for n in 1..=count {
                    self.say(session, &format!("#{n}\n"))?;
                    self.sleep(Some(Duration::from_millis(ms)))?;
                }
            }
            Command::Plan => self.plan(session, &["Look around", "Do the work", "Report"], 1)?,
            Command::Tool(title) => {
                let tool = self.begin_tool(session, &title, "other", json!([]))?;
                self.end_tool(session, &tool, true, json!([text_content("done")]))?;
            }
            Command::Permission(title) => {
                let tool = self.begin_tool(session, &title, "execute", json!([]))?;
                let chosen = self.ask(session, &tool, &title)?;
                self.end_tool(session, &tool, chosen.starts_with("allow"), json!([]))?;
                self.say(session, &format!("permission: {chosen}\n"))?;
            }
            Command::Read(path) => {
                let said = match self.read_file(session, &path)? {
                    Ok(text) => text,
                    Err(e) => format!("read failed: {e}\n"),
                };
                self.say(session, &said)?;
            }
            Command::Write { path, text } => {
                let said = match self.write_file(session, &path, &text)? {
                    Ok(()) => format!("wrote {path}\n"),
                    Err(e) => format!("write failed: {e}\n"),
                };
                self.say(session, &said)?;
            }
            Command::Terminal(line) => {
                let said = match self.terminal(session, &line)? {
                    Ok((output, code)) => format!("{output}terminal: exit {code}\n"),
                    Err(e) => format!("terminal failed: {e}\n"),
                };
                self.say(session, &said)?;
            }
            Command::Sh(line) => self.sh(session, &line)?,
            Command::Env => {
                let mut vars: Vec<_> =
                    env::vars_os().map(|(k, v)| format!("{}={}\n", k.display(), v.display())).collect();
                vars.sort();
                self.say(session, &vars.concat())?;
            }
            Command::Probe => self.say(session, &probe())?,
            Command::History => {
                let seen = self.sessions.get(session).map_or(0, |s| s.memory.prompts.len());
                self.say(session, &format!("history: {seen} prompts\n"))?;
            }
            Command::Replay(updates) => {
                if let Some(session) = self.sessions.get_mut(session) {
                    session.memory.remember_replay(updates)?;
                }
                self.say(session, &format!("replay: {updates}\n"))?;
            }
            Command::Update(body) => match serde_json::from_str::<Value>(&body) {
                Ok(_) => self.wire.emit(Kind::Update, frame(session, &body))?,
                Err(e) => self.say(session, &format!("update failed: {e}\n"))?,
            },
            Command::Raw(text) => self.wire.emit(Kind::Raw, text.into_bytes())?,
            Command::Noise => self.wire.emit(Kind::Raw, b"this line is not JSON".to_vec())?,
            Command::BigLine(bytes) => self.big_line(session, bytes)?,
            Command::Stderr(text) => writeln!(io::stderr(), "{text}")?,
            Command::Sleep(ms) => self.sleep(Some(Duration::from_millis(ms)))?,
            Command::Hang => self.sleep(None)?,
            Command::Refuse => return Ok(Some(End::Reason("refusal"))),
            Command::MaxTokens => return Ok(Some(End::Reason("max_tokens"))),
            Command::Error(message) => return Ok(Some(End::Error(message))),
            Command::Exit(code) => return Ok(Some(End::Exit(code))),
            Command::Crash(code) => return Err(Stop::Exit(code)),
            Command::Abort => std::process::abort(),
        }
        Ok(None)
    }

    /// One message chunk. Between two chunks a cancel is heard.
    pub(crate) fn say(&mut self, session: &str, text: &str) -> Result<(), Stop> {
        self.chunk(session, Kind::Update, "agent_message_chunk", text)?;
        self.check()
    }

    /// One chunk of text of this `sessionUpdate` kind.
    pub(crate) fn chunk(&mut self, session: &str, kind: Kind, update: &str, text: &str) -> Result<(), Stop> {
        let body = json!({"sessionUpdate": update, "content": {"type": "text", "text": text}});
        Ok(self.wire.emit(kind, frame(session, &body.to_string()))?)
    }

    fn burst(&mut self, session: &str, count: u64, bytes: usize) -> Result<(), Stop> {
        let (head, tail) = numbered(session);
        let mut batch = Vec::with_capacity(BATCH_BYTES + bytes);
        let mut ends = Vec::new();
        for n in 1..=count {
            let start = batch.len();
            batch.extend_from_slice(&head);
            // Writing into a Vec cannot fail.
            let _ = write!(batch, "#{n} ");
            let pad = bytes.saturating_sub(batch.len() - start + tail.len());
            batch.resize(batch.len() + pad, b'x');
            batch.extend_from_slice(&tail);
            batch.push(b'\n');
            ends.push(batch.len());
            if batch.len() >= BATCH_BYTES || n == count {
                self.wire.emit_batch(Kind::Update, &batch, &ends)?;
                batch.clear();
                ends.clear();
                self.check()?;
            }
        }
        Ok(())
    }

    fn big_line(&mut self, session: &str, bytes: usize) -> Result<(), Stop> {
        let (mut line, tail) = numbered(session);
        let pad = bytes.saturating_sub(line.len() + tail.len());
        line.resize(line.len() + pad, b'x');
        line.extend_from_slice(&tail);
        Ok(self.wire.emit(Kind::Update, line)?)
    }

    /// A plan whose first `done` entries are completed and whose next is in progress.
    pub(crate) fn plan(&mut self, session: &str, entries: &[&str], done: usize) -> Result<(), Stop> {
        let status = |i: usize| match i {
            i if i < done => "completed",
            i if i == done => "in_progress",
            _ => "pending",
        };
        let entry = |(i, content): (usize, &&str)| json!({"content": content, "priority": "medium", "status": status(i)});
        let entries: Vec<_> = entries.iter().enumerate().map(entry).collect();
        self.update(session, &json!({"sessionUpdate": "plan", "entries": entries}))
    }

    fn update(&mut self, session: &str, body: &Value) -> Result<(), Stop> {
        Ok(self.wire.emit(Kind::Update, frame(session, &body.to_string()))?)
    }

    /// A `tool_call` in progress; returns its id.
    pub(crate) fn begin_tool(
        &mut self,
        session: &str,
        title: &str,
        kind: &str,
        content: Value,
    ) -> Result<String, Stop> {
        self.tools += 1;
        let id = format!("tool-{}", self.tools);
        self.update(
            session,
            &json!({
                "sessionUpdate": "tool_call", "toolCallId": id, "title": title, "kind": kind,
                "status": "in_progress", "content": content,
            }),
        )?;
        Ok(id)
    }

    /// The `tool_call_update` that ends it.
    pub(crate) fn end_tool(&mut self, session: &str, id: &str, ok: bool, content: Value) -> Result<(), Stop> {
        let status = if ok { "completed" } else { "failed" };
        let mut body = json!({"sessionUpdate": "tool_call_update", "toolCallId": id, "status": status});
        if content.as_array().is_some_and(|content| !content.is_empty()) {
            body["content"] = content;
        }
        self.update(session, &body)
    }

    /// Asks for permission; returns the chosen option, `cancelled`, or the client's error.
    pub(crate) fn ask(&mut self, session: &str, tool: &str, title: &str) -> Result<String, Stop> {
        let option = |id: &str, name: &str| json!({"optionId": id, "name": name, "kind": id});
        let params = json!({
            "sessionId": session,
            "toolCall": {"toolCallId": tool, "title": title, "kind": "execute", "status": "pending"},
            "options": [
                option("allow_once", "Allow once"),
                option("allow_always", "Always allow"),
                option("reject_once", "Reject"),
            ],
        });
        Ok(match self.call("session/request_permission", params)? {
            Ok(answer) => answer["outcome"]["optionId"].as_str().unwrap_or("cancelled").to_owned(),
            Err(e) => format!("error: {e}"),
        })
    }

    fn path(&self, session: &str, path: &str) -> PathBuf {
        self.sessions.get(session).map_or_else(|| path.into(), |s| s.cwd.join(path))
    }

    fn read_file(&mut self, session: &str, path: &str) -> Result<Result<String, String>, Stop> {
        if !self.offers.read {
            return Ok(Err("the client does not offer fs/read_text_file".into()));
        }
        let params = json!({"sessionId": session, "path": self.path(session, path)});
        let answer = self.call("fs/read_text_file", params)?;
        Ok(answer.map(|answer| answer["content"].as_str().unwrap_or_default().to_owned()))
    }

    /// Writes a file of the workspace through the client.
    pub(crate) fn write_file(
        &mut self,
        session: &str,
        path: &str,
        text: &str,
    ) -> Result<Result<(), String>, Stop> {
        if !self.offers.write {
            return Ok(Err("the client does not offer fs/write_text_file".into()));
        }
        let params = json!({"sessionId": session, "path": self.path(session, path), "content": text});
        Ok(self.call("fs/write_text_file", params)?.map(drop))
    }

    /// Runs a shell line in a terminal of the client; returns its output and its exit code or signal.
    pub(crate) fn terminal(
        &mut self,
        session: &str,
        line: &str,
    ) -> Result<Result<(String, String), String>, Stop> {
        if !self.offers.terminal {
            return Ok(Err("the client does not offer terminals".into()));
        }
        let mut params = json!({
            "sessionId": session, "command": "/bin/sh", "args": ["-c", line],
            "cwd": self.path(session, ""), "outputByteLimit": 1 << 20,
        });
        let terminal = match self.call("terminal/create", params.clone())? {
            Ok(answer) => answer["terminalId"].clone(),
            Err(e) => return Ok(Err(e)),
        };
        params = json!({"sessionId": session, "terminalId": terminal});
        let shown = json!([{"type": "terminal", "terminalId": terminal}]);
        let tool = self.begin_tool(session, line, "execute", shown.clone())?;
        let ended = match self.call("terminal/wait_for_exit", params.clone()) {
            Err(Stop::Cancelled) => {
                self.wire.request("terminal/release", params)?;
                return Err(Stop::Cancelled);
            }
            ended => ended?,
        };
        let output = self.call("terminal/output", params.clone())?;
        let ok = ended.as_ref().is_ok_and(|ended| ended["exitCode"] == 0);
        self.end_tool(session, &tool, ok, shown)?;
        let released = self.call("terminal/release", params)?;
        Ok((|| {
            let (ended, output) = (ended?, output?);
            released?;
            let code = if ended["exitCode"].is_null() { &ended["signal"] } else { &ended["exitCode"] };
            Ok((output["output"].as_str().unwrap_or_default().to_owned(), code.to_string()))
        })())
    }
}

/// A content block of a tool call.
pub(crate) fn text_content(text: &str) -> Value {
    json!({"type": "content", "content": {"type": "text", "text": text}})
}

fn frame(session: &str, body: &str) -> Vec<u8> {
    let session = Value::from(session);
    let head = r#"{"jsonrpc":"2.0","method":"session/update","params":{"sessionId":"#;
    format!(r#"{head}{session},"update":{body}}}}}"#).into_bytes()
}

/// What comes before and after the text in a message chunk's frame; the text ends with a newline.
fn numbered(session: &str) -> (Vec<u8>, Vec<u8>) {
    let body = r#"{"sessionUpdate":"agent_message_chunk","content":{"type":"text","text":""#;
    let mut head = frame(session, body);
    head.truncate(head.len() - 2);
    (head, br#"\n"}}}}"#.to_vec())
}

fn probe() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ids = status
        .lines()
        .filter(|l| l.starts_with("Uid:") || l.starts_with("Gid:") || l.starts_with("NoNewPrivs:"));
    let ids: Vec<_> = ids.map(|l| l.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
    let processes = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    let processes =
        processes.filter(|e| e.file_name().as_encoded_bytes().iter().all(u8::is_ascii_digit)).count();
    let interfaces = std::fs::read_to_string("/proc/net/dev").unwrap_or_default();
    let interfaces: Vec<_> =
        interfaces.lines().filter_map(|l| l.split_once(':').map(|(name, _)| name.trim())).collect();
    let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    format!(
        "pid: {}\n{}\ncwd: {}\nhost: {}\nprocesses: {processes}\ninterfaces: {}\n",
        std::process::id(),
        ids.join("\n"),
        env::current_dir().unwrap_or_default().display(),
        host.trim(),
        interfaces.join(" "),
    )
}
