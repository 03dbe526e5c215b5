//! One method on offer: checks parameters against its schema and reads them from a query. Never runs it.

use std::{sync::Arc, time::Duration};

use inos_protocols::{FieldError, catalogue, job::Params};
use inos_unit::{Foreseen, Method, Price, Sight, Spec, Unit};
use jsonschema::{ValidationError, Validator, error::ValidationErrorKind};
use parking_lot::RwLock;
use serde_json::{Map, Value};

use crate::{Error, catalogue::near, inline::Timing};

/// The most errors named for one capsule.
const ERRORS_MAX: usize = 32;
/// The longest message about one field, in bytes.
const MESSAGE_LEN_MAX: usize = 512;

/// What stands in records for a secret parameter.
const SECRET: &str = "(secret)";

/// One method on offer.
pub struct Entry {
    /// The unit's name.
    pub unit: &'static str,
    /// The unit's version.
    pub version: &'static str,
    /// The method's description; what it costs now is [`Entry::price`].
    pub method: Method,
    price: RwLock<Price>,
    pub(crate) runner: Arc<dyn Unit>,
    pub(crate) timing: Timing,
    validator: Validator,
    needs_nothing: bool,
    is_session: bool,
    /// The parameters that nobody may see again.
    secrets: Vec<String>,
}

impl Entry {
    pub(crate) fn new(runner: Arc<dyn Unit>, spec: &Spec, method: Method) -> Result<Self, Error> {
        let validator = jsonschema::draft202012::new(&method.params).map_err(|error| Error::Schema {
            unit: spec.name,
            method: method.name,
            source: Box::new(error),
        })?;
        let needs_nothing = validator.is_valid(&Value::Object(Map::new()));
        let (timing, price) = (Timing::default(), RwLock::new(method.price));
        let secrets = secrets_of(&method.params);
        let (unit, version, is_session) = (spec.name, spec.version, runner.is_session(method.name));
        Ok(Self { is_session, price, unit, version, method, runner, timing, validator, needs_nothing, secrets })
    }

    /// What a job costs that is planned now. Ask once for each job: another table may come into force at any moment.
    pub fn price(&self) -> Price {
        *self.price.read()
    }

    pub(crate) fn set_price(&self, price: Price) {
        *self.price.write() = price;
    }

    /// The method's description as a caller reads it.
    pub fn public(&self) -> catalogue::Method {
        let method = Method { price: self.price(), ..self.method.clone() }.public(self.runner.spec().lane);
        catalogue::Method { session: self.is_session, ..method }
    }

    /// Whether it is a session.
    pub fn is_session(&self) -> bool {
        self.is_session
    }

    /// The parameters as records, receipts and listings may have them: a secret is only said to have been there.
    ///
    /// Secret is what the schema marks as `writeOnly`.
    pub fn shown(&self, params: &Params) -> Params {
        let mut shown = params.clone();
        for secret in &self.secrets {
            if let Some(value) = shown.get_mut(secret) {
                *value = Value::from(SECRET);
            }
        }
        shown
    }

    /// The first parameter that nobody may see again, where there is one.
    pub fn secret<'a>(&'a self, params: &Params) -> Option<&'a str> {
        self.secrets.iter().find(|secret| params.contains_key(*secret)).map(String::as_str)
    }

    /// Checks parameters against the method's schema.
    ///
    /// Each error points at its field, such as `/params/quality`; an unknown or missing member at that member.
    pub fn check(&self, params: &Params) -> Result<(), Vec<FieldError>> {
        if params.is_empty() && self.needs_nothing {
            return Ok(());
        }
        let value = Value::Object(params.clone());
        if self.validator.is_valid(&value) {
            return Ok(());
        }
        let errors = self.validator.iter_errors(&value).flat_map(|error| self.explain(&error)).take(ERRORS_MAX);
        Err(errors.collect())
    }

    /// How many bytes a job with these parameters would write, where its unit can say.
    pub fn foresee(&self, params: &Params, inputs: &[Sight<'_>]) -> Option<Foreseen> {
        self.runner.foresee(self.method.name, params, inputs)
    }

    /// How long a run on so many bytes takes usually; `None` while nobody knows.
    pub fn usual_run(&self, bytes_in: u64) -> Option<Duration> {
        self.timing.usual(bytes_in)
    }

    /// Reads parameters from the pairs of a query, each typed as the schema has it.
    ///
    /// The result still needs [`Entry::check`]; here is only what cannot be typed: unknown names, names given twice
    /// and texts that are no value of the wanted type.
    pub fn from_query(&self, pairs: &[(String, String)]) -> Result<Params, Vec<FieldError>> {
        let mut params = Params::new();
        let mut errors = Vec::new();
        for (name, text) in pairs {
            match self.read_pair(&params, name, text) {
                Ok(value) => drop(params.insert(name.clone(), value)),
                Err(message) => errors.push(field("/params", name, &message)),
            }
        }
        errors.truncate(ERRORS_MAX);
        if errors.is_empty() { Ok(params) } else { Err(errors) }
    }

    fn read_pair(&self, params: &Params, name: &str, text: &str) -> Result<Value, String> {
        let Some(schema) = self.property(name) else { return Err(self.unknown(name)) };
        if params.contains_key(name) {
            return Err("is given twice".into());
        }
        let mut types = Vec::new();
        types_of(schema, &mut types);
        let value = types.iter().find_map(|kind| typed(kind, text));
        value.ok_or_else(|| format!("is not of type {}", types.join(" or ")))
    }

    fn property(&self, name: &str) -> Option<&Value> {
        self.method.params.get("properties")?.get(name)
    }

    fn unknown(&self, name: &str) -> String {
        let known = self.method.params.get("properties").and_then(Value::as_object);
        let near = known.map(|known| near(name, known.keys())).unwrap_or_default();
        match near.first() {
            Some(other) => format!("is no parameter of {}.{}; `{other}` is", self.unit, self.method.name),
            None => format!("is no parameter of {}.{}", self.unit, self.method.name),
        }
    }

    /// What to say where a schema wants exactly one of some parameters.
    fn one_of(&self) -> String {
        let choices = self.method.params.get("oneOf").and_then(Value::as_array).into_iter().flatten();
        let names = choices.flat_map(|choice| choice.get("required")?.as_array()?.first()?.as_str());
        let names: Vec<String> = names.map(|name| format!("`{name}`")).collect();
        if names.is_empty() {
            "fits not exactly one of its forms".into()
        } else {
            format!("exactly one of {} is wanted", names.join(" and "))
        }
    }

    fn explain(&self, error: &ValidationError<'_>) -> Vec<FieldError> {
        let at = format!("/params{}", error.instance_path().as_str());
        match error.kind() {
            ValidationErrorKind::AdditionalProperties { unexpected }
            | ValidationErrorKind::UnevaluatedProperties { unexpected } => {
                let top = at == "/params";
                let say = |name: &String| if top { self.unknown(name) } else { "is not known here".into() };
                unexpected.iter().map(|name| field(&at, name, &say(name))).collect()
            }
            ValidationErrorKind::Required { property } => {
                vec![field(&at, property.as_str().unwrap_or_default(), "is required")]
            }
            ValidationErrorKind::OneOfNotValid { .. } | ValidationErrorKind::OneOfMultipleValid { .. } => {
                vec![FieldError { pointer: at, message: self.one_of() }]
            }
            // Masked, because a value may be a secret or very long.
            _ => vec![FieldError { pointer: at, message: cut(error.masked_with("it").to_string()) }],
        }
    }
}

fn field(at: &str, name: &str, message: &str) -> FieldError {
    let name = name.replace('~', "~0").replace('/', "~1");
    FieldError { pointer: cut(format!("{at}/{name}")), message: cut(message.to_owned()) }
}

fn cut(mut text: String) -> String {
    text.truncate(text.floor_char_boundary(MESSAGE_LEN_MAX));
    text
}

/// The properties that a schema marks as secret.
fn secrets_of(schema: &Value) -> Vec<String> {
    let properties = schema.get("properties").and_then(Value::as_object);
    let secret = |(name, property): (&String, &Value)| {
        property.get("writeOnly").and_then(Value::as_bool).filter(|secret| *secret).map(|_| name.clone())
    };
    properties.into_iter().flatten().filter_map(secret).collect()
}

/// The JSON types that a schema allows, the narrowest first.
fn types_of<'a>(schema: &'a Value, types: &mut Vec<&'a str>) {
    let mut add = |kind: &'a str| {
        if kind != "null" && !types.contains(&kind) {
            types.push(kind);
        }
    };
    match schema.get("type") {
        Some(Value::String(kind)) => add(kind),
        Some(Value::Array(kinds)) => kinds.iter().filter_map(Value::as_str).for_each(add),
        _ => {
            let values = schema.get("enum").and_then(Value::as_array).into_iter().flatten().chain(schema.get("const"));
            values.for_each(|value| add(type_of(value)));
        }
    }
    for several in ["anyOf", "oneOf", "allOf"] {
        let inner = schema.get(several).and_then(Value::as_array);
        inner.into_iter().flatten().for_each(|schema| types_of(schema, types));
    }
    let narrow = ["integer", "number", "boolean", "string"];
    types.sort_by_key(|kind| narrow.iter().position(|known| known == kind));
    if types.is_empty() {
        types.push("string");
    }
}

fn type_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_f64() => "number",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

fn typed(kind: &str, text: &str) -> Option<Value> {
    match kind {
        "integer" => text.parse::<i64>().map(Value::from).or_else(|_| text.parse::<u64>().map(Value::from)).ok(),
        "number" => text.parse::<f64>().ok().and_then(serde_json::Number::from_f64).map(Value::Number),
        "boolean" => text.parse::<bool>().map(Value::from).ok(),
        "string" => Some(Value::from(text)),
        // An array or an object is written as JSON.
        _ => serde_json::from_str::<Value>(text).ok().filter(|value| type_of(value) == kind),
    }
}
