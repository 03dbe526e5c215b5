//! Files as sounds: what is in them, and their samples. They come from strangers, so that every number in them is looked at
//! before anything goes by it.

use std::io::Cursor;
use std::panic::{AssertUnwindSafe, catch_unwind};

use bytes::Bytes;
use inos_unit::Fault;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use symphonia::core::codecs::audio::well_known as known;
use symphonia::core::codecs::audio::{AudioCodecParameters, AudioDecoder, AudioDecoderOptions};
use symphonia::core::common::Limit;
use symphonia::core::errors::Error;
use symphonia::core::formats::probe::Hint;
use symphonia::core::formats::well_known::FORMAT_ID_WAVE;
use symphonia::core::formats::{FormatOptions, FormatReader, TrackType};
use symphonia::core::io::{MediaSourceStream, MediaSourceStreamOptions};
use symphonia::core::meta::MetadataOptions;

use crate::flac;
use crate::plain::Plain;
use crate::sound::{CHANNELS_MAX, Form, RATE_MAX, Rows, Sound, frames};

/// The most bytes of the tags of a file, and of each picture in it: nobody hears these.
const TAGS_BYTES_MAX: usize = 1 << 20;
/// By how many frames a lossy sound may be shorter than its file says.
const LOSSY_FRAMES: u64 = 8192;
/// The most parts of a file in a row that give no sound.
const EMPTY_MAX: usize = 1 << 16;

/// What becomes of a file that is damaged.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Damage {
    /// The job fails and says where the damage is.
    #[default]
    Refuse,
    /// What cannot be read is left out, and a line of the job's log says how much.
    Skip,
}

/// How the samples of a file were written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kept {
    /// As whole numbers of so many bits.
    Whole(u32),
    /// As floats of so many bits.
    Float(u32),
    /// Not as samples: a lossy codec.
    Lossy,
}

/// A file that is being read.
pub(crate) struct Reader {
    format: Box<dyn FormatReader>,
    decoder: Box<dyn AudioDecoder>,
    /// What its samples are, where nothing need be decoded.
    plain: Option<Plain>,
    track: u32,
    form: Form,
    kept: Kept,
    pointer: String,
    damage: Damage,
    /// The first part, which was read before it was asked for.
    first: Rows,
    /// How many frames were read.
    at: u64,
    /// How many parts could not be read.
    pub(crate) skipped: u64,
    is_ended: bool,
}

impl Reader {
    /// Opens input `index`.
    pub(crate) fn open(bytes: &Bytes, index: usize, damage: Damage) -> Result<Self, Fault> {
        let pointer = format!("/inputs/{index}");
        let bad = |error: Error| bad_file(&pointer, &error);
        if bytes.is_empty() {
            return Err(Fault::invalid(pointer, "is empty: a sound file is wanted"));
        }
        let empty = flac::opened(bytes).map(Bytes::from);
        let format = guarded(|| probe(empty.as_ref().unwrap_or(bytes))).map_err(bad)?;
        let track = format.default_track(TrackType::Audio).ok_or_else(|| no_sound(&pointer))?;
        let params = track.codec_params.as_ref().and_then(|params| params.audio()).ok_or_else(|| no_sound(&pointer))?;
        let (kept, said) = (kept(params), form_of(params));
        // What is said must be possible before anything is made for it.
        if let Some(form) = said {
            check(form, &pointer)?;
        }
        let options = AudioDecoderOptions::default().verify(true);
        let codecs = symphonia::default::get_codecs();
        let decoder = guarded(|| codecs.make_audio_decoder(params, &options)).map_err(bad)?;
        let is_wave = format.format_info().format == FORMAT_ID_WAVE;
        let plain = Plain::of(params.codec).filter(|_| is_wave && said.is_some());
        let mut reader = Self {
            track: track.id,
            form: said.unwrap_or(Form { rate: 1, channels: 0 }),
            format,
            decoder,
            plain,
            kept,
            pointer,
            damage,
            first: Rows::new(),
            at: 0,
            skipped: 0,
            is_ended: false,
        };
        reader.begin(empty.is_some())?;
        Ok(reader)
    }

    /// Reads the first part: only then it is sure what form the sound has.
    fn begin(&mut self, is_empty: bool) -> Result<(), Fault> {
        let mut first = Rows::new();
        if is_empty {
            self.end()?;
        }
        self.fill(&mut first)?;
        check(self.form, &self.pointer)?;
        self.first = first;
        Ok(())
    }

    /// How its samples were written.
    pub(crate) fn kept(&self) -> Kept {
        self.kept
    }

    /// What carries the sound.
    pub(crate) fn format(&mut self) -> &mut dyn FormatReader {
        &mut *self.format
    }

    /// What the sound is coded by.
    pub(crate) fn codec(&self) -> &'static str {
        self.decoder.codec_info().short_name
    }

    /// How many frames the file says it has, if it says so; nobody vouches for it.
    pub(crate) fn claimed(&self) -> Option<u64> {
        self.format.tracks().iter().find(|track| track.id == self.track).and_then(|track| track.num_frames)
    }

    /// Decodes the next part; `None` after the last.
    fn decode(&mut self, rows: &mut Rows) -> Result<Option<Form>, Error> {
        loop {
            let Some(packet) = self.format.next_packet()? else { return Ok(None) };
            if packet.track_id != self.track {
                continue;
            }
            if let Some(plain) = self.plain {
                plain.rows(&packet.data, self.form.channels, rows);
                return Ok(Some(self.form));
            }
            let buffer = self.decoder.decode(&packet)?;
            let form = Form { rate: buffer.spec().rate(), channels: buffer.spec().channels().count() };
            buffer.copy_to_vecs_planar(rows);
            return Ok(Some(form));
        }
    }

    /// Ends, and looks whether all was there.
    fn end(&mut self) -> Result<(), Fault> {
        self.is_ended = true;
        let missing = self.claimed().unwrap_or(0).saturating_sub(self.at);
        // Where a lossy sound begins and ends within its first and last parts, some count in and some do not.
        let allowed = if self.kept == Kept::Lossy { LOSSY_FRAMES } else { 0 };
        if self.decoder.finalize().verify_ok == Some(false) {
            self.damaged(&Error::DecodeError("its checksum is not that of what was read"))?;
        } else if missing > allowed {
            self.damaged(&Error::DecodeError("it ends before all that its head promises"))?;
        }
        self.is_ended = true;
        Ok(())
    }

    /// What a part that cannot be read leads to.
    fn damaged(&mut self, error: &Error) -> Result<(), Fault> {
        if self.damage == Damage::Skip && !matches!(error, Error::ResetRequired | Error::Unsupported(_)) {
            self.skipped += 1;
            // A reader that is out of bytes stays so.
            self.is_ended = !matches!(error, Error::DecodeError(what) if *what != BROKEN_OFF);
            return Ok(());
        }
        let seconds = self.at as f64 / f64::from(self.form.rate);
        let message = format!(
            "cannot be read after {seconds:.3} s ({} frames): {}; `damage: \"skip\"` leaves out what is damaged",
            self.at,
            said(error)
        );
        Err(Fault::invalid(self.pointer.clone(), message))
    }

    /// Reads the next part that has frames; none after the last.
    fn fill(&mut self, rows: &mut Rows) -> Result<(), Fault> {
        let mut empty = 0;
        while !self.is_ended && empty < EMPTY_MAX {
            match guarded(|| self.decode(rows)) {
                Ok(None) => self.end()?,
                Ok(Some(_)) if frames(rows) == 0 => empty += 1,
                Ok(Some(form)) => {
                    if self.at == 0 {
                        self.form = form;
                    }
                    self.check_part(form, rows)?;
                    self.at += frames(rows) as u64;
                    return Ok(());
                }
                Err(error) => {
                    self.damaged(&error)?;
                    empty += 1;
                }
            }
        }
        rows.iter_mut().for_each(Vec::clear);
        Ok(())
    }

    /// Refuses what is no sound, and what is another sound in its middle.
    fn check_part(&self, form: Form, rows: &Rows) -> Result<(), Fault> {
        if form != self.form {
            let Form { rate, channels } = form;
            let message = format!("becomes a sound of {channels} channels at {rate} Hz after {} frames", self.at);
            return Err(Fault::invalid(self.pointer.clone(), message));
        }
        if self.plain.is_some_and(Plain::is_whole) {
            return Ok(());
        }
        for (channel, row) in rows.iter().enumerate() {
            // All samples are looked at, which is faster than to stop at the first: nearly all rows are good.
            if row.iter().fold(false, |is_bad, sample| is_bad | !sample.is_finite()) {
                let at = row.iter().position(|sample| !sample.is_finite()).unwrap_or(0);
                let message = format!("sample {} of channel {channel} is not a number", self.at + at as u64);
                return Err(Fault::invalid(self.pointer.clone(), message));
            }
        }
        Ok(())
    }
}

impl Sound for Reader {
    fn form(&self) -> Form {
        self.form
    }

    fn next(&mut self, rows: &mut Rows) -> Result<bool, Fault> {
        if frames(&self.first) > 0 {
            *rows = std::mem::take(&mut self.first);
            return Ok(true);
        }
        self.fill(rows)?;
        Ok(frames(rows) > 0)
    }
}

/// What a reader is said to have done that a file brought out of step.
const BROKEN_OFF: &str = "its reader broke off there";

/// Does what a file made by a stranger may bring to panic: then it is the file that is bad, and the reader is not used again.
fn guarded<T>(read: impl FnOnce() -> Result<T, Error>) -> Result<T, Error> {
    catch_unwind(AssertUnwindSafe(read)).unwrap_or(Err(Error::DecodeError(BROKEN_OFF)))
}

fn probe(bytes: &Bytes) -> Result<Box<dyn FormatReader>, Error> {
    let stream = MediaSourceStream::new(Box::new(Cursor::new(bytes.clone())), MediaSourceStreamOptions::default());
    let limits = MetadataOptions::default()
        .limit_tag_bytes(Limit::Maximum(TAGS_BYTES_MAX))
        .limit_visual_bytes(Limit::Maximum(TAGS_BYTES_MAX));
    symphonia::default::get_probe().probe(&Hint::new(), stream, FormatOptions::default(), limits)
}

/// The form that a file says it has.
fn form_of(params: &AudioCodecParameters) -> Option<Form> {
    Some(Form { rate: params.sample_rate?, channels: params.channels.as_ref()?.count() })
}

/// Refuses a form that no sound can have.
fn check(form: Form, pointer: &str) -> Result<(), Fault> {
    let Form { rate, channels } = form;
    if rate == 0 || rate > RATE_MAX {
        return Err(Fault::invalid(pointer, format!("has a rate of {rate} Hz; 1 to {RATE_MAX} can be read")));
    }
    if channels == 0 || channels > CHANNELS_MAX {
        let message = format!("has {channels} channels; 1 to {CHANNELS_MAX} can be read");
        return Err(Fault::invalid(pointer, message));
    }
    Ok(())
}

fn kept(params: &AudioCodecParameters) -> Kept {
    match params.codec {
        known::CODEC_ID_PCM_F32LE | known::CODEC_ID_PCM_F32BE => Kept::Float(32),
        known::CODEC_ID_PCM_F64LE | known::CODEC_ID_PCM_F64BE => Kept::Float(64),
        known::CODEC_ID_PCM_S32LE | known::CODEC_ID_PCM_S32BE => Kept::Whole(32),
        known::CODEC_ID_PCM_S24LE | known::CODEC_ID_PCM_S24BE => Kept::Whole(24),
        known::CODEC_ID_PCM_U8 | known::CODEC_ID_PCM_S8 => Kept::Whole(8),
        known::CODEC_ID_FLAC => Kept::Whole(params.bits_per_sample.unwrap_or(24)),
        known::CODEC_ID_PCM_S16LE
        | known::CODEC_ID_PCM_S16BE
        | known::CODEC_ID_PCM_ALAW
        | known::CODEC_ID_PCM_MULAW => Kept::Whole(16),
        _ => Kept::Lossy,
    }
}

fn no_sound(pointer: &str) -> Fault {
    Fault::invalid(pointer, "has no sound that can be read; wav, flac, mp3, ogg/vorbis and aac in mp4 can be")
}

fn bad_file(pointer: &str, error: &Error) -> Fault {
    match error {
        Error::Unsupported(_) => no_sound(pointer),
        error => Fault::invalid(pointer, format!("is no sound file that can be read: {}", said(error))),
    }
}

/// What is wrong, in a few words.
fn said(error: &Error) -> String {
    match error {
        Error::IoError(_) => "it ends too early".into(),
        Error::DecodeError(what) | Error::Unsupported(what) | Error::LimitError(what) => (*what).into(),
        other => other.to_string(),
    }
}
