//! The writing connection ends where sqlx's connections end, and is as well protected.

use std::str::FromStr;

use sqlx::{Connection, Executor, PgConnection, postgres::PgConnectOptions};

use super::{address::Address, line::Line};
use crate::tests::encrypted::Encrypted;

/// Who is asked, as whom, and whether nobody listens on the way.
type Found = (String, String, bool, String);

const QUESTION: &str = "SELECT current_database()::text, current_user::text, ssl, current_setting('search_path') \
     FROM pg_stat_ssl WHERE pid = pg_backend_pid()";

async fn by_sqlx(url: &str) -> Option<Found> {
    let mut connection = PgConnection::connect(url).await.ok()?;
    Some(sqlx::query_as(QUESTION).fetch_one(&mut connection).await.unwrap())
}

async fn by_ourselves(url: &str) -> Option<Found> {
    let address = Address::of(&PgConnectOptions::from_str(url).unwrap());
    let (client, mut line) = Line::open(&address).await.ok()?;
    let row = line.drive(client.query_one(QUESTION, &[])).await.unwrap();
    Some((row.get(0), row.get(1), row.get(2), row.get(3)))
}

/// Whether the way is encrypted, if there is one; sqlx must say the same.
async fn check(url: &str, expected: Option<bool>) {
    let (ours, theirs) = (by_ourselves(url).await, by_sqlx(url).await);
    assert_eq!(ours, theirs, "{url}");
    assert_eq!(ours.map(|found| found.2), expected, "{url}");
}

#[tokio::test]
async fn each_sslmode_means_what_it_means_to_sqlx() {
    let server = Encrypted::start();
    let mut owner = PgConnection::connect(&server.cluster.url()).await.unwrap();
    owner.execute("CREATE DATABASE guarded").await.unwrap();
    let root = server.file("root one.pem");
    let identity = format!("sslcert={}&sslkey={}", server.file("client.pem"), server.file("client.key"));
    let port = server.cluster.port();
    let url = |host: &str, database: &str, more: &str| format!("postgres://postgres@{host}:{port}/{database}?{more}");
    for (host, database, more, encrypted) in [
        ("127.0.0.1", "postgres", "sslmode=disable", Some(false)),
        ("127.0.0.1", "postgres", "sslmode=allow", Some(false)),
        ("127.0.0.1", "postgres", "", Some(true)),
        ("127.0.0.1", "postgres", "sslmode=prefer", Some(true)),
        ("127.0.0.1", "postgres", "sslmode=require", Some(true)),
        ("127.0.0.1", "postgres", "sslmode=verify-ca", None),
        ("127.0.0.1", "postgres", &format!("sslmode=verify-ca&sslrootcert={root}"), Some(true)),
        ("127.0.0.1", "postgres", &format!("sslmode=verify-full&sslrootcert={root}"), None),
        ("localhost", "postgres", "sslmode=verify-full", None),
        ("localhost", "postgres", &format!("sslmode=verify-full&sslrootcert={root}"), Some(true)),
        ("localhost", "postgres", "sslmode=verify-full&sslrootcert=/nowhere.pem", None),
        ("127.0.0.1", "guarded", "sslmode=require", None),
        ("127.0.0.1", "guarded", &format!("sslmode=require&{identity}"), Some(true)),
        ("localhost", "guarded", &format!("sslmode=verify-full&sslrootcert={root}&{identity}"), Some(true)),
        ("127.0.0.1", "guarded", &format!("sslmode=disable&{identity}"), None),
        ("127.0.0.1", "postgres", &format!("sslmode=require&sslcert={}", server.file("client.pem")), None),
    ] {
        check(&url(host, database, more), encrypted).await;
    }
    owner.execute("ALTER SYSTEM SET ssl = off").await.unwrap();
    server.cluster.crash_and_restart().unwrap();
    for (mode, encrypted) in [("prefer", Some(false)), ("require", None), ("verify-full", None)] {
        check(&url("127.0.0.1", "postgres", &format!("sslmode={mode}")), encrypted).await;
    }
}

#[tokio::test]
async fn a_url_says_the_same_as_to_sqlx() {
    let server = crate::testing::postgres::database().await;
    let mut owner = PgConnection::connect(&server).await.unwrap();
    let odd = format!("odd name {}/?", std::process::id());
    for sql in [
        format!(r#"CREATE ROLE "{odd}" LOGIN PASSWORD 'p@ss/w%rd?&='"#),
        format!(r#"CREATE DATABASE "{odd}" OWNER "{odd}""#),
    ] {
        owner.execute(sqlx::AssertSqlSafe(sql)).await.unwrap();
    }
    let port = PgConnectOptions::from_str(&server).unwrap().get_port();
    let name = format!("odd%20name%20{}%2F%3F", std::process::id());
    let password = "p%40ss%2Fw%25rd%3F%26%3D";
    for url in [
        format!("postgres://{name}:{password}@127.0.0.1:{port}/{name}"),
        format!("postgresql://127.0.0.1:{port}/{name}?user={name}&password={password}"),
        format!("postgres:///?host=127.0.0.1&port={port}&user={name}&password={password}&dbname={name}"),
        format!(
            "postgres://{name}:{password}@127.0.0.1:{port}/{name}?options[search_path]=a,%20b&options[work_mem]=1MB"
        ),
        format!("postgres://{name}:{password}@127.0.0.1:{port}/{name}?options=-c%20search_path%3Dx&application_name=y"),
        format!("postgres://{name}:{password}@127.0.0.1:{port}/{name}?statement-cache-capacity=3&unknown=1"),
    ] {
        check(&url, Some(false)).await;
    }
    // A password that is wrong, where one is asked for.
    let wrong = format!("postgres://{name}:wrong@127.0.0.1:{port}/{name}");
    assert_eq!(by_ourselves(&wrong).await, by_sqlx(&wrong).await);
    for (kind, force) in [("DATABASE", " WITH (FORCE)"), ("ROLE", "")] {
        owner.execute(sqlx::AssertSqlSafe(format!(r#"DROP {kind} "{odd}"{force}"#))).await.unwrap();
    }
}
