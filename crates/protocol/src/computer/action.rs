//! What can be done to a desktop, told apart by `action`.

use macro_rules_attribute::apply;

use crate::wire::{
    message,
    optional::Nullable,
    tag::{Tag, tagged},
    union::union,
    word,
};

/// A point of the screen in pixels, from its top left corner.
#[apply(message)]
#[derive(Copy, Eq)]
pub struct Coordinates {
    /// To the right.
    pub x: i32,
    /// Down.
    pub y: i32,
}

/// A button of the mouse.
#[apply(word)]
#[serde(rename_all = "lowercase")]
pub enum Button {
    /// The left one.
    Left,
    /// The right one.
    Right,
    /// The wheel.
    Middle,
}

/// Whether a button or key goes down or up.
#[apply(word)]
#[serde(rename_all = "lowercase")]
pub enum Press {
    /// It is let go.
    Up,
    /// It is held.
    Down,
}

/// Where the wheel turns to.
#[apply(word)]
#[serde(rename_all = "lowercase")]
pub enum ScrollDirection {
    /// Up.
    Up,
    /// Down.
    Down,
    /// To the left.
    Left,
    /// To the right.
    Right,
}

/// A program of the desktop.
#[apply(word)]
#[serde(rename_all = "lowercase")]
pub enum Application {
    /// The web browser.
    Firefox,
    /// The password manager.
    #[serde(rename = "1password")]
    OnePassword,
    /// The mail program.
    Thunderbird,
    /// The editor.
    Vscode,
    /// A terminal.
    Terminal,
    /// The desktop itself, without windows.
    Desktop,
    /// The file manager.
    Directory,
}

impl Application {
    /// All, with the words on the wire.
    pub const ALL: &[(Self, &'static str)] = &[
        (Self::Firefox, "firefox"),
        (Self::OnePassword, "1password"),
        (Self::Thunderbird, "thunderbird"),
        (Self::Vscode, "vscode"),
        (Self::Terminal, "terminal"),
        (Self::Desktop, "desktop"),
        (Self::Directory, "directory"),
    ];

    /// The word on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        Self::ALL.iter().find(|(a, _)| *a == self).map_or("", |(_, word)| word)
    }
}

macro_rules! actions {
    ($($(#[doc = $doc:literal])* $name:ident $tag:ident = $text:literal { $($(#[$meta:meta])* $field:ident: $type:ty,)* })*) => {$(
        $(#[doc = $doc])*
        #[apply(message)]
        #[derive(Eq)]
        #[serde(rename_all = "camelCase")]
        pub struct $name {
            #[doc = concat!("Always `", $text, "`.")]
            pub action: Tag<$tag>,
            $($(#[$meta])* pub $field: $type,)*
        }
    )*
        tagged! { $($name, $tag = $text;)* }
    };
}

actions! {
    /// Puts the mouse somewhere.
    MoveMouseAction MoveMouseActionTag = "move_mouse" {
        /// Where.
        coordinates: Coordinates,
    }
    /// Moves the mouse along a path.
    TraceMouseAction TraceMouseActionTag = "trace_mouse" {
        /// The path.
        #[garde(length(min = 1))]
        path: Vec<Coordinates>,
        /// Keys that are held meanwhile.
        hold_keys: Option<Nullable<Vec<String>>>,
    }
    /// Clicks.
    ClickMouseAction ClickMouseActionTag = "click_mouse" {
        /// Where; where the mouse is when absent.
        coordinates: Option<Nullable<Coordinates>>,
        /// Which button.
        button: Button,
        /// Keys that are held meanwhile.
        hold_keys: Option<Nullable<Vec<String>>>,
        /// How often.
        #[garde(range(min = 1))]
        click_count: u32,
    }
    /// Holds a button, or lets it go.
    PressMouseAction PressMouseActionTag = "press_mouse" {
        /// Where; where the mouse is when absent.
        coordinates: Option<Nullable<Coordinates>>,
        /// Which button.
        button: Button,
        /// Down or up.
        press: Press,
    }
    /// Moves the mouse along a path with a button held.
    DragMouseAction DragMouseActionTag = "drag_mouse" {
        /// The path.
        #[garde(length(min = 1))]
        path: Vec<Coordinates>,
        /// Which button.
        button: Button,
        /// Keys that are held meanwhile.
        hold_keys: Option<Nullable<Vec<String>>>,
    }
    /// Turns the wheel.
    ScrollAction ScrollActionTag = "scroll" {
        /// Where; where the mouse is when absent.
        coordinates: Option<Nullable<Coordinates>>,
        /// Where to.
        direction: ScrollDirection,
        /// How many notches.
        #[garde(range(min = 1))]
        scroll_count: u32,
        /// Keys that are held meanwhile.
        hold_keys: Option<Nullable<Vec<String>>>,
    }
    /// Presses keys together and lets them go.
    TypeKeysAction TypeKeysActionTag = "type_keys" {
        /// The keys' names.
        #[garde(length(min = 1))]
        keys: Vec<String>,
        /// How long they are held, in milliseconds.
        delay: Option<Nullable<u32>>,
    }
    /// Holds keys, or lets them go.
    PressKeysAction PressKeysActionTag = "press_keys" {
        /// The keys' names.
        #[garde(length(min = 1))]
        keys: Vec<String>,
        /// Down or up.
        press: Press,
    }
    /// Types a text.
    TypeTextAction TypeTextActionTag = "type_text" {
        /// The text.
        text: String,
        /// How long to wait between characters, in milliseconds.
        delay: Option<Nullable<u32>>,
        /// Whether the text is a secret.
        sensitive: Option<Nullable<bool>>,
    }
    /// Pastes a text.
    PasteTextAction PasteTextActionTag = "paste_text" {
        /// The text.
        text: String,
        /// Whether the text is a secret (ours).
        sensitive: Option<Nullable<bool>>,
    }
    /// Waits.
    WaitAction WaitActionTag = "wait" {
        /// How long, in milliseconds.
        duration: u32,
    }
    /// Takes a picture of the screen.
    ScreenshotAction ScreenshotActionTag = "screenshot" {}
    /// Asks where the mouse is.
    CursorPositionAction CursorPositionActionTag = "cursor_position" {}
    /// Brings a program to the front, and starts it when it does not run.
    ApplicationAction ApplicationActionTag = "application" {
        /// Which.
        application: Application,
    }
    /// Writes a file.
    WriteFileAction WriteFileActionTag = "write_file" {
        /// Where; relative to the desktop's folder.
        path: String,
        /// The content in base64.
        data: String,
    }
    /// Reads a file.
    ReadFileAction ReadFileActionTag = "read_file" {
        /// Where; relative to the desktop's folder.
        path: String,
    }
}

union! {
    /// What can be done to a desktop: exactly the seed's twelve.
    pub enum SeedComputerAction by "action" {
        /// Puts the mouse somewhere.
        MoveMouse(MoveMouseAction),
        /// Moves the mouse along a path.
        TraceMouse(TraceMouseAction),
        /// Clicks.
        ClickMouse(ClickMouseAction),
        /// Holds a button, or lets it go.
        PressMouse(PressMouseAction),
        /// Moves the mouse along a path with a button held.
        DragMouse(DragMouseAction),
        /// Turns the wheel.
        Scroll(ScrollAction),
        /// Presses keys together and lets them go.
        TypeKeys(TypeKeysAction),
        /// Holds keys, or lets them go.
        PressKeys(PressKeysAction),
        /// Types a text.
        TypeText(TypeTextAction),
        /// Waits.
        Wait(WaitAction),
        /// Takes a picture of the screen.
        Screenshot(ScreenshotAction),
        /// Asks where the mouse is.
        CursorPosition(CursorPositionAction),
    }

    /// What can be done to a desktop: the seed's twelve, and four later ones.
    pub enum ComputerAction by "action" {
        /// Puts the mouse somewhere.
        MoveMouse(MoveMouseAction),
        /// Moves the mouse along a path.
        TraceMouse(TraceMouseAction),
        /// Clicks.
        ClickMouse(ClickMouseAction),
        /// Holds a button, or lets it go.
        PressMouse(PressMouseAction),
        /// Moves the mouse along a path with a button held.
        DragMouse(DragMouseAction),
        /// Turns the wheel.
        Scroll(ScrollAction),
        /// Presses keys together and lets them go.
        TypeKeys(TypeKeysAction),
        /// Holds keys, or lets them go.
        PressKeys(PressKeysAction),
        /// Types a text.
        TypeText(TypeTextAction),
        /// Pastes a text.
        PasteText(PasteTextAction),
        /// Waits.
        Wait(WaitAction),
        /// Takes a picture of the screen.
        Screenshot(ScreenshotAction),
        /// Asks where the mouse is.
        CursorPosition(CursorPositionAction),
        /// Brings a program to the front.
        Application(ApplicationAction),
        /// Writes a file.
        WriteFile(WriteFileAction),
        /// Reads a file.
        ReadFile(ReadFileAction),
    }
}

impl From<SeedComputerAction> for ComputerAction {
    fn from(action: SeedComputerAction) -> Self {
        match action {
            SeedComputerAction::MoveMouse(a) => Self::MoveMouse(a),
            SeedComputerAction::TraceMouse(a) => Self::TraceMouse(a),
            SeedComputerAction::ClickMouse(a) => Self::ClickMouse(a),
            SeedComputerAction::PressMouse(a) => Self::PressMouse(a),
            SeedComputerAction::DragMouse(a) => Self::DragMouse(a),
            SeedComputerAction::Scroll(a) => Self::Scroll(a),
            SeedComputerAction::TypeKeys(a) => Self::TypeKeys(a),
            SeedComputerAction::PressKeys(a) => Self::PressKeys(a),
            SeedComputerAction::TypeText(a) => Self::TypeText(a),
            SeedComputerAction::Wait(a) => Self::Wait(a),
            SeedComputerAction::Screenshot(a) => Self::Screenshot(a),
            SeedComputerAction::CursorPosition(a) => Self::CursorPosition(a),
        }
    }
}
