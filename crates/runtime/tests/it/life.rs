//! From start to delete: what the sandbox is, that it outlives the runtime's object, and how its end is told.

use std::fs;

use lia_runtime::{InstanceStatus, Runtime as _, RuntimeError, local::Local};
use rustix::process::{Pid, Signal, kill_process};

use crate::support::{Host, for_each_user, is_root, options, pid, spec};

#[test]
fn an_instance_lives_and_leaves_nothing() {
    for_each_user("life::an_instance_lives_and_leaves_nothing", || async {
        let host = Host::new().await;
        let spec = spec();
        let record = host.start(&spec).await.unwrap();
        let named = host.ledger.all();
        assert_eq!(host.local.status(&record).await.unwrap(), InstanceStatus::Running);

        let out = host.run(&record, "id -u; hostname; ls /; ls -A /workspace /home/agent /tmp").await;
        assert!(out.starts_with("0\nlia\n"), "{out}");
        let out = host.run(&record, "echo x >/workspace/f && echo y >/home/agent/f && echo z >/tmp/f; cat /workspace/f /home/agent/f /var/tmp/f").await;
        assert_eq!(out, "x\ny\nz\n");
        for read_only in ["/usr/f", "/etc/f", "/f", "/dev/f", "/lia/sidecar"] {
            let out = host.run(&record, &format!("echo x >{read_only}")).await;
            assert!(
                out.contains("Read-only file system") || out.contains("Text file busy"),
                "{read_only}: {out}"
            );
        }

        let status = fs::read_to_string(format!("/proc/{}/status", pid(&record))).unwrap();
        let uid: u32 = status
            .lines()
            .find_map(|l| l.strip_prefix("Uid:"))
            .unwrap()
            .split_whitespace()
            .next()
            .unwrap()
            .parse()
            .unwrap();
        if is_root() {
            assert!((300_000..365_536).contains(&uid), "{status}");
            let other = host.start(&crate::support::spec()).await.unwrap();
            assert_ne!(other.data["uid"], record.data["uid"]);
            host.delete(other.id).await;
        } else {
            assert_eq!(uid, rustix::process::geteuid().as_raw());
        }
        assert!(status.contains("NoNewPrivs:\t1"), "{status}");

        host.local.stop(&record, host.ledger.clone()).await.unwrap();
        host.local.stop(&record, host.ledger.clone()).await.unwrap();
        let gone = host.local.status(&record).await.unwrap();
        assert_eq!(gone, InstanceStatus::Gone { reason: Some("stopped".into()) });
        assert!(matches!(host.local.dial(&record, 5000).await, Err(RuntimeError::Gone(_))));

        let again = host.start(&lia_runtime::InstanceSpec { keep: true, ..spec.clone() }).await.unwrap();
        assert_eq!(host.run(&again, "cat /workspace/f /home/agent/f /tmp/f").await, "x\ny\nz\n");
        host.delete(spec.id).await;
        host.delete(spec.id).await;
        host.assert_nothing_left(&named);
    });
}

#[test]
fn nothing_of_the_host_leaks() {
    for_each_user("life::nothing_of_the_host_leaks", || async {
        let host = Host::new().await;
        let record = host.start(&spec()).await.unwrap();
        // CARGO_… and TMPDIR are set in every run of this test.
        let environ = host.run(&record, "tr '\\\\0' '\\n' </proc/1/environ; echo; env").await;
        assert!(
            !environ.contains("CARGO") && !environ.contains(host.dir.path().to_str().unwrap()),
            "{environ}"
        );
        assert!(environ.contains("https_proxy=http://127.0.0.1:3128"), "{environ}");
        let fds = host.run(&record, "for f in /proc/1/fd/*; do readlink $f; done").await;
        let known = |l: &str| {
            l == "/dev/null"
                || l.starts_with("socket:")
                || l.starts_with("pipe:")
                || l.ends_with("/run/sidecar.log")
        };
        assert!(fds.lines().all(known) && fds.lines().count() > 3, "{fds}");
        let out = host
            .run(&record, "cat /proc/net/dev; ls -A /sys /root /opt /home /home/agent /etc/ssh 2>&1")
            .await;
        assert!(
            out.contains("lo:") && out.lines().filter(|l| l.contains(':') && l.contains(" 0 ")).count() == 1,
            "{out}"
        );
        assert!(out.ends_with("/home:\nagent\n\n/home/agent:\n"), "{out}");
        host.delete(record.id).await;
    });
}

#[test]
fn a_new_runtime_adopts_what_lives() {
    for_each_user("life::a_new_runtime_adopts_what_lives", || async {
        let mut host = Host::with(|o| o.warm = 2).await;
        let record = host.start(&spec()).await.unwrap();
        host.run(&record, "echo kept >/workspace/f").await;
        host.local.shutdown().await;
        assert!(Local::new(options(host.dir.path())).await.is_err(), "the folder is taken");
        drop(host.local);
        host.local = Local::new(options(host.dir.path())).await.unwrap();
        assert_eq!(host.local.sweep(&[record.id].into()).await.unwrap(), []);
        assert_eq!(host.local.status(&record).await.unwrap(), InstanceStatus::Running);
        assert_eq!(host.run(&record, "cat /workspace/f").await, "kept\n");

        let mut of_another_boot = record.clone();
        of_another_boot.data["boot"] = "another".into();
        let gone = host.local.status(&of_another_boot).await.unwrap();
        assert_eq!(gone, InstanceStatus::Gone { reason: Some("host restarted".into()) });
        assert_eq!(host.local.status(&record).await.unwrap(), InstanceStatus::Running);

        assert_eq!(host.local.sweep(&[].into()).await.unwrap(), [record.id]);
        let named = host.ledger.all();
        host.delete(record.id).await;
        host.assert_nothing_left(&named);
    });
}

#[test]
fn the_end_is_told_with_its_reason() {
    for_each_user("life::the_end_is_told_with_its_reason", || async {
        let host = Host::new().await;
        let record = host.start(&spec()).await.unwrap();
        let (ended, ()) = tokio::join!(host.local.ended(&record), async {
            kill_process(Pid::from_raw(pid(&record)).unwrap(), Signal::KILL).unwrap();
        });
        assert_eq!(ended.as_deref(), Some("killed by signal 9"));
        assert_eq!(host.local.ended(&record).await, ended);
        host.delete(record.id).await;
    });
}

#[test]
fn pause_stops_and_resume_goes_on() {
    for_each_user("life::pause_stops_and_resume_goes_on", || async {
        let host = Host::new().await;
        let record = host.start(&spec()).await.unwrap();
        let busy = host.run(&record, "(while :; do :; done) >/dev/null 2>&1 & setsid sh -c 'while :; do :; done' >/dev/null 2>&1 & echo ok").await;
        assert_eq!(busy, "ok\n");
        for _ in 0..2 {
            host.local.pause(&record).await.unwrap();
        }
        assert_eq!(host.local.status(&record).await.unwrap(), InstanceStatus::Paused);
        let before = cpu_time(pid(&record));
        // Time passes by our own burning of it.
        let burnt = std::time::Instant::now();
        while burnt.elapsed().as_millis() < 150 {}
        assert_eq!(cpu_time(pid(&record)), before);
        host.local.resume(&record).await.unwrap();
        host.local.resume(&record).await.unwrap();
        assert_eq!(host.local.status(&record).await.unwrap(), InstanceStatus::Running);
        assert_eq!(host.run(&record, "echo on").await, "on\n");
        let burnt = std::time::Instant::now();
        while cpu_time(pid(&record)) == before {
            assert!(burnt.elapsed().as_secs() < 10, "it does not go on");
        }

        // What is paused can be removed.
        host.local.pause(&record).await.unwrap();
        let named = host.ledger.all();
        host.delete(record.id).await;
        host.assert_nothing_left(&named);
    });
}

/// Clock ticks used by everything below `root`.
fn cpu_time(root: i32) -> u64 {
    let mut all = vec![root];
    let mut sum = 0;
    let stats: Vec<(i32, i32, u64)> = fs::read_dir("/proc")
        .unwrap()
        .flatten()
        .filter_map(|e| e.file_name().to_str()?.parse::<i32>().ok())
        .filter_map(|pid| {
            let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
            let f: Vec<&str> = stat.rsplit(')').next()?.split_ascii_whitespace().collect();
            Some((pid, f[1].parse().ok()?, f[11].parse::<u64>().ok()? + f[12].parse::<u64>().ok()?))
        })
        .collect();
    let mut next = 0;
    while let Some(parent) = all.get(next).copied() {
        next += 1;
        sum += stats.iter().find(|s| s.0 == parent).map_or(0, |s| s.2);
        all.extend(stats.iter().filter(|s| s.1 == parent).map(|s| s.0));
    }
    sum
}

#[test]
fn a_waiting_sandbox_is_taken_and_another_made() {
    for_each_user("life::a_waiting_sandbox_is_taken_and_another_made", || async {
        let host = Host::with(|o| o.warm = 2).await;
        let read_only = vec![(host.dir.path().to_owned(), "/opt/shown".to_owned())];
        fs::write(host.dir.path().join("f"), "shown").unwrap();
        let first = lia_runtime::InstanceSpec { read_only: read_only.clone(), ..spec() };
        let second =
            lia_runtime::InstanceSpec { read_only, env: [("A".into(), "b".into())].into(), ..spec() };
        let mut records = Vec::new();
        for spec in [&first, &second] {
            let record = host.start(spec).await.unwrap();
            assert_eq!(
                host.run(&record, "cat /opt/shown/f; touch /opt/shown/g 2>&1 | grep -c Read-only").await,
                "shown1\n"
            );
            records.push(record);
            host.local.settled().await;
        }
        assert_ne!(
            records[1].data["group"],
            records[1].id.to_string(),
            "it was not taken from those that wait"
        );
        assert_eq!(host.run(&records[1], "echo $A").await, "b\n");
        let named = host.ledger.all();
        for r in &records {
            host.delete(r.id).await;
        }
        host.local.shutdown().await;
        host.assert_nothing_left(&named);
    });
}
