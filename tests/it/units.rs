//! Units at the doors: what they take and give over HTTP, and that what is secret is recorded nowhere.

use std::path::Path;
use std::time::Duration;

use inos_protocols::{Hash, job::capsule_digest};
use inos_tests::{Client, Options, TestNode, until};
use serde_json::{Value, json};

/// A key that is nothing else: hexadecimal digits that stand nowhere by chance.
const SECRET: &str = "5ec4e7c0ffee5ec4e7c0ffee5ec4e7c0ffee5ec4e7c0ffee5ec4e7c0ffee5ec4";

fn packed(numbers: &[f32]) -> Vec<u8> {
    numbers.iter().flat_map(|number| number.to_le_bytes()).collect()
}

#[test]
fn one_value_is_asked_for_in_a_query_and_many_in_a_body() {
    let node = TestNode::start();
    let admin = node.admin();
    let one = admin.run("math.vector_cross", "?a=[1,0,0]&b=[0,1,0]", b"");
    assert_eq!((one.status, one.json()), (200, json!({ "result": [0.0, 0.0, 1.0] })));
    let many = admin.run("math.vector_cross", "?b=[0,1,0]", &packed(&[1.0, 0.0, 0.0, 0.0, 0.0, 2.0]));
    assert_eq!((many.status, many.body), (200, packed(&[0.0, 0.0, 1.0, -2.0, 0.0, 0.0])));
    let flat = admin.run("math.vector_normalize", "?a=[0,0]", b"");
    assert_eq!((flat.status, &flat.json()["errors"][0]["pointer"]), (422, &json!("/params/a")), "{}", flat.text());
}

#[test]
fn a_flock_is_what_draws_itself() {
    let node = TestNode::start();
    let admin = node.admin();
    let birds = admin.run("boids.simulate", "?count=100&steps=20&seed=3", b"");
    assert_eq!((birds.status, birds.body.len()), (200, 100 * 32), "{}", birds.text());
    let matrices = admin.run("math.instance_matrices", "", &birds.body);
    assert_eq!((matrices.status, matrices.body.len()), (200, 100 * 64));
    // Where a matrix moves to is where its bird is.
    assert_eq!(matrices.body[48..60], birds.body[..12]);
    let absurd = admin.run("boids.simulate", "?count=1000000&steps=100000", b"");
    assert!(absurd.status == 422 && absurd.text().contains("pairs of birds"), "{}", absurd.text());
}

/// Names of the files under a folder that hold these bytes.
fn files_with(folder: &Path, wanted: &[u8]) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap().flatten();
    let found = entries.flat_map(|entry| {
        let path = entry.path();
        if path.is_dir() {
            return files_with(&path, wanted);
        }
        let bytes = std::fs::read(&path).unwrap_or_default();
        let has = bytes.windows(wanted.len()).any(|window| window == wanted);
        has.then(|| path.display().to_string()).into_iter().collect()
    });
    found.collect()
}

fn secrets_are_recorded_nowhere(options: Options) {
    let mut node = TestNode::with(options.with("log-level", "trace"));
    let admin = node.admin();
    let query = format!("?key={SECRET}");
    let sealed = admin.run("crypto.encrypt", &query, b"a message");
    assert_eq!(sealed.status, 200, "{}", sealed.text());
    assert_eq!(admin.run("crypto.decrypt", &query, &sealed.body).body, b"a message");
    let forged = admin.run("crypto.decrypt", &query, &[&sealed.body[..50], b"x"].concat());
    assert_eq!((forged.status, &forged.json()["errors"][0]["pointer"]), (422, &json!("/inputs/0")));
    let wrong = admin.run("crypto.hmac", &format!("?key={SECRET}f"), b"abc");
    assert_eq!(wrong.status, 422);
    let mut told = vec![forged.json()["errors"].to_string(), wrong.json()["errors"].to_string()];

    let job = sealed.header("inos-job-id").unwrap().to_owned();
    // The digest in the receipt is over the word that stands for it: over the secret it would let anybody try guesses.
    let receipt = admin.get(&format!("/v1/jobs/{job}/receipt")).json();
    let shown = json!({ "key": "(secret)" }).as_object().unwrap().clone();
    let digest = capsule_digest("crypto", "encrypt", &shown, &[Hash::of(b"a message")]);
    assert_eq!(receipt["receipt"]["capsule"], json!(digest.to_string()), "{receipt}");
    let record = admin.get(&format!("/v1/jobs/{job}"));
    assert_eq!(record.json()["params"], json!({ "key": "(secret)" }), "{}", record.text());
    for path in [format!("/v1/jobs/{job}"), format!("/v1/jobs/{job}/receipt"), "/v1/jobs".into(), "/metrics".into()] {
        told.push(admin.get(&path).text());
    }
    // A key of another unit is no less secret.
    let keyed = admin.run("compute.blake3", &query, b"a message");
    assert_eq!(keyed.status, 200, "{}", keyed.text());
    let record = admin.get(&format!("/v1/jobs/{}", keyed.header("inos-job-id").unwrap()));
    assert_eq!(record.json()["params"], json!({ "key": "(secret)" }), "{}", record.text());
    let capsule =
        json!({ "unit": "compute", "method": "blake3", "params": { "key": SECRET }, "inputs": [{ "text": "abc" }] });
    let refused = admin.post_json("/v1/jobs", &capsule);
    assert_eq!((refused.status, &refused.json()["errors"][0]["pointer"]), (422, &json!("/params/key")));
    told.push(refused.json()["errors"].to_string());
    told.push(node.log());
    node.restart();
    let record = node.admin().get(&format!("/v1/jobs/{job}"));
    assert_eq!(record.json()["params"], json!({ "key": "(secret)" }), "{}", record.text());
    told.push(record.text());
    refused_where_it_would_be_recorded(&node.admin(), &mut told);
    assert_eq!(node.stop(), Some(0));
    node.assert_clean();
    told.push(node.log());
    assert!(told.iter().all(|text| !text.contains(SECRET)), "{told:?}");
    assert_eq!(files_with(node.data(), SECRET.as_bytes()), Vec::<String>::new());
}

fn refused_where_it_would_be_recorded(admin: &Client, told: &mut Vec<String>) {
    let capsule = |more: Value| {
        let mut capsule = json!({
            "unit": "crypto", "method": "hmac", "params": { "key": SECRET }, "inputs": [{ "text": "abc" }],
        });
        capsule.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        capsule
    };
    for (more, pointer) in [
        (json!({}), "/params/key"),
        (json!({ "idempotency_key": "once" }), "/idempotency_key"),
        (json!({ "cache": "use" }), "/cache"),
    ] {
        let refused = admin.post_json("/v1/jobs", &capsule(more));
        assert_eq!((refused.status, refused.code()), (422, "invalid-params".into()));
        assert_eq!(refused.json()["errors"][0]["pointer"], pointer, "{}", refused.text());
        told.push(refused.json()["errors"].to_string());
    }
    let path = format!("/v1/run/crypto/hmac?key={SECRET}");
    for header in [("idempotency-key", "once"), ("inos-cache", "use")] {
        let refused = admin.send("POST", &path, &[header], b"abc");
        assert_eq!(refused.status, 422, "{}", refused.text());
    }
    // What comes out may be a secret as well.
    let pair = admin.run("crypto.ed25519_keygen", "", b"");
    let secret_key = pair.json()["secret_key"].as_str().unwrap().to_owned();
    let id = pair.header("inos-job-id").unwrap();
    assert_eq!(admin.get(&format!("/v1/jobs/{id}/outputs/0")).code(), "output-not-kept");
    for (header, pointer) in [(("idempotency-key", "pair"), "/idempotency_key"), (("inos-keep", "true"), "/keep")] {
        let refused = admin.send("POST", "/v1/run/crypto/ed25519_keygen", &[header], b"");
        assert_eq!(
            (refused.status, &refused.json()["errors"][0]["pointer"]),
            (422, &json!(pointer)),
            "{}",
            refused.text()
        );
    }
    let stored = json!({ "unit": "crypto", "method": "random", "output": { "store": "blob" } });
    for capsule in [json!({ "unit": "crypto", "method": "x25519_keygen" }), stored] {
        let refused = admin.post_json("/v1/jobs", &capsule);
        assert_eq!((refused.status, refused.code()), (422, "invalid-params".into()), "{}", refused.text());
    }
    told.push(admin.get(&format!("/v1/jobs/{id}")).text());
    assert!(told.iter().all(|text| !text.contains(&secret_key)), "{told:?}");
    // The same without a secret may have both.
    let hashed =
        admin.send("POST", "/v1/run/crypto/hash", &[("idempotency-key", "once"), ("inos-cache", "use")], b"abc");
    assert_eq!(hashed.status, 200, "{}", hashed.text());
}

#[test]
fn secrets_are_recorded_nowhere_on_sqlite() {
    secrets_are_recorded_nowhere(Options::default());
}

#[test]
fn secrets_are_recorded_nowhere_on_postgres() {
    secrets_are_recorded_nowhere(Options::on_postgres());
}

#[test]
fn a_long_transform_is_right_and_answers_a_stop_in_its_middle() {
    // A prime, for which the library has no short way: each transform has a thread of its own, which a stop leaves behind.
    const LENGTH: usize = 20_011;
    let node = TestNode::start();
    let admin = node.admin();
    let impulse: Vec<f32> = (0..LENGTH).map(|index| if index == 0 { 3.0 } else { 0.0 }).collect();
    let flat = admin.run("math.fft", "", &packed(&impulse));
    let spectrum: Vec<f32> = flat.body.as_chunks::<4>().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect();
    assert_eq!((flat.status, spectrum.len()), (200, LENGTH + 1), "{}", flat.text());
    assert!(spectrum.as_chunks::<2>().0.iter().all(|[re, im]| (re - 3.0).abs() < 1e-4 && im.abs() < 1e-4));
    let many = vec![0; 1000 * LENGTH * 4];
    let blob = admin.send("PUT", "/v1/blobs", &[], &many).json()["hash"].clone();
    let job = json!({ "unit": "math", "method": "fft", "params": { "length": LENGTH }, "inputs": [{ "blob": blob }] });
    let path = admin.post_json("/v1/jobs", &job).header("location").unwrap().to_owned();
    until(Duration::from_secs(10), || admin.get(&path).json()["state"] == "running");
    assert_eq!(admin.send("POST", &format!("{path}/cancel"), &[], b"").status, 202);
    until(Duration::from_secs(10), || admin.get(&path).json()["state"] == "cancelled");
    assert_eq!(admin.run("math.fft", "", &packed(&impulse)).body, flat.body);
}
