//! What has a limit ends at it: queues, times, sizes, budgets. Whoever meets one is told which, and pays for nothing more.

use std::time::Duration;

use inos_tests::{Answer, Client, Options, Raw, TestNode, until};
use serde_json::{Value, json};

crate::on_both! {
    a_full_queue_names_its_account_depth_and_cap,
    a_job_whose_time_runs_out_in_the_queue_never_runs,
    a_job_whose_time_runs_out_while_it_runs_is_stopped,
    a_job_is_cancelled_once_wherever_it_is,
    accepted_jobs_that_found_no_room_run_when_jobs_of_any_kind_make_some,
    an_accepted_job_that_found_no_room_can_be_cancelled,
    an_accepted_job_that_found_no_room_runs_out_of_time,
    an_overloaded_server_says_when_to_come_back_and_loses_nothing,
    many_who_cancel_at_once_end_a_job_once,
}

/// One worker, and room for two jobs of an account and three of all to wait.
fn narrow(options: Options) -> TestNode {
    TestNode::with(options.with("workers", "1").with("account-queue-max", "2").with("queue-max", "3"))
}

fn wait(ms: u64) -> Value {
    json!({ "unit": "test", "method": "wait", "params": { "ms": ms } })
}

fn state(client: &Client, path: &str) -> String {
    client.get(path).json()["state"].as_str().unwrap().to_owned()
}

/// Submits a job and gives its path.
fn submit(client: &Client, capsule: &Value) -> String {
    let accepted = client.post_json("/v1/jobs", capsule);
    assert_eq!(accepted.status, 202, "{}", accepted.text());
    accepted.header("location").unwrap().to_owned()
}

/// Submits a job that keeps a worker busy until it is cancelled.
fn occupy(client: &Client) -> String {
    let path = submit(client, &wait(600_000));
    until(Duration::from_secs(10), || state(client, &path) == "running");
    path
}

fn cancel(client: &Client, path: &str) -> Answer {
    client.send("POST", &format!("{path}/cancel"), &[], b"")
}

fn held(client: &Client) -> u64 {
    client.get("/v1/account").json()["held"].as_u64().unwrap()
}

fn a_full_queue_names_its_account_depth_and_cap(options: Options) {
    let node = narrow(options);
    let (greedy, modest) = (node.account("greedy", 1_000_000), node.account("modest", 1_000_000));
    let mut paths = vec![occupy(&greedy)];
    paths.extend((0..2).map(|_| submit(&greedy, &wait(0))));
    let before = greedy.get("/v1/account").json();
    for refused in [greedy.post_json("/v1/jobs", &wait(0)), greedy.run("test.wait", "?ms=0", b"")] {
        assert_eq!((refused.status, refused.code()), (429, "queue-full".into()), "{}", refused.text());
        assert!(refused.header("retry-after").unwrap().parse::<u64>().unwrap() >= 1);
        let problem = refused.json();
        assert_eq!((&problem["required"], &problem["available"]), (&json!(2), &json!(2)), "{problem}");
        let detail = problem["detail"].as_str().unwrap();
        assert!(detail.contains("2 jobs of this account") && detail.contains("cap is 2"), "{detail}");
    }
    assert_eq!(greedy.get("/v1/account").json(), before, "a refused job holds and costs nothing");
    paths.push(submit(&modest, &wait(0)));
    cancel(&greedy, &paths[0]);
    for (path, client) in paths[1..].iter().zip([&greedy, &greedy, &modest]) {
        until(Duration::from_secs(10), || state(client, path) == "succeeded");
    }
}

fn an_overloaded_server_says_when_to_come_back_and_loses_nothing(options: Options) {
    let node = narrow(options);
    let clients: Vec<_> = ["a", "b", "c"].map(|name| node.account(name, 1_000_000)).into();
    let first = occupy(&clients[0]);
    let mut waiting = vec![(0, submit(&clients[0], &wait(0))), (0, submit(&clients[0], &wait(0)))];
    waiting.push((1, submit(&clients[1], &wait(0))));
    let overloaded = |answer: &Answer| {
        assert_eq!((answer.status, answer.code()), (503, "overloaded".into()), "{}", answer.text());
        assert!(answer.header("retry-after").unwrap().parse::<u64>().unwrap() >= 1);
    };
    overloaded(&clients[2].run("test.wait", "?ms=0", b""));
    // What is accepted under a full queue is bounded, too.
    let refused = (0..20).find_map(|_| {
        let answer = clients[2].post_json("/v1/jobs", &wait(0));
        if answer.status != 202 {
            return Some(answer);
        }
        waiting.push((2, answer.header("location").unwrap().to_owned()));
        None
    });
    overloaded(&refused.expect("a full queue ends somewhere"));
    assert_eq!(node.admin().get("/healthz").status, 200);
    cancel(&clients[0], &first);
    for (client, path) in &waiting {
        until(Duration::from_secs(10), || state(&clients[*client], path) == "succeeded");
    }
    assert!(clients.iter().all(|client| held(client) == 0));
}

fn accepted_jobs_that_found_no_room_run_when_jobs_of_any_kind_make_some(options: Options) {
    let node = narrow(options);
    let clients: Vec<_> = ["a", "b", "c"].map(|name| node.account(name, 1_000_000)).into();
    let first = occupy(&clients[0]);
    std::thread::scope(|scope| {
        for client in [&clients[0], &clients[0], &clients[1]] {
            scope.spawn(|| assert_eq!(client.run("test.wait", "?ms=0", b"").status, 200));
        }
        until(Duration::from_secs(10), || node.admin().get("/v1/stats").json()["jobs"]["queued"] == 3);
        let late = submit(&clients[2], &wait(0));
        cancel(&clients[0], &first);
        until(Duration::from_secs(10), || state(&clients[2], &late) == "succeeded");
    });
}

/// A server with a full queue, and an account whose next job finds no room in it.
fn full(options: Options) -> (TestNode, Client) {
    let node = narrow(options);
    let (a, b) = (node.account("a", 1_000_000), node.account("b", 1_000_000));
    occupy(&a);
    for client in [&a, &a, &b] {
        submit(client, &wait(0));
    }
    let late = node.account("late", 1_000_000);
    (node, late)
}

fn an_accepted_job_that_found_no_room_can_be_cancelled(options: Options) {
    let (_node, late) = full(options);
    let path = submit(&late, &wait(0));
    assert_eq!(cancel(&late, &path).status, 202);
    until(Duration::from_secs(10), || state(&late, &path) == "cancelled");
    assert_eq!((late.balance(), held(&late)), (1_000_000, 0));
    submit(&late, &wait(0));
}

fn an_accepted_job_that_found_no_room_runs_out_of_time(options: Options) {
    let (_node, late) = full(options);
    let capsule = json!({ "unit": "test", "method": "wait", "params": { "ms": 0 }, "queue_ttl_ms": 200 });
    let path = submit(&late, &capsule);
    until(Duration::from_secs(10), || state(&late, &path) == "expired");
    assert_eq!((late.balance(), held(&late)), (1_000_000, 0));
    submit(&late, &wait(0));
}

#[test]
fn an_output_over_its_methods_limit_fails_the_job_and_is_not_given_out() {
    let node = TestNode::start();
    let admin = node.admin();
    let before = admin.balance();
    let refused = admin.run("test.emit", &format!("?bytes={}", (64 << 20) + 1), b"");
    assert_eq!((refused.status, refused.code()), (413, "payload-too-large".into()), "{}", refused.text());
    assert_eq!(refused.json()["available"], 64 << 20, "{}", refused.text());
    let job = admin.get(&format!("/v1/jobs/{}", refused.header("inos-job-id").unwrap())).json();
    assert_eq!((&job["state"], &job["outputs"]), (&json!("failed"), &json!([])), "{job}");
    assert_eq!(before - admin.balance(), job["cost"].as_u64().unwrap());
    let arena = || admin.get("/v1/stats").json()["arena"].clone();
    until(Duration::from_secs(10), || arena()["leased_bytes"] == 0 && arena()["spooled_bytes"] == 0);
}

fn a_job_whose_time_runs_out_in_the_queue_never_runs(options: Options) {
    let node = narrow(options);
    let admin = node.admin();
    let first = occupy(&admin);
    let (before, held_before) = (admin.balance(), held(&admin));
    let capsule = json!({ "unit": "test", "method": "wait", "params": { "ms": 0 }, "queue_ttl_ms": 200 });
    let late = submit(&admin, &capsule);
    assert!(held(&admin) > held_before);
    until(Duration::from_secs(10), || state(&admin, &late) == "expired");
    let job = admin.get(&late).json();
    assert_eq!(
        (&job["cost"], &job["attempts"], &job["error"]["code"]),
        (&json!(0), &json!(0), &json!("deadline-exceeded")),
        "{job}"
    );
    assert!(job["started"].is_null(), "{job}");
    assert_eq!((admin.balance(), held(&admin)), (before, held_before));
    cancel(&admin, &first);
    until(Duration::from_secs(10), || state(&admin, &first) == "cancelled");
    assert_eq!(state(&admin, &late), "expired");
}

fn a_job_whose_time_runs_out_while_it_runs_is_stopped(options: Options) {
    let node = narrow(options);
    let admin = node.admin();
    let capsule = json!({ "unit": "test", "method": "wait", "params": { "ms": 600_000 }, "timeout_ms": 200 });
    let path = submit(&admin, &capsule);
    until(Duration::from_secs(10), || state(&admin, &path) == "expired");
    let job = admin.get(&path).json();
    assert_eq!((&job["attempts"], &job["error"]["code"]), (&json!(1), &json!("deadline-exceeded")), "{job}");
    let refused = admin.send("POST", "/v1/run/test/wait?ms=600000", &[("inos-timeout-ms", "200")], b"");
    assert_eq!((refused.status, refused.code()), (504, "deadline-exceeded".into()), "{}", refused.text());
    assert_eq!(held(&admin), 0);
    assert_eq!(admin.run("test.wait", "?ms=0", b"").status, 200, "the worker is free again");
}

fn a_job_is_cancelled_once_wherever_it_is(options: Options) {
    let node = narrow(options);
    let admin = node.admin();
    let (running, queued) = (occupy(&admin), submit(&admin, &wait(0)));
    let before = admin.balance();
    for path in [&queued, &running] {
        let cancelled = cancel(&admin, path);
        assert_eq!(cancelled.status, 202, "{}", cancelled.text());
        until(Duration::from_secs(10), || state(&admin, path) == "cancelled");
        let again = cancel(&admin, path);
        assert_eq!((again.status, again.code()), (409, "job-not-cancellable".into()), "{}", again.text());
        assert_eq!(admin.get(path).json()["error"]["code"], "cancelled");
    }
    assert_eq!(admin.get(&queued).json()["cost"], 0, "it never ran");
    assert_eq!(before - admin.balance(), admin.get(&running).json()["cost"].as_u64().unwrap());
    assert_eq!(held(&admin), 0);
    let done = submit(&admin, &wait(0));
    until(Duration::from_secs(10), || state(&admin, &done) == "succeeded");
    assert_eq!(cancel(&admin, &done).code(), "job-not-cancellable");
    assert_eq!(state(&admin, &done), "succeeded");
}

fn many_who_cancel_at_once_end_a_job_once(options: Options) {
    let node = narrow(options);
    let admin = node.admin();
    let path = occupy(&admin);
    std::thread::scope(|scope| {
        for _ in 0..16 {
            scope.spawn(|| assert!([202, 409].contains(&cancel(&admin, &path).status)));
        }
    });
    until(Duration::from_secs(10), || state(&admin, &path) == "cancelled");
    let receipt = admin.get(&format!("{path}/receipt")).json();
    assert_eq!(receipt["receipt"]["state"], "cancelled", "{receipt}");
    assert_eq!(held(&admin), 0);
}

#[test]
fn a_job_that_comes_to_more_than_its_budget_gives_nothing_out_and_costs_at_most_that() {
    let node = TestNode::start();
    let admin = node.admin();
    let data: Vec<u8> = (0..100_000u32).flat_map(u32::to_le_bytes).collect();
    let packed = admin.run("compute.brotli_compress", "?quality=5", &data).body;
    let price = &admin.get("/v1/units/compute/brotli_decompress").json()["price"];
    let least =
        price["base"].as_u64().unwrap() + price["per_kib_in"].as_u64().unwrap() * (packed.len() as u64).div_ceil(1024);
    let before = admin.balance();
    let budget = least + 10;
    let headers = [("inos-budget", budget.to_string())];
    let headers: Vec<_> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let refused = admin.send("POST", "/v1/run/compute/brotli_decompress", &headers, &packed);
    assert_eq!((refused.status, refused.code()), (402, "budget-exceeded".into()), "{}", refused.text());
    assert_eq!(refused.json()["available"], budget);
    assert!(before - admin.balance() <= budget);
    let job = admin.get(&format!("/v1/jobs/{}", refused.header("inos-job-id").unwrap())).json();
    assert_eq!((&job["state"], &job["outputs"]), (&json!("failed"), &json!([])), "{job}");
    assert_eq!(admin.run("compute.brotli_decompress", "", &packed).body, data);
}

#[test]
fn an_input_over_its_methods_limit_is_refused_before_it_is_read() {
    let node = TestNode::start();
    let admin = node.admin();
    let before = admin.balance();
    let limit = admin.get("/v1/units/test/echo").json()["inputs"]["bytes_max"].as_u64().unwrap();
    let mut raw = Raw::connect(node.address());
    raw.send(format!(
        "POST /v1/run/test/echo HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {}\r\ncontent-length: {}\r\n\r\n",
        admin.key,
        limit + 1
    ));
    let answer = raw.read_until("}");
    assert!(answer.starts_with("HTTP/1.1 413 ") && answer.contains("/inputs/0"), "{answer}");
    assert_eq!(admin.balance(), before);
    assert_eq!(held(&admin), 0);
}

/// The memory of the server's arena: what its maps call `memfd:inos…`.
fn arena_of(node: &TestNode) -> std::ops::Range<u64> {
    let maps = std::fs::read_to_string(format!("/proc/{}/maps", node.pid())).unwrap();
    let lines = maps.lines().filter(|line| line.contains("memfd:inos"));
    let ranges: Vec<_> = lines
        .map(|line| {
            let (from, to) = line.split(' ').next().unwrap().split_once('-').unwrap();
            u64::from_str_radix(from, 16).unwrap()..u64::from_str_radix(to, 16).unwrap()
        })
        .collect();
    assert!(!ranges.is_empty(), "{maps}");
    ranges[0].start..ranges[ranges.len() - 1].end
}

/// Payload bytes that the server has copied so far, at every place together.
fn copied(client: &Client) -> u64 {
    let page = client.get("/metrics").text();
    let samples = page.lines().filter(|line| line.starts_with("inos_arena_bytes_copied_total{"));
    samples.map(|line| line.rsplit(' ').next().unwrap().parse::<u64>().unwrap()).sum()
}

#[test]
fn a_unit_reads_and_writes_in_the_arena_itself() {
    let node = TestNode::start();
    let admin = node.admin();
    let arena = arena_of(&node);
    for len in [1, 1_000, 60_000, 100_000, 1 << 20] {
        let before = copied(&admin);
        let answer = admin.run("test.address", "", &vec![7; len]);
        assert_eq!(answer.status, 200, "{}", answer.text());
        for end in ["input", "output"] {
            let address = answer.json()[end].as_u64().unwrap();
            assert!(arena.contains(&address), "{end} of {len} bytes lies at {address:#x}, the arena at {arena:#x?}");
        }
        assert_eq!(copied(&admin) - before, len as u64, "a body of {len} bytes is copied once");
    }
}

#[test]
fn a_body_that_is_read_in_pieces_is_copied_once() {
    let node = TestNode::start();
    let admin = node.admin();
    for len in [100_000, 1 << 20, 5_000_000] {
        let before = copied(&admin);
        assert_eq!(admin.run("compute.blake3", "", &vec![7; len]).status, 200);
        assert_eq!(copied(&admin) - before, len as u64, "{len}");
    }
}
