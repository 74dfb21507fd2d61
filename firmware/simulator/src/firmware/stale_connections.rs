//! Connections that a chip forgot when it restarted, or lost its power.
//!
//! A chip that loses its memory sends no FIN: its peers go on believing, until they send something and the chip, back on
//! its network, answers with RST. One that does not come back answers nothing at all: what is sent is sent again, probes get no
//! answer, and the peer gives up by its keepalive or its time-outs.
//!
//! On Linux a filter on the socket makes it as deaf as the chip (`SO_ATTACH_FILTER`): the kernel acknowledges nothing for it.
//! Elsewhere the kernel does, so a peer notices only that a chip is back. What is not like a chip: who connects anew meanwhile
//! is refused, and a probe that reaches a chip which is back gets no RST, but no answer.

use std::collections::VecDeque;
use std::io;
use std::net::TcpStream;
use std::os::fd::{AsFd as _, BorrowedFd};

use super::socket::turn_away;

/// How many are kept; the oldest are reset.
const MOST: usize = 64;

/// The sockets of forgotten connections.
#[derive(Debug, Default)]
pub struct StaleConnections {
    streams: VecDeque<TcpStream>,
    /// The chip is on its network: its sockets hear data again.
    hears: bool,
}

impl StaleConnections {
    /// The chip forgets this connection, and is off its network.
    pub fn take(&mut self, stream: TcpStream) {
        if self.streams.len() == MOST
            && let Some(oldest) = self.streams.pop_front()
        {
            turn_away(&oldest);
        }
        filter::set(&stream, &filter::NOTHING);
        self.streams.push_back(stream);
        self.off();
    }

    /// The chip is off its network: nobody gets an answer.
    pub fn off(&mut self) {
        if std::mem::take(&mut self.hears) {
            self.streams.iter().for_each(|stream| filter::set(stream, &filter::NOTHING));
        }
    }

    /// The chip is on its network: whoever has sent something is answered.
    pub fn answer(&mut self) {
        if !std::mem::replace(&mut self.hears, true) {
            self.streams.iter().for_each(|stream| filter::set(stream, &filter::DATA));
        }
        self.streams.retain(|stream| {
            let silent = matches!(stream.peek(&mut [0]), Err(error) if is_silence(&error));
            if !silent {
                turn_away(stream);
            }
            silent
        });
    }

    /// What to wait on.
    pub fn wait_on(&self) -> impl Iterator<Item = BorrowedFd<'_>> {
        self.streams.iter().map(TcpStream::as_fd)
    }
}

fn is_silence(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted)
}

/// Which segments a socket hears.
#[cfg(target_os = "linux")]
mod filter {
    use std::net::TcpStream;

    use socket2::{SockFilter, SockRef};

    /// An instruction of the classic packet filter (`linux/bpf_common.h`); the packet begins with the TCP header.
    const fn op(code: u16, jt: u8, jf: u8, k: u32) -> SockFilter {
        SockFilter::new(code, jt, jf, k)
    }

    /// Keep all of the packet, or drop it.
    const KEEP: SockFilter = op(0x06, 0, 0, u32::MAX);
    const DROP: SockFilter = op(0x06, 0, 0, 0);

    /// None.
    pub const NOTHING: [SockFilter; 1] = [DROP];

    /// Those with data, FIN or RST; no probe, which is to be answered by nobody.
    pub const DATA: [SockFilter; 10] = [
        // A = flags; with FIN or RST: keep.
        op(0x30, 0, 0, 13),
        op(0x45, 6, 0, 0x05),
        // X = length of the header, in the high half of byte 12 by words of four bytes.
        op(0x30, 0, 0, 12),
        op(0x54, 0, 0, 0xF0),
        op(0x74, 0, 0, 2),
        op(0x07, 0, 0, 0),
        // A = length; more than the header: keep.
        op(0x80, 0, 0, 0),
        op(0x2D, 0, 1, 0),
        KEEP,
        DROP,
    ];

    /// Where it cannot be set, the kernel answers for the chip as elsewhere.
    pub fn set(stream: &TcpStream, filter: &[SockFilter]) {
        SockRef::from(stream).attach_filter(filter).ok();
    }
}

#[cfg(not(target_os = "linux"))]
mod filter {
    use std::net::TcpStream;

    pub const NOTHING: () = ();
    pub const DATA: () = ();

    /// There is none.
    pub fn set(_: &TcpStream, (): &()) {}
}
