//! A server with a certificate of its own, and connections that trust it.

use std::sync::Arc;

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};
use tokio_rustls::{
    TlsConnector,
    client::TlsStream,
    rustls::{
        ClientConfig, RootCertStore,
        crypto::ring,
        pki_types::{CertificateDer, ServerName, pem::PemObject},
    },
};

use crate::{Options, TestNode};

/// A running server that speaks TLS.
pub struct TlsNode {
    node: TestNode,
    roots: RootCertStore,
    _folder: tempfile::TempDir,
}

impl TlsNode {
    /// A server with a fresh certificate on a fresh folder.
    pub fn start() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let made = rcgen::generate_simple_self_signed(vec!["localhost".into()]).expect("a certificate can be made");
        let (cert, key) = (folder.path().join("cert.pem"), folder.path().join("key.pem"));
        std::fs::write(&cert, made.cert.pem()).expect("a temporary folder can be written");
        std::fs::write(&key, made.signing_key.serialize_pem()).expect("a temporary folder can be written");
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_file(&cert).expect("it was just written")).expect("it is a certificate");
        let text = |path: &std::path::Path| path.display().to_string();
        let options = Options::default().with("tls-cert", &text(&cert)).with("tls-key", &text(&key));
        Self { node: TestNode::with(options), roots, _folder: folder }
    }

    /// The server behind it; its plain client does not reach it.
    pub fn node(&self) -> &TestNode {
        &self.node
    }

    /// A connection that has shaken hands and speaks this protocol: `h2` or `http/1.1`.
    pub async fn connect(&self, protocol: &str) -> TlsStream<TcpStream> {
        let mut config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("ring speaks them")
            .with_root_certificates(self.roots.clone())
            .with_no_client_auth();
        config.alpn_protocols = vec![protocol.into()];
        let stream = TcpStream::connect(self.node.address()).await.expect("the server listens");
        let name = ServerName::try_from("localhost").expect("a name");
        let stream = TlsConnector::from(Arc::new(config)).connect(name, stream).await.expect("hands are shaken");
        assert_eq!(stream.get_ref().1.alpn_protocol(), Some(protocol.as_bytes()));
        stream
    }

    /// The whole answer to a GET over HTTP/1.1 on a connection of its own.
    pub async fn get(&self, path: &str) -> String {
        let mut stream = self.connect("http/1.1").await;
        let request = format!("GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await.expect("the server reads");
        let mut all = Vec::new();
        stream.read_to_end(&mut all).await.expect("the server answers");
        String::from_utf8_lossy(&all).into_owned()
    }
}
