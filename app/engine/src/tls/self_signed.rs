//! A server's certificate of our own making: signed by itself, for all names that this computer is reached by here.

use std::io::{self, Write as _};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::path::{Path, PathBuf};

use espalier_core::say;
use espalier_core::tls::{CertificateFacts, TlsIdentity};
use parking_lot::Mutex;
use rcgen::{
    CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, KeyPair, KeyUsagePurpose,
};
use rustls::sign::CertifiedKey;

use super::{TlsFault, pem_files};
use crate::{in_place, private};

/// How long it is valid: what Apple's systems take at most of a private authority.
const DAYS: i32 = 825;

/// The one that was made for this address before, or a new one, which is kept in `folder`; without a folder it lasts as long as the
/// session listens.
pub fn load_or_make(folder: Option<&Path>, bind: IpAddr) -> Result<CertifiedKey, TlsFault> {
    /// Of servers that begin at once, the second finds what the first has made.
    static MAKING: Mutex<()> = Mutex::new(());
    let Some(folder) = folder else { return made(bind)?.certified() };
    let _making = MAKING.lock();
    let path = path(folder, bind);
    let both = TlsIdentity { certificate: path.clone(), key: path.clone() };
    if path.exists()
        && let Ok(kept) = pem_files::identity(&both)
        && kept.cert.first().is_some_and(|own| is_valid(own))
    {
        return Ok(kept);
    }
    let made = made(bind)?;
    keep(folder, &path, &made).map_err(|error| {
        TlsFault(say!(
            "tls-unkept",
            "the certificate that was made cannot be kept in {path}: {error}",
            path = path.display(),
            error = error,
        ))
    })?;
    pem_files::identity(&both)
}

/// Where the certificate for this address is, with its key; the certificate alone, for clients to trust, is beside it (`.crt`).
fn path(folder: &Path, bind: IpAddr) -> PathBuf {
    // A colon stands in no name of a file on Windows.
    folder.join(format!("server-{}.pem", bind.to_string().replace(':', "_")))
}

/// The certificate for this address without its key: what clients are given to trust.
pub fn certificate_of(folder: &Path, bind: IpAddr) -> PathBuf {
    path(folder, bind).with_extension("crt")
}

fn is_valid(certificate: &[u8]) -> bool {
    let now = jiff::Timestamp::now().as_second();
    CertificateFacts::read(certificate).days_left(now).is_some_and(|days| days > 0)
}

struct Made {
    certificate: rcgen::Certificate,
    key: KeyPair,
}

impl Made {
    fn certified(self) -> Result<CertifiedKey, TlsFault> {
        let key = rustls::pki_types::PrivatePkcs8KeyDer::from(self.key.serialize_der());
        let nowhere = TlsIdentity::default();
        pem_files::certified(vec![self.certificate.der().clone()], key.into(), &nowhere)
    }
}

fn made(bind: IpAddr) -> Result<Made, TlsFault> {
    make(bind).map_err(|error| {
        TlsFault(say!("tls-unmade", "no certificate can be made: {error}", error = error))
    })
}

fn make(bind: IpAddr) -> Result<Made, rcgen::Error> {
    let host = host_name();
    let mut addresses = vec![IpAddr::from(Ipv4Addr::LOCALHOST), IpAddr::from(Ipv6Addr::LOCALHOST)];
    if bind.is_unspecified() {
        let all = if_addrs::get_if_addrs().unwrap_or_default();
        addresses.extend(all.iter().map(if_addrs::Interface::ip));
    } else {
        addresses.push(bind);
    }
    addresses.sort_unstable();
    addresses.dedup();
    let mut names: Vec<String> = addresses.iter().map(IpAddr::to_string).collect();
    names.push("localhost".to_owned());
    names.extend(host.clone());
    names.dedup();
    let mut params = CertificateParams::new(names)?;
    let mut subject = DistinguishedName::new();
    subject.push(DnType::CommonName, host.as_deref().unwrap_or("localhost"));
    subject.push(DnType::OrganizationName, "Espalier");
    params.distinguished_name = subject;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    let today = jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).date();
    let day = |days: i32| {
        let day = today.saturating_add(jiff::Span::new().days(days));
        let (month, of_month) = (day.month().unsigned_abs(), day.day().unsigned_abs());
        rcgen::date_time_ymd(day.year().into(), month, of_month)
    };
    // Clocks of boards are late.
    params.not_before = day(-2);
    params.not_after = day(DAYS - 2);
    let key = KeyPair::generate()?;
    let certificate = params.self_signed(&key)?;
    Ok(Made { certificate, key })
}

/// This computer's name, if it is one that a certificate can have.
fn host_name() -> Option<String> {
    #[cfg(unix)]
    let name = rustix::system::uname().nodename().to_str().ok().map(str::to_owned);
    #[cfg(not(unix))]
    let name = std::env::var("COMPUTERNAME").ok();
    let is_usual = |name: &String| {
        !name.is_empty()
            && name.len() < 64
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-.".contains(&byte))
    };
    name.filter(is_usual)
}

/// Writes both, each whole or not at all; of two programs that do so at once, the last one's stay.
fn keep(folder: &Path, path: &Path, made: &Made) -> io::Result<()> {
    private::own_folder(folder)?;
    let certificate = made.certificate.pem();
    let write = |to: &Path, text: &str| {
        // Its mode is 0600 from the beginning.
        let mut file = in_place::begin(folder)?;
        file.write_all(text.as_bytes())?;
        file.as_file().sync_all()?;
        in_place::put(file, to).map(drop)
    };
    write(path, &format!("{certificate}{}", made.key.serialize_pem()))?;
    write(&path.with_extension("crt"), &certificate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_certificate_of_our_own_is_made_once_and_is_for_its_address() {
        let folder = tempfile::tempdir().unwrap();
        let within = folder.path().join("tls");
        let bind: IpAddr = "192.0.2.7".parse().unwrap();
        let facts = |certified: &CertifiedKey| CertificateFacts::read(&certified.cert[0]);
        let first = facts(&load_or_make(Some(&within), bind).unwrap());
        for name in ["192.0.2.7", "127.0.0.1", "::1", "localhost"] {
            assert!(first.names.iter().any(|has| has == name), "{name} in {:?}", first.names);
        }
        let now = jiff::Timestamp::now().as_second();
        assert_eq!(first.days_left(now).map(|days| days + 2 + 1), Some(DAYS.into()));
        assert_eq!(facts(&load_or_make(Some(&within), bind).unwrap()), first, "it is kept");
        let other = facts(&load_or_make(Some(&within), "::".parse().unwrap()).unwrap());
        assert_ne!(other.fingerprint, first.fingerprint);
        assert_ne!(
            facts(&load_or_make(None, bind).unwrap()).fingerprint,
            facts(&load_or_make(None, bind).unwrap()).fingerprint,
        );
        // What is damaged is made anew.
        std::fs::write(path(&within, bind), "no PEM").unwrap();
        assert_ne!(facts(&load_or_make(Some(&within), bind).unwrap()), first);
    }

    #[test]
    fn servers_that_begin_at_once_have_one_certificate() {
        let folder = tempfile::tempdir().unwrap();
        let bind = IpAddr::from(Ipv4Addr::LOCALHOST);
        let shown = || {
            let certified = load_or_make(Some(folder.path()), bind).unwrap();
            CertificateFacts::read(&certified.cert[0]).fingerprint
        };
        let all: Vec<_> = std::thread::scope(|scope| {
            let servers: Vec<_> = (0..4).map(|_| scope.spawn(shown)).collect();
            servers.into_iter().map(|server| server.join().unwrap()).collect()
        });
        assert!(all.iter().all(|fingerprint| *fingerprint == shown()), "{all:?}");
    }

    #[cfg(unix)]
    #[test]
    fn the_key_is_for_its_user_alone_and_not_in_the_file_for_others() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let within = folder.path().join("tls");
        let bind = IpAddr::from(Ipv4Addr::LOCALHOST);
        load_or_make(Some(&within), bind).unwrap();
        let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&within), mode(&path(&within, bind))), (0o700, 0o600));
        let public = std::fs::read_to_string(path(&within, bind).with_extension("crt")).unwrap();
        assert!(public.contains("BEGIN CERTIFICATE") && !public.contains("PRIVATE"));
    }
}
