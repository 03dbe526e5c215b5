//! Durable transfers and settled jobs a second through the group commit, beside a bare prepared loop on the same disk.
//!
//! `cargo bench -p inos-ledger --features testing --bench ledger -- [sqlite] [postgres=URL] [dir=FOLDER] [seconds=N] [accepted]`;
//! one JSON line for each figure, with `accepted` that of accepted jobs alone.
//! Without `postgres=` a throw-away cluster is started, with `fsync` on.

use std::{
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use ed25519_dalek::SigningKey;
use hdrhistogram::Histogram;
use inos_ledger::{
    Accept, AccountNo, Books, Committed, Ending, Entry, FeePolicy, JobRecord, Ledger, Options, Purse, Reservation,
    Settle, Shares, Transfer, open,
    testing::postgres::{Cluster, new_database},
};
use inos_protocols::{
    Hash, JobId, Microcredits, NodeId,
    account::Reason,
    job::{Metrics, OutputInfo, State},
    time::Time,
};

/// How many accounts pay each other.
const ACCOUNTS: i64 = 10_000;
/// How many accounts pay for jobs.
const PAYERS: usize = 64;
/// Requests under way at once: one is being written while the next waits.
const UNDER_WAY: usize = 2;
/// Transfers in a commit. TigerBeetle's own benchmark sends 8,189 at a time, and 100 to show what small batches cost.
const TRANSFERS: [usize; 4] = [100, 256, 4096, 8189];

/// What a run gave.
struct Figure {
    per_second: f64,
    /// Processor time of the thread that writes, for one entry.
    writer_us: f64,
    /// Processor time of Postgres, for one entry.
    server_us: f64,
    commits: Histogram<u64>,
}

impl Figure {
    fn print(&self, what: &str, batch: usize, more: &str) {
        let ms = |quantile| self.commits.value_at_quantile(quantile) as f64 / 1e6;
        println!(
            r#"{{"bench":"ledger","what":"{what}","batch":{batch},"per_second":{:.0},"writer_cpu_us":{:.2},"p50_ms":{:.3},"p99_ms":{:.3}{more}}}"#,
            self.per_second,
            self.writer_us,
            ms(0.5),
            ms(0.99)
        );
    }
}

/// Cheap numbers that look random (xorshift64).
struct Dice(u64);

impl Dice {
    fn roll(&mut self, below: i64) -> i64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % below as u64) as i64
    }

    /// Two different accounts.
    fn pair(&mut self) -> (i64, i64) {
        let debit = self.roll(ACCOUNTS);
        (debit, (debit + 1 + self.roll(ACCOUNTS - 1)) % ACCOUNTS)
    }
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let value = |name: &str| arguments.iter().find_map(|argument| argument.strip_prefix(name).map(String::from));
    let dir = value("dir=").unwrap_or_else(|| ".".into());
    let time =
        Duration::from_secs_f64(value("seconds=").map_or(3.0, |text| text.parse().expect("seconds= is a number")));
    let only = |name: &str| arguments.iter().any(|argument| argument.starts_with(name));
    let all = !only("sqlite") && !only("postgres");
    let accepted_alone = only("accepted");
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime");
    if all || only("sqlite") {
        runtime.block_on(on_sqlite(Path::new(&dir), time, accepted_alone));
    }
    if all || only("postgres") {
        let cluster = value("postgres=").is_none().then(|| Cluster::start(true).expect("Postgres is installed"));
        let server = value("postgres=").or_else(|| cluster.as_ref().map(Cluster::url)).expect("one of both");
        runtime.block_on(on_postgres(&server, time, accepted_alone));
    }
}

async fn on_sqlite(dir: &Path, time: Duration, accepted_alone: bool) {
    let folder = tempfile::TempDir::new_in(dir).expect("a folder on the disk to be measured");
    let url = |name: &str| format!("sqlite:{}", folder.path().join(name).display());
    accepted(&url("accepted"), time).await.print("accepted jobs on SQLite", 1, "");
    if accepted_alone {
        return;
    }
    for batch in TRANSFERS {
        let bare = bare_sqlite(&folder.path().join(format!("bare-{batch}")), batch, time);
        bare.print("bare prepared SQLite loop", batch, "");
        let url = format!("sqlite:{}", folder.path().join(format!("ledger-{batch}")).display());
        let transfers = transfers(&url, batch, time).await;
        let ratio = format!(r#","to_bare":{:.2}"#, transfers.per_second / bare.per_second);
        transfers.print("transfers on SQLite", batch, &ratio);
    }
    for batch in [1, 64, 256, 4096] {
        let path = folder.path().join(format!("jobs-{batch}"));
        let (figure, jobs) = jobs(&format!("sqlite:{}", path.display()), batch, time, None).await;
        let bytes = std::fs::metadata(&path).expect("the ledger is there").len();
        figure.print("settled jobs on SQLite", batch, &format!(r#","file_bytes_per_job":{}"#, bytes / jobs.max(1)));
    }
    jobs(&url("fees"), 4096, time, Some(split(&url("fees")).await)).await.0.print(
        "settled jobs with fees on SQLite",
        4096,
        "",
    );
}

async fn on_postgres(server: &str, time: Duration, accepted_alone: bool) {
    let url = new_database(server).await.expect("a database");
    accepted(&url, time).await.print("accepted jobs on Postgres", 1, "");
    if accepted_alone {
        return;
    }
    for batch in TRANSFERS {
        let url = new_database(server).await.expect("a database");
        let figure = transfers(&url, batch, time).await;
        figure.print("transfers on Postgres", batch, &format!(r#","server_cpu_us":{:.2}"#, figure.server_us));
    }
    for batch in [1, 64, 256, 4096] {
        let url = new_database(server).await.expect("a database");
        let figure = jobs(&url, batch, time, None).await.0;
        figure.print("settled jobs on Postgres", batch, &format!(r#","server_cpu_us":{:.2}"#, figure.server_us));
    }
}

/// One row and two balances for each transfer, and nothing else.
fn bare_sqlite(path: &Path, batch: usize, time: Duration) -> Figure {
    let database = rusqlite::Connection::open(path).expect("a database");
    database
        .execute_batch(
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
             CREATE TABLE accounts (no INTEGER PRIMARY KEY, balance BIGINT NOT NULL);
             CREATE TABLE transfers (seq INTEGER PRIMARY KEY, debit BIGINT, credit BIGINT, amount BIGINT);
             WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 9999)
             INSERT INTO accounts SELECT i, 1000000 FROM n;",
        )
        .expect("tables");
    let mut insert =
        database.prepare("INSERT INTO transfers (debit, credit, amount) VALUES (?1, ?2, 1)").expect("a statement");
    let mut update = database.prepare("UPDATE accounts SET balance = balance + ?2 WHERE no = ?1").expect("a statement");
    let (mut dice, mut commits, mut count) = (Dice(1), histogram(), 0);
    let (begun, spent) = (Instant::now(), cpu_us(std::process::id().to_string()));
    while begun.elapsed() < time {
        let commit = Instant::now();
        database.execute_batch("BEGIN IMMEDIATE").expect("a transaction");
        for _ in 0..batch {
            let (debit, credit) = dice.pair();
            insert.execute([debit, credit]).expect("a row");
            update.execute([debit, -1]).expect("a balance");
            update.execute([credit, 1]).expect("a balance");
        }
        database.execute_batch("COMMIT").expect("a commit");
        commits.saturating_record(commit.elapsed().as_nanos() as u64);
        count += batch;
    }
    let spent = cpu_us(std::process::id().to_string()) - spent;
    Figure {
        per_second: count as f64 / begun.elapsed().as_secs_f64(),
        writer_us: spent / count as f64,
        server_us: 0.0,
        commits,
    }
}

/// Processor time of a thread of this process, in microseconds.
fn cpu_us(thread: String) -> f64 {
    let run = std::fs::read_to_string(format!("/proc/self/task/{thread}/schedstat")).unwrap_or_default();
    run.split(' ').next().and_then(|ns| ns.parse::<f64>().ok()).unwrap_or_default() / 1000.0
}

/// Processor time of all Postgres processes here, the ended ones left out.
fn backends_us() -> f64 {
    let pids = std::fs::read_dir("/proc")
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| entry.file_name().into_string().ok());
    let run = |pid: String| {
        let name = std::fs::read_to_string(format!("/proc/{pid}/comm")).ok()?;
        let run = std::fs::read_to_string(format!("/proc/{pid}/schedstat")).ok()?;
        run.split(' ').next()?.parse::<f64>().ok().filter(|_| name.starts_with("postgres"))
    };
    pids.filter_map(run).sum::<f64>() / 1000.0
}

/// The committer that was started last.
fn committer() -> String {
    let is_committer = |thread: &String| {
        std::fs::read_to_string(format!("/proc/self/task/{thread}/comm"))
            .is_ok_and(|name| name.starts_with("inos-committer"))
    };
    let threads = std::fs::read_dir("/proc/self/task").into_iter().flatten().flatten();
    let names = threads.filter_map(|thread| thread.file_name().into_string().ok());
    names.filter(is_committer).max_by_key(|thread| thread.parse::<u32>().unwrap_or_default()).unwrap_or_default()
}

async fn ledger(url: &str, fees: Option<FeePolicy>) -> (Ledger, Books) {
    let signer = SigningKey::from_bytes(&[1; 32]);
    let options = Options {
        url: url.into(),
        node: NodeId(signer.verifying_key().to_bytes()),
        signer,
        starting_credits: Microcredits::CREDIT,
        lease_ms: 60_000,
        fees,
    };
    open(options, Box::new(|| Ok(()))).await.expect("a ledger")
}

/// Makes the accounts that pay each other; their numbers follow each other.
async fn people(url: &str, ledger: &Ledger) -> i64 {
    use sqlx::{AnyConnection, Connection, Executor};
    let mut database = AnyConnection::connect(url).await.expect("a database");
    let id = if url.starts_with("sqlite") { "randomblob(16)" } else { "decode(md5(i::text), 'hex')" };
    let sql = format!(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {ACCOUNTS})
         INSERT INTO accounts (id, name, kind, created) SELECT {id}, 'somebody', 2, 0 FROM n;
         INSERT INTO balances (account, balance, held, leased, floor) SELECT no, 0, 0, 0, 0 FROM accounts WHERE kind = 2"
    );
    database.execute(sqlx::AssertSqlSafe(sql)).await.expect("accounts");
    let first: i64 = sqlx::query_scalar("SELECT min(no) FROM accounts WHERE kind = 2")
        .fetch_one(&mut database)
        .await
        .expect("a number");
    let grants = (first..first + ACCOUNTS).map(|no| transfer(ledger.issuer().0, no, 1_000_000)).collect();
    assert!(ledger.commit(grants).await.iter().all(Result::is_ok));
    first
}

fn transfer(debit: i64, credit: i64, amount: u64) -> Entry {
    let amount = Microcredits::saturating(amount);
    Entry::Transfer(
        Transfer::new(AccountNo(debit), AccountNo(credit), amount, Reason::Transfer, None).expect("a transfer"),
    )
}

async fn transfers(url: &str, batch: usize, time: Duration) -> Figure {
    let (ledger, books) = ledger(url, None).await;
    let first = people(url, &ledger).await;
    let mut dice = Dice(1);
    let make = || {
        (0..batch)
            .map(|_| {
                let (debit, credit) = dice.pair();
                transfer(first + debit, first + credit, 1)
            })
            .collect()
    };
    let figure = drive(&ledger, batch, UNDER_WAY, time, make).await.0;
    assert_eq!(books.check().await.expect("a check"), Vec::<String>::new());
    ledger.close().await;
    figure
}

/// A policy that splits costs between the node and a treasury, as the origin's did.
async fn split(url: &str) -> FeePolicy {
    let (ledger, _books) = ledger(url, None).await;
    let treasury = ledger.open_account("treasury", Microcredits::ZERO).await.expect("an account").id;
    ledger.close().await;
    let shares = Shares { worker: 9500, treasury: 500, author: 0, referrer: 0 };
    FeePolicy { treasury, shares, authors: Default::default(), referrers: Default::default() }
}

async fn purses(ledger: &Ledger) -> Vec<Arc<Purse>> {
    let mut purses = Vec::new();
    for _ in 0..PAYERS {
        let account = ledger.open_account("somebody", Microcredits::saturating(1 << 40)).await.expect("an account");
        let purse = ledger.purse(account.id).await.expect("a purse");
        drop(ledger.reserve_slowly(&purse, Microcredits::saturating(1 << 38)).await.expect("credits"));
        purses.push(purse);
    }
    purses
}

/// One job after the other made durable before it runs, as a client waits for that gets it accepted.
async fn accepted(url: &str, time: Duration) -> Figure {
    let (ledger, _books) = ledger(url, None).await;
    let purses = purses(&ledger).await;
    let make = || {
        let (job, reservation) = begun(&ledger, &purses[0]);
        // Roughly what a capsule and 1 KiB of input take.
        let asked = vec![7; 1600];
        vec![Entry::Accept(Accept { job, reservation, asked, files: Vec::new(), claim: None })]
    };
    let figure = drive(&ledger, 1, 1, time, make).await.0;
    ledger.close().await;
    figure
}

async fn jobs(url: &str, batch: usize, time: Duration, fees: Option<FeePolicy>) -> (Figure, u64) {
    let (ledger, books) = ledger(url, fees).await;
    let purses = purses(&ledger).await;
    let mut next = 0;
    let make = || {
        (0..batch)
            .map(|_| {
                next += 1;
                job(&ledger, &purses[next % PAYERS])
            })
            .collect()
    };
    let (figure, count) = drive(&ledger, batch, UNDER_WAY, time, make).await;
    assert_eq!(books.check().await.expect("a check"), Vec::<String>::new());
    ledger.close().await;
    (figure, count)
}

fn begun(ledger: &Ledger, purse: &Arc<Purse>) -> (JobRecord, Reservation) {
    let now = Time::now();
    let job = JobRecord {
        id: JobId::new(),
        purse: purse.clone(),
        key: None,
        unit: "compute".into(),
        method: "blake3".into(),
        version: "1.0.0".into(),
        priority: 100,
        budget: None,
        capsule: Hash([7; 32]),
        submitted: now,
        deadline: now.plus_ms(60_000),
        params: None,
        labels: Default::default(),
        remembered: false,
        segment: None,
    };
    (job, ledger.reserve(purse, Microcredits::saturating(3)).expect("the lease is large"))
}

fn job(ledger: &Ledger, purse: &Arc<Purse>) -> Entry {
    let (job, reservation) = begun(ledger, purse);
    let now = Time::now();
    let output = OutputInfo { media_type: "application/octet-stream".into(), bytes: 32, hash: Hash([8; 32]) };
    let ending = Ending {
        state: State::Succeeded,
        cost: Microcredits::saturating(2),
        started: Some(now),
        finished: now,
        attempts: 1,
        metrics: Metrics { bytes_in: 1024, bytes_out: 32, queued_us: 5, run_us: 2 },
        input_hashes: vec![Hash([9; 32])],
        outputs: vec![output],
        kept: None,
        segment: None,
        files: Vec::new(),
        error: None,
        cached_from: None,
        expires: Some(now.plus_ms(86_400_000)),
    };
    Entry::Settle(Settle { job, reservation, ending, claim: None })
}

fn histogram() -> Histogram<u64> {
    Histogram::new_with_bounds(1, 60_000_000_000, 3).expect("a histogram")
}

/// Keeps so many requests under way; gives the figure and how many entries were committed.
async fn drive(
    ledger: &Ledger,
    batch: usize,
    requests: usize,
    time: Duration,
    mut make: impl FnMut() -> Vec<Entry>,
) -> (Figure, u64) {
    let mut commits = histogram();
    let mut under_way: std::collections::VecDeque<(Instant, Committed)> = Default::default();
    let (begun, mut count, writer) = (Instant::now(), 0, committer());
    let (spent, server_spent) = (cpu_us(writer.clone()), backends_us());
    while begun.elapsed() < time || !under_way.is_empty() {
        while begun.elapsed() < time && under_way.len() < requests {
            let entries = make();
            under_way.push_back((Instant::now(), ledger.commit(entries)));
        }
        if let Some((sent, committed)) = under_way.pop_front() {
            assert!(committed.await.iter().all(Result::is_ok), "every entry is good");
            commits.saturating_record(sent.elapsed().as_nanos() as u64);
            count += batch as u64;
        }
    }
    let writer_us = (cpu_us(writer) - spent) / count as f64;
    let server_us = (backends_us() - server_spent) / count as f64;
    (Figure { per_second: count as f64 / begun.elapsed().as_secs_f64(), writer_us, server_us, commits }, count)
}
