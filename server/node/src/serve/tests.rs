use super::*;

/// A configuration with a data directory of its own and any free port.
fn config(dir: &Path) -> Config {
    let mut config = Config::default();
    config.data_dir = dir.join("data");
    config.listen = SocketAddr::from(([127, 0, 0, 1], 0));
    config.arena_bytes = 16 << 20;
    config.drain = Duration::from_secs(5);
    config
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
    assert_eq!(config.connections_max, options.connections_max);
    assert_eq!(config.body_bytes_max, options.body_bytes_max);
    assert_eq!(config.name, options.name);
}
