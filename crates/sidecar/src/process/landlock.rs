//! Landlock, where the kernel has it: a second wall behind namespaces and seccomp. A program in it cannot mount, trace or
//! signal anything that is not in it too, nor make device files, whatever else should fail. It restricts nothing that a
//! program does with its own files.

use std::{
    io,
    os::fd::{AsRawFd as _, FromRawFd as _, OwnedFd, RawFd},
};

use nix::{fcntl::OFlag, sys::stat::Mode};

const CREATE_VERSION: u32 = 1;
const RULE_PATH_BENEATH: u32 = 1;
const MAKE_CHAR: u64 = 1 << 6;
const MAKE_BLOCK: u64 = 1 << 11;
/// Moving and linking between folders. Every ruleset forbids it unless it is allowed.
const REFER: u64 = 1 << 13;
const SCOPE_SIGNAL: u64 = 1 << 1;
/// The first version in which moving between folders can be allowed.
const WITH_REFER: i64 = 2;
/// The first version with scopes.
const WITH_SCOPES: i64 = 6;

#[repr(C)]
struct Attributes {
    handled_access_fs: u64,
    handled_access_net: u64,
    scoped: u64,
}

#[repr(C, packed)]
struct PathBeneath {
    allowed_access: u64,
    parent_fd: i32,
}

/// A ruleset to be entered; nothing where the kernel has no (or too old a) Landlock.
#[derive(Debug)]
pub(super) struct Ruleset(Option<OwnedFd>);

impl Ruleset {
    pub fn new() -> io::Result<Self> {
        // SAFETY: with a null attribute and size 0 the call only answers with the version.
        let version = unsafe {
            libc::syscall(libc::SYS_landlock_create_ruleset, std::ptr::null::<u8>(), 0_usize, CREATE_VERSION)
        };
        if version < WITH_REFER {
            return Ok(Self(None));
        }
        let scopes = version >= WITH_SCOPES;
        let attributes = Attributes {
            handled_access_fs: MAKE_CHAR | MAKE_BLOCK | REFER,
            handled_access_net: 0,
            scoped: if scopes { SCOPE_SIGNAL } else { 0 },
        };
        // An older kernel knows the first word only.
        let size = if scopes { size_of::<Attributes>() } else { size_of::<u64>() };
        // SAFETY: reads `size` bytes of the attributes.
        let fd =
            unsafe { libc::syscall(libc::SYS_landlock_create_ruleset, &raw const attributes, size, 0_u32) };
        if fd < 0 {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: the kernel has just made it for us, close-on-exec.
        let ruleset = unsafe { OwnedFd::from_raw_fd(fd as RawFd) };
        let root = nix::fcntl::open("/", OFlag::O_PATH | OFlag::O_CLOEXEC, Mode::empty())?;
        let rule = PathBeneath { allowed_access: REFER, parent_fd: root.as_raw_fd() };
        // SAFETY: reads the rule.
        let added = unsafe {
            libc::syscall(
                libc::SYS_landlock_add_rule,
                ruleset.as_raw_fd(),
                RULE_PATH_BENEATH,
                &raw const rule,
                0_u32,
            )
        };
        if added < 0 { Err(io::Error::last_os_error()) } else { Ok(Self(Some(ruleset))) }
    }

    /// What the child enters.
    pub fn fd(&self) -> Option<RawFd> {
        self.0.as_ref().map(std::os::fd::AsRawFd::as_raw_fd)
    }
}
