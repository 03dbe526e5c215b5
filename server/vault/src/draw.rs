//! New secrets of each kind, by chance, with the public half where there is one.

use ed25519_dalek::SigningKey;
use inos_protocols::held::KeyKind;
use x25519_dalek::{PublicKey, StaticSecret};
use zeroize::Zeroizing;

use crate::Error;

/// Bytes of a cipher's key, and of the secret half of a pair.
const SECRET_LEN: usize = 32;
/// Bytes of what codes and other keys are made from: as long as the longest digest among them.
const MATERIAL_LEN: usize = 64;

/// A new secret.
pub struct Drawn {
    /// The secret.
    pub secret: Zeroizing<Vec<u8>>,
    /// Its public half, where it has one.
    pub public: Option<Vec<u8>>,
}

/// Draws a new secret of that kind.
pub fn draw(kind: KeyKind) -> Result<Drawn, Error> {
    let len = match kind {
        KeyKind::Aead | KeyKind::Ed25519 | KeyKind::X25519 => SECRET_LEN,
        KeyKind::Hmac | KeyKind::Hkdf => MATERIAL_LEN,
    };
    let mut secret = Zeroizing::new(vec![0; len]);
    getrandom::fill(&mut secret).map_err(Error::Random)?;
    let public = public(kind, &secret);
    Ok(Drawn { secret, public })
}

/// The public half of a secret, where it has one.
fn public(kind: KeyKind, secret: &[u8]) -> Option<Vec<u8>> {
    let half = || <[u8; SECRET_LEN]>::try_from(secret).ok().map(Zeroizing::new);
    match kind {
        KeyKind::Ed25519 => Some(SigningKey::from_bytes(&*half()?).verifying_key().to_bytes().to_vec()),
        KeyKind::X25519 => Some(PublicKey::from(&StaticSecret::from(*half()?)).to_bytes().to_vec()),
        KeyKind::Aead | KeyKind::Hmac | KeyKind::Hkdf => None,
    }
}
