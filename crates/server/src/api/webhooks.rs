//! `/api/webhooks`: who is told outside what happens in sessions, and how that went.
//!
//! A webhook belongs to the user who made it, or whose session it came with; an administrator sees all. Those of the
//! configuration are the operator's: the API shows them and changes nothing but what waits for them.

use axum::{Json, extract::State, http::StatusCode};
use lia_protocol::{
    api::Scope,
    error::ErrorCode,
    ids::{DeliveryId, WebhookId},
    sessions::{
        CreateWebhookBody, ListDeliveriesQuery, ListWebhooksQuery, UpdateWebhookBody, WebhookDelivery,
        WebhookDeliveryList, WebhookInfo, WebhookSource,
    },
};
use lia_store::{Delivered, DeliveryFilter, StoreError, WebhookPatch, WebhookRecord};

use super::{
    Api,
    auth::Principal,
    error::{Failure, issues, not_found},
    extract::{ApiJson, ApiPath, ApiQuery},
};
use crate::{
    engine::EngineError,
    webhooks::{WebhookError, keep::NewWebhook},
};

impl From<WebhookError> for EngineError {
    fn from(e: WebhookError) -> Self {
        match e {
            WebhookError::Invalid(list) => Self::Invalid(list),
            WebhookError::TooMany(_) => Self::InvalidState(e.to_string()),
            WebhookError::Seal(e) => Self::Unavailable(e.to_string()),
            WebhookError::Store(e) => Self::Store(e),
        }
    }
}

impl From<WebhookError> for Failure {
    fn from(e: WebhookError) -> Self {
        match e {
            WebhookError::Invalid(list) => issues(&list),
            WebhookError::Seal(error) => {
                tracing::error!(%error, "a secret could not be sealed");
                Self::new(ErrorCode::Unavailable, "the secret could not be kept; the server's log says why")
            }
            WebhookError::TooMany(_) | WebhookError::Store(_) => EngineError::from(e).into(),
        }
    }
}

fn info(w: WebhookRecord) -> WebhookInfo {
    WebhookInfo {
        id: w.id,
        url: w.url,
        events: w.events,
        source: w.source,
        name: w.name,
        session_id: w.task,
        all_users: w.all_users,
        enabled: w.enabled,
        created_at: w.created_at,
    }
}

fn shown((d, attempts): Delivered) -> Result<WebhookDelivery, Failure> {
    let payload = serde_json::from_slice(&d.body).map_err(|error| {
        tracing::error!(delivery = %d.id, %error, "a stored payload cannot be read");
        Failure::new(ErrorCode::DatabaseError, "a stored payload cannot be read")
    })?;
    Ok(WebhookDelivery {
        id: d.id,
        webhook_id: d.webhook,
        state: d.state,
        payload,
        attempts,
        created_at: d.created_at,
        next_attempt_at: d.next_at,
        finished_at: d.finished_at,
    })
}

fn absent(id: WebhookId) -> Failure {
    not_found(format_args!("webhook {id}"))
}

/// The webhook, if it is the caller's own or the caller an administrator.
async fn own(api: &Api, caller: &Principal, id: WebhookId) -> Result<WebhookRecord, Failure> {
    let found = api.store.webhook(id).await?;
    let operators = |w: &WebhookRecord| w.source == WebhookSource::Config;
    let own = |w: &WebhookRecord| caller.is_admin() || (w.user == caller.user && !operators(w));
    found.filter(own).ok_or_else(|| absent(id))
}

/// The same, for a change.
async fn changeable(api: &Api, caller: &Principal, id: WebhookId) -> Result<WebhookRecord, Failure> {
    let webhook = own(api, caller, id).await?;
    match &webhook.name {
        Some(name) if webhook.source == WebhookSource::Config => Err(Failure::new(
            ErrorCode::InvalidState,
            format!("the configuration names this webhook (webhooks.{name}), and alone changes it"),
        )),
        Some(_) | None => Ok(webhook),
    }
}

/// `GET /api/webhooks`
pub async fn list(
    State(api): State<Api>,
    caller: Principal,
    ApiQuery(q): ApiQuery<ListWebhooksQuery>,
) -> Result<Json<Vec<WebhookInfo>>, Failure> {
    let all = match q.session_id {
        Some(task) => {
            let task = api.task(&caller, task).await?;
            api.store.webhooks_of_session(task.session).await?
        }
        None if caller.is_admin() => api.store.webhooks(None).await?,
        None => {
            let all = api.store.webhooks(Some(&caller.user)).await?;
            all.into_iter().filter(|w| w.source != WebhookSource::Config).collect()
        }
    };
    Ok(Json(all.into_iter().map(info).collect()))
}

/// `POST /api/webhooks`
pub async fn create(
    State(api): State<Api>,
    caller: Principal,
    body: ApiJson<CreateWebhookBody>,
) -> Result<(StatusCode, Json<WebhookInfo>), Failure> {
    let CreateWebhookBody { url, secret, events, all_users } = body.value;
    let all_users = all_users.unwrap_or(false);
    if all_users && !caller.may(Scope::Admin) {
        return Err(Failure::new(
            ErrorCode::Forbidden,
            "a webhook that hears the sessions of all users needs a credential with the scope \"admin\"",
        ));
    }
    let new = NewWebhook { user: caller.user, all_users, url, secret, events };
    let made = api.engine.webhooks().create(new).await?;
    Ok((StatusCode::CREATED, Json(info(made))))
}

/// `GET /api/webhooks/{id}`
pub async fn get(
    State(api): State<Api>,
    caller: Principal,
    ApiPath(id): ApiPath<WebhookId>,
) -> Result<Json<WebhookInfo>, Failure> {
    Ok(Json(info(own(&api, &caller, id).await?)))
}

/// `PATCH /api/webhooks/{id}`
pub async fn update(
    State(api): State<Api>,
    caller: Principal,
    ApiPath(id): ApiPath<WebhookId>,
    body: ApiJson<UpdateWebhookBody>,
) -> Result<Json<WebhookInfo>, Failure> {
    changeable(&api, &caller, id).await?;
    let UpdateWebhookBody { url, secret, events, enabled } = body.value;
    let patch = WebhookPatch { url, secret: None, events: events.map(Some), enabled };
    match api.engine.webhooks().update(id, patch, secret.as_ref()).await {
        Ok(Some(webhook)) => Ok(Json(info(webhook))),
        Ok(None) | Err(WebhookError::Store(StoreError::Conflict { .. })) => Err(absent(id)),
        Err(e) => Err(e.into()),
    }
}

/// `DELETE /api/webhooks/{id}`
pub async fn remove(
    State(api): State<Api>,
    caller: Principal,
    ApiPath(id): ApiPath<WebhookId>,
) -> Result<StatusCode, Failure> {
    changeable(&api, &caller, id).await?;
    api.engine.webhooks().remove(id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `POST /api/webhooks/{id}/test`
pub async fn test(
    State(api): State<Api>,
    caller: Principal,
    ApiPath(id): ApiPath<WebhookId>,
) -> Result<Json<WebhookDelivery>, Failure> {
    let webhook = own(&api, &caller, id).await?;
    if !webhook.enabled {
        return Err(Failure::new(ErrorCode::InvalidState, "the webhook is switched off; it is told nothing"));
    }
    let made = api.engine.webhooks().test(&webhook).await?;
    shown(made.ok_or_else(|| absent(id))?).map(Json)
}

/// `GET /api/webhooks/{id}/deliveries`
pub async fn deliveries(
    State(api): State<Api>,
    caller: Principal,
    ApiPath(id): ApiPath<WebhookId>,
    ApiQuery(q): ApiQuery<ListDeliveriesQuery>,
) -> Result<Json<WebhookDeliveryList>, Failure> {
    own(&api, &caller, id).await?;
    let filter = DeliveryFilter { state: q.state, before: q.before, limit: q.limit + 1 };
    let mut found = api.store.deliveries(id, filter).await?;
    let page = usize::try_from(q.limit).unwrap_or(usize::MAX);
    let more = found.len() > page;
    found.truncate(page);
    let next = found.last().map(|(d, _)| d.id).filter(|_| more);
    let deliveries = found.into_iter().map(shown).collect::<Result<_, _>>()?;
    Ok(Json(WebhookDeliveryList { deliveries, next }))
}

/// A delivery of a webhook that the caller may see.
async fn own_delivery(
    api: &Api,
    caller: &Principal,
    (id, delivery): (WebhookId, DeliveryId),
) -> Result<Delivered, Failure> {
    own(api, caller, id).await?;
    let found = api.store.delivery(delivery).await?.filter(|(d, _)| d.webhook == id);
    found.ok_or_else(|| not_found(format_args!("delivery {delivery} of this webhook")))
}

/// `GET /api/webhooks/{id}/deliveries/{delivery}`
pub async fn delivery(
    State(api): State<Api>,
    caller: Principal,
    ApiPath(path): ApiPath<(WebhookId, DeliveryId)>,
) -> Result<Json<WebhookDelivery>, Failure> {
    shown(own_delivery(&api, &caller, path).await?).map(Json)
}

/// `POST /api/webhooks/{id}/deliveries/{delivery}/redeliver`
pub async fn redeliver(
    State(api): State<Api>,
    caller: Principal,
    ApiPath(path): ApiPath<(WebhookId, DeliveryId)>,
) -> Result<(StatusCode, Json<WebhookDelivery>), Failure> {
    let (record, _) = own_delivery(&api, &caller, path).await?;
    match api.engine.webhooks().redeliver(&record).await {
        Ok(Some(again)) => Ok((StatusCode::ACCEPTED, Json(shown(again)?))),
        Ok(None) => Err(not_found(format_args!("delivery {} of this webhook", record.id))),
        Err(WebhookError::Store(StoreError::Conflict { .. })) => {
            Err(Failure::new(ErrorCode::InvalidState, "the delivery is pending already"))
        }
        Err(e) => Err(e.into()),
    }
}
