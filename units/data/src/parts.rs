//! Rows as several files, one for each value of the columns that part them, under the paths that Hive gave such files:
//! `year=2026/city=Bern/data.parquet`. What comes must be sorted by these columns.

use std::fmt::Write;

use arrow::{
    array::{Array, RecordBatch},
    compute::partition,
    datatypes::{Schema, SchemaRef},
    util::display::{ArrayFormatter, FormatOptions},
};
use inos_unit::{Fault, Output};
use serde::Serialize;

use crate::{
    faults::fault,
    params::{Form, PARTS_MAX},
    write::Sink,
};

/// Where the caller says which columns.
pub(crate) const POINTER: &str = "/params/partition_by";
/// What stands for a null in a path, by Hive's convention.
pub(crate) const NULL: &str = "__HIVE_DEFAULT_PARTITION__";
/// Characters that a value cannot have in a path as it is, by Hive's convention; all control characters beside.
const UNFIT: &[char] = &['"', '#', '%', '\'', '*', '/', ':', '=', '?', '\\', '{', '[', ']', '^', '\u{7f}'];

/// One file, as the last output tells of it.
#[derive(Serialize)]
struct Part {
    /// Which of the job's outputs it is.
    output: usize,
    path: String,
    rows: u64,
}

/// Writes batches of one schema to one output for each part, and then one that lists them.
pub(crate) struct Parts {
    form: Form,
    /// The columns that part the rows, and the others.
    by: Vec<usize>,
    others: Vec<usize>,
    schema: SchemaRef,
    written: Vec<Part>,
    open: Option<Sink>,
}

impl Parts {
    /// Files in this form of rows that these columns part.
    pub(crate) fn begin(form: Form, columns: &[String], schema: &SchemaRef) -> Result<Self, Fault> {
        let mut by = Vec::with_capacity(columns.len());
        for (at, column) in columns.iter().enumerate() {
            let pointer = || format!("{POINTER}/{at}");
            let found =
                schema.index_of(column).map_err(|_| Fault::invalid(pointer(), "the rows have no such column"))?;
            if by.contains(&found) {
                return Err(Fault::invalid(pointer(), "this column is there already"));
            }
            if schema.field(found).data_type().is_nested() {
                return Err(Fault::invalid(pointer(), "has values that no path can have"));
            }
            by.push(found);
        }
        let others: Vec<usize> = (0..schema.fields().len()).filter(|column| !by.contains(column)).collect();
        if others.is_empty() {
            return Err(Fault::invalid(POINTER, "leaves the files no column"));
        }
        let told = |error: arrow::error::ArrowError| fault(&error.into(), POINTER);
        let schema = SchemaRef::from(Schema::clone(schema).project(&others).map_err(told)?);
        Ok(Self { form, by, others, schema, written: Vec::new(), open: None })
    }

    /// Appends a batch.
    pub(crate) fn write(&mut self, batch: &RecordBatch, output: &mut dyn Output) -> Result<(), Fault> {
        let told = |error: arrow::error::ArrowError| fault(&error.into(), POINTER);
        if batch.num_rows() == 0 {
            return Ok(());
        }
        let columns: Vec<_> = self.by.iter().map(|column| batch.column(*column).clone()).collect();
        for rows in partition(&columns).map_err(told)?.ranges() {
            let path = self.path(batch, rows.start)?;
            if self.written.last().is_none_or(|part| part.path != path) {
                self.next(path, output)?;
            }
            let part = batch.slice(rows.start, rows.len()).project(&self.others).map_err(told)?;
            if let (Some(sink), Some(told)) = (&mut self.open, self.written.last_mut()) {
                sink.write(&part, output)?;
                told.rows += rows.len() as u64;
            }
        }
        Ok(())
    }

    /// Ends the last file, and lists all.
    pub(crate) fn finish(mut self, output: &mut dyn Output) -> Result<(), Fault> {
        if let Some(sink) = self.open.take() {
            sink.finish(output)?;
        }
        output.begin(Form::Json.media_type())?;
        let list = serde_json::to_vec(&self.written).map_err(|error| Fault::Broken(format!("a list: {error}")))?;
        output.write(&list)
    }

    fn next(&mut self, path: String, output: &mut dyn Output) -> Result<(), Fault> {
        if self.written.len() == PARTS_MAX {
            return Err(Fault::limit(PARTS_MAX as u64, "files of one job"));
        }
        if let Some(sink) = self.open.take() {
            sink.finish(output)?;
        }
        self.open = Some(Sink::begin(output, self.form, &self.schema)?);
        self.written.push(Part { output: self.written.len(), path, rows: 0 });
        Ok(())
    }

    /// Where a row's file lies.
    fn path(&self, batch: &RecordBatch, row: usize) -> Result<String, Fault> {
        let told = |error: arrow::error::ArrowError| fault(&error.into(), POINTER);
        let mut path = String::new();
        for (at, column) in self.by.iter().enumerate() {
            let values = batch.column(*column);
            let value = match values.is_null(row) {
                true => NULL.to_owned(),
                false => {
                    let values = ArrayFormatter::try_new(values, &FormatOptions::default()).map_err(told)?;
                    let text = values.value(row).try_to_string().map_err(told)?;
                    // Readers compare what a path stands for, so that no way of writing it would keep it from being a null.
                    if text == NULL {
                        let why = format!("a value is {NULL}, which stands for a null in a path");
                        return Err(Fault::invalid(format!("{POINTER}/{at}"), why));
                    }
                    escaped(&text)
                }
            };
            path += &format!("{}={value}/", escaped(batch.schema().field(*column).name()));
        }
        Ok(path + "data." + self.form.extension())
    }
}

/// A text as a part of a path.
fn escaped(text: &str) -> String {
    let mut path = String::with_capacity(text.len());
    for letter in text.chars() {
        if letter.is_ascii_control() || UNFIT.contains(&letter) {
            // A text has room for everything.
            let _ = write!(path, "%{:02X}", u32::from(letter));
        } else {
            path.push(letter);
        }
    }
    path
}

/// The text that a part of a path stands for.
pub(crate) fn unescaped(part: &str) -> String {
    let mut bytes = Vec::with_capacity(part.len());
    let mut rest = part.as_bytes();
    while let [first, after @ ..] = rest {
        let coded = |pair: &[u8]| std::str::from_utf8(pair).ok().and_then(|pair| u8::from_str_radix(pair, 16).ok());
        match (first, after.split_at_checked(2)) {
            (b'%', Some((pair, further))) if pair.iter().all(u8::is_ascii_hexdigit) => {
                bytes.extend(coded(pair));
                rest = further;
            }
            _ => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    String::from_utf8(bytes).unwrap_or_else(|_| part.to_owned())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_stands_in_a_path_is_what_it_stood_for(text in "\\PC*|[%=/a-f0-9]{0,12}") {
            let path = escaped(&text);
            prop_assert!(!path.contains(['/', '=']));
            prop_assert_eq!(unescaped(&path), text);
        }
    }
}
