//! Readers and writers at the same time.

use std::sync::atomic::{AtomicBool, Ordering};

use super::*;

/// Every record of one peer in order, none twice, none torn; retention may only take from the beginning.
fn follow(capture: &Capture, done: &AtomicBool, peers: u32) -> Vec<u32> {
    let mut next = vec![None::<u32>; peers as usize];
    let mut cursor = Cursor::new(capture, Position(0));
    loop {
        let finished = done.load(Ordering::Acquire);
        while let Some(record) = cursor.next() {
            let RecordBody::Data(bytes) = record.body else { continue };
            let (n, peer) = (number(bytes), record.peer.0 as usize);
            assert_eq!(bytes, numbered(n), "an altered record");
            if let Some(expected) = next[peer] {
                assert!(n >= expected, "record {n} of peer {peer} after {expected}");
            }
            next[peer] = Some(n + 1);
        }
        assert_eq!(cursor.damage(), None);
        if finished {
            return next.into_iter().flatten().collect();
        }
    }
}

#[test]
fn writers_and_readers_do_not_disturb_each_other_while_segments_come_and_go() {
    const WRITERS: u32 = 3;
    const RECORDS: u32 = 5000;
    let folder = tempfile::tempdir().expect("a folder");
    let limits = CaptureLimits { segment: 64 << 10, retention: 256 << 10 };
    let capture = Capture::open(folder.path(), limits).expect("a capture");
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let readers: Vec<_> =
            (0..2).map(|_| scope.spawn(|| follow(&capture, &done, WRITERS))).collect();
        let writers: Vec<_> = (0..WRITERS)
            .map(|peer| {
                let capture = &capture;
                scope.spawn(move || {
                    for n in 0..RECORDS {
                        let (at, peer) = (Timestamp(i64::from(n)), PeerId(peer));
                        capture
                            .append_data(at, Direction::In, peer, None, &numbered(n))
                            .expect("space");
                    }
                })
            })
            .collect();
        writers.into_iter().for_each(|it| it.join().expect("a writer"));
        done.store(true, Ordering::Release);
        for reader in readers {
            assert_eq!(reader.join().expect("a reader"), vec![RECORDS; WRITERS as usize]);
        }
    });
}
