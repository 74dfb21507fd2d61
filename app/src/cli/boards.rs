//! `espalier boards`: who is on the network.

use std::net::IpAddr;
use std::time::Duration;

use clap::Args as ClapArgs;
use espalier_core::board::{BoardSearchStatus, NetworkBoard};
use espalier_core::terminal::Plain;
use espalier_engine::board::search_boards;
use serde_json::{Value, json};

use super::exit::Exit;
use super::interrupt::Interrupts;
use super::options;
use crate::print::{document, line, tell, width};

/// List the boards on the network: address, name, chip, version, name on the network
///
/// Those are found whose firmware announces itself by multicast DNS (_espalier._tcp), which stays within a network: the bundled
/// one does, and a simulated board on this computer alone. Ctrl-C ends it with those found so far.
#[derive(Debug, ClapArgs)]
pub struct Args {
    /// How long answers are waited for
    #[arg(long = "for", value_name = "TIME", default_value = "3s", value_parser = options::duration)]
    longest: Duration,
    /// Ask on the network of this address of ours alone
    #[arg(long, value_name = "ADDR")]
    interface: Option<IpAddr>,
    /// One JSON document instead of a table
    #[arg(long)]
    json: bool,
}

/// Lists them.
pub fn run(args: &Args) -> anyhow::Result<Exit> {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    let cancel = Interrupts::heard(runtime.handle()).flag();
    let found = search_boards(args.interface, args.longest, &cancel, |_| {});
    runtime.shutdown_background();
    let boards = found?;
    if boards.len() >= BoardSearchStatus::MOST {
        tell(format_args!("more than {} boards are not listed", BoardSearchStatus::MOST));
    }
    if args.json {
        document(&serde_json::to_string_pretty(&boards.iter().map(json).collect::<Vec<_>>())?)?;
        return Ok(Exit::Done);
    }
    if boards.is_empty() {
        tell(
            "no board has answered: it must be in this computer's network, and its firmware must announce itself",
        );
    }
    table(&boards).into_iter().try_for_each(line)?;
    Ok(Exit::Done)
}

/// `192.168.1.7:7681  On the desk  esp32c3 0.2.0  espalier-a1b2c3.local`.
fn table(boards: &[NetworkBoard]) -> Vec<String> {
    let columns: Vec<[String; 4]> = boards.iter().map(columns).collect();
    let widths = [0, 1, 2].map(|at| columns.iter().map(|it| width(&it[at])).max().unwrap_or(0));
    let row = |[place, name, what, hostname]: &[String; 4]| {
        let cells = widths.iter().zip([place, name, what]);
        let cells = cells.map(|(most, cell)| format!("{cell}{}  ", " ".repeat(most - width(cell))));
        cells.chain([hostname.clone()]).collect()
    };
    columns.iter().map(row).collect()
}

/// What a stranger says drives no terminal.
fn columns(board: &NetworkBoard) -> [String; 4] {
    let NetworkBoard { name, hostname, chip, version, .. } = board;
    // Without a server it is an address alone.
    let address = board.address().map(|it| it.to_string()).unwrap_or_default();
    let place = board.endpoint().map_or(address, |it| it.to_string());
    let what = format!("{chip} {version}");
    [place, Plain(name).to_string(), Plain(what.trim()).to_string(), Plain(hostname).to_string()]
}

fn json(board: &NetworkBoard) -> Value {
    let NetworkBoard { name, hostname, endpoints, chip, version, .. } = board;
    json!({
        "endpoint": board.endpoint(),
        "address": board.address(),
        "endpoints": endpoints.iter().filter(|it| it.port() != 0).collect::<Vec<_>>(),
        "name": name,
        "hostname": hostname,
        "chip": Some(chip).filter(|chip| !chip.is_empty()),
        "version": Some(version).filter(|version| !version.is_empty()),
        "update": board.update_place(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn board(name: &str, ip: [u8; 4]) -> NetworkBoard {
        NetworkBoard {
            name: name.to_owned(),
            hostname: "desk.local".to_owned(),
            endpoints: vec![(ip, 7681).into()],
            chip: "esp32c3".to_owned(),
            version: "0.2.0".to_owned(),
            update_port: Some(7682),
        }
    }

    #[test]
    fn boards_stand_in_columns_and_as_json() {
        let mut dials = board("桌子上", [10, 0, 0, 8]);
        dials.endpoints = vec![([10, 0, 0, 8], 0).into()];
        let boards = [board("Desk", [10, 0, 0, 7]), board("On the wall", [192, 168, 1, 17]), dials];
        assert_eq!(
            table(&boards),
            [
                "10.0.0.7:7681      Desk         esp32c3 0.2.0  desk.local",
                "192.168.1.17:7681  On the wall  esp32c3 0.2.0  desk.local",
                "10.0.0.8           桌子上       esp32c3 0.2.0  desk.local",
            ]
        );
        assert_eq!(json(&boards[2])["endpoint"], Value::Null);
        assert_eq!(json(&boards[2])["update"], "10.0.0.8:7682");
        assert_eq!(json(&boards[0])["endpoint"], "10.0.0.7:7681");
        assert_eq!(json(&boards[0])["update"], "10.0.0.7:7682");
    }
}
