//! What a host may lack.

use std::{fs::OpenOptions, io::Write as _, path::Path};

use anyhow::Context as _;

/// Says that this host lacks what a test needs; `make test` prints it at its end, with the words of `tests/needs.toml`.
///
/// # Errors
/// Where nobody collects what is lacking: the test fails then.
pub fn lacks(need: &str, test: &str) -> anyhow::Result<()> {
    let dir = std::env::var_os("LIA_NEEDS_DIR")
        .with_context(|| format!("{test} needs {need} (tests/needs.toml)"))?;
    let mut file = OpenOptions::new().create(true).append(true).open(Path::new(&dir).join(need))?;
    Ok(writeln!(file, "{test}")?)
}
