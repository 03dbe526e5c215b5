//! Accounts, grants and keys. A key never makes a stronger one, and every movement of credits has a reason.

use inos_ledger::{ConsoleId, Limits, Moved, Terms};
use inos_protocols::{
    AccountId, KeyId, Microcredits, Refusal,
    account::{Account, Act, Budget, Key, NewKey, Scope, Scopes},
    ids::TransferId,
    refusal::Kind,
    time::Time,
};
use serde_json::{Value, json};

use crate::{Broker, Caller, caller::Cause, hold::database};

/// The longest name of an account or key, in bytes.
pub const NAME_LEN_MAX: usize = 128;
/// The most requests a second that a limit may name.
const RATE_LIMIT_MAX: u32 = 1_000_000;
/// The most that an account may weigh.
const WEIGHT_MAX: u32 = 1_000;
/// The longest that a key works beside the one that replaced it, in milliseconds: 30 days.
const OVERLAP_MS_MAX: u64 = 30 * 86_400_000;

impl Broker {
    /// Makes an account with starting credits and a first key for all but administration.
    pub async fn create_account(
        &self,
        caller: &Caller,
        cause: Cause,
        name: &str,
        credits: Microcredits,
    ) -> Result<(Account, NewKey), Refusal> {
        caller.need(Scope::Admin)?;
        check_name(name)?;
        let ledger = self.0.ledger.by(caller.acting(cause));
        let account = ledger.open_account(name, credits).await.map_err(database)?;
        let scopes = Scopes::of(&[Scope::Jobs, Scope::Blobs, Scope::Regions, Scope::Account, Scope::Crypto]);
        let key = ledger.create_key(account.id, "first", scopes, None).await.map_err(database)?;
        Ok((account, key))
    }

    /// Sets below what the caller's account gets an event of what it has left, or that it gets none.
    pub async fn set_low_balance(&self, caller: &Caller, threshold: Option<Microcredits>) -> Result<(), Refusal> {
        self.0.ledger.set_low_balance(caller.account, threshold).await.map_err(database)
    }

    /// Sets how long what the caller's jobs leave is kept where a job does not say; none means as long as the server keeps
    /// anything.
    pub async fn set_keep(&self, caller: &Caller, cause: Cause, keep_ms: Option<u64>) -> Result<(), Refusal> {
        let keep_max = self.0.options.keep_jobs.as_millis() as u64;
        if keep_ms.is_some_and(|ms| ms > keep_max) {
            let mut refusal = Refusal::field(
                Kind::InvalidParams,
                "/keep_ms",
                format!("this server keeps outputs for at most {keep_max} ms"),
            );
            (refusal.required, refusal.available) = (keep_ms, Some(keep_max));
            return Err(refusal);
        }
        self.0.ledger.by(caller.acting(cause)).set_keep(caller.account, keep_ms).await.map_err(database)
    }

    /// Writes down that the caller's key made a token for a page.
    pub async fn note_token(
        &self,
        caller: &Caller,
        cause: Cause,
        scopes: Scopes,
        expires: Time,
        budget: Option<Microcredits>,
    ) -> Result<(), Refusal> {
        let detail = json!({ "scopes": scopes.list(), "expires": expires, "budget": budget });
        self.note_stand_in(caller, cause, Act::TokenCreate, detail).await
    }

    /// Writes down that the caller's key made a ticket for a WebSocket.
    pub async fn note_ticket(&self, caller: &Caller, cause: Cause, expires: Time) -> Result<(), Refusal> {
        self.note_stand_in(caller, cause, Act::TicketCreate, json!({ "expires": expires })).await
    }

    /// Writes down that somebody signed in to the console with the caller's key.
    pub async fn note_console(&self, caller: &Caller, cause: Cause, expires: Time) -> Result<(), Refusal> {
        self.note_stand_in(caller, cause, Act::ConsoleOpen, json!({ "expires": expires })).await
    }

    /// Ends a session of the console that would go on until some time, on all servers and over a restart.
    pub async fn end_console(&self, session: ConsoleId, until: Time) -> Result<(), Refusal> {
        self.0.ledger.end_console(session, until).await.map_err(database)
    }

    /// The sessions of the console that ended before their time, and until when they would have gone on.
    pub async fn consoles_ended(&self, limit: u32) -> Result<Vec<(ConsoleId, Time)>, Refusal> {
        self.0.books.consoles_ended(limit).await.map_err(database)
    }

    async fn note_stand_in(&self, caller: &Caller, cause: Cause, act: Act, detail: Value) -> Result<(), Refusal> {
        let ledger = self.0.ledger.by(caller.acting(cause));
        ledger.note_stand_in(act, caller.purse.no, detail).await.map_err(database)
    }

    /// Gives credits from the issuer to an account, for good or until some time.
    pub async fn grant(
        &self,
        caller: &Caller,
        cause: Cause,
        to: AccountId,
        amount: Microcredits,
        note: Option<&str>,
        expires: Option<Time>,
    ) -> Result<TransferId, Refusal> {
        caller.need(Scope::Admin)?;
        if let Some(note) = note {
            check_note(note)?;
        }
        let granted = match expires {
            Some(expires) if expires <= Time::now() => {
                return Err(Refusal::field(Kind::InvalidParams, "/expires", "this time has passed"));
            }
            Some(expires) => self.0.ledger.by(caller.acting(cause)).grant_until(to, amount, note, expires).await,
            None => self.0.ledger.by(caller.acting(cause)).grant(to, amount, note).await,
        };
        granted.map_err(database)
    }

    /// Gives credits of the caller's account to another; the same key with the same request is one transfer.
    pub async fn transfer(
        &self,
        caller: &Caller,
        cause: Cause,
        to: AccountId,
        amount: Microcredits,
        note: Option<&str>,
        key: Option<&str>,
    ) -> Result<Moved, Refusal> {
        if let Some(note) = note {
            check_note(note)?;
        }
        if key.is_some_and(|key| key.chars().any(char::is_control)) {
            let told = "an idempotency key has no control characters";
            return Err(Refusal::field(Kind::InvalidParams, "/idempotency_key", told));
        }
        if caller.budget.is_some() {
            let told = "A key with a budget gives no credits away; show one without.";
            return Err(Refusal::new(Kind::Forbidden, told));
        }
        if to == caller.account {
            return Err(Refusal::field(Kind::InvalidParams, "/to", "an account gives nothing to itself"));
        }
        self.0.ledger.by(caller.acting(cause)).transfer(caller.account, to, amount, note, key).await.map_err(database)
    }

    /// Sets what an account's jobs may cost in every month; none means whatever it has.
    pub async fn set_budget(
        &self,
        caller: &Caller,
        cause: Cause,
        account: AccountId,
        budget: Option<Microcredits>,
    ) -> Result<Budget, Refusal> {
        caller.need(Scope::Admin)?;
        self.0.ledger.by(caller.acting(cause)).set_budget(account, budget).await.map_err(database)
    }

    /// Makes a key of the caller's account with at most the caller's scopes; its secret is shown once.
    pub async fn create_key(
        &self,
        caller: &Caller,
        cause: Cause,
        name: &str,
        scopes: &[Scope],
        terms: Terms,
    ) -> Result<NewKey, Refusal> {
        check_name(name)?;
        check_rate(terms.rate_limit)?;
        check_unlimited(caller)?;
        let wanted = Scopes::of(scopes);
        if !caller.scopes.cover(wanted) {
            return Err(Refusal::new(Kind::Forbidden, "A key cannot make a key with scopes that it lacks itself."));
        }
        if scopes.is_empty() {
            return Err(Refusal::field(Kind::InvalidParams, "/scopes", "a key needs at least one scope"));
        }
        if terms.expires.is_some_and(|expires| expires <= Time::now()) {
            return Err(Refusal::field(Kind::InvalidParams, "/expires", "this time has passed"));
        }
        self.0.ledger.by(caller.acting(cause)).create_key(caller.account, name, wanted, terms).await.map_err(database)
    }

    /// Makes a key that takes the place of another of the caller's account, which goes on working for `overlap_ms`.
    /// The caller must be allowed whatever the key is.
    pub async fn rotate_key(
        &self,
        caller: &Caller,
        cause: Cause,
        key: KeyId,
        overlap_ms: u64,
    ) -> Result<NewKey, Refusal> {
        if caller.allowance.is_some() {
            return Err(Refusal::new(Kind::Forbidden, "A token with a budget replaces no key; show the key itself."));
        }
        if overlap_ms > OVERLAP_MS_MAX {
            let message = format!("expected at most {OVERLAP_MS_MAX}");
            return Err(Refusal::field(Kind::InvalidParams, "/overlap_ms", message));
        }
        let made =
            self.0.ledger.by(caller.acting(cause)).rotate_key(caller.account, key, overlap_ms, caller.scopes).await;
        match made.map_err(database)? {
            Some(made) => Ok(made),
            None => {
                Err(Refusal::new(Kind::NotFound, format!("There is no key {key} in this account that still works.")))
            }
        }
    }

    /// Sets an account's limits: at once on this server, within 5 s on others.
    pub async fn limit(
        &self,
        caller: &Caller,
        cause: Cause,
        account: AccountId,
        limits: Limits,
    ) -> Result<(), Refusal> {
        caller.need(Scope::Admin)?;
        check_rate(limits.rate_limit)?;
        if !(1..=WEIGHT_MAX).contains(&limits.weight) {
            let message = format!("expected 1 to {WEIGHT_MAX}");
            return Err(Refusal::field(Kind::InvalidParams, "/weight", message));
        }
        self.0.ledger.by(caller.acting(cause)).set_limits(account, limits).await.map_err(database)
    }

    /// The keys of the caller's account, without their secrets.
    pub async fn keys(&self, caller: &Caller) -> Result<Vec<Key>, Refusal> {
        self.0.books.keys(caller.account).await.map_err(database)
    }

    /// Ends a key of the caller's account: at once on this node, within 5 s on others, and within 60 s on one that cannot
    /// reach the database.
    pub async fn revoke_key(&self, caller: &Caller, cause: Cause, key: KeyId) -> Result<(), Refusal> {
        let revoked = self.0.ledger.by(caller.acting(cause)).revoke_key(caller.account, key).await.map_err(database)?;
        if revoked {
            Ok(())
        } else {
            Err(Refusal::new(Kind::NotFound, format!("There is no key {key} in this account.")))
        }
    }
}

/// Refuses whoever may spend only so much: a key that it made could spend more.
fn check_unlimited(caller: &Caller) -> Result<(), Refusal> {
    if caller.budget.is_some() {
        return Err(Refusal::new(Kind::Forbidden, "A key with a budget makes no other key; show one without."));
    }
    if caller.allowance.is_some() {
        return Err(Refusal::new(Kind::Forbidden, "A token with a budget makes no key; show the key itself."));
    }
    Ok(())
}

pub(crate) fn check_name(name: &str) -> Result<(), Refusal> {
    if name.trim().is_empty() || name.len() > NAME_LEN_MAX || name.chars().any(char::is_control) {
        let message = format!("a name has 1 to {NAME_LEN_MAX} bytes and no control characters");
        return Err(Refusal::field(Kind::InvalidParams, "/name", message));
    }
    Ok(())
}

fn check_rate(rate_limit: Option<u32>) -> Result<(), Refusal> {
    if rate_limit.is_some_and(|a_second| !(1..=RATE_LIMIT_MAX).contains(&a_second)) {
        let message = format!("expected 1 to {RATE_LIMIT_MAX}");
        return Err(Refusal::field(Kind::InvalidParams, "/rate_limit", message));
    }
    Ok(())
}

fn check_note(note: &str) -> Result<(), Refusal> {
    if note.len() > NAME_LEN_MAX * 4 || note.chars().any(char::is_control) {
        return Err(Refusal::field(
            Kind::InvalidParams,
            "/note",
            "a note has at most 512 bytes and no control characters",
        ));
    }
    Ok(())
}
