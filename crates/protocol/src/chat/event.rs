//! What an agent does, as it is told to chat clients: exactly the seed's 16 events.

use macro_rules_attribute::apply;
use serde_json::{Map, Value};

use super::{
    ApprovalDecision, ApprovalPriority, ChangeSummary, ChatAttachmentSummary, ChatEndReason, Citation,
    CitedFile, CompletionReason, FileMention, MessageRole, PersistenceState, StopReason, TokenUsage,
    base::{Class, Event, Head, Stored, events},
};
use crate::{
    error::{ErrorCode, Issue},
    limits::{CHAT_ATTACHMENTS, OPAQUE_ID_UTF16, SAFE_INTEGER},
    time::Timestamp,
    wire::{
        WireUuid, message,
        optional::Nullable,
        tag::{Tag, tagged},
        union::union,
    },
};

events! {
    /// A run begins.
    framing SessionStartEvent SessionStartTag = "session_start" {
        /// The user who asked.
        #[garde(length(utf16, min = 1, max = OPAQUE_ID_UTF16))]
        user_id: String,
    } {}

    /// A block of thinking is finished.
    stored ThinkingEvent ThinkingTag = "thinking" {} {
        /// The thoughts; absent when they were redacted.
        content: Option<String>,
        /// How many tokens they took, an estimate.
        #[garde(range(max = SAFE_INTEGER))]
        token_count: Option<u64>,
    }

    /// Some thinking.
    transient ThinkingChunkEvent ThinkingChunkTag = "thinking_chunk" {
        /// The text that came.
        content: String,
    } {
        /// Which content block it belongs to.
        block_index: Option<u32>,
        /// Which message it belongs to.
        #[garde(length(utf16, max = OPAQUE_ID_UTF16))]
        message_id: Option<String>,
    }

    /// All text of a message so far, for a client that came late.
    transient MessagePartialEvent MessagePartialTag = "message_partial" {
        /// The text so far.
        content: String,
    } {
        /// Which message.
        #[garde(length(utf16, max = OPAQUE_ID_UTF16))]
        message_id: Option<String>,
    }

    /// A finished message; it replaces its chunks.
    stored MessageEvent MessageTag = "message" {
        /// The text.
        content: String,
        /// The message's id.
        #[garde(length(utf16, min = 1, max = OPAQUE_ID_UTF16))]
        message_id: String,
        /// Who speaks.
        role: MessageRole,
    } {
        /// Why the model stopped.
        stop_reason: Option<Nullable<StopReason>>,
        /// What it took.
        #[garde(dive)]
        token_usage: Option<TokenUsage>,
        /// Which model.
        model: Option<String>,
    }

    /// Some text of a message.
    transient MessageChunkEvent MessageChunkTag = "message_chunk" {
        /// The text that came.
        content: String,
    } {
        /// Which message it belongs to.
        #[garde(length(utf16, max = OPAQUE_ID_UTF16))]
        message_id: Option<String>,
        /// What the text rests on.
        #[garde(dive)]
        citations: Option<Vec<Citation>>,
    }

    /// The agent uses a tool.
    stored ToolUseEvent ToolUseTag = "tool_use" {
        /// Which tool.
        tool_name: String,
        /// What it is called with, complete.
        args: Map<String, Value>,
    } {
        /// Links it to its result.
        #[garde(length(utf16, max = OPAQUE_ID_UTF16))]
        tool_use_id: Option<String>,
    }

    /// A tool has finished, well or not.
    stored ToolResultEvent ToolResultTag = "tool_result" {
        /// Which tool.
        tool_name: String,
        /// What it gave; `null` when it failed.
        result: Value,
        /// Whether it did what it should.
        success: bool,
    } {
        /// What it was called with.
        args: Option<Map<String, Value>>,
        /// Why it failed.
        error: Option<String>,
        /// Links it to its use.
        #[garde(length(utf16, max = OPAQUE_ID_UTF16))]
        tool_use_id: Option<String>,
        /// How long it took, in milliseconds.
        #[garde(range(max = SAFE_INTEGER))]
        duration_ms: Option<u64>,
    }

    /// The run failed. No `complete` follows.
    transient ErrorEvent ErrorTag = "error" {
        /// A sentence.
        error: String,
    } {
        /// For programs: an error code, or an operating system's.
        code: Option<String>,
        /// Where it happened; development only.
        stack: Option<String>,
        /// Whether a repeat may help.
        retryable: Option<bool>,
        /// When, in milliseconds.
        #[garde(range(max = SAFE_INTEGER))]
        retry_after_ms: Option<u64>,
    }

    /// The session ended.
    framing SessionEndEvent SessionEndTag = "session_end" {} {
        /// Why.
        reason: Option<ChatEndReason>,
    }

    /// The run ended.
    transient CompleteEvent CompleteTag = "complete" {
        /// How.
        reason: CompletionReason,
    } {
        /// Why the model stopped.
        stop_reason: Option<StopReason>,
        /// The files that the answer rests on; an empty list clears them.
        #[garde(dive)]
        cited_files: Option<Vec<CitedFile>>,
        /// The message that they belong to.
        #[garde(length(utf16, max = OPAQUE_ID_UTF16))]
        message_id: Option<String>,
    }

    /// A tool waits for a person's approval.
    stored ApprovalRequestedEvent ApprovalRequestedTag = "approval_requested" {
        /// Which approval.
        #[garde(length(utf16, min = 1, max = OPAQUE_ID_UTF16))]
        approval_id: String,
        /// Which tool.
        tool_name: String,
        /// What it would be called with.
        args: Map<String, Value>,
        /// What it would do, in a sentence.
        change_summary: String,
        /// How much depends on it.
        priority: ApprovalPriority,
    } {
        /// When it counts as rejected.
        expires_at: Option<Timestamp>,
        /// What it would do, in parts.
        #[garde(dive)]
        change_details: Option<ChangeSummary>,
    }

    /// An approval has its answer.
    stored ApprovalResolvedEvent ApprovalResolvedTag = "approval_resolved" {
        /// Which approval.
        #[garde(length(utf16, min = 1, max = OPAQUE_ID_UTF16))]
        approval_id: String,
        /// The answer.
        decision: ApprovalDecision,
    } {
        /// Why.
        reason: Option<String>,
    }

    /// A user's message is in the log.
    confirmed UserMessageConfirmedEvent UserMessageConfirmedTag = "user_message_confirmed" {
        /// The message's id.
        #[garde(length(utf16, min = 1, max = OPAQUE_ID_UTF16))]
        message_id: String,
        /// Who wrote it.
        #[garde(length(utf16, min = 1, max = OPAQUE_ID_UTF16))]
        user_id: String,
        /// The text.
        content: String,
    } {
        /// The ids of files that came with it.
        #[garde(length(max = CHAT_ATTACHMENTS))]
        chat_attachment_ids: Option<Vec<WireUuid>>,
        /// Files that came with it.
        #[garde(dive, length(max = CHAT_ATTACHMENTS))]
        chat_attachments: Option<Vec<ChatAttachmentSummary>>,
        /// Files that it speaks of.
        #[garde(dive)]
        mentions: Option<Vec<FileMention>>,
        /// The id that the client gave it (ours).
        #[garde(length(utf16, max = OPAQUE_ID_UTF16))]
        client_message_id: Option<String>,
    }

    /// The model made a pause; a new message goes on.
    stored TurnPausedEvent TurnPausedTag = "turn_paused" {
        /// The message that it paused in.
        #[garde(length(utf16, min = 1, max = OPAQUE_ID_UTF16))]
        message_id: String,
    } {
        /// The text so far.
        content: Option<String>,
        /// Why.
        reason: Option<String>,
    }

    /// The model refused.
    stored ContentRefusedEvent ContentRefusedTag = "content_refused" {
        /// The message that it refused in.
        #[garde(length(utf16, min = 1, max = OPAQUE_ID_UTF16))]
        message_id: String,
    } {
        /// Why.
        reason: Option<String>,
        /// The text so far; may be empty.
        content: Option<String>,
    }
}

union! {
    /// What an agent does: exactly the 16 events of seed 002, told apart by `type`.
    pub enum AgentEvent by "type" {
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
}

impl AgentEvent {
    /// What is the same for every event.
    #[must_use]
    pub fn event(&self) -> &dyn Event {
        match self {
            Self::SessionStart(e) => e,
            Self::Thinking(e) => e,
            Self::ThinkingChunk(e) => e,
            Self::MessagePartial(e) => e,
            Self::Message(e) => e,
            Self::MessageChunk(e) => e,
            Self::ToolUse(e) => e,
            Self::ToolResult(e) => e,
            Self::Error(e) => e,
            Self::SessionEnd(e) => e,
            Self::Complete(e) => e,
            Self::ApprovalRequested(e) => e,
            Self::ApprovalResolved(e) => e,
            Self::UserMessageConfirmed(e) => e,
            Self::TurnPaused(e) => e,
            Self::ContentRefused(e) => e,
        }
    }

    /// What the event says of its place in the log that cannot be so: an event of the log has a sequence number unless
    /// it failed, a transient one has none.
    #[must_use]
    pub fn broken(&self) -> Vec<Issue> {
        super::base::broken(self.event())
    }

    /// Whether the event ends its run.
    #[must_use]
    pub const fn is_terminal(&self) -> bool {
        matches!(self, Self::Complete(_) | Self::Error(_))
    }
}

impl ErrorEvent {
    /// The code, when it is one of the contract's.
    #[must_use]
    pub fn error_code(&self) -> Option<ErrorCode> {
        self.code.as_deref().and_then(ErrorCode::find)
    }
}
