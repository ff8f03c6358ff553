//! A sandbox's disk as root: a sparse ext4 image of the size that the task may use, on a loop device.
//!
//! The mount is never attached to the host's tree. It is a descriptor, moved into the sandbox's own mount namespace;
//! when the last process there has ended (or nobody holds the descriptor any more) the kernel unmounts it and frees the
//! loop device. So there is nothing to unmount, whatever was killed when.

use std::{
    fs::{self, File, OpenOptions},
    io,
    os::fd::{AsFd, AsRawFd, OwnedFd},
    path::Path,
    process::{Command, Stdio},
};

use rustix::{
    ioctl::{IntegerSetter, Setter, ioctl},
    mount::{
        FsMountFlags, FsOpenFlags, MountAttrFlags, fsconfig_create, fsconfig_set_string, fsmount, fsopen,
    },
};

/// Folders of a disk, each writable inside.
pub(super) const FOLDERS: [&str; 3] = ["workspace", "home", "tmp"];

// linux/loop.h
const LOOP_CLR_FD: u32 = 0x4C01;
const LOOP_CONFIGURE: u32 = 0x4C0A;
const LOOP_CTL_GET_FREE: u32 = 0x4C82;
const LO_FLAGS_AUTOCLEAR: u32 = 4;
/// How often another program may take the free loop device before we give up.
const ATTEMPTS: u32 = 64;

#[repr(C)]
struct LoopInfo {
    device: u64,
    inode: u64,
    rdevice: u64,
    offset: u64,
    size_limit: u64,
    number: u32,
    encrypt_type: u32,
    encrypt_key_size: u32,
    flags: u32,
    file_name: [u8; 64],
    crypt_name: [u8; 64],
    encrypt_key: [u8; 32],
    init: [u64; 2],
}

#[repr(C)]
struct LoopConfig {
    fd: u32,
    block_size: u32,
    info: LoopInfo,
    reserved: [u64; 8],
}

/// Makes an empty image. Its metadata takes well below 1 MiB of the host's disk whatever its size.
pub(super) fn make(image: &Path, bytes: u64, mkfs: &Path) -> io::Result<()> {
    File::create(image)?.set_len(bytes)?;
    let out = Command::new(mkfs)
        .args(["-q", "-F", "-m", "0", "-O", "^resize_inode", "-J", "size=4"])
        .args(["-E", "lazy_itable_init=1,lazy_journal_init=1,nodiscard"])
        .arg(image)
        .env_clear()
        .stdin(Stdio::null())
        .output()?;
    if !out.status.success() {
        return Err(io::Error::other(format!(
            "{}: {}",
            mkfs.display(),
            String::from_utf8_lossy(&out.stderr).trim()
        )));
    }
    Ok(())
}

/// Mounts an image, attached to nothing.
pub(super) fn mount(image: &Path) -> io::Result<OwnedFd> {
    let (number, device) = attach(image)?;
    let fs = fsopen("ext4", FsOpenFlags::FSOPEN_CLOEXEC)?;
    fsconfig_set_string(&fs, "source", format!("/dev/loop{number}"))?;
    fsconfig_create(&fs)?;
    let flags = MountAttrFlags::MOUNT_ATTR_NOSUID
        | MountAttrFlags::MOUNT_ATTR_NODEV
        | MountAttrFlags::MOUNT_ATTR_NOATIME;
    let mount = fsmount(&fs, FsMountFlags::FSMOUNT_CLOEXEC, flags)?;
    // From here on the mount alone keeps the loop device.
    drop(device);
    Ok(mount)
}

/// A loop device over `image` that frees itself with its last user.
fn attach(image: &Path) -> io::Result<(u32, File)> {
    let file = OpenOptions::new().read(true).write(true).open(image)?;
    let control = OpenOptions::new().read(true).write(true).open("/dev/loop-control")?;
    for _ in 0..ATTEMPTS {
        // SAFETY: LOOP_CTL_GET_FREE takes nothing and returns the number.
        let number = unsafe { ioctl(&control, GetFree) }?;
        let device = OpenOptions::new().read(true).write(true).open(format!("/dev/loop{number}"))?;
        let fd = u32::try_from(file.as_raw_fd()).map_err(io::Error::other)?;
        let config = LoopConfig {
            fd,
            block_size: 0,
            info: LoopInfo {
                device: 0,
                inode: 0,
                rdevice: 0,
                offset: 0,
                size_limit: 0,
                number: 0,
                encrypt_type: 0,
                encrypt_key_size: 0,
                flags: LO_FLAGS_AUTOCLEAR,
                file_name: [0; 64],
                crypt_name: [0; 64],
                encrypt_key: [0; 32],
                init: [0; 2],
            },
            reserved: [0; 8],
        };
        // SAFETY: LOOP_CONFIGURE reads a `struct loop_config`, of which `LoopConfig` is the layout.
        match unsafe { ioctl(&device, Setter::<LOOP_CONFIGURE, LoopConfig>::new(config)) } {
            Ok(()) => return Ok((number, device)),
            Err(rustix::io::Errno::BUSY) => {}
            Err(e) => return Err(e.into()),
        }
    }
    Err(io::Error::new(io::ErrorKind::ResourceBusy, "no free loop device"))
}

/// Asks every loop device with `image` behind it to free itself. Whether there was none any more: only then may the
/// image be mounted again, since two mounts of one image destroy it.
pub(super) fn detach(image: &Path) -> io::Result<bool> {
    let mut none = true;
    for entry in fs::read_dir("/sys/block")? {
        let name = entry?.file_name();
        let Some(name) = name.to_str().filter(|n| n.starts_with("loop")) else { continue };
        let backing = fs::read_to_string(format!("/sys/block/{name}/loop/backing_file")).unwrap_or_default();
        if Path::new(backing.trim_end_matches('\n')) == image {
            none = false;
            let device = File::open(format!("/dev/{name}"))?;
            // SAFETY: LOOP_CLR_FD takes no argument.
            match unsafe { ioctl(device.as_fd(), IntegerSetter::<LOOP_CLR_FD>::new_usize(0)) } {
                Ok(()) | Err(rustix::io::Errno::NXIO) => {}
                Err(e) => return Err(e.into()),
            }
        }
    }
    Ok(none)
}

/// `LOOP_CTL_GET_FREE`: the answer is the call's return value.
struct GetFree;

// SAFETY: no pointer is passed and none comes back.
unsafe impl rustix::ioctl::Ioctl for GetFree {
    type Output = u32;
    const IS_MUTATING: bool = false;

    fn opcode(&self) -> rustix::ioctl::Opcode {
        LOOP_CTL_GET_FREE
    }

    fn as_ptr(&mut self) -> *mut std::ffi::c_void {
        std::ptr::null_mut()
    }

    unsafe fn output_from_ptr(
        out: rustix::ioctl::IoctlOutput,
        _: *mut std::ffi::c_void,
    ) -> rustix::io::Result<u32> {
        u32::try_from(out).map_err(|_| rustix::io::Errno::INVAL)
    }
}
