//! TLS as a user asks for it. These types are part of the workspace file, so every field has a default and a stable name.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::Fingerprint;

/// TLS on a client.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct TlsClientSpec {
    /// The name that the server is asked for (SNI) and that its certificate must have; the host when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub server_name: Option<String>,
    /// By what the server's certificate is judged.
    pub trust: ServerTrust,
    /// Application protocols that are offered (ALPN), the preferred one first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub alpn: Vec<String>,
    /// The lowest version that is spoken.
    pub min_version: TlsVersion,
    /// The highest version that is spoken.
    pub max_version: TlsVersion,
    /// The certificate that is shown to a server that asks for one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub identity: Option<TlsIdentity>,
    /// Where the secrets of its connections are written for Wireshark (NSS key log format); nowhere when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key_log: Option<PathBuf>,
    /// How long the handshake may take, in milliseconds.
    pub handshake_timeout_ms: u64,
}

/// TLS on a server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct TlsServerSpec {
    /// The certificate that clients are shown; one of our own making, signed by itself, when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub identity: Option<TlsIdentity>,
    /// Whether clients have to show a certificate, too.
    pub client_certificates: ClientCertificates,
    /// Application protocols that are accepted (ALPN), the preferred one first; any when empty.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub alpn: Vec<String>,
    /// The lowest version that is spoken.
    pub min_version: TlsVersion,
    /// The highest version that is spoken.
    pub max_version: TlsVersion,
    /// Where the secrets of its connections are written for Wireshark (NSS key log format); nowhere when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key_log: Option<PathBuf>,
    /// How long a handshake may take, in milliseconds.
    pub handshake_timeout_ms: u64,
}

/// How long a handshake may take: a board with a slow processor needs three seconds for RSA.
const HANDSHAKE_TIMEOUT_MS: u64 = 10_000;

impl Default for TlsClientSpec {
    fn default() -> Self {
        Self {
            server_name: None,
            trust: ServerTrust::System,
            alpn: Vec::new(),
            min_version: TlsVersion::Tls12,
            max_version: TlsVersion::Tls13,
            identity: None,
            key_log: None,
            handshake_timeout_ms: HANDSHAKE_TIMEOUT_MS,
        }
    }
}

impl Default for TlsServerSpec {
    fn default() -> Self {
        Self {
            identity: None,
            client_certificates: ClientCertificates::None,
            alpn: Vec::new(),
            min_version: TlsVersion::Tls12,
            max_version: TlsVersion::Tls13,
            key_log: None,
            handshake_timeout_ms: HANDSHAKE_TIMEOUT_MS,
        }
    }
}

/// By what a server's certificate is judged.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ServerTrust {
    /// The authorities that this computer trusts.
    #[default]
    System,
    /// The authorities in this file (PEM), and no others.
    CaFile(PathBuf),
    /// It is this very certificate, whatever its name, its dates and its issuer.
    Fingerprint(Fingerprint),
    /// By nothing: anyone may be at the other end.
    Any,
}

/// Whether a server's clients have to show a certificate.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ClientCertificates {
    /// They are not asked.
    #[default]
    None,
    /// They are asked; who shows one must have it from an authority in this file (PEM).
    Ask(PathBuf),
    /// Nobody is served without one from an authority in this file (PEM).
    Require(PathBuf),
}

/// A certificate and its key, each in a file of PEM. They are read there when they are needed and copied nowhere.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TlsIdentity {
    /// The certificate, those of its issuers behind it.
    pub certificate: PathBuf,
    /// Its private key: PKCS#8, PKCS#1 or SEC1, not encrypted. It may be the same file.
    pub key: PathBuf,
}

/// A version of TLS; older ones are not spoken at all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum TlsVersion {
    /// RFC 5246.
    #[serde(rename = "1.2")]
    Tls12,
    /// RFC 8446.
    #[default]
    #[serde(rename = "1.3")]
    Tls13,
}

impl TlsVersion {
    /// Both, the older one first.
    pub const ALL: [Self; 2] = [Self::Tls12, Self::Tls13];

    /// `TLS 1.2`, `TLS 1.3`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Tls12 => "TLS 1.2",
            Self::Tls13 => "TLS 1.3",
        }
    }
}

impl ServerTrust {
    fn file(&mut self) -> Option<&mut PathBuf> {
        match self {
            Self::CaFile(path) => Some(path),
            Self::System | Self::Fingerprint(_) | Self::Any => None,
        }
    }
}

impl ClientCertificates {
    fn file(&mut self) -> Option<&mut PathBuf> {
        match self {
            Self::Ask(path) | Self::Require(path) => Some(path),
            Self::None => None,
        }
    }
}

impl TlsIdentity {
    const fn files(&mut self) -> [&mut PathBuf; 2] {
        [&mut self.certificate, &mut self.key]
    }
}

impl TlsServerSpec {
    /// The files that it names.
    pub fn files(&mut self) -> impl Iterator<Item = &mut PathBuf> {
        let identity = self.identity.iter_mut().flat_map(TlsIdentity::files);
        identity.chain(self.client_certificates.file()).chain(&mut self.key_log)
    }
}

impl TlsClientSpec {
    /// The files that it names.
    pub fn files(&mut self) -> impl Iterator<Item = &mut PathBuf> {
        let identity = self.identity.iter_mut().flat_map(TlsIdentity::files);
        identity.chain(self.trust.file()).chain(&mut self.key_log)
    }

    /// Whether the other end may be anyone.
    pub const fn trusts_anyone(&self) -> bool {
        matches!(self.trust, ServerTrust::Any)
    }
}
