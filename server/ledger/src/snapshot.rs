//! Copies a database as it is at one moment, while others write to it, and says which payloads its rows name.
//! Never changes what it copies.

use std::{collections::BTreeSet, fs::File, path::Path};

use inos_protocols::Hash;
use rusqlite::{Connection, OpenFlags, backup::Backup, backup::StepResult};

use crate::{
    Error, SCHEMA,
    database::{Home, PATIENCE, make_file, without_password},
    dump::dump,
};

/// How many pages are copied between two words about it: 16 MiB.
const PAGES_A_STEP: i32 = 1024;
/// The most that is quoted of what SQLite finds wrong.
const FINDINGS_MAX: u32 = 8;

/// What the rows of a copied database name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshot {
    /// The schema that it has.
    pub schema: i64,
    /// The pack segments that jobs refer to.
    pub segments: BTreeSet<u64>,
    /// The files that blobs, inputs and kept outputs lie in.
    pub files: BTreeSet<Hash>,
}

/// Copies the database at `url` into the new file `to`, durable on return; `told` hears of bytes done and in all, where
/// that is known.
///
/// The copy is of one moment however long it takes and whoever writes meanwhile; it blocks its thread, which must not be
/// one of a runtime. Of SQLite it is a database, of Postgres what `pg_dump` writes, which [`crate::restore_dump`] takes.
pub fn snapshot(url: &str, to: &Path, mut told: impl FnMut(u64, u64)) -> Result<Snapshot, Error> {
    let shown = without_password(url);
    let unwritten = |source: std::io::Error| Error::Snapshot { url: shown.clone(), source: source.into() };
    let home = Home::of(url)?;
    make_file(to).map_err(unwritten)?;
    let snapshot = match home {
        Home::Sqlite(path) => copy_file(&path, to, &shown, &mut told)?,
        Home::Postgres(options) => dump(&options, &shown, to)?,
    };
    File::open(to).and_then(|file| file.sync_all()).map_err(unwritten)?;
    Ok(snapshot)
}

fn copy_file(from: &Path, to: &Path, shown: &str, told: &mut impl FnMut(u64, u64)) -> Result<Snapshot, Error> {
    let failed = |source: rusqlite::Error| Error::Snapshot { url: shown.into(), source: source.into() };
    copy(from, to, told).map_err(failed)?;
    let (schema, findings) = examine(to).map_err(failed)?;
    if schema > SCHEMA {
        return Err(Error::NewerSchema { found: schema, known: SCHEMA });
    }
    if !findings.is_empty() {
        return Err(Error::Snapshot { url: shown.into(), source: findings.join("; ").into() });
    }
    let (segments, files) = named(to).map_err(failed)?;
    Ok(Snapshot { schema, segments, files })
}

/// Holds one reading transaction from the first page to the last: what others commit meanwhile is not in the copy, and
/// does not make it begin anew.
fn copy(from: &Path, to: &Path, told: &mut impl FnMut(u64, u64)) -> rusqlite::Result<()> {
    let source =
        Connection::open_with_flags(from, OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    source.busy_timeout(PATIENCE)?;
    source.execute_batch("BEGIN")?;
    let page_bytes: u32 = source.query_row("PRAGMA page_size", [], |row| row.get(0))?;
    let _: i64 = source.query_row("SELECT count(*) FROM schema_versions", [], |row| row.get(0))?;
    let mut copy = Connection::open(to)?;
    let backup = Backup::new(&source, &mut copy)?;
    loop {
        let step = backup.step(PAGES_A_STEP)?;
        let progress = backup.progress();
        let pages = |count: i32| u64::try_from(count).unwrap_or(0) * u64::from(page_bytes);
        told(pages(progress.pagecount - progress.remaining), pages(progress.pagecount));
        match step {
            StepResult::Done => break,
            StepResult::Busy | StepResult::Locked => std::thread::sleep(PATIENCE / 100),
            _ => {}
        }
    }
    drop(backup);
    // One file without a log beside it: the server that opens it sets this as it likes.
    copy.query_row("PRAGMA journal_mode = DELETE", [], |_| Ok(()))?;
    copy.close().map_err(|(_, error)| error)
}

/// The schema of a copy, and what is wrong with its pages.
fn examine(copy: &Path) -> rusqlite::Result<(i64, Vec<String>)> {
    let copy = reading(copy)?;
    let schema = copy.query_row("SELECT coalesce(max(version), 0) FROM schema_versions", [], |row| row.get(0))?;
    let mut check = copy.prepare(&format!("PRAGMA quick_check({FINDINGS_MAX})"))?;
    let findings: Vec<String> = check.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
    Ok((schema, findings.into_iter().filter(|finding| finding != "ok").collect()))
}

fn named(copy: &Path) -> rusqlite::Result<(BTreeSet<u64>, BTreeSet<Hash>)> {
    let copy = reading(copy)?;
    let mut segments = copy.prepare("SELECT DISTINCT segment FROM jobs WHERE segment IS NOT NULL")?;
    let segments = segments.query_map([], |row| row.get::<_, i64>(0).map(|number| number as u64))?;
    let segments = segments.collect::<rusqlite::Result<_>>()?;
    let mut files = copy.prepare("SELECT hash FROM blobs UNION SELECT hash FROM payload_files")?;
    let files = files.query_map([], |row| row.get(0).map(Hash))?.collect::<rusqlite::Result<_>>()?;
    Ok((segments, files))
}

fn reading(copy: &Path) -> rusqlite::Result<Connection> {
    Connection::open_with_flags(copy, OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX)
}
