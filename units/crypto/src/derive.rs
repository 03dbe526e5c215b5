//! Keys from keys (HKDF), hashes of passwords (Argon2id) and bytes by chance.

use std::sync::atomic::{AtomicU64, Ordering};

use argon2::password_hash::phc::PasswordHash;
use argon2::{Algorithm, Argon2, Params as Cost, Version};
use data_encoding::BASE64_NOPAD;
use hkdf::Hkdf;
use inos_unit::{Call, Determinism, Fault, Foreseen, Host, KeyKind, Method, Params, Price, beside};
use serde_json::json;
use sha2::{Sha256, Sha512};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use crate::keys::{self, Versions};
use crate::{method, secret};

/// The longest key material and password, in bytes.
const MATERIAL_LEN_MAX: usize = 1024;
/// The longest key that HKDF makes with SHA-256, in bytes.
const LENGTH_MAX: u32 = 255 * 32;
/// The most bytes by chance of one job.
const CHANCE_LEN_MAX: u32 = 1 << 20;
/// The most memory of a password's hash, in KiB.
const MEMORY_KIB_MAX: u32 = 128 << 10;
/// The most memory of all hashes that run at a time, in KiB: it is counted nowhere else.
const TOGETHER_KIB_MAX: u64 = 2 * MEMORY_KIB_MAX as u64;
/// What running hashes take.
static TAKEN_KIB: AtomicU64 = AtomicU64::new(0);
/// The most memory times rounds, in KiB: a hash goes on to its end when its job stops, and this takes a third of a second.
const WORK_KIB_MAX: u64 = 256 << 10;
/// Bytes of a salt.
const SALT_LEN: usize = 16;
/// Bytes of a hash.
const HASH_LEN: usize = 32;

pub(crate) fn methods() -> Vec<Method> {
    let integer = |about: &str, (least, most, usual): (u32, u32, u32)| {
        json!({
            "type": "integer", "minimum": least, "maximum": most, "default": usual, "examples": [usual],
            "description": about,
        })
    };
    let hkdf = json!({
        "algorithm": secret::choice("Which digest keys are made with.", &["sha256", "sha512"]),
        "material": secret::secret("The key material, such as a shared secret; not a password.", 1, MATERIAL_LEN_MAX),
        "salt": secret::hex("A salt, which is not secret.", 0, MATERIAL_LEN_MAX),
        "info": secret::hex("What the key is for.", 0, MATERIAL_LEN_MAX),
        "length": integer("Bytes of the key.", (1, LENGTH_MAX, 32)),
        "encoding": method::encoding(),
    });
    let password = secret::secret("The password, in UTF-8.", 0, MATERIAL_LEN_MAX);
    let hash = json!({
        "password": password,
        "memory_kib": integer("Memory that a guess takes, in KiB.", (8, MEMORY_KIB_MAX, 19_456)),
        "rounds": integer("Rounds over this memory.", (1, 16, 2)),
        "lanes": integer("Lanes in which it is filled.", (1, 4, 1)),
    });
    let kept = json!({
        "type": "string", "minLength": 1, "maxLength": 512, "writeOnly": true,
        "description": "The hash as `argon2id_hash` gave it.",
        "examples": ["$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"],
    });
    let random =
        json!({ "length": integer("How many bytes.", (1, CHANCE_LEN_MAX, 32)), "encoding": method::encoding() });
    // A hash of a password takes as long as it is made to.
    let slow = |method: Method| Method { price: Price { base: 100, per_cpu_ms: 10, ..method.price }, ..method };
    vec![
        Method {
            gives_secret: true,
            held_key: Some(KeyKind::Hkdf),
            ..method::method(
                "hkdf",
                "A key from key material (RFC 5869).",
                keys::object(hkdf, "material", &[], Versions::Chosen),
                (0, 0),
            )
        },
        slow(Method {
            determinism: Determinism::None,
            output_media: &["text/plain"],
            ..method::method(
                "argon2id_hash",
                "A hash of a password to keep in its place (RFC 9106), with a salt by chance.",
                secret::object(hash, &["password"]),
                (0, 0),
            )
        }),
        slow(Method {
            output_media: &["application/json"],
            ..method::method(
                "argon2id_verify",
                "Whether a password is the one that a hash was made of.",
                secret::object(json!({ "password": password, "hash": kept }), &["password", "hash"]),
                (0, 0),
            )
        }),
        Method {
            determinism: Determinism::None,
            output_bytes_max: 2 * u64::from(CHANCE_LEN_MAX),
            gives_secret: true,
            ..method::method(
                "random",
                "Bytes by chance, from the operating system.",
                secret::object(random, &[]),
                (0, 0),
            )
        },
    ]
}

pub(crate) fn hkdf(call: &mut Call<'_>, host: &dyn Host) -> Result<(), Fault> {
    let material = keys::newest(call, host, "material")?.bytes;
    let (salt, info) = (secret::bytes(call.params, "salt")?, secret::bytes(call.params, "info")?);
    let mut key = Zeroizing::new(vec![0; secret::number(call.params, "length", 32) as usize]);
    let made = match secret::word(call.params, "algorithm", "sha256") {
        "sha512" => Hkdf::<Sha512>::new(Some(&salt), &material).expand(&info, &mut key),
        _ => Hkdf::<Sha256>::new(Some(&salt), &material).expand(&info, &mut key),
    };
    made.map_err(|_| secret::wrong("length", &format!("{} bytes are more than this digest can make", key.len())))?;
    method::write(&key, call.params, call.output)
}

pub(crate) fn argon2id_hash(call: &mut Call<'_>, host: &dyn Host) -> Result<(), Fault> {
    let password = secret::bytes(call.params, "password")?;
    let memory = secret::number(call.params, "memory_kib", 19_456);
    let (rounds, lanes) = (secret::number(call.params, "rounds", 2), secret::number(call.params, "lanes", 1));
    let cost = cost(memory, rounds, lanes, "memory_kib")?;
    let mut salt = [0; SALT_LEN];
    secret::chance(&mut salt)?;
    let hash = hash(cost, password, salt.into(), HASH_LEN, host)?;
    let (salt, hash) = (BASE64_NOPAD.encode(&salt), BASE64_NOPAD.encode(&hash));
    call.output.write(format!("$argon2id$v=19$m={memory},t={rounds},p={lanes}${salt}${hash}").as_bytes())
}

pub(crate) fn argon2id_verify(call: &mut Call<'_>, host: &dyn Host) -> Result<(), Fault> {
    let wrong = |why: &str| secret::wrong("hash", why);
    let password = secret::bytes(call.params, "password")?;
    let kept =
        PasswordHash::new(secret::word(call.params, "hash", "")).map_err(|_| wrong("is no hash of a password"))?;
    if kept.algorithm.as_str() != "argon2id" || kept.version.is_some_and(|version| version != 0x13) {
        return Err(wrong("is not of Argon2id, version 19"));
    }
    let of = |name: &str| kept.params.get_decimal(name).ok_or_else(|| wrong("lacks one of m, t and p"));
    let cost = cost(of("m")?, of("t")?, of("p")?, "hash")?;
    let (Some(salt), Some(wanted)) = (kept.salt, kept.hash) else { return Err(wrong("lacks its salt or its end")) };
    let hash = hash(cost, password, salt.as_ref().into(), wanted.as_bytes().len(), host)?;
    method::write_valid(bool::from(hash.ct_eq(wanted.as_bytes())), call.output)
}

/// What a hash costs, where it is not too much.
fn cost(memory: u32, rounds: u32, lanes: u32, name: &str) -> Result<Cost, Fault> {
    let work = u64::from(memory) * u64::from(rounds);
    if memory > MEMORY_KIB_MAX || work > WORK_KIB_MAX {
        let told = format!("{memory} KiB and {work} KiB over all rounds, at most {MEMORY_KIB_MAX} and {WORK_KIB_MAX}");
        return Err(secret::wrong(name, &told));
    }
    Cost::new(memory, rounds, lanes, None).map_err(|_| secret::wrong(name, "needs 8 KiB for each lane, and a round"))
}

/// Memory that a running hash takes; free again when dropped.
struct Taken(u64);

impl Taken {
    /// Takes so many KiB of what all hashes may have together.
    fn take(kib: u64) -> Result<Self, Fault> {
        let more = |taken: u64| Some(taken + kib).filter(|sum| *sum <= TOGETHER_KIB_MAX);
        match TAKEN_KIB.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more) {
            Ok(_) => Ok(Self(kib)),
            Err(_) => Err(Fault::NoRoom("other passwords are being hashed; try again shortly".into())),
        }
    }
}

impl Drop for Taken {
    fn drop(&mut self) {
        TAKEN_KIB.fetch_sub(self.0, Ordering::Relaxed);
    }
}

fn hash(
    cost: Cost,
    password: Zeroizing<Vec<u8>>,
    salt: Vec<u8>,
    len: usize,
    host: &dyn Host,
) -> Result<Zeroizing<Vec<u8>>, Fault> {
    beside(host, move || {
        let _taken = Taken::take(cost.m_cost().into())?;
        let mut hash = Zeroizing::new(vec![0; len]);
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, cost);
        argon2
            .hash_password_into(&password, &salt, &mut hash)
            .map_err(|_| secret::wrong("hash", "has a salt or an end of a length that is not allowed"))?;
        Ok(hash)
    })?
}

pub(crate) fn random(call: &mut Call<'_>) -> Result<(), Fault> {
    let mut bytes = Zeroizing::new(vec![0; secret::number(call.params, "length", 32) as usize]);
    secret::chance(&mut bytes)?;
    method::write(&bytes, call.params, call.output)
}

/// How many bytes by chance are written.
pub(crate) fn foresee_random(params: &Params) -> Foreseen {
    let length = u64::from(secret::number(params, "length", 32));
    Foreseen::exactly(match secret::word(params, "encoding", "hex") {
        "raw" => length,
        "base64" => length.div_ceil(3) * 4,
        _ => 2 * length,
    })
}
