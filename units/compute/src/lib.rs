//! The unit `compute`: digests, Brotli, and two small simulations that live on. Pure work on bytes; it never keeps
//! anything from one job to the next.

mod blake3;
mod compress;
mod counter;
mod decompress;
mod encoder;
mod encoding;
mod feed;
mod life;
mod rle;
mod sha;
#[cfg(test)]
mod tests;

use inos_unit::{Call, Fault, Foreseen, Host, Params, Sight, Spec, Unit};

/// The largest input of any method here, in bytes: 1 TiB, which only streams.
const INPUT_BYTES_MAX: u64 = 1 << 40;
/// How long one run may take, in milliseconds: an hour.
const TIMEOUT_MS: u64 = 3_600_000;
/// The media type of bytes that are no text.
const BYTES: &str = "application/octet-stream";

/// Digests (BLAKE3, SHA-256, SHA-512) and Brotli, over inputs of any size in flat memory.
pub struct Compute {
    spec: Spec,
}

impl Compute {
    /// The unit; cheap, and starts nothing.
    pub fn new() -> Self {
        Self {
            spec: Spec {
                lane: inos_unit::Lane::Threads,
                name: "compute",
                version: "1.0.0",
                summary: "Digests and Brotli compression over inputs of any size, and small simulations that live on.",
                methods: vec![
                    blake3::method(),
                    sha::method_256(),
                    sha::method_512(),
                    compress::method(),
                    decompress::method(),
                    counter::method(),
                    life::method(),
                ],
            },
        }
    }
}

impl Default for Compute {
    fn default() -> Self {
        Self::new()
    }
}

impl Unit for Compute {
    fn spec(&self) -> &Spec {
        &self.spec
    }

    fn run(&self, call: &mut Call<'_>, host: &dyn Host) -> Result<(), Fault> {
        match call.method {
            "blake3" => blake3::run(call, host),
            "sha256" => sha::run::<sha2::Sha256>(call, host),
            "sha512" => sha::run::<sha2::Sha512>(call, host),
            "brotli_compress" => compress::run(call, host),
            "brotli_decompress" => decompress::run(call, host),
            "counter" => counter::run(call, host),
            "life" => life::run(call, host),
            other => Err(Fault::Broken(format!("the specification promises no method {other}"))),
        }
    }

    fn is_session(&self, method: &str) -> bool {
        matches!(method, "counter" | "life")
    }

    fn foresee(&self, method: &str, params: &Params, inputs: &[Sight<'_>]) -> Option<Foreseen> {
        match method {
            "blake3" => blake3::foresee(params),
            "sha256" => sha::foresee::<sha2::Sha256>(params),
            "sha512" => sha::foresee::<sha2::Sha512>(params),
            "brotli_compress" => inputs.first().map(compress::foresee),
            "brotli_decompress" => decompress::foresee(params, inputs.first()?),
            _ => None,
        }
    }
}
