//! The laws of the unit: the same bytes for any number of threads, birds that keep their rules, genes that take effect, and
//! nothing that makes it panic.

use std::sync::atomic::AtomicU64;

use inos_unit::Unit;
use inos_unit::testing::{Quiet, run as run_quietly};
use inos_unit::{Fault, Host, Params};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::Boids;
use crate::flock::{Birds, Flock};
use crate::forces::Minds;
use crate::rules::{Edge, Rules};

/// A host with so many threads.
struct Threads(usize);

impl Host for Threads {
    fn cancelled(&self) -> bool {
        false
    }

    fn progress(&self, _: u64, _: u64) {}

    fn log(&self, _: &str) {}

    fn emit(&self, _: &[u8]) {}

    fn threads(&self) -> usize {
        self.0
    }
}

fn params(value: Value) -> Params {
    serde_json::from_value(value).unwrap()
}

fn run(method: &str, given: Value, host: &dyn Host) -> Result<Vec<u8>, Fault> {
    Ok(run_quietly(&Boids::new(), method, params(given), &[], 1, host)?.remove(0).1)
}

fn said(method: &str, given: Value) -> Value {
    serde_json::from_slice(&run(method, given, &Threads(2)).unwrap()).unwrap()
}

fn records(given: Value) -> Vec<[f32; 8]> {
    let bytes = run("simulate", given, &Threads(1)).unwrap();
    let records = bytes.as_chunks::<32>().0.iter();
    records.map(|record| std::array::from_fn(|i| f32::from_le_bytes(record.as_chunks::<4>().0[i]))).collect()
}

#[test]
fn the_number_of_threads_does_not_show_in_the_bytes() {
    for edge in ["wrap", "bounce", "steer"] {
        let given = json!({
            "count": 9000, "steps": 12, "seed": 5, "edge": edge, "snapshot_every": 4, "predators": 3,
            "species": [{ "cohesion": 2.0 }, { "alignment": 3.0 }],
            "obstacles": [{ "center": [12.0, 12.0, 12.0], "radius": 4.0 }],
        });
        let one = run("simulate", given.clone(), &Threads(1)).unwrap();
        assert_eq!(one.len(), 3 * 9000 * 32);
        for threads in [2, 3, 4] {
            assert!(one == run("simulate", given.clone(), &Threads(threads)).unwrap(), "{edge}, {threads} threads");
        }
    }
}

#[test]
fn neither_do_they_show_where_sorting_is_shared_too() {
    let given = json!({ "count": 70_000, "steps": 3, "seed": 6 });
    let one = run("simulate", given.clone(), &Threads(1)).unwrap();
    for threads in [2, 3] {
        assert!(one == run("simulate", given.clone(), &Threads(threads)).unwrap(), "{threads} threads");
    }
}

#[test]
fn neither_does_the_width_of_the_processors_vectors() {
    use pulp::Arch;
    let mut narrower = vec![Arch::Scalar];
    #[cfg(target_arch = "x86_64")]
    narrower.extend(pulp::x86::V3::try_new().map(Arch::V3));
    for (kinds, edge) in [(1, Edge::Wrap), (3, Edge::Steer)] {
        let species = vec![crate::rules::Weights::default(); kinds];
        let rules = Rules { count: 2000, seed: 8, edge, species, ..Rules::default() }.checked().unwrap();
        let fly = |arch: Option<Arch>| {
            let mut flock = Flock::new(rules.clone(), Minds::of(&rules));
            flock.arch = arch.unwrap_or(flock.arch);
            (0..10).for_each(|_| flock.step(&Threads(1)).unwrap());
            let Birds { place, speed, id, seen, crowd } = flock.birds;
            let bits = |list: Vec<f32>| list.into_iter().map(f32::to_bits).collect::<Vec<_>>();
            (place.map(bits), speed.map(bits), id, seen, crowd)
        };
        let widest = fly(None);
        for arch in &narrower {
            assert!(fly(Some(*arch)) == widest, "{arch:?}");
        }
    }
}

#[test]
fn the_bytes_are_those_of_this_version() {
    let bytes = run("simulate", json!({ "count": 500, "steps": 50, "seed": 7, "predators": 1 }), &Threads(1)).unwrap();
    assert_eq!(blake3::hash(&bytes).to_hex().as_str(), include_str!("../golden.blake3").trim());
}

/// The same step by looking at every pair in the order of the sorted birds, and in f64.
fn slowly(flock: &Flock) -> Vec<[f64; 3]> {
    let Rules { side, perception, separation_radius, dt, speed_min, speed_max, .. } = flock.rules;
    let birds = &flock.birds;
    let at = |index: usize| birds.place.each_ref().map(|list| list[index]);
    let speed = |index: usize| birds.speed.each_ref().map(|list| f64::from(list[index]));
    let mut next = vec![[0.0; 3]; birds.id.len()];
    for i in 0..birds.id.len() {
        let (mut seen, mut apart, mut along, mut together) = (0.0, [0.0; 3], [0.0; 3], [0.0; 3]);
        for j in (0..birds.id.len()).filter(|j| *j != i) {
            // Distances in f32, so that who is seen is the same for birds that are only just.
            let way: [f32; 3] = std::array::from_fn(|axis| {
                let turns = ((at(j)[axis] - at(i)[axis]) / side).round();
                (at(j)[axis] - side * turns) - at(i)[axis]
            });
            let square = way[0] * way[0] + way[1] * way[1] + way[2] * way[2];
            if square >= perception * perception {
                continue;
            }
            let (way, close) = (way.map(f64::from), square < separation_radius * separation_radius);
            let square = f64::from(square);
            seen += 1.0;
            for axis in 0..3 {
                along[axis] += speed(j)[axis];
                together[axis] += way[axis];
                if close {
                    apart[axis] -= way[axis] / (square + 1e-6);
                }
            }
        }
        let mut way = speed(i);
        for axis in 0..3 {
            let company = if seen > 0.0 { along[axis] / seen - way[axis] + 0.8 * together[axis] / seen } else { 0.0 };
            way[axis] += f64::from(dt) * (1.5 * apart[axis] + company);
        }
        let pace = way.iter().map(|part| part * part).sum::<f64>().sqrt();
        let kept = pace.clamp(speed_min.into(), speed_max.into()) / pace;
        next[birds.id[i] as usize] = way.map(|part| part * kept);
    }
    next
}

#[test]
fn a_step_is_what_looking_at_every_pair_gives() {
    let rules = Rules { count: 700, seed: 3, side: 9.0, ..Rules::default() }.checked().unwrap();
    let mut flock = Flock::new(rules.clone(), Minds::of(&rules));
    for step in 0..20 {
        let wanted = slowly(&flock);
        flock.step(&Threads(1)).unwrap();
        for (index, id) in flock.birds.id.iter().enumerate() {
            for (axis, other) in wanted[*id as usize].iter().enumerate() {
                let one = f64::from(flock.birds.speed[axis][index]);
                assert!((one - other).abs() < 2e-4, "step {step}, bird {id}: {one} {other}");
            }
        }
    }
}

#[test]
fn neighbours_fly_more_and_more_alike() {
    let given = json!({ "count": 400, "side": 8.0, "steps": 900, "snapshot_every": 300, "output": "statistics" });
    let snapshots = said("simulate", given)["snapshots"].clone();
    let order = |index: usize| snapshots[index]["polarization"].as_f64().unwrap();
    assert!(order(2) > 0.8, "{snapshots}");
    let apart = json!({
        "count": 400, "side": 8.0, "steps": 900, "output": "statistics",
        "species": [{ "alignment": 0.0, "cohesion": 0.0 }],
    });
    let alone = said("simulate", apart)["snapshots"][0]["polarization"].as_f64().unwrap();
    assert!(alone < 0.5 && order(2) > alone, "{alone}");
}

#[test]
fn predators_drive_birds_apart() {
    let seen = |predators: u32| {
        let given = json!({ "count": 600, "side": 12.0, "steps": 400, "predators": predators, "output": "statistics" });
        said("simulate", given)["snapshots"][0]["mean_neighbours"].as_f64().unwrap()
    };
    assert!((seen(0) - seen(8)).abs() > 0.1 * seen(0), "{} {}", seen(0), seen(8));
}

#[test]
fn birds_stay_out_of_obstacles_that_they_can_fly_around() {
    let given = json!({
        "count": 600, "side": 20.0, "steps": 300, "edge": "steer",
        "obstacles": [{ "center": [10.0, 10.0, 10.0], "radius": 3.0 }],
    });
    let inside = |records: Vec<[f32; 8]>| {
        records.iter().filter(|r| r[..3].iter().map(|n| (n - 10.0) * (n - 10.0)).sum::<f32>() < 7.0).count()
    };
    let mut without = given.clone();
    without["obstacles"] = json!([]);
    assert_eq!(inside(records(given)), 0);
    assert!(inside(records(without)) > 0);
}

#[test]
fn a_turn_points_where_a_bird_flies() {
    let before = records(json!({ "count": 300, "steps": 10 }));
    let after = records(json!({ "count": 300, "steps": 11 }));
    let side = Rules { count: 300, ..Rules::default() }.checked().unwrap().side;
    for (before, after) in before.iter().zip(after) {
        let [i, j, k, w] = [after[3], after[4], after[5], after[6]];
        assert!((i * i + j * j + k * k + w * w - 1.0).abs() < 1e-5);
        let ahead = [2.0 * (i * k + w * j), 2.0 * (j * k - w * i), 1.0 - 2.0 * (i * i + j * j)];
        let way: [f32; 3] = std::array::from_fn(|axis| after[axis] - before[axis]);
        if way.iter().any(|part| part.abs() > side / 2.0) {
            continue;
        }
        let len = way.iter().map(|part| part * part).sum::<f32>().sqrt();
        let along: f32 = (0..3).map(|axis| way[axis] / len * ahead[axis]).sum();
        assert!(along > 0.999, "{along}");
    }
}

#[test]
fn selection_raises_the_average_fitness_over_a_control_without_it() {
    let given =
        json!({ "population": 80, "generations": 16, "steps": 70, "seed": 11, "islands": 2, "migrate_every": 4 });
    let mut blind = given.clone();
    blind["selection"] = json!(false);
    let (chosen, blind) = (said("evolve", given.clone()), said("evolve", blind));
    let mean = |answer: &Value, generation: usize| answer["trace"][generation]["mean"].as_f64().unwrap();
    assert_eq!(mean(&chosen, 0), mean(&blind, 0), "both begin alike");
    let gain = mean(&chosen, 15) - mean(&chosen, 0);
    assert!(gain > 0.05, "{gain}");
    assert!(mean(&chosen, 15) > mean(&blind, 15) + 0.05, "{} {}", mean(&chosen, 15), mean(&blind, 15));
    assert_eq!(chosen["trace"].as_array().unwrap().len(), 16);
    let again = run("evolve", given.clone(), &Threads(1)).unwrap();
    assert_eq!(serde_json::from_slice::<Value>(&again).unwrap(), chosen);
}

#[test]
fn genes_take_effect() {
    let given = json!({ "population": 60, "generations": 2, "steps": 40, "seed": 2, "elites": 0.5, "mutation": 0 });
    let first = said("evolve", given.clone());
    let mut other = given;
    other["seed"] = json!(3);
    assert_ne!(first["best"]["genes"], said("evolve", other)["best"]["genes"]);
    let genes = first["best"]["genes"].as_object().unwrap();
    assert_eq!(genes.keys().collect::<Vec<_>>(), ["alignment", "cohesion", "cruise", "separation"]);
}

#[test]
fn a_preview_is_a_picture_and_several_are_one_that_moves() {
    for (every, frames) in [(0, None), (5, Some(4))] {
        let given = json!({ "count": 200, "steps": 20, "snapshot_every": every, "output": "preview", "predators": 1 });
        let bytes = run("simulate", given, &Threads(1)).unwrap();
        let reader = png::Decoder::new(std::io::Cursor::new(bytes)).read_info().unwrap();
        assert_eq!((reader.info().width, reader.info().height), (384, 384));
        assert_eq!(reader.info().animation_control().map(|control| control.num_frames), frames);
    }
}

#[test]
fn rules_that_cannot_be_kept_are_named() {
    for (given, pointer) in [
        (json!({ "side": 5.0 }), "/params/perception"),
        (json!({ "separation_radius": 3.0 }), "/params/separation_radius"),
        (json!({ "speed_min": 3.0 }), "/params/speed_min"),
        (json!({ "speed_max": 1000.0, "dt": 1.0 }), "/params/dt"),
    ] {
        match run("simulate", given.clone(), &Threads(1)) {
            Err(Fault::Invalid { pointer: at, .. }) => assert_eq!(at, pointer, "{given}"),
            other => panic!("{given}: {other:?}"),
        }
    }
    for (method, given) in [
        ("simulate", json!({ "count": 1_000_000, "steps": 100_000 })),
        ("simulate", json!({ "count": 1_000_000, "steps": 10, "side": 10.0, "perception": 3.0 })),
        ("simulate", json!({ "count": 1_000_000, "steps": 100, "snapshot_every": 1 })),
        ("simulate", json!({ "count": 10, "steps": 10_000, "snapshot_every": 1, "output": "statistics" })),
        ("evolve", json!({ "population": 10_000, "generations": 1000, "steps": 2000, "islands": 16 })),
    ] {
        let ended = run(method, given.clone(), &Threads(1));
        let told = matches!(&ended, Err(Fault::Invalid { message, .. }) if message.contains(", at most "));
        assert!(told, "{given}: {ended:?}");
    }
}

#[test]
fn schemas_say_types_limits_and_examples() {
    for method in &Boids::new().spec().methods {
        assert_eq!(method.params["additionalProperties"], false, "{}", method.name);
        for (name, property) in method.params["properties"].as_object().unwrap() {
            assert!(property["type"].is_string(), "{}.{name} has one type: {property}", method.name);
            assert!(property["description"].is_string(), "{}.{name} is described", method.name);
            assert!(property["examples"].is_array(), "{}.{name} has an example", method.name);
            let limited = ["minimum", "maxItems", "maxLength", "enum"].iter().any(|word| property.get(word).is_some());
            assert!(limited || property["type"] == "boolean", "{}.{name} is limited: {property}", method.name);
        }
    }
}

#[test]
fn a_stop_ends_a_flight_within_a_step() {
    for (method, given) in [
        ("simulate", json!({ "count": 3000, "steps": 10_000 })),
        ("evolve", json!({ "population": 1000, "generations": 100 })),
    ] {
        for after in [0, 1, 30] {
            let host = Quiet { cancel_after: Some(AtomicU64::new(after)), ..Quiet::default() };
            assert_eq!(run(method, given.clone(), &host), Err(Fault::Cancelled), "{method} after {after}");
        }
    }
}

#[test]
fn a_stop_ends_a_step_in_its_middle() {
    // Everybody is in one place: a single step looks at a thousand million pairs.
    let rules = Rules { count: 30_000, ..Rules::default() }.checked().unwrap();
    let mut flock = Flock::new(rules.clone(), Minds::of(&rules));
    flock.birds.place.iter_mut().for_each(|list| list.iter_mut().for_each(|place| *place = 1.0 + *place / 1e6));
    let host = Quiet { cancel_after: Some(AtomicU64::new(20)), ..Quiet::default() };
    assert_eq!(flock.step(&host), Err(Fault::Cancelled));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_rules_are_refused_or_keep_birds_in_the_world(
        count in 1..300_u32, seed: u64, side in 0.0..40.0_f32, dt in 0.0001..1.0_f32, perception in 0.001..12.0_f32,
        separation_radius in 0.0..12.0_f32, speed_max in 0.001..20.0_f32, weight in 0.0..100.0_f32,
        edge in prop_oneof![Just(Edge::Wrap), Just(Edge::Bounce), Just(Edge::Steer)], predators in 0..4_u32,
    ) {
        let mut rules = Rules { count, seed, side, dt, perception, separation_radius, edge, predators, ..Rules::default() };
        rules.speed_max = speed_max;
        rules.speed_min = speed_max / 10.0;
        rules.species[0].separation = weight;
        let Ok(rules) = rules.checked() else { return Ok(()) };
        let mut flock = Flock::new(rules.clone(), Minds::of(&rules));
        for _ in 0..20 {
            flock.step(&Threads(2)).unwrap();
        }
        let mut ids = flock.birds.id.clone();
        ids.sort_unstable();
        prop_assert!(ids.iter().copied().eq(0..count), "a bird is lost");
        for index in 0..count as usize {
            let speed = flock.birds.speed.each_ref().map(|list| list[index]);
            let pace = speed.iter().map(|part| part * part).sum::<f32>().sqrt();
            prop_assert!((rules.speed_min * 0.999..=rules.speed_max * 1.001).contains(&pace), "{}", pace);
            for list in &flock.birds.place {
                prop_assert!((-0.001 * rules.side..=1.001 * rules.side).contains(&list[index]), "{}", list[index]);
            }
        }
    }
}

#[test]
fn pairs_are_counted_as_they_are_and_not_as_they_might_be() {
    let rules = Rules { count: 3000, steps: 1, ..Rules::default() }.checked().unwrap();
    let minds = crate::forces::Minds::of(&rules);
    let foreseen = rules.pairs();
    let mut flock = Flock::new(rules, minds);
    flock.step(&Quiet::default()).unwrap();
    let spread = flock.looked;
    assert!(
        (spread as f64) < 3.0 * foreseen && spread as f64 > foreseen / 3.0,
        "{spread} where {foreseen} were foreseen"
    );
    // All at one place.
    flock.birds.place.iter_mut().for_each(|list| list.fill(1.0));
    flock.step(&Quiet::default()).unwrap();
    assert!(flock.looked - spread >= 3000 * 3000, "{}", flock.looked - spread);
}
