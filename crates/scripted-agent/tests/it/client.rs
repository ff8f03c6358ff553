//! A small ACP client: answers what the agent asks for, and keeps every line.

use std::{
    fs,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    path::{Path, PathBuf},
    process::{Child, ChildStdin, ChildStdout, Command, ExitStatus, Stdio},
};

use agent_client_protocol_schema::v1::{
    CreateTerminalRequest, InitializeResponse, LoadSessionResponse, NewSessionResponse, PromptResponse,
    ReadTextFileRequest, ReleaseTerminalRequest, RequestPermissionRequest, SessionNotification,
    SessionUpdate, TerminalOutputRequest, WaitForTerminalExitRequest, WriteTextFileRequest,
};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

pub struct Client {
    child: Child,
    stdin: Option<ChildStdin>,
    stdout: BufReader<ChildStdout>,
    pub dir: PathBuf,
    pub session: String,
    /// Every line of stdout, without its newline.
    pub lines: Vec<String>,
    /// What permission questions are answered with; `None` leaves them open.
    pub permit: Option<&'static str>,
    requests: u64,
}

/// What a turn said.
#[derive(Debug, Default)]
pub struct Turn {
    pub text: String,
    pub chunks: usize,
    /// Its updates' kinds, without message chunks.
    pub kinds: Vec<String>,
    /// Methods that the agent called.
    pub called: Vec<String>,
    /// The result, or the error.
    pub end: Value,
}

impl Client {
    /// Starts the agent with `dir` as its HOME and workspace, and shakes hands.
    pub fn start(dir: &Path, args: &[&str]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_scripted-agent"))
            .args(args)
            .env_clear()
            .env("HOME", dir)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut client = Self {
            stdin: child.stdin.take(),
            stdout: BufReader::new(child.stdout.take().unwrap()),
            child,
            dir: dir.to_owned(),
            session: String::new(),
            lines: Vec::new(),
            permit: Some("allow_once"),
            requests: 0,
        };
        let offers = json!({"fs": {"readTextFile": true, "writeTextFile": true}, "terminal": true});
        let answer = client.call("initialize", json!({"protocolVersion": 1, "clientCapabilities": offers}));
        assert!(read::<InitializeResponse>(answer["result"].clone()).agent_capabilities.load_session);
        client
    }

    /// Starts the agent and a session.
    pub fn new(dir: &Path, args: &[&str]) -> Self {
        let mut client = Self::start(dir, args);
        let answer = client.call("session/new", json!({"cwd": dir, "mcpServers": []}));
        client.session = read::<NewSessionResponse>(answer["result"].clone()).session_id.to_string();
        client
    }

    /// Loads a session; returns what was replayed, or the error.
    pub fn load(&mut self, session: &str) -> Result<Turn, Value> {
        session.clone_into(&mut self.session);
        let id = self.send("session/load", json!({"sessionId": session, "cwd": self.dir, "mcpServers": []}));
        let turn = self.until(id).unwrap();
        if turn.end["error"].is_null() {
            read::<LoadSessionResponse>(turn.end["result"].clone());
            return Ok(turn);
        }
        Err(turn.end)
    }

    pub fn prompt(&mut self, text: &str) -> Turn {
        let id = self.begin(text);
        let turn = self.until(id).unwrap();
        if turn.end["error"].is_null() {
            read::<PromptResponse>(turn.end["result"].clone());
        }
        turn
    }

    /// Sends a prompt and does not wait.
    pub fn begin(&mut self, text: &str) -> u64 {
        let prompt = json!([{"type": "text", "text": text}]);
        self.send("session/prompt", json!({"sessionId": self.session, "prompt": prompt}))
    }

    pub fn cancel(&mut self) {
        self.write(
            &json!({"jsonrpc": "2.0", "method": "session/cancel", "params": {"sessionId": self.session}}),
        );
    }

    /// Closes stdin; returns how the agent ended and what else it had said.
    pub fn finish(mut self) -> (ExitStatus, String) {
        drop(self.stdin.take());
        let mut rest = String::new();
        self.stdout.read_to_string(&mut rest).unwrap();
        (self.child.wait().unwrap(), rest)
    }

    fn call(&mut self, method: &str, params: Value) -> Value {
        let id = self.send(method, params);
        self.until(id).unwrap().end
    }

    fn send(&mut self, method: &str, params: Value) -> u64 {
        self.requests += 1;
        self.write(&json!({"jsonrpc": "2.0", "id": self.requests, "method": method, "params": params}));
        self.requests
    }

    fn write(&mut self, message: &Value) {
        self.stdin.as_mut().unwrap().write_all(format!("{message}\n").as_bytes()).unwrap();
    }

    /// Serves the agent until it answers this request; `None` when it ends without an answer.
    pub fn until(&mut self, id: u64) -> Option<Turn> {
        let mut turn = Turn::default();
        loop {
            let message = self.line()?;
            if message["method"].is_null() {
                if message["id"] == id {
                    turn.end = message;
                    return Some(turn);
                }
                continue;
            }
            self.serve(&message, &mut turn);
        }
    }

    /// Serves the agent until it has said this.
    pub fn until_said(&mut self, text: &str) {
        let mut turn = Turn::default();
        while !turn.text.contains(text) {
            let message = self.line().unwrap();
            self.serve(&message, &mut turn);
        }
    }

    /// Serves the agent until it has called this method.
    pub fn until_called(&mut self, method: &str) {
        let mut turn = Turn::default();
        while turn.called.last().is_none_or(|called| called != method) {
            let message = self.line().unwrap();
            self.serve(&message, &mut turn);
        }
    }

    /// The next line that is JSON.
    fn line(&mut self) -> Option<Value> {
        loop {
            let mut line = String::new();
            if self.stdout.read_line(&mut line).unwrap() == 0 {
                return None;
            }
            let line = line.trim_end().to_owned();
            let message = serde_json::from_str(&line);
            self.lines.push(line);
            if let Ok(message) = message {
                return Some(message);
            }
        }
    }

    fn serve(&mut self, message: &Value, turn: &mut Turn) {
        let method = message["method"].as_str().unwrap();
        let params = message["params"].clone();
        assert_eq!(params["sessionId"], self.session.as_str());
        if method == "session/update" {
            match read::<SessionNotification>(params.clone()).update {
                SessionUpdate::AgentMessageChunk(_) => {
                    turn.chunks += 1;
                    turn.text.push_str(params["update"]["content"]["text"].as_str().unwrap());
                }
                _ => turn.kinds.push(params["update"]["sessionUpdate"].as_str().unwrap().to_owned()),
            }
            return;
        }
        turn.called.push(method.to_owned());
        let result = match method {
            "session/request_permission" => {
                assert_eq!(read::<RequestPermissionRequest>(params).options.len(), 3);
                let Some(option) = self.permit else { return };
                json!({"outcome": {"outcome": "selected", "optionId": option}})
            }
            "fs/write_text_file" => {
                let request = read::<WriteTextFileRequest>(params);
                fs::write(request.path, request.content).unwrap();
                json!({})
            }
            "fs/read_text_file" => {
                let request = read::<ReadTextFileRequest>(params);
                json!({"content": fs::read_to_string(request.path).unwrap()})
            }
            "terminal/create" => {
                assert_eq!(read::<CreateTerminalRequest>(params).command, "/bin/sh");
                json!({"terminalId": "t1"})
            }
            "terminal/wait_for_exit" => {
                read::<WaitForTerminalExitRequest>(params);
                json!({"exitCode": 5, "signal": null})
            }
            "terminal/output" => {
                read::<TerminalOutputRequest>(params);
                json!({"output": "of the terminal\n", "truncated": false})
            }
            "terminal/release" => {
                read::<ReleaseTerminalRequest>(params);
                json!({})
            }
            other => panic!("{other}"),
        };
        self.write(&json!({"jsonrpc": "2.0", "id": message["id"], "result": result}));
    }
}

fn read<T: DeserializeOwned>(value: Value) -> T {
    serde_json::from_value(value.clone()).unwrap_or_else(|e| panic!("{e}: {value}"))
}
