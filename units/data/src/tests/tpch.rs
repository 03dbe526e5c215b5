//! The answers to TPC-H's 22 queries are those of another engine (`tpch/goldens.py` says how they were made).

use arrow::{
    ipc::reader::StreamReader,
    util::display::{ArrayFormatter, FormatOptions},
};
use tpchgen::{csv, generators};

use super::*;

const SCALE: f64 = 0.01;
/// How far apart floats may be, of their size: sums are made in another order.
const TOLERANCE: f64 = 1e-9;

const TABLES: [&str; 8] = ["customer", "lineitem", "nation", "orders", "part", "partsupp", "region", "supplier"];

fn file<T>(header: &str, rows: impl IntoIterator<Item = T>, line: impl Fn(T) -> String) -> String {
    let mut text = format!("{header}\n");
    for row in rows {
        text.push_str(&line(row));
        text.push('\n');
    }
    text
}

/// A table of the benchmark as CSV.
fn table(name: &str) -> String {
    use csv::{CustomerCsv, LineItemCsv, NationCsv, OrderCsv, PartCsv, PartSuppCsv, RegionCsv, SupplierCsv};
    use generators::{
        CustomerGenerator, LineItemGenerator, NationGenerator, OrderGenerator, PartGenerator, PartSuppGenerator,
        RegionGenerator, SupplierGenerator,
    };
    macro_rules! rows {
        ($generator:ident, $line:ident) => {
            file($line::header(), $generator::new(SCALE, 1, 1), |row| $line::new(row).to_string())
        };
    }
    match name {
        "customer" => rows!(CustomerGenerator, CustomerCsv),
        "lineitem" => rows!(LineItemGenerator, LineItemCsv),
        "nation" => rows!(NationGenerator, NationCsv),
        "orders" => rows!(OrderGenerator, OrderCsv),
        "part" => rows!(PartGenerator, PartCsv),
        "partsupp" => rows!(PartSuppGenerator, PartSuppCsv),
        "region" => rows!(RegionGenerator, RegionCsv),
        _ => rows!(SupplierGenerator, SupplierCsv),
    }
}

/// An answer as texts, row by row; nothing is an empty text.
fn answer(sql: &str, inputs: &[&[u8]]) -> Vec<Vec<String>> {
    let tables: Vec<Value> =
        TABLES.iter().enumerate().map(|(at, name)| json!({ "name": name, "inputs": [at] })).collect();
    let params = json!({ "sql": sql, "tables": tables, "output": "arrow_stream" });
    let stream = asked("query", params, inputs).unwrap();
    let mut rows = Vec::new();
    for batch in StreamReader::try_new(&stream[..], None).unwrap() {
        let (batch, options) = (batch.unwrap(), FormatOptions::default());
        let columns: Vec<ArrayFormatter<'_>> =
            batch.columns().iter().map(|column| ArrayFormatter::try_new(column, &options).unwrap()).collect();
        rows.extend((0..batch.num_rows()).map(|row| columns.iter().map(|of| of.value(row).to_string()).collect()));
    }
    rows
}

fn is_same(wanted: &Value, got: &str) -> bool {
    match wanted {
        Value::Null => got.is_empty(),
        Value::String(text) => text == got,
        Value::Number(number) => {
            let (wanted, got) = (number.as_f64().unwrap(), got.parse::<f64>().unwrap());
            (wanted - got).abs() <= TOLERANCE * wanted.abs().max(1.0)
        }
        other => panic!("{other}"),
    }
}

#[test]
fn the_22_queries_of_tpc_h_have_the_answers_of_another_engine() {
    let files: Vec<Vec<u8>> = TABLES
        .iter()
        .map(|name| asked("convert", json!({ "output": "parquet" }), &[table(name).as_bytes()]).unwrap())
        .collect();
    let inputs: Vec<&[u8]> = files.iter().map(Vec::as_slice).collect();
    let goldens: Vec<Vec<Vec<Value>>> = serde_json::from_str(include_str!("../../tpch/goldens.json")).unwrap();
    let queries: Vec<&str> =
        include_str!("../../tpch/queries.sql").lines().filter(|line| !line.starts_with("--")).collect();
    assert_eq!((queries.len(), goldens.len()), (22, 22));
    for (at, (sql, wanted)) in queries.iter().zip(&goldens).enumerate() {
        let got = answer(sql, &inputs);
        assert_eq!(got.len(), wanted.len(), "query {}: {got:?}", at + 1);
        for (got, wanted) in got.iter().zip(wanted) {
            let same = got.len() == wanted.len() && wanted.iter().zip(got).all(|(wanted, got)| is_same(wanted, got));
            assert!(same, "query {}: {got:?} instead of {wanted:?}", at + 1);
        }
    }
}
