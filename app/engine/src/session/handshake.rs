//! A handshake of TLS on a connection of TCP that stands: agreed on within a time, or not, and then why.

use std::io::{self, ErrorKind};
use std::time::Duration;

use espalier_core::say;
use espalier_core::session::EndReason;
use espalier_core::tls::{Spoken, recognize};
use rustls::Connection;
use rustls::pki_types::CertificateDer;
use tokio::net::TcpStream;
use tokio::task::spawn_blocking;
use tokio::time::timeout;

use super::end_cause::EndCause;
use super::stream::Socket;
use crate::tls::{Context, TlsFault};

/// What is read at once: less than rustls keeps of plain text that comes with the end of a handshake.
const PIECE: usize = 8 << 10;

/// The most that is kept of what came instead of TLS.
const KEPT: usize = 64 << 10;

/// How long the other end may take to hear why we gave up: what it has sent meanwhile would otherwise make an RST of our end,
/// which takes the alert with it.
const HEARING: Duration = Duration::from_millis(300);

/// Why a handshake came to nothing.
#[derive(Debug)]
pub enum HandshakeFault {
    /// TLS says why, and so does an alert that we received or sent.
    Tls(rustls::Error),
    /// The system says why.
    Io(io::Error),
    /// The other end sent FIN.
    Closed,
    /// What came is no TLS.
    Plain,
    /// It took too long.
    TimedOut(Duration),
}

/// Secures a connection. `came` is what came, as far as it may be plain text.
pub async fn handshake(
    tcp: &TcpStream,
    connection: Connection,
    limit: Duration,
    came: &mut Vec<u8>,
) -> Result<Connection, HandshakeFault> {
    let agreed = timeout(limit, agree(tcp, connection, came)).await;
    let agreed = agreed.unwrap_or(Err(HandshakeFault::TimedOut(limit)));
    if matches!(agreed, Err(HandshakeFault::Tls(_) | HandshakeFault::Plain)) {
        timeout(HEARING, hear_out(tcp, came)).await.ok();
    }
    agreed
}

async fn agree(
    tcp: &TcpStream,
    mut connection: Connection,
    came: &mut Vec<u8>,
) -> Result<Connection, HandshakeFault> {
    let mut buffer = vec![0; PIECE];
    loop {
        flush(tcp, &mut connection).await.map_err(HandshakeFault::Io)?;
        if !connection.is_handshaking() {
            return Ok(connection);
        }
        tcp.readable().await.map_err(HandshakeFault::Io)?;
        let bytes = match tcp.try_read(&mut buffer) {
            Ok(0) => return Err(HandshakeFault::Closed),
            Ok(count) => buffer[..count].to_vec(),
            Err(error) if error.kind() == ErrorKind::WouldBlock => continue,
            Err(error) => return Err(HandshakeFault::Io(error)),
        };
        if came.len() < PIECE {
            came.extend(&bytes);
            // Before rustls, which waits for more than a short line has.
            if recognize(came) == Spoken::Plain {
                return Err(HandshakeFault::Plain);
            }
        }
        // Signatures take milliseconds, and to ask the system about a certificate may take seconds.
        let fed = spawn_blocking(move || {
            let done = feed(&mut connection, &bytes);
            (connection, done)
        });
        let (back, done) =
            fed.await.map_err(|broken| HandshakeFault::Io(io::Error::other(broken)))?;
        connection = back;
        if let Err(error) = done {
            // The alert that says why.
            flush(tcp, &mut connection).await.ok();
            return Err(HandshakeFault::Tls(error));
        }
    }
}

fn feed(connection: &mut Connection, mut bytes: &[u8]) -> Result<(), rustls::Error> {
    while !bytes.is_empty() {
        let read = connection.read_tls(&mut bytes);
        if read.map_err(|error| rustls::Error::General(error.to_string()))? == 0 {
            // Behind close_notify nothing counts (RFC 8446 section 6.1), and nothing is taken.
            break;
        }
        connection.process_new_packets()?;
    }
    Ok(())
}

async fn flush(tcp: &TcpStream, connection: &mut Connection) -> io::Result<()> {
    while connection.wants_write() {
        match connection.write_tls(&mut Socket(tcp)) {
            Ok(_) => {}
            Err(error) if error.kind() == ErrorKind::WouldBlock => tcp.writable().await?,
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Sends FIN and reads to the end of what the other one has to say.
async fn hear_out(tcp: &TcpStream, came: &mut Vec<u8>) {
    let mut buffer = vec![0; PIECE];
    socket2::SockRef::from(tcp).shutdown(std::net::Shutdown::Write).ok();
    while tcp.readable().await.is_ok() {
        match tcp.try_read(&mut buffer) {
            Ok(0) => return,
            Ok(count) if came.len() < KEPT => came.extend(&buffer[..count]),
            Ok(_) => {}
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            Err(_) => return,
        }
    }
}

impl HandshakeFault {
    /// The end of the connection that it is.
    pub fn end(
        &self,
        context: &Context,
        chain: &[CertificateDer<'static>],
        came: &[u8],
    ) -> EndCause {
        let sentence = match self {
            Self::Io(error) => return EndCause::of_connection(error),
            Self::Tls(error) => TlsFault::of_handshake(error, context, chain, came).0,
            Self::Plain => say!(
                "tls-plain-text",
                "the other end does not speak TLS: it sent {text}",
                text = quoted(came),
            ),
            Self::Closed if came.is_empty() => say!(
                "tls-closed-at-once",
                "the other end closed the connection without a word of TLS: perhaps it does not speak it"
            ),
            Self::Closed => say!(
                "tls-closed",
                "the other end closed the connection in the middle of the handshake, without an alert"
            ),
            Self::TimedOut(limit) if came.is_empty() => say!(
                "tls-silent",
                "nothing came within {seconds} s, and TLS was expected",
                seconds = limit.as_secs_f64(),
            ),
            Self::TimedOut(limit) => say!(
                "tls-slow",
                "the handshake was not done within {seconds} s",
                seconds = limit.as_secs_f64(),
            ),
        };
        EndCause { reason: EndReason::TlsFailed, detail: sentence.to_string() }
    }
}

/// The beginning of what came, as it can be read.
fn quoted(came: &[u8]) -> String {
    const SHOWN: usize = 60;
    let line = came.split(|byte| matches!(byte, b'\r' | b'\n')).next().unwrap_or_default();
    let text: String = String::from_utf8_lossy(&line[..line.len().min(SHOWN)])
        .chars()
        .map(|c| if c.is_control() { '\u{FFFD}' } else { c })
        .collect();
    let more = if line.len() > SHOWN { "…" } else { "" };
    format!("“{text}{more}”")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_came_instead_of_tls_is_quoted_on_one_line() {
        assert_eq!(
            quoted(b"HTTP/1.1 400 Bad Request\r\nServer: x\r\n"),
            "“HTTP/1.1 400 Bad Request”"
        );
        assert_eq!(quoted(b"\x1b[31mred"), "“\u{FFFD}[31mred”");
        assert_eq!(quoted(&[b'x'; 100]), format!("“{}…”", "x".repeat(60)));
        assert_eq!(quoted(b""), "“”");
    }
}
