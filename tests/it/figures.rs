//! What a server says of how it does and of what it was told: figures of what came of jobs, and settings without secrets.

use inos_tests::{Client, Options, TestNode, until};
use serde_json::{Value, json};

const CANARY: &str = "canary6f1d";

#[test]
fn how_jobs_ended_and_how_long_they_took_is_told_with_its_window() {
    let node = TestNode::start();
    let admin = node.admin();
    let lately = || admin.get("/v1/stats").json()["lately"].clone();
    let none = lately();
    assert_eq!((&none["ended"], &none["took"]), (&json!(0), &Value::Null), "what was not measured is not told: {none}");
    for _ in 0..10 {
        assert_eq!(admin.run("test.wait", "?ms=20", b"").status, 200);
    }
    assert_eq!(admin.run("test.broken", "", b"").status, 500);
    let waiting =
        admin.post_json("/v1/jobs", &json!({ "unit": "test", "method": "wait", "params": { "ms": 600_000 } }));
    let path = waiting.header("location").unwrap();
    until(std::time::Duration::from_secs(10), || admin.get(path).json()["state"] == "running");
    admin.send("POST", &format!("{path}/cancel"), &[], b"");
    until(std::time::Duration::from_secs(10), || lately()["cancelled"] == 1);
    let told = lately();
    assert_eq!((&told["ended"], &told["succeeded"], &told["failed"]), (&json!(12), &json!(10), &json!(1)), "{told}");
    let us = |which: &str, quantile: &str| told[which][quantile].as_u64().unwrap();
    assert_eq!(told["ran"]["count"], 12);
    // Half of them waited 20 ms; the one that was cancelled ran for as long as it took to be seen running.
    assert!(us("ran", "p50_us") >= 20_000, "{told}");
    for which in ["waited", "ran", "took"] {
        assert!(us(which, "p50_us") <= us(which, "p95_us") && us(which, "p95_us") <= us(which, "p99_us"), "{told}");
    }
    assert!(us("took", "p50_us") >= us("ran", "p50_us"), "{told}");
    let (since, at) = (told["since"].as_str().unwrap(), admin.get("/v1/stats").json()["at"].clone());
    assert!(since < at.as_str().unwrap() && told["window_ms"].as_u64().unwrap() <= 60_000, "{told}");
    let metrics = admin.get("/metrics").text();
    for line in [
        "inos_jobs_ended_total{state=\"succeeded\"} 10",
        "inos_jobs_ended_total{state=\"cancelled\"} 1",
        "inos_job_ran_seconds_count 12",
        "inos_job_waited_seconds_bucket{le=\"+Inf\"} 12",
    ] {
        assert!(metrics.lines().any(|told| told == line), "{line}: {metrics}");
    }
}

crate::on_both! {
    what_was_spent_is_told_by_the_key_that_asked,
}

fn what_was_spent_is_told_by_the_key_that_asked(options: Options) {
    let mut node = TestNode::with(options);
    let admin = node.admin();
    let made = admin.post_json("/v1/keys", &json!({ "name": "laptop", "scopes": ["jobs"] })).json();
    let laptop = admin.with_key(made["secret"].as_str().unwrap());
    for client in [&admin, &laptop, &laptop] {
        assert_eq!(client.run("compute.blake3", "", b"abc").status, 200);
    }
    // One that waits over a restart is its key's as well.
    let capsule = json!({ "unit": "test", "method": "wait", "params": { "ms": 600_000 } });
    let path = laptop.post_json("/v1/jobs", &capsule).header("location").unwrap().to_owned();
    node.kill();
    node.restart();
    let (admin, laptop) = (node.admin(), Client::new(&node.url(), made["secret"].as_str().unwrap()));
    laptop.send("POST", &format!("{path}/cancel"), &[], b"");
    until(std::time::Duration::from_secs(10), || laptop.get(&path).json()["state"] == "cancelled");
    let told = admin.get("/v1/account/spending?by=key&step=day&steps=2").json();
    let of = |id: &Value| {
        let items: Vec<_> = told["items"].as_array().unwrap().iter().filter(|item| item["key"] == *id).collect();
        let sum = |field: &str| items.iter().map(|item| item[field].as_u64().unwrap()).sum::<u64>();
        (sum("jobs"), sum("cost"))
    };
    let spent = admin.get("/v1/account/usage").json();
    let whole: u64 = spent["items"].as_array().unwrap().iter().map(|item| item["cost"].as_u64().unwrap()).sum();
    let laptops = of(&made["key"]["id"]);
    assert_eq!(laptops.0, 3, "{told}");
    let own = admin.get("/v1/console/session").json()["key"].clone();
    assert_eq!((of(&own).0, of(&own).1 + laptops.1), (1, whole), "{told}");
    let units = admin.get("/v1/account/spending?steps=3").json();
    let sum: u64 = units["items"].as_array().unwrap().iter().map(|item| item["cost"].as_u64().unwrap()).sum();
    assert_eq!((sum, &units["steps"], &units["step_ms"]), (whole, &json!(3), &json!(3_600_000)), "{units}");
    for bad in ["by=method", "step=year", "steps=0", "steps=63", "since=1"] {
        assert_eq!(admin.get(&format!("/v1/account/spending?{bad}")).code(), "invalid-params", "{bad}");
    }
    assert_eq!(laptop.get("/v1/account/spending").code(), "forbidden");
}

#[test]
fn an_answer_from_an_earlier_job_counts_as_ended_and_has_no_times() {
    let node = TestNode::start();
    let admin = node.admin();
    let capsule = json!({ "unit": "compute", "method": "blake3", "inputs": [{ "text": "a" }], "cache": "use" });
    for _ in 0..3 {
        assert_eq!(admin.post_json_with("/v1/jobs", &[("prefer", "wait=10")], &capsule).status, 200);
    }
    let told = admin.get("/v1/stats").json()["lately"].clone();
    assert_eq!((&told["succeeded"], &told["took"]["count"]), (&json!(3), &json!(1)), "{told}");
}

#[test]
fn the_configuration_is_told_to_admins_with_where_it_was_said_and_without_secrets() {
    let file = tempfile::tempdir().unwrap();
    let path = file.path().join("told.toml");
    let text = format!(
        "name = 'from the file'\notlp-endpoint = 'http://127.0.0.1:9/{CANARY}'\notlp-headers = 'x-key={CANARY}, authorization=Bearer {CANARY}'\n"
    );
    std::fs::write(&path, text).unwrap();
    let url = inos_tests::postgres::database();
    // Where the cluster trusts everybody any password opens it, else the URL has one.
    let url = url.replace("postgres@", &format!("postgres:{CANARY}@"));
    let (user, rest) = url.strip_prefix("postgres://").unwrap().split_once('@').unwrap();
    let (password, host) = (user.split_once(':').unwrap().1, rest.split_once('/').unwrap().0);
    let options = Options {
        env: vec![
            ("INOS_CONFIG".into(), path.display().to_string()),
            ("INOS_DATABASE_URL".into(), format!("{url}?application_name={CANARY}")),
            ("INOS_QUEUE_MAX".into(), "70000".into()),
        ],
        ..Options::default()
    };
    let node = TestNode::with(options.with("drain", "20s"));
    let admin = node.admin();
    let answer = admin.get("/v1/node/config");
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert!(!answer.text().contains(CANARY) && !answer.text().contains(password), "{}", answer.text());
    let told = answer.json();
    let setting = |name: &str| {
        let all = told["items"].as_array().unwrap();
        all.iter().find(|setting| setting["name"] == name).cloned().unwrap()
    };
    let check = |name: &str, value: &str, source: &str, at: &str| {
        let setting = setting(name);
        assert_eq!((&setting["value"], &setting["source"]), (&json!(value), &json!(source)), "{setting}");
        assert!(setting["at"].as_str().unwrap_or_default().contains(at), "{setting}");
    };
    check("name", "from the file", "file", "told.toml:1");
    check("queue-max", "70000", "environment", "INOS_QUEUE_MAX");
    check("drain", "20s", "flag", "--drain");
    check("keep-jobs", "7d", "default", "");
    check("otlp-endpoint", "http://127.0.0.1:9", "file", "told.toml:2");
    check("otlp-headers", "x-key=[hidden],authorization=[hidden]", "file", "told.toml:3");
    let database = setting("database-url")["value"].as_str().unwrap().to_owned();
    assert!(database.starts_with(&format!("postgres://{host}/")) && !database.contains(['@', '?']), "{database}");
    assert!(setting("workers")["value"].as_str().unwrap().parse::<u32>().unwrap() >= 1, "what none was named for");
    let (code, out, _) = node.cli(&["node", "config"]);
    assert!(code == 0 && out.contains("from the file") && !out.contains(CANARY) && !out.contains(password), "{out}");
    let own = admin.post_json("/v1/keys", &json!({ "name": "jobs", "scopes": ["jobs", "account"] })).json();
    assert_eq!(admin.with_key(own["secret"].as_str().unwrap()).get("/v1/node/config").code(), "forbidden");
}
