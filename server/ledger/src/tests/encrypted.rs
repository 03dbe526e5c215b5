//! The ledger on a Postgres that speaks TLS.

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use tempfile::TempDir;

use super::place::*;
use crate::testing::postgres::{Cluster, new_database};

/// Who may enter: the database `guarded` only with a certificate, any other as it likes.
const ENTRANCES: &str = "hostssl guarded all 127.0.0.1/32 cert\nhostnossl guarded all 127.0.0.1/32 reject\n\
     host all all 127.0.0.1/32 trust\n";

/// A cluster that speaks TLS as `localhost`.
pub(crate) struct Encrypted {
    pub(crate) cluster: Cluster,
    folder: TempDir,
}

impl Encrypted {
    pub(crate) fn start() -> Self {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        let root = params.self_signed(&key).unwrap();
        let issuer = Issuer::new(params, key);
        let made = |name: &str, common: &str| {
            let mut params = CertificateParams::new(vec![name.into()]).unwrap();
            params.distinguished_name.push(DnType::CommonName, common);
            let key = KeyPair::generate().unwrap();
            (params.signed_by(&key, &issuer).unwrap().pem(), key.serialize_pem())
        };
        let (server, server_key) = made("localhost", "localhost");
        let (client, client_key) = made("client", "postgres");
        let folder = TempDir::new().unwrap();
        for (name, text) in [("root one.pem", &root.pem()), ("client.pem", &client), ("client.key", &client_key)] {
            std::fs::write(folder.path().join(name), text).unwrap();
        }
        let settings = "ssl = on\nssl_ca_file = 'root.crt'\n";
        let files = [
            ("root.crt", root.pem()),
            ("server.crt", server),
            ("server.key", server_key),
            ("pg_hba.conf", ENTRANCES.into()),
        ];
        let files = files.each_ref().map(|(name, text)| (*name, text.as_str()));
        Self { cluster: Cluster::start_with(false, settings, &files).unwrap(), folder }
    }

    /// Where a file lies, as a URL says it.
    pub(crate) fn file(&self, name: &str) -> String {
        self.folder.path().join(name).display().to_string().replace(' ', "%20")
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_ledger_is_kept_over_tls() {
    let server = Encrypted::start();
    let url = new_database(&server.cluster.url()).await.unwrap().replace("127.0.0.1", "localhost");
    let place = Place::at(format!("{url}?sslmode=verify-full&sslrootcert={}", server.file("root one.pem")));
    let (ledger, books) = place.open().await;
    let (id, purse) = account(&ledger, 5000).await;
    pay(&ledger, &purse, 1000).await;
    let reservations = (0..3000).map(|_| ledger.reserve_slowly(&purse, credits(1)));
    let mut entries = Vec::new();
    for reservation in reservations {
        entries.push(settle(reservation.await.unwrap(), 1).1);
    }
    assert!(ledger.commit(entries).await.iter().all(Result::is_ok));
    assert_eq!(available(&books, id).await, 1000);
    is_right(&books).await;
    ledger.close().await;
}
