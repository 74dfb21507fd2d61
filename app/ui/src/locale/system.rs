//! What operating systems and their libraries say when something fails.

use std::io::ErrorKind;

/// The key of our words, what Rust calls it, and how the message begins on Unix (strerror, without a number) where Rust has no
/// name for it or libraries leave the number out.
const KNOWN: &[(&str, Option<ErrorKind>, &[&str])] = &[
    ("system-refused", Some(ErrorKind::ConnectionRefused), &["Connection refused"]),
    ("system-reset", Some(ErrorKind::ConnectionReset), &["Connection reset by peer"]),
    ("system-aborted", Some(ErrorKind::ConnectionAborted), &["Software caused connection abort"]),
    (
        "system-not-connected",
        Some(ErrorKind::NotConnected),
        &["Transport endpoint is not connected"],
    ),
    (
        "system-timed-out",
        Some(ErrorKind::TimedOut),
        &["Connection timed out", "Operation timed out"],
    ),
    ("system-in-use", Some(ErrorKind::AddrInUse), &["Address already in use"]),
    (
        "system-not-ours",
        Some(ErrorKind::AddrNotAvailable),
        &["Cannot assign requested address", "Can't assign requested address"],
    ),
    ("system-no-route", Some(ErrorKind::HostUnreachable), &["No route to host"]),
    ("system-no-network", Some(ErrorKind::NetworkUnreachable), &["Network is unreachable"]),
    ("system-network-down", Some(ErrorKind::NetworkDown), &["Network is down"]),
    ("system-nobody-reads", Some(ErrorKind::BrokenPipe), &["Broken pipe"]),
    ("system-not-found", Some(ErrorKind::NotFound), &["No such file or directory"]),
    (
        "system-forbidden",
        Some(ErrorKind::PermissionDenied),
        &["Permission denied", "Operation not permitted"],
    ),
    ("system-exists", Some(ErrorKind::AlreadyExists), &["File exists"]),
    ("system-folder", Some(ErrorKind::IsADirectory), &["Is a directory"]),
    ("system-no-folder", Some(ErrorKind::NotADirectory), &["Not a directory"]),
    ("system-disk-full", Some(ErrorKind::StorageFull), &["No space left on device"]),
    ("system-quota", Some(ErrorKind::QuotaExceeded), &["Disk quota exceeded"]),
    ("system-read-only", Some(ErrorKind::ReadOnlyFilesystem), &["Read-only file system"]),
    ("system-too-large", Some(ErrorKind::FileTooLarge), &["File too large"]),
    ("system-busy", Some(ErrorKind::ResourceBusy), &["Device or resource busy"]),
    ("system-memory", Some(ErrorKind::OutOfMemory), &["Cannot allocate memory"]),
    ("system-invalid", Some(ErrorKind::InvalidInput), &["Invalid argument"]),
    ("system-encoding", Some(ErrorKind::InvalidData), &["stream did not contain valid UTF-8"]),
    ("system-cut-off", Some(ErrorKind::UnexpectedEof), &["end of file"]),
    ("system-unsupported", Some(ErrorKind::Unsupported), &["Operation not supported"]),
    ("system-no-device", None, &["No such device"]),
    ("system-device-failed", None, &["Input/output error"]),
    ("system-not-for-device", None, &["Inappropriate ioctl for device", "Not a typewriter"]),
    ("system-descriptors", None, &["Too many open files"]),
    ("system-no-buffers", None, &["No buffer space available"]),
    ("system-locked", None, &["Unable to acquire exclusive lock on serial port"]),
    ("system-no-such-name", None, &["failed to lookup address information"]),
];

/// The key of our words for it.
pub(super) fn key(text: &str) -> Option<&'static str> {
    let numbered = text.strip_suffix(')').and_then(|text| text.rsplit_once(" (os error "));
    // The number tells on every system, whatever language that speaks.
    let alone = !text.contains(": ");
    let kind = numbered
        .filter(|_| alone)
        .and_then(|(_, number)| number.parse().ok())
        .map(|number| std::io::Error::from_raw_os_error(number).kind());
    KNOWN.iter().find_map(|(key, known, messages)| {
        let named = known.is_some() && *known == kind;
        let said = messages.iter().any(|message| text.starts_with(message))
            || known.is_some_and(|known| known.to_string() == text);
        (named || said).then_some(*key)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_are_known_by_number_kind_and_words() {
        let refused = std::io::Error::from(ErrorKind::ConnectionRefused);
        assert_eq!(key(&refused.to_string()), Some("system-refused"));
        assert_eq!(key("Device or resource busy"), Some("system-busy"));
        assert_eq!(
            key("failed to lookup address information: Name or service not known"),
            Some("system-no-such-name")
        );
        assert_eq!(key("no such thing"), None);
        assert_eq!(key("(os error 13)"), None, "no words at all");
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn the_systems_own_messages_are_known() {
        for (number, expected) in [
            (13, "system-forbidden"),
            (16, "system-busy"),
            (19, "system-no-device"),
            (24, "system-descriptors"),
            (28, "system-disk-full"),
            (98, "system-in-use"),
            (111, "system-refused"),
            (113, "system-no-route"),
        ] {
            let text = std::io::Error::from_raw_os_error(number).to_string();
            assert_eq!(key(&text), Some(expected), "{text}");
        }
    }
}
