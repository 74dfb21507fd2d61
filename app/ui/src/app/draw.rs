//! One frame.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use egui::{Frame, Key, Margin, Panel, Rect, Ui, UiBuilder};
use espalier_core::SessionId;
use espalier_core::settings::ThemeChoice;

use super::App;
use crate::command::{UiCommand, UiRequest, listen};
use crate::dialogs::Dialog;
use crate::icon::{self, Icon};
use crate::layout;
use crate::locale::Language;
use crate::panes::board::BoardPanes;
use crate::panes::session::SessionPane;
use crate::panes::{Tabs, welcome};
use crate::scene::Scene;
use crate::state::Dock;
use crate::theme::{self, space};
use crate::widgets::{self, Edge, RowTail, Split};

type Panes = BTreeMap<SessionId, SessionPane>;

impl App {
    /// Says what the frame before took of the window's thread, drawing included and waiting for the display not: what comes from
    /// outside is drawn as often as that allows.
    pub fn frame_took(&self, time: Duration) {
        self.pace.took(time);
    }

    /// Draws the window and acts on what was asked for.
    pub fn ui(&mut self, ui: &mut Ui) {
        let by_user = ui.input(|input| !input.raw.events.is_empty());
        self.pace.begins(Instant::now(), by_user);
        self.receive(ui.ctx());
        self.hear_closing(ui.ctx());
        self.hear_alerts(ui.ctx());
        self.hear_rules(ui.ctx());
        self.hear_of_captures(ui.ctx());
        self.ask_for_releases_when_due(ui.ctx());
        self.activities.retain(|(_, activity)| activity.action().is_some());
        self.skip_handles(ui.ctx());
        // Before anything is drawn: a field that a command gives the keyboard to has it in this very frame, for what is
        // typed meanwhile and for the input method.
        let mut pressed = false;
        // A key that the user gave to an entry of the send list means that, and not what it means otherwise.
        let list_key = if self.dialog.is_none() { self.hear_list_keys(ui.ctx()) } else { None };
        if !matches!(self.dialog, Some(Dialog::Palette(_)))
            && let Some(command) = listen(ui.ctx())
            && (self.dialog.is_none() || command.works_above_a_dialog())
        {
            self.handle(ui.ctx(), UiRequest::Command(command));
            pressed = true;
        }
        self.inform_palette();
        let popup_open = egui::Popup::is_any_open(ui.ctx());
        let (dragged, in_sight) = (self.tree.dragged_id(ui.ctx()), self.in_sight(ui.ctx()));
        self.take_dropped_files(ui.ctx());
        self.arrive(ui.ctx());
        self.remember_targets(ui.ctx());
        self.labels.update(self.panes.keys().copied(), &*self.backend, &self.locale);
        let Self {
            labels,
            rename,
            backend,
            platform,
            inbox,
            locale,
            recent,
            send_list,
            rules,
            panes,
            boards,
            timeline,
            tree,
            dialog,
            toasts,
            program_log,
            manual,
            crash,
            releases,
            activities,
            pressed_in_panel,
            ..
        } = self;
        let mut scene = Scene {
            locale,
            backend: &**backend,
            platform,
            inbox,
            recent,
            send_list,
            rules,
            list_key,
            board_section: self.board_section,
            settings: &self.settings,
            releases: &releases.standing,
            dialog: self.dialogs,
            now: platform.now(),
            requests: Vec::new(),
        };
        let ground = theme::tokens(ui).ground;
        Panel::top("top bar")
            .frame(Frame::new().fill(ground).inner_margin(Margin::symmetric(10, 5)))
            .show_separator_line(false)
            .show(ui, |ui| top_bar(ui, &mut scene));
        let mut edited = false;
        super::program_log::crash_bar(ui, &mut scene, crash.as_deref());
        super::releases::bar(ui, &mut scene, releases);
        super::activities::bar(ui, &scene, activities);
        let below = program_log.room(ui);
        let room = below.map_or(ui.available_rect_before_wrap(), |below| below.rest);
        let beside = manual.room(ui, room);
        let room = beside.map_or(room, |beside| beside.rest);
        let split = board_room(ui, room, boards);
        let center = split.map_or(room, |split| split.rest);
        if let Some(at) = ui.input(|input| input.pointer.press_origin()) {
            *pressed_in_panel = split.is_some_and(|split| split.part.contains(at));
        }
        let fill = theme::tokens(ui).panel;
        let panel =
            |ui: &mut Ui, scene: &mut Scene<'_>, boards: &mut BoardPanes, panes: &mut Panes| {
                let Some(split) = split else { return };
                split.show(ui, Frame::new().fill(fill), |ui| boards.ui(ui, scene, panes));
            };
        let first = boards.dock == Dock::Left;
        if first {
            panel(ui, &mut scene, boards, panes);
        }
        let builder = UiBuilder::new().id_salt("center").max_rect(center);
        ui.scope_builder(builder, |ui| {
            ui.shrink_clip_rect(center);
            if tree.is_empty() {
                welcome(boards, ui, &mut scene);
            } else {
                let mut tabs = Tabs {
                    scene: &mut scene,
                    panes,
                    boards,
                    timeline,
                    labels,
                    rename,
                    focused: self.focused,
                    in_sight,
                    edited: false,
                };
                tree.ui(&mut tabs, ui);
                edited = tabs.edited;
            }
        });
        if !first {
            panel(ui, &mut scene, boards, panes);
        }
        if let Some(split) = split {
            split.line(ui);
        }
        if let Some(beside) = beside {
            let frame = Frame::new().fill(fill).inner_margin(Margin::symmetric(12, 6));
            beside.show(ui, frame, |ui| manual.ui(ui, &mut scene));
            beside.line(ui);
        }
        if let Some(below) = below {
            let frame = Frame::new().fill(fill).inner_margin(Margin::symmetric(10, 6));
            below.show(ui, frame, |ui| program_log.ui(ui, &mut scene));
            below.line(ui);
        }
        let mut over = false;
        let in_dialog = dialog.is_some();
        if let Some(dialog) = dialog {
            over = !dialog.ui(ui, &mut scene);
        }
        let log = self.focused.and_then(|id| match timeline {
            Some(timeline) if id == timeline.id().into() => Some(timeline.log.area()),
            _ => panes.get(&id.session()?).map(|pane| pane.log.area()),
        });
        if let Some(topic) = toasts.ui(ui, scene.locale, room_for_notices(log, center)) {
            scene.ask(UiRequest::ShowManual(topic));
        }
        // What Escape ended was further inside than a notice: those took the key.
        if !in_dialog && !popup_open && ui.input(|input| input.key_pressed(Key::Escape)) {
            toasts.dismiss();
        }
        let requests = scene.requests;
        // It was drawn, or is not there.
        self.board_section = None;
        if over {
            self.dialog = None;
            // What had the keyboard before has it again with the next key.
            ui.ctx().request_repaint();
        }
        if edited {
            layout::flatten(&mut self.tree, dragged);
            self.focus_what_is_in_front();
        }
        let acted = pressed || edited || over || !requests.is_empty();
        for request in requests {
            self.handle(ui.ctx(), request);
        }
        self.share_rules();
        self.remember(ui.ctx(), acted);
        self.backend.drawn();
    }
}

/// Where notices come up: over the oldest rows of the log that is worked with, because nothing is pressed or written there.
/// `center` is what all tabs have together.
fn room_for_notices(log: Option<Rect>, center: Rect) -> Rect {
    let is_wide_enough = |log: &Rect| log.width() >= 240.0 && log.height() >= 60.0;
    log.filter(|log| center.contains_rect(*log)).filter(is_wide_enough).unwrap_or(center)
}

/// The room of the board panel beside the tabs, unless it is closed or has nothing to show there.
fn board_room(ui: &Ui, room: Rect, boards: &BoardPanes) -> Option<Split> {
    if !boards.is_docked() {
        return None;
    }
    let most = room.size() * 0.7;
    let (wide, high) = (420.0_f32.min(most.x), 360.0_f32.min(most.y * 0.7));
    // A name for each place: one size is kept by it, which is a width here and a height there.
    Some(match boards.dock {
        Dock::Left => Split::of(ui, room, "board left", Edge::Left, wide, 200.0..=most.x),
        Dock::Right | Dock::Tab => Split::of(ui, room, "board", Edge::Right, wide, 200.0..=most.x),
        Dock::Below => Split::of(ui, room, "board below", Edge::Below, high, 100.0..=most.y),
    })
}

fn top_bar(ui: &mut Ui, scene: &mut Scene<'_>) {
    let t = theme::tokens(ui);
    ui.horizontal(|ui| {
        let (rect, _) = ui.allocate_exact_size(egui::Vec2::splat(17.0), egui::Sense::hover());
        icon::mark(ui.painter(), rect, t.accent);
        ui.label(egui::RichText::new("Espalier").color(t.strong).size(14.0));
        ui.add_space(space::S);
        let new = scene.text("new-session");
        widgets::menu_button(
            ui,
            Icon::Plus,
            new,
            new,
            egui::PopupCloseBehavior::CloseOnClick,
            |ui| {
                use UiCommand::{
                    Board, Captures, NewClient, NewLoad, NewRelay, NewSerial, NewServer, NewUdp,
                    OpenCapture, OpenWorkspace, ProgramLog, SaveWorkspace, Timeline,
                };
                let offered = [
                    NewClient,
                    NewServer,
                    NewUdp,
                    NewSerial,
                    NewRelay,
                    NewLoad,
                    Board,
                    Timeline,
                    Captures,
                    OpenCapture,
                    OpenWorkspace,
                    SaveWorkspace,
                    ProgramLog,
                ];
                for command in offered {
                    if widgets::command_item(ui, scene.locale, command).clicked() {
                        scene.command(command);
                    }
                }
            },
        );
        RowTail::new(ui, "top bar").show(ui, |ui| {
            ui.spacing_mut().item_spacing.x = 2.0;
            for command in [UiCommand::Palette, UiCommand::Board, UiCommand::Timeline] {
                if widgets::command_button(ui, scene.locale, command).clicked() {
                    scene.command(command);
                }
            }
            language_menu(ui, scene);
            theme_menu(ui, scene);
            if widgets::command_button(ui, scene.locale, UiCommand::Settings).clicked() {
                scene.command(UiCommand::Settings);
            }
            help_menu(ui, scene);
        });
    });
}

fn help_menu(ui: &mut Ui, scene: &mut Scene<'_>) {
    let name = scene.text("command-help");
    widgets::menu_button(ui, Icon::Help, "", name, egui::PopupCloseBehavior::CloseOnClick, |ui| {
        use UiCommand::{About, Manual, ProgramLog, Shortcuts};
        for command in [Manual, Shortcuts, ProgramLog, About] {
            if widgets::command_item(ui, scene.locale, command).clicked() {
                scene.command(command);
            }
        }
    });
}

fn theme_menu(ui: &mut Ui, scene: &mut Scene<'_>) {
    let sign = match scene.settings.theme {
        ThemeChoice::System => Icon::Contrast,
        ThemeChoice::Light => Icon::Sun,
        ThemeChoice::Dark => Icon::Moon,
    };
    let name = scene.text("theme");
    widgets::menu_button(ui, sign, "", name, egui::PopupCloseBehavior::CloseOnClick, |ui| {
        for choice in ThemeChoice::ALL {
            let text = scene.text(match choice {
                ThemeChoice::System => "theme-system",
                ThemeChoice::Light => "theme-light",
                ThemeChoice::Dark => "theme-dark",
            });
            if ui.selectable_label(scene.settings.theme == choice, text).clicked() {
                scene.set("theme", choice.word());
            }
        }
    });
}

fn language_menu(ui: &mut Ui, scene: &mut Scene<'_>) {
    let name = scene.text("language");
    widgets::menu_button(ui, Icon::Globe, "", name, egui::PopupCloseBehavior::CloseOnClick, |ui| {
        for language in Language::ALL {
            let on = scene.locale.language() == language;
            if ui.selectable_label(on, language.own_name()).clicked() {
                scene.set("language", language.tag());
            }
        }
    });
}
