//! Carries the jobs of schema 2 over to schema 3: most of their columns become two pieces of their rows.

use std::{borrow::Cow, collections::BTreeMap};

use inos_protocols::{
    Hash, Microcredits,
    job::{Metrics, OutputInfo},
    record::{JobEnding, JobRequest},
    time::Time,
    wire,
};
use serde::de::DeserializeOwned;
use sqlx::{AnyConnection, Row, any::AnyRow};

/// How many jobs are in memory at once.
const PAGE: i64 = 1000;

/// The first state that is final.
const FINAL: i64 = 2;

/// Carries every job over, in the order of their rows.
pub(super) async fn carry(connection: &mut AnyConnection) -> Result<(), sqlx::Error> {
    let mut after = 0i64;
    loop {
        let rows = sqlx::query("SELECT * FROM jobs WHERE seq > $1 ORDER BY seq LIMIT $2")
            .bind(after)
            .bind(PAGE)
            .fetch_all(&mut *connection)
            .await?;
        let Some(last) = rows.last() else { return Ok(()) };
        after = last.try_get("seq")?;
        for row in &rows {
            carry_job(connection, row).await?;
        }
    }
}

async fn carry_job(connection: &mut AnyConnection, row: &AnyRow) -> Result<(), sqlx::Error> {
    let state: i64 = row.try_get("state")?;
    let request = request(row)?;
    let ending = if state < FINAL { None } else { Some(ending(row)?) };
    let expires =
        if state < FINAL { Some(row.try_get("deadline")?) } else { row.try_get::<Option<i64>, _>("expires")? };
    let (account, id): (i64, Vec<u8>) = (row.try_get("account")?, row.try_get("id")?);
    sqlx::query(
        "INSERT INTO jobs_now (seq, account, id, unit, method, request, asked, hold, state, cost, ending, kept, segment, \
         expires, node, commit_seq, leaf_index) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)",
    )
    .bind(row.try_get::<i64, _>("seq")?)
    .bind(account)
    .bind(&id)
    .bind(row.try_get::<String, _>("unit")?)
    .bind(row.try_get::<String, _>("method")?)
    .bind(wire::write_job_request(&request))
    .bind(row.try_get::<Option<Vec<u8>>, _>("asked")?)
    .bind(row.try_get::<i64, _>("hold")?)
    .bind(state)
    .bind(row.try_get::<i64, _>("cost")?)
    .bind(ending.map(|ending| wire::write_job_ending(&ending)))
    .bind(row.try_get::<Option<Vec<u8>>, _>("kept")?)
    .bind(row.try_get::<Option<i64>, _>("segment")?)
    .bind(expires)
    .bind(row.try_get::<i64, _>("node")?)
    .bind(row.try_get::<Option<i64>, _>("commit_seq")?)
    .bind(row.try_get::<Option<i64>, _>("leaf_index")?)
    .execute(&mut *connection)
    .await?;
    for (key, value) in request.labels.iter() {
        sqlx::query("INSERT INTO labels (account, job, key, value) VALUES ($1, $2, $3, $4)")
            .bind(account)
            .bind(&id)
            .bind(key)
            .bind(value)
            .execute(&mut *connection)
            .await?;
    }
    Ok(())
}

fn request(row: &AnyRow) -> Result<JobRequest<'static>, sqlx::Error> {
    Ok(JobRequest {
        version: Cow::Owned(row.try_get("version")?),
        priority: row.try_get::<i64, _>("priority")? as u8,
        budget: row.try_get::<Option<i64>, _>("budget")?.map(|budget| Microcredits::saturating(budget as u64)),
        capsule: hashes(row.try_get("capsule")?).first().copied().ok_or_else(|| damaged("its capsule is no hash"))?,
        submitted: time(row.try_get("submitted")?),
        deadline: time(row.try_get("deadline")?),
        params: row.try_get::<Option<String>, _>("params")?.map(Cow::Owned),
        labels: Cow::Owned(json::<BTreeMap<_, _>>(row, "labels")?.unwrap_or_default()),
        remembered: false,
    })
}

fn ending(row: &AnyRow) -> Result<JobEnding<'static>, sqlx::Error> {
    let number = |name| row.try_get::<i64, _>(name).map(|number| number as u64);
    Ok(JobEnding {
        started: row.try_get::<Option<i64>, _>("started")?.map(time),
        finished: time(row.try_get("finished")?),
        attempts: number("attempts")? as u32,
        metrics: Metrics {
            bytes_in: number("bytes_in")?,
            bytes_out: number("bytes_out")?,
            queued_us: number("queued_us")?,
            run_us: number("run_us")?,
        },
        inputs: Cow::Owned(hashes(row.try_get::<Option<&[u8]>, _>("inputs")?.unwrap_or_default())),
        outputs: Cow::Owned(json::<Vec<OutputInfo>>(row, "outputs")?.unwrap_or_default()),
        error: json(row, "error")?.map(Cow::Owned),
        cached_from: None,
    })
}

fn time(ms: i64) -> Time {
    Time::from_ms(ms as u64)
}

fn hashes(bytes: &[u8]) -> Vec<Hash> {
    bytes.chunks_exact(32).filter_map(Hash::from_slice).collect()
}

fn json<T: DeserializeOwned>(row: &AnyRow, name: &str) -> Result<Option<T>, sqlx::Error> {
    let text: Option<&str> = row.try_get(name)?;
    text.map(|text| serde_json::from_str(text).map_err(damaged)).transpose()
}

fn damaged(why: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> sqlx::Error {
    sqlx::Error::Decode(why.into())
}
