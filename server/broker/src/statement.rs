//! A statement, written out by whoever knows its form, into memory that spills to disk.

use bytes::Bytes;
use inos_ledger::StatementPart;
use inos_protocols::{Refusal, month::Month};

use crate::{Broker, Caller, hold::database, plan::no_room};

/// How much of a statement is put together before it is put away, in bytes.
const PIECE_BYTES: usize = 64 << 10;

impl Broker {
    /// The caller's statement of a month, as `write` writes each part of it.
    ///
    /// However long it is, little of it is in memory, and the database is read for no longer than writing takes.
    pub async fn statement(
        &self,
        caller: &Caller,
        month: Month,
        mut write: impl FnMut(StatementPart, &mut Vec<u8>),
    ) -> Result<Bytes, Refusal> {
        let mut writer = self.0.arena.writer(caller.owner(), None);
        let (mut piece, mut failed) = (Vec::with_capacity(PIECE_BYTES), None);
        let each = |part| {
            write(part, &mut piece);
            if piece.len() >= PIECE_BYTES {
                failed = writer.write(&piece).err();
                piece.clear();
            }
            failed.is_none()
        };
        self.0.books.statement(caller.account, month, each).await.map_err(database)?;
        match failed {
            Some(error) => Err(no_room(error)),
            None => {
                writer.write(&piece).map_err(no_room)?;
                writer.finish().map_err(no_room)
            }
        }
    }
}
