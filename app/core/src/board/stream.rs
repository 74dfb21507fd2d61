//! What a board of ours sends over its serial line, taken apart: lines of its grammar, Improv packets, and what
//! [`ConsoleScanner`] finds in the rest.

use espalier_protocol::improv::{self, Packet, Status};
use espalier_protocol::{ImprovFault, Line};

use super::{BootFailure, ConsoleScanner, Finding, RestartWatch};
use crate::Timestamp;

/// Something that a board told.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum BoardMessage {
    /// A line of our firmware's grammar.
    Line(Line<'static>),
    /// An Improv packet from the board.
    Improv(ImprovAnswer),
    /// Something that began like an Improv packet and was damaged.
    ImprovFault(ImprovFault),
    /// What any board may say: a start, a panic, an address.
    Finding(Finding),
}

/// An Improv packet from the board, owning its text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ImprovAnswer {
    /// Where provisioning stands.
    State(improv::State),
    /// How the last command went.
    Status(Status),
    /// The answer to the command of this number.
    Result {
        /// The command.
        command: u8,
        /// The answer's strings.
        strings: Vec<String>,
    },
}

/// Takes apart what a board sends. Bounded: one line and one packet are held.
#[derive(Clone, Debug, Default)]
pub struct BoardStream {
    improv: improv::Decoder,
    console: ConsoleScanner,
    line: Vec<u8>,
    /// When the last byte came.
    last: Timestamp,
}

impl BoardStream {
    /// A packet that is followed by this much silence is given up.
    const PACKET_SILENCE_NS: i64 = 500_000_000;

    /// One that keeps core dumps.
    pub fn keeping_dumps() -> Self {
        Self { console: ConsoleScanner::keeping_dumps(), ..Self::default() }
    }

    /// Takes received bytes; `on_message` is called for each thing, in order.
    pub fn receive(
        &mut self,
        bytes: &[u8],
        at: Timestamp,
        mut on_message: impl FnMut(BoardMessage),
    ) {
        self.tick(at, &mut on_message);
        self.last = at;
        for byte in bytes {
            self.improv.push(*byte);
            let Self { improv, console, line, .. } = self;
            while let Some(item) = improv.next() {
                take(item, console, line, at, &mut on_message);
            }
        }
    }

    /// Time passes: what was held back for bytes that did not come is let go.
    pub fn tick(&mut self, now: Timestamp, mut on_message: impl FnMut(BoardMessage)) {
        let Self { improv, console, line, last } = self;
        if improv.is_pending() && now.0.saturating_sub(last.0) >= Self::PACKET_SILENCE_NS {
            while let Some(item) = improv.give_up() {
                take(item, console, line, *last, &mut on_message);
            }
        }
        console.tick(now, |finding| on_message(BoardMessage::Finding(finding)));
    }

    /// A program has said something since the last start.
    pub const fn program_spoke(&self) -> bool {
        self.console.program_spoke()
    }

    /// Why the last start is over without a program, when it is: the reason, and the line that told it.
    pub fn does_not_start(&self) -> Option<(&'static BootFailure, &str)> {
        self.console.does_not_start()
    }

    /// Restarts so far.
    pub const fn restarts(&self) -> &RestartWatch {
        self.console.restarts()
    }

    /// We reset or flashed the board, or the port was reopened.
    pub fn start_over(&mut self) {
        self.console.start_over();
        self.line.clear();
    }
}

fn take(
    item: improv::Item<'_>,
    console: &mut ConsoleScanner,
    line: &mut Vec<u8>,
    at: Timestamp,
    on_message: &mut impl FnMut(BoardMessage),
) {
    match item {
        improv::Item::Through(bytes) => {
            console.receive(bytes, at, |finding| on_message(BoardMessage::Finding(finding)));
            for byte in bytes {
                if *byte != b'\n' {
                    if line.len() < ConsoleScanner::LONGEST_LINE {
                        line.push(*byte);
                    }
                    continue;
                }
                if let Some(line) = std::str::from_utf8(line).ok().and_then(Line::parse) {
                    on_message(BoardMessage::Line(line.into_static()));
                }
                line.clear();
            }
        }
        improv::Item::Packet(packet) => {
            if let Some(answer) = ImprovAnswer::of(packet) {
                on_message(BoardMessage::Improv(answer));
            }
        }
        improv::Item::Fault(fault, _) => on_message(BoardMessage::ImprovFault(fault)),
    }
}

impl ImprovAnswer {
    fn of(packet: Packet<'_>) -> Option<Self> {
        match packet {
            Packet::State(state) => Some(Self::State(state)),
            Packet::Error(status) => Some(Self::Status(status)),
            Packet::Result { command, strings } => {
                Some(Self::Result { command, strings: strings.map(str::to_owned).collect() })
            }
            Packet::Rpc(_) | Packet::Other { .. } => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use espalier_protocol::LineEvent;
    use espalier_protocol::improv::{CommandId, State};
    use proptest::prelude::*;

    use super::*;

    fn on_message(pieces: &[&[u8]]) -> Vec<BoardMessage> {
        let mut stream = BoardStream::default();
        let mut all = Vec::new();
        for piece in pieces {
            stream.receive(piece, Timestamp(0), |it| all.push(it));
        }
        stream.tick(Timestamp(10_000_000_000), |it| all.push(it));
        all
    }

    fn conversation() -> Vec<u8> {
        let mut bytes = b"I (900) tcp: stopped\n\n".to_vec();
        bytes.extend_from_slice(&improv::state(State::Provisioned));
        bytes.extend_from_slice(b"\n");
        bytes.extend_from_slice(&improv::result(CommandId::Scan, &["Net", "-40", "YES"]).unwrap());
        bytes.extend_from_slice(b"\nI (901) boot: restarting\r\n");
        bytes
    }

    #[test]
    fn lines_and_packets_of_one_serial_line_are_told_apart() {
        let all = on_message(&[&conversation()]);
        let says = |event: LineEvent<'_>| {
            all.iter().any(|it| matches!(it, BoardMessage::Line(line) if line.event == event))
        };
        assert!(says(LineEvent::Stopped {}));
        assert!(says(LineEvent::Restarting {}));
        assert!(all.contains(&BoardMessage::Improv(ImprovAnswer::State(State::Provisioned))));
        let strings = vec!["Net".to_owned(), "-40".to_owned(), "YES".to_owned()];
        assert!(all.contains(&BoardMessage::Improv(ImprovAnswer::Result { command: 4, strings })));
    }

    proptest! {
        #[test]
        fn it_does_not_matter_how_the_bytes_are_cut(cuts in proptest::collection::vec(0_usize..200, 0..8)) {
            let bytes = conversation();
            let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(bytes.len())).collect();
            cuts.extend([0, bytes.len()]);
            cuts.sort_unstable();
            let pieces: Vec<&[u8]> = cuts.windows(2).map(|pair| &bytes[pair[0]..pair[1]]).collect();
            prop_assert_eq!(on_message(&pieces), on_message(&[&bytes]));
        }

        #[test]
        fn noise_is_harmless(noise in proptest::collection::vec(any::<u8>(), 0..600)) {
            let mut bytes = noise;
            bytes.extend_from_slice(b"\n\n\n");
            let mut stream = BoardStream::default();
            stream.receive(&bytes, Timestamp(0), |_| {});
            let mut lines = Vec::new();
            stream.receive(b"\nI (9) tcp: stopped\n", Timestamp(1_000_000_000), |it| lines.push(it));
            prop_assert!(lines.iter().any(|it| matches!(it, BoardMessage::Line(_))));
        }
    }
}
