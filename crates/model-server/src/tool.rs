//! Which of the agent's tools is its shell, and what arguments that one wants.

use serde_json::{Map, Value, json};

use crate::talk::Reply;

/// Names of shell tools, the likelier first: Claude Code, OpenCode, Gemini CLI, Codex and its older forms.
const SHELLS: [&str; 7] =
    ["Bash", "bash", "run_shell_command", "exec_command", "shell_command", "shell", "local_shell"];

/// What a shell's arguments may say besides the command, when it has a place for them: Codex asks its user when the
/// model wants to leave Codex's own sandbox.
const ESCALATED: [(&str, &str); 2] = [
    ("sandbox_permissions", "require_escalated"),
    ("justification", "May I run the command that was asked for?"),
];

/// A tool that the agent offers.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Tool {
    /// Its name.
    pub name: String,
    /// JSON Schema of its arguments (Gemini's dialect writes the types in capitals).
    pub schema: Value,
    /// What it says of itself, for a tool that takes free text.
    pub free: Option<String>,
}

/// A call of the agent's shell with this command; none when it has no shell.
#[must_use]
pub fn shell_call(tools: &[Tool], command: &str) -> Option<Reply> {
    let Some(tool) = SHELLS.iter().find_map(|name| tools.iter().find(|tool| tool.name == *name)) else {
        return script_call(tools, command);
    };
    let empty = Map::new();
    let properties = tool.schema["properties"].as_object().unwrap_or(&empty);
    let mut arguments = Map::new();
    for name in ["command", "cmd"] {
        let Some(property) = properties.get(name) else { continue };
        let list = property["type"].as_str().is_some_and(|t| t.eq_ignore_ascii_case("array"));
        let value = if list { json!(["bash", "-lc", command]) } else { json!(command) };
        arguments.insert(name.to_owned(), value);
    }
    for (name, value) in ESCALATED {
        if properties.contains_key(name) {
            arguments.insert(name.to_owned(), value.into());
        }
    }
    for name in required(&tool.schema) {
        if !arguments.contains_key(name) {
            arguments.insert(name.to_owned(), filler(&tool.schema, &tool.schema["properties"][name], 0));
        }
    }
    Some(Reply::Tool { name: tool.name.clone(), arguments: arguments.into() })
}

/// Codex's code mode: a tool that runs JavaScript, from which the shell is a function.
fn script_call(tools: &[Tool], command: &str) -> Option<Reply> {
    let runs = |tool: &&Tool| tool.free.as_ref().is_some_and(|says| says.contains("exec_command("));
    let tool = tools.iter().find(runs)?;
    let mut arguments = json!({ "cmd": command });
    for (name, value) in ESCALATED {
        arguments[name] = value.into();
    }
    let script = format!("const result = await tools.exec_command({arguments});\ntext(result.output);\n");
    Some(Reply::Tool { name: tool.name.clone(), arguments: script.into() })
}

fn required(schema: &Value) -> impl Iterator<Item = &str> {
    schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str)
}

/// The smallest value that follows a schema, as far as a stand-in has to: types, enums, required properties, the first
/// of several, and references into `root`. Deeper than `DEPTH` everything is null.
#[must_use]
pub fn filler(root: &Value, schema: &Value, depth: usize) -> Value {
    const DEPTH: usize = 16;
    if depth > DEPTH {
        return Value::Null;
    }
    if let Some(path) = schema["$ref"].as_str().and_then(|path| path.strip_prefix('#')) {
        return filler(root, root.pointer(path).unwrap_or(&Value::Null), depth + 1);
    }
    if let Some(first) = schema["enum"].get(0).or_else(|| schema.get("const")) {
        return first.clone();
    }
    if let Some(first) = ["anyOf", "oneOf", "allOf"].iter().find_map(|name| schema[name].get(0)) {
        return filler(root, first, depth + 1);
    }
    let kind = schema["type"].as_str().or_else(|| schema["type"][0].as_str()).unwrap_or_default();
    match kind.to_ascii_lowercase().as_str() {
        "number" | "integer" => schema.get("minimum").cloned().unwrap_or_else(|| json!(1)),
        "boolean" => json!(false),
        "array" => json!([]),
        "null" => Value::Null,
        "object" => {
            let value = |name: &str| (name.to_owned(), filler(root, &schema["properties"][name], depth + 1));
            required(schema).map(value).collect::<Map<_, _>>().into()
        }
        _ => json!("Run the command that was asked for"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_follow_the_schema() {
        let tool = |name: &str, schema: Value| Tool { name: name.into(), schema, free: None };
        let arguments =
            |schema: Value| match shell_call(&[tool("read", json!({})), tool("shell", schema)], "ls") {
                Some(Reply::Tool { name, arguments }) if name == "shell" => arguments,
                other => panic!("{other:?}"),
            };
        let string = json!({"type": "string"});
        let required = json!({"properties": {"command": string, "description": string}, "required": ["command", "description"]});
        assert_eq!(
            arguments(required),
            json!({"command": "ls", "description": "Run the command that was asked for"})
        );
        let list = json!({"properties": {"command": {"type": "array"}, "timeout": {"type": "NUMBER"}}, "required": ["timeout"]});
        assert_eq!(arguments(list), json!({"command": ["bash", "-lc", "ls"], "timeout": 1}));
        assert_eq!(arguments(json!({"properties": {"cmd": string}})), json!({"cmd": "ls"}));
        assert_eq!(shell_call(&[tool("read", json!({}))], "ls"), None);
    }

    #[test]
    fn a_value_for_a_schema() {
        let schema = json!({
            "type": "object", "required": ["a", "b", "c", "d"], "$defs": {"n": {"type": "INTEGER", "minimum": 3}},
            "properties": {
                "a": {"enum": ["flash", "pro"]}, "b": {"$ref": "#/$defs/n"}, "c": {"anyOf": [{"type": "boolean"}]},
                "d": {"$ref": "#/properties/d"}, "e": {"type": "string"},
            },
        });
        assert_eq!(filler(&schema, &schema, 0), json!({"a": "flash", "b": 3, "c": false, "d": null}));
    }
}
