//! `/api/v1/tokens`: access tokens of all users, for the administrator.

use axum::{Json, extract::State, http::StatusCode};
use lia_protocol::{
    api::{CreateTokenRequest, CreateTokenResponse, TokenInfo},
    ids::TokenId,
};
use lia_store::{CredentialKind, CredentialRecord, Op, Txn};

use super::{
    Api, credentials,
    error::{Failure, invalid, not_found},
    extract::{ApiJson, ApiPath},
    login::no_randomness,
};

fn info(c: CredentialRecord) -> TokenInfo {
    TokenInfo {
        id: c.id,
        user_id: c.user,
        scopes: c.scopes,
        label: c.label,
        created_at: c.created_at,
        expires_at: c.expires_at,
        revoked_at: c.revoked_at,
    }
}

/// `GET /api/v1/tokens`
pub async fn list(State(api): State<Api>) -> Result<Json<Vec<TokenInfo>>, Failure> {
    let all = api.store.credentials(CredentialKind::Token).await?;
    Ok(Json(all.into_iter().map(info).collect()))
}

/// `POST /api/v1/tokens`
pub async fn create(
    State(api): State<Api>,
    body: ApiJson<CreateTokenRequest>,
) -> Result<(StatusCode, Json<CreateTokenResponse>), Failure> {
    let CreateTokenRequest { user_id, mut scopes, label, expires_in_seconds } = body.value;
    scopes.sort_unstable();
    scopes.dedup();
    if scopes.is_empty() {
        return Err(invalid("scopes", "is empty; allowed are read, write, act-as and admin"));
    }
    if label.chars().count() > 100 || label.chars().any(char::is_control) {
        return Err(invalid("label", "has at most 100 characters and no control characters"));
    }
    let expires_at = match expires_in_seconds {
        None => None,
        // A hundred years.
        Some(s) if (1..=3_155_760_000).contains(&s) => Some(credentials::after(s.cast_signed())),
        Some(s) => return Err(invalid("expires_in_seconds", format!("is {s}; allowed are 1 to 3155760000"))),
    };
    let (token, record) = credentials::mint(CredentialKind::Token, user_id, scopes, label, expires_at)
        .map_err(no_randomness)?;
    api.store.commit(Txn::power(vec![Op::PutCredential(Box::new(record.clone()))])).await?;
    Ok((StatusCode::CREATED, Json(CreateTokenResponse::new(token, info(record)))))
}

/// `DELETE /api/v1/tokens/{id}`
pub async fn revoke(State(api): State<Api>, ApiPath(id): ApiPath<TokenId>) -> Result<StatusCode, Failure> {
    let known = api.store.credentials(CredentialKind::Token).await?.iter().any(|c| c.id == id);
    if !known {
        return Err(not_found(format_args!("token {id}")));
    }
    credentials::revoke(&api, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
