//! One row of the table of routes: what a path takes, who may use it, what it gives, and who answers.

use futures_util::future::BoxFuture;
use http::{Method, StatusCode};
use inos_protocols::account::Scope;
use schemars::{JsonSchema, Schema, SchemaGenerator};

use crate::{auth::Visitor, call::Call, metrics::Tally, query::Param, refusal::Answer};

/// Who may use a row, and who answers it.
pub(crate) enum Handler {
    /// Anybody.
    Open(Box<dyn Fn(Call) -> BoxFuture<'static, Answer> + Send + Sync>),
    /// Whoever shows a key, with this scope where one is named.
    Keyed(Option<Scope>, Box<dyn Fn(Call, Visitor) -> BoxFuture<'static, Answer> + Send + Sync>),
}

/// How much body a row reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Room {
    /// A form: 1 MiB.
    Small,
    /// A message that is read as a whole.
    Message,
    /// Bytes that stream through.
    Stream,
}

/// A body of a request or an answer, for the description of the API.
#[derive(Clone, Copy)]
pub(crate) struct Shape {
    /// The media type.
    pub(crate) media: &'static str,
    /// The schema.
    pub(crate) schema: fn(&mut SchemaGenerator) -> Schema,
}

/// One path under one method.
pub(crate) struct Row {
    /// The method.
    pub(crate) method: Method,
    /// The path, with `{names}`.
    pub(crate) path: &'static str,
    /// The operation's id.
    pub(crate) operation: &'static str,
    /// What it does.
    pub(crate) summary: &'static str,
    /// Who may use it, and who answers.
    pub(crate) handler: Handler,
    /// Its query parameters.
    pub(crate) params: &'static [Param],
    /// Whether the query is the method's own parameters instead.
    pub(crate) open_query: bool,
    /// How much body it reads.
    pub(crate) room: Room,
    /// Headers of its own that it reads.
    pub(crate) headers: &'static [(&'static str, &'static str)],
    /// Whether it wants a body.
    pub(crate) body_required: bool,
    /// A first body to try, as JSON.
    pub(crate) example: Option<&'static str>,
    /// What it takes.
    pub(crate) takes: Vec<Shape>,
    /// What it gives.
    pub(crate) gives: Vec<(StatusCode, Option<Shape>)>,
    /// How often it was asked and how it went.
    pub(crate) tally: Tally,
}

/// A row that anybody may use.
pub(crate) fn open<F, Fut>(
    method: Method,
    path: &'static str,
    operation: &'static str,
    summary: &'static str,
    handler: F,
) -> Row
where
    F: Fn(Call) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Answer> + Send + 'static,
{
    row(method, path, operation, summary, Handler::Open(Box::new(move |call| Box::pin(handler(call)))))
}

/// A row for a key, with this scope where one is named.
pub(crate) fn keyed<F, Fut>(
    method: Method,
    path: &'static str,
    scope: impl Into<Option<Scope>>,
    operation: &'static str,
    summary: &'static str,
    handler: F,
) -> Row
where
    F: Fn(Call, Visitor) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Answer> + Send + 'static,
{
    let handler = Handler::Keyed(scope.into(), Box::new(move |call, visitor| Box::pin(handler(call, visitor))));
    row(method, path, operation, summary, handler)
}

fn row(method: Method, path: &'static str, operation: &'static str, summary: &'static str, handler: Handler) -> Row {
    Row {
        method,
        path,
        operation,
        summary,
        handler,
        params: &[],
        open_query: false,
        room: Room::Small,
        headers: &[],
        body_required: true,
        example: None,
        takes: Vec::new(),
        gives: Vec::new(),
        tally: Tally::default(),
    }
}

impl Row {
    /// With these query parameters.
    pub(crate) fn query(mut self, params: &'static [Param]) -> Self {
        self.params = params;
        self
    }

    /// With a query that the called method reads.
    pub(crate) fn open_query(mut self) -> Self {
        self.open_query = true;
        self
    }

    /// With these headers of its own.
    pub(crate) fn reads(mut self, headers: &'static [(&'static str, &'static str)]) -> Self {
        self.headers = headers;
        self
    }

    /// With a first body to try, as JSON.
    pub(crate) fn example(mut self, json: &'static str) -> Self {
        self.example = Some(json);
        self
    }

    /// May come without a body.
    pub(crate) fn body_optional(mut self) -> Self {
        self.body_required = false;
        self
    }

    /// Takes a body that is read as a message.
    pub(crate) fn message(mut self) -> Self {
        self.room = Room::Message;
        self
    }

    /// Takes a body that streams.
    pub(crate) fn stream(mut self) -> Self {
        self.room = Room::Stream;
        self
    }

    /// Takes JSON of this form.
    pub(crate) fn takes<T: JsonSchema>(self) -> Self {
        self.takes_as::<T>(crate::media::JSON)
    }

    /// Takes this form under another media type.
    pub(crate) fn takes_as<T: JsonSchema>(mut self, media: &'static str) -> Self {
        self.takes.push(Shape { media, schema: schema_of::<T> });
        self
    }

    /// Takes bytes.
    pub(crate) fn takes_bytes(mut self, media: &'static str) -> Self {
        self.takes.push(Shape { media, schema: bytes });
        self
    }

    /// Gives JSON of this form.
    pub(crate) fn gives<T: JsonSchema>(mut self, status: StatusCode) -> Self {
        self.gives.push((status, Some(Shape { media: crate::media::JSON, schema: schema_of::<T> })));
        self
    }

    /// Gives bytes, or text that is not JSON.
    pub(crate) fn gives_bytes(mut self, status: StatusCode, media: &'static str) -> Self {
        self.gives.push((status, Some(Shape { media, schema: bytes })));
        self
    }

    /// Gives a stream of server-sent events.
    pub(crate) fn gives_events(mut self, status: StatusCode) -> Self {
        self.gives.push((status, Some(Shape { media: crate::media::EVENTS, schema: event })));
        self
    }

    /// Gives no body.
    pub(crate) fn gives_nothing(mut self, status: StatusCode) -> Self {
        self.gives.push((status, None));
        self
    }

    /// The path as OpenAPI writes it, which has no word for a name that stands for several segments.
    pub(crate) fn described_path(&self) -> String {
        self.path.replace("{*", "{")
    }

    /// The scope that a key must have, if a key is wanted.
    pub(crate) fn scope(&self) -> Option<Option<Scope>> {
        match self.handler {
            Handler::Open(_) => None,
            Handler::Keyed(scope, _) => Some(scope),
        }
    }
}

fn schema_of<T: JsonSchema>(generator: &mut SchemaGenerator) -> Schema {
    generator.subschema_for::<T>()
}

fn bytes(_: &mut SchemaGenerator) -> Schema {
    schemars::json_schema!({ "type": "string", "format": "binary" })
}

/// One event of a stream, as a reader of the `text/event-stream` format sees it.
fn event(_: &mut SchemaGenerator) -> Schema {
    schemars::json_schema!({
        "type": "object",
        "properties": {
            "id": { "type": "string", "description": "Its number: what goes into `Last-Event-ID`." },
            "event": { "type": "string", "description": "What happened." },
            "data": { "type": "string", "contentMediaType": "application/json" },
        },
    })
}
