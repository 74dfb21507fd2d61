//! The rules beside a session.

use std::sync::Arc;

use egui::accesskit::Role;
use egui_kittest::kittest::Queryable as _;
use espalier_core::matching::PatternFormat;
use espalier_core::rules::{
    PatternPlace, ReceivedTrigger, Rule, RuleAction, RuleAnswer, RuleTally, Trigger,
};
use espalier_core::send_list::{SendEntry, SendGroup, SendList};
use espalier_core::session::{RulesStatus, SessionSpec, TcpServerSpec, TransportSpec};
use espalier_ui::{Language, SavedSession, SendState, UiState, WorkspaceContents};

use crate::harness::{Machine, Window};

fn rule(name: &str, pattern: &str) -> Rule {
    let received = ReceivedTrigger { pattern: pattern.to_owned(), ..ReceivedTrigger::default() };
    let answer = RuleAnswer { text: "yes".to_owned(), ..RuleAnswer::default() };
    Rule {
        name: name.to_owned(),
        when: Trigger::Received(received),
        actions: vec![RuleAction::Send(answer)],
        ..Rule::default()
    }
}

/// A window with a server that has a client, its rules and those of all sessions, shown beside it.
fn beside(own: Vec<Rule>, shared: Vec<Rule>, language: Language) -> Window {
    let transport = TransportSpec::TcpServer(TcpServerSpec::new(7000));
    let spec = SessionSpec { rules: own, ..SessionSpec::new(transport.clone()) };
    let state = UiState {
        sessions: vec![SavedSession { spec, send: SendState::new(&transport) }],
        rules: Arc::new(shared),
        ..UiState::default()
    };
    let machine = Arc::new(Machine::default());
    let mut window = Window::on(machine, language, state, egui::vec2(1200.0, 860.0));
    window
        .harness
        .key_press_modifiers(egui::Modifiers::COMMAND | egui::Modifiers::SHIFT, egui::Key::R);
    window.rest();
    window
}

fn own(window: &Window) -> Vec<Rule> {
    window.app().state().sessions[0].spec.rules.clone()
}

/// Does what the palette has for these words.
fn palette(window: &mut Window, words: &str) {
    window.harness.key_press_modifiers(egui::Modifiers::COMMAND, egui::Key::P);
    window.rest();
    let hint = espalier_ui::Locale::new(Language::English);
    window.write(hint.text("palette-hint"), words);
    window.harness.key_press(egui::Key::Enter);
    window.rest();
}

fn asked(window: &Window, what: &str) -> usize {
    window.engine.commands.lock().iter().filter(|(_, text)| text.starts_with(what)).count()
}

#[test]
fn a_rule_is_made_and_works_as_it_is_written() {
    let mut window = beside(Vec::new(), Vec::new(), Language::English);
    assert_eq!(window.count("When this comes, do that"), 1);
    let hints = window.count("Enter sends");
    window.click("New rule");
    assert_eq!(window.count("Enter sends"), hints, "it does not in the field of an answer");
    let fields = window.harness.query_all_by_role(Role::SpinButton);
    assert!(fields.map(|it| it.rect().right()).all(|right| right < 1200.0), "none is cut");
    window.write("Name of the rule", "poll");
    window.write("What comes", "01 03 ??");
    // Of the pattern: the last one is the answer's.
    let all: Vec<_> = window.harness.query_all_by_label("Hex").collect();
    all[all.len() - 2].click();
    drop(all);
    window.rest();
    assert_eq!(window.count("?? is any byte"), 1);
    window.write("Answer", "got {{1}}");
    assert_eq!(window.count("67 6F 74 20 3F"), 1, "as bytes, with a sample for what is matched");
    let rules = own(&window);
    let Trigger::Received(received) = &rules[0].when else { panic!("{rules:?}") };
    assert_eq!((received.pattern.as_str(), received.format), ("01 03 ??", PatternFormat::Hex));
    assert_eq!(rules[0].name, "poll");
    assert!(
        matches!(&rules[0].actions[..], [RuleAction::Send(answer)] if answer.text == "got {{1}}")
    );
    assert!(asked(&window, "SetRules") > 0);
    // They lie below what is in sight.
    for button in ["Add an action", "Remove action 1"] {
        window.harness.get_by_label(button).click_accesskit();
        window.rest();
    }
    window.click("Close the editor");
    assert_eq!(own(&window)[0].actions.len(), 1);
    assert_eq!(window.harness.query_all_by_label("What comes").count(), 0);
}

#[test]
fn what_cannot_work_is_told_where_it_is_written() {
    let mut window = beside(vec![rule("r", "")], Vec::new(), Language::English);
    window.click("Edit “r”");
    assert_eq!(window.count("there is nothing to look for"), 1);
    window.write("What comes", "(");
    window.click("Regex");
    assert_eq!(window.count("the pattern is no regular expression"), 1);
    let mut window = beside(vec![rule("r", "")], Vec::new(), Language::Chinese);
    window.click("编辑“r”");
    assert_eq!(window.count("没有要查找的内容"), 1);
}

#[test]
fn rules_are_switched_moved_and_armed() {
    let mut window = beside(vec![rule("a", "A"), rule("b", "B")], Vec::new(), Language::English);
    window.click("“a” is on");
    assert!(!own(&window)[0].on && own(&window)[1].on);
    window.click("More for “b”");
    window.click("Move up");
    assert_eq!(own(&window)[0].name, "b");
    let id = window.app().sessions().next().unwrap();
    let tripped = RuleTally { matches: 101, sent: 100, refused: 0, tripped: true };
    let rules = RulesStatus {
        tallies: vec![tripped, RuleTally::default()],
        faults: vec![None, None],
        notices: vec![(1, "look at this".into())],
        ..RulesStatus::default()
    };
    window.engine.rules_at_work(id, rules);
    window.rest();
    assert_eq!(window.count("101 · 100 sent"), 1);
    assert_eq!(window.count("look at this"), 1, "a notice, once");
    window.click("“b” is on");
    assert_eq!(asked(&window, "ArmRule(0)"), 1);
    assert!(own(&window)[0].on, "it was only switched off by itself");
}

#[test]
fn rules_of_all_sessions_are_told_to_the_engine_and_kept() {
    let mut window = beside(Vec::new(), vec![rule("every", "x")], Language::Chinese);
    assert_eq!(window.engine.rules.lock().rules.len(), 1);
    assert_eq!(window.count("导出所有会话的自动应答规则"), 0);
    window.click("所有会话");
    window.click("导出所有会话的自动应答规则");
    window.click("取消");
    window.click("启用“every”");
    assert!(!window.engine.rules.lock().rules[0].on);
    assert!(!window.app().state().rules[0].on);
    let note = espalier_core::say!("import-more", "{count} more are not listed here", count = 4);
    let taken = WorkspaceContents { rules: vec![rule("taken", "y")], ..Default::default() };
    *window.machine.rules.lock() = Some((taken, vec![note]));
    window.click("导入规则…");
    window.click("打开");
    assert_eq!(window.count("已导入 1 条规则"), 1);
    assert_eq!(window.count("另有 4 项未在此列出"), 1);
    assert_eq!(window.engine.rules.lock().rules.len(), 2);
}

#[test]
fn rules_bring_the_groups_that_they_run() {
    let runs = Rule {
        actions: vec![RuleAction::RunList { group: "recover".to_owned() }],
        ..rule("runs", "ERR")
    };
    let entry = SendEntry { text: "reset {{board}}".to_owned(), ..SendEntry::default() };
    let groups = ["other", "recover"]
        .map(|name| SendGroup::new(name, [entry.clone()]))
        .into_iter()
        .collect();
    let state = UiState {
        rules: Arc::new(vec![runs]),
        send_list: Arc::new(SendList { groups }),
        variables: Arc::new(
            [("board".to_owned(), "7".to_owned()), ("unused".to_owned(), String::new())].into(),
        ),
        ..UiState::default()
    };
    let machine = Arc::new(Machine::default());
    let mut window =
        Window::on(machine.clone(), Language::English, state, egui::vec2(1200.0, 860.0));
    palette(&mut window, "Export the rules");
    window.click("Save");
    let written = machine.rules.lock().clone().expect("a file").0;
    assert_eq!(written.rules.len(), 1);
    let names = |list: &SendList| list.groups.iter().map(|it| it.name.clone()).collect::<Vec<_>>();
    assert_eq!(names(&written.send_list), ["recover"]);
    assert_eq!(written.variables.keys().collect::<Vec<_>>(), ["board"]);

    let mut other =
        Window::on(machine, Language::English, UiState::default(), egui::vec2(1200.0, 860.0));
    palette(&mut other, "Import rules");
    other.click("Open");
    assert_eq!(names(&other.app().state().send_list), ["recover"]);
    assert_eq!(other.app().state().variables["board"], "7");
    assert_eq!(other.engine.rules.lock().rules.len(), 1);
}

#[test]
fn a_file_that_is_picked_late_is_for_the_dialog_that_asked_for_it() {
    let mut window = beside(Vec::new(), vec![rule("every", "x")], Language::English);
    let machine = Arc::clone(&window.machine);
    let browse = |window: &mut Window| {
        *machine.picking.lock() = Some(Vec::new());
        window.click_last("Browse…");
        machine.picking.lock().take().and_then(|mut it| it.pop()).expect("a file is asked for")
    };
    palette(&mut window, "Save workspace");
    let late = browse(&mut window);
    window.click("Cancel");
    palette(&mut window, "Export the rules");
    late(Some("/home/late.toml".into()));
    window.rest();
    let written = |window: &Window, path: &str| {
        let all = window.harness.query_all_by(|node| node.value().is_some_and(|it| it == path));
        all.count()
    };
    assert_eq!(written(&window, "/home/late.toml"), 0);
    let now = browse(&mut window);
    now(Some("/home/now.toml".into()));
    window.rest();
    assert!(written(&window, "/home/now.toml") > 0);
}

#[test]
fn a_row_that_is_switched_keeps_what_was_typed_in_the_same_moment() {
    let mut window = beside(vec![rule("a", "A"), rule("b", "B")], Vec::new(), Language::English);
    window.click("Edit “a”");
    window.harness.get_by_label("Name of the rule").focus();
    window.rest();
    window.harness.key_press(egui::Key::End);
    window.rest();
    window.harness.input_mut().events.push(egui::Event::Text("z".to_owned()));
    window.harness.get_by_label("“b” is on").click_accesskit();
    window.rest();
    let rules = own(&window);
    assert_eq!((rules[0].name.as_str(), rules[1].on), ("az", false));
    assert_eq!(window.harness.query_all_by_label("Name of the rule").count(), 1, "it goes on");
    // And where its rule is moved to.
    window.click("More for “b”");
    window.click("Move up");
    window.write("Name of the rule", "moved");
    let names = |window: &Window| own(window).iter().map(|it| it.name.clone()).collect::<Vec<_>>();
    assert_eq!(names(&window), ["b", "moved"]);
    window.click("More for “b”");
    window.click("Remove");
    window.write("Name of the rule", "alone");
    assert_eq!(names(&window), ["alone"]);
}

#[test]
fn a_number_beyond_its_range_stays_until_it_is_changed() {
    let slow = Rule {
        when: Trigger::Silence { after_ms: 0 },
        actions: vec![RuleAction::Send(RuleAnswer { delay_ms: 100_000_000, ..Default::default() })],
        ..rule("slow", "")
    };
    let mut window = beside(vec![slow.clone()], Vec::new(), Language::English);
    window.click("Edit “slow”");
    window.rest();
    assert_eq!(own(&window), [slow], "to look at it changes nothing");
}

#[test]
fn a_rule_is_tried_on_what_has_passed() {
    let any = Rule {
        when: Trigger::Received(ReceivedTrigger {
            place: PatternPlace::Any,
            ..ReceivedTrigger::default()
        }),
        ..rule("all", "")
    };
    let mut window = beside(vec![any], Vec::new(), Language::English);
    window.click("Edit “all”");
    window.harness.get_by_label("Test against history").scroll_to_me();
    window.rest();
    window.click("Test against history");
    assert_eq!(window.count("Would have matched once in 10 received bytes"), 1);
    assert_eq!(window.count("41 54"), 1);
    assert_eq!(asked(&window, "TryRules"), 1);
}
