//! The end of an accepted job: written down once, and told once it is.

use std::{sync::Arc, time::Duration};

use inos_engine::Outcome;
use inos_failpoints::{Point, reach};
use inos_ledger::{Commit, CommitError, Ending, Entry, Finish};
use inos_protocols::{Refusal, job::State, receipt::SignedReceipt};

use crate::{
    Inside,
    done::{Ended, Story},
    events::Happening,
    hold,
    live::Live,
    recent::Finished,
};

/// How long the end of a job that nobody waits for may wait for other ends, or for a commit to which it adds little: so it makes
/// no client wait longer that hands in the next one. Whoever asks for the job meanwhile has it written at once.
const COMPANY: Duration = Duration::from_millis(10);
/// The same where somebody hears of the account's events, which is less than anybody notices.
const HEARD: Duration = Duration::from_millis(1);

impl Inside {
    /// Writes down how an accepted job ended; goes on trying while the database is away.
    pub(crate) async fn finish(self: &Arc<Self>, story: &Story, ran: Outcome) {
        let ended = self.conclude(story, ran, story.held);
        let ended = self.put_out(story, ended).await;
        let inputs = &ended.ending.input_hashes;
        if story.reads_later && !inputs.is_empty() {
            self.note_request(story, inputs).await;
        }
        self.record(story, ended).await;
    }

    /// The same for one that cannot be begun.
    pub(crate) async fn never_begun(self: &Arc<Self>, story: &Story, state: State, why: &Refusal) {
        let ending = self.never_began(story.keep_ms, story.attempts_before(), state, why);
        self.record(story, Ended { ending, outputs: Vec::new(), settling: None }).await;
    }

    async fn record(&self, story: &Story, mut ended: Ended) {
        let live = self.live.get(story.purse.account, story.id);
        if live.as_ref().is_some_and(|live| !live.end(ended.ending.state)) {
            tracing::error!(job = %story.id, "an accepted job that has ended was to end again");
            return;
        }
        if let Some(settling) = &mut ended.settling {
            settling.ends(&ended.ending);
        }
        reach(Point::JobEnded);
        let committed = self.write_down(story, &ended.ending, live.as_deref()).await;
        let (cost, state) = (ended.ending.cost, ended.ending.state);
        story.share.get().iter().for_each(|share| share.spent(cost));
        reach(Point::EndRecorded);
        match committed {
            Ok(receipt) => {
                self.pace.count(&ended.ending, story.entry.is_session());
                if let Some(receipt) = receipt {
                    self.remember_ended(story, &ended.ending);
                    self.recent.remember(Finished::new(story, &ended.ending, &ended.outputs, receipt));
                }
                drop(ended);
                live.iter().for_each(|live| live.settled());
                self.events.tell(story.purse.account, story.id, Happening::State { state, cost });
            }
            // Who ended it before, such as another server on the same books, has told so.
            Err(error) => {
                tracing::error!(job = %story.id, ?error, "an accepted job's end was refused by the ledger");
                if let Some(settling) = &mut ended.settling {
                    settling.refused(&hold::uncommitted(error));
                }
            }
        }
        self.live.remove(story.id);
        self.offer_backlog();
    }

    /// The receipt of an end that the books have taken; none where they had it from a commit that nobody could tell about.
    async fn write_down(
        &self,
        story: &Story,
        ending: &Ending,
        live: Option<&Live>,
    ) -> Result<Option<SignedReceipt>, CommitError> {
        let (mut pause_ms, mut may_be_done) = (50, false);
        loop {
            let finish = Finish {
                id: story.id,
                purse: story.purse.clone(),
                ending: ending.clone(),
                limits: story.limits.clone(),
            };
            let entries = vec![Entry::Finish(finish)];
            let committed = if live.is_some_and(Live::is_awaited) {
                self.ledger.commit(entries)
            } else if self.events.are_heard(story.purse.account) {
                self.ledger.commit_in_company(entries, HEARD)
            } else {
                self.ledger.commit_in_company(entries, COMPANY)
            };
            match committed.await.pop() {
                Some(Err(error @ (CommitError::Unavailable | CommitError::LeaseLost))) => {
                    may_be_done |= error == CommitError::Unavailable;
                    self.rest(Duration::from_millis(pause_ms)).await;
                    pause_ms = (pause_ms * 2).min(5000);
                }
                Some(Err(CommitError::AlreadyFinal)) if may_be_done => return Ok(None),
                Some(Err(error)) => return Err(error),
                Some(Ok(Commit::Receipt(receipt))) => return Ok(Some(receipt)),
                Some(Ok(Commit::Accepted | Commit::Transferred(_))) | None => return Ok(None),
            }
        }
    }

    /// A pause that does not end with the runtime of whoever makes it.
    async fn rest(&self, pause: Duration) {
        // It ends early only with the process.
        let _ = self.runtime.spawn(tokio::time::sleep(pause)).await;
    }
}
