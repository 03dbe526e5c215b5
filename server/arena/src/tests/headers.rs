//! A header is read as it was written or refused.
#![allow(unsafe_code)]

use proptest::prelude::*;

use super::{MIB, Small};
use crate::layout::{
    self, HEADER_CHECKSUM_OFFSET, HEADER_FIELDS_LEN, HEADER_SIZES_OFFSET, Layout, LayoutError, SLAB_LEN,
};
use crate::{Arena, Error, Options};

fn layout_of(slabs: usize) -> Layout {
    Layout::with_leases(slabs * SLAB_LEN).unwrap()
}

/// The same checksum as a stranger would write it.
fn resealed(mut header: [u8; HEADER_FIELDS_LEN]) -> [u8; HEADER_FIELDS_LEN] {
    let mut sum = 0xcbf2_9ce4_8422_2325_u64;
    for byte in &header[..HEADER_CHECKSUM_OFFSET] {
        sum = (sum ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
    }
    header[HEADER_CHECKSUM_OFFSET..].copy_from_slice(&sum.to_le_bytes());
    header
}

proptest! {
    #[test]
    fn a_written_header_is_read(slabs in layout::SLAB_COUNT_MIN..=layout::SLAB_COUNT_MAX) {
        prop_assert_eq!(layout::validate(&layout_of(slabs).header()), Ok(layout_of(slabs)));
    }

    #[test]
    fn a_header_with_a_changed_byte_is_refused(slabs in 4_usize..5000, at in 0..HEADER_FIELDS_LEN, change in 1..=u8::MAX) {
        let mut header = layout_of(slabs).header();
        header[at] ^= change;
        prop_assert!(layout::validate(&header).is_err());
    }

    #[test]
    fn a_size_that_another_layout_wrote_is_refused(size in 0_usize..6, value: u64) {
        let mut header = layout_of(64).header();
        let field = HEADER_SIZES_OFFSET + size * 8;
        prop_assume!(header[field..field + 8] != value.to_le_bytes());
        header[field..field + 8].copy_from_slice(&value.to_le_bytes());
        let answer = layout::validate(&resealed(header));
        prop_assert!(matches!(answer, Err(LayoutError::Field { .. } | LayoutError::Size { .. })), "{:?}", answer);
    }

    #[test]
    fn strange_bytes_are_refused(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        prop_assert!(layout::validate(&bytes).is_err());
    }

    #[test]
    fn a_cut_header_is_refused(len in 0..HEADER_FIELDS_LEN) {
        prop_assert_eq!(layout::validate(&layout_of(64).header()[..len]), Err(LayoutError::Short { len }));
    }
}

#[test]
fn each_kind_of_damage_has_its_name() {
    let good = layout_of(64).header();
    let with = |at: usize, byte: u8| {
        let mut header = good;
        header[at] = byte;
        header
    };
    assert_eq!(layout::validate(&with(0, b'X')), Err(LayoutError::Magic));
    assert_eq!(layout::validate(&with(layout::HEADER_VERSION_OFFSET, 9)), Err(LayoutError::Version { found: 9 }));
    assert_eq!(layout::validate(&with(HEADER_SIZES_OFFSET, 9)), Err(LayoutError::Checksum));
}

#[test]
fn a_size_without_a_layout_is_refused() {
    for bytes in [0, 3 * MIB, usize::MAX] {
        assert_eq!(Layout::with_leases(bytes), Err(LayoutError::Size { bytes }));
        let options = Options { bytes, account_bytes_max: 0, spool_dir: std::env::temp_dir() };
        assert!(matches!(Arena::create(options), Err(Error::Layout(_))));
    }
}

#[test]
fn a_damaged_mapping_is_noticed() {
    let arena = Small::new(4 * MIB);
    arena.check().unwrap();
    // SAFETY: the header is read by `check` alone, in this thread.
    unsafe { arena.inner().mapping().at(20).write(0x5a) };
    assert!(matches!(arena.check(), Err(Error::Layout(LayoutError::Checksum))));
}

#[test]
fn epochs_and_leases_lie_where_the_layout_says() {
    assert_eq!(layout::epoch_offset(0), Some(layout::EPOCHS_OFFSET));
    let last = layout::epoch_offset(layout::EPOCH_COUNT - 1).unwrap();
    assert!(last + layout::EPOCH_LINE_LEN <= layout::LEASES_OFFSET);
    assert_eq!(layout::epoch_offset(layout::EPOCH_COUNT), None);
    assert_eq!(layout::epoch_offset(usize::MAX), None);
}
