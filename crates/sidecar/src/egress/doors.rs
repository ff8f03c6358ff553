//! The proxy and the broker on loopback. Both only copy bytes: what they mean is read by the gateway.

use std::{net::Ipv4Addr, rc::Rc};

use lia_protocol::{
    boot::{INNER_BROKER_PORT, INNER_PROXY_PORT},
    egress::EgressHeader,
};
use tokio::{
    io::{AsyncWriteExt as _, copy_bidirectional},
    net::{TcpListener, TcpStream},
};

use super::{Egress, http_refusal};

pub(super) fn open(egress: &Rc<Egress>) {
    for (port, header) in [(INNER_PROXY_PORT, EgressHeader::Proxy), (INNER_BROKER_PORT, EgressHeader::Broker)]
    {
        let egress = Rc::clone(egress);
        tokio::task::spawn_local(async move {
            match TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await {
                Ok(listener) => accept(egress, listener, header).await,
                Err(e) => eprintln!("lia-sidecar: the door on port {port} cannot be opened: {e}"),
            }
        });
    }
}

async fn accept(egress: Rc<Egress>, listener: TcpListener, header: EgressHeader) {
    loop {
        let Ok((client, _)) = listener.accept().await else {
            // Out of descriptors: others close meanwhile.
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
            continue;
        };
        let (egress, header) = (Rc::clone(&egress), header.clone());
        tokio::task::spawn_local(async move { pass(&egress, client, &header).await });
    }
}

async fn pass(egress: &Egress, mut client: TcpStream, header: &EgressHeader) {
    let _ = client.set_nodelay(true);
    match egress.open(header).await {
        // Whichever side breaks ends both.
        Ok(mut stream) => drop(copy_bidirectional(&mut client, &mut stream).await),
        Err(e) => {
            let _ = client.write_all(&http_refusal("502 Bad Gateway", &format!("Lia: {e}"))).await;
            let _ = client.shutdown().await;
        }
    }
}
