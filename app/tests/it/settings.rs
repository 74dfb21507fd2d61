//! `espalier settings`: what the window's page shows, for scripts.

use std::fs::File;
use std::path::Path;

use crate::program::{Said, ended, espalier};

fn run(home: &Path, arguments: &[&str]) -> Said {
    let arguments: Vec<&str> =
        std::iter::once("settings").chain(arguments.iter().copied()).collect();
    ended(espalier(home, &arguments))
}

fn text(said: Said) -> String {
    assert_eq!(said.code, Some(0), "{}", said.err);
    String::from_utf8(said.out).unwrap()
}

#[test]
fn a_setting_is_listed_changed_and_given_back() {
    let home = tempfile::tempdir().unwrap();
    let home = home.path();
    let list = text(run(home, &[]));
    assert!(list.contains("interface.zoom") && list.contains("50..300 %"), "{list}");
    assert!(list.lines().all(|line| line.starts_with(' ')), "nothing was changed: {list}");
    assert_eq!(text(run(home, &["get", "interface.zoom"])), "100\n");
    assert!(!home.join("settings.toml").exists(), "who looks changes nothing");

    text(run(home, &["set", "interface.zoom", "150"]));
    text(run(home, &["set", "new_session.encoding", "gb2312"]));
    assert_eq!(text(run(home, &["get", "new_session.encoding"])), "GBK\n");
    assert!(text(run(home, &["list"])).contains("* interface.zoom"));
    let json = text(run(home, &["list", "--json"]));
    let rows: serde_json::Value = serde_json::from_str(&json).unwrap();
    let zoom = rows.as_array().unwrap().iter().find(|row| row["key"] == "interface.zoom").unwrap();
    assert_eq!((&zoom["value"], &zoom["default"]), (&150.into(), &100.into()));

    text(run(home, &["reset", "interface.zoom"]));
    assert_eq!(text(run(home, &["get", "interface.zoom"])), "100\n");
    let file = std::fs::read_to_string(home.join("settings.toml")).unwrap();
    assert!(file.contains("GBK") && !file.contains("zoom"), "{file}");
}

#[test]
fn what_cannot_be_set_is_refused_with_what_can() {
    let home = tempfile::tempdir().unwrap();
    for (arguments, told) in [
        (["set", "interface.zoom", "5000"], "from 50 to 300"),
        (["set", "theme", "purple"], "system, light, dark"),
        (["set", "no.such", "1"], "espalier settings list"),
    ] {
        let said = run(home.path(), &arguments);
        assert_eq!(said.code, Some(2), "{}", said.err);
        assert!(said.err.contains(told) && said.err.lines().count() == 1, "{}", said.err);
    }
    let path = home.path().join("settings.toml");
    std::fs::write(&path, "schema = 2\ntheme = \"purple\"\n").unwrap();
    let said = run(home.path(), &["get", "theme"]);
    assert!(said.err.contains("line 2"), "{}", said.err);
    assert_eq!(text(said), "system\n");
    std::fs::write(&path, "no toml").unwrap();
    assert_eq!(run(home.path(), &["set", "theme", "dark"]).code, Some(1));
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "no toml");
}

#[test]
fn an_open_window_is_not_written_behind() {
    let home = tempfile::tempdir().unwrap();
    let lock = File::create(home.path().join("window.lock")).unwrap();
    lock.lock().unwrap();
    let said = run(home.path(), &["set", "theme", "dark"]);
    assert_eq!(said.code, Some(1));
    assert!(said.err.contains("a window is open"), "{}", said.err);
    assert!(!home.path().join("settings.toml").exists());
    // Wine calls a lock that is given back twice, as Rust does there, a conflict.
    lock.unlock().ok();
    text(run(home.path(), &["set", "theme", "dark"]));
    assert_eq!(text(run(home.path(), &["get", "theme"])), "dark\n");
}
