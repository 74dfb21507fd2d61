//! Garbage on the serial line, both ways, between and inside of what is said.

use std::io::{ErrorKind, Read as _, Write as _};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use espalier_core::Direction;
use espalier_core::backend::prelude::*;
use espalier_core::board::{BoardCommand, ProvisionRequest, Secret};
use serialport::{SerialPort as _, TTYPort};

use super::bench::{Board, LOCKED, PASSWORD, open, stop, until_slow};
use crate::rig::{Rig, captured, until};

/// What begins like a packet and is none, what is no text, half a line.
const GARBAGE: &[u8] = b"\xFE\x00IMPRO\x01 IMPROV\x01\x03\x04ab\x80\xFF I (12) tcp: ";

/// A wire between a board and a port of our own that adds garbage before every packet, both ways.
struct Wire {
    stop: Arc<AtomicBool>,
    threads: Vec<JoinHandle<()>>,
    name: String,
}

impl Wire {
    fn new(board: &str) -> Self {
        let near = |mut port: TTYPort| {
            port.set_timeout(Duration::from_millis(20)).unwrap();
            port
        };
        let (master, slave) = TTYPort::pair().unwrap();
        let name = slave.name().unwrap();
        drop(slave);
        let master = near(master);
        let board = near(TTYPort::open(&serialport::new(board, 115_200)).unwrap());
        let stop = Arc::new(AtomicBool::new(false));
        let ends = [
            (board.try_clone_native().unwrap(), master.try_clone_native().unwrap()),
            (master, board),
        ];
        let threads = ends.into_iter().map(|(from, to)| pump(from, to, stop.clone())).collect();
        Self { stop, threads, name }
    }
}

fn pump(mut from: TTYPort, mut to: TTYPort, stop: Arc<AtomicBool>) -> JoinHandle<()> {
    let pump = move || {
        let mut buffer = [0; 4096];
        while !stop.load(Ordering::Relaxed) {
            let count = match from.read(&mut buffer) {
                Ok(count) => count,
                // Nobody has the other end open yet, or nothing came.
                Err(error) if error.kind() == ErrorKind::TimedOut => continue,
                Err(_) => {
                    std::thread::sleep(Duration::from_millis(20));
                    continue;
                }
            };
            let mut rest = &buffer[..count];
            while let Some(at) = rest.windows(6).position(|window| window == b"IMPROV") {
                to.write_all(&rest[..at]).ok();
                to.write_all(GARBAGE).ok();
                to.write_all(&rest[at..at + 6]).ok();
                rest = &rest[at + 6..];
            }
            to.write_all(rest).ok();
        }
    };
    std::thread::Builder::new().name("wire".to_owned()).spawn(pump).unwrap()
}

impl Drop for Wire {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        self.threads.drain(..).for_each(|thread| drop(thread.join()));
    }
}

#[test]
fn garbage_between_packets_stops_nobody() {
    let rig = Rig::new();
    let board = Board::ours(&rig);
    stop(&board.serial);
    until("our own port is closed", || {
        board.status().link == espalier_core::board::LinkState::Closed
    });
    let wire = Wire::new(board.folder().join("port").to_str().unwrap());
    let serial = open(&rig, &wire.name);
    let network = Some((LOCKED.to_owned(), Secret(PASSWORD.to_owned())));
    rig.engine
        .board_command(
            serial.id(),
            BoardCommand::Provision(ProvisionRequest { network, may_flash: false }),
        )
        .unwrap();
    let mut outcome = None;
    until_slow("the way has ended", || {
        outcome = rig.engine.provision_status(serial.id()).and_then(|it| it.outcome.clone());
        outcome.is_some()
    });
    let at = outcome.unwrap().unwrap();
    let client = board.client(at);
    super::bench::echoes(&client, "through\n");
    let heard = captured(&serial, Direction::In, None);
    assert!(heard.windows(5).any(|it| it == &GARBAGE[..5]), "the wire is noisy");
}
