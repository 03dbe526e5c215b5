//! The unit `data`: SQL over the inputs of a job, by DataFusion. It reads them in place, sees nothing else, and runs in a
//! cell, since no limit from inside holds for every query. Never opens a file, and keeps nothing from one job to the next.

mod cuts;
mod faults;
mod fence;
mod lines;
mod look;
mod methods;
mod named;
mod params;
mod parts;
mod query;
mod run;
mod session;
mod sniff;
mod spill;
mod store;
mod tables;
mod unpack;
mod write;

use inos_unit::{Call, Determinism, Fault, Host, Lane, Method, Price, Reading, Spec, Unit, schema_of};

use params::{
    AggregateParams, ConvertParams, ExplainParams, INPUTS_MAX, LookParams, OUTPUT_MEDIA, QueryParams, SampleParams,
};

/// The largest input, in bytes.
const INPUT_BYTES_MAX: u64 = 1 << 30;
/// The largest output, in bytes.
const OUTPUT_BYTES_MAX: u64 = 1 << 30;
/// How long one run may take, in milliseconds.
const TIMEOUT_MS: u64 = 600_000;
/// What a job costs: a little for beginning, and then what it reads and how long it works.
const PRICE: Price = Price { base: 20, per_kib_in: 1, per_kib_out: 1, per_cpu_ms: 2 };

/// SQL over Parquet, CSV, JSON and Arrow.
pub struct Data {
    spec: Spec,
}

impl Data {
    /// The unit; cheap, and starts nothing.
    pub fn new() -> Self {
        let of_files = |name, summary, params| Method { inputs: (1, INPUTS_MAX), ..method(name, summary, params) };
        let look = |name, summary| Method {
            output_media: &["application/json"],
            ..of_files(name, summary, schema_of::<LookParams>())
        };
        let methods = vec![
            method("query", "Runs one SELECT statement over the inputs.", schema_of::<QueryParams>()),
            method("explain", "Says how a statement would be worked out.", schema_of::<ExplainParams>()),
            look("schema", "Says which columns files have."),
            look("profile", "Says what the values of each column are like."),
            of_files("convert", "Writes files in another form.", schema_of::<ConvertParams>()),
            of_files("aggregate", "Counts, sums and measures groups of rows.", schema_of::<AggregateParams>()),
            of_files("sample", "Picks rows, each as likely as any other.", schema_of::<SampleParams>()),
        ];
        let summary = "SQL over Parquet, CSV, JSON and Arrow files.";
        Self { spec: Spec { lane: Lane::Cells, name: "data", version: "1.0.0", summary, methods } }
    }
}

impl Default for Data {
    fn default() -> Self {
        Self::new()
    }
}

fn method(name: &'static str, summary: &'static str, params: serde_json::Value) -> Method {
    Method {
        name,
        summary,
        params,
        inputs: (0, INPUTS_MAX),
        input_media: &["*/*"],
        input_bytes_max: INPUT_BYTES_MAX,
        reading: Reading::Whole,
        output_media: OUTPUT_MEDIA,
        output_bytes_max: OUTPUT_BYTES_MAX,
        // Rows without an order come in any, and sums of floats are made in any.
        determinism: Determinism::None,
        price: PRICE,
        inline_bytes_max: None,
        timeout_ms: TIMEOUT_MS,
        heartbeat_ms: None,
        gives_secret: false,
        held_key: None,
    }
}

impl Unit for Data {
    fn spec(&self) -> &Spec {
        &self.spec
    }

    fn run(&self, call: &mut Call<'_>, host: &dyn Host) -> Result<(), Fault> {
        match call.method {
            "query" => query::run(call, host),
            "explain" => methods::explain(call, host),
            "schema" => look::schema(call, host),
            "profile" => look::profile(call, host),
            "convert" => methods::convert(call, host),
            "aggregate" => methods::aggregate(call, host),
            "sample" => methods::sample(call, host),
            other => Err(Fault::Broken(format!("the specification promises no method {other}"))),
        }
    }
}

#[cfg(test)]
mod tests;
