//! What runs between the fork and the program: first as the init of the new namespaces, then, after another fork, as the
//! program to be. System calls only; any failure is written to a pipe as (step, errno) and ends the process.

use std::{
    ffi::CStr,
    io,
    os::fd::RawFd,
    ptr::{null, null_mut},
};

use libc::{c_int, c_void};
use tokio::net::unix::pipe;

use super::plan::{EMPTY_FILE, Plan};

/// Where it failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Step {
    Maps,
    Mounts,
    Hide,
    Proc,
    Fork,
    Streams,
    Folder,
    Uid,
    Capabilities,
    Landlock,
    Seccomp,
    Exec,
}

const STEPS: [Step; 12] = [
    Step::Maps,
    Step::Mounts,
    Step::Hide,
    Step::Proc,
    Step::Fork,
    Step::Streams,
    Step::Folder,
    Step::Uid,
    Step::Capabilities,
    Step::Landlock,
    Step::Seccomp,
    Step::Exec,
];

impl Step {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Maps => "mapping its uid (CAP_SETFCAP is needed to map uid 0)",
            Self::Mounts => "making its mounts private",
            Self::Hide => "covering the sidecar's files",
            Self::Proc => {
                "mounting its /proc (the instance's own /proc must be whole: nothing mounted over parts of it)"
            }
            Self::Fork => "fork",
            Self::Streams => "giving it its standard streams",
            Self::Folder => "entering its working directory",
            Self::Uid => "becoming its uid",
            Self::Capabilities => "dropping capabilities",
            Self::Landlock => "entering its Landlock ruleset",
            Self::Seccomp => "installing the seccomp filters",
            Self::Exec => "executing it",
        }
    }
}

/// What the child wrote before it gave up.
#[derive(Clone, Copy, Debug)]
pub(super) struct Failure {
    pub step: Step,
    pub errno: i32,
}

impl Failure {
    /// Nothing when the pipe was closed by a successful exec.
    pub async fn read(from: pipe::Receiver) -> io::Result<Option<Self>> {
        let mut buf = [0; 5];
        loop {
            from.readable().await?;
            match from.try_read(&mut buf) {
                Ok(0) => return Ok(None),
                Ok(5) => {
                    let errno = i32::from_ne_bytes([buf[1], buf[2], buf[3], buf[4]]);
                    let step = STEPS.get(usize::from(buf[0])).copied().unwrap_or(Step::Exec);
                    return Ok(Some(Self { step, errno }));
                }
                Ok(_) => return Err(io::ErrorKind::InvalidData.into()),
                Err(e) if e.kind() == io::ErrorKind::WouldBlock => {}
                Err(e) => return Err(e),
            }
        }
    }
}

/// A child that can only go on or tell why not.
struct Teller(RawFd);

impl Teller {
    fn check(&self, step: Step, result: c_int) -> c_int {
        if result < 0 {
            self.give_up(step);
        }
        result
    }

    fn give_up(&self, step: Step) -> ! {
        // SAFETY: reads this thread's errno, writes five bytes of the stack, ends the process.
        unsafe {
            let e = (*libc::__errno_location()).to_ne_bytes();
            let message = [step as u8, e[0], e[1], e[2], e[3]];
            libc::write(self.0, message.as_ptr().cast(), message.len());
            libc::_exit(127)
        }
    }
}

/// The init of the new namespaces. Never returns.
pub(super) fn init(plan: &Plan<'_>, failure: RawFd, report: RawFd, control: RawFd) -> ! {
    let teller = Teller(failure);
    // SAFETY: system calls on memory that the plan owns or that lies on this stack; single-threaded after the fork.
    unsafe {
        let mut all = std::mem::zeroed::<libc::sigset_t>();
        libc::sigfillset(&raw mut all);
        libc::sigprocmask(libc::SIG_SETMASK, &raw const all, null_mut());
        // The sidecar ignores it, so that the kernel reaps for it; here it must be heard.
        libc::signal(libc::SIGCHLD, libc::SIG_DFL);
        if let Some((uid, gid)) = &plan.maps {
            // Files under /proc/self belong to us only while we are dumpable. Nobody else can see this process yet.
            libc::prctl(libc::PR_SET_DUMPABLE, 1, 0, 0, 0);
            write_file(&teller, c"/proc/self/setgroups", c"deny");
            write_file(&teller, c"/proc/self/uid_map", uid);
            write_file(&teller, c"/proc/self/gid_map", gid);
            libc::prctl(libc::PR_SET_DUMPABLE, 0, 0, 0, 0);
        }
        mounts(&teller, plan);
        drop_bounding_set(&teller);
        let pid =
            teller.check(Step::Fork, libc::syscall(libc::SYS_clone, libc::SIGCHLD, 0, 0, 0, 0) as c_int);
        if pid == 0 {
            program(&teller, plan);
        }
        libc::prctl(libc::PR_SET_NAME, c"lia-init".as_ptr(), 0, 0, 0);
        // As the program's own user it may signal it, without any capability.
        become_user(&teller, plan);
        drop_capabilities(&teller);
        libc::close(failure);
        serve(pid, report, control)
    }
}

/// Reaps, passes signals on, reports the program's end; until the sidecar closes the control pipe or kills it.
unsafe fn serve(program: libc::pid_t, report: RawFd, control: RawFd) -> ! {
    // SAFETY: as in `init`.
    unsafe {
        libc::dup2(report, 0);
        libc::dup2(control, 1);
        libc::syscall(libc::SYS_close_range, 2, u32::MAX, 0);
        let mut children = std::mem::zeroed::<libc::sigset_t>();
        libc::sigemptyset(&raw mut children);
        libc::sigaddset(&raw mut children, libc::SIGCHLD);
        let signals = libc::signalfd(-1, &raw const children, 0);
        let mut fds = [
            libc::pollfd { fd: 1, events: libc::POLLIN, revents: 0 },
            libc::pollfd { fd: signals, events: libc::POLLIN, revents: 0 },
        ];
        loop {
            libc::poll(fds.as_mut_ptr(), 2, -1);
            if fds[1].revents != 0 {
                let mut info = std::mem::zeroed::<libc::signalfd_siginfo>();
                libc::read(signals, (&raw mut info).cast(), size_of::<libc::signalfd_siginfo>());
                let mut status: c_int = 0;
                loop {
                    let pid = libc::waitpid(-1, &raw mut status, libc::WNOHANG);
                    if pid == program {
                        libc::write(0, (&raw const status).cast(), size_of::<c_int>());
                    }
                    if pid <= 0 {
                        break;
                    }
                }
            }
            if fds[0].revents != 0 {
                let mut signal = 0_u8;
                if libc::read(1, (&raw mut signal).cast(), 1) != 1 {
                    libc::_exit(0);
                }
                libc::kill(-program, c_int::from(signal));
            }
        }
    }
}

unsafe fn mounts(teller: &Teller, plan: &Plan<'_>) {
    // SAFETY: as in `init`.
    unsafe {
        let none = null::<libc::c_char>();
        let private = libc::MS_REC | libc::MS_PRIVATE;
        teller.check(Step::Mounts, libc::mount(none, c"/".as_ptr(), none, private, null()));
        for cover in plan.covers {
            let done = if cover.dir {
                let flags = libc::MS_NOSUID | libc::MS_NODEV | libc::MS_NOEXEC | libc::MS_RDONLY;
                let options: *const c_void = c"size=4k,nr_inodes=2,mode=0555".as_ptr().cast();
                libc::mount(c"none".as_ptr(), cover.path.as_ptr(), c"tmpfs".as_ptr(), flags, options)
            } else {
                libc::mount(EMPTY_FILE.as_ptr(), cover.path.as_ptr(), none, libc::MS_BIND, null())
            };
            teller.check(Step::Hide, done);
        }
        let flags = libc::MS_NOSUID | libc::MS_NODEV | libc::MS_NOEXEC;
        let proc = c"proc".as_ptr();
        teller.check(Step::Proc, libc::mount(proc, c"/proc".as_ptr(), proc, flags, null()));
        if !plan.nested {
            // The kernel lets the owner of a network namespace change its settings there.
            let sys = c"/proc/sys".as_ptr();
            teller.check(Step::Proc, libc::mount(sys, sys, none, libc::MS_BIND, null()));
            let readonly = libc::MS_BIND | libc::MS_REMOUNT | libc::MS_RDONLY | flags;
            teller.check(Step::Proc, libc::mount(none, sys, none, readonly, null()));
        }
    }
}

/// Becomes the program.
unsafe fn program(teller: &Teller, plan: &Plan<'_>) -> ! {
    // SAFETY: as in `init`; the filters' memory outlives the calls.
    unsafe {
        libc::setsid();
        if plan.terminal {
            teller.check(Step::Streams, libc::ioctl(plan.stdio[0], libc::TIOCSCTTY, 0));
        }
        for (to, from) in (0..).zip(plan.stdio) {
            teller.check(Step::Streams, libc::dup2(from, to));
        }
        libc::syscall(libc::SYS_close_range, 3, u32::MAX, libc::CLOSE_RANGE_CLOEXEC);
        // When memory runs out, the program goes before the sidecar. Best effort.
        let score = libc::open(c"/proc/self/oom_score_adj".as_ptr(), libc::O_WRONLY | libc::O_CLOEXEC);
        if score >= 0 {
            libc::write(score, b"500".as_ptr().cast(), 3);
        }
        become_user(teller, plan);
        teller.check(Step::Folder, libc::chdir(plan.cwd.as_ptr()));
        libc::umask(0o022);
        drop_capabilities(teller);
        for signal in 1..=64 {
            libc::signal(signal, libc::SIG_DFL);
        }
        let none = std::mem::zeroed::<libc::sigset_t>();
        libc::sigprocmask(libc::SIG_SETMASK, &raw const none, null_mut());
        if let Some(ruleset) = plan.landlock {
            let done = libc::syscall(libc::SYS_landlock_restrict_self, ruleset, 0);
            teller.check(Step::Landlock, done as c_int);
        }
        for filter in [&plan.filters.refused, &plan.filters.missing] {
            let program =
                libc::sock_fprog { len: filter.len() as u16, filter: filter.as_ptr().cast_mut().cast() };
            let mode = libc::SECCOMP_SET_MODE_FILTER;
            teller
                .check(Step::Seccomp, libc::syscall(libc::SYS_seccomp, mode, 0, &raw const program) as c_int);
        }
        // A name that is not executable here may be so in a later folder; the last error that is not "not there" is told.
        let mut worst = libc::ENOENT;
        for path in &plan.programs {
            libc::execve(path.as_ptr(), plan.argv.as_ptr(), plan.envp.as_ptr());
            let errno = *libc::__errno_location();
            if errno != libc::ENOENT && errno != libc::ENOTDIR {
                worst = errno;
            }
        }
        *libc::__errno_location() = worst;
        teller.give_up(Step::Exec)
    }
}

/// Where uids are not mapped: gives up root for the agent's own uid.
unsafe fn become_user(teller: &Teller, plan: &Plan<'_>) {
    let Some(uid) = plan.become_uid else { return };
    // SAFETY: as in `init`.
    unsafe {
        teller.check(Step::Uid, libc::setgroups(0, null()));
        teller.check(Step::Uid, libc::setresgid(uid, uid, uid));
        teller.check(Step::Uid, libc::setresuid(uid, uid, uid));
    }
}

/// What no later program can get back.
unsafe fn drop_bounding_set(teller: &Teller) {
    // SAFETY: as in `init`.
    unsafe {
        for capability in 0..64 {
            if libc::prctl(libc::PR_CAPBSET_DROP, capability, 0, 0, 0) < 0 {
                // The number after the last one.
                if *libc::__errno_location() != libc::EINVAL {
                    teller.give_up(Step::Capabilities);
                }
                break;
            }
        }
    }
}

/// Every capability that it has, and the means to get new ones.
unsafe fn drop_capabilities(teller: &Teller) {
    #[repr(C)]
    struct Header {
        version: u32,
        pid: c_int,
    }
    const VERSION_3: u32 = 0x2008_0522;
    // SAFETY: as in `init`; the kernel reads a header and six zeroed words.
    unsafe {
        libc::prctl(libc::PR_CAP_AMBIENT, libc::PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
        let header = Header { version: VERSION_3, pid: 0 };
        let sets = [0_u32; 6];
        let done = libc::syscall(libc::SYS_capset, &raw const header, sets.as_ptr());
        teller.check(Step::Capabilities, done as c_int);
        teller.check(Step::Capabilities, libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
    }
}

unsafe fn write_file(teller: &Teller, path: &CStr, content: &CStr) {
    // SAFETY: as in `init`.
    unsafe {
        let fd = teller.check(Step::Maps, libc::open(path.as_ptr(), libc::O_WRONLY | libc::O_CLOEXEC));
        let bytes = content.to_bytes();
        teller.check(Step::Maps, libc::write(fd, bytes.as_ptr().cast(), bytes.len()) as c_int);
        libc::close(fd);
    }
}
