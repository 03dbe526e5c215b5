//! The header of a mapping: written once, read whenever somebody doubts it. Never any other byte of the mapping.
#![allow(unsafe_code)]

use std::ptr::NonNull;

use crate::layout::{self, HEADER_FIELDS_LEN, HEADER_LEN, HEADER_OFFSET, Layout, LayoutError};
use crate::mapping::Mapping;

/// Writes the header of a new mapping, before anybody else knows the mapping.
pub(crate) fn write(mapping: &Mapping, layout: &Layout) {
    assert!(mapping.len() >= HEADER_LEN, "a mapping has a header");
    let header = layout.header();
    // SAFETY: the header lies in the mapping (checked above), and nobody else refers to it.
    unsafe { mapping.at(HEADER_OFFSET).copy_from(NonNull::from(&header).cast(), header.len()) };
}

/// Reads the header of a mapping; anything that this version did not write is refused.
pub(crate) fn read(mapping: &Mapping) -> Result<Layout, LayoutError> {
    assert!(mapping.len() >= HEADER_LEN, "a mapping has a header");
    // SAFETY: the header lies in the mapping (checked above) and is written only before the mapping is shared; bytes have
    // no invalid values.
    let header = unsafe { mapping.at(HEADER_OFFSET).cast::<[u8; HEADER_FIELDS_LEN]>().read() };
    layout::validate(&header)
}
