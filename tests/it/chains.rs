//! Jobs that build on other jobs' outputs, in whatever state those are.

use std::time::Duration;

use inos_tests::{Client, Options, TestNode, until};
use serde_json::{Value, json};

crate::on_both! {
    a_job_takes_what_others_left_and_waits_for_those_that_run,
    a_job_whose_input_fails_is_told_so_and_pays_nothing,
    a_chain_survives_a_restart,
    a_job_that_waits_for_others_can_be_cancelled_and_has_its_own_clocks,
    the_same_request_is_the_same_job_whatever_became_of_its_inputs,
}

fn post(client: &Client, capsule: &Value) -> String {
    let accepted = client.post_json("/v1/jobs", capsule);
    assert_eq!(accepted.status, 202, "{}", accepted.text());
    accepted.json()["id"].as_str().unwrap().to_owned()
}

fn get(client: &Client, id: &str) -> Value {
    client.get(&format!("/v1/jobs/{id}")).json()
}

fn ended(client: &Client, id: &str) -> Value {
    until(Duration::from_secs(20), || !["queued", "running"].contains(&get(client, id)["state"].as_str().unwrap()));
    get(client, id)
}

fn cancel(client: &Client, id: &str) {
    assert_eq!(client.send("POST", &format!("/v1/jobs/{id}/cancel"), &[], b"").status, 202);
}

fn output(client: &Client, id: &str) -> String {
    client.get(&format!("/v1/jobs/{id}/outputs/0")).text()
}

fn flaky(name: &str) -> Value {
    json!({ "unit": "test", "method": "flaky", "params": { "name": name, "times": 0 } })
}

fn over(inputs: Value) -> Value {
    json!({ "unit": "compute", "method": "blake3", "inputs": inputs })
}

fn wait(ms: u64) -> Value {
    json!({ "unit": "test", "method": "wait", "params": { "ms": ms } })
}

fn blake3(text: &str) -> String {
    inos_protocols::Hash::of(text.as_bytes()).to_string()
}

fn a_job_takes_what_others_left_and_waits_for_those_that_run(options: Options) {
    let mut node = TestNode::with(options);
    let admin = node.admin();
    let before = admin.balance();
    let first = post(&admin, &over(json!([{ "text": "abc" }])));
    ended(&admin, &first);
    // One that has ended is taken at once; a second link waits for the first, by its place and not by the client.
    let second = post(&admin, &over(json!([{ "job": first }])));
    let third = post(&admin, &over(json!([{ "job": second, "output": 0 }])));
    let job = ended(&admin, &third);
    let expected = blake3(&blake3(&blake3("abc")));
    assert_eq!((&job["state"], output(&admin, &third)), (&json!("succeeded"), expected), "{job}");
    // One that runs is waited for, and so is what waits for it.
    let slow = post(&admin, &wait(600));
    let waits = post(&admin, &over(json!([{ "job": slow }])));
    let after = post(&admin, &over(json!([{ "job": waits }])));
    let job = get(&admin, &waits);
    assert_eq!((&job["state"], &job["waiting"]["reason"]), (&json!("queued"), &json!("input")), "{job}");
    let job = ended(&admin, &after);
    assert_eq!((&job["state"], output(&admin, &after)), (&json!("succeeded"), blake3(&blake3(""))), "{job}");
    // The receipt states the input that was really read, and the capsule's digest covers it.
    let signed = admin.get(&format!("/v1/jobs/{after}/receipt"));
    let signed: inos_protocols::receipt::SignedReceipt = serde_json::from_slice(&signed.body).unwrap();
    let receipt = signed.verify().unwrap();
    let input = inos_protocols::Hash::of(blake3("").as_bytes());
    let digest = inos_protocols::job::capsule_digest("compute", "blake3", &Default::default(), &[input]);
    assert_eq!((receipt.inputs, receipt.capsule), (vec![input], digest));
    // A synchronous job may build on another one as well.
    let items = admin.post_json("/v1/batches", &json!([over(json!([{ "job": first }]))])).json();
    assert_eq!(items["items"][0]["outcome"]["outputs"][0]["text"], blake3(&blake3("abc")), "{items}");
    let cost: u64 = admin.get("/v1/jobs?limit=100").json()["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|job| job["cost"].as_u64().unwrap())
        .sum();
    assert_eq!((before - admin.balance(), &admin.get("/v1/account").json()["held"]), (cost, &json!(0)));
    assert_eq!(node.stop(), Some(0));
    node.assert_clean();
}

fn a_job_whose_input_fails_is_told_so_and_pays_nothing(options: Options) {
    let node = TestNode::with(options);
    let admin = node.admin();
    let before = admin.balance();
    let slow = post(&admin, &wait(600_000));
    let waits = post(&admin, &over(json!([{ "job": slow }])));
    let after = post(&admin, &over(json!([{ "job": waits }])));
    cancel(&admin, &slow);
    for (id, named) in [(&waits, &slow), (&after, &waits)] {
        let job = ended(&admin, id);
        assert_eq!(
            (&job["state"], &job["cost"], &job["error"]["code"]),
            (&json!("failed"), &json!(0), &json!("input-failed")),
            "{job}"
        );
        assert_eq!(job["error"]["errors"][0]["pointer"], "/inputs/0/job");
        assert!(job["error"]["detail"].as_str().unwrap().contains(named.as_str()), "{job}");
    }
    let detail = get(&admin, &waits)["error"]["detail"].as_str().unwrap().to_owned();
    assert!(detail.contains("cancelled"), "{detail}");
    // One that has failed already, that was never there, or that has no such output is refused at the door.
    let done = post(&admin, &flaky("done"));
    ended(&admin, &done);
    let other = node.account("other", 1_000_000);
    for (client, input, status, pointer) in [
        (&admin, json!({ "job": slow }), 424, "/inputs/0/job"),
        (&admin, json!({ "job": done, "output": 1 }), 422, "/inputs/0/output"),
        (&admin, json!({ "job": "job_019a0000000070008000000000000001" }), 404, "/inputs/0/job"),
        (&other, json!({ "job": done }), 404, "/inputs/0/job"),
    ] {
        let refused = client.post_json("/v1/jobs", &over(json!([input])));
        assert_eq!(
            (refused.status, &refused.json()["errors"][0]["pointer"]),
            (status, &json!(pointer)),
            "{}",
            refused.text()
        );
    }
    // What was not kept cannot be built on.
    let sync = admin.run("compute.blake3", "", b"abc");
    let input = json!([{ "job": sync.header("inos-job-id").unwrap() }]);
    let refused = admin.post_json("/v1/jobs", &over(input));
    assert_eq!((refused.status, refused.code()), (410, "output-not-kept".into()), "{}", refused.text());
    let cost: u64 = admin.get("/v1/jobs?limit=100").json()["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|job| job["cost"].as_u64().unwrap())
        .sum();
    assert_eq!((before - admin.balance(), &admin.get("/v1/account").json()["held"]), (cost, &json!(0)));
}

fn a_chain_survives_a_restart(options: Options) {
    let mut node = TestNode::with(options);
    let admin = node.admin();
    let slow = post(&admin, &wait(1_500));
    let waits = post(&admin, &over(json!([{ "job": slow }, ])));
    let after = post(&admin, &over(json!([{ "job": waits }])));
    node.kill();
    node.restart();
    let admin = node.admin();
    assert_eq!(get(&admin, &after)["waiting"]["reason"], "input");
    let job = ended(&admin, &after);
    assert_eq!((&job["state"], output(&admin, &after)), (&json!("succeeded"), blake3(&blake3(""))), "{job}");
    assert_eq!(admin.get("/v1/account").json()["held"], 0);
    assert_eq!(node.stop(), Some(0));
    node.assert_clean();
}

fn a_job_that_waits_for_others_can_be_cancelled_and_has_its_own_clocks(options: Options) {
    let mut node = TestNode::with(options.with("account-queue-max", "4"));
    let admin = node.admin();
    let slow = post(&admin, &wait(600_000));
    let waits = |terms: Value| {
        let mut capsule = over(json!([{ "job": slow }]));
        capsule.as_object_mut().unwrap().extend(terms.as_object().unwrap().clone());
        post(&admin, &capsule)
    };
    let cancelled = waits(json!({}));
    cancel(&admin, &cancelled);
    assert_eq!(ended(&admin, &cancelled)["state"], "cancelled");
    let job = ended(&admin, &waits(json!({ "queue_ttl_ms": 100 })));
    assert_eq!(
        (&job["state"], &job["error"]["errors"][0]["pointer"]),
        (&json!("expired"), &json!("/queue_ttl_ms")),
        "{job}"
    );
    // As many may wait for others as for their turn.
    let all: Vec<String> = (0..4).map(|_| waits(json!({}))).collect();
    let refused = admin.post_json("/v1/jobs", &over(json!([{ "job": slow }])));
    assert_eq!((refused.status, refused.code()), (429, "queue-full".into()), "{}", refused.text());
    cancel(&admin, &slow);
    all.iter().for_each(|id| assert_eq!(ended(&admin, id)["error"]["code"], "input-failed"));
    let last = post(&admin, &flaky("last"));
    ended(&admin, &post(&admin, &over(json!([{ "job": last }]))));
    assert_eq!(admin.get("/v1/account").json()["held"], 0);
    assert_eq!(node.stop(), Some(0));
    node.assert_clean();
}

fn the_same_request_is_the_same_job_whatever_became_of_its_inputs(options: Options) {
    let node = TestNode::with(options);
    let admin = node.admin();
    let ends: [fn(&Client, &str); 2] = [|client, slow| drop(ended(client, slow)), cancel];
    for (ms, end) in [300, 600_000].into_iter().zip(ends) {
        let slow = post(&admin, &wait(ms));
        let mut capsule = over(json!([{ "job": slow }]));
        capsule["idempotency_key"] = json!(slow);
        let first = post(&admin, &capsule);
        end(&admin, &slow);
        let job = ended(&admin, &first);
        let again = admin.post_json("/v1/jobs", &capsule);
        assert_eq!((again.status, again.header("idempotency-replayed")), (200, Some("true")), "{}", again.text());
        assert_eq!((&again.json()["id"], &again.json()["state"]), (&json!(first), &job["state"]));
        let other = over(json!([{ "job": slow, "output": 1 }]));
        let refused = admin.post_json_with("/v1/jobs", &[("idempotency-key", slow.as_str())], &other);
        assert_eq!((refused.status, refused.code()), (409, "idempotency-conflict".into()), "{}", refused.text());
    }
    assert_eq!(admin.get("/v1/account").json()["held"], 0);
}
