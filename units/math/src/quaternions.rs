//! Quaternions as x, y, z, w. Where a rotation is meant, a quaternion of any length but 0 will do.

use glam::{DMat3, DQuat, DVec3, EulerRot};

use crate::matrices::{rotation, upright};
use crate::op::{Flaw, Op, Operand, matrix, quaternion, scalar, vector3};

const Q: Operand = quaternion("q", "The quaternion: x, y, z, w.");
const A: Operand = quaternion("a", "The quaternion: x, y, z, w.");
const B: Operand = quaternion("b", "The other quaternion.");
const GIVES: &[(&str, usize)] = &[("result", 4)];
/// Rotations whose dot product is above this are mixed on a straight line.
const DOT_MAX: f64 = 0.999_999_999_5;

type Done = Result<(), Flaw>;

/// The operations on quaternions.
pub(crate) const OPS: &[Op] = &[
    op("quaternion_identity", "The rotation that changes nothing.", &[], |_, r| put(DQuat::IDENTITY, r)),
    op(
        "quaternion_from_axis_angle",
        "The rotation about an axis.",
        &[vector3("axis", "The axis, of any length."), scalar("angle", "How far, in radians.", &[1.0])],
        from_axis_angle,
    ),
    op(
        "quaternion_from_euler",
        "The rotation about its own x, then y, then z axis.",
        &[vector3("angles", "How far about x, y and z, in radians.")],
        |v, r| put(DQuat::from_euler(EulerRot::XYZ, v[0][0], v[0][1], v[0][2]), r),
    ),
    Op {
        name: "quaternion_to_euler",
        summary: "A rotation's angles about its own x, then y, then z axis, in radians.",
        takes: &[Q],
        gives: &[("result", 3)],
        run: |v, r| {
            let (x, y, z) = rotation(v, 0)?.to_euler(EulerRot::XYZ);
            r.copy_from_slice(&[x, y, z]);
            Ok(())
        },
    },
    op(
        "quaternion_from_matrix",
        "The rotation of a matrix that only turns and moves.",
        &[matrix("matrix", "The matrix: four columns of four numbers.")],
        from_matrix,
    ),
    op("quaternion_multiply", "The product: what `b` does, and then `a`.", &[A, B], |v, r| {
        put(quat(v[0]) * quat(v[1]), r)
    }),
    op(
        "quaternion_slerp",
        "Between two rotations, on the shortest arc.",
        &[A, B, scalar("t", "How far from `a` (0) to `b` (1).", &[0.5])],
        slerp,
    ),
    op("quaternion_conjugate", "The quaternion with its axis turned round.", &[Q], |v, r| {
        put(quat(v[0]).conjugate(), r)
    }),
    op("quaternion_inverse", "The quaternion that undoes another, of whatever length.", &[Q], inverse),
    op("quaternion_normalize", "The quaternion of length 1 that turns alike.", &[Q], |v, r| put(rotation(v, 0)?, r)),
    Op {
        name: "quaternion_rotate",
        summary: "A vector, turned.",
        takes: &[Q, vector3("vector", "The vector to turn.")],
        gives: &[("result", 3)],
        run: |v, r| {
            r.copy_from_slice(&rotation(v, 0)?.mul_vec3(DVec3::from_slice(v[1])).to_array());
            Ok(())
        },
    },
];

const fn op(
    name: &'static str,
    summary: &'static str,
    takes: &'static [Operand],
    run: fn(&[&[f64]], &mut [f64]) -> Done,
) -> Op {
    Op { name, summary, takes, gives: GIVES, run }
}

fn quat(numbers: &[f64]) -> DQuat {
    DQuat::from_slice(numbers)
}

fn put(quaternion: DQuat, result: &mut [f64]) -> Done {
    result.copy_from_slice(&quaternion.to_array());
    Ok(())
}

fn from_axis_angle(v: &[&[f64]], result: &mut [f64]) -> Done {
    let len = crate::vectors::length(v[0]);
    if len == 0.0 {
        return Err((0, "a vector of length 0 has no direction"));
    }
    put(DQuat::from_axis_angle(DVec3::from_slice(v[0]) / len, v[1][0]), result)
}

fn from_matrix(v: &[&[f64]], result: &mut [f64]) -> Done {
    let m = v[0];
    let linear = DMat3::from_cols_array(&[m[0], m[1], m[2], m[4], m[5], m[6], m[8], m[9], m[10]]);
    if (linear.determinant() - 1.0).abs() > 1e-3 {
        return Err((0, "a matrix that only turns and moves has the determinant 1"));
    }
    let turned = DQuat::from_mat3(&linear).to_array();
    put(upright(rotation(&[&turned], 0)?), result)
}

/// Written out, since a library's short cut for near rotations shows in the last digits.
fn slerp(v: &[&[f64]], result: &mut [f64]) -> Done {
    let (a, mut b, t) = (rotation(v, 0)?, rotation(v, 1)?, v[2][0]);
    let mut dot = a.dot(b);
    if dot < 0.0 {
        (b, dot) = (-b, -dot);
    }
    let (from, to) = if dot > DOT_MAX {
        (1.0 - t, t)
    } else {
        let angle = libm::acos(dot);
        let sine = libm::sin(angle);
        (libm::sin((1.0 - t) * angle) / sine, libm::sin(t * angle) / sine)
    };
    let mixed = (a * from + b * to).to_array();
    put(rotation(&[&mixed], 0)?, result)
}

fn inverse(v: &[&[f64]], result: &mut [f64]) -> Done {
    let q = quat(v[0]);
    let square = q.length_squared();
    if square == 0.0 {
        return Err((0, "a quaternion of length 0 has no inverse"));
    }
    put(q.conjugate() / square, result)
}
