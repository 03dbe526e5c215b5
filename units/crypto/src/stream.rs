//! `encrypt` and `decrypt`: inputs of any size, in the STREAM construction (Hoang, Reyhanitabar, Rogaway, Vizár 2015).
//!
//! What comes out is a header of 34 bytes and then segments. The header is the format's number (1), the cipher's (0 is
//! AES-256-GCM, 1 ChaCha20-Poly1305, 2 XChaCha20-Poly1305) and 32 bytes by chance. HKDF-SHA-256 with these as its salt and
//! `inos.crypto.stream.v1`, a zero byte and the first two header bytes as its info turns the caller's key into the
//! message's key (32 bytes) and the beginning of every nonce (7 bytes, or 19). A nonce goes on with the segment's number
//! (four bytes, the highest first) and one byte that is 1 for the last segment and else 0. All segments but the last are
//! 64 KiB of the input and grow by a tag of 16 bytes; the last may be empty. The caller's additional data belong to each.
//! What a key that the server holds made is of format 2: between the cipher's number and the bytes by chance it has four bytes
//! more, the number of the key's version with the highest byte first, and the info is `inos.crypto.stream.v2`, a zero byte and
//! the first six header bytes. So no segment can be changed, left out, put elsewhere or cut off, and no nonce need ever be thought of.

use hkdf::Hkdf;
use inos_unit::{Call, Determinism, Fault, Foreseen, Host, KeyKind, Method, Output, Reading, Sight};
use serde_json::json;
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::aead::{Cipher, KEY_LEN, NAMES, TAG_LEN, nonce_len, number};
use crate::keys::{self, Secret, Versions};
use crate::{method, seal::AAD_LEN_MAX, secret};

/// The number of the format of what a key made that the caller brought.
const FORMAT: u8 = 1;
/// The number of the format of what a key made that the server holds.
const FORMAT_HELD: u8 = 2;
/// Bytes of the number of a held key's version.
const VERSION_LEN: usize = 4;
/// Bytes of the input in each segment but the last.
const SEGMENT_LEN: usize = 64 << 10;
/// Bytes by chance in a header.
const SALT_LEN: usize = 32;
/// Bytes before the first segment, of the shorter format.
const HEADER_LEN: usize = 2 + SALT_LEN;
/// Bytes of a nonce after its beginning: the segment's number and whether it is the last.
const TAIL_LEN: usize = 5;
/// The most segments of a message.
const SEGMENTS_MAX: u64 = 1 << 32;
/// How many segments are done between two looks at the host: about 1 ms.
const CHECK_EVERY: u64 = 16;

pub(crate) fn methods() -> Vec<Method> {
    let key = secret::secret("The key: 32 bytes by chance.", KEY_LEN, KEY_LEN);
    let aad = secret::hex("What is not secret and must be the same to decrypt.", 0, AAD_LEN_MAX);
    let encrypt = json!({ "cipher": secret::choice("Which cipher.", NAMES), "key": key, "aad": aad });
    let decrypt = json!({ "key": key, "aad": aad });
    let streaming = |method: Method| Method {
        reading: Reading::Chunks,
        output_media: &["application/octet-stream"],
        input_bytes_max: method::STREAM_BYTES_MAX,
        output_bytes_max: method::STREAM_BYTES_MAX + (1 << 30),
        timeout_ms: 3_600_000,
        held_key: Some(KeyKind::Aead),
        ..method
    };
    vec![
        streaming(Method {
            determinism: Determinism::None,
            ..method::method(
                "encrypt",
                "Encrypts an input of any size, so that nobody without the key reads or changes it.",
                keys::object(encrypt, "key", &[], Versions::Known),
                (1, 1),
            )
        }),
        streaming(method::method(
            "decrypt",
            "Decrypts what `encrypt` gave, and refuses it where anything of it was changed or is missing.",
            keys::object(decrypt, "key", &[], Versions::Known),
            (1, 1),
        )),
    ]
}

/// One message's cipher and its place in the message.
struct Segments {
    cipher: Cipher,
    nonce: Vec<u8>,
    aad: Vec<u8>,
    done: u64,
}

impl Segments {
    fn new(header: &Header, key: &[u8; KEY_LEN], aad: Vec<u8>) -> Result<Self, Fault> {
        let number = header.cipher;
        let nonce_len = nonce_len(number);
        let mut made = Zeroizing::new([0; KEY_LEN + 24]);
        let made = &mut made[..KEY_LEN + nonce_len - TAIL_LEN];
        let broken = |_| Fault::Broken("a message's key could not be made".into());
        Hkdf::<Sha256>::new(Some(&header.salt), key).expand(&header.info(), made).map_err(broken)?;
        let (key, beginning) = made.split_at(KEY_LEN);
        let key: Zeroizing<[u8; KEY_LEN]> =
            Zeroizing::new(key.try_into().map_err(|_| Fault::Broken("a key has another length".into()))?);
        let mut nonce = beginning.to_vec();
        nonce.resize(nonce_len, 0);
        Ok(Self { cipher: Cipher::new(number, &key)?, nonce, aad, done: 0 })
    }

    /// Steps to the next segment's nonce.
    fn next(&mut self, last: bool) -> Result<(), Fault> {
        if self.done >= SEGMENTS_MAX {
            return Err(Fault::limit(SEGMENTS_MAX, "segments of a message"));
        }
        let at = self.nonce.len() - TAIL_LEN;
        self.nonce[at..at + 4].copy_from_slice(&(self.done as u32).to_be_bytes());
        self.nonce[at + 4] = u8::from(last);
        self.done += 1;
        Ok(())
    }

    fn seal(&mut self, segment: &mut Vec<u8>, last: bool, output: &mut dyn Output) -> Result<(), Fault> {
        self.next(last)?;
        self.cipher.seal(&self.nonce, &self.aad, segment)?;
        output.write(segment)?;
        segment.clear();
        Ok(())
    }

    fn open(&mut self, segment: &mut Vec<u8>, last: bool, output: &mut dyn Output) -> Result<(), Fault> {
        self.next(last)?;
        let place = self.done - 1;
        let forged = |_| {
            let told = format!("segment {place} was not encrypted with this key and additional data, or was changed");
            Fault::invalid("/inputs/0", told)
        };
        self.cipher.open(&self.nonce, &self.aad, segment).map_err(forged)?;
        output.write(segment)?;
        segment.clear();
        Ok(())
    }
}

/// What comes before the first segment.
struct Header {
    /// The cipher's number in [`NAMES`].
    cipher: u8,
    /// Which version of a held key the message was made by, where it was by one.
    version: Option<u32>,
    salt: [u8; SALT_LEN],
}

impl Header {
    /// The bytes before the salt.
    fn beginning(&self) -> Vec<u8> {
        match self.version {
            None => vec![FORMAT, self.cipher],
            Some(version) => [&[FORMAT_HELD, self.cipher], version.to_be_bytes().as_slice()].concat(),
        }
    }

    fn info(&self) -> Vec<u8> {
        let name = if self.version.is_none() { b"inos.crypto.stream.v1\0" } else { b"inos.crypto.stream.v2\0" };
        [name.as_slice(), &self.beginning()].concat()
    }

    fn write(&self, output: &mut dyn Output) -> Result<(), Fault> {
        output.write(&self.beginning())?;
        output.write(&self.salt)
    }

    /// The header, and what came with it.
    fn read(call: &mut Call<'_>) -> Result<(Self, Vec<u8>), Fault> {
        let mut begun = Vec::new();
        let (format, cipher) = (take::<1>(call, &mut begun)?[0], take::<1>(call, &mut begun)?[0]);
        if ![FORMAT, FORMAT_HELD].contains(&format) || usize::from(cipher) >= NAMES.len() {
            return Err(Fault::invalid("/inputs/0", "is not what `encrypt` gives, or of a later format"));
        }
        let version = match format {
            FORMAT_HELD => Some(u32::from_be_bytes(take::<VERSION_LEN>(call, &mut begun)?)),
            _ => None,
        };
        let salt = take::<SALT_LEN>(call, &mut begun)?;
        Ok((Self { cipher, version, salt }, begun))
    }

    /// The one of these keys that the message was made by.
    fn key_among<'k>(&self, keys: &'k [Secret]) -> Result<&'k Secret, Fault> {
        let fits = keys.iter().find(|key| key.version == self.version);
        fits.ok_or_else(|| match (self.version, keys.iter().any(|key| key.version.is_some())) {
            (Some(version), true) => {
                let told =
                    format!("was made by version {version} of its key, which this key does not have or no longer has");
                Fault::invalid("/inputs/0", told)
            }
            (Some(_), false) => {
                Fault::invalid("/inputs/0", "was made by a key that the server holds: name it by `key_id`")
            }
            (None, _) => Fault::invalid("/inputs/0", "was not made by a key that the server holds"),
        })
    }
}

/// The next bytes of the first input; what came after them stays in `begun`.
fn take<const N: usize>(call: &mut Call<'_>, begun: &mut Vec<u8>) -> Result<[u8; N], Fault> {
    let source = call.inputs.get(0)?;
    while begun.len() < N {
        match source.chunk()? {
            Some(chunk) => begun.extend_from_slice(chunk),
            None => return Err(Fault::invalid("/inputs/0", "ends before its header does")),
        }
    }
    let rest = begun.split_off(N);
    let taken = std::mem::replace(begun, rest);
    taken.try_into().map_err(|_| Fault::Broken("a header has another length".into()))
}

pub(crate) fn encrypt(call: &mut Call<'_>, host: &dyn Host) -> Result<(), Fault> {
    let key = keys::newest(call, host, "key")?;
    let aad = secret::bytes(call.params, "aad")?.to_vec();
    let cipher = number(secret::word(call.params, "cipher", NAMES[0]));
    let mut header = Header { cipher, version: key.version, salt: [0; SALT_LEN] };
    secret::chance(&mut header.salt)?;
    let mut segments = Segments::new(&header, &*key.array::<KEY_LEN>("key")?, aad)?;
    header.write(call.output)?;
    in_pieces(call, host, &[], SEGMENT_LEN, |segment, last, output| segments.seal(segment, last, output))
}

pub(crate) fn decrypt(call: &mut Call<'_>, host: &dyn Host) -> Result<(), Fault> {
    let keys = keys::all(call, host, "key")?;
    let aad = secret::bytes(call.params, "aad")?.to_vec();
    let (header, rest) = Header::read(call)?;
    let key = header.key_among(&keys)?.array::<KEY_LEN>("key")?;
    let mut segments = Segments::new(&header, &key, aad)?;
    in_pieces(call, host, &rest, SEGMENT_LEN + TAG_LEN, |segment, last, output| segments.open(segment, last, output))
}

/// Hands an input on in pieces of `len` bytes; the last, which may be shorter or empty, is said to be.
fn in_pieces(
    call: &mut Call<'_>,
    host: &dyn Host,
    begun: &[u8],
    len: usize,
    mut each: impl FnMut(&mut Vec<u8>, bool, &mut dyn Output) -> Result<(), Fault>,
) -> Result<(), Fault> {
    let source = call.inputs.get(0)?;
    let total = source.len().unwrap_or(0);
    let mut piece = Vec::with_capacity(len + TAG_LEN);
    let (mut count, mut first) = (0, Some(begun));
    loop {
        let chunk = match first.take() {
            Some(begun) => Some(begun),
            None => source.chunk()?,
        };
        let Some(mut chunk) = chunk else { break };
        while !chunk.is_empty() {
            // A full piece is handed on when there is more: only then is it known not to be the last.
            if piece.len() == len {
                if count % CHECK_EVERY == 0 {
                    host.check()?;
                    host.progress(count * len as u64, total);
                }
                each(&mut piece, false, call.output)?;
                count += 1;
            }
            let taken = chunk.len().min(len - piece.len());
            piece.extend_from_slice(&chunk[..taken]);
            chunk = &chunk[taken..];
        }
    }
    host.check()?;
    each(&mut piece, true, call.output)
}

/// How much `encrypt` or `decrypt` writes: what grows is known.
pub(crate) fn foresee(encrypts: bool, is_held: bool, input: &Sight<'_>) -> Option<Foreseen> {
    let header = HEADER_LEN + if is_held { VERSION_LEN } else { 0 };
    let (header, tag, segment) = (header as u64, TAG_LEN as u64, SEGMENT_LEN as u64);
    if encrypts {
        return Some(Foreseen::exactly(input.bytes + header + input.bytes.div_ceil(segment).max(1) * tag));
    }
    let sealed = input.bytes.checked_sub(header)?;
    let bytes_out = sealed.checked_sub(sealed.div_ceil(segment + tag).max(1) * tag)?;
    Some(Foreseen::exactly(bytes_out))
}
