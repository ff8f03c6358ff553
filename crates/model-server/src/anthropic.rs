//! Anthropic Messages: `POST /v1/messages`.

use serde_json::{Value, json};

use crate::{
    talk::{Ask, INPUT_TOKENS, Part, Reply, Said, text_of},
    tool::Tool,
};

/// Reads a request.
#[must_use]
pub fn ask(body: &Value) -> Ask {
    let mut said = Vec::new();
    for message in body["messages"].as_array().into_iter().flatten() {
        if message["role"] == "assistant" {
            said.push(Said::Model);
            continue;
        }
        let returns = |b: &Value| b["type"] == "tool_result";
        if message["content"].as_array().is_some_and(|blocks| blocks.iter().any(returns)) {
            said.push(Said::ToolResult);
        }
        let text = text_of(&message["content"]);
        if !text.is_empty() {
            said.push(Said::User(text));
        }
    }
    let tool = |t: &Value| {
        Some(Tool { name: t["name"].as_str()?.to_owned(), schema: t["input_schema"].clone(), free: None })
    };
    let format = body.pointer("/output_config/format").unwrap_or(&body["output_format"]);
    Ask {
        model: body["model"].as_str().unwrap_or_default().to_owned(),
        stream: body["stream"] == true,
        tools: body["tools"].as_array().into_iter().flatten().filter_map(tool).collect(),
        said,
        schema: format.get("schema").cloned(),
    }
}

fn stop_reason(reply: &Reply) -> &'static str {
    match reply {
        Reply::Text(_) => "end_turn",
        Reply::Tool { .. } => "tool_use",
    }
}

fn message(ask: &Ask, id: &str, content: Value, stop_reason: Value, output: u64) -> Value {
    json!({
        "id": format!("msg_{id}"), "type": "message", "role": "assistant", "model": ask.model, "content": content,
        "stop_reason": stop_reason, "stop_sequence": null,
        "usage": {
            "input_tokens": INPUT_TOKENS, "cache_creation_input_tokens": 0, "cache_read_input_tokens": 0,
            "output_tokens": output, "service_tier": "standard",
        },
    })
}

/// The whole answer.
#[must_use]
pub fn whole(ask: &Ask, reply: &Reply, id: &str) -> Value {
    let content = match reply {
        Reply::Text(deltas) => json!([{"type": "text", "text": deltas.concat()}]),
        Reply::Tool { name, arguments } => {
            json!([{"type": "tool_use", "id": format!("toolu_{id}"), "name": name, "input": arguments}])
        }
    };
    message(ask, id, content, stop_reason(reply).into(), reply.tokens())
}

/// The streamed answer.
#[must_use]
pub fn parts(ask: &Ask, reply: &Reply, id: &str) -> Vec<Part> {
    let start = message(ask, id, json!([]), Value::Null, 1);
    let mut parts = vec![Part::event(&json!({"type": "message_start", "message": start}), false)];
    let block = match reply {
        Reply::Text(_) => json!({"type": "text", "text": ""}),
        Reply::Tool { name, .. } => {
            json!({"type": "tool_use", "id": format!("toolu_{id}"), "name": name, "input": {}})
        }
    };
    parts.push(Part::event(
        &json!({"type": "content_block_start", "index": 0, "content_block": block}),
        false,
    ));
    parts.push(Part::event(&json!({"type": "ping"}), false));
    let deltas = match reply {
        Reply::Text(deltas) => {
            deltas.iter().map(|text| json!({"type": "text_delta", "text": text})).collect()
        }
        Reply::Tool { arguments, .. } => {
            vec![json!({"type": "input_json_delta", "partial_json": arguments.to_string()})]
        }
    };
    for delta in deltas {
        parts.push(Part::event(&json!({"type": "content_block_delta", "index": 0, "delta": delta}), true));
    }
    parts.push(Part::event(&json!({"type": "content_block_stop", "index": 0}), false));
    let delta = json!({"stop_reason": stop_reason(reply), "stop_sequence": null});
    let usage = json!({"output_tokens": reply.tokens()});
    parts.push(Part::event(&json!({"type": "message_delta", "delta": delta, "usage": usage}), false));
    parts.push(Part::event(&json!({"type": "message_stop"}), false));
    parts
}

/// An error in Anthropic's form.
#[must_use]
pub fn error(kind: &str, message: &str) -> Value {
    json!({"type": "error", "error": {"type": kind, "message": message}, "request_id": null})
}
