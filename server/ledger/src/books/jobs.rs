//! Jobs as their owners see them.

use data_encoding::HEXLOWER;
use inos_protocols::{
    AccountId, JobId, Microcredits,
    job::{Job, Metrics, State},
    time::Time,
};
use sqlx::any::AnyRow;

use super::{Books, accounts::first_id, column, damaged, page};
use crate::{
    AccountNo, Error,
    committer::rows::{state_number, state_of},
};

/// Selects what [`read_job`] reads.
macro_rules! select_job {
    ($rest:literal $(,)?) => {
        concat!(
            "SELECT j.id, a.id AS account, j.unit, j.method, j.params, j.state, j.attempts, j.submitted, j.started, \
             j.finished, j.cost, j.hold, j.budget, j.priority, j.bytes_in, j.bytes_out, j.queued_us, j.run_us, j.outputs, \
             j.kept, j.error, j.labels, j.expires, j.segment FROM jobs j JOIN accounts a ON a.no = j.account ",
            $rest
        )
    };
}

const JOB: &str = select_job!("WHERE j.account = $1 AND j.id = $2");
const JOBS: &str = select_job!(
    "WHERE j.account = $1 AND j.id < $2 AND j.id >= $3 AND ($4 < 0 OR j.state = $4) AND ($5 = '' OR j.unit = $5) \
     AND ($6 = '' OR j.method = $6) AND ($7 = '' OR j.labels LIKE $7 ESCAPE '!') ORDER BY j.id DESC LIMIT $8",
);

/// Which jobs are wanted.
#[derive(Debug, Clone, Default)]
pub struct JobFilter {
    /// Only jobs in this state.
    pub state: Option<State>,
    /// Only jobs of this unit.
    pub unit: Option<String>,
    /// Only jobs of this method.
    pub method: Option<String>,
    /// Only jobs that were accepted since then.
    pub since: Option<Time>,
    /// Only jobs with this label.
    pub label: Option<(String, String)>,
}

/// A job and what only its server must know.
#[derive(Debug, Clone, PartialEq)]
pub struct KnownJob {
    /// The job.
    pub job: Job,
    /// Where kept outputs lie, as it was given with its ending.
    pub kept: Option<Vec<u8>>,
    /// The pack segment that its payloads lie in.
    pub segment: Option<u64>,
    /// When what is kept of it may go.
    pub expires: Option<Time>,
}

impl Books {
    /// A job of an account.
    pub async fn job(&self, account: AccountNo, id: JobId) -> Result<Option<KnownJob>, Error> {
        let row = sqlx::query(JOB)
            .bind(account.0)
            .bind(&id.as_bytes()[..])
            .fetch_optional(self.pool())
            .await
            .map_err(Error::on("read a job"))?;
        row.map(|row| read_job(&row)).transpose()
    }

    /// Jobs of an account, newest first, and where the next page begins.
    pub async fn jobs(
        &self,
        account: AccountNo,
        filter: &JobFilter,
        limit: u32,
        cursor: Option<&str>,
    ) -> Result<(Vec<Job>, Option<String>), Error> {
        let before = cursor.map_or(Ok(vec![0xff; 16]), |cursor| {
            HEXLOWER.decode(cursor.as_bytes()).ok().filter(|id| id.len() == 16).ok_or(Error::Cursor)
        })?;
        let rows = sqlx::query(JOBS)
            .bind(account.0)
            .bind(before)
            .bind(&first_id(filter.since.unwrap_or_default())[..])
            .bind(filter.state.map_or(-1, state_number))
            .bind(filter.unit.as_deref().unwrap_or_default())
            .bind(filter.method.as_deref().unwrap_or_default())
            .bind(filter.label.as_ref().map(like).unwrap_or_default())
            .bind(page(limit) as i64)
            .fetch_all(self.pool())
            .await
            .map_err(Error::on("list jobs"))?;
        let mut jobs = rows.iter().map(|row| Ok(read_job(row)?.job)).collect::<Result<Vec<Job>, Error>>()?;
        let next = jobs.last().filter(|_| jobs.len() == page(limit)).map(|last| HEXLOWER.encode(last.id.as_bytes()));
        if let Some((key, value)) = &filter.label {
            // LIKE does not tell capitals apart everywhere.
            jobs.retain(|job| job.labels.get(key) == Some(value));
        }
        Ok((jobs, next))
    }
}

/// A pattern that finds a label in the JSON of all labels.
fn like((key, value): &(String, String)) -> String {
    let pair = format!("{}:{}", serde_json::Value::from(key.as_str()), serde_json::Value::from(value.as_str()));
    let escaped = pair.replace('!', "!!").replace('%', "!%").replace('_', "!_");
    format!("%{escaped}%")
}

fn read_job(row: &AnyRow) -> Result<KnownJob, Error> {
    let damaged = damaged("job");
    let time = |ms: i64| Time::from_ms(ms as u64);
    let amount = |amount: i64| Microcredits::saturating(amount as u64);
    let state = state_of(column(row, "state")?).ok_or_else(&damaged)?;
    let kept: Option<Vec<u8>> = column(row, "kept")?;
    let hold = amount(column(row, "hold")?);
    let metrics = Metrics {
        bytes_in: column::<i64>(row, "bytes_in")? as u64,
        bytes_out: column::<i64>(row, "bytes_out")? as u64,
        queued_us: column::<i64>(row, "queued_us")? as u64,
        run_us: column::<i64>(row, "run_us")? as u64,
    };
    let job = Job {
        id: JobId::from_slice(column(row, "id")?).ok_or_else(&damaged)?,
        account: AccountId::from_slice(column(row, "account")?).ok_or_else(&damaged)?,
        unit: column(row, "unit")?,
        method: column(row, "method")?,
        params: json(row, "params")?,
        state,
        attempts: column::<i64>(row, "attempts")? as u32,
        submitted: time(column(row, "submitted")?),
        started: column::<Option<i64>>(row, "started")?.map(time),
        finished: column::<Option<i64>>(row, "finished")?.map(time),
        cost: amount(column(row, "cost")?),
        held: if state.is_final() { Microcredits::ZERO } else { hold },
        budget: column::<Option<i64>>(row, "budget")?.map(amount),
        priority: column::<i64>(row, "priority")? as u8,
        metrics: state.is_final().then_some(metrics),
        outputs: json(row, "outputs")?.unwrap_or_default(),
        outputs_kept: kept.is_some(),
        error: json(row, "error")?,
        labels: json(row, "labels")?.unwrap_or_default(),
    };
    let segment = column::<Option<i64>>(row, "segment")?.map(|segment| segment as u64);
    Ok(KnownJob { job, kept, segment, expires: column::<Option<i64>>(row, "expires")?.map(time) })
}

fn json<T: serde::de::DeserializeOwned>(row: &AnyRow, name: &'static str) -> Result<Option<T>, Error> {
    let text: Option<String> = column(row, name)?;
    text.map(|text| serde_json::from_str(&text).map_err(|_| Error::Damaged { what: name })).transpose()
}
