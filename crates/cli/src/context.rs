//! What every command works with: the options, the outputs, the server, and how a short id becomes a task.

use anyhow::{Context as _, Result, bail};
use lia_client::{Client, TaskQuery};
use lia_protocol::{ids::TaskId, secret::Secret, task::TaskResponse, template::AgentMode, time::Timestamp};

use crate::{
    args::Global,
    local,
    text::{self, ago, line},
    ui::Ui,
};

/// Bytes of a token file.
const TOKEN_BYTES: u64 = 4096;

/// See the module.
pub struct Cx {
    /// The global options.
    pub global: Global,
    /// The outputs.
    pub ui: Ui,
}

impl Cx {
    /// A client of the server that the options, the environment or the configuration name.
    pub fn client(&self) -> Result<Client> {
        let (url, token) = match &self.global.url {
            Some(url) => (url.clone(), self.given_token()?.unwrap_or_default()),
            None => {
                let config = local::config(&self.global, &[])?;
                let token = self.given_token()?.map_or_else(|| local::admin_token(&config), Ok)?;
                (local::url(&config)?, token)
            }
        };
        Ok(Client::new(&url, token)?)
    }

    /// The token of the options or the environment.
    pub fn given_token(&self) -> Result<Option<Secret>> {
        if let Some(path) = &self.global.token_file {
            return read_token(path).map(Some);
        }
        Ok(self.global.token.as_deref().map(str::trim).filter(|t| !t.is_empty()).map(Secret::new))
    }
}

/// Reads a file with one token in it.
pub fn read_token(path: &std::path::Path) -> Result<Secret> {
    let shown = path.display();
    let meta = std::fs::metadata(path).with_context(|| format!("the token file {shown} cannot be read"))?;
    if meta.len() > TOKEN_BYTES {
        bail!("{shown} has {} bytes, which no token file has", meta.len());
    }
    let text =
        std::fs::read_to_string(path).with_context(|| format!("the token file {shown} cannot be read"))?;
    let token = text.trim();
    if token.is_empty() {
        bail!("the token file {shown} is empty");
    }
    Ok(Secret::new(token))
}

/// The task that a full id or the first digits of one name.
pub async fn find_task(client: &Client, given: &str) -> Result<TaskResponse> {
    let given = given.trim();
    if let Ok(id) = given.parse::<TaskId>() {
        return Ok(client.task(id).await?);
    }
    let digits = given.bytes().filter(u8::is_ascii_hexdigit).count();
    if digits < 4 || !given.bytes().all(|b| b.is_ascii_hexdigit() || b == b'-') || given.len() > 36 {
        bail!(
            "{:?} is not a task: give its id, or at least 4 hex digits of its beginning; `lia ls` shows them",
            line(given, 60)
        );
    }
    let query = TaskQuery { prefix: Some(dashed(given)), ..TaskQuery::default() };
    let mut found = client.tasks(&query).await?.tasks;
    match found.len() {
        0 => bail!("no task begins with {given:?}; `lia ls` shows those that you may see"),
        1 => Ok(found.remove(0)),
        n => {
            let now = Timestamp::now();
            let rows = found.iter().map(|t| {
                format!(
                    "\n  {}  {:10}  {:>10}  {}",
                    t.id,
                    t.status.as_str(),
                    ago(t.created_at, now),
                    line(&t.prompt, 40)
                )
            });
            bail!("{given:?} begins the ids of {n} tasks; which one?{}", rows.collect::<String>())
        }
    }
}

/// Hex digits with the dashes where ids have them.
fn dashed(given: &str) -> String {
    let mut out = String::new();
    for (i, c) in given.chars().filter(|c| *c != '-').enumerate() {
        if matches!(i, 8 | 12 | 16 | 20) {
            out.push('-');
        }
        out.push(c.to_ascii_lowercase());
    }
    out
}

/// How Lia speaks to a task's agent; ACP when the template is not known any more.
pub async fn mode_of(client: &Client, task: &TaskResponse) -> Result<AgentMode> {
    let templates = client.templates().await?;
    let known = templates.into_iter().find(|t| t.name == task.template);
    Ok(known.map_or(AgentMode::Acp, |t| t.mode))
}

/// Reads standard input to its end, as text of at most `max` bytes.
pub fn read_stdin(max: usize) -> Result<String> {
    use std::io::Read as _;
    let mut bytes = Vec::new();
    std::io::stdin()
        .lock()
        .take(max as u64 + 1)
        .read_to_end(&mut bytes)
        .context("standard input cannot be read")?;
    if bytes.len() > max {
        bail!("standard input has more than {}", text::bytes(max as u64));
    }
    String::from_utf8(bytes).context("standard input is not UTF-8 text")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dashes_stand_where_ids_have_them() {
        assert_eq!(dashed("0199C0A1B2"), "0199c0a1-b2");
        assert_eq!(dashed("0199c0a1-b2c3-7"), "0199c0a1-b2c3-7");
    }
}
