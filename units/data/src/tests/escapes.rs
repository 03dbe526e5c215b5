//! Statements that try to read or write something other than the job's inputs, to change the engine, or to see more of it:
//! none of them gets anywhere.

use super::*;

/// Names of files, folders and addresses that must stay out of reach.
const PLACES: &[&str] = &[
    "/etc/passwd",
    "/proc/self/environ",
    "/proc/self/maps",
    "file:///etc/passwd",
    "file://localhost/etc/passwd",
    "../../etc/passwd",
    "http://127.0.0.1:8080/x.csv",
    "https://example.com/x.parquet",
    "s3://bucket/x.parquet",
    "gs://bucket/x.csv",
    "inos://job/",
    "inos://job/0/0000",
    "inos://other/0/0000",
    "inos://job/../x",
];

/// What may be tried with each of them; `@` stands for the place.
const OF_PLACES: &[&str] = &[
    "SELECT * FROM '@'",
    "SELECT * FROM \"@\"",
    "SELECT * FROM read_csv('@')",
    "SELECT * FROM read_parquet('@')",
    "CREATE EXTERNAL TABLE e STORED AS CSV LOCATION '@'",
    "COPY (SELECT 1) TO '@'",
    "COPY input TO '@' STORED AS PARQUET",
    "SELECT * FROM glob('@')",
    "SELECT read_text('@')",
    "ATTACH '@' AS other",
    "WITH e AS (SELECT * FROM '@') SELECT * FROM e",
    "SELECT (SELECT count(*) FROM '@')",
];

/// What may be tried without any.
const OTHERS: &[&str] = &[
    "CREATE TABLE t AS SELECT 1",
    "CREATE TABLE t (a INT)",
    "CREATE VIEW v AS SELECT 1",
    "CREATE OR REPLACE VIEW input AS SELECT 1",
    "CREATE SCHEMA s",
    "CREATE DATABASE d",
    "CREATE FUNCTION f(INT) RETURNS INT RETURN $1",
    "CREATE INDEX i ON input (city)",
    "DROP TABLE input",
    "DROP TABLE IF EXISTS input",
    "DROP VIEW v",
    "DROP SCHEMA public CASCADE",
    "DROP FUNCTION f",
    "INSERT INTO input VALUES ('x', 1, '2026-01-01')",
    "INSERT INTO input SELECT * FROM input",
    "INSERT OVERWRITE input SELECT * FROM input",
    "UPDATE input SET amount = 1",
    "DELETE FROM input",
    "TRUNCATE TABLE input",
    "ALTER TABLE input RENAME TO other",
    "MERGE INTO input USING input ON true WHEN MATCHED THEN DELETE",
    "SET datafusion.runtime.memory_limit = '10G'",
    "SET datafusion.execution.batch_size = 1",
    "SET datafusion.catalog.information_schema = true",
    "RESET datafusion.runtime.memory_limit",
    "SHOW ALL",
    "SHOW TABLES",
    "SHOW COLUMNS FROM input",
    "SHOW FUNCTIONS",
    "SHOW CREATE TABLE input",
    "SHOW datafusion.execution.batch_size",
    "DESCRIBE input",
    "DESCRIBE SELECT 1",
    "EXPLAIN SELECT 1",
    "EXPLAIN ANALYZE SELECT 1",
    "EXPLAIN COPY input TO '/tmp/x'",
    "EXPLAIN ANALYZE COPY input TO '/tmp/x'",
    "EXPLAIN INSERT INTO input SELECT * FROM input",
    "PREPARE p AS SELECT 1",
    "EXECUTE p",
    "DEALLOCATE p",
    "BEGIN",
    "START TRANSACTION",
    "COMMIT",
    "ROLLBACK",
    "USE other",
    "CALL f()",
    "GRANT ALL ON input TO x",
    "VACUUM",
    "ANALYZE TABLE input COMPUTE STATISTICS",
    "KILL 1",
    "LOAD 'x.so'",
    "INSTALL httpfs",
    "PRAGMA version",
    "DECLARE c CURSOR FOR SELECT 1",
    "LOCK TABLES input READ",
    "SELECT 1; SELECT 2",
    "SELECT 1; DROP TABLE input",
    "SELECT 1; SET datafusion.execution.batch_size = 1",
    "",
    ";",
    "-- nothing",
    "SELECT * FROM information_schema.tables",
    "SELECT * FROM information_schema.df_settings",
    "SELECT * FROM information_schema.columns",
    "SELECT * FROM datafusion.information_schema.schemata",
    "SELECT * FROM other.public.input",
    "SELECT * FROM datafusion.other.input",
    "SELECT * FROM pg_catalog.pg_tables",
    "SELECT * FROM sqlite_master",
    "SELECT version()",
    "SELECT input_file_name() FROM input",
    "SELECT file_row_index() FROM input",
    "SELECT getenv('HOME')",
    "SELECT current_setting('datafusion.runtime.memory_limit')",
    "SELECT pg_read_file('/etc/passwd')",
    "SELECT load_extension('x')",
    "SELECT system('id')",
    "SELECT * INTO other FROM input",
    "SELECT * INTO OUTFILE '/tmp/x' FROM input",
    "WITH d AS (DELETE FROM input RETURNING *) SELECT * FROM d",
    "WITH i AS (INSERT INTO input VALUES ('x', 1, '2026-01-01') RETURNING *) SELECT * FROM i",
    "SELECT * FROM metadata_cache()",
    "SELECT * FROM statistics_cache()",
    "SELECT * FROM list_files_cache()",
    "SELECT * FROM parquet_metadata('input')",
    "SELECT @@version",
];

#[test]
fn no_statement_of_the_corpus_gets_anywhere() {
    let of_places = OF_PLACES.iter().flat_map(|pattern| PLACES.iter().map(|place| pattern.replace('@', place)));
    let all: Vec<String> = of_places.chain(OTHERS.iter().map(|sql| (*sql).to_owned())).collect();
    assert!(all.len() >= 150, "{}", all.len());
    for sql in &all {
        let (pointer, message) = refused("query", json!({ "sql": sql }), &[SALES]);
        assert_eq!(pointer, "/params/sql", "{sql}: {message}");
        for word in ["root:", "/home", "/root", "Backtrace", ".rs:"] {
            assert!(!message.contains(word), "{sql}: {message}");
        }
    }
    println!("{} statements were refused", all.len());
}

#[test]
fn explaining_is_no_way_round() {
    for sql in
        ["COPY input TO '/tmp/x'", "DROP TABLE input", "SET datafusion.execution.batch_size = 1", "EXPLAIN SELECT 1"]
    {
        for analyze in [false, true] {
            let params = json!({ "sql": sql, "analyze": analyze });
            assert_eq!(refused("explain", params, &[SALES]).0, "/params/sql", "{sql}");
        }
    }
}

#[test]
fn names_of_tables_and_columns_are_never_read_as_sql() {
    for name in ["x\" UNION SELECT 1 --", "'; DROP TABLE x; --", "a.b.c", "/etc/passwd", "ünï \n"] {
        let tables = json!([{ "name": name }]);
        let said = text("convert", json!({ "tables": tables, "output": "csv" }), &[b"a\n1\n"]);
        assert_eq!(said, "a\n1\n", "{name}");
        assert!(text("profile", json!({ "tables": tables }), &[b"a\"b,c\n1,2\n"]).contains("\"rows\":1"));
    }
}

#[test]
fn statements_without_end_are_refused_in_time() {
    let joins = format!(
        "SELECT 1 FROM {}",
        vec!["input"; 2_000].iter().enumerate().map(|(at, of)| format!("{of} t{at}")).collect::<Vec<_>>().join(", ")
    );
    let plus = format!("SELECT {}1", "1+".repeat(20_000));
    let or = format!("SELECT 1 WHERE 1=2{}", " OR 1=2".repeat(5_000));
    let deep = format!("SELECT {}1{}", "(".repeat(20_000), ")".repeat(20_000));
    let nested = format!("{}SELECT 1{}", "SELECT * FROM (".repeat(60), ")".repeat(60));
    for sql in [joins, plus, or, deep, nested] {
        match asked("query", json!({ "sql": sql }), &[SALES]) {
            Err(Fault::Limit { .. } | Fault::Invalid { .. }) => {}
            other => panic!("{}…: {other:?}", &sql[..60]),
        }
    }
    // The longest that is let through neither ends the process nor takes long.
    let most = format!("SELECT {}1 AS n", "1+".repeat(999));
    assert_eq!(rows(&most, &[]), json!([{ "n": 1_000 }]));
    let ors = format!("SELECT count(*) AS n FROM input WHERE amount=2{}", " OR amount=3".repeat(450));
    assert_eq!(rows(&ors, &[SALES]), json!([{ "n": 1 }]));
}
