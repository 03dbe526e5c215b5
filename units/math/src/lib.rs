//! The unit `math`: vectors, matrices, quaternions, linear algebra, statistics, Fourier transforms, interpolation and
//! random numbers. Pure work on numbers; it keeps nothing from one job to the next but tables for the lengths of
//! transforms, and room to arrange factors in.

mod arrow;
mod batch;
mod blocks;
mod conquer;
mod dense;
mod factor;
mod fft;
mod halves;
mod instances;
mod interpolate;
mod lanes;
mod matmul;
mod matrices;
mod number;
mod op;
#[cfg(target_arch = "x86_64")]
mod panels;
mod plot;
mod quaternions;
mod random;
mod reduce;
mod secular;
mod statistics;
mod tables;
#[cfg(test)]
mod tests;
mod transform;
mod values;
mod vectors;
#[cfg(target_arch = "x86_64")]
mod wide;

use inos_unit::{Call, Fault, Foreseen, Host, Params, Sight, Spec, Unit};
use number::Type;
use tables::Tables;

/// Numbers: vectors, matrices, quaternions, one or millions of them, linear algebra, statistics and transforms.
pub struct Math {
    spec: Spec,
}

/// Every operation on a few numbers.
fn ops() -> impl Iterator<Item = &'static op::Op> {
    vectors::OPS.iter().chain(matrices::OPS).chain(quaternions::OPS)
}

impl Math {
    /// The unit; cheap, and starts nothing.
    pub fn new() -> Self {
        let mut methods: Vec<_> = ops().map(op::Op::method).collect();
        methods.extend([instances::method(), matmul::method()]);
        methods.extend(factor::methods());
        methods.extend(statistics::methods());
        methods.extend([fft::method(), interpolate::method(), random::method()]);
        let spec = Spec {
            lane: inos_unit::Lane::Threads,
            name: "math",
            version: "1.0.0",
            summary: "Vectors, matrices and quaternions, linear algebra, statistics and transforms.",
            methods,
        };
        Self { spec }
    }
}

impl Default for Math {
    fn default() -> Self {
        Self::new()
    }
}

impl Unit for Math {
    fn spec(&self) -> &Spec {
        &self.spec
    }

    fn run(&self, call: &mut Call<'_>, host: &dyn Host) -> Result<(), Fault> {
        let bytes_max = self.spec.method(call.method).map_or(0, |method| method.input_bytes_max);
        let mut inputs = Tables::read(call.inputs, Type::of(call.params), bytes_max, host)?;
        let call = &mut Call { method: call.method, params: call.params, inputs: &mut inputs, output: call.output };
        if let Some(op) = ops().find(|op| op.name == call.method) {
            return batch::run(op, call, host);
        }
        match call.method {
            "instance_matrices" => instances::run(call, host),
            "matmul" => matmul::run(call, host),
            "statistics" => statistics::run(call, host),
            "histogram" => statistics::run_histogram(call, host),
            "fft" => fft::run(call, host),
            "interpolate" => interpolate::run(call, host),
            "random" => random::run(call, host),
            other => factor::run(other, call, host)
                .unwrap_or_else(|| Err(Fault::Broken(format!("the specification promises no method {other}")))),
        }
    }

    fn foresee(&self, method: &str, params: &Params, inputs: &[Sight<'_>]) -> Option<Foreseen> {
        if inputs.iter().any(|input| arrow::may_be_table(input.head)) {
            return None;
        }
        match method {
            "random" => random::foresee(params),
            "instance_matrices" => instances::foresee(params, inputs.first()?),
            _ => {
                let op = ops().find(|op| op.name == method)?;
                batch::foresee(op, params, inputs)
            }
        }
    }
}
