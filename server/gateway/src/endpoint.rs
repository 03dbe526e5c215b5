//! From the table of routes to a router, and from a matched path to its handler: method, key, scope, size.

use std::{collections::BTreeMap, sync::Arc};

use axum::{
    Router,
    extract::{RawPathParams, Request, State},
    response::Response,
    routing::any,
};
use http::{HeaderValue, Method, StatusCode, header::ALLOW};
use inos_protocols::{Refusal, refusal::Kind};

use crate::{
    auth,
    call::Call,
    refusal::{Answer, Refused, internal},
    row::{Handler, Row},
    serve::Arrival,
    state::App,
    trace::Meta,
};

/// What operators find at a door of their own. It speaks plain HTTP, so nothing that wants a key is there.
const OPERATORS_PATHS: [&str; 3] = ["/metrics", "/healthz", "/readyz"];

/// The router of the whole table.
pub(crate) fn everybodys(app: App) -> Router {
    router(app, |_| true)
}

/// The router of what operators find at a door of their own.
pub(crate) fn operators(app: App) -> Router {
    router(app, |row| OPERATORS_PATHS.contains(&row.path))
}

/// The router of some of the table; other paths are not found.
fn router(app: App, is_here: impl Fn(&Row) -> bool) -> Router {
    let mut by_path: BTreeMap<&'static str, Vec<Arc<Row>>> = BTreeMap::new();
    for row in app.rows.iter().filter(|row| is_here(row)) {
        by_path.entry(row.path).or_default().push(Arc::clone(row));
    }
    let mut router = Router::new();
    for (path, rows) in by_path {
        let rows: Arc<[Arc<Row>]> = rows.into();
        let handler = move |State(app): State<App>, names: RawPathParams, request: Request| {
            serve(app, Arc::clone(&rows), names, request)
        };
        router = router.route(path, any(handler));
    }
    router.fallback(nothing_here).with_state(app)
}

/// Answers a request for a path that the table knows.
async fn serve(app: App, rows: Arc<[Arc<Row>]>, names: RawPathParams, mut request: Request) -> Response {
    let (Some(meta), Some(arrival)) =
        (request.extensions_mut().remove::<Arc<Meta>>(), request.extensions_mut().remove::<Arrival>())
    else {
        return internal_without_front();
    };
    if let Some(row) = rows.first() {
        // It is set once only: a request passes here once.
        let _ = meta.route.set(row.path);
    }
    let wanted = if request.method() == Method::HEAD { &Method::GET } else { request.method() };
    let Some(row) = rows.iter().find(|row| row.method == *wanted).cloned() else {
        return other_method(&rows, &request).unwrap_or_else(|refused| refused.render(&meta));
    };
    let names = names.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    let call = Call::new(app, Arc::clone(&row), (arrival, Arc::clone(&meta)), names, request);
    let response = handle(call).await.unwrap_or_else(|refused| refused.render(&meta));
    row.tally.count(response.status(), meta.begun.elapsed());
    response
}

async fn handle(call: Call) -> Answer {
    let row = Arc::clone(&call.row);
    match &row.handler {
        Handler::Open(handler) => {
            call.check_declared_len()?;
            handler(call).await
        }
        Handler::Keyed(scope, handler) => {
            let visitor = auth::admit(&call.app, call.headers(), call.arrival.address, *scope).await?;
            let standing = call.app.rates.admit(&visitor.caller)?;
            call.check_declared_len()?;
            if !row.open_query {
                call.query()?;
            }
            let mut answer = handler(call, visitor).await;
            if let (Some(standing), Ok(response)) = (standing, &mut answer) {
                standing.write(response.headers_mut());
            }
            answer
        }
    }
}

/// The answer to a method that the path does not have; `OPTIONS` is answered with those that it has.
fn other_method(rows: &[Arc<Row>], request: &Request) -> Answer {
    let mut methods: Vec<&str> = rows.iter().map(|row| row.method.as_str()).collect();
    if methods.contains(&"GET") {
        methods.push("HEAD");
    }
    methods.push("OPTIONS");
    let allowed = HeaderValue::from_str(&methods.join(", ")).expect("names of methods are visible ASCII");
    if request.method() == Method::OPTIONS {
        let mut response = Response::default();
        *response.status_mut() = StatusCode::NO_CONTENT;
        response.headers_mut().insert(ALLOW, allowed);
        return Ok(response);
    }
    let detail = format!("This path takes {}.", methods.join(", "));
    Err(Refused::from(Refusal::new(Kind::MethodNotAllowed, detail)).with(ALLOW, allowed))
}

async fn nothing_here(request: Request) -> Response {
    let Some(meta) = request.extensions().get::<Arc<Meta>>() else { return internal_without_front() };
    let detail = "This server has no such path. `/openapi.json` lists those that it has.";
    Refused::from(Refusal::new(Kind::NotFound, detail)).render(meta)
}

/// The router was asked around the front: a defect of ours.
fn internal_without_front() -> Response {
    let error = std::io::Error::other("a request reached the router without passing the front");
    let meta = Meta::of(&http::HeaderMap::new(), "", None);
    Refused::from(internal(&error)).render(&meta)
}
