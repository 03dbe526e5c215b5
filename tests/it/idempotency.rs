//! The same wish twice is one job: in sequence, at the same moment, by another door and after a restart.

use std::{
    collections::{BTreeMap, HashSet},
    sync::Mutex,
};

use inos_protocols::{
    Hash,
    frame::{ClientFrame, ServerBody, Submission},
    job::Capsule,
};
use inos_tests::{Answer, Client, Options, TestNode, meddle};
use serde_json::{Value, json};

use crate::socket;

crate::on_both! {
    a_repeated_submission_is_the_first_job,
    two_hundred_at_once_make_one_job_and_one_charge,
    a_key_belongs_to_its_account_and_survives_a_kill,
    a_key_is_free_again_after_its_day,
    a_key_that_is_no_text_is_refused_and_costs_nothing,
    keys_in_one_frame_are_as_good_as_keys_in_many,
}

fn capsule(text: &str) -> Value {
    json!({ "unit": "compute", "method": "blake3", "inputs": [{ "text": text }] })
}

fn ask(client: &Client, key: &str, capsule: &Value) -> Answer {
    client.post_json_with("/v1/jobs", &[("idempotency-key", key), ("prefer", "wait=20")], capsule)
}

fn id(answer: &Answer) -> String {
    assert!([200, 202].contains(&answer.status), "{}", answer.text());
    answer.json()["id"].as_str().unwrap().to_owned()
}

fn replayed(answer: &Answer) -> bool {
    answer.header("idempotency-replayed") == Some("true")
}

fn a_repeated_submission_is_the_first_job(options: Options) {
    let node = TestNode::with(options);
    let admin = node.admin();
    let first = ask(&admin, "k", &capsule("abc"));
    let (job, balance) = (id(&first), admin.balance());
    assert!(!replayed(&first));
    for _ in 0..1000 {
        let again = ask(&admin, "k", &capsule("abc"));
        assert_eq!((id(&again), replayed(&again)), (job.clone(), true));
        assert_eq!(again.header("location"), first.header("location"));
    }
    // The key may stand in the capsule, and the other door knows it, too.
    let mut inside = capsule("abc");
    inside["idempotency_key"] = "k".into();
    assert_eq!(id(&admin.post_json("/v1/jobs", &inside)), job);
    let ran = admin.send("POST", "/v1/run/compute/blake3", &[("idempotency-key", "k")], b"abc");
    assert_eq!((ran.header("inos-job-id"), replayed(&ran)), (Some(job.as_str()), true));
    assert_eq!(admin.balance(), balance);
    let mut other = capsule("abc");
    other["params"] = json!({ "length": 16 });
    for other in
        [capsule("abcd"), other, json!({ "unit": "compute", "method": "sha256", "inputs": [{ "text": "abc" }] })]
    {
        let refused = ask(&admin, "k", &other);
        assert_eq!((refused.status, refused.code()), (409, "idempotency-conflict".into()), "{other}");
    }
    inside["idempotency_key"] = "other".into();
    assert_eq!(ask(&admin, "k", &inside).status, 422, "two keys are none");
    assert_eq!(admin.balance(), balance);
}

fn two_hundred_at_once_make_one_job_and_one_charge(options: Options) {
    let node = TestNode::with(options);
    let admin = node.admin();
    let before = admin.balance();
    let (ids, firsts) = (Mutex::new(HashSet::new()), Mutex::new(0));
    let barrier = std::sync::Barrier::new(200);
    std::thread::scope(|scope| {
        for _ in 0..200 {
            scope.spawn(|| {
                barrier.wait();
                let answer = ask(&admin, "race", &capsule("abc"));
                ids.lock().unwrap().insert(id(&answer));
                *firsts.lock().unwrap() += u32::from(!replayed(&answer));
            });
        }
    });
    let ids = ids.into_inner().unwrap();
    assert_eq!((ids.len(), *firsts.lock().unwrap()), (1, 1));
    let job = admin.get(&format!("/v1/jobs/{}", ids.iter().next().unwrap())).json();
    assert_eq!(job["state"], "succeeded", "{job}");
    assert_eq!(before - admin.balance(), job["cost"].as_u64().unwrap());
    assert_eq!(admin.get("/v1/account").json()["held"], 0);
}

fn a_key_belongs_to_its_account_and_survives_a_kill(options: Options) {
    let mut node = TestNode::with(options);
    let (mut alice, bob) = (node.account("alice", 1_000_000), node.account("bob", 1_000_000));
    let (first, other) = (ask(&alice, "k", &capsule("abc")), ask(&bob, "k", &capsule("abcd")));
    assert_ne!(id(&first), id(&other));
    assert!(!replayed(&other));
    let balance = alice.balance();
    node.kill();
    node.restart();
    alice = Client::new(&node.url(), &alice.key);
    let again = ask(&alice, "k", &capsule("abc"));
    assert_eq!((id(&again), replayed(&again)), (id(&first), true));
    assert_eq!(ask(&alice, "k", &capsule("abcd")).code(), "idempotency-conflict");
    assert_eq!(alice.balance(), balance);
}

fn a_key_is_free_again_after_its_day(options: Options) {
    let node = TestNode::with(options);
    let admin = node.admin();
    let first = ask(&admin, "k", &capsule("abc"));
    let balance = admin.balance();
    assert!(replayed(&ask(&admin, "k", &capsule("abc"))));
    // As if a day had passed: what counts is the time in the row.
    meddle(&node.database_url(), "UPDATE idempotency SET expires = expires - 24 * 3600 * 1000");
    let next = ask(&admin, "k", &capsule("another wish"));
    assert_ne!(id(&next), id(&first));
    assert!(!replayed(&next) && admin.balance() < balance);
    assert_eq!(id(&ask(&admin, "k", &capsule("another wish"))), id(&next));
}

fn a_key_that_is_no_text_is_refused_and_costs_nothing(options: Options) {
    let node = TestNode::with(options);
    let admin = node.admin();
    let before = admin.balance();
    let mut asked = capsule("abc");
    asked["idempotency_key"] = json!("a\0b");
    let refused = admin.post_json("/v1/jobs", &asked);
    assert_eq!((refused.status, refused.code().as_str()), (422, "invalid-params"), "{}", refused.text());
    assert_eq!(refused.json()["errors"][0]["pointer"], "/idempotency_key");
    assert_eq!(admin.balance(), before);
}

/// What becomes of capsules of one frame, as the cost and job of each, or the code of its refusal.
async fn sent(socket: &mut socket::Socket, wishes: &[(&str, &[u8])]) -> BTreeMap<u64, Result<(String, u64), String>> {
    let submission = |(at, (key, text)): (usize, &(&str, &[u8]))| {
        let capsule = socket::capsule(text.to_vec());
        Submission { correlation: at as u64, capsule: Capsule { idempotency_key: Some((*key).to_owned()), ..capsule } }
    };
    socket::send(socket, &ClientFrame::Submit(wishes.iter().enumerate().map(submission).collect())).await;
    let mut told = BTreeMap::new();
    while told.len() < wishes.len() {
        match socket::receive(socket).await.body {
            ServerBody::Result(answers) => told.extend(answers.into_iter().map(|answer| {
                let outcome = answer.outcome;
                let hash = Hash::of(wishes[answer.correlation as usize].1).to_string();
                assert_eq!(outcome.outputs[0].bytes, hash);
                (answer.correlation, Ok((outcome.job.to_string(), outcome.cost.get())))
            })),
            ServerBody::Problem(trouble) => {
                told.insert(trouble.correlation().unwrap(), Err(trouble.problem.code.to_string()));
            }
            _ => {}
        }
    }
    told
}

fn keys_in_one_frame_are_as_good_as_keys_in_many(options: Options) {
    let mut node = TestNode::with(options);
    let (admin, key) = (node.admin(), node.admin_key());
    let before = admin.balance();
    // A hundred keys, one of them twice, one with another wish, and one that is none.
    let names: Vec<_> = (0..100).map(|number| format!("k{number}")).collect();
    let mut wishes: Vec<(&str, &[u8])> = names.iter().map(|name| (name.as_str(), name.as_bytes())).collect();
    wishes.extend([("k7", &b"k7"[..]), ("k8", b"another"), ("a\0b", b"abc")]);
    let first = socket::runtime().block_on(async {
        let mut socket = socket::connect(&node, &key, "inos.capsule.v1").await;
        let first = sent(&mut socket, &wishes).await;
        assert_eq!(sent(&mut socket, &wishes).await, first, "the same frame again");
        first
    });
    assert_eq!(first[&100], first[&7], "one key is one job");
    assert_eq!(first[&101], Err("idempotency-conflict".into()));
    assert_eq!(first[&102], Err("invalid-params".into()));
    let jobs: BTreeMap<_, _> = first.values().filter_map(|one| one.clone().ok()).collect();
    assert_eq!(jobs.len(), 100);
    assert_eq!(before - admin.balance(), jobs.values().sum::<u64>(), "each was paid for once");
    // Any other door knows them, also after a kill.
    node.kill();
    node.restart();
    let again = node.admin().send("POST", "/v1/run/compute/blake3", &[("idempotency-key", "k42")], b"k42");
    let job = &first[&42].as_ref().unwrap().0;
    assert_eq!((again.header("inos-job-id"), replayed(&again)), (Some(job.as_str()), true));
}
