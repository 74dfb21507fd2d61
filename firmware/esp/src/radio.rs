//! The Wi-Fi station: does what the board commands, tells what came of it.

use core::cell::Cell;

use embassy_futures::select::{Either3, select, select3};
use embassy_net::{ConfigV4, DhcpConfig, Ipv4Cidr, Stack, StaticConfigV4};
use embassy_time::{Duration, Ticker, Timer, with_timeout};
use esp_radio::wifi::scan::ScanConfig;
use esp_radio::wifi::sta::StationConfig;
use esp_radio::wifi::{
    AuthenticationMethod, AuthenticationMethodConfig, Config, ConnectionError, DisconnectReason,
    WifiController,
};
use espalier_board::protocol::command::{Addressing, Credentials, StaticAddress};
use espalier_board::protocol::{Auth, JoinFault};
use espalier_board::{Address, Event, Gauges, JoinId, Network};

use crate::glue::{Glue, RadioCommand};

/// Networks that a scan tells at most, the strongest first.
const NETWORKS: usize = 24;

/// Where the station stands, for those who watch the address and the signal.
#[derive(Default)]
pub struct Station {
    /// The attempt that joined, while joined.
    joined: Cell<Option<JoinId>>,
    /// Signal, dBm, while joined.
    rssi: Cell<Option<i8>>,
}

/// Owns the radio.
#[embassy_executor::task]
pub async fn run(
    glue: &'static Glue,
    station: &'static Station,
    stack: Stack<'static>,
    mut radio: WifiController<'static>,
) -> ! {
    loop {
        let command =
            match select3(glue.command.wait(), glue.scan.wait(), lost(&radio, station)).await {
                Either3::First(command) => command,
                Either3::Second(()) => {
                    scan(glue, &mut radio).await;
                    continue;
                }
                Either3::Third(()) => {
                    station.joined.set(None);
                    station.rssi.set(None);
                    glue.tell(Event::WifiLost);
                    continue;
                }
            };
        station.joined.set(None);
        station.rssi.set(None);
        // Fails when there is nothing to leave.
        let _ = with_timeout(Duration::from_secs(3), radio.disconnect_async()).await;
        let RadioCommand::Join { id, credentials, addressing } = command else { continue };
        if let Err(fault) = prepare(glue, stack, &mut radio, &credentials, addressing) {
            glue.tell(Event::JoinFailed { id, fault });
            continue;
        }
        // A newer command ends this attempt, and is taken up by the next round.
        let attempt = select(radio.connect_async(), async {
            while !glue.command.signaled() {
                Timer::after_millis(50).await;
            }
        });
        let embassy_futures::select::Either::First(outcome) = attempt.await else { continue };
        match outcome {
            Ok(info) => {
                let rssi = radio.rssi().ok().and_then(|rssi| i8::try_from(rssi).ok());
                glue.tell(Event::Joined { id, rssi, channel: Some(info.channel) });
                station.rssi.set(rssi);
                station.joined.set(Some(id));
            }
            Err(error) => {
                let fault = match error {
                    ConnectionError::Failed(info) => fault(info.reason),
                    _ => JoinFault::Other,
                };
                glue.tell(Event::JoinFailed { id, fault });
            }
        }
    }
}

/// Until a joined network is gone. Keeps the signal's strength up to date meanwhile.
async fn lost(radio: &WifiController<'static>, station: &Station) {
    if station.joined.get().is_none() {
        core::future::pending::<()>().await;
    }
    let watch = async {
        let mut ticker = Ticker::every(Duration::from_secs(1));
        loop {
            ticker.next().await;
            station.rssi.set(radio.rssi().ok().and_then(|rssi| i8::try_from(rssi).ok()));
        }
    };
    let _: embassy_futures::select::Either<_, ()> =
        select(radio.wait_for_disconnect_async(), watch).await;
}

/// Configures radio and network stack for an attempt.
fn prepare(
    glue: &Glue,
    stack: Stack<'static>,
    radio: &mut WifiController<'static>,
    credentials: &Credentials,
    addressing: Addressing,
) -> Result<(), JoinFault> {
    let password = credentials.password.reveal();
    let authentication = if password.is_empty() {
        AuthenticationMethodConfig::Open
    } else {
        // The weakest protection that is accepted: WPA, WPA2 and WPA3 are all joined.
        AuthenticationMethodConfig::Wpa(password.try_into().map_err(|_| JoinFault::Auth)?)
    };
    let config = StationConfig::default()
        .with_ssid(credentials.ssid.as_str().try_into().map_err(|_| JoinFault::NotFound)?)
        .with_authentication(authentication);
    radio.set_config(&Config::Station(config)).map_err(|_| JoinFault::Other)?;
    stack.set_config_v4(match addressing {
        Addressing::Dhcp => {
            let mut dhcp = DhcpConfig::default();
            dhcp.hostname = glue.read(|board, _| board.hostname().as_str().try_into().ok());
            ConfigV4::Dhcp(dhcp)
        }
        Addressing::Static(StaticAddress { ip, prefix, gateway, dns }) => {
            ConfigV4::Static(StaticConfigV4 {
                address: Ipv4Cidr::new(ip, prefix),
                gateway,
                dns_servers: dns.or(gateway).into_iter().collect(),
            })
        }
    });
    Ok(())
}

/// Looks for networks and tells each.
async fn scan(glue: &Glue, radio: &mut WifiController<'static>) {
    let found = radio.scan_async(&ScanConfig::default().with_max(NETWORKS)).await;
    for network in found.iter().flatten() {
        glue.tell(Event::Network(Network {
            ssid: network.ssid.as_str(),
            rssi: network.signal_strength,
            channel: Some(network.channel),
            auth: network.auth_method.map_or(Auth::Other, auth),
        }));
    }
    glue.tell(Event::ScanDone(found.is_ok()));
}

/// Watches the address, and gathers figures each second.
#[embassy_executor::task]
pub async fn watch(glue: &'static Glue, station: &'static Station, stack: Stack<'static>) -> ! {
    let mut told = None;
    let mut ticks = 0u32;
    let mut ticker = Ticker::every(Duration::from_millis(100));
    loop {
        let joined = station.joined.get().filter(|_| stack.is_link_up());
        let address = joined.and_then(|id| Some((id, stack.config_v4()?)));
        if address != told {
            if address.is_some() || joined.is_some() {
                glue.tell(Event::Address(address.as_ref().map(|(_, config)| Address {
                    ip: config.address.address(),
                    prefix: config.address.prefix_len(),
                    gateway: config.gateway,
                })));
            }
            told = address;
        }
        if ticks.is_multiple_of(10) {
            let stats = esp_alloc::HEAP.stats();
            glue.tell(Event::Gauges(Gauges {
                heap: u32::try_from(stats.size - stats.current_usage).ok(),
                heap_min: u32::try_from(stats.size - stats.max_usage).ok(),
                rssi: station.rssi.get(),
            }));
        }
        ticks = ticks.wrapping_add(1);
        ticker.next().await;
    }
}

/// What a reason of the radio library means to people. A wrong password shows as one of the handshake's failures.
fn fault(reason: DisconnectReason) -> JoinFault {
    use DisconnectReason as R;
    match reason {
        R::AuthenticationExpired
        | R::AuthenticationFailed
        | R::FourWayHandshakeTimeout
        | R::HandshakeTimeout
        | R::MicFailure
        | R::IeIn4wayDiffers
        | R::AssociationNotAuthenticated
        | R::_802_1xAuthenticationFailed
        | R::NoAccessPointFoundWithCompatibleSecurity
        | R::NoAccessPointFoundInAuthmodeThreshold => JoinFault::Auth,
        R::NoAccessPointFound | R::NoAccessPointFoundInRssiThreshold => JoinFault::NotFound,
        R::Timeout | R::BeaconTimeout | R::AssociationFailed | R::ConnectionFailed => {
            JoinFault::Timeout
        }
        _ => JoinFault::Other,
    }
}

/// How a network is protected.
fn auth(method: AuthenticationMethod) -> Auth {
    use AuthenticationMethod as A;
    match method {
        A::None | A::Owe => Auth::Open,
        A::Wep => Auth::Wep,
        A::Wpa => Auth::Wpa,
        A::Wpa2Personal => Auth::Wpa2,
        A::WpaWpa2Personal => Auth::WpaWpa2,
        A::Wpa3Personal | A::Wpa3ExtPsk => Auth::Wpa3,
        A::Wpa2Wpa3Personal | A::Wpa3ExtPskMixed => Auth::Wpa2Wpa3,
        A::Wpa2Enterprise
        | A::Wpa3EntSuiteB192Bit
        | A::Wpa3Enterprise
        | A::Wpa2Wpa3Enterprise
        | A::WpaEnterprise => Auth::Enterprise,
        _ => Auth::Other,
    }
}
