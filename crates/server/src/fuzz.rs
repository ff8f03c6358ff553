//! What the fuzzers and the property tests feed with any bytes: each function panics where the code is wrong.

use std::{fmt::Debug, fs, net::IpAddr, os::unix::fs::PermissionsExt as _, path::Path};

use axum::{
    extract::Query,
    http::{HeaderMap, HeaderName, HeaderValue, Uri, header},
};
use bytes::{Bytes, BytesMut};
use garde::Validate;
use lia_protocol::{
    api::COOKIE,
    event::{Actor, Direction, Event, Kind, OutputChunk, Phase},
    ids::{InstanceId, Seq, SessionId, TaskId},
    limits::RPC_ID_BYTES,
    link::SidecarLine,
    log::RawLogEvent,
    query::{
        DeleteTaskQuery, FileQuery, FolderQuery, ListSessionsQuery, ListTasksQuery, LogQuery, LoginLinkQuery,
        RepositoryQuery, SessionQuery, SinceQuery, StreamQuery, TicketQuery,
    },
    time::Timestamp,
    wire,
    ws::WsMessageExt,
};
use serde::{
    Serialize,
    de::{DeserializeOwned, IgnoredAny},
};
use serde_json::value::RawValue;

use crate::{
    api::{Hosts, auth},
    engine::{agents, link, owner::lines},
    views::{
        View,
        channels::{Projector, pty::Pty},
        text,
    },
};

/// The bodies of this crate.
pub const TARGETS: &[lia_protocol::fuzz::Target] = &[
    ("query", query),
    ("client_message", client_message),
    ("request_head", request_head),
    ("agent_frame", agent_frame),
    ("terminal_output", terminal_output),
    ("sidecar_lines", sidecar_lines),
    ("agent_package", agent_package),
];

/// A text frame of a client, on whichever socket.
pub fn client_message(data: &[u8]) {
    crate::api::stream::any_message(data);
    crate::api::channels::act::any_message(data);
}

/// A query string: whatever its type accepts is within its limits, and says the same when it is read as JSON.
pub fn query(data: &[u8]) {
    let text: String =
        data.iter().map(|b| char::from(*b)).filter(|c| c.is_ascii_graphic() && *c != '#').collect();
    let Ok(uri) = format!("/?{text}").parse() else { return };
    if let Some(list) = accepted::<ListTasksQuery>(&uri) {
        assert!(list.page > 0 && (1..=100).contains(&list.per_page));
        assert_eq!(list.statuses().is_empty(), list.status.is_none());
    }
    accepted::<DeleteTaskQuery>(&uri);
    accepted::<LogQuery>(&uri);
    accepted::<StreamQuery>(&uri);
    accepted::<SinceQuery>(&uri);
    accepted::<FolderQuery>(&uri);
    accepted::<FileQuery>(&uri);
    accepted::<RepositoryQuery>(&uri);
    accepted::<ListSessionsQuery>(&uri);
    accepted::<SessionQuery>(&uri);
    // Their secrets are not written again.
    let said = [
        Query::<TicketQuery>::try_from_uri(&uri).ok().and_then(|q| q.0.ticket),
        Query::<LoginLinkQuery>::try_from_uri(&uri).ok().map(|q| q.0.code),
    ];
    assert!(said.iter().flatten().all(|secret| secret.expose().len() <= text.len()));
}

fn accepted<T>(uri: &Uri) -> Option<T>
where
    T: DeserializeOwned + Serialize + Validate<Context = ()> + PartialEq + Debug,
{
    let Query(value) = Query::<T>::try_from_uri(uri).ok()?;
    if !wire::check(&value).is_empty() {
        return None;
    }
    let json = serde_json::to_vec(&value).unwrap_or_default();
    assert_eq!(wire::parse::<T>(&json).as_ref(), Ok(&value));
    Some(value)
}

/// A request's target in the first line, its headers in the others. A host that is taken is one of ours, an origin that is
/// taken is that of the host, and a credential is a part of its header.
pub fn request_head(data: &[u8]) {
    let mut lines = data.split(|b| *b == b'\n');
    let Some(uri) = lines.next().and_then(|line| Uri::try_from(line).ok()) else { return };
    let mut headers = HeaderMap::new();
    for line in lines {
        let Some(colon) = line.iter().position(|b| *b == b':') else { continue };
        if let (Ok(name), Ok(value)) =
            (HeaderName::from_bytes(&line[..colon]), HeaderValue::from_bytes(line[colon + 1..].trim_ascii()))
        {
            headers.append(name, value);
        }
    }
    let text = |name: HeaderName| {
        let all = headers.get_all(name).into_iter().filter_map(|v| v.to_str().ok());
        all.collect::<Vec<_>>().join("\n").to_ascii_lowercase()
    };
    let hosts = Hosts::new("127.0.0.1", 3000, "https://lia.example.com");
    if hosts.knows(&headers, &uri) {
        let host = text(header::HOST);
        let ours = |host: &str| {
            let local = |(name, port): (&str, &str)| {
                let name = name.trim_start_matches('[').trim_end_matches(']');
                let here = name.parse::<IpAddr>().map_or(name == "localhost", |ip| ip.is_loopback());
                here && port.parse() == Ok(3000_u16)
            };
            host == "lia.example.com" || host.rsplit_once(':').is_some_and(local)
        };
        assert!(ours(&host), "{host}");
        assert!(uri.authority().is_none_or(|a| ours(&a.as_str().to_ascii_lowercase())), "{uri}");
        if headers.contains_key(header::ORIGIN) && hosts.same_origin(&headers) {
            let origins = text(header::ORIGIN);
            let origin = origins.split('\n').next().unwrap_or_default();
            let wanted = [format!("http://{host}"), "https://lia.example.com".to_owned()];
            assert!(wanted.iter().any(|w| w == origin), "{origin} at {host}");
            assert!(hosts.no_strange_origin(&headers));
        }
    }
    let holds = |name: HeaderName, secret: &str| text(name).contains(&secret.to_ascii_lowercase());
    if let Some(cookie) = auth::cookie(&headers) {
        assert!(!cookie.expose().contains(';'));
        assert!(holds(header::COOKIE, &format!("{COOKIE}={}", cookie.expose())));
    }
    if let Ok(Some(token)) = auth::bearer(&headers) {
        let token = token.expose();
        assert!(!token.is_empty() && token.trim() == token && holds(header::AUTHORIZATION, token));
        assert_eq!(headers.get_all(header::AUTHORIZATION).iter().count(), 1);
    }
    if let Some(token) = auth::subprotocol(&headers) {
        assert!(!token.expose().contains(','));
        let word = format!("{}{}", auth::BEARER_PROTOCOL, token.expose());
        assert!(holds(header::SEC_WEBSOCKET_PROTOCOL, &word));
    }
}

/// Frames of an agent, one a line, each as what it may be. Whatever JSON they are, every view makes valid messages of
/// them, and what is kept of them is short.
pub fn agent_frame(data: &[u8]) {
    let session = SessionId::new();
    let mut projector = Projector::new(TaskId(session.0));
    let mut seq = Seq::ZERO;
    for line in data.split(|b| *b == b'\n') {
        // The link lets nothing else through.
        let Ok(json) = serde_json::from_slice::<&RawValue>(line).map(RawValue::get) else { continue };
        for (direction, phase) in [
            (Direction::AgentToClient, Phase::Notification),
            (Direction::AgentToClient, Phase::Request),
            (Direction::ClientToAgent, Phase::Response),
        ] {
            seq = seq.next();
            views_of(
                &mut projector,
                &Event {
                    seq,
                    at: Timestamp(0),
                    session,
                    turn: None,
                    actor: Actor::Agent,
                    cause: None,
                    v: 1,
                    kind: Kind::Rpc(direction, phase),
                    body: Bytes::copy_from_slice(json.as_bytes()),
                },
            );
        }
        let short = |text: &str| text.chars().count() <= lines::PERMISSION_TEXT;
        if let Some((id, asked)) = lines::permission_request(json.as_bytes()) {
            assert!(id.len() <= RPC_ID_BYTES && !id.starts_with(['{', '[', 't', 'f', 'n']), "{id}");
            assert!(short(&asked.title) && short(&asked.tool_call_id));
            assert!(asked.options.len() <= lines::PERMISSION_OPTIONS);
            assert!(asked.options.iter().all(|o| short(&o.option_id) && short(&o.name) && short(&o.kind)));
        }
    }
    let any = String::from_utf8_lossy(data);
    let line = text::line("tool", &any);
    let one = line.strip_prefix('\n').and_then(|l| l.strip_suffix('\n'));
    assert!(one.is_some_and(|l| !l.contains(char::is_control) && l.chars().count() < 400), "{line:?}");
}

fn views_of(projector: &mut Projector, event: &Event) {
    for frame in [View::Seed, View::Extended].iter().flat_map(|view| view.frames(event)) {
        let read = serde_json::from_str::<WsMessageExt>(&frame.json);
        assert!(read.is_ok(), "{}", frame.json);
    }
    for frame in View::Events.frames(event) {
        let read = serde_json::from_str::<RawLogEvent>(&frame.json);
        assert!(read.is_ok_and(|read| read.body.get().as_bytes() == event.body), "{}", frame.json);
    }
    let mut frames = Vec::new();
    projector.project(event, &mut frames);
    let is_json = |text: &str| serde_json::from_str::<IgnoredAny>(text).is_ok();
    for frame in frames {
        assert!(is_json(&frame.text) && is_json(&frame.of_session()), "{}", frame.text);
        assert!(is_json(frame.event()) && is_json(frame.data()), "{}", frame.text);
        assert_eq!(frame.timestamp(), event.at.to_string());
        assert!(is_json(&frame.tagged(&lia_protocol::sessions::Channel("agents".into()))), "{}", frame.text);
    }
}

/// Bytes of a terminal, however they are cut: the same text, which is that of all of them but for a character that has
/// only begun. The first byte says how many come at once.
pub fn terminal_output(data: &[u8]) {
    let Some((step, data)) = data.split_first() else { return };
    let read = |step: usize| {
        let (mut pty, mut pos, mut text) = (Pty::default(), 0, String::new());
        for chunk in data.chunks(step.max(1)) {
            text += &pty.take(&OutputChunk { pos, data: Bytes::copy_from_slice(chunk) });
            pos += chunk.len() as u64;
        }
        // What comes after a hole does not complete what stood before it.
        assert_eq!(pty.take(&OutputChunk { pos: pos + 7, data: Bytes::from_static(b"a") }), "a");
        text
    };
    let text = read(usize::from(*step));
    assert_eq!(text, read(data.len()));
    let whole = String::from_utf8_lossy(data);
    assert!(whole.starts_with(&text) && whole.chars().count() - text.chars().count() <= 1, "{text:?}");
}

/// What comes over a control link: each line once and in order, and of what is understood only what the owner acts on.
pub fn sidecar_lines(data: &[u8]) {
    let mut buffer = BytesMut::from(data);
    let mut found = Vec::new();
    while let Some(line) = link::take_line(&mut buffer) {
        found.push(line);
    }
    let mut all: Vec<&[u8]> = data.split(|b| *b == b'\n').collect();
    assert_eq!(Some(&*buffer), all.pop());
    assert_eq!(found, all);

    let whole = data.len() - buffer.len();
    let (lines, bad) = link::read_batch(&Bytes::copy_from_slice(&data[..whole]));
    let parsed = found.iter().map(SidecarLine::parse);
    let known = parsed.take_while(|l| !matches!(l, Err(_) | Ok(SidecarLine::Refused { .. })));
    let quiet = |l: &SidecarLine| matches!(l, SidecarLine::Heartbeat | SidecarLine::Unknown);
    let wanted: Vec<_> = known.flatten().filter(|l| !quiet(l)).collect();
    assert_eq!(lines, wanted);
    let all_good =
        found.iter().all(|l| SidecarLine::parse(l).is_ok_and(|l| !matches!(l, SidecarLine::Refused { .. })));
    assert_eq!(bad.is_none(), all_good);
}

/// A package that comes out of a sandbox: nothing lands beside its folder, and what lands in it is a file that nobody may
/// write, a folder or a link.
pub fn agent_package(data: &[u8]) {
    let root = std::env::temp_dir().join(format!("lia-package-{}", InstanceId::new()));
    let (pack, into) = (root.join("pack"), root.join("into"));
    let made = fs::create_dir_all(&into).and_then(|()| fs::write(&pack, data));
    assert!(made.is_ok(), "{made:?}");
    let done = agents::unpack(&pack, &into);
    assert_eq!(pack.exists(), done.is_err());
    let mut beside = names(&root);
    beside.retain(|name| name != "pack");
    assert_eq!(beside, ["into"]);
    plain(&into);
    let _ = fs::remove_dir_all(&root);
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries.map(|e| e.file_name().to_string_lossy().into_owned()).collect()
}

fn plain(folder: &Path) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        let Ok(about) = fs::symlink_metadata(&path) else { continue };
        let (kind, mode) = (about.file_type(), about.permissions().mode());
        assert!(kind.is_file() || kind.is_dir() || kind.is_symlink(), "{}", path.display());
        if kind.is_file() {
            assert_eq!(mode & 0o7222, 0, "{} has the mode {mode:o}", path.display());
        }
        if kind.is_dir() {
            plain(&path);
        }
    }
}
