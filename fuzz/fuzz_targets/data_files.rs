//! Any bytes as a file of each form: their columns are told, or they are refused. The first byte says which form is claimed.
#![no_main]

use inos_data::Data;
use inos_unit::{
    Fault,
    testing::{Quiet, run},
};
use libfuzzer_sys::fuzz_target;
use serde_json::json;

const FORMS: &[&str] = &["auto", "parquet", "csv", "tsv", "ndjson", "json", "arrow", "arrow_stream"];

// Readers of files with a layout may panic where it is wrong, which the unit makes a refusal: only what it lets out counts.
fuzz_target!(init: std::panic::set_hook(Box::new(|_| {})), |bytes: &[u8]| {
    let Some((first, file)) = bytes.split_first() else { return };
    let form = FORMS[usize::from(*first) % FORMS.len()];
    // Both the look at the columns, and every value.
    for (method, rest) in [("schema", json!({})), ("query", json!({ "sql": "SELECT * FROM t" }))] {
        let mut params = rest;
        params["tables"] = json!([{ "name": "t", "format": form }]);
        let params = serde_json::from_value(params).expect("an object has the form of parameters");
        match run(&Data::new(), method, params, &[file], 1 << 20, &Quiet::default()) {
            Ok(_) | Err(Fault::Invalid { .. } | Fault::Limit { .. }) => {}
            Err(other) => panic!("{form}, {method}: {other:?}"),
        }
    }
});
