//! What the tools are called with. The order of the fields is the one that the converters write.

use macro_rules_attribute::apply;

use super::action::{Button, Coordinates, Press, ScrollDirection};
use crate::{
    time::Timestamp,
    wire::{message, optional::Nullable, word},
};

macro_rules! inputs {
    ($($(#[doc = $doc:literal])* $name:ident { $($(#[$meta:meta])* $field:ident: $type:ty,)* })*) => {$(
        $(#[doc = $doc])*
        #[apply(message)]
        #[derive(Eq)]
        #[serde(rename_all = "camelCase")]
        pub struct $name {
            $($(#[$meta])* pub $field: $type,)*
        }
    )*};
}

inputs! {
    /// Input of `computer_move_mouse`.
    MoveMouseInput {
        /// Where.
        coordinates: Coordinates,
    }
    /// Input of `computer_trace_mouse`.
    TraceMouseInput {
        /// The path.
        #[garde(length(min = 1))]
        path: Vec<Coordinates>,
        /// Keys that are held meanwhile.
        hold_keys: Option<Nullable<Vec<String>>>,
    }
    /// Input of `computer_click_mouse`.
    ClickMouseInput {
        /// Which button.
        button: Button,
        /// How often.
        #[garde(range(min = 1))]
        click_count: u32,
        /// Where; where the mouse is when absent.
        coordinates: Option<Nullable<Coordinates>>,
        /// Keys that are held meanwhile.
        hold_keys: Option<Nullable<Vec<String>>>,
    }
    /// Input of `computer_press_mouse`.
    PressMouseInput {
        /// Which button.
        button: Button,
        /// Down or up.
        press: Press,
        /// Where; where the mouse is when absent.
        coordinates: Option<Nullable<Coordinates>>,
    }
    /// Input of `computer_drag_mouse`.
    DragMouseInput {
        /// The path.
        #[garde(length(min = 1))]
        path: Vec<Coordinates>,
        /// Which button.
        button: Button,
        /// Keys that are held meanwhile.
        hold_keys: Option<Nullable<Vec<String>>>,
    }
    /// Input of `computer_scroll`.
    ScrollInput {
        /// Where to.
        direction: ScrollDirection,
        /// How many notches.
        #[garde(range(min = 1))]
        scroll_count: u32,
        /// Where; where the mouse is when absent.
        coordinates: Option<Nullable<Coordinates>>,
        /// Keys that are held meanwhile.
        hold_keys: Option<Nullable<Vec<String>>>,
    }
    /// Input of `computer_type_keys`.
    TypeKeysInput {
        /// The keys' names.
        #[garde(length(min = 1))]
        keys: Vec<String>,
        /// How long they are held, in milliseconds.
        delay: Option<Nullable<u32>>,
    }
    /// Input of `computer_press_keys`.
    PressKeysInput {
        /// The keys' names.
        #[garde(length(min = 1))]
        keys: Vec<String>,
        /// Down or up.
        press: Press,
    }
    /// Input of `computer_type_text`.
    TypeTextInput {
        /// The text.
        text: String,
        /// How long to wait between characters, in milliseconds.
        delay: Option<Nullable<u32>>,
        /// Whether the text is a secret.
        is_sensitive: Option<Nullable<bool>>,
    }
    /// Input of `computer_paste_text`.
    PasteTextInput {
        /// The text.
        text: String,
        /// Whether the text is a secret.
        is_sensitive: Option<Nullable<bool>>,
    }
    /// Input of `computer_wait`.
    WaitInput {
        /// How long, in milliseconds.
        duration: u32,
    }
    /// Input of `computer_screenshot` and of `computer_cursor_position`.
    EmptyInput {}
    /// Input of `computer_application`.
    ApplicationInput {
        /// Which program; see `Application`.
        application: String,
    }
    /// Input of `computer_write_file`.
    WriteFileInput {
        /// Where; relative to the desktop's folder.
        path: String,
        /// The content in base64.
        data: String,
    }
    /// Input of `computer_read_file`.
    ReadFileInput {
        /// Where; relative to the desktop's folder.
        path: String,
    }
    /// Input of `set_task_status`.
    SetTaskStatusInput {
        /// How the task stands.
        status: AgentTaskStatus,
        /// What was done, or what is needed.
        description: String,
    }
    /// Input of `create_task`.
    CreateTaskInput {
        /// A few words.
        name: Option<String>,
        /// What is to be done.
        description: String,
        /// At once when absent.
        #[serde(rename = "type")]
        kind: Option<CreateTaskType>,
        /// When, for a scheduled one.
        scheduled_for: Option<Timestamp>,
        /// How much it matters; medium when absent.
        priority: Option<CreateTaskPriority>,
    }
}

/// How an agent says that its task stands.
#[apply(word)]
#[serde(rename_all = "snake_case")]
pub enum AgentTaskStatus {
    /// It is done.
    Completed,
    /// It cannot be done.
    Failed,
    /// A person must help.
    NeedsHelp,
}

macro_rules! either_case {
    ($($(#[doc = $doc:literal])* $name:ident { $($(#[doc = $vdoc:literal])* $lower:ident $small:literal $upper:ident $large:literal,)* })*) => {$(
        $(#[doc = $doc])*
        #[apply(word)]
        pub enum $name {
            $($(#[doc = $vdoc])* #[serde(rename = $small)] $lower,)*
            $($(#[doc = $vdoc])* #[serde(rename = $large)] $upper,)*
        }

        impl $name {
            /// The word in capitals.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$lower | Self::$upper => $large,)* }
            }
        }
    )*};
}

either_case! {
    /// When a task that an agent makes begins. Models write capitals, older messages small letters.
    CreateTaskType {
        /// At once.
        Immediate "immediate" ImmediateUpper "IMMEDIATE",
        /// At a time.
        Scheduled "scheduled" ScheduledUpper "SCHEDULED",
    }
    /// How much a task that an agent makes matters. Models write capitals, older messages small letters.
    CreateTaskPriority {
        /// Little.
        Low "low" LowUpper "LOW",
        /// As usual.
        Medium "medium" MediumUpper "MEDIUM",
        /// Much.
        High "high" HighUpper "HIGH",
        /// Before all others.
        Urgent "urgent" UrgentUpper "URGENT",
    }
}
