//! What a board has told, for people and for programs.

use espalier_core::board::{Network, ReportedState, Sample, ServiceState};
use serde_json::{Value, json};

/// A network on a line: signal, protection, name.
pub fn network(network: &Network) -> String {
    let Network { ssid, rssi, locked } = network;
    format!("{rssi:>4}  {}  {ssid}", if *locked { "locked" } else { "open  " })
}

/// Lines for people: what it is, then what it tells about itself.
pub fn text(reported: &ReportedState) -> Vec<String> {
    let mut text = Vec::new();
    let mut line = |what: &str, value: String| text.push(format!("{what:<10}{value}"));
    if let Some(it) = &reported.firmware {
        line("firmware", format!("{} {} on {}", it.app, it.version, it.chip));
    }
    let wifi = &reported.wifi;
    let rssi = wifi.rssi.map(|rssi| format!(" {rssi} dBm")).unwrap_or_default();
    line("wifi", format!("{} {}{rssi}", wifi.state, wifi.ssid).trim_end().to_owned());
    if let Some(server) = &reported.server {
        let place = match reported.endpoint() {
            Some(endpoint) => endpoint.to_string(),
            None => format!("port {}, no address yet,", server.port),
        };
        let mode = reported.mode.map(|mode| format!(" {mode},")).unwrap_or_default();
        line(
            "server",
            format!("{place}{mode} {} served, {} waiting", server.served, server.waiting),
        );
    }
    if let Some(it) = &reported.slots {
        let port = it.port.map(|port| format!(", updates at port {port}")).unwrap_or_default();
        line("program", format!("slot {} of {}, {}{port}", it.running, it.count, it.state));
    }
    let load = reported.samples.last().map(load).unwrap_or_default();
    if !load.is_empty() {
        line("load", load);
    }
    for it in reported.connections().filter(|it| !it.state.is_over()) {
        let (peer, state) = (it.peer, service_state(it.state));
        line("client", format!("{peer} {state}, {} in, {} out", it.bytes_in, it.bytes_out));
    }
    let settings = &reported.settings;
    if let Some(it) = &settings.console {
        line("name", format!("{} ({})", it.name, it.hostname));
        line("log", format!("{}, received bytes {}", it.log, it.show));
    }
    if let Some(it) = &settings.server {
        let keep = it.keepalive;
        line("limit", it.limit.to_string());
        line("keepalive", format!("{},{},{}", keep.idle_s, keep.interval_s, keep.count));
    }
    if let Some((host, port)) = settings.client.as_ref().filter(|(host, _)| !host.is_empty()) {
        line("dials", format!("{host}:{port}"));
    }
    text
}

/// What it tells of its memory and its processor; a simulated board has neither.
fn load(sample: &Sample) -> String {
    let heap = sample.heap.map(|it| format!("{it} bytes of heap free"));
    let heap_min = sample.heap_min.map(|it| format!("{it} at least"));
    let stack = sample.stack_min.map(|it| format!("{it} bytes of stack free at least"));
    let busy = sample.busy.map(|it| format!("{it} % busy"));
    [heap, heap_min, stack, busy].into_iter().flatten().collect::<Vec<_>>().join(", ")
}

fn service_state(state: ServiceState) -> String {
    match state {
        ServiceState::Served { slot } => format!("served (slot {slot})"),
        ServiceState::Waiting => "waiting for a place".to_owned(),
        _ => "unknown".to_owned(),
    }
}

/// The same for programs.
pub fn json(reported: &ReportedState) -> String {
    let wifi = &reported.wifi;
    let document = json!({
        "firmware": reported.firmware.as_ref().map(|it| json!({
            "app": it.app, "version": it.version, "chip": it.chip,
        })),
        "wifi": {
            "state": wifi.state.word(),
            "ssid": Some(&wifi.ssid).filter(|ssid| !ssid.is_empty()),
            "rssi": wifi.rssi,
        },
        "address": reported.address,
        "endpoint": reported.endpoint(),
        "server": reported.server.as_ref().map(|it| json!({
            "port": it.port,
            "mode": reported.mode.map(|mode| mode.word()),
            "served": it.served.to_string(),
            "waiting": it.waiting.to_string(),
        })),
        "program": reported.slots.as_ref().map(|it| json!({
            "slot": it.running,
            "slots": it.count,
            "state": it.state.word(),
            "port": it.port,
            "token": it.token,
        })),
        "load": reported.samples.last().map(|it| json!({
            "heap": it.heap, "heap_min": it.heap_min, "stack_min": it.stack_min, "busy": it.busy,
        })),
        "clients": clients(reported),
        "settings": settings(reported),
    });
    format!("{document:#}")
}

fn clients(reported: &ReportedState) -> Vec<Value> {
    let open = reported.connections().filter(|it| !it.state.is_over());
    open.map(|it| {
        let (standing, slot) = match it.state {
            ServiceState::Served { slot } => ("served", Some(slot)),
            ServiceState::Waiting => ("waiting", None),
            _ => ("unknown", None),
        };
        json!({
            "peer": it.peer, "standing": standing, "slot": slot,
            "in": it.bytes_in, "out": it.bytes_out,
        })
    })
    .collect()
}

fn settings(reported: &ReportedState) -> Value {
    let settings = &reported.settings;
    let console = settings.console.as_ref();
    let server = settings.server.as_ref();
    json!({
        "name": console.map(|it| &it.name),
        "hostname": console.map(|it| &it.hostname),
        "log": console.map(|it| it.log.word()),
        "show": console.map(|it| it.show.word()),
        "limit": server.map(|it| it.limit),
        "rate": server.map(|it| it.rate),
        "keepalive": server.map(|it| {
            [it.keepalive.idle_s, it.keepalive.interval_s, it.keepalive.count.into()]
        }),
        "client": settings.client.as_ref().filter(|(host, _)| !host.is_empty())
            .map(|(host, port)| format!("{host}:{port}")),
    })
}
