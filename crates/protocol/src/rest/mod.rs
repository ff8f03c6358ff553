//! How a route of the REST API is described, so that OpenAPI and the tests of the routes come from one table.
//!
//! A description names a type of the contract by the type itself: a type that is renamed breaks the build, and one that is
//! not in the registry breaks the making of OpenAPI.

pub mod doc;

pub use doc::{Access, Answer, Body, Doc, Kind, RouteDoc, doc, name};
