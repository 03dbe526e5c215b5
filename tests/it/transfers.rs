//! What one account gives another leaves the one and reaches the other, once.

use inos_tests::{Client, Options, TestNode};
use serde_json::{Value, json};

crate::on_both! {
    a_transfer_shows_in_both_ledgers_once_for_its_key,
}

fn id(client: &Client) -> String {
    client.get("/v1/account").json()["id"].as_str().unwrap().to_owned()
}

fn entries(client: &Client) -> Vec<Value> {
    client.get("/v1/account/ledger").json()["items"].as_array().unwrap().clone()
}

fn a_transfer_shows_in_both_ledgers_once_for_its_key(options: Options) {
    let mut node = TestNode::with(options);
    let (alice, bob) = (node.account("alice", 1_000), node.account("bob", 0));
    // What is leased to the node is still hers to give.
    assert_eq!(alice.run("compute.blake3", "", b"abc").status, 200);
    let cost = 1_000 - alice.balance();
    let form = json!({ "to": id(&bob), "amount": 400, "note": "for the tests" });
    let keyed = |form: &Value| alice.post_json_with("/v1/transfers", &[("idempotency-key", "rent")], form);
    let made = keyed(&form);
    assert_eq!((made.status, made.header("idempotency-replayed")), (201, None), "{}", made.text());
    let again = keyed(&form);
    assert_eq!((again.status, again.header("idempotency-replayed")), (201, Some("true")), "{}", again.text());
    assert_eq!(made.json(), again.json());
    let other = keyed(&json!({ "to": id(&bob), "amount": 401, "note": "for the tests" }));
    assert_eq!((other.status, other.code()), (409, "idempotency-conflict".into()));
    assert_eq!((alice.balance(), bob.balance()), (600 - cost, 400));
    for (client, amount) in [(&alice, -400), (&bob, 400)] {
        let found: Vec<_> = entries(client).into_iter().filter(|entry| entry["reason"] == "transfer").collect();
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!((&found[0]["amount"], &found[0]["note"]), (&json!(amount), &json!("for the tests")));
        assert_eq!(found[0]["transfer"], made.json()["transfer"]);
    }
    let refused = |form: Value, status: u16, code: &str| {
        let answer = alice.post_json("/v1/transfers", &form);
        assert_eq!((answer.status, answer.code().as_str()), (status, code), "{form}: {}", answer.text());
        answer.json()
    };
    let poor = refused(json!({ "to": id(&bob), "amount": 601 }), 402, "insufficient-credits");
    assert_eq!((&poor["required"], &poor["available"]), (&json!(601), &json!(600 - cost)));
    refused(json!({ "to": id(&alice), "amount": 1 }), 422, "invalid-params");
    refused(json!({ "to": id(&bob), "amount": 0 }), 422, "invalid-params");
    refused(json!({ "to": inos_protocols::AccountId::new(), "amount": 1 }), 404, "not-found");
    refused(json!({ "to": id(&bob), "amount": 1, "wish": 1 }), 400, "invalid-json");
    let token = alice.post_json("/v1/tokens", &json!({ "scopes": ["account"], "budget": 10 })).json();
    let limited = alice.with_key(token["token"].as_str().unwrap());
    let forbidden = limited.post_json("/v1/transfers", &json!({ "to": id(&bob), "amount": 1 }));
    assert_eq!((forbidden.status, forbidden.code()), (403, "forbidden".into()));
    let (code, out, err) = node.cli(&["ledger", "transfer", &id(&bob), "0.0001", "--idempotency-key", "cli", "--json"]);
    assert_eq!(code, 0, "{err}");
    assert_eq!(serde_json::from_str::<Value>(&out).unwrap()["amount"], 100);
    assert_eq!((alice.balance(), bob.balance()), (600 - cost, 500));
    assert_eq!(node.stop(), Some(0));
    node.assert_clean();
}
