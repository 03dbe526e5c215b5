//! `schema` and `profile`: what a file has, without asking for its rows.

use std::sync::Arc;

use arrow::{
    array::{Array, AsArray, RecordBatch},
    datatypes::{DataType, FieldRef, Float64Type, Int64Type, UInt64Type},
};
use datafusion::{common::DataFusionError, common::TableReference, prelude::SessionContext};
use inos_unit::{Call, Fault, Host};
use serde_json::{Map, Value, json};

use crate::{
    faults::fault,
    fence,
    methods::{only, quoted},
    params::LookParams,
    run::{blame, drive},
    session::session,
    tables,
};

/// How many columns are looked at in one pass over the rows.
const COLUMNS_AT_ONCE: usize = 32;
/// Which quantiles a profile tells.
const QUANTILES: [(&str, f64); 3] = [("q25", 0.25), ("median", 0.5), ("q75", 0.75)];

/// `schema`: the columns of the inputs.
pub(crate) fn schema(call: &mut Call<'_>, host: &dyn Host) -> Result<(), Fault> {
    look(call, host, |name, session| async move {
        let columns = columns(&name, &session).await?;
        let columns: Vec<Value> = columns.iter().map(|field| Value::Object(told(field))).collect();
        Ok(json!({ "columns": columns }))
    })
}

/// `profile`: the columns of the inputs, and of each what its values are like.
pub(crate) fn profile(call: &mut Call<'_>, host: &dyn Host) -> Result<(), Fault> {
    look(call, host, |name, session| async move {
        let columns = columns(&name, &session).await?;
        let (mut rows, mut profiles) = (0, Vec::with_capacity(columns.len()));
        for some in columns.chunks(COLUMNS_AT_ONCE) {
            let wanted: Vec<String> = some.iter().enumerate().flat_map(|(at, field)| asked(at, field)).collect();
            let sql = format!("SELECT count(*) AS rows, {} FROM {}", wanted.join(", "), quoted(&name));
            let told = |error: DataFusionError| fault(&error, "/inputs");
            let plan = fence::plan(&sql, &session).await?;
            let found = session.execute_logical_plan(plan).await.map_err(told)?.collect().await.map_err(told)?;
            let row = found.iter().find(|batch| batch.num_rows() > 0);
            let row = row.ok_or_else(|| Fault::Broken("an aggregate without groups gave no row".into()))?;
            rows = whole(row, "rows").unwrap_or_default();
            profiles.extend(some.iter().enumerate().map(|(at, field)| profiled(at, field, row, rows)));
        }
        Ok(json!({ "rows": rows, "columns": profiles }))
    })
}

/// Writes what `work` says of the one table.
fn look<F>(
    call: &mut Call<'_>,
    host: &dyn Host,
    work: impl FnOnce(String, SessionContext) -> F + Send + 'static,
) -> Result<(), Fault>
where
    F: Future<Output = Result<Value, Fault>> + Send + 'static,
{
    let LookParams { tables } = call.read_params()?;
    let (tables, files) = tables::open(call, vec![only(tables)], host)?;
    let files = Arc::new(files);
    let session = session(&files, host).map_err(|error| fault(&error, "/inputs"))?;
    let (known, blame) = (files.clone(), blame(&tables));
    let said = drive(
        host,
        (&files, blame),
        move |batches| async move {
            // Nothing is sent: what is found is one value.
            drop(batches);
            let mut name = String::new();
            for (at, table) in tables.into_iter().enumerate() {
                table.register(at, &known, &session).await?;
                name = table.name;
            }
            work(name, session).await
        },
        |_| Ok(()),
    )?;
    call.output.write(said.to_string().as_bytes())
}

async fn columns(name: &str, session: &SessionContext) -> Result<Vec<FieldRef>, Fault> {
    let table = session.table_provider(TableReference::bare(name)).await;
    let table = table.map_err(|error| fault(&error, "/inputs"))?;
    Ok(table.schema().fields().iter().cloned().collect())
}

fn told(field: &FieldRef) -> Map<String, Value> {
    let members = [
        ("name", json!(field.name())),
        ("type", json!(field.data_type().to_string())),
        ("nullable", json!(field.is_nullable())),
    ];
    members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

/// Whether values of this type have an order and a text.
fn is_ordered(of: &DataType) -> bool {
    match of {
        DataType::Dictionary(_, values) => is_ordered(values),
        DataType::Binary | DataType::LargeBinary | DataType::BinaryView | DataType::FixedSizeBinary(_) => false,
        DataType::Null | DataType::Interval(_) => false,
        other => !other.is_nested(),
    }
}

/// What is asked of column number `at`.
fn asked(at: usize, field: &FieldRef) -> Vec<String> {
    let column = quoted(field.name());
    let mut wanted = vec![format!("count({column}) AS n{at}")];
    if is_ordered(field.data_type()) {
        wanted.push(format!("CAST(min({column}) AS VARCHAR) AS min{at}"));
        wanted.push(format!("CAST(max({column}) AS VARCHAR) AS max{at}"));
        wanted.push(format!("approx_distinct(CAST({column} AS VARCHAR)) AS distinct{at}"));
    }
    if field.data_type().is_numeric() {
        wanted.push(format!("avg(CAST({column} AS DOUBLE)) AS mean{at}"));
        let quantile = |(name, at_share): (&str, f64)| {
            format!(
                "approx_percentile_cont({at_share}) WITHIN GROUP (ORDER BY CAST({column} AS DOUBLE)) AS {name}_{at}"
            )
        };
        wanted.extend(QUANTILES.into_iter().map(quantile));
    }
    wanted
}

/// What the pass over the rows said of column number `at`.
fn profiled(at: usize, field: &FieldRef, row: &RecordBatch, rows: i64) -> Value {
    let mut said = told(field);
    let mut say = |name: &str, value: Option<Value>| {
        value.into_iter().for_each(|value| {
            said.insert(name.into(), value);
        });
    };
    say("nulls", whole(row, &format!("n{at}")).map(|count| json!(rows - count)));
    for end in ["min", "max"] {
        say(end, text(row, &format!("{end}{at}")).map(Value::from));
    }
    say("distinct_approx", whole(row, &format!("distinct{at}")).map(Value::from));
    say("mean", float(row, &format!("mean{at}")).map(Value::from));
    for (name, _) in QUANTILES {
        say(&format!("{name}_approx"), float(row, &format!("{name}_{at}")).map(Value::from));
    }
    Value::Object(said)
}

fn whole(row: &RecordBatch, name: &str) -> Option<i64> {
    let column = row.column_by_name(name).filter(|column| column.is_valid(0))?;
    let signed = column.as_primitive_opt::<Int64Type>().map(|of| of.value(0));
    signed.or_else(|| column.as_primitive_opt::<UInt64Type>().and_then(|of| i64::try_from(of.value(0)).ok()))
}

fn float(row: &RecordBatch, name: &str) -> Option<f64> {
    let column = row.column_by_name(name).filter(|column| column.is_valid(0))?;
    column.as_primitive_opt::<Float64Type>().map(|of| of.value(0))
}

fn text(row: &RecordBatch, name: &str) -> Option<String> {
    let column = row.column_by_name(name).filter(|column| column.is_valid(0))?;
    let view = column.as_string_view_opt().map(|of| of.value(0).to_owned());
    view.or_else(|| column.as_string_opt::<i32>().map(|of| of.value(0).to_owned()))
}
