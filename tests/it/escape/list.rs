//! The list: what is tried, and how it must end inside.

use std::{net::SocketAddr, path::PathBuf};

use anyhow::Context as _;
use lia_tests::processes;

/// One attempt. Its words name the same thing as it is seen from each side.
pub struct Attempt {
    /// Must succeed.
    pub outside: String,
    /// Must end as `expect` says.
    pub inside: String,
    /// An errno's name, or the probe's words.
    pub expect: &'static str,
}

/// What the words name.
pub struct Place {
    pub data: PathBuf,
    pub port: u16,
    pub server: u32,
    pub vm: String,
    pub session: String,
    pub sidecar: u32,
    pub init: u32,
    pub neighbour: u32,
    pub home: PathBuf,
    pub listener: SocketAddr,
    pub public: SocketAddr,
    /// Whether the kernel has Landlock, which answers before the file system does.
    pub landlock: bool,
}

/// All of them.
pub fn attempts(p: &Place) -> anyhow::Result<Vec<Attempt>> {
    let mut list = Vec::new();
    let mut same =
        |line: &str, expect| list.push(Attempt { outside: line.to_owned(), inside: line.to_owned(), expect });
    let data = p.data.display();
    let folder = processes::instance(&p.data, &p.vm);
    let instance = folder.display();
    let (sidecar, neighbour, session) = (p.sidecar, p.neighbour, &p.session);

    // Files of the host, of the server, of other users, of other instances.
    same("read /etc/shadow", "ENOENT");
    same("list /root", "ENOENT");
    same("list /sys/class", "ENOENT");
    same("list /var/lib", "ENOENT");
    same(&format!("list {data}"), "ENOENT");
    same(&format!("read {data}/admin.token"), "ENOENT");
    same(&format!("read {data}/lia.db"), "ENOENT");
    same(&format!("list {instance}/state"), "ENOENT");
    same(&format!("read {}/secret", p.home.display()), "ENOENT");
    same(&format!("read /proc/{neighbour}/root/workspace/secret.txt"), "ENOENT");
    same(&format!("list /proc/{neighbour}/root/home/agent"), "ENOENT");
    same("new-file /usr", "EROFS");
    same("new-file /etc", "EROFS");
    same("new-file /", "EROFS");
    same("append /dev/kmsg", "ENOENT");
    same("mknod /tmp", if p.landlock { "EACCES" } else { "EPERM" });
    same("chown /tmp", "EINVAL");
    same("handle /usr", "EPERM");
    same("append /proc/sys/kernel/core_pattern", "EACCES");
    same("append /proc/sys/net/ipv4/ip_forward", "EACCES");
    same("environ CANARY", "not found");

    // Other processes.
    same("see lia", "not seen");
    same("see sidecar", "not seen");
    same(&format!("signal {} 0", p.server), "ESRCH");
    same(&format!("signal {sidecar} 0"), "ESRCH");
    same(&format!("seize {sidecar}"), "ESRCH");
    same(&format!("append /proc/{sidecar}/mem"), "ENOENT");
    same(&format!("list /proc/{sidecar}/fd"), "ENOENT");
    same(&format!("list /proc/{sidecar}/root"), "ENOENT");
    same(&format!("find-descriptor {session}"), "not found");
    same("find-descriptor lia.db", "not found");
    same(&format!("unix {instance}/run/s"), "ENOENT");
    same("abstract lia-world", "ECONNREFUSED");
    same("trace-child", "ok");

    // Power.
    same("capabilities", "none");
    same("setuid /usr/bin/su", "no new privilege");
    same("core", "no core");
    same("priority", "EACCES");
    same("hostname", "EPERM");

    // Mounts and namespaces.
    for what in ["mount", "bind /usr", "pivot-root", "chroot /tmp", "fsopen", "open-tree", "mount-setattr"] {
        same(what, "EPERM");
    }
    for kind in ["user", "mount", "net", "pid", "ipc", "uts", "cgroup", "time"] {
        same(&format!("unshare {kind}"), "EPERM");
    }
    for kind in ["user", "mount", "net", "pid"] {
        same(&format!("clone {kind}"), "EPERM");
    }
    same("clone3 user", "ENOSYS");
    same("setns /proc/self/ns/net", "EPERM");

    // Doors into the kernel.
    for what in ["keyctl", "bpf", "perf", "userfaultfd", "syslog", "tiocsti"] {
        same(what, "EPERM");
    }
    same("io-uring", "ENOSYS");
    if cfg!(target_arch = "x86_64") {
        same("int80", "signal 31");
    }

    // The network without the doors.
    same("interface 93.184.216.34", "none");
    same(&format!("tcp {} lia-world", p.listener), "ECONNREFUSED");
    same(&format!("tcp 127.0.0.1:{} HTTP", p.port), "ECONNREFUSED");
    same(&format!("tcp {} lia-world", p.public), "ECONNREFUSED");
    same(&format!("udp {} lia-world", p.public), "ECONNREFUSED");
    same("tcp 93.184.216.34:80 lia-world", "HTTP/1.1 403 Forbidden");
    same("tcp 169.254.169.254:80 lia-world", "HTTP/1.1 403 Forbidden");
    same("tcp [2606:2800:220:1::1]:80 lia-world", "ENETUNREACH");
    same("socket 2 3 1", "EPERM");
    same("socket 17 3 768", "EPERM");
    same("socket 40 1 0", "EPERM");
    same("netlink", "EPERM");
    same("low-port", "EACCES");

    names(&mut same, p.port);

    // What is seen under another name from each side: the agent's init, the covered folder.
    let mut two = |outside: String, inside: &str, expect| {
        list.push(Attempt { outside, inside: inside.to_owned(), expect })
    };
    let init = p.init;
    two(format!("seize {init}"), "seize 1", "EPERM");
    two(format!("take-descriptor {init}"), "take-descriptor 1", "EPERM");
    two(format!("append /proc/{init}/mem"), "append /proc/1/mem", "EACCES");
    two("read /proc/self/environ".into(), "read /proc/1/environ", "EACCES");
    two(format!("append /proc/{init}/fd/0"), "append /proc/1/fd/0", "EACCES");
    two(format!("list /proc/{init}/root"), "list /proc/1/root", "EACCES");
    two(format!("list /proc/{init}/cwd"), "list /proc/1/cwd", "EACCES");
    two(format!("setns /proc/{init}/ns/net"), "setns /proc/1/ns/net", "EACCES");
    let root = format!("/proc/{sidecar}/root");
    let state = folder.join("state").join(session);
    let segment = std::fs::read_dir(&state)?.flatten().next().context("the journal has no file")?.file_name();
    let segment = segment.to_string_lossy();
    two(format!("list {root}/lia"), "list /lia", "empty");
    two(format!("read {root}/lia/sidecar"), "read /lia/sidecar", "ENOENT");
    two(
        format!("append {root}/lia/state/{session}/{segment}"),
        &format!("append /lia/state/{session}/{segment}"),
        "ENOENT",
    );
    two("umount /dev/shm".into(), "umount /lia", "EPERM");
    two("umount /proc".into(), "umount /proc/sys", "EPERM");
    Ok(list)
}

/// Names through the doors. `allowed.example` is on the list, `evil.example` is not.
fn names(same: &mut impl FnMut(&str, &'static str), port: u16) {
    for (name, http, socks) in [
        ("allowed.example", "ok", "ok"),
        ("AlloWed.EXAMPLE", "ok", "ok"),
        ("a.below.example", "ok", "ok"),
        ("xn--bcher-kva.example", "ok", "ok"),
        ("evil.example", "403", "reply 2"),
        ("below.example", "403", "reply 2"),
        ("evilallowed.example", "403", "reply 2"),
        ("allowed.example.evil.example", "403", "reply 2"),
        ("allowed.example.", "403", "reply 2"),
        ("evil.example%00.allowed.example", "400", "reply 2"),
        ("allowed.example%00.evil.example", "400", "reply 2"),
        ("evil.example%2500.below.example", "400", "reply 2"),
        ("allowed%252eexample", "400", "reply 2"),
        ("user@allowed.example", "403", "reply 2"),
        ("allowed.example@evil.example", "403", "reply 2"),
        ("b%c3%bccher.example", "400", "reply 2"),
        ("93.184.216.34", "403", "reply 2"),
        ("[2606:2800:220:1::1]", "403", "reply 2"),
        ("169.254.169.254", "403", "reply 2"),
        ("localhost", "403", "reply 2"),
        ("127.0.0.1", "403", "reply 2"),
        ("rebound.example", "403", "reply 2"),
        ("both.example", "403", "reply 2"),
        ("metadata.example", "403", "reply 2"),
        ("mapped.example", "403", "reply 2"),
    ] {
        same(&format!("connect {name} 443"), http);
        same(&format!("socks {name} 443"), socks);
    }
    same(&format!("connect 127.0.0.1 {port}"), "403");
    same(&format!("connect localhost {port}"), "403");
    same(&format!("connect rebound.example {port}"), "403");

    // One name for the door and another for the server behind it.
    same("hello-through allowed.example allowed.example", "ok");
    same("hello-through allowed.example evil.example", "alert 49");
    same("hello-through allowed.example allowed.example.", "alert 49");
    same("hello allowed.example allowed.example", "ok");
    same("hello allowed.example evil.example", "alert 49");
    same("hello 93.184.216.34 allowed.example", "closed");
    same("via http://allowed.example/ allowed.example", "ok");
    same("via http://allowed.example/ evil.example", "400");
    same("via http://evil.example/ evil.example", "403");
    same("via http://evil.example/ allowed.example", "400");
    same("fetch allowed.example 80 allowed.example /", "ok");
    same(
        "fetch allowed.example 80 evil.example /",
        "HTTP/1.1 403 Lia refused evil.example:80: this connection is for allowed.example:80 alone",
    );

    same("resolve allowed.example", "ok");
    same("resolve AlloWed.EXAMPLE", "ok");
    same("resolve evil.example", "unknown name");
}
