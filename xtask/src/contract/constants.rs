//! Constants: the words of the contract as `as const` objects, the error codes with their tables, limits and defaults.

use std::{collections::BTreeSet, fmt::Write as _};

use anyhow::{Result, ensure};
use lia_protocol::{
    computer::tools::TOOLS,
    error::{ErrorCode, status_name},
};
use serde_json::{Map, Value, json};

use super::{
    model::{Contract, Def, Prop, Ty},
    typescript::comment,
};

/// The one list of words that is a TypeScript enum, as its seed has it.
const ENUM: &str = "ErrorCode";

/// `src/generated/constants.ts`.
///
/// # Errors
/// Two words of one list that have one name.
pub fn constants(contract: &Contract) -> Result<String> {
    let mut out = String::from(super::HEAD);
    out.push_str("import type { LlmTool } from \"./types.js\";\n\n");
    let mut first = true;
    for def in &contract.defs {
        let Ty::Words(words) = &def.ty else { continue };
        if !std::mem::take(&mut first) {
            out.push('\n');
        }
        if def.entry.name == ENUM { enumeration(&mut out, def, words) } else { object(&mut out, def, words)? }
    }
    errors(&mut out);
    tables(&mut out, contract);
    tools(&mut out);
    Ok(out)
}

/// Whether a value of a type may hold a member of the enum, which TypeScript tells from its text.
pub fn holds_enum(contract: &Contract, name: &str) -> bool {
    name == ENUM || contract.reaches(name, ENUM)
}

/// `in_review`, `in-review` and `inReview` are `InReview`.
pub fn pascal(word: &str) -> String {
    let mut up = true;
    let mut out = String::new();
    for c in word.chars() {
        if !c.is_ascii_alphanumeric() {
            up = true;
        } else if std::mem::take(&mut up) {
            out.push(c.to_ascii_uppercase());
        } else {
            out.push(c);
        }
    }
    // SCREAMING words are not shouted.
    if word.len() > 1 && !word.contains(|c: char| c.is_ascii_lowercase()) {
        let mut quiet = String::new();
        for part in word.split(|c: char| !c.is_ascii_alphanumeric()) {
            let mut chars = part.chars();
            quiet.extend(chars.next());
            quiet.extend(chars.map(|c| c.to_ascii_lowercase()));
        }
        return quiet;
    }
    out
}

fn object(out: &mut String, def: &Def, words: &[(String, String)]) -> Result<()> {
    let name = def.entry.name;
    comment(out, &def.doc, 0);
    let _ = writeln!(out, "export const {name} = {{");
    let mut keys = BTreeSet::new();
    let twice = |word: &str| words.iter().filter(|(w, _)| pascal(w) == pascal(word)).count() > 1;
    for (word, doc) in words {
        // Of two words that differ in their case alone, the loud one keeps its form.
        let loud = twice(word) && !word.contains(|c: char| c.is_ascii_lowercase());
        let key = super::typescript::key(&if loud { word.clone() } else { pascal(word) });
        ensure!(keys.insert(key.clone()), "{name} has two words that are called {key}");
        comment(out, doc, 1);
        let _ = writeln!(out, "  {key}: {},", Value::from(word.as_str()));
    }
    let _ = writeln!(out, "}} as const;");
    comment(out, &def.doc, 0);
    let _ = writeln!(out, "export type {name} = (typeof {name})[keyof typeof {name}];");
    Ok(())
}

fn enumeration(out: &mut String, def: &Def, words: &[(String, String)]) {
    comment(out, &def.doc, 0);
    let _ = writeln!(out, "export enum {} {{", def.entry.name);
    for (word, doc) in words {
        comment(out, doc, 1);
        let _ = writeln!(out, "  {word} = {},", Value::from(word.as_str()));
    }
    out.push_str("}\n");
}

fn errors(out: &mut String) {
    out.push_str("\n/** The name of each HTTP status that an error code has. */\n");
    out.push_str("export const HTTP_STATUS_NAMES: Readonly<Record<number, string>> = {\n");
    let statuses: BTreeSet<u16> = ErrorCode::ALL.iter().map(|c| c.status()).collect();
    for status in statuses {
        let _ = writeln!(out, "  {status}: {},", Value::from(status_name(status)));
    }
    out.push_str("};\n\n/** The HTTP status of each error code. */\n");
    out.push_str("export const ERROR_STATUS_CODES: Readonly<Record<ErrorCode, number>> = {\n");
    for code in ErrorCode::ALL {
        let _ = writeln!(out, "  {}: {},", code.as_str(), code.status());
    }
    out.push_str("};\n\n/** What each error code says to people unless an answer says it better. */\n");
    out.push_str("export const ERROR_MESSAGES: Readonly<Record<ErrorCode, string>> = {\n");
    for code in ErrorCode::ALL {
        let _ = writeln!(out, "  {}: {},", code.as_str(), Value::from(code.default_message()));
    }
    out.push_str("};\n");
    out.push_str(
        r#"
/** The name of an HTTP status; `Unknown Error` for one that no error code has. */
export function getHttpStatusName(status: number): string {
  return HTTP_STATUS_NAMES[status] ?? "Unknown Error";
}

/** What an error code says to people. */
export function getErrorMessage(code: ErrorCode): string {
  return ERROR_MESSAGES[code];
}

/** The HTTP status of an error code. */
export function getErrorStatusCode(code: ErrorCode): number {
  return ERROR_STATUS_CODES[code];
}

/** Throws when a code lacks its message, its status, or its status its name. The generator never leaves one out. */
export function validateErrorConstants(): void {
  for (const code of Object.values(ErrorCode)) {
    if (!ERROR_MESSAGES[code]) throw new Error(`${code} has no message`);
    if (!ERROR_STATUS_CODES[code]) throw new Error(`${code} has no status`);
    if (!HTTP_STATUS_NAMES[ERROR_STATUS_CODES[code]]) throw new Error(`the status of ${code} has no name`);
  }
}
"#,
    );
}

/// Limits and defaults per type and field, as a form needs them.
fn tables(out: &mut String, contract: &Contract) {
    let mut limits = Map::new();
    let mut defaults = Map::new();
    for def in &contract.defs {
        let Ty::Object(props) = &def.ty else { continue };
        let mut bounds = Map::new();
        let mut values = Map::new();
        for prop in props {
            let bound = limit(prop);
            if !bound.is_empty() {
                bounds.insert(prop.name.clone(), Value::Object(bound));
            }
            if let Some(default) = &prop.default {
                values.insert(prop.name.clone(), default.clone());
            }
        }
        if !bounds.is_empty() {
            limits.insert(def.entry.name.to_owned(), Value::Object(bounds));
        }
        if !values.is_empty() {
            defaults.insert(def.entry.name.to_owned(), Value::Object(values));
        }
    }
    for (name, doc, table) in [
        (
            "LIMITS",
            "The bounds of each type's fields: a text's length in UTF-16 units (of a path also in \
             bytes of UTF-8), a list's length, a number's range.",
            limits,
        ),
        ("DEFAULTS", "What an absent field of each type means.", defaults),
    ] {
        let _ = write!(out, "\n/** {doc} */\nexport const {name} = ");
        literal(out, &Value::Object(table), 0);
        out.push_str(" as const;\n");
    }
}

/// The tools as a model is told of them.
fn tools(out: &mut String) {
    out.push_str(
        "\n/** The tools as a model is told of them, in that order. `write_file` is not among them. */\n",
    );
    out.push_str("export const LLM_TOOLS = [\n");
    for tool in TOOLS.iter() {
        let schema = Value::Object(tool.input_schema.clone());
        let tool = json!({ "name": tool.name, "description": tool.description, "input_schema": schema });
        // JSON is a literal of TypeScript.
        for line in format!("{tool:#}").lines() {
            let _ = writeln!(out, "  {line}");
        }
        out.truncate(out.trim_end().len());
        out.push_str(",\n");
    }
    out.push_str("] as const satisfies readonly LlmTool[];\n");
}

/// The bounds that a field states beyond those of its kind.
pub fn limit(prop: &Prop) -> Map<String, Value> {
    fn of(ty: &Ty) -> Map<String, Value> {
        let mut out = Map::new();
        let mut put = |key: &str, value: Option<Value>| {
            if let Some(value) = value {
                out.insert(key.into(), value);
            }
        };
        match ty {
            Ty::Text(text) => {
                put("minLength", text.min.map(|m| json!(m)));
                put("maxLength", text.max.map(|m| json!(m)));
                put("maxBytes", text.bytes.map(|m| json!(m)));
            }
            Ty::List { min, max, .. } | Ty::Map { min, max, .. } => {
                put("minItems", min.map(|m| json!(m)));
                put("maxItems", max.map(|m| json!(m)));
            }
            Ty::Int { min, max } => {
                let safe = lia_contract::schema::MAX_SAFE;
                put("min", (*min != -safe).then(|| json!(min)));
                put("max", (*max != safe).then(|| json!(max)));
            }
            Ty::Num { min, max } => {
                put("min", min.map(|m| json!(m)));
                put("max", max.map(|m| json!(m)));
            }
            Ty::Either(forms) => {
                let mut others = forms.iter().filter(|f| **f != Ty::Null);
                if let (Some(one), None) = (others.next(), others.next()) {
                    return of(one);
                }
            }
            Ty::Any
            | Ty::Null
            | Ty::Bool
            | Ty::Const(_)
            | Ty::Words(_)
            | Ty::Object(_)
            | Ty::Tagged { .. }
            | Ty::Ref(_) => {}
        }
        out
    }
    of(&prop.ty)
}

/// A JSON value as a literal of TypeScript.
pub fn literal(out: &mut String, value: &Value, depth: usize) {
    match value {
        Value::Object(map) if depth < 2 && !map.is_empty() => {
            out.push_str("{\n");
            for (key, value) in map {
                let _ = write!(out, "{}{}: ", "  ".repeat(depth + 1), super::typescript::key(key));
                literal(out, value, depth + 1);
                out.push_str(",\n");
            }
            let _ = write!(out, "{}}}", "  ".repeat(depth));
        }
        Value::Object(map) if !map.is_empty() => {
            out.push_str("{ ");
            for (at, (key, value)) in map.iter().enumerate() {
                let _ = write!(out, "{}{}: ", if at > 0 { ", " } else { "" }, super::typescript::key(key));
                literal(out, value, depth + 1);
            }
            out.push_str(" }");
        }
        other => {
            let _ = write!(out, "{other}");
        }
    }
}
