//! Absent against `null`. A seed's `x?: T` may be absent and is never `null`; its `x: T | null` is always there; of
//! `x?: T | null` [`Nullable`] makes both.

use std::borrow::Cow;

use garde::Validate;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize};

/// Reads an optional field that is there: its value, never `null`.
///
/// # Errors
/// Those of the value; `null` is one unless the value's type has it.
pub fn present<'de, D, T>(d: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    T::deserialize(d).map(Some)
}

/// Reads a field that is always there and may be `null`. Named with `deserialize_with`, it makes serde refuse its absence.
///
/// # Errors
/// Those of the value.
pub fn nullable<'de, D, T>(d: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    Option::deserialize(d)
}

/// A value or `null`. `Option<Nullable<T>>` is a field that may be absent, `null`, or a value, and stays what it was.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Nullable<T>(pub Option<T>);

impl<T> From<T> for Nullable<T> {
    fn from(value: T) -> Self {
        Self(Some(value))
    }
}

/// The value of a field that may be absent or `null`.
pub fn value<T>(field: &Option<Nullable<T>>) -> Option<&T> {
    field.as_ref().and_then(|n| n.0.as_ref())
}

impl<T: Validate> Validate for Nullable<T> {
    type Context = T::Context;
    fn validate_into(
        &self,
        ctx: &T::Context,
        parent: &mut dyn FnMut() -> garde::Path,
        report: &mut garde::Report,
    ) {
        if let Some(value) = &self.0 {
            value.validate_into(ctx, parent, report);
        }
    }
}

/// `#[garde(inner(…))]` is about the value.
impl<T> garde::rules::inner::Inner<T> for Nullable<T> {
    type Key = garde::error::NoKey;

    fn validate_inner<F: FnMut(&T, &Self::Key)>(&self, mut f: F) {
        if let Some(value) = &self.0 {
            f(value, &garde::error::NoKey::default());
        }
    }
}

impl<T: JsonSchema> JsonSchema for Nullable<T> {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> Cow<'static, str> {
        format!("Nullable{}", T::schema_name()).into()
    }
    // The mark keeps schemars and our normaliser from taking this `null` for the one of an `Option`.
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        json_schema!({ "anyOf": [generator.subschema_for::<T>(), { "type": "null" }], "x-nullable": true })
    }
}
