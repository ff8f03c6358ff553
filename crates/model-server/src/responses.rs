//! OpenAI Responses: `POST /v1/responses`.

use serde_json::{Value, json};

use crate::{
    talk::{Ask, INPUT_TOKENS, Part, Reply, Said, text_of},
    tool::Tool,
};

/// Reads a request.
#[must_use]
pub fn ask(body: &Value) -> Ask {
    let said = |item: &Value| match (item["type"].as_str().unwrap_or("message"), item["role"].as_str()) {
        ("message", Some("user")) => Some(Said::User(text_of(&item["content"]))),
        ("message", Some("assistant")) => Some(Said::Model),
        (kind, _) if kind.ends_with("_call_output") => Some(Said::ToolResult),
        (kind, _) if kind.ends_with("_call") => Some(Said::Model),
        _ => None,
    };
    let tool = |tool: &Value| {
        let name = tool["name"].as_str().or_else(|| tool["type"].as_str())?;
        Some(Tool { name: name.to_owned(), schema: tool["parameters"].clone() })
    };
    Ask {
        model: body["model"].as_str().unwrap_or_default().to_owned(),
        stream: body["stream"] == true,
        tools: body["tools"].as_array().into_iter().flatten().filter_map(tool).collect(),
        said: match &body["input"] {
            Value::String(text) => vec![Said::User(text.clone())],
            input => input.as_array().into_iter().flatten().filter_map(said).collect(),
        },
    }
}

fn response(ask: &Ask, id: &str, status: &str, output: Value, usage: Value) -> Value {
    json!({
        "id": format!("resp_{id}"), "object": "response", "created_at": 0, "status": status, "error": null,
        "incomplete_details": null, "instructions": null, "metadata": {}, "model": ask.model, "output": output,
        "parallel_tool_calls": false, "temperature": 1.0, "tool_choice": "auto", "tools": [], "top_p": 1.0,
        "usage": usage,
    })
}

fn usage(reply: &Reply) -> Value {
    let written = reply.tokens();
    json!({
        "input_tokens": INPUT_TOKENS, "input_tokens_details": {"cached_tokens": 0},
        "output_tokens": written, "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": INPUT_TOKENS + written,
    })
}

fn item(reply: &Reply, id: &str, status: &str) -> Value {
    match reply {
        Reply::Text(deltas) => json!({
            "type": "message", "id": format!("msg_{id}"), "status": status, "role": "assistant",
            "content": [{"type": "output_text", "text": deltas.concat(), "annotations": []}],
        }),
        Reply::Tool { name, arguments } => json!({
            "type": "function_call", "id": format!("fc_{id}"), "call_id": format!("call_{id}"), "status": status,
            "name": name, "arguments": arguments.to_string(),
        }),
    }
}

/// The whole answer.
#[must_use]
pub fn whole(ask: &Ask, reply: &Reply, id: &str) -> Value {
    response(ask, id, "completed", json!([item(reply, id, "completed")]), usage(reply))
}

/// The streamed answer.
#[must_use]
pub fn parts(ask: &Ask, reply: &Reply, id: &str) -> Vec<Part> {
    let done = item(reply, id, "completed");
    let mut begun = item(reply, id, "in_progress");
    let mut events = vec![];
    let started = response(ask, id, "in_progress", json!([]), Value::Null);
    events.push((json!({"type": "response.created", "response": started}), false));
    events.push((json!({"type": "response.in_progress", "response": started}), false));
    match reply {
        Reply::Text(deltas) => {
            let at = |kind: &str| json!({"type": kind, "item_id": format!("msg_{id}"), "output_index": 0, "content_index": 0});
            let part = |text: &str| json!({"type": "output_text", "text": text, "annotations": []});
            begun["content"] = json!([]);
            events.push((
                json!({"type": "response.output_item.added", "output_index": 0, "item": begun}),
                false,
            ));
            events.push((with(at("response.content_part.added"), "part", part("")), false));
            for delta in deltas {
                events.push((with(at("response.output_text.delta"), "delta", delta.as_str().into()), true));
            }
            let text = deltas.concat();
            events.push((with(at("response.content_part.done"), "part", part(&text)), false));
            events.push((with(at("response.output_text.done"), "text", text.into()), false));
        }
        Reply::Tool { arguments, .. } => {
            let at = |kind: &str| json!({"type": kind, "item_id": format!("fc_{id}"), "output_index": 0});
            let arguments = Value::from(arguments.to_string());
            begun["arguments"] = "".into();
            events.push((
                json!({"type": "response.output_item.added", "output_index": 0, "item": begun}),
                false,
            ));
            events
                .push((with(at("response.function_call_arguments.delta"), "delta", arguments.clone()), true));
            events.push((with(at("response.function_call_arguments.done"), "arguments", arguments), false));
        }
    }
    events.push((json!({"type": "response.output_item.done", "output_index": 0, "item": done}), false));
    events.push((json!({"type": "response.completed", "response": whole(ask, reply, id)}), false));
    let number = |(n, (event, delta)): (usize, (Value, bool))| {
        Part::event(&with(event, "sequence_number", n.into()), delta)
    };
    events.into_iter().enumerate().map(number).collect()
}

fn with(mut event: Value, key: &str, value: Value) -> Value {
    event[key] = value;
    event
}
