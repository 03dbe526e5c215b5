//! Life, readiness, figures and descriptions of the server itself.

use std::{sync::atomic::Ordering::Relaxed, time::Duration};

use http::{HeaderValue, StatusCode, header::CACHE_CONTROL};
use inos_broker::{RegionTotals, RingTotals, SpanFigures};
use inos_protocols::account::LedgerHealth;
use schemars::JsonSchema;
use serde::Serialize;
use tokio::time::timeout;

use crate::{
    call::Call,
    media::{HTML, JSON, TEXT},
    metrics::Page,
    pages,
    refusal::{Answer, not_found},
    reply,
    state::App,
};

/// How long the ledger's figures are kept before the database is asked again.
const HEALTH_KEPT: Duration = Duration::from_secs(30);
/// How long the database may take to show that it is there.
const DATABASE_PATIENCE: Duration = Duration::from_secs(2);

/// Whether the server lives.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub(crate) struct Health {
    /// `ok`.
    status: &'static str,
}

/// Whether the server takes work, and why not.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub(crate) struct Readiness {
    /// `ready`, `degraded` (it works, with a part missing) or `unready`.
    status: &'static str,
    /// What was looked at.
    checks: Checks,
}

/// What readiness looks at: `ok`, or what is wrong.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub(crate) struct Checks {
    /// The database with its migrations.
    database: &'static str,
    /// Memory for inputs and outputs.
    arena: &'static str,
    /// Worker threads.
    workers: &'static str,
    /// Whether the server is about to stop.
    draining: &'static str,
}

/// The version.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub(crate) struct Version {
    /// The server's version.
    version: &'static str,
    /// The version of the contract.
    api: &'static str,
}

/// `GET /`.
pub(crate) async fn home(call: Call) -> Answer {
    call.accepted(&[HTML])?;
    Ok(pages::home(&call.app.node.version))
}

/// `GET /docs`.
pub(crate) async fn docs(call: Call) -> Answer {
    call.accepted(&[HTML])?;
    Ok(pages::docs())
}

/// `GET /openapi.json`.
pub(crate) async fn openapi(call: Call) -> Answer {
    call.accepted(&[JSON])?;
    let mut response = reply::of(JSON, call.app.openapi.clone());
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    Ok(response)
}

/// `GET /llms.txt`.
pub(crate) async fn llms(call: Call) -> Answer {
    call.accepted(&[TEXT])?;
    Ok(reply::of("text/plain; charset=utf-8", pages::LLMS))
}

/// `GET /version`.
pub(crate) async fn version(call: Call) -> Answer {
    call.accepted(&[JSON])?;
    Ok(reply::json(&Version { version: env!("CARGO_PKG_VERSION"), api: "v1" }))
}

/// `GET /healthz`.
pub(crate) async fn health(call: Call) -> Answer {
    call.accepted(&[JSON])?;
    Ok(reply::json(&Health { status: "ok" }))
}

/// `GET /readyz`.
pub(crate) async fn ready(call: Call) -> Answer {
    call.accepted(&[JSON])?;
    let readiness = readiness(&call.app, call.arrival.stop.is_cancelled()).await;
    let status = if readiness.status == "unready" { StatusCode::SERVICE_UNAVAILABLE } else { StatusCode::OK };
    let mut response = reply::json(&readiness);
    *response.status_mut() = status;
    Ok(response)
}

async fn readiness(app: &App, stopping: bool) -> Readiness {
    let engine = app.broker.engine().status();
    let draining = stopping || app.broker.is_draining() || engine.draining;
    // Reading one account shows that the database answers and knows our tables.
    let database = timeout(DATABASE_PATIENCE, app.broker.books().accounts(1, None)).await;
    let (reads, writes) = (matches!(database, Ok(Ok(_))), app.broker.writes());
    let working = engine.workers.len() > engine.quarantined;
    let (pressed, whole) = (app.broker.arena().under_pressure(), app.broker.arena().check().is_ok());
    let checks = Checks {
        database: match (reads, writes) {
            (false, _) => "does not answer",
            (true, false) => "cannot be written",
            (true, true) => "ok",
        },
        arena: match (whole, pressed) {
            (false, _) => "damaged",
            (true, true) => "under pressure",
            (true, false) => "ok",
        },
        workers: match (working, engine.degraded) {
            (false, _) => "none is working",
            (true, true) => "some do not stop",
            (true, false) => "ok",
        },
        draining: if draining { "yes" } else { "no" },
    };
    let status = match (reads && writes && working && whole && !draining, pressed || engine.degraded) {
        (false, _) => "unready",
        (true, true) => "degraded",
        (true, false) => "ready",
    };
    Readiness { status, checks }
}

/// `GET /metrics`.
pub(crate) async fn metrics(call: Call) -> Answer {
    // Figures are for the operator: on this port only from this machine, and not at all where they have a port of
    // their own.
    if !call.arrival.is_operators && (call.app.options.metrics_listen.is_some() || !call.arrival.address.is_loopback())
    {
        return Err(not_found("path").into());
    }
    Ok(reply::of("text/plain; version=0.0.4; charset=utf-8", figures(&call.app, ledger_health(&call.app).await)))
}

fn figures(app: &App, health: Option<LedgerHealth>) -> String {
    let mut page = Page::default();
    let (engine, arena) = (app.broker.engine().status(), app.broker.arena().stats());
    page.head("inos_build_info", "gauge", "The server's version.");
    page.sample("inos_build_info", &format!("{{version=\"{}\"}}", app.node.version), 1);
    page.figure("inos_start_time_seconds", "gauge", "When the server started.", app.node.started.as_ms() as f64 / 1e3);
    page.figure("inos_jobs_queued", "gauge", "Jobs that wait.", engine.queued);
    page.figure("inos_jobs_running", "gauge", "Jobs that run.", engine.running);
    page.figure("inos_jobs_completed_total", "counter", "Jobs that ended.", engine.completed);
    page.figure(
        "inos_jobs_completed_inline_total",
        "counter",
        "Jobs that ran where their bytes arrived.",
        engine.completed_here,
    );
    page.figure("inos_simulation_sessions", "gauge", "Simulation sessions that run.", engine.sessions);
    let inos_broker::Figures { tried_again, answered } = app.broker.figures();
    page.figure(
        "inos_jobs_tried_again_total",
        "counter",
        "Attempts that broke and were followed by another.",
        tried_again,
    );
    page.figure("inos_jobs_answered_total", "counter", "Jobs that an earlier one's outputs answered.", answered);
    job_figures(app, &mut page);
    page.figure("inos_inline_overruns_total", "counter", "Runs there that took over 1 ms.", engine.overruns);
    page.figure("inos_workers", "gauge", "Worker threads.", engine.workers.len());
    page.figure("inos_workers_quarantined", "gauge", "Worker threads whose unit does not stop.", engine.quarantined);
    page.figure(
        "inos_workers_quarantined_total",
        "counter",
        "Worker threads ever quarantined.",
        engine.quarantined_total,
    );
    page.figure("inos_arena_capacity_bytes", "gauge", "Bytes that can be leased.", arena.capacity);
    page.figure("inos_arena_leased_bytes", "gauge", "Bytes that are leased.", arena.leased);
    page.figure("inos_arena_resident_bytes", "gauge", "Bytes of lease memory that are resident.", arena.resident);
    page.figure("inos_arena_leases", "gauge", "Leases that live.", arena.leases);
    page.figure("inos_arena_spooled_bytes", "gauge", "Bytes in spool files.", arena.spooled);
    page.head("inos_arena_bytes_copied_total", "counter", "Payload bytes copied, by place.");
    for (place, bytes) in arena.copies() {
        page.sample("inos_arena_bytes_copied_total", &format!("{{place=\"{}\"}}", place.name()), bytes);
    }
    region_figures(&app.broker.region_totals(), app.metrics.epochs_skipped.load(Relaxed), &mut page);
    ring_figures(&app.broker.ring_totals(), &mut page);
    own_figures(app, &mut page);
    if let Some(health) = health {
        ledger_figures(&health, &mut page);
    }
    if let Some(recorder) = app.broker.recorder() {
        span_figures(&recorder.figures(), &mut page);
    }
    page.rows(app.rows.iter().map(|row| (row.operation, &row.tally)));
    page.into_text()
}

/// How jobs ended, and how long those that were begun waited and ran.
fn job_figures(app: &App, page: &mut Page) {
    page.head("inos_jobs_ended_total", "counter", "Jobs that ended, by state.");
    for (state, ended) in app.broker.ended() {
        page.sample("inos_jobs_ended_total", &format!("{{state=\"{}\"}}", state.word()), ended);
    }
    let [waited, ran] = app.broker.spread();
    page.spread("inos_job_waited_seconds", "From when the server had a job until it was begun.", &waited);
    page.spread("inos_job_ran_seconds", "How long units worked on a job.", &ran);
}

/// What regions take and what was done with them.
fn region_figures(totals: &RegionTotals, skipped: u64, page: &mut Page) {
    page.figure("inos_regions", "gauge", "Regions of all accounts.", totals.regions);
    page.figure("inos_regions_bytes", "gauge", "Bytes that they hold.", totals.bytes);
    page.figure("inos_regions_taken_bytes", "gauge", "Memory that they may take.", totals.taken_bytes);
    page.figure("inos_regions_waiters", "gauge", "Who waits for an epoch.", totals.waiters);
    page.figure("inos_regions_attached", "gauge", "Other processes that have mapped one.", totals.attached);
    page.figure("inos_regions_published_total", "counter", "Epochs that were published.", totals.published);
    page.figure("inos_regions_copied_bytes_total", "counter", "Bytes that publishing copied.", totals.copied_bytes);
    page.figure("inos_regions_revoked_total", "counter", "Buffers taken from processes that read.", totals.revoked);
    page.figure("inos_regions_skipped_total", "counter", "Epochs that subscribers were not told of.", skipped);
}

/// What rings of events take and what they were given.
fn ring_figures(totals: &RingTotals, page: &mut Page) {
    page.figure("inos_rings", "gauge", "Rings in which other processes follow events.", totals.rings);
    page.figure("inos_rings_attached", "gauge", "Processes that are attached to one.", totals.attached);
    page.figure("inos_rings_bytes", "gauge", "Memory that they may take.", totals.bytes);
    page.figure("inos_rings_written_total", "counter", "Events that were written into one.", totals.written);
    page.figure("inos_rings_dropped_total", "counter", "Events that could not be.", totals.dropped);
}

/// How the ledger is, by what it said within the last while; nothing where its database does not answer.
async fn ledger_health(app: &App) -> Option<LedgerHealth> {
    let mut known = app.health.lock().await;
    if let Some((read, health)) = &*known
        && read.elapsed() < HEALTH_KEPT
    {
        return Some(health.clone());
    }
    let asked = timeout(DATABASE_PATIENCE, app.broker.books().health()).await;
    let health = asked.ok()?.ok()?;
    *known = Some((tokio::time::Instant::now(), health.clone()));
    Some(health)
}

fn ledger_figures(health: &LedgerHealth, page: &mut Page) {
    let healthy = u8::from(health.healthy);
    page.figure("inos_ledger_healthy", "gauge", "1 where nothing is wrong with the ledger.", healthy);
    page.figure("inos_ledger_sum_microcredits", "gauge", "The sum of all accounts: always 0.", health.sum);
    page.figure("inos_ledger_held_microcredits", "gauge", "What is held for accepted jobs.", health.held);
    let about = "Accepted jobs that should have ended a minute ago.";
    page.figure("inos_ledger_holds_overdue", "gauge", about, health.holds_overdue);
    page.figure("inos_ledger_leases", "gauge", "Leases of all servers.", health.leases);
    page.figure("inos_ledger_leased_microcredits", "gauge", "What they may spend from memory.", health.leased);
    let about = "Leases that were not renewed in time.";
    page.figure("inos_ledger_leases_expired", "gauge", about, health.leases_expired);
    let about = "Commits that may have happened or not.";
    page.figure("inos_ledger_commits_in_doubt", "gauge", about, health.commits_in_doubt);
    page.figure("inos_ledger_schema", "gauge", "The database's schema.", health.schema);
    page.figure("inos_ledger_jobs", "gauge", "Jobs in the books.", health.jobs);
    page.figure("inos_ledger_database_bytes", "gauge", "What the database takes.", health.bytes);
}

/// What became of the steps of traces.
fn span_figures(figures: &SpanFigures, page: &mut Page) {
    page.figure("inos_otlp_spans_exported_total", "counter", "Spans that the collector took.", figures.exported);
    let about = "Spans that were dropped: too many waited (overflow), or the collector did not take them (refused).";
    page.head("inos_otlp_spans_dropped_total", "counter", about);
    page.sample("inos_otlp_spans_dropped_total", "{reason=\"overflow\"}", figures.overflowed);
    page.sample("inos_otlp_spans_dropped_total", "{reason=\"refused\"}", figures.refused);
}

/// What the gateway counts of itself.
fn own_figures(app: &App, page: &mut Page) {
    let own = &app.metrics;
    page.figure("inos_connections_open", "gauge", "Connections that are open.", app.permits.open());
    page.figure(
        "inos_http_refused_total",
        "counter",
        "Requests refused before they matched a path.",
        own.refused_at_the_door.load(Relaxed),
    );
    page.figure("inos_http_panics_total", "counter", "Handlers that panicked.", own.panics.load(Relaxed));
    page.figure("inos_ws_open", "gauge", "WebSockets that are open.", own.sockets_open.load(Relaxed));
    page.figure("inos_ws_sessions", "gauge", "WebSocket sessions, cut ones included.", app.sessions.len());
    page.figure("inos_ws_frames_in_total", "counter", "Frames that came in by WebSocket.", own.frames_in.load(Relaxed));
    page.figure(
        "inos_ws_frames_out_total",
        "counter",
        "Frames that went out by WebSocket.",
        own.frames_out.load(Relaxed),
    );
    page.figure(
        "inos_ws_resumed_total",
        "counter",
        "Sessions that went on after a cut.",
        own.sessions_resumed.load(Relaxed),
    );
    page.figure(
        "inos_ws_slow_readers_total",
        "counter",
        "WebSockets closed because nobody read.",
        own.slow_readers.load(Relaxed),
    );
}
