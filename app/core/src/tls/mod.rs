//! TLS as a user asks for it and as it is told: what is wanted ([`TlsClientSpec`], [`TlsServerSpec`]), what a certificate says
//! ([`CertificateFacts`]), how a connection is secured ([`TlsStatus`]), and what TLS looks like to who does not speak it
//! ([`recognize`]).

mod alert;
mod certificate;
mod der;
mod fingerprint;
mod recognize;
mod spec;
mod status;

pub use alert::alert_name;
pub use certificate::CertificateFacts;
pub use fingerprint::{Fingerprint, NotAFingerprint};
pub use recognize::{Spoken, recognize};
pub use spec::{
    ClientCertificates, ServerTrust, TlsClientSpec, TlsIdentity, TlsServerSpec, TlsVersion,
};
pub use status::{RefusedCertificate, TlsStatus};
