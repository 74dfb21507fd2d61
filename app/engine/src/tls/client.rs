//! A client's end.

use std::sync::Arc;

use espalier_core::say;
use espalier_core::tls::{Fingerprint, ServerTrust, TlsClientSpec};
use rustls::client::danger::ServerCertVerifier;
use rustls::client::{ClientConnection, Resumption, WebPkiServerVerifier};
use rustls::pki_types::ServerName;
use rustls::sign::CertifiedKey;
use rustls::{ClientConfig, KeyLog, NoKeyLog, RootCertStore, SupportedProtocolVersion};

use super::judge::{Measure, OwnCertificate, Seen, ServerJudge};
use super::key_log::KeyLogFile;
use super::{Context, PROVIDER, Prepared, TlsFault, pem_files};

/// What all connections of a client share.
#[derive(Debug)]
pub struct ClientParts {
    measure: Measure,
    server_name: ServerName<'static>,
    certificate: Option<Arc<CertifiedKey>>,
    versions: Vec<&'static SupportedProtocolVersion>,
    protocols: Vec<Vec<u8>>,
    key_log: Arc<dyn KeyLog>,
    context: Context,
}

impl ClientParts {
    /// Makes what connections to `host` need; `once` is a certificate that is taken this time, whatever the specification says. Reads
    /// files and the system's authorities: for a thread that may wait.
    ///
    /// # Errors
    /// What cannot be used of what the user asked for.
    pub fn new(
        spec: &TlsClientSpec,
        host: &str,
        once: Option<Fingerprint>,
    ) -> Result<Self, TlsFault> {
        let name = spec.server_name.as_deref().unwrap_or(host);
        // A zone says which of our interfaces is meant, which is none of the server's business.
        let bare = name.split_once('%').map_or(name, |(address, _)| address);
        let server_name = ServerName::try_from(bare.to_owned()).map_err(|_| {
        TlsFault(say!(
            "tls-bad-name",
            "“{name}” is no name that a server's certificate can have: give one as the server name",
            name = name,
        ))
    })?;
        let measure = match (once, &spec.trust) {
            (Some(fingerprint), _) | (None, &ServerTrust::Fingerprint(fingerprint)) => {
                Measure::Pinned(fingerprint)
            }
            (None, ServerTrust::System) => Measure::Chain(system()?),
            (None, ServerTrust::CaFile(path)) => {
                Measure::Chain(verifier(pem_files::authorities(path)?)?)
            }
            (None, ServerTrust::Any) => Measure::Any,
        };
        let key_log: Arc<dyn KeyLog> = match &spec.key_log {
            Some(path) => Arc::new(KeyLogFile::open(path)?),
            None => Arc::new(NoKeyLog),
        };
        let context = Context {
            name: bare.to_owned(),
            alpn: spec.alpn.clone(),
            versions: (spec.min_version, spec.max_version),
            is_client: true,
            unverified: matches!(measure, Measure::Any),
        };
        Ok(Self {
            measure,
            server_name,
            certificate: spec.identity.as_ref().map(pem_files::identity).transpose()?.map(Arc::new),
            versions: super::versions(spec.min_version, spec.max_version)?,
            protocols: super::protocols(&spec.alpn)?,
            key_log,
            context,
        })
    }

    /// Makes what one connection needs.
    ///
    /// # Errors
    /// None that a choice of the user leads to.
    pub fn prepare(&self) -> Result<Prepared, TlsFault> {
        let seen = Arc::new(Seen::default());
        let judge = ServerJudge { measure: self.measure.clone(), seen: seen.clone() };
        let own = OwnCertificate { certificate: self.certificate.clone(), seen: seen.clone() };
        let mut config = ClientConfig::builder_with_provider(PROVIDER.clone())
            .with_protocol_versions(&self.versions)
            .map_err(|error| unexpected(&error))?
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(judge))
            .with_client_cert_resolver(Arc::new(own));
        config.alpn_protocols.clone_from(&self.protocols);
        config.key_log = self.key_log.clone();
        // Each handshake is a whole one: a resumed one shows no certificate.
        config.resumption = Resumption::disabled();
        let connection = ClientConnection::new(Arc::new(config), self.server_name.clone());
        let connection = connection.map_err(|error| unexpected(&error))?.into();
        Ok(Prepared { connection, seen, context: self.context.clone() })
    }
}

/// The authorities that this computer trusts.
fn system() -> Result<Arc<dyn ServerCertVerifier>, TlsFault> {
    match rustls_platform_verifier::Verifier::new(PROVIDER.clone()) {
        Ok(verifier) => Ok(Arc::new(verifier)),
        Err(error) => Err(TlsFault(say!(
            "tls-no-authorities",
            "this computer has no list of authorities to trust ({error}): install it (ca-certificates), or give a CA file or a fingerprint",
            error = error,
        ))),
    }
}

fn verifier(roots: RootCertStore) -> Result<Arc<dyn ServerCertVerifier>, TlsFault> {
    let built = WebPkiServerVerifier::builder_with_provider(roots.into(), PROVIDER.clone()).build();
    match built {
        Ok(verifier) => Ok(verifier),
        Err(error) => Err(unexpected(&error)),
    }
}

/// What no choice of the user leads to.
pub fn unexpected(error: &dyn std::error::Error) -> TlsFault {
    TlsFault(say!("tls-not-ready", "TLS cannot be prepared: {error}", error = error))
}
