//! A new program over the network: the conversation over a real socket, and the flash of a board that restarts.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};

use espalier_protocol::OtaFault;
use espalier_protocol::OtaState;
use espalier_protocol::ota::{Answer, Greeting, Nonce, Offer};
use espalier_simulator::{Chip, Mode};
use sha2::{Digest as _, Sha256};

use crate::fixture::{Bench, Monitor, PATIENCE};
use crate::images;

const CHIP: Chip = Chip::Esp32c3;

/// A board with two slots that has joined the open network.
struct Updated {
    bench: Bench,
    monitor: Monitor,
}

impl Updated {
    fn new() -> Self {
        let application = images::application(CHIP, "espalier", "1.0.0", 60_000);
        let bench = Bench::with(CHIP, &images::flash_of_two(CHIP, &application), |_| {});
        let mut monitor = bench.monitor();
        monitor.expect("ota: slot slot=0 of=2 room=2031616 state=confirmed");
        let mut it = Self { bench, monitor };
        it.tell("wifi set Simulated");
        it.monitor.expect("tcp: listening");
        it
    }

    fn tell(&mut self, command: &str) {
        self.monitor.port.write_all(format!("{command}\n").as_bytes()).unwrap();
    }

    fn place(&self) -> SocketAddr {
        self.bench.wait(|status| status.ota.is_some()).ota.unwrap()
    }

    fn conversation(&self) -> Sender {
        let stream = TcpStream::connect(self.place()).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let lines = BufReader::new(stream.try_clone().unwrap());
        let mut sender = Sender { lines, stream, greeting: String::new() };
        sender.greeting = sender.line();
        sender
    }

    /// Permits an update on the console, and has this one accepted.
    fn begun(&mut self, image: &[u8]) -> Sender {
        self.tell("ota allow");
        self.monitor.expect("console: ok");
        let mut sender = self.conversation();
        assert_eq!(sender.offer(image), Answer::Go);
        sender
    }

    /// Sends all of it; the last answer.
    fn send(&self, image: &[u8]) -> Answer {
        let mut sender = self.conversation();
        match sender.offer(image) {
            Answer::Go => {}
            answer => return answer,
        }
        sender.stream.write_all(image).ok();
        loop {
            match sender.answer() {
                Answer::At(_) => {}
                answer => return answer,
            }
        }
    }
}

struct Sender {
    stream: TcpStream,
    lines: BufReader<TcpStream>,
    greeting: String,
}

impl Sender {
    fn line(&mut self) -> String {
        let mut line = String::new();
        self.lines.read_line(&mut line).unwrap();
        line
    }

    fn greeting(&self) -> Greeting<'_> {
        Greeting::parse(&self.greeting).unwrap()
    }

    fn offer(&mut self, image: &[u8]) -> Answer {
        let (bytes, sha256) = (image.len() as u32, Sha256::digest(image).into());
        let offer = Offer { bytes, sha256, proof: None };
        self.stream.write_all(format!("{offer}\n").as_bytes()).unwrap();
        self.answer()
    }

    fn answer(&mut self) -> Answer {
        let line = self.line();
        Answer::parse(&line).unwrap_or_else(|| panic!("{line:?}"))
    }
}

fn newer() -> Vec<u8> {
    images::application(CHIP, "espalier", "1.0.1", 70_000)
}

#[test]
fn an_update_is_started_confirmed_and_kept_over_resets() {
    let mut board = Updated::new();
    assert_eq!(board.send(&newer()), Answer::Refused(OtaFault::Locked));
    board.tell("ota allow");
    board.monitor.expect("console: ok cmd=\"ota allow\"");
    assert_eq!(board.send(&newer()), Answer::Written);
    let told = board.monitor.expect("ota: confirmed");
    assert!(told.contains("ota: written bytes="), "{told}");
    assert!(told.contains("Loaded app from partition at offset 0x200000"), "{told}");
    assert!(told.contains("app=espalier version=1.0.1"), "{told}");
    assert!(told.contains("ota: on trial"), "{told}");
    board.bench.board.press_en();
    board.monitor.expect("ota: slot slot=1 of=2 room=2031616 state=confirmed");
    board.monitor.expect("tcp: listening");
    let sender = board.conversation();
    assert_eq!((sender.greeting().slot, sender.greeting().version), (1, "1.0.1"));
}

#[test]
fn a_reset_on_trial_leads_back_to_the_program_before() {
    let mut board = Updated::new();
    // Without a network it cannot prove itself.
    let image = newer();
    let mut sender = board.begun(&image);
    let (most, last) = image.split_at(image.len() - 1);
    sender.stream.write_all(most).unwrap();
    board.bench.board.set_faults("stuck-update=1".parse().unwrap());
    sender.stream.write_all(last).unwrap();
    let told = board.monitor.expect("state=rolled-back");
    assert!(told.contains("Loaded app from partition at offset 0x200000"), "it was tried: {told}");
    assert!(told.contains("app=espalier version=1.0.0"), "{told}");
    board.monitor.expect("tcp: listening");
    assert_eq!(board.conversation().greeting().state, OtaState::RolledBack);
}

#[test]
fn a_sender_that_goes_away_and_a_board_without_power_change_nothing() {
    let mut board = Updated::new();
    let image = newer();
    let mut sender = board.begun(&image);
    sender.stream.write_all(&image[..40_000]).unwrap();
    while sender.answer() != Answer::At(32 << 10) {}
    drop(sender);
    board.monitor.expect("ota: refused reason=cut");

    let mut sender = board.conversation();
    assert_eq!(sender.offer(&image), Answer::Go);
    sender.stream.write_all(&image[..40_000]).unwrap();
    while sender.answer() != Answer::At(32 << 10) {}
    board.bench.board.press_en();
    board.monitor.expect("ota: slot slot=0 of=2 room=2031616 state=confirmed");
    board.monitor.expect("tcp: listening");
    board.bench.wait_for(Mode::Running);
    // Whatever the end of that connection was, it is over.
    let _ = sender.lines.read_to_end(&mut Vec::new());
    assert_eq!(board.conversation().greeting().slot, 0);
}

#[test]
fn who_comes_while_another_sender_is_served_is_told_so() {
    let mut board = Updated::new();
    let image = newer();
    let mut sender = board.begun(&image);
    for _ in 0..3 {
        let other = board.conversation();
        assert_eq!(other.greeting, "error busy\n");
    }
    // It is none of the first one's business.
    sender.stream.write_all(&image).unwrap();
    while sender.answer() != Answer::Written {}
    board.monitor.expect("ota: confirmed");
}

#[test]
fn a_program_for_another_chip_is_refused_and_one_slot_is_told() {
    let mut board = Updated::new();
    board.tell("ota allow");
    board.monitor.expect("console: ok");
    let other = images::application(Chip::Esp32, "espalier", "1.0.1", 300_000);
    assert_eq!(board.send(&other), Answer::Refused(OtaFault::WrongChip));
    board.monitor.expect("ota: refused reason=wrong-chip bytes=0");

    let application = images::application(CHIP, "espalier", "1.0.0", 5_000);
    let bench = Bench::with(CHIP, &images::flash(CHIP, &application), |_| {});
    let mut monitor = bench.monitor();
    monitor.expect("ota: slot slot=0 of=1");
    monitor.port.write_all(b"wifi set Simulated\n").unwrap();
    let one = Updated { monitor, bench };
    let nonce: Nonce = one.conversation().greeting().nonce;
    assert_ne!(nonce, one.conversation().greeting().nonce, "no greeting is like another");
    assert_eq!(one.send(&newer()), Answer::Refused(OtaFault::OneSlot));
}
