//! Where the database is and how to enter it: what sqlx read from the URL, the environment and the password file, so
//! that the writing connection ends where the pool's connections do, and as well protected.

use std::{borrow::Cow, io, path::PathBuf};

use percent_encoding::percent_decode_str;
use sqlx::{
    ConnectOptions,
    postgres::{PgConnectOptions, PgSslMode},
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpStream, UnixStream},
};
use tokio_postgres::{Client, Config, Connection, Error, NoTls, config::SslMode, tls::NoTlsStream};

use super::tls::{Pem, Tls};

/// A way to the database, encrypted or not.
pub(super) type Wire = Box<dyn Duplex>;

/// Bytes both ways.
pub(super) trait Duplex: AsyncRead + AsyncWrite + Unpin + Send {}

impl<T: AsyncRead + AsyncWrite + Unpin + Send> Duplex for T {}

/// Where the database is, who enters it, and how the way there is protected.
pub(super) struct Address {
    place: Place,
    tls: Option<Tls>,
    config: Config,
}

enum Place {
    Tcp(String, u16),
    Socket(PathBuf),
}

impl Address {
    pub(super) fn of(options: &PgConnectOptions) -> Self {
        let secrets = Secrets::of(options);
        let mut config = Config::new();
        // The wire is encrypted before tokio-postgres sees it.
        config.ssl_mode(SslMode::Disable).application_name("inos-ledger").user(options.get_username());
        config.password(secrets.password);
        options.get_database().map(|name| config.dbname(name));
        options.get_options().map(|more| config.options(more));
        let tls = |is_required, verifies_chain, verifies_name| Tls {
            is_required,
            verifies_chain,
            verifies_name,
            name: options.get_host().into(),
            roots: secrets.roots,
            identity: secrets.identity,
        };
        // As sqlx: "allow" tries nothing that it could do without.
        let tls = match options.get_ssl_mode() {
            PgSslMode::Disable | PgSslMode::Allow => None,
            PgSslMode::Prefer => Some(tls(false, false, false)),
            PgSslMode::Require => Some(tls(true, false, false)),
            PgSslMode::VerifyCa => Some(tls(true, true, false)),
            PgSslMode::VerifyFull => Some(tls(true, true, true)),
        };
        Self { place: Place::of(options), tls, config }
    }

    /// A way to the database, as well protected as it is to be.
    pub(super) async fn connect(&self) -> io::Result<Wire> {
        match &self.place {
            Place::Tcp(host, port) => {
                let stream = TcpStream::connect((host.as_str(), *port)).await?;
                // A commit is several small messages in a row; none may wait until the one before it is acknowledged.
                stream.set_nodelay(true)?;
                self.protect(stream).await
            }
            Place::Socket(path) => self.protect(UnixStream::connect(path).await?).await,
        }
    }

    async fn protect(&self, stream: impl Duplex + 'static) -> io::Result<Wire> {
        match &self.tls {
            Some(tls) => tls.protect(stream).await,
            None => Ok(Box::new(stream)),
        }
    }

    /// Says who comes.
    pub(super) async fn enter(&self, wire: Wire) -> Result<(Client, Connection<Wire, NoTlsStream>), Error> {
        self.config.connect_raw(wire, NoTls).await
    }
}

impl Place {
    fn of(options: &PgConnectOptions) -> Self {
        let (host, port) = (options.get_host(), options.get_port());
        let folder = options.get_socket().cloned().or_else(|| host.starts_with('/').then(|| host.into()));
        match folder {
            Some(folder) => Self::Socket(folder.join(format!(".s.PGSQL.{port}"))),
            None => Self::Tcp(host.into(), port),
        }
    }
}

/// What sqlx tells of itself only as a part of a URL.
struct Secrets {
    password: Vec<u8>,
    roots: Option<Pem>,
    identity: (Option<Pem>, Option<Pem>),
}

impl Secrets {
    fn of(options: &PgConnectOptions) -> Self {
        // Not every host and user can stand in a URL; what is asked for here does not depend on them.
        let url = options.clone().host("localhost").username("inos").database("inos").to_url_lossy();
        let pem = |name: &str| {
            let value: Option<Cow<'_, str>> = url.query_pairs().find_map(|(key, value)| (key == name).then_some(value));
            value.map(|value| match value.strip_prefix("file: ") {
                Some(path) => Pem::File(path.into()),
                None => Pem::Text(value.as_bytes().into()),
            })
        };
        Self {
            // As sqlx: no password is an empty one.
            password: percent_decode_str(url.password().unwrap_or_default()).collect(),
            roots: pem("sslrootcert"),
            identity: (pem("sslcert"), pem("sslkey")),
        }
    }
}
