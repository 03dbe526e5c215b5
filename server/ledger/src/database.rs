//! One way to both databases: a pool for portable statements, and one fair lock before every write of this process.

use std::{
    path::PathBuf,
    str::FromStr,
    sync::Arc,
    time::{Duration, Instant},
};

use sqlx::{
    Any, AnyConnection, AnyPool, Executor, Transaction, any::AnyPoolOptions, postgres::PgConnectOptions,
    sqlite::SqliteConnectOptions,
};
use tokio::sync::{Mutex, OwnedMutexGuard};

use crate::Error;

/// How long a statement waits for a connection or for another writer.
pub(crate) const PATIENCE: Duration = Duration::from_secs(5);
/// The most connections that read.
const READERS_MAX: u32 = 4;
/// How often a write that collided with another is tried again.
const RETRIES_MAX: u32 = 5;

/// Which database, and how its own driver reaches it.
#[derive(Clone)]
pub(crate) enum Home {
    Sqlite(PathBuf),
    Postgres(Box<PgConnectOptions>),
}

/// An open database.
#[derive(Clone)]
pub(crate) struct Database {
    pool: AnyPool,
    home: Home,
    shown: Arc<str>,
    // SQLite has one writer, and waiting here is fairer than SQLITE_BUSY; on Postgres it keeps
    // the committer and the rare writes of one process from locking rows in different orders.
    writer: Arc<Mutex<Soundness>>,
}

/// Whether the database may be written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Soundness {
    #[default]
    Sound,
    /// What is on its disk is no longer what was written: nothing more is, until somebody has looked at it.
    Damaged,
}

/// A transaction that may write.
pub(crate) struct Tx {
    // Fields are dropped in order: the transaction ends before the next writer begins.
    inner: Transaction<'static, Any>,
    _turn: OwnedMutexGuard<Soundness>,
}

impl Home {
    /// Reads a URL such as `sqlite:/var/lib/inos/ledger.sqlite` or `postgres://inos@127.0.0.1/inos`.
    pub(crate) fn of(url: &str) -> Result<Self, Error> {
        let wrong = || Error::Url { url: without_password(url) };
        if url.starts_with("sqlite:") {
            let options = SqliteConnectOptions::from_str(url).map_err(|_| wrong())?;
            let path = options.get_filename().to_path_buf();
            let on_disk = !path.as_os_str().is_empty() && !path.to_string_lossy().starts_with("file:");
            return if on_disk { Ok(Self::Sqlite(path)) } else { Err(wrong()) };
        }
        if url.starts_with("postgres:") || url.starts_with("postgresql:") {
            let options = PgConnectOptions::from_str(url).map_err(|_| wrong())?;
            return Ok(Self::Postgres(Box::new(options)));
        }
        Err(wrong())
    }
}

/// The URL as it may be shown.
pub(crate) fn without_password(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return url.into() };
    let path = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    match rest[..path].rsplit_once('@') {
        Some((user, host)) => {
            let user = user.split(':').next().unwrap_or_default();
            let tail = rest[path..].split('?').next().unwrap_or_default();
            format!("{scheme}://{user}@{host}{tail}")
        }
        None => url.into(),
    }
}

impl Database {
    /// Opens the database, which is made if it is a SQLite file that is not there.
    pub(crate) async fn open(url: &str) -> Result<Self, Error> {
        sqlx::any::install_default_drivers();
        let (home, shown) = (Home::of(url)?, without_password(url));
        let failed = |source| Error::Open { url: shown.clone(), source };
        let (options, url) = match &home {
            Home::Sqlite(path) => {
                let path = path.clone();
                make_file(&path).map_err(|error| failed(sqlx::Error::Io(error)))?;
                (
                    AnyPoolOptions::new()
                        .test_before_acquire(false)
                        .after_connect(|connection, _| Box::pin(tune(connection))),
                    url,
                )
            }
            Home::Postgres(_) => (AnyPoolOptions::new().idle_timeout(Duration::from_secs(600)), url),
        };
        let options = options.max_connections(READERS_MAX).acquire_timeout(PATIENCE).max_lifetime(None);
        let pool = options.connect(url).await.map_err(failed)?;
        let database = Self { pool, home, shown: shown.as_str().into(), writer: Arc::default() };
        database.check_version().await?;
        Ok(database)
    }

    /// How to reach a database on Postgres, and its URL as it may be shown.
    pub(crate) fn postgres_options(url: &str) -> Result<(Box<PgConnectOptions>, String), Error> {
        match Home::of(url)? {
            Home::Postgres(options) => Ok((options, without_password(url))),
            Home::Sqlite(_) => Err(Error::Url { url: without_password(url) }),
        }
    }

    /// For statements that only read, and for single statements within [`Database::write`].
    pub(crate) fn pool(&self) -> &AnyPool {
        &self.pool
    }

    pub(crate) fn home(&self) -> &Home {
        &self.home
    }

    pub(crate) fn shown(&self) -> &str {
        &self.shown
    }

    /// The lock that every writer of this process takes.
    pub(crate) fn writer(&self) -> &Arc<Mutex<Soundness>> {
        &self.writer
    }

    pub(crate) fn is_sqlite(&self) -> bool {
        matches!(self.home, Home::Sqlite(_))
    }

    /// Whether other servers may write it as well.
    pub(crate) fn is_shared(&self) -> bool {
        !self.is_sqlite()
    }

    /// Begins a transaction that may write, after every writer that waited before.
    pub(crate) async fn write(&self) -> Result<Tx, Error> {
        let turn = tokio::time::timeout(PATIENCE, self.writer.clone().lock_owned()).await;
        let turn = turn.map_err(|_| Error::Unavailable)?;
        if *turn == Soundness::Damaged {
            return Err(Error::Unavailable);
        }
        // IMMEDIATE: a transaction that begins by reading could not become a writing one when another has written.
        let begin = if self.is_sqlite() { "BEGIN IMMEDIATE" } else { "BEGIN" };
        let inner = self.begin(begin).await.map_err(Error::on("begin a transaction"))?;
        Ok(Tx { inner, _turn: turn })
    }

    /// Begins a transaction on a connection that works. One that was opened by a thread that has ended since is found
    /// out only here; nothing was done on it yet, so another takes its place.
    async fn begin(&self, begin: &'static str) -> Result<Transaction<'static, Any>, sqlx::Error> {
        let begun = Instant::now();
        for _ in 0..READERS_MAX {
            match self.pool.begin_with(begin).await {
                Err(sqlx::Error::Io(_)) if begun.elapsed() < PATIENCE / 10 => {}
                other => return other,
            }
        }
        self.pool.begin_with(begin).await
    }

    pub(crate) async fn close(&self) {
        self.pool.close().await;
    }

    /// The same database over connections of its own. Those of the pool may have been opened by event loops that have
    /// ended since, and a statement on such a one may fail half-way through a transaction.
    pub(crate) fn afresh(&self) -> Self {
        let pool = self.pool.options().clone().connect_lazy_with((*self.pool.connect_options()).clone());
        Self { pool, ..self.clone() }
    }

    async fn check_version(&self) -> Result<(), Error> {
        if !self.is_sqlite() {
            return Ok(());
        }
        let found: String = sqlx::query_scalar("SELECT sqlite_version()")
            .fetch_one(&self.pool)
            .await
            .map_err(Error::on("read SQLite's version"))?;
        if is_sound(&found) { Ok(()) } else { Err(Error::SqliteTooOld { found }) }
    }
}

impl Tx {
    /// The connection, for statements of this transaction.
    pub(crate) fn on(&mut self) -> &mut AnyConnection {
        &mut self.inner
    }

    /// Undoes everything, and waits until it is undone: one that is merely dropped is still open for a moment, and whoever
    /// has the connection next could not begin.
    pub(crate) async fn undo(self) -> Result<(), Error> {
        self.inner.rollback().await.map_err(Error::on("undo a transaction"))
    }

    /// Makes everything durable.
    pub(crate) async fn commit(self) -> Result<(), Error> {
        self.inner.commit().await.map_err(Error::on("commit a transaction"))
    }
}

/// Does `work` again, at most five times with growing pauses, while it collides with another writer.
pub(crate) async fn retried<T, Doing>(mut work: impl FnMut() -> Doing) -> Result<T, Error>
where
    Doing: Future<Output = Result<T, Error>>,
{
    for attempt in 0..RETRIES_MAX {
        match work().await {
            Err(Error::Database { source, .. }) if collided(&source) => tokio::time::sleep(pause(attempt)).await,
            other => return other,
        }
    }
    work().await
}

/// Whether another transaction was in the way (40001, 40P01).
pub(crate) fn collided(error: &sqlx::Error) -> bool {
    let sqlx::Error::Database(error) = error else { return false };
    matches!(error.code().as_deref(), Some("40001" | "40P01"))
}

/// A pause that grows with each attempt, with jitter so that two do not collide again.
pub(crate) fn pause(attempt: u32) -> Duration {
    let mut byte = [0];
    // Without random bytes the pause is merely the same for everybody.
    let _ = getrandom::fill(&mut byte);
    Duration::from_millis((5 << attempt.min(6)) + u64::from(byte[0]) * (1 << attempt.min(6)) / 64)
}

/// Sets a connection up; the size of a page counts only in a database that is still empty.
///
/// Large pages, because a group commit writes each page that it changed once: at 4 KiB the log took four times the
/// writes, and the whole path a fifth longer.
async fn tune(connection: &mut AnyConnection) -> Result<(), sqlx::Error> {
    connection
        .execute("PRAGMA page_size = 16384; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA busy_timeout = 5000; PRAGMA wal_autocheckpoint = 0")
        .await?;
    Ok(())
}

/// Makes an empty file that only its owner may read, if there is none.
pub(crate) fn make_file(path: &std::path::Path) -> std::io::Result<()> {
    use std::os::unix::fs::OpenOptionsExt;
    std::fs::OpenOptions::new().create(true).append(true).mode(0o600).open(path).map(drop)
}

/// Whether this SQLite has the fix of the WAL-reset defect.
fn is_sound(version: &str) -> bool {
    let mut numbers = version.split('.').map(|part| part.parse::<u32>().unwrap_or_default());
    let mut next = || numbers.next().unwrap_or_default();
    (next(), next(), next()) >= (3, 51, 3)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sqlite_that_damages_files_is_refused() {
        for (version, sound) in
            [("3.51.3", true), ("3.51.2", false), ("3.7.0", false), ("3.52.0", true), ("4.0.0", true)]
        {
            assert_eq!(is_sound(version), sound, "{version}");
        }
    }

    #[test]
    fn a_password_is_never_shown() {
        for (url, shown) in [
            ("postgres://inos:secret@db:5432/inos", "postgres://inos@db:5432/inos"),
            ("postgres://inos@db/inos?password=secret", "postgres://inos@db/inos"),
            ("postgres://inos:se@cret@db/inos", "postgres://inos@db/inos"),
            ("sqlite:/data/ledger.sqlite", "sqlite:/data/ledger.sqlite"),
        ] {
            assert_eq!(without_password(url), shown);
        }
    }

    #[test]
    fn only_databases_that_last_are_opened() {
        assert!(matches!(Home::of("sqlite:/data/a.sqlite"), Ok(Home::Sqlite(_))));
        assert!(matches!(Home::of("sqlite:///data/a.sqlite"), Ok(Home::Sqlite(_))));
        assert!(matches!(Home::of("postgres://a@b/c"), Ok(Home::Postgres(_))));
        for wrong in ["", "sqlite::memory:", "sqlite:", "mysql://a@b/c", "/data/a.sqlite"] {
            assert!(matches!(Home::of(wrong), Err(Error::Url { .. })), "{wrong}");
        }
    }
}
