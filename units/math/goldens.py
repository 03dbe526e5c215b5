#!/usr/bin/env python3
"""Writes vectors.json: what numpy and scipy make of the methods of the unit math.

Made with numpy 2.x and scipy 1.x by: python3 units/math/goldens.py > units/math/vectors.json
No test needs this file, numpy or scipy; it says where the numbers come from."""

import json
import sys

import numpy as np
import scipy
from scipy.interpolate import CubicSpline, PchipInterpolator
from scipy.spatial.transform import Rotation, Slerp
from scipy.stats import kurtosis, skew

rng = np.random.default_rng(7)
cases = []


def plain(value):
    if isinstance(value, np.ndarray):
        return value.tolist()
    if isinstance(value, (np.floating, np.integer)):
        return value.item()
    if isinstance(value, dict):
        return {name: plain(item) for name, item in value.items()}
    return value


def case(name, method, params, output, inputs=(), tolerance=1e-12):
    """inputs: arrays to pack as f64; output: the JSON, or a list of arrays where it is packed."""
    one = {"name": name, "method": method, "params": plain(params), "tolerance": tolerance}
    if inputs:
        one["params"]["type"] = "f64"
        one["inputs"] = [np.asarray(i, float).ravel().tolist() for i in inputs]
        one["packed"] = [np.asarray(o, float).ravel().tolist() for o in output]
    else:
        one["json"] = plain(output)
    cases.append(one)


def result(name, method, params, value, tolerance=1e-12):
    case(name, method, params, {"result": value}, tolerance=tolerance)


def columns(matrix):
    """Four columns of four numbers."""
    return np.asarray(matrix).T.ravel()


def unit(v):
    return v / np.linalg.norm(v)


def vectors():
    for n in (2, 3, 4):
        a, b, t = rng.normal(size=n), rng.normal(size=n), 0.3
        result(f"length {n}", "vector_length", {"a": a}, np.linalg.norm(a))
        result(f"distance {n}", "vector_distance", {"a": a, "b": b}, np.linalg.norm(a - b))
        result(f"dot {n}", "vector_dot", {"a": a, "b": b}, a @ b)
        result(f"angle {n}", "vector_angle", {"a": a, "b": b}, np.arccos(unit(a) @ unit(b)))
        result(f"add {n}", "vector_add", {"a": a, "b": b}, a + b)
        result(f"subtract {n}", "vector_subtract", {"a": a, "b": b}, a - b)
        result(f"scale {n}", "vector_scale", {"a": a, "factor": -2.5}, a * -2.5)
        result(f"normalize {n}", "vector_normalize", {"a": a}, unit(a))
        result(f"lerp {n}", "vector_lerp", {"a": a, "b": b, "t": t}, a + (b - a) * t)
        result(f"reflect {n}", "vector_reflect", {"a": a, "normal": b}, a - 2 * (a @ unit(b)) * unit(b))
        result(f"project {n}", "vector_project", {"a": a, "onto": b}, (a @ b) / (b @ b) * b)
        angle = np.arccos(unit(a) @ unit(b))
        arc = (np.sin((1 - t) * angle) * unit(a) + np.sin(t * angle) * unit(b)) / np.sin(angle)
        arc *= np.linalg.norm(a) * (1 - t) + np.linalg.norm(b) * t
        result(f"slerp {n}", "vector_slerp", {"a": a, "b": b, "t": t}, arc)
    a, b = rng.normal(size=3), rng.normal(size=3)
    result("cross", "vector_cross", {"a": a, "b": b}, np.cross(a, b))
    m = np.vstack([rng.normal(size=(3, 4)), [0, 0, 0, 1]])
    result("point", "vector_transform_point", {"matrix": columns(m), "point": a}, (m @ [*a, 1])[:3])
    p = rng.normal(size=(4, 4))
    h = p @ [*a, 1]
    result("point through a projection", "vector_transform_point", {"matrix": columns(p), "point": a}, h[:3] / h[3])
    result("direction", "vector_transform_direction", {"matrix": columns(m), "direction": a}, m[:3, :3] @ a)
    n = np.linalg.inv(m[:3, :3]).T @ a
    result("normal", "vector_transform_normal", {"matrix": columns(m), "normal": a}, unit(n))
    points = rng.normal(size=(100, 3))
    case("points", "vector_transform_point", {"matrix": columns(m)}, [(points @ m[:3, :3].T + m[:3, 3])], [points])
    case("directions", "vector_transform_direction", {"matrix": columns(m)}, [points[:50] @ m[:3, :3].T], [points[:50]])
    case("crosses", "vector_cross", {}, [np.cross(points[:20], points[20:40])], [points[:20], points[20:40]])


def homogeneous(linear, translation=(0, 0, 0)):
    m = np.eye(4)
    m[:3, :3], m[:3, 3] = linear, translation
    return m


def matrices():
    t, s, q, e = rng.normal(size=3), rng.uniform(0.5, 2, 3), unit(rng.normal(size=4)), rng.uniform(-1.5, 1.5, 3)
    r = Rotation.from_quat(q)
    axis = rng.normal(size=3)
    a, b = rng.normal(size=(4, 4)), rng.normal(size=(4, 4))
    result("identity", "matrix_identity", {}, columns(np.eye(4)))
    result("translation", "matrix_from_translation", {"translation": t}, columns(homogeneous(np.eye(3), t)))
    result("scale", "matrix_from_scale", {"scale": s}, columns(homogeneous(np.diag(s))))
    turned = Rotation.from_rotvec(unit(axis) * 0.8)
    result("rotation", "matrix_from_rotation", {"axis": axis, "angle": 0.8}, columns(homogeneous(turned.as_matrix())))
    euler = Rotation.from_euler("XYZ", e)
    result("euler", "matrix_from_euler", {"angles": e}, columns(homogeneous(euler.as_matrix())))
    result("quaternion", "matrix_from_quaternion", {"rotation": q * 3}, columns(homogeneous(r.as_matrix())))
    composed = homogeneous(r.as_matrix() @ np.diag(s), t)
    result("compose", "matrix_compose", {"translation": t, "rotation": q, "scale": s}, columns(composed))
    q = q if q[3] >= 0 else -q
    parts = {"translation": t, "rotation": q, "scale": s}
    case("decompose", "matrix_decompose", {"matrix": columns(composed)}, parts)
    result("multiply", "matrix_multiply", {"a": columns(a), "b": columns(b)}, columns(a @ b))
    result("transpose", "matrix_transpose", {"matrix": columns(a)}, columns(a.T))
    result("determinant", "matrix_determinant", {"matrix": columns(a)}, np.linalg.det(a))
    result("inverse", "matrix_inverse", {"matrix": columns(a)}, columns(np.linalg.inv(a)), tolerance=1e-10)
    eye, target, up = rng.normal(size=3), rng.normal(size=3), np.array([0.1, 1, 0])
    z = unit(eye - target)
    x = unit(np.cross(up, z))
    y = np.cross(z, x)
    view = homogeneous(np.array([x, y, z]), -np.array([x, y, z]) @ eye)
    result("look at", "matrix_look_at", {"eye": eye, "target": target, "up": up}, columns(view))
    f, aspect, near, far = 1 / np.tan(0.5), 1.5, 0.1, 50.0
    depth = [near / (far - near), near * far / (far - near)]
    p = np.array([[f / aspect, 0, 0, 0], [0, f, 0, 0], [0, 0, *depth], [0, 0, -1, 0]])
    view = {"fov_y": 1.0, "aspect": aspect, "near": near}
    result("perspective", "matrix_perspective", {**view, "far": far}, columns(p))
    p[2, 2:] = 0, near
    result("infinite perspective", "matrix_perspective_infinite", view, columns(p))
    # The corners of a box, each through the inverse of the matrix that takes the view's box there.
    l, r_, bo, to = -1.0, 2.0, -0.5, 1.0
    o = np.array([[2 / (r_ - l), 0, 0, -(r_ + l) / (r_ - l)], [0, 2 / (to - bo), 0, -(to + bo) / (to - bo)],
                  [0, 0, 1 / (far - near), far / (far - near)], [0, 0, 0, 1]])
    box = {"left": l, "right": r_, "bottom": bo, "top": to, "near": near, "far": far}
    result("orthographic", "matrix_orthographic", box, columns(o))
    fr = np.array([[2 * near / (r_ - l), 0, (r_ + l) / (r_ - l), 0], [0, 2 * near / (to - bo), (to + bo) / (to - bo), 0],
                   [0, 0, near / (far - near), near * far / (far - near)], [0, 0, -1, 0]])
    result("frustum", "matrix_frustum", box, columns(fr))
    many = rng.normal(size=(30, 4, 4))
    packed = [columns(m) for m in many]
    case("inverses", "matrix_inverse", {}, [[columns(np.linalg.inv(m)) for m in many]], [packed], tolerance=1e-9)
    case("multiplies one by many", "matrix_multiply", {"a": columns(a)}, [[columns(a @ m) for m in many]], [packed])


def quaternions():
    for i in range(3):
        a, b = Rotation.random(random_state=i), Rotation.random(random_state=i + 10)
        qa, qb = a.as_quat(), b.as_quat()
        e = a.as_euler("XYZ")
        result(f"euler {i}", "quaternion_to_euler", {"q": qa}, e)
        rounded = Rotation.from_euler("XYZ", e).as_quat()
        result(f"from euler {i}", "quaternion_from_euler", {"angles": e}, sign(rounded, e))
        product = (a * b).as_quat()
        result(f"multiply {i}", "quaternion_multiply", {"a": qa, "b": qb}, hamilton(qa, qb))
        assert np.allclose(np.abs(product @ hamilton(qa, qb)), 1)
        middle = Slerp([0, 1], Rotation.concatenate([a, b]))(0.3).as_quat()
        middle = middle if middle @ qa >= 0 else -middle
        result(f"slerp {i}", "quaternion_slerp", {"a": qa, "b": qb, "t": 0.3}, middle)
        v = rng.normal(size=3)
        result(f"rotate {i}", "quaternion_rotate", {"q": qa * 2, "vector": v}, a.apply(v))
        result(f"inverse {i}", "quaternion_inverse", {"q": qa * 2}, a.inv().as_quat() * np.sign(qa[3] * a.inv().as_quat()[3]) / 2)
        rv = a.as_rotvec()
        angle = np.linalg.norm(rv)
        result(f"axis {i}", "quaternion_from_axis_angle", {"axis": rv, "angle": angle}, [*(np.sin(angle / 2) * unit(rv)), np.cos(angle / 2)])
        m = a.as_quat() if a.as_quat()[3] >= 0 else -a.as_quat()
        if abs(m[3]) > 0.5:
            result(f"from matrix {i}", "quaternion_from_matrix", {"matrix": columns(homogeneous(a.as_matrix()))}, m)
    result("identity", "quaternion_identity", {}, [0, 0, 0, 1])
    result("conjugate", "quaternion_conjugate", {"q": [1, 2, 3, 4]}, [-1, -2, -3, 4])
    result("normalize", "quaternion_normalize", {"q": [1, 2, 3, 4]}, unit(np.array([1.0, 2, 3, 4])))


def hamilton(a, b):
    (x, y, z, w), (p, q, r, s) = a, b
    return np.array([w * p + x * s + y * r - z * q, w * q - x * r + y * s + z * p, w * r + x * q - y * p + z * s, w * s - x * p - y * q - z * r])


def sign(q, angles):
    """The quaternion with the sign that the product of three turns has."""
    turns = [np.array([*(np.sin(t / 2) * np.eye(3)[i]), np.cos(t / 2)]) for i, t in enumerate(angles)]
    product = hamilton(hamilton(turns[0], turns[1]), turns[2])
    return q if q @ product > 0 else -q


def fixed(u, *others):
    """Columns with the number of the largest size positive, and others turned along."""
    signs = np.sign(u[np.argmax(np.abs(u), axis=0), np.arange(u.shape[1])])
    return [m * signs for m in (u, *others)]


def linear():
    a, b = rng.normal(size=(4, 3)), rng.normal(size=(3, 5))
    result("matmul", "matmul", {"a": a, "b": b}, a @ b)
    a, b = rng.normal(size=(20, 15)), rng.normal(size=(15, 11))
    case("matmul packed", "matmul", {"columns": 15}, [a @ b], [a, b], tolerance=1e-11)
    for n in (1, 3, 12):
        a, b = rng.normal(size=(n, n)) + n * np.eye(n), rng.normal(size=(n, 2))
        case(f"solve {n}", "solve", {"a": a, "b": b}, {"x": np.linalg.solve(a, b)}, tolerance=1e-10)
        p, l, u = scipy.linalg.lu(a)
        case(f"lu {n}", "lu", {"a": a}, {"l": l, "u": u, "p": np.argmax(p.T, axis=1)}, tolerance=1e-10)
        s = a @ a.T
        case(f"cholesky {n}", "cholesky", {"a": s}, {"l": np.linalg.cholesky(s)}, tolerance=1e-10)
        values, vec = np.linalg.eigh(s)
        case(f"eigen {n}", "eigen_symmetric", {"a": s}, {"values": values, "vectors": fixed(vec)[0]}, tolerance=1e-9)
    for shape in ((5, 3), (3, 5), (20, 20)):
        a = rng.normal(size=shape)
        q, r = np.linalg.qr(a)
        d = np.sign(np.diag(r))
        case(f"qr {shape}", "qr", {"a": a}, {"q": q * d, "r": (r.T * d).T}, tolerance=1e-10)
        u, s, vt = np.linalg.svd(a, full_matrices=False)
        u, v = fixed(u, vt.T)
        case(f"svd {shape}", "svd", {"a": a}, {"u": u, "s": s, "v": v}, tolerance=1e-9)
    a, b = rng.normal(size=(40, 6)), rng.normal(size=(40, 2))
    x = np.linalg.lstsq(a, b, rcond=None)[0]
    case("least squares", "least_squares", {"a": a, "b": b}, {"x": x}, tolerance=1e-10)
    case("least squares packed", "least_squares", {"columns": 6}, [x], [a, b], tolerance=1e-10)


def data():
    for n in (1, 2, 7, 100):
        v = rng.gamma(2, size=n)
        about = dict(count=n, sum=v.sum(), mean=v.mean(), variance=v.var(), standard_deviation=v.std(),
                     skewness=skew(v) if n > 1 else None, kurtosis=kurtosis(v) if n > 1 else None,
                     minimum=v.min(), maximum=v.max(), median=np.median(v), quantiles=np.quantile(v, [0.1, 0.75, 1]))
        case(f"statistics of {n}", "statistics", {"values": v, "quantiles": [0.1, 0.75, 1]}, about, tolerance=1e-10)
    v = rng.normal(size=50)
    counts, edges = np.histogram(v, bins=7)
    case("histogram", "histogram", {"values": v, "bins": 7}, {"counts": counts, "edges": edges, "below": 0, "above": 0})
    counts, edges = np.histogram(v, bins=4, range=(-1, 1))
    part = {"counts": counts, "edges": edges, "below": (v < -1).sum(), "above": (v > 1).sum()}
    case("histogram of a range", "histogram", {"values": v, "bins": 4, "minimum": -1, "maximum": 1}, part)
    for n in (1, 2, 7, 16, 30, 97):
        v = rng.normal(size=n)
        f = np.fft.rfft(v).view(float)
        result(f"real transform of {n}", "fft", {"values": v}, f, tolerance=1e-11)
        result(f"real transform back of {n}", "fft", {"values": f, "kind": "inverse_real", "length": n}, v, tolerance=1e-11)
        c = rng.normal(size=2 * n)
        result(f"transform of {n}", "fft", {"values": c, "kind": "complex"}, np.fft.fft(c.view(complex)).view(float), tolerance=1e-11)
        result(f"transform back of {n}", "fft", {"values": c, "kind": "inverse_complex"}, np.fft.ifft(c.view(complex)).view(float), tolerance=1e-11)
    rows = rng.normal(size=(5, 12))
    case("transforms side by side", "fft", {"length": 12}, [np.fft.rfft(rows).view(float)], [rows], tolerance=1e-11)
    x, at = np.sort(rng.uniform(0, 10, 12)), rng.uniform(-1, 11, 30)
    y = rng.normal(size=12)
    result("linear", "interpolate", {"x": x, "y": y, "at": at}, np.interp(at, x, y))
    inside = np.clip(at, x[0], x[-1])
    spline = CubicSpline(x, y, bc_type="natural")(inside)
    result("cubic", "interpolate", {"x": x, "y": y, "at": at, "kind": "cubic"}, spline, tolerance=1e-9)
    monotone = PchipInterpolator(x, y)(inside)
    result("monotone", "interpolate", {"x": x, "y": y, "at": at, "kind": "monotone"}, monotone, tolerance=1e-10)
    case("linear packed", "interpolate", {"x": x, "y": y}, [np.interp(at, x, y)], [at])


vectors()
matrices()
quaternions()
linear()
data()
about = f"Cases of the unit math. Made by goldens.py with numpy {np.__version__} and scipy {scipy.__version__}. inputs: numbers to pack as f64; packed: numbers of each output; json: the only output. tolerance: absolute, or by the number's size."
sys.stdout.write('{\n  "about": ' + json.dumps(about) + ',\n  "cases": [\n')
sys.stdout.write(",\n".join("    " + json.dumps(one) for one in cases))
sys.stdout.write("\n  ]\n}\n")
