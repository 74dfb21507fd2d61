//! What tabs are called, no two of them alike.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use espalier_core::SessionId;
use espalier_core::backend::Backend;
use espalier_core::board::{BoardStatus, ServiceState};
use espalier_core::session::{SessionSpec, SessionState, SessionStatus, TransportSpec};

use crate::locale::Locale;
use crate::words;

/// The labels of all sessions. Where several have one title, each has a number, which it keeps as long as it has that title.
#[derive(Debug, Default)]
pub(crate) struct TabLabels(BTreeMap<SessionId, TabLabel>);

/// The label of a session.
#[derive(Clone, Debug)]
pub(crate) struct TabLabel {
    /// Name or address, the place that the board at the other end has given it, and a number where that is needed.
    pub text: String,
    /// That place.
    pub place: Option<ServiceState>,
    /// Signs tell roles apart: what is called alike is of one role.
    role: &'static str,
    title: String,
    number: u32,
}

impl TabLabels {
    /// The label of this session.
    pub(crate) fn of(&self, id: SessionId) -> Option<&TabLabel> {
        self.0.get(&id)
    }

    /// Looks at what the sessions are called now.
    pub(crate) fn update(
        &mut self,
        sessions: impl Iterator<Item = SessionId>,
        backend: &dyn Backend,
        locale: &Locale,
    ) {
        let boards = boards(backend);
        let mut now = BTreeMap::new();
        let mut taken: BTreeMap<(&str, String), BTreeSet<u32>> = BTreeMap::new();
        let mut fresh = Vec::new();
        for id in sessions {
            let (Some(spec), Some(status)) = (backend.spec(id), backend.status(id)) else {
                continue;
            };
            let title = words::title(&spec, status.local, locale);
            let place = place_of(&boards, &spec, &status);
            let role = words::role(&spec.transport);
            let is_same = |it: &&TabLabel| it.title == title && it.role == role;
            let kept = self.0.get(&id).filter(is_same).map(|it| it.number);
            let number = kept.unwrap_or_default();
            if let Some(number) = kept {
                taken.entry((role, title.clone())).or_default().insert(number);
            } else {
                fresh.push(id);
            }
            let text = match place {
                Some(place) => format!("{title} · {}", words::place_in_short(place, locale)),
                None => title.clone(),
            };
            now.insert(id, TabLabel { text, place, role, title, number });
        }
        for id in fresh {
            let Some(label) = now.get_mut(&id) else { continue };
            let taken = taken.entry((label.role, label.title.clone())).or_default();
            label.number = (1..).find(|number| !taken.contains(number)).unwrap_or_default();
            taken.insert(label.number);
        }
        let mut count: BTreeMap<(&str, &str), u32> = BTreeMap::new();
        now.values().for_each(|it| *count.entry((it.role, &it.text)).or_default() += 1);
        let is_alike = |it: &TabLabel| count.get(&(it.role, &*it.text)).is_some_and(|it| *it > 1);
        let alike: Vec<SessionId> =
            now.iter().filter(|(_, it)| is_alike(it)).map(|(id, _)| *id).collect();
        for id in alike {
            if let Some(label) = now.get_mut(&id) {
                label.text = format!("{} ·{}", label.text, label.number);
            }
        }
        self.0 = now;
    }
}

/// The boards that tell of the connections they have.
pub(crate) fn boards(backend: &dyn Backend) -> Vec<Arc<BoardStatus>> {
    backend.sessions().into_iter().filter_map(|id| backend.board(id)).collect()
}

/// Where a board of ours has put the connection of a client session, if one has told: while it is open, or when it explains
/// the end.
pub(crate) fn place_of(
    boards: &[Arc<BoardStatus>],
    spec: &SessionSpec,
    status: &SessionStatus,
) -> Option<ServiceState> {
    if !matches!(spec.transport, TransportSpec::TcpClient(_)) {
        return None;
    }
    let local = status.local.or_else(|| Some(status.peers.last()?.local))?;
    let told = |board: &Arc<BoardStatus>| board.reported.connection(local).map(|it| it.state);
    let place = boards.iter().find_map(told)?;
    // An open connection that the board calls over is about to end; an ended one is only explained by what ended it.
    let open = matches!(status.state, SessionState::Connected(_));
    (open || place.is_over()).then_some(place)
}
