//! What the methods here have in common: how they are described, how they read and write.

use data_encoding::{BASE64, HEXLOWER};
use inos_unit::{Call, Determinism, Fault, Host, Method, Output, Params, Price, Reading, Source};
use serde_json::{Value, json};

use crate::secret;

/// The largest input that streams, in bytes: 1 TiB.
pub(crate) const STREAM_BYTES_MAX: u64 = 1 << 40;
/// The largest message that is worked on as a whole, in bytes: a cipher takes up to 8 ms for it and cannot be stopped.
pub(crate) const WHOLE_BYTES_MAX: u64 = 8 << 20;
/// How many bytes are worked on between two looks at the host: under 5 ms for all but the slowest hash.
pub(crate) const SLICE_LEN_MAX: usize = 1 << 20;

/// A method that takes so many inputs and gives a few bytes.
pub(crate) fn method(name: &'static str, summary: &'static str, params: Value, inputs: (u32, u32)) -> Method {
    Method {
        name,
        summary,
        params,
        inputs,
        input_media: &["*/*"],
        input_bytes_max: WHOLE_BYTES_MAX,
        reading: Reading::Whole,
        output_media: &["text/plain", "application/octet-stream"],
        output_bytes_max: 1 << 16,
        determinism: Determinism::Bitwise,
        price: Price { base: 10, per_kib_in: 1, per_kib_out: 0, per_cpu_ms: 2 },
        inline_bytes_max: None,
        timeout_ms: 600_000,
        heartbeat_ms: None,
        gives_secret: false,
        held_key: None,
    }
}

/// The schema of how bytes are written.
pub(crate) fn encoding() -> Value {
    secret::choice(
        "How the bytes are written: hexadecimal text, base64 text, or as they are.",
        &["hex", "base64", "raw"],
    )
}

/// Writes bytes as the only output, in the encoding that was asked for.
pub(crate) fn write(bytes: &[u8], params: &Params, output: &mut dyn Output) -> Result<(), Fault> {
    match secret::word(params, "encoding", "hex") {
        "raw" => {
            output.begin("application/octet-stream")?;
            output.write(bytes)
        }
        "base64" => output.write(BASE64.encode(bytes).as_bytes()),
        _ => output.write(HEXLOWER.encode(bytes).as_bytes()),
    }
}

/// Writes whether something holds.
pub(crate) fn write_valid(valid: bool, output: &mut dyn Output) -> Result<(), Fault> {
    write_json(&json!({ "valid": valid }), output)
}

/// Writes a value as the only output.
pub(crate) fn write_json(value: &Value, output: &mut dyn Output) -> Result<(), Fault> {
    output.begin("application/json")?;
    output.write(value.to_string().as_bytes())
}

/// All of the first input, or nothing where there is none.
pub(crate) fn message<'a>(call: &'a mut Call<'_>) -> Result<&'a [u8], Fault> {
    if call.inputs.count() == 0 { Ok(&[]) } else { call.inputs.get(0)?.slice() }
}

/// Hands all of an input to `take` in slices, with a look at the host before each.
pub(crate) fn feed(source: &mut dyn Source, host: &dyn Host, take: impl FnMut(&[u8])) -> Result<(), Fault> {
    feed_in(source, host, SLICE_LEN_MAX, take)
}

/// The same in slices of at most so many bytes.
pub(crate) fn feed_in(
    source: &mut dyn Source,
    host: &dyn Host,
    slice_len: usize,
    mut take: impl FnMut(&[u8]),
) -> Result<(), Fault> {
    let (total, mut done) = (source.len().unwrap_or(0), 0);
    while let Some(chunk) = source.chunk()? {
        for slice in chunk.chunks(slice_len.max(1)) {
            if done > 0 {
                host.progress(done, total);
            }
            host.check()?;
            take(slice);
            done += slice.len() as u64;
        }
    }
    Ok(())
}
