//! What the user has chosen for the whole program: [`UserSettings`] as the program reads it, and [`SETTINGS`], the one table
//! by which the file, the window and the command line name, check and change each of them.

mod choices;
mod list;
mod setting;

use crate::capture_list::KeepLimits;
use crate::send::LineEnding;
use crate::session::{SessionSpec, TransportSpec};
use crate::view::{ClockStyle, EncodingName};

pub use choices::{AskBeforeClosing, LanguageChoice, SyncPolicy, ThemeChoice};
pub use list::SETTINGS;
pub use setting::{SettingKind, SettingSection, SettingUnit, SettingValue, UserSetting};

/// What holds for the whole program.
#[derive(Clone, Debug, PartialEq)]
pub struct UserSettings {
    /// The language of the window.
    pub language: LanguageChoice,
    /// Light or dark.
    pub theme: ThemeChoice,
    /// How large everything in the window is, in percent: 50 to 300.
    pub zoom: u32,
    /// The size of the window's text, in points: 10 to 22.
    pub font_size: f32,
    /// The size of the log and of what is written in fixed width, in points: 8 to 28.
    pub log_font_size: f32,
    /// The file of the font of the log; empty: the one that comes with the program.
    pub log_font: String,
    /// How a new session begins.
    pub new_session: NewSessionDefaults,
    /// How much history is kept.
    pub limits: KeepLimits,
    /// The folder that log files go into unless a session says otherwise; empty: one in the user's own.
    pub log_folder: String,
    /// When the disk is told to take what was written.
    pub sync: SyncPolicy,
    /// What is asked before the window, or a tab, is closed.
    pub ask_before_closing: AskBeforeClosing,
    /// How much of the program's own log is taken in, unless an argument or the environment says otherwise; empty: `info`.
    pub log_level: String,
    /// Once a day it is asked whether there is a newer version.
    pub ask_for_updates: bool,
    /// Where; empty: where the build says.
    pub updates_url: String,
}

impl Default for UserSettings {
    fn default() -> Self {
        Self {
            language: LanguageChoice::System,
            theme: ThemeChoice::System,
            zoom: 100,
            font_size: 13.5,
            log_font_size: 12.5,
            log_font: String::new(),
            new_session: NewSessionDefaults::default(),
            limits: KeepLimits::default(),
            log_folder: String::new(),
            sync: SyncPolicy::default(),
            ask_before_closing: AskBeforeClosing::default(),
            log_level: String::new(),
            ask_for_updates: false,
            updates_url: String::new(),
        }
    }
}

impl UserSettings {
    /// Steps of the zoom, in percent.
    pub const ZOOM_STEP: u32 = 10;
}

/// How a new session of the window begins; each can be changed in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewSessionDefaults {
    /// The encoding of text, both ways.
    pub encoding: EncodingName,
    /// What is put after a text that is sent; `None`: CR LF on serial ports, nothing elsewhere.
    pub line_ending: Option<LineEnding>,
    /// `\n` and its kin mean what they mean in Rust; otherwise they are sent as written.
    pub escapes: bool,
    /// The time before rows.
    pub clock: ClockStyle,
    /// Long rows of text are wrapped; otherwise one scrolls sideways.
    pub wrap: bool,
}

impl Default for NewSessionDefaults {
    fn default() -> Self {
        Self {
            encoding: EncodingName::default(),
            line_ending: None,
            escapes: false,
            clock: ClockStyle::default(),
            wrap: true,
        }
    }
}

impl NewSessionDefaults {
    /// Shows a session as new ones are shown, unless somebody has said already how it is to be shown.
    pub fn apply(&self, spec: &mut SessionSpec) {
        if spec.view == SessionSpec::new(spec.transport.clone()).view {
            spec.view.encoding = self.encoding.clone();
            spec.view.clock = self.clock;
            spec.view.wrap = self.wrap;
        }
    }

    /// What is put after a text that is sent on such a transport.
    pub fn line_ending(&self, transport: &TransportSpec) -> LineEnding {
        self.line_ending.unwrap_or(match transport {
            TransportSpec::Serial(_) => LineEnding::CrLf,
            _ => LineEnding::None,
        })
    }
}
