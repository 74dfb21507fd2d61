//! The board on the welcome page: where it stands, and the button that begins to provision it.

use egui::text::{LayoutJob, TextFormat};
use egui::{Color32, FontId, Role, Sense, Stroke, StrokeKind, Ui, Vec2, WidgetInfo};
use espalier_core::board::{
    BoardProgress, NextAction, PortAccess, PortInfo, ProvisionStep, StepState,
};

use super::{BoardPanes, port, steps};
use crate::command::UiRequest;
use crate::icon::{self, Icon};
use crate::scene::Scene;
use crate::theme::{self, space};

/// What a click does, and how it is told.
struct CardAction {
    name: String,
    hint: String,
    request: UiRequest,
    progress: Option<BoardProgress>,
}

/// The title begins so far from the card's edge within.
const BESIDE_ICON: f32 = 32.0;

/// Draws the card, this wide.
pub(crate) fn card(boards: &BoardPanes, ui: &mut Ui, scene: &mut Scene<'_>, width: f32) {
    let CardAction { name, hint, request, progress } = offer(boards, ui, scene);
    let t = theme::tokens(ui);
    let (icon_size, pad) = (22.0, 16.0);
    let inside = width - 2.0 * pad;
    let step_row = step_row(scene, progress.as_ref(), t, inside);
    let painter = ui.painter();
    let step_row = painter.layout_job(step_row);
    let small = theme::prose(ui, 12.5);
    let hint = painter.layout(hint, small, t.muted, inside);
    let title = FontId::proportional(15.0);
    let title = painter.layout(name.clone(), title, t.strong, inside - BESIDE_ICON);
    let head = title.size().y.max(icon_size);
    let height = 2.0 * pad + head + space::S + hint.size().y + space::M + step_row.size().y;
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
    let beside = egui::vec2(BESIDE_ICON, (icon_size - title.size().y).max(0.0) / 2.0);
    painter.galley(corner + beside, title, t.strong);
    let below = corner + egui::vec2(0.0, head + space::S);
    let under = below + egui::vec2(0.0, hint.size().y + space::M);
    painter.galley(below, hint, t.muted);
    painter.galley(under, step_row, t.muted);
    if response.on_hover_cursor(egui::CursorIcon::PointingHand).clicked() {
        scene.ask(request);
    }
}

/// The steps, each with its state.
fn step_row(
    scene: &Scene<'_>,
    progress: Option<&BoardProgress>,
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
    for (number, step) in ProvisionStep::ALL.into_iter().enumerate() {
        let state = progress.map_or(StepState::Pending, |progress| progress.state(step));
        add("● ", steps::color(state, t), if number == 0 { 0.0 } else { 12.0 });
        let color = if state == StepState::Pending { t.muted } else { t.strong };
        add(scene.text(steps::name(step)), color, 0.0);
    }
    job
}

fn offer(boards: &BoardPanes, ui: &Ui, scene: &Scene<'_>) -> CardAction {
    let now = ui.input(|input| input.time);
    if let Some(progress) = boards.meant().board_progress(scene.backend, now) {
        let hint = scene.text(next(&progress)).to_owned();
        let name = scene.text("welcome-board").to_owned();
        return CardAction { name, hint, request: UiRequest::ShowBoard, progress: Some(progress) };
    }
    let ports = scene.backend.ports();
    let likely = |it: &&PortInfo| port::may_be_a_board(it) && it.access == PortAccess::Free;
    let Some(found) =
        ports.iter().find(likely).or_else(|| ports.iter().find(|it| port::is_simulated(it)))
    else {
        return CardAction {
            name: scene.text("welcome-board").to_owned(),
            hint: scene.text("welcome-board-none").to_owned(),
            request: UiRequest::ShowBoard,
            progress: None,
        };
    };
    let port = ("port", found.name.as_str().into());
    let board = ("board", port::name(found, scene).into());
    let (name, hint) = if port::is_simulated(found) {
        ("welcome-board-simulated", scene.with("welcome-board-simulated-hint", [board]))
    } else {
        ("welcome-board-port", scene.with("welcome-board-port-hint", [board, port]))
    };
    let request = UiRequest::OpenBoard(Box::new(port::spec(found)));
    CardAction { name: scene.text(name).to_owned(), hint, request, progress: None }
}

/// The key of the sentence that says what comes next.
const fn next(progress: &BoardProgress) -> &'static str {
    match progress.next {
        NextAction::OpenPort => "welcome-board-closed",
        NextAction::Ask | NextAction::Wait => "welcome-board-wait",
        NextAction::Flash => "welcome-board-flash",
        NextAction::Update => "welcome-board-update",
        NextAction::Provision => "go-needs-network",
        NextAction::Connect => "welcome-board-ready",
    }
}
