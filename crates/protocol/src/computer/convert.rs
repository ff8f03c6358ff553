//! Actions as tool uses of a model, and back. What an action says is kept, in both directions.
//!
//! `null` stays `null` for `coordinates` and `holdKeys`; a `delay` or a mark of secrecy that is `null` is left out.

use super::{
    action::{
        Application, ApplicationAction, ClickMouseAction, ComputerAction, CursorPositionAction,
        DragMouseAction, MoveMouseAction, PasteTextAction, PressKeysAction, PressMouseAction, ReadFileAction,
        ScreenshotAction, ScrollAction, TraceMouseAction, TypeKeysAction, TypeTextAction, WaitAction,
        WriteFileAction,
    },
    input::{
        ApplicationInput, ClickMouseInput, DragMouseInput, EmptyInput, MoveMouseInput, PasteTextInput,
        PressKeysInput, PressMouseInput, ReadFileInput, ScrollInput, TraceMouseInput, TypeKeysInput,
        TypeTextInput, WaitInput, WriteFileInput,
    },
    tool_use::{
        ApplicationToolUseBlock, ClickMouseToolUseBlock, ComputerToolUseContentBlock,
        CursorPositionToolUseBlock, DragMouseToolUseBlock, MoveMouseToolUseBlock, OtherToolUseBlock,
        PasteTextToolUseBlock, PressKeysToolUseBlock, PressMouseToolUseBlock, ReadFileToolUseBlock,
        ScreenshotToolUseBlock, ScrollToolUseBlock, ToolUseContentBlock, TraceMouseToolUseBlock,
        TypeKeysToolUseBlock, TypeTextToolUseBlock, WaitToolUseBlock, WriteFileToolUseBlock,
    },
};
use crate::wire::{optional::Nullable, tag::Tag};

/// A tool use that names a program which the desktop does not know.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} is no application; allowed are firefox, 1password, thunderbird, vscode, terminal, desktop, directory"
)]
pub struct UnknownApplication(pub String);

/// A value; `null` is left out.
fn set<T>(field: Option<Nullable<T>>) -> Option<Nullable<T>> {
    field.filter(|n| n.0.is_some())
}

/// Both directions for actions whose fields are called the same, or are renamed and `null` there is left out.
macro_rules! convert {
    ($($action:ident, $block:ident, $input:ident { $($field:ident)* $(, $($from:ident = $to:ident)*)? })*) => {$(
        impl $action {
            /// The same as a tool use.
            #[must_use]
            pub fn tool_use(self, id: impl Into<String>) -> $block {
                $block::new(id, $input { $($field: self.$field,)* $($($to: set(self.$from),)*)? })
            }
        }

        impl From<$block> for $action {
            fn from(block: $block) -> Self {
                let $input { $($field,)* $($($to,)*)? } = block.input;
                Self { action: Tag::new(), $($field,)* $($($from: set($to),)*)? }
            }
        }
    )*};
}

convert! {
    MoveMouseAction, MoveMouseToolUseBlock, MoveMouseInput { coordinates }
    TraceMouseAction, TraceMouseToolUseBlock, TraceMouseInput { path hold_keys }
    ClickMouseAction, ClickMouseToolUseBlock, ClickMouseInput { button click_count coordinates hold_keys }
    PressMouseAction, PressMouseToolUseBlock, PressMouseInput { button press coordinates }
    DragMouseAction, DragMouseToolUseBlock, DragMouseInput { path button hold_keys }
    ScrollAction, ScrollToolUseBlock, ScrollInput { direction scroll_count coordinates hold_keys }
    TypeKeysAction, TypeKeysToolUseBlock, TypeKeysInput { keys, delay = delay }
    PressKeysAction, PressKeysToolUseBlock, PressKeysInput { keys press }
    TypeTextAction, TypeTextToolUseBlock, TypeTextInput { text, delay = delay sensitive = is_sensitive }
    PasteTextAction, PasteTextToolUseBlock, PasteTextInput { text, sensitive = is_sensitive }
    WaitAction, WaitToolUseBlock, WaitInput { duration }
    ScreenshotAction, ScreenshotToolUseBlock, EmptyInput {}
    CursorPositionAction, CursorPositionToolUseBlock, EmptyInput {}
    WriteFileAction, WriteFileToolUseBlock, WriteFileInput { path data }
    ReadFileAction, ReadFileToolUseBlock, ReadFileInput { path }
}

impl ApplicationAction {
    /// The same as a tool use.
    #[must_use]
    pub fn tool_use(self, id: impl Into<String>) -> ApplicationToolUseBlock {
        ApplicationToolUseBlock::new(
            id,
            ApplicationInput { application: self.application.as_str().to_owned() },
        )
    }
}

impl TryFrom<ApplicationToolUseBlock> for ApplicationAction {
    type Error = UnknownApplication;
    fn try_from(block: ApplicationToolUseBlock) -> Result<Self, UnknownApplication> {
        let word = block.input.application;
        let known = Application::ALL.iter().find(|(_, w)| *w == word);
        known
            .map(|(application, _)| Self { action: Tag::new(), application: *application })
            .ok_or(UnknownApplication(word))
    }
}

macro_rules! unions {
    ($($variant:ident)*) => {
        impl ComputerAction {
            /// The same as a tool use.
            #[must_use]
            pub fn tool_use(self, id: impl Into<String>) -> ComputerToolUseContentBlock {
                match self {
                    $(Self::$variant(action) => ComputerToolUseContentBlock::$variant(action.tool_use(id)),)*
                    Self::Application(action) => ComputerToolUseContentBlock::Application(action.tool_use(id)),
                }
            }
        }

        impl TryFrom<ComputerToolUseContentBlock> for ComputerAction {
            type Error = UnknownApplication;
            fn try_from(block: ComputerToolUseContentBlock) -> Result<Self, UnknownApplication> {
                match block {
                    $(ComputerToolUseContentBlock::$variant(block) => Ok(Self::$variant(block.into())),)*
                    ComputerToolUseContentBlock::Application(block) => block.try_into().map(Self::Application),
                }
            }
        }

        impl From<ComputerToolUseContentBlock> for ToolUseContentBlock {
            fn from(block: ComputerToolUseContentBlock) -> Self {
                match block {
                    $(ComputerToolUseContentBlock::$variant(block) => Self::$variant(block),)*
                    ComputerToolUseContentBlock::Application(block) => Self::Application(block),
                }
            }
        }

        impl ToolUseContentBlock {
            /// The tool use, when it is one of the desktop's.
            ///
            /// # Errors
            /// The tool use itself, when it is not.
            pub fn computer(self) -> Result<ComputerToolUseContentBlock, Self> {
                match self {
                    $(Self::$variant(block) => Ok(ComputerToolUseContentBlock::$variant(block)),)*
                    Self::Application(block) => Ok(ComputerToolUseContentBlock::Application(block)),
                    Self::SetTaskStatus(_) | Self::CreateTask(_) | Self::Other(_) => Err(self),
                }
            }
        }
    };
}

unions! {
    MoveMouse TraceMouse ClickMouse PressMouse DragMouse Scroll TypeKeys PressKeys TypeText PasteText Wait Screenshot
    CursorPosition WriteFile ReadFile
}

impl OtherToolUseBlock {
    /// The tool's name.
    #[must_use]
    pub fn tool(&self) -> &str {
        self.name.as_str()
    }
}
