//! The unit's heavy methods beside the least that could be done instead, in one run: read the ratios, not the rows.

use std::hint::black_box;
use std::sync::LazyLock;
use std::time::Duration;

use criterion::{Criterion, Throughput};
use inos_math::Math;
use inos_unit::testing::Quiet;
use inos_unit::{Call, Fault, Inputs, Output, Params, Source, Unit};
use ndarray::Array2;
use serde_json::{Value, json};

/// Inputs that are borrowed rather than copied.
struct Borrowed<'a>(Vec<Bytes<'a>>);

struct Bytes<'a>(&'a [u8]);

impl Inputs for Borrowed<'_> {
    fn count(&self) -> usize {
        self.0.len()
    }

    fn get(&mut self, index: usize) -> Result<&mut dyn Source, Fault> {
        Ok(&mut self.0[index])
    }
}

impl Source for Bytes<'_> {
    fn len(&self) -> Option<u64> {
        Some(self.0.len() as u64)
    }

    fn slice(&mut self) -> Result<&[u8], Fault> {
        Ok(self.0)
    }

    fn chunk(&mut self) -> Result<Option<&[u8]>, Fault> {
        Ok(None)
    }

    fn blake3(&mut self) -> Result<blake3::Hasher, Fault> {
        Ok(blake3::Hasher::new())
    }
}

/// An output that is written over again with every run, as a lease in the arena is.
struct Reused {
    bytes: Vec<u8>,
    len: usize,
}

impl Output for Reused {
    fn begin(&mut self, _: &str) -> Result<(), Fault> {
        Ok(())
    }

    fn expect(&mut self, _: u64) -> Result<(), Fault> {
        Ok(())
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), Fault> {
        self.room(bytes.len())?.copy_from_slice(bytes);
        Ok(())
    }

    fn room(&mut self, len: usize) -> Result<&mut [u8], Fault> {
        let begin = self.len;
        self.len += len;
        Ok(&mut self.bytes[begin..self.len])
    }
}

/// Made once, as a server does.
static MATH: LazyLock<Math> = LazyLock::new(Math::new);

fn through_unit(method: &str, given: Value, inputs: &[&[u8]], output: &mut Reused) {
    let params: Params = serde_json::from_value(given).expect("an object");
    let mut inputs = Borrowed(inputs.iter().map(|bytes| Bytes(bytes)).collect());
    output.len = 0;
    let mut call = Call { method, params: &params, inputs: &mut inputs, output };
    MATH.run(&mut call, &Quiet::default()).expect("the job is right");
}

fn numbers(count: usize) -> Vec<f32> {
    (0..count).map(|i| ((i * 7919) % 10_007) as f32 / 5000.0 - 1.0).collect()
}

fn packed(numbers: &[f32]) -> Vec<u8> {
    numbers.iter().flat_map(|number| number.to_le_bytes()).collect()
}

fn benches(criterion: &mut Criterion) {
    let mut output = Reused { bytes: vec![1; 160 << 20], len: 0 };
    let points = packed(&numbers(30_000_000));
    let matrix = json!([1, 0, 0, 0, 0, 0, 1, 0, 0, -1, 0, 0, 5, 6, 7, 1]);
    let mut group = criterion.benchmark_group("10M points");
    group.throughput(Throughput::Bytes(2 * points.len() as u64)).sample_size(10);
    group.bench_function("unit", |b| {
        b.iter(|| through_unit("vector_transform_point", json!({ "matrix": matrix }), &[&points], &mut output));
    });
    group.bench_function("unit, normalize", |b| {
        b.iter(|| through_unit("vector_normalize", json!({}), &[&points], &mut output));
    });
    group.bench_function("copy", |b| b.iter(|| output.bytes[..points.len()].copy_from_slice(black_box(&points))));
    group.finish();

    for n in [256_usize, 1024] {
        let a = numbers(n * n);
        let bytes = packed(&a);
        let mut group = criterion.benchmark_group(format!("matmul {n}"));
        group.throughput(Throughput::Elements(2 * (n * n * n) as u64)).sample_size(20);
        group.bench_function("unit", |b| b.iter(|| through_unit("matmul", json!({}), &[&bytes, &bytes], &mut output)));
        let a = Array2::from_shape_vec((n, n), a).expect("the shape fits");
        group.bench_function("matrixmultiply", |b| b.iter(|| black_box(a.dot(&a))));
        group.finish();
    }

    let n = 65_536;
    let samples = numbers(64 * n);
    let bytes = packed(&samples);
    let mut group = criterion.benchmark_group("64 transforms of 65,536");
    group.sample_size(10).measurement_time(Duration::from_secs(4));
    group.bench_function("unit", |b| b.iter(|| through_unit("fft", json!({ "length": n }), &[&bytes], &mut output)));
    let fft = realfft::RealFftPlanner::<f32>::new().plan_fft_forward(n);
    let (mut input, mut spectrum, mut scratch) = (fft.make_input_vec(), fft.make_output_vec(), fft.make_scratch_vec());
    group.bench_function("realfft", |b| {
        b.iter(|| {
            for samples in samples.chunks(n) {
                input.copy_from_slice(samples);
                fft.process_with_scratch(&mut input, &mut spectrum, &mut scratch).expect("the lengths fit");
            }
        });
    });
    group.finish();
}

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    benches(&mut criterion);
    criterion.final_summary();
}
