//! What a group commit asks of Postgres before it writes.

use inos_protocols::{JobId, time::Time, wire};
use tokio::join;
use tokio_postgres::{
    Client, Error, Row,
    types::{FromSql, Type},
};

use super::statements::Statements;
use crate::budget::Name;
use crate::committer::{
    posting::{Held, Helds},
    trouble::Cause,
    verdict::{Facts, Questions, Standing},
};

/// The rows that answer the questions of a careful judgement.
pub(super) struct Answers {
    leases: Vec<Row>,
    accounts: Vec<Row>,
    jobs: Vec<Row>,
    claims: Vec<Row>,
    budgets: Vec<Row>,
}

/// Begins a transaction, if there is none.
pub(super) async fn begin(client: &Client, is_begun: bool) -> Result<(), Error> {
    if is_begun { Ok(()) } else { client.batch_execute("BEGIN").await }
}

/// The accepted jobs among these that have not ended; nobody else ends them before this transaction is over.
pub(super) async fn ask_helds(
    client: &Client,
    statements: &Statements,
    is_begun: bool,
    wanted: &[(i64, JobId)],
) -> Result<Vec<Row>, Error> {
    let (accounts, ids) = split(wanted);
    let ask = async { client.query(&statements.helds, &[&accounts, &ids]).await };
    let (begun, rows) = join!(biased; begin(client, is_begun), ask);
    begun.and(rows)
}

/// What a careful judgement asks; leases and accounts stay as they are until this transaction is over.
pub(super) async fn ask(
    client: &Client,
    statements: &Statements,
    is_begun: bool,
    node: i64,
    questions: &Questions<'_>,
) -> Result<Answers, Error> {
    let (payers, ids) = split(&questions.jobs);
    let (claimers, keys): (Vec<i64>, Vec<&str>) = questions.claims.iter().copied().unzip();
    let now = Time::now().as_i64();
    let leases = async { client.query(&statements.lock_leases, &[&questions.accounts, &node]).await };
    let accounts = async { client.query(&statements.lock_accounts, &[&questions.accounts]).await };
    let jobs = async { client.query(&statements.known_jobs, &[&payers, &ids]).await };
    let claims = async { client.query(&statements.known_claims, &[&claimers, &keys, &now]).await };
    let budgets = ask_budgets(client, statements, &questions.budgets);
    let (begun, leases, accounts, budgets, jobs, claims) =
        join!(biased; begin(client, is_begun), leases, accounts, budgets, jobs, claims);
    begun?;
    Ok(Answers { leases: leases?, accounts: accounts?, jobs: jobs?, claims: claims?, budgets: budgets? })
}

/// What is left of limits, where any are asked about.
async fn ask_budgets(client: &Client, statements: &Statements, names: &[Name]) -> Result<Vec<Row>, Error> {
    if names.is_empty() {
        return Ok(Vec::new());
    }
    let (accounts, months): (Vec<i64>, Vec<i64>) = names.iter().map(|name| (name.0, name.2)).unzip();
    let keys: Vec<&[u8]> = names.iter().map(|name| &name.1[..]).collect();
    client.query(&statements.known_budgets, &[&accounts, &keys, &months]).await
}

fn split(jobs: &[(i64, JobId)]) -> (Vec<i64>, Vec<&[u8]>) {
    jobs.iter().map(|(account, id)| (*account, &id.as_bytes()[..])).unzip()
}

impl Answers {
    pub(super) fn read(&self) -> Result<Facts, Error> {
        let mut facts = Facts::default();
        for row in &self.leases {
            facts.leases.insert((row.try_get(0)?, row.try_get(1)?), row.try_get(2)?);
        }
        for row in &self.accounts {
            let standing = Standing { balance: row.try_get(1)?, bound: row.try_get(2)?, floor: row.try_get(3)? };
            facts.accounts.insert(row.try_get(0)?, standing);
        }
        for row in &self.jobs {
            facts.jobs.insert(job(row, 0)?);
        }
        for row in &self.claims {
            facts.claims.insert((row.try_get(0)?, row.try_get(1)?), job(row, 2)?);
        }
        for row in &self.budgets {
            facts.budgets.insert((row.try_get(0)?, row.try_get(1)?, row.try_get(2)?), row.try_get(3)?);
        }
        Ok(facts)
    }
}

/// The accepted jobs in these rows.
pub(super) fn read_helds(rows: &[Row]) -> Result<Helds, Cause> {
    let held = |row: &Row| -> Result<_, Cause> {
        let held = Held {
            seq: row.try_get(2)?,
            hold: row.try_get(3)?,
            unit: row.try_get::<_, String>(4)?.into(),
            method: row.try_get::<_, String>(5)?.into(),
            request: wire::read_job_request(row.try_get(6)?)?,
        };
        Ok(((row.try_get(0)?, job(row, 1)?), held))
    };
    rows.iter().map(held).collect()
}

fn job(row: &Row, column: usize) -> Result<JobId, Error> {
    Ok(JobId::from_bytes(row.try_get::<_, Fixed<16>>(column)?.0))
}

/// So many bytes, no more and no less.
struct Fixed<const N: usize>([u8; N]);

impl<'a, const N: usize> FromSql<'a> for Fixed<N> {
    fn from_sql(of: &Type, raw: &'a [u8]) -> Result<Self, Box<dyn std::error::Error + Sync + Send>> {
        Ok(Self(<&[u8]>::from_sql(of, raw)?.try_into()?))
    }

    fn accepts(of: &Type) -> bool {
        <&[u8]>::accepts(of)
    }
}
