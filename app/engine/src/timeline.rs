//! A timeline: the records of several sessions, merged by time into a capture of its own, with what the board says of our
//! connections beside the bytes that caused it.
//!
//! It is a capture like any other, so views, search, saving and Wireshark work on it unchanged. Each session is a lane;
//! [`LanePeer`] tells whose a row is. What a timeline copies is never changed in the sessions themselves.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use espalier_core::backend::{TimelineStatus, View};
use espalier_core::board::Panic;
use espalier_core::capture::{Endpoints, Source};
use espalier_core::record::{Position, Record, RecordBody};
use espalier_core::session::{SessionEvent, SessionId};
use espalier_core::timeline::{BoardRow, BothEnds, LanePeer, merge};
use espalier_core::view::ViewSpec;
use espalier_core::{Direction, PeerId, Timestamp};
use parking_lot::{Condvar, Mutex};

use crate::board::symbols::SymbolSource;
use crate::capture::{Capture, CaptureError, CaptureLimits, Subscription};
use crate::clock::now;
use crate::view::{LogView, Wake};

/// Records wait this long before they are merged, so that those of another session that are written a little later still come
/// in order. Longer than any write to a disk should take.
const HOLD: Duration = Duration::from_millis(100);

/// A session on a timeline.
#[derive(Clone, Debug)]
pub struct Lane {
    /// What happened in it.
    pub capture: Capture,
    /// It is a board's serial line.
    pub is_board: bool,
}

/// A timeline under way. Dropping it ends it.
#[derive(Debug)]
pub struct Timeline {
    stop: Arc<AtomicBool>,
    bell: Arc<Bell>,
}

#[derive(Default)]
struct Bell {
    rung: Mutex<bool>,
    changed: Condvar,
}

impl std::fmt::Debug for Bell {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Bell")
    }
}

impl Bell {
    fn ring(&self) {
        *self.rung.lock() = true;
        self.changed.notify_one();
    }

    fn wait(&self, at_most: Option<Duration>) {
        let mut rung = self.rung.lock();
        if !*rung {
            match at_most {
                Some(time) => drop(self.changed.wait_for(&mut rung, time)),
                None => self.changed.wait(&mut rung),
            }
        }
        *rung = false;
    }
}

impl Timeline {
    /// Merges `lanes` into `into`, from the oldest kept records on, in a thread of its own, until dropped. `failed` is told when
    /// the timeline can no longer be written (a full disk); the sessions are not touched by that.
    ///
    /// # Errors
    /// The system has no thread left.
    pub fn begin(
        lanes: Vec<Lane>,
        into: Capture,
        failed: impl FnOnce(CaptureError) + Send + 'static,
    ) -> std::io::Result<Self> {
        let (stop, bell) = (Arc::new(AtomicBool::new(false)), Arc::new(Bell::default()));
        let subscriptions: Vec<Subscription> = lanes
            .iter()
            .map(|lane| {
                let bell = bell.clone();
                lane.capture.on_append(move || bell.ring())
            })
            .collect();
        let timeline = Self { stop: stop.clone(), bell: bell.clone() };
        std::thread::Builder::new().name("timeline".to_owned()).spawn(move || {
            let _subscriptions = subscriptions;
            let mut writer = Writer::new(&lanes, into);
            let mut at = vec![Position(0); lanes.len()];
            while !stop.load(Ordering::Acquire) {
                let until = Timestamp(now().0 - HOLD.as_nanos() as i64);
                let sources: Vec<(&dyn Source, Position)> = lanes
                    .iter()
                    .zip(&at)
                    .map(|(lane, at)| (&lane.capture as &dyn Source, *at))
                    .collect();
                at = merge(&sources, until, |lane, record| writer.take(lane as u32, &record));
                writer.quiet(until);
                if let Some(error) = writer.broken.take() {
                    return failed(error);
                }
                let behind =
                    sources.iter().zip(&at).any(|((source, _), at)| at.0 < source.extent().end);
                bell.wait(behind.then_some(HOLD));
            }
        })?;
        Ok(timeline)
    }
}

impl Drop for Timeline {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Release);
        self.bell.ring();
    }
}

/// The timelines that are open.
#[derive(Debug, Default)]
pub struct Timelines(Mutex<HashMap<SessionId, Open>>);

#[derive(Debug)]
struct Open {
    capture: Capture,
    view: Arc<LogView>,
    lanes: Arc<[SessionId]>,
    fault: Arc<Mutex<Option<Arc<str>>>>,
    _timeline: Timeline,
}

impl Timelines {
    /// History that a timeline keeps; it is a copy, and the oldest goes first.
    const RETENTION_MIB: u64 = 1024;

    /// Opens a timeline of these sessions whose capture is this folder; `bell` is rung when it fails later.
    ///
    /// # Errors
    /// The capture cannot be made, or the system has no thread left.
    pub fn open(
        &self,
        id: SessionId,
        folder: &Path,
        lanes: Vec<(SessionId, Lane)>,
        bell: Arc<crate::bell::Bell>,
    ) -> Result<(), CaptureError> {
        let capture =
            Capture::open(folder, CaptureLimits::with_retention_mib(Self::RETENTION_MIB))?;
        let (ids, lanes): (Vec<_>, Vec<_>) = lanes.into_iter().unzip();
        let fault = Arc::<Mutex<Option<Arc<str>>>>::default();
        let wake: Wake = {
            let bell = bell.clone();
            Arc::new(move || bell.ring())
        };
        let failed = {
            let fault = fault.clone();
            move |error: CaptureError| {
                *fault.lock() = Some(error.to_string().into());
                bell.ring();
            }
        };
        let timeline = Timeline::begin(lanes, capture.clone(), failed)
            .map_err(CaptureError::io("begin", folder))?;
        let view = LogView::new(&format!("view-{}", id.0), ViewSpec::default(), wake)
            .map_err(CaptureError::io("show", folder))?;
        view.follow(&capture);
        let view = Arc::new(view);
        let open = Open { capture, view, lanes: ids.into(), fault, _timeline: timeline };
        self.0.lock().insert(id, open);
        Ok(())
    }

    /// The rows of a timeline.
    pub fn view(&self, id: SessionId) -> Option<Arc<dyn View>> {
        Some(self.0.lock().get(&id)?.view.clone())
    }

    /// A timeline as it is.
    pub fn status(&self, id: SessionId) -> Option<TimelineStatus> {
        let all = self.0.lock();
        let open = all.get(&id)?;
        let fault = open.fault.lock().clone();
        Some(TimelineStatus { lanes: open.lanes.clone(), fault })
    }

    /// Ends a timeline and deletes its copy.
    pub fn forget(&self, id: SessionId) {
        if let Some(open) = self.0.lock().remove(&id) {
            open.capture.delete();
        }
    }
}

/// Writes records into the timeline's capture and follows both ends of the boards among its lanes.
struct Writer {
    into: Capture,
    boards: Vec<(u32, BothEnds)>,
    ends: HashMap<LanePeer, Endpoints>,
    /// When each lane last began to connect.
    asked: HashMap<u32, Timestamp>,
    broken: Option<CaptureError>,
}

impl Writer {
    fn new(lanes: &[Lane], into: Capture) -> Self {
        let boards = lanes
            .iter()
            .enumerate()
            .filter(|(_, lane)| lane.is_board)
            .map(|(index, _)| (index as u32, BothEnds::default()))
            .collect();
        let (ends, asked) = (HashMap::new(), HashMap::new());
        Self { into, boards, ends, asked, broken: None }
    }

    fn take(&mut self, lane: u32, record: &Record<'_>) {
        let who = LanePeer { lane, peer: record.peer };
        match &record.body {
            RecordBody::Data(bytes) => {
                let ends = self.ends.get(&who).copied();
                let (at, direction) = (record.at, record.direction);
                self.wrote(|into| into.append_data(at, direction, who.id(), ends.as_ref(), bytes));
                self.moved(who, direction, bytes, at);
            }
            RecordBody::Event(event) => {
                self.happened(who, event, record.at);
                let ends = self.ends.get(&who).copied();
                self.wrote(|into| into.append_event(record.at, who.id(), ends.as_ref(), event));
            }
        }
    }

    fn moved(&mut self, who: LanePeer, direction: Direction, bytes: &[u8], at: Timestamp) {
        let mut rows = Vec::new();
        for (lane, both) in &mut self.boards {
            match direction {
                Direction::In if *lane == who.lane => {
                    both.serial(bytes, at, |row| rows.push((*lane, row)));
                }
                Direction::Out if *lane != who.lane => both.sent(who, bytes.len(), at),
                _ => {}
            }
        }
        rows.into_iter().for_each(|(lane, row)| self.row(lane, row, at));
    }

    fn happened(&mut self, who: LanePeer, event: &SessionEvent, at: Timestamp) {
        match event {
            SessionEvent::Connecting { .. } => drop(self.asked.insert(who.lane, at)),
            SessionEvent::Connected { local, remote }
            | SessionEvent::Accepted { local, remote } => {
                self.ends.insert(who, Endpoints { local: *local, remote: *remote });
                let asked = self.asked.get(&who.lane).copied().unwrap_or(at);
                let mut rows = Vec::new();
                for (lane, both) in &mut self.boards {
                    both.opened(who, *local, asked, |row| rows.push((*lane, row)));
                }
                rows.into_iter().for_each(|(lane, row)| self.row(lane, row, at));
            }
            SessionEvent::Ended { .. } => {
                self.boards.iter_mut().for_each(|(_, both)| both.ended(who, at));
            }
            _ => {}
        }
    }

    fn quiet(&mut self, now: Timestamp) {
        let mut rows = Vec::new();
        for (lane, both) in &mut self.boards {
            both.quiet(now, |row| rows.push((*lane, row)));
        }
        rows.into_iter().for_each(|(lane, row)| self.row(lane, row, now));
    }

    /// Writes what the board did beside the bytes: under the connection that it concerns, else under the board.
    fn row(&mut self, lane: u32, row: BoardRow, seen: Timestamp) {
        let board = LanePeer { lane, peer: PeerId::SESSION };
        let (who, at, text) = match row {
            BoardRow::Event { at, line, ours: Some(ours) } => {
                let exact = at.uncertainty().map_or_else(
                    || "not later than this".to_owned(),
                    |range| format!("±{:.1} ms", range.as_secs_f64() * 1e3),
                );
                (ours, at.estimate(), format!("board: {line} [{exact}]"))
            }
            // Its own line in the serial lane says it all.
            BoardRow::Event { ours: None, .. } => return,
            BoardRow::Panicked(panic) => (board, panic.from, self.crash(lane, panic)),
            BoardRow::CutOff { ours, in_flight } => {
                (ours, seen, format!("board restarted; {in_flight} bytes were in flight to it"))
            }
        };
        let ends = self.ends.get(&who).copied();
        let note = SessionEvent::Note(text);
        self.wrote(|into| into.append_event(at, who.id(), ends.as_ref(), &note));
    }

    /// A panic with its backtrace, decoded where the bundled symbols cover it.
    fn crash(&self, lane: u32, mut panic: Panic) -> String {
        let account =
            self.boards.iter().find(|(at, _)| *at == lane).map(|(_, both)| both.account());
        let chip = account.and_then(|account| account.firmware.as_ref()?.chip.parse().ok());
        if let Some(Ok(symbols)) = chip.map(SymbolSource::bundled) {
            symbols.decode(&mut panic);
        }
        let frames = panic.frames.iter().map(|frame| match &frame.location {
            Some((file, line)) => format!("{} ({file}:{line})", frame.function),
            None if !frame.function.is_empty() => frame.function.clone(),
            None => format!("0x{:08x}", frame.address),
        });
        let frames: Vec<String> = frames.collect();
        format!("board panicked: {}; {}", panic.message, frames.join(" ← "))
    }

    fn wrote(&mut self, append: impl FnOnce(&Capture) -> Result<(), CaptureError>) {
        if self.broken.is_none() {
            self.broken = append(&self.into).err();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;
    use std::time::Instant;

    use espalier_core::capture::Cursor;

    use super::*;

    fn capture(folder: &Path, name: &str) -> Capture {
        Capture::open(&folder.join(name), CaptureLimits::default()).unwrap()
    }

    fn ends() -> Endpoints {
        let address = |port| SocketAddr::from(([127, 0, 0, 1], port));
        Endpoints { local: address(50001), remote: address(7681) }
    }

    /// What stands on the timeline, once it holds `count` records; at most five seconds later.
    fn rows(timeline: &Capture, count: usize) -> Vec<(LanePeer, String)> {
        let latest = Instant::now() + Duration::from_secs(5);
        loop {
            let mut rows = Vec::new();
            let mut cursor = Cursor::new(timeline, Position(0));
            while let Some(record) = cursor.next() {
                let text = match record.body {
                    RecordBody::Data(bytes) => String::from_utf8_lossy(bytes).into_owned(),
                    RecordBody::Event(event) => event.to_string(),
                };
                rows.push((LanePeer::of(record.peer).unwrap(), text));
            }
            if rows.len() >= count || Instant::now() > latest {
                return rows;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    #[test]
    fn bytes_of_a_client_and_the_boards_word_on_them_stand_in_one_order() {
        let folder = tempfile::tempdir().unwrap();
        let (client, serial) = (capture(folder.path(), "client"), capture(folder.path(), "serial"));
        let into = capture(folder.path(), "timeline");
        let start = now().0 - 10_000_000_000;
        let ms = |ms: i64| Timestamp(start + ms * 1_000_000);
        let (me, board) = (PeerId(1), PeerId::SESSION);
        let ends = ends();
        let connected = SessionEvent::Connected { local: ends.local, remote: ends.remote };
        let connecting = SessionEvent::Connecting { target: "127.0.0.1:7681".to_owned() };
        client.append_event(ms(0), board, None, &connecting).unwrap();
        client.append_event(ms(2), me, Some(&ends), &connected).unwrap();
        client.append_data(ms(10), Direction::Out, me, Some(&ends), b"hello").unwrap();
        client.append_data(ms(20), Direction::In, me, Some(&ends), b"hello").unwrap();
        let said = |at, text: &str| {
            serial.append_data(ms(at), Direction::In, board, None, text.as_bytes()).unwrap();
        };
        said(3, "I (5001) tcp: accepted peer=127.0.0.1:50001 slot=1 served=1/2\n");
        said(15, "I (5012) tcp: received peer=127.0.0.1:50001 slot=1 bytes=5\n");

        let lane = |capture: &Capture, is_board| Lane { capture: capture.clone(), is_board };
        let lanes = vec![lane(&client, false), lane(&serial, true)];
        let timeline = Timeline::begin(lanes, into.clone(), |error| panic!("{error}")).unwrap();
        let before = rows(&into, 8);
        said(300, "rst:0xf (BROWNOUT_RST),boot:0xc (SPI_FAST_FLASH_BOOT)\n");
        let all = rows(&into, 10);
        drop(timeline);

        let lanes: Vec<u32> = before.iter().map(|(who, _)| who.lane).collect();
        assert_eq!(lanes, [0, 0, 1, 0, 0, 1, 0, 0], "{before:#?}");
        assert!(before[3].1.contains("accepted") && before[3].1.contains("ms]"), "{before:#?}");
        assert!(before[6].1.contains("received"), "{before:#?}");
        assert!(all.iter().any(|(_, text)| text.contains("0 bytes were in flight")), "{all:#?}");
    }

    #[test]
    fn what_comes_later_is_merged_when_its_time_has_come() {
        let folder = tempfile::tempdir().unwrap();
        let (a, b) = (capture(folder.path(), "a"), capture(folder.path(), "b"));
        let into = capture(folder.path(), "timeline");
        let lanes = [&a, &b].map(|it| Lane { capture: it.clone(), is_board: false }).to_vec();
        let _timeline = Timeline::begin(lanes, into.clone(), |error| panic!("{error}")).unwrap();
        let write = |capture: &Capture, text: &str| {
            capture.append_data(now(), Direction::In, PeerId(1), None, text.as_bytes()).unwrap();
        };
        for (capture, text) in [(&a, "1"), (&b, "2"), (&a, "3"), (&b, "4")] {
            write(capture, text);
        }
        let texts: String = rows(&into, 4).into_iter().map(|(_, text)| text).collect();
        assert_eq!(texts, "1234");
    }
}
