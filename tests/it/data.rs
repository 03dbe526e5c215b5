//! SQL over the inputs of jobs: the whole way through a server, its cells and back.

use std::time::{Duration, Instant};

use inos_tests::{Client, Options, TestNode, until};
use serde_json::{Value, json};

use crate::events::stream;

const SALES: &str = "city,amount,day\nBern,3,2026-01-02\nOslo,4.5,2026-01-03\nBern,,2026-02-01\n";

/// A job that has ended.
fn ended(client: &Client, method: &str, params: &Value, input: &str) -> Value {
    let capsule = json!({ "unit": "data", "method": method, "params": params, "inputs": [{ "text": input }] });
    let done = client.post_json_with("/v1/jobs", &[("prefer", "wait=60")], &capsule);
    assert_eq!(done.status, 200, "{method}: {}", done.text());
    done.json()
}

fn query(sql: &str) -> String {
    let escaped: String = sql.bytes().map(|byte| format!("%{byte:02x}")).collect();
    format!("?sql={escaped}")
}

#[test]
fn a_statement_reads_a_file_that_came_with_it() {
    let mut node = TestNode::start();
    let client = node.account("user", 1_000_000_000);
    let sql = "SELECT city, sum(amount) AS total, count(*) AS rows FROM input GROUP BY city ORDER BY city";
    let answer = client.run("data.query", &query(sql), SALES.as_bytes());
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(answer.text(), r#"[{"city":"Bern","total":3.0,"rows":2},{"city":"Oslo","total":4.5,"rows":1}]"#);
    assert_eq!(answer.header("content-type"), Some("application/json"));
    let as_parquet = client.run("data.query", &(query("SELECT * FROM input") + "&output=parquet"), SALES.as_bytes());
    assert_eq!(as_parquet.status, 200, "{}", as_parquet.text());
    assert_eq!(client.run("data.query", &query(sql), &as_parquet.body).text(), answer.text());
    let wrong = client.run("data.query", &query("SELECT town FROM input"), SALES.as_bytes());
    assert_eq!(wrong.status, 422, "{}", wrong.text());
    assert!(wrong.text().contains("town") && wrong.text().contains("/params/sql"), "{}", wrong.text());
    assert_eq!(node.stop(), Some(0));
    node.assert_clean();
}

#[test]
fn ten_million_rows_are_all_read_and_sorted_with_a_disk() {
    let node = TestNode::start();
    let client = node.account("user", 1_000_000_000);
    let sql = "SELECT count(*) AS rows, sum(value) AS total FROM generate_series(1, 10000000)";
    let answer = client.run("data.query", &query(sql), b"");
    assert_eq!(answer.text(), r#"[{"rows":10000000,"total":50000005000000}]"#);
    // 700 MB of texts, of which memory holds the half: and the same cell does it again.
    let series = "SELECT value, rpad(CAST(value AS VARCHAR), 1000, 'x') AS t FROM generate_series(1, 700000)";
    let ranked = format!("SELECT value, row_number() OVER (ORDER BY t) AS n FROM ({series})");
    let sql = format!("SELECT count(*) AS rows, sum(n) AS total FROM ({ranked})");
    for _ in 0..2 {
        let answer = client.run("data.query", &query(&sql), b"");
        assert_eq!(answer.text(), r#"[{"rows":700000,"total":245000350000}]"#);
    }
}

#[test]
fn files_that_one_job_parted_are_a_table_of_the_next() {
    let node = TestNode::start();
    let client = node.account("user", 1_000_000_000);
    let params = json!({ "partition_by": ["city"], "output": "parquet" });
    let capsule = json!({
        "unit": "data", "method": "convert", "params": params, "inputs": [{ "text": SALES }], "keep": true,
    });
    let parted = client.post_json_with("/v1/jobs", &[("prefer", "wait=60")], &capsule).json();
    assert_eq!(parted["state"], "succeeded", "{parted}");
    let id = parted["id"].as_str().unwrap();
    let list = client.get(&format!("/v1/jobs/{id}/outputs/2")).json();
    let wanted = json!([
        { "output": 0, "path": "city=Bern/data.parquet", "rows": 2 },
        { "output": 1, "path": "city=Oslo/data.parquet", "rows": 1 },
    ]);
    assert_eq!(list, wanted);
    let inputs: Vec<Value> =
        list.as_array().unwrap().iter().map(|file| json!({ "job": id, "output": file["output"] })).collect();
    let paths: Vec<&Value> = list.as_array().unwrap().iter().map(|file| &file["path"]).collect();
    let sql = "SELECT city, count(*) AS rows, max(day) AS last FROM read_parquet('sal*') GROUP BY city ORDER BY city";
    let params = json!({ "sql": sql, "tables": [{ "name": "sales", "paths": paths }] });
    let capsule = json!({ "unit": "data", "method": "query", "params": params, "inputs": inputs, "keep": true });
    let asked = client.post_json_with("/v1/jobs", &[("prefer", "wait=60")], &capsule).json();
    assert_eq!(asked["state"], "succeeded", "{asked}");
    let answer = client.get(&format!("/v1/jobs/{}/outputs/0", asked["id"].as_str().unwrap())).json();
    let wanted = json!([
        { "city": "Bern", "rows": 2, "last": "2026-02-01" },
        { "city": "Oslo", "rows": 1, "last": "2026-01-03" },
    ]);
    assert_eq!(answer, wanted);
}

#[test]
fn who_asks_for_a_column_pays_for_a_column() {
    let node = TestNode::start();
    let client = node.account("user", 1_000_000_000);
    let sql = "SELECT value AS n, rpad(CAST(random() AS VARCHAR), 20, '0') || random() || random() || random() AS wide FROM generate_series(1, 200000)";
    let file = client.run("data.query", &(query(sql) + "&output=parquet"), b"").body;
    let of = |sql: &str| {
        let answer = client.run("data.query", &query(sql), &file);
        assert_eq!(answer.status, 200, "{}", answer.text());
        let job = client.get(&format!("/v1/jobs/{}", answer.header("inos-job-id").unwrap())).json();
        (job["metrics"]["bytes_in"].as_u64().unwrap(), job["cost"].as_u64().unwrap())
    };
    let (narrow, cheap) = of("SELECT sum(n) AS total FROM input");
    let (wide, dear) = of("SELECT count(DISTINCT wide) AS total, sum(n) AS of FROM input");
    assert!(narrow < file.len() as u64 / 4, "{narrow} of {} bytes", file.len());
    assert!(wide > file.len() as u64 * 9 / 10 && wide <= file.len() as u64, "{wide} of {} bytes", file.len());
    assert!(cheap < dear, "{cheap} and {dear}");
}

#[test]
fn what_is_stored_is_read_where_it_lies_and_not_copied_into_a_cell() {
    let node = TestNode::start();
    let client = node.account("user", 1_000_000_000);
    let sql = "SELECT value AS n, value % 7 AS m FROM generate_series(1, 2000000)";
    let file = client.run("data.query", &(query(sql) + "&output=parquet"), b"").body;
    let len = file.len() as u64;
    assert!(len > 2 << 20, "{len}");
    let copied = || node.admin().get("/v1/stats").json()["arena"]["copied_bytes"]["cell"].as_u64().unwrap();
    let hash = client.send("PUT", "/v1/blobs", &[], &file).json()["hash"].as_str().unwrap().to_owned();
    let params = json!({ "sql": "SELECT sum(n) AS total, max(m) AS most FROM input" });
    let capsule = json!({ "unit": "data", "method": "query", "params": params, "inputs": [{ "blob": hash }] });
    let ask = || {
        let done = client.post_json_with("/v1/jobs", &[("prefer", "wait=60")], &capsule).json();
        assert_eq!(done["state"], "succeeded", "{done}");
        client.get(&format!("/v1/jobs/{}/outputs/0", done["id"].as_str().unwrap())).text()
    };
    let before = copied();
    assert_eq!(ask(), r#"[{"total":2000001000000,"most":6}]"#);
    assert!(copied() - before < len / 10, "{} of {len} bytes were copied", copied() - before);
    // Also one that goes while others come, many times in the same cell: descriptors and mappings go with the job.
    for _ in 0..40 {
        assert_eq!(ask(), r#"[{"total":2000001000000,"most":6}]"#);
    }
    // Beside it, one that comes with the job.
    let params = json!({ "sql": "SELECT count(*) AS n FROM input0, input1 WHERE input0.n = input1.n" });
    let inputs = json!([{ "blob": hash }, { "text": "n\n5\n77\n0\n" }]);
    let capsule = json!({ "unit": "data", "method": "query", "params": params, "inputs": inputs });
    let done = client.post_json_with("/v1/jobs", &[("prefer", "wait=60")], &capsule).json();
    let answer = client.get(&format!("/v1/jobs/{}/outputs/0", done["id"].as_str().unwrap())).text();
    assert_eq!(answer, r#"[{"n":2}]"#, "{done}");
    // The job's log has what each step of its plan took.
    let events = stream(&client, &format!("/v1/jobs/{}/events", done["id"].as_str().unwrap()), None);
    let steps: Vec<&str> =
        events.iter().filter(|event| event.name == "log").filter_map(|event| event.data["line"].as_str()).collect();
    let told = |what: &str| steps.iter().any(|step| step.contains(what) && step.contains("output_rows="));
    assert!(told("HashJoinExec") && told("DataSourceExec"), "{steps:#?}");
}

#[test]
fn a_cell_has_the_memory_that_the_server_gives_it() {
    let node = TestNode::with(Options::default().with("workers", "1").with("cell-memory", "256MiB"));
    let client = node.account("user", 1_000_000_000);
    let half = ended(&client, "query", &json!({ "sql": "SELECT length(repeat('x', 400000000))" }), "");
    assert_eq!((&half["state"], &half["error"]["code"]), (&"failed".into(), &"payload-too-large".into()), "{half}");
    // 150 MB of texts: operators share 128 MiB, and put the rest aside.
    let series = "SELECT value, rpad(CAST(value AS VARCHAR), 500, 'x') AS t FROM generate_series(1, 300000)";
    let sql = format!(
        "SELECT count(*) AS rows, sum(n) AS total FROM (SELECT row_number() OVER (ORDER BY t) AS n FROM ({series}))"
    );
    let answer = client.run("data.query", &query(&sql), b"");
    assert_eq!(answer.text(), r#"[{"rows":300000,"total":45000150000}]"#);
    // What no disk helps with is refused, and the limit is what this server gives.
    let all = "SELECT length(array_to_string(array_agg(t), '')) AS n FROM";
    let whole = ended(&client, "query", &json!({ "sql": format!("{all} ({series})") }), "");
    assert_eq!((&whole["state"], &whole["error"]["code"]), (&"failed".into(), &"payload-too-large".into()), "{whole}");
    assert_eq!(client.run("data.query", &query("SELECT 1 AS one"), b"").text(), r#"[{"one":1}]"#);
}

#[test]
fn what_takes_all_it_can_ends_as_a_failed_job_and_the_next_runs() {
    let node = TestNode::with(Options::default().with("workers", "1"));
    let client = node.account("user", 1_000_000_000);
    for sql in ["SELECT length(repeat('x', 2000000000))", "SELECT array_length(range(0, 1000000000))"] {
        let job = ended(&client, "query", &json!({ "sql": sql }), "");
        assert_eq!(job["state"], "failed", "{sql}: {job}");
        assert_eq!(job["error"]["code"], "payload-too-large", "{sql}: {job}");
        assert!(job["error"]["detail"].as_str().unwrap().contains("bytes of memory"), "{job}");
        assert_eq!(client.run("data.query", &query("SELECT 1 AS one"), b"").text(), r#"[{"one":1}]"#);
    }
}

#[test]
fn what_would_never_end_is_stopped_in_time() {
    let node = TestNode::with(Options::default().with("workers", "1"));
    let client = node.account("user", 1_000_000_000);
    let series = |len: &str| format!("SELECT value FROM generate_series(1, {len})");
    let cross = format!(
        "SELECT count(*) FROM ({}) a, ({}) b WHERE a.value + b.value < 0",
        series("1000000"),
        series("1000000")
    );
    let recursive = "WITH RECURSIVE r AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM r) SELECT count(*) FROM r";
    for sql in [cross.as_str(), recursive, "SELECT count(*) FROM generate_series(1, 1000000000000)"] {
        let capsule = json!({ "unit": "data", "method": "query", "params": { "sql": sql }, "timeout_ms": 500 });
        let late = client.post_json_with("/v1/jobs", &[("prefer", "wait=30")], &capsule).json();
        assert_eq!(
            (&late["state"], &late["error"]["code"]),
            (&json!("expired"), &json!("deadline-exceeded")),
            "{late}"
        );
        let capsule = json!({ "unit": "data", "method": "query", "params": { "sql": sql } });
        let path = client.post_json("/v1/jobs", &capsule).header("location").unwrap().to_owned();
        until(Duration::from_secs(10), || client.get(&path).json()["state"] == "running");
        let begun = Instant::now();
        assert_eq!(client.send("POST", &format!("{path}/cancel"), &[], b"").status, 202);
        until(Duration::from_secs(10), || client.get(&path).json()["state"] == "cancelled");
        println!("cancelled after {} ms: {sql}", begun.elapsed().as_millis());
        assert_eq!(client.run("data.query", &query("SELECT 1 AS one"), b"").text(), r#"[{"one":1}]"#);
    }
}
