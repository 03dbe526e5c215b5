//! `session`: a flock that lives on. It flies by the same rules as in `simulate`, a step on each beat, into a region of
//! records that pages read while it flies.

use inos_unit::{Call, Fault, Host, Method, Pace, Params as Given, Stage, read_params, schema_of, session_method};
use serde_json::Value;

use crate::flock::Flock;
use crate::forces::Minds;
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
    pace.play(call, host, &mut Live { flock: Flock::new(rules, minds) })
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

    /// Records do not say how fast a bird flies, so that a flock always begins anew.
    fn take_up(&mut self, _: &[u8]) -> bool {
        false
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
        let twin = Twin::default();
        testing::run(&Boids::new(), "session", given(params), &[], 1, &twin).unwrap();
        twin.regions.take().remove("flock").unwrap()
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
