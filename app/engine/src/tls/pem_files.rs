//! Certificates and keys in files that the user names: read where they are, copied nowhere.

use std::path::Path;

use espalier_core::say;
use espalier_core::tls::TlsIdentity;
use rustls::pki_types::pem::{self, PemObject as _};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;
use rustls::{InconsistentKeys, RootCertStore};

use super::{PROVIDER, TlsFault};
use crate::untrusted;

/// More than a list of all authorities in the world has.
const LIMIT: u64 = 4 << 20;

/// The authorities in a file.
pub fn authorities(path: &Path) -> Result<RootCertStore, TlsFault> {
    let mut roots = RootCertStore::empty();
    for certificate in certificates(path)? {
        roots.add(certificate).map_err(|error| {
            TlsFault(say!(
                "tls-bad-authority",
                "a certificate in {path} cannot be used as an authority: {error}",
                path = path.display(),
                error = error,
            ))
        })?;
    }
    Ok(roots)
}

/// A certificate with its chain, and the key that fits it.
pub fn identity(identity: &TlsIdentity) -> Result<CertifiedKey, TlsFault> {
    let chain = certificates(&identity.certificate)?;
    let key = key(&identity.key)?;
    certified(chain, key, identity)
}

/// The same of what is at hand; `from` says where it is from.
pub fn certified(
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
    from: &TlsIdentity,
) -> Result<CertifiedKey, TlsFault> {
    let signer = PROVIDER.key_provider.load_private_key(key).map_err(|error| {
        TlsFault(say!(
            "tls-bad-key",
            "the key in {path} is of a kind that cannot be used: {error}",
            path = from.key.display(),
            error = error,
        ))
    })?;
    let certified = CertifiedKey::new(chain, signer);
    match certified.keys_match() {
        // A kind of key that does not tell its public half is found out by the other end.
        Ok(()) | Err(rustls::Error::InconsistentKeys(InconsistentKeys::Unknown)) => Ok(certified),
        Err(rustls::Error::InconsistentKeys(InconsistentKeys::KeyMismatch)) => Err(TlsFault(say!(
            "tls-key-mismatch",
            "the key in {key} does not fit the certificate in {certificate}",
            key = from.key.display(),
            certificate = from.certificate.display(),
        ))),
        Err(error) => Err(TlsFault(say!(
            "tls-bad-certificate",
            "the certificate in {path} cannot be used: {error}",
            path = from.certificate.display(),
            error = error,
        ))),
    }
}

/// All certificates in a file, at least one.
fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsFault> {
    let text = read(path)?;
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&text).collect();
    let found = found.map_err(|error| bad_pem(path, &error))?;
    if found.is_empty() {
        return Err(TlsFault(say!(
            "tls-no-certificate",
            "the file {path} holds no certificate in PEM form (-----BEGIN CERTIFICATE-----)",
            path = path.display(),
        )));
    }
    Ok(found)
}

fn key(path: &Path) -> Result<PrivateKeyDer<'static>, TlsFault> {
    let text = read(path)?;
    let has = |words: &[u8]| holds(&text, words);
    // PKCS#8, and what openssl wrote before (RFC 1421 section 4.6.1.1).
    if has(b"BEGIN ENCRYPTED PRIVATE KEY") || has(b"Proc-Type: 4,ENCRYPTED") {
        return Err(TlsFault(say!(
            "tls-encrypted-key",
            "the key in {path} is encrypted, and no passwords are kept here: write it without one (openssl pkey -in KEY -out NEW)",
            path = path.display(),
        )));
    }
    PrivateKeyDer::from_pem_slice(&text).map_err(|error| match error {
        pem::Error::NoItemsFound => TlsFault(say!(
            "tls-no-key",
            "the file {path} holds no private key in PEM form (-----BEGIN PRIVATE KEY-----)",
            path = path.display(),
        )),
        error => bad_pem(path, &error),
    })
}

fn holds(text: &[u8], words: &[u8]) -> bool {
    text.windows(words.len()).any(|window| window == words)
}

fn read(path: &Path) -> Result<Vec<u8>, TlsFault> {
    untrusted::read(path, LIMIT).map_err(|error| {
        TlsFault(say!(
            "tls-unread-file",
            "the file {path} cannot be read: {error}",
            path = path.display(),
            error = error,
        ))
    })
}

fn bad_pem(path: &Path, error: &pem::Error) -> TlsFault {
    TlsFault(say!(
        "tls-bad-pem",
        "the file {path} is damaged: {error}",
        path = path.display(),
        error = format!("{error:?}"),
    ))
}
