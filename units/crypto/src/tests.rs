//! The laws of the unit: what Wycheproof and the RFCs say, round trips for any size and chunking, nothing forged is taken,
//! secrets are marked, and nothing makes it panic.

use std::sync::atomic::AtomicU64;

use data_encoding::HEXLOWER;
use inos_unit::testing::{Quiet, run as run_quietly};
use inos_unit::{Fault, Params, Sight, Unit};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::Crypto;

mod held;
mod wycheproof;

fn params(value: Value) -> Params {
    serde_json::from_value(value).unwrap()
}

fn run_in(method: &str, given: Value, inputs: &[&[u8]], chunk: usize) -> Result<Vec<u8>, Fault> {
    Ok(run_quietly(&Crypto::new(), method, params(given), inputs, chunk, &Quiet::default())?.remove(0).1)
}

fn run(method: &str, given: Value, inputs: &[&[u8]]) -> Result<Vec<u8>, Fault> {
    run_in(method, given, inputs, usize::MAX >> 1)
}

fn text(method: &str, given: Value, inputs: &[&[u8]]) -> String {
    String::from_utf8(run(method, given, inputs).unwrap()).unwrap()
}

fn said(method: &str, given: Value, inputs: &[&[u8]]) -> Value {
    serde_json::from_str(&text(method, given, inputs)).unwrap()
}

fn hex(bytes: &[u8]) -> String {
    HEXLOWER.encode(bytes)
}

#[test]
fn digests_are_those_of_their_standards() {
    for (algorithm, digest) in [
        ("sha256", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        ("sha384", "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7"),
        (
            "sha512",
            "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
        ),
        ("sha3_256", "3a985da74fe225b2045c172d6bd390bd855f086e3e9d525b46bfe24511431532"),
        (
            "sha3_512",
            "b751850b1a57168a5693cd924b6b096e08f621827444f70d884f5d0240d2712e10e116e9192af3c91a7ec57647e3934057340b4cf408d5a56592f8274eec53f0",
        ),
        (
            "blake2b",
            "ba80a53f981c4d0d6a2797b69f12f6e94c212f14685ac4b74b12bb6fdbffa2d17d87c5392aab792dc252d5de4533cc9518d38aa8dbf1925ab92386edd4009923",
        ),
        ("blake3", "6437b3ac38465133ffb63b75273a8db548c558465d79db03fd359c6cd5bd9d85"),
    ] {
        assert_eq!(text("hash", json!({ "algorithm": algorithm }), &[b"abc"]), digest, "{algorithm}");
    }
}

#[test]
fn a_password_is_verified_by_hashes_of_others_too() {
    // Made by the reference implementation (argon2-cffi): hash_secret(b"password", b"somesalt", 2, 65536, 1, 32, Type.ID).
    let hash = "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc";
    let verify =
        |password: &[u8], hash: &str| said("argon2id_verify", json!({ "password": hex(password), "hash": hash }), &[]);
    assert_eq!(verify(b"password", hash), json!({ "valid": true }));
    assert_eq!(verify(b"passwort", hash), json!({ "valid": false }));
    let ours = text("argon2id_hash", json!({ "password": hex(b"pass"), "memory_kib": 64, "lanes": 2 }), &[]);
    assert!(ours.starts_with("$argon2id$v=19$m=64,t=2,p=2$"), "{ours}");
    assert_eq!(verify(b"pass", &ours), json!({ "valid": true }));
    assert_eq!(verify(b"other", &ours), json!({ "valid": false }));
    assert_ne!(ours, text("argon2id_hash", json!({ "password": hex(b"pass"), "memory_kib": 64, "lanes": 2 }), &[]));
}

#[test]
fn a_hash_is_left_when_its_job_stops() {
    // A third of a second, and looked at every millisecond.
    let given = json!({ "password": "", "memory_kib": 131_072, "rounds": 2 });
    let host = Quiet { cancel_after: Some(AtomicU64::new(3)), ..Quiet::default() };
    let ended = run_quietly(&Crypto::new(), "argon2id_hash", params(given), &[], 1 << 10, &host);
    assert!(matches!(ended, Err(Fault::Cancelled)), "{ended:?}");
}

fn is_too_much(ended: &Result<Vec<u8>, Fault>) -> bool {
    matches!(ended, Err(Fault::Invalid { message, .. }) if message.contains("KiB over all rounds, at most"))
}

#[test]
fn a_hash_that_would_cost_too_much_is_refused_before_it_begins() {
    let kept = |cost: &str| format!("$argon2id$v=19${cost}$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc");
    for cost in ["m=4194304,t=1,p=1", "m=131072,t=4294967295,p=1"] {
        let ended = run("argon2id_verify", json!({ "password": "", "hash": kept(cost) }), &[]);
        assert!(is_too_much(&ended), "{cost}: {ended:?}");
    }
    let ended = run("argon2id_hash", json!({ "password": "", "memory_kib": 131_072, "rounds": 16 }), &[]);
    assert!(is_too_much(&ended), "{ended:?}");
    for bad in [
        kept("m=0,t=0,p=0"),
        kept("m=64"),
        kept("m=8,t=1,p=16777216"),
        "$argon2i$v=19$m=64,t=1,p=1$c29tZXNhbHQ$CTFhFdXPJO1a".into(),
        "x".into(),
    ] {
        let ended = run("argon2id_verify", json!({ "password": "", "hash": bad }), &[]);
        assert!(matches!(&ended, Err(Fault::Invalid { pointer, .. }) if pointer == "/params/hash"), "{bad}: {ended:?}");
    }
}

#[test]
fn every_secret_is_marked_and_nothing_else_is() {
    let secrets = ["key", "secret_key", "material", "password"];
    for method in &Crypto::new().spec().methods {
        for (name, property) in method.params["properties"].as_object().unwrap() {
            let secret =
                secrets.contains(&name.as_str()) || (method.name, name.as_str()) == ("argon2id_verify", "hash");
            assert_eq!(property["writeOnly"] == true, secret, "{}.{name}", method.name);
            assert!(property["type"].is_string(), "{}.{name} has one type", method.name);
            assert!(property["description"].is_string(), "{}.{name} is described", method.name);
            assert!(property["examples"].is_array(), "{}.{name} has an example", method.name);
            let limited = ["minimum", "maxLength", "maxItems", "enum"].iter().any(|word| property.get(word).is_some());
            assert!(limited, "{}.{name} is limited", method.name);
        }
        assert_eq!(method.params["properties"].get("key_id").is_some(), method.held_key.is_some(), "{}", method.name);
    }
}

#[test]
fn new_keys_are_new_and_work() {
    let (one, other) = (said("ed25519_keygen", json!({}), &[]), said("ed25519_keygen", json!({}), &[]));
    assert_ne!(one["secret_key"], other["secret_key"]);
    let signature = text("ed25519_sign", json!({ "secret_key": one["secret_key"] }), &[b"message"]);
    let verify = |key: &Value, message: &[u8]| {
        said("ed25519_verify", json!({ "public_key": key["public_key"], "signature": signature }), &[message])["valid"]
            == true
    };
    assert!(verify(&one, b"message") && !verify(&one, b"massage") && !verify(&other, b"message"));
    let batch =
        json!({ "public_keys": [one["public_key"], other["public_key"]], "signatures": [signature, signature] });
    assert_eq!(said("ed25519_verify_batch", batch, &[b"message", b"message"]), json!({ "valid": [true, false] }));
    let (one, other) = (said("x25519_keygen", json!({}), &[]), said("x25519_keygen", json!({}), &[]));
    let shared = |own: &Value, other: &Value| {
        text("x25519", json!({ "secret_key": own["secret_key"], "public_key": other["public_key"] }), &[])
    };
    assert_eq!(shared(&one, &other), shared(&other, &one));
    assert_ne!(text("random", json!({}), &[]), text("random", json!({}), &[]));
    assert_eq!(run("random", json!({ "length": 1_000_000, "encoding": "raw" }), &[]).unwrap().len(), 1_000_000);
}

#[test]
fn signatures_are_those_of_rfc_8032() {
    for (secret_key, message, signature) in [
        (
            "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
            b"".as_slice(),
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
        ),
        (
            "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
            b"\x72".as_slice(),
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
        ),
    ] {
        assert_eq!(text("ed25519_sign", json!({ "secret_key": secret_key }), &[message]), signature);
    }
}

#[test]
fn what_is_wrong_is_named_and_never_repeated() {
    let key = "ab".repeat(32);
    for (method, given, inputs, pointer) in [
        ("hmac", json!({ "key": "xy" }), 1, "/params/key"),
        ("hmac_verify", json!({ "key": key, "tag": "00".repeat(33) }), 1, "/params/tag"),
        ("hmac_verify", json!({ "key": key, "tag": "00".repeat(16), "algorithm": "sha512" }), 1, "/params/tag"),
        ("seal", json!({ "key": "ab", "nonce": "00".repeat(12) }), 1, "/params/key"),
        ("seal", json!({ "key": key, "nonce": "00".repeat(24) }), 1, "/params/nonce"),
        ("seal", json!({ "key": key, "nonce": "00".repeat(12), "cipher": "xchacha20-poly1305" }), 1, "/params/nonce"),
        ("open", json!({ "key": key, "nonce": "00".repeat(12) }), 1, "/inputs/0"),
        ("encrypt", json!({ "key": "ab" }), 1, "/params/key"),
        ("decrypt", json!({ "key": key }), 1, "/inputs/0"),
        ("ed25519_sign", json!({ "secret_key": "ab" }), 1, "/params/secret_key"),
        ("ed25519_verify", json!({ "public_key": key, "signature": key }), 1, "/params/signature"),
        ("ed25519_verify_batch", json!({ "public_keys": [key], "signatures": [] }), 1, "/params/signatures"),
        ("ed25519_verify_batch", json!({ "public_keys": ["ab"], "signatures": [] }), 1, "/params/public_keys/0"),
        ("x25519", json!({ "secret_key": key, "public_key": "00".repeat(32) }), 0, "/params/public_key"),
        ("hkdf", json!({ "material": key, "length": 8161 }), 0, "/params/length"),
    ] {
        let inputs = vec![b"a secret message".as_slice(); inputs];
        match run(method, given.clone(), &inputs) {
            Err(Fault::Invalid { pointer: at, message }) => {
                assert_eq!(at, pointer, "{method} {given}");
                assert!(!message.contains("ab") || message.contains("abo"), "{message}");
            }
            other => panic!("{method} {given}: {other:?}"),
        }
    }
}

#[test]
fn what_is_too_much_says_how_much_it_is() {
    let key = "ab".repeat(32);
    let long = vec![0; (8 << 20) + 1];
    for (method, given, inputs, told) in [
        ("hkdf", json!({ "material": key, "length": 8161 }), vec![], "8161 bytes"),
        ("seal", json!({ "key": key, "nonce": "00".repeat(12) }), vec![&*long], "8388609 bytes"),
        ("argon2id_hash", json!({ "password": "", "memory_kib": 131_072, "rounds": 16 }), vec![], "2097152 KiB"),
        ("ed25519_verify_batch", json!({ "public_keys": [key, key], "signatures": [] }), vec![b"a"], "2 for 1 inputs"),
    ] {
        match run(method, given, &inputs) {
            Err(Fault::Invalid { message, .. } | Fault::Limit { message, .. }) => {
                assert!(message.contains(told), "{method}: {message}");
            }
            other => panic!("{method}: {other:?}"),
        }
    }
}

#[test]
fn a_stop_ends_what_streams() {
    let bytes = vec![7; 8 << 20];
    let key = "ab".repeat(32);
    let sealed = run("encrypt", json!({ "key": key }), &[&bytes]).unwrap();
    for (method, given, input) in [
        ("hash", json!({}), &bytes),
        ("hmac", json!({ "key": key }), &bytes),
        ("encrypt", json!({ "key": key }), &bytes),
        ("decrypt", json!({ "key": key }), &sealed),
    ] {
        for after in [0, 2] {
            let host = Quiet { cancel_after: Some(AtomicU64::new(after)), ..Quiet::default() };
            let ended = run_quietly(&Crypto::new(), method, params(given.clone()), &[input], 1 << 20, &host);
            assert_eq!(ended, Err(Fault::Cancelled), "{method} after {after}");
        }
    }
}

/// Lengths around the ends of segments, and any.
fn lengths() -> impl Strategy<Value = usize> {
    let segment = 64_usize << 10;
    prop_oneof![0..300_usize, segment - 2..segment + 3, 2 * segment - 2..2 * segment + 3, 0..400_000_usize]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_encrypted_is_decrypted_for_any_chunking(len in lengths(), key: [u8; 32], aad in prop::collection::vec(any::<u8>(), 0..40), cipher in 0..3_usize, chunk in prop_oneof![1..100_usize, 1000..200_000_usize]) {
        let message: Vec<u8> = (0..len).map(|i| (i * 31 % 251) as u8).collect();
        let given = json!({ "key": hex(&key), "aad": hex(&aad) });
        let mut encrypt = given.clone();
        encrypt["cipher"] = json!(crate::aead::NAMES[cipher]);
        let foresee = |method: &str, bytes: usize| {
            let sight = [Sight { bytes: bytes as u64, head: &[] }];
            Crypto::new().foresee(method, &Params::new(), &sight).unwrap().bytes_out
        };
        let sealed = run_in("encrypt", encrypt.clone(), &[&message], chunk.max(len / 2000 + 1)).unwrap();
        prop_assert_eq!(foresee("encrypt", len), sealed.len() as u64);
        prop_assert_eq!(foresee("decrypt", sealed.len()), len as u64);
        let opened = run_in("decrypt", given, &[&sealed], chunk.max(len / 2000 + 1)).unwrap();
        prop_assert!(opened == message);
        prop_assert!(run("encrypt", encrypt, &[&message]).unwrap() != sealed, "the same bytes twice");
    }

    #[test]
    fn nothing_that_was_changed_is_decrypted(len in lengths(), cipher in 0..3_usize, at in any::<prop::sample::Index>(), bit in 0..8_u8, how in 0..5_u8) {
        let message = vec![9; len];
        let key = "cd".repeat(32);
        let mut sealed = run("encrypt", json!({ "key": key, "cipher": crate::aead::NAMES[cipher] }), &[&message]).unwrap();
        let at = at.index(sealed.len());
        let (segment, header) = ((64 << 10) + 16, 34);
        match how {
            0 => sealed[at] ^= 1 << bit,
            1 => sealed.truncate(at),
            2 => sealed.push(bit),
            // Cut off where a segment ends, and two segments in the other's place.
            3 if len > segment => sealed.truncate(header + segment),
            4 if sealed.len() >= header + 2 * segment => sealed[header..header + 2 * segment].rotate_left(segment),
            _ => sealed[at] ^= 0x80,
        }
        let ended = run("decrypt", json!({ "key": key }), &[&sealed]);
        let refused = matches!(&ended, Err(Fault::Invalid { pointer, .. }) if pointer == "/inputs/0");
        prop_assert!(refused, "{:?}", ended.map(|bytes| bytes.len()));
    }

    #[test]
    fn no_bytes_make_a_method_panic(index in any::<prop::sample::Index>(), one in prop::collection::vec(any::<u8>(), 0..200), digits in "[0-9a-f]{0,160}") {
        let crypto = Crypto::new();
        let method = &crypto.spec().methods[index.index(crypto.spec().methods.len())];
        let names = ["key", "nonce", "aad", "tag", "secret_key", "public_key", "signature", "material", "salt", "info"];
        let mut given: Params = names.iter().map(|name| ((*name).to_owned(), json!(digits))).collect();
        given.insert("password".into(), json!(digits));
        given.insert("hash".into(), json!(format!("$argon2id$v=19$m=64,t=1,p=1${digits}")));
        given.insert("memory_kib".into(), json!(64));
        let inputs = vec![one.as_slice(); method.inputs.0 as usize];
        let ended = run(method.name, given.into(), &inputs);
        let fine = matches!(ended, Ok(_) | Err(Fault::Invalid { .. } | Fault::Limit { .. }));
        prop_assert!(fine, "{}: {:?}", method.name, ended);
    }
}

#[test]
fn a_batch_tells_how_many_of_its_signatures_it_has_looked_at() {
    let host = Quiet::default();
    let (key, signature) = ("00".repeat(32), "00".repeat(64));
    let batch = json!({ "public_keys": [key, key, key], "signatures": [signature, signature, signature] });
    run_quietly(&Crypto::new(), "ed25519_verify_batch", params(batch), &[b"a", b"b", b"c"], 1000, &host).unwrap();
    assert_eq!(*host.steps.lock().unwrap(), [(0, 3), (1, 3), (2, 3)]);
}
