//! What the unit does with files, statements and mistakes, without a server around it.

use inos_unit::{
    Fault,
    testing::{Quiet, run},
};
use serde_json::{Value, json};

use crate::Data;

/// What a method gives, or why it gives nothing.
fn asked(method: &str, params: Value, inputs: &[&[u8]]) -> Result<Vec<u8>, Fault> {
    let params = serde_json::from_value(params).unwrap();
    Ok(run(&Data::new(), method, params, inputs, 1 << 20, &Quiet::default())?.remove(0).1)
}

fn text(method: &str, params: Value, inputs: &[&[u8]]) -> String {
    String::from_utf8(asked(method, params, inputs).unwrap()).unwrap()
}

const SALES: &[u8] = b"city,amount,day\nBern,3,2026-01-02\nOslo,4.5,2026-01-03\nBern,,2026-02-01\n";

#[test]
fn a_statement_reads_an_input_of_any_form() {
    let sql = "SELECT city, sum(amount) AS total, count(*) AS rows FROM input GROUP BY city ORDER BY city";
    let wanted = r#"[{"city":"Bern","total":3.0,"rows":2},{"city":"Oslo","total":4.5,"rows":1}]"#;
    assert_eq!(text("query", json!({ "sql": sql }), &[SALES]), wanted);
    for form in ["csv", "tsv", "ndjson", "json", "parquet", "arrow", "arrow_stream"] {
        let converted = asked("query", json!({ "sql": "SELECT * FROM input", "output": form }), &[SALES]).unwrap();
        assert_eq!(text("query", json!({ "sql": sql }), &[&converted]), wanted, "{form}");
    }
}

mod escapes;
mod tpch;
mod types;

/// Why a method gives nothing: where, and what is wrong there.
fn refused(method: &str, params: Value, inputs: &[&[u8]]) -> (String, String) {
    match asked(method, params, inputs) {
        Err(Fault::Invalid { pointer, message }) => (pointer, message),
        other => panic!("{other:?}"),
    }
}

fn rows(sql: &str, inputs: &[&[u8]]) -> Value {
    serde_json::from_str(&text("query", json!({ "sql": sql }), inputs)).unwrap()
}

#[test]
fn values_are_bound_and_never_read_as_sql() {
    let sql = "SELECT count(*) AS n FROM input WHERE city = $1 AND amount > $2";
    assert_eq!(text("query", json!({ "sql": sql, "values": ["Bern", 2] }), &[SALES]), r#"[{"n":1}]"#);
    let named = "SELECT count(*) AS n FROM input WHERE city = $city";
    let hostile = json!({ "sql": named, "values": { "city": "' OR 1=1 --" } });
    assert_eq!(text("query", hostile, &[SALES]), r#"[{"n":0}]"#);
    let (pointer, _) = refused("query", json!({ "sql": named, "values": { "town": "x" } }), &[SALES]);
    assert_eq!(pointer, "/params/values");
    let nested = json!({ "sql": named, "values": { "city": ["x"] } });
    assert_eq!(refused("query", nested, &[SALES]).0, "/params/values/city");
}

#[test]
fn several_files_of_one_schema_are_one_table_and_paths_have_columns() {
    let tables = json!([{
        "name": "sales", "inputs": [0, 1],
        "paths": ["year=2025/city=Bern/a.csv", "year=2026/city=Oslo/a.csv"],
    }]);
    let inputs: [&[u8]; 2] = [b"amount\n1\n2\n", b"amount\n3.5\n"];
    let sql = "SELECT year, city, sum(amount) AS total FROM sales GROUP BY year, city ORDER BY year";
    let all = text("query", json!({ "sql": sql, "tables": tables }), &inputs);
    assert_eq!(all, r#"[{"year":2025,"city":"Bern","total":3.0},{"year":2026,"city":"Oslo","total":3.5}]"#);
    let sql = "SELECT count(*) AS n FROM sales WHERE year = 2026";
    assert_eq!(text("query", json!({ "sql": sql, "tables": tables }), &inputs), r#"[{"n":1}]"#);
    // Without names, each input is a table of its own.
    assert_eq!(rows("SELECT count(*) AS n FROM input0, input1", &inputs), json!([{ "n": 2 }]));
}

#[test]
fn readers_of_other_engines_find_tables_of_the_job_and_nothing_else() {
    assert_eq!(rows("SELECT count(*) AS n FROM read_csv('input')", &[SALES]), json!([{ "n": 3 }]));
    let tables = json!([
        { "name": "sales_2026", "inputs": [0] }, { "name": "sales_2025", "inputs": [1] }, { "name": "other", "inputs": [2] },
    ]);
    let inputs: [&[u8]; 3] = [SALES, b"day,amount,city\n2025-01-01,9,Rome\n", b"x\n1\n"];
    let asked_of = |sql: &str| json!({ "sql": sql, "tables": tables });
    let sql = "SELECT city, amount FROM read_csv('sales_*') WHERE amount > 3 ORDER BY city";
    let both = r#"[{"city":"Oslo","amount":4.5},{"city":"Rome","amount":9.0}]"#;
    assert_eq!(text("query", asked_of(sql), &inputs), both);
    assert_eq!(text("query", asked_of("SELECT count(*) AS n FROM read_csv('sales_202[5]')"), &inputs), r#"[{"n":1}]"#);
    for pattern in ["*_none", "/etc/*", "[", "../*", "http://*"] {
        let (pointer, why) = refused("query", asked_of(&format!("SELECT * FROM read_csv('{pattern}')")), &inputs);
        assert!(pointer == "/params/sql" && why.contains(pattern), "{pattern}: {pointer} {why}");
    }
    for name in ["/etc/passwd", "file:///etc/passwd", "http://127.0.0.1/", "../input", ""] {
        let sql = format!("SELECT * FROM read_csv('{name}')");
        assert_eq!(refused("query", json!({ "sql": sql }), &[SALES]).0, "/params/sql");
    }
}

#[test]
fn a_file_says_what_it_has() {
    let said: Value = serde_json::from_str(&text("schema", json!({}), &[SALES])).unwrap();
    assert_eq!(said["columns"][1], json!({ "name": "amount", "type": "Float64", "nullable": true }));
    let said: Value = serde_json::from_str(&text("profile", json!({}), &[SALES])).unwrap();
    assert_eq!(said["rows"], 3);
    let amount = &said["columns"][1];
    assert_eq!((&amount["nulls"], &amount["min"], &amount["max"]), (&json!(1), &json!("3.0"), &json!("4.5")));
    assert_eq!((&amount["distinct_approx"], &amount["mean"]), (&json!(2), &json!(3.75)));
    assert_eq!(said["columns"][2]["max"], "2026-02-01");
}

#[test]
fn groups_are_measured_without_sql() {
    let measures = json!([{ "function": "sum", "column": "amount" }, { "function": "count", "name": "rows" }]);
    let params = json!({ "group_by": ["city"], "measures": measures, "output": "csv" });
    assert_eq!(text("aggregate", params, &[SALES]), "city,sum_amount,rows\nBern,3.0,2\nOslo,4.5,1\n");
    let hostile = json!({ "measures": [{ "function": "max", "column": "x\") FROM t --" }] });
    assert_eq!(refused("aggregate", hostile, &[SALES]).0, "/params/measures");
}

#[test]
fn a_sample_has_as_many_rows_as_asked_for() {
    let sampled: Value = serde_json::from_str(&text("sample", json!({ "rows": 2 }), &[SALES])).unwrap();
    assert_eq!(sampled.as_array().unwrap().len(), 2);
}

#[test]
fn a_plan_is_told_and_what_its_steps_took() {
    let params = json!({ "sql": "SELECT sum(amount) FROM input" });
    assert!(text("explain", params, &[SALES]).contains("AggregateExec"));
    let params = json!({ "sql": "SELECT sum(amount) FROM input", "analyze": true });
    assert!(text("explain", params, &[SALES]).contains("output_rows=1"));
}

#[test]
fn the_log_has_what_each_step_took() {
    let params = json!({ "sql": "SELECT city, sum(amount) AS total FROM input GROUP BY city ORDER BY city" });
    let host = Quiet::default();
    let params = serde_json::from_value(params).unwrap();
    run(&Data::new(), "query", params, &[SALES], 1 << 20, &host).unwrap();
    let lines = host.lines.into_inner().unwrap();
    let told = |what: &str, figure: &str| {
        let line = lines.iter().find(|line| line.contains(what));
        assert!(line.is_some_and(|line| line.contains(figure)), "{what}: {lines:#?}");
    };
    told("SortExec", "output_rows=2");
    told("AggregateExec: mode=Partial", "elapsed_compute=");
    told("DataSourceExec", "output_rows=3");
    // Of one that fails, nothing has run to its end.
    let host = Quiet::default();
    let params = serde_json::from_value(json!({ "sql": "SELECT 1 / (amount - amount) FROM input" })).unwrap();
    let inputs: [&[u8]; 1] = [b"amount\n3\n"];
    assert!(run(&Data::new(), "query", params, &inputs, 1 << 20, &host).is_err());
    assert!(host.lines.into_inner().unwrap().is_empty());
}

#[test]
fn text_files_are_read_as_they_are_written() {
    let quoted = b"\xef\xbb\xbfname,note\r\n\"a,b\",\"two\nlines \"\"x\"\"\"\r\nc,\r\n";
    let wanted = json!([{ "name": "a,b", "note": "two\nlines \"x\"" }, { "name": "c", "note": null }]);
    assert_eq!(rows("SELECT name, note FROM input", &[quoted]), wanted);
    assert_eq!(rows("SELECT \"a\" FROM input", &[b"a;b\n1;2\n"]), json!([{ "a": 1 }]));
    let (pointer, message) = refused("query", json!({ "sql": "SELECT * FROM input" }), &[b"a,b\n1,2\n3,4,5\n"]);
    assert!(pointer.starts_with("/inputs") && message.contains("line 3"), "{pointer}: {message}");
    // In the middle of a file that is read in parts.
    let mut long = String::from("n,name\n");
    (2..200_000)
        .for_each(|line| long += &if line == 150_000 { "1,2,3\n".into() } else { format!("{line},some name\n") });
    let (pointer, message) = refused("query", json!({ "sql": "SELECT sum(n) FROM input" }), &[long.as_bytes()]);
    assert!(pointer == "/inputs/0" && message.contains("line 150000"), "{pointer}: {message}");
    let late = long.replace("1,2,3", "x,y");
    let (pointer, message) = refused("query", json!({ "sql": "SELECT sum(n) FROM input" }), &[late.as_bytes()]);
    assert!(pointer == "/inputs/0" && message.contains("line 150000"), "{pointer}: {message}");
    let headless = json!({ "sql": "SELECT column_1 AS a FROM t", "tables": [{ "name": "t", "header": false }] });
    assert_eq!(text("query", headless, &[b"1,2\n3,4\n"]), r#"[{"a":1},{"a":3}]"#);
}

#[test]
fn a_long_file_is_read_in_parts_wherever_its_lines_break() {
    let mut long = String::from("n,note\n");
    (1..=400_000).for_each(|line| long += &format!("{line},\"number\n{line},\"\"twice\"\"\"\n"));
    assert!(long.len() > 10 << 20, "or it is read by one thread");
    let sql = "SELECT count(*) AS rows, sum(n) AS sum, count(DISTINCT note) AS notes FROM input";
    let wanted = json!([{ "rows": 400_000, "sum": 80_000_200_000_i64, "notes": 400_000 }]);
    assert_eq!(rows(sql, &[long.as_bytes()]), wanted);
    let plan = text("explain", json!({ "sql": sql }), &[long.as_bytes()]);
    let groups = std::thread::available_parallelism().map_or(1, usize::from);
    assert!(groups == 1 || plan.contains(&format!("{groups} groups")), "{plan}");
}

#[test]
fn an_answer_without_rows_still_has_its_form() {
    let sql = "SELECT city, amount FROM input WHERE false";
    assert_eq!(text("query", json!({ "sql": sql }), &[SALES]), "[]");
    assert_eq!(text("query", json!({ "sql": sql, "output": "csv" }), &[SALES]), "city,amount\n");
    let empty = asked("query", json!({ "sql": sql, "output": "parquet" }), &[SALES]).unwrap();
    assert_eq!(rows("SELECT count(*) AS n FROM input", &[&empty]), json!([{ "n": 0 }]));
}

#[test]
fn types_keep_their_values() {
    let sql = "SELECT CAST('12345678901234567890.12' AS DECIMAL(30, 2)) AS d, TIMESTAMP '2026-01-02T03:04:05.678Z' AS t, \
               [1, 2, NULL] AS l, named_struct('a', 1, 'b', 'x') AS s, CAST('NaN' AS DOUBLE) = CAST('NaN' AS DOUBLE) AS e, \
               NULL = NULL AS n, sum(x) AS total FROM (VALUES (1), (NULL), (2)) v(x)";
    for form in ["parquet", "arrow", "arrow_stream"] {
        let file = asked("query", json!({ "sql": sql, "output": form }), &[]).unwrap();
        let sql = "SELECT CAST(d AS VARCHAR) AS d, CAST(t AS VARCHAR) AS t, l, s, e, n, total FROM input";
        let row = &rows(sql, &[&file])[0];
        assert_eq!(row["d"], "12345678901234567890.12", "{form}");
        assert!(row["t"].as_str().unwrap().starts_with("2026-01-02T03:04:05.678"), "{form}: {row}");
        assert_eq!((&row["l"], &row["s"]), (&json!([1, 2, null]), &json!({ "a": 1, "b": "x" })), "{form}");
        assert_eq!((&row["e"], &row["n"], &row["total"]), (&json!(true), &Value::Null, &json!(3)), "{form}");
    }
}

#[test]
fn mistakes_in_numbers_are_told() {
    for sql in ["SELECT 1 / 0", "SELECT CAST('x' AS INT)", "SELECT CAST(300 AS TINYINT)"] {
        assert_eq!(refused("query", json!({ "sql": sql }), &[]).0, "/params/sql", "{sql}");
    }
}

#[test]
fn a_stop_is_heard_while_the_engine_works() {
    let host = Quiet { cancel_after: Some(std::sync::atomic::AtomicU64::new(20)), ..Quiet::default() };
    let params = json!({ "sql": "SELECT count(*) FROM generate_series(1, 1000000000000)" });
    let stopped = run(&Data::new(), "query", serde_json::from_value(params).unwrap(), &[], 1, &host);
    assert_eq!(stopped, Err(Fault::Cancelled));
}

#[test]
fn files_cut_short_or_spoilt_are_refused_and_nothing_worse() {
    let forms = ["parquet", "arrow", "arrow_stream", "json", "ndjson", "csv"];
    let mut random = fastrand::Rng::with_seed(7);
    for form in forms {
        let good = asked("convert", json!({ "output": form }), &[SALES]).unwrap();
        for round in 0..40 {
            let mut bad = good.clone();
            if round % 2 == 0 {
                bad.truncate(random.usize(..good.len()));
            } else {
                (0..3).for_each(|_| bad[random.usize(..good.len())] = random.u8(..));
            }
            let table = json!([{ "name": "t", "format": form }]);
            match asked("query", json!({ "sql": "SELECT * FROM t", "tables": table }), &[&bad]) {
                Ok(_) | Err(Fault::Invalid { .. } | Fault::Limit { .. }) => {}
                Err(other) => panic!("{form}, round {round}: {other:?}"),
            }
        }
    }
}

#[test]
fn files_made_to_hurt_are_refused() {
    let parquet = |footer: &[u8], len: u32| [&b"PAR1"[..], footer, &len.to_le_bytes(), b"PAR1"].concat();
    let hostile: [(&str, Vec<u8>); 10] = [
        ("parquet", parquet(b"", 0)),
        ("parquet", parquet(b"xyz", u32::MAX)),
        // Compact Thrift: lists in lists, and a list that says it has two thousand million items.
        ("parquet", parquet(&[0x19; 60_000], 60_000)),
        ("parquet", parquet(&[0x15, 2, 0x19, 0xfc, 0xff, 0xff, 0xff, 0xff, 7], 9)),
        ("json", "[".repeat(500_000).into_bytes()),
        ("ndjson", [r#"{"a":"#.repeat(300_000), "1".into(), "}".repeat(300_000)].concat().into_bytes()),
        ("arrow", [&b"ARROW1\0\0"[..], &[0xff; 64], &i32::MAX.to_le_bytes(), b"ARROW1"].concat()),
        ("arrow_stream", [&[0xff; 4][..], &i32::MAX.to_le_bytes(), &[0; 64]].concat()),
        ("csv", ",".repeat(20_000_000).into_bytes()),
        ("csv", [b"a,b\n\"".to_vec(), vec![b'x'; 20_000_000]].concat()),
    ];
    for (format, file) in hostile {
        let params = json!({ "sql": "SELECT count(b) FROM t", "tables": [{ "name": "t", "format": format }] });
        match asked("query", params, &[&file]) {
            Ok(_) if format == "csv" => {}
            Err(Fault::Invalid { .. } | Fault::Limit { .. }) => {}
            other => panic!("{format}: {other:?}"),
        }
    }
}

#[test]
fn what_memory_does_not_hold_is_put_aside() {
    // 700,000 texts of 1,000 bytes are more than the pool.
    let series = "SELECT value, rpad(CAST(value AS VARCHAR), 1000, 'x') AS t FROM generate_series(1, 700000)";
    let sql =
        format!("SELECT sum(value * n) AS s FROM (SELECT value, row_number() OVER (ORDER BY t) AS n FROM ({series}))");
    let said = rows(&sql, &[]);
    assert!(said[0]["s"].as_i64().is_some_and(|sum| sum > 0), "{said}");
}

#[test]
fn the_unit_keeps_its_vectors() {
    let vectors: Value = serde_json::from_str(include_str!("../vectors.json")).unwrap();
    let cases = vectors["cases"].as_array().unwrap();
    for case in cases {
        let params = case.get("params").cloned().unwrap_or_else(|| json!({}));
        let (method, input) = (case["method"].as_str().unwrap(), case["input"]["text"].as_str().unwrap());
        match asked(method, params, &[input.as_bytes()]) {
            Ok(bytes) => assert_eq!(case["output"]["text"], String::from_utf8(bytes).unwrap(), "{}", case["name"]),
            Err(Fault::Invalid { pointer, message }) => {
                assert_eq!(case["output"]["fault"], pointer, "{}: {message}", case["name"]);
            }
            Err(other) => panic!("{}: {other:?}", case["name"]),
        }
    }
    let methods = Data::new();
    for method in &inos_unit::Unit::spec(&methods).methods {
        let has_case =
            cases.iter().any(|case| case["method"] == method.name) || ["explain", "profile"].contains(&method.name);
        assert!(has_case, "{} has no case", method.name);
    }
}

#[test]
fn rows_are_parted_into_files_and_read_again_as_one_table() {
    let sales = "city,amount,day\nBern,3,2026-01-02\nOslo,4.5,2026-01-03\nA/b=c%,1,2026-02-01\nBern,,2026-02-01\n,7,2026-02-02\n";
    for form in ["parquet", "csv", "arrow"] {
        let params = json!({ "partition_by": ["city"], "output": form });
        let params = serde_json::from_value(params).unwrap();
        let mut outputs =
            run(&Data::new(), "convert", params, &[sales.as_bytes()], 1 << 20, &Quiet::default()).unwrap();
        let (media, list) = outputs.pop().unwrap();
        let list: Value = serde_json::from_slice(&list).unwrap();
        assert_eq!((media.as_str(), outputs.len()), ("application/json", 4));
        let told = |at: usize| (list[at]["output"].clone(), list[at]["path"].clone(), list[at]["rows"].clone());
        assert_eq!(told(0), (json!(0), json!(format!("city=A%2Fb%3Dc%25/data.{form}")), json!(1)));
        assert_eq!(told(1), (json!(1), json!(format!("city=Bern/data.{form}")), json!(2)));
        assert_eq!(told(3).1, json!(format!("city=__HIVE_DEFAULT_PARTITION__/data.{form}")));
        let paths: Vec<&Value> = (0..4).map(|at| &list[at]["path"]).collect();
        let files: Vec<&[u8]> = outputs.iter().map(|(_, bytes)| bytes.as_slice()).collect();
        let tables = json!([{ "name": "sales", "paths": paths }]);
        let sql =
            "SELECT city, sum(amount) AS total, count(*) AS rows FROM sales GROUP BY city ORDER BY city NULLS LAST";
        let all = text("query", json!({ "sql": sql, "tables": tables, "output": "csv" }), &files);
        assert_eq!(all, "city,total,rows\nA/b=c%,1.0,1\nBern,3.0,2\nOslo,4.5,1\n,7.0,1\n", "{form}");
        let sql = "SELECT * FROM sales WHERE city = 'Bern' ORDER BY day";
        let some = text("query", json!({ "sql": sql, "tables": tables, "output": "csv" }), &files);
        assert_eq!(some, "amount,day,city\n3.0,2026-01-02,Bern\n,2026-02-01,Bern\n", "{form}");
    }
    // What stands for a null is no text that a file could be named by; next to nothing is one.
    let named = |city: &str| format!("{{\"city\":{city},\"n\":1}}\n{{\"city\":\"\",\"n\":2}}\n");
    let params = || serde_json::from_value(json!({ "partition_by": ["city"], "output": "parquet" })).unwrap();
    let parted =
        |city: &str| run(&Data::new(), "convert", params(), &[named(city).as_bytes()], 1 << 20, &Quiet::default());
    let refused_as = parted("\"__HIVE_DEFAULT_PARTITION__\"");
    assert!(
        matches!(&refused_as, Err(Fault::Invalid { pointer, message }) if pointer == "/params/partition_by/0" && message.contains("null")),
        "{refused_as:?}"
    );
    let mut outputs = parted("null").unwrap();
    let list: Value = serde_json::from_slice(&outputs.pop().unwrap().1).unwrap();
    let paths: Vec<&Value> = list.as_array().unwrap().iter().map(|part| &part["path"]).collect();
    assert_eq!(paths, ["city=/data.parquet", "city=__HIVE_DEFAULT_PARTITION__/data.parquet"]);
    let files: Vec<&[u8]> = outputs.iter().map(|(_, bytes)| bytes.as_slice()).collect();
    let sql = "SELECT city, n FROM t ORDER BY n";
    let read = text("query", json!({ "sql": sql, "tables": [{ "name": "t", "paths": paths }] }), &files);
    assert_eq!(read, r#"[{"city":null,"n":1},{"city":"","n":2}]"#);
    // No rows are no files.
    let params = serde_json::from_value(json!({ "partition_by": ["city"] })).unwrap();
    let none = run(&Data::new(), "convert", params, &[b"city,amount\n"], 1 << 20, &Quiet::default()).unwrap();
    assert_eq!(none, [("application/json".to_owned(), b"[]".to_vec())]);
    // One key is one column, however it is written.
    let twice = json!([{ "name": "t", "paths": ["a=1/%61=2/x"] }]);
    let (pointer, why) = refused("query", json!({ "sql": "SELECT 1", "tables": twice }), &[b"x\n1\n"]);
    assert!(pointer == "/params/tables/0/paths" && why.contains("twice"), "{pointer}: {why}");
    // Whole numbers stay numbers beside a null.
    let tables = json!([{ "name": "t", "paths": ["n=2/a", "n=__HIVE_DEFAULT_PARTITION__/a"] }]);
    let sql = "SELECT n + 1 AS m, x FROM t WHERE n = 2 OR n IS NULL ORDER BY x";
    let inputs: [&[u8]; 2] = [b"x\n1\n", b"x\n2\n"];
    let said = text("query", json!({ "sql": sql, "tables": tables }), &inputs);
    assert_eq!(said, r#"[{"m":3,"x":1},{"m":null,"x":2}]"#);
    let wrong = |by: Value| refused("convert", json!({ "partition_by": by }), &[SALES]);
    assert_eq!(wrong(json!(["town"])).0, "/params/partition_by");
    assert_eq!(wrong(json!(["city", "city"])).0, "/params/partition_by/1");
    assert_eq!(
        wrong(json!(["city", "day", "amount"])),
        ("/params/partition_by".into(), "leaves the files no column".into())
    );
    let many: String = (0..64).fold("n,of\n".into(), |text, n| text + &format!("{n},1\n"));
    let too_many = asked("convert", json!({ "partition_by": ["n"] }), &[many.as_bytes()]);
    assert!(matches!(too_many, Err(Fault::Limit { .. })), "{too_many:?}");
}
