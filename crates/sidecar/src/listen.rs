//! The listening socket: every connection says which port it wants and shows the instance's secret, within a deadline.
//!
//! ```text
//! dialler  CONNECT <port>\n      sidecar  OK <port>\n
//! dialler  LIA1 <secret>\n       sidecar  OK\n
//! ```

use std::{cell::Cell, io, rc::Rc, time::Duration};

use lia_protocol::boot::{PORT_CONTROL, PORT_EGRESS, PORT_HOST_API};
use subtle::ConstantTimeEq as _;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{UnixListener, UnixStream},
};

use crate::{
    egress::{self, Egress},
    host_api,
    instance::Instance,
    link,
};

/// How long the two lines may take together.
const PREAMBLE: Duration = Duration::from_secs(10);
/// Bytes of one of the two lines.
const LINE: usize = 256;
/// Connections that may be in their preamble at once.
const STRANGERS: u32 = 32;

/// Accepts for ever. A connection that fails harms no other.
///
/// # Errors
/// When the socket itself is broken.
pub async fn accept(instance: Rc<Instance>, egress: Rc<Egress>, listener: UnixListener) -> io::Result<()> {
    let strangers = Rc::new(Cell::new(0));
    loop {
        let (stream, _) = match listener.accept().await {
            Ok(accepted) => accepted,
            Err(e) if matches!(e.raw_os_error(), Some(libc::ECONNABORTED | libc::EINTR)) => continue,
            Err(e) if matches!(e.raw_os_error(), Some(libc::EMFILE | libc::ENFILE | libc::ENOMEM)) => {
                // The connection stays in the backlog; others may close meanwhile.
                tokio::time::sleep(Duration::from_millis(100)).await;
                continue;
            }
            Err(e) => return Err(e),
        };
        if strangers.get() >= STRANGERS {
            continue;
        }
        strangers.set(strangers.get() + 1);
        let (instance, egress, strangers) = (Rc::clone(&instance), Rc::clone(&egress), Rc::clone(&strangers));
        tokio::task::spawn_local(async move {
            let known = tokio::time::timeout(PREAMBLE, preamble(&instance, stream)).await;
            strangers.set(strangers.get() - 1);
            if let Ok(Ok(Some((port, stream)))) = known {
                serve(instance, &egress, port, stream).await;
            }
        });
    }
}

async fn serve(instance: Rc<Instance>, egress: &Rc<Egress>, port: u16, stream: UnixStream) {
    match port {
        PORT_CONTROL => link::serve(instance, stream).await,
        PORT_EGRESS => egress::link::serve(egress, stream).await,
        PORT_HOST_API => host_api::serve(instance, stream).await,
        _ => {}
    }
}

/// Returns the port and the stream when the dialler knows the secret.
async fn preamble(instance: &Instance, mut stream: UnixStream) -> io::Result<Option<(u16, UnixStream)>> {
    let Some(port) = asked(&mut stream).await? else {
        return Ok(None);
    };
    Ok(knows(instance, &mut stream).await?.then_some((port, stream)))
}

/// The port that a dialler asks for, told that it has it; none when it asks for something else.
///
/// # Errors
/// When the stream breaks.
pub async fn asked(stream: &mut UnixStream) -> io::Result<Option<u16>> {
    let connect = line(stream).await?;
    let port = connect.strip_prefix("CONNECT ").and_then(|p| p.parse().ok());
    if let Some(port) = port {
        stream.write_all(format!("OK {port}\n").as_bytes()).await?;
    }
    Ok(port)
}

/// Serves a dialler that has asked for a port, if it knows the secret.
pub async fn welcome(instance: Rc<Instance>, egress: &Rc<Egress>, port: u16, mut stream: UnixStream) {
    let known = tokio::time::timeout(PREAMBLE, knows(&instance, &mut stream)).await;
    if matches!(known, Ok(Ok(true))) {
        serve(instance, egress, port, stream).await;
    }
}

/// Whether a dialler knows the instance's secret.
async fn knows(instance: &Instance, stream: &mut UnixStream) -> io::Result<bool> {
    let claim = line(stream).await?;
    let secret = claim.strip_prefix("LIA1 ").unwrap_or_default();
    if !bool::from(secret.as_bytes().ct_eq(instance.config.secret.expose().as_bytes())) || secret.is_empty() {
        return Ok(false);
    }
    stream.write_all(b"OK\n").await?;
    Ok(true)
}

/// One short line, and not a byte more than that.
async fn line(stream: &mut UnixStream) -> io::Result<String> {
    let mut line = Vec::new();
    while line.len() < LINE {
        match stream.read_u8().await? {
            b'\n' => return String::from_utf8(line).map_err(|_| io::ErrorKind::InvalidData.into()),
            byte => line.push(byte),
        }
    }
    Err(io::ErrorKind::InvalidData.into())
}
