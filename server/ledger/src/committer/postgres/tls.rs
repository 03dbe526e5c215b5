//! Encrypts the way to Postgres as sqlx does for the pool: with ring, and each `sslmode` means the same.

use std::{io, path::PathBuf, sync::Arc};

use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme,
    client::{
        WebPkiServerVerifier,
        danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    },
    crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature},
    pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime, pem::PemObject},
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_rustls::TlsConnector;

use super::address::{Duplex, Wire};

/// What asks a Postgres whether it speaks TLS: a length and a number.
const SSL_REQUEST: [u8; 8] = [0, 0, 0, 8, 4, 210, 22, 47];

/// How a connection is encrypted, and what of the server's certificate is verified.
pub(super) struct Tls {
    /// Whether a server that cannot is refused.
    pub(super) is_required: bool,
    pub(super) verifies_chain: bool,
    pub(super) verifies_name: bool,
    /// The server's name.
    pub(super) name: String,
    /// Certificates to trust besides the well-known ones.
    pub(super) roots: Option<Pem>,
    /// Our own certificate and its key: both or neither.
    pub(super) identity: (Option<Pem>, Option<Pem>),
}

/// A certificate or key, or where it is.
pub(super) enum Pem {
    Text(Vec<u8>),
    File(PathBuf),
}

impl Tls {
    /// Encrypts what comes next, if the server can.
    pub(super) async fn protect(&self, mut stream: impl Duplex + 'static) -> io::Result<Wire> {
        stream.write_all(&SSL_REQUEST).await?;
        match (stream.read_u8().await?, self.is_required) {
            (b'S', _) => {
                let name = ServerName::try_from(self.name.clone()).map_err(io::Error::other)?;
                Ok(Box::new(TlsConnector::from(Arc::new(self.config()?)).connect(name, stream).await?))
            }
            (b'N', false) => Ok(Box::new(stream)),
            (b'N', true) => Err(io::Error::other("the database does not speak TLS")),
            _ => Err(io::Error::new(io::ErrorKind::InvalidData, "this is no Postgres")),
        }
    }

    fn config(&self) -> io::Result<ClientConfig> {
        let provider = Arc::new(ring::default_provider());
        let builder = ClientConfig::builder_with_provider(provider.clone());
        let builder = builder.with_safe_default_protocol_versions().map_err(io::Error::other)?;
        let builder = builder.dangerous().with_custom_certificate_verifier(self.verifier(provider)?);
        match &self.identity {
            (Some(certificates), Some(key)) => {
                let key = PrivateKeyDer::from_pem_slice(&key.read()?).map_err(io::Error::other)?;
                builder.with_client_auth_cert(certificates.certificates()?, key).map_err(io::Error::other)
            }
            (None, None) => Ok(builder.with_no_client_auth()),
            _ => Err(io::Error::other("sslcert and sslkey belong together")),
        }
    }

    fn verifier(&self, provider: Arc<CryptoProvider>) -> io::Result<Arc<dyn ServerCertVerifier>> {
        if !self.verifies_chain {
            return Ok(Arc::new(Lenient { chain: None, provider }));
        }
        let mut roots: RootCertStore = webpki_roots::TLS_SERVER_ROOTS.iter().cloned().collect();
        for root in self.roots.as_ref().map_or_else(|| Ok(Vec::new()), Pem::certificates)? {
            roots.add(root).map_err(io::Error::other)?;
        }
        let chain = WebPkiServerVerifier::builder_with_provider(roots.into(), provider.clone());
        let chain = chain.build().map_err(io::Error::other)?;
        Ok(if self.verifies_name { chain } else { Arc::new(Lenient { chain: Some(chain), provider }) })
    }
}

impl Pem {
    fn read(&self) -> io::Result<Vec<u8>> {
        match self {
            Self::Text(text) => Ok(text.clone()),
            Self::File(path) => std::fs::read(path),
        }
    }

    fn certificates(&self) -> io::Result<Vec<CertificateDer<'static>>> {
        CertificateDer::pem_slice_iter(&self.read()?).collect::<Result<_, _>>().map_err(io::Error::other)
    }
}

/// Takes a certificate of any name, and of any chain unless that is to be verified. The server must still hold its key.
#[derive(Debug)]
struct Lenient {
    chain: Option<Arc<WebPkiServerVerifier>>,
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for Lenient {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        others: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        use CertificateError::{NotValidForName, NotValidForNameContext};
        let Some(chain) = &self.chain else { return Ok(ServerCertVerified::assertion()) };
        match chain.verify_server_cert(certificate, others, name, ocsp, now) {
            Err(Error::InvalidCertificate(NotValidForName | NotValidForNameContext { .. })) => {
                Ok(ServerCertVerified::assertion())
            }
            other => other,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, certificate, signed, &self.provider.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signed, &self.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}
