//! A request without its vendor's form, and what is answered.

use bytes::Bytes;
use serde_json::Value;

use crate::tool::{Tool, filler, shell_call};

/// What an answer's usage says was read.
pub const INPUT_TOKENS: u64 = 1234;
/// What an answer's usage says was written for a tool call. For a text it is the number of its deltas.
pub const TOOL_TOKENS: u64 = 17;

/// The word before the shell command.
const RUNTOOL: &str = "RUNTOOL ";
const WORDS: &str = "This answer comes from a stand-in for the model, word by word. ";

/// One entry of the conversation, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Said {
    /// A text of the user (or of the agent in the user's name).
    User(String),
    /// A text or a tool call of the model.
    Model,
    /// What a tool returned.
    ToolResult,
}

/// What the agent asks of the model.
#[derive(Clone, Debug, Default)]
pub struct Ask {
    /// The model's name.
    pub model: String,
    /// Whether the answer is to be streamed.
    pub stream: bool,
    /// The agent's tools.
    pub tools: Vec<Tool>,
    /// The conversation.
    pub said: Vec<Said>,
    /// The JSON Schema that the answer's text has to follow, if any.
    pub schema: Option<Value>,
}

/// What is answered.
#[derive(Clone, Debug, PartialEq)]
pub enum Reply {
    /// A text, in deltas.
    Text(Vec<String>),
    /// One tool call.
    Tool {
        /// The tool.
        name: String,
        /// Its arguments, an object; a string is the input of a tool that takes free text.
        arguments: Value,
    },
}

/// One piece of a streamed answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// What is sent: one server-sent event.
    pub bytes: Bytes,
    /// Whether the delay comes before it.
    pub delta: bool,
}

impl Part {
    /// An event without a name.
    #[must_use]
    pub fn data(data: &Value, delta: bool) -> Self {
        Self { bytes: format!("data: {data}\n\n").into(), delta }
    }

    /// An event with the name that stands in its `type`.
    #[must_use]
    pub fn event(data: &Value, delta: bool) -> Self {
        let name = data["type"].as_str().unwrap_or_default();
        Self { bytes: format!("event: {name}\ndata: {data}\n\n").into(), delta }
    }
}

impl Reply {
    /// What its usage says was written.
    #[must_use]
    pub fn tokens(&self) -> u64 {
        match self {
            Self::Text(deltas) => deltas.len() as u64,
            Self::Tool { .. } => TOOL_TOKENS,
        }
    }
}

impl Ask {
    /// Whether the conversation ends with what a tool returned.
    #[must_use]
    pub fn has_tool_result(&self) -> bool {
        matches!(self.said.iter().rfind(|said| !matches!(said, Said::User(_))), Some(Said::ToolResult))
    }

    /// Decides the answer; a text has `tokens` deltas (at least one), a text that has to follow a schema has one.
    #[must_use]
    pub fn reply(&self, tokens: usize) -> Reply {
        if let Some(schema) = &self.schema {
            return Reply::Text(vec![filler(schema, schema, 0).to_string()]);
        }
        let call = self.command().and_then(|command| shell_call(&self.tools, command));
        call.unwrap_or_else(|| {
            Reply::Text(WORDS.split_inclusive(' ').cycle().take(tokens.max(1)).map(Into::into).collect())
        })
    }

    /// The command of the last `RUNTOOL`, unless a tool has answered it or the conversation has gone on.
    fn command(&self) -> Option<&str> {
        let command = |said: &'_ Said| matches!(said, Said::User(text) if text.contains(RUNTOOL));
        let at = self.said.iter().rposition(command)?;
        let later = &self.said[at + 1..];
        let answered = later.contains(&Said::ToolResult);
        let spoke = later.iter().position(|said| *said == Said::Model);
        let went_on = spoke.is_some_and(|at| later[at..].iter().any(|said| matches!(said, Said::User(_))));
        let Said::User(text) = &self.said[at] else { return None };
        let command = text.rsplit_once(RUNTOOL)?.1.lines().next()?.trim();
        (!answered && !went_on && !command.is_empty()).then_some(command)
    }
}

/// The text of a message's content: a string, or blocks with `text`.
#[must_use]
pub fn text_of(content: &Value) -> String {
    match content {
        Value::String(text) => text.clone(),
        Value::Array(blocks) => {
            blocks.iter().filter_map(|b| b["text"].as_str()).collect::<Vec<_>>().join("\n")
        }
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn ask(said: &[Said]) -> Reply {
        let schema = json!({"type": "object", "properties": {"command": {"type": "string"}}});
        let tools = vec![Tool { name: "bash".into(), schema, ..Tool::default() }];
        Ask { tools, said: said.to_vec(), ..Ask::default() }.reply(3)
    }

    #[test]
    fn one_tool_call_for_one_runtool() {
        let run = || Said::User("please RUNTOOL echo 1 > f\nthanks".into());
        let more = || Said::User("and now?".into());
        let call = Reply::Tool { name: "bash".into(), arguments: json!({"command": "echo 1 > f"}) };
        assert_eq!(ask(&[run()]), call);
        assert_eq!(ask(&[run(), more()]), call, "an agent's own reminder after the prompt");
        assert_eq!(ask(&[run(), Said::Model, Said::ToolResult, run()]), call, "asked again");
        let text = Reply::Text(vec!["This ".into(), "answer ".into(), "comes ".into()]);
        assert_eq!(ask(&[run(), Said::Model, Said::ToolResult]), text);
        assert_eq!(ask(&[run(), Said::Model, Said::ToolResult, more()]), text);
        assert_eq!(ask(&[run(), Said::Model, more()]), text, "cancelled before the tool ran");
        assert_eq!(ask(&[more()]), text);
        assert_eq!(Ask { said: vec![run()], ..Ask::default() }.reply(3), text, "no tools");
    }
}
