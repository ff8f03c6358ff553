//! Agents that speak ACP.

use lia_protocol::{
    event::{Direction, Phase},
    link::{HostLine, Order, Outcome, SidecarLine},
};

use crate::host::{Sidecar, init, ok, said, scripted};

#[test]
fn a_prompt_becomes_an_answer() {
    let sidecar = Sidecar::start();
    let mut link = sidecar.link(1, 0);
    let ready = link.init(scripted(&[]));
    assert!(ready.acp_session.is_some() && ready.can_load && !ready.loaded, "{ready:?}");
    let id = link.prompt("say hello");
    assert_eq!(link.done(id), ok("end_turn"));
    assert_eq!(link.text(), "hello");
    let begun =
        link.seen.iter().position(|l| matches!(l, SidecarLine::Begun { id: i, .. } if *i == id)).unwrap();
    assert!(matches!(
        &link.seen[begun + 1],
        SidecarLine::Rpc { direction: Direction::ClientToAgent, phase: Phase::Request, .. }
    ));
    let shutdown = link.order(Order::Shutdown { grace_ms: 2000 });
    assert_eq!(link.done(shutdown), Outcome::Ok { stop_reason: None });
    let exited = link.exit();
    assert_eq!((exited.code, exited.signal), (0, None));
}

#[test]
fn a_burst_arrives_whole_in_order_and_before_its_end() {
    let sidecar = Sidecar::with(|c| c.journal_bytes = 1 << 20);
    let mut link = sidecar.link(1, 0);
    link.init(scripted(&[]));
    let id = link.prompt("burst 20000 300");
    let outcome = link.until(|l| match l {
        SidecarLine::Done { id: i, outcome, .. } if *i == id => Some(Some(outcome.clone())),
        SidecarLine::Rpc { offset, .. } if offset.0 % 500 == 0 => Some(None),
        _ => None,
    });
    let outcome = match outcome {
        Some(o) => o,
        None => loop {
            link.ack(link.last);
            let next = link.until(|l| match l {
                SidecarLine::Done { id: i, outcome, .. } if *i == id => Some(Some(outcome.clone())),
                SidecarLine::Rpc { offset, .. } if offset.0 % 500 == 0 => Some(None),
                _ => None,
            });
            if let Some(o) = next {
                break o;
            }
        },
    };
    assert_eq!(outcome, ok("end_turn"));
    let text = link.text();
    let numbers: Vec<u32> =
        text.lines().filter_map(|l| l.strip_prefix('#')?.split(' ').next()?.parse().ok()).collect();
    assert_eq!(numbers, (1..=20_000).collect::<Vec<_>>());
}

#[test]
fn the_first_prompt_comes_with_init_and_a_repeat_changes_nothing() {
    let sidecar = Sidecar::start();
    let mut link = sidecar.link(1, 0);
    let id = lia_protocol::ids::CommandId::new();
    link.send(&init(scripted(&[]), "say one", Some(id)));
    assert_eq!(link.done(id), ok("end_turn"));
    let end = link.last;
    link.send(&init(scripted(&[]), "say one", Some(id)));
    link.send(&HostLine::Command { id, order: Order::Prompt { text: "say one".to_owned() } });
    let next = link.prompt("say two");
    assert_eq!(link.done(next), ok("end_turn"));
    assert_eq!(link.text(), "onetwo");
    assert!(matches!(link.seen[end as usize], SidecarLine::Begun { id: i, .. } if i == next));
    let (_, hello) = sidecar.hello(2, end);
    assert_eq!((said(&hello).end.0, said(&hello).inited), (link.last, true));
}
