//! The matrices that draw instances: each record's place and turn, times each part of what is drawn.

use glam::{DMat4, DQuat, DVec3};
use inos_unit::{Call, Fault, Foreseen, Host, Method, Params, Sight};
use serde_json::{Value, json};

use crate::number::Type;
use crate::values;

/// Numbers that a record begins with: a place and a quaternion.
const RECORD_WIDTH: usize = 7;
/// The usual length of a record in bytes: those and one number more, as `boids` writes them.
const STRIDE: usize = 32;
/// The most parts of one instance.
const PARTS_MAX: usize = 32;
/// Numbers of a matrix.
const MATRIX_WIDTH: usize = 16;
/// The most bytes of a result.
const OUTPUT_BYTES_MAX: u64 = 1 << 30;
/// How many instances are done between two looks at the host.
const STEP_COUNT: usize = 1 << 14;

pub(crate) fn method() -> Method {
    let identity: Vec<f64> = DMat4::IDENTITY.to_cols_array().to_vec();
    let params = json!({
        "stride": {
            "type": "integer", "minimum": RECORD_WIDTH * 4, "maximum": 65_536, "default": STRIDE, "examples": [STRIDE],
            "description": "Bytes from one record to the next. A record begins with seven f32: place, then quaternion.",
        },
        "parts": {
            "type": "array",
            "items": { "type": "array", "items": { "type": "number" }, "minItems": 16, "maxItems": 16 },
            "minItems": 1, "maxItems": PARTS_MAX, "examples": [[identity]],
            "description": "Where each part of an instance is: matrices of four columns. Left out, there is one part, at \
                            the instance's own place.",
        },
        "scale": {
            "type": "number", "default": 1, "examples": [1],
            "description": "How large the instances are.",
        },
    });
    Method {
        output_media: &["application/octet-stream"],
        output_bytes_max: OUTPUT_BYTES_MAX,
        ..values::method(
            "instance_matrices",
            "A matrix of sixteen f32 for each part of each record, part after part.",
            values::object(params, &[]),
            (1, 1),
        )
    }
}

pub(crate) fn run(call: &mut Call<'_>, host: &dyn Host) -> Result<(), Fault> {
    let (stride, parts) = layout(call.params);
    let scale = call.params.get("scale").and_then(Value::as_f64).unwrap_or(1.0);
    let records = call.inputs.get(0)?.slice()?;
    if !records.len().is_multiple_of(stride) {
        let message = format!("{} bytes are no whole number of records of {stride} bytes", records.len());
        return Err(Fault::invalid("/inputs/0", message));
    }
    let total = output_len(records.len() / stride, parts.len());
    if total > OUTPUT_BYTES_MAX {
        return Err(Fault::limit(OUTPUT_BYTES_MAX, format!("{total} bytes of matrices")));
    }
    call.output.expect(total)?;
    let mut done = 0;
    for part in parts {
        let part = DMat4::from_cols_slice(&part);
        for records in records.chunks(stride * STEP_COUNT) {
            host.check()?;
            let room = call.output.room(records.len() / stride * MATRIX_WIDTH * 4)?;
            for (record, room) in records.chunks_exact(stride).zip(room.chunks_exact_mut(MATRIX_WIDTH * 4)) {
                Type::F32.write(&matrix(record, scale, part), room);
            }
            done += room.len() as u64;
            host.progress(done, total);
        }
    }
    Ok(())
}

/// How much is written.
pub(crate) fn foresee(params: &Params, input: &Sight<'_>) -> Option<Foreseen> {
    let (stride, parts) = layout(params);
    let records = usize::try_from(input.bytes).ok()? / stride;
    Some(Foreseen::exactly(output_len(records, parts.len())))
}

const fn output_len(records: usize, parts: usize) -> u64 {
    (records as u64).saturating_mul((parts * MATRIX_WIDTH * 4) as u64)
}

fn layout(params: &Params) -> (usize, Vec<Vec<f64>>) {
    let stride = values::whole(params, "stride").unwrap_or(STRIDE).max(RECORD_WIDTH * 4);
    let parts = params.get("parts").and_then(Value::as_array);
    let parts = parts.map(|parts| parts.iter().filter_map(values::numbers).collect());
    (stride, parts.unwrap_or_else(|| vec![DMat4::IDENTITY.to_cols_array().to_vec()]))
}

fn matrix(record: &[u8], scale: f64, part: DMat4) -> [f64; MATRIX_WIDTH] {
    let mut numbers = [0.0; RECORD_WIDTH];
    Type::F32.read(record, &mut numbers);
    let [x, y, z, turn @ ..] = numbers;
    let len = crate::vectors::length(&turn);
    // A record that was never turned looks ahead.
    let turn = if len == 0.0 { DQuat::IDENTITY } else { DQuat::from_array(turn) / len };
    let placed = DMat4::from_scale_rotation_translation(DVec3::splat(scale), turn, DVec3::new(x, y, z));
    (placed * part).to_cols_array()
}
