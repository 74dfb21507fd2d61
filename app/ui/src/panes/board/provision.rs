//! The one thing to do next, and **Go**, which does all of them.

use std::sync::Arc;

use egui::Ui;
use espalier_core::backend::SessionCommand;
use espalier_core::board::{
    BoardCommand, FlashSpec, NextAction, ProvisionFault, ProvisionRequest, ProvisionStatus,
    ProvisionStep,
};

use super::{BoardContext, BoardPane, is_simulated, problem, wifi};
use crate::command::UiRequest;
use crate::icon::Icon;
use crate::locale::Value;
use crate::manual;
use crate::scene::Scene;
use crate::state::KnownNetwork;
use crate::widgets::{self, form};
use crate::words;

/// The open network that a simulated board always hears.
const SIMULATED_NETWORK: &str = "Simulated";

pub(super) fn ui(
    pane: &mut BoardPane,
    ui: &mut Ui,
    scene: &mut Scene<'_>,
    context: &BoardContext<'_>,
    known: &[KnownNetwork],
    going: Option<&Arc<ProvisionStatus>>,
) {
    if let Some(going) = going.filter(|going| going.outcome.is_none()) {
        return under_way(ui, scene, context, going);
    }
    let step = context.progress.next;
    if let NextAction::Connect | NextAction::Update = step {
        // An older version can be talked to as well.
        ui.horizontal_wrapped(|ui| connect(ui, scene, context));
    }
    // What is wrong with what stands in the form is told there.
    let answer = pane.wifi_answer(going);
    let fault = pane.end(going).filter(|_| answer.is_none());
    if step == NextAction::Connect {
        if let Some(fault) = fault {
            ended(pane, ui, scene, &fault, going);
        }
        return;
    }
    let asks = asks_for_network(context);
    let fits = !asks || pane.wifi.fits(step == NextAction::Provision);
    // Above the form, so that it stays where it is while the board tells more of itself.
    let mut go = ui.horizontal_wrapped(|ui| {
        let button = ui.add_enabled_ui(fits, |ui| {
            widgets::primary_button(ui, Some(Icon::Play), scene.text("go"))
                .on_hover_text(scene.text("go-hint"))
                .clicked()
        });
        steps(ui, scene, context);
        button.inner
    });
    // Of its own: what is told goes while the user types below it.
    ui.scope(|ui| {
        if let Some(fault) = fault {
            ended(pane, ui, scene, &fault, going);
        }
    });
    if is_simulated(scene.backend, context.id) {
        pane.wifi.propose(SIMULATED_NETWORK);
    } else if let Some(network) = known.iter().find(|network| network.remembered) {
        pane.wifi.propose(&network.ssid);
    }
    if asks {
        form::hint(ui, scene.text(asking(context, pane.wifi.has_network())));
        go.inner |= wifi::choose(&mut pane.wifi, known, answer, ui, scene, context) && fits;
    }
    let go = go.inner;
    if go {
        let network = pane.wifi.chosen().filter(|_| asks);
        let request = ProvisionRequest { network, may_flash: true };
        scene.ask(UiRequest::Go { id: context.id, request, talk: true });
    }
}

/// Whether a network has to be known before provisioning can end.
fn asks_for_network(context: &BoardContext<'_>) -> bool {
    match context.progress.next {
        NextAction::Provision | NextAction::Flash => true,
        NextAction::Update => context.reported().wifi.ssid.is_empty(),
        _ => false,
    }
}

/// The key of the sentence above the form.
const fn asking(context: &BoardContext<'_>, has_network: bool) -> &'static str {
    match context.progress.next {
        NextAction::Provision => "go-needs-network",
        _ if has_network => "go-will-join",
        _ => "go-network-later",
    }
}

/// The key of the words for how far a run is.
pub(super) const fn going_key(going: &ProvisionStatus) -> &'static str {
    match going.step {
        _ if going.cancelling => "going-cancelling",
        ProvisionStep::Port => "going-port",
        ProvisionStep::Firmware => "going-firmware",
        ProvisionStep::Wifi => "going-wifi",
        ProvisionStep::Address => "going-address",
        ProvisionStep::Server | ProvisionStep::Conversation => "going-server",
    }
}

fn under_way(
    ui: &mut Ui,
    scene: &mut Scene<'_>,
    context: &BoardContext<'_>,
    going: &ProvisionStatus,
) {
    let text = scene.text(going_key(going));
    // The button stays where it is while the words change, and is not where Go was: a double click on that cancels nothing.
    ui.horizontal(|ui| {
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            let clicked = ui.add_enabled_ui(!going.cancelling, |ui| {
                widgets::button(ui, Icon::Stop, scene.text("cancel")).clicked()
            });
            if clicked.inner {
                scene.ask(UiRequest::Board(context.id, BoardCommand::CancelProvision));
            }
            ui.with_layout(egui::Layout::left_to_right(egui::Align::Center), |ui| {
                ui.spinner();
                ui.add(egui::Label::new(text).truncate());
            });
        });
    });
}

/// Why the run failed, until the user has seen it.
fn ended(
    pane: &mut BoardPane,
    ui: &mut Ui,
    scene: &mut Scene<'_>,
    fault: &ProvisionFault,
    going: Option<&Arc<ProvisionStatus>>,
) {
    // The form below asks for it.
    if *fault == ProvisionFault::NoNetwork {
        return;
    }
    ui.with_layout(egui::Layout::right_to_left(egui::Align::TOP), |ui| {
        if widgets::icon_button(ui, Icon::Cross, scene.text("go-dismiss")).clicked() {
            pane.seen_end = going.cloned();
        }
        ui.with_layout(egui::Layout::top_down(egui::Align::LEFT), |ui| told(ui, scene, fault));
    });
}

fn told(ui: &mut Ui, scene: &mut Scene<'_>, fault: &ProvisionFault) {
    match fault {
        // The form below asks for it.
        ProvisionFault::NoNetwork => {}
        ProvisionFault::Cancelled => drop(form::hint(ui, scene.text("go-cancelled"))),
        ProvisionFault::Board(fault) => problem::fault(ui, scene, fault),
        ProvisionFault::Refused(detail)
        | ProvisionFault::Unstored(detail)
        | ProvisionFault::NoThread(detail) => {
            problem::told(ui, scene, words::provision_fault(fault));
            form::hint(ui, detail);
        }
        ProvisionFault::WrongPassword { ssid } | ProvisionFault::NoSuchNetwork { ssid } => {
            let key = words::provision_fault(fault);
            let text = format!("{ssid}: {}", scene.text(key));
            problem::ui(ui, scene, &text, manual::topic(key));
        }
        fault => problem::told(ui, scene, words::provision_fault(fault)),
    }
}

/// Single steps, for those who do not want all of them.
fn steps(ui: &mut Ui, scene: &mut Scene<'_>, context: &BoardContext<'_>) {
    let id = context.id;
    let (sign, key, request) = match context.progress.next {
        NextAction::OpenPort => {
            (Icon::Serial, "board-start", UiRequest::Session(id, SessionCommand::Start))
        }
        NextAction::Flash | NextAction::Update => {
            let flash = BoardCommand::Flash(Box::new(FlashSpec::bundled()));
            let update = context.progress.next == NextAction::Update;
            let key = if update { "update-only" } else { "flash-only" };
            (Icon::Save, key, UiRequest::Board(id, flash))
        }
        _ => return,
    };
    if widgets::button(ui, sign, scene.text(key)).clicked() {
        scene.ask(request);
    }
}

fn connect(ui: &mut Ui, scene: &mut Scene<'_>, context: &BoardContext<'_>) {
    let Some(endpoint) = context.progress.endpoint else { return };
    let text = scene.text("board-connect");
    if widgets::primary_button(ui, Some(Icon::Client), text).clicked() {
        scene.ask(UiRequest::Connect(endpoint, 1));
    }
    for count in 2..=4_u8 {
        let text = scene.with("board-connect-many", [("count", Value::from(u32::from(count)))]);
        let button = ui.button(format!("× {count}")).on_hover_text(&text);
        let enabled = ui.is_enabled();
        button.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, enabled, &text));
        if button.clicked() {
            scene.ask(UiRequest::Connect(endpoint, count));
        }
    }
}
