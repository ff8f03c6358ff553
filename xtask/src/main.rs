//! `cargo run -p xtask -- generate` writes every generated file anew; `-- check` fails when one of them is stale.
//! `-- contract-diff` fails when the contract broke old clients since its last release; `-- contract-release` makes one.

mod contract;
mod diff;
mod release;
mod rest;

use std::{
    fs,
    io::{self, Write as _},
    path::Path,
    process::ExitCode,
};

use anyhow::{Context as _, bail};
use lia_server::config::generate;

/// Every generated file, by its path from the root.
fn files() -> anyhow::Result<Vec<(&'static str, String)>> {
    let mut files =
        vec![(".env.example", generate::env_example()), ("docs/configuration.md", generate::markdown())];
    files.extend(contract::files()?);
    files.extend(rest::files());
    Ok(files)
}

/// What lies in a folder of generated files and is none of them.
fn strays(root: &Path, files: &[(&str, String)]) -> anyhow::Result<Vec<String>> {
    let mut out = Vec::new();
    for folder in contract::FOLDERS {
        let Ok(entries) = fs::read_dir(root.join(folder)) else { continue };
        for entry in entries {
            let entry = entry.with_context(|| format!("{folder} cannot be read"))?;
            let path = format!("{folder}/{}", entry.file_name().to_string_lossy());
            if !release::KEPT.contains(&path.as_str()) && !files.iter().any(|(name, _)| *name == path) {
                out.push(path);
            }
        }
    }
    Ok(out)
}

fn main() -> anyhow::Result<ExitCode> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().context("the workspace's folder")?;
    let mut out = io::stdout().lock();
    let asked = std::env::args().nth(1);
    let write = match asked.as_deref() {
        Some("generate") => true,
        Some("check") => false,
        Some("contract-release") => return release::release(root).map(|()| ExitCode::SUCCESS),
        Some("contract-diff") => {
            let good = release::check(root, &mut out)?;
            return Ok(if good { ExitCode::SUCCESS } else { ExitCode::FAILURE });
        }
        _ => bail!("usage: cargo run -p xtask -- generate | check | contract-diff | contract-release"),
    };
    let files = files()?;
    let mut code = ExitCode::SUCCESS;
    for (name, text) in &files {
        let path = root.join(name);
        if fs::read_to_string(&path).ok().as_ref() == Some(text) {
            continue;
        }
        if write {
            fs::create_dir_all(path.parent().context("a folder")?)?;
            fs::write(&path, text).with_context(|| format!("{name} cannot be written"))?;
            writeln!(out, "wrote {name}")?;
        } else {
            writeln!(out, "{name} is stale: run `cargo run -p xtask -- generate`")?;
            code = ExitCode::FAILURE;
        }
    }
    for stray in strays(root, &files)? {
        if write {
            fs::remove_file(root.join(&stray)).with_context(|| format!("{stray} cannot be removed"))?;
            writeln!(out, "removed {stray}")?;
        } else {
            writeln!(out, "{stray} is not generated any more: run `cargo run -p xtask -- generate`")?;
            code = ExitCode::FAILURE;
        }
    }
    Ok(code)
}
