//! What a server and its cell say to each other. A cell may have been taken over by its input, so whatever comes from one
//! is read like anything from a stranger: sizes are bounded, and what does not parse ends the cell.

use std::ops::Range;

use inos_unit::{Fault, Params};
use serde::{Deserialize, Serialize};

/// The longest message, in bytes.
pub(crate) const LEN_MAX: usize = 64 << 10;
/// The most bytes of one line or of one part of what is emitted.
pub(crate) const TEXT_LEN_MAX: usize = 32 << 10;

/// What a cell is to do; lies in the parcel, behind the inputs.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Task {
    pub(crate) unit: String,
    pub(crate) method: String,
    pub(crate) params: Params,
    pub(crate) inputs: Vec<Lies>,
    /// How many threads it may use.
    pub(crate) threads: usize,
}

/// Where an input lies.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Lies {
    /// In the parcel.
    Parcel(Range<u64>),
    /// In the file of this number of those that came along.
    File(usize, Range<u64>),
}

/// One output, in the memory that the cell wrote.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Written {
    pub(crate) media_type: String,
    pub(crate) range: Range<u64>,
}

/// How a job ended in a cell.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Ended {
    Done(Vec<Written>),
    Invalid { pointer: String, message: String },
    Limit { limit: u64, message: String },
    Cancelled,
    NoRoom(String),
    Broken(String),
}

/// What a cell says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Said {
    /// It is fenced and waits for a job.
    Ready,
    Progress {
        done: u64,
        total: u64,
    },
    Log(String),
    Emit(Vec<u8>),
    /// How many bytes of its inputs it has read.
    Needed(u64),
    Ended(Ended),
}

/// What a server says to its cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Order {
    /// Run the job in the parcel that comes along, whose [`Task`] lies behind so many bytes of inputs.
    Run { task_at: u64 },
    /// Stop it.
    Stop,
}

impl Order {
    pub(crate) fn bytes(self) -> Vec<u8> {
        match self {
            Self::Run { task_at } => [&b"R"[..], &task_at.to_le_bytes()].concat(),
            Self::Stop => b"S".to_vec(),
        }
    }

    pub(crate) fn read(bytes: &[u8]) -> Option<Self> {
        match bytes.split_first()? {
            (b'R', at) => Some(Self::Run { task_at: u64::from_le_bytes(at.try_into().ok()?) }),
            (b'S', []) => Some(Self::Stop),
            _ => None,
        }
    }
}

impl Said {
    pub(crate) fn bytes(&self) -> Vec<u8> {
        match self {
            Self::Ready => b"H".to_vec(),
            Self::Progress { done, total } => [&b"P"[..], &done.to_le_bytes(), &total.to_le_bytes()].concat(),
            Self::Log(line) => [b"L", line.as_bytes()].concat(),
            Self::Emit(part) => [b"E", &part[..]].concat(),
            Self::Needed(bytes) => [&b"N"[..], &bytes.to_le_bytes()].concat(),
            Self::Ended(ended) => {
                let mut bytes = b"D".to_vec();
                // A struct of texts and numbers always has a JSON form.
                bytes.extend(serde_json::to_vec(ended).unwrap_or_default());
                bytes
            }
        }
    }

    pub(crate) fn read(bytes: &[u8]) -> Option<Self> {
        let number = |bytes: &[u8]| Some(u64::from_le_bytes(bytes.try_into().ok()?));
        match bytes.split_first()? {
            (b'H', []) => Some(Self::Ready),
            (b'P', both) if both.len() == 16 => {
                Some(Self::Progress { done: number(&both[..8])?, total: number(&both[8..])? })
            }
            (b'L', line) => Some(Self::Log(std::str::from_utf8(line).ok()?.to_owned())),
            (b'E', part) => Some(Self::Emit(part.to_vec())),
            (b'N', bytes) => number(bytes).map(Self::Needed),
            (b'D', ended) => serde_json::from_slice(ended).ok().map(Self::Ended),
            _ => None,
        }
    }
}

impl From<Fault> for Ended {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Invalid { pointer, message } => Self::Invalid { pointer: cut(pointer), message: cut(message) },
            Fault::Limit { limit, message } => Self::Limit { limit, message: cut(message) },
            Fault::Cancelled => Self::Cancelled,
            Fault::NoRoom(why) => Self::NoRoom(cut(why)),
            Fault::Lost(why) | Fault::Broken(why) => Self::Broken(cut(why)),
        }
    }
}

/// A text that leaves room for the rest of its message.
pub(crate) fn cut(mut text: String) -> String {
    text.truncate(text.floor_char_boundary(TEXT_LEN_MAX / 8));
    text
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn said() -> impl Strategy<Value = Said> {
        let text = "[ -~äß\n]{0,40}";
        let written = (text, any::<u64>(), any::<u64>());
        let written = written.prop_map(|(media_type, start, end)| Written { media_type, range: start..end });
        let ended = prop_oneof![
            prop::collection::vec(written, 0..4).prop_map(Ended::Done),
            (text, text).prop_map(|(pointer, message)| Ended::Invalid { pointer, message }),
            (any::<u64>(), text).prop_map(|(limit, message)| Ended::Limit { limit, message }),
            Just(Ended::Cancelled),
            text.prop_map(Ended::NoRoom),
            text.prop_map(Ended::Broken),
        ];
        prop_oneof![
            Just(Said::Ready),
            (any::<u64>(), any::<u64>()).prop_map(|(done, total)| Said::Progress { done, total }),
            text.prop_map(Said::Log),
            prop::collection::vec(any::<u8>(), 0..100).prop_map(Said::Emit),
            any::<u64>().prop_map(Said::Needed),
            ended.prop_map(Said::Ended),
        ]
    }

    proptest! {
        #[test]
        fn what_is_said_is_heard(said in said()) {
            prop_assert_eq!(Said::read(&said.bytes()), Some(said));
        }

        #[test]
        fn nothing_that_a_cell_sends_breaks_its_server(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = (Said::read(&bytes), Order::read(&bytes));
        }

        #[test]
        fn what_is_ordered_is_heard(task_at in any::<u64>()) {
            let order = Order::Run { task_at };
            prop_assert_eq!(Order::read(&order.bytes()), Some(order));
            prop_assert_eq!(Order::read(&Order::Stop.bytes()), Some(Order::Stop));
        }
    }
}
