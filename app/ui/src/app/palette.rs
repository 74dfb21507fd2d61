//! What the palette must know of the window: what cannot be done now, and why.

use espalier_core::SessionId;
use espalier_core::backend::LogId;
use espalier_core::board::{FirmwareState, LinkState};
use espalier_core::send_list::RunPhase;
use espalier_core::session::{SessionState, SessionStatus, TransportSpec};

use super::App;
use crate::command::{Group, UiCommand};
use crate::dialogs::Dialog;
use crate::panes::board::board_work;
use crate::words;

impl App {
    /// Tells the palette, while it is up, what there is.
    pub(super) fn inform_palette(&mut self) {
        if !matches!(self.dialog, Some(Dialog::Palette(_))) {
            return;
        }
        let refused = UiCommand::ALL.iter().filter_map(|it| Some((*it, self.refusal(*it)?)));
        let refused = refused.collect();
        let tabs = self.tab_order().into_iter().map(|log| (log, self.tab_title(log))).collect();
        let has_log = self.focused.is_some();
        if let Some(Dialog::Palette(palette)) = &mut self.dialog {
            palette.inform(refused, tabs, has_log);
        }
    }

    fn tab_title(&self, log: LogId) -> String {
        let known = log.session().and_then(|id| self.backend.spec(id).zip(self.backend.status(id)));
        match known {
            Some((spec, status)) => words::title(&spec, status.local, &self.locale),
            None => self.locale.text("timeline").to_owned(),
        }
    }

    /// Why a command can do nothing now, by the key of the words for it.
    pub(super) fn refusal(&self, command: UiCommand) -> Option<&'static str> {
        use UiCommand as C;
        match command {
            C::CloseTab | C::SaveLog | C::RenameTab | C::DuplicateTab => {
                self.focused.is_none().then_some("cannot-no-tab")
            }
            C::NextTab | C::PreviousTab | C::CloseOtherTabs | C::CloseTabsRight => {
                (self.tab_order().len() < 2).then_some("cannot-no-other-tab")
            }
            C::SplitRight | C::SplitDown => match self.focused {
                None => Some("cannot-no-tab"),
                Some(log) => self.stands_alone(log).then_some("cannot-alone"),
            },
            C::ImportList | C::ExportList | C::ImportRules | C::ExportRules => None,
            _ => match command.group() {
                Group::Window => None,
                Group::Connection => self.refusal_of_session(command),
                Group::Log => self.focused.is_none().then_some("cannot-no-tab"),
                Group::Board => self.refusal_of_board(command),
            },
        }
    }

    fn refusal_of_session(&self, command: UiCommand) -> Option<&'static str> {
        use UiCommand as C;
        let known = self.focused.and_then(LogId::session);
        let known =
            known.and_then(|id| Some((id, self.backend.spec(id)?, self.backend.status(id)?)));
        let Some((id, spec, status)) = known else { return Some("cannot-no-session") };
        let transport = &spec.transport;
        if matches!(transport, TransportSpec::Capture(_)) && command != C::Options {
            return Some("cannot-captured");
        }
        let running = status.state.is_running();
        let tcp = transport.has_peers() || matches!(transport, TransportSpec::TcpClient(_));
        match command {
            C::Start => running.then_some("cannot-running"),
            C::Stop => (!running).then_some("cannot-idle"),
            C::HalfClose | C::Reset => {
                (!tcp || !is_connected(&status)).then_some("cannot-no-connection")
            }
            C::Bridge if !transport.can_be_bridged() => Some("cannot-bridge"),
            C::Bridge => status.bridge.is_some().then_some("cannot-bridged"),
            C::EndBridge => status.bridge.is_none().then_some("cannot-no-bridge"),
            C::Clients => (!transport.has_peers()).then_some("cannot-no-server"),
            C::ListRun if self.send_list.list.is_empty() => Some("cannot-empty-list"),
            C::ListRun if list_runs(&status) => Some("cannot-running"),
            C::ListRun => (!running).then_some("cannot-no-connection"),
            C::ListPause | C::ListStep | C::ListStop => {
                (!list_runs(&status)).then_some("cannot-no-run")
            }
            C::LineDtr | C::LineRts | C::LineBreak => {
                let open = self.backend.board(id).is_some_and(|board| {
                    board.link == LinkState::Monitoring && board.lines.present
                });
                (!open).then_some("cannot-no-port")
            }
            _ => None,
        }
    }

    fn refusal_of_board(&self, command: UiCommand) -> Option<&'static str> {
        use UiCommand as C;
        match command {
            C::ExportImages
            | C::BoardNetwork
            | C::BoardTouch
            | C::DockLeft
            | C::DockRight
            | C::DockBelow => {
                return None;
            }
            C::BoardAdd => return (!self.boards.has_room()).then_some("cannot-no-room"),
            C::BoardCancelAll => {
                let idle = self.boards.cancel_all(&*self.backend).is_empty();
                return idle.then_some("cannot-nothing-under-way");
            }
            _ => {}
        }
        let known = self.boards.meant().session();
        let known = known.and_then(|id| Some((id, self.backend.board(id)?)));
        let Some((id, board)) = known else { return Some("cannot-no-board") };
        let work = board_work(&*self.backend, id).is_some();
        let closed = (board.link == LinkState::Closed).then_some("cannot-port-closed");
        let busy = || work.then_some("cannot-busy-board");
        match command {
            C::BoardGo => busy(),
            C::BoardCancel => (!work).then_some("cannot-nothing-under-way"),
            C::BoardFlash | C::BoardTable | C::BoardReset | C::BoardDownload | C::BoardScan => {
                closed.or_else(busy)
            }
            C::BoardFlashAgain => {
                let none = !self.boards.meant().has_build();
                none.then_some("cannot-no-build").or(closed).or_else(busy)
            }
            C::BoardTalk => board.reported.endpoint().is_none().then_some("cannot-no-address"),
            C::BoardWifi | C::BoardClients | C::BoardScreen | C::BoardSettings | C::BoardTrends => {
                let ours = self.boards.meant().firmware(&*self.backend, &board);
                (!matches!(ours, FirmwareState::Ours { .. })).then_some("cannot-not-ours")
            }
            _ => None,
        }
    }
}

fn is_connected(status: &SessionStatus) -> bool {
    matches!(status.state, SessionState::Connected(_) | SessionState::Listening)
}

fn list_runs(status: &SessionStatus) -> bool {
    status.list.as_ref().is_some_and(|list| !matches!(list.phase, RunPhase::Over(_)))
}

/// The section of the board panel that a command opens, by the key of its heading.
pub(super) const fn board_section(command: UiCommand) -> Option<&'static str> {
    use UiCommand as C;
    Some(match command {
        C::BoardFlashForm => "board-section-flash",
        C::BoardRegion => "board-section-region",
        C::BoardSymbols => "board-section-symbols",
        C::BoardWifi => "board-section-wifi",
        C::BoardClients => "board-section-clients",
        C::BoardScreen => "board-section-screen",
        C::BoardSettings => "board-section-settings",
        C::BoardTrends => "board-section-trends",
        C::BoardNetwork => "board-section-network",
        C::BoardTouch => "board-section-touch",
        _ => return None,
    })
}

/// A section that is there without a board is that of any.
pub(super) const ANY_BOARD: SessionId = SessionId(0);
