//! The unit `crypto`: digests, codes, ciphers, signatures, shared secrets, keys and passwords. Every algorithm is a
//! library's. Keys come as parameters, or from the host that holds them, and go as outputs: no record, log, event or file ever
//! has one of them in the clear; nothing is kept from one job to the next.

mod aead;
mod curves;
mod derive;
mod hashes;
mod keys;
mod method;
mod seal;
mod secret;
mod stream;
#[cfg(test)]
mod tests;

use inos_unit::{Call, Fault, Foreseen, Host, Params, Sight, Spec, Unit};

/// Cryptography over messages of any size.
pub struct Crypto {
    spec: Spec,
}

impl Crypto {
    /// The unit; cheap, and starts nothing.
    pub fn new() -> Self {
        let methods = [hashes::methods(), seal::methods(), stream::methods(), curves::methods(), derive::methods()];
        let spec = Spec {
            lane: inos_unit::Lane::Threads,
            name: "crypto",
            version: "1.0.0",
            summary: "Digests, codes, ciphers, signatures, shared secrets, keys and passwords.",
            methods: methods.concat(),
        };
        Self { spec }
    }
}

impl Default for Crypto {
    fn default() -> Self {
        Self::new()
    }
}

impl Unit for Crypto {
    fn spec(&self) -> &Spec {
        &self.spec
    }

    fn run(&self, call: &mut Call<'_>, host: &dyn Host) -> Result<(), Fault> {
        match call.method {
            "hash" => hashes::hash(call, host),
            "hmac" => hashes::hmac(call, host),
            "hmac_verify" => hashes::verify(call, host),
            "seal" => seal::seal(call, host),
            "open" => seal::open(call, host),
            "encrypt" => stream::encrypt(call, host),
            "decrypt" => stream::decrypt(call, host),
            "ed25519_keygen" => curves::ed25519_keygen(call),
            "ed25519_sign" => curves::ed25519_sign(call, host),
            "ed25519_verify" => curves::ed25519_verify(call, host),
            "ed25519_verify_batch" => curves::ed25519_verify_batch(call, host),
            "x25519_keygen" => curves::x25519_keygen(call),
            "x25519" => curves::x25519(call, host),
            "hkdf" => derive::hkdf(call, host),
            "argon2id_hash" => derive::argon2id_hash(call, host),
            "argon2id_verify" => derive::argon2id_verify(call, host),
            "random" => derive::random(call),
            other => Err(Fault::Broken(format!("the specification promises no method {other}"))),
        }
    }

    fn foresee(&self, method: &str, params: &Params, inputs: &[Sight<'_>]) -> Option<Foreseen> {
        match method {
            "encrypt" | "decrypt" => stream::foresee(method == "encrypt", keys::is_held(params), inputs.first()?),
            "random" => Some(derive::foresee_random(params)),
            _ => None,
        }
    }
}
