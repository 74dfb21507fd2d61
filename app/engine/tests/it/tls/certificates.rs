//! Certificates as a test needs them, in a folder that goes with it.

use std::cell::Cell;
use std::path::{Path, PathBuf};

use espalier_core::tls::{Fingerprint, TlsIdentity};
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};

/// An authority, and where its certificates are written.
pub struct Authority {
    folder: tempfile::TempDir,
    issued: Cell<usize>,
    issuer: Issuer<'static, KeyPair>,
}

impl Authority {
    pub fn new() -> Self {
        Self::named("Test Authority")
    }

    pub fn named(name: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, name);
        let key = KeyPair::generate().unwrap();
        let own = params.self_signed(&key).unwrap();
        std::fs::write(folder.path().join("ca.pem"), own.pem()).unwrap();
        std::fs::write(folder.path().join("ca-key.pem"), key.serialize_pem()).unwrap();
        Self { folder, issued: Cell::default(), issuer: Issuer::new(params, key) }
    }

    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Its own certificate.
    pub fn file(&self) -> PathBuf {
        self.folder().join("ca.pem")
    }

    /// Its own certificate with its key, as a careless server shows it.
    pub fn as_server(&self) -> TlsIdentity {
        TlsIdentity { certificate: self.file(), key: self.folder().join("ca-key.pem") }
    }

    /// A certificate for these names.
    pub fn issue(
        &self,
        names: &[&str],
        change: impl FnOnce(&mut CertificateParams),
    ) -> TlsIdentity {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let file = self.issued.replace(self.issued.get() + 1);
        let mut params = CertificateParams::new(names).unwrap();
        params.distinguished_name.push(DnType::CommonName, "a board");
        change(&mut params);
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        let identity = TlsIdentity {
            certificate: self.folder().join(format!("{file}.pem")),
            key: self.folder().join(format!("{file}.key.pem")),
        };
        std::fs::write(&identity.certificate, certificate.pem()).unwrap();
        std::fs::write(&identity.key, key.serialize_pem()).unwrap();
        identity
    }

    /// One that has expired.
    pub fn issue_expired(&self, names: &[&str]) -> TlsIdentity {
        self.issue(names, |params| {
            params.not_before = rcgen::date_time_ymd(2020, 1, 1);
            params.not_after = rcgen::date_time_ymd(2021, 2, 3);
        })
    }
}

/// The fingerprint of the first certificate in a file.
pub fn fingerprint(path: &Path) -> Fingerprint {
    use rustls::pki_types::CertificateDer;
    use rustls::pki_types::pem::PemObject as _;
    Fingerprint::of(&CertificateDer::from_pem_file(path).unwrap())
}
