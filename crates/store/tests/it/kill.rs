//! `kill -9` at random moments: what was reported committed is there, no log has a gap, no transaction is there by half, and
//! a removal goes on.

use std::{
    io::{BufRead as _, BufReader, Write as _},
    path::Path,
    process::Child,
};

use lia_protocol::{
    ids::{SessionId, TaskId},
    task::TaskStatus,
};
use lia_store::{
    Op, Store, TaskPatch,
    sqlite::{Options, SqliteStore},
};

use crate::{child, support::*};

const SESSIONS: usize = 4;
/// `LIA_STORE_KILLS` sets another number.
const KILLS: usize = 12;

fn open(folder: &Path) -> SqliteStore {
    SqliteStore::open(folder.join("lia.db"), Options::default()).unwrap()
}

fn say(words: &str) {
    // A parent that is gone needs no report.
    let _ = writeln!(std::io::stdout().lock(), "\n@ {words}");
}

/// The lines that a child says.
fn lines(child: &mut Child) -> impl Iterator<Item = String> + use<> {
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    lines.map_while(Result::ok).filter_map(|l| l.strip_prefix("@ ").map(str::to_owned))
}

/// A number from a seed (splitmix64).
fn random(seed: &mut u64) -> u64 {
    *seed = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut z = *seed;
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// Commits until it is killed: transactions of several events and a setting that names the last of them.
#[tokio::test(flavor = "multi_thread")]
async fn child_commits() {
    let Some(folder) = child::folder() else { return };
    let store = open(&folder);
    let tasks = store.tasks(&lia_store::TaskFilter::default(), 1, 100).await.unwrap().0;
    let one = async |session: SessionId| {
        let mut seq = store.head(session).await.unwrap().last_seq.0;
        loop {
            let count = 1 + (seq * 7) % 40;
            let last = seq + count;
            let events = (0..count).map(|i| frame(format!("{seq}+{i}/{count}{}", "x".repeat(200)))).collect();
            let name = session.to_string();
            let mut ops = vec![append(session, events), Op::PutSetting { name, value: last.to_string() }];
            if seq % 3 == 0 {
                // Of nothing but events, which goes another way.
                ops.pop();
                ops.push(append(session, vec![frame(format!("{last}+0/1"))]));
            }
            let done = commit(&store, ops).await.unwrap();
            seq = done.last_seq.0;
            say(&format!("{session} {seq}"));
        }
    };
    let all = tasks.iter().map(|t| one(t.session));
    all_at_once::<_>(all).await;
}

#[tokio::test]
async fn nothing_reported_is_lost() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let mut reported = std::collections::BTreeMap::new();
    for _ in 0..SESSIONS {
        reported.insert(created(&store, task("ann")).await.session.to_string(), 0);
    }
    drop(store);
    let mut seed = std::env::var("LIA_STORE_SEED")
        .map_or_else(|_| u64::from(std::process::id()), |s| s.parse().unwrap());
    println!("LIA_STORE_SEED={seed}");
    let kills = std::env::var("LIA_STORE_KILLS").map_or(KILLS, |n| n.parse().unwrap());
    for round in 0..kills {
        let mut process = child::command("kill::child_commits", dir.path()).spawn().unwrap();
        // It runs on while these are read: the kill falls wherever it is then.
        let wanted = random(&mut seed) % 400 + 1;
        let mut said = lines(&mut process);
        let mut take = |n: u64| {
            for line in said.by_ref().take(usize::try_from(n).unwrap()) {
                let (session, seq) = line.split_once(' ').unwrap();
                reported.insert(session.to_owned(), seq.parse().unwrap());
            }
        };
        take(wanted);
        process.kill().unwrap();
        take(u64::MAX);
        process.wait().unwrap();

        let store = open(dir.path());
        for (session, seq) in &reported {
            check_log(&store, session.parse().unwrap(), *seq, round).await;
        }
    }
    assert!(reported.values().sum::<u64>() > 100, "the children did work");
    let mut f = crate::sqlite::Fixture { store: open(dir.path()), dir };
    f.store.close().await;
    f.check();
}

async fn check_log(store: &SqliteStore, session: SessionId, reported: u64, round: usize) {
    let log = whole_log(store, session).await;
    assert!(log.len() as u64 >= reported, "round {round}: {} of {reported} events of {session}", log.len());
    assert_eq!(store.head(session).await.unwrap().last_seq.0, log.len() as u64);
    let mut i = 0;
    let mut setting = None;
    while i < log.len() {
        let (before, rest) = std::str::from_utf8(&log[i].body).unwrap().split_once('+').unwrap();
        let (n, count) = rest.trim_end_matches('x').split_once('/').unwrap();
        let count: usize = count.parse().unwrap();
        assert_eq!((before.parse(), n), (Ok(i), "0"), "round {round}: a transaction begins");
        assert!(i + count <= log.len(), "round {round}: half a transaction");
        assert!(log[i..i + count].iter().enumerate().all(|(k, e)| e.seq.0 == (i + k) as u64 + 1));
        let alone = i % 3 == 0;
        i += count;
        if alone {
            assert_eq!(log.get(i).map(|e| e.body.clone()), Some(format!("{i}+0/1").into()), "round {round}");
            i += 1;
        } else {
            setting = Some(i.to_string());
        }
    }
    assert_eq!(store.setting(&session.to_string()).await.unwrap(), setting, "round {round}");
}

/// Removes a task until it is killed.
#[tokio::test(flavor = "multi_thread")]
async fn child_purges() {
    let Some(folder) = child::folder() else { return };
    let store = open(&folder);
    let task: TaskId = std::fs::read_to_string(folder.join("task")).unwrap().parse().unwrap();
    say("begins");
    store.purge(task).await.unwrap();
    say("done");
    std::future::pending::<()>().await;
}

#[tokio::test]
async fn a_removal_goes_on() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let (t, stays) = (created(&store, task("ann")).await, created(&store, task("ann")).await);
    commit(&store, vec![append(stays.session, vec![frame("stays")])]).await.unwrap();
    for _ in 0..40 {
        let events = (0..1000).map(|i| frame(vec![b'0' + (i % 10) as u8; 300])).collect();
        commit(&store, vec![append(t.session, events)]).await.unwrap();
    }
    let patch = TaskPatch { status: Some(TaskStatus::Terminated), ..TaskPatch::default() };
    let end = Op::UpdateTask { id: t.id, expect: Vec::new(), patch: Box::new(patch) };
    commit(&store, vec![end]).await.unwrap();
    store.close().await;
    drop(store);
    let full = std::fs::metadata(dir.path().join("lia.db")).unwrap().len();
    std::fs::write(dir.path().join("task"), t.id.to_string()).unwrap();

    for _ in 0..4 {
        let mut process = child::command("kill::child_purges", dir.path()).spawn().unwrap();
        assert_eq!(lines(&mut process).next().as_deref(), Some("begins"));
        process.kill().unwrap();
        process.wait().unwrap();
    }
    let store = open(dir.path());
    store.purge(t.id).await.unwrap();
    assert!(store.task(t.id).await.unwrap().is_none());
    assert_eq!(whole_log(&store, stays.session).await.len(), 1);
    store.close().await;
    drop(store);
    let left = std::fs::metadata(dir.path().join("lia.db")).unwrap().len();
    assert!(full > 10 << 20 && left < 1 << 20, "{full} bytes, then {left}");
    let conn = rusqlite::Connection::open(dir.path().join("lia.db")).unwrap();
    let rows: i64 = conn.query_row("SELECT count(*) FROM events", [], |r| r.get(0)).unwrap();
    assert_eq!(rows, 1);
}
