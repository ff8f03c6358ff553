//! A server behind a proxy with TLS, as one is run for others: https and wss with the system's certificates.

use std::sync::Arc;

use lia_tests::{Server, ServerOptions};
use rustls::{
    ServerConfig,
    crypto::ring,
    pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer},
};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

use crate::lia::{done, lia};

#[tokio::test(flavor = "multi_thread")]
async fn https_and_wss() {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(made.signing_key.serialize_der()));
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key)
        .unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://localhost:{}", listener.local_addr().unwrap().port());
    let server = Server::start(ServerOptions::default().set("LIA__SERVER__WEB_URL", &url)).await.unwrap();
    let inner = server.url().trim_start_matches("http://").to_owned();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let proxy = tokio::spawn(async move {
        while let Ok((outside, _)) = listener.accept().await {
            let (acceptor, inner) = (acceptor.clone(), inner.clone());
            tokio::spawn(async move {
                let mut inside = TcpStream::connect(inner).await.unwrap();
                if let Ok(mut outside) = acceptor.accept(outside).await {
                    let _ = tokio::io::copy_bidirectional(&mut outside, &mut inside).await;
                }
            });
        }
    });

    let token = server.data().join("admin.token").display().to_string();
    let ca = server.data().join("ca.pem");
    std::fs::write(&ca, made.cert.pem()).unwrap();
    let run = async |args: &[&str], trusted: bool| {
        let mut c = lia(&server, args);
        c.args(["--url", &url, "--token-file", &token]).env_remove("SSL_CERT_FILE");
        if trusted {
            c.env("SSL_CERT_FILE", &ca);
        }
        done(c).await
    };
    let spawned = run(&["spawn", "--template", "scripted", "say through the tunnel"], true).await.expect(0);
    assert_eq!(spawned.out.trim(), "through the tunnel");
    assert!(run(&["ls"], true).await.expect(0).out.contains("scripted"));
    let refused = run(&["ls"], false).await.expect(1);
    assert!(refused.err.contains("certificate") && refused.err.contains("SSL_CERT_FILE"), "{}", refused.err);
    proxy.abort();
}
