//! The fields that every event has, and the constructors that keep them true.
//!
//! An event of the log has a sequence number unless writing it failed; a transient event has none. The structs' fields
//! allow more, since a peer may send more: [`broken`] says what is not so.

use crate::{error::Issue, time::Timestamp, wire::WireUuid};

use super::PersistenceState;

/// Whether events of a type are written to the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// Written: they have a sequence number.
    Stored,
    /// Never written: they have none.
    Transient,
}

/// What every event is made with.
#[derive(Clone, Debug, PartialEq)]
pub struct Head {
    /// The session.
    pub session_id: WireUuid,
    /// When.
    pub timestamp: Timestamp,
    /// The event's id.
    pub event_id: String,
    /// What links it to related events: a tool use's or an approval's id.
    pub correlation_id: Option<String>,
    /// The event of the user message that started the run.
    pub parent_event_id: Option<String>,
    /// The event's place among those of the run, from 0.
    pub event_index: Option<u64>,
}

/// How far an event of the log has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stored {
    /// Waits to be written, under this number.
    Queued(u64),
    /// Sent before it is written under this number.
    Pending(u64),
    /// Written under this number.
    Persisted(u64),
    /// Could not be written.
    Failed,
}

impl Stored {
    /// The word on the wire.
    #[must_use]
    pub const fn state(self) -> PersistenceState {
        match self {
            Self::Queued(_) => PersistenceState::Queued,
            Self::Pending(_) => PersistenceState::Pending,
            Self::Persisted(_) => PersistenceState::Persisted,
            Self::Failed => PersistenceState::Failed,
        }
    }

    /// The place in the log.
    #[must_use]
    pub const fn sequence(self) -> Option<u64> {
        match self {
            Self::Queued(n) | Self::Pending(n) | Self::Persisted(n) => Some(n),
            Self::Failed => None,
        }
    }
}

/// What is the same for every event.
pub trait Event {
    /// Whether events of this type are written to the log.
    fn class(&self) -> Class;
    /// The session, when it is said.
    fn session_id(&self) -> Option<&WireUuid>;
    /// When; never a sort key.
    fn timestamp(&self) -> Timestamp;
    /// The event's id.
    fn event_id(&self) -> &str;
    /// The place in the log: the sort key.
    fn sequence_number(&self) -> Option<u64>;
    /// Whether it is in the log.
    fn persistence_state(&self) -> PersistenceState;
}

/// What an event says of its place in the log that cannot be so.
#[must_use]
pub fn broken(event: &dyn Event) -> Vec<Issue> {
    let mut out = Vec::new();
    let mut issue =
        |path: &str, message: &str| out.push(Issue { path: path.into(), message: message.into() });
    let state = event.persistence_state();
    match (event.class(), state == PersistenceState::Transient) {
        (Class::Stored, true) => issue("persistenceState", "events of this type are written to the log"),
        (Class::Transient, false) => issue("persistenceState", "events of this type are transient"),
        (Class::Stored, false) | (Class::Transient, true) => {}
    }
    match (event.class(), event.sequence_number()) {
        (Class::Stored, None) if state != PersistenceState::Failed => {
            issue("sequenceNumber", "is missing, and the event did not fail");
        }
        (Class::Transient, Some(_)) => issue("sequenceNumber", "a transient event has none"),
        (Class::Stored, _) | (Class::Transient, None) => {}
    }
    out
}

/// Makes the structs of events: `class Name Tag = "tag" { what it needs } { what it may have }`.
///
/// Classes: `stored`, `transient`; `framing` (transient, and the session is always said); `confirmed` (stored, and the
/// sequence number is always said).
macro_rules! events {
    ($(
        $(#[doc = $doc:literal])*
        $class:ident $name:ident $tag:ident = $text:literal
        { $($(#[$needs:meta])* $need:ident: $needed:ty,)* }
        { $($(#[$mays:meta])* $may:ident: $optional:ty,)* }
    )*) => {$(
        $crate::chat::base::events! { @$class
            [$(#[doc = $doc])*] $name $tag $text
            [$($(#[$needs])* pub $need: $needed,)*]
            [$($(#[$mays])* pub $may: $optional,)*]
        }
        $crate::chat::base::events! { @new $class $name [$($need: $needed,)*] [$($may)*] }
    )*
        tagged! { $($name, $tag = $text;)* }
    };
    (@stored $($rest:tt)*) => {
        $crate::chat::base::events! { @struct Stored [Option<WireUuid>] [Option<u64>] [event.session_id.as_ref()] [event.sequence_number] event $($rest)* }
    };
    (@transient $($rest:tt)*) => {
        $crate::chat::base::events! { @struct Transient [Option<WireUuid>] [Option<u64>] [event.session_id.as_ref()] [event.sequence_number] event $($rest)* }
    };
    (@framing $($rest:tt)*) => {
        $crate::chat::base::events! { @struct Transient [WireUuid] [Option<u64>] [Some(&event.session_id)] [event.sequence_number] event $($rest)* }
    };
    (@confirmed $($rest:tt)*) => {
        $crate::chat::base::events! { @struct Stored [Option<WireUuid>] [u64] [event.session_id.as_ref()] [Some(event.sequence_number)] event $($rest)* }
    };
    (@struct $class:ident [$($session:tt)*] [$($sequence:tt)*] [$the_session:expr] [$the_sequence:expr] $event:ident
        [$($doc:tt)*] $name:ident $tag:ident $text:literal [$($needs:tt)*] [$($mays:tt)*]) => {
        $($doc)*
        #[apply(message)]
        #[serde(rename_all = "camelCase")]
        pub struct $name {
            #[doc = concat!("Always `", $text, "`.")]
            #[serde(rename = "type")]
            pub kind: Tag<$tag>,
            /// The session.
            pub session_id: $($session)*,
            /// When; never a sort key.
            pub timestamp: Timestamp,
            /// The event's id: a row's of the log, or a fresh one.
            #[garde(length(utf16, min = 1, max = OPAQUE_ID_UTF16))]
            pub event_id: String,
            /// The place in the session's log, the sort key. A transient event has none.
            #[garde(range(max = SAFE_INTEGER))]
            pub sequence_number: $($sequence)*,
            /// Whether it is in the log.
            pub persistence_state: PersistenceState,
            /// What links related events: a tool use's or an approval's id.
            #[garde(length(utf16, max = OPAQUE_ID_UTF16))]
            pub correlation_id: Option<String>,
            /// The event of the user message that started the run.
            #[garde(length(utf16, max = OPAQUE_ID_UTF16))]
            pub parent_event_id: Option<String>,
            /// The place among the run's events, from 0.
            #[garde(range(max = SAFE_INTEGER))]
            pub event_index: Option<u64>,
            /// Of a workflow's inside: kept for audit, not shown.
            pub is_internal: Option<bool>,
            $($needs)*
            $($mays)*
        }

        impl Event for $name {
            fn class(&self) -> Class {
                Class::$class
            }
            fn session_id(&self) -> Option<&WireUuid> {
                let $event = self;
                $the_session
            }
            fn timestamp(&self) -> Timestamp {
                self.timestamp
            }
            fn event_id(&self) -> &str {
                &self.event_id
            }
            fn sequence_number(&self) -> Option<u64> {
                let $event = self;
                $the_sequence
            }
            fn persistence_state(&self) -> PersistenceState {
                self.persistence_state
            }
        }
    };
    (@new stored $name:ident [$($need:ident: $needed:ty,)*] [$($may:ident)*]) => {
        impl $name {
            /// An event of the log; what is optional is absent.
            #[must_use]
            pub fn new(head: Head, stored: Stored $(, $need: $needed)*) -> Self {
                $crate::chat::base::events! { @made head (stored.sequence()) (stored.state()) [$($need)*] [$($may)*] }
            }
        }
    };
    (@new confirmed $name:ident [$($need:ident: $needed:ty,)*] [$($may:ident)*]) => {
        impl $name {
            /// An event that is in the log; what is optional is absent.
            #[must_use]
            pub fn new(head: Head, sequence_number: u64 $(, $need: $needed)*) -> Self {
                $crate::chat::base::events! { @made head sequence_number (PersistenceState::Persisted) [$($need)*] [$($may)*] }
            }
        }
    };
    (@new $transient:ident $name:ident [$($need:ident: $needed:ty,)*] [$($may:ident)*]) => {
        impl $name {
            /// An event that is never written; what is optional is absent.
            #[must_use]
            pub fn new(head: Head $(, $need: $needed)*) -> Self {
                $crate::chat::base::events! { @made head None (PersistenceState::Transient) [$($need)*] [$($may)*] }
            }
        }
    };
    (@made $head:ident $sequence:tt $state:tt [$($need:ident)*] [$($may:ident)*]) => {
        Self {
            kind: Tag::new(),
            session_id: $head.session_id.into(),
            timestamp: $head.timestamp,
            event_id: $head.event_id,
            sequence_number: $sequence,
            persistence_state: $state,
            correlation_id: $head.correlation_id,
            parent_event_id: $head.parent_event_id,
            event_index: $head.event_index,
            is_internal: None,
            $($need,)*
            $($may: None,)*
        }
    };
}
pub(super) use events;
