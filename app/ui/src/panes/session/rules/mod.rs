//! The rules beside a session: what it does by itself when something comes, and what all sessions do.

mod action;
mod editor;
mod rows;
mod trial;

use egui::{Frame, Margin, Ui};
use espalier_core::SessionId;
use espalier_core::rules::{Rule, RuleAction, RuleAnswer};
use espalier_core::session::{RulesStatus, SessionStatus};
use espalier_core::view::EncodingName;

use crate::command::{DialogRequest, RulesRequest, UiCommand, UiRequest};
use crate::icon::Icon;
use crate::panes::session::notes;
use crate::scene::Scene;
use crate::theme::space;
use crate::widgets::{self, form, segmented};

use editor::RuleEditor;
use rows::RuleRow;

/// The state of the rules beside a session.
#[derive(Debug)]
pub(super) struct RulesPane {
    /// The session's own rules, as they were asked for last.
    own: Vec<Rule>,
    of_all: bool,
    editor: Option<RuleEditor>,
    /// With which encoding they were asked for.
    encoding: EncodingName,
}

/// Whose rules.
pub(super) struct RulesContext<'a> {
    pub id: SessionId,
    pub status: &'a SessionStatus,
    /// Of what has none of its own.
    pub encoding: &'a EncodingName,
}

impl RulesPane {
    /// Those of a session that was opened with these rules and this encoding.
    pub(super) fn new(own: Vec<Rule>, encoding: EncodingName) -> Self {
        Self { own, of_all: false, editor: None, encoding }
    }

    /// The session's own rules.
    pub(super) fn own(&self) -> &[Rule] {
        &self.own
    }

    /// Another encoding means other bytes.
    pub(super) fn follow(&mut self, scene: &mut Scene<'_>, with: &RulesContext<'_>) {
        if self.encoding == *with.encoding {
            return;
        }
        self.encoding = with.encoding.clone();
        if !self.own.is_empty() || !scene.rules.shared.is_empty() {
            let (own, encoding) = (self.own.clone(), self.encoding.clone());
            scene.ask(UiRequest::Rules(RulesRequest::OfSession(with.id, own, encoding)));
        }
    }

    fn rules(&self, scene: &Scene<'_>) -> Vec<Rule> {
        if self.of_all { scene.rules.shared.to_vec() } else { self.own.clone() }
    }

    /// There are as many as a session has.
    fn is_full(&self, scene: &Scene<'_>) -> bool {
        self.own.len() + scene.rules.shared.len() >= Rule::MOST
    }

    fn set(&mut self, scene: &mut Scene<'_>, with: &RulesContext<'_>, rules: Vec<Rule>) {
        scene.ask(UiRequest::Rules(if self.of_all {
            RulesRequest::OfAll(rules)
        } else {
            self.own.clone_from(&rules);
            RulesRequest::OfSession(with.id, rules, with.encoding.clone())
        }));
    }

    /// The number that the engine has for a rule that is shown.
    fn number(&self, at: usize) -> usize {
        if self.of_all { self.own.len() + at } else { at }
    }

    /// Draws it.
    pub(super) fn ui(&mut self, ui: &mut Ui, scene: &mut Scene<'_>, with: &RulesContext<'_>) {
        let mut rules = self.rules(scene);
        Frame::new().inner_margin(Margin::symmetric(8, 6)).show(ui, |ui| {
            self.toolbar(ui, scene, with, &rules);
        });
        // What was asked for in this frame is there in the next one. Rules of all are changed beside other sessions, too.
        if self.editor.as_ref().is_some_and(|editor| !editor.is_of(&rules)) {
            self.editor = None;
        }
        let mut asked = None;
        if let Some(mut editor) = self.editor.take() {
            let high = ui.available_height();
            let most = (high - 70.0).max(high * 0.5);
            let split = widgets::Split::new(ui, "rule", widgets::Edge::Below, 380.0, 120.0..=most);
            split.show_rest(ui, |ui| {
                asked = self.rows(ui, scene, with, &rules, Some(editor.at()));
            });
            let fill = crate::theme::tokens(ui).ground;
            let frame = Frame::new().fill(fill).inner_margin(Margin::symmetric(8, 6));
            let (goes_on, changed) = split.show(ui, frame, |ui| editor.ui(ui, scene, with));
            split.line(ui);
            // What a row asks for in the same frame is asked of the rules as they are now.
            if let Some(rule) = changed {
                match rules.get_mut(editor.at()) {
                    Some(there) => *there = rule,
                    None => rules.push(rule),
                }
                self.set(scene, with, rules.clone());
            }
            self.editor = goes_on.then_some(editor);
        } else {
            asked = self.rows(ui, scene, with, &rules, None);
        }
        if let Some((at, row)) = asked {
            self.act(scene, with, rules, at, row);
        }
    }

    fn toolbar(
        &mut self,
        ui: &mut Ui,
        scene: &mut Scene<'_>,
        with: &RulesContext<'_>,
        rules: &[Rule],
    ) {
        ui.horizontal_wrapped(|ui| {
            let full = self.is_full(scene);
            let add = ui.add_enabled_ui(!full, |ui| {
                widgets::icon_button(ui, Icon::Plus, scene.text("rule-add")).clicked()
            });
            if add.inner {
                // One that answers is what is wanted mostly; nothing is answered while it is being written.
                let actions = vec![RuleAction::Send(RuleAnswer::default())];
                let rule = Rule { on: false, actions, ..Rule::default() };
                self.editor = Some(RuleEditor::new(rules.len(), rule.clone()));
                let rules = [rules, &[rule]].concat();
                self.set(scene, with, rules);
            }
            let scopes = [(false, scene.text("rules-own")), (true, scene.text("rules-all"))];
            if segmented(ui, &mut self.of_all, &scopes) {
                self.editor = None;
            }
            let import = scene.text("rules-import");
            if widgets::icon_button(ui, Icon::Folder, import).clicked() {
                self.of_all = true;
                self.editor = None;
                scene.ask(UiRequest::Show(DialogRequest::ImportRules));
            }
            // Those of a session are kept with it.
            if self.of_all && !rules.is_empty() {
                let export = scene.text(UiCommand::ExportRules.key());
                if widgets::icon_button(ui, Icon::Save, export).clicked() {
                    scene.ask(UiRequest::Show(DialogRequest::ExportRules));
                }
            }
        });
        if notes::ui(ui, scene, &scene.rules.notes) {
            scene.ask(UiRequest::Rules(RulesRequest::DismissNotes));
        }
        if rules.is_empty() {
            ui.add_space(space::S);
            let key = if self.of_all { "rules-empty-all" } else { "rules-empty" };
            form::hint(ui, scene.text(key));
        }
    }

    fn rows(
        &self,
        ui: &mut Ui,
        scene: &mut Scene<'_>,
        with: &RulesContext<'_>,
        rules: &[Rule],
        edited: Option<usize>,
    ) -> Option<(usize, RuleRow)> {
        let none = RulesStatus::default();
        let status = with.status.rules.as_deref().unwrap_or(&none);
        let first = self.number(0);
        rows::ui(ui, scene, rules, status, first, edited)
    }

    fn act(
        &mut self,
        scene: &mut Scene<'_>,
        with: &RulesContext<'_>,
        mut rules: Vec<Rule>,
        at: usize,
        row: RuleRow,
    ) {
        let Some(rule) = rules.get(at).cloned() else { return };
        match row {
            RuleRow::Edit => return self.editor = Some(RuleEditor::new(at, rule)),
            RuleRow::Arm => {
                let number = self.number(at);
                return scene.ask(UiRequest::Rules(RulesRequest::Arm(with.id, number)));
            }
            RuleRow::Switch => rules[at].on = !rule.on,
            RuleRow::Duplicate if self.is_full(scene) => return,
            RuleRow::Duplicate => rules.insert(at + 1, rule),
            RuleRow::Remove => drop(rules.remove(at)),
            RuleRow::Up if at > 0 => rules.swap(at, at - 1),
            RuleRow::Down if at + 1 < rules.len() => rules.swap(at, at + 1),
            RuleRow::Up | RuleRow::Down => return,
        }
        if let Some(mut editor) = self.editor.take() {
            if row == RuleRow::Switch && editor.at() == at {
                editor.switched(rules[at].on);
            }
            // It goes on where its rule stands now, unless that is gone.
            self.editor = row.place_of(editor.at(), at).map(|at| editor.at_place(at));
        }
        self.set(scene, with, rules);
    }
}
