//! How text looks that a stream has styled.

/// How text looks after SGR sequences (ECMA-48 section 8.3.117). Colours are indexes of the 256-colour table or `0x01RRGGBB`;
/// `None`: that of plain text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs)] // Their names say all there is to say.
pub struct SgrStyle {
    pub foreground: Option<u32>,
    pub background: Option<u32>,
    pub bold: bool,
    pub dim: bool,
    pub italic: bool,
    pub underline: bool,
    pub strike: bool,
    /// Foreground and background change places.
    pub reverse: bool,
    /// A terminal shows nothing; a log shows what is there all the same.
    pub hidden: bool,
}
