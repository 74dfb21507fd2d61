//! The options of a transport as rows of a form.

use egui::Ui;
use espalier_core::faults::ReceiveFaults;
use espalier_core::session::{
    Behaviour, DataBits, FlowControl, Keepalive, LocalEndpoint, NoAddress, OverLimit, Parity,
    Reconnect, RelaySpec, SerialSpec, SocketOptions, StopBits, TcpClientSpec, TcpServerSpec,
};

use crate::locale::Locale;
use crate::widgets::{choice, form};

/// The options of a client; `local` is the local address as typed.
pub(super) fn client(ui: &mut Ui, locale: &Locale, spec: &mut TcpClientSpec, local: &mut String) {
    connect_timeout(ui, locale, &mut spec.connect_timeout_ms);
    reconnect(ui, locale, &mut spec.reconnect);
    let hint = locale.text("local-address-hint");
    form::text(ui, locale.text("local-address"), local, hint);
    socket(ui, locale, &mut spec.options);
    faults(ui, locale, &mut spec.faults, false);
}

/// How long a connection may take to be made.
pub(super) fn connect_timeout(ui: &mut Ui, locale: &Locale, millis: &mut u64) {
    form::row(ui, locale.text("connect-timeout"), |ui| {
        let mut seconds = *millis as f64 / 1000.0;
        let field = form::number(ui, &mut seconds, 0.1..=600.0, locale.text("unit-s"));
        if field.changed() {
            *millis = (seconds * 1000.0).round() as u64;
        }
        field
    });
}

/// The options of a relay, whose one client may be a serial port.
pub(super) fn relay(ui: &mut Ui, locale: &Locale, spec: &mut RelaySpec, port_listens: bool) {
    connect_timeout(ui, locale, &mut spec.connect_timeout_ms);
    if port_listens {
        reconnect(ui, locale, &mut spec.reconnect);
        return socket(ui, locale, &mut spec.options);
    }
    form::row(ui, locale.text("limit"), |ui| {
        let mut limited = spec.max_clients.is_some();
        let response = ui.checkbox(&mut limited, locale.text("limit-on"));
        if limited {
            let clients = spec.max_clients.get_or_insert(2);
            let (name, unit) = (locale.text("limit"), locale.text("limit-unit"));
            form::named_number(ui, name, clients, 1..=1_000_000, unit);
        } else {
            spec.max_clients = None;
        }
        response
    });
    socket(ui, locale, &mut spec.options);
}

/// What is received wrongly on purpose; a server's clients may be served late, too.
fn faults(ui: &mut Ui, locale: &Locale, faults: &mut ReceiveFaults, accepts: bool) {
    form::row(ui, locale.text("fault-name-read-rate"), |ui| {
        let mut rate = faults.read_rate.unwrap_or_default();
        let field = form::number(ui, &mut rate, 0..=1_000_000_000, locale.text("unit-bytes-per-s"));
        if field.changed() {
            faults.read_rate = Some(rate).filter(|rate| *rate > 0);
        }
        field.on_hover_text(locale.text("fault-read-rate-hint"))
    });
    form::row(ui, locale.text("fault-name-stop-reading"), |ui| {
        let check = ui.checkbox(&mut faults.stop_reading, locale.text("fault-stop-reading-on"));
        check.on_hover_text(locale.text("fault-stop-reading-hint"))
    });
    if accepts {
        form::row(ui, locale.text("fault-name-accept-delay"), |ui| {
            let delay = &mut faults.accept_delay_ms;
            form::number(ui, delay, 0..=3_600_000, locale.text("unit-ms"))
        });
    }
}

/// The options of a server.
pub(super) fn server(ui: &mut Ui, locale: &Locale, spec: &mut TcpServerSpec) {
    limit(ui, locale, spec);
    socket(ui, locale, &mut spec.options);
    faults(ui, locale, &mut spec.faults, true);
}

/// How a serial port's characters look on the wire.
pub(super) fn serial(ui: &mut Ui, locale: &Locale, spec: &mut SerialSpec) {
    let bits = [
        (DataBits::Eight, "8"),
        (DataBits::Seven, "7"),
        (DataBits::Six, "6"),
        (DataBits::Five, "5"),
    ];
    form::row(ui, locale.text("data-bits"), |ui| {
        choice(ui, "data bits", locale.text("data-bits"), &mut spec.data_bits, &bits).1
    });
    let parities = [
        (Parity::None, locale.text("parity-none")),
        (Parity::Odd, locale.text("parity-odd")),
        (Parity::Even, locale.text("parity-even")),
        (Parity::Mark, locale.text("parity-mark")),
        (Parity::Space, locale.text("parity-space")),
    ];
    form::row(ui, locale.text("parity"), |ui| {
        choice(ui, "parity", locale.text("parity"), &mut spec.parity, &parities).1
    });
    let stops = [StopBits::One, StopBits::OneAndAHalf, StopBits::Two].map(|it| (it, it.count()));
    form::row(ui, locale.text("stop-bits"), |ui| {
        choice(ui, "stop bits", locale.text("stop-bits"), &mut spec.stop_bits, &stops).1
    });
    let flows = [
        (FlowControl::None, locale.text("flow-none")),
        (FlowControl::Software, "XON/XOFF"),
        (FlowControl::Hardware, "RTS/CTS"),
    ];
    form::row(ui, locale.text("flow"), |ui| {
        choice(ui, "flow", locale.text("flow"), &mut spec.flow_control, &flows).1
    });
    form::row(ui, "DTR", |ui| ui.checkbox(&mut spec.dtr, locale.text("dtr-on")));
    form::row(ui, "RTS", |ui| ui.checkbox(&mut spec.rts, locale.text("rts-on")));
}

/// What a server does by itself. `is_tcp`: it can be a chat room.
pub(super) fn behaviour(ui: &mut Ui, locale: &Locale, value: &mut Behaviour, is_tcp: bool) -> bool {
    let choices = [
        (Behaviour::Manual, locale.text("behaviour-manual")),
        (Behaviour::Echo, locale.text("behaviour-echo")),
        (Behaviour::Discard, locale.text("behaviour-discard")),
        (Behaviour::Broadcast, locale.text("behaviour-broadcast")),
        (Behaviour::Room, locale.text("behaviour-room")),
    ];
    let choices = &choices[..choices.len() - usize::from(!is_tcp)];
    let mut changed = false;
    form::row(ui, locale.text("behaviour"), |ui| {
        let (new, response) = choice(ui, "behaviour", locale.text("behaviour"), value, choices);
        changed = new;
        response
    });
    changed
}

/// How many clients a server serves, and what the others get.
pub(super) fn limit(ui: &mut Ui, locale: &Locale, spec: &mut TcpServerSpec) {
    let mut limited = spec.max_clients.is_some();
    form::row(ui, locale.text("limit"), |ui| {
        let response = ui.checkbox(&mut limited, locale.text("limit-on"));
        if limited {
            let clients = spec.max_clients.get_or_insert(2);
            let (name, unit) = (locale.text("limit"), locale.text("limit-unit"));
            form::named_number(ui, name, clients, 1..=1_000_000, unit);
        } else {
            spec.max_clients = None;
        }
        response
    });
    if limited {
        let choices = [
            (OverLimit::Pending, locale.text("over-limit-pending")),
            (OverLimit::Close, locale.text("over-limit-close")),
        ];
        form::row(ui, locale.text("over-limit"), |ui| {
            choice(ui, "over limit", locale.text("over-limit"), &mut spec.over_limit, &choices).1
        });
    }
}

/// When a client tries again.
pub(super) fn reconnect(ui: &mut Ui, locale: &Locale, value: &mut Reconnect) {
    let fixed = match value {
        Reconnect::Fixed { delay_ms } => Reconnect::Fixed { delay_ms: *delay_ms },
        _ => Reconnect::Fixed { delay_ms: 1000 },
    };
    let choices = [
        (Reconnect::Off, locale.text("reconnect-off")),
        (fixed, locale.text("reconnect-fixed")),
        (Reconnect::Exponential, locale.text("reconnect-exponential")),
    ];
    form::row(ui, locale.text("reconnect"), |ui| {
        let response = choice(ui, "reconnect", locale.text("reconnect"), value, &choices).1;
        if let Reconnect::Fixed { delay_ms } = value {
            let (name, unit) = (locale.text("reconnect"), locale.text("unit-ms"));
            form::named_number(ui, name, delay_ms, 50..=3_600_000, unit);
        }
        response
    });
}

/// The options of a socket.
pub(super) fn socket(ui: &mut Ui, locale: &Locale, options: &mut SocketOptions) {
    form::row(ui, "TCP_NODELAY", |ui| ui.checkbox(&mut options.nodelay, locale.text("nodelay-on")));
    let mut probes = options.keepalive.is_some();
    form::row(ui, locale.text("keepalive"), |ui| {
        ui.checkbox(&mut probes, locale.text("keepalive-on"))
    });
    if probes {
        let keepalive =
            options.keepalive.get_or_insert(Keepalive { idle: 20, interval: 5, count: 3 });
        form::row(ui, locale.text("keepalive-idle"), |ui| {
            form::number(ui, &mut keepalive.idle, 1..=32_767, locale.text("unit-s"))
        });
        form::row(ui, locale.text("keepalive-interval"), |ui| {
            form::number(ui, &mut keepalive.interval, 1..=32_767, locale.text("unit-s"))
        });
        form::row(ui, locale.text("keepalive-count"), |ui| {
            form::number(ui, &mut keepalive.count, 1..=127, "")
        });
    } else {
        options.keepalive = None;
    }
    form::row(ui, locale.text("linger"), |ui| {
        ui.checkbox(&mut options.close_by_reset, locale.text("linger-on"))
    });
    form::row(ui, locale.text("peer-closes"), |ui| {
        ui.checkbox(&mut options.stay_half_open, locale.text("stay-half-open"))
    });
    buffer(ui, locale, locale.text("receive-buffer"), &mut options.receive_buffer);
    buffer(ui, locale, locale.text("send-buffer"), &mut options.send_buffer);
}

fn buffer(ui: &mut Ui, locale: &Locale, label: &str, value: &mut Option<u32>) {
    let mut own = value.is_some();
    form::row(ui, label, |ui| {
        let response = ui.checkbox(&mut own, locale.text("buffer-own"));
        if own {
            let (bytes, unit) = (value.get_or_insert(65_536), locale.text("unit-bytes"));
            form::named_number(ui, label, bytes, 1024..=1 << 30, unit);
        } else {
            *value = None;
        }
        response
    });
}

/// A local address as typed: nothing, an address, or an address with a port.
pub(super) fn local(typed: &str) -> Result<Option<LocalEndpoint>, NoAddress> {
    match typed.trim() {
        "" => Ok(None),
        typed => typed.parse().map(Some),
    }
}
