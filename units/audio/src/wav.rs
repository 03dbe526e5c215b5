//! RIFF WAVE as it is written: a head, and samples frame by frame (Microsoft, "Multiple channel audio data and WAVE files").

use crate::sound::{Form, Rows, frames};
use crate::write::Sample;

/// The forms of samples.
const PCM: u16 = 1;
const FLOAT: u16 = 3;
const EXTENSIBLE: u16 = 0xfffe;
/// What follows the form's number in an extensible head.
const SUBFORMAT: [u8; 14] = [0x00, 0x00, 0x00, 0x00, 0x10, 0x00, 0x80, 0x00, 0x00, 0xaa, 0x00, 0x38, 0x9b, 0x71];
/// Which loudspeakers channels are for, by how many there are; of more, nobody knows.
const SPEAKERS: [u32; 9] = [0, 0x4, 0x3, 0x7, 0x33, 0x37, 0x3f, 0x13f, 0x63f];

/// What a head says.
pub(crate) struct Head {
    pub(crate) form: Form,
    pub(crate) sample: Sample,
}

impl Head {
    /// How many bytes so many frames take.
    pub(crate) fn data_len(&self, frames: u64) -> u64 {
        frames * (self.form.channels * self.sample.len()) as u64
    }

    /// The head of a file of so many frames.
    pub(crate) fn bytes(&self, frames: u64) -> Vec<u8> {
        // An output is shorter than this form allows.
        let clamp = |len: u64| u32::try_from(len).unwrap_or(u32::MAX);
        let data_len = self.data_len(frames);
        let mut chunks = b"WAVE".to_vec();
        self.append_form(&mut chunks);
        if self.sample == Sample::F32 {
            chunks.extend(b"fact");
            chunks.extend(4_u32.to_le_bytes());
            chunks.extend(clamp(frames).to_le_bytes());
        }
        chunks.extend(b"data");
        chunks.extend(clamp(data_len).to_le_bytes());
        let mut bytes = b"RIFF".to_vec();
        bytes.extend(clamp(chunks.len() as u64 + data_len + data_len % 2).to_le_bytes());
        bytes.extend(chunks);
        bytes
    }

    /// Appends the chunk that says what samples are like: the plain one, which all programs read, where it says enough.
    fn append_form(&self, bytes: &mut Vec<u8>) {
        let Form { rate, channels } = self.form;
        let (channels, len) = (channels as u16, self.sample.len() as u16);
        let format = if self.sample == Sample::F32 { FLOAT } else { PCM };
        let is_plain = channels <= 2;
        bytes.extend(b"fmt ");
        bytes.extend(if is_plain { 16_u32 } else { 40 }.to_le_bytes());
        bytes.extend(if is_plain { format } else { EXTENSIBLE }.to_le_bytes());
        bytes.extend(channels.to_le_bytes());
        bytes.extend(rate.to_le_bytes());
        bytes.extend(rate.saturating_mul(u32::from(channels * len)).to_le_bytes());
        bytes.extend((channels * len).to_le_bytes());
        bytes.extend((len * 8).to_le_bytes());
        if !is_plain {
            bytes.extend(22_u16.to_le_bytes());
            bytes.extend((len * 8).to_le_bytes());
            bytes.extend(SPEAKERS.get(usize::from(channels)).copied().unwrap_or(0).to_le_bytes());
            bytes.extend(format.to_le_bytes());
            bytes.extend(SUBFORMAT);
        }
    }
}

/// Appends floats frame by frame.
pub(crate) fn floats(rows: &Rows, bytes: &mut Vec<u8>) {
    for frame in 0..frames(rows) {
        rows.iter().for_each(|row| bytes.extend((row[frame] as f32).to_le_bytes()));
    }
}

/// Appends the lower `len` bytes of whole numbers frame by frame, 2 to 4.
pub(crate) fn wholes<R: AsRef<[i32]>>(rows: &[R], len: usize, bytes: &mut Vec<u8>) {
    match len {
        2 => interleave::<R, 2>(rows, bytes),
        3 => interleave::<R, 3>(rows, bytes),
        _ => interleave::<R, 4>(rows, bytes),
    }
}

fn interleave<R: AsRef<[i32]>, const LEN: usize>(rows: &[R], bytes: &mut Vec<u8>) {
    let count = rows.first().map_or(0, |row| row.as_ref().len());
    let (begin, frame_len) = (bytes.len(), rows.len() * LEN);
    bytes.resize(begin + count * frame_len, 0);
    for (channel, row) in rows.iter().enumerate() {
        for (frame, sample) in bytes[begin..].chunks_exact_mut(frame_len).zip(row.as_ref()) {
            frame[channel * LEN..][..LEN].copy_from_slice(&sample.to_le_bytes()[..LEN]);
        }
    }
}
