//! Types that only binary files have: they come through every form that can say them, and SQL works with them.

use std::sync::Arc;

use arrow::{
    array::{
        ArrayRef, Decimal128Array, DictionaryArray, Int64Array, LargeStringArray, ListArray, RecordBatch,
        StringViewArray, StructArray, TimestampMicrosecondArray,
    },
    datatypes::{DataType, Field, Int32Type, Int64Type},
    ipc,
};
use parquet::arrow::ArrowWriter;
use serde_json::{Value, json};

use super::{asked, rows, text};

/// Three rows of what CSV has no types for.
fn batch() -> RecordBatch {
    let kind: DictionaryArray<Int32Type> = [Some("a"), Some("b"), Some("a")].into_iter().collect();
    let large = LargeStringArray::from(vec![Some("x".repeat(3).as_str()), None, Some("")]);
    let view = StringViewArray::from(vec!["short", "much longer than what lies in a view itself", ""]);
    let price = Decimal128Array::from(vec![Some(12_345_678_901_234_567_890), Some(-1), None]);
    let at = TimestampMicrosecondArray::from(vec![1_767_225_600_000_001, 0, -1]).with_timezone("+02:00");
    let list = ListArray::from_iter_primitive::<Int64Type, _, _>([Some(vec![Some(1), None]), Some(vec![]), None]);
    let inner: ArrayRef = Arc::new(Int64Array::from(vec![Some(7), None, Some(9)]));
    let inside = StructArray::from(vec![(Arc::new(Field::new("x", DataType::Int64, true)), inner)]);
    let columns: [(&str, ArrayRef); 7] = [
        ("kind", Arc::new(kind)),
        ("large", Arc::new(large)),
        ("view", Arc::new(view)),
        ("price", Arc::new(price.with_precision_and_scale(25, 4).unwrap())),
        ("at", Arc::new(at)),
        ("list", Arc::new(list)),
        ("inside", Arc::new(inside)),
    ];
    RecordBatch::try_from_iter(columns).unwrap()
}

fn as_parquet(batch: &RecordBatch) -> Vec<u8> {
    let mut writer = ArrowWriter::try_new(Vec::new(), batch.schema(), None).unwrap();
    writer.write(batch).unwrap();
    writer.into_inner().unwrap()
}

fn as_arrow(batch: &RecordBatch) -> Vec<u8> {
    let mut writer = ipc::writer::FileWriter::try_new(Vec::new(), &batch.schema()).unwrap();
    writer.write(batch).unwrap();
    writer.into_inner().unwrap()
}

#[test]
fn rare_types_can_be_asked_for_and_come_through() {
    let wanted = json!([
        { "kind": "a", "large": "xxx", "len": 5, "twice": "2469135780246913.5780", "first": 1, "x": 7 },
        { "kind": "a", "large": "", "len": 0, "twice": null, "first": null, "x": 9 },
    ]);
    let sql = "SELECT kind, large, length(view) AS len, CAST(price * 2 AS VARCHAR) AS twice, list[1] AS first, \
               inside['x'] AS x FROM input WHERE kind = 'a' ORDER BY inside['x']";
    for file in [as_parquet(&batch()), as_arrow(&batch())] {
        assert_eq!(rows(sql, &[&file]), wanted);
        let counts = "SELECT kind, count(*) AS n, min(at) AS first FROM input GROUP BY kind ORDER BY kind";
        let of = rows(counts, &[&file]);
        assert_eq!((&of[0]["n"], &of[1]["n"]), (&json!(2), &json!(1)));
        assert_eq!(of[1]["first"], "1970-01-01T02:00:00+02:00", "an instant in its own zone");
        // Through each binary form and back, the types stay.
        let before: Value = serde_json::from_str(&text("schema", json!({}), &[&file])).unwrap();
        for form in ["parquet", "arrow", "arrow_stream"] {
            let there = asked("convert", json!({ "output": form }), &[&file]).unwrap();
            assert_eq!(rows(sql, &[&there]), wanted, "{form}");
            let after: Value = serde_json::from_str(&text("schema", json!({}), &[&there])).unwrap();
            assert_eq!(after["columns"][3], before["columns"][3], "{form}: decimals keep their digits");
            assert_eq!(after["columns"][4], before["columns"][4], "{form}: instants keep their zone");
        }
        // CSV has no form for what is nested: it is text there, and a null is empty.
        let csv = text("query", json!({ "sql": "SELECT list, inside, price FROM input", "output": "csv" }), &[&file]);
        assert_eq!(csv.lines().nth(2), Some("[],{x: },-0.0001"), "{csv}");
    }
}

#[test]
fn what_is_no_number_is_as_the_standard_has_it() {
    let sql = "SELECT x, x IS NULL AS absent, x > 1 AS more FROM (VALUES (CAST('NaN' AS DOUBLE)), (NULL), (2.0)) AS t(x) \
               ORDER BY x NULLS FIRST";
    let said = text("query", json!({ "sql": sql, "output": "csv" }), &[]);
    // NaN is greater than every number, as in Postgres and DuckDB; a null is no value at all.
    assert_eq!(said, "x,absent,more\n,true,\n2.0,false,true\nNaN,false,true\n");
    let sql = "SELECT count(x) AS n, sum(x) AS total FROM (VALUES (NULL), (1), (2)) AS t(x)";
    assert_eq!(rows(sql, &[]), json!([{ "n": 2, "total": 3 }]));
}
