//! Prices that an admin sets: for what comes after, on every server, for good.

use std::time::Duration;

use inos_tests::{Answer, Client, Options, TestNode, until};
use serde_json::{Value, json};

crate::on_both! {
    prices_that_an_admin_sets_last_and_spare_what_was_accepted,
    prices_that_make_no_sense_change_nothing,
}

fn set(client: &Client, prices: &Value) -> Answer {
    client.send("PUT", "/v1/admin/prices", &[("content-type", "application/json")], prices.to_string().as_bytes())
}

fn list(version: u32, base: u64) -> Value {
    json!({ "version": version, "prices": { "test": { "wait": { "base": base } }, "compute": { "blake3": { "base": base } } } })
}

fn in_force(client: &Client) -> (Value, Value) {
    let prices = client.get("/v1/admin/prices").json();
    (prices["version"]["number"].clone(), prices["source"].clone())
}

fn wait_job(client: &Client, ms: u64) -> String {
    let capsule = json!({ "unit": "test", "method": "wait", "params": { "ms": ms }, "inputs": [] });
    client.post_json("/v1/jobs", &capsule).json()["id"].as_str().unwrap().to_owned()
}

fn cost(client: &Client, id: &str) -> u64 {
    let job = || client.get(&format!("/v1/jobs/{id}")).json();
    until(Duration::from_secs(30), || job()["state"] == "succeeded");
    job()["cost"].as_u64().unwrap()
}

fn prices_that_an_admin_sets_last_and_spare_what_was_accepted(options: Options) {
    let mut node = TestNode::with(options.with("workers", "1"));
    let admin = node.admin();
    assert_eq!(in_force(&admin), (json!(1), json!("units")));
    let before = cost(&admin, &wait_job(&admin, 0));
    let (_running, waiting) = (wait_job(&admin, 1500), wait_job(&admin, 0));
    let answer = set(&admin, &list(7, before + 1_000));
    assert_eq!((answer.status, &answer.json()["source"]), (200, &json!("admin")), "{}", answer.text());
    assert_eq!(answer.json()["prices"]["test"]["wait"]["base"], before + 1_000);
    assert_eq!(admin.get("/v1/units/test/wait").json()["price"]["base"], before + 1_000);
    assert_eq!(admin.get("/v1/units").json()["prices"], answer.json()["version"]);
    let after = wait_job(&admin, 0);
    // Over a restart, too, each of the accepted keeps its price, and the next has the new one.
    node.kill();
    node.restart();
    let admin = node.admin();
    assert_eq!(in_force(&admin), (json!(7), json!("admin")));
    assert_eq!((cost(&admin, &waiting), cost(&admin, &after)), (before, before + 1_000));
    assert_eq!(cost(&admin, &wait_job(&admin, 0)), before + 1_000);
    assert_eq!(set(&admin, &list(7, before + 1_000)).status, 200, "the same once more");
    let entry = admin.get("/v1/audit?limit=1").json()["items"][0].clone();
    assert_eq!((&entry["act"], &entry["subject"]), (&json!("prices.set"), &json!("7")), "{entry}");
    assert_eq!(entry["detail"]["prices"]["test"]["wait"]["base"], before + 1_000);
    assert_eq!(node.stop(), Some(0));
    node.assert_clean();
}

fn prices_that_make_no_sense_change_nothing(options: Options) {
    let node = TestNode::with(options);
    let admin = node.admin();
    assert_eq!(set(&admin, &list(5, 9)).status, 200);
    for (prices, status, pointer) in [
        (list(5, 8), 409, None),
        (list(4, 9), 409, None),
        (list(1, 9), 422, Some("/version")),
        (json!({ "version": 6, "prices": { "test": { "none": {} } } }), 422, Some("/prices")),
        (json!({ "version": 6, "stored_mib_day": 1_u64 << 60, "prices": {} }), 422, Some("/stored_mib_day")),
        (
            json!({ "version": 6, "prices": { "test": { "wait": { "base": 1_u64 << 60 } } } }),
            422,
            Some("/prices/test/wait"),
        ),
    ] {
        let answer = set(&admin, &prices);
        assert_eq!(answer.status, status, "{prices}: {}", answer.text());
        if let Some(pointer) = pointer {
            assert_eq!(answer.json()["errors"][0]["pointer"], pointer, "{}", answer.text());
        }
    }
    for malformed in
        [json!({ "version": 6, "prices": { "test": { "wait": { "basis": 1 } } } }), json!({ "version": 6 }), json!([])]
    {
        assert!([400, 422].contains(&set(&admin, &malformed).status), "{malformed}");
    }
    assert_eq!(in_force(&admin).0, 5);
    let user = node.account("user", 1_000);
    assert_eq!((set(&user, &list(9, 0)).status, user.get("/v1/admin/prices").status), (403, 403));
}

#[test]
fn every_server_of_a_database_takes_prices_up() {
    let options = Options::on_postgres().with("storage-charged-every", "1s");
    let (one, two) = (TestNode::with(options.clone()), TestNode::with(options));
    assert_eq!(set(&one.admin(), &list(3, 77)).status, 200);
    let admin = Client::new(&two.url(), &one.admin_key());
    until(Duration::from_secs(20), || in_force(&admin).0 == 3);
    let capsule = json!({ "unit": "compute", "method": "blake3", "inputs": [{ "text": "a" }] });
    assert!(admin.post_json("/v1/quotes", &capsule).json()["least"].as_u64().unwrap() >= 77);
    assert_eq!(set(&admin, &list(3, 78)).status, 409);
}

#[test]
fn prices_of_a_file_stand_over_the_door() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("prices.json");
    std::fs::write(&file, list(2, 55).to_string()).unwrap();
    let node = TestNode::with(Options::default().with("prices", file.to_str().unwrap()));
    let admin = node.admin();
    let refused = set(&admin, &list(3, 1));
    assert_eq!((refused.status, refused.code()), (409, "conflict".into()));
    assert!(refused.json()["detail"].as_str().unwrap().contains("--prices"), "{}", refused.text());
    assert_eq!(in_force(&admin), (json!(2), json!("file")));
}

#[test]
fn prices_are_shown_and_set_on_the_command_line() {
    let node = TestNode::start();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("prices.toml");
    std::fs::write(&file, "version = 2\nstored_mib_day = 40\n[prices.compute.blake3]\nbase = 21\n").unwrap();
    let (code, told, said) = node.cli(&["prices", "set", file.to_str().unwrap()]);
    assert_eq!(code, 0, "{said}");
    assert!(
        told.contains("compute.blake3") && told.contains("version 2 (admin), 0.00004 a MiB and day stored"),
        "{told}"
    );
    let (code, told, _) = node.cli(&["prices", "show", "--json"]);
    let told: Value = serde_json::from_str(&told).unwrap();
    assert_eq!((code, &told["prices"]["compute"]["blake3"]["base"]), (0, &json!(21)));
    let (code, _, said) = node.cli(&["prices", "set", file.with_extension("gone").to_str().unwrap()]);
    assert!(code == 2 && said.contains("prices.gone"), "{said}");
}
