//! TLS as the window asks for it and shows it.

use std::sync::Arc;

use egui::accesskit::Role;
use egui_kittest::kittest::Queryable as _;
use espalier_core::SessionId;
use espalier_core::backend::prelude::*;
use espalier_core::session::{
    ConnectionState, EndReason, SessionSpec, SessionState, TcpClientSpec, TcpServerSpec,
    TransportSpec,
};
use espalier_core::tls::{
    CertificateFacts, ClientCertificates, Fingerprint, RefusedCertificate, ServerTrust,
    TlsClientSpec, TlsServerSpec, TlsStatus, TlsVersion,
};
use espalier_ui::{Language, Locale, SavedSession, SendState, UiState};

use crate::harness::{Machine, Window};

fn with(language: Language, transport: TransportSpec) -> Window {
    sized(language, transport, egui::vec2(1100.0, 1000.0))
}

fn sized(language: Language, transport: TransportSpec, size: egui::Vec2) -> Window {
    let spec = SessionSpec { autostart: true, ..SessionSpec::new(transport.clone()) };
    let state = UiState {
        sessions: vec![SavedSession { spec, send: SendState::new(&transport) }],
        ..UiState::default()
    };
    Window::on(Arc::new(Machine::default()), language, state, size)
}

fn client(tls: TlsClientSpec) -> TransportSpec {
    let mut client = TcpClientSpec::new("board.local", 8883);
    client.tls = Some(tls);
    TransportSpec::TcpClient(client)
}

fn only(window: &Window) -> SessionId {
    window.engine.sessions()[0]
}

/// Chooses from a list that opens.
fn choose(window: &mut Window, list: &str, item: &str) {
    window.click_last(list);
    window.click_last(item);
}

#[test]
fn a_client_is_asked_for_with_all_that_tls_has() {
    let words = Locale::new(Language::English);
    let mut window = Window::new(Language::English);
    window.harness.key_press_modifiers(egui::Modifiers::COMMAND, egui::Key::N);
    window.rest();
    window.write("Host", "127.0.0.1");
    window.write("Port", "8883");
    window.click_last("TLS");
    choose(&mut window, "Trust", "Authorities in a file");
    window.click_last("Connect");
    assert_eq!(window.count("A CA file is needed"), 1, "it is not asked for without");
    window.write("CA file", "ca.pem");
    window.write("Server name", "board.local");
    window.write("Protocols (ALPN)", "mqtt");
    choose(&mut window, "Versions", "TLS 1.3 only");
    window.write("Certificate", "/own.pem");
    window.write("Private key", "/own.key");
    window.write("Key log", "/keys.log");
    assert_eq!(window.count("Who has this file can read all that is said"), 1);
    window.click_last(words.text("connect"));
    let spec = window.engine.spec(only(&window)).expect("it is open");
    let TransportSpec::TcpClient(client) = &spec.transport else { panic!("a client") };
    let tls = client.tls.as_ref().expect("secured");
    let ServerTrust::CaFile(path) = &tls.trust else { panic!("{:?}", tls.trust) };
    assert!(path.is_absolute() && path.ends_with("ca.pem"), "{path:?}");
    assert_eq!(tls.server_name.as_deref(), Some("board.local"));
    assert_eq!(
        (tls.alpn.as_slice(), tls.min_version),
        (&["mqtt".to_owned()][..], TlsVersion::Tls13)
    );
    assert_eq!(tls.identity.as_ref().map(|it| it.key.clone()), Some("/own.key".into()));
    assert_eq!(tls.key_log, Some("/keys.log".into()));
}

#[test]
fn a_server_is_changed_in_its_options() {
    let mut window = with(Language::English, TransportSpec::TcpServer(TcpServerSpec::new(0)));
    window.click("Session options");
    window.click_last("TLS");
    choose(&mut window, "Client certificates", "Required");
    window.write("CA file", "/ca.pem");
    window.click_last("Apply");
    let spec = window.engine.spec(only(&window)).expect("it is open");
    let TransportSpec::TcpServer(server) = &spec.transport else { panic!("a server") };
    let expected = TlsServerSpec {
        client_certificates: ClientCertificates::Require("/ca.pem".into()),
        ..TlsServerSpec::default()
    };
    assert_eq!(server.tls.as_ref(), Some(&expected), "{:?}", window.engine.commands.lock());
}

#[test]
fn a_badge_of_the_header_is_not_below_its_buttons_however_narrow_the_window_is() {
    for width in [340.0, 400.0, 460.0, 560.0] {
        let trusting = TlsClientSpec { trust: ServerTrust::Any, ..TlsClientSpec::default() };
        let mut window = sized(Language::English, client(trusting), egui::vec2(width, 700.0));
        window.rest();
        let root = window.harness.root();
        let chip = root.query_all_by_label("TLS, not verified").next().expect("a chip").rect();
        let buttons = root.query_all_by_role(Role::Button);
        let below = buttons.filter(|it| it.rect().intersects(chip)).map(|it| it.rect());
        assert_eq!(below.collect::<Vec<_>>(), [], "{width}: {chip:?}");
    }
}

#[test]
fn who_trusts_anyone_sees_it_in_the_form_and_in_the_header() {
    for language in Language::ALL {
        let words = Locale::new(language);
        let trusting = TlsClientSpec { trust: ServerTrust::Any, ..TlsClientSpec::default() };
        let mut window = with(language, client(trusting));
        let unverified = |tls: &str| words.with("tls-chip-unverified", [("tls", tls.into())]);
        assert!(window.count(&unverified("TLS")) > 0, "before it has connected, too");
        let id = only(&window);
        window.engine.publish(id, |status| {
            status.state = SessionState::Connected(ConnectionState::Open);
            status.tls = Some(Arc::new(TlsStatus {
                secured: Some("TLS 1.3 · TLS_AES_128_GCM_SHA256".to_owned()),
                unverified: true,
                key_log: Some("/keys.log".into()),
                ..TlsStatus::default()
            }));
        });
        window.rest();
        assert!(window.count(&unverified("TLS 1.3")) > 0);
        assert!(window.count(words.text("tls-key-log-chip")) > 0);
    }
}

#[test]
fn a_refused_certificate_is_shown_and_can_be_trusted_once_or_always() {
    let fingerprint = Fingerprint::of(b"a certificate");
    for language in Language::ALL {
        let words = Locale::new(language);
        let mut window = with(language, client(TlsClientSpec::default()));
        let id = only(&window);
        let facts = CertificateFacts {
            subject: "CN=a board".to_owned(),
            issuer: "CN=a board".to_owned(),
            names: vec!["board.local".to_owned()],
            validity: Some((1_767_225_600, 1_798_804_800)),
            fingerprint,
        };
        let why = "its certificate is signed by itself, and no authority that is trusted vouches for it: give it as the CA file, or trust it by its fingerprint";
        window.engine.publish(id, |status| {
            let refused = Some(RefusedCertificate { facts, why: why.into() });
            status.state = SessionState::Ended { reason: EndReason::TlsFailed, detail: why.into() };
            status.tls = Some(Arc::new(TlsStatus { refused, ..TlsStatus::default() }));
        });
        window.rest();
        for part in ["CN=a board", "board.local", "2027-01-01", &fingerprint.to_string()] {
            assert!(window.count(part) > 0, "{part}");
        }
        let told = words.translate(why);
        assert!(window.count(&told) > 0);
        // An end comes as an English text: it is known again.
        assert_eq!(told == why, language == Language::English, "{told}");
        for (key, always) in
            [("tls-trust-once", "always: false"), ("tls-trust-always", "always: true")]
        {
            window.click(words.text(key));
            let commands = window.engine.commands.lock();
            let (_, last) = commands.last().expect("a command");
            assert!(last.contains("TrustCertificate") && last.contains(always), "{last}");
        }
        // What stands needs no question.
        window.engine.set_state(id, SessionState::Connected(ConnectionState::Open));
        window.rest();
        assert_eq!(window.count(words.text("tls-trust-once")), 0);
    }
}
