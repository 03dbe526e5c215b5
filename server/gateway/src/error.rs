//! Why a gateway did not start.

use std::{io, net::SocketAddr, path::PathBuf};

/// Why a gateway did not start.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The address cannot be listened on.
    #[error("could not listen on {address}")]
    Listen {
        /// Where.
        address: SocketAddr,
        /// Why.
        source: io::Error,
    },
    /// A thread could not be started.
    #[error("could not start a connection thread")]
    Thread {
        /// Why.
        source: io::Error,
    },
    /// A certificate or key cannot be read.
    #[error("could not read {path}")]
    Pem {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: rustls_pki_types::pem::Error,
    },
    /// The certificate and the key do not make a server.
    #[error("could not use the certificate at {path}")]
    Certificate {
        /// The certificate's file.
        path: PathBuf,
        /// Why.
        source: rustls::Error,
    },
}
