//! Many streams over one byte stream: what the control plane and a sidecar speak where a runtime has a single channel (a
//! virtio-serial port). Shared by both ends; it knows neither of them.
//!
//! ```text
//! streams     CONNECT <port> → OK, then bytes            [mux]: yamux, opened by the control plane
//! connection  RESET(epoch) → RESET_ACK(epoch), records   [conn]: what to do on every (re)connect
//! records     magic, link_epoch, length, CRC, payload    [record]: no I/O
//! bytes       a port that outlives its users
//! ```
//!
//! The port outlives the control plane: when one dies, half a record may be under way in either direction. A new one
//! begins with an epoch that is greater than all before, and nothing that belongs to an older epoch is delivered from the
//! moment its RESET is acknowledged.

pub mod conn;
pub mod mux;
pub mod record;

pub use conn::{Connection, Port};
pub use mux::{Opener, Stream};
