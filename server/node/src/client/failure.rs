//! What went wrong between the command line and the server, in words and with a next step.

use std::io::Read as _;

use serde_json::Value;
use ureq::{Body, http::Response};

use super::Client;
use crate::{
    exit::{Exit, Failure},
    show,
};

/// The longest problem body that is read, in bytes.
const PROBLEM_BYTES_MAX: u64 = 64 << 10;

impl Client {
    /// The response, or the failure that it says.
    pub(super) fn accepted(&self, response: Response<Body>) -> Result<Response<Body>, Failure> {
        let status = response.status();
        if status.is_success() {
            return Ok(response);
        }
        let mut text = Vec::new();
        let mut body = response.into_body().into_with_config().limit(PROBLEM_BYTES_MAX).reader();
        // A body that breaks off leaves the status, which says enough.
        let _ = body.read_to_end(&mut text);
        match serde_json::from_slice(&text) {
            Ok(problem @ Value::Object(_)) => Err(self.refused(status.as_u16(), problem)),
            _ => Err(self.not_a_server(&format!("the answer is {status} without a problem body"))),
        }
    }

    fn refused(&self, status: u16, problem: Value) -> Failure {
        let exit = if matches!(status, 401 | 403) { Exit::Unauthorised } else { Exit::Failed };
        let mut failure = problem_failure(exit, problem);
        if let Some(page) = failure.problem.as_ref().and_then(|problem| problem["type"].as_str()) {
            let page = if page.starts_with('/') { self.url(page) } else { page.to_owned() };
            let hint = failure.hint.take().map(|hint| format!("{hint}; ")).unwrap_or_default();
            failure.hint = Some(format!("{hint}see {}", show::clean(&page)));
        }
        failure
    }

    /// What kept a request from being answered.
    pub(super) fn failed(&self, error: ureq::Error) -> Failure {
        use ureq::Error::{BadUri, ConnectionFailed, HostNotFound, Http, Io, Timeout};
        let at = &self.base;
        match error {
            BadUri(_) | Http(_) => Failure::usage(format!("{at} cannot be asked: {error}")),
            Io(_) | ConnectionFailed | HostNotFound | Timeout(_) => {
                Failure::new(Exit::Unreachable, format!("the server at {at} does not answer: {error}"))
                    .hint("start one with `inos serve`, or say where it is with --url or INOS_URL")
            }
            error => Failure::new(Exit::Unreachable, format!("no conversation with {at}: {error}"))
                .hint("is this an inos server, and http or https as it wants it?"),
        }
    }

    pub(super) fn not_a_server(&self, why: &str) -> Failure {
        Failure::new(Exit::Unreachable, format!("{} does not speak as an inos server: {why}", self.base))
            .hint("check --url or INOS_URL")
    }
}

/// The failure that a problem body states.
pub(crate) fn problem_failure(exit: Exit, problem: Value) -> Failure {
    let text = |name: &str| show::clean(problem[name].as_str().unwrap_or_default());
    let (title, detail, code) = (text("title"), text("detail"), text("code"));
    let mut message = match (title.is_empty(), detail.is_empty()) {
        (false, false) => format!("{title}: {detail}"),
        (false, true) => title,
        _ => detail,
    };
    for error in problem["errors"].as_array().into_iter().flatten().take(20) {
        let part = |name: &str| show::clean(error[name].as_str().unwrap_or_default());
        let line = format!("{}: {}", part("pointer"), part("message"));
        if !message.contains(&line) {
            message = format!("{message}\n  {line}");
        }
    }
    let mut failure = Failure::new(exit, message);
    failure.hint = hint(&code, &problem);
    failure.problem = Some(problem);
    failure
}

fn hint(code: &str, problem: &Value) -> Option<String> {
    let hint = match code {
        "unauthorized" => "give a key with --key or INOS_KEY, or run where the server's admin.key can be read",
        "forbidden" => "`inos keys list` shows what your keys may do",
        "unknown-unit" => "`inos units` lists what there is",
        "unknown-method" => "`inos units UNIT` lists its methods",
        "invalid-params" => "`inos units UNIT.METHOD` shows its parameters",
        "insufficient-credits" => "`inos ledger show` shows what there is; an admin can `inos accounts grant`",
        "output-not-kept" => "outputs are kept for asynchronous jobs and for those that ask for it",
        _ => match problem["retry_after_ms"].as_u64() {
            Some(ms) => return Some(format!("try again in {}", show::micros(ms.saturating_mul(1000)))),
            None => return None,
        },
    };
    Some(hint.into())
}
