//! The panes, widgets and words of the window; knows egui and nothing of the world.
//!
//! [`App`] draws what a [`espalier_core::backend::Backend`] publishes and sends it commands; a [`Platform`] lends it
//! files and the time. Nothing here opens a socket or a file, and nothing waits.
//!
//! From the floor upwards, each knowing only what stands before it:
//!
//! - [`locale`], [`words`], [`number`]: two languages, and what things are called
//! - [`theme`], [`fonts`], [`icon`], [`widgets`]: how things look; the log is one of the widgets
//! - `command`: what can be asked for, as data: shortcuts, palette and buttons give the same [`UiCommand`]
//! - [`manual`]: its pages, as data
//! - [`Scene`]: what panes see of the program while a frame is drawn
//! - [`panes`], `dialogs`: what is on the screen
//! - `state`, [`Layout`]: what comes back with the next start
//! - [`App`]: puts them together

#![warn(clippy::print_stdout, clippy::print_stderr)] // They panic when nobody reads there.

mod app;
mod command;
mod dialogs;
pub mod fonts;
pub mod icon;
mod inbox;
mod layout;
pub mod locale;
pub mod manual;
pub mod number;
pub mod panes;
pub mod picture;
mod platform;
mod scene;
mod state;
pub mod theme;
pub mod widgets;
pub mod words;

pub use app::App;
pub use command::{
    CaptureRequest, ClosingSubject, DialogRequest, KeyringRequest, SendListRequest, SessionRole,
    Toast, ToastKind, Topic, UiCommand, UiRequest,
};
pub use layout::Layout;
pub use locale::{Language, Locale};
pub use platform::{About, Done, Pick, Platform, TakenRules};
pub use scene::Scene;
pub use state::{
    Dock, KnownElf, KnownNetwork, Recent, SavedBoard, SavedBoards, SavedReleases, SavedSession,
    SavedTimeline, SendListState, SendState, UiState, WorkspaceContents,
};
