//! Who may open a WebSocket, and in which subprotocol.

use axum::extract::{FromRequestParts, WebSocketUpgrade};
use http::header::{ORIGIN, SEC_WEBSOCKET_PROTOCOL};
use inos_protocols::{Refusal, account::Scope, refusal::Kind};
use tracing::Instrument;

use super::{
    codec::Codec,
    connection::{self, Wire},
};
use crate::{
    auth::{self, Visitor},
    call::Call,
    query::{Param, ParamKind},
    refusal::{Answer, Refused},
};

/// The query parameters of `GET /v1/ws`.
pub(crate) const PARAMS: &[Param] = &[Param {
    name: "ticket",
    about: "A ticket of `POST /v1/ws-tickets`, for browsers, which cannot send a key.",
    kind: ParamKind::Text,
}];

/// The buffer that a connection is read into. A connection at rest keeps it, so it is most of what one costs; a larger
/// frame gets the room that it needs. It is filled with zeros before each read, so nothing of it is free. With 16 or 128
/// KiB, frames of 64 jobs of 1 KiB took 2 to 3 % less of the processor, which is less than one run differs from the next.
const READ_BUFFER_BYTES: usize = 4 << 10;

/// `GET /v1/ws`.
pub(crate) async fn open(mut call: Call) -> Answer {
    let ticket = call.query()?.text("ticket").map(str::to_owned);
    check_origin(&call, ticket.is_some())?;
    let visitor = admit(&call, ticket.as_deref()).await?;
    call.app.rates.admit(&visitor.caller)?;
    let app = call.app.clone();
    let upgrade = WebSocketUpgrade::from_request_parts(&mut call.parts, &())
        .await
        .map_err(|rejection| Refusal::new(Kind::BadRequest, format!("{}.", rejection.body_text())))?;
    let codec = codec(&call)?;
    let session = app.sessions.begin(visitor.caller.account, codec, &app.options)?;
    let size = app.options.frame_bytes_max as usize;
    let upgrade = upgrade
        .protocols([codec.name()])
        .max_message_size(size)
        .max_frame_size(size)
        .read_buffer_size(READ_BUFFER_BYTES);
    let wire = Box::new(Wire { visitor, arrival: call.arrival.clone(), origin: call.meta.origin_of_many() });
    let serve = move |socket| connection::serve(app, wire, session, socket);
    // What is logged on the connection's account belongs to the request that opened it.
    let span = tracing::Span::current();
    Ok(upgrade.on_upgrade(move |socket| serve(socket).instrument(span)))
}

/// Refuses pages of strange origins before anything is upgraded.
fn check_origin(call: &Call, has_ticket: bool) -> Result<(), Refusal> {
    match call.headers().get(ORIGIN) {
        Some(origin) if !has_ticket && !call.app.origins.allow(origin) => Err(Refusal::new(
            Kind::Forbidden,
            "Pages of this origin may not open a WebSocket here. Allow it by --cors-origins, or bring a ticket.",
        )),
        _ => Ok(()),
    }
}

async fn admit(call: &Call, ticket: Option<&str>) -> Result<Visitor, Refused> {
    let Some(ticket) = ticket else {
        return auth::admit(&call.app, call.headers(), call.arrival.address, Some(Scope::Jobs)).await;
    };
    let visitor = call.app.tickets.take(ticket).ok_or_else(|| {
        let detail = "The ticket is not valid: unknown, used or too old. Fetch a new one.";
        auth::wrong(&call.app, call.arrival.address, Refusal::new(Kind::Unauthorized, detail))
    })?;
    if visitor.session.is_some_and(|id| call.app.endings.has(id)) {
        return Err(auth::signed_out().into());
    }
    visitor.caller.need(Scope::Jobs)?;
    Ok(visitor)
}

/// The subprotocol that both know; a client that names none gets text.
fn codec(call: &Call) -> Result<Codec, Refusal> {
    let values = call.headers().get_all(SEC_WEBSOCKET_PROTOCOL);
    let mut named = values.iter().filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(',')).peekable();
    if named.peek().is_none() {
        return Ok(Codec::Json);
    }
    let named: Vec<&str> = named.map(str::trim).collect();
    Codec::ALL.into_iter().find(|codec| named.contains(&codec.name())).ok_or_else(|| {
        let known = Codec::ALL.map(Codec::name).join(" and ");
        Refusal::new(Kind::BadRequest, format!("None of the subprotocols is known here; these are: {known}."))
    })
}
