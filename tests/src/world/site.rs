//! The world's servers: files below `www/<host>/` by HTTP on port 80 and by HTTPS on port 443 of every address, the git
//! protocol on port 9418, and listeners that say a text.

use std::{
    net::{IpAddr, Ipv6Addr, SocketAddr},
    path::{Path, PathBuf},
    process::Stdio,
    sync::Arc,
};

use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _},
    net::{TcpListener, TcpStream, UdpSocket},
    process::Command,
    task::JoinSet,
};
use tokio_rustls::TlsAcceptor;

use super::MARK;

const HEAD_BYTES: usize = 64 << 10;

/// Serves all of it until the set is dropped.
pub(super) async fn serve(servers: &mut JoinSet<()>, www: PathBuf, tls: TlsAcceptor) -> anyhow::Result<()> {
    std::fs::create_dir_all(&www)?;
    let www: Arc<Path> = www.into();
    let [http, https, git] = [80, 443, 9418].map(|port| TcpListener::bind((Ipv6Addr::UNSPECIFIED, port)));
    let (http, https, git) = (http.await?, https.await?, git.await?);
    let files = www.clone();
    servers.spawn(each(http, move |stream| answer(stream, files.clone())));
    let files = www.clone();
    servers.spawn(each(https, move |stream| {
        let (tls, files) = (tls.clone(), files.clone());
        async move { answer(tls.accept(stream).await?, files).await }
    }));
    servers.spawn(each(git, move |stream| daemon(stream, www.clone())));
    Ok(())
}

/// A listener on a free port that says a text, by TCP and by UDP.
pub(super) async fn say(
    servers: &mut JoinSet<()>,
    address: IpAddr,
    text: &'static str,
) -> anyhow::Result<SocketAddr> {
    let tcp = TcpListener::bind((address, 0)).await?;
    let at = tcp.local_addr()?;
    let udp = UdpSocket::bind(at).await?;
    servers.spawn(each(tcp, move |mut stream| async move {
        stream.write_all(text.as_bytes()).await?;
        // What is not read when it closes would take the text with it.
        let _ = stream.read(&mut [0; 512]).await?;
        Ok(())
    }));
    servers.spawn(async move {
        let mut buffer = [0; 512];
        while let Ok((_, from)) = udp.recv_from(&mut buffer).await {
            let _ = udp.send_to(text.as_bytes(), from).await;
        }
    });
    Ok(at)
}

async fn each<F, Fut>(listener: TcpListener, serve: F)
where
    F: Fn(TcpStream) -> Fut,
    Fut: Future<Output = anyhow::Result<()>> + Send + 'static,
{
    let mut clients = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        let client = serve(stream);
        // A client that goes away is no concern of ours.
        clients.spawn(async move { drop(client.await) });
    }
}

async fn answer(mut stream: impl AsyncRead + AsyncWrite + Unpin, www: Arc<Path>) -> anyhow::Result<()> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") && head.len() < HEAD_BYTES {
        head.push(stream.read_u8().await?);
    }
    let head = String::from_utf8_lossy(&head);
    let target = head.split(' ').nth(1).unwrap_or("/").split('?').next().unwrap_or("/");
    // A proxy may pass the whole URL on.
    let target =
        target.strip_prefix("http://").map_or(target, |rest| rest.find('/').map_or("/", |at| &rest[at..]));
    let host = head.lines().find_map(|l| l.split_once(": ").filter(|(k, _)| k.eq_ignore_ascii_case("host")));
    let host = host.map_or("", |(_, h)| h.split(':').next().unwrap_or(h)).to_lowercase();
    let (status, kind, body) = match file(&www, &host, target) {
        Some((kind, body)) => ("200 OK", kind, body),
        None if target == "/" || target == "/health" => {
            ("200 OK", "text/plain", format!("{MARK} {host}\n").into_bytes())
        }
        None => ("404 Not Found", "text/plain", b"not here\n".to_vec()),
    };
    let length = body.len();
    let answer = format!(
        "HTTP/1.1 {status}\r\ncontent-type: {kind}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n"
    );
    stream.write_all(answer.as_bytes()).await?;
    if !head.starts_with("HEAD ") {
        stream.write_all(&body).await?;
    }
    Ok(stream.shutdown().await?)
}

fn file(www: &Path, host: &str, target: &str) -> Option<(&'static str, Vec<u8>)> {
    if host.is_empty() || host.contains('/') || target.split('/').any(|part| part == "..") {
        return None;
    }
    let mut path = www.join(host).join(target.trim_start_matches('/'));
    if target.ends_with('/') {
        path.push("index.html");
    }
    let kind = match path.extension().and_then(|e| e.to_str()) {
        Some("html") => "text/html",
        Some("json") => "application/json",
        _ => "application/octet-stream",
    };
    Some((kind, std::fs::read(&path).ok()?))
}

/// One connection of the git protocol.
async fn daemon(stream: TcpStream, www: Arc<Path>) -> anyhow::Result<()> {
    let stream = stream.into_std()?;
    stream.set_nonblocking(false)?;
    let out = std::os::fd::OwnedFd::from(stream.try_clone()?);
    let base = www.join("git.example");
    Command::new("git")
        .args(["-c", "safe.directory=*", "daemon", "--inetd", "--export-all"])
        .arg(format!("--base-path={}", base.display()))
        .env("HOME", &*www)
        .stdin(Stdio::from(std::os::fd::OwnedFd::from(stream)))
        .stdout(out)
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .status()
        .await?;
    Ok(())
}
