//! What everything that is drawn can see, and the one way it can act.

use std::path::PathBuf;
use std::sync::Arc;

use espalier_core::backend::Backend;
use espalier_core::send_list::Shortcut;
use espalier_core::settings::{SettingValue, UserSettings};
use espalier_core::{SessionId, Timestamp};

use crate::command::{UiCommand, UiRequest};
use crate::inbox::Inbox;
use crate::locale::{Locale, Value};
use crate::platform::Platform;
use crate::state::{Recent, ReleaseStanding, RulesState, SendListState};

/// Passed down while a frame is drawn. Nothing drawn changes the window's state; it collects requests.
pub struct Scene<'a> {
    /// The words.
    pub locale: &'a Locale,
    /// The engine.
    pub backend: &'a dyn Backend,
    /// The machine.
    pub platform: &'a Arc<dyn Platform>,
    /// Where answers from other threads arrive.
    pub inbox: &'a Inbox,
    /// What was connected to before.
    pub recent: &'a [Recent],
    /// The prepared messages.
    pub send_list: &'a SendListState,
    /// The rules that all sessions have.
    pub rules: &'a RulesState,
    /// A key of an entry of it that was pressed in this frame, and the session that it is meant for.
    pub list_key: Option<(SessionId, Shortcut)>,
    /// The section of this board's panel that is to be opened, by the key of its heading.
    pub board_section: Option<(SessionId, &'static str)>,
    /// What the user has chosen for the whole program.
    pub settings: &'a UserSettings,
    /// How it stands with newer versions of the program.
    pub releases: &'a ReleaseStanding,
    /// The number of the dialog that is up: what is picked for it is for no other one.
    pub dialog: u64,
    /// The time of day when the frame began.
    pub now: Timestamp,
    /// What is asked for; acted upon after the frame.
    pub requests: Vec<UiRequest>,
}

impl std::fmt::Debug for Scene<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Scene").field("requests", &self.requests).finish_non_exhaustive()
    }
}

impl<'a> Scene<'a> {
    /// Asks for something.
    pub fn ask(&mut self, request: UiRequest) {
        self.requests.push(request);
    }

    /// Asks for a listed command.
    pub fn command(&mut self, command: UiCommand) {
        self.ask(UiRequest::Command(command));
    }

    /// Asks for a setting to be changed.
    pub fn set(&mut self, key: &'static str, value: impl Into<SettingValue>) {
        self.ask(UiRequest::Set(key, value.into()));
    }

    /// A message without arguments.
    pub fn text(&self, key: &'a str) -> &'a str {
        self.locale.text(key)
    }

    /// A message with arguments.
    pub fn with<'v, const N: usize>(&self, key: &str, args: [(&'v str, Value<'v>); N]) -> String {
        self.locale.with(key, args)
    }

    /// A path as typed: relative ones lie in the folder for saved files, `~` is not special.
    pub fn path(&self, typed: &str) -> PathBuf {
        self.platform.folder().join(typed.trim())
    }
}
