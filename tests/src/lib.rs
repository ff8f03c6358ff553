//! Fixtures of the tests across crates: a real server, its real sidecars and agents, and what a person does with them.

pub mod dice;
pub mod host;
pub mod leak;
mod needs;
mod outfit;
pub mod processes;
mod server;
pub mod session;
pub mod settle;
pub mod side;
pub mod sidecar;
mod task;
pub mod transcript;
pub mod world;

pub use needs::lacks;
pub use outfit::Outfit;
pub use server::{Server, ServerOptions, program};
pub use task::{Log, Request, text_of};
pub use world::World;
