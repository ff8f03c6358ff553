//! A network namespace for one test, and servers in it.

use std::{
    env, mem,
    net::{IpAddr, Ipv4Addr},
    os::fd::AsRawFd as _,
    process::Command,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use nix::libc;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    task::AbortHandle,
};

/// Where the servers of a test listen: an address that the gateway takes for a public one.
pub const PUBLIC: Ipv4Addr = Ipv4Addr::new(93, 184, 216, 34);

const MARK: &str = "LIA_GATEWAY_TEST_INSIDE";

/// Runs a test's body in a new network namespace, by running this test again there. Works for an ordinary user too.
pub fn inside<F: Future<Output = ()>>(body: F) {
    if env::var_os(MARK).is_some() {
        bring_up();
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        runtime.block_on(async {
            tokio::time::timeout(Duration::from_secs(60), body).await.expect("the test hangs")
        });
        runtime.shutdown_background();
        return;
    }
    // The body's type is named after the test: `it::module::test::{{closure}}`.
    let name = std::any::type_name::<F>().split_once("::").unwrap().1.trim_end_matches("::{{closure}}");
    // SAFETY: geteuid cannot fail and touches nothing.
    let root = unsafe { libc::geteuid() } == 0;
    let out = Command::new("unshare")
        .args(if root { &["--net"][..] } else { &["--user", "--map-root-user", "--net"] })
        .arg(env::current_exe().unwrap())
        .args(["--exact", name, "--nocapture"])
        .env(MARK, "1")
        .output()
        .expect("unshare (util-linux) runs");
    let (text, log) = (String::from_utf8_lossy(&out.stdout), String::from_utf8_lossy(&out.stderr));
    assert!(out.status.success() && text.contains("1 passed"), "{name}\n{text}\n{log}");
}

/// Loopback up, [`PUBLIC`] on it.
fn bring_up() {
    let socket = std::net::UdpSocket::bind("0.0.0.0:0").unwrap();
    let call = |name: &str, request, fill: &dyn Fn(&mut libc::ifreq)| {
        // SAFETY: an ifreq of zeros is a valid value of this plain C structure.
        let mut ifreq: libc::ifreq = unsafe { mem::zeroed() };
        for (to, from) in ifreq.ifr_name.iter_mut().zip(name.bytes()) {
            *to = from.cast_signed();
        }
        fill(&mut ifreq);
        // SAFETY: the descriptor is open, and both requests take a pointer to an ifreq, which outlives the call.
        let done = unsafe { libc::ioctl(socket.as_raw_fd(), request, &mut ifreq) };
        assert_eq!(done, 0, "{name}: {}", std::io::Error::last_os_error());
    };
    let up = |r: &mut libc::ifreq| {
        r.ifr_ifru.ifru_flags = libc::c_short::try_from(libc::IFF_UP | libc::IFF_RUNNING).unwrap()
    };
    call("lo", libc::SIOCSIFFLAGS, &up);
    call("lo:1", libc::SIOCSIFADDR, &|r| {
        let address = libc::sockaddr_in {
            sin_family: libc::sa_family_t::try_from(libc::AF_INET).unwrap(),
            sin_port: 0,
            sin_addr: libc::in_addr { s_addr: u32::from_ne_bytes(PUBLIC.octets()) },
            sin_zero: [0; 8],
        };
        // SAFETY: a sockaddr_in is one of the forms of a sockaddr, of the same size.
        r.ifr_ifru.ifru_addr = unsafe { mem::transmute::<libc::sockaddr_in, libc::sockaddr>(address) };
    });
}

/// A server of a test; it ends with the value.
pub struct Server {
    pub port: u16,
    accepted: Arc<AtomicUsize>,
    task: AbortHandle,
}

impl Server {
    /// Runs `serve` for every connection to `ip:port` (0: any).
    pub async fn new<F, Fut>(ip: impl Into<IpAddr>, port: u16, serve: F) -> Self
    where
        F: Fn(TcpStream) -> Fut + Send + 'static,
        Fut: Future<Output = ()> + Send + 'static,
    {
        let listener = TcpListener::bind((ip.into(), port)).await.unwrap();
        let (port, accepted) = (listener.local_addr().unwrap().port(), Arc::new(AtomicUsize::new(0)));
        let count = accepted.clone();
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                count.fetch_add(1, Ordering::SeqCst);
                tokio::spawn(serve(stream));
            }
        });
        Self { port, accepted, task: task.abort_handle() }
    }

    /// Sends back what it receives.
    pub async fn echo(port: u16) -> Self {
        Self::echo_at(PUBLIC, port).await
    }

    /// [`Self::echo`] at another address.
    pub async fn echo_at(ip: impl Into<IpAddr>, port: u16) -> Self {
        Self::new(ip, port, |mut stream| async move {
            let (mut r, mut w) = stream.split();
            let _ = tokio::io::copy(&mut r, &mut w).await;
        })
        .await
    }

    /// An HTTP/1.1 server that keeps every request and answers each connection's requests with `answer`.
    pub async fn http(ip: impl Into<IpAddr>, port: u16, answer: &str) -> (Self, Requests) {
        let requests = Requests::default();
        let (kept, answer) = (requests.clone(), answer.to_owned());
        let server = Self::new(ip, port, move |mut stream| {
            let (kept, answer) = (kept.clone(), answer.clone());
            async move {
                while let Some(request) = read_request(&mut stream).await {
                    kept.0.lock().unwrap().push(request);
                    stream.write_all(answer.as_bytes()).await.unwrap();
                }
            }
        })
        .await;
        (server, requests)
    }

    /// How many connections came.
    pub fn accepted(&self) -> usize {
        self.accepted.load(Ordering::SeqCst)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Requests that a server saw: head and body.
#[derive(Clone, Default)]
pub struct Requests(pub Arc<Mutex<Vec<Request>>>);

type Request = (String, Vec<u8>);

impl Requests {
    pub fn heads(&self) -> Vec<String> {
        self.0.lock().unwrap().iter().map(|(head, _)| head.to_ascii_lowercase()).collect()
    }
}

/// Reads one request with a body of a known length or in chunks.
pub async fn read_request(stream: &mut TcpStream) -> Option<Request> {
    let mut bytes = Vec::new();
    while !bytes.ends_with(b"\r\n\r\n") {
        bytes.push(stream.read_u8().await.ok()?);
    }
    let head = String::from_utf8(bytes).unwrap();
    let lower = head.to_ascii_lowercase();
    let mut body = Vec::new();
    if lower.contains("transfer-encoding: chunked") {
        while !body.ends_with(b"0\r\n\r\n") {
            body.push(stream.read_u8().await.ok()?);
        }
    } else if let Some((_, rest)) = lower.split_once("content-length: ") {
        body.resize(rest.split("\r\n").next().unwrap().parse().unwrap(), 0);
        stream.read_exact(&mut body).await.ok()?;
    }
    Some((head, body))
}

/// An answer of 200 with this content type and body.
pub fn ok(content: &str, body: &str) -> String {
    format!("HTTP/1.1 200 OK\r\ncontent-type: {content}\r\ncontent-length: {}\r\n\r\n{body}", body.len())
}
