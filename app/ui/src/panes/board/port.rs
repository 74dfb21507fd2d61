//! Which port: a list that follows plugs and cables, and a field for what no list knows.

use egui::Ui;
use espalier_core::SessionId;
use espalier_core::board::{BoardStatus, LinkState, PortAccess, PortInfo, PortKind};
use espalier_core::session::SerialSpec;

use super::problem;
use crate::command::{UiCommand, UiRequest};
use crate::icon::Icon;
use crate::panes::board_menu;
use crate::scene::Scene;
use crate::state::Dock;
use crate::theme::{self, space};
use crate::widgets::{self, RowTail, Tone, form};
use espalier_core::backend::SessionCommand;

/// What is chosen.
#[derive(Debug, Default)]
pub(super) struct PortForm {
    typed: String,
}

/// The bar above a board's panel; `place` is where that stands. A further board can be added here unless there is a list of them.
pub(super) fn ui(
    ui: &mut Ui,
    scene: &mut Scene<'_>,
    board: Option<(SessionId, &BoardStatus)>,
    place: Dock,
    can_add: bool,
) {
    ui.horizontal(|ui| {
        let end = RowTail::new(ui, "port");
        end.before(ui, |ui| {
            ui.label(egui::RichText::new(scene.text("board")).strong().size(14.0));
            if let Some((_, status)) = board {
                let (key, tone) = link(status.link);
                widgets::badge(ui, tone, scene.text(key));
                ui.add(
                    egui::Label::new(egui::RichText::new(&status.port_name).monospace()).truncate(),
                );
            }
        });
        end.show(ui, |ui| {
            if let Some((id, status)) = board {
                port_actions(ui, scene, id, status);
            }
            if can_add {
                add_button(ui, scene, true);
            }
            dock_menu(ui, scene, board.map(|(id, _)| id), place);
        });
    });
}

/// The key of the words for what the link does, and their colour.
pub(super) const fn link(link: LinkState) -> (&'static str, Tone) {
    match link {
        LinkState::Closed => ("link-closed", Tone::Idle),
        LinkState::Monitoring => ("link-monitoring", Tone::Good),
        LinkState::Flashing => ("link-flashing", Tone::Busy),
        LinkState::Away => ("link-away", Tone::Busy),
    }
}

fn port_actions(ui: &mut Ui, scene: &mut Scene<'_>, id: SessionId, status: &BoardStatus) {
    let running = status.link != LinkState::Closed;
    let (sign, key) =
        if running { (Icon::Stop, "board-stop") } else { (Icon::Play, "board-start") };
    if widgets::icon_button(ui, sign, scene.text(key)).clicked() {
        let command = if running { SessionCommand::Stop } else { SessionCommand::Start };
        scene.ask(UiRequest::Session(id, command));
    }
    let name = scene.text("board-port-menu");
    widgets::menu_button(ui, Icon::More, "", name, egui::PopupCloseBehavior::CloseOnClick, |ui| {
        board_menu::menu(ui, scene, id, status);
        let locale = scene.locale;
        ui.separator();
        if ui.button(locale.text("board-close-port")).clicked() {
            scene.ask(UiRequest::Close(id.into()));
        }
    });
}

/// Lets a port be chosen for one more board, while there is room for one.
pub(super) fn add_button(ui: &mut Ui, scene: &mut Scene<'_>, can: bool) {
    let add = ui.add_enabled_ui(can, |ui| {
        widgets::command_button(ui, scene.locale, UiCommand::BoardAdd).clicked()
    });
    if add.inner {
        scene.command(UiCommand::BoardAdd);
    }
}

fn dock_menu(ui: &mut Ui, scene: &mut Scene<'_>, id: Option<SessionId>, place: Dock) {
    let name = scene.text("dock");
    widgets::menu_button(
        ui,
        Icon::Sliders,
        "",
        name,
        egui::PopupCloseBehavior::CloseOnClick,
        |ui| {
            for (dock, key) in [
                (Dock::Left, "dock-left"),
                (Dock::Right, "dock-right"),
                (Dock::Below, "dock-below"),
                (Dock::Tab, "dock-tab"),
            ] {
                if ui.selectable_label(place == dock, scene.text(key)).clicked() {
                    scene.ask(UiRequest::Dock(id, dock));
                }
            }
        },
    );
}

/// The list of ports, to open one; these are open already, and a click shows their boards.
pub(super) fn offer(
    form_state: &mut PortForm,
    ui: &mut Ui,
    scene: &mut Scene<'_>,
    open: &[String],
) {
    let ports = scene.backend.ports();
    ui.spacing_mut().item_spacing.y = space::S;
    let simulates = scene.backend.simulates_boards();
    ui.label(scene.text(match (ports.iter().any(may_be_a_board), simulates) {
        (true, _) => "board-choose-port",
        (false, true) => "board-no-port",
        (false, false) => "board-plug-in",
    }));
    // Likely boards come first, simulated ones before the ports on the mainboard.
    for port in ports.iter() {
        entry(ui, scene, port, &ports, open.contains(&port.name));
    }
    if !simulates {
        form::hint(ui, scene.text("board-no-simulator"));
    }
    ui.add_space(space::S);
    form::hint(ui, scene.text("board-typed-port-hint"));
    ui.horizontal(|ui| {
        let name = scene.text("board-typed-port");
        // Not an id by order: the list above changes while one types.
        let field = ui.add(
            egui::TextEdit::singleline(&mut form_state.typed)
                .id_salt("typed port")
                .hint_text("/dev/ttyUSB0, COM3")
                .margin(egui::Margin::symmetric(7, 3))
                .min_size(egui::vec2(0.0, space::CONTROL))
                .desired_width(206.0),
        );
        let enabled = ui.is_enabled();
        field.widget_info(|| egui::WidgetInfo::labeled(egui::Role::TextInput, enabled, name));
        let typed = form_state.typed.trim().to_owned();
        let enter = field.lost_focus() && ui.input(|input| input.key_pressed(egui::Key::Enter));
        let clicked = ui
            .add_enabled_ui(!typed.is_empty(), |ui| {
                widgets::button(ui, Icon::Play, scene.text("board-open-port")).clicked()
            })
            .inner;
        if !typed.is_empty() && (clicked || enter) {
            scene.ask(UiRequest::OpenBoard(Box::new(SerialSpec::new(typed))));
        }
    });
}

/// A board that is not there.
pub(super) const fn is_simulated(port: &PortInfo) -> bool {
    matches!(port.kind, PortKind::Simulated { .. })
}

/// A board may hang on it: nobody means the ports on the mainboard, or a telephone.
pub(super) const fn may_be_a_board(port: &PortInfo) -> bool {
    matches!(port.kind, PortKind::Usb(_) | PortKind::Pty | PortKind::Other)
}

/// What to call it.
pub(super) fn name(port: &PortInfo, scene: &Scene<'_>) -> String {
    crate::words::port(scene.locale, port)
}

/// How it is opened.
pub(super) fn spec(port: &PortInfo) -> SerialSpec {
    SerialSpec { board: port.kind.usb().cloned(), ..SerialSpec::new(&port.name) }
}

fn entry(ui: &mut Ui, scene: &mut Scene<'_>, port: &PortInfo, among: &[PortInfo], is_open: bool) {
    let t = theme::tokens(ui);
    let name = name(port, scene);
    ui.horizontal(|ui| {
        let open = widgets::button(ui, Icon::Serial, &name);
        ui.label(egui::RichText::new(&port.name).monospace().small().color(t.muted));
        let mark = port.mark(among).map(|mark| crate::words::port_mark(scene.locale, mark));
        let is_open = is_open.then(|| scene.text("board-port-open").to_owned());
        for text in mark.into_iter().chain(is_open) {
            ui.label(egui::RichText::new(text).small().color(t.muted));
        }
        if open.clicked() {
            scene.ask(UiRequest::OpenBoard(Box::new(spec(port))));
        }
    });
    let problem = match &port.access {
        PortAccess::Busy { .. } => Some("board-port-busy"),
        PortAccess::Forbidden { .. } => Some("board-port-forbidden"),
        PortAccess::Gone => Some("board-port-gone"),
        _ => None,
    };
    if let Some(key) = problem {
        problem::told(ui, scene, key);
        if let Some(fault) = port.access.fault(&port.name) {
            form::hint(ui, &scene.locale.sentence(&fault.hint));
        }
    }
}
