//! The start: arguments, the boot configuration, and what the process does to itself before it listens.

use std::{
    fs::File,
    io::{self, Read as _},
    os::{
        fd::{FromRawFd as _, OwnedFd, RawFd},
        unix::net::UnixListener,
    },
};

use lia_protocol::{boot::BootConfig, limits::BOOT_CONFIG_BYTES};
use nix::{
    fcntl::{FcntlArg, FdFlag, fcntl},
    sys::{
        resource::{Resource, setrlimit},
        signal::{SigHandler, Signal},
    },
};

/// Larger allocations come from the kernel one by one and go back to it when freed.
const MMAP_THRESHOLD: libc::c_int = 128 << 10;

/// What keeps the sidecar from starting.
#[derive(Debug, thiserror::Error)]
pub enum BootError {
    /// Not the two options.
    #[error("usage: lia-sidecar --config-fd N --listen-fd M")]
    Usage,
    /// A descriptor that is not open.
    #[error("descriptor {0} is not open: {1}")]
    Descriptor(RawFd, nix::Error),
    /// The configuration cannot be read.
    #[error("the boot configuration cannot be read: {0}")]
    Read(io::Error),
    /// The configuration is not of the schema.
    #[error("the boot configuration is not of its schema: {0}")]
    Schema(#[from] serde_json::Error),
    /// The process cannot protect itself.
    #[error("{0}: {1}")]
    Harden(&'static str, nix::Error),
}

/// What the runtime handed over.
#[derive(Debug)]
pub struct Boot {
    /// The configuration.
    pub config: BootConfig,
    /// The listening socket.
    pub listener: UnixListener,
}

/// Reads `--config-fd N --listen-fd M`, then the configuration.
///
/// # Errors
/// [`BootError`] says what is wrong.
pub fn boot(args: impl Iterator<Item = String>) -> Result<Boot, BootError> {
    let (config, listen) = descriptors(args)?;
    let mut json = Vec::new();
    File::from(config).take(BOOT_CONFIG_BYTES).read_to_end(&mut json).map_err(BootError::Read)?;
    let config = serde_json::from_slice(&json)?;
    json.fill(0);
    std::hint::black_box(&json);
    Ok(Boot { config, listener: UnixListener::from(listen) })
}

fn descriptors(mut args: impl Iterator<Item = String>) -> Result<(OwnedFd, OwnedFd), BootError> {
    let (mut config, mut listen) = (None, None);
    while let Some(arg) = args.next() {
        let slot = match arg.as_str() {
            "--config-fd" => &mut config,
            "--listen-fd" => &mut listen,
            _ => return Err(BootError::Usage),
        };
        let fd: RawFd = args.next().and_then(|n| n.parse().ok()).ok_or(BootError::Usage)?;
        if fd <= 2 || slot.replace(fd).is_some() {
            return Err(BootError::Usage);
        }
    }
    match (config, listen) {
        (Some(c), Some(l)) if c != l => Ok((inherited(c)?, inherited(l)?)),
        _ => Err(BootError::Usage),
    }
}

/// Takes over an inherited descriptor and keeps it from being inherited further.
fn inherited(fd: RawFd) -> Result<OwnedFd, BootError> {
    // SAFETY: only asks for flags; a number that is not open is an error.
    let borrowed = unsafe { std::os::fd::BorrowedFd::borrow_raw(fd) };
    fcntl(borrowed, FcntlArg::F_SETFD(FdFlag::FD_CLOEXEC)).map_err(|e| BootError::Descriptor(fd, e))?;
    // SAFETY: it is open, and given to us by the command line for us alone.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}

/// Not dumpable (so that no process of our uid can look into this one), no core files, and an allocator that gives back
/// what large lines took. Comes before anything secret is read.
///
/// # Errors
/// When the kernel refuses.
pub fn harden() -> Result<(), BootError> {
    nix::sys::prctl::set_dumpable(false).map_err(|e| BootError::Harden("cannot become undumpable", e))?;
    // The kernel reaps for us: our children, and, when we are PID 1, whoever lost its parent.
    // SAFETY: no handler, only "ignore".
    unsafe { nix::sys::signal::signal(Signal::SIGCHLD, SigHandler::SigIgn) }
        .map_err(|e| BootError::Harden("cannot ignore SIGCHLD", e))?;
    nix::sys::stat::umask(nix::sys::stat::Mode::from_bits_truncate(0o022));
    setrlimit(Resource::RLIMIT_CORE, 0, 0).map_err(|e| BootError::Harden("cannot forbid core files", e))?;
    #[cfg(target_env = "gnu")]
    // SAFETY: called before any other thread or large allocation exists.
    unsafe {
        libc::mallopt(libc::M_MMAP_THRESHOLD, MMAP_THRESHOLD);
        libc::mallopt(libc::M_TRIM_THRESHOLD, MMAP_THRESHOLD);
    }
    Ok(())
}
