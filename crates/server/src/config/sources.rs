//! Where settings come from: `lia.toml`, `.env`, the environment, `--set`. Each source becomes a list of keys with
//! their values and the place where each stands.

use std::{fmt, path::Path};

use toml::de::{DeTable, DeValue};

use super::value::Raw;

/// What a variable of ours begins with.
const PREFIX: &str = "LIA__";

/// Where a value comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// The table of settings.
    Default,
    /// A TOML file.
    Toml {
        /// As it was named.
        file: String,
        /// From 1.
        line: usize,
    },
    /// A file of variables.
    EnvFile {
        /// As it was named.
        file: String,
        /// From 1.
        line: usize,
    },
    /// A variable of the environment.
    Env(String),
    /// The command line.
    Set,
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::Toml { file, line } | Self::EnvFile { file, line } => write!(f, "{file}:{line}"),
            Self::Env(name) => f.write_str(name),
            Self::Set => f.write_str("--set"),
        }
    }
}

/// One key of a source.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// The parts of its name.
    pub key: Vec<String>,
    /// Its value.
    pub raw: Raw,
    /// Where it stands.
    pub source: Source,
}

/// Something wrong with a source as a whole.
#[derive(Debug, PartialEq, Eq)]
pub struct BadSource {
    /// Where.
    pub source: Source,
    /// What.
    pub message: String,
}

/// The keys of a TOML file.
pub fn toml(file: &Path, text: &str) -> Result<Vec<Entry>, BadSource> {
    let name = file.display().to_string();
    let at = |offset: usize| {
        let line = text.bytes().take(offset).filter(|b| *b == b'\n').count() + 1;
        Source::Toml { file: name.clone(), line }
    };
    let table = DeTable::parse(text).map_err(|e| BadSource {
        source: at(e.span().map_or(0, |s| s.start)),
        message: e.message().to_owned(),
    })?;
    let mut out = Vec::new();
    walk(table.get_ref(), &mut Vec::new(), &at, &mut out);
    Ok(out)
}

fn walk(table: &DeTable<'_>, path: &mut Vec<String>, at: &dyn Fn(usize) -> Source, out: &mut Vec<Entry>) {
    for (key, value) in table {
        path.push(key.get_ref().to_string());
        match value.get_ref() {
            DeValue::Table(inner) if path.len() < 3 => walk(inner, path, at, out),
            other => out.push(Entry { key: path.clone(), raw: raw(other), source: at(key.span().start) }),
        }
        path.pop();
    }
}

fn raw(value: &DeValue<'_>) -> Raw {
    match value {
        DeValue::String(s) => Raw::String(s.to_string()),
        DeValue::Integer(i) if i.radix() == 10 => Raw::Integer(i.as_str().replace('_', "")),
        DeValue::Integer(_) => Raw::Other("an integer that is not decimal"),
        DeValue::Float(_) => Raw::Other("a fraction"),
        DeValue::Boolean(b) => Raw::Boolean(*b),
        DeValue::Datetime(_) => Raw::Other("a date"),
        DeValue::Array(list) => Raw::List(list.iter().map(|v| raw(v.get_ref())).collect()),
        DeValue::Table(_) => Raw::Other("a table"),
    }
}

/// The keys of a file of variables: lines `NAME=value`, `export NAME=value`, comments. A value may stand in single
/// quotes (as it is) or double quotes (`\n`, `\"`, `\\` are read); nothing is ever substituted. Variables that are not
/// Lia's are passed over.
pub fn env_file(file: &Path, text: &str) -> Result<Vec<Entry>, BadSource> {
    let mut out = Vec::new();
    for (i, line) in text.lines().enumerate() {
        let source = Source::EnvFile { file: file.display().to_string(), line: i + 1 };
        let line = line.trim().strip_prefix("export ").unwrap_or(line.trim()).trim_start();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let Some((name, value)) = line.split_once('=') else {
            return Err(BadSource { source, message: "a line is NAME=value or a # comment".into() });
        };
        let Some(key) = variable(name.trim_end()) else { continue };
        match unquote(value.trim()) {
            Some(value) if value.is_empty() => {}
            Some(value) => out.push(Entry { key, raw: Raw::Text(value), source }),
            None => return Err(BadSource { source, message: "the quotes of the value do not match".into() }),
        }
    }
    Ok(out)
}

fn unquote(value: &str) -> Option<String> {
    let comment = |rest: &str| rest.trim_start().is_empty() || rest.trim_start().starts_with('#');
    if let Some(rest) = value.strip_prefix('\'') {
        let (inside, after) = rest.split_once('\'')?;
        return comment(after).then(|| inside.to_owned());
    }
    if let Some(rest) = value.strip_prefix('"') {
        let mut out = String::new();
        let mut chars = rest.chars();
        loop {
            match chars.next()? {
                '"' => return comment(chars.as_str()).then_some(out),
                '\\' => match chars.next()? {
                    'n' => out.push('\n'),
                    c @ ('"' | '\\' | '$') => out.push(c),
                    c => out.extend(['\\', c]),
                },
                c => out.push(c),
            }
        }
    }
    let end = value.find(" #").unwrap_or(value.len());
    Some(value[..end].trim_end().to_owned())
}

/// The keys of the environment. An empty variable counts as unset.
pub fn env(vars: &[(String, String)]) -> Vec<Entry> {
    let ours = vars.iter().filter(|(_, value)| !value.is_empty());
    ours.filter_map(|(name, value)| {
        Some(Entry { key: variable(name)?, raw: Raw::Text(value.clone()), source: Source::Env(name.clone()) })
    })
    .collect()
}

/// The keys of the command line.
pub fn set(pairs: &[(String, String)]) -> Vec<Entry> {
    let one = |(key, value): &(String, String)| Entry {
        key: key.split('.').map(str::to_owned).collect(),
        raw: Raw::Text(value.clone()),
        source: Source::Set,
    };
    pairs.iter().map(one).collect()
}

/// `LIA__SERVER__PORT` is `server.port`. Names of agents' variables keep their case.
fn variable(name: &str) -> Option<Vec<String>> {
    let rest = name.strip_prefix(PREFIX)?;
    if let Some(inner) = rest.strip_prefix("AGENTS__ENV__") {
        return Some(vec!["agents".into(), "env".into(), inner.to_owned()]);
    }
    Some(rest.split("__").map(str::to_lowercase).collect())
}

/// The variable of a key.
#[must_use]
pub fn variable_of(key: &str) -> String {
    format!("{PREFIX}{}", key.to_uppercase().replace('.', "__"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn env_files() {
        let text = "# c\n\nDISCORD_TOKEN=x\nLIA__SERVER__PORT=1 # one\nexport LIA__A__B='a #b'\nLIA__C__D=\"q\\\"n\\n$x\" \nLIA__E__F=\n";
        let got: Vec<_> = env_file(Path::new(".env"), text)
            .unwrap()
            .into_iter()
            .map(|e| (e.key.join("."), e.raw))
            .collect();
        let t = |s: &str| Raw::Text(s.into());
        assert_eq!(
            got,
            [("server.port".into(), t("1")), ("a.b".into(), t("a #b")), ("c.d".into(), t("q\"n\n$x"))]
        );
        for bad in ["x", "LIA__A__B='x", "LIA__A__B=\"x\" y"] {
            assert!(env_file(Path::new(".env"), bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn toml_lines() {
        let got =
            toml(Path::new("lia.toml"), "[server]\n# c\nport = 3_001\n[providers.openai]\napi_key = \"k\"\n")
                .unwrap();
        let got: Vec<_> = got.into_iter().map(|e| (e.key.join("."), e.source.to_string())).collect();
        assert_eq!(
            got,
            [
                ("providers.openai.api_key".into(), "lia.toml:5".to_owned()),
                ("server.port".into(), "lia.toml:3".into())
            ]
        );
        assert_eq!(
            toml(Path::new("lia.toml"), "[server]\nport = \n").unwrap_err().source.to_string(),
            "lia.toml:2"
        );
    }
}
