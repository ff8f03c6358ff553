//! What a script makes the agent say and call; the side file.

use lia_scripted_agent::side::{Emitted, Kind, digest};

use crate::client::Client;

#[test]
fn a_script_goes_through_the_protocol() {
    let dir = tempfile::tempdir().unwrap();
    let mut client = Client::new(dir.path(), &[]);
    let turn = client.prompt(
        "say hi\\n; think hm; plan; tool Look; permission May I?\n\
         write f.txt one; two\\n\nread f.txt\nterminal make it\nsh printf 'out\\n'; echo err >&2; exit 3\n\
         slow 2 1; bigline 5000; noise; update {\"sessionUpdate\": \"usage_update\", \"used\": 1, \"size\": 2}\nHow are you?",
    );
    let long = "x".repeat(4000);
    let text = turn.text.replace(&long, "…");
    let said: Vec<_> = text.lines().filter(|line| !line.contains('…')).collect();
    let want = [
        "hi",
        "permission: allow_once",
        "wrote f.txt",
        "one; two",
        "of the terminal",
        "terminal: exit 5",
        "out",
        "err",
        "sh: exit status: 3",
        "#1",
        "#2",
        "You said: How are you?",
    ];
    assert_eq!(said, want);
    let tool = ["tool_call", "tool_call_update"];
    assert_eq!(
        turn.kinds,
        [&["agent_thought_chunk", "plan"][..], &tool, &tool, &tool, &["usage_update"]].concat()
    );
    let terminal = ["terminal/create", "terminal/wait_for_exit", "terminal/output", "terminal/release"];
    let first = ["session/request_permission", "fs/write_text_file", "fs/read_text_file"];
    assert_eq!(turn.called, [&first[..], &terminal].concat());
    assert_eq!(turn.end["result"]["stopReason"], "end_turn");
    assert!(client.lines.iter().any(|line| line.len() == 5000));
    assert!(client.lines.iter().any(|line| line == "this line is not JSON"));
    assert!(client.finish().0.success());
}

#[test]
fn a_burst_is_whole_in_order_and_in_the_side_file() {
    let dir = tempfile::tempdir().unwrap();
    let side = dir.path().join("side");
    let mut client = Client::new(dir.path(), &["--side-file", side.to_str().unwrap()]);
    let turn = client.prompt("burst 20000 200");
    assert_eq!(turn.chunks, 20_000);
    for (i, line) in turn.text.lines().enumerate() {
        assert!(line.starts_with(&format!("#{} ", i + 1)), "{line}");
    }
    let updates = client.lines.iter().filter(|line| line.contains("session/update"));
    assert!(updates.into_iter().all(|line| (200..=206).contains(&line.len())));

    let side = std::fs::read_to_string(side).unwrap();
    let emitted: Vec<Emitted> = side.lines().filter_map(|line| line.parse().ok()).collect();
    assert_eq!(emitted.len(), client.lines.len());
    for (i, (noted, line)) in emitted.iter().zip(&client.lines).enumerate() {
        let kind = if line.contains("session/update") { Kind::Update } else { Kind::Response };
        let want = Emitted { n: i as u64 + 1, bytes: line.len(), digest: digest(line.as_bytes()), kind };
        assert_eq!(*noted, want);
    }
    assert!(side.contains("\nin prompt \"burst 20000 200\"\n"));
}
