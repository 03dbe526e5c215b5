//! Sessions of the console that ended before their time.

use inos_protocols::time::Time;
use sqlx::any::AnyRow;

use super::{Books, column, damaged};
use crate::{ConsoleId, Error};

impl Books {
    /// The sessions that ended before their time, each until when it would have gone on; at most `limit` of them.
    pub async fn consoles_ended(&self, limit: u32) -> Result<Vec<(ConsoleId, Time)>, Error> {
        let rows = sqlx::query("SELECT session, until FROM console_ends WHERE until > $1 ORDER BY until DESC LIMIT $2")
            .bind(Time::now().as_i64())
            .bind(i64::from(limit))
            .fetch_all(self.pool())
            .await
            .map_err(Error::on("list sessions that ended"))?;
        let damaged = damaged("session of the console");
        let one = |row: &AnyRow| {
            let session: Vec<u8> = column(row, "session")?;
            let until: i64 = column(row, "until")?;
            let until = u64::try_from(until).ok().map(Time::from_ms).ok_or_else(&damaged)?;
            Ok((session.try_into().ok().ok_or_else(&damaged)?, until))
        };
        rows.iter().map(one).collect()
    }
}
