//! From a decided name to addresses, and from checked addresses to a connection.

use std::{
    fmt, fs, io,
    net::{IpAddr, ToSocketAddrs as _},
    sync::Arc,
    time::Duration,
};

use futures_util::{
    future::BoxFuture,
    stream::{FuturesUnordered, StreamExt as _},
};
use lia_protocol::host::HostName;
use tokio::{
    net::TcpStream,
    time::{sleep, timeout},
};

/// Addresses of one name that are tried.
const MAX_ADDRESSES: usize = 8;
/// The next address is tried beside a slow one after this long.
const STAGGER: Duration = Duration::from_millis(250);
/// Bytes of a hosts file that are read.
const HOSTS_FILE_BYTES: u64 = 1 << 20;

type Lookup = BoxFuture<'static, io::Result<Vec<IpAddr>>>;

/// How a name becomes addresses. Asked once per connection, never cached: what is checked is what is dialled.
#[derive(Clone)]
pub struct Resolver(Arc<dyn Fn(HostName) -> Lookup + Send + Sync>);

impl Resolver {
    /// The host's hosts file, then its DNS; the name is absolute, so no search domain is tried.
    #[must_use]
    pub fn system() -> Self {
        Self::new(|host| async move { tokio::task::spawn_blocking(move || system(&host)).await? })
    }

    /// A resolver of one's own.
    pub fn new<F, Fut>(resolve: F) -> Self
    where
        F: Fn(HostName) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = io::Result<Vec<IpAddr>>> + Send + 'static,
    {
        Self(Arc::new(move |host| Box::pin(resolve(host))))
    }

    /// The addresses of `host`, at most [`MAX_ADDRESSES`], at least one.
    pub(crate) async fn resolve(&self, host: &HostName, limit: Duration) -> io::Result<Vec<IpAddr>> {
        let mut found = timeout(limit, (self.0)(host.clone()))
            .await
            .map_err(|_| io::Error::from(io::ErrorKind::TimedOut))??;
        found.truncate(MAX_ADDRESSES);
        if found.is_empty() { Err(io::ErrorKind::NotFound.into()) } else { Ok(found) }
    }
}

impl Default for Resolver {
    fn default() -> Self {
        Self::system()
    }
}
impl fmt::Debug for Resolver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Resolver")
    }
}

fn system(host: &HostName) -> io::Result<Vec<IpAddr>> {
    let listed = in_hosts_file(host);
    if !listed.is_empty() {
        return Ok(listed);
    }
    let mut found: Vec<IpAddr> = Vec::new();
    for address in (format!("{host}."), 0).to_socket_addrs()? {
        if !found.contains(&address.ip()) {
            found.push(address.ip());
        }
    }
    Ok(found)
}

/// The system's resolver looks an absolute name up in DNS alone, hence this.
fn in_hosts_file(host: &HostName) -> Vec<IpAddr> {
    use io::Read as _;
    let mut text = String::new();
    let read = fs::File::open("/etc/hosts").and_then(|f| f.take(HOSTS_FILE_BYTES).read_to_string(&mut text));
    if read.is_err() {
        return Vec::new();
    }
    let line = |line: &str| {
        let mut words = line.split('#').next()?.split_ascii_whitespace();
        let address: IpAddr = words.next()?.parse().ok()?;
        words.any(|w| w.eq_ignore_ascii_case(host.as_str())).then_some(address)
    };
    text.lines().filter_map(line).collect()
}

/// Connects to one of `addresses`, in their order, the next one beside a slow one.
pub(crate) async fn dial(addresses: &[IpAddr], port: u16, limit: Duration) -> io::Result<TcpStream> {
    let stream = timeout(limit, race(addresses, port))
        .await
        .map_err(|_| io::Error::from(io::ErrorKind::TimedOut))??;
    stream.set_nodelay(true)?;
    Ok(stream)
}

async fn race(addresses: &[IpAddr], port: u16) -> io::Result<TcpStream> {
    let mut rest = addresses.iter();
    let mut tries = FuturesUnordered::new();
    let mut error = io::Error::from(io::ErrorKind::NotFound);
    loop {
        match rest.next() {
            Some(ip) => tries.push(TcpStream::connect((*ip, port))),
            None if tries.is_empty() => return Err(error),
            None => {}
        }
        tokio::select! {
            Some(tried) = tries.next() => match tried {
                Ok(stream) => return Ok(stream),
                Err(e) => error = e,
            },
            () = sleep(STAGGER), if rest.len() > 0 => {}
        }
    }
}
