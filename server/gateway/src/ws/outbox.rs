//! What a session has to say: what waits to be written, and what was written and is not acked yet.
//! Everything that waits goes out as few frames, numbered as they leave.

use std::collections::{HashMap, VecDeque};

use axum::extract::ws::Message;
use inos_broker::Reply;
use inos_protocols::{
    JobId, Refusal,
    frame::{About, Accepted, Answer, ServerBody, ServerFrame, Trouble},
    job::BATCH_MAX,
    refusal::Kind,
};

use super::{
    codec::{self, Codec},
    slots::Slots,
};
use crate::cellar::{Share, StoredFrame};

/// What an answer takes beside its outputs' bytes, roughly: ids, times, receipt and path.
const ANSWER_BYTES: usize = 768;
/// What any other word takes, roughly.
const WORD_BYTES: usize = 128;

/// What a session has to say.
pub(crate) struct Outbox {
    codec: Codec,
    bytes_max: usize,
    frame_bytes_max: usize,
    last_seq: u64,
    accepted: Vec<Accepted>,
    results: Vec<Answer>,
    words: VecDeque<ServerBody>,
    pongs: Vec<u64>,
    waiting_bytes: usize,
    kept: VecDeque<(u64, Message)>,
    kept_bytes: usize,
    again: VecDeque<Message>,
    /// Regions that are followed.
    pub(super) regions: Slots,
    under_way: usize,
    jobs: HashMap<u64, JobId>,
}

/// What is to be written now.
#[derive(Default)]
pub(crate) struct Written {
    /// The messages, in order.
    pub(crate) messages: Vec<Message>,
    /// How many output bytes they copied.
    pub(crate) copied: usize,
    /// Whether room was made for further submissions.
    pub(crate) made_room: bool,
    /// The memory that epochs of regions take until they are written.
    pub(crate) stored: Vec<StoredFrame>,
    /// Whether an epoch of a region still waits, since there was no memory for it.
    pub(crate) is_short: bool,
}

impl Outbox {
    /// An outbox that keeps at most `bytes_max`, waiting or unacked.
    pub(crate) fn new(codec: Codec, bytes_max: usize, frame_bytes_max: usize) -> Self {
        Self {
            codec,
            bytes_max,
            frame_bytes_max,
            last_seq: 0,
            accepted: Vec::new(),
            results: Vec::new(),
            words: VecDeque::new(),
            pongs: Vec::new(),
            waiting_bytes: 0,
            kept: VecDeque::new(),
            kept_bytes: 0,
            again: VecDeque::new(),
            regions: Slots::default(),
            under_way: 0,
            jobs: HashMap::new(),
        }
    }

    /// Whether more waits than may wait.
    pub(crate) fn is_over(&self) -> bool {
        self.waiting_bytes > self.bytes_max
    }

    /// Whether no job is under way and nothing waits.
    pub(crate) fn is_quiet(&self) -> bool {
        self.under_way == 0 && self.waiting_bytes == 0 && self.again.is_empty()
    }

    /// Whether nothing was ever said or asked for.
    pub(crate) fn is_fresh(&self) -> bool {
        self.last_seq == 0 && self.is_quiet()
    }

    /// Counts jobs as under way, if the window has room for them.
    pub(crate) fn reserve(&mut self, jobs: usize, window: usize) -> bool {
        let fits = self.under_way + jobs <= window;
        if fits {
            self.under_way += jobs;
        }
        fits
    }

    /// The job that waits under a correlation number.
    pub(crate) fn job(&self, correlation: u64) -> Option<JobId> {
        self.jobs.get(&correlation).copied()
    }

    /// Takes in what became of submissions.
    pub(crate) fn push(&mut self, reply: Reply) {
        match reply {
            Reply::Accepted(accepted) => {
                self.waiting_bytes += accepted.len() * 32;
                self.jobs.extend(accepted.iter().map(|accepted| (accepted.correlation, accepted.job)));
                self.accepted.extend(accepted);
            }
            Reply::Results(answers) => {
                for answer in &answers {
                    self.waiting_bytes += weight(answer);
                    self.forget(answer.correlation);
                }
                if self.results.is_empty() {
                    self.results = answers;
                } else {
                    self.results.extend(answers);
                }
            }
            Reply::Refused(troubles) => {
                for trouble in troubles {
                    if let Some(correlation) = trouble.correlation() {
                        self.forget(correlation);
                    }
                    self.say(ServerBody::Problem(trouble));
                }
            }
        }
    }

    /// Takes in anything else; progress that nobody has read yet is replaced by the newer.
    pub(crate) fn say(&mut self, body: ServerBody) {
        if let (ServerBody::Progress(new), Some(ServerBody::Progress(last))) = (&body, self.words.back_mut())
            && last.job == new.job
        {
            *last = *new;
            return;
        }
        self.waiting_bytes += WORD_BYTES + said_bytes(&body);
        self.words.push_back(body);
    }

    /// Answers a ping; pongs are not numbered and not kept.
    pub(crate) fn pong(&mut self, number: u64) {
        self.waiting_bytes += WORD_BYTES;
        self.pongs.push(number);
    }

    fn forget(&mut self, correlation: u64) {
        if !self.jobs.is_empty() {
            self.jobs.remove(&correlation);
        }
    }

    /// Makes messages of everything that waits, numbers them and keeps them until they are acked.
    ///
    /// Epochs of regions, which every connection copies, take their room from the account's share.
    pub(crate) fn take(&mut self, share: Share<'_>) -> Option<Written> {
        if self.waiting_bytes == 0 && self.again.is_empty() && !self.regions.any_waits() {
            return None;
        }
        let mut written = Written { messages: self.again.drain(..).collect(), ..Written::default() };
        let mut accepted = std::mem::take(&mut self.accepted);
        while !accepted.is_empty() {
            let rest = accepted.split_off(accepted.len().min(BATCH_MAX));
            self.number(ServerBody::Accepted(accepted), &mut written);
            accepted = rest;
        }
        let results = std::mem::take(&mut self.results);
        self.finish_jobs(results.len(), &mut written);
        self.number_results(results, &mut written);
        while let Some(body) = self.words.pop_front() {
            self.finish_jobs(usize::from(ends_a_job(&body)), &mut written);
            self.number(body, &mut written);
        }
        for number in std::mem::take(&mut self.pongs) {
            written.messages.push(self.unnumbered(ServerBody::Pong(number)));
        }
        self.waiting_bytes = 0;
        self.regions.take(&mut written, share);
        Some(written)
    }

    fn finish_jobs(&mut self, count: usize, written: &mut Written) {
        self.under_way = self.under_way.saturating_sub(count);
        written.made_room |= count > 0;
    }

    /// Numbers results in frames of at most the negotiated size and count.
    fn number_results(&mut self, results: Vec<Answer>, written: &mut Written) {
        let (mut frame, mut frame_bytes) = (Vec::with_capacity(results.len()), 0);
        for answer in results {
            let bytes = weight(&answer);
            if bytes > self.frame_bytes_max {
                self.number(ServerBody::Problem(unsendable(&answer, self.frame_bytes_max)), written);
                continue;
            }
            if frame_bytes + bytes > self.frame_bytes_max || frame.len() == BATCH_MAX {
                self.number(ServerBody::Result(std::mem::take(&mut frame)), written);
                frame_bytes = 0;
            }
            frame_bytes += bytes;
            written.copied += output_bytes(&answer);
            frame.push(answer);
        }
        if !frame.is_empty() {
            self.number(ServerBody::Result(frame), written);
        }
    }

    fn number(&mut self, body: ServerBody, written: &mut Written) {
        self.last_seq += 1;
        let message = self.codec.write(&ServerFrame { seq: self.last_seq, body });
        self.kept_bytes += codec::len(&message);
        self.kept.push_back((self.last_seq, message.clone()));
        while self.kept_bytes > self.bytes_max {
            self.drop_oldest();
        }
        written.messages.push(message);
    }

    fn drop_oldest(&mut self) {
        match self.kept.pop_front() {
            Some((_, message)) => self.kept_bytes -= codec::len(&message),
            None => self.kept_bytes = 0,
        }
    }

    /// Lets everything go; whoever comes back learns that some of it is gone.
    pub(crate) fn abandon(&mut self) {
        let finished = self.results.len() + self.words.iter().filter(|body| ends_a_job(body)).count();
        self.under_way = self.under_way.saturating_sub(finished);
        self.accepted.clear();
        self.results.clear();
        self.words.clear();
        self.pongs.clear();
        self.kept.clear();
        (self.waiting_bytes, self.kept_bytes) = (0, 0);
        // A number that was never written: no rewind can reach over it.
        self.last_seq += 1;
    }

    /// A frame that is not numbered: it bears the number of the frame before it.
    pub(crate) fn unnumbered(&self, body: ServerBody) -> Message {
        self.codec.write(&ServerFrame { seq: self.last_seq, body })
    }

    /// Everything up to this number has arrived.
    pub(crate) fn ack(&mut self, seq: u64) {
        while self.kept.front().is_some_and(|(kept, _)| *kept <= seq) {
            self.drop_oldest();
        }
    }

    /// Writes again what came after this number; `false` where some of it is gone.
    pub(crate) fn rewind(&mut self, last_seq: u64) -> bool {
        self.ack(last_seq);
        let next = self.kept.front().map_or(self.last_seq + 1, |(seq, _)| *seq);
        if last_seq > self.last_seq || next != last_seq + 1 {
            return false;
        }
        // Whoever comes back says anew which regions it follows, and which epochs it has.
        self.regions.clear();
        self.again = self.kept.iter().map(|(_, message)| message.clone()).collect();
        true
    }
}

/// Whether a word is the end of a submission.
fn ends_a_job(body: &ServerBody) -> bool {
    matches!(body, ServerBody::Problem(Trouble { about: About::Submission(_), .. }))
}

/// What a unit said in a word.
fn said_bytes(body: &ServerBody) -> usize {
    match body {
        ServerBody::Log(log) => log.line.len(),
        ServerBody::Output(output) => output.bytes.len(),
        _ => 0,
    }
}

/// What an answer takes in a frame, roughly.
fn weight(answer: &Answer) -> usize {
    ANSWER_BYTES + output_bytes(answer)
}

fn output_bytes(answer: &Answer) -> usize {
    answer.outcome.outputs.iter().map(|output| output.bytes.len()).sum()
}

/// An answer that no frame can carry.
fn unsendable(answer: &Answer, frame_bytes_max: usize) -> Trouble {
    let detail = format!(
        "The outputs of {} are over the negotiated frame of {frame_bytes_max} bytes. The job ended, cost {} credits and was recorded. Ask with `keep` or `output.store` = `blob` and fetch them over HTTP.",
        answer.outcome.job, answer.outcome.cost
    );
    Trouble::of_submission(answer.correlation, Refusal::new(Kind::PayloadTooLarge, detail).problem())
}

#[cfg(test)]
mod tests {
    use inos_protocols::{AccountId, wire};

    use super::*;
    use crate::cellar::Cellar;

    #[test]
    fn no_frame_says_more_than_a_reader_takes() {
        let mut outbox = Outbox::new(Codec::Capsule, 1 << 20, 1 << 20);
        let accepted = |correlation| Accepted { correlation, job: JobId::new() };
        for begin in [0, 900] {
            outbox.push(Reply::Accepted((begin..begin + 900).map(accepted).collect()));
        }
        let mut seen = Vec::new();
        for message in outbox.take(Cellar::new(0).of(AccountId::new())).unwrap().messages {
            let Message::Binary(bytes) = message else { panic!("no binary message") };
            let ServerBody::Accepted(jobs) = wire::read_server_frame(&bytes).unwrap().body else {
                panic!("not accepted")
            };
            seen.extend(jobs.iter().map(|job| job.correlation));
        }
        assert_eq!(seen, (0..1_800).collect::<Vec<_>>());
    }
}
