//! What is asked of a flock: how far birds see, what they weigh up, where they fly, and what is told of it. Numbers only;
//! who moves them is `flock`.

use inos_unit::Fault;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The most obstacles, predators and species.
const FEW_MAX: usize = 32;

/// What happens at the edge of the world.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Edge {
    #[default]
    Wrap,
    Bounce,
    Steer,
}

/// What comes out.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum What {
    #[default]
    Records,
    Statistics,
    Preview,
}

/// A ball that birds avoid.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Obstacle {
    /// Its middle.
    #[schemars(inner(range(min = -1_000_000.0, max = 1_000_000.0)))]
    pub(crate) center: [f32; 3],
    /// Its radius.
    #[schemars(range(min = 0.0, max = 100_000.0))]
    pub(crate) radius: f32,
}

/// What a kind of bird weighs up. Birds keep apart from all, and fly along and together with their own kind.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Weights {
    /// How strongly it keeps apart.
    #[schemars(range(min = 0.0, max = 100.0))]
    pub(crate) separation: f32,
    /// How strongly it flies as its neighbours do.
    #[schemars(range(min = 0.0, max = 100.0))]
    pub(crate) alignment: f32,
    /// How strongly it flies to where its neighbours are.
    #[schemars(range(min = 0.0, max = 100.0))]
    pub(crate) cohesion: f32,
}

impl Default for Weights {
    fn default() -> Self {
        Self { separation: 1.5, alignment: 1.0, cohesion: 0.8 }
    }
}

/// Parameters of `simulate`: the world, its rules, and what is told of it.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Rules {
    /// How many steps of time pass.
    #[schemars(range(min = 0, max = 100_000), example = 600)]
    pub(crate) steps: u32,
    /// After how many steps each a snapshot is taken; 0 is once, at the end.
    #[schemars(range(min = 0, max = 100_000), example = 60)]
    pub(crate) snapshot_every: u32,
    /// What comes out: records of eight f32 for each bird and snapshot (place, quaternion, kind), what can be said of each
    /// snapshot in JSON, or a picture from above, which moves where there are several snapshots (APNG).
    #[schemars(example = &"records")]
    pub(crate) output: What,
    /// How many birds.
    #[schemars(range(min = 1, max = 1_000_000), example = 10_000)]
    pub(crate) count: u32,
    /// The same seed gives the same flight.
    #[schemars(range(min = 0, max = 9_007_199_254_740_991_u64), example = 42)]
    pub(crate) seed: u64,
    /// Length of the world along each axis; 0 makes it so large that there is half a bird in each unit of volume.
    #[schemars(range(min = 0.0, max = 100_000.0), example = 60.0)]
    pub(crate) side: f32,
    /// How much time passes in a step, in seconds.
    #[schemars(range(min = 0.0001, max = 1.0), example = 0.016)]
    pub(crate) dt: f32,
    /// How far a bird sees; at most a third of the world's length.
    #[schemars(range(min = 0.001, max = 10_000.0), example = 2.0)]
    pub(crate) perception: f32,
    /// Nearer than this it keeps apart.
    #[schemars(range(min = 0.0, max = 10_000.0), example = 1.0)]
    pub(crate) separation_radius: f32,
    /// The slowest a bird flies.
    #[schemars(range(min = 0.0, max = 1_000.0), example = 0.5)]
    pub(crate) speed_min: f32,
    /// The fastest a bird flies.
    #[schemars(range(min = 0.001, max = 1_000.0), example = 2.0)]
    pub(crate) speed_max: f32,
    /// What happens at the edge of the world: birds come in on the other side and see across, bounce off, or turn before
    /// it.
    #[schemars(example = &"wrap")]
    pub(crate) edge: Edge,
    /// What each kind of bird weighs up; birds are of these kinds by turns.
    #[schemars(length(min = 1, max = 32), extend("examples" = [[{ "separation": 1.5, "alignment": 1.0, "cohesion": 0.8 }]]))]
    pub(crate) species: Vec<Weights>,
    /// Balls that birds avoid.
    #[schemars(length(max = 32), extend("examples" = [[{ "center": [30, 30, 30], "radius": 5 }]]))]
    pub(crate) obstacles: Vec<Obstacle>,
    /// How many hunters there are: they fly to where birds near them are, and birds flee them.
    #[schemars(range(min = 0, max = 32), example = 2)]
    pub(crate) predators: u32,
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            steps: 100,
            snapshot_every: 0,
            output: What::Records,
            count: 1000,
            seed: 0,
            side: 0.0,
            dt: 1.0 / 60.0,
            perception: 2.0,
            separation_radius: 1.0,
            speed_min: 0.5,
            speed_max: 2.0,
            edge: Edge::Wrap,
            species: vec![Weights::default()],
            obstacles: Vec::new(),
            predators: 0,
        }
    }
}

impl Rules {
    /// The rules with the world's length worked out, or what is wrong with them.
    pub(crate) fn checked(mut self) -> Result<Self, Fault> {
        if self.side == 0.0 {
            self.side = libm::cbrtf(self.count as f32 / 0.5).max(3.0 * self.perception);
        }
        if self.perception * 3.0 > self.side {
            let message = format!("birds see at most a third of the world, which is {} long", self.side);
            return Err(Fault::invalid("/params/perception", message));
        }
        if self.separation_radius > self.perception {
            return Err(Fault::invalid("/params/separation_radius", "no bird keeps apart from what it does not see"));
        }
        if self.speed_min > self.speed_max {
            return Err(Fault::invalid("/params/speed_min", "must not be above `speed_max`"));
        }
        if self.speed_max * self.dt > self.side / 3.0 {
            return Err(Fault::invalid("/params/dt", "no bird crosses a third of the world in a step"));
        }
        if self.species.is_empty() || self.species.len() > FEW_MAX || self.obstacles.len() > FEW_MAX {
            return Err(Fault::invalid(
                "/params/species",
                "there are 1 to 32 kinds of birds, and at most 32 obstacles",
            ));
        }
        Ok(self)
    }

    /// How fast a bird flies at first.
    pub(crate) fn cruise(&self) -> f32 {
        (self.speed_min + self.speed_max) / 2.0
    }

    /// Cells along each axis: none is smaller than a bird sees, and there are not many more cells than birds.
    pub(crate) fn cells(&self) -> usize {
        let most = libm::cbrtf(self.count as f32 * 4.0).max(3.0);
        (self.side / self.perception).min(most).min(512.0) as usize
    }

    /// How many pairs of birds are looked at in a step, where they are spread evenly.
    pub(crate) fn pairs(&self) -> f64 {
        let cell = f64::from(self.side) / self.cells() as f64;
        let density = f64::from(self.count) / f64::from(self.side).powi(3);
        f64::from(self.count) * (density * 27.0 * cell.powi(3)).max(1.0)
    }
}
