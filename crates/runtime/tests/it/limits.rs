//! Hostile use of memory, processes and disk stays inside, as root and as an ordinary user.

use lia_runtime::{InstanceStatus, Runtime as _, RuntimeError};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::support::{Host, for_each_user, is_root, lacks, spec};

#[test]
fn a_memory_bomb_is_contained() {
    for_each_user("limits::a_memory_bomb_is_contained", || async {
        let host = Host::new().await;
        let record = host.start(&spec()).await.unwrap();
        // `tail` keeps all of an endless line.
        let mut stream = host.open(&record).await;
        stream.write_all(b"tail /dev/zero; echo ended $?\n").await.unwrap();
        let mut out = String::new();
        let _ = stream.read_to_string(&mut out).await;
        if is_root() {
            assert!(out.contains("ended 137"), "{out}");
            assert_eq!(host.local.status(&record).await.unwrap(), InstanceStatus::Running);
        } else {
            let reason = host.local.ended(&record).await.unwrap();
            assert!(reason.starts_with("out of memory"), "{reason}");
        }
        host.delete(record.id).await;
    });
}

#[test]
fn a_fork_bomb_is_contained() {
    for_each_user("limits::a_fork_bomb_is_contained", || async {
        let host = Host::with(|o| o.pids = 64).await;
        let record = host.start(&spec()).await.unwrap();
        let out = host
            .run(&record, "i=0; while [ $i -lt 100 ]; do sleep 100 >/dev/null 2>&1 & i=$((i+1)); done 2>&1; echo did $i")
            .await;
        assert!(out.contains("fork"), "{out}");
        let named = host.ledger.all();
        host.delete(record.id).await;
        host.assert_nothing_left(&named);
    });
}

#[test]
fn a_full_disk_is_contained_and_the_journal_goes_on() {
    for_each_user("limits::a_full_disk_is_contained_and_the_journal_goes_on", || async {
        let host = Host::new().await;
        let record = host.start(&spec()).await.unwrap();
        // What is only promised takes no room on the host.
        let one =
            host.run(&record, "fallocate -l 1100M /tmp/c; echo j >/lia/state/j; cat /lia/state/j").await;
        assert!(one.contains(if is_root() { "No space left" } else { "File too large" }), "{one}");
        assert!(one.contains("j\n"), "{one}");
        let mut several = host.open(&record).await;
        several
            .write_all(b"rm -f /tmp/c; fallocate -l 900M /workspace/a; fallocate -l 900M /home/agent/b\n")
            .await
            .unwrap();
        if is_root() {
            let mut out = String::new();
            several.read_to_string(&mut out).await.unwrap();
            assert!(out.contains("No space left"), "{out}");
            assert_eq!(host.run(&record, "echo j >/lia/state/k; cat /lia/state/k").await, "j\n");
        } else {
            let reason = host.local.ended(&record).await.unwrap();
            assert!(reason.starts_with("storage"), "{reason}");
        }
        host.delete(record.id).await;
    });
}

#[test]
fn what_is_required_and_not_given_refuses() {
    for_each_user("limits::what_is_required_and_not_given_refuses", || async {
        let host = Host::with(|o| o.require = vec!["own-uid".into(), "storage".into()]).await;
        match host.start(&spec()).await {
            Ok(record) => {
                assert!(is_root());
                host.delete(record.id).await;
            }
            Err(e) => {
                assert!(matches!(&e, RuntimeError::Weaker(name, _) if !is_root() && name == "own-uid"), "{e}")
            }
        }
        let host = Host::with(|o| o.require = vec!["magic".into()]).await;
        assert!(matches!(host.start(&spec()).await, Err(RuntimeError::Weaker(..))));
        let host = Host::with(|o| o.bwrap = Some("/nonexistent/bwrap".into())).await;
        let e = host.start(&spec()).await.unwrap_err();
        assert!(matches!(&e, RuntimeError::Missing(m) if m.contains("apt-get install bubblewrap")), "{e}");
        assert_eq!(host.ledger.all(), []);
        for name in [
            "user-namespace",
            "network",
            "own-uid",
            "cgroup-memory",
            "cgroup-cpu",
            "cgroup-pids",
            "storage",
            "seccomp",
            "landlock",
            "core-dumps",
        ] {
            assert!(host.local.info().await.isolation.iter().any(|i| i.name == name), "{name}");
        }
    });
}

#[test]
fn version_2_limits_where_the_host_has_it() {
    let test = "limits::version_2_limits_where_the_host_has_it";
    // The tests above have then run with it.
    let offered = std::fs::read_to_string("/sys/fs/cgroup/cgroup.controllers").unwrap_or_default();
    if !["memory", "cpu", "pids"].iter().all(|c| offered.split_whitespace().any(|o| o == *c)) {
        return lacks("cgroup-v2", test);
    }
    for_each_user(test, || async {
        let host = Host::new().await;
        let isolation = host.local.info().await.isolation;
        let memory = isolation.iter().find(|i| i.name == "cgroup-memory").unwrap();
        match memory.active {
            true => assert_eq!(memory.how, "cgroup version 2"),
            false if is_root() => panic!("{memory:?}"),
            false => lacks("systemd-user", test),
        }
    });
}
