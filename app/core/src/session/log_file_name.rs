//! What a session's log files are called.

use std::path::Path;

use super::{SessionSpec, TransportSpec};
use crate::file_name::{is_device_name, safe_file_name};

/// What the log files of a session are called, before the date: by the user's name for it, else by what it is and where. A name
/// for a file only with something behind it: alone, it may be that of a device.
pub fn log_file_name(spec: &SessionSpec) -> String {
    let name = match &spec.transport {
        _ if !spec.name.is_empty() => spec.name.clone(),
        TransportSpec::TcpClient(client) => format!("{}-{}", client.host, client.port),
        TransportSpec::TcpServer(server) => format!("server-{}", server.port),
        TransportSpec::Relay(relay) => format!("relay-{}", relay.target),
        TransportSpec::Udp(udp) => match &udp.remote {
            Some(remote) => format!("udp-{}-{}", remote.host, remote.port),
            None => format!("udp-{}", udp.port),
        },
        TransportSpec::Load(load) => format!("load-{}-{}", load.host, load.port),
        TransportSpec::Serial(serial) => {
            let port = Path::new(&serial.port).file_name().unwrap_or_default();
            port.to_string_lossy().into_owned()
        }
        TransportSpec::Capture(_) => String::new(),
    };
    const LONGEST: usize = 60;
    let name: String = name.chars().take(LONGEST).collect();
    let safe = safe_file_name(&name);
    match safe.strip_prefix('_').filter(|rest| is_device_name(rest)) {
        Some(device) => device.to_owned(),
        None if safe.is_empty() => "log".to_owned(),
        None => safe,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::session::{SerialSpec, TcpClientSpec, TcpServerSpec, UdpSpec};

    #[test]
    fn log_files_are_called_after_their_session() {
        let serial = TransportSpec::Serial(SerialSpec::new("/dev/ttyUSB0"));
        let mut spec = SessionSpec::new(serial);
        assert_eq!(log_file_name(&spec), "ttyUSB0");
        spec.name = "../lamp: 1".to_owned();
        assert_eq!(log_file_name(&spec), "_._lamp_ 1");
        spec.name = "..".to_owned();
        assert_eq!(log_file_name(&spec), "log");
        let port = TransportSpec::Serial(SerialSpec::new("COM3"));
        assert_eq!(log_file_name(&SessionSpec::new(port)), "COM3", "no device with a date");
        let client = TransportSpec::TcpClient(TcpClientSpec::new("::1", 80));
        assert_eq!(log_file_name(&SessionSpec::new(client)), "__1-80");
        let server = TransportSpec::TcpServer(TcpServerSpec::new(7000));
        assert_eq!(log_file_name(&SessionSpec::new(server)), "server-7000");
        let udp = TransportSpec::Udp(UdpSpec::to("board", 7));
        assert_eq!(log_file_name(&SessionSpec::new(udp)), "udp-board-7");
    }
}
