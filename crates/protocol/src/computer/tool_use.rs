//! Tool uses of a model: content blocks of the type `tool_use`, told apart by `name`.

use std::borrow::Cow;

use macro_rules_attribute::apply;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, de};
use serde_json::{Map, Value};

use super::{
    content::MessageContentBlock,
    input::{
        ApplicationInput, ClickMouseInput, CreateTaskInput, DragMouseInput, EmptyInput, MoveMouseInput,
        PasteTextInput, PressKeysInput, PressMouseInput, ReadFileInput, ScrollInput, SetTaskStatusInput,
        TraceMouseInput, TypeKeysInput, TypeTextInput, WaitInput, WriteFileInput,
    },
};
use crate::wire::{
    message,
    tag::{AnyTagged, Tag, TagText, Tagged, tagged},
    union::union,
};

/// The tag `tool_use`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ToolUseTypeTag {}

impl TagText for ToolUseTypeTag {
    const TEXT: &'static str = "tool_use";
}

macro_rules! blocks {
    ($($(#[doc = $doc:literal])* $name:ident $tag:ident = $text:literal ($input:ty);)*) => {$(
        $(#[doc = $doc])*
        #[apply(message)]
        pub struct $name {
            /// Always `tool_use`.
            #[serde(rename = "type")]
            pub kind: Tag<ToolUseTypeTag>,
            /// Links it to its result.
            pub id: String,
            #[doc = concat!("Always `", $text, "`.")]
            pub name: Tag<$tag>,
            /// What the tool is called with.
            #[garde(dive)]
            pub input: $input,
            /// Blocks that belong to it.
            #[garde(dive)]
            pub content: Option<Vec<MessageContentBlock>>,
        }

        impl $name {
            /// A use of the tool.
            #[must_use]
            pub fn new(id: impl Into<String>, input: $input) -> Self {
                Self { kind: Tag::new(), id: id.into(), name: Tag::new(), input, content: None }
            }
        }
    )*
        tagged! { $($name, $tag = $text;)* }
    };
}

blocks! {
    /// Puts the mouse somewhere.
    MoveMouseToolUseBlock MoveMouseToolName = "computer_move_mouse" (MoveMouseInput);
    /// Moves the mouse along a path.
    TraceMouseToolUseBlock TraceMouseToolName = "computer_trace_mouse" (TraceMouseInput);
    /// Clicks.
    ClickMouseToolUseBlock ClickMouseToolName = "computer_click_mouse" (ClickMouseInput);
    /// Holds a button, or lets it go.
    PressMouseToolUseBlock PressMouseToolName = "computer_press_mouse" (PressMouseInput);
    /// Moves the mouse along a path with a button held.
    DragMouseToolUseBlock DragMouseToolName = "computer_drag_mouse" (DragMouseInput);
    /// Turns the wheel.
    ScrollToolUseBlock ScrollToolName = "computer_scroll" (ScrollInput);
    /// Presses keys together and lets them go.
    TypeKeysToolUseBlock TypeKeysToolName = "computer_type_keys" (TypeKeysInput);
    /// Holds keys, or lets them go.
    PressKeysToolUseBlock PressKeysToolName = "computer_press_keys" (PressKeysInput);
    /// Types a text.
    TypeTextToolUseBlock TypeTextToolName = "computer_type_text" (TypeTextInput);
    /// Pastes a text.
    PasteTextToolUseBlock PasteTextToolName = "computer_paste_text" (PasteTextInput);
    /// Waits.
    WaitToolUseBlock WaitToolName = "computer_wait" (WaitInput);
    /// Takes a picture of the screen.
    ScreenshotToolUseBlock ScreenshotToolName = "computer_screenshot" (EmptyInput);
    /// Asks where the mouse is.
    CursorPositionToolUseBlock CursorPositionToolName = "computer_cursor_position" (EmptyInput);
    /// Brings a program to the front.
    ApplicationToolUseBlock ApplicationToolName = "computer_application" (ApplicationInput);
    /// Writes a file.
    WriteFileToolUseBlock WriteFileToolName = "computer_write_file" (WriteFileInput);
    /// Reads a file.
    ReadFileToolUseBlock ReadFileToolName = "computer_read_file" (ReadFileInput);
    /// Says how the task stands.
    SetTaskStatusToolUseBlock SetTaskStatusToolName = "set_task_status" (SetTaskStatusInput);
    /// Makes another task.
    CreateTaskToolUseBlock CreateTaskToolName = "create_task" (CreateTaskInput);
}

/// The name of a tool that is none of the contract's own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct OtherToolName(String);

impl OtherToolName {
    /// Takes a name over.
    ///
    /// # Errors
    /// The name, when it is one of the contract's own tools.
    pub fn new(name: impl Into<String>) -> Result<Self, String> {
        let name = name.into();
        if ToolUseContentBlock::TAGS.contains(&name.as_str()) { Err(name) } else { Ok(Self(name)) }
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl<'de> Deserialize<'de> for OtherToolName {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        Self::new(String::deserialize(d)?)
            .map_err(|name| de::Error::custom(format!("{name:?} has a type of its own")))
    }
}

impl JsonSchema for OtherToolName {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> Cow<'static, str> {
        "OtherToolName".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "not": { "enum": ToolUseContentBlock::TAGS } })
    }
}

/// A use of a tool that is none of the contract's own.
#[apply(message)]
pub struct OtherToolUseBlock {
    /// Always `tool_use`.
    #[serde(rename = "type")]
    pub kind: Tag<ToolUseTypeTag>,
    /// Links it to its result.
    pub id: String,
    /// Which tool.
    pub name: OtherToolName,
    /// What the tool is called with.
    pub input: Map<String, Value>,
    /// Blocks that belong to it.
    #[garde(dive)]
    pub content: Option<Vec<MessageContentBlock>>,
}

impl AnyTagged for OtherToolUseBlock {
    fn tag(&self) -> &str {
        self.name.as_str()
    }
}

union! {
    /// A use of one of the desktop's 16 tools.
    pub enum ComputerToolUseContentBlock by "name" {
        /// Puts the mouse somewhere.
        MoveMouse(MoveMouseToolUseBlock),
        /// Moves the mouse along a path.
        TraceMouse(TraceMouseToolUseBlock),
        /// Clicks.
        ClickMouse(ClickMouseToolUseBlock),
        /// Holds a button, or lets it go.
        PressMouse(PressMouseToolUseBlock),
        /// Moves the mouse along a path with a button held.
        DragMouse(DragMouseToolUseBlock),
        /// Turns the wheel.
        Scroll(ScrollToolUseBlock),
        /// Presses keys together and lets them go.
        TypeKeys(TypeKeysToolUseBlock),
        /// Holds keys, or lets them go.
        PressKeys(PressKeysToolUseBlock),
        /// Types a text.
        TypeText(TypeTextToolUseBlock),
        /// Pastes a text.
        PasteText(PasteTextToolUseBlock),
        /// Waits.
        Wait(WaitToolUseBlock),
        /// Takes a picture of the screen.
        Screenshot(ScreenshotToolUseBlock),
        /// Asks where the mouse is.
        CursorPosition(CursorPositionToolUseBlock),
        /// Brings a program to the front.
        Application(ApplicationToolUseBlock),
        /// Writes a file.
        WriteFile(WriteFileToolUseBlock),
        /// Reads a file.
        ReadFile(ReadFileToolUseBlock),
    }

    /// A use of any tool: the contract's own are checked, all others are kept as they are.
    pub enum ToolUseContentBlock by "name" {
        /// Puts the mouse somewhere.
        MoveMouse(MoveMouseToolUseBlock),
        /// Moves the mouse along a path.
        TraceMouse(TraceMouseToolUseBlock),
        /// Clicks.
        ClickMouse(ClickMouseToolUseBlock),
        /// Holds a button, or lets it go.
        PressMouse(PressMouseToolUseBlock),
        /// Moves the mouse along a path with a button held.
        DragMouse(DragMouseToolUseBlock),
        /// Turns the wheel.
        Scroll(ScrollToolUseBlock),
        /// Presses keys together and lets them go.
        TypeKeys(TypeKeysToolUseBlock),
        /// Holds keys, or lets them go.
        PressKeys(PressKeysToolUseBlock),
        /// Types a text.
        TypeText(TypeTextToolUseBlock),
        /// Pastes a text.
        PasteText(PasteTextToolUseBlock),
        /// Waits.
        Wait(WaitToolUseBlock),
        /// Takes a picture of the screen.
        Screenshot(ScreenshotToolUseBlock),
        /// Asks where the mouse is.
        CursorPosition(CursorPositionToolUseBlock),
        /// Brings a program to the front.
        Application(ApplicationToolUseBlock),
        /// Writes a file.
        WriteFile(WriteFileToolUseBlock),
        /// Reads a file.
        ReadFile(ReadFileToolUseBlock),
        /// Says how the task stands.
        SetTaskStatus(SetTaskStatusToolUseBlock),
        /// Makes another task.
        CreateTask(CreateTaskToolUseBlock),
    }
    else
    /// Any other tool.
    Other(OtherToolUseBlock)

    /// What a person did to the desktop, as a tool use.
    pub enum UserActionToolUseBlock by "name" {
        /// Puts the mouse somewhere.
        MoveMouse(MoveMouseToolUseBlock),
        /// Moves the mouse along a path.
        TraceMouse(TraceMouseToolUseBlock),
        /// Clicks.
        ClickMouse(ClickMouseToolUseBlock),
        /// Holds a button, or lets it go.
        PressMouse(PressMouseToolUseBlock),
        /// Presses keys together and lets them go.
        TypeKeys(TypeKeysToolUseBlock),
        /// Holds keys, or lets them go.
        PressKeys(PressKeysToolUseBlock),
        /// Types a text.
        TypeText(TypeTextToolUseBlock),
        /// Moves the mouse along a path with a button held.
        DragMouse(DragMouseToolUseBlock),
        /// Turns the wheel.
        Scroll(ScrollToolUseBlock),
    }
}

impl Tagged for ToolUseContentBlock {
    const TAG: &'static str = ToolUseTypeTag::TEXT;
}

impl Tagged for UserActionToolUseBlock {
    const TAG: &'static str = ToolUseTypeTag::TEXT;
}
