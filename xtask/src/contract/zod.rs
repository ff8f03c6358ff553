//! Zod 4 schemas: one constant per type, in an order in which each is made after those that it is made of.
//!
//! Each constant is made in a function that is marked as pure, so that a bundler leaves out the schemas that nobody uses.
//! Where types hold each other, the field that closes the circle is lazy and says its type; the structs themselves stay
//! plain objects, so that a union of them still finds the variant by its tag.

use std::{collections::BTreeSet, fmt::Write as _};

use anyhow::{Result, ensure};
use lia_contract::schema::MAX_SAFE;
use serde_json::Value;

use super::{
    model::{Contract, Def, Prop, Rule, Text, Ty},
    typescript::{Side, comment, expression, key},
};

/// `src/generated/schemas.ts`.
///
/// # Errors
/// When types hold each other without a field in between.
pub fn schemas(contract: &Contract) -> Result<String> {
    let mut body = String::new();
    let mut emitter = Emitter {
        contract,
        patterns: Vec::new(),
        types: BTreeSet::new(),
        constants: BTreeSet::new(),
        helpers: BTreeSet::new(),
    };
    for def in order(contract)? {
        body.push('\n');
        let doc = if def.doc.is_empty() { format!("{{@link {}}}", def.entry.name) } else { def.doc.clone() };
        comment(&mut body, &doc, 0);
        let mut made = emitter.schema(&def.ty, def.entry.name, 0);
        match def.rule {
            None => {}
            Some(Rule::OneDecision) => made.push_str(ONE_DECISION),
        }
        let _ = writeln!(body, "export const {} = /* @__PURE__ */ (() =>\n  {made})();", def.entry.zod);
    }
    let mut out = String::from(super::HEAD);
    out.push_str("import * as z from \"zod\";\n\n");
    import(&mut out, "import", &emitter.constants, "./constants.js");
    import(&mut out, "import type", &emitter.types, "./types.js");
    let helpers: Vec<&str> = emitter.helpers.iter().copied().collect();
    if !helpers.is_empty() {
        let _ = write!(out, "import {{ {} }} from \"../zod.js\";\n\n", helpers.join(", "));
    }
    for (at, pattern) in emitter.patterns.iter().enumerate() {
        let _ = writeln!(out, "const pattern{} = /{}/u;", at + 1, pattern.replace('/', "\\/"));
    }
    out.push_str(&body);
    Ok(out)
}

const ONE_DECISION: &str = r#".refine(
    ({ approved, decision }) =>
      approved === undefined ? decision !== undefined : decision === undefined || (decision === "approved") === approved,
    { path: ["decision"], error: "Decision must be approved or rejected" },
  )"#;

fn import(out: &mut String, how: &str, names: &BTreeSet<String>, from: &str) {
    if names.is_empty() {
        return;
    }
    let list = names.iter().fold(String::new(), |mut list, name| {
        let _ = writeln!(list, "  {name},");
        list
    });
    let _ = write!(out, "{how} {{\n{list}}} from \"{from}\";\n\n");
}

/// Each type after those that its schema names at once.
fn order(contract: &Contract) -> Result<Vec<&Def>> {
    let mut done = BTreeSet::new();
    let mut out = Vec::new();
    while out.len() < contract.defs.len() {
        let before = out.len();
        for def in &contract.defs {
            let name = def.entry.name;
            if done.contains(name)
                || !needs(contract, &def.ty, name).iter().all(|n| done.contains(n.as_str()))
            {
                continue;
            }
            done.insert(name);
            out.push(def);
        }
        ensure!(out.len() > before, "types hold each other without a field in between");
    }
    Ok(out)
}

fn needs(contract: &Contract, ty: &Ty, owner: &str) -> BTreeSet<String> {
    let mut out = BTreeSet::new();
    if let Ty::Object(props) = ty {
        for prop in props {
            if !closes(contract, prop, owner) {
                out.extend(needs(contract, &prop.ty, owner));
            }
        }
    } else {
        ty.each_ref(&mut |name| {
            out.insert(name.to_owned());
        });
    }
    out
}

/// Whether a field of a type leads back to it.
fn closes(contract: &Contract, prop: &Prop, owner: &str) -> bool {
    let mut found = false;
    prop.ty.each_ref(&mut |name| found |= name == owner || contract.together(name, owner));
    found
}

struct Emitter<'a> {
    contract: &'a Contract,
    patterns: Vec<String>,
    types: BTreeSet<String>,
    constants: BTreeSet<String>,
    /// What of `src/zod.ts` is used.
    helpers: BTreeSet<&'static str>,
}

impl Emitter<'_> {
    fn schema(&mut self, ty: &Ty, owner: &str, depth: usize) -> String {
        match ty {
            Ty::Any => "z.unknown()".into(),
            Ty::Null => "z.null()".into(),
            Ty::Bool => "z.boolean()".into(),
            Ty::Const(value) => format!("z.literal({value})"),
            Ty::Words(words) if depth == 0 && !words.is_empty() => {
                self.constants.insert(owner.to_owned());
                format!("z.enum({owner})")
            }
            Ty::Words(words) => {
                let words: Vec<String> =
                    words.iter().map(|(w, _)| Value::from(w.as_str()).to_string()).collect();
                format!("z.enum([{}])", words.join(", "))
            }
            Ty::Text(text) => self.text(text),
            Ty::Int { min, max } => {
                let mut out = String::from("z.int()");
                if *min != -MAX_SAFE {
                    let _ = write!(out, ".min({min})");
                }
                if *max != MAX_SAFE {
                    let _ = write!(out, ".max({max})");
                }
                out
            }
            Ty::Num { min, max } => {
                let mut out = String::from("z.number()");
                if let Some(min) = min {
                    let _ = write!(out, ".min({min})");
                }
                if let Some(max) = max {
                    let _ = write!(out, ".max({max})");
                }
                out
            }
            Ty::List { item, min, max } => {
                let mut out = format!("z.array({})", self.schema(item, owner, depth + 1));
                bounds(&mut out, *min, *max);
                out
            }
            Ty::Map { key, value, min, max } => {
                let key = self.text(&key.clone().unwrap_or_default());
                let mut out = format!("z.record({key}, {})", self.schema(value, owner, depth + 1));
                if let Some(min) = min {
                    let _ = write!(
                        out,
                        ".refine((map) => Object.keys(map).length >= {min}, \"has fewer than {min} keys\")"
                    );
                }
                if let Some(max) = max {
                    let _ = write!(
                        out,
                        ".refine((map) => Object.keys(map).length <= {max}, \"has more than {max} keys\")"
                    );
                }
                out
            }
            Ty::Object(props) => self.object(props, owner, depth + 1),
            Ty::Either(forms) => self.either(forms, owner, depth),
            Ty::Tagged { field, variants } => {
                if let Some(other) = self.contract.otherwise(field, variants) {
                    return self.otherwise(field, variants, other);
                }
                let list = variants.iter().fold(String::new(), |mut list, v| {
                    let _ = write!(list, "\n    {},", self.named(v));
                    list
                });
                format!("z.discriminatedUnion({}, [{list}\n  ])", Value::from(field.as_str()))
            }
            Ty::Ref(name) => self.named(name),
        }
    }

    /// A union whose last variant takes every tag that no other has.
    fn otherwise(&mut self, field: &str, variants: &[String], other: &str) -> String {
        self.helpers.insert("taggedOr");
        let list = variants.iter().filter(|v| *v != other).fold(String::new(), |mut list, v| {
            let _ = write!(list, "\n      {},", self.named(v));
            list
        });
        format!("taggedOr({field:?}, [{list}\n    ], {})", self.named(other))
    }

    fn named(&self, name: &str) -> String {
        self.contract.find(name).map_or_else(|| name.to_owned(), |d| d.entry.zod.to_owned())
    }

    fn text(&mut self, text: &Text) -> String {
        let mut out = String::from("z.string()");
        // Zod counts code points; nothing and something are the same in both.
        bounds(&mut out, text.min.filter(|m| *m <= 1), None);
        let minimum = text.min.filter(|m| *m > 1);
        for (name, bound) in [("minUnits", minimum), ("maxUnits", text.max), ("maxBytes", text.bytes)] {
            if let Some(bound) = bound {
                self.helpers.insert(name);
                let _ = write!(out, ".check({name}({bound}))");
            }
        }
        if let Some(pattern) = &text.pattern {
            let at = self.patterns.iter().position(|p| p == pattern).unwrap_or_else(|| {
                self.patterns.push(pattern.clone());
                self.patterns.len() - 1
            });
            let _ = write!(out, ".regex(pattern{})", at + 1);
        }
        if !text.except.is_empty() {
            let words = serde_json::json!(text.except);
            let _ = write!(out, ".refine((text) => !{words}.includes(text), \"has a type of its own\")");
        }
        out
    }

    fn either(&mut self, forms: &[Ty], owner: &str, depth: usize) -> String {
        let others: Vec<&Ty> = forms.iter().filter(|f| **f != Ty::Null).collect();
        let inner = match others.as_slice() {
            [one] => self.schema(one, owner, depth + 1),
            all => {
                let all: Vec<String> = all.iter().map(|f| self.schema(f, owner, depth + 1)).collect();
                format!("z.union([{}])", all.join(", "))
            }
        };
        if others.len() == forms.len() { inner } else { format!("{inner}.nullable()") }
    }

    fn object(&mut self, props: &[Prop], owner: &str, depth: usize) -> String {
        let indent = "  ".repeat(depth + 1);
        let mut out = String::from("z.object({\n");
        for prop in props {
            let mut value = if closes(self.contract, prop, owner) {
                self.lazy(prop, owner, depth)
            } else {
                self.schema(&prop.ty, owner, depth)
            };
            if let Some(default) = &prop.default {
                let _ = write!(value, ".default({default})");
            } else if prop.optional {
                value.push_str(".optional()");
            } else if prop.ty == Ty::Any {
                // Any value, but a value: not every Zod 4 says so by itself.
                value.push_str(".nonoptional()");
            }
            let _ = writeln!(out, "{indent}{}: {value},", key(&prop.name));
        }
        let _ = write!(out, "{}}})", "  ".repeat(depth));
        out
    }

    fn lazy(&mut self, prop: &Prop, owner: &str, depth: usize) -> String {
        for side in [Side::Output, Side::Input] {
            prop.ty.each_ref(&mut |name| {
                let words = self.contract.find(name).is_some_and(|d| matches!(d.ty, Ty::Words(_)));
                let names = if words { &mut self.constants } else { &mut self.types };
                names.insert(super::typescript::named(self.contract, name, side));
            });
        }
        let output = expression(self.contract, &prop.ty, Side::Output, depth);
        let input = expression(self.contract, &prop.ty, Side::Input, depth);
        let inner = self.schema(&prop.ty, owner, depth);
        let types = format!("{output}, {input}");
        format!("z.lazy((): z.ZodType<{types}> => {inner})")
    }
}

fn bounds(out: &mut String, min: Option<u64>, max: Option<u64>) {
    if let Some(min) = min.filter(|m| *m > 0) {
        let _ = write!(out, ".min({min})");
    }
    if let Some(max) = max {
        let _ = write!(out, ".max({max})");
    }
}
