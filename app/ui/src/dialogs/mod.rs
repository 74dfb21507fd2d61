//! What comes up in front of the panes, one at a time.

mod about;
mod bridge;
mod captures;
mod client;
mod closing;
mod frame;
mod load;
mod log_file;
mod new_session;
mod open_capture;
mod options;
mod palette;
mod paste;
mod path;
mod program_log;
mod relay;
mod replay;
mod save;
mod serial_port;
mod settings;
mod shortcuts;
mod tls;
mod transfer;
mod transport;
mod udp;

pub use about::AboutDialog;
pub use bridge::BridgeDialog;
pub use captures::CapturesDialog;
pub use client::ClientDialog;
pub use closing::ClosingDialog;
pub use log_file::LogFileDialog;
pub use new_session::NewSession;
pub use open_capture::OpenCapture;
pub use options::Options;
pub use palette::Palette;
pub use paste::PasteDialog;
pub use path::{PathDialog, PathPurpose};
pub use program_log::{CrashReport, SaveProgramLog};
pub use replay::ReplayDialog;
pub use save::SaveLog;
pub(crate) use save::file_name;
pub use settings::SettingsPage;
pub use transfer::TransferDialog;

use std::path::Path;

use crate::command::Topic;
use crate::scene::Scene;

/// A dialog and what was entered in it so far.
#[derive(Debug)]
pub enum Dialog {
    /// A new client or server.
    NewSession(Box<NewSession>),
    /// What a client is called.
    Client(ClientDialog),
    /// With which session another one is bridged.
    Bridge(BridgeDialog),
    /// The options of a session.
    Options(Box<Options>),
    /// Where and how to save a log.
    SaveLog(SaveLog),
    /// A workspace or a send list to open or save.
    Path(PathDialog),
    /// A file to send, or to receive to.
    Transfer(TransferDialog),
    /// How a part of a history is played.
    Replay(Box<ReplayDialog>),
    /// Whether a session's log is written to files.
    LogFile(LogFileDialog),
    /// The captures that are kept.
    Captures(CapturesDialog),
    /// The question before something is closed that is under way.
    Closing(ClosingDialog),
    /// A capture file to open.
    OpenCapture(OpenCapture),
    /// The settings of the program.
    Settings(SettingsPage),
    /// Whether lines are to be pasted into a terminal.
    Paste(PasteDialog),
    /// All shortcuts.
    Shortcuts,
    /// What the program is.
    About(AboutDialog),
    /// A search among the commands.
    Palette(Palette),
    /// Where to save the log of the program.
    SaveProgramLog(SaveProgramLog),
    /// The report of a crash.
    CrashReport(CrashReport),
}

impl Dialog {
    /// Draws it; `false` when it is over.
    pub fn ui(&mut self, ui: &egui::Ui, scene: &mut Scene<'_>) -> bool {
        match self {
            Self::NewSession(dialog) => dialog.ui(ui, scene),
            Self::Client(dialog) => dialog.ui(ui, scene),
            Self::Bridge(dialog) => dialog.ui(ui, scene),
            Self::Options(dialog) => dialog.ui(ui, scene),
            Self::SaveLog(dialog) => dialog.ui(ui, scene),
            Self::Path(dialog) => dialog.ui(ui, scene),
            Self::Transfer(dialog) => dialog.ui(ui, scene),
            Self::Replay(dialog) => dialog.ui(ui, scene),
            Self::LogFile(dialog) => dialog.ui(ui, scene),
            Self::Captures(dialog) => dialog.ui(ui, scene),
            Self::Closing(dialog) => dialog.ui(ui, scene),
            Self::OpenCapture(dialog) => dialog.ui(ui, scene),
            Self::Settings(dialog) => dialog.ui(ui, scene),
            Self::Paste(dialog) => dialog.ui(ui, scene),
            Self::Shortcuts => shortcuts::ui(ui, scene),
            Self::About(dialog) => dialog.ui(ui, scene),
            Self::Palette(dialog) => dialog.ui(ui, scene),
            Self::SaveProgramLog(dialog) => dialog.ui(ui, scene),
            Self::CrashReport(dialog) => dialog.ui(ui, scene),
        }
    }

    /// Where the manual is about it.
    pub fn topic(&self) -> Topic {
        match self {
            Self::NewSession(dialog) => dialog.topic(),
            Self::Client(_) => ("sessions", "server"),
            Self::Bridge(_) => ("faults", "bridge"),
            Self::Options(_) | Self::Closing(_) => ("sessions", ""),
            Self::SaveLog(_) | Self::LogFile(_) => ("log", "saving"),
            Self::Path(dialog) => dialog.topic(),
            Self::Transfer(_) => ("send", "files"),
            Self::Replay(_) => ("captures", "replay"),
            Self::Captures(_) => ("captures", "list"),
            Self::OpenCapture(_) => ("captures", "import"),
            Self::Settings(_) => ("settings", ""),
            Self::Paste(_) => ("send", "paste"),
            Self::Shortcuts => ("shortcuts", ""),
            Self::About(_) | Self::Palette(_) => ("start", ""),
            Self::SaveProgramLog(_) | Self::CrashReport(_) => ("files", "log"),
        }
    }

    /// A file was picked in the system's dialog, for the one that asks for a file.
    pub fn picked(&mut self, path: &Path) {
        match self {
            Self::SaveLog(dialog) => dialog.picked(path),
            Self::Path(dialog) => dialog.picked(path),
            Self::Transfer(dialog) => dialog.picked(path),
            Self::LogFile(dialog) => dialog.picked(path),
            Self::Captures(dialog) => dialog.picked(path),
            Self::OpenCapture(dialog) => dialog.picked(path),
            Self::SaveProgramLog(dialog) => dialog.picked(path),
            Self::Settings(dialog) => dialog.picked(path),
            Self::NewSession(dialog) => dialog.picked(path),
            Self::Options(dialog) => dialog.picked(path),
            Self::Bridge(_)
            | Self::Client(_)
            | Self::Replay(_)
            | Self::Closing(_)
            | Self::Paste(_)
            | Self::Shortcuts
            | Self::About(_)
            | Self::Palette(_)
            | Self::CrashReport(_) => {}
        }
    }
}
