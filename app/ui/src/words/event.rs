//! What happened to a session, in words.

use espalier_core::session::SessionEvent;

use super::{reason, symbols};
use crate::locale::Locale;

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
        SessionEvent::PeerHalfClosed => locale.text("event-peer-half-closed").to_owned(),
        SessionEvent::HalfClosed => locale.text("event-half-closed").to_owned(),
        SessionEvent::Ended { reason: why, detail } if detail.is_empty() => {
            locale.text(reason(*why)).to_owned()
        }
        SessionEvent::Ended { reason: why, detail } => locale.with(
            "event-ended",
            [("reason", locale.text(reason(*why)).into()), ("detail", detail.into())],
        ),
        SessionEvent::RetryIn { delay, attempt } => {
            let seconds = format!("{:.1}", delay.as_secs_f64());
            let parts = [("attempt", (*attempt).into()), ("seconds", seconds.into())];
            locale.with("event-retry", parts)
        }
        SessionEvent::PortOpened { port, baud } => locale
            .with("event-port-opened", [("port", port.into()), ("baud", baud.to_string().into())]),
        SessionEvent::Backtrace { symbols: None } => {
            locale.text("event-backtrace-nameless").to_owned()
        }
        SessionEvent::Backtrace { symbols: Some(from) } => {
            locale.with("event-backtrace", [("symbols", symbols(locale, from).into())])
        }
        SessionEvent::Frame(frame) => super::frame(frame),
        SessionEvent::Note(text) => text.clone(),
        other => other.to_string(),
    }
}
