//! How turns and the process end: cancels everywhere, stop reasons, exits and crashes.

use std::os::unix::process::ExitStatusExt as _;

use crate::client::Client;

#[test]
fn a_cancel_is_honoured_anywhere() {
    let dir = tempfile::tempdir().unwrap();
    let mut client = Client::new(dir.path(), &[]);
    client.permit = None;
    for script in [
        "say here; hang",
        "say here; sleep 3600000",
        "say here\nsh echo there; sleep 3600",
        "say here; slow 9 3600000",
    ] {
        let id = client.begin(script);
        client.until_said("here");
        client.cancel();
        assert_eq!(client.until(id).unwrap().end["result"]["stopReason"], "cancelled", "{script}");
    }
    let id = client.begin("permission May I?");
    client.until_called("session/request_permission");
    client.cancel();
    assert_eq!(client.until(id).unwrap().end["result"]["stopReason"], "cancelled");
    let id = client.begin("burst 100000000 200");
    client.until_said("#50 ");
    client.cancel();
    assert_eq!(client.until(id).unwrap().end["result"]["stopReason"], "cancelled");
    client.cancel();
    assert_eq!(client.prompt("say still here").text, "still here");
}

#[test]
fn a_second_prompt_is_refused_while_a_turn_runs() {
    let dir = tempfile::tempdir().unwrap();
    let mut client = Client::new(dir.path(), &[]);
    let first = client.begin("say here; hang");
    client.until_said("here");
    assert_eq!(client.prompt("say no").end["error"]["code"], -32600);
    client.cancel();
    assert_eq!(client.until(first).unwrap().end["result"]["stopReason"], "cancelled");
}

#[test]
fn stop_reasons_exits_and_crashes() {
    let dir = tempfile::tempdir().unwrap();
    let mut client = Client::new(dir.path(), &[]);
    assert_eq!(client.prompt("refuse; say never").end["result"]["stopReason"], "refusal");
    assert_eq!(client.prompt("max_tokens").end["result"]["stopReason"], "max_tokens");
    assert_eq!(client.prompt("error out of order").end["error"]["message"], "out of order");
    assert_eq!(client.prompt("exit 7").end["result"]["stopReason"], "end_turn");
    assert_eq!(client.finish().0.code(), Some(7));

    let mut client = Client::new(dir.path(), &[]);
    let id = client.begin("say last; crash 9");
    assert!(client.until(id).is_none());
    assert_eq!(client.finish().0.code(), Some(9));

    let mut client = Client::new(dir.path(), &[]);
    let id = client.begin("crash");
    assert!(client.until(id).is_none());
    assert_eq!(client.finish().0.signal(), Some(6));

    let mut client = Client::new(dir.path(), &[]);
    client.begin("hang");
    let (status, rest) = client.finish();
    assert!(status.success() && rest.is_empty(), "stdin closed in a turn: {status} {rest}");
}
