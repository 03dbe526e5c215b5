//! Whether what the books say is kept of jobs is there. Never changes anything.

use std::collections::BTreeMap;

use inos_blobs::Blobs;
use inos_ledger::{Books, Payloads, SealedKey};
use inos_protocols::{AccountId, Hash, KeyId};
use inos_vault::Vault;

use crate::{
    lent::open,
    payload::{self, Place},
    read::places,
    submit::Asked,
};

/// The most troubles that are named.
const TROUBLES_MAX: usize = 1_000;
/// How many held keys are asked for at once.
const KEYS_PAGE: u32 = 1_000;

/// Every kept output and every input of a waiting job that is not where the books say; `deep` reads and hashes all of
/// them.
pub async fn check_payloads(books: &Books, blobs: &Blobs, deep: bool) -> Result<Vec<String>, inos_ledger::Error> {
    let (mut troubles, mut after) = (Vec::new(), 0);
    loop {
        let page = books.payloads(after).await?;
        let Some(last) = page.last() else { return Ok(troubles) };
        after = last.seq;
        for job in &page {
            troubles.extend(check(blobs, job, deep));
        }
        if troubles.len() >= TROUBLES_MAX {
            return Ok(troubles);
        }
    }
}

/// Every held key that does not open.
pub async fn check_held_keys(books: &Books, vault: &Vault) -> Result<Vec<String>, inos_ledger::Error> {
    let Some(mark) = books.master_mark().await? else { return Ok(Vec::new()) };
    let master = match vault.master() {
        Ok(Some(master)) if *master.mark() == mark => master,
        Ok(Some(_)) => {
            return Ok(vec![format!(
                "{} is not the master key that held keys are sealed under",
                vault.path().display()
            )]);
        }
        Ok(None) => {
            return Ok(vec![format!("the master key of held keys is gone: there is no {}", vault.path().display())]);
        }
        Err(error) => return Ok(vec![error.to_string()]),
    };
    let (mut troubles, mut after) = (Vec::new(), None);
    while troubles.len() < TROUBLES_MAX {
        let page = books.all_held_keys(KEYS_PAGE, after).await?;
        let Some(last) = page.last() else { break };
        after = Some(last.id);
        let trouble =
            |key: &SealedKey| Some(format!("the held key {} does not open: {}", key.id, open(&master, key).err()?));
        troubles.extend(page.iter().filter_map(trouble));
    }
    Ok(troubles)
}

/// Every budget under which more is held for waiting jobs than it says is used.
pub async fn check_budgets(books: &Books) -> Result<Vec<String>, inos_ledger::Error> {
    let mut held = BTreeMap::<(AccountId, Option<KeyId>, i64), u64>::new();
    for job in books.unfinished().await? {
        // What cannot be read is named where its payloads are looked for.
        let Ok(Asked { limits, .. }) = serde_json::from_slice(&job.asked) else { continue };
        for (key, month) in limits {
            *held.entry((job.account, key, month)).or_default() += job.held.get();
        }
    }
    let mut troubles = Vec::new();
    for ((account, key, month), held) in held.into_iter().take(TROUBLES_MAX) {
        let used = books.used_of_budget(account, key, month).await?;
        if used.is_none_or(|used| used.get() < held) {
            let whose = key.map_or_else(|| account.to_string(), |key| key.to_string());
            troubles.push(format!("{held} are held under the budget of {whose}, which says less"));
        }
    }
    Ok(troubles)
}

fn check(blobs: &Blobs, job: &Payloads, deep: bool) -> Vec<String> {
    let id = job.id;
    if !job.has_ended {
        let asked = job.asked.as_deref().and_then(|text| serde_json::from_slice::<Asked>(text).ok());
        let Some(Asked { inputs, .. }) = asked else {
            return vec![format!("{id} waits, and nothing says how to run it")];
        };
        let found =
            inputs.iter().enumerate().filter_map(|(index, place)| Some((index, trouble(blobs, place, None, deep)?)));
        return found.map(|(index, trouble)| format!("{id}: its input {index} {trouble}")).collect();
    }
    let Ok(Some(places)) = places(job.kept.as_deref()) else {
        return vec![format!("{id}: nothing says where its outputs are kept")];
    };
    if places.len() != job.outputs.len() {
        return vec![format!("{id}: {} of {} outputs are kept", places.len(), job.outputs.len())];
    }
    let found = places.iter().zip(&job.outputs).enumerate().filter_map(|(index, (place, output))| {
        Some(format!("{id}: its output {index} {}", trouble(blobs, place, Some(output.hash), deep)?))
    });
    found.collect()
}

/// What is wrong with a payload. An account may delete its blobs, whatever refers to them, and another job's outputs
/// have a time of their own.
fn trouble(blobs: &Blobs, place: &Place, hash: Option<Hash>, deep: bool) -> Option<String> {
    match place {
        Place::Blob(_) | Place::Job(_) | Place::Region(_) => return None,
        Place::File(hash) if !blobs.has(hash) => return Some(format!("is gone with the file {hash}")),
        Place::File(_) | Place::Pack(_) if !deep => return None,
        Place::File(_) | Place::Pack(_) | Place::Row(_) => {}
    }
    match payload::get(blobs, place) {
        Ok(Some(bytes)) if hash.is_none_or(|hash| hash == Hash::of(&bytes)) => None,
        Ok(Some(_)) => Some("is not what its job wrote".into()),
        Ok(None) => Some("is gone".into()),
        Err(_) => Some("cannot be read".into()),
    }
}
