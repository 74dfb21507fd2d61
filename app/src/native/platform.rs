//! Files, dialogs and the time for the window. Whatever may wait runs on the engine's threads.

use std::ops::Range;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Weak};
use std::time::{SystemTime, UNIX_EPOCH};

use espalier_core::board::{BoardFault, Build, FoundBuild, KeyringFault, Secret};
use espalier_core::program_log::{Alerts, LogPage, Severity};
use espalier_core::releases::{ReleaseAnswer, ReleaseFault, ReleasesUrl};
use espalier_core::view::TimeZone;
use espalier_core::{Sentence, Timestamp, say};
use espalier_engine::board::build::{self, BuildWatch};
use espalier_engine::board::export::export;
use espalier_engine::capture::set_sync_policy;
use espalier_engine::keyring::Keyring;
use espalier_engine::releases::ReleaseQuestion;
use espalier_engine::workspace::{ListFile, ProgramPaths, RuleFile, SendListFormat, Workspace};
use espalier_ui::manual::Reference;
use espalier_ui::{About, Done, Language, Pick, Platform, TakenRules, UiState, WorkspaceContents};
use parking_lot::Mutex;
use tokio::runtime::Handle;

use super::{fonts, settings};
use crate::program_log::{self, ProgramLog};
use crate::releases;

type ShowSentence = Box<dyn Fn(Sentence) + Send>;

/// This machine.
pub struct NativePlatform {
    runtime: Handle,
    files: Arc<StateFiles>,
    /// Held while the keyring is asked.
    keyring: Arc<Mutex<()>>,
    /// The system wants the program to end.
    told_to_end: AtomicBool,
    /// The report of a crash that the user has not seen.
    crash: Option<String>,
    /// What the command line says of itself.
    reference: fn(Language) -> Reference,
    /// Whether there is a newer version: asked, and perhaps not answered yet.
    question: Mutex<Option<ReleaseQuestion>>,
}

struct StateFiles {
    paths: ProgramPaths,
    /// Where the user picked something last.
    last_folder: Mutex<Option<PathBuf>>,
    /// The latest state that is not written yet.
    pending: Mutex<Option<UiState>>,
    /// Held while writing, so that an older state never comes after a newer one.
    writing: Mutex<()>,
    tell: Mutex<Option<ShowSentence>>,
}

impl StateFiles {
    fn write(&self) {
        let _writing = self.writing.lock();
        let Some(state) = self.pending.lock().take() else { return };
        let folder = self.last_folder.lock().clone();
        if let Err(trouble) = settings::save(&self.paths, &state, folder.as_deref()) {
            match &*self.tell.lock() {
                Some(tell) => tell(trouble),
                None => crate::print::complain(trouble),
            }
        }
    }
}

impl NativePlatform {
    /// This machine, with the program's files at these places. `folder` is where a file was picked in the last run.
    pub fn new(
        paths: ProgramPaths,
        runtime: Handle,
        reference: fn(Language) -> Reference,
        folder: Option<PathBuf>,
    ) -> Self {
        let (last_folder, pending, writing, tell) = Default::default();
        let files = Arc::new(StateFiles { paths, last_folder, pending, writing, tell });
        if let Some(folder) = folder {
            let files = Arc::clone(&files);
            // Whether it is there still: its disk may be slow, or gone.
            runtime.spawn_blocking(move || {
                if folder.is_dir() {
                    files.last_folder.lock().get_or_insert(folder);
                }
            });
        }
        let crash = program_log::crash::latest(&files.paths.crashes).map(|(_, text)| text);
        let keyring = Arc::default();
        let told_to_end = AtomicBool::new(false);
        let question = Mutex::new(None);
        Self { runtime, files, keyring, told_to_end, crash, reference, question }
    }

    /// Says how the user is told that something could not be written.
    pub fn on_trouble(&self, tell: ShowSentence) {
        *self.files.tell.lock() = Some(tell);
    }

    /// Asks something of the keyring, one question after another: each may wait for the user to unlock it.
    fn with_keyring<T: Send + 'static>(
        &self,
        ssid: &str,
        ask: impl FnOnce(&Keyring, &str) -> Result<T, KeyringFault> + Send + 'static,
        done: Done<Result<T, KeyringFault>>,
    ) {
        let (turn, ssid) = (Arc::clone(&self.keyring), ssid.to_owned());
        self.runtime.spawn_blocking(move || {
            let answer = {
                let _turn = turn.lock();
                Keyring::of_user().and_then(|keyring| ask(&keyring, &ssid))
            };
            done(answer);
        });
    }

    /// Has the system show something in the program for it; `failed` gets that program and why it cannot be run.
    fn open(&self, what: PathBuf, failed: impl FnOnce(&str, std::io::Error) + Send + 'static) {
        const OPENER: &str = match () {
            () if cfg!(windows) => "explorer",
            () if cfg!(target_os = "macos") => "open",
            () => "xdg-open",
        };
        self.runtime.spawn_blocking(move || {
            let mut opener = Command::new(OPENER);
            opener.arg(&what).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
            match opener.spawn() {
                // How it ends says nothing: Explorer always fails.
                Ok(mut opened) => drop(opened.wait()),
                Err(error) => failed(OPENER, error),
            }
        });
    }

    /// The system wants the program to end: nothing is asked from here on.
    pub fn end(&self) {
        self.told_to_end.store(true, Ordering::Release);
    }

    /// The window is gone: what is not written yet is written now.
    pub fn finish(&self) {
        *self.files.tell.lock() = None;
        *self.question.lock() = None;
        self.files.write();
    }
}

fn unwritten(path: &Path, error: &std::io::Error) -> Sentence {
    say!(
        "told-file-unwritten",
        "Cannot write {path}: {error}",
        path = path.display(),
        error = error
    )
}

impl Platform for NativePlatform {
    fn now(&self) -> Timestamp {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Timestamp(i64::try_from(since.as_nanos()).unwrap_or(i64::MAX))
    }

    fn zone(&self) -> TimeZone {
        TimeZone::system()
    }

    fn folder(&self) -> PathBuf {
        self.files.last_folder.lock().clone().unwrap_or_else(|| self.home())
    }

    fn home(&self) -> PathBuf {
        std::env::home_dir().or_else(|| std::env::current_dir().ok()).unwrap_or_default()
    }

    fn reference(&self, language: Language) -> Reference {
        (self.reference)(language)
    }

    fn about(&self) -> About {
        About {
            version: program_log::crash::VERSION.to_owned(),
            revision: program_log::crash::REVISION.to_owned(),
            target: program_log::crash::TARGET.to_owned(),
            licences: include_str!("../../../assets/licences/third-party.txt"),
            releases: releases::built_in(),
        }
    }

    fn pick(&self, ask: Pick, done: Done<Option<PathBuf>>) {
        let mut dialog = rfd::AsyncFileDialog::new().set_title(ask.title);
        if let Some(extension) = ask.extension {
            dialog = dialog.add_filter(extension, &[extension]);
        }
        if let Some(folder) = ask.start.parent() {
            dialog = dialog.set_directory(folder);
        }
        if let (true, Some(name)) = (ask.save, ask.start.file_name()) {
            dialog = dialog.set_file_name(name.to_string_lossy());
        }
        let files = Arc::clone(&self.files);
        self.runtime.spawn(async move {
            let picked = if ask.save { dialog.save_file().await } else { dialog.pick_file().await };
            let picked = picked.map(|file| file.path().to_owned());
            if let Some(folder) = picked.as_deref().and_then(Path::parent) {
                *files.last_folder.lock() = Some(folder.to_owned());
            }
            done(picked);
        });
    }

    fn pick_folder(&self, title: String, done: Done<Option<PathBuf>>) {
        let dialog = rfd::AsyncFileDialog::new().set_title(title).set_directory(self.folder());
        let files = Arc::clone(&self.files);
        self.runtime.spawn(async move {
            let picked = dialog.pick_folder().await.map(|folder| folder.path().to_owned());
            if picked.is_some() {
                files.last_folder.lock().clone_from(&picked);
            }
            done(picked);
        });
    }

    fn open_folder(&self, folder: PathBuf, failed: Done<Sentence>) {
        let name = folder.display().to_string();
        self.open(folder, move |opener, error| {
            failed(say!(
                "told-folder-unopened",
                "{folder} cannot be shown: {opener}: {error}",
                folder = name,
                opener = opener,
                error = error,
            ));
        });
    }

    fn open_page(&self, page: String, failed: Done<Sentence>) {
        self.open(PathBuf::from(&page), move |opener, error| {
            failed(say!(
                "told-page-unopened",
                "No browser shows {page}: {opener}: {error}",
                page = page,
                opener = opener,
                error = error,
            ));
        });
    }

    fn ask_for_release(&self, url: ReleasesUrl, done: Done<Result<ReleaseAnswer, ReleaseFault>>) {
        let question = ReleaseQuestion::ask(url, releases::VERSION, done);
        *self.question.lock() = Some(question);
    }

    fn find_build(&self, path: PathBuf, done: Done<Result<FoundBuild, BoardFault>>) {
        self.runtime.spawn_blocking(move || done(build::find(&path)));
    }

    fn watch_build(&self, build: Build, wanted: Weak<()>, done: Done<()>) {
        self.runtime.spawn(async move {
            let Ok(mut watch) = tokio::task::spawn_blocking(move || BuildWatch::new(&build)).await
            else {
                return;
            };
            while wanted.strong_count() > 0 {
                tokio::time::sleep(BuildWatch::EVERY).await;
                // A disk may be slow, or far away.
                let looked = tokio::task::spawn_blocking(move || (watch.look(), watch)).await;
                let Ok((is_new, next)) = looked else { return };
                watch = next;
                if is_new && wanted.strong_count() > 0 {
                    return done(());
                }
            }
        });
    }

    fn export_images(&self, folder: PathBuf, done: Done<Result<Sentence, Sentence>>) {
        self.runtime.spawn_blocking(move || {
            let exported = export(&folder, None).map_err(|fault| fault.what);
            done(exported.map(|exported| {
                say!(
                    "told-exported",
                    "The firmware for {count} chips is in {folder}, with flash_args and manifest.json",
                    count = exported.chips.len(),
                    folder = exported.folder.display(),
                )
            }));
        });
    }

    fn is_told_to_end(&self) -> bool {
        self.told_to_end.load(Ordering::Acquire)
    }

    fn read_font(&self, path: PathBuf, done: Done<Result<Vec<u8>, Sentence>>) {
        self.runtime.spawn_blocking(move || done(fonts::read(&path)));
    }

    fn store(&self, state: &UiState) {
        set_sync_policy(state.settings.sync);
        *self.files.pending.lock() = Some(state.clone());
        let files = Arc::clone(&self.files);
        self.runtime.spawn_blocking(move || files.write());
    }

    fn recall_password(&self, ssid: &str, done: Done<Result<Option<Secret>, KeyringFault>>) {
        self.with_keyring(ssid, |keyring, ssid| keyring.recall(ssid), done);
    }

    fn remember_password(
        &self,
        ssid: &str,
        password: Secret,
        done: Done<Result<(), KeyringFault>>,
    ) {
        self.with_keyring(ssid, move |keyring, ssid| keyring.remember(ssid, &password), done);
    }

    fn forget_password(&self, ssid: &str, done: Done<Result<(), KeyringFault>>) {
        self.with_keyring(ssid, |keyring, ssid| keyring.forget(ssid), done);
    }

    fn program_log(&self, level: Severity, from: u64, rows: Range<usize>) -> LogPage {
        program_log::get().map(|log| log.look(level, from, rows)).unwrap_or_default()
    }

    fn program_alerts(&self) -> Alerts {
        program_log::get().map(ProgramLog::alerts).unwrap_or_default()
    }

    fn save_program_log(
        &self,
        path: PathBuf,
        level: Severity,
        from: u64,
        done: Done<Result<(), Sentence>>,
    ) {
        self.runtime.spawn_blocking(move || {
            let saved = program_log::get().map_or(Ok(()), |log| log.save(&path, level, from));
            done(saved.map_err(|error| unwritten(&path, &error)));
        });
    }

    fn crash(&self) -> Option<String> {
        self.crash.clone()
    }

    fn settle_crash(&self, delete: bool, done: Done<Result<(), Sentence>>) {
        let files = Arc::clone(&self.files);
        self.runtime.spawn_blocking(move || {
            let folder = &files.paths.crashes;
            let settled = program_log::crash::settle(folder, delete);
            done(settled.map_err(|error| unwritten(folder, &error)));
        });
    }

    fn read_workspace(&self, path: PathBuf, done: Done<Result<WorkspaceContents, Sentence>>) {
        self.runtime.spawn_blocking(move || {
            let read = Workspace::read(&path).map_err(|error| error.sentence());
            done(read.map(|Workspace { sessions, rules, send_list, variables }| {
                WorkspaceContents { sessions, rules, send_list, variables }
            }));
        });
    }

    fn write_workspace(
        &self,
        path: PathBuf,
        contents: WorkspaceContents,
        done: Done<Result<(), Sentence>>,
    ) {
        self.runtime.spawn_blocking(move || {
            let WorkspaceContents { sessions, rules, send_list, variables } = contents;
            let workspace = Workspace { sessions, rules, send_list, variables };
            done(workspace.save(&path).map_err(|error| error.sentence()));
        });
    }

    fn read_list(
        &self,
        path: PathBuf,
        done: Done<Result<(WorkspaceContents, Vec<Sentence>), Sentence>>,
    ) {
        self.runtime.spawn_blocking(move || {
            let read = ListFile::read(&path).map_err(|error| error.sentence());
            done(read.map(|ListFile { list, variables, left_out, .. }| {
                let contents =
                    WorkspaceContents { send_list: list, variables, ..Default::default() };
                (contents, left_out)
            }));
        });
    }

    fn read_rules(&self, path: PathBuf, done: Done<Result<TakenRules, Sentence>>) {
        self.runtime.spawn_blocking(move || {
            let read = RuleFile::read(&path).map_err(|error| error.sentence());
            done(read.map(|RuleFile { rules, list, variables, left_out }| {
                let send_list = list;
                let contents =
                    WorkspaceContents { rules, send_list, variables, ..Default::default() };
                (contents, left_out)
            }));
        });
    }

    fn write_rules(
        &self,
        path: PathBuf,
        contents: WorkspaceContents,
        done: Done<Result<(), Sentence>>,
    ) {
        self.runtime.spawn_blocking(move || {
            let WorkspaceContents { rules, send_list: list, variables, .. } = contents;
            let file = RuleFile { rules, list, variables, left_out: Vec::new() };
            done(file.write(&path).map_err(|error| error.sentence()));
        });
    }

    fn write_list(
        &self,
        path: PathBuf,
        contents: WorkspaceContents,
        done: Done<Result<Vec<Sentence>, Sentence>>,
    ) {
        self.runtime.spawn_blocking(move || {
            let format = SendListFormat::of(&path);
            let WorkspaceContents { send_list, variables, .. } = contents;
            let written = ListFile::write(&path, &send_list, &variables, format);
            done(written.map_err(|error| error.sentence()));
        });
    }
}
