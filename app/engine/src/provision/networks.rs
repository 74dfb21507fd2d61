//! Which networks the board hears.

use espalier_core::board::Network;
use espalier_protocol::improv::Rpc;

use super::console::{BoardConsole, ConsoleFault, Deadline};

/// Has the board scan, over Improv: the strongest of each name, strongest first, but those in `known` before the others.
///
/// # Errors
/// See [`BoardConsole::call`].
pub fn scan(
    console: &mut BoardConsole,
    known: &[String],
    deadline: Deadline<'_>,
) -> Result<Vec<Network>, ConsoleFault> {
    let answers = console.call(&Rpc::Scan, deadline)?;
    Ok(in_order(answers.iter().filter_map(|strings| network_of(strings)).collect(), known))
}

/// Reads one answer: name, signal, `YES` or `NO`. Hidden networks have no name to join by and are left out.
fn network_of(strings: &[String]) -> Option<Network> {
    let [ssid, rssi, locked, ..] = strings else { return None };
    let rssi = rssi.parse().ok()?;
    (!ssid.is_empty()).then(|| Network { ssid: ssid.clone(), rssi, locked: locked == "YES" })
}

fn in_order(mut networks: Vec<Network>, known: &[String]) -> Vec<Network> {
    let rank = |network: &Network| (!known.contains(&network.ssid), -i16::from(network.rssi));
    networks.sort_by(|a, b| rank(a).cmp(&rank(b)).then_with(|| a.ssid.cmp(&b.ssid)));
    let mut seen = std::collections::HashSet::new();
    networks.retain(|network| seen.insert(network.ssid.clone()));
    networks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_networks_come_first_then_the_strongest_and_each_name_once() {
        let network = |ssid: &str, rssi| Network { ssid: ssid.to_owned(), rssi, locked: true };
        let found = vec![
            network("far", -80),
            network("near", -30),
            network("near", -60),
            network("mine", -70),
        ];
        let names: Vec<String> =
            in_order(found, &["mine".to_owned()]).into_iter().map(|it| it.ssid).collect();
        assert_eq!(names, ["mine", "near", "far"]);
    }

    #[test]
    fn a_strange_answer_is_no_network() {
        let strings = |all: &[&str]| all.iter().map(|it| (*it).to_owned()).collect::<Vec<_>>();
        assert_eq!(network_of(&strings(&["a", "loud", "YES"])), None);
        assert_eq!(network_of(&strings(&["a"])), None);
        assert_eq!(network_of(&strings(&["", "-40", "NO"])), None);
    }
}
