//! Espalier's firmware on the simulated board, over real sockets and the real console.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::time::Duration;

use espalier_protocol::{improv, pattern};
use espalier_simulator::{Chip, Crash, Mode, SimulatorSpec};
use espflash::connection::ResetAfterOperation::NoResetNoStub;
use espflash::target::DefaultProgressCallback;

use crate::espflash::connect;
use crate::fixture::{Bench, Monitor, PATIENCE};
use crate::images;

const CHIP: Chip = Chip::Esp32c3;

fn espalier() -> Vec<u8> {
    images::application(CHIP, "espalier", "0.9.9", 5000)
}

/// A board that has joined the open network, and its monitor.
pub struct Online {
    pub bench: Bench,
    pub monitor: Monitor,
    pub at: SocketAddr,
}

impl Online {
    pub fn new() -> Self {
        Self::with(|_| {})
    }

    pub fn with(change: impl FnOnce(&mut SimulatorSpec)) -> Self {
        let bench = Bench::with(CHIP, &images::flash(CHIP, &espalier()), change);
        let mut monitor = bench.monitor();
        monitor.expect("wifi: no credentials");
        command(&mut monitor, "wifi set Simulated");
        let at = address(&mut monitor);
        Self { bench, monitor, at }
    }

    pub fn client(&self) -> TcpStream {
        client(self.at)
    }

    /// Tells the board something and waits for its `ok`.
    pub fn tell(&mut self, text: &str) -> String {
        command(&mut self.monitor, text);
        self.monitor.expect("console: ok")
    }
}

fn command(monitor: &mut Monitor, text: &str) {
    monitor.port.write_all(format!("{text}\n").as_bytes()).unwrap();
}

/// The address that the log tells.
fn address(monitor: &mut Monitor) -> SocketAddr {
    monitor.expect("wifi: got ip: ");
    let ip = monitor.expect(" ");
    monitor.expect("tcp: listening port=");
    let port = monitor.expect(" ");
    format!("{}:{}", ip.trim(), port.trim()).parse().unwrap()
}

fn client(at: SocketAddr) -> TcpStream {
    let client = TcpStream::connect_timeout(&at, PATIENCE).unwrap();
    client.set_read_timeout(Some(PATIENCE)).unwrap();
    client
}

fn hear(client: &mut TcpStream, expected: &[u8]) {
    let mut got = vec![0; expected.len()];
    client.read_exact(&mut got).unwrap();
    assert_eq!(got, expected);
}

#[track_caller]
fn is_silent(client: &mut TcpStream) {
    client.set_nonblocking(true).unwrap();
    assert_eq!(client.read(&mut [0]).unwrap_err().kind(), ErrorKind::WouldBlock);
    client.set_nonblocking(false).unwrap();
}

/// Tries until connecting fails, or the connection is reset, as it is when the kernel was quicker
/// than the board.
fn is_refused(at: SocketAddr) -> bool {
    match TcpStream::connect_timeout(&at, PATIENCE) {
        Err(error) => error.kind() == ErrorKind::ConnectionRefused,
        Ok(mut client) => {
            client.set_read_timeout(Some(PATIENCE)).unwrap();
            client.read(&mut [0]).is_err_and(|e| e.kind() == ErrorKind::ConnectionReset)
        }
    }
}

#[test]
fn two_are_served_one_waits_and_the_fourth_is_refused() {
    let mut online = Online::new();
    let mut first = online.client();
    online.monitor.expect("tcp: accepted");
    let mut second = online.client();
    online.monitor.expect("served=2/2");
    let mut third = online.client();
    online.monitor.expect("tcp: waiting");
    online.monitor.expect("tcp: full");
    assert!(is_refused(online.at));

    first.write_all(b"one").unwrap();
    hear(&mut first, b"one");
    second.write_all(b"two").unwrap();
    hear(&mut second, b"two");
    // The waiting one is not read, and nothing of what it says is lost.
    let kept = images::noise(8, 20_000);
    third.write_all(&kept).unwrap();
    third.set_read_timeout(Some(Duration::from_millis(200))).unwrap();
    let silent = third.read(&mut [0]).unwrap_err();
    assert!(matches!(silent.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut), "{silent}");

    drop(first);
    online.monitor.expect("tcp: promoted");
    third.set_read_timeout(Some(PATIENCE)).unwrap();
    hear(&mut third, &kept);
    // Its place is free for the next one to wait in.
    online.monitor.expect("tcp: listening");
    let _fourth = online.client();
    online.monitor.expect("tcp: waiting");
    assert_eq!(online.bench.board.listening(), Some(online.at));
}

#[test]
fn burst_of_clients_leaves_as_many_as_there_are_places() {
    let mut online = Online::new();
    let at = online.at;
    let connected: Vec<TcpStream> = std::thread::scope(|scope| {
        let threads: Vec<_> =
            (0..12).map(|_| scope.spawn(move || TcpStream::connect(at))).collect();
        threads.into_iter().filter_map(|thread| thread.join().unwrap().ok()).collect()
    });
    online.monitor.expect("tcp: full");
    // Those whom the kernel let in after that were reset.
    let kept = connected.into_iter().filter(|mut client| {
        client.set_read_timeout(Some(Duration::from_millis(300))).unwrap();
        client.read(&mut [0]).is_err_and(|error| error.kind() != ErrorKind::ConnectionReset)
    });
    assert_eq!(kept.count(), 3);
}

#[test]
fn clients_that_leave_while_waiting_make_room() {
    let mut online = Online::new();
    let _served = [online.client(), online.client()];
    let silent = online.client();
    online.monitor.expect("tcp: waiting");
    drop(silent);
    online.monitor.expect("tcp: closed");
    // One that spoke before it left is still read.
    let mut spoke = online.client();
    online.monitor.expect("tcp: waiting");
    spoke.write_all(b"last words").unwrap();
    spoke.shutdown(Shutdown::Write).unwrap();
    online.tell("kick 1");
    online.monitor.expect("tcp: promoted");
    hear(&mut spoke, b"last words");
    assert_eq!(spoke.read(&mut [0]).unwrap(), 0);
}

#[test]
fn wrong_password_and_absent_network_are_told_as_such() {
    let mut online = Online::new();
    command(&mut online.monitor, "wifi set Simulated-WPA wrong-password");
    online.monitor.expect("wifi: failed ssid=Simulated-WPA reason=auth");
    command(&mut online.monitor, "wifi set Elsewhere");
    online.monitor.expect("wifi: failed ssid=Elsewhere reason=not-found");
    command(&mut online.monitor, "wifi set Simulated-WPA espalier");
    assert_eq!(address(&mut online.monitor), online.at);
    let found = online.tell("wifi scan");
    assert!(found.contains("network ssid=Simulated rssi="), "{found}");
    assert!(found.contains("network ssid=Simulated-WPA rssi="), "{found}");
    online.bench.board.set_in_range(false);
    online.monitor.expect("wifi: lost");
    online.bench.board.set_in_range(true);
    address(&mut online.monitor);
}

#[cfg(target_os = "linux")]
#[test]
fn address_may_change_when_the_board_joins_again() {
    let mut online = Online::new();
    online.bench.board.set_lease(Ipv4Addr::new(127, 0, 0, 2));
    online.bench.board.set_in_range(false);
    online.monitor.expect("wifi: lost ip:");
    online.bench.board.set_in_range(true);
    let at = address(&mut online.monitor);
    assert_eq!(at.ip(), Ipv4Addr::new(127, 0, 0, 2));
    let mut client = client(at);
    client.write_all(b"here").unwrap();
    hear(&mut client, b"here");
}

#[test]
fn settings_survive_restart_and_update_but_not_erase() {
    let mut online = Online::new();
    online.tell("name \"On the desk\"");
    command(&mut online.monitor, "restart");
    online.monitor.expect("rst:0x3 (RTC_SW_SYS_RST)");
    online.monitor.expect("settings: loaded");
    assert_eq!(address(&mut online.monitor), online.at);
    drop(online.monitor);

    let mut flasher = connect(&online.bench, NoResetNoStub, true, Some(921_600)).unwrap();
    let update = images::application(CHIP, "espalier", "1.0.0", 9000);
    flasher.write_bin_to_flash(0x1_0000, &update, &mut DefaultProgressCallback).unwrap();
    drop(flasher);
    online.bench.board.press_en();
    let mut monitor = online.bench.monitor();
    monitor.expect("boot: started app=espalier version=1.0.0 chip=esp32c3");
    address(&mut monitor);
    command(&mut monitor, "settings show");
    monitor.expect("On the desk");
    drop(monitor);

    let mut flasher = connect(&online.bench, NoResetNoStub, true, Some(921_600)).unwrap();
    flasher.erase_flash().unwrap();
    let new = images::flash(CHIP, &espalier());
    flasher.write_bin_to_flash(0, &new, &mut DefaultProgressCallback).unwrap();
    drop(flasher);
    online.bench.board.press_en();
    let mut monitor = online.bench.monitor();
    monitor.expect("settings: defaults reason=missing");
    monitor.expect("wifi: no credentials");
}

#[test]
fn port_is_as_asked_and_another_port_is_taken_literally() {
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let SocketAddr::V4(listen) = free else { panic!("{free}") };
    let mut online = Online::with(|spec| spec.listen = listen);
    assert_eq!(online.at, free);
    let other = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    online.tell(&format!("server port {}", other.port()));
    let mut client = client(other);
    client.write_all(b"moved").unwrap();
    hear(&mut client, b"moved");
    assert!(is_refused(free));
}

#[test]
fn modes_do_what_they_say() {
    let mut online = Online::new();
    let mut client = online.client();

    online.tell("mode log");
    client.write_all(b"to be printed").unwrap();
    online.monitor.expect("data=\"to be printed\"");

    online.tell("mode discard");
    client.write_all(&images::noise(1, 300_000)).unwrap();

    online.tell("mode source");
    let mut got = vec![0; 1 << 20];
    client.read_exact(&mut got).unwrap();
    let mut checker = pattern::Checker::new();
    assert_eq!(checker.check(&got), 0);
    drop(client);

    online.tell("mode check");
    let mut client = online.client();
    let mut sent = vec![0; 100_000];
    pattern::fill(0, &mut sent);
    sent[5000] ^= 1;
    client.write_all(&sent).unwrap();
    online.monitor.expect("tcp: check failed");
    drop(client);
    online.monitor.expect("tcp: checked");
    let summed = online.monitor.expect("\r\n");
    assert!(summed.contains("bytes=100000 errors=1"), "{summed}");
}

#[test]
fn long_log_is_printed_as_fast_as_the_console_takes_it() {
    let mut online = Online::new();
    let mut client = online.client();
    online.tell("mode log");
    client.write_all(&[b'x'; 100_000]).unwrap();
    drop(client);
    // The board reads no faster than it prints.
    online.monitor.expect("reason=peer in=100000");
}

#[test]
fn client_mode_dials_out_greets_and_echoes() {
    let mut online = Online::new();
    let server = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = server.local_addr().unwrap().port();
    online.tell(&format!("client localhost {port}"));
    online.tell("mode client");
    let (mut board, _) = server.accept().unwrap();
    board.set_read_timeout(Some(PATIENCE)).unwrap();
    hear(&mut board, espalier_board::GREETING.as_bytes());
    board.write_all(b"and back").unwrap();
    hear(&mut board, b"and back");
    assert!(is_refused(online.at), "a board that dials does not listen");
    drop(board);
    // It dials again.
    server.accept().unwrap();
    drop(server);
    online.monitor.expect("tcp: dial failed");
}

#[test]
fn limits_and_kicks() {
    let mut online = Online::new();
    online.tell("server limit 8");
    let mut clients: Vec<_> = (0..9).map(|_| online.client()).collect();
    online.monitor.expect("tcp: full");
    assert!(is_refused(online.at));
    for client in &mut clients[..8] {
        client.write_all(b"x").unwrap();
        hear(client, b"x");
    }
    let peer = clients[0].local_addr().unwrap();
    online.tell(&format!("kick {peer}"));
    let ended = clients[0].read(&mut [0]).unwrap_err();
    assert_eq!(ended.kind(), ErrorKind::ConnectionReset);
    online.monitor.expect("tcp: promoted");
    clients[8].write_all(b"ninth").unwrap();
    hear(&mut clients[8], b"ninth");
}

#[test]
fn much_data_goes_both_ways_at_once() {
    let online = Online::new();
    let data = images::noise(3, 5 << 20);
    let mut sender = online.client();
    let mut receiver = sender.try_clone().unwrap();
    let sent = data.clone();
    let writer = std::thread::Builder::new()
        .name("writer".to_owned())
        .spawn(move || sender.write_all(&sent).unwrap())
        .unwrap();
    hear(&mut receiver, &data);
    writer.join().unwrap();
}

#[test]
fn improv_answers_beside_the_log() {
    let bench = Bench::with(CHIP, &images::flash(CHIP, &espalier()), |_| {});
    let mut monitor = bench.monitor();
    monitor.expect("wifi: no credentials");
    let rpc = improv::Rpc::SendWifi { ssid: "Simulated-WPA", password: "espalier" };
    monitor.port.write_all(&improv::rpc(&rpc).unwrap()).unwrap();
    monitor.expect("IMPROV");
    address(&mut monitor);
}

#[test]
fn tool_interrupts_the_firmware_and_clients_are_not_told() {
    let online = Online::new();
    let mut client = online.client();
    client.write_all(b"x").unwrap();
    hear(&mut client, b"x");
    drop(online.monitor);
    connect(&online.bench, NoResetNoStub, true, None).unwrap();
    online.bench.wait_for(Mode::StubLoader);
    is_silent(&mut client);
    assert!(is_refused(online.at));
    assert_eq!(online.bench.board.listening(), None);
}

#[test]
fn idle_board_hardly_ever_wakes() {
    let mut online = Online::new();
    let _clients = [online.client(), online.client(), online.client()];
    online.monitor.expect("tcp: full");
    let before = online.bench.board.status().wakes;
    std::thread::sleep(Duration::from_secs(1));
    let wakes = online.bench.board.status().wakes - before;
    // The waiting client is looked at ten times a second; a thread that spins wakes thousands of times.
    assert!(wakes < 60, "{wakes} times in a second");
}

#[test]
fn bundled_images_boot_and_run() {
    let assets = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../assets/firmware");
    let text = std::fs::read_to_string(assets.join("manifest.toml")).unwrap();
    let manifest = espalier_images::Manifest::parse(&text).unwrap();
    let mut booted = 0;
    for image in &manifest.chips {
        let Ok(chip) = image.chip.parse::<Chip>() else { continue };
        let mut flash = Vec::new();
        for part in image.parts_for(None, 2 << 20) {
            flash.resize(part.offset as usize, 0xff);
            let packed = std::fs::read(assets.join(&part.packed.file)).unwrap();
            flash.extend(part.packed.unpack(&packed).unwrap());
        }
        let bench = Bench::with(chip, &flash, |_| {});
        let mut monitor = bench.monitor();
        let log = monitor.expect("boot: started app=espalier version=");
        assert!(log.contains("Loaded app from partition at offset 0x10000"), "{log}");
        command(&mut monitor, "wifi set Simulated");
        let at = address(&mut monitor);
        let mut client = client(at);
        client.write_all(b"bundled").unwrap();
        hear(&mut client, b"bundled");
        booted += 1;
    }
    assert!(booted > 0, "the manifest has no chip that the simulator knows");
}

#[test]
fn crashes_are_told_and_recovered_from() {
    let mut online = Online::new();
    for (crash, told, reason) in [
        (Crash::Panic, "Backtrace:\r\n\r\n0x42000500\r\n0x4200", "reset=panic"),
        (Crash::Watchdog, "rst:0x7 (TG0WDT_SYS_RST)", "reset=watchdog"),
        (Crash::BrownOut, "rst:0xf (BROWNOUT_RST)", "reset=brownout"),
    ] {
        let mut client = online.client();
        online.monitor.expect("tcp: accepted");
        online.bench.board.crash(crash);
        online.monitor.expect(told);
        online.monitor.expect(reason);
        assert_eq!(address(&mut online.monitor), online.at);
        // As on a chip: nothing told the client, and its next word is answered with RST.
        is_silent(&mut client);
        client.write_all(b"anybody there?").unwrap();
        assert_eq!(client.read(&mut [0]).unwrap_err().kind(), ErrorKind::ConnectionReset);
    }
}

#[test]
fn a_restart_by_command_resets_the_clients_first() {
    let mut online = Online::new();
    let mut client = online.client();
    client.write_all(b"hello").unwrap();
    hear(&mut client, b"hello");
    command(&mut online.monitor, "restart");
    let told = online.monitor.expect("boot: started");
    assert!(told.contains("tcp: closed") && told.contains("reason=restart"), "{told}");
    assert_eq!(client.read(&mut [0]).unwrap_err().kind(), ErrorKind::ConnectionReset);
}
