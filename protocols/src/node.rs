//! Who this server is and how it does.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{NodeId, time::Time};

/// The node's identity.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Node {
    /// Its Ed25519 public key: what signs its receipts.
    pub id: NodeId,
    /// Its name, for people.
    pub name: String,
    /// The version of the server.
    pub version: String,
    /// When it started.
    pub started: Time,
}
