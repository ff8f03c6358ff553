//! The physical baseline: the same agent on a raw pipe, with nothing between.

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context as _, bail};
use lia_tests::program;

/// An agent that has done its handshake.
pub struct PipeAgent {
    child: Child,
    stdin: ChildStdin,
    stdout: BufReader<ChildStdout>,
    _home: tempfile::TempDir,
    next: u64,
    session: String,
}

impl PipeAgent {
    /// Spawns the agent and does the handshake.
    pub fn start() -> anyhow::Result<Self> {
        let home = tempfile::tempdir()?;
        let mut child = Command::new(program("scripted-agent"))
            .env_clear()
            .env("HOME", home.path())
            .env("PATH", "/usr/bin:/bin")
            .current_dir(home.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        let stdin = child.stdin.take().context("stdin")?;
        let stdout = BufReader::with_capacity(1 << 20, child.stdout.take().context("stdout")?);
        let mut agent = Self { child, stdin, stdout, _home: home, next: 0, session: String::new() };
        agent.call(r#""method":"initialize","params":{"protocolVersion":1,"clientCapabilities":{}}"#)?;
        let cwd = agent._home.path().display().to_string();
        let answer =
            agent.call(&format!(r#""method":"session/new","params":{{"cwd":"{cwd}","mcpServers":[]}}"#))?;
        let answer: serde_json::Value = serde_json::from_str(&answer)?;
        agent.session = answer["result"]["sessionId"].as_str().context("sessionId")?.to_owned();
        Ok(agent)
    }

    fn send(&mut self, rest: &str) -> anyhow::Result<u64> {
        self.next += 1;
        let line = format!("{{\"jsonrpc\":\"2.0\",\"id\":{},{rest}}}\n", self.next);
        self.stdin.write_all(line.as_bytes())?;
        Ok(self.next)
    }

    fn line(&mut self) -> anyhow::Result<String> {
        let mut line = String::new();
        if self.stdout.read_line(&mut line)? == 0 {
            bail!("the agent ended");
        }
        Ok(line)
    }

    fn call(&mut self, rest: &str) -> anyhow::Result<String> {
        self.send(rest)?;
        loop {
            let line = self.line()?;
            if line.contains("\"result\"") || line.contains("\"error\"") {
                return Ok(line);
            }
        }
    }

    /// Sends a prompt; the time to its first chunk, and to its end.
    pub fn prompt(&mut self, text: &str) -> anyhow::Result<(Duration, Duration)> {
        let started = Instant::now();
        let session = &self.session;
        let prompt = format!(
            r#""method":"session/prompt","params":{{"sessionId":"{session}","prompt":[{{"type":"text","text":"{text}"}}]}}"#
        );
        self.send(&prompt)?;
        let mut first = None;
        loop {
            let line = self.line()?;
            if line.contains("agent_message_chunk") {
                first.get_or_insert_with(|| started.elapsed());
            }
            if line.contains("stopReason") {
                return Ok((first.unwrap_or_default(), started.elapsed()));
            }
        }
    }

    /// Sends a burst and reads it as bytes, counting lines: as fast as a pipe goes.
    pub fn burst(&mut self, text: &str) -> anyhow::Result<(u64, Duration)> {
        let started = Instant::now();
        let session = &self.session;
        let prompt = format!(
            r#""method":"session/prompt","params":{{"sessionId":"{session}","prompt":[{{"type":"text","text":"{text}"}}]}}"#
        );
        self.send(&prompt)?;
        let mut lines = 0;
        let mut buffer = vec![0; 1 << 20];
        let mut last = Vec::new();
        loop {
            let n = self.stdout.read(&mut buffer)?;
            if n == 0 {
                bail!("the agent ended");
            }
            lines += buffer[..n].iter().filter(|b| **b == b'\n').count() as u64;
            last.extend_from_slice(&buffer[n.saturating_sub(512)..n]);
            let keep = last.len().saturating_sub(512);
            last.drain(..keep);
            if buffer[n - 1] == b'\n' && last.windows(10).any(|w| w == b"stopReason") {
                return Ok((lines, started.elapsed()));
            }
        }
    }
}

impl Drop for PipeAgent {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
