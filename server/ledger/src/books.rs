//! The books, open for reading: accounts, entries, keys, jobs, receipts, blobs. Nothing here writes.

mod accounts;
mod audit;
mod blobs;
mod check;
mod console;
mod entries;
mod health;
mod held;
mod jobs;
mod receipts;
mod spent;
mod statement;
mod stored;
mod unfinished;

use std::sync::Arc;

use inos_protocols::{
    record::{JobEnding, JobRequest},
    wire,
};
use sqlx::{Any, AnyPool, ColumnIndex, Decode, Row, Type, any::AnyRow};

pub(crate) use self::accounts::first_id;
pub use self::{
    blobs::Payloads,
    jobs::{JobFilter, KnownJob, Remembered, cursor_after},
    spent::SpentBy,
    statement::StatementPart,
    stored::{KeptCursor, KeptOutputs},
    unfinished::Unfinished,
};
use crate::{Error, ledger::Shared};

/// The most rows of one page.
pub(crate) const PAGE_MAX: u32 = 1000;

/// Read only. A clone is another handle to the same books.
#[derive(Clone)]
pub struct Books {
    pub(crate) shared: Arc<Shared>,
}

impl Books {
    pub(crate) fn new(shared: Arc<Shared>) -> Self {
        Self { shared }
    }

    fn pool(&self) -> &AnyPool {
        self.shared.database.pool()
    }
}

/// A column of a row, or the row is damaged.
fn column<'r, T>(row: &'r AnyRow, name: &'static str) -> Result<T, Error>
where
    T: Decode<'r, Any> + Type<Any>,
    &'static str: ColumnIndex<AnyRow>,
{
    row.try_get(name).map_err(Error::on(name))
}

/// What was asked of the job in this row.
fn request(row: &AnyRow) -> Result<JobRequest<'static>, Error> {
    wire::read_job_request(column(row, "request")?).map_err(|_| Error::Damaged { what: "record of a job's request" })
}

/// How the job in this row ended, if it has.
fn ending(row: &AnyRow) -> Result<Option<JobEnding<'static>>, Error> {
    let ending = column::<Option<&[u8]>>(row, "ending")?.map(wire::read_job_ending).transpose();
    ending.map_err(|_| Error::Damaged { what: "record of a job's ending" })
}

/// A page's length as asked, within bounds.
fn page(limit: u32) -> usize {
    limit.clamp(1, PAGE_MAX) as usize
}

/// What is wrong with a row.
fn damaged(what: &'static str) -> impl Fn() -> Error {
    move || Error::Damaged { what }
}
