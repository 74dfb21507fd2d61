//! TLS on TCP connections, by rustls with ring: what a session asks for becomes a configuration, what certificates come is judged
//! and remembered to be told, and what goes wrong becomes a sentence.
//!
//! - `client`, `server`: configurations; `judge`: the certificates of the other end
//! - `pem_files`: certificates and keys that the user names; `self_signed`: a server's own
//! - `key_log`: secrets for Wireshark; `fault`: why it went wrong, in the peer's terms

mod client;
mod fault;
mod judge;
mod key_log;
mod pem_files;
mod self_signed;
mod server;

use std::sync::{Arc, LazyLock};

use espalier_core::say;
use espalier_core::tls::TlsVersion;
use rustls::SupportedProtocolVersion;
use rustls::crypto::CryptoProvider;

pub use client::ClientParts;
pub use fault::{Context, TlsFault};
pub use judge::Seen;
pub use self_signed::certificate_of;
pub use server::ServerParts;

/// The one provider of cryptography that is used: named, because two in one program would have to be chosen between.
pub static PROVIDER: LazyLock<Arc<CryptoProvider>> =
    LazyLock::new(|| Arc::new(rustls::crypto::ring::default_provider()));

/// What a connection needs to be secured: its state machine, and what is to be told of it.
#[derive(Debug)]
pub struct Prepared {
    /// Neither a byte has come nor gone.
    pub connection: rustls::Connection,
    /// What the other end shows.
    pub seen: Arc<Seen>,
    /// What its faults are told with.
    pub context: Context,
}

/// The versions from `min` to `max`, the newest first.
fn versions(
    min: TlsVersion,
    max: TlsVersion,
) -> Result<Vec<&'static SupportedProtocolVersion>, TlsFault> {
    let wanted = TlsVersion::ALL.into_iter().rev().filter(|it| (min..=max).contains(it));
    let versions: Vec<_> = wanted
        .map(|version| match version {
            TlsVersion::Tls12 => &rustls::version::TLS12,
            TlsVersion::Tls13 => &rustls::version::TLS13,
        })
        .collect();
    if versions.is_empty() {
        return Err(TlsFault(say!(
            "tls-no-version",
            "there is no version of TLS from {min} up to {max}",
            min = min.name(),
            max = max.name(),
        )));
    }
    Ok(versions)
}

/// Application protocols as they go over the wire; each has 1 to 255 bytes (RFC 7301 section 3.1).
fn protocols(alpn: &[String]) -> Result<Vec<Vec<u8>>, TlsFault> {
    for protocol in alpn {
        if protocol.is_empty() || protocol.len() > 255 {
            return Err(TlsFault(say!(
                "tls-bad-protocol",
                "“{protocol}” is no application protocol: it has 1 to 255 bytes",
                protocol = protocol.chars().take(40).collect::<String>(),
            )));
        }
    }
    Ok(alpn.iter().map(|protocol| protocol.clone().into_bytes()).collect())
}
