//! The web UI in a real browser against real servers: what `packages/web-ui/e2e` says, one test per file of it.

use std::{collections::BTreeSet, path::Path, process::Stdio};

use anyhow::{Context as _, ensure};
use lia_tests::program;
use tokio::process::Command;

/// What `make bench ARGS=web-ui` runs: speed is measured, not tested.
const MEASURED: &str = "speed";
/// What the files' names end with.
const SPEC: &str = ".spec.ts";

fn folder() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../packages/web-ui")
}

/// Runs a file's tests, and says what they said when they failed.
async fn run(name: &str) -> anyhow::Result<()> {
    let playwright = folder().join("../../node_modules/@playwright/test/cli.js");
    ensure!(playwright.exists(), "{} is missing; scripts/npm.sh installs it", playwright.display());
    let target = program("lia").ancestors().nth(2).context("the build folder")?.to_owned();
    let mut command = Command::new("node");
    command
        .arg(&playwright)
        .args(["test", "--config", "e2e/playwright.config.ts", &format!("e2e/{name}{SPEC}")])
        .args(["--output", &format!(".e2e/{name}")])
        .current_dir(folder())
        .env("CARGO_TARGET_DIR", target)
        .env("FORCE_COLOR", "0")
        .stdin(Stdio::null())
        .kill_on_drop(true);
    let done = command.output().await.context("node")?;
    let said = format!("{}{}", String::from_utf8_lossy(&done.stdout), String::from_utf8_lossy(&done.stderr));
    ensure!(done.status.success(), "{said}");
    ensure!(said.contains(" passed"), "nothing was tested:\n{said}");
    Ok(())
}

macro_rules! files {
    ($($name:ident)*) => {
        $(#[tokio::test(flavor = "multi_thread")]
        async fn $name() -> anyhow::Result<()> {
            run(stringify!($name)).await
        })*

        #[test]
        fn every_file_is_run() -> anyhow::Result<()> {
            let mut found = BTreeSet::new();
            for entry in std::fs::read_dir(folder().join("e2e"))? {
                let name = entry?.file_name().to_string_lossy().into_owned();
                found.extend(name.strip_suffix(SPEC).map(str::to_owned));
            }
            let mut run = BTreeSet::from([$(stringify!($name).to_owned()),*]);
            run.insert(MEASURED.to_owned());
            ensure!(found == run, "there are {found:?}, run are {run:?}");
            Ok(())
        }
    };
}

files! { accessibility hostile journey phone steering }
