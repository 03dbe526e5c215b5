//! Frames of regions, each written once for everybody who has the same epoch before it. Never knows who reads them.

use std::{
    collections::HashMap,
    io::Write as _,
    sync::{
        Arc, Weak,
        atomic::{AtomicU32, Ordering::Relaxed},
    },
};

use axum::extract::ws::Message;
use bytes::Bytes;
use flate2::{Compression, write::DeflateEncoder};
use inos_arena::{Changed, Follower, Pinned, Place};
use inos_broker::{REGION_BLOCKING_BYTES_MIN, RegionHandle};
use inos_protocols::{
    AccountId, Refusal,
    frame::{RegionState, ServerBody, ServerFrame},
    refusal::Kind,
};
use parking_lot::Mutex;
use tokio::sync::OnceCell;

use super::codec::{self, Codec};
use crate::{cellar::StoredFrame, state::App};

/// How many frames of one region are remembered: for those who have different epochs, or read another way.
const FRAMES_MAX: usize = 8;
/// Fewer bytes than these are never deflated: a frame of them is one packet either way.
const DEFLATE_BYTES_MIN: usize = 1 << 10;
/// From this length on deflating is done where it holds nobody up.
const DEFLATE_ASIDE_BYTES_MIN: usize = 16 << 10;
/// After how many frames at most deflating is tried again on a region where it did not pay.
const SKIPPED_MAX: u32 = 64;

/// How a subscriber reads frames.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Reader {
    /// The subprotocol.
    pub(crate) codec: Codec,
    /// Whether it can read bytes that are deflated.
    pub(crate) deflate: bool,
}

/// What a frame of a region depends on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Version {
    base: u64,
    epoch: u64,
    reader: Reader,
}

/// A frame, written by whoever needs it first while the others wait.
type Frame = Arc<OnceCell<Message>>;

/// One region as it is told to all of its subscribers.
pub(crate) struct Feed {
    /// Whose region it is, and whose share its frames take.
    account: AccountId,
    handle: RegionHandle,
    frames: Mutex<Vec<(Version, Frame)>>,
    patience: Patience,
}

/// Every region that somebody follows.
#[derive(Default)]
pub(crate) struct Feeds(Mutex<HashMap<(AccountId, String), Weak<Feed>>>);

impl Feeds {
    /// What is told of a region.
    pub(crate) fn of(&self, account: AccountId, name: &str, handle: RegionHandle) -> Arc<Feed> {
        let mut all = self.0.lock();
        let key = (account, name.to_owned());
        if let Some(feed) = all.get(&key).and_then(Weak::upgrade).filter(|feed| feed.handle.region.is(&handle.region)) {
            return feed;
        }
        all.retain(|_, feed| feed.strong_count() > 0);
        let feed = Arc::new(Feed { account, handle, frames: Mutex::default(), patience: Patience::default() });
        all.insert(key, Arc::downgrade(&feed));
        feed
    }
}

/// Why a frame was not written.
enum Unwritten {
    /// There is a newer epoch by now.
    Late,
    Refused(Refusal),
}

impl Feed {
    /// Completes once the region is at another epoch than `seen`, or removed.
    pub(crate) fn changed(&self, seen: u64) -> Result<Changed, Refusal> {
        self.handle.changed(seen)
    }

    /// The region's first epoch.
    pub(crate) fn first_epoch(&self) -> u64 {
        self.handle.region.first_epoch()
    }

    /// Counts the caller among those who follow the region.
    pub(crate) fn follow(&self) -> Follower {
        self.handle.region.follow()
    }

    /// Whether the region was removed.
    pub(crate) fn is_gone(&self) -> bool {
        self.handle.region.is_gone()
    }

    /// The newest epoch for whoever has `base`, and its frame; none where there is nothing newer.
    ///
    /// `Overloaded` where there is no memory for it; `PayloadTooLarge` where it fits no frame.
    pub(crate) async fn newest(&self, app: &App, base: u64, reader: Reader) -> Result<Option<(u64, Message)>, Refusal> {
        loop {
            let region = &self.handle.region;
            let epoch = region.epoch();
            if epoch == base {
                return Ok(None);
            }
            // An epoch that this region never had, or not yet, says nothing of what its owner has.
            let base = if (region.first_epoch()..epoch).contains(&base) { base } else { 0 };
            let version = Version { base, epoch, reader };
            match self.frame(version).get_or_try_init(|| self.write(app, version)).await {
                Ok(frame) => return Ok(Some((epoch, frame.clone()))),
                Err(Unwritten::Late) => {}
                Err(Unwritten::Refused(refusal)) => return Err(refusal),
            }
        }
    }

    fn frame(&self, version: Version) -> Frame {
        let mut frames = self.frames.lock();
        if let Some((_, frame)) = frames.iter().find(|(known, _)| *known == version) {
            return frame.clone();
        }
        // Nobody asks for an older epoch again.
        frames.retain(|(known, _)| known.epoch == version.epoch);
        if frames.len() == FRAMES_MAX {
            frames.remove(0);
        }
        let frame = Frame::default();
        frames.push((version, frame.clone()));
        frame
    }

    async fn write(&self, app: &App, version: Version) -> Result<Message, Unwritten> {
        let pin = self.handle.region.pin();
        if pin.epoch() != version.epoch {
            return Err(Unwritten::Late);
        }
        let pages: Vec<u32> = if version.base == 0 { Vec::new() } else { pin.pages_since(version.base).collect() };
        let bytes_len =
            if version.base == 0 { pin.len() } else { pages.iter().map(|page| pin.page(*page).len()).sum() };
        let name = &self.handle.about.name;
        let len = codec::region_len(version.reader.codec, name, pages.len(), bytes_len);
        let len_max = app.options.frame_bytes_max as usize;
        if len > len_max {
            return Err(Unwritten::Refused(too_large(name, len_max)));
        }
        let stored = app.cellar.of(self.account).store(len).map_err(Unwritten::Refused)?;
        app.broker.arena().count_copy(Place::RegionOut, bytes_len);
        let deflates = version.reader.deflate && bytes_len >= DEFLATE_BYTES_MIN && self.patience.allows();
        let next = Next { name: name.clone(), version, pin, pages, deflates };
        let is_long = bytes_len >= if deflates { DEFLATE_ASIDE_BYTES_MIN } else { REGION_BLOCKING_BYTES_MIN };
        let (message, pays) = if is_long {
            let written = tokio::task::spawn_blocking(move || next.write()).await;
            written.map_err(|_| Unwritten::Refused(Refusal::new(Kind::Internal, "A frame could not be written.")))?
        } else {
            next.write()
        };
        if deflates {
            self.patience.learn(pays);
        }
        if codec::len(&message) > len_max {
            return Err(Unwritten::Refused(too_large(name, len_max)));
        }
        Ok(keeping(message, stored))
    }
}

/// An epoch on its way into a frame.
struct Next {
    name: String,
    version: Version,
    pin: Pinned,
    pages: Vec<u32>,
    deflates: bool,
}

impl Next {
    /// The frame, and whether deflating paid.
    fn write(self) -> (Message, bool) {
        let Next { name, version, pin, pages, deflates } = self;
        let len = pin.len() as u64;
        let bytes = if version.base == 0 {
            Bytes::from_owner(pin)
        } else {
            pages.iter().flat_map(|page| pin.page(*page)).copied().collect::<Vec<_>>().into()
        };
        let shorter = deflates.then(|| deflate(&bytes)).flatten();
        let deflated = shorter.is_some();
        let bytes = shorter.unwrap_or(bytes);
        let body = RegionState { name, epoch: version.epoch, base: version.base, len, pages, bytes, deflated };
        (version.reader.codec.write(&ServerFrame { seq: 0, body: ServerBody::Region(body) }), deflated)
    }
}

/// The bytes deflated, where that saves an eighth of them.
fn deflate(bytes: &[u8]) -> Option<Bytes> {
    let len_max = bytes.len() - bytes.len() / 8;
    let mut encoder = DeflateEncoder::new(Vec::with_capacity(len_max), Compression::fast());
    // A vector takes whatever is written to it.
    encoder.write_all(bytes).ok()?;
    let deflated = encoder.finish().ok()?;
    (deflated.len() <= len_max).then(|| deflated.into())
}

/// Bytes of a frame, and the room that they take for as long as anybody has them.
struct Stored {
    bytes: Bytes,
    _stored: StoredFrame,
}

impl AsRef<[u8]> for Stored {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

fn keeping(message: Message, stored: StoredFrame) -> Message {
    let owned = |bytes| Bytes::from_owner(Stored { bytes, _stored: stored });
    match message {
        Message::Binary(bytes) => Message::Binary(owned(bytes)),
        Message::Text(text) => {
            let text = owned(text.into()).try_into().expect("what was text is text");
            Message::Text(text)
        }
        other => other,
    }
}

/// How long to leave deflating away, on a region whose bytes do not get shorter.
#[derive(Default)]
struct Patience {
    /// How many frames are still to be left as they are.
    left: AtomicU32,
    /// How many that were after the last try.
    last: AtomicU32,
}

impl Patience {
    fn allows(&self) -> bool {
        let less = |left: u32| left.checked_sub(1);
        self.left.fetch_update(Relaxed, Relaxed, less).is_err()
    }

    fn learn(&self, pays: bool) {
        let next = if pays { 0 } else { (self.last.load(Relaxed) * 2).clamp(1, SKIPPED_MAX) };
        self.last.store(next, Relaxed);
        self.left.store(next, Relaxed);
    }
}

fn too_large(name: &str, max: usize) -> Refusal {
    let detail = format!("The region `{name}` does not fit a frame of {max} bytes. Read it by GET /v1/regions/{name}.");
    Refusal::new(Kind::PayloadTooLarge, detail)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn frame(codec: Codec, name: &str, pages: Vec<u32>, bytes: Vec<u8>) -> Message {
        let (epoch, base, len, bytes) = (1 << 50, 1, bytes.len() as u64, bytes.into());
        let body = RegionState { name: name.into(), epoch, base, len, pages, bytes, deflated: false };
        codec.write(&ServerFrame { seq: 0, body: ServerBody::Region(body) })
    }

    proptest! {
        #[test]
        fn no_frame_is_shorter_than_it_was_said_to_be(
            bytes in proptest::collection::vec(any::<u8>(), 0..5000),
            pages in proptest::collection::vec(any::<u32>(), 0..40),
        ) {
            for codec in Codec::ALL {
                let said = codec::region_len(codec, "name", pages.len(), bytes.len());
                let is = codec::len(&frame(codec, "name", pages.clone(), bytes.clone()));
                prop_assert!(said <= is && is <= said + 400 + pages.len() * 11, "{said} {is}");
            }
        }

        #[test]
        fn what_is_deflated_comes_back(seed in proptest::collection::vec(any::<u8>(), 1..9), times in 200..2000_usize) {
            let bytes = seed.repeat(times);
            let deflated = deflate(&bytes);
            if let Some(deflated) = deflated {
                let mut back = Vec::new();
                std::io::Read::read_to_end(&mut flate2::read::DeflateDecoder::new(&deflated[..]), &mut back).unwrap();
                prop_assert_eq!(back, bytes);
            } else {
                prop_assert!(false, "what repeats gets shorter");
            }
        }
    }

    #[test]
    fn what_gets_no_shorter_is_left_as_it_is_and_seldom_tried() {
        let mut state = 1_u64;
        let noise: Vec<u8> = std::iter::repeat_with(|| {
            state = state.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(1);
            (state >> 56) as u8
        })
        .take(8192)
        .collect();
        assert_eq!(deflate(&noise), None);
        let patience = Patience::default();
        let tries = (0..1000).filter(|_| patience.allows()).inspect(|_| patience.learn(false)).count();
        assert!((10..30).contains(&tries), "{tries}");
        patience.learn(true);
        assert!((0..10).all(|_| patience.allows()));
    }

    #[test]
    fn the_room_of_a_frame_is_free_once_nobody_has_it() {
        for codec in Codec::ALL {
            let cellar = crate::cellar::Cellar::new(32 << 10);
            let share = cellar.of(AccountId::new());
            let message = keeping(frame(codec, "r", Vec::new(), vec![1; 100]), share.store(8 << 10).unwrap());
            let copy = message.clone();
            drop(message);
            assert!(share.store(1).is_err());
            assert!(codec::len(&copy) > 100);
            drop(copy);
            assert!(share.store(8 << 10).is_ok());
        }
    }
}
