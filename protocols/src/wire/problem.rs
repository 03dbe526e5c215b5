//! Problems.

use super::{Malformed, fields, message};
use crate::{
    FieldError, Problem,
    generated::problem_capnp::{field_error, problem},
};

/// The most fields that a problem names.
const ERRORS_MAX: usize = 1_000;

/// Reads a problem.
pub(super) fn read(from: problem::Reader<'_>) -> Result<Problem, Malformed> {
    Ok(Problem {
        r#type: fields::text(from.get_type())?.into(),
        title: fields::text(from.get_title())?.into(),
        status: match from.get_status().which()? {
            problem::status::None(()) => None,
            problem::status::Some(status) => Some(status),
        },
        detail: fields::text(from.get_detail())?.into(),
        instance: if from.has_instance() { Some(fields::text(from.get_instance())?.into()) } else { None },
        code: fields::text(from.get_code())?.into(),
        request_id: if from.has_request_id() { Some(fields::text(from.get_request_id())?.into()) } else { None },
        retryable: from.get_retryable(),
        errors: read_errors(from)?,
        retry_after_ms: match from.get_retry_after_ms().which()? {
            problem::retry_after_ms::None(()) => None,
            problem::retry_after_ms::Some(ms) => Some(ms),
        },
        required: match from.get_required().which()? {
            problem::required::None(()) => None,
            problem::required::Some(amount) => Some(amount),
        },
        available: match from.get_available().which()? {
            problem::available::None(()) => None,
            problem::available::Some(amount) => Some(amount),
        },
    })
}

fn read_errors(from: problem::Reader<'_>) -> Result<Vec<FieldError>, Malformed> {
    let list = from.get_errors()?;
    fields::list_len("errors", ERRORS_MAX, list.len())?;
    let read = |error: field_error::Reader<'_>| {
        let pointer = fields::text(error.get_pointer())?.into();
        Ok(FieldError { pointer, message: fields::text(error.get_message())?.into() })
    };
    list.iter().map(read).collect()
}

/// No fewer words than the problem takes in a message.
pub(super) fn words(problem: &Problem) -> usize {
    let texts = [&problem.r#type, &problem.title, &problem.detail, &problem.code].map(|text| text.len());
    let more = [&problem.instance, &problem.request_id].map(|text| text.as_ref().map_or(0, String::len));
    let errors = problem.errors.iter().map(|error| error.pointer.len() + error.message.len() + 48);
    24 + message::words(texts.iter().chain(&more).sum::<usize>() + errors.sum::<usize>()) + 12
}

/// Writes a problem.
pub(super) fn write(problem: &Problem, mut to: problem::Builder<'_>) {
    let Problem {
        r#type,
        title,
        status,
        detail,
        instance,
        code,
        request_id,
        retryable,
        errors,
        retry_after_ms,
        required,
        available,
    } = problem;
    to.set_type(r#type);
    to.set_title(title);
    if let Some(status) = status {
        to.reborrow().init_status().set_some(*status);
    }
    to.set_detail(detail);
    if let Some(instance) = instance {
        to.set_instance(instance);
    }
    to.set_code(code);
    if let Some(request_id) = request_id {
        to.set_request_id(request_id);
    }
    to.set_retryable(*retryable);
    if !errors.is_empty() {
        let mut list = to.reborrow().init_errors(errors.len() as u32);
        for (index, FieldError { pointer, message }) in errors.iter().enumerate() {
            let mut error = list.reborrow().get(index as u32);
            error.set_pointer(pointer);
            error.set_message(message);
        }
    }
    if let Some(ms) = retry_after_ms {
        to.reborrow().init_retry_after_ms().set_some(*ms);
    }
    if let Some(amount) = required {
        to.reborrow().init_required().set_some(*amount);
    }
    if let Some(amount) = available {
        to.init_available().set_some(*amount);
    }
}
