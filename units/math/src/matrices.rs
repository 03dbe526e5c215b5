//! Matrices of four columns of four numbers, for right-handed space. Projections are for a depth from 0 to 1 with 1 at the
//! near plane (reverse Z), which keeps a float's precision where it is needed.

use glam::{DMat4, DQuat, DVec3, EulerRot};

use crate::op::{Flaw, Op, Operand, matrix, quaternion, scalar, vector3};

const MATRIX: Operand = matrix("matrix", "The matrix: four columns of four numbers.");
const GIVES: &[(&str, usize)] = &[("result", 16)];
const FOV: Operand = scalar("fov_y", "Angle of view from bottom to top, in radians, above 0 and below π.", &[1.0]);
const ASPECT: Operand = scalar("aspect", "Width of the view by its height, above 0.", &[1.5]);
const NEAR: Operand = scalar("near", "Distance of the near plane, above 0.", &[0.1]);
const FAR: Operand = scalar("far", "Distance of the far plane.", &[100.0]);
const LEFT: Operand = scalar("left", "Left edge on the near plane.", &[-1.0]);
const RIGHT: Operand = scalar("right", "Right edge on the near plane.", &[1.0]);
const BOTTOM: Operand = scalar("bottom", "Lower edge on the near plane.", &[-1.0]);
const TOP: Operand = scalar("top", "Upper edge on the near plane.", &[1.0]);

type Done = Result<(), Flaw>;

/// The operations on matrices.
pub(crate) const OPS: &[Op] = &[
    op("matrix_identity", "The matrix that changes nothing.", &[], |_, r| put(DMat4::IDENTITY, r)),
    op("matrix_from_translation", "The matrix that moves.", &[vector3("translation", "How far.")], |v, r| {
        put(DMat4::from_translation(vec3(v[0])), r)
    }),
    op(
        "matrix_from_scale",
        "The matrix that scales along the axes.",
        &[vector3("scale", "How much along each axis.")],
        |v, r| put(DMat4::from_scale(vec3(v[0])), r),
    ),
    op(
        "matrix_from_rotation",
        "The matrix that turns about an axis.",
        &[vector3("axis", "The axis, of any length."), scalar("angle", "How far, in radians.", &[1.0])],
        |v, r| put(DMat4::from_axis_angle(unit(v, 0)?, v[1][0]), r),
    ),
    op(
        "matrix_from_euler",
        "The matrix that turns about its own x, then y, then z axis.",
        &[vector3("angles", "How far about x, y and z, in radians.")],
        |v, r| put(DMat4::from_euler(EulerRot::XYZ, v[0][0], v[0][1], v[0][2]), r),
    ),
    op(
        "matrix_from_quaternion",
        "The matrix of a rotation.",
        &[quaternion("rotation", "The rotation, of any length.")],
        |v, r| put(DMat4::from_quat(rotation(v, 0)?), r),
    ),
    op(
        "matrix_compose",
        "The matrix that scales, then turns, then moves.",
        &[
            vector3("translation", "How far it moves."),
            quaternion("rotation", "How it turns; of any length."),
            vector3("scale", "How much it scales along each axis."),
        ],
        |v, r| put(DMat4::from_scale_rotation_translation(vec3(v[2]), rotation(v, 1)?, vec3(v[0])), r),
    ),
    Op {
        name: "matrix_decompose",
        summary: "Translation, rotation and scale of a matrix that only scales, turns and moves.",
        takes: &[MATRIX],
        gives: &[("translation", 3), ("rotation", 4), ("scale", 3)],
        run: decompose,
    },
    op(
        "matrix_multiply",
        "The product of two matrices: what `b` does, and then `a`.",
        &[matrix("a", "The matrix on the left."), matrix("b", "The matrix on the right.")],
        |v, r| put(mat4(v[0]) * mat4(v[1]), r),
    ),
    op("matrix_transpose", "Columns for rows.", &[MATRIX], |v, r| put(mat4(v[0]).transpose(), r)),
    Op {
        name: "matrix_determinant",
        summary: "By how much a matrix scales volumes.",
        takes: &[MATRIX],
        gives: &[("result", 1)],
        run: |v, r| {
            r[0] = mat4(v[0]).determinant();
            Ok(())
        },
    },
    op("matrix_inverse", "The matrix that undoes another.", &[MATRIX], inverse),
    op(
        "matrix_look_at",
        "The view from a place towards another.",
        &[
            vector3("eye", "Where the viewer is."),
            Operand { example: &[5.0, 0.0, -5.0], ..vector3("target", "What is in the middle of the view.") },
            vector3("up", "What is up, of any length."),
        ],
        look_at,
    ),
    op("matrix_perspective", "A perspective view up to a far plane, reverse Z.", &[FOV, ASPECT, NEAR, FAR], |v, r| {
        let (near, far) = (v[2][0], v[3][0]);
        positive(v, 2)?;
        if far <= near {
            return Err((3, "must be beyond the near plane"));
        }
        perspective(v, near / (far - near), near * far / (far - near), r)
    }),
    op(
        "matrix_perspective_infinite",
        "A perspective view without a far plane, reverse Z.",
        &[FOV, ASPECT, NEAR],
        |v, r| {
            positive(v, 2)?;
            perspective(v, 0.0, v[2][0], r)
        },
    ),
    op(
        "matrix_orthographic",
        "A view without perspective, reverse Z.",
        &[LEFT, RIGHT, BOTTOM, TOP, scalar("near", "Distance of the near plane.", &[0.0]), FAR],
        orthographic,
    ),
    op(
        "matrix_frustum",
        "A perspective view whose middle may be anywhere, reverse Z.",
        &[LEFT, RIGHT, BOTTOM, TOP, NEAR, FAR],
        frustum,
    ),
];

const fn op(
    name: &'static str,
    summary: &'static str,
    takes: &'static [Operand],
    run: fn(&[&[f64]], &mut [f64]) -> Done,
) -> Op {
    Op { name, summary, takes, gives: GIVES, run }
}

fn put(matrix: DMat4, result: &mut [f64]) -> Done {
    result.copy_from_slice(&matrix.to_cols_array());
    Ok(())
}

fn vec3(numbers: &[f64]) -> DVec3 {
    DVec3::from_slice(numbers)
}

fn mat4(numbers: &[f64]) -> DMat4 {
    DMat4::from_cols_slice(numbers)
}

/// The direction of operand `index`.
fn unit(v: &[&[f64]], index: usize) -> Result<DVec3, Flaw> {
    let len = crate::vectors::length(v[index]);
    if len == 0.0 {
        return Err((index, "a vector of length 0 has no direction"));
    }
    Ok(vec3(v[index]) / len)
}

/// The rotation of operand `index`, to length 1.
pub(crate) fn rotation(v: &[&[f64]], index: usize) -> Result<DQuat, Flaw> {
    let len = crate::vectors::length(v[index]);
    if len == 0.0 {
        return Err((index, "a quaternion of length 0 is no rotation"));
    }
    Ok(DQuat::from_slice(v[index]) / len)
}

/// A rotation with the sign that turns by half a turn at most.
pub(crate) fn upright(rotation: DQuat) -> DQuat {
    if rotation.w < 0.0 { -rotation } else { rotation }
}

fn positive(v: &[&[f64]], index: usize) -> Done {
    if v[index][0] > 0.0 { Ok(()) } else { Err((index, "must be above 0")) }
}

fn decompose(v: &[&[f64]], result: &mut [f64]) -> Done {
    let matrix = mat4(v[0]);
    let det = matrix.determinant();
    if det == 0.0 || !det.is_finite() {
        return Err((0, "a matrix without an inverse has no rotation"));
    }
    let (scale, rotation, translation) = matrix.to_scale_rotation_translation();
    result[..3].copy_from_slice(&translation.to_array());
    result[3..7].copy_from_slice(&upright(rotation).to_array());
    result[7..].copy_from_slice(&scale.to_array());
    Ok(())
}

fn inverse(v: &[&[f64]], result: &mut [f64]) -> Done {
    let matrix = mat4(v[0]);
    let det = matrix.determinant();
    if det == 0.0 || !det.is_finite() {
        return Err((0, "this matrix has no inverse"));
    }
    put(matrix.inverse(), result)
}

fn look_at(v: &[&[f64]], result: &mut [f64]) -> Done {
    let eye = vec3(v[0]);
    let way = (vec3(v[1]) - eye).to_array();
    let forward = unit(&[&way], 0).map_err(|_| (1, "must be elsewhere than the eye"))?;
    let side = forward.cross(unit(v, 2)?).to_array();
    let side = unit(&[&side], 0).map_err(|_| (2, "must not lie along the view"))?;
    let up = side.cross(forward);
    put(
        DMat4::from_cols(
            DVec3::new(side.x, up.x, -forward.x).extend(0.0),
            DVec3::new(side.y, up.y, -forward.y).extend(0.0),
            DVec3::new(side.z, up.z, -forward.z).extend(0.0),
            DVec3::new(-side.dot(eye), -up.dot(eye), forward.dot(eye)).extend(1.0),
        ),
        result,
    )
}

/// The matrix that takes `w` from −z, with what it does to depth given as a factor and a summand.
fn perspective(v: &[&[f64]], depth: f64, near: f64, result: &mut [f64]) -> Done {
    let (fov, aspect) = (v[0][0], v[1][0]);
    if !(fov > 0.0 && fov < std::f64::consts::PI) {
        return Err((0, "must be above 0 and below π"));
    }
    positive(v, 1)?;
    let height = 1.0 / libm::tan(fov / 2.0);
    result.fill(0.0);
    (result[0], result[5], result[10], result[11], result[14]) = (height / aspect, height, depth, -1.0, near);
    Ok(())
}

/// The sizes of a box: right by left, top by bottom, far by near.
fn sizes(v: &[&[f64]]) -> Result<[f64; 3], Flaw> {
    let sizes = [v[1][0] - v[0][0], v[3][0] - v[2][0], v[5][0] - v[4][0]];
    match sizes.iter().position(|size| *size == 0.0) {
        Some(at) => Err((2 * at + 1, "the view must have a width, a height and a depth")),
        None => Ok(sizes),
    }
}

fn orthographic(v: &[&[f64]], result: &mut [f64]) -> Done {
    let [width, height, depth] = sizes(v)?;
    result.fill(0.0);
    (result[0], result[5], result[10], result[15]) = (2.0 / width, 2.0 / height, 1.0 / depth, 1.0);
    result[12] = -(v[1][0] + v[0][0]) / width;
    result[13] = -(v[3][0] + v[2][0]) / height;
    result[14] = v[5][0] / depth;
    Ok(())
}

fn frustum(v: &[&[f64]], result: &mut [f64]) -> Done {
    let [width, height, depth] = sizes(v)?;
    positive(v, 4)?;
    let (near, far) = (v[4][0], v[5][0]);
    if depth < 0.0 {
        return Err((5, "must be beyond the near plane"));
    }
    result.fill(0.0);
    (result[0], result[5], result[11]) = (2.0 * near / width, 2.0 * near / height, -1.0);
    result[8] = (v[1][0] + v[0][0]) / width;
    result[9] = (v[3][0] + v[2][0]) / height;
    result[10] = near / depth;
    result[14] = near * far / depth;
    Ok(())
}
