//! `seal` and `open`: one message with a nonce of the caller's, as the ciphers' standards have it: ciphertext, then tag.

use inos_unit::{Call, Fault, Host, KeyKind, Method};
use serde_json::json;

use crate::aead::{Cipher, KEY_LEN, NAMES, TAG_LEN, nonce_len, number};
use crate::keys::{self, Secret, Versions};
use crate::{method, secret};

/// The longest additional data in a parameter, in bytes.
pub(crate) const AAD_LEN_MAX: usize = 4096;

pub(crate) fn methods() -> Vec<Method> {
    let params = json!({
        "cipher": secret::choice("Which cipher.", NAMES),
        "key": secret::secret("The key.", KEY_LEN, KEY_LEN),
        "nonce": secret::hex(
            "12 bytes, 24 for XChaCha20: never the same twice with a key, or both messages are lost.", 12, 24,
        ),
        "aad": secret::hex("What is not secret and must be the same to open the message.", 0, AAD_LEN_MAX),
    });
    let seal = keys::object(params.clone(), "key", &["nonce"], Versions::Known);
    let open = keys::object(params, "key", &["nonce"], Versions::Chosen);
    let bytes = |method: Method| Method {
        output_media: &["application/octet-stream"],
        output_bytes_max: method::WHOLE_BYTES_MAX + TAG_LEN as u64,
        input_bytes_max: method::WHOLE_BYTES_MAX + TAG_LEN as u64,
        inline_bytes_max: Some(8 << 10),
        held_key: Some(KeyKind::Aead),
        ..method
    };
    vec![
        bytes(method::method(
            "seal",
            "Encrypts one message under a key and a nonce that the caller brings.",
            seal,
            (1, 1),
        )),
        bytes(method::method("open", "Decrypts one message and refuses it where it was changed.", open, (1, 1))),
    ]
}

pub(crate) fn seal(call: &mut Call<'_>, host: &dyn Host) -> Result<(), Fault> {
    let key = keys::newest(call, host, "key")?;
    let Sealed { cipher, nonce, aad, mut message } = read(call)?;
    if message.len() as u64 > method::WHOLE_BYTES_MAX {
        let told = format!("{} bytes of a message; `encrypt` takes any number", message.len());
        return Err(Fault::limit(method::WHOLE_BYTES_MAX, told));
    }
    host.check()?;
    Cipher::new(cipher, &*key.array::<KEY_LEN>("key")?)?.seal(&nonce, &aad, &mut message)?;
    call.output.write(&message)
}

/// A sealed message does not say by which version of a held key: each is tried, the newest first.
pub(crate) fn open(call: &mut Call<'_>, host: &dyn Host) -> Result<(), Fault> {
    let keys = keys::all(call, host, "key")?;
    let Sealed { cipher, nonce, aad, message } = read(call)?;
    for key in &keys {
        host.check()?;
        let mut tried = message.clone();
        if opens(key, cipher, &nonce, &aad, &mut tried)? {
            return call.output.write(&tried);
        }
    }
    Err(Fault::invalid("/inputs/0", "was not sealed with this key, nonce and additional data, or was changed"))
}

fn opens(key: &Secret, cipher: u8, nonce: &[u8], aad: &[u8], message: &mut Vec<u8>) -> Result<bool, Fault> {
    Ok(Cipher::new(cipher, &*key.array::<KEY_LEN>("key")?)?.open(nonce, aad, message).is_ok())
}

/// What there is of a message beside its key.
struct Sealed {
    /// The cipher's number in [`NAMES`].
    cipher: u8,
    nonce: Vec<u8>,
    aad: Vec<u8>,
    message: Vec<u8>,
}

fn read(call: &mut Call<'_>) -> Result<Sealed, Fault> {
    let cipher = number(secret::word(call.params, "cipher", NAMES[0]));
    let nonce = secret::bytes(call.params, "nonce")?.to_vec();
    if nonce.len() != nonce_len(cipher) {
        return Err(secret::wrong("nonce", &format!("expected {} bytes for this cipher", nonce_len(cipher))));
    }
    let aad = secret::bytes(call.params, "aad")?.to_vec();
    Ok(Sealed { cipher, nonce, aad, message: method::message(call)?.to_vec() })
}
