//! How loud a sound is: after EBU R 128, in plain levels, and where there is none.

use ebur128::{EbuR128, Mode};
use inos_unit::{Fault, Output};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Listener, db, say};
use crate::sound::{Form, Rows, factor, frames};

/// The most silences that are told.
const SILENCES_MAX: usize = 10_000;

/// Nothing is asked.
#[derive(Debug, Deserialize, JsonSchema)]
pub(crate) struct LoudnessParams {}

/// Nothing is asked.
#[derive(Debug, Deserialize, JsonSchema)]
pub(crate) struct LevelsParams {}

/// What counts as silence.
#[derive(Debug, Deserialize, JsonSchema)]
pub(crate) struct SilenceParams {
    /// The level, below full scale (dBFS), under which all channels are silent.
    #[serde(default = "threshold")]
    #[schemars(range(min = -150.0, max = 0.0), example = -60.0)]
    threshold_db: f64,
    /// How long it must last, in seconds.
    #[serde(default = "half_a_second")]
    #[schemars(range(min = 0.0, max = 3600.0), example = 0.5)]
    min_s: f64,
}

fn threshold() -> f64 {
    -60.0
}

fn half_a_second() -> f64 {
    0.5
}

/// `loudness`: what EBU R 128 and EBU Tech 3341 and 3342 measure.
pub(crate) struct Loudness {
    meter: EbuR128,
    form: Form,
    /// How many frames there are until the next look at what is loud just now.
    until: usize,
    momentary: f64,
    short_term: f64,
}

impl Loudness {
    pub(crate) fn new(_: LoudnessParams, form: Form, _: &mut dyn Output) -> Result<Self, Fault> {
        let mode = Mode::I | Mode::LRA | Mode::S | Mode::M | Mode::TRUE_PEAK | Mode::SAMPLE_PEAK;
        let meter = EbuR128::new(form.channels as u32, form.rate, mode).map_err(broken)?;
        let lowest = f64::NEG_INFINITY;
        Ok(Self { meter, form, until: Self::step(form), momentary: lowest, short_term: lowest })
    }

    /// A tenth of a second.
    fn step(form: Form) -> usize {
        (form.rate as usize / 10).max(1)
    }
}

fn broken(error: ebur128::Error) -> Fault {
    Fault::Broken(format!("a loudness could not be measured: {error:?}"))
}

/// A loudness, `null` where there is none.
fn told(lufs: f64) -> Value {
    if lufs.is_finite() { json!(lufs) } else { Value::Null }
}

impl Listener for Loudness {
    fn hear(&mut self, rows: &Rows, _: &mut dyn Output) -> Result<(), Fault> {
        let mut at = 0;
        while at < frames(rows) {
            let count = self.until.min(frames(rows) - at);
            let planes: Vec<&[f64]> = rows.iter().map(|row| &row[at..at + count]).collect();
            self.meter.add_frames_planar_f64(&planes).map_err(broken)?;
            at += count;
            self.until -= count;
            if self.until == 0 {
                self.until = Self::step(self.form);
                self.momentary = self.momentary.max(self.meter.loudness_momentary().map_err(broken)?);
                self.short_term = self.short_term.max(self.meter.loudness_shortterm().map_err(broken)?);
            }
        }
        Ok(())
    }

    fn finish(self: Box<Self>, output: &mut dyn Output) -> Result<(), Fault> {
        let peaks = |of: &dyn Fn(u32) -> Result<f64, ebur128::Error>| {
            let each = (0..self.form.channels as u32).map(|channel| of(channel).map_err(broken));
            each.collect::<Result<Vec<f64>, Fault>>()
        };
        let truly = peaks(&|channel| self.meter.true_peak(channel))?;
        let sampled = peaks(&|channel| self.meter.sample_peak(channel))?;
        let most = |peaks: &[f64]| db(peaks.iter().fold(0.0, |most: f64, peak| most.max(*peak)));
        let said = json!({
            "integrated_lufs": told(self.meter.loudness_global().map_err(broken)?),
            "range_lu": told(self.meter.loudness_range().map_err(broken)?),
            "momentary_max_lufs": told(self.momentary),
            "short_term_max_lufs": told(self.short_term),
            "true_peak_dbtp": most(&truly),
            "sample_peak_dbfs": most(&sampled),
            "channels": truly.iter().zip(&sampled)
                .map(|(truly, sampled)| json!({ "true_peak_dbtp": db(*truly), "sample_peak_dbfs": db(*sampled) }))
                .collect::<Vec<_>>(),
        });
        say(&said, output)
    }
}

/// `levels`: peak, mean power and the like of every channel.
pub(crate) struct Levels {
    form: Form,
    count: u64,
    channels: Vec<Level>,
}

#[derive(Clone, Default)]
struct Level {
    least: f64,
    most: f64,
    sum: f64,
    squares: f64,
    full: u64,
}

impl Levels {
    pub(crate) fn new(_: LevelsParams, form: Form, _: &mut dyn Output) -> Result<Self, Fault> {
        Ok(Self { form, count: 0, channels: vec![Level::default(); form.channels] })
    }
}

impl Listener for Levels {
    fn hear(&mut self, rows: &Rows, _: &mut dyn Output) -> Result<(), Fault> {
        self.count += frames(rows) as u64;
        for (row, level) in rows.iter().zip(&mut self.channels) {
            for sample in row {
                level.least = level.least.min(*sample);
                level.most = level.most.max(*sample);
                level.sum += sample;
                level.squares += sample * sample;
                // The largest whole number of 16 bits is a little below full scale.
                level.full += u64::from(sample.abs() >= 32_767.0 / 32_768.0);
            }
        }
        Ok(())
    }

    fn finish(self: Box<Self>, output: &mut dyn Output) -> Result<(), Fault> {
        let count = self.count.max(1) as f64;
        let told = |level: &Level| {
            let (peak, rms) = (level.most.max(-level.least), (level.squares / count).sqrt());
            json!({
                "peak_dbfs": db(peak), "rms_dbfs": db(rms), "crest_db": db(peak) - db(rms),
                "dc": level.sum / count, "min": level.least, "max": level.most, "full_scale_samples": level.full,
            })
        };
        let channels: Vec<Value> = self.channels.iter().map(told).collect();
        let seconds = self.count as f64 / f64::from(self.form.rate);
        say(
            &json!({ "frames": self.count, "duration_s": seconds, "rate_hz": self.form.rate, "channels": channels }),
            output,
        )
    }
}

/// `silence`: from where to where nothing is heard.
pub(crate) struct Silence {
    form: Form,
    threshold: f64,
    least: u64,
    at: u64,
    /// Where the present silence began.
    since: Option<u64>,
    found: Vec<(u64, u64)>,
    more: u64,
}

impl Silence {
    pub(crate) fn new(params: SilenceParams, form: Form, _: &mut dyn Output) -> Result<Self, Fault> {
        let (threshold, least) = (factor(params.threshold_db), form.frames_at(params.min_s).max(1));
        Ok(Self { form, threshold, least, at: 0, since: None, found: Vec::new(), more: 0 })
    }

    /// Ends the present silence.
    fn end(&mut self) {
        let Some(since) = self.since.take() else { return };
        match self.at - since >= self.least {
            true if self.found.len() < SILENCES_MAX => self.found.push((since, self.at)),
            true => self.more += 1,
            false => {}
        }
    }
}

impl Listener for Silence {
    fn hear(&mut self, rows: &Rows, _: &mut dyn Output) -> Result<(), Fault> {
        for frame in 0..frames(rows) {
            if rows.iter().any(|row| row[frame].abs() >= self.threshold) {
                self.end();
            } else if self.since.is_none() {
                self.since = Some(self.at);
            }
            self.at += 1;
        }
        Ok(())
    }

    fn finish(mut self: Box<Self>, output: &mut dyn Output) -> Result<(), Fault> {
        self.end();
        let seconds = |at: u64| at as f64 / f64::from(self.form.rate);
        let told = |(from, to): &(u64, u64)| json!({ "start_s": seconds(*from), "end_s": seconds(*to), "start_frame": from, "end_frame": to });
        let silences: Vec<Value> = self.found.iter().map(told).collect();
        say(&json!({ "silences": silences, "not_told": self.more, "duration_s": seconds(self.at) }), output)
    }
}
