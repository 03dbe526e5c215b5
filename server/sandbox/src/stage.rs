//! A unit's world inside a cell: inputs in the parcel, an output that goes to memory of the server's, a host at the other
//! end of a socket.

use std::{
    cell::Cell,
    fs::File,
    io,
    os::{fd::OwnedFd, unix::fs::FileExt},
    sync::Arc,
    time::{Duration, Instant},
};

use bytes::Bytes;
use inos_arena::parcel;
use inos_unit::{Fault, Host, Inputs, Output, Scratch, Source};
use rustix::net::{RecvFlags, SendFlags};

use crate::message::{Order, Said, TEXT_LEN_MAX, Written, cut};

/// How often the socket is looked at for an order to stop: work asks far more often.
const LOOK_EVERY: Duration = Duration::from_millis(2);
/// How often progress is passed on.
const PROGRESS_EVERY: Duration = Duration::from_millis(10);
/// An output is gathered up to this before it is written.
const GATHERED_LEN: usize = 256 << 10;
/// The most bytes that are given at once, so that a unit comes to its checks.
const CHUNK_LEN_MAX: usize = 1 << 20;

/// The server, as a unit asks it.
pub(crate) struct Far<'a> {
    pub(crate) socket: &'a OwnedFd,
    pub(crate) threads: usize,
    memory: u64,
    scratch: Arc<Aside>,
    stopped: Cell<bool>,
    looked: Cell<Instant>,
    told: Cell<Option<Instant>>,
    /// The last progress that was not passed on.
    untold: Cell<Option<(u64, u64)>>,
}

impl<'a> Far<'a> {
    pub(crate) fn new(socket: &'a OwnedFd, (threads, memory): (usize, u64), scratch: Arc<Aside>) -> Self {
        let (stopped, looked) = (Cell::new(false), Cell::new(Instant::now()));
        Self { socket, threads, memory, scratch, stopped, looked, told: Cell::new(None), untold: Cell::new(None) }
    }

    fn say(&self, said: &Said) {
        // A server that is gone hears no more; the next look at the socket tells that it is.
        if parcel::pass(self.socket, &said.bytes(), &[], SendFlags::empty()).is_err() {
            self.stopped.set(true);
        }
    }

    /// Whether the server wants the job to stop, or is gone.
    fn look(&self) -> bool {
        let mut buffer = [0; 64];
        match parcel::take(self.socket, &mut buffer, RecvFlags::DONTWAIT) {
            Ok(None) => false,
            Ok(Some((len, _))) => len == 0 || Order::read(&buffer[..len]) == Some(Order::Stop),
            Err(_) => true,
        }
    }

    /// Passes on what progress was kept back.
    pub(crate) fn finish(&self) {
        if let Some((done, total)) = self.untold.take() {
            self.say(&Said::Progress { done, total });
        }
    }
}

impl Host for Far<'_> {
    fn cancelled(&self) -> bool {
        if !self.stopped.get() && self.looked.get().elapsed() >= LOOK_EVERY {
            self.looked.set(Instant::now());
            self.stopped.set(self.look());
        }
        self.stopped.get()
    }

    fn progress(&self, done: u64, total: u64) {
        if self.told.get().is_some_and(|told| told.elapsed() < PROGRESS_EVERY) {
            return self.untold.set(Some((done, total)));
        }
        self.told.set(Some(Instant::now()));
        self.untold.set(None);
        self.say(&Said::Progress { done, total });
    }

    fn log(&self, line: &str) {
        self.say(&Said::Log(cut(line.to_owned())));
    }

    fn emit(&self, bytes: &[u8]) {
        bytes.chunks(TEXT_LEN_MAX).for_each(|part| self.say(&Said::Emit(part.to_vec())));
    }

    fn needed(&self, bytes: u64) {
        self.say(&Said::Needed(bytes));
    }

    fn scratch(&self) -> Option<Arc<dyn Scratch>> {
        Some(self.scratch.clone())
    }

    fn threads(&self) -> usize {
        self.threads
    }

    fn memory(&self) -> u64 {
        self.memory
    }
}

/// A file that the server gave along with the job.
pub(crate) struct Aside(pub(crate) File);

impl Scratch for Aside {
    fn read_at(&self, at: u64, into: &mut [u8]) -> io::Result<()> {
        self.0.read_exact_at(into, at)
    }

    fn write_at(&self, at: u64, bytes: &[u8]) -> io::Result<()> {
        self.0.write_all_at(bytes, at)
    }
}

/// The inputs, in place in the parcel.
pub(crate) struct Given(Vec<Piece>);

struct Piece {
    bytes: Bytes,
    at: usize,
}

impl Given {
    pub(crate) fn new(inputs: Vec<Bytes>) -> Self {
        Self(inputs.into_iter().map(|bytes| Piece { bytes, at: 0 }).collect())
    }
}

impl Inputs for Given {
    fn count(&self) -> usize {
        self.0.len()
    }

    fn get(&mut self, index: usize) -> Result<&mut dyn Source, Fault> {
        match self.0.get_mut(index) {
            Some(piece) => Ok(piece),
            None => Err(Fault::Broken(format!("the unit asked for input {index}, which the job does not have"))),
        }
    }
}

impl Source for Piece {
    fn len(&self) -> Option<u64> {
        Some(self.bytes.len() as u64)
    }

    fn slice(&mut self) -> Result<&[u8], Fault> {
        Ok(&self.bytes)
    }

    fn bytes(&mut self) -> Result<Bytes, Fault> {
        Ok(self.bytes.clone())
    }

    fn chunk(&mut self) -> Result<Option<&[u8]>, Fault> {
        let rest = &self.bytes[self.at..];
        let chunk = &rest[..rest.len().min(CHUNK_LEN_MAX)];
        self.at += chunk.len();
        Ok((!chunk.is_empty()).then_some(chunk))
    }

    fn blake3(&mut self) -> Result<blake3::Hasher, Fault> {
        let mut hasher = blake3::Hasher::new();
        hasher.update_rayon(&self.bytes);
        Ok(hasher)
    }
}

/// Outputs, written one after the other into the server's memory.
pub(crate) struct Away<'a> {
    file: &'a File,
    usual: &'a str,
    bytes_max: u64,
    written: Vec<Written>,
    /// Bytes that come after those of the file.
    gathered: Vec<u8>,
    flushed: u64,
}

impl<'a> Away<'a> {
    pub(crate) fn new(file: &'a File, usual: &'a str, bytes_max: u64) -> Self {
        Self { file, usual, bytes_max, written: Vec::new(), gathered: Vec::new(), flushed: 0 }
    }

    /// All outputs; the unit's usual one, empty, where it wrote none.
    pub(crate) fn finish(mut self) -> Result<Vec<Written>, Fault> {
        if self.written.is_empty() {
            self.begin(self.usual)?;
        }
        self.flush()?;
        Ok(self.written)
    }

    fn len(&self) -> u64 {
        self.flushed + self.gathered.len() as u64
    }

    fn flush(&mut self) -> Result<(), Fault> {
        self.file.write_all_at(&self.gathered, self.flushed).map_err(no_room)?;
        self.flushed += self.gathered.len() as u64;
        self.gathered.clear();
        self.gathered.shrink_to(GATHERED_LEN);
        Ok(())
    }

    /// Makes `len` bytes a part of the present output.
    fn grow(&mut self, len: usize) -> Result<(), Fault> {
        if self.written.is_empty() {
            self.begin(self.usual)?;
        }
        let Some(Written { range, .. }) = self.written.last_mut() else {
            return Err(Fault::Broken("an output began and is not there".into()));
        };
        if (range.end - range.start).saturating_add(len as u64) > self.bytes_max {
            return Err(Fault::limit(self.bytes_max, "output bytes"));
        }
        range.end += len as u64;
        Ok(())
    }
}

impl Output for Away<'_> {
    fn begin(&mut self, media_type: &str) -> Result<(), Fault> {
        let at = self.len();
        self.written.push(Written { media_type: media_type.into(), range: at..at });
        Ok(())
    }

    fn expect(&mut self, _: u64) -> Result<(), Fault> {
        Ok(())
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), Fault> {
        self.grow(bytes.len())?;
        if self.gathered.len() + bytes.len() > GATHERED_LEN {
            self.flush()?;
        }
        if bytes.len() < GATHERED_LEN {
            self.gathered.extend_from_slice(bytes);
            return Ok(());
        }
        self.file.write_all_at(bytes, self.flushed).map_err(no_room)?;
        self.flushed += bytes.len() as u64;
        Ok(())
    }

    fn amend(&mut self, at: u64, bytes: &[u8]) -> Result<(), Fault> {
        self.flush()?;
        let range = self.written.last().map_or(0..0, |written| written.range.clone());
        let is_within = at.checked_add(bytes.len() as u64).is_some_and(|end| end <= range.end - range.start);
        if !is_within {
            return Err(Fault::Broken("an output is amended where nothing was written".into()));
        }
        self.file.write_all_at(bytes, range.start + at).map_err(no_room)
    }

    fn room(&mut self, len: usize) -> Result<&mut [u8], Fault> {
        self.grow(len)?;
        if self.gathered.len() + len > GATHERED_LEN {
            self.flush()?;
        }
        let gathered = &mut self.gathered;
        let start = gathered.len();
        gathered.resize(start + len, 0);
        Ok(&mut gathered[start..])
    }
}

fn no_room(error: std::io::Error) -> Fault {
    Fault::NoRoom(format!("could not keep an output: {error}"))
}
