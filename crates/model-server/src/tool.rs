//! Which of the agent's tools is its shell, and what arguments that one wants.

use serde_json::{Map, Value, json};

use crate::talk::Reply;

/// Names of shell tools, the likelier first: Claude Code, OpenCode, Gemini CLI, Codex and its older forms.
const SHELLS: [&str; 7] =
    ["Bash", "bash", "run_shell_command", "exec_command", "shell_command", "shell", "local_shell"];

/// A tool that the agent offers.
#[derive(Clone, Debug, PartialEq)]
pub struct Tool {
    /// Its name.
    pub name: String,
    /// JSON Schema of its arguments (Gemini's dialect writes the types in capitals).
    pub schema: Value,
}

/// A call of the agent's shell with this command; none when it has no shell.
#[must_use]
pub fn shell_call(tools: &[Tool], command: &str) -> Option<Reply> {
    let tool = SHELLS.iter().find_map(|name| tools.iter().find(|tool| tool.name == *name))?;
    let empty = Map::new();
    let properties = tool.schema["properties"].as_object().unwrap_or(&empty);
    let mut arguments = Map::new();
    for name in ["command", "cmd"] {
        let Some(property) = properties.get(name) else { continue };
        let list = property["type"].as_str().is_some_and(|t| t.eq_ignore_ascii_case("array"));
        let value = if list { json!(["bash", "-lc", command]) } else { json!(command) };
        arguments.insert(name.to_owned(), value);
    }
    for name in tool.schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        if !arguments.contains_key(name) {
            let property = properties.get(name).unwrap_or(&Value::Null);
            arguments.insert(name.to_owned(), filler(property));
        }
    }
    Some(Reply::Tool { name: tool.name.clone(), arguments: arguments.into() })
}

/// A value of the type that the property asks for.
fn filler(property: &Value) -> Value {
    if let Some(first) = property["enum"].get(0) {
        return first.clone();
    }
    match property["type"].as_str().unwrap_or_default().to_ascii_lowercase().as_str() {
        "number" | "integer" => json!(10_000),
        "boolean" => json!(false),
        "array" => json!([]),
        "object" => json!({}),
        _ => json!("Run the command that was asked for"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_follow_the_schema() {
        let tool = |name: &str, schema: Value| Tool { name: name.into(), schema };
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
        assert_eq!(arguments(list), json!({"command": ["bash", "-lc", "ls"], "timeout": 10_000}));
        assert_eq!(arguments(json!({"properties": {"cmd": string}})), json!({"cmd": "ls"}));
        assert_eq!(shell_call(&[tool("read", json!({}))], "ls"), None);
    }
}
