//! `ip route add local default dev lo`, by netlink: in this network namespace every IPv4 address is the instance's own.

use std::{io, os::fd::AsRawFd as _};

use nix::sys::socket::{
    AddressFamily, MsgFlags, NetlinkAddr, SockFlag, SockProtocol, SockType, recv, sendto, socket,
};

const RTM_NEWROUTE: u16 = 24;
/// Request, acknowledge, create, exclusive.
const FLAGS: u16 = 0x1 | 0x4 | 0x400 | 0x200;
const NLMSG_ERROR: u16 = 2;
const RT_TABLE_LOCAL: u8 = 255;
const RTPROT_BOOT: u8 = 3;
const RT_SCOPE_HOST: u8 = 254;
const RTN_LOCAL: u8 = 2;
const RTA_OIF: u16 = 4;
/// The loopback interface is the first of every network namespace.
const LOOPBACK: u32 = 1;

/// Adds the route; one that is there already is fine.
///
/// # Errors
/// Without CAP_NET_ADMIN over the network namespace, or when the kernel refuses.
pub fn everything_to_loopback() -> io::Result<()> {
    let fd =
        socket(AddressFamily::Netlink, SockType::Raw, SockFlag::SOCK_CLOEXEC, SockProtocol::NetlinkRoute)?;
    sendto(fd.as_raw_fd(), &request(), &NetlinkAddr::new(0, 0), MsgFlags::empty())?;
    let mut answer = [0; 512];
    let n = recv(fd.as_raw_fd(), &mut answer, MsgFlags::empty())?;
    match outcome(&answer[..n]) {
        Some(0 | libc::EEXIST) => Ok(()),
        Some(errno) => Err(io::Error::from_raw_os_error(errno)),
        None => Err(io::Error::other("netlink gave no answer to the request")),
    }
}

/// `nlmsghdr`, `rtmsg`, and one attribute, in the machine's byte order.
fn request() -> Vec<u8> {
    let mut m = Vec::with_capacity(36);
    m.extend_from_slice(&36_u32.to_ne_bytes());
    m.extend_from_slice(&RTM_NEWROUTE.to_ne_bytes());
    m.extend_from_slice(&FLAGS.to_ne_bytes());
    m.extend_from_slice(&1_u32.to_ne_bytes());
    m.extend_from_slice(&0_u32.to_ne_bytes());
    // Family, lengths of destination and source, type of service, table, protocol, scope, type, flags.
    m.extend_from_slice(&[2, 0, 0, 0, RT_TABLE_LOCAL, RTPROT_BOOT, RT_SCOPE_HOST, RTN_LOCAL]);
    m.extend_from_slice(&0_u32.to_ne_bytes());
    m.extend_from_slice(&8_u16.to_ne_bytes());
    m.extend_from_slice(&RTA_OIF.to_ne_bytes());
    m.extend_from_slice(&LOOPBACK.to_ne_bytes());
    m
}

/// The error number of an acknowledgement; 0 is success.
fn outcome(m: &[u8]) -> Option<i32> {
    let kind = u16::from_ne_bytes([*m.get(4)?, *m.get(5)?]);
    let errno = i32::from_ne_bytes(m.get(16..20)?.try_into().ok()?);
    (kind == NLMSG_ERROR).then_some(-errno)
}
