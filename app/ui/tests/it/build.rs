//! Builds of other tools in the board panel.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use egui_kittest::kittest::Queryable as _;
use espalier_core::board::{
    BoardFault, Build, BuildImage, BuildKind, BuildPart, Chip, FaultKind, FoundBuild,
};

use crate::board::with_board;
use crate::harness::Window;

#[derive(Debug)]
struct Dropped(PathBuf);

impl egui::DroppedFile for Dropped {
    fn path(&self) -> &Path {
        &self.0
    }

    fn bytes(&self) -> Result<Vec<u8>, String> {
        Err("nobody reads it here".to_owned())
    }
}

fn build(path: &str) -> Build {
    let part = |name: &str, address, partition: Option<&str>| BuildPart {
        name: name.to_owned(),
        path: name.into(),
        address: Some(address),
        size: 4096,
        partition: partition.map(str::to_owned),
    };
    let parts = vec![part("bootloader", 0, None), part("application", 0x1_0000, Some("factory"))];
    Build {
        kind: BuildKind::EspIdf,
        path: path.into(),
        name: "hello".to_owned(),
        images: vec![BuildImage { chip: Some(Chip::Esp32C3), parts, ..BuildImage::default() }],
        elf: Some("hello.elf".into()),
    }
}

fn drop_on(window: &mut Window, path: &str) {
    window.harness.input_mut().dropped_files.push(Arc::new(Dropped(path.into())));
    window.rest();
}

fn flashed(window: &Window, path: &str) -> usize {
    let wanted = format!("Build({path:?})");
    window.engine.commands.lock().iter().filter(|(_, text)| text.contains(&wanted)).count()
}

#[test]
fn a_build_folder_that_is_dropped_is_shown_as_a_table_and_flashed_again_by_one_key() {
    let mut window = with_board();
    let found = Ok(FoundBuild::One(build("/w/build")));
    window.machine.builds.lock().push(("/w/build".into(), found));
    drop_on(&mut window, "/w/build");
    for told in ["ESP-IDF hello", "ESP32-C3", "bootloader", "application", "0x10000", "factory"] {
        assert!(window.count(told) >= 1, "{told}");
    }
    assert_eq!(window.count("Decode backtraces with build?"), 0);
    assert_eq!(flashed(&window, "/w/build"), 0, "it is shown first");
    window.click_last("Flash");
    assert_eq!(flashed(&window, "/w/build"), 1);

    assert_eq!(window.count("It was built again"), 0);
    let watched = window.machine.watched.lock().pop().expect("it is watched");
    watched.1(());
    window.rest();
    assert_eq!(window.count("It was built again"), 1);
    window.harness.key_press(egui::Key::F7);
    window.rest();
    assert_eq!(flashed(&window, "/w/build"), 2);
    assert_eq!(window.count("It was built again"), 0);
    assert_eq!(window.machine.watched.lock().len(), 1, "and watched on");
}

#[test]
fn a_build_that_is_broken_once_is_watched_on() {
    let mut window = with_board();
    let found = Ok(FoundBuild::One(build("/w/build")));
    window.machine.builds.lock().push(("/w/build".into(), found));
    drop_on(&mut window, "/w/build");
    let fault = BoardFault::new(FaultKind::BadFile, "It is empty", "Build it first: make");
    window.machine.builds.lock().clear();
    window.machine.builds.lock().push(("/w/build".into(), Err(fault)));
    let watched = window.machine.watched.lock().pop().expect("it is watched");
    watched.1(());
    window.rest();
    assert!(window.harness.query_by_label_contains("It is empty").is_some());
    assert_eq!(window.machine.watched.lock().len(), 1, "the next build may mend it");
}

#[test]
fn several_builds_are_a_choice_and_what_cannot_be_used_is_told() {
    let mut window = with_board();
    {
        let mut builds = window.machine.builds.lock();
        builds.push(("/w".into(), Ok(FoundBuild::Several(vec!["/w/one".into(), "/w/two".into()]))));
        builds.push(("/w/two".into(), Ok(FoundBuild::One(build("/w/two")))));
        let fault = BoardFault::new(FaultKind::BadFile, "It is empty", "Build it first: make");
        builds.push(("/empty".into(), Err(fault)));
    }
    drop_on(&mut window, "/w");
    window.click("two");
    assert_eq!(window.count("ESP-IDF hello"), 1);
    window.click("Remove");
    assert_eq!(window.count("ESP-IDF hello"), 0);
    drop_on(&mut window, "/empty");
    assert!(window.harness.query_by_label_contains("It is empty").is_some());
    assert!(window.harness.query_by_label_contains("Build it first: make").is_some());
    window.harness.key_press(egui::Key::F7);
    window.rest();
    assert!(window.harness.query_by_label_contains("Choose a build first").is_some());
}

#[test]
fn the_firmware_is_exported_by_a_command() {
    let mut window = Window::new(espalier_ui::Language::English);
    window.harness.key_press_modifiers(egui::Modifiers::COMMAND, egui::Key::P);
    window.rest();
    window.harness.get_by_label("What do you want to do?").type_text("export the firmware");
    window.rest();
    window.harness.key_press(egui::Key::Enter);
    window.rest();
    assert_eq!(window.machine.exported.lock().as_deref(), Some(Path::new("/home/picked")));
    assert!(window.harness.query_by_label_contains("exported").is_some());
}
