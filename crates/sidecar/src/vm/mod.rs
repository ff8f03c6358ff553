//! The sidecar as the first process of a virtual machine: `/init --vm`.
//!
//! ```text
//! machine   mounts, kernel modules, loopback: what a machine lacks when the kernel has just started it
//! port      the virtio-serial port, as a stream that never ends
//! here      one connection after the other on it; the first stream of the first brings the boot configuration
//! ```
//!
//! Where it runs as in a sandbox, it is the same program: a stream of the port is handed on as a connection to the socket
//! would be. Agents are set apart by another uid and namespaces of their own, under the same filters.

mod machine;
mod port;

use std::{cell::OnceCell, convert::Infallible, io, rc::Rc};

use lia_link::{Port, mux};
use lia_protocol::{
    boot::{BootConfig, PORT_BOOT},
    limits,
};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader},
    net::UnixStream,
    task::LocalSet,
};

use crate::{boot, egress::Egress, instance::Instance, listen};

/// The instance, once its configuration has come.
type Booted = Rc<OnceCell<(Rc<Instance>, Rc<Egress>)>>;

/// Makes the machine ready and serves its port for ever.
///
/// # Errors
/// What keeps the machine from being used.
pub fn run() -> Result<Infallible, Box<dyn std::error::Error>> {
    machine::mount()?;
    boot::harden()?;
    let added = machine::Added::listen()?;
    machine::load_modules()?;
    machine::loopback_up()?;
    let port = added.port()?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    Ok(runtime.block_on(LocalSet::new().run_until(serve(&port)))?)
}

/// Ends the machine.
pub fn end() {
    machine::end();
}

async fn serve(path: &std::path::Path) -> io::Result<Infallible> {
    let mut port = Port::new(port::Serial::open(path)?);
    let booted = Booted::default();
    loop {
        let connection = port.accept().await?;
        mux::take(connection, |stream| {
            let booted = Rc::clone(&booted);
            tokio::task::spawn_local(async move {
                // An error is that of this one stream.
                let _ = meet(&booted, stream).await;
            });
        })
        .await;
    }
}

/// One stream: what it asks for is served on one end of a pair, and the other end copies.
async fn meet(booted: &Booted, mut stream: mux::Stream) -> io::Result<()> {
    let (mut outer, mut inner) = UnixStream::pair()?;
    let serve = async {
        match listen::asked(&mut inner).await? {
            Some(PORT_BOOT) => configure(booted, inner).await,
            Some(port) => {
                if let Some((instance, egress)) = booted.get() {
                    listen::welcome(Rc::clone(instance), egress, port, inner).await;
                }
                Ok(())
            }
            None => Ok(()),
        }
    };
    let copy = async {
        let copied = tokio::io::copy_bidirectional(&mut stream, &mut outer).await;
        // Whoever serves the other end sees the end of it.
        drop(outer);
        copied
    };
    let (served, copied) = tokio::join!(serve, copy);
    served.and(copied.map(drop))
}

/// Takes the boot configuration, once.
async fn configure(booted: &Booted, stream: UnixStream) -> io::Result<()> {
    let mut stream = BufReader::new(stream);
    let mut line = Vec::new();
    (&mut stream).take(limits::BOOT_CONFIG_BYTES).read_until(b'\n', &mut line).await?;
    let answer = match begin(booted, &line) {
        Ok(()) => "OK\n".to_owned(),
        Err(e) => format!("{}\n", e.to_string().replace('\n', " ")),
    };
    line.fill(0);
    stream.write_all(answer.as_bytes()).await
}

fn begin(booted: &Booted, line: &[u8]) -> Result<(), Box<dyn std::error::Error>> {
    let config: BootConfig = serde_json::from_slice(line)?;
    if booted.get().is_some() {
        return Err("this machine has its configuration already".into());
    }
    for folder in [&config.workspace, &config.home] {
        machine::agents_folder(folder, config.agent_uid)?;
    }
    let instance = Instance::new(config)?;
    let egress = Egress::start(&instance);
    let _ = booted.set((instance, egress));
    Ok(())
}
