//! Files, devices and sockets by their names.

use std::{
    fs::{File, OpenOptions},
    io::Read as _,
    os::{
        linux::net::SocketAddrExt as _,
        unix::{
            fs::OpenOptionsExt as _,
            net::{SocketAddr, UnixStream},
        },
    },
};

use crate::outcome::{Failure, Outcome, Word, sys};

/// Reads a byte.
pub fn read(path: &Word) -> Outcome {
    match File::open(path.path())?.read(&mut [0])? {
        0 => Err(Failure::said("empty")),
        _ => Ok(()),
    }
}

/// Lists a folder that has something in it.
pub fn list(path: &Word) -> Outcome {
    std::fs::read_dir(path.path())?.next().ok_or(Failure::said("empty"))??;
    Ok(())
}

/// Opens a file to append to it; nothing is written.
pub fn append(path: &Word) -> Outcome {
    OpenOptions::new().append(true).open(path.path())?;
    Ok(())
}

/// Makes a file without a name in a folder.
pub fn new_file(folder: &Word) -> Outcome {
    OpenOptions::new().write(true).custom_flags(libc::O_TMPFILE).open(folder.path())?;
    Ok(())
}

/// Makes the device of the first disk that Linux may have, and reads it.
pub fn mknod(folder: &Word) -> Outcome {
    let path = Word::parse(&format!("{}/lia-probe-null", folder.text()));
    let name = path.c()?;
    // SAFETY: the name lives through the call; 1:3 is /dev/null.
    sys(unsafe { libc::mknod(name.as_ptr(), libc::S_IFCHR | 0o666, libc::makedev(1, 3)) }.into())?;
    let opened = OpenOptions::new().write(true).open(path.path());
    std::fs::remove_file(path.path())?;
    opened?;
    Ok(())
}

/// Gives a file of one's own to root.
pub fn chown(folder: &Word) -> Outcome {
    let path = Word::parse(&format!("{}/lia-probe-own", folder.text()));
    File::create(path.path())?;
    let done = std::os::unix::fs::chown(path.path(), Some(0), Some(0));
    std::fs::remove_file(path.path())?;
    Ok(done?)
}

/// Opens a file by its handle, which passes every mount that lies over it.
pub fn handle(path: &Word) -> Outcome {
    #[repr(C)]
    struct Handle {
        bytes: u32,
        kind: i32,
        data: [u8; 128],
    }
    let mut handle = Handle { bytes: 128, kind: 0, data: [0; 128] };
    let mut mount = 0;
    let name = path.c()?;
    // SAFETY: name, handle and mount live through the call, and the handle has the room that it says.
    sys(unsafe {
        libc::syscall(
            libc::SYS_name_to_handle_at,
            libc::AT_FDCWD,
            name.as_ptr(),
            &raw mut handle,
            &raw mut mount,
            0,
        )
    })?;
    let folder = File::open(path.path())?;
    let fd = std::os::fd::AsRawFd::as_raw_fd(&folder);
    // SAFETY: the handle lives through the call.
    sys(unsafe { libc::syscall(libc::SYS_open_by_handle_at, fd, &raw const handle, libc::O_PATH) })?;
    Ok(())
}

/// Connects to a socket by its path.
pub fn unix(path: &Word) -> Outcome {
    // A socket's address is short; a descriptor's path is.
    let folder = path.path().parent().ok_or(Failure::said("no folder"))?;
    let name = path.path().file_name().ok_or(Failure::said("no name"))?;
    let folder = File::open(folder)?;
    let fd = std::os::fd::AsRawFd::as_raw_fd(&folder);
    UnixStream::connect(std::path::Path::new(&format!("/proc/self/fd/{fd}")).join(name))?;
    Ok(())
}

/// Connects to a socket without a path.
pub fn abstract_socket(name: &Word) -> Outcome {
    UnixStream::connect_addr(&SocketAddr::from_abstract_name(name.bytes())?)?;
    Ok(())
}
