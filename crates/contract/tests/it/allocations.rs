//! The hot messages cost what their texts cost: a field that can be borrowed, or whose bytes are already there, is not
//! allocated.

use bytes::Bytes;
use lia_protocol::{
    event::{Actor, Direction, Event, Kind, OutputChunk, Phase},
    ids::{Offset, Seq, SessionId},
    link::{SidecarLine, write_rpc_line},
    time::Timestamp,
    wire,
    ws::{WsMessage, WsMessageExt},
};

/// Allocations of `f`, which is run once before: what is made once in a program's life is not counted.
fn allocations<T>(f: impl Fn() -> T) -> u64 {
    drop(f());
    allocation_counter::measure(|| drop(std::hint::black_box(f()))).count_total
}

fn event(kind: Kind, body: Bytes) -> Event {
    Event {
        seq: Seq(41),
        at: Timestamp::now(),
        session: SessionId::new(),
        turn: None,
        actor: Actor::Agent,
        cause: None,
        v: 1,
        kind,
        body,
    }
}

/// A control: the counter counts.
#[test]
fn what_is_copied_is_counted() {
    let text = "x".repeat(100);
    assert_eq!(allocations(|| text.clone()), 1);
    assert!(allocations(|| serde_json::from_str::<serde_json::Value>(r#"{"a":"b"}"#)) > 1);
}

#[test]
fn an_agents_frame_is_a_slice_of_its_line() {
    let mut line = Vec::new();
    let frame =
        br#"{"jsonrpc":"2.0","method":"session/update","params":{"sessionId":"s","update":{"a":["b",1]}}}"#;
    write_rpc_line(&mut line, Offset(7), Direction::AgentToClient, Phase::Notification, frame);
    let line = Bytes::from(line);
    // One is serde_json's own, for the brackets that it passes over.
    let count = allocations(|| SidecarLine::parse(&line).unwrap());
    assert!(count <= 1, "{count} allocations");
}

#[test]
fn a_terminals_line_costs_its_text() {
    let line = Bytes::from_static(br#"{"type":"output","offset":3,"pos":120,"data":"some text"}"#);
    assert_eq!(allocations(|| SidecarLine::parse(&line).unwrap()), 1);
    // A line whose tag does not come first is read all the same.
    let line = Bytes::from_static(br#"{"offset":3,"type":"output","pos":120,"data":"some text"}"#);
    assert!(matches!(SidecarLine::parse(&line), Ok(SidecarLine::Output { pos: 120, .. })));
}

#[test]
fn an_event_of_the_api_costs_its_buffer() {
    let rpc = Kind::Rpc(Direction::AgentToClient, Phase::Notification);
    let frame = event(rpc, Bytes::from(r#"{"jsonrpc":"2.0","method":"x"}"#.repeat(20)));
    let output = event(Kind::Output, OutputChunk { pos: 5, data: Bytes::from(vec![b'x'; 4096]) }.encode());
    for event in [frame, output] {
        // The buffer, and the count of those who share it.
        let count = allocations(|| event.to_json());
        assert!(count <= 2, "{count} allocations");
    }
}

#[test]
fn output_of_the_stream_costs_its_text() {
    let json = br#"{"type":"output","data":"a longer text","timestamp":1790000000125,"seq":9}"#;
    assert_eq!(allocations(|| wire::parse::<WsMessage>(json).unwrap()), 1);
    assert_eq!(allocations(|| wire::parse::<WsMessageExt>(json).unwrap()), 1);
}
