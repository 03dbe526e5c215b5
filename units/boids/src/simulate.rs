//! `simulate`: lets a flock fly for some steps, and gives its states, what can be said of them, or a picture.

use inos_unit::{
    Call, Determinism, Fault, Foreseen, Host, Method, Params as Given, Price, Reading, read_params, schema_of,
};
use serde_json::{Value, json};

use crate::flock::Flock;
use crate::forces::{Mind, Minds};
use crate::preview;
use crate::rules::{Rules, Weights, What};

/// Bytes of one bird's record: place, orientation as a quaternion, kind; eight f32.
pub(crate) const RECORD_LEN: usize = 32;
/// The most pairs of birds that a job may look at: ten minutes or so.
const PAIRS_MAX: f64 = 1e12;
/// The most snapshots.
const SNAPSHOTS_MAX: u32 = 1000;
/// The most bytes of an output.
const OUTPUT_BYTES_MAX: u64 = 1 << 30;

pub(crate) fn method() -> Method {
    Method {
        name: "simulate",
        summary: "Lets a flock fly: birds keep apart, fly along and stay together, round obstacles and from predators.",
        params: schema_of::<Rules>(),
        inputs: (0, 0),
        input_media: &[],
        input_bytes_max: 0,
        reading: Reading::Whole,
        output_media: &["application/octet-stream", "application/json", "image/png"],
        output_bytes_max: OUTPUT_BYTES_MAX,
        determinism: Determinism::Version,
        price: Price { base: 100, per_kib_in: 0, per_kib_out: 1, per_cpu_ms: 10 },
        inline_bytes_max: None,
        timeout_ms: 3_600_000,
        heartbeat_ms: None,
        gives_secret: false,
        held_key: None,
    }
}

pub(crate) fn run(call: &mut Call<'_>, host: &dyn Host) -> Result<(), Fault> {
    let rules = checked(call.read_params()?)?;
    let minds = Minds::of(&rules);
    let mut flock = Flock::new(rules.clone(), minds);
    let mut told = Vec::new();
    let (mut film, mut frames) = (Vec::new(), None);
    match rules.output {
        What::Records => {
            call.output.begin("application/octet-stream")?;
            call.output.expect(rules.records_len())?;
        }
        What::Statistics => call.output.begin("application/json")?,
        What::Preview => {
            call.output.begin("image/png")?;
            frames = Some(preview::begin(&mut film, rules.snapshots())?);
        }
    }
    for step in 1..=rules.steps.max(1) {
        if rules.steps > 0 {
            flock.step(host)?;
            // Birds that gather look at many more than those that are spread evenly.
            if flock.looked > PAIRS_MAX as u64 {
                return Err(too_much("steps", format!("birds so near each other that {step} steps are too much")));
            }
        }
        host.progress(u64::from(step), u64::from(rules.steps));
        if !rules.is_shown(step) {
            continue;
        }
        host.check()?;
        match rules.output {
            What::Records => write_records(&flock, call.output.room(flock.birds.id.len() * RECORD_LEN)?),
            What::Statistics => told.push(statistics(&flock, step.min(rules.steps))),
            What::Preview => {
                frames.iter_mut().try_for_each(|frames| preview::add(frames, &preview::picture(&flock)))?
            }
        }
    }
    match rules.output {
        What::Records => Ok(()),
        What::Statistics => call.output.write(json!({ "snapshots": told }).to_string().as_bytes()),
        What::Preview => {
            frames.map_or(Ok(()), preview::end)?;
            call.output.write(&film)
        }
    }
}

/// How much is written where records are.
pub(crate) fn foresee(params: &Given) -> Option<Foreseen> {
    let rules = checked(read_params(params).ok()?).ok()?;
    (rules.output == What::Records).then(|| Foreseen::exactly(rules.records_len()))
}

fn checked(rules: Rules) -> Result<Rules, Fault> {
    let rules = rules.checked()?;
    let pairs = rules.pairs() * f64::from(rules.steps.max(1));
    if pairs > PAIRS_MAX {
        return Err(too_much("steps", format!("{pairs:.0} pairs of birds to look at, at most {PAIRS_MAX:.0}")));
    }
    if rules.snapshots() > SNAPSHOTS_MAX {
        return Err(too_much("snapshot_every", format!("{} snapshots, at most {SNAPSHOTS_MAX}", rules.snapshots())));
    }
    let bytes = match rules.output {
        What::Records => rules.records_len(),
        What::Preview => u64::from(rules.snapshots()) * preview::BYTES as u64,
        What::Statistics => 0,
    };
    if bytes > OUTPUT_BYTES_MAX {
        return Err(too_much("snapshot_every", format!("{bytes} bytes of snapshots, at most {OUTPUT_BYTES_MAX}")));
    }
    Ok(rules)
}

/// More than a job may be, with what it would come to.
pub(crate) fn too_much(name: &str, estimate: String) -> Fault {
    Fault::invalid(format!("/params/{name}"), estimate)
}

impl Rules {
    fn snapshots(&self) -> u32 {
        self.steps.checked_div(self.snapshot_every).unwrap_or(1).max(1)
    }

    /// Whether a snapshot is taken after this step.
    fn is_shown(&self, step: u32) -> bool {
        match step.checked_rem(self.snapshot_every) {
            Some(rest) if self.steps >= self.snapshot_every => rest == 0,
            _ => step == self.steps.max(1),
        }
    }

    fn records_len(&self) -> u64 {
        u64::from(self.count) * u64::from(self.snapshots()) * RECORD_LEN as u64
    }
}

impl Minds {
    /// What every bird weighs up: its kind's weights.
    pub(crate) fn of(rules: &Rules) -> Self {
        let mind = |(kind, weights): (usize, &Weights)| {
            let Weights { separation, alignment, cohesion } = *weights;
            Mind { separation, alignment, cohesion, kind: kind as f32, ..Mind::default() }
        };
        Self::by_turns(rules.species.iter().enumerate().map(mind).collect(), rules.species.len() > 1)
    }
}

/// Writes the record of each bird, in the order of their numbers.
pub(crate) fn write_records(flock: &Flock, room: &mut [u8]) {
    let birds = &flock.birds;
    for (index, id) in birds.id.iter().enumerate() {
        let [x, y, z] = birds.place.each_ref().map(|list| list[index]);
        let [i, j, k, w] = orientation(birds.speed.each_ref().map(|list| list[index]));
        let record = [x, y, z, i, j, k, w, flock.minds.of_bird(*id).kind];
        let room = &mut room[*id as usize * RECORD_LEN..][..RECORD_LEN];
        for (number, room) in record.iter().zip(room.as_chunks_mut::<4>().0) {
            *room = number.to_le_bytes();
        }
    }
}

/// The shortest turn from +z to where a bird flies, as a quaternion.
fn orientation(speed: [f32; 3]) -> [f32; 4] {
    let len = (speed[0] * speed[0] + speed[1] * speed[1] + speed[2] * speed[2]).sqrt();
    if len == 0.0 {
        return [0.0, 0.0, 0.0, 1.0];
    }
    let [x, y, z] = speed.map(|part| part / len);
    let turn = [-y, x, 0.0, 1.0 + z];
    let len = (turn[0] * turn[0] + turn[1] * turn[1] + turn[3] * turn[3]).sqrt();
    // Straight back, every turn is as short.
    if len < 1e-4 { [0.0, 1.0, 0.0, 0.0] } else { turn.map(|part| part / len) }
}

fn statistics(flock: &Flock, step: u32) -> Value {
    let birds = &flock.birds;
    // Summed up by id, so that it does not matter how they lie.
    let mut at = vec![0; birds.id.len()];
    birds.id.iter().enumerate().for_each(|(index, id)| at[*id as usize] = index);
    let (mut pace, mut course, mut seen, mut crowd) = (0.0, [0.0; 3], 0.0, 0.0);
    for index in at {
        let speed = birds.speed.each_ref().map(|list| f64::from(list[index]));
        let len = (speed[0] * speed[0] + speed[1] * speed[1] + speed[2] * speed[2]).sqrt();
        pace += len;
        (0..3).for_each(|axis| course[axis] += if len > 0.0 { speed[axis] / len } else { 0.0 });
        seen += f64::from(birds.seen[index]);
        crowd += f64::from(birds.crowd[index]);
    }
    let count = birds.id.len() as f64;
    let order = (course[0] * course[0] + course[1] * course[1] + course[2] * course[2]).sqrt() / count;
    json!({
        "step": step,
        "mean_speed": pace / count,
        "polarization": order,
        "mean_neighbours": seen / count,
        "mean_too_near": crowd / count,
        "predators": flock.predators.iter().map(|predator| json!(predator[..3])).collect::<Vec<_>>(),
    })
}
