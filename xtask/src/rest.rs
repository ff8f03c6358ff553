//! The documents of the REST API and of the sockets.

use lia_protocol::rest;
use lia_server::api::routes;

pub fn openapi() -> String {
    format!("{:#}\n", rest::openapi::openapi(&routes::describe()))
}

pub fn asyncapi() -> String {
    format!("{:#}\n", rest::asyncapi::asyncapi())
}
