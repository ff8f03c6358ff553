//! The sidecar dies at each of its steps: what the host has is a whole prefix of what the agent emitted, no order was
//! acted on twice, and nothing lives on.

use std::os::unix::process::ExitStatusExt as _;

use lia_protocol::{
    event::Direction,
    link::{HostLine, Init, Order, SidecarLine},
};

use crate::host::{Link, Pidfd, Sidecar, init, scripted, text};

/// Reads until the connection or the agent ends; acknowledges as it comes, and asks for the agent's end after its turn.
fn drain(link: &mut Link) {
    while let Some(line) = link.try_next() {
        if matches!(line, SidecarLine::Exit { .. }) {
            return;
        }
        if matches!(line, SidecarLine::Done { .. }) {
            let order = Order::Shutdown { grace_ms: 20_000 };
            link.try_send(&HostLine::Command { id: lia_protocol::ids::CommandId::new(), order });
        }
        if line.offset().is_some() && link.last.is_multiple_of(50) {
            link.try_send(&HostLine::Ack { offset: lia_protocol::ids::Offset(link.last) });
        }
    }
}

/// (length, FNV-1a) of each frame that the agent says it emitted.
fn emitted(side: &str) -> Vec<(usize, u64)> {
    let outs = side.lines().filter_map(|l| l.strip_prefix("out "));
    outs.map(|l| {
        let words: Vec<_> = l.split(' ').collect();
        (words[1].parse().unwrap(), u64::from_str_radix(words[2], 16).unwrap())
    })
    .collect()
}

fn received(link: &Link) -> Vec<(usize, u64)> {
    link.seen
        .iter()
        .filter_map(|l| match l {
            SidecarLine::Rpc { direction: Direction::AgentToClient, frame, .. } => Some((
                frame.len(),
                frame.iter().fold(0xcbf2_9ce4_8422_2325, |h: u64, b| {
                    (h ^ u64::from(*b)).wrapping_mul(0x100_0000_01b3)
                }),
            )),
            _ => None,
        })
        .collect()
}

fn dies_at(failpoint: &str) {
    let mut sidecar = Sidecar::with(|c| c.failpoints = vec![failpoint.to_owned()]);
    let mut link = sidecar.link(1, 0);
    let side = sidecar.workspace().join("side");
    let prompt = "burst 2000 300\nsay end";
    let id = lia_protocol::ids::CommandId::new();
    link.send(&init(scripted(&["--side-file", side.to_str().unwrap()]), prompt, Some(id)));
    let again = HostLine::Command { id, order: Order::Prompt { text: prompt.to_owned() } };
    link.try_send(&again);
    drain(&mut link);
    Pidfd::open(sidecar.process.id() as i32).wait();
    let status = sidecar.process.wait().unwrap();
    assert!(status.signal() == Some(9) || status.code() == Some(137), "{failpoint}: {status}");
    let side = if side.exists() { text(&side) } else { String::new() };
    let (emitted, received) = (emitted(&side), received(&link));
    assert!(emitted.starts_with(&received), "{failpoint}: {} of {}", received.len(), emitted.len());
    assert!(side.matches("\nin prompt").count() <= 1, "{failpoint}: acted on twice");
    let begun =
        link.seen.iter().filter(|l| matches!(l, SidecarLine::Begun { id: i, .. } if *i == id)).count();
    assert!(begun <= 1);
}

#[test]
fn at_every_step() {
    let steps = [
        "after_ready",
        "after_begun",
        "before_done",
        "after_done",
        "mid_batch:1",
        "mid_batch:3",
        "mid_batch:5",
        "after_ack:2",
        "after_ack:20",
        "before_exit",
    ];
    for failpoint in steps {
        dies_at(failpoint);
    }
}

#[test]
fn at_any_moment() {
    let mut sidecar = Sidecar::start();
    let mut link = sidecar.link(1, 0);
    let side = sidecar.workspace().join("side");
    link.init(scripted(&["--side-file", side.to_str().unwrap()]));
    link.prompt("burst 100000 300");
    for _ in 0..5000 {
        link.next();
    }
    sidecar.kill();
    drain(&mut link);
    let (emitted, received) = (emitted(&text(&side)), received(&link));
    assert!(
        received.len() >= 4990 && emitted.starts_with(&received),
        "{} of {}",
        received.len(),
        emitted.len()
    );
}

#[test]
fn a_link_that_breaks_at_any_byte_loses_nothing() {
    let sidecar = Sidecar::start();
    let mut link = sidecar.link(1, 0);
    link.init(scripted(&[]));
    let id = link.prompt("burst 3000 300");
    let mut all = std::mem::take(&mut link.seen);
    let mut epoch = 1;
    loop {
        for _ in 0..200 {
            let line = link.next();
            if matches!(&line, SidecarLine::Done { id: i, .. } if *i == id) {
                all.append(&mut link.seen);
                let offsets: Vec<u64> = all.iter().map(|l| l.offset().unwrap().0).collect();
                assert_eq!(offsets, (1..=all.len() as u64).collect::<Vec<_>>());
                return;
            }
        }
        all.append(&mut link.seen);
        let last = link.last;
        epoch += 1;
        // The old connection is dropped in the middle of whatever it was sending.
        link = sidecar.link(epoch, last);
    }
}

/// An init without a session's agent is told and ends it.
#[test]
fn an_init_without_an_agent_is_an_error() {
    let sidecar = Sidecar::start();
    let mut link = sidecar.link(1, 0);
    let HostLine::Init(i) = init(scripted(&[]), "", None) else { unreachable!() };
    link.send(&HostLine::Init(Box::new(Init { agent: None, ..*i })));
    assert_eq!(link.exit().code, 1);
}
