//! Sessions of windows that were open beside another one come back in this one: a user who opens one window again looks for
//! all of them there.

use std::sync::Arc;

use espalier_core::rules::Rule;
use espalier_core::send_list::{SendGroup, SendList};
use espalier_engine::workspace::ProgramPaths;
use espalier_ui::{SavedSession, UiState};

use super::settings::{self, LoadedState};
use super::window_slot::Left;

/// Takes over the sessions of these states, and what was prepared beside them, and stores them in this window's before they go
/// there. How many sessions there are.
pub fn take_over(left: Vec<Left>, paths: &ProgramPaths, kept: &mut LoadedState) -> usize {
    let mut taken = 0;
    for left in left {
        let LoadedState { window, troubles, .. } = settings::load(&left.paths);
        kept.troubles.extend(troubles);
        let before = kept.window.clone();
        if !take_prepared(&mut kept.window, &window) {
            // There is no room for it here: it waits there, with its sessions.
            continue;
        }
        let sessions = &mut kept.window.sessions;
        for session in window.sessions {
            if !is_there(sessions, &session) {
                sessions.push(session);
            }
        }
        let new = sessions.len() - before.sessions.len();
        // Only what is stored here goes there: whatever comes between, nothing is lost.
        if kept.window != before
            && let Err(trouble) = settings::save(paths, &kept.window, kept.folder.as_deref())
        {
            kept.troubles.push(trouble);
            kept.window = before;
            continue;
        }
        if let Err(error) = std::fs::remove_file(&left.paths.workspace) {
            tracing::warn!(%error, path = %left.paths.workspace.display(), "stays");
        }
        taken += new;
    }
    taken
}

/// Takes over the messages, rules and names of another state that are not here already; `false` when there is no room for the
/// messages. Rules hold for all sessions of a window: those of another one come switched off.
fn take_prepared(kept: &mut UiState, other: &UiState) -> bool {
    let groups = other.send_list.groups.iter();
    let is_new = |it: &&SendGroup| !it.entries.is_empty() && !kept.send_list.groups.contains(it);
    let groups: Vec<SendGroup> = groups.filter(is_new).cloned().collect();
    if !groups.is_empty() {
        let mut list = SendList::clone(&kept.send_list);
        list.groups.extend(groups);
        if list.is_too_large() {
            return false;
        }
        kept.send_list = Arc::new(list);
    }
    let off = |rule: &Rule| Rule { on: false, ..rule.clone() };
    let known: Vec<Rule> = kept.rules.iter().map(off).collect();
    let rules = other.rules.iter().map(off).filter(|rule| !known.contains(rule));
    Arc::make_mut(&mut kept.rules).extend(rules);
    for (name, value) in other.variables.iter() {
        if !kept.variables.contains_key(name) {
            Arc::make_mut(&mut kept.variables).insert(name.clone(), value.clone());
        }
    }
    true
}

/// Whether the session was taken over before, by a window that was killed then.
fn is_there(sessions: &[SavedSession], session: &SavedSession) -> bool {
    let capture = &session.spec.capture;
    capture.is_some() && sessions.iter().any(|it| it.spec.capture == *capture)
}

#[cfg(test)]
mod tests {
    use espalier_core::CaptureId;
    use espalier_core::send_list::SendEntry;
    use espalier_core::session::{SessionSpec, TcpClientSpec, TransportSpec};
    use espalier_ui::SendState;

    use super::super::window_slot::WindowSlot;
    use super::*;

    fn session(port: u16) -> SavedSession {
        let transport = TransportSpec::TcpClient(TcpClientSpec::new("h", port));
        let capture = CaptureId::try_from(format!("c{port}")).ok();
        let send = SendState::new(&transport);
        SavedSession { spec: SessionSpec { capture, ..SessionSpec::new(transport) }, send }
    }

    fn window(slot: &WindowSlot, ports: &[u16]) {
        let sessions = ports.iter().map(|port| session(*port)).collect();
        let state = UiState { sessions, ..UiState::default() };
        settings::save(slot.paths(), &state, None).unwrap();
    }

    #[test]
    fn sessions_of_a_second_window_come_back_in_the_only_one() {
        let home = tempfile::tempdir().unwrap();
        let paths = ProgramPaths::within(home.path());
        let (first, second) =
            (WindowSlot::take(&paths).unwrap(), WindowSlot::take(&paths).unwrap());
        let third = WindowSlot::take(&paths).unwrap();
        window(&first, &[1, 2]);
        // One of them was taken over already, by a window that was killed before it could say so.
        window(&second, &[3, 2]);
        window(&third, &[4]);
        first.end();
        second.end();

        let mut only = WindowSlot::take(&paths).unwrap();
        let mut kept = settings::load(only.paths());
        let left = only.take_left();
        assert_eq!(take_over(left, only.paths(), &mut kept), 1);
        let ports = |kept: &LoadedState| -> Vec<SavedSession> { kept.window.sessions.clone() };
        assert_eq!(ports(&kept), [session(1), session(2), session(3)]);
        assert_eq!(ports(&settings::load(only.paths())), ports(&kept), "they are stored");
        assert!(!home.path().join("workspace-2.toml").exists());
        assert!(home.path().join("workspace-3.toml").exists(), "that window is open");
        third.end();
        only.end();

        let mut again = WindowSlot::take(&paths).unwrap();
        let mut kept = settings::load(again.paths());
        let left = again.take_left();
        assert_eq!(take_over(left, again.paths(), &mut kept), 1);
        assert_eq!(kept.window.sessions.len(), 4);
    }
    #[test]
    fn what_was_prepared_in_a_second_window_comes_with_its_sessions_once() {
        let home = tempfile::tempdir().unwrap();
        let paths = ProgramPaths::within(home.path());
        let group = |name: &str| SendGroup::new(name, [SendEntry::default()]);
        let rule = |name: &str| Rule { name: name.to_owned(), ..Rule::default() };
        let prepared = |groups: &[&str], rules: &[&str], id: &str| UiState {
            send_list: Arc::new(SendList { groups: groups.iter().map(|it| group(it)).collect() }),
            rules: Arc::new(rules.iter().map(|it| rule(it)).collect()),
            variables: Arc::new([("id".to_owned(), id.to_owned())].into()),
            ..UiState::default()
        };
        let (first, second) =
            (WindowSlot::take(&paths).unwrap(), WindowSlot::take(&paths).unwrap());
        settings::save(first.paths(), &prepared(&["a"], &["x"], "1"), None).unwrap();
        settings::save(second.paths(), &prepared(&["a", "b"], &["x", "y"], "2"), None).unwrap();
        first.end();
        second.end();

        let mut only = WindowSlot::take(&paths).unwrap();
        let mut kept = settings::load(only.paths());
        let left = only.take_left();
        assert_eq!(take_over(left, only.paths(), &mut kept), 0, "there was no session");
        let expected = UiState {
            rules: Arc::new(vec![rule("x"), Rule { on: false, ..rule("y") }]),
            ..prepared(&["a", "b"], &[], "1")
        };
        assert_eq!(kept.window, expected);
        assert_eq!(settings::load(only.paths()).window, expected, "it is stored");
        assert!(!home.path().join("workspace-2.toml").exists());
    }
}
