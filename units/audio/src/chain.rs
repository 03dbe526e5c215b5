//! A sound with all that is done to it: inputs, and steps one after the other. A block goes through all of them before the next
//! is read, so that a long sound takes no more memory than a short one; what must know all of a sound before it can begin
//! (a loudness, an end) goes through it once more.

use std::cell::{Cell, RefCell};
use std::collections::{HashMap, HashSet};

use bytes::Bytes;
use ebur128::{EbuR128, Mode};
use inos_unit::{Fault, Host};

use crate::read::{Damage, Kept, Reader};
use crate::sound::{Effect, Form, Rows, Sound, Through, factor, frames};
use crate::spatial::{Head, Hrir, Scene, SourceParams, Spatial};
use crate::steps::{
    ANSWER_FRAMES_MAX, ChannelsEffect, Convolve, ConvolveEffect, Crossfade, Crossfaded, DelayEffect, Fade, FadeEffect,
    FilterEffect, GainEffect, Mix, Mixed, Normalize, ResampleEffect, ReverbEffect, Reversed, Step, TrimEffect,
};

/// A sound as it comes.
pub(crate) type Flow<'c> = Box<dyn Sound + 'c>;

/// Inputs, and what is done to the first of them.
pub(crate) struct Chain<'c> {
    inputs: Vec<Bytes>,
    damage: Damage,
    steps: &'c [Step],
    /// Where in the parameters the steps are: with `{}` for the number of one where there may be several.
    pointer: &'c str,
    host: &'c dyn Host,
    /// What was found out of the sound before a step.
    measured: RefCell<HashMap<(usize, Question), f64>>,
    /// Where on the job's disk there is room.
    place: Cell<u64>,
    /// Of which inputs it was told that something was left out.
    told: RefCell<HashSet<usize>>,
}

/// An input, read under the host's eyes.
struct Watched<'c> {
    reader: Reader,
    index: usize,
    host: &'c dyn Host,
    told: &'c RefCell<HashSet<usize>>,
}

impl Sound for Watched<'_> {
    fn form(&self) -> Form {
        self.reader.form()
    }

    fn next(&mut self, rows: &mut Rows) -> Result<bool, Fault> {
        self.host.check()?;
        let is_more = self.reader.next(rows)?;
        let skipped = self.reader.skipped;
        if !is_more && skipped > 0 && self.told.borrow_mut().insert(self.index) {
            self.host.log(&format!("input {}: {skipped} parts could not be read, and are left out", self.index));
        }
        Ok(is_more)
    }
}

/// What must be known of all of a sound.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Question {
    Frames,
    Peak,
    TruePeak,
    Lufs,
    /// How many frames an input has, brought to the rate of the sound.
    FramesOf(usize),
}

impl<'c> Chain<'c> {
    pub(crate) fn new(
        inputs: Vec<Bytes>,
        damage: Damage,
        steps: &'c [Step],
        pointer: &'c str,
        host: &'c dyn Host,
    ) -> Self {
        Self {
            inputs,
            damage,
            steps,
            pointer,
            host,
            measured: RefCell::default(),
            place: Cell::new(0),
            told: RefCell::default(),
        }
    }

    /// The sound with all steps.
    pub(crate) fn open(&self) -> Result<Flow<'_>, Fault> {
        self.open_to(self.steps.len())
    }

    /// What a listener hears of the inputs.
    pub(crate) fn placed(&self, scene: &Scene) -> Result<Flow<'_>, Fault> {
        let rate = self.reader(0, "")?.form().rate;
        let mono = Form { rate, channels: 1 };
        let sound =
            |(at, source): (usize, &SourceParams)| self.fitted(source.input, mono, &format!("/params/sources/{at}"));
        let sounds = scene.sources.iter().enumerate().map(sound).collect::<Result<_, Fault>>()?;
        let head = scene.hrir.as_ref().map(|hrir| self.head(hrir, rate)).transpose()?;
        Ok(Box::new(Spatial::new(scene, sounds, head, rate)?))
    }

    /// A measured head, of a rate that must be the sound's: its answers lie side by side, and would become one sound.
    fn head(&self, hrir: &Hrir, rate: u32) -> Result<Head, Fault> {
        let (wanted, form) = (hrir.frames()?, Form { rate, channels: 2 });
        let index = usize::try_from(hrir.input).unwrap_or(usize::MAX);
        let mut flow = self.watched(index, "/params/hrir")?;
        let bad = |message: String| Err(Fault::invalid(format!("/inputs/{index}"), message));
        if flow.form() != form {
            let Form { rate: own, channels } = flow.form();
            return bad(format!("has {channels} channels at {own} Hz: the answers of 2 ears at {rate} Hz are wanted"));
        }
        let (mut answers, mut rows) = (vec![Vec::new(); 2], Rows::new());
        while frames(&answers) <= wanted && flow.next(&mut rows)? {
            answers.iter_mut().zip(&rows).for_each(|(answer, row): (&mut Vec<f64>, _)| answer.extend_from_slice(row));
        }
        if frames(&answers) != wanted {
            return bad(format!("has other frames than {wanted}, `length` times the number of `directions`"));
        }
        Head::new(hrir, &answers, self.host)
    }

    /// How the samples of the first input were kept.
    pub(crate) fn kept(&self) -> Result<Kept, Fault> {
        Ok(self.reader(0, "")?.kept())
    }

    /// How many frames the first input says it has; 0 where it does not say.
    pub(crate) fn claimed(&self) -> Result<u64, Fault> {
        Ok(self.reader(0, "")?.claimed().unwrap_or(0))
    }

    /// Input `index`, which a parameter at `pointer` named.
    fn reader(&self, index: usize, pointer: &str) -> Result<Reader, Fault> {
        let bytes = self.inputs.get(index).ok_or_else(|| {
            Fault::invalid(format!("{pointer}/input"), format!("there are {} inputs, from 0", self.inputs.len()))
        })?;
        Reader::open(bytes, index, self.damage)
    }

    /// The same as a sound, which stops when the host says so, and tells once what of it was left out.
    fn watched(&self, index: usize, pointer: &str) -> Result<Flow<'_>, Fault> {
        let reader = self.reader(index, pointer)?;
        Ok(Box::new(Watched { reader, index, host: self.host, told: &self.told }))
    }

    /// The sound with the first `count` steps.
    fn open_to(&self, count: usize) -> Result<Flow<'_>, Fault> {
        let mut flow: Flow<'_> = self.watched(0, "")?;
        for (at, step) in self.steps[..count].iter().enumerate() {
            flow = self.with(flow, at, step)?;
        }
        Ok(flow)
    }

    fn pointer(&self, at: usize) -> String {
        self.pointer.replace("{}", &at.to_string())
    }

    /// A sound with one step more.
    fn with<'s>(&'s self, flow: Flow<'s>, at: usize, step: &'s Step) -> Result<Flow<'s>, Fault> {
        let (form, pointer) = (flow.form(), self.pointer(at));
        Ok(match step {
            Step::Resample(step) if step.rate_hz == form.rate => flow,
            Step::Resample(step) => through(flow, ResampleEffect::new(step.rate_hz, form)?),
            Step::Gain(step) => through(flow, GainEffect::new(step)),
            Step::Normalize(step) => through(flow, GainEffect(self.normalizing(at, step)?)),
            Step::Trim(step) => through(flow, TrimEffect::new(step, form, &pointer)?),
            Step::Fade(step) => through(flow, self.fade(at, step, form)?),
            Step::Reverse(_) => self.reversed(flow)?,
            Step::Channels(step) => through(flow, ChannelsEffect::new(step, form, &pointer)?),
            Step::Filter(step) => through(flow, FilterEffect::new(step, form, &pointer)?),
            Step::Delay(step) => through(flow, DelayEffect::new(step, form)),
            Step::Reverb(step) => through(flow, ReverbEffect::new(step, form)),
            Step::Convolve(step) => through(flow, self.convolve(step, form, &pointer)?),
            Step::Mix(step) => self.mixed(flow, step, &pointer)?,
            Step::Crossfade(step) => self.crossfaded(flow, at, step, &pointer)?,
        })
    }

    fn reversed<'s>(&'s self, flow: Flow<'s>) -> Result<Flow<'s>, Fault> {
        let mut place = self.place.get();
        let reversed = Reversed::of(flow, self.host, &mut place)?;
        self.place.set(place);
        Ok(Box::new(reversed))
    }

    /// Another input, brought to a form.
    fn fitted(&self, index: u32, form: Form, pointer: &str) -> Result<Flow<'_>, Fault> {
        let index = usize::try_from(index).unwrap_or(usize::MAX);
        let flow: Flow<'_> = self.watched(index, pointer)?;
        let flow = at_rate(flow, form.rate)?;
        let channels = flow.form().channels;
        Ok(if channels == form.channels { flow } else { through(flow, ChannelsEffect::fit(channels, form.channels)) })
    }

    fn mixed<'s>(&'s self, flow: Flow<'s>, step: &Mix, pointer: &str) -> Result<Flow<'s>, Fault> {
        let form = flow.form();
        let other = self.fitted(step.input, form, pointer)?;
        Ok(Box::new(Mixed::new(flow, other, factor(step.gain_db), form.frames_at(step.at_s))))
    }

    fn crossfaded<'s>(&'s self, flow: Flow<'s>, at: usize, step: &Crossfade, pointer: &str) -> Result<Flow<'s>, Fault> {
        let form = flow.form();
        let both = form.frames_at(step.duration_s);
        // Both were counted, so that they are whole numbers.
        let whole = self.known(at, Question::Frames)? as u64;
        let other = self.length_of(at, step.input, form, pointer)?;
        if both > whole.min(other) {
            let least = whole.min(other) as f64 / f64::from(form.rate);
            let message = format!("is longer than the shorter of the two sounds, {least:.3} s");
            return Err(Fault::invalid(format!("{pointer}/duration_s"), message));
        }
        let other = self.fitted(step.input, form, pointer)?;
        Ok(Box::new(Crossfaded::new(flow, other, step.curve, (whole, both))))
    }

    fn length_of(&self, at: usize, input: u32, form: Form, pointer: &str) -> Result<u64, Fault> {
        let index = usize::try_from(input).unwrap_or(usize::MAX);
        let key = (at, Question::FramesOf(index));
        if let Some(known) = self.measured.borrow().get(&key) {
            return Ok(*known as u64);
        }
        let count = self.count(self.fitted(input, form, pointer)?)?;
        self.measured.borrow_mut().insert(key, count as f64);
        Ok(count)
    }

    fn fade(&self, at: usize, step: &Fade, form: Form) -> Result<FadeEffect, Fault> {
        let ends = (form.frames_at(step.in_s), form.frames_at(step.out_s));
        // Only what falls must know where the end is.
        let whole = if ends.1 > 0 { self.known(at, Question::Frames)? as u64 } else { u64::MAX };
        Ok(FadeEffect::new(step.curve, ends, whole))
    }

    /// The factor that brings the sound before a step to what is wanted.
    fn normalizing(&self, at: usize, step: &Normalize) -> Result<f64, Fault> {
        let to_peak = |question, db: f64| {
            let peak = self.known(at, question)?;
            Ok(if peak > 0.0 { factor(db) / peak } else { 1.0 })
        };
        let Some(lufs) = step.lufs else { return to_peak(Question::Peak, step.peak_db.unwrap_or(-1.0)) };
        let loudness = self.known(at, Question::Lufs)?;
        // Silence has no loudness.
        let wanted = if loudness.is_finite() { factor(lufs - loudness) } else { 1.0 };
        match step.peak_db {
            Some(db) => Ok(wanted.min(to_peak(Question::TruePeak, db)?)),
            None => Ok(wanted),
        }
    }

    /// All of another input, which must not be long, at the sound's rate.
    fn convolve(&self, step: &Convolve, form: Form, pointer: &str) -> Result<ConvolveEffect, Fault> {
        let index = usize::try_from(step.input).unwrap_or(usize::MAX);
        let reader: Flow<'_> = self.watched(index, pointer)?;
        let mut flow = at_rate(reader, form.rate)?;
        let (mut answer, mut rows) = (vec![Vec::new(); flow.form().channels], Rows::new());
        let channels = flow.form().channels;
        if channels != 1 && channels != form.channels {
            let message = format!("has {channels} channels: 1, or the sound's {}, are wanted", form.channels);
            return Err(Fault::invalid(format!("/inputs/{index}"), message));
        }
        while flow.next(&mut rows)? {
            if (frames(&answer) + frames(&rows)) * channels > ANSWER_FRAMES_MAX {
                return Err(Fault::limit(ANSWER_FRAMES_MAX as u64, "samples of an answer to convolve with"));
            }
            answer.iter_mut().zip(&rows).for_each(|(answer, row): (&mut Vec<f64>, _)| answer.extend_from_slice(row));
        }
        if frames(&answer) == 0 {
            return Err(Fault::invalid(format!("/inputs/{index}"), "has no samples to convolve with"));
        }
        ConvolveEffect::new(&answer, step.mix, form)
    }

    /// What is known of the sound before step `at`; it is gone through once for each question.
    fn known(&self, at: usize, question: Question) -> Result<f64, Fault> {
        if let Some(known) = self.measured.borrow().get(&(at, question)) {
            return Ok(*known);
        }
        let flow = self.open_to(at)?;
        let found = match question {
            Question::Frames | Question::FramesOf(_) => self.count(flow)? as f64,
            Question::Peak => self.peak(flow)?,
            Question::TruePeak => self.loudness(flow, Mode::TRUE_PEAK)?,
            Question::Lufs => self.loudness(flow, Mode::I)?,
        };
        self.measured.borrow_mut().insert((at, question), found);
        Ok(found)
    }

    fn count(&self, mut flow: Flow<'_>) -> Result<u64, Fault> {
        let (mut rows, mut count) = (Rows::new(), 0);
        while flow.next(&mut rows)? {
            count += frames(&rows) as u64;
        }
        Ok(count)
    }

    fn peak(&self, mut flow: Flow<'_>) -> Result<f64, Fault> {
        let (mut rows, mut peak) = (Rows::new(), 0.0_f64);
        while flow.next(&mut rows)? {
            peak = rows.iter().flatten().fold(peak, |peak, sample| peak.max(sample.abs()));
        }
        Ok(peak)
    }

    fn loudness(&self, mut flow: Flow<'_>, mode: Mode) -> Result<f64, Fault> {
        let broken = |error| Fault::Broken(format!("a loudness could not be measured: {error:?}"));
        let Form { rate, channels } = flow.form();
        let mut meter = EbuR128::new(channels as u32, rate, mode).map_err(broken)?;
        let mut rows = Rows::new();
        while flow.next(&mut rows)? {
            let planes: Vec<&[f64]> = rows.iter().map(Vec::as_slice).collect();
            meter.add_frames_planar_f64(&planes).map_err(broken)?;
        }
        if mode.contains(Mode::TRUE_PEAK) {
            let mut peaks = (0..channels as u32).map(|channel| meter.true_peak(channel).map_err(broken));
            return peaks.try_fold(0.0_f64, |most, peak| Ok(most.max(peak?)));
        }
        meter.loudness_global().map_err(broken)
    }
}

fn through<'s>(flow: Flow<'s>, effect: impl Effect + 's) -> Flow<'s> {
    Box::new(Through::new(flow, effect))
}

fn at_rate<'s>(flow: Flow<'s>, rate: u32) -> Result<Flow<'s>, Fault> {
    let form = flow.form();
    Ok(if form.rate == rate { flow } else { through(flow, ResampleEffect::new(rate, form)?) })
}
