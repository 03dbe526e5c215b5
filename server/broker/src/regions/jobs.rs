//! Regions as what jobs read and where their outputs go. A job reads one epoch of each, the newest when it begins; what
//! it gives becomes the next epoch of another only once it has succeeded. Never decides whether a job may run.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use inos_arena::{Owner, Place};
use inos_engine::{Entry as Method, Feed, Later};
use inos_protocols::{
    AccountId, Hash, Refusal,
    account::Scope,
    job::{Cache, Capsule, Input, OutputBytes, State},
    refusal::Kind,
};
use inos_unit::Fault;

use super::{RegionState, RegionWish, no_region};
use crate::{
    Caller, Inside,
    done::{Ended, Story},
};

/// A run that takes at most so long reads a region in place; any other reads a copy, since a buffer that is read is one
/// that no writer can use.
const PIN_MAX: Duration = Duration::from_millis(10);

/// A region that a job reads, and for whom.
struct Wanted {
    account: AccountId,
    owner: Owner,
    index: usize,
    name: String,
    method: Arc<Method>,
}

/// Refuses a capsule that reads or writes regions with a key that may not, or whose answer is to be remembered.
pub(crate) fn check_asked_regions(caller: &Caller, capsule: &Capsule) -> Result<(), Refusal> {
    let reads = capsule.inputs.iter().any(|input| matches!(input, Input::Region(_)));
    if !reads && capsule.output.region.is_none() {
        return Ok(());
    }
    caller.need(Scope::Regions)?;
    if capsule.cache == Cache::Off {
        return Ok(());
    }
    let message = if reads {
        "a region is read when the job begins, so that no earlier job can be the answer; leave `cache` off"
    } else {
        "only a job that is run publishes its output; leave `cache` off"
    };
    Err(Refusal::field(Kind::InvalidParams, "/cache", message))
}

/// What stands for a region in the digest of what was asked, before it is read.
pub(crate) fn region_hash(name: &str) -> Hash {
    let mut hasher = blake3::Hasher::new();
    hasher.update(b"inos.region.v1\0").update(name.as_bytes());
    hasher.finalize().into()
}

impl Inside {
    /// The length of a region of the caller's that a job is to read.
    pub(crate) fn region_len(&self, caller: &Caller, index: usize, name: &str) -> Result<u64, Refusal> {
        caller.need(Scope::Regions)?;
        let entry = self.regions.find_to_read(caller.account, name).ok_or_else(|| absent(index, name))?;
        Ok(entry.region.figures().bytes as u64)
    }

    /// An input that is whatever a region of the caller's holds when the run begins.
    ///
    /// One that is not there now is refused only where `must_be`: a job that was accepted may find it again.
    pub(crate) fn region_feed(
        self: &Arc<Self>,
        caller: &Caller,
        index: usize,
        name: &str,
        method: &Arc<Method>,
        must_be: bool,
    ) -> Result<Feed, Refusal> {
        let bytes_max = match self.regions.find_to_read(caller.account, name) {
            Some(entry) => entry.traits.bytes_max,
            None if must_be => return Err(absent(index, name)),
            None => super::REGION_BYTES_MAX as u64,
        };
        let (account, owner) = (caller.account, caller.owner());
        let wanted = Wanted { account, owner, index, name: name.to_owned(), method: method.clone() };
        let inside = self.clone();
        let read = Arc::new(move || inside.read_for_job(&wanted));
        Ok(Feed::Later(Later { name: region_hash(name), bytes_max, read }))
    }

    /// One epoch of a region, in place where the job is short, else copied.
    fn read_for_job(&self, wanted: &Wanted) -> Result<Bytes, Fault> {
        let Wanted { account, owner, index, name, method } = wanted;
        let entry = self.regions.find_to_read(*account, name).ok_or_else(|| {
            let detail = format!("the region `{name}` was not there when the job began");
            Fault::invalid(format!("/inputs/{index}/region"), detail)
        })?;
        let pin = entry.region.pin();
        let len = pin.len();
        if method.usual_run(len as u64).is_some_and(|usual| usual <= PIN_MAX) {
            return Ok(Bytes::from_owner(pin));
        }
        let no_room = |error: inos_arena::Error| Fault::NoRoom(format!("could not keep a region's epoch: {error}"));
        let mut writer = self.arena.writer(*owner, Some(len as u64));
        writer.write(&pin).map_err(no_room)?;
        self.arena.count_copy(Place::RegionOut, len);
        writer.finish().map_err(no_room)
    }

    /// Publishes the first output of a job that asked for it and succeeded; one that cannot be published fails the job,
    /// which then costs nothing.
    pub(crate) async fn as_region(self: &Arc<Self>, story: &Story, mut ended: Ended) -> Ended {
        let (Some(name), State::Succeeded) = (&story.region, ended.ending.state) else { return ended };
        let Some(OutputBytes { media_type, bytes, .. }) = ended.outputs.first().cloned() else { return ended };
        // One that is there keeps its traits, whatever is published in it.
        let is_there = self.regions.find(story.purse.account, name).is_some();
        let wish = RegionWish { media_type: (!is_there).then_some(media_type), ..RegionWish::default() };
        let (inside, account, name) = (self.clone(), story.purse.account, name.clone());
        let put = move || inside.put_region(account, &name, &wish, RegionState::Any, &bytes);
        let put = tokio::task::spawn_blocking(put).await;
        let put = put.unwrap_or_else(|_| Err(Refusal::new(Kind::Internal, "The output could not be published.")));
        if let Err(refusal) = put {
            ended.fail(&refusal);
        }
        ended
    }
}

fn absent(index: usize, name: &str) -> Refusal {
    Refusal::field(Kind::NotFound, format!("/inputs/{index}/region"), no_region(name).detail)
}
