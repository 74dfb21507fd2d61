//! A load test: its figures in sum, how long things took, and each client.

mod outside;
mod rows;

use std::sync::Arc;

use egui::{RichText, Ui};
use espalier_core::load::{LoadClient, LoadStatus, LoadSum};
use espalier_core::session::SessionStatus;

use super::{SessionPane, latency};
use crate::number;
use crate::scene::Scene;
use crate::theme;
use crate::widgets::choice;
pub(super) use outside::{asks, question};

/// In which order clients stand.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum ClientOrder {
    /// By their numbers.
    #[default]
    Number,
    /// Those with most errors first.
    Errors,
    /// Those whose connection took longest first.
    Connect,
    /// Those whose answers took longest first.
    Answer,
    /// Those in the same state beside each other.
    State,
}

/// How the clients are looked at.
#[derive(Debug, Default)]
pub(super) struct LoadPane {
    order: ClientOrder,
    bad_alone: bool,
    /// The clients that are shown, and what they were chosen from.
    shown: Vec<usize>,
    of: Option<(Arc<[LoadClient]>, ClientOrder, bool)>,
}

impl LoadPane {
    /// Chooses and sorts them, if anything has changed.
    fn update(&mut self, clients: &Arc<[LoadClient]>) {
        let is_same = self.of.as_ref().is_some_and(|(of, order, bad_alone)| {
            Arc::ptr_eq(of, clients) && (*order, *bad_alone) == (self.order, self.bad_alone)
        });
        if is_same {
            return;
        }
        self.shown.clear();
        let is_shown = |client: &LoadClient| !self.bad_alone || is_bad(client);
        let all = clients.iter().enumerate().filter(|(_, client)| is_shown(client));
        self.shown.extend(all.map(|(at, _)| at));
        // Stable: among equals by their numbers.
        match self.order {
            ClientOrder::Number => {}
            ClientOrder::Errors => self.sort(clients, |it| u64::MAX - troubles(it)),
            ClientOrder::Connect => self.sort(clients, |it| u64::MAX - it.connect_us.unwrap_or(0)),
            ClientOrder::Answer => self.sort(clients, |it| u64::MAX - it.longest_answer_us),
            ClientOrder::State => self.sort(clients, |it| format!("{:?}", it.state)),
        }
        self.of = Some((clients.clone(), self.order, self.bad_alone));
    }

    fn sort<K: Ord>(&mut self, clients: &[LoadClient], key: impl Fn(&LoadClient) -> K) {
        self.shown.sort_by_cached_key(|at| clients.get(*at).map(&key));
    }
}

/// Attempts that came to nothing, and what went wrong with connections.
const fn troubles(client: &LoadClient) -> u64 {
    client.errors().saturating_add(client.lost())
}

/// Whether something went wrong with it.
const fn is_bad(client: &LoadClient) -> bool {
    troubles(client) > 0
}

pub(super) fn ui(
    pane: &mut SessionPane,
    ui: &mut Ui,
    scene: &mut Scene<'_>,
    status: &SessionStatus,
) {
    let Some(load) = status.load.clone().filter(|load| !load.clients.is_empty()) else {
        ui.centered_and_justified(|ui| ui.weak(scene.text("load-none")));
        return;
    };
    // In a low pane the clients need the room.
    const HIGH: f32 = 560.0;
    let has_bars = ui.available_height() > HIGH;
    egui::Frame::new().inner_margin(egui::Margin::symmetric(10, 6)).show(ui, |ui| {
        sum(ui, scene, &load);
        latency::named(ui, scene, "figures-connects", &load.connect, has_bars);
        latency::named(ui, scene, "load-handshakes", &load.handshake, has_bars);
        latency::named(ui, scene, "figures-answers", &load.answer, has_bars);
        ui.add_space(4.0);
        ui.horizontal_wrapped(|ui| {
            let orders = [
                (ClientOrder::Number, scene.text("load-by-number")),
                (ClientOrder::State, scene.text("load-by-state")),
                (ClientOrder::Errors, scene.text("load-by-errors")),
                (ClientOrder::Connect, scene.text("load-by-connect")),
                (ClientOrder::Answer, scene.text("load-by-answer")),
            ];
            let name = scene.text("load-order");
            choice(ui, "order", name, &mut pane.load.order, &orders);
            ui.checkbox(&mut pane.load.bad_alone, scene.text("load-bad-alone"));
        });
    });
    let line = theme::tokens(ui).line;
    let (left, top) = (ui.max_rect().x_range(), ui.cursor().top());
    ui.painter().hline(left, top, egui::Stroke::new(1.0, line));
    pane.load.update(&load.clients);
    rows::ui(pane, ui, scene, status, &load);
}

/// All clients together.
fn sum(ui: &mut Ui, scene: &Scene<'_>, load: &LoadStatus) {
    let t = theme::tokens(ui);
    let LoadSum { clients, connected, reached, good: faultless, .. } = load.sum;
    let (good, bad, calm) = (t.good, t.bad, t.text);
    let all = load.over.is_some();
    let now = if all { reached } else { connected };
    let key = if all { "load-were-connected" } else { "load-are-connected" };
    let text = scene.with(key, [("count", now.into()), ("clients", clients.into())]);
    // Green is a test in which all is well so far.
    let color = if faultless == clients { good } else { calm };
    ui.label(RichText::new(text).color(color).strong());
    let share = if clients > 0 { now as f32 / clients as f32 } else { 0.0 };
    ui.add(egui::ProgressBar::new(share).desired_height(5.0));
    let sum = &load.sum;
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing.x = 12.0;
        // What did not happen is not told.
        let mut figure = |key: &str, count: u64, is_bad: bool| {
            if count > 0 {
                let text = scene.with(key, [("count", number::grouped(count).into())]);
                let text = RichText::new(text).color(if is_bad { bad } else { calm });
                ui.add(egui::Label::new(text).extend());
            }
        };
        figure("load-refused", sum.refused, true);
        figure("load-timed-out", sum.timed_out, true);
        figure("load-tls-failed", sum.tls_failed, true);
        figure("load-failed", sum.failed, true);
        figure("load-broken", sum.broken, true);
        figure("load-closed-early", sum.closed_early, true);
        figure("load-wrong", sum.wrong, true);
        figure("load-missing", sum.missing, true);
        figure("load-unanswered", sum.unanswered, true);
        figure("load-unfinished", sum.unfinished, true);
        figure("load-unsent", sum.unsent, true);
        figure("load-silent-clients", sum.silent.into(), true);
        figure("load-messages", sum.messages, false);
    });
    let (sent, received) = (number::bytes(sum.sent), number::bytes(sum.received));
    ui.label(RichText::new(format!("↑ {sent}   ↓ {received}")).small());
    // The longest of it is told while it runs: seconds, once each.
    if !all {
        let seconds = scene.now.0.saturating_sub(load.began.0).max(0) as u64 / 1_000_000_000;
        ui.weak(scene.with("load-since", [("seconds", seconds.into())]));
        ui.ctx().request_repaint_after_secs(1.0);
    }
}
