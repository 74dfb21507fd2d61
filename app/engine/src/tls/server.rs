//! A server's end.

use std::net::IpAddr;
use std::path::Path;
use std::sync::Arc;

use espalier_core::tls::{CertificateFacts, ClientCertificates, TlsServerSpec};
use rustls::server::danger::ClientCertVerifier;
use rustls::server::{NoServerSessionStorage, ServerConnection, WebPkiClientVerifier};
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::{KeyLog, NoKeyLog, ServerConfig, SupportedProtocolVersion};

use super::client::unexpected;
use super::judge::{ClientJudge, Seen};
use super::key_log::KeyLogFile;
use super::{Context, PROVIDER, Prepared, TlsFault, pem_files, self_signed};

/// What all connections of a server share.
#[derive(Debug)]
pub struct ServerParts {
    certificate: Arc<CertifiedKey>,
    clients: Arc<dyn ClientCertVerifier>,
    versions: Vec<&'static SupportedProtocolVersion>,
    protocols: Vec<Vec<u8>>,
    key_log: Arc<dyn KeyLog>,
    context: Context,
}

impl ServerParts {
    /// Reads what the specification names; a certificate of our own making is kept in `folder`, or nowhere. For a thread that may wait.
    ///
    /// # Errors
    /// What cannot be used of what the user asked for.
    pub fn new(
        spec: &TlsServerSpec,
        bind: IpAddr,
        folder: Option<&Path>,
    ) -> Result<Self, TlsFault> {
        let certificate = match &spec.identity {
            Some(identity) => pem_files::identity(identity)?,
            None => self_signed::load_or_make(folder, bind)?,
        };
        let clients = match &spec.client_certificates {
            ClientCertificates::None => WebPkiClientVerifier::no_client_auth(),
            ClientCertificates::Ask(path) => judge(path, false)?,
            ClientCertificates::Require(path) => judge(path, true)?,
        };
        let key_log: Arc<dyn KeyLog> = match &spec.key_log {
            Some(path) => Arc::new(KeyLogFile::open(path)?),
            None => Arc::new(NoKeyLog),
        };
        Ok(Self {
            certificate: Arc::new(certificate),
            clients,
            versions: super::versions(spec.min_version, spec.max_version)?,
            protocols: super::protocols(&spec.alpn)?,
            key_log,
            context: Context {
                name: String::new(),
                alpn: spec.alpn.clone(),
                versions: (spec.min_version, spec.max_version),
                is_client: false,
                unverified: false,
            },
        })
    }

    /// What its own certificate says.
    pub fn own(&self) -> Option<CertificateFacts> {
        self.certificate.cert.first().map(|own| CertificateFacts::read(own))
    }

    /// Makes what one connection needs.
    ///
    /// # Errors
    /// None that a choice of the user leads to.
    pub fn prepare(&self) -> Result<Prepared, TlsFault> {
        let seen = Arc::new(Seen::default());
        let clients = ClientJudge { inner: self.clients.clone(), seen: seen.clone() };
        let mut config = ServerConfig::builder_with_provider(PROVIDER.clone())
            .with_protocol_versions(&self.versions)
            .map_err(|error| unexpected(&error))?
            .with_client_cert_verifier(Arc::new(clients))
            .with_cert_resolver(Arc::new(SingleCertAndKey::from(self.certificate.clone())));
        config.alpn_protocols.clone_from(&self.protocols);
        config.key_log = self.key_log.clone();
        // Each handshake is a whole one: a resumed one shows no certificate.
        config.session_storage = Arc::new(NoServerSessionStorage {});
        config.send_tls13_tickets = 0;
        let connection = ServerConnection::new(Arc::new(config));
        let connection = connection.map_err(|error| unexpected(&error))?.into();
        Ok(Prepared { connection, seen, context: self.context.clone() })
    }
}

fn judge(path: &Path, required: bool) -> Result<Arc<dyn ClientCertVerifier>, TlsFault> {
    let roots = pem_files::authorities(path)?;
    let builder = WebPkiClientVerifier::builder_with_provider(roots.into(), PROVIDER.clone());
    let builder = if required { builder } else { builder.allow_unauthenticated() };
    builder.build().map_err(|error| unexpected(&error))
}
