//! The steps from a bare board to a conversation, each with its state.

use egui::Ui;
use espalier_core::Timestamp;
use espalier_core::board::{
    BootLine, Conversation, CoreDump, FirmwareAge, FirmwareState, LinkState, Panic,
    ProvisionStatus, ProvisionStep, ReportKind, StepState, Trace,
};

use super::BoardContext;
use crate::command::UiRequest;
use crate::icon::Icon;
use crate::locale::Value;
use crate::scene::Scene;
use crate::theme;
use crate::widgets::{self, form};
use crate::words;

pub(super) fn ui(
    ui: &mut Ui,
    scene: &Scene<'_>,
    context: &BoardContext<'_>,
    going: Option<&ProvisionStatus>,
) {
    for step in ProvisionStep::ALL {
        ui.scope(|ui| {
            ui.spacing_mut().interact_size.y = 18.0;
            ui.spacing_mut().item_spacing.y = 0.0;
            ui.horizontal(|ui| station_row(ui, scene, context, step, going));
        });
    }
}

fn station_row(
    ui: &mut Ui,
    scene: &Scene<'_>,
    context: &BoardContext<'_>,
    step: ProvisionStep,
    going: Option<&ProvisionStatus>,
) {
    let under_way = going.is_some_and(|going| going.outcome.is_none() && going.step == step);
    let state = if under_way { StepState::Working } else { context.progress.state(step) };
    state_dot(ui, scene, state);
    let t = theme::tokens(ui);
    let color = if state == StepState::Pending { t.muted } else { t.strong };
    ui.label(egui::RichText::new(scene.text(name(step))).color(color));
    let detail = egui::RichText::new(detail(step, scene, context)).small().color(t.muted);
    ui.add(egui::Label::new(detail).truncate());
}

/// The key of a step's name.
pub(super) const fn name(step: ProvisionStep) -> &'static str {
    match step {
        ProvisionStep::Port => "step-port",
        ProvisionStep::Firmware => "step-firmware",
        ProvisionStep::Wifi => "step-wifi",
        ProvisionStep::Address => "step-address",
        ProvisionStep::Server => "step-server",
        ProvisionStep::Conversation => "step-conversation",
    }
}

fn state_dot(ui: &mut Ui, scene: &Scene<'_>, state: StepState) {
    let key = match state {
        StepState::Pending => "light-dark",
        StepState::Working => "light-working",
        StepState::Needed => "light-needed",
        StepState::Failed => "light-failed",
        StepState::Done => "light-lit",
    };
    let dot = widgets::dot(ui, color(state, theme::tokens(ui)));
    dot.on_hover_text(scene.text(key));
}

/// The colour of a light.
pub(super) fn color(state: StepState, t: &theme::Tokens) -> egui::Color32 {
    match state {
        StepState::Pending => t.idle.gamma_multiply(0.35),
        StepState::Working => t.busy,
        StepState::Needed => t.calm,
        StepState::Failed => t.bad,
        StepState::Done => t.good,
    }
}

/// What is known of a step, in words.
fn detail(step: ProvisionStep, scene: &Scene<'_>, context: &BoardContext<'_>) -> String {
    let reported = context.reported();
    match step {
        ProvisionStep::Port if context.status.port_name.is_empty() => {
            super::port_of(scene.backend, context.id).unwrap_or_default()
        }
        ProvisionStep::Port => context.status.port_name.clone(),
        ProvisionStep::Firmware => match &context.progress.firmware {
            // Nobody asks a closed port.
            FirmwareState::Unknown if context.status.link == LinkState::Closed => String::new(),
            FirmwareState::Unknown => scene.text("firmware-unknown").to_owned(),
            FirmwareState::None => scene.text("firmware-none").to_owned(),
            FirmwareState::Silent => scene.text("firmware-silent").to_owned(),
            FirmwareState::Other => scene.text("firmware-other").to_owned(),
            FirmwareState::Ours { version, age } => {
                let key = match age {
                    FirmwareAge::Current => "firmware-ours",
                    FirmwareAge::Older => "firmware-ours-older",
                    FirmwareAge::Other => "firmware-ours-other",
                };
                scene.with(key, [("version", version.into())])
            }
        },
        ProvisionStep::Wifi if context.ours() => wifi(scene, context),
        ProvisionStep::Address => reported.address.map(|ip| ip.to_string()).unwrap_or_default(),
        ProvisionStep::Server => reported.server.map_or_else(String::new, |server| {
            scene.with(
                "server-standing",
                [
                    ("port", Value::from(server.port.to_string())),
                    ("served", Value::from(server.served.to_string())),
                    ("waiting", Value::from(server.waiting.to_string())),
                ],
            )
        }),
        ProvisionStep::Conversation => match context.progress.conversation {
            Conversation::Unconfirmed => scene.text("talk-unconfirmed").to_owned(),
            Conversation::Stranger => scene.text("talk-stranger").to_owned(),
            Conversation::None | Conversation::Confirmed => String::new(),
        },
        ProvisionStep::Wifi => String::new(),
    }
}

fn wifi(scene: &Scene<'_>, context: &BoardContext<'_>) -> String {
    let wifi = &context.reported().wifi;
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
    context: &BoardContext<'_>,
) {
    let status = context.status;
    if context.progress.conversation == Conversation::Stranger
        && let Some(address) = context.progress.endpoint
    {
        let told = [("address", address.to_string().into())];
        form::problem(ui, &scene.with("talk-stranger-told", told));
    }
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
        if let Some(dump) = &panic.dump {
            core_dump(ui, scene, context, panic, dump);
        }
        egui::CollapsingHeader::new(egui::RichText::new(scene.text("board-backtrace")).small())
            .id_salt("panic")
            .show(ui, |ui| {
                let lines: Vec<String> =
                    panic.traces.iter().flat_map(|trace| steps(scene, panic, trace)).collect();
                for line in &lines {
                    let text = egui::RichText::new(line).monospace().small();
                    ui.add(egui::Label::new(text).truncate());
                }
                if widgets::button(ui, Icon::Copy, scene.text("copy")).clicked() {
                    let text = format!("{}\n{}", panic.message, lines.join("\n"));
                    scene.ask(UiRequest::CopyText(text));
                }
            });
    }
}

/// How a report's core dump is, and the button that saves it.
fn core_dump(
    ui: &mut Ui,
    scene: &mut Scene<'_>,
    context: &BoardContext<'_>,
    panic: &Panic,
    dump: &CoreDump,
) {
    let state = scene.locale.sentence(&dump.state.sentence());
    let told = [("bytes", dump.bytes.len().into()), ("state", state.into())];
    form::hint(ui, &scene.with("core-dump", told));
    if widgets::button(ui, Icon::Save, scene.text("core-dump-save")).clicked() {
        scene.ask(UiRequest::SaveCoreDump(context.id, panic.from, panic.number));
    }
}

/// A trace line by line, with its core where there is a doubt.
fn steps(scene: &Scene<'_>, panic: &Panic, trace: &Trace) -> Vec<String> {
    let core = panic.core_of(trace);
    let core = core.map(|core| scene.with("trace-core", [("core", core.to_string().into())]));
    let frames = trace.frames.iter().map(|frame| words::frame(scene.locale, frame));
    core.into_iter().chain(frames).collect()
}
