//! Absent against `null`. A seed's `x?: T` may be absent and is never `null`; its `x: T | null` is always there.

use serde::{Deserialize, Deserializer};

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
