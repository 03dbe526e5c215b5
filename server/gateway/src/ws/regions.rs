//! Regions over a WebSocket: the newest epoch for each subscriber, and what it takes to change or publish one.
//! Never writes a frame itself: see `feed`.

use std::{
    sync::{Arc, atomic::Ordering::Relaxed},
    time::Duration,
};

use bytes::Bytes;
use inos_broker::{Caller, RegionPart, RegionState as At, RegionWish};
use inos_protocols::{
    Refusal,
    frame::{About, Publish, Published, RegionState, RegionTopic, ServerBody, ServerFrame},
    refusal::Kind,
};
use tokio::time::{Instant, sleep, sleep_until};

use super::{
    feed::{Feed, Reader},
    reader::trouble,
    session::Session,
    slots::Turn,
};
use crate::state::App;

/// When a frame for which there was no memory is tried again.
const SHORT: Duration = Duration::from_millis(100);

/// Begins to follow a region of the caller's; what comes back tells the session until it is dropped or aborted.
pub(crate) fn follow(
    app: &App,
    caller: &Caller,
    session: &Arc<Session>,
    topic: RegionTopic,
) -> Result<impl Future<Output = ()> + use<>, Refusal> {
    let handle = app.broker.region(caller, &topic.name)?;
    let feed = app.feeds.of(caller.account, &topic.name, handle);
    let number = session.with_quietly(|outbox| outbox.regions.follow(&topic.name, topic.after, topic.confirms));
    Ok(tell(Arc::clone(app), feed, Arc::clone(session), topic, number))
}

async fn tell(app: App, feed: Arc<Feed>, session: Arc<Session>, topic: RegionTopic, number: u64) {
    if let Err(refusal) = tell_on(&app, &feed, &session, &topic, number).await
        && session.look(|outbox| outbox.regions.turn(&topic.name, number)) != Turn::Over
    {
        session.say(trouble(About::Region(topic.name.clone()), &refusal));
    }
}

/// Tells of each epoch for which there is time, until the region is removed or somebody else tells of it.
async fn tell_on(app: &App, feed: &Feed, session: &Session, topic: &RegionTopic, number: u64) -> Result<(), Refusal> {
    let RegionTopic { name, max_rate_hz, after, deflate, .. } = topic;
    let reader = Reader { codec: session.codec, deflate: *deflate };
    let pause = match max_rate_hz {
        0 => Duration::ZERO,
        hz => Duration::from_secs(1) / *hz,
    };
    let mut seen = *after;
    // Whoever makes its epochs may rest while nobody does this.
    let _follower = feed.follow();
    while let Some(base) = next_base(session, name, number).await {
        match feed.newest(app, base, reader).await {
            Ok(None) => {}
            Ok(Some((epoch, frame))) => {
                // What the client says that it has may be anything.
                if (feed.first_epoch()..epoch).contains(&base) {
                    app.metrics.epochs_skipped.fetch_add(epoch - base - 1, Relaxed);
                }
                session.with(|outbox| outbox.regions.show(name, number, epoch, frame));
                seen = epoch;
            }
            Err(refusal) if refusal.kind == Kind::Overloaded => {
                sleep(SHORT).await;
                continue;
            }
            Err(refusal) => return Err(refusal),
        }
        let next = Instant::now() + pause;
        feed.changed(seen)?.await;
        if feed.is_gone() {
            let frame = session.codec.write(&ServerFrame { seq: 0, body: ServerBody::Region(gone(name)) });
            session.with(|outbox| outbox.regions.show(name, number, 0, frame));
            return Ok(());
        }
        sleep_until(next).await;
    }
    Ok(())
}

/// Waits until the session has written what waited, so that a slow reader costs no frame that nobody reads, and the
/// client has it, where it says so. Answers what it has by then; none where somebody else tells.
async fn next_base(session: &Session, name: &str, number: u64) -> Option<u64> {
    loop {
        let taken = session.taken.notified();
        match session.look(|outbox| outbox.regions.turn(name, number)) {
            Turn::Over => return None,
            Turn::From(base) => return Some(base),
            Turn::Wait => taken.await,
        }
    }
}

fn gone(name: &str) -> RegionState {
    RegionState {
        name: name.to_owned(),
        epoch: 0,
        base: 0,
        len: 0,
        pages: Vec::new(),
        bytes: Bytes::new(),
        deflated: false,
    }
}

/// Publishes what a client sent, and says which epoch that made.
pub(crate) async fn publish(app: &App, caller: &Caller, session: &Session, publish: Publish) {
    let Publish { correlation, name, offset, bytes } = publish;
    let broker = &app.broker;
    let published = match offset {
        None => broker.put_region(caller, &name, RegionWish::default(), At::Any, bytes).await.map(|(handle, _)| handle),
        Some(offset) => broker.patch_region(caller, &name, At::Any, RegionPart { offset, total: None }, bytes).await,
    };
    session.say(match published {
        Ok(handle) => ServerBody::Published(Published { correlation, epoch: handle.about.epoch }),
        Err(refusal) => trouble(About::Publish(correlation), &refusal),
    });
}
