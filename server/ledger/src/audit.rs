//! What was done to money and access, by whom and from where. A deed is written in the transaction that does it, and
//! the table refuses to forget. Never holds a secret.

use std::{net::IpAddr, sync::Arc};

use inos_protocols::{
    KeyId,
    account::{Act, Key},
    time::Time,
};
use serde_json::{Value, json};
use sqlx::AnyConnection;

use crate::{
    AccountNo, Error, Ledger,
    committer::rows::{Sink, audit_columns},
    database::retried,
};

/// Somebody who does something by one of an account's keys.
#[derive(Debug)]
pub struct Actor {
    /// The account.
    pub account: AccountNo,
    /// The key.
    pub key: KeyId,
    /// From where.
    pub address: IpAddr,
    /// By which request.
    pub request_id: String,
}

/// Something done, as the log has it.
#[derive(Debug)]
pub(crate) struct Deed {
    pub(crate) act: Act,
    /// None: the server did it by itself.
    pub(crate) actor: Option<Arc<Actor>>,
    /// Whose money or access it was.
    pub(crate) account: AccountNo,
    /// The id of what was made, changed or ended; a transfer's is known only once it is posted.
    pub(crate) subject: Option<String>,
    pub(crate) detail: Value,
}

impl Ledger {
    /// A handle whose deeds are this actor's. Those of a plain handle are the server's own.
    #[must_use]
    pub fn by(&self, actor: Actor) -> Self {
        Self(self.0.clone(), Some(Arc::new(actor)))
    }

    /// A deed of this handle's actor.
    pub(crate) fn deed(&self, act: Act, account: AccountNo, subject: Option<String>, detail: Value) -> Deed {
        Deed { act, actor: self.1.clone(), account, subject, detail }
    }
}

impl Ledger {
    /// Records that an account's key made a stand-in for itself, which lives in memory alone.
    pub async fn note_stand_in(&self, act: Act, account: AccountNo, detail: Value) -> Result<(), Error> {
        let database = &self.0.shared.database;
        let deed = self.deed(act, account, None, detail);
        retried(async || {
            let mut tx = database.write().await?;
            deed.record(tx.on()).await?;
            tx.commit().await
        })
        .await
    }
}

impl Deed {
    /// Adds the deed to the log, within the transaction that does it.
    pub(crate) async fn record(&self, connection: &mut AnyConnection) -> Result<(), Error> {
        let columns = audit_columns!();
        let sql = format!("INSERT INTO audit ({columns}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)");
        // The text is this program's own; nothing of a caller's is in it.
        let actor = self.actor.as_deref();
        sqlx::query(sqlx::AssertSqlSafe(sql))
            .bind(Time::now().as_i64())
            .bind(self.act.word())
            .bind(actor.map(|actor| actor.account.0))
            .bind(actor.map(|actor| actor.key.as_bytes().to_vec()))
            .bind(self.account.0)
            .bind(self.subject.as_deref())
            .bind(self.detail.to_string())
            .bind(actor.map(|actor| actor.address.to_string()))
            .bind(actor.map(|actor| actor.request_id.as_str()))
            .execute(connection)
            .await
            .map(drop)
            .map_err(Error::on("record a deed"))
    }

    /// The same columns as part of a group commit.
    pub(crate) fn write(&self, subject: &str, at: Time, to: &mut impl Sink) {
        let actor = self.actor.as_deref();
        to.int(Some(at.as_i64()));
        to.text(Some(self.act.word()));
        to.int(actor.map(|actor| actor.account.0));
        to.bytes(actor.map(|actor| &actor.key.as_bytes()[..]));
        to.int(Some(self.account.0));
        to.text(Some(subject));
        to.text(Some(&self.detail.to_string()));
        to.text(actor.map(|actor| actor.address.to_string()).as_deref());
        to.text(actor.map(|actor| actor.request_id.as_str()));
    }
}

/// What the log says of a key that is made.
pub(crate) fn of_key(key: &Key) -> Value {
    let Key { name, scopes, expires, rate_limit, .. } = key;
    json!({ "name": name, "scopes": scopes, "expires": expires, "rate_limit": rate_limit })
}
