//! What the window asks of the machine it runs on. A native window and the tests each bring their own.

use std::ops::Range;
use std::path::PathBuf;
use std::sync::Weak;

use espalier_core::board::{
    BoardFault, Build, BuildImage, BuildKind, FoundBuild, KeyringFault, Secret,
};
use espalier_core::program_log::{Alerts, LogPage, Severity};
use espalier_core::releases::{ReleaseAnswer, ReleaseFault, ReleasesUrl};
use espalier_core::view::TimeZone;
use espalier_core::{Sentence, Timestamp};

use crate::locale::Language;
use crate::manual::Reference;
use crate::state::{UiState, WorkspaceContents};

/// Called once, from any thread, with what came of a request.
pub type Done<T> = Box<dyn FnOnce(T) + Send>;

/// Rules of a file, and what could not be taken of it.
pub type TakenRules = (WorkspaceContents, Vec<Sentence>);

/// What the program is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct About {
    /// Its version.
    pub version: String,
    /// The revision of the sources that it was built from.
    pub revision: String,
    /// For which systems it was built, as compilers call them.
    pub target: String,
    /// The licences of what it is made of; empty where they were not collected.
    pub licences: &'static str,
    /// Where its releases are told of, if the build knows.
    pub releases: Option<ReleasesUrl>,
}

/// The machine. Every method returns at once.
pub trait Platform: Send + Sync {
    /// The time of day.
    fn now(&self) -> Timestamp;

    /// Where on Earth the user is.
    fn zone(&self) -> TimeZone;

    /// Where files are saved unless the user says otherwise: where the last one was picked, at first [`Self::home`].
    fn folder(&self) -> PathBuf;

    /// The user's own folder.
    fn home(&self) -> PathBuf {
        self.folder()
    }

    /// Lets the user pick a file in the system's dialog. `done` gets `None` when it was closed, or could not be shown:
    /// the dialogs of the window always have a field for a typed path too.
    fn pick(&self, ask: Pick, done: Done<Option<PathBuf>>);

    /// Lets the user pick a folder, likewise.
    fn pick_folder(&self, title: String, done: Done<Option<PathBuf>>) {
        let _ = title;
        done(None);
    }

    /// Shows a folder in the system's own window; `failed` gets a sentence for the user.
    fn open_folder(&self, folder: PathBuf, failed: Done<Sentence>) {
        let _ = (folder, failed);
    }

    /// Shows a page in the system's browser; `failed` gets a sentence for the user.
    fn open_page(&self, page: String, failed: Done<Sentence>) {
        let _ = (page, failed);
    }

    /// Asks there whether there is a newer version. `done` is not called any more when the window is gone.
    fn ask_for_release(&self, url: ReleasesUrl, done: Done<Result<ReleaseAnswer, ReleaseFault>>) {
        let _ = (url, done);
    }

    /// Finds out what a folder or a file holds that could be flashed.
    fn find_build(&self, path: PathBuf, done: Done<Result<FoundBuild, BoardFault>>) {
        let images = vec![BuildImage::default()];
        let (kind, name) = (BuildKind::File, String::new());
        done(Ok(FoundBuild::One(Build { kind, path, name, images, elf: None })));
    }

    /// Calls `done` when the build was made again; not any more once nobody holds `wanted`.
    fn watch_build(&self, build: Build, wanted: Weak<()>, done: Done<()>) {
        let _ = (build, wanted, done);
    }

    /// Writes the bundled firmware into a folder as plain files.
    fn export_images(&self, folder: PathBuf, done: Done<Result<Sentence, Sentence>>) {
        let _ = (folder, done);
    }

    /// The system wants the program to end (SIGTERM, logging out): nothing is asked then.
    fn is_told_to_end(&self) -> bool {
        false
    }

    /// Reads the file of a font for the log. A failure, also that it is no font or not of fixed width, is a sentence for the
    /// user.
    fn read_font(&self, path: PathBuf, done: Done<Result<Vec<u8>, Sentence>>) {
        let _ = (path, done);
    }

    /// What the command line says of itself, for the manual.
    fn reference(&self, _language: Language) -> Reference {
        Reference::default()
    }

    /// What the program is.
    fn about(&self) -> About {
        About::default()
    }

    /// Keeps what comes back at the next start. Failures are the platform's to tell, by [`crate::App::notifier`].
    fn store(&self, state: &UiState);

    /// Asks the system's keyring for the password of this network; `None`: it is not there. This may wait for the user to
    /// unlock it.
    fn recall_password(&self, _ssid: &str, done: Done<Result<Option<Secret>, KeyringFault>>) {
        done(Err(KeyringFault::None(String::new())));
    }

    /// Keeps the password of this network in the keyring.
    fn remember_password(
        &self,
        _ssid: &str,
        _password: Secret,
        done: Done<Result<(), KeyringFault>>,
    ) {
        done(Err(KeyringFault::None(String::new())));
    }

    /// Takes the password of this network out of the keyring.
    fn forget_password(&self, _ssid: &str, done: Done<Result<(), KeyringFault>>) {
        done(Err(KeyringFault::None(String::new())));
    }

    /// The lines of the program's own log of at least this level, from number `from` on; of those the ones at `rows` are
    /// wanted. The window is woken when another line comes.
    fn program_log(&self, _level: Severity, _from: u64, _rows: Range<usize>) -> LogPage {
        LogPage::default()
    }

    /// What of the program's own log the user must hear of. The window is woken by the next one.
    fn program_alerts(&self) -> Alerts {
        Alerts::default()
    }

    /// Writes the lines of at least this level, from number `from` on, to a file; a failure is a sentence for the user.
    fn save_program_log(
        &self,
        path: PathBuf,
        level: Severity,
        from: u64,
        done: Done<Result<(), Sentence>>,
    ) {
        let _ = (path, level, from);
        done(Ok(()));
    }

    /// The report of a crash that was not offered yet, as it was at the start.
    fn crash(&self) -> Option<String> {
        None
    }

    /// The report is not offered again: it is deleted, or kept where it is. A failure is a sentence for the user.
    fn settle_crash(&self, _delete: bool, done: Done<Result<(), Sentence>>) {
        done(Ok(()));
    }

    /// Reads a workspace file; a failure is a sentence for the user.
    fn read_workspace(&self, path: PathBuf, done: Done<Result<WorkspaceContents, Sentence>>);

    /// Writes a workspace file; a failure is a sentence for the user.
    fn write_workspace(
        &self,
        path: PathBuf,
        contents: WorkspaceContents,
        done: Done<Result<(), Sentence>>,
    );

    /// Reads a send list, of ours or of another program, and what could not be taken of it; a failure is a sentence for the
    /// user.
    fn read_list(
        &self,
        path: PathBuf,
        done: Done<Result<(WorkspaceContents, Vec<Sentence>), Sentence>>,
    ) {
        let _ = path;
        done(Ok(Default::default()));
    }

    /// Reads the rules of a workspace file with its send list, or the answers of another program, and what could not be taken
    /// of it; a failure is a sentence for the user.
    fn read_rules(&self, path: PathBuf, done: Done<Result<TakenRules, Sentence>>) {
        let _ = path;
        done(Ok(Default::default()));
    }

    /// Writes rules, and what they need of the send list, as a workspace file; a failure is a sentence for the user.
    fn write_rules(
        &self,
        path: PathBuf,
        contents: WorkspaceContents,
        done: Done<Result<(), Sentence>>,
    ) {
        let _ = (path, contents);
        done(Ok(()));
    }

    /// Writes a send list in the format that the name of the file says, and tells what that has nothing like.
    fn write_list(
        &self,
        path: PathBuf,
        contents: WorkspaceContents,
        done: Done<Result<Vec<Sentence>, Sentence>>,
    ) {
        let _ = (path, contents);
        done(Ok(Vec::new()));
    }
}

/// What the system's file dialog is asked for.
#[derive(Clone, Debug)]
pub struct Pick {
    /// Pick a file to write (`true`) or one that exists.
    pub save: bool,
    /// The dialog's title.
    pub title: String,
    /// Where it begins; for a file to write, with a name that is offered.
    pub start: PathBuf,
    /// The extension of such files, without a dot; `None`: any file.
    pub extension: Option<&'static str>,
}
