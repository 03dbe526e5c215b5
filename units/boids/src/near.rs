//! Everybody near a cell, and the sums over those of them that a bird sees: whom it sees is worked out a register at a time,
//! and those few are added up one by one. Nothing is fused and nothing is reordered, so that every processor gets the same
//! bits.

use std::ops::Range;

use glam::Vec4;
use pulp::{Simd, bytemuck};

use crate::forces::Scene;
use crate::rules::Edge;
use crate::sorted::Bird;

/// How many numbers a register holds at most: lists of places go on for so many behind the last bird.
pub(crate) const LANES: usize = 16;
/// Keeps birds at the same place from flying off to infinity.
pub(crate) const TINY: f32 = 1e-6;
/// Where a lane without a bird has its own: so far that nobody sees it.
const NOWHERE: f32 = 1e18;
/// How many birds are looked at before those that are seen are added up: a bit for each, eight in a column and eight in a
/// row, column by column.
const GROUP: usize = 64;
/// The bit of each of a group within its column.
const IN_COLUMN: [u32; GROUP] = {
    let mut bits = [0; GROUP];
    let mut index = 0;
    while index < GROUP {
        bits[index] = 1 << (index / 8);
        index += 1;
    }
    bits
};

/// The birds in a cell and around it.
#[derive(Default)]
pub(crate) struct Near {
    place: [Vec<f32>; 3],
    birds: Vec<Bird>,
    /// The ways to those that are too near a bird, and how long they are, squared.
    close: Vec<(Vec4, f32)>,
    /// How many birds there are.
    pub(crate) count: usize,
}

/// Sums over those that a bird sees.
pub(crate) struct Sums {
    pub(crate) seen: f32,
    pub(crate) crowd: f32,
    pub(crate) apart: [f32; 3],
    pub(crate) along: [f32; 3],
    pub(crate) together: [f32; 3],
}

impl Near {
    /// Everybody in a cell and in the 26 around it; across the edge of a world that wraps they are where they look to be.
    #[inline(always)]
    pub(crate) fn gather<S: Simd>(&mut self, simd: S, scene: &Scene<'_>, at: [usize; 3]) {
        self.count = 0;
        let wraps = scene.rules.edge == Edge::Wrap;
        let (cells, side) = (scene.cells as isize, scene.rules.side);
        let step = |at: usize, by: isize| -> Option<(usize, f32)> {
            let cell = at as isize + by;
            match cell {
                _ if (0..cells).contains(&cell) => Some((cell as usize, 0.0)),
                _ if !wraps => None,
                _ => Some((cell.rem_euclid(cells) as usize, if cell < 0 { -side } else { side })),
            }
        };
        for dz in -1..=1 {
            let Some((z, shift_z)) = step(at[2], dz) else { continue };
            for dy in -1..=1 {
                let Some((y, shift_y)) = step(at[1], dy) else { continue };
                let row = (z * scene.cells + y) * scene.cells;
                let inner = at[0].saturating_sub(1)..(at[0] + 2).min(scene.cells);
                self.take(simd, scene, row + inner.start..row + inner.end, [0.0, shift_y, shift_z]);
                for edge in [-1, 1] {
                    match step(at[0], edge) {
                        Some((x, shift_x)) if shift_x != 0.0 => {
                            self.take(simd, scene, row + x..row + x + 1, [shift_x, shift_y, shift_z]);
                        }
                        _ => {}
                    }
                }
            }
        }
        self.make_room(LANES);
        for list in &mut self.place {
            if let Some(behind) = list[self.count..].first_chunk_mut::<LANES>() {
                *behind = [NOWHERE; LANES];
            }
        }
    }

    /// How many lanes are looked at for each bird.
    #[inline(always)]
    pub(crate) fn lanes(&self) -> usize {
        self.count.next_multiple_of(LANES)
    }

    #[inline(always)]
    fn take<S: Simd>(&mut self, simd: S, scene: &Scene<'_>, cells: Range<usize>, shift: [f32; 3]) {
        let birds = scene.start[cells.start] as usize..scene.start[cells.end] as usize;
        self.make_room(birds.len() + LANES);
        let at = self.count;
        for (axis, shift) in shift.into_iter().enumerate() {
            copy(simd, &scene.birds.place[axis], birds.clone(), &mut self.place[axis][at..], shift);
        }
        let shift = Vec4::new(shift[0], shift[1], shift[2], 0.0);
        for (into, from) in self.birds[at..].iter_mut().zip(&scene.birds.bird[birds.clone()]) {
            *into = Bird { place: from.place + shift, speed: from.speed };
        }
        self.count += birds.len();
    }

    /// Room for so many more.
    #[inline(always)]
    fn make_room(&mut self, more: usize) {
        if self.birds.len() < self.count + more {
            let len = 2 * (self.count + more);
            self.place.iter_mut().for_each(|list| list.resize(len, 0.0));
            self.birds.resize(len, Bird::default());
            self.close.resize(len, (Vec4::ZERO, 0.0));
        }
    }
}

/// Copies some numbers, each with `shift` added, a register at a time: what comes behind the last is copied too, and then
/// written over by whoever comes next.
#[inline(always)]
fn copy<S: Simd>(simd: S, from: &[f32], range: Range<usize>, into: &mut [f32], shift: f32) {
    let count = range.len().div_ceil(S::F32_LANES);
    let from = &S::as_simd_f32s(&from[range.start..]).0[..count];
    let into = &mut S::as_mut_simd_f32s(into).0[..count];
    let shift = simd.splat_f32s(shift);
    for (into, from) in into.iter_mut().zip(from) {
        *into = simd.add_f32s(*from, shift);
    }
}

impl Sums {
    /// Over those within `see` of a bird; where `MIXED`, it flies along and together with those of its kind.
    #[inline(always)]
    pub(crate) fn over<S: Simd, const MIXED: bool>(simd: S, near: &mut Near, bird: &Bird, see: f32, keep: f32) -> Self {
        let lanes = near.lanes();
        let Near { place, birds, close, .. } = near;
        let (see, keep) = (see * see, keep * keep);
        let from = bird.place.with_w(0.0);
        let (mut together, mut along, mut apart) = (Vec4::ZERO, Vec4::ZERO, Vec4::ZERO);
        let mut crowd = 0;
        let [xs, ys, zs] = place.each_ref().map(|list| list[..lanes].chunks(GROUP));
        for (birds, ((xs, ys), zs)) in birds.chunks(GROUP).zip(xs.zip(ys).zip(zs)) {
            let mut seen = seen(simd, [xs, ys, zs], from, see);
            while seen != 0 {
                let bit = seen.trailing_zeros() as usize;
                seen &= seen - 1;
                let other = &birds[bit % 8 * 8 + bit / 8];
                let way = other.place - from;
                let squares = way * way;
                let square = squares.x + squares.y + squares.z;
                // Nobody can tell who is too near, and a processor's wrong guesses cost more than writing everybody down
                // and counting on only where it is to stay.
                close[crowd] = (way, square);
                crowd += usize::from(square < keep);
                if MIXED {
                    let own = if other.speed.w == bird.speed.w { 1.0 } else { 0.0 };
                    together += way * own;
                    along += other.speed * own;
                } else {
                    together += way;
                    along += other.speed;
                }
            }
        }
        for (way, square) in &close[..crowd] {
            apart -= *way * (1.0 / (square + TINY));
        }
        let [dx, dy, dz, seen] = together.to_array();
        let apart = apart.truncate().to_array();
        Self { seen, crowd: crowd as f32, apart, along: along.truncate().to_array(), together: [dx, dy, dz] }
    }
}

/// Whom of a group somebody sees at a place, a bit for each.
#[inline(always)]
fn seen<S: Simd>(simd: S, group: [&[f32]; 3], place: Vec4, see: f32) -> u64 {
    let [x, y, z, _] = place.to_array().map(|part| simd.splat_f32s(part));
    let (see, zero, no_bits) = (simd.splat_f32s(see), simd.splat_f32s(0.0), simd.splat_u32s(0));
    let [xs, ys, zs] = group.map(|list| S::as_simd_f32s(list).0);
    let bits = S::as_simd_u32s(&IN_COLUMN).0;
    // As many registers as a row of the group has, where they are narrower than it.
    let mut columns = [no_bits; 8];
    let across = (8 / S::F32_LANES).max(1);
    let columns = &mut columns[..across];
    for (index, (((xs, ys), zs), bits)) in xs.iter().zip(ys).zip(zs).zip(bits).enumerate() {
        let (dx, dy, dz) = (simd.sub_f32s(*xs, x), simd.sub_f32s(*ys, y), simd.sub_f32s(*zs, z));
        let square = simd.add_f32s(simd.mul_f32s(dx, dx), simd.mul_f32s(dy, dy));
        let square = simd.add_f32s(square, simd.mul_f32s(dz, dz));
        let is_seen = simd.and_m32s(simd.less_than_f32s(square, see), simd.greater_than_f32s(square, zero));
        let column = &mut columns[index % across];
        *column = simd.or_u32s(*column, simd.select_u32s(is_seen, *bits, no_bits));
    }
    let words: &[u32] = bytemuck::cast_slice(columns);
    words.iter().enumerate().fold(0, |all, (lane, bits)| all | u64::from(*bits) << (lane % 8 * 8))
}
