//! What the fuzzers and the property tests feed with any bytes: each function panics where the code is wrong.

use axum::extract::Query;
use lia_protocol::{
    query::{FileQuery, ListTasksQuery, LogQuery, StreamQuery},
    wire,
};

/// The bodies of this crate.
pub const TARGETS: &[lia_protocol::fuzz::Target] = &[("query", query), ("client_message", client_message)];

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
    if let Ok(Query(list)) = Query::<ListTasksQuery>::try_from_uri(&uri)
        && wire::check(&list).is_empty()
    {
        assert!(list.page > 0 && (1..=100).contains(&list.per_page));
        assert_eq!(list.statuses().is_empty(), list.status.is_none());
    }
    let _ = Query::<LogQuery>::try_from_uri(&uri);
    let _ = Query::<StreamQuery>::try_from_uri(&uri);
    let _ = Query::<FileQuery>::try_from_uri(&uri);
}
