//! The table that flags, variables, the file's keys and their help are made of: a new option is one row here.

use std::num::NonZeroUsize;

use super::{Config, Setting, Shown, values};
use crate::show;

/// Every option of the server.
#[rustfmt::skip]
pub static SETTINGS: &[Setting] = &[
    setting("listen", "ADDRESS", "127.0.0.1:4667", "Where to serve HTTP and WebSocket",
        |c, text| put(&mut c.listen, values::address(text))),
    setting("data-dir", "FOLDER", "./inos-data", "Where everything that lasts lies",
        |c, text| put(&mut c.data_dir, values::path(text))),
    guarded(Shown::Database, setting("database-url", "URL", "", "`postgres://…`, or `sqlite://FILE` [default: sqlite in the data directory]",
        |c, text| put(&mut c.database_url, values::database_url(text).map(Some)))),
    setting("name", "NAME", "inos", "The node's name, for people",
        |c, text| put(&mut c.name, values::name(text))),
    setting("arena-size", "SIZE", "256MiB", "Shared memory for the bytes of jobs",
        |c, text| put(&mut c.arena_bytes, values::memory(text))),
    setting("arena-account-max", "SIZE", "", "The most of it for one account [default: half]",
        |c, text| put(&mut c.arena_account_bytes_max, values::memory(text).map(Some))),
    setting("workers", "COUNT", "", "Worker threads [default: one for each core]",
        |c, text| put(&mut c.workers, values::count(text).map(Some))),
    setting("weak-cells", "BOOL", "false", "Begin cells, the processes of units that read what may be hostile, though the kernel lacks Landlock or seccomp",
        |c, text| put(&mut c.weak_cells, values::yes(text))),
    setting("cell-memory", "SIZE", "", "The most memory that a cell may take beside its inputs and outputs; there is one cell for each worker thread [default: half of the machine's memory, shared among them, 16GiB at most]",
        |c, text| put(&mut c.cell_bytes_max, values::memory(text).map(Some))),
    setting("queue-max", "COUNT", "65536", "Jobs that may wait in all",
        |c, text| put(&mut c.queue_len_max, values::count(text).map(NonZeroUsize::get))),
    setting("account-queue-max", "COUNT", "16384", "Jobs of one account that may wait",
        |c, text| put(&mut c.account_queue_len_max, values::count(text).map(NonZeroUsize::get))),
    setting("sessions-max", "COUNT", "32", "Simulation sessions that may run at once",
        |c, text| put(&mut c.sessions_max, values::count(text).map(NonZeroUsize::get))),
    setting("account-sessions-max", "COUNT", "4", "Simulation sessions of one account",
        |c, text| put(&mut c.account_sessions_max, values::count(text).map(NonZeroUsize::get))),
    setting("body-max", "SIZE", "16GiB", "The largest request body",
        |c, text| put(&mut c.body_bytes_max, values::size(text))),
    setting("blob-quota", "SIZE", "64GiB", "The most bytes of blobs that one account may store",
        |c, text| put(&mut c.blob_bytes_max, values::size(text))),
    setting("region-quota", "SIZE", "512MiB", "The most memory that the regions of one account may take",
        |c, text| put(&mut c.region_bytes_max, values::memory(text))),
    setting("connections-max", "COUNT", "", "Connections that may be open at once [default: what the limit of open files leaves]",
        |c, text| put(&mut c.connections_max, values::count(text).map(|count| Some(count.get())))),
    setting("cors-origins", "ORIGINS", "", "Browser origins that may call besides loopback, separated by commas",
        |c, text| put(&mut c.cors_origins, values::origins(text))),
    setting("mcp-hosts", "HOSTS", "", "Names of hosts besides loopback under which /mcp answers, separated by commas",
        |c, text| put(&mut c.mcp_hosts, values::hosts(text))),
    setting("tls-cert", "FILE", "", "Certificate chain (PEM): serve HTTPS and HTTP/2",
        |c, text| put(&mut c.tls_cert, values::path(text).map(Some))),
    setting("tls-key", "FILE", "", "Its private key (PEM)",
        |c, text| put(&mut c.tls_key, values::path(text).map(Some))),
    setting("prices", "FILE", "", "Prices of methods (TOML, or JSON by its name) in place of the units' own",
        |c, text| put(&mut c.prices, values::path(text).map(Some))),
    setting("storage-charged-every", "TIME", "1h", "How often accounts are charged for what they store, where prices say what that costs",
        |c, text| put(&mut c.storage_charged_every, values::time(text))),
    setting("fee-policy", "FILE", "", "How the cost of a job is split between node, treasury, authors and referrers [default: all is the node's]",
        |c, text| put(&mut c.fee_policy, values::path(text).map(Some))),
    setting("metrics-listen", "ADDRESS", "", "Where to serve /metrics to others than loopback",
        |c, text| put(&mut c.metrics_listen, values::address(text).map(Some))),
    guarded(Shown::Host, setting("otlp-endpoint", "URL", "", "OTLP/HTTP collector to export traces to, such as http://127.0.0.1:4318 [default: none]",
        |c, text| put(&mut c.otlp_endpoint, values::collector(text).map(Some)))),
    guarded(Shown::Names, setting("otlp-headers", "HEADERS", "", "Headers for it, such as `authorization=Bearer …`, separated by commas",
        |c, text| put(&mut c.otlp_headers, values::headers(text)))),
    setting("otlp-sample-ratio", "RATIO", "1", "How many traces to export, 0 to 1; a client's `traceparent` decides for its own",
        |c, text| put(&mut c.otlp_sample_ratio, values::ratio(text))),
    setting("log-format", "FORMAT", "text", "`text` or `json`",
        |c, text| put(&mut c.log_format, values::log_format(text))),
    setting("log-level", "LEVEL", "info", "`error`, `warn`, `info`, `debug`, `trace`, or directives such as `info,inos_gateway::answers=debug` (a line for each answer)",
        |c, text| put(&mut c.log_level, values::log_level(text))),
    setting("starting-credits", "CREDITS", "1000", "What the admin account has after the first start",
        |c, text| put(&mut c.starting_credits, show::parse_credits(text))),
    setting("keep-jobs", "TIME", "7d", "How long finished jobs and their kept outputs stay",
        |c, text| put(&mut c.keep_jobs, values::time(text))),
    setting("deadline-max", "TIME", "1h", "How long a job may wait and run together",
        |c, text| put(&mut c.deadline_max, values::time(text))),
    setting("drain", "TIME", "30s", "How long a stopping server waits for running jobs",
        |c, text| put(&mut c.drain, values::time(text))),
];

/// As a setting, of which not everything may be shown.
const fn guarded(shown: Shown, setting: Setting) -> Setting {
    Setting { shown, ..setting }
}

const fn setting(
    name: &'static str,
    value: &'static str,
    default: &'static str,
    help: &'static str,
    set: fn(&mut Config, &str) -> Result<(), String>,
) -> Setting {
    Setting { name, value, default, help, shown: Shown::Whole, set }
}

fn put<T>(place: &mut T, value: Result<T, String>) -> Result<(), String> {
    value.map(|value| *place = value)
}
