//! The table of routes, its description and its paths say the same.

use std::collections::{BTreeMap, BTreeSet};

use inos_protocols::refusal::Kind;

use super::house::house;
use crate::{openapi, refusal::status, routes};

#[test]
fn each_row_is_described_and_nothing_else_is() {
    let described: serde_json::Value = serde_json::from_slice(&openapi()).unwrap();
    let mut wanted: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let rows = routes::table();
    for row in &rows {
        let method = row.method.as_str().to_ascii_lowercase();
        assert!(wanted.entry(row.described_path()).or_default().insert(method), "{} {} twice", row.method, row.path);
    }
    let paths = described["paths"].as_object().unwrap();
    let found: BTreeMap<String, BTreeSet<String>> = paths
        .iter()
        .map(|(path, methods)| (path.clone(), methods.as_object().unwrap().keys().cloned().collect()))
        .collect();
    assert_eq!(found, wanted);
    let operations: BTreeSet<_> = rows.iter().map(|row| row.operation).collect();
    assert_eq!(operations.len(), rows.len(), "an operation's id is unique");
}

#[test]
fn each_example_is_json_for_a_body_that_is() {
    for row in routes::table() {
        let Some(example) = row.example else { continue };
        assert!(serde_json::from_str::<serde_json::Value>(example).is_ok(), "{}", row.operation);
        assert!(row.takes.iter().any(|shape| shape.media == crate::media::JSON), "{}", row.operation);
    }
}

#[test]
fn every_reference_of_the_description_leads_somewhere() {
    let described: serde_json::Value = serde_json::from_slice(&openapi()).unwrap();
    let mut open = vec![&described];
    let mut seen = 0;
    while let Some(value) = open.pop() {
        match value {
            serde_json::Value::Object(members) => {
                if let Some(reference) = members.get("$ref").and_then(|reference| reference.as_str()) {
                    seen += 1;
                    assert!(described.pointer(&reference[1..]).is_some(), "{reference}");
                }
                open.extend(members.values());
            }
            serde_json::Value::Array(items) => open.extend(items),
            _ => {}
        }
    }
    assert!(seen > 20);
}

#[test]
fn every_kind_has_the_status_of_the_contract() {
    let contract = [
        ("unauthorized", 401),
        ("forbidden", 403),
        ("not-found", 404),
        ("unknown-unit", 404),
        ("unknown-method", 404),
        ("invalid-params", 422),
        ("malformed-capsule", 400),
        ("invalid-json", 400),
        ("unsupported-media-type", 415),
        ("payload-too-large", 413),
        ("insufficient-credits", 402),
        ("budget-exceeded", 402),
        ("idempotency-conflict", 409),
        ("job-not-cancellable", 409),
        ("conflict", 409),
        ("queue-full", 429),
        ("rate-limited", 429),
        ("overloaded", 503),
        ("database-unavailable", 503),
        ("storage-full", 507),
        ("keys-unavailable", 503),
        ("output-not-kept", 410),
        ("method-not-allowed", 405),
        ("not-acceptable", 406),
        ("body-timeout", 408),
        ("uri-too-long", 414),
        ("range-not-satisfiable", 416),
        ("headers-too-large", 431),
        ("deadline-exceeded", 504),
        ("internal", 500),
    ];
    for (slug, code) in contract {
        let kind = Kind::from_slug(slug).unwrap_or_else(|| panic!("{slug}"));
        assert_eq!(status(kind).as_u16(), code, "{slug}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_path_is_there_and_says_which_methods_it_has() {
    let house = house().await;
    for row in routes::table() {
        let path = row.path.replace("{unit}", "compute").replace("{method}", "blake3").replace("{slug}", "internal");
        let path = path.replace(['{', '}'], "");
        let takes = |method: &str| routes::table().iter().any(|other| other.path == row.path && other.method == method);
        let wrong = ["PATCH", "DELETE", "POST"].into_iter().find(|method| !takes(method)).unwrap();
        let answer = house.ask_openly(wrong, &path, &[], b"").await;
        assert_eq!(answer.status, 405, "{path}");
        let allowed = answer.header("allow").unwrap();
        assert!(allowed.split(", ").any(|method| method == row.method.as_str()), "{path}: {allowed}");
        assert_eq!(answer.json()["code"], "method-not-allowed");
        let listed = house.ask_openly("OPTIONS", &path, &[], b"").await;
        assert_eq!((listed.status, listed.header("allow")), (204, Some(allowed)));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_path_for_keys_refuses_whoever_shows_none() {
    let house = house().await;
    for row in routes::table().iter().filter(|row| row.scope().is_some()) {
        let path = row.path.replace(['{', '}'], "");
        let answer = house.ask_openly(row.method.as_str(), &path, &[], b"").await;
        assert_eq!(answer.status, 401, "{path}");
        assert!(answer.header("www-authenticate").unwrap().starts_with("Bearer"));
        let problem = answer.json();
        assert_eq!(problem["code"], "unauthorized");
        assert_eq!(problem["instance"], path);
        assert_eq!(problem["request_id"], answer.header("x-request-id").unwrap());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_without_the_scope_is_told_which_one_it_lacks() {
    let house = house().await;
    let mut bearers = Vec::new();
    for scope in ["regions", "blobs"] {
        let made = house.post_json("/v1/keys", &[], serde_json::json!({ "name": "weak", "scopes": [scope] })).await;
        assert_eq!(made.status, 201, "{}", made.text());
        bearers.push((scope, format!("Bearer {}", made.json()["secret"].as_str().unwrap())));
    }
    for row in routes::table() {
        let Some(Some(scope)) = row.scope() else { continue };
        let path = row.path.replace(['{', '}'], "");
        let (_, bearer) = bearers.iter().find(|(has, _)| *has != scope.word()).unwrap();
        let answer = house.ask_openly(row.method.as_str(), &path, &[("authorization", bearer)], b"").await;
        assert_eq!(answer.status, 403, "{path}");
        assert!(answer.json()["detail"].as_str().unwrap().contains(&format!("`{}`", scope.word())), "{path}");
    }
}
