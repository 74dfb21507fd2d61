//! Relays in the window: the form, and the faults that are changed while one runs.

use std::sync::Arc;

use egui::accesskit::Role;
use egui_kittest::kittest::Queryable as _;
use espalier_core::SessionId;
use espalier_core::backend::prelude::*;
use espalier_core::faults::FaultSpec;
use espalier_core::session::{SessionState, TransportSpec};
use espalier_core::tls::{CertificateFacts, Fingerprint, RefusedCertificate, TlsStatus};
use espalier_ui::{Language, Locale};

use crate::harness::Window;

/// Opens a relay through the dialog.
fn open_relay(window: &mut Window, words: &Locale, listen: &str, target: &str) {
    window.harness.key_press_modifiers(egui::Modifiers::COMMAND, egui::Key::N);
    window.rest();
    window.click(words.text("new-relay"));
    window.write(words.text("relay-listen"), listen);
    window.write(words.text("relay-target"), target);
    window.click_last(words.text("listen"));
}

#[test]
fn a_relay_is_opened_and_its_faults_are_changed_while_it_runs() {
    for language in Language::ALL {
        let words = Locale::new(language);
        let mut window = Window::new(language);
        open_relay(&mut window, &words, "127.0.0.1:7000", "board.local:7681");
        assert!(window.count("127.0.0.1:7000 → board.local:7681") > 0);
        window.click(words.text("faults"));
        let latency = format!("{}, {}", words.text("fault-name-latency"), words.text("fault-down"));
        let field = window.harness.get_by_role_and_label(Role::SpinButton, &latency);
        field.focus();
        window.rest();
        window.harness.key_press(egui::Key::ArrowUp);
        window.rest();
        let stop = format!("{}, {}", words.text("fault-name-stop-reading"), words.text("fault-up"));
        // What is below the sight is clicked by those who listen.
        window.harness.get_by_role_and_label(Role::CheckBox, &stop).click_accesskit();
        window.rest();
        let timeout = format!("{}, {}", words.text("fault-name-timeout"), words.text("fault-up"));
        window.harness.get_by_role_and_label(Role::CheckBox, &timeout).click_accesskit();
        window.rest();
        let spec = window.engine.spec(SessionId(1)).expect("it is open");
        let TransportSpec::Relay(relay) = &spec.transport else { panic!("{spec:?}") };
        let up = FaultSpec { stop_reading: true, timeout_ms: Some(1000), ..FaultSpec::default() };
        assert!(relay.faults.up == up);
        assert!(relay.faults.down.latency_ms > 0, "{:?}", relay.faults);
        window.click(words.text("faults-clear"));
        let spec = window.engine.spec(SessionId(1)).expect("it is open");
        let TransportSpec::Relay(relay) = &spec.transport else { panic!("{spec:?}") };
        assert!(relay.faults.are_clear());
    }
}

#[test]
fn what_cannot_be_relayed_is_told_in_the_form() {
    let words = Locale::new(Language::English);
    let mut window = Window::new(Language::English);
    open_relay(&mut window, &words, "board.local:7000", "127.0.0.1:1");
    assert_eq!(window.count(words.text("problem-relay-listen")), 1);
    window.write(words.text("relay-listen"), "serial:COM3");
    window.write(words.text("relay-target"), "serial:COM3@9600");
    assert_eq!(window.count(words.text("problem-relay-target")), 1);
    for port in ["0", "70000"] {
        window.write(words.text("relay-target"), &format!("127.0.0.1:{port}"));
        assert_eq!(window.count(words.text("problem-port")), 1, "{port}");
    }
    window.write(words.text("relay-target"), "127.0.0.1:1");
    window.write(words.text("relay-listen"), "rfc2217:*:4000");
    assert_eq!(window.count(words.text("problem-relay-target")), 1);
    window.write(words.text("relay-target"), "serial:COM3@9600");
    window.click_last(words.text("listen"));
    assert!(window.count("rfc2217:*:4000 → serial:COM3@9600") > 0);
}

#[test]
fn tls_of_both_sides_is_asked_for_beneath_them() {
    for language in Language::ALL {
        let words = Locale::new(language);
        let mut window = Window::new(language);
        window.harness.key_press_modifiers(egui::Modifiers::COMMAND, egui::Key::N);
        window.rest();
        window.click(words.text("new-relay"));
        window.write(words.text("relay-listen"), "tls:*:8883");
        assert_eq!(window.count(words.text("relay-tls-listen")), 1);
        assert_eq!(window.count(words.text("relay-tls-target")), 0);
        window.write(words.text("tls-certificate-file"), "/own.pem");
        assert_eq!(window.count(words.text("relay-tls-listen")), 1);
        window.write(words.text("tls-key-file"), "/own.key");
        window.write(words.text("relay-listen"), "127.0.0.1:7000");
        window.write(words.text("relay-target"), "tls:cloud.example:8883");
        assert_eq!(window.count(words.text("relay-tls-target")), 1);
        window.write(words.text("tls-server-name"), "mqtt.example");
        window.write(words.text("relay-listen"), "tls:*:8883");
        // What is below the sight is clicked by those who listen.
        let buttons = window.harness.query_all_by_label(words.text("listen"));
        buttons.last().expect("the dialog has it").click_accesskit();
        window.rest();
        let spec = window.engine.spec(SessionId(1)).expect("it is open");
        let TransportSpec::Relay(relay) = &spec.transport else { panic!("{spec:?}") };
        let identity = relay.listen_tls.identity.as_ref().expect("a certificate");
        assert!(identity.certificate.ends_with("own.pem") && identity.key.ends_with("own.key"));
        assert_eq!(relay.target_tls.server_name.as_deref(), Some("mqtt.example"));
        assert!(relay.target_tls.identity.is_none());
    }
}

#[test]
fn a_relay_whose_target_is_refused_can_trust_it_while_it_listens() {
    let words = Locale::new(Language::English);
    let mut window = Window::new(Language::English);
    open_relay(&mut window, &words, "127.0.0.1:7000", "tls:board.local:8883");
    let fingerprint = Fingerprint::of(b"a certificate");
    let facts = CertificateFacts {
        subject: "CN=a board".to_owned(),
        issuer: "CN=a board".to_owned(),
        names: vec!["board.local".to_owned()],
        validity: Some((1_767_225_600, 1_798_804_800)),
        fingerprint,
    };
    window.engine.publish(SessionId(1), |status| {
        let refused = Some(RefusedCertificate { facts, why: "for this".into() });
        status.state = SessionState::Listening;
        status.tls = Some(Arc::new(TlsStatus { refused, ..TlsStatus::default() }));
    });
    window.rest();
    window.click(words.text("tls-trust-always"));
    let last = format!("{:?}", window.engine.commands.lock().last());
    assert!(last.contains("TrustCertificate") && last.contains("true"), "{last}");
}
