//! The table of settings: every key with its type, default and meaning. The types, the reader, `lia config`,
//! `.env.example` and `docs/configuration.md` are made from it.

use std::path::PathBuf;

use lia_protocol::secret::Secret;

use super::value::{
    BaseUrl, Bind, DatabaseUrl, Delays, Driver, HookEvents, HookUrl, LogFormat, LogLevel, Names,
    PrivateHosts, Raw, TemplateName, Value, WebUrl, Whole,
};

/// What the table says of one key.
#[derive(Clone, Copy, Debug)]
pub struct Key {
    /// The part before the last dot.
    pub section: &'static str,
    /// The part after it.
    pub name: &'static str,
    /// What it is for.
    pub doc: &'static [&'static str],
    /// What may be written.
    pub allowed: fn() -> String,
    /// The default as it is written; empty when unset.
    pub default: fn() -> String,
    /// Whether it is never shown.
    pub secret: bool,
}

/// What the table says of one section.
#[derive(Clone, Copy, Debug)]
pub struct Section {
    /// Its name; of a provider's the part that all have.
    pub name: &'static str,
    /// What it is about.
    pub doc: &'static [&'static str],
    /// Its keys in the order of the table.
    pub keys: &'static [Key],
}

/// A section's values.
pub trait Keys {
    /// What the table says.
    const SECTION: Section;

    /// Sets one key. `None`: there is no such key.
    ///
    /// # Errors
    /// What is wrong with the value.
    fn set(&mut self, name: &str, raw: &Raw) -> Option<Result<(), String>>;

    /// Every key's value as it is shown.
    fn show(&self) -> Vec<(&'static str, String)>;
}

fn assign<T: Value>(place: &mut T, raw: &Raw) -> Result<(), String> {
    match T::read(raw)? {
        Some(value) => {
            *place = value;
            Ok(())
        }
        None if T::SECRET => Err(format!("the value is not allowed; allowed is {}", T::allowed())),
        None => Err(format!("{} is not allowed; allowed is {}", quoted(raw), T::allowed())),
    }
}

fn quoted(raw: &Raw) -> String {
    match raw {
        Raw::Text(s) | Raw::String(s) => format!("{:?}", s.chars().take(100).collect::<String>()),
        Raw::Integer(s) => s.chars().take(40).collect(),
        Raw::Boolean(b) => b.to_string(),
        Raw::List(_) => "a list".into(),
        Raw::Other(what) => (*what).into(),
    }
}

macro_rules! settings {
    ($($(#[doc = $sdoc:literal])* $section:literal $Type:ident {
        $($(#[doc = $doc:literal])* $key:ident: $ty:ty = $default:expr;)*
    })*) => {$(
        $(#[doc = $sdoc])*
        #[derive(Clone, Debug)]
        pub struct $Type {
            $($(#[doc = $doc])* pub $key: $ty,)*
        }

        impl Default for $Type {
            fn default() -> Self {
                Self { $($key: $default,)* }
            }
        }

        impl Keys for $Type {
            const SECTION: Section = Section {
                name: $section,
                doc: &[$($sdoc),*],
                keys: &[$(Key {
                    section: $section,
                    name: stringify!($key),
                    doc: &[$($doc),*],
                    allowed: <$ty as Value>::allowed,
                    default: || Value::show(&$Type::default().$key),
                    secret: <$ty as Value>::SECRET,
                }),*],
            };

            fn set(&mut self, name: &str, raw: &Raw) -> Option<Result<(), String>> {
                match name {
                    $(stringify!($key) => Some(assign(&mut self.$key, raw)),)*
                    _ => None,
                }
            }

            fn show(&self) -> Vec<(&'static str, String)> {
                vec![$((stringify!($key), Value::show(&self.$key))),*]
            }
        }
    )*};
}

/// A year in minutes.
const YEAR: u64 = 366 * 24 * 60;

settings! {
    /// The server: where it listens and where it keeps its data.
    "server" Server {
        /// What to listen on. Anything but this machine's own loopback wants a proxy with TLS before it.
        host: Bind = Bind("127.0.0.1".into());
        /// The port of the API and the pages; 0 takes a free one.
        port: Whole<0, 65535> = Whole::new(3000);
        /// Where people find the pages, for links; unset is this server's own address.
        web_url: Option<WebUrl> = None;
        /// Where everything is kept; unset is `/var/lib/lia` for root, else `lia` in the user's data folder
        /// (`$XDG_DATA_HOME`, `~/.local/share`).
        data_dir: Option<PathBuf> = None;
    }

    /// The store.
    "database" Database {
        /// Where the store is; unset is SQLite in `lia.db` of the data folder.
        url: Option<DatabaseUrl> = None;
    }

    /// The seed's name for the key of Anthropic.
    "claude" Claude {
        /// The same as `providers.anthropic.api_key`; set one of the two.
        api_key: Option<Secret> = None;
    }

    /// Model providers: `anthropic`, `openai` and `gemini`. The key stays in the server's memory; agents reach the
    /// provider through the server and hold a worthless placeholder.
    "providers.*" Provider {
        /// The key.
        api_key: Option<Secret> = None;
        /// A file that holds the key and nothing else.
        api_key_file: Option<PathBuf> = None;
        /// Where the provider is; unset is the vendor's own address.
        base_url: Option<BaseUrl> = None;
    }

    /// Sandboxes: what a task gets when it does not say, and what it may ask for at most.
    "vm" Vm {
        /// Minutes without a turn, input or output after which a task is suspended; 0 is never.
        idle_timeout_minutes: Whole<0, YEAR> = Whole::new(30);
        /// Minutes after which a suspended agent that can load its session is ended, to be loaded when it is resumed;
        /// 0 is never.
        park_after_minutes: Whole<0, YEAR> = Whole::new(60);
        /// Minutes after which a suspended task that nobody wakes is ended, its files kept (`idle_timeout`); 0 is never.
        end_suspended_minutes: Whole<0, YEAR> = Whole::new(0);
        /// Minutes of running time after which a task ends.
        default_timeout_minutes: Whole<1, YEAR> = Whole::new(30);
        /// Memory in MiB.
        default_memory_mb: Whole<64, 16_777_216> = Whole::new(2048);
        /// CPU cores.
        default_vcpu_count: Whole<1, 4096> = Whole::new(2);
        /// Disk in GiB.
        default_storage_gb: Whole<1, 1_048_576> = Whole::new(50);
        /// The largest `timeout_minutes` of a task.
        max_timeout_minutes: Whole<1, YEAR> = Whole::new(10_080);
        /// The largest `max_memory_mb` of a task.
        max_memory_mb: Whole<64, 16_777_216> = Whole::new(65_536);
        /// The largest `vcpu_count` of a task.
        max_vcpu_count: Whole<1, 4096> = Whole::new(64);
        /// The largest `storage_gb` of a task.
        max_storage_gb: Whole<1, 1_048_576> = Whole::new(1024);
    }

    /// How strictly sandboxes are shut.
    "isolation" Isolation {
        /// Means of isolation without which no task starts (`lia doctor` lists their names).
        require: Names = Names::default();
        /// Whether agents may make user namespaces of their own (a browser's or a build tool's sandbox).
        nested: bool = false;
    }

    /// What isolates tasks.
    "runtime" Runtime {
        /// `local`: namespaces on this host; `qemu`: a virtual machine per task, whose files end with it. Tasks of the other
        /// kind are not attended to.
        driver: Driver = Driver::Local;
        /// The folder with `vmlinuz` and `initramfs.cpio` for `qemu`, which `vm/build.sh FOLDER` makes; unset is `vm` in the data folder.
        image: Option<PathBuf> = None;
        /// The sidecar; unset is `lia-sidecar` beside the server's own program.
        sidecar: Option<PathBuf> = None;
        /// bubblewrap; unset is `bwrap` in `PATH`.
        bwrap: Option<PathBuf> = None;
        /// Whether the runtime has a single named instance: every session of `/api` is in its one sandbox then.
        only_one: bool = false;
        /// Sandboxes that wait ahead of need, so that a task starts at once.
        warm: Whole<0, 64> = Whole::new(2);
    }

    /// Tasks.
    "tasks" Tasks {
        /// The agent template of a task that names none.
        default_template: TemplateName = TemplateName("claude-code".into());
        /// MiB of one task's log: a warning at 80 %, the end of the task beyond it.
        log_quota_mb: Whole<1, 1_048_576> = Whole::new(1024);
        /// MiB of a terminal's output that are kept; the oldest are dropped, which the log says.
        pty_keep_mb: Whole<1, 1_048_576> = Whole::new(64);
        /// MiB that must be free on the data folder's disk for a new task.
        disk_reserve_mb: Whole<0, 1_073_741_824> = Whole::new(1024);
        /// Minutes after which an agent's question that nobody has answered is refused: with the first option that rejects, or
        /// as cancelled; 0 is never. A suspended task's questions wait.
        question_minutes: Whole<0, YEAR> = Whole::new(0);
        /// Seconds that an agent has to end by itself, and again after SIGTERM.
        grace_seconds: Whole<0, 3600> = Whole::new(5);
    }

    /// How long things are kept that nobody uses any more.
    "retention" Retention {
        /// Days after its end after which a task's workspace is removed; record and log stay. 0 keeps it until the task
        /// is deleted.
        workspace_days: Whole<0, 36_500> = Whole::new(30);
        /// Hours in which a repeated `Idempotency-Key` is answered with the task that it made.
        idempotency_hours: Whole<1, 8784> = Whole::new(24);
        /// Hours after which an upload that no task uses is removed.
        upload_hours: Whole<1, 8784> = Whole::new(24);
        /// Days after its end after which a webhook's delivery is forgotten.
        delivery_days: Whole<1, 36_500> = Whole::new(30);
    }

    /// Webhooks: who is told what happens in sessions.
    "webhooks" Webhooks {
        /// Private destinations that may be called all the same: host names, addresses, and networks as in `10.0.0.0/8`.
        /// What is not named here is never called inside private, local and special ranges.
        allow_private: PrivateHosts = PrivateHosts::default();
        /// Seconds to wait before each attempt of a delivery, one number for each; after the last it is given up.
        retry_seconds: Delays = Delays::default();
        /// Seconds that an attempt may take.
        timeout_seconds: Whole<1, 60> = Whole::new(10);
    }

    /// A webhook that hears the sessions of all users, under a name of your own (lower-case letters, digits, `_`, `-`).
    "webhooks.*" NamedWebhook {
        /// Where events are posted.
        url: Option<HookUrl> = None;
        /// The key of the signatures.
        secret: Option<Secret> = None;
        /// A file that holds the key and nothing else.
        secret_file: Option<PathBuf> = None;
        /// Which events; none named is all.
        events: HookEvents = HookEvents::default();
    }

    /// The way out.
    "gateway" Gateway {
        /// A PEM file of certificate authorities to trust beside the system's (a company's proxy), inside sandboxes too.
        ca_file: Option<PathBuf> = None;
    }

    /// Agents.
    "agents" Agents {
        /// Where installed agents lie; unset is `agents` in the data folder.
        dir: Option<PathBuf> = None;
        /// A TOML file of agent templates beside the built-in ones.
        templates_file: Option<PathBuf> = None;
    }

    /// The server's own log, on standard error. `RUST_LOG` stands above `level`.
    "log" Log {
        /// How much it says.
        level: LogLevel = LogLevel("info".into());
        /// How it is written.
        format: LogFormat = LogFormat::Text;
    }

    /// For the tests of Lia itself.
    "debug" Debug {
        /// Steps at which the server or a sidecar kills itself.
        failpoints: Names = Names::default();
        /// Milliseconds of a minute of the minutes of section `vm` that a task waits.
        minute_ms: Whole<1, 60_000> = Whole::new(60_000);
    }
}
