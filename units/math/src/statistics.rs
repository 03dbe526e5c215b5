//! What can be said of many numbers in a few: moments, quantiles, histograms. Sums are compensated and taken in order, so
//! that they are the same everywhere.

use inos_unit::{Call, Fault, Host, Method};
use serde_json::{Value, json};

use crate::number::finite;
use crate::plot::Plot;
use crate::values::{self, STEP_COUNT, Values};

/// The most quantiles of one job.
const QUANTILES_MAX: usize = 32;
/// The most bins of a histogram.
const BINS_MAX: usize = 65_536;
/// How much higher than its highest bar a picture is.
const HEADROOM: f64 = 1.04;
/// How many bits of a key one pass of the selection looks at.
const DIGIT_BITS: u32 = 16;

pub(crate) fn methods() -> Vec<Method> {
    let values_about = "The numbers; left out, they are read from the input.";
    let example = [1.0, 2.0, 4.0, 8.0];
    let quantiles = json!({
        "type": "array",
        "items": { "type": "number", "minimum": 0, "maximum": 1 },
        "maxItems": QUANTILES_MAX,
        "description": "Which quantiles to give, from 0 to 1, interpolated between neighbours.",
        "examples": [[0.05, 0.95]],
    });
    let ddof = json!({
        "type": "integer", "minimum": 0, "maximum": 1, "default": 0, "examples": [1],
        "description": "What the count is lessened by in the variance: 0 for all there is, 1 for a sample of it.",
    });
    let statistics = json!({
        "values": values::schema(values_about, 1, &example),
        "type": crate::number::schema(),
        "quantiles": quantiles,
        "ddof": ddof,
    });
    let edge = |about: &str, example: f64| json!({ "type": "number", "description": about, "examples": [example] });
    let bins = json!({
        "type": "integer", "minimum": 1, "maximum": BINS_MAX, "default": 10, "examples": [4],
        "description": "How many bins of the same width.",
    });
    let histogram = json!({
        "values": values::schema(values_about, 1, &example),
        "type": crate::number::schema(),
        "bins": bins,
        "minimum": edge("Where the first bin begins; left out, at the least number.", 0.0),
        "maximum": edge("Where the last bin ends, which has its end in it; left out, at the greatest number.", 8.0),
        "output": values::output_schema("Counts and edges, or a picture of them."),
    });
    vec![
        values::method(
            "statistics",
            "Count, sum, mean, variance, skewness, kurtosis, extremes, median and quantiles of numbers.",
            values::object(statistics, &[]),
            (0, 1),
        ),
        Method {
            output_media: &["application/json", "image/png"],
            ..values::method(
                "histogram",
                "How many numbers lie in each of some bins of the same width.",
                values::object(histogram, &[]),
                (0, 1),
            )
        },
    ]
}

pub(crate) fn run(call: &mut Call<'_>, host: &dyn Host) -> Result<(), Fault> {
    let values = read(call, host)?;
    let ddof = values::whole(call.params, "ddof").unwrap_or(0);
    let asked = call.params.get("quantiles").and_then(values::numbers).unwrap_or_default();
    let count = values.numbers.len();
    let passes = Moments::PASSES + QUANTILE_PASSES * (asked.len() as u64 + 1);
    let mut passes = Passes { host, done: 0, total: passes * count as u64 };
    let moments = Moments::of(&values.numbers, &mut passes)?;
    if count <= ddof {
        return Err(Fault::invalid("/params/ddof", "a sample's variance needs two numbers"));
    }
    let say = |number: f64| finite(number, &values.pointer);
    let variance = moments.squares / (count - ddof) as f64;
    let mut quantiles = Vec::with_capacity(asked.len());
    for quantile in &asked {
        quantiles.push(say(self::quantile(&values.numbers, *quantile, &mut passes)?)?);
    }
    // Numbers that are all the same lean to no side.
    let shape = |moment: f64| if moments.squares == 0.0 { Ok(Value::Null) } else { say(moment) };
    let spread = moments.squares / count as f64;
    let answer = json!({
        "count": count,
        "sum": say(moments.sum)?,
        "mean": say(moments.mean)?,
        "variance": say(variance)?,
        "standard_deviation": say(variance.sqrt())?,
        "skewness": shape(moments.cubes / count as f64 / (spread * spread.sqrt()))?,
        "kurtosis": shape(moments.fourths / count as f64 / (spread * spread) - 3.0)?,
        "minimum": say(moments.minimum)?,
        "maximum": say(moments.maximum)?,
        "median": say(quantile(&values.numbers, 0.5, &mut passes)?)?,
        "quantiles": quantiles,
    });
    crate::batch::write_json(&answer, call.output)
}

pub(crate) fn run_histogram(call: &mut Call<'_>, host: &dyn Host) -> Result<(), Fault> {
    let values = read(call, host)?;
    let bins = values::whole(call.params, "bins").unwrap_or(10);
    let edge = |name: &str| call.params.get(name).and_then(Value::as_f64);
    let mut passes = Passes { host, done: 0, total: 2 * values.numbers.len() as u64 };
    let (least, greatest) = extremes(&values.numbers, &mut passes)?;
    let (mut from, mut to) = (edge("minimum").unwrap_or(least), edge("maximum").unwrap_or(greatest));
    if from == to {
        (from, to) = (from - 0.5, to + 0.5);
    }
    let width = to - from;
    if width.is_nan() || width <= 0.0 || width.is_infinite() {
        return Err(Fault::invalid("/params/maximum", "must be above the minimum, and not infinitely far"));
    }
    let mut counts = vec![0_u64; bins];
    let (mut below, mut above) = (0_u64, 0_u64);
    passes.over(&values.numbers, |number| {
        if number < from {
            below += 1;
        } else if number > to {
            above += 1;
        } else {
            let bin = ((number - from) / width * bins as f64) as usize;
            counts[bin.min(bins - 1)] += 1;
        }
    })?;
    if values::is_picture(call.params) {
        let heights: Vec<f64> = counts.iter().map(|count| *count as f64).collect();
        let plot = Plot {
            title: &format!("{} values in {bins} bins", values.numbers.len() as u64 - below - above),
            names: ("value", "count"),
            across: (from, to),
            up: (0.0, HEADROOM * heights.iter().fold(1.0, |most, height| height.max(most))),
            values: &heights,
            is_bars: true,
        };
        return plot.write(call);
    }
    let edges: Vec<f64> = (0..=bins).map(|i| from + width * (i as f64 / bins as f64)).collect();
    let answer = json!({ "counts": counts, "edges": values::listed(&edges)?, "below": below, "above": above });
    crate::batch::write_json(&answer, call.output)
}

fn read(call: &mut Call<'_>, host: &dyn Host) -> Result<Values, Fault> {
    let mut next = 0;
    let values = values::read(call, "values", &mut next, host)?;
    values::all_read(call, next)?;
    if values.numbers.is_empty() {
        return Err(Fault::invalid(&*values.pointer, "there is nothing to say of no numbers"));
    }
    values.finite(host)?;
    Ok(values)
}

/// How many numbers a job looks at, each as often as it has to.
struct Passes<'h> {
    host: &'h dyn Host,
    done: u64,
    total: u64,
}

impl Passes<'_> {
    /// Looks at each number once.
    fn over(&mut self, numbers: &[f64], mut look: impl FnMut(f64)) -> Result<(), Fault> {
        for numbers in numbers.chunks(STEP_COUNT) {
            self.host.check()?;
            numbers.iter().for_each(|number| look(*number));
            self.done += numbers.len() as u64;
            self.host.progress(self.done, self.total);
        }
        Ok(())
    }
}

fn extremes(numbers: &[f64], passes: &mut Passes<'_>) -> Result<(f64, f64), Fault> {
    let (mut least, mut most) = (f64::INFINITY, f64::NEG_INFINITY);
    passes.over(numbers, |number| (least, most) = (least.min(number), most.max(number)))?;
    Ok((least, most))
}

/// A sum that keeps what each addition loses (Neumaier).
#[derive(Default)]
struct Sum {
    sum: f64,
    lost: f64,
}

impl Sum {
    fn add(&mut self, number: f64) {
        let sum = self.sum + number;
        self.lost += if self.sum.abs() >= number.abs() { (self.sum - sum) + number } else { (number - sum) + self.sum };
        self.sum = sum;
    }

    fn total(&self) -> f64 {
        // What a sum beyond all numbers has lost is no number.
        if self.sum.is_finite() { self.sum + self.lost } else { self.sum }
    }
}

/// Sums over numbers and over powers of their distances from the mean.
struct Moments {
    sum: f64,
    mean: f64,
    squares: f64,
    cubes: f64,
    fourths: f64,
    minimum: f64,
    maximum: f64,
}

impl Moments {
    /// How often each number is looked at.
    const PASSES: u64 = 3;

    fn of(numbers: &[f64], passes: &mut Passes<'_>) -> Result<Self, Fault> {
        let mut sum = Sum::default();
        passes.over(numbers, |number| sum.add(number))?;
        let sum = sum.total();
        let mean = sum / numbers.len() as f64;
        let mut powers = [Sum::default(), Sum::default(), Sum::default()];
        passes.over(numbers, |number| {
            let way = number - mean;
            let [squares, cubes, fourths] = &mut powers;
            squares.add(way * way);
            cubes.add(way * way * way);
            fourths.add(way * way * way * way);
        })?;
        let [squares, cubes, fourths] = powers.map(|sum| sum.total());
        let (minimum, maximum) = extremes(numbers, passes)?;
        Ok(Self { sum, mean, squares, cubes, fourths, minimum, maximum })
    }
}

/// How often each number is looked at for a quantile at most.
const QUANTILE_PASSES: u64 = (u64::BITS / DIGIT_BITS) as u64 + 1;

/// The quantile, between two neighbours in proportion.
fn quantile(numbers: &[f64], quantile: f64, passes: &mut Passes<'_>) -> Result<f64, Fault> {
    let place = quantile * (numbers.len() - 1) as f64;
    let below = (place.floor() as usize).min(numbers.len() - 1);
    let lower = ranked(numbers, below, passes)?;
    let part = place - below as f64;
    if part <= 0.0 {
        return Ok(lower);
    }
    // The next one: the same again where there are several, else the least above.
    let (mut up_to, mut above) = (0, u64::MAX);
    let limit = key(lower);
    passes.over(numbers, |number| match key(number) {
        key if key <= limit => up_to += 1,
        key => above = above.min(key),
    })?;
    let upper = if up_to > below + 1 { lower } else { number_of(above) };
    Ok(lower * (1.0 - part) + upper * part)
}

/// The number that would stand at `rank` if they were sorted: found by counting, so that it can be stopped at any time
/// and needs no copy.
fn ranked(numbers: &[f64], rank: usize, passes: &mut Passes<'_>) -> Result<f64, Fault> {
    let (mut known, mut rank) = (0_u64, rank as u64);
    for shift in (0..u64::BITS / DIGIT_BITS).rev().map(|digit| digit * DIGIT_BITS) {
        let mut counts = vec![0_u64; 1 << DIGIT_BITS];
        passes.over(numbers, |number| {
            let key = key(number);
            let rest = key ^ known;
            if shift + DIGIT_BITS == u64::BITS || rest >> (shift + DIGIT_BITS) == 0 {
                counts[(key >> shift) as usize & ((1 << DIGIT_BITS) - 1)] += 1;
            }
        })?;
        let mut digit = 0;
        while rank >= counts[digit] {
            rank -= counts[digit];
            digit += 1;
        }
        known |= (digit as u64) << shift;
    }
    Ok(number_of(known))
}

/// A number's bits, changed so that they sort as the number does.
fn key(number: f64) -> u64 {
    let bits = number.to_bits();
    if bits >> 63 == 1 { !bits } else { bits | 1 << 63 }
}

fn number_of(key: u64) -> f64 {
    f64::from_bits(if key >> 63 == 1 { key & !(1 << 63) } else { !key })
}
