//! How the tree of tiles looks and behaves.

use std::collections::BTreeMap;

use egui::{Color32, Id, Response, Role, Sense, Stroke, Ui, Vec2, Visuals, WidgetInfo, WidgetText};
use egui_tiles::{
    Behavior, EditAction, ResizeState, SimplificationOptions, TabState, Tile, TileId, Tiles,
    UiResponse,
};
use espalier_core::SessionId;
use espalier_core::backend::LogId;
use espalier_core::session::TransportSpec;

use super::board::BoardPanes;
use super::session::SessionPane;
use super::timeline::TimelinePane;
use super::{TabLabels, TabRename};
use crate::command::{UiCommand, UiRequest};
use crate::icon::{self, Icon};
use crate::layout;
use crate::locale::Value;
use crate::scene::Scene;
use crate::theme::{self, space};
use crate::widgets;
use crate::words;

/// Draws the panes of one frame.
pub(crate) struct Tabs<'a, 's> {
    /// What panes can see.
    pub scene: &'a mut Scene<'s>,
    /// The state of the panes.
    pub panes: &'a mut BTreeMap<SessionId, SessionPane>,
    /// The boards, whose panels may stand among the tabs.
    pub boards: &'a mut BoardPanes,
    /// The timeline, if it is open.
    pub timeline: &'a mut Option<TimelinePane>,
    /// What the sessions are called.
    pub labels: &'a TabLabels,
    /// The tab that is getting another name.
    pub rename: &'a mut Option<TabRename>,
    /// The one that commands mean.
    pub focused: Option<LogId>,
    /// Is its tab to be scrolled into sight?
    pub in_sight: bool,
    /// Was the layout changed by the user?
    pub edited: bool,
}

/// What a tab says.
struct TabContent {
    title: String,
    spoken: String,
    /// Where the board at the other end has put it, in full.
    place: Option<String>,
    sign: Icon,
    /// How its connection stands, if it has one.
    color: Option<Color32>,
    unread: u64,
}

impl Tabs<'_, '_> {
    fn face(&self, pane: LogId, visuals: &Visuals) -> Option<TabContent> {
        let LogId::Session(id) = pane else {
            let text = |key| self.scene.text(key).to_owned();
            return Some(TabContent {
                title: text("timeline"),
                spoken: text(UiCommand::Timeline.key()),
                place: None,
                sign: Icon::Timeline,
                color: None,
                unread: 0,
            });
        };
        let spec = self.scene.backend.spec(id)?;
        let status = self.scene.backend.status(id)?;
        let locale = self.scene.locale;
        let (state, tone) = words::session(&spec.transport, &status.state);
        let label = self.labels.of(id);
        let title = label.map(|it| it.text.clone());
        let title = title.unwrap_or_else(|| words::title(&spec, status.local, locale));
        let place = label.and_then(|it| it.place);
        let unread = self.panes.get(&id).map_or(0, |pane| pane.unread(&status));
        let parts = [
            ("role", locale.text(words::role(&spec.transport)).into()),
            ("title", (&title).into()),
            ("state", locale.text(state).into()),
            ("unread", Value::from(unread)),
        ];
        Some(TabContent {
            spoken: locale.with("tab-spoken", parts),
            place: place.map(|place| words::service_state(place, locale).0),
            title,
            sign: words::role_icon(&spec.transport),
            color: Some(tone.color(theme::of(visuals.dark_mode))),
            unread,
        })
    }

    fn close_cross(&mut self, ui: &Ui, rect: egui::Rect, id: Id, pane: LogId) -> Response {
        let t = theme::tokens(ui);
        let cross = ui.interact(rect, id.with("close"), Sense::click());
        let name = self.scene.text("command-close-tab");
        let enabled = ui.is_enabled();
        cross.widget_info(|| WidgetInfo::labeled(Role::Button, enabled, name));
        if cross.hovered() || cross.has_focus() {
            ui.painter().rect_filled(rect, f32::from(space::RADIUS), t.control[1]);
        }
        let color = if cross.hovered() { t.strong } else { t.muted };
        icon::paint(ui.painter(), rect.shrink(2.5), Icon::Cross, color);
        if cross.clicked() {
            self.scene.ask(UiRequest::Close(pane));
        }
        cross.on_hover_text(widgets::tip(ui, self.scene.locale, name, UiCommand::CloseTab))
    }
}

impl Behavior<LogId> for Tabs<'_, '_> {
    fn pane_ui(&mut self, ui: &mut Ui, _tile: TileId, pane: &mut LogId) -> UiResponse {
        let id = *pane;
        let state = id.session().and_then(|id| self.panes.get_mut(&id));
        let timeline = self.timeline.as_mut().filter(|timeline| id == timeline.id().into());
        if state.is_some() || timeline.is_some() {
            let pressed_here = ui.input(|input| {
                input.pointer.any_pressed()
                    && input.pointer.interact_pos().is_some_and(|at| ui.max_rect().contains(at))
            });
            if pressed_here && self.focused != Some(id) {
                self.scene.ask(UiRequest::Focus(id));
            }
            ui.push_id(id, |ui| match (state, timeline) {
                (Some(state), _) => {
                    let drawn = id
                        .session()
                        .is_some_and(|id| self.boards.tab_ui(ui, self.scene, id, state));
                    if !drawn {
                        state.ui(ui, self.scene);
                    }
                }
                (None, Some(timeline)) => timeline.ui(ui, self.scene),
                (None, None) => {}
            });
        }
        UiResponse::None
    }

    fn tab_title_for_pane(&mut self, pane: &LogId) -> WidgetText {
        let backend = self.scene.backend;
        let known = pane.session().and_then(|id| Some((backend.spec(id)?, backend.status(id)?)));
        let Some((spec, status)) = known else { return self.scene.text("timeline").into() };
        words::title(&spec, status.local, self.scene.locale).into()
    }

    fn tab_ui(
        &mut self,
        tiles: &mut Tiles<LogId>,
        ui: &mut Ui,
        id: Id,
        tile_id: TileId,
        state: &TabState,
    ) -> Response {
        let t = theme::tokens(ui);
        let pane = match tiles.get(tile_id) {
            Some(Tile::Pane(pane)) => Some(*pane),
            _ => None,
        };
        let face = pane.and_then(|pane| self.face(pane, ui.visuals()));
        let focused = pane.is_some() && self.focused == pane;
        let (title, unread) =
            face.as_ref().map_or((String::new(), 0), |f| (f.title.clone(), f.unread));
        let galley = ui.painter().layout_no_wrap(title, theme::prose(ui, 13.0), t.text);
        let badge = (unread > 0 && !state.active).then(|| {
            let text = if unread > 999 { "999+".to_owned() } else { unread.to_string() };
            ui.painter().layout_no_wrap(text, theme::prose(ui, 10.5), t.on_accent)
        });
        let badge_width = badge.as_ref().map_or(0.0, |badge| badge.size().x + 14.0);
        let session = pane.and_then(LogId::session);
        let renamed = self.rename.as_ref().is_some_and(|it| Some(it.session()) == session);
        let least = if renamed { TabRename::WIDTH } else { 0.0 };
        let width = 12.0 + 16.0 + 6.0 + galley.size().x.max(least) + 14.0 + badge_width + 24.0;
        let (_, rect) = ui.allocate_space(Vec2::new(width, ui.available_height()));
        let response = ui.interact(rect, id, Sense::click_and_drag());
        if renamed || focused && self.in_sight {
            let still = egui::style::ScrollAnimation::none();
            ui.scroll_to_rect_animation(rect, None, still);
        }
        let spoken = face.as_ref().map(|face| face.spoken.as_str()).unwrap_or_default();
        let enabled = ui.is_enabled();
        response.widget_info(|| WidgetInfo::selected(Role::Tab, enabled, state.active, spoken));

        if ui.is_rect_visible(rect) && !state.is_being_dragged {
            let painter = ui.painter();
            if state.active {
                painter.rect_filled(rect, 0.0, t.panel);
                let line = egui::Rect::from_min_size(rect.min, Vec2::new(rect.width(), 2.0));
                painter.rect_filled(line, 0.0, if focused { t.accent } else { t.outline });
            } else if response.hovered() || response.has_focus() {
                painter.rect_filled(rect, 0.0, t.hover);
            }
            let sign = egui::Rect::from_center_size(
                rect.left_center() + egui::vec2(20.0, 0.5),
                Vec2::splat(space::ICON),
            );
            if let Some(face) = &face {
                icon::paint(painter, sign, face.sign, if state.active { t.text } else { t.muted });
                if let Some(color) = face.color {
                    let around = if state.active { t.panel } else { t.ground };
                    let place = sign.right_bottom() - egui::vec2(0.5, 1.5);
                    painter.circle(place, 3.8, color, Stroke::new(1.5, around));
                }
            }
            let text = egui::pos2(sign.right() + 7.0, rect.center().y - galley.size().y / 2.0);
            let end = text.x + galley.size().x.max(least);
            if !renamed {
                let color = if state.active { t.strong } else { t.muted };
                painter.galley_with_override_text_color(text, galley, color);
            }
            if let Some(badge) = badge {
                let pill = egui::Rect::from_center_size(
                    egui::pos2(end + 8.0 + badge_width / 2.0 - 3.0, rect.center().y),
                    Vec2::new(badge.size().x + 9.0, 15.0),
                );
                painter.rect_filled(pill, 7.5, t.accent);
                painter.galley(pill.center() - badge.size() / 2.0, badge, t.on_accent);
            }
        }
        if let Some(pane) = pane {
            let cross = egui::Rect::from_center_size(
                egui::pos2(rect.right() - 15.0, rect.center().y + 0.5),
                Vec2::splat(16.0),
            );
            self.close_cross(ui, cross, id, pane);
            if response.middle_clicked() {
                self.scene.ask(UiRequest::Close(pane));
            }
            if response.clicked() {
                self.scene.ask(UiRequest::Focus(pane));
            }
            if response.double_clicked() {
                self.scene.command(UiCommand::RenameTab);
            }
            if renamed {
                let room = egui::Rect::from_min_max(
                    egui::pos2(rect.left() + 32.0, rect.top() + 4.0),
                    egui::pos2(rect.right() - 26.0 - badge_width, rect.bottom() - 4.0),
                );
                TabRename::show(self.rename, ui, self.scene, room);
            }
            response.context_menu(|ui| tab_menu(ui, self.scene, pane));
        }
        match face.as_ref().and_then(|face| face.place.as_ref()) {
            Some(place) => response.on_hover_text(format!("{spoken}\n{place}")),
            None => response.on_hover_text(spoken),
        }
    }

    fn tab_bar_trailing_ui(
        &mut self,
        _tiles: &Tiles<LogId>,
        ui: &mut Ui,
        _tile: TileId,
        _tabs: &egui_tiles::Tabs,
    ) {
        ui.add_space(4.0);
        let name = self.scene.text("new-session");
        let (locale, command) = (self.scene.locale, UiCommand::NewClient);
        if widgets::command_toggle(ui, locale, command, Icon::Plus, name, false).clicked() {
            self.scene.command(command);
        }
    }

    fn tab_bar_height(&self, _style: &egui::Style) -> f32 {
        space::TAB
    }

    fn tab_bar_color(&self, visuals: &Visuals) -> Color32 {
        theme::of(visuals.dark_mode).ground
    }

    fn tab_bar_hline_stroke(&self, visuals: &Visuals) -> Stroke {
        Stroke::new(1.0, theme::of(visuals.dark_mode).line)
    }

    fn resize_stroke(&self, style: &egui::Style, state: ResizeState) -> Stroke {
        let t = theme::of(style.visuals.dark_mode);
        match state {
            ResizeState::Idle => Stroke::new(self.gap_width(style), t.ground),
            ResizeState::Hovering | ResizeState::Dragging => Stroke::new(2.0, t.accent),
        }
    }

    fn gap_width(&self, _style: &egui::Style) -> f32 {
        4.0
    }

    fn min_size(&self) -> f32 {
        160.0
    }

    fn simplification_options(&self) -> SimplificationOptions {
        layout::SIMPLE
    }

    // Ctrl+PageDown and Ctrl+PageUp do it wherever the pointer is.
    fn cycle_tabs_with_keyboard(&self) -> bool {
        false
    }

    fn on_edit(&mut self, _action: EditAction) {
        self.edited = true;
    }
}

fn tab_menu(ui: &mut Ui, scene: &mut Scene<'_>, pane: LogId) {
    use UiCommand::{
        CloseOtherTabs, CloseTab, CloseTabsRight, DuplicateTab, Options, RenameTab, Restart,
        SplitDown, SplitRight, Timeline,
    };
    let session = [RenameTab, DuplicateTab, Restart, Options, Timeline];
    let all = [SplitRight, SplitDown, CloseTab, CloseOtherTabs, CloseTabsRight];
    let capture = |id| {
        let spec = scene.backend.spec(id);
        spec.is_some_and(|it| matches!(it.transport, TransportSpec::Capture(_)))
    };
    let commands: Vec<UiCommand> = match pane {
        LogId::Session(id) => {
            let moves = !capture(id);
            session.into_iter().filter(|it| moves || *it != Restart).chain(all).collect()
        }
        LogId::Timeline(_) => all.to_vec(),
    };
    for command in commands {
        if widgets::command_item(ui, scene.locale, command).clicked() {
            scene.ask(UiRequest::Focus(pane));
            scene.command(command);
        }
    }
}
