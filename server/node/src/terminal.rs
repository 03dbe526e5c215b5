//! What commands print: facts and tables on standard output, progress and words on standard error.
//! Colour and progress only where a person looks at a terminal.

use std::io::{self, IsTerminal, Write};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde_json::Value;

use crate::{
    exit::{Exit, Failure},
    show,
};

/// Fields that are shown before all others.
const FIRST: [&str; 6] = ["id", "hash", "job", "name", "status", "state"];

/// Where a command's answers go.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Terminal {
    json: bool,
    is_person: bool,
    colour: bool,
    width: usize,
}

impl Terminal {
    /// Standard output as it is; `json` prints what the server said.
    pub(crate) fn new(json: bool) -> Self {
        let is_person = io::stdout().is_terminal();
        let width = rustix::termios::tcgetwinsize(io::stdout()).map_or(0, |size| size.ws_col.into());
        let colour = is_person && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
        Self { json, is_person, colour, width: if is_person && width > 0 { width } else { usize::MAX } }
    }

    /// Whether JSON was asked for.
    pub(crate) fn json(self) -> bool {
        self.json
    }

    /// Whether somebody reads it as it comes, and not a file or another program.
    pub(crate) fn is_person(self) -> bool {
        self.is_person
    }

    /// Prints a line; control characters must be gone from it.
    pub(crate) fn line(self, line: &str) -> Result<(), Failure> {
        write(&mut io::stdout().lock(), &format!("{line}\n"))
    }

    /// Prints a value as JSON: indented for a person, one line for a program.
    pub(crate) fn value(self, value: &Value) -> Result<(), Failure> {
        // JSON's own escapes cover C0 alone.
        let text = if self.is_person {
            format!("{value:#}").split('\n').map(show::clean).collect::<Vec<_>>().join("\n")
        } else {
            value.to_string()
        };
        self.line(&text)
    }

    /// Prints an object as one fact a line, or as JSON.
    pub(crate) fn facts(self, value: &Value) -> Result<(), Failure> {
        if self.json {
            return self.value(value);
        }
        write(&mut io::stdout().lock(), &facts(value, self.colour))
    }

    /// Prints items as a table of these fields, or `all` as JSON.
    pub(crate) fn table(self, all: &Value, items: &[Value], columns: &[&str], none: &str) -> Result<(), Failure> {
        if self.json {
            return self.value(all);
        }
        if items.is_empty() {
            return self.line(none);
        }
        write(&mut io::stdout().lock(), &table(items, columns, self.width, self.colour))
    }
}

fn write(to: &mut impl Write, text: &str) -> Result<(), Failure> {
    to.write_all(text.as_bytes()).and_then(|()| to.flush()).map_err(|error| unwritten(&error))
}

/// A reader that has seen enough is no failure.
pub(crate) fn unwritten(error: &io::Error) -> Failure {
    match error.kind() {
        io::ErrorKind::BrokenPipe => Failure::new(Exit::Done, ""),
        _ => Failure::new(Exit::Failed, format!("could not write the output: {error}")),
    }
}

/// An object as aligned lines of name and value; objects inside it are flattened.
fn facts(value: &Value, colour: bool) -> String {
    let mut lines = Vec::new();
    flatten("", value, &mut lines);
    let width = lines.iter().map(|(name, _)| name.chars().count()).max().unwrap_or(0);
    lines.into_iter().map(|(name, text)| format!("{name:width$}  {}\n", painted(&text, colour))).collect()
}

fn flatten(prefix: &str, value: &Value, lines: &mut Vec<(String, String)>) {
    let join = |name: &str| if prefix.is_empty() { name.to_owned() } else { format!("{prefix} {name}") };
    match value {
        Value::Object(fields) => {
            let mut fields: Vec<_> = fields.iter().collect();
            // What a thing is called comes first; the sort keeps the rest in its order.
            fields.sort_by_key(|(name, _)| FIRST.iter().position(|first| first == name).unwrap_or(FIRST.len()));
            for (name, value) in fields {
                match value {
                    Value::Object(inner) if inner.is_empty() => lines.push((join(&show::clean(name)), "–".into())),
                    Value::Object(_) => flatten(&join(&show::clean(name)), value, lines),
                    Value::Array(items) if items.iter().any(Value::is_object) => {
                        for (index, item) in items.iter().enumerate() {
                            flatten(&format!("{} {index}", join(&show::clean(name))), item, lines);
                        }
                    }
                    _ => lines.push((join(&show::clean(&show::label(name))), show::field(name, value))),
                }
            }
        }
        _ => lines.push((prefix.to_owned(), show::field(prefix, value))),
    }
}

/// Items as a table; where it is wider than the terminal, each item becomes lines of its own.
fn table(items: &[Value], columns: &[&str], width: usize, colour: bool) -> String {
    let cells: Vec<Vec<String>> =
        items.iter().map(|item| columns.iter().map(|name| cell(item, name)).collect()).collect();
    let titles: Vec<String> = columns.iter().map(|name| show::label(name.rsplit('.').next().unwrap_or(name))).collect();
    let widths: Vec<usize> = (0..columns.len())
        .map(|at| {
            cells.iter().map(|row| row[at].chars().count()).chain([titles[at].chars().count()]).max().unwrap_or(0)
        })
        .collect();
    if widths.iter().sum::<usize>() + 2 * columns.len().saturating_sub(1) > width {
        return folded(&cells, &titles, colour);
    }
    let right: Vec<bool> = columns.iter().map(|name| items.iter().any(|item| at(item, name).is_number())).collect();
    let line = |row: &[String], colour: bool| {
        let cells = row.iter().enumerate().map(|(at, text)| {
            let pad = " ".repeat(widths[at] - text.chars().count());
            let text = painted(text, colour);
            if right[at] { format!("{pad}{text}") } else { format!("{text}{pad}") }
        });
        format!("{}\n", cells.collect::<Vec<_>>().join("  ").trim_end())
    };
    let head = line(&titles, false);
    let head = if colour { format!("\x1b[2m{}\x1b[0m\n", head.trim_end()) } else { head };
    cells.iter().fold(head, |text, row| text + &line(row, colour))
}

fn folded(cells: &[Vec<String>], titles: &[String], colour: bool) -> String {
    let width = titles.iter().map(|title| title.chars().count()).max().unwrap_or(0);
    let item = |row: &Vec<String>| {
        let lines = row.iter().zip(titles).map(|(text, title)| format!("{title:width$}  {}\n", painted(text, colour)));
        lines.collect::<String>()
    };
    cells.iter().map(item).collect::<Vec<_>>().join("\n")
}

fn at<'a>(item: &'a Value, name: &str) -> &'a Value {
    name.split('.').fold(item, |value, part| &value[part])
}

fn cell(item: &Value, name: &str) -> String {
    show::field(name, at(item, name))
}

/// The five states have a shape and a colour each; every other word stays as it is.
fn painted(word: &str, colour: bool) -> String {
    let (code, shape) = match word {
        "queued" => (36, '○'),
        "running" => (34, '◔'),
        "succeeded" => (32, '●'),
        "failed" => (31, '✗'),
        "cancelled" | "expired" => (33, '–'),
        _ => return word.to_owned(),
    };
    if colour { format!("\x1b[{code}m{word}\x1b[0m {shape}") } else { word.to_owned() }
}

/// Words for the person at the terminal, on standard error; a reader that went away is no failure.
pub(crate) fn say(words: &str) {
    let _ = writeln!(io::stderr().lock(), "{words}");
}

/// Whether a person reads standard error.
pub(crate) fn is_watched() -> bool {
    io::stderr().is_terminal()
}

/// A progress bar of bytes on standard error, with rate and time left; invisible unless a person watches.
pub(crate) fn progress(len: Option<u64>, what: &str) -> ProgressBar {
    let bar = ProgressBar::with_draw_target(len, ProgressDrawTarget::stderr_with_hz(10));
    let template = match len {
        Some(_) => {
            "{msg:12} [{bar:30}] {binary_bytes:>10} of {binary_total_bytes}  {binary_bytes_per_sec:>12}  {eta:>4}"
        }
        None => "{msg:12} {binary_bytes:>10}  {binary_bytes_per_sec:>12}  {elapsed:>4}",
    };
    let style = ProgressStyle::with_template(template).expect("the template is well formed");
    bar.set_style(style.progress_chars("=> "));
    bar.set_message(what.to_owned());
    bar
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_table_is_aligned_and_folds_when_narrow() {
        let items = [
            json!({"id": "job_1", "state": "succeeded", "cost": 12, "metrics": {"run_us": 900}}),
            json!({"id": "job_22", "state": "failed", "cost": 1_500_000, "metrics": {"run_us": 1_900_000}}),
        ];
        let columns = ["id", "state", "cost", "metrics.run_us"];
        let wide = "id      state          cost     run\njob_1   succeeded  0.000012  900 µs\njob_22  failed          1.5   1.9 s\n";
        assert_eq!(table(&items, &columns, 80, false), wide);
        let narrow = "id     job_1\nstate  succeeded\ncost   0.000012\nrun    900 µs\n\nid     job_22\nstate  failed\ncost   1.5\nrun    1.9 s\n";
        assert_eq!(table(&items, &columns, 20, false), narrow);
        assert!(table(&items, &columns, 80, true).contains("\x1b[32msucceeded\x1b[0m ●"));
    }

    #[test]
    fn facts_are_flat_and_clean() {
        let value =
            json!({"id": "x\x1b", "metrics": {"run_us": 5}, "outputs": [{"bytes": 2048}], "labels": {}, "error": null});
        assert_eq!(
            facts(&value, false),
            "id               x\u{fffd}\nerror            –\nlabels           –\nmetrics run      5 µs\noutputs 0 bytes  2.0 KiB\n"
        );
    }
}
