//! A job as steps of a trace: queued, run, settled. What is told of it are names of the catalogue, ids and figures;
//! parameters, labels, payloads and the words of problems never.

use std::{
    borrow::Cow,
    time::{Duration, SystemTime},
};

use inos_engine::{Entry, Outcome as Ran};
use inos_ledger::Ending;
use inos_protocols::{
    JobId, Refusal,
    frame::Trouble,
    job::State,
    refusal::Kind,
    time::Time,
    trace::{SpanId, TraceContext, TraceId},
};

use crate::spans::{Recorder, Span, Value};

/// Where a job belongs among traces, as its door knows it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Origin {
    /// Nobody records it.
    #[default]
    Unrecorded,
    /// It is part of the work of this step.
    Part(TraceContext),
    /// It may begin a trace of its own, as one of the many jobs of a long-lived connection; the step is the
    /// connection's, where that is recorded.
    Own(Option<TraceContext>),
}

/// A job's own step while it is under way.
#[derive(Clone)]
pub(crate) struct JobSpan {
    recorder: Recorder,
    context: TraceContext,
    parent: Option<SpanId>,
    link: Option<TraceContext>,
    begun: SystemTime,
}

/// A job that ran and is being written down. Dropping it ends the job's step: after the commit where somebody waits
/// for that, at once where its door has gone away.
pub(crate) struct Settling {
    job: JobSpan,
    name: String,
    ran: SystemTime,
    attributes: Vec<(&'static str, Value)>,
    failed: bool,
    /// Why it could not be written down.
    unsettled: Option<Kind>,
}

impl Origin {
    /// The step of a job that begins now, if it is to be recorded.
    pub(crate) fn begin(self, recorder: Option<&Recorder>) -> Option<Box<JobSpan>> {
        self.begin_at(recorder?, SystemTime::now)
    }

    /// The step of a job that was accepted before a restart.
    pub(crate) fn resume(self, recorder: Option<&Recorder>, submitted: Time) -> Option<Box<JobSpan>> {
        self.begin_at(recorder?, || SystemTime::UNIX_EPOCH + Duration::from_millis(submitted.as_ms()))
    }

    fn begin_at(self, recorder: &Recorder, begun: impl FnOnce() -> SystemTime) -> Option<Box<JobSpan>> {
        let (context, parent, link) = match self {
            Self::Unrecorded => return None,
            Self::Part(above) => (recorder.begin(Some(&above), above.trace)?, Some(above.span), None),
            Self::Own(of) => (recorder.begin(None, TraceId::new())?, None, of),
        };
        Some(Box::new(JobSpan { recorder: recorder.clone(), context, parent, link, begun: begun() }))
    }

    /// The step that the job is part of.
    pub(crate) fn part(self) -> Option<TraceContext> {
        match self {
            Self::Part(above) => Some(above),
            Self::Unrecorded | Self::Own(_) => None,
        }
    }

    /// Records that submissions of one frame were refused, which the frame's own answer does not show.
    pub(crate) fn refuse(self, recorder: Option<&Recorder>, troubles: &[Trouble]) {
        for Trouble { problem, .. } in troubles {
            let Some(job) = self.begin(recorder) else { continue };
            let failed = problem.code == Kind::Internal.slug();
            job.record("refused".into(), job.begun, vec![error(problem.code.clone())], failed);
        }
    }
}

impl JobSpan {
    /// Records that the job waited and ran, as the engine tells it; what is left is its way into the books.
    pub(crate) fn ran(&self, id: JobId, entry: &Entry, ran: &Ran) -> Box<Settling> {
        let now = SystemTime::now();
        let before = |moment: SystemTime, us| moment.checked_sub(Duration::from_micros(us)).unwrap_or(moment);
        let begun = before(now, ran.run_us);
        if ran.queued_us > 0 {
            self.record_part("queue", before(begun, ran.queued_us), begun, None);
        }
        if ran.started.is_some() {
            self.record_part("run", begun, now, None);
        }
        let attributes = vec![
            ("inos.job.id", text(id.to_string())),
            ("inos.job.unit", text(entry.unit)),
            ("inos.job.method", text(entry.method.name)),
            ("inos.job.version", text(entry.version)),
        ];
        let name = format!("{}.{}", entry.unit, entry.method.name);
        Box::new(Settling { job: self.clone(), name, ran: now, attributes, failed: false, unsettled: None })
    }

    /// The job's step itself, up to now.
    fn record(&self, name: Cow<'static, str>, ended: SystemTime, attributes: Vec<(&'static str, Value)>, failed: bool) {
        let Self { context, parent, link, begun, .. } = *self;
        self.recorder.record(Span { context, parent, link, name, is_server: false, begun, ended, attributes, failed });
    }

    /// A step below the job's.
    fn record_part(&self, name: &'static str, begun: SystemTime, ended: SystemTime, why: Option<Kind>) {
        self.recorder.record(Span {
            context: TraceContext { span: SpanId::new(), ..self.context },
            parent: Some(self.context.span),
            link: None,
            name: name.into(),
            is_server: false,
            begun,
            ended,
            attributes: why.iter().map(|kind| error(kind.slug())).collect(),
            failed: why.is_some(),
        });
    }
}

impl Settling {
    /// Takes in how the job ended.
    pub(crate) fn ends(&mut self, ending: &Ending) {
        let Ending { state, cost, metrics, error: problem, .. } = ending;
        self.attributes.extend([
            ("inos.job.state", text(state.word())),
            ("inos.job.cost", Value::Number(cost.get())),
            ("inos.job.bytes_in", Value::Number(metrics.bytes_in)),
            ("inos.job.bytes_out", Value::Number(metrics.bytes_out)),
        ]);
        self.failed = matches!(state, State::Failed | State::Expired);
        self.attributes.extend(problem.iter().map(|problem| error(problem.code.clone())));
    }

    /// Takes in that the books did not take it.
    pub(crate) fn refused(&mut self, refusal: &Refusal) {
        self.unsettled = Some(refusal.kind);
    }
}

impl Drop for Settling {
    fn drop(&mut self) {
        let now = SystemTime::now();
        self.job.record_part("settle", self.ran, now, self.unsettled);
        let failed = self.failed || self.unsettled.is_some();
        let (name, attributes) = (std::mem::take(&mut self.name), std::mem::take(&mut self.attributes));
        self.job.record(name.into(), now, attributes, failed);
    }
}

fn text(text: impl Into<Cow<'static, str>>) -> Value {
    Value::Text(text.into())
}

fn error(slug: impl Into<Cow<'static, str>>) -> (&'static str, Value) {
    ("error.type", text(slug))
}
