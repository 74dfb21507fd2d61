//! The board's own settings, shown and changed live.

use egui::Ui;
use espalier_core::board::{BoardCommand, BoardSettings, ConsoleSettings, ServerSettings};
use espalier_protocol::command::{Host, Name, hostname};
use espalier_protocol::{Command, Level, Mode, Shown};

use super::BoardContext;
use crate::command::UiRequest;
use crate::icon::Icon;
use crate::locale::Language;
use crate::scene::Scene;
use crate::widgets::{self, form};
use crate::words;

/// What is being edited, begun from what the board showed.
#[derive(Debug, Default)]
pub(super) struct SettingsForm {
    asked: bool,
    seen: BoardSettings,
    edited: BoardSettings,
}

pub(super) fn ui(
    form_state: &mut SettingsForm,
    ui: &mut Ui,
    scene: &mut Scene<'_>,
    context: &BoardContext<'_>,
) {
    let id = context.id;
    let say = |scene: &mut Scene<'_>, command| {
        scene.ask(UiRequest::Board(id, BoardCommand::Say(command)));
    };
    if !form_state.asked {
        form_state.asked = true;
        say(scene, Command::SettingsShow);
    }
    let told = &context.reported().settings;
    if form_state.seen != *told {
        form_state.seen = told.clone();
        form_state.edited = told.clone();
    }
    let SettingsForm { edited, seen, .. } = form_state;
    let mut commands = Vec::new();
    if let Some(server) = &mut edited.server {
        server_form(ui, scene, server);
        if let Some(before) = &seen.server {
            commands.extend(server_changes(before, server));
        }
    }
    if let Some(listens) = edited.wifi.as_mut().and_then(|wifi| wifi.smartconfig.as_mut()) {
        form::plain(ui, |ui| ui.checkbox(listens, scene.text("set-smartconfig")));
        form::plain(ui, |ui| form::hint(ui, scene.text("set-smartconfig-hint")));
        let listens = *listens;
        if seen.wifi.as_ref().and_then(|wifi| wifi.smartconfig) != Some(listens) {
            commands.push(Command::WifiSmartConfig(listens.into()));
        }
    }
    if let Some((host, port)) = &mut edited.client {
        form::text(ui, scene.text("set-client-host"), host, "192.168.1.10");
        form::row(ui, scene.text("set-client-port"), |ui| form::number(ui, port, 0..=65535, ""));
        if seen.client.as_ref() != Some(&(host.clone(), *port)) && !host.is_empty() && *port > 0 {
            let host = Host::try_from(host.as_str()).ok();
            commands.extend(host.map(|host| Command::Client { host, port: *port }));
        }
    }
    if let Some(console) = &mut edited.console {
        console_form(ui, scene, console);
        if let Some(before) = &seen.console {
            commands.extend(console_changes(before, console));
        }
    }
    ui.horizontal(|ui| {
        let apply = ui.add_enabled_ui(!commands.is_empty(), |ui| {
            widgets::primary_button(ui, Some(Icon::Check), scene.text("apply")).clicked()
        });
        if apply.inner {
            commands.push(Command::SettingsShow);
            commands.into_iter().for_each(|command| say(scene, command));
        }
        if widgets::button(ui, Icon::Repeat, scene.text("set-ask-again")).clicked() {
            say(scene, Command::SettingsShow);
        }
        if widgets::button(ui, Icon::Repeat, scene.text("set-restart")).clicked() {
            say(scene, Command::Restart);
        }
    });
    if let Some((_, text)) = &context.reported().refusal {
        form::problem(ui, &scene.with("set-refused", [("text", text.into())]));
    }
}

/// What a choice is called, and behind it the word that the board's console takes for it.
fn coded(scene: &Scene<'_>, name: &str, word: &str) -> String {
    match scene.locale.language() {
        Language::English => word.to_owned(),
        Language::Chinese => format!("{name}{}{word}", widgets::CODE),
    }
}

fn server_form(ui: &mut Ui, scene: &Scene<'_>, server: &mut ServerSettings) {
    let modes: Vec<_> = Mode::ALL
        .iter()
        .map(|mode| (*mode, coded(scene, scene.text(words::board_mode(*mode)), mode.word())))
        .collect();
    let name = scene.text("set-mode");
    form::row(ui, name, |ui| widgets::choice(ui, "mode", name, &mut server.mode, &modes).1);
    form::plain(ui, |ui| form::hint(ui, scene.text(mode_hint(server.mode))));
    if server.mode == Mode::Source {
        form::row(ui, scene.text("set-rate"), |ui| {
            form::number(ui, &mut server.rate, 0..=u32::MAX, scene.text("unit-bytes-per-s"))
        });
        if server.rate == 0 {
            form::plain(ui, |ui| form::hint(ui, scene.text("set-rate-none")));
        }
    }
    form::row(ui, scene.text("set-port"), |ui| form::number(ui, &mut server.port, 1..=65535, ""));
    form::row(ui, scene.text("set-limit"), |ui| form::number(ui, &mut server.limit, 1..=8, ""));
    let keep = &mut server.keepalive;
    form::row(ui, scene.text("set-keepalive-idle"), |ui| {
        form::number(ui, &mut keep.idle_s, 1..=7200, scene.text("unit-s"))
    });
    form::row(ui, scene.text("set-keepalive-interval"), |ui| {
        form::number(ui, &mut keep.interval_s, 1..=7200, scene.text("unit-s"))
    });
    form::row(ui, scene.text("set-keepalive-count"), |ui| {
        form::number(ui, &mut keep.count, 1..=10, "")
    });
}

/// The key of the sentence for what a mode does.
const fn mode_hint(mode: Mode) -> &'static str {
    match mode {
        Mode::Echo => "mode-echo",
        Mode::Log => "mode-log",
        Mode::Discard => "mode-discard",
        Mode::Source => "mode-source",
        Mode::Check => "mode-check",
        Mode::Client => "mode-client",
        Mode::Chat => "mode-chat",
    }
}

fn server_changes(before: &ServerSettings, after: &ServerSettings) -> Vec<Command> {
    let mut commands = Vec::new();
    if (before.mode, before.rate) != (after.mode, after.rate) {
        commands.push(Command::Mode { mode: after.mode, rate: after.rate });
    }
    if before.port != after.port {
        commands.push(Command::ServerPort(after.port));
    }
    if before.limit != after.limit {
        commands.push(Command::ServerLimit(after.limit));
    }
    if before.keepalive != after.keepalive {
        commands.push(Command::ServerKeepalive(after.keepalive));
    }
    commands
}

fn console_form(ui: &mut Ui, scene: &Scene<'_>, console: &mut ConsoleSettings) {
    let levels: Vec<_> = Level::ALL
        .iter()
        .map(|it| (*it, coded(scene, scene.text(words::board_level(*it)), it.word())))
        .collect();
    let shown: Vec<_> = Shown::ALL
        .iter()
        .map(|it| (*it, coded(scene, scene.text(words::board_shown(*it)), it.word())))
        .collect();
    let name = scene.text("set-log");
    form::row(ui, name, |ui| widgets::choice(ui, "log level", name, &mut console.log, &levels).1);
    let name = scene.text("set-show");
    form::row(ui, name, |ui| widgets::choice(ui, "shown", name, &mut console.show, &shown).1);
    form::text(ui, scene.text("set-name"), &mut console.name, "");
    form::text(ui, scene.text("set-hostname"), &mut console.hostname, "");
}

fn console_changes(before: &ConsoleSettings, after: &ConsoleSettings) -> Vec<Command> {
    let mut commands = Vec::new();
    if before.log != after.log {
        commands.push(Command::Log(after.log));
    }
    if before.show != after.show {
        commands.push(Command::Show(after.show));
    }
    if before.name != after.name {
        commands.extend(Name::try_from(after.name.as_str()).ok().map(Command::Name));
    }
    if before.hostname != after.hostname {
        commands.extend(hostname(&after.hostname).map(Command::Hostname));
    }
    commands
}
