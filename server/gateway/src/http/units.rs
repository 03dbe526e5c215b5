//! The catalogue.

use std::sync::Arc;

use axum::response::Response;
use http::{
    HeaderValue,
    header::{CACHE_CONTROL, ETAG, IF_NONE_MATCH},
};
use inos_engine::{Entry, Unknown};
use inos_protocols::{
    Hash, Refusal,
    catalogue::{self, PriceVersion},
    refusal::Kind,
};
use schemars::JsonSchema;
use serde::Serialize;

use crate::{call::Call, media::JSON, refusal::Answer, reply, state::App};

/// The catalogue.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub(crate) struct Units {
    /// Every unit.
    items: Vec<catalogue::Unit>,
    /// The table that the prices are of.
    prices: PriceVersion,
    /// For each MiB that an account keeps for a day, in microcredits: blobs, and outputs that are kept with their jobs.
    stored_mib_day: u64,
}

/// `GET /v1/units`.
pub(crate) async fn list(call: Call) -> Answer {
    call.accepted(&[JSON])?;
    let priced = call.app.broker.engine().catalogue().priced();
    let items = priced.specs.iter().map(|spec| spec.public()).collect();
    let (prices, stored_mib_day) = (priced.prices.version(), priced.prices.stored_mib_day());
    Ok(cached(&call, &Units { items, prices, stored_mib_day }))
}

/// `GET /v1/units/{unit}`.
pub(crate) async fn show(call: Call) -> Answer {
    call.accepted(&[JSON])?;
    Ok(cached(&call, &unit(&call.app, call.name("unit"))?))
}

/// `GET /v1/units/{unit}/{method}`.
pub(crate) async fn method(call: Call) -> Answer {
    call.accepted(&[JSON])?;
    let entry = entry(&call.app, call.name("unit"), call.name("method"))?;
    Ok(cached(&call, &entry.public()))
}

/// A method by its names.
pub(crate) fn entry(app: &App, unit: &str, method: &str) -> Result<Arc<Entry>, Refusal> {
    app.broker.engine().catalogue().find(unit, method).map_err(|unknown| match unknown {
        Unknown::Unit { near } => no_unit(&near),
        Unknown::Method { near } => {
            Refusal::new(Kind::UnknownMethod, format!("The unit `{unit}` has no such method{}.", meant(&near)))
        }
    })
}

fn unit(app: &App, name: &str) -> Result<catalogue::Unit, Refusal> {
    let catalogue = app.broker.engine().catalogue();
    if let Some(spec) = catalogue.priced().specs.iter().find(|spec| spec.name == name) {
        return Ok(spec.public());
    }
    match catalogue.find(name, "") {
        Err(Unknown::Unit { near }) => Err(no_unit(&near)),
        _ => Err(no_unit(&[])),
    }
}

fn no_unit(near: &[String]) -> Refusal {
    Refusal::new(Kind::UnknownUnit, format!("There is no such unit on this server{}.", meant(near)))
}

fn meant(near: &[String]) -> String {
    if near.is_empty() { String::new() } else { format!("; did you mean {}?", near.join(" or ")) }
}

/// The catalogue changes only with the program, so it may be kept and asked after.
fn cached<T: Serialize>(call: &Call, value: &T) -> Response {
    let text = serde_json::to_vec(value).expect("wire structs have text keys only");
    let tag = format!("\"{}\"", &Hash::of(&text).to_string()[..32]);
    let known = call.header(IF_NONE_MATCH.as_str()).is_some_and(|known| known.contains(&tag));
    let mut response = if known { reply::nothing() } else { reply::of(JSON, text) };
    if known {
        *response.status_mut() = http::StatusCode::NOT_MODIFIED;
    }
    let headers = response.headers_mut();
    headers.insert(ETAG, HeaderValue::from_str(&tag).expect("hex digits and quotes are visible ASCII"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    response
}
