//! What a theme decides.

use egui::Color32;

/// Colours by meaning. Text colours keep a contrast of at least 4.5 on `panel` and `field` (WCAG 2.2, 1.4.3).
#[derive(Clone, Copy, Debug)]
pub struct Tokens {
    /// Is this the dark theme?
    pub dark: bool,

    /// Behind everything: tab bars, gaps between tiles.
    pub ground: Color32,
    /// Panes, panels, dialogs.
    pub panel: Color32,
    /// What is written in or read from: text fields, logs.
    pub field: Color32,
    /// Menus and dialogs, which float.
    pub float: Color32,
    /// A raised control at rest, under the pointer, and pressed.
    pub control: [Color32; 3],
    /// Lines between regions; lines around controls.
    pub line: Color32,
    /// Lines around controls, a little stronger.
    pub outline: Color32,
    /// The wash of a row under the pointer.
    pub hover: Color32,
    /// The wash of selected rows and text.
    pub selection: Color32,
    /// Every second row.
    pub stripe: Color32,
    /// What lies behind a modal dialog.
    pub backdrop: Color32,
    /// Shadows.
    pub shadow: Color32,

    /// Text.
    pub text: Color32,
    /// Text that stands back: units, hints, time stamps.
    pub muted: Color32,
    /// Text that stands out.
    pub strong: Color32,

    /// The one accent: what to do next, where the focus is.
    pub accent: Color32,
    /// The accent as a wash behind text.
    pub accent_wash: Color32,
    /// Text on the accent.
    pub on_accent: Color32,

    /// Received.
    pub received: Color32,
    /// Sent.
    pub sent: Color32,

    /// Stands, works.
    pub good: Color32,
    /// Is under way, or half of it is over.
    pub busy: Color32,
    /// Failed, or lost for good when it is pressed.
    pub bad: Color32,
    /// Text on it.
    pub on_bad: Color32,
    /// Waits for others: a listener.
    pub calm: Color32,
    /// Not started.
    pub idle: Color32,

    /// Sessions and peers, told apart by number modulo eight.
    pub peers: [Color32; 8],
    /// Lanes of a timeline: eight hues that also differ in lightness, so that most eyes tell them apart (after Okabe and Ito,
    /// 2008). Names stand beside them, and the second eight lanes are dashed.
    pub lanes: [Color32; 8],
    /// Washes of the eight highlight rules.
    pub highlights: [Color32; 8],
    /// The wash of a search hit, and of the one that was stepped to.
    pub hits: [Color32; 2],
    /// Bytes that are no character, and pictures of control characters.
    pub control_picture: Color32,
    /// ANSI's sixteen, dark ones first (ECMA-48 SGR 30–37, 90–97).
    pub ansi: [Color32; 16],
}

impl Tokens {
    /// The colour of a session or peer.
    pub const fn peer(&self, number: u64) -> Color32 {
        self.peers[(number % 8) as usize]
    }

    /// The colour of a lane.
    pub const fn lane(&self, number: u32) -> Color32 {
        self.lanes[(number % 8) as usize]
    }

    /// The wash of a highlight rule.
    pub const fn highlight(&self, color: u8) -> Color32 {
        self.highlights[(color % 8) as usize]
    }
}
