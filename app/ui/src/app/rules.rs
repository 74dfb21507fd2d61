//! What is done with the rules.

use std::collections::BTreeMap;
use std::sync::Arc;

use egui::Context;
use espalier_core::backend::{SessionCommand, SharedRules};
use espalier_core::rules::{Rule, RuleAction};
use espalier_core::send_list::SendList;
use espalier_core::session::SessionSpec;
use espalier_core::{Progress, Sentence, SessionId};

use super::App;
use crate::command::{RulesRequest, Toast};
use crate::inbox::InboxMessage;
use crate::state::{RulesState, SendListState, WorkspaceContents};
use crate::words;

/// What the engine was told of the rules, and what the user was told by them.
#[derive(Debug, Default)]
pub(super) struct RulesTold {
    shared: Option<(RulesState, SendListState)>,
    /// Up to which notice of which session.
    notices: std::collections::BTreeMap<SessionId, u64>,
}

impl App {
    pub(super) fn rules_request(&mut self, ctx: &Context, request: RulesRequest) {
        match request {
            RulesRequest::OfSession(id, rules, encoding) => {
                self.tell_session(ctx, id, SessionCommand::SetRules { rules, encoding });
            }
            RulesRequest::OfAll(rules) => {
                self.rules.shared = Arc::new(rules);
                self.share_rules();
            }
            RulesRequest::Arm(id, rule) => {
                self.tell_session(ctx, id, SessionCommand::ArmRule(rule));
            }
            RulesRequest::Import(path) => {
                let (inbox, failed) = (self.inbox.clone(), self.outcome(&Progress::default()));
                let done = move |read| match read {
                    Ok((contents, notes)) => {
                        inbox.leave(InboxMessage::Rules(Box::new(contents), notes));
                    }
                    Err(sentence) => failed(Err(sentence)),
                };
                self.platform.read_rules(path, Box::new(done));
            }
            RulesRequest::Export(path) => {
                let done = self.saved(&path);
                let rules = self.rules.shared.to_vec();
                let SendListState { list, variables, .. } = &self.send_list;
                let contents = with_what_they_run(rules, list, variables);
                self.platform.write_rules(path, contents, done);
            }
            RulesRequest::DismissNotes => self.rules.notes.clear(),
        }
    }

    fn tell_session(&mut self, ctx: &Context, id: SessionId, command: SessionCommand) {
        if let Err(refusal) = self.backend.command(id, command) {
            let said = self.locale.translate(&refusal.to_string());
            self.toast(ctx, Toast::failure(said));
        }
    }

    /// Tells the engine what all sessions have in common for rules, when that has changed.
    pub(super) fn share_rules(&mut self) {
        let is_told = self.rules_told.shared.as_ref().is_some_and(|(rules, list)| {
            Arc::ptr_eq(&rules.shared, &self.rules.shared)
                && Arc::ptr_eq(&list.list, &self.send_list.list)
                && Arc::ptr_eq(&list.variables, &self.send_list.variables)
        });
        if is_told {
            return;
        }
        self.rules_told.shared = Some((self.rules.clone(), self.send_list.clone()));
        self.backend.share_rules(Arc::new(SharedRules {
            rules: self.rules.shared.to_vec(),
            list: Arc::clone(&self.send_list.list),
            variables: (*self.send_list.variables).clone(),
        }));
    }

    /// Rules of a file, and what they run.
    pub(super) fn import_rules(
        &mut self,
        ctx: &Context,
        contents: WorkspaceContents,
        notes: Vec<Sentence>,
    ) {
        let WorkspaceContents { rules, send_list, variables, .. } = contents;
        let needed = with_what_they_run(rules, &send_list, &variables);
        self.take_rules(ctx, needed.rules.clone(), notes);
        if !needed.send_list.groups.is_empty() || !needed.variables.is_empty() {
            self.take_list(ctx, WorkspaceContents { rules: Vec::new(), ..needed });
        }
    }

    /// Rules of a file, behind those that all sessions have; what is there already is not taken again.
    pub(super) fn take_rules(&mut self, ctx: &Context, rules: Vec<Rule>, notes: Vec<Sentence>) {
        let known = Arc::clone(&self.rules.shared);
        let fresh: Vec<Rule> = rules.into_iter().filter(|rule| !known.contains(rule)).collect();
        if known.len() + fresh.len() > Rule::MOST {
            return self.toast(ctx, Toast::failure(self.locale.text("rules-too-many")));
        }
        let count = fresh.len();
        Arc::make_mut(&mut self.rules.shared).extend(fresh);
        self.rules.notes = notes;
        self.share_rules();
        let said = self.locale.with("rules-taken", [("count", count.into())]);
        self.toast(ctx, Toast::done(said));
    }

    /// Shows what rules tell the user, each once, whether or not their session is in sight.
    pub(super) fn hear_rules(&mut self, ctx: &Context) {
        let mut heard = Vec::new();
        for id in self.panes.keys() {
            let Some(status) = self.backend.status(*id) else { continue };
            let Some(rules) = &status.rules else { continue };
            let seen = self.rules_told.notices.entry(*id).or_default();
            for (number, text) in rules.notices.iter().filter(|(number, _)| *number > *seen) {
                let name = self
                    .backend
                    .spec(*id)
                    .map(|spec: Arc<SessionSpec>| words::title(&spec, status.local, &self.locale));
                let parts = [
                    ("session", name.unwrap_or_default().into()),
                    ("text", text.to_string().into()),
                ];
                heard.push((*number, self.locale.with("rules-notice", parts)));
            }
            if let Some((last, _)) = rules.notices.last() {
                *seen = (*seen).max(*last);
            }
        }
        for (_, said) in heard {
            self.toast(ctx, Toast::notice(said));
        }
        let Self { panes, rules_told, .. } = self;
        rules_told.notices.retain(|id, _| panes.contains_key(id));
    }
}

/// Rules with the groups of the send list that they run, and the variables that they and these name.
fn with_what_they_run(
    rules: Vec<Rule>,
    list: &SendList,
    variables: &BTreeMap<String, String>,
) -> WorkspaceContents {
    let actions = || rules.iter().flat_map(|rule| &rule.actions);
    let runs = |name: &str| {
        actions().any(|action| matches!(action, RuleAction::RunList { group } if group == name))
    };
    let groups: Vec<_> = list.groups.iter().filter(|it| runs(&it.name)).cloned().collect();
    let answers = actions().filter_map(|action| match action {
        RuleAction::Send(answer) => Some(answer.text.as_str()),
        _ => None,
    });
    let entries = groups.iter().flat_map(|group| &group.entries).map(|entry| entry.text.as_str());
    let texts: Vec<&str> = answers.chain(entries).collect();
    let named = |name: &str| texts.iter().any(|text| text.contains(&format!("{{{{{name}")));
    let variables = variables
        .iter()
        .filter(|(name, _)| named(name))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    WorkspaceContents { rules, send_list: SendList { groups }, variables, ..Default::default() }
}
