//! The transparent door: every TCP connection of the instance ends here, since all addresses are local to it. The ones
//! that DNS gave out lead to their name; any other is refused and told.

use std::{
    net::{IpAddr, Ipv4Addr},
    rc::Rc,
    time::Duration,
};

use lia_protocol::egress::EgressHeader;
use tokio::{
    io::{AsyncWriteExt as _, copy_bidirectional},
    net::{TcpListener, TcpStream},
};

use super::{Answer, Egress, http_refusal, route};

/// Ports that are always listened to.
const PORTS: [u16; 2] = [80, 443];

pub(super) fn serve(egress: &Rc<Egress>, ports: &[u16]) {
    if let Err(e) = route::everything_to_loopback() {
        eprintln!("lia-sidecar: the transparent door cannot be opened: {e}");
        return;
    }
    let mut all: Vec<u16> = PORTS.iter().chain(ports).copied().collect();
    all.sort_unstable();
    all.dedup();
    for port in all {
        let egress = Rc::clone(egress);
        tokio::task::spawn_local(async move {
            match TcpListener::bind((Ipv4Addr::UNSPECIFIED, port)).await {
                Ok(listener) => accept(egress, listener, port).await,
                Err(e) => eprintln!("lia-sidecar: the transparent door on port {port} cannot be opened: {e}"),
            }
        });
    }
}

async fn accept(egress: Rc<Egress>, listener: TcpListener, port: u16) {
    loop {
        let Ok((client, _)) = listener.accept().await else {
            // Out of descriptors: others close meanwhile.
            tokio::time::sleep(Duration::from_millis(50)).await;
            continue;
        };
        let egress = Rc::clone(&egress);
        tokio::task::spawn_local(async move { pass(&egress, client, port).await });
    }
}

async fn pass(egress: &Egress, mut client: TcpStream, port: u16) {
    let Ok(local) = client.local_addr() else { return };
    let IpAddr::V4(address) = local.ip() else { return };
    if address.is_loopback() {
        // The agent's own loopback: nobody of its own listens there.
        return;
    }
    let name = egress.names.borrow().name(address).map(str::to_owned);
    let Some(host) = name else {
        egress.tell(&EgressHeader::Refused { host: address.to_string(), port }).await;
        return refuse(
            client,
            port,
            &format!("Lia refused {address}:{port}: only allowed host names can be reached, no addresses"),
        )
        .await;
    };
    let _ = client.set_nodelay(true);
    match egress.ask(&EgressHeader::Transparent { host, port }).await {
        Ok(Answer::Open(mut stream)) => drop(copy_bidirectional(&mut client, &mut stream).await),
        Ok(Answer::Refused(reason)) => refuse(client, port, &reason).await,
        Err(e) => refuse(client, port, &format!("Lia: {e}")).await,
    }
}

/// Says why where the protocol has words for it; else closes at once.
async fn refuse(mut client: TcpStream, port: u16, reason: &str) {
    if port == 80 {
        let _ = client.write_all(&http_refusal("403 Forbidden", reason)).await;
    }
    let _ = client.shutdown().await;
}
