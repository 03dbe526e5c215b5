//! Copies a database on Postgres by its own `pg_dump`, as of the moment of a transaction that is held open here, and puts
//! it back by `pg_restore`. A password goes by the environment, never by the command line.

use std::{
    path::Path,
    process::{Command, Stdio},
};

use inos_protocols::Hash;
use percent_encoding::percent_decode_str;
use sqlx::{
    ConnectOptions, Connection, Executor, PgConnection,
    postgres::{PgConnectOptions, PgSslMode},
};

use crate::{Error, SCHEMA, Snapshot, database::Database};

/// How much of what a program says is quoted, in bytes.
const SAID_MAX: usize = 2_000;

/// Copies the database into the file `to`, which is there and empty.
///
/// Only a database that one server has: the payloads of another are not here to be copied.
pub(crate) fn dump(options: &PgConnectOptions, shown: &str, to: &Path) -> Result<Snapshot, Error> {
    wait(async {
        let failed = |source: sqlx::Error| Error::Snapshot { url: shown.into(), source: source.into() };
        let mut held = options.connect().await.map_err(failed)?;
        held.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await.map_err(failed)?;
        let snapshot = look(&mut held).await.map_err(failed)?;
        if snapshot.schema > SCHEMA {
            return Err(Error::NewerSchema { found: snapshot.schema, known: SCHEMA });
        }
        let nodes: i64 = sqlx::query_scalar("SELECT count(*) FROM nodes").fetch_one(&mut held).await.map_err(failed)?;
        if nodes > 1 {
            return Err(Error::Shared { url: shown.into(), nodes: nodes as u64 });
        }
        let moment: String =
            sqlx::query_scalar("SELECT pg_export_snapshot()").fetch_one(&mut held).await.map_err(failed)?;
        let mut program = program("pg_dump", options);
        program.args(["--format=custom", "--no-owner", "--no-privileges", "--snapshot", &moment, "--file"]).arg(to);
        run(program, shown)?;
        held.close().await.map_err(failed)?;
        Ok(snapshot)
    })
}

/// Puts a copy into the database at `url`, which must be empty, as a whole or not at all.
pub fn restore_dump(url: &str, from: &Path) -> Result<(), Error> {
    let (options, shown) = Database::postgres_options(url)?;
    wait(async {
        let failed = |source: sqlx::Error| Error::Snapshot { url: shown.clone(), source: source.into() };
        let mut connection = options.connect().await.map_err(failed)?;
        let tables: i64 = sqlx::query_scalar("SELECT count(*) FROM pg_tables WHERE schemaname = current_schema()")
            .fetch_one(&mut connection)
            .await
            .map_err(failed)?;
        connection.close().await.map_err(failed)?;
        if tables > 0 {
            return Err(Error::NotEmpty { url: shown.clone() });
        }
        let mut program = program("pg_restore", &options);
        program.args(["--exit-on-error", "--single-transaction", "--no-owner", "--no-privileges", "--dbname"]);
        program.arg(options.get_database().unwrap_or(options.get_username())).arg(from);
        run(program, &shown)
    })
}

async fn look(connection: &mut PgConnection) -> Result<Snapshot, sqlx::Error> {
    let schema: Option<i64> =
        sqlx::query_scalar("SELECT max(version) FROM schema_versions").fetch_one(&mut *connection).await?;
    let segments: Vec<i64> = sqlx::query_scalar("SELECT DISTINCT segment FROM jobs WHERE segment IS NOT NULL")
        .fetch_all(&mut *connection)
        .await?;
    let files: Vec<Vec<u8>> =
        sqlx::query_scalar("SELECT hash FROM blobs UNION SELECT hash FROM payload_files").fetch_all(connection).await?;
    Ok(Snapshot {
        schema: schema.unwrap_or(0),
        segments: segments.into_iter().map(|number| number as u64).collect(),
        files: files.iter().filter_map(|hash| Hash::from_slice(hash)).collect(),
    })
}

/// One of Postgres' own programs, told by its environment where the database is.
fn program(name: &str, options: &PgConnectOptions) -> Command {
    let mut program = Command::new(name);
    let host = options.get_socket().map_or_else(|| options.get_host().into(), |path| path.clone().into_os_string());
    program.env("PGHOST", host).env("PGPORT", options.get_port().to_string());
    program.env("PGUSER", options.get_username());
    program.env("PGDATABASE", options.get_database().unwrap_or(options.get_username()));
    program.env("PGSSLMODE", ssl_mode(options.get_ssl_mode()));
    program.env("PGAPPNAME", "inos-backup").env("PGCONNECT_TIMEOUT", "10");
    // sqlx tells a password only as a part of a URL.
    let url = options.clone().host("localhost").username("inos").database("inos").to_url_lossy();
    if let Some(password) = url.password() {
        program.env("PGPASSWORD", &*percent_decode_str(password).decode_utf8_lossy());
    }
    program
}

const fn ssl_mode(mode: PgSslMode) -> &'static str {
    match mode {
        PgSslMode::Disable => "disable",
        PgSslMode::Allow => "allow",
        PgSslMode::Prefer => "prefer",
        PgSslMode::Require => "require",
        PgSslMode::VerifyCa => "verify-ca",
        PgSslMode::VerifyFull => "verify-full",
    }
}

fn run(mut program: Command, shown: &str) -> Result<(), Error> {
    let name = program.get_program().to_string_lossy().into_owned();
    let failed = |source: Box<dyn std::error::Error + Send + Sync>| Error::Program {
        name: name.clone(),
        url: shown.into(),
        source,
    };
    let output = program.stdin(Stdio::null()).output().map_err(|error| failed(error.into()))?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    Err(failed(said[..said.floor_char_boundary(SAID_MAX)].trim().into()))
}

/// Nothing else is done on this thread meanwhile, so that it may wait for a program as well.
fn wait<T>(work: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(|_| Error::Committer)?;
    runtime.block_on(work)
}
