//! Rules tried on a capture.

use std::collections::BTreeSet;
use std::time::Duration;

use espalier_core::capture::{Cursor, RecordBody, Source};
use espalier_core::rules::{Rule, RuleRun, RuleTrial, TrialPlace};
use espalier_core::session::{KnownClients, SessionEvent};
use espalier_core::view::EncodingName;
use espalier_core::{Direction, PeerId, Position, Progress, Timestamp};

/// How many records pass between two looks at the progress.
const LOOK: u64 = 256;

/// Tries rules on a capture, as if it came now, from clients of whom this is known: what they would have matched. `None` when
/// `progress` was cancelled.
pub fn try_rules(
    source: &dyn Source,
    rules: &[Rule],
    encoding: EncodingName,
    clients: &KnownClients,
    progress: &Progress,
) -> Option<RuleTrial> {
    let extent = source.extent();
    let mut run = RuleRun::trying(rules, encoding, is_of_port(source));
    let mut trial = RuleTrial { matches: vec![0; rules.len()], ..RuleTrial::default() };
    let mut cursor = Cursor::new(source, Position(0));
    let mut open = BTreeSet::new();
    let (mut first, mut last, mut records) = (None, Duration::ZERO, 0_u64);
    while let Some(record) = cursor.next() {
        let first = *first.get_or_insert(record.at);
        let since = u64::try_from(record.at.0.saturating_sub(first.0)).unwrap_or(0);
        // A clock that was set back is none.
        last = last.max(Duration::from_nanos(since));
        match record.body {
            RecordBody::Data(bytes) if record.direction == Direction::In => {
                trial.bytes += bytes.len() as u64;
                match record.datagram {
                    true => run.received_datagram(record.peer, last, record.position, bytes),
                    false => run.received(record.peer, last, record.position, bytes),
                }
            }
            RecordBody::Data(_) => {}
            RecordBody::Event(
                SessionEvent::Connected { .. }
                | SessionEvent::Accepted { .. }
                | SessionEvent::Met { .. }
                | SessionEvent::PortOpened { .. },
            ) => {
                open.insert(record.peer);
                if let RecordBody::Event(SessionEvent::Accepted { remote, .. }) = &record.body {
                    run.speaks(record.peer, clients.encoding(remote.ip()));
                }
                run.connected(record.peer, last, record.position);
            }
            RecordBody::Event(SessionEvent::Ended { .. }) if open.remove(&record.peer) => {
                run.disconnected(record.peer, last, record.position);
            }
            RecordBody::Event(_) => {}
        }
        take(&mut run, &mut trial, first);
        records += 1;
        if records.is_multiple_of(LOOK) {
            progress
                .set(cursor.position().0.saturating_sub(extent.start), extent.end - extent.start);
            if progress.is_cancelled() {
                return None;
            }
        }
    }
    run.end_messages(None);
    take(&mut run, &mut trial, first.unwrap_or_default());
    (!progress.is_cancelled()).then_some(trial)
}

/// Counts the matches since the last time.
fn take(run: &mut RuleRun, trial: &mut RuleTrial, first: Timestamp) {
    for hit in run.take_hits() {
        if let Some(matches) = trial.matches.get_mut(hit.rule) {
            *matches += 1;
        }
        if trial.places.len() < RuleTrial::PLACES {
            let nanos = i64::try_from(hit.at.as_nanos()).unwrap_or(i64::MAX);
            let mut bytes = hit.bytes;
            bytes.truncate(RuleTrial::SHOWN);
            trial.places.push(TrialPlace {
                rule: hit.rule,
                at: Timestamp(first.0.saturating_add(nanos)),
                peer: hit.peer,
                record: hit.record,
                offset: hit.offset,
                bytes,
            });
        }
    }
}

/// Whether it is the capture of a serial port: by what happened first.
fn is_of_port(source: &dyn Source) -> bool {
    let mut cursor = Cursor::new(source, Position(0));
    while let Some(record) = cursor.next() {
        match record.body {
            RecordBody::Event(SessionEvent::PortOpened { .. }) => return true,
            // What retention has left begins anywhere.
            RecordBody::Data(_) => return record.peer == PeerId::SESSION,
            RecordBody::Event(
                SessionEvent::Connected { .. }
                | SessionEvent::Accepted { .. }
                | SessionEvent::Met { .. },
            ) => return false,
            RecordBody::Event(_) => {}
        }
    }
    false
}
