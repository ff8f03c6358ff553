//! The types of settings: how each is read from a file or a variable, what it allows, and how it is shown.

use std::{net::IpAddr, path::PathBuf, time::Duration};

use lia_protocol::{host::HostName, secret::Secret, sessions::WebhookEventType};

use crate::webhooks::{PrivateRule, Target};

/// A value as a source has it.
#[derive(Clone, Debug, PartialEq)]
pub enum Raw {
    /// Of a variable: text that stands for any type.
    Text(String),
    /// A TOML string.
    String(String),
    /// A TOML integer in decimal.
    Integer(String),
    /// A TOML boolean.
    Boolean(bool),
    /// A TOML array.
    List(Vec<Raw>),
    /// Anything else, by its name.
    Other(&'static str),
}

impl Raw {
    /// The text of a string or variable.
    fn text(&self) -> Option<&str> {
        match self {
            Self::Text(s) | Self::String(s) => Some(s),
            Self::Integer(_) | Self::Boolean(_) | Self::List(_) | Self::Other(_) => None,
        }
    }
}

/// The type of a setting.
pub trait Value: Sized {
    /// Whether it is never shown.
    const SECRET: bool = false;

    /// What may be written, for people: completes "allowed is …".
    fn allowed() -> String;

    /// Reads it. `None` when the value is not allowed; the reader says what is. `Err` for more than that.
    ///
    /// # Errors
    /// A sentence when there is more to say than [`Self::allowed`].
    fn read(raw: &Raw) -> Result<Option<Self>, String>;

    /// As it is written in a variable; empty when unset.
    fn show(&self) -> String;
}

/// A whole number within bounds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Whole<const MIN: u64, const MAX: u64>(u64);

impl<const MIN: u64, const MAX: u64> Whole<MIN, MAX> {
    /// A default of the table of settings.
    ///
    /// # Panics
    /// When it is out of its bounds; the tests read every default.
    #[must_use]
    pub const fn new(value: u64) -> Self {
        assert!(MIN <= value && value <= MAX, "the default is out of its bounds");
        Self(value)
    }

    /// The number.
    #[must_use]
    pub const fn get(self) -> u64 {
        self.0
    }

    /// The number, for bounds that fit.
    #[must_use]
    pub fn as_u32(self) -> u32 {
        u32::try_from(self.0).unwrap_or(u32::MAX)
    }
}

impl<const MIN: u64, const MAX: u64> Value for Whole<MIN, MAX> {
    fn allowed() -> String {
        format!("a whole number from {MIN} to {MAX}")
    }
    fn read(raw: &Raw) -> Result<Option<Self>, String> {
        let text = match raw {
            Raw::Text(s) | Raw::Integer(s) => s,
            Raw::String(_) | Raw::Boolean(_) | Raw::List(_) | Raw::Other(_) => return Ok(None),
        };
        Ok(text.parse().ok().filter(|n| (MIN..=MAX).contains(n)).map(Self))
    }
    fn show(&self) -> String {
        self.0.to_string()
    }
}

impl Value for bool {
    fn allowed() -> String {
        "true or false".into()
    }
    fn read(raw: &Raw) -> Result<Option<Self>, String> {
        Ok(match raw {
            Raw::Boolean(b) => Some(*b),
            Raw::Text(s) => s.parse().ok(),
            Raw::String(_) | Raw::Integer(_) | Raw::List(_) | Raw::Other(_) => None,
        })
    }
    fn show(&self) -> String {
        self.to_string()
    }
}

impl Value for PathBuf {
    fn allowed() -> String {
        "a path".into()
    }
    fn read(raw: &Raw) -> Result<Option<Self>, String> {
        Ok(raw.text().filter(|s| !s.contains('\0')).map(Self::from))
    }
    fn show(&self) -> String {
        self.display().to_string()
    }
}

impl Value for Secret {
    const SECRET: bool = true;
    fn allowed() -> String {
        "a key: printable ASCII without spaces".into()
    }
    fn read(raw: &Raw) -> Result<Option<Self>, String> {
        Ok(raw.text().filter(|s| s.bytes().all(|b| b.is_ascii_graphic())).map(Self::new))
    }
    fn show(&self) -> String {
        "set".into()
    }
}

impl<T: Value> Value for Option<T> {
    const SECRET: bool = T::SECRET;
    fn allowed() -> String {
        T::allowed()
    }
    fn read(raw: &Raw) -> Result<Option<Self>, String> {
        T::read(raw).map(|v| v.map(Some))
    }
    fn show(&self) -> String {
        self.as_ref().map_or_else(String::new, T::show)
    }
}

/// A list of short names; in a variable with commas between them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Names(pub Vec<String>);

impl Value for Names {
    fn allowed() -> String {
        "a list of names (in a variable with commas between them)".into()
    }
    fn read(raw: &Raw) -> Result<Option<Self>, String> {
        let list: Option<Vec<_>> = match raw {
            Raw::Text(s) => {
                Some(s.split(',').map(|w| w.trim().to_owned()).filter(|w| !w.is_empty()).collect())
            }
            Raw::List(items) => items.iter().map(|i| i.text().map(str::to_owned)).collect(),
            Raw::String(_) | Raw::Integer(_) | Raw::Boolean(_) | Raw::Other(_) => None,
        };
        Ok(list.map(Self))
    }
    fn show(&self) -> String {
        self.0.join(",")
    }
}

impl Names {
    /// The list of any type that is one of names.
    fn of(raw: &Raw) -> Result<Option<Vec<String>>, String> {
        Ok(Self::read(raw)?.map(|names| names.0))
    }
}

/// Private destinations that webhooks may reach.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PrivateHosts(pub Vec<PrivateRule>);

impl Value for PrivateHosts {
    fn allowed() -> String {
        "a list of host names, addresses and networks as in 10.0.0.0/8 (in a variable with commas between them)".into()
    }
    fn read(raw: &Raw) -> Result<Option<Self>, String> {
        let Some(words) = Names::of(raw)? else { return Ok(None) };
        Ok(words.iter().map(|w| w.parse().ok()).collect::<Option<_>>().map(Self))
    }
    fn show(&self) -> String {
        self.0.iter().map(ToString::to_string).collect::<Vec<_>>().join(",")
    }
}

/// How long to wait before each attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delays(pub Vec<Duration>);

impl Default for Delays {
    fn default() -> Self {
        Self([0, 5, 30, 120, 600].map(Duration::from_secs).to_vec())
    }
}

impl Value for Delays {
    fn allowed() -> String {
        "1 to 20 whole numbers from 0 to 86400 (in a variable with commas between them)".into()
    }
    fn read(raw: &Raw) -> Result<Option<Self>, String> {
        let numbers: Option<Vec<u64>> = match raw {
            Raw::Text(s) => s.split(',').map(|n| n.trim().parse().ok()).collect(),
            Raw::List(items) => items
                .iter()
                .map(|i| match i {
                    Raw::Integer(n) => n.parse().ok(),
                    Raw::Text(_) | Raw::String(_) | Raw::Boolean(_) | Raw::List(_) | Raw::Other(_) => None,
                })
                .collect(),
            Raw::String(_) | Raw::Integer(_) | Raw::Boolean(_) | Raw::Other(_) => None,
        };
        let good = numbers.filter(|n| (1..=20).contains(&n.len()) && n.iter().all(|n| *n <= 86_400));
        Ok(good.map(|n| Self(n.into_iter().map(Duration::from_secs).collect())))
    }
    fn show(&self) -> String {
        self.0.iter().map(|d| d.as_secs().to_string()).collect::<Vec<_>>().join(",")
    }
}

/// Where a webhook's events are posted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HookUrl(pub String);

impl Value for HookUrl {
    fn allowed() -> String {
        "an http:// or https:// URL without user and fragment".into()
    }
    fn read(raw: &Raw) -> Result<Option<Self>, String> {
        Ok(raw.text().filter(|t| t.parse::<Target>().is_ok()).map(|t| Self(t.to_owned())))
    }
    fn show(&self) -> String {
        self.0.clone()
    }
}

/// Which events a webhook is told; empty is all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HookEvents(pub Vec<WebhookEventType>);

/// The words of a webhook's events.
const HOOK_EVENTS: [(&str, WebhookEventType); 4] = [
    ("permission_request", WebhookEventType::PermissionRequest),
    ("end_turn", WebhookEventType::EndTurn),
    ("error", WebhookEventType::Error),
    ("session_end", WebhookEventType::SessionEnd),
];

impl Value for HookEvents {
    fn allowed() -> String {
        let words = HOOK_EVENTS.map(|(word, _)| word).join(", ");
        format!("a list of {words} (in a variable with commas between them)")
    }
    fn read(raw: &Raw) -> Result<Option<Self>, String> {
        let Some(words) = Names::of(raw)? else { return Ok(None) };
        let find = |w: &String| HOOK_EVENTS.iter().find(|(word, _)| word == w).map(|(_, e)| *e);
        Ok(words.iter().map(find).collect::<Option<_>>().map(Self))
    }
    fn show(&self) -> String {
        let word =
            |e: &WebhookEventType| HOOK_EVENTS.iter().find(|(_, of)| of == e).map_or("", |(word, _)| word);
        self.0.iter().map(word).collect::<Vec<_>>().join(",")
    }
}

/// What to listen on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bind(pub String);

impl Value for Bind {
    fn allowed() -> String {
        "an IP address (0.0.0.0 and :: are all) or a host name".into()
    }
    fn read(raw: &Raw) -> Result<Option<Self>, String> {
        let good = |s: &&str| s.parse::<IpAddr>().is_ok() || HostName::parse(s).is_ok();
        Ok(raw.text().filter(good).map(|s| Self(s.to_owned())))
    }
    fn show(&self) -> String {
        self.0.clone()
    }
}

/// Where people find the pages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebUrl(pub String);

impl Value for WebUrl {
    fn allowed() -> String {
        "an http:// or https:// URL without path, user and query, as in https://lia.example.com".into()
    }
    fn read(raw: &Raw) -> Result<Option<Self>, String> {
        let Some(text) = raw.text().map(|t| t.trim_end_matches('/')) else { return Ok(None) };
        let Ok(uri) = text.parse::<axum::http::Uri>() else { return Ok(None) };
        let plain = matches!(uri.scheme_str(), Some("http" | "https"))
            && uri.host().is_some_and(|h| !h.is_empty())
            && !uri.authority().is_some_and(|a| a.as_str().contains('@'))
            && uri.path() == "/"
            && uri.query().is_none()
            && !text.contains('#');
        Ok(plain.then(|| Self(text.to_owned())))
    }
    fn show(&self) -> String {
        self.0.clone()
    }
}

/// Where the store is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DatabaseUrl {
    /// The SQLite file.
    pub sqlite: PathBuf,
}

impl Value for DatabaseUrl {
    fn allowed() -> String {
        "sqlite:PATH; unset is SQLite in the data folder".into()
    }
    fn read(raw: &Raw) -> Result<Option<Self>, String> {
        let Some(url) = raw.text() else { return Ok(None) };
        if url.starts_with("postgres:") || url.starts_with("postgresql:") {
            return Err(
                "PostgreSQL comes with a later release; unset the key, and Lia keeps its data in SQLite"
                    .into(),
            );
        }
        let path = url.strip_prefix("sqlite://").or_else(|| url.strip_prefix("sqlite:"));
        let file = |p: &&str| !p.is_empty() && !p.contains(['?', '\0']) && !p.starts_with(':');
        Ok(path.filter(file).map(|p| Self { sqlite: p.into() }))
    }
    fn show(&self) -> String {
        format!("sqlite:{}", self.sqlite.display())
    }
}

/// A model provider's address, checked; the gateway reads it again as its own type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BaseUrl(pub lia_gateway::BaseUrl);

impl Value for BaseUrl {
    fn allowed() -> String {
        "an http:// or https:// URL without user, query and fragment".into()
    }
    fn read(raw: &Raw) -> Result<Option<Self>, String> {
        match raw.text() {
            Some(text) => {
                text.parse().map(|u| Some(Self(u))).map_err(|e: lia_gateway::BadBaseUrl| e.to_string())
            }
            None => Ok(None),
        }
    }
    fn show(&self) -> String {
        self.0.to_string()
    }
}

/// The name of an agent template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TemplateName(pub String);

impl Value for TemplateName {
    fn allowed() -> String {
        "a template's name: 1 to 64 letters, digits, '-', '_' and '.'".into()
    }
    fn read(raw: &Raw) -> Result<Option<Self>, String> {
        let good = |s: &&str| {
            (1..=64).contains(&s.len()) && s.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b))
        };
        Ok(raw.text().filter(good).map(|s| Self(s.to_owned())))
    }
    fn show(&self) -> String {
        self.0.clone()
    }
}

/// How much the log says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogLevel(pub String);

impl Value for LogLevel {
    fn allowed() -> String {
        "error, warn, info, debug, trace, or directives as in info,lia_server=debug".into()
    }
    fn read(raw: &Raw) -> Result<Option<Self>, String> {
        let good = |s: &&str| tracing_subscriber::EnvFilter::builder().parse(s).is_ok();
        Ok(raw.text().filter(good).map(|s| Self(s.to_owned())))
    }
    fn show(&self) -> String {
        self.0.clone()
    }
}

/// What isolates tasks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Driver {
    /// Namespaces on this host.
    Local,
    /// A virtual machine per task.
    Qemu,
}

impl Value for Driver {
    fn allowed() -> String {
        "local or qemu".into()
    }
    fn read(raw: &Raw) -> Result<Option<Self>, String> {
        Ok(match raw.text() {
            Some("local") => Some(Self::Local),
            Some("qemu") => Some(Self::Qemu),
            _ => None,
        })
    }
    fn show(&self) -> String {
        match self {
            Self::Local => "local".into(),
            Self::Qemu => "qemu".into(),
        }
    }
}

/// How the log is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// Lines for people.
    Text,
    /// One JSON object per line.
    Json,
}

impl Value for LogFormat {
    fn allowed() -> String {
        "text or json".into()
    }
    fn read(raw: &Raw) -> Result<Option<Self>, String> {
        Ok(match raw.text() {
            Some("text") => Some(Self::Text),
            Some("json") => Some(Self::Json),
            _ => None,
        })
    }
    fn show(&self) -> String {
        match self {
            Self::Text => "text".into(),
            Self::Json => "json".into(),
        }
    }
}
