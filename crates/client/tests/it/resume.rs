//! Streams that are cut anywhere give every message once, in order.

use std::{sync::atomic::Ordering, time::Duration};

use lia_client::{Client, Error, Retry, StreamOptions};
use lia_protocol::{
    ids::Seq,
    ws::{WsMessageExt, WsOutputMessage},
};

use crate::wire::{Log, Server};

const FAST: Retry = Retry {
    first: Duration::from_millis(1),
    most: Duration::from_millis(5),
    give_up: Duration::from_secs(20),
};

/// Reads the WebSocket to its end: the frames, and how many other messages there were by kind (status, live).
async fn read_stream(client: &Client, log: &Log, from: u64) -> (Vec<(u64, String)>, usize, usize, u32) {
    let options = StreamOptions { from: Seq(from), progress: true, retry: FAST };
    let mut stream = loop {
        match client.stream(log.task, options).await {
            Ok(s) => break s,
            Err(Error::Broken { .. } | Error::Unreachable { .. }) => {}
            Err(e) => panic!("{e}"),
        }
    };
    let (mut frames, mut status, mut live) = (vec![], 0, 0);
    while let Some(message) = stream.next().await {
        match message.unwrap() {
            WsMessageExt::Output(WsOutputMessage { data, seq, .. }) => frames.push((seq.unwrap().0, data)),
            WsMessageExt::Status(_) => status += 1,
            WsMessageExt::Live(_) => live += 1,
            other => panic!("{other:?}"),
        }
    }
    (frames, status, live, stream.reconnects())
}

#[tokio::test(flavor = "multi_thread")]
async fn websocket_cut_at_every_frame() {
    let log = Log::new(12);
    let server = Server::start(log.clone().router()).await;
    for from in [0, 4, 5] {
        let wanted = log.frames(from);
        for cut in 0..wanted.len() + 3 {
            log.going_away.store(cut, Ordering::SeqCst);
            let (frames, status, live, reconnects) = read_stream(&server.client(), &log, from).await;
            assert_eq!(frames, wanted, "cut after {cut} messages");
            assert_eq!(reconnects, 1);
            assert!(status <= 1 && live == 1, "{status} {live}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn websocket_cut_at_every_byte() {
    let log = Log::new(12);
    let server = Server::start(log.clone().router()).await;
    let wanted = log.frames(0);
    let mut resumed = 0;
    for cut in (0..1500).step_by(7) {
        let proxy = Server::cutting(server.addr, vec![cut, cut * 2 / 3 + 150, 400]).await;
        let (frames, _, live, reconnects) = read_stream(&proxy.client(), &log, 0).await;
        assert_eq!(frames, wanted, "cut after {cut} bytes");
        assert_eq!(live, 1);
        resumed += reconnects;
    }
    assert!(resumed > 200, "the proxy cut too seldom: {resumed}");
}

#[tokio::test(flavor = "multi_thread")]
async fn events_cut_at_every_byte() {
    let log = Log::new(10);
    let server = Server::start(log.clone().router()).await;
    for follow in [false, true] {
        for cut in (0..2600).step_by(13) {
            let proxy = Server::cutting(server.addr, vec![cut, cut / 2 + 300]).await;
            let client = proxy.client();
            let mut stream = loop {
                match client.events_with(log.task, Seq(2), follow, FAST).await {
                    Ok(s) => break s,
                    Err(Error::Broken { .. } | Error::Unreachable { .. }) => {}
                    Err(e) => panic!("{e}"),
                }
            };
            let mut got = vec![];
            while let Some(event) = stream.next().await {
                let event = event.unwrap();
                let body: lia_protocol::event::Progress = event.body().unwrap();
                assert_eq!(body.message, format!("é {}", event.seq));
                got.push(event.seq.0);
            }
            assert_eq!(got, (3..=10).collect::<Vec<_>>(), "cut after {cut} bytes");
        }
    }
}

#[tokio::test]
async fn a_server_that_stays_away_is_given_up() {
    let log = Log::new(5);
    let server = Server::start(log.clone().router()).await;
    let proxy =
        Server::cutting(server.addr, vec![400, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0])
            .await;
    let retry = Retry {
        first: Duration::from_millis(1),
        most: Duration::from_millis(20),
        give_up: Duration::from_millis(60),
    };
    let options = StreamOptions { retry, ..StreamOptions::default() };
    let mut stream = proxy.client().stream(log.task, options).await.unwrap();
    let error = loop {
        match stream.next().await {
            Some(Ok(_)) => {}
            Some(Err(e)) => break e,
            None => panic!("the stream ended as if the task had"),
        }
    };
    assert!(error.is_passing(), "{error}");
    assert!(stream.next().await.is_none());
}
