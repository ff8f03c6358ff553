//! The documents of the REST API and of the sockets, made from the routes' descriptions ([`lia_protocol::rest`]).
//!
//! - [`planned`]: routes of the seeds that no code serves yet;
//! - [`openapi`]: OpenAPI 3.1 out of a list of routes; [`asyncapi`]: AsyncAPI 3 of the sockets.

pub mod asyncapi;
pub mod openapi;
pub mod planned;
