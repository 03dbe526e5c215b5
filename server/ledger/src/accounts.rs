//! Accounts and the credits that move between them other than for jobs.

use inos_protocols::{
    AccountId, Hash, Microcredits, NodeId,
    account::{Account, Act, NewKey, Reason, Scope, Scopes},
    ids::TransferId,
    time::Time,
};
use serde_json::json;
use sqlx::AnyConnection;

use crate::{
    AccountNo, Commit, CommitError, Entry, Error, Ledger, Limits, Transfer,
    audit::Deed,
    committer::rows::reason_number,
    database::{Database, retried},
    keys,
};

/// How much the issuer may owe.
const ISSUER_FLOOR: i64 = -(1 << 62);

/// What an account is for.
#[derive(Clone, Copy)]
enum Kind {
    /// Where all credits come from: the only one that may owe.
    Issuer = 0,
    /// A server, which earns what jobs cost.
    Node = 1,
    /// Somebody who pays for jobs.
    User = 2,
}

/// Finds or makes the issuer and the node's own account.
pub(crate) async fn found(database: &Database, node: NodeId) -> Result<(AccountNo, AccountNo), Error> {
    let mut tx = database.write().await?;
    let issuer = find_or_make(tx.on(), issuer_id(), "issuer", Kind::Issuer).await?;
    let name = format!("node {node}");
    let own = find_or_make(tx.on(), derived_id(b"inos.node", &node.0), &name, Kind::Node).await?;
    sqlx::query("INSERT INTO nodes (account, id) VALUES ($1, $2) ON CONFLICT DO NOTHING")
        .bind(own.0)
        .bind(&node.0[..])
        .execute(tx.on())
        .await
        .map_err(Error::on("enter the node"))?;
    tx.commit().await?;
    Ok((issuer, own))
}

/// The number of an account.
pub(crate) async fn number(database: &Database, account: AccountId) -> Result<AccountNo, Error> {
    let no: Option<i64> = sqlx::query_scalar("SELECT no FROM accounts WHERE id = $1")
        .bind(&account.as_bytes()[..])
        .fetch_optional(database.pool())
        .await
        .map_err(Error::on("find an account"))?;
    no.map(AccountNo).ok_or(Error::NoAccount)
}

/// The number of an account that pays for jobs.
pub(crate) async fn user_number(database: &Database, account: AccountId) -> Result<AccountNo, Error> {
    let no: Option<i64> = sqlx::query_scalar("SELECT no FROM accounts WHERE id = $1 AND kind = $2")
        .bind(&account.as_bytes()[..])
        .bind(Kind::User as i64)
        .fetch_optional(database.pool())
        .await
        .map_err(Error::on("find an account"))?;
    no.map(AccountNo).ok_or(Error::NoAccount)
}

/// The account that all credits come from.
pub(crate) fn issuer_id() -> AccountId {
    derived_id(b"inos.issuer", &[])
}

/// An id that every server works out alike, so that two that start at once agree.
fn derived_id(purpose: &[u8], of: &[u8]) -> AccountId {
    let hash = Hash::of(&[purpose, of].concat());
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&hash.0[..16]);
    AccountId::from_bytes(bytes)
}

async fn find_or_make(
    connection: &mut AnyConnection,
    id: AccountId,
    name: &str,
    kind: Kind,
) -> Result<AccountNo, Error> {
    make(connection, id, name, kind, Time::now()).await?;
    number_within(connection, id).await
}

/// The number of an account that is there, within a transaction.
async fn number_within(connection: &mut AnyConnection, id: AccountId) -> Result<AccountNo, Error> {
    sqlx::query_scalar("SELECT no FROM accounts WHERE id = $1")
        .bind(&id.as_bytes()[..])
        .fetch_one(connection)
        .await
        .map(AccountNo)
        .map_err(Error::on("find an account"))
}

async fn make(
    connection: &mut AnyConnection,
    id: AccountId,
    name: &str,
    kind: Kind,
    created: Time,
) -> Result<(), Error> {
    sqlx::query("INSERT INTO accounts (id, name, kind, created) VALUES ($1, $2, $3, $4) ON CONFLICT (id) DO NOTHING")
        .bind(&id.as_bytes()[..])
        .bind(name)
        .bind(kind as i64)
        .bind(created.as_i64())
        .execute(&mut *connection)
        .await
        .map_err(Error::on("make an account"))?;
    sqlx::query(
        "INSERT INTO balances (account, balance, held, leased, floor) SELECT no, 0, 0, 0, $2 FROM accounts WHERE id = $1 \
         ON CONFLICT (account) DO NOTHING",
    )
    .bind(&id.as_bytes()[..])
    .bind(if matches!(kind, Kind::Issuer) { ISSUER_FLOOR } else { 0 })
    .execute(connection)
    .await
    .map(drop)
    .map_err(Error::on("make an account"))
}

/// Moves what an account begins with from the issuer within a transaction.
async fn endow(
    connection: &mut AnyConnection,
    issuer: AccountNo,
    to: AccountId,
    amount: Microcredits,
) -> Result<(), Error> {
    if amount == Microcredits::ZERO {
        return Ok(());
    }
    issue(connection, issuer, to, amount, Some("starting credits")).await.map(drop)
}

/// Moves credits from the issuer within a transaction.
pub(crate) async fn issue(
    connection: &mut AnyConnection,
    issuer: AccountNo,
    to: AccountId,
    amount: Microcredits,
    note: Option<&str>,
) -> Result<TransferId, Error> {
    let id = TransferId::new();
    let no: i64 = sqlx::query_scalar("UPDATE balances SET balance = balance + $2 WHERE account = (SELECT no FROM accounts WHERE id = $1) RETURNING account")
        .bind(&to.as_bytes()[..])
        .bind(amount.as_i64())
        .fetch_one(&mut *connection)
        .await
        .map_err(Error::on("grant credits"))?;
    sqlx::query("UPDATE balances SET balance = balance - $2 WHERE account = $1")
        .bind(issuer.0)
        .bind(amount.as_i64())
        .execute(&mut *connection)
        .await
        .map_err(Error::on("issue credits"))?;
    sqlx::query(
        "INSERT INTO transfers (id, debit, credit, amount, reason, note, at) VALUES ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(&id.as_bytes()[..])
    .bind(issuer.0)
    .bind(no)
    .bind(amount.as_i64())
    .bind(reason_number(Reason::Grant))
    .bind(note)
    .bind(Time::now().as_i64())
    .execute(connection)
    .await
    .map(|_| id)
    .map_err(Error::on("record a grant"))
}

impl Ledger {
    /// Makes an account; what it starts with comes from the issuer in the same commit.
    pub async fn open_account(&self, name: &str, starting: Microcredits) -> Result<Account, Error> {
        let (shared, id, created) = (&self.0.shared, AccountId::new(), Time::now());
        retried(async || {
            let mut tx = shared.database.write().await?;
            make(tx.on(), id, name, Kind::User, created).await?;
            endow(tx.on(), shared.issuer, id, starting).await?;
            let no = number_within(tx.on(), id).await?;
            self.account_made(no, id, name, starting).record(tx.on()).await?;
            tx.commit().await
        })
        .await?;
        let (balance, held, available) = (starting, Microcredits::ZERO, starting);
        let Limits { weight, rate_limit } = Limits::default();
        let (low_balance, keep_ms) = (None, None);
        Ok(Account {
            id,
            name: name.into(),
            created,
            balance,
            held,
            available,
            weight,
            rate_limit,
            low_balance,
            keep_ms,
        })
    }

    /// On the first start makes an account with the starting credits and a key that may do everything, shown once;
    /// `None` when there is an account already.
    pub async fn first_start(&self, admin_name: &str) -> Result<Option<NewKey>, Error> {
        let shared = &self.0.shared;
        let mut tx = shared.database.write().await?;
        // The issuer's row is locked for the time it takes: of two servers that start at once, one comes second.
        sqlx::query("UPDATE balances SET balance = balance WHERE account = $1")
            .bind(shared.issuer.0)
            .execute(tx.on())
            .await
            .map_err(Error::on("lock the issuer"))?;
        let users: i64 = sqlx::query_scalar("SELECT count(*) FROM accounts WHERE kind = $1")
            .bind(Kind::User as i64)
            .fetch_one(tx.on())
            .await
            .map_err(Error::on("count accounts"))?;
        if users > 0 {
            return Ok(None);
        }
        let id = AccountId::new();
        let no = find_or_make(tx.on(), id, admin_name, Kind::User).await?;
        endow(tx.on(), shared.issuer, id, shared.starting_credits).await?;
        self.account_made(no, id, admin_name, shared.starting_credits).record(tx.on()).await?;
        let key = keys::make(tx.on(), no, "first key", Scopes::of(&Scope::ALL), None.into()).await?;
        self.key_made(no, &key.key).record(tx.on()).await?;
        tx.commit().await?;
        Ok(Some(key))
    }

    /// Gives an account credits from the issuer.
    pub async fn grant(&self, to: AccountId, amount: Microcredits, note: Option<&str>) -> Result<TransferId, Error> {
        let shared = &self.0.shared;
        let no = number(&shared.database, to).await?;
        let transfer = Transfer::new(shared.issuer, no, amount, Reason::Grant, note.map(Into::into))?;
        let detail = json!({ "amount": amount, "note": note });
        self.move_credits(transfer.told(self.deed(Act::CreditsGrant, no, None, detail))).await
    }

    fn account_made(&self, no: AccountNo, id: AccountId, name: &str, credits: Microcredits) -> Deed {
        self.deed(Act::AccountCreate, no, Some(id.to_string()), json!({ "name": name, "credits": credits }))
    }

    pub(crate) async fn move_credits(&self, transfer: Transfer) -> Result<TransferId, Error> {
        match self.commit(vec![Entry::Transfer(transfer)]).await.pop() {
            Some(Ok(Commit::Transferred(id))) => Ok(id),
            Some(Err(CommitError::TooPoor { required, available })) => Err(Error::TooPoor { required, available }),
            Some(Err(CommitError::Duplicate(id))) => Err(Error::Duplicate(TransferId::from_bytes(*id.as_bytes()))),
            _ => Err(Error::Unavailable),
        }
    }
}
