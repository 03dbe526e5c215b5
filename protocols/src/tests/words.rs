//! What is wrong with a JSON body, and where.

use crate::{
    Refusal,
    frame::{ClientFrame, ServerFrame},
    job::{Capsule, Input},
    json,
    refusal::Kind,
};

fn refusal_of(read: Result<impl Sized, Refusal>) -> (Kind, String, String) {
    let refusal = read.err().expect("it is refused");
    let error = refusal.errors.into_iter().next().expect("a field is named");
    (refusal.kind, error.pointer, error.message)
}

fn check_capsule(body: &str, kind: Kind, pointer: &str, why: &str) {
    let (found, place, message) = refusal_of(json::read::<Capsule>(body.as_bytes()));
    assert_eq!((found, place.as_str()), (kind, pointer), "{body}: {message}");
    assert!(message.contains(why), "{body}: {message}");
}

fn check(fields: &str, pointer: &str, why: &str) {
    check_capsule(&format!(r#"{{"unit":"u","method":"m",{fields}}}"#), Kind::InvalidJson, pointer, why);
}

#[test]
fn only_unit_and_method_are_needed() {
    let capsule: Capsule = json::read(br#"{"unit":"compute","method":"blake3"}"#).unwrap();
    assert_eq!((capsule.priority, capsule.keep, capsule.budget, capsule.timeout_ms), (100, false, None, None));
    assert!(capsule.params.is_empty() && capsule.inputs.is_empty() && capsule.labels.is_empty());
    check_capsule(r#"{"unit":"compute"}"#, Kind::InvalidJson, "", "missing field `method`");
}

#[test]
fn an_unknown_field_is_named() {
    check(r#""colour":1"#, "/colour", "unknown field `colour`");
    check(r#""inputs":[{"text":"a"},{"blobb":"x"}]"#, "/inputs/1/blobb", "unknown field");
    check(r#""output":{"stor":"blob"}"#, "/output/stor", "unknown field");
    check(r#""a/b~c":1"#, "/a~1b~0c", "unknown field");
    let (kind, pointer, _) = refusal_of(json::read::<ClientFrame>(br#"{"submit":[{"correlation":1,"capsul":{}}]}"#));
    assert_eq!((kind, pointer.as_str()), (Kind::InvalidJson, "/submit/0/capsul"));
    assert_eq!(refusal_of(json::read::<ClientFrame>(br#"{"subscribbe":"jobs"}"#)).1, "/subscribbe");
    assert_eq!(refusal_of(json::read::<ServerFrame>(br#"{"seq":1,"resul":[]}"#)).1, "/resul");
}

#[test]
fn a_wrong_value_is_named() {
    check(r#""priority":256"#, "/priority", "256");
    check(r#""priority":-1"#, "/priority", "-1");
    check(r#""priority":1.5"#, "/priority", "1.5");
    check(r#""timeout_ms":"1s""#, "/timeout_ms", "string");
    check(r#""budget":9007199254740993"#, "/budget", "9007199254740991");
    check(r#""budget":-0"#, "/budget", "");
    check(r#""budget":1e3"#, "/budget", "");
    check(r#""output":{"store":"tape"}"#, "/output/store", "unknown variant `tape`");
    check(r#""inputs":[{"blob":"abc"}]"#, "/inputs/0/blob", "64 lower-case hex digits");
    check(r#""inputs":[{"base64":"YQ"}]"#, "/inputs/0/base64", "padding");
    check(r#""inputs":[{}]"#, "/inputs/0", "exactly one");
    check(r#""inputs":[{"text":"a","blob":null,"base64":"YQ=="}]"#, "/inputs/0", "exactly one");
    check(r#""labels":{"k":1}"#, "/labels/k", "integer");
    check(r#""labels":{"params":1}"#, "/labels/params", "integer");
    check(r#""idempotency_key":"""#, "/idempotency_key", "not empty");
}

#[test]
fn a_key_that_stands_twice_is_refused() {
    check(r#""unit":"v""#, "/unit", "duplicate");
    check(r#""labels":{"k":"a","k":"b"}"#, "/labels/k", "twice");
    check_capsule(
        r#"{"unit":"u","method":"m","params":{"a":[{"b":1,"b":2}]}}"#,
        Kind::InvalidParams,
        "/params/a/0/b",
        "twice",
    );
}

#[test]
fn parameters_that_are_none_are_the_callers_parameters() {
    check_capsule(r#"{"unit":"u","method":"m","params":[]}"#, Kind::InvalidParams, "/params", "object");
    let frame = br#"{"submit":[{"correlation":1,"capsule":{"unit":"u","method":"m","params":1}}]}"#;
    let (kind, pointer, _) = refusal_of(json::read::<ClientFrame>(frame));
    assert_eq!((kind, pointer.as_str()), (Kind::InvalidParams, "/submit/0/capsule/params"));
}

#[test]
fn bad_syntax_is_told_with_its_place() {
    for (body, why) in [
        ("", "EOF"),
        ("{", "EOF"),
        ("nul", "EOF"),
        ("nil", "expected"),
        (r#"{"unit":"u","method":"m"} x"#, "trailing characters at line 1 column 27"),
        (r#"{"unit":"u","method":"m","params":{"a":1e400}}"#, "out of range"),
        (r#"{"unit":"u","method":"m","params":{"a":NaN}}"#, "expected value"),
        (r#"{"unit":"\ud800","method":"m"}"#, "surrogate"),
        ("\u{feff}{}", "expected value"),
    ] {
        let (kind, _, message) = refusal_of(json::read::<Capsule>(body.as_bytes()));
        assert_eq!(kind, Kind::InvalidJson, "{body}");
        assert!(message.contains(why) || message.contains("hex escape"), "{body}: {message}");
    }
    assert!(json::read::<Capsule>(b"{\"unit\":\"\xff\",\"method\":\"m\"}").is_err());
}

#[test]
fn depth_is_bounded() {
    let bomb = format!(r#"{{"unit":"u","method":"m","params":{{"a":{}"#, "[".repeat(100_000));
    let (kind, _, message) = refusal_of(json::read::<Capsule>(bomb.as_bytes()));
    assert_eq!(kind, Kind::InvalidJson);
    assert!(message.contains("recursion limit"), "{message}");
    assert!(json::read::<Vec<Capsule>>("[".repeat(100_000).as_bytes()).is_err());
    assert!(json::read_capsules("[".repeat(100_000).as_bytes()).is_err());
}

#[test]
fn each_capsule_of_a_batch_is_refused_alone() {
    let body = br#"[{"unit":"u","method":"m"},{"unit":1},{"unit":"u","method":"m","params":1},7]"#;
    let read = json::read_capsules(body).unwrap();
    assert!(read[0].is_ok());
    assert_eq!(read[1].as_ref().unwrap_err().errors[0].pointer, "/unit");
    assert_eq!(read[2].as_ref().unwrap_err().kind, Kind::InvalidParams);
    assert!(read[3].is_err());
    assert_eq!(json::read_capsules(b"{}").unwrap_err().kind, Kind::InvalidJson);
    let lines = json::read_capsule_lines(b"{\"unit\":\"u\",\"method\":\"m\"}\r\n\n{\n").unwrap();
    assert_eq!(lines.iter().map(Result::is_ok).collect::<Vec<_>>(), [true, false]);
}

#[test]
fn bytes_are_text_where_they_can_be() {
    let write = |bytes: &'static [u8]| serde_json::to_string(&Input::Bytes(bytes.into())).unwrap();
    assert_eq!(write(b"abc"), r#"{"text":"abc"}"#);
    assert_eq!(write(b"\xff"), r#"{"base64":"/w=="}"#);
}

#[test]
fn every_message_has_a_schema() {
    let mut generator = schemars::SchemaGenerator::default();
    let capsule = generator.subschema_for::<Capsule>();
    let client = generator.subschema_for::<ClientFrame>();
    let server = generator.subschema_for::<ServerFrame>();
    assert!([capsule, client, server].iter().all(|schema| schema.get("$ref").is_some()));
    let definitions = generator.take_definitions(true);
    let capsule = &definitions["Capsule"];
    assert_eq!(capsule["required"], serde_json::json!(["unit", "method"]));
    assert_eq!(capsule["additionalProperties"], false);
    for name in ["Input", "Outcome", "OutputBytes", "Problem", "SignedReceipt", "SignedRoot", "Receipt", "Submission"] {
        assert!(definitions.contains_key(name), "{name}");
    }
}
