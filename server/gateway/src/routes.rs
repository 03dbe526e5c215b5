//! Every path on one screen: method, path, scope, operation, what it does, who answers, what it takes and gives.
//! The router and `/openapi.json` are both made from this table, so neither can know what the other does not.

use http::{Method, StatusCode};
use inos_protocols::{
    account::{Account, AuditEntry, Blob, Budget, Entry, ExpiringGrant, Key, LedgerHealth, NewKey, Scope},
    catalogue::{self, PriceList, Prices},
    held::{HeldKey, NewHeldKey, Retirement},
    job::{Capsule, Job},
    node::Node,
    quote::{Measured, Quote},
    receipt::SignedReceipt,
    region::Region,
    statement::Statement,
};

use crate::{
    http::{
        account, admin, audit, batches, blobs, config, console, events, held, jobs, keys, node, quotes, regions, run,
        statements, system, tokens, transfers, units,
    },
    mcp,
    media::{ANY, BYTES, CAPNP, CSV, HTML, JSON, NDJSON, TEXT},
    problems,
    reply::Page,
    row::{Row, keyed, open},
    ws,
};

const GET: Method = Method::GET;
const POST: Method = Method::POST;
const PATCH: Method = Method::PATCH;
const PUT: Method = Method::PUT;
const DELETE: Method = Method::DELETE;
const OK: StatusCode = StatusCode::OK;
const CREATED: StatusCode = StatusCode::CREATED;
const ACCEPTED: StatusCode = StatusCode::ACCEPTED;
const NOTHING: StatusCode = StatusCode::NO_CONTENT;

const CAPSULE: &str = r#"{"unit":"compute","method":"blake3","inputs":[{"text":"hello"}]}"#;
const GIFT: &str = r#"{"to":"acc_01890000000070008000000000000000","amount":1000000,"note":"for the tests"}"#;
const PRICES: &str = r#"{"version":2,"stored_mib_day":0,"prices":{"compute":{"blake3":{"base":10}}}}"#;
const TOOLS: &str = r#"{"jsonrpc":"2.0","id":1,"method":"tools/list"}"#;
const SIZES: &str = r#"{"unit":"compute","method":"brotli_compress","inputs":[{"bytes":1048576}]}"#;
const BATCH: &str = r#"[{"unit":"compute","method":"blake3","inputs":[{"text":"a"}]},{"unit":"compute","method":"sha256","inputs":[{"text":"b"}]}]"#;

/// The table.
#[rustfmt::skip]
pub(crate) fn table() -> Vec<Row> {
    use Scope::{Account as Own, Admin, Blobs, Crypto, Jobs, Regions};
    vec![
        open(GET, "/", "getHome", "The first page", system::home).gives_bytes(OK, HTML),
        open(GET, "/console", "getConsole", "The console", console::page).gives_bytes(OK, HTML),
        open(GET, "/console/", "getConsoleRoot", "The console", console::page).gives_bytes(OK, HTML),
        open(GET, "/console/{*file}", "getConsoleFile", "A file or a view of the console", console::file).gives_bytes(OK, ANY).gives_nothing(StatusCode::NOT_MODIFIED),
        open(GET, "/docs", "getDocs", "The API to read and to try", system::docs).gives_bytes(OK, HTML),
        open(GET, "/openapi.json", "getOpenapi", "This description", system::openapi).gives_bytes(OK, JSON),
        open(GET, "/llms.txt", "getLlms", "This server in a few words, for language models", system::llms).gives_bytes(OK, TEXT),
        open(GET, "/problems", "listProblems", "Every way in which the server says no", problems::list).gives_bytes(OK, HTML).gives::<Vec<problems::Kinds>>(OK),
        open(GET, "/problems/{slug}", "getProblem", "What one problem means and what to do", problems::show).gives_bytes(OK, HTML).gives::<problems::Kinds>(OK),
        open(GET, "/version", "getVersion", "The server's version", system::version).gives::<system::Version>(OK),
        open(GET, "/healthz", "getHealth", "Whether the server lives", system::health).gives::<system::Health>(OK),
        open(GET, "/readyz", "getReadiness", "Whether the server takes work", system::ready).gives::<system::Readiness>(OK).gives::<system::Readiness>(StatusCode::SERVICE_UNAVAILABLE),
        open(GET, "/metrics", "getMetrics", "Figures for Prometheus, on loopback or where --metrics-listen says", system::metrics).gives_bytes(OK, TEXT),

        open(GET, "/v1/units", "listUnits", "The catalogue", units::list).gives::<units::Units>(OK).gives_nothing(StatusCode::NOT_MODIFIED),
        open(GET, "/v1/units/{unit}", "getUnit", "A unit and its methods", units::show).gives::<catalogue::Unit>(OK).gives_nothing(StatusCode::NOT_MODIFIED),
        open(GET, "/v1/units/{unit}/{method}", "getMethod", "A method: parameters, limits, price", units::method).gives::<catalogue::Method>(OK).gives_nothing(StatusCode::NOT_MODIFIED),
        open(GET, "/v1/node", "getNode", "Who this server is", node::show).gives::<Node>(OK),

        keyed(POST, "/v1/run/{unit}/{method}", Jobs, "run", "Run a method on the body and wait for its output", run::run).stream().open_query().reads(run::HEADERS).body_optional().takes_bytes(BYTES).takes_bytes("multipart/form-data").gives_bytes(OK, ANY),
        keyed(POST, "/v1/quotes", Jobs, "createQuote", "What a job would cost, and why", quotes::create).message().takes::<Measured>().example(SIZES).takes_bytes(CAPNP).gives::<Quote>(OK),
        keyed(POST, "/v1/jobs", Jobs, "createJob", "Submit a job", jobs::create).message().reads(jobs::HEADERS).takes::<Capsule>().example(CAPSULE).takes_bytes(CAPNP).gives::<Job>(ACCEPTED).gives::<Job>(OK).gives_bytes(OK, CAPNP).gives_bytes(ACCEPTED, CAPNP),
        keyed(GET, "/v1/jobs", Jobs, "listJobs", "Your jobs, newest first", jobs::list).query(jobs::FILTERS).gives::<Page<Job>>(OK),
        keyed(GET, "/v1/jobs/{id}", Jobs, "getJob", "A job", jobs::show).gives::<Job>(OK).gives_bytes(OK, CAPNP),
        keyed(GET, "/v1/jobs/{id}/outputs/{n}", Jobs, "getOutput", "An output's bytes", jobs::output).gives_bytes(OK, ANY).gives_bytes(StatusCode::PARTIAL_CONTENT, ANY).gives_nothing(StatusCode::NOT_MODIFIED),
        keyed(GET, "/v1/jobs/{id}/receipt", Jobs, "getReceipt", "The signed receipt", jobs::receipt).gives::<SignedReceipt>(OK).gives_bytes(OK, CAPNP),
        keyed(GET, "/v1/jobs/{id}/events", Jobs, "watchJob", "What happens to a job, as it happens", events::of_job).reads(events::HEADERS).gives_events(OK),
        keyed(POST, "/v1/jobs/{id}/cancel", Jobs, "cancelJob", "Stop a job", jobs::cancel).gives::<Job>(ACCEPTED),
        keyed(POST, "/v1/jobs/{id}/retry", Jobs, "retryJob", "Submit a job that did not succeed once more, as a new job", jobs::retry).reads(jobs::HEADERS).gives::<Job>(ACCEPTED).gives::<Job>(OK).gives_bytes(OK, CAPNP).gives_bytes(ACCEPTED, CAPNP),
        keyed(GET, "/v1/events", Jobs, "watchJobs", "What happens to all your jobs, as it happens", events::of_all).reads(events::HEADERS).gives_events(OK),
        keyed(POST, "/v1/batches", Jobs, "createBatch", "Run up to 1,000 capsules, each answered alone", batches::create).message().takes::<Vec<Capsule>>().example(BATCH).takes_bytes(NDJSON).takes_bytes(CAPNP).gives::<batches::Batch>(OK).gives_bytes(OK, NDJSON).gives_bytes(OK, CAPNP),
        open(GET, "/v1/ws", "openSocket", "Many capsules over one WebSocket (inos.capsule.v1, inos.json.v1)", ws::open).query(ws::PARAMS).gives_nothing(StatusCode::SWITCHING_PROTOCOLS),
        keyed(POST, "/v1/ws-tickets", Jobs, "createTicket", "A ticket that opens one WebSocket", tokens::ticket).gives::<tokens::TicketMade>(CREATED),

        keyed(POST, "/mcp", Jobs, "callTools", "Every method as a tool of the Model Context Protocol (streamable HTTP)", mcp::post).message().reads(mcp::HEADERS).takes_bytes(JSON).example(TOOLS).gives_bytes(OK, JSON).gives_events(OK).gives_nothing(ACCEPTED),

        keyed(PUT, "/v1/blobs", Blobs, "storeBlob", "Store bytes", blobs::put).stream().query(blobs::STORING).takes_bytes(BYTES).gives::<Blob>(CREATED),
        keyed(GET, "/v1/blobs", Blobs, "listBlobs", "Your blobs, newest first", blobs::list).query(blobs::PAGING).gives::<Page<Blob>>(OK),
        keyed(PUT, "/v1/blobs/{hash}", Blobs, "storeCheckedBlob", "Store bytes that have this hash", blobs::put_checked).stream().query(blobs::STORING).takes_bytes(BYTES).gives::<Blob>(CREATED),
        keyed(GET, "/v1/blobs/{hash}", Blobs, "getBlob", "A blob's bytes", blobs::get).gives_bytes(OK, ANY).gives_bytes(StatusCode::PARTIAL_CONTENT, ANY).gives_nothing(StatusCode::NOT_MODIFIED),
        keyed(DELETE, "/v1/blobs/{hash}", Blobs, "deleteBlob", "Let a blob go", blobs::delete).gives_nothing(NOTHING),

        keyed(GET, "/v1/regions", Regions, "listRegions", "Your regions, by name", regions::list).query(blobs::PAGING).gives::<Page<Region>>(OK),
        keyed(GET, "/v1/regions/{name}", Regions, "getRegion", "A region's newest epoch, or the one after yours as soon as it is there", regions::get).query(regions::AWAITING).gives_bytes(OK, ANY).gives_bytes(StatusCode::PARTIAL_CONTENT, ANY).gives_nothing(StatusCode::NOT_MODIFIED),
        keyed(PUT, "/v1/regions/{name}", Regions, "putRegion", "Publish all of a region; make it where there is none", regions::put).stream().query(regions::MAKING).reads(regions::CHANGING).body_optional().takes_bytes(BYTES).gives::<Region>(OK).gives::<Region>(CREATED),
        keyed(PATCH, "/v1/regions/{name}", Regions, "patchRegion", "Publish a region in which some bytes are others", regions::patch).stream().reads(regions::PATCHING).takes_bytes(BYTES).gives::<Region>(OK),
        keyed(DELETE, "/v1/regions/{name}", Regions, "deleteRegion", "Remove a region", regions::delete).gives_nothing(NOTHING),

        keyed(GET, "/v1/account", Own, "getAccount", "Your account and what it has", account::show).gives::<Account>(OK),
        keyed(PATCH, "/v1/account", Own, "changeAccount", "Say below what you want to hear of what is left, and how long outputs are kept", account::change).takes::<account::Wishes>().example(r#"{"low_balance":5000000}"#).gives::<Account>(OK),
        keyed(GET, "/v1/account/grants", Own, "listGrants", "Your grants that expire, and what is left of each", account::grants).gives::<Page<ExpiringGrant>>(OK),
        keyed(GET, "/v1/account/statement", Own, "getStatement", "What moved in a month, line by line", statements::show).query(statements::PARAMS).gives::<Statement>(OK).gives_bytes(OK, CSV),
        keyed(GET, "/v1/account/budget", Own, "getBudget", "What your jobs may cost this month", account::budget).gives::<Budget>(OK),
        keyed(GET, "/v1/account/ledger", Own, "listEntries", "What moved, newest first", account::ledger).query(blobs::PAGING).gives::<Page<Entry>>(OK),
        keyed(GET, "/v1/account/usage", Own, "getUsage", "What you used, by method", account::usage).query(account::SINCE).gives::<account::UsageSince>(OK),
        keyed(GET, "/v1/account/spending", Own, "getSpending", "What your jobs cost, hour by hour or day by day, by key or by unit", account::spending).query(account::SPENDING).gives::<account::Spending>(OK),
        keyed(POST, "/v1/transfers", Own, "createTransfer", "Give credits to another account", transfers::create).reads(transfers::HEADERS).takes::<transfers::NewTransfer>().example(GIFT).gives::<transfers::TransferMade>(CREATED),
        keyed(POST, "/v1/keys", Own, "createKey", "Make a key", keys::create).takes::<keys::NewKeyForm>().example(r#"{"name":"laptop","scopes":["jobs","blobs"]}"#).gives::<NewKey>(CREATED),
        keyed(GET, "/v1/keys", Own, "listKeys", "Your keys, without their secrets", keys::list).gives::<Page<Key>>(OK),
        keyed(POST, "/v1/keys/{id}/rotate", Own, "rotateKey", "Replace a key by a new one; both work for a while", keys::rotate).takes::<keys::Rotation>().example(r#"{"overlap_ms":86400000}"#).gives::<NewKey>(CREATED),
        keyed(DELETE, "/v1/keys/{id}", Own, "revokeKey", "End a key", keys::revoke).gives_nothing(NOTHING),
        keyed(POST, "/v1/tokens", None, "createToken", "A token for a page, of at most an hour", tokens::create).takes::<tokens::NewToken>().example(r#"{"scopes":["jobs"],"expires_in_s":900,"budget":1000000}"#).gives::<tokens::TokenMade>(CREATED),

        keyed(POST, "/v1/console/session", None, "openConsole", "Sign in to the console: a key becomes a cookie of some hours", console::open).body_optional().gives::<console::Session>(CREATED),
        open(POST, "/v1/console/session/claim", "claimConsole", "Sign in to the console by the ticket of the link that the server printed, behind `Authorization: Bearer`", console::claim).body_optional().gives::<console::Session>(CREATED),
        keyed(GET, "/v1/console/session", None, "getConsoleSession", "Who asks, what they may do and for how long", console::show).gives::<console::Session>(OK),
        keyed(DELETE, "/v1/console/session", None, "closeConsole", "Sign out of the console", console::close).gives_nothing(NOTHING),

        keyed(POST, "/v1/crypto/keys", Crypto, "createHeldKey", "Make a key that the server holds and that jobs use by its id", held::create).takes::<NewHeldKey>().example(r#"{"kind":"aead","name":"backups"}"#).gives::<HeldKey>(CREATED),
        keyed(GET, "/v1/crypto/keys", Crypto, "listHeldKeys", "The keys that the server holds for you, without their secrets", held::list).gives::<Page<HeldKey>>(OK),
        keyed(GET, "/v1/crypto/keys/{id}", Crypto, "getHeldKey", "A key that the server holds for you, without its secret", held::show).gives::<HeldKey>(OK),
        keyed(POST, "/v1/crypto/keys/{id}/rotate", Crypto, "rotateHeldKey", "Give a held key a new version; old ones still open and verify", held::rotate).gives::<HeldKey>(OK),
        keyed(POST, "/v1/crypto/keys/{id}/retire", Crypto, "retireHeldKey", "Destroy old versions of a held key", held::retire).takes::<Retirement>().example(r#"{"below":2}"#).gives::<HeldKey>(OK),
        keyed(DELETE, "/v1/crypto/keys/{id}", Crypto, "deleteHeldKey", "Destroy a held key", held::delete).gives_nothing(NOTHING),

        keyed(GET, "/v1/audit", Own, "listAudit", "What was done to money and access, newest first; of all accounts for an admin", audit::list).query(blobs::PAGING).gives::<Page<AuditEntry>>(OK),

        keyed(POST, "/v1/admin/accounts", Admin, "createAccount", "Make an account and its first key", admin::create_account).takes::<admin::NewAccount>().example(r#"{"name":"guest","credits":1000000}"#).gives::<admin::AccountMade>(CREATED),
        keyed(GET, "/v1/admin/accounts", Admin, "listAccounts", "Every account", admin::list_accounts).query(blobs::PAGING).gives::<Page<Account>>(OK),
        keyed(GET, "/v1/admin/accounts/{id}", Admin, "getAnyAccount", "An account", admin::show_account).gives::<Account>(OK),
        keyed(PUT, "/v1/admin/accounts/{id}/limits", Admin, "limitAccount", "Set how fast an account may ask, and its share of the workers", admin::limit).takes::<admin::LimitsForm>().example(r#"{"weight":2,"rate_limit":100}"#).gives::<Account>(OK),
        keyed(POST, "/v1/admin/accounts/{id}/grants", Admin, "createGrant", "Give credits to an account", admin::grant).takes::<admin::NewGrant>().example(r#"{"amount":1000000,"note":"for the first steps"}"#).gives::<admin::GrantMade>(CREATED),

        keyed(PUT, "/v1/admin/accounts/{id}/budget", Admin, "setBudget", "Limit what an account's jobs may cost in every month", admin::set_budget).takes::<admin::NewBudget>().example(r#"{"budget":100000000}"#).gives::<Budget>(OK),
        keyed(GET, "/v1/admin/prices", Admin, "getPrices", "Every price that is in force", admin::prices).gives::<Prices>(OK),
        keyed(PUT, "/v1/admin/prices", Admin, "setPrices", "Set prices for jobs that come from now on", admin::set_prices).takes::<PriceList>().example(PRICES).gives::<Prices>(OK),
        keyed(GET, "/v1/ledger/health", Admin, "getLedgerHealth", "How the ledger is", admin::health).gives::<LedgerHealth>(OK),
        keyed(GET, "/v1/node/config", Admin, "getNodeConfig", "What this server was told when it was started, without secrets", config::show).gives::<config::NodeConfig>(OK),
        keyed(GET, "/v1/workers", Jobs, "listWorkers", "Worker threads and what they do", node::workers).gives::<Page<node::Worker>>(OK),
        keyed(GET, "/v1/stats", Jobs, "getStats", "How the server does", node::stats).gives::<node::Stats>(OK),
    ]
}
