//! Webhooks: who is told outside what happens in sessions.
//!
//! ```text
//! log ──(with the event)──▶ outbox ──[`payload`]──▶ deliveries ──[`queue`]──▶ [`post`] ──▶ the receiver
//!        in the store                  in the store                              attempts, in the store
//! ```
//!
//! - [`target`]: where events are posted, and which private addresses are allowed;
//! - [`payload`]: an event of the log as receivers see it;
//! - [`queue`]: one delivery at a time per webhook and session, all of these at once; retries;
//! - [`post`]: one attempt; what follows from it;
//! - [`keep`]: making and changing webhooks.
//!
//! Happy path: an append that somebody hears leaves its event in the outbox, in the same transaction. The store wakes the
//! queue, which makes one delivery for each webhook that hears it, with body and event id, and posts the first of each
//! queue. Nothing is polled.
//!
//! Failure paths: the receiver fails or does not answer: the same body under the same id again, by the plan. The server
//! dies, at whatever step: what was in the outbox is told at the next start, and a delivery whose attempt was not noted is
//! attempted again; a receiver therefore may see an id twice, and never not at all. The secret cannot be opened, or the
//! address is private: the delivery fails and says why.

use std::{
    collections::{BTreeMap, HashMap},
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use lia_gateway::{Outbound, Resolver};
use lia_protocol::{
    ids::{DeliveryId, SessionId, WebhookId},
    secret::Secret,
    sessions::WebhookEventType,
};
use lia_store::Store;
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;

use crate::{engine::Clock, seal::Seal};

pub mod keep;
pub mod payload;
pub mod post;
mod queue;
pub mod target;

pub use keep::WebhookError;
pub use target::{PrivateRule, Target};

/// Requests of the API that wait for the queue.
const ASKS: usize = 256;

/// What the operator decides about webhooks.
#[derive(Clone, Debug)]
pub struct Options {
    /// How long to wait before each attempt; after the last the delivery is given up.
    pub retry: Vec<Duration>,
    /// How long an attempt may take.
    pub timeout: Duration,
    /// Private destinations that may be called all the same.
    pub allow_private: Vec<PrivateRule>,
    /// How names become addresses.
    pub resolver: Resolver,
    /// A PEM file of certificate authorities beside the system's.
    pub ca_file: Option<PathBuf>,
    /// Webhooks of the configuration, by their names.
    pub named: BTreeMap<String, Named>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            retry: [0, 5, 30, 120, 600].map(Duration::from_secs).to_vec(),
            timeout: Duration::from_secs(10),
            allow_private: Vec::new(),
            resolver: Resolver::default(),
            ca_file: None,
            named: BTreeMap::new(),
        }
    }
}

/// A webhook of the configuration.
#[derive(Clone, Debug)]
pub struct Named {
    /// Where events are posted.
    pub url: String,
    /// The key of the signatures.
    pub secret: Secret,
    /// Which events; `None` is all.
    pub events: Option<Vec<WebhookEventType>>,
}

/// What the API tells the queue.
enum Ask {
    /// Something of this queue changed.
    Look(WebhookId, SessionId),
    /// A webhook was switched on or off, or removed.
    Changed,
}

/// Handle of the webhooks. Cheap to clone.
#[derive(Clone)]
pub struct Webhooks(Arc<Shared>);

struct Shared {
    store: Arc<dyn Store>,
    seal: Seal,
    options: Options,
    clock: Clock,
    outbound: Outbound,
    asks: mpsc::Sender<Ask>,
    /// Those who wait for an attempt's end.
    waiting: Mutex<HashMap<DeliveryId, oneshot::Sender<()>>>,
}

impl std::fmt::Debug for Webhooks {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Webhooks")
    }
}

impl Webhooks {
    /// Brings the webhooks of the configuration into the store. The future that comes with the handle tells what is to be
    /// told until `stopping`, and is to be run.
    ///
    /// # Errors
    /// Those of the store, and a secret that cannot be sealed.
    pub async fn start(
        options: Options,
        clock: Clock,
        store: Arc<dyn Store>,
        seal: Seal,
        stopping: CancellationToken,
    ) -> Result<(Self, impl Future<Output = ()> + Send + 'static), WebhookError> {
        let (asks, asked) = mpsc::channel(ASKS);
        let outbound = Outbound::new(options.resolver.clone(), options.ca_file.clone());
        let waiting = Mutex::default();
        let webhooks = Self(Arc::new(Shared { store, seal, options, clock, outbound, asks, waiting }));
        webhooks.bring_in_named().await?;
        let running = queue::Queue::new(webhooks.clone(), asked, stopping).run();
        Ok((webhooks, running))
    }

    async fn ask(&self, ask: Ask) {
        // Once the queue has ended, the next start sees what changed.
        let _ = self.0.asks.send(ask).await;
    }

    fn waiting(&self) -> std::sync::MutexGuard<'_, HashMap<DeliveryId, oneshot::Sender<()>>> {
        self.0.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
