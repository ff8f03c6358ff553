//! Appends and reads of [`SqliteStore`], with raw rusqlite doing the same beside each.
//!
//! Run: `cargo bench -p lia-store` (`cargo bench -p lia-store --profile dev` for the profile that `make run` has). Every
//! figure is the median of [`ROUNDS`] rounds; in each round every variant runs once, so that a slow moment of the machine
//! hits all of them. `LIA_BENCH_DIR` names another folder than the system's temporary one.
//!
//! - *raw*: one connection in the calling thread, one transaction per batch, multi-row inserts of prepared statements into
//!   a table of the same columns, SQLite's own checkpoints;
//! - *one*: [`Store::commit`] with the next batch after the answer to the last;
//! - *many*: 32 tasks that each do so at once, on sessions of their own.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a bench stops at the first error and prints")]

use std::{
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use bytes::Bytes;
use lia_protocol::{
    event::{Actor, Direction, Kind, NewEvent, Phase},
    ids::{InstanceId, LinkEpoch, Offset, Seq, SessionId, TaskId, TurnId},
    task::{TaskConfig, TaskStatus},
    time::Timestamp,
};
use lia_store::{
    Durability, Op, PageSize, Store, TaskPatch, TaskRecord, Txn,
    sqlite::{Options, SqliteStore},
};
use rusqlite::{Connection, params_from_iter, types::Value};

const ROUNDS: usize = 11;
const BODY: usize = 300;
const TASKS: usize = 32;
/// Rows of the raw insert: what is fastest.
const RAW_ROWS: usize = 128;

fn main() {
    let base = std::env::var_os("LIA_BENCH_DIR").map_or_else(std::env::temp_dir, Into::into);
    let dir = tempfile::tempdir_in(base).unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(run(dir.path()));
}

async fn run(dir: &Path) {
    let store = Arc::new(SqliteStore::open(dir.join("lia.db"), Options::default()).unwrap());
    let mut sessions = Vec::new();
    for _ in 0..TASKS {
        sessions.push(session(&store).await);
    }
    let mut raw = Raw::open(&dir.join("raw.db"));

    println!("appends of {BODY}-byte bodies, events/s, median of {ROUNDS}");
    println!("{:>8} {:>6} {:>10} {:>10} {:>6} {:>10} {:>6}", "sync", "batch", "raw", "one", "x", "many", "x");
    for durability in [Durability::Process, Durability::Power] {
        for batch in [1, 16, 128, 1024] {
            let events = (batch * 300).clamp(2_000, 32 * 1024) / batch * batch;
            let (mut raws, mut ones, mut manys) = (Vec::new(), Vec::new(), Vec::new());
            for _ in 0..ROUNDS {
                raws.push(rate(events, raw.append(events, batch, durability)));
                let started = Instant::now();
                append(&store, sessions[0], events, batch, durability).await;
                ones.push(rate(events, started.elapsed()));
                let started = Instant::now();
                let each = events.div_ceil(TASKS * batch) * batch;
                let tasks: Vec<_> = sessions
                    .iter()
                    .map(|s| {
                        let (store, session) = (Arc::clone(&store), *s);
                        tokio::spawn(async move { append(&store, session, each, batch, durability).await })
                    })
                    .collect();
                for t in tasks {
                    t.await.unwrap();
                }
                manys.push(rate(each * TASKS, started.elapsed()));
            }
            let (raw, one, many) = (median(raws), median(ones), median(manys));
            let sync = if durability == Durability::Power { "FULL" } else { "NORMAL" };
            println!(
                "{sync:>8} {batch:>6} {raw:>10.0} {one:>10.0} {:>6.2} {many:>10.0} {:>6.2}",
                one / raw,
                many / raw
            );
        }
    }

    let (mut raws, mut pages) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        raws.push(raw.read_pages());
        pages.push(read_pages(&store, sessions[0]).await);
    }
    let (raw, pages) = (median(raws), median(pages));
    println!("pages of 1,000 events or 1 MiB: {pages:.0}/s, raw {raw:.0}/s, x {:.2}", pages / raw);

    let mut purges = Vec::new();
    for _ in 0..ROUNDS {
        let started = Instant::now();
        for _ in 0..50 {
            live(&store).await;
        }
        purges.push(rate(50, started.elapsed()));
    }
    println!("tasks with 100 events made, ended and purged, one by one: {:.0}/s", median(purges));
    slowest(&store, sessions[0]).await;
    store.close().await;
    println!("memory of this process: {}", memory());
}

/// How long a commit takes at most while another session bursts: checkpoints stand in its way.
async fn slowest(store: &Arc<SqliteStore>, session: SessionId) {
    let other = self::session(store).await;
    let burst = tokio::spawn({
        let store = Arc::clone(store);
        async move { append(&store, session, 200 * 1024, 256, Durability::Process).await }
    });
    let mut took = Vec::new();
    while !burst.is_finished() {
        let started = Instant::now();
        append(store, other, 1, 1, Durability::Power).await;
        took.push(started.elapsed().as_secs_f64() * 1e3);
    }
    burst.await.unwrap();
    took.sort_by(f64::total_cmp);
    let at = |part: usize| took[(took.len() - 1) * part / 1000];
    println!(
        "a FULL commit beside a burst, ms: p50 {:.2}, p99 {:.2}, most {:.2}",
        at(500),
        at(990),
        at(1000)
    );
}

/// Resident now and at most.
fn memory() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let lines = status.lines().filter(|l| l.starts_with("VmRSS") || l.starts_with("VmHWM"));
    lines.map(|l| l.split_whitespace().collect::<Vec<_>>().join(" ")).collect::<Vec<_>>().join(", ")
}

/// A whole life of a task.
async fn live(store: &SqliteStore) {
    let session = session(store).await;
    append(store, session, 100, 100, Durability::Process).await;
    let task = store.task_of_session(session).await.unwrap().unwrap();
    let patch = TaskPatch { status: Some(TaskStatus::Terminated), ..TaskPatch::default() };
    let end = Op::UpdateTask { id: task.id, expect: vec![TaskStatus::Running], patch: Box::new(patch) };
    store.commit(Txn::power(vec![end])).await.unwrap();
    store.purge(task.id).await.unwrap();
}

fn rate(events: usize, took: Duration) -> f64 {
    events as f64 / took.as_secs_f64()
}

fn median(mut of: Vec<f64>) -> f64 {
    of.sort_by(f64::total_cmp);
    of[of.len() / 2]
}

fn body() -> Bytes {
    Bytes::from(vec![b'x'; BODY])
}

async fn append(
    store: &SqliteStore,
    session: SessionId,
    events: usize,
    batch: usize,
    durability: Durability,
) {
    let turn = Some(TurnId::new());
    let head = store.head(session).await.unwrap();
    let mut offset = head.offset;
    for _ in 0..events / batch {
        let mut events = Vec::with_capacity(batch);
        for _ in 0..batch {
            offset = offset.next();
            events.push(NewEvent {
                turn,
                actor: Actor::Agent,
                cause: None,
                kind: Kind::Rpc(Direction::AgentToClient, Phase::Notification),
                body: body(),
                link: Some(lia_protocol::event::LinkPos { epoch: head.epoch, offset }),
            });
        }
        let ops = vec![Op::Append { session, at: Timestamp::now(), events, ack: Some(offset) }];
        store.commit(Txn { durability, ops }).await.unwrap();
    }
}

async fn read_pages(store: &SqliteStore, session: SessionId) -> f64 {
    let (started, mut after, mut pages) = (Instant::now(), Seq::ZERO, 0);
    while pages < 50 {
        match store.events(session, after, PageSize::default()).await.unwrap().last() {
            Some(last) => after = last.seq,
            None => after = Seq::ZERO,
        }
        pages += 1;
    }
    rate(pages, started.elapsed())
}

async fn session(store: &SqliteStore) -> SessionId {
    let session = SessionId::new();
    let task = TaskRecord {
        id: TaskId::new(),
        session,
        instance: InstanceId::new(),
        user: "bench".parse().unwrap(),
        guild: None,
        prompt: "p".into(),
        status: TaskStatus::Running,
        config: TaskConfig::default(),
        template: "t".into(),
        runtime: "r".into(),
        source: None,
        spec: "{}".into(),
        instance_record: None,
        created_at: Timestamp::now(),
        started_at: None,
        suspended_at: None,
        completed_at: None,
        ran_ms: 0,
        exit_code: None,
        error: None,
        stop_reason: None,
        cleanup: false,
        removed: false,
        title: None,
        instance_name: None,
        queue_paused: false,
        auto_approve: None,
        end_reason: None,
        changed_at: Timestamp::now(),
        last_seq: Seq::ZERO,
        busy: false,
        queued: 0,
        pending_permissions: 0,
    };
    let epoch = Op::NextEpoch { session, restart_at: Some(Offset::ZERO) };
    let done = store.commit(Txn::process(vec![Op::CreateTask(Box::new(task)), epoch])).await.unwrap();
    assert_eq!(done.epoch, Some(LinkEpoch(1)));
    session
}

/// The baseline.
struct Raw {
    conn: Connection,
    next: i64,
}

impl Raw {
    fn open(path: &Path) -> Self {
        let conn = Connection::open(path).unwrap();
        conn.pragma_update_and_check(None, "journal_mode", "WAL", |_| Ok(())).unwrap();
        conn.execute_batch(
            "CREATE TABLE events (key INTEGER PRIMARY KEY, at INTEGER NOT NULL, kind INTEGER NOT NULL, v INTEGER NOT NULL
             DEFAULT 1, actor ANY NOT NULL, turn BLOB, cause BLOB, epoch INTEGER, line INTEGER, body BLOB NOT NULL) STRICT",
        )
        .unwrap();
        Self { conn, next: 1 }
    }

    fn append(&mut self, events: usize, batch: usize, durability: Durability) -> Duration {
        let mode = if durability == Durability::Power { "FULL" } else { "NORMAL" };
        self.conn.pragma_update(None, "synchronous", mode).unwrap();
        let (body, turn) = (body(), TurnId::new());
        let started = Instant::now();
        for _ in 0..events / batch {
            let txn = self.conn.transaction().unwrap();
            let mut left = batch;
            while left > 0 {
                let rows = left.min(RAW_ROWS);
                let values = vec!["(?,?,?,?,?,?,?,?,?)"; rows].join(",");
                let sql = format!(
                    "INSERT INTO events (key, at, kind, actor, turn, cause, epoch, line, body) VALUES {values}"
                );
                let mut insert = txn.prepare_cached(&sql).unwrap();
                for r in 0..rows {
                    let i = r * 9;
                    insert.raw_bind_parameter(i + 1, self.next).unwrap();
                    insert.raw_bind_parameter(i + 2, 1_790_000_000_000_i64).unwrap();
                    insert.raw_bind_parameter(i + 3, 6).unwrap();
                    insert.raw_bind_parameter(i + 4, 2).unwrap();
                    insert.raw_bind_parameter(i + 5, turn.0.as_bytes()).unwrap();
                    insert.raw_bind_parameter(i + 6, Value::Null).unwrap();
                    insert.raw_bind_parameter(i + 7, 1).unwrap();
                    insert.raw_bind_parameter(i + 8, self.next).unwrap();
                    insert.raw_bind_parameter(i + 9, &*body).unwrap();
                    self.next += 1;
                }
                insert.raw_execute().unwrap();
                left -= rows;
            }
            txn.commit().unwrap();
        }
        started.elapsed()
    }

    fn read_pages(&self) -> f64 {
        let (started, mut after) = (Instant::now(), 0);
        for _ in 0..50 {
            let mut select = self
                .conn
                .prepare_cached("SELECT key, at, kind, actor, turn, cause, body FROM events WHERE key > ? ORDER BY key LIMIT 1000")
                .unwrap();
            let mut rows = select.query(params_from_iter([after])).unwrap();
            let mut page = Vec::new();
            while let Some(row) = rows.next().unwrap() {
                page.push((
                    row.get::<_, i64>(0).unwrap(),
                    row.get::<_, i64>(1).unwrap(),
                    row.get::<_, Vec<u8>>(6).unwrap(),
                ));
            }
            after = page.last().map_or(0, |p| p.0);
        }
        rate(50, started.elapsed())
    }
}
