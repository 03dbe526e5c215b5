//! How values look on a terminal: sizes, durations, credits, and text that a server chose.
//! Pure functions; nothing here prints.

use inos_protocols::Microcredits;
use serde_json::Value;

/// Text from elsewhere without characters that could steer a terminal or turn its lines around.
pub(crate) fn clean(text: &str) -> String {
    text.chars().map(|c| if is_unsafe(c) { '\u{fffd}' } else { c }).collect()
}

/// Whether a character could steer a terminal: C0, DEL, C1, and the controls of writing direction.
pub(crate) fn is_unsafe(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Bytes with a binary unit: `1.5 KiB`.
pub(crate) fn size(bytes: u64) -> String {
    const UNITS: [&str; 5] = ["KiB", "MiB", "GiB", "TiB", "PiB"];
    if bytes < 1024 {
        return format!("{bytes} B");
    }
    let mut value = bytes as f64 / 1024.0;
    let mut unit = 0;
    while value >= 1023.95 && unit + 1 < UNITS.len() {
        value /= 1024.0;
        unit += 1;
    }
    format!("{value:.1} {}", UNITS[unit])
}

/// A span of microseconds: `850 µs`, `12.3 ms`, `4.2 s`, `3 m 20 s`.
pub(crate) fn micros(us: u64) -> String {
    match us {
        0..1_000 => format!("{us} µs"),
        1_000..1_000_000 => format!("{:.1} ms", us as f64 / 1e3),
        1_000_000..60_000_000 => format!("{:.1} s", us as f64 / 1e6),
        60_000_000..3_600_000_000 => format!("{} m {} s", us / 60_000_000, us / 1_000_000 % 60),
        _ => format!("{} h {} m", us / 3_600_000_000, us / 60_000_000 % 60),
    }
}

/// An amount of microcredits in credits, its sign kept: `-0.000012`.
pub(crate) fn credits(amount: i64) -> String {
    let sign = if amount < 0 { "-" } else { "" };
    format!("{sign}{}", Microcredits::saturating(amount.unsigned_abs()))
}

/// An amount in credits, such as `1.5`, as microcredits.
pub(crate) fn parse_credits(text: &str) -> Result<Microcredits, String> {
    let wrong = || format!("`{text}` is no amount of credits: write `5` or `0.25`, with at most 6 decimals");
    let (whole, decimals) = text.split_once('.').unwrap_or((text, "0"));
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(whole) || !digits(decimals) || decimals.len() > 6 {
        return Err(wrong());
    }
    let whole: u64 = whole.parse().map_err(|_| wrong())?;
    let decimals: u64 = format!("{decimals:0<6}").parse().map_err(|_| wrong())?;
    let amount = whole.checked_mul(1_000_000).and_then(|amount| amount.checked_add(decimals));
    amount.and_then(Microcredits::new).ok_or_else(|| format!("`{text}` is more credits than there can be"))
}

/// The value of a field as a person reads it; the field's name says its unit of measure.
pub(crate) fn field(name: &str, value: &Value) -> String {
    let name = name.rsplit('.').next().unwrap_or(name);
    let known = match value {
        Value::Number(number) if is_credits(name) => number.as_i64().map(credits),
        Value::Number(number) if is_bytes(name) => number.as_u64().map(size),
        Value::Number(number) if name.ends_with("_us") => number.as_u64().map(micros),
        Value::Number(number) if name.ends_with("_ms") => number.as_u64().map(|ms| micros(ms.saturating_mul(1000))),
        Value::String(text) => Some(clean(text)),
        Value::Bool(truth) => Some(if *truth { "yes" } else { "no" }.into()),
        Value::Null => Some("–".into()),
        Value::Array(items) if items.is_empty() => Some("–".into()),
        Value::Array(items) if items.iter().all(|item| !item.is_object() && !item.is_array()) => {
            Some(items.iter().map(|item| field(name, item)).collect::<Vec<_>>().join(", "))
        }
        _ => None,
    };
    known.unwrap_or_else(|| clean(&value.to_string()))
}

/// A field's name without its unit of measure, once the value shows it.
pub(crate) fn label(name: &str) -> String {
    // A price names what it is for; its own unit is the credit.
    if is_credits(name) {
        return name.replace('_', " ");
    }
    let short = name.strip_suffix("_us").or_else(|| name.strip_suffix("_ms")).unwrap_or(name);
    short.replace('_', " ")
}

fn is_bytes(name: &str) -> bool {
    name == "bytes" || name.starts_with("bytes_") || name.ends_with("_bytes") || name.ends_with("_bytes_max")
}

fn is_credits(name: &str) -> bool {
    const NAMES: [&str; 13] = [
        "cost",
        "held",
        "balance",
        "available",
        "budget",
        "amount",
        "required",
        "base",
        "per_kib_in",
        "per_kib_out",
        "per_cpu_ms",
        "stored_mib_day",
        "quota",
    ];
    NAMES.contains(&name)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn sizes_and_spans_are_humane() {
        assert_eq!(
            [size(0), size(1023), size(1024), size(1_048_575), size(4 << 30)],
            ["0 B", "1023 B", "1.0 KiB", "1.0 MiB", "4.0 GiB"]
        );
        assert_eq!(
            [micros(0), micros(999), micros(12_345), micros(200_000_000)],
            ["0 µs", "999 µs", "12.3 ms", "3 m 20 s"]
        );
    }

    #[test]
    fn credits_survive_their_text() {
        for amount in [0, 1, 12, 999_999, 1_000_000, 1_500_000, 9_007_199_254_740_991] {
            assert_eq!(parse_credits(&credits(amount)).unwrap().get(), amount as u64);
        }
        for bad in ["", "-1", "1.", ".5", "1e3", "1.0000001", "٣", "99999999999999999", "9007199254.740992", "+1"] {
            assert!(parse_credits(bad).is_err(), "{bad}");
        }
        assert_eq!(credits(-1_500_000), "-1.5");
    }

    #[test]
    fn nothing_from_a_server_steers_the_terminal() {
        assert_eq!(clean("a\x1b[31mb\u{9b}c\u{202e}d\r\n"), "a\u{fffd}[31mb\u{fffd}c\u{fffd}d\u{fffd}\u{fffd}");
        assert_eq!(clean("größe µs 好"), "größe µs 好");
    }

    #[test]
    fn a_name_says_the_unit_of_measure() {
        assert_eq!(field("metrics.run_us", &json!(1500)), "1.5 ms");
        assert_eq!(field("bytes", &json!(2048)), "2.0 KiB");
        assert_eq!(field("cost", &json!(12)), "0.000012");
        assert_eq!(field("amount", &json!(-2_000_000)), "-2");
        assert_eq!(field("attempts", &json!(3)), "3");
        assert_eq!(field("scopes", &json!(["jobs", "blobs"])), "jobs, blobs");
        assert_eq!(field("name", &json!("x\x1b")), "x\u{fffd}");
        assert_eq!(field("error", &Value::Null), "–");
    }
}
