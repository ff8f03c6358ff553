//! The store's tests: one suite that every back end passes ([`conformance`], [`model`]), and what SQLite alone promises.
#![allow(clippy::unwrap_used, reason = "a test fails by it")]

mod child;
mod conformance;
mod full;
mod kill;
mod model;
mod sqlite;
mod support;
mod wal;
