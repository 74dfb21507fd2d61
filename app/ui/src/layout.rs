//! How tabs lie beside each other, in a form that is kept: small, readable, and free of egui's own numbers.

use egui_tiles::{Container, Linear, LinearDir, Tabs, Tile, TileId, Tiles, Tree};
use serde::{Deserialize, Serialize};

use crate::panes::Pane;

/// A part of the window.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "kind")]
pub enum Layout {
    /// One tab: the number of its session among the saved ones.
    Session {
        /// Its place in [`crate::UiState::sessions`].
        index: usize,
    },
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

/// Reads the layout of a tree; `index` numbers the panes that are kept.
pub fn of_tree(tree: &Tree<Pane>, index: impl Fn(Pane) -> Option<usize>) -> Option<Layout> {
    part(&tree.tiles, tree.root()?, &index)
}

fn part(tiles: &Tiles<Pane>, id: TileId, index: &impl Fn(Pane) -> Option<usize>) -> Option<Layout> {
    let container = match tiles.get(id)? {
        Tile::Pane(pane) => return index(*pane).map(|index| Layout::Session { index }),
        Tile::Container(container) => container,
    };
    let (ids, children): (Vec<TileId>, Vec<Layout>) = container
        .children()
        .filter_map(|child| Some((*child, part(tiles, *child, index)?)))
        .unzip();
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

/// Builds a tree from a layout; panes that `pane` does not know, and panes named twice, are left out.
pub fn to_tree(
    name: egui::Id,
    layout: &Layout,
    pane: impl Fn(usize) -> Option<Pane>,
) -> Tree<Pane> {
    let mut tiles = Tiles::default();
    let mut used = Vec::new();
    match grow(&mut tiles, layout, &pane, &mut used, 0) {
        Some(root) => Tree::new(name, root, tiles),
        None => Tree::empty(name),
    }
}

fn grow(
    tiles: &mut Tiles<Pane>,
    layout: &Layout,
    pane: &impl Fn(usize) -> Option<Pane>,
    used: &mut Vec<Pane>,
    depth: usize,
) -> Option<TileId> {
    /// A file that was tampered with must not exhaust the stack.
    const DEEPEST: usize = 32;
    if depth > DEEPEST {
        return None;
    }
    let all = |tiles: &mut Tiles<Pane>, children: &[Layout], used: &mut Vec<Pane>| {
        let grown = children.iter().map(|child| grow(tiles, child, pane, used, depth + 1));
        grown.collect::<Vec<_>>()
    };
    match layout {
        Layout::Session { index } => {
            let pane = pane(*index).filter(|pane| !used.contains(pane))?;
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

    use super::*;

    #[test]
    fn a_layout_comes_back_as_it_was() {
        let leaf = |index| Layout::Session { index };
        let layout = Layout::Row {
            shares: vec![1.0, 2.5],
            children: vec![
                Layout::Tabs { front: 1, children: vec![leaf(0), leaf(2)] },
                Layout::Column { shares: vec![1.0, 1.0], children: vec![leaf(1), leaf(3)] },
            ],
        };
        let tree = to_tree(egui::Id::unique("test"), &layout, |index| {
            Some(Pane::Session(SessionId(index as u64)))
        });
        let back = of_tree(&tree, |pane| match pane {
            Pane::Session(id) => Some(id.0 as usize),
        });
        assert_eq!(back, Some(layout));
    }

    #[test]
    fn panes_that_are_gone_or_named_twice_are_left_out() {
        let leaf = |index| Layout::Session { index };
        let layout = Layout::Tabs { front: 0, children: vec![leaf(9), leaf(1), leaf(1)] };
        let tree = to_tree(egui::Id::unique("test"), &layout, |index| {
            (index < 5).then_some(Pane::Session(SessionId(index as u64)))
        });
        assert_eq!(tree.tiles.iter().filter(|(_, tile)| tile.is_pane()).count(), 1);
    }
}
