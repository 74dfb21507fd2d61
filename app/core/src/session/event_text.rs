//! The text form of events. It is part of the capture's format and what Wireshark shows in a packet's comment, so it does
//! not change: `Display` writes it, `FromStr` reads it back exactly.

use std::convert::Infallible;
use std::fmt::{self, Display};
use std::str::FromStr;
use std::time::Duration;

use super::escape::{Escaped, unescape};
use super::{EndReason, SessionEvent, backtrace, board_event, note_text};

impl EndReason {
    /// Every reason.
    pub const ALL: [Self; 22] = [
        Self::ClosedByPeer,
        Self::ClosedByUs,
        Self::ResetByPeer,
        Self::ResetByUs,
        Self::KeepaliveLost,
        Self::BoardRestarted,
        Self::Refused,
        Self::ConnectTimedOut,
        Self::Unreachable,
        Self::NameNotFound,
        Self::BindFailed,
        Self::Forbidden,
        Self::OverLimit,
        Self::TlsFailed,
        Self::Truncated,
        Self::Idle,
        Self::Displaced,
        Self::CaptureFailed,
        Self::PortGone,
        Self::PortBusy,
        Self::PortForbidden,
        Self::Other,
    ];

    /// The reason's name in captures.
    pub const fn name(self) -> &'static str {
        match self {
            Self::ClosedByPeer => "closed by peer",
            Self::ClosedByUs => "closed by us",
            Self::ResetByPeer => "reset by peer",
            Self::ResetByUs => "reset by us",
            Self::KeepaliveLost => "keepalive lost",
            Self::BoardRestarted => "board restarted",
            Self::Refused => "refused",
            Self::ConnectTimedOut => "connect timed out",
            Self::Unreachable => "unreachable",
            Self::NameNotFound => "name not found",
            Self::BindFailed => "bind failed",
            Self::Forbidden => "forbidden",
            Self::OverLimit => "over the limit",
            Self::TlsFailed => "TLS failed",
            Self::Truncated => "truncated",
            Self::Idle => "idle",
            Self::Displaced => "displaced",
            Self::CaptureFailed => "capture failed",
            Self::PortGone => "port gone",
            Self::PortBusy => "port busy",
            Self::PortForbidden => "port forbidden",
            Self::Other => "other",
        }
    }
}

impl Display for EndReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Display for SessionEvent {
    /// One line without control characters. The flow label of an IPv6 address is not kept.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Connecting { target } => write!(f, "connecting to {}", Escaped(target)),
            Self::Connected { local, remote } => write!(f, "connected to {remote} from {local}"),
            Self::Listening { local } => write!(f, "listening on {local}"),
            Self::StoppedListening => f.write_str("stopped listening"),
            Self::Accepted { local, remote } => write!(f, "accepted {remote} on {local}"),
            Self::Met { local, remote } => write!(f, "met {remote} on {local}"),
            Self::Undelivered { remote: Some(remote), count, detail } => {
                write!(f, "undelivered to {remote}, {count}: {}", Escaped(detail))
            }
            Self::Undelivered { remote: None, count, detail } => {
                write!(f, "undelivered, {count}: {}", Escaped(detail))
            }
            Self::PeerHalfClosed => f.write_str("peer sent FIN"),
            Self::HalfClosed => f.write_str("we sent FIN"),
            Self::Ended { reason, detail } if detail.is_empty() => write!(f, "ended: {reason}"),
            Self::Ended { reason, detail } => write!(f, "ended: {reason}: {}", Escaped(detail)),
            Self::RetryIn { delay, attempt } => {
                write!(f, "attempt {attempt} in {} s", Seconds(*delay))
            }
            Self::PortOpened { port, baud } => write!(f, "opened {} at {baud} baud", Escaped(port)),
            Self::Backtrace { core, symbols } => backtrace::print(*core, symbols.as_ref(), f),
            Self::Frame(frame) => backtrace::print_frame(frame, f),
            Self::Board(event) => write!(f, "{event}"),
            Self::Mark(text) => write!(f, "mark: {}", Escaped(text)),
            Self::Note(text) => write!(f, "note: {}", Escaped(text)),
        }
    }
}

impl SessionEvent {
    /// The event's text form in a capture: as it is displayed, and for notes also by which key other languages word them.
    pub fn comment(&self) -> String {
        match self {
            Self::Note(sentence) => note_text::print(sentence).unwrap_or_else(|| self.to_string()),
            _ => self.to_string(),
        }
    }
}

impl FromStr for SessionEvent {
    type Err = Infallible;

    /// Text in no known form is a [`SessionEvent::Note`]: a comment somebody else wrote.
    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(parse(text).unwrap_or_else(|| Self::Note(text.into())))
    }
}

fn parse(text: &str) -> Option<SessionEvent> {
    match text {
        "stopped listening" => return Some(SessionEvent::StoppedListening),
        "peer sent FIN" => return Some(SessionEvent::PeerHalfClosed),
        "we sent FIN" => return Some(SessionEvent::HalfClosed),
        _ => {}
    }
    if let Some(text) = text.strip_prefix("mark: ") {
        return Some(SessionEvent::Mark(unescape(text)?));
    }
    if let Some(text) = text.strip_prefix("note: ") {
        return Some(SessionEvent::Note(unescape(text)?.into()));
    }
    if let Some(note) = text.strip_prefix("note(") {
        return note_text::parse(note).map(SessionEvent::Note);
    }
    if let Some(frame) = text.strip_prefix("frame ") {
        return backtrace::frame(frame).map(SessionEvent::Frame);
    }
    if let Some(text) = text.strip_prefix("backtrace ") {
        let (core, symbols) = backtrace::parse(text)?;
        return Some(SessionEvent::Backtrace { core, symbols });
    }
    if let Some(target) = text.strip_prefix("connecting to ") {
        return Some(SessionEvent::Connecting { target: unescape(target)? });
    }
    if let Some(ends) = text.strip_prefix("connected to ") {
        let (remote, local) = ends.split_once(" from ")?;
        return Some(SessionEvent::Connected {
            local: local.parse().ok()?,
            remote: remote.parse().ok()?,
        });
    }
    if let Some(ends) = text.strip_prefix("accepted ") {
        let (remote, local) = ends.split_once(" on ")?;
        return Some(SessionEvent::Accepted {
            local: local.parse().ok()?,
            remote: remote.parse().ok()?,
        });
    }
    if let Some(ends) = text.strip_prefix("met ") {
        let (remote, local) = ends.split_once(" on ")?;
        let (local, remote) = (local.parse().ok()?, remote.parse().ok()?);
        return Some(SessionEvent::Met { local, remote });
    }
    if let Some(text) = text.strip_prefix("undelivered") {
        let (whom, rest) = text.split_once(", ")?;
        let remote = match whom.strip_prefix(" to ") {
            Some(remote) => Some(remote.parse().ok()?),
            None if whom.is_empty() => None,
            None => return None,
        };
        let (count, detail) = rest.split_once(": ")?;
        let (count, detail) = (count.parse().ok()?, unescape(detail)?);
        return Some(SessionEvent::Undelivered { remote, count, detail });
    }
    if let Some(local) = text.strip_prefix("listening on ") {
        return Some(SessionEvent::Listening { local: local.parse().ok()? });
    }
    if let Some(end) = text.strip_prefix("ended: ") {
        let (name, detail) = end.split_once(": ").unwrap_or((end, ""));
        let reason = EndReason::ALL.into_iter().find(|reason| reason.name() == name)?;
        return Some(SessionEvent::Ended { reason, detail: unescape(detail)? });
    }
    if let Some(retry) = text.strip_prefix("attempt ") {
        let (attempt, delay) = retry.strip_suffix(" s")?.split_once(" in ")?;
        let (attempt, delay) = (attempt.parse().ok()?, seconds(delay)?);
        return Some(SessionEvent::RetryIn { delay, attempt });
    }
    if let Some(opened) = text.strip_prefix("opened ") {
        let (port, baud) = opened.strip_suffix(" baud")?.rsplit_once(" at ")?;
        let (port, baud) = (unescape(port)?, baud.parse().ok()?);
        return Some(SessionEvent::PortOpened { port, baud });
    }
    board_event::parse(text).map(SessionEvent::Board)
}

/// A duration in seconds, exact, without needless zeros.
struct Seconds(Duration);

impl Display for Seconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0.as_secs())?;
        match self.0.subsec_nanos() {
            0 => Ok(()),
            nanos => write!(f, ".{}", format!("{nanos:09}").trim_end_matches('0')),
        }
    }
}

/// The inverse of [`Seconds`].
fn seconds(text: &str) -> Option<Duration> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    if !digits(whole) || !digits(fraction) || fraction.len() > 9 {
        return None;
    }
    Some(Duration::new(whole.parse().ok()?, format!("{fraction:0<9}").parse().ok()?))
}

#[cfg(test)]
mod tests {
    use std::net::{IpAddr, SocketAddr, SocketAddrV6};

    use proptest::prelude::*;

    use super::*;
    use crate::Sentence;
    use crate::board::{Chip, Frame, ResetCause, Symbols};
    use crate::session::BoardEvent;

    fn address() -> impl Strategy<Value = SocketAddr> {
        let plain = any::<(IpAddr, u16)>().prop_map(SocketAddr::from);
        let scoped = any::<(std::net::Ipv6Addr, u16, u32)>()
            .prop_map(|(ip, port, scope)| SocketAddrV6::new(ip, port, 0, scope).into());
        prop_oneof![plain, scoped]
    }

    fn sentence() -> impl Strategy<Value = Sentence> {
        let arguments = proptest::collection::vec(("[a-z_]{1,8}", any::<String>()), 0..3);
        ("[a-z][a-z0-9-]{0,10}", any::<String>(), arguments)
            .prop_map(|(key, english, arguments)| Sentence::restored(key, english, arguments))
    }

    fn symbols() -> impl Strategy<Value = Option<Symbols>> {
        prop_oneof![
            Just(None),
            proptest::sample::select(&Chip::ALL[..]).prop_map(|chip| Some(Symbols::Bundled(chip))),
            any::<String>().prop_map(|name| Some(Symbols::Elf(name.into()))),
            any::<String>().prop_map(|name| Some(Symbols::OtherElf(name.into()))),
        ]
    }

    fn frame() -> impl Strategy<Value = Frame> {
        let text = || prop_oneof![any::<String>(), "( ?at ?){0,3}:?"];
        let location = proptest::option::of((text(), any::<u32>()));
        (any::<u32>(), text(), location, any::<bool>()).prop_map(
            |(address, function, location, guess)| Frame { address, function, location, guess },
        )
    }

    fn board_event() -> impl Strategy<Value = BoardEvent> {
        use BoardEvent as E;
        prop_oneof![
            (any::<String>(), proptest::option::of(any::<u32>())).prop_map(|(line, us)| E::Said {
                line,
                within: us.map(|us| Duration::from_micros(us.into())),
            }),
            proptest::sample::select(&ResetCause::ALL[..]).prop_map(E::Started),
            any::<u64>().prop_map(|in_flight| E::CutOff { in_flight }),
            any::<String>().prop_map(|message| E::Panicked { message }),
        ]
    }

    fn event() -> impl Strategy<Value = SessionEvent> {
        use SessionEvent as E;
        prop_oneof![
            any::<String>().prop_map(|target| E::Connecting { target }),
            (address(), address()).prop_map(|(local, remote)| E::Connected { local, remote }),
            address().prop_map(|local| E::Listening { local }),
            Just(E::StoppedListening),
            (address(), address()).prop_map(|(local, remote)| E::Accepted { local, remote }),
            (address(), address()).prop_map(|(local, remote)| E::Met { local, remote }),
            (proptest::option::of(address()), any::<u64>(), any::<String>())
                .prop_map(|(remote, count, detail)| E::Undelivered { remote, count, detail },),
            Just(E::PeerHalfClosed),
            Just(E::HalfClosed),
            (proptest::sample::select(&EndReason::ALL[..]), any::<String>())
                .prop_map(|(reason, detail)| E::Ended { reason, detail }),
            (any::<u64>(), 0..1_000_000_000_u32, any::<u32>()).prop_map(|(s, nanos, attempt)| {
                E::RetryIn { delay: Duration::new(s, nanos), attempt }
            }),
            (any::<String>(), any::<u32>()).prop_map(|(port, baud)| E::PortOpened { port, baud }),
            (proptest::option::of(any::<u8>()), symbols())
                .prop_map(|(core, symbols)| E::Backtrace { core, symbols }),
            frame().prop_map(E::Frame),
            board_event().prop_map(E::Board),
            any::<String>().prop_map(E::Mark),
            any::<String>().prop_map(|text| E::Note(text.into())),
            sentence().prop_map(E::Note),
        ]
    }

    proptest! {
        #[test]
        fn every_event_survives_its_text_form(event in event()) {
            let text = event.comment();
            prop_assert!(!text.contains(char::is_control), "one line: {text:?}");
            prop_assert_eq!(text.parse::<SessionEvent>(), Ok(event));
        }

        #[test]
        fn any_text_is_some_event(
            text in "(ended: |met |undelivered( to |, )|attempt |opened |frame 0x|backtrace |note: |note[(]|board: |board panicked: )?.*",
        ) {
            let Ok(event) = text.parse::<SessionEvent>();
            prop_assert_eq!(event.comment().parse::<SessionEvent>(), Ok(event));
        }
    }

    #[test]
    fn the_text_form_is_frozen() {
        let local = "127.0.0.1:80".parse().expect("an address");
        let remote = "[fe80::1%2]:50123".parse().expect("an address");
        let ended = |reason, detail: &str| SessionEvent::Ended { reason, detail: detail.into() };
        let forms = [
            (SessionEvent::Connecting { target: "主机:80".into() }, "connecting to 主机:80"),
            (
                SessionEvent::Connected { local, remote },
                "connected to [fe80::1%2]:50123 from 127.0.0.1:80",
            ),
            (SessionEvent::Listening { local }, "listening on 127.0.0.1:80"),
            (SessionEvent::StoppedListening, "stopped listening"),
            (
                SessionEvent::Accepted { local, remote },
                "accepted [fe80::1%2]:50123 on 127.0.0.1:80",
            ),
            (SessionEvent::Met { local, remote }, "met [fe80::1%2]:50123 on 127.0.0.1:80"),
            (
                SessionEvent::Undelivered {
                    remote: Some(local),
                    count: 3,
                    detail: "Connection refused (os error 111)".into(),
                },
                "undelivered to 127.0.0.1:80, 3: Connection refused (os error 111)",
            ),
            (
                SessionEvent::Undelivered { remote: None, count: 1, detail: "x".into() },
                "undelivered, 1: x",
            ),
            (SessionEvent::PeerHalfClosed, "peer sent FIN"),
            (SessionEvent::HalfClosed, "we sent FIN"),
            (ended(EndReason::ClosedByPeer, ""), "ended: closed by peer"),
            (
                ended(EndReason::Refused, "Connection refused (os error 111)"),
                "ended: refused: Connection refused (os error 111)",
            ),
            (
                SessionEvent::RetryIn { delay: Duration::from_millis(1500), attempt: 3 },
                "attempt 3 in 1.5 s",
            ),
            (
                SessionEvent::PortOpened { port: "COM3".into(), baud: 115_200 },
                "opened COM3 at 115200 baud",
            ),
            (
                SessionEvent::Backtrace {
                    core: None,
                    symbols: Some(Symbols::Bundled(Chip::Esp32C3)),
                },
                "backtrace by the firmware for esp32c3",
            ),
            (
                SessionEvent::Backtrace {
                    core: None,
                    symbols: Some(Symbols::Elf("app.elf".into())),
                },
                "backtrace by file app.elf",
            ),
            (
                SessionEvent::Backtrace { core: Some(1), symbols: Some(Symbols::Elf("a".into())) },
                "backtrace of core 1 by file a",
            ),
            (SessionEvent::Backtrace { core: None, symbols: None }, "backtrace without symbols"),
            (
                SessionEvent::Frame(Frame {
                    address: 0x4200_1234,
                    function: "<T as A>::run at once".into(),
                    location: Some(("src/main.rs".into(), 12)),
                    guess: false,
                }),
                "frame 0x42001234 in <T as A>::run \\u{61}t once at src/main.rs:12",
            ),
            (
                SessionEvent::Board(BoardEvent::Said {
                    line: "I (7) tcp: listening".into(),
                    within: Some(Duration::from_micros(1_250)),
                }),
                "board: I (7) tcp: listening [±1.250 ms]",
            ),
            (
                SessionEvent::Board(BoardEvent::Started(ResetCause::BrownOut)),
                "board started: brown-out",
            ),
            (
                SessionEvent::Note(Sentence::restored(
                    "a-key".into(),
                    "3 bytes (all) left".into(),
                    vec![("count".into(), "3".into()), ("of".into(), "a b".into())],
                )),
                "note(a-key count=3 of=a\\u{20}b): 3 bytes (all) left",
            ),
            (SessionEvent::Note("a\nb\\".into()), "note: a\\nb\\\\"),
        ];
        for (event, text) in forms {
            assert_eq!(event.comment(), text);
            assert_eq!(text.parse::<SessionEvent>(), Ok(event));
        }
    }

    #[test]
    fn a_comment_of_somebody_else_is_a_note() {
        for text in ["look here!", "ended: of story", "accepted nothing", "note: \\q"] {
            assert_eq!(text.parse(), Ok(SessionEvent::Note(text.into())));
        }
    }
}
