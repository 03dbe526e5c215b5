//! What a statement may be: one query over the job's tables, of a bounded size, whose plan consists of nodes that read and
//! compute. Decided by the plan and never by the text alone; the text is only measured, before anything recurses into it.

pub(crate) mod functions;
mod plan;
mod text;

use datafusion::{
    common::DataFusionError,
    execution::context::SessionContext,
    logical_expr::LogicalPlan,
    sql::{
        parser::{DFParserBuilder, Statement},
        sqlparser::{ast::Statement as Sql, dialect::GenericDialect},
    },
};
use inos_unit::Fault;

use crate::faults::fault;

/// Where the statement lies in the capsule.
pub(crate) const POINTER: &str = "/params/sql";

/// The plan of a statement that may run.
pub(crate) async fn plan(sql: &str, session: &SessionContext) -> Result<LogicalPlan, Fault> {
    text::measure(sql)?;
    let told = |error: DataFusionError| fault(&error, POINTER);
    let dialect = GenericDialect {};
    let parser = DFParserBuilder::new(sql).with_dialect(&dialect).with_recursion_limit(text::DEPTH_MAX).build();
    let mut statements = parser.and_then(|mut parser| parser.parse_statements()).map_err(told)?;
    let (Some(statement), None) = (statements.pop_front(), statements.pop_front()) else {
        return Err(Fault::invalid(POINTER, "must be exactly one statement"));
    };
    match &statement {
        Statement::Statement(of) if matches!(**of, Sql::Query(_)) => {}
        _ => return Err(Fault::invalid(POINTER, "only a query may run: SELECT, VALUES, or WITH and SELECT")),
    }
    let plan = session.state().statement_to_plan(statement).await.map_err(told)?;
    plan::check(&plan)?;
    Ok(plan)
}
