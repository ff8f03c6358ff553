//! The `local` runtime with real sandboxes, each test as whoever runs it and, when that is root, as an ordinary user too.

mod leftovers;
mod life;
mod limits;
mod support;
