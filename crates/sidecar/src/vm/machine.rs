//! What a machine lacks when the kernel has just started its first process.

use std::{
    fs::{self, File, OpenOptions},
    io,
    os::{
        fd::{AsRawFd as _, OwnedFd},
        unix::fs::{PermissionsExt as _, chown},
    },
    path::{Path, PathBuf},
};

use nix::{
    kmod::{ModuleInitFlags, finit_module},
    mount::{MsFlags, mount as mount_at},
    sys::{
        reboot::{RebootMode, reboot},
        socket::{
            AddressFamily, MsgFlags, NetlinkAddr, SockFlag, SockProtocol, SockType, bind, recv, socket,
        },
    },
};

/// The port's name, which the runtime gives it.
const PORT: &str = "lia.0";
/// Where the kernel shows the ports.
const PORTS: &str = "/sys/class/virtio-ports";
const MODULES: &str = "/lia/modules";
/// Group 1 of kobject events: the kernel's own.
const KERNEL_EVENTS: u32 = 1;

fn at<E: Into<io::Error>>(what: impl std::fmt::Display) -> impl FnOnce(E) -> io::Error {
    move |e| {
        let e = e.into();
        io::Error::new(e.kind(), format!("{what}: {e}"))
    }
}

/// Mounts what programs expect, and gives this process the console as its standard streams.
pub(super) fn mount() -> io::Result<()> {
    let quiet = MsFlags::MS_NOSUID | MsFlags::MS_NODEV;
    let no_programs = quiet | MsFlags::MS_NOEXEC;
    let no_suid = MsFlags::MS_NOSUID | MsFlags::MS_NOEXEC;
    for (kind, path, flags, options) in [
        ("proc", "/proc", no_programs, ""),
        ("sysfs", "/sys", no_programs | MsFlags::MS_RDONLY, ""),
        ("devtmpfs", "/dev", no_suid, "mode=0755"),
        ("devpts", "/dev/pts", no_suid, "ptmxmode=0666,mode=0620"),
        ("tmpfs", "/dev/shm", quiet, "mode=1777"),
        ("tmpfs", "/tmp", quiet, "mode=1777"),
        ("tmpfs", "/run", quiet, "mode=0755"),
    ] {
        fs::create_dir_all(path).map_err(at(path))?;
        mount_at(Some(kind), path, Some(kind), flags, Some(options)).map_err(at(path))?;
    }
    let console =
        OpenOptions::new().read(true).write(true).open("/dev/console").map_err(at("/dev/console"))?;
    for fd in 0..=2 {
        // SAFETY: gives three descriptors of this single-threaded process, which nothing owns, a new meaning.
        if unsafe { libc::dup2(console.as_raw_fd(), fd) } < 0 {
            return Err(io::Error::last_os_error());
        }
    }
    nix::unistd::sethostname("lia").map_err(at("the machine's name"))
}

/// Loads every module of the image, in the order of their names.
pub(super) fn load_modules() -> io::Result<()> {
    let mut files: Vec<PathBuf> =
        fs::read_dir(MODULES).map_err(at(MODULES))?.map(|e| Ok(e?.path())).collect::<io::Result<_>>()?;
    files.sort();
    for path in files {
        let file = File::open(&path).map_err(at(path.display()))?;
        finit_module(&file, c"", ModuleInitFlags::empty()).map_err(at(path.display()))?;
    }
    Ok(())
}

/// Sets the loopback interface up.
pub(super) fn loopback_up() -> io::Result<()> {
    let fd = socket(AddressFamily::Inet, SockType::Datagram, SockFlag::SOCK_CLOEXEC, None)?;
    // SAFETY: all zero bytes are a valid request.
    let mut request: libc::ifreq = unsafe { std::mem::zeroed() };
    for (to, from) in request.ifr_name.iter_mut().zip(b"lo") {
        *to = from.cast_signed();
    }
    request.ifr_ifru.ifru_flags = (libc::IFF_UP | libc::IFF_RUNNING) as libc::c_short;
    // SAFETY: the kernel reads the request.
    let done = unsafe { libc::ioctl(fd.as_raw_fd(), libc::SIOCSIFFLAGS, &raw const request) };
    if done < 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
}

/// Hears of devices that are added.
pub(super) struct Added(OwnedFd);

impl Added {
    /// From now on.
    pub(super) fn listen() -> io::Result<Self> {
        let (family, kind) = (AddressFamily::Netlink, SockType::Datagram);
        let fd = socket(family, kind, SockFlag::SOCK_CLOEXEC, SockProtocol::NetlinkKObjectUEvent)?;
        bind(fd.as_raw_fd(), &NetlinkAddr::new(0, KERNEL_EVENTS))?;
        Ok(Self(fd))
    }

    /// The port's device, as soon as the kernel has it.
    pub(super) fn port(self) -> io::Result<PathBuf> {
        loop {
            for entry in fs::read_dir(PORTS).into_iter().flatten() {
                let entry = entry?;
                let name = fs::read_to_string(entry.path().join("name")).unwrap_or_default();
                let device = Path::new("/dev").join(entry.file_name());
                if name.trim() == PORT && device.exists() {
                    return Ok(device);
                }
            }
            let mut event = [0; 4096];
            recv(self.0.as_raw_fd(), &mut event, MsgFlags::empty()).map_err(at("kernel events"))?;
        }
    }
}

/// A folder of the agent's own, in memory.
pub(super) fn agents_folder(path: &str, uid: u32) -> io::Result<()> {
    fs::create_dir_all(path).map_err(at(path))?;
    let flags = MsFlags::MS_NOSUID | MsFlags::MS_NODEV;
    mount_at(Some("tmpfs"), path, Some("tmpfs"), flags, Some("mode=0700")).map_err(at(path))?;
    chown(path, Some(uid), Some(uid)).map_err(at(path))?;
    fs::set_permissions(path, fs::Permissions::from_mode(0o700)).map_err(at(path))
}

/// Ends the machine: under the runtime's `-no-reboot` that ends the monitor too.
pub(super) fn end() {
    let _ = reboot(RebootMode::RB_AUTOBOOT);
}
