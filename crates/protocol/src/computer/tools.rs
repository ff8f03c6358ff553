//! The 17 tools as a model is told of them. `write_file` is not among them: an agent writes files by its other tools.
//!
//! This list is the one source; what a provider wants otherwise is made from it.

use std::sync::LazyLock;

use macro_rules_attribute::apply;
use serde_json::{Map, Value, json};

use crate::wire::message;

/// A tool as a model is told of it.
#[apply(message)]
pub struct LlmTool {
    /// Its name.
    pub name: String,
    /// What it does, for the model.
    pub description: String,
    /// A JSON Schema of its input.
    pub input_schema: Map<String, Value>,
}

/// The tools, in the order in which a model is told of them.
pub static TOOLS: LazyLock<Vec<LlmTool>> = LazyLock::new(|| {
    vec![
        tool(
            "computer_move_mouse",
            "Moves the mouse to a point of the screen.",
            json!({ "coordinates": coordinate("Where to, in pixels from the top left corner.") }),
            &["coordinates"],
        ),
        tool(
            "computer_trace_mouse",
            "Moves the mouse along a path.",
            json!({ "path": path(), "holdKeys": hold_keys() }),
            &["path"],
        ),
        tool(
            "computer_click_mouse",
            "Clicks, where the mouse is or at a point of the screen.",
            json!({
                "coordinates": or_null(coordinate("Where; where the mouse is when absent.")),
                "button": button(),
                "holdKeys": hold_keys(),
                "clickCount": { "type": "integer", "description": "How often: 2 for a double click.", "default": 1 },
            }),
            &["button", "clickCount"],
        ),
        tool(
            "computer_press_mouse",
            "Holds a button of the mouse, or lets it go.",
            json!({
                "coordinates": or_null(coordinate("Where; where the mouse is when absent.")),
                "button": button(),
                "press": press(),
            }),
            &["button", "press"],
        ),
        tool(
            "computer_drag_mouse",
            "Moves the mouse along a path with a button held.",
            json!({ "path": path(), "button": button(), "holdKeys": hold_keys() }),
            &["path", "button"],
        ),
        tool(
            "computer_scroll",
            "Turns the wheel of the mouse at a point of the screen.",
            json!({
                "coordinates": coordinate("Where."),
                "direction": { "type": "string", "enum": ["up", "down", "left", "right"], "description": "Where to." },
                "scrollCount": { "type": "integer", "description": "How many notches." },
                "holdKeys": hold_keys(),
            }),
            &["coordinates", "direction", "scrollCount"],
        ),
        tool(
            "computer_type_keys",
            "Presses keys together, as in a shortcut, and lets them go. Their names count capitals.",
            json!({ "keys": keys(), "delay": or_null(json!({ "type": "number", "description": "How long they are held, in milliseconds." })) }),
            &["keys"],
        ),
        tool(
            "computer_press_keys",
            "Holds keys, or lets them go. Their names count capitals.",
            json!({ "keys": keys(), "press": press() }),
            &["keys", "press"],
        ),
        tool(
            "computer_type_text",
            "Types a text key by key. For texts of less than 25 characters, and for secrets.",
            json!({
                "text": { "type": "string", "description": "The text." },
                "delay": or_null(json!({ "type": "number", "description": "How long to wait between keys, in milliseconds." })),
                "isSensitive": is_sensitive(),
            }),
            &["text"],
        ),
        tool(
            "computer_paste_text",
            "Pastes a text. For long texts and for characters that no key has.",
            json!({ "text": { "type": "string", "description": "The text." }, "isSensitive": is_sensitive() }),
            &["text"],
        ),
        tool(
            "computer_wait",
            "Waits until the screen has changed.",
            json!({ "duration": { "type": "integer", "enum": [500], "description": "Milliseconds." } }),
            &["duration"],
        ),
        tool("computer_screenshot", "Takes a picture of the screen.", json!({}), &[]),
        tool("computer_cursor_position", "Says where the mouse is.", json!({}), &[]),
        tool(
            "computer_application",
            "Brings a program to the front, and starts it when it does not run.",
            json!({ "application": { "type": "string", "enum": applications(), "description": "Which." } }),
            &["application"],
        ),
        tool(
            "set_task_status",
            "Says that the task is done, or that a person must help.",
            json!({
                "status": { "type": "string", "enum": ["completed", "needs_help"], "description": "How the task stands." },
                "description": { "type": "string", "description": "What was done, or what is needed." },
            }),
            &["status", "description"],
        ),
        tool(
            "create_task",
            "Makes another task, for work that does not belong to this one or for later.",
            json!({
                "description": { "type": "string", "description": "What is to be done." },
                "type": { "type": "string", "enum": ["IMMEDIATE", "SCHEDULED"], "description": "When: at once or at a time." },
                "scheduledFor": { "type": "string", "format": "date-time", "description": "The time, for a scheduled task." },
                "priority": { "type": "string", "enum": ["LOW", "MEDIUM", "HIGH", "URGENT"], "description": "How much it matters." },
            }),
            &["description"],
        ),
        tool(
            "computer_read_file",
            "Reads a file.",
            json!({ "path": { "type": "string", "description": "Where; relative to the desktop's folder." } }),
            &["path"],
        ),
    ]
});

fn tool(name: &str, description: &str, properties: Value, required: &[&str]) -> LlmTool {
    let mut input_schema = Map::new();
    input_schema.insert("type".into(), json!("object"));
    input_schema.insert("properties".into(), properties);
    if !required.is_empty() {
        input_schema.insert("required".into(), json!(required));
    }
    LlmTool { name: name.into(), description: description.into(), input_schema }
}

fn coordinate(description: &str) -> Value {
    json!({
        "type": "object",
        "properties": {
            "x": { "type": "number", "description": "To the right, in pixels." },
            "y": { "type": "number", "description": "Down, in pixels." },
        },
        "required": ["x", "y"],
        "description": description,
    })
}

fn path() -> Value {
    json!({ "type": "array", "items": coordinate("A point."), "description": "The points, in order." })
}

fn or_null(mut schema: Value) -> Value {
    if let Value::Object(schema) = &mut schema {
        schema.insert("nullable".into(), json!(true));
    }
    schema
}

fn hold_keys() -> Value {
    or_null(
        json!({ "type": "array", "items": { "type": "string" }, "description": "Keys that are held meanwhile." }),
    )
}

fn keys() -> Value {
    json!({ "type": "array", "items": { "type": "string" }, "description": "The keys' names." })
}

fn button() -> Value {
    json!({ "type": "string", "enum": ["left", "right", "middle"], "description": "Which button." })
}

fn press() -> Value {
    json!({ "type": "string", "enum": ["up", "down"], "description": "Whether it is let go or held." })
}

fn is_sensitive() -> Value {
    or_null(json!({ "type": "boolean", "description": "Whether the text is a secret, not to be logged." }))
}

fn applications() -> Vec<&'static str> {
    super::action::Application::ALL.iter().map(|(_, word)| *word).collect()
}
