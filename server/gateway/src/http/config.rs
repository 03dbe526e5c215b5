//! What a server was told when it was started, as an admin may see it.

use schemars::JsonSchema;
use serde::Serialize;

use crate::{
    auth::Visitor,
    call::Call,
    media::JSON,
    refusal::{Answer, not_found},
    reply,
};

/// The configuration that is in effect, without secrets.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct NodeConfig {
    /// Every setting.
    pub items: Vec<NodeSetting>,
}

/// A setting and what it is.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct NodeSetting {
    /// Its name: `--name`, `INOS_NAME` and `name = …` in the file.
    pub name: &'static str,
    /// What is in effect, as it would be written; of what may hold a secret, only what holds none. Absent where it is off.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    /// By what it was set.
    pub source: SettingSource,
    /// Where that was said: a flag, a variable, or a file and line.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<String>,
    /// What it is for.
    pub about: &'static str,
    /// What it takes.
    pub takes: &'static str,
}

/// By what a setting is what it is; a flag counts more than the environment, and that more than the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SettingSource {
    /// Nothing was said of it.
    Default,
    /// The configuration file.
    File,
    /// A variable of the environment.
    Environment,
    /// A flag of the command line.
    Flag,
}

/// `GET /v1/node/config`.
pub(crate) async fn show(call: Call, _: Visitor) -> Answer {
    call.accepted(&[JSON])?;
    let settings = call.app.options.settings.as_ref();
    Ok(reply::json(settings.ok_or_else(|| not_found("configuration"))?))
}
