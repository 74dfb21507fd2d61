//! `--log`, `--log-level` and `ESPALIER_LOG`.

use std::fs;

use crate::program::{Running, espalier, finished};

#[test]
fn a_file_gets_what_the_program_says_of_itself_behind_what_is_there() {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("espalier.log");
    fs::write(&log, "before\n").unwrap();
    for place in [0, 1] {
        // Before the subcommand or behind it.
        let mut arguments = vec!["ports"];
        arguments.splice(place..place, ["--log", log.to_str().unwrap()]);
        let said = finished(&arguments, b"");
        assert_eq!(said.code, Some(0), "{said:?}");
        assert_eq!(said.err, "");
    }
    let text = fs::read_to_string(&log).unwrap();
    let begins: Vec<&str> = text.lines().filter(|line| line.contains(" begins, ")).collect();
    assert_eq!(begins.len(), 2, "{text}");
    assert!(text.starts_with("before\n") && begins[0].contains(" INFO "), "{text}");
}

#[test]
fn the_environment_sends_the_log_to_stderr_and_an_argument_says_how_much() {
    let folder = tempfile::tempdir().unwrap();
    let said = |level: &[&str], variable: &str| {
        let arguments = [&["ports"], level].concat();
        let mut command = espalier(folder.path(), &arguments);
        command.env("ESPALIER_LOG", variable);
        let (status, err) = Running::start(command).end();
        assert!(status.success(), "{err}");
        err
    };
    assert!(said(&[], "info").contains(" INFO  espalier::program_log: Espalier "));
    assert_eq!(said(&[], "off"), "");
    assert_eq!(said(&["--log-level", "error"], "info"), "");
    assert!(said(&[], "loud").contains("ESPALIER_LOG is passed over: \"loud\" is no level"));
    fs::write(folder.path().join("settings.toml"), "schema = 2\n[log]\nlevel = \"error\"\n")
        .unwrap();
    assert!(said(&[], "info").contains(" begins, "), "the environment says more than the settings");
}

#[test]
fn what_cannot_be_logged_as_asked_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let said = finished(&["ports", "--log-level", "espflash=loud"], b"");
    assert_eq!(said.code, Some(2));
    assert!(said.err.contains("is no level") && said.err.lines().count() == 1, "{}", said.err);
    let said = finished(&["ports", "--log", folder.path().to_str().unwrap()], b"");
    assert_eq!(said.code, Some(2));
    assert!(said.err.contains("cannot write the log"), "{}", said.err);
}
