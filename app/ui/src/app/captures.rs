//! Captures that are kept: opened, named, saved elsewhere, deleted, and how much of them is kept.

use std::path::Path;

use egui::Context;
use espalier_core::Progress;
use espalier_core::backend::FoundCaptures;
use espalier_core::session::{CaptureSpec, SessionSpec, TransportSpec};

use super::App;
use crate::command::{CaptureRequest, Toast};
use crate::inbox::InboxMessage;
use crate::number;
use crate::words;

/// What files with captures are called; those of others, too.
const EXTENSIONS: [&str; 3] = ["pcapng", "pcap", "cap"];

impl App {
    /// Tabs that one file of many streams opens at most; the others are in the list.
    const MOST_TABS: usize = 8;

    /// Opens a capture in a tab, to be looked at; of one that another program has made, each stream.
    pub fn open_capture(&mut self, path: &Path) {
        let list = self.backend.captures();
        if list.captures.iter().any(|capture| capture.path == path) {
            return self.show_capture(path, String::new());
        }
        let inbox = self.inbox.clone();
        let progress = self.begin("activity-reading", path);
        let failed = self.outcome(&progress);
        let done = Box::new(move |found| match found {
            Ok(found) => inbox.leave(InboxMessage::Captures(found)),
            Err(sentence) => failed(Err(sentence)),
        });
        self.backend.import_capture(path.to_owned(), progress, done);
    }

    /// Opens what was found in a file.
    pub(super) fn found_captures(&mut self, ctx: &Context, found: FoundCaptures) {
        let more = found.captures.len().saturating_sub(Self::MOST_TABS);
        for (path, name) in found.captures.into_iter().take(Self::MOST_TABS) {
            self.show_capture(&path, name);
        }
        if let Some(told) = found.told {
            self.toast(ctx, Toast::notice(told));
        }
        if more > 0 {
            let sentence = self.locale.with("captures-more", [("count", more.into())]);
            self.toast(ctx, Toast::notice(sentence));
        }
    }

    /// Shows one in a tab; the one that is open already comes to the front.
    fn show_capture(&mut self, path: &Path, name: String) {
        let is_open = |spec: &SessionSpec| matches!(&spec.transport, TransportSpec::Capture(open) if open.path == path);
        let ids: Vec<_> = self.panes.keys().copied().collect();
        let open =
            ids.into_iter().find(|id| self.backend.spec(*id).is_some_and(|spec| is_open(&spec)));
        if let Some(id) = open {
            return self.reveal(id);
        }
        let transport = TransportSpec::Capture(CaptureSpec { path: path.to_owned() });
        // It is shown as it was when it was written.
        let list = self.backend.captures();
        let kept = list.captures.iter().find(|capture| capture.path == path);
        let spec = match kept.and_then(|capture| Some((capture, capture.session.clone()?))) {
            Some((capture, session)) => {
                let name = match capture.name.is_empty() {
                    true => words::title(&session, None, &self.locale),
                    false => capture.name.clone(),
                };
                SessionSpec { name, transport, autostart: true, ..session }
            }
            None => SessionSpec { name, ..SessionSpec::new(transport) },
        };
        self.open(spec);
    }

    /// Whether a file that was dropped on the window is a capture, by its name.
    pub(super) fn is_capture_file(path: &Path) -> bool {
        let extension = path.extension().and_then(|extension| extension.to_str());
        extension.is_some_and(|it| EXTENSIONS.iter().any(|known| known.eq_ignore_ascii_case(it)))
    }

    pub(super) fn capture_request(&mut self, request: CaptureRequest) {
        let progress = match &request {
            CaptureRequest::Save(_, path) => self.begin("activity-saving", path),
            _ => Progress::default(),
        };
        let done = self.outcome(&progress);
        match request {
            CaptureRequest::Rename(id, name) => self.backend.rename_capture(id, name, done),
            CaptureRequest::Save(id, path) => {
                self.backend.export_capture(id, path, progress, done);
            }
            CaptureRequest::Delete(id) => self.backend.delete_capture(id, done),
        }
    }

    /// Hears what befell captures while the window did something else.
    pub(super) fn hear_of_captures(&mut self, ctx: &Context) {
        let changes = self.backend.capture_changes();
        let before = std::mem::replace(&mut self.capture_changes, changes);
        if changes.moved != before.moved {
            // What is kept of a session names its capture.
            self.store_soon(ctx);
        }
        if changes.marked != before.marked {
            self.told_what_goes = false;
        }
        self.tell_what_goes(ctx);
    }

    /// Says what goes soon, before it goes: at the start, and whenever more is marked.
    fn tell_what_goes(&mut self, ctx: &Context) {
        if self.told_what_goes {
            return;
        }
        let list = self.backend.captures();
        if !list.is_read {
            return;
        }
        self.told_what_goes = true;
        let going: Vec<_> = list.captures.iter().filter(|it| it.goes.is_some()).collect();
        if going.is_empty() {
            return;
        }
        let size = number::bytes(going.iter().map(|capture| capture.bytes).sum());
        let count = [("count", going.len().into()), ("size", size.into())];
        self.toast(ctx, Toast::notice(self.locale.with("captures-go", count)));
    }
}
