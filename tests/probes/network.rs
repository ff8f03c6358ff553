//! The network without Lia's doors.

use std::{
    io::{self, Read as _, Write as _},
    net::{SocketAddr, TcpListener, TcpStream, UdpSocket},
    time::Duration,
};

use libc::c_int;

use crate::outcome::{Failure, Outcome, Word, sys};

/// How long one connection may take.
pub const PATIENCE: Duration = Duration::from_secs(8);
/// What every server of the tests' world says.
pub const MARK: &str = "lia-world";

fn address(word: &Word) -> Result<SocketAddr, Failure> {
    word.text().parse().map_err(Failure::said)
}

/// Dials.
pub fn dial(to: SocketAddr) -> Result<TcpStream, Failure> {
    let stream = TcpStream::connect_timeout(&to, PATIENCE)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    Ok(stream)
}

/// Reads until the end, or until `enough`.
pub fn read_until(stream: &mut TcpStream, enough: impl Fn(&[u8]) -> bool) -> io::Result<Vec<u8>> {
    let (mut all, mut buffer) = (Vec::new(), [0; 4096]);
    while !enough(&all) && all.len() < 64 << 10 {
        match stream.read(&mut buffer)? {
            0 => break,
            n => all.extend_from_slice(&buffer[..n]),
        }
    }
    Ok(all)
}

/// Whether the world's mark came; else the first line that came.
pub fn marked(answer: &[u8], mark: &str) -> Outcome {
    let text = String::from_utf8_lossy(answer);
    if text.contains(mark) {
        return Ok(());
    }
    Err(Failure::said(text.lines().next().filter(|l| !l.is_empty()).unwrap_or("closed")))
}

/// Finds an interface with this address.
pub fn interface(wanted: &Word) -> Outcome {
    let wanted = wanted.text();
    let all = nix::ifaddrs::getifaddrs()?;
    let has = |a: nix::ifaddrs::InterfaceAddress| {
        a.address.is_some_and(|s| s.to_string().split(':').next() == Some(&*wanted))
    };
    all.into_iter().any(has).then_some(()).ok_or(Failure::said("none"))
}

/// Asks a server for its page, by plain HTTP.
pub fn tcp(to: &Word, mark: &Word) -> Outcome {
    let to = address(to)?;
    let mut stream = dial(to)?;
    let request = format!("GET /health HTTP/1.1\r\nHost: {to}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes())?;
    let mark = mark.text();
    marked(&read_until(&mut stream, |all| String::from_utf8_lossy(all).contains(&mark))?, &mark)
}

/// Sends a datagram and waits for an answer.
pub fn udp(to: &Word, mark: &Word) -> Outcome {
    let to = address(to)?;
    let socket = UdpSocket::bind(if to.is_ipv4() { "0.0.0.0:0" } else { "[::]:0" })?;
    socket.connect(to)?;
    socket.set_read_timeout(Some(Duration::from_secs(1)))?;
    socket.send(b"hello")?;
    let mut buffer = [0; 512];
    let n = socket.recv(&mut buffer)?;
    marked(&buffer[..n], &mark.text())
}

/// Makes a socket.
pub fn socket(family: c_int, kind: c_int, protocol: c_int) -> Outcome {
    // SAFETY: takes numbers only.
    sys(unsafe { libc::socket(family, kind, protocol) }.into())?;
    Ok(())
}

/// Gives the loopback interface one more address.
pub fn netlink() -> Outcome {
    const RTM_NEWADDR: u16 = 20;
    // NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE | NLM_F_REPLACE
    const FLAGS: u16 = 1 | 4 | 0x400 | 0x100;
    let mut message = Vec::new();
    message.extend(40_u32.to_ne_bytes());
    message.extend(RTM_NEWADDR.to_ne_bytes());
    message.extend(FLAGS.to_ne_bytes());
    message.extend([0; 8]);
    // ifaddrmsg: IPv4, /32, no flags, scope host, interface 1; then IFA_ADDRESS and IFA_LOCAL.
    message.extend([2, 32, 0, 254]);
    message.extend(1_u32.to_ne_bytes());
    for kind in [1_u16, 2] {
        message.extend(8_u16.to_ne_bytes());
        message.extend(kind.to_ne_bytes());
        message.extend([10, 99, 99, 99]);
    }
    let mut answer = [0_u8; 64];
    // SAFETY: both buffers live through the calls, which are told their sizes.
    unsafe {
        let fd = sys(libc::socket(libc::AF_NETLINK, libc::SOCK_RAW, libc::NETLINK_ROUTE).into())? as c_int;
        sys(libc::send(fd, message.as_ptr().cast(), message.len(), 0) as libc::c_long)?;
        sys(libc::recv(fd, answer.as_mut_ptr().cast(), answer.len(), 0) as libc::c_long)?;
    }
    // nlmsghdr, then nlmsgerr's number.
    match i32::from_ne_bytes([answer[16], answer[17], answer[18], answer[19]]) {
        0 => Ok(()),
        e => Err(Failure::Errno(-e)),
    }
}

/// Listens where only root may.
pub fn low_port() -> Outcome {
    TcpListener::bind("127.0.0.1:81")?;
    Ok(())
}
