//! Where kept bytes lie: in the job's row up to 4 KiB, in a pack segment up to 1 MiB, above that in a file of their own.

use bytes::Bytes;
use data_encoding::BASE64;
use inos_blobs::{Blobs, Locator};
use inos_protocols::{
    Hash, Refusal,
    job::{JobOutput, OutputBytes},
    refusal::Kind,
};
use serde::{Deserialize, Serialize};

/// The largest payload that travels in its job's row, in bytes.
pub(crate) const ROW_BYTES_MAX: usize = 4 << 10;
/// The largest payload that goes to a pack segment, in bytes.
pub(crate) const PACK_BYTES_MAX: usize = 1 << 20;

/// Where one payload lies.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Place {
    /// Here, in base64.
    Row(String),
    /// In a pack segment.
    Pack(String),
    /// In a file of its own.
    File(Hash),
    /// In a blob of the account, which the account itself keeps.
    Blob(Hash),
    /// Wherever another job of the account left it.
    Job(JobOutput),
    /// In a region of the account, when the job begins.
    Region(String),
}

/// Payloads that were put away; durable once the pack was flushed.
pub(crate) struct Kept {
    pub(crate) text: Vec<u8>,
    pub(crate) segment: Option<u64>,
    pub(crate) files: Vec<Hash>,
}

/// Where several payloads were put.
pub(crate) struct Put {
    pub(crate) places: Vec<Place>,
    pub(crate) segment: Option<u64>,
    pub(crate) files: Vec<Hash>,
}

/// Puts several payloads away, those of one job in one segment.
pub(crate) fn put(blobs: &Blobs, payloads: &[&Bytes]) -> Result<Put, Refusal> {
    loop {
        let (mut places, mut segments, mut files) = (Vec::with_capacity(payloads.len()), Vec::new(), Vec::new());
        for bytes in payloads {
            places.push(match bytes.len() {
                0..=ROW_BYTES_MAX => Place::Row(BASE64.encode(bytes)),
                len if len <= PACK_BYTES_MAX => {
                    let at = blobs.pack(bytes).map_err(not_kept)?;
                    segments.push(at.segment);
                    Place::Pack(at.to_string())
                }
                _ => {
                    let mut upload = blobs.upload().map_err(not_kept)?;
                    upload.write(bytes).map_err(not_kept)?;
                    let hash = upload.finish().map_err(not_kept)?.hash;
                    files.push(hash);
                    Place::File(hash)
                }
            });
        }
        segments.dedup();
        // A segment that was full in between ends this round; the next lies in the new one as a whole.
        if segments.len() <= 1 {
            return Ok(Put { places, segment: segments.first().copied(), files });
        }
    }
}

/// Puts a job's outputs away.
pub(crate) fn keep(blobs: &Blobs, outputs: &[OutputBytes]) -> Result<Kept, Refusal> {
    let payloads: Vec<&Bytes> = outputs.iter().map(|output| &output.bytes).collect();
    let Put { places, segment, files } = put(blobs, &payloads)?;
    let text = serde_json::to_vec(&places).map_err(|error| Refusal::new(Kind::Internal, error.to_string()))?;
    Ok(Kept { text, segment, files })
}

/// The bytes at a place; `None` where they are gone.
pub(crate) fn get(blobs: &Blobs, place: &Place) -> Result<Option<Bytes>, Refusal> {
    match place {
        Place::Row(text) => {
            BASE64.decode(text.as_bytes()).map(|bytes| Some(bytes.into())).map_err(|error| damaged(&error))
        }
        Place::Pack(text) => {
            let at: Locator = text.parse().map_err(|error| damaged(&error))?;
            blobs.read_pack(&at).map(Some).map_err(|error| damaged(&error))
        }
        // What another job left is found by that job's own row, and a region by its name.
        Place::Job(_) | Place::Region(_) => Ok(None),
        Place::File(hash) | Place::Blob(hash) => blobs.open_file(hash).map_err(|error| damaged(&error)),
    }
}

pub(crate) fn damaged(error: &(dyn std::error::Error + 'static)) -> Refusal {
    tracing::error!(error, "a kept payload could not be read");
    Refusal::new(Kind::Internal, "A kept payload could not be read. The operator has been told in the log.")
}

pub(crate) fn not_kept(error: inos_blobs::Error) -> Refusal {
    tracing::error!(error = &error as &dyn std::error::Error, "a payload could not be put away");
    if matches!(error, inos_blobs::Error::StorageFull { .. }) {
        return Refusal::new(
            Kind::StorageFull,
            "The server's disk is full. Nothing was charged; free space or ask the operator.",
        );
    }
    if matches!(error, inos_blobs::Error::NoHandles { .. }) {
        let told = "The server has no file handle left just now. Nothing was charged; try again shortly.";
        return Refusal::new(Kind::Overloaded, told).retry_after_ms(1000);
    }
    Refusal::new(Kind::Internal, "The payload could not be put away. Nothing was charged.")
}
