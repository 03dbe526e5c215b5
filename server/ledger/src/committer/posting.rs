//! From entries to what a group commit writes: receipts under one signed root, rows, and balances folded to one
//! change an account. Pure values: nothing here touches a database.

use std::{borrow::Cow, collections::HashMap, sync::Arc};

use bytes::Bytes;
use ed25519_dalek::SigningKey;
use inos_protocols::{
    Hash, JobId, NodeId,
    account::Reason,
    ids::TransferId,
    job::Name,
    receipt::{SignedReceipt, SignedRoot, Statement, Tree, leaf_hash},
    record::JobRequest,
    time::Time,
};

use super::{
    fold::{BudgetChange, Change, Fold, fold_budgets},
    rows::{AcceptedRow, AuditRow, End, EndRow, SettledRow, TransferRow},
};
use crate::fees::{Due, Fees};
use crate::{Accept, ClaimGuard, Commit, CommitError, Ending, Entry, Finish, JobRecord, Limit, Settle, Transfer};

/// What a receipt takes, roughly.
const LEAF_BYTES: usize = 384;

/// Who writes: what does not change from commit to commit.
pub(crate) struct Writer {
    pub(crate) node: NodeId,
    /// The node's own account, which earns what jobs cost.
    pub(crate) account: i64,
    pub(crate) signer: SigningKey,
    pub(crate) lease_ms: u64,
    /// How the cost of a job is split, if it is.
    pub(crate) fees: Option<Arc<Fees>>,
}

/// An accepted job as its row has it.
pub(crate) struct Held {
    pub(crate) seq: i64,
    pub(crate) hold: i64,
    pub(crate) unit: Name,
    pub(crate) method: Name,
    pub(crate) request: JobRequest<'static>,
}

/// A label of a new job.
pub(crate) struct LabelRow<'a> {
    pub(crate) account: i64,
    pub(crate) job: JobId,
    pub(crate) key: &'a String,
    pub(crate) value: &'a String,
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
    pub(crate) settled: Vec<SettledRow<'a>>,
    pub(crate) accepted: Vec<AcceptedRow<'a>>,
    pub(crate) ends: Vec<EndRow<'a>>,
    pub(crate) transfers: Vec<TransferRow<'a>>,
    pub(crate) audit: Vec<AuditRow<'a>>,
    pub(crate) fold: Fold,
    pub(crate) budgets: Vec<BudgetChange>,
    pub(crate) claims: Vec<(&'a ClaimGuard, JobId)>,
    pub(crate) files: Vec<(JobId, Hash)>,
    pub(crate) labels: Vec<LabelRow<'a>>,
    fees: Option<Arc<Fees>>,
    due: Due,
    /// What comes of each entry.
    pub(crate) results: Vec<Result<Came, CommitError>>,
}

/// The receipts of a commit and where they stand.
pub(crate) struct Proof {
    /// Every leaf, one behind the other, and where each ends.
    leaves: Bytes,
    ends: Vec<usize>,
    tree: Tree,
    root: SignedRoot,
}

/// The receipts of a commit as they are handed out, in the order of the entries.
struct Receipts {
    of: Arc<Proof>,
    next: usize,
}

/// What came of an entry, as the committer knows it.
#[derive(Clone)]
pub(crate) enum Came {
    Receipt { of: Arc<Proof>, index: usize },
    Accepted,
    Transferred(TransferId),
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
        let proof = Arc::new(self.prove(sequence, now, entries, helds, &verdicts));
        let mut posting = Posting {
            node: self.account,
            now,
            lease_expires: now.plus_ms(self.lease_ms),
            root: proof.root.clone(),
            leaves: proof.tree.leaves().iter().flat_map(|hash| hash.0).collect(),
            settled: Vec::with_capacity(proof.ends.len()),
            accepted: Vec::new(),
            ends: Vec::new(),
            transfers: Vec::new(),
            audit: Vec::new(),
            fold: Fold::default(),
            budgets: Vec::new(),
            claims: Vec::new(),
            files: Vec::new(),
            labels: Vec::new(),
            fees: self.fees.clone(),
            due: Due::new(),
            results: Vec::with_capacity(entries.len()),
        };
        let mut receipts = Receipts { of: proof, next: 0 };
        for (entry, refused) in entries.iter().zip(verdicts) {
            let result = refused.map_or_else(|| Ok(posting.add(entry, helds, &mut receipts)), Err);
            posting.results.push(result);
        }
        posting.pay_fees();
        posting.fold.close();
        fold_budgets(&mut posting.budgets);
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
        Proof { leaves: leaves.into(), ends, tree, root }
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
            Entry::Finish(Finish { id, purse, ending, .. }) => {
                let Held { unit, method, request, .. } = helds.get(&(purse.no.0, *id))?;
                (ending, *id, purse.account, unit, method, &request.version, request.capsule, request.submitted)
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

impl Receipts {
    /// The next receipt: as it is told of, and as its row refers to it.
    fn next<'a>(&mut self, ending: &'a Ending) -> (Came, End<'a>) {
        let index = self.next;
        self.next += 1;
        (Came::Receipt { of: self.of.clone(), index }, End { ending, index: index as u32 })
    }
}

impl Came {
    /// What the caller is told.
    pub(crate) fn told(self) -> Commit {
        match self {
            Self::Receipt { of, index } => Commit::Receipt(of.receipt(index)),
            Self::Accepted => Commit::Accepted,
            Self::Transferred(id) => Commit::Transferred(id),
        }
    }
}

impl Proof {
    fn receipt(&self, index: usize) -> SignedReceipt {
        let begin = index.checked_sub(1).map_or(0, |before| self.ends[before]);
        let leaf = self.leaves.slice(begin..self.ends[index]);
        SignedReceipt { leaf, index: index as u32, path: self.tree.path(index), root: self.root.clone() }
    }
}

impl<'a> Posting<'a> {
    fn add(&mut self, entry: &'a Entry, helds: &Helds, receipts: &mut Receipts) -> Came {
        match entry {
            Entry::Settle(settle) => self.settle(settle, receipts),
            Entry::Accept(accept) => self.accept(accept),
            Entry::Finish(finish) => self.finish(finish, helds, receipts),
            Entry::Transfer(transfer) => self.transfer(transfer),
        }
    }

    fn settle(&mut self, settle: &'a Settle, receipts: &mut Receipts) -> Came {
        let Settle { job, reservation, ending, claim } = settle;
        let (account, cost) = (job.purse.no.0, ending.cost.as_i64());
        if cost > 0 {
            self.fold.change(account, Change { balance: -cost, held: 0, leased: -cost });
            self.fold.balance(self.node, cost);
            self.split(cost, &job.unit, account);
            reservation.pay(cost, |token, paid| self.fold.spend(account, token, paid));
        }
        self.limit(reservation.limits(), |_| cost);
        let (came, end) = receipts.next(ending);
        let hold = reservation.amount().as_i64();
        self.settled.push(SettledRow { job, hold, end });
        self.label(job);
        self.claims.extend(claim.as_ref().map(|claim| (claim, job.id)));
        self.files.extend(ending.files.iter().map(|file| (job.id, *file)));
        came
    }

    fn accept(&mut self, accept: &'a Accept) -> Came {
        let Accept { job, reservation, asked, files, claim } = accept;
        let (account, hold) = (job.purse.no.0, reservation.amount().as_i64());
        if hold > 0 {
            self.fold.change(account, Change { balance: 0, held: hold, leased: -hold });
            reservation.pay(hold, |token, paid| self.fold.spend(account, token, paid));
        }
        self.limit(reservation.limits(), |_| hold);
        self.accepted.push(AcceptedRow { job, hold, asked });
        self.label(job);
        self.claims.extend(claim.as_ref().map(|claim| (claim, job.id)));
        self.files.extend(files.iter().map(|file| (job.id, *file)));
        Came::Accepted
    }

    fn finish(&mut self, finish: &'a Finish, helds: &Helds, receipts: &mut Receipts) -> Came {
        let Finish { id, purse, ending, limits } = finish;
        let held = helds.get(&(purse.no.0, *id)).expect("the verdict refuses a job that is not held");
        let cost = ending.cost.as_i64();
        self.fold.change(purse.no.0, Change { balance: -cost, held: -held.hold, leased: 0 });
        self.fold.balance(self.node, cost);
        self.split(cost, &held.unit, purse.no.0);
        self.limit(limits, |limit| cost - limit.amount);
        let (came, end) = receipts.next(ending);
        self.ends.push(EndRow { seq: held.seq, id: *id, end });
        self.files.extend(ending.files.iter().map(|file| (*id, *file)));
        came
    }

    /// Notes what of a job's cost is not the node's.
    fn split(&mut self, cost: i64, unit: &str, payer: i64) {
        if let Some(fees) = &self.fees {
            fees.add(cost, unit, payer, &mut self.due);
        }
    }

    /// Pays on what of the commit's jobs is not the node's: one transfer for each who gets a share.
    fn pay_fees(&mut self) {
        for (payee, amount) in std::mem::take(&mut self.due) {
            if amount == 0 {
                continue;
            }
            self.fold.balance(self.node, -amount);
            self.fold.balance(payee, amount);
            let note = Some(Cow::Owned(format!("shares of commit {}", self.root.sequence)));
            let (id, reason, at) = (TransferId::new(), Reason::Job, self.now);
            self.transfers.push(TransferRow { id, debit: self.node, credit: payee, amount, reason, note, at });
        }
    }

    fn limit(&mut self, limits: &[Limit], used: impl Fn(&Limit) -> i64) {
        let change = |limit: &Limit| BudgetChange { of: limit.budget.name(limit.month), used: used(limit) };
        self.budgets.extend(limits.iter().map(change));
    }

    fn label(&mut self, job: &'a JobRecord) {
        let row = |(key, value)| LabelRow { account: job.purse.no.0, job: job.id, key, value };
        self.labels.extend(job.labels.iter().map(row));
    }

    fn transfer(&mut self, transfer: &'a Transfer) -> Came {
        let amount = transfer.amount().as_i64();
        self.fold.balance(transfer.debit().0, -amount);
        self.fold.balance(transfer.credit().0, amount);
        let id = TransferId::new();
        self.transfers.push(TransferRow {
            id,
            debit: transfer.debit().0,
            credit: transfer.credit().0,
            amount,
            reason: transfer.reason(),
            note: transfer.note().map(Cow::Borrowed),
            at: self.now,
        });
        // A key's row has 16 bytes for what it stands for, be it a job or a transfer.
        self.claims.extend(transfer.claim.as_ref().map(|claim| (claim, JobId::from_bytes(*id.as_bytes()))));
        self.audit.extend(transfer.deed().map(|deed| AuditRow { deed, subject: id, at: self.now }));
        Came::Transferred(id)
    }
}
