//! `host`: sessions for another control plane.

use anyhow::{Context as _, Result, bail};
use lia_server::HostOptions;

use crate::{args::Host, context::Cx, local};

/// Where a host listens when nobody says.
const ADDRESS: &str = "127.0.0.1";
/// The port of the seed's own host.
const PORT: u16 = 8787;

/// `lia host`
pub async fn host(cx: &Cx, args: Host) -> Result<()> {
    let config = local::config(&cx.global, &args.set)?;
    let (address, port) = listen(args.listen.as_deref(), std::env::var("SESSION_HOST_PORT").ok().as_deref())?;
    let token = cx.given_token()?;
    lia_server::host(config, HostOptions { address, port, token, allow: args.allow }).await
}

/// The address and the port that the option, or else the seed's variable, names.
fn listen(option: Option<&str>, variable: Option<&str>) -> Result<(String, u16)> {
    let text = match (option, variable.filter(|v| !v.trim().is_empty())) {
        (Some(text), _) => text,
        (None, Some(port)) if port.trim().bytes().all(|b| b.is_ascii_digit()) => port,
        (None, Some(port)) => bail!("SESSION_HOST_PORT is {port:?}, which is no port"),
        (None, None) => return Ok((ADDRESS.to_owned(), PORT)),
    };
    let text = text.trim();
    let (address, port) = text.rsplit_once(':').unwrap_or(("", text));
    let port = port.parse().with_context(|| format!("{text:?} has no port; give ADDRESS:PORT"))?;
    let bare = address.strip_prefix('[').and_then(|a| a.strip_suffix(']'));
    if bare.is_none() && address.contains(':') {
        bail!("an IPv6 address stands in brackets, as in [::1]:{port}");
    }
    Ok((Some(bare.unwrap_or(address)).filter(|a| !a.is_empty()).unwrap_or(ADDRESS).to_owned(), port))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_to_listen() {
        let at = |option, variable| listen(option, variable).ok();
        let there = |address: &str, port| Some((address.to_owned(), port));
        assert_eq!(at(None, None), there("127.0.0.1", 8787));
        assert_eq!(at(None, Some("9000")), there("127.0.0.1", 9000));
        assert_eq!(at(Some("0"), Some("9000")), there("127.0.0.1", 0));
        assert_eq!(at(Some(":80"), None), there("127.0.0.1", 80));
        assert_eq!(at(Some("0.0.0.0:80"), None), there("0.0.0.0", 80));
        assert_eq!(at(Some("[::1]:80"), None), there("::1", 80));
        assert_eq!(at(Some("box.example:80"), None), there("box.example", 80));
        for (option, variable) in
            [(Some("::1:80"), None), (Some("x"), None), (Some("1:99999"), None), (None, Some("0.0.0.0:1"))]
        {
            assert_eq!(at(option, variable), None, "{option:?} {variable:?}");
        }
    }
}
