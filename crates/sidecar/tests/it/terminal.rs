//! Agents on a terminal.

use lia_protocol::{
    link::{HostLine, Order, Outcome, SidecarLine},
    template::AgentMode,
};

use crate::host::{Link, Sidecar, init, shell};

/// The bytes printed so far, checked to be without a gap.
fn printed(link: &Link) -> Vec<u8> {
    use base64::Engine as _;
    let mut bytes = Vec::new();
    for line in &link.seen {
        if let SidecarLine::Output { pos, data, base64, .. } = line {
            assert_eq!(*pos, bytes.len() as u64);
            match base64 {
                Some(b) => bytes.extend(base64::engine::general_purpose::STANDARD.decode(b).unwrap()),
                None => bytes.extend_from_slice(data.as_bytes()),
            }
        }
    }
    bytes
}

fn until_printed(link: &mut Link, wanted: &str) {
    while !String::from_utf8_lossy(&printed(link)).contains(wanted) {
        link.next();
    }
}

#[test]
fn a_shell_on_a_terminal() {
    let sidecar = Sidecar::start();
    let mut link = sidecar.link(1, 0);
    let id = lia_protocol::ids::CommandId::new();
    let mut start = shell(AgentMode::Terminal, "stty -echo; echo ready; exec sh");
    start.env.insert("PS1".to_owned(), String::new());
    link.send(&init(start, "echo $((40 + 2)) $(stty size)", Some(id)));
    link.ready();
    assert_eq!(link.done(id), Outcome::Ok { stop_reason: None });
    until_printed(&mut link, "42 24 80");
    link.send(&HostLine::Resize { cols: 132, rows: 50 });
    link.send(&HostLine::Input { data: "stty size; tty; echo $TERM\r".to_owned() });
    until_printed(&mut link, "50 132");
    until_printed(&mut link, "/dev/pts/");
    let input = link.order(Order::Input { data: "exit 3\r".to_owned() });
    assert_eq!(link.done(input), Outcome::Ok { stop_reason: None });
    assert_eq!(link.exit().code, 3);
}

#[test]
fn a_cancel_is_an_interrupt_from_the_controlling_terminal() {
    let sidecar = Sidecar::start();
    let mut link = sidecar.link(1, 0);
    link.init(shell(AgentMode::Terminal, "echo up; exec cat"));
    until_printed(&mut link, "up");
    link.order(Order::Cancel);
    let exited = link.exit();
    assert_eq!((exited.code, exited.signal), (130, Some(2)));
}

#[test]
fn bytes_arrive_as_they_were_printed() {
    let sidecar = Sidecar::start();
    let mut link = sidecar.link(1, 0);
    // Two bytes of a three-byte character, a pause that a reader sees, the third; then what is no UTF-8 at all.
    let script = r"stty raw -echo; printf 'go\342\202'; read x; printf '\254 \377\376!'";
    link.send(&init(shell(AgentMode::Terminal, script), "", None));
    until_printed(&mut link, "go");
    link.send(&HostLine::Input { data: "\n".to_owned() });
    link.exit();
    assert_eq!(printed(&link), b"go\xe2\x82\xac \xff\xfe!");
    let cut = link
        .seen
        .iter()
        .any(|l| matches!(l, SidecarLine::Output { base64: Some(b), .. } if b.starts_with("Z2/i")));
    assert!(!cut, "a character was cut");
}

#[test]
fn everything_printed_before_the_end_is_there() {
    let sidecar = Sidecar::start();
    let mut link = sidecar.link(1, 0);
    link.send(&init(shell(AgentMode::Terminal, "stty -onlcr; seq 1 100000; exit 9"), "", None));
    assert_eq!(link.exit().code, 9);
    let want: String = (1..=100_000).map(|n| format!("{n}\n")).collect();
    assert_eq!(printed(&link).len(), want.len());
    assert_eq!(printed(&link), want.as_bytes());
}

#[test]
fn a_shutdown_hangs_up_and_then_insists() {
    let sidecar = Sidecar::start();
    let mut link = sidecar.link(1, 0);
    link.init(shell(AgentMode::Terminal, "trap '' HUP TERM; echo deaf; while :; do sleep 1000; done"));
    until_printed(&mut link, "deaf");
    let id = link.order(Order::Shutdown { grace_ms: 50 });
    assert_eq!(link.done(id), Outcome::Ok { stop_reason: None });
    assert_eq!(link.exit().signal, Some(9));
}
