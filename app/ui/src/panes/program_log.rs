//! The log of the program: what it says of itself, below everything else.

use egui::{Label, RichText, ScrollArea, Ui};
use espalier_core::program_log::{LogEntry, Severity};
use espalier_core::view::{ClockStyle, TimeFormat};

use crate::command::{DialogRequest, UiRequest};
use crate::icon::Icon;
use crate::scene::Scene;
use crate::theme::{self, space};
use crate::widgets::{self, Edge, RowTail, Split};

/// What is shown of the log.
#[derive(Debug)]
pub struct ProgramLogPane {
    /// The panel is open.
    pub open: bool,
    /// Lines of at least this level.
    level: Severity,
    /// Lines from this number on; the others were hidden by the user.
    from: u64,
}

impl Default for ProgramLogPane {
    fn default() -> Self {
        Self { open: false, level: Severity::Info, from: 0 }
    }
}

/// The names of the levels.
const LEVELS: [(Severity, &str); 5] = [
    (Severity::Error, "program-level-error"),
    (Severity::Warn, "program-level-warn"),
    (Severity::Info, "program-level-info"),
    (Severity::Debug, "program-level-debug"),
    (Severity::Trace, "program-level-trace"),
];

impl ProgramLogPane {
    /// Draws it.
    pub fn ui(&mut self, ui: &mut Ui, scene: &mut Scene<'_>) {
        self.bar(ui, scene);
        ui.add_space(space::XS);
        self.lines(ui, scene);
    }

    /// The room that it takes of the window while it is open.
    pub fn room(&self, ui: &Ui) -> Option<Split> {
        let most = ui.available_height() * 0.6;
        let split = || Split::new(ui, "program log", Edge::Below, 200.0_f32.min(most), 60.0..=most);
        self.open.then(split)
    }

    fn bar(&mut self, ui: &mut Ui, scene: &mut Scene<'_>) {
        let t = theme::tokens(ui);
        let all = scene.platform.program_log(self.level, self.from, 0..0);
        let end = RowTail::new(ui, "program log");
        ui.horizontal_top(|ui| {
            end.before(ui, |ui| {
                ui.horizontal_wrapped(|ui| {
                    ui.label(RichText::new(scene.text("command-program-log")).color(t.strong));
                    let levels = LEVELS.map(|(level, key)| (level, scene.text(key)));
                    let name = scene.text("program-level");
                    widgets::choice(ui, "program level", name, &mut self.level, &levels);
                    if widgets::icon_button(ui, Icon::Copy, scene.text("program-copy")).clicked() {
                        let lines =
                            scene.platform.program_log(self.level, self.from, 0..usize::MAX).lines;
                        let text = lines.iter().map(|line| line.written() + "\n").collect();
                        scene.ask(UiRequest::CopyText(text));
                    }
                    if widgets::icon_button(ui, Icon::Save, scene.text("program-save")).clicked() {
                        let dialog = DialogRequest::SaveProgramLog(self.level, self.from);
                        scene.ask(UiRequest::Show(dialog));
                    }
                    if widgets::icon_button(ui, Icon::Broom, scene.text("program-clear")).clicked()
                    {
                        self.from = all.end;
                    }
                    let count = scene.with("program-lines", [("lines", all.count.into())]);
                    ui.label(RichText::new(count).small().color(t.muted));
                    if all.gone > self.from {
                        let gone = scene.with("program-gone", [("lines", all.gone.into())]);
                        ui.label(RichText::new(gone).small().color(t.muted));
                    }
                })
            });
            end.show(ui, |ui| {
                if widgets::icon_button(ui, Icon::Cross, scene.text("program-close")).clicked() {
                    self.open = false;
                    ui.ctx().request_repaint();
                }
            });
        });
    }

    fn lines(&self, ui: &mut Ui, scene: &Scene<'_>) {
        let t = theme::tokens(ui);
        let count = scene.platform.program_log(self.level, self.from, 0..0).count;
        if count == 0 {
            ui.label(RichText::new(scene.text("program-nothing")).color(t.muted));
            // The panel stays as high as it is.
            ui.allocate_space(ui.available_size());
            return;
        }
        let clock = TimeFormat {
            style: ClockStyle::Local,
            start: espalier_core::Timestamp(0),
            zone: scene.platform.zone(),
            date: false,
        };
        let height = ui.text_style_height(&egui::TextStyle::Monospace);
        // At the bottom it stays there: it follows.
        ScrollArea::both().auto_shrink(false).stick_to_bottom(true).show_rows(
            ui,
            height,
            count,
            |ui, rows| {
                for line in scene.platform.program_log(self.level, self.from, rows).lines {
                    row(ui, &line, &clock);
                }
            },
        );
    }
}

fn row(ui: &mut Ui, line: &LogEntry, clock: &TimeFormat) {
    let t = theme::tokens(ui);
    let color = match line.level {
        Severity::Error => t.bad,
        Severity::Warn => t.busy,
        Severity::Info => t.text,
        Severity::Debug | Severity::Trace => t.muted,
    };
    let (time, level) = (clock.local(line.at), line.level.name());
    let text = format!("{time} {level:5} {}: {}", line.target, line.text);
    ui.add(Label::new(RichText::new(text).monospace().color(color)).extend());
}
