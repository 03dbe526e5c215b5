//! The description against the server: a body that the description does not allow is refused, whatever is wrong with
//! it, and no body of any kind breaks anything. Operations, schemas and first bodies all come from `/openapi.json`.

use inos_tests::{Answer, Client, TestNode};
use serde_json::{Map, Value, json};

use crate::routes::description;

/// An operation that takes JSON.
struct Taker {
    method: String,
    path: String,
    example: Value,
    schema: Value,
}

/// Every operation with a JSON body.
fn takers(description: &Value) -> Vec<Taker> {
    let mut takers = Vec::new();
    for (path, methods) in description["paths"].as_object().unwrap() {
        for (method, about) in methods.as_object().unwrap() {
            let body = &about["requestBody"]["content"]["application/json"];
            // What is bytes to the description is another protocol's, and that one's tests are elsewhere.
            if body.is_null() || body["schema"]["format"] == "binary" {
                continue;
            }
            let mut schema = body["schema"].clone();
            // What it refers to lies beside it, as in the description.
            schema["components"] = description["components"].clone();
            assert!(!body["example"].is_null(), "{method} {path} has no first body to try");
            let path = path.replace("{id}", "acc_01890000000070008000000000000000");
            takers.push(Taker { method: method.to_uppercase(), path, example: body["example"].clone(), schema });
        }
    }
    takers
}

/// Values that fit few fields.
fn odd_values() -> Vec<Value> {
    let deep = (0..120).fold(json!([]), |inside, _| json!([inside]));
    vec![
        json!(null),
        json!(true),
        json!(-1),
        json!(1.5),
        json!(256),
        json!(9_007_199_254_740_993u64),
        json!(u64::MAX),
        json!(1e300),
        json!(""),
        json!("x"),
        json!("\u{0}\u{202e}\u{ffff}"),
        json!("9".repeat(100_000)),
        json!([]),
        json!([[]]),
        json!([null]),
        json!({}),
        json!({ "no_such_field": 1 }),
        deep,
    ]
}

/// The names that a schema knows at its top.
fn properties(schema: &Value) -> Vec<String> {
    let reference = schema["$ref"].as_str().and_then(|reference| reference.strip_prefix('#'));
    let own = reference.and_then(|reference| schema.pointer(reference)).unwrap_or(schema);
    own["properties"].as_object().into_iter().flat_map(Map::keys).cloned().collect()
}

/// The pointers to everything within a value, itself first.
fn places(value: &Value, at: String, all: &mut Vec<String>) {
    all.push(at.clone());
    match value {
        Value::Object(members) => members.iter().for_each(|(name, inside)| places(inside, format!("{at}/{name}"), all)),
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(index, inside)| places(inside, format!("{at}/{index}"), all));
        }
        _ => {}
    }
}

/// Bodies that are like the example but for one thing.
fn variations(example: &Value, known: &[String]) -> Vec<Value> {
    let mut all = Vec::new();
    let mut pointers = Vec::new();
    places(example, String::new(), &mut pointers);
    for pointer in &pointers {
        for odd in odd_values() {
            let mut body = example.clone();
            *body.pointer_mut(pointer).unwrap() = odd;
            all.push(body);
        }
        let mut body = example.clone();
        if let Some(members) = body.pointer_mut(pointer).unwrap().as_object_mut() {
            members.insert("no_such_field".into(), json!(1));
            all.push(body.clone());
        }
        let Some((parent, name)) = pointer.rsplit_once('/') else { continue };
        let mut body = example.clone();
        if let Some(members) = body.pointer_mut(parent).unwrap().as_object_mut() {
            members.remove(name);
            all.push(body);
        }
    }
    for name in known.iter().filter(|name| example.is_object() && example.get(name.as_str()).is_none()) {
        for odd in odd_values() {
            let mut body = example.clone();
            body[name] = odd;
            all.push(body);
        }
    }
    all
}

fn send(client: &Client, taker: &Taker, body: &[u8]) -> Answer {
    client.send(&taker.method, &taker.path, &[("content-type", "application/json")], body)
}

/// The answer's status, and that a refusal is a problem which shows no inside.
fn status(taker: &Taker, answer: &Answer, body: &str) -> u16 {
    let shown = &body[..body.floor_char_boundary(300)];
    assert!(answer.status < 500, "{} {} {shown}: {}", taker.method, taker.path, answer.text());
    if answer.status >= 400 {
        answer.code();
        for inside in [".rs:", "panicked", "sqlx", "SELECT ", "/server/"] {
            assert!(!answer.text().contains(inside), "{}", answer.text());
        }
    }
    answer.status
}

#[test]
fn a_body_that_the_description_does_not_allow_is_refused() {
    let node = TestNode::start();
    let admin = node.admin();
    let takers = takers(&description(&node));
    assert!(takers.len() >= 6, "{}", takers.len());
    for taker in &takers {
        let validator = jsonschema::validator_for(&taker.schema).unwrap();
        assert!(validator.is_valid(&taker.example), "{} {}: the first body to try", taker.method, taker.path);
        let (mut refused, mut taken) = (0, 0);
        for body in variations(&taker.example, &properties(&taker.schema)) {
            let text = body.to_string();
            let answer = send(&admin, taker, text.as_bytes());
            let shown = &text[..text.floor_char_boundary(300)];
            let status = status(taker, &answer, &text);
            if validator.is_valid(&body) {
                taken += 1;
                continue;
            }
            refused += 1;
            // A batch as a whole is taken in where only some of it is wrong, and that is answered alone.
            let alone = answer.json()["items"]
                .as_array()
                .is_some_and(|items| items.iter().any(|item| !item["problem"].is_null()));
            assert!(status >= 400 || alone, "{} {} took {shown}: {}", taker.method, taker.path, answer.text());
        }
        println!("{} {}: {refused} bodies are not allowed, {taken} are", taker.method, taker.path);
        assert!(refused > 20, "{} {}: {refused}", taker.method, taker.path);
    }
    assert!(!node.log().contains("panicked"), "{}", node.log());
    assert_eq!(admin.run("compute.blake3", "", b"abc").status, 200);
}

#[test]
fn what_is_no_json_is_refused_everywhere() {
    let node = TestNode::start();
    let admin = node.admin();
    for taker in &takers(&description(&node)) {
        let good = taker.example.to_string();
        let first = taker.example.as_object().and_then(|members| members.iter().next());
        let doubled = first.map(|(name, value)| format!("{{\"{name}\":{value},{}", &good[1..]));
        let number = |number: &str| format!("{{\"amount\":{number},\"credits\":{number},\"budget\":{number}}}");
        let mut bodies = vec![
            String::new(),
            good[..good.len() - 1].to_owned(),
            format!("{good}x"),
            format!("{good}{good}"),
            format!("\u{feff}{good}"),
            "[".repeat(100_000),
            "{\"a\":".repeat(100_000),
            "{\"a\":\"\\ud800\"}".into(),
            "nul".into(),
        ];
        bodies.extend(doubled);
        bodies.extend(["1e400", "-1e400", "NaN", "Infinity", "-", "01", "1.", "0x1"].map(number));
        for body in bodies {
            let answer = send(&admin, taker, body.as_bytes());
            let shown = &body[..body.floor_char_boundary(80)];
            assert!(
                (400..500).contains(&status(taker, &answer, &body)),
                "{} {} took {shown}",
                taker.method,
                taker.path
            );
        }
        let mut broken = good.into_bytes();
        let middle = broken.len() / 2;
        broken.insert(middle, 0xff);
        assert!((400..500).contains(&send(&admin, taker, &broken).status), "{} is not UTF-8", taker.path);
    }
}
