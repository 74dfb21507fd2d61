//! Which page has more to say of what was told: one table.

use espalier_core::board::BoardFault;

use crate::command::Topic;
use crate::locale::Locale;
use crate::words;

/// By the key of a sentence, or its beginning where it ends in `-`.
const TOPICS: &[(&str, Topic)] = &[
    // Why a connection ended.
    ("advice-closed-by-peer", ("tcp", "closed")),
    ("advice-reset-by-peer", ("tcp", "reset")),
    ("advice-reset-by-us", ("tcp", "reset")),
    ("advice-keepalive-lost", ("tcp", "lost")),
    ("advice-board-restarted", ("drivers", "gone")),
    ("advice-refused", ("tcp", "refused")),
    ("advice-timed-out", ("tcp", "timed-out")),
    ("advice-unreachable", ("tcp", "unreachable")),
    ("advice-name-not-found", ("tcp", "unreachable")),
    ("advice-bind-failed", ("tcp", "bind")),
    ("advice-over-limit", ("sessions", "server")),
    ("advice-tls-failed", ("secure", "failed")),
    ("advice-truncated", ("secure", "failed")),
    ("advice-capture-failed", ("captures", "unwritable")),
    ("advice-port-gone", ("drivers", "gone")),
    ("advice-port-busy", ("drivers", "busy")),
    ("advice-port-forbidden", ("drivers", "linux")),
    ("advice-idle", ("sessions", "udp")),
    ("advice-forbidden", ("sessions", "udp")),
    // What the panel of a board says.
    ("board-port-busy", ("drivers", "busy")),
    ("board-port-forbidden", ("drivers", "linux")),
    ("board-port-gone", ("drivers", "gone")),
    ("fault-busy", ("drivers", "busy")),
    ("fault-forbidden", ("drivers", "linux")),
    ("fault-gone", ("drivers", "gone")),
    ("fault-no-sync", ("drivers", "loader")),
    ("fault-link", ("drivers", "loader")),
    ("fault-write", ("drivers", "loader")),
    ("fault-verify", ("drivers", "loader")),
    ("fault-does-not-start", ("troubleshooting", "serial")),
    ("fault-wrong-chip", ("board", "flash")),
    ("fault-no-image", ("board", "flash")),
    ("fault-bad-file", ("board", "flash")),
    ("fault-too-large", ("board", "flash")),
    ("fault-wrong-place", ("board", "flash")),
    ("go-other-firmware", ("board", "go")),
    ("go-silent", ("troubleshooting", "serial")),
    ("go-wrong-password", ("troubleshooting", "serial")),
    ("go-no-such-network", ("troubleshooting", "serial")),
    ("go-timed-out", ("troubleshooting", "serial")),
    ("go-unstored", ("captures", "unwritable")),
    ("place-board-restarted", ("drivers", "gone")),
    ("touch-no-address", ("board", "touch")),
    ("touch-not-sent", ("board", "touch")),
    ("touch-not-heard", ("board", "touch")),
    ("touch-no-answer", ("board", "touch")),
    ("network-no-multicast", ("board", "network")),
    ("keyring-none", ("files", "")),
    ("keyring-refused", ("files", "")),
    // What a notice tells.
    ("told-port-busy", ("drivers", "busy")),
    ("told-port-busy-by", ("drivers", "busy")),
    ("told-port-taken", ("drivers", "busy")),
    ("told-port-forbidden", ("drivers", "linux")),
    ("told-not-allowed", ("drivers", "linux")),
    ("told-port-gone", ("drivers", "gone")),
    ("told-port-not-opened", ("drivers", "chips")),
    ("told-board-gone", ("drivers", "gone")),
    ("told-went-away", ("drivers", "gone")),
    ("told-no-sync", ("drivers", "loader")),
    ("told-link-breaks", ("drivers", "loader")),
    ("told-loader-failed", ("drivers", "loader")),
    ("told-no-simulator", ("start", "")),
    ("told-not-simulated", ("automation", "boards")),
    ("told-simulator-failed", ("start", "")),
    ("told-no-symbols", ("board", "crashes")),
    ("told-several-boards", ("automation", "boards")),
    ("told-region-", ("board", "backup")),
    ("told-no-partition-named", ("board", "backup")),
    ("told-partitions-named", ("board", "backup")),
    ("told-board-without-table", ("board", "backup")),
    ("told-no-table-at", ("board", "backup")),
    ("told-erase-guarded", ("board", "backup")),
    ("told-erased-halfway", ("board", "backup")),
    ("told-not-erased", ("board", "backup")),
    ("told-several-builds", ("board", "flash")),
    ("told-image-", ("board", "flash")),
    ("told-table-", ("board", "flash")),
    ("told-header-", ("board", "flash")),
    ("told-over-", ("board", "flash")),
    ("told-partition-small", ("board", "flash")),
    ("told-no-partition", ("board", "flash")),
    ("told-no-table", ("board", "flash")),
    ("told-no-application", ("board", "flash")),
    ("told-no-app", ("board", "flash")),
    ("told-no-image", ("board", "flash")),
    ("told-machine", ("board", "flash")),
    ("told-bad-place", ("board", "flash")),
    ("told-overlap", ("board", "flash")),
    ("told-beyond-flash", ("board", "flash")),
    ("told-flash-too-small", ("board", "flash")),
    ("told-file-size", ("board", "flash")),
    ("told-file-", ("files", "")),
    ("told-set-aside", ("files", "")),
    ("told-left-out", ("files", "")),
    ("told-more-left-out", ("files", "")),
    ("told-not-set-aside", ("files", "")),
    ("told-passed-over", ("files", "")),
    ("told-log-file-cut", ("log", "saving")),
    ("told-no-font", ("settings", "")),
    ("told-font-not-fixed", ("settings", "")),
    ("setting-no-", ("settings", "")),
    ("told-save-", ("captures", "")),
    ("told-no-such-board", ("drivers", "chips")),
    ("told-port-went-away", ("drivers", "gone")),
    ("told-does-not-start", ("troubleshooting", "serial")),
    ("told-starts-over", ("troubleshooting", "serial")),
    ("told-other-chip", ("board", "flash")),
    ("told-for-", ("board", "flash")),
    ("told-not-built", ("board", "flash")),
    ("told-no-build", ("board", "flash")),
    ("told-no-place", ("board", "flash")),
    ("told-place-", ("board", "flash")),
    ("told-capture-unread", ("captures", "damage")),
    ("told-not-joined", ("sessions", "udp")),
    ("told-broadcast-off", ("sessions", "udp")),
    ("told-bind-multicast", ("sessions", "udp")),
    ("told-no-group", ("sessions", "udp")),
    ("told-datagram-long", ("sessions", "udp")),
    ("load-few-files", ("faults", "load")),
    ("load-no-files", ("faults", "load")),
    ("load-no-ports", ("tcp", "")),
    ("load-outside", ("faults", "load")),
    ("release-", ("files", "updates")),
    ("replay-", ("captures", "replay")),
    ("transfer-", ("send", "files")),
    ("tls-key-log-", ("secure", "")),
    ("tls-", ("secure", "failed")),
    ("update-", ("board", "update")),
    // What the command line says.
    ("cli-port-state", ("drivers", "gone")),
    ("cli-port-taken", ("drivers", "busy")),
    ("cli-port-forbidden", ("drivers", "linux")),
    ("cli-port-not-opened", ("drivers", "chips")),
    ("cli-port-missing", ("drivers", "chips")),
    ("cli-not-plugged", ("drivers", "chips")),
    ("cli-same-port", ("automation", "boards")),
    ("cli-boards-", ("board", "network")),
    ("cli-update-", ("board", "update")),
    ("cli-region", ("board", "backup")),
    ("cli-touch-", ("board", "touch")),
    ("cli-go-", ("troubleshooting", "serial")),
    ("cli-keyring-", ("files", "")),
    ("cli-no-capture", ("captures", "import")),
    ("cli-foreign-capture", ("captures", "import")),
    ("cli-no-repair", ("captures", "damage")),
    ("cli-damage", ("captures", "damage")),
    ("cli-damage-", ("captures", "damage")),
    ("cli-no-space", ("captures", "unwritable")),
    ("cli-newer", ("files", "")),
    ("cli-parser-", ("workspace", "")),
    ("cli-no-sessions", ("workspace", "")),
    ("cli-no-home", ("files", "")),
    ("cli-no-home-", ("files", "")),
    ("cli-no-window", ("troubleshooting", "program")),
    ("cli-no-display", ("troubleshooting", "program")),
    ("cli-password-", ("board", "go")),
    ("cli-credentials", ("board", "go")),
    ("cli-encoding", ("log", "")),
    ("cli-unknown-encoding", ("log", "")),
    ("cli-unencodable", ("send", "")),
    ("cli-bad-hex", ("send", "")),
    ("cli-half-byte", ("send", "")),
    ("cli-byte-escape", ("send", "")),
    ("cli-character-escape", ("send", "")),
    ("cli-list-", ("send", "lists")),
    ("cli-no-list", ("send", "lists")),
    ("cli-import-", ("send", "lists")),
    ("cli-open-placeholder", ("send", "lists")),
    ("cli-unknown-placeholder", ("send", "lists")),
    ("cli-placeholder-form", ("send", "lists")),
    ("cli-unknown-checksum", ("send", "")),
    ("cli-no-rules", ("send", "rules")),
    ("cli-pattern-", ("send", "rules")),
    ("cli-rule-", ("send", "rules")),
    ("cli-file-", ("send", "files")),
    ("cli-tls-", ("secure", "")),
    ("cli-bridge-", ("faults", "bridge")),
    ("cli-relay-", ("faults", "relay")),
    ("cli-load-", ("faults", "load")),
    ("cli-fault-", ("faults", "faults")),
    ("cli-replay-", ("captures", "replay")),
    ("cli-terminal-", ("sessions", "serial")),
    ("cli-release-url", ("files", "updates")),
    ("cli-window-open", ("settings", "")),
    ("cli-no-such-setting", ("settings", "")),
    ("cli-no-manual-page", ("start", "")),
    // What the system says, where no sentence of ours around it is in the table.
    ("system-refused", ("tcp", "refused")),
    ("system-reset", ("tcp", "reset")),
    ("system-timed-out", ("tcp", "timed-out")),
    ("system-no-route", ("tcp", "unreachable")),
    ("system-no-network", ("tcp", "unreachable")),
    ("system-network-down", ("tcp", "unreachable")),
    ("system-no-such-name", ("tcp", "unreachable")),
    ("system-in-use", ("tcp", "bind")),
    ("system-not-ours", ("tcp", "bind")),
    ("system-locked", ("drivers", "busy")),
    ("system-busy", ("drivers", "busy")),
    ("system-no-device", ("drivers", "gone")),
    ("system-device-failed", ("drivers", "gone")),
    ("system-descriptors", ("faults", "load")),
    ("system-forbidden", ("troubleshooting", "program")),
    ("system-read-only", ("troubleshooting", "program")),
    ("system-disk-full", ("captures", "unwritable")),
    ("system-quota", ("captures", "unwritable")),
];

/// Where the manual has more to say of the sentence of this key.
pub fn topic(key: &str) -> Option<Topic> {
    let is_meant = |(known, _): &&(&str, Topic)| {
        *known == key || (known.ends_with('-') && key.starts_with(known))
    };
    TOPICS.iter().find(is_meant).map(|(_, topic)| *topic)
}

/// Where the manual has more to say of a failure with a board: by its sentence, or else by its kind.
pub fn topic_of_fault(fault: &BoardFault) -> Option<Topic> {
    let of_kind = || topic(words::fault(fault.kind));
    fault.what.key().and_then(topic).or_else(of_kind)
}

/// Where the manual has more to say of an English text: by the outermost sentence in it that it has more to say of.
pub fn topic_of(text: &str, locale: &Locale) -> Option<Topic> {
    locale.keys_of(text).into_iter().find_map(topic)
}

#[cfg(test)]
mod tests {
    use espalier_core::board::{
        BoardFault, EspTouchFault, FaultKind, KeyringFault, ProvisionFault,
    };
    use espalier_core::session::EndReason;

    use super::super::{Block, Manual, Reference};
    use super::*;
    use crate::locale::{Language, Locale};

    #[test]
    fn every_end_that_is_no_wish_has_its_page() {
        use EndReason::*;
        for reason in [
            ClosedByPeer,
            ResetByPeer,
            ResetByUs,
            KeepaliveLost,
            BoardRestarted,
            Refused,
            ConnectTimedOut,
            Unreachable,
            NameNotFound,
            BindFailed,
            Forbidden,
            OverLimit,
            TlsFailed,
            Truncated,
            Idle,
            CaptureFailed,
            PortGone,
            PortBusy,
            PortForbidden,
        ] {
            assert!(topic(words::advice(reason)).is_some(), "{reason:?}");
        }
    }

    #[test]
    fn every_failure_with_a_board_that_says_not_all_itself_has_its_page() {
        use FaultKind::*;
        for kind in [
            Busy,
            Forbidden,
            Gone,
            NoSync,
            WrongChip,
            NoImage,
            BadFile,
            TooLarge,
            WrongPlace,
            VerifyFailed,
            WriteFailed,
            DoesNotStart,
            LinkFailed,
        ] {
            let fault = BoardFault::new(kind, String::new(), String::new());
            assert!(topic_of_fault(&fault).is_some(), "{kind:?}");
            assert!(topic(words::provision_fault(&ProvisionFault::Board(fault))).is_some());
        }
        let ssid = String::new;
        for fault in [
            ProvisionFault::Silent,
            ProvisionFault::OtherFirmware,
            ProvisionFault::WrongPassword { ssid: ssid() },
            ProvisionFault::NoSuchNetwork { ssid: ssid() },
            ProvisionFault::TimedOut { what: "join" },
            ProvisionFault::Restarted,
            ProvisionFault::Unstored(ssid()),
        ] {
            assert!(topic(words::provision_fault(&fault)).is_some(), "{fault:?}");
        }
        for fault in [
            EspTouchFault::NoAddress(ssid()),
            EspTouchFault::Send(ssid()),
            EspTouchFault::Listen(ssid()),
            EspTouchFault::NoAnswer,
        ] {
            assert!(topic(words::esp_touch_fault(&fault)).is_some(), "{fault:?}");
        }
        for fault in [KeyringFault::None(ssid()), KeyringFault::Refused(ssid())] {
            assert!(topic(words::keyring_fault(&fault)).is_some(), "{fault:?}");
        }
    }

    #[test]
    fn an_english_error_leads_to_the_page_of_the_sentence_in_it() {
        let locale = Locale::new(Language::English);
        for (text, expected) in [
            ("You may not open /dev/ttyUSB0: permission denied", Some(("drivers", "linux"))),
            (
                "port COM3 is in use by another program: Access is denied.",
                Some(("drivers", "busy")),
            ),
            ("/dev/ttyUSB0 is in use by screen (process 42)", Some(("drivers", "busy"))),
            ("The board's loader does not answer", Some(("drivers", "loader"))),
            ("127.0.0.1:80: Address already in use (os error 98)", Some(("tcp", "bind"))),
            (
                "the engine cannot start: No space left on device (os error 28)",
                Some(("captures", "unwritable")),
            ),
            ("10.0.0.1:80: no answer; [::1]:80: Connection refused", Some(("tcp", "refused"))),
            (
                "12 B missing or damaged at byte 99 of a.pcapng: a block",
                Some(("captures", "damage")),
            ),
            ("its certificate was revoked by its issuer", Some(("secure", "failed"))),
            ("there is no encoding klingon", Some(("log", ""))),
            (
                "cannot write a.txt: Permission denied (os error 13)",
                Some(("troubleshooting", "program")),
            ),
            ("usb means several ports: COM3, COM4", Some(("automation", "boards"))),
            ("it took too long", None),
            ("what nobody has ever said", None),
        ] {
            assert_eq!(topic_of(text, &locale), expected, "{text}");
        }
    }

    #[test]
    fn every_topic_is_of_a_sentence_and_leads_to_a_heading() {
        let locale = Locale::new(Language::English);
        let manual = Manual::new(&locale, &Reference::default());
        for (key, (page, id)) in TOPICS {
            let is_meant =
                |known: &str| known == *key || (key.ends_with('-') && known.starts_with(key));
            assert!(locale.keys().any(is_meant), "{key} is no sentence");
            let page = manual.pages().iter().find(|it| it.name == *page);
            let page = page.unwrap_or_else(|| panic!("{key} leads to no page"));
            let is_there =
                |block: &Block| matches!(block, Block::Heading { id: it, .. } if it == id);
            assert!(
                id.is_empty() || page.blocks.iter().any(is_there),
                "{key}: {} has no {id}",
                page.name
            );
        }
    }
}
