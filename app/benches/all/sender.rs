//! A peer that sends, and knows the digest of it.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};

use super::digest;
use super::processor::children;

/// Bytes that are sent again and again.
pub struct Sender {
    piece: Vec<u8>,
    times: usize,
    /// SHA-256 of all that is sent, in lower-case hexadecimal.
    pub digest: String,
}

/// What a receiver took, in seconds, and what it said.
pub struct Received {
    pub wall: f64,
    pub cpu: f64,
    pub said: String,
}

impl Sender {
    pub fn new(piece: Vec<u8>, times: usize) -> Self {
        let digest = digest::of_times(&piece, times);
        Self { piece, times, digest }
    }

    pub fn bytes(&self) -> u64 {
        (self.piece.len() * self.times) as u64
    }

    /// Sends all of it to a program that connects to the address it is given, and waits for its end.
    pub fn send(
        &self,
        receiver: impl FnOnce(SocketAddr) -> anyhow::Result<Command>,
    ) -> anyhow::Result<Received> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let mut command = receiver(listener.local_addr()?)?;
        let before = children();
        let mut child = Ending(command.stdin(Stdio::null()).stderr(Stdio::inherit()).spawn()?);
        let mut stream = accept_of(&listener, || child.0.try_wait().map(|it| it.is_some()))?;
        let begun = Instant::now();
        self.write(&mut stream)?;
        drop(stream);
        let mut said = String::new();
        if let Some(mut out) = child.0.stdout.take() {
            out.read_to_string(&mut said)?;
        }
        let status = child.0.wait()?;
        let wall = begun.elapsed().as_secs_f64();
        ensure!(status.success(), "the receiver ended with {status}");
        Ok(Received { wall, cpu: children() - before, said })
    }

    /// Sends all of it.
    pub fn write(&self, stream: &mut TcpStream) -> anyhow::Result<()> {
        for _ in 0..self.times {
            stream.write_all(&self.piece).context("sending")?;
        }
        Ok(())
    }
}

/// The next connection.
pub fn accept(listener: &TcpListener) -> anyhow::Result<TcpStream> {
    accept_of(listener, || Ok(false))
}

/// The connection of a program, which may end without one.
fn accept_of(
    listener: &TcpListener,
    mut has_ended: impl FnMut() -> std::io::Result<bool>,
) -> anyhow::Result<TcpStream> {
    const PATIENCE: Duration = Duration::from_secs(60);
    listener.set_nonblocking(true)?;
    let begun = Instant::now();
    loop {
        match listener.accept() {
            Ok((stream, _)) => {
                stream.set_nonblocking(false)?;
                return Ok(stream);
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                ensure!(!has_ended()?, "the receiver ended and never connected");
                ensure!(begun.elapsed() < PATIENCE, "nobody connects");
                std::thread::sleep(Duration::from_millis(1));
            }
            Err(error) => return Err(error.into()),
        }
    }
}

/// A child that does not outlive what wanted it.
struct Ending(Child);

impl Drop for Ending {
    fn drop(&mut self) {
        // One that has ended does not mind.
        self.0.kill().ok();
        self.0.wait().ok();
    }
}
