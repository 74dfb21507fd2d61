//! SmartConfig from end to end: a sender, an access point, the air, and a board that hears it.

use espalier_protocol::command::Credentials;
use espalier_protocol::esptouch::{ACK_PORT, Datum, PACKET_INTERVAL_MS, parse_ack};
use espalier_simulator::Chip;
use espalier_simulator::air::{Air, AirSpec, Sealing};
use std::net::{Ipv4Addr, UdpSocket};
use std::time::{Duration, Instant};

use crate::fixture::{Bench, PATIENCE};
use crate::images;
use crate::trial::Trial;

fn arrives(trial: &Trial<'_>, what: &str) {
    let (_, found) = trial.run().unwrap_or_else(|| panic!("nothing arrived: {what}"));
    let text = |bytes| std::str::from_utf8(bytes).unwrap();
    let sent = Credentials::new(text(trial.ssid), text(trial.password));
    assert_eq!(Some(found), sent, "{what}");
}

#[test]
fn a_sender_is_heard_on_every_channel_whether_networks_are_known_there_or_not() {
    for channel in 1..=13 {
        let mut trial = Trial::new(AirSpec::new(channel));
        for occupied in [&[][..], &[1, 6, 11], &[channel]] {
            trial.occupied = occupied;
            trial.begins = 700 * u64::from(channel);
            arrives(&trial, &format!("channel {channel}, networks on {occupied:?}"));
        }
    }
}

#[test]
fn every_kind_of_network_and_both_ways_of_a_frame_are_understood() {
    for sealing in [Sealing::Open, Sealing::Tkip, Sealing::Ccmp] {
        for (qos, uplink) in [(false, false), (true, false), (false, true), (true, true)] {
            for extra in [0, 4, 123] {
                let air = AirSpec { sealing, qos, uplink, extra, ..AirSpec::new(6) };
                arrives(&Trial::new(air), &format!("{air:?}"));
            }
        }
    }
}

#[test]
fn a_lossy_doubling_air_and_sleeping_stations_only_make_it_take_longer() {
    for seed in 0..6 {
        for (lost, doubled, dtim) in [(15, 0, 0), (0, 40, 0), (10, 20, 1), (0, 0, 3), (5, 5, 3)] {
            let air = AirSpec { lost, doubled, dtim, seed, ..AirSpec::new(11) };
            arrives(&Trial::new(air), &format!("{air:?}"));
        }
    }
}

#[test]
fn the_longest_name_and_password_arrive() {
    let air = AirSpec { lost: 5, ..AirSpec::new(1) };
    arrives(&Trial { ssid: &[b's'; 32], password: &[b'p'; 63], ..Trial::new(air) }, "32 + 63");
    let name = "家里的网络".as_bytes();
    arrives(&Trial { ssid: name, password: b"", ..Trial::new(AirSpec::new(1)) }, "open, Chinese");
}

#[test]
fn others_on_the_air_are_no_sender() {
    let (mut air, mut heard) = (Air::new(AirSpec::new(6)), 0);
    for _ in 0..2_000 {
        heard += usize::from(air.other(6).sniffed().is_some());
    }
    assert!((1..2_000).contains(&heard), "some are data for everybody, some are not");
}

#[test]
fn the_simulated_board_hears_a_sender_joins_and_answers() {
    let flash = images::flash(
        Chip::Esp32c3,
        &images::application(Chip::Esp32c3, "espalier", "0.9.9", 5000),
    );
    let any = "127.0.0.1:0".parse().unwrap();
    let bench = Bench::with(Chip::Esp32c3, &flash, |spec| spec.air = Some(any));
    let at = bench.wait(|status| status.air.is_some()).air.unwrap();
    let answers = match UdpSocket::bind((Ipv4Addr::LOCALHOST, ACK_PORT)) {
        Ok(answers) => answers,
        Err(error) => {
            println!("SKIPPED: the port of senders is another program's: {error}");
            return;
        }
    };
    let mut monitor = bench.monitor();
    monitor.expect("smartconfig: listening");
    let sender = UdpSocket::bind("127.0.0.1:0").unwrap();
    let datum = Datum::new(b"Simulated-WPA", b"espalier", [2; 6], Ipv4Addr::LOCALHOST).unwrap();
    answers.set_nonblocking(true).unwrap();
    let (mut due, mut answer) = (Instant::now(), None);
    for length in datum.schedule() {
        sender.send_to(&[b'1'; 600][..usize::from(length)], at).unwrap();
        let mut bytes = [0; 32];
        if let Ok(count) = answers.recv(&mut bytes) {
            answer = parse_ack(datum.total(), &bytes[..count]);
            break;
        }
        due = (due + Duration::from_millis(PACKET_INTERVAL_MS)).max(Instant::now());
        std::thread::sleep(due.saturating_duration_since(Instant::now()));
    }
    let told = monitor.expect("tcp: listening");
    for line in [
        "smartconfig: locked channel=6",
        "smartconfig: received ssid=Simulated-WPA sender=127.0.0.1",
        "wifi: got ip: 127.0.0.1",
    ] {
        assert!(told.contains(line), "{line} is not in {told}");
    }
    answers.set_nonblocking(false).unwrap();
    answers.set_read_timeout(Some(PATIENCE)).unwrap();
    if answer.is_none() {
        let mut bytes = [0; 32];
        let count = answers.recv(&mut bytes).unwrap();
        answer = parse_ack(datum.total(), &bytes[..count]);
    }
    assert_eq!(answer.map(|(_, ip)| ip), Some(Ipv4Addr::LOCALHOST));
}
