//! Regions as what jobs read and where their outputs go, at every door.

use std::time::Duration;

use inos_protocols::{
    Hash,
    job::{Capsule, Input, Output, Store, capsule_digest},
    receipt::SignedReceipt,
};
use inos_tests::{Client, Options, TestNode, until};
use serde_json::{Value, json};

crate::on_both! {
    a_job_reads_what_a_region_holds_when_it_begins,
    an_output_becomes_the_next_epoch_of_a_region_and_only_of_a_job_that_succeeded,
    a_region_needs_its_scope_and_is_nobody_elses,
    a_job_that_reads_a_region_survives_a_restart,
    the_same_request_over_a_region_is_the_same_job,
}

fn put(client: &Client, name: &str, bytes: &[u8]) -> u64 {
    put_with(client, name, "", bytes)
}

fn put_with(client: &Client, name: &str, query: &str, bytes: &[u8]) -> u64 {
    let put = client.send("PUT", &format!("/v1/regions/{name}{query}"), &[], bytes);
    assert!([200, 201].contains(&put.status), "{}", put.text());
    put.header("inos-epoch").unwrap().parse().unwrap()
}

fn read(client: &Client, name: &str) -> (u64, String) {
    let read = client.get(&format!("/v1/regions/{name}"));
    assert_eq!(read.status, 200, "{}", read.text());
    (read.header("inos-epoch").unwrap().parse().unwrap(), read.text())
}

fn post(client: &Client, capsule: &Value) -> String {
    let accepted = client.post_json("/v1/jobs", capsule);
    assert_eq!(accepted.status, 202, "{}", accepted.text());
    accepted.header("location").unwrap().to_owned()
}

fn ended(client: &Client, path: &str) -> Value {
    let job = || client.get(path).json();
    until(Duration::from_secs(30), || !["queued", "running"].contains(&job()["state"].as_str().unwrap()));
    job()
}

fn blake3(bytes: &[u8]) -> String {
    Hash::of(bytes).to_string()
}

/// `compute.blake3` over a region, its digest into another.
fn over(name: &str, into: Option<&str>) -> Value {
    let mut capsule = json!({ "unit": "compute", "method": "blake3", "inputs": [{ "region": name }] });
    if let Some(into) = into {
        capsule["output"] = json!({ "region": into });
    }
    capsule
}

fn cost_of_all(client: &Client) -> u64 {
    let all = client.get("/v1/jobs?limit=100").json();
    all["items"].as_array().unwrap().iter().map(|job| job["cost"].as_u64().unwrap()).sum()
}

fn a_job_reads_what_a_region_holds_when_it_begins(options: Options) {
    let mut node = TestNode::with(options.with("workers", "1"));
    let admin = node.admin();
    let before = admin.balance();
    put(&admin, "world", b"then");
    // The only worker is busy while the job waits, and the region changes meanwhile.
    let slow = post(&admin, &json!({ "unit": "test", "method": "wait", "params": { "ms": 600_000 } }));
    until(Duration::from_secs(10), || admin.get(&slow).json()["state"] == "running");
    let path = post(&admin, &over("world", None));
    assert_eq!(admin.get(&path).json()["state"], "queued");
    put(&admin, "world", b"now!!");
    assert_eq!(admin.send("POST", &format!("{slow}/cancel"), &[], b"").status, 202);
    let job = ended(&admin, &path);
    assert_eq!((&job["state"], &job["metrics"]["bytes_in"]), (&json!("succeeded"), &json!(5)), "{job}");
    assert_eq!(admin.get(&format!("{path}/outputs/0")).text(), blake3(b"now!!"));
    // The receipt states what was read, and the capsule's digest covers it.
    let signed = admin.get(&format!("{path}/receipt"));
    let receipt = serde_json::from_slice::<SignedReceipt>(&signed.body).unwrap().verify().unwrap();
    let input = Hash::of(b"now!!");
    let digest = capsule_digest("compute", "blake3", &Default::default(), &[input]);
    assert_eq!((receipt.inputs, receipt.capsule), (vec![input], digest));
    // In a batch, and with the region beside other inputs; once the method is known to be quick, in place.
    for _ in 0..20 {
        let items = admin.post_json("/v1/batches", &json!([over("world", None)])).json();
        assert_eq!(items["items"][0]["outcome"]["outputs"][0]["text"], blake3(b"now!!"), "{items}");
    }
    // As a Cap'n Proto message.
    let mut capsule = Capsule::new("compute", "blake3", vec![Input::Region("world".into())]);
    capsule.output = Output { store: Store::Inline, region: Some("digest".into()) };
    let message = inos_protocols::wire::write_capsule(&capsule);
    let headers = [("content-type", "application/capnp"), ("prefer", "wait=20")];
    let job = admin.send("POST", "/v1/jobs", &headers, &message);
    assert_eq!((job.status, &job.json()["state"]), (200, &json!("succeeded")), "{}", job.text());
    assert_eq!(read(&admin, "digest").1, blake3(b"now!!"));
    // A quote goes by what is there now.
    let quote = admin.post_json("/v1/quotes", &over("world", None)).json();
    assert_eq!(
        quote["lines"].as_array().unwrap().iter().find(|line| line["meter"] == "kib_in").unwrap()["quantity"],
        1
    );
    assert_eq!((before - admin.balance(), &admin.get("/v1/account").json()["held"]), (cost_of_all(&admin), &json!(0)));
    assert_eq!(node.stop(), Some(0));
    node.assert_clean();
}

fn an_output_becomes_the_next_epoch_of_a_region_and_only_of_a_job_that_succeeded(options: Options) {
    let node = TestNode::with(options);
    let admin = node.admin();
    put(&admin, "in", b"abc");
    let path = post(&admin, &over("in", Some("out")));
    assert_eq!(ended(&admin, &path)["state"], "succeeded");
    let (first, text) = read(&admin, "out");
    assert_eq!(text, blake3(b"abc"));
    assert_eq!(admin.get("/v1/regions/out").header("content-type"), Some("text/plain"), "as the output is");
    put(&admin, "in", b"abcd");
    let items = admin.post_json("/v1/batches", &json!([over("in", Some("out"))])).json();
    assert_eq!(items["items"][0]["outcome"]["state"], "succeeded", "{items}");
    assert_eq!(read(&admin, "out"), (first + 1, blake3(b"abcd")));
    // A region that is there keeps its traits.
    put_with(&admin, "bytes", "?stride=8", b"");
    assert_eq!(ended(&admin, &post(&admin, &over("in", Some("bytes"))))["state"], "succeeded");
    assert_eq!(admin.get("/v1/regions/bytes").header("content-type"), Some("application/octet-stream"));
    // What does not succeed publishes nothing.
    let broken = json!({ "unit": "test", "method": "panic", "output": { "region": "out" } });
    assert_eq!(ended(&admin, &post(&admin, &broken))["state"], "failed");
    let endless =
        json!({ "unit": "test", "method": "wait", "params": { "ms": 600_000 }, "output": { "region": "out" } });
    let path = post(&admin, &endless);
    assert_eq!(admin.send("POST", &format!("{path}/cancel"), &[], b"").status, 202);
    assert_eq!(ended(&admin, &path)["state"], "cancelled");
    assert_eq!(read(&admin, "out").0, first + 1);
    // What does not fit fails, costs nothing and publishes nothing; nor is it kept.
    put_with(&admin, "small", "?bytes_max=10", b"1");
    let before = admin.balance();
    let job = ended(&admin, &post(&admin, &over("in", Some("small"))));
    assert_eq!((&job["state"], &job["error"]["code"]), (&json!("failed"), &json!("payload-too-large")), "{job}");
    assert_eq!((&job["cost"], &job["outputs"], admin.balance()), (&json!(0), &json!([]), before));
    assert_eq!(read(&admin, "small").1, "1");
    // Memoisation and a region do not go together, in either direction; names are checked.
    for (capsule, pointer) in [
        (json!({ "unit": "compute", "method": "blake3", "inputs": [{ "region": "in" }], "cache": "use" }), "/cache"),
        (
            json!({ "unit": "compute", "method": "blake3", "inputs": [{ "text": "a" }], "cache": "use",
                "output": { "region": "out" } }),
            "/cache",
        ),
    ] {
        let refused = admin.post_json("/v1/jobs", &capsule);
        assert_eq!((refused.status, &refused.json()["errors"][0]["pointer"]), (422, &json!(pointer)));
    }
    for capsule in [over("a/b", None), over(".", None), over("in", Some("..")), over("in", Some(""))] {
        assert_eq!(admin.post_json("/v1/jobs", &capsule).code(), "invalid-json", "{capsule}");
    }
}

fn a_region_needs_its_scope_and_is_nobody_elses(options: Options) {
    let node = TestNode::with(options);
    let (admin, other) = (node.admin(), node.account("other", 1_000_000));
    put(&admin, "mine", b"secret");
    for door in ["/v1/jobs", "/v1/quotes"] {
        let refused = other.post_json(door, &over("mine", None));
        assert_eq!((refused.status, refused.code()), (404, "not-found".into()), "{door}: {}", refused.text());
        assert_eq!(refused.json()["errors"][0]["pointer"], "/inputs/0/region");
    }
    // The name of one account's region as the output of another's job is a region of that other.
    let job =
        json!({ "unit": "compute", "method": "blake3", "inputs": [{ "text": "" }], "output": { "region": "mine" } });
    assert_eq!(ended(&other, &post(&other, &job))["state"], "succeeded");
    assert_eq!((read(&admin, "mine").1, read(&other, "mine").1), ("secret".into(), blake3(b"")));
    let key = admin.post_json("/v1/keys", &json!({ "name": "jobs only", "scopes": ["jobs"] })).json();
    let jobs_only = admin.with_key(key["secret"].as_str().unwrap_or_else(|| key["key"].as_str().unwrap()));
    for capsule in [over("mine", None), job] {
        let refused = jobs_only.post_json("/v1/jobs", &capsule);
        assert_eq!((refused.status, refused.code()), (403, "forbidden".into()), "{}", refused.text());
        let items = jobs_only.post_json("/v1/batches", &json!([capsule])).json();
        assert_eq!(items["items"][0]["problem"]["code"], "forbidden", "{items}");
    }
}

fn a_job_that_reads_a_region_survives_a_restart(options: Options) {
    let mut node = TestNode::with(options.with("workers", "1"));
    let admin = node.admin();
    put_with(&admin, "kept", "?persistent=true", b"kept");
    put(&admin, "lost", b"lost");
    let slow = post(&admin, &json!({ "unit": "test", "method": "wait", "params": { "ms": 600_000 } }));
    until(Duration::from_secs(10), || admin.get(&slow).json()["state"] == "running");
    let (kept, lost) = (post(&admin, &over("kept", Some("digest"))), post(&admin, &over("lost", None)));
    node.kill();
    node.restart();
    let admin = node.admin();
    assert_eq!(admin.send("POST", &format!("{slow}/cancel"), &[], b"").status, 202);
    assert_eq!(ended(&admin, &kept)["state"], "succeeded");
    assert_eq!(read(&admin, "digest").1, blake3(b"kept"));
    let job = ended(&admin, &lost);
    assert_eq!((&job["state"], &job["error"]["errors"][0]["pointer"]), (&json!("failed"), &json!("/inputs/0/region")));
    // Once there is one again, the job can be tried again.
    put(&admin, "lost", b"found");
    let again = admin.send("POST", &format!("{lost}/retry"), &[], b"");
    assert_eq!(again.status, 202, "{}", again.text());
    let path = again.header("location").unwrap().to_owned();
    assert_eq!(ended(&admin, &path)["state"], "succeeded");
    assert_eq!(admin.get("/v1/account").json()["held"], 0);
    assert_eq!(node.stop(), Some(0));
    node.assert_clean();
}

fn the_same_request_over_a_region_is_the_same_job(options: Options) {
    let node = TestNode::with(options);
    let admin = node.admin();
    put(&admin, "r", b"one");
    put(&admin, "other", b"one");
    let mut capsule = over("r", None);
    capsule["idempotency_key"] = json!("k");
    let first = post(&admin, &capsule);
    ended(&admin, &first);
    put(&admin, "r", b"two");
    let again = admin.post_json("/v1/jobs", &capsule);
    assert_eq!((again.status, again.header("idempotency-replayed")), (200, Some("true")), "{}", again.text());
    assert_eq!(admin.get(&format!("{first}/outputs/0")).text(), blake3(b"one"));
    let mut another = over("other", None);
    another["idempotency_key"] = json!("k");
    assert_eq!(admin.post_json("/v1/jobs", &another).code(), "idempotency-conflict");
}
