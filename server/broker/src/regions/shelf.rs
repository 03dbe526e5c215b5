//! Which regions there are, by account and name. Never reads or writes what they hold.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    ops::Bound,
    sync::Arc,
};

use inos_arena::{Quota, RegionFigures, Regions};
use inos_protocols::{AccountId, Hash};
use parking_lot::Mutex;
use serde::{Deserialize, Serialize};

use super::{
    Floor, Form, Kind, REGION_BYTES_MAX, Refusal, Region, RegionHandle, RegionTotals, RegionWish, Time, refused,
    region,
    registry::{Own, check_is_free},
};

/// The most regions of one account; where a server has room for fewer, half of them.
const ACCOUNT_REGIONS_MAX: usize = 1_000;
/// What a region is where nobody said.
const BYTES: &str = "application/octet-stream";

/// All regions of this server.
pub(crate) struct Shelf {
    pub(super) makes: Regions,
    account_bytes_max: usize,
    /// The most regions of all accounts: each is an open file and a mapping.
    regions_max: usize,
    accounts: Mutex<HashMap<AccountId, Owned>>,
    /// What was done with regions that are gone: counters never fall.
    past: Mutex<RegionTotals>,
    pub(super) floor: Floor,
    /// Files of regions that could not be taken up again: each stays until one of its name is made.
    pub(super) left: Mutex<HashSet<Hash>>,
    pub(super) own: Own,
}

struct Owned {
    quota: Quota,
    /// Above every epoch that a region of this account has had and lost.
    epoch_min: u64,
    named: BTreeMap<String, Arc<Entry>>,
    /// Names whose regions are being made, which may take a while: two of one name must not be. Whoever makes one holds
    /// its lock.
    being_made: HashMap<String, Arc<Mutex<()>>>,
}

impl Owned {
    fn with(quota: Quota) -> Self {
        Self { quota, epoch_min: 0, named: BTreeMap::new(), being_made: HashMap::new() }
    }

    fn count(&self) -> usize {
        self.named.len() + self.being_made.len()
    }
}

/// What somebody who wants a region finds.
enum Found {
    There(Arc<Entry>),
    BeingMade(Arc<Mutex<()>>),
    Absent(Quota),
}

/// The right to make a region of a name; given up when dropped.
struct Making<'a> {
    shelf: &'a Shelf,
    account: AccountId,
    name: &'a str,
}

impl Drop for Making<'_> {
    fn drop(&mut self) {
        let mut accounts = self.shelf.accounts.lock();
        if let Some(owned) = accounts.get_mut(&self.account) {
            owned.being_made.remove(self.name);
        }
    }
}

/// What is said of a region beside its bytes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Traits {
    pub(super) account: AccountId,
    pub(super) name: String,
    pub(super) media_type: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) stride: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) schema: Option<String>,
    pub(super) persistent: bool,
    pub(super) bytes_max: u64,
    pub(super) created: Time,
}

/// One region and whose it is.
pub(crate) struct Entry {
    pub(super) name: String,
    pub(super) traits: Traits,
    pub(super) region: Region,
}

impl Entry {
    /// A new region that holds these bytes.
    pub(super) fn begin(
        account: AccountId,
        name: &str,
        wish: &RegionWish,
        quota: &Quota,
        shelf: &Shelf,
        bytes: &[u8],
    ) -> Result<Self, Refusal> {
        let RegionWish { media_type, stride, schema, persistent, bytes_max } = wish.clone();
        let created = Time::now();
        let traits = Traits {
            account,
            name: name.into(),
            media_type: media_type.unwrap_or_else(|| BYTES.into()),
            stride,
            schema,
            persistent: persistent.unwrap_or(false),
            bytes_max: bytes_max.unwrap_or(REGION_BYTES_MAX as u64),
            created,
        };
        let epoch = shelf.floor.first_epoch(created).max(shelf.epoch_min(account));
        Self::with(traits, epoch, quota, shelf, bytes)
    }

    /// The region with these traits at this epoch.
    pub(super) fn with(
        traits: Traits,
        epoch: u64,
        quota: &Quota,
        shelf: &Shelf,
        bytes: &[u8],
    ) -> Result<Self, Refusal> {
        let bytes_max = usize::try_from(traits.bytes_max).unwrap_or(usize::MAX);
        let form = Form { bytes_max, first_epoch: epoch, quota: quota.clone() };
        let region = shelf.makes.create(form, bytes).map_err(|error| refused(&traits.name, error))?;
        Ok(Self { name: traits.name.clone(), traits, region })
    }

    pub(super) fn is_persistent(&self) -> bool {
        self.traits.persistent
    }

    /// Refuses a wish that an existing region does not fulfil.
    pub(super) fn agrees(&self, wish: &RegionWish) -> Result<(), Refusal> {
        let Traits { media_type, stride, schema, persistent, bytes_max, .. } = &self.traits;
        let differs = wish.media_type.as_ref().is_some_and(|wanted| wanted != media_type)
            || wish.stride.is_some_and(|wanted| Some(wanted) != *stride)
            || wish.schema.is_some() && wish.schema != *schema
            || wish.persistent.is_some_and(|wanted| wanted != *persistent)
            || wish.bytes_max.is_some_and(|wanted| wanted != *bytes_max);
        if differs {
            let detail =
                format!("The region `{}` was made with other traits. Delete it first, or leave them away.", self.name);
            return Err(Refusal::new(Kind::Conflict, detail));
        }
        Ok(())
    }

    /// The region as its owner gets it.
    pub(super) fn handle(&self) -> RegionHandle {
        RegionHandle { about: self.about(), region: self.region.clone() }
    }

    /// The same as it was at this epoch, which the caller made: others may have published since.
    pub(super) fn handle_at(&self, epoch: u64) -> RegionHandle {
        let mut handle = self.handle();
        handle.about.epoch = epoch;
        handle
    }

    fn about(&self) -> region::Region {
        let Traits { name, media_type, stride, schema, persistent, bytes_max, created, .. } = self.traits.clone();
        let figures = self.region.figures();
        region::Region {
            name,
            epoch: figures.epoch,
            bytes: figures.bytes as u64,
            bytes_max,
            media_type,
            stride,
            schema,
            persistent,
            created,
            published: figures.published,
            taken_bytes: figures.taken as u64,
            waiters: figures.waiters as u64,
            attached: figures.attached as u64,
        }
    }
}

impl Shelf {
    /// No regions; those of one account take at most so many bytes, and there are at most so many in all.
    pub(crate) fn new(account_bytes_max: usize, regions_max: usize) -> Self {
        Self {
            makes: Regions::default(),
            account_bytes_max,
            regions_max,
            accounts: Mutex::default(),
            past: Mutex::default(),
            floor: Floor::default(),
            left: Mutex::default(),
            own: Own::default(),
        }
    }

    /// A region of an account.
    pub(super) fn find(&self, account: AccountId, name: &str) -> Option<Arc<Entry>> {
        self.accounts.lock().get(&account)?.named.get(name).cloned()
    }

    /// A region of an account, made where there is none; tells whether it was.
    pub(super) fn find_or_make(
        &self,
        account: AccountId,
        name: &str,
        make: impl FnOnce(&Quota) -> Result<Entry, Refusal>,
    ) -> Result<(Arc<Entry>, bool), Refusal> {
        let lock = Arc::new(Mutex::new(()));
        let _held = lock.lock();
        loop {
            match self.look(account, name, &lock)? {
                Found::There(entry) => return Ok((entry, false)),
                Found::BeingMade(by_another) => drop(by_another.lock()),
                Found::Absent(quota) => {
                    let _making = Making { shelf: self, account, name };
                    let entry = Arc::new(make(&quota)?);
                    self.owned(&mut self.accounts.lock(), account).named.insert(name.into(), entry.clone());
                    return Ok((entry, true));
                }
            }
        }
    }

    /// Whether somebody makes a region of this name at this moment: whoever wants it as well waits for that.
    pub(super) fn is_being_made(&self, account: AccountId, name: &str) -> bool {
        self.accounts.lock().get(&account).is_some_and(|owned| owned.being_made.contains_key(name))
    }

    /// A region, or the right to make it where there is none and room for one more: `lock` is held while it is made.
    fn look(&self, account: AccountId, name: &str, lock: &Arc<Mutex<()>>) -> Result<Found, Refusal> {
        check_is_free(name)?;
        let mut accounts = self.accounts.lock();
        let all: usize = accounts.values().map(Owned::count).sum();
        let owned = self.owned(&mut accounts, account);
        if let Some(entry) = owned.named.get(name) {
            return Ok(Found::There(entry.clone()));
        }
        if let Some(by_another) = owned.being_made.get(name) {
            return Ok(Found::BeingMade(by_another.clone()));
        }
        let count = owned.count();
        let account_max = ACCOUNT_REGIONS_MAX.min(self.regions_max.div_ceil(2));
        if count >= account_max {
            let detail = format!("The account has {count} regions, the most that it may have here. Delete some.");
            return Err(Refusal::new(Kind::StorageFull, detail));
        }
        if all >= self.regions_max {
            let detail = format!(
                "All accounts together have {all} regions, the most that this server has open files for. Ask its operator."
            );
            return Err(Refusal::new(Kind::StorageFull, detail));
        }
        owned.being_made.insert(name.into(), lock.clone());
        Ok(Found::Absent(owned.quota.clone()))
    }

    fn owned<'a>(&self, accounts: &'a mut HashMap<AccountId, Owned>, account: AccountId) -> &'a mut Owned {
        accounts.entry(account).or_insert_with(|| Owned::with(Quota::new(self.account_bytes_max)))
    }

    /// What an account may take for regions, and what it has taken of that.
    pub(crate) fn quota(&self, account: AccountId) -> Quota {
        self.owned(&mut self.accounts.lock(), account).quota.clone()
    }

    /// Takes a region off the shelf, unless another of its name is there by now.
    pub(super) fn take(&self, entry: &Arc<Entry>) {
        let mut accounts = self.accounts.lock();
        let Some(owned) = accounts.get_mut(&entry.traits.account) else { return };
        if owned.named.get(&entry.name).is_some_and(|there| Arc::ptr_eq(there, entry)) {
            owned.named.remove(&entry.name);
            let mut past = self.past.lock();
            *past = with(*past, &entry.region.figures());
            owned.epoch_min = owned.epoch_min.max(entry.region.epoch() + 1);
        }
    }

    fn epoch_min(&self, account: AccountId) -> u64 {
        self.accounts.lock().get(&account).map_or(0, |owned| owned.epoch_min)
    }

    pub(super) fn list(
        &self,
        account: AccountId,
        limit: usize,
        cursor: Option<&str>,
    ) -> (Vec<region::Region>, Option<String>) {
        let accounts = self.accounts.lock();
        let Some(owned) = accounts.get(&account) else { return (Vec::new(), None) };
        let after = cursor.map_or(Bound::Unbounded, Bound::Excluded);
        let page: Vec<_> =
            owned.named.range::<str, _>((after, Bound::Unbounded)).take(limit).map(|(_, it)| it.clone()).collect();
        drop(accounts);
        let next = page.last().filter(|_| page.len() == limit).map(|last| last.name.clone());
        (page.iter().map(|entry| entry.about()).collect(), next)
    }

    pub(super) fn totals(&self) -> RegionTotals {
        let accounts = self.accounts.lock();
        let all: Vec<_> = accounts.values().flat_map(|owned| owned.named.values().cloned()).collect();
        let RegionTotals { published, copied_bytes, moved, revoked, .. } = *self.past.lock();
        drop(accounts);
        let past = RegionTotals { published, copied_bytes, moved, revoked, ..RegionTotals::default() };
        all.iter().map(|entry| entry.region.figures()).fold(past, |sum, one| with(sum, &one))
    }
}

fn with(sum: RegionTotals, one: &RegionFigures) -> RegionTotals {
    RegionTotals {
        regions: sum.regions + 1,
        bytes: sum.bytes + one.bytes as u64,
        taken_bytes: sum.taken_bytes + one.taken as u64,
        published: sum.published + one.published,
        copied_bytes: sum.copied_bytes + one.copied,
        waiters: sum.waiters + one.waiters as u64,
        buffers: sum.buffers + one.buffers as u64,
        moved: sum.moved + one.moved,
        attached: sum.attached + one.attached as u64,
        revoked: sum.revoked + one.revoked,
    }
}
