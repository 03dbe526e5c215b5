//! The three ciphers that keep a message secret and whole, one message at a time. Each is a library's; here is only which.

use chacha20poly1305::aead::AeadInOut;
use chacha20poly1305::{KeyInit, XChaCha20Poly1305, XNonce};
use inos_unit::Fault;
use ring::aead::{AES_256_GCM, Aad, CHACHA20_POLY1305, LessSafeKey, Nonce, UnboundKey};

/// Bytes that a message grows by.
pub(crate) const TAG_LEN: usize = 16;
/// Bytes of a key.
pub(crate) const KEY_LEN: usize = 32;
/// The ciphers' names, the usual one first.
pub(crate) const NAMES: &[&str] = &["aes-256-gcm", "chacha20-poly1305", "xchacha20-poly1305"];

/// A cipher with its key.
pub(crate) enum Cipher {
    /// AES-256-GCM and ChaCha20-Poly1305 from ring, the faster ones of those measured.
    Ring(Box<LessSafeKey>),
    /// XChaCha20-Poly1305, with a nonce long enough to be drawn by chance.
    Extended(Box<XChaCha20Poly1305>),
}

/// A message that was not made with this key, nonce and additional data, or was changed since.
#[derive(Debug)]
pub(crate) struct Forged;

/// The number of a cipher's name in [`NAMES`].
pub(crate) fn number(name: &str) -> u8 {
    NAMES.iter().position(|known| *known == name).unwrap_or(0) as u8
}

/// Bytes of a cipher's nonce.
pub(crate) const fn nonce_len(number: u8) -> usize {
    if number == 2 { 24 } else { 12 }
}

impl Cipher {
    /// The cipher of that number in [`NAMES`].
    pub(crate) fn new(number: u8, key: &[u8; KEY_LEN]) -> Result<Self, Fault> {
        let algorithm = match number {
            0 => &AES_256_GCM,
            1 => &CHACHA20_POLY1305,
            _ => return Ok(Self::Extended(Box::new(XChaCha20Poly1305::new(key.into())))),
        };
        let key = UnboundKey::new(algorithm, key).map_err(|_| Fault::Broken("a key has another length".into()))?;
        Ok(Self::Ring(Box::new(LessSafeKey::new(key))))
    }

    /// Encrypts in place and appends the tag.
    pub(crate) fn seal(&self, nonce: &[u8], aad: &[u8], message: &mut Vec<u8>) -> Result<(), Fault> {
        let broken = || Fault::Broken("a cipher took no message".into());
        match self {
            Self::Ring(key) => {
                let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| broken())?;
                key.seal_in_place_append_tag(nonce, Aad::from(aad), message).map_err(|_| broken())
            }
            Self::Extended(cipher) => {
                let nonce: [u8; 24] = nonce.try_into().map_err(|_| broken())?;
                cipher.encrypt_in_place(&XNonce::from(nonce), aad, message).map_err(|_| broken())
            }
        }
    }

    /// Checks the tag and decrypts in place; what was forged is left as it may be, and not to be looked at.
    pub(crate) fn open(&self, nonce: &[u8], aad: &[u8], message: &mut Vec<u8>) -> Result<(), Forged> {
        match self {
            Self::Ring(key) => {
                let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| Forged)?;
                let len = key.open_in_place(nonce, Aad::from(aad), message).map_err(|_| Forged)?.len();
                message.truncate(len);
                Ok(())
            }
            Self::Extended(cipher) => {
                let nonce: [u8; 24] = nonce.try_into().map_err(|_| Forged)?;
                cipher.decrypt_in_place(&XNonce::from(nonce), aad, message).map_err(|_| Forged)
            }
        }
    }
}
