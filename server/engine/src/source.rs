//! Inputs as a unit reads them: bytes that are there, or a stream; each hashed once, whoever asks first.

use std::time::Instant;

use blake3::Hasher;
use bytes::Bytes;
use inos_arena::{Arena, Owner, Place};
use inos_protocols::Hash;
use inos_unit::{Fault, Inputs, Source};

use crate::{
    Control, Feed,
    run::beat,
    stream::{Broken, Reader},
    task::Later,
};

/// Bytes that are there are given in pieces of at most this, so that a unit comes to its checks.
const CHUNK_LEN_MAX: usize = 1 << 20;
/// From here on hashing uses every core.
const PARALLEL_LEN_MIN: usize = 256 << 10;

/// The inputs of one run.
pub(crate) struct Sources<'a>(Vec<Piece<'a>>);

enum Piece<'a> {
    Held(Held<'a>),
    Flow(Box<Flow<'a>>),
    /// What could not be read.
    Lost(Fault),
}

/// Bytes that are all there.
struct Held<'a> {
    pulse: Option<&'a Control>,
    bytes: Bytes,
    hash: Option<Hash>,
    at: usize,
}

/// Bytes that still arrive.
struct Flow<'a> {
    index: usize,
    pulse: Option<&'a Control>,
    reader: Reader,
    arena: Arena,
    owner: Owner,
    bytes_max: u64,
    until: Instant,
    hasher: Hasher,
    read: u64,
    ended: bool,
    whole: Option<Bytes>,
}

impl<'a> Sources<'a> {
    /// The inputs of a run that must stop at `until`, with at most so many bytes each; signs of life go to the second
    /// of the controls.
    pub(crate) fn new(
        feeds: Vec<Feed>,
        (control, pulse): (&Control, Option<&'a Control>),
        arena: &Arena,
        owner: u64,
        max: u64,
        until: Instant,
    ) -> Self {
        let piece = |(index, feed)| match feed {
            Feed::Bytes { bytes, hash } => Piece::Held(Held { pulse, bytes, hash, at: 0 }),
            Feed::Stream(reader) => {
                control.attach(reader.channel());
                Piece::Flow(Box::new(Flow {
                    index,
                    pulse,
                    reader,
                    arena: arena.clone(),
                    owner: Owner(owner),
                    bytes_max: max,
                    until,
                    hasher: Hasher::new(),
                    read: 0,
                    ended: false,
                    whole: None,
                }))
            }
            Feed::Later(later) => match read_now(&later, max) {
                Ok(bytes) => Piece::Held(Held { pulse, bytes, hash: None, at: 0 }),
                Err(fault) => Piece::Lost(fault),
            },
        };
        Self(feeds.into_iter().enumerate().map(piece).collect())
    }

    /// Why one of them could not be read, before anything is done with the others.
    pub(crate) fn check(&self) -> Result<(), Fault> {
        self.0.iter().try_for_each(|piece| if let Piece::Lost(fault) = piece { Err(fault.clone()) } else { Ok(()) })
    }

    /// Reads whatever was not read and gives the hash of each.
    pub(crate) fn settle(&mut self) -> Result<Vec<Hash>, Fault> {
        self.0.iter_mut().map(Piece::settle).collect()
    }

    /// The hash of each, if all are there without waiting; else none.
    pub(crate) fn known(&mut self) -> Vec<Hash> {
        let known: Option<Vec<Hash>> = self.0.iter_mut().map(Piece::known).collect();
        known.unwrap_or_default()
    }

    /// Bytes that were there or have arrived.
    pub(crate) fn bytes_in(&self) -> u64 {
        self.0.iter().map(Piece::bytes_in).sum()
    }
}

impl Inputs for Sources<'_> {
    fn count(&self) -> usize {
        self.0.len()
    }

    fn get(&mut self, index: usize) -> Result<&mut dyn Source, Fault> {
        match self.0.get_mut(index) {
            Some(Piece::Held(held)) => Ok(held),
            Some(Piece::Flow(flow)) => Ok(flow.as_mut()),
            Some(Piece::Lost(fault)) => Err(fault.clone()),
            None => {
                Err(Fault::Broken(format!("the unit asked for input {index}, which its description does not have")))
            }
        }
    }
}

impl Piece<'_> {
    fn settle(&mut self) -> Result<Hash, Fault> {
        match self {
            Self::Held(held) => Ok(held.hash()),
            Self::Flow(flow) => {
                flow.drain()?;
                Ok(flow.hasher.finalize().into())
            }
            Self::Lost(fault) => Err(fault.clone()),
        }
    }

    fn known(&mut self) -> Option<Hash> {
        match self {
            Self::Held(held) => Some(held.hash()),
            Self::Flow(flow) => flow.ended.then(|| flow.hasher.finalize().into()),
            Self::Lost(_) => None,
        }
    }

    fn bytes_in(&self) -> u64 {
        match self {
            Self::Held(held) => held.bytes.len() as u64,
            Self::Flow(flow) => flow.read,
            Self::Lost(_) => 0,
        }
    }
}

fn read_now(later: &Later, max: u64) -> Result<Bytes, Fault> {
    let bytes = (later.read)()?;
    if bytes.len() as u64 > max { Err(Fault::limit(max, "input bytes")) } else { Ok(bytes) }
}

impl Held<'_> {
    fn hash(&mut self) -> Hash {
        *self.hash.get_or_insert_with(|| hash(&self.bytes))
    }
}

impl Source for Held<'_> {
    fn len(&self) -> Option<u64> {
        Some(self.bytes.len() as u64)
    }

    fn slice(&mut self) -> Result<&[u8], Fault> {
        beat(self.pulse);
        Ok(&self.bytes)
    }

    fn chunk(&mut self) -> Result<Option<&[u8]>, Fault> {
        beat(self.pulse);
        let start = self.at;
        self.at = self.bytes.len().min(start + CHUNK_LEN_MAX);
        Ok((start < self.at).then(|| &self.bytes[start..self.at]))
    }

    fn blake3(&mut self) -> Result<Hasher, Fault> {
        let mut hasher = Hasher::new();
        feed(&mut hasher, &self.bytes);
        self.hash.get_or_insert_with(|| hasher.finalize().into());
        Ok(hasher)
    }
}

impl Flow<'_> {
    /// Waits for the next bytes, counts and hashes them.
    fn pull(&mut self) -> Result<Option<&[u8]>, Fault> {
        if self.ended {
            return Ok(None);
        }
        let index = self.index;
        if let Some(control) = self.pulse {
            control.set_awaits_input(true);
        }
        let next = self.reader.next(self.until);
        if let Some(control) = self.pulse {
            control.set_awaits_input(false);
        }
        let chunk = next.map_err(|broken| match broken {
            Broken::Interrupted => Fault::Cancelled,
            Broken::Failed(reason) => Fault::invalid(format!("/inputs/{index}"), reason),
        })?;
        let Some(chunk) = chunk else {
            self.ended = true;
            return Ok(None);
        };
        self.read += chunk.len() as u64;
        if self.read > self.bytes_max {
            return Err(Fault::limit(self.bytes_max, "input bytes"));
        }
        // One core hashes faster than a socket delivers, and other cores are busy with the socket's both ends.
        self.hasher.update(chunk);
        Ok(Some(chunk))
    }

    fn drain(&mut self) -> Result<(), Fault> {
        while self.pull()?.is_some() {}
        Ok(())
    }

    /// All of it in one piece: the only block as it is, or everything copied together.
    fn gather(&mut self) -> Result<Bytes, Fault> {
        let len = self.reader.len();
        let Some(first) = self.pull()? else { return Ok(Bytes::new()) };
        if Some(first.len() as u64) == len
            && let Some(only) = self.reader.keep()
        {
            self.drain()?;
            return Ok(only);
        }
        let mut writer = self.arena.writer(self.owner, len);
        let keep = |error| Fault::NoRoom(format!("could not keep an input: {error}"));
        // The first block is still the reader's present one.
        while let Some(chunk) = self.reader.present() {
            writer.write(chunk).map_err(keep)?;
            self.arena.count_copy(Place::Grow, chunk.len());
            self.pull()?;
        }
        writer.finish().map_err(keep)
    }
}

impl Source for Flow<'_> {
    fn len(&self) -> Option<u64> {
        self.reader.len().or(self.ended.then_some(self.read))
    }

    fn slice(&mut self) -> Result<&[u8], Fault> {
        if self.whole.is_none() {
            if self.read > 0 {
                return Err(Fault::Broken("an input was read in chunks and then wanted as a whole".into()));
            }
            self.whole = Some(self.gather()?);
        }
        Ok(self.whole.as_deref().unwrap_or_default())
    }

    fn chunk(&mut self) -> Result<Option<&[u8]>, Fault> {
        if self.whole.is_some() {
            return Err(Fault::Broken("an input was read as a whole and then wanted in chunks".into()));
        }
        self.pull()
    }

    fn blake3(&mut self) -> Result<Hasher, Fault> {
        self.drain()?;
        Ok(self.hasher.clone())
    }
}

fn feed(hasher: &mut Hasher, bytes: &[u8]) {
    if bytes.len() >= PARALLEL_LEN_MIN {
        hasher.update_rayon(bytes);
    } else {
        hasher.update(bytes);
    }
}

/// The BLAKE3 of these bytes.
pub(crate) fn hash(bytes: &[u8]) -> Hash {
    if bytes.len() < PARALLEL_LEN_MIN {
        return Hash::of(bytes);
    }
    let mut hasher = Hasher::new();
    feed(&mut hasher, bytes);
    hasher.finalize().into()
}
