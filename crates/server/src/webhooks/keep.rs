//! Making and changing webhooks, and what the API asks of their deliveries.

use std::{net::IpAddr, time::Duration};

use lia_gateway::{Host, is_special};
use lia_protocol::{
    error::Issue,
    ids::{DeliveryId, SessionId, UserId, WebhookId},
    limits,
    secret::Secret,
    sessions::{
        DeliveryState, WebhookEvent, WebhookEventType, WebhookPayload, WebhookRegistration, WebhookSource,
    },
};
use lia_store::{Delivered, DeliveryRecord, Op, StoreError, Txn, WebhookPatch, WebhookRecord};
use serde_json::{Map, json};
use tokio::{sync::oneshot, time::timeout};
use uuid::Uuid;

use super::{Ask, Webhooks, payload, target::Target};
use crate::{api::credentials, seal::SealError};

/// Beyond an attempt's own time: how long the caller of a test waits for those before it.
const TEST_TURN: Duration = Duration::from_secs(20);

/// What a webhook's secret is bound to.
pub(super) fn context(id: WebhookId) -> String {
    format!("webhook:{id}")
}

/// Why a webhook cannot be made or changed.
#[derive(Debug, thiserror::Error)]
pub enum WebhookError {
    /// Values of the request are wrong.
    #[error("a webhook is not valid")]
    Invalid(Vec<Issue>),
    /// Its owner has as many as may be.
    #[error("there are {0} webhooks already; remove one first")]
    TooMany(usize),
    /// Its secret cannot be kept.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A webhook that is to be made.
#[derive(Clone, Debug)]
pub struct NewWebhook {
    /// The owner.
    pub user: UserId,
    /// Whether it hears the sessions of all users.
    pub all_users: bool,
    /// Where events are posted.
    pub url: String,
    /// The key of the signatures.
    pub secret: Secret,
    /// Which events; `None` is all.
    pub events: Option<Vec<WebhookEventType>>,
}

impl Webhooks {
    /// The steps that make a new session's own webhooks: they belong into the transaction that makes the session, before
    /// its first event, so that they hear it from the beginning.
    ///
    /// # Errors
    /// [`WebhookError::Invalid`], with paths below `webhooks`; [`WebhookError::Seal`].
    pub fn of_session(
        &self,
        session: SessionId,
        user: &UserId,
        list: &[WebhookRegistration],
    ) -> Result<Vec<Op>, WebhookError> {
        let mut issues = Vec::new();
        if list.len() > limits::WEBHOOKS {
            let message = format!("has {} entries; allowed are {}", list.len(), limits::WEBHOOKS);
            issues.push(Issue { path: "webhooks".into(), message });
        }
        for (i, hook) in list.iter().enumerate() {
            issues.extend(self.issue(&format!("webhooks.{i}.url"), &hook.url));
        }
        if !issues.is_empty() {
            return Err(WebhookError::Invalid(issues));
        }
        list.iter()
            .map(|hook| {
                let new = NewWebhook {
                    user: user.clone(),
                    all_users: false,
                    url: hook.url.clone(),
                    secret: hook.secret.clone(),
                    events: hook.events.clone(),
                };
                let record = self.record(new, WebhookSource::Session)?;
                Ok(Op::PutWebhook(Box::new(WebhookRecord { session: Some(session), ..record })))
            })
            .collect()
    }

    /// What is wrong with a URL. What can be known only when it is called is not looked at.
    fn issue(&self, path: &str, url: &str) -> Option<Issue> {
        let message = match url.parse::<Target>() {
            Err(e) => e.to_string(),
            Ok(target) => {
                let address = match &target.host {
                    Host::Address(address) => Some(*address),
                    Host::Name(name) if name.as_str() == "localhost" => Some(IpAddr::from([127, 0, 0, 1])),
                    Host::Name(_) => None,
                };
                let allowed = |a| self.0.options.allow_private.iter().any(|r| r.allows(&target.host, a));
                address.filter(|a| is_special(*a) && !allowed(*a))?;
                "has a private or special address, which webhooks.allow_private does not name".into()
            }
        };
        Some(Issue { path: path.to_owned(), message })
    }

    fn record(&self, new: NewWebhook, source: WebhookSource) -> Result<WebhookRecord, WebhookError> {
        let id = WebhookId::new();
        Ok(WebhookRecord {
            id,
            user: new.user,
            all_users: new.all_users,
            session: None,
            task: None,
            source,
            name: None,
            url: new.url,
            secret: self.0.seal.seal_text(&context(id), &new.secret)?,
            events: new.events,
            enabled: true,
            created_at: self.0.clock.now(),
        })
    }

    /// Makes a webhook.
    ///
    /// # Errors
    /// [`WebhookError`].
    pub async fn create(&self, new: NewWebhook) -> Result<WebhookRecord, WebhookError> {
        if let Some(issue) = self.issue("url", &new.url) {
            return Err(WebhookError::Invalid(vec![issue]));
        }
        let there = self.0.store.webhooks(Some(&new.user)).await?;
        let there = there.iter().filter(|w| w.source == WebhookSource::Api).count();
        if there >= limits::WEBHOOKS {
            return Err(WebhookError::TooMany(there));
        }
        let record = self.record(new, WebhookSource::Api)?;
        self.commit(Op::PutWebhook(Box::new(record.clone()))).await?;
        Ok(record)
    }

    /// Changes a webhook and gives it back as it is then.
    ///
    /// # Errors
    /// [`WebhookError`]; a conflict of the store when it is gone.
    pub async fn update(
        &self,
        id: WebhookId,
        mut patch: WebhookPatch,
        secret: Option<&Secret>,
    ) -> Result<Option<WebhookRecord>, WebhookError> {
        if let Some(issue) = patch.url.as_deref().and_then(|url| self.issue("url", url)) {
            return Err(WebhookError::Invalid(vec![issue]));
        }
        patch.secret = secret.map(|s| self.0.seal.seal_text(&context(id), s)).transpose()?;
        let switched = patch.enabled.is_some();
        self.commit(Op::UpdateWebhook { id, patch: Box::new(patch) }).await?;
        if switched {
            self.ask(Ask::Changed).await;
        }
        Ok(self.0.store.webhook(id).await?)
    }

    /// Removes a webhook. What waits to be delivered to it is not delivered any more.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn remove(&self, id: WebhookId) -> Result<(), WebhookError> {
        self.commit(Op::RemoveWebhook { id }).await?;
        Ok(())
    }

    /// Delivers something that is no event, once, and tells how it went; still pending when those before it take long.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn test(&self, webhook: &WebhookRecord) -> Result<Option<Delivered>, WebhookError> {
        let (id, event, now) = (DeliveryId::new(), Uuid::now_v7(), self.0.clock.now());
        let mut data = Map::new();
        data.insert("test".into(), true.into());
        data.insert("promptResponse".into(), json!({ "stopReason": "end_turn" }));
        let session = SessionId(Uuid::nil());
        let payload = WebhookPayload {
            session_id: session.to_string(),
            event_id: event.to_string(),
            timestamp: now,
            event: WebhookEvent { kind: WebhookEventType::EndTurn, data },
        };
        let record = DeliveryRecord {
            id,
            webhook: webhook.id,
            session,
            event,
            body: payload::body(&payload),
            state: DeliveryState::Pending,
            tries: 0,
            once: true,
            next_at: Some(now),
            created_at: now,
            finished_at: None,
        };
        let (ended, end) = oneshot::channel();
        self.waiting().insert(id, ended);
        let made = self.commit(Op::Tell { seen: Vec::new(), deliveries: vec![record] }).await;
        if made.is_ok() {
            self.ask(Ask::Look(webhook.id, session)).await;
            let _ = timeout(self.0.options.timeout + TEST_TURN, end).await;
        }
        self.waiting().remove(&id);
        made?;
        Ok(self.0.store.delivery(id).await?)
    }

    /// Puts a finished delivery into its queue again: the same body under the same id.
    ///
    /// # Errors
    /// Those of the store; a conflict when it is not finished.
    pub async fn redeliver(&self, delivery: &DeliveryRecord) -> Result<Option<Delivered>, WebhookError> {
        self.commit(Op::Redeliver { id: delivery.id, at: self.0.clock.now() }).await?;
        self.ask(Ask::Look(delivery.webhook, delivery.session)).await;
        Ok(self.0.store.delivery(delivery.id).await?)
    }

    /// Commits what a caller is told about.
    async fn commit(&self, op: Op) -> Result<(), StoreError> {
        self.0.store.commit(Txn::power(vec![op])).await.map(drop)
    }

    /// Makes the store's webhooks of the configuration those that it names now.
    pub(super) async fn bring_in_named(&self) -> Result<(), WebhookError> {
        let shared = &self.0;
        let there = shared.store.webhooks(None).await?;
        let there: Vec<_> = there.into_iter().filter(|w| w.source == WebhookSource::Config).collect();
        let mut ops = Vec::new();
        for old in &there {
            if !old.name.as_ref().is_some_and(|n| shared.options.named.contains_key(n)) {
                ops.push(Op::RemoveWebhook { id: old.id });
            }
        }
        for (name, named) in &shared.options.named {
            match there.iter().find(|w| w.name.as_ref() == Some(name)) {
                Some(old) => {
                    // The secret may have changed too; sealed again it is another text every time.
                    let secret = shared.seal.seal_text(&context(old.id), &named.secret)?;
                    let same =
                        shared.seal.open_text(&context(old.id), &old.secret).is_ok_and(|s| s == named.secret);
                    let patch = WebhookPatch {
                        url: Some(named.url.clone()),
                        secret: Some(secret).filter(|_| !same),
                        events: Some(named.events.clone()),
                        enabled: None,
                    };
                    if !same || old.url != named.url || old.events != named.events {
                        ops.push(Op::UpdateWebhook { id: old.id, patch: Box::new(patch) });
                    }
                }
                None => {
                    let new = NewWebhook {
                        user: credentials::admin(),
                        all_users: true,
                        url: named.url.clone(),
                        secret: named.secret.clone(),
                        events: named.events.clone(),
                    };
                    let record = self.record(new, WebhookSource::Config)?;
                    let record = WebhookRecord { name: Some(name.clone()), ..record };
                    ops.push(Op::PutWebhook(Box::new(record)));
                }
            }
        }
        if !ops.is_empty() {
            shared.store.commit(Txn::power(ops)).await?;
        }
        Ok(())
    }
}
