//! What works without any server.

use std::process::Stdio;

use crate::lia::{bare, done};

#[tokio::test]
async fn help_usage_and_completions() {
    let dir = tempfile::tempdir().unwrap();
    let run = async |args: &[&str]| {
        let mut c = bare(dir.path());
        c.args(args);
        done(c).await
    };
    let help = run(&["--help"]).await.expect(0);
    assert!(
        help.out.contains("Exit codes") && help.out.contains("spawn") && !help.out.contains('\x1b'),
        "{}",
        help.out
    );
    let wrong = run(&["spwan"]).await.expect(1);
    assert!(wrong.err.contains("spawn") && wrong.out.is_empty(), "{wrong:?}");
    run(&["spawn", "x", "--memory", "much"]).await.expect(1);
    run(&["spawn", "x", "--detach", "--follow"]).await.expect(1);
    for shell in ["bash", "zsh", "fish"] {
        assert!(run(&["completions", shell]).await.expect(0).out.contains("spawn"));
    }
}

#[tokio::test]
async fn nobody_at_home() {
    let dir = tempfile::tempdir().unwrap();
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let mut c = bare(dir.path());
    c.args(["ls", "--token", "lia_x", "--url", &format!("http://127.0.0.1:{port}")]);
    let done1 = done(c).await.expect(1);
    assert!(
        done1.err.contains("refused") && done1.err.contains("lia serve") && done1.err.starts_with("error: "),
        "{done1:?}"
    );
    let mut c = bare(dir.path());
    c.args(["ls"]).env("LIA_URL", "nonsense");
    let done2 = done(c).await.expect(1);
    assert!(done2.err.contains("\"nonsense\""), "{done2:?}");
}

#[tokio::test]
async fn a_reader_that_goes_away_is_no_failure() {
    let dir = tempfile::tempdir().unwrap();
    for args in [&["completions", "bash"][..], &["--help"]] {
        let mut c = bare(dir.path());
        let mut child = c.args(args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().await.unwrap();
        let err = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.success() && err.is_empty(), "{:?} {err}", output.status);
    }
}

#[tokio::test]
async fn the_doctor_names_what_is_missing() {
    let dir = tempfile::tempdir().unwrap();
    let mut c = bare(dir.path());
    c.args(["doctor", "--data-dir", "data"]).env("LIA__RUNTIME__BWRAP", dir.path().join("nowhere"));
    let sick = done(c).await.expect(1);
    assert!(
        sick.out.contains("missing  ") && sick.out.contains("bubblewrap") && sick.out.contains("→ "),
        "{sick:?}"
    );
    assert!(sick.out.contains("lia serve"), "the server does not run: {}", sick.out);
    assert!(!dir.path().join("data").exists(), "looking makes nothing");
    let mut c = bare(dir.path());
    c.args(["doctor"]).env("LIA__SERVER__PORT", "many");
    let sick = done(c).await.expect(1);
    assert!(sick.out.contains("configuration") && sick.out.contains("LIA__SERVER__PORT"), "{sick:?}");
}
