//! The tour: what a newcomer without any key sees first. It behaves as a coding agent does (streamed words, a plan, a
//! file, a question, a command), and each step is real.

use std::time::Duration;

use serde_json::json;

use crate::agent::{Agent, End, Stop};

const FILE: &str = "hello-from-lia.md";
const COMMAND: &str = "ls -l; echo; echo \"network interfaces:\"; cut -d: -f1 /proc/net/dev | tail -n +3";
const PLAN: [&str; 3] =
    ["Write a note into the workspace", "Ask before running a command", "Show the sandbox from inside"];
/// Between two pieces of a streamed sentence.
const PACE: Duration = Duration::from_millis(50);

const HELLO: &str = "Hello! I am the tour: a small scripted agent, with no model and no key behind me. \
Lia has just put me into a sandbox of my own, and what you read is streamed from inside it. \
Each piece is stored before it is shown: stop the server, start it again, and nothing is gone.\n\n\
I will do what a coding agent does.\n\n";

const NOTE: &str = "\
# Hello from Lia

This file was written by an agent in a sandbox.

- The agent sees this workspace, and not your files.
- It has no network but loopback: what it may reach, it reaches through Lia's gateway.
- It holds no keys: Lia adds them outside, on the way to the model.

Next: add a key to `.env`, then `lia agents install claude-code`
and `lia spawn --template claude-code \"Explain this repository\" --repo .`
";

const GOODBYE: &str = "That was a whole turn: a prompt, a plan, a file, a question, a command, an answer. \
To work with a real agent, add its API key to `.env`, run `lia agents install claude-code` \
(or `codex`, `gemini`, `opencode`), and give it something to do:\n\n    lia spawn --template claude-code \"Explain this repository\" --repo .\n";

impl Agent {
    pub(crate) fn tour(&mut self, session: &str, prompt: &str) -> Result<End, Stop> {
        self.stream(session, HELLO)?;
        if !prompt.trim().is_empty() {
            let heard: String = prompt.trim().chars().take(80).collect();
            let more = if heard.len() < prompt.trim().len() { "…" } else { "" };
            self.stream(
                session,
                &format!("You asked: “{heard}{more}”. A real agent would start on that now.\n\n"),
            )?;
        }
        self.plan(session, &PLAN, 0)?;

        let diff = json!([{"type": "diff", "path": FILE, "oldText": null, "newText": NOTE}]);
        let tool = self.begin_tool(session, &format!("Write {FILE}"), "edit", diff)?;
        let written = self.write_file(session, FILE, NOTE)?;
        self.end_tool(session, &tool, written.is_ok(), json!([]))?;
        match written {
            Ok(()) => self.stream(session, &format!("I wrote `{FILE}` into the workspace.\n\n"))?,
            Err(e) => self.stream(session, &format!("I could not write `{FILE}`: {e}.\n\n"))?,
        }

        self.plan(session, &PLAN, 1)?;
        self.stream(session, "Now I would like to run a command, and I ask you first.\n\n")?;
        let tool = self.begin_tool(session, "Look around in the sandbox", "execute", json!([]))?;
        let chosen =
            self.ask(session, &tool, "Look around in the sandbox (ls, and the network interfaces)")?;
        let allowed = chosen.starts_with("allow");
        self.end_tool(session, &tool, allowed, json!([]))?;

        self.plan(session, &PLAN, 2)?;
        if allowed {
            match self.terminal(session, COMMAND)? {
                Ok((output, _)) => {
                    self.stream(session, &format!("This is all that I can see:\n\n```\n{output}```\n\n"))?
                }
                Err(e) => self.stream(session, &format!("The command did not run: {e}.\n\n"))?,
            }
        } else {
            self.stream(session, "You said no, so I did not run it.\n\n")?;
        }
        self.plan(session, &PLAN, 3)?;
        self.stream(session, GOODBYE)?;
        Ok(End::Reason("end_turn"))
    }

    /// Says a text a few words at a time.
    fn stream(&mut self, session: &str, text: &str) -> Result<(), Stop> {
        let words: Vec<_> = text.split_inclusive(' ').collect();
        for piece in words.chunks(2) {
            self.say(session, &piece.concat())?;
            self.sleep(Some(PACE))?;
        }
        Ok(())
    }
}
