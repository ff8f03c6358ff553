//! Doors into the kernel that have been open too often.

use std::{fs::OpenOptions, mem::ManuallyDrop, os::fd::AsRawFd as _};

use libc::c_long;

use crate::outcome::{Failure, Outcome, sys};

/// Makes a keyring.
pub fn keyctl() -> Outcome {
    const KEYCTL_JOIN_SESSION_KEYRING: c_long = 1;
    // SAFETY: no memory is passed.
    sys(unsafe { libc::syscall(libc::SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, 0) })?;
    Ok(())
}

/// Makes a BPF map: an array of one number.
pub fn bpf() -> Outcome {
    let mut attr = [0_u32; 32];
    attr[..4].copy_from_slice(&[2, 4, 4, 1]);
    // SAFETY: the attributes live through the call, which is told their size.
    sys(unsafe { libc::syscall(libc::SYS_bpf, 0, attr.as_mut_ptr(), size_of_val(&attr)) })?;
    Ok(())
}

/// Counts page faults of one's own.
pub fn perf() -> Outcome {
    let mut attr = [0_u32; 28];
    // PERF_TYPE_SOFTWARE, the size, PERF_COUNT_SW_PAGE_FAULTS
    attr[..3].copy_from_slice(&[1, 112, 2]);
    // SAFETY: the attributes live through the call and say their size.
    sys(unsafe { libc::syscall(libc::SYS_perf_event_open, attr.as_ptr(), 0, -1, -1, 0) })?;
    Ok(())
}

/// Handles page faults of one's own, the kernel's included.
pub fn userfaultfd() -> Outcome {
    // SAFETY: takes numbers only.
    sys(unsafe { libc::syscall(libc::SYS_userfaultfd, 0) })?;
    Ok(())
}

/// Makes a ring whose work no filter sees.
pub fn io_uring() -> Outcome {
    let mut params = [0_u32; 30];
    // SAFETY: the parameters have the kernel's size and live through the call.
    sys(unsafe { libc::syscall(libc::SYS_io_uring_setup, 1, params.as_mut_ptr()) })?;
    Ok(())
}

/// Asks for the size of the kernel's own log.
pub fn syslog() -> Outcome {
    const SIZE_BUFFER: c_long = 10;
    // SAFETY: this request takes no memory.
    sys(unsafe { libc::syscall(libc::SYS_syslog, SIZE_BUFFER, 0, 0) })?;
    Ok(())
}

/// Types into a terminal of one's own as its user would.
pub fn tiocsti() -> Outcome {
    // Never closed: the hang-up would end this process before it has told.
    let terminal = ManuallyDrop::new(OpenOptions::new().read(true).write(true).open("/dev/ptmx")?);
    let fd = terminal.as_raw_fd();
    let mut name = [0_u8; 64];
    // SAFETY: the buffers live through the calls, which are told their sizes.
    unsafe {
        sys(libc::grantpt(fd).into())?;
        sys(libc::unlockpt(fd).into())?;
        sys(libc::c_long::from(-libc::ptsname_r(fd, name.as_mut_ptr().cast(), name.len())))?;
    }
    // The attempt runs in a child: a session of its own, whose terminal this becomes.
    // SAFETY: takes nothing.
    unsafe { libc::setsid() };
    let path = name.split(|b| *b == 0).next().unwrap_or_default();
    let slave =
        OpenOptions::new().read(true).write(true).open(std::str::from_utf8(path).map_err(Failure::said)?)?;
    // SAFETY: the byte lives through the call.
    unsafe {
        libc::ioctl(slave.as_raw_fd(), libc::TIOCSCTTY, 0);
        sys(libc::ioctl(slave.as_raw_fd(), libc::TIOCSTI, c"x".as_ptr()).into())?;
    }
    Ok(())
}

/// Calls the kernel by the old door of 32-bit programs, where the numbers are others than a filter knows.
pub fn int80() -> Outcome {
    #[cfg(target_arch = "x86_64")]
    {
        let answer: i64;
        // SAFETY: getpid takes nothing and changes nothing; rbx is kept; r8 to r11 may be cleared by the kernel.
        unsafe {
            std::arch::asm!("int 0x80", inlateout("rax") 20_i64 => answer, out("r8") _, out("r9") _, out("r10") _, out("r11") _);
        }
        sys(answer)?;
        Ok(())
    }
    #[cfg(not(target_arch = "x86_64"))]
    Err(Failure::said("no such door"))
}
