//! `serve` and `down`: the server's life.

use std::{
    fs::File,
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::{Context as _, Result, anyhow};
use lia_client::Client;
use lia_server::ServeOptions;
use rustix::fs::{FlockOperation, flock};
use tokio::{io::AsyncReadExt as _, net::TcpStream, time::timeout};

use crate::{
    args::{Down, Serve},
    context::Cx,
    local,
};

/// How long a server may take to end its instances and itself.
const END: Duration = Duration::from_secs(180);

/// `lia serve`
pub async fn serve(cx: &Cx, args: Serve) -> Result<()> {
    let config = local::config(&cx.global, &args.set)?;
    lia_server::serve(config, ServeOptions::default()).await
}

/// `lia down`
pub async fn down(cx: &Cx, args: Down) -> Result<()> {
    let client = cx.client()?;
    // What tells that it has ended: the end of a connection on which nothing is asked, and the lock on its data folder,
    // which goes with the process.
    let connection = connect(&client).await;
    let lock = if cx.global.url.is_none() { lock_file(cx) } else { None };
    client.down(!args.keep_instances).await.map_err(|e| match e {
        lia_client::Error::Unreachable { url, why } => anyhow!(
            "no server answers at {url}: {why}; tasks that it left at work live on: start it again with `lia serve`, then end both"
        ),
        e => e.into(),
    })?;
    let ended = async {
        if let Some(mut connection) = connection {
            // A reset is an end too.
            let _ = connection.read(&mut [0u8; 1]).await;
        }
        if let Some(path) = lock {
            tokio::task::spawn_blocking(move || wait_for(&path)).await??;
        }
        anyhow::Ok(())
    };
    timeout(END, ended).await.with_context(|| {
        format!("the server was told to end and has not done so within {} seconds", END.as_secs())
    })??;
    cx.ui.note(if args.keep_instances {
        "the server has ended; its instances live on"
    } else {
        "the server and its instances have ended"
    });
    Ok(())
}

/// A plain connection to the server, where it can be had without TLS.
async fn connect(client: &Client) -> Option<TcpStream> {
    let address = client.base_url().strip_prefix("http://")?.split('/').next()?.to_owned();
    let port = address.rsplit_once(':').is_some_and(|(_, port)| port.bytes().all(|b| b.is_ascii_digit()));
    TcpStream::connect(if port { address } else { format!("{address}:80") }).await.ok()
}

/// Waits until nobody has the file locked for himself.
fn wait_for(path: &Path) -> std::io::Result<()> {
    flock(File::open(path)?, FlockOperation::LockShared).map_err(Into::into)
}

/// The file that the local server has locked while it runs.
fn lock_file(cx: &Cx) -> Option<PathBuf> {
    let config = local::config(&cx.global, &[]).ok()?;
    Some(config.data_dir().join("local/runtime.lock")).filter(|p| p.exists())
}
