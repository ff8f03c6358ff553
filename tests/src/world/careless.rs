//! A proxy as many are written: it cuts names at NUL, decodes percent signs, forgets what stands before an `@` and behind
//! a dot, and goes wherever that leads. Outside of a sandbox the probes of the escape tests succeed through it.

use std::{net::IpAddr, sync::Arc};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _, copy_bidirectional},
    net::{TcpListener, TcpStream},
    task::JoinSet,
};

use super::Names;

/// Where Lia's proxy is inside.
const ADDRESS: (&str, u16) = ("127.0.0.1", lia_protocol::boot::INNER_PROXY_PORT);

/// Serves it until the set is dropped.
pub(super) async fn serve(servers: &mut JoinSet<()>, names: Arc<Names>) -> anyhow::Result<()> {
    let listener = TcpListener::bind(ADDRESS).await?;
    servers.spawn(async move {
        let mut clients = JoinSet::new();
        while let Ok((stream, _)) = listener.accept().await {
            let names = names.clone();
            clients.spawn(async move { drop(one(stream, &names).await) });
        }
    });
    Ok(())
}

async fn one(mut client: TcpStream, names: &Names) -> anyhow::Result<()> {
    let first = client.read_u8().await?;
    let (mut upstream, yes, rest) = if first == 5 {
        let mut hello = [0; 2];
        client.read_exact(&mut hello).await?;
        client.write_all(&[5, 0]).await?;
        let mut head = [0; 5];
        client.read_exact(&mut head).await?;
        let mut host = vec![0; usize::from(head[4])];
        client.read_exact(&mut host).await?;
        let port = client.read_u16().await?;
        (dial(&host, port, names).await?, vec![5, 0, 0, 1, 0, 0, 0, 0, 0, 0], Vec::new())
    } else {
        let mut head = vec![first];
        while !head.ends_with(b"\r\n\r\n") {
            head.push(client.read_u8().await?);
        }
        let line: Vec<&[u8]> = head.split(|b| *b == b' ').collect();
        let target = line.get(1).copied().unwrap_or_default();
        if let Some(rest) = target.strip_prefix(b"http://") {
            let end = rest.iter().position(|b| *b == b'/').unwrap_or(rest.len());
            (dial(&rest[..end], 80, names).await?, Vec::new(), head.clone())
        } else {
            let colon = target.iter().rposition(|b| *b == b':').unwrap_or(target.len());
            let port = std::str::from_utf8(target.get(colon + 1..).unwrap_or_default())?.parse()?;
            (dial(&target[..colon], port, names).await?, b"HTTP/1.1 200 OK\r\n\r\n".to_vec(), Vec::new())
        }
    };
    client.write_all(&yes).await?;
    upstream.write_all(&rest).await?;
    copy_bidirectional(&mut client, &mut upstream).await?;
    Ok(())
}

async fn dial(host: &[u8], port: u16, names: &Names) -> anyhow::Result<TcpStream> {
    let host = host.split(|b| *b == 0).next().unwrap_or_default();
    let host = String::from_utf8_lossy(host).to_lowercase().replace("%2e", ".");
    let host = host.split("%00").next().unwrap_or_default();
    let host = host.rsplit('@').next().unwrap_or_default();
    let host = host.trim_end_matches('.').trim_matches(['[', ']']);
    let address = host.parse::<IpAddr>().ok().or_else(|| names.of(host));
    let address = address.ok_or_else(|| anyhow::anyhow!("{host} is unknown"))?;
    Ok(TcpStream::connect((address, port)).await?)
}
