//! `/openapi.json`: the table of routes as OpenAPI 3.1, schemas from the very structs that cross the wire.

use std::{collections::BTreeMap, sync::Arc};

use inos_protocols::Problem;
use schemars::{SchemaGenerator, generate::SchemaSettings};
use serde_json::{Map, Value, json};

use crate::{
    media,
    row::{Row, Shape},
};

/// The description of a table.
pub(crate) fn document(rows: &[Arc<Row>]) -> Vec<u8> {
    let settings = SchemaSettings::draft2020_12().with(|settings| {
        settings.definitions_path = "/components/schemas".into();
        settings.meta_schema = None;
    });
    let mut generator = settings.into_generator();
    let problem = generator.subschema_for::<Problem>();
    let mut paths: BTreeMap<String, Map<String, Value>> = BTreeMap::new();
    for row in rows {
        let operation = operation(row, &mut generator);
        paths.entry(row.described_path()).or_default().insert(row.method.as_str().to_ascii_lowercase(), operation);
    }
    let document = json!({
        "openapi": "3.1.0",
        "jsonSchemaDialect": "https://json-schema.org/draft/2020-12/schema",
        "info": {
            "title": "INOS",
            "version": env!("CARGO_PKG_VERSION"),
            "summary": "Jobs in, results and signed receipts out.",
            "description": "Submit a job to a unit, pay for it once, get its result and a receipt that verifies offline. Money is integer microcredits (1 credit = 1,000,000). Times are RFC 3339 in UTC with milliseconds.",
            "license": { "name": "Business Source License 1.1", "identifier": "BUSL-1.1" },
        },
        "servers": [{ "url": "/" }],
        "paths": paths,
        "components": {
            "schemas": generator.take_definitions(true),
            "securitySchemes": {
                "key": { "type": "http", "scheme": "bearer", "description": "`inos_<id>_<secret>`, or a page's token." },
            },
            "responses": {
                "Problem": {
                    "description": "Why it was not done (RFC 9457).",
                    "content": { media::PROBLEM: { "schema": problem } },
                },
            },
        },
    });
    serde_json::to_vec_pretty(&document).expect("a description has only text, numbers and lists")
}

fn operation(row: &Row, generator: &mut SchemaGenerator) -> Value {
    let mut operation = json!({
        "operationId": row.operation,
        "summary": row.summary,
        "tags": [tag(row.path)],
        "parameters": parameters(row),
        "responses": responses(row, generator),
    });
    if let Some(scope) = row.scope() {
        let scopes: Vec<_> = scope.iter().map(|scope| scope.word()).collect();
        operation["security"] = json!([{ "key": scopes }]);
    } else {
        operation["security"] = json!([]);
    }
    if !row.takes.is_empty() {
        operation["requestBody"] = json!({ "required": row.body_required, "content": content(&row.takes, generator) });
        if let Some(example) = row.example.and_then(|example| serde_json::from_str::<Value>(example).ok()) {
            operation["requestBody"]["content"][media::JSON]["example"] = example;
        }
    }
    operation
}

/// The noun of a path: what comes after the version.
fn tag(path: &str) -> &str {
    path.trim_start_matches("/v1").split('/').find(|part| !part.is_empty()).unwrap_or("server")
}

fn parameters(row: &Row) -> Vec<Value> {
    let names = row
        .path
        .split('/')
        .filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
        .map(|name| name.trim_start_matches('*'));
    let in_path = names.map(|name| json!({ "name": name, "in": "path", "required": true, "schema": of_path(name) }));
    let in_query = row.params.iter().map(|param| {
        json!({
            "name": param.name,
            "in": "query",
            "required": false,
            "description": param.about,
            "schema": param.kind.schema(),
        })
    });
    let open = row.open_query.then(|| {
        json!({
            "name": "params",
            "in": "query",
            "required": false,
            "description": "The method's own parameters, each under its name; `/v1/units/{unit}/{method}` has their schema.",
            "style": "form",
            "explode": true,
            "schema": { "type": "object", "additionalProperties": true },
        })
    });
    let in_header = row.headers.iter().map(|(name, about)| {
        json!({ "name": name, "in": "header", "required": false, "description": about, "schema": { "type": "string" } })
    });
    in_path.chain(in_query).chain(open).chain(in_header).collect()
}

/// What a part of a path is, by its name.
fn of_path(name: &str) -> Value {
    match name {
        "hash" => json!({ "type": "string", "pattern": "^[0-9a-f]{64}$" }),
        "n" => json!({ "type": "integer", "minimum": 0, "maximum": 999 }),
        "id" => json!({ "type": "string", "pattern": "^[a-z]{3}_[0-9a-f]{32}$" }),
        _ => json!({ "type": "string", "pattern": "^[A-Za-z0-9_.-]{1,64}$" }),
    }
}

fn responses(row: &Row, generator: &mut SchemaGenerator) -> Map<String, Value> {
    let mut responses = Map::new();
    for (status, shape) in &row.gives {
        let entry = responses
            .entry(status.as_u16().to_string())
            .or_insert_with(|| json!({ "description": status.canonical_reason().unwrap_or("Done") }));
        if let Some(shape) = shape {
            let schema = (shape.schema)(generator);
            entry["content"][shape.media] = json!({ "schema": schema });
        }
    }
    responses.insert("default".into(), json!({ "$ref": "#/components/responses/Problem" }));
    responses
}

fn content(shapes: &[Shape], generator: &mut SchemaGenerator) -> Map<String, Value> {
    shapes.iter().map(|shape| (shape.media.to_owned(), json!({ "schema": (shape.schema)(generator) }))).collect()
}
