//! Jobs as their owners see them.

use std::borrow::Cow;

use data_encoding::HEXLOWER;
use inos_protocols::{
    AccountId, Hash, JobId, Microcredits,
    job::{Job, State},
    time::Time,
};
use sqlx::any::AnyRow;

use super::{Books, PAGE_MAX, accounts::first_id, column, damaged, ending, page, request};
use crate::{
    AccountNo, Error,
    committer::rows::{state_number, state_of},
};

/// Selects what [`read_job`] reads.
macro_rules! select_job {
    ($rest:literal $(,)?) => {
        concat!(
            "SELECT j.id, a.id AS account, j.unit, j.method, j.request, j.state, j.cost, j.hold, j.ending, j.kept, \
             j.expires, j.segment, j.node FROM jobs j JOIN accounts a ON a.no = j.account ",
            $rest
        )
    };
}

/// What all lists of jobs are narrowed by.
macro_rules! narrowed {
    () => {
        "j.account = $1 AND j.id < $2 AND j.id >= $3 AND ($4 < 0 OR j.state = $4) AND ($5 = '' OR j.unit = $5) \
         AND ($6 = '' OR j.method = $6) ORDER BY j.id DESC LIMIT $7"
    };
}

const JOB: &str = select_job!("WHERE j.account = $1 AND j.id = $2");
const JOBS: &str = concat!(select_job!("WHERE "), narrowed!());
const JOBS_LABELLED: &str = concat!(
    select_job!(
        "JOIN labels l ON l.account = j.account AND l.job = j.id WHERE l.account = $1 AND l.key = $8 AND l.value = $9 AND "
    ),
    narrowed!()
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
    /// The account of the node that has its payloads.
    pub node: AccountNo,
    /// Where kept outputs lie, as it was given with its ending.
    pub kept: Option<Vec<u8>>,
    /// The pack segment that its payloads lie in.
    pub segment: Option<u64>,
    /// When what is kept of it may go.
    pub expires: Option<Time>,
}

/// A job that succeeded, whose outputs are kept on this node and may answer who asks the same.
#[derive(Debug, Clone, PartialEq)]
pub struct Remembered {
    /// Whose it is.
    pub account: AccountId,
    /// The job.
    pub id: JobId,
    /// Its unit's version.
    pub version: String,
    /// The digest of what was asked.
    pub capsule: Hash,
}

impl Books {
    /// Such jobs among a page of rows below `before` and above `from`, the newest first, and where the next page begins;
    /// none at the end.
    pub async fn remembered(&self, before: i64, from: i64) -> Result<(Vec<Remembered>, Option<i64>), Error> {
        let rows = sqlx::query(
            "SELECT j.seq, a.id AS account, j.id, j.request FROM jobs j JOIN accounts a ON a.no = j.account \
             WHERE j.seq < $1 AND j.seq >= $2 AND j.kept IS NOT NULL AND j.state = $3 AND j.node = $4 AND j.expires > $5 \
             ORDER BY j.seq DESC LIMIT $6",
        )
        .bind(before)
        .bind(from)
        .bind(state_number(State::Succeeded))
        .bind(self.shared.node_account.0)
        .bind(Time::now().as_i64())
        .bind(i64::from(PAGE_MAX))
        .fetch_all(self.pool())
        .await
        .map_err(Error::on("list what may be answered from"))?;
        let mut found = Vec::new();
        for row in &rows {
            let request = request(row)?;
            if request.remembered {
                let account = AccountId::from_slice(column(row, "account")?).ok_or_else(damaged("account"))?;
                let id = JobId::from_slice(column(row, "id")?).ok_or_else(damaged("job"))?;
                found.push(Remembered { account, id, version: request.version.into_owned(), capsule: request.capsule });
            }
        }
        let next = rows.last().filter(|_| rows.len() == PAGE_MAX as usize).map(|row| column(row, "seq")).transpose()?;
        Ok((found, next))
    }

    /// The number of the newest job's row; 0 where there is none.
    pub async fn newest_row(&self) -> Result<i64, Error> {
        sqlx::query_scalar("SELECT coalesce(max(seq), 0) FROM jobs")
            .fetch_one(self.pool())
            .await
            .map_err(Error::on("find the newest job"))
    }

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

    /// How a job of an account was asked for, as it was given when it was accepted, and how it stands; no words of it
    /// are left of one that was never accepted, that succeeded or that was let go.
    pub async fn asked(&self, account: AccountNo, id: JobId) -> Result<Option<(State, Option<Vec<u8>>)>, Error> {
        let row: Option<(i64, Option<Vec<u8>>)> =
            sqlx::query_as("SELECT state, asked FROM jobs WHERE account = $1 AND id = $2")
                .bind(account.0)
                .bind(&id.as_bytes()[..])
                .fetch_optional(self.pool())
                .await
                .map_err(Error::on("read how a job was asked for"))?;
        let state = |number| state_of(number).ok_or_else(damaged("job"));
        row.map(|(number, asked)| Ok((state(number)?, asked))).transpose()
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
        let since = first_id(filter.since.unwrap_or_default());
        let mut query = sqlx::query(if filter.label.is_some() { JOBS_LABELLED } else { JOBS })
            .bind(account.0)
            .bind(before)
            .bind(&since[..])
            .bind(filter.state.map_or(-1, state_number))
            .bind(filter.unit.as_deref().unwrap_or_default())
            .bind(filter.method.as_deref().unwrap_or_default())
            .bind(page(limit) as i64);
        if let Some((key, value)) = &filter.label {
            query = query.bind(key).bind(value);
        }
        let rows = query.fetch_all(self.pool()).await.map_err(Error::on("list jobs"))?;
        let jobs = rows.iter().map(|row| Ok(read_job(row)?.job)).collect::<Result<Vec<Job>, Error>>()?;
        let next = jobs.last().filter(|_| jobs.len() == page(limit)).map(|last| cursor_after(last.id));
        Ok((jobs, next))
    }
}

/// Where the page after this job begins.
pub fn cursor_after(id: JobId) -> String {
    HEXLOWER.encode(id.as_bytes())
}

fn read_job(row: &AnyRow) -> Result<KnownJob, Error> {
    let damaged = damaged("job");
    let amount = |amount: i64| Microcredits::saturating(amount as u64);
    let state = state_of(column(row, "state")?).ok_or_else(&damaged)?;
    let (request, ending) = (request(row)?, ending(row)?);
    let expires = column::<Option<i64>>(row, "expires")?.filter(|_| state.is_final());
    // What is past its time is gone, whether or not it has been swept away.
    let kept = column::<Option<Vec<u8>>>(row, "kept")?.filter(|_| expires.is_none_or(|ms| ms > Time::now().as_i64()));
    let hold = amount(column(row, "hold")?);
    let params = request.params.map(|text| serde_json::from_str(&text)).transpose();
    let job = Job {
        id: JobId::from_slice(column(row, "id")?).ok_or_else(&damaged)?,
        account: AccountId::from_slice(column(row, "account")?).ok_or_else(&damaged)?,
        unit: column(row, "unit")?,
        method: column(row, "method")?,
        params: params.map_err(|_| damaged())?,
        state,
        attempts: ending.as_ref().map_or(0, |ending| ending.attempts),
        submitted: request.submitted,
        started: ending.as_ref().and_then(|ending| ending.started),
        finished: ending.as_ref().map(|ending| ending.finished),
        cost: amount(column(row, "cost")?),
        held: if state.is_final() { Microcredits::ZERO } else { hold },
        budget: request.budget,
        priority: request.priority,
        metrics: ending.as_ref().map(|ending| ending.metrics),
        outputs: ending.as_ref().map(|ending| ending.outputs.to_vec()).unwrap_or_default(),
        outputs_kept: kept.is_some(),
        cached_from: ending.as_ref().and_then(|ending| ending.cached_from),
        waiting: None,
        error: ending.and_then(|ending| ending.error).map(Cow::into_owned),
        labels: request.labels.into_owned(),
    };
    let segment = column::<Option<i64>>(row, "segment")?.map(|segment| segment as u64);
    let expires = column::<Option<i64>>(row, "expires")?.filter(|_| state.is_final());
    Ok(KnownJob {
        job,
        node: AccountNo(column(row, "node")?),
        kept,
        segment,
        expires: expires.map(|ms| Time::from_ms(ms as u64)),
    })
}
