//! Type guards: error bodies, content blocks, computer actions. What each looks at is what its seed's looks at, no more;
//! whoever wants a full check has the schemas.

use std::fmt::Write as _;

use anyhow::Result;
use lia_protocol::computer::guards::{ACTIONS, BLOCKS, TOOL_USES, Test};

use super::model::Contract;

/// A guard that is written: its name, the type that it narrows to, the condition.
pub struct Guard {
    /// The function.
    pub name: String,
    /// What it narrows to.
    pub ty: String,
    /// The condition on `value`, which is an object.
    condition: String,
}

/// All guards of blocks and actions, in the order in which they are written.
///
/// # Errors
/// When one of their types is not in the registry.
pub fn table(contract: &Contract) -> Result<Vec<Guard>> {
    let mut out = Vec::new();
    for (at, guard) in [BLOCKS, TOOL_USES, ACTIONS].into_iter().flatten().enumerate() {
        if at == BLOCKS.len() {
            let any: Vec<String> = BLOCKS.iter().map(|b| format!("{}(value)", b.name)).collect();
            out.push(Guard {
                name: "isMessageContentBlock".into(),
                ty: "MessageContentBlock".into(),
                condition: any.join(" || "),
            });
        }
        contract.get(guard.of)?;
        let tests: Vec<String> = guard.tests.iter().map(test).collect();
        out.push(Guard { name: guard.name.into(), ty: guard.of.into(), condition: tests.join(" && ") });
    }
    Ok(out)
}

fn test(test: &Test) -> String {
    let path = |path: &[&str]| {
        path.iter().enumerate().fold("value".to_owned(), |at, (depth, field)| {
            if depth == 0 { format!("{at}.{field}") } else { format!("({at} as Fields).{field}") }
        })
    };
    match test {
        Test::Is(field, text) => format!("value.{field} === \"{text}\""),
        Test::Text(fields) => format!("typeof {} === \"string\"", path(fields)),
        Test::Object(field) => format!("isObject(value.{field})"),
        Test::TypeofObject(field) => format!("typeof value.{field} === \"object\""),
        Test::Begins(field, text) => {
            format!("typeof value.{field} === \"string\" && value.{field}.startsWith(\"{text}\")")
        }
    }
}

/// Each tool-use block with a fixed name: its type and that name.
pub fn tools(contract: &Contract) -> Vec<(&str, &str)> {
    let mut out = Vec::new();
    for def in &contract.defs {
        let name = def.entry.name;
        if contract.tag(name, "type") == Some("tool_use")
            && let Some(tool) = contract.tag(name, "name")
        {
            out.push((name, tool));
        }
    }
    out
}

/// Each computer action: its type and its word.
pub fn actions(contract: &Contract) -> Vec<(&str, &str)> {
    contract
        .variants("ComputerAction")
        .into_iter()
        .filter_map(|n| Some((n, contract.tag(n, "action")?)))
        .collect()
}

/// `src/generated/guards.ts`.
///
/// # Errors
/// As [`table`].
pub fn guards(contract: &Contract) -> Result<String> {
    let table = table(contract)?;
    let mut types: Vec<&str> = table.iter().map(|g| g.ty.as_str()).chain(["ApiErrorResponse"]).collect();
    types.sort_unstable();
    types.dedup();
    let mut out = String::from(super::HEAD);
    out.push_str("import { ErrorCode } from \"./constants.js\";\nimport type {\n");
    for ty in types {
        let _ = writeln!(out, "  {ty},");
    }
    out.push_str("} from \"./types.js\";\n\n");
    out.push_str(ERRORS);
    for Guard { name, ty, condition } in &table {
        let _ = write!(
            out,
            "\n/** Whether a value is a {{@link {ty}}}. */\nexport function {name}(value: unknown): value is {ty} {{\n  \
             return isObject(value) && ({condition});\n}}\n"
        );
    }
    out.push_str(&description());
    Ok(out)
}

const ERRORS: &str = r#"type Fields = Record<string, unknown>;

function isObject(value: unknown): value is Fields {
  return typeof value === "object" && value !== null;
}

const errorCodes: ReadonlySet<unknown> = /* @__PURE__ */ new Set(/* @__PURE__ */ Object.values(ErrorCode));

/** Whether a value is one of the error codes. */
export function isValidErrorCode(value: unknown): value is ErrorCode {
  return errorCodes.has(value);
}

/** Whether an answer is an {@link ApiErrorResponse}. Its details are not looked at. */
export function isApiErrorResponse(value: unknown): value is ApiErrorResponse {
  return (
    isObject(value) &&
    typeof value.error === "string" &&
    typeof value.message === "string" &&
    isValidErrorCode(value.code)
  );
}
"#;

/// What a block is called: the guards in their order, but for the one that the seed leaves out.
fn description() -> String {
    let mut out = String::from(
        "\n/** What a content block is, for people who look for a mistake; `null` for what is none. The first that fits wins. \
         */\nexport function getMessageContentBlockType(value: unknown): string | null {\n",
    );
    for guard in BLOCKS.iter().filter(|g| g.of != "UserActionContentBlock") {
        let (name, of) = (guard.name, guard.of);
        if of == "ComputerToolUseContentBlock" {
            let _ = write!(
                out,
                "  if ({name}(value)) {{\n    return value.input === null ? \"{of}\" : \
                 `{of}:${{value.name.replace(\"computer_\", \"\")}}`;\n  }}\n"
            );
        } else {
            let _ = writeln!(out, "  if ({name}(value)) return \"{of}\";");
        }
    }
    out.push_str("  return null;\n}\n");
    out
}
