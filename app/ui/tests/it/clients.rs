//! The clients of a server: known by number and name, in an order that stays, and chosen to be sent to.

use std::net::IpAddr;

use egui::accesskit::Role;
use egui_kittest::kittest::Queryable as _;
use espalier_core::backend::prelude::*;
use espalier_core::session::{ConnectionState, EndReason};
use espalier_core::{PeerId, SessionId};
use espalier_ui::{Language, Locale};

use crate::harness::Window;
use crate::sessions::{open_client, open_server};

const SERVER: SessionId = SessionId(1);
const GONE: ConnectionState = ConnectionState::Ended(EndReason::ResetByPeer);

fn elsewhere(number: u8) -> Option<IpAddr> {
    Some(IpAddr::from([192, 168, 1, number]))
}

/// A server with clients from 192.168.1.1, .2 and so on.
fn served(language: Language, clients: u8) -> (Window, Locale) {
    let words = Locale::new(language);
    let mut window = Window::new(language);
    open_server(&mut window, &words, "7681");
    (1..=clients).for_each(|number| window.engine.accept_from(SERVER, elsewhere(number)));
    window.rest();
    (window, words)
}

/// Numbers of the clients in the list, from above.
fn listed(window: &Window) -> Vec<u32> {
    let mut rows: Vec<(f32, u32)> = window
        .harness
        .query_all_by_role(Role::CheckBox)
        .filter_map(|row| {
            let label = egui_kittest::kittest::NodeT::accesskit_node(&row).label()?;
            let number = label.split_once('#')?.1.split(' ').next()?.parse().ok()?;
            Some((row.rect().top(), number))
        })
        .collect();
    rows.sort_by(|a, b| a.0.total_cmp(&b.0));
    rows.into_iter().map(|(_, number)| number).collect()
}

/// Opens the dialog for a client's name, by the menu of its row.
fn open_dialog(window: &mut Window, words: &Locale, client: &str) {
    window.click(&format!("{} {client}", words.text("more-actions")));
    window.click(words.text("client-known"));
}

#[test]
fn a_name_is_kept_by_address_and_stands_in_the_list_and_in_the_workspace_file() {
    for language in Language::ALL {
        let (mut window, words) = served(language, 2);
        open_dialog(&mut window, &words, "#2 192.168.1.2:50002");
        window.write(words.text("name"), "门锁");
        window.click(words.text("apply"));
        let spoken = |number: u32, address: &str, state: &str| {
            let client = format!("#{number} {address}");
            let state = words.text(state).to_owned();
            words.with("client-spoken", [("client", client.into()), ("state", state.into())])
        };
        let named = spoken(2, "门锁 (192.168.1.2:50002)", "state-connected");
        assert_eq!(window.harness.query_all_by_label(&named).count(), 1);
        // It comes again, from another port.
        window.engine.accept_from(SERVER, elsewhere(2));
        window.rest();
        let again = spoken(3, "门锁 (192.168.1.2:50003)", "state-connected");
        window.click(&again);
        let chip = words.with("send-chip", [("client", "#3 门锁".into())]);
        assert_eq!(window.harness.query_all_by_label(&chip).count(), 1);
        window.harness.state_mut().as_mut().unwrap().store();
        let stored = window.machine.stored.lock().clone().expect("it was stored");
        let clients = stored.sessions[0].spec.transport.clients();
        assert_eq!(clients.name([192, 168, 1, 2].into()), Some("门锁"));
        // And taken back.
        open_dialog(&mut window, &words, "#3 门锁 (192.168.1.2:50003)");
        window.write(words.text("name"), " ");
        window.click(words.text("apply"));
        assert_eq!(window.count("门锁"), 0);
        assert!(window.engine.spec(SERVER).unwrap().transport.clients().is_empty());
    }
}

#[test]
fn the_order_stays_and_those_that_are_over_are_folded_and_forgotten_when_that_is_asked() {
    for language in Language::ALL {
        let (mut window, words) = served(language, 4);
        assert_eq!(listed(&window), [1, 2, 3, 4]);
        window.engine.client_becomes(SERVER, PeerId(2), ConnectionState::PeerHalfClosed);
        window.engine.client_becomes(SERVER, PeerId(1), GONE);
        window.rest();
        assert_eq!(listed(&window), [2, 3, 4], "in their order, and what is over is folded");
        let closed = words.with("clients-closed", [("count", 1_u32.into())]);
        window.click(&closed);
        assert_eq!(listed(&window), [2, 3, 4, 1]);
        window.click(words.text("clients-clear"));
        assert_eq!(listed(&window), [2, 3, 4]);
        assert_eq!(window.harness.query_all_by_label(&closed).count(), 0);
        let told = window.engine.log(SERVER.into()).unwrap().page().rows.len();
        assert!(told >= 5, "the log still tells of it");
    }
}

#[test]
fn whom_it_goes_to_stands_above_the_field_and_one_that_has_gone_stays_there() {
    for language in Language::ALL {
        let (mut window, words) = served(language, 3);
        let everybody = words.with("send-to-all", [("count", 3_u32.into())]);
        assert_eq!(window.harness.query_all_by_label(&everybody).count(), 1);
        // By the menu, for a list that is hidden.
        window.click(words.text("clients"));
        window.click(words.text("send-choose"));
        window.click_last("#1 192.168.1.1:50001");
        window.click_last("#3 192.168.1.3:50003");
        window.harness.key_press(egui::Key::Escape);
        window.rest();
        assert_eq!(window.harness.query_all_by_label(&everybody).count(), 0);
        window.engine.client_becomes(SERVER, PeerId(1), GONE);
        window.rest();
        let struck = [
            ("client", "#1 192.168.1.1:50001".into()),
            ("reason", words.text("end-reset-by-peer").into()),
        ];
        let struck = words.with("send-chip-missing", struck);
        assert_eq!(window.harness.query_all_by_label(&struck).count(), 1, "{struck}");
        window.harness.get_by_label(words.text("send-field")).focus();
        window.rest();
        window.harness.get_by_label(words.text("send-field")).type_text("for two");
        window.harness.key_press(egui::Key::Enter);
        window.rest();
        let sent = |window: &Window| window.engine.commands.lock().len();
        assert_eq!(sent(&window), 0);
        // Forgotten by the engine, and still not replaced by anybody.
        let forget = espalier_core::backend::SessionCommand::ForgetEnded;
        window.engine.command(SERVER, forget).unwrap();
        window.rest();
        let gone = words.with("send-gone", [("number", 1_u32.into())]);
        assert!(window.count(&gone) > 0);
        let remove = [("client", "#1 192.168.1.1:50001".into())];
        window.click(&words.with("send-chip-remove", remove));
        window.click(words.text("send"));
        let commands = window.engine.commands.lock();
        assert!(commands[1].1.contains("Send { to: Peers([PeerId(3)])"), "{commands:?}");
    }
}

#[test]
fn thousands_of_clients_cost_what_is_seen_and_can_be_searched() {
    let (mut window, words) = served(Language::English, 0);
    let search = words.text("clients-search");
    assert_eq!(window.harness.query_all_by_label(search).count(), 0, "there is nothing to search");
    for number in 0..2000 {
        window.engine.accept_from(SERVER, elsewhere((number % 250) as u8));
    }
    window.rest();
    let shown = listed(&window);
    assert!(shown.len() < 40 && shown[..3] == [1, 2, 3], "{shown:?}");
    for (query, found) in [("#1999", &[1999][..]), ("50017", &[17]), ("zzz", &[])] {
        window.write(search, query);
        assert_eq!(listed(&window), found, "{query}");
    }
    assert_eq!(window.count(words.text("nothing-matches")), 1);
}

#[test]
fn a_client_with_its_own_encoding_is_written_to_in_that() {
    for language in Language::ALL {
        let words = Locale::new(language);
        let mut window = Window::new(language);
        open_server(&mut window, &words, "7681");
        open_client(&mut window, &words, "127.0.0.1", "7681");
        window.harness.key_press_modifiers(egui::Modifiers::COMMAND, egui::Key::PageUp);
        window.rest();
        window.engine.accept_from(SERVER, elsewhere(7));
        window.rest();
        open_dialog(&mut window, &words, "#1 127.0.0.1:50124");
        for role in [Role::CheckBox, Role::ComboBox] {
            let encoding = words.text("view-encoding");
            let mut named = window.harness.query_all_by_role(role).filter(|it| {
                egui_kittest::kittest::NodeT::accesskit_node(it).label().as_deref()
                    == Some(encoding)
            });
            named.next_back().expect("a choice of the dialog").click();
            drop(named);
            window.rest();
        }
        window.click_last("GBK");
        window.click(words.text("apply"));
        window.harness.get_by_label(words.text("send-field")).focus();
        window.rest();
        window.harness.get_by_label(words.text("send-field")).type_text("好");
        window.rest();
        // Told before it is sent: in which encodings, and the bytes in the first.
        assert!(window.count("BA C3") > 0);
        window.click(words.text("send"));
        let rows = |id| window.engine.log(SessionId(id).into()).unwrap().page().rows;
        assert_eq!(&*rows(2).last().unwrap().bytes, b"\xba\xc3");
        let sent: Vec<Vec<u8>> = rows(1).iter().map(|row| row.bytes.to_vec()).collect();
        assert!(sent.contains(&"好".as_bytes().to_vec()), "the other has the session's: {sent:?}");
    }
}
