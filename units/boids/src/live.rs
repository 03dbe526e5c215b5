//! `session`: a flock that lives on. It flies by the same rules as in `simulate`, a step on each beat, into a region of
//! records that pages read while it flies.

use inos_unit::{Call, Fault, Host, Method, Pace, Params as Given, Stage, read_params, schema_of, session_method};
use serde_json::Value;

use crate::flock::Flock;
use crate::forces::Minds;
use crate::kept;
use crate::rules::Rules;
use crate::simulate::{RECORD_LEN, too_much, write_records};

/// The region that is stepped where nobody names one.
const REGION: &str = "flock";
/// The most pairs of birds to look at in one step: half a second or so.
const STEP_PAIRS_MAX: f64 = 1e9;
/// The longest time that a step may stand for, in seconds.
const DT_MAX: f64 = 1.0;
/// What `simulate` has of its own.
const OF_SIMULATE: [&str; 3] = ["steps", "snapshot_every", "output"];

struct Live {
    flock: Flock,
    /// Whether its records are to say all that it takes to go on from them.
    is_kept: bool,
}

pub(crate) fn method() -> Method {
    let summary = "A session: a flock that flies on in a region, as records of place, orientation and kind.";
    session_method("session", summary, REGION, params())
}

/// The parameters of a flock and of a session, in one object.
fn params() -> Value {
    let (mut schema, pace) = (schema_of::<Rules>(), schema_of::<Pace>());
    if let (Some(rules), Some(pace)) = (schema["properties"].as_object_mut(), pace["properties"].as_object()) {
        OF_SIMULATE.iter().for_each(|name| drop(rules.remove(*name)));
        if let Some(Value::Object(dt)) = rules.get_mut("dt") {
            dt.remove("default");
            dt.insert(
                "description".into(),
                "How much time passes in a step, in seconds; as long as a beat where nothing is said.".into(),
            );
        }
        rules.extend(pace.clone());
    }
    schema["title"] = "Params".into();
    schema["description"] = "Parameters of `session`: the world, its rules, and how it is stepped.".into();
    schema
}

pub(crate) fn run(call: &mut Call<'_>, host: &dyn Host) -> Result<(), Fault> {
    let (rules, pace) = read(call.params)?;
    let minds = Minds::of(&rules);
    let mut live = Live { flock: Flock::new(rules, minds), is_kept: pace.persistent };
    pace.play(call, host, &mut live)
}

fn read(given: &Given) -> Result<(Rules, Pace), Fault> {
    let of_pace = schema_of::<Pace>();
    let is_pace = |name: &String| of_pace["properties"].get(name).is_some();
    let (pace, mut rules): (Given, Given) = given.clone().into_iter().partition(|(name, _)| is_pace(name));
    let pace: Pace = read_params(&pace)?;
    if !rules.contains_key("dt") {
        rules.insert("dt".into(), pace.hz.recip().min(DT_MAX).into());
    }
    let rules = read_params::<Rules>(&rules)?.checked()?;
    let pairs = rules.pairs();
    if pairs > STEP_PAIRS_MAX {
        return Err(too_much("count", format!("{pairs:.0} pairs of birds in a step, at most {STEP_PAIRS_MAX:.0}")));
    }
    Ok((rules, pace))
}

impl Stage for Live {
    fn region(&self) -> &'static str {
        REGION
    }

    fn record(&self) -> (String, u32) {
        ("inos.boids.v1 f32: x y z, quaternion i j k w, kind".into(), RECORD_LEN as u32)
    }

    fn first(&mut self) -> Result<Vec<u8>, Fault> {
        let mut first = Vec::new();
        self.write(&mut first);
        Ok(first)
    }

    /// Birds go on as their records say. Hunters, of which no record tells, come anew from where they began.
    fn take_up(&mut self, held: &[u8]) -> bool {
        let birds = kept::read(held, &self.flock);
        birds.map(|birds| self.flock.birds = birds).is_some()
    }

    fn advance(&mut self, host: &dyn Host) -> Result<(), Fault> {
        self.flock.step(host)
    }

    fn show(&mut self, _: &[u8], next: &mut Vec<u8>, _: &dyn Host) -> Result<(), Fault> {
        self.write(next);
        Ok(())
    }
}

impl Live {
    fn write(&self, into: &mut Vec<u8>) {
        into.resize(self.flock.birds.id.len() * RECORD_LEN, 0);
        write_records(&self.flock, into);
        if self.is_kept {
            kept::mark(&self.flock, into);
        }
    }
}

#[cfg(test)]
mod tests {
    use inos_unit::testing::{self, Quiet, Twin};
    use serde_json::json;

    use super::*;
    use crate::Boids;

    fn given(params: Value) -> Given {
        serde_json::from_value(params).unwrap()
    }

    fn epochs(params: Value) -> Vec<Vec<u8>> {
        epochs_after(None, params)
    }

    /// The epochs of a session, the first of them one that was there before it.
    fn epochs_after(held: Option<&[u8]>, params: Value) -> Vec<Vec<u8>> {
        let twin = Twin::default();
        held.into_iter().for_each(|held| twin.put("flock", held));
        testing::run(&Boids::new(), "session", given(params), &[], 1, &twin).unwrap();
        twin.regions.take().remove("flock").unwrap()
    }

    fn numbers(state: &[u8]) -> Vec<[f32; 8]> {
        let numbers: Vec<_> = state.as_chunks::<4>().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect();
        numbers.as_chunks::<8>().0.to_vec()
    }

    /// A world that birds do not leave on one side to come in on the other.
    fn kept(steps: u32) -> Value {
        json!({ "count": 2000, "seed": 7, "dt": 0.02, "edge": "steer", "species": [{}, { "cohesion": 0.2 }],
            "steps": steps, "persistent": true })
    }

    #[test]
    fn a_kept_flock_goes_on_as_if_it_had_never_ended() {
        let whole = epochs(kept(25));
        let again = epochs_after(Some(&whole[20]), kept(5));
        assert_eq!((again.len(), again[0] == whole[20]), (6, true), "nothing is published before the next step");
        for (step, again) in again.iter().enumerate() {
            for (bird, (made, wanted)) in numbers(again).iter().zip(numbers(&whole[20 + step])).enumerate() {
                let off = made.iter().zip(wanted).map(|(made, wanted)| (made - wanted).abs()).fold(0.0, f32::max);
                assert!(off < 2e-3, "bird {bird} is off by {off} after {step} steps");
            }
        }
    }

    #[test]
    fn what_a_kept_flock_says_more_turns_no_bird() {
        let mut passing = kept(10);
        passing["persistent"] = false.into();
        let last = |params: Value| numbers(epochs(params).last().unwrap());
        for (kept, passing) in last(kept(10)).into_iter().zip(last(passing)) {
            let [x, y, z, i, j, k, w, kind] = kept;
            assert_eq!([x, y, z, i, j, 0.0, w, kind], passing);
            assert!(k > 0.0 && 1e-9 * i.hypot(w).max(j) > k, "{kept:?}");
        }
    }

    #[test]
    fn a_flock_begins_anew_where_records_are_of_another_or_of_none() {
        let whole = epochs(kept(3));
        let (first, held) = (&whole[0], &whole[3]);
        let with = |at: usize, number: f32| {
            let mut bytes = held.clone();
            bytes[at * 4..][..4].copy_from_slice(&number.to_le_bytes());
            bytes
        };
        let strange = [
            Vec::new(),
            held[RECORD_LEN..].to_vec(),
            held[1..].to_vec(),
            vec![0; held.len()],
            with(0, -1.0),
            with(1, f32::NAN),
            with(2, 1e9),
            with(3, 2.0),
            with(5, -1.0),
            with(5, f32::INFINITY),
            with(7, 3.0),
        ];
        for bytes in strange {
            assert_eq!(&epochs_after(Some(&bytes), kept(1))[1], first);
        }
    }

    #[test]
    fn birds_whose_records_say_no_speed_fly_on_as_those_do_that_begin() {
        let mut held = epochs(kept(3)).remove(3);
        held.chunks_mut(RECORD_LEN).for_each(|record| record[20..24].fill(0));
        let made = epochs_after(Some(&held), kept(1)).remove(1);
        for (made, held) in numbers(&made).iter().zip(numbers(&held)) {
            let far = (0..3).map(|axis| (made[axis] - held[axis]).powi(2)).sum::<f32>().sqrt();
            assert!((0.009..0.041).contains(&far), "0.5 to 2 in a second, {far} in a fiftieth of it");
        }
    }

    #[test]
    fn a_live_flock_flies_as_the_same_flock_does_in_a_job() {
        let world = json!({ "count": 3000, "seed": 7, "dt": 0.02, "predators": 2,
            "species": [{ "separation": 2.0 }, { "cohesion": 0.2 }], "obstacles": [{ "center": [5, 5, 5], "radius": 2 }] });
        let with = |more: Value| {
            let mut all = world.clone();
            all.as_object_mut().unwrap().extend(given(more));
            all
        };
        let live = epochs(with(json!({ "steps": 30 })));
        assert_eq!((live.len(), live[30].len()), (31, 3000 * RECORD_LEN));
        let whole = testing::run(
            &Boids::new(),
            "simulate",
            given(with(json!({ "steps": 30, "snapshot_every": 10 }))),
            &[],
            1,
            &Quiet::default(),
        );
        let whole = whole.unwrap().remove(0).1;
        let snapshots: Vec<_> = whole.chunks(3000 * RECORD_LEN).collect();
        assert_eq!(snapshots, [&live[10], &live[20], &live[30]]);
    }

    #[test]
    fn a_step_lasts_as_long_as_a_beat_where_nothing_is_said() {
        let dt = |params: Value| read(&given(params)).unwrap().0.dt;
        assert_eq!(
            (dt(json!({ "hz": 50 })), dt(json!({ "hz": 50, "dt": 0.01 })), dt(json!({ "hz": 0.5 }))),
            (0.02, 0.01, 1.0)
        );
    }

    #[test]
    fn more_than_a_step_may_be_is_refused_with_what_it_would_come_to() {
        let fault = read(&given(json!({ "count": 1_000_000, "side": 30 }))).unwrap_err();
        assert!(
            matches!(fault, Fault::Invalid { pointer, message } if pointer == "/params/count" && message.contains("at most"))
        );
        assert!(read(&given(json!({ "count": 1_000_000 }))).is_ok());
    }

    #[test]
    fn its_parameters_are_those_of_a_flock_and_of_a_session() {
        let schema = params();
        let names: Vec<_> = schema["properties"].as_object().unwrap().keys().cloned().collect();
        assert!(["count", "species", "hz", "steps", "busy_ms"].iter().all(|name| names.contains(&(*name).to_owned())));
        assert!(!names.contains(&"snapshot_every".to_owned()) && schema["additionalProperties"] == false);
        assert!(schema["properties"]["steps"]["description"].as_str().unwrap().contains("0 is never"));
    }
}
