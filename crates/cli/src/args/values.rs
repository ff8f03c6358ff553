//! Values of options: pairs, words, and numbers with units.

use serde::de::DeserializeOwned;

use lia_protocol::{api::Scope, task::TaskStatus};

pub fn pair(s: &str) -> Result<(String, String), String> {
    match s.split_once('=') {
        Some((k, v)) if !k.is_empty() => Ok((k.to_owned(), v.to_owned())),
        _ => Err("it has the form KEY=VALUE".into()),
    }
}

fn word<T: DeserializeOwned>(s: &str) -> Result<T, String> {
    serde_json::from_value(serde_json::Value::String(s.to_owned())).map_err(|e| e.to_string())
}

pub fn status(s: &str) -> Result<TaskStatus, String> {
    word(s)
}

pub fn scope(s: &str) -> Result<Scope, String> {
    word(s)
}

/// A whole number and one of `units`; without a unit the first.
fn measure(s: &str, units: &[(&str, u64)], what: &str) -> Result<u64, String> {
    let s = s.trim();
    let (number, unit) = s.split_at(s.find(|c: char| !c.is_ascii_digit()).unwrap_or(s.len()));
    let factor = if unit.is_empty() {
        units.first().map(|u| u.1)
    } else {
        units.iter().find(|u| u.0.eq_ignore_ascii_case(unit)).map(|u| u.1)
    };
    number
        .parse::<u64>()
        .ok()
        .zip(factor)
        .and_then(|(n, f)| n.checked_mul(f))
        .ok_or_else(|| format!("it is {what}"))
}

fn small(n: u64, what: &str) -> Result<u32, String> {
    u32::try_from(n).map_err(|_| format!("it is {what}"))
}

pub fn mebibytes(s: &str) -> Result<u32, String> {
    const WHAT: &str = "a number of MiB, or a size as in 512M or 2G";
    small(
        measure(s, &[("m", 1), ("mb", 1), ("mib", 1), ("g", 1024), ("gb", 1024), ("gib", 1024)], WHAT)?,
        WHAT,
    )
}

pub fn gibibytes(s: &str) -> Result<u32, String> {
    const WHAT: &str = "a number of GiB, as in 20 or 20G";
    small(measure(s, &[("g", 1), ("gb", 1), ("gib", 1)], WHAT)?, WHAT)
}

pub fn minutes(s: &str) -> Result<u32, String> {
    const WHAT: &str = "a number of minutes, or a time as in 45m or 2h";
    small(measure(s, &[("m", 1), ("min", 1), ("h", 60), ("d", 24 * 60)], WHAT)?, WHAT)
}

pub fn seconds(s: &str) -> Result<u64, String> {
    measure(
        s,
        &[("s", 1), ("m", 60), ("h", 3600), ("d", 86_400), ("w", 7 * 86_400)],
        "a time as in 90m, 12h or 30d",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn measures() {
        assert_eq!(mebibytes("2G"), Ok(2048));
        assert_eq!(mebibytes("512"), Ok(512));
        assert_eq!(minutes("2h"), Ok(120));
        assert_eq!(seconds("30d"), Ok(2_592_000));
        for bad in ["", "x", "1x", "-1", "99999999999999999999", "5000000000"] {
            assert!(mebibytes(bad).is_err(), "{bad:?}");
        }
    }
}
