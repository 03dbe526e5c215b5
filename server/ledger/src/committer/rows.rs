//! The rows of a group commit, written once for both databases: each column goes to a `Sink` in a fixed order.

use std::borrow::Cow;

use inos_protocols::{
    Hash, JobId,
    account::Reason,
    ids::TransferId,
    job::{OutputInfo, State},
    time::Time,
};

use crate::{Ending, JobRecord, Transfer};

/// Takes the columns of a row, one after the other.
pub(crate) trait Sink {
    fn int(&mut self, value: Option<i64>);
    fn text(&mut self, value: Option<&str>);
    fn bytes(&mut self, value: Option<&[u8]>);
}

/// The columns that [`JobRow::write`] writes.
macro_rules! job_columns {
    () => {
        "account, id, unit, method, version, priority, budget, capsule, submitted, deadline, params, labels, asked, \
         hold, node, state, cost, started, finished, attempts, bytes_in, bytes_out, queued_us, run_us, inputs, outputs, \
         kept, segment, error, expires, commit_seq, leaf_index"
    };
}

/// The columns that [`TransferRow::write`] writes.
macro_rules! transfer_columns {
    () => {
        "id, debit, credit, amount, reason, note, at"
    };
}

pub(crate) use {job_columns, transfer_columns};

/// How many columns a job has.
pub(crate) const JOB_COLUMN_COUNT: usize = 32;
/// How many columns a transfer has.
pub(crate) const TRANSFER_COLUMN_COUNT: usize = 7;
/// How many columns [`EndRow::write`] writes.
pub(crate) const END_COLUMN_COUNT: usize = 19;

/// A new row of `jobs`.
pub(crate) struct JobRow<'a> {
    pub(crate) job: &'a JobRecord,
    pub(crate) hold: i64,
    pub(crate) node: i64,
    pub(crate) asked: Option<&'a [u8]>,
    /// How it ended, unless it only waits.
    pub(crate) end: Option<End<'a>>,
}

/// What the end of a job changes in its row.
pub(crate) struct End<'a> {
    pub(crate) ending: &'a Ending,
    pub(crate) sequence: u64,
    pub(crate) index: u32,
}

/// The end of a job that has a row already.
pub(crate) struct EndRow<'a> {
    pub(crate) seq: i64,
    pub(crate) id: JobId,
    pub(crate) node: i64,
    pub(crate) end: End<'a>,
}

/// A new row of `transfers`.
pub(crate) struct TransferRow<'a> {
    pub(crate) id: TransferId,
    pub(crate) transfer: &'a Transfer,
    pub(crate) at: Time,
}

impl JobRow<'_> {
    pub(crate) fn write(&self, to: &mut impl Sink) {
        let Self { job, hold, node, asked, end } = self;
        let JobRecord { id, purse, unit, method, version, priority, budget, capsule, submitted, deadline, .. } = job;
        to.int(Some(purse.no.0));
        to.bytes(Some(id.as_bytes()));
        to.text(Some(unit));
        to.text(Some(method));
        to.text(Some(version));
        to.int(Some(i64::from(*priority)));
        to.int(budget.map(|budget| budget.as_i64()));
        to.bytes(Some(&capsule.0));
        to.int(Some(submitted.as_i64()));
        to.int(Some(deadline.as_i64()));
        to.text(job.params.as_deref());
        to.text(job.labels.as_deref());
        to.bytes(*asked);
        to.int(Some(*hold));
        to.int(Some(*node));
        match end {
            Some(end) => end.write(to),
            None => waiting(job, to),
        }
    }
}

/// The columns of [`End::write`] for a job that has not ended.
fn waiting(job: &JobRecord, to: &mut impl Sink) {
    to.int(Some(state_number(State::Queued)));
    to.int(Some(0));
    to.int(None);
    to.int(None);
    for _ in 0..5 {
        to.int(Some(0));
    }
    to.bytes(None);
    to.text(None);
    to.bytes(None);
    to.int(job.segment.map(|segment| segment as i64));
    to.text(None);
    to.int(None);
    to.int(None);
    to.int(None);
}

impl End<'_> {
    /// The columns from `state` to `leaf_index`.
    fn write(&self, to: &mut impl Sink) {
        let Self { ending, sequence, index } = self;
        let metrics = &ending.metrics;
        to.int(Some(state_number(ending.state)));
        to.int(Some(ending.cost.as_i64()));
        to.int(ending.started.map(Time::as_i64));
        to.int(Some(ending.finished.as_i64()));
        to.int(Some(i64::from(ending.attempts)));
        for number in [metrics.bytes_in, metrics.bytes_out, metrics.queued_us, metrics.run_us] {
            to.int(Some(i64::try_from(number).unwrap_or(i64::MAX)));
        }
        to.bytes(joined(&ending.input_hashes).as_deref());
        to.text(outputs(&ending.outputs).as_deref());
        to.bytes(ending.kept.as_deref());
        to.int(ending.segment.map(|segment| segment as i64));
        to.text(ending.error.as_ref().and_then(|error| serde_json::to_string(error).ok()).as_deref());
        to.int(ending.expires.map(Time::as_i64));
        to.int(Some(*sequence as i64));
        to.int(Some(i64::from(*index)));
    }
}

impl EndRow<'_> {
    /// The columns of [`End::write`], then `node` and `seq`.
    pub(crate) fn write(&self, to: &mut impl Sink) {
        self.end.write(to);
        to.int(Some(self.node));
        to.int(Some(self.seq));
    }
}

impl TransferRow<'_> {
    pub(crate) fn write(&self, to: &mut impl Sink) {
        let Self { id, transfer, at } = self;
        to.bytes(Some(id.as_bytes()));
        to.int(Some(transfer.debit().0));
        to.int(Some(transfer.credit().0));
        to.int(Some(transfer.amount().as_i64()));
        to.int(Some(reason_number(transfer.reason())));
        to.text(transfer.note());
        to.int(Some(at.as_i64()));
    }
}

/// The hashes one after the other; nothing for none.
fn joined(hashes: &[Hash]) -> Option<Cow<'_, [u8]>> {
    match hashes {
        [] => None,
        [one] => Some(Cow::Borrowed(&one.0)),
        many => Some(many.iter().flat_map(|hash| hash.0).collect()),
    }
}

fn outputs(outputs: &[OutputInfo]) -> Option<String> {
    if outputs.is_empty() { None } else { serde_json::to_string(outputs).ok() }
}

/// The state as the database keeps it.
pub(crate) const fn state_number(state: State) -> i64 {
    match state {
        State::Queued => 0,
        State::Running => 1,
        State::Succeeded => 2,
        State::Failed => 3,
        State::Cancelled => 4,
        State::Expired => 5,
    }
}

/// The state of that number.
pub(crate) fn state_of(number: i64) -> Option<State> {
    let states = [State::Queued, State::Running, State::Succeeded, State::Failed, State::Cancelled, State::Expired];
    usize::try_from(number).ok().and_then(|number| states.get(number).copied())
}

/// The reason as the database keeps it.
pub(crate) const fn reason_number(reason: Reason) -> i64 {
    match reason {
        Reason::Grant => 0,
        Reason::Transfer => 1,
        Reason::Job => 2,
    }
}

/// The reason of that number.
pub(crate) fn reason_of(number: i64) -> Option<Reason> {
    [Reason::Grant, Reason::Transfer, Reason::Job].get(usize::try_from(number).ok()?).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_states_and_reasons_come_back() {
        for number in 0..6 {
            assert_eq!(state_of(number).map(state_number), Some(number));
        }
        for number in 0..3 {
            assert_eq!(reason_of(number).map(reason_number), Some(number));
        }
        assert_eq!((state_of(6), state_of(-1)), (None, None));
    }

    #[test]
    fn as_many_columns_are_named_as_written() {
        assert_eq!(job_columns!().split(',').count(), JOB_COLUMN_COUNT);
        assert_eq!(transfer_columns!().split(',').count(), TRANSFER_COLUMN_COUNT);
    }
}
