//! Absent against `null`. A seed's `x?: T` may be absent and is never `null`; its `x: T | null` is always there.

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

/// A value or `null`, for the rare field that may be absent too: `Option<OrNull<T>>`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct OrNull<T>(pub Option<T>);

/// Absent and `null` are the same to most readers.
#[must_use]
pub fn value<T>(field: Option<OrNull<T>>) -> Option<T> {
    field.and_then(|v| v.0)
}

impl<T: Validate> Validate for OrNull<T> {
    type Context = T::Context;
    fn validate_into(
        &self,
        ctx: &Self::Context,
        parent: &mut dyn FnMut() -> garde::Path,
        report: &mut garde::Report,
    ) {
        self.0.validate_into(ctx, parent, report);
    }
}

/// Marks the schema of an [`OrNull`], whose `null` the normaliser keeps.
pub(crate) const NULLABLE: &str = "x-nullable";

impl<T: JsonSchema> JsonSchema for OrNull<T> {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> Cow<'static, str> {
        format!("OrNull_{}", T::schema_name()).into()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        json_schema!({ "anyOf": [generator.subschema_for::<T>(), { "type": "null" }], NULLABLE: true })
    }
}
