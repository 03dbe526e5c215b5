//! One piece of a Brotli stream: what one encoder makes of it, on one thread.
//!
//! Pieces are cut by the length of the input alone, never by the number of threads, so that the bytes stay the same
//! everywhere. Each is encoded with its offset in the stream and closed at a byte boundary; one after the other they are
//! one stream.

use brotlic::encode::{BrotliEncoder, BrotliEncoderOptions, BrotliOperation};
use brotlic::{BlockSize, CompressionMode, Quality, SetParameterError, WindowSize};
use inos_unit::Fault;

/// The encoder's block, as a power of two.
const BLOCK_BITS: u8 = 16;
/// How many bytes the encoder may hand over at once.
const ROOM_LEN: usize = 1 << 16;
/// The furthest offset that the encoder takes; beyond it, it only matters that there is one.
const OFFSET_MAX: u64 = 1 << 30;

/// How a stream is cut and encoded.
#[derive(Debug, Clone)]
pub(crate) struct Plan {
    pub(crate) quality: u8,
    pub(crate) window: u8,
    pub(crate) mode: CompressionMode,
    /// The length of every piece but the last, in bytes.
    pub(crate) piece_len: usize,
}

/// A piece of the input and where it lies.
pub(crate) struct Piece {
    pub(crate) bytes: Vec<u8>,
    pub(crate) offset: u64,
    pub(crate) last: bool,
}

impl Plan {
    /// Pieces of four windows: a piece knows nothing of those before it, and this keeps the loss near 1 %.
    pub(crate) fn new(quality: u8, window: u8, mode: CompressionMode) -> Self {
        let piece_len = (4_usize << window).clamp(4 << 20, 32 << 20);
        Self { quality, window, mode, piece_len }
    }

    /// After how many bytes the encoder must close a block group. It does so in one go and cannot be interrupted, so
    /// this bounds how long a stop waits: 9–16 ms seen at qualities 4 and 5, 14–26 ms at 9, up to 190 ms at 10 and
    /// 460 ms at 11, for at most 1 % of the size.
    fn group_len(&self) -> usize {
        match self.quality {
            0..=3 => usize::MAX,
            4..=9 => 2 << 20,
            _ => 256 << 10,
        }
    }

    /// How many bytes the encoder gets between two questions whether to stop.
    ///
    /// The two fastest qualities encode each step by itself, and lose 9 % of the size at 64 KiB.
    fn step_len(&self) -> usize {
        if self.quality < 2 { 1 << 20 } else { 1 << BLOCK_BITS }
    }

    fn encoder(&self, piece: &Piece) -> Result<BrotliEncoder, SetParameterError> {
        // The whole piece is known here, so the hint is the same however the input arrived.
        let size_hint = u32::try_from(piece.bytes.len()).unwrap_or(u32::MAX);
        let offset = piece.offset.min(OFFSET_MAX) as u32;
        BrotliEncoderOptions::new()
            .mode(self.mode)
            .quality(Quality::new(self.quality)?)
            .window_size(WindowSize::new(self.window)?)
            .block_size(BlockSize::new(BLOCK_BITS)?)
            .size_hint(size_hint)
            .stream_offset(offset)
            .build()
    }

    /// Encodes a piece; asks `stopped` between steps and ends with [`Fault::Cancelled`] when it says so.
    pub(crate) fn encode(&self, piece: &Piece, stopped: impl Fn() -> bool) -> Result<Vec<u8>, Fault> {
        let mut encoder = self.encoder(piece).map_err(broken)?;
        let mut encoded = Vec::new();
        let mut room = vec![0; ROOM_LEN];
        let mut rest = &piece.bytes[..];
        let mut group_len = 0;
        loop {
            if stopped() {
                return Err(Fault::Cancelled);
            }
            let (step, after) = rest.split_at(rest.len().min(self.step_len()));
            rest = after;
            group_len += step.len();
            let operation = match (rest.is_empty(), piece.last) {
                (true, true) => BrotliOperation::Finish,
                (true, false) => BrotliOperation::Flush,
                (false, _) if group_len >= self.group_len() => BrotliOperation::Flush,
                (false, _) => BrotliOperation::Process,
            };
            if operation == BrotliOperation::Flush {
                group_len = 0;
            }
            push(&mut encoder, step, operation, &mut room, &mut encoded)?;
            if rest.is_empty() {
                return Ok(encoded);
            }
        }
    }
}

/// Gives the encoder one step and takes all that it has to say.
fn push(
    encoder: &mut BrotliEncoder,
    mut step: &[u8],
    operation: BrotliOperation,
    room: &mut [u8],
    encoded: &mut Vec<u8>,
) -> Result<(), Fault> {
    loop {
        let result = encoder.compress(step, room, operation).map_err(broken)?;
        step = &step[result.bytes_read..];
        encoded.extend_from_slice(&room[..result.bytes_written]);
        if step.is_empty() && !encoder.has_output() {
            return Ok(());
        }
    }
}

fn broken(error: impl std::error::Error) -> Fault {
    Fault::Broken(format!("the Brotli encoder failed: {error}"))
}
