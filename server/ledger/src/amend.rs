//! What changes in the row of an accepted job between its acceptance and its end: how often it was tried, and what its
//! inputs turned out to be. Never its state, its price or its hold.

use crate::{AccountNo, Error, JobRecord, Ledger, committer::rows, database::retried};

impl Ledger {
    /// Writes down anew how an accepted job is run again after a restart; false where it has ended.
    pub async fn amend_asked(
        &self,
        account: AccountNo,
        id: inos_protocols::JobId,
        asked: &[u8],
    ) -> Result<bool, Error> {
        retried(async || {
            let mut tx = self.0.shared.database.write().await?;
            let done = sqlx::query("UPDATE jobs SET asked = $3 WHERE account = $1 AND id = $2 AND state < 2")
                .bind(account.0)
                .bind(&id.as_bytes()[..])
                .bind(asked)
                .execute(tx.on())
                .await;
            let count = done.map_err(Error::on("amend how a job is run again"))?.rows_affected();
            tx.commit().await?;
            Ok(count == 1)
        })
        .await
    }

    /// Writes down what was asked of an accepted job once its inputs are known; false where it has ended.
    pub async fn amend_request(&self, job: &JobRecord) -> Result<bool, Error> {
        let request = rows::request(job);
        retried(async || {
            let mut tx = self.0.shared.database.write().await?;
            let done = sqlx::query("UPDATE jobs SET request = $3 WHERE account = $1 AND id = $2 AND state < 2")
                .bind(job.purse.no.0)
                .bind(&job.id.as_bytes()[..])
                .bind(&request[..])
                .execute(tx.on())
                .await;
            let count = done.map_err(Error::on("amend what was asked of a job"))?.rows_affected();
            tx.commit().await?;
            Ok(count == 1)
        })
        .await
    }
}
