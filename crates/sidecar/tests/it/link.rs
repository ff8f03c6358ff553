//! Connections: who is let in, and what a new one gets.

use std::io::{Read as _, Write as _};

use lia_protocol::{
    ids::CommandId,
    link::{HostLine, Order, Outcome, SidecarLine},
    template::AgentMode,
};

use crate::host::{Sidecar, agent, init, ok, said, scripted, shell, short_line};

#[test]
fn only_the_secret_opens() {
    let sidecar = Sidecar::start();
    for claim in ["LIA1 wrong-secret-of-some-len\n", "LIA1 \n", "LIA1\n", "\n", "HELLO the-instance-secret\n"]
    {
        let mut stream = sidecar.raw();
        stream.write_all(b"CONNECT 5000\n").unwrap();
        assert_eq!(short_line(&mut stream), "OK 5000");
        stream.write_all(claim.as_bytes()).unwrap();
        let mut rest = Vec::new();
        let _ = stream.read_to_end(&mut rest);
        assert!(rest.is_empty(), "{claim}: {rest:?}");
    }
    let mut stream = sidecar.raw();
    stream.write_all(&[b'x'; 5000]).unwrap();
    assert_eq!(stream.read(&mut [0; 1]).unwrap_or(0), 0);
    sidecar.link(1, 0);
}

#[test]
fn a_new_connection_goes_on_where_the_log_stands() {
    let sidecar = Sidecar::start();
    let mut first = sidecar.link(1, 0);
    first.init(scripted(&[]));
    let id = first.prompt("burst 50 200");
    assert_eq!(first.done(id), ok("end_turn"));
    let end = first.last;

    let mut second = sidecar.link(2, 10);
    second.done(id);
    assert_eq!(second.last, end);
    assert_eq!(second.seen, first.seen[10..]);
    assert!(matches!(first.try_next(), Some(SidecarLine::Refused { .. })));
    assert!(first.try_next().is_none());

    let (mut stale, answer) = sidecar.hello(1, end);
    assert!(
        matches!(&answer, SidecarLine::Refused { reason } if reason.contains("epoch 1 is over")),
        "{answer:?}"
    );
    assert!(stale.try_next().is_none());
    let (_, answer) = sidecar.hello(2, end + 1);
    assert!(matches!(answer, SidecarLine::Refused { .. }));

    let id = second.prompt("say still here");
    assert_eq!(second.done(id), ok("end_turn"));
    let mut third = sidecar.link(3, second.last);
    let id = third.prompt("say and here");
    assert_eq!(third.done(id), ok("end_turn"));
}

#[test]
fn a_command_is_acted_on_once_whatever_the_connection() {
    let sidecar = Sidecar::start();
    let mut link = sidecar.link(1, 0);
    link.init(scripted(&[]));
    let order =
        HostLine::Command { id: CommandId::new(), order: Order::Prompt { text: "say once".to_owned() } };
    let HostLine::Command { id, .. } = order else { unreachable!() };
    link.send(&order);
    link.send(&order);
    assert_eq!(link.done(id), ok("end_turn"));
    let last = link.last;
    let mut link = sidecar.link(2, last);
    link.send(&order);
    let next = link.prompt("say twice");
    assert_eq!(link.done(next), ok("end_turn"));
    assert_eq!(link.text(), "twice");
}

#[test]
fn malformed_lines_are_refused_with_a_reason() {
    let sidecar = Sidecar::start();
    let mut link = sidecar.link(1, 0);
    link.send(&HostLine::Ack { offset: lia_protocol::ids::Offset(77) });
    assert!(matches!(link.next(), SidecarLine::Refused { .. }));
    assert!(link.try_next().is_none());
    for bad in ["{\"type\":\"hello\"}\n", "nonsense\n", "{\"type\":\"heartbeat\"}\n"] {
        let mut stream = sidecar.dial(5000);
        stream.write_all(bad.as_bytes()).unwrap();
        let line = short_line(&mut stream);
        assert!(line.starts_with(r#"{"type":"refused","#), "{line}");
    }
}

#[test]
fn a_full_journal_holds_the_agent_back() {
    let sidecar = Sidecar::with(|c| c.journal_bytes = 256 << 10);
    let mut link = sidecar.link(1, 0);
    let script = format!(
        r#"read init; echo '{{"jsonrpc":"2.0","id":0,"result":{{"protocolVersion":1}}}}'
        read new; echo '{{"jsonrpc":"2.0","id":1,"result":{{"sessionId":"s"}}}}'
        i=0; while [ $i -lt 6000 ]; do i=$((i+1)); echo '{{"jsonrpc":"2.0","method":"x","params":"{}"}}'; done"#,
        "y".repeat(400)
    );
    link.send(&init(shell(AgentMode::Acp, &script), "", None));
    link.ready();
    // Nothing is acknowledged. What is held is bounded: the journal, one batch, two pipes.
    while link.bytes < 256 << 10 {
        link.next();
    }
    let stray = link.order(Order::Permission { rpc_id: 1.into(), option_id: None });
    assert!(matches!(link.done(stray), Outcome::Failed { .. }), "orders are still acted on");
    let held: u64 = std::fs::read_dir(sidecar.dir.path().join("state"))
        .unwrap()
        .flat_map(|d| std::fs::read_dir(d.unwrap().path()).unwrap())
        .map(|f| f.unwrap().metadata().unwrap().len())
        .sum();
    assert!((256 << 10..1 << 20).contains(&held), "{held}");
    // Acknowledging lets it go on to its end, with nothing lost.
    let exited = loop {
        link.ack(link.last);
        let exited = link.until(|l| match l {
            SidecarLine::Exit { exited, .. } => Some(Some(exited.clone())),
            l if l.offset().is_some() => Some(None),
            _ => None,
        });
        if let Some(e) = exited {
            break e;
        }
    };
    assert_eq!(exited.code, 0);
    let frames = link.seen.iter().filter(|l| matches!(l, SidecarLine::Rpc { .. })).count();
    assert_eq!(frames, 4 + 6_000);
}

#[test]
fn hello_tells_how_far_the_session_is() {
    let sidecar = Sidecar::start();
    let (mut link, hello) = sidecar.hello(7, 0);
    let h = said(&hello);
    assert_eq!((h.link_epoch.0, h.end.0, h.inited, h.exited), (7, 0, false, None));
    link.send(&init(agent(AgentMode::Acp, "/nowhere/to/be/found", &[]), "", None));
    let exited = link.exit();
    assert_eq!(exited.code, 127);
    assert!(
        link.seen
            .iter()
            .any(|l| matches!(l, SidecarLine::Error { error, .. } if error.message.contains("/nowhere")))
    );
    let (_, hello) = sidecar.hello(8, link.last);
    let h = said(&hello);
    assert_eq!((h.end.0, h.inited, h.exited), (link.last, true, Some(127)));
}

#[test]
fn sigterm_ends_agents_and_drains() {
    let mut sidecar = Sidecar::start();
    let mut link = sidecar.link(1, 0);
    link.init(scripted(&[]));
    let id = link.prompt("hang");
    link.until(|l| matches!(l, SidecarLine::Begun { .. }).then_some(()));
    // SAFETY: a signal to our own child.
    unsafe { libc::kill(sidecar.process.id() as i32, libc::SIGTERM) };
    assert_eq!(link.done(id), Outcome::Exited);
    link.exit();
    link.ack(link.last);
    assert!(link.try_next().is_none());
    assert!(sidecar.process.wait().unwrap().success());
}
