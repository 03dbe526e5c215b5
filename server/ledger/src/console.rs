//! Sessions of the console that ended before their time. Knows their ids alone: what opens one is kept nowhere.

use inos_protocols::time::Time;

use crate::{Error, Ledger, database::retried};

/// Which session of the console it is.
pub type ConsoleId = [u8; 16];

impl Ledger {
    /// Ends a session that would go on until some time; twice is once. What is over by itself is forgotten.
    pub async fn end_console(&self, session: ConsoleId, until: Time) -> Result<(), Error> {
        let database = &self.0.shared.database;
        retried(async || {
            let mut tx = database.write().await?;
            sqlx::query("DELETE FROM console_ends WHERE until <= $1")
                .bind(Time::now().as_i64())
                .execute(tx.on())
                .await
                .map_err(Error::on("forget sessions that are over"))?;
            sqlx::query("INSERT INTO console_ends (session, until) VALUES ($1, $2) ON CONFLICT (session) DO NOTHING")
                .bind(&session[..])
                .bind(until.as_i64())
                .execute(tx.on())
                .await
                .map_err(Error::on("end a session"))?;
            tx.commit().await
        })
        .await
    }
}
