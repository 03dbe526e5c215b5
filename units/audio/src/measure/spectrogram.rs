//! Which frequencies a sound has when: numbers for other programs, or a picture with axes.

use inos_plot::{Axis, FRAME, OWN, Plot};
use inos_unit::{Fault, Output};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::npy::Npy;
use super::real::powers;
use super::stft::{Cut, Frames};
use super::{Listener, mel};
use crate::sound::{Form, Rows, frames};

/// How many columns there are at most on the way; then two become one, each frequency the stronger.
const COLUMNS_MAX: usize = 2 * (FRAME.2 - FRAME.0);
/// How many colours there are, and those between which the others lie: each lighter than the one before it.
const COLOURS: usize = 240;
const ANCHORS: [[f64; 3]; 6] = [
    [10.0, 9.0, 34.0],
    [66.0, 19.0, 102.0],
    [146.0, 39.0, 108.0],
    [217.0, 74.0, 78.0],
    [250.0, 155.0, 62.0],
    [252.0, 244.0, 176.0],
];

/// How frequencies lie in a picture.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Scale {
    /// At equal distances.
    Linear,
    /// Each octave as high as any other.
    Log,
    /// As they are heard.
    #[default]
    Mel,
}

/// What a value is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Value {
    /// The amplitude of a sine that would read so.
    Amplitude,
    /// Its square.
    Power,
    /// The amplitude in decibels below full scale, at least `-db_range`.
    #[default]
    Db,
}

/// What an answer is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Answer {
    /// A picture with axes.
    #[default]
    Png,
    /// A NumPy file of `f32`: a row for each frame, a column for each frequency from 0 to half of the rate.
    Npy,
}

/// How to look at a sound.
#[derive(Debug, Deserialize, JsonSchema)]
pub(crate) struct SpectrogramParams {
    #[serde(flatten)]
    cut: Cut,
    /// A picture or numbers.
    #[serde(default)]
    output: Answer,
    /// How frequencies lie in a picture.
    #[serde(default)]
    scale: Scale,
    /// What a value of the numbers is.
    #[serde(default)]
    value: Value,
    /// How far below full scale the least is that is told, in decibels.
    #[serde(default = "range")]
    #[schemars(range(min = 1.0, max = 200.0), example = 90.0)]
    db_range: f64,
    /// The lowest frequency of a picture, in Hz; on a logarithmic scale at least 20.
    #[serde(default)]
    #[schemars(range(min = 0.0, max = 384_000.0), example = 0.0)]
    low_hz: f64,
    /// The highest frequency of a picture, in Hz; half of the rate where nothing is given.
    #[serde(default)]
    #[schemars(range(min = 1.0, max = 384_000.0), example = 8000.0)]
    high_hz: Option<f64>,
}

fn range() -> f64 {
    90.0
}

/// `spectrogram`: which frequencies a sound has when.
pub(crate) struct Spectrogram {
    frames: Frames,
    form: Form,
    heard: u64,
    /// What makes an amplitude of a number of a spectrum.
    weight: f32,
    into: Into,
}

enum Into {
    Numbers { npy: Npy, value: Value, floor: f32, row: Vec<f32> },
    Picture(Columns),
}

/// The columns of a picture: the power of each of its rows.
struct Columns {
    scale: Scale,
    range: (f64, f64),
    db_range: f64,
    /// Of each row of the picture, from below, which frequencies it shows.
    bins: Vec<(usize, usize)>,
    columns: Vec<Vec<f32>>,
    /// The powers of the frame that comes next.
    power: Vec<f32>,
    /// How many frames a whole column has, and how many the last one has.
    width: usize,
    last: usize,
}

impl Spectrogram {
    pub(crate) fn new(params: SpectrogramParams, form: Form, output: &mut dyn Output) -> Result<Self, Fault> {
        let frames = Frames::new(&params.cut, form)?;
        let weight = 2.0 / frames.window.iter().sum::<f32>();
        let into = match params.output {
            Answer::Npy => {
                let npy = Npy::begin("<f4", frames.bins(), output)?;
                Into::Numbers { npy, value: params.value, floor: -params.db_range as f32, row: Vec::new() }
            }
            Answer::Png => Into::Picture(Columns::new(&params, form, frames.bins())?),
        };
        Ok(Self { frames, form, heard: 0, weight, into })
    }
}

impl Into {
    fn push(
        &mut self,
        spectrum: &[realfft::num_complex::Complex<f32>],
        weight: f32,
        output: &mut dyn Output,
    ) -> Result<(), Fault> {
        let square = weight * weight;
        match self {
            Self::Picture(columns) => {
                powers(spectrum, square, false, &mut columns.power);
                columns.push();
                Ok(())
            }
            Self::Numbers { npy, value, floor, row } => {
                powers(spectrum, square, *value == Value::Amplitude, row);
                if *value == Value::Db {
                    row.iter_mut().for_each(|power| *power = (10.0 * power.log10()).max(*floor));
                }
                npy.push(row, output)
            }
        }
    }
}

impl Listener for Spectrogram {
    fn hear(&mut self, rows: &Rows, output: &mut dyn Output) -> Result<(), Fault> {
        let Self { frames: cut, weight, into, .. } = self;
        self.heard += frames(rows) as u64;
        cut.hear(rows, &mut |spectrum| into.push(spectrum, *weight, output))
    }

    fn finish(mut self: Box<Self>, output: &mut dyn Output) -> Result<(), Fault> {
        let Self { frames: cut, weight, into, .. } = &mut *self;
        cut.finish(&mut |spectrum| into.push(spectrum, *weight, output))?;
        match self.into {
            Into::Numbers { npy, .. } => npy.finish(output),
            Into::Picture(columns) => {
                let file = columns.picture(self.heard as f64 / f64::from(self.form.rate))?;
                output.begin("image/png")?;
                output.write(&file)
            }
        }
    }
}

impl Columns {
    fn new(params: &SpectrogramParams, form: Form, bins: usize) -> Result<Self, Fault> {
        let half = f64::from(form.rate) / 2.0;
        let low = if params.scale == Scale::Log { params.low_hz.max(20.0_f64.min(half / 2.0)) } else { params.low_hz };
        let high = params.high_hz.unwrap_or(half);
        if high > half || low >= high {
            let message = format!("must be above `low_hz`, and at most half of the sound's rate, {half} Hz");
            return Err(Fault::invalid("/params/high_hz", message));
        }
        let range = (low, high);
        let rows = FRAME.3 - FRAME.1;
        let bin = |row: usize| {
            let hz = params.scale.hz(row as f64 / rows as f64, range);
            // No frequency is beyond half of the rate.
            ((hz / half * (bins - 1) as f64).round() as usize).min(bins - 1)
        };
        let bins = (0..rows).map(|row| (bin(row), bin(row + 1).max(bin(row) + 1))).collect();
        let (scale, db_range) = (params.scale, params.db_range);
        Ok(Self { scale, range, db_range, bins, columns: Vec::new(), power: Vec::new(), width: 1, last: 0 })
    }

    fn push(&mut self) {
        let power = &self.power;
        let strongest = |(from, to): &(usize, usize)| {
            power[*from..(*to).min(power.len())].iter().fold(0.0_f32, |most, p| most.max(*p))
        };
        let column: Vec<f32> = self.bins.iter().map(strongest).collect();
        match self.columns.last_mut() {
            Some(last) if self.last < self.width => {
                last.iter_mut().zip(&column).for_each(|(last, power)| *last = last.max(*power));
                self.last += 1;
            }
            _ => {
                if self.columns.len() == COLUMNS_MAX {
                    let pairs = self.columns.chunks(2);
                    self.columns = pairs
                        .map(|pair| pair[0].iter().zip(&pair[pair.len() - 1]).map(|(a, b)| a.max(*b)).collect())
                        .collect();
                    self.width *= 2;
                }
                self.columns.push(column);
                self.last = 1;
            }
        }
    }

    fn picture(&self, seconds: f64) -> Result<Vec<u8>, Fault> {
        let strongest = self.columns.iter().flatten().fold(0.0_f32, |most, power| most.max(*power));
        let top = 10.0 * f64::from(strongest).max(1e-20).log10();
        let shade = |power: f32| {
            let part = 1.0 + (10.0 * f64::from(power).max(1e-20).log10() - top) / self.db_range;
            // There are fewer colours than a byte has room for.
            OWN + (part.clamp(0.0, 1.0) * (COLOURS - 1) as f64).round() as u8
        };
        let (across, up) = (Axis::linear("time, s", (0.0, seconds), 8), self.scale.axis(self.range));
        let title = format!("spectrogram, {:.0} dB from dark to light", self.db_range);
        let colours = colours();
        let plot = Plot { title: &title, across: &across, up: &up, colours: &colours };
        let file = plot.png(|plate| {
            let (left, _, right, bottom) = FRAME;
            for column in 0..right - left {
                let Some(powers) = self.columns.get(column * self.columns.len() / (right - left)) else { break };
                for (row, power) in powers.iter().enumerate() {
                    plate.fill((left + column, bottom - 1 - row), (1, 1), shade(*power));
                }
            }
        });
        file.map_err(|error| Fault::Broken(format!("a picture could not be encoded: {error}")))
    }
}

/// The colours from the softest to the strongest.
fn colours() -> Vec<[u8; 3]> {
    let colour = |at: usize| {
        let place = at as f64 / (COLOURS - 1) as f64 * (ANCHORS.len() - 1) as f64;
        let below = (place as usize).min(ANCHORS.len() - 2);
        let part = place - below as f64;
        // Between two bytes.
        std::array::from_fn(|tone| {
            (ANCHORS[below][tone] * (1.0 - part) + ANCHORS[below + 1][tone] * part).round() as u8
        })
    };
    (0..COLOURS).map(colour).collect()
}

impl Scale {
    /// The frequency at a part of the way up.
    fn hz(self, part: f64, (low, high): (f64, f64)) -> f64 {
        match self {
            Self::Linear => low + (high - low) * part,
            Self::Log => low * (high / low).powf(part),
            Self::Mel => mel::hz(mel::mel(low) + (mel::mel(high) - mel::mel(low)) * part),
        }
    }

    /// How much of the way up a frequency is.
    fn part(self, hz: f64, (low, high): (f64, f64)) -> f64 {
        match self {
            Self::Linear => (hz - low) / (high - low),
            Self::Log => (hz / low).ln() / (high / low).ln(),
            Self::Mel => (mel::mel(hz) - mel::mel(low)) / (mel::mel(high) - mel::mel(low)),
        }
    }

    fn axis(self, range: (f64, f64)) -> Axis {
        if self == Self::Linear {
            return Axis::linear("frequency, Hz", range, 6);
        }
        let usual: &[f64] = match self {
            Self::Log => &[20.0, 50.0, 100.0, 200.0, 500.0, 1e3, 2e3, 5e3, 1e4, 2e4, 5e4, 1e5, 2e5],
            _ => &[0.0, 250.0, 500.0, 1e3, 2e3, 4e3, 8e3, 16e3, 32e3, 64e3, 128e3, 256e3],
        };
        Axis::of("frequency, Hz", usual.iter().map(|hz| (self.part(*hz, range), format!("{hz:.0}"))))
    }
}
