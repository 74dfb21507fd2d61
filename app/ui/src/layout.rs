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
    /// The same with other numbers of sessions; leaves whose session `number` does not know are left out.
    pub fn renumbered(self, number: &impl Fn(usize) -> Option<usize>) -> Option<Self> {
        let parts =
            |children: Vec<Self>| children.into_iter().map(|child| child.renumbered(number));
        let line = |shares: Vec<f32>, children: Vec<Self>| {
            let shares = shares.into_iter().chain(std::iter::repeat(1.0));
            let kept: (Vec<f32>, Vec<Self>) = shares
                .zip(parts(children))
                .filter_map(|(share, child)| Some((share, child?)))
                .unzip();
            Some(kept).filter(|(_, children)| !children.is_empty())
        };
        match self {
            Self::Session { index } => Some(Self::Session { index: number(index)? }),
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
pub fn of_tree(tree: &Tree<Pane>, leaf: impl Fn(Pane) -> Option<Layout>) -> Option<Layout> {
    part(&tree.tiles, tree.root()?, &leaf)
}

fn part(tiles: &Tiles<Pane>, id: TileId, leaf: &impl Fn(Pane) -> Option<Layout>) -> Option<Layout> {
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

/// Builds a tree from a layout; panes that `pane` does not know, and panes named twice, are left out.
pub fn to_tree(
    name: egui::Id,
    layout: &Layout,
    pane: impl Fn(&Layout) -> Option<Pane>,
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
    pane: &impl Fn(&Layout) -> Option<Pane>,
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
        Layout::Session { .. } | Layout::Timeline => {
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

    use super::*;

    fn pane(leaf: &Layout) -> Option<Pane> {
        match leaf {
            Layout::Session { index } => Some(Pane::Session(SessionId(*index as u64))),
            Layout::Timeline => Some(Pane::Timeline(SessionId(77))),
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
                    children: vec![leaf(1), Layout::Timeline],
                },
            ],
        };
        let tree = to_tree(egui::Id::unique("test"), &layout, pane);
        let back = of_tree(&tree, |pane| match pane {
            Pane::Session(id) => Some(Layout::Session { index: id.0 as usize }),
            Pane::Timeline(_) => Some(Layout::Timeline),
        });
        assert_eq!(back, Some(layout));
    }

    #[test]
    fn panes_that_are_gone_or_named_twice_are_left_out() {
        let leaf = |index| Layout::Session { index };
        let layout = Layout::Tabs { front: 0, children: vec![leaf(9), leaf(1), leaf(1)] };
        let tree = to_tree(egui::Id::unique("test"), &layout, |leaf| {
            pane(leaf).filter(|pane| pane.id().0 < 5)
        });
        assert_eq!(tree.tiles.iter().filter(|(_, tile)| tile.is_pane()).count(), 1);
    }
}
