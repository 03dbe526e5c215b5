//! Regions as a session steps them: opened or made for its account, one session to each. Never decides when a step is made.

use std::{
    collections::HashSet,
    sync::{Arc, Weak},
};

use inos_arena::{Change, FollowBell, Region};
use inos_engine::SessionRegions;
use inos_protocols::{AccountId, Refusal, refusal::Kind};
use inos_unit::{Fault, Make, RegionForm, State};
use parking_lot::Mutex;

use super::{RegionState, RegionWish, check_name, check_wish, refused, shelf::Entry};
use crate::Inside;

/// After so many changes by others in a row a step is made with the region held, so that it is made at all.
const TURNS_MAX: u32 = 8;

/// Regions that a session steps now.
#[derive(Default)]
pub(crate) struct Steppers(Mutex<HashSet<(AccountId, String)>>);

/// The regions that one session has opened.
pub(crate) struct Opened {
    inside: Weak<Inside>,
    account: AccountId,
    /// Wakes the session where it rests.
    bell: FollowBell,
    regions: Mutex<Vec<Region>>,
}

/// One region while a session steps it.
struct Stepped {
    inside: Arc<Inside>,
    entry: Arc<Entry>,
    was_there: bool,
    /// The state that is made next, with room for it.
    next: Vec<u8>,
    /// The name by which it is this session's.
    taken: (AccountId, String),
}

impl Opened {
    pub(crate) fn new(inside: &Arc<Inside>, account: AccountId, bell: FollowBell) -> Self {
        Self { inside: Arc::downgrade(inside), account, bell, regions: Mutex::default() }
    }
}

impl SessionRegions for Opened {
    fn open(&self, name: &str, form: &RegionForm<'_>, first: &[u8]) -> Result<Box<dyn State>, Fault> {
        let inside = self.inside.upgrade().ok_or(Fault::Cancelled)?;
        let stepped = inside.step_region(self.account, name, form, first)?;
        stepped.entry.region.on_follow(Some(self.bell.clone()));
        self.regions.lock().push(stepped.entry.region.clone());
        Ok(Box::new(stepped))
    }

    fn are_followed(&self) -> bool {
        // A session whose region was removed has to find that out.
        self.regions.lock().iter().any(|region| region.followers() > 0 || region.is_gone())
    }
}

impl Inside {
    fn step_region(
        self: &Arc<Self>,
        account: AccountId,
        name: &str,
        form: &RegionForm<'_>,
        first: &[u8],
    ) -> Result<Stepped, Fault> {
        let RegionForm { media_type, stride, schema, persistent } = *form;
        let wish = RegionWish {
            media_type: Some(media_type.into()),
            stride: Some(stride),
            schema: Some(schema.into()),
            persistent: Some(persistent),
            bytes_max: None,
        };
        check_name(name).and_then(|()| check_wish(&wish)).map_err(|refusal| fault(&refusal))?;
        let taken = (account, name.to_owned());
        if !self.steppers.0.lock().insert(taken.clone()) {
            let message = format!("another session steps the region `{name}`; cancel that one, or name another region");
            return Err(Fault::invalid("/params/region", message));
        }
        let made =
            self.regions.find_or_make(account, name, |quota| self.make_region((account, name), &wish, quota, first));
        let opened = made.and_then(|(entry, is_new)| entry.agrees(&wish).map(|()| (entry, is_new)));
        match opened {
            Ok((entry, is_new)) => {
                Ok(Stepped { inside: self.clone(), entry, was_there: !is_new, next: Vec::new(), taken })
            }
            Err(refusal) => {
                self.steppers.0.lock().remove(&taken);
                Err(fault(&refusal))
            }
        }
    }
}

impl Stepped {
    /// Makes what was made from one epoch the next, unless somebody has published meanwhile.
    fn publish_after(&self, epoch: u64) -> Result<Option<u64>, Fault> {
        match self.inside.publish(&self.entry, RegionState::At(epoch), Change::Whole(&self.next)) {
            Ok(epoch) => Ok(Some(epoch)),
            Err(refusal) if refusal.kind == Kind::PreconditionFailed => Ok(None),
            Err(refusal) => Err(fault(&refusal)),
        }
    }

    /// The same with the region held, which keeps others from changing it.
    fn change_held(&mut self, make: &mut Make<'_>) -> Result<u64, Fault> {
        let mut writing = self.entry.region.write();
        self.next.clear();
        make(writing.bytes(), &mut self.next)?;
        let covered = self.inside.regions.floor.cover(writing.next_epoch(), &self.inside.blobs);
        covered.map_err(|refusal| fault(&refusal))?;
        let published = if self.entry.is_persistent() {
            self.inside.publish_kept(&self.entry, &mut writing, &self.next)
        } else {
            writing.publish(Change::Whole(&self.next)).map_err(|error| refused(&self.entry.name, error))
        };
        published.map_err(|refusal| fault(&refusal))
    }
}

impl State for Stepped {
    fn was_there(&self) -> bool {
        self.was_there
    }

    fn read(&self, look: &mut dyn FnMut(&[u8])) -> u64 {
        let pin = self.entry.region.pin();
        look(&pin);
        pin.epoch()
    }

    fn publish(&mut self, bytes: &[u8]) -> Result<u64, Fault> {
        let published = self.inside.publish(&self.entry, RegionState::Any, Change::Whole(bytes));
        published.map_err(|refusal| fault(&refusal))
    }

    fn change(&mut self, make: &mut Make<'_>) -> Result<u64, Fault> {
        for _ in 0..TURNS_MAX {
            let pin = self.entry.region.pin();
            let epoch = pin.epoch();
            self.next.clear();
            make(&pin, &mut self.next)?;
            drop(pin);
            if let Some(epoch) = self.publish_after(epoch)? {
                return Ok(epoch);
            }
        }
        self.change_held(make)
    }

    fn is_followed(&self) -> bool {
        self.entry.region.followers() > 0
    }
}

impl Drop for Stepped {
    fn drop(&mut self) {
        self.entry.region.on_follow(None);
        self.inside.steppers.0.lock().remove(&self.taken);
    }
}

/// Why a session cannot have a region, or not change it, as its job's fault.
fn fault(refusal: &Refusal) -> Fault {
    let detail = refusal.detail.clone();
    match refusal.kind {
        Kind::PayloadTooLarge | Kind::StorageFull => Fault::limit(refusal.available.unwrap_or_default(), detail),
        Kind::Overloaded => Fault::NoRoom(detail),
        Kind::Internal => Fault::Broken(detail),
        _ => Fault::invalid("/params/region", detail),
    }
}
