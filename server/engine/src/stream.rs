//! Bytes on their way from a door to a unit: an asynchronous writer, a blocking reader, a few blocks between them.
//! Holds at most four blocks of a body, so a slow unit slows its door down; never interprets what passes.

use std::{
    collections::VecDeque,
    future::poll_fn,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, Waker},
    time::Instant,
};

use bytes::Bytes;
use inos_arena::{Arena, Lease, Owner, Place};
use parking_lot::{Condvar, Mutex};

/// The largest block; a known body up to this size has one block of its own size.
const BLOCK_LEN_MAX: usize = 1 << 20;
/// A block of a longer body: what was written last is still in the core's cache when it is read.
const BLOCK_LEN_USUAL: usize = 256 << 10;
/// The first block of a body of unknown length, and the least that is handed on to a waiting reader.
const BLOCK_LEN_MIN: usize = 64 << 10;
/// Blocks of one channel.
const BLOCKS_MAX: usize = 4;
/// The block that is taken from the heap where the arena has no room, so that a body never stalls for good.
const HEAP_LEN: usize = 16 << 10;

/// Nobody reads any more: the rest of the body is not wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("nobody reads this stream any more")]
pub struct Closed;

/// A channel for one body of `len` bytes, where that is known.
///
/// Nothing is leased before the first write.
pub fn channel(arena: &Arena, owner: Owner, len: Option<u64>) -> (Writer, Reader) {
    let channel = Arc::new(Channel::default());
    let writer = Writer { channel: Arc::clone(&channel), arena: arena.clone(), owner, len, written: 0, block: None };
    (writer, Reader { channel, len, block: None })
}

/// What both ends share.
#[derive(Default)]
pub(crate) struct Channel {
    state: Mutex<State>,
    filled: Condvar,
    /// The reader waits; a hint for the writer, which then hands on what it has.
    hungry: AtomicBool,
    gone: AtomicBool,
}

#[derive(Default)]
struct State {
    ready: VecDeque<Block>,
    free: Vec<Room>,
    blocks: usize,
    end: Option<Result<(), String>>,
    waker: Option<Waker>,
    waits: bool,
    interrupted: bool,
}

enum Room {
    Lease(Lease),
    Heap(Box<[u8]>),
}

struct Block {
    room: Room,
    len: usize,
}

impl Channel {
    /// Ends the reader's waiting: its job should stop.
    pub(crate) fn interrupt(&self) {
        self.state.lock().interrupted = true;
        self.filled.notify_one();
    }

    fn hand_on(&self, block: Block) {
        let mut state = self.state.lock();
        state.ready.push_back(block);
        self.wake_reader(state);
    }

    fn end(&self, how: Result<(), String>) {
        let mut state = self.state.lock();
        state.end.get_or_insert(how);
        self.wake_reader(state);
    }

    fn wake_reader(&self, mut state: parking_lot::MutexGuard<'_, State>) {
        self.hungry.store(false, Ordering::Relaxed);
        let waits = std::mem::take(&mut state.waits);
        drop(state);
        if waits {
            self.filled.notify_one();
        }
    }

    fn give_back(&self, room: Room) {
        let mut state = self.state.lock();
        state.free.push(room);
        let waker = state.waker.take();
        drop(state);
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}

/// The door's end. Dropped without [`Writer::finish`], the body counts as cut short.
pub struct Writer {
    channel: Arc<Channel>,
    arena: Arena,
    owner: Owner,
    len: Option<u64>,
    written: u64,
    block: Option<Block>,
}

impl Writer {
    /// Copies bytes in; waits while four blocks are on their way.
    ///
    /// [`Closed`] means that no more is wanted. A future that is dropped may have written a part.
    pub async fn write(&mut self, mut bytes: &[u8]) -> Result<(), Closed> {
        if self.len.is_some_and(|len| self.written + bytes.len() as u64 > len) {
            self.channel.end(Err("the body is longer than announced".into()));
            return Err(Closed);
        }
        while !bytes.is_empty() {
            if self.block.is_none() {
                self.block = Some(poll_fn(|context| self.poll_block(context)).await?);
            }
            bytes = &bytes[self.fill(bytes)..];
        }
        if self.channel.gone.load(Ordering::Relaxed) { Err(Closed) } else { Ok(()) }
    }

    /// Says that this was all; a body shorter than announced counts as cut short.
    pub fn finish(mut self) {
        if self.len.is_some_and(|len| len != self.written) {
            return;
        }
        if let Some(block) = self.block.take() {
            self.channel.hand_on(block);
        }
        self.channel.end(Ok(()));
    }

    /// Says that the rest will not come, and why; the job's caller may read the reason.
    pub fn fail(self, reason: impl Into<String>) {
        self.channel.end(Err(reason.into()));
    }

    /// Bytes written so far.
    pub fn written(&self) -> u64 {
        self.written
    }

    /// Copies what fits into the present block; hands it on when full, or when the reader waits for it.
    fn fill(&mut self, bytes: &[u8]) -> usize {
        let Some(block) = &mut self.block else { return 0 };
        let room = &mut block.room.bytes()[block.len..];
        let count = room.len().min(bytes.len());
        room[..count].copy_from_slice(&bytes[..count]);
        let full = count == room.len();
        block.len += count;
        self.written += count as u64;
        self.arena.count_copy(Place::SocketIn, count);
        let wanted = block.len >= BLOCK_LEN_MIN && !self.is_single() && self.channel.hungry.load(Ordering::Relaxed);
        if (full || wanted)
            && let Some(block) = self.block.take()
        {
            self.channel.hand_on(block);
        }
        count
    }

    fn is_single(&self) -> bool {
        self.len.is_some_and(|len| len <= BLOCK_LEN_MAX as u64)
    }

    fn poll_block(&self, context: &mut Context<'_>) -> Poll<Result<Block, Closed>> {
        if self.channel.gone.load(Ordering::Acquire) {
            return Poll::Ready(Err(Closed));
        }
        let mut state = self.channel.state.lock();
        if let Some(room) = state.free.pop() {
            return Poll::Ready(Ok(Block { room, len: 0 }));
        }
        let room = if state.blocks < BLOCKS_MAX { self.room(state.blocks) } else { None };
        match room {
            Some(room) => {
                state.blocks += 1;
                Poll::Ready(Ok(Block { room, len: 0 }))
            }
            None => {
                state.waker = Some(context.waker().clone());
                // The reader sets this before it looks for a waker, so that one of both sees the other.
                if self.channel.gone.load(Ordering::Acquire) { Poll::Ready(Err(Closed)) } else { Poll::Pending }
            }
        }
    }

    /// Room for the next block, if the arena has any.
    fn room(&self, blocks: usize) -> Option<Room> {
        let usual = (BLOCK_LEN_MIN << blocks).min(BLOCK_LEN_USUAL);
        let len = match self.len {
            Some(len) if self.is_single() => len as usize,
            Some(len) => (len - self.written).min(BLOCK_LEN_USUAL as u64) as usize,
            None => usual,
        };
        match self.arena.lease(self.owner, len) {
            Ok(lease) => Some(Room::Lease(lease)),
            Err(_) if blocks == 0 => Some(Room::Heap(vec![0; len.min(HEAP_LEN)].into_boxed_slice())),
            Err(_) => None,
        }
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.channel.end(Err("the body ended early".into()));
    }
}

/// Why a reader gets no more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Broken {
    /// The body will not come to its end; this is why.
    Failed(String),
    /// The job should stop.
    Interrupted,
}

/// The unit's end; belongs into [`crate::Feed::Stream`]. Dropped, it tells the writer to stop.
pub struct Reader {
    channel: Arc<Channel>,
    len: Option<u64>,
    block: Option<Block>,
}

impl Reader {
    /// The length of the body, where it was announced.
    pub fn len(&self) -> Option<u64> {
        self.len
    }

    /// Whether the body is known to be empty.
    pub fn is_empty(&self) -> bool {
        self.len == Some(0)
    }

    pub(crate) fn channel(&self) -> Arc<Channel> {
        Arc::clone(&self.channel)
    }

    /// The next bytes, `None` after the last; waits until `until` at most.
    pub(crate) fn next(&mut self, until: Instant) -> Result<Option<&[u8]>, Broken> {
        self.advance(until)?;
        Ok(self.present())
    }

    /// The bytes that [`Reader::next`] gave last.
    pub(crate) fn present(&mut self) -> Option<&[u8]> {
        self.block.as_mut().map(Block::filled)
    }

    /// The present block as bytes of its own, if it is one: the block is given away instead of copied.
    pub(crate) fn keep(&mut self) -> Option<Bytes> {
        match self.block.take()? {
            Block { room: Room::Lease(mut lease), len } => {
                lease.truncate(len);
                Some(lease.freeze())
            }
            heap => {
                self.block = Some(heap);
                None
            }
        }
    }

    fn advance(&mut self, until: Instant) -> Result<(), Broken> {
        if let Some(Block { room, .. }) = self.block.take() {
            self.channel.give_back(room);
        }
        let mut state = self.channel.state.lock();
        loop {
            if state.interrupted {
                return Err(Broken::Interrupted);
            }
            if let Some(Err(reason)) = &state.end {
                return Err(Broken::Failed(reason.clone()));
            }
            if let Some(block) = state.ready.pop_front() {
                self.block = Some(block);
                return Ok(());
            }
            if state.end.is_some() {
                return Ok(());
            }
            state.waits = true;
            self.channel.hungry.store(true, Ordering::Relaxed);
            if self.channel.filled.wait_until(&mut state, until).timed_out() {
                return Err(Broken::Interrupted);
            }
        }
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        self.channel.gone.store(true, Ordering::Release);
        let mut state = self.channel.state.lock();
        let blocks = (std::mem::take(&mut state.ready), std::mem::take(&mut state.free));
        let waker = state.waker.take();
        drop(state);
        drop(blocks);
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}

impl Block {
    fn filled(&mut self) -> &[u8] {
        let len = self.len;
        &self.room.bytes()[..len]
    }
}

impl Room {
    fn bytes(&mut self) -> &mut [u8] {
        match self {
            Self::Lease(lease) => lease,
            Self::Heap(bytes) => bytes,
        }
    }
}
