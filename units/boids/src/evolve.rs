//! `evolve`: birds with genes of their own fly, the fitter of them have young, and so on. Genes take effect: they are what
//! a bird weighs up. Islands are flocks of their own that exchange their best now and then.

use inos_unit::{Call, Determinism, Fault, Host, Method, Price, Reading, schema_of};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::flock::Flock;
use crate::forces::{Mind, Minds};
use crate::rules::Rules;
use crate::simulate::too_much;

/// Genes of a bird: what it weighs up, and the speed that it likes.
const GENES: usize = 4;
/// Names, least and greatest value of each gene.
const RANGES: [(&str, f32, f32); GENES] =
    [("separation", 0.0, 6.0), ("alignment", 0.0, 6.0), ("cohesion", 0.0, 6.0), ("cruise", 0.5, 2.0)];
/// How strongly birds hold the speed they like.
const HASTE: f32 = 2.0;
/// The most birds of all islands in all steps of a job.
const WORK_MAX: u64 = 500_000_000;
/// Steps of a generation before it counts how birds do: they begin anywhere.
const SETTLING: u32 = 30;

/// Parameters of `evolve`.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
struct Params {
    /// How many birds each island has.
    #[schemars(range(min = 8, max = 10_000), example = 200)]
    population: u32,
    /// How many generations there are.
    #[schemars(range(min = 1, max = 1_000), example = 30)]
    generations: u32,
    /// How many steps a generation flies.
    #[schemars(range(min = 31, max = 2_000), example = 120)]
    steps: u32,
    /// The same seed gives the same course of things.
    #[schemars(range(min = 0, max = 9_007_199_254_740_991_u64), example = 42)]
    seed: u64,
    /// The part of a generation that lives on unchanged, the fittest first.
    #[schemars(range(min = 0.0, max = 0.9), example = 0.1)]
    elites: f32,
    /// How many birds compete to be a parent; the fittest of them is.
    #[schemars(range(min = 1, max = 32), example = 3)]
    tournament: u32,
    /// How likely a young bird has genes of two parents.
    #[schemars(range(min = 0.0, max = 1.0), example = 0.7)]
    crossover: f32,
    /// How likely each gene of a young bird changes.
    #[schemars(range(min = 0.0, max = 1.0), example = 0.1)]
    mutation: f32,
    /// How far a gene changes at most, as a part of its range.
    #[schemars(range(min = 0.0, max = 1.0), example = 0.2)]
    mutation_size: f32,
    /// How many islands there are.
    #[schemars(range(min = 1, max = 16), example = 4)]
    islands: u32,
    /// After how many generations each island sends its fittest to the next; 0 is never.
    #[schemars(range(min = 0, max = 1_000), example = 5)]
    migrate_every: u32,
    /// How many birds it sends.
    #[schemars(range(min = 0, max = 100), example = 2)]
    migrants: u32,
    /// Whether the fitter are preferred; without it parents are chosen blindly, to compare with.
    #[schemars(example = true, extend("enum" = [true, false]))]
    selection: bool,
}

impl Default for Params {
    fn default() -> Self {
        Self {
            population: 200,
            generations: 30,
            steps: 120,
            seed: 0,
            elites: 0.1,
            tournament: 3,
            crossover: 0.7,
            mutation: 0.1,
            mutation_size: 0.2,
            islands: 1,
            migrate_every: 5,
            migrants: 2,
            selection: true,
        }
    }
}

/// A bird's genes and how well it did.
#[derive(Debug, Clone, Copy)]
struct Bird {
    genes: [f32; GENES],
    fitness: f64,
}

pub(crate) fn method() -> Method {
    Method {
        name: "evolve",
        summary: "Breeds birds that fly well together: selection, crossover and mutation over generations and islands.",
        params: schema_of::<Params>(),
        inputs: (0, 0),
        input_media: &[],
        input_bytes_max: 0,
        reading: Reading::Whole,
        output_media: &["application/json"],
        output_bytes_max: 64 << 20,
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
    let params: Params = call.read_params()?;
    let work = u64::from(params.population) * u64::from(params.islands);
    let work = work * u64::from(params.generations) * u64::from(params.steps);
    if work > WORK_MAX {
        return Err(too_much("generations", format!("{work} steps of birds, at most {WORK_MAX}")));
    }
    let mut source = ChaCha8Rng::seed_from_u64(params.seed);
    let mut islands: Vec<Vec<Bird>> = (0..params.islands).map(|_| settlers(params.population, &mut source)).collect();
    let mut trace = Vec::with_capacity(params.generations as usize);
    for generation in 0..params.generations {
        host.progress(generation.into(), params.generations.into());
        for (index, island) in islands.iter_mut().enumerate() {
            params.live(island, generation, index as u64, host)?;
        }
        trace.push(told(generation, &islands));
        host.emit(format!("{}\n", trace[trace.len() - 1]).as_bytes());
        if generation + 1 == params.generations {
            break;
        }
        if params.migrate_every > 0 && (generation + 1) % params.migrate_every == 0 {
            params.migrate(&mut islands);
        }
        for island in &mut islands {
            *island = params.bred(island, &mut source);
        }
    }
    let best = islands.iter().flatten().max_by(|one, other| one.fitness.total_cmp(&other.fitness));
    let best = best.ok_or_else(|| Fault::Broken("an island without birds".into()))?;
    let mean = |gene: usize| {
        let all = islands.iter().flatten().map(|bird| f64::from(bird.genes[gene]));
        all.sum::<f64>() / f64::from(params.population * params.islands)
    };
    let answer = json!({
        "trace": trace,
        "best": { "fitness": best.fitness, "genes": named(|gene| f64::from(best.genes[gene])) },
        "mean_genes": named(mean),
    });
    call.output.begin("application/json")?;
    call.output.write(answer.to_string().as_bytes())
}

fn named(value: impl Fn(usize) -> f64) -> Value {
    RANGES
        .iter()
        .enumerate()
        .map(|(gene, (name, ..))| ((*name).to_owned(), json!(value(gene))))
        .collect::<serde_json::Map<_, _>>()
        .into()
}

fn told(generation: u32, islands: &[Vec<Bird>]) -> Value {
    let mean = |birds: &[Bird]| birds.iter().map(|bird| bird.fitness).sum::<f64>() / birds.len() as f64;
    let means: Vec<f64> = islands.iter().map(|island| mean(island)).collect();
    let best = islands.iter().flatten().map(|bird| bird.fitness).fold(0.0, f64::max);
    json!({ "generation": generation, "mean": means.iter().sum::<f64>() / means.len() as f64, "best": best, "islands": means })
}

/// From 0 up to but not including 1.
fn chance(source: &mut ChaCha8Rng) -> f32 {
    (source.next_u32() >> 8) as f32 / (1 << 24) as f32
}

fn settlers(count: u32, source: &mut ChaCha8Rng) -> Vec<Bird> {
    let mut bird =
        || Bird { genes: RANGES.map(|(_, least, most)| least + (most - least) * chance(source)), fitness: 0.0 };
    (0..count).map(|_| bird()).collect()
}

impl Params {
    /// Lets a generation fly and says of each bird how well it did.
    fn live(&self, island: &mut [Bird], generation: u32, index: u64, host: &dyn Host) -> Result<(), Fault> {
        // Every island begins alike in a generation, each generation elsewhere.
        let seed = self.seed ^ (u64::from(generation) << 20) ^ (index << 40);
        let rules = Rules { count: island.len() as u32, seed, ..Rules::default() }.checked()?;
        let mind = |bird: &Bird| {
            let [separation, alignment, cohesion, cruise] = bird.genes;
            Mind { separation, alignment, cohesion, cruise, haste: HASTE, kind: 0.0 }
        };
        let minds = Minds::by_turns(island.iter().map(mind).collect(), false);
        let mut flock = Flock::new(rules, minds);
        island.iter_mut().for_each(|bird| bird.fitness = 0.0);
        for step in 0..self.steps {
            flock.step(host)?;
            if step < SETTLING {
                continue;
            }
            for (index, id) in flock.birds.id.iter().enumerate() {
                let speed = flock.birds.speed.each_ref().map(|list| list[index]);
                let score = score(flock.birds.seen[index], flock.birds.crowd[index], speed);
                island[*id as usize].fitness += score / f64::from(self.steps - SETTLING);
            }
        }
        Ok(())
    }

    /// The next generation: the fittest as they are, and young of parents that won a tournament.
    fn bred(&self, island: &[Bird], source: &mut ChaCha8Rng) -> Vec<Bird> {
        let mut birds = island.to_vec();
        if self.selection {
            birds.sort_by(|one, other| other.fitness.total_cmp(&one.fitness));
        }
        let elites = (self.elites * birds.len() as f32) as usize;
        let mut next: Vec<Bird> = birds[..elites].to_vec();
        while next.len() < birds.len() {
            let (one, other) = (self.parent(&birds, source), self.parent(&birds, source));
            let crossed = chance(source) < self.crossover;
            let genes = std::array::from_fn(|gene| {
                let from = if crossed && chance(source) < 0.5 { other } else { one };
                let (_, least, most) = RANGES[gene];
                let changed = chance(source) < self.mutation;
                let by = if changed { (chance(source) * 2.0 - 1.0) * self.mutation_size * (most - least) } else { 0.0 };
                (from.genes[gene] + by).clamp(least, most)
            });
            next.push(Bird { genes, fitness: 0.0 });
        }
        next
    }

    fn parent<'a>(&self, birds: &'a [Bird], source: &mut ChaCha8Rng) -> &'a Bird {
        let mut any = || &birds[(chance(source) * birds.len() as f32) as usize % birds.len()];
        let mut best = any();
        for _ in 1..self.tournament {
            let other = any();
            if self.selection && other.fitness > best.fitness {
                best = other;
            }
        }
        best
    }

    /// Each island's fittest take the places of the next one's least fit; without selection, of whoever stands there.
    fn migrate(&self, islands: &mut [Vec<Bird>]) {
        let count = (self.migrants as usize).min(self.population as usize / 2);
        if self.selection {
            islands.iter_mut().for_each(|island| island.sort_by(|one, other| other.fitness.total_cmp(&one.fitness)));
        }
        let leaving: Vec<Vec<Bird>> = islands.iter().map(|island| island[..count].to_vec()).collect();
        for (index, birds) in leaving.iter().enumerate() {
            let to = (index + 1) % islands.len();
            let end = islands[to].len() - count;
            islands[to][end..].copy_from_slice(birds);
        }
    }
}

/// How well a bird does at one moment, from 0 to 1: it has company, is not crowded, and flies at a steady pace.
fn score(seen: f32, crowd: f32, speed: [f32; 3]) -> f64 {
    let company = match seen {
        0.0 => 0.0,
        1.0..=5.0 => 0.5,
        6.0..=40.0 => 1.0,
        _ => 0.4,
    };
    let room = 1.0 / (1.0 + f64::from(crowd));
    let pace = f64::from((speed[0] * speed[0] + speed[1] * speed[1] + speed[2] * speed[2]).sqrt());
    let steady = (1.0 - (pace - 1.25).abs() / 0.75).max(0.0);
    0.4 * company + 0.3 * room + 0.3 * steady
}
