//! A sidecar that says exactly what the one of the last release said (`tests/fixtures/link/last-release.txt`), in the
//! place of the real one: in a sandbox, behind the same preamble. It waits for what the control plane said then, and
//! refuses the link with the difference when it says something else.

use std::{
    fs::File,
    io::{self, BufRead as _, BufReader, Read as _, Write as _},
    os::{
        fd::{FromRawFd as _, OwnedFd},
        unix::net::{UnixListener, UnixStream},
    },
    time::Duration,
};

use anyhow::{Context as _, bail, ensure};
use lia_protocol::boot::{BootConfig, PORT_CONTROL};
use lia_tests::transcript::{LAST_RELEASE, Names, Step, field, offset, parse};

/// Longer than a control plane is silent.
const SILENCE: Duration = Duration::from_secs(120);

fn main() -> anyhow::Result<()> {
    let args: Vec<String> = std::env::args().collect();
    let fd = |name: &str| -> anyhow::Result<OwnedFd> {
        let at = args.iter().position(|a| a == name).with_context(|| format!("no {name}"))?;
        let fd = args.get(at + 1).context("no number")?.parse()?;
        // SAFETY: the runtime gave it to us, for us alone.
        Ok(unsafe { OwnedFd::from_raw_fd(fd) })
    };
    let mut config = String::new();
    File::from(fd("--config-fd")?).read_to_string(&mut config)?;
    let config: BootConfig = serde_json::from_str(&config)?;
    let listener = UnixListener::from(fd("--listen-fd")?);

    let mut names = Names::default();
    names.set("workspace", config.workspace.as_str());
    names.set("kept", format!("{}/kept.txt", config.workspace));
    names.set("agent", "scripted-agent 0.1.0");
    names.set("agent_session", "the-recorded-session");
    names.set("version", "0.1.0");
    let mut sidecar =
        Recorded { steps: parse(LAST_RELEASE)?, at: 0, journal: Vec::new(), names, inited: false };
    let mut held = Vec::new();
    while sidecar.at < sidecar.steps.len() {
        let (stream, _) = listener.accept()?;
        stream.set_read_timeout(Some(SILENCE))?;
        match preamble(&stream, config.secret.expose()) {
            Ok(PORT_CONTROL) => {
                let mut link = Link { read: BufReader::new(stream.try_clone()?), write: stream };
                if let Err(e) = sidecar.serve(&mut link) {
                    let refused = serde_json::json!({ "type": "refused", "reason": format!("{e:#}") });
                    let _ = link.say(&refused.to_string());
                }
            }
            // The other ports are open and silent.
            Ok(_) => held.push(stream),
            Err(_) => {}
        }
    }
    Ok(())
}

fn preamble(mut stream: &UnixStream, secret: &str) -> anyhow::Result<u16> {
    let port = line(stream)?.strip_prefix("CONNECT ").context("no CONNECT")?.parse()?;
    stream.write_all(format!("OK {port}\n").as_bytes())?;
    ensure!(line(stream)? == format!("LIA1 {secret}"), "not the secret");
    stream.write_all(b"OK\n")?;
    Ok(port)
}

/// One short line, and not a byte more than that.
fn line(mut stream: &UnixStream) -> io::Result<String> {
    let (mut line, mut byte) = (Vec::new(), [0]);
    while line.len() < 256 {
        stream.read_exact(&mut byte)?;
        if byte == *b"\n" {
            break;
        }
        line.push(byte[0]);
    }
    String::from_utf8(line).map_err(io::Error::other)
}

struct Link {
    read: BufReader<UnixStream>,
    write: UnixStream,
}

impl Link {
    fn say(&mut self, line: &str) -> io::Result<()> {
        self.write.write_all(format!("{line}\n").as_bytes())
    }

    /// The next line; none at the end of the connection.
    fn hear(&mut self) -> Option<String> {
        let mut line = String::new();
        match self.read.read_line(&mut line) {
            Ok(0) | Err(_) => None,
            Ok(_) => Some(line.trim_end().to_owned()),
        }
    }
}

struct Recorded {
    steps: Vec<Step>,
    /// The next step.
    at: usize,
    /// What has been said and has an offset.
    journal: Vec<String>,
    names: Names,
    inited: bool,
}

impl Recorded {
    /// Serves one connection as far as the transcript goes.
    fn serve(&mut self, link: &mut Link) -> anyhow::Result<()> {
        let Some(hello) = link.hear() else { return Ok(()) };
        let said: serde_json::Value = serde_json::from_str(&hello)?;
        if let [Step::Host(expected), Step::Sidecar(answer), ..] = &self.steps[self.at..]
            && field(expected, "type") == "hello"
        {
            // How far the log is depends on when its server died.
            let mut expected: serde_json::Value = serde_json::from_str(expected)?;
            expected["acked"] = "$any".into();
            self.names.compare(&expected.to_string(), &hello)?;
            let answer = self.names.fill(answer)?;
            link.say(&answer)?;
            self.at += 2;
        } else {
            // A connection more than was recorded: as any sidecar answers it.
            let answer = serde_json::json!({
                "type": "welcome", "protocol": 2, "version": "0.1.0", "link_epoch": said["link_epoch"],
                "end": self.journal.len(), "inited": self.inited,
            });
            link.say(&answer.to_string())?;
        }
        let acked = usize::try_from(said["acked"].as_u64().context("acked")?)?;
        for line in self.journal.iter().skip(acked) {
            link.say(line)?;
        }
        while let Some(step) = self.steps.get(self.at).cloned() {
            match step {
                Step::Sidecar(line) => {
                    let line = self.names.fill(&line)?;
                    if offset(&line).is_some() {
                        self.journal.push(line.clone());
                    }
                    self.at += 1;
                    link.say(&line)?;
                }
                Step::Host(expected) => {
                    if !self.wait_for(link, &expected)? {
                        return Ok(());
                    }
                    self.at += 1;
                    self.inited |= field(&expected, "type") == "init";
                }
                Step::Cut => {
                    while link.hear().is_some() {}
                    self.at += 1;
                    return Ok(());
                }
            }
        }
        // Until the control plane has what was said last.
        while link.hear().is_some_and(|l| offset(&l) < Some(self.journal.len() as u64)) {}
        Ok(())
    }

    /// Waits for what was said then; false when the connection ends before.
    fn wait_for(&mut self, link: &mut Link, expected: &str) -> anyhow::Result<bool> {
        match field(expected, "type").as_str() {
            // They come when they come.
            "ack" | "heartbeat" | "resize" => return Ok(true),
            _ => {}
        }
        loop {
            let Some(said) = link.hear() else { return Ok(false) };
            match field(&said, "type").as_str() {
                "ack" | "heartbeat" | "resize" => {}
                _ => match self.names.compare(expected, &said) {
                    Ok(()) => return Ok(true),
                    Err(e) => bail!("the recorded sidecar heard something else: {e:#}"),
                },
            }
        }
    }
}
