//! The contract as data: the list of every type that crosses a wire, and its JSON Schema. The generators of `xtask` write
//! TypeScript, Zod, OpenAPI and AsyncAPI from it; the tests here prove that Rust and JSON Schema say the same.
//!
//! It is a crate of its own so that the programs, which only use the types, are built without it.

#[doc(hidden)]
pub mod fuzz;
pub mod registry;
pub mod rest;
pub mod schema;
