//! Bytes in parameters: secret ones, which records never have and memory forgets, and public ones. Written as hexadecimal
//! digits.

use data_encoding::HEXLOWER_PERMISSIVE;
use inos_unit::{Fault, Params};
use serde_json::{Value, json};
use zeroize::Zeroizing;

/// The schema of a secret of so many bytes at least and at most.
pub(crate) fn secret(about: &str, least: usize, most: usize) -> Value {
    let mut schema = hex(about, least, most);
    schema["writeOnly"] = json!(true);
    schema
}

/// The schema of public bytes, so many at least and at most.
pub(crate) fn hex(about: &str, least: usize, most: usize) -> Value {
    json!({
        "type": "string",
        "minLength": 2 * least,
        "maxLength": 2 * most,
        "pattern": "^([0-9a-fA-F]{2})*$",
        "description": format!("{about} As hexadecimal digits."),
        "examples": ["00".repeat(least.max(2))],
    })
}

/// The schema of a choice, the usual one first.
pub(crate) fn choice(about: &str, words: &[&str]) -> Value {
    json!({
        "type": "string", "enum": words, "default": words[0], "description": about, "examples": [words[words.len() - 1]],
    })
}

/// An object's schema with these properties.
pub(crate) fn object(properties: Value, required: &[&str]) -> Value {
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": false,
    })
}

/// The bytes of a parameter; none where it is left out.
pub(crate) fn bytes(params: &Params, name: &str) -> Result<Zeroizing<Vec<u8>>, Fault> {
    let digits = params.get(name).and_then(Value::as_str).unwrap_or_default();
    let bytes = HEXLOWER_PERMISSIVE.decode(digits.as_bytes());
    bytes.map(Zeroizing::new).map_err(|_| wrong(name, "expected pairs of hexadecimal digits"))
}

/// The bytes of a parameter of exactly that many.
pub(crate) fn array<const N: usize>(params: &Params, name: &str) -> Result<Zeroizing<[u8; N]>, Fault> {
    let bytes = bytes(params, name)?;
    let array: [u8; N] = bytes.as_slice().try_into().map_err(|_| wrong(name, &format!("expected {N} bytes")))?;
    Ok(Zeroizing::new(array))
}

/// The word chosen for a parameter, or the usual one.
pub(crate) fn word<'a>(params: &'a Params, name: &str, usual: &'a str) -> &'a str {
    params.get(name).and_then(Value::as_str).unwrap_or(usual)
}

/// A whole number among the parameters.
pub(crate) fn number(params: &Params, name: &str, usual: u32) -> u32 {
    params.get(name).and_then(Value::as_f64).map_or(usual, |number| number as u32)
}

/// The caller's mistake in a parameter. Never says what was given.
pub(crate) fn wrong(name: &str, why: &str) -> Fault {
    Fault::invalid(format!("/params/{name}"), why)
}

/// Bytes by chance, from the operating system.
pub(crate) fn chance(bytes: &mut [u8]) -> Result<(), Fault> {
    getrandom::fill(bytes).map_err(|error| Fault::Broken(format!("the system gives no random bytes: {error}")))
}
