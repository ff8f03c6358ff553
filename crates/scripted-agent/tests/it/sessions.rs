//! `session/load` by another process.

use crate::client::Client;

#[test]
fn a_session_goes_on_in_another_process() {
    let dir = tempfile::tempdir().unwrap();
    let mut first = Client::new(dir.path(), &[]);
    first.prompt("say one");
    first.prompt("say two");
    let session = first.session.clone();
    assert!(first.finish().0.success());

    let mut second = Client::start(dir.path(), &[]);
    assert_eq!(second.load("scripted-unknown").unwrap_err()["error"]["code"], -32002);
    assert_eq!(second.load(&session).unwrap().kinds, ["user_message_chunk"; 2]);
    assert_eq!(second.prompt("history").text, "history: 3 prompts\n");
    second.prompt("replay");
    assert!(second.finish().0.success());

    let mut third = Client::start(dir.path(), &[]);
    assert_eq!(third.load(&session).unwrap().chunks, 1000);
    let mut fourth = Client::start(dir.path(), &["--replay", "5"]);
    assert_eq!(fourth.load(&session).unwrap().chunks, 5);
    assert_eq!(fourth.load("of-elsewhere").unwrap().chunks, 5);
}
