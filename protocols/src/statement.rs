//! What moved in an account in a month: where it began, each line, where it ended.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{AccountId, JobId, Microcredits, NodeId, account::Reason, ids::TransferId, month::Month, time::Time};

/// What moved in an account in a month.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Statement {
    /// The account.
    pub account: AccountId,
    /// The month, in UTC.
    pub month: Month,
    /// What the account had when the month began, in microcredits.
    pub opening: Microcredits,
    /// Every transfer and every job that was paid; both kinds in the order in which they were entered.
    pub lines: Vec<StatementLine>,
    /// What it had when the month ended, or has now, in microcredits: `opening` and the amounts of all lines.
    pub closing: Microcredits,
}

/// One line of a statement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StatementLine {
    /// When it was entered; for a job, when its receipt was signed.
    pub at: Time,
    /// Why.
    pub reason: Reason,
    /// What the account gained (positive) or spent (negative), in microcredits.
    pub amount: i64,
    /// The job, where it was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub job: Option<JobId>,
    /// The transfer, where it was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transfer: Option<TransferId>,
    /// Where the job's receipt stands.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub receipt: Option<ReceiptPlace>,
    /// The words that came with it; for a job, its method.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// Where a receipt stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReceiptPlace {
    /// The node that signed it.
    pub node: NodeId,
    /// The number of its commit among the node's.
    pub commit: u64,
    /// Its place among the receipts of the commit.
    pub index: u32,
}
