//! Points and directions through one matrix in the processor's widest vectors. The operations are those of `vectors`, in
//! the same order, so that the bytes are the same too.

use pulp::Arch;

/// Transforms points of three numbers and divides them by their w; says how many have none.
pub(crate) fn points(matrix: &[f64], points: &[f64], results: &mut [f64]) -> usize {
    let m: &[f64; 16] = matrix.first_chunk().unwrap_or(&[0.0; 16]);
    Arch::new().dispatch(
        #[inline(always)]
        || {
            if crate::vectors::is_affine(m) { moved(m, points, results) } else { projected(m, points, results) }
        },
    )
}

#[inline(always)]
fn moved(m: &[f64; 16], points: &[f64], results: &mut [f64]) -> usize {
    for (result, point) in results.as_chunks_mut::<3>().0.iter_mut().zip(points.as_chunks::<3>().0) {
        *result = [0, 1, 2].map(|i| row(m, i, point) + m[12 + i]);
    }
    0
}

#[inline(always)]
fn projected(m: &[f64; 16], points: &[f64], results: &mut [f64]) -> usize {
    let mut unanswered = 0;
    for (result, point) in results.as_chunks_mut::<3>().0.iter_mut().zip(points.as_chunks::<3>().0) {
        let w = row(m, 3, point) + m[15];
        let w = if w == 0.0 { f64::NAN } else { w };
        unanswered += usize::from(w.is_nan());
        *result = [0, 1, 2].map(|i| (row(m, i, point) + m[12 + i]) / w);
    }
    unanswered
}

/// Transforms directions of three numbers.
pub(crate) fn directions(matrix: &[f64], directions: &[f64], results: &mut [f64]) {
    Arch::new().dispatch(
        #[inline(always)]
        || {
            let m: &[f64; 16] = matrix.first_chunk().unwrap_or(&[0.0; 16]);
            for (result, direction) in results.as_chunks_mut::<3>().0.iter_mut().zip(directions.as_chunks::<3>().0) {
                *result = [0, 1, 2].map(|i| row(m, i, direction));
            }
        },
    );
}

/// Squares of lengths between these are sums of squares none of which was too large or too small for a number.
const PLAIN_SQUARES: std::ops::Range<f64> = 1e-190..1e190;

/// Has vectors of `N` numbers be as long as 1; says how many have no direction.
pub(crate) fn units<const N: usize>(vectors: &[f64], results: &mut [f64]) -> usize {
    let (results, vectors) = (results.as_chunks_mut::<N>().0, vectors.as_chunks::<N>().0);
    let are_plain = Arch::new().dispatch(
        #[inline(always)]
        || {
            let mut are_plain = true;
            for (result, vector) in results.iter_mut().zip(vectors) {
                let square = vector.iter().map(|number| number * number).sum::<f64>();
                are_plain &= PLAIN_SQUARES.contains(&square);
                let length = square.sqrt();
                *result = vector.map(|number| number / length);
            }
            are_plain
        },
    );
    if are_plain {
        return 0;
    }
    // Some are not, which is rare: they are looked at one by one, and the rest would give the same again.
    let mut unanswered = 0;
    for (result, vector) in results.iter_mut().zip(vectors) {
        if crate::vectors::normalize(&[vector], result).is_err() {
            result.fill(f64::NAN);
            unanswered += 1;
        }
    }
    unanswered
}

/// Moves points of three packed f32 that lie side by side, from bytes to bytes, by a matrix that leaves their w at 1. As many as
/// there is room for.
pub(crate) fn packed_points(matrix: &[f64], bytes: &[u8], room: &mut [u8]) {
    packed::<true>(matrix, bytes, room);
}

/// The same with directions, by any matrix.
pub(crate) fn packed_directions(matrix: &[f64], bytes: &[u8], room: &mut [u8]) {
    packed::<false>(matrix, bytes, room);
}

fn packed<const MOVES: bool>(matrix: &[f64], bytes: &[u8], room: &mut [u8]) {
    let m: &[f64; 16] = matrix.first_chunk().unwrap_or(&[0.0; 16]);
    #[cfg(target_arch = "x86_64")]
    let done = crate::wide::packed::<MOVES>(m, bytes, room);
    #[cfg(not(target_arch = "x86_64"))]
    let done = 0;
    one_by_one::<MOVES>(m, &bytes[done..], &mut room[done..]);
}

/// One plain loop over points, which the compiler turns into vectors of as many as there is room for.
fn one_by_one<const MOVES: bool>(m: &[f64; 16], bytes: &[u8], room: &mut [u8]) {
    Arch::new().dispatch(
        #[inline(always)]
        || {
            let rows: [[f64; 4]; 3] = [0, 1, 2].map(|i| [m[i], m[4 + i], m[8 + i], m[12 + i]]);
            for (into, from) in room.as_chunks_mut::<12>().0.iter_mut().zip(bytes.as_chunks::<12>().0) {
                let (into, from) = (into.as_chunks_mut::<4>().0, from.as_chunks::<4>().0);
                let [x, y, z] = [0, 1, 2].map(|i| f64::from(f32::from_le_bytes(from[i])));
                for (into, row) in into.iter_mut().zip(&rows) {
                    let turned = row[0] * x + row[1] * y + row[2] * z;
                    // Not adding a zero: that would make a zero of a negative one.
                    let made = if MOVES { turned + row[3] } else { turned };
                    *into = if made.is_nan() { f32::NAN } else { made as f32 }.to_le_bytes();
                }
            }
        },
    );
}

#[inline(always)]
fn row(m: &[f64; 16], i: usize, v: &[f64; 3]) -> f64 {
    m[i] * v[0] + m[4 + i] * v[1] + m[8 + i] * v[2]
}
