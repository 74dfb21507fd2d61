//! Records what a session moves: capture, counts and digests, always in the same order. The digests are made behind it.

use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use espalier_core::capture::{Endpoints, LARGEST_PAYLOAD};
use espalier_core::figures::{LatencyHistogram, LatencySummary};
use espalier_core::session::{SessionEvent, Traffic};
use espalier_core::{CaptureId, Direction, PeerId, Position, Timestamp, say};

use super::digests::Digests;
use super::peer::TrafficMeter;
use crate::capture::{Capture, CaptureError, CaptureLimits, CaptureTrouble, ScratchCapture};
use crate::captures::{CaptureMetadata, CaptureStore, PeerNumbering};
use crate::clock::MonotonicClock;
use crate::log_file;
use crate::part::Part;

/// Where a session's capture goes.
#[derive(Clone, Debug)]
pub enum CaptureTarget {
    /// Nowhere: bytes are counted and digested only.
    Nowhere,
    /// A folder of segments with a retention.
    Folder(PathBuf),
    /// One of the captures that the window keeps; another one when another program writes it.
    Kept(Arc<CaptureStore>, CaptureId),
    /// A capture that is only looked at: a file, or a folder of segments.
    Saved(PathBuf),
    /// One file without a limit; a capture of ours that is there is continued.
    File(PathBuf),
}

/// The recorder of a session: one lock around capture, counts and digests, so that they agree on the order.
#[derive(Debug)]
pub struct Recorder {
    store: CaptureTarget,
    capture: Option<Capture>,
    meter: TrafficMeter,
    digests: Digests,
    /// From a send to its answer, and from a SYN to its connection.
    latencies: [LatencyHistogram; 2],
    stamps: MonotonicClock,
    unstored: VecDeque<UnstoredRecord>,
    /// Events that found no place there.
    unkept: u64,
    /// Whether an event told of a peer.
    met: bool,
    /// The capture of a session that keeps none, where something is written behind it.
    scratch: Option<ScratchCapture>,
}

/// What came of opening a capture.
#[derive(Debug)]
pub struct Opened {
    /// The capture, when this session had none before and writes it.
    pub begun: Option<Capture>,
    /// Another program writes the one that was claimed: this one is written instead.
    pub instead: Option<CaptureId>,
    /// Whether what could not be written before is written now.
    pub stored: Result<(), CaptureError>,
}

/// What had happened when the capture failed. It is written first when it can be written again.
///
/// Nothing is read while a capture is broken, so there are at most the bytes of one read and one write of each connection.
#[derive(Debug)]
struct UnstoredRecord {
    at: Timestamp,
    peer: PeerId,
    ends: Option<Endpoints>,
    body: UnstoredBody,
}

#[derive(Debug)]
enum UnstoredBody {
    Data(Direction, Vec<u8>),
    Event(SessionEvent),
}

/// Events that wait with the bytes; those of a session that is started again and again in vain are counted.
const MOST_EVENTS: usize = 1024;

impl Recorder {
    /// A recorder without a capture; nothing is made on disk yet.
    pub fn new(store: CaptureTarget) -> Self {
        Self {
            store,
            capture: None,
            meter: TrafficMeter::default(),
            digests: Digests::default(),
            latencies: Default::default(),
            stamps: MonotonicClock::default(),
            unstored: VecDeque::new(),
            unkept: 0,
            met: false,
            scratch: None,
        }
    }

    /// Makes the capture when there is none that can be written, and writes what could not be written before. `on_trouble` hears
    /// what befalls a capture that is made. Where nothing is kept but one is `wanted`, it goes with the session.
    pub fn open(
        &mut self,
        limits: CaptureLimits,
        wanted: bool,
        on_trouble: impl Fn(CaptureTrouble) + Send + Sync + 'static,
    ) -> Result<Opened, CaptureError> {
        let begins = self.capture.is_none();
        let mut instead = None;
        if self.capture.as_ref().is_none_or(Capture::is_over) {
            let made = match &mut self.store {
                CaptureTarget::Nowhere if !wanted => None,
                CaptureTarget::Nowhere => {
                    let scratch = self.scratch.insert(ScratchCapture::begin()?);
                    Some(scratch.capture().clone())
                }
                CaptureTarget::Folder(folder) => Some(Capture::open(folder, limits)?),
                CaptureTarget::Kept(captures, id) => {
                    let (taken, capture) = captures.open(id, limits)?;
                    if taken != *id {
                        instead = Some(taken.clone());
                        *id = taken;
                    }
                    Some(capture)
                }
                CaptureTarget::Saved(path) => Some(Capture::look_at(path)?),
                CaptureTarget::File(path) => Some(Capture::open_file(path)?),
            };
            if let Some(capture) = &made {
                capture.on_trouble(on_trouble);
            }
            self.capture = made;
        }
        let written = self.capture.as_ref();
        let written = written.filter(|_| begins && !matches!(self.store, CaptureTarget::Saved(_)));
        let begun = written.cloned();
        // What it is called now is to be known though it may be full already.
        let stored = self.store_rest();
        Ok(Opened { begun, instead, stored })
    }

    /// The captures that this one is kept among.
    pub fn kept_among(&self) -> Option<Arc<CaptureStore>> {
        let CaptureTarget::Kept(captures, _) = &self.store else { return None };
        Some(captures.clone())
    }

    /// Where it is remembered how far the capture was written to log files.
    pub fn log_mark(&self) -> Option<PathBuf> {
        match &self.store {
            CaptureTarget::File(path) => Some(log_file::mark_beside(path)),
            _ => self.folder().map(|folder| log_file::mark_in(&folder)),
        }
    }

    /// Where the capture is, if it is a folder of the engine's own.
    fn folder(&self) -> Option<PathBuf> {
        match &self.store {
            CaptureTarget::Folder(folder) => Some(folder.clone()),
            CaptureTarget::Kept(captures, id) => Some(captures.folder(id)),
            _ => None,
        }
    }

    /// Ends the writing; what could not be written is tried once more, and counted when it is lost.
    pub fn finish(&mut self) {
        if let Err(error) = self.store_rest() {
            let lost = self.unstored.iter().map(UnstoredRecord::bytes).sum::<usize>();
            tracing::error!("{lost} bytes that had been read are not in the capture: {error}");
        }
        if let Some(capture) = &self.capture {
            capture.finish();
        }
    }

    /// Writes what waits, in order, each byte once.
    fn store_rest(&mut self) -> Result<(), CaptureError> {
        while let Some(mut first) = self.unstored.pop_front() {
            let UnstoredRecord { at, peer, ends, body } = &mut first;
            let stored = match body {
                UnstoredBody::Event(event) => {
                    append_event(self.capture.as_ref(), *at, *peer, ends.as_ref(), event)
                }
                UnstoredBody::Data(direction, bytes) => {
                    let (direction, ends) = (*direction, ends.as_ref());
                    let part = Part::from(&bytes[..]);
                    self.append(*at, direction, *peer, ends, part).map_err(|(done, error)| {
                        bytes.drain(..done);
                        error
                    })
                }
            };
            if let Err(error) = stored {
                self.unstored.push_front(first);
                return Err(error);
            }
        }
        if self.unkept > 0 {
            let sentence = say!(
                "note-events-not-kept",
                "{count} events were not kept, because the capture could not be written",
                count = self.unkept,
            );
            let at = self.stamps.of(crate::clock::now());
            let note = SessionEvent::Note(sentence);
            append_event(self.capture.as_ref(), at, PeerId::SESSION, None, &note)?;
            self.unkept = 0;
        }
        Ok(())
    }

    /// Appends and counts; on failure says how many bytes are in the capture all the same.
    fn append(
        &mut self,
        at: Timestamp,
        direction: Direction,
        peer: PeerId,
        ends: Option<&Endpoints>,
        part: Part<'_>,
    ) -> Result<(), (usize, CaptureError)> {
        for (n, piece) in part.payloads().enumerate() {
            if let Some(capture) = &self.capture {
                let stored = capture.append_data(at, direction, peer, ends, piece.bytes());
                stored.map_err(|error| (n * LARGEST_PAYLOAD, error))?;
            }
            self.count_stamped(at, direction, piece);
        }
        Ok(())
    }

    /// Writes down one read or write. Bytes that cannot be stored are kept, behind all that could not be stored before.
    pub fn data(
        &mut self,
        at: Timestamp,
        direction: Direction,
        peer: PeerId,
        ends: Option<&Endpoints>,
        part: Part<'_>,
    ) -> Result<(), CaptureError> {
        let at = self.stamps.of(at);
        let stored = match self.store_rest() {
            Ok(()) => self.append(at, direction, peer, ends, part),
            Err(error) => Err((0, error)),
        };
        stored.map_err(|(done, error)| {
            let body = UnstoredBody::Data(direction, part.bytes()[done..].to_vec());
            self.unstored.push_back(UnstoredRecord { at, peer, ends: ends.copied(), body });
            error
        })
    }

    /// Counts and digests one read or write that is not kept.
    pub fn count(&mut self, at: Timestamp, direction: Direction, part: Part<'_>) {
        let at = self.stamps.of(at);
        self.count_stamped(at, direction, part);
    }

    fn count_stamped(&mut self, at: Timestamp, direction: Direction, part: Part<'_>) {
        self.meter.add(at, direction, part.bytes().len() as u64);
        self.digests.add(direction, part);
    }

    /// Writes down an event, likewise.
    pub fn event(
        &mut self,
        at: Timestamp,
        peer: PeerId,
        ends: Option<&Endpoints>,
        event: &SessionEvent,
    ) -> Result<(), CaptureError> {
        let at = self.stamps.of(at);
        self.met |= event.is_of_peer();
        let stored = self
            .store_rest()
            .and_then(|()| append_event(self.capture.as_ref(), at, peer, ends, event));
        stored.inspect_err(|_| {
            if self.unstored.len() < MOST_EVENTS {
                let body = UnstoredBody::Event(event.clone());
                self.unstored.push_back(UnstoredRecord { at, peer, ends: ends.copied(), body });
            } else {
                self.unkept += 1;
            }
        })
    }

    /// The record that was written last; the beginning where nothing is kept.
    pub fn last_record(&self) -> Position {
        self.capture.as_ref().map_or(Position(0), Capture::last_record)
    }

    /// How far connections were numbered when the capture was closed last, if that was written down.
    pub fn numbered(&self) -> Option<PeerNumbering> {
        CaptureMetadata::read(&self.folder()?).numbered
    }

    /// The capture, once it was opened.
    pub const fn capture(&self) -> Option<&Capture> {
        self.capture.as_ref()
    }

    /// Whether no byte moved and no peer was met, or missed.
    pub fn is_empty(&self) -> bool {
        let traffic = self.meter.traffic(Timestamp(0));
        !self.met && traffic.received.bytes + traffic.sent.bytes == 0
    }

    /// Deletes the capture if it is a folder of the engine's own; a file that the user named stays.
    pub fn discard(&self) {
        if let (Some(_), Some(capture)) = (self.folder(), &self.capture) {
            capture.delete();
        }
    }

    /// An answer came after this time.
    pub fn answered(&mut self, after: Duration) {
        self.latencies[0].record(after);
    }

    /// A connection stood after this time.
    pub fn connected(&mut self, after: Duration) {
        self.latencies[1].record(after);
    }

    /// Forgets how long all that took.
    pub fn reset_latencies(&mut self) {
        self.latencies.iter_mut().for_each(LatencyHistogram::reset);
    }

    /// How long answers took, and connections.
    pub fn latencies(&self) -> [LatencySummary; 2] {
        self.latencies.each_ref().map(LatencyHistogram::summary)
    }

    /// What moved, and what will prove it: that is asked for without the recorder, which goes on meanwhile.
    pub fn totals(&self, now: Timestamp) -> (Traffic, Digests) {
        (self.meter.traffic(now), self.digests.clone())
    }
}

impl UnstoredRecord {
    const fn bytes(&self) -> usize {
        if let UnstoredBody::Data(_, bytes) = &self.body { bytes.len() } else { 0 }
    }
}

fn append_event(
    capture: Option<&Capture>,
    at: Timestamp,
    peer: PeerId,
    ends: Option<&Endpoints>,
    event: &SessionEvent,
) -> Result<(), CaptureError> {
    capture.map_or(Ok(()), |capture| capture.append_event(at, peer, ends, event))
}
