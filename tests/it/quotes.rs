//! What a job costs is known before, and what was agreed on is what is paid.

use std::time::Duration;

use inos_tests::{Client, Options, TestNode, until};
use serde_json::{Value, json};

crate::on_both! {
    an_accepted_job_keeps_its_price_over_a_restart_with_others,
}

/// The cost of the job that this capsule is, run to its end.
fn bill(client: &Client, capsule: &Value) -> u64 {
    let job = client.post_json_with("/v1/jobs", &[("prefer", "wait=60")], capsule);
    assert_eq!((job.status, &job.json()["state"]), (200, &json!("succeeded")), "{}", job.text());
    job.json()["cost"].as_u64().unwrap()
}

fn quote(client: &Client, capsule: &Value) -> Value {
    let quote = client.post_json("/v1/quotes", capsule);
    assert_eq!(quote.status, 200, "{}", quote.text());
    let quote = quote.json();
    let sum: u64 = quote["lines"].as_array().unwrap().iter().map(|line| line["amount"].as_u64().unwrap()).sum();
    assert_eq!(quote["expected"], sum, "{quote}");
    quote
}

/// Bytes that are like text, and like no other stretch of it.
fn text(len: usize) -> Vec<u8> {
    let words = ["ledger ", "credit ", "of ", "the ", "receipt ", "node\n", "job ", "and ", "hold ", "price "];
    let mut seed = 7_u64;
    let mut bytes = Vec::with_capacity(len + 16);
    while bytes.len() < len {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        bytes.extend_from_slice(words[(seed >> 60) as usize % words.len()].as_bytes());
    }
    bytes.truncate(len);
    bytes
}

#[test]
fn the_bill_of_every_deterministic_method_is_within_a_tenth_of_its_quote() {
    let node = TestNode::start();
    let admin = node.admin();
    let mut methods = admin.get("/v1/units/compute").json()["methods"].as_array().unwrap().clone();
    methods.retain(|method| method["determinism"] != "none");
    let mut asked = 0;
    for len in [0, 1, 1024, 100_000, 3_000_000] {
        let plain = text(len);
        let packed = admin.run("compute.brotli_compress", "", &plain).body;
        for method in &methods {
            let name = method["name"].as_str().unwrap();
            let input = if name == "brotli_decompress" { &packed } else { &plain };
            let capsule = json!({ "unit": "compute", "method": name,
                "inputs": [{ "base64": data_encoding::BASE64.encode(input) }] });
            let quote = quote(&admin, &capsule);
            let (cost, expected) = (bill(&admin, &capsule), quote["expected"].as_u64().unwrap());
            assert!(cost.abs_diff(expected) * 10 <= cost, "{name} of {len}: {cost} after {quote}");
            assert!(quote["basis"] != "exact" || cost == expected, "{name} of {len}: {cost} after {quote}");
            assert!(cost >= quote["least"].as_u64().unwrap() && cost <= quote["most"].as_u64().unwrap(), "{quote}");
            asked += 1;
        }
    }
    assert!(methods.len() >= 5 && asked == 5 * methods.len(), "{asked}");
}

#[test]
fn a_length_alone_or_a_stored_blob_is_enough_for_a_quote() {
    let node = TestNode::start();
    let admin = node.admin();
    let before = admin.balance();
    let of = |input: Value| json!({ "unit": "compute", "method": "sha256", "inputs": [input] });
    let blob = admin.send("PUT", "/v1/blobs", &[], &text(5_000)).json()["hash"].clone();
    let quoted = quote(&admin, &of(json!({ "bytes": 5_000 })));
    for input in [json!({ "blob": blob }), json!({ "text": String::from_utf8(text(5_000)).unwrap() })] {
        let other = quote(&admin, &of(input));
        assert_eq!((&quoted["expected"], &quoted["lines"]), (&other["expected"], &other["lines"]));
    }
    let capsule = inos_protocols::json::read(of(json!({ "blob": blob })).to_string().as_bytes()).unwrap();
    let message = inos_protocols::wire::write_capsule(&capsule);
    let binary = admin.send("POST", "/v1/quotes", &[("content-type", "application/capnp")], &message);
    assert_eq!((binary.status, &binary.json()["lines"]), (200, &quoted["lines"]), "{}", binary.text());
    assert_eq!(quoted["basis"], "exact");
    assert_eq!(quoted["prices"], admin.get("/v1/units").json()["prices"]);
    assert_eq!(quoted["prices"], admin.get("/v1/stats").json()["prices"]);
    assert_eq!(admin.balance(), before, "asking is free");
    let refused = |capsule: Value, status: u16, code: &str| {
        let answer = admin.post_json("/v1/quotes", &capsule);
        assert_eq!((answer.status, answer.code().as_str()), (status, code), "{capsule}");
    };
    refused(of(json!({ "bytes": 1_u64 << 50 })), 413, "payload-too-large");
    refused(of(json!({ "blob": "00".repeat(32) })), 404, "not-found");
    refused(of(json!({ "bytes": 1, "text": "x" })), 400, "invalid-json");
    refused(json!({ "unit": "compute", "method": "sha257", "inputs": [] }), 404, "unknown-method");
    refused(json!({ "unit": "compute", "method": "sha256", "inputs": [] }), 422, "invalid-params");
    let endless =
        json!({ "unit": "compute", "method": "sha256", "inputs": [{ "bytes": 1 }], "retry": { "max_attempts": 0 } });
    refused(endless, 422, "invalid-params");
    let (code, out, err) = node.cli(&["quote", "compute.sha256", "--bytes", "5000", "--json"]);
    assert_eq!(code, 0, "{err}");
    assert_eq!(serde_json::from_str::<Value>(&out).unwrap()["expected"], quoted["expected"]);
    let (code, out, _) = node.cli(&["quote", "compute.sha256", "--bytes", "5000"]);
    assert!(code == 0 && out.contains("kib_in") && out.contains("expected"), "{out}");
    // Files, and standard input, which is empty here.
    let of = |input: &str| {
        let (code, out, err) = node.cli(&["quote", "compute.sha256", input, "--json"]);
        assert_eq!(code, 0, "{err}");
        serde_json::from_str::<Value>(&out).unwrap()["expected"].clone()
    };
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), vec![7; 5000]).unwrap();
    assert_eq!(of(file.path().to_str().unwrap()), quoted["expected"]);
    assert_eq!(of("-"), of("/dev/null"));
}

fn an_accepted_job_keeps_its_price_over_a_restart_with_others(options: Options) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("prices.toml");
    let prices = |version: u32, base: u64| {
        std::fs::write(&file, format!("version = {version}\n[prices.test.wait]\nbase = {base}\n")).unwrap();
    };
    prices(2, 77);
    let mut node = TestNode::with(options.with("prices", file.to_str().unwrap()));
    let capsule = json!({ "unit": "test", "method": "wait", "params": { "ms": 1500 }, "budget": 1000 });
    assert_eq!(quote(&node.admin(), &capsule)["expected"], 77);
    let before = node.admin().balance();
    let accepted = node.admin().post_json("/v1/jobs", &capsule);
    assert_eq!(accepted.status, 202, "{}", accepted.text());
    let path = format!("/v1/jobs/{}", accepted.json()["id"].as_str().unwrap());
    node.kill();
    // Now it would cost more than its budget.
    prices(3, 100_000);
    node.restart();
    let admin = node.admin();
    until(Duration::from_secs(20), || admin.get(&path).json()["state"] == "succeeded");
    assert_eq!(admin.get(&path).json()["cost"], 77);
    assert_eq!(before - admin.balance(), 77);
    assert_eq!(admin.get("/v1/units").json()["prices"]["number"], 3);
    let refused = admin.post_json("/v1/jobs", &capsule);
    assert_eq!((refused.status, refused.code()), (402, "budget-exceeded".into()));
    assert_eq!(node.stop(), Some(0));
    node.assert_clean();
}

#[test]
fn the_time_that_a_method_runs_is_paid_where_it_has_a_price() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("prices.json");
    std::fs::write(&file, r#"{"version":2,"prices":{"test":{"wait":{"base":0,"per_kib_in":0,"per_cpu_ms":10}}}}"#)
        .unwrap();
    let node = TestNode::with(Options::default().with("prices", file.to_str().unwrap()));
    let admin = node.admin();
    let capsule = json!({ "unit": "test", "method": "wait", "params": { "ms": 50 }, "timeout_ms": 10_000 });
    assert_eq!(quote(&admin, &capsule)["most"], 100_000);
    let job = admin.post_json_with("/v1/jobs", &[("prefer", "wait=60")], &capsule).json();
    let run_us = job["metrics"]["run_us"].as_u64().unwrap();
    assert!(run_us >= 50_000);
    assert_eq!(job["cost"], run_us.div_ceil(1000) * 10, "{job}");
    let receipt = admin.get(&format!("/v1/jobs/{}/receipt", job["id"].as_str().unwrap())).json();
    assert_eq!(receipt["receipt"]["cost"], job["cost"], "{receipt}");
}

#[test]
fn prices_of_what_is_not_on_offer_keep_the_server_from_starting() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("prices.toml");
    for (text, told) in [
        ("version = 2\n[prices.compute.blake4]\nbase = 1\n", "compute.blake3"),
        ("version = 2\n[prices.compute.blake3]\nbasis = 1\n", "basis"),
        ("version = 1\n[prices]\n", "version 1"),
    ] {
        std::fs::write(&file, text).unwrap();
        let output = inos_tests::inos()
            .args(["serve", "--listen", "127.0.0.1:0", "--prices", file.to_str().unwrap(), "--data-dir"])
            .arg(folder.path().join("data"))
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(78), "{said}");
        assert!(said.contains(told), "{said}");
    }
}
