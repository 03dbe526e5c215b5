//! The laws of the vault: what is sealed opens in its place and nowhere else, and the master key is made once.

use std::{fs, os::unix::fs::PermissionsExt};

use inos_protocols::{AccountId, HeldKeyId, held::KeyKind};
use proptest::prelude::*;

use super::*;

fn methods() -> Vec<String> {
    vec!["crypto.encrypt".into(), "crypto.decrypt".into()]
}

fn place(methods: &[String]) -> Place<'_> {
    let (account, key) = (AccountId::from_bytes([1; 16]), HeldKeyId::from_bytes([2; 16]));
    Place { account, key, version: 3, kind: KeyKind::Aead, methods, public: None }
}

#[test]
fn a_master_key_is_made_once_and_is_its_owners_alone() {
    let dir = tempfile::tempdir().unwrap();
    assert!(Vault::of(dir.path()).master().unwrap().is_none(), "nobody needed it");
    let mark = *Vault::of(dir.path()).master_or_new().unwrap().mark();
    assert_eq!(Vault::of(dir.path()).master_or_new().unwrap().mark(), &mark);
    assert_eq!(Vault::of(dir.path()).master().unwrap().unwrap().mark(), &mark);
    let path = dir.path().join(MASTER_KEY);
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    assert!(!is_shared(&path) && fs::read_dir(dir.path()).unwrap().count() == 1);
    let other = tempfile::tempdir().unwrap();
    assert_ne!(Vault::of(other.path()).master_or_new().unwrap().mark(), &mark);
}

#[test]
fn a_broken_master_key_is_never_replaced() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join(MASTER_KEY);
    for broken in ["", "xyz", "00"] {
        fs::write(&path, broken).unwrap();
        assert!(matches!(Vault::of(dir.path()).master_or_new(), Err(Error::NotAKey { .. })));
        assert_eq!(fs::read_to_string(&path).unwrap(), broken);
    }
}

#[test]
fn a_secret_is_its_owners_alone_even_over_an_open_leftover() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("admin.key");
    fs::write(path.with_added_extension("new"), "left over").unwrap();
    write_secret(&path, "inos_x_y").unwrap();
    assert!(!is_shared(&path));
    assert_eq!(read_secret(&path).unwrap().as_deref(), Some("inos_x_y"));
    assert_eq!(read_secret(&dir.path().join("none")).unwrap(), None);
}

#[test]
fn what_is_drawn_is_new_and_has_the_public_half_of_its_kind() {
    for kind in KeyKind::ALL {
        let (one, other) = (draw(kind).unwrap(), draw(kind).unwrap());
        assert_ne!(*one.secret, *other.secret);
        assert_eq!(one.public.is_some(), matches!(kind, KeyKind::Ed25519 | KeyKind::X25519), "{kind:?}");
    }
    let pair = draw(KeyKind::Ed25519).unwrap();
    let secret: [u8; 32] = pair.secret.as_slice().try_into().unwrap();
    let public = ed25519_dalek::SigningKey::from_bytes(&secret).verifying_key().to_bytes();
    assert_eq!(pair.public.unwrap(), public);
}

#[test]
fn a_secret_opens_in_no_other_place() {
    let (methods, fewer) = (methods(), vec!["crypto.encrypt".to_owned()]);
    let (master, here) = (Master::of(&[7; 32]), place(&methods));
    let sealed = master.seal(&here, b"a secret").unwrap();
    assert_eq!(*master.open(&here, &sealed).unwrap(), b"a secret");
    let elsewhere = [
        Place { account: AccountId::from_bytes([9; 16]), ..here },
        Place { key: HeldKeyId::from_bytes([9; 16]), ..here },
        Place { version: 4, ..here },
        Place { kind: KeyKind::Hmac, ..here },
        Place { methods: &fewer, ..here },
        Place { public: Some(b"another half"), ..here },
    ];
    for place in elsewhere {
        assert_eq!(master.open(&place, &sealed), Err(Forged), "{place:?}");
    }
    assert_eq!(Master::of(&[8; 32]).open(&here, &sealed), Err(Forged));
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nothing_that_was_changed_opens(secret in prop::collection::vec(any::<u8>(), 0..80), at in any::<prop::sample::Index>(), bit in 0..8_u8, cut: bool) {
        let (methods, master) = (methods(), Master::of(&[7; 32]));
        let mut sealed = master.seal(&place(&methods), &secret).unwrap();
        prop_assert_eq!(&*master.open(&place(&methods), &sealed).unwrap(), &secret);
        prop_assert!(secret.len() < 8 || !sealed.windows(secret.len()).any(|part| part == secret));
        let at = at.index(sealed.len());
        if cut { sealed.truncate(at) } else { sealed[at] ^= 1 << bit }
        prop_assert_eq!(master.open(&place(&methods), &sealed), Err(Forged));
    }

    #[test]
    fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        prop_assert_eq!(Master::of(&[7; 32]).open(&place(&methods()), &bytes), Err(Forged));
    }
}
