//! Brotli decompression, with a cap and a guard against streams that grow without end.
//!
//! The decoder contains no unsafe code, since what it reads may come from anybody.

use brotli_decompressor::{BrotliDecompressStream, BrotliResult, BrotliState, StandardAlloc};
use inos_unit::{
    Basis, Call, Determinism, Fault, Foreseen, Host, Method, Output, Params as Given, Price, Reading, Sight,
    read_params, schema_of,
};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::feed::feed;

/// How many bytes of input are decoded at once.
const BLOCK_LEN: usize = 1 << 16;
/// How many bytes the decoder writes at once: about 1 ms.
const ROOM_LEN: usize = 1 << 18;
/// The output's length in bytes from which on its ratio to the input counts.
const RATIO_FROM: u64 = 1 << 20;
/// How many bytes are decoded to foresee the rest: about 1 ms.
const SAMPLE_LEN: usize = 1 << 18;
/// How many bytes are decoded for it where a few bytes become very many.
const SAMPLE_LEN_MAX: usize = 4 << 20;
/// How many bytes are read between two looks at what came out.
const SAMPLE_STEP: usize = 1 << 10;
/// How much larger most streams become.
const GROWTH: u64 = 4;
/// The largest cap on the output, in bytes.
const OUTPUT_BYTES_MAX: u64 = 4 << 30;

/// Parameters of `brotli_decompress`.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Params {
    /// The most bytes that may come out; one more ends the job.
    #[serde(default = "output_bytes_max_default")]
    #[schemars(range(min = 1, max = 4_294_967_296_u64), example = 1_048_576)]
    output_bytes_max: u64,
    /// The most bytes that may come out for each byte read, counted once 1 MiB has come out.
    #[serde(default = "ratio_max_default")]
    #[schemars(range(min = 1, max = 10_000_000), example = 1000)]
    ratio_max: u64,
}

const fn output_bytes_max_default() -> u64 {
    256 << 20
}

const fn ratio_max_default() -> u64 {
    1000
}

pub(crate) fn method() -> Method {
    Method {
        name: "brotli_decompress",
        summary: "What a Brotli stream (RFC 7932) contains, up to a cap.",
        params: schema_of::<Params>(),
        inputs: (1, 1),
        input_media: &["*/*"],
        input_bytes_max: crate::INPUT_BYTES_MAX,
        reading: Reading::Chunks,
        output_media: &[crate::BYTES],
        output_bytes_max: OUTPUT_BYTES_MAX,
        determinism: Determinism::Bitwise,
        price: Price { base: 20, per_kib_in: 1, per_kib_out: 2, per_cpu_ms: 0 },
        inline_bytes_max: None,
        timeout_ms: crate::TIMEOUT_MS,
        heartbeat_ms: None,
        gives_secret: false,
        held_key: None,
    }
}

pub(crate) fn run(call: &mut Call<'_>, host: &dyn Host) -> Result<(), Fault> {
    let params: Params = call.read_params()?;
    let mut stream = Stream::new(params, call.output, host);
    feed(call.inputs.get(0)?, host, BLOCK_LEN, |slice| stream.push(slice))?;
    stream.finish()
}

/// What comes out of the beginning of a stream tells what comes out of the rest; a short stream is decoded to its end.
pub(crate) fn foresee(params: &Given, input: &Sight<'_>) -> Option<Foreseen> {
    let Params { output_bytes_max, .. } = read_params(params).ok()?;
    let (bytes_out, basis) = match input.head {
        [] if input.bytes > 0 => (input.bytes.saturating_mul(GROWTH), Basis::Typical),
        head => sample(head, input.bytes),
    };
    Some(Foreseen { bytes_out: bytes_out.min(output_bytes_max), basis })
}

/// How many bytes come out of `total` bytes that begin with these.
fn sample(head: &[u8], total: u64) -> (u64, Basis) {
    let alloc = StandardAlloc::default;
    let mut state = BrotliState::new_strict(alloc(), alloc(), alloc());
    let mut room = vec![0; ROOM_LEN];
    let (mut read, mut written) = (0, 0);
    // In small steps: the decoder gives out what it has only once it wants more to read.
    for step in head.chunks(SAMPLE_STEP) {
        let (mut available_in, mut at) = (step.len(), 0);
        let result = loop {
            let (mut available_out, mut to) = (room.len(), 0);
            let result = BrotliDecompressStream(
                &mut available_in,
                &mut at,
                step,
                &mut available_out,
                &mut to,
                &mut room,
                &mut written,
                &mut state,
            );
            if !matches!(result, BrotliResult::NeedsMoreOutput) || written > SAMPLE_LEN_MAX {
                break result;
            }
        };
        read += at;
        match result {
            BrotliResult::ResultSuccess => return (written as u64, Basis::Exact),
            // It fails, and then its output is not paid for.
            BrotliResult::ResultFailure => return (0, Basis::Sampled),
            _ if written >= SAMPLE_LEN => break,
            _ => {}
        }
    }
    let bytes_out = u128::from(total) * written as u128 / read.max(1) as u128;
    (u64::try_from(bytes_out).unwrap_or(u64::MAX), Basis::Sampled)
}

fn invalid(message: &str) -> Fault {
    Fault::invalid("/inputs/0", message)
}

/// A stream that is being decoded.
///
/// The decoder always gets blocks of the same length, however the input arrives: where a stream is broken, or comes near
/// a limit, the verdict must not depend on that.
struct Stream<'call> {
    params: Params,
    output: &'call mut dyn Output,
    host: &'call dyn Host,
    state: BrotliState<StandardAlloc, StandardAlloc, StandardAlloc>,
    block: Vec<u8>,
    room: Vec<u8>,
    bytes_in: u64,
    bytes_out: u64,
    ended: bool,
}

impl<'call> Stream<'call> {
    fn new(params: Params, output: &'call mut dyn Output, host: &'call dyn Host) -> Self {
        let alloc = StandardAlloc::default;
        // Strict: windows beyond the RFC's 16 MiB are refused rather than allocated.
        let state = BrotliState::new_strict(alloc(), alloc(), alloc());
        Self {
            params,
            output,
            host,
            state,
            block: Vec::with_capacity(BLOCK_LEN),
            room: vec![0; ROOM_LEN],
            bytes_in: 0,
            bytes_out: 0,
            ended: false,
        }
    }

    fn push(&mut self, mut slice: &[u8]) -> Result<(), Fault> {
        while !slice.is_empty() {
            let (head, tail) = slice.split_at(slice.len().min(BLOCK_LEN - self.block.len()));
            self.block.extend_from_slice(head);
            slice = tail;
            if self.block.len() == BLOCK_LEN {
                self.decode_block()?;
            }
        }
        Ok(())
    }

    fn finish(mut self) -> Result<(), Fault> {
        self.decode_block()?;
        if self.ended { Ok(()) } else { Err(invalid("the Brotli stream ends too early")) }
    }

    fn decode_block(&mut self) -> Result<(), Fault> {
        let mut block = std::mem::take(&mut self.block);
        self.decode(&block)?;
        block.clear();
        self.block = block;
        Ok(())
    }

    fn decode(&mut self, mut rest: &[u8]) -> Result<(), Fault> {
        loop {
            if self.ended {
                return if rest.is_empty() {
                    Ok(())
                } else {
                    Err(invalid("bytes follow the end of the Brotli stream"))
                };
            }
            let (read, result) = self.step(rest)?;
            rest = &rest[read..];
            match result {
                BrotliResult::ResultSuccess => self.ended = true,
                BrotliResult::NeedsMoreInput => return Ok(()),
                BrotliResult::NeedsMoreOutput => self.host.check()?,
                BrotliResult::ResultFailure => return Err(invalid("not a Brotli stream")),
            }
        }
    }

    /// Decodes until the input is used up or the room is full; says how much was read and why it ended.
    fn step(&mut self, slice: &[u8]) -> Result<(usize, BrotliResult), Fault> {
        let (mut available_in, mut read) = (slice.len(), 0);
        let (mut available_out, mut written, mut total) = (self.room.len(), 0, 0);
        let result = BrotliDecompressStream(
            &mut available_in,
            &mut read,
            slice,
            &mut available_out,
            &mut written,
            &mut self.room,
            &mut total,
            &mut self.state,
        );
        self.bytes_in += read as u64;
        self.bytes_out += written as u64;
        self.check_limits()?;
        self.output.write(&self.room[..written])?;
        Ok((read, result))
    }

    fn check_limits(&self) -> Result<(), Fault> {
        let Params { output_bytes_max, ratio_max } = self.params;
        if self.bytes_out > output_bytes_max {
            return Err(Fault::limit(output_bytes_max, "too many bytes of output"));
        }
        if self.bytes_out > RATIO_FROM && self.bytes_out > self.bytes_in.saturating_mul(ratio_max) {
            return Err(Fault::limit(ratio_max, "too many bytes of output for each byte of input"));
        }
        Ok(())
    }
}
