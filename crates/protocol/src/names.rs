//! Texts that come from outside and are more than text: each has a pattern, which reaches every generated form, and a check
//! with a sentence, which says the same. `tests/it/names.rs` holds the two together.

use std::collections::BTreeMap;

use garde::{Path, Report, Validate};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, de};

use crate::{host::HostName, limits};

/// The name of a template or of a client.
pub const SLUG_PATTERN: &str = "^[A-Za-z0-9._-]{1,64}$";

/// A relative path below a folder.
pub const RELATIVE_PATTERN: &str = concat!(
    r"^(?!\.{1,2}(?:/|$))[^/\\\u0000-\u001f\u007f-\u009f]+",
    r"(?:/(?!\.{1,2}(?:/|$))[^/\\\u0000-\u001f\u007f-\u009f]+)*$",
);

/// The name of an environment variable that is passed on.
pub const ENV_NAME_PATTERN: &str = "^(?!LD_)[A-Za-z_][A-Za-z0-9_]{0,127}$";

/// A text that the kernel takes: no NUL.
pub const NO_NUL_PATTERN: &str = r"^[^\u0000]*$";

/// The check of [`NO_NUL_PATTERN`].
pub(crate) fn no_nul(text: &str, (): &()) -> garde::Result {
    if text.contains('\0') { Err(garde::Error::new("holds a NUL")) } else { Ok(()) }
}

/// `owner/name` on GitHub, or an `https://` URL without user, query or port.
pub const REPOSITORY_PATTERN: &str = concat!(
    r"^(?!.*\.\.)(?:https://(?=[A-Za-z0-9.-]{1,253}/)(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)*",
    r"(?!\d+/)(?!0[xX])[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?/[A-Za-z0-9._~/-]+",
    r"|(?![-.])[A-Za-z0-9._~-]+/(?!-)[A-Za-z0-9._~-]+)$",
);

/// A public key's line: its type, base64, and perhaps a comment.
pub const SSH_KEY_PATTERN: &str = concat!(
    r"^(?:ssh-ed25519|ssh-rsa|ecdsa-sha2-nistp256|ecdsa-sha2-nistp384|ecdsa-sha2-nistp521|sk-ssh-ed25519@openssh\.com",
    r"|sk-ecdsa-sha2-nistp256@openssh\.com) [A-Za-z0-9+/]+={0,2}(?: [^\u0000-\u001f\u007f-\u009f]*)?$",
);

/// The types of keys that [`SSH_KEY_PATTERN`] takes.
pub const SSH_KEY_TYPES: &[&str] = &[
    "ssh-ed25519",
    "ssh-rsa",
    "ecdsa-sha2-nistp256",
    "ecdsa-sha2-nistp384",
    "ecdsa-sha2-nistp521",
    "sk-ssh-ed25519@openssh.com",
    "sk-ecdsa-sha2-nistp256@openssh.com",
];

type Check = Result<(), String>;

/// A rule of garde: [`SLUG_PATTERN`].
///
/// # Errors
/// When it does not hold.
pub fn slug(value: &str, _: &()) -> garde::Result {
    let good = (1..=64).contains(&value.len())
        && value.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b));
    if good { Ok(()) } else { Err(garde::Error::new("is a name: 1 to 64 letters, digits, '-', '_' and '.'")) }
}

/// A rule of garde: no control character.
///
/// # Errors
/// When it does not hold.
pub fn no_control(value: &str, _: &()) -> garde::Result {
    if value.chars().any(char::is_control) {
        Err(garde::Error::new("holds a control character"))
    } else {
        Ok(())
    }
}

/// A rule of garde: [`SSH_KEY_PATTERN`].
///
/// # Errors
/// When it does not hold.
pub fn ssh_key(key: &str, _: &()) -> garde::Result {
    ssh_key_form(key).map_err(garde::Error::new)
}

fn ssh_key_form(key: &str) -> Check {
    if key.chars().any(char::is_control) {
        return Err("is one line without control characters".into());
    }
    let mut parts = key.split(' ');
    let kind = parts.next().unwrap_or_default();
    if !SSH_KEY_TYPES.contains(&kind) {
        let kind: String = kind.chars().take(80).collect();
        return Err(format!("has the type {kind:?}; allowed are {}", SSH_KEY_TYPES.join(", ")));
    }
    let blob = parts.next().unwrap_or_default();
    let digits = blob.trim_end_matches('=');
    let base64 = !digits.is_empty()
        && blob.len() - digits.len() <= 2
        && digits.bytes().all(|b| b.is_ascii_alphanumeric() || b"+/".contains(&b));
    if base64 { Ok(()) } else { Err("its second field is not base64".into()) }
}

/// A rule of garde: [`RELATIVE_PATTERN`].
///
/// # Errors
/// When it does not hold.
pub fn relative(name: &str, _: &()) -> garde::Result {
    relative_form(name).map_err(garde::Error::new)
}

fn relative_form(name: &str) -> Check {
    if name.contains('\\') || name.chars().any(char::is_control) {
        return Err("holds a control character or a backslash".into());
    }
    if name.split('/').any(|part| matches!(part, "" | "." | "..")) {
        return Err("is a relative path such as src/main.py, without '.', '..' or empty parts".into());
    }
    Ok(())
}

/// Checks that a name stays below the folder that it is joined to, and that a file system takes it.
///
/// # Errors
/// What is wrong with it.
pub fn safe_relative_name(name: &str) -> Check {
    if name.is_empty() || name.len() > limits::FILE_NAME_BYTES {
        return Err(format!("has {} bytes; allowed are 1 to {}", name.len(), limits::FILE_NAME_BYTES));
    }
    relative_form(name)?;
    match name.split('/').find(|part| part.len() > 255) {
        Some(part) => Err(format!("has a part of {} bytes; allowed are 255", part.len())),
        None => Ok(()),
    }
}

/// The URL that a repository's text stands for: itself, or GitHub's for `owner/name`.
///
/// # Errors
/// What is wrong with the text.
pub fn repository_url(text: &str) -> Result<String, String> {
    let plain = |s: &str| {
        !s.is_empty()
            && s.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.~/".contains(&b))
            && !s.contains("..")
    };
    let why = || {
        let text: String = text.chars().take(200).collect();
        format!("{text:?} is neither owner/name nor an https:// URL without user, query or port")
    };
    if let Some(rest) = text.strip_prefix("https://") {
        let (host, path) = rest.split_once('/').ok_or_else(why)?;
        if HostName::parse(host).is_ok() && plain(path) { Ok(text.to_owned()) } else { Err(why()) }
    } else {
        match text.split_once('/') {
            Some((o, n))
                if plain(o)
                    && plain(n)
                    && !o.starts_with(['-', '.'])
                    && !n.contains('/')
                    && !n.starts_with('-') =>
            {
                Ok(format!("https://github.com/{text}"))
            }
            Some(_) | None => Err(why()),
        }
    }
}

/// Reads a repository's text.
///
/// # Errors
/// As [`repository_url`].
pub fn repository<'de, D: Deserializer<'de>>(d: D) -> Result<String, D::Error> {
    let text = String::deserialize(d)?;
    repository_url(&text).map_err(de::Error::custom)?;
    Ok(text)
}

/// Checks an environment variable.
///
/// # Errors
/// What is wrong with it.
pub fn check_env(name: &str, value: &str) -> Check {
    let b = name.as_bytes();
    let good = (1..=128).contains(&b.len())
        && !b[0].is_ascii_digit()
        && b.iter().all(|c| c.is_ascii_alphanumeric() || *c == b'_');
    if !good {
        return Err("the name has 1 to 128 letters, digits and '_', and no digit first".into());
    }
    if name.starts_with("LD_") {
        return Err("LD_* variables are not passed on".into());
    }
    if value.len() > limits::ENV_VALUE_BYTES || value.contains('\0') {
        return Err(format!("the value has at most {} bytes and no NUL", limits::ENV_VALUE_BYTES));
    }
    Ok(())
}

/// Environment variables: at most [`limits::ENV_VARS`], each as [`check_env`] has it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Env(pub BTreeMap<String, String>);

impl Env {
    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Validate for Env {
    type Context = ();
    fn validate_into(&self, _: &(), parent: &mut dyn FnMut() -> Path, report: &mut Report) {
        if self.0.len() > limits::ENV_VARS {
            let why = format!("has {} variables; allowed are {}", self.0.len(), limits::ENV_VARS);
            report.append(parent(), garde::Error::new(why));
        }
        for (name, value) in &self.0 {
            if let Err(why) = check_env(name, value) {
                report.append(parent().join(name.as_str()), garde::Error::new(why));
            }
        }
    }
}

impl JsonSchema for Env {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Env".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "object",
            "maxProperties": limits::ENV_VARS,
            "propertyNames": { "type": "string", "pattern": ENV_NAME_PATTERN },
            "additionalProperties": { "type": "string", "maxLength": limits::ENV_VALUE_BYTES, "pattern": NO_NUL_PATTERN },
        })
    }
}
