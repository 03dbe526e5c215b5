//! The writing side of either database, behind one set of verbs.

use inos_protocols::JobId;

use super::{
    postgres::Postgres,
    posting::{Helds, Posting},
    sqlite::Sqlite,
    trouble::{Fate, Trouble},
    verdict::{Facts, Questions},
};
use crate::database::Home;

/// The connection that group commits are written through.
pub(crate) enum Store {
    Sqlite(Box<Sqlite>),
    Postgres(Box<Postgres>),
}

macro_rules! either {
    ($store:expr, $verb:ident($($argument:expr),*)) => {
        match $store {
            Store::Sqlite(store) => store.$verb($($argument),*),
            Store::Postgres(store) => store.$verb($($argument),*),
        }
    };
}

impl Store {
    pub(crate) fn new(home: &Home) -> std::io::Result<Self> {
        Ok(match home {
            Home::Sqlite(path) => Self::Sqlite(Box::new(Sqlite::new(path.clone()))),
            Home::Postgres(options) => Self::Postgres(Box::new(Postgres::new(options)?)),
        })
    }

    pub(crate) fn begin(&mut self) -> Result<(), Trouble> {
        either!(self, begin())
    }

    pub(crate) fn roll_back(&mut self) {
        either!(self, roll_back());
    }

    pub(crate) fn probe(&mut self) -> Result<(), Trouble> {
        either!(self, probe())
    }

    pub(crate) fn next_sequence(&mut self, node: i64) -> Result<u64, Trouble> {
        either!(self, next_sequence(node))
    }

    pub(crate) fn settle_doubt(&mut self, node: i64, sequence: u64) -> Result<Fate, Trouble> {
        either!(self, settle_doubt(node, sequence))
    }

    pub(crate) fn helds(&mut self, wanted: &[(i64, JobId)]) -> Result<Helds, Trouble> {
        either!(self, helds(wanted))
    }

    pub(crate) fn facts(&mut self, node: i64, questions: &Questions<'_>) -> Result<Facts, Trouble> {
        either!(self, facts(node, questions))
    }

    pub(crate) fn commit(&mut self, posting: &Posting<'_>) -> Result<(), Trouble> {
        either!(self, commit(posting))
    }
}
