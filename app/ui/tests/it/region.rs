//! Backing up and erasing regions in the board panel.

use std::sync::Arc;

use egui_kittest::kittest::Queryable as _;
use espalier_core::board::{
    Backup, FlashOutcome, FlashStatus, FlashStep, FlashTaskResult, FoundTable, PartState,
    PartStatus, Partition, PartitionTable,
};

use crate::board::with_board;
use crate::harness::Window;

fn status(window: &Window, flash: FlashStatus) {
    window.engine.told.lock().flash = Some(Arc::new(flash));
}

fn last(window: &Window) -> String {
    window.engine.commands.lock().last().map(|(_, text)| text.clone()).unwrap_or_default()
}

fn asked(window: &Window) -> usize {
    let commands = window.engine.commands.lock();
    commands.iter().filter(|(_, text)| text.starts_with("Flash(")).count()
}

fn table() -> Arc<FoundTable> {
    let partition = |label: &str, kind, offset| Partition {
        label: label.to_owned(),
        kind,
        offset,
        size: 0x6000,
        flags: 0,
    };
    let hostile = "\u{202e}\u{1b}[2J";
    let partitions = vec![
        partition("nvs", (1, 2), 0x9000),
        partition(hostile, (0x40, 1), 0xF000),
        partition("factory", (0, 0), 0x2_0000),
    ];
    Arc::new(FoundTable { at: 0x8000, table: PartitionTable { partitions } })
}

#[test]
fn the_boards_partitions_are_shown_and_one_is_backed_up() {
    let mut window = with_board();
    window.click("Back up and erase");
    window.write("Partition table at", "0x1000x");
    window.click("Read the partition table");
    assert_eq!(asked(&window), 0);
    assert!(window.harness.query_by_label_contains("Not an address").is_some());
    window.write("Partition table at", "0x10000");
    window.click("Read the partition table");
    assert!(last(&window).contains("table_at: Some(65536)"), "{}", last(&window));
    window.write("Partition table at", " ");
    window.click("Read the partition table");
    assert!(last(&window).contains("task: Some(Table)"), "{}", last(&window));
    status(&window, FlashStatus { table: Some(table()), ..FlashStatus::default() });
    window.rest();
    for told in ["nvs", "data nvs", "app factory", "0x20000", r"\u{202e}\x1b[2J", "0x40 0x1"] {
        assert!(window.count(told) >= 1, "{told}");
    }
    let ended = |result| FlashStatus {
        table: Some(table()),
        result: Some(result),
        step: FlashStep::Finished,
        outcome: Some(Ok(FlashOutcome::Restarted)),
        ..FlashStatus::default()
    };
    status(&window, ended(FlashTaskResult::Table));
    window.rest();
    assert_eq!(window.count("The partition table was read"), 1);
    // What was read is there when how it ended is not.
    window.engine.told.lock().flash = None;
    window.rest();

    // With an address that is none, nothing can be asked for.
    window.write("Region", "0x9000+24K");
    window.write("Partition table at", "0x1000x");
    let before = asked(&window);
    window.click("Erase…");
    assert_eq!((window.count("Erase it"), asked(&window)), (0, before));
    window.write("Partition table at", " ");

    window.click("nvs");
    // A file that is typed is not replaced; one that the system's dialog has asked about is.
    window.write("File", "nvs.bin");
    window.click("Back up");
    let typed = r#"Read { region: Partition("nvs"), file: "/home/user/nvs.bin", replace: false }"#;
    assert!(last(&window).contains(typed), "{}", last(&window));
    window.click("Choose a file for the backup…");
    window.click("Back up");
    assert!(last(&window).contains(r#"picked.txt", replace: true"#), "{}", last(&window));
    // What nobody could type is named by its addresses.
    window.click(r"\u{202e}\x1b[2J");
    window.click("Back up");
    let range = "Range { start: 61440, size: 24576 }";
    assert!(last(&window).contains(range), "{}", last(&window));
    assert!(last(&window).contains("replace: false"), "it is asked about each time");

    let backup = Backup {
        file: "/home/user/nvs.bin".into(),
        range: 0x9000..0xF000,
        sha256: "ab12".repeat(16),
    };
    status(&window, ended(FlashTaskResult::Read(Arc::new(backup))));
    window.rest();
    assert_eq!(window.count("Backed up"), 1);
    assert!(window.harness.query_by_label_contains("/home/user/nvs.bin").is_some());
    assert!(window.harness.query_by_label_contains("ab12ab12").is_some());
    window.click("Copy the SHA-256");
}

#[test]
fn a_table_is_not_shown_any_more_once_something_was_written() {
    let mut window = with_board();
    window.click("Back up and erase");
    status(&window, FlashStatus { table: Some(table()), ..FlashStatus::default() });
    window.rest();
    assert!(window.count("data nvs") >= 1);
    let part = PartStatus {
        name: "application".to_owned(),
        address: 0x1_0000,
        size: 4,
        partition: None,
        state: PartState::Skipped,
    };
    let ended = |writes| FlashStatus {
        writes,
        parts: [part.clone()].into(),
        step: FlashStep::Finished,
        outcome: Some(Ok(FlashOutcome::Running)),
        ..FlashStatus::default()
    };
    status(&window, ended(false));
    window.rest();
    assert!(window.count("data nvs") >= 1, "it was only compared");
    status(&window, ended(true));
    window.rest();
    assert_eq!(window.count("data nvs"), 0);
}

#[test]
fn nothing_is_erased_before_it_is_meant() {
    let mut window = with_board();
    window.click("Back up and erase");
    window.write("Region", "0x9000+24K");
    window.click("Erase…");
    assert!(window.harness.query_by_label_contains("Erase 0x9000+0x6000?").is_some());
    assert_eq!(asked(&window), 0);
    window.click("Keep it");
    assert_eq!(window.count("Erase it"), 0);
    window.click("Erase…");
    window.write("Region", "all");
    assert_eq!(window.count("Erase it"), 0, "something else stands there now");
    window.click("Erase…");
    window.click("Erase it");
    assert_eq!(asked(&window), 1);
    assert!(last(&window).contains("Erase { region: All }"), "{}", last(&window));
    window.write("Region", "0x9000");
    assert!(window.harness.query_by_label_contains("No region").is_some());
    assert_eq!(window.count("Erase…"), 0);
}
