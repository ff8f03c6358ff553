//! Gemini: `POST /v1beta/models/{model}:generateContent` and `:streamGenerateContent?alt=sse`.

use serde_json::{Value, json};

use crate::{
    talk::{Ask, INPUT_TOKENS, Part, Reply, Said, text_of},
    tool::Tool,
};

/// Reads a request; the model and the form of the answer stand in its path.
#[must_use]
pub fn ask(body: &Value, model: &str, stream: bool) -> Ask {
    let mut said = Vec::new();
    for content in body["contents"].as_array().into_iter().flatten() {
        if content["role"] == "model" {
            said.push(Said::Model);
            continue;
        }
        let returns = |part: &Value| !part["functionResponse"].is_null();
        if content["parts"].as_array().is_some_and(|parts| parts.iter().any(returns)) {
            said.push(Said::ToolResult);
        }
        let text = text_of(&content["parts"]);
        if !text.is_empty() {
            said.push(Said::User(text));
        }
    }
    let declared = body["tools"].as_array().into_iter().flatten();
    let declared = declared.flat_map(|tool| tool["functionDeclarations"].as_array().into_iter().flatten());
    let tool = |function: &Value| {
        let schema = function.get("parametersJsonSchema").unwrap_or(&function["parameters"]).clone();
        Some(Tool { name: function["name"].as_str()?.to_owned(), schema, free: None })
    };
    let config = &body["generationConfig"];
    let schema = config.get("responseJsonSchema").or_else(|| config.get("responseSchema")).cloned();
    Ask { model: model.to_owned(), stream, tools: declared.filter_map(tool).collect(), said, schema }
}

fn chunk(ask: &Ask, id: &str, part: Value, last: Option<u64>) -> Value {
    let mut candidate = json!({"content": {"role": "model", "parts": [part]}, "index": 0});
    let mut usage = json!({"promptTokenCount": INPUT_TOKENS, "totalTokenCount": INPUT_TOKENS});
    if let Some(written) = last {
        candidate["finishReason"] = "STOP".into();
        usage["candidatesTokenCount"] = written.into();
        usage["totalTokenCount"] = (INPUT_TOKENS + written).into();
    }
    json!({"candidates": [candidate], "usageMetadata": usage, "modelVersion": ask.model, "responseId": id})
}

/// The whole answer.
#[must_use]
pub fn whole(ask: &Ask, reply: &Reply, id: &str) -> Value {
    let part = match reply {
        Reply::Text(deltas) => json!({"text": deltas.concat()}),
        Reply::Tool { name, arguments } => json!({"functionCall": {"name": name, "args": arguments}}),
    };
    chunk(ask, id, part, Some(reply.tokens()))
}

/// The streamed answer.
#[must_use]
pub fn parts(ask: &Ask, reply: &Reply, id: &str) -> Vec<Part> {
    let Reply::Text(deltas) = reply else { return vec![Part::data(&whole(ask, reply, id), true)] };
    let last = |i: usize| (i + 1 == deltas.len()).then(|| reply.tokens());
    let part =
        |(i, text): (usize, &String)| Part::data(&chunk(ask, id, json!({"text": text}), last(i)), true);
    deltas.iter().enumerate().map(part).collect()
}

/// An error in Google's form.
#[must_use]
pub fn error(code: u16, status: &str, message: &str) -> Value {
    json!({"error": {"code": code, "message": message, "status": status}})
}
