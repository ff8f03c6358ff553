//! The side file: what the agent emitted and what reached it, told to a file of its own. A kill test compares it with
//! the log. Lines are appended (O_APPEND) before the frames go to stdout, so that no frame is in the log and not here.
//!
//! ```text
//! start <pid>
//! out <n> <bytes> <fnv1a-64 in hex, of the frame without its newline> update|replay|request|response|raw
//! in prompt|cancel|answer <JSON text>
//! ```
//! `n` counts the frames of one process from 1.

use std::{
    fs::{File, OpenOptions},
    io::{self, Write as _},
    path::Path,
    str::FromStr,
};

/// What a frame was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A `session/update` of a turn.
    Update,
    /// A `session/update` between the request and the response of `session/load`.
    Replay,
    /// A request to the client.
    Request,
    /// A response to the client.
    Response,
    /// A line of `raw` or `noise`.
    Raw,
}

impl Kind {
    const ALL: [(Self, &str); 5] = [
        (Self::Update, "update"),
        (Self::Replay, "replay"),
        (Self::Request, "request"),
        (Self::Response, "response"),
        (Self::Raw, "raw"),
    ];

    fn name(self) -> &'static str {
        Self::ALL.iter().find(|(kind, _)| *kind == self).map_or("", |(_, name)| *name)
    }
}

/// One `out` line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Emitted {
    /// The frame's number in its process, from 1.
    pub n: u64,
    /// Its length without the newline.
    pub bytes: usize,
    /// [`digest`] of it without the newline.
    pub digest: u64,
    /// What it was.
    pub kind: Kind,
}

/// A line that is not an `out` line.
#[derive(Debug, thiserror::Error)]
#[error("not an out line of a side file")]
pub struct NotEmitted;

impl FromStr for Emitted {
    type Err = NotEmitted;
    fn from_str(line: &str) -> Result<Self, NotEmitted> {
        let mut words = line.split(' ');
        let mut word = || words.next().ok_or(NotEmitted);
        if word()? != "out" {
            return Err(NotEmitted);
        }
        let n = word()?.parse().map_err(|_| NotEmitted)?;
        let bytes = word()?.parse().map_err(|_| NotEmitted)?;
        let digest = u64::from_str_radix(word()?, 16).map_err(|_| NotEmitted)?;
        let kind = word()?;
        let (kind, _) = Kind::ALL.into_iter().find(|(_, name)| *name == kind).ok_or(NotEmitted)?;
        Ok(Self { n, bytes, digest, kind })
    }
}

/// FNV-1a, 64 bits: cheap, and written in three lines anywhere.
#[must_use]
pub fn digest(frame: &[u8]) -> u64 {
    frame
        .iter()
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x100_0000_01b3))
}

/// The open side file. Lines collect until [`SideFile::flush`], which is one write.
#[derive(Debug)]
pub struct SideFile {
    file: File,
    lines: Vec<u8>,
    frames: u64,
}

impl SideFile {
    /// Opens the file for appending and says which process this is.
    ///
    /// # Errors
    /// When it cannot be opened or written.
    pub fn open(path: &Path) -> io::Result<Self> {
        let file = OpenOptions::new().append(true).create(true).open(path)?;
        let mut side = Self { file, lines: Vec::new(), frames: 0 };
        let _ = writeln!(side.lines, "start {}", std::process::id());
        side.flush()?;
        Ok(side)
    }

    /// Notes a frame that is about to be emitted.
    pub fn emitted(&mut self, kind: Kind, frame: &[u8]) {
        self.frames += 1;
        // Writing into a Vec cannot fail.
        let _ = writeln!(
            self.lines,
            "out {} {} {:016x} {}",
            self.frames,
            frame.len(),
            digest(frame),
            kind.name()
        );
    }

    /// Notes what has arrived.
    pub fn arrived(&mut self, what: &str, text: &str) {
        let _ = writeln!(self.lines, "in {what} {}", serde_json::Value::from(text));
    }

    /// Appends what was noted.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn flush(&mut self) -> io::Result<()> {
        if self.lines.is_empty() {
            return Ok(());
        }
        self.file.write_all(&self.lines)?;
        self.lines.clear();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_read_back() {
        assert_eq!(digest(b"a"), 0xaf63_dc4c_8601_ec8c);
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("side");
        let mut side = SideFile::open(&path).unwrap();
        side.emitted(Kind::Replay, b"{}");
        side.arrived("prompt", "say \"x\"\n");
        side.flush().unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        let lines: Vec<_> = text.lines().collect();
        assert_eq!(
            lines[1].parse::<Emitted>().unwrap(),
            Emitted { n: 1, bytes: 2, digest: digest(b"{}"), kind: Kind::Replay }
        );
        assert_eq!(lines[2], r#"in prompt "say \"x\"\n""#);
        assert!(lines[2].parse::<Emitted>().is_err());
    }
}
