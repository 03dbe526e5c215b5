//! One who has come to `/mcp` with a key: what the protocol asks, as calls of the broker.

use std::time::Duration;

use inos_broker::{Ask, Event, Happening, Origin, Submitted, Told};
use inos_engine::Entry;
use inos_protocols::{
    JobId, Refusal,
    job::{Capsule, Job, Outcome, OutputBytes, State},
    refusal::Kind,
};
use rmcp::{
    ErrorData, RoleServer, ServerHandler,
    model::{
        CallToolRequestParams, CallToolResponse, CallToolResult, CancelTaskParams, CreateTaskResult, DetailedTask,
        GetTaskParams, GetTaskResult, Implementation, ListResourceTemplatesResult, ListResourcesResult,
        ListToolsResult, PaginatedRequestParams, ProgressNotificationParam, ProgressToken, ReadResourceRequestParams,
        ReadResourceResponse, ReadResourceResult, ServerCapabilities, ServerConfig, Task, TaskPayload, TaskStatus,
    },
    service::RequestContext,
};

use super::{outcome, resources, tools};
use crate::{
    auth::{Vigil, Visitor},
    state::App,
};

/// How long a job may take before whoever knows tasks is given one to ask after.
const PATIENCE: Duration = Duration::from_secs(1);
/// When to ask after a task again, in milliseconds.
const POLL_MS: u64 = 1_000;
/// What a model is told about this server.
const INSTRUCTIONS: &str = "Each tool is a method of a unit of an INOS server, and each call of one is a job that is paid \
    for: its description says what it costs, `budget` caps it, and the key has limits of its own. A tool takes `inputs` \
    (text, base64, a stored blob, or an output of an earlier job as {\"job\": …, \"output\": 0}) and `params`. What a job \
    leaves, and the receipt that proves it, are resources under inos://jobs/.";

type Context = RequestContext<RoleServer>;

/// Who has come.
#[derive(Clone)]
pub(super) struct Guest {
    app: App,
    visitor: Visitor,
    origin: Origin,
}

impl Guest {
    /// A guest whose jobs belong to this place among traces.
    pub(super) fn new(app: App, visitor: Visitor, origin: Origin) -> Self {
        Self { app, visitor, origin }
    }

    /// Runs a job in the way that its caller can follow.
    async fn call(&self, entry: &Entry, capsule: Capsule, context: &Context) -> Result<CallToolResponse, Refusal> {
        let is_secret = entry.method.gives_secret || entry.secret(&capsule.params).is_some();
        let knows_tasks = context.client_capabilities().is_some_and(|known| known.supports_tasks());
        match (knows_tasks && !is_secret, context.meta.get_progress_token()) {
            (true, _) => self.begin(capsule).await,
            (false, Some(token)) if !is_secret => self.follow(capsule, token, context).await,
            _ => self.run(capsule, !is_secret).await,
        }
    }

    /// Runs a job and waits for its end.
    async fn run(&self, mut capsule: Capsule, keep: bool) -> Result<CallToolResponse, Refusal> {
        capsule.keep = keep;
        let ask = Ask { capsule, body: None, origin: self.origin };
        let outcome = self.app.broker.run(&self.visitor.caller, ask).await?.outcome;
        Ok(outcome::result(&outcome, keep).into())
    }

    /// Accepts a job; one that does not end soon is a task under the job's id.
    async fn begin(&self, capsule: Capsule) -> Result<CallToolResponse, Refusal> {
        let (broker, caller) = (&self.app.broker, &self.visitor.caller);
        let Submitted { job, .. } = broker.submit(caller, capsule, self.origin).await?;
        let job = if job.state.is_final() { job } else { broker.wait(caller, job.id, PATIENCE).await? };
        if job.state.is_final() {
            return Ok(self.ended(&job).await?.into());
        }
        Ok(CallToolResponse::Task(CreateTaskResult::new(task(&job))))
    }

    /// Accepts a job and tells how far it is until it has ended.
    async fn follow(
        &self,
        capsule: Capsule,
        token: ProgressToken,
        context: &Context,
    ) -> Result<CallToolResponse, Refusal> {
        let (broker, caller) = (&self.app.broker, &self.visitor.caller);
        let Submitted { job, .. } = broker.submit(caller, capsule, self.origin).await?;
        if !job.state.is_final() {
            self.tell(job.id, &token, context).await?;
        }
        let job = broker.job(caller, job.id).await?;
        Ok(self.ended(&job).await?.into())
    }

    /// Tells of a job's steps until its end; one whose caller goes away, or whose key ends, is stopped.
    async fn tell(&self, id: JobId, token: &ProgressToken, context: &Context) -> Result<(), Refusal> {
        let (broker, caller) = (&self.app.broker, &self.visitor.caller);
        let mut events = broker.events(caller, Some(id), None).await?;
        // The subscription began first, so an end that comes after this look is told.
        if broker.job(caller, id).await?.state.is_final() {
            return Ok(());
        }
        let mut vigil = Vigil::over(&self.app, &self.visitor);
        loop {
            let told = tokio::select! {
                told = events.next() => told,
                () = context.ct.cancelled() => {
                    broker.cancel(caller, id).await?;
                    return Err(Refusal::new(Kind::Cancelled, "The request was given up, and its job with it."));
                }
                () = vigil.ended() => return Err(Refusal::new(Kind::Unauthorized, "The key ended while the job ran.")),
            };
            match told {
                Some(Told::Event(event)) => match &event.what {
                    Happening::State { state, .. } if state.is_final() => return Ok(()),
                    _ => say(&event, token, context).await,
                },
                Some(Told::Gap { .. }) => {}
                None => return Ok(()),
            }
        }
    }

    /// What an accepted job that has ended left.
    async fn ended(&self, job: &Job) -> Result<CallToolResult, Refusal> {
        let mut outputs = Vec::with_capacity(job.outputs.len());
        for index in 0..if job.outputs_kept { job.outputs.len() } else { 0 } {
            let part = self.app.broker.output(&self.visitor.caller, job.id, index).await?;
            outputs.push(OutputBytes { media_type: part.media_type, hash: part.hash, bytes: part.bytes });
        }
        let Job { id, state, cost, error, metrics, .. } = job;
        let metrics = metrics.unwrap_or_default();
        let outcome =
            Outcome { job: *id, state: *state, cost: *cost, outputs, error: error.clone(), metrics, receipt: None };
        Ok(outcome::result(&outcome, true))
    }

    async fn task(&self, id: &str) -> Result<DetailedTask, Refusal> {
        let id: JobId = id.parse().map_err(|_| crate::refusal::not_found("task"))?;
        let job = self.app.broker.job(&self.visitor.caller, id).await?;
        let payload = match job.state {
            State::Queued | State::Running => TaskPayload::Working,
            State::Cancelled => TaskPayload::Cancelled,
            State::Succeeded | State::Failed | State::Expired => {
                let result = serde_json::to_value(self.ended(&job).await?).expect("a result has only text and numbers");
                TaskPayload::Completed { result: result.as_object().cloned().unwrap_or_default() }
            }
        };
        Ok(DetailedTask::new(task(&job), payload))
    }
}

/// Tells of a step; whoever is not there any more hears nothing.
async fn say(event: &Event, token: &ProgressToken, context: &Context) {
    if let Happening::Progress { done, total } = event.what {
        let progress = ProgressNotificationParam::new(token.clone(), done as f64);
        let progress = if total > 0 { progress.with_total(total as f64) } else { progress };
        if let Err(error) = context.peer.notify_progress(progress).await {
            tracing::debug!(error = &error as &dyn std::error::Error, "nobody hears how far a job is");
        }
    }
}

/// A job as a task.
fn task(job: &Job) -> Task {
    let last = job.finished.or(job.started).unwrap_or(job.submitted);
    Task::new(job.id.to_string(), TaskStatus::Working, job.submitted.to_string(), last.to_string())
        .with_status_message(job.state.word())
        .with_poll_interval_ms(POLL_MS)
}

/// A refusal that is no tool's result.
fn error(refusal: &Refusal) -> ErrorData {
    let data = serde_json::to_value(refusal.problem()).ok();
    let message = refusal.detail.clone();
    match refusal.kind {
        Kind::NotFound | Kind::OutputNotKept => ErrorData::resource_not_found(message, data),
        Kind::Internal | Kind::DatabaseUnavailable => ErrorData::internal_error(message, data),
        _ => ErrorData::invalid_params(message, data),
    }
}

impl ServerHandler for Guest {
    fn get_info(&self) -> ServerConfig {
        let capabilities = ServerCapabilities::builder().enable_tools().enable_resources().enable_tasks().build();
        ServerConfig::new(capabilities)
            .with_server_info(Implementation::new("inos", env!("CARGO_PKG_VERSION")).with_title(&self.app.node.name))
            .with_instructions(INSTRUCTIONS)
    }

    async fn list_tools(&self, _: Option<PaginatedRequestParams>, _: Context) -> Result<ListToolsResult, ErrorData> {
        Ok(ListToolsResult::with_all_items(tools::all(&self.app)))
    }

    async fn call_tool(&self, params: CallToolRequestParams, context: Context) -> Result<CallToolResponse, ErrorData> {
        let Some(entry) = tools::find(&self.app, &params.name) else {
            return Err(ErrorData::invalid_params(
                "There is no such tool; `tools/list` has those that there are.",
                None,
            ));
        };
        let called = match tools::capsule(&entry, params.arguments.unwrap_or_default()) {
            Ok(capsule) => self.call(&entry, capsule, &context).await,
            Err(refusal) => Err(refusal),
        };
        // What a model can mend is a result, which it gets to see.
        Ok(called.unwrap_or_else(|refusal| outcome::refused(&refusal).into()))
    }

    async fn list_resources(
        &self,
        page: Option<PaginatedRequestParams>,
        _: Context,
    ) -> Result<ListResourcesResult, ErrorData> {
        let cursor = page.and_then(|page| page.cursor);
        let listed = resources::list(&self.app.broker, &self.visitor.caller, cursor.as_deref()).await;
        let (items, next) = listed.map_err(|refusal| error(&refusal))?;
        let mut result = ListResourcesResult::with_all_items(items);
        result.next_cursor = next;
        Ok(result)
    }

    async fn list_resource_templates(
        &self,
        _: Option<PaginatedRequestParams>,
        _: Context,
    ) -> Result<ListResourceTemplatesResult, ErrorData> {
        Ok(ListResourceTemplatesResult::with_all_items(resources::templates()))
    }

    async fn read_resource(
        &self,
        params: ReadResourceRequestParams,
        _: Context,
    ) -> Result<ReadResourceResponse, ErrorData> {
        let contents = resources::read(&self.app.broker, &self.visitor.caller, &params.uri).await;
        Ok(ReadResourceResult::new(vec![contents.map_err(|refusal| error(&refusal))?]).into())
    }

    async fn get_task(&self, params: GetTaskParams, _: Context) -> Result<GetTaskResult, ErrorData> {
        self.task(&params.task_id).await.map(GetTaskResult::new).map_err(|refusal| error(&refusal))
    }

    async fn cancel_task(&self, params: CancelTaskParams, _: Context) -> Result<(), ErrorData> {
        let id = params.task_id.parse().map_err(|_| error(&crate::refusal::not_found("task")))?;
        self.app.broker.cancel(&self.visitor.caller, id).await.map(drop).map_err(|refusal| error(&refusal))
    }
}
