//! The control plane of seed 003, which calls a session an agent in its paths.
//!
//! - [`show`]: a task's record as a session;
//! - [`agents`]: starting, listing, showing and ending sessions; [`prompts`]: prompts and their queue;
//! - [`events`]: callbacks of sidecars; [`messages`]: the queue across sessions;
//! - [`templates`]: how agents are started; [`runtimes`]: named instances;
//! - [`terminals`]: a person's terminals; [`settings`]: permissions, what is decided about sessions, health.

use axum::http::{HeaderMap, header};
use lia_protocol::{ids::TaskId, sessions::Session};
use lia_store::TaskRecord;

use super::{
    Api,
    auth::Principal,
    error::{Failure, not_found},
};

pub mod agents;
pub mod commands;
pub mod events;
pub mod messages;
pub mod prompts;
pub mod runtimes;
pub mod settings;
pub mod show;
pub mod templates;
pub mod terminals;

/// Events of a session's newest log that come with it.
const LOGS: usize = 1000;

impl Api {
    /// The session, if it is the caller's own or the caller an administrator.
    ///
    /// # Errors
    /// 404 for a foreign one too, and for what is no id; those of the store.
    pub async fn session(&self, caller: &Principal, id: &str) -> Result<TaskRecord, Failure> {
        let found = match id.parse::<TaskId>() {
            Ok(id) => self.store.task(id).await?,
            Err(_) => None,
        };
        match found {
            Some(t) if t.user == caller.user || caller.is_admin() => Ok(t),
            Some(_) | None => {
                let id: String = id.chars().take(80).collect();
                Err(not_found(format_args!("session {id:?}")))
            }
        }
    }

    /// Where the asker of a request reaches this server by WebSocket: at the host that the request names, which the server
    /// has checked to be one of its own.
    #[must_use]
    pub fn websocket_base(&self, headers: &HeaderMap) -> String {
        let host = headers.get(header::HOST).and_then(|h| h.to_str().ok());
        websocket_base(&self.web_url, host)
    }

    /// One session as its own route shows it: with its queue, its questions and the newest part of its log.
    ///
    /// # Errors
    /// Those of the store.
    pub(super) async fn whole_session(&self, t: TaskRecord, base: &str) -> Result<Session, Failure> {
        let queue = self.engine.queue_state(&t).await?;
        let asked = self.store.open_permissions(t.session).await?;
        let (logs, more) = self.engine.newest_logs(&t, LOGS).await?;
        let shown = show::session(&t, &asked, base);
        Ok(Session { prompt_queue: Some(queue), logs, logs_truncated: more.then_some(true), ..shown })
    }
}

fn websocket_base(web_url: &str, host: Option<&str>) -> String {
    let (own_scheme, own_host) = web_url.split_once("://").unwrap_or(("http", web_url));
    let own_host = own_host.split('/').next().unwrap_or_default();
    let host = host.unwrap_or(own_host);
    let scheme = if host.eq_ignore_ascii_case(own_host) && own_scheme == "https" { "wss" } else { "ws" };
    format!("{scheme}://{host}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_asker_reaches_the_server_where_it_asked() {
        let (local, proxied) = ("http://127.0.0.1:8080", "https://lia.example.com/sub");
        for (web_url, host, wanted) in [
            (local, Some("127.0.0.1:8080"), "ws://127.0.0.1:8080"),
            (local, Some("localhost:8080"), "ws://localhost:8080"),
            (local, Some("[::1]:8080"), "ws://[::1]:8080"),
            (local, None, "ws://127.0.0.1:8080"),
            ("http://lia.example.com", Some("lia.example.com"), "ws://lia.example.com"),
            // What comes by the proxy goes by the proxy, and what comes from this machine stays on it.
            (proxied, Some("lia.example.com"), "wss://lia.example.com"),
            (proxied, Some("LIA.example.com"), "wss://LIA.example.com"),
            (proxied, Some("127.0.0.1:8080"), "ws://127.0.0.1:8080"),
            (proxied, None, "wss://lia.example.com"),
        ] {
            assert_eq!(websocket_base(web_url, host), wanted, "{web_url} {host:?}");
        }
    }
}
