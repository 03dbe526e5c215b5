//! What callers say: which inputs are which tables, what to do with them, and in what form the answer is wanted.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value};

/// The longest statement, in bytes.
pub(crate) const SQL_LEN_MAX: usize = 64 << 10;
/// The most inputs of a job, and so the most files of a table.
pub(crate) const INPUTS_MAX: u32 = 64;
/// The most files that rows are parted into: a job has 64 outputs, and one lists the files.
pub(crate) const PARTS_MAX: usize = 63;

/// The form of a file.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Format {
    /// Looked for in the first bytes.
    #[default]
    Auto,
    /// Apache Parquet.
    Parquet,
    /// Values separated by commas, or by what `delimiter` says.
    Csv,
    /// Values separated by tabs.
    Tsv,
    /// A JSON object on each line.
    Ndjson,
    /// One JSON array of objects.
    Json,
    /// An Arrow IPC file.
    Arrow,
    /// An Arrow IPC stream.
    ArrowStream,
}

/// How a file is compressed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Compression {
    /// Looked for in the first bytes; brotli cannot be told by them.
    #[default]
    Auto,
    /// Not at all.
    None,
    /// gzip.
    Gzip,
    /// Zstandard.
    Zstd,
    /// brotli.
    Brotli,
}

/// A table: one or more inputs of one schema.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TableParams {
    /// Its name in the statement.
    #[schemars(length(min = 1, max = 128), example = &"sales")]
    pub(crate) name: String,
    /// The numbers of its inputs, from 0; all inputs where none is given.
    #[serde(default)]
    #[schemars(length(max = 64), example = serde_json::json!([0]))]
    pub(crate) inputs: Vec<u32>,
    /// A path for each of its inputs, such as `year=2026/a.csv`. Parts like `year=2026` become columns.
    #[serde(default)]
    #[schemars(length(max = 64))]
    pub(crate) paths: Vec<String>,
    /// The form of its inputs.
    #[serde(default)]
    pub(crate) format: Format,
    /// How its inputs are compressed as a whole. What is compressed inside, such as Parquet, needs nothing here.
    #[serde(default)]
    pub(crate) compression: Compression,
    /// Whether the first line of a CSV file names its columns.
    #[serde(default = "yes")]
    pub(crate) header: bool,
    /// What separates the values of a CSV file: one ASCII character. Looked for in the first line where it is not given.
    #[serde(default)]
    #[schemars(length(min = 1, max = 1), example = &";")]
    pub(crate) delimiter: Option<String>,
}

impl TableParams {
    /// A table of these inputs, of which nothing else is told.
    pub(crate) fn of(name: String, inputs: Vec<u32>) -> Self {
        Self {
            name,
            inputs,
            paths: Vec::new(),
            format: Format::Auto,
            compression: Compression::Auto,
            header: true,
            delimiter: None,
        }
    }
}

fn yes() -> bool {
    true
}

/// The form of the answer.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Form {
    /// One JSON array of objects.
    #[default]
    Json,
    /// A JSON object on each line.
    Ndjson,
    /// Values separated by commas, under a line of names.
    Csv,
    /// Values separated by tabs, under a line of names.
    Tsv,
    /// Apache Parquet, compressed with Zstandard.
    Parquet,
    /// An Arrow IPC file.
    Arrow,
    /// An Arrow IPC stream.
    ArrowStream,
}

impl Form {
    /// Its media type.
    pub(crate) const fn media_type(self) -> &'static str {
        match self {
            Self::Json => "application/json",
            Self::Ndjson => "application/x-ndjson",
            Self::Csv => "text/csv",
            Self::Tsv => "text/tab-separated-values",
            Self::Parquet => "application/vnd.apache.parquet",
            Self::Arrow => "application/vnd.apache.arrow.file",
            Self::ArrowStream => "application/vnd.apache.arrow.stream",
        }
    }

    /// How the names of such files end.
    pub(crate) const fn extension(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::Ndjson => "ndjson",
            Self::Csv => "csv",
            Self::Tsv => "tsv",
            Self::Parquet => "parquet",
            Self::Arrow => "arrow",
            Self::ArrowStream => "arrows",
        }
    }
}

/// All forms of an answer, the usual one first.
pub(crate) const OUTPUT_MEDIA: &[&str] = &[
    Form::Json.media_type(),
    Form::Ndjson.media_type(),
    Form::Csv.media_type(),
    Form::Tsv.media_type(),
    Form::Parquet.media_type(),
    Form::Arrow.media_type(),
    Form::ArrowStream.media_type(),
];

/// Parameters of `query`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct QueryParams {
    /// One SELECT statement. A single input is the table `input`, several are `input0`, `input1` and so on, unless `tables`
    /// names them.
    #[schemars(length(min = 1, max = 65_536), example = &"SELECT count(*) AS rows FROM input")]
    pub(crate) sql: String,
    /// Values for `$1`, `$2` and so on, as an array, or for `$name`, as an object: texts, numbers, booleans and nulls.
    #[serde(default)]
    pub(crate) values: Option<Values>,
    /// Which inputs are which tables.
    #[serde(default)]
    #[schemars(length(max = 64))]
    pub(crate) tables: Vec<TableParams>,
    /// The form of the answer.
    #[serde(default)]
    pub(crate) output: Form,
}

/// Values that are bound to a statement's placeholders.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
pub(crate) enum Values {
    /// For `$1`, `$2` and so on.
    Listed(Vec<Value>),
    /// For `$name`.
    Named(Map<String, Value>),
}

/// Parameters of `explain`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ExplainParams {
    /// One SELECT statement, as for `query`.
    #[schemars(length(min = 1, max = 65_536), example = &"SELECT count(*) AS rows FROM input")]
    pub(crate) sql: String,
    /// Values for its placeholders, as for `query`.
    #[serde(default)]
    pub(crate) values: Option<Values>,
    /// Which inputs are which tables.
    #[serde(default)]
    #[schemars(length(max = 64))]
    pub(crate) tables: Vec<TableParams>,
    /// Whether to run the statement and to say what each step took.
    #[serde(default)]
    pub(crate) analyze: bool,
    /// The form of the answer.
    #[serde(default)]
    pub(crate) output: Form,
}

/// Parameters of `convert`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ConvertParams {
    /// What the inputs are; all of them one table of what they seem to be, where nothing is told.
    #[serde(default)]
    #[schemars(length(max = 1))]
    pub(crate) tables: Vec<TableParams>,
    /// Rows with the same values in these columns are one file, and the last output lists them all: of each its number
    /// among the outputs, its path, such as `year=2026/city=Bern/data.parquet`, and its rows. The columns are in the
    /// path alone. At most 63 files.
    #[serde(default)]
    #[schemars(length(max = 8), example = serde_json::json!(["city"]))]
    pub(crate) partition_by: Vec<String>,
    /// The form of the answer.
    #[serde(default)]
    pub(crate) output: Form,
}

/// Parameters of `sample`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SampleParams {
    /// How many rows.
    #[serde(default = "some_rows")]
    #[schemars(range(min = 1, max = 100_000), example = 20)]
    pub(crate) rows: u32,
    /// What the inputs are; all of them one table of what they seem to be, where nothing is told.
    #[serde(default)]
    #[schemars(length(max = 1))]
    pub(crate) tables: Vec<TableParams>,
    /// The form of the answer.
    #[serde(default)]
    pub(crate) output: Form,
}

fn some_rows() -> u32 {
    20
}

/// Parameters of `aggregate`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AggregateParams {
    /// Rows with the same values in these columns are one group; all rows are, where none is named.
    #[serde(default)]
    #[schemars(length(max = 32), example = serde_json::json!(["city"]))]
    pub(crate) group_by: Vec<String>,
    /// What is said of each group.
    #[schemars(length(min = 1, max = 64))]
    pub(crate) measures: Vec<Measure>,
    /// What the inputs are; all of them one table of what they seem to be, where nothing is told.
    #[serde(default)]
    #[schemars(length(max = 1))]
    pub(crate) tables: Vec<TableParams>,
    /// The form of the answer.
    #[serde(default)]
    pub(crate) output: Form,
}

/// One number of a group.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Measure {
    /// What is computed.
    pub(crate) function: Function,
    /// Of which column; `count` alone needs none, and then counts rows.
    #[serde(default)]
    #[schemars(length(min = 1, max = 256), example = &"amount")]
    pub(crate) column: Option<String>,
    /// The name of the result; the function's and the column's, where none is given.
    #[serde(default)]
    #[schemars(length(min = 1, max = 256), example = &"total")]
    pub(crate) name: Option<String>,
}

/// What can be computed of a group. Values that are null are left out.
#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Function {
    /// How many values.
    Count,
    /// How many different values.
    CountDistinct,
    /// Their sum.
    Sum,
    /// The smallest.
    Min,
    /// The largest.
    Max,
    /// Their mean.
    Mean,
    /// The one in the middle.
    Median,
    /// Their standard deviation, as of a sample.
    StandardDeviation,
}

impl Function {
    /// The word for it.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Count => "count",
            Self::CountDistinct => "count_distinct",
            Self::Sum => "sum",
            Self::Min => "min",
            Self::Max => "max",
            Self::Mean => "mean",
            Self::Median => "median",
            Self::StandardDeviation => "standard_deviation",
        }
    }
}

/// Parameters of `schema` and of `profile`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct LookParams {
    /// What the inputs are; all of them one table of what they seem to be, where nothing is told.
    #[serde(default)]
    #[schemars(length(max = 1))]
    pub(crate) tables: Vec<TableParams>,
}
