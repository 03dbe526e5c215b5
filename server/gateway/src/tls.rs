//! The server's certificate. HTTP/2 is offered here, by ALPN, and nowhere else.

use std::sync::Arc;

use rustls::{ServerConfig, crypto::ring};
use rustls_pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject};
use tokio_rustls::TlsAcceptor;

use crate::{Error, options::Tls};

/// Reads certificate and key into something that shakes hands.
pub(crate) fn acceptor(tls: &Tls) -> Result<TlsAcceptor, Error> {
    let unreadable = |path: &std::path::Path| {
        let path = path.to_owned();
        move |source| Error::Pem { path, source }
    };
    let unusable = |source| Error::Certificate { path: tls.cert.clone(), source };
    let chain = CertificateDer::pem_file_iter(&tls.cert)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(unreadable(&tls.cert))?;
    let key = PrivateKeyDer::from_pem_file(&tls.key).map_err(unreadable(&tls.key))?;
    let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(unusable)?
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .map_err(unusable)?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(TlsAcceptor::from(Arc::new(config)))
}
