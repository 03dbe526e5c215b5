//! Why some bytes are no message of ours, in words for their sender.

use capnp::ErrorKind;

use crate::refusal::{Kind, Refusal};

/// Bytes that are not the wanted message.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{detail}")]
pub struct Malformed {
    kind: Kind,
    detail: String,
}

impl Malformed {
    pub(crate) fn new(detail: impl Into<String>) -> Self {
        Self { kind: Kind::MalformedCapsule, detail: detail.into() }
    }

    /// The message may be right but is more than is read at once.
    pub(crate) fn too_large(detail: impl Into<String>) -> Self {
        Self { kind: Kind::PayloadTooLarge, detail: detail.into() }
    }

    /// The same with the name of the field that it is about.
    pub(crate) fn within(mut self, field: &str) -> Self {
        self.detail.insert_str(0, ": ");
        self.detail.insert_str(0, field);
        self
    }
}

impl From<Malformed> for Refusal {
    fn from(malformed: Malformed) -> Self {
        Self::new(malformed.kind, malformed.detail)
    }
}

impl From<capnp::Error> for Malformed {
    fn from(error: capnp::Error) -> Self {
        Self::new(match error.kind {
            ErrorKind::ReadLimitExceeded => {
                "the message refers to its own bytes too often (traversal limit: 4 times the message)".into()
            }
            ErrorKind::NestingLimitExceeded => "the message is nested too deeply (limit: 32)".into(),
            ErrorKind::MessageContainsOutOfBoundsPointer => "a pointer leads out of the message".into(),
            ErrorKind::MessageContainsTextThatIsNotNULTerminated => "a text lacks its closing zero byte".into(),
            _ => format!("the message cannot be followed: {error}"),
        })
    }
}

impl From<capnp::NotInSchema> for Malformed {
    fn from(capnp::NotInSchema(number): capnp::NotInSchema) -> Self {
        Self::new(format!("{number} is a tag or a word of a newer schema than this server's"))
    }
}

impl From<std::str::Utf8Error> for Malformed {
    fn from(_: std::str::Utf8Error) -> Self {
        Self::new("a text is not UTF-8")
    }
}
