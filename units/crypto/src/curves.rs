//! Signatures with Ed25519 and shared secrets with X25519.

use data_encoding::HEXLOWER;
use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use inos_unit::{Call, Determinism, Fault, Host, KeyKind, Method};
use serde_json::{Value, json};
use x25519_dalek::{PublicKey, StaticSecret};
use zeroize::Zeroizing;

use crate::keys::{self, Versions};
use crate::{method, secret};

/// The longest signed message in bytes: it is hashed twice, which takes up to 8 ms and cannot be stopped.
const SIGNED_BYTES_MAX: u64 = 2 << 20;
/// The most signatures that are verified by one job.
const BATCH_MAX: usize = 64;

pub(crate) fn methods() -> Vec<Method> {
    let public = || secret::hex("The public key.", 32, 32);
    let sign = json!({ "secret_key": secret::secret("The secret key.", 32, 32), "encoding": method::encoding() });
    let verify = json!({ "public_key": public(), "signature": secret::hex("The signature.", 64, 64) });
    let many = |about: &str, len: usize| {
        json!({
            "type": "array", "items": secret::hex("One of them.", len, len), "minItems": 1, "maxItems": BATCH_MAX,
            "description": about, "examples": [["00".repeat(len)]],
        })
    };
    let batch = json!({
        "public_keys": many("The public key of each input.", 32),
        "signatures": many("The signature of each input.", 64),
    });
    let exchange = json!({
        "secret_key": secret::secret("One's own secret key.", 32, 32),
        "public_key": secret::hex("The other's public key.", 32, 32),
        "encoding": method::encoding(),
    });
    let saying = |method: Method| Method { output_media: &["application/json"], ..method };
    let chance = |method: Method| Method { determinism: Determinism::None, ..saying(method) };
    let nothing = || secret::object(json!({}), &[]);
    let bounded = |method: Method| Method { input_bytes_max: SIGNED_BYTES_MAX, ..method };
    let signing = |method: Method| Method { held_key: Some(KeyKind::Ed25519), ..method };
    let exchanging = |method: Method| Method { held_key: Some(KeyKind::X25519), ..method };
    let methods = vec![
        a_secret(chance(method::method("ed25519_keygen", "A new pair of keys for signatures.", nothing(), (0, 0)))),
        signing(method::method(
            "ed25519_sign",
            "The signature of the input (RFC 8032).",
            keys::object(sign, "secret_key", &[], Versions::Known),
            (1, 1),
        )),
        signing(saying(method::method(
            "ed25519_verify",
            "Whether a signature of the input is right; keys and signatures that are right in many ways are not.",
            keys::object(verify, "public_key", &["signature"], Versions::Known),
            (1, 1),
        ))),
        saying(method::method(
            "ed25519_verify_batch",
            "Which of several signatures are right, one for each input.",
            secret::object(batch, &["public_keys", "signatures"]),
            (1, BATCH_MAX as u32),
        )),
        a_secret(chance(method::method("x25519_keygen", "A new pair of keys for shared secrets.", nothing(), (0, 0)))),
        exchanging(a_secret(method::method(
            "x25519",
            "The secret that only the owners of two keys share (RFC 7748); `hkdf` makes keys of it.",
            keys::object(exchange, "secret_key", &["public_key"], Versions::Chosen),
            (0, 0),
        ))),
    ];
    methods.into_iter().map(bounded).collect()
}

/// A method that gives what nobody else may see.
pub(crate) fn a_secret(method: Method) -> Method {
    Method { gives_secret: true, ..method }
}

fn write_pair(secret: &[u8; 32], public: &[u8; 32], call: &mut Call<'_>) -> Result<(), Fault> {
    let pair = json!({ "secret_key": HEXLOWER.encode(secret), "public_key": HEXLOWER.encode(public) });
    method::write_json(&pair, call.output)
}

pub(crate) fn ed25519_keygen(call: &mut Call<'_>) -> Result<(), Fault> {
    let mut secret = Zeroizing::new([0; 32]);
    secret::chance(secret.as_mut())?;
    let public = SigningKey::from_bytes(&secret).verifying_key().to_bytes();
    write_pair(&secret, &public, call)
}

pub(crate) fn ed25519_sign(call: &mut Call<'_>, host: &dyn Host) -> Result<(), Fault> {
    let secret = keys::newest(call, host, "secret_key")?.array::<32>("secret_key")?;
    let key = SigningKey::from_bytes(&secret);
    host.check()?;
    let signature = key.sign(method::message(call)?).to_bytes();
    method::write(&signature, call.params, call.output)
}

pub(crate) fn ed25519_verify(call: &mut Call<'_>, host: &dyn Host) -> Result<(), Fault> {
    let signature = secret::array::<64>(call.params, "signature")?;
    let is_held = keys::is_held(call.params);
    let keys = keys::all(call, host, "public_key")?;
    let message = method::message(call)?;
    let mut by = None;
    for key in &keys {
        host.check()?;
        let given = key.array::<32>("public_key")?;
        let public = if is_held { SigningKey::from_bytes(&given).verifying_key().to_bytes() } else { *given };
        if is_signed(&public, &signature, message) {
            by = Some(key);
            break;
        }
    }
    method::write_json(&keys::verdict(is_held, by), call.output)
}

pub(crate) fn ed25519_verify_batch(call: &mut Call<'_>, host: &dyn Host) -> Result<(), Fault> {
    let keys = each::<32>(call, "public_keys")?;
    let signatures = each::<64>(call, "signatures")?;
    let count = call.inputs.count();
    for (name, given) in [("public_keys", keys.len()), ("signatures", signatures.len())] {
        if given != count {
            return Err(secret::wrong(name, &format!("{given} for {count} inputs")));
        }
    }
    let mut valid = Vec::with_capacity(count);
    for (index, (key, signature)) in keys.iter().zip(&signatures).enumerate() {
        host.check()?;
        host.progress(index as u64, count as u64);
        valid.push(is_signed(key, signature, call.inputs.get(index)?.slice()?));
    }
    method::write_json(&json!({ "valid": valid }), call.output)
}

fn is_signed(key: &[u8; 32], signature: &[u8; 64], message: &[u8]) -> bool {
    let signature = Signature::from_bytes(signature);
    VerifyingKey::from_bytes(key).is_ok_and(|key| key.verify_strict(message, &signature).is_ok())
}

/// The bytes of each item of a parameter.
fn each<const N: usize>(call: &Call<'_>, name: &str) -> Result<Vec<[u8; N]>, Fault> {
    let items = call.params.get(name).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let wrong = |index: usize| secret::wrong(&format!("{name}/{index}"), &format!("expected {N} bytes"));
    let read = |(index, item): (usize, &Value)| {
        let digits = item.as_str().unwrap_or_default().as_bytes();
        let bytes = data_encoding::HEXLOWER_PERMISSIVE.decode(digits).map_err(|_| wrong(index))?;
        bytes.try_into().map_err(|_| wrong(index))
    };
    items.iter().enumerate().map(read).collect()
}

pub(crate) fn x25519_keygen(call: &mut Call<'_>) -> Result<(), Fault> {
    let mut secret = Zeroizing::new([0; 32]);
    secret::chance(secret.as_mut())?;
    let public = PublicKey::from(&StaticSecret::from(*secret)).to_bytes();
    write_pair(&secret, &public, call)
}

pub(crate) fn x25519(call: &mut Call<'_>, host: &dyn Host) -> Result<(), Fault> {
    let own = StaticSecret::from(*keys::newest(call, host, "secret_key")?.array::<32>("secret_key")?);
    let other = PublicKey::from(*secret::array::<32>(call.params, "public_key")?);
    let shared = own.diffie_hellman(&other);
    if !shared.was_contributory() {
        return Err(secret::wrong("public_key", "gives everybody the same secret"));
    }
    method::write(shared.as_bytes(), call.params, call.output)
}
