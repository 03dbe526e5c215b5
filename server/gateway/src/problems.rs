//! `/problems` and `/problems/{slug}`: each kind of refusal as a page that says what happened, what it means for
//! the reader's money and data, and what to do next. Written from the same list that the refusals come from.

mod words;

use axum::response::Response;
use inos_protocols::refusal::Kind;
use schemars::JsonSchema;
use serde::Serialize;

use crate::{
    call::Call,
    media::{HTML, JSON},
    pages::{self, escape},
    refusal::{Answer, not_found, status},
    reply,
};
use words::{WORDS, Words};

/// What is known of one kind of refusal.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub(crate) struct Kinds {
    /// The stable name.
    slug: &'static str,
    /// A short sentence.
    title: &'static str,
    /// The HTTP status.
    status: u16,
    /// Whether the same request may succeed later without a change.
    retryable: bool,
    /// What leads to it.
    cause: &'static str,
    /// What it means for money and data.
    meaning: &'static str,
    /// What to do next.
    remedy: &'static str,
}

fn known(kind: Kind) -> Kinds {
    let (_, cause, meaning, remedy) = *words(kind);
    let (slug, title, status) = (kind.slug(), kind.title(), status(kind).as_u16());
    Kinds { slug, title, status, retryable: kind.retryable(), cause, meaning, remedy }
}

fn words(kind: Kind) -> &'static Words {
    WORDS.iter().find(|(known, ..)| *known == kind).expect("every kind has words, as a test makes sure")
}

/// `GET /problems`.
pub(crate) async fn list(call: Call) -> Answer {
    let all: Vec<Kinds> = Kind::ALL.iter().copied().map(known).collect();
    if call.accepted(&[HTML, JSON])? == JSON {
        return Ok(reply::json(&all));
    }
    let rows = all.iter().map(|kind| {
        format!(
            "<tr><td><a href=\"/problems/{0}\"><code>{0}</code></a><td class=n>{1}<td>{2}",
            kind.slug,
            kind.status,
            escape(kind.title)
        )
    });
    let table = rows.collect::<String>();
    let body = format!(
        "<h1>Problems</h1><p>Every way in which this server says no.<table><tr><th>Code<th class=n>Status<th>Title{table}</table>"
    );
    Ok(pages::page("Problems", &body))
}

/// `GET /problems/{slug}`.
pub(crate) async fn show(call: Call) -> Answer {
    let kind = Kind::from_slug(call.name("slug")).ok_or_else(|| not_found("problem"))?;
    let known = known(kind);
    if call.accepted(&[HTML, JSON])? == JSON {
        return Ok(reply::json(&known));
    }
    Ok(page(&known))
}

fn page(kind: &Kinds) -> Response {
    let Kinds { slug, title, status, retryable, cause, meaning, remedy } = kind;
    let again = if *retryable {
        "The same request may succeed later without a change."
    } else {
        "The same request will be refused again until something changes."
    };
    let section = |head: &str, text: &str| format!("<h2>{head}</h2><p>{}", marked(text));
    let body = format!(
        "<p class=crumb><a href=\"/problems\">Problems</a><h1>{}</h1><p class=facts><code>{slug}</code> <span>HTTP {status}</span>{}{}{}{}",
        escape(title),
        section("What happened", cause),
        section("Your money and data", meaning),
        section("What to do", remedy),
        section("Trying again", again),
    );
    pages::page(title, &body)
}

/// Escaped words in which `this` is code.
fn marked(text: &str) -> String {
    let parts = text.split('`').enumerate();
    parts.map(|(at, part)| if at % 2 == 1 { format!("<code>{}</code>", escape(part)) } else { escape(part) }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_words_of_its_own() {
        let mut seen = std::collections::HashSet::new();
        for kind in Kind::ALL {
            let (_, cause, meaning, remedy) = words(*kind);
            assert!(seen.insert(*cause), "{kind:?} says the same as another");
            for text in [cause, meaning, remedy] {
                assert!(text.ends_with('.') && text.matches('`').count() % 2 == 0, "{kind:?}: {text}");
            }
        }
    }

    #[test]
    fn words_cannot_become_markup() {
        assert_eq!(marked("a `<b>` & c"), "a <code>&lt;b&gt;</code> &amp; c");
    }
}
