//! An account's statement of a month, as JSON or as CSV.

use std::fmt::Write;

use http::{HeaderValue, header::CONTENT_DISPOSITION};
use inos_ledger::StatementPart;
use inos_protocols::{month::Month, statement::StatementLine, time::Time};

use crate::{
    auth::Visitor,
    call::Call,
    media::{CSV, JSON},
    query::{Param, ParamKind},
    refusal::Answer,
    reply,
};

/// The query parameters of `GET /v1/account/statement`.
pub(crate) const PARAMS: &[Param] = &[
    Param { name: "month", about: "A month such as 2026-11; without it, this one.", kind: ParamKind::Text },
    Param { name: "format", about: "In place of an Accept header.", kind: ParamKind::OneOf(&["json", "csv"]) },
];

/// The first row of the CSV form.
const HEAD: &str = "at,reason,amount,job,transfer,node,commit,index,note\r\n";

/// `GET /v1/account/statement`.
pub(crate) async fn show(call: Call, visitor: Visitor) -> Answer {
    let query = call.query()?;
    let media = match query.text("format") {
        Some("json") => JSON,
        Some("csv") => CSV,
        Some(_) => return Err(crate::query::wrong("format", "expected json or csv").into()),
        None => call.accepted(&[JSON, CSV])?,
    };
    let month = query.read_as::<Month>("month", "a month such as 2026-11")?.unwrap_or_else(|| Month::of(Time::now()));
    let account = visitor.caller.account;
    let mut is_first = true;
    let bytes = if media == JSON {
        let write = |part, to: &mut Vec<u8>| match part {
            StatementPart::Opening(amount) => {
                let head = format!(r#"{{"account":"{account}","month":"{month}","opening":{},"lines":["#, amount.get());
                to.extend_from_slice(head.as_bytes());
            }
            StatementPart::Line(line) => {
                if !std::mem::take(&mut is_first) {
                    to.push(b',');
                }
                let text = serde_json::to_vec(&line).expect("wire structs have text keys only");
                to.extend_from_slice(&text);
            }
            StatementPart::Closing(amount) => {
                to.extend_from_slice(format!(r#"],"closing":{}}}"#, amount.get()).as_bytes())
            }
        };
        call.app.broker.statement(&visitor.caller, month, write).await?
    } else {
        let write = |part, to: &mut Vec<u8>| to.extend_from_slice(row(&part, month).as_bytes());
        call.app.broker.statement(&visitor.caller, month, write).await?
    };
    let mut response = reply::of(media, bytes);
    if media == CSV {
        let name = format!("attachment; filename=\"statement-{month}.csv\"");
        let name = HeaderValue::from_str(&name).expect("a month is visible ASCII");
        response.headers_mut().insert(CONTENT_DISPOSITION, name);
    }
    Ok(response)
}

/// A part of the statement as a row, or as the head and a row.
fn row(part: &StatementPart, month: Month) -> String {
    match part {
        StatementPart::Opening(amount) => format!("{HEAD}{},opening,{},,,,,,\r\n", month.begins(), amount.get()),
        StatementPart::Closing(amount) => {
            let ends = month.next().begins().min(Time::now());
            format!("{ends},closing,{},,,,,,\r\n", amount.get())
        }
        StatementPart::Line(line) => line_row(line),
    }
}

fn line_row(line: &StatementLine) -> String {
    let StatementLine { at, reason, amount, job, transfer, receipt, note } = line;
    let reason = serde_json::to_value(reason).expect("a reason is a word");
    let mut row = format!("{at},{},{amount},", reason.as_str().unwrap_or_default());
    // Writing to a string cannot fail.
    let _ = match job {
        Some(job) => write!(row, "{job},"),
        None => write!(row, ","),
    };
    let _ = match transfer {
        Some(transfer) => write!(row, "{transfer},"),
        None => write!(row, ","),
    };
    let _ = match receipt {
        Some(place) => write!(row, "{},{},{},", place.node, place.commit, place.index),
        None => write!(row, ",,,"),
    };
    row.push_str(&cell(note.as_deref().unwrap_or_default()));
    row.push_str("\r\n");
    row
}

/// Somebody's words as a cell: quoted where they must be, and never a formula to a spreadsheet.
fn cell(text: &str) -> String {
    let harmless = match text.chars().next() {
        Some('=' | '+' | '-' | '@' | '\t' | '\r') => format!("'{text}"),
        _ => text.to_owned(),
    };
    if harmless.contains(['"', ',', '\n', '\r']) { format!("\"{}\"", harmless.replace('"', "\"\"")) } else { harmless }
}

#[cfg(test)]
mod tests {
    use super::cell;

    #[test]
    fn no_cell_is_a_formula_and_none_breaks_its_row() {
        for (text, shown) in [
            ("", ""),
            ("rent", "rent"),
            ("=cmd()", "'=cmd()"),
            ("+1", "'+1"),
            ("-1", "'-1"),
            ("@x", "'@x"),
            ("a,b", "\"a,b\""),
            ("=a \"b\", c", "\"'=a \"\"b\"\", c\""),
        ] {
            assert_eq!(cell(text), shown);
        }
    }
}
