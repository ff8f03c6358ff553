//! A stand-in for the model vendors' APIs on loopback, for tests and demos: agents that speak to a model work against
//! it unchanged. It speaks Anthropic Messages, OpenAI Chat Completions and Responses, and Gemini, streamed and whole.
//!
//! It has no model. A prompt with `RUNTOOL <shell command>` is answered with one call of the agent's own shell tool,
//! the tool's result and every other prompt with a text of several deltas.
//!
//! Reading order:
//! - [`talk`]: a request without its vendor's form, and what is answered;
//! - [`tool`]: which of the agent's tools is its shell, and what arguments it wants;
//! - [`anthropic`], [`chat`], [`responses`], [`gemini`]: the four forms, there and back;
//! - [`record`]: what tests may ask afterwards;
//! - [`server`]: routes, keys, and the stream.

pub mod anthropic;
pub mod chat;
pub mod gemini;
pub mod record;
pub mod responses;
pub mod server;
pub mod talk;
pub mod tool;

pub use record::Record;
pub use server::{ModelServer, Options};
