//! `espalier ports`.

use super::desk::{code, text};
use crate::program::finished;

const SIMULATED: [(&str, &str); 3] = [
    ("simulated:esp32c3", "Simulated ESP32-C3"),
    ("simulated:esp32", "Simulated ESP32"),
    ("simulated:esp32c6", "Simulated ESP32-C6"),
];

#[test]
fn simulated_boards_are_listed_with_what_they_are() {
    let said = finished(&["ports"], b"");
    code(&said, 0);
    for (name, what) in SIMULATED {
        let listed = text(&said).lines().any(|line| {
            line.split_once("  ").is_some_and(|(left, right)| left == name && right.trim() == what)
        });
        assert!(listed, "{name} {what}: {said:?}");
    }
}

#[test]
fn the_same_list_is_one_json_document() {
    let said = finished(&["ports", "--json"], b"");
    code(&said, 0);
    let ports: serde_json::Value = serde_json::from_slice(&said.out).unwrap();
    for (name, _) in SIMULATED {
        let found = ports.as_array().unwrap().iter().find(|port| port["name"] == name);
        let port = found.unwrap_or_else(|| panic!("{name}: {ports:#}"));
        assert_eq!(port["access"]["state"], "free", "{port:#}");
        assert_eq!(port["kind"], "simulated", "{port:#}");
        assert_eq!(port["chip"], name.trim_start_matches("simulated:"), "{port:#}");
    }
}
