//! The Improv service, as ESP Web Tools and others see it.

use crate::glue::{IDENTITY, World};
use espalier_board::{
    Event, Network,
    protocol::{
        Auth, JoinFault,
        improv::{self, Rpc},
    },
};

fn ask(world: &mut World, rpc: &Rpc<'_>) -> Vec<String> {
    world.packets.clear();
    world.board.console(0, &improv::rpc(rpc).unwrap(), world.now);
    world.run();
    std::mem::take(&mut world.packets)
}

const WIFI: Rpc<'_> = Rpc::SendWifi { ssid: "home", password: "password1" };

#[test]
fn a_new_board_is_provisioned() {
    let mut world = World::new(IDENTITY);
    assert_eq!(ask(&mut world, &Rpc::RequestState), ["error Ok", "state Ready"]);
    assert_eq!(
        ask(&mut world, &Rpc::DeviceInfo),
        ["error Ok", r#"result 3 ["espalier", "0.1.0", "esp32c3", "espalier"]"#]
    );
    assert_eq!(ask(&mut world, &WIFI), ["error Ok", "state Provisioning"]);
    world.join();
    assert_eq!(std::mem::take(&mut world.packets), ["state Provisioned", "result 1 []"]);
    assert_eq!(
        ask(&mut world, &Rpc::RequestState),
        ["error Ok", "state Provisioned", "result 2 []"]
    );
    assert_eq!(ask(&mut world, &Rpc::NetworkState), ["error Ok", r#"result 7 ["3"]"#]);
    assert_eq!(world.board.settings().wifi.as_ref().unwrap().ssid, "home");
    assert!(world.store.is_some());
}

#[test]
fn a_wrong_password_is_an_error_and_nothing_is_stored() {
    let mut world = World::new(IDENTITY);
    ask(&mut world, &WIFI);
    let (id, _) = world.joining.take().unwrap();
    world.on(Event::JoinFailed { id, fault: JoinFault::Auth });
    assert_eq!(world.packets, ["error UnableToConnect", "state Ready"]);
    assert_eq!(world.board.settings().wifi, None);
    assert!(world.news().contains(&"wifi: failed ssid=home reason=auth attempt=1".to_owned()));
}

#[test]
fn credentials_from_elsewhere_end_the_trial_and_the_client_is_told() {
    let other = || espalier_board::protocol::command::Credentials::new("air", "password1").unwrap();
    let by_console = |world: &mut World| world.say("wifi set other password1");
    let by_air = |world: &mut World| {
        world.on(Event::Credentials { from: "esptouch", credentials: other() });
    };
    for replace in [&by_console as &dyn Fn(&mut World), &by_air] {
        let mut world = World::new(IDENTITY);
        ask(&mut world, &WIFI);
        replace(&mut world);
        assert_eq!(std::mem::take(&mut world.packets), ["error UnableToConnect", "state Ready"]);
        world.join();
        assert!(world.packets.is_empty(), "{:?}", world.packets);
    }
}

#[test]
fn an_attempt_that_hangs_is_answered_before_the_client_gives_up() {
    let mut world = World::new(IDENTITY);
    ask(&mut world, &WIFI);
    let (id, _) = world.joining.take().unwrap();
    world.wait(14_000);
    world.on(Event::Joined { id, rssi: None, channel: None });
    world.wait(15_000);
    assert_eq!(world.packets, ["error UnableToConnect", "state Ready"]);
}

#[test]
fn a_scan_tells_each_network_and_ends_with_nothing() {
    let mut world = World::online(IDENTITY);
    assert_eq!(ask(&mut world, &Rpc::Scan), ["error Ok"]);
    let network = Network { ssid: "home", rssi: -60, channel: None, auth: Auth::Wpa2 };
    world.on(Event::Network(network));
    world.on(Event::Network(Network { ssid: "", ..network }));
    world.on(Event::Network(Network { ssid: "free", auth: Auth::Open, rssi: -128, ..network }));
    world.on(Event::ScanDone(true));
    assert_eq!(
        world.packets,
        [r#"result 4 ["home", "-60", "YES"]"#, r#"result 4 ["free", "-128", "NO"]"#, "result 4 []",]
    );
    assert!(world.news().is_empty(), "nobody asked on the console");
}

#[test]
fn names_are_told_and_taken() {
    let mut world = World::online(IDENTITY);
    assert_eq!(
        ask(&mut world, &Rpc::Hostname(None)),
        ["error Ok", r#"result 5 ["espalier-a1b2c3"]"#]
    );
    assert_eq!(ask(&mut world, &Rpc::Hostname(Some("desk"))), ["error Ok", r#"result 5 ["desk"]"#]);
    assert_eq!(ask(&mut world, &Rpc::Hostname(Some("no good"))), ["error Ok", "error BadHostname"]);
    assert_eq!(
        ask(&mut world, &Rpc::DeviceName(Some("Schreibtisch"))),
        ["error Ok", r#"result 6 ["Schreibtisch"]"#]
    );
    assert_eq!(world.board.settings().hostname, "desk");
    assert!(world.store.is_some());
}

#[test]
fn packets_between_and_within_commands_are_taken_out() {
    let mut world = World::online(IDENTITY);
    let packet = improv::rpc(&Rpc::RequestState).unwrap();
    let bytes = [b"cli", &packet[..], b"ents\n"].concat();
    world.packets.clear();
    world.board.console(0, &bytes, world.now);
    world.run();
    assert_eq!(world.news(), ["console: ok cmd=clients"]);
    assert_eq!(world.packets.len(), 3);
}

#[test]
fn a_bad_packet_is_one_clear_line_and_costs_nothing_else() {
    let mut world = World::online(IDENTITY);
    let mut packet = improv::rpc(&WIFI).unwrap();
    let at = packet.len() - 2;
    packet[at] ^= 0x10;
    world.packets.clear();
    world.board.console(0, &packet, world.now);
    world.board.console(0, b"clients\n", world.now);
    world.run();
    assert_eq!(world.news(), ["improv: bad packet reason=checksum", "console: ok cmd=clients"]);
    assert!(world.packets.is_empty());
}

#[test]
fn a_packet_that_stops_in_the_middle_is_given_up() {
    let mut world = World::online(IDENTITY);
    world.board.console(0, &improv::rpc(&WIFI).unwrap()[..15], world.now);
    world.wait(499);
    assert!(world.news().is_empty());
    world.wait(1);
    assert_eq!(world.news(), ["improv: bad packet reason=cut"]);
    world.say("clients");
    assert_eq!(world.news(), ["console: ok cmd=clients"]);
}

#[test]
fn commands_that_are_none_get_the_error_that_the_protocol_names() {
    let mut world = World::online(IDENTITY);
    let mut raw = |data: &[u8]| {
        let mut wire = [b"IMPROV\x01\x03", &[data.len() as u8][..], data].concat();
        wire.push(wire.iter().fold(0, |sum: u8, byte| sum.wrapping_add(*byte)));
        world.packets.clear();
        world.board.console(0, &wire, world.now);
        world.run();
        std::mem::take(&mut world.packets)
    };
    assert_eq!(raw(&[0x33, 0]), ["error UnknownCommand"]);
    assert_eq!(raw(&[1, 9, 0]), ["error InvalidRpc"]);
    assert_eq!(raw(&[1, 2, 0, 0]), ["error Ok", "error UnableToConnect"]);
}
