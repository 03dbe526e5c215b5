//! `inos run` of a session: it is submitted and lives on; what is said is where to watch it and how to end it.

use serde_json::{Map, Value, json};

use super::run::{Run, merged, read_params};
use crate::{
    client::{Client, percent},
    exit::{Exit, Failure},
    show,
    terminal::{Terminal, say},
};

/// The method's description, where it is a session.
pub(super) fn session_of(client: &Client, unit: &str, method: &str) -> Result<Option<Value>, Failure> {
    let about = client.get(&format!("/v1/units/{}/{}", percent(unit), percent(method)))?;
    Ok((about["session"] == true).then_some(about))
}

impl Run {
    /// Submits a session and says where it is to be seen.
    pub(super) fn begin(&self, terminal: Terminal, client: &Client, about: &Value) -> Result<Exit, Failure> {
        if self.output.is_some() || self.receipt.is_some() {
            let told = "a session lives on, and gives nothing before its end";
            return Err(Failure::usage(told).hint("inos jobs output JOB, once it has ended"));
        }
        let capsule = self.capsule()?;
        let region = capsule["params"]["region"].as_str();
        let region = region.or_else(|| about["params"]["properties"]["region"]["default"].as_str()).unwrap_or("–");
        let region = show::clean(region);
        let job = client.post("/v1/jobs", &capsule)?;
        let id = show::clean(job["id"].as_str().unwrap_or("–"));
        if terminal.json() {
            terminal.value(&json!({ "job": id, "region": region, "held": job["held"] }))?;
        } else {
            terminal.line(&id)?;
            say(&format!("watch    inos regions watch {region}\nend      inos jobs cancel {id}"));
        }
        Ok(Exit::Done)
    }

    fn capsule(&self) -> Result<Value, Failure> {
        let (unit, method) = self.names()?;
        let file = self.params_file.as_deref().map(read_params).transpose()?.unwrap_or_default();
        let mut capsule = Map::new();
        let all = [
            ("unit", Some(json!(unit))),
            ("method", Some(json!(method))),
            ("params", Some(Value::Object(merged(file, &self.params)))),
            ("budget", self.budget.map(|budget| json!(budget.get()))),
            ("priority", self.priority.map(Value::from)),
            ("timeout_ms", self.timeout.map(|span| json!(u32::try_from(span.as_millis()).unwrap_or(u32::MAX)))),
            ("deadline", self.deadline.map(|deadline| json!(deadline.to_string()))),
            ("idempotency_key", self.idempotency_key.clone().map(Value::from)),
        ];
        capsule.extend(all.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))));
        Ok(Value::Object(capsule))
    }
}
