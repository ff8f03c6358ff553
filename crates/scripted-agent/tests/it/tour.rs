//! The tour does what it says, whichever way the question is answered.

use crate::client::Client;

#[test]
fn the_tour_writes_asks_and_runs() {
    let dir = tempfile::tempdir().unwrap();
    let mut client = Client::new(dir.path(), &["--tour"]);
    let turn = client.prompt("Make tea");
    assert_eq!(turn.end["result"]["stopReason"], "end_turn");
    assert!(turn.text.contains("You asked: “Make tea”"), "{}", turn.text);
    assert!(turn.text.contains("of the terminal"));
    assert_eq!(turn.kinds.iter().filter(|kind| *kind == "plan").count(), 4);
    assert_eq!(turn.called[..3], ["fs/write_text_file", "session/request_permission", "terminal/create"]);
    assert!(dir.path().join("hello-from-lia.md").exists());

    client.permit = Some("reject_once");
    let id = client.begin("again");
    client.until_called("session/request_permission");
    client.until_said("so I did not run it");
    client.cancel();
    assert_eq!(client.until(id).unwrap().end["result"]["stopReason"], "cancelled");
}
