//! Who this server is and what it is doing.

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
    /// Memory for inputs and outputs.
    arena: Arena,
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
    /// Threads whose unit does not stop.
    workers_quarantined: u64,
}

/// Memory for inputs and outputs.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub(crate) struct Arena {
    /// Bytes that can be leased.
    bytes: u64,
    /// Bytes that are leased.
    leased_bytes: u64,
    /// Bytes that are resident.
    resident_bytes: u64,
    /// Bytes in spool files.
    spooled_bytes: u64,
    /// Whether new work is turned away because of it.
    under_pressure: bool,
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
    let (engine, arena) = (app.broker.engine().status(), app.broker.arena().stats());
    Ok(reply::json(&Stats {
        node: app.node.clone(),
        at: Time::now(),
        prices: app.broker.engine().catalogue().prices().version(),
        jobs: Jobs {
            queued: engine.queued as u64,
            running: engine.running as u64,
            completed: engine.completed,
            completed_inline: engine.completed_here,
            workers_quarantined: engine.quarantined as u64,
        },
        arena: Arena {
            bytes: arena.capacity as u64,
            leased_bytes: arena.leased as u64,
            resident_bytes: arena.resident as u64,
            spooled_bytes: arena.spooled,
            under_pressure: arena.under_pressure,
        },
        connections: Connections {
            open: app.permits.open() as u64,
            max: app.options.connections_max as u64,
            sessions: app.sessions.len() as u64,
        },
    }))
}
