//! Where work stands in a distributed trace: W3C Trace Context, version 00, as the header `traceparent` carries it.
//! Says nothing about who records a trace.

use std::{
    collections::hash_map::RandomState,
    fmt,
    hash::{BuildHasher, Hasher},
    num::{NonZeroU64, NonZeroU128},
    str::FromStr,
};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

/// A trace: 16 bytes, not all zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TraceId(NonZeroU128);

/// One step of a trace: 8 bytes, not all zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct SpanId(NonZeroU64);

/// A place in a trace: the step that others hang below, and whether it is recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TraceContext {
    /// The trace.
    pub trace: TraceId,
    /// The step.
    pub span: SpanId,
    /// Whether whoever began the trace has it recorded.
    pub sampled: bool,
}

/// A text that is no `traceparent`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected a traceparent such as 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")]
pub struct NotATraceparent;

impl TraceId {
    /// A random one.
    #[allow(clippy::new_without_default)]
    pub fn new() -> Self {
        let random = u128::from(random()) << 64 | u128::from(random());
        Self(NonZeroU128::new(random).unwrap_or(NonZeroU128::MIN))
    }

    /// Its bytes as they are sent.
    pub fn to_bytes(self) -> [u8; 16] {
        self.0.get().to_be_bytes()
    }

    /// The last 8 bytes as a number: of a trace that begins here, an even draw.
    pub fn draw(self) -> u64 {
        self.0.get() as u64
    }
}

impl SpanId {
    /// A random one.
    #[allow(clippy::new_without_default)]
    pub fn new() -> Self {
        Self(NonZeroU64::new(random()).unwrap_or(NonZeroU64::MIN))
    }

    /// Its bytes as they are sent.
    pub fn to_bytes(self) -> [u8; 8] {
        self.0.get().to_be_bytes()
    }
}

/// A number that no two calls are likely to share. Not a secret.
///
/// The standard library's keyed hash of nothing: seeded by the system once for each thread, without a lock.
fn random() -> u64 {
    RandomState::new().build_hasher().finish()
}

impl fmt::Display for TraceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

impl fmt::Display for SpanId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

impl fmt::Display for TraceContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "00-{}-{}-{:02x}", self.trace, self.span, u8::from(self.sampled))
    }
}

impl FromStr for TraceContext {
    type Err = NotATraceparent;

    /// Reads a `traceparent`; of a later version, the part that this one knows.
    fn from_str(text: &str) -> Result<Self, NotATraceparent> {
        read(text).ok_or(NotATraceparent)
    }
}

fn read(text: &str) -> Option<TraceContext> {
    let mut parts = text.splitn(5, '-');
    let (version, trace, span, flags) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    let (version, flags) = (hex(version, 2)? as u8, hex(flags, 2)? as u8);
    if version == 0xff || (version == 0 && parts.next().is_some()) {
        return None;
    }
    Some(TraceContext {
        trace: TraceId(NonZeroU128::new(hex(trace, 32)?)?),
        span: SpanId(NonZeroU64::new(hex(span, 16)? as u64)?),
        sampled: flags & 1 == 1,
    })
}

/// So many lower-case hex digits as a number.
fn hex(text: &str, len: usize) -> Option<u128> {
    let is_hex = text.len() == len && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    is_hex.then(|| u128::from_str_radix(text, 16).ok()).flatten()
}

impl Serialize for TraceContext {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for TraceContext {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        std::borrow::Cow::<'de, str>::deserialize(from)?.parse().map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PARENT: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    #[test]
    fn a_traceparent_is_read_and_written_alike() {
        let parent: TraceContext = PARENT.parse().unwrap();
        assert_eq!(parent.trace.to_string(), "4bf92f3577b34da6a3ce929d0e0e4736");
        assert_eq!(parent.span.to_bytes(), [0x00, 0xf0, 0x67, 0xaa, 0x0b, 0xa9, 0x02, 0xb7]);
        assert!(parent.sampled);
        assert_eq!(parent.to_string(), PARENT);
        let json = serde_json::to_string(&parent).unwrap();
        assert_eq!(serde_json::from_str::<TraceContext>(&json).unwrap(), parent);
    }

    #[test]
    fn only_the_last_flag_says_recorded() {
        let sampled =
            |flags: &str| PARENT.replace("-01", &format!("-{flags}")).parse::<TraceContext>().unwrap().sampled;
        assert!(sampled("01") && sampled("03") && sampled("ff"));
        assert!(!sampled("00") && !sampled("02"));
    }

    #[test]
    fn a_later_version_is_read_as_far_as_it_is_known() {
        let later = format!("cc{}-later", PARENT.strip_prefix("00").unwrap());
        assert_eq!(later.parse::<TraceContext>(), PARENT.parse());
    }

    #[test]
    fn what_is_no_traceparent_is_refused() {
        for text in [
            "",
            "00",
            "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-1",
            "00-4bf92f3577b34da6a3ce929d0e0e473-00f067aa0ba902b7-01",
            "00-+bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        ] {
            assert_eq!(text.parse::<TraceContext>(), Err(NotATraceparent), "{text}");
        }
    }

    #[test]
    fn new_ids_differ_also_between_threads() {
        let ids = || (0..1_000).map(|_| (TraceId::new(), SpanId::new())).collect::<Vec<_>>();
        let threads: Vec<_> = (0..4).map(|_| std::thread::spawn(ids)).collect();
        let all: Vec<_> = threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect();
        let traces: std::collections::HashSet<_> = all.iter().map(|(trace, _)| trace).collect();
        let spans: std::collections::HashSet<_> = all.iter().map(|(_, span)| span).collect();
        assert_eq!((traces.len(), spans.len()), (4_000, 4_000));
    }
}
