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

impl Ended {
    /// Takes a success back whose outputs found no room; nothing is charged.
    pub(crate) fn fail(&mut self, refusal: &Refusal) {
        let ending = &mut self.ending;
        (ending.state, ending.cost, ending.kept, ending.segment) = (State::Failed, Microcredits::ZERO, None, None);
        ending.error = Some(refusal.problem());
        ending.files.clear();
        ending.outputs.clear();
        self.outputs.clear();
    }
}

impl Inside {
    /// Puts the outputs of a job that succeeded wherever it asked for, before the books say so.
    pub(crate) async fn put_out(self: &std::sync::Arc<Self>, story: &Story, ended: Ended) -> Ended {
        let ended = self.as_blobs(story, ended).await;
        // The last of it, so that nobody sees what a job gave that fails after all.
        self.as_region(story, ended).await
    }

    /// Stores the outputs of a job that asked for blobs; a job whose outputs find no room fails and is not charged.
    async fn as_blobs(&self, story: &Story, mut ended: Ended) -> Ended {
        if story.store != Store::Blob || ended.ending.state != State::Succeeded {
            return ended;
        }
        match self.store_all(story, &ended.outputs).await {
            Ok(places) => ended.ending.kept = Some(places),
            Err(refusal) => ended.fail(&refusal),
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
