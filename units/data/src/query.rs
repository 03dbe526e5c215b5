//! `query`: one SELECT statement over the job's inputs.

use std::sync::{Arc, OnceLock};

use arrow::{array::RecordBatch, datatypes::SchemaRef};
use datafusion::{
    common::{DataFusionError, ParamValues, ScalarValue, format::MetricType, metadata::ScalarAndMetadata},
    logical_expr::LogicalPlan,
    physical_plan::{ExecutionPlan, display::DisplayableExecutionPlan, execute_stream},
    prelude::SessionContext,
};
use futures_util::StreamExt;
use inos_unit::{Call, Fault, Host, Output};
use serde_json::Value;

use crate::{
    faults::fault,
    fence, named,
    params::{Form, QueryParams, TableParams, Values},
    parts::Parts,
    run::{Batches, blame, drive},
    session::session,
    tables,
    write::Sink,
};

/// The most steps of a plan that a job's log tells of.
const STEPS_TOLD_MAX: usize = 100;

pub(crate) fn run(call: &mut Call<'_>, host: &dyn Host) -> Result<(), Fault> {
    let QueryParams { sql, values, tables, output } = call.read_params()?;
    let values = values.map(bound).transpose()?;
    answer(call, host, tables, Written::One(output), move |session| async move {
        let plan = fence::plan(&sql, &session).await?;
        match values {
            Some(values) => plan.with_param_values(values).map_err(|error| fault(&error, "/params/values")),
            None => Ok(plan),
        }
    })
}

/// How an answer is written.
pub(crate) enum Written {
    /// As one output.
    One(Form),
    /// As one for each value of these columns, by which it is sorted.
    Parted(Form, Vec<String>),
}

/// What is being written.
enum Writing {
    One(Sink),
    Parted(Parts),
}

impl Writing {
    fn begin(output: &mut dyn Output, written: &Written, schema: &SchemaRef) -> Result<Self, Fault> {
        Ok(match written {
            Written::One(form) => Self::One(Sink::begin(output, *form, schema)?),
            Written::Parted(form, columns) => Self::Parted(Parts::begin(*form, columns, schema)?),
        })
    }

    fn write(&mut self, batch: &RecordBatch, output: &mut dyn Output) -> Result<(), Fault> {
        match self {
            Self::One(sink) => sink.write(batch, output),
            Self::Parted(parts) => parts.write(batch, output),
        }
    }

    fn finish(self, output: &mut dyn Output) -> Result<(), Fault> {
        match self {
            Self::One(sink) => sink.finish(output),
            Self::Parted(parts) => parts.finish(output),
        }
    }
}

/// Writes what the plan gives that `plan` makes over the job's tables.
pub(crate) fn answer<F>(
    call: &mut Call<'_>,
    host: &dyn Host,
    told: Vec<TableParams>,
    written: Written,
    plan: impl FnOnce(SessionContext) -> F + Send + 'static,
) -> Result<(), Fault>
where
    F: Future<Output = Result<LogicalPlan, Fault>> + Send + 'static,
{
    let (tables, files) = tables::open(call, told, host)?;
    let files = Arc::new(files);
    let session = session(&files, host).map_err(|error| fault(&error, fence::POINTER))?;
    let blame = blame(&tables);
    let (known, output) = (files.clone(), &mut *call.output);
    let steps = Arc::new(OnceLock::new());
    let taken = steps.clone();
    let work = move |batches: Batches| async move {
        for (at, table) in tables.iter().enumerate() {
            table.register(at, &known, &session).await?;
        }
        let names: Vec<&str> = tables.iter().map(|table| table.name.as_str()).collect();
        named::register(&names, &session).await.map_err(|error| fault(&error, fence::POINTER))?;
        let plan = plan(session.clone()).await?;
        match stream(plan, &session, &batches, &taken).await {
            Err(fault @ Fault::Invalid { .. }) => {
                for table in &tables {
                    if let Some(better) = table.bad_line(&known, &session).await {
                        return Err(better);
                    }
                }
                Err(fault)
            }
            other => other,
        }
    };
    let mut writing = None;
    drive(host, (&files, blame), work, |batch| match &mut writing {
        None => {
            writing = Some(Writing::begin(output, &written, &batch.schema())?);
            Ok(())
        }
        Some(writing) => writing.write(&batch, output),
    })?;
    if let Some(plan) = steps.get() {
        took(plan).iter().for_each(|line| host.log(line));
    }
    writing.map_or(Ok(()), |writing| writing.finish(output))
}

/// What each step of a plan that has run took: a line each, the last step first.
fn took(plan: &Arc<dyn ExecutionPlan>) -> Vec<String> {
    let text = DisplayableExecutionPlan::with_metrics(plan.as_ref()).set_metric_types(vec![MetricType::Summary]);
    let text = text.indent(false).to_string();
    let mut lines: Vec<String> = text.lines().take(STEPS_TOLD_MAX + 1).map(|line| format!("step {line}")).collect();
    if lines.len() > STEPS_TOLD_MAX {
        lines[STEPS_TOLD_MAX] = "step … and more".into();
    }
    lines
}

/// Sends what a plan gives, and leaves it in `taken`, with what its steps took, once it has run.
async fn stream(
    plan: LogicalPlan,
    session: &SessionContext,
    batches: &Batches,
    taken: &OnceLock<Arc<dyn ExecutionPlan>>,
) -> Result<(), Fault> {
    let told = |error: DataFusionError| fault(&error, fence::POINTER);
    let plan = session.state().create_physical_plan(&plan).await.map_err(told)?;
    let mut stream = execute_stream(plan.clone(), session.task_ctx()).map_err(told)?;
    // The columns, also of an answer without rows.
    let mut next = Some(Ok(RecordBatch::new_empty(stream.schema())));
    while let Some(batch) = next {
        // Whoever no longer listens has ended the job.
        batches.send(batch.map_err(told)?).await.map_err(|_| Fault::Cancelled)?;
        next = stream.next().await;
    }
    // Set once: a job has one plan.
    let _ = taken.set(plan);
    Ok(())
}

/// Values for placeholders, as the engine has them.
pub(crate) fn bound(values: Values) -> Result<ParamValues, Fault> {
    let one = |place: String, value: &Value| {
        let scalar = match value {
            Value::Null => ScalarValue::Null,
            Value::Bool(of) => ScalarValue::from(*of),
            Value::String(of) => ScalarValue::from(of.as_str()),
            Value::Number(of) => match (of.as_i64(), of.as_u64(), of.as_f64()) {
                (Some(of), ..) => ScalarValue::from(of),
                (None, Some(of), _) => ScalarValue::from(of),
                (None, None, Some(of)) => ScalarValue::from(of),
                (None, None, None) => return Err(Fault::invalid(place, "is no number that can be bound")),
            },
            Value::Array(_) | Value::Object(_) => {
                return Err(Fault::invalid(place, "must be a text, a number, a boolean or null"));
            }
        };
        Ok(ScalarAndMetadata::from(scalar))
    };
    match values {
        Values::Listed(list) => {
            let list = list.iter().enumerate().map(|(at, value)| one(format!("/params/values/{at}"), value));
            Ok(ParamValues::List(list.collect::<Result<_, _>>()?))
        }
        Values::Named(map) => {
            let map = map.iter().map(|(name, value)| Ok((name.clone(), one(format!("/params/values/{name}"), value)?)));
            Ok(ParamValues::Map(map.collect::<Result<_, Fault>>()?))
        }
    }
}
