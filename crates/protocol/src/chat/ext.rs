//! The superset of [`AgentEvent`] for clients that asked for it, and reading what is newer still.

use macro_rules_attribute::apply;
use serde_json::{Map, Value};

use super::{
    base::{Class, Event, Head, Stored, events},
    event::{
        AgentEvent, ApprovalRequestedEvent, ApprovalResolvedEvent, CompleteEvent, ContentRefusedEvent,
        ErrorEvent, MessageChunkEvent, MessageEvent, MessagePartialEvent, SessionEndEvent, SessionStartEvent,
        ThinkingChunkEvent, ThinkingEvent, ToolResultEvent, ToolUseEvent, TurnPausedEvent,
        UserMessageConfirmedEvent,
    },
    parts::{AgentIdentity, HandoffType, PersistenceState},
};
use crate::{
    error::Issue,
    limits::{OPAQUE_ID_UTF16, SAFE_INTEGER},
    time::Timestamp,
    wire::{
        self, WireUuid, message,
        tag::{Tag, tagged},
        union::union,
    },
};

events! {
    /// Thinking is over and text begins.
    transient ThinkingCompleteEvent ThinkingCompleteTag = "thinking_complete" {
        /// All thoughts.
        content: String,
    } {
        /// Which content block it was.
        block_index: Option<u32>,
        /// Which message it belongs to.
        #[garde(length(utf16, max = OPAQUE_ID_UTF16))]
        message_id: Option<String>,
    }

    /// Another agent goes on.
    stored AgentChangedEvent AgentChangedTag = "agent_changed" {
        /// Who worked.
        #[garde(dive)]
        previous_agent: AgentIdentity,
        /// Who works now.
        #[garde(dive)]
        current_agent: AgentIdentity,
    } {
        /// Why another.
        handoff_type: Option<HandoffType>,
        /// Why, in a sentence.
        reason: Option<String>,
    }
}

macro_rules! superset {
    ($($(#[$doc:meta])* $variant:ident($body:ident),)*) => {
        union! {
            /// The 16 events of [`AgentEvent`] and two later ones, for clients that asked for them.
            pub enum AgentEventExt by "type" {
                $($(#[$doc])* $variant($body),)*
                /// Thinking is over and text begins.
                ThinkingComplete(ThinkingCompleteEvent),
                /// Another agent goes on.
                AgentChanged(AgentChangedEvent),
            }
        }

        impl From<AgentEvent> for AgentEventExt {
            fn from(event: AgentEvent) -> Self {
                match event { $(AgentEvent::$variant(e) => Self::$variant(e),)* }
            }
        }

        impl AgentEventExt {
            /// The event for a client that knows only the seed's 16.
            ///
            /// # Errors
            /// The event itself, when it is a later one.
            pub fn seed(self) -> Result<AgentEvent, Box<Self>> {
                match self {
                    $(Self::$variant(e) => Ok(AgentEvent::$variant(e)),)*
                    Self::ThinkingComplete(_) | Self::AgentChanged(_) => Err(Box::new(self)),
                }
            }

            /// What is the same for every event.
            #[must_use]
            pub fn event(&self) -> &dyn Event {
                match self {
                    $(Self::$variant(e) => e,)*
                    Self::ThinkingComplete(e) => e,
                    Self::AgentChanged(e) => e,
                }
            }
        }
    };
}

superset! {
    /// A run begins.
    SessionStart(SessionStartEvent),
    /// A block of thinking is finished.
    Thinking(ThinkingEvent),
    /// Some thinking.
    ThinkingChunk(ThinkingChunkEvent),
    /// All text of a message so far.
    MessagePartial(MessagePartialEvent),
    /// A finished message.
    Message(MessageEvent),
    /// Some text of a message.
    MessageChunk(MessageChunkEvent),
    /// The agent uses a tool.
    ToolUse(ToolUseEvent),
    /// A tool has finished.
    ToolResult(ToolResultEvent),
    /// The run failed.
    Error(ErrorEvent),
    /// The session ended.
    SessionEnd(SessionEndEvent),
    /// The run ended.
    Complete(CompleteEvent),
    /// A tool waits for a person's approval.
    ApprovalRequested(ApprovalRequestedEvent),
    /// An approval has its answer.
    ApprovalResolved(ApprovalResolvedEvent),
    /// A user's message is in the log.
    UserMessageConfirmed(UserMessageConfirmedEvent),
    /// The model made a pause.
    TurnPaused(TurnPausedEvent),
    /// The model refused.
    ContentRefused(ContentRefusedEvent),
}

/// An event that is known, or one of a type that is newer than this program.
#[derive(Clone, Debug, PartialEq)]
pub enum ParsedAgentEvent {
    /// One of [`AgentEventExt`].
    Known(Box<AgentEventExt>),
    /// Of another type.
    Raw {
        /// Its type.
        kind: String,
        /// All of it.
        raw: Map<String, Value>,
    },
}

/// Reads an event; one of an unknown type is kept as it is and no error.
///
/// # Errors
/// What is wrong with an event of a known type, or that it is none.
pub fn parse_agent_event(json: &[u8]) -> Result<ParsedAgentEvent, Vec<Issue>> {
    let issues = match wire::parse::<AgentEventExt>(json) {
        Ok(event) => return Ok(ParsedAgentEvent::Known(Box::new(event))),
        Err(issues) => issues,
    };
    if issues.iter().any(|i| i.path == AgentEventExt::TAG_FIELD)
        && let Ok(raw) = serde_json::from_slice::<Map<String, Value>>(json)
        && let Some(Value::String(kind)) = raw.get(AgentEventExt::TAG_FIELD)
        && !AgentEventExt::TAGS.contains(&kind.as_str())
    {
        return Ok(ParsedAgentEvent::Raw { kind: kind.clone(), raw });
    }
    Err(issues)
}
