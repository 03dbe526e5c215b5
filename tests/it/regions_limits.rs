//! What bounds regions, and what is true of them over a restart: caps, names that are used again, files that are damaged.

use std::{fs, path::PathBuf};

use inos_protocols::Hash;
use inos_tests::{Client, Options, TestNode, inos};

fn put(client: &Client, path: &str, bytes: &[u8]) -> inos_tests::Answer {
    client.send("PUT", &format!("/v1/regions/{path}"), &[], bytes)
}

fn epoch(answer: &inos_tests::Answer) -> u64 {
    answer.header("inos-epoch").expect("an epoch").parse().unwrap()
}

#[test]
fn an_account_has_a_thousand_regions_and_not_one_more() {
    let node = TestNode::start();
    let (admin, other) = (node.admin(), node.account("other", 0));
    for number in 0..1_000 {
        assert_eq!(put(&admin, &format!("r{number}"), b"x").status, 201, "{number}");
    }
    let refused = put(&admin, "one-more", b"x");
    assert_eq!((refused.status, refused.code()), (507, "storage-full".into()));
    assert_eq!(put(&admin, "r7", b"changed").status, 200, "those that are there go on");
    assert_eq!(put(&other, "mine", b"x").status, 201, "another account has its own");
    assert_eq!(admin.send("DELETE", "/v1/regions/r7", &[], b"").status, 204);
    assert_eq!(put(&admin, "one-more", b"x").status, 201);
    let page = admin.get("/v1/regions?limit=1000").json();
    assert_eq!(page["items"].as_array().unwrap().len(), 1_000);
    // They cost nothing while nothing changes. A tidying may fall into these seconds.
    let rest = std::time::Duration::from_secs(5);
    std::thread::sleep(std::time::Duration::from_secs(1));
    let (time, sleeps) = node.exertion();
    std::thread::sleep(rest);
    let (time, sleeps) = (node.exertion().0 - time, node.exertion().1 - sleeps);
    println!("{time:?} of processor time and {sleeps} wake-ups in {rest:?} with 1,001 regions");
    assert!(sleeps <= 100, "{sleeps} wake-ups");
}

#[test]
fn all_accounts_together_have_half_of_the_files_and_none_of_them_more_than_half_of_it() {
    let node = TestNode::with(Options { shell: Some("ulimit -n 256".into()), ..Options::default() });
    let (admin, other, third) = (node.admin(), node.account("other", 0), node.account("third", 0));
    for (client, whose) in [(&admin, "a"), (&other, "b")] {
        for number in 0..64 {
            assert_eq!(put(client, &format!("{whose}{number}"), b"x").status, 201, "{whose}{number}");
        }
        assert_eq!(put(client, "one-more", b"x").code(), "storage-full");
    }
    let refused = put(&third, "mine", b"x");
    assert_eq!(refused.code(), "storage-full");
    assert!(refused.text().contains("128 regions"), "{}", refused.text());
    assert_eq!(other.send("DELETE", "/v1/regions/b0", &[], b"").status, 204);
    assert_eq!(put(&third, "mine", b"x").status, 201);
}

#[test]
fn a_region_that_was_refused_or_failed_takes_no_place() {
    let node = TestNode::with(Options { shell: Some("ulimit -n 256".into()), ..Options::default() });
    let admin = node.admin();
    for number in 0..140 {
        let refused = put(&admin, &format!("r{number}?bytes_max=1"), b"xy");
        assert_eq!(refused.code(), "payload-too-large");
    }
    assert_eq!(put(&admin, "r", b"xy").status, 201);
}

#[test]
fn many_who_make_one_region_at_once_make_one() {
    let node = TestNode::start();
    let start = std::sync::Barrier::new(8);
    for path in ["passing", "kept?persistent=true"] {
        let statuses: Vec<u16> = std::thread::scope(|scope| {
            let make = || {
                let client = node.admin();
                start.wait();
                put(&client, path, b"x").status
            };
            let all: Vec<_> = (0..8).map(|_| scope.spawn(make)).collect();
            all.into_iter().map(|one| one.join().unwrap()).collect()
        });
        assert_eq!(statuses.iter().filter(|status| **status == 201).count(), 1, "{statuses:?}");
        assert!(statuses.iter().all(|status| [200, 201].contains(status)), "{statuses:?}");
    }
}

#[test]
fn a_later_content_type_is_another_trait_and_refused() {
    let node = TestNode::start();
    let admin = node.admin();
    let put = |media: &str| admin.send("PUT", "/v1/regions/r", &[("content-type", media)], b"x");
    assert_eq!(put("image/png").status, 201);
    assert_eq!(put("image/png").status, 200);
    let refused = put("text/plain");
    assert_eq!((refused.status, refused.code()), (409, "conflict".into()));
    for unasked in ["application/octet-stream", "application/x-www-form-urlencoded"] {
        assert_eq!(put(unasked).status, 200, "what clients say without having been asked");
    }
    assert_eq!(admin.get("/v1/regions/r").header("content-type"), Some("image/png"));
}

#[test]
fn a_part_for_another_length_changes_nothing_whoever_changes_the_length_meanwhile() {
    let node = TestNode::start();
    let admin = node.admin();
    put(&admin, "r", &[0; 10]);
    let ended = std::sync::atomic::AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let client = node.admin();
            for turn in 0..200 {
                put(&client, "r", &vec![0; 10 + turn % 2]);
            }
            ended.store(true, std::sync::atomic::Ordering::SeqCst);
        });
        while !ended.load(std::sync::atomic::Ordering::SeqCst) {
            let patched = admin.send("PATCH", "/v1/regions/r", &[("content-range", "bytes 9-9/10")], b"x");
            match patched.status {
                200 => {}
                416 => assert_eq!(patched.header("content-range"), Some("bytes */11"), "{}", patched.text()),
                _ => panic!("{}", patched.text()),
            }
        }
    });
    put(&admin, "r", &[0; 11]);
    let refused = admin.send("PATCH", "/v1/regions/r", &[("content-range", "bytes 9-9/10")], b"x");
    assert_eq!((refused.status, refused.header("content-range")), (416, Some("bytes */11")));
    assert_eq!(admin.get("/v1/regions/r").body, [0; 11]);
}

#[test]
fn no_epoch_of_a_region_comes_again_after_it_was_removed_and_the_server_began_anew() {
    let mut node = TestNode::start();
    let admin = node.admin();
    put(&admin, "r", b"x");
    let last = (0..50).fold(0, |_, _| epoch(&put(&admin, "r", b"x")));
    admin.send("DELETE", "/v1/regions/r", &[], b"");
    node.kill();
    node.restart();
    let admin = node.admin();
    let first = epoch(&put(&admin, "r", b"x"));
    assert!(first > last);
    // Whatever the clock says by then: every epoch so far is below a number on the disk.
    node.kill();
    node.restart();
    let again = epoch(&put(&node.admin(), "r", b"x"));
    assert!(again >= first + 60_000_000, "{again} {first}");
}

/// Where a persistent region of the admin's is kept.
fn files(node: &TestNode) -> Vec<PathBuf> {
    let epochs = Hash::of(b"the epochs of all regions").to_string();
    let states = fs::read_dir(node.data().join("payloads/states")).unwrap();
    let paths = states.map(|entry| entry.unwrap().path());
    paths.filter(|path| path.file_name().unwrap().to_str() != Some(&epochs)).collect()
}

#[test]
fn a_damaged_region_is_found_and_does_not_come_back_under_another_that_took_its_name() {
    let mut node = TestNode::start();
    assert_eq!(put(&node.admin(), "r?persistent=true", b"old").status, 201);
    node.stop();
    let check = || inos().args(["check", "--data-dir"]).arg(node.data()).output().unwrap();
    assert_eq!(check().status.code(), Some(0));
    let [path] = &files(&node)[..] else { panic!("one region is kept") };
    let whole = fs::read(path).unwrap();
    let mut damaged = whole.clone();
    *damaged.last_mut().unwrap() ^= 1;
    fs::write(path, &damaged).unwrap();
    let output = check();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(output.status.code(), Some(1));
    assert!(said.contains(path.file_name().unwrap().to_str().unwrap()), "{said}");
    // A copy under another name is not that name's.
    fs::write(path, &whole).unwrap();
    let strange = path.with_file_name(Hash::of(b"strange").to_string());
    fs::write(&strange, &whole).unwrap();
    assert_eq!(check().status.code(), Some(1));
    fs::remove_file(&strange).unwrap();
    fs::write(path, &damaged).unwrap();
    node.restart();
    assert_eq!(node.admin().get("/v1/regions/r").code(), "not-found");
    assert!(path.exists(), "what is damaged is left for whoever can mend it");
    assert_eq!(put(&node.admin(), "r", b"new").status, 201);
    assert!(!path.exists(), "the name is another region's, which passes");
    fs::write(path, &whole).unwrap();
    node.restart();
    assert_eq!(node.admin().get("/v1/regions/r").text(), "old");
}
