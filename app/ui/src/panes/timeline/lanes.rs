//! The choice of sessions: a chip each, which shows or hides its rows.

use egui::{Align2, Role, ScrollArea, Sense, Stroke, StrokeKind, Ui, Vec2, WidgetInfo};
use egui::{Rect, pos2, vec2};

use espalier_core::SessionId;
use espalier_core::timeline::LanePeer;

use super::Lane;
use crate::command::UiRequest;
use crate::scene::Scene;
use crate::theme::{self, space};
use crate::widgets::log_view::LaneStyle;

const HEIGHT: f32 = 24.0;

pub(super) fn ui(
    ui: &mut Ui,
    scene: &mut Scene<'_>,
    lanes: &[Lane],
    styles: &[LaneStyle],
    hidden: &mut Vec<u32>,
) {
    ui.spacing_mut().item_spacing = vec2(5.0, 5.0);
    let most = 3.0 * (HEIGHT + 5.0);
    let area = ScrollArea::vertical().max_height(most).min_scrolled_height(most);
    area.auto_shrink([false, true]).show(ui, |ui| {
        ui.horizontal_wrapped(|ui| {
            for (lane, style) in lanes.iter().zip(styles) {
                // Not in a scope of its own: chips wrap like words.
                chip(ui, scene, lane, style, styles.len(), hidden);
            }
            if !hidden.is_empty() && ui.button(scene.text("timeline-all")).clicked() {
                hidden.clear();
            }
        });
    });
}

/// Says how many sessions found no place, where the timeline is full.
pub(super) fn left_out(ui: &mut Ui, scene: &Scene<'_>, lanes: &[SessionId]) {
    if lanes.len() < LanePeer::LANES as usize {
        return;
    }
    let sessions = scene.backend.sessions();
    let count = sessions.iter().filter(|id| !lanes.contains(id)).count();
    if count > 0 {
        let limit = LanePeer::LANES;
        let text = [("count", count.into()), ("limit", limit.into())];
        ui.colored_label(theme::tokens(ui).busy, scene.with("timeline-full", text));
    }
}

/// One session: its colour, its name, and whether it is shown.
fn chip(
    ui: &mut Ui,
    scene: &mut Scene<'_>,
    lane: &Lane,
    style: &LaneStyle,
    count: usize,
    hidden: &mut Vec<u32>,
) {
    let t = theme::tokens(ui);
    let on = !hidden.contains(&style.number);
    let name = match lane.open {
        true => style.name.clone(),
        false => scene.with("timeline-closed", [("session", (&style.name).into())]),
    };
    let color = if on && lane.open { t.text } else { t.muted };
    let galley = ui.painter().layout_no_wrap(name.clone(), theme::prose(ui, 12.5), color);
    let width = 8.0 + 9.0 + 7.0 + galley.size().x + 10.0;
    let (rect, response) = ui.allocate_exact_size(Vec2::new(width, HEIGHT), Sense::click());
    let enabled = ui.is_enabled();
    response.widget_info(|| WidgetInfo::selected(Role::CheckBox, enabled, on, &name));
    if ui.is_rect_visible(rect) {
        let painter = ui.painter();
        let lane_color = t.lane(style.number);
        let lit = response.hovered() || response.has_focus();
        let fill = match (on, lit) {
            (true, _) => lane_color.gamma_multiply(0.18),
            (false, true) => t.hover,
            (false, false) => t.panel,
        };
        let line = if lit { t.accent } else { t.outline };
        let radius = f32::from(space::RADIUS);
        painter.rect(rect, radius, fill, Stroke::new(1.0, line), StrokeKind::Inside);
        let swatch =
            Rect::from_center_size(pos2(rect.left() + 12.5, rect.center().y), vec2(9.0, 13.0));
        match on {
            true => style.paint(painter, swatch, lane_color),
            false => {
                let stroke = Stroke::new(1.0, t.muted);
                painter.rect_stroke(swatch, 0.0, stroke, StrokeKind::Inside);
            }
        }
        let place = pos2(swatch.right() + 7.0, rect.center().y);
        let text = Align2::LEFT_CENTER.anchor_size(place, galley.size());
        painter.galley(text.min, galley, color);
    }
    if response.clicked() {
        toggle(hidden, style.number);
    }
    response.context_menu(|ui| {
        if ui.button(scene.text("timeline-only")).clicked() {
            *hidden = (0..count as u32).filter(|lane| *lane != style.number).collect();
        }
        if ui.button(scene.text("timeline-all")).clicked() {
            hidden.clear();
        }
        if lane.open && ui.button(scene.text("timeline-open-tab")).clicked() {
            scene.ask(UiRequest::Reveal(lane.session));
        }
    });
    let hint = scene.text("timeline-chip-hint");
    response.on_hover_text(format!("{}\n{hint}", lane.title));
}

fn toggle(hidden: &mut Vec<u32>, lane: u32) {
    match hidden.iter().position(|it| *it == lane) {
        Some(at) => drop(hidden.remove(at)),
        None => hidden.push(lane),
    }
}
