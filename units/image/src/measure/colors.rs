//! The colours that a picture mostly has: k-means over Björn Ottosson's Oklab, where distances are about as large as they look
//! (<https://bottosson.github.io/posts/oklab/>).

use inos_unit::{Fault, Output};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Pictures, Said, say, show};
use crate::picture::{Raster, Sample};
use crate::steps::shrunk;

/// The longest side of the picture that is looked at.
const SIDE_MAX: u64 = 256;
/// How many bits of each channel say which colours are counted as one.
const BITS: u32 = 5;
/// How often the centres move, at most.
const ROUNDS_MAX: usize = 32;
/// Width and height of a drawn palette, in pixels.
const DRAWN: (usize, usize) = (512, 64);

/// Parameters of `colors`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ColorsParams {
    /// How many colours are said, at most.
    #[serde(default = "five")]
    #[schemars(range(min = 1, max = 32))]
    count: u32,
    /// Whether they are written, or drawn as long as their shares are.
    #[serde(default, rename = "as")]
    said: Said,
}

fn five() -> u32 {
    5
}

/// Colours that lie close together, as one.
#[derive(Debug, Clone, Copy, Default)]
struct Spot {
    /// In Oklab.
    place: [f64; 3],
    /// How many opaque pixels it stands for.
    weight: f64,
}

pub(crate) fn colors(params: ColorsParams, pictures: &Pictures<'_>, output: &mut dyn Output) -> Result<(), Fault> {
    let small = shrunk((pictures.decode)(0, pictures.host)?, SIDE_MAX, pictures.host)?.eight().with_channels(4);
    let spots = spots(&small);
    let mut centres = begin(&spots, params.count.max(1) as usize);
    for _ in 0..ROUNDS_MAX {
        pictures.host.check()?;
        if !step(&spots, &mut centres) {
            break;
        }
    }
    // The order is that of their shares; of two equal ones, that of their light.
    centres.sort_by(|one, other| other.weight.total_cmp(&one.weight).then(other.place[0].total_cmp(&one.place[0])));
    match params.said {
        Said::Json => say(&json!({ "colors": told(&centres) }), output),
        Said::Png => show(drawn(&centres), output),
    }
}

/// The colours of a picture, counted.
fn spots(raster: &Raster<u8>) -> Vec<Spot> {
    let mut counted = vec![Spot::default(); 1 << (3 * BITS)];
    for pixel in raster.samples.chunks_exact(4) {
        let key = pixel[..3].iter().fold(0, |key, light| key << BITS | usize::from(light >> (8 - BITS)));
        let weight = f64::from(pixel[3].part());
        let place = oklab([pixel[0], pixel[1], pixel[2]]);
        let spot = &mut counted[key];
        (0..3).for_each(|at| spot.place[at] += weight * place[at]);
        spot.weight += weight;
    }
    let is_seen = |spot: &Spot| spot.weight > 0.0;
    let mean = |spot: Spot| Spot { place: spot.place.map(|sum| sum / spot.weight), ..spot };
    counted.into_iter().filter(is_seen).map(mean).collect()
}

/// Where the centres begin: each where most lies that is far from those that there are.
fn begin(spots: &[Spot], count: usize) -> Vec<Spot> {
    let mut centres: Vec<Spot> = Vec::new();
    let mut far = vec![1.0_f64; spots.len()];
    while centres.len() < count.min(spots.len()) {
        let pull = |at: usize| spots[at].weight * far[at];
        let Some(most) = (0..spots.len()).max_by(|one, other| pull(*one).total_cmp(&pull(*other))) else { break };
        if pull(most) <= 0.0 {
            break;
        }
        let centre = spots[most];
        for (far, spot) in far.iter_mut().zip(spots) {
            let away = distance(spot.place, centre.place);
            *far = if centres.is_empty() { away } else { far.min(away) };
        }
        centres.push(centre);
    }
    centres
}

/// Moves each centre to the middle of what is nearest to it; says whether one moved.
fn step(spots: &[Spot], centres: &mut Vec<Spot>) -> bool {
    let mut sums = vec![Spot::default(); centres.len()];
    for spot in spots {
        let away = |at: usize| distance(spot.place, centres[at].place);
        let Some(nearest) = (0..centres.len()).min_by(|one, other| away(*one).total_cmp(&away(*other))) else {
            continue;
        };
        let sum = &mut sums[nearest];
        (0..3).for_each(|at| sum.place[at] += spot.weight * spot.place[at]);
        sum.weight += spot.weight;
    }
    sums.retain(|sum| sum.weight > 0.0);
    sums.iter_mut().for_each(|sum| sum.place = sum.place.map(|part| part / sum.weight));
    let is_moved = sums.len() != centres.len()
        || sums.iter().zip(&*centres).any(|(sum, centre)| distance(sum.place, centre.place) > 1e-10);
    *centres = sums;
    is_moved
}

fn distance(one: [f64; 3], other: [f64; 3]) -> f64 {
    one.iter().zip(other).map(|(one, other)| (one - other).powi(2)).sum()
}

fn told(centres: &[Spot]) -> Vec<Value> {
    let all: f64 = centres.iter().map(|centre| centre.weight).sum();
    let told = |centre: &Spot| {
        let [red, green, blue] = srgb(centre.place);
        // Four digits are more than a picture of this size can tell.
        let share = (centre.weight / all * 10_000.0).round() / 10_000.0;
        json!({ "hex": format!("#{red:02x}{green:02x}{blue:02x}"), "share": share })
    };
    centres.iter().map(told).collect()
}

fn drawn(centres: &[Spot]) -> Raster<u8> {
    let all: f64 = centres.iter().map(|centre| centre.weight).sum();
    let (width, height) = DRAWN;
    let mut row = Vec::with_capacity(width * 3);
    let mut sum = 0.0;
    for centre in centres {
        sum += centre.weight;
        let end = (sum / all * width as f64).round() as usize * 3;
        while row.len() < end {
            row.extend(srgb(centre.place));
        }
    }
    // A picture that nothing is seen of has no colours.
    row.resize(width * 3, 255);
    Raster { width, height, channels: 3, samples: row.repeat(height) }
}

fn oklab(srgb: [u8; 3]) -> [f64; 3] {
    let linear = srgb.map(|light| {
        let part = f64::from(light) / 255.0;
        if part <= 0.040_45 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
    });
    let [red, green, blue] = linear;
    let long = (0.412_221_470_8 * red + 0.536_332_536_3 * green + 0.051_445_992_9 * blue).cbrt();
    let middle = (0.211_903_498_2 * red + 0.680_699_545_1 * green + 0.107_396_956_6 * blue).cbrt();
    let short = (0.088_302_461_9 * red + 0.281_718_837_6 * green + 0.629_978_700_5 * blue).cbrt();
    [
        0.210_454_255_3 * long + 0.793_617_785_0 * middle - 0.004_072_046_8 * short,
        1.977_998_495_1 * long - 2.428_592_205_0 * middle + 0.450_593_709_9 * short,
        0.025_904_037_1 * long + 0.782_771_766_2 * middle - 0.808_675_766_0 * short,
    ]
}

fn srgb([light, a, b]: [f64; 3]) -> [u8; 3] {
    let long = (light + 0.396_337_777_4 * a + 0.215_803_757_3 * b).powi(3);
    let middle = (light - 0.105_561_345_8 * a - 0.063_854_172_8 * b).powi(3);
    let short = (light - 0.089_484_177_5 * a - 1.291_485_548_0 * b).powi(3);
    let linear = [
        4.076_741_662_1 * long - 3.307_711_591_3 * middle + 0.230_969_929_2 * short,
        -1.268_438_004_6 * long + 2.609_757_401_1 * middle - 0.341_319_396_5 * short,
        -0.004_196_086_3 * long - 0.703_418_614_7 * middle + 1.707_614_701_0 * short,
    ];
    linear.map(|linear| {
        let part = if linear <= 0.003_130_8 { linear * 12.92 } else { 1.055 * linear.powf(1.0 / 2.4) - 0.055 };
        u8::of_part(part as f32)
    })
}
