//! Frames about regions: named state whose newest epoch is told to whoever subscribed.

use bytes::Bytes;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::json::{decimal, payload};

/// A region to be told about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RegionTopic {
    /// Its name within the account.
    pub name: String,
    /// The most frames a second; 0 is no limit but the reader's own.
    #[serde(default)]
    pub max_rate_hz: u32,
    /// The epoch that the client has: only what changed since comes first. 0 is none, and everything comes.
    #[serde(default, with = "decimal")]
    #[schemars(with = "String", regex(pattern = "^[0-9]{1,20}$"))]
    pub after: u64,
    /// Whether the client can read bytes that are deflated.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub deflate: bool,
    /// Whether the client says `have` for each frame, and gets the next one only then.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub confirms: bool,
}

/// What a client has of a region that it follows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RegionHave {
    /// The region.
    pub name: String,
    /// The epoch.
    #[serde(with = "decimal")]
    #[schemars(with = "String", regex(pattern = "^[0-9]{1,20}$"))]
    pub epoch: u64,
}

/// An epoch to be published.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Publish {
    /// The client's own number for it.
    pub correlation: u64,
    /// The region's name within the account; it is made where there is none.
    pub name: String,
    /// Where the bytes go; without it, they are all that the region holds from now on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offset: Option<u64>,
    /// The bytes.
    #[serde(rename = "base64", serialize_with = "payload::write", deserialize_with = "payload::read")]
    #[schemars(with = "String", extend("contentEncoding" = "base64"))]
    pub bytes: Bytes,
}

/// The newest epoch of a region, whole or as what changed.
///
/// Never sent twice: a reader that was slow gets a newer one instead.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RegionState {
    /// The region.
    pub name: String,
    /// Its epoch; 0 where it was removed, and nothing follows.
    #[serde(with = "decimal")]
    #[schemars(with = "String", regex(pattern = "^[0-9]{1,20}$"))]
    pub epoch: u64,
    /// Whoever has this epoch, or a later one, puts the pages over what it has; 0 is a full snapshot.
    #[serde(with = "decimal")]
    #[schemars(with = "String", regex(pattern = "^[0-9]{1,20}$"))]
    pub base: u64,
    /// How many bytes the region has.
    pub len: u64,
    /// Which pages of 4096 bytes these are, in order; none in a full snapshot.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pages: Vec<u32>,
    /// The pages one behind the other, or all of the region; only the region's last page may be shorter.
    #[serde(rename = "base64", serialize_with = "payload::write", deserialize_with = "payload::read")]
    #[schemars(with = "String", extend("contentEncoding" = "base64"))]
    pub bytes: Bytes,
    /// Whether the bytes are these as a raw DEFLATE stream (RFC 1951); only for those who asked for it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub deflated: bool,
}

/// An epoch that was published.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Published {
    /// The client's number.
    pub correlation: u64,
    /// The epoch.
    #[serde(with = "decimal")]
    #[schemars(with = "String", regex(pattern = "^[0-9]{1,20}$"))]
    pub epoch: u64,
}
