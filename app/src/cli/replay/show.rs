//! Differences on stdout, side by side; the same in every language.

use std::fmt::Write as _;

use encoding_rs::Encoding;
use espalier_core::replay::{Comparison, Difference, ReplayStatus};
use espalier_core::terminal::Plain;

use crate::print;

/// Columns of the left side.
const WIDTH: usize = 48;
/// Bytes in a row of hexadecimal.
const ROW: usize = 8;

/// Prints differences, each once.
pub struct DifferencePrinter {
    /// In hexadecimal; `None`: when they are no text.
    hex: Option<bool>,
    encoding: &'static Encoding,
    printed: usize,
}

impl DifferencePrinter {
    /// Nothing is printed yet.
    pub const fn new(hex: Option<bool>, encoding: &'static Encoding) -> Self {
        Self { hex, encoding, printed: 0 }
    }

    /// Prints those that are new.
    pub fn show(&mut self, status: &ReplayStatus) -> std::io::Result<()> {
        let all = &status.differences;
        // The last one may go on.
        let sure = all.len() - usize::from(!status.is_over() && !all.is_empty());
        while self.printed < sure {
            self.printed += 1;
            for line in self.text(self.printed, &all[self.printed - 1]).lines() {
                print::line(line.trim_end())?;
            }
        }
        let more = status.totals.differences.saturating_sub(Comparison::KEPT as u64);
        if status.is_over() && more > 0 {
            print::line(format_args!("… and {more} more"))?;
        }
        Ok(())
    }

    fn text(&self, number: usize, difference: &Difference) -> String {
        let Difference { exchange, expected_length, new_length, .. } = difference;
        let (place, kind) = (difference.first_byte(), difference.kind().key());
        let mut text = format!(
            "difference {number}: exchange {exchange}, byte {place}: {kind}, expected {expected_length}, came {new_length}\n"
        );
        let hex = self.hex.unwrap_or_else(|| !looks_like_text(difference));
        let [expected, new] = match hex {
            true => [
                hex_rows(&difference.expected, difference.expected_at),
                hex_rows(&difference.new, difference.new_at),
            ],
            false => [self.lines(&difference.expected), self.lines(&difference.new)],
        };
        for at in 0..expected.len().max(new.len()) {
            let (left, right) = (expected.get(at), new.get(at));
            let sign = match (left, right) {
                (Some(left), Some(right)) if left == right => ' ',
                (Some(_), Some(_)) => '|',
                (Some(_), None) => '<',
                (None, _) => '>',
            };
            let (left, right) = (left.map_or("", |it| it), right.map_or("", |it| it));
            let space = " ".repeat(WIDTH.saturating_sub(print::width(left)));
            writeln!(text, "  {left}{space} {sign} {right}").ok();
        }
        for (kept, length, side) in [
            (difference.expected.len(), *expected_length, "expected"),
            (difference.new.len(), *new_length, "came"),
        ] {
            let more = length - kept as u64;
            if more > 0 {
                writeln!(text, "  {more} more bytes {side}").ok();
            }
        }
        text
    }

    fn lines(&self, bytes: &[u8]) -> Vec<String> {
        let lines = bytes.split_inclusive(|byte| *byte == b'\n');
        lines
            .map(|line| {
                let text = self.encoding.decode_without_bom_handling(line).0;
                let text = text.replace('\\', "\\\\").replace('\r', "\\r").replace('\n', "\\n");
                Plain(text.replace('\t', "\\t")).to_string()
            })
            .collect()
    }
}

/// Whether nothing of it would have to be shown by its number.
fn looks_like_text(difference: &Difference) -> bool {
    let is_shown = |byte: &u8| matches!(byte, b'\t' | b'\r' | b'\n' | 0x20..=0x7E | 0x80..);
    let sides = [&difference.expected, &difference.new];
    sides.into_iter().all(|bytes| {
        // Of what is kept, the last character may be a part.
        let is_utf8 = match std::str::from_utf8(bytes) {
            Ok(_) => true,
            Err(error) => error.error_len().is_none(),
        };
        is_utf8 && bytes.iter().all(is_shown)
    })
}

fn hex_rows(bytes: &[u8], at: u64) -> Vec<String> {
    let rows = bytes.chunks(ROW).zip(0_u64..);
    rows.map(|(row, number)| {
        let mut text = format!("{:08x}  ", at + number * ROW as u64);
        for byte in row {
            write!(text, "{byte:02x} ").ok();
        }
        text.push_str(&"   ".repeat(ROW - row.len()));
        text.push(' ');
        let shown = |byte: &u8| if (0x20..0x7F).contains(byte) { char::from(*byte) } else { '.' };
        text.extend(row.iter().map(shown));
        text
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn difference(expected: &[u8], new: &[u8]) -> Difference {
        Difference {
            exchange: 3,
            expected_at: 120,
            new_at: 122,
            expected_length: expected.len() as u64,
            new_length: new.len() as u64,
            expected: expected.to_vec(),
            new: new.to_vec(),
            alike_before: 2,
            alike_behind: 2,
            datagram: None,
        }
    }

    #[test]
    fn both_sides_stand_beside_each_other() {
        let printer = DifferencePrinter::new(None, encoding_rs::UTF_8);
        let text = printer.text(1, &difference(b"v=1\r\n", b"v=\x1B]12\r\n".as_slice()));
        assert!(
            text.starts_with("difference 1: exchange 3, byte 122: changed, expected 5, came 8\n")
        );
        assert!(text.contains("00000078  76 3d 31 0d 0a "), "{text}");
        let text =
            printer.text(2, &difference("温度=1\r\nend\n".as_bytes(), "温度=2\r\n".as_bytes()));
        let rows: Vec<_> = text.lines().skip(1).collect();
        assert_eq!(
            rows[0].split_whitespace().collect::<Vec<_>>(),
            [r"温度=1\r\n", "|", r"温度=2\r\n"]
        );
        assert_eq!(rows[1].split_whitespace().collect::<Vec<_>>(), [r"end\n", "<"]);
    }

    #[test]
    fn nothing_from_outside_drives_a_terminal() {
        let printer = DifferencePrinter::new(Some(false), encoding_rs::UTF_8);
        let text = printer.text(1, &difference(b"\x1B]52;c;eA==\x07", b"\r\x08"));
        assert!(!text.contains(['\x1B', '\x07', '\r', '\x08']), "{text:?}");
    }
}
