//! A full disk, at any statement: a small tmpfs in a mount namespace of the test's own (`unshare`; an ordinary user gets a
//! user namespace too). Nothing acknowledged is lost, the caller gets [`StoreError::Full`], and with room all goes on.

use std::{
    fs::File,
    io::Write as _,
    path::{Path, PathBuf},
    process::Command,
};

use lia_protocol::{event::Event, task::TaskStatus, time::Timestamp};
use lia_store::{
    Durability, Op, Store, StoreError, TaskPatch, TaskRecord, Txn,
    sqlite::{Options, SqliteStore},
};

use crate::{child, support::*};

/// Room for the database and a whole WAL; a file takes what of it is too much.
const MIB: u64 = 48;

#[test]
fn nothing_acknowledged_is_lost_on_a_full_disk() {
    let dir = tempfile::tempdir().unwrap();
    let inner = child::command("full::inside", dir.path());
    let root = std::fs::metadata("/proc/self").is_ok_and(|m| std::os::unix::fs::MetadataExt::uid(&m) == 0);
    let mut outer = Command::new("unshare");
    outer.arg(if root { "-m" } else { "-rm" }).args([
        "sh",
        "-c",
        r#"mount -t tmpfs -o size="$0" tmpfs "$1" && shift && exec "$@""#,
    ]);
    outer.arg(format!("{MIB}m")).arg(dir.path()).arg(inner.get_program()).args(inner.get_args());
    for (name, value) in inner.get_envs() {
        outer.env(name, value.unwrap());
    }
    let done = outer.output().expect("unshare(1) of util-linux is needed");
    let said = String::from_utf8_lossy(&done.stdout).into_owned() + &String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success() && said.contains("rounds on a full disk"), "{said}");
}

/// What the store acknowledged.
struct Known {
    task: TaskRecord,
    events: Vec<Event>,
    trimmed: bool,
}

#[tokio::test(flavor = "multi_thread")]
async fn inside() {
    let Some(folder) = child::folder() else { return };
    let db = folder.join("lia.db");
    let mut store = SqliteStore::open(&db, Options::default()).unwrap();
    let mut known: Vec<Known> = Vec::new();
    let mut fulls = 0;
    for round in 0..60_u64 {
        let ballast = Ballast::leave(&folder, 16 + round * 37 % 300 * 1024);
        let mut full = 0;
        for n in 0..2000 {
            match change(&store, &mut known, round + n).await {
                Ok(()) => {}
                Err(StoreError::Full) => full += 1,
                Err(e) => panic!("round {round}: {e}"),
            }
            if full > 5 {
                break;
            }
        }
        assert!(full > 0, "round {round}: the disk was not full");
        assert!(matches!(store.probe().await, Ok(()) | Err(StoreError::Full)));
        fulls += full;
        check(&store, &known).await;
        if round % 4 == 0 {
            // As after a kill while the disk is full; opening it may need room.
            drop(store);
            let again = SqliteStore::open(&db, Options::default());
            drop(ballast);
            store = match again {
                Ok(store) => store,
                Err(_) => SqliteStore::open(&db, Options::default()).unwrap(),
            };
        } else {
            drop(ballast);
        }
        store.probe().await.unwrap();
        check(&store, &known).await;
        while known.len() > 3 {
            let Known { task, .. } = known.remove(0);
            store.purge(task.id).await.unwrap();
        }
    }
    store.close().await;
    let text: String = rusqlite::Connection::open(&db)
        .unwrap()
        .query_row("PRAGMA integrity_check", [], |r| r.get(0))
        .unwrap();
    assert_eq!(text, "ok");
    println!("{fulls} changes refused, 60 rounds on a full disk");
}

/// Several changes at once, of every form.
async fn change(store: &SqliteStore, known: &mut Vec<Known>, n: u64) -> Result<(), StoreError> {
    if n.is_multiple_of(11) || known.is_empty() {
        let mut t = task("ann");
        (t.status, t.prompt) = (TaskStatus::Terminated, "p".repeat(usize::try_from(n % 7).unwrap() * 3000));
        commit(store, vec![Op::CreateTask(Box::new(t.clone()))]).await?;
        known.push(Known { task: t, events: Vec::new(), trimmed: false });
    }
    let last = known.len() - 1;
    let txns = known.iter().enumerate().map(|(i, k)| {
        let size = usize::try_from((n * 7 + i as u64) % 40).unwrap();
        let mut ops =
            vec![append(k.task.session, (0..size * 3).map(|j| frame(vec![b'e'; j * 17 % 900])).collect())];
        match n % 4 {
            0 => ops.push(append(k.task.session, vec![output(0, &"o".repeat(size * 500))])),
            1 => ops.push(Op::PutCommand(Box::new(prompt(k.task.session, &"p".repeat(size * 100))))),
            2 => ops.push(Op::UpdateTask {
                id: k.task.id,
                expect: vec![TaskStatus::Terminated],
                patch: Box::new(TaskPatch { error: Some("e".repeat(size * 50)), ..TaskPatch::default() }),
            }),
            _ => {}
        }
        if n % 9 == 8 && i == last {
            ops.push(Op::TrimOutput { session: k.task.session, at: Timestamp(2_000), keep: 1000 });
        }
        store.commit(Txn {
            durability: if n.is_multiple_of(3) { Durability::Power } else { Durability::Process },
            ops,
        })
    });
    let results = all_at_once(txns).await;
    let mut refused = None;
    for (i, (k, result)) in known.iter_mut().zip(results).enumerate() {
        match result {
            Ok(done) => {
                k.events.extend(done.events);
                k.trimmed |= n % 9 == 8 && i == last;
            }
            Err(e) => refused = Some(e),
        }
    }
    refused.map_or(Ok(()), Err)
}

async fn check(store: &SqliteStore, known: &[Known]) {
    for k in known {
        let stored = whole_log(store, k.task.session).await;
        assert_eq!(stored.len(), k.events.len());
        assert!(stored.iter().zip(&k.events).all(|(s, e)| s.seq == e.seq && (s.body == e.body || k.trimmed)));
        assert_eq!(store.head(k.task.session).await.unwrap().last_seq.0, k.events.len() as u64);
    }
}

/// A file that takes all room but some; goes when dropped.
struct Ballast(PathBuf);

impl Ballast {
    fn leave(folder: &Path, bytes: u64) -> Self {
        let path = folder.join("ballast");
        let mut file = File::create(&path).unwrap();
        let block = vec![0; 4096];
        while file.write_all(&block).is_ok() {}
        let size = file.metadata().unwrap().len();
        file.set_len(size.saturating_sub(bytes)).unwrap();
        Self(path)
    }
}

impl Drop for Ballast {
    fn drop(&mut self) {
        std::fs::remove_file(&self.0).unwrap();
    }
}
