//! Reading what comes from outside: the form by serde, the limits by garde, every issue with its path.

use garde::Validate;
use serde::de::{self, DeserializeOwned, DeserializeSeed};
use serde_json::Value;

use super::strict::Objects;
use crate::error::Issue;

/// In the message of an error whose place serde cannot know: before and after its path.
const MARK: char = '\u{1}';

/// Reads a message and checks its limits.
///
/// # Errors
/// What is wrong, where (`files.0.name`; empty for the whole), and what is allowed. The form's first defect, or all
/// limits that do not hold.
pub fn parse<T: DeserializeOwned + Validate<Context = ()>>(json: &[u8]) -> Result<T, Vec<Issue>> {
    let mut reader = serde_json::Deserializer::from_slice(json);
    // Keeping track of the path costs more than reading: only what is refused is read so.
    let Ok(value) = T::deserialize(Objects(&mut reader)) else { return Err(refused::<T>(json)) };
    reader.end().map_err(|e| vec![issue(".", &e.to_string())])?;
    let issues = check(&value);
    if issues.is_empty() {
        return Ok(value);
    }
    let input = serde_json::from_slice(json).unwrap_or_default();
    Err(as_written(issues, &input))
}

/// What is wrong with the form of a message that was refused, and where.
#[cold]
fn refused<T: DeserializeOwned>(json: &[u8]) -> Vec<Issue> {
    let mut reader = serde_json::Deserializer::from_slice(json);
    tracked(serde_path_to_error::deserialize::<_, T>(Objects(&mut reader)))
}

fn tracked<T, E: std::fmt::Display>(read: Result<T, serde_path_to_error::Error<E>>) -> Vec<Issue> {
    let Err(e) = read else { return vec![issue(".", "the message is refused")] };
    vec![issue(&e.path().to_string(), &e.inner().to_string())]
}

/// Reads a message out of a JSON value and checks its limits.
///
/// # Errors
/// As [`parse`].
pub fn parse_value<T: DeserializeOwned + Validate<Context = ()>>(json: Value) -> Result<T, Vec<Issue>> {
    let Ok(value) = T::deserialize(Objects(&json)) else {
        return Err(tracked(serde_path_to_error::deserialize::<_, T>(Objects(&json))));
    };
    let issues = check(&value);
    if issues.is_empty() { Ok(value) } else { Err(as_written(issues, &json)) }
}

/// garde names a field as Rust does; here its name becomes the one of the message.
fn as_written(mut issues: Vec<Issue>, input: &Value) -> Vec<Issue> {
    for issue in &mut issues {
        let mut part = input;
        let names: Vec<String> = issue
            .path
            .split('.')
            .map(|name| {
                let camel = camel_case(name);
                let known = if part.get(name).is_none() && part.get(&camel).is_some() {
                    camel
                } else {
                    name.to_owned()
                };
                let index = known.parse::<usize>().ok().and_then(|i| part.get(i));
                part = part.get(&known).or(index).unwrap_or(&Value::Null);
                known
            })
            .collect();
        issue.path = names.join(".");
    }
    issues
}

fn camel_case(name: &str) -> String {
    let mut parts = name.split('_');
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |mut out, part| {
        let mut chars = part.chars();
        out.extend(chars.next().map(|c| c.to_ascii_uppercase()));
        out.push_str(chars.as_str());
        out
    })
}

/// The limits that do not hold.
pub fn check<T: Validate<Context = ()>>(value: &T) -> Vec<Issue> {
    let Err(report) = value.validate() else { return Vec::new() };
    report
        .iter()
        .map(|(path, error)| Issue { path: dotted(&path.to_string()), message: error.message().to_string() })
        .collect()
}

/// `a[0].b` and `a.0.b` are one path; we write the second.
fn dotted(path: &str) -> String {
    let path: String = path.chars().filter(|c| *c != ']').map(|c| if c == '[' { '.' } else { c }).collect();
    // What was buffered names its own place: `content` and `[0]` are joined as `content.[0]`.
    let path = path.replace("..", ".");
    // serde_path_to_error's word for a place that it does not know.
    if path == "?" { String::new() } else { path.trim_start_matches('.').to_owned() }
}

fn issue(path: &str, text: &str) -> Issue {
    let mut parts = vec![dotted(path)];
    let mut text = text;
    // An error from a buffered part says its own path, from the outside to the inside.
    while let Some((_, rest)) = text.split_once(MARK)
        && let Some((inner, rest)) = rest.split_once(MARK)
    {
        parts.push(dotted(inner));
        text = rest;
    }
    if let Some(name) = text.strip_prefix("missing field `").and_then(|t| t.split_once('`')).map(|(n, _)| n) {
        parts.push(name.to_owned());
    }
    parts.retain(|p| !p.is_empty());
    Issue { path: parts.join("."), message: without_place(text).to_owned() }
}

/// serde_json adds `at line 1 column 2`; the path says it better.
fn without_place(text: &str) -> &str {
    text.rsplit_once(" at line ").map_or(text, |(head, _)| head)
}

/// An error at a field of the message that is being read.
pub(crate) fn at<E: de::Error>(path: &str, message: &str) -> E {
    E::custom(format!("{MARK}{path}{MARK}{message}"))
}

/// Reads a buffered field; an error says where.
pub(crate) fn within<'de, S: DeserializeSeed<'de>, E: de::Error>(
    key: &str,
    seed: S,
    value: Value,
) -> Result<S::Value, E> {
    let mut track = serde_path_to_error::Track::new();
    seed.deserialize(serde_path_to_error::Deserializer::new(Objects(value), &mut track)).map_err(|e| {
        let path = track.path().to_string();
        at(&if path == "." { key.to_owned() } else { format!("{key}.{path}") }, &e.to_string())
    })
}

/// Reads a buffered message; an error says where.
pub(crate) fn inside<T: DeserializeOwned, E: de::Error>(map: serde_json::Map<String, Value>) -> Result<T, E> {
    let mut track = serde_path_to_error::Track::new();
    T::deserialize(serde_path_to_error::Deserializer::new(Objects(Value::Object(map)), &mut track)).map_err(
        |e| {
            let path = track.path().to_string();
            at(&path, &e.to_string())
        },
    )
}
