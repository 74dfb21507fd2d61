//! Talking: a server and a client opened by clicking, in both languages.

use egui_kittest::kittest::Queryable as _;
use espalier_core::session::{
    ConnectionState, EndReason, SessionState, TcpServerSpec, TransportSpec,
};
use espalier_core::{PeerId, SessionId};
use espalier_ui::{Language, Locale};

use crate::harness::Window;

/// Opens a server on this port through the dialog.
pub fn open_server(window: &mut Window, words: &Locale, port: &str) {
    window
        .harness
        .key_press_modifiers(egui::Modifiers::COMMAND | egui::Modifiers::SHIFT, egui::Key::N);
    window.rest();
    window.write(words.text("port"), port);
    window.click_last(words.text("listen"));
}

/// Opens a client of this host and port through the dialog.
pub fn open_client(window: &mut Window, words: &Locale, host: &str, port: &str) {
    window.harness.key_press_modifiers(egui::Modifiers::COMMAND, egui::Key::N);
    window.rest();
    window.write(words.text("host"), host);
    window.write(words.text("port"), port);
    window.click_last(words.text("connect"));
}

#[test]
fn a_client_and_a_server_talk_in_both_languages() {
    for language in Language::ALL {
        let words = Locale::new(language);
        let mut window = Window::new(language);
        open_server(&mut window, &words, "7681");
        assert!(window.count(words.text("state-listening")) > 0);
        open_client(&mut window, &words, "127.0.0.1", "7681");
        assert!(window.count(words.text("state-connected")) > 0);

        window.harness.get_by_label(words.text("send-field")).type_text("hello 你好");
        window.rest();
        window.click(words.text("send"));
        assert!(window.count("hello 你好") > 0, "the client's own log");
        window.harness.key_press_modifiers(egui::Modifiers::COMMAND, egui::Key::PageUp);
        window.rest();
        assert!(window.count("hello 你好") > 0, "the server's log");
    }
}

#[test]
fn a_refused_connection_says_so_with_the_systems_words() {
    let words = Locale::new(Language::English);
    let mut window = Window::new(Language::English);
    open_client(&mut window, &words, "127.0.0.1", "9");
    assert!(window.count("Refused") > 0);
    assert!(window.count("Connection refused (os error 111)") > 0);
}

#[test]
fn every_end_has_its_own_words() {
    for language in Language::ALL {
        let words = Locale::new(language);
        let mut said = std::collections::HashSet::new();
        for reason in EndReason::ALL {
            assert!(said.insert(words.text(espalier_ui::words::reason(reason)).to_owned()));
            let state = SessionState::Ended { reason, detail: "".into() };
            let transport = TransportSpec::TcpServer(TcpServerSpec::new(0));
            let (key, _) = espalier_ui::words::session(&transport, &state);
            assert_eq!(key, espalier_ui::words::reason(reason));
            assert!(words.text(espalier_ui::words::advice(reason)).len() > 10);
        }
    }
}

#[test]
fn an_address_can_be_typed_into_the_host() {
    let words = Locale::new(Language::English);
    let mut window = Window::new(Language::English);
    open_server(&mut window, &words, "7681");
    window.harness.key_press_modifiers(egui::Modifiers::COMMAND, egui::Key::N);
    window.rest();
    for letter in "127.0.0.1:7681".chars() {
        window.harness.get_by_label(words.text("host")).type_text(&letter.to_string());
        window.rest();
    }
    window.harness.key_press(egui::Key::Enter);
    window.rest();
    assert_eq!(window.count("connected to 127.0.0.1:7681"), 1);
}

#[test]
fn enter_sends_and_shift_enter_makes_a_line() {
    let words = Locale::new(Language::English);
    let mut window = Window::new(Language::English);
    open_server(&mut window, &words, "7681");
    open_client(&mut window, &words, "localhost", "7681");
    window.harness.get_by_label("Message to send").type_text("one");
    window.harness.key_press_modifiers(egui::Modifiers::SHIFT, egui::Key::Enter);
    window.harness.get_by_label("Message to send").type_text("two");
    window.harness.key_press(egui::Key::Enter);
    window.rest();
    let sent = window.engine.commands.lock().last().expect("a command").1.clone();
    assert!(sent.contains("Send {"), "{sent}");
    assert!(sent.contains("111, 110, 101, 10, 116, 119, 111"), "one, a line end, two: {sent}");
}

#[test]
fn what_was_written_in_the_frame_that_brings_enter_is_sent_as_well() {
    let words = Locale::new(Language::English);
    let mut window = Window::new(Language::English);
    open_server(&mut window, &words, "7681");
    open_client(&mut window, &words, "localhost", "7681");
    window.harness.get_by_label("Message to send").type_text("hell");
    window.rest();
    let enter = egui::Event::Key {
        key: egui::Key::Enter,
        physical_key: None,
        pressed: true,
        repeat: false,
        modifiers: egui::Modifiers::NONE,
    };
    let events = [egui::Event::Text("o".to_owned()), enter];
    window.harness.input_mut().events.extend(events);
    window.rest();
    let sent = window.engine.commands.lock().last().expect("a command").1.clone();
    assert!(sent.contains("104, 101, 108, 108, 111"), "hello: {sent}");
}

#[test]
fn the_history_comes_back_with_the_arrow_keys() {
    let words = Locale::new(Language::English);
    let mut window = Window::new(Language::English);
    open_server(&mut window, &words, "7681");
    open_client(&mut window, &words, "localhost", "7681");
    for text in ["first", "second"] {
        window.harness.get_by_label("Message to send").type_text(text);
        window.harness.key_press(egui::Key::Enter);
        window.rest();
    }
    window.harness.key_press(egui::Key::ArrowUp);
    window.harness.key_press(egui::Key::ArrowUp);
    window.rest();
    let field = window.harness.get_by_label("Message to send");
    assert_eq!(field.value().as_deref(), Some("first"));
    window.harness.key_press(egui::Key::ArrowDown);
    window.rest();
    let field = window.harness.get_by_label("Message to send");
    assert_eq!(field.value().as_deref(), Some("second"));
}

#[test]
fn a_bad_hex_digit_is_named_and_not_sent() {
    let words = Locale::new(Language::English);
    let mut window = Window::new(Language::English);
    open_server(&mut window, &words, "7681");
    window.click_last("Hex");
    window.harness.get_by_label("Message to send").focus();
    window.rest();
    assert_eq!(window.count("is not a hex digit"), 0);
    window.harness.get_by_label("Message to send").type_text("48 6g");
    window.rest();
    assert_eq!(window.count("“g” is not a hex digit"), 1);
    window.harness.key_press(egui::Key::Enter);
    window.rest();
    assert!(!window.engine.commands.lock().iter().any(|(_, text)| text.contains("Send {")));
}

#[test]
fn a_tab_tells_of_what_came_unseen() {
    let words = Locale::new(Language::English);
    let mut window = Window::new(Language::English);
    open_server(&mut window, &words, "7681");
    open_client(&mut window, &words, "localhost", "7681");
    window.engine.receive(SessionId(1), b"x");
    window.engine.receive(SessionId(1), b"y");
    window.rest();
    assert_eq!(window.count("Server 127.0.0.1:7681, Listening, 2 unread"), 1);
}

#[test]
fn a_tab_with_a_log_goes_without_a_question() {
    let words = Locale::new(Language::English);
    let mut window = Window::new(Language::English);
    open_server(&mut window, &words, "7681");
    window.engine.receive(SessionId(1), b"precious");
    window.rest();
    window.harness.key_press_modifiers(egui::Modifiers::COMMAND, egui::Key::W);
    window.rest();
    assert_eq!(window.app().sessions().count(), 0);
    assert_eq!(window.count("Connect"), 1, "the first-run card is back");
}

#[test]
fn nobody_to_send_to_means_no_sending() {
    let words = Locale::new(Language::English);
    let mut window = Window::new(Language::English);
    open_server(&mut window, &words, "7681");
    window.harness.get_by_label("Message to send").type_text("anyone?");
    window.harness.key_press(egui::Key::Enter);
    window.rest();
    assert!(window.engine.commands.lock().is_empty());
    let field = window.harness.get_by_label("Message to send");
    assert_eq!(field.value().as_deref(), Some("anyone?"), "what was written stays");
}

/// Not to everybody instead, however it went, and not lost.
#[test]
fn what_is_meant_for_a_client_that_has_gone_stays_in_the_box() {
    for (state, key) in [
        (ConnectionState::Ended(EndReason::ResetByPeer), "send-gone"),
        (ConnectionState::HalfClosed, "send-closed"),
    ] {
        let words = Locale::new(Language::English);
        let mut window = Window::new(Language::English);
        open_server(&mut window, &words, "7681");
        open_client(&mut window, &words, "localhost", "7681");
        open_client(&mut window, &words, "localhost", "7681");
        for _ in 0..2 {
            window.harness.key_press_modifiers(egui::Modifiers::COMMAND, egui::Key::PageUp);
            window.rest();
        }
        window.click("Client #2 127.0.0.1:50125, Connected");
        window.harness.get_by_label("Message to send").focus();
        window.rest();
        window.harness.get_by_label("Message to send").type_text("secret for two");
        window.engine.client_becomes(SessionId(1), PeerId(2), state);
        window.rest();
        window.harness.key_press(egui::Key::Enter);
        window.rest();
        window.click(words.text("send"));
        let sent = |window: &Window| {
            let commands = window.engine.commands.lock();
            commands.iter().filter(|(_, command)| command.contains("Send")).count()
        };
        assert_eq!(sent(&window), 0, "{key}");
        let value = window.harness.get_by_label("Message to send").value();
        assert_eq!(value.as_deref(), Some("secret for two"));
        assert!(window.count(&words.with(key, [("number", 2_u32.into())])) > 0, "{key}");
        // To the others only when that is said.
        window.click(words.text("send-choose-all"));
        window.click(words.text("send"));
        assert_eq!(sent(&window), 1);
    }
}

/// What is kept for the next start holds none.
#[test]
fn a_password_that_was_sent_is_not_kept() {
    let words = Locale::new(Language::English);
    let mut window = Window::new(Language::English);
    open_server(&mut window, &words, "7681");
    open_client(&mut window, &words, "127.0.0.1", "7681");
    window.click(words.text("send-escapes"));
    for text in ["wifi set Home correct-horse\\r", "wifi set Home corr", "ect-horse\\n", "status"] {
        window.harness.get_by_label("Message to send").focus();
        window.rest();
        window.harness.get_by_label("Message to send").type_text(text);
        window.rest();
        window.click(words.text("send"));
    }
    window.harness.state_mut().as_mut().unwrap().store();
    let kept = format!("{:?}", window.machine.stored.lock());
    assert!(!kept.contains("horse") && kept.contains("status"), "{kept}");
    assert!(kept.contains("wifi set Home ********"), "{kept}");
}

#[test]
fn one_client_can_be_chosen_filtered_and_closed() {
    let words = Locale::new(Language::English);
    let mut window = Window::new(Language::English);
    open_server(&mut window, &words, "7681");
    open_client(&mut window, &words, "localhost", "7681");
    open_client(&mut window, &words, "localhost", "7681");
    for _ in 0..2 {
        window.harness.key_press_modifiers(egui::Modifiers::COMMAND, egui::Key::PageUp);
        window.rest();
    }
    window.click("Client #2 127.0.0.1:50125, Connected");
    window.harness.get_by_label("Message to send").focus();
    window.rest();
    window.harness.get_by_label("Message to send").type_text("you");
    window.harness.key_press(egui::Key::Enter);
    window.rest();
    window.click("Disconnect (FIN) #1 127.0.0.1:50124");
    {
        let commands = window.engine.commands.lock();
        assert!(commands[0].1.contains("Send { to: Peers([PeerId(2)])"), "{commands:?}");
        assert_eq!(commands[1].1, "Close(Peers([PeerId(1)]))");
    }
    window.click("Show only this client #2 127.0.0.1:50125");
    let spec = window.engine.view_spec(SessionId(1));
    assert_eq!(spec.filter.peers, [espalier_core::PeerId(2)]);
}

#[test]
fn a_cyclic_send_has_a_period_and_a_count() {
    let words = Locale::new(Language::English);
    let mut window = Window::new(Language::English);
    open_server(&mut window, &words, "7681");
    open_client(&mut window, &words, "localhost", "7681");
    window.harness.get_by_label("Message to send").type_text("tick");
    window.rest();
    window.click("Send again and again");
    window.click("Until stopped");
    window.click("Start");
    let asked = window.engine.commands.lock().last().expect("a command").1.clone();
    assert!(asked.contains("period_ms: 1000, count: Some(10)"), "{asked}");
}
