//! The other end as rustls by itself: to do what our own ends never do.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;

use espalier_core::tls::TlsIdentity;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::{
    ClientConfig, ClientConnection, Connection, DigitallySignedStruct, Error, ServerConfig,
    ServerConnection, SignatureScheme,
};

use crate::rig::PATIENCE;

/// A blocking connection.
pub struct TlsPeer {
    pub connection: Connection,
    pub tcp: TcpStream,
}

impl TlsPeer {
    /// A client that believes anything.
    pub fn connect(address: SocketAddr) -> Self {
        Self::over(Self::credulous(), TcpStream::connect(address).unwrap())
    }

    /// The same, which says close_notify in one piece with the end of its handshake, and this behind it.
    pub fn connect_to_leave(address: SocketAddr, behind: &[u8]) -> Self {
        let mut peer =
            Self { connection: Self::credulous(), tcp: TcpStream::connect(address).unwrap() };
        peer.tcp.set_read_timeout(Some(PATIENCE)).unwrap();
        peer.flush();
        while peer.connection.is_handshaking() {
            assert!(peer.connection.read_tls(&mut peer.tcp).unwrap() > 0, "it is closed");
            peer.connection.process_new_packets().unwrap();
        }
        peer.connection.send_close_notify();
        let mut last = Vec::new();
        while peer.connection.wants_write() {
            peer.connection.write_tls(&mut last).unwrap();
        }
        last.extend(behind);
        peer.tcp.write_all(&last).unwrap();
        peer
    }

    fn credulous() -> Connection {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(Credulous))
            .with_no_client_auth();
        let name = ServerName::try_from("localhost").unwrap();
        ClientConnection::new(Arc::new(config), name).unwrap().into()
    }

    /// A server that has taken its one client.
    pub fn accept(listener: &TcpListener, identity: &TlsIdentity) -> Self {
        Self::try_accept(listener, identity).unwrap()
    }

    /// The same, where that client may not go through with it.
    pub fn try_accept(listener: &TcpListener, identity: &TlsIdentity) -> std::io::Result<Self> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let chain = CertificateDer::pem_file_iter(&identity.certificate).unwrap();
        let key = PrivateKeyDer::from_pem_file(&identity.key).unwrap();
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(chain.map(Result::unwrap).collect(), key)
            .unwrap();
        let connection = ServerConnection::new(Arc::new(config)).unwrap();
        Self::try_over(connection.into(), listener.accept().unwrap().0)
    }

    fn over(connection: Connection, tcp: TcpStream) -> Self {
        Self::try_over(connection, tcp).unwrap()
    }

    fn try_over(connection: Connection, tcp: TcpStream) -> std::io::Result<Self> {
        tcp.set_read_timeout(Some(PATIENCE)).unwrap();
        tcp.set_write_timeout(Some(PATIENCE)).unwrap();
        let mut peer = Self { connection, tcp };
        while peer.connection.is_handshaking() {
            peer.connection.complete_io(&mut peer.tcp)?;
        }
        peer.flush();
        Ok(peer)
    }

    pub fn write(&mut self, bytes: &[u8]) {
        for piece in bytes.chunks(16 << 10) {
            self.connection.writer().write_all(piece).unwrap();
            self.flush();
        }
    }

    /// Reads to close_notify; an error where FIN comes without it.
    pub fn rest(&mut self) -> std::io::Result<Vec<u8>> {
        let mut all = Vec::new();
        loop {
            let mut piece = [0; 16 << 10];
            match self.connection.reader().read(&mut piece) {
                Ok(0) => return Ok(all),
                Ok(count) => all.extend(&piece[..count]),
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    self.connection.read_tls(&mut self.tcp)?;
                    self.connection.process_new_packets().map_err(std::io::Error::other)?;
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// Ends its half as TLS wants it, without FIN.
    pub fn close_notify(&mut self) {
        self.connection.send_close_notify();
        self.flush();
    }

    /// FIN, and no close_notify.
    pub fn cut_off(&self) {
        self.tcp.shutdown(Shutdown::Write).unwrap();
    }

    fn flush(&mut self) {
        while self.connection.wants_write() {
            self.connection.write_tls(&mut self.tcp).unwrap();
        }
    }
}

#[derive(Debug)]
struct Credulous;

impl ServerCertVerifier for Credulous {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        vec![SignatureScheme::ECDSA_NISTP256_SHA256, SignatureScheme::ED25519]
    }
}
