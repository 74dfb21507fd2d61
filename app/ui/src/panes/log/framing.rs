//! Where rows begin and end: the choice, and what each way needs to know.

use egui::{Role, Ui, WidgetInfo};
use espalier_core::send::checksums;
use espalier_core::view::{
    EncodingName, FrameBytes, FrameCheck, FrameLayout, Framing, LengthField,
};

use super::highlights::toggle;
use crate::scene::Scene;
use crate::theme;
use crate::widgets::{choice, form};

/// The way rows are cut, on the toolbar.
pub(super) fn choose(ui: &mut Ui, scene: &Scene<'_>, value: &mut Framing) {
    let kinds = [
        (Framing::Message, "framing-message"),
        (Framing::Line, "framing-line"),
        (Framing::Cr, "framing-cr"),
        (Framing::Packet, "framing-packet"),
        (Framing::Gap { ms: 20 }, "framing-gap"),
        (
            Framing::Delimiter { delimiters: vec![FrameBytes(r"\r\n".to_owned())] },
            "framing-delimiter",
        ),
        (Framing::Length { bytes: 8 }, "framing-length"),
        (Framing::Frame(first_layout()), "framing-frame"),
    ];
    // What was set stays while its kind is the one that is chosen.
    let own = |kind: Framing| match std::mem::discriminant(&kind) == std::mem::discriminant(value) {
        true => value.clone(),
        false => kind,
    };
    let choices = kinds.map(|(kind, key)| (own(kind), scene.text(key)));
    choice(ui, "framing", scene.text("framing"), value, &choices);
    if let Framing::Gap { ms } = value {
        let field = form::number(ui, ms, 1..=60_000, scene.text("unit-ms"));
        named(ui, &field, scene.text("framing-gap-length"));
    }
}

/// Whether a way of cutting has more to set than fits the toolbar.
pub(super) const fn has_bar(framing: &Framing) -> bool {
    matches!(framing, Framing::Delimiter { .. } | Framing::Length { .. } | Framing::Frame(_))
}

/// What the chosen way needs to know, and why rows cannot be cut like this.
pub(super) fn bar(ui: &mut Ui, scene: &Scene<'_>, value: &mut Framing, encoding: &EncodingName) {
    ui.horizontal_wrapped(|ui| {
        match value {
            Framing::Delimiter { delimiters } => several(ui, scene, delimiters),
            Framing::Length { bytes } => {
                let most = FrameLayout::LONGEST;
                let field = form::number(ui, bytes, 1..=most, scene.text("unit-bytes"));
                named(ui, &field, scene.text("framing-length"));
            }
            Framing::Frame(layout) => frame(ui, scene, layout),
            _ => {}
        }
        if let Some(fault) = value.fault(encoding) {
            let said = scene.locale.sentence(&fault);
            ui.colored_label(theme::tokens(ui).bad, said);
        }
    });
}

fn first_layout() -> FrameLayout {
    FrameLayout {
        header: FrameBytes("hex:AA 55".to_owned()),
        length: Some(LengthField { add: 3, ..LengthField::default() }),
        ..FrameLayout::default()
    }
}

fn several(ui: &mut Ui, scene: &Scene<'_>, list: &mut Vec<FrameBytes>) {
    let mut gone = None;
    let many = list.len() > 1;
    for (index, delimiter) in list.iter_mut().enumerate() {
        let name = scene.with("framing-delimiter-number", [("number", (index + 1).into())]);
        ui.push_id(index, |ui| bytes(ui, scene, delimiter, &name));
        let remove = scene.with("framing-delimiter-remove", [("number", (index + 1).into())]);
        if many && crate::widgets::icon_button(ui, crate::icon::Icon::Cross, &remove).clicked() {
            gone = Some(index);
        }
    }
    if let Some(index) = gone {
        list.remove(index);
    }
    let room = list.len() < Framing::MOST_DELIMITERS;
    let add = scene.text("framing-delimiter-add");
    let plus = ui.add_enabled_ui(room, |ui| {
        crate::widgets::icon_button(ui, crate::icon::Icon::Plus, add).clicked()
    });
    if plus.inner {
        list.push(FrameBytes(r"\n".to_owned()));
    }
}

fn frame(ui: &mut Ui, scene: &Scene<'_>, layout: &mut FrameLayout) {
    let FrameLayout { header, length, footer, check, longest } = layout;
    label(ui, scene, "frame-header");
    bytes(ui, scene, header, scene.text("frame-header"));
    let mut has_length = length.is_some();
    if ui.checkbox(&mut has_length, scene.text("frame-length")).changed() {
        *length = has_length.then(LengthField::default);
    }
    if let Some(LengthField { at, width, big_endian, add }) = length {
        label(ui, scene, "frame-length-at");
        let field = form::number(ui, at, 0..=255, "");
        named(ui, &field, scene.text("frame-length-at"));
        let widths = [(1, "1"), (2, "2"), (4, "4")];
        label(ui, scene, "frame-length-width");
        choice(ui, "length width", scene.text("frame-length-width"), width, &widths);
        order(ui, scene, "length order", "frame-length-order", big_endian);
        label(ui, scene, "frame-length-add");
        let field = form::number(ui, add, -65_536..=65_536, "");
        named(ui, &field, scene.text("frame-length-add"));
    }
    let mut has_check = check.is_some();
    if ui.checkbox(&mut has_check, scene.text("frame-check")).changed() {
        *check = has_check.then(FrameCheck::default);
    }
    if let Some(FrameCheck { name, from, big_endian, behind }) = check {
        let names: Vec<_> = checksums().iter().map(|it| (it.name.clone(), &it.name)).collect();
        choice(ui, "frame check", scene.text("frame-check-name"), name, &names);
        order(ui, scene, "check order", "frame-check-order", big_endian);
        label(ui, scene, "frame-check-from");
        let field = form::number(ui, from, 0..=FrameLayout::LONGEST, "");
        named(ui, &field, scene.text("frame-check-from"));
        label(ui, scene, "frame-check-behind");
        let field = form::number(ui, behind, 0..=15, "");
        named(ui, &field, scene.text("frame-check-behind"));
    }
    label(ui, scene, "frame-footer");
    bytes(ui, scene, footer, scene.text("frame-footer"));
    label(ui, scene, "frame-longest");
    let field = form::number(ui, longest, 1..=FrameLayout::LONGEST, "");
    named(ui, &field, scene.text("frame-longest"));
}

/// Bytes as text or in hexadecimal.
fn bytes(ui: &mut Ui, scene: &Scene<'_>, value: &mut FrameBytes, name: &str) {
    let mut is_hex = value.digits().is_some();
    let mut text = value.digits().unwrap_or(&value.0).to_owned();
    let field = form::field(ui, &mut text, "", 90.0);
    named_as(ui, &field, name, Role::TextInput);
    let name = scene.with("framing-in-hex", [("what", name.into())]);
    let switched = toggle(ui, "0x", &name, &mut is_hex);
    if switched || field.changed() {
        let before = if is_hex { FrameBytes::HEX } else { "" };
        *value = FrameBytes(format!("{before}{text}"));
    }
}

/// Which byte comes first.
fn order(ui: &mut Ui, scene: &Scene<'_>, salt: &str, key: &str, big_endian: &mut bool) {
    let orders = [(false, scene.text("order-little")), (true, scene.text("order-big"))];
    choice(ui, salt, scene.text(key), big_endian, &orders);
}

fn label(ui: &mut Ui, scene: &Scene<'_>, key: &str) {
    ui.weak(scene.text(key));
}

fn named(ui: &Ui, field: &egui::Response, name: &str) {
    named_as(ui, field, name, Role::SpinButton);
}

fn named_as(ui: &Ui, field: &egui::Response, name: &str, role: Role) {
    let enabled = ui.is_enabled();
    field.widget_info(|| WidgetInfo::labeled(role, enabled, name));
}
