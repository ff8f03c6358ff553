//! Installing agents: npm by a committed lockfile, inside a Lia sandbox that reaches the registry alone, into a
//! read-only folder per version. Nothing that npm downloads ever runs outside of a sandbox.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::Arc,
};

use lia_gateway::Policy;
use lia_protocol::{
    boot::{PLACEHOLDER_KEY, PORT_EGRESS},
    host::AllowRule,
    ids::{InstanceId, LinkEpoch, Offset, SessionId},
    limits::HOST_FILE_BYTES,
    link::{AgentStart, HostLine, Init, SidecarLine},
    secret::Secret,
    task::{FileEncoding, TaskFile},
    template::AgentMode,
};
use lia_runtime::InstanceSpec;
use serde::Deserialize;
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;

use super::{
    Engine, EngineError, Options, Shared, authorities, import,
    link::{self, Incoming, Link},
};

/// The agent's own Node.js below its folder.
pub const NODE: &str = "node_modules/.bin/node";
/// The one place that an installation reaches.
const REGISTRY: &str = "registry.npmjs.org:443";
/// npm's settings: nothing of the host's (the two files must differ), the cache where it is dropped before packing.
const NPM: [(&str, &str); 9] = [
    ("npm_config_userconfig", "/dev/null"),
    ("npm_config_globalconfig", "/tmp/none"),
    ("npm_config_registry", "https://registry.npmjs.org/"),
    ("npm_config_cache", "/tmp/npm"),
    ("npm_config_loglevel", "http"),
    ("npm_config_audit", "false"),
    ("npm_config_fund", "false"),
    ("npm_config_update_notifier", "false"),
    ("npm_config_progress", "false"),
];
/// What is packed inside and fetched out.
const PACK: &str = "agent.tar";

/// What is needed to install one agent.
struct Recipe {
    name: &'static str,
    package: &'static str,
    lock: &'static str,
}

macro_rules! recipe {
    ($name:literal) => {
        Recipe {
            name: $name,
            package: include_str!(concat!("../../../../agents/", $name, "/package.json")),
            lock: include_str!(concat!("../../../../agents/", $name, "/package-lock.json")),
        }
    };
}

const RECIPES: &[Recipe] =
    &[recipe!("claude-code"), recipe!("codex"), recipe!("gemini"), recipe!("opencode")];

/// An agent on this host.
#[derive(Clone, Debug)]
pub struct Installed {
    /// The version of its recipe.
    pub version: String,
}

#[derive(Deserialize)]
struct Package {
    version: String,
}

fn recipe(name: &str) -> Option<(&'static Recipe, String)> {
    let r = RECIPES.iter().find(|r| r.name == name)?;
    serde_json::from_str::<Package>(r.package).ok().map(|p| (r, p.version))
}

/// All that are installed, each with its folder.
pub fn all(options: &Options) -> impl Iterator<Item = (&'static str, PathBuf)> {
    let versions = RECIPES.iter().filter_map(|r| recipe(r.name));
    versions.map(|(r, version)| (r.name, folder(options, r.name, &version))).filter(|(_, dir)| dir.is_dir())
}

/// Where a version of an agent lies.
#[must_use]
pub fn folder(options: &Options, name: &str, version: &str) -> PathBuf {
    options.agents_dir.join(name).join(version)
}

/// The installed agent that this version of Lia asks for.
#[must_use]
pub fn installed(options: &Options, name: &str) -> Option<Installed> {
    let (_, version) = recipe(name)?;
    folder(options, name, &version).is_dir().then_some(Installed { version })
}

impl Engine {
    /// Installs an agent and says its version; lines of progress come through the channel.
    ///
    /// # Errors
    /// `NotFound` for an unknown name; what npm or the sandbox said.
    pub async fn install_agent(
        &self,
        name: &str,
        progress: mpsc::Sender<String>,
    ) -> Result<String, EngineError> {
        let Some((recipe, version)) = recipe(name) else {
            let known: Vec<_> = RECIPES.iter().map(|r| r.name).collect();
            return Err(EngineError::NotFound(format!(
                "agent {name:?} to install; known are {}",
                known.join(", ")
            )));
        };
        let to = folder(&self.shared.options, name, &version);
        if to.is_dir() {
            let _ = progress.send(format!("{name} {version} is installed already")).await;
            return Ok(version);
        }
        let shared = self.shared.clone();
        let id = InstanceId::new();
        let cancel = CancellationToken::new();
        let result = install(&shared, id, recipe, &to, &progress, &cancel).await;
        cancel.cancel();
        let removed = shared.runtime.delete(id, shared.ledger()).await;
        result?;
        removed?;
        Ok(version)
    }
}

async fn install(
    shared: &Arc<Shared>,
    id: InstanceId,
    recipe: &Recipe,
    to: &Path,
    progress: &mpsc::Sender<String>,
    cancel: &CancellationToken,
) -> Result<(), EngineError> {
    let say = |text: String| async move {
        let _ = progress.send(text).await;
    };
    say(format!("making a sandbox that reaches {REGISTRY} alone")).await;
    let mut config = shared.options.defaults;
    config.storage_gb = config.storage_gb.min(shared.options.maxima.storage_gb);
    let (read_only, mut env) = authorities::shown(&shared.options);
    env.extend(shared.options.agent_env.clone());
    let spec = InstanceSpec {
        id,
        secret: shared.instance_secret(id),
        config,
        read_only,
        env,
        ports: Vec::new(),
        failpoints: Vec::new(),
        keep: false,
    };
    let record = shared.runtime.start(spec, shared.ledger()).await?;
    let secret = shared.instance_secret(id);
    let allow: AllowRule = REGISTRY.parse().map_err(|e| EngineError::Instance(format!("{e}")))?;
    let (_policy, policy) =
        watch::channel(Arc::new(Policy { allow: vec![allow], providers: Default::default() }));
    let (events, mut seen) = mpsc::channel(16);
    let io = link::dial(&*shared.runtime, &record, &secret, PORT_EGRESS).await?;
    let (gateway, stop) = (shared.gateway.clone(), cancel.clone());
    tokio::spawn(async move { gateway.serve_link(io, policy, events, stop).await });
    tokio::spawn(async move { while seen.recv().await.is_some() {} });

    let session = SessionId::new();
    let mut link =
        Link::connect(shared.runtime.clone(), &record, &secret, session, LinkEpoch(1), Offset::ZERO).await?;
    let file = |name: &str, content: &str| TaskFile {
        name: name.into(),
        content: content.into(),
        encoding: FileEncoding::Utf8,
    };
    let script = format!(
        "set -e\nnpm ci --ignore-scripts\nrm -rf /tmp/npm node_modules/node-linux-*/include\n\
         find . -name '*.map' -type f -delete\ntar --sort=name --owner=0 --group=0 -cf {PACK} package.json node_modules\n"
    );
    let env = NPM.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
    let init = Init {
        api_key: Secret::new(PLACEHOLDER_KEY),
        prompt: String::new(),
        files: Some(vec![
            file("package.json", recipe.package),
            file("package-lock.json", recipe.lock),
            file("install.sh", &script),
        ]),
        prompt_id: None,
        agent: Some(AgentStart {
            mode: AgentMode::Terminal,
            command: "/bin/sh".into(),
            args: vec!["install.sh".into()],
            env,
            home_files: BTreeMap::new(),
            authenticate: None,
            load: None,
            clone: Vec::new(),
            cwd: None,
            setup: None,
            setup_seconds: None,
            cols: 200,
            rows: 50,
        }),
    };
    link.send(&HostLine::Init(Box::new(init)));
    let mut tail = String::new();
    let code = loop {
        match link.next().await {
            Incoming::Closed(why) => {
                return Err(EngineError::Instance(format!("the installation broke off: {why}")));
            }
            Incoming::Lines(lines) => {
                let mut exited = None;
                for line in lines {
                    if let Some(offset) = line.offset() {
                        link.send(&HostLine::Ack { offset });
                    }
                    match line {
                        SidecarLine::Output { data, .. } => {
                            for l in data.lines().map(str::trim).filter(|l| !l.is_empty()) {
                                say(l.to_owned()).await;
                            }
                            tail.push_str(&data);
                            let cut = tail.len().saturating_sub(2000);
                            tail = tail.chars().skip(cut).collect();
                        }
                        SidecarLine::Error { error, .. } => say(error.message).await,
                        SidecarLine::Exit { exited: e, .. } => exited = Some(e.code),
                        _ => {}
                    }
                }
                if let Some(code) = exited {
                    break code;
                }
            }
        }
    };
    if code != 0 {
        return Err(EngineError::Instance(format!("npm ended with code {code}: {}", tail.trim())));
    }
    say("unpacking".into()).await;
    let parent = to.parent().unwrap_or(to);
    let staging = parent.join(format!(".{id}"));
    let unpacked = async {
        tokio::fs::create_dir_all(&staging)
            .await
            .map_err(|e| EngineError::Instance(format!("{}: {e}", staging.display())))?;
        let pack = staging.join(PACK);
        import::fetch(shared, &record, &secret, PACK, &pack, HOST_FILE_BYTES).await?;
        let into = staging.clone();
        tokio::task::spawn_blocking(move || unpack(&into.join(PACK), &into))
            .await
            .map_err(|e| EngineError::Instance(e.to_string()))?
            .map_err(|e| EngineError::Instance(format!("the packed agent could not be unpacked: {e}")))?;
        tokio::fs::rename(&staging, to)
            .await
            .map_err(|e| EngineError::Instance(format!("{}: {e}", to.display())))
    };
    let result = unpacked.await;
    if result.is_err() {
        let _ = tokio::fs::remove_dir_all(&staging).await;
    }
    result
}

/// Unpacks what came out of a sandbox: nothing lands outside of `into`, no device, no set-uid bit, all read-only.
pub(crate) fn unpack(pack: &Path, into: &Path) -> std::io::Result<()> {
    let mut archive = tar::Archive::new(std::fs::File::open(pack)?);
    archive.set_preserve_ownerships(false);
    archive.set_preserve_permissions(false);
    for entry in archive.entries()? {
        let mut entry = entry?;
        let kind = entry.header().entry_type();
        if kind.is_file() || kind.is_dir() || kind.is_symlink() {
            let mode = match entry.header().mode()? & 0o111 {
                _ if kind.is_dir() => 0o755,
                0 => 0o444,
                _ => 0o555,
            };
            entry.set_mask(!mode & 0o777);
            entry.unpack_in(into)?;
        }
    }
    std::fs::remove_file(pack)
}
