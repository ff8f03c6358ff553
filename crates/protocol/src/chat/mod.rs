//! Chat (seed 002): what an agent does as events, the Socket.IO messages around them, and the REST types.
//!
//! - [`event`]: the 16 [`AgentEvent`]s; [`base`]: the fields that all have, and how they are made;
//! - [`ext`]: [`AgentEventExt`], the superset with later variants, and [`parse_agent_event`] for still later ones;
//! - [`parts`]: the words and small types that events are made of;
//! - [`socket`]: what clients and server send each other; [`approval`]: answers to approvals; [`ack`]: acknowledgements;
//! - [`request`]: REST queries and bodies; [`message`]: stored messages; [`session`]: sessions, to-dos, usage;
//! - [`error`]: the error body of the chat routes.
//!
//! Events are camelCase, stored messages, sessions and approvals snake_case; that split is the seed's.

pub mod ack;
pub mod approval;
pub mod base;
pub mod error;
pub mod event;
pub mod ext;
pub mod message;
pub mod parts;
pub mod request;
pub mod session;
pub mod socket;

pub use ack::*;
pub use approval::*;
pub use base::{Class, Event, Head, Stored};
pub use error::*;
pub use event::*;
pub use ext::*;
pub use message::*;
pub use parts::*;
pub use request::*;
pub use session::*;
pub use socket::*;
