//! `token`: credentials of users and programs.

use anyhow::{Result, bail};
use lia_client::Client;
use lia_protocol::{
    api::{CreateTokenRequest, Scope, TokenInfo},
    ids::TokenId,
    time::Timestamp,
};

use crate::{
    args::{Token, TokenCommand},
    context::Cx,
    text::{ago, line, span},
    ui::Style,
};

/// `lia token`
pub async fn token(cx: &Cx, args: Token) -> Result<()> {
    let client = cx.client()?;
    match args.command {
        TokenCommand::Create { user, scopes, label, expires } => {
            let request =
                CreateTokenRequest { user_id: user.parse()?, scopes, label, expires_in_seconds: expires };
            let made = client.create_token(&request).await?;
            if cx.ui.json {
                return cx.ui.json(&made);
            }
            cx.ui.note("This is the only time that the token is shown:");
            cx.ui.line(made.token.expose())
        }
        TokenCommand::List => list(cx, &client.tokens().await?),
        TokenCommand::Revoke { id } => {
            let id = find(&client, &id).await?;
            client.revoke_token(id).await?;
            cx.ui.note(&format!("{id} works no more"));
            Ok(())
        }
    }
}

fn list(cx: &Cx, tokens: &[TokenInfo]) -> Result<()> {
    if cx.ui.json {
        return cx.ui.json(tokens);
    }
    let now = Timestamp::now();
    let rows = tokens.iter().map(|t| {
        let state = match (t.revoked_at, t.expires_at) {
            (Some(at), _) => (Style::Dim, format!("revoked {}", ago(at, now))),
            (None, Some(at)) if at <= now => (Style::Dim, format!("expired {}", ago(at, now))),
            (None, Some(at)) => (Style::Green, format!("for {}", span((at.millis() - now.millis()) / 1000))),
            (None, None) => (Style::Green, "valid".into()),
        };
        vec![
            (Style::Bold, t.id.to_string()),
            (Style::Plain, line(t.user_id.as_str(), 30)),
            (Style::Plain, t.scopes.iter().map(|s| word(*s)).collect::<Vec<_>>().join(",")),
            state,
            (Style::Plain, ago(t.created_at, now)),
            (Style::Plain, line(&t.label, 100)),
        ]
    });
    cx.ui.table(&["TOKEN", "USER", "SCOPES", "STATE", "CREATED", "LABEL"], rows.collect())
}

const fn word(scope: Scope) -> &'static str {
    match scope {
        Scope::Read => "read",
        Scope::Write => "write",
        Scope::ActAs => "act-as",
        Scope::Admin => "admin",
    }
}

async fn find(client: &Client, given: &str) -> Result<TokenId> {
    if let Ok(id) = given.parse() {
        return Ok(id);
    }
    if given.len() < 4 {
        bail!(
            "{given:?} is not a token's id: give it, or at least 4 hex digits of its beginning; `lia token list` shows them"
        );
    }
    let given = given.to_ascii_lowercase();
    let mut found: Vec<TokenId> = client.tokens().await?.into_iter().map(|t| t.id).collect();
    found.retain(|id| id.to_string().starts_with(&given));
    match found[..] {
        [id] => Ok(id),
        [] => bail!("no token's id begins with {given:?}; `lia token list` shows them"),
        _ => bail!("{given:?} begins the ids of {} tokens; give more of it", found.len()),
    }
}
