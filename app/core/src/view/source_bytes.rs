//! Which bytes of a row a part of its text shows: for who selects text and wants the bytes.

use std::ops::Range;

use super::decode::decoded_lengths;
use super::render::{RowRenderer, TextPainter};
use super::{Row, RowFormat, RowKind};
use crate::SgrStyle;

impl RowRenderer {
    /// The bytes that this part of a row's text stands for; what is shown only in part counts as a whole. What is not shown (the
    /// sequences of colours, line ends) belongs to a part that goes on on both of its sides.
    pub(super) fn bytes_of(&self, row: &Row, part: &Range<usize>) -> Range<usize> {
        if row.kind != RowKind::Data {
            return 0..0;
        }
        if self.format == RowFormat::Hex {
            // `48 65 6C`
            let end = part.end.div_ceil(3).min(row.bytes.len());
            return ((part.start + 1) / 3).min(end)..end;
        }
        // Whether its first byte is half of a character is seen by the text that it has.
        let origins = [false, true].map(|odd| self.origins(row, odd)).into_iter().flatten().next();
        let Some(origins) = origins else { return 0..row.bytes.len() };
        // Where nothing is shown between two signs, one ends and another begins at the same place of the text.
        let from = origins.partition_point(|it| it.shown <= part.start).checked_sub(1);
        let from = from.and_then(|at| origins.get(at)).map_or(0, |it| it.byte);
        let to = origins.get(origins.partition_point(|it| it.shown < part.end));
        from..to.map_or(from, |it| it.byte.max(from))
    }

    /// Where the signs of the row's text come from, in order; `None` when that makes another text.
    fn origins(&self, row: &Row, odd: bool) -> Option<Vec<SignEdge>> {
        let mut painter = TextPainter::new(self.painted_form());
        painter.origins = Some(Vec::new());
        self.paint(&mut painter, row.peer, &row.bytes, odd, SgrStyle::default());
        if *painter.text != *row.text {
            return None;
        }
        let lengths = decoded_lengths(self.encoding_of(row.peer), &row.bytes, odd);
        let origins = painter.origins.unwrap_or_default();
        let byte = |decoded: usize| {
            let reached = lengths.partition_point(|it| it.0 <= decoded).checked_sub(1)?;
            let length = lengths.get(reached)?.0;
            lengths.get(lengths.partition_point(|it| it.0 < length)).map(|it| it.1)
        };
        let sign = |(shown, decoded)| SignEdge { shown, byte: byte(decoded).unwrap_or(0) };
        Some(origins.into_iter().map(sign).collect())
    }
}

/// Where a sign of a row's text begins or ends.
struct SignEdge {
    /// In the text.
    shown: usize,
    /// In the bytes.
    byte: usize,
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::view::row_bounds::{RowHead, StreamKey};
    use crate::view::scan::RawRow;
    use crate::view::{ControlForm, ControlStyle, EncodingName, Sgr, ViewSpec};
    use crate::{Direction, PeerId, Position, Timestamp};

    fn row(spec: &ViewSpec, bytes: &[u8]) -> (RowRenderer, Row) {
        let encoding = spec.encoding.encoding_or_utf8();
        let (renderer, _) = RowRenderer::new(spec, encoding);
        let head = RowHead {
            number: 0,
            position: Position(0),
            offset: 0,
            at: Timestamp(0),
            previous_at: Timestamp(0),
            stream: StreamKey { peer: PeerId(1), direction: Direction::In },
            origin: None,
            frame_offset: 0,
            odd: false,
        };
        let last = (Position(0), 0);
        let raw = RawRow { head, last, bytes, event: None, continues: false, fault: None };
        let row = renderer.render(&raw, SgrStyle::default());
        (renderer, row)
    }

    /// The bytes of the first place where `part` stands in the text.
    fn bytes_of(spec: &ViewSpec, bytes: &[u8], part: &str) -> Vec<u8> {
        let (renderer, row) = row(spec, bytes);
        let at = row.text.find(part).unwrap_or_else(|| panic!("{part:?} in {:?}", row.text));
        bytes[renderer.bytes_of(&row, &(at..at + part.len()))].to_vec()
    }

    fn spec(encoding: &str) -> ViewSpec {
        ViewSpec { encoding: EncodingName(encoding.to_owned()), ..ViewSpec::default() }
    }

    #[test]
    fn a_part_of_a_text_is_its_bytes_in_the_encoding_of_the_row() {
        let utf8 = spec("UTF-8");
        assert_eq!(bytes_of(&utf8, "say 你好 now\r\n".as_bytes(), "你好"), "你好".as_bytes());
        assert_eq!(bytes_of(&utf8, b"plain text\n", "text"), b"text");
        assert_eq!(bytes_of(&spec("GBK"), b"a\xC4\xE3\xBA\xC3z", "好"), b"\xBA\xC3");
        assert_eq!(bytes_of(&spec("UTF-16LE"), b"A\0\x60\x4FB\0", "你"), b"\x60\x4F");
        assert_eq!(bytes_of(&utf8, b"a\x01\xFF\xFEb", r"\x01"), b"\x01");
        assert_eq!(bytes_of(&utf8, b"a\x01\xFF\xFEb", r"\xFE"), b"\xFE");
        // A part of what stands for a byte is that byte.
        assert_eq!(bytes_of(&utf8, b"a\xFF\xFEb", r"F\x"), b"\xFF\xFE");
        assert_eq!(bytes_of(&utf8, b"\x1b[31mred\x1b[0m end", "red"), b"red");
        assert_eq!(bytes_of(&utf8, b"\x1b[31mred\x1b[0m end", "d e"), b"d\x1b[0m e");
        let visible = ViewSpec { controls: ControlStyle::Visible, ..spec("UTF-8") };
        assert_eq!(bytes_of(&visible, b"ok\r\n", r"k\r"), b"k\r");
        let both = ViewSpec { format: RowFormat::HexText, ..spec("UTF-8") };
        assert_eq!(bytes_of(&both, b"a\x01\xFF\xFEb", ".b"), b"\xFEb");
        let hex = ViewSpec { format: RowFormat::Hex, ..spec("UTF-8") };
        assert_eq!(bytes_of(&hex, b"Hello", "65 6C"), b"el");
        assert_eq!(bytes_of(&hex, b"Hello", "8 6"), b"He");
        assert_eq!(bytes_of(&hex, b"Hello", " 6C "), b"l");
    }

    proptest! {
        #[test]
        fn all_of_a_text_is_all_of_its_bytes_and_two_halves_are_the_whole(
            label in prop::sample::select(&[
                "UTF-8", "GBK", "gb18030", "Big5", "EUC-KR", "EUC-JP", "Shift_JIS", "ISO-2022-JP",
                "UTF-16LE", "UTF-16BE", "windows-1252", "x-user-defined",
            ][..]),
            bytes in prop::collection::vec(prop_oneof![any::<u8>(), 0x20..0x7F_u8, Just(0x1B), Just(b'[')], 1..48),
            form in prop::sample::select(&[ControlForm::Hex, ControlForm::Dot, ControlForm::Picture][..]),
            format in prop::sample::select(&[RowFormat::Text, RowFormat::Hex, RowFormat::HexText][..]),
            cut in 0..200_usize,
        ) {
            let spec = ViewSpec {
                controls: ControlStyle::Visible,
                sgr: Sgr::Raw,
                control_form: form,
                format,
                ..spec(label)
            };
            let (renderer, row) = row(&spec, &bytes);
            let length = row.text.len();
            let whole = renderer.bytes_of(&row, &(0..length));
            // Escape sequences that switch between its modes show nothing.
            prop_assert!(whole == (0..bytes.len()) || label == "ISO-2022-JP", "{whole:?}");
            let cut = row.text.floor_char_boundary(cut.min(length));
            let (first, second) =
                (renderer.bytes_of(&row, &(0..cut)), renderer.bytes_of(&row, &(cut..length)));
            prop_assert!(first.end <= whole.end && second.end == whole.end || cut == length);
            prop_assert!(second.start <= first.end, "{first:?} {second:?}: nothing between them");
        }
    }
}
