//! Ranges of files as bytes.

use std::fs::File;
use std::io::Write;

use proptest::prelude::*;

use super::pattern;
use crate::{Error, file_behind, map_file, map_giveable};

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

#[test]
fn a_file_that_may_be_given_is_found_behind_its_bytes_and_no_others() {
    let len = 1 << 20;
    let mut named = tempfile::NamedTempFile::new().unwrap();
    named.write_all(&pattern(5, len)).unwrap();
    let open = || File::open(named.path()).unwrap();
    let (one, two) = (map_giveable(open(), len as u64).unwrap(), map_giveable(open(), 1 << 19).unwrap());
    let (file, range) = file_behind(&one.slice(7..len - 1)).unwrap();
    assert_eq!(range, 7..len as u64 - 1);
    assert_eq!(crate::parcel::part(&file, range).unwrap(), pattern(5, len)[7..len - 1]);
    assert!(crate::parcel::part(&file, 0..len as u64 + 1).is_err());
    assert!(file_behind(&pattern(5, len)).is_none(), "other bytes of the same kind");
    drop(one);
    let (_, range) = file_behind(&two).unwrap();
    assert_eq!(range, 0..1 << 19, "each mapping is noted by itself");
    assert!(matches!(map_giveable(open(), len as u64 + 1), Err(Error::Range { .. })));
    // What is short is copied by whoever passes it on.
    let mut short = tempfile::NamedTempFile::new().unwrap();
    short.write_all(b"short").unwrap();
    let bytes = map_giveable(File::open(short.path()).unwrap(), 5).unwrap();
    assert!(bytes == b"short"[..] && file_behind(&bytes).is_none());
}

#[test]
fn a_file_that_could_be_written_is_not_given() {
    let named = tempfile::NamedTempFile::new().unwrap();
    assert!(matches!(map_giveable(named.reopen().unwrap(), 0), Err(Error::Map { .. })));
}
