//! Configuration: every setting with its default, its bounds and its source.
//!
//! - [`settings`]: the table of all keys;
//! - [`value`]: their types;
//! - [`sources`]: `lia.toml` < `.env` < environment < `--set`;
//! - [`generate`]: `.env.example` and `docs/configuration.md`, made from the table.
//!
//! An unknown key or a bad value stops the start, with its name, its place and what is allowed. All that is wrong is
//! told at once.

use std::{
    collections::BTreeMap,
    fmt,
    path::{Path, PathBuf},
};

use lia_protocol::{names::check_env, secret::Secret};

pub mod generate;
pub mod settings;
pub mod sources;
pub mod value;

pub use settings::{
    Agents, Claude, Database, Debug, Gateway, Isolation, Keys, Log, NamedWebhook, Provider, Retention,
    Runtime, Section, Server, Tasks, Vm, Webhooks,
};
pub use sources::Source;
use sources::{BadSource, Entry};
use value::Raw;

/// The providers that there are.
pub const PROVIDERS: [&str; 3] = ["anthropic", "openai", "gemini"];

/// Bytes of a file that holds a key.
const KEY_FILE_BYTES: u64 = 16 << 10;

/// The whole configuration.
#[derive(Clone, Debug, Default)]
pub struct Config {
    /// See [`Server`].
    pub server: Server,
    /// See [`Database`].
    pub database: Database,
    /// See [`Claude`]; its key is in `providers` too.
    pub claude: Claude,
    /// By name. A key from a file is in `api_key`.
    pub providers: BTreeMap<String, Provider>,
    /// See [`Vm`].
    pub vm: Vm,
    /// See [`Isolation`].
    pub isolation: Isolation,
    /// See [`Runtime`].
    pub runtime: Runtime,
    /// See [`Tasks`].
    pub tasks: Tasks,
    /// See [`Retention`].
    pub retention: Retention,
    /// See [`Webhooks`].
    pub webhooks: Webhooks,
    /// By name. A key from a file is in `secret`.
    pub named_webhooks: BTreeMap<String, NamedWebhook>,
    /// See [`Gateway`].
    pub gateway: Gateway,
    /// See [`Agents`].
    pub agents: Agents,
    /// `agents.env.<NAME>`: variables that every agent gets.
    pub agent_env: BTreeMap<String, String>,
    /// See [`Log`].
    pub log: Log,
    /// See [`Debug`].
    pub debug: Debug,
    /// Where each key that is set comes from.
    pub sources: BTreeMap<String, Source>,
    /// The data folder when `server.data_dir` is unset.
    default_data_dir: PathBuf,
}

/// Where to look for the configuration.
#[derive(Clone, Debug, Default)]
pub struct LoadOptions {
    /// The working directory, in which `lia.toml` and `.env` are looked for.
    pub cwd: PathBuf,
    /// A TOML file that must be there, instead of `lia.toml`.
    pub config: Option<PathBuf>,
    /// A file of variables that must be there, instead of `.env`.
    pub env_file: Option<PathBuf>,
    /// The environment.
    pub env: Vec<(String, String)>,
    /// Keys and values of the command line, above all else.
    pub set: Vec<(String, String)>,
}

impl LoadOptions {
    /// Those of this process. Variables that are not UTF-8 are left out.
    ///
    /// # Errors
    /// When there is no working directory.
    pub fn of_process() -> std::io::Result<Self> {
        let env =
            std::env::vars_os().filter_map(|(k, v)| Some((k.into_string().ok()?, v.into_string().ok()?)));
        Ok(Self { cwd: std::env::current_dir()?, env: env.collect(), ..Self::default() })
    }

    fn var(&self, name: &str) -> Option<&str> {
        self.env.iter().find(|(k, v)| k == name && !v.is_empty()).map(|(_, v)| v.as_str())
    }
}

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The key; empty when it concerns a whole file.
    pub key: String,
    /// Where it stands.
    pub source: String,
    /// What is wrong and what is allowed.
    pub message: String,
}

/// All that is wrong with the configuration.
#[derive(Debug, thiserror::Error)]
pub struct ConfigError(pub Vec<Problem>);

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the configuration is not valid:")?;
        for p in &self.0 {
            match p.key.as_str() {
                "" => write!(f, "\n  {}: {}", p.source, p.message)?,
                key => write!(f, "\n  {key} ({}): {}", p.source, p.message)?,
            }
        }
        Ok(())
    }
}

/// One line of `lia config`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    /// The key.
    pub key: String,
    /// The value; `set` for a secret that is set, empty for what is unset.
    pub value: String,
    /// Where it comes from.
    pub source: Source,
}

impl Config {
    /// Reads all sources.
    ///
    /// # Errors
    /// All that is wrong, at once.
    pub fn load(options: &LoadOptions) -> Result<Self, ConfigError> {
        let mut config = Self { default_data_dir: default_data_dir(options), ..Self::default() };
        let mut problems = Vec::new();
        let layers = [
            file(options, options.config.as_deref(), "lia.toml", sources::toml),
            file(options, options.env_file.as_deref(), ".env", sources::env_file),
            Ok(sources::env(&options.env)),
            Ok(sources::set(&options.set)),
        ];
        for layer in layers {
            match layer {
                Ok(entries) => problems.extend(entries.into_iter().filter_map(|e| config.apply(e).err())),
                Err(BadSource { source, message }) => {
                    problems.push(Problem { key: String::new(), source: source.to_string(), message });
                }
            }
        }
        config.finish(options, &mut problems);
        if problems.is_empty() { Ok(config) } else { Err(ConfigError(problems)) }
    }

    fn apply(&mut self, entry: Entry) -> Result<(), Problem> {
        let key = entry.key.join(".");
        let parts: Vec<&str> = entry.key.iter().map(String::as_str).collect();
        let outcome = match parts[..] {
            ["providers", name, inner] if PROVIDERS.contains(&name) => {
                self.providers.entry(name.to_owned()).or_default().set(inner, &entry.raw)
            }
            ["webhooks", name, inner] if is_name(name) => {
                self.named_webhooks.entry(name.to_owned()).or_default().set(inner, &entry.raw)
            }
            ["agents", "env", name] => Some(self.set_agent_env(name, &entry.raw)),
            [section, inner] => self.section(section).and_then(|s| s.put(inner, &entry.raw)),
            _ => None,
        };
        let result = outcome.unwrap_or_else(|| Err(unknown(&key)));
        match result {
            Ok(()) => drop(self.sources.insert(key, entry.source)),
            Err(message) => return Err(Problem { key, source: entry.source.to_string(), message }),
        }
        Ok(())
    }

    fn set_agent_env(&mut self, name: &str, raw: &Raw) -> Result<(), String> {
        let (Raw::Text(value) | Raw::String(value)) = raw else { return Err("allowed is a text".into()) };
        check_env(name, value)?;
        self.agent_env.insert(name.to_owned(), value.clone());
        Ok(())
    }

    fn section(&mut self, name: &str) -> Option<&mut dyn Settable> {
        Some(match name {
            "server" => &mut self.server,
            "database" => &mut self.database,
            "claude" => &mut self.claude,
            "vm" => &mut self.vm,
            "isolation" => &mut self.isolation,
            "runtime" => &mut self.runtime,
            "tasks" => &mut self.tasks,
            "retention" => &mut self.retention,
            "webhooks" => &mut self.webhooks,
            "gateway" => &mut self.gateway,
            "agents" => &mut self.agents,
            "log" => &mut self.log,
            "debug" => &mut self.debug,
            _ => return None,
        })
    }

    /// Checks what concerns several keys, and reads key files.
    fn finish(&mut self, options: &LoadOptions, problems: &mut Vec<Problem>) {
        let sources = self.sources.clone();
        let place = |key: &str| sources.get(key).map_or_else(|| "default".to_owned(), ToString::to_string);
        let mut problem = |key: &str, message: String| {
            problems.push(Problem { key: key.to_owned(), source: place(key), message });
        };
        for (name, provider) in &mut self.providers {
            let key = format!("providers.{name}.api_key_file");
            let Some(file) = &provider.api_key_file else { continue };
            if provider.api_key.is_some() {
                problem(&key, format!("providers.{name}.api_key is set too; set one of the two"));
                continue;
            }
            match key_file(&options.cwd.join(file)) {
                Ok(secret) => provider.api_key = Some(secret),
                Err(message) => problem(&key, format!("{}: {message}", file.display())),
            }
        }
        if let Some(alias) = &self.claude.api_key {
            let anthropic = self.providers.entry("anthropic".into()).or_default();
            match &anthropic.api_key {
                Some(key) if key.expose() != alias.expose() => {
                    let other = ["api_key", "api_key_file"].map(|k| format!("providers.anthropic.{k}"));
                    let other = other
                        .iter()
                        .find(|k| sources.contains_key(*k))
                        .map_or("providers.anthropic", String::as_str);
                    problem(
                        "claude.api_key",
                        format!("{other} ({}) is set to another key; it is the same setting", place(other)),
                    );
                }
                Some(_) => {}
                None => anthropic.api_key = Some(alias.clone()),
            }
        }
        for (name, hook) in &mut self.named_webhooks {
            let key = |inner: &str| format!("webhooks.{name}.{inner}");
            if hook.url.is_none() {
                problem(&key("url"), "is missing".into());
            }
            match (&hook.secret, &hook.secret_file) {
                (Some(_), None) => {}
                (None, None) => {
                    problem(&key("secret"), format!("is missing; set it or {}", key("secret_file")))
                }
                (Some(_), Some(_)) => {
                    problem(&key("secret_file"), format!("{} is set too; set one of the two", key("secret")));
                }
                (None, Some(file)) => match key_file(&options.cwd.join(file)) {
                    Ok(secret) => hook.secret = Some(secret),
                    Err(message) => problem(&key("secret_file"), format!("{}: {message}", file.display())),
                },
            }
        }
        let vm = &self.vm;
        for (name, default, max) in [
            ("timeout_minutes", vm.default_timeout_minutes.get(), vm.max_timeout_minutes.get()),
            ("memory_mb", vm.default_memory_mb.get(), vm.max_memory_mb.get()),
            ("vcpu_count", vm.default_vcpu_count.get(), vm.max_vcpu_count.get()),
            ("storage_gb", vm.default_storage_gb.get(), vm.max_storage_gb.get()),
        ] {
            if default > max {
                let (key, max_key) = (format!("vm.default_{name}"), format!("vm.max_{name}"));
                problem(&key, format!("is {default}, above {max_key} ({}), which is {max}", place(&max_key)));
            }
        }
        let paths = [
            &mut self.server.data_dir,
            &mut self.agents.dir,
            &mut self.agents.templates_file,
            &mut self.gateway.ca_file,
            &mut self.runtime.sidecar,
            &mut self.runtime.image,
        ];
        for path in paths.into_iter().flatten() {
            *path = options.cwd.join(&*path);
        }
        if let Some(url) = &mut self.database.url {
            url.sqlite = options.cwd.join(&url.sqlite);
        }
    }

    /// The data folder.
    #[must_use]
    pub fn data_dir(&self) -> &Path {
        self.server.data_dir.as_deref().unwrap_or(&self.default_data_dir)
    }

    /// The SQLite file.
    #[must_use]
    pub fn database_path(&self) -> PathBuf {
        self.database.url.as_ref().map_or_else(|| self.data_dir().join("lia.db"), |u| u.sqlite.clone())
    }

    /// Where installed agents lie.
    #[must_use]
    pub fn agents_dir(&self) -> PathBuf {
        self.agents.dir.clone().unwrap_or_else(|| self.data_dir().join("agents"))
    }

    /// Every key with its value and source, in the order of the table.
    #[must_use]
    pub fn shown(&self) -> Vec<Shown> {
        let mut out = Vec::new();
        for section in settings_of(self) {
            match section {
                Group::One(name, values) => {
                    out.extend(
                        values.into_iter().map(|(key, value)| self.line(format!("{name}.{key}"), value)),
                    );
                    if name == "agents" {
                        let env = self.agent_env.iter();
                        out.extend(env.map(|(k, v)| self.line(format!("agents.env.{k}"), v.clone())));
                    }
                }
                Group::Webhooks => {
                    for (name, hook) in &self.named_webhooks {
                        let values = hook.show().into_iter();
                        out.extend(
                            values.map(|(key, value)| self.line(format!("webhooks.{name}.{key}"), value)),
                        );
                    }
                }
                Group::Providers => {
                    for name in PROVIDERS {
                        let provider = self.providers.get(name).cloned().unwrap_or_default();
                        let values = provider.show().into_iter();
                        out.extend(
                            values.map(|(key, value)| self.line(format!("providers.{name}.{key}"), value)),
                        );
                    }
                }
            }
        }
        out
    }

    fn line(&self, key: String, value: String) -> Shown {
        let mut source = self.sources.get(&key).cloned().unwrap_or(Source::Default);
        // A key that came by its alias or its file says so.
        if let (Some(hook), Source::Default) = (key.strip_suffix(".secret"), &source) {
            source = self.sources.get(&format!("{hook}.secret_file")).cloned().unwrap_or(Source::Default);
        }
        if let (Some(provider), Source::Default) = (key.strip_suffix(".api_key"), &source)
            && !value.is_empty()
        {
            let file = format!("{provider}.api_key_file");
            let from = if self.sources.contains_key(&file) { file.as_str() } else { "claude.api_key" };
            source = self.sources.get(from).cloned().unwrap_or(Source::Default);
        }
        if key == "server.data_dir" && value.is_empty() {
            return Shown { key, value: self.data_dir().display().to_string(), source };
        }
        Shown { key, value, source }
    }
}

enum Group {
    One(&'static str, Vec<(&'static str, String)>),
    Providers,
    Webhooks,
}

fn settings_of(c: &Config) -> Vec<Group> {
    fn one<K: Keys>(keys: &K) -> Group {
        Group::One(K::SECTION.name, keys.show())
    }
    vec![
        one(&c.server),
        one(&c.database),
        one(&c.claude),
        Group::Providers,
        one(&c.vm),
        one(&c.isolation),
        one(&c.runtime),
        one(&c.tasks),
        one(&c.retention),
        one(&c.webhooks),
        Group::Webhooks,
        one(&c.gateway),
        one(&c.agents),
        one(&c.log),
        one(&c.debug),
    ]
}

/// All sections, in the order of the table.
pub const SECTIONS: [Section; 15] = [
    Server::SECTION,
    Database::SECTION,
    Claude::SECTION,
    Provider::SECTION,
    Vm::SECTION,
    Isolation::SECTION,
    Runtime::SECTION,
    Tasks::SECTION,
    Retention::SECTION,
    Webhooks::SECTION,
    NamedWebhook::SECTION,
    Gateway::SECTION,
    Agents::SECTION,
    Log::SECTION,
    Debug::SECTION,
];

/// A section of any type.
trait Settable {
    fn put(&mut self, name: &str, raw: &Raw) -> Option<Result<(), String>>;
}
impl<K: Keys> Settable for K {
    fn put(&mut self, name: &str, raw: &Raw) -> Option<Result<(), String>> {
        self.set(name, raw)
    }
}

/// What may stand for the `*` of a section's name: the names that there are, or one that stands for a name of one's own.
pub(super) fn names_in(section: &str) -> &'static [&'static str] {
    if section == Provider::SECTION.name { &PROVIDERS } else { &["name"] }
}

fn is_name(name: &str) -> bool {
    let good = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'_';
    (1..=64).contains(&name.len()) && name.bytes().all(good)
}

/// Every key that can be written, agents' variables left out.
fn all_keys() -> Vec<String> {
    let mut out = Vec::new();
    for section in SECTIONS {
        for key in section.keys {
            match section.name.strip_suffix('*') {
                Some(before) => {
                    out.extend(names_in(section.name).iter().map(|p| format!("{before}{p}.{}", key.name)));
                }
                None => out.push(format!("{}.{}", section.name, key.name)),
            }
        }
    }
    out
}

/// What to say of a key that is not in the table.
fn unknown(key: &str) -> String {
    let keys = all_keys();
    let nearest =
        keys.iter().max_by(|a, b| strsim::jaro_winkler(a, key).total_cmp(&strsim::jaro_winkler(b, key)));
    let section = key.rsplit_once('.').map_or(key, |(s, _)| s);
    let inside: Vec<&str> = keys.iter().filter_map(|k| k.strip_prefix(section)?.strip_prefix('.')).collect();
    let near = nearest.map(|n| format!("; did you mean {n}?")).unwrap_or_default();
    if inside.is_empty() {
        let mut sections: Vec<&str> = keys.iter().filter_map(|k| k.split('.').next()).collect();
        sections.dedup();
        format!("there is no such key{near} Sections are {}", sections.join(", "))
    } else {
        format!("there is no such key{near} Keys of {section} are {}", inside.join(", "))
    }
}

type Parse = fn(&Path, &str) -> Result<Vec<Entry>, BadSource>;

fn file(
    options: &LoadOptions,
    named: Option<&Path>,
    usual: &str,
    parse: Parse,
) -> Result<Vec<Entry>, BadSource> {
    let name = named.unwrap_or(Path::new(usual));
    match std::fs::read_to_string(options.cwd.join(name)) {
        Ok(text) => parse(name, &text),
        Err(e) if named.is_none() && e.kind() == std::io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(e) => {
            let source = Source::Toml { file: name.display().to_string(), line: 1 };
            Err(BadSource { source, message: format!("cannot be read: {e}") })
        }
    }
}

fn key_file(path: &Path) -> Result<Secret, String> {
    let size = std::fs::metadata(path).map_err(|e| e.to_string())?.len();
    if size > KEY_FILE_BYTES {
        return Err(format!("has {size} bytes; a key has at most {KEY_FILE_BYTES}"));
    }
    let text = Secret::new(std::fs::read_to_string(path).map_err(|e| e.to_string())?);
    let raw = Raw::Text(text.expose().trim().to_owned());
    match <Secret as value::Value>::read(&raw) {
        Ok(Some(secret)) if !secret.is_empty() => Ok(secret),
        _ => Err("holds no key: printable ASCII on one line".into()),
    }
}

fn default_data_dir(options: &LoadOptions) -> PathBuf {
    if nix::unistd::geteuid().is_root() {
        return "/var/lib/lia".into();
    }
    let absolute = |p: &str| Some(PathBuf::from(p)).filter(|p| p.is_absolute());
    let data = options.var("XDG_DATA_HOME").and_then(absolute);
    let home = || options.var("HOME").and_then(absolute).map(|h| h.join(".local/share"));
    data.or_else(home).map_or_else(|| options.cwd.join("lia-data"), |d| d.join("lia"))
}

#[cfg(test)]
mod tests;
