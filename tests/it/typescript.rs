//! A client that is made of `@lia/shared` alone (`packages/shared/test/client`) drives a session of a real server.

use std::{path::Path, process::Stdio};

use anyhow::ensure;
use lia_tests::{Server, session};
use tokio::process::Command;

#[tokio::test(flavor = "multi_thread")]
async fn a_client_made_of_the_package_alone_drives_a_session() -> anyhow::Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let package = root.join("packages/shared");
    ensure!(
        package.join("dist/esm/index.js").exists(),
        "@lia/shared is not built: npm run build --workspace @lia/shared"
    );
    let node = |args: &[&str]| {
        let mut command = Command::new("node");
        command.args(args).current_dir(&root).stdin(Stdio::null()).kill_on_drop(true);
        command
    };
    let compiled =
        node(&["node_modules/typescript/bin/tsc", "-p", "packages/shared/test/client"]).output().await?;
    ensure!(compiled.status.success(), "{}", String::from_utf8_lossy(&compiled.stdout));

    let server = Server::start(session::options()).await?;
    let client = server.client()?;
    let driven = node(&["--experimental-websocket", "packages/shared/.proof/client/drive.js"])
        .env("LIA_URL", server.url())
        .env("LIA_TOKEN", client.token().expose())
        .output()
        .await?;
    ensure!(
        driven.status.success() && driven.stdout == b"driven\n",
        "{}{}",
        String::from_utf8_lossy(&driven.stdout),
        String::from_utf8_lossy(&driven.stderr)
    );
    Ok(())
}
