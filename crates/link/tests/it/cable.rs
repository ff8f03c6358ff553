//! Both ends over a cable that is pulled after some bytes, in one direction or the other, and put in again.

use std::{cell::RefCell, rc::Rc, time::Duration};

use lia_link::{
    Port, mux,
    record::{HEADER, QUIET},
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream, duplex},
    task::LocalSet,
    time::timeout,
};

const PATIENCE: Duration = Duration::from_secs(20);

/// Which way the bytes go that are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    Down,
    Up,
}

/// Carries bytes between the two sides until `limit` bytes went that way. What the sidecar sends afterwards, until the next
/// cable is there, is lost, as a virtual machine's monitor loses it.
async fn carry(host: DuplexStream, guest: &mut DuplexStream, way: Way, limit: usize) {
    let (mut from_host, mut to_host) = tokio::io::split(host);
    let (mut from_guest, mut to_guest) = tokio::io::split(guest);
    let down = async {
        pump(&mut from_host, &mut to_guest, if way == Way::Down { limit } else { usize::MAX }).await
    };
    let up =
        async { pump(&mut from_guest, &mut to_host, if way == Way::Up { limit } else { usize::MAX }).await };
    tokio::select! { () = down => {} () = up => {} }
}

async fn pump<R, W>(from: &mut R, to: &mut W, mut left: usize)
where
    R: tokio::io::AsyncRead + Unpin,
    W: tokio::io::AsyncWrite + Unpin,
{
    let mut buf = [0; 4096];
    while left > 0 {
        let most = left.min(buf.len());
        let Ok(n) = from.read(&mut buf[..most]).await else { return };
        if n == 0 || to.write_all(&buf[..n]).await.is_err() {
            return;
        }
        left -= n;
    }
}

/// The sidecar: answers `CONNECT`, then says every line back with the port before it. Notes what it received.
async fn sidecar(port: DuplexStream, received: Rc<RefCell<Vec<String>>>) {
    let mut port = Port::new(port);
    while let Ok(connection) = port.accept().await {
        let epoch = connection.epoch();
        let received = Rc::clone(&received);
        mux::take(connection, move |stream| {
            let received = Rc::clone(&received);
            tokio::task::spawn_local(async move {
                let (read, mut write) = tokio::io::split(stream);
                let mut lines = tokio::io::AsyncBufReadExt::lines(tokio::io::BufReader::new(read));
                let mut name = None;
                while let Ok(Some(line)) = lines.next_line().await {
                    let answer = match &name {
                        None => {
                            let connect = line.strip_prefix("CONNECT ").expect("CONNECT").to_owned();
                            let answer = format!("OK {connect}\n");
                            name = Some(connect);
                            answer
                        }
                        Some(name) => {
                            received.borrow_mut().push(format!("{epoch} {line}"));
                            format!("{name} {line}\n")
                        }
                    };
                    if write.write_all(answer.as_bytes()).await.is_err() || write.flush().await.is_err() {
                        return;
                    }
                }
            });
        })
        .await;
    }
}

/// The control plane, once: two streams, three lines each. How many lines came back, all of which were right.
async fn control(wire: DuplexStream, epoch: u64) -> usize {
    let mut port = Port::new(wire);
    let Ok(connection) = port.dial(epoch).await else { return 0 };
    let (opener, requests) = mux::requests();
    let mut back = 0;
    let talk = async {
        for number in [5000, 5001] {
            let Ok(mut stream) = opener.connect(number, PATIENCE).await else { return };
            for n in 0..3 {
                let line = format!("epoch {epoch} line {n}\n");
                if stream.write_all(line.as_bytes()).await.is_err() || stream.flush().await.is_err() {
                    return;
                }
                let mut answer = vec![0; line.len() + 5];
                if stream.read_exact(&mut answer).await.is_err() {
                    return;
                }
                assert_eq!(String::from_utf8(answer).expect("text"), format!("{number} {line}"));
                back += 1;
            }
        }
    };
    tokio::select! { () = talk => {} () = mux::drive(connection, requests) => {} }
    back
}

async fn cut(way: Way, limit: usize) -> usize {
    let (mut guest, far) = duplex(1 << 16);
    let received = Rc::new(RefCell::new(Vec::new()));
    let end = tokio::task::spawn_local(sidecar(far, Rc::clone(&received)));
    let mut first = 0;
    for (epoch, limit) in [(1, limit), (2, usize::MAX)] {
        let (host, wire) = duplex(1 << 12);
        // The control plane dies with its cable.
        let back = tokio::select! {
            back = control(wire, epoch) => back,
            () = carry(host, &mut guest, way, limit) => 0,
        };
        if epoch == 2 {
            assert_eq!(back, 6, "{way:?} {limit}");
        } else {
            first = back;
        }
    }
    end.abort();
    let received = received.borrow();
    let mut wanted = [0, 1, 2, 0, 1, 2].iter();
    let of_first = received.iter().take_while(|l| l.starts_with('1')).count();
    for line in &received[..of_first] {
        assert_eq!(
            *line,
            format!("1 epoch 1 line {}", wanted.next().expect("a line more than was sent")),
            "{way:?} {limit}"
        );
    }
    let of_second: Vec<_> = [0, 1, 2, 0, 1, 2].iter().map(|n| format!("2 epoch 2 line {n}")).collect();
    assert_eq!(received[of_first..], of_second, "{way:?} {limit}: nothing old after the new epoch");
    first
}

async fn every(way: Way) {
    let begin = QUIET + HEADER;
    let mut whole = false;
    for limit in (0..begin).step_by(509).chain(begin - HEADER..).take(4000) {
        if timeout(PATIENCE, cut(way, limit)).await.unwrap_or_else(|_| panic!("{way:?} {limit} hangs")) == 6 {
            whole = true;
            break;
        }
    }
    assert!(whole, "{way:?}: the cuts did not reach the end of the talk");
}

#[tokio::test]
async fn a_cut_of_what_the_control_plane_sends_harms_no_later_connection() {
    LocalSet::new().run_until(every(Way::Down)).await;
}

#[tokio::test]
async fn a_cut_of_what_the_sidecar_sends_harms_no_later_connection() {
    LocalSet::new().run_until(every(Way::Up)).await;
}
