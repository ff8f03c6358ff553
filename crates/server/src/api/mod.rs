//! HTTP, WebSocket and server-sent events: one file per resource.
//!
//! - [`routes`]: the one table; a route that is not in it does not exist;
//! - [`auth`], [`origin`], [`credentials`]: who calls, from where, and what they may do;
//! - [`error`], [`extract`]: every rejection is `ApiError` JSON;
//! - [`tasks`], [`control`], [`log`], [`stream`]: tasks, steering them, reading them, both at once;
//! - [`channels`]: seed 003's sockets and its event stream; [`socket`]: what all sockets have;
//! - [`files`], [`uploads`]: bytes in and out of a workspace; [`fs`]: files and repositories as seed 003 shows them;
//! - [`sessions`]: the control plane of seed 003; [`webhooks`]: who is told outside;
//! - [`login`], [`tokens`], [`server`]: credentials, the server itself; [`ui`]: the web UI's files;
//! - [`reference`]: the API's description and Swagger UI.

use std::{ops::Deref, sync::Arc};

use lia_protocol::ids::TokenId;
use lia_store::Store;
use tokio::sync::watch;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

pub mod auth;
pub mod channels;
pub mod control;
pub mod credentials;
pub mod error;
pub mod extract;
pub mod files;
pub mod fs;
pub mod log;
pub mod login;
pub mod origin;
pub mod reference;
pub mod routes;
pub mod server;
pub mod sessions;
pub mod socket;
pub mod stream;
pub mod tasks;
pub mod tokens;
pub mod ui;
pub mod uploads;
pub mod webhooks;

pub use origin::Hosts;
pub use routes::{ROUTES, router};

use crate::engine::Engine;

/// What every handler has. Cheap to clone.
#[derive(Clone)]
pub struct Api(Arc<Shared>);

/// See [`Api`].
pub struct Shared {
    /// The sessions.
    pub engine: Engine,
    /// The log and the records, for reads.
    pub store: Arc<dyn Store>,
    /// Where people find the pages; no slash at the end.
    pub web_url: String,
    /// Names of this server.
    pub hosts: Hosts,
    /// Cancelled when the server stops: streams close, nothing new is accepted.
    pub stopping: CancellationToken,
    /// What must end before the server has stopped.
    pub tracker: TaskTracker,
    /// Set by `POST /api/v1/server/down`.
    pub down: watch::Sender<Option<Down>>,
    /// Credentials that were revoked while this server runs.
    pub revoked: watch::Sender<Vec<TokenId>>,
    /// Failed logins by address.
    pub logins: login::Attempts,
    /// Whether prompts wait while their session works; else they are refused, as a runtime host does.
    pub queues: bool,
}

/// How the server was told to go down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Down {
    /// Whether all instances end too.
    pub instances: bool,
}

impl Deref for Api {
    type Target = Shared;
    fn deref(&self) -> &Shared {
        &self.0
    }
}

impl Api {
    /// The API of an engine.
    #[must_use]
    pub fn new(engine: Engine, hosts: Hosts, web_url: &str, stopping: CancellationToken) -> Self {
        Self::make(engine, hosts, web_url, stopping, true)
    }

    /// That of an engine behind the runtime-host contract, which has no queue.
    #[must_use]
    pub fn of_host(engine: Engine, hosts: Hosts, web_url: &str, stopping: CancellationToken) -> Self {
        Self::make(engine, hosts, web_url, stopping, false)
    }

    fn make(engine: Engine, hosts: Hosts, web_url: &str, stopping: CancellationToken, queues: bool) -> Self {
        Self(Arc::new(Shared {
            store: engine.store().clone(),
            engine,
            web_url: web_url.trim_end_matches('/').to_owned(),
            hosts,
            stopping,
            tracker: TaskTracker::new(),
            down: watch::Sender::new(None),
            revoked: watch::Sender::new(Vec::new()),
            logins: login::Attempts::default(),
            queues,
        }))
    }
}
