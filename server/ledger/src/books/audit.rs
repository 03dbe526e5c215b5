//! What was done to money and access, newest first.

use inos_protocols::{
    AccountId, KeyId,
    account::{Act, AuditEntry},
    time::Time,
};
use sqlx::any::AnyRow;

use super::{Books, column, damaged, page};
use crate::{Error, accounts::number};

impl Books {
    /// What was done to an account's money and access, or to that of all, newest first, and where the next page begins.
    /// An account does not learn by which key and from where others acted.
    pub async fn audit(
        &self,
        account: Option<AccountId>,
        limit: u32,
        cursor: Option<&str>,
    ) -> Result<(Vec<AuditEntry>, Option<String>), Error> {
        let before: i64 = cursor.map_or(Ok(i64::MAX), str::parse).map_err(|_| Error::Cursor)?;
        let no = match account {
            Some(account) => number(&self.shared.database, account).await?.0,
            None => 0,
        };
        let rows = sqlx::query(
            "SELECT t.seq, t.at, t.act, u.id AS actor, t.key, a.id AS account, t.subject, t.detail, t.address, t.request_id \
             FROM audit t JOIN accounts a ON a.no = t.account LEFT JOIN accounts u ON u.no = t.actor \
             WHERE t.seq < $1 AND ($2 = 0 OR t.account = $2 OR t.actor = $2) ORDER BY t.seq DESC LIMIT $3",
        )
        .bind(before)
        .bind(no)
        .bind(page(limit) as i64)
        .fetch_all(self.pool())
        .await
        .map_err(Error::on("read the audit log"))?;
        let next = match rows.last() {
            Some(last) if rows.len() == page(limit) => Some(column::<i64>(last, "seq")?.to_string()),
            _ => None,
        };
        let entries = rows.iter().map(|row| read(row, account)).collect::<Result<_, _>>()?;
        Ok((entries, next))
    }
}

/// An entry as `reader` may see it; none is an admin.
fn read(row: &AnyRow, reader: Option<AccountId>) -> Result<AuditEntry, Error> {
    let damaged = damaged("audit log");
    let account = |bytes: Vec<u8>| AccountId::from_slice(&bytes).ok_or_else(&damaged);
    let actor = column::<Option<Vec<u8>>>(row, "actor")?.map(account).transpose()?;
    let is_seen = reader.is_none() || actor == reader;
    let key = column::<Option<Vec<u8>>>(row, "key")?.map(|bytes| KeyId::from_slice(&bytes).ok_or_else(&damaged));
    let detail: String = column(row, "detail")?;
    Ok(AuditEntry {
        seq: column::<i64>(row, "seq")? as u64,
        at: Time::from_ms(column::<i64>(row, "at")? as u64),
        act: Act::from_word(column(row, "act")?).ok_or_else(&damaged)?,
        actor,
        key: key.transpose()?.filter(|_| is_seen),
        account: account(column(row, "account")?)?,
        subject: column(row, "subject")?,
        detail: serde_json::from_str(&detail).map_err(|_| damaged())?,
        address: column::<Option<String>>(row, "address")?.filter(|_| is_seen),
        request_id: column::<Option<String>>(row, "request_id")?.filter(|_| is_seen),
    })
}
