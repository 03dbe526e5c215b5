//! Who this server is and what it is doing.

use std::sync::atomic::Ordering::Relaxed;

use inos_broker::{RegionTotals, RingTotals};
use inos_protocols::{JobId, catalogue::PriceVersion, node::Node, time::Time};
use schemars::JsonSchema;
use serde::Serialize;

use crate::{
    auth::Visitor,
    call::Call,
    media::JSON,
    refusal::Answer,
    reply::{self, Page},
};

/// A worker thread.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub(crate) struct Worker {
    /// Its number.
    id: u64,
    /// `idle`, `running` or `quarantined`.
    state: &'static str,
    /// The unit that it runs.
    #[serde(skip_serializing_if = "Option::is_none")]
    unit: Option<&'static str>,
    /// The method that it runs.
    #[serde(skip_serializing_if = "Option::is_none")]
    method: Option<&'static str>,
    /// The job, for those who may see every account.
    #[serde(skip_serializing_if = "Option::is_none")]
    job: Option<JobId>,
    /// For how long, in milliseconds.
    since_ms: u64,
}

/// How a server does.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub(crate) struct Stats {
    /// The node.
    node: Node,
    /// When this was read.
    at: Time,
    /// The table of prices that is in force.
    prices: PriceVersion,
    /// Jobs.
    jobs: Jobs,
    /// How jobs ended lately.
    lately: Lately,
    /// Memory for inputs and outputs.
    arena: Arena,
    /// Regions.
    regions: Regions,
    /// Rings in which other processes follow events.
    rings: Rings,
    /// Connections.
    connections: Connections,
}

/// Jobs of a server, all accounts together.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub(crate) struct Jobs {
    /// Those that wait.
    queued: u64,
    /// Those that run.
    running: u64,
    /// Those that have ended since the start.
    completed: u64,
    /// Of these, those that ran where their bytes arrived.
    completed_inline: u64,
    /// Simulation sessions, each on a thread of its own.
    sessions: u64,
    /// Threads whose unit does not stop.
    workers_quarantined: u64,
}

/// How jobs of all accounts ended within a window that ends now, by what the server itself has counted.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub(crate) struct Lately {
    /// When the window began: up to a minute ago, and not before the start.
    since: Time,
    /// How long it is, in milliseconds.
    window_ms: u64,
    /// Jobs that ended in it; those are the next four.
    ended: u64,
    /// Those that succeeded, also by what an earlier job left.
    succeeded: u64,
    /// Those that failed.
    failed: u64,
    /// Those that were cancelled.
    cancelled: u64,
    /// Those that ran out of time.
    expired: u64,
    /// From when the server had a job until it was begun. Absent, as the next two, where none that ended was begun;
    /// sessions of simulations are in none of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    waited: Option<Times>,
    /// How long units worked on a job.
    #[serde(skip_serializing_if = "Option::is_none")]
    ran: Option<Times>,
    /// Both together: how long a job took, without the commit that charges for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    took: Option<Times>,
}

/// How long jobs took. What is told is never less than it was, and at most a sixteenth more.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(rename = "JobTimes")]
pub(crate) struct Times {
    /// How many jobs they are of.
    count: u64,
    /// Half of them took no longer, in microseconds.
    p50_us: u64,
    /// 95 in 100 took no longer.
    p95_us: u64,
    /// 99 in 100 took no longer.
    p99_us: u64,
}

impl From<inos_broker::Times> for Times {
    fn from(inos_broker::Times { count, p50_us, p95_us, p99_us }: inos_broker::Times) -> Self {
        Self { count, p50_us, p95_us, p99_us }
    }
}

impl From<inos_broker::Lately> for Lately {
    fn from(lately: inos_broker::Lately) -> Self {
        let inos_broker::Lately { since, window, succeeded, failed, cancelled, expired, waited, ran, took } = lately;
        Self {
            since,
            window_ms: window.as_millis() as u64,
            ended: succeeded + failed + cancelled + expired,
            succeeded,
            failed,
            cancelled,
            expired,
            waited: waited.map(Into::into),
            ran: ran.map(Into::into),
            took: took.map(Into::into),
        }
    }
}

/// Memory for inputs and outputs.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub(crate) struct Arena {
    /// Bytes that can be leased.
    bytes: u64,
    /// Bytes that are leased.
    leased_bytes: u64,
    /// Leases that live.
    leases: u64,
    /// Bytes of slabs that hold a lease or are kept for further ones of its size; what is leased of them is less.
    taken_bytes: u64,
    /// Bytes of slabs that are neither.
    free_bytes: u64,
    /// The longest stretch of them.
    largest_free_bytes: u64,
    /// How much of what is free does not lie in that stretch, in thousandths.
    fragmentation_permille: u64,
    /// What lies where in the mapping.
    map: Vec<Part>,
    /// Epochs that have moved since the start, or that somebody waits for.
    epochs: Vec<Epoch>,
    /// Payload bytes copied since the start, by place.
    copied_bytes: std::collections::BTreeMap<&'static str, u64>,
    /// Bytes that are resident.
    resident_bytes: u64,
    /// Bytes in spool files.
    spooled_bytes: u64,
    /// Whether new work is turned away because of it.
    under_pressure: bool,
}

/// A part of the arena's mapping.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub(crate) struct Part {
    /// What lies there.
    name: &'static str,
    /// Where it begins, in bytes.
    offset: u64,
    /// How long it is.
    bytes: u64,
}

/// An epoch of the arena.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub(crate) struct Epoch {
    /// Its number in the table.
    index: u64,
    /// How often it has moved on since the start.
    value: u64,
    /// Threads that wait for it.
    waiters: u64,
}

/// Regions of a server, all accounts together.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub(crate) struct Regions {
    /// How many there are.
    count: u64,
    /// Bytes that they hold.
    bytes: u64,
    /// Bytes of memory that they may take: buffers and pages.
    taken_bytes: u64,
    /// Epochs that were published.
    published: u64,
    /// Bytes that publishing copied.
    copied_bytes: u64,
    /// Threads and tasks that wait for an epoch.
    waiters: u64,
    /// Buffers in use.
    buffers: u64,
    /// How often one outgrew its memory.
    moved: u64,
    /// Epochs that WebSocket subscribers were not told of, since a newer one was there by then.
    skipped: u64,
    /// Other processes that have mapped one.
    attached: u64,
    /// How often a buffer was taken from such a process while it read.
    revoked: u64,
}

/// Rings in which other processes follow events, all accounts together.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub(crate) struct Rings {
    /// How many there are: one of each account that a process follows.
    count: u64,
    /// Processes that are attached.
    attached: u64,
    /// Bytes of memory that they may take.
    bytes: u64,
    /// Events that were written into one since the start.
    written: u64,
    /// Events that could not be.
    dropped: u64,
}

impl From<RingTotals> for Rings {
    fn from(RingTotals { rings, attached, bytes, written, dropped }: RingTotals) -> Self {
        Self { count: rings, attached, bytes, written, dropped }
    }
}

impl Regions {
    fn of(totals: RegionTotals, skipped: u64) -> Self {
        let RegionTotals { regions, bytes, taken_bytes, published, copied_bytes, waiters, buffers, moved, .. } = totals;
        let RegionTotals { attached, revoked, .. } = totals;
        Self {
            count: regions,
            bytes,
            taken_bytes,
            published,
            copied_bytes,
            waiters,
            buffers,
            moved,
            skipped,
            attached,
            revoked,
        }
    }
}

impl Arena {
    fn of(arena: &inos_arena::Arena) -> Self {
        let stats = arena.stats();
        let part =
            |part: inos_arena::Part| Part { name: part.name, offset: part.offset as u64, bytes: part.len as u64 };
        let epoch = |epoch: inos_arena::EpochFigures| Epoch {
            index: epoch.index as u64,
            value: epoch.value,
            waiters: epoch.waiters.into(),
        };
        Self {
            bytes: stats.capacity as u64,
            leased_bytes: stats.leased as u64,
            leases: stats.leases as u64,
            taken_bytes: stats.taken as u64,
            free_bytes: stats.free() as u64,
            largest_free_bytes: stats.largest_free as u64,
            fragmentation_permille: stats.fragmentation_permille() as u64,
            map: arena.map().map(part).into(),
            epochs: arena.epochs().into_iter().map(epoch).collect(),
            copied_bytes: stats.copies().map(|(place, bytes)| (place.name(), bytes)).collect(),
            resident_bytes: stats.resident as u64,
            spooled_bytes: stats.spooled,
            under_pressure: stats.under_pressure,
        }
    }
}

/// Connections of a server.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub(crate) struct Connections {
    /// Those that are open.
    open: u64,
    /// The most at once.
    max: u64,
    /// WebSocket sessions, cut ones included.
    sessions: u64,
}

/// `GET /v1/node`.
pub(crate) async fn show(call: Call) -> Answer {
    call.accepted(&[JSON])?;
    Ok(reply::json(&call.app.node))
}

/// `GET /v1/workers`.
pub(crate) async fn workers(call: Call, visitor: Visitor) -> Answer {
    call.accepted(&[JSON])?;
    let sees_all = visitor.caller.scopes.allow(inos_protocols::account::Scope::Admin);
    let status = call.app.broker.engine().status();
    let items = status.workers.into_iter().map(|worker| Worker {
        id: worker.id as u64,
        state: worker.state.word(),
        unit: worker.unit,
        method: worker.method,
        job: worker.job.filter(|_| sees_all),
        since_ms: worker.since_ms,
    });
    Ok(reply::json(&Page { items: items.collect(), next_cursor: None }))
}

/// `GET /v1/stats`.
pub(crate) async fn stats(call: Call, _: Visitor) -> Answer {
    call.accepted(&[JSON])?;
    let app = &call.app;
    let engine = app.broker.engine().status();
    Ok(reply::json(&Stats {
        node: app.node.clone(),
        at: Time::now(),
        prices: app.broker.engine().catalogue().priced().prices.version(),
        jobs: Jobs {
            queued: engine.queued as u64,
            running: engine.running as u64,
            completed: engine.completed,
            completed_inline: engine.completed_here,
            sessions: engine.sessions as u64,
            workers_quarantined: engine.quarantined as u64,
        },
        lately: app.broker.lately().into(),
        arena: Arena::of(app.broker.arena()),
        regions: Regions::of(app.broker.region_totals(), app.metrics.epochs_skipped.load(Relaxed)),
        rings: app.broker.ring_totals().into(),
        connections: Connections {
            open: app.permits.open() as u64,
            max: app.options.connections_max as u64,
            sessions: app.sessions.len() as u64,
        },
    }))
}
