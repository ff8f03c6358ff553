//! OpenAI Chat Completions: `POST /v1/chat/completions`.

use serde_json::{Value, json};

use crate::{
    talk::{Ask, INPUT_TOKENS, Part, Reply, Said, text_of},
    tool::Tool,
};

/// Reads a request.
#[must_use]
pub fn ask(body: &Value) -> Ask {
    let said = |message: &Value| match message["role"].as_str()? {
        "user" => Some(Said::User(text_of(&message["content"]))),
        "assistant" => Some(Said::Model),
        "tool" => Some(Said::ToolResult),
        _ => None,
    };
    let tool = |tool: &Value| {
        let function = &tool["function"];
        let name = function["name"].as_str()?.to_owned();
        Some(Tool { name, schema: function["parameters"].clone(), free: None })
    };
    Ask {
        model: body["model"].as_str().unwrap_or_default().to_owned(),
        stream: body["stream"] == true,
        tools: body["tools"].as_array().into_iter().flatten().filter_map(tool).collect(),
        said: body["messages"].as_array().into_iter().flatten().filter_map(said).collect(),
        schema: body.pointer("/response_format/json_schema/schema").cloned(),
    }
}

fn usage(reply: &Reply) -> Value {
    let written = reply.tokens();
    json!({
        "prompt_tokens": INPUT_TOKENS, "completion_tokens": written, "total_tokens": INPUT_TOKENS + written,
        "prompt_tokens_details": {"cached_tokens": 0}, "completion_tokens_details": {"reasoning_tokens": 0},
    })
}

fn call(name: &str, arguments: &Value, id: &str) -> Value {
    let function = json!({"name": name, "arguments": arguments.to_string()});
    json!({"index": 0, "id": format!("call_{id}"), "type": "function", "function": function})
}

fn finish(reply: &Reply) -> &'static str {
    match reply {
        Reply::Text(_) => "stop",
        Reply::Tool { .. } => "tool_calls",
    }
}

/// The whole answer.
#[must_use]
pub fn whole(ask: &Ask, reply: &Reply, id: &str) -> Value {
    let message = match reply {
        Reply::Text(deltas) => json!({"role": "assistant", "content": deltas.concat(), "refusal": null}),
        Reply::Tool { name, arguments } => {
            json!({"role": "assistant", "content": null, "tool_calls": [call(name, arguments, id)]})
        }
    };
    json!({
        "id": format!("chatcmpl-{id}"), "object": "chat.completion", "created": 0, "model": ask.model,
        "choices": [{"index": 0, "message": message, "logprobs": null, "finish_reason": finish(reply)}],
        "usage": usage(reply),
    })
}

/// The streamed answer; its last chunk carries the usage when the request asks for it.
#[must_use]
pub fn parts(ask: &Ask, reply: &Reply, id: &str, body: &Value) -> Vec<Part> {
    let chunk = |choices: Value, usage: Value| {
        json!({
            "id": format!("chatcmpl-{id}"), "object": "chat.completion.chunk", "created": 0, "model": ask.model,
            "choices": choices, "usage": usage,
        })
    };
    let choice = |delta: Value, finish: Value| json!([{"index": 0, "delta": delta, "finish_reason": finish}]);
    let delta = |delta: Value| chunk(choice(delta, Value::Null), Value::Null);
    let mut parts = vec![Part::data(&delta(json!({"role": "assistant", "content": ""})), false)];
    match reply {
        Reply::Text(deltas) => {
            parts.extend(deltas.iter().map(|text| Part::data(&delta(json!({"content": text})), true)));
        }
        Reply::Tool { name, arguments } => {
            parts.push(Part::data(&delta(json!({"tool_calls": [call(name, arguments, id)]})), true));
        }
    }
    parts.push(Part::data(&chunk(choice(json!({}), finish(reply).into()), Value::Null), false));
    if body["stream_options"]["include_usage"] == true {
        parts.push(Part::data(&chunk(json!([]), usage(reply)), false));
    }
    parts.push(Part { bytes: "data: [DONE]\n\n".into(), delta: false });
    parts
}

/// An error in OpenAI's form.
#[must_use]
pub fn error(code: &str, message: &str) -> Value {
    json!({"error": {"message": message, "type": "invalid_request_error", "param": null, "code": code}})
}
