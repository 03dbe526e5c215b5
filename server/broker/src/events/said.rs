//! An event as clients read it: the data of a stream, and a record of a ring.

use data_encoding::BASE64;
use inos_protocols::{
    event::{Data, Record},
    layout::RING_RECORD_LEN_MAX,
};

use super::{Event, Happening};

impl Event {
    /// Its kind and what it says, as clients read it.
    pub fn said(&self) -> (&'static str, Data<'_>) {
        let data = Data::of(self.job, self.at);
        match &self.what {
            Happening::State { state, cost } => ("state", Data { state: Some(*state), cost: Some(*cost), ..data }),
            Happening::Progress { done, total } => {
                ("progress", Data { done: Some(*done), total: Some(*total), ..data })
            }
            Happening::LowBalance { available, threshold } => {
                ("low_balance", Data { available: Some(*available), threshold: Some(*threshold), ..data })
            }
            Happening::StorageOwed { paid, owed } => {
                ("storage_owed", Data { paid: Some(*paid), owed: Some(*owed), ..data })
            }
            Happening::Attempt { attempt, of, reason, again_at } => {
                let (attempt, of, again_at) = (Some(*attempt), Some(*of), Some(*again_at));
                ("attempt", Data { attempt, of, again_at, reason: Some(reason.slug()), ..data })
            }
            Happening::Log { line } => ("log", Data { line: Some(line.into()), ..data }),
            Happening::Output { offset, bytes } => {
                ("output", Data { offset: Some(*offset), base64: Some(BASE64.encode(bytes)), ..data })
            }
        }
    }

    /// It as a record of a ring.
    pub(super) fn record(&self) -> Vec<u8> {
        let (event, data) = self.said();
        Record { seq: self.seq, event, cut: false, data }.within(RING_RECORD_LEN_MAX)
    }
}
