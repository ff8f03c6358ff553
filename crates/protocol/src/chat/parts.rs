//! The words and small types that events are made of.

use std::borrow::Cow;

use macro_rules_attribute::apply;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::{
    limits::SAFE_INTEGER,
    wire::{message, optional::Nullable, word},
};

/// Whether an event is in the log.
#[apply(word)]
#[serde(rename_all = "lowercase")]
pub enum PersistenceState {
    /// Waits to be written.
    Queued,
    /// Written.
    Persisted,
    /// Could not be written.
    Failed,
    /// Never written.
    Transient,
    /// Sent before it is written.
    Pending,
}

/// Who speaks.
#[apply(word)]
#[serde(rename_all = "lowercase")]
pub enum MessageRole {
    /// A person.
    User,
    /// The agent.
    Assistant,
}

/// Why a chat session ended.
#[apply(word)]
#[serde(rename_all = "snake_case")]
pub enum ChatEndReason {
    /// It was done.
    Completed,
    /// It failed.
    Error,
    /// It took too long.
    Timeout,
    /// A person ended it.
    UserCancelled,
}

/// How a run ended.
#[apply(word)]
#[serde(rename_all = "snake_case")]
pub enum CompletionReason {
    /// It was done.
    Success,
    /// It failed.
    Error,
    /// It had no turns or no tokens left.
    MaxTurns,
    /// A person stopped it.
    UserCancelled,
}

/// How much depends on an approval, or how much a change touches.
#[apply(word)]
#[serde(rename_all = "lowercase")]
pub enum ApprovalPriority {
    /// Little.
    Low,
    /// Some.
    Medium,
    /// Much.
    High,
}

/// The answer to an approval.
#[apply(word)]
#[serde(rename_all = "lowercase")]
pub enum ApprovalDecision {
    /// Yes.
    Approved,
    /// No.
    Rejected,
}

macro_rules! stop_reasons {
    ($($(#[doc = $doc:literal])* $name:ident = $text:literal;)*) => {
        /// Why a model stopped. Other words may come from other providers.
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub enum StopReason {
            $($(#[doc = $doc])* $name,)*
            /// A word that is not known here.
            Other(String),
        }

        impl StopReason {
            /// The words that are known.
            pub const KNOWN: &[&'static str] = &[$($text),*];

            /// The word on the wire.
            #[must_use]
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$name => $text,)*
                    Self::Other(word) => word,
                }
            }
        }

        impl From<String> for StopReason {
            fn from(word: String) -> Self {
                match word.as_str() {
                    $($text => Self::$name,)*
                    _ => Self::Other(word),
                }
            }
        }
    };
}

stop_reasons! {
    /// The model was done.
    EndTurn = "end_turn";
    /// The model wants tools to run.
    ToolUse = "tool_use";
    /// The answer is as long as it may be.
    MaxTokens = "max_tokens";
    /// A text came that was to stop it.
    StopSequence = "stop_sequence";
    /// The model made a pause.
    PauseTurn = "pause_turn";
    /// The model refused.
    Refusal = "refusal";
    /// Done (other providers).
    Stop = "stop";
    /// Too long (other providers).
    Length = "length";
    /// Tools (other providers).
    ToolCalls = "tool_calls";
    /// A filter took the answer (other providers).
    ContentFilter = "content_filter";
}

impl Serialize for StopReason {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for StopReason {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        String::deserialize(d).map(Self::from)
    }
}

impl garde::Validate for StopReason {
    type Context = ();
    fn validate_into(&self, (): &(), _: &mut dyn FnMut() -> garde::Path, _: &mut garde::Report) {}
}

impl JsonSchema for StopReason {
    fn schema_name() -> Cow<'static, str> {
        "StopReason".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "Why a model stopped. Other words may come from other providers.",
            "type": "string",
            "x-known": Self::KNOWN,
        })
    }
}

/// Tokens of one answer of a model.
#[apply(message)]
#[derive(Copy, Eq)]
#[serde(rename_all = "camelCase")]
pub struct TokenUsage {
    /// Read.
    #[garde(range(max = SAFE_INTEGER))]
    pub input_tokens: u64,
    /// Written.
    #[garde(range(max = SAFE_INTEGER))]
    pub output_tokens: u64,
    /// An estimate of those spent on thinking; they are counted in `outputTokens`.
    #[garde(range(max = SAFE_INTEGER))]
    pub thinking_tokens: Option<u64>,
}

/// What a citation's place is counted in.
#[apply(word)]
#[serde(rename_all = "snake_case")]
pub enum CitationType {
    /// Characters.
    CharLocation,
    /// Pages.
    PageLocation,
    /// Content blocks.
    ContentBlockLocation,
}

/// A place in a document that a text rests on.
#[apply(message)]
#[derive(Eq)]
pub struct Citation {
    /// What the place is counted in.
    #[serde(rename = "type")]
    pub kind: CitationType,
    /// The words.
    pub cited_text: Option<String>,
    /// Which document, from 0.
    pub document_index: Option<u32>,
    /// Its title.
    pub document_title: Option<String>,
    /// First character, from 0.
    pub start_char_index: Option<u32>,
    /// The character after the last.
    pub end_char_index: Option<u32>,
    /// The page, from 1.
    pub page_number: Option<u32>,
}

/// Where a cited file comes from.
#[apply(word)]
#[serde(rename_all = "snake_case")]
pub enum CitedFileSource {
    /// The user's files.
    BlobStorage,
    /// A file that came with a message.
    ChatAttachment,
    /// SharePoint.
    Sharepoint,
    /// OneDrive.
    Onedrive,
    /// A mail.
    Email,
    /// The web.
    Web,
}

/// How a client gets a cited file.
#[apply(word)]
#[serde(rename_all = "snake_case")]
pub enum FetchStrategy {
    /// From the API.
    InternalApi,
    /// From the API of attachments.
    ChatAttachmentApi,
    /// Through the API, with the user's sign-in there.
    OauthProxy,
    /// Elsewhere.
    External,
}

/// A file that an answer rests on.
#[apply(message)]
#[serde(rename_all = "camelCase")]
pub struct CitedFile {
    /// Its name.
    pub file_name: String,
    /// Its id; `null` when it was deleted.
    pub file_id: Nullable<String>,
    /// Where it comes from.
    pub source_type: CitedFileSource,
    /// Its media type.
    pub mime_type: String,
    /// How well it fits, 0 to 1.
    #[garde(range(min = 0.0, max = 1.0))]
    pub relevance_score: f64,
    /// Whether it is a picture.
    pub is_image: bool,
    /// How to get it.
    pub fetch_strategy: FetchStrategy,
}

/// Where an uploaded file stands.
#[apply(word)]
#[serde(rename_all = "lowercase")]
pub enum ChatAttachmentStatus {
    /// On its way.
    Uploading,
    /// There.
    Ready,
    /// Its time is over.
    Expired,
    /// Gone.
    Deleted,
}

/// A file that came with a message.
#[apply(message)]
#[derive(Eq)]
#[serde(rename_all = "camelCase")]
pub struct ChatAttachmentSummary {
    /// Unique.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its media type.
    pub mime_type: String,
    /// Bytes.
    #[garde(range(max = SAFE_INTEGER))]
    pub size_bytes: u64,
    /// Whether it is a picture.
    pub is_image: bool,
    /// Where it stands.
    pub status: ChatAttachmentStatus,
}

/// What a mention points at.
#[apply(word)]
#[serde(rename_all = "lowercase")]
pub enum FileMentionType {
    /// A file.
    File,
    /// A folder.
    Folder,
    /// A site.
    Site,
}

/// A file that a message speaks of.
#[apply(message)]
#[derive(Eq)]
#[serde(rename_all = "camelCase")]
pub struct FileMention {
    /// Which.
    pub file_id: String,
    /// Its name.
    pub name: String,
    /// Whether it is a folder.
    pub is_folder: bool,
    /// Its media type.
    pub mime_type: String,
    /// What it is; a file when absent.
    #[serde(rename = "type")]
    pub kind: Option<FileMentionType>,
    /// The site that holds it.
    pub site_id: Option<String>,
}

/// One of several agents that share a session.
#[apply(message)]
#[derive(Eq)]
#[serde(rename_all = "camelCase")]
pub struct AgentIdentity {
    /// Unique.
    pub agent_id: String,
    /// For people.
    pub agent_name: String,
    /// A picture or a sign.
    pub agent_icon: Option<String>,
    /// A colour.
    pub agent_color: Option<String>,
}

/// Why another agent goes on.
#[apply(word)]
#[serde(rename_all = "snake_case")]
pub enum HandoffType {
    /// A supervisor chose it.
    SupervisorRouting,
    /// The agent before chose it.
    AgentHandoff,
    /// A person chose it.
    UserSelection,
}

/// What a change would do, for the person who approves it.
#[apply(message)]
#[serde(rename_all = "camelCase")]
pub struct ChangeSummary {
    /// A few words.
    pub title: String,
    /// A sentence; it is also the event's `changeSummary`.
    pub description: String,
    /// What changes, by name.
    pub changes: serde_json::Map<String, serde_json::Value>,
    /// How much it touches.
    pub impact: ApprovalPriority,
}
