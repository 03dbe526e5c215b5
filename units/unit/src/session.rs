//! How a session goes, whatever it simulates: it steps one region on a pulse until it has made its steps, nobody follows
//! it any more where that was asked, or its host says stop. Knows no simulation, no clock but the pulse and no money.

use std::time::{Duration, Instant};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::{Call, Determinism, Fault, Host, Method, Price, Reading, RegionForm, State};

/// The media type of what a session gives at its end.
pub const SESSION_MEDIA: &[&str] = &["application/json"];
/// The most bytes of it.
pub const SESSION_BYTES_MAX: u64 = 4096;
/// The longest that a session runs, in milliseconds: a day. What a server lets a job take may be less.
pub const SESSION_TIMEOUT_MS: u64 = 86_400_000;

/// What a session does while nobody follows its region.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Alone {
    /// It goes on.
    Run,
    /// It waits until somebody does, and costs nothing.
    #[default]
    Rest,
    /// It ends.
    Stop,
}

/// One word of three, so that a form has one list to choose from.
impl JsonSchema for Alone {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Alone".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "string", "enum": [Alone::Run, Alone::Rest, Alone::Stop] })
    }
}

/// The parameters that every session has, beside its own.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(default)]
pub struct Pace {
    /// The region that is stepped, of the account whose job it is; none is one with a name that
    /// fits the method. It is made where there is none, and what it held before is gone, unless `persistent` says otherwise.
    #[schemars(with = "String", length(min = 1, max = 64), example = &"world")]
    pub region: Option<String>,
    /// How many steps a second, at most; a step that comes late is not made up for.
    #[schemars(range(min = 0.01, max = 240.0), example = 30.0)]
    pub hz: f64,
    /// After how many steps it is done; 0 is never.
    #[schemars(range(min = 0, max = 9_007_199_254_740_991_u64), example = 1000)]
    pub steps: u64,
    /// What it does while nobody follows the region: `run`, `rest` or `stop`.
    #[schemars(example = &"rest")]
    pub alone: Alone,
    /// For how long it counts as followed once it began, and once the last who followed it has left, in milliseconds.
    #[schemars(range(min = 0, max = 86_400_000), example = 5000)]
    pub linger_ms: u32,
    /// How much of each second its steps may take, in milliseconds: what it costs in a second is bounded by this.
    #[schemars(range(min = 1, max = 1000), example = 500)]
    pub busy_ms: u32,
    /// Whether the region survives a restart of the server; the session then goes on from what it holds, where that is a
    /// state of this session. Each step waits for the disk.
    #[schemars(example = false)]
    pub persistent: bool,
}

impl Default for Pace {
    fn default() -> Self {
        Self { region: None, hz: 10.0, steps: 0, alone: Alone::Rest, linger_ms: 5_000, busy_ms: 500, persistent: false }
    }
}

/// The description of a method that is a session, with parameters among which those of [`Pace`] are, and the region that
/// it steps where nobody names one.
pub fn session_method(
    name: &'static str,
    summary: &'static str,
    region: &'static str,
    mut params: serde_json::Value,
) -> Method {
    params["properties"]["region"]["default"] = region.into();
    Method {
        name,
        summary,
        params,
        inputs: (0, 0),
        input_media: &[],
        input_bytes_max: 0,
        reading: Reading::Whole,
        output_media: SESSION_MEDIA,
        output_bytes_max: SESSION_BYTES_MAX,
        determinism: Determinism::None,
        price: Price { base: 100, per_kib_in: 0, per_kib_out: 0, per_cpu_ms: 10 },
        inline_bytes_max: None,
        timeout_ms: SESSION_TIMEOUT_MS,
        heartbeat_ms: None,
        gives_secret: false,
        held_key: None,
    }
}

/// Something that is simulated step by step.
pub trait Stage {
    /// The region that it is stepped in where nobody names one.
    fn region(&self) -> &'static str;

    /// What a record of it is, and of how many bytes.
    fn record(&self) -> (String, u32);

    /// The state that it begins with.
    fn first(&mut self) -> Result<Vec<u8>, Fault>;

    /// Goes on from what a region holds; false where that is no state of this simulation.
    fn take_up(&mut self, held: &[u8]) -> bool;

    /// Makes one step of what it keeps itself; called once for each step.
    fn advance(&mut self, _host: &dyn Host) -> Result<(), Fault> {
        Ok(())
    }

    /// Writes the next state, which is empty before, from the one that the region holds.
    ///
    /// May be called again for the same step where somebody else has changed the region meanwhile.
    fn show(&mut self, held: &[u8], next: &mut Vec<u8>, host: &dyn Host) -> Result<(), Fault>;
}

/// How a session ended that succeeded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ended {
    Steps,
    Alone,
}

impl Ended {
    const fn word(self) -> &'static str {
        match self {
            Self::Steps => "steps",
            Self::Alone => "alone",
        }
    }
}

impl Pace {
    /// Plays a stage to its end and writes what came of it: region, epoch, steps, why it ended, and the BLAKE3 of the last
    /// state.
    ///
    /// Where the host says stop (a cancel, a deadline, no budget), that is passed on: the region stays as it was stepped last.
    pub fn play(&self, call: &mut Call<'_>, host: &dyn Host, stage: &mut dyn Stage) -> Result<(), Fault> {
        let name = self.region.as_deref().unwrap_or(stage.region());
        let (mut region, goes_on) = self.open(name, host, stage)?;
        // What begins anew has made no steps, whatever was made of what is gone.
        let before = if goes_on { host.steps_before() } else { 0 };
        let (steps, ended) = self.step_on(before, host, region.as_mut(), stage)?;
        let mut hash = None;
        let epoch = region.read(&mut |held| hash = Some(blake3::hash(held)));
        let hash = hash.map(|hash| hash.to_hex().to_string());
        let told = json!({
            "region": name, "epoch": epoch.to_string(), "steps": steps, "ended": ended.word(), "blake3": hash,
        });
        call.output.begin(SESSION_MEDIA[0])?;
        call.output.write(told.to_string().as_bytes())
    }

    /// The region at the state with which the session begins, and whether it goes on from what the region held.
    fn open<'h>(
        &self,
        name: &str,
        host: &'h dyn Host,
        stage: &mut dyn Stage,
    ) -> Result<(Box<dyn State + 'h>, bool), Fault> {
        let (schema, stride) = stage.record();
        let form =
            RegionForm { media_type: "application/octet-stream", stride, schema: &schema, persistent: self.persistent };
        let first = stage.first()?;
        let mut region = host.region(name, &form, &first)?;
        if !region.was_there() {
            return Ok((region, false));
        }
        let mut goes_on = false;
        if self.persistent {
            region.read(&mut |held| goes_on = stage.take_up(held));
        }
        if !goes_on {
            region.publish(&first)?;
        }
        Ok((region, goes_on))
    }

    fn step_on(
        &self,
        before: u64,
        host: &dyn Host,
        region: &mut dyn State,
        stage: &mut dyn Stage,
    ) -> Result<(u64, Ended), Fault> {
        let linger = Duration::from_millis(self.linger_ms.into());
        let (mut done, mut followed, mut hz) = (before, Instant::now(), self.hz);
        loop {
            if self.steps > 0 && done >= self.steps {
                return Ok((done, Ended::Steps));
            }
            host.pulse(hz)?;
            if region.is_followed() || self.alone == Alone::Run {
                followed = Instant::now();
            } else if followed.elapsed() >= linger {
                if self.alone == Alone::Stop {
                    return Ok((done, Ended::Alone));
                }
                host.rest()?;
                followed = Instant::now();
            }
            let begun = Instant::now();
            stage.advance(host)?;
            region.change(&mut |held, next| stage.show(held, next, host))?;
            done += 1;
            host.progress(done, self.steps);
            hz = self.hz.min(self.hz_for(begun.elapsed()));
        }
    }

    /// How often steps of this length fit into what each second may take.
    fn hz_for(&self, step: Duration) -> f64 {
        f64::from(self.busy_ms) / 1000.0 / step.as_secs_f64().max(1e-9)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_take_no_more_of_a_second_than_they_may() {
        let pace = Pace { busy_ms: 250, ..Pace::default() };
        assert!((pace.hz_for(Duration::from_millis(5)) - 50.0).abs() < 1e-9);
        assert!((pace.hz_for(Duration::from_secs(1)) - 0.25).abs() < 1e-9);
        assert!(pace.hz_for(Duration::ZERO).is_finite());
    }
}
