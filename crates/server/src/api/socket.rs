//! What all WebSockets have: their upgrade, their bounds, and how they end.
//!
//! Close codes: 1000 the task or session is over, 1001 the server stops, 4401 the credential has ended, 4404 the task was
//! purged, 1013 the log cannot be read now.

use std::{pin::pin, time::Duration};

use axum::{
    extract::{
        FromRequestParts as _, Request,
        ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade},
    },
    http::{HeaderValue, header},
};
use futures_util::{
    SinkExt as _, StreamExt as _,
    stream::{SplitSink, SplitStream},
};
use lia_protocol::limits;
use tokio::time::timeout;

use super::{
    Api,
    auth::{BEARER_PROTOCOL, Principal},
    error::{Failure, bad_request},
};

/// Replies to one client that wait to be written.
pub const REPLIES: usize = 64;
/// The protocol's name, for clients that offer one beside their token.
const PROTOCOL: &str = "lia.v1";
/// How long a closing client may take when the server is in a hurry.
const CLOSING: Duration = Duration::from_secs(2);
/// How long it may take otherwise: it may have much to read before the close frame.
const LINGER: Duration = Duration::from_secs(600);
/// Buffers of one socket: idle clients are many.
const BUFFER_BYTES: usize = 16 << 10;

/// The half that is written to.
pub type Sink = SplitSink<WebSocket, Message>;
/// The half that is read.
pub type Source = SplitStream<WebSocket>;

/// The upgrade, with the bounds of every socket.
///
/// # Errors
/// 400 when the request is none.
pub async fn upgrade(api: &Api, req: Request) -> Result<WebSocketUpgrade, Failure> {
    let (mut parts, _) = req.into_parts();
    let upgrade = WebSocketUpgrade::from_request_parts(&mut parts, api).await.map_err(|_| {
        bad_request(
            "this route is a WebSocket: a GET with Upgrade: websocket, Sec-WebSocket-Version: 13 and a key",
        )
        .header(header::UPGRADE, "websocket")
    })?;
    let protocol = protocol(&upgrade);
    let mut upgrade = upgrade
        .max_message_size(limits::WS_FRAME_BYTES)
        .max_frame_size(limits::WS_FRAME_BYTES)
        .read_buffer_size(BUFFER_BYTES)
        .write_buffer_size(BUFFER_BYTES);
    if let Some(protocol) = protocol {
        upgrade.set_selected_protocol(protocol);
    }
    Ok(upgrade)
}

/// Browsers close a socket whose server takes none of the offered protocols: ours, else the one with the token.
fn protocol(upgrade: &WebSocketUpgrade) -> Option<HeaderValue> {
    let offered: Vec<_> = upgrade.requested_protocols().cloned().collect();
    let ours = offered.iter().find(|p| *p == PROTOCOL);
    let token = || offered.iter().find(|p| p.as_bytes().starts_with(BEARER_PROTOCOL.as_bytes()));
    ours.or_else(token).cloned()
}

/// Why a connection ends.
#[derive(Clone, Copy, Debug)]
pub enum End {
    /// There will be no more.
    Complete,
    /// The server stops.
    Stopping,
    /// What the caller showed is not good any more.
    Credential,
    /// The task was removed.
    Purged,
    /// The log cannot be read.
    Overload,
    /// The client went, or broke the protocol.
    Gone,
}

impl End {
    fn frame(self) -> Option<CloseFrame> {
        let (code, reason) = match self {
            Self::Complete => (1000, "the task is terminated"),
            Self::Stopping => (1001, "the server is stopping"),
            Self::Credential => (4401, "the credential has expired or was revoked"),
            Self::Purged => (4404, "the task was removed"),
            Self::Overload => (1013, "the log cannot be read now; try again later"),
            Self::Gone => return None,
        };
        Some(CloseFrame { code, reason: reason.into() })
    }
}

/// What ends a connection from outside.
pub async fn ended(api: &Api, caller: &Principal) -> End {
    tokio::select! {
        () = api.stopping.cancelled() => End::Stopping,
        () = api.credential_ended(caller) => End::Credential,
    }
}

/// Closes. The close frame follows what is on its way, and a slow reader may take its time for that; then the client's own
/// close ends the connection.
pub async fn close(api: &Api, sink: &mut Sink, source: &mut Source, end: End) {
    let Some(frame) = end.frame() else { return };
    let hurry = matches!(end, End::Stopping | End::Credential);
    let mut closing = pin!(async {
        if sink.send(Message::Close(Some(frame))).await.is_ok() {
            while let Some(Ok(_)) = source.next().await {}
        }
    });
    if !hurry {
        tokio::select! {
            _ = timeout(LINGER, &mut closing) => return,
            () = api.stopping.cancelled() => {}
        }
    }
    let _ = timeout(CLOSING, closing).await;
}
