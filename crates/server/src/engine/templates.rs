//! Agent templates: the built-in ones (`agents/templates.toml`), what each needs on this host, and its place-holders.
//!
//! Inside an instance, an installed agent lies read-only at `/opt/lia/agents/<name>`; the scripted agent, which comes
//! with Lia, at `/opt/lia/agents/scripted`.

use std::{collections::BTreeMap, path::PathBuf};

use lia_protocol::{
    boot::{INNER_BROKER_PORT, PLACEHOLDER_KEY},
    ids::SessionId,
    template::{AgentTemplate, TemplateInfo},
};
use lia_runtime::{InstanceSpec, RuntimeError};
use lia_store::TaskRecord;
use serde::Deserialize;

use super::{EngineError, Options, Shared, agents, authorities, failpoint, spec::TaskSpec};

/// Where agents lie inside.
pub const INSIDE: &str = "/opt/lia/agents";
/// The folder of the agent that comes with Lia.
pub const SCRIPTED: &str = "scripted";

const BUILT_IN: &str = include_str!("../../../../agents/templates.toml");

/// All templates of this server.
#[derive(Clone, Debug)]
pub struct Templates(BTreeMap<String, AgentTemplate>);

#[derive(Deserialize)]
struct File {
    template: Vec<AgentTemplate>,
}

impl Templates {
    /// Those that come with Lia, and the operator's.
    ///
    /// # Errors
    /// When the operator's file cannot be read, with the place in it.
    pub fn load(options: &Options) -> Result<Self, EngineError> {
        let mut all = BTreeMap::new();
        let mut add = |text: &str, from: &str| {
            let file: File =
                toml::from_str(text).map_err(|e| EngineError::Unavailable(format!("{from}: {e}")))?;
            all.extend(file.template.into_iter().map(|t| (t.name.clone(), t)));
            Ok::<_, EngineError>(())
        };
        add(BUILT_IN, "the built-in templates")?;
        if let Some(path) = &options.templates_file {
            let from = path.display().to_string();
            let text = std::fs::read_to_string(path)
                .map_err(|e| EngineError::Unavailable(format!("{from}: {e}")))?;
            add(&text, &from)?;
        }
        Ok(Self(all))
    }

    /// One by its name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&AgentTemplate> {
        self.0.get(name)
    }

    /// All names.
    #[must_use]
    pub fn names(&self) -> Vec<&str> {
        self.0.keys().map(String::as_str).collect()
    }

    /// What a template needs and does not have, with the mend.
    #[must_use]
    pub fn missing(&self, t: &AgentTemplate, options: &Options) -> Option<String> {
        if let Some(install) = &t.install
            && agents::installed(options, install).is_none()
        {
            return Some(format!("the agent {install} is not installed; run: lia agents install {install}"));
        }
        if uses_scripted(t) && scripted_agent().is_none() {
            return Some("the program scripted-agent does not lie beside lia".into());
        }
        t.providers.iter().find(|p| !options.providers.contains(p)).map(|p| {
            format!(
                "no key for the provider {p}; set providers.{p}.api_key (LIA__PROVIDERS__{}__API_KEY)",
                p.to_uppercase()
            )
        })
    }

    /// The installed version that a template would use.
    #[must_use]
    pub fn version(&self, t: &AgentTemplate, options: &Options) -> Option<String> {
        t.install.as_ref().and_then(|i| agents::installed(options, i)).map(|i| i.version)
    }

    /// All with what is known of them; values of variables are shown empty.
    #[must_use]
    pub fn list(&self, options: &Options) -> Vec<TemplateInfo> {
        self.0
            .values()
            .map(|t| TemplateInfo::new(t.clone(), self.missing(t, options), self.version(t, options)))
            .collect()
    }
}

fn uses_scripted(t: &AgentTemplate) -> bool {
    t.install.is_none() && t.command.contains("{agent}")
}

/// The scripted agent's program, beside Lia's own.
fn scripted_agent() -> Option<PathBuf> {
    let beside = std::env::current_exe().ok()?.with_file_name("scripted-agent");
    beside.exists().then_some(beside)
}

impl Shared {
    /// Fills a template's place-holders in.
    pub(super) fn fill(&self, text: &str, t: &AgentTemplate, session: Option<SessionId>) -> String {
        // Where several sessions use one broker, each says whose its tokens are.
        let broker = match session {
            Some(session) => format!("http://127.0.0.1:{INNER_BROKER_PORT}/~{session}"),
            None => format!("http://127.0.0.1:{INNER_BROKER_PORT}"),
        };
        let agent = format!("{INSIDE}/{}", t.install.as_deref().unwrap_or(SCRIPTED));
        text.replace("{node}", &format!("{agent}/{}", agents::NODE))
            .replace("{agent}", &agent)
            .replace("{broker}", &broker)
            .replace("{key}", PLACEHOLDER_KEY)
    }

    /// What the runtime shall make for a task.
    pub(super) fn instance_spec(
        &self,
        task: &TaskRecord,
        spec: &TaskSpec,
        keep: bool,
    ) -> Result<InstanceSpec, RuntimeError> {
        let (mut read_only, mut env) = authorities::shown(&self.options);
        env.extend(self.options.agent_env.clone());
        let t = &spec.template;
        if spec.shared {
            // Others may come, with other agents.
            read_only.extend(agents::all(&self.options).map(|(name, dir)| (dir, format!("{INSIDE}/{name}"))));
            read_only.extend(scripted_agent().map(|p| (p, format!("{INSIDE}/{SCRIPTED}/scripted-agent"))));
        } else if let Some(name) = &t.install {
            let version = spec.agent_version.as_deref().unwrap_or_default();
            let dir = agents::folder(&self.options, name, version);
            if !dir.is_dir() {
                return Err(RuntimeError::Missing(format!(
                    "{} is gone; run: lia agents install {name}",
                    dir.display()
                )));
            }
            read_only.push((dir, format!("{INSIDE}/{name}")));
        } else if uses_scripted(t) {
            let program = scripted_agent()
                .ok_or_else(|| RuntimeError::Missing("scripted-agent does not lie beside lia".into()))?;
            read_only.push((program, format!("{INSIDE}/{SCRIPTED}/scripted-agent")));
        }
        Ok(InstanceSpec {
            id: task.instance,
            secret: self.instance_secret(task.instance),
            config: task.config,
            read_only,
            env,
            ports: spec.allow.iter().filter_map(|r| r.port).collect(),
            failpoints: failpoint::of_sidecars(&self.options.failpoints),
            keep,
        })
    }
}
