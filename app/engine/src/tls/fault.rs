//! Why TLS was not agreed on, or broke, as sentences: what the other end did, and what can be done.

use std::io;

use espalier_core::tls::{CertificateFacts, TlsVersion, alert_name};
use espalier_core::{Sentence, say};
use rustls::pki_types::CertificateDer;
use rustls::{AlertDescription, CertificateError, Error, PeerIncompatible};

use super::judge::PinMismatch;

/// A fault of TLS, for a user.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{0}")]
pub struct TlsFault(pub Sentence);

/// With what faults of a connection are told.
#[derive(Clone, Debug)]
pub struct Context {
    /// Whom a client expects; empty for a server.
    pub name: String,
    /// What we speak (ALPN).
    pub alpn: Vec<String>,
    /// The versions that we speak, from the lowest to the highest.
    pub versions: (TlsVersion, TlsVersion),
    /// We are the client.
    pub is_client: bool,
    /// The other end is not verified.
    pub unverified: bool,
}

impl TlsFault {
    /// A fault as an error of a connection, in which [`Self::within`] finds it.
    pub fn into_io(self) -> io::Error {
        io::Error::other(self)
    }

    /// The fault that an error of a connection is; `None` for one of the system.
    pub fn within(error: &io::Error) -> Option<&Self> {
        error.get_ref()?.downcast_ref()
    }

    /// A standing connection broke.
    pub fn of_standing(error: &Error) -> Self {
        Self(match error {
            Error::AlertReceived(alert) => alerted(*alert),
            error => garbled(error),
        })
    }

    /// A handshake failed; `chain` is what the other end had shown until then, `came` what it had sent.
    pub fn of_handshake(
        error: &Error,
        context: &Context,
        chain: &[CertificateDer<'static>],
        came: &[u8],
    ) -> Self {
        Self(match error {
            Error::AlertReceived(AlertDescription::ProtocolVersion) => no_version(context),
            Error::AlertReceived(alert) => alerted(*alert),
            Error::InvalidCertificate(error) => refused(error, context, chain),
            Error::NoCertificatesPresented => say!(
                "tls-no-client-certificate",
                "it shows no certificate, and this server requires one"
            ),
            Error::NoApplicationProtocol => say!(
                "tls-no-protocol",
                "no application protocol (ALPN) in common: we speak {protocols}",
                protocols = context.alpn.join(", "),
            ),
            // What else an older ClientHello lacks is for that reason.
            Error::PeerIncompatible(_) if !context.is_client && is_older(came) => {
                no_version(context)
            }
            Error::PeerIncompatible(why) if is_of_versions(why) => no_version(context),
            Error::PeerIncompatible(
                PeerIncompatible::NoCipherSuitesInCommon
                | PeerIncompatible::NoKxGroupsInCommon
                | PeerIncompatible::NamedGroupsExtensionRequired
                | PeerIncompatible::NoSignatureSchemesInCommon
                | PeerIncompatible::NoEcPointFormatsInCommon,
            ) => say!(
                "tls-nothing-in-common",
                "no cipher suite, key exchange or signature in common: the other end is too old, or its certificate's key is of a kind that it cannot use"
            ),
            Error::PeerIncompatible(why) => say!(
                "tls-incompatible",
                "the other end lacks what is needed: {error}",
                error = format!("{why:?}"),
            ),
            error => garbled(error),
        })
    }
}

/// Whether a ClientHello asks for less than TLS 1.2 (RFC 5246 section 7.4.1.2: behind the headers of record and message).
fn is_older(came: &[u8]) -> bool {
    matches!(came.get(9..11), Some([3, 0..=2]))
}

fn is_of_versions(why: &PeerIncompatible) -> bool {
    matches!(
        why,
        PeerIncompatible::ServerDoesNotSupportTls12Or13
            | PeerIncompatible::ServerTlsVersionIsDisabledByOurConfig
            | PeerIncompatible::SupportedVersionsExtensionRequired
            | PeerIncompatible::Tls12NotOffered
            | PeerIncompatible::Tls12NotOfferedOrEnabled
    )
}

fn no_version(context: &Context) -> Sentence {
    let (min, max) = context.versions;
    let versions = match min == max {
        true => min.name().to_owned(),
        false => format!("{}, {}", min.name(), max.name()),
    };
    say!(
        "tls-no-common-version",
        "no version of TLS in common: we speak {versions} (protocol_version)",
        versions = versions,
    )
}

fn garbled(error: &Error) -> Sentence {
    say!("tls-garbled", "what came is not what TLS says: {error}", error = error)
}

/// What the other end says by an alert (RFC 8446 section 6.2).
fn alerted(alert: AlertDescription) -> Sentence {
    let number = u8::from(alert);
    let name = alert_name(number).map_or_else(|| number.to_string(), str::to_owned);
    match number {
        42..=46 | 48 => say!(
            "tls-alert-certificate",
            "the other end refuses our certificate: alert {name}",
            name = name,
        ),
        41 | 116 => say!(
            "tls-alert-required",
            "the other end requires a certificate of ours: alert {name}",
            name = name,
        ),
        40 => say!(
            "tls-alert-handshake",
            "the other end found nothing in common with us, or misses a certificate of ours: alert {name}",
            name = name,
        ),
        112 => say!(
            "tls-alert-name",
            "the other end does not know the server name that it was asked for (SNI): alert {name}",
            name = name,
        ),
        120 => say!(
            "tls-alert-protocol",
            "the other end speaks none of our application protocols (ALPN): alert {name}",
            name = name,
        ),
        _ => say!("tls-alert", "the other end gave up: alert {name}", name = name),
    }
}

/// Why a certificate was refused.
fn refused(
    error: &CertificateError,
    context: &Context,
    chain: &[CertificateDer<'static>],
) -> Sentence {
    use CertificateError as E;
    let facts = chain.first().map(|own| CertificateFacts::read(own));
    let until = facts.as_ref().map_or_else(String::new, CertificateFacts::until);
    let issuer = facts.as_ref().map_or_else(String::new, |facts| facts.issuer.clone());
    match error {
        E::Expired | E::ExpiredContext { .. } => say!(
            "tls-expired",
            "its certificate expired on {until}: it has to be renewed, or trusted by its fingerprint",
            until = until,
        ),
        E::NotValidYet | E::NotValidYetContext { .. } => say!(
            "tls-not-yet",
            "its certificate is not valid before {from}: look at the clock of this computer",
            from = facts.as_ref().map_or_else(String::new, CertificateFacts::from),
        ),
        E::NotValidForName | E::NotValidForNameContext { .. } => say!(
            "tls-other-name",
            "its certificate is for {names}, not for {name}: connect by such a name, or give it as the server name",
            names = facts.as_ref().map_or_else(String::new, CertificateFacts::names_in_one),
            name = context.name,
        ),
        E::UnknownIssuer if facts.as_ref().is_some_and(CertificateFacts::is_self_issued) => say!(
            "tls-self-signed",
            "its certificate is signed by itself, and no authority that is trusted vouches for it: give it as the CA file, or trust it by its fingerprint"
        ),
        E::UnknownIssuer => say!(
            "tls-unknown-issuer",
            "no authority that is trusted issued its certificate (issuer: {issuer}): give the issuer's certificate as the CA file, or trust this one by its fingerprint",
            issuer = issuer,
        ),
        E::Revoked => say!("tls-revoked", "its certificate was revoked by its issuer"),
        E::InvalidPurpose | E::InvalidPurposeContext { .. } => say!(
            "tls-other-purpose",
            "its certificate is not made for this end of a connection (extended key usage)"
        ),
        E::BadSignature => say!(
            "tls-bad-signature",
            "what is signed with its certificate is not signed by its key, or not by its issuer"
        ),
        E::BadEncoding => say!("tls-unreadable", "its certificate cannot be read"),
        E::UnsupportedSignatureAlgorithmContext { .. }
        | E::UnsupportedSignatureAlgorithmForPublicKeyContext { .. } => say!(
            "tls-old-signature",
            "its certificate is signed in a way that nobody should trust any more, or that is not supported"
        ),
        E::Other(other) => match other.0.downcast_ref::<PinMismatch>() {
            Some(PinMismatch { found, pinned }) => say!(
                "tls-other-certificate",
                "its certificate has the fingerprint {found}, and this session is pinned to {pinned}",
                found = found,
                pinned = pinned,
            ),
            None if other.0.to_string().contains("CaUsedAsEndEntity") => say!(
                "tls-authority-as-server",
                "its certificate is that of an authority (CA:TRUE), which cannot stand for a server: trust it by its fingerprint"
            ),
            None => other_reason(&other.0),
        },
        error => other_reason(error),
    }
}

fn other_reason(error: &dyn std::fmt::Display) -> Sentence {
    say!("tls-refused", "its certificate is refused: {error}", error = error)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn context() -> Context {
        Context {
            name: "board.local".to_owned(),
            alpn: vec!["mqtt".to_owned()],
            versions: (TlsVersion::Tls12, TlsVersion::Tls13),
            is_client: true,
            unverified: false,
        }
    }

    #[test]
    fn each_fault_says_what_the_other_end_did() {
        let table = [
            (
                Error::AlertReceived(AlertDescription::UnknownCA),
                "refuses our certificate: alert unknown_ca",
            ),
            (
                Error::AlertReceived(AlertDescription::CertificateRequired),
                "requires a certificate of ours",
            ),
            (Error::AlertReceived(AlertDescription::HandshakeFailure), "alert handshake_failure"),
            (Error::AlertReceived(AlertDescription::UnrecognisedName), "server name"),
            (Error::AlertReceived(AlertDescription::NoApplicationProtocol), "ALPN"),
            (Error::AlertReceived(AlertDescription::ProtocolVersion), "we speak TLS 1.2, TLS 1.3"),
            (Error::AlertReceived(AlertDescription::Unknown(200)), "alert 200"),
            (PeerIncompatible::NoCipherSuitesInCommon.into(), "no cipher suite"),
            (PeerIncompatible::Tls12NotOffered.into(), "no version of TLS in common"),
            (Error::NoApplicationProtocol, "we speak mqtt"),
            (Error::NoCertificatesPresented, "requires one"),
            (CertificateError::Revoked.into(), "revoked"),
            (Error::DecryptError, "not what TLS says"),
        ];
        for (error, part) in table {
            let told = TlsFault::of_handshake(&error, &context(), &[], &[]).0;
            assert!(told.contains(part), "{error:?}: {told}");
        }
    }

    #[test]
    fn a_fault_is_found_again_in_an_error_of_a_connection() {
        let fault = TlsFault::of_standing(&Error::AlertReceived(AlertDescription::BadRecordMac));
        let error = fault.into_io();
        assert!(TlsFault::within(&error).is_some_and(|fault| fault.0.contains("bad_record_mac")));
        assert!(TlsFault::within(&io::ErrorKind::ConnectionReset.into()).is_none());
    }
}
