//! The program for the chips: peripherals, radio, sockets, storage and console, and nothing that decides.
//! What the board does is in `espalier-board`, which the host tests and the simulator runs.
#![no_std]
#![no_main]
#![cfg_attr(target_arch = "xtensa", feature(asm_experimental_arch))]

mod answers;
mod chip;
mod console;
mod display;
mod ears;
mod flash;
mod glue;
#[cfg(feature = "led")]
mod led;
mod load;
mod mdns;
mod ota;
mod panic;
mod radio;
mod reset;
mod rst_sniffer;
mod sockets;
mod store;
mod tasks;
mod usb_pipe;
mod watchdog;

use embassy_executor::Spawner;
use embassy_net::StackResources;
use esp_hal::timer::timg::TimerGroup;
use esp_radio::wifi::{ControllerConfig, Interface, WifiController};
use esp_rtos::embassy::Executor;
use espalier_board::{Identity, SocketIndex};
use static_cell::{ConstStaticCell, StaticCell};

use crate::chip::SOCKETS;
use crate::glue::Glue;
use crate::rst_sniffer::RstSniffer;
use crate::tasks::start;

// Name and version are how the app and the simulator recognise this program. The build time is left
// out, so that the same sources give the same bytes.
esp_bootloader_esp_idf::esp_app_desc!(
    env!("CARGO_PKG_VERSION"),
    "espalier",
    "00:00:00",
    "1970-01-01",
    "0.0.0",
    64 * 1024,
    0,
    u16::MAX,
    0
);

static GLUE: ConstStaticCell<Glue> = ConstStaticCell::new(Glue::new());
static STATION: StaticCell<radio::Station> = StaticCell::new();
static SOCKET_BUFFERS: ConstStaticCell<[sockets::SocketBuffers; SOCKETS]> =
    ConstStaticCell::new([const { sockets::SocketBuffers::new() }; SOCKETS]);
/// The board's sockets, those of DHCP, DNS, answers and multicast DNS, and two for updates.
static RESOURCES: StaticCell<StackResources<{ SOCKETS + 6 }>> = StaticCell::new();
static EXECUTOR: StaticCell<Executor> = StaticCell::new();

#[esp_hal::main]
fn main() -> ! {
    chip::prepare();
    let found = flash::open();
    let executor = EXECUTOR.init(Executor::new());
    let begin = |spawner| start(spawner, program(spawner, found));
    executor.run_with_callbacks(begin, load::Meter::default())
}

/// Starts everything.
#[embassy_executor::task]
async fn program(spawner: Spawner, found: flash::Found) -> ! {
    load::paint();
    let config = esp_hal::Config::default().with_cpu_clock(esp_hal::clock::CpuClock::max());
    let p = esp_hal::init(config);
    let timers = TimerGroup::new(p.TIMG0);
    let watchdog = watchdog::arm(timers.wdt);
    chip::heap!();
    esp_rtos::start(timers.timer0, p.FROM_CPU_INTR0);
    load::begin();
    start(spawner, watchdog::run(watchdog));

    let flash::Found { flash, settings, boot } = found;
    let mut store = store::Store::open(flash, settings);
    let stored = store.load().await;
    let identity = Identity {
        app: "espalier",
        version: env!("CARGO_PKG_VERSION"),
        chip: chip::NAME,
        mac: mac(),
        reset: reset::reason(),
        sockets: SOCKETS as u8,
    };
    let stored = stored.as_ref().map(|record| record.as_slice()).map_err(|&fault| fault);
    let glue: &'static Glue = GLUE.take();
    glue.start(identity, stored);
    glue.with(|board, now| board.set_boot(boot, now));
    // The default configuration of a UART is a valid one.
    let Ok(uart) = chip::uart!(p) else { unreachable!() };
    console::start(spawner, glue, uart, chip::usb_device!(p));
    start(spawner, store::run(glue, store));
    start(spawner, glue::clock(glue));
    #[cfg(feature = "led")]
    start(spawner, led::run(glue, chip::led!(p)));
    start(spawner, display::run(glue, chip::i2c!(p), chip::sda!(p)));

    // Without a radio the board is of no use: the panic says why, and a restart may help.
    let radio = match WifiController::new(p.WIFI, chip::radio(ControllerConfig::default())) {
        Ok(radio) => radio,
        Err(error) => panic!("the radio does not start: {error:?}"),
    };
    let rng = esp_hal::rng::Rng::new();
    // Only with the radio on is this chance.
    let mut secret = [0; 16];
    rng.read(&mut secret);
    glue.with(|board, _| board.set_secret(secret));
    let seed = u64::from(rng.random()) << 32 | u64::from(rng.random());
    let (stack, runner) = network_stack(seed);
    let station = STATION.init(radio::Station::default());
    start(spawner, network(runner));
    start(spawner, radio::watch(glue, station, stack));
    start(spawner, answers::run(glue, stack));
    start(spawner, mdns::run(glue, stack));
    start(spawner, ota::run(glue, stack, flash));
    for (index, buffers) in SOCKET_BUFFERS.take().iter_mut().enumerate() {
        start(spawner, sockets::run(glue, stack, SocketIndex(index as u8), buffers));
    }
    start(spawner, radio::run(glue, station, stack, radio));
    // What the board wants to have done so far.
    glue.with(|_, _| ());
    core::future::pending().await
}

/// What moves frames between radio and sockets.
type NetworkRunner = embassy_net::Runner<'static, RstSniffer>;

/// The network stack, without an address yet. Its sockets pass over the program's stack while they are made: not while the
/// radio starts, too.
#[inline(never)]
fn network_stack(seed: u64) -> (embassy_net::Stack<'static>, NetworkRunner) {
    let resources = RESOURCES.init(StackResources::new());
    let none = embassy_net::Config::default();
    embassy_net::new(RstSniffer(Interface::station()), none, resources, seed)
}

/// Moves frames between radio and sockets.
#[embassy_executor::task]
async fn network(mut runner: NetworkRunner) -> ! {
    runner.run().await
}

/// The station's address.
fn mac() -> [u8; 6] {
    let mac = esp_hal::efuse::interface_mac_address(esp_hal::efuse::InterfaceMacAddress::Station);
    let mut bytes = [0; 6];
    bytes.copy_from_slice(mac.as_bytes());
    bytes
}
