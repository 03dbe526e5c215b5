//! Batches as bytes, in each of the forms that an answer can have.

use std::{cell::RefCell, io, rc::Rc, sync::Arc};

use arrow::{
    array::{Array, ArrayRef, RecordBatch, StringBuilder},
    csv,
    datatypes::{DataType, Field, Schema, SchemaRef},
    error::ArrowError,
    ipc,
    json::{
        WriterBuilder,
        writer::{JsonArray, LineDelimited, Writer},
    },
    util::display::{ArrayFormatter, FormatOptions},
};
use inos_unit::{Fault, Output};
use parquet::{
    arrow::ArrowWriter,
    basic::{Compression, ZstdLevel},
    errors::ParquetError,
    file::properties::WriterProperties,
};

use crate::params::Form;

/// A row group of Parquet is ended once it has so many bytes in memory.
const ROW_GROUP_BYTES: usize = 64 << 20;

/// Writes batches of one schema to an output.
pub(crate) struct Sink(Kind);

enum Kind {
    Json(Writer<Vec<u8>, JsonArray>),
    Ndjson(Writer<Vec<u8>, LineDelimited>),
    Separated(Box<csv::Writer<Gathered>>, Gathered, SchemaRef),
    Parquet(Box<ArrowWriter<Vec<u8>>>),
    Arrow(Box<ipc::writer::FileWriter<Vec<u8>>>),
    ArrowStream(Box<ipc::writer::StreamWriter<Vec<u8>>>),
}

impl Sink {
    /// The next output, in this form.
    pub(crate) fn begin(output: &mut dyn Output, form: Form, schema: &SchemaRef) -> Result<Self, Fault> {
        output.begin(form.media_type())?;
        let nulls = || WriterBuilder::new().with_explicit_nulls(true);
        let writer = match form {
            Form::Json => Kind::Json(nulls().build(Vec::new())),
            Form::Ndjson => Kind::Ndjson(nulls().build(Vec::new())),
            Form::Csv => separated(b',', schema)?,
            Form::Tsv => separated(b'\t', schema)?,
            Form::Parquet => {
                let level = ZstdLevel::try_new(1).map_err(|error| of_parquet(&error))?;
                let properties = WriterProperties::builder().set_compression(Compression::ZSTD(level)).build();
                let writer = ArrowWriter::try_new(Vec::new(), schema.clone(), Some(properties));
                Kind::Parquet(Box::new(writer.map_err(|error| of_parquet(&error))?))
            }
            Form::Arrow => Kind::Arrow(Box::new(
                ipc::writer::FileWriter::try_new(Vec::new(), schema).map_err(|error| of_arrow(&error))?,
            )),
            Form::ArrowStream => Kind::ArrowStream(Box::new(
                ipc::writer::StreamWriter::try_new(Vec::new(), schema).map_err(|error| of_arrow(&error))?,
            )),
        };
        Ok(Self(writer))
    }

    /// Appends a batch.
    pub(crate) fn write(&mut self, batch: &RecordBatch, output: &mut dyn Output) -> Result<(), Fault> {
        let told = |error: ArrowError| of_arrow(&error);
        match &mut self.0 {
            Kind::Json(writer) => writer.write(batch).map_err(told)?,
            Kind::Ndjson(writer) => writer.write(batch).map_err(told)?,
            Kind::Separated(writer, _, schema) => writer.write(&flat(batch, schema)?).map_err(told)?,
            Kind::Arrow(writer) => writer.write(batch).map_err(told)?,
            Kind::ArrowStream(writer) => writer.write(batch).map_err(told)?,
            Kind::Parquet(writer) => {
                writer.write(batch).map_err(|error| of_parquet(&error))?;
                if writer.in_progress_size() > ROW_GROUP_BYTES {
                    writer.flush().map_err(|error| of_parquet(&error))?;
                }
            }
        }
        self.pass_on(output)
    }

    /// Ends the output.
    pub(crate) fn finish(mut self, output: &mut dyn Output) -> Result<(), Fault> {
        let told = |error: ArrowError| of_arrow(&error);
        match &mut self.0 {
            Kind::Json(writer) => writer.finish().map_err(told)?,
            Kind::Ndjson(writer) => writer.finish().map_err(told)?,
            Kind::Separated(..) => {}
            Kind::Arrow(writer) => writer.finish().map_err(told)?,
            Kind::ArrowStream(writer) => writer.finish().map_err(told)?,
            Kind::Parquet(writer) => {
                writer.finish().map_err(|error| of_parquet(&error))?;
            }
        }
        self.pass_on(output)
    }

    /// Gives on what was written so far.
    fn pass_on(&mut self, output: &mut dyn Output) -> Result<(), Fault> {
        let mut lent;
        let written = match &mut self.0 {
            Kind::Json(writer) => writer.get_mut(),
            Kind::Ndjson(writer) => writer.get_mut(),
            Kind::Separated(_, gathered, _) => {
                lent = gathered.0.take();
                &mut lent
            }
            Kind::Parquet(writer) => writer.inner_mut(),
            Kind::Arrow(writer) => writer.get_mut(),
            Kind::ArrowStream(writer) => writer.get_mut(),
        };
        let written = std::mem::take(written);
        if written.is_empty() { Ok(()) } else { output.write(&written) }
    }
}

/// What a writer of CSV wrote, which it does not give back before its end.
#[derive(Clone, Default)]
struct Gathered(Rc<RefCell<Vec<u8>>>);

impl io::Write for Gathered {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.borrow_mut().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Columns that CSV has no form for are written as text.
fn separated(delimiter: u8, schema: &SchemaRef) -> Result<Kind, Fault> {
    let fields = schema.fields().iter().map(|field| match is_flat(field.data_type()) {
        true => field.clone(),
        false => Arc::new(Field::new(field.name(), DataType::Utf8, true)),
    });
    let schema: SchemaRef = Arc::new(Schema::new(fields.collect::<Vec<_>>()));
    let gathered = Gathered::default();
    let mut writer = csv::WriterBuilder::new().with_delimiter(delimiter).with_header(true).build(gathered.clone());
    // The names of the columns, also where there is no row.
    writer.write(&RecordBatch::new_empty(schema.clone())).map_err(|error| of_arrow(&error))?;
    Ok(Kind::Separated(Box::new(writer), gathered, schema))
}

fn is_flat(of: &DataType) -> bool {
    match of {
        DataType::Dictionary(_, values) => is_flat(values),
        other => !other.is_nested(),
    }
}

fn flat(batch: &RecordBatch, schema: &SchemaRef) -> Result<RecordBatch, Fault> {
    let told = |error: ArrowError| of_arrow(&error);
    let columns = batch.columns().iter().map(|column| match is_flat(column.data_type()) {
        true => Ok(column.clone()),
        false => as_text(column).map_err(told),
    });
    let columns: Vec<ArrayRef> = columns.collect::<Result<_, Fault>>()?;
    RecordBatch::try_new(schema.clone(), columns).map_err(told)
}

fn as_text(column: &ArrayRef) -> Result<ArrayRef, ArrowError> {
    let options = FormatOptions::default();
    let formatter = ArrayFormatter::try_new(column, &options)?;
    let mut texts = StringBuilder::new();
    for row in 0..column.len() {
        if column.is_null(row) {
            texts.append_null();
        } else {
            texts.append_value(formatter.value(row).try_to_string()?);
        }
    }
    Ok(Arc::new(texts.finish()))
}

fn of_arrow(error: &ArrowError) -> Fault {
    Fault::invalid("/params/output", format!("the answer has no such form: {error}"))
}

fn of_parquet(error: &ParquetError) -> Fault {
    Fault::invalid("/params/output", format!("the answer has no such form: {error}"))
}
