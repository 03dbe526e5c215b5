//! Pack segments: what was packed is read, what was torn or damaged is never mistaken for it.

use std::{
    fs::{self, File, OpenOptions},
    io::Write as _,
    os::unix::fs::{FileExt as _, symlink},
    path::{Path, PathBuf},
    time::SystemTime,
};

use inos_protocols::Hash;
use proptest::prelude::*;

use super::{bytes, fresh};
use crate::{Blobs, Check, Error, Inspection, Locator, RECORD_BYTES_MAX};

fn path_of(dir: &Path, segment: u64) -> PathBuf {
    dir.join(format!("packs/{segment:020}.pack"))
}

fn is_damaged(read: &Result<bytes::Bytes, Error>) -> bool {
    matches!(read, Err(Error::Damaged { .. }))
}

#[test]
fn what_was_packed_is_read() {
    let (_dir, blobs) = fresh();
    let payloads: Vec<Vec<u8>> =
        [0, 1, 19, 20, 4096, 1 << 20, RECORD_BYTES_MAX].iter().map(|len| bytes(1, *len)).collect();
    let places: Vec<Locator> = payloads.iter().map(|payload| blobs.pack(payload).unwrap()).collect();
    blobs.flush().unwrap();
    for (at, payload) in places.iter().zip(&payloads) {
        assert!(blobs.read_pack(at).unwrap() == payload, "{at}");
    }
}

#[test]
fn what_was_flushed_is_read_by_the_next_start() {
    let (dir, blobs) = fresh();
    let at = blobs.pack(b"kept").unwrap();
    blobs.flush().unwrap();
    drop(blobs);
    assert_eq!(Blobs::open(dir.path()).unwrap().read_pack(&at).unwrap(), "kept");
}

#[test]
fn a_known_hash_packs_the_same() {
    let (_dir, blobs) = fresh();
    let known = blobs.pack_hashed(b"abc", &Hash::of(b"abc")).unwrap();
    assert_eq!(known.check, blobs.pack(b"abc").unwrap().check);
    assert_eq!(blobs.read_pack(&known).unwrap(), "abc");
    let wrong = blobs.pack_hashed(b"abc", &Hash::of(b"abd")).unwrap();
    assert!(is_damaged(&blobs.read_pack(&wrong)));
}

#[test]
fn a_payload_too_long_for_a_record_is_refused() {
    let (_dir, blobs) = fresh();
    let refused = blobs.pack(&vec![0; RECORD_BYTES_MAX + 1]);
    assert!(matches!(refused, Err(Error::TooLarge { len, max }) if len == max + 1));
    assert!(blobs.segments().is_empty());
}

#[test]
fn a_full_segment_is_closed_and_the_next_begun() {
    let dir = tempfile::tempdir().unwrap();
    let blobs = Blobs::with_segments(dir.path(), 1000).unwrap();
    let places: Vec<Locator> = (0..10).map(|i| blobs.pack(&bytes(i, 300)).unwrap()).collect();
    blobs.flush().unwrap();
    assert_eq!(blobs.segments(), [1, 2, 3, 4]);
    for (i, at) in (0..10).zip(&places) {
        assert_eq!(at.segment, u64::from(i) / 3 + 1);
        assert_eq!(blobs.read_pack(at).unwrap(), bytes(i, 300));
        assert!(fs::metadata(path_of(dir.path(), at.segment)).unwrap().len() <= 1000);
    }
}

#[test]
fn each_start_begins_a_segment_of_its_own() {
    let (dir, blobs) = fresh();
    assert_eq!(blobs.pack(b"one").unwrap().segment, 1);
    let again = Blobs::open(dir.path()).unwrap();
    assert_eq!(again.pack(b"two").unwrap().segment, 2);
    assert_eq!(again.segments(), [1, 2]);
}

#[test]
fn a_start_that_packs_nothing_leaves_no_segment() {
    let (dir, blobs) = fresh();
    blobs.flush().unwrap();
    drop(blobs);
    assert_eq!(fs::read_dir(dir.path().join("packs")).unwrap().count(), 0);
}

#[test]
fn a_torn_tail_is_recognised_and_what_came_before_it_stands() {
    let (dir, blobs) = fresh();
    let first = blobs.pack(b"first").unwrap();
    let last = blobs.pack(&bytes(7, 5000)).unwrap();
    drop(blobs);
    let path = path_of(dir.path(), 1);
    let whole = fs::metadata(&path).unwrap().len();
    for cut in [last.offset + 1, last.offset + 19, last.offset + 20, whole - 1] {
        OpenOptions::new().write(true).open(&path).unwrap().set_len(cut).unwrap();
        let blobs = Blobs::open(dir.path()).unwrap();
        assert_eq!(blobs.read_pack(&first).unwrap(), "first");
        assert!(is_damaged(&blobs.read_pack(&last)), "cut at {cut}");
        let found = Inspection { records: 1, bytes: 5, torn_at: Some(last.offset) };
        assert_eq!(blobs.inspect(1).unwrap(), found, "cut at {cut}");
        // As a crash leaves it when the length reached the disk and the bytes did not.
        OpenOptions::new().write(true).open(&path).unwrap().set_len(whole).unwrap();
        assert!(is_damaged(&blobs.read_pack(&last)), "cut at {cut}, then grown");
    }
}

#[test]
fn a_tail_torn_by_a_crash_is_never_appended_to() {
    let (dir, blobs) = fresh();
    blobs.pack(b"whole").unwrap();
    drop(blobs);
    OpenOptions::new().append(true).open(path_of(dir.path(), 1)).unwrap().write_all(&[1, 2, 3]).unwrap();
    let torn = fs::read(path_of(dir.path(), 1)).unwrap();
    let again = Blobs::open(dir.path()).unwrap();
    again.pack(b"later").unwrap();
    assert_eq!(fs::read(path_of(dir.path(), 1)).unwrap(), torn);
}

#[test]
fn an_inspection_counts_whole_segments_and_sees_a_missing_header() {
    let (dir, blobs) = fresh();
    blobs.pack(b"12345").unwrap();
    blobs.pack(b"").unwrap();
    assert_eq!(blobs.inspect(1).unwrap(), Inspection { records: 2, bytes: 5, torn_at: None });
    fs::write(path_of(dir.path(), 9), b"INOS").unwrap();
    assert_eq!(blobs.inspect(9).unwrap(), Inspection { torn_at: Some(0), ..Inspection::default() });
}

#[test]
fn the_open_segment_cannot_be_dropped_and_others_can() {
    let (dir, blobs) = fresh();
    let old = blobs.pack(b"old").unwrap();
    assert!(matches!(blobs.drop_segment(1), Err(Error::SegmentOpen { segment: 1 })));
    let again = Blobs::open(dir.path()).unwrap();
    again.pack(b"new").unwrap();
    again.drop_segment(1).unwrap();
    again.drop_segment(1).unwrap();
    assert_eq!(again.segments(), [2]);
    assert!(matches!(again.read_pack(&old), Err(Error::NoSegment { segment: 1 })));
}

#[test]
fn the_number_of_a_dropped_segment_is_never_used_again() {
    let (dir, blobs) = fresh();
    blobs.pack(b"old").unwrap();
    drop(blobs);
    let again = Blobs::open(dir.path()).unwrap();
    again.drop_segment(1).unwrap();
    drop(again);
    assert_eq!(Blobs::open(dir.path()).unwrap().pack(b"new").unwrap().segment, 3);
}

#[test]
fn a_segment_says_when_it_was_appended_to() {
    let (_dir, blobs) = fresh();
    let before = SystemTime::now() - std::time::Duration::from_secs(60);
    blobs.pack(b"now").unwrap();
    assert!(blobs.segment_modified(1).unwrap() > before);
    assert!(matches!(blobs.segment_modified(2), Err(Error::NoSegment { segment: 2 })));
}

#[test]
fn a_link_a_pipe_or_a_folder_planted_as_a_segment_is_refused() {
    let (dir, blobs) = fresh();
    let real = blobs.pack(b"secret").unwrap();
    let at = |segment| Locator { segment, ..real };
    symlink(path_of(dir.path(), 1), path_of(dir.path(), 70)).unwrap();
    let (packs, mode) = (File::open(dir.path().join("packs")).unwrap(), rustix::fs::Mode::RWXU);
    let pipe = rustix::fs::FileType::Fifo;
    rustix::fs::mknodat(&packs, format!("{:020}.pack", 71), pipe, mode, 0).unwrap();
    fs::create_dir(path_of(dir.path(), 72)).unwrap();
    for segment in 70..=72 {
        let refused = blobs.read_pack(&at(segment));
        assert!(matches!(refused, Err(Error::NotRegular { .. })), "{segment}: {refused:?}");
    }
}

#[test]
fn appends_and_flushes_from_many_threads_keep_every_payload() {
    let dir = tempfile::tempdir().unwrap();
    let blobs = Blobs::with_segments(dir.path(), 100_000).unwrap();
    let packed: Vec<(Locator, Vec<u8>)> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..4)
            .map(|seed| {
                let blobs = &blobs;
                scope.spawn(move || {
                    let pack = |i: usize| {
                        let payload = bytes(seed, i * 37);
                        let at = blobs.pack(&payload).unwrap();
                        blobs.flush().unwrap();
                        (at, payload)
                    };
                    (0..50).map(pack).collect::<Vec<_>>()
                })
            })
            .collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    drop(blobs);
    let again = Blobs::open(dir.path()).unwrap();
    for (at, payload) in &packed {
        assert_eq!(again.read_pack(at).unwrap(), payload);
    }
    let counted: u64 = again.segments().iter().map(|segment| again.inspect(*segment).unwrap().records).sum();
    assert_eq!(counted, 200);
}

#[test]
fn a_locator_that_lies_reads_nothing() {
    let (_dir, blobs) = fresh();
    let at = blobs.pack(&bytes(3, 100)).unwrap();
    blobs.pack(&bytes(4, 100)).unwrap();
    for wrong in [
        Locator { offset: at.offset + 1, ..at },
        Locator { offset: u64::MAX, ..at },
        Locator { offset: 0, ..at },
        Locator { len: 99, ..at },
        Locator { len: u32::MAX, ..at },
        Locator { check: Check([0; 16]), ..at },
    ] {
        assert!(is_damaged(&blobs.read_pack(&wrong)), "{wrong}");
    }
}

fn any_locator() -> impl Strategy<Value = Locator> {
    let check = any::<[u8; 16]>().prop_map(Check);
    (any::<u64>(), any::<u64>(), any::<u32>(), check).prop_map(|(segment, offset, len, check)| Locator {
        segment,
        offset,
        len,
        check,
    })
}

proptest! {
    #[test]
    fn a_locator_survives_its_text(at in any_locator()) {
        prop_assert_eq!(at.to_string().parse(), Ok(at));
    }

    #[test]
    fn a_text_is_a_locator_only_if_it_is_its_text(text in "[0-9+]{1,3}\\.[0-9+]{1,3}\\.[0-9+]{1,3}\\.[0-9a-fA-F]{32}|.{0,60}") {
        if let Ok(at) = text.parse::<Locator>() {
            prop_assert_eq!(at.to_string(), text);
        }
    }

    #[test]
    fn damage_is_never_taken_for_a_payload(
        lens in prop::collection::vec(0_usize..3000, 1..6),
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..8),
        cut in prop::option::of(any::<prop::sample::Index>()),
    ) {
        let (dir, blobs) = fresh();
        let payloads: Vec<Vec<u8>> = lens.iter().map(|len| bytes(9, *len)).collect();
        let places: Vec<Locator> = payloads.iter().map(|payload| blobs.pack(payload).unwrap()).collect();
        let before = fs::read(path_of(dir.path(), 1)).unwrap();
        let file = OpenOptions::new().write(true).open(path_of(dir.path(), 1)).unwrap();
        for (index, byte) in &damage {
            file.write_all_at(&[*byte], index.index(before.len()) as u64).unwrap();
        }
        if let Some(cut) = cut {
            file.set_len(cut.index(before.len()) as u64).unwrap();
        }
        let after = fs::read(path_of(dir.path(), 1)).unwrap();
        for (at, payload) in places.iter().zip(&payloads) {
            let record = at.offset as usize..at.offset as usize + 20 + payload.len();
            let untouched = after.get(..24) == Some(&before[..24]) && after.get(record.clone()) == Some(&before[record]);
            match blobs.read_pack(at) {
                Ok(read) => prop_assert!(untouched && read == payload),
                Err(Error::Damaged { .. }) => prop_assert!(!untouched),
                Err(other) => prop_assert!(false, "{other:?}"),
            }
        }
        blobs.inspect(1).unwrap();
    }

    #[test]
    fn a_file_of_anything_is_inspected_without_harm(content in prop::collection::vec(any::<u8>(), 0..200), header: bool) {
        let (dir, blobs) = fresh();
        blobs.pack(b"").unwrap();
        let mut all = fs::read(path_of(dir.path(), 1)).unwrap();
        all.truncate(if header { 24 } else { 0 });
        all.extend(&content);
        fs::write(path_of(dir.path(), 1), &all).unwrap();
        let found = blobs.inspect(1).unwrap();
        prop_assert!(found.torn_at.is_none_or(|at| at < all.len() as u64 || at == 0));
    }
}
