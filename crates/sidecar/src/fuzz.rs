//! What the fuzzers and the property tests feed with any bytes: each function panics where the code is wrong.

use agent_client_protocol_schema::v1::{
    CreateTerminalRequest, ReadTextFileRequest, TerminalOutputRequest, WriteTextFileRequest,
};
use lia_protocol::{limits::RPC_ID_BYTES, link::HostLine};

use crate::{
    egress,
    lines::Lines,
    session::acp::{
        client::{parse, sentence, stop_reason},
        files,
        frame::Frame,
    },
};

/// The bodies of this crate.
pub const TARGETS: &[lia_protocol::fuzz::Target] = &[
    ("acp_frame", acp_frame),
    ("file_lines", file_lines),
    ("host_line", host_line),
    ("lines", lines),
    ("dns_question", egress::dns_question),
];

/// A line of an agent: its parts are slices of it, and what is kept of them is short.
pub fn acp_frame(data: &[u8]) {
    const SHORT: usize = 2_000;
    let Ok(line) = std::str::from_utf8(data) else { return };
    match Frame::parse(line) {
        Some(Frame::Request { id, method, params }) => {
            assert!(line.contains(id.get()) && method.get().starts_with('"'));
            assert!(id.get().len() <= RPC_ID_BYTES && !id.get().starts_with(['{', '[', 't', 'f', 'n']));
            let refusals = [
                parse::<ReadTextFileRequest>(params).err(),
                parse::<WriteTextFileRequest>(params).err(),
                parse::<CreateTerminalRequest>(params).err(),
                parse::<TerminalOutputRequest>(params).err(),
            ];
            assert!(refusals.iter().flatten().all(|(_, why)| !why.is_empty()));
        }
        Some(Frame::Response { id, result }) => {
            assert!(line.contains(id.get()));
            match result {
                Ok(result) => assert!(stop_reason(result).is_none_or(|reason| reason.len() <= SHORT)),
                Err(error) => assert!(sentence(error).chars().count() <= SHORT),
            }
        }
        Some(Frame::Notification) | None => {}
    }
}

/// A part of a file: four bytes each say from which line and how many, the rest is the file.
pub fn file_lines(data: &[u8]) {
    let Some((from, rest)) = data.split_first_chunk::<4>() else { return };
    let Some((limit, text)) = rest.split_first_chunk::<4>() else { return };
    let (from, limit) = (u32::from_le_bytes(*from), u32::from_le_bytes(*limit));
    let text = String::from_utf8_lossy(text);
    let skip = usize::try_from(from.saturating_sub(1)).unwrap_or(usize::MAX);
    let take = usize::try_from(limit).unwrap_or(usize::MAX);
    let wanted: String = text.split_inclusive('\n').skip(skip).take(take).collect();
    assert_eq!(files::lines(&text, Some(from), Some(limit)), wanted);
    assert_eq!(files::lines(&text, None, None), text);
}

/// A line of the control plane: what is understood and written again means the same.
pub fn host_line(data: &[u8]) {
    let Ok(line) = serde_json::from_slice::<HostLine>(data) else { return };
    if matches!(line, HostLine::Unknown) {
        return;
    }
    let written = serde_json::to_vec(&line).unwrap_or_default();
    let again = serde_json::from_slice::<HostLine>(&written).map(|line| serde_json::to_vec(&line).ok());
    assert_eq!(again.ok().flatten(), Some(written));
}

/// Lines, however their bytes are cut: the same as cutting at each newline. The first byte says how many come at once.
pub fn lines(data: &[u8]) {
    const MAX: usize = 64;
    let Some((step, data)) = data.split_first() else { return };
    let (mut lines, mut found) = (Lines::new(MAX), Vec::new());
    for chunk in data.chunks(usize::from(*step).max(1)) {
        lines.space(chunk.len()).extend_from_slice(chunk);
        loop {
            match lines.next_line() {
                Ok(Some(range)) => found.push(lines.get(range).to_vec()),
                Ok(None) => break,
                Err(_) => {
                    assert!(data.split(|b| *b == b'\n').any(|l| l.len() > MAX));
                    return;
                }
            }
        }
    }
    let mut all: Vec<&[u8]> = data.split(|b| *b == b'\n').collect();
    let rest = all.pop().unwrap_or_default();
    assert_eq!(found, all);
    assert_eq!(lines.rest(), rest);
}
