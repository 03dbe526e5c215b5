//! A budget is hard: an account's of the month, a key's in all, by every door and over restarts.

use std::{
    sync::{
        Barrier,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use inos_tests::{Answer, Client, Options, TestNode, until};
use serde_json::{Value, json};

crate::on_both! {
    of_64_submitters_under_a_budget_of_100_credits_none_spends_more,
    a_keys_budget_holds_over_a_restart_and_its_tokens_and_keys,
    a_token_sets_aside_what_each_job_may_cost_and_no_more,
}

/// What every job of these tests costs, in microcredits.
const PRICE: u64 = 700_000;

/// A node on which a job costs a good part of a credit, and the folder of its prices.
fn dear(options: Options) -> (TestNode, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("prices.toml");
    let rows = ["compute.blake3", "test.noop", "test.wait"]
        .map(|method| format!("[prices.{method}]\nbase = {PRICE}\nper_kib_in = 0\n"));
    std::fs::write(&file, format!("version = 2\n{}", rows.concat())).unwrap();
    (TestNode::with(options.with("prices", file.to_str().unwrap())), folder)
}

/// How many microcredits 64 submitters spend that each ask four times; what is refused is refused for the budget.
fn race(ask: impl Fn() -> Answer + Sync) -> u64 {
    let (spent, barrier) = (AtomicU64::new(0), Barrier::new(64));
    std::thread::scope(|scope| {
        for _ in 0..64 {
            scope.spawn(|| {
                barrier.wait();
                for _ in 0..4 {
                    let answer = ask();
                    match answer.status {
                        200 | 202 => drop(spent.fetch_add(PRICE, Relaxed)),
                        _ => assert_eq!((answer.status, answer.code()), (402, "budget-exceeded".into())),
                    }
                }
            });
        }
    });
    spent.into_inner()
}

fn capsule() -> Value {
    json!({ "unit": "compute", "method": "blake3", "inputs": [{ "text": "abc" }] })
}

fn of_64_submitters_under_a_budget_of_100_credits_none_spends_more(options: Options) {
    let (mut node, _folder) = dear(options);
    let admin = node.admin();
    for (name, is_sync) in [("in a hurry", true), ("patient", false)] {
        let client = node.account(name, 1_000_000_000);
        let id = client.get("/v1/account").json()["id"].as_str().unwrap().to_owned();
        let path = format!("/v1/admin/accounts/{id}/budget");
        let set = admin.send("PUT", &path, &[("content-type", "application/json")], br#"{"budget":100000000}"#);
        assert_eq!((set.status, &set.json()["used"]), (200, &json!(0)), "{}", set.text());
        let spent = race(|| match is_sync {
            true => client.run("compute.blake3", "", b"abc"),
            false => client.post_json("/v1/jobs", &capsule()),
        });
        assert_eq!(spent, 142 * PRICE, "{name}: as often as it fits, and not once more");
        until(Duration::from_secs(30), || client.get("/v1/account").json()["held"] == 0);
        assert_eq!(client.balance(), 1_000_000_000 - spent);
        assert_eq!(client.get("/v1/account/budget").json()["used"], spent);
        let (code, out, err) = node.cli(&["accounts", "budget", &id, "100.5", "--json"]);
        assert_eq!(
            (code, serde_json::from_str::<Value>(&out).unwrap()["budget"].clone()),
            (0, json!(100_500_000)),
            "{err}"
        );
        assert_eq!(client.run("compute.blake3", "", b"abc").status, 200);
        let over = client.run("compute.blake3", "", b"abc");
        assert_eq!((over.status, over.code()), (402, "budget-exceeded".into()));
        assert_eq!(over.json()["available"], 100_500_000 - 143 * PRICE);
    }
    assert_eq!(node.stop(), Some(0));
    node.assert_clean();
}

fn a_keys_budget_holds_over_a_restart_and_its_tokens_and_keys(options: Options) {
    let (mut node, _folder) = dear(options);
    let rich = node.account("rich", 1_000_000_000);
    let form = json!({ "name": "ci", "scopes": ["jobs", "account"], "budget": 5 * PRICE });
    let made = rich.post_json("/v1/keys", &form);
    assert_eq!((made.status, &made.json()["key"]["budget"]), (201, &json!(5 * PRICE)), "{}", made.text());
    let secret = made.json()["secret"].as_str().unwrap().to_owned();
    let limited = rich.with_key(&secret);
    assert_eq!(limited.run("compute.blake3", "", b"abc").status, 200);
    let wait = json!({ "unit": "test", "method": "wait", "params": { "ms": 1500 } });
    let accepted = limited.post_json("/v1/jobs", &wait);
    assert_eq!(accepted.status, 202, "{}", accepted.text());
    node.kill();
    node.assert_clean();
    inos_tests::meddle(&node.database_url(), "UPDATE budgets SET used = used - 700001");
    let (code, said) = node.check(false);
    assert!(code == Some(1) && said.to_string().contains("held under the budget of key_"), "{said}");
    inos_tests::meddle(&node.database_url(), "UPDATE budgets SET used = used + 700001");
    node.restart();
    let limited = Client::new(&node.url(), &secret);
    // One was paid, one is held for.
    assert_eq!(race(|| limited.run("test.noop", "", b"")), 3 * PRICE);
    let path = format!("/v1/jobs/{}", accepted.json()["id"].as_str().unwrap());
    until(Duration::from_secs(20), || limited.get(&path).json()["state"] == "succeeded");
    let token = limited.post_json("/v1/tokens", &json!({ "scopes": ["jobs"] })).json();
    let over = limited.with_key(token["token"].as_str().unwrap()).run("test.noop", "", b"");
    assert_eq!((over.status, over.code()), (402, "budget-exceeded".into()), "a token is under its key's budget");
    let other = limited.post_json("/v1/keys", &json!({ "name": "free", "scopes": ["jobs"] }));
    assert_eq!((other.status, other.code()), (403, "forbidden".into()), "nor does it make a key without one");
    let rich = Client::new(&node.url(), &rich.key);
    assert_eq!(rich.run("test.noop", "", b"").status, 200, "the account's other keys are free");
    assert_eq!(rich.balance(), 1_000_000_000 - 6 * PRICE);
    // What did not run is not counted.
    let cancelled = json!({ "name": "once", "scopes": ["jobs"], "budget": PRICE });
    let once = rich.with_key(rich.post_json("/v1/keys", &cancelled).json()["secret"].as_str().unwrap());
    assert_eq!(once.run("test.broken", "", b"").status, 500);
    assert_eq!(once.run("test.noop", "", b"").status, 200);
    assert_eq!(once.run("test.noop", "", b"").status, 402);
    assert_eq!(node.stop(), Some(0));
    node.assert_clean();
}

fn a_token_sets_aside_what_each_job_may_cost_and_no_more(options: Options) {
    let (node, _folder) = dear(options.with("workers", "4"));
    let rich = node.account("rich", 1_000_000_000);
    let form = json!({ "scopes": ["jobs"], "budget": 4 * PRICE });
    let token = rich.post_json("/v1/tokens", &form).json();
    let page = rich.with_key(token["token"].as_str().unwrap());
    let waits = json!({ "unit": "test", "method": "wait", "params": { "ms": 60_000 } });
    let form = json!({ "scopes": ["jobs", "account"], "budget": 4 * PRICE });
    let made = rich.post_json("/v1/tokens", &form).json();
    let own = rich.with_key(made["token"].as_str().unwrap());
    let key = own.post_json("/v1/keys", &json!({ "name": "free", "scopes": ["jobs"] }));
    assert_eq!((key.status, key.code()), (403, "forbidden".into()), "nor does it make a key that may spend more");
    let mine = rich.get("/v1/keys").json()["items"][0]["id"].as_str().unwrap().to_owned();
    let rotated = own.post_json(&format!("/v1/keys/{mine}/rotate"), &json!({}));
    assert_eq!((rotated.status, rotated.code()), (403, "forbidden".into()), "{}", rotated.text());
    // None of them says what it may cost.
    let first = page.post_json("/v1/jobs", &waits);
    assert_eq!((first.status, &first.json()["held"]), (202, &json!(PRICE)), "{}", first.text());
    let second = page.post_json("/v1/jobs", &waits);
    assert_eq!(second.status, 202, "{}", second.text());
    assert_eq!(page.run("test.noop", "", b"").status, 200, "what two jobs may not cost is left");
    assert_eq!(page.run("test.broken", "", b"").status, 500, "which costs nothing");
    assert_eq!(page.run("test.noop", "", b"").status, 200);
    let over = page.run("test.noop", "", b"");
    assert_eq!((over.status, over.code()), (402, "insufficient-credits".into()), "{}", over.text());
    let path = format!("/v1/jobs/{}/cancel", second.json()["id"].as_str().unwrap());
    assert_eq!(page.send("POST", &path, &[], b"").status, 202);
    // A job that was cancelled before it began costs nothing; one that had begun pays for itself.
    let shown = format!("/v1/jobs/{}", second.json()["id"].as_str().unwrap());
    until(Duration::from_secs(20), || page.get(&shown).json()["state"] == "cancelled");
    let left = PRICE - page.get(&shown).json()["cost"].as_u64().unwrap();
    let again = page.run("test.noop", "", b"");
    assert_eq!(again.status, if left == PRICE { 200 } else { 402 }, "{}", again.text());
    assert!(rich.balance() >= 1_000_000_000 - 4 * PRICE);
}
