//! The client against a small server that speaks the wire and breaks it on purpose.

mod errors;
mod resume;
mod wire;
