//! `cargo run -p xtask -- generate` writes every generated file anew; `-- check` fails when one of them is stale.
//! `-- contract-diff` fails when the contract broke old clients since its last release; `-- contract-release` makes one:
//! a draft, until `-- contract-release final`.

mod contract;
mod diff;
mod release;
mod rest;

use std::{fs, io, path::Path, process::ExitCode};

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
        Some("contract-release") => {
            let last = match std::env::args().nth(2).as_deref() {
                None => false,
                Some("final") => true,
                Some(other) => bail!("contract-release {other}: only `final` is known"),
            };
            return release::release(root, last).map(|()| ExitCode::SUCCESS);
        }
        Some("contract-diff") => {
            let good = release::check(root, &mut out)?;
            return Ok(if good { ExitCode::SUCCESS } else { ExitCode::FAILURE });
        }
        _ => {
            bail!("usage: cargo run -p xtask -- generate | check | contract-diff | contract-release [final]")
        }
    };
    let good = bring(root, &files()?, write, &mut out)? && version(root, &mut out)?;
    Ok(if good { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Writes what is stale, or says that it is. Whether all is as it should be.
fn bring(
    root: &Path,
    files: &[(&str, String)],
    write: bool,
    out: &mut impl io::Write,
) -> anyhow::Result<bool> {
    let mut good = true;
    for (name, text) in files {
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
            good = false;
        }
    }
    for stray in strays(root, files)? {
        if write {
            fs::remove_file(root.join(&stray)).with_context(|| format!("{stray} cannot be removed"))?;
            writeln!(out, "removed {stray}")?;
        } else {
            writeln!(out, "{stray} is not generated any more: run `cargo run -p xtask -- generate`")?;
            good = false;
        }
    }
    Ok(good)
}

/// Whether `@lia/shared` has the contract's version.
fn version(root: &Path, out: &mut impl io::Write) -> anyhow::Result<bool> {
    let path = "packages/shared/package.json";
    let package: serde_json::Value = serde_json::from_str(&fs::read_to_string(root.join(path))?)?;
    let good = package["version"] == lia_protocol::VERSION;
    if !good {
        writeln!(
            out,
            "{path} has version {}, the contract (Cargo.toml) {}",
            package["version"],
            lia_protocol::VERSION
        )?;
    }
    Ok(good)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A scratch copy of what is generated; what `check` says of it.
    struct Scratch {
        root: tempfile::TempDir,
        files: Vec<(&'static str, String)>,
    }

    impl Scratch {
        fn new() -> Self {
            let scratch = Self { root: tempfile::tempdir().unwrap(), files: files().unwrap() };
            assert!(bring(scratch.root.path(), &scratch.files, true, &mut io::sink()).unwrap());
            scratch
        }

        fn check(&self) -> (bool, String) {
            let mut out = Vec::new();
            let good = bring(self.root.path(), &self.files, false, &mut out).unwrap();
            (good, String::from_utf8(out).unwrap())
        }
    }

    #[test]
    fn what_is_fresh_passes() {
        assert_eq!(Scratch::new().check(), (true, String::new()));
    }

    #[test]
    fn a_drift_in_any_generated_file_is_seen() {
        for (name, from, to) in [
            ("contract/lia.schema.json", "\"maxLength\"", "\"minLength\""),
            ("contract/openapi.json", "/api/v1/tasks", "/api/v2/tasks"),
            ("contract/asyncapi.json", "\"asyncapi\"", "\"syncapi\""),
            ("packages/shared/src/generated/types.ts", "task_id", "taskId"),
            ("packages/shared/src/generated/schemas.ts", ".max(", ".min("),
        ] {
            let scratch = Scratch::new();
            let path = scratch.root.path().join(name);
            let text = fs::read_to_string(&path).unwrap();
            assert!(text.contains(from), "{name} has no {from}");
            fs::write(&path, text.replacen(from, to, 1)).unwrap();
            let (good, said) = scratch.check();
            assert!(!good && said.starts_with(&format!("{name} is stale")), "{name}: {said}");
        }
    }

    #[test]
    fn what_is_not_generated_any_more_is_seen() {
        let scratch = Scratch::new();
        let stray = "packages/shared/src/generated/old.ts";
        fs::write(scratch.root.path().join(stray), "").unwrap();
        let (good, said) = scratch.check();
        assert!(!good && said.starts_with(stray), "{said}");
    }

    #[test]
    fn the_packages_version_is_the_contracts() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("packages/shared/package.json");
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        let package = |version: &str| {
            fs::write(&path, format!("{{\"version\": \"{version}\"}}")).unwrap();
            version_of(root.path())
        };
        assert!(package(lia_protocol::VERSION));
        assert!(!package("9.9.9"));
    }

    fn version_of(root: &Path) -> bool {
        version(root, &mut io::sink()).unwrap()
    }
}
