//! The agent against its sidecar: what it must not see, reach or survive.

use lia_protocol::link::{Order, Outcome, SidecarLine};

use crate::host::{Around, Link, Pidfd, Sidecar, init, ok, scripted};

/// What the agent's own shell says to a command.
fn sh(link: &mut Link, command: &str) -> String {
    let before = link.text().len();
    let id = link.prompt(&format!("sh {command}"));
    assert_eq!(link.done(id), ok("end_turn"));
    link.text()[before..].to_owned()
}

fn probe(around: Around) {
    let sidecar = Sidecar::around(around, |_| {});
    let mut link = sidecar.link(1, 0);
    link.init(scripted(&[]));
    let state = match around {
        Around::Sandbox => "/lia".to_owned(),
        _ => sidecar.dir.path().join("state").to_str().unwrap().to_owned(),
    };

    let said = sh(&mut link, "id -u; id -g; ulimit -c; ulimit -H -c; ls /proc/$PPID/fd | tr '\\n' ' '");
    assert!(said.contains("1000\n1000\n0\n0\n0 1 2 "), "{said}");
    let said = sh(&mut link, "grep -E '^(Cap|NoNewPrivs|Seccomp:)' /proc/self/status | tr -s '\\t\\n' ' '");
    for want in [
        "CapInh: 0000000000000000",
        "CapPrm: 0000000000000000",
        "CapEff: 0000000000000000",
        "CapBnd: 0000000000000000",
        "CapAmb: 0000000000000000",
        "NoNewPrivs: 1",
        "Seccomp: 2",
    ] {
        assert!(said.contains(want), "{want}: {said}");
    }
    // The init, the agent, its shell, and what the shell runs: nobody else.
    let said =
        sh(&mut link, "for p in /proc/[0-9]*; do cat $p/comm; done 2>/dev/null | sort -u | tr '\\n' ' '");
    assert!(said.contains("lia-init") && !said.contains("lia-sidecar"), "{said}");
    let said = sh(
        &mut link,
        &format!(
            "ls -A {state} | wc -l; touch {state}/x; echo touch $?; cat {}/socket",
            sidecar.dir.path().display()
        ),
    );
    assert!(said.contains("0\n") && said.contains("touch 1"), "{said}");
    for (denied, sign) in [
        ("cat /proc/1/environ", "Permission denied"),
        ("cat /proc/1/maps", "Permission denied"),
        ("cat /proc/1/fd/0", "Permission denied"),
        ("ls /proc/1/root/", "Permission denied"),
        ("cat /proc/1/mem", "Permission denied"),
        ("unshare -U true", "Operation not permitted"),
        ("unshare -m true", "Operation not permitted"),
        ("nsenter -t 1 -m true", "nsenter: "),
        ("mount -t tmpfs none /tmp", "mount: "),
        ("echo 1 > /proc/sys/net/ipv4/ip_forward", "Read-only file system"),
    ] {
        let said = sh(&mut link, &format!("{denied} 2>&1; echo code $?"));
        assert!(said.contains(sign) && !said.contains("code 0"), "{denied}: {said}");
    }
    // Landlock: a device file that an ordinary user may else make, and moving files about, which must go on working.
    let said =
        sh(&mut link, "mknod whiteout c 0 0 2>&1; mkdir d && echo x > f && mv f d/g && ln d/g h && cat h");
    assert!(said.contains("Permission denied") && said.contains("x\n"), "{said}");
    let said = sh(&mut link, "kill -9 1; kill -TERM 1; kill -CHLD 1; sleep 0; echo alive");
    assert!(said.contains("alive"), "{said}");

    let id = link.prompt("terminal id -u; ls -A /proc | grep -c '^[0-9]'");
    assert_eq!(link.done(id), ok("end_turn"));
    assert!(link.text().contains("1000\n"), "{}", link.text());
}

#[test]
fn an_agent_is_apart_from_the_sidecar_of_root() {
    probe(Around::Nothing);
}

#[test]
fn an_agent_is_apart_from_the_sidecar_of_an_ordinary_user() {
    probe(Around::User);
}

#[test]
fn an_agent_is_apart_from_the_sidecar_in_a_machine() {
    probe(Around::Machine);
}

#[test]
fn an_agent_is_apart_from_the_sidecar_in_a_sandbox() {
    probe(Around::Sandbox);
}

#[test]
fn a_nested_sandbox_gets_no_further() {
    let sidecar = Sidecar::around(Around::Sandbox, |c| c.nested = true);
    let mut link = sidecar.link(1, 0);
    link.init(scripted(&[]));
    let said = sh(
        &mut link,
        "unshare -Urm sh -c 'mount -t tmpfs none /workspace && echo nested'; ls -A /lia | wc -l",
    );
    assert!(said.contains("nested") && said.contains("0\n"), "{said}");
    for attempt in [
        "umount /lia",
        "umount -l /lia",
        "mount --move /lia /tmp",
        "cat /proc/1/environ",
        "mount -t proc proc /proc",
    ] {
        let said = sh(
            &mut link,
            &format!("unshare -Urmp --fork sh -c '{attempt}; ls -A /lia; cat /proc/*/comm' 2>&1"),
        );
        assert!(!said.contains("state") && !said.contains("lia-sidecar"), "{attempt}: {said}");
    }
}

#[test]
fn without_namespaces_there_is_no_agent() {
    let sidecar = Sidecar::around(Around::NoNamespaces, |_| {});
    let mut link = sidecar.link(1, 0);
    link.send(&init(scripted(&[]), "", None));
    let message = link.until(|l| match l {
        SidecarLine::Error { error, .. } => Some(error.message.clone()),
        _ => None,
    });
    assert!(message.contains("cannot set the agent apart"), "{message}");
    assert_eq!(link.exit().code, 127);
}

#[test]
fn nothing_outlives_the_agent() {
    let sidecar = Sidecar::start();
    let mut link = sidecar.link(1, 0);
    link.init(scripted(&[]));
    let mark = start_orphan(&mut link);
    assert_eq!(running(&mark), 1);
    let id = link.order(Order::Shutdown { grace_ms: 5000 });
    assert_eq!(link.done(id), Outcome::Ok { stop_reason: None });
    link.exit();
    assert_eq!(running(&mark), 0);
    for pid in children(sidecar.process.id()) {
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        assert!(!stat.contains(") Z "), "not even a zombie: {stat}");
    }
}

#[test]
fn nothing_outlives_the_sidecar() {
    let mut sidecar = Sidecar::start();
    let mut link = sidecar.link(1, 0);
    link.init(scripted(&[]));
    let mark = start_orphan(&mut link);
    let agents = children(sidecar.process.id());
    assert_eq!(agents.len(), 1);
    let init = Pidfd::open(agents[0]);
    sidecar.kill();
    init.wait();
    assert_eq!(running(&mark), 0);
}

/// Has the agent leave a process behind that is in no group or session of its; returns a word of its arguments.
fn start_orphan(link: &mut Link) -> String {
    let mark = format!("orphan-{}", lia_protocol::ids::CommandId::new());
    let orphan = format!("echo up > up; read never < never; : {mark}");
    let said = sh(
        link,
        &format!(
            "mkfifo up never; (setsid sh -c '{orphan}' </dev/null >/dev/null 2>&1 &); read x < up; echo $x"
        ),
    );
    assert!(said.contains("up\n"), "{said}");
    mark
}

/// Processes with this word in their arguments.
fn running(mark: &str) -> usize {
    std::fs::read_dir("/proc")
        .unwrap()
        .filter_map(|e| std::fs::read(e.unwrap().path().join("cmdline")).ok())
        .filter(|c| String::from_utf8_lossy(c).contains(mark))
        .count()
}

fn children(pid: u32) -> Vec<i32> {
    let list = std::fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).unwrap();
    list.split_whitespace().map(|p| p.parse().unwrap()).collect()
}
