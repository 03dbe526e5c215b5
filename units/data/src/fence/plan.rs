//! Which nodes a plan may have: those that read the job's tables and compute. Whatever is not named is refused.

use datafusion::{common::tree_node::TreeNodeRecursion, logical_expr::LogicalPlan};
use inos_unit::Fault;

use super::POINTER;
use crate::faults::fault;

/// The most nodes of a plan: planning takes time with their square.
const NODES_MAX: u64 = 2_000;
/// The most joins of a plan.
const JOINS_MAX: u64 = 64;

/// Refuses a plan that does more than to read and to compute, or is too large.
pub(super) fn check(plan: &LogicalPlan) -> Result<(), Fault> {
    let (mut refused, mut nodes, mut joins) = (None, 0_u64, 0_u64);
    let walked = plan.apply_with_subqueries(|node| {
        nodes += 1;
        joins += u64::from(matches!(node, LogicalPlan::Join(_)));
        if !may_be(node) {
            refused = Some(format!("only a query may run, and not {}", node.display()));
            return Ok(TreeNodeRecursion::Stop);
        }
        Ok(TreeNodeRecursion::Continue)
    });
    walked.map_err(|error| fault(&error, POINTER))?;
    if let Some(why) = refused {
        return Err(Fault::invalid(POINTER, why));
    }
    if nodes > NODES_MAX {
        return Err(Fault::limit(NODES_MAX, "steps of a query"));
    }
    if joins > JOINS_MAX { Err(Fault::limit(JOINS_MAX, "joins of a query")) } else { Ok(()) }
}

fn may_be(node: &LogicalPlan) -> bool {
    match node {
        LogicalPlan::Projection(_)
        | LogicalPlan::Filter(_)
        | LogicalPlan::Window(_)
        | LogicalPlan::Aggregate(_)
        | LogicalPlan::Sort(_)
        | LogicalPlan::Join(_)
        | LogicalPlan::Repartition(_)
        | LogicalPlan::Union(_)
        | LogicalPlan::TableScan(_)
        | LogicalPlan::EmptyRelation(_)
        | LogicalPlan::Subquery(_)
        | LogicalPlan::SubqueryAlias(_)
        | LogicalPlan::Limit(_)
        | LogicalPlan::Values(_)
        | LogicalPlan::Distinct(_)
        | LogicalPlan::Unnest(_)
        | LogicalPlan::RecursiveQuery(_) => true,
        LogicalPlan::Statement(_)
        | LogicalPlan::Explain(_)
        | LogicalPlan::Analyze(_)
        | LogicalPlan::Extension(_)
        | LogicalPlan::Dml(_)
        | LogicalPlan::Ddl(_)
        | LogicalPlan::Copy(_)
        | LogicalPlan::DescribeTable(_) => false,
    }
}
