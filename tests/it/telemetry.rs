//! Traces as a collector gets them: whose they are, what they tell, what they never tell, and that a collector that
//! is down, slow or silent is nobody's concern.

use std::time::{Duration, Instant};

use inos_protocols::{
    frame::{ClientFrame, ServerBody, Submission},
    job::Capsule,
};
use inos_tests::{
    Client, Options, Raw, TestNode,
    collector::{Collector, Manners, Span},
    until,
};
use rustix::process::Signal;
use serde_json::json;

use crate::socket::{Socket, capsule, receive, runtime, send, try_connect};

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const PARENT: &str = "00f067aa0ba902b7";
const TRACEPARENT: (&str, &str) = ("traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");
const UNSAMPLED: (&str, &str) = ("traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00");

fn to(collector: &Collector) -> Options {
    Options::default().with("otlp-endpoint", &collector.url())
}

/// The value of a figure of `/metrics`, labels included in the name; `None` where it is absent.
fn figure(client: &Client, name: &str) -> Option<u64> {
    let page = client.get("/metrics").text();
    page.lines().find_map(|line| line.strip_prefix(name)?.trim().parse().ok())
}

fn dropped(client: &Client) -> u64 {
    let of = |reason| figure(client, &format!("inos_otlp_spans_dropped_total{{reason=\"{reason}\"}}")).unwrap();
    of("overflow") + of("refused")
}

/// The steps below this one.
fn below<'a>(spans: &'a [Span], parent: &Span) -> Vec<&'a Span> {
    spans.iter().filter(|span| span.trace == parent.trace && span.parent == parent.id).collect()
}

/// A job's own step, and that it holds what it must.
fn job(collector: &Collector, id: &str, steps: &[&str]) -> Span {
    let job = collector.span(|span| span.get("inos.job.id") == id);
    let spans = collector.spans();
    let below = below(&spans, &job);
    for name in steps {
        let step = below.iter().find(|step| step.name == *name).unwrap_or_else(|| panic!("no step {name}: {below:?}"));
        assert!(step.times.0 <= step.times.1 && step.times.1 <= job.times.1, "{name}: {step:?} of {job:?}");
    }
    assert!(!job.is_server && job.times.0 <= job.times.1);
    job
}

#[test]
fn a_request_and_its_job_are_steps_of_the_clients_trace() {
    let collector = Collector::start();
    let node = TestNode::with(to(&collector).with("name", "watched"));
    for watched in ["/healthz", "/readyz", "/metrics"] {
        assert_eq!(node.admin().get(watched).status, 200);
    }
    let headers = [TRACEPARENT, ("x-request-id", "order-17")];
    let answer = node.admin().send("POST", "/v1/run/compute/blake3?encoding=raw", &headers, b"abc");
    assert_eq!(answer.status, 200, "{}", answer.text());
    let request = collector.span(|span| span.name == "POST /v1/run/{unit}/{method}");
    assert_eq!((request.trace.as_str(), request.parent.as_str()), (TRACE, PARENT));
    assert!(request.is_server && !request.failed);
    assert_eq!(request.get("http.request.method"), "POST");
    assert_eq!(request.get("http.route"), "/v1/run/{unit}/{method}");
    assert_eq!(request.get("http.response.status_code"), "200");
    assert_eq!(request.get("inos.request.id"), "order-17");
    let job = job(&collector, answer.header("inos-job-id").unwrap(), &["run", "settle"]);
    assert_eq!((&job.trace, &job.parent), (&request.trace, &request.id));
    assert_eq!(job.name, "compute.blake3");
    assert!(request.times.0 <= job.times.0 && job.times.1 <= request.times.1);
    for (name, wanted) in [
        ("inos.job.unit", "compute"),
        ("inos.job.method", "blake3"),
        ("inos.job.state", "succeeded"),
        ("inos.job.cost", answer.header("inos-cost").unwrap()),
        ("inos.job.bytes_in", "3"),
        ("inos.job.bytes_out", "32"),
    ] {
        assert_eq!(job.get(name), wanted, "{name}");
    }
    assert!(collector.spans().iter().all(|span| span.trace == TRACE), "who only watches is no trace");
    let resource = collector.resource();
    assert_eq!((resource["service.name"].as_str(), resource["inos.node.name"].as_str()), ("inos", "watched"));
    assert!(
        collector.heads().iter().all(|head| head.starts_with("POST /v1/traces HTTP/1.1")),
        "{:?}",
        collector.heads()
    );
}

#[test]
fn an_accepted_job_stays_in_the_trace_of_its_submission_also_over_a_kill() {
    let collector = Collector::start();
    let mut node = TestNode::with(to(&collector).with("workers", "1"));
    let submit = |client: &Client, ms: u64| {
        let capsule = json!({ "unit": "test", "method": "wait", "params": { "ms": ms } });
        let made = client.post_json_with("/v1/jobs", &[TRACEPARENT], &capsule);
        assert_eq!(made.status, 202, "{}", made.text());
        made.json()["id"].as_str().unwrap().to_owned()
    };
    let admin = node.admin();
    let (first, second) = (submit(&admin, 300), submit(&admin, 300));
    let requests = || collector.spans().into_iter().filter(|span| span.name == "POST /v1/jobs").collect::<Vec<_>>();
    until(Duration::from_secs(20), || requests().len() == 2);
    let is_of_submission = |job: &Span| {
        assert_eq!(
            (job.trace.as_str(), job.name.as_str(), job.get("inos.job.state")),
            (TRACE, "test.wait", "succeeded")
        );
        assert!(requests().iter().any(|request| request.id == job.parent), "{job:?}");
    };
    is_of_submission(&job(&collector, &first, &["run", "settle"]));
    is_of_submission(&job(&collector, &second, &["queue", "run", "settle"]));
    let third = submit(&admin, 5_000);
    until(Duration::from_secs(20), || requests().len() == 3);
    node.kill();
    node.restart();
    let again = job(&collector, &third, &["run", "settle"]);
    is_of_submission(&again);
    assert!(again.times.1 - again.times.0 >= 5_000_000_000, "it began with its submission: {again:?}");
}

/// Opens a socket, submits and waits for so many answers; gives the ids of the jobs that were run.
async fn submit(socket: &mut Socket, capsules: Vec<Capsule>) -> Vec<String> {
    let mut open = capsules.len();
    let submission = |(correlation, capsule)| Submission { correlation, capsule };
    send(socket, &ClientFrame::Submit((0..).zip(capsules).map(submission).collect())).await;
    let mut ids = Vec::new();
    while open > 0 {
        match receive(socket).await.body {
            ServerBody::Result(answers) => {
                open -= answers.len();
                ids.extend(answers.iter().map(|answer| answer.outcome.job.to_string()));
            }
            ServerBody::Problem(_) => open -= 1,
            _ => {}
        }
    }
    ids
}

#[test]
fn a_sockets_jobs_are_steps_of_its_clients_trace() {
    let collector = Collector::start();
    let node = TestNode::with(to(&collector));
    let key = node.admin_key();
    let unknown = Capsule { method: "canary".into(), ..capsule("abc") };
    // More than are tried by a worker first, so that some run where their bytes arrive.
    let capsules = (0..50).map(|_| capsule("abc")).chain([unknown]).collect();
    let ids = runtime().block_on(async {
        let mut socket = try_connect(&node, &key, "inos.capsule.v1", &[TRACEPARENT]).await.unwrap();
        submit(&mut socket, capsules).await
    });
    assert_eq!(ids.len(), 50);
    let opened = collector.span(|span| span.name == "GET /v1/ws");
    assert_eq!((opened.parent.as_str(), opened.get("http.response.status_code")), (PARENT, "101"));
    for id in &ids {
        let job = job(&collector, id, &["run", "settle"]);
        assert_eq!((job.trace.as_str(), &job.parent), (TRACE, &opened.id));
    }
    let refused = collector.span(|span| span.name == "refused");
    assert_eq!((&refused.parent, refused.get("error.type")), (&opened.id, "unknown-method"));
    assert!(!collector.holds(b"canary"));
}

#[test]
fn a_socket_without_a_trace_gives_each_job_one_of_its_own() {
    let collector = Collector::start();
    let node = TestNode::with(to(&collector));
    let key = node.admin_key();
    let ids = runtime().block_on(async {
        let mut socket = try_connect(&node, &key, "inos.capsule.v1", &[]).await.unwrap();
        submit(&mut socket, vec![capsule("a"), capsule("b")]).await
    });
    let opened = collector.span(|span| span.name == "GET /v1/ws");
    let jobs: Vec<_> = ids.iter().map(|id| job(&collector, id, &["run", "settle"])).collect();
    assert!(opened.parent.is_empty() && jobs.iter().all(|job| job.parent.is_empty()));
    assert!(jobs[0].trace != jobs[1].trace && jobs.iter().all(|job| job.trace != opened.trace));
    assert!(jobs.iter().all(|job| job.links == [opened.trace.clone()]));
}

#[test]
fn a_client_decides_for_its_traces_and_the_ratio_for_the_others() {
    let collector = Collector::start();
    let node = TestNode::with(to(&collector).with("otlp-sample-ratio", "0"));
    let run = |headers: &[(&str, &str)]| node.admin().send("POST", "/v1/run/compute/blake3", headers, b"abc");
    let unrecorded: Vec<_> = [&[][..], &[UNSAMPLED], &[("traceparent", "garbage")]].map(run).into_iter().collect();
    let recorded = run(&[TRACEPARENT]);
    let id = recorded.header("inos-job-id").unwrap();
    job(&collector, id, &["run", "settle"]);
    assert!(unrecorded.iter().all(|answer| answer.status == 200));
    // What was recorded last has come, so everything before it would have.
    assert!(collector.spans().iter().all(|span| span.trace == TRACE));
    assert_eq!(collector.spans().iter().filter(|span| span.is_server).count(), 1);
}

#[test]
fn what_is_exported_holds_no_secret_and_nothing_of_what_was_asked() {
    let collector = Collector::start();
    let headers = "authorization=Bearer header-canary-1,x-tenant=t1";
    let mut node = TestNode::with(to(&collector).with("otlp-headers", headers).with("log-level", "trace"));
    let admin = node.admin();
    let with = |status: u16, answer: inos_tests::Answer| assert_eq!(answer.status, status, "{}", answer.text());
    with(422, admin.run("compute.blake3", "?canary=canary", b"canary"));
    with(200, admin.send("POST", "/v1/run/compute/blake3", &[("idempotency-key", "canary")], b"canary"));
    with(404, admin.get("/v1/canary?canary=canary"));
    with(404, admin.run("canary.canary", "", b""));
    with(401, admin.get("/v1/ws?ticket=canary"));
    let own = format!("CANARY /v1/jobs HTTP/1.0\r\nhost: x\r\nauthorization: Bearer {}\r\n\r\n", admin.key);
    assert!(Raw::connect(node.address()).send(own).read_to_end().contains("405"));
    with(401, admin.with_key("inos_canarycanary_canarycanarycanary").get("/v1/jobs"));
    with(500, admin.run("test.panic", "", b"canary"));
    let capsule = json!({
        "unit": "compute", "method": "blake3", "inputs": [{ "text": "canary" }],
        "labels": { "canary": "canary" }, "idempotency_key": "canary-2",
    });
    let made = admin.post_json_with("/v1/jobs", &[("prefer", "wait=10")], &capsule);
    with(200, made);
    with(200, admin.send("GET", "/v1/account", &[("user-agent", "canary"), ("referer", "canary")], b""));
    collector.span(|span| span.name == "GET /v1/account");
    let broken = collector.span(|span| span.get("inos.job.method") == "panic");
    assert!(broken.failed && broken.get("error.type") == "internal", "{broken:?}");
    let request = collector.span(|span| span.get("http.response.status_code") == "500");
    assert!(request.failed && request.get("error.type") == "500", "{request:?}");
    let secret = admin.key.rsplit('_').next().unwrap();
    for canary in ["canary", "CANARY", secret, "panicked"] {
        assert!(!collector.holds(canary.as_bytes()), "{canary}");
    }
    let heads = collector.heads();
    assert!(
        heads.iter().all(|head| head.contains("Bearer header-canary-1") && head.contains("x-tenant: t1")),
        "{heads:?}"
    );
    assert_eq!(node.stop(), Some(0));
    assert!(!node.log().contains("header-canary"));
}

#[test]
fn nothing_is_exported_unless_it_is_asked_for() {
    let collector = Collector::start();
    let mut options = Options::default();
    for name in ["OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"] {
        options.env.push((name.into(), collector.url()));
    }
    let mut node = TestNode::with(options);
    let admin = node.admin();
    assert_eq!(admin.send("POST", "/v1/run/compute/blake3", &[TRACEPARENT], b"abc").status, 200);
    assert!(!admin.get("/metrics").text().contains("inos_otlp"));
    assert_eq!(node.stop(), Some(0));
    assert_eq!(collector.connections(), 0);
}

/// Runs so many jobs in batches; fails where one is not answered as it should be.
fn run_many(client: &Client, batches: usize) {
    let batch = json!(vec![json!({ "unit": "compute", "method": "blake3", "inputs": [{ "text": "abc" }] }); 1_000]);
    for _ in 0..batches {
        let answer = client.post_json("/v1/batches", &batch);
        let items = answer.json()["items"].as_array().unwrap().clone();
        assert!(items.len() == 1_000 && items.iter().all(|item| item["outcome"]["state"] == "succeeded"));
    }
}

#[test]
fn a_silent_collector_costs_spans_and_nothing_else() {
    let collector = Collector::with(Manners::Silent);
    let mut node = TestNode::with(to(&collector));
    let admin = node.admin();
    let begun = Instant::now();
    // Three steps of each job or more: well over what waits and what is under way.
    run_many(&admin, 5);
    for _ in 0..50 {
        assert_eq!(admin.run("compute.blake3", "", b"abc").status, 200);
    }
    // A single request that waited for the collector would have taken this long.
    assert!(begun.elapsed() < 50 * Duration::from_secs(5), "{:?}", begun.elapsed());
    until(Duration::from_secs(10), || collector.connections() > 0);
    let lost = dropped(&admin);
    assert!(lost > 0);
    assert_eq!(figure(&admin, "inos_otlp_spans_exported_total"), Some(0));
    until(Duration::from_secs(60), || node.log().contains("the collector takes no spans"));
    assert!(dropped(&admin) > lost, "a message that was given up is counted");
    run_many(&admin, 1);
    let asked = Instant::now();
    node.signal(Signal::TERM);
    assert_eq!(node.ends_within(Duration::from_secs(20)), Some(0), "after {:?}", asked.elapsed());
    assert_eq!(node.log().matches("collector takes").count(), 1, "{}", node.log());
    node.assert_clean();
}

#[test]
fn a_collector_that_comes_back_is_told_of_again_and_each_change_once() {
    let collector = Collector::with(Manners::Says(503));
    let node = TestNode::with(to(&collector));
    let admin = node.admin();
    let said = |wanted: &str| node.log().matches(wanted).count();
    let run = || assert_eq!(admin.run("compute.blake3", "", b"abc").status, 200);
    run();
    until(Duration::from_secs(30), || said("the collector takes no spans") == 1);
    let (attempts, lost) = (collector.heads().len(), dropped(&admin));
    assert!(attempts >= 2, "it was tried again");
    run();
    until(Duration::from_secs(30), || collector.heads().len() > attempts);
    collector.behave(Manners::Refuses(1));
    until(Duration::from_secs(60), || {
        run();
        said("the collector takes spans again") == 1
    });
    assert!(dropped(&admin) > lost, "what the collector took only in part is counted");
    assert!(figure(&admin, "inos_otlp_spans_exported_total") > Some(0));
    assert_eq!((said("the collector takes no spans"), said("takes spans again")), (1, 1));
}

#[test]
fn a_stop_sends_what_waits() {
    let collector = Collector::start();
    let mut node = TestNode::with(to(&collector).with("drain", "0s"));
    let answer = node.admin().send("POST", "/v1/run/compute/blake3", &[TRACEPARENT], b"abc");
    assert_eq!((answer.status, node.stop()), (200, Some(0)));
    let spans = collector.spans();
    assert!(spans.iter().any(|span| Some(span.get("inos.job.id")) == answer.header("inos-job-id")), "{spans:?}");
}

#[test]
fn a_client_that_goes_away_leaves_its_request_and_its_job_in_the_trace() {
    use std::io::Write;
    let collector = Collector::start();
    let node = TestNode::with(to(&collector));
    let admin = node.admin();
    let head = format!(
        "POST /v1/run/test/wait?ms=500 HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {}\r\n{}: {}\r\ncontent-length: 0\r\n\r\n",
        admin.key, TRACEPARENT.0, TRACEPARENT.1,
    );
    let mut stream = std::net::TcpStream::connect(node.address()).unwrap();
    stream.write_all(head.as_bytes()).unwrap();
    until(Duration::from_secs(10), || admin.get("/v1/stats").json()["jobs"]["running"] == 1);
    drop(stream);
    let request = collector.span(|span| span.is_server && span.trace == TRACE);
    assert_eq!((request.get("error.type"), request.get("http.response.status_code")), ("client-gone", ""));
    let job = collector.span(|span| span.get("inos.job.method") == "wait");
    assert_eq!((&job.parent, job.get("inos.job.state")), (&request.id, "succeeded"));
}

#[test]
fn an_endpoint_that_is_none_ends_the_start_and_repeats_no_key() {
    for (name, value) in [
        ("otlp-endpoint", "collector:4318"),
        ("otlp-endpoint", "ftp://collector"),
        ("otlp-endpoint", "http://user:canary@collector:4318"),
        ("otlp-endpoint", "http://collector:4318/?key=canary"),
        ("otlp-headers", "canary"),
        ("otlp-sample-ratio", "2"),
        ("otlp-sample-ratio", "NaN"),
    ] {
        let output = inos_tests::inos().args(["serve", &format!("--{name}"), value]).output().unwrap();
        let told = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(78), "{value}: {told}");
        assert!(told.contains(name) && !told.contains("canary"), "{value}: {told}");
    }
}
