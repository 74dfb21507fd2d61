//! One frame.

use std::collections::BTreeMap;

use egui::{CentralPanel, Frame, Margin, Panel, Ui};
use espalier_core::SessionId;

use super::App;
use crate::command::{Request, UiCommand, listen};
use crate::icon::{self, Icon};
use crate::locale::Language;
use crate::panes::board::{BoardPane, Dock};
use crate::panes::session::SessionPane;
use crate::panes::{Tabs, welcome};
use crate::scene::Scene;
use crate::theme::{self, ThemeChoice, space};
use crate::widgets;

impl App {
    /// Draws the window and acts on what was asked for.
    pub fn ui(&mut self, ui: &mut Ui) {
        self.receive(ui.ctx());
        self.hear_alerts(ui.ctx());
        let mut requests = Vec::new();
        if !matches!(self.dialog, Some(crate::Dialog::Palette(_)))
            && let Some(command) = listen(ui.ctx())
            && (self.dialog.is_none() || command == UiCommand::Palette)
        {
            requests.push(Request::Command(command));
        }
        self.take_dropped_files(ui.ctx());
        self.arrive();
        let Self {
            backend,
            platform,
            inbox,
            locale,
            recent,
            panes,
            board,
            timeline,
            tree,
            dialog,
            toasts,
            program_log,
            crash,
            ..
        } = self;
        let mut scene = Scene {
            locale,
            backend: &**backend,
            platform,
            inbox,
            recent,
            theme: self.theme,
            now: platform.now(),
            requests,
        };
        let ground = theme::tokens(ui).ground;
        Panel::top("top bar")
            .frame(Frame::new().fill(ground).inner_margin(Margin::symmetric(10, 5)))
            .show_separator_line(false)
            .show(ui, |ui| top_bar(ui, &mut scene));
        let mut edited = false;
        super::program_log::crash_bar(ui, &mut scene, crash.as_deref());
        program_log.ui(ui, &mut scene);
        board_panel(ui, &mut scene, board, panes);
        CentralPanel::default().frame(Frame::new().fill(ground)).show(ui, |ui| {
            if tree.is_empty() {
                welcome(board, ui, &mut scene);
            } else {
                let mut tabs = Tabs {
                    scene: &mut scene,
                    panes,
                    board,
                    timeline,
                    focused: self.focused,
                    edited: false,
                };
                tree.ui(&mut tabs, ui);
                edited = tabs.edited;
            }
        });
        let mut over = false;
        if let Some(dialog) = dialog {
            over = !dialog.ui(ui, &mut scene);
        }
        toasts.ui(ui, scene.locale);
        let requests = scene.requests;
        if over {
            self.dialog = None;
        }
        if edited {
            self.focus_what_is_in_front();
        }
        let acted = edited || over || !requests.is_empty();
        for request in requests {
            self.handle(ui.ctx(), request);
        }
        self.remember(ui.ctx(), acted);
        self.backend.drawn();
    }
}

/// The board panel, unless it is closed or stands among the tabs.
fn board_panel(
    ui: &mut Ui,
    scene: &mut Scene<'_>,
    board: &mut BoardPane,
    panes: &mut BTreeMap<SessionId, SessionPane>,
) {
    let tabbed = board.dock == Dock::Tab && board.session.is_some();
    if !board.open || tabbed {
        return;
    }
    let most = ui.available_size() * 0.7;
    let panel = match board.dock {
        // A name for each place: egui keeps one size by it, which is a width here and a height there.
        Dock::Left => {
            Panel::left("board left").default_size(420.0_f32.min(most.x)).max_size(most.x)
        }
        Dock::Right | Dock::Tab => {
            Panel::right("board").default_size(420.0_f32.min(most.x)).max_size(most.x)
        }
        Dock::Below => {
            Panel::bottom("board below").default_size(360.0_f32.min(most.y * 0.7)).max_size(most.y)
        }
    };
    let fill = theme::tokens(ui).panel;
    panel.frame(Frame::new().fill(fill)).resizable(true).show(ui, |ui| {
        let monitor = board.session.and_then(|id| panes.get_mut(&id));
        board.ui(ui, scene, monitor);
    });
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
                    Board, NewClient, NewSerial, NewServer, OpenWorkspace, ProgramLog,
                    SaveWorkspace, Timeline,
                };
                let offered = [
                    NewClient,
                    NewServer,
                    NewSerial,
                    Board,
                    Timeline,
                    OpenWorkspace,
                    SaveWorkspace,
                    ProgramLog,
                ];
                for command in offered {
                    command_item(ui, scene, command);
                }
            },
        );
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            ui.spacing_mut().item_spacing.x = 2.0;
            if widgets::icon_button(ui, Icon::Help, scene.text("command-shortcuts")).clicked() {
                scene.command(UiCommand::Shortcuts);
            }
            theme_menu(ui, scene);
            language_menu(ui, scene);
            if widgets::icon_button(ui, Icon::Timeline, scene.text(UiCommand::Timeline.key()))
                .clicked()
            {
                scene.command(UiCommand::Timeline);
            }
            if widgets::icon_button(ui, Icon::Board, scene.text("board-toggle")).clicked() {
                scene.command(UiCommand::Board);
            }
            if widgets::icon_button(ui, Icon::Command, scene.text("command-palette")).clicked() {
                scene.command(UiCommand::Palette);
            }
        });
    });
}

/// A line of a menu that runs a command, with its shortcut.
pub(crate) fn command_item(ui: &mut Ui, scene: &mut Scene<'_>, command: UiCommand) {
    let t = theme::tokens(ui);
    let keys = crate::command::shortcut_text(ui.ctx(), command);
    let text = scene.text(command.key());
    let button = egui::Button::new(text)
        .right_text(egui::RichText::new(keys).monospace().small().color(t.muted))
        .frame_when_inactive(false)
        .min_size(egui::vec2(210.0, space::CONTROL));
    let response = ui.add(button);
    let enabled = ui.is_enabled();
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, enabled, text));
    if response.clicked() {
        scene.command(command);
    }
}

fn theme_menu(ui: &mut Ui, scene: &mut Scene<'_>) {
    let sign = match scene.theme {
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
            if ui.selectable_label(scene.theme == choice, text).clicked() {
                scene.ask(Request::Theme(choice));
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
                scene.ask(Request::Language(language));
            }
        }
    });
}
