//! The one thing to do next, and **Go**, which does all of them.

use std::sync::Arc;

use egui::Ui;
use espalier_core::backend::SessionCommand;
use espalier_core::board::{
    BoardCommand, FlashSpec, GoFault, GoRequest, GoStatus, NextStep, Station,
};

use super::{BoardPane, BoardRequest, Sight, is_simulated, wifi};
use crate::command::Request;
use crate::icon::Icon;
use crate::locale::Value;
use crate::scene::Scene;
use crate::widgets::{self, form};
use crate::words;

/// The open network that a simulated board always hears.
const SIMULATED_NETWORK: &str = "Simulated";

pub(super) fn ui(
    pane: &mut BoardPane,
    ui: &mut Ui,
    scene: &mut Scene<'_>,
    sight: &Sight<'_>,
    going: Option<&Arc<GoStatus>>,
) {
    if let Some(going) = going.filter(|going| going.outcome.is_none()) {
        return under_way(ui, scene, sight, going);
    }
    let step = sight.standing.next;
    if let NextStep::Connect | NextStep::Update = step {
        // An older version can be talked to as well.
        ui.horizontal_wrapped(|ui| connect(ui, scene, sight));
    }
    // What is wrong with what stands in the form is told there.
    let answer = pane.wifi_answer(going);
    let fault = pane.end(going).filter(|_| answer.is_none());
    if step == NextStep::Connect {
        if let Some(fault) = fault {
            ended(pane, ui, scene, &fault, going);
        }
        return;
    }
    let asks = asks_for_network(sight);
    let fits = !asks || pane.wifi.fits(step == NextStep::Provision);
    // Above the form, so that it stays where it is while the board tells more of itself.
    let mut go = ui.horizontal_wrapped(|ui| {
        let button = ui.add_enabled_ui(fits, |ui| {
            widgets::primary_button(ui, Some(Icon::Play), scene.text("go"))
                .on_hover_text(scene.text("go-hint"))
                .clicked()
        });
        steps(ui, scene, sight);
        button.inner
    });
    if let Some(fault) = fault {
        ended(pane, ui, scene, &fault, going);
    }
    if is_simulated(scene.backend, sight.id) {
        pane.wifi.propose(SIMULATED_NETWORK);
    } else if let Some(network) = pane.known.iter().find(|network| network.remembered) {
        pane.wifi.propose(&network.ssid);
    }
    if asks {
        form::hint(ui, scene.text(asking(sight, pane.wifi.has_network())));
        go.inner |= wifi::choose(&mut pane.wifi, &pane.known, answer, ui, scene, sight) && fits;
    }
    let go = go.inner;
    if go {
        let network = pane.wifi.chosen().filter(|_| asks);
        let request = GoRequest { network, may_flash: true };
        scene.ask(Request::Board(sight.id, BoardRequest::Go { request, talk: true }));
    }
}

/// Whether a network has to be known before the way can end.
fn asks_for_network(sight: &Sight<'_>) -> bool {
    match sight.standing.next {
        NextStep::Provision | NextStep::Flash => true,
        NextStep::Update => sight.account().wifi.ssid.is_empty(),
        _ => false,
    }
}

/// The key of the sentence above the form.
const fn asking(sight: &Sight<'_>, has_network: bool) -> &'static str {
    match sight.standing.next {
        NextStep::Provision => "go-needs-network",
        _ if has_network => "go-will-join",
        _ => "go-network-later",
    }
}

fn under_way(ui: &mut Ui, scene: &mut Scene<'_>, sight: &Sight<'_>, going: &GoStatus) {
    let text = scene.text(match going.station {
        _ if going.cancelling => "going-cancelling",
        Station::Port => "going-port",
        Station::Firmware => "going-firmware",
        Station::Wifi => "going-wifi",
        Station::Address => "going-address",
        Station::Server | Station::Conversation => "going-server",
    });
    // The button stays where it is while the words change, and is not where Go was: a double click on that cancels nothing.
    ui.horizontal(|ui| {
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            let clicked = ui.add_enabled_ui(!going.cancelling, |ui| {
                widgets::button(ui, Icon::Stop, scene.text("cancel")).clicked()
            });
            if clicked.inner {
                scene.ask(Request::Board(sight.id, BoardRequest::CancelGo));
            }
            ui.with_layout(egui::Layout::left_to_right(egui::Align::Center), |ui| {
                ui.spinner();
                ui.add(egui::Label::new(text).truncate());
            });
        });
    });
}

/// Why the way ended before its end, until the user has seen it.
fn ended(
    pane: &mut BoardPane,
    ui: &mut Ui,
    scene: &Scene<'_>,
    fault: &GoFault,
    going: Option<&Arc<GoStatus>>,
) {
    // The form below asks for it.
    if *fault == GoFault::NoNetwork {
        return;
    }
    ui.with_layout(egui::Layout::right_to_left(egui::Align::TOP), |ui| {
        if widgets::icon_button(ui, Icon::Cross, scene.text("go-dismiss")).clicked() {
            pane.seen_end = going.cloned();
        }
        ui.with_layout(egui::Layout::top_down(egui::Align::LEFT), |ui| told(ui, scene, fault));
    });
}

fn told(ui: &mut Ui, scene: &Scene<'_>, fault: &GoFault) {
    match fault {
        // The form below asks for it.
        GoFault::NoNetwork => {}
        GoFault::Cancelled => drop(form::hint(ui, scene.text("go-cancelled"))),
        GoFault::Board(fault) => {
            form::problem(ui, &scene.locale.sentence(&fault.what));
            form::hint(ui, &scene.locale.sentence(&fault.hint));
            if !fault.detail.is_empty() {
                form::hint(ui, &fault.detail);
            }
        }
        GoFault::Refused(detail) | GoFault::Unstored(detail) | GoFault::NoThread(detail) => {
            form::problem(ui, scene.text(words::go_fault(fault)));
            form::hint(ui, detail);
        }
        GoFault::WrongPassword { ssid } | GoFault::NoSuchNetwork { ssid } => {
            form::problem(ui, &format!("{ssid}: {}", scene.text(words::go_fault(fault))));
        }
        fault => drop(form::problem(ui, scene.text(words::go_fault(fault)))),
    }
}

/// Single steps, for those who do not want all of them.
fn steps(ui: &mut Ui, scene: &mut Scene<'_>, sight: &Sight<'_>) {
    let (sign, key, command) = match sight.standing.next {
        NextStep::OpenPort => (Icon::Serial, "board-start", SessionCommand::Start),
        NextStep::Flash | NextStep::Update => {
            let flash = BoardCommand::Flash(Box::new(FlashSpec::bundled()));
            let update = sight.standing.next == NextStep::Update;
            let key = if update { "update-only" } else { "flash-only" };
            (Icon::Save, key, SessionCommand::Board(flash))
        }
        _ => return,
    };
    if widgets::button(ui, sign, scene.text(key)).clicked() {
        scene.ask(Request::Session(sight.id, command));
    }
}

fn connect(ui: &mut Ui, scene: &mut Scene<'_>, sight: &Sight<'_>) {
    let Some(endpoint) = sight.standing.endpoint else { return };
    let text = scene.text("board-connect");
    if widgets::primary_button(ui, Some(Icon::Client), text).clicked() {
        scene.ask(Request::Board(sight.id, BoardRequest::Connect(endpoint, 1)));
    }
    for count in 2..=4_u8 {
        let text = scene.with("board-connect-many", [("count", Value::from(u32::from(count)))]);
        let button = ui.button(format!("× {count}")).on_hover_text(&text);
        let enabled = ui.is_enabled();
        button.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, enabled, &text));
        if button.clicked() {
            scene.ask(Request::Board(sight.id, BoardRequest::Connect(endpoint, count)));
        }
    }
}
