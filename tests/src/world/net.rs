//! The network namespace: made by a thread, entered by the threads that it starts.

use std::{
    fs::File,
    io,
    net::{Ipv4Addr, Ipv6Addr},
    os::fd::{AsRawFd as _, OwnedFd},
};

use nix::{
    sched::{CloneFlags, setns, unshare},
    sys::socket::{AddressFamily, SockFlag, SockType, socket},
};

use super::METADATA;

/// Where most names of the world lead.
pub const PUBLIC: Ipv4Addr = Ipv4Addr::new(93, 184, 216, 34);
/// Another address of the world.
pub const OTHER: Ipv4Addr = Ipv4Addr::new(151, 101, 0, 1);
/// One of IPv6.
pub const PUBLIC_V6: Ipv6Addr = Ipv6Addr::new(0x2606, 0x2800, 0x220, 1, 0, 0, 0, 1);

/// Moves this thread into a new network namespace and gives it its addresses.
pub(super) fn make() -> io::Result<OwnedFd> {
    unshare(CloneFlags::CLONE_NEWNET)?;
    let v4 = socket(AddressFamily::Inet, SockType::Datagram, SockFlag::SOCK_CLOEXEC, None)?;
    up(&v4)?;
    for (n, address) in [PUBLIC, OTHER, METADATA].into_iter().enumerate() {
        add_v4(&v4, n, address)?;
    }
    add_v6(PUBLIC_V6)?;
    Ok(File::open("/proc/thread-self/ns/net")?.into())
}

/// Moves this thread into it.
pub(super) fn enter(inside: &OwnedFd) -> io::Result<()> {
    Ok(setns(inside, CloneFlags::CLONE_NEWNET)?)
}

fn request(name: &str) -> libc::ifreq {
    // SAFETY: zeroes are a valid ifreq.
    let mut request: libc::ifreq = unsafe { std::mem::zeroed() };
    for (to, from) in request.ifr_name.iter_mut().zip(name.bytes()) {
        *to = from.cast_signed();
    }
    request
}

fn ioctl<T>(socket: &OwnedFd, number: libc::Ioctl, argument: &T) -> io::Result<()> {
    // SAFETY: callers pass the structure that the request takes.
    match unsafe { libc::ioctl(socket.as_raw_fd(), number, std::ptr::from_ref(argument)) } {
        -1 => Err(io::Error::last_os_error()),
        _ => Ok(()),
    }
}

fn up(socket: &OwnedFd) -> io::Result<()> {
    let mut lo = request("lo");
    lo.ifr_ifru.ifru_flags = (libc::IFF_UP | libc::IFF_RUNNING) as i16;
    ioctl(socket, libc::SIOCSIFFLAGS, &lo)
}

fn add_v4(socket: &OwnedFd, n: usize, address: Ipv4Addr) -> io::Result<()> {
    let mut alias = request(&format!("lo:{n}"));
    let wanted = libc::sockaddr_in {
        sin_family: libc::AF_INET as libc::sa_family_t,
        sin_port: 0,
        sin_addr: libc::in_addr { s_addr: u32::from(address).to_be() },
        sin_zero: [0; 8],
    };
    // SAFETY: both are socket addresses of 16 bytes.
    alias.ifr_ifru.ifru_addr = unsafe { std::mem::transmute::<libc::sockaddr_in, libc::sockaddr>(wanted) };
    ioctl(socket, libc::SIOCSIFADDR, &alias)?;
    // Of this address alone: the class's mask would make neighbours of strangers.
    let mut mask = alias;
    let all = libc::sockaddr_in { sin_addr: libc::in_addr { s_addr: u32::MAX }, ..wanted };
    // SAFETY: as above.
    mask.ifr_ifru.ifru_addr = unsafe { std::mem::transmute::<libc::sockaddr_in, libc::sockaddr>(all) };
    ioctl(socket, libc::SIOCSIFNETMASK, &mask)
}

fn add_v6(address: Ipv6Addr) -> io::Result<()> {
    let socket = socket(AddressFamily::Inet6, SockType::Datagram, SockFlag::SOCK_CLOEXEC, None)?;
    let wanted = libc::in6_ifreq {
        ifr6_addr: libc::in6_addr { s6_addr: address.octets() },
        ifr6_prefixlen: 128,
        ifr6_ifindex: 1,
    };
    ioctl(&socket, libc::SIOCSIFADDR, &wanted)
}
