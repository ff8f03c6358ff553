//! The system calls that a program on the agent's side does not get: those that make or enter namespaces, change mounts,
//! load code into the kernel, or have been the door to it too often. Everything else is as on any machine.

use std::collections::BTreeMap;

use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter, SeccompRule,
    sock_filter,
};

/// Two programs: what fails with EPERM, and what fails with ENOSYS so that libraries fall back.
pub(super) struct Filters {
    pub refused: BpfProgram,
    pub missing: BpfProgram,
}

type Rules = BTreeMap<i64, Vec<SeccompRule>>;
type Error = seccompiler::BackendError;

const NAMESPACES: [libc::c_int; 7] = [
    libc::CLONE_NEWNS,
    libc::CLONE_NEWCGROUP,
    libc::CLONE_NEWUTS,
    libc::CLONE_NEWIPC,
    libc::CLONE_NEWUSER,
    libc::CLONE_NEWPID,
    libc::CLONE_NEWNET,
];
/// `unshare` takes this one too; for `clone` the bit is part of the signal.
const NEWTIME: libc::c_int = 0x80;

const ALWAYS: &[i64] = &[
    libc::SYS_bpf,
    libc::SYS_perf_event_open,
    libc::SYS_keyctl,
    libc::SYS_add_key,
    libc::SYS_request_key,
    libc::SYS_kexec_load,
    libc::SYS_kexec_file_load,
    libc::SYS_init_module,
    libc::SYS_finit_module,
    libc::SYS_delete_module,
    libc::SYS_userfaultfd,
    libc::SYS_open_by_handle_at,
    libc::SYS_swapon,
    libc::SYS_swapoff,
    libc::SYS_reboot,
    libc::SYS_acct,
    libc::SYS_quotactl,
    libc::SYS_quotactl_fd,
    libc::SYS_syslog,
];

/// Not when the agent may make namespaces of its own: in those it mounts.
const UNLESS_NESTED: &[i64] = &[
    libc::SYS_mount,
    libc::SYS_umount2,
    libc::SYS_pivot_root,
    libc::SYS_open_tree,
    libc::SYS_move_mount,
    libc::SYS_fsopen,
    libc::SYS_fsconfig,
    libc::SYS_fsmount,
    libc::SYS_fspick,
    libc::SYS_mount_setattr,
    libc::SYS_setns,
];

/// io_uring is not seen by seccomp; runtimes that know it fall back on ENOSYS.
const MISSING: &[i64] = &[libc::SYS_io_uring_setup, libc::SYS_io_uring_enter, libc::SYS_io_uring_register];

/// Sockets of these families alone: others (vsock, AF_ALG, …) are not bounded by the network namespace or are seldom
/// tested code.
const FAMILIES: [libc::c_int; 4] = [libc::AF_UNIX, libc::AF_INET, libc::AF_INET6, libc::AF_NETLINK];

impl Filters {
    pub fn new(nested: bool) -> Result<Self, Error> {
        let mut refused: Rules = ALWAYS.iter().map(|nr| (*nr, Vec::new())).collect();
        let mut missing: Rules = MISSING.iter().map(|nr| (*nr, Vec::new())).collect();
        refused.insert(
            libc::SYS_ioctl,
            vec![
                rule(&[argument(1, SeccompCmpOp::Eq, libc::TIOCSTI)?])?,
                rule(&[argument(1, SeccompCmpOp::Eq, libc::TIOCLINUX)?])?,
            ],
        );
        let other_family =
            FAMILIES.into_iter().map(|f| argument(0, SeccompCmpOp::Ne, f)).collect::<Result<Vec<_>, _>>()?;
        refused.insert(libc::SYS_socket, vec![rule(&other_family)?]);
        if !nested {
            refused.extend(UNLESS_NESTED.iter().map(|nr| (*nr, Vec::new())));
            let flags = |extra: &[libc::c_int]| {
                NAMESPACES
                    .iter()
                    .chain(extra)
                    .map(|f| rule(&[argument(0, SeccompCmpOp::MaskedEq(u64::from(f.cast_unsigned())), *f)?]))
                    .collect::<Result<Vec<_>, Error>>()
            };
            refused.insert(libc::SYS_clone, flags(&[])?);
            refused.insert(libc::SYS_unshare, flags(&[NEWTIME])?);
            // Its flags lie in memory, where a filter cannot see them.
            missing.insert(libc::SYS_clone3, Vec::new());
        }
        Ok(Self { refused: compile(refused, libc::EPERM)?, missing: compile(missing, libc::ENOSYS)? })
    }
}

fn argument(index: u8, op: SeccompCmpOp, value: impl TryInto<u64>) -> Result<SeccompCondition, Error> {
    // Only 32 bits are compared, and every constant here has fewer.
    SeccompCondition::new(index, SeccompCmpArgLen::Dword, op, value.try_into().unwrap_or(0))
}

fn rule(conditions: &[SeccompCondition]) -> Result<SeccompRule, Error> {
    SeccompRule::new(conditions.to_vec())
}

fn compile(rules: Rules, errno: libc::c_int) -> Result<BpfProgram, Error> {
    let arch = std::env::consts::ARCH.try_into()?;
    let errno = SeccompAction::Errno(errno.cast_unsigned());
    let program: BpfProgram = SeccompFilter::new(rules, SeccompAction::Allow, errno, arch)?.try_into()?;
    Ok(without_x32(program))
}

/// On x86-64 the same calls exist a second time with bit 30 set (x32). None of them is allowed.
fn without_x32(program: BpfProgram) -> BpfProgram {
    if !cfg!(target_arch = "x86_64") {
        return program;
    }
    const LOAD_NR: sock_filter = sock_filter { code: 0x20, jt: 0, jf: 0, k: 0 };
    const IF_X32: sock_filter = sock_filter { code: 0x35, jt: 0, jf: 1, k: 0x4000_0000 };
    const NO_SUCH_CALL: sock_filter =
        sock_filter { code: 0x06, jt: 0, jf: 0, k: 0x0005_0000 | libc::ENOSYS as u32 };
    [LOAD_NR, IF_X32, NO_SUCH_CALL].into_iter().chain(program).collect()
}
