//! TypeScript types: an interface per struct, a union per union, with the descriptions as JSDoc.
//!
//! A type is what a reader has in hand: defaults are filled in. Where that differs from what may be sent there is a
//! second type, `NameInput`.

use std::fmt::Write as _;

use serde_json::Value;

use super::model::{Contract, Def, Prop, Ty};

/// Which side of a default one stands on.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// What may be sent: a field with a default may be absent.
    Input,
    /// What one has after reading.
    Output,
}

/// `src/generated/types.ts`.
pub fn types(contract: &Contract) -> String {
    let mut out = String::from(super::HEAD);
    let words: Vec<&str> =
        contract.defs.iter().filter(|d| matches!(d.ty, Ty::Words(_))).map(|d| d.entry.name).collect();
    let _ = write!(out, "import type {{\n{}}} from \"./constants.js\";\n", lines(&words));
    for def in &contract.defs {
        if matches!(def.ty, Ty::Words(_)) {
            continue;
        }
        out.push('\n');
        declare(contract, &mut out, def, Side::Output);
        if contract.has_input(def.entry.name) {
            out.push('\n');
            declare(contract, &mut out, def, Side::Input);
        }
    }
    out
}

fn lines(names: &[&str]) -> String {
    names.iter().fold(String::new(), |mut out, name| {
        let _ = writeln!(out, "  {name},");
        out
    })
}

fn declare(contract: &Contract, out: &mut String, def: &Def, side: Side) {
    let name = named(contract, def.entry.name, side);
    let doc = match side {
        Side::Output => def.doc.clone(),
        Side::Input => {
            format!("{{@link {}}} as it may be sent: what has a default may be left out.", def.entry.name)
        }
    };
    comment(out, &doc, 0);
    match &def.ty {
        Ty::Object(props) if props.is_empty() => {
            let _ = writeln!(out, "export type {name} = Record<string, never>;");
        }
        Ty::Object(props) => {
            let _ = write!(out, "export interface {name} ");
            object(contract, out, props, side, 0);
            out.push('\n');
        }
        Ty::Tagged { variants, .. } => {
            let _ = write!(out, "export type {name} =");
            for variant in variants {
                let _ = write!(out, "\n  | {}", named(contract, variant, side));
            }
            out.push_str(";\n");
        }
        other => {
            let _ = writeln!(out, "export type {name} = {};", expression(contract, other, side, 0));
        }
    }
}

/// The name of a type on one side.
pub fn named(contract: &Contract, name: &str, side: Side) -> String {
    match side {
        Side::Input if contract.has_input(name) => format!("{name}Input"),
        Side::Input | Side::Output => name.to_owned(),
    }
}

/// A type as an expression.
pub fn expression(contract: &Contract, ty: &Ty, side: Side, depth: usize) -> String {
    match ty {
        Ty::Any => "unknown".into(),
        Ty::Null => "null".into(),
        Ty::Bool => "boolean".into(),
        Ty::Const(value) => value.to_string(),
        Ty::Words(words) => {
            words.iter().map(|(w, _)| Value::from(w.as_str()).to_string()).collect::<Vec<_>>().join(" | ")
        }
        Ty::Text(_) => "string".into(),
        Ty::Int { .. } | Ty::Num { .. } => "number".into(),
        Ty::List { item, .. } => {
            let item = expression(contract, item, side, depth);
            if item.contains(" | ") || item.contains('{') {
                format!("Array<{item}>")
            } else {
                format!("{item}[]")
            }
        }
        Ty::Map { value, .. } => format!("Record<string, {}>", expression(contract, value, side, depth)),
        Ty::Object(props) if props.is_empty() => "Record<string, never>".into(),
        Ty::Object(props) => {
            let mut out = String::new();
            object(contract, &mut out, props, side, depth);
            out
        }
        Ty::Either(forms) => {
            forms.iter().map(|f| expression(contract, f, side, depth)).collect::<Vec<_>>().join(" | ")
        }
        Ty::Tagged { variants, .. } => {
            variants.iter().map(|v| named(contract, v, side)).collect::<Vec<_>>().join(" | ")
        }
        Ty::Ref(name) => named(contract, name, side),
    }
}

fn object(contract: &Contract, out: &mut String, props: &[Prop], side: Side, depth: usize) {
    let indent = "  ".repeat(depth + 1);
    out.push_str("{\n");
    for prop in props {
        let mut doc = prop.doc.clone();
        if let Some(default) = &prop.default {
            let _ = write!(doc, "{}@default {default}", if doc.is_empty() { "" } else { "\n" });
        }
        comment(out, &doc, depth + 1);
        let absent = match side {
            Side::Input => prop.optional,
            Side::Output => prop.optional && prop.default.is_none(),
        };
        let ty = expression(contract, &prop.ty, side, depth + 1);
        let _ = writeln!(out, "{indent}{}{}: {ty};", key(&prop.name), if absent { "?" } else { "" });
    }
    let _ = write!(out, "{}}}", "  ".repeat(depth));
}

/// A key of an object literal.
pub fn key(name: &str) -> String {
    let plain = !name.is_empty()
        && !name.starts_with(|c: char| c.is_ascii_digit())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '$');
    if plain { name.to_owned() } else { Value::from(name).to_string() }
}

/// A JSDoc comment; nothing for an empty text.
pub fn comment(out: &mut String, text: &str, depth: usize) {
    let indent = "  ".repeat(depth);
    let text = text.replace("*/", "*\u{200b}/");
    let mut lines = text.lines().map(str::trim_end);
    match (lines.next(), lines.next()) {
        (None, _) => {}
        (Some(one), None) => {
            let _ = writeln!(out, "{indent}/** {one} */");
        }
        (Some(first), Some(second)) => {
            let _ = writeln!(out, "{indent}/**");
            for line in [first, second].into_iter().chain(lines) {
                let _ = writeln!(out, "{indent} *{}{line}", if line.is_empty() { "" } else { " " });
            }
            let _ = writeln!(out, "{indent} */");
        }
    }
}
