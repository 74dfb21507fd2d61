//! What happened to a session, in words.

use espalier_core::session::{BoardEvent, SessionEvent};

use super::{reason, reason_tone, reset_cause, symbols};
use crate::locale::Locale;
use crate::widgets::Tone;

/// One line about an event.
pub fn event(locale: &Locale, event: &SessionEvent) -> String {
    match event {
        SessionEvent::Connecting { target } => {
            locale.with("event-connecting", [("target", target.into())])
        }
        SessionEvent::Connected { local, remote } => locale.with(
            "event-connected",
            [("remote", remote.to_string().into()), ("local", local.to_string().into())],
        ),
        SessionEvent::Listening { local } => {
            locale.with("event-listening", [("local", local.to_string().into())])
        }
        SessionEvent::StoppedListening => locale.text("event-stopped").to_owned(),
        SessionEvent::Accepted { remote, .. } => {
            locale.with("event-accepted", [("remote", remote.to_string().into())])
        }
        SessionEvent::Met { remote, .. } => {
            locale.with("event-met", [("remote", remote.to_string().into())])
        }
        SessionEvent::Undelivered { remote, count, detail } => {
            let remote = remote.map(|remote| remote.to_string()).unwrap_or_default();
            let detail = locale.translate(detail);
            let key = match (remote.is_empty(), detail.is_empty()) {
                (_, true) => "event-undelivered-more",
                (true, _) => "event-undelivered",
                (false, _) => "event-undelivered-to",
            };
            let count = ("count", (*count).into());
            locale.with(key, [count, ("remote", remote.into()), ("detail", detail.into())])
        }
        SessionEvent::PeerHalfClosed => locale.text("event-peer-half-closed").to_owned(),
        SessionEvent::HalfClosed => locale.text("event-half-closed").to_owned(),
        SessionEvent::Ended { reason: why, detail } if detail.is_empty() => {
            locale.text(reason(*why)).to_owned()
        }
        SessionEvent::Ended { reason: why, detail } => {
            let (reason, detail) = (locale.text(reason(*why)), locale.translate(detail));
            // The system's error may be called as the reason is.
            if detail.starts_with(reason) {
                return detail;
            }
            locale.with("event-ended", [("reason", reason.into()), ("detail", detail.into())])
        }
        SessionEvent::RetryIn { delay, attempt } => {
            let seconds = format!("{:.1}", delay.as_secs_f64());
            let parts = [("attempt", (*attempt).into()), ("seconds", seconds.into())];
            locale.with("event-retry", parts)
        }
        SessionEvent::PortOpened { port, baud } => locale
            .with("event-port-opened", [("port", port.into()), ("baud", baud.to_string().into())]),
        SessionEvent::Backtrace { symbols: None, .. } => {
            locale.text("event-backtrace-nameless").to_owned()
        }
        SessionEvent::Backtrace { core, symbols: Some(from) } => {
            let from = ("symbols", symbols(locale, from).into());
            match core {
                Some(core) => {
                    let core = ("core", core.to_string().into());
                    locale.with("event-backtrace-core", [core, from])
                }
                None => locale.with("event-backtrace", [from]),
            }
        }
        SessionEvent::Frame(frame) => format!("  {}", super::frame(locale, frame)),
        SessionEvent::Board(event) => board(locale, event),
        SessionEvent::Mark(text) => locale.with("event-mark", [("text", text.into())]),
        SessionEvent::Note(sentence) => locale.sentence(sentence),
        other => other.to_string(),
    }
}

/// What a board did or saw.
fn board(locale: &Locale, event: &BoardEvent) -> String {
    match event {
        BoardEvent::Said { line, within: Some(within) } => {
            let ms = format!("{:.3}", within.as_secs_f64() * 1e3);
            locale.with("event-board-said", [("line", line.into()), ("ms", ms.into())])
        }
        BoardEvent::Said { line, within: None } => {
            locale.with("event-board-said-late", [("line", line.into())])
        }
        BoardEvent::Started(cause) => {
            locale.with("event-board-started", [("cause", locale.text(reset_cause(*cause)).into())])
        }
        BoardEvent::CutOff { in_flight } => {
            locale.with("event-board-cut-off", [("bytes", (*in_flight).into())])
        }
        BoardEvent::Panicked { message } => {
            locale.with("event-board-panicked", [("message", message.into())])
        }
        other => other.to_string(),
    }
}

/// How an event feels: a crash and what belongs to it, an end that nobody asked for, and what was not sent must not be
/// overlooked.
pub fn event_tone(event: &SessionEvent) -> Tone {
    match event {
        SessionEvent::Ended { reason, .. } => reason_tone(*reason),
        SessionEvent::Undelivered { .. } => Tone::Bad,
        SessionEvent::PeerHalfClosed | SessionEvent::HalfClosed => Tone::Busy,
        SessionEvent::Note(sentence) if is_grave(sentence.english()) => Tone::Bad,
        SessionEvent::Board(event) if event.is_crash() => Tone::Bad,
        SessionEvent::Backtrace { symbols: None, .. } => Tone::Busy,
        SessionEvent::Backtrace { .. } => Tone::Bad,
        SessionEvent::Board(_) | SessionEvent::Frame(_) | SessionEvent::Mark(_) => Tone::Calm,
        _ => Tone::Idle,
    }
}

/// Whether a note says that something was not sent, may be missing, or is not what it says it is. One that was read from a
/// capture has its English alone.
fn is_grave(english: &str) -> bool {
    ["not sent: ", "NOT VERIFIED: ", "truncated: "].iter().any(|it| english.starts_with(it))
        || [" not sent", ", EXPIRED on "].iter().any(|it| english.contains(it))
}

#[cfg(test)]
mod tests {
    use espalier_core::Sentence;
    use espalier_core::session::EndReason;

    use super::*;

    #[test]
    fn an_end_that_nobody_asked_for_and_what_was_not_sent_are_red() {
        let ended = |reason| SessionEvent::Ended { reason, detail: String::new() };
        let note = |text: &str| SessionEvent::Note(Sentence::from(text.to_owned()));
        for (event, tone) in [
            (ended(EndReason::Refused), Tone::Bad),
            (ended(EndReason::ResetByPeer), Tone::Bad),
            (ended(EndReason::ConnectTimedOut), Tone::Bad),
            (ended(EndReason::ClosedByPeer), Tone::Idle),
            (SessionEvent::PeerHalfClosed, Tone::Busy),
            (note("datagrams not sent: 1 (Permission denied)"), Tone::Bad),
            (
                SessionEvent::Undelivered { remote: None, count: 1, detail: String::new() },
                Tone::Bad,
            ),
            (note("not sent: no connection (3 bytes)"), Tone::Bad),
            (note("7 queued bytes were not sent"), Tone::Bad),
            (note("a cable was found"), Tone::Idle),
            (note("NOT VERIFIED: this session trusts any certificate"), Tone::Bad),
            (note("truncated: the other end sent FIN"), Tone::Bad),
        ] {
            assert_eq!(event_tone(&event), tone, "{event:?}");
        }
    }
}
