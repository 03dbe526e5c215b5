//! The outline of a sound: its least, its greatest and its mean power in as many parts as are wanted, for a picture of a player.

use inos_plot::{Axis, FRAME, NUMBERS, OWN, Plot};
use inos_unit::{Fault, Output};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{Ear, Listener, say};
use crate::sound::{Form, Rows};

/// How many parts there are at most on the way; then two become one.
const PARTS_MAX: usize = 1 << 14;
/// The colour of the mean power, within that of the outline.
const INNER: [[u8; 3]; 1] = [[120, 172, 224]];

/// What an answer is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum Answer {
    /// Numbers.
    #[default]
    Json,
    /// A picture.
    Png,
}

/// How fine an outline is.
#[derive(Debug, Deserialize, JsonSchema)]
pub(crate) struct PeaksParams {
    /// How many parts; a sound of fewer samples has fewer.
    #[serde(default = "points")]
    #[schemars(range(min = 1, max = 8192), example = 800)]
    points: u32,
    /// Which channel is heard, from 0; the mean of all where nothing is given.
    #[serde(default)]
    #[schemars(range(max = 15), example = 0)]
    channel: Option<u32>,
    /// Numbers or a picture.
    #[serde(default)]
    output: Answer,
}

fn points() -> u32 {
    800
}

#[derive(Debug, Clone, Copy)]
struct Part {
    least: f32,
    most: f32,
    squares: f64,
    count: u64,
}

impl Part {
    const NONE: Self = Self { least: f32::INFINITY, most: f32::NEG_INFINITY, squares: 0.0, count: 0 };

    fn with(self, other: Self) -> Self {
        Self {
            least: self.least.min(other.least),
            most: self.most.max(other.most),
            squares: self.squares + other.squares,
            count: self.count + other.count,
        }
    }

    fn rms(self) -> f64 {
        (self.squares / self.count.max(1) as f64).sqrt()
    }
}

/// `peaks`: the outline of a sound of any length.
pub(crate) struct Peaks {
    params: PeaksParams,
    form: Form,
    ear: Ear,
    heard: Vec<f32>,
    parts: Vec<Part>,
    /// How many samples a whole part has.
    width: u64,
    count: u64,
}

impl Peaks {
    pub(crate) fn new(params: PeaksParams, form: Form, _: &mut dyn Output) -> Result<Self, Fault> {
        let ear = Ear::new(params.channel, form)?;
        Ok(Self { params, form, ear, heard: Vec::new(), parts: Vec::new(), width: 1, count: 0 })
    }

    fn add(&mut self, sample: f32) {
        let one = Part { least: sample, most: sample, squares: f64::from(sample).powi(2), count: 1 };
        match self.parts.last_mut() {
            Some(last) if last.count < self.width => *last = last.with(one),
            _ => {
                if self.parts.len() == PARTS_MAX {
                    self.parts =
                        self.parts.chunks(2).map(|pair| pair.iter().copied().fold(Part::NONE, Part::with)).collect();
                    self.width *= 2;
                }
                self.parts.push(one);
            }
        }
        self.count += 1;
    }

    /// As many parts as are wanted, or as there are.
    fn outline(&self) -> Vec<Part> {
        let wanted = (self.params.points as usize).min(self.parts.len());
        let part = |at: usize| {
            let (from, to) = (at * self.parts.len() / wanted, (at + 1) * self.parts.len() / wanted);
            self.parts[from..to].iter().copied().fold(Part::NONE, Part::with)
        };
        (0..wanted).map(part).collect()
    }
}

impl Listener for Peaks {
    fn hear(&mut self, rows: &Rows, _: &mut dyn Output) -> Result<(), Fault> {
        let mut heard = std::mem::take(&mut self.heard);
        self.ear.hear(rows, &mut heard);
        heard.iter().for_each(|sample| self.add(*sample));
        self.heard = heard;
        Ok(())
    }

    fn finish(self: Box<Self>, output: &mut dyn Output) -> Result<(), Fault> {
        let (outline, seconds) = (self.outline(), self.count as f64 / f64::from(self.form.rate));
        if self.params.output == Answer::Json {
            let all = |of: &dyn Fn(&Part) -> f64| outline.iter().map(of).collect::<Vec<f64>>();
            let said = json!({
                "points": outline.len(), "frames": self.count, "duration_s": seconds,
                "min": all(&|part| f64::from(part.least)), "max": all(&|part| f64::from(part.most)), "rms": all(&|part| part.rms()),
            });
            return say(&said, output);
        }
        let most = outline.iter().map(|part| part.most.max(-part.least)).fold(0.0_f32, f32::max);
        let reach = f64::from(most).max(1e-6);
        let (across, up) = (Axis::linear("time, s", (0.0, seconds), 8), Axis::linear("amplitude", (-reach, reach), 6));
        let plot = Plot { title: "waveform", across: &across, up: &up, colours: &INNER };
        let file = plot.png(|plate| {
            let (left, _, right, _) = FRAME;
            let row = |value: f64| inos_plot::row((value + reach) / (2.0 * reach));
            for column in 0..right - left {
                let Some(part) = outline.get(column * outline.len() / (right - left)) else { break };
                let (high, low) = (row(f64::from(part.most)), row(f64::from(part.least)));
                plate.fill((left + column, high), (1, (low - high).max(1)), NUMBERS);
                let (high, low) =
                    (row(part.rms().min(f64::from(part.most))), row((-part.rms()).max(f64::from(part.least))));
                plate.fill((left + column, high), (1, low.saturating_sub(high)), OWN);
            }
        });
        let file = file.map_err(|error| Fault::Broken(format!("a picture could not be encoded: {error}")))?;
        output.begin("image/png")?;
        output.write(&file)
    }
}
