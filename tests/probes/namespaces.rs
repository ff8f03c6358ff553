//! Mounts and namespaces.

use std::{fs::File, os::fd::AsRawFd as _, ptr::null};

use libc::{c_int, c_long};

use crate::outcome::{Failure, Outcome, Word, sys};

/// A mount namespace of one's own that the host does not see.
pub fn apart() -> Outcome {
    // SAFETY: takes numbers and constant strings.
    unsafe {
        sys(libc::unshare(libc::CLONE_NEWNS).into())?;
        sys(libc::mount(null(), c"/".as_ptr(), null(), libc::MS_REC | libc::MS_PRIVATE, null()).into())?;
    }
    Ok(())
}

/// Mounts an empty file system.
pub fn mount() -> Outcome {
    let (kind, at) = (c"tmpfs", c"/tmp");
    // SAFETY: constant strings.
    sys(unsafe { libc::mount(kind.as_ptr(), at.as_ptr(), kind.as_ptr(), 0, null()) }.into())?;
    Ok(())
}

/// Binds a folder over itself and makes it writable.
pub fn bind(folder: &Word) -> Outcome {
    let at = folder.c()?;
    // SAFETY: the name lives through the calls.
    unsafe {
        sys(libc::mount(at.as_ptr(), at.as_ptr(), null(), libc::MS_BIND, null()).into())?;
        sys(libc::mount(null(), at.as_ptr(), null(), libc::MS_BIND | libc::MS_REMOUNT, null()).into())?;
    }
    Ok(())
}

/// Takes a mount away.
pub fn umount(at: &Word) -> Outcome {
    let at = at.c()?;
    // SAFETY: the name lives through the call.
    sys(unsafe { libc::umount2(at.as_ptr(), libc::MNT_DETACH) }.into())?;
    Ok(())
}

/// Makes another folder the root.
pub fn pivot_root() -> Outcome {
    // Where it may be mounted, it is made a mount; else what follows says why not.
    let _ = mount();
    let root = c"/tmp";
    // SAFETY: constant strings.
    sys(unsafe { libc::syscall(libc::SYS_pivot_root, root.as_ptr(), root.as_ptr()) })?;
    Ok(())
}

/// Makes a folder the root for itself.
pub fn chroot(folder: &Word) -> Outcome {
    let folder = folder.c()?;
    // SAFETY: the name lives through the call.
    sys(unsafe { libc::chroot(folder.as_ptr()) }.into())?;
    Ok(())
}

/// Makes a file system by the newer calls.
pub fn fsopen() -> Outcome {
    // SAFETY: a constant string.
    sys(unsafe { libc::syscall(libc::SYS_fsopen, c"tmpfs".as_ptr(), 0) })?;
    Ok(())
}

/// Copies a tree of mounts.
pub fn open_tree() -> Outcome {
    const OPEN_TREE_CLONE: c_int = 1;
    // SAFETY: a constant string.
    sys(unsafe { libc::syscall(libc::SYS_open_tree, libc::AT_FDCWD, c"/".as_ptr(), OPEN_TREE_CLONE) })?;
    Ok(())
}

/// Makes a read-only mount writable by the newer call.
pub fn mount_setattr() -> Outcome {
    // struct mount_attr { attr_set, attr_clr, propagation, userns_fd }
    let attr: [u64; 4] = [0, 1, 0, 0];
    let size = size_of_val(&attr);
    // SAFETY: the attributes live through the call, which is told their size.
    sys(unsafe {
        libc::syscall(libc::SYS_mount_setattr, libc::AT_FDCWD, c"/proc".as_ptr(), 0, attr.as_ptr(), size)
    })?;
    Ok(())
}

fn flag(kind: &Word) -> Result<c_int, Failure> {
    Ok(match &*kind.text() {
        "mount" => libc::CLONE_NEWNS,
        "user" => libc::CLONE_NEWUSER,
        "net" => libc::CLONE_NEWNET,
        "pid" => libc::CLONE_NEWPID,
        "ipc" => libc::CLONE_NEWIPC,
        "uts" => libc::CLONE_NEWUTS,
        "cgroup" => libc::CLONE_NEWCGROUP,
        "time" => 0x80,
        other => return Err(Failure::said(format!("no namespace is named {other}"))),
    })
}

/// Leaves a namespace for a new one.
pub fn unshare(kind: &Word) -> Outcome {
    // SAFETY: takes numbers only.
    sys(unsafe { libc::unshare(flag(kind)?) }.into())?;
    Ok(())
}

fn reap(pid: c_long) -> Outcome {
    if pid == 0 {
        // SAFETY: ends the child at once.
        unsafe { libc::_exit(0) };
    }
    // SAFETY: no status is asked for.
    sys(unsafe { libc::waitpid(pid as libc::pid_t, std::ptr::null_mut(), 0) }.into())?;
    Ok(())
}

/// Starts a child in a new namespace.
pub fn clone(kind: &Word) -> Outcome {
    // SAFETY: a fork with flags: no stack and no memory is passed.
    reap(sys(unsafe { libc::syscall(libc::SYS_clone, flag(kind)? | libc::SIGCHLD, 0, 0, 0, 0) })?)
}

/// Starts a child in a new namespace by the newer call.
pub fn clone3(kind: &Word) -> Outcome {
    // struct clone_args, its first version: flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_size, tls.
    let mut args = [0_u64; 8];
    args[0] = u64::from(flag(kind)?.cast_unsigned());
    args[4] = u64::from(libc::SIGCHLD.cast_unsigned());
    // SAFETY: the arguments live through the call, which is told their size; no stack is passed, as for a fork.
    reap(sys(unsafe { libc::syscall(libc::SYS_clone3, args.as_mut_ptr(), size_of_val(&args)) })?)
}

/// Enters a namespace by its file.
pub fn setns(file: &Word) -> Outcome {
    let file = File::open(file.path())?;
    // SAFETY: takes numbers only.
    sys(unsafe { libc::setns(file.as_raw_fd(), 0) }.into())?;
    Ok(())
}

/// Gives the machine the name that it has.
pub fn hostname() -> Outcome {
    let mut name = [0_u8; 65];
    // SAFETY: the buffer has the room that the call is told.
    unsafe {
        sys(libc::gethostname(name.as_mut_ptr().cast(), name.len()).into())?;
        let length = name.iter().position(|b| *b == 0).unwrap_or(0);
        sys(libc::sethostname(name.as_ptr().cast(), length).into())?;
    }
    Ok(())
}
