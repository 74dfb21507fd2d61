//! Connections that a chip forgot when it restarted.
//!
//! A chip that loses its memory sends no FIN: its peers go on believing, until they send something and the chip, back on
//! its network, answers with RST.

use std::collections::VecDeque;
use std::io;
use std::net::TcpStream;
use std::os::fd::{AsFd as _, BorrowedFd};

use super::socket::turn_away;

/// How many are kept; the oldest are reset.
const MOST: usize = 64;

/// The sockets of forgotten connections.
#[derive(Debug, Default)]
pub struct StaleConnections(VecDeque<TcpStream>);

impl StaleConnections {
    /// The chip forgets this connection.
    pub fn take(&mut self, stream: TcpStream) {
        if self.0.len() == MOST
            && let Some(oldest) = self.0.pop_front()
        {
            turn_away(&oldest);
        }
        self.0.push_back(stream);
    }

    /// The chip is on its network: whoever has sent something is answered.
    pub fn answer(&mut self) {
        self.0.retain(|stream| {
            let silent = matches!(stream.peek(&mut [0]), Err(error) if is_silence(&error));
            if !silent {
                turn_away(stream);
            }
            silent
        });
    }

    /// What to wait on.
    pub fn wait_on(&self) -> impl Iterator<Item = BorrowedFd<'_>> {
        self.0.iter().map(TcpStream::as_fd)
    }
}

fn is_silence(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted)
}
