//! One entry of the list, edited in place: what changes is in the list at once.

use egui::{ScrollArea, Ui};
use espalier_core::matching::{PatternFault, PatternFormat};
use espalier_core::send::{OutgoingBytes, SendError, SendFormat};
use espalier_core::send_list::{
    AnswerMatcher, AnswerSpec, ListEdit, OnNoAnswer, SendEntry, SendList, Shortcut,
};

use super::ListContext;
use crate::command::{SendListRequest, UiRequest};
use crate::icon::Icon;
use crate::panes::session::encodings::TargetEncodings;
use crate::panes::session::message_form::{MessageForm, MessageSearch};
use crate::panes::session::send::preview;
use crate::scene::Scene;
use crate::widgets::{self, Focus, choice, form, segmented};

/// What is being edited.
#[derive(Debug)]
pub(super) struct EntryEditor {
    at: (usize, usize),
    /// As it was put into the list last.
    entry: SendEntry,
    /// It was seen in the list: a new one is there from the next frame on.
    seen: bool,
    search: MessageSearch,
    focus: Focus,
    checked: Option<CheckedEntry>,
}

/// What came of an entry when it was last changed: composing a long text takes milliseconds.
#[derive(Debug)]
struct CheckedEntry {
    entry: SendEntry,
    encodings: TargetEncodings,
    composed: Result<OutgoingBytes, SendError>,
    answer: Option<PatternFault>,
}

impl CheckedEntry {
    fn new(scene: &Scene<'_>, with: &ListContext<'_>, entry: &SendEntry) -> Self {
        let encoding = entry.encoding_in(&with.encodings.session);
        let answer = entry.answer.as_ref();
        Self {
            entry: entry.clone(),
            encodings: with.encodings.clone(),
            composed: super::compose(scene, with, entry, 0),
            answer: answer.and_then(|answer| AnswerMatcher::new(answer, encoding).err()),
        }
    }

    fn is_of(&self, entry: &SendEntry, encodings: &TargetEncodings) -> bool {
        self.entry == *entry && self.encodings == *encodings
    }
}

impl EntryEditor {
    /// Edits the entry at this place.
    pub(super) fn new(at: (usize, usize), entry: &SendEntry) -> Self {
        Self {
            at,
            entry: entry.clone(),
            seen: false,
            search: MessageSearch::default(),
            focus: Focus::wanted(),
            checked: None,
        }
    }

    /// Where the entry stands.
    pub(super) const fn at(&self) -> (usize, usize) {
        self.at
    }

    /// Whether something else stands there now: it was moved, or taken out.
    pub(super) fn is_gone(&mut self, list: &SendList) -> bool {
        let is_there = list.entry(self.at.0, self.at.1) == Some(&self.entry);
        let was_there = self.seen;
        self.seen |= is_there;
        was_there && !is_there
    }

    /// Draws it; `false` when it was closed.
    pub(super) fn ui(
        &mut self,
        ui: &mut Ui,
        scene: &mut Scene<'_>,
        with: &ListContext<'_>,
    ) -> bool {
        let mut entry = self.entry.clone();
        let mut goes_on = true;
        ScrollArea::vertical().id_salt("entry editor").auto_shrink(false).show(ui, |ui| {
            ui.spacing_mut().item_spacing.y = 4.0;
            ui.horizontal(|ui| {
                let end = widgets::RowTail::new(ui, "entry name");
                end.before(ui, |ui| {
                    let width = ui.available_width();
                    form::named(ui, scene.text("list-name"), &mut entry.name, width);
                });
                goes_on = !end.show(ui, |ui| {
                    widgets::icon_button(ui, Icon::Cross, scene.text("list-edit-close")).clicked()
                });
            });
            self.text(ui, scene, &mut entry);
            if !self.checked.as_ref().is_some_and(|it| it.is_of(&entry, with.encodings)) {
                self.checked = Some(CheckedEntry::new(scene, with, &entry));
            }
            if let Some(checked) = &self.checked {
                let is_text = entry.spec.format == SendFormat::Text;
                let told = Some(&checked.encodings).filter(|_| is_text && entry.encoding.is_none());
                let shown = checked.composed.as_ref().map(|it| checked.encodings.shown(it));
                preview(ui, scene, &entry.text, told, shown, "");
            }
            self.form(ui, scene, &mut entry);
            timing(ui, scene, &mut entry);
            let fault = self.checked.as_ref().and_then(|it| it.answer.as_ref());
            answer(ui, scene, &mut entry, fault);
        });
        if entry != self.entry {
            self.entry = entry.clone();
            self.seen = false;
            let edit = ListEdit::Replace(self.at.0, self.at.1, Box::new(entry));
            scene.ask(UiRequest::List(SendListRequest::Edit(edit)));
        }
        goes_on
    }

    fn text(&mut self, ui: &mut Ui, scene: &Scene<'_>, entry: &mut SendEntry) {
        if self.focus.is_due(ui) {
            form::take_focus(ui, &entry.text);
        }
        form::named_lines(ui, scene.text("list-text"), &mut entry.text, 2);
    }

    /// How the text becomes bytes.
    fn form(&mut self, ui: &mut Ui, scene: &Scene<'_>, entry: &mut SendEntry) {
        ui.horizontal_wrapped(|ui| {
            let form = MessageForm {
                spec: &mut entry.spec,
                placeholders: &mut entry.placeholders,
                placeholders_hint: scene.text("list-placeholders-hint"),
                encoding: &mut entry.encoding,
            };
            form.ui(ui, scene, &mut self.search);
        });
    }
}

/// When it is sent: its place and its times in a run, its key, its colour.
fn timing(ui: &mut Ui, scene: &Scene<'_>, entry: &mut SendEntry) {
    ui.horizontal_wrapped(|ui| {
        for (key, unit, value, range) in [
            ("list-order", "", &mut entry.order, 0..=9999),
            ("list-delay", "ms", &mut entry.delay_ms, 0..=86_400_000),
            ("list-repeat", scene.text("cycle-times"), &mut entry.repeat, 1..=1_000_000),
        ] {
            let label = ui.weak(scene.text(key));
            form::number(ui, value, range, unit).labelled_by(label.id);
        }
        let mut keys = vec![(None, scene.text("list-no-key").to_owned())];
        // Whose key it is now: it has it no more when it is chosen here.
        let others = scene.send_list.list.groups.iter().flat_map(|group| &group.entries);
        let others: Vec<_> = others
            .filter(|it| it.shortcut != entry.shortcut)
            .filter_map(|it| Some((it.shortcut?, it.label())))
            .collect();
        keys.extend(Shortcut::all().map(|key| {
            let owner = others.iter().find(|(of, _)| *of == key);
            let text = match owner {
                Some((_, label)) => format!("{key} · {}", shortened(label)),
                None => key.to_string(),
            };
            (Some(key), text)
        }));
        choice(ui, "entry key", scene.text("list-key"), &mut entry.shortcut, &keys);
        let mut colors = vec![(None, scene.text("list-no-color").to_owned())];
        colors.extend((0..8).map(|color| {
            (
                Some(color),
                scene.with("list-color-number", [("number", u64::from(color + 1).into())]),
            )
        }));
        choice(ui, "entry color", scene.text("list-color"), &mut entry.color, &colors);
    });
}

/// The beginning of an entry's label, for a list of choices.
fn shortened(label: &str) -> String {
    const LONGEST: usize = 24;
    match label.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", label.get(..end).unwrap_or_default()),
        None => label.to_owned(),
    }
}

/// What a run waits for after it.
fn answer(ui: &mut Ui, scene: &Scene<'_>, entry: &mut SendEntry, fault: Option<&PatternFault>) {
    let mut waits = entry.answer.is_some();
    if ui.checkbox(&mut waits, scene.text("list-answer")).changed() {
        entry.answer = waits.then(AnswerSpec::default);
    }
    let Some(answer) = &mut entry.answer else { return };
    ui.horizontal_wrapped(|ui| {
        let formats = [
            (PatternFormat::Text, scene.text("send-text")),
            (PatternFormat::Hex, scene.text("send-hex")),
            (PatternFormat::Regex, scene.text("list-answer-regex")),
        ];
        segmented(ui, &mut answer.format, &formats);
        form::named(ui, scene.text("list-answer-pattern"), &mut answer.pattern, 150.0);
        let label = ui.weak(scene.text("list-answer-within"));
        form::number(ui, &mut answer.within_ms, 1..=86_400_000, "ms").labelled_by(label.id);
    });
    ui.horizontal_wrapped(|ui| {
        let mut repeats = match answer.otherwise {
            OnNoAnswer::Repeat(times) => times,
            _ => 3,
        };
        let choices = [
            (OnNoAnswer::Stop, scene.text("list-else-stop")),
            (OnNoAnswer::GoOn, scene.text("list-else-go-on")),
            (OnNoAnswer::Repeat(repeats), scene.text("list-else-repeat")),
        ];
        ui.weak(scene.text("list-else"));
        choice(ui, "no answer", scene.text("list-else"), &mut answer.otherwise, &choices);
        if matches!(answer.otherwise, OnNoAnswer::Repeat(_)) {
            let name = scene.text("list-else-times");
            let field = form::number(ui, &mut repeats, 1..=1000, scene.text("cycle-times"));
            let enabled = ui.is_enabled();
            field.widget_info(|| egui::WidgetInfo::labeled(egui::Role::SpinButton, enabled, name));
            answer.otherwise = OnNoAnswer::Repeat(repeats);
        }
    });
    if let Some(fault) = fault {
        form::problem(ui, &scene.locale.translate(&fault.to_string()));
    }
}
