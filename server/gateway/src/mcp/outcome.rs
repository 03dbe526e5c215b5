//! What came of a job, as a tool's result: what a model can read as text or picture, and else where it lies.

use data_encoding::BASE64;
use inos_protocols::{
    JobId, Microcredits, Problem, Refusal,
    job::{Outcome, OutputBytes},
    refusal::Kind,
};
use rmcp::model::{CallToolResult, ContentBlock, Resource, ResourceContents};
use serde_json::{Value, json};

use super::resources;

/// The longest output that stands in the result itself, in bytes.
pub(super) const INLINE_BYTES_MAX: usize = 256 << 10;

/// The most bytes of outputs that a result has where they are kept nowhere else.
const ANSWER_BYTES_MAX: usize = 8 << 20;

/// The result that a job's end is; `is_kept` says whether its outputs can be read again as resources.
pub(super) fn result(outcome: &Outcome, is_kept: bool) -> CallToolResult {
    let Outcome { job, cost, outputs, error, .. } = outcome;
    if let Some(problem) = error {
        return failed(problem, Some((*job, *cost)));
    }
    let bytes: usize = outputs.iter().map(|output| output.bytes.len()).sum();
    if !is_kept && bytes > ANSWER_BYTES_MAX {
        let told = format!(
            "The job succeeded and gave {bytes} bytes, and an answer here has at most {ANSWER_BYTES_MAX}. What it gives is secret, so it is kept nowhere. Ask for it by POST /v1/run."
        );
        let mut refusal = Refusal::new(Kind::PayloadTooLarge, told);
        (refusal.required, refusal.available) = (Some(bytes as u64), Some(ANSWER_BYTES_MAX as u64));
        return failed(&refusal.problem(), Some((*job, *cost)));
    }
    let content = outputs.iter().enumerate().map(|(index, output)| block(*job, index, output, is_kept)).collect();
    let listed = outputs.iter().enumerate().map(|(index, output)| listed(*job, index, output, is_kept));
    let mut result = CallToolResult::success(content);
    result.structured_content = Some(json!({ "job": job, "cost": cost, "outputs": listed.collect::<Vec<_>>() }));
    result
}

/// The result of a call that was refused: the model reads why, and may do better.
pub(super) fn refused(refusal: &Refusal) -> CallToolResult {
    failed(&refusal.problem(), None)
}

fn failed(problem: &Problem, ran: Option<(JobId, Microcredits)>) -> CallToolResult {
    let mut result = CallToolResult::error(vec![ContentBlock::text(format!("{}: {}", problem.title, problem.detail))]);
    let mut said = json!({ "problem": problem });
    if let Some((job, cost)) = ran {
        said["job"] = json!(job);
        said["cost"] = json!(cost);
    }
    result.structured_content = Some(said);
    result
}

fn block(job: JobId, index: usize, output: &OutputBytes, is_kept: bool) -> ContentBlock {
    let OutputBytes { media_type, bytes, .. } = output;
    let uri = resources::output_uri(job, index);
    if bytes.len() > INLINE_BYTES_MAX && is_kept {
        let resource = Resource::new(uri, format!("output {index} of {job}"));
        return ContentBlock::resource_link(resource.with_mime_type(media_type).with_size(bytes.len() as u64));
    }
    if let Some(text) = text_of(media_type, bytes) {
        return ContentBlock::text(text);
    }
    let base64 = BASE64.encode(bytes);
    match media_type.split('/').next() {
        Some("image") => ContentBlock::image(base64, media_type.as_str()),
        Some("audio") => ContentBlock::audio(base64, media_type.as_str()),
        _ => ContentBlock::resource(ResourceContents::blob(base64, uri).with_mime_type(media_type)),
    }
}

fn listed(job: JobId, index: usize, output: &OutputBytes, is_kept: bool) -> Value {
    let mut listed = json!({ "media_type": output.media_type, "bytes": output.bytes.len(), "hash": output.hash });
    if is_kept {
        listed["uri"] = resources::output_uri(job, index).into();
    }
    listed
}

/// The text that bytes of this type are, where they are text.
pub(super) fn text_of<'a>(media_type: &str, bytes: &'a [u8]) -> Option<&'a str> {
    let essence = media_type.split(';').next().unwrap_or_default().trim();
    let is_text = essence.starts_with("text/") || essence == "application/json" || essence.ends_with("+json");
    is_text.then(|| std::str::from_utf8(bytes).ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_nowhere_and_fits_no_answer_is_refused() {
        let outcome = |len: usize| Outcome {
            job: JobId::new(),
            state: inos_protocols::job::State::Succeeded,
            cost: Microcredits::ZERO,
            outputs: vec![OutputBytes {
                media_type: "application/octet-stream".into(),
                hash: inos_protocols::Hash([0; 32]),
                bytes: vec![0; len].into(),
            }],
            error: None,
            metrics: Default::default(),
            receipt: None,
        };
        assert_eq!(result(&outcome(ANSWER_BYTES_MAX), false).is_error, Some(false));
        let refused = result(&outcome(ANSWER_BYTES_MAX + 1), false);
        assert_eq!(refused.is_error, Some(true));
        assert_eq!(refused.structured_content.unwrap()["problem"]["code"], "payload-too-large");
        assert_eq!(result(&outcome(ANSWER_BYTES_MAX + 1), true).is_error, Some(false), "what is kept is linked to");
    }

    #[test]
    fn only_text_that_is_text_is_given_as_text() {
        assert_eq!(text_of("text/plain; charset=utf-8", b"abc"), Some("abc"));
        assert_eq!(text_of("application/problem+json", b"{}"), Some("{}"));
        assert_eq!(text_of("text/plain", b"\xff"), None);
        assert_eq!(text_of("application/octet-stream", b"abc"), None);
    }
}
