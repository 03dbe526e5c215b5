//! A month's statement, in both forms, reconciles with the receipts, and the ledger says how it is.

use std::time::Duration;

use inos_tests::{Client, Options, TestNode, until};
use serde_json::{Value, json};

crate::on_both! {
    a_statement_reconciles_with_every_receipt_in_both_forms,
    a_grant_that_expires_is_spent_first_and_the_rest_goes_back,
    who_has_little_left_is_told_once,
    who_has_little_left_is_told_over_a_socket_too,
    the_ledger_says_how_it_is,
}

fn id(client: &Client) -> String {
    client.get("/v1/account").json()["id"].as_str().unwrap().to_owned()
}

fn a_statement_reconciles_with_every_receipt_in_both_forms(options: Options) {
    let node = TestNode::with(options);
    let (alice, bob) = (node.account("alice", 1_000_000), node.account("bob", 0));
    for size in [10, 3_000, 70_000] {
        assert_eq!(alice.run("compute.sha256", "", &vec![7; size]).status, 200);
    }
    let form = json!({ "to": id(&bob), "amount": 1_000, "note": "=1+1, \"or\" so" });
    assert_eq!(alice.post_json("/v1/transfers", &form).status, 201);
    let statement = alice.get("/v1/account/statement").json();
    let lines = statement["lines"].as_array().unwrap();
    assert_eq!((&statement["opening"], lines.len()), (&json!(0), 5), "{statement}");
    let sum: i64 = lines.iter().map(|line| line["amount"].as_i64().unwrap()).sum();
    assert_eq!(statement["closing"], sum);
    assert_eq!(statement["closing"], alice.balance());
    let mut receipts = 0;
    for line in lines.iter().filter(|line| line["job"].is_string()) {
        let receipt = alice.get(&format!("/v1/jobs/{}/receipt", line["job"].as_str().unwrap())).json();
        assert_eq!(line["amount"].as_i64().unwrap(), -receipt["receipt"]["cost"].as_i64().unwrap());
        assert_eq!(line["receipt"]["commit"], receipt["root"]["sequence"], "{line} {receipt}");
        assert_eq!(line["receipt"]["index"], receipt["index"]);
        assert_eq!(line["receipt"]["node"], receipt["root"]["node"]);
        receipts += 1;
    }
    assert_eq!(receipts, 3);
    let month = statement["month"].as_str().unwrap();
    for (path, accept) in [
        (format!("/v1/account/statement?month={month}&format=csv"), "application/json"),
        (format!("/v1/account/statement?month={month}"), "text/csv"),
    ] {
        let answer = alice.send("GET", &path, &[("accept", accept)], b"");
        assert_eq!((answer.status, answer.header("content-type")), (200, Some("text/csv")), "{}", answer.text());
        let text = answer.text();
        let rows: Vec<&str> = text.lines().collect();
        assert_eq!(rows.len(), 8, "{text}");
        assert!(rows[1].contains(",opening,0,") && rows[7].contains(&format!(",closing,{sum},")), "{text}");
        assert!(text.contains("\"'=1+1, \"\"or\"\" so\""), "no cell is a formula: {text}");
        let amounts: i64 = rows[2..7].iter().map(|row| row.split(',').nth(2).unwrap().parse::<i64>().unwrap()).sum();
        assert_eq!(amounts, sum);
    }
    let before = alice.get("/v1/account/statement?month=1999-12").json();
    assert_eq!((&before["opening"], &before["lines"], &before["closing"]), (&json!(0), &json!([]), &json!(0)));
    for bad in ["month=2026", "month=2026-13", "format=xml", "months=1"] {
        let refused = alice.get(&format!("/v1/account/statement?{bad}"));
        assert_eq!((refused.status, refused.code()), (422, "invalid-params".into()), "{bad}");
    }
    let (code, out, err) = node.cli(&["ledger", "statement", month]);
    assert!(code == 0 && out.starts_with("at,reason,amount,"), "{out}{err}");
}

fn a_grant_that_expires_is_spent_first_and_the_rest_goes_back(options: Options) {
    let mut node = TestNode::with(options);
    let (admin, one) = (node.admin(), node.account("one", 1_000));
    let path = format!("/v1/admin/accounts/{}/grants", id(&one));
    let expires = inos_protocols::time::Time::now().plus_ms(3_600_000);
    let granted = admin.post_json(&path, &json!({ "amount": 500, "note": "trial", "expires": expires }));
    assert_eq!(granted.status, 201, "{}", granted.text());
    assert_eq!(one.run("compute.blake3", "", b"abc").status, 200);
    let spent = 1_500 - one.balance();
    let grants = one.get("/v1/account/grants").json();
    assert_eq!((&grants["items"][0]["left"], &grants["items"][0]["amount"]), (&json!(500 - spent), &json!(500)));
    assert_eq!(grants["items"][0]["transfer"], granted.json()["transfer"]);
    let late = admin.post_json(&path, &json!({ "amount": 500, "expires": "2020-01-01T00:00:00.000Z" }));
    assert_eq!((late.status, late.code()), (422, "invalid-params".into()));
    let (code, out, _) = node.cli(&["ledger", "grants", "--json"]);
    assert!(code == 0 && out.contains("items"), "{out}");
    assert_eq!(node.stop(), Some(0));
    node.assert_clean();
}

fn who_has_little_left_is_told_once(options: Options) {
    let node = TestNode::with(options);
    let one = node.account("one", 1_000);
    let set = one.send("PATCH", "/v1/account", &[("content-type", "application/json")], br#"{"low_balance":990}"#);
    assert_eq!((set.status, &set.json()["low_balance"]), (200, &json!(990)), "{}", set.text());
    let (url, key) = (node.url(), one.key.clone());
    let (sender, heard) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let client = Client::new(&url, &key);
        // The stream goes on until the server ends: what it says is looked at as it comes.
        client.listen("/v1/events", |line| sender.send(line.to_owned()).is_ok());
    });
    // Until the stream is open and the balance has crossed: each run costs a little.
    let mut told = Vec::new();
    until(Duration::from_secs(30), || {
        if one.balance() > 900 {
            assert_eq!(one.run("compute.blake3", "", b"abc").status, 200);
        }
        told.extend(heard.try_iter());
        told.iter().any(|line: &String| line == "event: low_balance")
    });
    let data = told.iter().find(|line| line.contains("\"threshold\"")).unwrap();
    let data: Value = serde_json::from_str(data.strip_prefix("data: ").unwrap()).unwrap();
    assert_eq!(data["threshold"], 990);
    assert!(data["available"].as_u64().unwrap() < 990 && data["job"].is_null(), "{data}");
    let count = |told: &[String]| told.iter().filter(|line| *line == "event: low_balance").count();
    assert_eq!(count(&told), 1, "{told:?}");
    // Whoever asks anew is told anew, and no more than that.
    let set = one.send("PATCH", "/v1/account", &[("content-type", "application/json")], br#"{"low_balance":991}"#);
    assert_eq!(set.status, 200);
    until(Duration::from_secs(30), || {
        told.extend(heard.try_iter());
        told.iter().any(|line| line.contains("\"threshold\":991"))
    });
    assert_eq!(count(&told), 2, "{told:?}");
}

fn who_has_little_left_is_told_over_a_socket_too(options: Options) {
    use futures_util::SinkExt;
    use inos_protocols::{
        frame::{ClientFrame, ServerBody, Topic},
        wire,
    };
    use tokio_tungstenite::tungstenite::Message;
    let node = TestNode::with(options);
    let one = node.account("one", 1_000);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let mut socket = crate::socket::connect(&node, &one.key, "inos.capsule.v1").await;
        let all = ClientFrame::Subscribe(Topic::Jobs { job: None, after: None });
        socket.send(Message::Binary(wire::write_client_frame(&all).into())).await.unwrap();
        socket.send(Message::Binary(wire::write_client_frame(&ClientFrame::Ping(7)).into())).await.unwrap();
        // Whatever was asked before the ping is done.
        while crate::socket::receive(&mut socket).await.body != ServerBody::Pong(7) {}
        let set = one.send("PATCH", "/v1/account", &[("content-type", "application/json")], br#"{"low_balance":1001}"#);
        assert_eq!(set.status, 200);
        loop {
            if let ServerBody::LowBalance(low) = crate::socket::receive(&mut socket).await.body {
                assert_eq!((low.available.get(), low.threshold.get()), (1_000, 1_001));
                assert!(low.event > 0);
                return;
            }
        }
    });
}

fn the_ledger_says_how_it_is(options: Options) {
    let node = TestNode::with(options);
    let (admin, one) = (node.admin(), node.account("one", 1_000));
    assert_eq!(one.run("compute.blake3", "", b"abc").status, 200);
    let wait = json!({ "unit": "test", "method": "wait", "params": { "ms": 60_000 } });
    let job = one.post_json("/v1/jobs", &wait).json()["id"].as_str().unwrap().to_owned();
    let health = admin.get("/v1/ledger/health").json();
    assert_eq!((&health["healthy"], &health["sum"], &health["holds_overdue"]), (&json!(true), &json!(0), &json!(0)));
    assert_eq!((&health["jobs"], &health["commits_in_doubt"]), (&json!(2), &json!(0)), "{health}");
    assert!(health["held"].as_u64().unwrap() > 0 && health["leases"].as_u64().unwrap() >= 1, "{health}");
    assert!(health["bytes"].as_u64().unwrap() > 10_000 && health["schema"].as_u64().unwrap() >= 4, "{health}");
    assert_eq!(one.get("/v1/ledger/health").code(), "forbidden");
    let figures = Client::new(&node.url(), "").get("/metrics").text();
    for name in ["inos_ledger_healthy 1", "inos_ledger_sum_microcredits 0", "inos_ledger_jobs 2"] {
        assert!(figures.contains(&format!("\n{name}\n")), "{figures}");
    }
    let (code, out, err) = node.cli(&["ledger", "health", "--json"]);
    assert!(code == 0 && out.contains("bytes_per_job"), "{out}{err}");
    assert_eq!(one.post_json(&format!("/v1/jobs/{job}/cancel"), &json!({})).status, 202);
}
