//! Keys that the server holds for accounts: made and looked after by their owners here, lent to one job at a time. A secret
//! leaves the vault only towards the engine, never towards a caller.

use inos_ledger::{HELD_KEYS_MAX, Held, SealedKey, SealedVersion};
use inos_protocols::{
    HeldKeyId, Refusal,
    account::Scope,
    held::{HeldKey, KeyKind, NewHeldKey, VERSIONS_MAX},
    refusal::Kind,
    time::Time,
};
use inos_vault::{Drawn, Master, Place, draw};

use crate::{Broker, Caller, admin::check_name, caller::Cause, hold::database};

/// How often a rotation is tried that collides with another of the same key.
const ROTATIONS_MAX: usize = 8;

impl Broker {
    /// Makes a key that the server holds for the caller's account.
    pub async fn create_held_key(&self, caller: &Caller, cause: Cause, form: NewHeldKey) -> Result<HeldKey, Refusal> {
        caller.need(Scope::Crypto)?;
        let NewHeldKey { kind, name, methods } = form;
        check_name(&name)?;
        let methods = self.methods_for(kind, methods)?;
        let inside = &self.0;
        if inside.vault.master().map_err(unopened)?.is_none() {
            // Made only where nothing is sealed under another one yet.
            let mark = inside.books.master_mark().await.map_err(database)?;
            mark.map_or(Ok(()), |_| Err(no_master()))?;
        }
        let master = inside.vault.master_or_new().map_err(unopened)?;
        let (id, created) = (HeldKeyId::new(), Time::now());
        let (account, newest, rotated) = (caller.account, 1, None);
        let mut key = SealedKey { id, account, kind, name, methods, created, rotated, newest, versions: Vec::new() };
        key.versions.push(seal(&master, &key, 1, created)?);
        let ledger = inside.ledger.by(caller.acting(cause));
        match ledger.hold_key(caller.purse.no, &key, master.mark()).await.map_err(database)? {
            Held::Done => Ok(key.shown()),
            Held::OtherMaster => Err(no_master()),
            Held::TooMany => {
                let told =
                    format!("An account has at most {HELD_KEYS_MAX} keys that the server holds: delete one first.");
                Err(full(told, HELD_KEYS_MAX))
            }
        }
    }

    /// The keys that the server holds for the caller's account, oldest first.
    pub async fn held_keys(&self, caller: &Caller) -> Result<Vec<HeldKey>, Refusal> {
        caller.need(Scope::Crypto)?;
        let keys = self.0.books.held_keys(caller.purse.no).await.map_err(database)?;
        Ok(keys.iter().map(SealedKey::shown).collect())
    }

    /// A key that the server holds for the caller's account.
    pub async fn held_key(&self, caller: &Caller, id: HeldKeyId) -> Result<HeldKey, Refusal> {
        caller.need(Scope::Crypto)?;
        Ok(self.sealed(caller, id).await?.shown())
    }

    /// Gives a held key a new version, by which everything new is made; the old ones open and verify until they are retired.
    pub async fn rotate_held_key(&self, caller: &Caller, cause: Cause, id: HeldKeyId) -> Result<HeldKey, Refusal> {
        caller.need(Scope::Crypto)?;
        let master = self.0.master()?;
        let ledger = self.0.ledger.by(caller.acting(cause));
        for _ in 0..ROTATIONS_MAX {
            let mut key = self.sealed(caller, id).await?;
            if key.versions.len() >= VERSIONS_MAX {
                let told = format!("A held key has at most {VERSIONS_MAX} versions: retire the oldest first.");
                return Err(full(told, VERSIONS_MAX));
            }
            let now = Time::now();
            let next = seal(&master, &key, key.newest + 1, now)?;
            if ledger.rotate_held_key(caller.purse.no, id, key.newest, &next).await.map_err(database)? {
                (key.newest, key.rotated) = (next.version, Some(now));
                key.versions.insert(0, next);
                return Ok(key.shown());
            }
        }
        Err(Refusal::new(
            Kind::Conflict,
            format!("The key {id} is being rotated by others just now; look at it first."),
        ))
    }

    /// Destroys every version of a held key below a number but the newest: what they made can be opened by nobody any more,
    /// save by jobs that wait with the key already.
    pub async fn retire_held_key(
        &self,
        caller: &Caller,
        cause: Cause,
        id: HeldKeyId,
        below: Option<u32>,
    ) -> Result<HeldKey, Refusal> {
        caller.need(Scope::Crypto)?;
        let ledger = self.0.ledger.by(caller.acting(cause));
        let retired = ledger.retire_held_key(caller.purse.no, id, below.unwrap_or(u32::MAX)).await.map_err(database)?;
        retired.ok_or_else(|| absent(id))?;
        self.held_key(caller, id).await
    }

    /// Destroys a held key: at once for jobs that this server has not begun, and for those that other servers take on from now
    /// on.
    pub async fn delete_held_key(&self, caller: &Caller, cause: Cause, id: HeldKeyId) -> Result<(), Refusal> {
        caller.need(Scope::Crypto)?;
        let (inside, account) = (self.0.clone(), caller.purse.no);
        let ledger = inside.ledger.by(caller.acting(cause));
        // Jobs that have the key hear of its end even if the caller goes away.
        let task = self.0.tasks.spawn(async move {
            let deleted = ledger.delete_held_key(account, id).await;
            // Also where the answer to the commit was lost, or an earlier wish had deleted it: what is not there is lent
            // to nobody.
            if deleted.is_ok() || matches!(inside.books.held_key(account, id).await, Ok(None)) {
                inside.lent.withdraw(account, id);
            }
            deleted.map_err(database)
        });
        let ended =
            task.await.map_err(|_| Refusal::new(Kind::Internal, "The key could not be destroyed; try again."))?;
        if ended? { Ok(()) } else { Err(absent(id)) }
    }

    async fn sealed(&self, caller: &Caller, id: HeldKeyId) -> Result<SealedKey, Refusal> {
        self.0.books.held_key(caller.purse.no, id).await.map_err(database)?.ok_or_else(|| absent(id))
    }

    /// The methods that may use a new key: those that were named, or all that its kind fits.
    fn methods_for(&self, kind: KeyKind, named: Vec<String>) -> Result<Vec<String>, Refusal> {
        let priced = self.engine().catalogue().priced();
        let fitting = priced.specs.iter().flat_map(|unit| {
            let methods = unit.methods.iter().filter(|method| method.held_key == Some(kind));
            methods.map(|method| format!("{}.{}", unit.name, method.name))
        });
        let fitting: Vec<String> = fitting.collect();
        if let Some(index) = named.iter().position(|name| !fitting.contains(name)) {
            let message = format!("a key for {} fits {}", kind.word(), fitting.join(", "));
            return Err(Refusal::field(Kind::InvalidParams, format!("/methods/{index}"), message));
        }
        Ok(fitting.into_iter().filter(|method| named.is_empty() || named.contains(method)).collect())
    }
}

/// There are as many as there may be.
fn full(told: String, limit: usize) -> Refusal {
    Refusal { available: Some(limit as u64), ..Refusal::new(Kind::Conflict, told) }
}

/// Draws and seals a version of a key.
fn seal(master: &Master, key: &SealedKey, version: u32, created: Time) -> Result<SealedVersion, Refusal> {
    let Drawn { secret, public } = draw(key.kind).map_err(unopened)?;
    let sealed = master.seal(&place(key, version, public.as_deref()), &secret).map_err(unopened)?;
    Ok(SealedVersion { version, created, public, sealed })
}

/// Where a version's secret belongs.
pub(crate) fn place<'a>(key: &'a SealedKey, version: u32, public: Option<&'a [u8]>) -> Place<'a> {
    Place { account: key.account, key: key.id, version, kind: key.kind, methods: &key.methods, public }
}

/// What is said of a key that is another account's, was deleted or never was: the same.
pub(crate) fn absent(id: HeldKeyId) -> Refusal {
    Refusal::new(Kind::NotFound, format!("There is no key {id} in this account."))
}

/// The master key is not where it should be.
pub(crate) fn no_master() -> Refusal {
    tracing::error!(
        "this database's held keys are sealed under another master key: copy {} from the data directory of the server \
         that made it",
        inos_vault::MASTER_KEY
    );
    let told = "The server lacks the master key under which held keys are sealed. Nothing was charged; its operator must put it back.";
    Refusal::new(Kind::KeysUnavailable, told)
}

/// The vault could not be used; why goes to the log.
pub(crate) fn unopened(error: inos_vault::Error) -> Refusal {
    tracing::error!(error = &error as &dyn std::error::Error, "held keys cannot be used");
    Refusal::new(Kind::KeysUnavailable, "The server cannot use held keys just now. Nothing was charged.")
}
