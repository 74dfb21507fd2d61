//! A cut row as text with marked parts.

use crate::hex;
use crate::{PeerId, SgrStyle};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::ops::Range;
use std::sync::Arc;

use encoding_rs::Encoding;

use super::ansi;
use super::decode::{Decoded, decode};
use super::pattern::Pattern;
use super::raw_pattern::RawPattern;
use super::row_bounds::RowHead;
use super::scan::RawRow;
use super::{
    BookmarkList, ControlForm, ControlStyle, Framing, Layer, Row, RowFormat, RowKind, RowMark, Sgr,
    Span, ViewSpec,
};

/// How rows look: everything of a specification that changes neither where rows begin nor which are shown.
#[derive(Clone, Debug)]
pub(super) struct RowRenderer {
    encoding: &'static Encoding,
    /// Of peers that have one of their own.
    peer_encodings: BTreeMap<PeerId, &'static Encoding>,
    pub(super) format: RowFormat,
    sgr: Sgr,
    controls: ControlStyle,
    control_form: ControlForm,
    bookmarks: BookmarkList,
    /// A carriage return alone ends lines.
    returns: bool,
    highlights: Vec<(Pattern, u8)>,
    pub(super) hit: Option<Pattern>,
}

impl RowRenderer {
    /// Rules whose pattern is not valid are left out; the second value says why.
    pub(super) fn new(spec: &ViewSpec, encoding: &'static Encoding) -> (Self, Option<Arc<str>>) {
        let mut highlights = Vec::new();
        let mut error = None;
        for rule in &spec.highlights {
            match Pattern::new(&rule.needle()) {
                Ok(pattern) => highlights.extend(pattern.map(|it| (it, rule.color.min(7)))),
                Err(why) => error = Some(why),
            }
        }
        let renderer = Self {
            encoding,
            peer_encodings: spec
                .peer_encodings
                .iter()
                .map(|(peer, name)| (*peer, name.encoding_or_utf8()))
                .collect(),
            format: spec.format,
            sgr: spec.sgr,
            controls: spec.controls,
            control_form: spec.control_form,
            bookmarks: spec.bookmarks.clone(),
            returns: spec.framing == Framing::Cr,
            highlights,
            hit: None,
        };
        (renderer, error)
    }

    /// The encoding of what a peer says and is told.
    pub(super) fn encoding_of(&self, peer: PeerId) -> &'static Encoding {
        self.peer_encodings.get(&peer).copied().unwrap_or(self.encoding)
    }

    /// Decodes what is of a peer. Whether the first byte is half of a character is known in the encoding that rows are cut in.
    fn decoded<'b>(&self, peer: PeerId, bytes: &'b [u8], odd: bool) -> Decoded<'b> {
        let encoding = self.encoding_of(peer);
        decode(encoding, bytes, odd && encoding == self.encoding)
    }

    /// The text that filters and searches test: as shown, but without ANSI colours and line ends, however these are shown. Beside
    /// hex just as shown, with a dot for each of them.
    pub(super) fn search_text<'a>(&self, raw: &RawRow<'a>) -> Cow<'a, str> {
        if self.format != RowFormat::HexText || raw.event.is_some() {
            return self.plain_text(raw);
        }
        let Decoded { text, undecodable } =
            self.decoded(raw.head.stream.peer, raw.bytes, raw.head.odd);
        if undecodable.is_empty() && !needs_marks(&text) {
            return text;
        }
        let mut painter = TextPainter::new(ControlForm::Dot);
        painter.body(&text, &undecodable, Sgr::Raw, SgrStyle::default());
        Cow::Owned(painter.text)
    }

    /// What a row says: its text without ANSI colours and line ends; in a hex view its bytes in hexadecimal.
    pub(super) fn plain_text<'a>(&self, raw: &RawRow<'a>) -> Cow<'a, str> {
        if let Some(event) = raw.event {
            return Cow::Owned(event.to_string());
        }
        if self.format == RowFormat::Hex {
            return Cow::Owned(hex::spaced(raw.bytes));
        }
        let decoded = self.decoded(raw.head.stream.peer, raw.bytes, raw.head.odd);
        let (body, _) = self.split_line_end(decoded.text.len(), &decoded.text);
        if !needs_marks(&decoded.text[..body]) {
            return match decoded.text {
                Cow::Borrowed(text) => Cow::Borrowed(&text[..body]),
                Cow::Owned(mut text) => {
                    text.truncate(body);
                    Cow::Owned(text)
                }
            };
        }
        let mut painter = TextPainter::new(self.control_form);
        painter.body(&decoded.text[..body], &[], Sgr::Stripped, SgrStyle::default());
        Cow::Owned(painter.text)
    }

    /// Whether a row has what is looked for.
    pub(super) fn has(&self, raw: &RawRow<'_>, pattern: &Pattern) -> bool {
        pattern.is_in(raw.bytes, || self.search_text(raw))
    }

    /// The pattern as it is looked for in bytes, where rows are lines whose text is their bytes in one encoding.
    pub(super) fn raw(&self, pattern: &Pattern, framing: &Framing) -> Option<RawPattern> {
        let is_lines = matches!(framing, Framing::Line | Framing::Message);
        let is_text = self.format == RowFormat::Text && is_lines;
        let is_bytes = matches!(pattern, Pattern::Bytes(_));
        if !is_bytes && (!is_text || !self.peer_encodings.is_empty()) {
            return None;
        }
        RawPattern::new(pattern, self.encoding)
    }

    /// Whether sequences style the text.
    pub(super) fn has_style(&self) -> bool {
        self.sgr == Sgr::Shown && self.format == RowFormat::Text
    }

    /// The style that the row's own sequences leave to the rows behind it; `None` when it has none.
    pub(super) fn style_left(&self, raw: &RawRow<'_>) -> Option<SgrStyle> {
        if !self.has_style() || raw.event.is_some() || memchr::memchr(b'\x1b', raw.bytes).is_none()
        {
            return None;
        }
        let text = self.decoded(raw.head.stream.peer, raw.bytes, raw.head.odd).text;
        let mut left = None;
        for at in memchr::memchr_iter(b'\x1b', text.as_bytes()) {
            if let Some((_, style)) = ansi::sgr(&text[at..], left.unwrap_or_default()) {
                left = Some(style);
            }
        }
        left
    }

    /// The row as it is drawn, beginning with this style.
    pub(super) fn render(&self, raw: &RawRow<'_>, style: SgrStyle) -> Row {
        let mut painter = TextPainter::new(self.painted_form());
        // Up to where the text is searched.
        let mut searched = None;
        let kind = match raw.event {
            Some(event) => {
                painter.text = event.to_string();
                RowKind::Event(event.clone())
            }
            None => {
                if self.format == RowFormat::Hex {
                    painter.text = hex::spaced(raw.bytes);
                } else {
                    let (peer, odd) = (raw.head.stream.peer, raw.head.odd);
                    searched = Some(self.paint(&mut painter, peer, raw.bytes, odd, style));
                }
                RowKind::Data
            }
        };
        let searched = searched.unwrap_or(painter.text.len());
        self.mark(&mut painter, searched, raw.bytes);
        painter.spans.sort_by_key(|span| span.range.start);
        let RowHead { position, offset, at, .. } = raw.head;
        let begin = RowMark { position, offset, at };
        let bookmark = self.bookmarks.find(&begin, raw.bytes.len());
        Row {
            number: raw.head.number,
            position: raw.head.position,
            offset: raw.head.offset,
            last: raw.last,
            origin: raw.head.origin,
            at: raw.head.at,
            previous_at: raw.head.previous_at,
            previous_shown_at: raw.head.at,
            frame_offset: raw.head.frame_offset,
            direction: raw.head.direction(),
            peer: raw.head.stream.peer,
            kind,
            bytes: raw.bytes.into(),
            text: painter.text.into(),
            spans: painter.spans.into(),
            continues: raw.continues,
            fault: raw.fault,
            bookmark: bookmark.map(|it| it.name.as_str().into()),
            fold: None,
        }
    }

    /// The text of a row, as [`Self::render`] gives it; `painter` may have served another row.
    pub(super) fn text<'t>(&self, raw: &RawRow<'t>, painter: &'t mut TextPainter) -> Cow<'t, str> {
        let (peer, odd) = (raw.head.stream.peer, raw.head.odd);
        if let Some(event) = raw.event {
            return Cow::Owned(event.to_string());
        }
        match self.format {
            RowFormat::Hex => return Cow::Owned(hex::spaced(raw.bytes)),
            RowFormat::Text if self.controls == ControlStyle::Hidden => {
                if let Decoded { text: Cow::Borrowed(text), undecodable } =
                    self.decoded(peer, raw.bytes, odd)
                    && undecodable.is_empty()
                {
                    let body = self.split_line_end(text.len(), text).0;
                    if !needs_marks(&text[..body]) {
                        return Cow::Borrowed(&text[..body]);
                    }
                }
            }
            RowFormat::Text | RowFormat::HexText => {}
        }
        painter.text.clear();
        painter.spans.clear();
        self.paint(painter, peer, raw.bytes, odd, SgrStyle::default());
        Cow::Borrowed(&painter.text)
    }

    /// How control characters are written: with one sign each beside hex.
    pub(super) fn painted_form(&self) -> ControlForm {
        if self.format == RowFormat::HexText { ControlForm::Dot } else { self.control_form }
    }

    /// Paints decoded text; returns where its line end begins.
    pub(super) fn paint(
        &self,
        painter: &mut TextPainter,
        peer: PeerId,
        bytes: &[u8],
        odd: bool,
        style: SgrStyle,
    ) -> usize {
        let Decoded { text, undecodable } = self.decoded(peer, bytes, odd);
        if self.format == RowFormat::HexText {
            // One sign for each byte that cannot be printed, so that both columns can be read side by side.
            painter.body(&text, &undecodable, Sgr::Raw, SgrStyle::default());
            return painter.text.len();
        }
        let (body, line_end) = self.split_line_end(text.len(), &text);
        painter.body(&text[..body], &undecodable, self.sgr, style);
        let searched = painter.text.len();
        if self.controls == ControlStyle::Visible {
            for (at, char) in line_end.char_indices() {
                painter.origin(body + at);
                painter.char(char);
                painter.origin(body + at + char.len_utf8());
            }
        }
        searched
    }

    /// The length of a row's text before its line end, and the line end.
    fn split_line_end<'t>(&self, length: usize, text: &'t str) -> (usize, &'t str) {
        let body = match text.strip_suffix('\n') {
            Some(body) => body.strip_suffix('\r').unwrap_or(body).len(),
            None if self.returns => text.strip_suffix('\r').map_or(length, str::len),
            None => length,
        };
        (body, &text[body..])
    }

    fn mark(&self, painter: &mut TextPainter, searched: usize, bytes: &[u8]) {
        let TextPainter { text, spans, .. } = painter;
        let text = &text[..searched];
        let is_hex = self.format == RowFormat::Hex;
        // Both what is taken and what a rule finds stand in the order of the text.
        let mut taken: Vec<Range<usize>> = Vec::new();
        for (pattern, color) in &self.highlights {
            let mut ahead = taken.iter().peekable();
            let found = pattern.ranges(bytes, text, is_hex).into_iter();
            let free = found.filter(|range| {
                while ahead.next_if(|it| it.end <= range.start).is_some() {}
                // Earlier rules win where two meet.
                ahead.peek().is_none_or(|it| range.end <= it.start)
            });
            let free: Vec<_> = free.collect();
            let highlight = |range| Span { range, layer: Layer::Highlight(*color) };
            spans.extend(free.iter().cloned().map(highlight));
            taken.extend(free);
            taken.sort_unstable_by_key(|it| it.start);
        }
        if let Some(hit) = &self.hit {
            let found = hit.ranges(bytes, text, is_hex).into_iter();
            spans.extend(found.map(|range| Span { range, layer: Layer::Hit }));
        }
    }
}

/// Whether a text has anything that is not shown as it is.
fn needs_marks(text: &str) -> bool {
    // All bytes, without stopping at the first: that way many are looked at in one instruction.
    let odd = |byte: u8| u8::from(!(b' '..0x7F).contains(&byte) && byte != b'\t');
    let any_odd = text.bytes().fold(0, |any, byte| any | odd(byte)) != 0;
    any_odd && text.chars().any(is_marked)
}

/// Control characters, and the invisible ones that would reorder or hide the text around them.
pub(super) const fn is_marked(char: char) -> bool {
    matches!(char,
        '\0'..='\x08' | '\n'..='\x1F' | '\x7F'..='\u{9F}'
        | '\u{061C}' | '\u{200B}' | '\u{200E}' | '\u{200F}'
        | '\u{2028}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{FEFF}')
}

#[derive(Debug)]
pub(super) struct TextPainter {
    pub(super) text: String,
    spans: Vec<Span>,
    controls: ControlForm,
    /// Where each sign begins and ends, here and in the decoded text, if anybody wants to know.
    pub(super) origins: Option<Vec<(usize, usize)>>,
}

impl TextPainter {
    pub(super) const fn new(controls: ControlForm) -> Self {
        Self { text: String::new(), spans: Vec::new(), controls, origins: None }
    }

    /// Here a sign begins or ends, which does so there in the decoded text.
    fn origin(&mut self, decoded: usize) {
        if let Some(origins) = &mut self.origins {
            origins.push((self.text.len(), decoded));
        }
    }

    /// Adds a row's text without its line end, which begins with this style; `undecodable` are ranges of `text`.
    fn body(&mut self, text: &str, undecodable: &[Range<usize>], sgr: Sgr, mut style: SgrStyle) {
        if self.origins.is_none() && undecodable.is_empty() && !needs_marks(text) {
            self.text.push_str(text);
            self.style(0, style);
            return;
        }
        // Where the current style began.
        let mut styled_from = 0;
        let mut undecodable = undecodable.iter().peekable();
        let mut at = 0;
        while let Some(char) = text[at..].chars().next() {
            if let Some(range) = undecodable.next_if(|range| range.start == at) {
                let start = self.text.len();
                // Each byte is written with four characters.
                for byte in range.clone().step_by(4) {
                    self.origin(byte);
                    match self.controls {
                        ControlForm::Dot => self.text.push('.'),
                        ControlForm::Hex | ControlForm::Picture => {
                            self.text.push_str(&text[byte..byte + 4]);
                        }
                    }
                    self.origin(byte + 4);
                }
                self.span(start, Layer::Undecodable);
                at = range.end;
                continue;
            }
            if char == '\x1b'
                && sgr != Sgr::Raw
                && let Some((length, next)) = ansi::sgr(&text[at..], style)
            {
                if sgr == Sgr::Shown {
                    self.style(styled_from, style);
                    styled_from = self.text.len();
                    style = next;
                }
                at += length;
                continue;
            }
            self.origin(at);
            self.char(char);
            at += char.len_utf8();
            self.origin(at);
        }
        self.style(styled_from, style);
    }

    fn style(&mut self, start: usize, style: SgrStyle) {
        if style != SgrStyle::default() && start < self.text.len() {
            self.span(start, Layer::Sgr(style));
        }
    }

    fn char(&mut self, char: char) {
        if !is_marked(char) {
            self.text.push(char);
            return;
        }
        let start = self.text.len();
        match (self.controls, char) {
            (ControlForm::Dot, _) => self.text.push('.'),
            (ControlForm::Hex, '\r') => self.text.push_str("\\r"),
            (ControlForm::Hex, '\n') => self.text.push_str("\\n"),
            (ControlForm::Hex, '\0'..='\x1F' | '\x7F') => {
                write!(self.text, "\\x{:02X}", char as u32).ok();
            }
            (ControlForm::Picture, '\0'..='\x1F') => {
                self.text.extend(char::from_u32(0x2400 + char as u32));
            }
            (ControlForm::Picture, '\x7F') => self.text.push('\u{2421}'),
            _ => {
                write!(self.text, "\\u{{{:X}}}", char as u32).ok();
            }
        }
        let end = self.text.len();
        match self.spans.last_mut() {
            Some(Span { range, layer: Layer::Control }) if range.end == start => range.end = end,
            _ => self.span(start, Layer::Control),
        }
    }

    fn span(&mut self, start: usize, layer: Layer) {
        self.spans.push(Span { range: start..self.text.len(), layer });
    }
}
