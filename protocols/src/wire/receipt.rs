//! Receipts and their proofs.

use bytes::Bytes;

use super::{Malformed, fields, message, outcome::OUTPUTS_MAX};
use crate::{
    AccountId, JobId,
    generated::{
        receipt_capnp::{receipt, signed_receipt, signed_root},
        state_capnp,
    },
    job::{INPUTS_MAX, State},
    receipt::{Receipt, SignedReceipt, SignedRoot, Statement},
};

/// The longest path: what 2^32 leaves take.
const PATH_LEN_MAX: usize = 32;
/// The longest unit, method or version.
pub(super) const NAME_LEN_MAX: usize = 256;

impl From<State> for state_capnp::State {
    fn from(state: State) -> Self {
        match state {
            State::Queued => Self::Queued,
            State::Running => Self::Running,
            State::Succeeded => Self::Succeeded,
            State::Failed => Self::Failed,
            State::Cancelled => Self::Cancelled,
            State::Expired => Self::Expired,
        }
    }
}

impl From<state_capnp::State> for State {
    fn from(state: state_capnp::State) -> Self {
        match state {
            state_capnp::State::Queued => Self::Queued,
            state_capnp::State::Running => Self::Running,
            state_capnp::State::Succeeded => Self::Succeeded,
            state_capnp::State::Failed => Self::Failed,
            state_capnp::State::Cancelled => Self::Cancelled,
            state_capnp::State::Expired => Self::Expired,
        }
    }
}

impl Statement<'_> {
    /// Appends the bytes of the receipt that states this.
    pub fn encode_to(&self, bytes: &mut Vec<u8>) {
        let names = self.unit.len() + self.method.len() + self.version.len();
        let mut message = message::begin(64 + names / 8 + 4 * (self.inputs.len() + self.outputs.len()));
        self.write(message.init_root());
        message::append(&message, bytes);
    }

    fn write(&self, mut to: receipt::Builder<'_>) {
        let Self {
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
        } = self;
        to.set_job(job.as_bytes());
        to.set_account(account.as_bytes());
        to.set_node(&node.0);
        to.set_capsule(&capsule.0);
        to.set_unit(unit);
        to.set_method(method);
        to.set_version(version);
        to.set_state((*state).into());
        fields::put_hashes(inputs, to.reborrow().init_inputs(32 * inputs.len() as u32));
        fields::put_hashes(outputs, to.reborrow().init_outputs(32 * outputs.len() as u32));
        to.set_submitted(submitted.as_ms());
        to.set_finished(finished.as_ms());
        to.set_cost(cost.get());
        to.set_sequence(*sequence);
    }
}

impl Receipt {
    /// The receipt that these bytes are; any other bytes than those that [`Receipt::encode`] gives are refused.
    pub fn decode(bytes: &[u8]) -> Result<Self, Malformed> {
        let message = message::open(bytes)?;
        let receipt = Self::read(message.get_root()?)?;
        if receipt.encode() == bytes {
            Ok(receipt)
        } else {
            Err(Malformed::new("the bytes mean a receipt but are not the receipt's own bytes"))
        }
    }

    fn read(from: receipt::Reader<'_>) -> Result<Self, Malformed> {
        Ok(Self {
            job: fields::id("job", from.get_job(), JobId::from_slice)?,
            account: fields::id("account", from.get_account(), AccountId::from_slice)?,
            node: fields::node("node", from.get_node())?,
            capsule: fields::hash("capsule", from.get_capsule())?,
            unit: fields::short_text("unit", NAME_LEN_MAX, from.get_unit())?.to_owned().into(),
            method: fields::short_text("method", NAME_LEN_MAX, from.get_method())?.to_owned().into(),
            version: fields::short_text("version", NAME_LEN_MAX, from.get_version())?.to_owned().into(),
            state: from.get_state()?.into(),
            inputs: fields::hashes("inputs", INPUTS_MAX, from.get_inputs())?,
            outputs: fields::hashes("outputs", OUTPUTS_MAX, from.get_outputs())?,
            submitted: fields::time("submitted", from.get_submitted())?,
            finished: fields::time("finished", from.get_finished())?,
            cost: fields::amount("cost", from.get_cost())?,
            sequence: from.get_sequence(),
        })
    }
}

impl SignedReceipt {
    /// The receipt with its proof as one message.
    pub fn encode(&self) -> Vec<u8> {
        let mut message = message::begin(1 + words(self));
        write(self, message.init_root());
        message::end(&message)
    }

    /// The receipt with its proof that these bytes are; whether it proves anything says [`SignedReceipt::verify`].
    pub fn decode(bytes: &[u8]) -> Result<Self, Malformed> {
        let message = message::open(bytes)?;
        read(message.get_root()?, Bytes::copy_from_slice)
    }
}

/// No fewer words than the receipt takes in a message.
pub(super) fn words(signed: &SignedReceipt) -> usize {
    40 + message::words(signed.leaf.len()) + 4 * signed.path.len()
}

/// Writes the receipt with its proof.
pub(super) fn write(signed: &SignedReceipt, mut to: signed_receipt::Builder<'_>) {
    let SignedReceipt { leaf, index, path, root } = signed;
    to.set_leaf(leaf);
    to.set_index(*index);
    fields::put_hashes(path, to.reborrow().init_path(32 * path.len() as u32));
    write_root(root, to.init_root());
}

fn write_root(signed: &SignedRoot, mut to: signed_root::Builder<'_>) {
    let SignedRoot { node, sequence, count, signed, root, signature } = signed;
    to.set_node(&node.0);
    to.set_sequence(*sequence);
    to.set_count(*count);
    to.set_signed(signed.as_ms());
    to.set_root(&root.0);
    to.set_signature(signature);
}

/// Reads the receipt with its proof; `keep` says how the leaf's bytes are kept.
pub(super) fn read(
    from: signed_receipt::Reader<'_>,
    keep: impl FnOnce(&[u8]) -> Bytes,
) -> Result<SignedReceipt, Malformed> {
    Ok(SignedReceipt {
        leaf: keep(from.get_leaf()?),
        index: from.get_index(),
        path: fields::hashes("path", PATH_LEN_MAX, from.get_path())?,
        root: read_root(from.get_root()?)?,
    })
}

fn read_root(from: signed_root::Reader<'_>) -> Result<SignedRoot, Malformed> {
    Ok(SignedRoot {
        node: fields::node("node", from.get_node())?,
        sequence: from.get_sequence(),
        count: from.get_count(),
        signed: fields::time("signed", from.get_signed())?,
        root: fields::hash("root", from.get_root())?,
        signature: fields::id("signature", from.get_signature(), |bytes| bytes.try_into().ok())?,
    })
}
