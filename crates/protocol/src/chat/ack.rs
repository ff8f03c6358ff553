//! Acknowledgements of Socket.IO events, for clients that give a callback: `{ok: true, …}` or `{ok: false, code, error}`.

use std::borrow::Cow;

use macro_rules_attribute::apply;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use serde_json::{Map, Value};

use super::parts::ApprovalDecision;
use crate::{
    limits::{OPAQUE_ID_UTF16, SAFE_INTEGER},
    wire::{self, WireUuid, message, word},
};

macro_rules! constants {
    ($($(#[doc = $doc:literal])* $name:ident = $value:literal;)*) => {$(
        $(#[doc = $doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
        pub struct $name;

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
                s.serialize_bool($value)
            }
        }
        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
                let value = bool::deserialize(d)?;
                if value == $value {
                    Ok(Self)
                } else {
                    Err(de::Error::invalid_value(de::Unexpected::Bool(value), &stringify!($value)))
                }
            }
        }
        impl JsonSchema for $name {
            fn inline_schema() -> bool {
                true
            }
            fn schema_name() -> Cow<'static, str> {
                stringify!($name).into()
            }
            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({ "type": "boolean", "const": $value })
            }
        }
    )*};
}

constants! {
    /// The value `true`.
    Yes = true;
    /// The value `false`.
    No = false;
}

/// Why a socket's request was refused.
#[apply(word)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum SocketErrorCode {
    /// No such event.
    BadRequest,
    /// The payload does not fit its schema.
    ValidationError,
    /// Nobody is signed in.
    NotAuthenticated,
    /// Which session was not said.
    MissingSessionId,
    /// Not this user's.
    Unauthorized,
    /// Not allowed.
    Forbidden,
    /// No such session.
    SessionNotFound,
    /// The session is another user's.
    SessionAccessDenied,
    /// The agent works on something else.
    AgentBusy,
    /// Too many messages.
    SessionRateLimitExceeded,
    /// The message could not be handled.
    MessageProcessingError,
    /// No such approval.
    ApprovalNotFound,
    /// The approval has its answer.
    AlreadyResolved,
    /// The approval's time is over.
    Expired,
    /// Nobody waits for the approval.
    NoPendingPromise,
    /// The answer is neither yes nor no, or both.
    InvalidDecision,
    /// For now.
    ServiceUnavailable,
    /// A defect of Lia.
    InternalError,
}

/// A request was refused.
#[apply(message)]
#[derive(Eq)]
pub struct SocketRefusal {
    /// Always `false`.
    pub ok: No,
    /// For programs.
    pub code: SocketErrorCode,
    /// A sentence.
    pub error: String,
}

/// A session was joined.
#[apply(message)]
#[derive(Eq)]
#[serde(rename_all = "camelCase")]
pub struct SessionJoinOk {
    /// Always `true`.
    pub ok: Yes,
    /// The session.
    pub session_id: WireUuid,
    /// The newest place in its log.
    #[garde(range(max = SAFE_INTEGER))]
    pub last_sequence: u64,
}

/// A session was left.
#[apply(message)]
#[derive(Eq)]
pub struct SessionLeaveOk {
    /// Always `true`.
    pub ok: Yes,
}

/// A message is in the log.
#[apply(message)]
#[derive(Eq)]
#[serde(rename_all = "camelCase")]
pub struct ChatMessageOk {
    /// Always `true`.
    pub ok: Yes,
    /// The message's id.
    #[garde(length(utf16, min = 1, max = OPAQUE_ID_UTF16))]
    pub message_id: String,
    /// Its place in the log.
    #[garde(range(max = SAFE_INTEGER))]
    pub sequence_number: u64,
    /// Its event.
    #[garde(length(utf16, min = 1, max = OPAQUE_ID_UTF16))]
    pub event_id: String,
    /// The run that it starts.
    #[garde(length(utf16, min = 1, max = OPAQUE_ID_UTF16))]
    pub run_id: String,
}

/// A stop was heard.
#[apply(message)]
#[derive(Eq)]
pub struct StopAgentOk {
    /// Always `true`.
    pub ok: Yes,
    /// Whether a run was stopped; there may have been none.
    pub stopped: bool,
}

/// An answer was taken.
#[apply(message)]
#[derive(Eq)]
#[serde(rename_all = "camelCase")]
pub struct ApprovalResponseOk {
    /// Always `true`.
    pub ok: Yes,
    /// Which approval.
    pub approval_id: WireUuid,
    /// The answer.
    pub decision: ApprovalDecision,
}

macro_rules! acks {
    ($($(#[doc = $doc:literal])* $name:ident($ok:ident);)*) => {$(
        $(#[doc = $doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Serialize)]
        #[serde(untagged)]
        pub enum $name {
            /// It was done.
            Done($ok),
            /// It was refused.
            Refused(SocketRefusal),
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
                let map = Map::<String, Value>::deserialize(d)?;
                match map.get("ok") {
                    Some(Value::Bool(true)) => wire::parse::inside(map).map(Self::Done),
                    Some(Value::Bool(false)) => wire::parse::inside(map).map(Self::Refused),
                    Some(_) | None => Err(wire::parse::at("ok", "is true or false")),
                }
            }
        }

        impl garde::Validate for $name {
            type Context = ();
            fn validate_into(
                &self,
                ctx: &(),
                parent: &mut dyn FnMut() -> garde::Path,
                report: &mut garde::Report,
            ) {
                match self {
                    Self::Done(body) => body.validate_into(ctx, parent, report),
                    Self::Refused(body) => body.validate_into(ctx, parent, report),
                }
            }
        }

        impl JsonSchema for $name {
            fn schema_name() -> Cow<'static, str> {
                stringify!($name).into()
            }
            fn json_schema(generator: &mut SchemaGenerator) -> Schema {
                json_schema!({
                    "description": ([$($doc.trim()),*].join("\n")),
                    "oneOf": [generator.subschema_for::<$ok>(), generator.subschema_for::<SocketRefusal>()],
                    "discriminator": { "propertyName": "ok" },
                })
            }
        }
    )*};
}

acks! {
    /// Answers `session:join`.
    SessionJoinAck(SessionJoinOk);
    /// Answers `session:leave`.
    SessionLeaveAck(SessionLeaveOk);
    /// Answers `chat:message`.
    ChatMessageAck(ChatMessageOk);
    /// Answers `chat:stop`.
    StopAgentAck(StopAgentOk);
    /// Answers `approval:response`.
    ApprovalResponseAck(ApprovalResponseOk);
}
