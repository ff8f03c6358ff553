//! A field that has one allowed text: the `type` or `action` of a message.

use std::{borrow::Cow, fmt, marker::PhantomData};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// Names the text of a [`Tag`].
pub trait TagText {
    /// The one allowed text.
    const TEXT: &'static str;
}

/// A string that is always `T::TEXT`.
pub struct Tag<T>(PhantomData<T>);

impl<T> Tag<T> {
    /// The tag.
    #[must_use]
    #[allow(clippy::new_without_default, reason = "Default is there too, without a bound")]
    pub const fn new() -> Self {
        Self(PhantomData)
    }
}
impl<T> Default for Tag<T> {
    fn default() -> Self {
        Self::new()
    }
}
impl<T> Clone for Tag<T> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<T> Copy for Tag<T> {}
impl<T> PartialEq for Tag<T> {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}
impl<T> Eq for Tag<T> {}
impl<T: TagText> fmt::Debug for Tag<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(T::TEXT)
    }
}
impl<T: TagText> Serialize for Tag<T> {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(T::TEXT)
    }
}
impl<'de, T: TagText> Deserialize<'de> for Tag<T> {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        struct Text<T>(PhantomData<T>);
        impl<T: TagText> de::Visitor<'_> for Text<T> {
            type Value = Tag<T>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{:?}", T::TEXT)
            }
            fn visit_str<E: de::Error>(self, s: &str) -> Result<Tag<T>, E> {
                if s == T::TEXT {
                    Ok(Tag::new())
                } else {
                    Err(E::invalid_value(de::Unexpected::Str(s), &self))
                }
            }
        }
        d.deserialize_str(Text(PhantomData))
    }
}
impl<T: TagText> JsonSchema for Tag<T> {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> Cow<'static, str> {
        T::TEXT.into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "const": T::TEXT })
    }
}

/// A struct that a union finds by its tag.
pub trait Tagged {
    /// The text that tells it from the union's other structs.
    const TAG: &'static str;
}

/// A struct that an open union takes for every tag that it does not know.
pub trait AnyTagged {
    /// The value's own tag.
    fn tag(&self) -> &str;
}

/// Makes the tag of a struct: `tagged!(MessageEvent, MessageTag = "message");` The struct then has a field of the type
/// `Tag<MessageTag>`.
macro_rules! tagged {
    ($($name:ident, $tag:ident = $text:literal;)*) => {$(
        #[doc = concat!("The tag `", $text, "`.")]
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum $tag {}
        impl $crate::wire::tag::TagText for $tag {
            const TEXT: &'static str = $text;
        }
        impl $crate::wire::tag::Tagged for $name {
            const TAG: &'static str = $text;
        }
    )*};
}
pub(crate) use tagged;

/// Gives a struct the tag of another: `tagged_as!(WsPingAction, WsPingTag;)`
macro_rules! tagged_as {
    ($($name:ident, $tag:ident;)*) => {$(
        impl $crate::wire::tag::Tagged for $name {
            const TAG: &'static str = <$tag as $crate::wire::tag::TagText>::TEXT;
        }
    )*};
}
pub(crate) use tagged_as;

macro_rules! texts {
    ($($tag:ident = $text:literal;)*) => {$(
        #[doc = concat!("The text `", $text, "`.")]
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum $tag {}
        impl TagText for $tag {
            const TEXT: &'static str = $text;
        }
    )*};
}

texts! {
    CancelledTag = "cancelled";
    OkTag = "ok";
}

/// A field that is always `true`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct True;

impl Serialize for True {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_bool(true)
    }
}
impl<'de> Deserialize<'de> for True {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        match bool::deserialize(d)? {
            true => Ok(Self),
            false => Err(de::Error::invalid_value(de::Unexpected::Bool(false), &"true")),
        }
    }
}
impl JsonSchema for True {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> Cow<'static, str> {
        "True".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "boolean", "const": true })
    }
}
