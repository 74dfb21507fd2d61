//! No English in the Chinese window: every text in many of its states is looked at.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use egui::{Key, Modifiers};
use egui_kittest::kittest::NodeT as _;
use espalier_core::board::{
    BoardSettings, BoardStatus, Chip, ChipInfo, ConsoleSettings, FlashOutcome, FlashStatus,
    FlashStep, Holder, LoaderInfo, ModemLines, PartState, PartStatus, PortAccess, PortInfo,
    PortKind, ReportedState, ServerSettings, Symbols, UsbIdentity,
};
use espalier_core::session::{BoardEvent, EndReason, SessionEvent};
use espalier_core::{SessionId, Timestamp, say};
use espalier_protocol::line::Keepalive;
use espalier_protocol::{Level, Line, Mode, Shown};
use espalier_ui::{Language, Locale, Recent, UiState};

use crate::fake::NOON;
use crate::harness::Window;
use crate::sessions::{open_client, open_server};

/// Terms that have no Chinese word in the trade, names, units, keys, and what stands in examples of what to type.
const TERMS: &str = "\
    TCP UDP TTL FIN RST DTR RTS CTS DSR DCD RI BREAK XON XOFF ACK SYN TX RX EN BOOT GPIO GND USB UART JTAG OTG CDC COM dev ttyUSB tty pts \
    ESP ESP32 PSRAM ELF elf bin MAC SSID BSSID dBm GHz Wi Fi IP IPv IPv4 IPv6 DHCP DNS mDNS Flash SmartConfig TOUCH smart config esp start smartconfig E2D txt IDE PgUp PgDn \
    ROM Stub OLED SSD SH udev usermod sudo aG dialout USER SUBSYSTEM ATTRS idVendor MODE TAG uaccess \
    CP CP210x CH CH340 CH9102 FTDI PL2303 Espressif Serial Espalier Wireshark pcapng CSV SHA ANSI ASCII HEX UTF GBK CRC LF CR MODBUS \
    Windows Linux macOS Option netsh wlan show interfaces iw README espalier run toml \
    KiB MiB GiB kB MB ms us Ctrl Shift Alt Enter Esc Tab Space Home End PageUp PageDown Delete Backspace Insert \
    Backslash Up Down Left Right Plus Minus Equals Comma linger NODELAY SO English nb esptool Improv eFuse localhost \
    TLS ALPN SNI PEM CA close notify mqtt http nick msg who \
    lang ttf otf ttc settings set KEY VALUE error warn info debug trace off espflash AA https";

/// Words of a board's console, which stand in grey behind their Chinese.
const CONSOLE: &str = "echo log discard source check client chat error warn info debug verbose text hex off ota allow token dhcp";

/// Texts that are not ours: the system's own words (in brackets behind ours), names, paths.
const FOREIGN: &[&str] = &[
    // egui calls its splitters so, and lets nobody name them.
    "Resize panel",
    "Connection refused (os error 111)",
    "No such device (os error 19)",
    "/home/user",
    "screen",
    "picked.txt",
    "workspace.toml",
    "Switch to English",
    "espalier-board",
    "sensors",
];

fn english(text: &str) -> BTreeSet<String> {
    let mut text = text.to_owned();
    for foreign in FOREIGN {
        text = text.replace(foreign, "");
    }
    let known: BTreeSet<&str> = TERMS.split(' ').chain(CONSOLE.split(' ')).collect();
    text.split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|word| word.chars().filter(char::is_ascii_alphabetic).count() > 1)
        .filter(|word| !word.starts_with("0x"))
        .map(|word| word.trim_matches(|c: char| c.is_ascii_digit()))
        .filter(|word| word.len() > 1 && !known.contains(word))
        .map(str::to_owned)
        .collect()
}

#[derive(Default)]
struct Leaks(BTreeSet<String>);

impl Leaks {
    /// Looks at everything that is in the window.
    fn look(&mut self, window: &Window, state: &str) {
        for node in window.harness.root().children_recursive() {
            let node = node.accesskit_node();
            let placeholder = node.placeholder().map(str::to_owned);
            for text in [node.label(), node.value(), node.description(), placeholder] {
                let Some(text) = text else { continue };
                if !english(&text).is_empty() {
                    self.0.insert(format!("{state}: {text}"));
                }
            }
        }
    }
}

fn window() -> Window {
    let recent = vec![Recent { host: "192.168.1.42".to_owned(), port: 7681 }];
    let state = UiState { recent, ..UiState::default() };
    Window::with(Language::Chinese, state, egui::vec2(1400.0, 2200.0))
}

fn key(window: &mut Window, modifiers: Modifiers, key: Key) {
    window.harness.key_press_modifiers(modifiers, key);
    window.rest();
}

const COMMAND: Modifiers = Modifiers::COMMAND;
const SHIFTED: Modifiers = Modifiers { shift: true, ..Modifiers::COMMAND };

fn ports() -> Vec<PortInfo> {
    let holder = Holder { pid: 42, program: "screen".to_owned() };
    let usb = |vid| PortKind::Usb(UsbIdentity { vid, ..UsbIdentity::default() });
    let kinds = [
        (usb(0x10c4), PortAccess::Free),
        (usb(0x1234), PortAccess::Busy { by: Some(holder) }),
        (usb(0x303a), PortAccess::Busy { by: None }),
        (PortKind::Simulated { chip: Chip::Esp32C3 }, PortAccess::Free),
        (PortKind::Builtin, PortAccess::Forbidden { group: Some("dialout".to_owned()) }),
        (PortKind::Bluetooth, PortAccess::Forbidden { group: None }),
        (PortKind::Pty, PortAccess::Gone),
        (PortKind::Other, PortAccess::Ours),
    ];
    let number = |(at, (kind, access))| PortInfo { name: format!("COM{at}"), kind, access };
    (1..).zip(kinds).map(number).collect()
}

fn flashes() -> Vec<FlashStatus> {
    let part = |name: &str, state| PartStatus {
        name: name.to_owned(),
        address: 0,
        size: 4096,
        partition: None,
        state,
    };
    let parts = [
        part("bootloader", PartState::Written),
        part("partition table", PartState::Different),
        part("application", PartState::Writing(1000)),
    ];
    let chip = ChipInfo {
        chip: Chip::Esp32C3,
        revision: Some((0, 4)),
        mac: None,
        flash_size: 4 << 20,
        features: Vec::new(),
        crystal: None,
    };
    let running = |step| FlashStatus {
        step,
        chip: Some(chip.clone()),
        loader: LoaderInfo { stub: true, baud: 921_600 },
        parts: parts.clone().into(),
        done: 2000,
        total: 9000,
        rate: 60_000.0,
        left: Some(Duration::from_secs(3)),
        ..FlashStatus::default()
    };
    let help = say!("hands-buttons", "Hold BOOT, tap RST (EN), release BOOT.");
    let mut all: Vec<_> = [
        FlashStep::Connecting,
        FlashStep::NeedsHands { help },
        FlashStep::Identifying,
        FlashStep::Comparing,
        FlashStep::Erasing,
        FlashStep::Writing(0),
        FlashStep::Verifying(1),
        FlashStep::Restarting,
    ]
    .map(running)
    .into();
    for outcome in [
        FlashOutcome::Running,
        FlashOutcome::Restarted,
        FlashOutcome::PressReset,
        FlashOutcome::InLoader,
    ] {
        let outcome = Some(Ok(outcome));
        all.push(FlashStatus { outcome, ..running(FlashStep::Finished) });
    }
    let fault = PortAccess::Forbidden { group: Some("dialout".to_owned()) }.fault("COM3");
    let fault = fault.expect("a fault").with_detail("No such device (os error 19)".to_owned());
    all.push(FlashStatus { outcome: Some(Err(fault)), ..running(FlashStep::Finished) });
    all
}

#[test]
fn dialogs_and_lists_are_all_in_chinese() {
    let (mut leaks, mut window) = (Leaks::default(), window());
    *window.engine.ports.lock() = ports();
    let words = Locale::new(Language::Chinese);
    window.rest();
    leaks.look(&window, "welcome");
    for (modifiers, pressed, state) in [
        (COMMAND, Key::N, "new client"),
        (SHIFTED, Key::N, "new server"),
        (SHIFTED, Key::M, "new serial"),
        (Modifiers::NONE, Key::Questionmark, "shortcuts"),
        (COMMAND, Key::K, "palette"),
        (COMMAND, Key::O, "open a workspace"),
    ] {
        key(&mut window, modifiers, pressed);
        leaks.look(&window, state);
        if state.starts_with("new") {
            window.click(words.text("more-options"));
            leaks.look(&window, state);
            window.click(words.text("new-udp"));
            leaks.look(&window, "new UDP session");
        }
        key(&mut window, Modifiers::NONE, Key::Escape);
    }
    key(&mut window, Modifiers::NONE, Key::F12);
    leaks.look(&window, "log of the program");
    window.click(words.text("board-toggle"));
    leaks.look(&window, "board panel with ports");
    assert_eq!(leaks.0, BTreeSet::new());
}

#[test]
fn sessions_and_their_events_are_in_chinese() {
    let (mut leaks, mut window) = (Leaks::default(), window());
    let words = Locale::new(Language::Chinese);
    open_client(&mut window, &words, "127.0.0.1", "9");
    leaks.look(&window, "refused");
    open_server(&mut window, &words, "7681");
    open_client(&mut window, &words, "127.0.0.1", "7681");
    leaks.look(&window, "connected");
    let client = SessionId(3);
    for reason in EndReason::ALL {
        window.engine.end(client, reason, "");
        window.rest();
        leaks.look(&window, "ended");
        for detail in [
            "Connection refused (os error 111)",
            "127.0.0.1:7681: Address already in use (os error 98)",
            "10.0.0.1:80: no answer within 5.0 s; [::1]:80: No route to host (os error 113)",
            "the name has no address",
            "/dev/ttyUSB0 is in use by screen (process 42)",
            "You may not open /dev/ttyUSB0: permission denied",
            "no space left to write /home/user: free some space, then start again",
        ] {
            // What the system says stands behind ours: only what is before it is looked at.
            let told = words.translate(detail);
            let ours = told.split('（').next().unwrap_or_default();
            assert_eq!(english(ours), BTreeSet::new(), "{told}");
            assert_ne!(told, detail);
        }
    }
    for event in [
        SessionEvent::StoppedListening,
        SessionEvent::PeerHalfClosed,
        SessionEvent::HalfClosed,
        SessionEvent::RetryIn { delay: Duration::from_secs(2), attempt: 3 },
        SessionEvent::PortOpened { port: "COM3".to_owned(), baud: 115_200 },
        SessionEvent::Backtrace { core: None, symbols: None },
        SessionEvent::Backtrace { core: Some(1), symbols: None },
        SessionEvent::Backtrace { core: Some(1), symbols: Some(Symbols::Elf("a.elf".into())) },
        SessionEvent::Board(BoardEvent::CutOff { in_flight: 3 }),
        SessionEvent::Note(say!("note-no-lines", "This port has no modem lines")),
        // As a capture has it: English alone.
        SessionEvent::Note("Reset by us".into()),
    ] {
        window.engine.tell(client, event);
    }
    window.rest();
    leaks.look(&window, "events");
    key(&mut window, Modifiers::ALT, Key::Enter);
    leaks.look(&window, "options");
    key(&mut window, Modifiers::NONE, Key::Escape);
    key(&mut window, COMMAND, Key::Comma);
    leaks.look(&window, "settings");
    key(&mut window, Modifiers::NONE, Key::Escape);
    key(&mut window, COMMAND, Key::S);
    leaks.look(&window, "save");
    key(&mut window, Modifiers::NONE, Key::Escape);
    key(&mut window, COMMAND, Key::F);
    leaks.look(&window, "find");
    key(&mut window, COMMAND, Key::T);
    leaks.look(&window, "timeline");
    assert_eq!(leaks.0, BTreeSet::new());
}

#[test]
fn the_board_panel_is_in_chinese_whatever_the_board_does() {
    let (mut leaks, mut window) = (Leaks::default(), window());
    let words = Locale::new(Language::Chinese);
    let keepalive = Keepalive { idle_s: 20, interval_s: 5, count: 3 };
    let server = ServerSettings { port: 7681, limit: 2, keepalive, mode: Mode::Source, rate: 0 };
    let console = ConsoleSettings {
        log: Level::Info,
        show: Shown::Hex,
        name: "sensors".to_owned(),
        hostname: "espalier-board".to_owned(),
    };
    let mut reported = ReportedState::default();
    for line in [
        "I (1) boot: started app=espalier version=0.1.0 chip=esp32c3 reset=power-on",
        "I (2) wifi: got ip: 10.0.0.7 prefix=24 from=dhcp",
        "I (3) ota: slot slot=0 of=2 room=2031616 state=confirmed port=7682 token=set",
        "I (4) ota: allowed seconds=300",
        "I (5) settings: wifi ssid=sensors password=set address=dhcp smartconfig=on",
    ] {
        reported.line(&Line::parse(line).expect("a line of a board"), Timestamp(NOON));
    }
    let settings = BoardSettings {
        wifi: reported.settings.wifi.clone(),
        server: Some(server),
        client: Some(("192.168.1.10".to_owned(), 80)),
        console: Some(console),
    };
    reported.settings = settings;
    let reported = Arc::new(reported);
    let lines = ModemLines { present: true, ..ModemLines::default() };
    *window.engine.told.lock() = BoardStatus { reported, lines, ..BoardStatus::default() };
    window.click(words.text("board-toggle"));
    window.write(words.text("board-typed-port"), "COM3");
    window.click(words.text("board-open-port"));
    leaks.look(&window, "open port");
    for section in
        ["settings", "wifi", "clients", "screen", "trends", "network", "update", "touch", "symbols"]
    {
        let title = words.text(Box::leak(format!("board-section-{section}").into_boxed_str()));
        if window.count(title) > 0 {
            window.click_last(title);
        }
        leaks.look(&window, section);
    }
    for flash in flashes() {
        window.engine.told.lock().flash = Some(Arc::new(flash));
        window.rest();
        leaks.look(&window, "flash");
    }
    assert_eq!(leaks.0, BTreeSet::new());
}
