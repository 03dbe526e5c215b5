#!/usr/bin/env python3
"""A uniform grid of birds in numba with the rules and the density of the unit boids, in a world that they bounce off.
Needs numpy and numba. Reads lines of birds, threads, steps before those that count, and steps; answers each with the seconds
of every step. `boids.rs` asks it."""

import sys
import time

import numba as nb
import numpy as np

f4 = np.float32


@nb.njit(parallel=True, fastmath=True)
def step(p, v, q, u, start, g, cs, side, see, keep, dt):
    for i in nb.prange(p.shape[0]):
        x, y, z = p[i, 0], p[i, 1], p[i, 2]
        cx, cy, cz = min(int(x / cs), g - 1), min(int(y / cs), g - 1), min(int(z / cs), g - 1)
        k = 0
        sx = sy = sz = ax = ay = az = ox = oy = oz = f4(0)
        for zz in range(max(cz - 1, 0), min(cz + 2, g)):
            for yy in range(max(cy - 1, 0), min(cy + 2, g)):
                row = (zz * g + yy) * g
                for j in range(start[row + max(cx - 1, 0)], start[row + min(cx + 1, g - 1) + 1]):
                    dx, dy, dz = p[j, 0] - x, p[j, 1] - y, p[j, 2] - z
                    d2 = dx * dx + dy * dy + dz * dz
                    if d2 < see * see and d2 > 0:
                        k += 1
                        ax += v[j, 0]; ay += v[j, 1]; az += v[j, 2]
                        ox += dx; oy += dy; oz += dz
                        if d2 < keep * keep:
                            s = f4(1) / (d2 + f4(1e-6))
                            sx -= dx * s; sy -= dy * s; sz -= dz * s
        wx, wy, wz = v[i, 0] + dt * f4(1.5) * sx, v[i, 1] + dt * f4(1.5) * sy, v[i, 2] + dt * f4(1.5) * sz
        if k:
            wx += dt * ((ax / k - v[i, 0]) + f4(0.8) * ox / k)
            wy += dt * ((ay / k - v[i, 1]) + f4(0.8) * oy / k)
            wz += dt * ((az / k - v[i, 2]) + f4(0.8) * oz / k)
        m = max(np.sqrt(wx * wx + wy * wy + wz * wz), f4(1e-6))
        l = min(max(m, f4(0.5)), f4(2)) / m
        u[i, 0] = wx * l; u[i, 1] = wy * l; u[i, 2] = wz * l
        for a in range(3):
            at = p[i, a] + u[i, a] * dt
            if at < 0:
                at, u[i, a] = -at, abs(u[i, a])
            elif at > side:
                at, u[i, a] = side - (at - side), -abs(u[i, a])
            q[i, a] = at


@nb.njit
def sort(p, v, sp, sv, start, g, cs):
    start[:] = 0
    c = np.empty(p.shape[0], np.int32)
    for i in range(p.shape[0]):
        c[i] = (min(int(p[i, 2] / cs), g - 1) * g + min(int(p[i, 1] / cs), g - 1)) * g + min(int(p[i, 0] / cs), g - 1)
        start[c[i] + 1] += 1
    for i in range(g * g * g):
        start[i + 1] += start[i]
    at = start.copy()
    for i in range(p.shape[0]):
        d = at[c[i]]
        at[c[i]] += 1
        sp[d] = p[i]
        sv[d] = v[i]


def seconds(n, threads, warm, steps):
    side = f4((n / 0.5) ** (1 / 3))
    g = int(side // 2)
    cs = f4(side / g)
    nb.set_num_threads(threads)
    rng = np.random.default_rng(1)
    p, v = (rng.random((n, 3)) * side).astype("f4"), (rng.random((n, 3)) - 0.5).astype("f4")
    sp, sv, start = p.copy(), v.copy(), np.zeros(g**3 + 1, np.int64)
    ends = []
    for _ in range(warm + steps):
        sort(p, v, sp, sv, start, g, cs)
        step(sp, sv, p, v, start, g, cs, side, f4(2), f4(1), f4(1 / 60))
        ends.append(time.perf_counter())
    return np.diff(ends[warm - 1 :])


seconds(1000, 1, 2, 1)  # compiles both
for line in sys.stdin:
    print(*seconds(*map(int, line.split())), flush=True)
