//! Answers from what an earlier job left, and what a waiting job says of its wait.

use std::time::Duration;

use inos_tests::{Answer, Client, Options, TestNode, until};
use serde_json::{Value, json};

crate::on_both! {
    what_was_asked_before_is_answered_for_the_base_price,
    nobody_is_answered_from_anothers_job,
    a_queued_job_says_what_it_waits_for,
}

fn asked(client: &Client, cache: &str, body: &[u8]) -> Answer {
    let answer = client.send("POST", "/v1/run/compute/blake3", &[("inos-cache", cache)], body);
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer
}

fn cost(answer: &Answer) -> u64 {
    answer.header("inos-cost").unwrap().parse().unwrap()
}

fn what_was_asked_before_is_answered_for_the_base_price(options: Options) {
    let mut node = TestNode::with(options);
    let admin = node.admin();
    let (before, body) = (admin.balance(), vec![b'x'; 300_000]);
    let base = admin.get("/v1/units/compute/blake3").json()["price"]["base"].as_u64().unwrap();
    let first = asked(&admin, "use", &body);
    assert_eq!(first.header("inos-cached-from"), None, "nobody had asked before");
    assert!(cost(&first) > base);
    let hit = asked(&admin, "use", &body);
    assert_eq!((hit.text(), cost(&hit)), (first.text(), base));
    assert_eq!(hit.header("inos-cached-from"), first.header("inos-job-id"));
    let job = admin.get(&format!("/v1/jobs/{}", hit.header("inos-job-id").unwrap())).json();
    assert_eq!(
        (&job["cached_from"], &job["attempts"]),
        (&json!(first.header("inos-job-id").unwrap()), &json!(0)),
        "{job}"
    );
    let receipt = |answer: &Answer| {
        let bytes = data_encoding::BASE64URL_NOPAD.decode(answer.header("inos-receipt").unwrap().as_bytes()).unwrap();
        inos_protocols::receipt::SignedReceipt::decode(&bytes).unwrap().verify().unwrap()
    };
    let (one, other) = (receipt(&first), receipt(&hit));
    assert_eq!((one.outputs, one.inputs, one.capsule), (other.outputs, other.inputs, other.capsule));
    assert_eq!(other.cost.get(), base);
    // An accepted job is answered as well, and its output is its own: another capsule, or none of it, is run.
    let capsule =
        json!({ "unit": "compute", "method": "blake3", "inputs": [{ "text": "x".repeat(300_000) }], "cache": "use" });
    let accepted = admin.post_json("/v1/jobs", &capsule);
    assert_eq!((accepted.status, &accepted.json()["cost"]), (200, &json!(base)), "{}", accepted.text());
    let path = accepted.header("location").unwrap().to_owned();
    assert_eq!(admin.get(&format!("{path}/outputs/0")).text(), first.text());
    assert_eq!(asked(&admin, "off", &body).header("inos-cached-from"), None);
    let fresh = asked(&admin, "refresh", &body);
    assert_eq!((fresh.header("inos-cached-from"), cost(&fresh)), (None, cost(&first)));
    assert_eq!(asked(&admin, "use", &body).header("inos-cached-from"), fresh.header("inos-job-id"));
    assert_eq!(asked(&admin, "use", b"another").header("inos-cached-from"), None);
    let param = admin.send("POST", "/v1/run/compute/blake3?length=16", &[("inos-cache", "use")], &body);
    assert_eq!((param.status, param.header("inos-cached-from")), (200, None));
    assert!(admin.get("/metrics").text().contains("\ninos_jobs_answered_total 3\n"));
    let spent: u64 = admin.get("/v1/jobs?limit=100").json()["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|job| job["cost"].as_u64().unwrap())
        .sum();
    assert_eq!(before - admin.balance(), spent);
    // The answers outlive a restart, and so does what they are taken from: for whoever asked for that, and nobody else.
    let other = node.account("other", 1_000_000);
    let not_for_others =
        json!({ "unit": "compute", "method": "blake3", "inputs": [{ "text": "kept and not remembered" }] });
    assert_eq!(
        admin.post_json_with("/v1/jobs", &[("prefer", "wait=20")], &not_for_others).json()["state"],
        "succeeded"
    );
    node.restart();
    until(Duration::from_secs(20), || node.log().contains("took up what may be answered from"));
    assert_eq!(node.admin().get(&format!("{path}/outputs/0")).text(), first.text());
    let (admin, other) = (node.admin(), Client::new(&node.url(), &other.key));
    assert_eq!(asked(&other, "use", &body).header("inos-cached-from"), None);
    assert_eq!(asked(&admin, "use", b"kept and not remembered").header("inos-cached-from"), None);
    let hit = asked(&admin, "use", &body);
    assert_eq!((hit.header("inos-cached-from"), cost(&hit)), (fresh.header("inos-job-id"), base));
    assert_eq!(hit.text(), first.text());
    assert_eq!(node.stop(), Some(0));
    node.assert_clean();
}

fn nobody_is_answered_from_anothers_job(options: Options) {
    let node = TestNode::with(options);
    let (a, b) = (node.account("a", 1_000_000), node.account("b", 1_000_000));
    asked(&a, "use", b"secret");
    assert_eq!(asked(&b, "use", b"secret").header("inos-cached-from"), None);
    assert!(asked(&a, "use", b"secret").header("inos-cached-from").is_some());
}

#[test]
fn only_what_gives_the_same_bytes_again_is_remembered() {
    let node = TestNode::start();
    let admin = node.admin();
    let refused = |capsule: Value, pointer: &str| {
        let refused = admin.post_json("/v1/jobs", &capsule);
        assert_eq!(
            (refused.status, &refused.json()["errors"][0]["pointer"]),
            (422, &json!(pointer)),
            "{}",
            refused.text()
        );
    };
    refused(json!({ "unit": "test", "method": "noop", "cache": "use" }), "/cache");
    let blob = json!({ "unit": "compute", "method": "blake3", "inputs": [{ "text": "a" }], "cache": "use", "output": { "store": "blob" } });
    refused(blob, "/output/store");
    let wrong = admin.send("POST", "/v1/run/compute/blake3", &[("inos-cache", "perhaps")], b"abc");
    assert_eq!(wrong.status, 422, "{}", wrong.text());
    // Outputs that are no longer kept are no answer.
    let capsule =
        json!({ "unit": "compute", "method": "blake3", "inputs": [{ "text": "a" }], "cache": "use", "keep_ms": 50 });
    let ask = || admin.post_json_with("/v1/jobs", &[("prefer", "wait=10")], &capsule).json();
    assert!(ask()["cached_from"].is_null());
    std::thread::sleep(Duration::from_millis(60));
    assert!(ask()["cached_from"].is_null());
}

fn a_queued_job_says_what_it_waits_for(options: Options) {
    let node = TestNode::with(options.with("workers", "1").with("account-queue-max", "4").with("queue-max", "4"));
    let (admin, other) = (node.admin(), node.account("other", 1_000_000));
    let wait = |client: &Client, ms: u64, priority: u8| {
        let capsule = json!({ "unit": "test", "method": "wait", "params": { "ms": ms }, "priority": priority });
        let accepted = client.post_json("/v1/jobs", &capsule);
        assert_eq!(accepted.status, 202, "{}", accepted.text());
        accepted.header("location").unwrap().to_owned()
    };
    let first = wait(&admin, 600_000, 100);
    until(Duration::from_secs(10), || admin.get(&first).json()["state"] == "running");
    assert!(admin.get(&first).json()["waiting"].is_null());
    let paths: Vec<String> = [100, 100, 200].map(|priority| wait(&admin, 0, priority)).into();
    let why = |client: &Client, path: &str| client.get(path).json()["waiting"].clone();
    for (path, reason, ahead) in [(&paths[2], "lane-busy", 0), (&paths[0], "behind", 1), (&paths[1], "behind", 2)] {
        let waiting = why(&admin, path);
        assert_eq!(
            (&waiting["reason"], &waiting["ahead"], &waiting["queued"]),
            (&json!(reason), &json!(ahead), &json!(3)),
            "{waiting}"
        );
        assert!(waiting["detail"].as_str().unwrap().contains("wait in all"), "{waiting}");
    }
    wait(&other, 0, 100);
    // The queue is full: who is accepted now waits for room in it.
    let late = wait(&other, 0, 100);
    let waiting = why(&other, &late);
    assert_eq!(
        (&waiting["reason"], &waiting["ahead"], &waiting["queued"]),
        (&json!("server-cap"), &json!(0), &json!(5)),
        "{waiting}"
    );
    admin.send("POST", &format!("{first}/cancel"), &[], b"");
    until(Duration::from_secs(10), || other.get(&late).json()["state"] == "succeeded");
    assert!(why(&other, &late).is_null());
}
