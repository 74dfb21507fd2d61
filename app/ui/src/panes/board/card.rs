//! The board on the welcome page: where it stands, and the first click of the way to a conversation.

use egui::text::{LayoutJob, TextFormat};
use egui::{Color32, FontId, Role, Sense, Stroke, StrokeKind, Ui, Vec2, WidgetInfo};
use espalier_core::board::{BoardStanding, Light, NextStep, PortAccess, PortInfo, Station};

use super::{BoardPane, port, stations};
use crate::command::Request;
use crate::icon::{self, Icon};
use crate::scene::Scene;
use crate::theme::{self, space};

/// What a click does, and how it is told.
struct Offer {
    name: String,
    hint: String,
    request: Request,
    standing: Option<BoardStanding>,
}

/// Draws the card, this wide.
pub(crate) fn card(board: &BoardPane, ui: &mut Ui, scene: &mut Scene<'_>, width: f32) {
    let Offer { name, hint, request, standing } = offer(board, ui, scene);
    let t = theme::tokens(ui);
    let (icon_size, pad) = (22.0, 16.0);
    let inside = width - 2.0 * pad;
    let way = way(scene, standing.as_ref(), t, inside);
    let painter = ui.painter();
    let way = painter.layout_job(way);
    let small = FontId::proportional(12.5);
    let hint = painter.layout(hint, small, t.muted, inside);
    let height = 2.0 * pad + icon_size + space::S + hint.size().y + space::M + way.size().y;
    let (rect, response) = ui.allocate_exact_size(Vec2::new(width, height), Sense::click());
    let enabled = ui.is_enabled();
    response.widget_info(|| WidgetInfo::labeled(Role::Button, enabled, &name));
    let lit = response.hovered() || response.has_focus();
    let painter = ui.painter();
    painter.rect(
        rect,
        f32::from(space::RADIUS_LARGE),
        if lit { t.float } else { t.panel },
        Stroke::new(1.0, if lit { t.accent } else { t.line }),
        StrokeKind::Inside,
    );
    let corner = rect.min + Vec2::splat(pad);
    let sign = egui::Rect::from_min_size(corner, Vec2::splat(icon_size));
    icon::paint(painter, sign, Icon::Board, t.accent);
    painter.text(
        corner + egui::vec2(32.0, icon_size / 2.0),
        egui::Align2::LEFT_CENTER,
        &name,
        FontId::proportional(15.0),
        t.strong,
    );
    let below = corner + egui::vec2(0.0, icon_size + space::S);
    let under = below + egui::vec2(0.0, hint.size().y + space::M);
    painter.galley(below, hint, t.muted);
    painter.galley(under, way, t.muted);
    if response.on_hover_cursor(egui::CursorIcon::PointingHand).clicked() {
        scene.ask(request);
    }
}

/// The stations, each with its light.
fn way(
    scene: &Scene<'_>,
    standing: Option<&BoardStanding>,
    t: &theme::Tokens,
    width: f32,
) -> LayoutJob {
    let mut job = LayoutJob::default();
    job.wrap.max_width = width;
    let mut add = |text: &str, color: Color32, space: f32| {
        let format =
            TextFormat { font_id: FontId::proportional(12.5), color, ..Default::default() };
        job.append(text, space, format);
    };
    for (number, station) in Station::ALL.into_iter().enumerate() {
        let light = standing.map_or(Light::Dark, |standing| standing.light(station));
        add("● ", stations::color(light, t), if number == 0 { 0.0 } else { 12.0 });
        let color = if light == Light::Dark { t.muted } else { t.strong };
        add(scene.text(stations::name(station)), color, 0.0);
    }
    job
}

fn offer(board: &BoardPane, ui: &Ui, scene: &Scene<'_>) -> Offer {
    let now = ui.input(|input| input.time);
    if let Some(standing) = board.stands(scene.backend, now) {
        let hint = scene.text(next(&standing)).to_owned();
        let name = scene.text("welcome-board").to_owned();
        return Offer { name, hint, request: Request::ShowBoard, standing: Some(standing) };
    }
    let ports = scene.backend.ports();
    let likely = |it: &&PortInfo| port::may_be_a_board(it) && it.access == PortAccess::Free;
    let Some(found) =
        ports.iter().find(likely).or_else(|| ports.iter().find(|it| port::is_simulated(it)))
    else {
        return Offer {
            name: scene.text("welcome-board").to_owned(),
            hint: scene.text("welcome-board-none").to_owned(),
            request: Request::ShowBoard,
            standing: None,
        };
    };
    let port = ("port", found.name.as_str().into());
    let board = ("board", port::name(found, scene).into());
    let (name, hint) = if port::is_simulated(found) {
        ("welcome-board-simulated", scene.with("welcome-board-simulated-hint", [board]))
    } else {
        ("welcome-board-port", scene.with("welcome-board-port-hint", [board, port]))
    };
    let request = Request::OpenBoard(Box::new(port::spec(found)));
    Offer { name: scene.text(name).to_owned(), hint, request, standing: None }
}

/// The key of the sentence that says what comes next.
const fn next(standing: &BoardStanding) -> &'static str {
    match standing.next {
        NextStep::OpenPort => "welcome-board-closed",
        NextStep::Ask | NextStep::Wait => "welcome-board-wait",
        NextStep::Flash => "welcome-board-flash",
        NextStep::Update => "welcome-board-update",
        NextStep::Provision => "go-needs-network",
        NextStep::Connect => "welcome-board-ready",
    }
}
