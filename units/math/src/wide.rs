//! Sixteen packed points through one matrix at a time in the vectors of AVX-512, or eight in those of AVX2. The operations are
//! those of `transform`, in the same order, so that the bytes are the same too.
//!
//! Macros and no closures: what is not inlined here is compiled without these vectors, and was up to ten times slower.

use std::arch::x86_64::{__m128, __m256, __m256d, __m512, __m512i};

use pulp::NullaryFnOnce;
use pulp::x86::{V3, V4};

/// Bytes of as many points as are done at once: three whole registers.
const BYTES: usize = 8 * 12;
/// Bytes of a register of AVX-512, three of which are sixteen points.
const WIDE_BYTES: usize = 64;

/// Transforms the points of `bytes` that come in whole eights, and moves them where `MOVES` says so; says how many bytes
/// those were, which are none on a processor without AVX2.
pub(crate) fn packed<const MOVES: bool>(matrix: &[f64; 16], bytes: &[u8], room: &mut [u8]) -> usize {
    let wide = V4::try_new().map_or(0, |simd| sixteen::<MOVES>(simd, matrix, bytes, room));
    wide + V3::try_new().map_or(0, |simd| eight::<MOVES>(simd, matrix, &bytes[wide..], &mut room[wide..]))
}

/// Those of `bytes` that come in whole sixteens.
fn sixteen<const MOVES: bool>(simd: V4, matrix: &[f64; 16], bytes: &[u8], room: &mut [u8]) -> usize {
    simd.vectorize(Run::<_, MOVES> { simd, matrix, bytes, room })
}

/// Those of `bytes` that come in whole eights.
fn eight<const MOVES: bool>(simd: V3, matrix: &[f64; 16], bytes: &[u8], room: &mut [u8]) -> usize {
    simd.vectorize(Run::<_, MOVES> { simd, matrix, bytes, room })
}

struct Run<'r, S, const MOVES: bool> {
    simd: S,
    matrix: &'r [f64; 16],
    bytes: &'r [u8],
    room: &'r mut [u8],
}

/// Where the numbers of an axis lie in three registers of points, or those of a register of points in three of an axis each: from
/// the first two, and with those from the third.
const fn places(of: usize, are_points: bool) -> [[i32; 16]; 2] {
    let mut places = [[0; 16]; 2];
    let mut lane = 0;
    while lane < 16 {
        // In which register, and where there.
        let (register, at) = if are_points {
            let place = 3 * lane + of;
            (place / 16, place % 16)
        } else {
            let place = 16 * of + lane;
            (place % 3, place / 3)
        };
        places[0][lane] = if register < 2 { (16 * register + at) as i32 } else { 0 };
        places[1][lane] = if register < 2 { lane as i32 } else { (16 + at) as i32 };
        lane += 1;
    }
    places
}

impl<const MOVES: bool> NullaryFnOnce for Run<'_, V4, MOVES> {
    type Output = usize;

    #[inline(always)]
    fn call(self) -> usize {
        let Self { simd, matrix, bytes, room } = self;
        let avx = simd.avx512f;
        macro_rules! picked {
            ($places:expr, $a:expr, $b:expr, $c:expr) => {{
                const PLACES: [[i32; 16]; 2] = $places;
                let [from_two, from_third]: [__m512i; 2] = pulp::cast(PLACES);
                let of_two = avx._mm512_permutex2var_ps($a, from_two, $b);
                avx._mm512_permutex2var_ps(of_two, from_third, $c)
            }};
        }
        macro_rules! low {
            ($all:expr) => {
                avx._mm512_cvtps_pd(avx._mm512_castps512_ps256($all))
            };
        }
        macro_rules! high {
            ($all:expr) => {{
                let half: __m256d = avx._mm512_extractf64x4_pd::<1>(avx._mm512_castps_pd($all));
                avx._mm512_cvtps_pd(pulp::cast::<__m256d, __m256>(half))
            }};
        }
        macro_rules! row {
            ($i:literal) => {
                (
                    avx._mm512_set1_pd(matrix[$i]),
                    avx._mm512_set1_pd(matrix[4 + $i]),
                    avx._mm512_set1_pd(matrix[8 + $i]),
                    avx._mm512_set1_pd(matrix[12 + $i]),
                )
            };
        }
        macro_rules! made {
            ($row:expr, $from:expr) => {{
                let (x, y) = (avx._mm512_mul_pd($row.0, $from.0), avx._mm512_mul_pd($row.1, $from.1));
                let turned = avx._mm512_add_pd(avx._mm512_add_pd(x, y), avx._mm512_mul_pd($row.2, $from.2));
                avx._mm512_cvtpd_ps(if MOVES { avx._mm512_add_pd(turned, $row.3) } else { turned })
            }};
        }
        let not_a_number = avx._mm512_set1_ps(f32::NAN);
        macro_rules! settled {
            ($all:expr) => {{
                let all = $all;
                avx._mm512_mask_blend_ps(avx._mm512_cmpunord_ps_mask(all, all), all, not_a_number)
            }};
        }
        let rows = (row!(0), row!(1), row!(2));
        let (from, into) = (bytes.as_chunks::<WIDE_BYTES>().0, room.as_chunks_mut::<WIDE_BYTES>().0);
        let (from, into) = (from.as_chunks::<3>().0, into.as_chunks_mut::<3>().0);
        let count = from.len().min(into.len());
        for (from, into) in from.iter().zip(into) {
            let [a, b, c]: [__m512; 3] = pulp::cast(*from);
            let x = picked!(places(0, true), a, b, c);
            let y = picked!(places(1, true), a, b, c);
            let z = picked!(places(2, true), a, b, c);
            let (lower, upper) = ((low!(x), low!(y), low!(z)), (high!(x), high!(y), high!(z)));
            macro_rules! both {
                ($row:expr) => {{
                    let lower = avx._mm512_castps_pd(avx._mm512_castps256_ps512(made!($row, lower)));
                    let upper: __m256d = pulp::cast::<__m256, __m256d>(made!($row, upper));
                    avx._mm512_castpd_ps(avx._mm512_insertf64x4::<1>(lower, upper))
                }};
            }
            let (x, y, z) = (both!(rows.0), both!(rows.1), both!(rows.2));
            let a = settled!(picked!(places(0, false), x, y, z));
            let b = settled!(picked!(places(1, false), x, y, z));
            let c = settled!(picked!(places(2, false), x, y, z));
            *into = pulp::cast([a, b, c]);
        }
        count * 3 * WIDE_BYTES
    }
}

/// Which lanes a shuffle takes: two of its first operand, two of its second.
const fn lanes(a: i32, b: i32, c: i32, d: i32) -> i32 {
    a | (b << 2) | (c << 4) | (d << 6)
}

impl<const MOVES: bool> NullaryFnOnce for Run<'_, V3, MOVES> {
    type Output = usize;

    #[inline(always)]
    fn call(self) -> usize {
        let Self { simd, matrix, bytes, room } = self;
        let avx = simd.avx;
        macro_rules! shuffle {
            ($a:expr, $b:expr, $($lane:literal)+) => { avx._mm256_shuffle_ps::<{ lanes($($lane),+) }>($a, $b) };
        }
        macro_rules! low {
            ($all:expr) => {
                avx._mm256_castps256_ps128($all)
            };
        }
        macro_rules! high {
            ($all:expr) => {
                avx._mm256_extractf128_ps::<1>($all)
            };
        }
        macro_rules! row {
            ($i:literal) => {
                (
                    avx._mm256_set1_pd(matrix[$i]),
                    avx._mm256_set1_pd(matrix[4 + $i]),
                    avx._mm256_set1_pd(matrix[8 + $i]),
                    avx._mm256_set1_pd(matrix[12 + $i]),
                )
            };
        }
        macro_rules! made {
            ($row:expr, $x:expr, $y:expr, $z:expr) => {{
                let (x, y) = (avx._mm256_mul_pd($row.0, $x), avx._mm256_mul_pd($row.1, $y));
                let turned = avx._mm256_add_pd(avx._mm256_add_pd(x, y), avx._mm256_mul_pd($row.2, $z));
                avx._mm256_cvtpd_ps(if MOVES { avx._mm256_add_pd(turned, $row.3) } else { turned })
            }};
        }
        let not_a_number = avx._mm256_set1_ps(f32::NAN);
        macro_rules! settled {
            ($all:expr) => {{
                const UNORDERED: i32 = 3;
                avx._mm256_blendv_ps($all, not_a_number, avx._mm256_cmp_ps::<UNORDERED>($all, $all))
            }};
        }
        let rows = (row!(0), row!(1), row!(2));
        let (from, into) = (bytes.as_chunks::<BYTES>().0, room.as_chunks_mut::<BYTES>().0);
        let count = from.len().min(into.len());
        for (from, into) in from.iter().zip(into) {
            // Points 0 to 3 in the lower halves, 4 to 7 in the upper ones: x y z x, y z x y, z x y z.
            let [a, b, c, upper_a, upper_b, upper_c]: [__m128; 6] = pulp::cast(*from);
            let a = avx._mm256_set_m128(upper_a, a);
            let b = avx._mm256_set_m128(upper_b, b);
            let c = avx._mm256_set_m128(upper_c, c);
            let x = shuffle!(a, shuffle!(b, c, 2 2 1 1), 0 3 0 2);
            let y = shuffle!(shuffle!(a, b, 1 1 0 0), shuffle!(b, c, 3 3 2 2), 0 2 0 2);
            let z = shuffle!(shuffle!(a, b, 2 2 1 1), c, 0 2 0 3);
            let lower = (avx._mm256_cvtps_pd(low!(x)), avx._mm256_cvtps_pd(low!(y)), avx._mm256_cvtps_pd(low!(z)));
            let upper = (avx._mm256_cvtps_pd(high!(x)), avx._mm256_cvtps_pd(high!(y)), avx._mm256_cvtps_pd(high!(z)));
            macro_rules! both {
                ($row:expr) => {
                    avx._mm256_set_m128(made!($row, upper.0, upper.1, upper.2), made!($row, lower.0, lower.1, lower.2))
                };
            }
            let (x, y, z) = (both!(rows.0), both!(rows.1), both!(rows.2));
            let (xy, more_xy) = (avx._mm256_unpacklo_ps(x, y), avx._mm256_unpackhi_ps(x, y));
            let a = settled!(shuffle!(xy, shuffle!(z, x, 0 0 1 1), 0 1 0 2));
            let b = settled!(shuffle!(shuffle!(y, z, 1 1 1 1), more_xy, 0 2 0 1));
            let c = settled!(shuffle!(shuffle!(z, x, 2 2 3 3), shuffle!(y, z, 3 3 3 3), 0 2 0 2));
            *into = pulp::cast([low!(a), low!(b), low!(c), high!(a), high!(b), high!(c)]);
        }
        count * BYTES
    }
}
