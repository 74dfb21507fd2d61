//! The window on the real engine: a server and a client opened by clicking talk over loopback, in both languages.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use egui_kittest::Harness;
use egui_kittest::kittest::{By, Queryable as _};
use espalier_core::Timestamp;
use espalier_core::backend::{Backend as _, SessionCommand, Target};
use espalier_core::session::{SessionSpec, SessionState};
use espalier_engine::Engine;
use espalier_engine::board::ports::{NoSimulatedBoards, SimulatedBoards};
use espalier_ui::{App, Done, Language, Locale, Pick, Platform, UiState};

/// A machine without files.
struct Machine;

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

    fn read_workspace(&self, _path: PathBuf, done: Done<Result<Vec<SessionSpec>, String>>) {
        done(Err("this machine has no files".to_owned()));
    }

    fn write_workspace(
        &self,
        _path: PathBuf,
        _sessions: Vec<SessionSpec>,
        done: Done<Result<(), String>>,
    ) {
        done(Err("this machine has no files".to_owned()));
    }
}

struct Window {
    harness: Harness<'static, Option<App>>,
    engine: Arc<Engine>,
    words: Locale,
    _captures: tempfile::TempDir,
}

impl Window {
    fn new(language: Language) -> Self {
        Self::with_boards(language, Arc::new(NoSimulatedBoards))
    }

    fn with_boards(language: Language, boards: Arc<dyn SimulatedBoards>) -> Self {
        let captures = tempfile::tempdir().expect("a folder");
        let engine = Engine::with_simulated_boards(captures.path(), boards).expect("an engine");
        let engine = Arc::new(engine);
        let backend = Arc::clone(&engine);
        let harness = Harness::builder().with_size([1100.0, 720.0]).build_ui_state(
            move |ui, app: &mut Option<App>| {
                app.get_or_insert_with(|| {
                    let state = UiState::default();
                    App::new(ui.ctx(), backend.clone(), Arc::new(Machine), state, language)
                })
                .ui(ui);
            },
            None,
        );
        Self { harness, engine, words: Locale::new(language), _captures: captures }
    }

    fn press(&mut self, modifiers: egui::Modifiers, key: egui::Key) {
        self.harness.key_press_modifiers(modifiers, key);
        self.harness.run_ok();
    }

    fn write(&mut self, key: &str, text: &str) {
        let label = self.words.text(key).to_owned();
        self.harness.get_by_label(&label).focus();
        self.harness.run_ok();
        self.press(egui::Modifiers::COMMAND, egui::Key::A);
        self.harness.get_by_label(&label).type_text(text);
        self.harness.run_ok();
    }

    /// Clicks the last of that name: a dialog comes after what it covers.
    fn click(&mut self, key: &str) {
        let label = self.words.text(key);
        self.harness.query_all_by_label(label).last().expect("it is there").click();
        self.harness.run_ok();
    }

    /// Draws until this is so.
    fn until(&mut self, what: &str, so: impl Fn(&Self) -> bool) {
        let start = Instant::now();
        while !so(self) {
            let in_time = start.elapsed() < Duration::from_secs(60);
            assert!(in_time, "still not: {what}; there is {:#?}", self.texts());
            std::thread::sleep(Duration::from_millis(10));
            self.harness.run_ok();
        }
    }

    /// Whether this text can be read, as the name of something or as a text of its own.
    fn shows(&self, text: &str) -> bool {
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

    /// All that can be read.
    fn texts(&self) -> Vec<String> {
        let texts = std::cell::RefCell::new(Vec::new());
        let read = |node: &egui_kittest::kittest::AccessKitNode<'_>| {
            texts.borrow_mut().extend(node.label().or_else(|| node.value()));
            false
        };
        self.harness.query_all(By::new().predicate(read)).next();
        texts.into_inner()
    }

    /// The port that the first session listens on.
    fn port(&self) -> Option<u16> {
        let id = *self.engine.sessions().first()?;
        let status = self.engine.status(id)?;
        (status.state == SessionState::Listening).then_some(status.local?.port())
    }

    /// A client session has come, the board says that it serves it, and echoes what it sends.
    fn is_served_and_echoed(&mut self) {
        let served = self.words.with("place-served", [("slot", 1_u32.into())]);
        self.until("served, as the board sees it", |window| window.shows(&served));
        let client = *self.engine.sessions().last().expect("a client");
        let hello: Arc<[u8]> = Arc::from("hello 板子".as_bytes());
        let send = SessionCommand::Send { to: Target::All, bytes: hello };
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
struct OneBoard(espalier_simulator::RunningBoard);

#[cfg(unix)]
impl OneBoard {
    fn new() -> Self {
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
        // Where it listens is known now: further clients are one click each.
        window.click("board-connect");
        let second = window.words.with("place-served", [("slot", 2_u32.into())]);
        window.until("a second one is served", |window| window.shows(&second));
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
        window.press(egui::Modifiers::COMMAND, egui::Key::B);
        window.write("board-typed-port", &board.path().display().to_string());
        window.click("board-open-port");
        window.until("the empty flash is told", |window| {
            window.shows(window.words.text("firmware-none"))
        });

        window.click("go");
        window.until("flashed, and asked for a network", |window| {
            window.shows(window.words.text("go-needs-network"))
        });
        window.write("wifi-ssid", "Simulated");
        window.click("go");
        window.is_served_and_echoed();
    }
}
