//! One JSON-RPC frame: its envelope is checked and its parts are found in one pass; nothing is rebuilt.

use lia_protocol::link::is_rpc_id;
use serde::Deserialize;
use serde_json::value::RawValue;

/// A frame of the agent, as slices of its line.
#[derive(Debug)]
pub enum Frame<'a> {
    /// Wants an answer.
    Request {
        /// As given.
        id: &'a RawValue,
        /// A JSON string, quotes included.
        method: &'a RawValue,
        /// If any.
        params: Option<&'a RawValue>,
    },
    /// Wants none.
    Notification,
    /// The answer to one of ours.
    Response {
        /// Ours.
        id: &'a RawValue,
        /// What it said.
        result: Result<Option<&'a RawValue>, &'a RawValue>,
    },
}

#[derive(Deserialize)]
struct Envelope<'a> {
    #[serde(borrow, default)]
    id: Option<&'a RawValue>,
    #[serde(borrow, default)]
    method: Option<&'a RawValue>,
    #[serde(borrow, default)]
    params: Option<&'a RawValue>,
    #[serde(borrow, default)]
    result: Option<&'a RawValue>,
    #[serde(borrow, default)]
    error: Option<&'a RawValue>,
}

impl<'a> Frame<'a> {
    /// Reads one line; `None` when it is not a JSON-RPC frame.
    #[must_use]
    pub fn parse(line: &'a str) -> Option<Self> {
        if !line.starts_with('{') {
            return None;
        }
        let e: Envelope<'a> = serde_json::from_str(line).ok()?;
        match (e.method, e.id) {
            (Some(method), _) if !method.get().starts_with('"') => None,
            (Some(_), Some(id)) if !is_rpc_id(id) => None,
            (Some(method), Some(id)) => Some(Self::Request { id, method, params: e.params }),
            (Some(_), None) => Some(Self::Notification),
            (None, Some(id)) => Some(Self::Response { id, result: e.error.map_or(Ok(e.result), Err) }),
            (None, None) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_envelope_decides() {
        let p = |s: &'static str| Frame::parse(s);
        assert!(matches!(p(r#"{"jsonrpc":"2.0","method":"a","params":{}}"#), Some(Frame::Notification)));
        assert!(matches!(p(r#"{"id":"x","method":"a"}"#), Some(Frame::Request { params: None, .. })));
        assert!(matches!(p(r#"{"result":null,"id":3}"#), Some(Frame::Response { result: Ok(None), .. })));
        assert!(matches!(
            p(r#"{"id":3,"error":{"code":1,"message":""}}"#),
            Some(Frame::Response { result: Err(_), .. })
        ));
        for no in [
            "",
            "hello",
            "[1]",
            "{}",
            r#"{"method":3}"#,
            r#"{"id":1,"result":tru}"#,
            r#"{"id":null}"#,
            r#"{"id":{"a":1},"method":"a"}"#,
            r#"{"id":true,"method":"a"}"#,
        ] {
            assert!(p(no).is_none(), "{no}");
        }
        let long = format!(r#"{{"id":"{}","method":"a"}}"#, "x".repeat(511));
        assert!(Frame::parse(&long).is_none());
    }
}
