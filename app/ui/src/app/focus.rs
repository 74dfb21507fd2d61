//! Which session commands mean, and where tabs lie.

use egui_tiles::{Container, Tile, TileId};
use espalier_core::backend::LogId;

use super::App;
use crate::layout;

impl App {
    /// Adds a tab beside the focused one and brings it to the front.
    pub(super) fn add_tab(&mut self, id: impl Into<LogId>) {
        let id = id.into();
        let tile = self.tree.tiles.insert_pane(id);
        let beside = self.focused.and_then(|id| self.tile_of(id));
        let home = beside.and_then(|tile| self.tree.tiles.parent_of(tile)).or(self.tree.root());
        match home.and_then(|home| self.tree.tiles.get_mut(home)) {
            Some(Tile::Container(Container::Tabs(tabs))) => {
                tabs.add_child(tile);
                tabs.set_active(tile);
            }
            Some(Tile::Container(container)) => container.add_child(tile),
            Some(Tile::Pane(_)) => {
                let old = self.tree.root();
                let root = self.tree.tiles.insert_tab_tile(old.into_iter().chain([tile]).collect());
                self.tree.root = Some(root);
            }
            None => self.tree.root = Some(self.tree.tiles.insert_tab_tile(vec![tile])),
        }
        self.focused = Some(id);
        self.bring_to_front(id);
    }

    /// Takes a tab away; the focus goes to a neighbour.
    pub(super) fn remove_tab(&mut self, id: impl Into<LogId>) {
        let id = id.into();
        let order = self.tab_order();
        if let Some(tile) = self.tile_of(id) {
            self.tree.remove_recursively(tile);
        }
        if self.focused == Some(id) {
            let at = order.iter().position(|other| *other == id).unwrap_or_default();
            let rest: Vec<_> = order.into_iter().filter(|other| *other != id).collect();
            self.focused = rest.get(at.min(rest.len().saturating_sub(1))).copied();
            if let Some(next) = self.focused {
                self.bring_to_front(next);
            }
        }
    }

    /// Makes a tab the one in front, and the one that commands mean.
    pub(super) fn bring_to_front(&mut self, id: impl Into<LogId>) {
        let id = id.into();
        self.focused = Some(id);
        self.pressed_in_panel = false;
        id.session().into_iter().for_each(|id| self.boards.mean(id));
        self.tree.make_active(|_, tile| matches!(tile, Tile::Pane(pane) if *pane == id));
    }

    /// Moves the focus by one tab, around the end.
    pub(super) fn step_tab(&mut self, forward: bool) {
        let order = self.tab_order();
        let Some(at) = order.iter().position(|id| Some(*id) == self.focused) else {
            if let Some(first) = order.first() {
                self.bring_to_front(*first);
            }
            return;
        };
        let next = if forward { at + 1 } else { at + order.len() - 1 } % order.len();
        if let Some(id) = order.get(next) {
            self.bring_to_front(*id);
        }
    }

    /// Puts the focused tab beside (`true`) or below the tabs it lies among.
    pub(super) fn split(&mut self, beside: bool) {
        let Some(tile) = self.focused.and_then(|id| self.tile_of(id)) else { return };
        let Some(home) = self.tree.tiles.parent_of(tile) else { return };
        let alone = self
            .tree
            .tiles
            .get_container(home)
            .is_none_or(|container| container.num_children() < 2);
        if alone {
            return;
        }
        let above = self.tree.tiles.parent_of(home);
        if let Some(Tile::Container(container)) = self.tree.tiles.get_mut(home) {
            container.remove_child(tile);
        }
        let own = self.tree.tiles.insert_tab_tile(vec![tile]);
        let pair = if beside {
            self.tree.tiles.insert_horizontal_tile(vec![home, own])
        } else {
            self.tree.tiles.insert_vertical_tile(vec![home, own])
        };
        match above {
            Some(above) => layout::replace(&mut self.tree.tiles, above, home, pair),
            None => self.tree.root = Some(pair),
        }
    }

    /// Whether nothing else is among the tabs that this one stands in.
    pub(super) fn stands_alone(&self, log: LogId) -> bool {
        let home = self.tile_of(log).and_then(|tile| self.tree.tiles.parent_of(tile));
        let home = home.and_then(|home| self.tree.tiles.get_container(home));
        home.is_none_or(|container| container.num_children() < 2)
    }

    /// After the user moved or clicked tabs: the focus must be on a session that can be seen.
    pub(super) fn focus_what_is_in_front(&mut self) {
        let seen: Vec<LogId> = self
            .tree
            .active_tiles()
            .into_iter()
            .filter_map(|tile| match self.tree.tiles.get(tile) {
                Some(Tile::Pane(pane)) => Some(*pane),
                _ => None,
            })
            .collect();
        if !self.focused.is_some_and(|id| seen.contains(&id)) {
            self.focused = seen.first().copied();
        }
    }

    /// Is the focused tab to be scrolled into sight? For a few frames after another one has the focus, or there is more or
    /// less room for tabs: how wide they are together is known one frame later, and the arrows beside them come then.
    pub(super) fn in_sight(&mut self, ctx: &egui::Context) -> bool {
        const FRAMES: u8 = 4;
        let now = (self.focused, self.tab_order().len(), ctx.content_rect().width());
        if now != self.scrolled_for.0 {
            self.scrolled_for = (now, FRAMES);
        }
        let left = &mut self.scrolled_for.1;
        let is_due = *left > 0;
        if is_due {
            *left -= 1;
            ctx.request_repaint();
        }
        is_due
    }

    fn tile_of(&self, id: LogId) -> Option<TileId> {
        self.tree.tiles.find_pane(&id)
    }

    /// The sessions, and the timeline, in the order of their tabs.
    pub(super) fn tab_order(&self) -> Vec<LogId> {
        let mut order = Vec::new();
        let mut open: Vec<TileId> = self.tree.root().into_iter().collect();
        while let Some(tile) = open.pop() {
            match self.tree.tiles.get(tile) {
                Some(Tile::Pane(pane)) => order.push(*pane),
                Some(Tile::Container(container)) => {
                    let mut children: Vec<_> = container.children().copied().collect();
                    children.reverse();
                    open.extend(children);
                }
                None => {}
            }
        }
        order
    }
}
