//! The JSON form of a receipt with its proof: readable, and still the exact bytes that were hashed.

use bytes::Bytes;
use data_encoding::{BASE64URL_NOPAD, HEXLOWER};
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de, ser};

use super::{Receipt, SignedReceipt, SignedRoot};
use crate::{Hash, NodeId, time::Time};

/// A receipt with its proof.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "SignedReceipt")]
struct SignedReceiptJson {
    /// What the node states: what `leaf` means.
    receipt: Receipt,
    /// The receipt's own bytes, exactly those that were hashed, as unpadded base64url.
    leaf: String,
    /// Its place among the leaves of its commit, from 0.
    index: u32,
    /// The sibling hashes from the leaf to the root.
    path: Vec<Hash>,
    /// The signed root.
    root: SignedRootJson,
}

/// The root of one group commit under the node's signature.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "SignedRoot")]
struct SignedRootJson {
    /// Who signed.
    node: NodeId,
    /// The number of the group commit on that node.
    sequence: u64,
    /// How many receipts the commit has.
    count: u32,
    /// When it was signed.
    signed: Time,
    /// The root of the tree over its receipts.
    root: Hash,
    /// The Ed25519 signature, 128 lower-case hex digits.
    signature: String,
}

impl Serialize for SignedReceipt {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let Self { leaf, index, path, root } = self;
        let SignedRoot { node, sequence, count, signed, root, signature } = root;
        SignedReceiptJson {
            receipt: Receipt::decode(leaf).map_err(ser::Error::custom)?,
            leaf: BASE64URL_NOPAD.encode(leaf),
            index: *index,
            path: path.clone(),
            root: SignedRootJson {
                node: *node,
                sequence: *sequence,
                count: *count,
                signed: *signed,
                root: *root,
                signature: HEXLOWER.encode(signature),
            },
        }
        .serialize(to)
    }
}

impl<'de> Deserialize<'de> for SignedReceipt {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let SignedReceiptJson { receipt, leaf, index, path, root } = Deserialize::deserialize(from)?;
        let leaf = BASE64URL_NOPAD.decode(leaf.as_bytes()).map_err(de::Error::custom)?;
        if Receipt::decode(&leaf).map_err(de::Error::custom)? != receipt {
            return Err(de::Error::custom("`receipt` is not what `leaf` means"));
        }
        let SignedRootJson { node, sequence, count, signed, root, signature } = root;
        let signature = HEXLOWER.decode(signature.as_bytes()).ok().and_then(|bytes| bytes.try_into().ok());
        let signature = signature.ok_or_else(|| de::Error::custom("a signature has 128 lower-case hex digits"))?;
        let root = SignedRoot { node, sequence, count, signed, root, signature };
        Ok(Self { leaf: Bytes::from(leaf), index, path, root })
    }
}

impl JsonSchema for SignedReceipt {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        SignedReceiptJson::schema_name()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        SignedReceiptJson::json_schema(generator)
    }
}
