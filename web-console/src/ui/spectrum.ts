/** Sound as numbers to draw: how loud it is, and how loud each pitch in it is. Draws nothing. */

/** The lowest and highest of each of `columns` equal parts of samples, one behind the other. */
export function peaksOf(samples: Float32Array, columns: number): Float32Array {
  const peaks = new Float32Array(2 * columns)
  for (let column = 0; column < columns; column += 1) {
    const [from, to] = [Math.floor((column * samples.length) / columns), Math.floor(((column + 1) * samples.length) / columns)]
    let [low, high] = [0, 0]
    for (let at = from; at < Math.max(to, from + 1); at += 1) {
      const value = samples[at] ?? 0
      low = Math.min(low, value)
      high = Math.max(high, value)
    }
    peaks[2 * column] = low
    peaks[2 * column + 1] = high
  }
  return peaks
}

/**
 * How loud each of `size / 2` pitches is in `columns` places of the samples, in decibels below a full tone, column by column.
 * `size` is a power of two; the window is Hann's.
 */
export function spectrogramOf(samples: Float32Array, columns: number, size: number): Float32Array {
  const half = size / 2
  const loud = new Float32Array(columns * half)
  const [real, imaginary] = [new Float32Array(size), new Float32Array(size)]
  const fade = Float32Array.from({ length: size }, (_, at) => 0.5 - 0.5 * Math.cos((2 * Math.PI * at) / size))
  for (let column = 0; column < columns; column += 1) {
    const from = Math.round(((column + 0.5) * samples.length) / columns) - half
    for (let at = 0; at < size; at += 1) real[at] = (samples[from + at] ?? 0) * (fade[at] ?? 0)
    imaginary.fill(0)
    transform(real, imaginary)
    for (let pitch = 0; pitch < half; pitch += 1) {
      // A full tone of one pitch comes to a quarter of the window's length under Hann's window.
      const height = Math.hypot(real[pitch] ?? 0, imaginary[pitch] ?? 0) / (size / 4)
      loud[column * half + pitch] = 20 * Math.log10(Math.max(height, 1e-6))
    }
  }
  return loud
}

/** The discrete Fourier transform in place, for a length that is a power of two (Cooley and Tukey, 1965). */
export function transform(real: Float32Array, imaginary: Float32Array): void {
  const size = real.length
  for (let at = 1, other = 0; at < size; at += 1) {
    let bit = size >> 1
    for (; other & bit; bit >>= 1) other ^= bit
    other ^= bit
    if (at >= other) continue
    ;[real[at], real[other]] = [real[other] ?? 0, real[at] ?? 0]
    ;[imaginary[at], imaginary[other]] = [imaginary[other] ?? 0, imaginary[at] ?? 0]
  }
  for (let length = 2; length <= size; length *= 2) {
    const half = length / 2
    for (let place = 0; place < half; place += 1) {
      const [cos, sin] = [Math.cos((-2 * Math.PI * place) / length), Math.sin((-2 * Math.PI * place) / length)]
      for (let at = place; at < size; at += length) {
        const [a, b] = [real[at + half] ?? 0, imaginary[at + half] ?? 0]
        const [x, y] = [a * cos - b * sin, a * sin + b * cos]
        const [u, v] = [real[at] ?? 0, imaginary[at] ?? 0]
        real[at] = u + x
        imaginary[at] = v + y
        real[at + half] = u - x
        imaginary[at + half] = v - y
      }
    }
  }
}
