//! Persistent regions on the disk: the last published epoch of each, whole. Ephemeral ones never come here.

use inos_blobs::Blobs;
use inos_failpoints::{Point, reach};
use inos_protocols::{AccountId, Hash};
use serde::{Deserialize, Serialize};

use super::{
    Floor, Inside, Kind, REGION_BYTES_MAX, Refusal, payload, region,
    shelf::{Entry, Traits},
};
use crate::Broker;

/// The most troubles that are named.
const TROUBLES_MAX: usize = 1_000;
/// The longest file of a region: its bytes, and what is said of them.
const FILE_BYTES_MAX: u64 = REGION_BYTES_MAX as u64 + (64 << 10);

/// What stands beside a region's bytes in its file.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct About {
    epoch: u64,
    traits: Traits,
}

impl Inside {
    /// Makes an epoch of a persistent region durable; does nothing for an ephemeral one.
    pub(super) fn keep(&self, entry: &Entry, epoch: u64, bytes: &[u8]) -> Result<(), Refusal> {
        if !entry.is_persistent() {
            return Ok(());
        }
        let about = About { epoch, traits: entry.traits.clone() };
        let about = serde_json::to_vec(&about).map_err(|error| Refusal::new(Kind::Internal, error.to_string()))?;
        self.blobs.keep_state(&file_of(entry.traits.account, &entry.name), &about, bytes).map_err(payload::not_kept)?;
        reach(Point::RegionKept);
        Ok(())
    }

    /// Forgets what is kept of a region.
    pub(super) fn forget(&self, entry: &Entry) -> Result<(), Refusal> {
        if entry.is_persistent() {
            self.blobs.drop_state(&file_of(entry.traits.account, &entry.name)).map_err(payload::not_kept)?;
        }
        Ok(())
    }

    /// Takes up the region that a file holds; `None` where that is gone by now.
    fn restore(&self, name: &Hash) -> Result<Option<()>, String> {
        let kept = self.blobs.state(name, FILE_BYTES_MAX).map_err(|error| error.to_string())?;
        let Some(kept) = kept else { return Ok(None) };
        let About { epoch, traits } = serde_json::from_slice(&kept.about).map_err(|error| error.to_string())?;
        let name = traits.name.clone();
        let make = |quota: &inos_arena::Quota| Entry::with(traits.clone(), epoch, quota, &self.regions, &kept.bytes);
        let made = self.regions.find_or_make(traits.account, &name, make);
        made.map(|_| Some(())).map_err(|refusal| refusal.detail)
    }

    /// Takes up the persistent regions of the last run, one after the other, so that no more than one is read at once.
    fn restore_all(&self) -> Result<usize, inos_blobs::Error> {
        self.regions.floor.take_up(&self.blobs)?;
        let mut count = 0;
        for name in self.blobs.states()?.iter().filter(|name| **name != Floor::file()) {
            match self.restore(name) {
                Ok(restored) => count += usize::from(restored.is_some()),
                Err(why) => {
                    tracing::error!(why, file = %name, "a persistent region could not be taken up again");
                    self.regions.left.lock().insert(*name);
                }
            }
        }
        Ok(count)
    }

    /// Whether the last run left a file of this region that could not be taken up.
    pub(super) fn is_left(&self, account: AccountId, name: &str) -> bool {
        let left = self.regions.left.lock();
        !left.is_empty() && left.contains(&file_of(account, name))
    }

    /// Has nothing of the last run come back under a name that is another region's from now on.
    pub(super) fn forget_left(&self, entry: &Entry) -> Result<(), Refusal> {
        let file = file_of(entry.traits.account, &entry.name);
        if self.is_left(entry.traits.account, &entry.name) {
            if !entry.is_persistent() {
                self.blobs.drop_state(&file).map_err(payload::not_kept)?;
            }
            self.regions.left.lock().remove(&file);
        }
        Ok(())
    }
}

/// Every file of a persistent region that is not whole, or is not that of the region that it names.
pub fn check_regions(blobs: &Blobs) -> Result<Vec<String>, inos_blobs::Error> {
    let names = blobs.states()?;
    let regions = names.iter().filter(|name| **name != Floor::file());
    let troubles = regions.filter_map(|name| Some(format!("a region's file {name}: {}", trouble(blobs, name)?)));
    Ok(troubles.take(TROUBLES_MAX).collect())
}

fn trouble(blobs: &Blobs, name: &Hash) -> Option<String> {
    let kept = match blobs.state(name, FILE_BYTES_MAX) {
        Ok(kept) => kept?,
        Err(error) => return Some(error.to_string()),
    };
    let Ok(About { epoch, traits }) = serde_json::from_slice(&kept.about) else {
        return Some("nothing says what it is".into());
    };
    let is_of_its_name = file_of(traits.account, &traits.name) == *name && region::is_name(&traits.name);
    let is_possible = epoch > 0 && traits.persistent && kept.bytes.len() as u64 <= traits.bytes_max;
    (!is_of_its_name || !is_possible).then(|| format!("it says what cannot be of the region `{}`", traits.name))
}

impl Broker {
    /// Takes up the persistent regions of the last run, each at its last epoch; answers how many.
    ///
    /// One that cannot be read is told in the log and is absent; its file stays until a new one of its name is made.
    pub async fn resume_regions(&self) -> Result<usize, inos_blobs::Error> {
        let inside = self.0.clone();
        tokio::task::spawn_blocking(move || inside.restore_all()).await.unwrap_or(Ok(0))
    }
}

/// The file of a region: its name says nothing, and another account's region of the same name has another.
fn file_of(account: AccountId, name: &str) -> Hash {
    Hash::of(&[&account.as_bytes()[..], name.as_bytes()].concat())
}
