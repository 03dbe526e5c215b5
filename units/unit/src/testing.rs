//! A unit's world in memory, for its author's tests and benches: no engine, no arena.

use std::{
    cell::RefCell,
    collections::BTreeMap,
    sync::{LazyLock, Mutex, PoisonError},
};

use crate::{Call, Fault, HeldKey, Host, Inputs, Make, Output, Params, RegionForm, Scratch, Source, State, Unit};

/// A host that never stops a job unless told to.
#[derive(Default)]
pub struct Quiet {
    /// Answers to [`Host::cancelled`] become `true` after this many questions, if set.
    pub cancel_after: Option<std::sync::atomic::AtomicU64>,
    /// The key that the job names, if any.
    pub key: Option<HeldKey>,
    /// The lines of [`Host::log`].
    pub lines: Mutex<Vec<String>>,
    /// What [`Host::progress`] was told: how much is done, and of how much.
    pub steps: Mutex<Vec<(u64, u64)>>,
}

impl Host for Quiet {
    fn cancelled(&self) -> bool {
        use std::sync::atomic::Ordering::Relaxed;
        self.cancel_after
            .as_ref()
            .is_some_and(|left| left.fetch_update(Relaxed, Relaxed, |n| n.checked_sub(1)).is_err())
    }

    fn progress(&self, done: u64, total: u64) {
        self.steps.lock().unwrap_or_else(PoisonError::into_inner).push((done, total));
    }

    fn log(&self, line: &str) {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner).push(line.into());
    }

    fn emit(&self, _: &[u8]) {}

    fn key(&self) -> Option<&HeldKey> {
        self.key.as_ref()
    }

    fn scratch(&self) -> Option<std::sync::Arc<dyn Scratch>> {
        Some(std::sync::Arc::new(InMemory::default()))
    }

    fn threads(&self) -> usize {
        // The question costs tens of microseconds, which a bench of a small job would show.
        static THREADS: LazyLock<usize> = LazyLock::new(|| std::thread::available_parallelism().map_or(1, usize::from));
        *THREADS
    }
}

/// Bytes put aside in memory.
#[derive(Default)]
pub struct InMemory(std::sync::RwLock<Vec<u8>>);

impl Scratch for InMemory {
    fn read_at(&self, at: u64, into: &mut [u8]) -> std::io::Result<()> {
        let all = self.0.read().map_err(|_| std::io::Error::other("a thread broke off"))?;
        let (start, len) = (at as usize, into.len());
        let part = all.get(start..start + len).ok_or(std::io::ErrorKind::UnexpectedEof)?;
        into.copy_from_slice(part);
        Ok(())
    }

    fn write_at(&self, at: u64, bytes: &[u8]) -> std::io::Result<()> {
        let mut all = self.0.write().map_err(|_| std::io::Error::other("a thread broke off"))?;
        let (start, end) = (at as usize, at as usize + bytes.len());
        let len = all.len().max(end);
        all.resize(len, 0);
        all[start..end].copy_from_slice(bytes);
        Ok(())
    }
}

/// A host for sessions: regions in memory, and a pulse that never waits.
#[derive(Default)]
pub struct Twin {
    /// Every epoch of each region, the oldest first.
    pub regions: RefCell<BTreeMap<String, Vec<Vec<u8>>>>,
    /// Called before each step with how many beats there were: what somebody else does meanwhile, or a stop.
    pub between: Option<Box<Between>>,
    /// How many beats there were.
    pub beats: std::cell::Cell<u64>,
}

/// The BLAKE3 of these bytes, in hex.
pub fn hash_of(bytes: &[u8]) -> String {
    blake3::hash(bytes).to_hex().to_string()
}

/// What happens between two steps.
pub type Between = dyn Fn(&Twin, u64) -> Result<(), Fault>;

struct Held<'a> {
    twin: &'a Twin,
    name: String,
    was_there: bool,
}

impl Twin {
    /// Makes these bytes the next epoch of a region, as somebody else might.
    pub fn put(&self, name: &str, bytes: &[u8]) {
        self.regions.borrow_mut().entry(name.into()).or_default().push(bytes.to_vec());
    }

    fn held(&self, name: &str) -> Vec<u8> {
        self.regions.borrow().get(name).and_then(|epochs| epochs.last().cloned()).unwrap_or_default()
    }
}

impl Host for Twin {
    fn cancelled(&self) -> bool {
        false
    }

    fn progress(&self, _: u64, _: u64) {}

    fn log(&self, _: &str) {}

    fn emit(&self, _: &[u8]) {}

    fn region<'h>(&'h self, name: &str, _: &RegionForm<'_>, first: &[u8]) -> Result<Box<dyn State + 'h>, Fault> {
        let was_there = self.regions.borrow().contains_key(name);
        if !was_there {
            self.put(name, first);
        }
        Ok(Box::new(Held { twin: self, name: name.into(), was_there }))
    }

    fn pulse(&self, _: f64) -> Result<(), Fault> {
        self.beats.set(self.beats.get() + 1);
        self.between.as_ref().map_or(Ok(()), |between| between(self, self.beats.get()))
    }

    fn rest(&self) -> Result<(), Fault> {
        Ok(())
    }
}

impl State for Held<'_> {
    fn was_there(&self) -> bool {
        self.was_there
    }

    fn read(&self, look: &mut dyn FnMut(&[u8])) -> u64 {
        look(&self.twin.held(&self.name));
        self.twin.regions.borrow().get(&self.name).map_or(0, |epochs| epochs.len() as u64)
    }

    fn publish(&mut self, bytes: &[u8]) -> Result<u64, Fault> {
        self.twin.put(&self.name, bytes);
        Ok(self.read(&mut |_| ()))
    }

    fn change(&mut self, make: &mut Make<'_>) -> Result<u64, Fault> {
        let mut next = Vec::new();
        make(&self.twin.held(&self.name), &mut next)?;
        self.publish(&next)
    }

    fn is_followed(&self) -> bool {
        true
    }
}

struct Piece {
    bytes: Vec<u8>,
    chunk: usize,
    at: usize,
}

impl Source for Piece {
    fn len(&self) -> Option<u64> {
        Some(self.bytes.len() as u64)
    }

    fn slice(&mut self) -> Result<&[u8], Fault> {
        Ok(&self.bytes)
    }

    fn chunk(&mut self) -> Result<Option<&[u8]>, Fault> {
        let end = self.bytes.len().min(self.at + self.chunk);
        let chunk = &self.bytes[self.at..end];
        self.at = end;
        Ok((!chunk.is_empty()).then_some(chunk))
    }

    fn blake3(&mut self) -> Result<blake3::Hasher, Fault> {
        let mut hasher = blake3::Hasher::new();
        hasher.update(&self.bytes);
        Ok(hasher)
    }
}

/// An input in memory that arrives in pieces of `chunk` bytes.
pub fn source(bytes: &[u8], chunk: usize) -> impl Source {
    Piece { bytes: bytes.to_vec(), chunk: chunk.max(1), at: 0 }
}

struct Pieces(Vec<Piece>);

impl Inputs for Pieces {
    fn count(&self) -> usize {
        self.0.len()
    }

    fn get(&mut self, index: usize) -> Result<&mut dyn Source, Fault> {
        match self.0.get_mut(index) {
            Some(piece) => Ok(piece),
            None => Err(Fault::Broken(format!("no input {index}"))),
        }
    }
}

/// Outputs in memory: media type and bytes of each.
pub struct Collected {
    outputs: Vec<(String, Vec<u8>)>,
    usual: String,
    limit: u64,
}

impl Collected {
    /// No outputs yet; the first has the media type `usual` unless a unit begins another, none exceeds `limit` bytes.
    pub fn new(usual: &str, limit: u64) -> Self {
        Self { outputs: Vec::new(), usual: usual.into(), limit }
    }

    /// Media type and bytes of each output.
    pub fn into_outputs(self) -> Vec<(String, Vec<u8>)> {
        self.outputs
    }
}

impl Output for Collected {
    fn begin(&mut self, media_type: &str) -> Result<(), Fault> {
        self.outputs.push((media_type.into(), Vec::new()));
        Ok(())
    }

    fn expect(&mut self, _: u64) -> Result<(), Fault> {
        Ok(())
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), Fault> {
        self.room(bytes.len())?.copy_from_slice(bytes);
        Ok(())
    }

    fn amend(&mut self, at: u64, bytes: &[u8]) -> Result<(), Fault> {
        let written = self.outputs.last_mut().map_or(&mut [][..], |(_, written)| written);
        let at = usize::try_from(at).unwrap_or(usize::MAX);
        let range = at.checked_add(bytes.len()).and_then(|end| written.get_mut(at..end));
        range
            .ok_or_else(|| Fault::Broken("an output is amended where nothing was written".into()))?
            .copy_from_slice(bytes);
        Ok(())
    }

    fn room(&mut self, len: usize) -> Result<&mut [u8], Fault> {
        if self.outputs.is_empty() {
            self.outputs.push((self.usual.clone(), Vec::new()));
        }
        let Some((_, bytes)) = self.outputs.last_mut() else { return Err(Fault::Broken("no output".into())) };
        let start = bytes.len();
        if (start + len) as u64 > self.limit {
            return Err(Fault::limit(self.limit, "output bytes"));
        }
        bytes.resize(start + len, 0);
        Ok(&mut bytes[start..])
    }
}

/// Runs a method over inputs that arrive in pieces of `chunk` bytes; gives media type and bytes of each output.
///
/// Parameters are not checked against the schema here.
pub fn run(
    unit: &dyn Unit,
    method: &str,
    params: Params,
    inputs: &[&[u8]],
    chunk: usize,
    host: &dyn Host,
) -> Result<Vec<(String, Vec<u8>)>, Fault> {
    let Some(known) = unit.spec().method(method) else { return Err(Fault::invalid("/method", "unknown method")) };
    let mut pieces =
        Pieces(inputs.iter().map(|bytes| Piece { bytes: bytes.to_vec(), chunk: chunk.max(1), at: 0 }).collect());
    let usual = known.output_media.first().copied().unwrap_or("application/octet-stream");
    let mut output = Collected::new(usual, known.output_bytes_max);
    let mut call = Call { method, params: &params, inputs: &mut pieces, output: &mut output };
    unit.run(&mut call, host)?;
    if output.outputs.is_empty() {
        output.begin(usual)?;
    }
    Ok(output.outputs)
}
