//! Brings a database to the schema of this program, one migration a transaction. Never goes back.

mod pieces;

use futures_util::{FutureExt, future::BoxFuture};
use inos_failpoints::{Point, reach};
use inos_protocols::time::Time;
use sqlx::{AnyConnection, AssertSqlSafe, Executor};

use crate::{
    Error,
    database::{Database, Tx},
};

/// A part of a migration.
enum Step {
    /// SQL that both databases understand, once its three own words are replaced.
    Sql(&'static str),
    /// SQL for each.
    Each { sqlite: &'static str, postgres: &'static str },
    /// Rows that only the program can rewrite.
    Rows(for<'c> fn(&'c mut AnyConnection) -> BoxFuture<'c, Result<(), sqlx::Error>>),
}

/// Every migration, in order; the first is version 1.
const MIGRATIONS: &[&[Step]] = &[
    &[Step::Sql(include_str!("../../../migrations/0001_ledger.sql"))],
    &[Step::Each {
        sqlite: include_str!("../../../migrations/0002_receipts_from_rows.sqlite.sql"),
        postgres: include_str!("../../../migrations/0002_receipts_from_rows.postgres.sql"),
    }],
    &[
        Step::Sql(include_str!("../../../migrations/0003_pieces_of_jobs.sql")),
        Step::Rows(|connection| pieces::carry(connection).boxed()),
        Step::Each {
            sqlite: include_str!("../../../migrations/0003_pieces_of_jobs.end.sqlite.sql"),
            postgres: include_str!("../../../migrations/0003_pieces_of_jobs.end.postgres.sql"),
        },
    ],
    &[Step::Sql(include_str!("../../../migrations/0004_credits.sql"))],
    &[
        Step::Sql(include_str!("../../../migrations/0005_access.sql")),
        Step::Each {
            sqlite: include_str!("../../../migrations/0005_access.end.sqlite.sql"),
            postgres: include_str!("../../../migrations/0005_access.end.postgres.sql"),
        },
    ],
    &[
        Step::Sql(include_str!("../../../migrations/0006_keeping.sql")),
        Step::Each {
            sqlite: include_str!("../../../migrations/0006_keeping.end.sqlite.sql"),
            postgres: include_str!("../../../migrations/0006_keeping.end.postgres.sql"),
        },
    ],
    &[Step::Sql(include_str!("../../../migrations/0007_held_keys.sql"))],
    &[Step::Sql(include_str!("../../../migrations/0008_console_ends.sql"))],
    &[Step::Sql(include_str!("../../../migrations/0009_jobs_by_key.sql"))],
];

/// The newest schema that this program knows.
pub const SCHEMA: i64 = MIGRATIONS.len() as i64;

/// What two servers that start at once agree on (Postgres).
const LOCK: i64 = 0x696e_6f73_6c65_6467;

/// Applies what is missing; two servers may do so at once.
pub(crate) async fn migrate(database: &Database) -> Result<(), Error> {
    migrate_to(database, MIGRATIONS.len()).await
}

/// Applies what is missing up to that schema.
pub(crate) async fn migrate_to(database: &Database, schema: usize) -> Result<(), Error> {
    let migrations = &MIGRATIONS[..schema];
    loop {
        let mut tx = database.write().await?;
        let found = version(&mut tx, database.is_sqlite()).await.map_err(Error::on("read the schema's version"))?;
        if found > SCHEMA {
            return Err(Error::NewerSchema { found, known: SCHEMA });
        }
        let Some(migration) = migrations.get(found as usize) else { return tx.commit().await };
        let version = found + 1;
        apply(tx.on(), version, migration, database.is_sqlite())
            .await
            .map_err(|source| Error::Migrate { version, source })?;
        reach(Point::MigrationApplied);
        tx.commit().await?;
        reach(Point::MigrationDone);
    }
}

/// The version that the database has, with everybody else kept from migrating until the transaction ends.
async fn version(tx: &mut Tx, is_sqlite: bool) -> Result<i64, sqlx::Error> {
    if !is_sqlite {
        sqlx::query("SELECT pg_advisory_xact_lock($1)").bind(LOCK).execute(tx.on()).await?;
    }
    tx.on()
        .execute("CREATE TABLE IF NOT EXISTS schema_versions (version BIGINT PRIMARY KEY, applied BIGINT NOT NULL)")
        .await?;
    sqlx::query_scalar("SELECT CAST(coalesce(max(version), 0) AS BIGINT) FROM schema_versions").fetch_one(tx.on()).await
}

async fn apply(
    connection: &mut AnyConnection,
    version: i64,
    steps: &[Step],
    is_sqlite: bool,
) -> Result<(), sqlx::Error> {
    for step in steps {
        let sql = match *step {
            Step::Sql(sql) => sql,
            Step::Each { sqlite, .. } if is_sqlite => sqlite,
            Step::Each { postgres, .. } => postgres,
            Step::Rows(rewrite) => {
                rewrite(&mut *connection).await?;
                continue;
            }
        };
        // The text is this program's own; nothing of a caller's is in it.
        sqlx::raw_sql(AssertSqlSafe(translate(sql, is_sqlite))).execute(&mut *connection).await?;
    }
    sqlx::query("INSERT INTO schema_versions (version, applied) VALUES ($1, $2)")
        .bind(version)
        .bind(Time::now().as_i64())
        .execute(connection)
        .await?;
    Ok(())
}

/// The text in the words of one of the databases: three of them differ.
fn translate(sql: &str, is_sqlite: bool) -> String {
    let words = if is_sqlite {
        ["INTEGER PRIMARY KEY", "BLOB", ""]
    } else {
        ["BIGINT GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY", "BYTEA", "WITH (fillfactor = 50)"]
    };
    let [key, bytes, hot] = words;
    sql.replace("BIGKEY", key).replace(" BYTES", &format!(" {bytes}")).replace(" HOT;", &format!(" {hot};"))
}
