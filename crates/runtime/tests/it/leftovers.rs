//! A start that fails, is given up or dies with its server at any step leaves nothing behind a delete.

use std::{
    fs, io,
    os::unix::process::{CommandExt as _, ExitStatusExt as _},
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use lia_protocol::ids::InstanceId;
use lia_runtime::{InstanceSpec, Ledger as _, Resource, Runtime as _, local::Local};

use crate::support::{Host, assert_nothing_left, for_each_user, is_root, options, rerun, spec};

/// Every step of a start, in order.
const STEPS: [&str; 11] = [
    "recorded",
    "folder",
    "image",
    "disk",
    "cgroup",
    "socket",
    "spawned",
    "written",
    "claimed",
    "configured",
    "ready",
];

fn steps() -> impl Iterator<Item = &'static str> {
    STEPS.into_iter().filter(|s| is_root() || *s != "image")
}

#[test]
fn a_start_that_fails_undoes_itself() {
    for_each_user("leftovers::a_start_that_fails_undoes_itself", || async {
        for step in steps() {
            let host = Host::with(|o| {
                o.failpoint =
                    Some(Arc::new(
                        move |s| if s == step { Err(io::Error::other("planned")) } else { Ok(()) },
                    ));
            })
            .await;
            let e = host.start(&spec()).await.unwrap_err();
            assert!(format!("{e:?}").contains("planned"), "{step}: {e:?}");
            host.assert_nothing_left(&[]);
        }
    });
}

#[test]
fn a_start_that_is_given_up_is_removed_by_delete() {
    for_each_user("leftovers::a_start_that_is_given_up_is_removed_by_delete", || async {
        let host = Host::new().await;
        for polls in 1..12 {
            let spec = spec();
            {
                let mut start = std::pin::pin!(host.start(&spec));
                for _ in 0..polls {
                    tokio::select! {
                        biased;
                        _ = &mut start => break,
                        () = tokio::task::yield_now() => {}
                    }
                }
            }
            let named = host.ledger.all();
            host.delete(spec.id).await;
            host.assert_nothing_left(&named);
        }
    });
}

/// In the child: where to make the instance, and where to die.
const DIE: &str = "LIA_TEST_DIE";

#[test]
fn a_start_whose_server_is_killed_is_removed_by_delete() {
    if let Ok(order) = std::env::var(DIE) {
        return die(&order);
    }
    for_each_user("leftovers::a_start_whose_server_is_killed_is_removed_by_delete", || async {
        let ahead = ["recorded", "claimed", "configured", "ready"].map(|s| (s, "ahead"));
        for (step, made) in steps().map(|s| (s, "on demand")).chain(ahead) {
            let tmp = tempfile::tempdir().unwrap();
            let id = InstanceId::new();
            let order = format!("{made}:{step}:{id}:{}", tmp.path().display());
            let mut child = rerun("leftovers::a_start_whose_server_is_killed_is_removed_by_delete");
            let status = child.env(DIE, order).process_group(0).status().unwrap();
            assert_eq!(status.signal(), Some(9), "{made} {step}");

            let local = Local::new(options(tmp.path())).await.unwrap();
            let host = Host::at(tmp, local);
            let named: Vec<Resource> =
                serde_json::from_slice(&fs::read(host.dir.path().join("ledger")).unwrap()).unwrap();
            assert!(!named.is_empty());
            host.ledger.record(id, &named).await.unwrap();
            host.delete(id).await;
            host.assert_nothing_left(&named);

            // The same without any ledger: what no record names is swept.
            host.local.sweep(&[].into()).await.unwrap();
            assert_nothing_left(&host.dir.path().join("data"), &named);
        }
    });
}

fn die(order: &str) {
    let [made, step, id, dir] = order.split(':').collect::<Vec<_>>()[..] else { panic!("{order}") };
    let (step, dir) = (step.to_owned(), PathBuf::from(dir));
    let armed = Arc::new(AtomicBool::new(false));
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        let ledger = Arc::<crate::support::MemoryLedger>::default();
        let (written, out, arms) = (ledger.clone(), dir.join("ledger"), armed.clone());
        let mut options = options(&dir);
        options.warm = usize::from(made == "ahead");
        options.failpoint = Some(Arc::new(move |s| {
            if arms.load(Ordering::Relaxed) {
                fs::write(&out, serde_json::to_vec(&written.all()).unwrap())?;
                if s == step {
                    rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::KILL)?;
                }
            }
            Ok(())
        }));
        let local = Local::new(options).await.unwrap();
        let spec = InstanceSpec { id: id.parse().unwrap(), ..spec() };
        local.prepare(spec.config.storage_gb, Vec::new());
        local.settled().await;
        armed.store(true, Ordering::Relaxed);
        local.start(spec, ledger).await.unwrap();
    });
}
