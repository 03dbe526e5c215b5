//! The methods: what each is called, what it takes, and what runs it. A step of a pipeline is a method as well.

use bytes::Bytes;
use inos_unit::{
    Call, Determinism, Fault, Host, Method, Params, Price, Reading, read_parted, schema_of, schema_of_both,
};
use schemars::JsonSchema;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::chain::{Chain, Flow};
use crate::info::{self, InfoParams};
use crate::measure::{
    self, Bands, ChromaParams, Fft, FftParams, Istft, IstftParams, Levels, LevelsParams, Loudness, LoudnessParams,
    MelParams, MfccParams, Onsets, OnsetsParams, Peaks, PeaksParams, Pitch, PitchParams, Silence, SilenceParams,
    Spectrogram, SpectrogramParams, StftParams, Transformed, listen,
};
use crate::read::Damage;
use crate::sound::{Rows, Sound, frames};
use crate::spatial::Scene;
use crate::steps::{
    Channels, Convolve, Crossfade, Delay, Fade, Filter, Gain, Mix, Normalize, Resample, Reverb, Reverse, STEPS_MAX,
    Step, Trim,
};
use crate::write::{FileParams, Writer};

/// The largest input, in bytes: two hours of CD sound as WAV.
const INPUT_BYTES_MAX: u64 = 1536 << 20;
/// The largest output, in bytes.
const OUTPUT_BYTES_MAX: u64 = 1536 << 20;
/// The most inputs.
const INPUTS_MAX: u32 = 64;
/// How long one run may take, in milliseconds.
const TIMEOUT_MS: u64 = 600_000;
/// What a job costs: a little for beginning, and then what it reads, what it writes and how long it works.
const PRICE: Price = Price { base: 10, per_kib_in: 1, per_kib_out: 1, per_cpu_ms: 1 };
/// What files are written as.
const FILE_MEDIA: &[&str] = &["audio/wav", "audio/flac"];

/// What every method that writes a file takes beside its own.
#[derive(Debug, Deserialize, JsonSchema)]
struct Common {
    /// The file that is written.
    #[serde(default)]
    output: FileParams,
    /// What becomes of a file that is damaged.
    #[serde(default)]
    damage: Damage,
}

/// Nothing is done to the sound.
#[derive(Debug, Deserialize, JsonSchema)]
struct Nothing {}

/// Steps, one after the other.
#[derive(Debug, Deserialize, JsonSchema)]
struct PipelineParams {
    /// What is done to the first input, in this order.
    #[schemars(length(min = 1, max = 32), example = serde_json::json!([{ "step": "gain", "db": -6 }]))]
    steps: Vec<Step>,
}

/// All inputs at a time, each brought to the first one's rate and channels.
#[derive(Debug, Deserialize, JsonSchema)]
struct MixParams {
    /// How much louder or softer each input is made, in decibels; those that are not named stay as they are.
    #[serde(default)]
    #[schemars(length(max = 64), example = serde_json::json!([0.0, -6.0]))]
    gains_db: Vec<f64>,
    /// When each input begins, in seconds; those that are not named begin at once. The first one always does.
    #[serde(default)]
    #[schemars(length(max = 64), example = serde_json::json!([0.0, 2.5]))]
    at_s: Vec<f64>,
}

/// All methods.
pub(crate) fn all() -> Vec<Method> {
    let json = &["application/json"][..];
    let about_file = Method {
        output_media: json,
        ..method("info", "Says what a file is and how long.", schema_of::<InfoParams>(), 1)
    };
    let convert = "Writes a sound as another file.";
    let pipeline = "Does several steps to a sound, one after the other, without a file between them.";
    vec![
        about_file,
        file::<Nothing>("convert", convert, 1),
        file::<PipelineParams>("pipeline", pipeline, INPUTS_MAX),
        file::<Resample>("resample", "Changes the rate of a sound.", 1),
        file::<Gain>("gain", "Makes a sound louder or softer.", 1),
        file::<Normalize>("normalize", "Brings a sound to a loudness or a peak.", 1),
        file::<Trim>("trim", "Keeps a part of a sound.", 1),
        file::<Fade>("fade", "Lets a sound begin and end softly.", 1),
        file::<Reverse>("reverse", "Plays a sound backwards.", 1),
        file::<Channels>("channels", "Makes other channels of those of a sound.", 1),
        file::<Filter>("filter", "Lets some frequencies pass more than others.", 1),
        file::<Delay>("delay", "Repeats a sound, softer each time.", 1),
        file::<Reverb>("reverb", "Lets a sound stand in a room.", 1),
        Method { inputs: (2, 2), ..file::<Convolve>("convolve", "Lets a sound sound as another one answers.", 2) },
        file::<MixParams>("mix", "Adds sounds.", INPUTS_MAX),
        Method { inputs: (2, 2), ..file::<Crossfade>("crossfade", "Lets one sound fade into another.", 2) },
        file::<Scene>("spatial", "Places sounds around a listener, also moving ones.", INPUTS_MAX),
        heard::<FftParams>("fft", "Says which frequencies a part of a sound has.", &["application/json"]),
        heard::<StftParams>("stft", "Transforms a sound frame by frame.", &["application/x-npy"]),
        file::<IstftParams>("istft", "Makes a sound of its transformed frames.", 1),
        heard::<SpectrogramParams>(
            "spectrogram",
            "Shows which frequencies a sound has when.",
            &["image/png", "application/x-npy"],
        ),
        heard::<MelParams>("mel", "Says how strong a sound is in bands as they are heard.", &["application/x-npy"]),
        heard::<MfccParams>("mfcc", "Says the shape of a sound's spectrum in a few numbers.", &["application/x-npy"]),
        heard::<ChromaParams>("chroma", "Says how strong each tone of an octave is.", &["application/x-npy"]),
        heard::<OnsetsParams>("onsets", "Says when tones begin, and the tempo.", &["application/json"]),
        heard::<PitchParams>("pitch", "Says how high a voice or an instrument sounds.", &["application/json"]),
        heard::<LoudnessParams>("loudness", "Says how loud a sound is after EBU R 128.", &["application/json"]),
        heard::<LevelsParams>("levels", "Says the peak and the mean power of each channel.", &["application/json"]),
        heard::<PeaksParams>("peaks", "Says the outline of a sound, or draws it.", &["application/json", "image/png"]),
        heard::<SilenceParams>("silence", "Says where nothing is heard.", &["application/json"]),
    ]
}

fn method(name: &'static str, summary: &'static str, params: Value, inputs_max: u32) -> Method {
    Method {
        name,
        summary,
        params,
        inputs: (1, inputs_max),
        input_media: &["audio/*", "*/*"],
        input_bytes_max: INPUT_BYTES_MAX,
        reading: Reading::Whole,
        output_media: FILE_MEDIA,
        output_bytes_max: OUTPUT_BYTES_MAX,
        determinism: Determinism::Version,
        price: PRICE,
        inline_bytes_max: None,
        timeout_ms: TIMEOUT_MS,
        heartbeat_ms: None,
        gives_secret: false,
        held_key: None,
    }
}

/// A method that writes a file, with parameters of its own beside those of all such methods.
fn file<T: JsonSchema>(name: &'static str, summary: &'static str, inputs_max: u32) -> Method {
    method(name, summary, schema_of_both::<T, Common>(), inputs_max)
}

/// A method that hears a sound and says something of it.
fn heard<T: JsonSchema>(name: &'static str, summary: &'static str, output_media: &'static [&'static str]) -> Method {
    // Steps that are done before may name other inputs.
    Method { output_media, ..method(name, summary, measure::schema::<T>(), INPUTS_MAX) }
}

/// Parameters taken apart into those of all methods that write a file and a method's own.
fn parted<T: DeserializeOwned>(params: &Params) -> Result<(Common, T), Fault> {
    read_parted(params, &["output", "damage"])
}

/// Runs a job.
pub(crate) fn run(call: &mut Call<'_>, host: &dyn Host) -> Result<(), Fault> {
    match call.method {
        "info" => info::run(call, host),
        "convert" => {
            let (common, Nothing {}) = parted(call.params)?;
            write(call, host, common, &[], "/params")
        }
        "pipeline" => {
            let (common, PipelineParams { steps }) = parted(call.params)?;
            if steps.len() > STEPS_MAX {
                return Err(Fault::limit(STEPS_MAX as u64, "steps of a pipeline"));
            }
            write(call, host, common, &steps, "/params/steps/{}")
        }
        "mix" => {
            let (common, params) = parted(call.params)?;
            let steps = mixing(&params, call.inputs.count());
            write(call, host, common, &steps, "/params")
        }
        "resample" => one(call, host, Step::Resample),
        "gain" => one(call, host, Step::Gain),
        "normalize" => one(call, host, Step::Normalize),
        "trim" => one(call, host, Step::Trim),
        "fade" => one(call, host, Step::Fade),
        "reverse" => one(call, host, Step::Reverse),
        "channels" => one(call, host, Step::Channels),
        "filter" => one(call, host, Step::Filter),
        "delay" => one(call, host, Step::Delay),
        "reverb" => one(call, host, Step::Reverb),
        "convolve" => one(call, host, Step::Convolve),
        "crossfade" => one(call, host, Step::Crossfade),
        "spatial" => {
            let (common, scene): (Common, Scene) = parted(call.params)?;
            let chain = Chain::new(inputs(call)?, common.damage, &[], "/params", host);
            encode(call, host, &common.output, (&chain, chain.placed(&scene)?))
        }
        "istft" => {
            let (common, params) = parted(call.params)?;
            Istft::run(call, host, &common.output, &params)
        }
        _ => hear(call, host),
    }
}

/// A method that says something of a sound.
fn hear(call: &mut Call<'_>, host: &dyn Host) -> Result<(), Fault> {
    match call.method {
        "fft" => listen(call, host, Fft::new),
        "stft" => listen(call, host, Transformed::new),
        "spectrogram" => listen(call, host, Spectrogram::new),
        "mel" => listen(call, host, Bands::mel),
        "mfcc" => listen(call, host, Bands::mfcc),
        "chroma" => listen(call, host, Bands::chroma),
        "onsets" => listen(call, host, Onsets::new),
        "pitch" => listen(call, host, Pitch::new),
        "loudness" => listen(call, host, Loudness::new),
        "levels" => listen(call, host, Levels::new),
        "peaks" => listen(call, host, Peaks::new),
        "silence" => listen(call, host, Silence::new),
        other => Err(Fault::Broken(format!("the specification promises no method {other}"))),
    }
}

/// A method that is one step.
fn one<T: DeserializeOwned>(call: &mut Call<'_>, host: &dyn Host, step: fn(T) -> Step) -> Result<(), Fault> {
    let (common, params) = parted(call.params)?;
    write(call, host, common, &[step(params)], "/params")
}

/// The steps that add all inputs.
fn mixing(params: &MixParams, count: usize) -> Vec<Step> {
    let gain = |index: usize| params.gains_db.get(index).copied().unwrap_or(0.0);
    let first = Step::Gain(Gain { db: gain(0) });
    let others = (1..count).map(|index| {
        let at_s = params.at_s.get(index).copied().unwrap_or(0.0);
        // A job has few inputs.
        Step::Mix(Mix { input: index as u32, gain_db: gain(index), at_s })
    });
    std::iter::once(first).chain(others).collect()
}

/// All inputs, where they lie.
pub(crate) fn inputs(call: &mut Call<'_>) -> Result<Vec<Bytes>, Fault> {
    (0..call.inputs.count()).map(|index| call.inputs.get(index)?.bytes()).collect()
}

/// Writes what the steps make of the first input.
fn write(call: &mut Call<'_>, host: &dyn Host, common: Common, steps: &[Step], pointer: &str) -> Result<(), Fault> {
    let chain = Chain::new(inputs(call)?, common.damage, steps, pointer, host);
    encode(call, host, &common.output, (&chain, chain.open()?))
}

/// Writes a sound as the only output.
fn encode(
    call: &mut Call<'_>,
    host: &dyn Host,
    file: &FileParams,
    (chain, mut sound): (&Chain<'_>, Flow<'_>),
) -> Result<(), Fault> {
    let (kept, claimed) = (chain.kept()?, chain.claimed()?);
    let mut writer = Writer::begin(file, (sound.form(), kept), host, call.output)?;
    let (mut rows, mut done) = (Rows::new(), 0);
    while sound.next(&mut rows)? {
        writer.write(&rows, call.output)?;
        done += frames(&rows) as u64;
        host.progress(done, claimed.max(done));
    }
    writer.finish(host, call.output)
}
