//! Who judges the certificates of the other end, and remembers them to be told, whatever the verdict.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use espalier_core::tls::Fingerprint;
use parking_lot::Mutex;
use rustls::client::ResolvesClientCert;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::sign::CertifiedKey;
use rustls::{
    CertificateError, DigitallySignedStruct, DistinguishedName, Error, OtherError, SignatureScheme,
};

use super::PROVIDER;

/// More certificates of a chain are not remembered.
const CHAIN: usize = 8;

/// What was seen of the other end in a handshake.
#[derive(Debug, Default)]
pub struct Seen {
    chain: Mutex<Vec<CertificateDer<'static>>>,
    asked: AtomicBool,
}

impl Seen {
    /// The certificates that the other end showed, its own first; at most 8.
    pub fn chain(&self) -> Vec<CertificateDer<'static>> {
        self.chain.lock().clone()
    }

    /// The server asked for a certificate of ours.
    pub fn was_asked(&self) -> bool {
        self.asked.load(Ordering::Acquire)
    }

    fn remember(&self, own: &CertificateDer<'_>, issuers: &[CertificateDer<'_>]) {
        let whole = std::iter::once(own).chain(issuers).take(CHAIN);
        *self.chain.lock() = whole.map(|it| it.clone().into_owned()).collect();
    }
}

/// By what a server's certificate is judged.
#[derive(Clone, Debug)]
pub enum Measure {
    /// The chain leads to an authority.
    Chain(Arc<dyn ServerCertVerifier>),
    /// It is this very certificate.
    Pinned(Fingerprint),
    /// Nothing.
    Any,
}

/// The certificate is not the one that the session is pinned to.
#[derive(Debug)]
pub struct PinMismatch {
    /// That of the certificate that was shown.
    pub found: Fingerprint,
    /// That which was expected.
    pub pinned: Fingerprint,
}

impl fmt::Display for PinMismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SHA-256 {} instead of {}", self.found, self.pinned)
    }
}

impl std::error::Error for PinMismatch {}

/// Judges servers.
#[derive(Debug)]
pub struct ServerJudge {
    /// By what.
    pub measure: Measure,
    /// What came.
    pub seen: Arc<Seen>,
}

impl ServerCertVerifier for ServerJudge {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        self.seen.remember(end_entity, intermediates);
        match &self.measure {
            Measure::Chain(verifier) => verifier.verify_server_cert(
                end_entity,
                intermediates,
                server_name,
                ocsp_response,
                now,
            ),
            Measure::Pinned(pinned) => {
                let (found, pinned) = (Fingerprint::of(end_entity), *pinned);
                if found == pinned {
                    return Ok(ServerCertVerified::assertion());
                }
                let mismatch = OtherError(Arc::new(PinMismatch { found, pinned }));
                Err(CertificateError::Other(mismatch).into())
            }
            Measure::Any => Ok(ServerCertVerified::assertion()),
        }
    }

    // That the other end has the key of the certificate is checked in any case.
    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, cert, dss, &PROVIDER.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, cert, dss, &PROVIDER.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        PROVIDER.signature_verification_algorithms.supported_schemes()
    }
}

/// Judges clients, as `inner` does.
#[derive(Debug)]
pub struct ClientJudge {
    /// Who really judges.
    pub inner: Arc<dyn ClientCertVerifier>,
    /// What came.
    pub seen: Arc<Seen>,
}

impl ClientCertVerifier for ClientJudge {
    fn offer_client_auth(&self) -> bool {
        self.inner.offer_client_auth()
    }

    fn client_auth_mandatory(&self) -> bool {
        self.inner.client_auth_mandatory()
    }

    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        self.inner.root_hint_subjects()
    }

    fn verify_client_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        self.seen.remember(end_entity, intermediates);
        self.inner.verify_client_cert(end_entity, intermediates, now)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.inner.verify_tls12_signature(message, cert, dss)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.inner.verify_tls13_signature(message, cert, dss)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.inner.supported_verify_schemes()
    }
}

/// Shows our certificate to a server that asks, and remembers that it asked.
#[derive(Debug)]
pub struct OwnCertificate {
    /// What is shown; `None`: nothing.
    pub certificate: Option<Arc<CertifiedKey>>,
    /// That it was asked for.
    pub seen: Arc<Seen>,
}

impl ResolvesClientCert for OwnCertificate {
    fn resolve(&self, _: &[&[u8]], _: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        self.seen.asked.store(true, Ordering::Release);
        self.certificate.clone()
    }

    fn has_certs(&self) -> bool {
        true
    }
}
