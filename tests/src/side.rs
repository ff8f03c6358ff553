//! The scripted agent's side file against the log: whatever was killed when, both must tell the same.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, ensure};
use lia_client::LogEvent;
use lia_protocol::event::Direction;
use lia_scripted_agent::side::{Emitted, Kind, digest};

/// A templates file whose template `kill` is the scripted agent with a side file in its workspace.
pub const TEMPLATES: &str = r#"
[[template]]
name = "kill"
title = "Scripted agent with a side file"
mode = "acp"
command = "{agent}/scripted-agent"
args = ["--side-file", "/workspace/side"]
"#;

/// Writes [`TEMPLATES`] into a folder and says where.
///
/// # Errors
/// Those of the file system.
pub fn templates(dir: &Path) -> std::io::Result<PathBuf> {
    let path = dir.join("templates.toml");
    std::fs::write(&path, TEMPLATES)?;
    Ok(path)
}

/// What an agent emitted and what reached it.
#[derive(Debug, Default)]
pub struct Side {
    /// Frames, in order.
    pub out: Vec<Emitted>,
    /// Texts of prompts, in order.
    pub prompts: Vec<String>,
}

impl Side {
    /// Reads a side file; a last line that is cut is left out.
    ///
    /// # Errors
    /// A prompt that is not JSON text.
    pub fn parse(text: &str) -> anyhow::Result<Self> {
        let mut side = Self::default();
        for line in text.split_inclusive('\n').filter_map(|l| l.strip_suffix('\n')) {
            if let Ok(e) = line.parse::<Emitted>() {
                if e.kind != Kind::Replay && e.kind != Kind::Raw {
                    side.out.push(e);
                }
            } else if let Some(p) = line.strip_prefix("in prompt ") {
                side.prompts.push(serde_json::from_str(p)?);
            }
        }
        Ok(side)
    }

    /// Checks that the log holds exactly these frames in this order, or with `prefix` the first of them.
    ///
    /// # Errors
    /// The first difference.
    pub fn compare(&self, events: &[LogEvent], prefix: bool) -> anyhow::Result<()> {
        for (i, e) in events.iter().enumerate() {
            ensure!(e.seq.0 == i as u64 + 1, "seq {} stands at place {}", e.seq, i + 1);
        }
        let frames: Vec<_> = events
            .iter()
            .filter(|e| e.kind == "rpc" && e.direction == Some(Direction::AgentToClient))
            .map(|e| e.body.get().as_bytes())
            .collect();
        for (i, frame) in frames.iter().enumerate() {
            let told =
                self.out.get(i).with_context(|| format!("frame {i} of the log is not in the side file"))?;
            ensure!(
                told.bytes == frame.len() && told.digest == digest(frame),
                "frame {i} of the log is not frame {} of the side file: {}",
                told.n,
                String::from_utf8_lossy(frame)
            );
        }
        ensure!(
            prefix || frames.len() == self.out.len(),
            "the log has {} frames, the side file {}",
            frames.len(),
            self.out.len()
        );
        Ok(())
    }
}
