//! The store's tests: one suite that every back end passes ([`conformance`], [`model`]), and what SQLite alone promises.
#![allow(clippy::unwrap_used, reason = "a test fails by it")]

mod conformance;
mod sqlite;
mod support;
