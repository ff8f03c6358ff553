//! `lia host` with real agents, driven as another control plane does.

use anyhow::ensure;
use lia_tests::host::{Host, scripted, uuid_of_time};
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn a_session_from_its_start_to_its_end() -> anyhow::Result<()> {
    let host = Host::start(&[]).await?;
    let id = host.session(json!({ "env": { "COLOUR": "green" }, "setup": "echo made > made.txt" })).await?;
    let (status, health) = host.ask_as(None, "GET", "/health", None).await?;
    ensure!(
        status == 200
            && health == json!({ "status": "ok", "sessions": [{ "sessionId": id, "status": "idle" }] }),
        "{health}"
    );
    let (status, answer) = host.prompt(&id, "say hello").await?;
    ensure!(status == 200 && answer == json!({ "stopReason": "end_turn" }), "{status} {answer}");
    let (status, answer) =
        host.ask("POST", &format!("/sessions/{id}/start"), Some(scripted(json!({})))).await?;
    ensure!(status == 409 && answer["error"] == "Session already exists", "{status} {answer}");
    let (status, answer) = host.ask("POST", &format!("/sessions/{id}/terminate"), None).await?;
    ensure!(status == 200 && answer == json!({ "ok": true }), "{status} {answer}");
    let (status, _) = host.ask("GET", &format!("/sessions/{id}/health"), None).await?;
    ensure!(status == 404, "{status}");
    let (_, health) = host.ask("GET", "/health", None).await?;
    ensure!(health["sessions"] == json!([]), "{health}");
    // What is over is forgotten: the name is free again.
    let (status, answer) =
        host.ask("POST", &format!("/sessions/{id}/start"), Some(scripted(json!({})))).await?;
    ensure!(status == 200, "{status} {answer}");
    let (status, _) = host.ask("GET", &format!("/sessions/{}/health", uuid_of_time()), None).await?;
    ensure!(status == 404, "{status}");
    Ok(())
}
