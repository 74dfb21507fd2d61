//! The faults of a relay, changed while it runs: one row for each, one column for each direction.

use egui::Ui;
use espalier_core::SessionId;
use espalier_core::backend::SessionCommand;
use espalier_core::faults::{FaultSpec, RelayFaults};

use crate::command::UiRequest;
use crate::scene::Scene;
use crate::widgets::form;

/// A fault that is a number: 0 switches it off.
struct FaultRow {
    key: &'static str,
    unit: &'static str,
    most: f64,
    get: fn(&FaultSpec) -> f64,
    set: fn(&mut FaultSpec, f64),
}

/// More than anybody will wait for, or let pass.
const LONG_MS: f64 = 3_600_000.0;
const MANY_BYTES: f64 = 1e12;

const ROWS: [FaultRow; 13] = [
    FaultRow {
        key: "fault-name-latency",
        unit: "unit-ms",
        most: LONG_MS,
        get: |spec| spec.latency_ms.into(),
        set: |spec, value| spec.latency_ms = value as u32,
    },
    FaultRow {
        key: "fault-name-jitter",
        unit: "unit-ms",
        most: LONG_MS,
        get: |spec| spec.jitter_ms.into(),
        set: |spec, value| spec.jitter_ms = value as u32,
    },
    FaultRow {
        key: "fault-name-rate",
        unit: "unit-bytes-per-s",
        most: MANY_BYTES,
        get: |spec| of_count(spec.rate),
        set: |spec, value| spec.rate = count(value),
    },
    FaultRow {
        key: "fault-name-slicer",
        unit: "unit-bytes",
        most: 1e9,
        get: |spec| spec.slicer.unwrap_or_default().into(),
        set: |spec, value| spec.slicer = Some(value as u32).filter(|size| *size > 0),
    },
    FaultRow {
        key: "fault-name-slicer-variation",
        unit: "unit-bytes",
        most: 1e9,
        get: |spec| spec.slicer_variation.into(),
        set: |spec, value| spec.slicer_variation = value as u32,
    },
    FaultRow {
        key: "fault-name-slicer-delay",
        unit: "unit-ms",
        most: LONG_MS,
        get: |spec| spec.slicer_delay_ms.into(),
        set: |spec, value| spec.slicer_delay_ms = value as u32,
    },
    FaultRow {
        key: "fault-name-coalesce",
        unit: "unit-bytes",
        most: 1e9,
        get: |spec| spec.coalesce.unwrap_or_default().into(),
        set: |spec, value| spec.coalesce = Some(value as u32).filter(|size| *size > 0),
    },
    FaultRow {
        key: "fault-name-coalesce-time",
        unit: "unit-ms",
        most: LONG_MS,
        get: |spec| spec.coalesce_ms.into(),
        set: |spec, value| spec.coalesce_ms = value as u32,
    },
    FaultRow {
        key: "fault-name-corrupt",
        unit: "unit-per-thousand",
        most: 1000.0,
        get: |spec| spec.corrupt_share() * 1000.0,
        set: |spec, value| spec.corrupt = value / 1000.0,
    },
    FaultRow {
        key: "fault-name-limit-data",
        unit: "unit-bytes",
        most: MANY_BYTES,
        get: |spec| of_count(spec.limit_data),
        set: |spec, value| spec.limit_data = count(value),
    },
    FaultRow {
        key: "fault-name-reset-after",
        unit: "unit-bytes",
        most: MANY_BYTES,
        get: |spec| of_count(spec.reset_after),
        set: |spec, value| spec.reset_after = count(value),
    },
    FaultRow {
        key: "fault-name-silence-after",
        unit: "unit-bytes",
        most: MANY_BYTES,
        get: |spec| of_count(spec.silence_after),
        set: |spec, value| spec.silence_after = count(value),
    },
    FaultRow {
        key: "fault-name-slow-close",
        unit: "unit-ms",
        most: LONG_MS,
        get: |spec| spec.slow_close_ms.into(),
        set: |spec, value| spec.slow_close_ms = value as u32,
    },
];

/// A fault that is a time of which 0 is one, too: its name, what it does, and where it is.
struct TimeRow {
    key: &'static str,
    hint: &'static str,
    at: fn(&mut FaultSpec) -> &mut Option<u32>,
}

const TIMES: [TimeRow; 2] = [
    TimeRow {
        key: "fault-name-timeout",
        hint: "fault-timeout-hint",
        at: |spec| &mut spec.timeout_ms,
    },
    TimeRow {
        key: "fault-name-reset-peer",
        hint: "fault-reset-peer-hint",
        at: |spec| &mut spec.reset_peer_ms,
    },
];

/// What such a time is when it is switched on.
const FIRST_MS: u32 = 1000;

fn of_count(count: Option<u64>) -> f64 {
    count.unwrap_or_default() as f64
}

fn count(value: f64) -> Option<u64> {
    Some(value as u64).filter(|count| *count > 0)
}

/// Draws them, folded while there are none.
pub(super) fn ui(ui: &mut Ui, scene: &mut Scene<'_>, id: SessionId, before: &RelayFaults) {
    let mut faults = before.clone();
    let heading = scene.text("faults").to_owned();
    let folded = egui::CollapsingHeader::new(heading).id_salt(("faults", id));
    folded.default_open(!before.are_clear()).show(ui, |ui| {
        form::hint(ui, scene.text("faults-hint"));
        let most = (ui.available_height() * 0.6).max(120.0);
        egui::ScrollArea::both().id_salt(("fault rows", id)).max_height(most).show(ui, |ui| {
            rows(ui, scene, &mut faults);
        });
        ui.add_enabled_ui(!before.are_clear(), |ui| {
            if ui.button(scene.text("faults-clear")).clicked() {
                faults = RelayFaults { seed: faults.seed, ..RelayFaults::default() };
            }
        });
    });
    if faults != *before {
        scene.ask(UiRequest::Session(id, SessionCommand::SetFaults(Box::new(faults))));
    }
}

fn rows(ui: &mut Ui, scene: &Scene<'_>, faults: &mut RelayFaults) {
    egui::Grid::new("faults").num_columns(3).show(ui, |ui| {
        ui.label("");
        for key in ["fault-up", "fault-down"] {
            ui.strong(scene.text(key)).on_hover_text(scene.text("fault-ways"));
        }
        ui.end_row();
        for row in &ROWS {
            ui.label(scene.text(row.key));
            for (spec, way) in [(&mut faults.up, "fault-up"), (&mut faults.down, "fault-down")] {
                let mut value = (row.get)(spec);
                let name = named(scene, row.key, way);
                ui.horizontal(|ui| {
                    let unit = scene.text(row.unit);
                    if form::named_number(ui, &name, &mut value, 0.0..=row.most, unit).changed() {
                        (row.set)(spec, value);
                    }
                });
            }
            ui.end_row();
        }
        for row in &TIMES {
            ui.label(scene.text(row.key)).on_hover_text(scene.text(row.hint));
            for (spec, way) in [(&mut faults.up, "fault-up"), (&mut faults.down, "fault-down")] {
                time(ui, scene, &named(scene, row.key, way), (row.at)(spec));
            }
            ui.end_row();
        }
        ui.label(scene.text("fault-name-stop-reading"));
        for (spec, way) in [(&mut faults.up, "fault-up"), (&mut faults.down, "fault-down")] {
            let name = named(scene, "fault-name-stop-reading", way);
            form::named_check(ui, &name, &mut spec.stop_reading);
        }
        ui.end_row();
        ui.label(scene.text("fault-name-accept-delay"));
        ui.horizontal(|ui| {
            let (name, unit) = (scene.text("fault-name-accept-delay"), scene.text("unit-ms"));
            form::named_number(ui, name, &mut faults.accept_delay_ms, 0..=3_600_000, unit);
        });
        ui.end_row();
        ui.label(scene.text("fault-name-refuse"));
        form::named_check(ui, scene.text("fault-name-refuse"), &mut faults.refuse);
        ui.end_row();
        ui.label(scene.text("fault-name-seed"));
        form::named_number(ui, scene.text("fault-name-seed"), &mut faults.seed, 0..=u64::MAX, "");
        ui.end_row();
    });
}

/// A time that is there or not.
fn time(ui: &mut Ui, scene: &Scene<'_>, name: &str, time: &mut Option<u32>) {
    ui.horizontal(|ui| {
        let mut on = time.is_some();
        if form::named_check(ui, name, &mut on).changed() {
            *time = on.then_some(FIRST_MS);
        }
        if let Some(millis) = time {
            form::named_number(ui, name, millis, 0..=LONG_MS as u32, scene.text("unit-ms"));
        }
    });
}

/// What a field is called: the fault, and its direction.
fn named(scene: &Scene<'_>, key: &str, way: &str) -> String {
    format!("{}, {}", scene.text(key), scene.text(way))
}
