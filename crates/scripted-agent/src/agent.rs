//! The agent: the methods a client calls, and the one wait in which a turn hears of answers, children and cancels.
//!
//! One thread acts. It is either idle (in [`Agent::serve`]) or in a turn; a turn that has to wait does so in
//! [`Agent::wait`], which goes on serving the client: other requests are answered, a `session/cancel` of the running
//! session becomes [`Stop::Cancelled`] and unwinds the turn, a second prompt is refused.

use std::{
    collections::{HashMap, VecDeque},
    env, io,
    path::PathBuf,
    time::{Duration, Instant},
};

use serde_json::{Value, json};

use crate::{
    memory::{Memory, new_id},
    options::Options,
    script::{self, Command},
    side::Kind,
    wire::{Inbound, RpcError, Wire},
};

/// Why a turn did not go on.
#[derive(Debug, thiserror::Error)]
pub enum Stop {
    /// the client cancelled the turn
    #[error("the client cancelled the turn")]
    Cancelled,
    /// the script ends the process
    #[error("the script ends the process with code {0}")]
    Exit(u8),
    /// stdin is closed
    #[error("stdin is closed")]
    Closed,
    /// stdout, the side file or the session's memory cannot be written
    #[error("cannot write: {0}")]
    Io(#[from] io::Error),
}

/// How a turn ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    /// With ACP's stop reason.
    Reason(&'static str),
    /// With a JSON-RPC error.
    Error(String),
    /// With `end_turn`, and then the process ends.
    Exit(u8),
}

/// A session that this process serves.
#[derive(Debug)]
pub struct Session {
    /// Its workspace.
    pub cwd: PathBuf,
    /// What it has seen.
    pub memory: Memory,
}

/// What the client can do for the agent.
#[derive(Clone, Copy, Debug, Default)]
pub struct Offers {
    /// fs/read_text_file
    pub read: bool,
    /// fs/write_text_file
    pub write: bool,
    /// terminal/*
    pub terminal: bool,
}

/// What a line of the client means to the turn.
enum Heard {
    Nothing,
    Prompt { id: Value, session: String, text: String },
    Answer(u64, Result<Value, String>),
    Cancelled,
}

/// The agent.
#[derive(Debug)]
pub struct Agent {
    pub(crate) wire: Wire,
    pub(crate) offers: Offers,
    pub(crate) sessions: HashMap<String, Session>,
    options: Options,
    home: Option<PathBuf>,
    /// The session whose turn runs.
    running: Option<String>,
    pub(crate) tools: u64,
    pub(crate) children: u64,
    /// Their output that arrived while something else was waited for.
    heard_of_children: VecDeque<(u64, Vec<u8>)>,
}

impl Agent {
    /// Opens stdio.
    ///
    /// # Errors
    /// When stdout or the side file cannot be had.
    pub fn start(options: Options) -> io::Result<Self> {
        Ok(Self {
            wire: Wire::open(options.side_file.as_deref())?,
            offers: Offers::default(),
            sessions: HashMap::new(),
            options,
            home: env::var_os("HOME").map(PathBuf::from),
            running: None,
            tools: 0,
            children: 0,
            heard_of_children: VecDeque::new(),
        })
    }

    /// Serves the client until stdin closes.
    ///
    /// # Errors
    /// [`Stop::Exit`] when a script ends the process, [`Stop::Io`] when stdout is gone.
    pub fn serve(&mut self) -> Result<(), Stop> {
        loop {
            match self.wire.next(None) {
                Some(Inbound::Line(line)) => {
                    if let Heard::Prompt { id, session, text } = self.hear(&line)? {
                        self.turn(&id, session, &text)?;
                    }
                }
                Some(Inbound::Closed) => return Ok(()),
                Some(Inbound::Child(..)) | None => {}
            }
        }
    }

    fn turn(&mut self, id: &Value, session: String, text: &str) -> Result<(), Stop> {
        self.wire.arrived("prompt", text)?;
        if let Some(session) = self.sessions.get_mut(&session) {
            session.memory.remember_prompt(text)?;
        }
        self.running = Some(session.clone());
        let end = if self.options.tour {
            self.tour(&session, text)
        } else {
            self.run(&session, script::parse(text))
        };
        self.running = None;
        let (answer, exit) = match end {
            Ok(End::Reason(reason)) => (Ok(json!({ "stopReason": reason })), None),
            Ok(End::Exit(code)) => (Ok(json!({ "stopReason": "end_turn" })), Some(code)),
            Ok(End::Error(message)) => (Err(RpcError::new(-32603, message)), None),
            Err(Stop::Cancelled) => (Ok(json!({ "stopReason": "cancelled" })), None),
            Err(stop) => return Err(stop),
        };
        self.wire.respond(id, answer)?;
        exit.map_or(Ok(()), |code| Err(Stop::Exit(code)))
    }

    fn run(&mut self, session: &str, commands: Vec<Command>) -> Result<End, Stop> {
        for command in commands {
            if let Some(end) = self.act(session, command)? {
                return Ok(end);
            }
        }
        Ok(End::Reason("end_turn"))
    }

    /// Takes what is there already, without waiting.
    pub(crate) fn check(&mut self) -> Result<(), Stop> {
        while let Some(inbound) = self.wire.ready() {
            self.meanwhile(inbound)?;
        }
        Ok(())
    }

    /// Waits for so long, or for ever.
    pub(crate) fn sleep(&mut self, time: Option<Duration>) -> Result<(), Stop> {
        let deadline = time.map(|time| Instant::now() + time);
        while let Some(inbound) = self.wire.next(deadline) {
            self.meanwhile(inbound)?;
        }
        Ok(())
    }

    /// Sends a request to the client and waits for its answer: the result, or the error's text.
    pub(crate) fn call(&mut self, method: &str, params: Value) -> Result<Result<Value, String>, Stop> {
        let id = self.wire.request(method, params)?;
        loop {
            let Some(inbound) = self.wire.next(None) else { continue };
            if let Some(Heard::Answer(of, answer)) = self.meanwhile(inbound)?
                && of == id
            {
                return Ok(answer);
            }
        }
    }

    /// Waits for the next output of this child; empty at its end.
    pub(crate) fn child_output(&mut self, child: u64) -> Result<Vec<u8>, Stop> {
        loop {
            while let Some((of, bytes)) = self.heard_of_children.pop_front() {
                // Of another one: it was killed by a cancel, and nobody asks any more.
                if of == child {
                    return Ok(bytes);
                }
            }
            if let Some(inbound) = self.wire.next(None) {
                self.meanwhile(inbound)?;
            }
        }
    }

    /// What arrives in a turn and is not what it waits for.
    fn meanwhile(&mut self, inbound: Inbound) -> Result<Option<Heard>, Stop> {
        match inbound {
            Inbound::Closed => Err(Stop::Closed),
            Inbound::Child(of, bytes) => {
                self.heard_of_children.push_back((of, bytes));
                Ok(None)
            }
            Inbound::Line(line) => match self.hear(&line)? {
                Heard::Cancelled => Err(Stop::Cancelled),
                Heard::Prompt { id, .. } => {
                    self.wire.respond(&id, Err(RpcError::new(-32600, "a turn is running")))?;
                    Ok(None)
                }
                heard => Ok(Some(heard)),
            },
        }
    }

    fn hear(&mut self, line: &[u8]) -> Result<Heard, Stop> {
        let Ok(mut message) = serde_json::from_slice::<Value>(line) else {
            self.wire.respond(&Value::Null, Err(RpcError::new(-32700, "not JSON")))?;
            return Ok(Heard::Nothing);
        };
        let (id, params) = (message["id"].take(), message["params"].take());
        let Some(method) = message["method"].as_str() else {
            let answer = match message["error"].take() {
                Value::Null => Ok(message["result"].take()),
                error => Err(error["message"].as_str().unwrap_or("an error without a message").to_owned()),
            };
            self.wire.arrived("answer", &answer.as_ref().map_or_else(String::clone, Value::to_string))?;
            return Ok(id.as_u64().map_or(Heard::Nothing, |id| Heard::Answer(id, answer)));
        };
        if id.is_null() {
            let cancels =
                method == "session/cancel" && params["sessionId"].as_str() == self.running.as_deref();
            if cancels {
                self.wire.arrived("cancel", self.running.as_deref().unwrap_or_default())?;
            }
            let cancels = cancels && self.running.is_some();
            return Ok(if cancels { Heard::Cancelled } else { Heard::Nothing });
        }
        if method == "session/prompt" {
            let session = params["sessionId"].as_str().unwrap_or_default();
            if self.sessions.contains_key(session) {
                return Ok(Heard::Prompt {
                    id,
                    session: session.to_owned(),
                    text: prompt_text(&params["prompt"]),
                });
            }
            self.wire.respond(&id, Err(no_session(session)))?;
            return Ok(Heard::Nothing);
        }
        let answer = match method {
            "initialize" => Ok(self.initialize(&params)),
            "authenticate" | "session/set_mode" => Ok(json!({})),
            "session/new" => self.new_session(&params)?,
            "session/load" => self.load_session(&params)?,
            _ => Err(RpcError::new(-32601, format!("no method {method}"))),
        };
        self.wire.respond(&id, answer)?;
        Ok(Heard::Nothing)
    }

    fn initialize(&mut self, params: &Value) -> Value {
        let offered = &params["clientCapabilities"];
        let is = |value: &Value| value.as_bool().unwrap_or(false);
        self.offers = Offers {
            read: is(&offered["fs"]["readTextFile"]),
            write: is(&offered["fs"]["writeTextFile"]),
            terminal: is(&offered["terminal"]),
        };
        json!({
            "protocolVersion": 1,
            "agentInfo": {"name": "scripted-agent", "title": "Scripted agent", "version": env!("CARGO_PKG_VERSION")},
            "agentCapabilities": {"loadSession": true},
            "authMethods": [],
        })
    }

    fn new_session(&mut self, params: &Value) -> Result<Result<Value, RpcError>, Stop> {
        let id = new_id();
        let memory = Memory::create(self.home.as_deref(), &id)?;
        self.sessions.insert(id.clone(), Session { cwd: cwd(params), memory });
        Ok(Ok(json!({ "sessionId": id })))
    }

    fn load_session(&mut self, params: &Value) -> Result<Result<Value, RpcError>, Stop> {
        let id = params["sessionId"].as_str().unwrap_or_default();
        let memory = match Memory::load(self.home.as_deref(), id) {
            Some(memory) => memory,
            None if self.options.replay.is_some() => Memory::default(),
            None => return Ok(Err(no_session(id))),
        };
        match self.options.replay.or(memory.replay) {
            Some(updates) => {
                for n in 1..=updates {
                    let text = format!("replayed {n} of {updates}\n");
                    self.chunk(id, Kind::Replay, "agent_message_chunk", &text)?;
                }
            }
            None => {
                for prompt in &memory.prompts {
                    self.chunk(id, Kind::Replay, "user_message_chunk", prompt)?;
                }
            }
        }
        self.sessions.insert(id.to_owned(), Session { cwd: cwd(params), memory });
        Ok(Ok(json!({})))
    }
}

fn cwd(params: &Value) -> PathBuf {
    params["cwd"].as_str().unwrap_or("/").into()
}

fn no_session(id: &str) -> RpcError {
    RpcError::new(-32002, format!("no session {id:?}"))
}

/// The prompt's text blocks, one after the other.
fn prompt_text(blocks: &Value) -> String {
    let texts: Vec<_> =
        blocks.as_array().into_iter().flatten().filter_map(|block| block["text"].as_str()).collect();
    texts.join("\n")
}
