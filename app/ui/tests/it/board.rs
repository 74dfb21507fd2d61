//! The board panel.

use std::path::Path;
use std::sync::Arc;

use egui_kittest::kittest::Queryable as _;
use espalier_ui::{Language, UiState};

use crate::harness::Window;

/// A program as cargo leaves it.
#[derive(Debug)]
struct Dropped;

impl egui::DroppedFile for Dropped {
    fn path(&self) -> &Path {
        Path::new("/tmp/firmware")
    }

    fn bytes(&self) -> Result<Vec<u8>, String> {
        Err("nobody reads it here".to_owned())
    }
}

/// The panel with a port open.
fn with_board() -> Window {
    // High enough for everything in the panel to be in sight.
    let size = egui::vec2(1100.0, 1400.0);
    let mut window = Window::with(Language::English, UiState::default(), size);
    window.click("Board panel");
    window.write("Port name or path", "/dev/ttyUSB7");
    window.click("Open");
    window
}

#[test]
fn backtraces_are_decoded_with_a_file_that_was_typed_picked_or_dropped() {
    let mut window = with_board();
    let symbols = |window: &Window| window.engine.symbols.lock().clone();
    window.click("ELF for backtraces");
    window.write("ELF file for backtraces", "/tmp/app.elf");
    window.harness.key_press(egui::Key::Enter);
    window.rest();
    assert_eq!(symbols(&window).as_deref(), Some("/tmp/app.elf"));
    assert_eq!(window.count("Decoded with /tmp/app.elf"), 1);
    window.click("Decode without it");
    assert_eq!(symbols(&window), None);

    window.click("Choose an ELF for backtraces…");
    assert_eq!(symbols(&window).as_deref(), Some("/home/picked.txt"));
    window.click("Decode without it");

    window.harness.input_mut().dropped_files.push(Arc::new(Dropped));
    window.rest();
    assert_eq!(window.count("Decode backtraces with firmware?"), 1);
    window.click("Decode");
    assert_eq!(symbols(&window).as_deref(), Some("/tmp/firmware"));
    assert_eq!(window.count("Decode backtraces with firmware?"), 0);
}

#[test]
fn a_system_without_simulated_boards_says_why() {
    let mut window = Window::new(Language::English);
    window.click("Board panel");
    assert_eq!(window.count("Windows has no pseudo-terminals"), 1);
}

#[test]
fn a_console_gets_lines_and_a_frame_in_hex_gets_no_line_ending() {
    let mut window = with_board();
    let sent = |window: &Window, bytes: &[u8]| {
        let wanted = format!("bytes: {bytes:?}");
        window.engine.commands.lock().iter().any(|(_, text)| text.contains(&wanted))
    };
    let send = |window: &mut Window, text: &str| {
        window.harness.get_by_label("Message to send").focus();
        window.rest();
        window.harness.get_by_label("Message to send").type_text(text);
        window.harness.key_press(egui::Key::Enter);
        window.rest();
    };
    send(&mut window, "help");
    assert!(sent(&window, b"help\r\n"));
    window.click("Options of sending");
    window.click_last("Hex");
    send(&mut window, "01 03");
    assert!(sent(&window, &[1, 3]));
    window.click("Options of sending");
    assert_eq!(window.count("Escapes"), 0);
}
