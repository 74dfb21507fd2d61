//! A window of a test: an app on the engine in memory, clicked through AccessKit.

use std::ops::Range;
use std::path::PathBuf;
use std::sync::{Arc, Weak};

use egui_kittest::Harness;
use espalier_core::board::{BoardFault, Build, BuildImage, BuildKind, FoundBuild};
use espalier_core::program_log::{Alerts, LogPage, LogRing, Severity};
use espalier_core::releases::{ReleaseAnswer, ReleaseFault, ReleasesUrl};
use espalier_core::{Sentence, Timestamp};
use espalier_ui::{
    About, App, Done, Language, Pick, Platform, TakenRules, UiState, WorkspaceContents,
};
use parking_lot::Mutex;

use crate::fake::{Fake, NOON};

type ReleaseResult = Result<ReleaseAnswer, ReleaseFault>;

/// A machine without files: it remembers what it was asked to keep.
#[derive(Default)]
pub struct Machine {
    pub stored: Mutex<Option<UiState>>,
    pub workspace: Mutex<Option<WorkspaceContents>>,
    /// The send list in a file, and what cannot be taken of it.
    pub list: Mutex<Option<(WorkspaceContents, Vec<Sentence>)>>,
    /// The rules in a file, and what cannot be taken of them.
    pub rules: Mutex<Option<TakenRules>>,
    /// Who waits for a file, where picking one takes as long as a test says.
    pub picking: Mutex<Option<Vec<Done<Option<PathBuf>>>>>,
    pub log: Mutex<LogRing>,
    pub saved_log: Mutex<Option<PathBuf>>,
    pub crash: Mutex<Option<String>>,
    pub settled: Mutex<Option<bool>>,
    /// What folders and files hold; of all others nothing is known.
    pub builds: Mutex<Vec<(PathBuf, Result<FoundBuild, BoardFault>)>>,
    /// The builds that are watched, and what is to be called when they are new.
    pub watched: Mutex<Vec<(PathBuf, Done<()>)>>,
    pub exported: Mutex<Option<PathBuf>>,
    /// The folder that was shown in the system's own window.
    pub opened: Mutex<Option<PathBuf>>,
    pub told_to_end: Mutex<bool>,
    /// Where was asked for newer versions, and who waits for the answer.
    pub release_asked: Mutex<Vec<(ReleasesUrl, Done<ReleaseResult>)>>,
    /// The page that was shown in the browser.
    pub page: Mutex<Option<String>>,
    /// Why no font can be used.
    pub font_fault: Mutex<Option<Sentence>>,
}

impl Platform for Machine {
    fn now(&self) -> Timestamp {
        Timestamp(NOON)
    }

    fn zone(&self) -> espalier_core::view::TimeZone {
        espalier_core::view::TimeZone::UTC
    }

    fn folder(&self) -> PathBuf {
        PathBuf::from("/home/user")
    }

    fn pick(&self, ask: Pick, done: Done<Option<PathBuf>>) {
        if let Some(waiting) = &mut *self.picking.lock() {
            return waiting.push(done);
        }
        done(Some(ask.start.with_file_name("picked.txt")));
    }

    fn pick_folder(&self, _title: String, done: Done<Option<PathBuf>>) {
        done(Some("/home/picked".into()));
    }

    fn open_folder(&self, folder: PathBuf, _failed: Done<Sentence>) {
        *self.opened.lock() = Some(folder);
    }

    fn open_page(&self, page: String, _failed: Done<Sentence>) {
        *self.page.lock() = Some(page);
    }

    fn ask_for_release(&self, url: ReleasesUrl, done: Done<ReleaseResult>) {
        self.release_asked.lock().push((url, done));
    }

    fn about(&self) -> About {
        let releases = ReleasesUrl::parse("https://host/latest");
        About { version: "0.2.0".to_owned(), releases, ..About::default() }
    }

    fn find_build(&self, path: PathBuf, done: Done<Result<FoundBuild, BoardFault>>) {
        let known = self.builds.lock().iter().find(|(at, _)| *at == path).cloned();
        let file = || {
            let images = vec![BuildImage::default()];
            let (path, name) = (path.clone(), String::new());
            Ok(FoundBuild::One(Build { kind: BuildKind::File, path, name, images, elf: None }))
        };
        done(known.map_or_else(file, |(_, found)| found));
    }

    fn watch_build(&self, build: Build, _wanted: Weak<()>, done: Done<()>) {
        self.watched.lock().push((build.path, done));
    }

    fn export_images(&self, folder: PathBuf, done: Done<Result<Sentence, Sentence>>) {
        *self.exported.lock() = Some(folder);
        done(Ok("exported".into()));
    }

    fn is_told_to_end(&self) -> bool {
        *self.told_to_end.lock()
    }

    fn read_font(&self, _path: PathBuf, done: Done<Result<Vec<u8>, Sentence>>) {
        if let Some(fault) = self.font_fault.lock().clone() {
            done(Err(fault));
        }
    }

    fn store(&self, state: &UiState) {
        *self.stored.lock() = Some(state.clone());
    }

    fn program_log(&self, level: Severity, from: u64, rows: Range<usize>) -> LogPage {
        self.log.lock().select(level, from, rows)
    }

    fn program_alerts(&self) -> Alerts {
        self.log.lock().alerts()
    }

    fn save_program_log(
        &self,
        path: PathBuf,
        _level: Severity,
        _from: u64,
        done: Done<Result<(), Sentence>>,
    ) {
        *self.saved_log.lock() = Some(path);
        done(Ok(()));
    }

    fn crash(&self) -> Option<String> {
        self.crash.lock().clone()
    }

    fn settle_crash(&self, delete: bool, done: Done<Result<(), Sentence>>) {
        *self.settled.lock() = Some(delete);
        done(Ok(()));
    }

    fn read_workspace(&self, _path: PathBuf, done: Done<Result<WorkspaceContents, Sentence>>) {
        done(self.workspace.lock().clone().ok_or_else(|| "There is no such file".into()));
    }

    fn write_workspace(
        &self,
        _path: PathBuf,
        contents: WorkspaceContents,
        done: Done<Result<(), Sentence>>,
    ) {
        *self.workspace.lock() = Some(contents);
        done(Ok(()));
    }

    fn read_list(
        &self,
        _path: PathBuf,
        done: Done<Result<(WorkspaceContents, Vec<Sentence>), Sentence>>,
    ) {
        done(self.list.lock().clone().ok_or_else(|| "There is no such file".into()));
    }

    fn read_rules(&self, _path: PathBuf, done: Done<Result<TakenRules, Sentence>>) {
        done(self.rules.lock().clone().ok_or_else(|| "There is no such file".into()));
    }

    fn write_rules(
        &self,
        _path: PathBuf,
        contents: WorkspaceContents,
        done: Done<Result<(), Sentence>>,
    ) {
        *self.rules.lock() = Some((contents, Vec::new()));
        done(Ok(()));
    }

    fn write_list(
        &self,
        _path: PathBuf,
        contents: WorkspaceContents,
        done: Done<Result<Vec<Sentence>, Sentence>>,
    ) {
        *self.list.lock() = Some((contents, Vec::new()));
        done(Ok(vec!["written with less".into()]));
    }
}

/// A window with everything around it.
pub struct Window {
    pub harness: Harness<'static, Option<App>>,
    pub engine: Arc<Fake>,
    pub machine: Arc<Machine>,
}

impl Window {
    /// An empty window in this language.
    pub fn new(language: Language) -> Self {
        Self::with(language, UiState::default(), egui::vec2(1100.0, 720.0))
    }

    /// A window with what was kept of another.
    pub fn with(language: Language, state: UiState, size: egui::Vec2) -> Self {
        Self::on(Arc::new(Machine::default()), language, state, size)
    }

    /// A window on this machine, with what was kept of another.
    pub fn on(machine: Arc<Machine>, language: Language, state: UiState, size: egui::Vec2) -> Self {
        Self::scaled(machine, language, state, size, 1.0)
    }

    /// A window on a screen with so many pixels to a point.
    pub fn scaled(
        machine: Arc<Machine>,
        language: Language,
        state: UiState,
        size: egui::Vec2,
        pixels_per_point: f32,
    ) -> Self {
        let engine = Arc::new(Fake::default());
        let (backend, platform) = (Arc::clone(&engine), Arc::clone(&machine));
        let mut first = Some(state);
        let mut harness = Harness::builder()
            .with_size(size)
            .with_pixels_per_point(pixels_per_point)
            .with_max_steps(64)
            .with_render_cursor(false)
            .renderer(crate::renderer::Renderer::default())
            .build_ui_state(
                move |ui, app: &mut Option<App>| {
                    let app = app.get_or_insert_with(|| {
                        let state = first.take().unwrap_or_default();
                        App::new(ui.ctx(), backend.clone(), platform.clone(), state, language)
                    });
                    app.ui(ui);
                },
                None,
            );
        harness.run_ok();
        Self { harness, engine, machine }
    }

    /// The app.
    pub fn app(&self) -> &App {
        self.harness.state().as_ref().expect("it was drawn once")
    }

    /// Draws until it rests.
    pub fn rest(&mut self) {
        self.harness.run_ok();
    }

    /// Clicks what has this label.
    pub fn click(&mut self, label: &str) {
        use egui_kittest::kittest::Queryable as _;
        self.harness.get_by_label(label).click();
        self.rest();
    }

    /// Clicks the last of those that have this label: what a dialog shows comes after what it covers.
    pub fn click_last(&mut self, label: &str) {
        use egui_kittest::kittest::Queryable as _;
        self.harness.query_all_by_label(label).last().expect("something with this label").click();
        self.rest();
    }

    /// Writes into the field of this label, in place of what is there.
    pub fn write(&mut self, label: &str, text: &str) {
        use egui_kittest::kittest::Queryable as _;
        self.harness.get_by_label(label).focus();
        self.rest();
        self.harness.key_press_modifiers(egui::Modifiers::COMMAND, egui::Key::A);
        self.harness.get_by_label(label).type_text(text);
        self.rest();
    }

    /// How many nodes have a label or value with this text in it.
    pub fn count(&self, text: &str) -> usize {
        use egui_kittest::kittest::Queryable as _;
        self.harness.query_all_by_label_contains(text).count()
    }
}
