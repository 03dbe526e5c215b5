//! Digests through the unit beside the bare crates, in one run: read the ratios, not the rows.

mod world;

use std::hint::black_box;
use std::time::Duration;

use criterion::{BenchmarkId, Criterion, Throughput};
use inos_compute::Compute;
use inos_unit::testing::Quiet;
use inos_unit::{Call, Fault, Output, Params, Unit};
use serde_json::json;
use sha2::{Digest, Sha256, Sha512};
use world::{Borrowed, bare_blake3};

const KEY: [u8; 32] = [7; 32];

/// An output of a few bytes that is thrown away.
struct Digested([u8; 128]);

impl Output for Digested {
    fn begin(&mut self, _: &str) -> Result<(), Fault> {
        Ok(())
    }

    fn expect(&mut self, _: u64) -> Result<(), Fault> {
        Ok(())
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), Fault> {
        self.0[..bytes.len()].copy_from_slice(bytes);
        Ok(())
    }

    fn amend(&mut self, _: u64, _: &[u8]) -> Result<(), Fault> {
        Err(Fault::Broken("nothing that is measured amends".into()))
    }

    fn room(&mut self, len: usize) -> Result<&mut [u8], Fault> {
        Ok(&mut self.0[..len])
    }
}

fn through_unit(unit: &Compute, method: &str, params: &Params, bytes: &[u8], chunk: usize) -> [u8; 128] {
    let mut output = Digested([0; 128]);
    let mut inputs = Borrowed::new(bytes, chunk);
    let mut call = Call { method, params, inputs: &mut inputs, output: &mut output };
    unit.run(&mut call, &Quiet::default()).expect("a digest cannot fail");
    output.0
}

fn hex(digest: &[u8]) -> String {
    data_encoding::HEXLOWER.encode(digest)
}

/// The same digest as text from the crate itself.
fn bare(id: &str, bytes: &[u8]) -> String {
    match id {
        "blake3" => hex(bare_blake3(blake3::Hasher::new(), bytes).finalize().as_bytes()),
        "sha256" => hex(&Sha256::digest(bytes)),
        "sha512" => hex(&Sha512::digest(bytes)),
        _ => hex(bare_blake3(blake3::Hasher::new_keyed(&KEY), bytes).finalize().as_bytes()),
    }
}

fn digests(criterion: &mut Criterion) {
    let unit = Compute::new();
    let none = Params::new();
    let keyed: Params = serde_json::from_value(json!({ "key": hex(&KEY) })).expect("an object");
    let input: Vec<u8> = (0..256_u32 << 20).map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    for (name, len, chunk) in
        [("1KiB", 1 << 10, 1 << 10), ("16KiB", 16 << 10, 16 << 10), ("256MiB", 256 << 20, 1 << 20)]
    {
        let bytes = &input[..len];
        let mut group = criterion.benchmark_group(name);
        group.throughput(Throughput::Bytes(len as u64)).sample_size(10).measurement_time(Duration::from_secs(3));
        for (method, params) in [("blake3", &none), ("blake3", &keyed), ("sha256", &none), ("sha512", &none)] {
            let id = if params.is_empty() { method.to_owned() } else { format!("{method}-keyed") };
            group.bench_function(BenchmarkId::new(&id, "unit"), |bencher| {
                bencher.iter(|| through_unit(&unit, method, params, black_box(bytes), chunk));
            });
            group.bench_function(BenchmarkId::new(&id, "bare"), |bencher| {
                bencher.iter(|| bare(&id, black_box(bytes)));
            });
        }
        group.finish();
    }
}

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    digests(&mut criterion);
    criterion.final_summary();
}
