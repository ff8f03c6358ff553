//! Agent templates as seed 003 has them: those that come with the server, which can be changed, and those that somebody
//! registered. Values of variables go in and never out: the store has them sealed, and answers show names alone.

use std::collections::BTreeMap;

use lia_protocol::{
    error::Issue,
    limits,
    names::check_env,
    sessions::{
        AgentSpawn, AgentTemplate, AgentTemplateRuntime, RegisterAgentTemplateBody, UpdateAgentTemplateBody,
        UpdateAgentTemplateRuntime,
    },
    template,
    wire::optional::Nullable,
};
use lia_store::{Op, TemplateRecord, Txn};
use uuid::Uuid;

use super::{Engine, EngineError, Shared, sessions::inline};

/// Variables with their values; none is one of the built-in template's own.
type Env = BTreeMap<String, Option<String>>;
type Change = Option<BTreeMap<String, Nullable<String>>>;

/// A template with all that is known of it.
#[derive(Clone, Debug)]
struct Known {
    id: String,
    name: String,
    spawn: AgentSpawn,
    provider: String,
    setup: Option<String>,
    env: Env,
    runtime_env: Env,
    /// The one that comes with the server under this id.
    built_in: Option<template::AgentTemplate>,
}

/// How a session of a template is started.
#[derive(Clone, Debug)]
pub(super) struct Resolved {
    /// The template, without values that must not be readable.
    pub template: template::AgentTemplate,
    /// Those values, with their place-holders filled in.
    pub env: BTreeMap<String, String>,
    /// A script that runs before the agent.
    pub setup: Option<String>,
}

fn issue(path: &str, message: impl Into<String>) -> Issue {
    Issue { path: path.to_owned(), message: message.into() }
}

fn no_template(id: &str) -> EngineError {
    let id: String = id.chars().take(80).collect();
    EngineError::NotFound(format!("agent template \"{id}\""))
}

/// Variables after a change: an empty text keeps a value, `null` and absence remove it.
fn changed(now: &Env, change: Change, path: &str, issues: &mut Vec<Issue>) -> Env {
    let Some(change) = change else { return now.clone() };
    if change.len() > limits::ENV_VARS {
        issues.push(issue(path, format!("has {} variables; allowed are {}", change.len(), limits::ENV_VARS)));
        return now.clone();
    }
    let mut env = Env::new();
    for (name, value) in change {
        let Nullable(Some(value)) = value else { continue };
        if let Err(why) = check_env(&name, &value) {
            issues.push(issue(&format!("{path}.{name}"), why));
        }
        let value = match now.get(&name) {
            Some(kept) if value.is_empty() => kept.clone(),
            Some(_) | None => Some(value),
        };
        env.insert(name, value);
    }
    env
}

/// As a change that names every variable.
fn given(env: Option<BTreeMap<String, String>>) -> Change {
    env.map(|env| env.into_iter().map(|(name, value)| (name, Nullable(Some(value)))).collect())
}

impl Known {
    fn built_in(t: &template::AgentTemplate, provider: &str) -> Self {
        Self {
            id: t.name.clone(),
            name: t.title.clone(),
            spawn: AgentSpawn { command: t.command.clone(), args: t.args.clone() },
            provider: provider.to_owned(),
            setup: None,
            env: t.env.keys().map(|name| (name.clone(), None)).collect(),
            runtime_env: Env::new(),
            built_in: Some(t.clone()),
        }
    }

    /// As answers show it: names of variables, and which of them have a value.
    fn show(&self) -> AgentTemplate {
        let own = |name: &String| self.built_in.as_ref().and_then(|t| t.env.get(name));
        let names = |env: &Env| -> Option<BTreeMap<String, String>> {
            (!env.is_empty()).then(|| env.keys().map(|name| (name.clone(), String::new())).collect())
        };
        let set = |env: &Env| -> Option<Vec<String>> {
            let has = |(name, value): (&String, &Option<String>)| {
                let value = value.as_ref().or_else(|| own(name))?;
                (!value.is_empty()).then(|| name.clone())
            };
            (!env.is_empty()).then(|| env.iter().filter_map(has).collect())
        };
        AgentTemplate {
            id: self.id.clone(),
            name: self.name.clone(),
            spawn: self.spawn.clone(),
            runtime: AgentTemplateRuntime {
                provider: self.provider.clone(),
                image: None,
                dockerfile: None,
                setup: self.setup.clone(),
                env: names(&self.runtime_env),
                env_set: set(&self.runtime_env),
            },
            env: names(&self.env),
            env_set: set(&self.env),
            managed: Some(self.built_in.is_some()),
        }
    }

    /// The values that are not the built-in template's own: `a.` for the agent's, `r.` for the runtime's.
    fn secrets(&self) -> BTreeMap<String, String> {
        let of = |prefix: &'static str, env: &Env| {
            let values = env.iter().filter_map(|(name, value)| Some((name, value.as_ref()?)));
            values.map(|(name, value)| (format!("{prefix}{name}"), value.clone())).collect::<Vec<_>>()
        };
        of("a.", &self.env).into_iter().chain(of("r.", &self.runtime_env)).collect()
    }

    fn update_runtime(&mut self, r: UpdateAgentTemplateRuntime, runtime: &str, issues: &mut Vec<Issue>) {
        if let Some(provider) = r.provider {
            if provider != runtime {
                issues.push(issue(
                    "runtime.provider",
                    format!("{provider:?} is no runtime of this server; there is {runtime}"),
                ));
            }
            self.provider = provider;
        }
        for (field, value) in [("image", r.image), ("dockerfile", r.dockerfile)] {
            if value.is_some_and(|v| !v.is_empty()) {
                issues.push(issue(
                    &format!("runtime.{field}"),
                    format!("cannot be honoured: the runtime {runtime} runs no container images"),
                ));
            }
        }
        if let Some(setup) = r.setup {
            if setup.encode_utf16().count() > limits::SETUP_UTF16 {
                issues.push(issue(
                    "runtime.setup",
                    format!("has more than {} characters", limits::SETUP_UTF16),
                ));
            }
            self.setup = Some(setup).filter(|s| !s.trim().is_empty());
        }
        self.runtime_env = changed(&self.runtime_env, r.env, "runtime.env", issues);
    }
}

impl Shared {
    fn known(&self, record: &TemplateRecord) -> Result<Known, EngineError> {
        let damaged = |why: String| EngineError::Instance(format!("the template {}: {why}", record.id));
        let body: AgentTemplate = serde_json::from_str(&record.body).map_err(|e| damaged(e.to_string()))?;
        let secrets = match &record.sealed {
            Some(sealed) => self.unseal(&format!("template {}", record.id), sealed)?,
            None => BTreeMap::new(),
        };
        let env = |prefix: &str, names: Option<BTreeMap<String, String>>| -> Env {
            let names = names.unwrap_or_default().into_keys();
            names.map(|name| (name.clone(), secrets.get(&format!("{prefix}{name}")).cloned())).collect()
        };
        Ok(Known {
            id: body.id,
            name: body.name,
            spawn: body.spawn,
            provider: body.runtime.provider,
            setup: body.runtime.setup,
            env: env("a.", body.env),
            runtime_env: env("r.", body.runtime.env),
            built_in: self.templates.get(&record.id).cloned(),
        })
    }

    /// All templates: those that come with the server first, then the registered ones in their order.
    async fn all_known(&self) -> Result<Vec<Known>, EngineError> {
        let provider = self.runtime.name();
        let built_in = self.templates.names().into_iter().filter_map(|n| self.templates.get(n));
        let mut all: Vec<_> = built_in.map(|t| Known::built_in(t, provider)).collect();
        for record in self.store.templates().await? {
            let known = self.known(&record)?;
            match all.iter_mut().find(|k| k.id == known.id) {
                Some(changed) => *changed = known,
                None => all.push(known),
            }
        }
        Ok(all)
    }

    /// The template with an id.
    async fn one_known(&self, id: &str) -> Result<Option<Known>, EngineError> {
        match self.store.templates().await?.iter().find(|r| r.id == id) {
            Some(record) => self.known(record).map(Some),
            None => Ok(self.templates.get(id).map(|t| Known::built_in(t, self.runtime.name()))),
        }
    }

    async fn keep_template(&self, known: &Known) -> Result<(), EngineError> {
        let secrets = known.secrets();
        let sealed = (!secrets.is_empty())
            .then(|| self.seal(&format!("template {}", known.id), &secrets))
            .transpose()?;
        let body = serde_json::to_string(&known.show()).map_err(|e| EngineError::Instance(e.to_string()))?;
        let record =
            TemplateRecord { id: known.id.clone(), created_at: self.options.clock.now(), body, sealed };
        self.store.commit(Txn::power(vec![Op::PutTemplate(record)])).await?;
        Ok(())
    }

    /// The template with an id, as a session starts it.
    pub(super) async fn resolve(&self, id: &str) -> Result<Option<Resolved>, EngineError> {
        let Some(known) = self.one_known(id).await? else { return Ok(None) };
        let mut template = match known.built_in {
            Some(t) => t,
            None => inline(known.spawn.clone(), None),
        };
        template.name = known.id;
        template.title = known.name;
        template.command = known.spawn.command;
        template.args = known.spawn.args;
        template.env.retain(|name, _| known.env.contains_key(name));
        let mut env = BTreeMap::new();
        for (name, value) in known.runtime_env.into_iter().chain(known.env) {
            if let Some(value) = value {
                if let Some(rest) = value.strip_prefix("{broker}/") {
                    let provider = rest.split('/').next().unwrap_or_default().to_owned();
                    if !template.providers.contains(&provider) {
                        template.providers.push(provider);
                    }
                }
                env.insert(name, self.fill(&value, &template, None));
            }
        }
        Ok(Some(Resolved { template, env, setup: known.setup }))
    }
}

impl Engine {
    /// All templates, as answers show them: those that come with the server first.
    ///
    /// # Errors
    /// Store errors; a record that cannot be read.
    pub async fn agent_templates(&self) -> Result<Vec<AgentTemplate>, EngineError> {
        Ok(self.shared.all_known().await?.iter().map(Known::show).collect())
    }

    /// Registers a template under an id of its own.
    ///
    /// # Errors
    /// `Invalid`, store errors.
    pub async fn register_template(
        &self,
        body: RegisterAgentTemplateBody,
    ) -> Result<AgentTemplate, EngineError> {
        let shared = &self.shared;
        let mut known = Known {
            id: Uuid::now_v7().to_string(),
            name: body.name,
            spawn: body.spawn,
            provider: shared.runtime.name().to_owned(),
            setup: None,
            env: Env::new(),
            runtime_env: Env::new(),
            built_in: None,
        };
        let mut issues = Vec::new();
        if let Some(r) = body.runtime {
            let r = UpdateAgentTemplateRuntime {
                provider: Some(r.provider),
                image: r.image,
                dockerfile: r.dockerfile,
                setup: r.setup,
                env: given(r.env),
            };
            known.update_runtime(r, shared.runtime.name(), &mut issues);
        }
        known.env = changed(&Env::new(), given(body.env), "env", &mut issues);
        if !issues.is_empty() {
            return Err(EngineError::Invalid(issues));
        }
        shared.keep_template(&known).await?;
        Ok(known.show())
    }

    /// Changes a template, one that comes with the server too; what is absent stays.
    ///
    /// # Errors
    /// `NotFound`, `Invalid`, store errors.
    pub async fn update_template(
        &self,
        id: &str,
        body: UpdateAgentTemplateBody,
    ) -> Result<AgentTemplate, EngineError> {
        let shared = &self.shared;
        let _changing = shared.changing_templates.lock().await;
        let mut known = shared.one_known(id).await?.ok_or_else(|| no_template(id))?;
        let mut issues = Vec::new();
        if let Some(name) = body.name {
            known.name = name;
        }
        if let Some(spawn) = body.spawn {
            known.spawn = spawn;
        }
        if let Some(r) = body.runtime {
            known.update_runtime(r, shared.runtime.name(), &mut issues);
        }
        known.env = changed(&known.env, body.env, "env", &mut issues);
        if !issues.is_empty() {
            return Err(EngineError::Invalid(issues));
        }
        shared.keep_template(&known).await?;
        Ok(known.show())
    }

    /// Forgets a registered template, or what was changed of one that comes with the server.
    ///
    /// # Errors
    /// `NotFound`, `InvalidState` for one that comes with the server and was not changed, store errors.
    pub async fn remove_template(&self, id: &str) -> Result<(), EngineError> {
        let shared = &self.shared;
        let _changing = shared.changing_templates.lock().await;
        if !shared.store.templates().await?.iter().any(|t| t.id == id) {
            return Err(match shared.templates.get(id) {
                Some(_) => EngineError::InvalidState(format!(
                    "the template {id} comes with the server and is not changed; it cannot be removed"
                )),
                None => no_template(id),
            });
        }
        shared.store.commit(Txn::power(vec![Op::RemoveTemplate { id: id.to_owned() }])).await?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_are_kept_changed_and_removed() {
        let now: Env = [("A", Some("a")), ("B", None), ("C", Some("c"))]
            .map(|(n, v)| (n.into(), v.map(String::from)))
            .into();
        let mut issues = Vec::new();
        assert_eq!(changed(&now, None, "env", &mut issues), now);
        let change = [("A", Some("")), ("B", Some("b")), ("C", None), ("D", Some("")), ("E", Some("e"))];
        let change = change.map(|(n, v)| (n.to_owned(), Nullable(v.map(str::to_owned)))).into();
        let then = changed(&now, Some(change), "env", &mut issues);
        let wanted: Env = [("A", Some("a")), ("B", Some("b")), ("D", Some("")), ("E", Some("e"))]
            .map(|(n, v)| (n.into(), v.map(String::from)))
            .into();
        assert_eq!(then, wanted);
        let kept =
            changed(&now, Some([("B".to_owned(), Nullable(Some(String::new())))].into()), "env", &mut issues);
        assert_eq!(kept, [("B".to_owned(), None)].into());
        assert!(issues.is_empty());
        let bad = [("LD_PRELOAD".to_owned(), Nullable(Some("x".to_owned())))].into();
        changed(&now, Some(bad), "env", &mut issues);
        assert_eq!(issues[0].path, "env.LD_PRELOAD");
    }
}
