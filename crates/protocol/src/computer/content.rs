//! Content blocks: what messages between people, models and tools are made of, told apart by `type`.

use macro_rules_attribute::apply;

use super::tool_use::{ToolUseContentBlock, UserActionToolUseBlock};
use crate::{
    limits::SAFE_INTEGER,
    wire::{
        message,
        tag::{Tag, tagged},
        union::union,
        word,
    },
};

/// The tags of [`MessageContentBlock`].
#[apply(word)]
#[serde(rename_all = "snake_case")]
pub enum MessageContentType {
    /// A text.
    Text,
    /// A picture.
    Image,
    /// A file.
    Document,
    /// Thoughts.
    Thinking,
    /// Thoughts that only their model can read.
    RedactedThinking,
    /// What a person did to the desktop.
    UserAction,
    /// A use of a tool.
    ToolUse,
    /// What a tool gave.
    ToolResult,
}

/// How bytes are written.
#[apply(word)]
#[serde(rename_all = "lowercase")]
pub enum SourceEncoding {
    /// Base64.
    Base64,
}

/// The media type of a picture.
#[apply(word)]
pub enum ImageMediaType {
    /// PNG.
    #[serde(rename = "image/png")]
    Png,
}

/// The bytes of a picture.
#[apply(message)]
#[derive(Eq)]
pub struct ImageSource {
    /// Always `base64`.
    #[serde(rename = "type")]
    pub kind: SourceEncoding,
    /// Always `image/png`.
    pub media_type: ImageMediaType,
    /// The bytes.
    pub data: String,
}

/// The bytes of a file.
#[apply(message)]
#[derive(Eq)]
pub struct DocumentSource {
    /// Always `base64`.
    #[serde(rename = "type")]
    pub kind: SourceEncoding,
    /// The file's media type.
    pub media_type: String,
    /// The bytes.
    pub data: String,
}

macro_rules! blocks {
    ($($(#[doc = $doc:literal])* $name:ident $tag:ident = $text:literal { $($(#[$meta:meta])* $field:ident: $type:ty,)* })*) => {$(
        $(#[doc = $doc])*
        #[apply(message)]
        pub struct $name {
            #[doc = concat!("Always `", $text, "`.")]
            #[serde(rename = "type")]
            pub kind: Tag<$tag>,
            $($(#[$meta])* pub $field: $type,)*
        }
    )*
        tagged! { $($name, $tag = $text;)* }
    };
}

blocks! {
    /// A text.
    TextContentBlock TextContentTag = "text" {
        /// The text.
        text: String,
        /// Blocks that belong to it.
        #[garde(dive)]
        content: Option<Vec<MessageContentBlock>>,
    }
    /// A picture.
    ImageContentBlock ImageContentTag = "image" {
        /// The picture.
        #[garde(dive)]
        source: ImageSource,
        /// Blocks that belong to it.
        #[garde(dive)]
        content: Option<Vec<MessageContentBlock>>,
    }
    /// A file.
    DocumentContentBlock DocumentContentTag = "document" {
        /// The file.
        #[garde(dive)]
        source: DocumentSource,
        /// The file's name.
        name: Option<String>,
        /// Bytes.
        #[garde(range(max = SAFE_INTEGER))]
        size: Option<u64>,
        /// Blocks that belong to it.
        #[garde(dive)]
        content: Option<Vec<MessageContentBlock>>,
    }
    /// Thoughts.
    ThinkingContentBlock ThinkingContentTag = "thinking" {
        /// The thoughts.
        thinking: String,
        /// By it their model knows them again.
        signature: String,
        /// Blocks that belong to it.
        #[garde(dive)]
        content: Option<Vec<MessageContentBlock>>,
    }
    /// Thoughts that only their model can read.
    RedactedThinkingContentBlock RedactedThinkingContentTag = "redacted_thinking" {
        /// The thoughts.
        data: String,
        /// Blocks that belong to it.
        #[garde(dive)]
        content: Option<Vec<MessageContentBlock>>,
    }
    /// What a person did to the desktop while they had it.
    UserActionContentBlock UserActionContentTag = "user_action" {
        /// What they saw, and what they did.
        #[garde(dive)]
        content: Vec<UserActionContent>,
    }
    /// What a tool gave.
    ToolResultContentBlock ToolResultContentTag = "tool_result" {
        /// The use that it answers.
        tool_use_id: String,
        /// What it gave.
        #[garde(dive)]
        content: Vec<MessageContentBlock>,
        /// Whether it failed.
        is_error: Option<bool>,
    }
}

union! {
    /// A picture of the screen before, or what a person did then.
    pub enum UserActionContent by "type" {
        /// A picture.
        Image(ImageContentBlock),
        /// What they did.
        ToolUse(UserActionToolUseBlock),
    }

    /// A part of a message.
    pub enum MessageContentBlock by "type" {
        /// A text.
        Text(TextContentBlock),
        /// A picture.
        Image(ImageContentBlock),
        /// A file.
        Document(DocumentContentBlock),
        /// Thoughts.
        Thinking(ThinkingContentBlock),
        /// Thoughts that only their model can read.
        RedactedThinking(RedactedThinkingContentBlock),
        /// What a person did to the desktop.
        UserAction(UserActionContentBlock),
        /// A use of a tool.
        ToolUse(ToolUseContentBlock),
        /// What a tool gave.
        ToolResult(ToolResultContentBlock),
    }
}
