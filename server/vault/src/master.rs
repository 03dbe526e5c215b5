//! The master key: seals a secret for one place and opens it there alone (XChaCha20-Poly1305, nonces by chance).

use chacha20poly1305::{
    KeyInit, XChaCha20Poly1305, XNonce,
    aead::{Aead, Payload},
};
use hkdf::Hkdf;
use inos_protocols::{AccountId, HeldKeyId, held::KeyKind};
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::Error;

/// Bytes of a nonce, which comes before what is sealed.
const NONCE_LEN: usize = 24;
/// What the sealing key is derived for.
const SEALING: &[u8] = b"inos 2026 held keys: sealing";
/// What the mark is derived for.
const MARKING: &[u8] = b"inos 2026 held keys: mark of the master key";

/// A sealed secret that was changed, or lies in another place than it was sealed for, or under another master key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("it was changed, put elsewhere, or sealed under another master key")]
pub struct Forged;

/// Where a sealed secret belongs. All of it is authenticated: a row that says something else does not open.
#[derive(Debug, Clone, Copy)]
pub struct Place<'a> {
    /// Whose it is.
    pub account: AccountId,
    /// Which key.
    pub key: HeldKeyId,
    /// Which version of it.
    pub version: u32,
    /// What it is for.
    pub kind: KeyKind,
    /// The methods that may use it.
    pub methods: &'a [String],
    /// Its public half, where it has one.
    pub public: Option<&'a [u8]>,
}

/// A master key.
pub struct Master {
    sealing: Zeroizing<[u8; 32]>,
    mark: [u8; 16],
}

impl Master {
    /// The master key that comes of the secret in its file.
    pub(crate) fn of(secret: &[u8; 32]) -> Self {
        let derived = Hkdf::<Sha256>::new(None, secret);
        let (mut sealing, mut mark) = (Zeroizing::new([0; 32]), [0; 16]);
        derived.expand(SEALING, sealing.as_mut()).expect("32 bytes are within what HKDF gives");
        derived.expand(MARKING, &mut mark).expect("16 bytes are within what HKDF gives");
        Self { sealing, mark }
    }

    /// What tells this master key from others and nothing about it.
    pub fn mark(&self) -> &[u8; 16] {
        &self.mark
    }

    /// Seals a secret for its place.
    pub fn seal(&self, place: &Place<'_>, secret: &[u8]) -> Result<Vec<u8>, Error> {
        let mut nonce = [0; NONCE_LEN];
        getrandom::fill(&mut nonce).map_err(Error::Random)?;
        let payload = Payload { msg: secret, aad: &place.text() };
        let sealed = self.cipher().encrypt(&XNonce::from(nonce), payload);
        let sealed = sealed.expect("a secret is shorter than what the cipher takes");
        Ok([nonce.as_slice(), &sealed].concat())
    }

    /// Opens a secret in its place.
    pub fn open(&self, place: &Place<'_>, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, Forged> {
        let (nonce, sealed) = sealed.split_first_chunk::<NONCE_LEN>().ok_or(Forged)?;
        let payload = Payload { msg: sealed, aad: &place.text() };
        self.cipher().decrypt(&XNonce::from(*nonce), payload).map(Zeroizing::new).map_err(|_| Forged)
    }

    fn cipher(&self) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new((&*self.sealing).into())
    }
}

impl Place<'_> {
    /// The place as bytes that no other place has: every part of unknown length comes after its length.
    fn text(&self) -> Vec<u8> {
        let Self { account, key, version, kind, methods, public } = self;
        let mut text = b"inos.held-key.v1\0".to_vec();
        text.extend_from_slice(account.as_bytes());
        text.extend_from_slice(key.as_bytes());
        text.extend_from_slice(&version.to_be_bytes());
        let mut part = |bytes: &[u8]| {
            text.extend_from_slice(&(bytes.len() as u32).to_be_bytes());
            text.extend_from_slice(bytes);
        };
        part(kind.word().as_bytes());
        part(public.unwrap_or_default());
        methods.iter().for_each(|method| part(method.as_bytes()));
        text
    }
}
