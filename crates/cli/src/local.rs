//! The server of this machine, as its configuration describes it: where it listens, where its data lies.

use std::net::IpAddr;

use anyhow::{Context as _, Result, bail};
use lia_protocol::secret::Secret;
use lia_server::config::{Config, ConfigError, LoadOptions};

use crate::{args::Global, context::read_token};

/// Where the configuration is looked for: the server's own places, and what the options add.
///
/// # Errors
/// When there is no working directory.
pub fn sources(global: &Global, set: &[(String, String)]) -> Result<LoadOptions> {
    let mut options = LoadOptions::of_process().context("there is no working directory")?;
    options.config.clone_from(&global.config);
    options.env_file.clone_from(&global.env_file);
    if let Some(dir) = &global.data_dir {
        let dir = dir.to_str().with_context(|| format!("--data-dir {} is not UTF-8", dir.display()))?;
        options.set.push(("server.data_dir".into(), dir.into()));
    }
    options.set.extend_from_slice(set);
    Ok(options)
}

/// The configuration of the local server.
///
/// # Errors
/// All that is wrong with it.
pub fn config(global: &Global, set: &[(String, String)]) -> Result<Config> {
    let loaded: Result<Config, ConfigError> = Config::load(&sources(global, set)?);
    Ok(loaded?)
}

/// Where clients on this machine find a server with this configuration.
///
/// # Errors
/// When it takes any free port.
pub fn url(config: &Config) -> Result<String> {
    let port = config.server.port.get();
    if port == 0 {
        bail!(
            "server.port is 0, which takes any free port: give the address that `lia serve` printed, with --url or LIA_URL"
        );
    }
    let host = match config.server.host.0.parse::<IpAddr>() {
        Ok(ip) if ip.is_unspecified() && ip.is_ipv6() => "[::1]".into(),
        Ok(ip) if ip.is_unspecified() => "127.0.0.1".into(),
        Ok(IpAddr::V6(ip)) => format!("[{ip}]"),
        Ok(IpAddr::V4(ip)) => ip.to_string(),
        Err(_) => config.server.host.0.clone(),
    };
    Ok(format!("http://{host}:{port}"))
}

/// The administrator's token of the local server.
///
/// # Errors
/// When the server was never started, or belongs to another user.
pub fn admin_token(config: &Config) -> Result<Secret> {
    let path = config.data_dir().join("admin.token");
    if !path.exists() && config.data_dir().read_dir().is_ok() {
        bail!(
            "there is no token: {} does not exist; `lia serve` makes it, or give one with --token or LIA_TOKEN",
            path.display()
        );
    }
    read_token(&path)
        .context("the server's token is its administrator's; others give their own with --token or LIA_TOKEN")
}
