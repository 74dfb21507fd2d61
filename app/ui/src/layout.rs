//! How tabs lie beside each other, in a form that is kept: small, readable, and free of egui's own numbers.

use egui_tiles::{
    Container, Linear, LinearDir, SimplificationOptions, Tabs, Tile, TileId, Tiles, Tree,
};
use espalier_core::backend::LogId;
use serde::{Deserialize, Serialize};

/// A part of the window.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "kind")]
pub enum Layout {
    /// One tab: the number of its session among the saved ones.
    Session {
        /// The session's place in [`crate::UiState::sessions`].
        index: usize,
    },
    /// The tab of a board's panel: its number among the saved ones.
    Board {
        /// The board's place in [`crate::SavedBoards::boards`].
        index: usize,
    },
    /// The tab of the timeline.
    Timeline,
    /// Tabs over each other.
    Tabs {
        /// Which one is in front.
        front: usize,
        /// The tabs.
        children: Vec<Layout>,
    },
    /// Parts beside each other.
    Row {
        /// How wide each is, relative to the others.
        shares: Vec<f32>,
        /// The parts, from the left.
        children: Vec<Layout>,
    },
    /// Parts below each other.
    Column {
        /// How high each is, relative to the others.
        shares: Vec<f32>,
        /// The parts, from above.
        children: Vec<Layout>,
    },
}

impl Layout {
    /// The same with other numbers of sessions and boards; leaves that these do not know are left out.
    pub fn renumbered(
        self,
        session: &impl Fn(usize) -> Option<usize>,
        board: &impl Fn(usize) -> Option<usize>,
    ) -> Option<Self> {
        let parts = |children: Vec<Self>| {
            children.into_iter().map(|child| child.renumbered(session, board))
        };
        let line = |shares: Vec<f32>, children: Vec<Self>| {
            let shares = shares.into_iter().chain(std::iter::repeat(1.0));
            let kept: (Vec<f32>, Vec<Self>) = shares
                .zip(parts(children))
                .filter_map(|(share, child)| Some((share, child?)))
                .unzip();
            Some(kept).filter(|(_, children)| !children.is_empty())
        };
        match self {
            Self::Session { index } => Some(Self::Session { index: session(index)? }),
            Self::Board { index } => Some(Self::Board { index: board(index)? }),
            Self::Timeline => Some(Self::Timeline),
            Self::Tabs { front, children } => {
                let children: Vec<Option<Self>> = parts(children).collect();
                let front = children.iter().take(front).flatten().count();
                let children: Vec<Self> = children.into_iter().flatten().collect();
                let front = front.min(children.len().checked_sub(1)?);
                Some(Self::Tabs { front, children })
            }
            Self::Row { shares, children } => {
                line(shares, children).map(|(shares, children)| Self::Row { shares, children })
            }
            Self::Column { shares, children } => {
                line(shares, children).map(|(shares, children)| Self::Column { shares, children })
            }
        }
    }
}

/// Reads the layout of a tree; `leaf` says how the panes that are kept come back.
pub fn of_tree(tree: &Tree<LogId>, leaf: impl Fn(LogId) -> Option<Layout>) -> Option<Layout> {
    part(&tree.tiles, tree.root()?, &leaf)
}

fn part(
    tiles: &Tiles<LogId>,
    id: TileId,
    leaf: &impl Fn(LogId) -> Option<Layout>,
) -> Option<Layout> {
    let container = match tiles.get(id)? {
        Tile::Pane(pane) => return leaf(*pane),
        Tile::Container(container) => container,
    };
    let (ids, children): (Vec<TileId>, Vec<Layout>) =
        container.children().filter_map(|child| Some((*child, part(tiles, *child, leaf)?))).unzip();
    if children.is_empty() {
        return None;
    }
    Some(match container {
        Container::Tabs(tabs) => Layout::Tabs {
            front: ids.iter().position(|id| Some(*id) == tabs.active).unwrap_or_default(),
            children,
        },
        Container::Linear(linear) => {
            let shares = ids.iter().map(|id| linear.shares[*id]).collect();
            match linear.dir {
                LinearDir::Horizontal => Layout::Row { shares, children },
                LinearDir::Vertical => Layout::Column { shares, children },
            }
        }
        Container::Grid(_) => Layout::Row { shares: vec![1.0; children.len()], children },
    })
}

/// What egui keeps tidy by itself.
pub(crate) const SIMPLE: SimplificationOptions = SimplificationOptions {
    prune_empty_tabs: true,
    prune_empty_containers: true,
    prune_single_child_tabs: true,
    prune_single_child_containers: true,
    all_panes_must_have_tabs: true,
    join_nested_linear_containers: true,
    flatten_tabs_in_tabs: true,
};

/// Sees to it that tabs hold panes and nothing else. A pane that is dropped on half of another, which lies among tabs, would
/// share that one's tab with it: a tab without a name, with tabs of its own inside. What was meant is to divide the whole
/// group: `moved` gets a part of its own, and all others stay together.
pub(crate) fn flatten(tree: &mut Tree<LogId>, moved: Option<TileId>) {
    tree.simplify(&SIMPLE);
    while let Some((group, inner)) = nested(&tree.tiles) {
        lift(tree, group, inner, moved);
        tree.simplify(&SIMPLE);
    }
}

/// A group of tabs, and parts beside each other that are one of its tabs.
fn nested(tiles: &Tiles<LogId>) -> Option<(TileId, TileId)> {
    tiles.iter().find_map(|(id, tile)| {
        let Tile::Container(Container::Tabs(tabs)) = tile else { return None };
        let is_parts = |child: &&TileId| tiles.get_container(**child).is_some();
        tabs.children.iter().find(is_parts).map(|inner| (*id, *inner))
    })
}

/// Puts `inner` in the place of `group`, and `group`, with the tabs of one part of `inner`, in the place of that part.
fn lift(tree: &mut Tree<LogId>, group: TileId, inner: TileId, moved: Option<TileId>) {
    let host = host(&tree.tiles, inner, moved);
    let (panes, front) = match tree.tiles.get(host) {
        Some(Tile::Container(Container::Tabs(tabs))) => (tabs.children.clone(), tabs.active),
        _ => (vec![host], Some(host)),
    };
    let is_group = panes != [host];
    let above = tree.tiles.parent_of(group);
    if let Some(home) = tree.tiles.parent_of(host).filter(|_| host != inner) {
        replace(&mut tree.tiles, home, host, group);
    }
    if let Some(Tile::Container(Container::Tabs(tabs))) = tree.tiles.get_mut(group) {
        let at = tabs.children.iter().position(|child| *child == inner).unwrap_or_default();
        tabs.children.splice(at..=at, panes);
        if tabs.active == Some(inner) {
            tabs.active = front;
        }
    }
    if is_group {
        tree.tiles.remove(host);
    }
    if host == inner {
        return;
    }
    match above {
        Some(above) => replace(&mut tree.tiles, above, group, inner),
        None => tree.root = Some(inner),
    }
}

/// The part of `inner` that its tabs belong to: the first one without what was moved.
fn host(tiles: &Tiles<LogId>, inner: TileId, moved: Option<TileId>) -> TileId {
    let mut at = inner;
    while let Some(container) = tiles.get_container(at) {
        if matches!(container, Container::Tabs(_)) {
            break;
        }
        let holds = |tile: TileId| moved.is_some_and(|moved| is_in(tiles, tile, moved));
        let first = container.children().find(|child| !holds(**child));
        match first.or_else(|| container.children().next()) {
            Some(child) => at = *child,
            None => break,
        }
    }
    at
}

/// Is `tile` the same as `whole`, or somewhere in it?
fn is_in(tiles: &Tiles<LogId>, whole: TileId, tile: TileId) -> bool {
    whole == tile
        || tiles
            .get_container(whole)
            .is_some_and(|container| container.children().any(|child| is_in(tiles, *child, tile)))
}

/// Puts `new` in the place of `old`, with its share of the room.
pub(crate) fn replace(tiles: &mut Tiles<LogId>, above: TileId, old: TileId, new: TileId) {
    let (children, shares) = match tiles.get_mut(above) {
        Some(Tile::Container(Container::Linear(linear))) => {
            (&mut linear.children, Some(&mut linear.shares))
        }
        Some(Tile::Container(Container::Tabs(tabs))) => {
            if tabs.active == Some(old) {
                tabs.active = Some(new);
            }
            (&mut tabs.children, None)
        }
        _ => return,
    };
    if let Some(child) = children.iter_mut().find(|child| **child == old) {
        *child = new;
    }
    if let Some(shares) = shares {
        let share = shares[old];
        shares.set_share(new, share);
    }
}

/// Builds a tree from a layout; panes that `pane` does not know, and panes named twice, are left out.
pub fn to_tree(
    name: egui::Id,
    layout: &Layout,
    pane: impl Fn(&Layout) -> Option<LogId>,
) -> Tree<LogId> {
    let mut tiles = Tiles::default();
    let mut used = Vec::new();
    match grow(&mut tiles, layout, &pane, &mut used, 0) {
        Some(root) => {
            let mut tree = Tree::new(name, root, tiles);
            // Earlier versions stored what they should not have made.
            flatten(&mut tree, None);
            tree
        }
        None => Tree::empty(name),
    }
}

fn grow(
    tiles: &mut Tiles<LogId>,
    layout: &Layout,
    pane: &impl Fn(&Layout) -> Option<LogId>,
    used: &mut Vec<LogId>,
    depth: usize,
) -> Option<TileId> {
    /// A file that was tampered with must not exhaust the stack.
    const DEEPEST: usize = 32;
    if depth > DEEPEST {
        return None;
    }
    let all = |tiles: &mut Tiles<LogId>, children: &[Layout], used: &mut Vec<LogId>| {
        let grown = children.iter().map(|child| grow(tiles, child, pane, used, depth + 1));
        grown.collect::<Vec<_>>()
    };
    match layout {
        Layout::Session { .. } | Layout::Board { .. } | Layout::Timeline => {
            let pane = pane(layout).filter(|pane| !used.contains(pane))?;
            used.push(pane);
            Some(tiles.insert_pane(pane))
        }
        Layout::Tabs { front, children } => {
            let ids = all(tiles, children, used);
            let active = ids.get(*front).copied().flatten();
            let mut tabs = Tabs::new(ids.into_iter().flatten().collect());
            if tabs.children.is_empty() {
                return None;
            }
            tabs.active = active.or_else(|| tabs.children.first().copied());
            Some(tiles.insert_new(Tile::Container(Container::Tabs(tabs))))
        }
        Layout::Row { shares, children } | Layout::Column { shares, children } => {
            let ids = all(tiles, children, used);
            let dir = match layout {
                Layout::Row { .. } => LinearDir::Horizontal,
                _ => LinearDir::Vertical,
            };
            let mut linear = Linear::new(dir, ids.iter().flatten().copied().collect());
            if linear.children.is_empty() {
                return None;
            }
            for (id, share) in ids.iter().zip(shares) {
                if let Some(id) = id
                    && share.is_finite()
                    && *share > 0.0
                {
                    linear.shares.set_share(*id, *share);
                }
            }
            Some(tiles.insert_new(Tile::Container(Container::Linear(linear))))
        }
    }
}

#[cfg(test)]
mod tests {
    use espalier_core::SessionId;
    use espalier_core::timeline::TimelineId;

    use super::*;

    fn pane(leaf: &Layout) -> Option<LogId> {
        match leaf {
            Layout::Session { index } => Some(LogId::Session(SessionId(*index as u64))),
            Layout::Timeline => Some(LogId::Timeline(TimelineId(77))),
            _ => None,
        }
    }

    #[test]
    fn a_layout_comes_back_as_it_was() {
        let leaf = |index| Layout::Session { index };
        let layout = Layout::Row {
            shares: vec![1.0, 2.5],
            children: vec![
                Layout::Tabs { front: 1, children: vec![leaf(0), leaf(2)] },
                Layout::Column {
                    shares: vec![1.0, 1.0],
                    children: vec![
                        Layout::Tabs { front: 0, children: vec![leaf(1)] },
                        Layout::Tabs { front: 0, children: vec![Layout::Timeline] },
                    ],
                },
            ],
        };
        let tree = to_tree(egui::Id::unique("test"), &layout, pane);
        assert_eq!(numbers(&tree), Some(layout));
    }

    fn numbers(tree: &Tree<LogId>) -> Option<Layout> {
        of_tree(tree, |pane| match pane {
            LogId::Session(id) => Some(Layout::Session { index: id.0 as usize }),
            LogId::Timeline(_) => Some(Layout::Timeline),
        })
    }

    #[test]
    fn tabs_inside_tabs_are_healed() {
        let leaf = |index| Layout::Session { index };
        let tabs = |children: Vec<usize>, front| Layout::Tabs {
            front,
            children: children.into_iter().map(leaf).collect(),
        };
        let stored = Layout::Tabs {
            front: 1,
            children: vec![
                leaf(0),
                Layout::Column {
                    shares: vec![1.0, 1.0],
                    children: vec![tabs(vec![1], 0), tabs(vec![2], 0)],
                },
                leaf(3),
                Layout::Tabs { front: 0, children: vec![leaf(4)] },
            ],
        };
        let tree = to_tree(egui::Id::unique("test"), &stored, pane);
        let healed = Layout::Column {
            shares: vec![1.0, 1.0],
            children: vec![tabs(vec![0, 1, 3, 4], 1), tabs(vec![2], 0)],
        };
        assert_eq!(numbers(&tree), Some(healed));
    }

    #[test]
    fn what_was_dropped_gets_a_part_of_its_own_above_or_below() {
        for above in [true, false] {
            let mut tiles = Tiles::default();
            let panes: Vec<TileId> =
                (0..3).map(|id| tiles.insert_pane(LogId::Session(SessionId(id)))).collect();
            // As egui leaves it when the first of three is dropped on a half of the second.
            let pair = if above { [panes[0], panes[1]] } else { [panes[1], panes[0]] };
            let inner = tiles.insert_vertical_tile(pair.to_vec());
            let root = tiles.insert_tab_tile(vec![inner, panes[2]]);
            let mut tree = Tree::new(egui::Id::unique("test"), root, tiles);
            flatten(&mut tree, Some(panes[0]));
            let leaf = |index| Layout::Session { index };
            let mut children = vec![
                Layout::Tabs { front: 0, children: vec![leaf(0)] },
                Layout::Tabs { front: 0, children: vec![leaf(1), leaf(2)] },
            ];
            if !above {
                children.reverse();
            }
            assert_eq!(numbers(&tree), Some(Layout::Column { shares: vec![1.0, 1.0], children }));
        }
    }

    #[test]
    fn panes_that_are_gone_or_named_twice_are_left_out() {
        let leaf = |index| Layout::Session { index };
        let layout = Layout::Tabs { front: 0, children: vec![leaf(9), leaf(1), leaf(1)] };
        let tree = to_tree(egui::Id::unique("test"), &layout, |leaf| {
            pane(leaf).filter(|log| log.session().is_some_and(|id| id.0 < 5))
        });
        assert_eq!(tree.tiles.iter().filter(|(_, tile)| tile.is_pane()).count(), 1);
    }
}
