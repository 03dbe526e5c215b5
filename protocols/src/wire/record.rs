//! What the ledger keeps of a job in one piece each.

use std::borrow::Cow;

use super::{Malformed, capsule, fields, message, outcome, problem, receipt::NAME_LEN_MAX};
use crate::{
    JobId,
    generated::ledger_capnp::{job_ending, job_request, output_info},
    job::{INPUTS_MAX, OutputInfo},
    record::{JobEnding, JobRequest},
};

/// The request that this message is.
pub fn read_job_request(message: &[u8]) -> Result<JobRequest<'static>, Malformed> {
    request(message::open(message)?.get_root()?)
}

fn request(from: job_request::Reader<'_>) -> Result<JobRequest<'static>, Malformed> {
    Ok(JobRequest {
        version: fields::short_text("version", NAME_LEN_MAX, from.get_version())?.to_owned().into(),
        priority: from.get_priority(),
        budget: match from.get_budget().which()? {
            job_request::budget::None(()) => None,
            job_request::budget::Some(budget) => Some(fields::amount("budget", budget)?),
        },
        capsule: fields::hash("capsule", from.get_capsule())?,
        submitted: fields::time("submitted", from.get_submitted())?,
        deadline: fields::time("deadline", from.get_deadline())?,
        params: from
            .has_params()
            .then(|| fields::text(from.get_params()).map(|text| Cow::Owned(text.to_owned())))
            .transpose()?,
        labels: Cow::Owned(capsule::read_labels(from.get_labels()?)?),
        remembered: from.get_remembered(),
    })
}

/// The message that this request is.
pub fn write_job_request(request: &JobRequest<'_>) -> Vec<u8> {
    let JobRequest { version, priority, budget, capsule, submitted, deadline, params, labels, remembered } = request;
    let params = params.as_deref();
    let texts = message::words(version.len()) + message::words(params.map_or(0, str::len));
    let mut message = message::begin(20 + texts + capsule::label_words(labels));
    let mut to = message.init_root::<job_request::Builder<'_>>();
    to.set_version(&**version);
    to.set_priority(*priority);
    if let Some(budget) = budget {
        to.reborrow().init_budget().set_some(budget.get());
    }
    to.set_capsule(&capsule.0);
    to.set_submitted(submitted.as_ms());
    to.set_deadline(deadline.as_ms());
    to.set_remembered(*remembered);
    if let Some(params) = params {
        to.set_params(params);
    }
    if !labels.is_empty() {
        capsule::write_labels(labels, to.init_labels(labels.len() as u32));
    }
    message::end(&message)
}

/// The ending that this message is.
pub fn read_job_ending(message: &[u8]) -> Result<JobEnding<'static>, Malformed> {
    ending(message::open(message)?.get_root()?)
}

fn ending(from: job_ending::Reader<'_>) -> Result<JobEnding<'static>, Malformed> {
    let outputs = from.get_outputs()?;
    let (error, cached_from) = match from.which()? {
        job_ending::Error(error) if from.has_error() => (Some(Cow::Owned(problem::read(error?)?)), None),
        job_ending::Error(_) => (None, None),
        job_ending::CachedFrom(id) => (None, Some(fields::id("cachedFrom", id, JobId::from_slice)?)),
    };
    fields::list_len("outputs", outcome::OUTPUTS_MAX, outputs.len())?;
    Ok(JobEnding {
        started: match from.get_started().which()? {
            job_ending::started::None(()) => None,
            job_ending::started::Some(started) => Some(fields::time("started", started)?),
        },
        finished: fields::time("finished", from.get_finished())?,
        attempts: from.get_attempts(),
        metrics: outcome::read_metrics(from.get_metrics()?),
        inputs: Cow::Owned(fields::hashes("inputs", INPUTS_MAX, from.get_inputs())?),
        outputs: outputs.iter().map(output).collect::<Result<_, _>>()?,
        error,
        cached_from,
    })
}

fn output(from: output_info::Reader<'_>) -> Result<OutputInfo, Malformed> {
    Ok(OutputInfo {
        media_type: fields::text(from.get_media_type())?.into(),
        bytes: from.get_bytes(),
        hash: fields::hash("hash", from.get_hash())?,
    })
}

/// The message that this ending is.
pub fn write_job_ending(ending: &JobEnding<'_>) -> Vec<u8> {
    let JobEnding { started, finished, attempts, metrics, inputs, outputs, error, cached_from } = ending;
    let output_words = outputs.iter().map(|output| 8 + message::words(output.media_type.len())).sum::<usize>();
    let error_words = error.as_ref().map_or(0, |error| problem::words(error));
    // A job that was answered from another one has no error, and its id takes no more words than these.
    let mut message = message::begin(22 + 4 * inputs.len() + output_words + error_words);
    let mut to = message.init_root::<job_ending::Builder<'_>>();
    if let Some(started) = started {
        to.reborrow().init_started().set_some(started.as_ms());
    }
    to.set_finished(finished.as_ms());
    to.set_attempts(*attempts);
    outcome::write_metrics(*metrics, to.reborrow().init_metrics());
    if !inputs.is_empty() {
        fields::put_hashes(inputs, to.reborrow().init_inputs(32 * inputs.len() as u32));
    }
    if !outputs.is_empty() {
        let mut list = to.reborrow().init_outputs(outputs.len() as u32);
        for (index, OutputInfo { media_type, bytes, hash }) in outputs.iter().enumerate() {
            let mut output = list.reborrow().get(index as u32);
            output.set_media_type(media_type);
            output.set_bytes(*bytes);
            output.set_hash(&hash.0);
        }
    }
    if let Some(error) = error {
        problem::write(error, to.init_error());
    } else if let Some(id) = cached_from {
        to.set_cached_from(id.as_bytes());
    }
    message::end(&message)
}
