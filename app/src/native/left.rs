//! Sessions of windows that were open beside another one come back in this one: a user who opens one window again looks for
//! all of them there.

use espalier_engine::workspace::ProgramPaths;
use espalier_ui::SavedSession;

use super::settings::{self, LoadedState};
use super::window_slot::Left;

/// Takes over the sessions of these states, and stores them in this window's before they go there. How many there are.
pub fn take_over(left: Vec<Left>, paths: &ProgramPaths, kept: &mut LoadedState) -> usize {
    let mut taken = 0;
    for left in left {
        let LoadedState { window, troubles, .. } = settings::load(&left.paths);
        kept.troubles.extend(troubles);
        let sessions = &mut kept.window.sessions;
        let before = sessions.len();
        for session in window.sessions {
            if !is_there(sessions, &session) {
                sessions.push(session);
            }
        }
        let new = sessions.len() - before;
        // Only what is stored here goes there: whatever comes between, nothing is lost.
        if new > 0
            && let Err(trouble) = settings::save(paths, &kept.window)
        {
            kept.troubles.push(trouble);
            kept.window.sessions.truncate(before);
            continue;
        }
        if let Err(error) = std::fs::remove_file(&left.paths.workspace) {
            tracing::warn!(%error, path = %left.paths.workspace.display(), "stays");
        }
        taken += new;
    }
    taken
}

/// Whether the session was taken over before, by a window that was killed then.
fn is_there(sessions: &[SavedSession], session: &SavedSession) -> bool {
    let capture = &session.spec.capture;
    capture.is_some() && sessions.iter().any(|it| it.spec.capture == *capture)
}

#[cfg(test)]
mod tests {
    use espalier_core::CaptureId;
    use espalier_core::session::{SessionSpec, TcpClientSpec, TransportSpec};
    use espalier_ui::{SendState, UiState};

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
        settings::save(slot.paths(), &state).unwrap();
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
}
