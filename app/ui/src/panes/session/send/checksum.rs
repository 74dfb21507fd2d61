//! The choice of a checksum: which, over which bytes, in which order.

use egui::{PopupCloseBehavior, ScrollArea, Ui};
use espalier_core::send::{ChecksumForm, ChecksumSpec, checksums};

use crate::icon::Icon;
use crate::scene::Scene;
use crate::widgets::{self, Search, form, segmented};

/// The button with the editor of the checksum.
pub(in crate::panes::session) fn menu(
    ui: &mut Ui,
    scene: &Scene<'_>,
    value: &mut Option<ChecksumSpec>,
    search: &mut Search,
) {
    let name = scene.text("checksum");
    let shown = value.as_ref().map_or(name, |spec| spec.algorithm.as_str()).to_owned();
    let close = PopupCloseBehavior::CloseOnClickOutside;
    widgets::menu_button(ui, Icon::Shield, &shown, name, close, |ui| {
        ui.set_width(250.0);
        let mut on = value.is_some();
        if ui.checkbox(&mut on, scene.text("checksum-append")).changed() {
            *value = on.then(ChecksumSpec::default);
        }
        let Some(spec) = value else { return };
        rules(ui, scene, spec);
        ui.separator();
        search.ui(ui, scene.text("checksum-search"), 250.0);
        let wanted = search.query().to_lowercase();
        // As high as that at once: the menu grows when the tick is made, and has room for the tick alone then.
        let algorithms = ScrollArea::vertical().max_height(190.0).min_scrolled_height(190.0);
        algorithms.auto_shrink([false, true]).show(ui, |ui| {
            ui.spacing_mut().item_spacing.y = 1.0;
            let mut none = true;
            for sum in checksums().iter().filter(|sum| sum.name.to_lowercase().contains(&wanted)) {
                none = false;
                if ui.selectable_label(spec.algorithm == sum.name, &sum.name).clicked() {
                    spec.algorithm.clone_from(&sum.name);
                }
            }
            if none {
                ui.weak(scene.text("nothing-matches"));
            }
        });
    });
}

fn rules(ui: &mut Ui, scene: &Scene<'_>, spec: &mut ChecksumSpec) {
    ui.horizontal(|ui| {
        let orders = [(true, scene.text("checksum-low")), (false, scene.text("checksum-high"))];
        segmented(ui, &mut spec.little_endian, &orders);
    });
    ui.horizontal(|ui| {
        let forms = [
            (ChecksumForm::Binary, scene.text("checksum-binary")),
            (ChecksumForm::Hex, scene.text("checksum-digits")),
        ];
        segmented(ui, &mut spec.form, &forms);
    });
    for (key, value) in
        [("checksum-skip-start", &mut spec.skip_start), ("checksum-skip-end", &mut spec.skip_end)]
    {
        ui.horizontal(|ui| {
            let label = ui.weak(scene.text(key));
            form::number(ui, value, 0..=65_535, "").labelled_by(label.id);
        });
    }
}
