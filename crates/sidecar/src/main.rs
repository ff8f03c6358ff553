//! `lia-sidecar --config-fd N --listen-fd M`, and in a virtual machine `/init --vm`: see the library.

use std::{io::Write as _, process::ExitCode};

use lia_sidecar::{boot, egress::Egress, instance::Instance, listen, vm};
use tokio::{
    net::UnixListener,
    signal::unix::{SignalKind, signal},
    task::LocalSet,
};

fn main() -> ExitCode {
    if std::env::args().skip(1).eq(["--vm"]) {
        let Err(e) = vm::run();
        let _ = writeln!(std::io::stderr(), "lia-sidecar: {e}");
        vm::end();
        return ExitCode::FAILURE;
    }
    match start() {
        Ok(()) => ExitCode::SUCCESS,
        Err(e) => {
            let _ = writeln!(std::io::stderr(), "lia-sidecar: {e}");
            ExitCode::FAILURE
        }
    }
}

fn start() -> Result<(), Box<dyn std::error::Error>> {
    boot::harden()?;
    let boot = boot::boot(std::env::args().skip(1))?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(LocalSet::new().run_until(serve(boot)))
}

async fn serve(boot: boot::Boot) -> Result<(), Box<dyn std::error::Error>> {
    let mut end = signal(SignalKind::terminate())?;
    let instance = Instance::new(boot.config)?;
    let egress = Egress::start(&instance);
    boot.listener.set_nonblocking(true)?;
    let listener = UnixListener::from_std(boot.listener)?;
    tokio::select! {
        broken = listen::accept(instance.clone(), egress, listener) => Ok(broken?),
        _ = end.recv() => {
            instance.end().await;
            Ok(())
        }
    }
}
