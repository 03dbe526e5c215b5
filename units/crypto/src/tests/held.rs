//! The laws of keys that the host holds: the newest version makes, each opens what it made, and none opens another's.

use inos_unit::testing::{Quiet, run as run_quietly};
use inos_unit::{Fault, HeldKey, Sight, Unit};
use proptest::prelude::*;
use serde_json::{Value, json};
use zeroize::Zeroizing;

use super::{hex, params};
use crate::Crypto;

const ID: &str = "hky_01890000000070008000000000000000";

/// A host that holds a key with these versions, each a byte over and over.
fn host(versions: &[u32], len: usize) -> Quiet {
    let one = |version: &u32| (*version, Zeroizing::new(vec![*version as u8; len]));
    Quiet { key: HeldKey::new(versions.iter().map(one).collect()), ..Quiet::default() }
}

fn run_on(host: &Quiet, method: &str, mut given: Value, input: &[u8], chunk: usize) -> Result<Vec<u8>, Fault> {
    given["key_id"] = json!(ID);
    let inputs: &[&[u8]] = if ["x25519", "hkdf"].contains(&method) { &[] } else { &[input] };
    Ok(run_quietly(&Crypto::new(), method, params(given), inputs, chunk, host)?.remove(0).1)
}

fn run(host: &Quiet, method: &str, given: Value, input: &[u8]) -> Result<Vec<u8>, Fault> {
    run_on(host, method, given, input, usize::MAX >> 1)
}

fn is_wrong<T: std::fmt::Debug>(ended: Result<T, Fault>, at: &str) {
    assert!(matches!(&ended, Err(Fault::Invalid { pointer, .. }) if pointer == at), "{at}: {ended:?}");
}

#[test]
fn a_held_key_makes_what_the_same_key_in_a_parameter_makes() {
    for (method, name, len, given) in [
        ("hmac", "key", 64, json!({})),
        ("seal", "key", 32, json!({ "nonce": "00".repeat(12) })),
        ("ed25519_sign", "secret_key", 32, json!({})),
        ("x25519", "secret_key", 32, json!({ "public_key": hex(&[9; 32]) })),
        ("hkdf", "material", 64, json!({ "info": "aa" })),
    ] {
        let mut open = given.clone();
        open[name] = json!(hex(&vec![3; len]));
        let inputs: &[&[u8]] = if ["x25519", "hkdf"].contains(&method) { &[] } else { &[b"abc"] };
        let wanted = super::run(method, open, inputs).unwrap();
        assert_eq!(
            run(&host(&[1, 3, 2], len), method, given, b"abc").unwrap(),
            wanted,
            "{method}: by the newest version"
        );
    }
}

#[test]
fn what_an_older_version_made_is_found_by_trying() {
    let (old, both) = (host(&[1], 64), host(&[1, 2], 64));
    let tag = String::from_utf8(run(&old, "hmac", json!({}), b"abc").unwrap()).unwrap();
    let said = |host: &Quiet| run(host, "hmac_verify", json!({ "tag": tag }), b"abc").unwrap();
    assert_eq!(said(&both), br#"{"key_version":1,"valid":true}"#);
    assert_eq!(said(&host(&[2, 3], 64)), br#"{"valid":false}"#);
    let (old, both) = (host(&[1], 32), host(&[1, 2], 32));
    let nonce = json!({ "nonce": "00".repeat(24), "cipher": "xchacha20-poly1305" });
    let sealed = run(&old, "seal", nonce.clone(), b"abc").unwrap();
    assert_eq!(run(&both, "open", nonce.clone(), &sealed).unwrap(), b"abc");
    is_wrong(run(&host(&[2], 32), "open", nonce.clone(), &sealed), "/inputs/0");
    let chosen = |version: u32| json!({ "nonce": nonce["nonce"], "cipher": nonce["cipher"], "key_version": version });
    assert_eq!(run(&both, "open", chosen(1), &sealed).unwrap(), b"abc");
    is_wrong(run(&both, "open", chosen(2), &sealed), "/inputs/0");
    is_wrong(run(&both, "open", chosen(9), &sealed), "/params/key_version");
}

#[test]
fn a_message_says_whose_key_made_it() {
    let held = run(&host(&[1], 32), "encrypt", json!({}), b"abc").unwrap();
    let open = super::run("encrypt", json!({ "key": hex(&[1; 32]) }), &[b"abc"]).unwrap();
    assert_eq!((held[0], open[0], held.len() - open.len()), (2, 1, 4));
    is_wrong(super::run("decrypt", json!({ "key": hex(&[1; 32]) }), &[&held]), "/inputs/0");
    is_wrong(run(&host(&[1], 32), "decrypt", json!({}), &open), "/inputs/0");
    is_wrong(run(&host(&[2], 32), "decrypt", json!({}), &held), "/inputs/0");
    // A message cannot be passed off as another version's: the number is part of what its key is made of.
    let mut moved = held;
    moved[5] = 2;
    let same = Quiet {
        key: HeldKey::new([1, 2].map(|version| (version, Zeroizing::new(vec![1; 32]))).into()),
        ..Quiet::default()
    };
    is_wrong(run(&same, "decrypt", json!({}), &moved), "/inputs/0");
}

#[test]
fn a_key_that_was_not_handed_over_is_the_hosts_defect() {
    let ended = run(&Quiet::default(), "hmac", json!({}), b"abc");
    assert!(matches!(ended, Err(Fault::Broken(_))), "{ended:?}");
    let ended = run(&host(&[1], 31), "encrypt", json!({}), b"abc");
    assert!(matches!(ended, Err(Fault::Broken(_))), "{ended:?}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_any_version_encrypted_is_decrypted_after_rotations(len in 0..200_000_usize, made in 1..6_u32, more in 0..6_u32, chunk in 1..70_000_usize) {
        let message: Vec<u8> = (0..len).map(|i| (i * 31 % 251) as u8).collect();
        let (then, now) = (host(&(1..=made).collect::<Vec<_>>(), 32), host(&(1..=made + more).collect::<Vec<_>>(), 32));
        let chunk = chunk.max(len / 2000 + 1);
        let sealed = run_on(&then, "encrypt", json!({ "aad": "ab" }), &message, chunk).unwrap();
        let foresee = |method: &str, bytes: usize| {
            let sight = [Sight { bytes: bytes as u64, head: &[] }];
            Crypto::new().foresee(method, &params(json!({ "key_id": ID })), &sight).unwrap().bytes_out
        };
        prop_assert_eq!(foresee("encrypt", len), sealed.len() as u64);
        prop_assert_eq!(foresee("decrypt", sealed.len()), len as u64);
        let opened = run_on(&now, "decrypt", json!({ "aad": "ab" }), &sealed, chunk).unwrap();
        prop_assert!(opened == message);
    }

    #[test]
    fn no_header_makes_decrypt_panic(bytes in prop::collection::vec(any::<u8>(), 0..80), held: bool) {
        let mut bytes = bytes;
        if held && bytes.len() > 2 {
            (bytes[0], bytes[1]) = (2, 0);
        }
        let ended = run(&host(&[1], 32), "decrypt", json!({}), &bytes);
        prop_assert!(matches!(ended, Err(Fault::Invalid { .. })), "{:?}", ended);
    }
}
