//! Outputs that become blobs of the account, before the books say that the job succeeded.

use inos_protocols::{
    Microcredits, Refusal,
    account::Blob,
    job::{OutputBytes, State, Store},
    refusal::Kind,
    time::Time,
};

use crate::{
    Inside,
    done::{Ended, Story},
    hold::database,
    payload::{self, Place},
};

impl Inside {
    /// Stores the outputs of a job that asked for blobs; a job whose outputs find no room fails and is not charged.
    pub(crate) async fn as_blobs(&self, story: &Story, mut ended: Ended) -> Ended {
        if story.store != Store::Blob || ended.ending.state != State::Succeeded {
            return ended;
        }
        match self.store_all(story, &ended.outputs).await {
            Ok(places) => ended.ending.kept = Some(places),
            Err(refusal) => {
                let ending = &mut ended.ending;
                (ending.state, ending.cost) = (State::Failed, Microcredits::ZERO);
                ending.error = Some(refusal.problem());
                ending.outputs.clear();
                ended.outputs.clear();
            }
        }
        ended
    }

    async fn store_all(&self, story: &Story, outputs: &[OutputBytes]) -> Result<Vec<u8>, Refusal> {
        let account = story.purse.account;
        let used = self.books.blob_bytes(account).await.map_err(database)?;
        let wanted: u64 = outputs.iter().map(|output| output.bytes.len() as u64).sum();
        let room = self.options.blob_bytes_max.saturating_sub(used);
        if wanted > room {
            return Err(crate::blobs::over_quota(room));
        }
        let mut places = Vec::with_capacity(outputs.len());
        for OutputBytes { media_type, hash, bytes } in outputs {
            let (blobs, kept) = (self.blobs.clone(), bytes.clone());
            let stored = tokio::task::spawn_blocking(move || {
                let mut upload = blobs.upload()?;
                upload.write(&kept)?;
                upload.finish()
            });
            let stored = stored.await.map_err(|_| Refusal::new(Kind::Internal, "An output could not be stored."))?;
            stored.map_err(payload::not_kept)?;
            let (media_type, len) = (media_type.clone(), bytes.len() as u64);
            let blob = Blob { hash: *hash, bytes: len, media_type, created: Time::now(), expires: None, pinned: false };
            self.ledger.put_blob(account, &blob).await.map_err(database)?;
            places.push(Place::Blob(*hash));
        }
        serde_json::to_vec(&places).map_err(|error| Refusal::new(Kind::Internal, error.to_string()))
    }
}
