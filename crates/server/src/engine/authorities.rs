//! Certificate authorities inside instances: the host's own, and those of `gateway.ca_file` (a company's proxy). One
//! file with both is made at start-up and shown read-only; every usual client is told of it by its own variable.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use super::{EngineError, Options};

/// The host's bundle, which a runtime shows at the same place inside.
const HOST: &str = "/etc/ssl/certs/ca-certificates.crt";
/// Where the bundle with the operator's own lies inside.
const INSIDE: &str = "/opt/lia/ca.pem";
/// The variables of OpenSSL, curl, git, pip, requests, Node.js, npm, and cargo.
const VARIABLES: [&str; 8] = [
    "SSL_CERT_FILE",
    "CURL_CA_BUNDLE",
    "GIT_SSL_CAINFO",
    "PIP_CERT",
    "REQUESTS_CA_BUNDLE",
    "NODE_EXTRA_CA_CERTS",
    "npm_config_cafile",
    "CARGO_HTTP_CAINFO",
];

fn bundle(options: &Options) -> PathBuf {
    options.data_dir.join("ca.pem")
}

/// Makes the bundle, when there is something to add to the host's.
///
/// # Errors
/// When the operator's file cannot be read.
pub fn prepare(options: &Options) -> Result<(), EngineError> {
    let Some(own) = &options.ca_file else { return Ok(()) };
    let read =
        |p: &Path| std::fs::read(p).map_err(|e| EngineError::Unavailable(format!("{}: {e}", p.display())));
    let mut all = read(Path::new(HOST)).unwrap_or_default();
    all.push(b'\n');
    all.extend(read(own)?);
    let (to, temp) = (bundle(options), options.data_dir.join("ca.pem.new"));
    let failed = |e: std::io::Error| EngineError::Unavailable(format!("{}: {e}", to.display()));
    std::fs::write(&temp, all).map_err(failed)?;
    // Instances read it as uids of their own.
    std::fs::set_permissions(&temp, std::os::unix::fs::PermissionsExt::from_mode(0o644)).map_err(failed)?;
    std::fs::rename(&temp, &to).map_err(failed)
}

/// What an instance is shown and told.
#[must_use]
pub fn shown(options: &Options) -> (Vec<(PathBuf, String)>, BTreeMap<String, String>) {
    let own = options.ca_file.is_some();
    let path = if own { INSIDE } else { HOST };
    let files = if own { vec![(bundle(options), INSIDE.to_owned())] } else { Vec::new() };
    if !own && !Path::new(HOST).exists() {
        return (files, BTreeMap::new());
    }
    (files, VARIABLES.iter().map(|v| ((*v).to_owned(), path.to_owned())).collect())
}
