//! Files by hash: one per content, whole or not there, and nothing planted is ever served.

use std::{
    fs::{self, File, OpenOptions},
    io::Write as _,
    os::unix::fs::{FileExt as _, PermissionsExt as _, symlink},
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use inos_protocols::Hash;

use super::{bytes, fresh};
use crate::{Blobs, Error, Stored};

fn path_of(dir: &Path, hash: &Hash) -> PathBuf {
    let name = hash.to_string();
    dir.join("files").join(&name[..2]).join(&name[2..])
}

fn store(blobs: &Blobs, payload: &[u8], piece_len: usize) -> Stored {
    let mut upload = blobs.upload().unwrap();
    payload.chunks(piece_len.max(1)).for_each(|piece| upload.write(piece).unwrap());
    assert_eq!(upload.len(), payload.len() as u64);
    upload.finish().unwrap()
}

fn entries(dir: &Path) -> usize {
    fs::read_dir(dir).unwrap().count()
}

#[test]
fn what_was_uploaded_is_read_under_its_hash() {
    let (dir, blobs) = fresh();
    for (len, piece_len) in [(0, 1), (1, 1), (5000, 7), (300_000, 200_000), (1 << 20, 1 << 20)] {
        let payload = bytes(1, len);
        let stored = store(&blobs, &payload, piece_len);
        assert_eq!(stored, Stored { hash: Hash::of(&payload), len: len as u64 });
        assert!(blobs.has(&stored.hash));
        assert_eq!(blobs.file_len(&stored.hash).unwrap(), Some(len as u64));
        assert_eq!(blobs.open_file(&stored.hash).unwrap().unwrap(), payload);
        let again = Blobs::open(dir.path()).unwrap();
        assert_eq!(again.open_file(&stored.hash).unwrap().unwrap(), payload);
    }
}

#[test]
fn what_was_never_stored_is_not_there() {
    let (_dir, blobs) = fresh();
    let hash = Hash::of(b"nothing");
    assert!(!blobs.has(&hash));
    assert_eq!(blobs.open_file(&hash).unwrap(), None);
    assert_eq!(blobs.file_len(&hash).unwrap(), None);
    assert!(!blobs.remove(&hash).unwrap());
    assert_eq!(blobs.files().count(), 0);
}

#[test]
fn the_same_content_is_one_file() {
    let (dir, blobs) = fresh();
    let first = store(&blobs, b"same", 1);
    assert_eq!(store(&blobs, b"same", 4), first);
    assert_eq!(blobs.files().map(|(hash, _)| hash).collect::<Vec<_>>(), [first.hash]);
    assert_eq!(entries(path_of(dir.path(), &first.hash).parent().unwrap()), 1);
}

#[test]
fn concurrent_uploads_of_one_content_all_succeed_and_are_one_file() {
    let (dir, blobs) = fresh();
    let payload = bytes(2, 200_000);
    let stored: Vec<Stored> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..8)
            .map(|i| {
                let (blobs, payload) = (&blobs, &payload);
                scope.spawn(move || store(blobs, payload, 1000 + i))
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert!(stored.iter().all(|one| *one == stored[0]));
    assert_eq!(blobs.files().count(), 1);
    assert_eq!(entries(&dir.path().join("uploads")), 0);
    assert_eq!(blobs.open_file(&stored[0].hash).unwrap().unwrap(), payload);
}

#[test]
fn an_upload_dropped_half_way_leaves_nothing() {
    let (dir, blobs) = fresh();
    let mut upload = blobs.upload().unwrap();
    upload.write(b"half").unwrap();
    assert_eq!(entries(&dir.path().join("uploads")), 1);
    drop(upload);
    assert_eq!(entries(&dir.path().join("uploads")), 0);
    assert_eq!(blobs.files().count(), 0);
}

#[test]
fn an_upload_is_not_there_before_it_is_whole() {
    let (_dir, blobs) = fresh();
    let mut upload = blobs.upload().unwrap();
    upload.write(b"whole").unwrap();
    assert!(!blobs.has(&Hash::of(b"whole")));
    upload.finish().unwrap();
    assert!(blobs.has(&Hash::of(b"whole")));
}

#[test]
fn what_a_crash_left_of_an_upload_is_removed_at_the_next_start() {
    let (dir, blobs) = fresh();
    let stored = store(&blobs, b"whole", 5);
    let mut upload = blobs.upload().unwrap();
    upload.write(b"half").unwrap();
    std::mem::forget(upload);
    let again = Blobs::open(dir.path()).unwrap();
    assert_eq!(entries(&dir.path().join("uploads")), 0);
    assert!(again.has(&stored.hash));
}

#[test]
fn a_failed_upload_says_that_the_storage_is_full_and_leaves_nothing() {
    let (dir, blobs) = fresh();
    let mut upload = blobs.upload().unwrap().onto(OpenOptions::new().write(true).open("/dev/full").unwrap());
    assert!(matches!(upload.write(b"too much"), Err(Error::StorageFull { .. })));
    drop(upload);
    assert_eq!(entries(&dir.path().join("uploads")), 0);
    store(&blobs, b"room again", 3);
}

#[test]
fn a_full_storage_keeps_its_name_through_the_writer_trait() {
    let (_dir, blobs) = fresh();
    let mut upload = blobs.upload().unwrap().onto(OpenOptions::new().write(true).open("/dev/full").unwrap());
    let error = upload.write_all(b"too much").unwrap_err().downcast::<Error>().unwrap();
    assert!(matches!(error, Error::StorageFull { .. }));
}

#[test]
fn a_removed_payload_is_gone_and_its_mapping_stays() {
    let (_dir, blobs) = fresh();
    let stored = store(&blobs, b"short-lived", 4);
    let mapped = blobs.open_file(&stored.hash).unwrap().unwrap();
    assert!(blobs.remove(&stored.hash).unwrap());
    assert!(!blobs.has(&stored.hash));
    assert_eq!(mapped, "short-lived");
}

#[test]
fn a_payload_stored_again_is_not_taken_for_an_old_one() {
    let (dir, blobs) = fresh();
    let stored = store(&blobs, b"wanted again", 4);
    let long_ago = SystemTime::now() - Duration::from_secs(3600);
    File::open(path_of(dir.path(), &stored.hash)).unwrap().set_modified(long_ago).unwrap();
    let before = SystemTime::now() - Duration::from_secs(60);
    assert_eq!(blobs.files().filter(|(_, modified)| *modified < before).count(), 1);
    store(&blobs, b"wanted again", 4);
    assert!(!blobs.remove_older(&stored.hash, before).unwrap());
    File::open(path_of(dir.path(), &stored.hash)).unwrap().set_modified(long_ago).unwrap();
    assert!(blobs.remove_older(&stored.hash, before).unwrap());
    assert!(!blobs.has(&stored.hash));
}

#[test]
fn a_link_a_pipe_or_a_folder_planted_as_a_payload_is_refused() {
    let (dir, blobs) = fresh();
    let secret = dir.path().join("secret");
    fs::write(&secret, b"secret").unwrap();
    let plant = |name: &[u8], planted: &dyn Fn(&Path)| {
        let path = path_of(dir.path(), &Hash::of(name));
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        planted(&path);
    };
    // The link's target even has the right bytes.
    plant(b"secret", &|path| symlink(&secret, path).unwrap());
    plant(b"pipe", &|path| {
        let (here, mode) = (rustix::fs::CWD, rustix::fs::Mode::RWXU);
        rustix::fs::mknodat(here, path, rustix::fs::FileType::Fifo, mode, 0).unwrap();
    });
    plant(b"folder", &|path| fs::create_dir(path).unwrap());
    for name in [b"secret".as_slice(), b"pipe", b"folder"] {
        let refused = blobs.open_file(&Hash::of(name));
        assert!(matches!(refused, Err(Error::NotRegular { .. })), "{refused:?}");
        assert!(!blobs.has(&Hash::of(name)));
    }
    assert_eq!(blobs.files().count(), 0);
}

#[test]
fn a_link_planted_as_a_folder_of_payloads_is_refused() {
    let (dir, blobs) = fresh();
    let elsewhere = tempfile::tempdir().unwrap();
    let hash = Hash::of(b"secret");
    let name = hash.to_string();
    fs::write(elsewhere.path().join(&name[2..]), b"secret").unwrap();
    symlink(elsewhere.path(), dir.path().join("files").join(&name[..2])).unwrap();
    assert!(matches!(blobs.open_file(&hash), Err(Error::NotRegular { .. })));
    assert!(!blobs.has(&hash));
    let mut upload = blobs.upload().unwrap();
    upload.write(b"secret").unwrap();
    assert!(matches!(upload.finish(), Err(Error::NotRegular { .. })));
    assert_eq!(fs::read(elsewhere.path().join(&name[2..])).unwrap(), b"secret");
}

#[test]
fn a_stored_payload_takes_the_place_of_what_was_planted() {
    let (dir, blobs) = fresh();
    let path = path_of(dir.path(), &Hash::of(b"true"));
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    let target = dir.path().join("target");
    fs::write(&target, b"untouched").unwrap();
    symlink(&target, &path).unwrap();
    store(&blobs, b"true", 4);
    assert_eq!(blobs.open_file(&Hash::of(b"true")).unwrap().unwrap(), "true");
    assert_eq!(fs::read(&target).unwrap(), b"untouched");
}

#[test]
fn bytes_that_do_not_hash_to_their_name_are_never_served() {
    let (dir, blobs) = fresh();
    let stored = store(&blobs, b"right bytes", 4);
    let path = path_of(dir.path(), &stored.hash);
    let file = File::options().write(true).open(&path).unwrap();
    file.write_all_at(b"wrong", 0).unwrap();
    // The clock of a file system is too coarse to tell this write from the one before.
    file.set_modified(SystemTime::now() + Duration::from_secs(1)).unwrap();
    // This process has vouched for the file, and sees that it is no longer the same.
    assert!(matches!(blobs.open_file(&stored.hash), Err(Error::Damaged { .. })));
    let again = Blobs::open(dir.path()).unwrap();
    assert!(matches!(again.open_file(&stored.hash), Err(Error::Damaged { .. })));
    // Storing the right bytes again mends it.
    store(&again, b"right bytes", 4);
    assert_eq!(again.open_file(&stored.hash).unwrap().unwrap(), "right bytes");
}

#[test]
fn payloads_are_for_their_owner_alone() {
    let parent = tempfile::tempdir().unwrap();
    let dir = parent.path().join("payloads");
    let blobs = Blobs::open(&dir).unwrap();
    let stored = store(&blobs, b"private", 4);
    let segment = blobs.pack(b"private").unwrap().segment;
    for path in [path_of(&dir, &stored.hash), dir.join(format!("packs/{segment:020}.pack"))] {
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }
    for folder in ["", "packs", "files", "uploads"] {
        assert_eq!(fs::metadata(dir.join(folder)).unwrap().permissions().mode() & 0o777, 0o700);
    }
}

#[test]
fn names_that_are_no_hashes_are_left_out_of_the_list() {
    let (dir, blobs) = fresh();
    let stored = store(&blobs, b"listed", 4);
    fs::write(dir.path().join("files/zz"), b"").unwrap();
    fs::write(path_of(dir.path(), &stored.hash).with_file_name("readme.txt"), b"").unwrap();
    assert_eq!(blobs.files().map(|(hash, _)| hash).collect::<Vec<_>>(), [stored.hash]);
}
