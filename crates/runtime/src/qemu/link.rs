//! The connection to a machine's serial port: one at a time, under all streams of the machine.

use std::{
    fs::{self, File},
    io,
    os::{fd::AsRawFd as _, unix::net::UnixListener},
    path::Path,
    sync::{Arc, PoisonError},
    time::Duration,
};

use lia_link::{Opener, Port, mux};
use lia_protocol::ids::InstanceId;
use tokio::{net::UnixStream, sync::oneshot, time::timeout};

use super::{Inner, life};
use crate::{InstanceRecord, RuntimeError};

/// How long a guest may take to answer a RESET: its boot, emulated and on a busy host, included.
const BOOT: Duration = Duration::from_secs(120);
/// How long a sidecar may take to answer `CONNECT`.
const PATIENCE: Duration = Duration::from_secs(20);
/// The serial port's socket.
const SOCKET: &str = "s";

impl Inner {
    pub(super) async fn dial(
        &self,
        instance: &InstanceRecord,
        port: u16,
    ) -> Result<mux::Stream, RuntimeError> {
        let monitor = life::living(&life::data_of(instance)?).ok_or(RuntimeError::Gone(instance.id))?;
        let what = format!("dial port {port} of instance {}", instance.id);
        let dialled = async { self.link(instance.id).await?.connect(port, PATIENCE).await };
        let dialled = tokio::select! {
            dialled = dialled => dialled,
            _ = monitor.ended() => return Err(RuntimeError::Gone(instance.id)),
        };
        dialled.map_err(RuntimeError::io(what))
    }

    /// The connection that there is, or a new one.
    pub(super) async fn link(&self, id: InstanceId) -> io::Result<Opener> {
        let place = {
            let mut links = self.links.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(links.entry(id).or_default())
        };
        let mut place = place.lock().await;
        if let Some(opener) = place.as_ref().filter(|o| !o.is_closed()) {
            return Ok(opener.clone());
        }
        let folder = self.folder(id);
        let epoch = next_epoch(&folder)?;
        let stream = connect(&folder).await?;
        let (opener, requests) = mux::requests();
        let (mut tell, ready) = oneshot::channel();
        self.background.spawn(async move {
            let mut port = Port::new(stream);
            let dialled = tokio::select! {
                dialled = port.dial(epoch) => dialled,
                // Nobody waits any more. The port takes one connection at a time: leave it.
                () = tell.closed() => return,
            };
            match dialled {
                Ok(connection) => {
                    let _ = tell.send(Ok(()));
                    mux::drive(connection, requests).await;
                }
                Err(e) => drop(tell.send(Err(e))),
            }
        });
        let gone = || io::Error::other("the runtime is going");
        timeout(BOOT, ready).await?.map_err(|_| gone())??;
        *place = Some(opener.clone());
        Ok(opener)
    }

    pub(super) fn forget(&self, id: InstanceId) {
        self.links.lock().unwrap_or_else(PoisonError::into_inner).remove(&id);
    }
}

/// An epoch that no connection of this machine ever had. It is written down before it is used.
fn next_epoch(folder: &Path) -> io::Result<u64> {
    let file = folder.join("epoch");
    let last = match fs::read_to_string(&file) {
        Ok(text) => text.trim().parse::<u64>().map_err(io::Error::other)?,
        Err(e) if e.kind() == io::ErrorKind::NotFound => 0,
        Err(e) => return Err(e),
    };
    let new = file.with_extension("new");
    fs::write(&new, (last + 1).to_string())?;
    fs::rename(new, file)?;
    Ok(last + 1)
}

/// Listens where [`connect`] dials, so that it can be dialled before QEMU takes the first.
pub(super) fn listen(folder: &Path) -> io::Result<UnixListener> {
    let dir = File::open(folder)?;
    UnixListener::bind(format!("/proc/self/fd/{}/{SOCKET}", dir.as_raw_fd()))
}

/// The path may be longer than a socket's address, so it goes through a descriptor.
async fn connect(folder: &Path) -> io::Result<UnixStream> {
    let dir = File::open(folder)?;
    UnixStream::connect(format!("/proc/self/fd/{}/{SOCKET}", dir.as_raw_fd())).await
}
