//! Brotli compression: cuts the input into pieces, has them encoded side by side and writes them in order.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::Scope;
use std::time::Duration;

use brotlic::CompressionMode;
use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, bounded, unbounded};
use inos_unit::{
    Basis, Call, Determinism, Fault, Foreseen, Host, Method, Output, Price, Reading, Sight, Source, schema_of,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::encoder::{Piece, Plan};
use crate::feed::feed;

/// How many bytes are gathered between two looks at the host.
const SLICE_LEN_MAX: usize = 1 << 20;
/// The most threads of one job; each holds a piece and an encoder.
const THREADS_MAX: usize = 16;
/// How long to wait for a piece between two looks at the host.
const CHECK_EVERY: Duration = Duration::from_millis(5);

/// Parameters of `brotli_compress`.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Params {
    /// Effort: 0 is fastest, 11 smallest.
    #[serde(default = "quality_default")]
    #[schemars(range(min = 0, max = 11), example = 9)]
    quality: u8,
    /// Window as a power of two, in bytes: 22 is 4 MiB. Whoever decompresses needs this much memory.
    #[serde(default = "window_default")]
    #[schemars(range(min = 10, max = 24), example = 24)]
    window: u8,
    /// What the input is: anything, text in UTF-8, or a WOFF 2.0 font.
    #[serde(default)]
    #[schemars(example = &"text")]
    mode: Mode,
}

#[derive(Clone, Copy, Default, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Mode {
    #[default]
    Generic,
    Text,
    Font,
}

const fn quality_default() -> u8 {
    5
}

const fn window_default() -> u8 {
    22
}

pub(crate) fn method() -> Method {
    Method {
        name: "brotli_compress",
        summary: "The input as a Brotli stream (RFC 7932).",
        params: schema_of::<Params>(),
        inputs: (1, 1),
        input_media: &["*/*"],
        input_bytes_max: crate::INPUT_BYTES_MAX,
        reading: Reading::Chunks,
        output_media: &[crate::BYTES],
        // What does not compress grows by a few bytes in each 64 KiB.
        output_bytes_max: crate::INPUT_BYTES_MAX + crate::INPUT_BYTES_MAX / 1024,
        determinism: Determinism::Version,
        price: Price { base: 20, per_kib_in: 10, per_kib_out: 0, per_cpu_ms: 0 },
        inline_bytes_max: None,
        timeout_ms: crate::TIMEOUT_MS,
        heartbeat_ms: None,
        gives_secret: false,
        held_key: None,
    }
}

pub(crate) fn run(call: &mut Call<'_>, host: &dyn Host) -> Result<(), Fault> {
    let Params { quality, window, mode } = call.read_params()?;
    let mode = match mode {
        Mode::Generic => CompressionMode::Generic,
        Mode::Text => CompressionMode::Text,
        Mode::Font => CompressionMode::Font,
    };
    compress(&Plan::new(quality, window, mode), call.inputs.get(0)?, call.output, host)
}

/// What most inputs shrink to: a third. What they really shrink to is known only to who compresses them.
pub(crate) fn foresee(input: &Sight<'_>) -> Foreseen {
    Foreseen { bytes_out: input.bytes.div_ceil(3), basis: Basis::Typical }
}

/// Compresses a source by a plan, on as many threads as the host gives.
pub(crate) fn compress(
    plan: &Plan,
    source: &mut dyn Source,
    output: &mut dyn Output,
    host: &dyn Host,
) -> Result<(), Fault> {
    let stop = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let mut press = Press::new(scope, plan, &stop, output, host);
        feed(source, host, SLICE_LEN_MAX, |slice| press.push(slice))?;
        press.finish()
    })
}

/// A piece on its way to a thread, and where its encoding goes.
struct Work {
    piece: Piece,
    reply: Sender<Result<Vec<u8>, Fault>>,
}

/// Gathers pieces, hands them out and writes what comes back, in order.
///
/// Dropping it stops its threads within one step of the encoder; the scope joins them.
struct Press<'scope, 'env, 'call> {
    scope: &'scope Scope<'scope, 'env>,
    plan: &'env Plan,
    stop: &'env AtomicBool,
    output: &'call mut dyn Output,
    host: &'call dyn Host,
    gathered: Vec<u8>,
    offset: u64,
    threads: usize,
    threads_max: usize,
    work: (Sender<Work>, Receiver<Work>),
    replies: VecDeque<Receiver<Result<Vec<u8>, Fault>>>,
}

impl<'scope, 'env, 'call> Press<'scope, 'env, 'call> {
    fn new(
        scope: &'scope Scope<'scope, 'env>,
        plan: &'env Plan,
        stop: &'env AtomicBool,
        output: &'call mut dyn Output,
        host: &'call dyn Host,
    ) -> Self {
        Self {
            scope,
            plan,
            stop,
            output,
            host,
            gathered: Vec::new(),
            offset: 0,
            threads: 0,
            threads_max: host.threads().clamp(1, THREADS_MAX),
            // The replies bound it: there are never more pieces underway than `threads_max` + 1.
            work: unbounded(),
            replies: VecDeque::new(),
        }
    }

    fn push(&mut self, mut bytes: &[u8]) -> Result<(), Fault> {
        while !bytes.is_empty() {
            // A full piece waits for one more byte, since only then it is known not to be the last.
            if self.gathered.len() == self.plan.piece_len {
                self.hand_out(false)?;
            }
            let (head, tail) = bytes.split_at(bytes.len().min(self.plan.piece_len - self.gathered.len()));
            self.gathered.extend_from_slice(head);
            bytes = tail;
        }
        Ok(())
    }

    fn finish(mut self) -> Result<(), Fault> {
        self.hand_out(true)?;
        while !self.replies.is_empty() {
            self.write_next()?;
        }
        Ok(())
    }

    fn hand_out(&mut self, last: bool) -> Result<(), Fault> {
        let bytes = std::mem::take(&mut self.gathered);
        let piece = Piece { offset: self.offset, last, bytes };
        self.offset += piece.bytes.len() as u64;
        let alone = last && piece.offset == 0;
        if alone || self.threads_max == 1 {
            let encoded = self.plan.encode(&piece, || self.host.cancelled())?;
            return self.output.write(&encoded);
        }
        if self.replies.len() > self.threads_max {
            self.write_next()?;
        }
        if self.threads < self.threads_max {
            self.add_thread();
        }
        let (reply, answer) = bounded(1);
        self.replies.push_back(answer);
        self.work.0.send(Work { piece, reply }).map_err(|_| Fault::Broken("no encoder is left".into()))
    }

    fn add_thread(&mut self) {
        let (plan, stop, work) = (self.plan, self.stop, self.work.1.clone());
        self.threads += 1;
        self.scope.spawn(move || {
            for Work { piece, reply } in work {
                // Nobody waits for the answer of a job that has stopped.
                let _ = reply.send(plan.encode(&piece, || stop.load(Ordering::Relaxed)));
            }
        });
    }

    fn write_next(&mut self) -> Result<(), Fault> {
        let Some(answer) = self.replies.pop_front() else { return Ok(()) };
        loop {
            match answer.recv_timeout(CHECK_EVERY) {
                Ok(encoded) => return self.output.write(&encoded?),
                Err(RecvTimeoutError::Timeout) => self.host.check()?,
                Err(RecvTimeoutError::Disconnected) => return Err(Fault::Broken("an encoder has died".into())),
            }
        }
    }
}

impl Drop for Press<'_, '_, '_> {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
    }
}
