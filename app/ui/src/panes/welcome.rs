//! What is seen when nothing is open: what to begin with.

use egui::{Align2, Role, ScrollArea, Sense, Ui, Vec2, WidgetInfo};

use crate::command::{UiCommand, UiRequest, shortcut_text};
use crate::icon::{self, Icon};
use crate::panes::board::{self, BoardPanes};
use crate::scene::Scene;
use crate::theme::{self, space};
use crate::words;

/// The largest size of a card.
const CARD: Vec2 = Vec2::new(240.0, 122.0);
/// Narrower than this a card is not drawn; there are fewer in a row then.
const NARROWEST: f32 = 170.0;

/// The things one can begin with. A further one is one more line here.
const CARDS: &[(Icon, &str, &str, UiCommand)] = &[
    (Icon::Client, "welcome-client", "welcome-client-hint", UiCommand::NewClient),
    (Icon::Server, "welcome-server", "welcome-server-hint", UiCommand::NewServer),
    (Icon::Serial, "welcome-serial", "welcome-serial-hint", UiCommand::NewSerial),
];

/// Draws it in the middle of the window.
pub(crate) fn welcome(boards: &BoardPanes, ui: &mut Ui, scene: &mut Scene<'_>) {
    let t = theme::tokens(ui);
    ui.painter().rect_filled(ui.max_rect(), 0.0, t.ground);
    ScrollArea::vertical().auto_shrink([false, false]).show(ui, |ui| page(boards, ui, scene));
}

fn page(boards: &BoardPanes, ui: &mut Ui, scene: &mut Scene<'_>) {
    let t = theme::tokens(ui);
    let height = 430.0;
    ui.add_space(((ui.available_height() - height) * 0.42).max(12.0));
    ui.vertical_centered(|ui| {
        let (rect, _) = ui.allocate_exact_size(Vec2::splat(44.0), Sense::hover());
        icon::mark(ui.painter(), rect, t.accent);
        ui.add_space(6.0);
        ui.label(egui::RichText::new("Espalier").size(24.0).color(t.strong));
        ui.label(egui::RichText::new(scene.text("welcome-line")).color(t.muted));
        ui.add_space(22.0);
    });
    let room = ui.available_width() - 2.0 * space::L + space::M;
    let columns = ((room / (NARROWEST + space::M)) as usize).clamp(1, CARDS.len());
    let size = Vec2::new((room / columns as f32 - space::M).min(CARD.x), CARD.y);
    let width = columns as f32 * (size.x + space::M) - space::M;
    let margin = ((ui.available_width() - width) / 2.0).max(0.0);
    ui.spacing_mut().item_spacing = Vec2::splat(space::M);
    let row = |ui: &mut Ui, content: &mut dyn FnMut(&mut Ui)| {
        ui.horizontal(|ui| {
            ui.add_space(margin);
            content(ui);
        });
    };
    for cards in CARDS.chunks(columns) {
        row(ui, &mut |ui| {
            for (sign, name, hint, command) in cards {
                if card(ui, scene, size, *sign, name, hint, *command) {
                    scene.command(*command);
                }
            }
        });
    }
    row(ui, &mut |ui| board::card(boards, ui, scene, width));
    ui.vertical_centered(|ui| {
        let other = egui::RichText::new(scene.text("welcome-board-ports")).small();
        if ui.link(other).clicked() {
            scene.ask(UiRequest::ShowBoard);
        }
    });
    recent(ui, scene);
    ui.vertical_centered(|ui| {
        ui.add_space(8.0);
        let keys = shortcut_text(ui.ctx(), UiCommand::Palette);
        let line = scene.with("welcome-keys", [("palette", keys.into())]);
        ui.label(egui::RichText::new(line).small().color(t.muted));
    });
}

fn recent(ui: &mut Ui, scene: &mut Scene<'_>) {
    if scene.recent.is_empty() {
        return;
    }
    let mut open = None;
    ui.vertical_centered(|ui| {
        ui.label(egui::RichText::new(scene.text("recent")).small().weak());
        for recent in scene.recent.iter().take(4) {
            let text = words::address(&recent.host, recent.port);
            let link = egui::RichText::new(text).monospace();
            let name = scene.with(
                "connect-to",
                [("address", words::address(&recent.host, recent.port).into())],
            );
            if ui.link(link).on_hover_text(name).clicked() {
                open = Some(recent.clone());
            }
        }
    });
    if let Some(recent) = open {
        use espalier_core::session::{SessionSpec, TcpClientSpec, TransportSpec};
        let client = TcpClientSpec::new(recent.host, recent.port);
        scene.ask(UiRequest::Open(Box::new(SessionSpec::new(TransportSpec::TcpClient(client)))));
    }
}

/// A card; `true` when it was clicked.
fn card(
    ui: &mut Ui,
    scene: &Scene<'_>,
    size: Vec2,
    sign: Icon,
    name: &str,
    hint: &str,
    command: UiCommand,
) -> bool {
    let t = theme::tokens(ui);
    let (rect, response) = ui.allocate_exact_size(size, Sense::click());
    let (name, hint) = (scene.text(name), scene.text(hint));
    let enabled = ui.is_enabled();
    response.widget_info(|| WidgetInfo::labeled(Role::Button, enabled, name));
    let lit = response.hovered() || response.has_focus();
    let painter = ui.painter();
    painter.rect(
        rect,
        f32::from(space::RADIUS_LARGE),
        if lit { t.float } else { t.panel },
        egui::Stroke::new(1.0, if lit { t.accent } else { t.line }),
        egui::StrokeKind::Inside,
    );
    let inside = rect.shrink(16.0);
    let sign_rect = egui::Rect::from_min_size(inside.min, Vec2::splat(22.0));
    icon::paint(painter, sign_rect, sign, t.accent);
    painter.text(
        inside.min + egui::vec2(32.0, 11.0),
        Align2::LEFT_CENTER,
        name,
        egui::FontId::proportional(15.0),
        t.strong,
    );
    let galley =
        painter.layout(hint.to_owned(), egui::FontId::proportional(12.5), t.muted, inside.width());
    painter.galley(inside.min + egui::vec2(0.0, 34.0), galley, t.muted);
    painter.text(
        inside.max,
        Align2::RIGHT_BOTTOM,
        shortcut_text(ui.ctx(), command),
        egui::FontId::monospace(10.5),
        t.muted,
    );
    response.on_hover_cursor(egui::CursorIcon::PointingHand).clicked()
}
