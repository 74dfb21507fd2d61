//! What a user asks of a view.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{BookmarkList, BytesPerRow, EncodingName, FoldId, Framing, Needle, RowMark};
use crate::board::LogFilter;
use crate::{Direction, PeerId, Position, Timestamp};

/// How a log is shown. All of it applies to the whole history at once.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ViewSpec {
    /// Text, hex, or both.
    pub format: RowFormat,
    /// Where rows begin and end.
    pub framing: Framing,
    /// How bytes become text, and text we send becomes bytes.
    pub encoding: EncodingName,
    /// The encodings of peers that have one of their own. Their rows are cut like all others.
    #[serde(skip)]
    pub peer_encodings: Arc<BTreeMap<PeerId, EncodingName>>,
    /// What is done with ANSI colour sequences.
    pub sgr: Sgr,
    /// What is done with other control characters.
    pub controls: ControlStyle,
    /// How a control character that is shown looks.
    pub control_form: ControlForm,
    /// Long rows of text are wrapped; otherwise one scrolls sideways.
    pub wrap: bool,
    /// How many bytes a row of a hex view has.
    pub bytes_per_row: BytesPerRow,
    /// How many bytes the window has room for, told by it for [`BytesPerRow::Fitted`]; 1 to [`BytesPerRow::MOST`].
    #[serde(skip)]
    pub fitted_bytes: u16,
    /// With a column that says how many bytes of its frame came before a row.
    pub offsets: bool,
    /// Which time stands before each row.
    pub clock: ClockStyle,
    /// Which time stands in the second column.
    pub delta: DeltaStyle,
    /// The row that [`DeltaStyle::SinceReference`] counts from.
    #[serde(skip)]
    pub reference: Option<RowMark>,
    /// Which rows are shown; the others are hidden, never dropped.
    pub filter: Filter,
    /// Rules that mark rows.
    pub highlights: Vec<HighlightRule>,
    /// The rows of a panic in what a board says are folded behind its first one, where rows are lines of text. While a text is
    /// filtered or searched for, everything is unfolded.
    pub fold_panics: bool,
    /// Rows that the user has marked.
    #[serde(skip_serializing_if = "BookmarkList::is_empty")]
    pub bookmarks: BookmarkList,
    /// Those that the user has unfolded.
    #[serde(skip)]
    pub unfolded: Vec<FoldId>,
    /// Rows before this position are hidden ("clear the view").
    #[serde(skip)]
    pub cleared_before: Position,
}

impl Default for ViewSpec {
    fn default() -> Self {
        Self {
            format: RowFormat::Text,
            framing: Framing::Line,
            encoding: EncodingName::default(),
            peer_encodings: Arc::default(),
            sgr: Sgr::Shown,
            controls: ControlStyle::Hidden,
            control_form: ControlForm::Hex,
            wrap: true,
            bytes_per_row: BytesPerRow::default(),
            fitted_bytes: 16,
            offsets: false,
            clock: ClockStyle::Local,
            delta: DeltaStyle::Off,
            reference: None,
            filter: Filter::default(),
            highlights: Vec::new(),
            fold_panics: false,
            bookmarks: BookmarkList::default(),
            unfolded: Vec::new(),
            cleared_before: Position(0),
        }
    }
}

/// What a row shows of its bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RowFormat {
    /// Decoded text.
    #[default]
    Text,
    /// Bytes in hexadecimal.
    Hex,
    /// Both side by side; what cannot be printed is a dot in the text.
    HexText,
}

/// What is done with ANSI SGR sequences (ECMA-48 section 8.3.117).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Sgr {
    /// Escape sequences colour the text and are not seen themselves.
    #[default]
    Shown,
    /// Escape sequences are taken out of the text and colour nothing.
    Stripped,
    /// Escape sequences are shown as characters.
    Raw,
}

/// What is done with control characters other than newline and tab.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ControlStyle {
    /// Line ends are not shown, other control characters are.
    #[default]
    Hidden,
    /// All are shown, line ends included.
    Visible,
}

/// How a control character that is shown looks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ControlForm {
    /// As in a string of C: `\x01`, `\r`, `\n`.
    #[default]
    Hex,
    /// A dot, whichever it is.
    Dot,
    /// Its Unicode picture (U+2400 …).
    Picture,
}

/// Which time stands before each row.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ClockStyle {
    /// None.
    Off,
    /// Local time of day with microseconds.
    #[default]
    Local,
    /// The same with the date before it.
    Date,
    /// Seconds since the capture began.
    SinceStart,
    /// Seconds since the row before.
    SincePrevious,
}

/// Which time stands in the second column.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DeltaStyle {
    /// None.
    #[default]
    Off,
    /// Since the row that is shown before it.
    SincePrevious,
    /// Since the row that is measured from; none while there is no such row.
    SinceReference,
}

/// Which rows are shown.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Filter {
    /// Only this direction.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub direction: Option<Direction>,
    /// Only these peers; empty: all. Events of the session itself always pass this test.
    #[serde(skip)]
    pub peers: Vec<PeerId>,
    /// Not these lanes of a timeline, events included.
    #[serde(skip)]
    pub hidden_lanes: Vec<u32>,
    /// Only rows that have this; empty: all.
    pub text: String,
    /// `text` is a regular expression.
    pub regex: bool,
    /// `text` is bytes in hexadecimal, see [`Needle::hex`].
    #[serde(skip_serializing_if = "is_off")]
    pub hex: bool,
    /// Upper and lower case differ.
    #[serde(skip_serializing_if = "is_off")]
    pub case_sensitive: bool,
    /// `text` is a whole word.
    #[serde(skip_serializing_if = "is_off")]
    pub whole_word: bool,
    /// Only rows that do not have `text`.
    #[serde(skip_serializing_if = "is_off")]
    pub not: bool,
    /// Only rows that begin at this time or later.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<Timestamp>,
    /// Only rows that begin before this time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
    /// Only log lines of these levels and this tag, in what a board says.
    #[serde(skip_serializing_if = "LogFilter::is_open")]
    pub log: LogFilter,
    /// Hide events.
    pub hide_events: bool,
    /// Hide rows that are Improv packets, which share a board's serial line with its log.
    pub hide_improv: bool,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
const fn is_off(value: &bool) -> bool {
    !*value
}

impl Filter {
    /// What is looked for in rows.
    pub fn needle(&self) -> Needle<'_> {
        let Self { text, regex, hex, case_sensitive, whole_word, .. } = self;
        let (regex, hex, case_sensitive, whole_word) = (*regex, *hex, *case_sensitive, *whole_word);
        Needle { text, regex, hex, case_sensitive, whole_word }
    }

    /// Whether a row that begins at this time may pass.
    pub fn passes_time(&self, at: Timestamp) -> bool {
        self.since.is_none_or(|since| at >= since) && self.until.is_none_or(|until| at < until)
    }
}

/// Marks rows or parts of rows.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct HighlightRule {
    /// What is looked for.
    pub pattern: String,
    /// `pattern` is a regular expression.
    #[serde(default)]
    pub regex: bool,
    /// `pattern` is bytes in hexadecimal, see [`Needle::hex`].
    #[serde(default, skip_serializing_if = "is_off")]
    pub hex: bool,
    /// Upper and lower case differ.
    #[serde(default, skip_serializing_if = "is_off")]
    pub case_sensitive: bool,
    /// `pattern` is a whole word.
    #[serde(default, skip_serializing_if = "is_off")]
    pub whole_word: bool,
    /// Which of the theme's eight highlight colours, 0 to 7.
    #[serde(default)]
    pub color: u8,
}

impl HighlightRule {
    /// What is looked for in rows.
    pub fn needle(&self) -> Needle<'_> {
        let Self { pattern, regex, hex, case_sensitive, whole_word, color: _ } = self;
        let (regex, hex, case_sensitive, whole_word) = (*regex, *hex, *case_sensitive, *whole_word);
        Needle { text: pattern, regex, hex, case_sensitive, whole_word }
    }
}

/// What is searched for over the whole history.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FindSpec {
    /// What is looked for, in the decoded text of a row; empty: nothing.
    pub pattern: String,
    /// `pattern` is a regular expression.
    pub regex: bool,
    /// Upper and lower case differ.
    pub case_sensitive: bool,
    /// `pattern` is bytes in hexadecimal, see [`Needle::hex`].
    pub hex: bool,
    /// `pattern` is a whole word.
    pub whole_word: bool,
}

impl FindSpec {
    /// What is looked for in rows.
    pub fn needle(&self) -> Needle<'_> {
        let Self { pattern, regex, hex, case_sensitive, whole_word } = self;
        let (regex, hex, case_sensitive, whole_word) = (*regex, *hex, *case_sensitive, *whole_word);
        Needle { text: pattern, regex, hex, case_sensitive, whole_word }
    }
}
