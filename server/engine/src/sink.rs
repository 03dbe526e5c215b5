//! Outputs as a unit writes them: in the arena, within the method's limit, hashed once when finished.

use std::sync::LazyLock;

use bytes::Bytes;
use inos_arena::{Arena, Owner, Place, Writer};
use inos_protocols::{Hash, job::OutputBytes};
use inos_unit::{Fault, Method, Output};

use crate::{Control, run::beat, source::hash};

/// The most outputs of one job.
const OUTPUTS_MAX: usize = 64;

/// What is shorter than this is copied into the arena: a mapping of its own would cost more.
const ADOPTED_LEN_MIN: usize = 1 << 20;

static EMPTY: LazyLock<Hash> = LazyLock::new(|| Hash::of(b""));

/// The outputs of one run.
pub(crate) struct Sink<'a> {
    arena: &'a Arena,
    owner: Owner,
    method: &'a Method,
    pulse: Option<&'a Control>,
    finished: Vec<OutputBytes>,
    open: Option<Open>,
}

struct Open {
    media_type: String,
    /// Nothing is leased before the first byte.
    writer: Option<Writer>,
    expected: Option<u64>,
    len: u64,
}

impl<'a> Sink<'a> {
    pub(crate) fn new(arena: &'a Arena, owner: u64, method: &'a Method, pulse: Option<&'a Control>) -> Self {
        Self { arena, owner: Owner(owner), method, pulse, finished: Vec::new(), open: None }
    }

    /// Every output with its hash; one that is empty where the unit wrote none.
    pub(crate) fn finish(mut self) -> Result<Vec<OutputBytes>, Fault> {
        if self.finished.is_empty() {
            self.open();
        }
        self.close()?;
        Ok(self.finished)
    }

    fn open(&mut self) -> &mut Open {
        let usual = self.method.output_media.first().copied().unwrap_or("application/octet-stream");
        self.open.get_or_insert_with(|| Open::new(usual))
    }

    fn close(&mut self) -> Result<(), Fault> {
        let Some(Open { media_type, writer, .. }) = self.open.take() else { return Ok(()) };
        let bytes = match writer {
            Some(writer) => writer.finish().map_err(keep)?,
            None => Bytes::new(),
        };
        let hash = if bytes.is_empty() { *EMPTY } else { hash(&bytes) };
        self.finished.push(OutputBytes { media_type, hash, bytes });
        Ok(())
    }

    /// The writer of the present output, for `len` more bytes.
    fn writer(&mut self, len: usize) -> Result<&mut Writer, Fault> {
        beat(self.pulse);
        let (arena, owner, limit) = (self.arena, self.owner, self.method.output_bytes_max);
        let open = self.open();
        let grown = open.len.saturating_add(len as u64);
        if grown > limit {
            return Err(Fault::limit(limit, "output bytes"));
        }
        open.len = grown;
        let expected = open.expected.map(|bytes| bytes.min(limit));
        Ok(open.writer.get_or_insert_with(|| arena.writer(owner, expected)))
    }
}

impl Open {
    fn new(media_type: &str) -> Self {
        Self { media_type: media_type.into(), writer: None, expected: None, len: 0 }
    }
}

impl Output for Sink<'_> {
    fn begin(&mut self, media_type: &str) -> Result<(), Fault> {
        self.close()?;
        if self.finished.len() == OUTPUTS_MAX {
            return Err(Fault::limit(OUTPUTS_MAX as u64, "outputs"));
        }
        self.open = Some(Open::new(media_type));
        Ok(())
    }

    fn expect(&mut self, bytes: u64) -> Result<(), Fault> {
        self.open().expected = Some(bytes);
        Ok(())
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), Fault> {
        if bytes.is_empty() {
            self.open();
            return Ok(());
        }
        self.writer(bytes.len())?.write(bytes).map_err(keep)
    }

    fn amend(&mut self, at: u64, bytes: &[u8]) -> Result<(), Fault> {
        beat(self.pulse);
        let writer = self.open.as_mut().and_then(|open| open.writer.as_mut());
        match writer.map_or(Ok(false), |writer| writer.amend(at, bytes)).map_err(keep)? {
            true => Ok(()),
            false => Err(Fault::Broken("an output is amended where nothing was written".into())),
        }
    }

    fn adopt(&mut self, media_type: &str, bytes: Bytes) -> Result<(), Fault> {
        self.begin(media_type)?;
        if bytes.len() < ADOPTED_LEN_MIN {
            self.arena.count_copy(Place::Cell, bytes.len());
            return self.write(&bytes);
        }
        if bytes.len() as u64 > self.method.output_bytes_max {
            return Err(Fault::limit(self.method.output_bytes_max, "output bytes"));
        }
        beat(self.pulse);
        self.open = None;
        self.finished.push(OutputBytes { media_type: media_type.into(), hash: hash(&bytes), bytes });
        Ok(())
    }

    fn room(&mut self, len: usize) -> Result<&mut [u8], Fault> {
        if len == 0 {
            self.open();
            return Ok(&mut []);
        }
        self.writer(len)?.room(len).map_err(keep)
    }
}

fn keep(error: inos_arena::Error) -> Fault {
    Fault::NoRoom(format!("could not keep an output: {error}"))
}
