//! Both ends of each protocol against each other, over a line that is made up, in a time that is made up.

use std::collections::VecDeque;
use std::time::Duration;

use proptest::prelude::*;

use super::xymodem::{XyReceiver, XySender};
use super::zmodem::{ZmodemReceiver, ZmodemSender};
use super::*;

/// A line that takes time, and does this to what passes.
struct Line {
    ways: [VecDeque<u8>; 2],
    /// Of a million bytes, how many are damaged.
    damage: u32,
    /// These bytes of what passes from sender to receiver are lost.
    lost: std::ops::Range<u64>,
    passed: u64,
    random: fastrand::Rng,
}

impl Line {
    fn clean() -> Self {
        Self {
            ways: Default::default(),
            damage: 0,
            lost: 0..0,
            passed: 0,
            random: fastrand::Rng::with_seed(7),
        }
    }

    fn pass(&mut self, way: usize, bytes: &[u8]) {
        for byte in bytes {
            let mut byte = *byte;
            if way == 0 {
                self.passed += 1;
                if self.lost.contains(&self.passed) {
                    continue;
                }
            }
            if self.damage > 0 && self.random.u32(..1_000_000) < self.damage {
                byte ^= 1 << self.random.u8(..8);
            }
            self.ways[way].push_back(byte);
        }
    }

    fn take(&mut self, way: usize, most: usize) -> Vec<u8> {
        let count = most.min(self.ways[way].len());
        self.ways[way].drain(..count).collect()
    }
}

#[derive(Debug)]
struct Outcome {
    sender: Result<(), TransferFault>,
    receiver: Result<(), TransferFault>,
    files: Vec<(String, Vec<u8>)>,
}

/// Runs both ends until both are over. `stop_at`: the sender cancels when it has come so far.
fn run(
    mut sender: Box<dyn SendMachine>,
    mut receiver: Box<dyn ReceiveMachine>,
    line: &mut Line,
    files: &[(&str, Vec<u8>)],
    resume: u64,
    stop_at: Option<u64>,
) -> Outcome {
    let (mut now, mut at) = (Duration::ZERO, 0);
    let mut open: Option<(String, Vec<u8>)> = None;
    let mut kept = Vec::new();
    let (mut sent, mut received) = (None, None);
    let mut steps = 0;
    while sent.is_none() || received.is_none() {
        steps += 1;
        assert!(steps < 2_000_000, "it does not end");
        let mut rests = true;
        let piece = line.random.usize(1..300);
        let heard = line.take(1, piece);
        rests &= heard.is_empty();
        sender.heard(&heard);
        let mut until = now + Duration::from_secs(3600);
        while sent.is_none() {
            if stop_at.is_some_and(|stop| sender.position() >= stop) {
                sender.cancel();
            }
            match sender.next(now) {
                SendAction::Send(bytes) => line.pass(0, &bytes),
                SendAction::NextFile => {
                    let next = files.get(at);
                    sender.offer(next.map(|(name, bytes)| FileOffer {
                        name: name.as_bytes().to_vec(),
                        size: Some(bytes.len() as u64),
                        modified: Some(1_700_000_000),
                    }));
                }
                SendAction::Read { offset, length } => {
                    let offset = offset as usize;
                    sender.give(&files[at].1[offset..offset + length]);
                    rests = false;
                    // Time goes on.
                    break;
                }
                SendAction::FileDone { skipped } => {
                    assert!(!skipped, "a file that was taken, whole there before or not");
                    at += 1;
                }
                SendAction::Wait(then) => {
                    until = until.min(then);
                    break;
                }
                SendAction::Over(end) => sent = Some(end),
            }
        }
        let piece = line.random.usize(1..300);
        let heard = line.take(0, piece);
        rests &= heard.is_empty();
        receiver.heard(&heard);
        while received.is_none() {
            match receiver.next(now) {
                ReceiveAction::Send(bytes) => {
                    rests = false;
                    line.pass(1, &bytes);
                }
                ReceiveAction::Begin(offer) => {
                    let name = String::from_utf8(offer.name).unwrap();
                    let have = files[0].1[..resume as usize].to_vec();
                    open = Some((name, have));
                    receiver.accept(resume);
                }
                ReceiveAction::Write(bytes) => {
                    open.as_mut().expect("a file was begun").1.extend(bytes);
                }
                ReceiveAction::FileDone => kept.extend(open.take()),
                ReceiveAction::Wait(then) => {
                    until = until.min(then);
                    break;
                }
                ReceiveAction::Over(end) => received = Some(end),
            }
        }
        if rests && line.ways.iter().all(VecDeque::is_empty) {
            now = until.max(now);
        } else {
            now += Duration::from_micros(100);
        }
    }
    Outcome { sender: sent.unwrap(), receiver: received.unwrap(), files: kept }
}

fn ends(protocol: TransferProtocol) -> (Box<dyn SendMachine>, Box<dyn ReceiveMachine>) {
    let times = TransferTimes::default();
    match protocol {
        TransferProtocol::Xmodem | TransferProtocol::Xmodem1k | TransferProtocol::Raw => (
            Box::new(XySender::xmodem(protocol == TransferProtocol::Xmodem1k, times)),
            Box::new(XyReceiver::xmodem(times)),
        ),
        TransferProtocol::Ymodem => {
            (Box::new(XySender::ymodem(times)), Box::new(XyReceiver::ymodem(times)))
        }
        TransferProtocol::Zmodem => (
            Box::new(ZmodemSender::new(times).unwrap()),
            Box::new(ZmodemReceiver::new(times).unwrap()),
        ),
    }
}

fn contents(length: usize) -> Vec<u8> {
    let mut random = fastrand::Rng::with_seed(length as u64);
    (0..length).map(|_| random.u8(..)).collect()
}

/// What XMODEM makes of it: whole blocks.
fn padded(mut bytes: Vec<u8>, protocol: TransferProtocol) -> Vec<u8> {
    if matches!(protocol, TransferProtocol::Xmodem | TransferProtocol::Xmodem1k) {
        let block = if protocol == TransferProtocol::Xmodem { 128 } else { 1024 };
        let rest = bytes.len() % block;
        let block = if rest <= 128 { 128 } else { block };
        bytes.resize(bytes.len().next_multiple_of(block), 0x1a);
    }
    bytes
}

const SPOKEN: [TransferProtocol; 4] = [
    TransferProtocol::Xmodem,
    TransferProtocol::Xmodem1k,
    TransferProtocol::Ymodem,
    TransferProtocol::Zmodem,
];

#[test]
fn files_of_every_size_arrive_as_they_are() {
    for protocol in SPOKEN {
        for length in [0, 1, 127, 128, 129, 1023, 1024, 1025, 300 * 128, 40_001] {
            let (sender, receiver) = ends(protocol);
            let files = [("a b.bin", contents(length))];
            let outcome = run(sender, receiver, &mut Line::clean(), &files, 0, None);
            assert_eq!(
                (outcome.sender, outcome.receiver),
                (Ok(()), Ok(())),
                "{protocol:?} {length}"
            );
            assert_eq!(outcome.files.len(), 1);
            assert!(
                outcome.files[0].1 == padded(contents(length), protocol),
                "{protocol:?} {length}"
            );
        }
    }
}

#[test]
fn a_batch_arrives_in_order_with_its_names() {
    for protocol in [TransferProtocol::Ymodem, TransferProtocol::Zmodem] {
        let (sender, receiver) = ends(protocol);
        let files = [("one", contents(1000)), ("none", Vec::new()), ("你好", contents(2000))];
        let outcome = run(sender, receiver, &mut Line::clean(), &files, 0, None);
        assert_eq!((outcome.sender, outcome.receiver), (Ok(()), Ok(())));
        let expected: Vec<_> = files.iter().map(|(n, b)| ((*n).to_owned(), b.clone())).collect();
        assert_eq!(outcome.files, expected, "{protocol:?}");
    }
}

#[test]
fn zmodem_goes_on_where_it_was_cut_off() {
    for resume in [1, 1024, 5000, 9999, 10_000] {
        let (sender, receiver) = ends(TransferProtocol::Zmodem);
        let files = [("a", contents(10_000))];
        let mut line = Line::clean();
        let outcome = run(sender, receiver, &mut line, &files, resume, None);
        assert_eq!((outcome.sender, outcome.receiver), (Ok(()), Ok(())), "{resume}");
        assert!(outcome.files[0].1 == files[0].1);
        assert!(line.passed < 2 * (10_000 - resume) + 2000, "only the rest was sent");
    }
}

#[test]
fn a_cancel_ends_both_ends() {
    for protocol in SPOKEN {
        let (sender, receiver) = ends(protocol);
        let files = [("a", contents(20_000))];
        let outcome = run(sender, receiver, &mut Line::clean(), &files, 0, Some(10_000));
        assert_eq!(outcome.sender, Err(TransferFault::CancelledHere), "{protocol:?}");
        assert_eq!(outcome.receiver, Err(TransferFault::CancelledThere), "{protocol:?}");
        assert!(outcome.files.is_empty());
    }
}

#[test]
fn what_is_lost_in_the_middle_is_sent_again() {
    for protocol in SPOKEN {
        for lost in [5000..5001, 5000..5200, 5000..6000] {
            let (sender, receiver) = ends(protocol);
            let files = [("a", contents(20_000))];
            let mut line = Line { lost: lost.clone(), ..Line::clean() };
            let outcome = run(sender, receiver, &mut line, &files, 0, None);
            assert_eq!(
                (outcome.sender, outcome.receiver),
                (Ok(()), Ok(())),
                "{protocol:?} {lost:?}"
            );
            assert!(
                outcome.files[0].1 == padded(contents(20_000), protocol),
                "{protocol:?} {lost:?}"
            );
        }
    }
}

#[test]
fn nobody_at_the_other_end_is_told_after_a_minute() {
    for protocol in SPOKEN {
        let (mut sender, mut receiver) = ends(protocol);
        let mut now = Duration::ZERO;
        let end = loop {
            match sender.next(now) {
                SendAction::Wait(until) => now = until,
                SendAction::NextFile => sender.offer(Some(FileOffer {
                    name: b"a".to_vec(),
                    size: Some(1),
                    modified: None,
                })),
                SendAction::Over(end) => break end,
                _ => {}
            }
        };
        assert_eq!((end, now.as_secs()), (Err(TransferFault::NoAnswer), 60), "{protocol:?}");
        now = Duration::ZERO;
        let end = loop {
            match receiver.next(now) {
                ReceiveAction::Wait(until) => now = until,
                ReceiveAction::Over(end) => break end,
                _ => {}
            }
        };
        assert_eq!((end, now.as_secs()), (Err(TransferFault::NoAnswer), 60), "{protocol:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// A noisy line: equal, or an error; never something else that is called whole.
    #[test]
    fn noise_damages_nothing_unseen(seed: u64, which in 0..4_usize, damage in 1..4000_u32) {
        let protocol = SPOKEN[which];
        let (sender, receiver) = ends(protocol);
        let files = [("a", contents(6000))];
        let random = fastrand::Rng::with_seed(seed);
        let mut line = Line { damage, random, ..Line::clean() };
        let outcome = run(sender, receiver, &mut line, &files, 0, None);
        for (_, bytes) in &outcome.files {
            // A sum of eight bits sees most of what a CRC sees all of.
            prop_assert!(*bytes == padded(contents(6000), protocol) || protocol == TransferProtocol::Xmodem);
        }
        if outcome.sender.is_ok() && protocol != TransferProtocol::Xmodem {
            prop_assert!(!outcome.files.is_empty());
        }
    }

    /// Whatever comes, nothing panics and everything ends.
    #[test]
    fn anything_may_come(bytes: Vec<u8>, which in 0..4_usize) {
        let (mut sender, mut receiver) = ends(SPOKEN[which]);
        sender.heard(&bytes);
        receiver.heard(&bytes);
        let mut now = Duration::ZERO;
        for _ in 0..100_000 {
            match sender.next(now) {
                SendAction::Wait(until) => now = until,
                SendAction::NextFile => sender.offer(Some(FileOffer {
                    name: b"a".to_vec(), size: Some(100), modified: None,
                })),
                SendAction::Read { length, .. } => sender.give(&vec![1; length]),
                SendAction::Over(_) => break,
                _ => {}
            }
        }
        now = Duration::ZERO;
        for _ in 0..100_000 {
            match receiver.next(now) {
                ReceiveAction::Wait(until) => now = until,
                ReceiveAction::Begin(_) => receiver.accept(0),
                ReceiveAction::Over(_) => return Ok(()),
                _ => {}
            }
        }
        prop_assert!(false, "it does not end");
    }
}
