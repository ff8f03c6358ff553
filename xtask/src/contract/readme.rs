//! The README of `@lia/shared`: how it is used, and every schema, field, default and guard.

use std::fmt::Write as _;

use anyhow::Result;
use lia_protocol::computer::tools::TOOLS;
use serde_json::Value;

use super::{
    constants::limit,
    converters, guards,
    model::{Contract, Def, Prop, Ty},
    typescript::{Side, expression},
};

/// `packages/shared/README.md`.
///
/// # Errors
/// As the tables of guards and converters.
pub fn readme(contract: &Contract) -> Result<String> {
    let mut out = String::from(HEAD);
    let mut groups: Vec<String> = Vec::new();
    for def in &contract.defs {
        let group = format!("{:?}", def.entry.group);
        if !groups.contains(&group) {
            groups.push(group);
        }
    }
    for group in groups {
        let _ = writeln!(out, "## {group}\n");
        for def in contract.defs.iter().filter(|d| format!("{:?}", d.entry.group) == group) {
            describe(contract, &mut out, def);
        }
    }
    out.push_str("## Guards\n\nEach takes `unknown` and narrows it; none throws.\n\n| guard | narrows to |\n|---|---|\n");
    out.push_str("| `isApiErrorResponse` | `ApiErrorResponse` |\n| `isValidErrorCode` | `ErrorCode` |\n");
    for guard in guards::table(contract)? {
        let _ = writeln!(out, "| `{}` | `{}` |", guard.name, guard.ty);
    }
    out.push_str("\n## Converters\n\n| action to tool use | tool use to action |\n|---|---|\n");
    for pair in converters::pairs(contract)? {
        let _ = writeln!(out, "| `{}` | `{}` |", pair.to_block, pair.to_action);
    }
    out.push_str("| `convertComputerActionToToolUseBlock` | `convertComputerToolUseBlockToAction` |\n");
    out.push_str("\n## Tools\n\n`LLM_TOOLS` holds them as a model is told of them: `name`, `description` and `input_schema`.\n\n");
    out.push_str("| tool | does | input (`?`: may be absent) |\n|---|---|---|\n");
    for tool in TOOLS.iter() {
        let required = tool.input_schema.get("required").and_then(Value::as_array);
        let needed = |name: &str| required.is_some_and(|all| all.iter().any(|r| r == name));
        let fields = tool.input_schema.get("properties").and_then(Value::as_object).into_iter().flatten();
        let fields: Vec<String> =
            fields.map(|(name, _)| format!("`{name}`{}", if needed(name) { "" } else { "?" })).collect();
        let _ = writeln!(out, "| `{}` | {} | {} |", tool.name, cell(&tool.description), fields.join(", "));
    }
    Ok(out)
}

fn describe(contract: &Contract, out: &mut String, def: &Def) {
    let _ = writeln!(
        out,
        "### {}\n\nSchema: `{}`. {}\n",
        def.entry.name,
        def.entry.zod,
        def.doc.replace('\n', " ")
    );
    match &def.ty {
        Ty::Object(props) if !props.is_empty() => {
            out.push_str("| field | type | | bounds | meaning |\n|---|---|---|---|---|\n");
            for prop in props {
                field(contract, out, prop);
            }
            out.push('\n');
        }
        Ty::Words(words) => {
            out.push_str("| word | meaning |\n|---|---|\n");
            for (word, doc) in words {
                let _ = writeln!(out, "| `{word}` | {} |", cell(doc));
            }
            out.push('\n');
        }
        Ty::Tagged { field, variants } => {
            let _ = writeln!(out, "Told apart by `{field}`: {}.\n", list(variants));
        }
        Ty::Object(_) => {}
        other => {
            let _ = writeln!(out, "`{}`\n", expression(contract, other, Side::Output, 0).replace('\n', " "));
        }
    }
}

fn list(names: &[String]) -> String {
    names.iter().map(|n| format!("`{n}`")).collect::<Vec<_>>().join(", ")
}

fn field(contract: &Contract, out: &mut String, prop: &Prop) {
    let ty = expression(contract, &without_docs(&prop.ty), Side::Output, 0);
    let ty = ty.split_whitespace().collect::<Vec<_>>().join(" ");
    let presence = match (&prop.default, prop.optional) {
        (Some(default), _) => format!("default `{default}`"),
        (None, true) => "optional".into(),
        (None, false) => String::new(),
    };
    let bounds: Vec<String> = limit(prop).iter().map(|(key, value)| format!("{key} {value}")).collect();
    let _ = writeln!(
        out,
        "| `{}` | `{}` | {presence} | {} | {} |",
        prop.name,
        ty.replace('|', "\\|"),
        bounds.join(", "),
        cell(&prop.doc)
    );
}

/// The same without descriptions, for one line.
fn without_docs(ty: &Ty) -> Ty {
    match ty {
        Ty::Object(props) => Ty::Object(
            props
                .iter()
                .map(|p| Prop { doc: String::new(), default: None, ty: without_docs(&p.ty), ..p.clone() })
                .collect(),
        ),
        Ty::List { item, min, max } => Ty::List { item: Box::new(without_docs(item)), min: *min, max: *max },
        Ty::Either(forms) => Ty::Either(forms.iter().map(without_docs).collect()),
        other => other.clone(),
    }
}

fn cell(text: &str) -> String {
    text.replace('\n', " ").replace('|', "\\|")
}

const HEAD: &str = r#"<!-- Generated from crates/protocol by `cargo run -p xtask -- generate`. Do not edit. -->

# @lia/shared

TypeScript types, Zod 4 schemas, guards and constants of everything that crosses one of Lia's wires. All of it is
generated from the Rust crate `crates/protocol`; `make verify-types` proves that Rust, JSON Schema, Zod and TypeScript
accept and refuse the same messages.

```typescript
import type { AgentEvent, ChatMessageData, TaskResponse } from "@lia/shared";
import { ErrorCode, TaskStatus, getErrorMessage, isApiErrorResponse } from "@lia/shared";
import { chatMessageSchema, validateSafe } from "@lia/shared/schemas";

const result = validateSafe(chatMessageSchema, input);
if (result.success) send(result.data);
else console.error(result.error.errors);
```

| entry point | holds | needs zod |
|---|---|---|
| `@lia/shared` | every type; constants, guards, converters; the schemas of tasks | where a schema is used |
| `@lia/shared/schemas` | every schema, `validateSafe`, `validateOrThrow`, `parseAgentEvent`, `z` | yes |
| `@lia/shared/constants` | words, error codes and their tables, `LIMITS`, `DEFAULTS`, `LLM_TOOLS` | no |
| `@lia/shared/runtime`, `/runtime-host`, `/session-host`, `/session`, `/storage`, `/ws`, `/ws/channels` | types alone | no |
| `@lia/shared/ws/zod`, `/session-host/zod` | the schemas of those parts | yes |
| `@lia/shared/verify` | `verifyWebhookSignature`, `signWebhookPayload` (Node.js) | no |

- ESM and CommonJS, each with its declarations. Bundlers that take TypeScript find the sources under the condition
  `source`.
- Unknown fields are dropped by the schemas. An optional field may be absent and is never `null`.
- A type is what one has after reading: defaults are filled in. Where that differs, `NameInput` is what may be sent.
- Lengths are counted in UTF-16 units, as `String.length` does.

The schemas say everything; the types say less, which the proof states case by case (`by: "limit"` in
`crates/contract/fixtures`, where the value compiles and is refused when it is read):

- Limits: lengths, ranges, patterns, whole numbers, rules over several fields.
- `ToolUseContentBlock` takes every tool. A known tool's name with a wrong `input` compiles as `OtherToolUseBlock`, for
  TypeScript has no "every text but these"; the blocks' own types (`ClickMouseToolUseBlock` and so on) refuse it.
- A type whose fields may all be absent takes objects with unknown fields only when they have a known one too.

"#;
