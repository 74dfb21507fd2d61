//! How fast bytes pass the core: what the glue pays for each read, with a console that keeps up and
//! with one that does not. Prints, asserts nothing.

use espalier_board::{
    Action, Address, Board, Event, Identity, SocketIndex, Time,
    protocol::{Line, RecordFault, Reset, pattern},
};
use std::{hint::black_box, time::Instant};

const READ: usize = 1400;

fn board(mode: &str) -> Board {
    let identity = Identity {
        app: "bench",
        version: "0",
        chip: "host",
        mac: [0; 6],
        reset: Reset::PowerOn,
        sockets: 9,
    };
    let mut board = Board::new(identity, Err(RecordFault::Missing), Time::ZERO);
    board.console(0, format!("mode {mode}\nwifi set bench\n").as_bytes(), Time::ZERO);
    while let Some(action) = board.next_action() {
        if let Action::Join { id, .. } = action {
            board.on(Event::Joined { id, rssi: None, channel: None }, Time::ZERO);
        }
    }
    let address = Address { ip: [10, 0, 0, 1].into(), prefix: 8, gateway: None };
    board.on(Event::Address(Some(address)), Time::ZERO);
    let peer = ([10, 0, 0, 2], 5000).into();
    board.on(Event::Accepted { socket: SocketIndex(0), peer }, Time::ZERO);
    drain(&mut board);
    board
}

fn drain(board: &mut Board) {
    while !board.output().is_empty() {
        let count = black_box(board.output()).len();
        board.printed(count);
    }
}

fn measure(name: &str, bytes_each: usize, mut once: impl FnMut()) {
    let (start, mut rounds) = (Instant::now(), 0u32);
    while start.elapsed().as_millis() < 300 {
        (0..100).for_each(|_| once());
        rounds += 100;
    }
    let each = start.elapsed().as_secs_f64() / f64::from(rounds);
    let rate = bytes_each as f64 / each / 1e6;
    println!("{name:40} {:9.0} ns each  {rate:9.0} MB/s", each * 1e9);
}

fn main() {
    let mut bytes = [0; READ];
    pattern::fill(0, &mut bytes);
    let now = Time::from_ms(1);

    for (name, keeps_up) in
        [("echo, console keeps up", true), ("echo, console stands still", false)]
    {
        let mut board = board("echo");
        measure(name, READ, || {
            black_box(board.duty(SocketIndex(0), now));
            board.received(SocketIndex(0), black_box(&bytes), now);
            board.sent(SocketIndex(0), READ);
            if keeps_up {
                drain(&mut board);
            }
        });
    }
    let mut discarding = board("discard");
    measure("discard", READ, || discarding.received(SocketIndex(0), black_box(&bytes), now));
    let mut source = board("source");
    measure("source", READ, || {
        black_box(source.produce(SocketIndex(0), black_box(&mut bytes), now));
    });
    let mut checker = pattern::Checker::new();
    let (mut good, mut at) = ([0; READ], 0);
    measure("pattern and check", READ, || {
        pattern::fill(at, &mut good);
        at += READ as u64;
        assert_eq!(checker.check(black_box(&good)), 0);
    });
    let line = "I (12345) tcp: received peer=192.168.1.10:50123 slot=1 bytes=5 data=\"hello\"";
    measure("parse a line", line.len(), || {
        black_box(Line::parse(black_box(line)));
    });
    let parsed = Line::parse(line);
    measure("print a line", line.len(), || {
        if let Some(parsed) = &parsed {
            black_box(parsed.to_string());
        }
    });
}
