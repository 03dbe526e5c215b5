//! Content-addressed bytes of an account.

use inos_protocols::Hash;
use inos_tests::{Options, TestNode};
use serde_json::json;

#[test]
fn a_blob_goes_in_once_and_comes_out_whole() {
    let node = TestNode::start();
    let admin = node.admin();
    let data: Vec<u8> = (0..3_000_000u32).map(|number| (number % 251) as u8).collect();
    let stored = admin.send("PUT", "/v1/blobs", &[("content-type", "application/x-test")], &data);
    assert_eq!(stored.status, 201, "{}", stored.text());
    let hash = Hash::of(&data).to_string();
    assert_eq!(stored.json()["hash"], hash);
    let path = format!("/v1/blobs/{hash}");
    let read = admin.get(&path);
    assert_eq!((read.status, read.header("content-type")), (200, Some("application/x-test")));
    assert_eq!(read.header("etag").unwrap(), format!("\"blake3:{hash}\""));
    assert!(read.body == data);
    let head = admin.send("HEAD", &path, &[], b"");
    assert_eq!((head.status, head.header("content-length")), (200, Some("3000000")));
    let same = admin.send("GET", &path, &[("if-none-match", &format!("\"blake3:{hash}\""))], b"");
    assert_eq!(same.status, 304);
    assert_eq!(admin.get("/v1/blobs").json()["items"].as_array().unwrap().len(), 1);
    assert_eq!(admin.send("DELETE", &path, &[], b"").status, 204);
    assert_eq!(admin.get(&path).code(), "not-found");
}

#[test]
fn a_stored_blob_is_a_jobs_input_by_its_hash() {
    let node = TestNode::start();
    let admin = node.admin();
    let data = vec![42; 2_000_000];
    let hash = admin.send("PUT", "/v1/blobs", &[], &data).json()["hash"].as_str().unwrap().to_owned();
    let capsule = json!({ "unit": "compute", "method": "blake3", "inputs": [{ "blob": hash }] });
    let job = admin.post_json_with("/v1/jobs", &[("prefer", "wait=20")], &capsule).json();
    assert_eq!(job["state"], "succeeded", "{job}");
    let id = job["id"].as_str().unwrap();
    assert_eq!(admin.get(&format!("/v1/jobs/{id}/outputs/0")).text(), hash);
    let receipt = admin.get(&format!("/v1/jobs/{id}/receipt")).json();
    assert_eq!(receipt["receipt"]["inputs"][0], hash);
}

#[test]
fn bytes_that_are_not_what_was_said_are_not_stored() {
    let node = TestNode::start();
    let admin = node.admin();
    let other = Hash::of(b"other");
    let refused = admin.send("PUT", &format!("/v1/blobs/{other}"), &[], b"these");
    assert_eq!((refused.status, refused.code().as_str()), (409, "conflict"));
    assert_eq!(admin.get(&format!("/v1/blobs/{other}")).status, 404);
    let right = admin.send("PUT", &format!("/v1/blobs/{other}"), &[], b"other");
    assert_eq!(right.status, 201, "{}", right.text());
    for bad in
        ["/v1/blobs/zz", "/v1/blobs/..%2f..%2fetc%2fpasswd", &format!("/v1/blobs/{}", other.to_string().to_uppercase())]
    {
        assert!([400, 404].contains(&admin.get(bad).status), "{bad}");
    }
}

#[test]
fn an_account_stores_no_more_than_its_quota() {
    let node = TestNode::with(Options::default().with("blob-quota", "1MiB"));
    let admin = node.admin();
    assert_eq!(admin.send("PUT", "/v1/blobs", &[], &vec![1; 700_000]).status, 201);
    let refused = admin.send("PUT", "/v1/blobs", &[], &vec![2; 700_000]);
    assert_eq!((refused.status, refused.code().as_str()), (507, "storage-full"));
    let chunked = admin.send_from("PUT", "/v1/blobs", &[], &mut &*vec![3; 700_000], None);
    assert_eq!((chunked.status, chunked.code().as_str()), (507, "storage-full"));
}

#[test]
fn large_payloads_survive_a_restart() {
    let mut node = TestNode::start();
    let admin = node.admin();
    let mut outputs = Vec::new();
    for size in [100, 100_000, 3_000_000] {
        let data: Vec<u8> = (0..size).map(|number: u32| (number * 31 % 256) as u8).collect();
        let hash = admin.send("PUT", "/v1/blobs", &[], &data).json()["hash"].as_str().unwrap().to_owned();
        let capsule = json!({ "unit": "test", "method": "echo", "inputs": [{ "blob": hash }] });
        let job = admin.post_json_with("/v1/jobs", &[("prefer", "wait=20")], &capsule).json();
        assert_eq!(job["state"], "succeeded", "{job}");
        outputs.push((format!("/v1/jobs/{}/outputs/0", job["id"].as_str().unwrap()), data));
    }
    node.kill();
    node.restart();
    let admin = node.admin();
    for (path, data) in outputs {
        assert!(admin.get(&path).body == data, "{path}");
    }
}

#[test]
fn a_range_never_gives_more_than_there_is() {
    let node = TestNode::start();
    let admin = node.admin();
    let stored = admin.send("PUT", "/v1/blobs", &[("content-type", "text/plain")], b"0123456789");
    assert_eq!(stored.status, 201, "{}", stored.text());
    let capsule = json!({ "unit": "test", "method": "echo", "inputs": [{ "text": "0123456789" }] });
    let kept = admin.post_json_with("/v1/jobs", &[("prefer", "wait=10")], &capsule);
    let paths = [
        format!("/v1/blobs/{}", stored.json()["hash"].as_str().unwrap()),
        format!("/v1/jobs/{}/outputs/0", kept.json()["id"].as_str().unwrap()),
    ];
    let overlapping = (0..1000).map(|n| format!("{}-9", n % 10)).collect::<Vec<_>>().join(",");
    let many = format!("bytes={overlapping}");
    for path in &paths {
        let ask = |range: &str| admin.send("GET", path, &[("range", range)], b"");
        for (range, bytes) in [
            ("bytes=2-4", "234"),
            ("bytes=-3", "789"),
            ("bytes=8-", "89"),
            ("bytes=8-100", "89"),
            ("bytes=-99", "0123456789"),
        ] {
            let answer = ask(range);
            assert_eq!((answer.status, answer.text().as_str()), (206, bytes), "{path} {range}");
        }
        for range in ["bytes=10-", "bytes=-0", "bytes=18446744073709551615-"] {
            let answer = ask(range);
            assert_eq!((answer.status, answer.code().as_str()), (416, "range-not-satisfiable"), "{path} {range}");
            assert_eq!(answer.header("content-range"), Some("bytes */10"));
        }
        for range in ["bytes=4-2", "lines=1-2", "bytes=a-b", "bytes=99999999999999999999-", &many] {
            let answer = ask(range);
            assert!([200, 416].contains(&answer.status), "{path} {range}: {}", answer.status);
            assert!(answer.status == 416 || answer.body.len() == 10, "{path} {range}");
        }
    }
}
