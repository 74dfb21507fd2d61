//! Bridges in the window: begun, shown, ended, and kept. And what is received wrongly on purpose.

use egui::accesskit::Role;
use egui_kittest::kittest::Queryable as _;
use espalier_core::SessionId;
use espalier_core::backend::prelude::*;
use espalier_core::faults::ReceiveFaults;
use espalier_core::session::{SessionSpec, TcpClientSpec, TcpServerSpec, TransportSpec};
use espalier_ui::{Language, Locale, SavedSession, SendState, UiState};

use crate::harness::Window;

fn named(name: &str, bridge: Option<&str>, transport: TransportSpec) -> SavedSession {
    let send = SendState::new(&transport);
    let bridge = bridge.map(str::to_owned);
    let spec = SessionSpec { name: name.to_owned(), bridge, ..SessionSpec::new(transport) };
    SavedSession { spec, send }
}

fn client() -> TransportSpec {
    TransportSpec::TcpClient(TcpClientSpec::new("board.local", 7681))
}

fn server() -> TransportSpec {
    TransportSpec::TcpServer(TcpServerSpec::new(0))
}

fn of(language: Language, sessions: Vec<SavedSession>) -> Window {
    let state = UiState { sessions, ..UiState::default() };
    Window::with(language, state, egui::vec2(1100.0, 1000.0))
}

fn by_menu(window: &mut Window, words: &Locale, command: &str) {
    window.click(words.text("more-actions"));
    window.click_last(words.text(command));
}

fn bridged(window: &Window, id: u64) -> Option<SessionId> {
    window.engine.status(SessionId(id)).and_then(|status| status.bridge)
}

#[test]
fn two_sessions_are_bridged_shown_and_parted_again() {
    for language in Language::ALL {
        let words = Locale::new(language);
        let sessions = vec![named("sensors", None, client()), named("cloud", None, server())];
        let mut window = of(language, sessions);
        by_menu(&mut window, &words, "command-bridge");
        assert_eq!(window.count(words.text("bridge-hint")), 1);
        // The session in front is the one that was opened last.
        window.click_last("sensors");
        assert_eq!(
            (bridged(&window, 1), bridged(&window, 2)),
            (Some(SessionId(2)), Some(SessionId(1)))
        );
        let chip = words.with("bridge-chip", [("session", "sensors".into())]);
        assert!(window.count(&chip) > 0);
        let state = window.app().state();
        assert_eq!(state.sessions[1].spec.bridge.as_deref(), Some("sensors"));
        by_menu(&mut window, &words, "command-end-bridge");
        assert_eq!((bridged(&window, 1), bridged(&window, 2)), (None, None));
        assert_eq!(window.count(&chip), 0);
    }
}

#[test]
fn a_bridge_comes_back_with_its_sessions_and_one_that_cannot_is_told() {
    let sessions = vec![named("sensors", Some("cloud"), client()), named("cloud", None, server())];
    let window = of(Language::English, sessions);
    assert_eq!(bridged(&window, 1), Some(SessionId(2)));
    let window = of(Language::English, vec![named("sensors", Some("cloud"), client())]);
    assert!(window.count("there is no session of the name cloud to be bridged with") > 0);
}

#[test]
fn a_session_receives_wrongly_as_its_options_say() {
    for language in Language::ALL {
        let words = Locale::new(language);
        let mut window = of(language, vec![named("board", None, server())]);
        window.click(words.text("command-options"));
        let name = words.text("fault-name-stop-reading");
        window.harness.get_by_role_and_label(Role::CheckBox, name).click_accesskit();
        window.rest();
        let buttons = window.harness.query_all_by_label(words.text("apply"));
        buttons.last().expect("the form has it").click_accesskit();
        window.rest();
        let spec = window.engine.spec(SessionId(1)).expect("it is open");
        let TransportSpec::TcpServer(server) = &spec.transport else { panic!("{spec:?}") };
        let expected = ReceiveFaults { stop_reading: true, ..ReceiveFaults::default() };
        assert_eq!(server.faults, expected);
    }
}
