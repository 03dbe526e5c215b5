//! A unit's world in memory, for its author's tests and benches: no engine, no arena.

use std::sync::LazyLock;

use crate::{Call, Fault, Host, Inputs, Output, Params, Source, Unit};

/// A host that never stops a job unless told to.
#[derive(Default)]
pub struct Quiet {
    /// Answers to [`Host::cancelled`] become `true` after this many questions, if set.
    pub cancel_after: Option<std::sync::atomic::AtomicU64>,
}

impl Host for Quiet {
    fn cancelled(&self) -> bool {
        use std::sync::atomic::Ordering::Relaxed;
        self.cancel_after
            .as_ref()
            .is_some_and(|left| left.fetch_update(Relaxed, Relaxed, |n| n.checked_sub(1)).is_err())
    }

    fn progress(&self, _: u64, _: u64) {}

    fn log(&self, _: &str) {}

    fn emit(&self, _: &[u8]) {}

    fn threads(&self) -> usize {
        // The question costs tens of microseconds, which a bench of a small job would show.
        static THREADS: LazyLock<usize> = LazyLock::new(|| std::thread::available_parallelism().map_or(1, usize::from));
        *THREADS
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
