//! A request's query: which parameters a row knows, and reading them with words for what is wrong.

use std::str::FromStr;

use inos_protocols::{Refusal, refusal::Kind};
use serde_json::{Value, json};

/// One query parameter of a row.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Param {
    /// Its name.
    pub(crate) name: &'static str,
    /// What it does.
    pub(crate) about: &'static str,
    /// What it is.
    pub(crate) kind: ParamKind,
}

/// What a query parameter is.
#[derive(Debug, Clone, Copy)]
pub(crate) enum ParamKind {
    /// Words.
    Text,
    /// One of these.
    OneOf(&'static [&'static str]),
    /// A whole number between two others.
    Number(u64, u64),
    /// A time (RFC 3339, UTC).
    Time,
}

impl ParamKind {
    /// Its JSON Schema.
    pub(crate) fn schema(self) -> Value {
        match self {
            Self::Text => json!({ "type": "string" }),
            Self::OneOf(words) => json!({ "type": "string", "enum": words }),
            Self::Number(min, max) => json!({ "type": "integer", "minimum": min, "maximum": max }),
            Self::Time => json!({ "type": "string", "format": "date-time" }),
        }
    }
}

/// A decoded query.
#[derive(Debug, Default)]
pub(crate) struct Query(Vec<(String, String)>);

impl Query {
    /// Decodes a query string.
    pub(crate) fn read(query: &str) -> Self {
        Self(form_urlencoded::parse(query.as_bytes()).into_owned().collect())
    }

    /// Refuses parameters that are not among these, and repeated ones.
    pub(crate) fn only(&self, params: &[Param]) -> Result<(), Refusal> {
        for (index, (name, _)) in self.0.iter().enumerate() {
            if !params.iter().any(|param| param.name == name) {
                let known: Vec<_> = params.iter().map(|param| param.name).collect();
                let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
                return Err(wrong(name, format!("there is no such query parameter here; known: {known}")));
            }
            if self.0.iter().take(index).any(|(earlier, _)| earlier == name) {
                return Err(wrong(name, "the query parameter is given twice"));
            }
        }
        Ok(())
    }

    /// The text of a parameter; an empty one is as good as none.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.raw(name).filter(|value| !value.is_empty())
    }

    fn raw(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// A parameter read as something; `expected` says what a right one looks like.
    pub(crate) fn read_as<T: FromStr>(&self, name: &str, expected: &str) -> Result<Option<T>, Refusal> {
        let read = self.raw(name).map(str::parse).transpose();
        read.map_err(|_| wrong(name, format!("expected {expected}")))
    }

    /// A whole number between two others.
    pub(crate) fn number(&self, name: &str, min: u64, max: u64) -> Result<Option<u64>, Refusal> {
        let expected = format!("a whole number between {min} and {max}");
        let number = self.read_as::<u64>(name, &expected)?;
        match number {
            Some(number) if !(min..=max).contains(&number) => Err(wrong(name, format!("expected {expected}"))),
            number => Ok(number),
        }
    }

    /// Every parameter, in order.
    pub(crate) fn into_pairs(self) -> Vec<(String, String)> {
        self.0
    }
}

/// A query parameter that cannot be used.
pub(crate) fn wrong(name: &str, message: impl Into<String>) -> Refusal {
    let name: String = name.chars().filter(|c| !c.is_control()).take(64).collect();
    Refusal::field(Kind::InvalidParams, format!("/query/{}", name.replace('~', "~0").replace('/', "~1")), message)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PARAMS: &[Param] = &[Param { name: "limit", about: "", kind: ParamKind::Number(1, 10) }];

    #[test]
    fn a_query_has_only_known_parameters_once() {
        let check = |query, fits| assert_eq!(Query::read(query).only(PARAMS).is_ok(), fits, "{query}");
        check("", true);
        check("limit=3", true);
        check("limit=3&limit=4", false);
        check("Limit=3", false);
        check("limit=3&x=1", false);
    }

    #[test]
    fn a_number_lies_within_its_bounds() {
        let number = |query| Query::read(query).number("limit", 1, 10).ok();
        assert_eq!(number("limit=10"), Some(Some(10)));
        assert_eq!(number(""), Some(None));
        for bad in ["limit=", "limit=0", "limit=11", "limit=-1", "limit=1.5", "limit=x", "limit=99999999999999999999"] {
            assert_eq!(number(bad), None, "{bad}");
        }
    }
}
