//! The records of the ledger.

use bytes::Bytes;
use capnp::{data, text};

use super::{Malformed, fields, message};
use crate::{
    AccountId, JobId,
    account::{Entry, Hold, Reason, Transfer},
    generated::ledger_capnp::{Reason as WireReason, hold, ledger_entry, transfer},
    ids::TransferId,
    refusal::Refusal,
};

impl From<Reason> for WireReason {
    fn from(reason: Reason) -> Self {
        match reason {
            Reason::Grant => Self::Grant,
            Reason::Transfer => Self::Transfer,
            Reason::Job => Self::Job,
            Reason::Storage => Self::Storage,
        }
    }
}

impl From<WireReason> for Reason {
    fn from(reason: WireReason) -> Self {
        match reason {
            WireReason::Grant => Self::Grant,
            WireReason::Transfer => Self::Transfer,
            WireReason::Job => Self::Job,
            WireReason::Storage => Self::Storage,
        }
    }
}

/// The transfer that this message is.
pub fn read_transfer(message: &Bytes) -> Result<Transfer, Refusal> {
    let reader = message::open(message)?;
    Ok(transfer(reader.get_root().map_err(Malformed::from)?)?)
}

fn transfer(from: transfer::Reader<'_>) -> Result<Transfer, Malformed> {
    Ok(Transfer {
        id: fields::id("id", from.get_id(), TransferId::from_slice)?,
        debit: fields::id("debit", from.get_debit(), AccountId::from_slice)?,
        credit: fields::id("credit", from.get_credit(), AccountId::from_slice)?,
        amount: fields::amount("amount", from.get_amount())?,
        reason: from.get_reason()?.into(),
        job: job(from.has_job(), from.get_job())?,
        note: note(from.has_note(), from.get_note())?,
        at: fields::time("at", from.get_at())?,
    })
}

/// The message that this transfer is.
pub fn write_transfer(transfer: &Transfer) -> Vec<u8> {
    let Transfer { id, debit, credit, amount, reason, job, note, at } = transfer;
    let mut message = message::begin(32 + message::words(note.as_ref().map_or(0, String::len)));
    let mut to = message.init_root::<transfer::Builder<'_>>();
    to.set_id(id.as_bytes());
    to.set_debit(debit.as_bytes());
    to.set_credit(credit.as_bytes());
    to.set_amount(amount.get());
    to.set_reason((*reason).into());
    if let Some(job) = job {
        to.set_job(job.as_bytes());
    }
    if let Some(note) = note {
        to.set_note(note);
    }
    to.set_at(at.as_ms());
    message::end(&message)
}

/// The hold that this message is.
pub fn read_hold(message: &Bytes) -> Result<Hold, Refusal> {
    let reader = message::open(message)?;
    Ok(hold(reader.get_root().map_err(Malformed::from)?)?)
}

fn hold(from: hold::Reader<'_>) -> Result<Hold, Malformed> {
    Ok(Hold {
        job: fields::id("job", from.get_job(), JobId::from_slice)?,
        account: fields::id("account", from.get_account(), AccountId::from_slice)?,
        amount: fields::amount("amount", from.get_amount())?,
        at: fields::time("at", from.get_at())?,
        expires: fields::time("expires", from.get_expires())?,
    })
}

/// The message that this hold is.
pub fn write_hold(hold: &Hold) -> Vec<u8> {
    let Hold { job, account, amount, at, expires } = hold;
    let mut message = message::begin(16);
    let mut to = message.init_root::<hold::Builder<'_>>();
    to.set_job(job.as_bytes());
    to.set_account(account.as_bytes());
    to.set_amount(amount.get());
    to.set_at(at.as_ms());
    to.set_expires(expires.as_ms());
    message::end(&message)
}

/// The line of an account's ledger that this message is.
pub fn read_entry(message: &Bytes) -> Result<Entry, Refusal> {
    let reader = message::open(message)?;
    Ok(entry(reader.get_root().map_err(Malformed::from)?)?)
}

fn entry(from: ledger_entry::Reader<'_>) -> Result<Entry, Malformed> {
    let transfer = from.has_transfer().then(|| fields::id("transfer", from.get_transfer(), TransferId::from_slice));
    Ok(Entry {
        transfer: transfer.transpose()?,
        job: job(from.has_job(), from.get_job())?,
        reason: from.get_reason()?.into(),
        amount: from.get_amount(),
        at: fields::time("at", from.get_at())?,
        note: note(from.has_note(), from.get_note())?,
    })
}

/// The message that this line of an account's ledger is.
pub fn write_entry(entry: &Entry) -> Vec<u8> {
    let Entry { transfer, job, reason, amount, at, note } = entry;
    let mut message = message::begin(24 + message::words(note.as_ref().map_or(0, String::len)));
    let mut to = message.init_root::<ledger_entry::Builder<'_>>();
    if let Some(transfer) = transfer {
        to.set_transfer(transfer.as_bytes());
    }
    if let Some(job) = job {
        to.set_job(job.as_bytes());
    }
    to.set_reason((*reason).into());
    to.set_amount(*amount);
    to.set_at(at.as_ms());
    if let Some(note) = note {
        to.set_note(note);
    }
    message::end(&message)
}

fn job(is_there: bool, field: capnp::Result<data::Reader<'_>>) -> Result<Option<JobId>, Malformed> {
    is_there.then(|| fields::id("job", field, JobId::from_slice)).transpose()
}

fn note(is_there: bool, field: capnp::Result<text::Reader<'_>>) -> Result<Option<String>, Malformed> {
    is_there.then(|| fields::text(field).map(String::from)).transpose()
}
