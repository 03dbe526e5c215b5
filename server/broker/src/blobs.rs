//! Content-addressed bytes of an account. A hash is no capability: only its owners may read a blob.

use bytes::Bytes;
use inos_blobs::Upload;
use inos_failpoints::{Point, reach};
use inos_protocols::{AccountId, Hash, Refusal, account::Blob, refusal::Kind, time::Time};

use crate::{Broker, Caller, Inside, hold::database, payload};

/// A blob and its bytes.
#[derive(Debug, Clone)]
pub struct BlobBytes {
    /// What is known of it.
    pub blob: Blob,
    /// The bytes, mapped.
    pub bytes: Bytes,
}

/// A blob on its way in; dropped before its end it leaves nothing behind.
pub struct BlobUpload {
    upload: Upload,
    room: u64,
}

impl BlobUpload {
    /// Appends bytes; refuses what goes over the account's quota.
    ///
    /// Blocks on the disk: doors call it where blocking is allowed.
    pub fn write(&mut self, bytes: &[u8]) -> Result<(), Refusal> {
        if self.upload.len() + bytes.len() as u64 > self.room {
            return Err(over_quota(self.room));
        }
        self.upload.write(bytes).map_err(payload::not_kept)
    }
}

impl Broker {
    /// Begins a blob; `len` is its length where it is known before.
    pub async fn begin_blob(&self, caller: &Caller, len: Option<u64>) -> Result<BlobUpload, Refusal> {
        self.0.accepting()?;
        let used = self.0.books.blob_bytes(caller.account).await.map_err(database)?;
        let room = self.0.options.blob_bytes_max.saturating_sub(used);
        if len.is_some_and(|len| len > room) {
            return Err(over_quota(room));
        }
        let upload = self.0.blobs.upload().map_err(payload::not_kept)?;
        Ok(BlobUpload { upload, room })
    }

    /// Makes a blob durable and the caller's. `expected` is the hash that the caller says it has.
    pub async fn finish_blob(
        &self,
        caller: &Caller,
        upload: BlobUpload,
        media_type: &str,
        expires: Option<Time>,
        expected: Option<Hash>,
    ) -> Result<Blob, Refusal> {
        let file = upload.upload;
        let stored = tokio::task::spawn_blocking(move || match expected {
            Some(expected) if file.hash() != expected => Err(Refusal::new(
                Kind::Conflict,
                format!("The bytes have the hash {}, not {expected}. Nothing was stored.", file.hash()),
            )),
            _ => file.finish().map_err(payload::not_kept),
        });
        let stored = stored.await.map_err(|_| Refusal::new(Kind::Internal, "The blob could not be stored."))??;
        reach(Point::FileStored);
        let blob = Blob {
            hash: stored.hash,
            bytes: stored.len,
            media_type: media_type.into(),
            created: Time::now(),
            expires,
            pinned: false,
        };
        self.0.ledger.put_blob(caller.account, &blob).await.map_err(database)?;
        Ok(blob)
    }

    /// What is known of a blob of the caller's.
    pub async fn blob(&self, caller: &Caller, hash: Hash) -> Result<Blob, Refusal> {
        self.0.books.blob(caller.account, hash).await.map_err(database)?.ok_or_else(|| no_blob(hash))
    }

    /// A blob of the caller's with its bytes.
    pub async fn read_blob(&self, caller: &Caller, hash: Hash) -> Result<BlobBytes, Refusal> {
        let blob = self.blob(caller, hash).await?;
        let bytes = self.0.open_blob(hash)?;
        Ok(BlobBytes { blob, bytes })
    }

    /// The caller's blobs, newest first, and where the next page begins.
    pub async fn list_blobs(
        &self,
        caller: &Caller,
        limit: u32,
        cursor: Option<&str>,
    ) -> Result<(Vec<Blob>, Option<String>), Refusal> {
        self.0.books.blobs(caller.account, limit, cursor).await.map_err(database)
    }

    /// Lets a blob of the caller's go; its bytes go with the last owner.
    pub async fn delete_blob(&self, caller: &Caller, hash: Hash) -> Result<(), Refusal> {
        let gone = self.0.ledger.delete_blob(caller.account, hash).await.map_err(database)?;
        if gone { Ok(()) } else { Err(no_blob(hash)) }
    }
}

impl Inside {
    /// The bytes of a blob of this account, as a job's input.
    pub(crate) async fn blob_bytes(&self, account: AccountId, hash: Hash) -> Result<Bytes, Refusal> {
        self.books.blob(account, hash).await.map_err(database)?.ok_or_else(|| no_blob(hash))?;
        self.open_blob(hash)
    }

    fn open_blob(&self, hash: Hash) -> Result<Bytes, Refusal> {
        let bytes = self.blobs.open_file(&hash).map_err(|error| payload::damaged(&error))?;
        bytes.ok_or_else(|| {
            tracing::error!(%hash, "a blob is in the books and not on the disk");
            Refusal::new(Kind::Internal, "The blob's bytes could not be found. The operator has been told in the log.")
        })
    }
}

fn no_blob(hash: Hash) -> Refusal {
    Refusal::new(Kind::NotFound, format!("There is no blob {hash} in this account."))
}

pub(crate) fn over_quota(room: u64) -> Refusal {
    let mut refusal = Refusal::new(
        Kind::StorageFull,
        format!(
            "The account has room for {room} more bytes of blobs. Nothing was stored; delete some or ask for a larger quota."
        ),
    );
    refusal.available = Some(room);
    refusal
}
