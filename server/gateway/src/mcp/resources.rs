//! What jobs left and what proves them, as resources: `inos://jobs/{id}/outputs/{n}` and `inos://jobs/{id}/receipt`.

use data_encoding::BASE64;
use inos_broker::{Broker, Caller};
use inos_ledger::JobFilter;
use inos_protocols::{
    JobId, Refusal,
    job::{Job, State},
    refusal::Kind,
};
use rmcp::model::{Resource, ResourceContents, ResourceTemplate};

use super::outcome::text_of;
use crate::refusal::not_found;

const SCHEME: &str = "inos://jobs/";
/// The longest output that is read as a resource, in bytes.
const RESOURCE_BYTES_MAX: u64 = 8 << 20;
/// How many jobs are looked at for one page of the list.
const PAGE: u32 = 50;

/// Where an output lies.
pub(super) fn output_uri(job: JobId, index: usize) -> String {
    format!("{SCHEME}{job}/outputs/{index}")
}

/// The kinds of resources that there are.
pub(super) fn templates() -> Vec<ResourceTemplate> {
    let output = ResourceTemplate::new(format!("{SCHEME}{{job}}/outputs/{{n}}"), "output");
    let receipt = ResourceTemplate::new(format!("{SCHEME}{{job}}/receipt"), "receipt");
    vec![
        output.with_description("An output of a job, by its number from 0, for as long as it is kept."),
        receipt
            .with_description("The signed receipt of a job that has ended: what was run on what, and what it cost.")
            .with_mime_type("application/json"),
    ]
}

/// The outputs of the newest jobs that can still be read, and where the list goes on.
pub(super) async fn list(
    broker: &Broker,
    caller: &Caller,
    cursor: Option<&str>,
) -> Result<(Vec<Resource>, Option<String>), Refusal> {
    let filter = JobFilter { state: Some(State::Succeeded), ..JobFilter::default() };
    let (jobs, next) = broker.jobs(caller, &filter, PAGE, cursor).await?;
    Ok((jobs.iter().filter(|job| job.outputs_kept).flat_map(of_job).collect(), next))
}

fn of_job(job: &Job) -> Vec<Resource> {
    let outputs = job.outputs.iter().enumerate();
    outputs
        .map(|(index, output)| {
            Resource::new(output_uri(job.id, index), format!("{}.{} output {index}", job.unit, job.method))
                .with_mime_type(&output.media_type)
                .with_size(output.bytes)
        })
        .collect()
}

/// Reads a resource.
pub(super) async fn read(broker: &Broker, caller: &Caller, uri: &str) -> Result<ResourceContents, Refusal> {
    let (job, part) =
        uri.strip_prefix(SCHEME).and_then(|rest| rest.split_once('/')).ok_or_else(|| not_found("resource"))?;
    let job: JobId = job.parse().map_err(|_| not_found("resource"))?;
    if part == "receipt" {
        let receipt = broker.receipt(caller, job).await?;
        let text = serde_json::to_string(&receipt).expect("a receipt has only text and numbers");
        return Ok(ResourceContents::text(text, uri).with_mime_type("application/json"));
    }
    let index = part.strip_prefix("outputs/").and_then(|index| index.parse::<u16>().ok());
    let index = usize::from(index.ok_or_else(|| not_found("resource"))?);
    let known = broker.job(caller, job).await?;
    if known.outputs.get(index).is_some_and(|output| output.bytes > RESOURCE_BYTES_MAX) {
        let detail = format!(
            "The output is over {RESOURCE_BYTES_MAX} bytes, the most that is read as a resource. Fetch /v1/jobs/{job}/outputs/{index}, or give it to a tool as {{\"job\": \"{job}\", \"output\": {index}}}."
        );
        return Err(Refusal::new(Kind::PayloadTooLarge, detail));
    }
    let output = broker.output(caller, job, index).await?;
    let contents = match text_of(&output.media_type, &output.bytes) {
        Some(text) => ResourceContents::text(text, uri),
        None => ResourceContents::blob(BASE64.encode(&output.bytes), uri),
    };
    Ok(contents.with_mime_type(&output.media_type))
}
