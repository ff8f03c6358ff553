//! Unions of structs that a field tells apart.
//!
//! serde's own tagged enums buffer the whole message first, which costs time and loses the path of an error. Here the
//! tag is expected first, where every serialiser of this contract writes it, and the rest streams into the struct; what
//! stands before the tag is buffered, and only that.

use std::{borrow::Cow, fmt, marker::PhantomData};

use serde::{
    Deserialize, Deserializer,
    de::{self, DeserializeSeed, IntoDeserializer as _, MapAccess, Visitor, value::MapAccessDeserializer},
};
use serde_json::Value;

/// Makes a union: an enum whose variants hold [`Tagged`](super::tag::Tagged) structs.
///
/// `union! { /// Doc. pub enum WsMessage by "type" { Output(WsOutputMessage), … } }`
///
/// An open union also has a variant for all other tags, whose struct is [`AnyTagged`](super::tag::AnyTagged) and refuses
/// the known ones: `pub enum ToolUse by "name" { Wait(WaitToolUse), … } else Other(OtherToolUse)`.
///
/// A variant may itself be a union: its structs have the same tag here and are told apart by another field there.
macro_rules! union {
    (@otherwise $d:ident) => {{
        drop($d);
        None
    }};
    (@otherwise $d:ident $other:ident $obody:ty) => {
        Some(<$obody as serde::Deserialize<'de>>::deserialize($d).map(Self::$other))
    };
    ($($(#[doc = $doc:literal])* pub enum $name:ident by $field:literal { $($(#[$vdoc:meta])* $variant:ident($body:ty),)* }
        $(else $(#[$odoc:meta])* $other:ident($obody:ty))?)*) => {$(
        $(#[doc = $doc])*
        #[derive(Clone, Debug, PartialEq)]
        #[allow(clippy::large_enum_variant, reason = "a message is read and handed on; a box would be an allocation more")]
        pub enum $name { $($(#[$vdoc])* $variant($body),)* $($(#[$odoc])* $other($obody),)? }

        impl $name {
            /// The field that tells the variants apart.
            pub const TAG_FIELD: &'static str = $field;
            /// The tags, in the order of the variants.
            pub const TAGS: &'static [&'static str] = &[$(<$body as $crate::wire::tag::Tagged>::TAG),*];

            /// This variant's tag.
            #[must_use]
            pub fn tag(&self) -> &str {
                match self {
                    $(Self::$variant(_) => <$body as $crate::wire::tag::Tagged>::TAG,)*
                    $(Self::$other(body) => <$obody as $crate::wire::tag::AnyTagged>::tag(body),)?
                }
            }
        }

        $(impl From<$body> for $name {
            fn from(body: $body) -> Self {
                Self::$variant(body)
            }
        })*
        $(impl From<$obody> for $name {
            fn from(body: $obody) -> Self {
                Self::$other(body)
            }
        })?

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
                match self { $(Self::$variant(body) => body.serialize(s),)* $(Self::$other(body) => body.serialize(s),)? }
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
                $crate::wire::union::deserialize(d)
            }
        }

        impl<'de> $crate::wire::union::Union<'de> for $name {
            const FIELD: &'static str = $field;
            const TAGS: &'static [&'static str] = Self::TAGS;
            fn variant<D: serde::Deserializer<'de>>(tag: &str, d: D) -> Option<Result<Self, D::Error>> {
                $(if tag == <$body as $crate::wire::tag::Tagged>::TAG {
                    return Some(<$body as serde::Deserialize<'de>>::deserialize(d).map(Self::$variant));
                })*
                $crate::wire::union::union!(@otherwise d $($other $obody)?)
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
                    $(Self::$variant(body) => garde::Validate::validate_into(body, ctx, parent, report),)*
                    $(Self::$other(body) => garde::Validate::validate_into(body, ctx, parent, report),)?
                }
            }
        }

        impl schemars::JsonSchema for $name {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }
            fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
                schemars::json_schema!({
                    "description": ([$($doc.trim()),*].join("\n")),
                    "oneOf": [
                        $(generator.subschema_for::<$body>(),)*
                        $(generator.subschema_for::<$obody>(),)?
                    ],
                    "discriminator": { "propertyName": $field $(, "x-otherwise": stringify!($obody))? },
                })
            }
        }
    )*};
}
pub(crate) use union;

/// What [`union!`] implements for [`deserialize`].
pub trait Union<'de>: Sized {
    /// The tag's field.
    const FIELD: &'static str;
    /// All tags.
    const TAGS: &'static [&'static str];
    /// Reads the variant with this tag; `None` when there is none.
    fn variant<D: Deserializer<'de>>(tag: &str, d: D) -> Option<Result<Self, D::Error>>;
}

/// The tag of a message, for one that could not be read: it may be a tag of a later version.
#[must_use]
pub fn tag_of<U: for<'de> Union<'de>>(json: &[u8]) -> Option<String> {
    let message: std::collections::HashMap<String, Value> = serde_json::from_slice(json).ok()?;
    message.get(U::FIELD)?.as_str().map(str::to_owned)
}

/// Reads a union.
///
/// # Errors
/// An unknown tag, or those of the variant.
pub fn deserialize<'de, U: Union<'de>, D: Deserializer<'de>>(d: D) -> Result<U, D::Error> {
    d.deserialize_map(UnionVisitor(PhantomData))
}

struct UnionVisitor<U>(PhantomData<U>);

impl<'de, U: Union<'de>> Visitor<'de> for UnionVisitor<U> {
    type Value = U;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "an object with {:?}", U::FIELD)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<U, A::Error> {
        let mut before = Vec::new();
        while let Some(Text(key)) = map.next_key()? {
            if key == U::FIELD {
                let Text(tag) = map.next_value()?;
                let rest = Rest { tag: Some((U::FIELD, &tag)), before: before.into_iter(), value: None, map };
                return match U::variant(&tag, MapAccessDeserializer::new(rest)) {
                    Some(result) => result,
                    None => Err(super::parse::at(U::FIELD, &unknown(&tag, U::TAGS))),
                };
            }
            before.push((key, map.next_value::<Value>()?));
        }
        Err(de::Error::missing_field(U::FIELD))
    }
}

fn unknown(tag: &str, tags: &[&str]) -> String {
    let shown: String = tag.chars().take(80).collect();
    format!("{shown:?} is unknown; allowed are {}", tags.join(", "))
}

/// A text that is borrowed where the input allows it.
struct Text<'de>(Cow<'de, str>);

impl<'de> Deserialize<'de> for Text<'de> {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        struct TextVisitor;
        impl<'de> Visitor<'de> for TextVisitor {
            type Value = Text<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string")
            }
            fn visit_borrowed_str<E>(self, s: &'de str) -> Result<Text<'de>, E> {
                Ok(Text(Cow::Borrowed(s)))
            }
            fn visit_str<E>(self, s: &str) -> Result<Text<'de>, E> {
                Ok(Text(Cow::Owned(s.to_owned())))
            }
            fn visit_string<E>(self, s: String) -> Result<Text<'de>, E> {
                Ok(Text(Cow::Owned(s)))
            }
        }
        d.deserialize_str(TextVisitor)
    }
}

/// The entries of a message whose tag is known: the tag, what stood before it, what follows.
struct Rest<'a, 'de, A> {
    tag: Option<(&'static str, &'a str)>,
    before: std::vec::IntoIter<(Cow<'de, str>, Value)>,
    value: Option<(Cow<'de, str>, Buffered<'a>)>,
    map: A,
}

enum Buffered<'a> {
    Tag(&'a str),
    Value(Value),
}

impl<'de, A: MapAccess<'de>> MapAccess<'de> for Rest<'_, 'de, A> {
    type Error = A::Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, A::Error> {
        let entry = match self.tag.take() {
            Some((field, tag)) => Some((Cow::Borrowed(field), Buffered::Tag(tag))),
            None => self.before.next().map(|(key, value)| (key, Buffered::Value(value))),
        };
        let Some((key, value)) = entry else { return self.map.next_key_seed(seed) };
        let known = seed.deserialize((&*key).into_deserializer())?;
        self.value = Some((key, value));
        Ok(Some(known))
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, A::Error> {
        match self.value.take() {
            None => self.map.next_value_seed(seed),
            Some((_, Buffered::Tag(tag))) => seed.deserialize(tag.into_deserializer()),
            Some((key, Buffered::Value(value))) => super::parse::within(&key, seed, value),
        }
    }
}
