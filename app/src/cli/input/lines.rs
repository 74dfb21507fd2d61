//! Stdin line by line, each composed to bytes: hexadecimal, or text in another encoding.

use std::io::{self, BufRead, BufReader, Read as _};

use encoding_rs::Encoding;
use espalier_core::send::{SendFormat, SendSpec, compose, cut};
use espalier_core::view::EncodingName;
use espalier_engine::receipt::Receipt;

use super::datagrams::too_long;
use super::feeder::Feeder;
use crate::print::complain;

/// A line up to this length is composed as a whole, and left out as a whole when it cannot be; what is longer goes in parts.
const LONGEST: usize = 1 << 20;
/// How many lines that were left out are told, each with what is wrong.
const TOLD: u64 = 16;

/// How a text of another program may begin: UTF-8, and UTF-16 of both orders.
const MARK: &[u8] = b"\xEF\xBB\xBF";
const MARKS: [&[u8]; 3] = [MARK, b"\xFF\xFE", b"\xFE\xFF"];

/// Reads lines, composes them and gives them away. A line that cannot be composed is told and left out; the ones behind it
/// are sent.
pub struct Lines {
    spec: SendSpec,
    encoding: EncodingName,
    number: u64,
    is_utf_16: bool,
    /// Each line is a datagram, of so many bytes at most.
    most: Option<usize>,
}

/// The line that is being read.
struct Line {
    receipt: Receipt,
    /// The characters of it that were sent before.
    sent: usize,
    /// Some of it was given away already.
    begun: bool,
    /// The rest of it is left out.
    is_bad: bool,
}

impl Lines {
    /// From the beginning of stdin: hexadecimal, or text that is sent in this encoding (as it is when absent).
    pub fn new(hex: bool, encoding: Option<&'static Encoding>, most: Option<usize>) -> Self {
        let format = if hex { SendFormat::Hex } else { SendFormat::Text };
        let name = encoding.map_or("UTF-8", Encoding::name).to_owned();
        Self {
            spec: SendSpec { format, escapes: false, ..SendSpec::default() },
            encoding: EncodingName(name),
            number: 0,
            is_utf_16: false,
            most,
        }
    }

    /// Reads stdin to its end.
    pub fn read(mut self, feeder: &mut Feeder) -> io::Result<()> {
        let mut stdin = BufReader::new(io::stdin().lock());
        let mut held = Vec::new();
        feeder.progress.waits();
        self.skip_mark(&mut stdin, &mut held)?;
        let mut line: Option<Line> = None;
        loop {
            feeder.progress.waits();
            let room = LONGEST.saturating_sub(held.len()).max(1) as u64;
            // What was looked at for a mark may have been a line of its own.
            let is_end = !held.ends_with(b"\n")
                && stdin.by_ref().take(room).read_until(b'\n', &mut held)? == 0;
            if held.is_empty() && line.is_none() {
                return Ok(());
            }
            let is_whole = is_end || held.ends_with(b"\n");
            if !is_whole && held.len() < LONGEST {
                continue;
            }
            let current = line.get_or_insert_with(|| {
                self.number += 1;
                feeder.progress.reads(1);
                let receipt = feeder.progress.receipt();
                Line { receipt, sent: 0, begun: false, is_bad: false }
            });
            self.part(current, &mut held, is_whole, feeder);
            if is_whole {
                if let Some(Line { is_bad, begun, receipt, .. }) = line.take() {
                    let is_lost = is_bad || feeder.is_over;
                    if is_lost && begun {
                        receipt.miss(1);
                    }
                    if begun || !is_lost {
                        feeder.progress.gives(1);
                    }
                }
                if is_end {
                    return Ok(());
                }
            }
        }
    }

    /// A byte-order mark is no part of the first line.
    fn skip_mark(&mut self, stdin: &mut impl BufRead, held: &mut Vec<u8>) -> io::Result<()> {
        let may_follow = |held: &[u8]| {
            MARKS.iter().any(|mark| mark.len() > held.len() && mark.starts_with(held))
        };
        while may_follow(held) && stdin.by_ref().take(1).read_to_end(held)? > 0 {}
        match MARKS.contains(&held.as_slice()) {
            true if held == MARK => held.clear(),
            is_utf_16 => self.is_utf_16 = is_utf_16,
        }
        Ok(())
    }

    /// Gives away what is held of a line, all of it or as much as can be composed by itself.
    fn part(&self, line: &mut Line, held: &mut Vec<u8>, is_whole: bool, feeder: &mut Feeder) {
        if line.is_bad || feeder.is_over {
            held.clear();
            return;
        }
        let composed = self.composed(line, held, is_whole);
        match composed.and_then(|it| self.fitting(it, is_whole)) {
            Ok((length, bytes)) => {
                line.sent += held.drain(..length).filter(|byte| is_first(*byte)).count();
                // A datagram may be empty.
                if !bytes.is_empty() || self.most.is_some() {
                    line.begun |= feeder.feed(&bytes, &line.receipt);
                }
            }
            Err(why) => {
                held.clear();
                line.is_bad = true;
                let number = self.number;
                match (feeder.progress.leaves_out(), line.begun) {
                    (..=TOLD, false) => {
                        complain(format_args!("stdin, line {number} was not sent: {why}"));
                    }
                    (..=TOLD, true) => {
                        complain(format_args!("stdin, line {number} was sent in part only: {why}"));
                    }
                    (count, _) if count == TOLD + 1 => {
                        complain("more lines that cannot be sent are only counted");
                    }
                    _ => {}
                }
            }
        }
    }

    /// What was composed, if it is all of a datagram that can be.
    fn fitting(
        &self,
        composed: (usize, Vec<u8>),
        is_whole: bool,
    ) -> Result<(usize, Vec<u8>), String> {
        match self.most {
            Some(most) if !is_whole || composed.1.len() > most => Err(too_long(most)),
            _ => Ok(composed),
        }
    }

    /// How much of what is held can be sent now, and its bytes.
    fn composed(
        &self,
        line: &Line,
        held: &[u8],
        is_whole: bool,
    ) -> Result<(usize, Vec<u8>), String> {
        let text = match std::str::from_utf8(held) {
            Ok(text) => text,
            Err(_) if self.is_utf_16 => return Err("it is UTF-16, not UTF-8".to_owned()),
            // A character that is not whole yet.
            Err(error) if !is_whole && error.error_len().is_none() => {
                std::str::from_utf8(&held[..error.valid_up_to()]).unwrap_or_default()
            }
            Err(_) => return Err("it is not UTF-8".to_owned()),
        };
        let length = if is_whole { text.len() } else { cut(self.spec.format, text) };
        // Where nothing can be cut, nothing makes sense either.
        let text = if length == 0 { text } else { &text[..length] };
        let bytes = compose(&self.spec, text, &self.encoding).map_err(|error| {
            let (_, column) = error.line_and_column(text);
            format!("column {}: {error}", line.sent + column)
        })?;
        Ok((text.len(), bytes))
    }
}

/// Whether a character of UTF-8 begins with it.
const fn is_first(byte: u8) -> bool {
    byte & 0xC0 != 0x80
}
