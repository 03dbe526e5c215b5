//! The secret that a method works with: given as a parameter, or held by the server and named by `key_id`. A held key may
//! have several versions: the newest makes, any opens and verifies. Never writes one down.

use inos_unit::{Call, Fault, Host, Params};
use serde_json::{Value, json};
use zeroize::Zeroizing;

use crate::secret;

/// The parameter that names a key which the server holds.
const KEY_ID: &str = "key_id";
/// The parameter that chooses one of its versions.
const KEY_VERSION: &str = "key_version";

/// Whether a method lets its caller choose the version of a held key.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Versions {
    /// The newest makes, and what was made says by which it was or is held against all.
    Known,
    /// Nothing says by which version something was made, so the caller may.
    Chosen,
}

/// A schema in which exactly one of the parameter `name` and `key_id` is there.
pub(crate) fn object(properties: Value, name: &str, required: &[&str], versions: Versions) -> Value {
    let mut schema = secret::object(properties, required);
    schema["properties"][KEY_ID] = json!({
        "type": "string",
        "minLength": 36,
        "maxLength": 36,
        "pattern": "^hky_[0-9a-f]{32}$",
        "description": format!("A key that the server holds for you, in place of `{name}`."),
        "examples": ["hky_01890000000070008000000000000000"],
    });
    if versions == Versions::Chosen {
        schema["properties"][KEY_VERSION] = json!({
            "type": "integer",
            "minimum": 1,
            "maximum": u32::MAX,
            "description": "Which version of the held key; without it the newest, or whichever fits.",
            "examples": [1],
        });
        schema["dependentRequired"] = json!({ KEY_VERSION: [KEY_ID] });
    }
    schema["oneOf"] = json!([{ "required": [name] }, { "required": [KEY_ID] }]);
    schema
}

/// Whether a job names a key that the server holds.
pub(crate) fn is_held(params: &Params) -> bool {
    params.contains_key(KEY_ID)
}

/// One secret, and which version of a held key it is.
pub(crate) struct Secret {
    pub(crate) version: Option<u32>,
    pub(crate) bytes: Zeroizing<Vec<u8>>,
}

impl Secret {
    /// The secret as exactly so many bytes.
    pub(crate) fn array<const N: usize>(&self, name: &str) -> Result<Zeroizing<[u8; N]>, Fault> {
        let wrong = |_| match self.version {
            None => secret::wrong(name, &format!("expected {N} bytes")),
            Some(_) => Fault::Broken(format!("a held key has not {N} bytes")),
        };
        self.bytes.as_slice().try_into().map(Zeroizing::new).map_err(wrong)
    }
}

/// Every secret that a job may go by, the newest first; at least one.
pub(crate) fn all(call: &Call<'_>, host: &dyn Host, name: &str) -> Result<Vec<Secret>, Fault> {
    if !is_held(call.params) {
        return Ok(vec![Secret { version: None, bytes: secret::bytes(call.params, name)? }]);
    }
    let held = host.key().ok_or_else(|| Fault::Broken("a held key was named and not handed over".into()))?;
    let wanted = call.params.get(KEY_VERSION).and_then(Value::as_f64).map(|number| number as u32);
    let fits = |(version, _): &(u32, &[u8])| wanted.is_none_or(|wanted| wanted == *version);
    let one = |(version, bytes): (u32, &[u8])| Secret { version: Some(version), bytes: Zeroizing::new(bytes.to_vec()) };
    let secrets: Vec<_> = held.versions().filter(fits).map(one).collect();
    if secrets.is_empty() {
        Err(secret::wrong(KEY_VERSION, "the key has no such version any more"))
    } else {
        Ok(secrets)
    }
}

/// The secret by which something new is made.
pub(crate) fn newest(call: &Call<'_>, host: &dyn Host, name: &str) -> Result<Secret, Fault> {
    let first = all(call, host, name)?.into_iter().next();
    first.ok_or_else(|| Fault::Broken("a held key has no version".into()))
}

/// What a check by a key says: whether it holds, and by which version of a held key.
pub(crate) fn verdict(is_held: bool, by: Option<&Secret>) -> Value {
    match (is_held, by) {
        (true, Some(Secret { version, .. })) => json!({ "valid": true, "key_version": version }),
        (_, by) => json!({ "valid": by.is_some() }),
    }
}
