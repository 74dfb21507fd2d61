//! `espalier touch`: Wi-Fi credentials for a board without a cable.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use clap::Args as ClapArgs;
use espalier_core::board::{parse_esp_touch_destination, parse_mac};
use espalier_engine::provision::{Deadline, EspTouchFault, EspTouchSender, EspTouchSpec};

use super::exit::{BadArgument, Exit};
use super::interrupt::Interrupts;
use super::network::NetworkArgs;
use super::options;
use crate::print::{complain, tell};

/// Tell a board without a cable the network's password by ESP-TOUCH v1, and print the board's address
///
/// The lengths of UDP packets carry it, readable by anybody within range of the radio: that is how ESP-TOUCH works. This
/// computer must be in the network that the board is to join, and the board must wait for credentials, as ours does while it
/// has no network. Sender and receiver are tested against each other on this computer and in an emulator of the chips, not with
/// a radio: whether your access point passes the packets on one by one and in order is not known; where it does not, try
/// --to 255.255.255.255. With a cable, use `espalier go` or `espalier board provision`.
#[derive(Debug, ClapArgs)]
pub struct Args {
    /// The 2.4 GHz network to join
    #[arg(long, value_name = "NAME")]
    ssid: String,
    /// MAC address of its access point, such as 10:20:30:40:50:60
    #[arg(long, value_name = "MAC", value_parser = mac)]
    bssid: [u8; 6],
    #[command(flatten)]
    network: NetworkArgs,
    /// Where packets go, such as 255.255.255.255 or 192.168.1.255; without it to the multicast groups of the phone app
    #[arg(long, value_name = "ADDR[:PORT]", value_parser = destination)]
    to: Option<SocketAddr>,
    /// Boards to wait for, 1 to 16; each is told as it answers
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u8).range(1..=16))]
    boards: u8,
    /// Our address in that network, where this computer has several
    #[arg(long, value_name = "ADDR")]
    from: Option<Ipv4Addr>,
    /// Give up after this long; packets are sent for 45 s at most
    #[arg(long, value_name = "TIME", default_value = "60s", value_parser = options::duration)]
    wait: Duration,
}

fn mac(text: &str) -> Result<[u8; 6], String> {
    parse_mac(text)
        .ok_or_else(|| "six bytes in hexadecimal are needed, such as 10:20:30:40:50:60".to_owned())
}

fn destination(text: &str) -> Result<SocketAddr, String> {
    parse_esp_touch_destination(text).ok_or_else(|| {
        "an IPv4 address is needed, such as 192.168.1.255; a port behind it is 1 to 65535"
            .to_owned()
    })
}

/// Sends until a board answers.
pub fn run(args: &Args) -> anyhow::Result<Exit> {
    let password = args.network.password(&args.ssid)?;
    let spec = EspTouchSpec {
        to: args.to,
        from: args.from,
        ..EspTouchSpec::new(&args.ssid, &password.0, args.bssid)
    };
    let touch = match EspTouchSender::open(&spec) {
        Ok(touch) => touch,
        Err(EspTouchFault::Datum(fault)) => return Err(BadArgument(fault.to_string()).into()),
        Err(fault) => return Err(fault.into()),
    };
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    let cancel = Interrupts::heard(runtime.handle()).flag();
    tell("sending; the board joins within a minute, or not at all…");
    let mut printed = Ok(());
    let mut found = 0;
    let touched = touch.send_to(args.boards, Deadline::of(args.wait, &cancel), |board| {
        let mac = espalier_core::hex::mac(board.mac);
        tell(format_args!("the board {mac} has joined"));
        found += 1;
        if printed.is_ok() {
            printed = crate::print::line(board.ip);
        }
    });
    runtime.shutdown_background();
    printed?;
    match touched {
        Ok(()) => {
            args.network.joined(&args.ssid, &password);
            if found < args.boards {
                let boards = args.boards;
                complain(format_args!("{found} of {boards} boards have answered"));
                return Ok(Exit::BoardTimedOut);
            }
            Ok(Exit::Done)
        }
        Err(fault @ EspTouchFault::NoAnswer) => {
            complain(fault);
            Ok(Exit::BoardTimedOut)
        }
        Err(EspTouchFault::Cancelled) => Ok(Exit::Cancelled),
        Err(fault) => Err(fault.into()),
    }
}
