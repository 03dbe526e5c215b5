//! A job's inputs as tables: which files each has, of which form, and what their columns are.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    io::Cursor,
    sync::Arc,
};

use arrow::{
    csv,
    datatypes::{DataType, Schema, SchemaRef},
    error::ArrowError,
    ipc::reader::{FileReader, StreamReader},
};
use bytes::Bytes;
use datafusion::{
    catalog::TableProvider,
    common::{DataFusionError, ScalarValue, TableReference},
    datasource::{
        file_format::{FileFormat, arrow::ArrowFormat, csv::CsvFormat, json::JsonFormat, parquet::ParquetFormat},
        listing::{ListingOptions, ListingTable, ListingTableConfig, ListingTableUrl},
    },
    execution::context::SessionContext,
    prelude::{cast, ident, lit, when},
};
use inos_unit::{Call, Fault, Host};
use object_store::path::Path;

use crate::{
    cuts::cuts,
    faults::fault,
    lines::Lines,
    params::{Format, INPUTS_MAX, TableParams},
    parts::{NULL, unescaped},
    sniff,
    store::{Files, ROOT},
    unpack::{PLAIN_BYTES_MAX, unpack},
};

/// How many rows of a file without types are looked at to find them.
const ROWS_LOOKED_AT: usize = 10_000;
/// The most columns of a table.
const COLUMNS_MAX: usize = 10_000;

/// A table whose files are known.
pub(crate) struct Table {
    pub(crate) name: String,
    pub(crate) format: Format,
    /// The numbers of its inputs.
    pub(crate) inputs: Vec<u32>,
    params: TableParams,
    delimiter: u8,
    /// Where lines begin in its CSV files, for several threads.
    cuts: HashMap<Path, Vec<usize>>,
    threads: usize,
    /// Its files in the store, below [`Table::folder`].
    paths: Vec<Path>,
    /// Columns that its paths have.
    partitions: Vec<InPath>,
}

/// All tables of a job, and the files that they consist of.
pub(crate) fn open(call: &mut Call<'_>, told: Vec<TableParams>, host: &dyn Host) -> Result<(Vec<Table>, Files), Fault> {
    let count = u32::try_from(call.inputs.count()).unwrap_or(INPUTS_MAX);
    let (told, is_told) = (if told.is_empty() { usual(count) } else { told.clone() }, !told.is_empty());
    let mut names = HashSet::new();
    let (mut tables, mut files, mut left) = (Vec::new(), BTreeMap::new(), PLAIN_BYTES_MAX);
    for (at, params) in told.into_iter().enumerate() {
        let here = |member: &str| if is_told { format!("/params/tables/{at}/{member}") } else { "/inputs".into() };
        if !names.insert(params.name.to_lowercase()) {
            return Err(Fault::invalid(here("name"), "another table has this name"));
        }
        let inputs = if params.inputs.is_empty() { (0..count).collect() } else { params.inputs.clone() };
        if inputs.is_empty() {
            return Err(Fault::invalid(here("inputs"), "a table needs an input"));
        }
        if let Some(absent) = inputs.iter().find(|input| **input >= count) {
            return Err(Fault::invalid(here("inputs"), format!("there is no input {absent}, but {count} inputs")));
        }
        if !params.paths.is_empty() && params.paths.len() != inputs.len() {
            return Err(Fault::invalid(here("paths"), format!("there are {} inputs", inputs.len())));
        }
        let mut bytes = Vec::with_capacity(inputs.len());
        for input in &inputs {
            let whole = call.inputs.get(*input as usize)?.bytes()?;
            bytes.push(unpack(whole, params.compression, *input, &mut left, host)?);
        }
        let table = Table::of(at, params, inputs, &mut bytes, host.threads())
            .map_err(|(member, why)| Fault::invalid(here(member), why))?;
        files.extend(table.paths.iter().cloned().zip(bytes));
        tables.push(table);
    }
    Ok((tables, Files::new(files)))
}

/// The tables of a job that names none.
fn usual(count: u32) -> Vec<TableParams> {
    match count {
        0 => Vec::new(),
        1 => vec![TableParams::of("input".into(), vec![0])],
        _ => (0..count).map(|input| TableParams::of(format!("input{input}"), vec![input])).collect(),
    }
}

impl Table {
    /// The table number `at` of these files; an error names the member of its description that is to blame.
    fn of(
        at: usize,
        params: TableParams,
        inputs: Vec<u32>,
        files: &mut [Bytes],
        threads: usize,
    ) -> Result<Self, (&'static str, String)> {
        let head = files.iter().find(|file| !file.is_empty()).cloned().unwrap_or_default();
        let format = if params.format == Format::Auto {
            sniff::format(&sniff::without_mark(head.clone()))
        } else {
            params.format
        };
        let is_text = matches!(format, Format::Csv | Format::Tsv | Format::Ndjson | Format::Json);
        if is_text {
            files.iter_mut().for_each(|file| *file = sniff::without_mark(std::mem::take(file)));
        }
        let delimiter = match (&params.delimiter, format) {
            (Some(given), Format::Csv) => match given.as_bytes() {
                [byte] if byte.is_ascii() && !matches!(byte, b'"' | b'\n' | b'\r' | 0) => *byte,
                _ => {
                    return Err((
                        "delimiter",
                        "must be one ASCII character, and neither a quote nor a line break".into(),
                    ));
                }
            },
            (_, Format::Tsv) => b'\t',
            _ => sniff::delimiter(&sniff::without_mark(head)),
        };
        if matches!(format, Format::Csv | Format::Tsv)
            && files.iter().any(|file| sniff::columns(file, delimiter) > COLUMNS_MAX)
        {
            return Err(("inputs", format!("a table has at most {COLUMNS_MAX} columns")));
        }
        let cuts = match format {
            Format::Csv | Format::Tsv => cuts(&files.iter().map(Bytes::as_ref).collect::<Vec<_>>(), delimiter, threads),
            _ => Vec::new(),
        };
        let (mut paths, mut partitions) = (Vec::new(), None);
        for (file, input) in inputs.iter().enumerate() {
            let told = params.paths.get(file).map_or("", String::as_str);
            let (path, found) = placed(at, file, told).map_err(|why| ("paths", why))?;
            if *partitions.get_or_insert_with(|| keys(&found)) != keys(&found) {
                return Err(("paths", format!("input {input} is partitioned in another way than the first")));
            }
            paths.push((path, found));
        }
        let partitions = typed(&paths.iter().map(|(_, found)| found.clone()).collect::<Vec<_>>());
        let paths: Vec<Path> = paths.into_iter().map(|(path, _)| path).collect();
        let cuts = paths.iter().cloned().zip(cuts).collect();
        Ok(Self { name: params.name.clone(), format, inputs, params, delimiter, cuts, threads, paths, partitions })
    }

    /// Whether its files have a layout that a reader follows, so that one who wrote a wrong one can lead it astray.
    pub(crate) fn has_layout(&self) -> bool {
        matches!(self.format, Format::Parquet | Format::Arrow | Format::ArrowStream)
    }

    /// Where its inputs lie in the capsule, for messages.
    pub(crate) fn pointer(&self) -> String {
        match self.inputs[..] {
            [input] => format!("/inputs/{input}"),
            _ => "/inputs".into(),
        }
    }

    fn reader(&self) -> Arc<dyn FileFormat> {
        match self.format {
            Format::Parquet => Arc::new(ParquetFormat::default()),
            Format::Arrow | Format::ArrowStream => Arc::new(ArrowFormat),
            Format::Ndjson => Arc::new(JsonFormat::default().with_schema_infer_max_rec(ROWS_LOOKED_AT)),
            Format::Json => {
                Arc::new(JsonFormat::default().with_schema_infer_max_rec(ROWS_LOOKED_AT).with_newline_delimited(false))
            }
            Format::Auto | Format::Csv | Format::Tsv => {
                let csv = CsvFormat::default()
                    .with_schema_infer_max_rec(ROWS_LOOKED_AT)
                    .with_has_header(self.params.header)
                    .with_delimiter(self.delimiter);
                Arc::new(Lines::new(csv, self.cuts.clone(), self.threads))
            }
        }
    }

    /// The columns that all files have. Where types were only looked for, whole numbers may be numbers elsewhere, and what
    /// is neither of both is text.
    fn common(&self, schemas: &[SchemaRef]) -> Result<SchemaRef, Fault> {
        let merged = if self.format == Format::Parquet {
            Schema::try_merge(schemas.iter().map(|schema| Schema::clone(schema)))
        } else {
            let types = schemas.iter().map(|schema| {
                let fields = schema.fields().iter().map(|field| {
                    let of =
                        |other: &SchemaRef| other.field_with_name(field.name()).ok().map(|of| of.data_type().clone());
                    let of_all = schemas.iter().filter_map(of).reduce(wider).unwrap_or(DataType::Null);
                    field.as_ref().clone().with_data_type(of_all)
                });
                Schema::new(fields.collect::<Vec<_>>())
            });
            Schema::try_merge(types)
        };
        let told = |error: ArrowError| Fault::invalid(self.pointer(), format!("the files differ: {error}"));
        Ok(Arc::new(merged.map_err(told)?))
    }

    /// The columns of Arrow files. The engine's own look at them expects a file to begin with exactly 8 bytes of magic,
    /// and its own writer pads them to 64.
    fn of_arrow(&self, files: &Files) -> Result<SchemaRef, ArrowError> {
        let schemas = self.paths.iter().filter_map(|path| files.get(path)).map(|bytes| {
            let bytes = Cursor::new(bytes.clone());
            let schema = match self.format {
                Format::Arrow => FileReader::try_new(bytes, None)?.schema(),
                _ => StreamReader::try_new(bytes, None)?.schema(),
            };
            Ok(Schema::clone(&schema))
        });
        Ok(Arc::new(Schema::try_merge(schemas.collect::<Result<Vec<_>, ArrowError>>()?)?))
    }

    /// The line of a CSV file that cannot be read, if there is one, counted from the file's beginning: whoever reads files in
    /// parts counts from the beginning of a part.
    pub(crate) async fn bad_line(&self, files: &Files, session: &SessionContext) -> Option<Fault> {
        if !matches!(self.format, Format::Csv | Format::Tsv) {
            return None;
        }
        let table = session.table_provider(TableReference::bare(self.name.clone())).await.ok()?;
        let own = table.schema().fields().len().checked_sub(self.partitions.len())?;
        let schema = Arc::new(table.schema().project(&(0..own).collect::<Vec<_>>()).ok()?);
        self.paths.iter().zip(&self.inputs).find_map(|(path, input)| {
            let reader = csv::ReaderBuilder::new(schema.clone())
                .with_header(self.params.header)
                .with_delimiter(self.delimiter)
                .build(Cursor::new(files.get(path)?.clone()));
            let error = reader.map_or_else(Some, |mut batches| batches.find_map(Result::err))?;
            let error = match error {
                ArrowError::ParseError(why) => ArrowError::CsvError(from_one(&why)),
                other => other,
            };
            Some(fault(&error.into(), &format!("/inputs/{input}")))
        })
    }

    /// Makes it known to a session.
    pub(crate) async fn register(&self, at: usize, files: &Files, session: &SessionContext) -> Result<(), Fault> {
        let told = |error: DataFusionError| fault(&error, &self.pointer());
        let state = session.state();
        let (reader, store) =
            (self.reader(), session.runtime_env().object_store(&url(at).map_err(told)?).map_err(told)?);
        let objects = files.below(&Path::from(at.to_string()));
        let schema = match self.format {
            Format::Arrow | Format::ArrowStream => self.of_arrow(files).map_err(|error| told(error.into()))?,
            _ => {
                let mut schemas = Vec::with_capacity(objects.len());
                for object in objects {
                    schemas.push(reader.infer_schema(&state, &store, &[object]).await.map_err(told)?);
                }
                self.common(&schemas)?
            }
        };
        // The engine knows no word for a null there.
        let in_path =
            |column: &InPath| (column.name.clone(), if column.has_null { DataType::Utf8 } else { column.is.clone() });
        let in_paths = self.partitions.iter().map(in_path).collect();
        let options = ListingOptions::new(reader).with_file_extension("").with_table_partition_cols(in_paths);
        let config = ListingTableConfig::new(url(at).map_err(told)?).with_listing_options(options).with_schema(schema);
        let mut table: Arc<dyn TableProvider> = Arc::new(ListingTable::try_new(config).map_err(told)?);
        if self.partitions.iter().any(|column| column.has_null) {
            table = self.with_nulls(table, session).map_err(told)?;
        }
        session.register_table(TableReference::bare(self.name.clone()), table).map_err(told)?;
        Ok(())
    }
}

impl Table {
    /// A table of files with a null in a path, which lies there as a word.
    fn with_nulls(
        &self,
        table: Arc<dyn TableProvider>,
        session: &SessionContext,
    ) -> Result<Arc<dyn TableProvider>, DataFusionError> {
        let schema = table.schema();
        let columns = schema.fields().iter().map(|field| {
            let column = ident(field.name());
            let Some(InPath { name, is, .. }) =
                self.partitions.iter().find(|of| of.has_null && of.name == *field.name())
            else {
                return Ok(column);
            };
            let value = when(column.clone().eq(lit(NULL)), lit(ScalarValue::Utf8(None))).otherwise(column)?;
            Ok(cast(value, is.clone()).alias(name))
        });
        let columns = columns.collect::<Result<Vec<_>, DataFusionError>>()?;
        Ok(session.read_table(table)?.select(columns)?.into_view())
    }
}

/// The reader's words about a value that is none of its column, with its line counted from 1 as everywhere else.
fn from_one(why: &str) -> String {
    let told = why.split_once(" at line ").and_then(|(before, after)| {
        let end = after.find(|c: char| !c.is_ascii_digit()).unwrap_or(after.len());
        let line = after[..end].parse::<u64>().ok()?;
        Some(format!("{before} at line {}{}", line.saturating_add(1), &after[end..]))
    });
    told.unwrap_or_else(|| why.to_owned())
}

/// A type that has the values of both.
fn wider(one: DataType, other: DataType) -> DataType {
    match (one, other) {
        (one, other) if one == other => one,
        (DataType::Null, other) | (other, DataType::Null) => other,
        (DataType::Int64, DataType::Float64) | (DataType::Float64, DataType::Int64) => DataType::Float64,
        // What lies within each other is left as it is, and refused where it differs.
        (one, other) if one.is_nested() || other.is_nested() => one,
        _ => DataType::Utf8,
    }
}

fn url(at: usize) -> Result<ListingTableUrl, DataFusionError> {
    ListingTableUrl::parse(format!("{ROOT}{at}/"))
}

/// The keys and values of a path such as `year=2026/a.csv`.
type Found = Vec<(String, String)>;

fn keys(found: &Found) -> Vec<String> {
    found.iter().map(|(key, _)| key.clone()).collect()
}

/// Where a file lies in the store, and what its path says.
fn placed(table: usize, file: usize, told: &str) -> Result<(Path, Found), String> {
    let mut folder = vec![table.to_string()];
    let mut found = Vec::new();
    for part in told.split('/').filter(|part| !part.is_empty()) {
        if let Some((key, value)) = part.split_once('=') {
            let (key, value) = (unescaped(key), unescaped(value));
            if key.is_empty() || found.iter().any(|(other, _)| *other == key) {
                return Err(format!("{told} has a key twice, or one without a name"));
            }
            // The store escapes it in its own way, which the engine undoes.
            folder.push(format!("{key}={value}"));
            found.push((key, value));
        }
    }
    // Two inputs may have one name.
    folder.push(format!("{file:04}"));
    Ok((Path::from_iter(folder), found))
}

/// A column that paths have.
struct InPath {
    name: String,
    is: DataType,
    has_null: bool,
}

/// The types of columns that paths have: whole numbers where all values are, else texts.
fn typed(files: &[Found]) -> Vec<InPath> {
    let Some(first) = files.first() else { return Vec::new() };
    let of = |at: usize| files.iter().filter_map(move |found| found.get(at).map(|(_, value)| value));
    let columns = first.iter().enumerate().map(|(at, (key, _))| {
        let mut known = of(at).filter(|value| *value != NULL).peekable();
        let some = known.peek().is_some();
        let whole = known.all(|value| value.parse::<i64>().is_ok_and(|number| number.to_string() == *value));
        let has_null = of(at).any(|value| value == NULL);
        let whole = if some && whole { DataType::Int64 } else { DataType::Utf8 };
        InPath { name: key.clone(), is: whole, has_null }
    });
    columns.collect()
}
