//! DNS for the instance (RFC 1035): a name that the gateway allows gets an address of 198.18.0.0/15 that stands for it
//! and nothing else; every other name does not exist. Names are resolved for real by the gateway alone, when it dials.

use std::{
    collections::{HashMap, VecDeque},
    net::Ipv4Addr,
    rc::Rc,
    time::{Duration, Instant},
};

use lia_protocol::egress::EgressHeader;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream, UdpSocket},
    time::timeout,
};

use super::{Answer, Egress};

/// Where /etc/resolv.conf points.
const ADDRESS: (Ipv4Addr, u16) = (Ipv4Addr::new(127, 0, 0, 53), 53);
/// The first of the addresses that stand for names (RFC 2544: never routed).
const BASE: u32 = u32::from_be_bytes([198, 18, 0, 1]);
/// Names that have an address at once; the oldest gives its own up.
const NAMES: usize = 4096;
/// How long the gateway's word about a name holds, and the answer to the client with it.
const HOLDS: Duration = Duration::from_secs(30);
/// Bytes of a question.
const QUESTION: usize = 1232;
/// Seconds that a TCP client may be silent.
const PATIENCE: Duration = Duration::from_secs(5);

const TYPE_A: u16 = 1;
const CLASS_IN: u16 = 1;
const NXDOMAIN: u8 = 3;
const SERVFAIL: u8 = 2;
const TYPE_OPT: u16 = 41;
/// EDNS option "extended error", and its code for a policy (RFC 8914).
const EXTENDED_ERROR: u16 = 15;
const PROHIBITED: u16 = 18;
/// Bytes of an error's text in an answer.
const REASON: usize = 200;

/// The gateway's word about a name: allowed, or why not.
type Word = Result<(), Rc<str>>;

/// Which name has which address, and what the gateway said of it.
#[derive(Default)]
pub(super) struct Names {
    by_name: HashMap<String, Ipv4Addr>,
    by_address: HashMap<Ipv4Addr, String>,
    order: VecDeque<String>,
    next: u32,
    said: HashMap<String, (Word, Instant)>,
}

impl Names {
    /// The address that stands for a name.
    fn address(&mut self, name: &str) -> Ipv4Addr {
        if let Some(a) = self.by_name.get(name) {
            return *a;
        }
        if self.order.len() >= NAMES
            && let Some(oldest) = self.order.pop_front()
            && let Some(a) = self.by_name.remove(&oldest)
        {
            self.by_address.remove(&a);
        }
        let address = Ipv4Addr::from(BASE + self.next % 0x1_fffd);
        self.next += 1;
        self.by_name.insert(name.to_owned(), address);
        self.by_address.insert(address, name.to_owned());
        self.order.push_back(name.to_owned());
        address
    }

    /// The name that an address stands for.
    pub(super) fn name(&self, address: Ipv4Addr) -> Option<&str> {
        self.by_address.get(&address).map(String::as_str)
    }

    fn said(&self, name: &str) -> Option<Word> {
        self.said.get(name).filter(|(_, at)| at.elapsed() < HOLDS).map(|(word, _)| word.clone())
    }

    fn keep(&mut self, name: &str, word: Word) {
        if self.said.len() >= NAMES {
            self.said.retain(|_, (_, at)| at.elapsed() < HOLDS);
        }
        if self.said.len() < NAMES {
            self.said.insert(name.to_owned(), (word, Instant::now()));
        }
    }
}

pub(super) fn serve(egress: &Rc<Egress>) {
    let (udp, tcp) = (Rc::clone(egress), Rc::clone(egress));
    tokio::task::spawn_local(async move {
        match UdpSocket::bind(ADDRESS).await {
            Ok(socket) => over_udp(udp, Rc::new(socket)).await,
            Err(e) => eprintln!("lia-sidecar: DNS cannot be served: {e}"),
        }
    });
    tokio::task::spawn_local(async move {
        match TcpListener::bind(ADDRESS).await {
            Ok(listener) => {
                while let Ok((client, _)) = listener.accept().await {
                    let egress = Rc::clone(&tcp);
                    tokio::task::spawn_local(async move { over_tcp(&egress, client).await });
                }
            }
            Err(e) => eprintln!("lia-sidecar: DNS over TCP cannot be served: {e}"),
        }
    });
}

async fn over_udp(egress: Rc<Egress>, socket: Rc<UdpSocket>) {
    let mut buf = [0; QUESTION];
    loop {
        let Ok((n, from)) = socket.recv_from(&mut buf).await else { continue };
        let (egress, socket, question) = (Rc::clone(&egress), Rc::clone(&socket), buf[..n].to_vec());
        tokio::task::spawn_local(async move {
            if let Some(answer) = answer(&egress, &question).await {
                let _ = socket.send_to(&answer, from).await;
            }
        });
    }
}

async fn over_tcp(egress: &Egress, mut client: TcpStream) {
    loop {
        let talk = async {
            let n = usize::from(client.read_u16().await.ok()?);
            if n > QUESTION {
                return None;
            }
            let mut question = vec![0; n];
            client.read_exact(&mut question).await.ok()?;
            let answer = answer(egress, &question).await?;
            client.write_u16(u16::try_from(answer.len()).ok()?).await.ok()?;
            client.write_all(&answer).await.ok()
        };
        if !matches!(timeout(PATIENCE, talk).await, Ok(Some(()))) {
            return;
        }
    }
}

/// One question of a message: its name, type and class, and where it ends.
struct Question {
    name: String,
    kind: u16,
    class: u16,
    end: usize,
}

fn question(message: &[u8]) -> Option<Question> {
    let header = message.get(..12)?;
    let query = header[2] & 0xf8 == 0 && header[4..6] == [0, 1];
    if !query {
        return None;
    }
    let (mut name, mut at) = (String::new(), 12);
    loop {
        let len = usize::from(*message.get(at)?);
        at += 1;
        match len {
            0 => break,
            1..=63 => {
                let label = message.get(at..at + len)?;
                at += len;
                if !name.is_empty() {
                    name.push('.');
                }
                // What is no text is no host name; the gateway says so.
                name.push_str(&String::from_utf8_lossy(label));
                if name.len() > 255 {
                    return None;
                }
            }
            _ => return None,
        }
    }
    let two = |i: usize| Some(u16::from_be_bytes([*message.get(i)?, *message.get(i + 1)?]));
    Some(Question { name: name.to_ascii_lowercase(), kind: two(at)?, class: two(at + 2)?, end: at + 4 })
}

/// See [`crate::fuzz`]: what a question's end is within, and how long its name may be.
pub(crate) fn dns_question(data: &[u8]) {
    if let Some(q) = question(data) {
        assert!(q.end <= data.len() && q.name.len() <= 3 * 255);
        let _ = speaks_edns(data, &q);
    }
}

async fn answer(egress: &Egress, message: &[u8]) -> Option<Vec<u8>> {
    let q = question(message)?;
    let mut out = message.get(..q.end)?.to_vec();
    // A response with recursion available; one question, no additional records.
    out[2] = 0x80 | (message[2] & 0x01);
    out[3] = 0x80;
    out[6..12].fill(0);
    match word(egress, &q.name).await {
        None => out[3] |= SERVFAIL,
        Some(Err(reason)) => {
            out[3] |= NXDOMAIN;
            if speaks_edns(message, &q) {
                out[11] = 1;
                out.extend_from_slice(&extended_error(&reason));
            }
        }
        Some(Ok(())) if q.kind == TYPE_A && q.class == CLASS_IN => {
            let address = egress.names.borrow_mut().address(&q.name);
            out[7] = 1;
            // The name of the question, by pointer.
            out.extend_from_slice(&[0xc0, 12]);
            out.extend_from_slice(&TYPE_A.to_be_bytes());
            out.extend_from_slice(&CLASS_IN.to_be_bytes());
            out.extend_from_slice(&u32::try_from(HOLDS.as_secs()).unwrap_or(30).to_be_bytes());
            out.extend_from_slice(&4u16.to_be_bytes());
            out.extend_from_slice(&address.octets());
        }
        Some(Ok(())) => {}
    }
    Some(out)
}

async fn word(egress: &Egress, name: &str) -> Option<Word> {
    let said = egress.names.borrow().said(name);
    if said.is_some() {
        return said;
    }
    let word = match egress.ask(&EgressHeader::Resolve { host: name.to_owned() }).await.ok()? {
        Answer::Open(_) => Ok(()),
        Answer::Refused(reason) => Err(reason.into()),
    };
    egress.names.borrow_mut().keep(name, word.clone());
    Some(word)
}

/// Whether the first record after the question is the EDNS one (RFC 6891), at the root.
fn speaks_edns(message: &[u8], q: &Question) -> bool {
    let [kind_high, kind_low] = TYPE_OPT.to_be_bytes();
    message.get(6..10) == Some(&[0; 4]) && message.get(q.end..q.end + 3) == Some(&[0, kind_high, kind_low])
}

/// An EDNS record with the reason why a name is not to be had.
fn extended_error(reason: &str) -> Vec<u8> {
    let text = &reason.as_bytes()[..reason.floor_char_boundary(REASON)];
    let len = u16::try_from(2 + text.len()).unwrap_or(2);
    let mut record = vec![0];
    record.extend_from_slice(&TYPE_OPT.to_be_bytes());
    record.extend_from_slice(&(QUESTION as u16).to_be_bytes());
    record.extend_from_slice(&[0; 4]);
    for word in [4 + len, EXTENDED_ERROR, len, PROHIBITED] {
        record.extend_from_slice(&word.to_be_bytes());
    }
    record.extend_from_slice(text);
    record
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn reads_a_question() {
        let mut m = vec![0x12, 0x34, 0x01, 0x00, 0, 1, 0, 0, 0, 0, 0, 0];
        m.extend_from_slice(b"\x03WWW\x07example\x03com\x00\x00\x01\x00\x01");
        let q = question(&m).unwrap();
        assert_eq!((q.name.as_str(), q.kind, q.class, q.end), ("www.example.com", 1, 1, m.len()));
    }

    #[test]
    fn an_address_stands_for_one_name() {
        let mut names = Names::default();
        let a = names.address("a.example");
        assert_eq!(names.address("a.example"), a);
        assert_ne!(names.address("b.example"), a);
        assert_eq!(names.name(a), Some("a.example"));
        for i in 0..NAMES {
            names.address(&format!("{i}.example"));
        }
        assert_eq!(names.name(a), None);
    }

    #[test]
    fn a_reason_is_an_edns_record() {
        let record = extended_error("no");
        assert_eq!(record, [0, 0, 41, 4, 208, 0, 0, 0, 0, 0, 8, 0, 15, 0, 4, 0, 18, b'n', b'o']);
    }

    proptest! {
        #[test]
        fn no_question_makes_it_panic(m in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = question(&m);
        }
    }
}
