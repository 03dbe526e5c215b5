//! Prices that an admin has set: kept for ever, the list with the highest number in force. Knows no unit and no method.

use inos_protocols::{account::Act, catalogue::PriceList, time::Time};
use serde_json::json;

use crate::{Books, Error, Ledger, database::retried, ledger::Shared};

impl Ledger {
    /// Sets prices for good. The list that is in force may be set again; [`Error::Outrun`] names its number where another
    /// one is not above it.
    pub async fn set_prices(&self, list: &PriceList) -> Result<(), Error> {
        let shared = &self.0.shared;
        let text = serde_json::to_string(list).map_err(|_| Error::Damaged { what: "list of prices" })?;
        let is_set = retried(async || {
            let mut tx = shared.database.write().await?;
            let set = sqlx::query(
                "INSERT INTO prices (version, list, at) SELECT $1, $2, $3 FROM (SELECT 1 AS one) AS single \
                 WHERE NOT EXISTS (SELECT 1 FROM prices WHERE version >= $1) ON CONFLICT (version) DO NOTHING",
            )
            .bind(i64::from(list.version))
            .bind(text.as_str())
            .bind(Time::now().as_i64())
            .execute(tx.on())
            .await
            .map_err(Error::on("set prices"))?;
            if set.rows_affected() == 0 {
                return Ok(false);
            }
            let PriceList { version, stored_mib_day, prices } = list;
            let detail = json!({ "version": version, "stored_mib_day": stored_mib_day, "prices": prices });
            self.deed(Act::PricesSet, shared.issuer, Some(version.to_string()), detail).record(tx.on()).await?;
            tx.commit().await?;
            Ok(true)
        });
        if is_set.await? {
            return Ok(());
        }
        match shared.prices().await? {
            Some(now) if now == *list => Ok(()),
            now => Err(Error::Outrun { by: now.map_or(list.version, |now| now.version) }),
        }
    }
}

impl Books {
    /// The prices that an admin has set last, if any were.
    pub async fn prices(&self) -> Result<Option<PriceList>, Error> {
        self.shared.prices().await
    }
}

impl Shared {
    async fn prices(&self) -> Result<Option<PriceList>, Error> {
        let text: Option<String> = sqlx::query_scalar("SELECT list FROM prices ORDER BY version DESC LIMIT 1")
            .fetch_optional(self.database.pool())
            .await
            .map_err(Error::on("read prices"))?;
        let read = |text: String| serde_json::from_str(&text).map_err(|_| Error::Damaged { what: "list of prices" });
        text.map(read).transpose()
    }
}
