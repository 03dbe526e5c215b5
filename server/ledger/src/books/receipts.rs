//! Receipts: a leaf from what the job's row states, its path and signed root from the commit's row.

use inos_protocols::{
    AccountId, Hash, JobId, Microcredits, NodeId,
    receipt::{SignedReceipt, SignedRoot, Statement, Tree, leaf_hash},
    time::Time,
};
use sqlx::any::AnyRow;

use super::{Books, column, damaged, ending, request};
use crate::{AccountNo, Error, committer::rows::state_of};

/// The columns that [`read_leaf`] reads, of a job `j`, its account `a` and the node `n` of its commit.
macro_rules! stated_columns {
    () => {
        "j.id AS job, a.id AS account, j.unit, j.method, j.request, j.state, j.ending, j.cost, j.commit_seq, j.leaf_index, \
         n.id AS node"
    };
}

pub(super) use stated_columns;

impl Books {
    /// The receipt of a job that has ended.
    pub async fn receipt(&self, account: AccountNo, id: JobId) -> Result<Option<SignedReceipt>, Error> {
        let row = sqlx::query(concat!(
            "SELECT ",
            stated_columns!(),
            ", c.seq, c.count, c.signed, c.root, c.signature, c.leaves \
             FROM jobs j JOIN accounts a ON a.no = j.account JOIN nodes n ON n.account = j.node \
             JOIN commits c ON c.node = j.node AND c.seq = j.commit_seq \
             WHERE j.account = $1 AND j.id = $2 AND j.state > 1",
        ))
        .bind(account.0)
        .bind(&id.as_bytes()[..])
        .fetch_optional(self.pool())
        .await
        .map_err(Error::on("read a receipt"))?;
        row.map(|row| read(&row)).transpose()
    }
}

fn read(row: &AnyRow) -> Result<SignedReceipt, Error> {
    let index = column::<i64>(row, "leaf_index")? as usize;
    let (leaf, tree) = (read_leaf(row)?, Tree::new(leaf_hashes(column(row, "leaves")?)));
    if tree.leaves().get(index) != Some(&leaf_hash(&leaf)) {
        // Somebody changed what was signed for.
        return Err(damaged("receipt")());
    }
    Ok(SignedReceipt { leaf: leaf.into(), index: index as u32, path: tree.path(index), root: read_root(row)? })
}

/// The leaf that a job's row states. A receipt has no bytes of its own in the database: a row that was changed gives
/// another leaf than the one that was signed.
pub(super) fn read_leaf(row: &AnyRow) -> Result<Vec<u8>, Error> {
    let damaged = damaged("job");
    let (request, ending) = (request(row)?, ending(row)?.ok_or_else(&damaged)?);
    let outputs: Vec<Hash> = ending.outputs.iter().map(|output| output.hash).collect();
    let mut leaf = Vec::new();
    Statement {
        job: JobId::from_slice(column(row, "job")?).ok_or_else(&damaged)?,
        account: AccountId::from_slice(column(row, "account")?).ok_or_else(&damaged)?,
        node: NodeId::from_slice(column(row, "node")?).ok_or_else(&damaged)?,
        capsule: request.capsule,
        unit: column(row, "unit")?,
        method: column(row, "method")?,
        version: &request.version,
        state: state_of(column(row, "state")?).ok_or_else(&damaged)?,
        inputs: &ending.inputs,
        outputs: &outputs,
        submitted: request.submitted,
        finished: ending.finished,
        cost: Microcredits::new(column::<i64>(row, "cost")? as u64).ok_or_else(&damaged)?,
        sequence: column::<Option<i64>>(row, "commit_seq")?.unwrap_or_default() as u64,
    }
    .encode_to(&mut leaf);
    Ok(leaf)
}

/// The signed root of a commit, from its columns and its node's id as `node`.
pub(super) fn read_root(row: &AnyRow) -> Result<SignedRoot, Error> {
    let damaged = damaged("signed root");
    Ok(SignedRoot {
        node: NodeId::from_slice(column(row, "node")?).ok_or_else(&damaged)?,
        sequence: column::<i64>(row, "seq")? as u64,
        count: column::<i64>(row, "count")? as u32,
        signed: Time::from_ms(column::<i64>(row, "signed")? as u64),
        root: Hash::from_slice(column(row, "root")?).ok_or_else(&damaged)?,
        signature: column::<&[u8]>(row, "signature")?.try_into().map_err(|_| damaged())?,
    })
}

/// The leaf hashes that lie one after the other.
pub(super) fn leaf_hashes(leaves: &[u8]) -> Vec<Hash> {
    leaves.chunks_exact(32).filter_map(Hash::from_slice).collect()
}
