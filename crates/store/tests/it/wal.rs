//! The WAL's bound: under a burst with readers, and in silence.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use lia_protocol::ids::Seq;
use lia_store::{PageSize, Store as _};

use crate::support::*;

const EVENTS: u64 = 250_000;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_burst_with_readers_keeps_it_small() {
    let f = Arc::new(crate::sqlite::new());
    let t = created(&f.store, task("ann")).await;
    let done = Arc::new(AtomicBool::new(false));
    let wal = f.dir.path().join("lia.db-wal");
    let readers: Vec<_> = (0..3)
        .map(|_| {
            let (f, done) = (Arc::clone(&f), Arc::clone(&done));
            tokio::spawn(async move {
                let (mut after, mut pages) = (Seq::ZERO, 0_u64);
                while !done.load(Ordering::Relaxed) {
                    let page = f.store.events(t.session, after, PageSize::default()).await.unwrap();
                    assert!(page.iter().enumerate().all(|(i, e)| e.seq.0 == after.0 + i as u64 + 1));
                    after = page.last().map_or(Seq::ZERO, |e| e.seq);
                    pages += 1;
                }
                pages
            })
        })
        .collect();
    let mut largest = 0;
    for _ in 0..EVENTS / 500 {
        let events = (0..500).map(|_| frame(vec![b'x'; 300])).collect();
        commit(&f.store, vec![append(t.session, events)]).await.unwrap();
        largest = largest.max(wal.metadata().unwrap().len());
    }
    done.store(true, Ordering::Relaxed);
    for r in readers {
        assert!(r.await.unwrap() > 10, "the readers read meanwhile");
    }
    println!("the WAL had at most {} MiB", largest >> 20);
    assert!(largest <= 64 << 20, "{largest}");

    // In silence it comes into the database, but for what is not worth a checkpoint, and no large file stays.
    let alone = f.dir.path().join("alone.db");
    let began = Instant::now();
    loop {
        std::fs::copy(f.path(), &alone).unwrap();
        let conn = rusqlite::Connection::open(&alone).unwrap();
        let events = conn.query_row("SELECT count(*) FROM events", [], |r| r.get::<_, i64>(0));
        let left = events.map_or(EVENTS, |n| EVENTS - n.cast_unsigned());
        if left * 300 <= 1 << 20 && wal.metadata().unwrap().len() <= 16 << 20 {
            break;
        }
        assert!(began.elapsed() < Duration::from_secs(20), "the WAL is copied when nothing happens");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(f.store.head(t.session).await.unwrap().last_seq, Seq(EVENTS));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_of_another_process_stops_nothing() {
    let f = crate::sqlite::new();
    let t = created(&f.store, task("ann")).await;
    let conn = rusqlite::Connection::open(f.path()).unwrap();
    let snapshot = conn.unchecked_transaction().unwrap();
    let count = |c: &rusqlite::Connection| {
        c.query_row("SELECT count(*) FROM events", [], |r| r.get::<_, i64>(0)).unwrap()
    };
    assert_eq!(count(&snapshot), 0);
    for _ in 0..100 {
        let events = (0..1000).map(|_| frame(vec![b'x'; 300])).collect();
        commit(&f.store, vec![append(t.session, events)]).await.unwrap();
    }
    assert_eq!(count(&snapshot), 0);
    snapshot.finish().unwrap();
    commit(&f.store, vec![append(t.session, vec![frame("one more")])]).await.unwrap();
    assert_eq!(count(&conn), 100_001);
    drop(conn);
    f.store.close().await;
}
