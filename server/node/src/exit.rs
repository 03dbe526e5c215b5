//! How a command ends: the exit codes of the contract, and a failure with its hint.

use serde_json::Value;

/// The exit codes that scripts may rely on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// Done.
    Done = 0,
    /// The job or the check failed.
    Failed = 1,
    /// The command line cannot be understood.
    Usage = 2,
    /// The server did not answer.
    Unreachable = 3,
    /// The key is missing, unknown or lacks a scope.
    Unauthorised = 4,
    /// The server broke.
    Internal = 70,
    /// Another server has the data directory.
    InUse = 75,
    /// The configuration is wrong, or the database is newer than this program.
    Config = 78,
}

/// Why a command did not do what was asked.
#[derive(Debug, Clone, PartialEq)]
pub struct Failure {
    /// The exit code.
    pub exit: Exit,
    /// What happened.
    pub message: String,
    /// What to do next.
    pub hint: Option<String>,
    /// The server's problem body, where it sent one.
    pub problem: Option<Value>,
}

impl Failure {
    /// A failure with nothing but its words.
    pub fn new(exit: Exit, message: impl Into<String>) -> Self {
        Self { exit, message: message.into(), hint: None, problem: None }
    }

    /// A command line that cannot be understood.
    pub fn usage(message: impl Into<String>) -> Self {
        Self::new(Exit::Usage, message)
    }

    /// A file that could not be read or written.
    pub fn file(deed: &str, path: &std::path::Path, source: &std::io::Error) -> Self {
        Self::new(Exit::Failed, format!("could not {deed} {}: {source}", path.display()))
    }

    /// An error with every cause behind it, in one line.
    pub fn from_error(exit: Exit, error: &dyn std::error::Error) -> Self {
        Self::new(exit, chain(error))
    }

    /// The same with what to do next.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// The failure as a JSON object, for `--json`.
    pub fn to_json(&self) -> Value {
        self.problem.clone().unwrap_or_else(|| {
            let hint = self.hint.as_deref();
            serde_json::json!({ "title": self.message, "exit": self.exit as u8, "hint": hint })
        })
    }
}

/// An error's text followed by the texts of its causes, each once.
pub fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let said = error.to_string();
        if !text.ends_with(&said) {
            text = format!("{text}: {said}");
        }
        cause = error.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chain_says_each_cause_once() {
        #[derive(Debug, thiserror::Error)]
        #[error("could not open the ledger")]
        struct Outer(#[source] std::io::Error);
        let error = Outer(std::io::Error::other("disk is gone"));
        assert_eq!(chain(&error), "could not open the ledger: disk is gone");
    }

    #[test]
    fn exit_codes_are_those_of_the_contract() {
        let codes = [Exit::Done, Exit::Failed, Exit::Usage, Exit::Unreachable, Exit::Unauthorised];
        assert_eq!(codes.map(|code| code as u8), [0, 1, 2, 3, 4]);
        assert_eq!([Exit::Internal, Exit::InUse, Exit::Config].map(|code| code as u8), [70, 75, 78]);
    }
}
