//! A server from its first start to its last commit.

use clap::Parser;
use inos_protocols::job::{Capsule, Input};

use super::*;
use crate::{
    bench::{self, Door, Load},
    cli::Cli,
};

/// A configuration with a data directory of its own and any free port.
fn config(dir: &Path) -> Config {
    Config {
        data_dir: dir.join("data"),
        listen: SocketAddr::from(([127, 0, 0, 1], 0)),
        arena_bytes: 16 << 20,
        drain: Duration::from_secs(5),
        ..Config::default()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_directory_is_made_once_and_opened_again() {
    let dir = tempfile::tempdir().unwrap();
    let config = config(dir.path());
    let first = Server::start(&config).await.unwrap();
    let (path, is_new) = first.admin_key().unwrap();
    assert!(is_new && !identity::is_shared(path));
    let (key, node) = (identity::read_secret(path).unwrap().unwrap(), first.node());
    assert!(key.starts_with("inos_"));
    let Err(taken) = Server::start(&config).await else { panic!("two servers share a data directory") };
    assert_eq!(taken.exit(), Exit::InUse);
    assert!(first.stop().await);
    let again = Server::start(&config).await.unwrap();
    assert_eq!(again.node(), node);
    let (path, is_new) = again.admin_key().unwrap();
    assert!(!is_new);
    assert_eq!(identity::read_secret(path).unwrap().unwrap(), key);
    assert!(again.stop().await);
    assert_eq!(check(&config, true).await.unwrap(), Vec::<String>::new());
    assert_eq!(migrate(&config).await.unwrap(), inos_ledger::SCHEMA);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_first_start_that_was_cut_still_leaves_an_admin_key() {
    let dir = tempfile::tempdir().unwrap();
    let config = config(dir.path());
    Server::start(&config).await.unwrap().stop().await;
    // As if the power had failed after the key was made and before it was written down.
    let path = config.data_dir.join(identity::ADMIN_KEY);
    std::fs::remove_file(&path).unwrap();
    std::fs::write(config.data_dir.join("first-start"), "").unwrap();
    let server = Server::start(&config).await.unwrap();
    assert_eq!(server.admin_key(), Some((path.as_path(), true)));
    server.stop().await;
    // A key that somebody took away on purpose stays away.
    std::fs::remove_file(&path).unwrap();
    let server = Server::start(&config).await.unwrap();
    assert_eq!(server.admin_key(), None);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_port_that_is_taken_is_said_and_nothing_stays_open() {
    let dir = tempfile::tempdir().unwrap();
    let mut config = config(dir.path());
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    config.listen = taken.local_addr().unwrap();
    let Err(error) = Server::start(&config).await else { panic!("two programs share a port") };
    assert!(matches!(error, Error::Gateway(inos_gateway::Error::Listen { .. })), "{error:?}");
    config.listen.set_port(0);
    assert!(Server::start(&config).await.unwrap().stop().await);
}

#[test]
fn limits_are_told_once() {
    let (config, options) = (Config::default(), Options::default());
    assert_eq!(config.listen, options.listen);
    assert_eq!(config.body_bytes_max, options.body_bytes_max);
    assert_eq!(config.name, options.name);
}

/// Runs a command line against a server.
fn inos(server: &Server, words: &[&str]) -> Exit {
    let (url, dir) = (server.url(), server.admin_key().unwrap().0.parent().unwrap().display().to_string());
    let all = ["inos"].iter().chain(words).copied().chain(["--url", &url, "--data-dir", &dir]);
    Cli::try_parse_from(all).unwrap().run().unwrap_or_else(|failure| failure.exit)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_job_runs_and_is_proven_from_the_command_line() {
    let dir = tempfile::tempdir().unwrap();
    let config = config(dir.path());
    let server = Server::start(&config).await.unwrap();
    let path = |name: &str| dir.path().join(name).display().to_string();
    let (input, other, output, receipt) = (path("in"), path("other"), path("out"), path("receipt.json"));
    std::fs::write(&input, b"abc").unwrap();
    std::fs::write(&other, b"abd").unwrap();
    tokio::task::block_in_place(|| {
        let run = ["run", "compute.blake3", &input, "-o", &output, "--receipt", &receipt, "--param", "length=64"];
        assert_eq!(inos(&server, &run), Exit::Done);
        let digest = std::fs::read_to_string(&output).unwrap();
        assert!(digest.starts_with("6437b3ac38465133ffb63b75273a8db548c558465d79db03fd359c6cd5bd9d85"), "{digest}");
        for (words, exit) in [
            (["run", "compute.blake3", "/nonexistent", "--key", "none"], Exit::Failed),
            (["run", "compute.nothing", &input, "--param", "a=b"], Exit::Failed),
            (["run", "compute.blake3", &input, "--key", "none"], Exit::Unauthorised),
        ] {
            assert_eq!(inos(&server, &words), exit, "{words:?}");
        }
        let verify = |input: &str| {
            let words = ["inos", "verify", &receipt, "--input", input, "--output", &output];
            Cli::try_parse_from(words).unwrap().run().unwrap()
        };
        assert_eq!((verify(&input), verify(&other)), (Exit::Done, Exit::Failed));
    });
    assert!(server.stop().await);
    assert_eq!(check(&config, true).await.unwrap(), Vec::<String>::new());
}

fn capsule() -> Box<Capsule> {
    Box::new(Capsule::new("compute", "blake3", vec![Input::Bytes(vec![7; 1024].into())]))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_load_leaves_the_books_right() {
    let dir = tempfile::tempdir().unwrap();
    let config = config(dir.path());
    let server = Server::start(&config).await.unwrap();
    let key = identity::read_secret(server.admin_key().unwrap().0).unwrap().unwrap();
    let authorization = Some(format!("Bearer {key}"));
    let http =
        Door::Http { path: "/v1/run/compute/blake3".into(), authorization: authorization.clone(), body: vec![7; 1024] };
    let (span, grace) = (Duration::from_millis(300), Duration::from_secs(20));
    for (door, window, batch, rate) in [
        (http.clone(), 1, 1, None),
        (http, 1, 1, Some(50.0)),
        (Door::Capsules { authorization: authorization.clone(), capsule: capsule() }, 4, 16, None),
        (Door::Capsules { authorization, capsule: capsule() }, 4, 2, Some(100.0)),
    ] {
        let host = server.address().to_string();
        let load = Load {
            host,
            door,
            connections: 2,
            window,
            batch,
            rate,
            warm_up: Duration::ZERO,
            span,
            grace,
            server_pid: None,
        };
        let report = tokio::task::block_in_place(|| bench::run(&load)).unwrap();
        let json = report.to_json();
        assert!(report.is_clean() && json["rejected"] == 0 && json["unanswered"] == 0, "{json}");
    }
    assert!(server.stop().await);
    assert_eq!(check(&config, false).await.unwrap(), Vec::<String>::new());
}
