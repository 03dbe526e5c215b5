//! Regions of accounts: named state that many read while it changes. Never charges for them; quotas bound them.

mod floor;
mod jobs;
mod kept;
mod registry;
mod shelf;
mod stepped;

use inos_arena::{Attachment, Change, Changed, Form, Quota, Region, RegionError, Writing};
use inos_protocols::{Refusal, account::Scope, refusal::Kind, region, time::Time};

use floor::Floor;
pub(crate) use jobs::{check_asked_regions, region_hash};
pub use kept::check_regions;
use shelf::Entry;
pub(crate) use shelf::Shelf;
pub(crate) use stepped::{Opened, Steppers};

use crate::{Broker, Caller, Inside, payload};

/// The most bytes that one region may hold.
pub const REGION_BYTES_MAX: usize = 64 << 20;
/// The longest word for what a record is, in bytes.
const SCHEMA_LEN_MAX: usize = 128;
/// From this length on regions are read and changed where blocking is allowed: so many bytes are copied in some 50 µs.
pub const REGION_BLOCKING_BYTES_MIN: usize = 256 << 10;

/// What a region is to be, where it is made; what is not said of an existing one stays as it is.
#[derive(Debug, Clone, Default)]
pub struct RegionWish {
    /// What its bytes are.
    pub media_type: Option<String>,
    /// Bytes of one record.
    pub stride: Option<u32>,
    /// What a record is.
    pub schema: Option<String>,
    /// Whether it survives a restart.
    pub persistent: Option<bool>,
    /// The most bytes that it may hold.
    pub bytes_max: Option<u64>,
}

/// At which state a change is to be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RegionState {
    /// Whatever it is.
    Any,
    /// Only while there is no such region.
    Absent,
    /// Only while this is its last epoch.
    At(u64),
    /// Only where there is such a region.
    Present,
}

/// A region of the caller's.
#[derive(Debug, Clone)]
pub struct RegionHandle {
    /// What is known of it.
    pub about: region::Region,
    /// Its bytes and epochs, to be read and awaited. Only the broker publishes.
    pub region: Region,
}

impl RegionHandle {
    /// Completes once the region is at another epoch than `seen`, or removed.
    pub fn changed(&self, seen: u64) -> Result<Changed, Refusal> {
        self.region.changed(seen).map_err(|error| refused(&self.about.name, error))
    }

    /// Completes once the region is removed.
    pub fn removed(&self) -> Result<Changed, Refusal> {
        self.region.removed().map_err(|error| refused(&self.about.name, error))
    }

    /// Whether to read or change all of it takes so long that it must hold nobody up.
    pub fn is_large(&self) -> bool {
        self.about.bytes >= REGION_BLOCKING_BYTES_MIN as u64
    }
}

/// Where the bytes of a part go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RegionPart {
    /// Where the first goes.
    pub offset: u64,
    /// How long the region must be; any length where nothing is said.
    pub total: Option<u64>,
}

/// What regions take on this server.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RegionTotals {
    /// How many there are.
    pub regions: u64,
    /// Bytes that they hold.
    pub bytes: u64,
    /// Bytes of memory that they may take: buffers and pages.
    pub taken_bytes: u64,
    /// Epochs that were published.
    pub published: u64,
    /// Bytes that publishing copied.
    pub copied_bytes: u64,
    /// Threads and tasks that wait for an epoch.
    pub waiters: u64,
    /// Buffers in use.
    pub buffers: u64,
    /// How often one outgrew its memory.
    pub moved: u64,
    /// Other processes that have mapped one.
    pub attached: u64,
    /// How often a buffer was taken from such a process while it read.
    pub revoked: u64,
}

impl Broker {
    /// Publishes all of a region and answers whether it was made by that. An error has changed nothing.
    ///
    /// A persistent one is durable on return.
    pub async fn put_region(
        &self,
        caller: &Caller,
        name: &str,
        wish: RegionWish,
        state: RegionState,
        bytes: bytes::Bytes,
    ) -> Result<(RegionHandle, bool), Refusal> {
        check_name(name)?;
        check_wish(&wish)?;
        self.0.accepting()?;
        caller.need(Scope::Regions)?;
        let blocks = bytes.len() >= REGION_BLOCKING_BYTES_MIN || self.0.putting_blocks(caller.account, name, &wish);
        let (inside, account, name) = (self.0.clone(), caller.account, name.to_owned());
        where_it_may_block(blocks, move || inside.put_region(account, &name, &wish, state, &bytes)).await
    }

    /// Publishes a region in which these bytes replace as many.
    ///
    /// Where the region has another length than the part says, the refusal tells it as `available`.
    pub async fn patch_region(
        &self,
        caller: &Caller,
        name: &str,
        state: RegionState,
        part: RegionPart,
        bytes: bytes::Bytes,
    ) -> Result<RegionHandle, Refusal> {
        self.0.accepting()?;
        caller.need(Scope::Regions)?;
        let entry = self.0.regions.find(caller.account, name).ok_or_else(|| no_region(name))?;
        let (inside, patched, blocks) = (self.0.clone(), entry.clone(), self.0.changing_blocks(&entry));
        let patch = move || inside.patch_region(&patched, state, part, &bytes);
        let epoch = where_it_may_block(blocks, patch).await?;
        Ok(entry.handle_at(epoch))
    }

    /// A region of the caller's, or one of the server's own.
    pub fn region(&self, caller: &Caller, name: &str) -> Result<RegionHandle, Refusal> {
        caller.need(Scope::Regions)?;
        let entry = self.0.regions.find_to_read(caller.account, name).ok_or_else(|| no_region(name))?;
        Ok(entry.handle())
    }

    /// Makes a region of the caller's readable by another process, for as long as the attachment lives.
    pub fn attach_region(&self, caller: &Caller, name: &str) -> Result<(RegionHandle, Attachment), Refusal> {
        let handle = self.region(caller, name)?;
        let attachment = handle.region.attach().map_err(|error| refused(name, error))?;
        Ok((handle, attachment))
    }

    /// The caller's regions by name, and where the next page begins.
    pub fn list_regions(
        &self,
        caller: &Caller,
        limit: usize,
        cursor: Option<&str>,
    ) -> (Vec<region::Region>, Option<String>) {
        self.0.regions.list(caller.account, limit, cursor)
    }

    /// Removes a region; whoever follows it is told.
    pub async fn delete_region(&self, caller: &Caller, name: &str) -> Result<(), Refusal> {
        let (inside, account, name) = (self.0.clone(), caller.account, name.to_owned());
        where_it_may_block(true, move || inside.remove_region(account, &name)).await
    }

    /// What regions take on this server, all accounts together.
    pub fn region_totals(&self) -> RegionTotals {
        self.0.regions.totals()
    }
}

impl Inside {
    /// Whether to change a region may wait for the disk, or take long.
    fn changing_blocks(&self, entry: &Entry) -> bool {
        entry.is_persistent()
            || entry.region.figures().bytes >= REGION_BLOCKING_BYTES_MIN
            || !self.regions.floor.covers(entry.region.epoch() + 1)
    }

    /// Whether to publish all of a region, or to make it, may.
    fn putting_blocks(&self, account: inos_protocols::AccountId, name: &str, wish: &RegionWish) -> bool {
        if let Some(entry) = self.regions.find(account, name) {
            return self.changing_blocks(&entry);
        }
        wish.persistent == Some(true)
            || !self.regions.floor.covers(self.regions.floor.first_epoch(Time::now()))
            || self.regions.is_being_made(account, name)
            || self.is_left(account, name)
    }

    pub(super) fn put_region(
        &self,
        account: inos_protocols::AccountId,
        name: &str,
        wish: &RegionWish,
        state: RegionState,
        bytes: &[u8],
    ) -> Result<(RegionHandle, bool), Refusal> {
        let mut epoch = 0;
        let (entry, is_new) = self.regions.find_or_make(account, name, |quota| {
            if matches!(state, RegionState::At(_) | RegionState::Present) {
                return Err(no_region(name));
            }
            let entry = self.make_region((account, name), wish, quota, bytes)?;
            epoch = entry.region.epoch();
            Ok(entry)
        })?;
        if !is_new {
            entry.agrees(wish)?;
            epoch = self.publish(&entry, state, Change::Whole(bytes))?;
        }
        Ok((entry.handle_at(epoch), is_new))
    }

    /// A region with its first epoch, on the disk where it is to last.
    fn make_region(
        &self,
        (account, name): (inos_protocols::AccountId, &str),
        wish: &RegionWish,
        quota: &Quota,
        first: &[u8],
    ) -> Result<Entry, Refusal> {
        let entry = Entry::begin(account, name, wish, quota, &self.regions, first)?;
        let epoch = entry.region.epoch();
        self.regions.floor.cover(epoch, &self.blobs)?;
        self.keep(&entry, epoch, first)?;
        self.forget_left(&entry)?;
        Ok(entry)
    }

    fn patch_region(&self, entry: &Entry, state: RegionState, part: RegionPart, bytes: &[u8]) -> Result<u64, Refusal> {
        let writing = entry.region.write();
        let len = writing.bytes().len() as u64;
        if part.total.is_some_and(|total| total != len) {
            let detail =
                format!("The region `{}` has {len} bytes, and not so many. Nothing was published.", entry.name);
            return Err(Refusal { available: Some(len), ..Refusal::new(Kind::RangeNotSatisfiable, detail) });
        }
        self.publish_by(writing, entry, state, Change::Parts(&[(part.offset, bytes)]))
    }

    /// Publishes a change; a persistent region's next epoch is durable before anybody can see it.
    pub(crate) fn publish(&self, entry: &Entry, state: RegionState, change: Change<'_>) -> Result<u64, Refusal> {
        self.publish_by(entry.region.write(), entry, state, change)
    }

    fn publish_by(
        &self,
        mut writing: Writing<'_>,
        entry: &Entry,
        state: RegionState,
        change: Change<'_>,
    ) -> Result<u64, Refusal> {
        let now = writing.next_epoch() - 1;
        match state {
            RegionState::Any | RegionState::Present => {}
            RegionState::At(epoch) if epoch == now => {}
            RegionState::At(_) | RegionState::Absent => return Err(another_state(&entry.name, now)),
        }
        self.regions.floor.cover(now + 1, &self.blobs)?;
        if !entry.is_persistent() {
            return writing.publish(change).map_err(|error| refused(&entry.name, error));
        }
        let bytes = writing.after(&change).map_err(|error| refused(&entry.name, error))?;
        self.publish_kept(entry, &mut writing, &bytes)
    }

    fn publish_kept(&self, entry: &Entry, writing: &mut Writing<'_>, bytes: &[u8]) -> Result<u64, Refusal> {
        writing.make_room(bytes.len()).map_err(|error| refused(&entry.name, error))?;
        self.keep(entry, writing.next_epoch(), bytes)?;
        match writing.publish(Change::Whole(bytes)) {
            Ok(epoch) => Ok(epoch),
            Err(error) => {
                // What was kept is not published, so that what was published is kept again.
                self.keep(entry, writing.next_epoch() - 1, writing.bytes())?;
                Err(refused(&entry.name, error))
            }
        }
    }

    fn remove_region(&self, account: inos_protocols::AccountId, name: &str) -> Result<(), Refusal> {
        let entry = self.regions.find(account, name).ok_or_else(|| no_region(name))?;
        // Whoever publishes meanwhile does so before, or finds it gone: nothing is kept of it afterwards.
        let writing = entry.region.write();
        if entry.region.is_gone() {
            // By now the name may be another region's, and so is its file.
            return Err(no_region(name));
        }
        self.forget(&entry)?;
        writing.remove();
        self.regions.take(&entry);
        Ok(())
    }
}

/// Runs what may wait for the disk, or take long, where that holds nobody up.
async fn where_it_may_block<T: Send + 'static>(
    blocks: bool,
    work: impl FnOnce() -> Result<T, Refusal> + Send + 'static,
) -> Result<T, Refusal> {
    if !blocks {
        return work();
    }
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|_| Refusal::new(Kind::Internal, "The region could not be changed."))?
}

fn check_name(name: &str) -> Result<(), Refusal> {
    if region::is_name(name) {
        return Ok(());
    }
    let message = "expected 1 to 64 of A-Z a-z 0-9 _ . - that do not begin with a dot";
    Err(Refusal::field(Kind::InvalidParams, "/path/name", message))
}

fn check_wish(wish: &RegionWish) -> Result<(), Refusal> {
    let wrong =
        |what: &str, message: String| Err(Refusal::field(Kind::InvalidParams, format!("/query/{what}"), message));
    if wish.stride == Some(0) {
        return wrong("stride", "a record has at least one byte".into());
    }
    let is_word = |word: &str| (1..=SCHEMA_LEN_MAX).contains(&word.len()) && !word.chars().any(char::is_control);
    if wish.schema.as_deref().is_some_and(|schema| !is_word(schema)) {
        return wrong("schema", format!("expected 1 to {SCHEMA_LEN_MAX} bytes without control characters"));
    }
    match wish.bytes_max {
        Some(max) if max > REGION_BYTES_MAX as u64 => {
            wrong("bytes_max", format!("a region holds at most {REGION_BYTES_MAX} bytes"))
        }
        _ => Ok(()),
    }
}

fn no_region(name: &str) -> Refusal {
    let name: String = name.chars().filter(|c| !c.is_control()).take(region::NAME_LEN_MAX).collect();
    Refusal::new(Kind::NotFound, format!("There is no region `{name}` in this account."))
}

fn another_state(name: &str, epoch: u64) -> Refusal {
    let detail =
        format!("The region `{name}` is there at epoch {epoch}. Nothing was published; read it and try again.");
    Refusal::new(Kind::PreconditionFailed, detail)
}

/// Why a region was not changed, as its owner may hear of it.
fn refused(name: &str, error: RegionError) -> Refusal {
    match error {
        RegionError::TooLong { len, max } => Refusal {
            required: Some(len),
            available: Some(max as u64),
            ..Refusal::new(
                Kind::PayloadTooLarge,
                format!("The region `{name}` holds at most {max} bytes; these are {len}. Nothing was published."),
            )
        },
        RegionError::Range { offset, len, region_len } => Refusal::new(
            Kind::RangeNotSatisfiable,
            format!(
                "{len} bytes at {offset} do not lie in the region `{name}` of {region_len} bytes. Nothing was published."
            ),
        ),
        RegionError::Quota { needed, used, max } => Refusal {
            required: Some(needed as u64),
            available: Some(max.saturating_sub(used) as u64),
            ..Refusal::new(
                Kind::StorageFull,
                format!(
                    "The account's regions take {used} of {max} bytes, and {needed} more were needed. Nothing was published; delete some or ask for a larger quota."
                ),
            )
        },
        RegionError::Gone => no_region(name),
        RegionError::Ended => Refusal::new(Kind::Conflict, format!("The region `{name}` has had all of its epochs.")),
        RegionError::Memory { source } => {
            tracing::error!(error = &source as &dyn std::error::Error, "a region's memory could not be made");
            let detail = "The server has no memory for a region at this moment. Nothing was published; try again.";
            Refusal::new(Kind::Overloaded, detail).retry_after_ms(1000)
        }
        RegionError::Thread { source } => {
            tracing::error!(error = &source as &dyn std::error::Error, "nobody could be told of a region's changes");
            let detail = "The server cannot tell anybody of changes at this moment. Read the region, or try again.";
            Refusal::new(Kind::Overloaded, detail).retry_after_ms(1000)
        }
    }
}
