//! Computer use (seed 004): what can be done to a desktop, and the content blocks that models and people exchange.
//!
//! - [`action`]: the 16 actions, and the seed's 12; [`result`]: what some of them give;
//! - [`input`], [`tool_use`]: the same as tool uses of a model; [`convert`]: actions ↔ tool uses;
//! - [`content`]: all content blocks; [`guards`]: telling them apart without reading them;
//! - [`tools`]: the 17 tools as a model is told of them.

pub mod action;
pub mod content;
pub mod convert;
pub mod guards;
pub mod input;
pub mod result;
pub mod tool_use;
pub mod tools;

pub use action::*;
pub use content::*;
pub use input::*;
pub use result::*;
pub use tool_use::*;
pub use tools::LlmTool;
