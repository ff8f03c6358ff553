//! The virtio-serial port as a stream.
//!
//! The kernel says "end of file" and "hung up" for as long as nobody is connected on the host; here that is only a time
//! without bytes. Since a hang-up of a descriptor is final for tokio, the port is watched through an epoll descriptor of our
//! own, which never hangs up.

use std::{
    fs::{File, OpenOptions},
    io::{self, Read as _, Write as _},
    os::unix::fs::OpenOptionsExt as _,
    path::Path,
    pin::Pin,
    task::{Context, Poll, ready},
};

use nix::sys::epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags, EpollTimeout};
use tokio::io::{AsyncRead, AsyncWrite, Interest, ReadBuf, unix::AsyncFd};

/// The port.
pub(super) struct Serial {
    file: File,
    /// Readable when something about `file` has changed.
    changes: AsyncFd<std::os::fd::OwnedFd>,
    epoll: Epoll,
}

impl Serial {
    /// Opens it; no agent's uid may.
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .custom_flags(libc::O_NONBLOCK | libc::O_CLOEXEC)
            .open(path)?;
        let epoll = Epoll::new(EpollCreateFlags::EPOLL_CLOEXEC)?;
        let wanted = EpollFlags::EPOLLIN | EpollFlags::EPOLLOUT | EpollFlags::EPOLLET;
        epoll.add(&file, EpollEvent::new(wanted, 0))?;
        // SAFETY: an owned descriptor stays the same until it is dropped, after the registration.
        let changes = unsafe { AsyncFd::register_with_interest(epoll.0.try_clone()?, Interest::READABLE) }
            .map_err(io::Error::from)?;
        Ok(Self { file, changes, epoll })
    }

    /// Tries until it is done or there is nothing to do before a change.
    fn poll_with(
        &self,
        cx: &mut Context<'_>,
        mut attempt: impl FnMut(&File) -> io::Result<usize>,
    ) -> Poll<io::Result<usize>> {
        loop {
            match attempt(&self.file) {
                // Nobody is connected on the host.
                Ok(0) => {}
                Err(e) if e.kind() == io::ErrorKind::WouldBlock => {}
                Err(e) if e.kind() == io::ErrorKind::Interrupted => continue,
                done => return Poll::Ready(done),
            }
            let mut changed = ready!(self.changes.poll_read_ready(cx))?;
            self.epoll.wait(&mut [EpollEvent::empty()], EpollTimeout::ZERO)?;
            changed.clear_ready();
            // One change may be for the other direction, which waits in the same task.
            cx.waker().wake_by_ref();
        }
    }
}

impl AsyncRead for Serial {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let unfilled = buf.initialize_unfilled();
        let n = ready!(self.poll_with(cx, |mut file| file.read(unfilled)))?;
        buf.advance(n);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Serial {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        self.poll_with(cx, |mut file| file.write(buf))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}
