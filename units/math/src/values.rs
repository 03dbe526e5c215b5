//! A row of numbers as a method is given it: in a parameter where they are few, packed in an input where they are many.
//! What comes as JSON leaves as JSON, what comes packed leaves packed.

use inos_unit::{Call, Determinism, Fault, Host, Method, Params, Price, Reading};
use serde_json::{Value, json};

use crate::number::{Type, finite};

/// The most numbers in a parameter; more come packed.
pub(crate) const GIVEN_MAX: usize = 4096;
/// The largest input of these methods, in bytes: what they read is kept as f64.
pub(crate) const BYTES_MAX: u64 = 256 << 20;
/// What numbers may come as: packed, or as a table.
pub(crate) const INPUT_MEDIA: &[&str] =
    &["application/octet-stream", "application/vnd.apache.arrow.file", "application/vnd.apache.arrow.stream"];
/// How many numbers are looked at between two looks at the host: about 1 ms.
pub(crate) const STEP_COUNT: usize = 1 << 18;

/// A method over numbers, with what nearly all of them have in common.
pub(crate) fn method(name: &'static str, summary: &'static str, params: Value, inputs: (u32, u32)) -> Method {
    Method {
        name,
        summary,
        params,
        inputs,
        input_media: INPUT_MEDIA,
        input_bytes_max: BYTES_MAX,
        reading: Reading::Whole,
        output_media: &["application/json", "application/octet-stream"],
        output_bytes_max: 2 * BYTES_MAX + 1024,
        determinism: Determinism::Bitwise,
        price: Price { base: 10, per_kib_in: 1, per_kib_out: 1, per_cpu_ms: 2 },
        inline_bytes_max: None,
        timeout_ms: 600_000,
        heartbeat_ms: None,
        gives_secret: false,
        held_key: None,
    }
}

/// The schema of a parameter of so many numbers at least.
pub(crate) fn schema(about: &str, least: usize, example: &[f64]) -> Value {
    json!({
        "type": "array",
        "items": { "type": "number" },
        "minItems": least,
        "maxItems": GIVEN_MAX,
        "description": about,
        "examples": [example],
    })
}

/// The schema of the parameter that asks for a picture.
pub(crate) fn output_schema(about: &str) -> Value {
    json!({ "type": "string", "enum": ["numbers", "png"], "default": "numbers", "description": about, "examples": ["png"] })
}

/// Whether a picture is asked for.
pub(crate) fn is_picture(params: &Params) -> bool {
    text(params, "output") == Some("png")
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

/// Numbers and whether they came packed.
pub(crate) struct Values {
    pub(crate) numbers: Vec<f64>,
    pub(crate) packed: bool,
    /// Where they came from, for whoever is told that something is wrong with them.
    pub(crate) pointer: String,
}

/// The numbers of the parameter `name`, or of the input `next`, which is then counted on.
pub(crate) fn read(call: &mut Call<'_>, name: &str, next: &mut usize, host: &dyn Host) -> Result<Values, Fault> {
    if let Some(numbers) = call.params.get(name).and_then(numbers) {
        return Ok(Values { numbers, packed: false, pointer: format!("/params/{name}") });
    }
    let index = *next;
    if index >= call.inputs.count() {
        return Err(Fault::invalid(format!("/params/{name}"), "is neither a parameter nor an input"));
    }
    *next += 1;
    let number = Type::of(call.params);
    let bytes = call.inputs.get(index)?.slice()?;
    let mut numbers = number.room_for(bytes, index)?;
    let step = STEP_COUNT * number.len();
    for (numbers, bytes) in numbers.chunks_mut(STEP_COUNT).zip(bytes.chunks(step)) {
        host.check()?;
        number.read(bytes, numbers);
    }
    Ok(Values { numbers, packed: true, pointer: format!("/inputs/{index}") })
}

/// That every input was read: one more is the caller's mistake.
pub(crate) fn all_read(call: &Call<'_>, next: usize) -> Result<(), Fault> {
    if call.inputs.count() == next {
        return Ok(());
    }
    let message = format!("{} inputs where {next} are wanted besides the parameters", call.inputs.count());
    Err(Fault::invalid("/inputs", message))
}

/// An array of numbers.
pub(crate) fn numbers(value: &Value) -> Option<Vec<f64>> {
    value.as_array()?.iter().map(Value::as_f64).collect()
}

/// A whole number among the parameters.
pub(crate) fn whole(params: &Params, name: &str) -> Option<usize> {
    params.get(name)?.as_f64().map(|number| number as usize)
}

/// A text among the parameters.
pub(crate) fn text<'a>(params: &'a Params, name: &str) -> Option<&'a str> {
    params.get(name)?.as_str()
}

impl Values {
    /// Refuses what is no finite number, with its place.
    pub(crate) fn finite(&self, host: &dyn Host) -> Result<(), Fault> {
        for (step, numbers) in self.numbers.chunks(STEP_COUNT).enumerate() {
            host.check()?;
            if let Some(at) = numbers.iter().position(|number| !number.is_finite()) {
                let at = step * STEP_COUNT + at;
                return Err(Fault::invalid(&*self.pointer, format!("value {at} is not finite")));
            }
        }
        Ok(())
    }
}

/// Writes numbers as the only output: packed, or as the member `result` of an object.
pub(crate) fn write(numbers: &[f64], packed: bool, call: &mut Call<'_>, host: &dyn Host) -> Result<(), Fault> {
    if !packed {
        return crate::batch::write_json(&json!({ "result": listed(numbers)? }), call.output);
    }
    call.output.begin("application/octet-stream")?;
    write_packed(numbers, call, host)
}

/// Writes numbers to the present output.
pub(crate) fn write_packed(numbers: &[f64], call: &mut Call<'_>, host: &dyn Host) -> Result<(), Fault> {
    let number = Type::of(call.params);
    call.output.expect((numbers.len() * number.len()) as u64)?;
    for numbers in numbers.chunks(STEP_COUNT) {
        host.check()?;
        number.write(numbers, call.output.room(numbers.len() * number.len())?);
    }
    Ok(())
}

/// Numbers as a JSON array.
pub(crate) fn listed(numbers: &[f64]) -> Result<Vec<Value>, Fault> {
    numbers.iter().map(|number| finite(*number, "/params")).collect()
}
