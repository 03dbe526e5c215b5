//! What is found out of a sound: listeners that hear it block by block, and what they say at its end. No sound is ever held.

mod fft;
mod level;
mod mel;
mod npy;
mod peaks;
mod pitch;
mod real;
mod rhythm;
mod spectrogram;
mod stft;
mod window;

use inos_unit::{Call, Fault, Host, Output, read_parted, schema_of_both};
use schemars::JsonSchema;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::chain::Chain;
use crate::read::Damage;
use crate::sound::{Form, Rows, frames};
use crate::steps::Step;

pub(crate) use fft::{Fft, FftParams};
pub(crate) use level::{Levels, LevelsParams, Loudness, LoudnessParams, Silence, SilenceParams};
pub(crate) use mel::{Bands, ChromaParams, MelParams, MfccParams};
pub(crate) use peaks::{Peaks, PeaksParams};
pub(crate) use pitch::{Pitch, PitchParams};
pub(crate) use rhythm::{Onsets, OnsetsParams};
pub(crate) use spectrogram::{Spectrogram, SpectrogramParams};
pub use stft::amplitudes;
pub(crate) use stft::{Istft, IstftParams, StftParams, Transformed};

/// What hears a sound.
pub(crate) trait Listener {
    /// The next frames, and where results go that are too long to be held.
    fn hear(&mut self, rows: &Rows, output: &mut dyn Output) -> Result<(), Fault>;

    /// Says what was heard.
    fn finish(self: Box<Self>, output: &mut dyn Output) -> Result<(), Fault>;
}

/// What every method that listens takes beside its own.
#[derive(Debug, Deserialize, JsonSchema)]
struct Common {
    /// What is done to the sound before.
    #[serde(default)]
    #[schemars(length(max = 32), example = serde_json::json!([{ "step": "trim", "end_s": 10 }]))]
    steps: Vec<Step>,
    /// What becomes of a file that is damaged.
    #[serde(default)]
    damage: Damage,
}

/// The schema of a method that listens.
pub(crate) fn schema<T: JsonSchema>() -> Value {
    schema_of_both::<T, Common>()
}

/// Lets a listener hear what the steps make of the first input.
pub(crate) fn listen<P: DeserializeOwned, L: Listener + 'static>(
    call: &mut Call<'_>,
    host: &dyn Host,
    listener: impl FnOnce(P, Form, &mut dyn Output) -> Result<L, Fault>,
) -> Result<(), Fault> {
    let (Common { steps, damage }, own) = read_parted(call.params, &["steps", "damage"])?;
    let chain = Chain::new(crate::methods::inputs(call)?, damage, &steps, "/params/steps/{}", host);
    let claimed = chain.claimed()?;
    let mut sound = chain.open()?;
    let mut listener = Box::new(listener(own, sound.form(), call.output)?);
    let (mut rows, mut done) = (Rows::new(), 0);
    while sound.next(&mut rows)? {
        listener.hear(&rows, call.output)?;
        done += frames(&rows) as u64;
        host.progress(done, claimed.max(done));
    }
    listener.finish(call.output)
}

/// Writes a value as the only output.
fn say(value: &Value, output: &mut dyn Output) -> Result<(), Fault> {
    output.begin("application/json")?;
    output.write(value.to_string().as_bytes())
}

/// Which channel is heard: the mean of all where none is named.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ear(Option<usize>);

impl Ear {
    fn new(channel: Option<u32>, form: Form) -> Result<Self, Fault> {
        match channel.map(|channel| usize::try_from(channel).unwrap_or(usize::MAX)) {
            Some(channel) if channel >= form.channels => {
                Err(Fault::invalid("/params/channel", format!("the sound has {} channels, from 0", form.channels)))
            }
            channel => Ok(Self(channel)),
        }
    }

    /// What is heard of a block.
    fn hear(self, rows: &Rows, heard: &mut Vec<f32>) {
        heard.clear();
        match self.0 {
            Some(channel) => heard.extend(rows[channel].iter().map(|sample| *sample as f32)),
            None if rows.len() == 1 => heard.extend(rows[0].iter().map(|sample| *sample as f32)),
            None => {
                let share = 1.0 / rows.len() as f64;
                heard.extend((0..frames(rows)).map(|at| (rows.iter().map(|row| row[at]).sum::<f64>() * share) as f32));
            }
        }
    }
}

/// A factor in decibels; of silence the lowest that is told.
fn db(factor: f64) -> f64 {
    const FLOOR: f64 = -200.0;
    if factor > 0.0 { (20.0 * factor.log10()).max(FLOOR) } else { FLOOR }
}
