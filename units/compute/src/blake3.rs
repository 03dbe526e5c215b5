//! BLAKE3 with any output length, plain, keyed or for deriving keys.

use ::blake3::Hasher;
use data_encoding::HEXLOWER_PERMISSIVE;
use inos_unit::{
    Call, Determinism, Fault, Foreseen, Host, Method, Params as Given, Price, Reading, Source, read_params, schema_of,
};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::{encoding, encoding::Encoding, feed::feed};

/// How many bytes are hashed between two looks at the host: about 1 ms.
const SLICE_LEN_MAX: usize = 4 << 20;
/// Slices of at least this many bytes are hashed by several threads; below, waking them costs more than it gives.
const PARALLEL_LEN_MIN: usize = 128 << 10;
/// The longest digest in bytes.
const LENGTH_MAX: u32 = 65_536;

/// Parameters of `blake3`.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Params {
    /// Length of the digest in bytes. A longer digest begins with the shorter one.
    #[serde(default = "length_default")]
    #[schemars(range(min = 1, max = 65_536), example = 32)]
    length: u32,
    /// Key of 32 bytes as 64 hexadecimal digits, for a keyed digest. A secret, which is recorded nowhere. Not together with
    /// `context`.
    #[schemars(regex(pattern = "^[0-9a-fA-F]{64}$"), extend("type" = "string", "writeOnly" = true))]
    #[schemars(example = &"000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f")]
    key: Option<String>,
    /// Context of the key to derive; the input is the key material. Not together with `key`.
    #[schemars(length(min = 1, max = 1024), extend("type" = "string"))]
    #[schemars(example = &"example.com 2026-01-01 session tokens v1")]
    context: Option<String>,
    /// How the digest is written: lower-case hexadecimal text, the bytes themselves, or padded base64 text.
    #[serde(default)]
    #[schemars(example = &"hex")]
    encoding: Encoding,
}

const fn length_default() -> u32 {
    32
}

pub(crate) fn method() -> Method {
    Method {
        name: "blake3",
        summary: "The BLAKE3 digest of the input: any length, keyed, or deriving a key.",
        params: schema_of::<Params>(),
        inputs: (1, 1),
        input_media: &["*/*"],
        input_bytes_max: crate::INPUT_BYTES_MAX,
        reading: Reading::Chunks,
        output_media: encoding::MEDIA,
        output_bytes_max: 2 * LENGTH_MAX as u64,
        determinism: Determinism::Bitwise,
        price: Price { base: 10, per_kib_in: 1, per_kib_out: 0, per_cpu_ms: 0 },
        inline_bytes_max: Some(32 << 10),
        timeout_ms: crate::TIMEOUT_MS,
        heartbeat_ms: None,
        gives_secret: false,
        held_key: None,
    }
}

pub(crate) fn run(call: &mut Call<'_>, host: &dyn Host) -> Result<(), Fault> {
    let Params { length, key, context, encoding } = call.read_params()?;
    let source = call.inputs.get(0)?;
    let hasher = match (key, context) {
        // The host hashes the input for the receipt anyway.
        (None, None) => source.blake3()?,
        (Some(key), None) => hash(Hasher::new_keyed(&read_key(&key)?), source, host)?,
        (None, Some(context)) => hash(Hasher::new_derive_key(&context), source, host)?,
        (Some(_), Some(_)) => {
            return Err(Fault::invalid("/params/context", "a key and a context exclude each other"));
        }
    };
    write(&hasher, length, encoding, call)
}

/// A digest is as long as it was asked for.
pub(crate) fn foresee(params: &Given) -> Option<Foreseen> {
    let Params { length, encoding, .. } = read_params(params).ok()?;
    Some(Foreseen::exactly(encoding.len(length as usize)))
}

fn read_key(digits: &str) -> Result<[u8; 32], Fault> {
    let wrong = || Fault::invalid("/params/key", "expected 64 hexadecimal digits");
    let bytes = HEXLOWER_PERMISSIVE.decode(digits.as_bytes()).map_err(|_| wrong())?;
    bytes.try_into().map_err(|_| wrong())
}

fn hash(mut hasher: Hasher, source: &mut dyn Source, host: &dyn Host) -> Result<Hasher, Fault> {
    feed(source, host, SLICE_LEN_MAX, |slice| {
        if slice.len() >= PARALLEL_LEN_MIN && host.threads() > 1 {
            hasher.update_rayon(slice);
        } else {
            hasher.update(slice);
        }
        Ok(())
    })?;
    Ok(hasher)
}

fn write(hasher: &Hasher, length: u32, encoding: Encoding, call: &mut Call<'_>) -> Result<(), Fault> {
    if length == length_default() {
        return encoding.write(hasher.finalize().as_bytes(), call.output);
    }
    let mut digest = vec![0; length.min(LENGTH_MAX) as usize];
    hasher.finalize_xof().fill(&mut digest);
    encoding.write(&digest, call.output)
}
