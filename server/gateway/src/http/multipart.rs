//! `multipart/form-data`: several `input` parts in order, and at most one `params` part of JSON.

use std::error::Error as _;

use axum::{
    body::Body,
    extract::{DefaultBodyLimit, FromRequest, Multipart, Request, multipart::MultipartError},
};
use inos_protocols::{
    Refusal,
    job::{Capsule, INPUTS_MAX, Input, Params},
    json,
    refusal::Kind,
};

use crate::{
    body::{self, BodyError},
    call::Call,
};

/// Reads a form's inputs and parameters into a capsule.
pub(crate) async fn read(call: &mut Call, capsule: &mut Capsule) -> Result<(), Refusal> {
    let limit = call.app.options.message_bytes_max;
    let body = call.take_body().limited(limit);
    call.make_room(&body, limit)?;
    let mut request = Request::new(Body::new(body));
    *request.headers_mut() = call.headers().clone();
    DefaultBodyLimit::disable().apply(&mut request);
    let mut form = Multipart::from_request(request, &())
        .await
        .map_err(|rejection| Refusal::new(Kind::BadRequest, rejection.body_text()))?;
    let mut params: Option<Params> = None;
    while let Some(field) = form.next_field().await.map_err(broken)? {
        match field.name() {
            Some("input") if capsule.inputs.len() >= INPUTS_MAX => {
                return Err(Refusal::field(
                    Kind::InvalidParams,
                    "/inputs",
                    format!("at most {INPUTS_MAX} inputs are read"),
                ));
            }
            Some("input") => capsule.inputs.push(Input::Bytes(field.bytes().await.map_err(broken)?)),
            Some("params") if params.is_none() => params = Some(json::read(&field.bytes().await.map_err(broken)?)?),
            Some("params") => return Err(Refusal::field(Kind::InvalidParams, "/params", "the part is there twice")),
            _ => return Err(Refusal::new(Kind::InvalidParams, "The parts of a form are named `input` and `params`.")),
        }
    }
    for (name, value) in params.unwrap_or_default() {
        if capsule.params.contains_key(&name) {
            return Err(Refusal::field(
                Kind::InvalidParams,
                format!("/params/{name}"),
                "stands in the query and in the form",
            ));
        }
        capsule.params.insert(name, value);
    }
    Ok(())
}

/// A form that could not be read to its end, for whatever reason lies below.
fn broken(error: MultipartError) -> Refusal {
    let mut cause = error.source();
    while let Some(below) = cause {
        match below.downcast_ref::<BodyError>() {
            Some(BodyError::TooLarge { limit }) => return body::too_large(*limit),
            Some(BodyError::TooSlow { per_second }) => {
                return body::refusal(BodyError::TooSlow { per_second: *per_second });
            }
            _ => cause = below.source(),
        }
    }
    Refusal::new(Kind::BadRequest, format!("The form cannot be read: {}.", error.body_text()))
}
