//! How a type of the contract is written down, so that Rust, JSON Schema, TypeScript and Zod can say the same of it.
//!
//! - [`message`]: the attributes of a type, once; [`record`] for answers whose absent values are `null`;
//! - [`tag`]: a field with one allowed text, [`union`]: a union of structs told apart by such a field;
//! - [`optional`]: what absent and `null` mean;
//! - [`text`]: texts with a form of their own (UUIDs of the wire);
//! - [`parse`]: reading what comes from outside: one call, with every issue's path; [`strict`]: structs are objects.
//!
//! Limits stand in `#[garde(…)]` on the fields; schemars reads the same attributes. A string's length is always counted in
//! UTF-16 units (`length(utf16, …)`), as JavaScript counts, but for a path, whose length is in bytes (`length(bytes, …)` with
//! `x-maxLengthUtf8`). The contract is what a value looks like when it is serialised:
//! a field is optional when it has `skip_serializing_if` or a default.

pub mod optional;
pub mod parse;
pub mod strict;
pub mod tag;
pub mod text;
pub mod union;

pub use parse::{check, parse};
pub use text::WireUuid;

macro_rules_attribute::attribute_alias! {
    // A message whose optional fields are left out when absent; `null` is refused for them, as Zod's `optional()` does.
    #[apply(message)] =
        #[serde_with::apply(
            Option => #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "crate::wire::optional::present")],
        )]
        #[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize, schemars::JsonSchema, garde::Validate)]
        #[garde(allow_unvalidated)];
    // An answer whose absent values are `null`, never left out.
    #[apply(record)] =
        #[serde_with::apply(
            Option => #[serde(deserialize_with = "crate::wire::optional::nullable")],
        )]
        #[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize, schemars::JsonSchema, garde::Validate)]
        #[garde(allow_unvalidated)];
    // A word out of a fixed list.
    #[apply(word)] =
        #[derive(
            Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize, schemars::JsonSchema, garde::Validate,
        )]
        #[garde(allow_unvalidated)];
}
