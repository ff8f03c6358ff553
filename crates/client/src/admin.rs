//! The server itself: health, who one is, templates, runtimes, agents, tokens, its end.

use futures_util::{Stream, StreamExt as _, stream};
use lia_protocol::{
    api::{CreateTokenRequest, CreateTokenResponse, Health, Me, TicketResponse, TokenInfo},
    error::ApiError,
    ids::TokenId,
    runtime::RuntimeStatus,
    template::TemplateInfo,
};
use reqwest::{Method, header};

use crate::{
    Client, Error,
    sse::{Parser, SseEvent},
};

/// A step of an agent's installation.
#[derive(Clone, Debug, PartialEq)]
pub enum InstallLine {
    /// A line of progress.
    Progress(String),
    /// It is installed in this version.
    Done(String),
    /// It failed.
    Failed(ApiError),
}

impl Client {
    /// `GET /health`. A server that is up but not well answers with an [`Error::Api`] or with `status` not `ok`.
    ///
    /// # Errors
    /// [`Error::Unreachable`] when there is no server.
    pub async fn health(&self) -> Result<Health, Error> {
        let response =
            self.request(Method::GET, self.url(["health"])).send().await.map_err(|e| self.transport(&e))?;
        let (status, url) = (response.status().as_u16(), crate::http::bare(response.url()));
        let body = self.body(response, 1 << 20).await?;
        if let Ok(health) = serde_json::from_slice(&body) {
            return Ok(health);
        }
        Err(match serde_json::from_slice(&body) {
            Ok(api) => Error::Api { status, api },
            Err(_) => Error::NotLia {
                url,
                status,
                body: String::from_utf8_lossy(&body).chars().take(200).collect(),
            },
        })
    }

    /// `GET /api/v1/me`.
    ///
    /// # Errors
    /// UNAUTHORIZED.
    pub async fn me(&self) -> Result<Me, Error> {
        self.get("identity", self.api(["me"])).await
    }

    /// `GET /api/v1/templates`.
    ///
    /// # Errors
    /// UNAUTHORIZED.
    pub async fn templates(&self) -> Result<Vec<TemplateInfo>, Error> {
        self.get("list of templates", self.api(["templates"])).await
    }

    /// `GET /api/v1/runtimes`.
    ///
    /// # Errors
    /// UNAUTHORIZED.
    pub async fn runtimes(&self) -> Result<Vec<RuntimeStatus>, Error> {
        self.get("list of runtimes", self.api(["runtimes"])).await
    }

    /// `POST /api/v1/agents/{name}/install`: its progress, until [`InstallLine::Done`] or [`InstallLine::Failed`].
    ///
    /// # Errors
    /// NOT_FOUND for an unknown agent; FORBIDDEN.
    pub async fn install_agent(
        &self,
        name: &str,
    ) -> Result<impl Stream<Item = Result<InstallLine, Error>>, Error> {
        let request = self
            .streaming(Method::POST, self.api(["agents", name, "install"]))
            .header(header::ACCEPT, "text/event-stream");
        let response = self.send(request).await?;
        let state = (self.clone(), Box::pin(response.bytes_stream()), Parser::new(1 << 20), false);
        Ok(stream::try_unfold(state, |(client, mut bytes, mut parser, ended)| async move {
            if ended {
                return Ok(None);
            }
            loop {
                let broken = |why: String| Error::Protocol { what: "installation's progress", why };
                if let Some(event) = parser.next_event().map_err(|e| broken(e.to_string()))? {
                    let line = install_line(event);
                    let ended = !matches!(line, InstallLine::Progress(_));
                    return Ok(Some((line, (client, bytes, parser, ended))));
                }
                match bytes.next().await {
                    Some(chunk) => parser.feed(&chunk.map_err(|e| client.transport(&e))?),
                    None => return Err(broken("it ended without a result".into())),
                }
            }
        }))
    }

    /// `GET /api/v1/tokens` (administrator).
    ///
    /// # Errors
    /// FORBIDDEN.
    pub async fn tokens(&self) -> Result<Vec<TokenInfo>, Error> {
        self.get("list of tokens", self.api(["tokens"])).await
    }

    /// `POST /api/v1/tokens` (administrator). The answer is the only time that the token is shown.
    ///
    /// # Errors
    /// FORBIDDEN, BAD_REQUEST.
    pub async fn create_token(&self, token: &CreateTokenRequest) -> Result<CreateTokenResponse, Error> {
        self.post("token", self.api(["tokens"]), token).await
    }

    /// `DELETE /api/v1/tokens/{id}` (administrator): it stops working at once.
    ///
    /// # Errors
    /// NOT_FOUND.
    pub async fn revoke_token(&self, id: TokenId) -> Result<(), Error> {
        self.done(self.request(Method::DELETE, self.api(["tokens", &id.to_string()]))).await
    }

    /// `POST /api/v1/tickets`: a single-use ticket for a browser's WebSocket.
    ///
    /// # Errors
    /// UNAUTHORIZED.
    pub async fn ticket(&self) -> Result<TicketResponse, Error> {
        self.json("ticket", self.request(Method::POST, self.api(["tickets"]))).await
    }

    /// `POST /api/v1/server/down` (administrator): ends the server, and with `instances` every instance too.
    ///
    /// # Errors
    /// FORBIDDEN.
    pub async fn down(&self, instances: bool) -> Result<(), Error> {
        let body = serde_json::json!({ "instances": instances });
        self.done(self.request(Method::POST, self.api(["server", "down"])).json(&body)).await
    }
}

fn install_line(event: SseEvent) -> InstallLine {
    let word = |key: &str| {
        let value: Option<serde_json::Value> = serde_json::from_str(&event.data).ok();
        value.and_then(|v| v.get(key)?.as_str().map(str::to_owned)).unwrap_or_else(|| event.data.clone())
    };
    match event.event.as_str() {
        "done" => InstallLine::Done(word("version")),
        "error" => {
            let unread = || ApiError { error: event.data.clone(), code: None, details: None };
            InstallLine::Failed(serde_json::from_str(&event.data).unwrap_or_else(|_| unread()))
        }
        _ => InstallLine::Progress(word("message")),
    }
}
