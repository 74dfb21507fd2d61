//! The boards of the window: a pane for each, what they share, and which of them is docked.

mod flash_all;
mod list;
mod under_way;

pub(crate) use under_way::board_work;

use std::collections::BTreeMap;

use egui::{Frame, Margin, Panel, ScrollArea, Ui, Vec2};
use espalier_core::SessionId;
use espalier_core::backend::Backend;
use espalier_core::board::{KeyringFault, LinkState, Secret};
use espalier_core::session::{SerialSpec, TransportSpec};

use super::esp_touch::{self, EspTouchForm};
use super::network;
use super::port::{self, PortForm};
use super::update::{self, UpdateForm};
use super::{BoardContext, BoardPane, section};
use crate::command::UiRequest;
use crate::icon::Icon;
use crate::panes::session::SessionPane;
use crate::scene::Scene;
use crate::state::{Dock, KnownNetwork};
use crate::theme::{self, space};
use crate::widgets::{self, RowTail, form};

/// What the panes of all boards share.
#[derive(Debug, Default)]
pub(crate) struct Shared {
    /// The networks that boards have joined, latest first.
    pub known: Vec<KnownNetwork>,
    touch: EspTouchForm,
    pub(super) update: UpdateForm,
}

impl Shared {
    /// Other boards, that hang on no port; `on_cable` is the one that is shown above.
    pub(super) fn without_a_cable(
        &mut self,
        ui: &mut Ui,
        scene: &mut Scene<'_>,
        on_cable: Option<&BoardContext<'_>>,
    ) {
        section(ui, scene, None, "board-section-network", false, |ui, scene| {
            network::ui(&mut self.update, ui, scene);
        });
        section(ui, scene, None, "board-section-update", false, |ui, scene| {
            update::ui(&mut self.update, ui, scene, on_cable);
        });
        section(ui, scene, None, "board-section-touch", false, |ui, scene| {
            esp_touch::ui(&mut self.touch, ui, scene);
        });
    }
}

/// The boards of the window.
#[derive(Debug, Default)]
pub struct BoardPanes {
    /// Is the panel at the side of the window open?
    pub open: bool,
    /// Where that panel stands; never among the tabs.
    pub dock: Dock,
    pub(crate) shared: Shared,
    port: PortForm,
    /// What was chosen before there was a board: it is for the first one.
    draft: BoardPane,
    /// In the order in which their ports were opened.
    list: Vec<BoardPane>,
    /// The one that commands mean.
    meant: Option<SessionId>,
    /// The one that is docked, where that is another one.
    docked: Option<SessionId>,
    /// A port is being chosen for one more.
    adds: bool,
}

impl BoardPanes {
    /// Boards at once: each has a thread, a log and a row.
    pub(crate) const MOST: usize = 16;

    /// The pane of the board on this session.
    pub(crate) fn of(&self, id: SessionId) -> Option<&BoardPane> {
        self.list.iter().find(|pane| pane.session == Some(id))
    }

    /// The same, to be changed.
    pub(crate) fn of_mut(&mut self, id: SessionId) -> Option<&mut BoardPane> {
        self.list.iter_mut().find(|pane| pane.session == Some(id))
    }

    /// Whether the board on this session has a pane here.
    pub(crate) fn has(&self, id: SessionId) -> bool {
        self.of(id).is_some()
    }

    /// All of them, in the order in which their ports were opened.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &BoardPane> {
        self.list.iter()
    }

    /// The sessions of all of them.
    pub(crate) fn sessions(&self) -> Vec<SessionId> {
        self.list.iter().filter_map(BoardPane::session).collect()
    }

    /// Which of them is meant, counted from 0.
    pub(crate) fn shown(&self) -> usize {
        self.list.iter().position(|pane| pane.session == self.meant).unwrap_or_default()
    }

    /// The pane that commands mean, and what is dropped on the window; before there is a board, what it will begin with.
    pub(crate) fn meant(&self) -> &BoardPane {
        self.meant.and_then(|id| self.of(id)).unwrap_or(&self.draft)
    }

    /// The same, to be changed.
    pub(crate) fn meant_mut(&mut self) -> &mut BoardPane {
        match self.list.iter_mut().find(|pane| pane.session == self.meant) {
            Some(pane) if self.meant.is_some() => pane,
            _ => &mut self.draft,
        }
    }

    /// A port was opened: its board gets a pane, which is the one that is meant.
    pub(crate) fn add(&mut self, id: SessionId, tabbed: bool) {
        let is_first = self.list.is_empty();
        let pane = if is_first { std::mem::take(&mut self.draft) } else { BoardPane::default() };
        self.list.push(BoardPane { session: Some(id), tabbed, ..pane });
        (self.port, self.adds) = (PortForm::default(), false);
        self.mean(id);
    }

    /// Whether there is room for one more.
    pub(crate) fn has_room(&self) -> bool {
        self.list.len() < Self::MOST
    }

    /// Lets a port be chosen for one more board.
    pub(crate) fn choose_port(&mut self) {
        self.adds = !self.list.is_empty() && self.has_room();
        self.open = true;
    }

    /// No port is chosen any more.
    pub(crate) const fn settle(&mut self) {
        self.adds = false;
    }

    /// The board that has this port already.
    pub(crate) fn on_port(&self, backend: &dyn Backend, spec: &SerialSpec) -> Option<SessionId> {
        let is_listed = backend.ports().iter().any(|port| port.name == spec.port);
        let has_it = |id: &SessionId| {
            let (asked, status) = (backend.spec(*id), backend.board(*id));
            let asked = asked.as_ref().and_then(|asked| match &asked.transport {
                TransportSpec::Serial(serial) => Some(serial),
                _ => None,
            });
            let status = status.filter(|status| status.link != LinkState::Closed);
            let usb = status.as_ref().and_then(|status| status.port.as_ref()?.usb());
            let usb = usb.or_else(|| asked?.board.as_ref());
            match (usb, &spec.board) {
                (Some(usb), Some(board)) => usb.is_same_board(board),
                // Ports may have swapped their names since; what no list has (`serial:…`) means the same board still.
                _ => match &status {
                    Some(status) if status.port_name == spec.port => true,
                    Some(_) if is_listed => false,
                    _ => asked.is_some_and(|asked| asked.port == spec.port),
                },
            }
        };
        self.sessions().into_iter().find(has_it)
    }

    /// A session is over; what was chosen for its board goes with it.
    pub(crate) fn remove(&mut self, id: SessionId) {
        self.list.retain(|pane| pane.session != Some(id));
        let next = |seen: Option<SessionId>| {
            seen.filter(|seen| *seen != id).or_else(|| self.list.last()?.session)
        };
        (self.meant, self.docked) = (next(self.meant), next(self.docked));
        self.adds &= !self.list.is_empty();
    }

    /// Commands mean this board from now on, and it is docked unless it stands among the tabs.
    pub(crate) fn mean(&mut self, id: SessionId) {
        let Some(pane) = self.of(id) else { return };
        if !pane.tabbed {
            self.docked = Some(id);
        }
        self.meant = Some(id);
    }

    /// The keyring has answered whoever asked it about this network.
    pub(crate) fn recalled(&mut self, ssid: &str, answer: &Result<Option<Secret>, KeyringFault>) {
        self.list.iter_mut().for_each(|pane| pane.recalled(ssid, answer.clone()));
    }

    /// Brings the board on this session into sight.
    pub(crate) fn reveal(&mut self, id: SessionId) {
        self.mean(id);
        self.open |= self.of(id).is_some_and(|pane| !pane.tabbed);
    }

    /// Puts the panel at this side of the window, or the board on this session among the tabs. Tells whether it is there.
    pub(crate) fn place(&mut self, id: Option<SessionId>, dock: Dock) -> bool {
        let tabbed = dock == Dock::Tab;
        if !tabbed {
            self.dock = dock;
        }
        if let Some(pane) = id.and_then(|id| self.of_mut(id)) {
            pane.tabbed = tabbed;
        }
        id.into_iter().for_each(|id| self.mean(id));
        tabbed
    }

    /// The board whose pane is docked.
    pub(crate) fn docked(&self) -> Option<SessionId> {
        let is_docked = |pane: &&BoardPane| !pane.tabbed;
        let chosen = self.docked.and_then(|id| self.of(id)).filter(is_docked);
        chosen.or_else(|| self.list.iter().find(is_docked))?.session
    }

    /// Whether the panel at the side of the window has a list: of several boards, or beside the ports for one more.
    fn has_list(&self) -> bool {
        self.list.len() > 1 || self.adds
    }

    /// Whether there is a panel at the side of the window.
    pub(crate) fn is_docked(&self) -> bool {
        self.open && (self.list.is_empty() || self.has_list() || self.docked().is_some())
    }

    /// Draws the panel at the side of the window: the boards, and below them the one that is docked, or what ports there are.
    pub(crate) fn ui(
        &mut self,
        ui: &mut Ui,
        scene: &mut Scene<'_>,
        panes: &mut BTreeMap<SessionId, SessionPane>,
    ) {
        let bar = frame(ui);
        if self.has_list() {
            let room = ui.available_size();
            let (panel, most) = if is_wide(room) {
                (Panel::left("boards beside").default_size(300.0), f32::INFINITY)
            } else {
                (Panel::top("boards"), (room.y * 0.4).max(80.0))
            };
            panel.frame(bar).show(ui, |ui| self.list_ui(ui, scene, most));
        }
        let docked = self.docked().filter(|id| scene.backend.board(*id).is_some());
        if let Some(id) = docked.filter(|_| !self.adds) {
            let room = ui.available_rect_before_wrap();
            let pressed_here = ui.input(|input| {
                let at = input.pointer.interact_pos();
                input.pointer.any_pressed() && at.is_some_and(|at| room.contains(at))
            });
            if pressed_here {
                self.meant = Some(id);
            }
            return self.board_ui(ui, scene, id, panes.get_mut(&id));
        }
        if !self.has_list() {
            let place = self.dock;
            Panel::top("board port")
                .frame(bar)
                .show(ui, |ui| port::ui(ui, scene, None, place, false));
        }
        egui::CentralPanel::default().frame(bar).show(ui, |ui| {
            ScrollArea::vertical().auto_shrink([false, false]).show(ui, |ui| {
                if self.list.is_empty() || self.adds {
                    self.ports_ui(ui, scene);
                } else {
                    form::hint(ui, scene.text("boards-in-tabs"));
                }
            });
        });
    }

    /// The boards, and what is asked of all of them.
    fn list_ui(&mut self, ui: &mut Ui, scene: &mut Scene<'_>, most: f32) {
        ui.horizontal(|ui| {
            let end = RowTail::new(ui, "boards");
            end.before(ui, |ui| {
                let title = scene.with("boards", [("count", self.list.len().into())]);
                ui.label(egui::RichText::new(title).strong().size(14.0));
            });
            end.show(ui, |ui| port::add_button(ui, scene, self.has_room() && !self.adds));
        });
        if let Some(id) = list::ui(&mut self.list, self.meant, ui, scene, most) {
            self.adds = false;
            scene.ask(UiRequest::Reveal(id));
        }
        ui.add_space(space::S);
        if self.list.len() > 1 {
            self.all_ui(ui, scene);
        }
    }

    /// What ports there are.
    fn ports_ui(&mut self, ui: &mut Ui, scene: &mut Scene<'_>) {
        if self.adds && widgets::button(ui, Icon::Cross, scene.text("cancel")).clicked() {
            self.adds = false;
        }
        let is_open = |spec: &SerialSpec| self.on_port(scene.backend, spec).is_some();
        let ports = scene.backend.ports();
        let open: Vec<String> = ports
            .iter()
            .filter(|port| is_open(&port::spec(port)))
            .map(|port| port.name.clone())
            .collect();
        port::offer(&mut self.port, ui, scene, &open);
        ui.add_space(space::M);
        self.shared.without_a_cable(ui, scene, None);
    }

    /// Draws the board on this session among the tabs; `false`: there is none, or it is not there.
    pub(crate) fn tab_ui(
        &mut self,
        ui: &mut Ui,
        scene: &mut Scene<'_>,
        id: SessionId,
        monitor: &mut SessionPane,
    ) -> bool {
        let is_here = self.of(id).is_some_and(|pane| pane.tabbed);
        if is_here {
            self.board_ui(ui, scene, id, Some(monitor));
        }
        is_here
    }

    fn board_ui(
        &mut self,
        ui: &mut Ui,
        scene: &mut Scene<'_>,
        id: SessionId,
        monitor: Option<&mut SessionPane>,
    ) {
        let Some(status) = scene.backend.board(id) else { return };
        let can_add = !self.has_list();
        let Self { list, shared, dock, .. } = self;
        let Some(pane) = list.iter_mut().find(|pane| pane.session == Some(id)) else { return };
        let place = if pane.tabbed { Dock::Tab } else { *dock };
        let bar = frame(ui);
        Panel::top("board port")
            .frame(bar)
            .show(ui, |ui| port::ui(ui, scene, Some((id, &status)), place, can_add));
        pane.ui(ui, scene, shared, (id, &status), monitor);
    }
}

/// Whether there is more room beside than below.
pub(super) fn is_wide(room: Vec2) -> bool {
    room.x > 900.0 || room.x > 600.0 && room.y < 420.0
}

/// What the parts of a panel stand on.
pub(super) fn frame(ui: &Ui) -> Frame {
    Frame::new().fill(theme::tokens(ui).panel).inner_margin(Margin::symmetric(12, 8))
}
