//! A JSON scanner that holds no document: it follows keys to a few levels and reports the scalars that it passes.
//! Made for bodies of a provider, so it is lenient: what is not JSON yields nothing of use and harms nothing.

/// Levels that are followed; below, nothing is reported.
const LEVELS: usize = 6;
/// Bytes of a key or scalar that are kept.
const TOKEN_BYTES: usize = 128;

/// Feed it bytes; it calls back with `("usage.input_tokens", "12")`. Elements of an array have `[]` in their path.
#[derive(Default)]
pub(crate) struct Scanner {
    mode: Mode,
    /// The keys of the open containers, each with a dot behind it, and where each one begins.
    path: String,
    levels: Vec<usize>,
    /// Open containers below [`LEVELS`].
    below: usize,
    /// The last key of the innermost container.
    key: String,
    token: Vec<u8>,
    /// Whether `token` is a scalar that was not reported yet.
    pending: bool,
}

#[derive(Clone, Copy, Default, PartialEq)]
enum Mode {
    #[default]
    Between,
    Text,
    Escape,
    Word,
}

impl Scanner {
    pub(crate) fn feed(&mut self, byte: u8, found: &mut impl FnMut(&str, &str)) {
        match (self.mode, byte) {
            (Mode::Text, b'"') => {
                self.mode = Mode::Between;
                self.pending = true;
            }
            (Mode::Text, b'\\') => {
                self.mode = Mode::Escape;
                self.keep(byte);
            }
            (Mode::Text | Mode::Escape, _) => {
                self.mode = Mode::Text;
                self.keep(byte);
            }
            (_, b'"') => self.begin(Mode::Text),
            (_, b'{') => self.open(""),
            (_, b'[') => self.open("[]"),
            (_, b'}' | b']') => {
                self.report(found);
                self.close();
            }
            (_, b',') => {
                self.report(found);
                self.key.clear();
            }
            (_, b':') => {
                self.mode = Mode::Between;
                self.pending = false;
                self.key = String::from_utf8_lossy(&self.token).into_owned();
            }
            (_, b' ' | b'\t' | b'\n' | b'\r') => self.mode = Mode::Between,
            (Mode::Between, _) => {
                self.begin(Mode::Word);
                self.pending = true;
                self.keep(byte);
            }
            (Mode::Word, _) => self.keep(byte),
        }
    }

    fn begin(&mut self, mode: Mode) {
        self.mode = mode;
        self.token.clear();
    }

    fn keep(&mut self, byte: u8) {
        if self.token.len() < TOKEN_BYTES {
            self.token.push(byte);
        }
    }

    fn open(&mut self, suffix: &str) {
        self.mode = Mode::Between;
        self.pending = false;
        if self.levels.len() == LEVELS {
            self.below += 1;
            return;
        }
        self.levels.push(self.path.len());
        self.path.push_str(&self.key);
        self.path.push_str(suffix);
        if !self.path.is_empty() && !self.path.ends_with('.') {
            self.path.push('.');
        }
        self.key.clear();
    }

    fn close(&mut self) {
        self.key.clear();
        if self.below > 0 {
            self.below -= 1;
        } else if let Some(length) = self.levels.pop() {
            self.path.truncate(length);
        }
    }

    fn report(&mut self, found: &mut impl FnMut(&str, &str)) {
        self.mode = Mode::Between;
        if std::mem::take(&mut self.pending) && self.below == 0 {
            let length = self.path.len();
            self.path.push_str(&self.key);
            found(&self.path, &String::from_utf8_lossy(&self.token));
            self.path.truncate(length);
        }
    }

    #[cfg(test)]
    pub(crate) fn size(&self) -> usize {
        self.path.capacity() + self.levels.capacity() * 8 + self.key.capacity() + self.token.capacity()
    }
}
