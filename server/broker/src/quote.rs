//! What a capsule would cost, and why, before anything is held or run.

use bytes::Bytes;
use inos_engine::Entry;
use inos_protocols::{
    Microcredits, Refusal,
    job::{Capsule, Input},
    quote::{Basis, Line, Quote},
    refusal::Kind,
    time::Time,
};
use inos_unit::{Foreseen, Price, Sight, Used};

use crate::{
    Broker, Caller, Inside,
    hold::database,
    plan::{check_count, check_size, price_bounds, run_us_max},
};

/// How long the prices of a quote are meant to stand, in milliseconds.
const QUOTE_LIFE_MS: u64 = 900_000;
/// The largest blob that is opened to foresee what becomes of it, in bytes.
const BLOB_BYTES_SEEN_MAX: u64 = 1 << 20;

/// An input of a quote: how long it is, and as much of it as is at hand.
struct Measured {
    bytes: u64,
    head: Bytes,
}

impl Broker {
    /// What a capsule would cost if it were submitted now.
    ///
    /// `sizes` has the lengths of inputs that were only measured; the capsule's input counts where it says none.
    pub async fn quote(&self, caller: &Caller, capsule: Capsule, sizes: &[Option<u64>]) -> Result<Quote, Refusal> {
        let inside = &self.0;
        let entry = inside.entry(&capsule)?;
        inside.check_terms(caller, &entry, &capsule)?;
        check_count(&entry, capsule.inputs.len())?;
        let mut inputs = Vec::with_capacity(capsule.inputs.len());
        for (index, input) in capsule.inputs.iter().enumerate() {
            let measured = match sizes.get(index).copied().flatten() {
                Some(bytes) => Measured { bytes, head: Bytes::new() },
                None => inside.measure(caller, index, input).await?,
            };
            check_size(&entry, index, measured.bytes)?;
            inputs.push(measured);
        }
        let bytes_in = inputs.iter().fold(0, |sum: u64, input| sum.saturating_add(input.bytes));
        let (priced, price) = (self.engine().catalogue().priced(), entry.price());
        let (least, most) = price_bounds(&entry, &price, &capsule, bytes_in)?;
        let (used, basis) = foresee(&entry, &price, &capsule, bytes_in, &inputs);
        let line = |metered: inos_unit::Metered| Line {
            meter: metered.meter.into(),
            quantity: metered.quantity,
            price: metered.price,
            amount: Microcredits::saturating(metered.quantity.saturating_mul(metered.price)),
        };
        Ok(Quote {
            unit: entry.unit.into(),
            method: entry.method.name.into(),
            prices: priced.prices.version(),
            stored_mib_day: priced.prices.stored_mib_day(),
            lines: price.meters(used).map(line).collect(),
            least,
            most,
            expected: Microcredits::saturating(price.of(used)),
            basis,
            expires: Time::now().plus_ms(QUOTE_LIFE_MS),
        })
    }
}

impl Inside {
    async fn measure(&self, caller: &Caller, index: usize, input: &Input) -> Result<Measured, Refusal> {
        match input {
            Input::Bytes(bytes) => Ok(Measured { bytes: bytes.len() as u64, head: bytes.clone() }),
            Input::Blob(hash) => {
                let blob = self.books.blob(caller.account, *hash).await.map_err(database)?;
                let blob = blob.ok_or_else(|| {
                    let pointer = format!("/inputs/{index}/blob");
                    Refusal::field(Kind::NotFound, pointer, format!("there is no blob {hash}"))
                })?;
                let head = match blob.bytes <= BLOB_BYTES_SEEN_MAX {
                    true => self.blob_bytes(caller.account, *hash).await?,
                    false => Bytes::new(),
                };
                Ok(Measured { bytes: blob.bytes, head })
            }
            Input::Region(name) => Ok(Measured { bytes: self.region_len(caller, index, name)?, head: Bytes::new() }),
            Input::Job(output) => {
                let job = self.job_of(caller, output.job).await?;
                let info = job.outputs.get(output.output as usize).ok_or_else(|| {
                    let message = "only what a job has left already can be quoted for; give its length as `bytes`";
                    Refusal::field(Kind::InvalidParams, format!("/inputs/{index}/job"), message)
                })?;
                Ok(Measured { bytes: info.bytes, head: Bytes::new() })
            }
        }
    }
}

/// What the job would use, and how surely.
fn foresee(entry: &Entry, price: &Price, capsule: &Capsule, bytes_in: u64, inputs: &[Measured]) -> (Used, Basis) {
    let sights: Vec<_> = inputs.iter().map(|input| Sight { bytes: input.bytes, head: &input.head }).collect();
    let unknown = Foreseen { bytes_out: bytes_in.min(entry.method.output_bytes_max), basis: Basis::Typical };
    // What costs nothing need not be known.
    let written = match price.per_kib_out {
        0 => Foreseen::exactly(0),
        _ => entry.foresee(&capsule.params, &sights).unwrap_or(unknown),
    };
    let (run_us, run_basis) = match price.per_cpu_ms {
        0 => (0, Basis::Exact),
        _ => (entry.usual_run(bytes_in).map_or(0, |usual| usual.as_micros() as u64), Basis::Typical),
    };
    let run_us = run_us.clamp(u64::from(price.per_cpu_ms > 0), run_us_max(entry, capsule).max(1));
    (Used { bytes_in, bytes_out: written.bytes_out, run_us }, written.basis.max(run_basis))
}
