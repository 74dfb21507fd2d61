//! ESP-TOUCH over real UDP on this computer: what a sniffer would see are the lengths, plus what the air adds to each.

use std::net::{Ipv4Addr, UdpSocket};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use espalier_core::backend::prelude::*;
use espalier_core::board::{BoardRefusal, EspTouchRequest, Secret};
use espalier_engine::provision::{
    Deadline, EspTouchBoard, EspTouchFault, EspTouchSender, EspTouchSpec,
};
use espalier_protocol::esptouch::{Received, Receiver, ack};
use parking_lot::Mutex;

use super::bench::{Board, LOCKED, PASSWORD as LOCKED_PASSWORD};
use crate::rig::{Rig, until};

const SSID: &str = "Küche 2.4";
const PASSWORD: &str = "correct horse";
const BSSID: [u8; 6] = [0x10, 0x20, 0x30, 0x40, 0x50, 0x60];
const BOARD: EspTouchBoard =
    EspTouchBoard { mac: [0x7c, 0xdf, 0xa1, 1, 2, 3], ip: Ipv4Addr::new(192, 168, 1, 77) };

/// The port of answers is one for the whole computer.
static ANSWERS: Mutex<()> = Mutex::new(());

/// The board's radio, so to speak.
struct Radio(UdpSocket);

impl Radio {
    fn new() -> Self {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        socket.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        Self(socket)
    }

    fn spec(&self) -> EspTouchSpec<'static> {
        EspTouchSpec {
            to: Some(self.0.local_addr().unwrap()),
            ack_port: 0,
            ..EspTouchSpec::new(SSID, PASSWORD, BSSID)
        }
    }

    /// Listens until the credentials are complete; each frame is this much longer than the packet in it.
    fn listen(&self, overhead: u16) -> Received {
        let mut receiver = Receiver::new();
        let mut buffer = [0; 2048];
        loop {
            let length = self.0.recv(&mut buffer).unwrap() as u16;
            if let Some(received) = receiver.frame([2, 0, 0, 0, 0, 1], length + overhead) {
                return received;
            }
        }
    }
}

fn later(seconds: u64, cancel: &AtomicBool) -> Deadline<'_> {
    Deadline { until: Instant::now() + Duration::from_secs(seconds), cancel }
}

#[test]
fn a_board_learns_network_and_password_from_the_lengths_and_its_answer_is_heard() {
    let radio = Radio::new();
    let touch = EspTouchSender::open(&radio.spec()).unwrap();
    let answer_to = (Ipv4Addr::LOCALHOST, touch.awaits_at().unwrap().port());
    let never = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let sending = scope.spawn(|| touch.send(later(60, &never)));
        let Received { ssid, password, bssid, sender, total } = radio.listen(67);
        assert_eq!((&ssid[..], &password[..]), (SSID.as_bytes(), PASSWORD.as_bytes()));
        assert_eq!((bssid, sender), (BSSID, Ipv4Addr::LOCALHOST));
        // Somebody else's answer, and noise, are not taken for it.
        for bytes in [&ack(total ^ 1, [1; 6], Ipv4Addr::BROADCAST)[..], b"hello", b""] {
            radio.0.send_to(bytes, answer_to).unwrap();
        }
        // Nor is one from where no board can be.
        for ip in [Ipv4Addr::UNSPECIFIED, Ipv4Addr::BROADCAST, Ipv4Addr::new(224, 0, 0, 251)] {
            radio.0.send_to(&ack(total, [1; 6], ip), answer_to).unwrap();
        }
        radio.0.send_to(&ack(total, BOARD.mac, BOARD.ip), answer_to).unwrap();
        assert_eq!(sending.join().unwrap().unwrap(), BOARD);
    });
}

#[test]
fn nobody_answers_and_the_user_gives_up() {
    let radio = Radio::new();
    let touch = EspTouchSender::open(&radio.spec()).unwrap();
    let cancel = AtomicBool::new(false);
    assert!(matches!(touch.send(later(0, &cancel)), Err(EspTouchFault::NoAnswer)));
    cancel.store(true, Ordering::Relaxed);
    assert!(matches!(touch.send(later(60, &cancel)), Err(EspTouchFault::Cancelled)));
}

#[test]
fn what_cannot_be_told_is_refused_before_anything_is_sent() {
    let radio = Radio::new();
    let long = "x".repeat(65);
    for (ssid, password) in [("", "12345678"), (SSID, long.as_str())] {
        let spec = EspTouchSpec { ssid, password, ..radio.spec() };
        let fault = EspTouchSender::open(&spec).unwrap_err();
        assert!(matches!(fault, EspTouchFault::Datum(_)));
        assert!(!fault.to_string().contains(password), "{fault}");
    }
    assert!(!format!("{:?}", radio.spec()).contains(PASSWORD));
}

#[test]
fn two_boards_are_awaited_and_each_is_found_once() {
    let radio = Radio::new();
    let touch = EspTouchSender::open(&radio.spec()).unwrap();
    let answer_to = (Ipv4Addr::LOCALHOST, touch.awaits_at().unwrap().port());
    let other =
        EspTouchBoard { mac: [0x7c, 0xdf, 0xa1, 9, 9, 9], ip: Ipv4Addr::new(192, 168, 1, 78) };
    let never = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let sending = scope.spawn(|| {
            let mut found = Vec::new();
            touch.send_to(2, later(60, &never), |touched| found.push(touched)).map(|()| found)
        });
        let Received { total, .. } = radio.listen(67);
        for board in [BOARD, BOARD, BOARD, other] {
            radio.0.send_to(&ack(total, board.mac, board.ip), answer_to).unwrap();
        }
        assert_eq!(sending.join().unwrap().unwrap(), [BOARD, other]);
    });
}

#[test]
fn a_window_begins_a_sending_watches_it_and_ends_it() {
    let _answers = ANSWERS.lock();
    let rig = Rig::new();
    let radio = Radio::new();
    assert_eq!(rig.engine.esp_touch_status(), None);
    let request = EspTouchRequest {
        ssid: SSID.to_owned(),
        password: Secret(PASSWORD.to_owned()),
        bssid: BSSID,
        boards: 1,
        to: Some(radio.0.local_addr().unwrap()),
        from: Some(Ipv4Addr::LOCALHOST),
    };
    rig.engine.esp_touch(request.clone()).unwrap();
    assert_eq!(rig.engine.esp_touch(request), Err(BoardRefusal::UnderWay));
    let begun = rig.engine.esp_touch_status().unwrap();
    assert!(begun.until > begun.began && !format!("{begun:?}").contains(PASSWORD));
    if radio.0.recv(&mut [0; 2048]).is_err() {
        let status = rig.engine.esp_touch_status().unwrap();
        assert!(
            matches!(status.outcome.as_ref().unwrap(), Err(fault) if matches!(**fault, EspTouchFault::Listen(_)))
        );
        eprintln!("SKIPPED: another program awaits answers of ESP-TOUCH: {status:?}");
        return;
    }
    rig.engine.cancel_esp_touch();
    until("it has ended", || rig.engine.esp_touch_status().unwrap().outcome.is_some());
    let outcome = rig.engine.esp_touch_status().unwrap().outcome.clone().unwrap();
    assert_eq!(outcome, Err(std::sync::Arc::new(EspTouchFault::Cancelled)));
}

#[test]
fn a_board_that_listens_joins_what_the_window_sends_and_is_found() {
    let _answers = ANSWERS.lock();
    let rig = Rig::new();
    let board = Board::hearing(&rig);
    until("it runs", || board.board.status().mode == espalier_simulator::Mode::Running);
    rig.engine
        .esp_touch(EspTouchRequest {
            ssid: LOCKED.to_owned(),
            password: Secret(LOCKED_PASSWORD.to_owned()),
            bssid: BSSID,
            boards: 1,
            to: board.board.status().air,
            from: None,
        })
        .unwrap();
    let ended = || rig.engine.esp_touch_status().unwrap().outcome.clone();
    until("it has ended", || ended().is_some());
    match ended().unwrap() {
        Err(fault) if matches!(*fault, EspTouchFault::Listen(_)) => {
            return eprintln!("SKIPPED: another program awaits answers of ESP-TOUCH: {fault}");
        }
        outcome => assert_eq!(outcome, Ok(())),
    }
    let found = rig.engine.esp_touch_status().unwrap().found.clone();
    let [EspTouchBoard { ip, .. }] = found[..] else { panic!("{found:?}") };
    until("the board says where it listens", || board.status().reported.endpoint().is_some());
    assert_eq!(board.status().reported.endpoint().unwrap().ip(), ip);
    assert_eq!(board.status().reported.wifi.ssid, LOCKED);
}
