//! What the connections of a log are called.

use std::collections::BTreeMap;

use espalier_core::PeerId;

/// Names that stand behind the numbers of connections, where a log says whose each row is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PeerNames {
    names: BTreeMap<PeerId, String>,
    cells: usize,
}

impl PeerNames {
    /// Cells of a fixed-width font that a name has at most; longer ones are cut.
    pub const MOST: usize = 12;

    /// These names.
    pub fn new(names: impl IntoIterator<Item = (PeerId, String)>) -> Self {
        let names: BTreeMap<PeerId, String> =
            names.into_iter().map(|(peer, name)| (peer, cut(&name))).collect();
        let cells = names.values().map(|name| name.chars().map(cells).sum()).max();
        Self { names, cells: cells.unwrap_or_default() }
    }

    /// Cells of a fixed-width font that the longest of them needs; 0: there are none.
    pub const fn cells(&self) -> usize {
        self.cells
    }

    /// What stands in a row of this connection: `#4`, with its name if it has one.
    pub fn label(&self, peer: PeerId) -> String {
        match self.names.get(&peer) {
            Some(name) => format!("#{} {name}", peer.0),
            None => format!("#{}", peer.0),
        }
    }
}

const fn cells(character: char) -> usize {
    if character.is_ascii() { 1 } else { 2 }
}

fn cut(name: &str) -> String {
    let all: usize = name.chars().map(cells).sum();
    if all <= PeerNames::MOST {
        return name.to_owned();
    }
    let mut room = PeerNames::MOST - 1;
    let fits = |character: &char| {
        let left = room.checked_sub(cells(*character));
        room = left.unwrap_or_default();
        left.is_some()
    };
    let mut short: String = name.chars().take_while(fits).collect();
    short.push('…');
    short
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_cut_to_the_room_that_all_of_them_have() {
        let of = |names: &[&str]| {
            let named = names.iter().zip(1..).map(|(name, id)| (PeerId(id), (*name).to_owned()));
            PeerNames::new(named)
        };
        assert_eq!(of(&[]).cells(), 0);
        let names = of(&["lamp", "门锁", "a very long name of a client", "一二三四五六七八"]);
        assert_eq!(names.label(PeerId(1)), "#1 lamp");
        assert_eq!(names.label(PeerId(2)), "#2 门锁");
        assert_eq!(names.label(PeerId(3)), "#3 a very long…");
        assert_eq!(names.label(PeerId(4)), "#4 一二三四五…");
        assert_eq!(names.label(PeerId(5)), "#5");
        assert!(names.cells() <= PeerNames::MOST + 1, "{}", names.cells());
    }
}
