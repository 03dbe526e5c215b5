//! Everybody near a cell, and the sums over those of them that a bird sees: sixteen at a time and in a fixed order. Nothing
//! is fused and nothing is reordered, so that every processor gets the same bits.

use std::ops::Range;

use pulp::Simd;

use crate::forces::Scene;
use crate::rules::Edge;

/// How many birds are looked at together.
pub(crate) const LANES: usize = 16;
/// Keeps birds at the same place from flying off to infinity.
pub(crate) const TINY: f32 = 1e-6;
/// Where a lane without a bird has its own: so far that nobody sees it.
const NOWHERE: f32 = 1e18;

/// Numbers of the birds in a cell and around it, in lists that go on for a block behind the last.
#[derive(Default)]
pub(crate) struct Near {
    place: [Vec<f32>; 3],
    speed: [Vec<f32>; 3],
    kind: Vec<f32>,
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
            copy(simd, &scene.birds.speed[axis], birds.clone(), &mut self.speed[axis][at..], 0.0);
        }
        if scene.minds.mixed {
            copy(simd, &scene.birds.kind, birds.clone(), &mut self.kind[at..], 0.0);
        }
        self.count += birds.len();
    }

    /// Room for so many more.
    #[inline(always)]
    fn make_room(&mut self, more: usize) {
        if self.kind.len() < self.count + more {
            let len = 2 * (self.count + more);
            self.place.iter_mut().chain(&mut self.speed).chain([&mut self.kind]).for_each(|list| list.resize(len, 0.0));
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
    /// Over those within `see` of a bird at `place`; where `MIXED`, it flies along and together with those of its `kind`.
    /// A block of lanes is so many registers.
    #[inline(always)]
    pub(crate) fn over<S: Simd, const REGISTERS: usize, const MIXED: bool>(
        simd: S,
        near: &Near,
        place: [f32; 3],
        kind: f32,
        see: f32,
        keep: f32,
    ) -> Self {
        let lanes = near.lanes();
        let (x, y, z) = (simd.splat_f32s(place[0]), simd.splat_f32s(place[1]), simd.splat_f32s(place[2]));
        let (see, keep) = (simd.splat_f32s(see * see), simd.splat_f32s(keep * keep));
        let (zero, one, tiny) = (simd.splat_f32s(0.0), simd.splat_f32s(1.0), simd.splat_f32s(TINY));
        let kind = simd.splat_f32s(kind);
        let mut sums = [[zero; REGISTERS]; 11];
        let [xs, ys, zs] = near.place.each_ref();
        let (xs, ys, zs) = (
            blocks_of::<S, REGISTERS>(xs, lanes),
            blocks_of::<S, REGISTERS>(ys, lanes),
            blocks_of::<S, REGISTERS>(zs, lanes),
        );
        let [us, vs, ws] = near.speed.each_ref();
        let (us, vs, ws) = (
            blocks_of::<S, REGISTERS>(us, lanes),
            blocks_of::<S, REGISTERS>(vs, lanes),
            blocks_of::<S, REGISTERS>(ws, lanes),
        );
        let kinds = blocks_of::<S, REGISTERS>(&near.kind, lanes);
        let blocks = kinds.len();
        let (xs, ys, zs, us, vs, ws) =
            (&xs[..blocks], &ys[..blocks], &zs[..blocks], &us[..blocks], &vs[..blocks], &ws[..blocks]);
        for block in 0..blocks {
            let (xs, ys, zs, us, vs, ws) = (&xs[block], &ys[block], &zs[block], &us[block], &vs[block], &ws[block]);
            let kinds = &kinds[block];
            for i in 0..REGISTERS {
                let (dx, dy, dz) = (simd.sub_f32s(xs[i], x), simd.sub_f32s(ys[i], y), simd.sub_f32s(zs[i], z));
                let square = simd.add_f32s(simd.mul_f32s(dx, dx), simd.mul_f32s(dy, dy));
                let square = simd.add_f32s(square, simd.mul_f32s(dz, dz));
                let is_seen = simd.and_m32s(simd.less_than_f32s(square, see), simd.greater_than_f32s(square, zero));
                let is_own = if MIXED { simd.and_m32s(is_seen, simd.equal_f32s(kinds[i], kind)) } else { is_seen };
                let is_close = simd.and_m32s(is_seen, simd.less_than_f32s(square, keep));
                let own = simd.select_f32s(is_own, one, zero);
                let close = simd.select_f32s(is_close, one, zero);
                let push = simd.div_f32s(close, simd.add_f32s(square, tiny));
                sums[0][i] = simd.add_f32s(sums[0][i], own);
                sums[1][i] = simd.add_f32s(sums[1][i], close);
                sums[2][i] = simd.sub_f32s(sums[2][i], simd.mul_f32s(dx, push));
                sums[3][i] = simd.sub_f32s(sums[3][i], simd.mul_f32s(dy, push));
                sums[4][i] = simd.sub_f32s(sums[4][i], simd.mul_f32s(dz, push));
                sums[5][i] = simd.add_f32s(sums[5][i], simd.mul_f32s(us[i], own));
                sums[6][i] = simd.add_f32s(sums[6][i], simd.mul_f32s(vs[i], own));
                sums[7][i] = simd.add_f32s(sums[7][i], simd.mul_f32s(ws[i], own));
                sums[8][i] = simd.add_f32s(sums[8][i], simd.mul_f32s(dx, own));
                sums[9][i] = simd.add_f32s(sums[9][i], simd.mul_f32s(dy, own));
                sums[10][i] = simd.add_f32s(sums[10][i], simd.mul_f32s(dz, own));
            }
        }
        Self {
            seen: folded(simd, sums[0]),
            crowd: folded(simd, sums[1]),
            apart: [folded(simd, sums[2]), folded(simd, sums[3]), folded(simd, sums[4])],
            along: [folded(simd, sums[5]), folded(simd, sums[6]), folded(simd, sums[7])],
            together: [folded(simd, sums[8]), folded(simd, sums[9]), folded(simd, sums[10])],
        }
    }
}

/// The first so many lanes of a list, as blocks of registers.
#[inline(always)]
fn blocks_of<S: Simd, const REGISTERS: usize>(list: &[f32], lanes: usize) -> &[[S::f32s; REGISTERS]] {
    S::as_simd_f32s(&list[..lanes]).0.as_chunks::<REGISTERS>().0
}

/// The sum of all lanes: halves onto each other, always in this order.
#[inline(always)]
fn folded<S: Simd, const REGISTERS: usize>(simd: S, mut sum: [S::f32s; REGISTERS]) -> f32 {
    let mut half = REGISTERS / 2;
    while half > 0 {
        for i in 0..half {
            sum[i] = simd.add_f32s(sum[i], sum[i + half]);
        }
        half /= 2;
    }
    let mut sum = sum[0];
    let mut half = S::F32_LANES / 2;
    while half > 0 {
        sum = simd.add_f32s(sum, simd.rotate_left_f32s(sum, half));
        half /= 2;
    }
    pulp::bytemuck::cast_slice(std::slice::from_ref(&sum))[0]
}
