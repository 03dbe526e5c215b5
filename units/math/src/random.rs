//! Random numbers from a seed: ChaCha with eight rounds, one stream for each block of numbers, so that any part could be
//! made by itself. The same everywhere, and good for simulations; keys are made by the unit `crypto`.

use inos_unit::{Call, Fault, Foreseen, Host, Method, Params};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use serde_json::{Value, json};

use crate::number::Type;
use crate::values::{self, GIVEN_MAX};

/// How many numbers come from one stream.
const BLOCK_COUNT: usize = 1 << 16;
/// The most numbers of one job: 256 MiB in f64.
const COUNT_MAX: usize = 1 << 25;

pub(crate) fn method() -> Method {
    let number = |about: &str, default: f64| json!({ "type": "number", "default": default, "description": about, "examples": [default] });
    let params = json!({
        "count": {
            "type": "integer", "minimum": 1, "maximum": COUNT_MAX, "default": 1, "examples": [10],
            "description": "How many numbers.",
        },
        "seed": {
            "type": "integer", "minimum": 0, "maximum": (1_u64 << 53) - 1, "default": 0, "examples": [42],
            "description": "The same seed gives the same numbers.",
        },
        "distribution": {
            "type": "string", "enum": ["uniform", "normal", "exponential", "integer"], "default": "uniform",
            "examples": ["normal"],
            "description": "Uniform from `minimum` up to `maximum`, normal by `mean` and `standard_deviation`, \
                            exponential by `rate`, or whole numbers from `minimum` to `maximum`, both of them included.",
        },
        "minimum": number("The least, where it is uniform or integer.", 0.0),
        "maximum": number("The most, where it is uniform or integer.", 1.0),
        "mean": number("The mean, where it is normal.", 0.0),
        "standard_deviation": {
            "type": "number", "minimum": 0, "default": 1, "examples": [1],
            "description": "The standard deviation, where it is normal.",
        },
        "rate": {
            "type": "number", "exclusiveMinimum": 0, "default": 1, "examples": [1],
            "description": "One by the mean, where it is exponential.",
        },
        "type": crate::number::schema(),
        "encoding": {
            "type": "string", "enum": ["json", "packed"], "default": "json", "examples": ["packed"],
            "description": "How they are written; more than 4,096 come packed only.",
        },
    });
    values::method("random", "Random numbers from a seed.", values::object(params, &[]), (0, 0))
}

/// A way to make one number.
enum Kind {
    Uniform { from: f64, width: f64 },
    Normal { mean: f64, deviation: f64 },
    Exponential { rate: f64 },
    Integer { from: f64, count: u64 },
}

pub(crate) fn run(call: &mut Call<'_>, host: &dyn Host) -> Result<(), Fault> {
    let kind = Kind::of(call.params)?;
    let count = values::whole(call.params, "count").unwrap_or(1);
    let seed = call.params.get("seed").and_then(Value::as_f64).unwrap_or(0.0) as u64;
    if !is_packed(call.params) {
        if count > GIVEN_MAX {
            return Err(Fault::invalid("/params/encoding", format!("{count} numbers come packed only")));
        }
        let mut numbers = vec![0.0; count];
        kind.fill(seed, 0, &mut numbers);
        return values::write(&numbers, false, call, host);
    }
    let number = Type::of(call.params);
    call.output.begin("application/octet-stream")?;
    call.output.expect((count * number.len()) as u64)?;
    let mut numbers = vec![0.0; BLOCK_COUNT.min(count)];
    for (block, begin) in (0..count).step_by(BLOCK_COUNT).enumerate() {
        host.check()?;
        host.progress(begin as u64, count as u64);
        let numbers = &mut numbers[..BLOCK_COUNT.min(count - begin)];
        kind.fill(seed, block as u64, numbers);
        number.write(numbers, call.output.room(numbers.len() * number.len())?);
    }
    Ok(())
}

/// How much is written where it is packed.
pub(crate) fn foresee(params: &Params) -> Option<Foreseen> {
    let count = values::whole(params, "count").unwrap_or(1);
    is_packed(params).then(|| Foreseen::exactly((count * Type::of(params).len()) as u64))
}

fn is_packed(params: &Params) -> bool {
    values::text(params, "encoding") == Some("packed")
}

impl Kind {
    fn of(params: &Params) -> Result<Self, Fault> {
        let number = |name: &str, default: f64| params.get(name).and_then(Value::as_f64).unwrap_or(default);
        let (from, to) = (number("minimum", 0.0), number("maximum", 1.0));
        let wrong = |why: &str| Fault::invalid("/params/maximum", why);
        match values::text(params, "distribution") {
            Some("normal") => {
                Ok(Self::Normal { mean: number("mean", 0.0), deviation: number("standard_deviation", 1.0) })
            }
            Some("exponential") => Ok(Self::Exponential { rate: number("rate", 1.0) }),
            Some("integer") => {
                let whole = |n: f64| n.fract() == 0.0 && n.abs() <= 2_f64.powi(53);
                if !whole(from) || !whole(to) || to < from {
                    return Err(wrong("integers lie between two whole numbers of at most 2^53"));
                }
                Ok(Self::Integer { from, count: (to - from) as u64 + 1 })
            }
            _ if to > from && (to - from).is_finite() => Ok(Self::Uniform { from, width: to - from }),
            _ => Err(wrong("must be above the minimum, and not infinitely far")),
        }
    }

    fn fill(&self, seed: u64, block: u64, numbers: &mut [f64]) {
        let mut source = ChaCha8Rng::seed_from_u64(seed);
        source.set_stream(block);
        // From 0 up to but not including 1, in steps of 2^-53.
        let mut unit = || (source.next_u64() >> 11) as f64 / (1_u64 << 53) as f64;
        match *self {
            Self::Uniform { from, width } => {
                // A width so large that the last step rounds up to the maximum still stays below it.
                let most = (from + width).next_down();
                numbers.fill_with(|| (from + unit() * width).min(most));
            }
            Self::Exponential { rate } => numbers.fill_with(|| -libm::log(1.0 - unit()) / rate),
            Self::Normal { mean, deviation } => {
                for pair in numbers.chunks_mut(2) {
                    let radius = deviation * (-2.0 * libm::log(1.0 - unit())).sqrt();
                    let (sine, cosine) = libm::sincos(std::f64::consts::TAU * unit());
                    for (number, part) in pair.iter_mut().zip([cosine, sine]) {
                        *number = mean + radius * part;
                    }
                }
            }
            Self::Integer { from, count } => numbers.fill_with(|| from + below(&mut source, count) as f64),
        }
    }
}

/// A whole number below `count`, each as likely: what does not divide evenly is drawn again.
fn below(source: &mut ChaCha8Rng, count: u64) -> u64 {
    let even = u64::MAX - u64::MAX % count;
    loop {
        let drawn = source.next_u64();
        if drawn < even {
            return drawn % count;
        }
    }
}
