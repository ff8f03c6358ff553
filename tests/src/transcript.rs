//! A recorded transcript of the control link, and how it is compared with what is said today.
//!
//! `tests/fixtures/link/last-release.txt` holds what the server and the sidecar of the last release said to each other:
//! one line each, `host` or `sidecar` before it, and `cut` where the connection ended and another one followed. What
//! differs from run to run stands as a name, `"$session"` in place of the JSON value; `"$any"` is never compared.
//!
//! A later peer may say more in a line than was recorded; what was recorded must be there.

use std::collections::BTreeMap;

use anyhow::{Context as _, bail, ensure};
use serde_json::Value;

/// The recorded transcript.
pub const LAST_RELEASE: &str = include_str!("../fixtures/link/last-release.txt");

/// One step of a transcript.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// A line of the control plane.
    Host(String),
    /// A line of the sidecar.
    Sidecar(String),
    /// The connection ends; another one follows.
    Cut,
}

/// Reads a transcript. Lines that begin with `#` are for people.
///
/// # Errors
/// A line that is none of its forms.
pub fn parse(text: &str) -> anyhow::Result<Vec<Step>> {
    let lines = text.lines().filter(|l| !l.starts_with('#') && !l.is_empty());
    lines
        .map(|line| match line.split_once(' ') {
            Some(("host", said)) => Ok(Step::Host(said.to_owned())),
            Some(("sidecar", said)) => Ok(Step::Sidecar(said.to_owned())),
            None if line == "cut" => Ok(Step::Cut),
            _ => bail!("not a line of a transcript: {line}"),
        })
        .collect()
}

/// What the names of a transcript stand for in one run.
#[derive(Clone, Debug, Default)]
pub struct Names(BTreeMap<String, Value>);

impl Names {
    /// Gives a name its value.
    pub fn set(&mut self, name: &str, value: impl Into<Value>) {
        self.0.insert(format!("${name}"), value.into());
    }

    /// A recorded line with every name replaced: what is said today.
    ///
    /// # Errors
    /// A name that stands for nothing yet.
    pub fn fill(&self, recorded: &str) -> anyhow::Result<String> {
        let mut said = recorded.to_owned();
        for (name, value) in &self.0 {
            said = said.replace(&format!("\"{name}\""), &value.to_string());
        }
        ensure!(!said.contains("\"$"), "a name stands for nothing in {said}");
        Ok(said)
    }

    /// What is said today with values replaced by their names: what is recorded.
    #[must_use]
    pub fn hide(&self, said: &str) -> String {
        self.0.iter().fold(said.to_owned(), |said, (name, value)| {
            said.replace(&value.to_string(), &format!("\"{name}\""))
        })
    }

    /// Whether `said` has all that was recorded. A name that is new takes the value that stands there.
    ///
    /// # Errors
    /// The first difference.
    pub fn compare(&mut self, recorded: &str, said: &str) -> anyhow::Result<()> {
        let (r, s) = (serde_json::from_str(recorded)?, serde_json::from_str(said)?);
        self.same("", &r, &s).with_context(|| format!("recorded {recorded}\nsaid     {said}"))
    }

    fn same(&mut self, at: &str, recorded: &Value, said: &Value) -> anyhow::Result<()> {
        match (recorded, said) {
            (Value::String(name), _) if name == "$any" => Ok(()),
            (Value::String(name), _) if name.starts_with('$') => {
                let known = self.0.entry(name.clone()).or_insert_with(|| said.clone());
                ensure!(known == said, "{at}: {name} is {known}, not {said}");
                Ok(())
            }
            (Value::Object(recorded), Value::Object(said)) => recorded.iter().try_for_each(|(key, value)| {
                let found = said.get(key).with_context(|| format!("{at}.{key} is missing"))?;
                self.same(&format!("{at}.{key}"), value, found)
            }),
            (Value::Array(recorded), Value::Array(said)) => {
                ensure!(recorded.len() == said.len(), "{at}: {} values, not {}", recorded.len(), said.len());
                recorded
                    .iter()
                    .zip(said)
                    .enumerate()
                    .try_for_each(|(i, (r, s))| self.same(&format!("{at}[{i}]"), r, s))
            }
            _ => {
                ensure!(recorded == said, "{at}: {recorded} was recorded, {said} is said");
                Ok(())
            }
        }
    }
}

/// A field of a line, as text: `type`, `order`, …
#[must_use]
pub fn field(line: &str, name: &str) -> String {
    let value = serde_json::from_str::<Value>(line).unwrap_or_default();
    value[name].as_str().unwrap_or_default().to_owned()
}

/// The `offset` of a line that has one.
#[must_use]
pub fn offset(line: &str) -> Option<u64> {
    serde_json::from_str::<Value>(line).ok()?["offset"].as_u64()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_fill_hide_and_compare() {
        let mut names = Names::default();
        let recorded = r#"{"type":"x","id":"$id","n":"$n","skip":"$any"}"#;
        assert!(names.fill(recorded).is_err());
        names.compare(recorded, r#"{"more":1,"type":"x","id":"a","n":7,"skip":[]}"#).unwrap();
        assert_eq!(names.fill(r#"{"id":"$id","n":"$n"}"#).unwrap(), r#"{"id":"a","n":7}"#);
        assert_eq!(names.hide(r#"{"id":"a"}"#), r#"{"id":"$id"}"#);
        for other in [
            r#"{"type":"x","id":"b","n":7,"skip":0}"#,
            r#"{"type":"y","id":"a","n":7,"skip":0}"#,
            r#"{"type":"x","id":"a","n":7}"#,
        ] {
            assert!(names.compare(recorded, other).is_err(), "{other}");
        }
    }

    #[test]
    fn the_recorded_transcript_can_be_read() {
        let steps = parse(LAST_RELEASE).unwrap();
        assert_eq!(steps.iter().filter(|s| **s == Step::Cut).count(), 1);
        let journaled = steps.iter().filter_map(|s| match s {
            Step::Sidecar(line) => offset(line),
            Step::Host(_) | Step::Cut => None,
        });
        assert!(
            journaled
                .eq(1
                    ..=steps.iter().filter(|s| matches!(s, Step::Sidecar(l) if offset(l).is_some())).count()
                        as u64)
        );
    }
}
