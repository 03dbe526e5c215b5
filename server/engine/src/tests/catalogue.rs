//! Names, descriptions and parameters.

use inos_protocols::FieldError;
use inos_unit::{Call, Fault, Host, Method, Reading, Spec, Unit};
use serde_json::{Value, json};

use super::*;
use crate::{Catalogue, Entry, Error, Unknown};

struct Paper(Spec);

impl Unit for Paper {
    fn spec(&self) -> &Spec {
        &self.0
    }

    fn run(&self, _: &mut Call<'_>, _: &dyn Host) -> Result<(), Fault> {
        Ok(())
    }
}

fn paper(name: &'static str, methods: Vec<Method>) -> Arc<dyn Unit> {
    Arc::new(Paper(Spec { lane: inos_unit::Lane::Threads, name, version: "1", summary: "On paper.", methods }))
}

fn plain() -> Method {
    units::method("plain", Reading::Whole)
}

fn entry() -> Arc<Entry> {
    let catalogue = Catalogue::new(vec![paper("paper", vec![plain()])], None).unwrap();
    catalogue.find("paper", "plain").unwrap()
}

fn refused(units: Vec<Arc<dyn Unit>>) -> String {
    match Catalogue::new(units, None).err().unwrap() {
        Error::Unit { reason, .. } => reason,
        other => other.to_string(),
    }
}

#[test]
fn an_unknown_name_comes_with_those_that_are_near() {
    let bench = Bench::new(1);
    let catalogue = bench.engine.catalogue();
    assert_eq!(catalogue.find("trail", "noop").err(), Some(Unknown::Unit { near: vec!["trial".into()] }));
    assert_eq!(
        catalogue.find("trial", "noob").err(),
        Some(Unknown::Method { near: vec!["noop".into(), "note".into()] })
    );
    assert_eq!(catalogue.priced().specs.iter().map(|spec| spec.name).collect::<Vec<_>>(), ["trial"]);
}

#[test]
fn a_description_that_contradicts_itself_is_refused() {
    let with = |change: &dyn Fn(&mut Method)| {
        let mut method = plain();
        change(&mut method);
        refused(vec![paper("paper", vec![method])])
    };
    assert!(with(&|method| method.name = "Upper").contains("lower-case"));
    assert!(with(&|method| method.name = "").contains("lower-case"));
    assert!(with(&|method| method.inputs = (2, 1)).contains("inputs"));
    assert!(with(&|method| method.inputs = (0, 65)).contains("inputs"));
    assert!(with(&|method| method.output_media = &[]).contains("media type"));
    assert!(with(&|method| method.timeout_ms = 0).contains("time limit"));
    assert!(with(&|method| method.params = json!({ "type": "nothing" })).contains("schema"));
    assert!(refused(vec![paper("a", vec![plain()]), paper("a", vec![plain()])]).contains("two units"));
    assert!(refused(vec![paper("a", vec![plain(), plain()])]).contains("two methods"));
    assert!(refused(vec![paper("a", vec![])]).contains("no methods"));
}

fn errors(params: Value) -> Vec<String> {
    let Value::Object(params) = params else { panic!("parameters are an object") };
    let errors = entry().check(&params).err().unwrap_or_default();
    errors.into_iter().map(|FieldError { pointer, message }| format!("{pointer} {message}")).collect()
}

#[test]
fn an_error_points_at_its_parameter() {
    assert_eq!(errors(json!({})), [""; 0]);
    assert_eq!(errors(json!({ "count": 3, "ratio": null, "mode": "fast" })), [""; 0]);
    assert_eq!(errors(json!({ "count": "3" })), ["/params/count it is not of type \"integer\""]);
    assert_eq!(errors(json!({ "count": 11 })), ["/params/count it is greater than the maximum of 10"]);
    assert_eq!(errors(json!({ "cuont": 3 })), ["/params/cuont is no parameter of paper.plain; `count` is"]);
    assert_eq!(errors(json!({ "a/b~": 1 })), ["/params/a~1b~0 is no parameter of paper.plain"]);
    assert_eq!(errors(json!({ "exact": 1, "zzz": 1 })).len(), 2);
}

#[test]
fn a_missing_parameter_is_named() {
    let mut method = plain();
    method.params["required"] = json!(["count"]);
    let catalogue = Catalogue::new(vec![paper("paper", vec![method])], None).unwrap();
    let errors = catalogue.find("paper", "plain").unwrap().check(&Params::new()).unwrap_err();
    assert_eq!(errors, [FieldError { pointer: "/params/count".into(), message: "is required".into() }]);
}

#[test]
fn errors_are_few_and_short() {
    let many: Params = (0..1_000).map(|n| (format!("{n}{}", "x".repeat(2_000)), json!(1))).collect();
    let errors = entry().check(&many).unwrap_err();
    assert!(errors.len() <= 32);
    assert!(errors.iter().all(|error| error.pointer.len() <= 512 && error.message.len() <= 512));
}

fn query(pairs: &[(&str, &str)]) -> Result<Value, Vec<String>> {
    let pairs: Vec<(String, String)> = pairs.iter().map(|(name, text)| ((*name).into(), (*text).into())).collect();
    let read = entry().from_query(&pairs);
    read.map(Value::Object).map_err(|errors| errors.into_iter().map(|error| error.pointer).collect())
}

#[test]
fn a_query_is_typed_by_the_schema() {
    let typed = query(&[("count", "3"), ("ratio", "0.5"), ("exact", "true"), ("mode", "fast")]);
    assert_eq!(typed, Ok(json!({ "count": 3, "ratio": 0.5, "exact": true, "mode": "fast" })));
    assert_eq!(query(&[]), Ok(json!({})));
    let wrong =
        query(&[("count", "3.5"), ("ratio", "NaN"), ("exact", "1"), ("cuont", "3"), ("mode", ""), ("mode", "")]);
    let pointers = ["/params/count", "/params/ratio", "/params/exact", "/params/cuont", "/params/mode"];
    assert_eq!(wrong, Err(pointers.map(String::from).to_vec()));
}
