//! Flags, environment and file: which counts, and what is said of those that cannot be read.

use std::{collections::BTreeMap, path::Path};

use super::*;

fn variables(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect()
}

fn with(flags: &[(&'static str, &str)], env: &[(&str, &str)], file: &str) -> Result<Config, Error> {
    let flags = Flags(flags.iter().map(|(name, text)| (*name, (*text).to_owned())).collect());
    resolve(&flags, &variables(env), Some((Path::new("inos.toml"), file)))
}

fn refused(env: &[(&str, &str)], file: &str) -> (String, String) {
    let error = with(&[], env, file).expect_err("this configuration is wrong");
    (error.to_string(), error.hint.unwrap_or_default())
}

#[test]
fn a_flag_beats_the_environment_beats_the_file_beats_the_default() {
    let file = "name = 'file'\nlisten = '127.0.0.1:1'\nworkers = 3\nqueue_max = 70_000";
    let env = [("INOS_NAME", "env"), ("INOS_LISTEN", "127.0.0.1:2")];
    let config = with(&[("name", "flag")], &env, file).unwrap();
    assert_eq!(config.name, "flag");
    assert_eq!(config.listen.port(), 2);
    assert_eq!(config.workers.map(NonZeroUsize::get), Some(3));
    assert_eq!(config.queue_len_max, 70_000);
    assert_eq!(config.arena_bytes, 256 << 20);
}

#[test]
fn the_defaults_are_those_of_the_contract() {
    let config = Config::default();
    assert_eq!(config.listen.to_string(), "127.0.0.1:4667");
    assert_eq!(config.data_dir, Path::new("./inos-data"));
    assert_eq!(config.database_url(), "sqlite://./inos-data/inos.db");
    assert_eq!(config.arena_bytes, 256 << 20);
    assert!(config.check().is_ok());
}

#[test]
fn an_unknown_key_is_refused_with_its_line_and_the_likely_meaning() {
    let (error, hint) = refused(&[], "name = 'x'\n\nlissten = '127.0.0.1:1'\n");
    assert_eq!(error, "inos.toml:3: `lissten` is no setting");
    assert_eq!(hint, "did you mean `listen`?");
}

#[test]
fn an_unknown_variable_is_refused_unless_another_program_sets_it() {
    let (error, hint) = refused(&[("INOS_DATADIR", "x")], "");
    assert_eq!(error, "INOS_DATADIR: is no setting of this program");
    assert_eq!(hint, "did you mean `INOS_DATA_DIR`?");
    let others =
        [("INOS_URL", "x"), ("INOS_KEY", "y"), ("INOS_PORT", "tcp://10.0.0.1:4667"), ("INOS_SERVICE_HOST", "x")];
    assert!(with(&[], &others, "").is_ok());
}

#[test]
fn a_wrong_value_is_refused_where_it_stands() {
    for (file, wanted) in [
        ("\nworkers = 0", "inos.toml:2: workers: `0` is no whole number above 0"),
        ("workers = true", "inos.toml:1: workers: a boolean cannot stand here"),
        ("[listen]\n", "inos.toml:1: listen: a table cannot stand here"),
        (
            "arena_size = '1 parsec'",
            "inos.toml:1: arena-size: `1 parsec` is no size, such as 4096, 64KiB, 256MiB or 1.5GB",
        ),
        ("tls_cert = 'a.pem'", "tls-cert: needs tls-key beside it"),
        ("queue-max = 1", "account-queue-max: is more than the whole queue (queue-max)"),
    ] {
        assert_eq!(refused(&[], file).0, wanted, "{file}");
    }
    assert!(refused(&[], "name = 'x'\nname = 'y'").0.starts_with("inos.toml:2: "));
    assert!(refused(&[], "a\n= b").0.starts_with("inos.toml:1: "));
    assert_eq!(
        refused(&[("INOS_DRAIN", "soon")], "").0,
        "INOS_DRAIN: `soon` is no span of time, such as 500ms, 30s, 5m or 7d"
    );
}

#[test]
fn a_password_is_in_no_message() {
    let url = "postgres://inos:canary@db/inos";
    let config = with(&[("database-url", url)], &[], "").unwrap();
    assert_eq!(config.database_url(), url);
    assert!(!format!("{config:?}").contains("canary"));
    let error = with(&[("database-url", "mysql://inos:canary@db/inos")], &[], "").unwrap_err();
    assert!(!format!("{error:?}").contains("canary"));
}

#[test]
fn sizes_are_read_exactly() {
    for (text, bytes) in [
        ("0", 0),
        ("4096", 4096),
        ("64KiB", 65_536),
        ("64kib", 65_536),
        ("1KB", 1000),
        ("1.5 MiB", 1_572_864),
        ("2G", 2_000_000_000),
        ("4GiB", 4 << 30),
        ("17179869183GiB", 17_179_869_183 << 30),
    ] {
        assert_eq!(values::size(text), Ok(bytes), "{text}");
    }
    for bad in [
        "",
        "MiB",
        "-1",
        "1e3",
        "1.2.3MiB",
        "1.MiB",
        "12 parsecs",
        "18446744073709551616",
        "17179869184GiB",
        "1i",
        "0x10",
    ] {
        assert!(values::size(bad).is_err(), "{bad}");
    }
}

#[test]
fn origins_are_bare() {
    let origins = |text| with(&[("cors-origins", text)], &[], "").map(|config| config.cors_origins);
    assert_eq!(
        origins("https://A.example, http://b.example:8080").unwrap(),
        ["https://a.example", "http://b.example:8080"]
    );
    assert_eq!(origins("*").unwrap(), ["*"]);
    for bad in ["*,https://a.example", "https://a.example/", "a.example", "https://*.example", "ftp://a.example"] {
        assert!(origins(bad).is_err(), "{bad}");
    }
    let config = with(&[], &[], "cors_origins = ['https://a.example', 'https://b.example']").unwrap();
    assert_eq!(config.cors_origins.len(), 2);
}

#[test]
fn traces_go_nowhere_unless_a_collector_is_named() {
    assert!(Config::default().collector().is_none());
    let config = with(&[("otlp-headers", "a=b")], &[("INOS_OTLP_SAMPLE_RATIO", "0.5")], "").unwrap();
    assert!(config.collector().is_none());
    let file = "otlp_endpoint = 'https://otel.example/base/'\notlp_headers = ['A=b=c', 'd = e ']";
    let collector = with(&[], &[("INOS_OTLP_SAMPLE_RATIO", "0.5")], file).unwrap().collector().unwrap();
    assert_eq!((collector.url.as_str(), collector.ratio), ("https://otel.example/base/v1/traces", 0.5));
    let headers: Vec<_> = collector.headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes())).collect();
    assert_eq!(headers, [("a", &b"b=c"[..]), ("d", b"e")]);
    for (given, url) in [
        ("http://127.0.0.1:4318", "http://127.0.0.1:4318/v1/traces"),
        ("http://[::1]:4318/", "http://[::1]:4318/v1/traces"),
        ("http://otel/v1/traces", "http://otel/v1/traces"),
    ] {
        assert_eq!(values::collector(given).as_deref(), Ok(url), "{given}");
    }
}

#[test]
fn each_setting_has_one_name_everywhere() {
    for setting in SETTINGS {
        assert!(setting.name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-'), "{}", setting.name);
        assert!(std::ptr::eq(Setting::find(&setting.name.replace('-', "_")).unwrap(), setting));
        assert!(!setting.help.is_empty() && !setting.help.ends_with('.'));
    }
}
