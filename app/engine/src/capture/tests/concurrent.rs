//! Readers and writers at the same time.

use std::sync::atomic::{AtomicBool, Ordering};

use super::*;

const WRITERS: u32 = 3;
const RECORDS: u32 = 2000;

/// Reads everything there is, until the writers are done; gives how many records there were. Records of a peer come in
/// order, none twice, none torn, and none is missed unless the oldest may go.
fn follow(capture: &Capture, done: &AtomicBool, complete: bool) -> u32 {
    let mut next = [0; WRITERS as usize];
    let mut count = 0;
    let mut cursor = Cursor::new(capture, Position(0));
    loop {
        let finished = done.load(Ordering::Acquire);
        while let Some(record) = cursor.next() {
            let RecordBody::Data(bytes) = record.body else { continue };
            let (n, peer) = (number(bytes), record.peer.0 as usize);
            assert_eq!(bytes, numbered(n), "an altered record");
            assert!(n == next[peer] || (n > next[peer] && !complete), "{n} after {}", next[peer]);
            next[peer] = n + 1;
            count += 1;
        }
        assert_eq!(cursor.damage(), None);
        std::thread::sleep(std::time::Duration::from_millis(1));
        if finished {
            assert_eq!(cursor.position().0, capture.extent().end);
            return count;
        }
    }
}

/// Three writers and two readers at once; gives what each reader has read.
fn write_and_follow(retention: u64, complete: bool) -> Vec<u32> {
    let folder = tempfile::tempdir().expect("a folder");
    let limits = CaptureLimits { segment: 64 << 10, retention };
    let capture = Capture::open(folder.path(), limits).expect("a capture");
    let done = AtomicBool::new(false);
    let write = |peer| {
        for n in 0..RECORDS {
            let (at, peer) = (Timestamp(i64::from(n)), PeerId(peer));
            capture.append_data(at, Direction::In, peer, None, &numbered(n)).expect("space");
        }
    };
    std::thread::scope(|scope| {
        let read = || follow(&capture, &done, complete);
        let readers = [scope.spawn(read), scope.spawn(read)];
        let writers: Vec<_> = (0..WRITERS).map(|peer| scope.spawn(move || write(peer))).collect();
        writers.into_iter().for_each(|it| it.join().expect("a writer"));
        done.store(true, Ordering::Release);
        readers.into_iter().map(|it| it.join().expect("a reader")).collect()
    })
}

#[test]
fn readers_miss_nothing_while_several_write() {
    assert_eq!(write_and_follow(u64::MAX, true), [WRITERS * RECORDS; 2]);
}

#[test]
fn readers_slower_than_retention_go_on_with_what_is_there() {
    for count in write_and_follow(128 << 10, false) {
        assert!(count > 0 && count <= WRITERS * RECORDS);
    }
}
