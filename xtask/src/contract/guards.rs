//! Type guards: error bodies, content blocks, computer actions. What each looks at is what its seed's looks at, no more;
//! whoever wants a full check has the schemas.

use std::fmt::Write as _;

use anyhow::Result;

use super::{constants::pascal, model::Contract};

/// A guard of a content block: its type's name, and the condition on `value`, an object.
const BLOCKS: [(&str, &str); 9] = [
    ("TextContentBlock", r#"value.type === "text" && typeof value.text === "string""#),
    ("ImageContentBlock", r#"value.type === "image" && isSource(value.source)"#),
    ("DocumentContentBlock", r#"value.type === "document" && isSource(value.source)"#),
    (
        "ThinkingContentBlock",
        r#"value.type === "thinking" && typeof value.thinking === "string" && typeof value.signature === "string""#,
    ),
    (
        "RedactedThinkingContentBlock",
        r#"value.type === "redacted_thinking" && typeof value.data === "string""#,
    ),
    ("UserActionContentBlock", r#"value.type === "user_action""#),
    (
        "ToolUseContentBlock",
        r#"value.type === "tool_use" && typeof value.name === "string" && typeof value.id === "string" && typeof value.input === "object""#,
    ),
    (
        "ComputerToolUseContentBlock",
        r#"isToolUseContentBlock(value) && (value.name as string).startsWith("computer_")"#,
    ),
    ("ToolResultContentBlock", r#"value.type === "tool_result" && typeof value.tool_use_id === "string""#),
];

/// The blocks that make a value any content block at all.
const BASE: [&str; 8] = [
    "TextContentBlock",
    "ImageContentBlock",
    "DocumentContentBlock",
    "ToolUseContentBlock",
    "ToolResultContentBlock",
    "ThinkingContentBlock",
    "RedactedThinkingContentBlock",
    "UserActionContentBlock",
];

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
    for (ty, condition) in BLOCKS {
        contract.get(ty)?;
        out.push(Guard { name: format!("is{ty}"), ty: ty.into(), condition: condition.into() });
    }
    let any: Vec<String> = BASE.iter().map(|b| format!("is{b}(value)")).collect();
    out.push(Guard {
        name: "isMessageContentBlock".into(),
        ty: "MessageContentBlock".into(),
        condition: any.join(" || "),
    });
    for (ty, name) in tools(contract) {
        let (base, word) = match name.strip_prefix("computer_") {
            Some(word) => ("isComputerToolUseContentBlock", word),
            None => ("isToolUseContentBlock", name),
        };
        out.push(Guard {
            name: format!("is{}ToolUseBlock", pascal(word)),
            ty: ty.into(),
            condition: format!("{base}(value) && value.name === \"{name}\""),
        });
    }
    for (ty, action) in actions(contract) {
        out.push(Guard {
            name: format!("is{}Action", pascal(action)),
            ty: ty.into(),
            condition: format!("value.action === \"{action}\""),
        });
    }
    Ok(out)
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
    out.push_str(DESCRIPTION);
    Ok(out)
}

const ERRORS: &str = r#"type Fields = Record<string, unknown>;

function isObject(value: unknown): value is Fields {
  return typeof value === "object" && value !== null;
}

/** The source of an image or a document. Which media type it names is not looked at. */
function isSource(value: unknown): boolean {
  return (
    isObject(value) &&
    typeof value.media_type === "string" &&
    typeof value.type === "string" &&
    typeof value.data === "string"
  );
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

const DESCRIPTION: &str = r#"
/** What a content block is, for people who look for a mistake; `null` for what is none. The first that fits wins. */
export function getMessageContentBlockType(value: unknown): string | null {
  if (isTextContentBlock(value)) return "TextContentBlock";
  if (isImageContentBlock(value)) return "ImageContentBlock";
  if (isDocumentContentBlock(value)) return "DocumentContentBlock";
  if (isThinkingContentBlock(value)) return "ThinkingContentBlock";
  if (isRedactedThinkingContentBlock(value)) return "RedactedThinkingContentBlock";
  if (isComputerToolUseContentBlock(value)) {
    const suffix = value.input === null ? "" : `:${value.name.replace("computer_", "")}`;
    return `ComputerToolUseContentBlock${suffix}`;
  }
  if (isToolUseContentBlock(value)) return "ToolUseContentBlock";
  if (isToolResultContentBlock(value)) return "ToolResultContentBlock";
  return null;
}
"#;
