//! What a person reads of an agent's ACP frames: message chunks verbatim, one line for each tool call and plan change,
//! no thinking.
//!
//! Frames are an agent's own JSON, which may be anything: only what is needed is read, borrowed, and what cannot be
//! read is no text.

use std::borrow::Cow;

use lia_protocol::event::{Direction, Phase};
use serde::Deserialize;
use serde_json::value::RawValue;

/// Characters of one line's text; agents give titles of any length.
const LINE_CHARS: usize = 300;

/// Text for people.
#[derive(Debug, PartialEq)]
pub enum Text<'a> {
    /// A JSON string, quotes and escapes included, as the agent wrote it.
    Json(Cow<'a, str>),
    /// A line of Lia's own.
    Line(String),
}

#[derive(Deserialize)]
struct Notification<'a> {
    #[serde(borrow)]
    method: Cow<'a, str>,
    #[serde(borrow)]
    params: Params<'a>,
}

#[derive(Deserialize)]
struct Params<'a> {
    #[serde(borrow)]
    update: Update<'a>,
}

#[derive(Deserialize)]
struct Update<'a> {
    #[serde(rename = "sessionUpdate", borrow)]
    kind: Cow<'a, str>,
    #[serde(borrow)]
    content: Option<&'a RawValue>,
    #[serde(borrow)]
    title: Option<&'a RawValue>,
    #[serde(borrow)]
    entries: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Content<'a> {
    #[serde(rename = "type", borrow)]
    kind: Cow<'a, str>,
    #[serde(borrow)]
    text: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct PlanEntry<'a> {
    #[serde(borrow)]
    content: Cow<'a, str>,
    #[serde(borrow)]
    status: Option<Cow<'a, str>>,
}

/// The text of one frame.
#[must_use]
pub fn of_frame(direction: Direction, phase: Phase, frame: &[u8]) -> Option<Text<'_>> {
    if (direction, phase) != (Direction::AgentToClient, Phase::Notification) {
        return None;
    }
    let n: Notification<'_> = serde_json::from_slice(frame).ok()?;
    if n.method != "session/update" {
        return None;
    }
    let update = n.params.update;
    match &*update.kind {
        "agent_message_chunk" => message(update.content?),
        "tool_call" => {
            let title = update.title.and_then(|t| serde_json::from_str::<Cow<'_, str>>(t.get()).ok());
            Some(Text::Line(line("tool", title.as_deref().unwrap_or("without a title"))))
        }
        "plan" => plan(update.entries?),
        // Thinking, updates of tool calls, commands, modes: for programs, which read the events.
        _ => None,
    }
}

fn message(content: &RawValue) -> Option<Text<'_>> {
    let content: Content<'_> = serde_json::from_str(content.get()).ok()?;
    match &*content.kind {
        "text" => {
            let literal = content.text?.get();
            (literal.starts_with('"') && literal.len() > 2).then(|| Text::Json(mend(literal)))
        }
        other => Some(Text::Line(line(other, ""))),
    }
}

fn plan(entries: &RawValue) -> Option<Text<'_>> {
    let entries: Vec<PlanEntry<'_>> = serde_json::from_str(entries.get()).ok()?;
    let is = |e: &&PlanEntry<'_>, status: &str| e.status.as_deref() == Some(status);
    let done = entries.iter().filter(|e| is(e, "completed")).count();
    let now =
        entries.iter().find(|e| is(e, "in_progress")).or_else(|| entries.iter().find(|e| is(e, "pending")));
    let now = now.map_or(String::new(), |e| format!(": {}", e.content));
    Some(Text::Line(line("plan", &format!("{done} of {} done{now}", entries.len()))))
}

/// `[word] text` on a line of its own, whatever stood before; control characters and line breaks become spaces.
#[must_use]
pub fn line(word: &str, text: &str) -> String {
    let plain = |s: &str, most: usize| -> String {
        let mut out: String = s.chars().take(most).map(|c| if c.is_control() { ' ' } else { c }).collect();
        if s.chars().nth(most).is_some() {
            out.push('…');
        }
        out
    };
    let (word, text) = (plain(word, 40), plain(text.trim(), LINE_CHARS));
    if text.is_empty() { format!("\n[{word}]\n") } else { format!("\n[{word}] {text}\n") }
}

/// A JSON string with escapes of half surrogate pairs replaced: half a pair is no character, and strict readers refuse
/// the whole message. Agents that cut their text by UTF-16 units send such halves.
fn mend(literal: &str) -> Cow<'_, str> {
    if memchr::memmem::find(literal.as_bytes(), b"\\u").is_none() {
        return Cow::Borrowed(literal);
    }
    let unit = |s: &str| -> Option<u16> {
        let hex = s.strip_prefix("\\u")?.get(..4)?;
        u16::from_str_radix(hex, 16).ok()
    };
    let mut out = String::with_capacity(literal.len());
    let mut rest = literal;
    while let Some(at) = rest.find('\\') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let take = match unit(rest) {
            Some(0xd800..=0xdbff) if unit(&rest[6..]).is_some_and(|low| (0xdc00..=0xdfff).contains(&low)) => {
                12
            }
            Some(0xd800..=0xdfff) => {
                out.push('\u{fffd}');
                rest = &rest[6..];
                continue;
            }
            Some(_) => 6,
            None => 2,
        };
        out.push_str(&rest[..take]);
        rest = &rest[take..];
    }
    out.push_str(rest);
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(frame: &str) -> Option<String> {
        of_frame(Direction::AgentToClient, Phase::Notification, frame.as_bytes()).map(|t| match t {
            Text::Json(literal) => serde_json::from_str(&literal).unwrap(),
            Text::Line(l) => l,
        })
    }

    fn update(update: &str) -> Option<String> {
        text(&format!(
            r#"{{"jsonrpc":"2.0","method":"session/update","params":{{"sessionId":"s","update":{update}}}}}"#
        ))
    }

    #[test]
    fn what_people_read() {
        let chunk = |t: &str| {
            update(&format!(
                r#"{{"sessionUpdate":"agent_message_chunk","content":{{"type":"text","text":{t}}}}}"#
            ))
        };
        assert_eq!(chunk(r#""a \"b\"\nc ü\u00e9 \ud83d\ude00""#).unwrap(), "a \"b\"\nc üé 😀");
        assert_eq!(
            chunk(r#""half \ud83d, and \udE00 \\ud800""#).unwrap(),
            "half \u{fffd}, and \u{fffd} \\ud800"
        );
        assert_eq!(chunk("\"\""), None);
        assert_eq!(chunk("7"), None);
        assert_eq!(
            update(r#"{"sessionUpdate":"agent_message_chunk","content":{"type":"image","data":"…"}}"#)
                .unwrap(),
            "\n[image]\n"
        );
        assert_eq!(
            update(r#"{"sessionUpdate":"agent_thought_chunk","content":{"type":"text","text":"hm"}}"#),
            None
        );
        assert_eq!(
            update(r#"{"sessionUpdate":"tool_call","toolCallId":"1","title":"Edit\n a.rs"}"#).unwrap(),
            "\n[tool] Edit  a.rs\n"
        );
        assert_eq!(
            update(r#"{"sessionUpdate":"tool_call","title":5,"content":[]}"#).unwrap(),
            "\n[tool] without a title\n"
        );
        assert_eq!(update(r#"{"sessionUpdate":"tool_call_update","toolCallId":"1","title":"x"}"#), None);
        let plan = r#"{"sessionUpdate":"plan","entries":[{"content":"a","priority":"high","status":"completed"},{"content":"b","status":"in_progress"}]}"#;
        assert_eq!(update(plan).unwrap(), "\n[plan] 1 of 2 done: b\n");
    }

    #[test]
    fn what_cannot_be_read_is_no_text() {
        for bad in [
            "",
            "[]",
            "{}",
            "null",
            "{\"method\":5}",
            r#"{"method":"session/update"}"#,
            r#"{"method":"session/update","params":{"update":[]}}"#,
        ] {
            assert_eq!(text(bad), None, "{bad}");
        }
        let deep = format!(
            r#"{{"sessionUpdate":"agent_message_chunk","content":{}1{}}}"#,
            "[".repeat(100_000),
            "]".repeat(100_000)
        );
        assert_eq!(update(&deep), None);
        assert_eq!(line("x", &"é".repeat(1000)).chars().count(), LINE_CHARS + 7);
    }
}
