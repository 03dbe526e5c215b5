//! How one option's text becomes its value; an error says what a right one looks like.

use std::{net::SocketAddr, num::NonZeroUsize, path::PathBuf, time::Duration};

use ureq::http::{HeaderName, HeaderValue, Uri};

use super::LogFormat;

pub(super) fn address(text: &str) -> Result<SocketAddr, String> {
    let text = text.strip_prefix("localhost:").map_or_else(|| text.to_owned(), |port| format!("127.0.0.1:{port}"));
    text.parse().map_err(|_| format!("`{text}` is no address and port, such as 127.0.0.1:4667 or [::]:4667"))
}

pub(super) fn path(text: &str) -> Result<PathBuf, String> {
    if text.is_empty() { Err("is empty".into()) } else { Ok(PathBuf::from(text)) }
}

/// The text is not repeated in the error: it may hold a password.
pub(super) fn database_url(text: &str) -> Result<String, String> {
    let known = ["sqlite:", "postgres://", "postgresql://"].iter().any(|scheme| text.starts_with(scheme));
    if known { Ok(text.into()) } else { Err("begins neither with sqlite:// nor with postgres://".into()) }
}

pub(super) fn name(text: &str) -> Result<String, String> {
    let fits = (1..=64).contains(&text.chars().count()) && !text.chars().any(crate::show::is_unsafe);
    if fits { Ok(text.into()) } else { Err("is no name of 1 to 64 printable characters".into()) }
}

/// A count of at least one.
pub(super) fn count(text: &str) -> Result<NonZeroUsize, String> {
    text.parse().map_err(|_| format!("`{text}` is no whole number above 0"))
}

/// `true` or `false`.
pub(super) fn yes(text: &str) -> Result<bool, String> {
    text.parse().map_err(|_| format!("`{text}` is neither `true` nor `false`"))
}

/// A size in bytes: `4096`, `64KiB`, `1.5 GB`.
pub(crate) fn size(text: &str) -> Result<u64, String> {
    let wrong = || format!("`{text}` is no size, such as 4096, 64KiB, 256MiB or 1.5GB");
    let split = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at(split);
    let factor = factor(unit.trim()).ok_or_else(wrong)?;
    let (whole, decimals) = number.split_once('.').unwrap_or((number, ""));
    let whole: u64 = whole.parse().map_err(|_| wrong())?;
    if decimals.len() > 9 || decimals.contains('.') || (number.contains('.') && decimals.is_empty()) {
        return Err(wrong());
    }
    let scale = 10_u128.pow(decimals.len() as u32);
    let part: u128 = if decimals.is_empty() { 0 } else { decimals.parse().map_err(|_| wrong())? };
    let bytes = u128::from(whole) * u128::from(factor) + part * u128::from(factor) / scale;
    u64::try_from(bytes).map_err(|_| format!("`{text}` is more bytes than there can be"))
}

fn factor(unit: &str) -> Option<u64> {
    let unit = unit.to_ascii_lowercase();
    let base = if unit.contains('i') { 1024_u64 } else { 1000 };
    let power = match unit.trim_end_matches('b').trim_end_matches('i') {
        "" if !unit.contains('i') => 0,
        "k" => 1,
        "m" => 2,
        "g" => 3,
        "t" => 4,
        _ => return None,
    };
    Some(base.pow(power))
}

/// A size of at least one byte that fits this machine's addresses.
pub(super) fn memory(text: &str) -> Result<usize, String> {
    let bytes = usize::try_from(size(text)?).map_err(|_| format!("`{text}` is more than this machine can address"))?;
    if bytes > 0 { Ok(bytes) } else { Err("is no memory at all".into()) }
}

/// A span of time: `30s`, `5m`, `7d`.
pub(crate) fn time(text: &str) -> Result<Duration, String> {
    humantime::parse_duration(text).map_err(|_| format!("`{text}` is no span of time, such as 500ms, 30s, 5m or 7d"))
}

/// A collector's URL, with the path where OTLP takes traces. The text is not repeated in the error: somebody may have
/// put a key into it.
pub(super) fn collector(text: &str) -> Result<String, String> {
    const TRACES: &str = "/v1/traces";
    let fits = |uri: &Uri| {
        let is_web = uri.scheme_str().is_some_and(|scheme| ["http", "https"].contains(&scheme));
        let is_bare =
            uri.query().is_none() && !uri.authority().is_some_and(|authority| authority.as_str().contains('@'));
        is_web && is_bare && uri.host().is_some_and(|host| !host.is_empty())
    };
    if !text.parse::<Uri>().is_ok_and(|uri| fits(&uri)) || text.contains('#') {
        return Err("is no URL such as http://127.0.0.1:4318 (keys belong into otlp-headers)".into());
    }
    let base = text.trim_end_matches('/');
    Ok(if base.ends_with(TRACES) { base.into() } else { format!("{base}{TRACES}") })
}

/// Headers separated by commas, each `name=value`. The text is not repeated in the error: it may hold a key.
pub(super) fn headers(text: &str) -> Result<Vec<(HeaderName, HeaderValue)>, String> {
    let header = |pair: &str| {
        let (name, value) = pair.split_once('=')?;
        let mut value = HeaderValue::from_str(value.trim()).ok()?;
        value.set_sensitive(true);
        Some((name.trim().parse::<HeaderName>().ok()?, value))
    };
    let pairs = text.split(',').filter(|pair| !pair.trim().is_empty());
    pairs.map(|pair| header(pair).ok_or_else(|| "is no list of headers such as name=value,name=value".into())).collect()
}

/// A number from 0 to 1.
pub(super) fn ratio(text: &str) -> Result<f64, String> {
    let ratio = text.parse().ok().filter(|ratio| (0.0..=1.0).contains(ratio));
    ratio.ok_or_else(|| format!("`{text}` is no number from 0 to 1"))
}

pub(super) fn log_format(text: &str) -> Result<LogFormat, String> {
    match text {
        "text" => Ok(LogFormat::Text),
        "json" => Ok(LogFormat::Json),
        _ => Err(format!("`{text}` is neither `text` nor `json`")),
    }
}

pub(super) fn log_level(text: &str) -> Result<String, String> {
    match tracing_subscriber::EnvFilter::builder().parse(text) {
        Ok(_) => Ok(text.into()),
        Err(error) => Err(format!("`{text}` is no level (error, warn, info, debug, trace) or directive: {error}")),
    }
}

/// Origins separated by commas, each `scheme://host[:port]` and nothing behind it; `*` alone is every origin.
pub(super) fn origins(text: &str) -> Result<Vec<String>, String> {
    if text == "*" {
        return Ok(vec![text.into()]);
    }
    text.split(',').map(str::trim).filter(|origin| !origin.is_empty()).map(origin).collect()
}

/// Names of hosts, without ports.
pub(super) fn hosts(text: &str) -> Result<Vec<String>, String> {
    let hosts = text.split(',').map(str::trim).filter(|host| !host.is_empty());
    hosts
        .map(|host| match host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._".contains(&byte)) {
            true => Ok(host.to_ascii_lowercase()),
            false => Err(format!("`{host}` is no name of a host, such as inos.example.org")),
        })
        .collect()
}

fn origin(text: &str) -> Result<String, String> {
    let host = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    match host {
        Some(host) if !host.is_empty() && !host.contains(['/', '*', '?', '#', '@', ' ']) => {
            Ok(text.to_ascii_lowercase())
        }
        _ => Err(format!("`{text}` is no origin, such as https://app.example.org")),
    }
}
