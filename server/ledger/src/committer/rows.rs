//! The rows of a group commit, written once for both databases: each column goes to a `Sink` in a fixed order.

use std::borrow::Cow;

use inos_protocols::{
    JobId,
    account::Reason,
    ids::TransferId,
    job::State,
    record::{JobEnding, JobRequest},
    time::Time,
    wire,
};

use crate::{Ending, JobRecord, audit::Deed};

/// Takes the columns of a row, one after the other.
pub(crate) trait Sink {
    fn int(&mut self, value: Option<i64>);
    fn text(&mut self, value: Option<&str>);
    fn bytes(&mut self, value: Option<&[u8]>);
}

/// The columns that [`SettledRow::write`] writes.
macro_rules! settled_columns {
    () => {
        "account, id, unit, method, request, hold, key, state, cost, ending, kept, segment, expires, leaf_index"
    };
}

/// The columns that [`AcceptedRow::write`] writes.
macro_rules! accepted_columns {
    () => {
        "account, id, unit, method, request, hold, key, asked, segment, expires"
    };
}

/// The columns that [`EndRow::write`] writes.
macro_rules! end_columns {
    () => {
        "state, cost, ending, kept, segment, expires, leaf_index, seq"
    };
}

/// The columns of `audit` but its number.
macro_rules! audit_columns {
    () => {
        "at, act, actor, key, account, subject, detail, address, request_id"
    };
}

/// The columns that [`TransferRow::write`] writes.
macro_rules! transfer_columns {
    () => {
        "id, debit, credit, amount, reason, note, at"
    };
}

pub(crate) use {accepted_columns, audit_columns, end_columns, settled_columns, transfer_columns};

/// A new row of `jobs` that has ended. What all of a commit share, `node` and `commit_seq`, is not written here.
pub(crate) struct SettledRow<'a> {
    pub(crate) job: &'a JobRecord,
    pub(crate) hold: i64,
    pub(crate) end: End<'a>,
}

/// A new row of `jobs` that waits.
pub(crate) struct AcceptedRow<'a> {
    pub(crate) job: &'a JobRecord,
    pub(crate) hold: i64,
    pub(crate) asked: &'a [u8],
}

/// What the end of a job changes in its row.
pub(crate) struct End<'a> {
    pub(crate) ending: &'a Ending,
    /// Its place among the receipts of its commit.
    pub(crate) index: u32,
}

/// The end of a job that has a row already.
pub(crate) struct EndRow<'a> {
    pub(crate) seq: i64,
    pub(crate) id: JobId,
    pub(crate) end: End<'a>,
}

/// A new row of `transfers`.
pub(crate) struct TransferRow<'a> {
    pub(crate) id: TransferId,
    pub(crate) debit: i64,
    pub(crate) credit: i64,
    pub(crate) amount: i64,
    pub(crate) reason: Reason,
    pub(crate) note: Option<Cow<'a, str>>,
    pub(crate) at: Time,
}

/// A new row of `audit` about a transfer.
pub(crate) struct AuditRow<'a> {
    pub(crate) deed: &'a Deed,
    pub(crate) subject: TransferId,
    pub(crate) at: Time,
}

impl SettledRow<'_> {
    pub(crate) fn write(&self, to: &mut impl Sink) {
        let Self { job, hold, end } = self;
        write_asked(job, *hold, to);
        end.write(to);
    }
}

impl AcceptedRow<'_> {
    pub(crate) fn write(&self, to: &mut impl Sink) {
        let Self { job, hold, asked } = self;
        write_asked(job, *hold, to);
        to.bytes(Some(asked));
        to.int(job.segment.map(|segment| segment as i64));
        to.int(Some(job.deadline.as_i64()));
    }
}

/// The columns from `account` to `key`.
fn write_asked(job: &JobRecord, hold: i64, to: &mut impl Sink) {
    to.int(Some(job.purse.no.0));
    to.bytes(Some(job.id.as_bytes()));
    to.text(Some(&job.unit));
    to.text(Some(&job.method));
    to.bytes(Some(&request(job)));
    to.int(Some(hold));
    to.bytes(job.key.as_ref().map(|key| &key.as_bytes()[..]));
}

/// What was asked of a job, as its row keeps it.
pub(crate) fn request(job: &JobRecord) -> Vec<u8> {
    let request = JobRequest {
        version: Cow::Borrowed(&job.version),
        priority: job.priority,
        budget: job.budget,
        capsule: job.capsule,
        submitted: job.submitted,
        deadline: job.deadline,
        params: job.params.as_deref().map(Cow::Borrowed),
        labels: Cow::Borrowed(&job.labels),
        remembered: job.remembered,
    };
    wire::write_job_request(&request)
}

impl End<'_> {
    /// The columns from `state` to `leaf_index`.
    fn write(&self, to: &mut impl Sink) {
        let Self { ending, index } = self;
        to.int(Some(state_number(ending.state)));
        to.int(Some(ending.cost.as_i64()));
        let piece = JobEnding {
            started: ending.started,
            finished: ending.finished,
            attempts: ending.attempts,
            metrics: ending.metrics,
            inputs: Cow::Borrowed(&ending.input_hashes),
            outputs: Cow::Borrowed(&ending.outputs),
            error: ending.error.as_ref().map(Cow::Borrowed),
            cached_from: ending.cached_from,
        };
        to.bytes(Some(&wire::write_job_ending(&piece)));
        to.bytes(ending.kept.as_deref());
        to.int(ending.segment.map(|segment| segment as i64));
        to.int(ending.expires.map(Time::as_i64));
        to.int(Some(i64::from(*index)));
    }
}

impl EndRow<'_> {
    /// Whether what was asked, and the payload files of it, are let go: a job that did not succeed may be asked again.
    pub(crate) fn forgets(&self) -> bool {
        self.end.ending.state == State::Succeeded
    }

    /// The columns of [`End::write`], then `seq`.
    pub(crate) fn write(&self, to: &mut impl Sink) {
        self.end.write(to);
        to.int(Some(self.seq));
    }
}

impl TransferRow<'_> {
    pub(crate) fn write(&self, to: &mut impl Sink) {
        let Self { id, debit, credit, amount, reason, note, at } = self;
        to.bytes(Some(id.as_bytes()));
        to.int(Some(*debit));
        to.int(Some(*credit));
        to.int(Some(*amount));
        to.int(Some(reason_number(*reason)));
        to.text(note.as_deref());
        to.int(Some(at.as_i64()));
    }
}

impl AuditRow<'_> {
    pub(crate) fn write(&self, to: &mut impl Sink) {
        self.deed.write(&self.subject.to_string(), self.at, to);
    }
}

/// How many columns these are.
pub(crate) fn count(columns: &str) -> usize {
    columns.split(", ").count()
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
        Reason::Storage => 3,
    }
}

/// The reason of that number.
pub(crate) fn reason_of(number: i64) -> Option<Reason> {
    [Reason::Grant, Reason::Transfer, Reason::Job, Reason::Storage].get(usize::try_from(number).ok()?).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_states_and_reasons_come_back() {
        for number in 0..6 {
            assert_eq!(state_of(number).map(state_number), Some(number));
        }
        for number in 0..4 {
            assert_eq!(reason_of(number).map(reason_number), Some(number));
        }
        assert_eq!((state_of(6), state_of(-1)), (None, None));
    }
}
