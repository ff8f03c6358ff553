//! `fs/read_text_file` and `fs/write_text_file`, confined to the workspace.

use std::io;

use agent_client_protocol_schema::v1::{
    ErrorCode, ReadTextFileRequest, ReadTextFileResponse, WriteTextFileRequest, WriteTextFileResponse,
};
use lia_protocol::limits::ACP_FRAME_BYTES;

use super::client::Refusal;
use crate::confine::Confined;

/// Bytes of a text that is read: as JSON it must still fit a frame, whatever it holds.
const TEXT_BYTES: usize = ACP_FRAME_BYTES / 2;
/// Bytes of a file of which a part is read.
const FILE_BYTES: u64 = 64 << 20;

pub(super) fn read(
    workspace: &Confined,
    request: &ReadTextFileRequest,
) -> Result<ReadTextFileResponse, Refusal> {
    let bytes = workspace.read_all(&request.path, FILE_BYTES).map_err(|e| refusal(&request.path, &e))?;
    let text = String::from_utf8_lossy(&bytes);
    let part = lines(&text, request.line, request.limit);
    if serde_json::to_string(part).map_or(usize::MAX, |s| s.len()) > ACP_FRAME_BYTES - (4 << 10) {
        let message = format!("more than {TEXT_BYTES} bytes of text; ask for fewer lines");
        return Err((ErrorCode::InvalidParams, message));
    }
    Ok(ReadTextFileResponse::new(part))
}

/// `limit` lines from the 1-based `line` on, with their newlines.
pub(crate) fn lines(text: &str, line: Option<u32>, limit: Option<u32>) -> &str {
    let skip = line.map_or(0, |l| l.saturating_sub(1));
    let rest = after_lines(text, skip).map_or("", |at| &text[at..]);
    match limit {
        Some(n) => after_lines(rest, n).map_or(rest, |at| &rest[..at]),
        None => rest,
    }
}

/// Where the text goes on after `n` lines, if it has so many.
fn after_lines(text: &str, n: u32) -> Option<usize> {
    match n {
        0 => Some(0),
        n => memchr::memchr_iter(b'\n', text.as_bytes()).nth(n as usize - 1).map(|i| i + 1),
    }
}

pub(super) fn write(
    workspace: &Confined,
    request: &WriteTextFileRequest,
) -> Result<WriteTextFileResponse, Refusal> {
    workspace.write(&request.path, request.content.as_bytes()).map_err(|e| refusal(&request.path, &e))?;
    Ok(WriteTextFileResponse::new())
}

fn refusal(path: &std::path::Path, e: &io::Error) -> Refusal {
    let code = match e.kind() {
        io::ErrorKind::NotFound => ErrorCode::ResourceNotFound,
        io::ErrorKind::PermissionDenied
        | io::ErrorKind::InvalidInput
        | io::ErrorKind::IsADirectory
        | io::ErrorKind::NotADirectory
        | io::ErrorKind::FileTooLarge => ErrorCode::InvalidParams,
        _ => ErrorCode::InternalError,
    };
    (code, format!("{}: {e}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::lines;

    #[test]
    fn lines_count_from_one() {
        let t = "a\nb\nc\n";
        assert_eq!(lines(t, None, None), t);
        assert_eq!(lines(t, Some(1), None), t);
        assert_eq!(lines(t, Some(0), Some(1)), "a\n");
        assert_eq!(lines(t, Some(2), Some(1)), "b\n");
        assert_eq!(lines(t, Some(3), Some(9)), "c\n");
        assert_eq!(lines(t, Some(9), None), "");
        assert_eq!(lines("x", Some(1), Some(1)), "x");
    }
}
