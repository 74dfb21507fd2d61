//! The Wi-Fi station: does what the board commands, tells what came of it, and lends its ears while nothing is joined.

use core::cell::Cell;

use embassy_futures::select::{Either, Either3, select, select3};
use embassy_net::{ConfigV4, DhcpConfig, Ipv4Cidr, Stack, StaticConfigV4};
use embassy_time::{Duration, Ticker, Timer, with_timeout};
use esp_radio::wifi::scan::ScanConfig;
use esp_radio::wifi::sta::{ConnectedInfo, StationConfig};
use esp_radio::wifi::{
    AuthenticationMethod, AuthenticationMethodConfig, Config, ConnectionError, DisconnectReason,
    WifiController,
};
use espalier_board::protocol::command::{Addressing, Credentials, Password, StaticAddress};
use espalier_board::protocol::{Auth, JoinFault};
use espalier_board::{Address, Event, Gauges, JoinId, Network};

use crate::ears::{self, Ears};
use crate::glue::{Glue, RadioCommand};
use crate::load;

/// Networks that a scan tells at most, the strongest first.
const NETWORKS: usize = 24;

/// The radio is asked again after so long when it cannot listen yet.
const BUSY: Duration = Duration::from_millis(50);

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
        let meanwhile = async {
            match station.joined.get() {
                Some(_) => lost(&radio, station).await,
                None => listen(glue, &mut radio).await,
            }
        };
        let command = match select3(glue.command.wait(), glue.scan.wait(), meanwhile).await {
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
        if let Err(fault) = configure(&mut radio, &credentials) {
            glue.tell(Event::JoinFailed { id, fault });
            continue;
        }
        stack.set_config_v4(address(glue, addressing));
        // A newer command ends this attempt, and is taken up by the next round.
        let Either::First(outcome) = select(connect(&mut radio, &credentials), newer(glue)).await
        else {
            continue;
        };
        match outcome {
            Ok((info, is_open)) => {
                if is_open {
                    glue.tell(Event::OpenNetwork { id });
                }
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

/// Until there is a newer command.
async fn newer(glue: &Glue) {
    while !glue.command.signaled() {
        Timer::after_millis(50).await;
    }
}

/// Joins; whether the network turned out to be open although there is a password. The library refuses such a network by the
/// protection that the password stands for; this is the one case in which it is joined without.
async fn connect(
    radio: &mut WifiController<'static>,
    credentials: &Credentials,
) -> Result<(ConnectedInfo, bool), ConnectionError> {
    let refused = match radio.connect_async().await {
        Err(ConnectionError::Failed(info))
            if info.reason == DisconnectReason::NoAccessPointFoundInAuthmodeThreshold
                && !credentials.password.is_empty() =>
        {
            ConnectionError::Failed(info)
        }
        outcome => return outcome.map(|info| (info, false)),
    };
    let open = Credentials { password: Password::default(), ..credentials.clone() };
    if configure(radio, &open).is_err() {
        return Err(refused);
    }
    radio.connect_async().await.map(|info| (info, true)).map_err(|_| refused)
}

/// Listens for SmartConfig where the board wants to, for as long as nothing else is done.
async fn listen(glue: &Glue, radio: &mut WifiController<'static>) -> ! {
    let mut open: Option<Ears> = None;
    loop {
        let Some(channel) = glue.read(|board, _| board.channel()) else {
            open = None;
            glue.channel.wait().await;
            continue;
        };
        if open.is_none() {
            open = Ears::open(radio);
        }
        if !open.as_mut().is_some_and(|ears| ears.tune(radio, channel)) {
            Timer::after(BUSY).await;
            continue;
        }
        match select(ears::next(), glue.channel.wait()).await {
            Either::First(frame) => glue.heard(frame),
            Either::Second(()) => {}
        }
    }
}

/// Until a joined network is gone. Keeps the signal's strength up to date meanwhile.
async fn lost(radio: &WifiController<'static>, station: &Station) {
    let watch = async {
        let mut ticker = Ticker::every(Duration::from_secs(1));
        loop {
            ticker.next().await;
            station.rssi.set(radio.rssi().ok().and_then(|rssi| i8::try_from(rssi).ok()));
        }
    };
    let _: Either<_, ()> = select(radio.wait_for_disconnect_async(), watch).await;
}

/// Configures the radio for an attempt.
fn configure(
    radio: &mut WifiController<'static>,
    credentials: &Credentials,
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
    radio.set_config(&Config::Station(config)).map_err(|_| JoinFault::Other)
}

/// Where the network stack's address comes from.
fn address(glue: &Glue, addressing: Addressing) -> ConfigV4 {
    match addressing {
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
    }
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
    let (mut stack_min, mut worked) = (load::stack_min(), load::worked_us());
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
            if ticks.is_multiple_of(100) {
                stack_min = load::stack_min();
            }
            let before = core::mem::replace(&mut worked, load::worked_us());
            // Microseconds of a second, in percent.
            let busy = worked.wrapping_sub(before) / 10_000;
            let stats = esp_alloc::HEAP.stats();
            glue.tell(Event::Gauges(Gauges {
                heap: u32::try_from(stats.size - stats.current_usage).ok(),
                heap_min: u32::try_from(stats.size - stats.max_usage).ok(),
                stack_min: Some(stack_min),
                busy: u8::try_from(busy.min(100)).ok(),
                rssi: station.rssi.get(),
            }));
        }
        ticks = ticks.wrapping_add(1);
        ticker.next().await;
    }
}

/// What a reason of the radio library means to people; the table in `firmware/README.md`. A wrong password shows as one of the
/// handshake's failures.
fn fault(reason: DisconnectReason) -> JoinFault {
    use DisconnectReason as R;
    match reason {
        R::AuthenticationExpired
        | R::AuthenticationFailed
        | R::FourWayHandshakeTimeout
        | R::HandshakeTimeout
        | R::MicFailure
        | R::IeIn4wayDiffers
        | R::GroupKeyUpdateTimeout
        | R::AssociationNotAuthenticated
        | R::NoAccessPointFoundWithCompatibleSecurity
        | R::NoAccessPointFoundInAuthmodeThreshold => JoinFault::Auth,
        R::IeInvalid
        | R::GroupCipherInvalid
        | R::PairwiseCipherInvalid
        | R::AkmpInvalid
        | R::UnsupportedRsnIeVersion
        | R::InvalidRsnIeCapabilities
        | R::_802_1xAuthenticationFailed
        | R::CipherSuiteRejected
        | R::BadCipherOrAkm
        | R::InvalidPmkid => JoinFault::Security,
        R::AssociationTooMany | R::NotEnoughBandwidth => JoinFault::Full,
        R::AuthenticationLeave
        | R::DisassociatedDueToInactivity
        | R::AssociationLeave
        | R::BssTransitionDisassociated
        | R::NotAuthorizedThisLocation
        | R::PeerInitiated
        | R::AccessPointInitiatedDisassociation
        | R::AssociationComebackTimeTooLong => JoinFault::Refused,
        R::NoAccessPointFound | R::NoAccessPointFoundInRssiThreshold => JoinFault::NotFound,
        R::Timeout
        | R::BeaconTimeout
        | R::AssociationFailed
        | R::ConnectionFailed
        | R::MissingAcks
        | R::SaQueryTimeout => JoinFault::Timeout,
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
