//! From what is written to bytes.

use std::ops::Range;

use encoding_rs::{EncoderResult, Encoding, UTF_16BE, UTF_16LE};

use super::escape::{self, Part};
use super::placeholder::{self, Filled, Fragment, Placeholder, PlaceholderValues};
use super::{
    Checksum, ChecksumForm, ChecksumSpec, SendError, SendFault, SendFormat, SendSpec, hex,
};
use crate::view::EncodingName;

/// The bytes that are sent for `text`: what is written, its checksum, the line ending.
///
/// # Errors
/// [`SendError`] points at what cannot be sent as it is written.
pub fn compose(spec: &SendSpec, text: &str, encoding: &EncodingName) -> Result<Vec<u8>, SendError> {
    let encoding = encoding_of(text, encoding)?;
    let bytes = match spec.format {
        SendFormat::Hex => hex::parse(text)?,
        SendFormat::Text => encode(encoding, &parts(spec, text, 0)?)?,
    };
    finish(spec, text, encoding, bytes)
}

/// The same for a text with placeholders, filled with these values.
///
/// # Errors
/// [`SendError`] points at what cannot be sent as it is written.
pub fn compose_filled(
    spec: &SendSpec,
    text: &str,
    encoding: &EncodingName,
    values: &mut PlaceholderValues<'_>,
) -> Result<Vec<u8>, SendError> {
    let encoding = encoding_of(text, encoding)?;
    let escapes = spec.escapes && spec.format == SendFormat::Text;
    // Between lengths, which count what is behind them.
    let mut runs = vec![(None, Vec::new())];
    let push = |runs: &mut Vec<(Option<_>, Vec<_>)>, parts: Vec<_>| {
        if let Some((_, run)) = runs.last_mut() {
            run.extend(parts);
        }
    };
    for fragment in placeholder::split(text, escapes)? {
        match fragment {
            Fragment::Written(range) => {
                push(&mut runs, parts(spec, &text[range.clone()], range.start)?);
            }
            Fragment::Braces(range) => push(&mut runs, chars("{{", &range)),
            Fragment::Placeholder(range, length @ Placeholder::Length(_)) => {
                runs.push((Some((range, length)), Vec::new()));
            }
            Fragment::Placeholder(range, placeholder) => {
                let value = placeholder
                    .value(values, 0)
                    .map_err(|fault| SendError::new(range.clone(), fault))?;
                push(&mut runs, value_parts(value, &range));
            }
        }
    }
    // From the end on: a length counts the lengths behind it, too.
    let mut bytes: Vec<u8> = Vec::new();
    for (length, run) in runs.into_iter().rev() {
        let mut front = Vec::new();
        let behind = encode(encoding, &run)?;
        if let Some((range, length)) = length {
            let value = length
                .value(values, behind.len() + bytes.len())
                .map_err(|fault| SendError::new(range.clone(), fault))?;
            front = encode(encoding, &value_parts(value, &range))?;
        }
        front.extend(behind);
        front.append(&mut bytes);
        bytes = front;
    }
    finish(spec, text, encoding, bytes)
}

fn encoding_of(text: &str, name: &EncodingName) -> Result<&'static Encoding, SendError> {
    let unknown = || SendError::new(0..text.len(), SendFault::UnknownEncoding(name.0.clone()));
    name.encoding().ok_or_else(unknown)
}

/// Puts the checksum and the line ending behind what is written.
fn finish(
    spec: &SendSpec,
    text: &str,
    encoding: &'static Encoding,
    mut bytes: Vec<u8>,
) -> Result<Vec<u8>, SendError> {
    let everything = 0..text.len();
    if let Some(checksum) = &spec.checksum {
        let sum = written(checksum, &bytes).map_err(|it| SendError::new(everything.clone(), it))?;
        bytes.extend(sum);
    }
    bytes.extend(encode(encoding, &chars(spec.line_ending.text(), &everything))?);
    Ok(bytes)
}

/// The parts of what is written; `offset` is where it stands in the whole text.
fn parts(
    spec: &SendSpec,
    text: &str,
    offset: usize,
) -> Result<Vec<(Range<usize>, Part)>, SendError> {
    let shift = |range: Range<usize>| range.start + offset..range.end + offset;
    let parts = match spec.format {
        SendFormat::Hex => hex::parse(text)
            .map(|bytes| bytes.into_iter().map(|byte| (0..text.len(), Part::Byte(byte))).collect()),
        SendFormat::Text if spec.escapes => escape::parse(text),
        SendFormat::Text => Ok(text
            .char_indices()
            .map(|(at, char)| (at..at + char.len_utf8(), Part::Char(char)))
            .collect::<Vec<_>>()),
    };
    match parts {
        Ok(parts) if offset == 0 => Ok(parts),
        Ok(parts) => Ok(parts.into_iter().map(|(range, part)| (shift(range), part)).collect()),
        Err(SendError { range, fault }) => Err(SendError::new(shift(range), fault)),
    }
}

/// Characters that stand at one place of the text.
fn chars(text: &str, at: &Range<usize>) -> Vec<(Range<usize>, Part)> {
    text.chars().map(|char| (at.clone(), Part::Char(char))).collect()
}

fn value_parts(value: Filled, at: &Range<usize>) -> Vec<(Range<usize>, Part)> {
    match value {
        Filled::Text(text) => chars(&text, at),
        Filled::Bytes(bytes) => {
            bytes.into_iter().map(|byte| (at.clone(), Part::Byte(byte))).collect()
        }
    }
}

/// A checksum as it is appended to `bytes`.
fn written(spec: &ChecksumSpec, bytes: &[u8]) -> Result<Vec<u8>, SendFault> {
    let checksum = Checksum::named(&spec.algorithm)
        .ok_or_else(|| SendFault::UnknownChecksum(spec.algorithm.clone()))?;
    let (start, end) = (spec.skip_start as usize, spec.skip_end as usize);
    let covered = bytes.len().checked_sub(end).and_then(|end| bytes.get(start..end));
    let covered = covered.ok_or(SendFault::ChecksumRange {
        skipped: u64::from(spec.skip_start) + u64::from(spec.skip_end),
        bytes: bytes.len(),
    })?;
    let sum = checksum.of(covered).to_be_bytes();
    let mut sum = sum[sum.len() - checksum.length()..].to_vec();
    if spec.little_endian {
        sum.reverse();
    }
    Ok(match spec.form {
        ChecksumForm::Binary => sum,
        ChecksumForm::Hex => crate::hex::upper(&sum).into_bytes(),
    })
}

fn encode(
    encoding: &'static Encoding,
    parts: &[(Range<usize>, Part)],
) -> Result<Vec<u8>, SendError> {
    let mut out = Vec::with_capacity(parts.len());
    for run in parts.chunk_by(|(_, a), (_, b)| matches!((a, b), (Part::Char(_), Part::Char(_)))) {
        if let [(_, Part::Byte(byte))] = run {
            out.push(*byte);
        } else {
            encode_text(encoding, run, &mut out)?;
        }
    }
    Ok(out)
}

/// Encodes characters in one go, for the sake of encodings with a state.
fn encode_text(
    encoding: &'static Encoding,
    run: &[(Range<usize>, Part)],
    out: &mut Vec<u8>,
) -> Result<(), SendError> {
    let char = |(_, part): &(Range<usize>, Part)| match part {
        Part::Char(char) => Some(*char),
        Part::Byte(_) => None,
    };
    let text: String = run.iter().filter_map(char).collect();
    if encoding == UTF_16LE || encoding == UTF_16BE {
        // The Encoding Standard has decoders for these, but no encoders.
        let bytes = if encoding == UTF_16LE { u16::to_le_bytes } else { u16::to_be_bytes };
        out.extend(text.encode_utf16().flat_map(bytes));
        return Ok(());
    }
    let mut encoder = encoding.new_encoder();
    let mut rest = text.as_str();
    loop {
        let room = encoder.max_buffer_length_from_utf8_without_replacement(rest.len());
        out.reserve(room.unwrap_or(rest.len() * 4 + 16));
        let (result, read) = encoder.encode_from_utf8_to_vec_without_replacement(rest, out, true);
        rest = &rest[read..];
        match result {
            EncoderResult::InputEmpty => return Ok(()),
            EncoderResult::OutputFull => {}
            EncoderResult::Unmappable(character) => {
                let done = text.len() - rest.len() - character.len_utf8();
                let index = text[..done].chars().count();
                let range = run.get(index).map_or(0..0, |it| it.0.clone());
                let encoding = encoding.name();
                return Err(SendError::new(range, SendFault::Unencodable { character, encoding }));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::send::LineEnding;

    fn name(label: &str) -> EncodingName {
        EncodingName(label.to_owned())
    }

    #[test]
    fn text_is_sent_in_the_sessions_encoding() {
        let send = |text, label| compose(&SendSpec::default(), text, &name(label)).unwrap();
        assert_eq!(send("你好", "UTF-8"), "你好".as_bytes());
        assert_eq!(send("你好", "GBK"), b"\xC4\xE3\xBA\xC3");
        assert_eq!(send(r"\u{4F60}\xFF好", "GBK"), b"\xC4\xE3\xFF\xBA\xC3");
        assert_eq!(send("é", "windows-1252"), b"\xE9");
        assert_eq!(send("A😀", "UTF-16LE"), b"A\0\x3D\xD8\x00\xDE");
        assert_eq!(send("日本", "ISO-2022-JP"), b"\x1B$BF|K\\\x1B(B");
    }

    #[test]
    fn a_character_that_the_encoding_lacks_is_pointed_at() {
        let error = compose(&SendSpec::default(), r"a\n你好é", &name("windows-1252")).unwrap_err();
        assert_eq!(error.range, 3..6);
        assert_eq!(
            error.fault,
            SendFault::Unencodable { character: '你', encoding: "windows-1252" }
        );
        let error = compose(&SendSpec::default(), r"\xFFab\u{1F600}", &name("GBK")).unwrap_err();
        assert_eq!(error.range, 6..15);
    }

    #[test]
    fn backslashes_are_plain_when_escapes_are_off() {
        let spec =
            SendSpec { escapes: false, line_ending: LineEnding::CrLf, ..SendSpec::default() };
        assert_eq!(compose(&spec, r"C:\new", &name("UTF-8")).unwrap(), b"C:\\new\r\n");
        assert_eq!(compose(&spec, "a", &name("UTF-16BE")).unwrap(), b"\0a\0\r\0\n");
    }

    #[test]
    fn checksums_cover_what_they_should_in_the_order_asked_for() {
        let send = |text: &str, format, line_ending, checksum| {
            let spec = SendSpec { format, escapes: true, line_ending, checksum: Some(checksum) };
            compose(&spec, text, &EncodingName::default())
        };
        // MODBUS over Serial Line: read one register; CRC low byte first.
        let modbus = ChecksumSpec::default();
        let sent = send("01 03 00 00 00 01", SendFormat::Hex, LineEnding::None, modbus.clone());
        assert_eq!(sent.unwrap(), [1, 3, 0, 0, 0, 1, 0x84, 0x0A]);
        let big = ChecksumSpec { little_endian: false, ..modbus.clone() };
        let sent = send("010300000001", SendFormat::Hex, LineEnding::None, big);
        assert_eq!(sent.unwrap(), [1, 3, 0, 0, 0, 1, 0x0A, 0x84]);
        // NMEA 0183: between $ and *.
        let nmea = ChecksumSpec {
            algorithm: "xor8".into(),
            skip_start: 1,
            skip_end: 1,
            form: ChecksumForm::Hex,
            ..modbus.clone()
        };
        let sentence = "$GPGLL,5300.97914,N,00259.98174,E,125926,A*";
        let sent = send(sentence, SendFormat::Text, LineEnding::CrLf, nmea.clone()).unwrap();
        assert_eq!(sent, format!("{sentence}28\r\n").into_bytes());
        let error = send("$", SendFormat::Text, LineEnding::None, nmea).unwrap_err();
        assert_eq!(error.fault, SendFault::ChecksumRange { skipped: 2, bytes: 1 });
        let odd = ChecksumSpec { algorithm: "md5".into(), ..modbus };
        let error = send("$", SendFormat::Text, LineEnding::None, odd).unwrap_err();
        assert_eq!(error.fault, SendFault::UnknownChecksum("md5".into()));
    }

    proptest! {
        #[test]
        fn any_bytes_can_be_sent_as_escapes(bytes in prop::collection::vec(any::<u8>(), 0..30)) {
            let text: String = bytes.iter().map(|byte| format!("\\x{byte:02x}")).collect();
            for label in ["UTF-8", "GBK", "UTF-16LE", "ISO-2022-JP"] {
                prop_assert_eq!(compose(&SendSpec::default(), &text, &name(label)), Ok(bytes.clone()));
            }
        }

        #[test]
        fn what_is_sent_is_what_the_log_decodes(text in "[ -\\[\\]-~你好世界éß日本]{0,24}") {
            for label in ["UTF-8", "GBK", "gb18030", "Shift_JIS", "Big5", "windows-1252", "ISO-2022-JP"] {
                if let Ok(bytes) = compose(&SendSpec::default(), &text, &name(label)) {
                    let encoding = name(label).encoding_or_utf8();
                    let decoded = encoding.decode_without_bom_handling(&bytes).0;
                    prop_assert_eq!(&*decoded, text.as_str(), "{}", label);
                }
            }
        }
    }
}
