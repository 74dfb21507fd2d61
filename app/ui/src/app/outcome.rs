//! How something has ended that another thread was asked for, as a notice.

use std::path::Path;

use espalier_core::backend::OnDone;
use espalier_core::{Progress, Sentence};

use super::App;
use crate::command::Toast;
use crate::inbox::InboxMessage;
use crate::platform::Done;

impl App {
    /// Puts up how it ended, from any thread. That it was cancelled by `progress` is no failure; what cannot be cancelled has
    /// one of its own.
    pub(super) fn outcome(&self, progress: &Progress) -> OnDone {
        let (inbox, progress) = (self.inbox.clone(), progress.clone());
        Box::new(move |outcome| {
            inbox.leave(InboxMessage::Toast(match outcome {
                Ok(sentence) => Toast::done(sentence),
                Err(sentence) if progress.is_cancelled() => Toast::notice(sentence),
                Err(sentence) => Toast::failure(sentence),
            }));
        })
    }

    /// Puts up that this file was saved, or why not, from any thread.
    pub(super) fn saved(&self, path: &Path) -> Done<Result<(), Sentence>> {
        let saved = self.locale.with("saved", [("path", path.display().to_string().into())]);
        let done = self.outcome(&Progress::default());
        Box::new(move |result| done(result.map(|()| saved.into())))
    }
}
