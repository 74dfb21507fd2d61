//! What is, in words: states, reasons, names, times. The keys of the messages, and what stands in them.

mod board;
mod event;
mod figures;
mod port;
mod settings;

pub use board::{
    esp_touch_fault, fault, frame, join_fault, keyring_fault, place_in_short, provision_fault,
    reset_cause, service_state, symbols, wifi_state,
};
pub use event::{event, event_tone};
pub use figures::figure_value;
pub use port::{board_level, board_mode, board_shown, part, port, port_mark};
pub(crate) use settings::{setting, setting_choice, setting_section, setting_unit};

use espalier_core::Timestamp;
pub use espalier_core::session::host_and_port as address;
use espalier_core::session::{
    ConnectionState, EndReason, KnownClients, SessionSpec, SessionState, TransportSpec,
};
use espalier_core::view::TimeZone;
use espalier_core::view::{ClockStyle, TimeFormat};

use crate::locale::Locale;
use crate::widgets::Tone;

/// The key of the message for why something ended.
pub const fn reason(reason: EndReason) -> &'static str {
    match reason {
        EndReason::ClosedByPeer => "end-closed-by-peer",
        EndReason::ClosedByUs => "end-closed-by-us",
        EndReason::ResetByPeer => "end-reset-by-peer",
        EndReason::ResetByUs => "end-reset-by-us",
        EndReason::KeepaliveLost => "end-keepalive-lost",
        EndReason::BoardRestarted => "end-board-restarted",
        EndReason::Refused => "end-refused",
        EndReason::ConnectTimedOut => "end-timed-out",
        EndReason::Unreachable => "end-unreachable",
        EndReason::NameNotFound => "end-name-not-found",
        EndReason::BindFailed => "end-bind-failed",
        EndReason::Idle => "end-idle",
        EndReason::Displaced => "end-displaced",
        EndReason::Forbidden => "end-forbidden",
        EndReason::OverLimit => "end-over-limit",
        EndReason::TlsFailed => "end-tls-failed",
        EndReason::Truncated => "end-truncated",
        EndReason::CaptureFailed => "end-capture-failed",
        EndReason::PortGone => "end-port-gone",
        EndReason::PortBusy => "end-port-busy",
        EndReason::PortForbidden => "end-port-forbidden",
        _ => "end-other",
    }
}

/// The key of the sentence that says what a reason means and what can be done.
pub const fn advice(reason: EndReason) -> &'static str {
    match reason {
        EndReason::ClosedByPeer => "advice-closed-by-peer",
        EndReason::ClosedByUs => "advice-closed-by-us",
        EndReason::ResetByPeer => "advice-reset-by-peer",
        EndReason::ResetByUs => "advice-reset-by-us",
        EndReason::KeepaliveLost => "advice-keepalive-lost",
        EndReason::BoardRestarted => "advice-board-restarted",
        EndReason::Refused => "advice-refused",
        EndReason::ConnectTimedOut => "advice-timed-out",
        EndReason::Unreachable => "advice-unreachable",
        EndReason::NameNotFound => "advice-name-not-found",
        EndReason::BindFailed => "advice-bind-failed",
        EndReason::Idle => "advice-idle",
        EndReason::Displaced => "advice-displaced",
        EndReason::Forbidden => "advice-forbidden",
        EndReason::OverLimit => "advice-over-limit",
        EndReason::TlsFailed => "advice-tls-failed",
        EndReason::Truncated => "advice-truncated",
        EndReason::CaptureFailed => "advice-capture-failed",
        EndReason::PortGone => "advice-port-gone",
        EndReason::PortBusy => "advice-port-busy",
        EndReason::PortForbidden => "advice-port-forbidden",
        _ => "advice-other",
    }
}

/// How a reason feels: what was asked for is not a failure.
pub const fn reason_tone(reason: EndReason) -> Tone {
    match reason {
        EndReason::ClosedByPeer | EndReason::ClosedByUs | EndReason::ResetByUs => Tone::Idle,
        EndReason::Idle => Tone::Idle,
        _ => Tone::Bad,
    }
}

/// A standing connection: key and tone.
pub const fn connection(state: ConnectionState) -> (&'static str, Tone) {
    match state {
        ConnectionState::Open => ("state-connected", Tone::Good),
        ConnectionState::PeerHalfClosed => ("state-peer-half-closed", Tone::Busy),
        ConnectionState::HalfClosed => ("state-half-closed", Tone::Busy),
        ConnectionState::Ended(ended) => (reason(ended), reason_tone(ended)),
    }
}

/// A session: key and tone.
pub fn session(transport: &TransportSpec, state: &SessionState) -> (&'static str, Tone) {
    if matches!(transport, TransportSpec::Load(_)) {
        match state {
            SessionState::Open => return ("state-load-runs", Tone::Good),
            SessionState::Ended { reason: EndReason::ClosedByUs, .. } => {
                return ("state-load-over", Tone::Calm);
            }
            _ => {}
        }
    }
    match state {
        SessionState::Connecting => ("state-connecting", Tone::Busy),
        SessionState::Connected(state) => connection(*state),
        SessionState::Listening => ("state-listening", Tone::Calm),
        SessionState::Open => ("state-open", Tone::Good),
        SessionState::Ended { reason: ended, .. } => (reason(*ended), reason_tone(*ended)),
        SessionState::Waiting { until: Some(_), .. } => ("state-waiting", Tone::Busy),
        SessionState::Waiting { until: None, .. } => ("state-unplugged", Tone::Busy),
        _ => match transport {
            TransportSpec::TcpClient(_) => ("state-idle", Tone::Idle),
            TransportSpec::Relay(relay) if relay.listen.serial().is_some() => {
                ("state-closed", Tone::Idle)
            }
            TransportSpec::TcpServer(_) | TransportSpec::Relay(_) => {
                ("state-not-listening", Tone::Idle)
            }
            TransportSpec::Udp(_) | TransportSpec::Serial(_) => ("state-closed", Tone::Idle),
            TransportSpec::Load(_) => ("state-load-idle", Tone::Idle),
            TransportSpec::Capture(_) => ("state-looked-at", Tone::Calm),
        },
    }
}

/// A client by its number and what it is called, or by its address: `#4 lamp (192.168.1.5:50123)`.
pub fn client(
    id: espalier_core::PeerId,
    remote: Option<std::net::SocketAddr>,
    known: &KnownClients,
) -> String {
    let name = remote.and_then(|remote| known.name(remote.ip()));
    match (name, remote) {
        (Some(name), Some(remote)) => format!("#{} {name} ({remote})", id.0),
        (None, Some(remote)) => format!("#{} {remote}", id.0),
        (_, None) => format!("#{}", id.0),
    }
}

/// What a session is called on its tab: the user's name for it, or its address.
pub fn title(spec: &SessionSpec, local: Option<std::net::SocketAddr>, locale: &Locale) -> String {
    if !spec.name.is_empty() {
        return spec.name.clone();
    }
    match &spec.transport {
        TransportSpec::TcpClient(client) => address(&client.host, client.port),
        TransportSpec::TcpServer(server) => {
            let port = local.map_or(server.port, |local| local.port());
            match (server.bind.is_unspecified(), port) {
                (true, 0) => locale.text("title-any-port").to_owned(),
                (true, port) => format!("*:{port}"),
                (false, 0) => address(&server.bind.to_string(), "…"),
                (false, port) => address(&server.bind.to_string(), port),
            }
        }
        TransportSpec::Relay(relay) => format!("{} → {}", relay.listen, relay.target),
        TransportSpec::Udp(udp) => match (&udp.remote, local.map_or(udp.port, |it| it.port())) {
            (Some(remote), _) => remote.to_string(),
            (None, 0) => locale.text("title-any-port").to_owned(),
            (None, port) => match udp.bind.as_ref().filter(|bind| !bind.is_unspecified()) {
                Some(bind) => address(&bind.to_string(), port),
                None => format!("*:{port}"),
            },
        },
        TransportSpec::Load(load) => {
            format!("{} × {}", address(&load.host, load.port), load.clients)
        }
        TransportSpec::Serial(serial) => serial.port.clone(),
        TransportSpec::Capture(capture) => {
            let name = capture.path.file_name().unwrap_or(capture.path.as_os_str());
            name.to_string_lossy().into_owned()
        }
    }
}

/// The role of a session in one word: key.
pub const fn role(transport: &TransportSpec) -> &'static str {
    match transport {
        TransportSpec::TcpClient(_) => "role-client",
        TransportSpec::TcpServer(_) => "role-server",
        TransportSpec::Relay(_) => "role-relay",
        TransportSpec::Udp(_) => "role-udp",
        TransportSpec::Load(_) => "role-load",
        TransportSpec::Serial(_) => "role-serial",
        TransportSpec::Capture(_) => "role-capture",
    }
}

/// The sign of a session's role.
pub const fn role_icon(transport: &TransportSpec) -> crate::icon::Icon {
    match transport {
        TransportSpec::TcpClient(_) => crate::icon::Icon::Client,
        TransportSpec::TcpServer(_) => crate::icon::Icon::Server,
        TransportSpec::Relay(_) => crate::icon::Icon::Relay,
        TransportSpec::Udp(_) => crate::icon::Icon::Datagram,
        TransportSpec::Load(_) => crate::icon::Icon::Load,
        TransportSpec::Serial(_) => crate::icon::Icon::Serial,
        TransportSpec::Capture(_) => crate::icon::Icon::History,
    }
}

/// A time of day to the second: `14:03:07`.
pub fn time_of_day(at: Timestamp, zone: TimeZone) -> String {
    let clock = TimeFormat { style: ClockStyle::Local, start: at, zone, date: false };
    clock.local(at).split('.').next().unwrap_or_default().to_owned()
}

/// A time in the name of a file: `20260701-140307`.
pub fn file_time(at: Timestamp, zone: TimeZone) -> String {
    let clock = TimeFormat { style: ClockStyle::Local, start: at, zone, date: true };
    let text = clock.local(at);
    let seconds = text.split('.').next().unwrap_or_default();
    seconds.replace(['-', ':'], "").replace(' ', "-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ipv6_address_has_brackets() {
        assert_eq!(address("::1", 80), "[::1]:80");
        assert_eq!(address("localhost", 80), "localhost:80");
    }
}
