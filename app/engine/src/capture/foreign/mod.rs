//! Captures that other programs made: pcap and pcapng with TCP or UDP, each stream written as a capture of ours, so that views,
//! search, filters, export and timelines work on it unchanged.
//!
//! Read are pcap (both byte orders, micro- and nanoseconds) and pcapng (any number of interfaces) with packets over Ethernet
//! (VLANs too), loopback, raw IP and Linux cooked capture, of IPv4 and IPv6. Fragments of IP are counted, not joined. A
//! connection is followed from its SYN to its end; the side that sent the SYN is *us*, what the other side sent is received. It
//! takes time and disk in proportion to the file, and memory that does not depend on it.

mod connection;
mod error;
mod file;
mod packet;
mod reassembly;
mod stream_writer;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::fs::File;
use std::io::Read as _;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use espalier_core::capture::{Encoder, Endpoints};
use espalier_core::{Direction, Progress, Timestamp};

use super::CaptureError;
use crate::untrusted::ReadError;
use connection::{StreamItem, TcpConnection, told_missing};
pub use error::ForeignError;
pub use file::Truncation;
use packet::{PacketContent, Segment};
use stream_writer::StreamWriter;

/// Streams that are written of one file; packets of further ones are counted.
pub const MOST_STREAMS: usize = 1000;

/// Memory for what waits to be written, and for what came early, of all streams together.
const MOST_WAITING: usize = 32 << 20;
const MOST_EARLY: usize = 64 << 20;

/// What a stream is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Protocol {
    /// A connection.
    Tcp,
    /// Datagrams between two ports; each is a record of its own.
    Udp,
}

/// A stream of a foreign capture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ForeignStream {
    /// TCP or UDP.
    pub protocol: Protocol,
    /// Our end, and the other one.
    pub ends: Endpoints,
    /// The stream's capture.
    pub folder: PathBuf,
    /// Bytes received, without what is missing.
    pub received: u64,
    /// Bytes sent, likewise.
    pub sent: u64,
    /// Bytes that were on the line and are not in the file.
    pub missing: u64,
    /// When its first packet passed, and its last one.
    pub times: (Timestamp, Timestamp),
}

impl ForeignStream {
    /// What it is called: `192.168.1.5:50123 → 10.0.0.1:80`.
    pub fn name(&self) -> String {
        format!("{} → {}", self.ends.local, self.ends.remote)
    }
}

/// What was found in a file.
#[derive(Clone, Debug, Default)]
pub struct ImportResult {
    /// The file's streams, in the order of their first packets.
    pub streams: Vec<ForeignStream>,
    /// Packets in the file.
    pub packets: u64,
    /// Packets of streams beyond [`MOST_STREAMS`].
    pub left_out: u64,
    /// Fragments of IP packets.
    pub fragments: u64,
    /// Packets whose link type is not known.
    pub unknown_links: u64,
    /// What could not be read at its end.
    pub torn: Option<Truncation>,
}

/// Whether a file begins as pcap or pcapng does; it may be a capture of ours.
pub fn is_pcap(head: &[u8]) -> bool {
    /// Section header; pcap in both byte orders with microseconds and nanoseconds.
    const BEGINNINGS: [[u8; 4]; 5] = [
        [0x0A, 0x0D, 0x0D, 0x0A],
        [0xA1, 0xB2, 0xC3, 0xD4],
        [0xD4, 0xC3, 0xB2, 0xA1],
        [0xA1, 0xB2, 0x3C, 0x4D],
        [0x4D, 0x3C, 0xB2, 0xA1],
    ];
    BEGINNINGS.iter().any(|beginning| head.starts_with(beginning))
}

/// Whether what is in this file begins so.
pub fn begins_as_pcap(path: &Path) -> bool {
    let mut head = [0; 4];
    let read =
        crate::untrusted::open(path).ok().and_then(|mut file| file.read_exact(&mut head).ok());
    read.is_some() && is_pcap(&head)
}

/// Writes each stream of a file as a capture in a folder of its own below `into`, which is made; on an error nothing of that
/// stays. `progress` is told how many bytes of how many are read, and ends it when it is cancelled.
///
/// # Errors
/// When the file is not a capture, nothing in it can be shown, the disk is full, or it was cancelled.
pub fn import(path: &Path, into: &Path, progress: &Progress) -> Result<ImportResult, ForeignError> {
    let file = crate::untrusted::open(path).map_err(|error| match error {
        ReadError::Io(source) => CaptureError::io("open", path)(source).into(),
        // A pipe would be waited for, a device never ends.
        _ => ForeignError::NotACapture,
    })?;
    let metadata = file.metadata().map_err(CaptureError::io("read", path))?;
    let made = !into.exists();
    std::fs::create_dir_all(into).map_err(CaptureError::io("create", into))?;
    let mut streams = Importer::new(into);
    let done = run(file, metadata.len(), &mut streams, progress);
    done.and_then(|()| streams.finish()).inspect_err(|_| {
        let mut folders: Vec<_> = streams.all.iter().map(|it| it.folder.as_path()).collect();
        folders.extend(made.then_some(into));
        for folder in folders {
            if let Err(error) = std::fs::remove_dir_all(folder) {
                tracing::debug!(%error, path = %folder.display(), "a part of an import stays behind");
            }
        }
    })
}

fn run(
    file: File,
    length: u64,
    streams: &mut Importer,
    progress: &Progress,
) -> Result<(), ForeignError> {
    let goes_on = |at: u64| {
        progress.set(at.min(length), length);
        !progress.is_cancelled()
    };
    streams.found.torn = file::packets(file, goes_on, |packet| streams.take(packet))?;
    if progress.is_cancelled() { Err(ForeignError::Cancelled) } else { Ok(()) }
}

/// One stream under way.
#[derive(Debug)]
struct OpenStream {
    protocol: Protocol,
    ends: Endpoints,
    folder: PathBuf,
    first: Timestamp,
    writer: StreamWriter,
    connection: Option<TcpConnection>,
    /// What datagrams had and the capture has not.
    cut: u64,
}

/// Both ends, in either order.
type FlowKey = (Protocol, SocketAddr, SocketAddr);

struct Importer {
    into: PathBuf,
    all: Vec<OpenStream>,
    /// The newest stream between two ends; `None` when there was no room for it.
    known: HashMap<FlowKey, Option<usize>>,
    found: ImportResult,
    encoder: Encoder,
    waiting: usize,
    early: usize,
}

impl Importer {
    /// Ends that are remembered; beyond that a stream that is left out is counted by its packets alone.
    const MOST_KNOWN: usize = 100_000;

    fn new(into: &Path) -> Self {
        Self {
            into: into.to_owned(),
            all: Vec::new(),
            known: HashMap::new(),
            found: ImportResult::default(),
            encoder: Encoder::default(),
            waiting: 0,
            early: 0,
        }
    }

    fn take(&mut self, packet: file::Packet<'_>) -> Result<(), ForeignError> {
        self.found.packets += 1;
        if !packet::is_known(packet.link) {
            self.found.unknown_links += 1;
            return Ok(());
        }
        match packet::read(packet.link, packet.bytes) {
            PacketContent::Tcp(segment) => self.segment(packet.at, &segment),
            PacketContent::Udp { from, to, payload, cut } => {
                self.datagram(packet.at, (from, to), payload, cut)
            }
            PacketContent::Fragment => {
                self.found.fragments += 1;
                Ok(())
            }
            PacketContent::Other => Ok(()),
        }
    }

    fn segment(&mut self, at: Timestamp, segment: &Segment<'_>) -> Result<(), ForeignError> {
        let key = key(Protocol::Tcp, segment.from, segment.to);
        let connection = |index: usize| self.all.get(index)?.connection.as_ref();
        let index = match self.known.get(&key).copied() {
            Some(Some(index)) if connection(index).is_some_and(|it| it.is_followed_by(segment)) => {
                self.with(index, at, |connection, emit| connection.finish(emit))?;
                None
            }
            Some(known) => Some(known),
            // What tells of a connection that is not there begins none.
            None if segment.rst => return Ok(()),
            None => None,
        };
        let index = match index {
            Some(index) => index,
            None => {
                let mut events = Vec::new();
                let connection = TcpConnection::new(segment, &mut |told| {
                    if let StreamItem::Event(event) = told {
                        events.push(event);
                    }
                });
                let index = self.open(key, at, connection.ends, Some(connection))?;
                if let Some(stream) = index.and_then(|index| self.all.get_mut(index)) {
                    for event in events {
                        stream.writer.event(&mut self.encoder, at, Some(&stream.ends), &event)?;
                    }
                }
                index
            }
        };
        let Some(index) = index else {
            self.found.left_out += 1;
            return Ok(());
        };
        self.with(index, at, |connection, emit| connection.take(segment, emit))?;
        let held = |it: &OpenStream| it.connection.as_ref().is_some_and(|it| it.held() > 0);
        while self.early > MOST_EARLY && self.all.get(index).is_some_and(held) {
            self.with(index, at, |connection, emit| connection.give_up(emit))?;
        }
        Ok(())
    }

    fn datagram(
        &mut self,
        at: Timestamp,
        (from, to): (SocketAddr, SocketAddr),
        payload: &[u8],
        cut: usize,
    ) -> Result<(), ForeignError> {
        let key = key(Protocol::Udp, from, to);
        let index = match self.known.get(&key) {
            Some(index) => *index,
            // Who speaks first is us.
            None => self.open(key, at, Endpoints::udp(from, to), None)?,
        };
        let Some(stream) = index.and_then(|index| self.all.get_mut(index)) else {
            self.found.left_out += 1;
            return Ok(());
        };
        let ours = from == stream.ends.local;
        let direction = if ours { Direction::Out } else { Direction::In };
        self.waiting -= stream.writer.waiting();
        let ends = stream.ends;
        let mut done = stream.writer.data(&mut self.encoder, at, direction, Some(&ends), payload);
        if cut > 0 {
            stream.cut += cut as u64;
            let missing = told_missing(direction, cut as u64);
            done = done
                .and_then(|()| stream.writer.event(&mut self.encoder, at, Some(&ends), &missing));
        }
        self.waiting += stream.writer.waiting();
        done?;
        self.make_room()
    }

    /// Begins a stream, if there is room for one more.
    fn open(
        &mut self,
        key: FlowKey,
        at: Timestamp,
        ends: Endpoints,
        connection: Option<TcpConnection>,
    ) -> Result<Option<usize>, ForeignError> {
        let index = self.all.len();
        if index >= MOST_STREAMS {
            if self.known.len() < Self::MOST_KNOWN || self.known.contains_key(&key) {
                self.known.insert(key, None);
            }
            return Ok(None);
        }
        let folder = self.into.join(format!("{:04}", index + 1));
        let writer = StreamWriter::new(&folder)?;
        self.waiting += writer.waiting();
        self.all.push(OpenStream {
            protocol: key.0,
            ends,
            folder,
            first: at,
            writer,
            connection,
            cut: 0,
        });
        self.known.insert(key, Some(index));
        Ok(Some(index))
    }

    /// Lets a connection work, and writes what it tells.
    fn with(
        &mut self,
        index: usize,
        at: Timestamp,
        work: impl FnOnce(&mut TcpConnection, connection::Emit<'_>),
    ) -> Result<(), ForeignError> {
        let Some(OpenStream { writer, connection: Some(connection), ends, .. }) =
            self.all.get_mut(index)
        else {
            return Ok(());
        };
        let (encoder, mut written) = (&mut self.encoder, Ok(()));
        let before = (writer.waiting(), connection.held());
        work(connection, &mut |told| {
            if written.is_ok() {
                written = match told {
                    StreamItem::Data(direction, bytes) => {
                        writer.data(encoder, at, direction, Some(ends), bytes)
                    }
                    StreamItem::Event(event) => writer.event(encoder, at, Some(ends), &event),
                };
            }
        });
        self.waiting = self.waiting + writer.waiting() - before.0.min(self.waiting);
        self.early = self.early + connection.held() - before.1.min(self.early);
        written?;
        self.make_room()
    }

    /// Writes everything that waits, when it is much.
    fn make_room(&mut self) -> Result<(), ForeignError> {
        if self.waiting > MOST_WAITING {
            self.all.iter_mut().try_for_each(|stream| stream.writer.flush())?;
            self.waiting = 0;
        }
        Ok(())
    }

    fn finish(&mut self) -> Result<ImportResult, ForeignError> {
        for index in 0..self.all.len() {
            let last = self.all.get(index).map_or(Timestamp(0), |it| it.writer.last);
            self.with(index, last, |connection, emit| connection.finish(emit))?;
        }
        self.all.iter_mut().try_for_each(|stream| stream.writer.flush())?;
        let stream = |it: &OpenStream| ForeignStream {
            protocol: it.protocol,
            ends: it.ends,
            folder: it.folder.clone(),
            received: it.writer.received,
            sent: it.writer.sent,
            missing: it.connection.as_ref().map_or(it.cut, |it| it.missing),
            times: (it.first, it.writer.last),
        };
        let streams: Vec<_> = self.all.iter().map(stream).collect();
        let found = std::mem::take(&mut self.found);
        let ImportResult { packets, unknown_links, .. } = found;
        if streams.is_empty() {
            return Err(ForeignError::Nothing { packets, unknown_links });
        }
        Ok(ImportResult { streams, ..found })
    }
}

fn key(protocol: Protocol, a: SocketAddr, b: SocketAddr) -> FlowKey {
    if a <= b { (protocol, a, b) } else { (protocol, b, a) }
}
