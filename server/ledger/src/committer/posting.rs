//! From entries to what a group commit writes: receipts under one signed root, rows, and balances folded to one
//! change an account. Pure values: nothing here touches a database.

use std::collections::HashMap;

use bytes::Bytes;
use ed25519_dalek::SigningKey;
use inos_protocols::{
    Hash, JobId, NodeId,
    ids::TransferId,
    job::Name,
    receipt::{SignedReceipt, SignedRoot, Statement, Tree, leaf_hash},
    time::Time,
};

use super::{
    fold::{Change, Fold},
    rows::{End, EndRow, JobRow, TransferRow},
};
use crate::{Accept, ClaimGuard, Commit, CommitError, Ending, Entry, Finish, JobRecord, Settle, Transfer};

/// What a receipt takes, roughly.
const LEAF_BYTES: usize = 384;

/// Who writes: what does not change from commit to commit.
pub(crate) struct Writer {
    pub(crate) node: NodeId,
    /// The node's own account, which earns what jobs cost.
    pub(crate) account: i64,
    pub(crate) signer: SigningKey,
    pub(crate) lease_ms: u64,
}

/// An accepted job as its row has it.
pub(crate) struct Held {
    pub(crate) seq: i64,
    pub(crate) hold: i64,
    pub(crate) unit: Name,
    pub(crate) method: Name,
    pub(crate) version: Name,
    pub(crate) capsule: Hash,
    pub(crate) submitted: Time,
}

/// The accepted jobs that a commit ends, by account and id.
pub(crate) type Helds = HashMap<(i64, JobId), Held>;

/// For each entry why it cannot be committed, if it cannot.
pub(crate) type Verdicts = Vec<Option<CommitError>>;

/// Everything that one group commit writes.
pub(crate) struct Posting<'a> {
    pub(crate) node: i64,
    pub(crate) now: Time,
    pub(crate) lease_expires: Time,
    pub(crate) root: SignedRoot,
    /// The leaf hashes, 32 bytes each.
    pub(crate) leaves: Vec<u8>,
    pub(crate) jobs: Vec<JobRow<'a>>,
    pub(crate) ends: Vec<EndRow<'a>>,
    pub(crate) transfers: Vec<TransferRow<'a>>,
    pub(crate) fold: Fold,
    pub(crate) claims: Vec<(&'a ClaimGuard, JobId)>,
    pub(crate) files: Vec<(JobId, Hash)>,
    /// What comes of each entry.
    pub(crate) results: Vec<Result<Commit, CommitError>>,
}

/// The receipts of a commit and where they stand.
struct Proof {
    /// Every leaf, one behind the other, and where each ends.
    leaves: Bytes,
    ends: Vec<usize>,
    tree: Tree,
    root: SignedRoot,
    next: usize,
}

impl Writer {
    /// What the good ones among `entries` write as commit number `sequence`.
    pub(crate) fn post<'a>(
        &self,
        sequence: u64,
        entries: &[&'a Entry],
        helds: &Helds,
        verdicts: Verdicts,
    ) -> Posting<'a> {
        let now = Time::now();
        let mut proof = self.prove(sequence, now, entries, helds, &verdicts);
        let mut posting = Posting {
            node: self.account,
            now,
            lease_expires: now.plus_ms(self.lease_ms),
            root: proof.root.clone(),
            leaves: proof.tree.leaves().iter().flat_map(|hash| hash.0).collect(),
            jobs: Vec::with_capacity(proof.ends.len()),
            ends: Vec::new(),
            transfers: Vec::new(),
            fold: Fold::default(),
            claims: Vec::new(),
            files: Vec::new(),
            results: Vec::with_capacity(entries.len()),
        };
        for (entry, refused) in entries.iter().zip(verdicts) {
            let result = refused.map_or_else(|| Ok(posting.add(entry, helds, &mut proof)), Err);
            posting.results.push(result);
        }
        posting.fold.close();
        posting
    }

    /// The receipts of the good ones among `entries` under one signature; there is none to sign for where there are none.
    fn prove(&self, sequence: u64, now: Time, entries: &[&Entry], helds: &Helds, verdicts: &Verdicts) -> Proof {
        let (mut leaves, mut outputs) = (Vec::with_capacity(LEAF_BYTES * entries.len()), Vec::new());
        let (mut ends, mut hashes) = (Vec::with_capacity(entries.len()), Vec::with_capacity(entries.len()));
        for (entry, _) in entries.iter().zip(verdicts).filter(|(_, refused)| refused.is_none()) {
            let begin = leaves.len();
            if let Some(statement) = self.statement(sequence, entry, helds, &mut outputs) {
                statement.encode_to(&mut leaves);
                hashes.push(leaf_hash(&leaves[begin..]));
                ends.push(leaves.len());
            }
        }
        let tree = Tree::new(hashes);
        let root = if ends.is_empty() {
            let (root, signature) = (Hash([0; 32]), [0; 64]);
            SignedRoot { node: self.node, sequence, count: 0, signed: now, root, signature }
        } else {
            SignedRoot::sign(&self.signer, sequence, ends.len() as u32, now, tree.root())
        };
        Proof { leaves: leaves.into(), ends, tree, root, next: 0 }
    }

    /// What the receipt of an entry states, if it has one; `outputs` is where its output hashes lie.
    fn statement<'s>(
        &self,
        sequence: u64,
        entry: &'s Entry,
        helds: &'s Helds,
        outputs: &'s mut Vec<Hash>,
    ) -> Option<Statement<'s>> {
        let (ending, job, account, unit, method, version, capsule, submitted) = match entry {
            Entry::Settle(Settle { job, ending, .. }) => {
                let JobRecord { id, purse, unit, method, version, capsule, submitted, .. } = job;
                (ending, *id, purse.account, unit, method, version, *capsule, *submitted)
            }
            Entry::Finish(Finish { id, purse, ending }) => {
                let Held { unit, method, version, capsule, submitted, .. } = helds.get(&(purse.no.0, *id))?;
                (ending, *id, purse.account, unit, method, version, *capsule, *submitted)
            }
            Entry::Accept(_) | Entry::Transfer(_) => return None,
        };
        outputs.clear();
        outputs.extend(ending.outputs.iter().map(|output| output.hash));
        let Ending { state, input_hashes: inputs, finished, cost, .. } = ending;
        let (node, state, finished, cost) = (self.node, *state, *finished, *cost);
        Some(Statement {
            job,
            account,
            node,
            capsule,
            unit,
            method,
            version,
            state,
            inputs,
            outputs,
            submitted,
            finished,
            cost,
            sequence,
        })
    }
}

impl Proof {
    /// The next receipt: as it is given out, and as its row refers to it.
    fn next<'a>(&mut self, ending: &'a Ending) -> (Commit, End<'a>) {
        let index = self.next;
        self.next += 1;
        let begin = index.checked_sub(1).map_or(0, |before| self.ends[before]);
        let leaf = self.leaves.slice(begin..self.ends[index]);
        let end = End { ending, sequence: self.root.sequence, index: index as u32 };
        let path = self.tree.path(index);
        (Commit::Receipt(SignedReceipt { leaf, index: index as u32, path, root: self.root.clone() }), end)
    }
}

impl<'a> Posting<'a> {
    fn add(&mut self, entry: &'a Entry, helds: &Helds, proof: &mut Proof) -> Commit {
        match entry {
            Entry::Settle(settle) => self.settle(settle, proof),
            Entry::Accept(accept) => self.accept(accept),
            Entry::Finish(finish) => self.finish(finish, helds, proof),
            Entry::Transfer(transfer) => self.transfer(transfer),
        }
    }

    fn settle(&mut self, settle: &'a Settle, proof: &mut Proof) -> Commit {
        let Settle { job, reservation, ending, claim } = settle;
        let (account, cost) = (job.purse.no.0, ending.cost.as_i64());
        if cost > 0 {
            self.fold.change(account, Change { balance: -cost, held: 0, leased: -cost });
            self.fold.balance(self.node, cost);
            reservation.pay(cost, |token, paid| self.fold.spend(account, token, paid));
        }
        let (commit, end) = proof.next(ending);
        let hold = reservation.amount().as_i64();
        self.jobs.push(JobRow { job, hold, node: self.node, asked: None, end: Some(end) });
        self.claims.extend(claim.as_ref().map(|claim| (claim, job.id)));
        self.files.extend(ending.files.iter().map(|file| (job.id, *file)));
        commit
    }

    fn accept(&mut self, accept: &'a Accept) -> Commit {
        let Accept { job, reservation, asked, files, claim } = accept;
        let (account, hold) = (job.purse.no.0, reservation.amount().as_i64());
        if hold > 0 {
            self.fold.change(account, Change { balance: 0, held: hold, leased: -hold });
            reservation.pay(hold, |token, paid| self.fold.spend(account, token, paid));
        }
        self.jobs.push(JobRow { job, hold, node: self.node, asked: Some(asked), end: None });
        self.claims.extend(claim.as_ref().map(|claim| (claim, job.id)));
        self.files.extend(files.iter().map(|file| (job.id, *file)));
        Commit::Accepted
    }

    fn finish(&mut self, finish: &'a Finish, helds: &Helds, proof: &mut Proof) -> Commit {
        let Finish { id, purse, ending } = finish;
        let held = helds.get(&(purse.no.0, *id)).expect("the verdict refuses a job that is not held");
        let cost = ending.cost.as_i64();
        self.fold.change(purse.no.0, Change { balance: -cost, held: -held.hold, leased: 0 });
        self.fold.balance(self.node, cost);
        let (commit, end) = proof.next(ending);
        self.ends.push(EndRow { seq: held.seq, id: *id, node: self.node, end });
        self.files.extend(ending.files.iter().map(|file| (*id, *file)));
        commit
    }

    fn transfer(&mut self, transfer: &'a Transfer) -> Commit {
        let amount = transfer.amount().as_i64();
        self.fold.balance(transfer.debit().0, -amount);
        self.fold.balance(transfer.credit().0, amount);
        let id = TransferId::new();
        self.transfers.push(TransferRow { id, transfer, at: self.now });
        Commit::Transferred(id)
    }
}
