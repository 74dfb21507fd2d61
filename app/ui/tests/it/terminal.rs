//! A session as a terminal.

use std::sync::Arc;

use egui::{Event, ImeEvent, Key, Modifiers};
use egui_kittest::kittest::Queryable as _;
use espalier_core::session::{SessionSpec, TcpServerSpec, TransportSpec};
use espalier_core::terminal::TerminalSpec;
use espalier_ui::{Language, SavedSession, SendState, UiState};

use crate::fake::FakeTerminal;
use crate::harness::{Machine, Window};

const CTRL_SHIFT: Modifiers = Modifiers::COMMAND.plus(Modifiers::SHIFT);

/// A window with a server that has a client, in front as a terminal.
fn terminal(language: Language, spec: TerminalSpec) -> Window {
    let transport = TransportSpec::TcpServer(TcpServerSpec::new(7000));
    let terminal = TerminalSpec { open: true, ..spec };
    let spec = SessionSpec { autostart: true, terminal, ..SessionSpec::new(transport.clone()) };
    let state = UiState {
        sessions: vec![SavedSession { spec, send: SendState::new(&transport) }],
        ..UiState::default()
    };
    let machine = Arc::new(Machine::default());
    let mut window = Window::on(machine, language, state, egui::vec2(1000.0, 640.0));
    of(&window).show(&["Welcome to the board", "esp> "]);
    window.rest();
    window
}

fn of(window: &Window) -> Arc<FakeTerminal> {
    Arc::clone(&window.engine.terminal)
}

fn press(window: &mut Window, modifiers: Modifiers, key: Key) {
    window.harness.key_press_modifiers(modifiers, key);
    window.rest();
}

fn event(window: &mut Window, event: Event) {
    window.harness.event(event);
    window.rest();
}

/// What was sent since the last time it was asked.
fn sent(window: &Window) -> String {
    let mut commands = window.engine.commands.lock();
    let mut all = String::new();
    for (_, command) in commands.drain(..) {
        for bytes in command.replace("bytes: [", "common: [").split("common: [").skip(1) {
            let bytes = bytes.split(']').next().unwrap_or_default();
            let bytes = bytes.split(", ").filter_map(|byte| byte.parse().ok()).collect();
            all += &String::from_utf8(bytes).expect("text");
            all += "|";
        }
    }
    all
}

#[test]
fn a_session_becomes_a_terminal_and_a_log_again() {
    let mut window = terminal(Language::English, TerminalSpec::default());
    assert_eq!(window.count("esp>"), 1);
    assert_eq!(window.harness.query_all_by_label("Send").count(), 0, "keys are the send box");
    let size = of(&window).size.lock().unwrap();
    assert!(size.columns > 60 && size.rows > 15, "{size:?}");
    press(&mut window, CTRL_SHIFT, Key::J);
    assert_eq!(window.count("esp>"), 0);
    assert!(window.count("Send") > 0);
    let closed = window.engine.closed_terminals.lock().len();
    assert_eq!(closed, 1, "a terminal that is not shown answers nothing");
    window.click("Terminal instead of the log");
    assert_eq!(window.count("esp>"), 1);
    window.machine.stored.lock().take();
    assert!(window.app().state().sessions[0].spec.terminal.open);
}

#[test]
fn every_key_goes_to_the_other_side() {
    let mut window = terminal(Language::English, TerminalSpec::default());
    sent(&window);
    event(&mut window, Event::Text("ls".to_owned()));
    for (modifiers, key) in [
        (Modifiers::NONE, Key::Enter),
        (Modifiers::NONE, Key::Tab),
        (Modifiers::NONE, Key::Escape),
        (Modifiers::NONE, Key::ArrowUp),
        (Modifiers::NONE, Key::F5),
        (Modifiers::COMMAND, Key::W),
        (Modifiers::COMMAND, Key::F),
    ] {
        press(&mut window, modifiers, key);
    }
    assert_eq!(sent(&window), "ls|\r|\t|\x1B|\x1B[A|\x1B[15~|\x17|\x06|");
    assert_eq!(window.count("esp>"), 1, "its tab is open");
    // As the system tells of Ctrl+C, Ctrl+X and Ctrl+V.
    event(&mut window, Event::ModifiersChanged(Modifiers::COMMAND));
    for it in [Event::Copy, Event::Cut, Event::Paste("secret".to_owned())] {
        event(&mut window, it);
    }
    event(&mut window, Event::ModifiersChanged(Modifiers::NONE));
    assert_eq!(sent(&window), "\x03|\x18|\x16|");
    event(&mut window, Event::Ime(ImeEvent::Commit("你好".to_owned())));
    assert_eq!(sent(&window), "你好|");
    // Still there: nothing took the keyboard away.
    event(&mut window, Event::Text("x".to_owned()));
    assert_eq!(sent(&window), "x|");
}

#[test]
fn ctrl_v_is_a_key_also_where_nothing_is_on_the_clipboard() {
    let mut window = terminal(Language::English, TerminalSpec::default());
    let up = |key, modifiers| Event::Key {
        key,
        physical_key: None,
        pressed: false,
        repeat: false,
        modifiers,
    };
    sent(&window);
    event(&mut window, Event::ModifiersChanged(Modifiers::COMMAND));
    event(&mut window, up(Key::V, Modifiers::COMMAND));
    assert_eq!(sent(&window), "\x16|", "all that the system tells of it");
    event(&mut window, Event::Paste("secret".to_owned()));
    event(&mut window, up(Key::V, Modifiers::COMMAND));
    assert_eq!(sent(&window), "\x16|", "once");
}

#[test]
fn a_program_that_asks_for_the_mouse_is_told_of_it_and_shift_selects() {
    let mut window = terminal(Language::English, TerminalSpec::default());
    sent(&window);
    let rect = window.harness.get_by_label("esp>").rect();
    let at = rect.left_center() + egui::vec2(rect.width() * 0.01, 0.0);
    let click = |window: &mut Window, button, modifiers| {
        event(window, Event::PointerMoved(at));
        for pressed in [true, false] {
            event(window, Event::PointerButton { pos: at, button, pressed, modifiers });
        }
    };
    use egui::PointerButton::{Primary, Secondary};
    {
        let terminal = of(&window);
        let modes = &mut terminal.screen.lock().modes;
        (modes.mouse, modes.sgr_mouse) = (espalier_core::terminal::MouseReports::Buttons, true);
    }
    click(&mut window, Primary, Modifiers::NONE);
    assert_eq!(sent(&window), "\x1B[<0;1;2M|\x1B[<0;1;2m|");
    click(&mut window, Secondary, Modifiers::NONE);
    assert_eq!(sent(&window), "\x1B[<2;1;2M|\x1B[<2;1;2m|");
    assert_eq!(window.count("Select all"), 0, "its menu is the program's");
    let line = egui::vec2(0.0, 2.0);
    event(
        &mut window,
        Event::MouseWheel {
            unit: egui::MouseWheelUnit::Line,
            delta: line,
            phase: egui::TouchPhase::Move,
            source: egui::MouseWheelSource::Wheel,
            modifiers: Modifiers::NONE,
        },
    );
    let wheel = sent(&window);
    assert_eq!(wheel.replace('|', ""), "\x1B[<64;1;2M\x1B[<64;1;2M", "one for each notch");
    // With Shift the mouse is ours.
    event(&mut window, Event::ModifiersChanged(Modifiers::SHIFT));
    of(&window).asked.lock().clear();
    click(&mut window, Primary, Modifiers::SHIFT);
    assert_eq!(sent(&window), "");
    assert!(of(&window).asked.lock().contains(&"Nothing".to_owned()), "it selects nothing");
}

#[test]
fn what_was_chosen_is_sent_and_kept() {
    let mut window = terminal(Language::English, TerminalSpec::default());
    window.click("Terminal options");
    window.click("Show what is sent (local echo)");
    window.harness.key_press(Key::Escape);
    window.rest();
    assert!(of(&window).asked.lock().contains(&"configure true UTF-8".to_owned()));
    window.click("Terminal options");
    window.click("LF begins a new line (implicit CR)");
    window.harness.key_press(Key::Escape);
    window.rest();
    assert!(of(&window).asked.lock().contains(&"configure true UTF-8 implicit CR".to_owned()));
    let spec = window.app().state().sessions[0].spec.terminal.clone();
    assert!(spec.echo && spec.open && spec.implicit_cr);
}

#[test]
fn several_lines_are_pasted_when_that_is_meant() {
    let mut window = terminal(Language::English, TerminalSpec::default());
    sent(&window);
    event(&mut window, Event::Paste("one line".to_owned()));
    assert_eq!(sent(&window), "one line|");
    let paste = |window: &mut Window| event(window, Event::Paste("reboot\nrm x\n".to_owned()));
    paste(&mut window);
    assert_eq!(window.count("It has 2 line ends"), 1);
    assert_eq!(sent(&window), "", "nothing is sent before it is meant");
    window.click("Cancel");
    paste(&mut window);
    window.click("Paste as one line");
    assert_eq!(sent(&window), "reboot rm x|");
    paste(&mut window);
    window.click_last("Paste");
    assert_eq!(sent(&window), "reboot\rrm x\r|");
    // In brackets where that was asked for.
    of(&window).screen.lock().modes.bracketed_paste = true;
    paste(&mut window);
    window.click_last("Paste");
    assert_eq!(sent(&window), "\x1B[200~reboot\rrm x\r\x1B[201~|");
    // The button gives the keyboard back: what it asked for comes as an event.
    window.click("Paste");
    event(&mut window, Event::Paste("by mouse".to_owned()));
    assert_eq!(sent(&window), "\x1B[200~by mouse\x1B[201~|");
}

#[test]
fn pasting_as_a_person_types_goes_in_pieces() {
    let mut window =
        terminal(Language::English, TerminalSpec { typing: true, ..TerminalSpec::default() });
    event(&mut window, Event::Paste("a\nb".to_owned()));
    window.click_last("Paste");
    {
        let commands = window.engine.commands.lock();
        let typed = commands.iter().find(|(_, command)| command.starts_with("Type "));
        let (_, typed) = typed.expect("typed");
        let pieces: Vec<&str> = typed.split("common: ").skip(1).map(|it| &it[..4]).collect();
        assert_eq!(pieces, ["[97]", "[13]", "[98]"]);
    }
    press(&mut window, Modifiers::NONE, Key::ArrowUp);
    let is_stopped = window.engine.commands.lock().iter().any(|(_, it)| it == "StopTyping");
    assert!(!is_stopped, "an arrow key interrupts nothing");
    event(&mut window, Event::ModifiersChanged(Modifiers::COMMAND));
    event(&mut window, Event::Copy);
    let commands = window.engine.commands.lock();
    assert!(commands.iter().any(|(_, command)| command == "StopTyping"), "{commands:?}");
}

#[test]
fn what_stands_in_front_has_the_keyboard_first() {
    let mut window = terminal(Language::English, TerminalSpec::default());
    press(&mut window, CTRL_SHIFT, Key::O);
    assert_eq!(window.count("esp>"), 1);
    sent(&window);
    press(&mut window, Modifiers::NONE, Key::Escape);
    assert_eq!(sent(&window), "", "it closed the dialog");
    press(&mut window, Modifiers::NONE, Key::F5);
    assert_eq!(sent(&window), "\x1B[15~|");
}

#[test]
fn what_is_selected_is_copied() {
    let mut window = terminal(Language::English, TerminalSpec::default());
    press(&mut window, CTRL_SHIFT, Key::A);
    press(&mut window, CTRL_SHIFT, Key::C);
    let asked = of(&window).asked.lock().clone();
    assert!(asked.ends_with(&["All".to_owned(), "copy".to_owned()]), "{asked:?}");
    press(&mut window, Modifiers::SHIFT, Key::PageUp);
    assert!(of(&window).asked.lock().last().unwrap().starts_with("Rows("));
}

#[test]
fn it_says_when_nothing_is_sent_and_speaks_chinese() {
    let mut window = terminal(Language::Chinese, TerminalSpec::default());
    assert_eq!(window.harness.query_all_by_label("终端").count(), 1);
    // A server that nobody has connected to.
    assert_eq!(window.count("未连接：键入的内容不会发送"), 1);
    press(&mut window, Modifiers::SHIFT, Key::F5);
    assert_eq!(window.harness.query_all_by_label("停止监听").count(), 1, "a key of the terminal");
    let server = window.app().sessions().next().unwrap();
    window.engine.accept(server);
    window.rest();
    assert_eq!(window.count("返回日志"), 1);
    event(&mut window, Event::Paste("一\n二\n".to_owned()));
    assert_eq!(window.count("内容含有 2 个换行"), 1);
}
