//! Searching for a secret wherever an instance, the store or a reply could hold it, in every form that it could have.

use std::{
    fs::File,
    io::{Read as _, Seek as _, SeekFrom},
    path::Path,
};

use base64::Engine as _;
use memchr::memmem::Finder;

use crate::processes::Process;

/// Bytes of memory that are looked at together.
const PIECE: usize = 1 << 20;

/// A secret in its forms: raw, hex (both cases), URL-encoded, and base64 at each of its three alignments.
pub struct Needle(Vec<Finder<'static>>);

impl Needle {
    /// The forms of a secret of at least 16 bytes.
    #[must_use]
    pub fn new(secret: &str) -> Self {
        let mut forms = vec![secret.as_bytes().to_vec()];
        let hex: String = secret.bytes().map(|b| format!("{b:02x}")).collect();
        forms.push(hex.to_uppercase().into_bytes());
        forms.push(hex.into_bytes());
        forms.push(secret.bytes().map(|b| format!("%{b:02X}")).collect::<String>().into_bytes());
        for shift in 0..3 {
            // What stands before and after changes the first and last characters: the middle is the same.
            let mut shifted = vec![b'x'; shift];
            shifted.extend_from_slice(secret.as_bytes());
            let text = base64::engine::general_purpose::STANDARD_NO_PAD.encode(shifted);
            forms.push(text.as_bytes()[4..text.len() - 4].to_vec());
        }
        Self(forms.iter().map(|f| Finder::new(f).into_owned()).collect())
    }

    /// Whether some bytes hold it in any form.
    #[must_use]
    pub fn is_in(&self, bytes: &[u8]) -> bool {
        self.0.iter().any(|f| f.find(bytes).is_some())
    }

    /// The files below a folder that hold it.
    #[must_use]
    pub fn files(&self, dir: &Path) -> Vec<String> {
        let mut found = Vec::new();
        let Ok(entries) = std::fs::read_dir(dir) else { return found };
        for entry in entries.flatten() {
            let path = entry.path();
            match entry.file_type() {
                Ok(t) if t.is_dir() => found.extend(self.files(&path)),
                Ok(t) if t.is_file() && File::open(&path).is_ok_and(|f| self.stream(f)) => {
                    found.push(path.display().to_string());
                }
                _ => {}
            }
        }
        found
    }

    fn stream(&self, mut from: impl std::io::Read) -> bool {
        let mut window = Vec::with_capacity(PIECE + 1024);
        let mut piece = vec![0; PIECE];
        loop {
            match from.read(&mut piece) {
                Ok(0) | Err(_) => return false,
                Ok(n) => {
                    window.extend_from_slice(&piece[..n]);
                    if self.is_in(&window) {
                        return true;
                    }
                    let keep = window.len().saturating_sub(1024);
                    window.drain(..keep);
                }
            }
        }
    }

    /// Where a process holds it: `environ`, `cmdline`, or an address of its memory.
    #[must_use]
    pub fn process(&self, p: &Process) -> Vec<String> {
        let mut found = Vec::new();
        for file in ["environ", "cmdline"] {
            if std::fs::read(format!("/proc/{}/{file}", p.pid)).is_ok_and(|b| self.is_in(&b)) {
                found.push(format!("{file} of {} {}", p.pid, p.name));
            }
        }
        let maps = std::fs::read_to_string(format!("/proc/{}/maps", p.pid)).unwrap_or_default();
        let Ok(mut memory) = File::open(format!("/proc/{}/mem", p.pid)) else { return found };
        for line in maps.lines() {
            let mut words = line.split_whitespace();
            let (Some(range), Some(mode)) = (words.next(), words.next()) else { continue };
            if !mode.starts_with("rw") {
                continue;
            }
            let Some((from, to)) = range.split_once('-') else { continue };
            let (Ok(from), Ok(to)) = (u64::from_str_radix(from, 16), u64::from_str_radix(to, 16)) else {
                continue;
            };
            if memory.seek(SeekFrom::Start(from)).is_ok() && self.stream((&mut memory).take(to - from)) {
                found.push(format!("memory at {from:x} of {} {}", p.pid, p.name));
            }
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_is_found() {
        let secret = "sk-secret-0123456789-abcdef";
        let needle = Needle::new(secret);
        for before in ["", "a", "ab", "abc"] {
            let text = base64::engine::general_purpose::STANDARD.encode(format!("{before}{secret}zz"));
            assert!(needle.is_in(text.as_bytes()), "{before:?}");
        }
        assert!(needle.is_in(format!("x{secret}y").as_bytes()));
        assert!(!needle.is_in(b"sk-secret-0123456789-abcdeg"));
    }
}
