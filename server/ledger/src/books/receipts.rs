//! Receipts: a leaf from the job's row, its path and signed root from the commit's.

use inos_protocols::{
    Hash, JobId, NodeId,
    receipt::{SignedReceipt, SignedRoot, Tree},
    time::Time,
};
use sqlx::any::AnyRow;

use super::{Books, column, damaged};
use crate::{AccountNo, Error};

impl Books {
    /// The receipt of a job that has ended.
    pub async fn receipt(&self, account: AccountNo, id: JobId) -> Result<Option<SignedReceipt>, Error> {
        let row = sqlx::query(
            "SELECT j.leaf, j.leaf_index, c.seq, c.count, c.signed, c.root, c.signature, c.leaves, n.id AS node \
             FROM jobs j JOIN commits c ON c.node = j.node AND c.seq = j.commit_seq JOIN nodes n ON n.account = j.node \
             WHERE j.account = $1 AND j.id = $2 AND j.state > 1",
        )
        .bind(account.0)
        .bind(&id.as_bytes()[..])
        .fetch_optional(self.pool())
        .await
        .map_err(Error::on("read a receipt"))?;
        row.map(|row| read(&row)).transpose()
    }
}

fn read(row: &AnyRow) -> Result<SignedReceipt, Error> {
    let index = column::<i64>(row, "leaf_index")? as u32;
    let tree = Tree::new(leaf_hashes(column(row, "leaves")?));
    let leaf: Vec<u8> = column(row, "leaf")?;
    Ok(SignedReceipt { leaf: leaf.into(), index, path: tree.path(index as usize), root: read_root(row)? })
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
