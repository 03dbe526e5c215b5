//! Every path that `/openapi.json` names, asked in the ways that are true of all of them.

use std::collections::BTreeSet;

use inos_tests::{Answer, Client, Options, TestNode};
use serde_json::{Value, json};

/// What needs no key.
const PUBLIC: &[&str] = &[
    "/",
    "/console",
    "/console/",
    "/console/{file}",
    "/docs",
    "/healthz",
    "/llms.txt",
    "/metrics",
    "/openapi.json",
    "/problems",
    "/problems/{slug}",
    "/readyz",
    "/v1/node",
    "/v1/units",
    "/v1/units/{unit}",
    "/v1/units/{unit}/{method}",
    "/version",
];

/// Why a request may be refused, as the contract has it.
const SLUGS: &[&str] = &[
    "unauthorized",
    "forbidden",
    "not-found",
    "unknown-unit",
    "unknown-method",
    "invalid-params",
    "malformed-capsule",
    "invalid-json",
    "unsupported-media-type",
    "payload-too-large",
    "insufficient-credits",
    "budget-exceeded",
    "idempotency-conflict",
    "job-not-cancellable",
    "conflict",
    "queue-full",
    "rate-limited",
    "overloaded",
    "database-unavailable",
    "storage-full",
    "keys-unavailable",
    "output-not-kept",
    "method-not-allowed",
    "not-acceptable",
    "body-timeout",
    "uri-too-long",
    "range-not-satisfiable",
    "headers-too-large",
    "deadline-exceeded",
    "internal",
];

/// One operation of the description.
pub(crate) struct Operation {
    pub(crate) path: String,
    pub(crate) method: String,
    pub(crate) is_open: bool,
    pub(crate) is_admins: bool,
}

impl Operation {
    /// The path with names that stand for nothing.
    pub(crate) fn any(&self) -> String {
        let path = self.path.replace("{unit}", "compute").replace("{method}", "blake3").replace("{slug}", "conflict");
        path.replace(['{', '}'], "")
    }
}

pub(crate) fn description(node: &TestNode) -> Value {
    Client::new(&node.url(), "").get("/openapi.json").json()
}

pub(crate) fn operations(description: &Value) -> Vec<Operation> {
    let paths = description["paths"].as_object().unwrap().iter();
    let all = paths.flat_map(|(path, methods)| {
        methods.as_object().unwrap().iter().map(move |(method, about)| Operation {
            path: path.clone(),
            method: method.to_uppercase(),
            is_open: about["security"] == json!([]),
            is_admins: about["security"].to_string().contains("\"admin\""),
        })
    });
    all.collect()
}

#[test]
fn the_description_is_openapi_3_1_and_each_of_its_references_leads_somewhere() {
    let node = TestNode::start();
    let description = description(&node);
    assert!(description["openapi"].as_str().unwrap().starts_with("3.1."));
    let (mut open, mut seen) = (vec![&description], 0);
    while let Some(value) = open.pop() {
        if let Some(reference) = value["$ref"].as_str() {
            seen += 1;
            assert!(description.pointer(reference.strip_prefix('#').unwrap()).is_some(), "{reference}");
        }
        match value {
            Value::Object(members) => open.extend(members.values()),
            Value::Array(items) => open.extend(items),
            _ => {}
        }
    }
    assert!(seen > 20, "{seen}");
    let ids: BTreeSet<_> = description["paths"]
        .as_object()
        .unwrap()
        .values()
        .flat_map(|methods| methods.as_object().unwrap().values().map(|about| about["operationId"].as_str().unwrap()))
        .collect();
    assert_eq!(ids.len(), operations(&description).len(), "an operation's id is its own");
}

#[test]
fn whatever_is_not_public_wants_a_key() {
    let node = TestNode::start();
    let nobody = Client::new(&node.url(), "");
    for operation in operations(&description(&node)) {
        let answer = nobody.send(&operation.method, &operation.any(), &[], b"");
        let is_public = PUBLIC.contains(&operation.path.as_str());
        if is_public {
            assert!(operation.is_open && answer.status == 200, "{}: {}", operation.path, answer.text());
        } else {
            assert_eq!((answer.status, answer.code()), (401, "unauthorized".into()), "{}", operation.path);
            assert!(answer.header("www-authenticate").unwrap().starts_with("Bearer"));
        }
    }
}

#[test]
fn a_path_says_which_methods_it_takes_and_no_other_path_is_there() {
    let node = TestNode::start();
    let admin = node.admin();
    let description = description(&node);
    for (path, methods) in description["paths"].as_object().unwrap() {
        let any = Operation { path: path.clone(), method: String::new(), is_open: true, is_admins: false }.any();
        let mut wanted: BTreeSet<String> =
            methods.as_object().unwrap().keys().map(|method| method.to_uppercase()).collect();
        let wrong = ["PATCH", "DELETE", "PUT", "POST"].into_iter().find(|method| !wanted.contains(*method)).unwrap();
        let answer = admin.send(wrong, &any, &[], b"");
        assert_eq!((answer.status, answer.code()), (405, "method-not-allowed".into()), "{wrong} {path}");
        if wanted.contains("GET") {
            wanted.insert("HEAD".into());
        }
        wanted.insert("OPTIONS".into());
        let allowed: BTreeSet<String> = answer.header("allow").unwrap().split(", ").map(str::to_owned).collect();
        assert_eq!(allowed, wanted, "{path}");
    }
    for path in [
        "/v1",
        "/v2/jobs",
        "/v1/jobs/",
        "/v1/admin",
        "/v1/regions/x/y",
        "/debug/pprof",
        "/.env",
        "/problems/no-such",
        "//v1/jobs",
    ] {
        let answer = admin.get(path);
        assert_eq!((answer.status, answer.code()), (404, "not-found".into()), "{path}");
    }
}

#[test]
fn whatever_is_refused_is_a_problem_that_shows_no_inside() {
    let node = TestNode::with(Options::default().with("connections-max", "256"));
    let admin = node.admin();
    for operation in operations(&description(&node)).iter().filter(|operation| operation.method != "GET") {
        for (kind, body) in [
            ("application/json", "{\"no\":"),
            ("application/capnp", "\0\0\0\x3d"),
            ("text/csv", "a,b"),
            ("application/json", "[]"),
        ] {
            let answer = admin.send(&operation.method, &operation.any(), &[("content-type", kind)], body.as_bytes());
            if answer.status < 400 {
                continue;
            }
            assert!(answer.status < 500, "{} {} {kind}: {}", operation.method, operation.path, answer.text());
            answer.code();
            let problem = answer.json();
            assert_eq!(problem["instance"], operation.any(), "{problem}");
            assert_eq!(problem["request_id"], answer.header("x-request-id").unwrap(), "{problem}");
            for inside in [".rs:", "panicked", "sqlx", "SELECT ", "/server/"] {
                assert!(!answer.text().contains(inside), "{problem}");
            }
        }
    }
}

#[test]
fn every_problem_has_a_page() {
    let node = TestNode::start();
    let nobody = Client::new(&node.url(), "");
    let listed = nobody.send("GET", "/problems", &[("accept", "application/json")], b"").json();
    let listed: BTreeSet<String> =
        listed.as_array().unwrap().iter().map(|kind| kind["slug"].as_str().unwrap().to_owned()).collect();
    assert!(SLUGS.iter().all(|slug| listed.contains(*slug)), "{listed:?}");
    for slug in &listed {
        let page = nobody.get(&format!("/problems/{slug}"));
        assert_eq!((page.status, page.header("content-type")), (200, Some("text/html; charset=utf-8")), "{slug}");
        assert!(page.text().contains(slug.as_str()));
    }
}

/// A problem without what is the request's own: its number, its path, and the name that it asked for.
fn without_names(answer: &Answer) -> Value {
    let mut problem = answer.json();
    let members = problem.as_object_mut().unwrap();
    members.remove("request_id");
    let path = members.remove("instance").unwrap();
    let asked = path.as_str().unwrap().rsplit('/').find(|part| part.len() >= 32);
    let text = problem.to_string();
    serde_json::from_str(&asked.map_or(text.clone(), |name| text.replace(name, "NAME"))).unwrap()
}

#[test]
fn whatever_another_account_has_is_as_absent_as_what_never_was() {
    let node = TestNode::start();
    let (alice, bob) = (node.account("alice", 1_000_000), node.account("bob", 1_000_000));
    let capsule = json!({ "unit": "compute", "method": "blake3", "inputs": [{ "text": "secret" }] });
    let job =
        alice.post_json_with("/v1/jobs", &[("prefer", "wait=10")], &capsule).json()["id"].as_str().unwrap().to_owned();
    let blob = alice.send("PUT", "/v1/blobs", &[], b"alice's bytes").json()["hash"].as_str().unwrap().to_owned();
    let key = alice.get("/v1/keys").json()["items"][0]["id"].as_str().unwrap().to_owned();
    let account = alice.get("/v1/account").json()["id"].as_str().unwrap().to_owned();
    let nothing = inos_protocols::Hash::of(b"never stored").to_string();
    let never = |id: &str| {
        format!(
            "{}_{}",
            id.split('_').next().unwrap(),
            inos_protocols::JobId::new().to_string().split('_').nth(1).unwrap()
        )
    };
    let mut asked = 0;
    for operation in operations(&description(&node)) {
        let Operation { path, method, is_admins, .. } = &operation;
        let (real, absent) = match path {
            path if path.contains("/jobs/{id}") => (job.clone(), never(&job)),
            path if path.contains("/keys/{id}") => (key.clone(), never(&key)),
            path if path.contains("/accounts/{id}") => (account.clone(), never(&account)),
            path if path.contains("{hash}") && method != "PUT" => (blob.clone(), nothing.clone()),
            _ => {
                assert!(!path.contains("{id}"), "{path} takes an id that this test does not know");
                continue;
            }
        };
        asked += 1;
        let ask = |id: &str| {
            let path = path.replace("{id}", id).replace("{hash}", id).replace("{n}", "0");
            let body: &[u8] = if *is_admins { b"{\"amount\":1}" } else { b"{}" };
            bob.send(method, &path, &[("content-type", "application/json")], body)
        };
        let (real, absent) = (ask(&real), ask(&absent));
        assert_eq!(without_names(&real), without_names(&absent), "{method} {path}");
        let wanted = if *is_admins { (403, "forbidden".to_owned()) } else { (404, "not-found".to_owned()) };
        assert_eq!((real.status, real.code()), wanted, "{method} {path}");
        assert_eq!((absent.status, absent.code()), wanted, "{method} {path}");
    }
    assert!(asked >= 8, "{asked}");
    assert_eq!(alice.get(&format!("/v1/jobs/{job}")).json()["state"], "succeeded");
    assert_eq!(alice.get(&format!("/v1/blobs/{blob}")).body, b"alice's bytes");
    assert_eq!(alice.get("/v1/keys").status, 200, "her key was not revoked");
    let inputs = |input: Value| json!({ "unit": "compute", "method": "blake3", "inputs": [input] });
    for stolen in [json!({ "job": job, "output": 0 }), json!({ "blob": blob })] {
        let answer = bob.post_json("/v1/jobs", &inputs(stolen.clone()));
        assert!([400, 404].contains(&answer.status), "{stolen}: {}", answer.text());
        answer.code();
    }
    for list in ["/v1/jobs", "/v1/blobs"] {
        assert_eq!(bob.get(list).json()["items"], json!([]), "{list}");
    }
}
