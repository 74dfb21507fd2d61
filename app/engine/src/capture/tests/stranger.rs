//! What Wireshark makes of our captures.

use std::process::Command;

use espalier_core::capture::Endpoints;
use espalier_core::session::{EndReason, SessionEvent};

use super::*;

const FIELDS: [&str; 11] = [
    "frame.time_epoch",
    "frame.packet_flags_direction",
    "frame.interface_queue",
    "exported_pdu.ipv4_src",
    "exported_pdu.ipv4_dst",
    "exported_pdu.ipv6_src",
    "exported_pdu.ipv6_dst",
    "exported_pdu.src_port",
    "exported_pdu.dst_port",
    "data.data",
    "frame.comment",
];

fn ends(local: &str, remote: &str) -> Endpoints {
    let address = |text: &str| text.parse().expect("an address");
    Endpoints::tcp(address(local), address(remote))
}

/// One line of fields per packet; `None` when there is no tshark here.
fn tshark(path: &std::path::Path) -> Option<Vec<String>> {
    let mut command = Command::new("tshark");
    command.arg("-r").arg(path).args(["-T", "fields", "-E", "separator=|"]);
    for field in FIELDS {
        command.args(["-e", field]);
    }
    let output = match command.output() {
        Ok(output) => output,
        Err(error) => {
            eprintln!("SKIPPED: tshark (package `tshark`) cannot be run: {error}");
            return None;
        }
    };
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Some(String::from_utf8_lossy(&output.stdout).lines().map(str::to_owned).collect())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn tshark_reads_bytes_directions_times_ports_and_comments() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("capture.pcapng");
    let capture = Capture::open_file(&path).expect("a capture");
    let v4 = ends("192.0.2.1:8080", "198.51.100.7:50123");
    let v6 = ends("[2001:db8::1]:8080", "[2001:db8::2]:50124");
    let at = |n: i64| Timestamp(1_700_000_000_123_456_789 + n);
    let all: Vec<u8> = (0..=255).collect();
    let connected = SessionEvent::Accepted { local: v4.local, remote: v4.remote };
    let ended =
        SessionEvent::Ended { reason: EndReason::ResetByPeer, detail: "连接被重置".into() };

    capture.append_event(at(0), PeerId(1), Some(&v4), &connected).expect("space");
    capture.append_data(at(1), Direction::In, PeerId(1), Some(&v4), &all).expect("space");
    capture.append_data(at(2), Direction::Out, PeerId(1), Some(&v4), b"answer").expect("space");
    capture.append_data(at(3), Direction::In, PeerId(70_000), Some(&v6), b"\0").expect("space");
    capture.append_data(at(4), Direction::Out, PeerId(1), None, b"serial").expect("space");
    capture.append_event(at(5), PeerId(1), None, &ended).expect("space");
    let largest = vec![0x5A; espalier_core::capture::LARGEST_PAYLOAD];
    capture.append_data(at(6), Direction::In, PeerId(1), Some(&v4), &largest).expect("space");

    let Some(lines) = tshark(&path) else { return };
    let time = |n| format!("1700000000.12345679{n}");
    let time_789 = "1700000000.123456789";
    let (event, received, sent) = ("0x00000000", "0x00000001", "0x00000002");
    let expected = [
        format!("{time_789}|{event}|1|198.51.100.7|192.0.2.1|||50123|8080||{connected}"),
        format!("{}|{received}|1|198.51.100.7|192.0.2.1|||50123|8080|{}|", time(0), hex(&all)),
        format!("{}|{sent}|1|192.0.2.1|198.51.100.7|||8080|50123|{}|", time(1), hex(b"answer")),
        format!("{}|{received}|70000|||2001:db8::2|2001:db8::1|50124|8080|00|", time(2)),
        format!("{}|{sent}|1|||||||{}|", time(3), hex(b"serial")),
        format!("{}|{event}|1||||||||{ended}", time(4)),
        format!("{}|{received}|1|198.51.100.7|192.0.2.1|||50123|8080|{}|", time(5), hex(&largest)),
    ];
    assert_eq!(lines.len(), expected.len());
    for (line, expected) in lines.iter().zip(&expected) {
        assert_eq!(line, expected);
    }
}

#[test]
fn tshark_reads_joined_segments_and_what_it_saves_is_still_ours() {
    let folder = tempfile::tempdir().expect("a folder");
    let capture = Capture::open(&folder.path().join("session"), SMALL).expect("a capture");
    (0..150).for_each(|n| append(&capture, &numbered(n)).expect("space"));
    let mut joined = vec![0; capture.kept_bytes() as usize];
    capture.read_at(capture.extent().start, &mut joined);
    let path = folder.path().join("joined.pcapng");
    std::fs::write(&path, joined).expect("space");
    let Some(lines) = tshark(&path) else { return };
    assert_eq!(lines.len(), payloads(&capture).len());

    let saved = folder.path().join("saved.pcapng");
    let status = Command::new("tshark").arg("-r").arg(&path).arg("-w").arg(&saved).status();
    assert!(status.expect("tshark").success());
    let saved = SavedCapture::open(&saved).expect("still a capture of ours");
    assert_eq!(payloads(&saved), payloads(&capture));
}
