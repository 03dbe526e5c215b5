//! What a step does to one bird: what it does about those it sees (`near`), and about edges, obstacles and predators. Nothing
//! is fused and nothing is reordered, so that every processor gets the same bits.

use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::vec;

use pulp::{Scalar, Simd, WithSimd};

use crate::flock::Birds;
use crate::near::{LANES, Near, Sums, TINY};
use crate::rules::{Edge, Rules};
use crate::sorted::Sorted;

/// How many pairs are looked at between two questions whether to stop: about 2 ms.
const CHECK_PAIRS: usize = 1 << 21;
/// How strongly birds turn away from edges, obstacles and predators.
const FEAR: f32 = 8.0;
/// What a bird weighs up.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Mind {
    pub(crate) separation: f32,
    pub(crate) alignment: f32,
    pub(crate) cohesion: f32,
    /// The speed that it would like, and how strongly.
    pub(crate) cruise: f32,
    pub(crate) haste: f32,
    /// Its kind, as a number that lanes can compare.
    pub(crate) kind: f32,
}

/// What all birds weigh up: they take these by turns.
#[derive(Debug, Clone)]
pub(crate) struct Minds {
    turns: Vec<Mind>,
    /// Whether there is more than one kind.
    pub(crate) mixed: bool,
}

impl Minds {
    /// One mind at least, which birds have by turns; `mixed` where they are of several kinds.
    pub(crate) fn by_turns(turns: Vec<Mind>, mixed: bool) -> Self {
        assert!(!turns.is_empty(), "every bird has a mind");
        Self { turns, mixed }
    }

    /// The mind of the bird with this number.
    #[inline(always)]
    pub(crate) fn of_bird(&self, id: u32) -> &Mind {
        &self.turns[if self.turns.len() == 1 { 0 } else { id as usize % self.turns.len() }]
    }
}

/// What a step reads.
pub(crate) struct Scene<'a> {
    pub(crate) rules: &'a Rules,
    pub(crate) birds: &'a Sorted,
    pub(crate) start: &'a [u32],
    pub(crate) cells: usize,
    pub(crate) predators: &'a [[f32; 6]],
    pub(crate) minds: &'a Minds,
}

/// What a step writes: the birds of some rows of cells.
#[derive(Default)]
pub(crate) struct Part<'a> {
    place: [&'a mut [f32]; 3],
    speed: [&'a mut [f32]; 3],
    seen: &'a mut [f32],
    crowd: &'a mut [f32],
}

/// Some rows of cells, and their birds.
pub(crate) struct Piece<'a> {
    pub(crate) rows: Range<usize>,
    pub(crate) part: Part<'a>,
}

/// Moves the birds of one piece of the world after the other, while there are any; ends early where it is told to stop.
pub(crate) struct Mover<'m, 'a, F> {
    pub(crate) scene: &'m Scene<'m>,
    pub(crate) pieces: &'m Mutex<vec::IntoIter<Piece<'a>>>,
    /// Whether it takes the last piece that there is, not the first.
    pub(crate) is_back: bool,
    /// Where it is added up how many pairs were looked at.
    pub(crate) looked: &'m AtomicU64,
    pub(crate) stopped: F,
}

impl<'a> Part<'a> {
    /// All birds.
    pub(crate) fn whole(birds: &'a mut Birds) -> Self {
        let Birds { place, speed, seen, crowd, .. } = birds;
        Self {
            place: place.each_mut().map(Vec::as_mut_slice),
            speed: speed.each_mut().map(Vec::as_mut_slice),
            seen,
            crowd,
        }
    }

    /// The first so many birds, and the others.
    pub(crate) fn split(self, count: usize) -> (Self, Self) {
        let Self { place: [x, y, z], speed: [u, v, w], seen, crowd } = self;
        let (x, y, z) = (x.split_at_mut(count), y.split_at_mut(count), z.split_at_mut(count));
        let (u, v, w) = (u.split_at_mut(count), v.split_at_mut(count), w.split_at_mut(count));
        let (seen, crowd) = (seen.split_at_mut(count), crowd.split_at_mut(count));
        (
            Self { place: [x.0, y.0, z.0], speed: [u.0, v.0, w.0], seen: seen.0, crowd: crowd.0 },
            Self { place: [x.1, y.1, z.1], speed: [u.1, v.1, w.1], seen: seen.1, crowd: crowd.1 },
        )
    }
}

impl<F: FnMut() -> bool> WithSimd for Mover<'_, '_, F> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        match (S::F32_LANES > LANES, self.scene.minds.mixed) {
            (false, false) => self.run::<S, false>(simd),
            (false, true) => self.run::<S, true>(simd),
            (true, false) => self.run::<Scalar, false>(Scalar),
            (true, true) => self.run::<Scalar, true>(Scalar),
        }
    }
}

impl<F: FnMut() -> bool> Mover<'_, '_, F> {
    #[inline(always)]
    fn run<S: Simd, const MIXED: bool>(self, simd: S) {
        let Self { scene, pieces, is_back, looked, mut stopped } = self;
        let next = || {
            let mut pieces = pieces.lock().unwrap_or_else(PoisonError::into_inner);
            if is_back { pieces.next_back() } else { pieces.next() }
        };
        let cells = scene.cells;
        let mut near = Near::default();
        let (mut pairs, mut all) = (0, 0);
        while let Some(Piece { rows, mut part }) = next() {
            let begin = scene.start[rows.start * cells] as usize;
            for row in rows {
                if stopped() {
                    return;
                }
                let (z, y) = (row / cells, row % cells);
                for x in 0..cells {
                    let cell = row * cells + x;
                    let birds = scene.start[cell] as usize..scene.start[cell + 1] as usize;
                    if birds.is_empty() {
                        continue;
                    }
                    near.gather(simd, scene, [x, y, z]);
                    for bird in birds {
                        pairs += near.lanes();
                        all += near.lanes() as u64;
                        if pairs >= CHECK_PAIRS {
                            pairs = 0;
                            if stopped() {
                                return;
                            }
                        }
                        scene.fly::<S, MIXED>(simd, bird, &mut near, &mut part, bird - begin);
                    }
                }
            }
        }
        looked.fetch_add(all, Ordering::Relaxed);
    }
}

impl Scene<'_> {
    /// Moves one bird.
    #[inline(always)]
    fn fly<S: Simd, const MIXED: bool>(&self, simd: S, bird: usize, near: &mut Near, part: &mut Part<'_>, into: usize) {
        let Rules { dt, perception, separation_radius, .. } = *self.rules;
        let mind = self.minds.of_bird(self.birds.id[bird]);
        let own = &self.birds.bird[bird];
        let (place, speed) = (own.place.truncate().to_array(), own.speed.truncate().to_array());
        let sums = Sums::over::<S, MIXED>(simd, near, own, perception, separation_radius);
        let Mind { separation, alignment, cohesion, .. } = *mind;
        let by_seen = if sums.seen > 0.0 { 1.0 / sums.seen } else { 0.0 };
        let anybody = if sums.seen > 0.0 { 1.0 } else { 0.0 };
        let fear = self.fear(place);
        let mut next = [0.0; 3];
        for axis in 0..3 {
            let along = sums.along[axis] * by_seen - speed[axis] * anybody;
            let together = sums.together[axis] * by_seen;
            let push = separation * sums.apart[axis] + alignment * along + cohesion * together + fear[axis];
            next[axis] = speed[axis] + dt * push;
        }
        let pace = self.pace(mind, next);
        for axis in 0..3 {
            let (at, way) = self.at_edge(place[axis] + next[axis] * pace * dt, next[axis] * pace);
            part.place[axis][into] = at;
            part.speed[axis][into] = way;
        }
        part.seen[into] = sums.seen;
        part.crowd[into] = sums.crowd;
    }

    /// What a speed is to be multiplied by: towards the one that a bird likes, and within what birds can fly.
    #[inline(always)]
    fn pace(&self, mind: &Mind, speed: [f32; 3]) -> f32 {
        let Rules { speed_min, speed_max, dt, .. } = *self.rules;
        let now = (speed[0] * speed[0] + speed[1] * speed[1] + speed[2] * speed[2]).sqrt().max(TINY);
        let haste = mind.haste;
        let wanted = if haste > 0.0 { now + (mind.cruise - now) * (haste * dt).min(1.0) } else { now };
        wanted.max(speed_min).min(speed_max) / now
    }

    /// What drives a bird away from edges, obstacles and predators.
    #[inline(always)]
    fn fear(&self, place: [f32; 3]) -> [f32; 3] {
        let mut fear = [0.0; 3];
        let margin = self.rules.perception;
        if self.rules.edge == Edge::Steer {
            for axis in 0..3 {
                let (before, behind) = (margin - place[axis], place[axis] - (self.rules.side - margin));
                fear[axis] += FEAR * (before.max(0.0) - behind.max(0.0)) / margin;
            }
        }
        for obstacle in &self.rules.obstacles {
            flee(&mut fear, place, obstacle.center, obstacle.radius, margin);
        }
        for predator in self.predators {
            flee(&mut fear, place, [predator[0], predator[1], predator[2]], 0.0, 2.0 * margin);
        }
        fear
    }

    /// Where a bird is and flies after the edge has had its say.
    #[inline(always)]
    fn at_edge(&self, place: f32, speed: f32) -> (f32, f32) {
        let side = self.rules.side;
        if self.rules.edge == Edge::Wrap {
            return (wrapped(place, side), speed);
        }
        if place < 0.0 {
            (-place, speed.abs())
        } else if place > side {
            (side - (place - side), -speed.abs())
        } else {
            (place, speed)
        }
    }
}

/// Away from a ball, the more the nearer, from `margin` outside it on.
#[inline(always)]
fn flee(fear: &mut [f32; 3], place: [f32; 3], center: [f32; 3], radius: f32, margin: f32) {
    let way = [0, 1, 2].map(|axis| place[axis] - center[axis]);
    let far = (way[0] * way[0] + way[1] * way[1] + way[2] * way[2]).sqrt().max(TINY);
    let deep = (radius + margin - far).max(0.0) / margin;
    for axis in 0..3 {
        fear[axis] += 2.0 * FEAR * deep * way[axis] / far;
    }
}

/// A place that has left a world on one side, on the other. It has gone less than one length of it.
#[inline(always)]
pub(crate) fn wrapped(place: f32, side: f32) -> f32 {
    let place = if place < 0.0 { place + side } else { place };
    let place = if place >= side { place - side } else { place };
    place.max(0.0)
}
