//! Ranges of files as bytes.

use std::fs::File;
use std::io::Write;

use proptest::prelude::*;

use super::pattern;
use crate::{Error, map_file};

const LEN: usize = 20_000;

fn file() -> File {
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(&pattern(3, LEN)).unwrap();
    file
}

proptest! {
    #[test]
    fn any_range_of_a_file_can_be_mapped(start in 0..=LEN, end in 0..=LEN) {
        let (start, end) = (start.min(end), start.max(end));
        let bytes = map_file(&file(), start as u64, (end - start) as u64).unwrap();
        prop_assert_eq!(&bytes[..], &pattern(3, LEN)[start..end]);
    }
}

#[test]
fn a_range_beyond_the_file_is_refused() {
    let file = file();
    for (offset, len) in
        [(0, LEN as u64 + 1), (LEN as u64, 1), (1, LEN as u64), (u64::MAX, 2), (2, u64::MAX), (LEN as u64 + 1, 0)]
    {
        assert!(matches!(map_file(&file, offset, len), Err(Error::Range { .. })), "{len} at {offset}");
    }
    assert!(map_file(&file, LEN as u64, 0).unwrap().is_empty());
}

#[test]
fn what_cannot_be_mapped_is_an_error() {
    let folder = File::open(std::env::temp_dir()).unwrap();
    assert!(matches!(map_file(&folder, 0, 1), Err(Error::Map { .. })));
}

#[test]
fn mapped_bytes_outlive_the_name_and_the_file() {
    let mut named = tempfile::NamedTempFile::new().unwrap();
    named.write_all(&pattern(4, LEN)).unwrap();
    let bytes = map_file(named.as_file(), 0, LEN as u64).unwrap();
    named.close().unwrap();
    assert_eq!(bytes, pattern(4, LEN));
}
