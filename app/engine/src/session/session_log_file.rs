//! A session's log in files: begun with its capture, or when the user wants it.

use std::sync::Arc;
use std::time::Duration;

use espalier_core::capture::Source as _;
use espalier_core::session::{LogFileSpec, TransportSpec, log_file_name};
use espalier_core::view::ViewSpec;
use espalier_core::{Position, say};

use super::shared::SessionShared;
use crate::log_file::{LogFileRun, LogFileTask};

impl SessionShared {
    /// Begins what the specification asks for, unless it runs already. `from`: where the capture was opened; otherwise it begins with
    /// what comes now.
    pub fn follow_log_file(self: &Arc<Self>, from: Option<Position>) {
        let spec = self.spec.read().clone();
        let (Some(wanted), Some(capture)) = (spec.log_to_file.clone(), self.capture()) else {
            return;
        };
        // Nothing moves in a capture that is looked at.
        if matches!(spec.transport, TransportSpec::Capture(_)) {
            return;
        }
        let mut slot = self.log_file.lock();
        if slot.as_ref().is_some_and(|run| run.follows(&capture)) {
            return;
        }
        let session = Arc::downgrade(self);
        let task = LogFileTask {
            spec: wanted,
            view: spec.view.clone(),
            name: log_file_name(&spec),
            from: from.unwrap_or(Position(capture.extent().end)),
            capture,
            mark: self.log_mark(),
            hear: Box::new(move |told| {
                let Some(session) = session.upgrade() else { return };
                if let Some(sentence) = told {
                    session.note(None, sentence);
                }
                session.mark_dirty();
            }),
        };
        match LogFileRun::start(task, slot.take()) {
            Ok(run) => *slot = Some(run),
            Err(error) => {
                drop(slot);
                self.note(
                    None,
                    say!(
                        "note-no-log-file",
                        "the log is not written to a file: {error}",
                        error = error
                    ),
                );
            }
        }
    }

    /// Writes the log to files from now on, with rows as this view shows them, or no more.
    pub fn set_log_file(self: &Arc<Self>, log: Option<LogFileSpec>, view: ViewSpec) {
        let wanted = log.is_some();
        self.change_spec(|spec| {
            spec.view = view;
            spec.log_to_file = log;
        });
        if let Some(run) = &*self.log_file.lock() {
            run.end(!wanted);
        }
        if !wanted {
            self.note(None, say!("note-log-file-off", "the log is written to no file any more"));
            return;
        }
        // One that keeps nothing has something to write from then.
        if self.capture().is_none()
            && let Err(error) = self.open_capture()
        {
            let why = say!(
                "note-no-log-file",
                "the log is not written to a file: {error}",
                error = error
            );
            return self.note(None, why);
        }
        self.follow_log_file(None);
    }

    /// Waits until what is left of it was written, as long as a disk may take for it.
    pub async fn end_log_file(&self) {
        const PATIENCE: Duration = Duration::from_secs(4);
        let Some(run) = self.log_file.lock().take() else { return };
        run.end(false);
        let ended = tokio::task::spawn_blocking(move || run.wait());
        if let Ok(Ok(end)) = tokio::time::timeout(PATIENCE, ended).await {
            *self.log_file_end.lock() = end;
        }
    }
}
