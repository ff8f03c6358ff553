//! The files of a real sandbox on seed 003's sockets and with a session, and their changes as they happen.

use anyhow::{Context as _, ensure};
use lia_client::Client;
use lia_tests::{Server, session};
use serde_json::{Value, json};

use crate::channels::Socket;

/// What the agent makes in its workspace: files, a folder, and links that lead out.
const FILES: &str = "sh mkdir -p src && echo inside > src/a && ln -s src/a good && echo x > .hidden && \
                     ln -s /etc/passwd out && ln -s /etc etc && ln -s .. up";

async fn made(client: &Client) -> anyhow::Result<String> {
    let session = session::session(client, json!({})).await?;
    client.prompt(&session.id, FILES, None).await?;
    Ok(session.id)
}

/// Asks, and waits for the answer or the refusal, whatever else happens.
async fn asked(socket: &mut Socket, message: Value) -> anyhow::Result<Value> {
    socket.say(message).await?;
    let answer = |m: &Value| {
        let kind = m["event"]["type"].as_str().unwrap_or_default();
        m["type"] == "error" || matches!(kind, "filesystem.snapshot" | "file.preview")
    };
    socket.until(answer).await?.pop().context("an answer")
}

fn names(entries: &Value) -> Vec<&str> {
    entries.as_array().into_iter().flatten().filter_map(|e| e["path"].as_str()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_sockets_show_the_workspace_and_nothing_else() -> anyhow::Result<()> {
    let server = Server::start(session::options()).await?;
    let client = server.client()?;
    let id = made(&client).await?;
    let many = Socket::channels(&server, &client).await?;
    let one = Socket::open(&server, &client, &format!("/ws/sessions/{id}?since={}", u32::MAX)).await?;
    for (mut socket, session) in [(many, Some(&id)), (one, None)] {
        let message = |action: &str, path: &str| {
            let mut message = json!({ "action": action, "path": path });
            if let Some(session) = session {
                message["sessionId"] = json!(session);
            }
            message
        };
        let shown = asked(&mut socket, message("fs.snapshot", "")).await?;
        let snapshot = &shown["event"]["data"]["snapshot"];
        assert_eq!(names(&snapshot["entries"]), ["etc", "good", "out", "src", "up"], "{shown}");
        assert_eq!((&snapshot["root"], &snapshot["truncated"]), (&json!("/workspace"), &json!(false)));
        let mut all = message("fs.snapshot", "/workspace");
        all["showAllFiles"] = json!(true);
        let shown = asked(&mut socket, all).await?;
        assert!(names(&shown["event"]["data"]["snapshot"]["entries"]).contains(&".hidden"), "{shown}");
        let shown = asked(&mut socket, message("fs.snapshot", "src")).await?;
        assert_eq!(names(&shown["event"]["data"]["snapshot"]["entries"]), ["a"]);

        // What lies inside can be read, by a link too: so what follows is refused for where it leads.
        for path in ["src/a", "good", "/workspace/src/a", "./src/../src/a"] {
            let shown = asked(&mut socket, message("file.preview", path)).await?;
            let content = &shown["event"]["data"]["content"];
            if path.contains("..") {
                assert_eq!(shown["message"], "Path outside workspace", "{path} {shown}");
            } else {
                assert_eq!(content, "inside\n", "{path} {shown}");
            }
        }
        for path in [
            "out",
            "etc/passwd",
            "up/workspace/src/a",
            "../etc/passwd",
            "/etc/passwd",
            "src/../../etc/passwd",
        ] {
            let shown = asked(&mut socket, message("file.preview", path)).await?;
            assert_eq!(shown["message"], "Path outside workspace", "{path} {shown}");
        }
        for path in ["..", "/", "/etc", "etc", "up", "src/../.."] {
            let shown = asked(&mut socket, message("fs.snapshot", path)).await?;
            assert_eq!(shown["message"], "Path outside workspace", "{path} {shown}");
        }
        let shown = asked(&mut socket, message("file.preview", "none")).await?;
        assert_eq!(shown["message"], "Cannot read: none");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_comes_with_its_files() -> anyhow::Result<()> {
    let server = Server::start(session::options()).await?;
    let client = server.client()?;
    let id = made(&client).await?;
    ensure!(client.session(&id).await?.file_system.is_none(), "nobody asked for files");
    let paths = |session: lia_protocol::sessions::Session| {
        let files = session.file_system.context("files")?;
        ensure!(
            (&*files.root, files.truncated, files.max_entries) == ("/workspace", false, 10_000),
            "{files:?}"
        );
        Ok::<Vec<String>, anyhow::Error>(files.entries.into_iter().map(|e| e.path).collect())
    };
    let shown = ["etc", "good", "out", "src", "up"];
    assert_eq!(paths(client.session_with_files(&id, false).await?)?, shown);
    assert!(paths(client.session_with_files(&id, true).await?)?.contains(&".hidden".to_owned()));
    // What is kept of one that is over is shown too.
    client.end_session(&id).await?;
    assert_eq!(paths(client.session_with_files(&id, false).await?)?, shown);
    // Nothing is left of one that was removed with its instance; the session is still there.
    let named = session::session(&client, json!({ "runtimeInstance": "gone" })).await?;
    client.remove_instance("gone").await?;
    let over = client.session_with_files(&named.id, false).await?;
    ensure!(over.file_system.is_none() && over.id == named.id, "{over:?}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn changes_are_shown_as_they_happen() -> anyhow::Result<()> {
    let server = Server::start(session::options()).await?;
    let client = server.client()?;
    let id = session::session(&client, json!({})).await?.id;
    let mut sockets = Vec::new();
    for channel in [format!("session:{id}:fs"), format!("agent:{id}:fs")] {
        let mut socket = Socket::channels(&server, &client).await?;
        socket.subscribe(&channel, 0).await?;
        sockets.push((socket, channel));
    }
    for (prompt, path, how) in [
        ("sh mkdir -p deep/er && echo x > deep/er/a", "deep/er/a", "added"),
        ("sh echo y >> deep/er/a", "deep/er/a", "modified"),
        ("sh mv deep low && rm -r low/er", "deep", "deleted"),
        // The agent's own writing of files goes by the sidecar.
        ("write notes.txt text", "notes.txt", "added"),
    ] {
        client.prompt(&id, prompt, None).await?;
        let mut seqs = Vec::new();
        for (socket, channel) in &mut sockets {
            let wanted = json!({ "path": path, "type": how });
            let has =
                |m: &Value| m["event"]["data"]["changes"].as_array().is_some_and(|c| c.contains(&wanted));
            let told = socket.until(has).await?.pop().context("a change")?;
            assert_eq!(told["event"]["type"], "filesystem.changed");
            assert_eq!(told["channel"], *channel);
            seqs.push(told["seq"].as_u64().context("its place")?);
        }
        assert_eq!(seqs[0], seqs[1]);
    }
    // They are in the log: who comes later is told the same.
    let mut late = Socket::channels(&server, &client).await?;
    let told = late.subscribe(&format!("session:{id}:fs"), 0).await?;
    let all: Vec<_> = told.iter().filter(|m| m["event"]["type"] == "filesystem.changed").collect();
    assert!(all.len() >= 4, "{told:?}");
    let text = json!(all).to_string();
    for path in ["deep/er/a", "notes.txt"] {
        assert!(text.contains(path), "{text}");
    }
    Ok(())
}
