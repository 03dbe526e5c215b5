//! `counter`: the smallest session, a region with a number that grows by one a step. Others may set it meanwhile.

use inos_unit::{Call, Fault, Host, Method, Pace, Stage, schema_of, session_method};
use schemars::JsonSchema;
use serde::Deserialize;

/// The region that is stepped where nobody names one.
const REGION: &str = "counter";
/// Parameters of `counter`.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(extend("additionalProperties" = false))]
struct Params {
    /// The number that it begins with.
    #[schemars(range(min = 0, max = 9_007_199_254_740_991_u64), example = 0)]
    from: u64,
    #[serde(flatten)]
    pace: Pace,
}

struct Counter {
    from: u64,
}

pub(crate) fn method() -> Method {
    let summary = "A session: counts in a region, eight bytes with the lowest first, one up with each step.";
    session_method("counter", summary, REGION, schema_of::<Params>())
}

pub(crate) fn run(call: &mut Call<'_>, host: &dyn Host) -> Result<(), Fault> {
    let Params { from, pace } = call.read_params()?;
    pace.play(call, host, &mut Counter { from })
}

fn number(held: &[u8]) -> Option<u64> {
    Some(u64::from_le_bytes(held.try_into().ok()?))
}

impl Stage for Counter {
    fn region(&self) -> &'static str {
        REGION
    }

    fn record(&self) -> (String, u32) {
        ("inos.counter.v1 u64".into(), 8)
    }

    fn first(&mut self) -> Result<Vec<u8>, Fault> {
        Ok(self.from.to_le_bytes().to_vec())
    }

    fn take_up(&mut self, held: &[u8]) -> bool {
        number(held).is_some()
    }

    fn show(&mut self, held: &[u8], next: &mut Vec<u8>, _: &dyn Host) -> Result<(), Fault> {
        let message = || format!("somebody else published {} bytes in place of a number of eight", held.len());
        let number = number(held).ok_or_else(|| Fault::invalid("/params/region", message()))?;
        next.extend(number.wrapping_add(1).to_le_bytes());
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use inos_unit::testing::{self, Twin};
    use serde_json::{Value, json};

    use super::*;
    use crate::Compute;

    fn play(twin: &Twin, params: Value) -> Result<Value, Fault> {
        let params = serde_json::from_value(params).unwrap();
        let outputs = testing::run(&Compute::new(), "counter", params, &[], 1, twin)?;
        Ok(serde_json::from_slice(&outputs[0].1).unwrap())
    }

    fn numbers(twin: &Twin) -> Vec<u64> {
        twin.regions.borrow()["counter"].iter().map(|bytes| number(bytes).unwrap()).collect()
    }

    #[test]
    fn it_counts_as_many_steps_as_it_was_asked_for() {
        let twin = Twin::default();
        let told = play(&twin, json!({ "from": 5, "steps": 3 })).unwrap();
        assert_eq!(numbers(&twin), [5, 6, 7, 8]);
        let hash = inos_unit::testing::hash_of(&8_u64.to_le_bytes());
        let wanted = json!({ "region": "counter", "epoch": "4", "steps": 3, "ended": "steps", "blake3": hash });
        assert_eq!(told, wanted);
    }

    #[test]
    fn what_somebody_else_set_is_gone_on_from() {
        let between = |twin: &Twin, beat: u64| {
            if beat == 2 {
                twin.put("counter", &100_u64.to_le_bytes());
            }
            Ok(())
        };
        let twin = Twin { between: Some(Box::new(between)), ..Twin::default() };
        play(&twin, json!({ "steps": 2 })).unwrap();
        assert_eq!(numbers(&twin), [0, 1, 100, 101]);
        let twin = Twin {
            between: Some(Box::new(|twin, _| {
                twin.put("counter", b"no number");
                Ok(())
            })),
            ..Twin::default()
        };
        let fault = play(&twin, json!({ "steps": 2 })).unwrap_err();
        assert!(matches!(fault, Fault::Invalid { pointer, .. } if pointer == "/params/region"));
    }

    #[test]
    fn a_persistent_one_goes_on_where_it_was_and_another_begins_anew() {
        let twin = Twin::default();
        twin.put("counter", &41_u64.to_le_bytes());
        play(&twin, json!({ "steps": 1, "persistent": true })).unwrap();
        assert_eq!(numbers(&twin), [41, 42]);
        play(&twin, json!({ "steps": 1 })).unwrap();
        assert_eq!(numbers(&twin), [41, 42, 0, 1]);
    }
}
