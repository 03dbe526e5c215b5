//! `hash`, `hmac` and `hmac_verify`: digests with and without a key, over inputs of any size.

use blake2::Blake2b512;
use hmac::{Hmac, KeyInit, Mac};
use inos_unit::{Call, Fault, Host, KeyKind, Method, Reading, Source};
use serde_json::json;
use sha2::{Digest, Sha256, Sha384, Sha512};
use sha3::{Sha3_256, Sha3_512};
use subtle::ConstantTimeEq;

use crate::keys::{self, Secret, Versions};
use crate::{method, secret};

/// The longest key of an HMAC in bytes.
const KEY_LEN_MAX: usize = 1024;
/// The shortest tag that is compared, in bytes: half of what the algorithm gives is the least that RFC 2104 advises.
const TAG_LEN_MIN: usize = 16;

pub(crate) fn methods() -> Vec<Method> {
    let hash = json!({
        "algorithm": secret::choice(
            "Which digest.",
            &["sha256", "sha384", "sha512", "sha3_256", "sha3_512", "blake2b", "blake3"],
        ),
        "encoding": method::encoding(),
    });
    let algorithm = secret::choice("Which digest the code is made with.", &["sha256", "sha384", "sha512"]);
    let key = secret::secret("The key.", 1, KEY_LEN_MAX);
    let hmac = json!({ "algorithm": algorithm, "key": key, "encoding": method::encoding() });
    let tag = secret::hex("The code to hold the input to; a shortened one has 16 bytes at least.", TAG_LEN_MIN, 64);
    let verify = json!({ "algorithm": algorithm, "key": key, "tag": tag });
    let streaming = |method: Method| Method {
        input_bytes_max: method::STREAM_BYTES_MAX,
        reading: Reading::Chunks,
        timeout_ms: 3_600_000,
        inline_bytes_max: Some(8 << 10),
        ..method
    };
    let keyed = |method: Method| Method { held_key: Some(KeyKind::Hmac), ..streaming(method) };
    vec![
        streaming(method::method(
            "hash",
            "A digest of the input: SHA-2, SHA-3, BLAKE2b or BLAKE3.",
            secret::object(hash, &[]),
            (1, 1),
        )),
        keyed(method::method(
            "hmac",
            "A code that only who has the key can make of the input (RFC 2104).",
            keys::object(hmac, "key", &[], Versions::Known),
            (1, 1),
        )),
        keyed(Method {
            output_media: &["application/json"],
            ..method::method(
                "hmac_verify",
                "Whether a code was made of the input with the key, compared in constant time.",
                keys::object(verify, "key", &["tag"], Versions::Known),
                (1, 1),
            )
        }),
    ]
}

pub(crate) fn hash(call: &mut Call<'_>, host: &dyn Host) -> Result<(), Fault> {
    let source = call.inputs.get(0)?;
    let digest = match secret::word(call.params, "algorithm", "sha256") {
        "sha384" => digest::<Sha384>(source, host)?,
        "sha512" => digest::<Sha512>(source, host)?,
        "sha3_256" => digest::<Sha3_256>(source, host)?,
        "sha3_512" => digest::<Sha3_512>(source, host)?,
        "blake2b" => digest::<Blake2b512>(source, host)?,
        // The host hashes the input for the receipt anyway.
        "blake3" => source.blake3()?.finalize().as_bytes().to_vec(),
        _ => digest::<Sha256>(source, host)?,
    };
    method::write(&digest, call.params, call.output)
}

fn digest<D: Digest>(source: &mut dyn Source, host: &dyn Host) -> Result<Vec<u8>, Fault> {
    let mut hasher = D::new();
    method::feed(source, host, |slice| hasher.update(slice))?;
    Ok(hasher.finalize().to_vec())
}

pub(crate) fn hmac(call: &mut Call<'_>, host: &dyn Host) -> Result<(), Fault> {
    let key = keys::newest(call, host, "key")?;
    let code = codes(call, host, &[key])?.concat();
    method::write(&code, call.params, call.output)
}

pub(crate) fn verify(call: &mut Call<'_>, host: &dyn Host) -> Result<(), Fault> {
    let tag = secret::bytes(call.params, "tag")?;
    let keys = keys::all(call, host, "key")?;
    let codes = codes(call, host, &keys)?;
    let len = codes.first().map_or(0, Vec::len);
    let least = TAG_LEN_MIN.max(len / 2);
    if tag.len() > len || tag.len() < least {
        return Err(secret::wrong("tag", &format!("expected {least} to {len} bytes")));
    }
    // Every code is compared, so that the time does not say which version it was.
    let fits = |code: &Vec<u8>| bool::from(code[..tag.len()].ct_eq(&tag));
    let by = codes.iter().map(fits).zip(&keys).fold(None, |by, (fits, key)| by.or(fits.then_some(key)));
    method::write_json(&keys::verdict(keys::is_held(call.params), by), call.output)
}

/// The input's code by each key.
fn codes(call: &mut Call<'_>, host: &dyn Host, keys: &[Secret]) -> Result<Vec<Vec<u8>>, Fault> {
    let source = call.inputs.get(0)?;
    match secret::word(call.params, "algorithm", "sha256") {
        "sha384" => codes_with::<Hmac<Sha384>>(keys, source, host),
        "sha512" => codes_with::<Hmac<Sha512>>(keys, source, host),
        _ => codes_with::<Hmac<Sha256>>(keys, source, host),
    }
}

fn codes_with<M: Mac + KeyInit>(
    keys: &[Secret],
    source: &mut dyn Source,
    host: &dyn Host,
) -> Result<Vec<Vec<u8>>, Fault> {
    let begin = |key: &Secret| <M as KeyInit>::new_from_slice(&key.bytes);
    let mut macs = keys
        .iter()
        .map(begin)
        .collect::<Result<Vec<M>, _>>()
        .map_err(|_| secret::wrong("key", "is no key of this algorithm"))?;
    // One slice goes through every code before the next look at the host.
    method::feed_in(source, host, method::SLICE_LEN_MAX / macs.len().max(1), |slice| {
        macs.iter_mut().for_each(|mac| mac.update(slice));
    })?;
    Ok(macs.into_iter().map(|mac| mac.finalize().into_bytes().to_vec()).collect())
}
