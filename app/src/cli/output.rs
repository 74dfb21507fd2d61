//! Received bytes on their way to stdout.

use espalier_core::hex;
use std::collections::HashMap;
use std::fmt::Write as _;
use std::io::{self, Write};

use encoding_rs::{Decoder, DecoderResult, Encoding};
use espalier_core::PeerId;

/// How received bytes are shown.
#[derive(Debug)]
pub struct Output {
    format: OutputFormat,
}

#[derive(Debug)]
enum OutputFormat {
    Unchanged,
    /// Rows of 16 bytes; how many came from each connection.
    Hex(HashMap<PeerId, u64>),
    Text(&'static Encoding, HashMap<PeerId, StreamDecoder>),
}

impl Output {
    /// Unchanged, unless one of these is asked for.
    pub fn new(hex: bool, encoding: Option<&'static Encoding>) -> Self {
        let format = match (hex, encoding) {
            (true, _) => OutputFormat::Hex(HashMap::new()),
            (false, Some(encoding)) => OutputFormat::Text(encoding, HashMap::new()),
            (false, None) => OutputFormat::Unchanged,
        };
        Self { format }
    }

    /// Shows the bytes of one read.
    pub fn received(&mut self, peer: PeerId, bytes: &[u8], out: &mut impl Write) -> io::Result<()> {
        let mut text = String::new();
        match &mut self.format {
            OutputFormat::Unchanged => return out.write_all(bytes),
            OutputFormat::Hex(offsets) => {
                hex_rows(offsets.entry(peer).or_default(), bytes, &mut text)
            }
            OutputFormat::Text(encoding, decoders) => decoders
                .entry(peer)
                .or_insert_with(|| StreamDecoder::new(encoding))
                .decode(bytes, false, &mut text),
        }
        out.write_all(text.as_bytes())
    }

    /// Nothing more comes: a character that was cut off by the end is shown as the bytes it is.
    pub fn finish(&mut self, out: &mut impl Write) -> io::Result<()> {
        let OutputFormat::Text(_, decoders) = &mut self.format else { return Ok(()) };
        for decoding in decoders.values_mut() {
            let mut text = String::new();
            decoding.decode(&[], true, &mut text);
            out.write_all(text.as_bytes())?;
        }
        Ok(())
    }
}

fn hex_rows(offset: &mut u64, bytes: &[u8], out: &mut String) {
    for row in bytes.chunks(16) {
        out.push_str(&hex::dump_line(*offset, row));
        out.push('\n');
        *offset += row.len() as u64;
    }
}

/// One connection's bytes becoming text; a character cut between two reads is whole.
#[derive(Debug)]
struct StreamDecoder {
    decoder: Box<Decoder>,
    /// The latest bytes, for when they turn out to be no character.
    tail: Vec<u8>,
}

impl StreamDecoder {
    /// No encoding looks back further than this (encoding_rs: at most 3 bytes, and 3 behind them).
    const TAIL: usize = 8;

    fn new(encoding: &'static Encoding) -> Self {
        let decoder = Box::new(encoding.new_decoder_without_bom_handling());
        Self { decoder, tail: Vec::new() }
    }

    fn decode(&mut self, bytes: &[u8], last: bool, out: &mut String) {
        let before = self.tail.len();
        self.tail.extend_from_slice(bytes);
        let mut read = 0;
        loop {
            let rest = &bytes[read..];
            let room = self.decoder.max_utf8_buffer_length_without_replacement(rest.len());
            out.reserve(room.unwrap_or(rest.len()).max(4));
            let (result, count) =
                self.decoder.decode_to_string_without_replacement(rest, out, last);
            read += count;
            match result {
                DecoderResult::InputEmpty => break,
                DecoderResult::OutputFull => {}
                DecoderResult::Malformed(length, behind) => {
                    let end = (before + read).saturating_sub(usize::from(behind));
                    let start = end.saturating_sub(usize::from(length));
                    for byte in self.tail.get(start..end).unwrap_or_default() {
                        write!(out, "\\x{byte:02X}").ok();
                    }
                }
            }
        }
        let surplus = self.tail.len().saturating_sub(Self::TAIL);
        self.tail.drain(..surplus);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(hex: bool, label: Option<&str>, pieces: &[&[u8]]) -> String {
        let encoding = label.map(|label| Encoding::for_label(label.as_bytes()).unwrap());
        let mut output = Output::new(hex, encoding);
        let mut out = Vec::new();
        for piece in pieces {
            output.received(PeerId(1), piece, &mut out).unwrap();
        }
        output.finish(&mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn characters_cut_between_reads_are_whole() {
        assert_eq!(shown(false, Some("gbk"), &[b"\xC4", b"\xE3\xBA", b"\xC3"]), "你好");
        assert_eq!(shown(false, Some("utf-8"), &[b"\xE4", b"\xBD", b"\xA0"]), "你");
    }

    #[test]
    fn bytes_that_are_no_character_are_shown_and_none_is_dropped() {
        assert_eq!(shown(false, Some("utf-8"), &[b"a\xFFb", b"\xE4\xBD"]), "a\\xFFb\\xE4\\xBD");
        assert_eq!(shown(false, Some("utf-8"), &[b"\xE4\xBD", b"x"]), "\\xE4\\xBDx");
        assert_eq!(shown(false, Some("gbk"), &[b"\x81", b" "]), "\\x81 ");
    }

    #[test]
    fn hex_rows_count_on_from_read_to_read() {
        let shown = shown(true, None, &[b"0123456789abcdefg", b"\n"]);
        let rows: Vec<&str> = shown.lines().collect();
        assert!(rows[0].starts_with("00000000  30 31 "));
        assert!(rows[1].starts_with("00000010  67 ") && rows[1].ends_with("|g|"));
        assert!(rows[2].starts_with("00000011  0A ") && rows[2].ends_with("|.|"));
    }
}
