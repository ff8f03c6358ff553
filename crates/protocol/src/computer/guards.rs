//! Telling actions and content blocks apart without reading them: what the seed's guards look at, as one table. The
//! TypeScript guards are made from it.

use serde_json::Value;

/// One thing that a guard looks at. A path names a field, or a field of a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Test {
    /// The field is this text.
    Is(&'static str, &'static str),
    /// The field is a text.
    Text(&'static [&'static str]),
    /// The field is an object.
    Object(&'static str),
    /// The field is an object, a list or `null`: what JavaScript's `typeof` calls an object.
    TypeofObject(&'static str),
    /// The field is a text that begins so.
    Begins(&'static str, &'static str),
}

/// One guard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Guard {
    /// Its name in TypeScript.
    pub name: &'static str,
    /// The type that it tells.
    pub of: &'static str,
    /// All of these hold.
    pub tests: &'static [Test],
}

use Test::{Begins, Is, Object, Text, TypeofObject};

macro_rules! tool_use {
    ($($more:expr)?) => {
        &[Is("type", "tool_use"), Text(&["name"]), Text(&["id"]), TypeofObject("input") $(, $more)?]
    };
}

const SOURCE: [Test; 4] =
    [Object("source"), Text(&["source", "media_type"]), Text(&["source", "type"]), Text(&["source", "data"])];

/// The guards of the eight kinds of content blocks, in the order in which [`message_content_block_type`] asks them, with
/// the one of the desktop's tool uses before that of all.
pub const BLOCKS: &[Guard] = &[
    Guard {
        name: "isTextContentBlock",
        of: "TextContentBlock",
        tests: &[Is("type", "text"), Text(&["text"])],
    },
    Guard {
        name: "isImageContentBlock",
        of: "ImageContentBlock",
        tests: &[Is("type", "image"), SOURCE[0], SOURCE[1], SOURCE[2], SOURCE[3]],
    },
    Guard {
        name: "isDocumentContentBlock",
        of: "DocumentContentBlock",
        tests: &[Is("type", "document"), SOURCE[0], SOURCE[1], SOURCE[2], SOURCE[3]],
    },
    Guard {
        name: "isThinkingContentBlock",
        of: "ThinkingContentBlock",
        tests: &[Is("type", "thinking"), Text(&["thinking"]), Text(&["signature"])],
    },
    Guard {
        name: "isRedactedThinkingContentBlock",
        of: "RedactedThinkingContentBlock",
        tests: &[Is("type", "redacted_thinking"), Text(&["data"])],
    },
    Guard {
        name: "isComputerToolUseContentBlock",
        of: "ComputerToolUseContentBlock",
        tests: tool_use!(Begins("name", "computer_")),
    },
    Guard { name: "isToolUseContentBlock", of: "ToolUseContentBlock", tests: tool_use!() },
    Guard {
        name: "isToolResultContentBlock",
        of: "ToolResultContentBlock",
        tests: &[Is("type", "tool_result"), Text(&["tool_use_id"])],
    },
    Guard {
        name: "isUserActionContentBlock",
        of: "UserActionContentBlock",
        tests: &[Is("type", "user_action")],
    },
];

macro_rules! tools {
    ($($name:literal $of:literal $tool:literal;)*) => {
        &[$(Guard { name: $name, of: $of, tests: tool_use!(Is("name", $tool)) },)*]
    };
}

/// The guards of the tool uses that have a type of their own.
pub const TOOL_USES: &[Guard] = tools! {
    "isMoveMouseToolUseBlock" "MoveMouseToolUseBlock" "computer_move_mouse";
    "isTraceMouseToolUseBlock" "TraceMouseToolUseBlock" "computer_trace_mouse";
    "isClickMouseToolUseBlock" "ClickMouseToolUseBlock" "computer_click_mouse";
    "isCursorPositionToolUseBlock" "CursorPositionToolUseBlock" "computer_cursor_position";
    "isPressMouseToolUseBlock" "PressMouseToolUseBlock" "computer_press_mouse";
    "isDragMouseToolUseBlock" "DragMouseToolUseBlock" "computer_drag_mouse";
    "isScrollToolUseBlock" "ScrollToolUseBlock" "computer_scroll";
    "isTypeKeysToolUseBlock" "TypeKeysToolUseBlock" "computer_type_keys";
    "isPressKeysToolUseBlock" "PressKeysToolUseBlock" "computer_press_keys";
    "isTypeTextToolUseBlock" "TypeTextToolUseBlock" "computer_type_text";
    "isPasteTextToolUseBlock" "PasteTextToolUseBlock" "computer_paste_text";
    "isWaitToolUseBlock" "WaitToolUseBlock" "computer_wait";
    "isScreenshotToolUseBlock" "ScreenshotToolUseBlock" "computer_screenshot";
    "isApplicationToolUseBlock" "ApplicationToolUseBlock" "computer_application";
    "isWriteFileToolUseBlock" "WriteFileToolUseBlock" "computer_write_file";
    "isReadFileToolUseBlock" "ReadFileToolUseBlock" "computer_read_file";
    "isSetTaskStatusToolUseBlock" "SetTaskStatusToolUseBlock" "set_task_status";
    "isCreateTaskToolUseBlock" "CreateTaskToolUseBlock" "create_task";
};

macro_rules! actions {
    ($($name:literal $of:literal $action:literal;)*) => {
        &[$(Guard { name: $name, of: $of, tests: &[Is("action", $action)] },)*]
    };
}

/// The guards of the actions: the action's name, and nothing else.
pub const ACTIONS: &[Guard] = actions! {
    "isMoveMouseAction" "MoveMouseAction" "move_mouse";
    "isTraceMouseAction" "TraceMouseAction" "trace_mouse";
    "isClickMouseAction" "ClickMouseAction" "click_mouse";
    "isPressMouseAction" "PressMouseAction" "press_mouse";
    "isDragMouseAction" "DragMouseAction" "drag_mouse";
    "isScrollAction" "ScrollAction" "scroll";
    "isTypeKeysAction" "TypeKeysAction" "type_keys";
    "isPressKeysAction" "PressKeysAction" "press_keys";
    "isTypeTextAction" "TypeTextAction" "type_text";
    "isPasteTextAction" "PasteTextAction" "paste_text";
    "isWaitAction" "WaitAction" "wait";
    "isScreenshotAction" "ScreenshotAction" "screenshot";
    "isCursorPositionAction" "CursorPositionAction" "cursor_position";
    "isApplicationAction" "ApplicationAction" "application";
    "isWriteFileAction" "WriteFileAction" "write_file";
    "isReadFileAction" "ReadFileAction" "read_file";
};

impl Test {
    fn holds(self, value: &Value) -> bool {
        match self {
            Is(field, text) => value.get(field).and_then(Value::as_str) == Some(text),
            Text(path) => path.iter().try_fold(value, |v, field| v.get(field)).is_some_and(Value::is_string),
            Object(field) => value.get(field).is_some_and(Value::is_object),
            TypeofObject(field) => {
                value.get(field).is_some_and(|v| v.is_object() || v.is_array() || v.is_null())
            }
            Begins(field, text) => {
                value.get(field).and_then(Value::as_str).is_some_and(|t| t.starts_with(text))
            }
        }
    }
}

impl Guard {
    /// The guard with a name.
    #[must_use]
    pub fn find(name: &str) -> Option<&'static Self> {
        [BLOCKS, TOOL_USES, ACTIONS].into_iter().flatten().find(|g| g.name == name)
    }

    /// Whether a value passes.
    #[must_use]
    pub fn holds(&self, value: &Value) -> bool {
        value.is_object() && self.tests.iter().all(|t| t.holds(value))
    }
}

/// Whether a value passes the guard of any content block.
#[must_use]
pub fn is_message_content_block(value: &Value) -> bool {
    BLOCKS.iter().any(|g| g.holds(value))
}

/// What a content block is, in a word for people who debug. `None` for what is no block, and for `user_action`.
#[must_use]
pub fn message_content_block_type(value: &Value) -> Option<String> {
    let guard = BLOCKS.iter().filter(|g| g.of != "UserActionContentBlock").find(|g| g.holds(value))?;
    let name = value.get("name").and_then(Value::as_str).unwrap_or_default();
    match name.strip_prefix("computer_") {
        Some(tool)
            if guard.of == "ComputerToolUseContentBlock"
                && value.get("input").is_some_and(|i| !i.is_null()) =>
        {
            Some(format!("{}:{tool}", guard.of))
        }
        Some(_) | None => Some(guard.of.to_owned()),
    }
}
