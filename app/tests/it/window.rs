//! The window on the real engine: a server and a client opened by clicking talk over loopback, in both languages.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use egui_kittest::Harness;
use egui_kittest::kittest::{By, Queryable as _};
use espalier_core::backend::prelude::*;
use espalier_core::backend::{PeerSelector, SessionCommand};
use espalier_core::board::{KeyringFault, Secret};
use espalier_core::session::SessionState;
use espalier_core::{Sentence, Timestamp};
use espalier_engine::Engine;
use espalier_engine::board::ports::{NoSimulatedBoards, SimulatedBoards};
use espalier_engine::keyring::Keyring;
use espalier_ui::{
    App, Done, Language, Locale, Pick, Platform, SavedBoards, UiState, WorkspaceContents,
};

use crate::renderer::Renderer;

/// A machine without files, and with a keyring in memory or none.
#[derive(Clone, Default)]
struct Machine(Option<Arc<Keyring>>);

impl Machine {
    fn ask<T>(
        &self,
        ask: impl FnOnce(&Keyring) -> Result<T, KeyringFault>,
    ) -> Result<T, KeyringFault> {
        let none = || KeyringFault::None("a machine without".to_owned());
        self.0.as_deref().ok_or_else(none).and_then(ask)
    }
}

impl Platform for Machine {
    fn now(&self) -> Timestamp {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Timestamp(i64::try_from(since.as_nanos()).unwrap_or(i64::MAX))
    }

    fn zone(&self) -> espalier_core::view::TimeZone {
        espalier_core::view::TimeZone::UTC
    }

    fn folder(&self) -> PathBuf {
        PathBuf::new()
    }

    fn pick(&self, _ask: Pick, done: Done<Option<PathBuf>>) {
        done(None);
    }

    fn store(&self, _state: &UiState) {}

    fn recall_password(&self, ssid: &str, done: Done<Result<Option<Secret>, KeyringFault>>) {
        done(self.ask(|keyring| keyring.recall(ssid)));
    }

    fn remember_password(
        &self,
        ssid: &str,
        password: Secret,
        done: Done<Result<(), KeyringFault>>,
    ) {
        done(self.ask(|keyring| keyring.remember(ssid, &password)));
    }

    fn forget_password(&self, ssid: &str, done: Done<Result<(), KeyringFault>>) {
        done(self.ask(|keyring| keyring.forget(ssid)));
    }

    fn read_workspace(&self, _path: PathBuf, done: Done<Result<WorkspaceContents, Sentence>>) {
        done(Err("this machine has no files".into()));
    }

    fn write_workspace(
        &self,
        _path: PathBuf,
        _contents: WorkspaceContents,
        done: Done<Result<(), Sentence>>,
    ) {
        done(Err("this machine has no files".into()));
    }
}

pub struct Window {
    pub harness: Harness<'static, Option<App>>,
    pub engine: Arc<Engine>,
    pub words: Locale,
    _captures: tempfile::TempDir,
}

impl Window {
    pub fn new(language: Language) -> Self {
        Self::with_boards(language, Arc::new(NoSimulatedBoards))
    }

    pub fn with_boards(language: Language, boards: Arc<dyn SimulatedBoards>) -> Self {
        // Rows of one line each: in a small panel more of them are in sight.
        let mut state = UiState::default();
        state.settings.new_session.wrap = false;
        Self::with(language, boards, Machine::default(), state)
    }

    fn with(
        language: Language,
        boards: Arc<dyn SimulatedBoards>,
        machine: Machine,
        state: UiState,
    ) -> Self {
        let captures = tempfile::tempdir().expect("a folder");
        let engine = Engine::with_simulated_boards(captures.path(), boards).expect("an engine");
        let engine = Arc::new(engine);
        let backend = Arc::clone(&engine);
        let harness = Harness::builder()
            .with_size([1100.0, 720.0])
            .renderer(Renderer::default())
            .build_ui_state(
                move |ui, app: &mut Option<App>| {
                    app.get_or_insert_with(|| {
                        let machine = Arc::new(machine.clone());
                        App::new(ui.ctx(), backend.clone(), machine, state.clone(), language)
                    })
                    .ui(ui);
                },
                None,
            );
        Self { harness, engine, words: Locale::new(language), _captures: captures }
    }

    pub fn press(&mut self, modifiers: egui::Modifiers, key: egui::Key) {
        self.harness.key_press_modifiers(modifiers, key);
        self.harness.run_ok();
    }

    pub fn write(&mut self, key: &str, text: &str) {
        let label = self.words.text(key).to_owned();
        self.harness.get_by_label(&label).focus();
        self.harness.run_ok();
        self.press(egui::Modifiers::COMMAND, egui::Key::A);
        self.harness.get_by_label(&label).type_text(text);
        self.harness.run_ok();
    }

    /// Clicks the last of that name: a dialog comes after what it covers.
    pub fn click(&mut self, key: &str) {
        let label = self.words.text(key);
        self.harness.query_all_by_label(label).last().expect("it is there").click();
        self.harness.run_ok();
    }

    /// Draws until this is so.
    pub fn until(&mut self, what: &str, so: impl Fn(&Self) -> bool) {
        let start = Instant::now();
        while !so(self) {
            let in_time = start.elapsed() < Duration::from_secs(60);
            assert!(in_time, "still not: {what}; there is {:#?}", self.texts());
            std::thread::sleep(Duration::from_millis(10));
            self.harness.run_ok();
        }
    }

    /// Whether this text can be read, as the name of something or as a text of its own.
    pub fn shows(&self, text: &str) -> bool {
        let says = |node: &egui_kittest::kittest::AccessKitNode<'_>| {
            [node.label(), node.value()].iter().flatten().any(|it| it.contains(text))
        };
        self.harness.query_all(By::new().predicate(says)).next().is_some()
    }

    /// Whether the last session is a client that stands.
    fn client_is_connected(&self) -> bool {
        let last = self.engine.sessions().last().and_then(|id| self.engine.status(*id));
        last.is_some_and(|status| matches!(status.state, SessionState::Connected(_)))
    }

    /// Bytes that the last session has sent.
    fn sent(&self) -> u64 {
        let last = self.engine.sessions().last().and_then(|id| self.engine.status(*id));
        last.map_or(0, |status| status.traffic.sent.bytes)
    }

    /// Opens the board panel and types this port.
    #[cfg(unix)]
    fn open_port(&mut self, board: &espalier_simulator::RunningBoard) {
        self.press(egui::Modifiers::COMMAND, egui::Key::B);
        self.write("board-typed-port", &board.path().display().to_string());
        // The list of ports comes when it was read, and moves what is below it: a click may miss.
        let start = Instant::now();
        while self.engine.sessions().is_empty() {
            assert!(start.elapsed() < Duration::from_secs(60), "not opened: {:#?}", self.texts());
            self.click("board-open-port");
        }
        self.until("the empty flash is told", |window| {
            window.shows(window.words.text("firmware-none"))
        });
    }

    /// Clicks the link on the row that says this until it opens a session: the log follows, so the row may have moved
    /// on between the look and the click.
    #[cfg(unix)]
    fn click_link(&mut self, row: &str) {
        let sessions = self.engine.sessions().len();
        let start = Instant::now();
        while self.engine.sessions().len() == sessions {
            let in_time = start.elapsed() < Duration::from_secs(60);
            assert!(in_time, "no link in {row}; there is {:#?}", self.texts());
            let Some(link) = self.link(row) else { continue };
            self.harness.drag_at(link);
            self.harness.drop_at(link);
            self.harness.run_ok();
        }
    }

    /// Where the pointer becomes a hand on the row that says this.
    #[cfg(unix)]
    fn link(&mut self, row: &str) -> Option<egui::Pos2> {
        let row = self.harness.query_by_label_contains(row)?.rect();
        // A long row has several lines.
        let lines = (row.top() as i32 + 8..row.bottom() as i32).step_by(8);
        let mut places = lines.flat_map(|y| {
            let along = (row.left() as i32..row.right() as i32).step_by(16);
            along.map(move |x| egui::pos2(x as f32, y as f32))
        });
        places.find(|at| {
            self.harness.hover_at(*at);
            self.harness.step();
            let cursor = self.harness.output().platform_output.cursor_icon;
            cursor == egui::CursorIcon::PointingHand
        })
    }

    /// All that can be read.
    pub fn texts(&self) -> Vec<String> {
        let texts = std::cell::RefCell::new(Vec::new());
        let read = |node: &egui_kittest::kittest::AccessKitNode<'_>| {
            texts.borrow_mut().extend(node.label().or_else(|| node.value()));
            false
        };
        self.harness.query_all(By::new().predicate(read)).next();
        texts.into_inner()
    }

    /// The port that the first session listens on.
    pub fn port(&self) -> Option<u16> {
        let id = *self.engine.sessions().first()?;
        let status = self.engine.status(id)?;
        (status.state == SessionState::Listening).then_some(status.local?.port())
    }

    /// A client session has come, the board says that it serves it, and echoes what it sends.
    pub fn is_served_and_echoed(&mut self) {
        let served = self.words.with("place-served", [("slot", 1_u32.into())]);
        self.until("served, as the board sees it", |window| window.shows(&served));
        let client = *self.engine.sessions().last().expect("a client");
        let hello: Arc<[u8]> = Arc::from("hello 板子".as_bytes());
        let send = SessionCommand::Send { to: PeerSelector::All, bytes: hello };
        self.engine.command(client, send).expect("it is taken");
        self.until("the echo", |window| {
            let status = window.engine.status(client);
            status.is_some_and(|status| status.traffic.received.bytes == "hello 板子".len() as u64)
        });
    }
}

#[test]
fn a_server_and_a_client_opened_by_clicking_talk_in_both_languages() {
    for language in Language::ALL {
        let mut window = Window::new(language);
        window.press(egui::Modifiers::COMMAND | egui::Modifiers::SHIFT, egui::Key::N);
        window.click("listen");
        window.until("listening", |window| window.port().is_some());
        let port = window.port().expect("it listens").to_string();

        window.press(egui::Modifiers::COMMAND, egui::Key::N);
        window.write("host", "127.0.0.1");
        window.write("port", &port);
        window.click("connect");
        // Its log says so earlier than its state, which the send button goes by.
        window.until("connected", |window| window.client_is_connected());

        window.harness.get_by_label(window.words.text("send-field")).focus();
        window.harness.run_ok();
        window.harness.get_by_label(window.words.text("send-field")).type_text("hello 你好");
        window.harness.run_ok();
        window.click("send");
        // The field would show it too, had it not been sent.
        window.until("sent", |window| window.sent() == "hello 你好".len() as u64);
        window.until("the client's log", |window| window.shows("hello 你好"));

        window.press(egui::Modifiers::COMMAND, egui::Key::PageUp);
        window.until("the server's log", |window| window.shows("hello 你好"));
        window.harness.get_by_label(window.words.text("send-field")).focus();
        window.harness.run_ok();
        window.harness.get_by_label(window.words.text("send-field")).type_text("and back 再见");
        window.press(egui::Modifiers::NONE, egui::Key::Enter);

        window.press(egui::Modifiers::COMMAND, egui::Key::PageDown);
        window.until("the answer", |window| window.shows("and back 再见"));
    }
}

/// One new simulated board on the list of ports, as the program offers it.
#[cfg(unix)]
#[derive(Debug)]
pub struct OneBoard(espalier_simulator::RunningBoard);

#[cfg(unix)]
impl OneBoard {
    pub fn new() -> Self {
        use espalier_simulator::{Chip, Simulator, SimulatorSpec};
        Self(Simulator::start(SimulatorSpec::new(Chip::Esp32c3)).expect("a simulated board"))
    }
}

#[cfg(unix)]
impl SimulatedBoards for OneBoard {
    fn ports(&self) -> Vec<espalier_core::board::PortInfo> {
        use espalier_core::board::{Chip, PortAccess, PortInfo, PortKind};
        let kind = PortKind::Simulated { chip: Chip::Esp32C3 };
        vec![PortInfo { name: "simulated:esp32c3".to_owned(), kind, access: PortAccess::Free }]
    }

    fn start(&self, _name: &str) -> Result<String, espalier_core::board::BoardFault> {
        Ok(self.0.path().to_string_lossy().into_owned())
    }

    fn press(&self, _name: &str, boot: bool) -> bool {
        if boot {
            self.0.enter_download_mode()
        } else {
            self.0.press_en()
        }
        true
    }
}

/// With no hardware, two clicks after launch a conversation runs.
#[cfg(unix)]
#[test]
fn two_clicks_after_launch_a_conversation_with_the_simulated_board_runs_in_both_languages() {
    for language in Language::ALL {
        let mut window = Window::with_boards(language, Arc::new(OneBoard::new()));
        let offered = "welcome-board-simulated";
        window.until("it is offered", |window| window.shows(window.words.text(offered)));
        window.click(offered);
        window.until("the board is looked at", |window| window.shows(window.words.text("go")));
        window.click("go");
        window.is_served_and_echoed();
        // Where it listens is known now: further clients are one click each, on the button or the address in the log.
        let sessions = window.engine.sessions().len();
        // High enough for all that the board has said, in lines as long as its panel is wide.
        window.harness.set_size(egui::vec2(1200.0, 1600.0));
        window.click_link("wifi: got ip: ");
        assert_eq!(window.engine.sessions().len(), sessions + 1, "a click on the address");
        let second = window.words.with("place-served", [("slot", 2_u32.into())]);
        window.until("a second one is served", |window| window.shows(&second));

        // Go opens a closed port as well, and does not double the conversation that it finds.
        let sessions = window.engine.sessions().len();
        window.click("board-stop");
        window.until("closed", |window| window.shows(window.words.text("link-closed")));
        window.click("go");
        window.until("there again", |window| window.shows(window.words.text("board-connect")));
        assert_eq!(window.engine.sessions().len(), sessions);
    }
}

/// A board that is no simulated one by its port: Go flashes it, asks for the network, and ends in a conversation.
#[cfg(unix)]
#[test]
fn a_bare_board_is_flashed_and_talked_to_by_clicking_in_both_languages() {
    use espalier_simulator::{Chip, Simulator, SimulatorSpec};

    for language in Language::ALL {
        let spec = SimulatorSpec::new(Chip::Esp32c3);
        let board = Simulator::start(spec).expect("a simulated board");
        let mut window = Window::new(language);
        window.open_port(&board);
        window.click("go");
        window.until("flashed, and asked for a network", |window| {
            window.shows(window.words.text("go-needs-network"))
        });
        window.write("wifi-ssid", "Simulated");
        window.click("go");
        window.is_served_and_echoed();
    }
}

/// The keyring keeps a password when the board has joined with it, and the next board needs neither name nor password.
#[cfg(unix)]
#[test]
fn a_remembered_password_is_filled_in_for_the_next_board_and_forgotten_when_the_user_says_so() {
    const PASSWORD: &str = "espalier";
    let store = keyring_core::mock::Store::new().expect("a store in memory");
    let keyring = Arc::new(Keyring::over(store));
    let machine = Machine(Some(keyring.clone()));
    let window = |state| {
        Window::with(Language::English, Arc::new(NoSimulatedBoards), machine.clone(), state)
    };
    let first = OneBoard::new().0;
    let mut one = window(UiState::default());
    one.open_port(&first);
    one.write("wifi-ssid", "Simulated-WPA");
    one.write("wifi-password", PASSWORD);
    one.click("wifi-remember");
    one.click("go");
    one.is_served_and_echoed();
    assert_eq!(keyring.recall("Simulated-WPA"), Ok(Some(Secret(PASSWORD.to_owned()))));
    let state = one.harness.state().as_ref().expect("a window").state();
    assert!(!format!("{state:?}").contains(PASSWORD), "a name is kept, no password");
    drop(one);

    let second = OneBoard::new().0;
    let board = SavedBoards { open: false, boards: Vec::new(), ..state.board };
    let state = UiState { board, ..UiState::default() };
    let mut two = window(state.clone());
    two.open_port(&second);
    two.click("go");
    two.is_served_and_echoed();
    drop(two);

    let third = OneBoard::new().0;
    let mut three = window(state);
    three.open_port(&third);
    three.click("wifi-remember");
    three.until("it is forgotten", |_| keyring.recall("Simulated-WPA") == Ok(None));
}

#[cfg(unix)]
#[test]
fn without_a_keyring_it_is_said_when_the_password_is_to_be_remembered() {
    let board = OneBoard::new().0;
    let mut window = Window::new(Language::English);
    window.open_port(&board);
    window.write("wifi-ssid", "Simulated-WPA");
    window.click("wifi-remember");
    window.until("it is said", |window| window.shows(window.words.text("keyring-none")));
}
