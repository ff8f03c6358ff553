//! More than one's share.

use std::{
    fs::{File, OpenOptions},
    io,
    os::{
        fd::{AsRawFd as _, FromRawFd as _},
        unix::fs::OpenOptionsExt as _,
    },
    ptr::null_mut,
};

use crate::outcome::{Outcome, Word, sys};

const MIB: usize = 1 << 20;

/// Takes memory and uses it, and stays for some time.
pub fn memory(mib: usize, milliseconds: libc::c_int) -> Outcome {
    let (protection, flags) =
        (libc::PROT_READ | libc::PROT_WRITE, libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_POPULATE);
    for _ in 0..mib.div_ceil(16) {
        // SAFETY: the kernel chooses where; nobody else uses it.
        let at = unsafe { libc::mmap(null_mut(), 16 * MIB, protection, flags, -1, 0) };
        if at == libc::MAP_FAILED {
            return Err(std::io::Error::last_os_error().into());
        }
        // SAFETY: the mapping is ours and that long.
        unsafe { at.cast::<u8>().write_bytes(1, 16 * MIB) };
    }
    // SAFETY: waits on no descriptor.
    unsafe { libc::poll(null_mut(), 0, milliseconds) };
    Ok(())
}

/// Starts as many children as asked for, which end with this process; then stays for some time.
pub fn forks(number: usize, milliseconds: libc::c_int) -> Outcome {
    let mut outcome = Ok(());
    // SAFETY: takes nothing.
    let parent = unsafe { libc::getpid() };
    for _ in 0..number {
        // SAFETY: one thread; the child makes system calls only.
        match sys(unsafe { libc::fork() }.into()) {
            // SAFETY: as above.
            Ok(0) => unsafe {
                libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL);
                while libc::getppid() == parent {
                    libc::pause();
                }
                libc::_exit(0);
            },
            Ok(_) => {}
            Err(e) => {
                outcome = Err(e.into());
                break;
            }
        }
    }
    // SAFETY: waits on no descriptor.
    unsafe { libc::poll(null_mut(), 0, milliseconds) };
    outcome
}

/// Takes room on a disk, in files of 64 MiB that stay.
pub fn fill(folder: &Word, mib: usize) -> Outcome {
    for n in 0..mib.div_ceil(64) {
        let file = File::create(folder.path().join(format!("fill-{n}")))?;
        // SAFETY: takes numbers only.
        sys(unsafe { libc::fallocate(file.as_raw_fd(), 0, 0, 64 * MIB as libc::off_t) }.into())?;
    }
    Ok(())
}

/// Takes room in files that have no name, and stays for some time.
pub fn fill_unnamed(folder: &Word, mib: usize, milliseconds: libc::c_int) -> Outcome {
    let unnamed = || OpenOptions::new().write(true).custom_flags(libc::O_TMPFILE).open(folder.path());
    hold(unnamed, mib, milliseconds)
}

/// Takes memory that is no process's own, and stays for some time.
pub fn memory_unmapped(mib: usize, milliseconds: libc::c_int) -> Outcome {
    let unnamed = || {
        // SAFETY: a constant name; the descriptor is new and ours.
        unsafe { Ok(File::from_raw_fd(sys(libc::memfd_create(c"probe".as_ptr(), 0).into())? as libc::c_int)) }
    };
    hold(unnamed, mib, milliseconds)
}

fn hold(make: impl Fn() -> io::Result<File>, mib: usize, milliseconds: libc::c_int) -> Outcome {
    let mut held = Vec::new();
    for _ in 0..mib.div_ceil(64) {
        let file = make()?;
        // SAFETY: takes numbers only.
        sys(unsafe { libc::fallocate(file.as_raw_fd(), 0, 0, 64 * MIB as libc::off_t) }.into())?;
        held.push(file);
    }
    // SAFETY: waits on no descriptor.
    unsafe { libc::poll(null_mut(), 0, milliseconds) };
    Ok(())
}
