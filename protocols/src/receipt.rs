//! What was done, for whom, at what cost: a receipt is a leaf of its group commit's Merkle tree,
//! whose root one Ed25519 signature covers. Leaf, path and signed root verify alone.
//!
//! The tree is that of RFC 9162 (Certificate Transparency 2.0) with BLAKE3 for its hash:
//! a leaf hashes as `BLAKE3(0x00 ‖ leaf)`, a node as `BLAKE3(0x01 ‖ left ‖ right)`.

mod json;
mod tree;

use bytes::Bytes;
use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use tree::{Tree, leaf_hash, verify_path};

use crate::{
    AccountId, Hash, JobId, Microcredits, NodeId,
    job::{Name, State},
    time::Time,
    wire::Malformed,
};

/// What a node states about one finished job.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Receipt {
    /// The job.
    pub job: JobId,
    /// Who paid.
    pub account: AccountId,
    /// Which node ran it and signs.
    pub node: NodeId,
    /// Digest of what was asked: unit, method, parameters and input hashes ([`crate::job::capsule_digest`]).
    pub capsule: Hash,
    /// The unit.
    pub unit: Name,
    /// The method.
    pub method: Name,
    /// The unit's version.
    pub version: Name,
    /// How it ended.
    pub state: State,
    /// BLAKE3 of each input.
    pub inputs: Vec<Hash>,
    /// BLAKE3 of each output.
    pub outputs: Vec<Hash>,
    /// When it was accepted.
    pub submitted: Time,
    /// When it ended.
    pub finished: Time,
    /// What was charged, in microcredits.
    pub cost: Microcredits,
    /// The number of its group commit on this node.
    pub sequence: u64,
}

/// A [`Receipt`] whose parts lie elsewhere: what a leaf is written from.
#[derive(Debug, Clone, Copy)]
#[expect(missing_docs, reason = "each field is the receipt's of that name")]
pub struct Statement<'a> {
    pub job: JobId,
    pub account: AccountId,
    pub node: NodeId,
    pub capsule: Hash,
    pub unit: &'a str,
    pub method: &'a str,
    pub version: &'a str,
    pub state: State,
    pub inputs: &'a [Hash],
    pub outputs: &'a [Hash],
    pub submitted: Time,
    pub finished: Time,
    pub cost: Microcredits,
    pub sequence: u64,
}

impl Receipt {
    /// What it states.
    pub fn statement(&self) -> Statement<'_> {
        let Self {
            job,
            account,
            node,
            capsule,
            ref unit,
            ref method,
            ref version,
            state,
            ref inputs,
            ref outputs,
            submitted,
            finished,
            cost,
            sequence,
        } = *self;
        Statement {
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
        }
    }

    /// The receipt's own bytes: equal receipts have equal bytes.
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        self.statement().encode_to(&mut bytes);
        bytes
    }
}

/// The root of one group commit under the node's signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedRoot {
    /// Who signed.
    pub node: NodeId,
    /// The number of the group commit on that node.
    pub sequence: u64,
    /// How many receipts the commit has.
    pub count: u32,
    /// When it was signed.
    pub signed: Time,
    /// The root of the tree over its receipts.
    pub root: Hash,
    /// Ed25519 over [`SignedRoot::message`].
    pub signature: [u8; 64],
}

impl SignedRoot {
    /// The bytes that are signed: a domain, then every other field, integers little-endian.
    pub fn message(node: NodeId, sequence: u64, count: u32, signed: Time, root: Hash) -> Vec<u8> {
        let mut message = Vec::with_capacity(100);
        message.extend_from_slice(b"inos.commit.v1\0\0");
        message.extend_from_slice(&node.0);
        message.extend_from_slice(&sequence.to_le_bytes());
        message.extend_from_slice(&count.to_le_bytes());
        message.extend_from_slice(&signed.as_ms().to_le_bytes());
        message.extend_from_slice(&root.0);
        message
    }

    /// The root of a group commit under the signature of the node that has this key.
    pub fn sign(key: &SigningKey, sequence: u64, count: u32, signed: Time, root: Hash) -> Self {
        let node = NodeId(key.verifying_key().to_bytes());
        let signature = key.sign(&Self::message(node, sequence, count, signed, root)).to_bytes();
        Self { node, sequence, count, signed, root, signature }
    }

    /// Whether the node that is named here signed this.
    pub fn is_signed(&self) -> bool {
        let Self { node, sequence, count, signed, root, signature } = self;
        let message = Self::message(*node, *sequence, *count, *signed, *root);
        VerifyingKey::from_bytes(&node.0)
            .is_ok_and(|key| key.verify_strict(&message, &Signature::from_bytes(signature)).is_ok())
    }
}

/// A receipt with its proof.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedReceipt {
    /// The receipt's own bytes (a Cap'n Proto `Receipt` message): exactly what was hashed.
    pub leaf: Bytes,
    /// Its place among the leaves of its commit, from 0.
    pub index: u32,
    /// The sibling hashes from the leaf to the root.
    pub path: Vec<Hash>,
    /// The signed root.
    pub root: SignedRoot,
}

/// Why a receipt proves nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum VerifyError {
    /// The leaf is no receipt.
    #[error("the leaf is no receipt")]
    Leaf(#[source] Malformed),
    /// The leaf names another node than the one that signed.
    #[error("the receipt is of node {receipt}, the signature of node {root}")]
    Node {
        /// The node in the receipt.
        receipt: NodeId,
        /// The node that signed.
        root: NodeId,
    },
    /// The leaf names another group commit than the one that was signed.
    #[error("the receipt is of commit {receipt}, the signature of commit {root}")]
    Sequence {
        /// The commit in the receipt.
        receipt: u64,
        /// The commit that was signed.
        root: u64,
    },
    /// The place lies outside the commit.
    #[error("receipt {index} cannot be one of {count}")]
    Index {
        /// The receipt's place.
        index: u32,
        /// How many there are.
        count: u32,
    },
    /// The path leads to another root.
    #[error("the path does not lead from the receipt to the signed root")]
    Path,
    /// The signature is not the node's.
    #[error("the signature is not that of the node")]
    Signature,
}

impl SignedReceipt {
    /// The receipt, once its node's signature covers it.
    ///
    /// It says what the node stated; whether the node is one to be believed is for the caller to know.
    pub fn verify(&self) -> Result<Receipt, VerifyError> {
        let Self { leaf, index, path, root } = self;
        let receipt = Receipt::decode(leaf).map_err(VerifyError::Leaf)?;
        if receipt.node != root.node {
            return Err(VerifyError::Node { receipt: receipt.node, root: root.node });
        }
        if receipt.sequence != root.sequence {
            return Err(VerifyError::Sequence { receipt: receipt.sequence, root: root.sequence });
        }
        if *index >= root.count {
            return Err(VerifyError::Index { index: *index, count: root.count });
        }
        if !verify_path(leaf_hash(leaf), (*index).into(), root.count.into(), path, root.root) {
            return Err(VerifyError::Path);
        }
        if root.is_signed() { Ok(receipt) } else { Err(VerifyError::Signature) }
    }
}
