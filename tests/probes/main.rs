//! `lia-probe`: the attempts of the escape tests, one program for outside and inside.
//!
//! ```text
//! lia-probe NAME WORD…         one attempt
//! lia-probe run [--apart] FILE   one attempt per line, each in a child; a line out of each: its number, a tab, how it ended
//! ```
//!
//! An attempt ends as `ok`, an errno's name, `signal N`, or words of its own. In words `%XX` stands for a byte.
//! `--apart` gives each attempt a mount namespace of its own, so that what succeeds outside leaves nothing behind.

mod egress;
mod exhaust;
mod files;
mod kernel;
mod namespaces;
mod network;
mod outcome;
mod processes;

use std::{
    fs::File,
    io::{self, Read as _, Write as _},
    os::fd::FromRawFd as _,
    process::ExitCode,
};

use crate::outcome::{Failure, Outcome, Word, sys};

/// Seconds after which an attempt of a list is ended.
const PATIENCE: libc::c_uint = 30;

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let done = match args[..] {
        ["run", "--apart", file] => run(file, true).map(|()| true),
        ["run", file] => run(file, false).map(|()| true),
        [name, ref words @ ..] => {
            let outcome = attempt(name, words);
            writeln!(io::stdout(), "{}", outcome::text(&outcome)).map(|()| outcome.is_ok())
        }
        [] => Err(io::Error::other("usage: lia-probe NAME WORD… | run [--apart] FILE")),
    };
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(e) => {
            let _ = writeln!(io::stderr(), "lia-probe: {e}");
            ExitCode::FAILURE
        }
    }
}

fn run(file: &str, apart: bool) -> io::Result<()> {
    let list = std::fs::read_to_string(file)?;
    for (n, line) in list.lines().enumerate() {
        let said = in_a_child(line, apart)?;
        writeln!(io::stdout(), "{n}\t{said}")?;
    }
    Ok(())
}

/// Runs one line in a child, so that one that is killed is only one.
fn in_a_child(line: &str, apart: bool) -> io::Result<String> {
    let mut ends = [0; 2];
    // SAFETY: the array has room for both descriptors.
    sys(unsafe { libc::pipe2(ends.as_mut_ptr(), libc::O_CLOEXEC) }.into())?;
    // SAFETY: this process has one thread.
    let pid = sys(unsafe { libc::fork() }.into())?;
    // SAFETY: both were just made for us.
    let (mut out, mut back) = unsafe { (File::from_raw_fd(ends[0]), File::from_raw_fd(ends[1])) };
    if pid == 0 {
        // SAFETY: no handler is installed; the signal ends this child.
        unsafe { libc::alarm(PATIENCE) };
        let outcome = if apart { namespaces::apart() } else { Ok(()) }.and_then(|()| {
            let words: Vec<&str> = line.split_whitespace().collect();
            let (name, words) = words.split_first().ok_or(Failure::Said("no such attempt".into()))?;
            attempt(name, words)
        });
        let _ = back.write_all(outcome::text(&outcome).as_bytes());
        // SAFETY: ends the child without running what belongs to the parent.
        unsafe { libc::_exit(0) };
    }
    drop(back);
    let mut status = 0;
    // SAFETY: the status is a local.
    sys(unsafe { libc::waitpid(pid as libc::pid_t, &raw mut status, 0) }.into())?;
    let mut said = String::new();
    if libc::WIFSIGNALED(status) {
        return Ok(format!("signal {}", libc::WTERMSIG(status)));
    }
    // A child of the child may hold the pipe: what was said is there already.
    let mut buffer = [0; 4096];
    let n = out.read(&mut buffer)?;
    said.push_str(&String::from_utf8_lossy(&buffer[..n]));
    Ok(said.replace(['\n', '\t'], " "))
}

fn attempt(name: &str, words: &[&str]) -> Outcome {
    let words: Vec<Word> = words.iter().map(|w| Word::parse(w)).collect();
    let word = |n: usize| words.get(n).ok_or_else(|| Failure::Said(format!("{name} takes more words")));
    match name {
        "read" => files::read(word(0)?),
        "list" => files::list(word(0)?),
        "append" => files::append(word(0)?),
        "new-file" => files::new_file(word(0)?),
        "mknod" => files::mknod(word(0)?),
        "chown" => files::chown(word(0)?),
        "handle" => files::handle(word(0)?),
        "unix" => files::unix(word(0)?),
        "abstract" => files::abstract_socket(word(0)?),

        "see" => processes::see(word(0)?),
        "signal" => processes::signal(word(0)?.number()?, word(1)?.number()?),
        "seize" => processes::seize(word(0)?.number()?),
        "take-descriptor" => processes::take_descriptor(word(0)?.number()?),
        "find-descriptor" => processes::find_descriptor(word(0)?),
        "environ" => processes::environ(word(0)?),
        "trace-child" => processes::trace_child(),
        "capabilities" => processes::capabilities(),
        "setuid" => processes::setuid(word(0)?),
        "core" => processes::core(),
        "priority" => processes::priority(),

        "mount" => namespaces::mount(),
        "bind" => namespaces::bind(word(0)?),
        "umount" => namespaces::umount(word(0)?),
        "pivot-root" => namespaces::pivot_root(),
        "chroot" => namespaces::chroot(word(0)?),
        "fsopen" => namespaces::fsopen(),
        "open-tree" => namespaces::open_tree(),
        "mount-setattr" => namespaces::mount_setattr(),
        "unshare" => namespaces::unshare(word(0)?),
        "clone" => namespaces::clone(word(0)?),
        "clone3" => namespaces::clone3(word(0)?),
        "setns" => namespaces::setns(word(0)?),
        "hostname" => namespaces::hostname(),

        "interface" => network::interface(word(0)?),
        "tcp" => network::tcp(word(0)?, word(1)?),
        "udp" => network::udp(word(0)?, word(1)?),
        "socket" => network::socket(word(0)?.number()?, word(1)?.number()?, word(2)?.number()?),
        "netlink" => network::netlink(),
        "low-port" => network::low_port(),

        "resolve" => egress::resolve(word(0)?),
        "fetch" => egress::fetch(word(0)?, word(1)?, word(2)?, word(3)?),
        "connect" => egress::connect(word(0)?, word(1)?),
        "socks" => egress::socks(word(0)?, word(1)?.number()?),
        "hello" => egress::hello(word(0)?, word(1)?),
        "hello-through" => egress::hello_through(word(0)?, word(1)?),
        "via" => egress::via(word(0)?, word(1)?),

        "keyctl" => kernel::keyctl(),
        "bpf" => kernel::bpf(),
        "perf" => kernel::perf(),
        "userfaultfd" => kernel::userfaultfd(),
        "io-uring" => kernel::io_uring(),
        "syslog" => kernel::syslog(),
        "tiocsti" => kernel::tiocsti(),
        "int80" => kernel::int80(),

        "memory" => exhaust::memory(word(0)?.number()?, word(1)?.number()?),
        "forks" => exhaust::forks(word(0)?.number()?, word(1)?.number()?),
        "memory-unmapped" => exhaust::memory_unmapped(word(0)?.number()?, word(1)?.number()?),
        "fill-unnamed" => exhaust::fill_unnamed(word(0)?, word(1)?.number()?, word(2)?.number()?),
        "fill" => exhaust::fill(word(0)?, word(1)?.number()?),
        _ => Err(Failure::Said(format!("no attempt is named {name}"))),
    }
}
