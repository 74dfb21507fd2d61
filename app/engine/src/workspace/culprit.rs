//! Which part of a value makes no sense: serde tells the way to it, but not into what it keeps aside until it knows what it
//! is to become (a table whose `kind` says which).

use serde::de::DeserializeOwned;

use super::tree::{Node, PathSegment, Tree, ValueError};

/// How many entries of one table or list are tried.
const MOST: usize = 256;

/// Why a value could not be read, and the way to the innermost part of it that makes no sense.
#[derive(Debug)]
pub struct Misfit {
    /// The reason in one line.
    pub message: String,
    /// From the value that was read.
    pub path: Vec<PathSegment>,
}

/// Reads a value.
pub fn read<T: DeserializeOwned>(tree: &Tree) -> Result<T, Misfit> {
    T::deserialize(tree).map_err(|misread| {
        let (message, mut path) = misread.into_parts();
        // What is not there has no place of its own.
        if !message.starts_with("missing field") {
            let told = (message.clone(), path.clone());
            while let Some(step) = inner::<T>(tree, &path, &told) {
                path.push(step);
            }
        }
        Misfit { message, path }
    })
}

type Told = (String, Vec<PathSegment>);

/// The entry below `path` that the complaint is about: without it, it is another one, or none.
fn inner<T: DeserializeOwned>(
    tree: &Tree,
    path: &[PathSegment],
    told: &Told,
) -> Option<PathSegment> {
    let steps: Vec<PathSegment> = match &tree.at(path).node {
        Node::Table(entries) => {
            entries.iter().take(MOST).map(|(key, _)| PathSegment::Key(key.clone())).collect()
        }
        Node::List(items) => (0..items.len().min(MOST)).map(PathSegment::Item).collect(),
        Node::Leaf(_) => return None,
    };
    let without = |left_out: &[&PathSegment]| {
        let mut rest = tree.clone();
        for step in left_out {
            rest.remove(&[path, &[(*step).clone()]].concat());
        }
        T::deserialize(&rest).err().map(ValueError::into_parts)
    };
    let mut changing: Vec<(&PathSegment, Option<Told>)> = Vec::new();
    for step in &steps {
        let then = without(&[step]);
        if then.as_ref() != Some(told) {
            changing.push((step, then));
        }
    }
    // Without the entry that says what the table is, all other complaints are covered by that one.
    let covers = |(step, then): &(&PathSegment, Option<Told>)| {
        let others = changing.iter().filter(|(other, _)| other != step);
        changing.len() > 1
            && others.map(|(other, _)| without(&[step, other])).all(|both| both == *then)
    };
    let meant = changing.iter().find(|entry| !covers(entry)).or_else(|| changing.first());
    meant.map(|(step, _)| (*step).clone())
}

#[cfg(test)]
mod tests {
    use serde::{Deserialize, Serialize};

    use super::*;
    use crate::workspace::recover;

    #[derive(Debug, Deserialize, Serialize)]
    struct Whole {
        part: Vec<Section>,
    }

    #[derive(Debug, Deserialize, Serialize)]
    #[serde(tag = "kind", rename_all = "kebab-case")]
    enum Section {
        Plain { port: u16, deep: Option<Deep> },
        Other,
    }

    #[derive(Debug, Deserialize, Serialize)]
    struct Deep {
        row: Vec<u8>,
        word: Option<Word>,
    }

    #[derive(Debug, Deserialize, Serialize)]
    #[serde(rename_all = "kebab-case")]
    enum Word {
        One,
    }

    /// The line that is told of a file.
    fn line(text: &str) -> usize {
        let (tree, errors) = recover::parse(text);
        assert!(errors.is_empty(), "{errors:?}");
        let misfit = read::<Whole>(&tree).unwrap_err();
        tree.at(&misfit.path).line
    }

    #[test]
    fn what_makes_no_sense_is_found_in_every_table_and_list() {
        assert_eq!(line("[[part]]\nkind = 'plain'\nport = 70000\n"), 3);
        assert_eq!(line("[[part]]\nport = 70000\nkind = 'plain'\n"), 2);
        assert_eq!(line("[[part]]\nport = 1\nkind = 'strange'\n"), 3);
        assert_eq!(line("[[part]]\nkind = 'other'\n[[part]]\nkind = 'plain'\nport = 'x'\n"), 5);
        let deep = "[[part]]\nkind = 'plain'\nport = 1\n[part.deep]\n";
        assert_eq!(line(&format!("{deep}row = [\n1,\n300,\n2]\n")), 7);
        assert_eq!(line(&format!("{deep}row = []\nword = 'two'\n")), 6);
        assert_eq!(line("[[part]]\nkind = 'plain'\ndeep = { row = [], word = 5 }\nport = 1\n"), 3);
    }

    #[test]
    fn what_is_missing_is_told_of_its_table() {
        assert_eq!(line("part = [\n{ kind = 'other' },\n{ kind = 'plain' }]\n"), 3);
    }
}
