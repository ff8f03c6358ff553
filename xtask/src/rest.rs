//! The documents of the REST API and of the sockets.

use lia_contract::rest;
use lia_server::api::routes;

/// OpenAPI and AsyncAPI.
pub fn files() -> Vec<(&'static str, String)> {
    let openapi = rest::openapi::openapi(&routes::describe());
    let asyncapi = rest::asyncapi::asyncapi();
    vec![
        ("contract/openapi.json", format!("{openapi:#}\n")),
        ("contract/asyncapi.json", format!("{asyncapi:#}\n")),
    ]
}
