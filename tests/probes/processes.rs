//! Other processes, and what one's own may become.

use std::{
    fs,
    io::Read as _,
    os::fd::{FromRawFd as _, OwnedFd},
    path::PathBuf,
};

use libc::{c_int, pid_t};

use crate::outcome::{Failure, Outcome, Word, sys};

fn pids() -> Result<Vec<pid_t>, Failure> {
    let dir = fs::read_dir("/proc")?;
    Ok(dir.flatten().filter_map(|e| e.file_name().to_str()?.parse().ok()).collect())
}

/// Finds a process by its name.
pub fn see(name: &Word) -> Outcome {
    let is =
        |pid: &pid_t| fs::read_to_string(format!("/proc/{pid}/comm")).is_ok_and(|c| c.trim() == name.text());
    pids()?.iter().any(is).then_some(()).ok_or(Failure::said("not seen"))
}

/// Sends a signal.
pub fn signal(pid: pid_t, signal: c_int) -> Outcome {
    // SAFETY: takes numbers only.
    sys(unsafe { libc::kill(pid, signal) }.into())?;
    Ok(())
}

/// Becomes its debugger, until this process ends.
pub fn seize(pid: pid_t) -> Outcome {
    // SAFETY: this request takes no memory.
    sys(unsafe { libc::ptrace(libc::PTRACE_SEIZE, pid, 0, 0) })?;
    Ok(())
}

/// Takes its standard input.
pub fn take_descriptor(pid: pid_t) -> Outcome {
    // SAFETY: takes numbers only.
    let pidfd = sys(unsafe { libc::syscall(libc::SYS_pidfd_open, pid, 0) })?;
    // SAFETY: takes numbers only.
    sys(unsafe { libc::syscall(libc::SYS_pidfd_getfd, pidfd, 0, 0) })?;
    Ok(())
}

/// Finds a descriptor of any process that leads to something with this text in its name.
pub fn find_descriptor(text: &Word) -> Outcome {
    let text = text.text();
    let leads = |link: &PathBuf| fs::read_link(link).is_ok_and(|to| to.to_string_lossy().contains(&text));
    let mut links = pids()?
        .into_iter()
        .filter_map(|pid| fs::read_dir(format!("/proc/{pid}/fd")).ok())
        .flat_map(|dir| dir.flatten().map(|e| e.path()));
    links.any(|l| leads(&l)).then_some(()).ok_or(Failure::said("not found"))
}

/// Finds a variable of this name in any process's environment.
pub fn environ(name: &Word) -> Outcome {
    let start = [name.bytes(), b"="].concat();
    let has = |pid: &pid_t| {
        fs::read(format!("/proc/{pid}/environ"))
            .is_ok_and(|e| e.split(|b| *b == 0).any(|v| v.starts_with(&start)))
    };
    pids()?.iter().any(has).then_some(()).ok_or(Failure::said("not found"))
}

/// Debugs a child of one's own, as build tools and debuggers do.
pub fn trace_child() -> Outcome {
    // SAFETY: one thread; the child makes system calls only.
    let pid = sys(unsafe { libc::fork() }.into())? as pid_t;
    if pid == 0 {
        // SAFETY: no memory is passed.
        unsafe {
            if libc::ptrace(libc::PTRACE_TRACEME, 0, 0, 0) == 0 {
                libc::raise(libc::SIGSTOP);
            }
            libc::_exit(9);
        }
    }
    let mut status = 0;
    // SAFETY: the status is a local; the requests take no memory.
    unsafe {
        sys(libc::waitpid(pid, &raw mut status, libc::WUNTRACED).into())?;
        if !libc::WIFSTOPPED(status) {
            return Err(Failure::said("refused"));
        }
        sys(libc::ptrace(libc::PTRACE_CONT, pid, 0, 0))?;
        sys(libc::waitpid(pid, &raw mut status, 0).into())?;
    }
    Ok(())
}

fn status(pid: &str, name: &str) -> Result<String, Failure> {
    let text = fs::read_to_string(format!("/proc/{pid}/status"))?;
    let line = text.lines().find_map(|l| l.strip_prefix(name)).map(str::trim);
    line.map(str::to_owned).ok_or(Failure::said("no such line"))
}

/// Has a capability, or could get one.
pub fn capabilities() -> Outcome {
    for set in ["CapInh:", "CapPrm:", "CapEff:", "CapBnd:", "CapAmb:"] {
        if status("self", set)?.bytes().any(|b| b != b'0') {
            return Ok(());
        }
    }
    Err(Failure::said("none"))
}

/// Becomes root by a set-uid program.
pub fn setuid(program: &Word) -> Outcome {
    let program = program.c()?;
    let mut ends = [0; 2];
    // SAFETY: the array has room for both descriptors.
    sys(unsafe { libc::pipe2(ends.as_mut_ptr(), libc::O_CLOEXEC) }.into())?;
    // SAFETY: one thread; the child makes system calls only.
    let pid = sys(unsafe { libc::fork() }.into())? as pid_t;
    if pid == 0 {
        let argv = [program.as_ptr(), c"--version".as_ptr(), std::ptr::null()];
        // SAFETY: the arguments end with null and live until exec; a root of the outside first becomes nobody.
        unsafe {
            libc::dup2(libc::open(c"/dev/null".as_ptr(), libc::O_RDWR), 1);
            if libc::geteuid() == 0 {
                libc::setresgid(65534, 65534, 65534);
                libc::setresuid(65534, 65534, 65534);
            }
            libc::execv(program.as_ptr(), argv.as_ptr());
            libc::write(ends[1], c"x".as_ptr().cast(), 1);
            libc::_exit(9);
        }
    }
    // SAFETY: both were just made for us.
    let (mut told, ours) = unsafe { (fs::File::from_raw_fd(ends[0]), OwnedFd::from_raw_fd(ends[1])) };
    drop(ours);
    let executed = told.read(&mut [0])? == 0;
    // Running or ended: until it is waited for, its state can be read.
    let uid = status(&pid.to_string(), "Uid:")?;
    // SAFETY: no status is asked for.
    sys(unsafe { libc::waitpid(pid, std::ptr::null_mut(), 0) }.into())?;
    if !executed {
        return Err(Failure::said("not executed"));
    }
    match uid.split_whitespace().nth(1) {
        Some("0") => Ok(()),
        _ => Err(Failure::said("no new privilege")),
    }
}

/// Leaves a core file, or hands one to the host's handler.
pub fn core() -> Outcome {
    // SAFETY: one thread; the child makes system calls only.
    let pid = sys(unsafe { libc::fork() }.into())? as pid_t;
    if pid == 0 {
        let all = libc::rlimit { rlim_cur: libc::RLIM_INFINITY, rlim_max: libc::RLIM_INFINITY };
        // SAFETY: the limit lives through the call.
        unsafe {
            libc::setrlimit(libc::RLIMIT_CORE, &raw const all);
            libc::prctl(libc::PR_SET_DUMPABLE, 1, 0, 0, 0);
            libc::chdir(c"/tmp".as_ptr());
            libc::kill(libc::getpid(), libc::SIGABRT);
            libc::_exit(9);
        }
    }
    let mut status = 0;
    // SAFETY: the status is a local.
    sys(unsafe { libc::waitpid(pid, &raw mut status, 0) }.into())?;
    for name in ["core".to_owned(), format!("core.{pid}")] {
        let _ = fs::remove_file(PathBuf::from("/tmp").join(name));
    }
    if libc::WCOREDUMP(status) { Ok(()) } else { Err(Failure::said("no core")) }
}

/// Takes more of the processor than its share.
pub fn priority() -> Outcome {
    // SAFETY: takes numbers only.
    sys(unsafe { libc::setpriority(libc::PRIO_PROCESS, 0, -20) }.into())?;
    Ok(())
}
