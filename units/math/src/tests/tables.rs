//! Tables of Arrow's as inputs: what the library writes is what is read, and what anybody else may write ends well.

use std::sync::Arc;

use arrow_array::types::Float64Type;
use arrow_array::{
    ArrayRef, FixedSizeListArray, Float32Array, Float64Array, Int16Array, Int64Array, RecordBatch, StringArray,
    UInt8Array,
};
use arrow_ipc::writer::{FileWriter, StreamWriter};

use super::*;

fn table(columns: Vec<(&str, ArrayRef)>) -> RecordBatch {
    RecordBatch::try_from_iter(columns).unwrap()
}

fn stream(batches: &[RecordBatch]) -> Vec<u8> {
    let mut writer = StreamWriter::try_new(Vec::new(), &batches[0].schema()).unwrap();
    batches.iter().for_each(|batch| writer.write(batch).unwrap());
    writer.finish().unwrap();
    writer.into_inner().unwrap()
}

fn file(batches: &[RecordBatch]) -> Vec<u8> {
    let mut writer = FileWriter::try_new(Vec::new(), &batches[0].schema()).unwrap();
    batches.iter().for_each(|batch| writer.write(batch).unwrap());
    writer.finish().unwrap();
    writer.into_inner().unwrap()
}

fn points() -> RecordBatch {
    table(vec![
        ("x", Arc::new(Float32Array::from(vec![3.0, 0.0, 1.0])) as ArrayRef),
        ("y", Arc::new(Int16Array::from(vec![4, 0, -2]))),
        ("z", Arc::new(UInt8Array::from(vec![0, 200, 2]))),
    ])
}

fn lists(rows: Vec<Option<Vec<Option<f64>>>>) -> ArrayRef {
    Arc::new(FixedSizeListArray::from_iter_primitive::<Float64Type, _, _>(rows, 3))
}

#[test]
fn columns_are_read_row_by_row() {
    let packed = packed(&[3.0, 4.0, 0.0, 0.0, 0.0, 200.0, 1.0, -2.0, 2.0]);
    let given = json!({ "type": "f64" });
    let wanted = run("vector_length", given.clone(), &[&packed]).unwrap();
    assert_eq!(unpacked(&wanted[0]), [5.0, 200.0, 3.0]);
    for bytes in [stream(&[points()]), file(&[points()]), file(&[points().slice(0, 1), points().slice(1, 2)])] {
        assert_eq!(run("vector_length", given.clone(), &[&bytes]).unwrap(), wanted);
        // As the matrix that the rows make.
        let product = run("matmul", json!({ "columns": 3, "type": "f64" }), &[&bytes, &bytes]).unwrap();
        assert_eq!(product, run("matmul", json!({ "columns": 3, "type": "f64" }), &[&packed, &packed]).unwrap());
        // At no address that suits a number, as in a body.
        let moved = [&[0], &*bytes].concat();
        assert_eq!(run("vector_length", given.clone(), &[&moved[1..]]).unwrap(), wanted);
    }
    let bytes = stream(&[points()]);
    let answer: Value = serde_json::from_slice(&run("statistics", json!({}), &[&bytes]).unwrap()[0]).unwrap();
    assert_eq!((&answer["count"], &answer["maximum"]), (&json!(9), &json!(200.0)));
}

#[test]
fn lists_of_so_many_numbers_are_values() {
    let row = |numbers: [f64; 3]| Some(numbers.map(Some).to_vec());
    let batch = table(vec![("point", lists(vec![row([3.0, 4.0, 0.0]), row([0.0, 0.0, 2.0])]))]);
    let lengths = run("vector_length", json!({}), &[&stream(std::slice::from_ref(&batch))]).unwrap();
    assert_eq!(unpacked_f32(&lengths[0]), [5.0, 2.0]);
    let with_kind = table(vec![("point", batch.column(0).clone()), ("kind", Arc::new(Int64Array::from(vec![7, 8])))]);
    let given = json!({ "strides": [16] });
    assert_eq!(run("vector_length", given, &[&file(&[with_kind])]).unwrap(), lengths);
}

#[test]
fn what_is_no_number_is_named() {
    let nulls = table(vec![("x", Arc::new(Float64Array::from(vec![Some(1.0), None])))]);
    let in_list = table(vec![("p", lists(vec![Some(vec![Some(1.0), None, Some(2.0)])]))]);
    let of_list = table(vec![("p", lists(vec![Some(vec![Some(1.0); 3]), None]))]);
    let texts =
        table(vec![("x", Arc::new(Float64Array::from(vec![1.0]))), ("name", Arc::new(StringArray::from(vec!["a"])))]);
    for (batch, why) in [
        (nulls, "1 nulls in column \"x\""),
        (in_list, "1 nulls in column \"p\""),
        (of_list, "1 nulls in column \"p\""),
        (texts, "column \"name\" that is neither of numbers"),
    ] {
        match run("statistics", json!({}), &[&stream(&[batch])]) {
            Err(Fault::Invalid { pointer, message }) => {
                assert!(pointer == "/inputs/0" && message.contains(why), "{message}")
            }
            other => panic!("{why}: {other:?}"),
        }
    }
    let whole = stream(&[points()]);
    assert_eq!(mistake("statistics", json!({}), &[&whole[..whole.len() - 40]]), "/inputs/0");
}

#[test]
fn numbers_that_begin_like_a_table_are_numbers() {
    let mut bytes = packed_f32(&[1.0; 6]);
    bytes[..8].copy_from_slice(&[0xff, 0xff, 0xff, 0xff, 16, 0, 0, 0]);
    assert_eq!(run("vector_length", json!({}), &[&bytes]).unwrap()[0].len(), 8);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_change_to_a_table_makes_a_method_panic(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..12),
        cut in prop::option::of(any::<prop::sample::Index>()),
        is_file: bool,
    ) {
        let mut bytes = if is_file { file(&[points(), points()]) } else { stream(&[points(), points()]) };
        for (at, byte) in &changes {
            let at = at.index(bytes.len());
            bytes[at] = *byte;
        }
        if let Some(cut) = cut {
            bytes.truncate(cut.index(bytes.len()));
        }
        for method in ["statistics", "vector_length"] {
            let ended = run(method, json!({}), &[&bytes]);
            prop_assert!(matches!(ended, Ok(_) | Err(Fault::Invalid { .. } | Fault::Limit { .. })), "{:?}", ended);
        }
    }
}
