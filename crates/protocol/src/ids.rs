//! Identifiers and positions, each a type of its own so that none stands for another.

use std::{borrow::Cow, fmt, str::FromStr};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, de};
use uuid::Uuid;

use crate::{limits, wire::text};

/// Reads a UUID in the one form of the wire: the `uuid` crate takes braces and others too.
fn wire_uuid<'de, D: Deserializer<'de>>(d: D) -> Result<Uuid, D::Error> {
    let s = Cow::<'de, str>::deserialize(d)?;
    let id = if text::is_uuid(&s) { Uuid::try_parse(&s).ok() } else { None };
    id.ok_or_else(|| de::Error::custom(text::not_a_uuid(&s)))
}

macro_rules! uuid_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
                wire_uuid(d).map(Self)
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
                text::uuid_schema()
            }
        }

        impl $name {
            /// A new identifier that sorts by its time of creation (UUIDv7).
            #[must_use]
            #[allow(clippy::new_without_default, reason = "an id is never a default")]
            pub fn new() -> Self {
                Self(Uuid::now_v7())
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.0)
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;
            fn from_str(s: &str) -> Result<Self, Self::Err> {
                Uuid::try_parse(s).map(Self)
            }
        }
    };
}

uuid_id! {
    /// A user's request; owns one session and one instance.
    TaskId
}
uuid_id! {
    /// One agent process in one workspace, with its log.
    SessionId
}
uuid_id! {
    /// One sandbox that a runtime made.
    InstanceId
}
uuid_id! {
    /// One prompt and all that the agent does until it ends.
    TurnId
}
uuid_id! {
    /// One durable order to a session: a row of its inbox.
    CommandId
}
uuid_id! {
    /// One question of an agent to a person.
    PermissionId
}
uuid_id! {
    /// One access token's public name.
    TokenId
}
uuid_id! {
    /// One file brought ahead of a task (a repository bundle).
    UploadId
}

uuid_id! {
    /// A receiver of events outside.
    WebhookId
}
uuid_id! {
    /// An event for one webhook.
    DeliveryId
}

macro_rules! counter {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(
            Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema,
        )]
        #[serde(transparent)]
        #[schemars(inline)]
        pub struct $name(pub u64);

        impl $name {
            /// The position before the first.
            pub const ZERO: Self = Self(0);

            /// The next position.
            #[must_use]
            pub const fn next(self) -> Self {
                Self(self.0 + 1)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
                safe_integer(d).map(Self)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

/// Reads an integer that JavaScript holds exactly.
fn safe_integer<'de, D: Deserializer<'de>>(d: D) -> Result<u64, D::Error> {
    let n = u64::deserialize(d)?;
    if n <= limits::SAFE_INTEGER {
        Ok(n)
    } else {
        Err(de::Error::custom(format!("is {n}; allowed are 0 to {}", limits::SAFE_INTEGER)))
    }
}

counter! {
    /// A place in a session's log: gapless from 1. `ZERO` is "before the first event".
    Seq
}
counter! {
    /// A place in a sidecar's journal: gapless from 1 within one life of the sidecar.
    Offset
}
counter! {
    /// Which life of a link an [`Offset`] belongs to; given by the control plane, never by the sidecar.
    LinkEpoch
}

/// The name of a user: 1 to 64 characters (UTF-16 units), none of them a control character.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct UserId(String);

impl UserId {
    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A user name that is empty, longer than 64 characters, or holds control characters.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a user id has 1 to 64 characters and no control characters")]
pub struct BadUserId;

impl TryFrom<String> for UserId {
    type Error = BadUserId;
    fn try_from(s: String) -> Result<Self, BadUserId> {
        let n = s.encode_utf16().count();
        if n == 0 || n > 64 || s.chars().any(char::is_control) { Err(BadUserId) } else { Ok(Self(s)) }
    }
}

impl JsonSchema for UserId {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> Cow<'static, str> {
        "UserId".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "minLength": 1, "maxLength": 64, "pattern": text::NO_CONTROL_PATTERN })
    }
}

impl FromStr for UserId {
    type Err = BadUserId;
    fn from_str(s: &str) -> Result<Self, BadUserId> {
        s.to_owned().try_into()
    }
}

impl From<UserId> for String {
    fn from(u: UserId) -> Self {
        u.0
    }
}

impl fmt::Display for UserId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for UserId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "UserId({:?})", self.0)
    }
}
