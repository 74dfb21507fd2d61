//! One word, one thing: no name of a public type means two things in this repository.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

/// Where the sources of the crates are, below the repository.
const SOURCES: [&str; 9] = [
    "app/core/src",
    "app/engine/src",
    "app/src",
    "app/ui/src",
    "firmware/core/src",
    "firmware/esp/src",
    "firmware/images/src",
    "firmware/protocol/src",
    "firmware/simulator/src",
];

/// Names that stand in several files, the files' crates, and why that is no second meaning.
const SHARED: &[(&str, &[&str], &str)] = &[
    ("Args", &["app"; 29], "the arguments of a subcommand: one for each file of `cli`"),
    (
        "Answer",
        &["app/engine", "firmware/protocol"],
        "what somebody says to a question: the system about a connection, a board about an update",
    ),
    (
        "Chip",
        &["app/core", "firmware/simulator"],
        "a chip of the ESP32 family: all of them, and those that can be simulated",
    ),
    (
        "Device",
        &["firmware/esp", "firmware/esp"],
        "the second console, on chips with and without one",
    ),
    (
        "Flash",
        &["firmware/core", "firmware/simulator"],
        "the flash chip: what the board's behaviour does with it, and the simulated one",
    ),
    (
        "Image",
        &["firmware/images", "firmware/simulator"],
        "an image of ESP-IDF that was parsed: by its maker, and as a ROM does it",
    ),
    (
        "Keepalive",
        &["app/core", "firmware/protocol"],
        "TCP keepalive as it is set: in a workspace file, and on a board",
    ),
    (
        "Network",
        &["app/core", "firmware/core"],
        "a Wi-Fi network that was heard: by the program from a board, and by a board",
    ),
    (
        "Part",
        &["app/engine", "firmware/images"],
        "a part of a whole: of the bytes that one read brought, and of an image",
    ),
    (
        "Partition",
        &["app/core", "firmware/simulator"],
        "an entry of a partition table: as the program reads it, and as a bootloader lists it",
    ),
    (
        "ResetCause",
        &["app/core", "firmware/simulator"],
        "why a chip starts: as it is understood, and as the simulator has it printed",
    ),
    (
        "RunningBoard",
        &["firmware/simulator", "firmware/simulator"],
        "a simulated board, on systems with and without pseudo-terminals",
    ),
    ("Segment", &["firmware/images", "firmware/simulator"], "a segment of such an image"),
    (
        "Simulator",
        &["firmware/simulator", "firmware/simulator"],
        "the simulator, on systems with and without pseudo-terminals",
    ),
    (
        "Store",
        &["firmware/esp", "firmware/simulator"],
        "where a board keeps its settings: in flash, and in simulated flash",
    ),
    ("UnknownChip", &["app/core", "firmware/simulator"], "a name that is of no such chip"),
];

#[test]
fn a_name_of_a_public_type_means_one_thing() {
    let repository = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut named: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for source in SOURCES {
        let mut files = Vec::new();
        collect(&repository.join(source), &mut files);
        assert!(!files.is_empty(), "{source} holds no sources");
        for text in files {
            for name in public_types(&text) {
                named.entry(name).or_default().push(crate_of(source));
            }
        }
    }
    named.retain(|_, crates| crates.len() > 1);
    named.values_mut().for_each(|crates| crates.sort());

    let allowed: BTreeMap<_, _> =
        SHARED.iter().map(|(name, at, why)| (*name, (*at, *why))).collect();
    assert_eq!(allowed.len(), SHARED.len(), "a name is listed twice");
    let mut wrong = Vec::new();
    for (name, crates) in &named {
        match allowed.get(name.as_str()) {
            Some((at, why)) if at.iter().eq(crates) && !why.is_empty() => {}
            Some((at, _)) => wrong.push(format!("{name} is in {crates:?}, allowed in {at:?}")),
            None => {
                wrong.push(format!("{name} is in {crates:?}: give one of them a name of its own"))
            }
        }
    }
    let stale = allowed.keys().filter(|name| !named.contains_key(**name));
    wrong.extend(stale.map(|name| format!("{name} is listed, but stands in one file only")));
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_names_of_public_types_are_found() {
    let text = "pub struct A<T>(T);\n    pub enum B {\n#[x] pub trait C: D {}\npub type E = u8;\npub(crate) struct F;\n// pub struct G\npub structure";
    assert_eq!(public_types(text), ["A", "B", "E"].map(str::to_owned).into());
}

/// The texts of all Rust files below a folder; files of tests are none of the crate's own.
fn collect(folder: &Path, into: &mut Vec<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let stem = path.file_stem().unwrap_or_default();
        if stem == "tests" {
            continue;
        }
        if path.is_dir() {
            collect(&path, into);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            into.push(fs::read_to_string(&path).unwrap());
        }
    }
}

/// `app/engine/src` is of `app/engine`.
fn crate_of(source: &str) -> String {
    source.trim_end_matches("/src").to_owned()
}

/// The names of the types that a source makes public.
fn public_types(text: &str) -> BTreeSet<String> {
    let kinds = ["struct ", "enum ", "trait ", "type ", "union "];
    let declared = text.lines().filter_map(|line| {
        let rest = line.trim_start().strip_prefix("pub ")?;
        let rest = kinds.iter().find_map(|kind| rest.strip_prefix(kind))?;
        let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
        // A macro's `$name` is none.
        (end > 0).then(|| rest[..end].to_owned())
    });
    declared.collect()
}
