//! The whole server: configuration → store, runtime, gateway, engine, API; and its end.
//!
//! Instances do not belong to the server: they go on when it stops, and the next start attends to them again.

use std::{
    collections::BTreeMap,
    io::{IsTerminal as _, Write as _},
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use anyhow::{Context as _, bail};
use lia_gateway::{Gateway, Provider, ProviderKind};
use lia_protocol::{
    secret::Secret,
    task::{ConfigMaxima, TaskConfig},
};
use lia_runtime::{
    Runtime,
    local::{Local, LocalOptions},
    qemu::{Qemu, QemuOptions},
};
use lia_store::{Store, sqlite::SqliteStore};
use tokio::{
    net::TcpListener,
    signal::unix::{SignalKind, signal},
};
use tokio_util::sync::CancellationToken;
use tracing_subscriber::EnvFilter;

use crate::{
    api::{self, Api, Down, Hosts, credentials},
    config::{
        Config,
        value::{Driver, LogFormat, Value as _},
    },
    engine::{self, Engine, Recovered},
    listen, webhooks,
};

/// The sidecar's program, beside the server's own.
const SIDECAR: &str = "lia-sidecar";

/// What is not configuration.
#[derive(Clone, Debug, Default)]
pub struct ServeOptions {
    /// Whether the caller has set up `tracing` already.
    pub tracing_is_set_up: bool,
}

/// Runs the server until SIGINT, SIGTERM or `POST /api/v1/server/down`.
///
/// # Errors
/// What keeps it from starting, in words for the person who started it.
pub async fn serve(config: Config, options: ServeOptions) -> anyhow::Result<()> {
    if !options.tracing_is_set_up {
        init_tracing(&config)?;
    }
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let server = Assembled::new(&config).await?;
    say(&server.greeting().await?);

    let Assembled { listener, api, works, .. } = server;
    let stop = api.stopping.clone();
    let accepting = tokio::spawn(listen::run(listener, api::router(&api), stop.clone()));
    let mut down = api.down.subscribe();
    let instances = tokio::select! {
        _ = interrupt.recv() => false,
        _ = terminate.recv() => false,
        Ok(word) = down.wait_for(Option::is_some) => word.is_some_and(|Down { instances }| instances),
    };

    stop.cancel();
    let end = async {
        listen::quiet(&api.tracker, accepting).await;
        let open = works.engine.open_tasks();
        works.end(instances).await;
        open
    };
    tokio::select! {
        open = end => say(&goodbye(open, instances)),
        _ = interrupt.recv() => bail!("interrupted again: the server did not end in good order; nothing committed is lost"),
    }
    Ok(())
}

fn goodbye(open: usize, instances: bool) -> String {
    match (open, instances) {
        (0, _) => "Lia has stopped. No task was open.".into(),
        (n, true) => format!("Lia has stopped, and {n} open task{} with it; workspaces are kept.", plural(n)),
        (n, false) => format!(
            "Lia has stopped. {n} open task{} go{} on without it: start the server again to see to {}, or end {} with `lia down` then.",
            plural(n),
            if n == 1 { "es" } else { "" },
            if n == 1 { "it" } else { "them" },
            if n == 1 { "it" } else { "them" },
        ),
    }
}

fn plural(n: usize) -> &'static str {
    if n == 1 { "" } else { "s" }
}

/// Opens the store of a configuration's data folder, whose lock it takes.
pub(crate) fn open_store(config: &Config) -> anyhow::Result<Arc<dyn Store>> {
    private_folder(config.data_dir())?;
    let path = config.database_path();
    let store = SqliteStore::open(&path, lia_store::sqlite::Options::default())
        .with_context(|| format!("the store {}", path.display()))?;
    Ok(Arc::new(store))
}

/// What runs sessions, whoever asks for them.
pub(crate) struct Works {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) engine: Engine,
    pub(crate) recovered: Recovered,
    driver: RunningDriver,
}

impl Works {
    pub(crate) async fn new(config: &Config, store: Arc<dyn Store>) -> anyhow::Result<Self> {
        let driver = RunningDriver::new(config).await?;
        let gateway = Gateway::new(gateway_options(config))?;
        let (engine, recovered) =
            Engine::start(engine_options(config), store.clone(), driver.runtime(), gateway).await?;
        Ok(Self { store, engine, recovered, driver })
    }

    pub(crate) async fn end(self, instances: bool) {
        self.engine.stop(instances).await;
        self.driver.shutdown().await;
        self.store.close().await;
    }
}

/// The server's parts, before it accepts.
struct Assembled {
    listener: TcpListener,
    api: Api,
    works: Works,
    first_start: bool,
    data_dir: PathBuf,
}

impl Assembled {
    async fn new(config: &Config) -> anyhow::Result<Self> {
        let data_dir = config.data_dir().to_owned();
        // First the folder's lock, then the port: what holds on to a killed server's port (a child that it was starting) holds
        // its lock too, and the lock is waited for.
        let store = open_store(config)?;
        let (host, port) = (config.server.host.0.as_str(), u16::try_from(config.server.port.get())?);
        let listener = listen::bind(host, port).await.with_context(|| {
            format!("cannot listen on {host}:{port} (server.host, server.port; is another server running?)")
        })?;
        let port = listener.local_addr()?.port();
        let first_start = credentials::admin_token(&*store, &data_dir.join("admin.token")).await?;

        let works = Works::new(config, store).await?;
        check_default_template(config, &works.engine)?;

        let web_url = config.server.web_url.as_ref().map_or_else(|| own_url(host, port), |u| u.0.clone());
        let hosts = Hosts::new(host, port, &web_url);
        let api = Api::new(works.engine.clone(), hosts, &web_url, CancellationToken::new());
        Ok(Self { listener, api, works, first_start, data_dir })
    }

    /// What is printed when the server is ready. The line with the link is the last.
    async fn greeting(&self) -> anyhow::Result<String> {
        let mut out = String::new();
        if self.first_start {
            out += &format!(
                "First start: the data folder is {d}, the administrator's token is in {d}/admin.token.\n",
                d = self.data_dir.display()
            );
        }
        let Recovered { adopted, suspended, .. } = self.works.recovered;
        if adopted + suspended > 0 {
            out += &format!(
                "{adopted} task{} went on without the server, {suspended} {} suspended.\n",
                plural(adopted),
                if suspended == 1 { "is" } else { "are" }
            );
        }
        let code = credentials::link_code(&*self.works.store).await?;
        out += &format!(
            "Lia is ready; this link works once, for ten minutes: {}/login?code={}",
            self.api.web_url,
            code.expose()
        );
        Ok(out)
    }
}

/// Where this machine reaches a server that listens on `host`.
fn own_url(host: &str, port: u16) -> String {
    match host.parse::<std::net::IpAddr>() {
        Ok(ip) if ip.is_unspecified() => format!("http://127.0.0.1:{port}"),
        Ok(std::net::IpAddr::V6(ip)) => format!("http://[{ip}]:{port}"),
        _ => format!("http://{host}:{port}"),
    }
}

fn check_default_template(config: &Config, engine: &Engine) -> anyhow::Result<()> {
    let name = &config.tasks.default_template.0;
    let templates = engine.templates();
    if templates.iter().any(|t| t.name == *name) {
        return Ok(());
    }
    let source = config
        .sources
        .get("tasks.default_template")
        .map_or_else(|| "default".to_owned(), ToString::to_string);
    let all: Vec<_> = templates.iter().map(|t| t.name.as_str()).collect();
    bail!("tasks.default_template ({source}): there is no template {name:?}; allowed are {}", all.join(", "));
}

fn private_folder(path: &Path) -> anyhow::Result<()> {
    use std::os::unix::fs::DirBuilderExt as _;
    std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(path)
        .with_context(|| format!("the data folder {} (server.data_dir)", path.display()))
}

/// The runtime that the configuration asks for.
enum RunningDriver {
    Local(Local),
    Qemu(Qemu),
}

impl RunningDriver {
    async fn new(config: &Config) -> anyhow::Result<Self> {
        Ok(match config.runtime.driver {
            Driver::Local => Self::Local(Local::new(local_options(config)?).await?),
            Driver::Qemu => Self::Qemu(Qemu::new(qemu_options(config)?).await?),
        })
    }

    fn runtime(&self) -> Arc<dyn Runtime> {
        match self {
            Self::Local(local) => Arc::new(local.clone()),
            Self::Qemu(qemu) => Arc::new(qemu.clone()),
        }
    }

    async fn shutdown(&self) {
        match self {
            Self::Local(local) => local.shutdown().await,
            Self::Qemu(qemu) => qemu.shutdown().await,
        }
    }
}

fn sidecar(config: &Config) -> anyhow::Result<PathBuf> {
    let sidecar = match &config.runtime.sidecar {
        Some(path) => path.clone(),
        None => std::env::current_exe().context("the server's own program")?.with_file_name(SIDECAR),
    };
    if !sidecar.is_file() {
        bail!("there is no sidecar at {}; `make build` makes it, or set runtime.sidecar", sidecar.display());
    }
    Ok(sidecar)
}

fn qemu_options(config: &Config) -> anyhow::Result<QemuOptions> {
    if let Some(name) = config.isolation.require.0.first() {
        bail!(
            "isolation.require = {name:?}: only runtime.driver = \"local\" can be asked for means of isolation so far"
        );
    }
    let image = config.runtime.image.clone().unwrap_or_else(|| config.data_dir().join("vm"));
    Ok(QemuOptions::new(config.data_dir().join("qemu"), sidecar(config)?, image))
}

fn local_options(config: &Config) -> anyhow::Result<LocalOptions> {
    let mut options = LocalOptions::new(config.data_dir().join("local"), sidecar(config)?);
    options.bwrap = config.runtime.bwrap.clone();
    options.require = config.isolation.require.0.clone();
    options.nested = config.isolation.nested;
    options.warm = usize::try_from(config.runtime.warm.get())?;
    Ok(options)
}

fn gateway_options(config: &Config) -> lia_gateway::Options {
    let provider = |(name, p): (&String, &crate::config::Provider)| {
        let kind = match name.as_str() {
            "openai" => ProviderKind::OpenAi,
            "gemini" => ProviderKind::Gemini,
            _ => ProviderKind::Anthropic,
        };
        let base_url = p.base_url.as_ref().map_or_else(|| kind.default_base_url(), |u| u.0.clone());
        (name.clone(), Provider { kind, base_url, key: p.api_key.clone().unwrap_or_default() })
    };
    let providers: BTreeMap<_, _> = config.providers.iter().map(provider).collect();
    lia_gateway::Options { providers, upstream_ca: config.gateway.ca_file.clone(), ..Default::default() }
}

fn engine_options(config: &Config) -> engine::Options {
    let (vm, tasks) = (&config.vm, &config.tasks);
    let minutes = |n: u64| Duration::from_millis(n * config.debug.minute_ms.get());
    let hours = |n: u64| minutes(n * 60);
    let has_key = |(name, p): (&String, &crate::config::Provider)| {
        p.api_key.as_ref().is_some_and(|k: &Secret| !k.is_empty()).then(|| name.clone())
    };
    engine::Options {
        data_dir: config.data_dir().to_owned(),
        agents_dir: config.agents_dir(),
        defaults: TaskConfig {
            timeout_minutes: vm.default_timeout_minutes.as_u32(),
            max_memory_mb: vm.default_memory_mb.as_u32(),
            vcpu_count: vm.default_vcpu_count.as_u32(),
            storage_gb: vm.default_storage_gb.as_u32(),
        },
        maxima: ConfigMaxima {
            timeout_minutes: vm.max_timeout_minutes.as_u32(),
            max_memory_mb: vm.max_memory_mb.as_u32(),
            vcpu_count: vm.max_vcpu_count.as_u32(),
            storage_gb: vm.max_storage_gb.as_u32(),
        },
        templates_file: config.agents.templates_file.clone(),
        default_template: tasks.default_template.0.clone(),
        idle_timeout: minutes(vm.idle_timeout_minutes.get()),
        park_after: minutes(vm.park_after_minutes.get()),
        end_after: minutes(vm.end_suspended_minutes.get()),
        question_after: minutes(tasks.question_minutes.get()),
        only_one: config.runtime.only_one,
        grace: Duration::from_secs(tasks.grace_seconds.get()),
        log_quota: tasks.log_quota_mb.get() << 20,
        pty_keep: tasks.pty_keep_mb.get() << 20,
        disk_reserve: tasks.disk_reserve_mb.get() << 20,
        webhooks: webhook_options(config),
        retention: engine::Retention {
            workspaces: hours(24 * config.retention.workspace_days.get()),
            idempotency: hours(config.retention.idempotency_hours.get()),
            uploads: hours(config.retention.upload_hours.get()),
            deliveries: hours(24 * config.retention.delivery_days.get()),
        },
        upkeep_every: minutes(10),
        clock: engine::Clock::default(),
        ca_file: config.gateway.ca_file.clone(),
        agent_env: config.agent_env.clone(),
        failpoints: config.debug.failpoints.0.clone(),
        providers: config.providers.iter().filter_map(has_key).collect(),
    }
}

pub(crate) fn webhook_options(config: &Config) -> webhooks::Options {
    let named = |(name, hook): (&String, &crate::config::NamedWebhook)| {
        // The configuration was refused if one of the two is missing.
        let (url, secret) = (hook.url.clone()?.0, hook.secret.clone()?);
        let events = Some(hook.events.0.clone()).filter(|e| !e.is_empty());
        Some((name.clone(), webhooks::Named { url, secret, events }))
    };
    webhooks::Options {
        retry: config.webhooks.retry_seconds.0.clone(),
        timeout: Duration::from_secs(config.webhooks.timeout_seconds.get()),
        allow_private: config.webhooks.allow_private.0.clone(),
        ca_file: config.gateway.ca_file.clone(),
        named: config.named_webhooks.iter().filter_map(named).collect(),
        ..webhooks::Options::default()
    }
}

/// Sets the log up: standard error, `RUST_LOG` above `log.level`.
///
/// # Errors
/// When `RUST_LOG` cannot be read, or another subscriber is there.
pub fn init_tracing(config: &Config) -> anyhow::Result<()> {
    let directives = std::env::var("RUST_LOG").ok().filter(|v| !v.is_empty());
    let directives = directives.unwrap_or_else(|| config.log.level.show());
    let filter =
        EnvFilter::builder().parse(&directives).with_context(|| format!("RUST_LOG {directives:?}"))?;
    let colours = std::io::stderr().is_terminal();
    let log =
        tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_ansi(colours);
    let set = match config.log.format {
        LogFormat::Text => log.try_init(),
        LogFormat::Json => log.json().try_init(),
    };
    set.map_err(|e| anyhow::anyhow!("the log cannot be set up: {e}"))
}

/// Prints for the person at the terminal; one who is not there any more is no error.
pub(crate) fn say(text: &str) {
    let mut out = std::io::stdout().lock();
    let _ = writeln!(out, "{text}").and_then(|()| out.flush());
}
