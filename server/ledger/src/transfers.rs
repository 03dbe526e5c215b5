//! Credits that one account gives another, once for each idempotency key.

use inos_protocols::{
    AccountId, Hash, JobId, Microcredits,
    account::{Act, Reason},
    ids::TransferId,
};

use serde_json::json;

use crate::{AccountNo, Claim, ClaimGuard, Error, Ledger, Transfer, accounts};

/// What a transfer's key begins with in the books: a job's key has no such character, so that the two never meet.
const KEY_PREFIX: &str = "\u{1}transfer ";

/// A transfer that stands in the books.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moved {
    /// The transfer.
    pub id: TransferId,
    /// Whether an earlier request with the same key had made it.
    pub replayed: bool,
}

/// What a transfer's key came to.
enum Taken {
    New(Option<ClaimGuard>),
    Before(TransferId),
}

impl Ledger {
    /// Moves credits that are neither held nor reserved from one account to another that pays for jobs.
    ///
    /// The same key with the same request is the same transfer for [`crate::IDEMPOTENCY_MS`].
    pub async fn transfer(
        &self,
        from: AccountId,
        to: AccountId,
        amount: Microcredits,
        note: Option<&str>,
        key: Option<&str>,
    ) -> Result<Moved, Error> {
        let (ledger, note, key) = (self.clone(), note.map(str::to_owned), key.map(str::to_owned));
        // Credits that were taken out of a lease find their way back even if the caller goes away.
        let task = tokio::spawn(async move { ledger.transfer_once(from, to, amount, note, key).await });
        task.await.map_err(|_| Error::Committer)?
    }

    async fn transfer_once(
        &self,
        from: AccountId,
        to: AccountId,
        amount: Microcredits,
        note: Option<String>,
        key: Option<String>,
    ) -> Result<Moved, Error> {
        let shared = &self.0.shared;
        let purse = self.purse(from).await?;
        let payee = accounts::user_number(&shared.database, to).await?;
        let digest = digest(to, amount, note.as_deref());
        let mut has_given_back = false;
        loop {
            let claim = match self.take_key(purse.no, key.as_deref(), digest).await? {
                Taken::New(claim) => claim,
                Taken::Before(id) => return Ok(Moved { id, replayed: true }),
            };
            let mut transfer = Transfer::new(purse.no, payee, amount, Reason::Transfer, note.clone())?;
            transfer.claim = claim;
            let detail = json!({ "to": to, "amount": amount, "note": note });
            let transfer = transfer.told(self.deed(Act::CreditsTransfer, purse.no, None, detail));
            match self.move_credits(transfer).await {
                Ok(id) => return Ok(Moved { id, replayed: false }),
                Err(Error::TooPoor { .. }) if !has_given_back => {
                    // Some of it may be leased to this very node, or to one that let its lease expire.
                    let _alone = purse.refill.lock().await;
                    shared.give_back(&purse).await?;
                    self.reconcile().await?;
                    has_given_back = true;
                }
                Err(Error::Duplicate(_)) => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// Takes a transfer's key, if it has one; waits for a racer that has it.
    async fn take_key(&self, account: AccountNo, key: Option<&str>, digest: Hash) -> Result<Taken, Error> {
        let Some(key) = key else { return Ok(Taken::New(None)) };
        let key = format!("{KEY_PREFIX}{key}");
        loop {
            match self.claim(account, &key, digest).await? {
                Claim::New(guard) => return Ok(Taken::New(Some(guard))),
                Claim::Settled(id) => return Ok(Taken::Before(transfer_of(id))),
                Claim::Conflict => return Err(Error::KeyTaken),
                Claim::Running(mut racer) => {
                    // The racer ends with an id, or lets the key go and somebody else may have it.
                    let _ = racer.wait_for(Option::is_some).await;
                }
            }
        }
    }
}

/// The transfer that a key's row stands for.
fn transfer_of(id: JobId) -> TransferId {
    TransferId::from_bytes(*id.as_bytes())
}

/// What makes two requests for a transfer the same.
fn digest(to: AccountId, amount: Microcredits, note: Option<&str>) -> Hash {
    let mut text = to.as_bytes().to_vec();
    text.extend_from_slice(&amount.get().to_le_bytes());
    text.push(u8::from(note.is_some()));
    text.extend_from_slice(note.unwrap_or_default().as_bytes());
    Hash::of(&text)
}
