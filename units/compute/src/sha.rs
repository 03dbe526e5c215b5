//! SHA-256 and SHA-512 (FIPS 180-4). One thread each: the algorithm is a chain.

use inos_unit::{
    Call, Determinism, Fault, Foreseen, Host, Method, Params as Given, Price, Reading, read_params, schema_of,
};
use schemars::JsonSchema;
use serde::Deserialize;
use sha2::Digest;

use crate::{encoding, encoding::Encoding, feed::feed};

/// How many bytes are hashed between two looks at the host; under 5 ms without the processor's own instructions.
const SLICE_LEN_MAX: usize = 1 << 20;

/// Parameters of `sha256` and `sha512`.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Params {
    /// How the digest is written: lower-case hexadecimal text, the bytes themselves, or padded base64 text.
    #[serde(default)]
    #[schemars(example = &"hex")]
    encoding: Encoding,
}

pub(crate) fn method_256() -> Method {
    method("sha256", "The SHA-256 digest (FIPS 180-4) of the input.", 64)
}

pub(crate) fn method_512() -> Method {
    method("sha512", "The SHA-512 digest (FIPS 180-4) of the input.", 128)
}

fn method(name: &'static str, summary: &'static str, output_bytes_max: u64) -> Method {
    Method {
        name,
        summary,
        params: schema_of::<Params>(),
        inputs: (1, 1),
        input_media: &["*/*"],
        input_bytes_max: crate::INPUT_BYTES_MAX,
        reading: Reading::Chunks,
        output_media: encoding::MEDIA,
        output_bytes_max,
        determinism: Determinism::Bitwise,
        price: Price { base: 10, per_kib_in: 1, per_kib_out: 0, per_cpu_ms: 0 },
        inline_bytes_max: Some(16 << 10),
        timeout_ms: crate::TIMEOUT_MS,
        heartbeat_ms: None,
        gives_secret: false,
        held_key: None,
    }
}

pub(crate) fn run<D: Digest>(call: &mut Call<'_>, host: &dyn Host) -> Result<(), Fault> {
    let Params { encoding } = call.read_params()?;
    let mut hasher = D::new();
    feed(call.inputs.get(0)?, host, SLICE_LEN_MAX, |slice| {
        hasher.update(slice);
        Ok(())
    })?;
    encoding.write(&hasher.finalize(), call.output)
}

/// A digest is as long as its algorithm and encoding make it.
pub(crate) fn foresee<D: Digest>(params: &Given) -> Option<Foreseen> {
    let Params { encoding } = read_params(params).ok()?;
    Some(Foreseen::exactly(encoding.len(<D as Digest>::output_size())))
}
