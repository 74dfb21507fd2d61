//! Any bytes from a serial port: the same is found (starts, panics, core dumps, addresses), however reads cut the stream.
#![no_main]

use arbitrary::Arbitrary;
use espalier_core::Timestamp;
use espalier_core::board::{ConsoleScanner, Finding};
use libfuzzer_sys::fuzz_target;

#[derive(Arbitrary, Debug)]
struct Input {
    cut: u8,
    pieces: Vec<Piece>,
}

/// What boards say, so that reports are reached, and noise.
#[derive(Arbitrary, Debug)]
enum Piece {
    Bytes(Vec<u8>),
    Text(String),
    Rom,
    Guru { core: bool },
    Registers(u32),
    Backtrace(Vec<(u32, u32)>),
    Abort(u32),
    RiscvStack(u32, Vec<u32>),
    EspBacktrace(Vec<u32>),
    CoreDump(Vec<u8>),
    Prompt,
}

impl Piece {
    fn write(&self, into: &mut Vec<u8>) {
        let text = match self {
            Self::Bytes(bytes) => return into.extend_from_slice(bytes),
            Self::Text(text) => text.clone(),
            Self::Rom => {
                "ESP-ROM:esp32c3-api1-20210207\r\nrst:0x1 (POWERON),boot:0xc\r\n".to_owned()
            }
            Self::Guru { core } => format!(
                "Guru Meditation Error: Core  {} panic'ed (LoadProhibited). Exception was unhandled.\r\n",
                u8::from(*core)
            ),
            Self::Registers(pc) => {
                format!("PC      : 0x{pc:08x}  PS      : 0x00060330  A0      : 0x800d1fb4\r\n")
            }
            Self::Backtrace(frames) => {
                let pairs: Vec<_> =
                    frames.iter().map(|(pc, sp)| format!("0x{pc:08x}:0x{sp:08x}")).collect();
                format!("Backtrace: {}\r\n", pairs.join(" "))
            }
            Self::Abort(pc) => {
                format!("abort() was called at PC 0x{pc:08x} on core 0\r\n")
            }
            Self::RiscvStack(at, words) => {
                let mut text = "Stack memory:\r\n".to_owned();
                for (line, words) in words.chunks(8).enumerate() {
                    let address = at.wrapping_add(line as u32 * 32);
                    text += &format!("{address:08x}:");
                    for word in words {
                        text += &format!(" 0x{word:08x}");
                    }
                    text += "\r\n";
                }
                text
            }
            Self::EspBacktrace(frames) => {
                let mut text = "====================== PANIC ======================\r\n".to_owned();
                text += "panicked at src/main.rs:1:1:\r\nBacktrace:\r\n\r\n";
                for pc in frames {
                    text += &format!("0x{pc:x}\r\n");
                }
                text
            }
            Self::CoreDump(bytes) => {
                let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
                format!(
                    "================= CORE DUMP START =================\r\n{hex}\r\n\
                     ================= CORE DUMP END =================\r\n"
                )
            }
            Self::Prompt => "I (31) boot: ESP-IDF v5.1 2nd stage bootloader\r\n".to_owned(),
        };
        into.extend_from_slice(text.as_bytes());
    }
}

fuzz_target!(|input: Input| {
    let mut bytes = Vec::new();
    input.pieces.iter().for_each(|piece| piece.write(&mut bytes));
    let found = |cut: usize| {
        let (mut scanner, mut all) = (ConsoleScanner::keeping_dumps(), Vec::new());
        for piece in bytes.chunks(cut) {
            scanner.receive(piece, Timestamp(0), |finding: Finding| all.push(finding));
        }
        scanner.tick(Timestamp(3_600_000_000_000), |finding| all.push(finding));
        all
    };
    assert_eq!(found(bytes.len().max(1)), found(usize::from(input.cut) + 1));
});
