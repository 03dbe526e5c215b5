//! `read_parquet('name')` and its like, which users of other engines write: a table of the job by its name, and nothing that
//! a path or an address could reach.

use std::{collections::HashMap, fmt, sync::Arc};

use datafusion::{
    catalog::{TableFunctionArgs, TableFunctionImpl, TableProvider},
    common::{DataFusionError, Result, ScalarValue, TableReference},
    logical_expr::Expr,
    prelude::SessionContext,
};

/// The functions that there are.
pub(crate) const READERS: [&str; 4] = ["read_parquet", "read_csv", "read_json", "read_arrow"];

/// All tables of a job by their names.
struct Named(HashMap<String, Arc<dyn TableProvider>>);

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
        let found = self.0.get(name).cloned();
        found.ok_or_else(|| DataFusionError::Plan(format!("the job has no table {name}")))
    }
}

/// Makes the functions known to a session that has these tables.
pub(crate) async fn register(names: &[&str], session: &SessionContext) -> Result<()> {
    let mut tables = HashMap::new();
    for name in names {
        tables.insert((*name).to_owned(), session.table_provider(TableReference::bare(*name)).await?);
    }
    let named = Arc::new(Named(tables));
    READERS.iter().for_each(|reader| session.register_udtf(reader, named.clone()));
    Ok(())
}
