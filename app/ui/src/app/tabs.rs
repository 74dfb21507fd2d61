//! What is done with tabs as a whole: another name, one more like it, away with the others.

use egui::Context;
use egui_tiles::Tile;
use espalier_core::SessionId;
use espalier_core::backend::{LogId, SessionCommand};
use espalier_core::session::{SessionSpec, TransportSpec};
use espalier_core::view::ViewSpec;

use super::App;
use crate::command::UiCommand;
use crate::panes::TabRename;

impl App {
    /// Commands that mean a tab.
    pub(super) fn tab_command(&mut self, ctx: &Context, log: LogId, command: UiCommand) {
        match (command, log) {
            (UiCommand::CloseTab, _) => self.close_or_ask(log),
            (UiCommand::CloseOtherTabs, _) => {
                let group = self.group_of(log).into_iter();
                group.filter(|other| *other != log).for_each(|other| self.close_or_ask(other));
            }
            (UiCommand::CloseTabsRight, _) => {
                let right = self.group_of(log).into_iter().skip_while(|other| *other != log);
                right.skip(1).for_each(|other| self.close_or_ask(other));
            }
            (UiCommand::RenameTab, LogId::Session(id)) => {
                let name = self.backend.spec(id).map(|spec| spec.name.clone());
                self.rename = name.map(|name| TabRename::new(id, name));
            }
            (UiCommand::DuplicateTab, LogId::Session(id)) => self.duplicate(id),
            (UiCommand::Restart, LogId::Session(id)) => {
                self.session(ctx, id, SessionCommand::Stop);
                self.session(ctx, id, SessionCommand::Start);
            }
            _ => {}
        }
    }

    /// The tabs that lie over each other with this one, from the left.
    fn group_of(&self, log: LogId) -> Vec<LogId> {
        let tiles = &self.tree.tiles;
        let home = tiles.find_pane(&log).and_then(|tile| tiles.parent_of(tile));
        let children = home.and_then(|home| tiles.get_container(home)).map(|it| it.children());
        let pane = |tile| match tiles.get(tile) {
            Some(Tile::Pane(pane)) => Some(*pane),
            _ => None,
        };
        children.into_iter().flatten().filter_map(|tile| pane(*tile)).collect()
    }

    /// Opens a session like this one, with a capture of its own.
    fn duplicate(&mut self, id: SessionId) {
        let (Some(pane), Some(spec), Some(status)) =
            (self.panes.get(&id), self.backend.spec(id), self.backend.status(id))
        else {
            return;
        };
        // What the other one holds is not there twice.
        let is_free = match &spec.transport {
            TransportSpec::TcpClient(client) => client.local.as_ref().is_none_or(|it| it.port == 0),
            TransportSpec::TcpServer(server) => server.port == 0,
            TransportSpec::Relay(relay) => relay.server().is_ok_and(|server| server.port == 0),
            TransportSpec::Udp(udp) => udp.port == 0,
            // Nobody has said that as much again is wanted.
            TransportSpec::Serial(_) | TransportSpec::Load(_) => false,
            TransportSpec::Capture(_) => true,
        };
        let (send, at_launch, kept) = (pane.send_state(), pane.at_launch, pane.spec_to_keep(&spec));
        let twin = SessionSpec {
            view: of_no_capture(kept.view),
            capture: None,
            bridge: None,
            autostart: is_free && status.state.is_running(),
            ..kept
        };
        let twin = self.open_quietly(twin, send);
        self.add_tab(twin);
        if let Some(pane) = self.panes.get_mut(&twin) {
            pane.at_launch = at_launch;
            pane.focus_send();
        }
    }
}

/// How a log is shown, without what means one capture alone.
fn of_no_capture(mut view: ViewSpec) -> ViewSpec {
    let fresh = ViewSpec::default();
    view.cleared_before = fresh.cleared_before;
    view.unfolded = fresh.unfolded;
    view.filter.peers = fresh.filter.peers;
    (view.filter.since, view.filter.until) = (None, None);
    (view.bookmarks, view.reference) = (fresh.bookmarks, fresh.reference);
    view
}
