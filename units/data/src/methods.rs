//! What can be asked without writing SQL. Each makes the statement that a person would write, and runs it as `query` does.

use std::fmt::Write;

use datafusion::{logical_expr::LogicalPlanBuilder, prelude::SessionContext};
use inos_unit::{Call, Fault, Host};

use crate::{
    faults::fault,
    fence,
    params::{AggregateParams, ConvertParams, ExplainParams, Function, Measure, SampleParams, TableParams},
    parts,
    query::{Written, answer, bound},
};

/// The table of a method that has one: all inputs, unless the caller says more.
const TABLE: &str = "input";

/// `convert`: all rows in another form.
pub(crate) fn convert(call: &mut Call<'_>, host: &dyn Host) -> Result<(), Fault> {
    let ConvertParams { tables, partition_by, output } = call.read_params()?;
    let table = only(tables);
    let mut sql = format!("SELECT * FROM {}", quoted(&table.name));
    if partition_by.is_empty() {
        let plan = move |session| async move { fence::plan(&sql, &session).await };
        return answer(call, host, vec![table], Written::One(output), plan);
    }
    let columns: Vec<String> = partition_by.iter().map(|column| quoted(column)).collect();
    // A text has room for everything.
    let _ = write!(sql, " ORDER BY {}", columns.join(", "));
    answer(call, host, vec![table], Written::Parted(output, partition_by), move |session| async move {
        fence::plan(&sql, &session).await.map_err(|fault| blamed(fault, parts::POINTER))
    })
}

/// `sample`: some rows, each as likely as any other.
pub(crate) fn sample(call: &mut Call<'_>, host: &dyn Host) -> Result<(), Fault> {
    let SampleParams { rows, tables, output } = call.read_params()?;
    let table = only(tables);
    let sql = format!("SELECT * FROM {} ORDER BY random() LIMIT {rows}", quoted(&table.name));
    let plan = move |session| async move { fence::plan(&sql, &session).await };
    answer(call, host, vec![table], Written::One(output), plan)
}

/// `aggregate`: rows of one group made one.
pub(crate) fn aggregate(call: &mut Call<'_>, host: &dyn Host) -> Result<(), Fault> {
    let AggregateParams { group_by, measures, tables, output } = call.read_params()?;
    let table = only(tables);
    let groups: Vec<String> = group_by.iter().map(|column| quoted(column)).collect();
    let measures = measures.iter().enumerate().map(|(at, measure)| measured(at, measure));
    let measures: Vec<String> = measures.collect::<Result<_, Fault>>()?;
    let columns: Vec<String> = groups.iter().cloned().chain(measures).collect();
    let mut sql = format!("SELECT {} FROM {}", columns.join(", "), quoted(&table.name));
    if !groups.is_empty() {
        let groups = groups.join(", ");
        // A text has room for everything.
        let _ = write!(sql, " GROUP BY {groups} ORDER BY {groups}");
    }
    answer(call, host, vec![table], Written::One(output), move |session| async move {
        fence::plan(&sql, &session).await.map_err(|fault| blamed(fault, "/params/measures"))
    })
}

/// A fault of a statement that nobody wrote: the columns are what the caller said.
fn blamed(fault: Fault, pointer: &str) -> Fault {
    match fault {
        Fault::Invalid { message, .. } => Fault::invalid(pointer, message),
        other => other,
    }
}

/// One measure as SQL.
fn measured(at: usize, measure: &Measure) -> Result<String, Fault> {
    let Measure { function, column, name } = measure;
    let (word, distinct) = match function {
        Function::Count => ("count", ""),
        Function::CountDistinct => ("count", "DISTINCT "),
        Function::Sum => ("sum", ""),
        Function::Min => ("min", ""),
        Function::Max => ("max", ""),
        Function::Mean => ("avg", ""),
        Function::Median => ("median", ""),
        Function::StandardDeviation => ("stddev", ""),
    };
    let of = match (column, function) {
        (Some(column), _) => quoted(column),
        (None, Function::Count) => "*".into(),
        (None, _) => return Err(Fault::invalid(format!("/params/measures/{at}/column"), "is missing")),
    };
    let usual = || match column {
        Some(column) => format!("{}_{column}", function.word()),
        None => "count".into(),
    };
    Ok(format!("{word}({distinct}{of}) AS {}", quoted(&name.clone().unwrap_or_else(usual))))
}

/// `explain`: how a statement would be worked out, or was.
pub(crate) fn explain(call: &mut Call<'_>, host: &dyn Host) -> Result<(), Fault> {
    let ExplainParams { sql, values, tables, analyze, output } = call.read_params()?;
    let values = values.map(bound).transpose()?;
    answer(call, host, tables, Written::One(output), move |session: SessionContext| async move {
        let mut plan = fence::plan(&sql, &session).await?;
        if let Some(values) = values {
            plan = plan.with_param_values(values).map_err(|error| fault(&error, "/params/values"))?;
        }
        let explained = LogicalPlanBuilder::from(plan).explain(false, analyze).and_then(LogicalPlanBuilder::build);
        explained.map_err(|error| fault(&error, fence::POINTER))
    })
}

/// The one table that a method works on.
pub(crate) fn only(tables: Vec<TableParams>) -> TableParams {
    tables.into_iter().next().unwrap_or_else(|| TableParams::of(TABLE.into(), Vec::new()))
}

/// A name as SQL has it, whatever is in it.
pub(crate) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}
