//! Whether what the books say is kept of jobs is there. Never changes anything.

use inos_blobs::Blobs;
use inos_ledger::{Books, Payloads};
use inos_protocols::Hash;

use crate::{
    payload::{self, Place},
    read::places,
    submit::Asked,
};

/// The most troubles that are named.
const TROUBLES_MAX: usize = 1_000;

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
        Place::Blob(_) | Place::Job(_) => return None,
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
