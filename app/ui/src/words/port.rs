//! Ports and what is set on a board, in words.

use espalier_core::board::{PortInfo, PortKind, PortMark};
use espalier_protocol::{Level, Mode, Shown};

use crate::locale::Locale;

/// What to call a port: the bridge or product, or the kind of port.
pub fn port(locale: &Locale, port: &PortInfo) -> String {
    match &port.kind {
        PortKind::Simulated { chip } => {
            locale.with("board-simulated", [("chip", chip.to_string().into())])
        }
        PortKind::Usb(usb) => match usb.name() {
            Some(name) => name,
            None => locale.with("port-usb", [("identity", usb.to_string().into())]),
        },
        PortKind::Builtin => locale.text("port-builtin").to_owned(),
        PortKind::Bluetooth => locale.text("port-bluetooth").to_owned(),
        PortKind::Pty => locale.text("port-pty").to_owned(),
        PortKind::Other => locale.text("port-other").to_owned(),
    }
}

/// What tells a port from others that are called the same.
pub fn port_mark(locale: &Locale, mark: PortMark<'_>) -> String {
    match mark {
        PortMark::Serial(serial) => locale.with("port-mark-serial", [("serial", serial.into())]),
        PortMark::Socket(socket) => locale.with("port-mark-socket", [("socket", socket.into())]),
    }
}

/// The key of the word for what a board does with bytes.
pub const fn board_mode(mode: Mode) -> &'static str {
    match mode {
        Mode::Echo => "board-mode-echo",
        Mode::Log => "board-mode-log",
        Mode::Discard => "board-mode-discard",
        Mode::Source => "board-mode-source",
        Mode::Check => "board-mode-check",
        Mode::Client => "board-mode-client",
        Mode::Chat => "board-mode-chat",
    }
}

/// The key of the word for how much a board prints.
pub const fn board_level(level: Level) -> &'static str {
    match level {
        Level::Error => "board-level-error",
        Level::Warn => "board-level-warn",
        Level::Info => "board-level-info",
        Level::Debug => "board-level-debug",
        Level::Verbose => "board-level-verbose",
    }
}

/// The key of the word for how a board prints received bytes.
pub const fn board_shown(shown: Shown) -> &'static str {
    match shown {
        Shown::Text => "board-shown-text",
        Shown::Hex => "board-shown-hex",
        Shown::Off => "board-shown-off",
    }
}

/// What is called so in a program's image; a file keeps its name.
pub fn part<'a>(locale: &'a Locale, name: &'a str) -> &'a str {
    match name {
        "bootloader" => locale.text("part-bootloader"),
        "partition table" => locale.text("part-table"),
        "application" => locale.text("part-application"),
        "ota data" => locale.text("part-ota-data"),
        other => other,
    }
}
