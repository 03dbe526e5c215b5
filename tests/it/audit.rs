//! The audit log from outside: who sees what of it, and that it names the request.

use inos_tests::{Answer, Client, Options, TestNode, inos};
use serde_json::{Value, json};

on_both![what_is_done_to_money_and_access_is_told, what_stands_in_for_a_key_is_told];

fn log(client: &Client) -> Vec<Value> {
    let (mut all, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = client.get(&format!("/v1/audit?limit=3{cursor}")).json();
        all.extend(page["items"].as_array().unwrap().iter().cloned());
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return all,
        }
    }
}

fn id(answer: &Answer) -> String {
    answer.header("x-request-id").unwrap().to_owned()
}

fn what_stands_in_for_a_key_is_told(options: Options) {
    let node = TestNode::with(options);
    let user = node.account("user", 500);
    let token = user.post_json("/v1/tokens", &json!({ "scopes": ["jobs"], "expires_in_s": 60, "budget": 9 }));
    let ticket = user.send("POST", "/v1/ws-tickets", &[], b"");
    assert_eq!((token.status, ticket.status), (201, 201));
    let by_token = user.with_key(token.json()["token"].as_str().unwrap());
    assert_eq!(by_token.send("POST", "/v1/ws-tickets", &[], b"").status, 201);
    assert_eq!(user.post_json("/v1/tokens", &json!({ "scopes": ["admin"] })).status, 403);
    let log = log(&user);
    let acts: Vec<&str> = log.iter().take(4).map(|entry| entry["act"].as_str().unwrap()).collect();
    assert_eq!(
        acts,
        ["ticket.create", "ticket.create", "token.create", "key.create"],
        "newest first, and no refused one"
    );
    let detail = &log[2]["detail"];
    assert_eq!((&detail["scopes"], &detail["budget"]), (&json!(["jobs"]), &json!(9)));
    assert_eq!(detail["expires"], token.json()["expires"]);
    assert_eq!((&log[1]["request_id"], &log[1]["detail"]["expires"]), (&json!(id(&ticket)), &ticket.json()["expires"]));
    let text = user.get("/v1/audit").text();
    for secret in [token.json()["token"].as_str().unwrap(), ticket.json()["ticket"].as_str().unwrap()] {
        assert!(!text.contains(secret.rsplit('_').next().unwrap()));
    }
}

fn what_is_done_to_money_and_access_is_told(options: Options) {
    let node = TestNode::with(options);
    let admin = node.admin();
    let made = admin.post_json("/v1/admin/accounts", &json!({ "name": "user", "credits": 500 }));
    let account = made.json()["account"]["id"].as_str().unwrap().to_owned();
    let user = admin.with_key(made.json()["key"]["secret"].as_str().unwrap());
    let granted =
        admin.post_json(&format!("/v1/admin/accounts/{account}/grants"), &json!({ "amount": 5, "note": "hi" }));
    let key = user.post_json("/v1/keys", &json!({ "name": "k", "scopes": ["jobs"] }));
    let key_id = key.json()["key"]["id"].as_str().unwrap().to_owned();
    let replaced = user.post_json(&format!("/v1/keys/{key_id}/rotate"), &json!({}));
    assert_eq!(replaced.status, 201);
    let ended = user.send("DELETE", &format!("/v1/keys/{key_id}"), &[("x-request-id", "my-own-id")], b"");
    assert_eq!(ended.status, 204);

    let mine = log(&user);
    let acts: Vec<&str> = mine.iter().map(|entry| entry["act"].as_str().unwrap()).collect();
    let wanted = ["key.revoke", "key.rotate", "key.create", "credits.grant", "key.create", "account.create"];
    assert_eq!(acts, wanted, "newest first");
    assert_eq!((&mine[0]["request_id"], &mine[0]["subject"]), (&json!("my-own-id"), &json!(key_id)));
    assert_eq!((&mine[1]["request_id"], &mine[1]["address"]), (&json!(id(&replaced)), &json!("127.0.0.1")));
    assert_eq!((&mine[1]["actor"], &mine[1]["account"]), (&json!(account), &json!(account)));
    assert!(mine[1]["key"].as_str().unwrap().starts_with("key_"));
    assert_eq!(mine[3]["detail"], json!({ "amount": 5, "note": "hi" }));
    let hidden = (&mine[3]["address"], &mine[3]["key"], &mine[3]["request_id"]);
    assert_eq!(hidden, (&Value::Null, &Value::Null, &Value::Null), "where an admin sits is no user's business");

    let all = log(&admin);
    let grant = all.iter().find(|entry| entry["act"] == "credits.grant").unwrap();
    assert_eq!((&grant["request_id"], &grant["address"]), (&json!(id(&granted)), &json!("127.0.0.1")));
    assert_eq!(grant["subject"], granted.json()["transfer"]);
    assert_eq!(all.len(), mine.len() + 2, "and the first start's account and key");

    let other = node.account("other", 0);
    assert!(log(&other).iter().all(|entry| entry["account"] != account.as_str()));
    assert_eq!(user.get("/v1/audit?cursor=x").status, 422);
    for text in [user.get("/v1/audit").text(), admin.get("/v1/audit").text()] {
        for secret in [&user.key, &admin.key, &key.json()["secret"].as_str().unwrap().to_owned()] {
            assert!(!text.contains(secret.rsplit('_').next().unwrap()));
        }
    }
    let output =
        inos().args(["audit", "--json", "--limit", "2", "--url", &node.url(), "--key", &user.key]).output().unwrap();
    let told: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((told.as_array().unwrap().len(), &told[0]), (2, &mine[0]));
}
