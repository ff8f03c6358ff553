//! `lia host`: the runtime-host contract of seed 003 alone, so that another control plane can use Lia's sandboxes.
//!
//! It is the same engine as the server's, on a data folder of its own, behind other routes: no users, no queue, one token.
//!
//! - [`routes`]: the table of routes, and the token before them;
//! - [`sessions`], [`legacy`]: what they do;
//! - [`callback`]: what a control plane is told, made from a session's log; [`tell`]: telling it.
//!
//! Sessions end with the host, as the seed's do, when it is stopped. When it is killed they live on, and the next start on
//! the same data folder takes them over.

use std::{io::Write as _, net::IpAddr, os::unix::fs::OpenOptionsExt as _, path::Path};

use anyhow::{Context as _, bail};
use lia_protocol::{host::AllowRule, ids::UserId, secret::Secret};
use lia_store::CredentialKind;
use tokio::{
    signal::unix::{SignalKind, signal},
    time::timeout,
};
use tokio_util::sync::CancellationToken;

use crate::{
    api::{Api, Hosts, credentials},
    config::Config,
    listen,
    serve::{Works, init_tracing, open_store, say, webhook_options},
    webhooks::PrivateRule,
};

pub mod callback;
pub mod legacy;
pub mod routes;
pub mod sessions;
pub mod tell;

/// Below the configuration's data folder.
const FOLDER: &str = "host";
/// The file of a token that the host made itself.
const TOKEN_FILE: &str = "host.token";
/// Characters that a token has at least.
const TOKEN_CHARS: usize = 16;

/// What is not configuration.
#[derive(Clone, Debug)]
pub struct HostOptions {
    /// A name or address to listen on.
    pub address: String,
    /// The port; 0 takes a free one.
    pub port: u16,
    /// Who may use the host; it makes one itself when absent.
    pub token: Option<Secret>,
    /// What its sandboxes may reach.
    pub allow: Vec<AllowRule>,
}

/// The one user that a host knows: whoever has its token.
#[must_use]
pub fn user() -> UserId {
    #[allow(clippy::expect_used, reason = "a constant that a test reads")]
    "host".parse().expect("a user id")
}

/// Runs a host until SIGINT or SIGTERM.
///
/// # Errors
/// What keeps it from starting, in words for the person who started it.
pub async fn host(mut config: Config, options: HostOptions) -> anyhow::Result<()> {
    init_tracing(&config)?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    if let Some(token) = &options.token
        && token.expose().chars().count() < TOKEN_CHARS
    {
        bail!("the token is too short to keep anybody out; give one of at least {TOKEN_CHARS} characters");
    }
    // Installed agents are the server's; the rest is the host's own.
    config.agents.dir = Some(config.agents_dir());
    config.server.data_dir = Some(config.data_dir().join(FOLDER));
    config.database.url = None;
    let store = open_store(&config)?;
    let HostOptions { address, port, token, allow } = options;
    let listener = listen::bind(&address, port)
        .await
        .with_context(|| format!("cannot listen on {address}:{port} (--listen; is another host running?)"))?;
    let local = listener.local_addr()?;
    let token = match token {
        Some(token) => token,
        None => own_token(&config.data_dir().join(TOKEN_FILE))?,
    };
    let works = Works::new(&config, store).await?;

    let (stop, give_up) = (CancellationToken::new(), CancellationToken::new());
    let url = format!("http://{local}");
    let api =
        Api::of_host(works.engine.clone(), Hosts::new(&address, local.port(), &url), &url, stop.clone());
    let keeper = routes::Keeper::new(&token, user(), allow);
    let mut callbacks = webhook_options(&config);
    if local.ip().is_loopback() {
        // Whoever reaches this host is on this machine, and so is likely his control plane.
        callbacks.allow_private.extend(this_machine());
    }
    let teller = tell::Teller::new(works.engine.clone(), user(), callbacks, give_up.clone());
    let telling = tokio::spawn(teller.run(stop.clone()));
    if !local.ip().is_loopback() {
        tracing::warn!(%local, "others reach this host, and its token crosses the network as it is: put a proxy with TLS before it");
    }
    say(&format!("listening on port {}", local.port()));
    let accepting = tokio::spawn(listen::run(listener, routes::router(&api, &keeper), stop.clone()));

    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
    stop.cancel();
    let end = async {
        listen::quiet(&api.tracker, accepting).await;
        works.engine.stop(true).await;
        // The ends of sessions are told too; what cannot be told now is told at the next start.
        let _ = timeout(listen::STOPPING, telling).await;
        give_up.cancel();
        works.end(true).await;
    };
    tokio::select! {
        () = end => Ok(()),
        _ = interrupt.recv() => bail!("interrupted again: the host did not end in good order; nothing committed is lost"),
    }
}

fn this_machine() -> Vec<PrivateRule> {
    let net = |base: IpAddr, bits| PrivateRule::Net { base, bits };
    vec![net(std::net::Ipv4Addr::new(127, 0, 0, 0).into(), 8), net(std::net::Ipv6Addr::LOCALHOST.into(), 128)]
}

/// The token that the host made itself, now or before.
fn own_token(path: &Path) -> anyhow::Result<Secret> {
    let shown = path.display();
    let token = if path.exists() {
        let text = std::fs::read_to_string(path).with_context(|| format!("the token file {shown}"))?;
        let token = text.trim();
        if token.chars().count() < TOKEN_CHARS {
            bail!("the token file {shown} has no token; remove it, and the next start makes another");
        }
        Secret::new(token)
    } else {
        let (token, _) = credentials::mint(CredentialKind::Token, user(), Vec::new(), String::new(), None)?;
        let made = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
        let mut file = made.with_context(|| format!("the token file {shown}"))?;
        file.write_all(format!("{}\n", token.expose()).as_bytes())
            .and_then(|()| file.sync_all())
            .with_context(|| format!("the token file {shown}"))?;
        token
    };
    say(&format!("the token is in {shown}"));
    Ok(token)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn a_token_is_made_once_and_for_its_user_alone() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("t");
        let made = own_token(&path).unwrap();
        assert!(made.expose().len() > 40);
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(own_token(&path).unwrap(), made);
        std::fs::write(&path, "\n").unwrap();
        assert!(own_token(&path).is_err());
        assert_eq!(user().to_string(), "host");
    }
}
