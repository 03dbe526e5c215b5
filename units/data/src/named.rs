//! `read_parquet('name')` and its like, which users of other engines write: a table of the job by its name, or all whose
//! names are like `'sales_*'`, and nothing that a path or an address could reach.

use std::{fmt, sync::Arc};

use datafusion::{
    catalog::{TableFunctionArgs, TableFunctionImpl, TableProvider},
    common::{DataFusionError, Result, ScalarValue, TableReference},
    datasource::{ViewTable, provider_as_source},
    logical_expr::{Expr, LogicalPlanBuilder},
    prelude::SessionContext,
};
use glob::Pattern;

/// The functions that there are.
pub(crate) const READERS: [&str; 4] = ["read_parquet", "read_csv", "read_json", "read_arrow"];

/// All tables of a job with their names, in the order in which they were told.
struct Named(Vec<(String, Arc<dyn TableProvider>)>);

impl fmt::Debug for Named {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.write_str("the job's tables")
    }
}

impl TableFunctionImpl for Named {
    fn call_with_args(&self, args: TableFunctionArgs) -> Result<Arc<dyn TableProvider>> {
        let [Expr::Literal(ScalarValue::Utf8(Some(name)), _)] = args.exprs() else {
            return Err(DataFusionError::Plan("the name of one table is wanted, as a text".into()));
        };
        if let Some((_, table)) = self.0.iter().find(|(known, _)| known == name) {
            return Ok(table.clone());
        }
        if !name.contains(['*', '?', '[']) {
            return Err(DataFusionError::Plan(format!("the job has no table {name}")));
        }
        let pattern =
            Pattern::new(name).map_err(|error| DataFusionError::Plan(format!("the pattern {name}: {error}")))?;
        let mut found = self.0.iter().filter(|(known, _)| pattern.matches(known));
        let (first, table) =
            found.next().ok_or_else(|| DataFusionError::Plan(format!("no table of the job is like {name}")))?;
        let scan = |name: &str, table: &Arc<dyn TableProvider>| {
            LogicalPlanBuilder::scan(TableReference::bare(name), provider_as_source(table.clone()), None)
        };
        let all = found.try_fold(scan(first, table)?, |all, (name, table)| {
            // By their names, as files of one schema may have their columns in any order.
            all.union_by_name(scan(name, table)?.build()?)
        })?;
        Ok(Arc::new(ViewTable::new(all.build()?, None)))
    }
}

/// Makes the functions known to a session that has these tables.
pub(crate) async fn register(names: &[&str], session: &SessionContext) -> Result<()> {
    let mut tables = Vec::with_capacity(names.len());
    for name in names {
        tables.push(((*name).to_owned(), session.table_provider(TableReference::bare(*name)).await?));
    }
    let named = Arc::new(Named(tables));
    READERS.iter().for_each(|reader| session.register_udtf(reader, named.clone()));
    Ok(())
}
