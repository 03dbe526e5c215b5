//! What comes up a connection: each frame is read as a whole and answered through the session.

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
};

use axum::extract::ws::{Message, WebSocket};
use futures_util::{StreamExt, stream::SplitStream};
use inos_broker::{Event, Happening, Origin, Replies, Subscription, Told};
use inos_protocols::{
    JobId, Refusal,
    frame::{
        About, ClientFrame, Emitted, Gap, JobLog, JobState, LowBalance, Progress, RegionTopic, Resume, ServerBody,
        StorageOwed, Submission, Topic, Trouble,
    },
    refusal::Kind,
    region,
};
use tokio::task::AbortHandle;

use super::{
    codec,
    flood::Flood,
    line::{End, Line},
    regions,
    session::Session,
};
use crate::{auth::Visitor, state::App};

/// The half of a WebSocket that reads.
pub(crate) type Up = SplitStream<WebSocket>;
/// The most subscriptions of one connection.
const SUBSCRIPTIONS_MAX: usize = 64;

/// Why reading stopped.
pub(crate) enum Stopped {
    /// The connection is to end.
    End(End),
    /// The client wants to go on with another session.
    Resume(Resume),
}

/// One connection's reading side.
pub(crate) struct Reader<'a> {
    /// Everything that handlers share.
    pub(crate) app: &'a App,
    /// Who is connected.
    pub(crate) visitor: &'a Visitor,
    /// The connection as others may end it.
    pub(crate) line: &'a Line,
    /// Where its jobs belong among traces.
    origin: Origin,
    /// When something was heard last, in milliseconds since the connection began.
    pub(crate) heard_ms: &'a AtomicU64,
    /// Since when.
    pub(crate) begun: tokio::time::Instant,
    /// What it asked to be told about.
    pub(crate) subscriptions: Subscriptions,
    flood: Flood,
}

/// What a connection is told about, and the tasks that tell it.
#[derive(Default)]
pub(crate) struct Subscriptions {
    jobs: HashMap<Option<JobId>, AbortHandle>,
    regions: HashMap<String, AbortHandle>,
}

impl Subscriptions {
    fn is_full(&self) -> bool {
        self.jobs.len() + self.regions.len() >= SUBSCRIPTIONS_MAX
    }
}

impl Drop for Subscriptions {
    fn drop(&mut self) {
        self.jobs.values().chain(self.regions.values()).for_each(AbortHandle::abort);
    }
}

impl<'a> Reader<'a> {
    /// A reader that has heard nothing yet.
    pub(crate) fn new(
        app: &'a App,
        visitor: &'a Visitor,
        (line, origin): (&'a Line, Origin),
        heard_ms: &'a AtomicU64,
    ) -> Self {
        let begun = tokio::time::Instant::now();
        Self {
            app,
            visitor,
            line,
            origin,
            heard_ms,
            begun,
            subscriptions: Subscriptions::default(),
            flood: Flood::new(),
        }
    }

    /// Reads until the connection is to end.
    pub(crate) async fn read(&mut self, session: &Arc<Session>, up: &mut Up) -> Stopped {
        let replies = session.replies();
        loop {
            let message = match up.next().await {
                None => return Stopped::End(End::Lost),
                Some(Err(error)) => return Stopped::End(end_of(error)),
                Some(Ok(message)) => message,
            };
            self.heard_ms.store(self.begun.elapsed().as_millis() as u64, Relaxed);
            match message {
                Message::Close(_) => return Stopped::End(End::Closed),
                Message::Pong(_) => {}
                Message::Ping(_) if self.flood.is_too_much() => return Stopped::End(End::Flood),
                Message::Ping(_) => {}
                Message::Text(_) | Message::Binary(_) => {
                    // In memory of its own: what waits for the next frame needs no room for taking one.
                    if let Some(stopped) = Box::pin(self.take(session, &replies, &message)).await {
                        return stopped;
                    }
                    if let Some(why) = self.line.why() {
                        return Stopped::End(why);
                    }
                }
            }
        }
    }

    async fn take(&mut self, session: &Arc<Session>, replies: &Replies, message: &Message) -> Option<Stopped> {
        self.app.metrics.frames_in.fetch_add(1, Relaxed);
        let frame = match session.codec.read(message) {
            Some(Ok(frame)) => frame,
            Some(Err(refusal)) => {
                session.say(trouble(About::Frame, &refusal));
                return self.flood.is_too_much().then_some(Stopped::End(End::Flood));
            }
            None => {
                session.say(trouble(About::Frame, &codec::wrong_kind(session.codec)));
                return Some(Stopped::End(End::WrongKind));
            }
        };
        // What asks something of the broker counts as a request would.
        let asks = matches!(
            frame,
            ClientFrame::Submit(_) | ClientFrame::Cancel(_) | ClientFrame::Subscribe(_) | ClientFrame::Publish(_)
        );
        if asks && let Err(refused) = self.app.rates.admit(&self.visitor.caller) {
            refuse(session, &frame, &refused.into_refusal());
            return None;
        }
        match frame {
            ClientFrame::Submit(submissions) => self.submit(session, replies, submissions).await,
            ClientFrame::Cancel(correlation) => self.cancel(session, correlation).await,
            ClientFrame::Subscribe(topic) => self.subscribe(session, topic).await,
            ClientFrame::Unsubscribe(topic) => self.unsubscribe(session, &topic),
            ClientFrame::Publish(publish) => regions::publish(self.app, &self.visitor.caller, session, publish).await,
            ClientFrame::Have(have) => {
                // What is no news wakes nobody, however often it is said.
                if session.with_quietly(|outbox| outbox.regions.have(&have.name, have.epoch)) {
                    session.taken.notify_waiters();
                }
            }
            ClientFrame::Ack(seq) => session.with(|outbox| outbox.ack(seq)),
            ClientFrame::Ping(number) if !self.flood.is_too_much() => session.with(|outbox| outbox.pong(number)),
            ClientFrame::Ping(_) => return Some(Stopped::End(End::Flood)),
            ClientFrame::Resume(resume) => return self.resume(session, resume),
        }
        None
    }

    /// Runs submissions once the window has room for them: one call of the broker for all of a frame.
    async fn submit(&self, session: &Arc<Session>, replies: &Replies, submissions: Vec<Submission>) {
        let window = self.app.options.window as usize;
        if submissions.len() > window {
            let detail = format!("The frame has {} jobs and the window is {window}.", submissions.len());
            let refusal = Refusal::new(Kind::PayloadTooLarge, detail);
            return session.say(trouble(About::Frame, &refusal));
        }
        while !session.with_quietly(|outbox| outbox.reserve(submissions.len(), window)) {
            session.room.notified().await;
        }
        // From here on the frame is taken in as a whole, even if the connection ends meanwhile.
        self.line.in_frame(true);
        self.app.broker.frame(&self.visitor.caller, submissions, self.origin, replies).await;
        self.line.in_frame(false);
    }

    async fn cancel(&self, session: &Arc<Session>, correlation: u64) {
        let cancelled = match session.look(|outbox| outbox.job(correlation)) {
            Some(job) => self.app.broker.cancel(&self.visitor.caller, job).await.map(drop),
            None => Err(Refusal::new(Kind::NotFound, format!("No job waits or runs under the number {correlation}."))),
        };
        if let Err(refusal) = cancelled {
            // It is about the wish, not about the submission, which has or will have its own answer.
            session.say(trouble(About::Frame, &refusal));
        }
    }

    async fn subscribe(&mut self, session: &Arc<Session>, topic: Topic) {
        let is_known = match &topic {
            Topic::Jobs { job, .. } => self.subscriptions.jobs.contains_key(job),
            // Whoever subscribes again says which epoch it has, and is told from there.
            Topic::Region(region) => {
                self.unfollow(session, &region.name);
                false
            }
        };
        if is_known {
            return;
        }
        if self.subscriptions.is_full() {
            let detail = format!("A connection has at most {SUBSCRIPTIONS_MAX} subscriptions.");
            return session.say(trouble(about(&topic), &Refusal::new(Kind::RateLimited, detail)));
        }
        match topic {
            Topic::Jobs { job, after } => self.subscribe_to_jobs(session, job, after).await,
            Topic::Region(region) => self.follow(session, region),
        }
    }

    fn unsubscribe(&mut self, session: &Session, topic: &Topic) {
        match topic {
            Topic::Jobs { job, .. } => self.subscriptions.jobs.remove(job).iter().for_each(AbortHandle::abort),
            Topic::Region(region) => self.unfollow(session, &region.name),
        }
    }

    fn follow(&mut self, session: &Arc<Session>, topic: RegionTopic) {
        let (name, about) = (topic.name.clone(), about(&Topic::Region(topic.clone())));
        match regions::follow(self.app, &self.visitor.caller, session, topic) {
            Ok(telling) => {
                let task = tokio::spawn(telling);
                self.subscriptions.regions.insert(name, task.abort_handle());
            }
            Err(refusal) => session.say(trouble(about, &refusal)),
        }
    }

    fn unfollow(&mut self, session: &Session, name: &str) {
        self.subscriptions.regions.remove(name).iter().for_each(AbortHandle::abort);
        session.with_quietly(|outbox| outbox.regions.unfollow(name));
    }

    async fn subscribe_to_jobs(&mut self, session: &Arc<Session>, job: Option<JobId>, after: Option<u64>) {
        match self.app.broker.events(&self.visitor.caller, job, after).await {
            Ok(events) => {
                let task = tokio::spawn(tell(events, Arc::clone(session)));
                self.subscriptions.jobs.insert(job, task.abort_handle());
            }
            Err(refusal) => session.say(trouble(About::Frame, &refusal)),
        }
    }

    /// A resume is the first thing that a client says, or nothing.
    fn resume(&self, session: &Arc<Session>, resume: Resume) -> Option<Stopped> {
        if session.look(super::outbox::Outbox::is_fresh) {
            return Some(Stopped::Resume(resume));
        }
        let refusal = Refusal::new(Kind::Conflict, "A session is resumed before anything else is asked.");
        session.say(trouble(About::Frame, &refusal));
        None
    }
}

/// Tells a session of events until the subscription ends.
async fn tell(mut events: Subscription, session: Arc<Session>) {
    while let Some(told) = events.next().await {
        if let Some(word) = word(&told) {
            session.say(word);
        }
    }
}

/// What is told of an event, as a word of the session.
fn word(told: &Told) -> Option<ServerBody> {
    let event = match told {
        Told::Event(event) => event,
        Told::Gap { first, last } => return Some(ServerBody::Gap(Gap { first: *first, last: *last })),
    };
    let Event { seq, job, what, .. } = &**event;
    let event = *seq;
    // What happens to the account itself is told without a job.
    let Some(job) = *job else { return word_of_account(event, what) };
    Some(match what {
        Happening::State { state, cost } => ServerBody::State(JobState { job, state: *state, cost: *cost, event }),
        Happening::Progress { done, total } => {
            ServerBody::Progress(Progress { job, done: *done, total: *total, event })
        }
        Happening::Log { line } => ServerBody::Log(JobLog { job, line: line.clone(), event }),
        Happening::Output { offset, bytes } => {
            ServerBody::Output(Emitted { job, offset: *offset, bytes: bytes.clone(), event })
        }
        // An attempt has no frame: the state that comes with it has.
        Happening::LowBalance { .. } | Happening::StorageOwed { .. } | Happening::Attempt { .. } => return None,
    })
}

fn word_of_account(event: u64, what: &Happening) -> Option<ServerBody> {
    match *what {
        Happening::LowBalance { available, threshold } => {
            Some(ServerBody::LowBalance(LowBalance { available, threshold, event }))
        }
        Happening::StorageOwed { paid, owed } => Some(ServerBody::StorageOwed(StorageOwed { paid, owed, event })),
        _ => None,
    }
}

/// Refuses what a frame asks; each of its jobs hears of it under its own number.
fn refuse(session: &Session, frame: &ClientFrame, refusal: &Refusal) {
    match frame {
        ClientFrame::Submit(all) => {
            all.iter().for_each(|one| session.say(trouble(About::Submission(one.correlation), refusal)));
        }
        ClientFrame::Cancel(correlation) => session.say(trouble(About::Submission(*correlation), refusal)),
        ClientFrame::Publish(publish) => session.say(trouble(About::Publish(publish.correlation), refusal)),
        ClientFrame::Subscribe(topic) => session.say(trouble(about(topic), refusal)),
        _ => session.say(trouble(About::Frame, refusal)),
    }
}

/// What a refusal of a subscription is about.
fn about(topic: &Topic) -> About {
    match topic {
        Topic::Region(topic) if region::is_name(&topic.name) => About::Region(topic.name.clone()),
        // What can be no region's name is not said again, however long it is.
        Topic::Region(_) | Topic::Jobs { .. } => About::Frame,
    }
}

/// A refusal as a word of the session.
pub(crate) fn trouble(about: About, refusal: &Refusal) -> ServerBody {
    ServerBody::Problem(Trouble { about, problem: refusal.problem() })
}

/// What an error of the WebSocket itself means.
fn end_of(error: axum::Error) -> End {
    use tokio_tungstenite::tungstenite::{Error, error::ProtocolError};
    match error.into_inner().downcast_ref::<Error>() {
        Some(Error::Capacity(_)) => End::TooLarge,
        Some(Error::Utf8(_)) => End::NotUtf8,
        Some(Error::Protocol(ProtocolError::ResetWithoutClosingHandshake)) => End::Lost,
        Some(Error::Protocol(_)) => End::Protocol,
        _ => End::Lost,
    }
}
