//! The tables of `firmware/README.md` are the grammar itself. Run with `UPDATE_README=1` to write
//! them anew.

use espalier_protocol::{
    Auth, CloseCause, DialFault, ErrorCode, ImprovFault, JoinFault, Level, Mode, OtaFault,
    OtaState, Panel, ProvisioningCause, RecordFault, Reset, Shown, Standing, WifiState,
    command::USAGES, line::EVENTS,
};
use std::{fmt::Write as _, path::Path};

fn commands() -> String {
    let mut table = String::from("| command | what it does | values |\n|---|---|---|\n");
    for usage in USAGES {
        let code = usage.usage.replace('|', "\\|");
        let rules = if usage.rules == "nothing follows" { "" } else { usage.rules };
        writeln!(table, "| `{code}` | {} | {rules} |", usage.text).unwrap();
    }
    table
}

fn events() -> String {
    let mut table = String::from("| line | level | fields | what it says |\n|---|---|---|---|\n");
    for event in EVENTS {
        let fields: Vec<String> = event
            .fields
            .iter()
            .map(|field| match (field.key, field.optional) {
                ("", _) => "*address*".to_owned(),
                (key, false) => format!("`{key}`"),
                (key, true) => format!("[`{key}`]"),
            })
            .collect();
        let (tag, head, level) = (event.tag, event.head, event.level.letter());
        let (fields, text) = (fields.join(" "), event.text.trim());
        writeln!(table, "| `{tag}: {head}` | {level} | {fields} | {text} |").unwrap();
    }
    table
}

fn words() -> String {
    let mut table = String::from("| of | words |\n|---|---|\n");
    macro_rules! row {
        ($text:literal, $ty:ty) => {
            let words: Vec<String> = <$ty>::ALL.iter().map(|word| format!("`{word}`")).collect();
            writeln!(table, "| {} | {} |", $text, words.join(" ")).unwrap();
        };
    }
    row!("`mode`", Mode);
    row!("`log`", Level);
    row!("`show`", Shown);
    row!("`boot: started` `reset`", Reset);
    row!("`wifi: failed` `reason`", JoinFault);
    row!("`wifi: provisioning` `reason`", ProvisioningCause);
    row!("`wifi: network` `auth`", Auth);
    row!("`status: wifi` `state`", WifiState);
    row!("`tcp: closed` `reason`", CloseCause);
    row!("`tcp: dial failed` `reason`", DialFault);
    row!("`tcp: client` `state`", Standing);
    row!("`ota: slot` `state`", OtaState);
    row!("`ota: refused` `reason`", OtaFault);
    row!("`screen: panel` `panel`", Panel);
    row!("`settings: defaults` `reason`", RecordFault);
    row!("`console: error` `code`", ErrorCode);
    row!("`improv: bad packet` `reason`", ImprovFault);
    table
}

#[test]
fn the_tables_of_the_readme_are_the_grammar() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../README.md");
    // Git may have turned the line ends on Windows.
    let found = std::fs::read_to_string(&path).unwrap().replace("\r\n", "\n");
    let mut wanted = found.clone();
    for (name, table) in [("commands", commands()), ("events", events()), ("words", words())] {
        let (open, close) = (format!("<!-- {name} -->\n"), format!("<!-- /{name} -->"));
        let from = wanted.find(&open).expect("the table's place") + open.len();
        let to = from + wanted[from..].find(&close).expect("the table's end");
        wanted.replace_range(from..to, &table);
    }
    if std::env::var_os("UPDATE_README").is_some() {
        std::fs::write(&path, &wanted).unwrap();
        return;
    }
    assert!(
        found == wanted,
        "run the tests of espalier-protocol with UPDATE_README=1, then commit"
    );
}
