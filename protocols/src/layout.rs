//! Where things lie in the arena, as constants read from `system/v1/arena_layout.capnp`. Touches no memory.

use crate::generated::arena_layout_capnp as schema;

macro_rules! lengths {
    ($($(#[$doc:meta])* $name:ident;)*) => {
        $($(#[$doc])* pub const $name: usize = {
            assert!(schema::$name <= usize::MAX as u64, "this machine cannot count so far");
            schema::$name as usize
        };)*
    };
}

/// The first eight bytes of every arena.
pub const MAGIC: [u8; 8] = schema::MAGIC.to_le_bytes();
/// The layout's version; another version is refused.
pub const VERSION: u32 = schema::VERSION;

/// The first eight bytes of every region.
pub const REGION_MAGIC: [u8; 8] = schema::REGION_MAGIC.to_le_bytes();
/// The version of a region's layout; another version is refused.
pub const REGION_VERSION: u32 = schema::REGION_VERSION;
/// The first eight bytes of every ring.
pub const RING_MAGIC: [u8; 8] = schema::RING_MAGIC.to_le_bytes();
/// The version of a ring's layout; another version is refused.
pub const RING_VERSION: u32 = schema::RING_VERSION;
/// The last epoch that a region can have.
pub const REGION_EPOCH_MAX: u64 = schema::REGION_EPOCH_MAX;

lengths! {
    /// Bytes of a page.
    PAGE_LEN;
    /// Bytes of a slab, the unit in which lease memory is handed to size classes and to long leases.
    SLAB_LEN;
    /// The fewest slabs that an arena may have.
    SLAB_COUNT_MIN;
    /// The most slabs that an arena may have.
    SLAB_COUNT_MAX;
    /// Bytes that are made resident and tracked together.
    STRETCH_LEN;

    /// Where the header begins.
    HEADER_OFFSET;
    /// Bytes that belong to the header.
    HEADER_LEN;
    /// Where the magic stands in the header.
    HEADER_MAGIC_OFFSET;
    /// Where the version stands in the header, as a `u32`.
    HEADER_VERSION_OFFSET;
    /// Where the sizes stand in the header, as `u64`s.
    HEADER_SIZES_OFFSET;
    /// Where the checksum stands in the header, as a `u64` over all bytes before it.
    HEADER_CHECKSUM_OFFSET;
    /// Bytes of the header that carry fields.
    HEADER_FIELDS_LEN;

    /// Where the table of epochs begins.
    EPOCHS_OFFSET;
    /// Bytes of the table of epochs.
    EPOCHS_LEN;
    /// How many epochs there are.
    EPOCH_COUNT;
    /// Bytes of one epoch: a cache line, so that neighbours do not slow each other.
    EPOCH_LINE_LEN;
    /// Where the counter stands in an epoch's line, as a `u64`.
    EPOCH_VALUE_OFFSET;
    /// Where the number of sleepers stands in an epoch's line, as a `u32`.
    EPOCH_WAITERS_OFFSET;

    /// The epoch of the node itself: ready, degraded, draining.
    EPOCH_NODE;
    /// The epoch of all jobs: some job changed its state.
    EPOCH_JOBS;
    /// The epoch of leases: some were freed.
    EPOCH_LEASES;
    /// The epoch of workers: one began, ended or was replaced.
    EPOCH_WORKERS;
    /// The epoch of the queue: work was offered.
    EPOCH_QUEUE;
    /// The epoch of the ledger: a group commit is durable.
    EPOCH_LEDGER;
    /// The epoch of blobs: one came or went.
    EPOCH_BLOBS;
    /// The first epoch that is handed out while the server runs.
    EPOCH_FIXED_COUNT;

    /// Where the leases begin.
    LEASES_OFFSET;
    /// Bytes of the smallest size class.
    CLASS_LEN_MIN;
    /// How many size classes there are, each twice the one before.
    CLASS_COUNT;

    /// Where a region's version stands, as a `u32`.
    REGION_VERSION_OFFSET;
    /// Where the length of a region's buffers stands, as a `u64`.
    REGION_CAPACITY_OFFSET;
    /// Where a region says that it lies elsewhere now, as a `u32`.
    REGION_RETIRED_OFFSET;
    /// Where the words begin that a region's readers and writers share: first its epoch.
    REGION_HEAD_OFFSET;
    /// Where a region says which buffer is current, as a `u64`.
    REGION_CURRENT_OFFSET;
    /// Where the marks of a region's buffers begin.
    REGION_MARKS_OFFSET;
    /// Bytes of one mark.
    REGION_MARK_LEN;
    /// The most buffers of a region.
    REGION_BUFFER_COUNT_MAX;
    /// How many buffers a region begins with.
    REGION_BUFFER_COUNT;
    /// Where a region's buffers begin.
    REGION_BUFFERS_OFFSET;
    /// Where a ring's version stands, as a `u32`.
    RING_VERSION_OFFSET;
    /// Where a ring says how many slots it has, as a `u64`.
    RING_SLOT_COUNT_OFFSET;
    /// Where the words begin that a ring's readers and writers share: first its epoch.
    RING_HEAD_OFFSET;
    /// Where the number of a ring's next record stands, as a `u64`.
    RING_TAIL_OFFSET;
    /// Where a ring counts the records that were not written, as a `u64`.
    RING_DROPPED_OFFSET;
    /// Where a ring's slots begin.
    RING_SLOTS_OFFSET;
    /// Bytes of one slot: its mark, its length and the record.
    RING_SLOT_LEN;
    /// The most bytes of one record.
    RING_RECORD_LEN_MAX;
    /// How many slots a ring of events has.
    RING_SLOT_COUNT;
    /// Where a twin counts the epochs that it passed over, as a `u64`.
    TWIN_SKIPPED_OFFSET;
    /// Where a twin's pins begin, each a `u32`.
    TWIN_PINS_OFFSET;
    /// How many pins a twin has.
    TWIN_PIN_COUNT;
    /// Where an attached process says which buffer it reads, as a `u32`.
    CONTROL_PIN_OFFSET;
    /// Where it says that it sleeps, as a `u32`.
    CONTROL_WAITING_OFFSET;
    /// Where the server counts what it took from it, as a `u64`.
    CONTROL_REVOKED_OFFSET;
    /// Where the server says that it no longer looks at the page, as a `u32`.
    CONTROL_ENDED_OFFSET;
    /// Bytes of the page that an attached process shares with the server.
    CONTROL_LEN;
}

const _: () = {
    assert!(HEADER_CHECKSUM_OFFSET + 8 == HEADER_FIELDS_LEN && HEADER_FIELDS_LEN <= HEADER_LEN);
    assert!(HEADER_OFFSET == 0 && HEADER_OFFSET + HEADER_LEN <= EPOCHS_OFFSET, "the header reaches into the epochs");
    assert!(EPOCHS_OFFSET.is_multiple_of(EPOCH_LINE_LEN), "an epoch straddles cache lines");
    assert!(EPOCH_COUNT * EPOCH_LINE_LEN == EPOCHS_LEN, "the table of epochs has another length than its lines");
    assert!(EPOCH_VALUE_OFFSET + 8 <= EPOCH_WAITERS_OFFSET && EPOCH_WAITERS_OFFSET + 4 <= EPOCH_LINE_LEN);
    assert!(EPOCH_BLOBS < EPOCH_FIXED_COUNT && EPOCH_FIXED_COUNT < EPOCH_COUNT);
    assert!(EPOCHS_OFFSET + EPOCHS_LEN <= LEASES_OFFSET, "the epochs reach into the leases");
    assert!(LEASES_OFFSET.is_multiple_of(SLAB_LEN));
    assert!(RING_DROPPED_OFFSET + 8 <= RING_SLOTS_OFFSET && RING_SLOT_LEN == 16 + RING_RECORD_LEN_MAX);
    assert!(RING_SLOT_COUNT.is_power_of_two(), "a record's slot is the low bits of its number");
    assert!(SLAB_LEN.is_multiple_of(STRETCH_LEN) && STRETCH_LEN.is_multiple_of(PAGE_LEN));
    let marks_end = REGION_MARKS_OFFSET + REGION_BUFFER_COUNT_MAX * REGION_MARK_LEN;
    assert!(marks_end <= TWIN_SKIPPED_OFFSET && TWIN_SKIPPED_OFFSET + 8 <= TWIN_PINS_OFFSET, "a twin's words overlap");
    assert!(TWIN_PINS_OFFSET + 4 * TWIN_PIN_COUNT <= REGION_BUFFERS_OFFSET, "a twin's pins reach into its buffers");
    assert!(CLASS_LEN_MIN << CLASS_COUNT == SLAB_LEN, "the largest size class is half a slab");
};
