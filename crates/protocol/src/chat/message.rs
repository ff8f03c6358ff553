//! Stored messages of a chat session, as REST gives them: snake_case, told apart by `type`.

use macro_rules_attribute::apply;
use serde_json::{Map, Value};

use super::parts::{Citation, MessageRole, StopReason};
use crate::{
    limits::{OPAQUE_ID_UTF16, SAFE_INTEGER},
    time::Timestamp,
    wire::{
        WireUuid, message,
        optional::Nullable,
        tag::{Tag, tagged},
        union::union,
        word,
    },
};

/// Tokens of a stored message.
#[apply(message)]
#[derive(Copy, Eq)]
pub struct MessageTokenUsage {
    /// Read.
    #[garde(range(max = SAFE_INTEGER))]
    pub input_tokens: u64,
    /// Written.
    #[garde(range(max = SAFE_INTEGER))]
    pub output_tokens: u64,
}

/// Thoughts are the agent's.
#[apply(word)]
#[serde(rename_all = "lowercase")]
pub enum AssistantRole {
    /// The agent.
    Assistant,
}

/// Where a tool's run stands.
#[apply(word)]
#[serde(rename_all = "lowercase")]
pub enum ToolStatus {
    /// It runs.
    Pending,
    /// It did what it should.
    Success,
    /// It failed.
    Error,
}

macro_rules! messages {
    ($($(#[doc = $doc:literal])* $name:ident $tag:ident = $text:literal { $($(#[$meta:meta])* $field:ident: $type:ty,)* })*) => {$(
        $(#[doc = $doc])*
        #[apply(message)]
        pub struct $name {
            #[doc = concat!("Always `", $text, "`.")]
            #[serde(rename = "type")]
            pub kind: Tag<$tag>,
            /// Unique.
            #[garde(length(utf16, min = 1, max = OPAQUE_ID_UTF16))]
            pub id: String,
            /// The session.
            pub session_id: WireUuid,
            /// The place in the session's log; `null` when it is not there.
            #[garde(inner(range(max = SAFE_INTEGER)))]
            pub sequence_number: Nullable<u64>,
            /// When.
            pub created_at: Timestamp,
            /// The event that it was made of.
            #[garde(length(utf16, max = OPAQUE_ID_UTF16))]
            pub event_id: Option<String>,
            $($(#[$meta])* pub $field: $type,)*
        }
    )*
        tagged! { $($name, $tag = $text;)* }
    };
}

messages! {
    /// A text of a person or of the agent.
    StandardMessage StandardMessageTag = "standard" {
        /// Who speaks.
        role: MessageRole,
        /// The text.
        content: String,
        /// What it took.
        #[garde(dive)]
        token_usage: Option<MessageTokenUsage>,
        /// Why the model stopped.
        stop_reason: Option<Nullable<StopReason>>,
        /// Which model.
        model: Option<String>,
        /// What the text rests on.
        #[garde(dive)]
        citations: Option<Vec<Citation>>,
    }

    /// Thoughts of the agent.
    ThinkingMessage ThinkingMessageTag = "thinking" {
        /// Always `assistant`.
        role: AssistantRole,
        /// The thoughts.
        content: String,
        /// How long they took, in milliseconds.
        #[garde(range(max = SAFE_INTEGER))]
        duration_ms: Option<u64>,
        /// Which model.
        model: Option<String>,
        /// What they took.
        #[garde(dive)]
        token_usage: Option<MessageTokenUsage>,
    }

    /// A use of a tool; its result is merged in when there is one.
    ToolUseMessage ToolUseMessageTag = "tool_use" {
        /// Which tool.
        tool_name: String,
        /// What it was called with.
        tool_args: Map<String, Value>,
        /// Where it stands.
        status: ToolStatus,
        /// What it gave.
        result: Option<Value>,
        /// Why it failed.
        error_message: Option<String>,
        /// Links it to its result.
        #[garde(length(utf16, max = OPAQUE_ID_UTF16))]
        tool_use_id: Option<String>,
    }

    /// What a tool gave.
    ToolResultMessage ToolResultMessageTag = "tool_result" {
        /// Which tool.
        tool_name: String,
        /// What it was called with.
        tool_args: Map<String, Value>,
        /// Whether it did what it should.
        success: bool,
        /// What it gave.
        result: Option<Value>,
        /// Why it failed.
        error_message: Option<String>,
        /// Links it to its use.
        #[garde(length(utf16, max = OPAQUE_ID_UTF16))]
        tool_use_id: Option<String>,
        /// How long it took, in milliseconds.
        #[garde(range(max = SAFE_INTEGER))]
        duration_ms: Option<u64>,
    }
}

union! {
    /// A stored message of a chat session.
    pub enum Message by "type" {
        /// A text of a person or of the agent.
        Standard(StandardMessage),
        /// Thoughts of the agent.
        Thinking(ThinkingMessage),
        /// A use of a tool.
        ToolUse(ToolUseMessage),
        /// What a tool gave.
        ToolResult(ToolResultMessage),
    }
}
