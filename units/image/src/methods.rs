//! The methods: what each is called, what it takes, and what runs it. A step of a pipeline is a method as well.

use bytes::Bytes;
use inos_unit::{Call, Determinism, Fault, Host, Method, Price, Reading, read_parted, schema_of, schema_of_both};
use schemars::JsonSchema;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::measure::{self, BlurhashParams, ColorsParams, CompareParams, PhashParams, ThumbhashParams};
use crate::picture::Picture;
use crate::read::{Damage, MEDIA, Picked, Reader};
use crate::steps::{
    Adjust, Blur, Crop, Edges, Flip, Grayscale, Invert, Levels, Median, Overlay, Resize, Rotate, STEPS_MAX, Step,
    Thumbnail, Tile, Unsharp,
};
use crate::write::{FileParams, write};

/// The largest input, in bytes.
const INPUT_BYTES_MAX: u64 = 256 << 20;
/// The largest output, in bytes.
const OUTPUT_BYTES_MAX: u64 = 1 << 30;
/// The most inputs.
const INPUTS_MAX: u32 = 64;
/// How long one run may take, in milliseconds.
const TIMEOUT_MS: u64 = 120_000;
/// What a job costs: a little for beginning, and then what it reads, what it writes and how long it works.
const PRICE: Price = Price { base: 10, per_kib_in: 1, per_kib_out: 1, per_cpu_ms: 1 };
const JSON: &[&str] = &["application/json"];
const JSON_OR_PNG: &[&str] = &["application/json", "image/png"];

/// What every method that reads a picture takes beside its own.
#[derive(Debug, Default, Deserialize, JsonSchema)]
struct Common {
    /// The file that is written.
    #[serde(default)]
    output: FileParams,
    /// What becomes of a file that is damaged.
    #[serde(default)]
    damage: Damage,
}

/// What every method that says something of a picture takes beside its own.
#[derive(Debug, Deserialize, JsonSchema)]
struct Before {
    /// What is done to the picture before.
    #[serde(default)]
    #[schemars(length(max = 32), example = json!([{ "step": "crop", "width": 100, "height": 100 }]))]
    steps: Vec<Step>,
    /// What becomes of a file that is damaged.
    #[serde(default)]
    damage: Damage,
}

/// Nothing is done to the picture.
#[derive(Debug, Deserialize, JsonSchema)]
struct Nothing {}

/// Steps, one after the other.
#[derive(Debug, Deserialize, JsonSchema)]
struct PipelineParams {
    /// What is done to the first input, in this order.
    #[schemars(length(min = 1, max = 32), example = json!([{ "step": "resize", "width": 640 }, { "step": "grayscale" }]))]
    steps: Vec<Step>,
}

/// Nothing is asked but what the head says.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct InfoParams {}

/// All methods.
pub(crate) fn all() -> Vec<Method> {
    let info = "Says what a file is and how large, by its head alone.";
    let pipeline = "Does several steps to a picture, which is decoded and encoded once.";
    let compare = "Says how much two pictures differ, or shows where.";
    vec![
        Method { output_media: JSON, ..method("info", info, schema_of::<InfoParams>(), 1) },
        file::<Nothing>("convert", "Writes a picture as another file.", 1),
        file::<PipelineParams>("pipeline", pipeline, INPUTS_MAX),
        file::<Resize>("resize", "Makes a picture larger or smaller.", 1),
        file::<Thumbnail>("thumbnail", "Makes a picture small, and never larger.", 1),
        file::<Crop>("crop", "Keeps a part of a picture.", 1),
        file::<Rotate>("rotate", "Turns a picture.", 1),
        file::<Flip>("flip", "Mirrors a picture.", 1),
        file::<Tile>("tile", "Repeats a picture side by side.", 1),
        file::<Grayscale>("grayscale", "Takes a picture's colours away.", 1),
        file::<Invert>("invert", "Turns light into dark.", 1),
        file::<Levels>("levels", "Says what of a picture is dark, what is light and what is between.", 1),
        file::<Adjust>("adjust", "Changes brightness, contrast, saturation and hue.", 1),
        file::<Blur>("blur", "Makes a picture soft.", 1),
        file::<Unsharp>("unsharp", "Makes a picture sharper.", 1),
        file::<Median>("median", "Takes specks away, and keeps edges.", 1),
        file::<Edges>("edges", "Shows where a picture changes.", 1),
        Method { inputs: (2, 2), ..file::<Overlay>("overlay", "Lays one picture over another.", 2) },
        seen::<BlurhashParams>("blurhash", "Says a blurred picture in some thirty letters, or draws it.", JSON_OR_PNG),
        seen::<ThumbhashParams>("thumbhash", "Says a tiny picture in some thirty bytes, or draws it.", JSON_OR_PNG),
        seen::<ColorsParams>("colors", "Says which colours a picture mostly has, or draws them.", JSON_OR_PNG),
        seen::<PhashParams>("phash", "Says what a picture looks like in 64 bits: alike for what looks alike.", JSON),
        Method { inputs: (2, 2), ..seen::<CompareParams>("compare", compare, JSON_OR_PNG) },
    ]
}

fn method(name: &'static str, summary: &'static str, params: Value, inputs_max: u32) -> Method {
    Method {
        name,
        summary,
        params,
        inputs: (1, inputs_max),
        input_media: &["image/*", "*/*"],
        input_bytes_max: INPUT_BYTES_MAX,
        reading: Reading::Whole,
        output_media: MEDIA,
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

/// A method that says something of a picture; steps that are done before may name other inputs.
fn seen<T: JsonSchema>(name: &'static str, summary: &'static str, output_media: &'static [&'static str]) -> Method {
    let params = schema_of_both::<T, Before>();
    Method { output_media, ..method(name, summary, params, INPUTS_MAX) }
}

/// Runs a job.
pub(crate) fn run(call: &mut Call<'_>, host: &dyn Host) -> Result<(), Fault> {
    match call.method {
        "info" => {
            let InfoParams {} = call.read_params()?;
            let bytes = call.inputs.get(0)?.bytes()?;
            let said = Reader::new(&bytes, 0, Damage::Keep)?.info(host)?;
            measure::say(&said, call.output)
        }
        "convert" => {
            let (common, Nothing {}) = read_parted(call.params, &["output", "damage"])?;
            make(call, host, &common, &[], "/params")
        }
        "pipeline" => {
            let (common, PipelineParams { steps }) = read_parted(call.params, &["output", "damage"])?;
            make(call, host, &common, &steps, "/params/steps/{}")
        }
        "resize" => one(call, host, Step::Resize),
        "thumbnail" => one(call, host, Step::Thumbnail),
        "crop" => one(call, host, Step::Crop),
        "rotate" => one(call, host, Step::Rotate),
        "flip" => one(call, host, Step::Flip),
        "tile" => one(call, host, Step::Tile),
        "grayscale" => one(call, host, Step::Grayscale),
        "invert" => one(call, host, Step::Invert),
        "levels" => one(call, host, Step::Levels),
        "adjust" => one(call, host, Step::Adjust),
        "blur" => one(call, host, Step::Blur),
        "unsharp" => one(call, host, Step::Unsharp),
        "median" => one(call, host, Step::Median),
        "edges" => one(call, host, Step::Edges),
        "overlay" => one(call, host, Step::Overlay),
        "blurhash" => see(call, host, measure::blurhash),
        "thumbhash" => see(call, host, measure::thumbhash),
        "colors" => see(call, host, measure::colors),
        "phash" => see(call, host, measure::phash),
        "compare" => see(call, host, measure::compare),
        other => Err(Fault::Broken(format!("the specification promises no method {other}"))),
    }
}

/// A method that is one step.
fn one<T: DeserializeOwned>(call: &mut Call<'_>, host: &dyn Host, step: fn(T) -> Step) -> Result<(), Fault> {
    let (common, params) = read_parted(call.params, &["output", "damage"])?;
    make(call, host, &common, &[step(params)], "/params")
}

/// Writes what the steps make of the first input.
fn make(call: &mut Call<'_>, host: &dyn Host, common: &Common, steps: &[Step], pointer: &str) -> Result<(), Fault> {
    let inputs = inputs(call)?;
    let picked = Picked { inputs: &inputs, damage: common.damage };
    let picture = changed(&picked, 0, steps, pointer, host)?;
    write(picture, &common.output, call.output, host)
}

/// Says what a method sees in the inputs, to which the steps have been done; each is decoded only when it is looked at.
fn see<P: DeserializeOwned>(
    call: &mut Call<'_>,
    host: &dyn Host,
    look: impl FnOnce(P, &measure::Pictures<'_>, &mut dyn inos_unit::Output) -> Result<(), Fault>,
) -> Result<(), Fault> {
    let (Before { steps, damage }, params) = read_parted(call.params, &["steps", "damage"])?;
    let inputs = inputs(call)?;
    let picked = Picked { inputs: &inputs, damage };
    let decode = |index: usize, host: &dyn Host| Ok(changed(&picked, index, &steps, "/params/steps/{}", host)?.pixels);
    let pictures = measure::Pictures { count: inputs.len(), decode: &decode, host };
    look(params, &pictures, call.output)
}

/// All inputs, where they lie.
fn inputs(call: &mut Call<'_>) -> Result<Vec<Bytes>, Fault> {
    (0..call.inputs.count()).map(|index| call.inputs.get(index)?.bytes()).collect()
}

/// An input after all steps.
fn changed(
    picked: &Picked<'_>,
    index: usize,
    steps: &[Step],
    pointer: &str,
    host: &dyn Host,
) -> Result<Picture, Fault> {
    if steps.len() > STEPS_MAX {
        return Err(Fault::limit(STEPS_MAX as u64, "steps of a pipeline"));
    }
    let mut picture = Reader::new(&picked.inputs[index], index, picked.damage)?.decode(host)?;
    let total = steps.len() as u64 + 2;
    host.progress(1, total);
    for (at, step) in steps.iter().enumerate() {
        host.check()?;
        let pointer = pointer.replace("{}", &at.to_string());
        picture.pixels = step.apply(picture.pixels, &pointer, picked, host)?;
        host.progress(at as u64 + 2, total);
    }
    Ok(picture)
}
