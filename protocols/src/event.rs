//! What happens to jobs and accounts, as JSON says it: the data of a server-sent event, and a record of a ring.

use std::borrow::Cow;

use serde::Serialize;

use crate::{JobId, Microcredits, job::State, time::Time};

/// What the data of an event says; which members there are depends on its kind.
#[derive(Debug, Clone, Serialize)]
pub struct Data<'a> {
    /// The job; none where it happened to the account.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub job: Option<JobId>,
    /// When.
    pub at: Time,
    /// The job is in this state now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<State>,
    /// What it cost so far.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cost: Option<Microcredits>,
    /// Steps done.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub done: Option<u64>,
    /// Steps in all; 0 where nobody knows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total: Option<u64>,
    /// What the unit said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<Cow<'a, str>>,
    /// How many bytes were given out before these.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub offset: Option<u64>,
    /// The bytes, in base64.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub base64: Option<String>,
    /// What the account can still spend.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub available: Option<Microcredits>,
    /// Below what it wants to hear of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub threshold: Option<Microcredits>,
    /// What was taken for what it stores.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub paid: Option<Microcredits>,
    /// What it still owes for that.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owed: Option<Microcredits>,
    /// Which attempt broke, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attempt: Option<u32>,
    /// How many there may be.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub of: Option<u32>,
    /// Why it broke.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<&'a str>,
    /// When the next one is made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub again_at: Option<Time>,
}

impl Data<'_> {
    /// Nothing but when, and to which job.
    pub fn of(job: Option<JobId>, at: Time) -> Self {
        Self {
            job,
            at,
            state: None,
            cost: None,
            done: None,
            total: None,
            line: None,
            offset: None,
            base64: None,
            available: None,
            threshold: None,
            paid: None,
            owed: None,
            attempt: None,
            of: None,
            reason: None,
            again_at: None,
        }
    }
}

/// An event as one record of a ring.
#[derive(Debug, Clone, Serialize)]
pub struct Record<'a> {
    /// Its number: grows by one within an account.
    pub seq: u64,
    /// Its kind, as a server-sent event is named.
    pub event: &'a str,
    /// Whether a line or bytes were left out, which the record had no room for.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub cut: bool,
    /// What it says.
    #[serde(flatten)]
    pub data: Data<'a>,
}

impl Record<'_> {
    /// The record as JSON of at most so many bytes, its line or bytes left out where they do not fit.
    pub fn within(mut self, bytes_max: usize) -> Vec<u8> {
        let whole = self.json();
        if whole.len() <= bytes_max {
            return whole;
        }
        self.cut = true;
        (self.data.line, self.data.base64) = (None, None);
        self.json()
    }

    fn json(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("an event has text keys only")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(line: &str) -> Record<'_> {
        let data = Data { line: Some(line.into()), ..Data::of(Some(JobId::from_bytes([255; 16])), Time::MAX) };
        Record { seq: u64::MAX, event: "storage_owed", cut: false, data }
    }

    #[test]
    fn a_record_that_has_no_room_for_its_line_says_so() {
        let short: serde_json::Value = serde_json::from_slice(&record("hello").within(496)).unwrap();
        assert_eq!((&short["line"], &short["cut"]), (&"hello".into(), &serde_json::Value::Null));
        let long = record(&"x".repeat(600)).within(496);
        let read: serde_json::Value = serde_json::from_slice(&long).unwrap();
        assert_eq!((&read["line"], &read["cut"]), (&serde_json::Value::Null, &true.into()));
        assert_eq!((&read["seq"], &read["event"]), (&u64::MAX.into(), &"storage_owed".into()));
    }

    #[test]
    fn the_longest_record_without_a_line_fits_a_slot() {
        let most = Some(Microcredits::saturating(u64::MAX));
        let (numbers, smaller, when) = (Some(u64::MAX), Some(u32::MAX), Some(Time::MAX));
        let data = Data {
            state: Some(State::Cancelled),
            cost: most,
            done: numbers,
            total: numbers,
            again_at: when,
            reason: Some("idempotency-conflict"),
            attempt: smaller,
            of: smaller,
            ..record("").data
        };
        let cut = Record { data: Data { line: Some("x".repeat(999).into()), ..data }, ..record("") };
        assert!(cut.within(0).len() <= crate::layout::RING_RECORD_LEN_MAX);
    }
}
