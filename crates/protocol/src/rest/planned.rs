//! Routes of the seeds that no code serves yet; a route leaves this list when it enters the server's table.

use super::doc::RouteDoc;

/// All of them.
#[must_use]
pub fn routes() -> Vec<RouteDoc> {
    Vec::new()
}
