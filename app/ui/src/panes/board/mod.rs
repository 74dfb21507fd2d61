//! The board: which port it hangs on, how far it is provisioned, what to do next, and its monitor.
//!
//! Each board has a pane of its own ([`BoardPane`]), one of which is docked at a side of the window or below; others may stand
//! among the tabs. [`BoardPanes`] holds them all, and what they share. What a pane shows comes from [`BoardStatus`] and
//! [`BoardProgress`]; what it asks goes out as requests.

mod build;
mod card;
mod esp_touch;
mod flash;
mod network;
mod panes;
pub(crate) mod port;
mod problem;
mod provision;
mod region;
mod screen;
mod server;
mod settings;
mod steps;
mod symbols;
mod trends;
mod update;
mod wifi;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use egui::{CollapsingHeader, Panel, ScrollArea, Ui};
use espalier_core::backend::Backend;
use espalier_core::board::{
    BoardCommand, BoardFault, BoardProgress, BoardStatus, Conversation, FirmwareState, FlashSpec,
    FoundBuild, KeyringFault, LinkState, NextAction, OurConnection, ProvisionFault,
    ProvisionRequest, ProvisionStatus, ReportedState, Secret,
};
use espalier_core::session::{SessionState, TransportSpec};
use espalier_core::{SessionId, Timestamp};

use crate::command::UiRequest;
use crate::panes::session::SessionPane;
use crate::scene::Scene;
use crate::theme::space;
pub(crate) use card::card;
use flash::FlashForm;
pub use panes::BoardPanes;
use panes::Shared;
pub(crate) use panes::board_work;
use region::RegionForm;
use settings::SettingsForm;
use symbols::SymbolsForm;
pub(crate) use symbols::choose as choose_symbols;
use wifi::WifiForm;
pub(crate) use wifi::scan_for;

/// The state of one board's pane.
#[derive(Debug, Default)]
pub struct BoardPane {
    /// The serial session that is shown; `None` while no port was chosen.
    session: Option<SessionId>,
    /// It stands among the tabs.
    tabbed: bool,
    /// The user has left it out of what is done with all boards.
    is_left_out: bool,
    wifi: WifiForm,
    flash: FlashForm,
    region: RegionForm,
    symbols: SymbolsForm,
    settings: SettingsForm,
    /// The board was asked who it is, at this frame time; it is silent when nothing came for a while.
    asked: Option<f64>,
    /// The provisioning run that was begun here, and what follows it.
    pub(crate) run: Option<ProvisionRun>,
    /// When statistics were last asked for.
    polled: f64,
    polls: bool,
    /// The clients.
    listed: Watched,
    /// Since when a connection stands of which the board has not told.
    doubted: Option<f64>,
    /// What the display shows.
    screened: Watched,
    /// The panic that the user has seen, by its beginning, and those before it.
    seen_panic: Option<Timestamp>,
    /// The end of a run that the user has seen.
    seen_end: Option<Arc<ProvisionStatus>>,
}

/// A provisioning run that was begun in the window.
#[derive(Clone, Debug)]
pub(crate) struct ProvisionRun {
    /// Open a conversation at its end.
    pub talk: bool,
    /// The network that it was begun with.
    pub network: Option<(String, Secret)>,
    /// Keep its password in the keyring when it leads somewhere.
    pub remember: bool,
}

/// How long a board of ours may take to say who it is, in seconds.
const SILENCE: f64 = 4.0;
/// How often statistics are asked for while they are watched, in seconds.
const POLL: f64 = 2.0;
/// How often a board is asked that has said nothing since, in seconds: its log may be quieter than what happens to it.
const QUIET: f64 = 30.0;

/// Something that the board is asked for again and again while it is looked at.
#[derive(Debug, Default)]
struct Watched {
    /// When it was last asked for.
    asked: f64,
    /// What the board had said by then.
    news: Option<u64>,
}

/// What the parts of the panel see of the board.
struct BoardContext<'a> {
    id: SessionId,
    status: &'a BoardStatus,
    progress: &'a BoardProgress,
}

impl BoardContext<'_> {
    fn reported(&self) -> &ReportedState {
        &self.status.reported
    }

    fn ours(&self) -> bool {
        matches!(self.progress.firmware, FirmwareState::Ours { .. })
    }
}

impl BoardPane {
    /// The serial session that is shown; `None` while no port was chosen.
    pub(crate) const fn session(&self) -> Option<SessionId> {
        self.session
    }

    /// Whether it stands among the tabs.
    pub(crate) const fn is_tabbed(&self) -> bool {
        self.tabbed
    }

    /// The provisioning run that the panel's button asks for.
    pub(crate) fn go_request(&self) -> ProvisionRequest {
        ProvisionRequest { network: self.wifi.chosen(), may_flash: true }
    }

    /// The network to give to a board that knows none: what the user named, or what is most likely meant.
    pub(crate) fn network(&self) -> Option<(String, Secret)> {
        self.wifi.network().filter(|_| self.wifi.fits(true))
    }

    /// Whether the password of the network in the form is to be kept.
    pub(crate) const fn remembers(&self) -> bool {
        self.wifi.remembers()
    }

    /// The keyring has answered.
    pub(crate) fn recalled(&mut self, ssid: &str, answer: Result<Option<Secret>, KeyringFault>) {
        self.wifi.recalled(ssid, answer);
    }

    /// A folder or a file was picked for flashing.
    pub(crate) fn file(&mut self, path: PathBuf) {
        self.flash.build.ask(path);
    }

    /// A file was picked for a backup.
    pub(crate) fn backup_file(&mut self, path: &Path) {
        self.region.picked(path);
    }

    /// What it holds.
    pub(crate) fn found(&mut self, path: PathBuf, found: Result<FoundBuild, BoardFault>) {
        if matches!(&found, Ok(found) if !found.is_file()) {
            self.symbols.is_no_file(&path);
        }
        self.flash.found(path, found);
    }

    /// The build at this place was made again.
    pub(crate) fn rebuilt(&mut self, path: PathBuf) {
        self.flash.build.rebuilt(path);
    }

    /// What flashes the build of the panel again, if there is one.
    pub(crate) fn flash_again(&mut self) -> Option<FlashSpec> {
        let spec = self.flash.build.spec();
        self.flash.build.flashed();
        spec
    }

    /// What runs on the board, as far as the window knows.
    pub(crate) fn firmware(&self, backend: &dyn Backend, status: &BoardStatus) -> FirmwareState {
        self.progress(backend, status, 0.0).firmware
    }

    /// Whether a build was chosen that could be flashed again.
    pub(crate) fn has_build(&self) -> bool {
        self.flash.build.spec().is_some()
    }

    /// A file was dropped: for flashing, or for decoding backtraces.
    pub(crate) fn dropped(&mut self, path: PathBuf) {
        self.symbols.dropped(&path.display().to_string());
        self.file(path);
    }

    /// Draws the board below its port; `monitor` is the pane of its serial session.
    fn ui(
        &mut self,
        ui: &mut Ui,
        scene: &mut Scene<'_>,
        shared: &mut Shared,
        board: (SessionId, &BoardStatus),
        monitor: Option<&mut SessionPane>,
    ) {
        let (id, status) = board;
        let bar = panes::frame(ui);
        let now = ui.input(|input| input.time);
        let progress = self.progress(scene.backend, status, now);
        let context = BoardContext { id, status, progress: &progress };
        self.keep_asking(ui, scene, &context, now);
        let mut overview = |ui: &mut Ui, scene: &mut Scene<'_>| {
            ScrollArea::vertical().auto_shrink([false, false]).show(ui, |ui| {
                // Of its own for each board: what was typed for one cannot be undone into another's field.
                ui.push_id(id, |ui| self.overview(ui, scene, shared, &context));
            });
        };
        let Some(monitor) = monitor else {
            egui::CentralPanel::default().frame(bar).show(ui, |ui| overview(ui, scene));
            return;
        };
        let room = ui.available_size();
        let panel = if panes::is_wide(room) {
            Panel::left("board guide beside").default_size(360.0_f32.min(room.x * 0.45))
        } else {
            // The log below keeps its part where there is less room than the guide was given once.
            let most = (room.y * 0.65).max(80.0);
            Panel::top("board guide").default_size((room.y * 0.55).max(120.0)).max_size(most)
        };
        panel.frame(bar).resizable(true).show(ui, |ui| overview(ui, scene));
        ui.push_id(id, |ui| monitor.ui(ui, scene));
    }

    fn overview(
        &mut self,
        ui: &mut Ui,
        scene: &mut Scene<'_>,
        shared: &mut Shared,
        context: &BoardContext<'_>,
    ) {
        let (known, of) = (&shared.known, Some(context.id));
        ui.spacing_mut().item_spacing.y = space::S;
        let going = scene.backend.provision_status(context.id);
        steps::ui(ui, scene, context, going.as_deref());
        provision::ui(self, ui, scene, context, known, going.as_ref());
        steps::problems(&mut self.seen_panic, ui, scene, context);
        symbols::offer(&mut self.symbols, ui, scene, context);
        flash::ui(&mut self.flash, ui, scene, context);
        region::ui(&mut self.region, ui, scene, context);
        symbols::ui(&mut self.symbols, ui, scene, context);
        if context.ours() {
            // Where a network is needed next, its form stands above already.
            if context.progress.next != NextAction::Provision {
                section(ui, scene, of, "board-section-wifi", false, |ui, scene| {
                    let answer = self.wifi_answer(going.as_ref());
                    wifi::ui(&mut self.wifi, known, answer, ui, scene, context);
                });
            }
            section(ui, scene, of, "board-section-clients", false, |ui, scene| {
                // A line that says that one has gone may be lost.
                let listed = &mut self.listed;
                // What a connection has carried changes without a line.
                let counts = context.reported().connections().any(|it| !it.state.is_over());
                let rest = if counts { POLL } else { QUIET };
                keep_telling(ui, scene, context, listed, rest, espalier_protocol::Command::Clients);
                server::ui(ui, scene, context);
            });
            section(ui, scene, of, "board-section-screen", false, |ui, scene| {
                if screen::ui(ui, scene, context) {
                    let screened = &mut self.screened;
                    let screen = espalier_protocol::Command::Screen;
                    keep_telling(ui, scene, context, screened, QUIET, screen);
                }
            });
            section(ui, scene, of, "board-section-settings", false, |ui, scene| {
                settings::ui(&mut self.settings, ui, scene, context);
            });
            section(ui, scene, of, "board-section-trends", false, |ui, scene| {
                trends::ui(&mut self.polls, ui, scene, context);
            });
        }
        shared.update.suggest(context.reported().update_place());
        shared.without_a_cable(ui, scene, Some(context));
    }

    /// What the network or the board answered to what stands in the Wi-Fi form: told there, until it is changed.
    fn wifi_answer(&self, going: Option<&Arc<ProvisionStatus>>) -> Option<ProvisionFault> {
        let fault = self.end(going)?;
        self.wifi.is_answered(&fault).then_some(fault)
    }

    /// Why the run failed; `None` when it did not, or the user has seen it.
    fn end(&self, going: Option<&Arc<ProvisionStatus>>) -> Option<ProvisionFault> {
        let going = going?;
        if self.seen_end.as_ref().is_some_and(|seen| Arc::ptr_eq(seen, going)) {
            return None;
        }
        let fault = going.outcome.as_ref()?.as_ref().err()?;
        let of_form = matches!(
            **fault,
            ProvisionFault::WrongPassword { .. } | ProvisionFault::NoSuchNetwork { .. }
        );
        // Something else stands in the form now.
        (!of_form || !self.wifi.is_changed_since(going)).then(|| (**fault).clone())
    }

    /// Where the board stands; `None`: there is none.
    fn board_progress(&self, backend: &dyn Backend, now: f64) -> Option<BoardProgress> {
        let status = self.session.and_then(|id| backend.board(id))?;
        Some(self.progress(backend, &status, now))
    }

    /// Where the board stands, as the window knows it.
    fn progress(&self, backend: &dyn Backend, status: &BoardStatus, now: f64) -> BoardProgress {
        let silent = self.asked.is_some_and(|asked| now - asked > SILENCE);
        let reported = &status.reported;
        let ours = reported.endpoint().map(|to| connections(backend, to)).unwrap_or_default();
        let talk = Conversation::of(reported, &ours);
        let bundled = bundled_version(backend, status);
        BoardProgress::of(status, reported, &bundled, silent, talk)
    }

    /// Asks a board that has not said who it is, and polls what is being watched.
    fn keep_asking(
        &mut self,
        ui: &Ui,
        scene: &mut Scene<'_>,
        context: &BoardContext<'_>,
        now: f64,
    ) {
        if context.status.link != LinkState::Monitoring {
            self.asked = None;
            return;
        }
        let say = |command| UiRequest::Board(context.id, BoardCommand::Say(command));
        if context.reported().firmware.is_none() {
            if self.asked.is_none() {
                self.asked = Some(now);
                scene.ask(say(espalier_protocol::Command::Status));
            }
            ui.ctx().request_repaint_after_secs(1.0);
        } else {
            self.asked = None;
        }
        self.keep_doubting(ui, scene, context, now);
        if self.polls && context.ours() {
            if now - self.polled >= POLL {
                self.polled = now;
                scene.ask(say(espalier_protocol::Command::Status));
            }
            ui.ctx().request_repaint_after_secs(POLL as f32);
        }
    }

    /// A board that does not tell of a connection of ours (its log may be quiet) is asked for its clients.
    fn keep_doubting(
        &mut self,
        ui: &Ui,
        scene: &mut Scene<'_>,
        context: &BoardContext<'_>,
        now: f64,
    ) {
        if context.progress.conversation != Conversation::Unconfirmed || !context.ours() {
            self.doubted = None;
            return;
        }
        let since = *self.doubted.get_or_insert(now);
        if now - since.max(self.listed.asked) >= POLL {
            self.listed = Watched { asked: now, news: Some(context.reported().news()) };
            let say = BoardCommand::Say(espalier_protocol::Command::Clients);
            scene.ask(UiRequest::Board(context.id, say));
        }
        ui.ctx().request_repaint_after_secs(POLL as f32);
    }
}

/// Lets the board tell something again while it is looked at: when it has said anything since it told that last, and after
/// `rest` seconds in any case. Each answer is lines in its log, so that a board to which nothing happens is left in peace.
fn keep_telling(
    ui: &Ui,
    scene: &mut Scene<'_>,
    context: &BoardContext<'_>,
    watched: &mut Watched,
    rest: f64,
    command: espalier_protocol::Command,
) {
    let now = ui.input(|input| input.time);
    if context.status.link != LinkState::Monitoring {
        return;
    }
    let news = Some(context.reported().news());
    let pause = if watched.news == news { rest } else { POLL };
    let left = watched.asked + pause - now;
    if left <= 0.0 {
        *watched = Watched { asked: now, news };
        scene.ask(UiRequest::Board(context.id, BoardCommand::Say(command)));
    }
    let next = if left <= 0.0 { rest } else { left };
    ui.ctx().request_repaint_after_secs(next as f32);
}

/// A part of a panel that is folded until it is wanted: until somebody unfolds it, or a command asks for it.
fn section(
    ui: &mut Ui,
    scene: &mut Scene<'_>,
    of: Option<SessionId>,
    key: &'static str,
    open: bool,
    content: impl FnOnce(&mut Ui, &mut Scene<'_>),
) {
    let is_meant =
        |wanted: &mut (SessionId, &str)| wanted.1 == key && of.is_none_or(|of| of == wanted.0);
    let wanted = scene.board_section.take_if(is_meant).is_some();
    let header = CollapsingHeader::new(egui::RichText::new(scene.text(key)).strong()).id_salt(key);
    let open = (open || wanted).then_some(true);
    let shown = header.open(open).show(ui, |ui| content(ui, scene));
    if wanted {
        shown.header_response.scroll_to_me(Some(egui::Align::TOP));
    }
}

/// Whether a serial session is with a board that is not there.
pub(crate) fn is_simulated(backend: &dyn Backend, id: SessionId) -> bool {
    let Some(name) = port_of(backend, id) else { return false };
    backend.ports().iter().any(|port| port.name == name && port::is_simulated(port))
}

/// The port that a serial session was asked to open.
fn port_of(backend: &dyn Backend, id: SessionId) -> Option<String> {
    match &backend.spec(id)?.transport {
        TransportSpec::Serial(serial) => Some(serial.port.clone()),
        _ => None,
    }
}

/// Our open connections to the board there.
fn connections(backend: &dyn Backend, to: std::net::SocketAddr) -> Vec<OurConnection> {
    let stands = |id: SessionId| {
        let status = backend.status(id)?;
        let is_open =
            status.remote == Some(to) && matches!(status.state, SessionState::Connected(_));
        let (local, since) = (status.local?, status.since?);
        is_open.then_some(OurConnection { local, since })
    };
    backend.sessions().into_iter().filter_map(stands).collect()
}

/// The version of the bundled firmware for the chip that the board is, or of any chip while that is not known.
fn bundled_version(backend: &dyn Backend, status: &BoardStatus) -> String {
    let chip = status.reported.firmware.as_ref().and_then(|it| it.chip.parse().ok());
    let images = backend.images();
    let image = images.iter().find(|image| chip.is_none_or(|chip| image.chip == chip));
    image.map(|image| image.version.clone()).unwrap_or_default()
}
