//! How an attempt ends, and the words it is given.

use std::{ffi::CString, fmt, io, path::Path, str::FromStr};

use nix::errno::Errno;

/// Success is what the escape tests must not see inside.
pub type Outcome = Result<(), Failure>;

/// Why an attempt came to nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// The kernel said so.
    Errno(i32),
    /// Somebody else said so, or there was nothing to be found.
    Said(String),
}

impl Failure {
    /// Words.
    pub fn said(text: impl fmt::Display) -> Self {
        Self::Said(text.to_string())
    }
}

impl From<io::Error> for Failure {
    fn from(e: io::Error) -> Self {
        e.raw_os_error().map_or_else(|| Self::Said(e.to_string()), Self::Errno)
    }
}

impl From<Errno> for Failure {
    fn from(e: Errno) -> Self {
        Self::Errno(e as i32)
    }
}

/// `ok`, an errno's name, or words.
pub fn text(outcome: &Outcome) -> String {
    match outcome {
        Ok(()) => "ok".to_owned(),
        Err(Failure::Errno(n)) => format!("{:?}", Errno::from_raw(*n)),
        Err(Failure::Said(words)) => words.clone(),
    }
}

/// A system call's answer, as a result.
pub fn sys(answer: libc::c_long) -> io::Result<libc::c_long> {
    if answer < 0 { Err(io::Error::last_os_error()) } else { Ok(answer) }
}

/// One word of an attempt, `%XX` decoded.
#[derive(Clone, Debug)]
pub struct Word(Vec<u8>);

impl Word {
    /// Decodes a word; a `%` without two hex digits stays.
    pub fn parse(text: &str) -> Self {
        let mut bytes = Vec::new();
        let mut rest = text.as_bytes();
        while let Some((first, tail)) = rest.split_first() {
            let code = tail.get(..2).and_then(|h| u8::from_str_radix(std::str::from_utf8(h).ok()?, 16).ok());
            match (first, code) {
                (b'%', Some(byte)) => {
                    bytes.push(byte);
                    rest = &tail[2..];
                }
                _ => {
                    bytes.push(*first);
                    rest = tail;
                }
            }
        }
        Self(bytes)
    }

    /// Its bytes.
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// As text, as far as it is.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.0).into_owned()
    }

    /// As a path.
    pub fn path(&self) -> &Path {
        use std::os::unix::ffi::OsStrExt as _;
        Path::new(std::ffi::OsStr::from_bytes(&self.0))
    }

    /// As C takes it.
    pub fn c(&self) -> Result<CString, Failure> {
        CString::new(self.0.clone()).map_err(Failure::said)
    }

    /// As a number.
    pub fn number<T: FromStr>(&self) -> Result<T, Failure> {
        self.text().parse().map_err(|_| Failure::Said(format!("{:?} is not a number", self.text())))
    }
}
