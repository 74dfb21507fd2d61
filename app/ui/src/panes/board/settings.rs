//! The board's own settings, shown and changed live.

use egui::{Response, Ui};
use espalier_core::board::{
    BoardCommand, BoardSettings, ConsoleSettings, ServerSettings, WifiSettings,
};
use espalier_protocol::command::{Addressing, Host, Name, hostname};
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
    /// Where the address comes from.
    address: String,
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
        form_state.address = told.wifi.as_ref().map(address_text).unwrap_or_default();
    }
    let SettingsForm { edited, seen, address, .. } = form_state;
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
    if let Some(wifi) = &seen.wifi {
        let field = form::text(ui, scene.text("set-address"), address, "dhcp");
        let wanted = (*address != address_text(wifi)).then(|| addressing(address));
        let wanted = checked(ui, scene, &field, wanted, "set-bad-address");
        commands.extend(wanted.map(Command::WifiAddress));
    }
    if let Some((host, port)) = &mut edited.client {
        let field = form::text(ui, scene.text("set-client-host"), host, "192.168.1.10");
        form::row(ui, scene.text("set-client-port"), |ui| form::number(ui, port, 0..=65535, ""));
        let is_new = seen.client.as_ref() != Some(&(host.clone(), *port));
        let wanted = is_new.then(|| dialled(host, *port));
        commands.extend(checked(ui, scene, &field, wanted, "set-bad-client"));
    }
    if let (Some(console), Some(before)) = (&mut edited.console, &seen.console) {
        commands.extend(console_form(ui, scene, console, before));
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

/// What was typed into a field, where that is another value than before. One that the board cannot take is told, and asked of nobody.
fn checked<T>(
    ui: &mut Ui,
    scene: &Scene<'_>,
    field: &Response,
    wanted: Option<Option<T>>,
    problem: &str,
) -> Option<T> {
    if matches!(wanted, Some(None)) && !field.has_focus() {
        form::plain(ui, |ui| form::problem(ui, scene.text(problem)));
    }
    wanted.flatten()
}

/// Where the address comes from, as the command line takes it.
fn address_text(wifi: &WifiSettings) -> String {
    let Some((ip, prefix, gateway, dns)) = wifi.fixed else { return "dhcp".to_owned() };
    let others = gateway.into_iter().chain(gateway.and(dns));
    others.fold(format!("{ip}/{prefix}"), |text, other| format!("{text},{other}"))
}

/// The same, read.
fn addressing(text: &str) -> Option<Addressing> {
    let parts: Vec<&str> = text.split(',').map(str::trim).collect();
    if parts.iter().any(|part| part.is_empty() || part.contains(['"', ' '])) {
        return None;
    }
    match Command::parse(&format!("wifi address {}", parts.join(" "))) {
        Ok(Some(Command::WifiAddress(addressing))) => Some(addressing),
        _ => None,
    }
}

/// Whom to dial.
fn dialled(host: &str, port: u16) -> Option<Command> {
    let host = Host::try_from(host.trim()).ok().filter(|host| !host.is_empty())?;
    (port > 0).then_some(Command::Client { host, port })
}

/// A name for people: 1 to 32 bytes.
fn name_for_people(text: &str) -> Option<Name> {
    Name::try_from(text.trim()).ok().filter(|name| !name.is_empty())
}

fn console_form(
    ui: &mut Ui,
    scene: &Scene<'_>,
    console: &mut ConsoleSettings,
    before: &ConsoleSettings,
) -> Vec<Command> {
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
    let mut commands = Vec::new();
    if before.log != console.log {
        commands.push(Command::Log(console.log));
    }
    if before.show != console.show {
        commands.push(Command::Show(console.show));
    }
    let field = form::text(ui, scene.text("set-name"), &mut console.name, "");
    let wanted = (before.name != console.name).then(|| name_for_people(&console.name));
    commands.extend(checked(ui, scene, &field, wanted, "set-bad-name").map(Command::Name));
    let field = form::text(ui, scene.text("set-hostname"), &mut console.hostname, "");
    let wanted = (before.hostname != console.hostname).then(|| hostname(console.hostname.trim()));
    commands.extend(checked(ui, scene, &field, wanted, "set-bad-hostname").map(Command::Hostname));
    commands
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_read_as_it_is_shown() {
        let ip = |text: &str| text.parse().ok();
        let fixed = ip("10.0.0.5").map(|it| (it, 24, ip("10.0.0.1"), ip("10.0.0.2")));
        for (fixed, text) in [
            (None, "dhcp"),
            (fixed, "10.0.0.5/24,10.0.0.1,10.0.0.2"),
            (fixed.map(|(it, prefix, ..)| (it, prefix, None, None)), "10.0.0.5/24"),
        ] {
            let (ssid, has_password, smartconfig) = (String::new(), false, None);
            let wifi = WifiSettings { ssid, has_password, fixed, smartconfig };
            assert_eq!(address_text(&wifi), text);
            let read = addressing(text).map(Command::WifiAddress).unwrap().to_string();
            assert_eq!(read.replace(' ', ","), format!("wifi,address,{text}"));
        }
        for bad in ["", "10.0.0.5", "10.0.0.5/31", "10.0.0.5/24,", "10.0.0.5/24 1", "dhcp,\"", "x"]
        {
            assert_eq!(addressing(bad), None, "{bad}");
        }
    }

    #[test]
    fn what_the_board_cannot_take_is_no_command() {
        assert!(dialled(" pc.local ", 1).is_some() && dialled("pc", 0).is_none());
        assert!(dialled("", 1).is_none() && dialled(&"h".repeat(65), 1).is_none());
        assert!(name_for_people("桌子").is_some() && name_for_people(" ").is_none());
        assert!(name_for_people(&"字".repeat(11)).is_none(), "33 bytes");
    }
}
