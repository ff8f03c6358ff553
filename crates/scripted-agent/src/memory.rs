//! What a session leaves on disk, so that another process can go on with it: `$HOME/.scripted-agent/<session>.jsonl`, one
//! JSON value per line: `{"prompt": TEXT}` for each prompt, `{"replay": N}` for each `replay N`. Without a HOME nothing
//! is kept.

use std::{
    fs::{self, OpenOptions},
    hash::{BuildHasher as _, RandomState},
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use serde_json::{Value, json};

/// The longest memory that is read back.
const MEMORY_BYTES: u64 = 64 << 20;

/// The memory of one session.
#[derive(Clone, Debug, Default)]
pub struct Memory {
    file: Option<PathBuf>,
    /// Its prompts.
    pub prompts: Vec<String>,
    /// What its last `replay N` said.
    pub replay: Option<u64>,
}

/// A new session id.
#[must_use]
pub fn new_id() -> String {
    format!("scripted-{:016x}", RandomState::new().hash_one(std::process::id()))
}

impl Memory {
    /// An empty memory of a new session.
    ///
    /// # Errors
    /// When HOME is there and cannot be written.
    pub fn create(home: Option<&Path>, id: &str) -> io::Result<Self> {
        let memory = Self { file: file(home, id), ..Self::default() };
        if let Some(file) = &memory.file {
            fs::create_dir_all(file.parent().unwrap_or(file))?;
            fs::File::create(file)?;
        }
        Ok(memory)
    }

    /// The memory of an earlier session, if there is one.
    #[must_use]
    pub fn load(home: Option<&Path>, id: &str) -> Option<Self> {
        let file = file(home, id)?;
        if fs::metadata(&file).ok()?.len() > MEMORY_BYTES {
            return None;
        }
        let text = fs::read_to_string(&file).ok()?;
        let mut memory = Self { file: Some(file), ..Self::default() };
        for entry in text.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok()) {
            if let Some(prompt) = entry["prompt"].as_str() {
                memory.prompts.push(prompt.to_owned());
            }
            memory.replay = entry["replay"].as_u64().or(memory.replay);
        }
        Some(memory)
    }

    /// Adds a prompt.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn remember_prompt(&mut self, prompt: &str) -> io::Result<()> {
        self.prompts.push(prompt.to_owned());
        self.append(&json!({ "prompt": prompt }))
    }

    /// Sets what a load replays.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn remember_replay(&mut self, updates: u64) -> io::Result<()> {
        self.replay = Some(updates);
        self.append(&json!({ "replay": updates }))
    }

    fn append(&self, entry: &Value) -> io::Result<()> {
        let Some(file) = &self.file else { return Ok(()) };
        OpenOptions::new().append(true).create(true).open(file)?.write_all(format!("{entry}\n").as_bytes())
    }
}

/// None for an id that is no plain file name.
fn file(home: Option<&Path>, id: &str) -> Option<PathBuf> {
    let plain =
        !id.is_empty() && id.len() <= 80 && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    plain.then(|| home.map(|home| home.join(".scripted-agent").join(format!("{id}.jsonl"))))?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_process_reads_it_back() {
        let home = tempfile::tempdir().unwrap();
        let home = Some(home.path());
        let mut memory = Memory::create(home, "a-1").unwrap();
        memory.remember_prompt("one\ntwo").unwrap();
        memory.remember_replay(9).unwrap();
        let back = Memory::load(home, "a-1").unwrap();
        assert_eq!((back.prompts, back.replay), (vec!["one\ntwo".to_owned()], Some(9)));
        assert!(Memory::load(home, "b").is_none());
        assert!(Memory::load(home, "../a-1").is_none());
    }
}
