//! What a board is and does, in words.

use espalier_core::board::ServiceState;
use espalier_core::board::{
    EspTouchFault, FaultKind, Frame, KeyringFault, ProvisionFault, ResetCause, Symbols,
};
use espalier_protocol::{CloseCause, JoinFault, WifiState};

use crate::locale::{Locale, Value};
use crate::widgets::Tone;

/// The key of the sentence for why something with a board failed.
pub const fn fault(kind: FaultKind) -> &'static str {
    match kind {
        FaultKind::Busy => "fault-busy",
        FaultKind::Forbidden => "fault-forbidden",
        FaultKind::Gone => "fault-gone",
        FaultKind::NoSync => "fault-no-sync",
        FaultKind::WrongChip => "fault-wrong-chip",
        FaultKind::NoImage => "fault-no-image",
        FaultKind::BadFile => "fault-bad-file",
        FaultKind::TooLarge => "fault-too-large",
        FaultKind::WrongPlace => "fault-wrong-place",
        FaultKind::DoesNotStart => "fault-does-not-start",
        FaultKind::Locked => "fault-locked",
        FaultKind::VerifyFailed => "fault-verify",
        FaultKind::WriteFailed => "fault-write",
        FaultKind::Cancelled => "fault-cancelled",
        FaultKind::LinkFailed => "fault-link",
        _ => "fault-other",
    }
}

/// The key of the sentence for why provisioning failed.
pub const fn provision_fault(fault: &ProvisionFault) -> &'static str {
    match fault {
        ProvisionFault::Board(board) => self::fault(board.kind),
        ProvisionFault::Silent => "go-silent",
        ProvisionFault::OtherFirmware => "go-other-firmware",
        ProvisionFault::NoNetwork => "go-needs-network",
        ProvisionFault::WrongPassword { .. } => "go-wrong-password",
        ProvisionFault::NoSuchNetwork { .. } => "go-no-such-network",
        ProvisionFault::TimedOut { .. } => "go-timed-out",
        ProvisionFault::Refused(_) => "go-refused",
        ProvisionFault::Unstored(_) => "go-unstored",
        ProvisionFault::NoThread(_) => "go-no-thread",
        ProvisionFault::Restarted => "place-board-restarted",
        ProvisionFault::Cancelled => "go-cancelled",
        _ => "fault-other",
    }
}

/// The key of the sentence for why nothing came of a sending over the air.
pub const fn esp_touch_fault(fault: &EspTouchFault) -> &'static str {
    match fault {
        EspTouchFault::Datum(_) => "touch-datum",
        EspTouchFault::NoAddress(_) => "touch-no-address",
        EspTouchFault::Send(_) => "touch-not-sent",
        EspTouchFault::Listen(_) => "touch-not-heard",
        EspTouchFault::NoAnswer => "touch-no-answer",
        EspTouchFault::Cancelled => "go-cancelled",
        _ => "fault-other",
    }
}

/// The key of the sentence for why a password is not kept or known.
pub const fn keyring_fault(fault: &KeyringFault) -> &'static str {
    match fault {
        KeyringFault::None(_) => "keyring-none",
        _ => "keyring-refused",
    }
}

/// The key of the words for why a network could not be joined.
pub const fn join_fault(fault: JoinFault) -> &'static str {
    match fault {
        JoinFault::Auth => "join-auth",
        JoinFault::NotFound => "join-not-found",
        JoinFault::Security => "join-security",
        JoinFault::Full => "join-full",
        JoinFault::Refused => "join-refused",
        JoinFault::Timeout => "join-timeout",
        JoinFault::NoAddress => "join-no-address",
        JoinFault::Other => "join-other",
    }
}

/// The key of the word for where the Wi-Fi stands.
pub const fn wifi_state(state: WifiState) -> &'static str {
    match state {
        WifiState::NoCredentials => "wifi-no-credentials",
        WifiState::Joining => "wifi-joining",
        WifiState::Joined => "wifi-joined",
        WifiState::Online => "wifi-online",
        WifiState::Provisioning => "wifi-provisioning",
        WifiState::Other => "wifi-unknown",
    }
}

/// The key of the sentence for why a chip started.
pub const fn reset_cause(cause: ResetCause) -> &'static str {
    match cause {
        ResetCause::PowerOn => "reset-power-on",
        ResetCause::Software => "reset-software",
        ResetCause::DeepSleep => "reset-deep-sleep",
        ResetCause::Watchdog => "reset-watchdog",
        ResetCause::BrownOut => "reset-brown-out",
        ResetCause::Glitch => "reset-glitch",
        ResetCause::Usb => "reset-usb",
        ResetCause::Efuse => "reset-efuse",
        ResetCause::OtherCore => "reset-other-core",
        _ => "reset-other",
    }
}

/// Where the board has put a connection: its words and tone.
pub fn service_state(place: ServiceState, locale: &Locale) -> (String, Tone) {
    let plain = |key: &'static str| locale.text(key).to_owned();
    match place {
        ServiceState::Served { slot } => {
            let slot = Value::from(u32::from(slot));
            (locale.with("place-served", [("slot", slot)]), Tone::Good)
        }
        ServiceState::Waiting => (plain("place-waiting"), Tone::Busy),
        ServiceState::Unknown => (plain("place-unknown"), Tone::Idle),
        ServiceState::Refused { served } => {
            let share = Value::from(format!("{} / {}", served.taken, served.of));
            (locale.with("place-refused", [("share", share)]), Tone::Bad)
        }
        ServiceState::Closed(CloseCause::Kicked) => (plain("place-kicked"), Tone::Bad),
        ServiceState::Closed(CloseCause::Timeout) => (plain("place-timed-out"), Tone::Bad),
        ServiceState::Closed(CloseCause::Chat) => (plain("place-chat"), Tone::Idle),
        ServiceState::Closed(_) => (plain("place-closed"), Tone::Idle),
        ServiceState::BoardRestarted => (plain("place-board-restarted"), Tone::Bad),
    }
}

/// The same in a word or two, beside what the session is called.
pub fn place_in_short(place: ServiceState, locale: &Locale) -> String {
    let key = match place {
        ServiceState::Served { slot } => {
            return locale.with("place-slot", [("slot", Value::from(u32::from(slot)))]);
        }
        ServiceState::Waiting => "place-short-waiting",
        ServiceState::Unknown => "place-short-unknown",
        ServiceState::Refused { .. } => "place-short-refused",
        ServiceState::Closed(CloseCause::Kicked) => "place-short-kicked",
        ServiceState::Closed(CloseCause::Timeout) => "place-short-timed-out",
        ServiceState::Closed(_) => "place-short-closed",
        ServiceState::BoardRestarted => "place-short-restarted",
    };
    locale.text(key).to_owned()
}

/// Where the names in a backtrace come from.
pub fn symbols(locale: &Locale, symbols: &Symbols) -> String {
    match symbols {
        Symbols::Bundled(chip) => locale.with("symbols-bundled", [("chip", chip.name().into())]),
        Symbols::Elf(name) => name.to_string(),
        Symbols::OtherElf(name) => locale.with("symbols-other", [("file", name.as_ref().into())]),
    }
}

/// One step of a backtrace: function and line, or the bare address.
pub fn frame(locale: &Locale, frame: &Frame) -> String {
    let address = format!("0x{:08x}", frame.address);
    let function = match frame.function.as_str() {
        "" if frame.is_nowhere() => locale.text("frame-nowhere"),
        function => function,
    };
    let place = match &frame.location {
        Some((file, line)) => format!("  {file}:{line}"),
        None => String::new(),
    };
    let guess = if frame.guess { locale.text("frame-guess") } else { "" };
    format!("{address}  {function}{place}  {guess}").trim_end().to_owned()
}
