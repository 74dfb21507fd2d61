//! How a session's connections are secured, as the window shows it.

use std::path::PathBuf;

use super::{CertificateFacts, Fingerprint};
use crate::Sentence;

/// How a session's connections are secured, and what went wrong with the latest one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TlsStatus {
    /// Version and cipher suite of the latest connection that was secured: `TLS 1.3 · TLS_AES_128_GCM_SHA256`.
    pub secured: Option<String>,
    /// The other end of that connection was not verified: it may be anyone.
    pub unverified: bool,
    /// The server's certificate, which the latest attempt of a client refused.
    pub refused: Option<RefusedCertificate>,
    /// The SHA-256 of the certificate that a server shows.
    pub own: Option<Fingerprint>,
    /// Where the secrets of its connections are written.
    pub key_log: Option<PathBuf>,
}

/// A certificate that was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefusedCertificate {
    /// What it says.
    pub facts: CertificateFacts,
    /// Why it was refused.
    pub why: Sentence,
}
