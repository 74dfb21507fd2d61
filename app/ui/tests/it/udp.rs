//! A session of datagrams: its form in both languages, and whom it sends to.

use espalier_core::SessionId;
use espalier_core::backend::prelude::*;
use espalier_core::session::{TransportSpec, UdpSpec};
use espalier_ui::{Language, Locale};

use crate::harness::Window;

const SESSION: SessionId = SessionId(1);

/// The form, opened by its command.
fn form(language: Language) -> (Window, Locale) {
    let words = Locale::new(language);
    let mut window = Window::new(language);
    window.harness.key_press_modifiers(egui::Modifiers::COMMAND, egui::Key::N);
    window.rest();
    window.click(words.text("new-udp"));
    (window, words)
}

fn udp(window: &Window) -> UdpSpec {
    let spec = window.engine.spec(SESSION).expect("a session");
    let TransportSpec::Udp(udp) = &spec.transport else { panic!("{:?}", spec.transport) };
    udp.clone()
}

#[test]
fn a_session_is_asked_for_in_both_languages() {
    for language in Language::ALL {
        let (mut window, words) = form(language);
        window.write(words.text("udp-remote"), "239.1.2.3:5000");
        window.write(words.text("udp-bind"), "0.0.0.0");
        window.write(words.text("port"), "5001");
        window.write(words.text("udp-groups"), "239.1.2.3, ff02::1:3");
        window.click(words.text("more-options"));
        window.click(words.text("udp-broadcast"));
        window.click(words.text("udp-loopback"));
        window.write(words.text("udp-interface"), "eth0");
        window.click_last(words.text("open-port"));
        let mut wanted = UdpSpec::to("239.1.2.3", 5000);
        (wanted.bind, wanted.port) = (Some("0.0.0.0".parse().unwrap()), 5001);
        wanted.groups = vec!["239.1.2.3".parse().unwrap(), "ff02::1:3".parse().unwrap()];
        (wanted.broadcast, wanted.loopback) = (true, false);
        "eth0".clone_into(&mut wanted.interface);
        assert_eq!(udp(&window), wanted);
    }
}

#[test]
fn what_makes_no_sense_is_said_and_nothing_is_opened() {
    for language in Language::ALL {
        let (mut window, words) = form(language);
        for (field, text, problem) in [
            ("udp-remote", "board:0", "problem-udp-remote"),
            ("udp-groups", "10.0.0.1", "problem-udp-group"),
            ("udp-bind", "239.1.2.3", "problem-udp-multicast"),
        ] {
            window.write(words.text(field), text);
            assert_eq!(window.count(words.text(problem)), 1, "{text}");
            window.harness.key_press_modifiers(egui::Modifiers::COMMAND, egui::Key::A);
            window.harness.key_press(egui::Key::Delete);
            window.rest();
        }
        assert!(window.engine.sessions().is_empty());
    }
}

#[test]
fn the_options_of_one_that_is_there_are_the_same_form() {
    for language in Language::ALL {
        let (mut window, words) = form(language);
        window.write(words.text("udp-remote"), "board.local:7681");
        window.click_last(words.text("open-port"));
        window.harness.key_press_modifiers(egui::Modifiers::ALT, egui::Key::Enter);
        window.rest();
        assert_eq!(window.count(words.text("udp-running-hint")), 1);
        window.write(words.text("udp-groups"), "239.255.0.1");
        window.click(words.text("apply"));
        let command = window.engine.commands.lock().last().expect("a command").1.clone();
        assert!(command.contains("SetSpec") && command.contains("239.255.0.1"), "{command}");
        assert!(command.contains("board.local"), "{command}");
    }
}

#[test]
fn it_goes_to_who_sent_last_to_who_is_chosen_or_to_all() {
    for language in Language::ALL {
        let (mut window, words) = form(language);
        window.write(words.text("port"), "7000");
        window.click_last(words.text("open-port"));
        assert_eq!(window.count(words.text("send-to-first")), 1);
        for number in [5, 6] {
            window.engine.accept_from(SESSION, Some([192, 168, 1, number].into()));
        }
        window.rest();
        let last = words.with("send-to-last", [("peer", "#2 192.168.1.6:50002".into())]);
        assert_eq!(window.count(&last), 1);
        let counts = |window: &Window| {
            let status = window.engine.status_of(SESSION);
            status.peers.iter().map(|peer| peer.traffic.sent.records).collect::<Vec<_>>()
        };
        let send = |window: &mut Window| {
            window.write(words.text("send-field"), "x");
            window.click(words.text("send"));
        };
        send(&mut window);
        assert_eq!(counts(&window), [0, 1]);
        window.click(words.text("send-choose-all"));
        assert_eq!(window.count(&words.with("send-to-all-peers", [("count", 2_usize.into())])), 1);
        send(&mut window);
        assert_eq!(counts(&window), [1, 2]);
        window.click(words.text("send-choose-counterpart"));
        send(&mut window);
        assert_eq!(counts(&window), [1, 3]);
        // One that is chosen in the list.
        let state = words.text("state-heard-of").to_owned();
        let client = "#1 192.168.1.5:50001".to_owned();
        window.click(
            &words.with("client-spoken", [("client", client.into()), ("state", state.into())]),
        );
        send(&mut window);
        assert_eq!(counts(&window), [2, 3]);
    }
}
