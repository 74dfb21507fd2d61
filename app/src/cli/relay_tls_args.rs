//! TLS on `relay`, as arguments: of those that a client and a server both have, the listener has the names of `server`, and the target
//! has its own.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use espalier_core::session::RelayEnd;
use espalier_core::tls::{
    ClientCertificates, Fingerprint, ServerTrust, TlsClientSpec, TlsIdentity, TlsServerSpec,
    TlsVersion,
};

use super::exit::BadArgument;
use super::options::duration;
use super::tls_args::{version, whole};

/// How both sides are secured that are written as `tls:`.
#[derive(Debug, Args)]
pub struct RelayTlsArgs {
    /// The certificate that clients are shown, those of its issuers behind it (PEM); one of our own making otherwise
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    tls_cert: Option<PathBuf>,
    /// The private key of --tls-cert (PEM, not encrypted); it is read and never copied
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    tls_key: Option<PathBuf>,
    /// Serve only clients with a certificate of an authority in FILE (PEM)
    #[arg(long, value_name = "FILE")]
    tls_client_ca: Option<PathBuf>,
    /// Ask for that certificate, and serve those who show none, too
    #[arg(long, requires = "tls_client_ca")]
    tls_client_optional: bool,
    /// Trust a target by the authorities in FILE (PEM), instead of those of this computer
    #[arg(long, value_name = "FILE")]
    tls_ca: Option<PathBuf>,
    /// Trust the target whose certificate has this fingerprint, whatever it says
    #[arg(long, value_name = "SHA256", conflicts_with = "tls_ca")]
    tls_fingerprint: Option<Fingerprint>,
    /// Trust any certificate of the target: anyone may be there
    #[arg(long, conflicts_with_all = ["tls_ca", "tls_fingerprint"])]
    tls_trust_any: bool,
    /// The name that the target is asked for (SNI) and that its certificate must have, instead of HOST
    #[arg(long, value_name = "NAME")]
    tls_name: Option<String>,
    /// The certificate that a target is shown which asks for one, those of its issuers behind it (PEM)
    #[arg(long, value_name = "FILE", requires = "target_key")]
    target_cert: Option<PathBuf>,
    /// The private key of --target-cert (PEM, not encrypted); it is read and never copied
    #[arg(long, value_name = "FILE", requires = "target_cert")]
    target_key: Option<PathBuf>,
    /// Application protocols (ALPN), the preferred one first, on both sides
    #[arg(long, value_name = "P,…", value_delimiter = ',')]
    tls_alpn: Vec<String>,
    /// The lowest version, on both sides
    #[arg(long, value_name = "V", default_value = "1.2", value_parser = version)]
    tls_min: TlsVersion,
    /// The highest version, on both sides
    #[arg(long, value_name = "V", default_value = "1.3", value_parser = version)]
    tls_max: TlsVersion,
    /// Add the secrets of the connections on both sides to FILE, for Wireshark (NSS key log): who has that file can read everything
    #[arg(long, value_name = "FILE")]
    tls_key_log: Option<PathBuf>,
    /// Give up a handshake after this long
    #[arg(long, value_name = "S", default_value = "10s", value_parser = duration)]
    tls_timeout: Duration,
}

impl RelayTlsArgs {
    /// How clients are secured, and how the target is.
    ///
    /// # Errors
    /// Something is asked for of a side that does not speak TLS.
    pub fn specs(
        &self,
        listen: &RelayEnd,
        target: &RelayEnd,
    ) -> Result<(TlsServerSpec, TlsClientSpec), BadArgument> {
        let of_listener = [
            ("--tls-cert", self.tls_cert.is_some()),
            ("--tls-client-ca", self.tls_client_ca.is_some()),
        ];
        let of_target = [
            ("--tls-ca", self.tls_ca.is_some()),
            ("--tls-fingerprint", self.tls_fingerprint.is_some()),
            ("--tls-trust-any", self.tls_trust_any),
            ("--tls-name", self.tls_name.is_some()),
            ("--target-cert", self.target_cert.is_some()),
        ];
        let of_both = [
            ("--tls-alpn", !self.tls_alpn.is_empty()),
            ("--tls-key-log", self.tls_key_log.is_some()),
        ];
        let (clients, servers) = (listen.speaks_tls(), target.speaks_tls());
        let asked = |options: &[(&'static str, bool)]| {
            options.iter().find(|(_, given)| *given).map(|(name, _)| *name)
        };
        if let Some(option) = asked(&of_listener).filter(|_| !clients) {
            return Err(BadArgument(format!(
                "{option} needs TLS where it listens: write LISTEN as tls:ADDR:PORT"
            )));
        }
        if let Some(option) = asked(&of_target).filter(|_| !servers) {
            return Err(BadArgument(format!(
                "{option} needs TLS to the target: write TARGET as tls:HOST:PORT"
            )));
        }
        if let Some(option) = asked(&of_both).filter(|_| !clients && !servers) {
            return Err(BadArgument(format!(
                "{option} needs TLS: write LISTEN or TARGET with tls: before it"
            )));
        }
        Ok((self.listener(), self.target()))
    }

    fn listener(&self) -> TlsServerSpec {
        let client_certificates = match &self.tls_client_ca {
            None => ClientCertificates::None,
            Some(path) if self.tls_client_optional => ClientCertificates::Ask(whole(path)),
            Some(path) => ClientCertificates::Require(whole(path)),
        };
        TlsServerSpec {
            identity: identity(self.tls_cert.as_ref(), self.tls_key.as_ref()),
            client_certificates,
            alpn: self.tls_alpn.clone(),
            min_version: self.tls_min,
            max_version: self.tls_max,
            key_log: self.tls_key_log.as_deref().map(whole),
            handshake_timeout_ms: self.timeout_ms(),
        }
    }

    fn target(&self) -> TlsClientSpec {
        let trust = match (&self.tls_ca, self.tls_fingerprint, self.tls_trust_any) {
            (Some(path), ..) => ServerTrust::CaFile(whole(path)),
            (None, Some(fingerprint), _) => ServerTrust::Fingerprint(fingerprint),
            (None, None, true) => ServerTrust::Any,
            (None, None, false) => ServerTrust::System,
        };
        TlsClientSpec {
            server_name: self.tls_name.clone(),
            trust,
            alpn: self.tls_alpn.clone(),
            min_version: self.tls_min,
            max_version: self.tls_max,
            identity: identity(self.target_cert.as_ref(), self.target_key.as_ref()),
            key_log: self.tls_key_log.as_deref().map(whole),
            handshake_timeout_ms: self.timeout_ms(),
        }
    }

    fn timeout_ms(&self) -> u64 {
        u64::try_from(self.tls_timeout.as_millis()).unwrap_or(u64::MAX).max(1)
    }
}

fn identity(certificate: Option<&PathBuf>, key: Option<&PathBuf>) -> Option<TlsIdentity> {
    let (certificate, key) = (certificate?, key?);
    Some(TlsIdentity { certificate: whole(certificate), key: whole(key) })
}
