//! What changed between two bundles of the contract, and which of it breaks old clients.
//!
//! A change narrows (less is accepted than before) or widens (more is sent than before), or both. Where clients send a
//! type, narrowing breaks them; where the server sends it, widening does: an old client's validator knows neither the new
//! variant nor the new length. What neither side is known to send counts as sent by both. A new optional field is an
//! addition everywhere, since unknown fields are ignored everywhere; a field or type that goes away never is. What is not
//! understood is never let pass: a keyword that [`schema`] does not know is for people to judge, and breaks until they have.

pub mod routes;
mod schema;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use lia_contract::schema::references;
use serde_json::Value;

use schema::Differ;

/// Who sends a type.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sent {
    pub by_clients: bool,
    pub by_server: bool,
}

/// One difference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// `Type`, or `Type.field.field`.
    pub at: String,
    /// What happened.
    pub what: String,
    /// Whether old clients break.
    pub breaking: bool,
}

/// All differences, in the order of the new bundle's types.
pub fn diff(old: &Value, new: &Value, sent: &BTreeMap<String, Sent>) -> Vec<Change> {
    let mut out = Vec::new();
    routes::diff(old, new, &mut out);
    let none = serde_json::Map::new();
    let (olds, news) = (old["$defs"].as_object().unwrap_or(&none), new["$defs"].as_object().unwrap_or(&none));
    for name in olds.keys().filter(|n| !news.contains_key(*n)) {
        out.push(Change { at: name.clone(), what: "the type is gone".into(), breaking: true });
    }
    for (name, is) in news {
        match olds.get(name) {
            None => out.push(Change { at: name.clone(), what: "a new type".into(), breaking: false }),
            Some(was) => {
                let sent = sent.get(name).copied().unwrap_or_default();
                let unknown = !sent.by_clients && !sent.by_server;
                let sent = if unknown { Sent { by_clients: true, by_server: true } } else { sent };
                Differ::new(sent, &mut out).schema(name, was, is);
            }
        }
    }
    out
}

/// Who sends each type: those that are given, and what they hold.
pub fn closure(bundle: &Value, roots: impl IntoIterator<Item = (String, bool)>) -> BTreeMap<String, Sent> {
    let mut out: BTreeMap<String, Sent> = BTreeMap::new();
    let mut todo: Vec<(String, bool)> = roots.into_iter().collect();
    while let Some((name, by_client)) = todo.pop() {
        let entry = out.entry(name.clone()).or_default();
        let known = if by_client { &mut entry.by_clients } else { &mut entry.by_server };
        if !std::mem::replace(known, true) {
            references(&bundle["$defs"][&name], "#/$defs/", &mut |held| {
                todo.push((held.to_owned(), by_client))
            });
        }
    }
    out
}
