//! Who follows a region: subscribers, whoever waits for its next epoch, processes that mapped it. Counted, so that whoever
//! makes epochs can rest while nobody does. Never wakes a follower: that is what epochs are for.

use std::sync::Arc;

use parking_lot::Mutex;

use super::Region;
use crate::sync::{AtomicUsize, Ordering};

/// What is called when somebody begins to follow a region that nobody followed.
pub type FollowBell = Arc<dyn Fn() + Send + Sync>;

/// One who follows a region, until this is dropped.
pub struct Follower(Region);

#[derive(Default)]
pub(crate) struct Followers {
    count: AtomicUsize,
    bell: Mutex<Option<FollowBell>>,
}

impl Followers {
    /// Calls whoever rests while nobody follows.
    pub(crate) fn ring(&self) {
        let bell = self.bell.lock().clone();
        bell.iter().for_each(|bell| bell());
    }
}

impl Region {
    /// Counts the caller among those who follow it.
    pub fn follow(&self) -> Follower {
        if self.0.followers.count.fetch_add(1, Ordering::SeqCst) == 0 {
            self.0.followers.ring();
        }
        Follower(self.clone())
    }

    /// How many follow it now.
    pub fn followers(&self) -> usize {
        self.0.followers.count.load(Ordering::SeqCst)
    }

    /// Has this called whenever the first begins to follow, and when the region is removed, in place of what was called before; it must not block.
    pub fn on_follow(&self, bell: Option<FollowBell>) {
        *self.0.followers.bell.lock() = bell;
    }
}

impl Drop for Follower {
    fn drop(&mut self) {
        self.0.0.followers.count.fetch_sub(1, Ordering::SeqCst);
    }
}
