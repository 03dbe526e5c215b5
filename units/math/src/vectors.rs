//! Vectors of two to four numbers, and what a matrix does to those of three. Every result is the same everywhere: sines
//! and the like come from a library, not from the platform.

use glam::DMat3;

use crate::op::{Flaw, Op, Operand, matrix, scalar, vector, vector3};

const A: Operand = vector("a", "The vector.");
const B: Operand = vector("b", "The other vector, of the same dimension.");
const T: Operand = scalar("t", "How far from `a` (0) to `b` (1); beyond them as well.", &[0.5]);
const MATRIX: Operand = matrix("matrix", "Matrix of four columns of four numbers.");
const VECTOR: &[(&str, usize)] = &[("result", 0)];
const VECTOR3: &[(&str, usize)] = &[("result", 3)];
const NUMBER: &[(&str, usize)] = &[("result", 1)];
/// Below this sine of the angle between them two directions are one, or opposite.
const SINE_MIN: f64 = 1e-9;

type Done = Result<(), Flaw>;

/// The operations on vectors.
pub(crate) const OPS: &[Op] = &[
    Op { name: "vector_length", summary: "The length of a vector.", takes: &[A], gives: NUMBER, run: length_of },
    Op {
        name: "vector_distance",
        summary: "The distance of two points.",
        takes: &[A, B],
        gives: NUMBER,
        run: distance,
    },
    Op { name: "vector_dot", summary: "The dot product of two vectors.", takes: &[A, B], gives: NUMBER, run: dot_of },
    Op {
        name: "vector_angle",
        summary: "The angle between two vectors, in radians.",
        takes: &[A, B],
        gives: NUMBER,
        run: angle_of,
    },
    Op {
        name: "vector_cross",
        summary: "The cross product of two vectors of three numbers.",
        takes: &[vector3("a", "The vector."), vector3("b", "The other vector.")],
        gives: VECTOR3,
        run: cross,
    },
    Op {
        name: "vector_add",
        summary: "The sum of two vectors.",
        takes: &[A, B],
        gives: VECTOR,
        run: |v, r| each(v, r, |a, b| a + b),
    },
    Op {
        name: "vector_subtract",
        summary: "One vector less another.",
        takes: &[A, B],
        gives: VECTOR,
        run: |v, r| each(v, r, |a, b| a - b),
    },
    Op {
        name: "vector_scale",
        summary: "A vector times a number.",
        takes: &[A, scalar("factor", "The number.", &[2.0])],
        gives: VECTOR,
        run: |v, r| each(&[v[0], v[0]], r, |a, _| a * v[1][0]),
    },
    Op {
        name: "vector_normalize",
        summary: "A vector's direction: the vector of length 1.",
        takes: &[A],
        gives: VECTOR,
        run: normalize,
    },
    Op {
        name: "vector_lerp",
        summary: "Between two vectors, on a straight line.",
        takes: &[A, B, T],
        gives: VECTOR,
        run: lerp,
    },
    Op {
        name: "vector_slerp",
        summary: "Between two vectors, on the shortest arc, with lengths between theirs.",
        takes: &[A, B, T],
        gives: VECTOR,
        run: slerp,
    },
    Op {
        name: "vector_reflect",
        summary: "A vector mirrored by a plane through the origin.",
        takes: &[A, vector("normal", "The plane's normal, of any length.")],
        gives: VECTOR,
        run: reflect,
    },
    Op {
        name: "vector_project",
        summary: "The part of one vector that lies along another.",
        takes: &[A, vector("onto", "The vector to project onto.")],
        gives: VECTOR,
        run: project,
    },
    Op {
        name: "vector_transform_point",
        summary: "A point through a matrix, divided by its w.",
        takes: &[MATRIX, vector3("point", "The point.")],
        gives: VECTOR3,
        run: transform_point,
    },
    Op {
        name: "vector_transform_direction",
        summary: "A direction through a matrix, which does not move it.",
        takes: &[MATRIX, vector3("direction", "The direction.")],
        gives: VECTOR3,
        run: transform_direction,
    },
    Op {
        name: "vector_transform_normal",
        summary: "A normal through the inverse transpose of a matrix, to length 1.",
        takes: &[MATRIX, vector3("normal", "The normal.")],
        gives: VECTOR3,
        run: transform_normal,
    },
];

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// The length, without losing vectors whose squares are too large or too small for a number.
pub(crate) fn length(a: &[f64]) -> f64 {
    let largest = a.iter().fold(0.0_f64, |largest, number| largest.max(number.abs()));
    if a.iter().any(|number| number.is_nan()) {
        return f64::NAN;
    }
    if largest == 0.0 || !largest.is_finite() {
        return largest;
    }
    if (1e-100..1e100).contains(&largest) {
        return dot(a, a).sqrt();
    }
    a.iter().map(|number| (number / largest) * (number / largest)).sum::<f64>().sqrt() * largest
}

fn each(v: &[&[f64]], result: &mut [f64], f: impl Fn(f64, f64) -> f64) -> Done {
    for ((result, a), b) in result.iter_mut().zip(v[0]).zip(v[1]) {
        *result = f(*a, *b);
    }
    Ok(())
}

fn length_of(v: &[&[f64]], result: &mut [f64]) -> Done {
    result[0] = length(v[0]);
    Ok(())
}

fn distance(v: &[&[f64]], result: &mut [f64]) -> Done {
    let mut way = [0.0; 4];
    let way = &mut way[..v[0].len()];
    each(v, way, |a, b| a - b)?;
    result[0] = length(way);
    Ok(())
}

fn dot_of(v: &[&[f64]], result: &mut [f64]) -> Done {
    result[0] = dot(v[0], v[1]);
    Ok(())
}

fn cross(v: &[&[f64]], result: &mut [f64]) -> Done {
    let (a, b) = (v[0], v[1]);
    result[0] = a[1] * b[2] - a[2] * b[1];
    result[1] = a[2] * b[0] - a[0] * b[2];
    result[2] = a[0] * b[1] - a[1] * b[0];
    Ok(())
}

/// The direction of operand `index` and its length.
fn direction(v: &[&[f64]], index: usize) -> Result<([f64; 4], f64), Flaw> {
    let len = length(v[index]);
    if len == 0.0 {
        return Err((index, "a vector of length 0 has no direction"));
    }
    let mut unit = [0.0; 4];
    for (unit, number) in unit.iter_mut().zip(v[index]) {
        *unit = number / len;
    }
    Ok((unit, len))
}

pub(crate) fn normalize(v: &[&[f64]], result: &mut [f64]) -> Done {
    let (unit, _) = direction(v, 0)?;
    result.copy_from_slice(&unit[..result.len()]);
    Ok(())
}

/// The angle from what adds up and what is left of two directions: exact for small and for straight angles too.
fn angle(a: &[f64; 4], b: &[f64; 4]) -> f64 {
    let sum: [f64; 4] = std::array::from_fn(|i| a[i] + b[i]);
    let rest: [f64; 4] = std::array::from_fn(|i| a[i] - b[i]);
    2.0 * libm::atan2(length(&rest), length(&sum))
}

fn angle_of(v: &[&[f64]], result: &mut [f64]) -> Done {
    result[0] = angle(&direction(v, 0)?.0, &direction(v, 1)?.0);
    Ok(())
}

fn lerp(v: &[&[f64]], result: &mut [f64]) -> Done {
    let t = v[2][0];
    each(v, result, |a, b| a * (1.0 - t) + b * t)
}

fn slerp(v: &[&[f64]], result: &mut [f64]) -> Done {
    let ((a, a_len), (b, b_len), t) = (direction(v, 0)?, direction(v, 1)?, v[2][0]);
    let angle = angle(&a, &b);
    let sine = libm::sin(angle);
    if sine < SINE_MIN && angle > 1.0 {
        return Err((1, "opposite directions have no shortest arc between them"));
    }
    let (from, to) =
        if sine < SINE_MIN { (1.0 - t, t) } else { (libm::sin((1.0 - t) * angle) / sine, libm::sin(t * angle) / sine) };
    let len = a_len * (1.0 - t) + b_len * t;
    for (i, result) in result.iter_mut().enumerate() {
        *result = (a[i] * from + b[i] * to) * len;
    }
    Ok(())
}

fn reflect(v: &[&[f64]], result: &mut [f64]) -> Done {
    let (normal, _) = direction(v, 1)?;
    let along = 2.0 * dot(v[0], &normal);
    each(&[v[0], &normal], result, |a, n| a - along * n)
}

fn project(v: &[&[f64]], result: &mut [f64]) -> Done {
    let (onto, _) = direction(v, 1)?;
    let along = dot(v[0], &onto);
    each(&[v[0], &onto], result, |_, onto| along * onto)
}

fn row(m: &[f64], i: usize, v: &[f64]) -> f64 {
    m[i] * v[0] + m[4 + i] * v[1] + m[8 + i] * v[2]
}

/// Whether every point keeps its w of 1.
pub(crate) fn is_affine(m: &[f64]) -> bool {
    [m[3], m[7], m[11], m[15]] == [0.0, 0.0, 0.0, 1.0]
}

fn transform_point(v: &[&[f64]], result: &mut [f64]) -> Done {
    let (m, point) = (v[0], v[1]);
    if is_affine(m) {
        for (i, result) in result.iter_mut().enumerate() {
            *result = row(m, i, point) + m[12 + i];
        }
        return Ok(());
    }
    let w = row(m, 3, point) + m[15];
    if w == 0.0 || w.is_nan() {
        return Err((1, "the matrix takes this point to infinity"));
    }
    for (i, result) in result.iter_mut().enumerate() {
        *result = (row(m, i, point) + m[12 + i]) / w;
    }
    Ok(())
}

fn transform_direction(v: &[&[f64]], result: &mut [f64]) -> Done {
    for (i, result) in result.iter_mut().enumerate() {
        *result = row(v[0], i, v[1]);
    }
    Ok(())
}

fn transform_normal(v: &[&[f64]], result: &mut [f64]) -> Done {
    let m = v[0];
    let linear = DMat3::from_cols_array(&[m[0], m[1], m[2], m[4], m[5], m[6], m[8], m[9], m[10]]);
    let det = linear.determinant();
    if det == 0.0 || !det.is_finite() {
        return Err((0, "a matrix without an inverse takes no normal along"));
    }
    let normal = linear.inverse().transpose().mul_vec3(glam::DVec3::from_slice(v[1])).to_array();
    let (unit, _) = direction(&[m, &normal], 1)?;
    result.copy_from_slice(&unit[..3]);
    Ok(())
}
