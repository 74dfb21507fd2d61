//! The timeline in the window, on the real engine and a simulated board, by clicking.

use std::sync::Arc;

use egui_kittest::kittest::{NodeT as _, Queryable as _};
use espalier_core::Direction;
use espalier_core::backend::prelude::*;
use espalier_core::backend::{PeerSelector, SessionCommand};
use espalier_core::session::{SessionId, TransportSpec};
use espalier_core::timeline::{LanePeer, TimelineId};
use espalier_core::view::PageRequest;
use espalier_ui::{App, Language};

use crate::window::{OneBoard, Window};

impl Window {
    /// Brings the client with this number, from 0, to the front.
    fn front(&mut self, client: usize) {
        let role = self.words.text("role-client").to_owned();
        let tabs = self.harness.query_all_by_role(egui::Role::Tab);
        let is_client = |tab: &egui_kittest::Node<'_>| {
            tab.accesskit_node().label().is_some_and(|label| label.starts_with(&role))
        };
        // Not by the pointer: it may be scrolled out of sight.
        tabs.filter(is_client).nth(client).expect("its tab").click_accesskit();
        self.harness.run_ok();
    }

    /// The port that a client session talks to.
    fn port_of(&self, client: SessionId) -> u16 {
        match &self.engine.spec(client).expect("it is open").transport {
            TransportSpec::TcpClient(client) => client.port,
            other => panic!("{other:?}"),
        }
    }

    /// What moved in a lane of a timeline.
    fn bytes_on(&self, timeline: TimelineId, lane: u32, direction: Direction) -> Vec<u8> {
        let view = self.engine.timeline_view(timeline).expect("a timeline");
        let revision = view.status().revision;
        let mut bytes = Vec::new();
        let mut next = 0;
        loop {
            let page = view.page();
            view.request_page(PageRequest::rows(revision, next..next + 2048));
            let rows = page.rows.iter().skip(next.saturating_sub(page.first) as usize);
            let before = next;
            for row in rows {
                let of_lane = LanePeer::of(row.peer).is_some_and(|who| who.lane == lane);
                if of_lane && row.direction == direction {
                    bytes.extend_from_slice(&row.bytes);
                }
                next += 1;
            }
            if next == before {
                return bytes;
            }
        }
    }
}

/// Five clients of a board that serves two: served, waiting, refused and promoted are seen in the tabs and on the timeline, where
/// every byte stands in order; a row leads to the board's own log.
#[test]
fn five_clients_are_followed_in_tabs_and_on_the_timeline() {
    let mut window = Window::with_boards(Language::English, Arc::new(OneBoard::new()));
    let offered = "welcome-board-simulated";
    window.until("it is offered", |window| window.shows(window.words.text(offered)));
    window.click(offered);
    window.until("the board is looked at", |window| window.shows(window.words.text("go")));
    window.click("go");
    window.is_served_and_echoed();
    // The others join it as they are opened.
    window.press(egui::Modifiers::COMMAND, egui::Key::T);
    for client in 2..=5 {
        window.click("board-connect");
        let placed = match client {
            2 => vec![window.words.with("place-served", [("slot", 2_u32.into())])],
            3 => vec![window.words.text("place-waiting").to_owned()],
            // The kernel may be quicker than the board: then it is connected for a moment and reset.
            _ => ["end-refused", "end-reset-by-peer"].map(|it| window.words.text(it).into()).into(),
        };
        window.until("it is placed", |window| placed.iter().any(|it| window.shows(it)));
    }
    let sessions = window.engine.sessions();
    let [serial, one, two, three, ..] = sessions[..] else { panic!("{sessions:?}") };
    let said = |client: usize| {
        let greeting = if client == 0 { "hello 板子" } else { "" };
        let lines = (0..40).map(|line| format!("client {client} line {line}\n"));
        lines.fold(greeting.to_owned(), |all, line| all + &line)
    };
    for line in 0..40 {
        for (client, id) in [one, two, three].into_iter().enumerate() {
            let bytes: Arc<[u8]> = format!("client {client} line {line}\n").into_bytes().into();
            let send = SessionCommand::Send { to: PeerSelector::All, bytes };
            window.engine.command(id, send).expect("it is taken");
        }
    }
    let echoed = |window: &Window, client: usize, id| {
        let status = window.engine.status(id);
        status.is_some_and(|it| it.traffic.received.bytes == said(client).len() as u64)
    };
    window.until("both are echoed", |window| echoed(window, 0, one) && echoed(window, 1, two));

    window.front(0);
    window.click("disconnect");
    window.front(2);
    let served = window.words.with("place-served", [("slot", 1_u32.into())]);
    window.until("the third is promoted", |window| window.shows(&served));
    window.until("the third is echoed", |window| echoed(window, 2, three));

    window.press(egui::Modifiers::COMMAND, egui::Key::T);
    let timeline = window.harness.state().as_ref().and_then(App::timeline).expect("a timeline");
    window.until("every byte stands on the timeline, in order", |window| {
        [1, 2, 3].into_iter().all(|lane| {
            let said = said(lane as usize - 1).into_bytes();
            [Direction::Out, Direction::In]
                .into_iter()
                .all(|direction| window.bytes_on(timeline, lane, direction) == said)
        })
    });
    // By its keys: the board's log has a button of that name, too.
    window.press(egui::Modifiers::COMMAND | egui::Modifiers::SHIFT, egui::Key::F);
    for word in ["tcp: accepted peer", "tcp: waiting peer", "tcp: promoted peer"] {
        window.write("filter-text", word);
        let row = format!("127.0.0.1:{}", window.port_of(one));
        window.until("the board's word stands beside the bytes", |window| {
            let words = window.texts();
            let board = |it: &String| it.contains(&row) && it.contains("board: ");
            words.iter().any(|it| board(it) && it.contains(word))
        });
    }
    window.harness.query_all_by_label_contains("board: ").last().expect("its row").click();
    window.harness.run_ok();
    window.press(egui::Modifiers::NONE, egui::Key::Enter);
    window.until("the board's own line is found", |window| {
        let view = window.engine.view(serial).expect("it is open");
        view.status().seek_status.is_some_and(|found| found.exact)
    });
}
