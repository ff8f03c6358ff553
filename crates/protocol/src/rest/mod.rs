//! How a route of the REST API is described, so that OpenAPI and the tests of the routes come from one table.
//!
//! - [`doc`]: the description of one route: what it takes, what it answers, which errors;
//! - [`planned`]: routes of the seeds that no code serves yet;
//! - [`openapi`]: OpenAPI 3.1 out of a list of routes; [`asyncapi`]: AsyncAPI 3 of the sockets.
//!
//! A description names a type of the contract through [`Contract`](crate::registry::Contract): a type that is renamed or
//! leaves the registry breaks the build.

pub mod asyncapi;
pub mod doc;
pub mod openapi;
pub mod planned;

pub use doc::{Access, Answer, Body, Doc, Kind, RouteDoc, doc};
