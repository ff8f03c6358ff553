//! Pseudo-terminals.

use std::{
    io,
    os::fd::{AsFd as _, AsRawFd as _, FromRawFd as _, OwnedFd},
};

use nix::{
    fcntl::{FcntlArg, OFlag, fcntl},
    pty::{Winsize, grantpt, posix_openpt, unlockpt},
};
use tokio::io::unix::AsyncFd;

use crate::instance::Instance;

mod ioctl {
    nix::ioctl_write_ptr_bad!(set_size, libc::TIOCSWINSZ, libc::winsize);
}

/// Opens one: our end and the program's.
///
/// # Errors
/// When the kernel gives none.
pub fn open(instance: &Instance, cols: u16, rows: u16) -> io::Result<(AsyncFd<OwnedFd>, OwnedFd)> {
    let master = posix_openpt(OFlag::O_RDWR | OFlag::O_NOCTTY | OFlag::O_CLOEXEC)?;
    grantpt(&master)?;
    unlockpt(&master)?;
    // SAFETY: asks the master for its other end; no path is looked up.
    let slave = unsafe {
        libc::ioctl(master.as_raw_fd(), libc::TIOCGPTPEER, libc::O_RDWR | libc::O_NOCTTY | libc::O_CLOEXEC)
    };
    if slave < 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the kernel has just made it for us.
    let slave = unsafe { OwnedFd::from_raw_fd(slave) };
    if let Some(owner) = instance.owner() {
        // So that the program can open it by its name too.
        nix::unistd::fchown(&slave, Some(owner.into()), None)?;
    }
    let master: OwnedFd = master.as_fd().try_clone_to_owned()?;
    fcntl(&master, FcntlArg::F_SETFL(OFlag::O_NONBLOCK | OFlag::O_RDWR))?;
    resize(&master, cols, rows);
    // SAFETY: an owned descriptor stays the same until it is dropped, after the registration.
    let master = unsafe { AsyncFd::register(master) }.map_err(io::Error::from)?;
    Ok((master, slave))
}

/// Sets the window's size; the foreground programs hear of it (SIGWINCH).
pub fn resize(master: &OwnedFd, cols: u16, rows: u16) {
    let size = Winsize { ws_row: rows.max(1), ws_col: cols.max(1), ws_xpixel: 0, ws_ypixel: 0 };
    // SAFETY: a whole winsize on the stack, for a terminal of ours. A refusal leaves the old size.
    let _ = unsafe { ioctl::set_size(master.as_raw_fd(), &raw const size) };
}
