//! Samples that a file keeps as they are: their bytes become rows at once, where a decoder takes them one by one.

use symphonia::core::codecs::audio::{AudioCodecId, well_known as known};

use crate::sound::Rows;

/// How a sample lies in a WAV file, its lowest byte first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Plain {
    U8,
    S16,
    S24,
    S32,
    F32,
    F64,
}

impl Plain {
    /// The samples of a codec; of what is no plain samples, none.
    pub(crate) fn of(codec: AudioCodecId) -> Option<Self> {
        Some(match codec {
            known::CODEC_ID_PCM_U8 => Self::U8,
            known::CODEC_ID_PCM_S16LE => Self::S16,
            known::CODEC_ID_PCM_S24LE => Self::S24,
            known::CODEC_ID_PCM_S32LE => Self::S32,
            known::CODEC_ID_PCM_F32LE => Self::F32,
            known::CODEC_ID_PCM_F64LE => Self::F64,
            _ => return None,
        })
    }

    /// Whether every sample is a number.
    pub(crate) fn is_whole(self) -> bool {
        !matches!(self, Self::F32 | Self::F64)
    }

    /// The rows of frames that lie one after the other; what is no whole frame at the end is left out.
    pub(crate) fn rows(self, bytes: &[u8], channels: usize, rows: &mut Rows) {
        match self {
            Self::U8 => apart(bytes, channels, rows, |[byte]| (f64::from(byte) - 128.0) / 128.0),
            Self::S16 => apart(bytes, channels, rows, |bytes| f64::from(i16::from_le_bytes(bytes)) / 32_768.0),
            Self::S24 => apart(bytes, channels, rows, |[low, middle, high]| {
                f64::from(i32::from_le_bytes([0, low, middle, high])) / 2_147_483_648.0
            }),
            Self::S32 => apart(bytes, channels, rows, |bytes| f64::from(i32::from_le_bytes(bytes)) / 2_147_483_648.0),
            Self::F32 => apart(bytes, channels, rows, |bytes| f64::from(f32::from_le_bytes(bytes))),
            Self::F64 => apart(bytes, channels, rows, f64::from_le_bytes),
        }
    }
}

fn apart<const LEN: usize>(bytes: &[u8], channels: usize, rows: &mut Rows, of: impl Fn([u8; LEN]) -> f64) {
    let samples = bytes.as_chunks::<LEN>().0;
    rows.resize_with(channels, Vec::new);
    for (channel, row) in rows.iter_mut().enumerate() {
        row.clear();
        // Most sounds have one or two channels, and steps of a known length are taken several at once.
        match channels {
            1 => row.extend(samples.iter().map(|sample| of(*sample))),
            2 => row.extend(samples.as_chunks::<2>().0.iter().map(|frame| of(frame[channel]))),
            _ => row.extend(samples.chunks_exact(channels).map(|frame| of(frame[channel]))),
        }
    }
}

#[cfg(test)]
mod tests {
    use symphonia::core::audio::Channels;
    use symphonia::core::codecs::audio::{AudioCodecParameters, AudioDecoderOptions};
    use symphonia::core::packet::Packet;
    use symphonia::core::units::{Duration, Timestamp};

    use super::*;

    #[test]
    fn rows_are_those_of_a_decoder() {
        let mut random = fastrand::Rng::with_seed(3);
        let codecs = [
            (known::CODEC_ID_PCM_U8, 1),
            (known::CODEC_ID_PCM_S16LE, 2),
            (known::CODEC_ID_PCM_S24LE, 3),
            (known::CODEC_ID_PCM_S32LE, 4),
            (known::CODEC_ID_PCM_F32LE, 4),
            (known::CODEC_ID_PCM_F64LE, 8),
        ];
        for (codec, len) in codecs {
            for channels in [1, 2, 3, 16] {
                // Also what is no whole frame at the end.
                let mut bytes: Vec<u8> = (0..len * channels * 100 + len - 1).map(|_| random.u8(..)).collect();
                bytes[..len].fill(0);
                bytes[len - 1] = 0x80;
                let mut params = AudioCodecParameters::new();
                params.for_codec(codec).with_sample_rate(8000).with_channels(Channels::Discrete(channels as u16));
                let codecs = symphonia::default::get_codecs();
                let mut decoder = codecs.make_audio_decoder(&params, &AudioDecoderOptions::default()).unwrap();
                let packet = Packet::new(0, Timestamp::new(0), Duration::from(100_u32), bytes.clone());
                let (mut wanted, mut rows) = (Rows::new(), Rows::new());
                decoder.decode(&packet).unwrap().copy_to_vecs_planar(&mut wanted);
                Plain::of(codec).unwrap().rows(&bytes, channels, &mut rows);
                // Some of the floats are no numbers, which are equal to nothing.
                let bits = |rows: &Rows| -> Vec<u64> { rows.iter().flatten().map(|s| s.to_bits()).collect() };
                assert_eq!(rows.len(), channels);
                assert_eq!(bits(&rows), bits(&wanted), "{codec} {channels}");
            }
        }
    }
}
