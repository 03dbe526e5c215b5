//! Spans as an OTLP message. What is not named here is not sent.

use std::time::SystemTime;

use inos_broker::{Span, Value};
use inos_protocols::{NodeId, trace::TraceContext};
use opentelemetry_proto::tonic::{
    collector::trace::v1::ExportTraceServiceRequest,
    common::v1::{AnyValue, InstrumentationScope, KeyValue, any_value},
    resource::v1,
    trace::v1::{self as otlp, span, status},
};
use prost::Message;

/// Who the spans come from.
pub(super) struct Resource(v1::Resource);

impl Resource {
    /// This node.
    pub(super) fn new(node: NodeId, name: &str) -> Self {
        let attributes = vec![
            text("service.name", "inos"),
            text("service.version", env!("CARGO_PKG_VERSION")),
            text("service.instance.id", &node.to_string()),
            text("inos.node.name", name),
        ];
        Self(v1::Resource { attributes, ..Default::default() })
    }
}

/// The message with these spans.
pub(super) fn encode(spans: Vec<Span>, resource: &Resource) -> Vec<u8> {
    let scope =
        InstrumentationScope { name: "inos".into(), version: env!("CARGO_PKG_VERSION").into(), ..Default::default() };
    let scope_spans =
        vec![otlp::ScopeSpans { scope: Some(scope), spans: spans.into_iter().map(of).collect(), ..Default::default() }];
    let resource = Some(resource.0.clone());
    let resource_spans = vec![otlp::ResourceSpans { resource, scope_spans, ..Default::default() }];
    ExportTraceServiceRequest { resource_spans }.encode_to_vec()
}

fn of(span: Span) -> otlp::Span {
    let Span { context, parent, link, name, is_server, begun, ended, attributes, failed } = span;
    let kind = if is_server { span::SpanKind::Server } else { span::SpanKind::Internal };
    let code = if failed { status::StatusCode::Error } else { status::StatusCode::Unset };
    otlp::Span {
        trace_id: context.trace.to_bytes().to_vec(),
        span_id: context.span.to_bytes().to_vec(),
        parent_span_id: parent.map(|parent| parent.to_bytes().to_vec()).unwrap_or_default(),
        // Only a request's step hangs below one of another process.
        flags: flags(&context, is_server),
        name: name.into_owned(),
        kind: kind.into(),
        start_time_unix_nano: nanos(begun),
        end_time_unix_nano: nanos(ended),
        attributes: attributes.into_iter().map(|(name, value)| attribute(name, value)).collect(),
        links: link.iter().map(link_to).collect(),
        status: Some(otlp::Status { code: code.into(), message: String::new() }),
        ..Default::default()
    }
}

fn link_to(context: &TraceContext) -> span::Link {
    span::Link {
        trace_id: context.trace.to_bytes().to_vec(),
        span_id: context.span.to_bytes().to_vec(),
        flags: flags(context, false),
        ..Default::default()
    }
}

fn flags(context: &TraceContext, is_remote: bool) -> u32 {
    use otlp::SpanFlags::{ContextHasIsRemoteMask, ContextIsRemoteMask};
    let remote = if is_remote { ContextIsRemoteMask as u32 } else { 0 };
    u32::from(context.sampled) | ContextHasIsRemoteMask as u32 | remote
}

fn nanos(moment: SystemTime) -> u64 {
    let since = moment.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
}

fn attribute(name: &str, value: Value) -> KeyValue {
    match value {
        Value::Text(value) => text(name, &value),
        Value::Number(value) => key(name, any_value::Value::IntValue(i64::try_from(value).unwrap_or(i64::MAX))),
    }
}

fn text(name: &str, value: &str) -> KeyValue {
    key(name, any_value::Value::StringValue(value.into()))
}

fn key(name: &str, value: any_value::Value) -> KeyValue {
    KeyValue { key: name.into(), value: Some(AnyValue { value: Some(value) }), ..Default::default() }
}
