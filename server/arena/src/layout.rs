//! Where everything lies in the mapping, and the header that says so. Pure values: never touches the mapping itself.

pub use inos_protocols::layout::{
    CLASS_COUNT, CLASS_LEN_MIN, CONTROL_ENDED_OFFSET, CONTROL_LEN, CONTROL_PIN_OFFSET, CONTROL_REVOKED_OFFSET,
    CONTROL_WAITING_OFFSET, EPOCH_BLOBS, EPOCH_COUNT, EPOCH_FIXED_COUNT, EPOCH_JOBS, EPOCH_LEASES, EPOCH_LEDGER,
    EPOCH_LINE_LEN, EPOCH_NODE, EPOCH_QUEUE, EPOCH_VALUE_OFFSET, EPOCH_WAITERS_OFFSET, EPOCH_WORKERS, EPOCHS_LEN,
    EPOCHS_OFFSET, HEADER_CHECKSUM_OFFSET, HEADER_FIELDS_LEN, HEADER_LEN, HEADER_MAGIC_OFFSET, HEADER_OFFSET,
    HEADER_SIZES_OFFSET, HEADER_VERSION_OFFSET, LEASES_OFFSET, MAGIC, PAGE_LEN, REGION_BUFFER_COUNT,
    REGION_BUFFER_COUNT_MAX, REGION_BUFFERS_OFFSET, REGION_CAPACITY_OFFSET, REGION_CURRENT_OFFSET, REGION_EPOCH_MAX,
    REGION_HEAD_OFFSET, REGION_MAGIC, REGION_MARK_LEN, REGION_MARKS_OFFSET, REGION_RETIRED_OFFSET, REGION_VERSION,
    REGION_VERSION_OFFSET, RING_DROPPED_OFFSET, RING_HEAD_OFFSET, RING_MAGIC, RING_RECORD_LEN_MAX, RING_SLOT_COUNT,
    RING_SLOT_COUNT_OFFSET, RING_SLOT_LEN, RING_SLOTS_OFFSET, RING_TAIL_OFFSET, RING_VERSION, RING_VERSION_OFFSET,
    SLAB_COUNT_MAX, SLAB_COUNT_MIN, SLAB_LEN, STRETCH_LEN, VERSION,
};

/// How many lengths the header carries.
const SIZE_COUNT: usize = 6;
/// Which of them is that of the leases.
const LEASES_LEN_INDEX: usize = 4;

// That no part reaches into the next is asserted where the constants are; here stands what this crate's types add.
const _: () = assert!(HEADER_MAGIC_OFFSET + MAGIC.len() <= HEADER_VERSION_OFFSET);
const _: () = assert!(HEADER_VERSION_OFFSET + size_of::<u32>() <= HEADER_SIZES_OFFSET);
const _: () = assert!(HEADER_SIZES_OFFSET + SIZE_COUNT * size_of::<u64>() <= HEADER_CHECKSUM_OFFSET);
const _: () = assert!(HEADER_OFFSET + HEADER_LEN <= EPOCHS_OFFSET, "the header reaches into the epochs");
const _: () = assert!(EPOCHS_OFFSET + EPOCH_COUNT * EPOCH_LINE_LEN <= LEASES_OFFSET, "epochs reach into the leases");
const _: () = assert!(SLAB_LEN / STRETCH_LEN == u16::BITS as usize, "a slab's stretches are the bits of one u16");
const _: () = assert!(CLASS_LEN_MIN << CLASS_COUNT == SLAB_LEN, "a lease longer than the last class takes whole slabs");
const _: () = assert!(SLAB_LEN / CLASS_LEN_MIN <= u16::MAX as usize, "a block's index fits a u16");
const _: () = assert!(CLASS_COUNT <= u8::MAX as usize, "a class fits a u8");
const _: () = assert!(SLAB_COUNT_MAX <= u32::MAX as usize, "a slab's number fits a u32");
const _: () = assert!(SLAB_COUNT_MAX.checked_mul(SLAB_LEN).is_some(), "the largest arena has an address");

/// A header that is not ours, or a size that makes no layout.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LayoutError {
    /// Fewer bytes than a header has.
    #[error("a header has {HEADER_FIELDS_LEN} bytes, this has {len}")]
    Short {
        /// How many there are.
        len: usize,
    },
    /// It does not begin as an arena does.
    #[error("this does not begin as an arena does")]
    Magic,
    /// Another version of the layout.
    #[error("layout version {found} is not {VERSION}")]
    Version {
        /// The version found.
        found: u32,
    },
    /// The header's checksum does not hold.
    #[error("the header's checksum does not hold")]
    Checksum,
    /// A field disagrees with this version of the layout.
    #[error("the header's field {field} disagrees with the layout")]
    Field {
        /// Which.
        field: &'static str,
    },
    /// So many bytes do not make an arena.
    #[error("{bytes} bytes do not make an arena: it has {SLAB_COUNT_MIN} to {SLAB_COUNT_MAX} slabs of {SLAB_LEN}")]
    Size {
        /// What was asked for.
        bytes: usize,
    },
}

/// The sizes of one arena; everything else is constant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Layout {
    slab_count: usize,
}

impl Layout {
    /// The layout with at least `bytes` for leases, rounded up to whole slabs.
    pub fn with_leases(bytes: usize) -> Result<Layout, LayoutError> {
        let slab_count = bytes.div_ceil(SLAB_LEN);
        if !(SLAB_COUNT_MIN..=SLAB_COUNT_MAX).contains(&slab_count) {
            return Err(LayoutError::Size { bytes });
        }
        Ok(Layout { slab_count })
    }

    /// How many slabs it has.
    pub fn slab_count(&self) -> usize {
        self.slab_count
    }

    /// How many bytes can be leased.
    pub fn leases_len(&self) -> usize {
        self.slab_count * SLAB_LEN
    }

    /// How long the whole mapping is.
    pub fn total_len(&self) -> usize {
        LEASES_OFFSET + self.leases_len()
    }

    /// The longest lease: a quarter of what can be leased, in whole slabs.
    pub fn lease_len_max(&self) -> usize {
        self.slab_count / 4 * SLAB_LEN
    }

    /// The header that [`validate`] accepts.
    pub fn header(&self) -> [u8; HEADER_FIELDS_LEN] {
        let mut header = [0; HEADER_FIELDS_LEN];
        put(&mut header, HEADER_MAGIC_OFFSET, &MAGIC);
        put(&mut header, HEADER_VERSION_OFFSET, &VERSION.to_le_bytes());
        for (index, (_, size)) in self.sizes().iter().enumerate() {
            put(&mut header, size_offset(index), &size.to_le_bytes());
        }
        let checksum = checksum(&header[..HEADER_CHECKSUM_OFFSET]);
        put(&mut header, HEADER_CHECKSUM_OFFSET, &checksum.to_le_bytes());
        header
    }

    fn sizes(&self) -> [(&'static str, u64); SIZE_COUNT] {
        [
            ("total_len", self.total_len() as u64),
            ("epochs_offset", EPOCHS_OFFSET as u64),
            ("epoch_count", EPOCH_COUNT as u64),
            ("leases_offset", LEASES_OFFSET as u64),
            ("leases_len", self.leases_len() as u64),
            ("slab_len", SLAB_LEN as u64),
        ]
    }
}

/// The offset of an epoch's line; `None` beyond the last.
pub fn epoch_offset(index: usize) -> Option<usize> {
    (index < EPOCH_COUNT).then(|| EPOCHS_OFFSET + index * EPOCH_LINE_LEN)
}

/// Reads a header; anything that this version did not write is refused.
pub fn validate(bytes: &[u8]) -> Result<Layout, LayoutError> {
    let header = bytes.get(..HEADER_FIELDS_LEN).ok_or(LayoutError::Short { len: bytes.len() })?;
    if !header[HEADER_MAGIC_OFFSET..].starts_with(&MAGIC) {
        return Err(LayoutError::Magic);
    }
    let version = word(header, HEADER_VERSION_OFFSET) as u32;
    if version != VERSION {
        return Err(LayoutError::Version { found: version });
    }
    if checksum(&header[..HEADER_CHECKSUM_OFFSET]) != word(header, HEADER_CHECKSUM_OFFSET) {
        return Err(LayoutError::Checksum);
    }
    let leases_len = word(header, size_offset(LEASES_LEN_INDEX));
    let leases_len = usize::try_from(leases_len).map_err(|_| LayoutError::Field { field: "leases_len" })?;
    let layout = Layout::with_leases(leases_len)?;
    let mut sizes = layout.sizes().into_iter().enumerate();
    match sizes.find(|(index, (_, size))| word(header, size_offset(*index)) != *size) {
        Some((_, (field, _))) => Err(LayoutError::Field { field }),
        None => Ok(layout),
    }
}

fn size_offset(index: usize) -> usize {
    HEADER_SIZES_OFFSET + index * size_of::<u64>()
}

fn put(header: &mut [u8], offset: usize, bytes: &[u8]) {
    header[offset..offset + bytes.len()].copy_from_slice(bytes);
}

fn word(header: &[u8], offset: usize) -> u64 {
    let mut bytes = [0; 8];
    bytes.copy_from_slice(&header[offset..offset + 8]);
    u64::from_le_bytes(bytes)
}

/// FNV-1a: each step is a bijection, so that one changed byte always changes the sum.
fn checksum(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |sum, byte| (sum ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}
