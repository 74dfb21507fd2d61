//! TLS on `client`, `load` and `server`, as arguments.

use std::path::{Path, PathBuf};

use clap::Args;
use espalier_core::tls::{
    ClientCertificates, Fingerprint, ServerTrust, TlsClientSpec, TlsIdentity, TlsServerSpec,
    TlsVersion,
};

/// What both ends have.
#[derive(Debug, Args)]
pub struct CommonTlsArgs {
    /// Speak TLS 1.2 and 1.3 instead of plain text; files and --capture hold the plain text all the same
    #[arg(long)]
    tls: bool,
    /// Our certificate, those of its issuers behind it (PEM)
    #[arg(long, value_name = "FILE", requires = "tls", requires = "tls_key")]
    tls_cert: Option<PathBuf>,
    /// The private key of --tls-cert (PEM, not encrypted); it is read and never copied
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    tls_key: Option<PathBuf>,
    /// Application protocols (ALPN), the preferred one first
    #[arg(long, value_name = "P,…", requires = "tls", value_delimiter = ',')]
    tls_alpn: Vec<String>,
    /// The lowest version
    #[arg(long, value_name = "V", requires = "tls", default_value = "1.2", value_parser = version)]
    tls_min: TlsVersion,
    /// The highest version
    #[arg(long, value_name = "V", requires = "tls", default_value = "1.3", value_parser = version)]
    tls_max: TlsVersion,
    /// Add the secrets of the connections to FILE, for Wireshark (NSS key log): who has that file can read everything
    #[arg(long, value_name = "FILE", requires = "tls")]
    tls_key_log: Option<PathBuf>,
    /// Give up a handshake after this long
    #[arg(long, value_name = "S", requires = "tls", default_value = "10s", value_parser = super::options::duration)]
    tls_timeout: std::time::Duration,
}

/// What a client has.
#[derive(Debug, Args)]
pub struct ClientTlsArgs {
    #[command(flatten)]
    common: CommonTlsArgs,
    /// Trust the authorities in FILE (PEM), instead of those of this computer
    #[arg(long, value_name = "FILE", requires = "tls")]
    tls_ca: Option<PathBuf>,
    /// Trust the server whose certificate has this fingerprint, whatever it says
    #[arg(long, value_name = "SHA256", requires = "tls", conflicts_with = "tls_ca")]
    tls_fingerprint: Option<Fingerprint>,
    /// Trust any certificate: anyone may be at the other end
    #[arg(long, requires = "tls", conflicts_with_all = ["tls_ca", "tls_fingerprint"])]
    tls_trust_any: bool,
    /// The name that the server is asked for (SNI) and that its certificate must have, instead of HOST
    #[arg(long, value_name = "NAME", requires = "tls")]
    tls_name: Option<String>,
}

/// What a server has.
#[derive(Debug, Args)]
pub struct ServerTlsArgs {
    #[command(flatten)]
    common: CommonTlsArgs,
    #[command(flatten)]
    clients: ClientCertificateArgs,
}

/// What has who is either of both.
#[derive(Debug, Args)]
pub struct EitherTlsArgs {
    #[command(flatten)]
    client: ClientTlsArgs,
    #[command(flatten)]
    clients: ClientCertificateArgs,
}

/// Which certificates a server asks for.
#[derive(Debug, Args)]
pub struct ClientCertificateArgs {
    /// Serve only clients with a certificate of an authority in FILE (PEM)
    #[arg(long, value_name = "FILE", requires = "tls")]
    tls_client_ca: Option<PathBuf>,
    /// Ask for that certificate, and serve those who show none, too
    #[arg(long, requires = "tls_client_ca")]
    tls_client_optional: bool,
}

impl CommonTlsArgs {
    fn identity(&self) -> Option<TlsIdentity> {
        let (certificate, key) = (self.tls_cert.as_deref()?, self.tls_key.as_deref()?);
        Some(TlsIdentity { certificate: whole(certificate), key: whole(key) })
    }

    fn timeout_ms(&self) -> u64 {
        u64::try_from(self.tls_timeout.as_millis()).unwrap_or(u64::MAX).max(1)
    }
}

impl ClientTlsArgs {
    /// What was asked for; `None`: plain text.
    pub fn spec(&self) -> Option<TlsClientSpec> {
        let trust = match (&self.tls_ca, self.tls_fingerprint, self.tls_trust_any) {
            (Some(path), ..) => ServerTrust::CaFile(whole(path)),
            (None, Some(fingerprint), _) => ServerTrust::Fingerprint(fingerprint),
            (None, None, true) => ServerTrust::Any,
            (None, None, false) => ServerTrust::System,
        };
        self.common.tls.then(|| TlsClientSpec {
            server_name: self.tls_name.clone(),
            trust,
            alpn: self.common.tls_alpn.clone(),
            min_version: self.common.tls_min,
            max_version: self.common.tls_max,
            identity: self.common.identity(),
            key_log: self.common.tls_key_log.as_deref().map(whole),
            handshake_timeout_ms: self.common.timeout_ms(),
        })
    }
}

impl ServerTlsArgs {
    /// What was asked for; `None`: plain text.
    pub fn spec(&self) -> Option<TlsServerSpec> {
        self.clients.spec(&self.common)
    }
}

impl EitherTlsArgs {
    /// What was asked for of a client; `None`: plain text.
    pub fn client(&self) -> Option<TlsClientSpec> {
        self.client.spec()
    }

    /// What was asked for of a server; `None`: plain text.
    pub fn server(&self) -> Option<TlsServerSpec> {
        self.clients.spec(&self.client.common)
    }
}

impl ClientCertificateArgs {
    fn spec(&self, common: &CommonTlsArgs) -> Option<TlsServerSpec> {
        let client_certificates = match &self.tls_client_ca {
            None => ClientCertificates::None,
            Some(path) if self.tls_client_optional => ClientCertificates::Ask(whole(path)),
            Some(path) => ClientCertificates::Require(whole(path)),
        };
        common.tls.then(|| TlsServerSpec {
            identity: common.identity(),
            client_certificates,
            alpn: common.tls_alpn.clone(),
            min_version: common.tls_min,
            max_version: common.tls_max,
            key_log: common.tls_key_log.as_deref().map(whole),
            handshake_timeout_ms: common.timeout_ms(),
        })
    }
}

/// Told whole: where a secret lies should not have to be guessed.
pub fn whole(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}

/// Reads a version of TLS.
pub fn version(text: &str) -> Result<TlsVersion, String> {
    match text {
        "1.2" => Ok(TlsVersion::Tls12),
        "1.3" => Ok(TlsVersion::Tls13),
        _ => Err("1.2 or 1.3".to_owned()),
    }
}
