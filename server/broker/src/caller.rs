//! Who asks: an account through one of its keys.

use std::{net::IpAddr, sync::Arc};

use inos_engine::Entry;
use inos_ledger::{Access, Actor, Allowance, Budget, KeyWatch, Limits, Purse};
use inos_protocols::{
    AccountId, KeyId, Microcredits, Refusal,
    account::{Scope, Scopes},
    job::Capsule,
    refusal::Kind,
    time::Time,
};

use crate::Broker;

/// An account that has shown one of its keys.
#[derive(Clone)]
pub struct Caller {
    /// The account.
    pub account: AccountId,
    /// The key it showed.
    pub key: KeyId,
    /// When the key ends, if ever.
    pub expires: Option<Time>,
    /// What the key may do.
    pub scopes: Scopes,
    /// How many requests a second the key may make, where that is limited.
    pub rate_limit: Option<u32>,
    /// What an admin has set for the account.
    pub limits: Limits,
    /// The account's credits, as this node holds them.
    pub purse: Arc<Purse>,
    /// How long what its jobs leave is kept where they do not say, in milliseconds, if the account says so.
    pub keep_ms: Option<u64>,
    /// The key's own limit, if it has one.
    pub budget: Option<Arc<Budget>>,
    /// What the token that stands for the key may still spend, if that is limited.
    pub allowance: Option<Arc<Allowance>>,
}

/// By which request a caller does something, for the audit log.
pub struct Cause {
    /// The address that it came from.
    pub address: IpAddr,
    /// Its id.
    pub request_id: String,
}

impl Caller {
    /// Refuses a key that lacks the scope.
    pub fn need(&self, scope: Scope) -> Result<(), Refusal> {
        if self.scopes.allow(scope) {
            return Ok(());
        }
        Err(Refusal::new(
            Kind::Forbidden,
            format!(
                "This key lacks the scope `{}`. Use a key that has it, or make one with POST /v1/keys.",
                scope.word()
            ),
        ))
    }

    /// Puts in what a capsule leaves to its account: how long outputs are kept, and under an allowance the budget. A
    /// session without one has a limit of its own.
    pub(crate) fn complete(&self, entry: &Entry, capsule: &mut Capsule) -> Result<(), Refusal> {
        capsule.keep_ms = capsule.keep_ms.or(self.keep_ms);
        if let Some(allowance) = &self.allowance {
            let left = allowance.left();
            if left == Microcredits::ZERO {
                return Err(crate::hold::used_up(capsule.budget.unwrap_or_default(), left));
            }
            if !entry.is_session() {
                capsule.budget.get_or_insert(left);
            }
        }
        Ok(())
    }

    /// The caller as the audit log knows whoever acts.
    pub(crate) fn acting(&self, cause: Cause) -> Actor {
        let Cause { address, request_id } = cause;
        Actor { account: self.purse.no, key: self.key, address, request_id }
    }

    /// The owner under which the arena counts this caller's bytes.
    pub(crate) fn owner(&self) -> inos_arena::Owner {
        inos_arena::Owner(self.purse.no.0 as u64)
    }
}

impl Broker {
    /// The caller behind a bearer key (`inos_<id>_<secret>`); a wrong, revoked or expired one is refused alike.
    pub async fn authenticate(&self, bearer: &str) -> Result<Caller, Refusal> {
        let access = self.0.ledger.authenticate(bearer).await.map_err(crate::hold::database)?;
        let Some(access) = access else {
            return Err(Refusal::new(
                Kind::Unauthorized,
                "The key is not valid: unknown, revoked or expired. Send `Authorization: Bearer inos_…`.",
            ));
        };
        let purse = self.0.ledger.purse_of(&access);
        let budget = self.0.ledger.key_budget(&access);
        let Access { account_id: account, key, scopes, expires, rate_limit, limits, keep_ms, .. } = access;
        let allowance = None;
        Ok(Caller { account, key, expires, scopes, rate_limit, limits, purse, keep_ms, budget, allowance })
    }

    /// Watches the key that a caller has shown: what hangs on it ends with it.
    pub fn watch(&self, caller: &Caller) -> KeyWatch {
        self.0.ledger.watch_key(caller.key, caller.expires)
    }
}
