//! The way from a bare board to a conversation, station by station.

use egui::Ui;
use espalier_core::Timestamp;
use espalier_core::board::{
    BootLine, FirmwareAge, FirmwareStanding, GoStatus, Light, LinkState, Panic, ReportKind, Station,
};

use super::Sight;
use crate::command::Request;
use crate::icon::Icon;
use crate::locale::Value;
use crate::scene::Scene;
use crate::theme;
use crate::widgets::{self, form};
use crate::words;

pub(super) fn ui(ui: &mut Ui, scene: &Scene<'_>, sight: &Sight<'_>, going: Option<&GoStatus>) {
    for station in Station::ALL {
        ui.scope(|ui| {
            ui.spacing_mut().interact_size.y = 18.0;
            ui.spacing_mut().item_spacing.y = 0.0;
            ui.horizontal(|ui| station_row(ui, scene, sight, station, going));
        });
    }
}

fn station_row(
    ui: &mut Ui,
    scene: &Scene<'_>,
    sight: &Sight<'_>,
    station: Station,
    going: Option<&GoStatus>,
) {
    let under_way = going.is_some_and(|going| going.outcome.is_none() && going.station == station);
    let light = if under_way { Light::Working } else { sight.standing.light(station) };
    light_dot(ui, scene, light);
    let t = theme::tokens(ui);
    let color = if light == Light::Dark { t.muted } else { t.strong };
    ui.label(egui::RichText::new(scene.text(name(station))).color(color));
    let detail = egui::RichText::new(detail(station, scene, sight)).small().color(t.muted);
    ui.add(egui::Label::new(detail).truncate());
}

/// The key of a station's name.
pub(super) const fn name(station: Station) -> &'static str {
    match station {
        Station::Port => "station-port",
        Station::Firmware => "station-firmware",
        Station::Wifi => "station-wifi",
        Station::Address => "station-address",
        Station::Server => "station-server",
        Station::Conversation => "station-conversation",
    }
}

fn light_dot(ui: &mut Ui, scene: &Scene<'_>, light: Light) {
    let key = match light {
        Light::Dark => "light-dark",
        Light::Working => "light-working",
        Light::Needed => "light-needed",
        Light::Failed => "light-failed",
        Light::Lit => "light-lit",
    };
    let dot = widgets::dot(ui, color(light, theme::tokens(ui)));
    dot.on_hover_text(scene.text(key));
}

/// The colour of a light.
pub(super) fn color(light: Light, t: &theme::Tokens) -> egui::Color32 {
    match light {
        Light::Dark => t.idle.gamma_multiply(0.35),
        Light::Working => t.busy,
        Light::Needed => t.calm,
        Light::Failed => t.bad,
        Light::Lit => t.good,
    }
}

/// What is known of a station.
fn detail(station: Station, scene: &Scene<'_>, sight: &Sight<'_>) -> String {
    let account = sight.account();
    match station {
        Station::Port if sight.status.port_name.is_empty() => {
            super::port_of(scene.backend, sight.id).unwrap_or_default()
        }
        Station::Port => sight.status.port_name.clone(),
        Station::Firmware => match &sight.standing.firmware {
            // Nobody asks a closed port.
            FirmwareStanding::Unknown if sight.status.link == LinkState::Closed => String::new(),
            FirmwareStanding::Unknown => scene.text("firmware-unknown").to_owned(),
            FirmwareStanding::None => scene.text("firmware-none").to_owned(),
            FirmwareStanding::Silent => scene.text("firmware-silent").to_owned(),
            FirmwareStanding::Other => scene.text("firmware-other").to_owned(),
            FirmwareStanding::Ours { version, age } => {
                let key = match age {
                    FirmwareAge::Current => "firmware-ours",
                    FirmwareAge::Older => "firmware-ours-older",
                    FirmwareAge::Other => "firmware-ours-other",
                };
                scene.with(key, [("version", version.into())])
            }
        },
        Station::Wifi if sight.ours() => wifi(scene, sight),
        Station::Address => account.address.map(|ip| ip.to_string()).unwrap_or_default(),
        Station::Server => account.server.map_or_else(String::new, |server| {
            scene.with(
                "server-standing",
                [
                    ("port", Value::from(server.port.to_string())),
                    ("served", Value::from(server.served.to_string())),
                    ("waiting", Value::from(server.waiting.to_string())),
                ],
            )
        }),
        _ => String::new(),
    }
}

fn wifi(scene: &Scene<'_>, sight: &Sight<'_>) -> String {
    let wifi = &sight.account().wifi;
    if let Some(failure) = wifi.failure {
        return scene.text(words::join_fault(failure)).to_owned();
    }
    let state = scene.text(words::wifi_state(wifi.state));
    match wifi.rssi {
        Some(rssi) => format!("{state}: {}, {rssi} dBm", wifi.ssid),
        None if !wifi.ssid.is_empty() => format!("{state}: {}", wifi.ssid),
        None => state.to_owned(),
    }
}

/// What is wrong with the board, in one sentence each.
pub(super) fn problems(
    seen_panic: &mut Option<Timestamp>,
    ui: &mut Ui,
    scene: &mut Scene<'_>,
    sight: &Sight<'_>,
) {
    let status = sight.status;
    // A board with nothing to run starts over and over; that is no news beside the reason.
    let notice = status.notice.as_ref().map(|line| scene.locale.sentence(&line.explanation()));
    if let Some(notice) = &notice {
        form::caution(ui, notice);
    }
    // A board with nothing to run starts over and over; that is no news beside the reason.
    let nothing = status.notice.as_ref().is_some_and(BootLine::is_nothing_to_run);
    match (status.restart_loop, status.trouble) {
        (Some(cause), _) if !nothing => {
            let cause = scene.text(words::reset_cause(cause));
            let cause = if notice.is_some() { scene.text("board-loop-reason") } else { cause };
            let starts = Value::from(status.starts.to_string());
            let told = [("cause", cause.into()), ("starts", starts)];
            form::problem(ui, &scene.with("board-restart-loop", told));
        }
        (None, Some(cause)) if notice.is_none() => {
            form::caution(ui, scene.text(words::reset_cause(cause)));
        }
        _ => {}
    }
    let unseen = |panic: &&Panic| seen_panic.is_none_or(|seen| panic.from > seen);
    if let Some(panic) = status.panics.last().filter(unseen) {
        let title = match panic.kind {
            ReportKind::Panic => "board-panicked",
            ReportKind::Trace => "board-traced",
            ReportKind::LastCrash => "board-crashed-before",
            ReportKind::CoreDump => "board-dumped",
        };
        // Not as the header's own text, which does not wrap.
        let text = scene.with(title, [("message", (&panic.message).into())]);
        if form::problem_to_dismiss(ui, &text, scene.text("board-panic-dismiss")) {
            *seen_panic = Some(panic.from);
        }
        egui::CollapsingHeader::new(egui::RichText::new(scene.text("board-backtrace")).small())
            .id_salt("panic")
            .show(ui, |ui| {
                for frame in panic.frames() {
                    let text =
                        egui::RichText::new(words::frame(scene.locale, frame)).monospace().small();
                    ui.add(egui::Label::new(text).truncate());
                }
                if widgets::button(ui, Icon::Copy, scene.text("copy")).clicked() {
                    let lines: Vec<String> =
                        panic.frames().map(|it| words::frame(scene.locale, it)).collect();
                    scene.ask(Request::CopyText(format!(
                        "{}\n{}",
                        panic.message,
                        lines.join("\n")
                    )));
                }
            });
    }
}
