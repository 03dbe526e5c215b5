//! What came of a job: the `Result` message.

use bytes::Bytes;

use super::{Malformed, fields, message, problem, receipt};
use crate::{
    JobId,
    generated::capsule_capnp::{metrics, output_bytes, result},
    job::{Metrics, Outcome, OutputBytes},
    refusal::Refusal,
};

/// The most outputs of one job.
pub(super) const OUTPUTS_MAX: usize = 1_000;

/// The outcome that this message is; its outputs stay slices of `message`.
pub fn read_outcome(message: &Bytes) -> Result<Outcome, Refusal> {
    let reader = message::open(message)?;
    Ok(read(message, reader.get_root().map_err(Malformed::from)?)?)
}

/// The message that this outcome is. Nobody reads it where it is over [`super::MESSAGE_BYTES_MAX`].
pub fn write_outcome(outcome: &Outcome) -> Vec<u8> {
    let mut message = message::begin(1 + words(outcome));
    write(outcome, message.init_root());
    message::end(&message)
}

/// Reads an outcome; its outputs stay slices of `whole`, in which it lies.
pub(super) fn read(whole: &Bytes, from: result::Reader<'_>) -> Result<Outcome, Malformed> {
    Ok(Outcome {
        job: fields::id("job", from.get_job(), JobId::from_slice)?,
        state: from.get_state()?.into(),
        cost: fields::amount("cost", from.get_cost())?,
        outputs: read_outputs(whole, from)?,
        error: if from.has_error() { Some(problem::read(from.get_error()?)?) } else { None },
        metrics: read_metrics(from.get_metrics()?),
        receipt: if from.has_receipt() {
            Some(receipt::read(from.get_receipt()?, |leaf| whole.slice_ref(leaf))?)
        } else {
            None
        },
    })
}

fn read_outputs(whole: &Bytes, from: result::Reader<'_>) -> Result<Vec<OutputBytes>, Malformed> {
    let list = from.get_outputs()?;
    fields::list_len("outputs", OUTPUTS_MAX, list.len())?;
    let read = |output: output_bytes::Reader<'_>| {
        Ok(OutputBytes {
            media_type: fields::text(output.get_media_type())?.into(),
            hash: fields::hash("hash", output.get_hash())?,
            bytes: fields::shared(whole, output.get_bytes())?,
        })
    };
    list.iter().map(read).collect()
}

/// Reads metrics.
pub(super) fn read_metrics(from: metrics::Reader<'_>) -> Metrics {
    Metrics {
        bytes_in: from.get_bytes_in(),
        bytes_out: from.get_bytes_out(),
        queued_us: from.get_queued_us(),
        run_us: from.get_run_us(),
    }
}

/// No fewer words than the outcome takes in a message.
pub(super) fn words(outcome: &Outcome) -> usize {
    let output =
        |output: &OutputBytes| 8 + message::words(output.media_type.len()) + message::words(output.bytes.len());
    24 + outcome.outputs.iter().map(output).sum::<usize>()
        + outcome.error.as_ref().map_or(0, problem::words)
        + outcome.receipt.as_ref().map_or(0, receipt::words)
}

/// Writes an outcome.
pub(super) fn write(outcome: &Outcome, mut to: result::Builder<'_>) {
    let Outcome { job, state, cost, outputs, error, metrics, receipt } = outcome;
    to.set_job(job.as_bytes());
    to.set_state((*state).into());
    to.set_cost(cost.get());
    if !outputs.is_empty() {
        let mut list = to.reborrow().init_outputs(outputs.len() as u32);
        for (index, OutputBytes { media_type, hash, bytes }) in outputs.iter().enumerate() {
            let mut output = list.reborrow().get(index as u32);
            output.set_media_type(media_type);
            output.set_hash(&hash.0);
            output.set_bytes(bytes);
        }
    }
    if let Some(error) = error {
        problem::write(error, to.reborrow().init_error());
    }
    write_metrics(*metrics, to.reborrow().init_metrics());
    if let Some(signed) = receipt {
        receipt::write(signed, to.init_receipt());
    }
}

/// Writes metrics.
pub(super) fn write_metrics(metrics: Metrics, mut to: metrics::Builder<'_>) {
    let Metrics { bytes_in, bytes_out, queued_us, run_us } = metrics;
    to.set_bytes_in(bytes_in);
    to.set_bytes_out(bytes_out);
    to.set_queued_us(queued_us);
    to.set_run_us(run_us);
}
