//! The bytes of a connection, plain or secured by TLS: read and written without waiting, in one and the same way.
//!
//! The socket below stays in reach: its options and its errors are those of TCP in both cases.

use std::io::{self, ErrorKind, IoSlice, Read as _, Write as _};
use std::sync::OnceLock;

use espalier_core::Timestamp;
use parking_lot::Mutex;
use rustls::Connection;
use socket2::SockRef;
use tokio::net::TcpStream;

use crate::arrival;
use crate::tls::TlsFault;

/// The most plain text in a record of TLS (RFC 8446 section 5.1).
const FRAGMENT: usize = 1 << 14;

/// A connection of TCP, and TLS on it.
#[derive(Debug)]
pub struct Stream {
    tcp: TcpStream,
    is_secured: bool,
    /// Set when the handshake is done; nothing can be read or written before. Boxed: plain text pays nothing for it.
    tls: OnceLock<Box<Mutex<Secured>>>,
}

/// How the other end ended its half.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InputEnd {
    /// By FIN, of a connection in plain text.
    Fin,
    /// By close_notify, as TLS wants it.
    CloseNotify,
    /// By FIN without close_notify: somebody may have cut it off (RFC 8446 section 6.1).
    Truncated,
}

impl Stream {
    /// A connection in plain text, or one to be secured.
    pub const fn new(tcp: TcpStream, is_secured: bool) -> Self {
        Self { tcp, is_secured, tls: OnceLock::new() }
    }

    /// The handshake is done.
    pub fn secure(&self, connection: Connection) {
        let secured = Secured {
            connection,
            in_flight: 0,
            failed: None,
            // It may have come with the last of the handshake.
            has_more: true,
            truncated: false,
            arrived: None,
        };
        // There is one handshake.
        self.tls.set(Box::new(Mutex::new(secured))).ok();
    }

    /// The connection of TCP: for the handshake, and for its addresses.
    pub const fn tcp(&self) -> &TcpStream {
        &self.tcp
    }

    /// The socket, for its options.
    pub fn socket(&self) -> SockRef<'_> {
        SockRef::from(&self.tcp)
    }

    /// Whether it is secured, or will be.
    pub const fn is_secured(&self) -> bool {
        self.is_secured
    }

    /// Waits until there is something to read, or an end.
    pub async fn readable(&self) -> io::Result<()> {
        if let Some(tls) = self.tls.get() {
            let has_more = {
                let tls = tls.lock();
                tls.has_more || tls.failed.is_some()
            };
            if has_more {
                tokio::task::consume_budget().await;
                return Ok(());
            }
        }
        self.tcp.readable().await?;
        // What is always ready would keep all others of the same thread from their turn, and its own connection from being closed:
        // tokio counts what reads and writes, and not what asks whether that can be done.
        tokio::task::consume_budget().await;
        Ok(())
    }

    /// Waits until something can be written.
    pub async fn writable(&self) -> io::Result<()> {
        self.tcp.writable().await?;
        tokio::task::consume_budget().await;
        Ok(())
    }

    /// Reads what there is, and when the last of it arrived, where the system stamps that; `WouldBlock` when there is nothing, 0 at
    /// the end of the other side's half.
    pub fn try_read(&self, buffer: &mut [u8]) -> io::Result<(usize, Option<Timestamp>)> {
        match self.tls.get() {
            Some(tls) => {
                let mut tls = tls.lock();
                let count = tls.read(&self.tcp, buffer)?;
                Ok((count, tls.arrived))
            }
            None if self.is_secured => Err(ErrorKind::WouldBlock.into()),
            None => arrival::receive(&self.tcp, buffer),
        }
    }

    /// Writes what the system takes now, and how much that was. After `WouldBlock` the next bytes must begin with the same ones: of
    /// TLS, a record may be on its way that counts when all of it is taken.
    pub fn try_write(&self, bytes: &[u8]) -> io::Result<usize> {
        match self.tls.get() {
            Some(tls) => tls.lock().write(&self.tcp, bytes),
            None if self.is_secured => Err(ErrorKind::WouldBlock.into()),
            None => self.tcp.try_write(bytes),
        }
    }

    /// Says that nothing more will come: close_notify, where there is TLS. FIN is yet to follow.
    pub async fn close_notify(&self) -> io::Result<()> {
        let Some(tls) = self.tls.get() else { return Ok(()) };
        tls.lock().connection.send_close_notify();
        loop {
            if tls.lock().flush(&self.tcp)? {
                return Ok(());
            }
            self.tcp.writable().await?;
        }
    }

    /// How the other end ended its half, once [`Self::try_read`] has said that it did.
    pub fn input_end(&self) -> InputEnd {
        match self.tls.get() {
            None => InputEnd::Fin,
            Some(tls) if tls.lock().truncated => InputEnd::Truncated,
            Some(_) => InputEnd::CloseNotify,
        }
    }
}

/// TLS on a connection.
#[derive(Debug)]
struct Secured {
    connection: Connection,
    /// Bytes of the record that the system has not taken whole. They are the first of what is written next.
    in_flight: usize,
    /// What is told when all that came before it is read.
    failed: Option<io::Error>,
    /// There may be plain text that was not read yet.
    has_more: bool,
    /// FIN came without close_notify.
    truncated: bool,
    /// When the last records arrived, as the system has stamped it.
    arrived: Option<Timestamp>,
}

impl Secured {
    fn read(&mut self, tcp: &TcpStream, buffer: &mut [u8]) -> io::Result<usize> {
        self.has_more = false;
        let mut filled = 0;
        loop {
            let rest = &mut buffer[filled..];
            if rest.is_empty() {
                self.has_more = true;
                return Ok(filled);
            }
            match self.connection.reader().read(rest) {
                Ok(0) => {
                    // Said again: FIN may be long in coming.
                    self.has_more = true;
                    return Ok(filled);
                }
                Ok(count) => {
                    filled += count;
                    continue;
                }
                Err(error) if error.kind() == ErrorKind::UnexpectedEof => {
                    self.truncated = true;
                    return Ok(filled);
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                Err(error) => self.failed = Some(error),
            }
            if self.failed.is_none() && self.receive(tcp) {
                continue;
            }
            return match self.failed.take() {
                error if filled > 0 => {
                    self.failed = error;
                    Ok(filled)
                }
                Some(error) => Err(error),
                None => Err(ErrorKind::WouldBlock.into()),
            };
        }
    }

    /// Takes records from the socket; whether there were any, or the end.
    fn receive(&mut self, tcp: &TcpStream) -> bool {
        let mut records = Arriving { tcp, arrived: None };
        let received = self.connection.read_tls(&mut records);
        self.arrived = records.arrived.or(self.arrived);
        match received {
            Ok(_) => {}
            Err(error) if error.kind() == ErrorKind::WouldBlock => return false,
            Err(error) => {
                self.failed = Some(error);
                return false;
            }
        }
        if let Err(error) = self.connection.process_new_packets() {
            // The alert that says why; who does not read it hears of the end all the same.
            self.flush(tcp).ok();
            self.failed = Some(TlsFault::of_standing(&error).into_io());
        }
        // What was read before a fault is to be had still.
        true
    }

    fn write(&mut self, tcp: &TcpStream, bytes: &[u8]) -> io::Result<usize> {
        let mut taken = 0;
        loop {
            match self.flush(tcp) {
                Ok(true) => {}
                Ok(false) => break,
                // It will be said again.
                Err(_) if taken > 0 => break,
                Err(error) => return Err(error),
            }
            taken += std::mem::take(&mut self.in_flight);
            let rest = bytes.get(taken..).unwrap_or_default();
            if rest.is_empty() {
                break;
            }
            self.in_flight = self.connection.writer().write(&rest[..rest.len().min(FRAGMENT)])?;
            if self.in_flight == 0 {
                return Err(ErrorKind::WriteZero.into());
            }
        }
        match taken {
            0 if !bytes.is_empty() => Err(ErrorKind::WouldBlock.into()),
            taken => Ok(taken),
        }
    }

    /// Gives the system the records that wait; whether it took them all.
    fn flush(&mut self, tcp: &TcpStream) -> io::Result<bool> {
        while self.connection.wants_write() {
            match self.connection.write_tls(&mut Socket(tcp)) {
                Ok(_) => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(false),
                Err(error) => return Err(error),
            }
        }
        Ok(true)
    }
}

/// A socket that does not wait, as rustls reads records from it.
struct Arriving<'a> {
    tcp: &'a TcpStream,
    arrived: Option<Timestamp>,
}

impl io::Read for Arriving<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let (count, arrived) = arrival::receive(self.tcp, buffer)?;
        self.arrived = arrived;
        Ok(count)
    }
}

/// A socket that does not wait, as rustls reads and writes it.
pub struct Socket<'a>(pub &'a TcpStream);

impl io::Read for Socket<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.try_read(buffer)
    }
}

impl io::Write for Socket<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.try_write(bytes)
    }

    fn write_vectored(&mut self, pieces: &[IoSlice<'_>]) -> io::Result<usize> {
        self.0.try_write_vectored(pieces)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
