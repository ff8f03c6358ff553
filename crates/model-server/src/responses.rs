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
    // Besides `tools` there are items of the input that add some.
    let items = body["input"].as_array().into_iter().flatten();
    let added = items.filter(|item| item["type"] == "additional_tools").map(|item| &item["tools"]);
    let mut tools = Vec::new();
    for list in added.chain([&body["tools"]]) {
        list.as_array().into_iter().flatten().for_each(|tool| read_tool(tool, &mut tools));
    }
    Ask {
        model: body["model"].as_str().unwrap_or_default().to_owned(),
        stream: body["stream"] == true,
        tools,
        said: match &body["input"] {
            Value::String(text) => vec![Said::User(text.clone())],
            input => input.as_array().into_iter().flatten().filter_map(said).collect(),
        },
        schema: body.pointer("/text/format/schema").cloned(),
    }
}

/// A function, a tool that takes free text, or a namespace of such.
fn read_tool(tool: &Value, tools: &mut Vec<Tool>) {
    let (kind, name) = (&tool["type"], tool["name"].as_str().or_else(|| tool["type"].as_str()));
    if kind == "namespace" {
        tool["tools"].as_array().into_iter().flatten().for_each(|tool| read_tool(tool, tools));
    } else if let Some(name) = name {
        let free = (kind == "custom").then(|| tool["description"].as_str().unwrap_or_default().to_owned());
        tools.push(Tool { name: name.to_owned(), schema: tool["parameters"].clone(), free });
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
        Reply::Tool { name, arguments: Value::String(input) } => json!({
            "type": "custom_tool_call", "id": format!("ctc_{id}"), "call_id": format!("call_{id}"), "status": status,
            "name": name, "input": input,
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
    let started = response(ask, id, "in_progress", json!([]), Value::Null);
    let mut events = vec![
        (json!({"type": "response.created", "response": started}), false),
        (json!({"type": "response.in_progress", "response": started}), false),
    ];
    match reply {
        Reply::Text(deltas) => text_events(deltas, reply, id, &mut events),
        Reply::Tool { arguments: Value::String(input), .. } => {
            call_events("custom_tool_call_input", "input", input, reply, id, &mut events);
        }
        Reply::Tool { arguments, .. } => {
            let arguments = arguments.to_string();
            call_events("function_call_arguments", "arguments", &arguments, reply, id, &mut events);
        }
    }
    let done = item(reply, id, "completed");
    events.push((json!({"type": "response.output_item.done", "output_index": 0, "item": done}), false));
    events.push((json!({"type": "response.completed", "response": whole(ask, reply, id)}), false));
    let number = |(n, (event, delta)): (usize, (Value, bool))| {
        Part::event(&with(event, "sequence_number", n.into()), delta)
    };
    events.into_iter().enumerate().map(number).collect()
}

fn text_events(deltas: &[String], reply: &Reply, id: &str, events: &mut Vec<(Value, bool)>) {
    let begun = with(item(reply, id, "in_progress"), "content", json!([]));
    let at = |kind: &str, key: &str, value: Value| {
        let event = json!({"type": kind, "item_id": begun["id"], "output_index": 0, "content_index": 0, "logprobs": []});
        with(event, key, value)
    };
    let part = |text: &str| json!({"type": "output_text", "text": text, "annotations": []});
    events.push((json!({"type": "response.output_item.added", "output_index": 0, "item": begun}), false));
    events.push((at("response.content_part.added", "part", part("")), false));
    for delta in deltas {
        events.push((at("response.output_text.delta", "delta", delta.as_str().into()), true));
    }
    let text = deltas.concat();
    events.push((at("response.output_text.done", "text", text.as_str().into()), false));
    events.push((at("response.content_part.done", "part", part(&text)), false));
}

/// The events of a call whose text is `kind` and stands in the item's `field`.
fn call_events(
    kind: &str,
    field: &str,
    text: &str,
    reply: &Reply,
    id: &str,
    events: &mut Vec<(Value, bool)>,
) {
    let begun = with(item(reply, id, "in_progress"), field, "".into());
    let at = |suffix: &str, key: &str| {
        let event =
            json!({"type": format!("response.{kind}.{suffix}"), "item_id": begun["id"], "output_index": 0});
        with(event, key, text.into())
    };
    events.push((json!({"type": "response.output_item.added", "output_index": 0, "item": begun}), false));
    events.push((at("delta", "delta"), true));
    events.push((at("done", field), false));
}

fn with(mut event: Value, key: &str, value: Value) -> Value {
    event[key] = value;
    event
}
