//! Commands and answers inside packets.

use super::state::{Status, bytes};
use super::strings::Strings;

bytes! {
    /// The number of a command.
    CommandId {
        /// Credentials.
        SendWifi = 0x01,
        /// Where provisioning stands.
        RequestState = 0x02,
        /// Firmware, version, chip, name.
        DeviceInfo = 0x03,
        /// The networks in range.
        Scan = 0x04,
        /// The host name, asked for or set.
        Hostname = 0x05,
        /// The name for people, asked for or set.
        DeviceName = 0x06,
        /// Whether and how the device is online.
        NetworkState = 0x07,
    }
}

/// Bits of the answer to [`CommandId::NetworkState`], a decimal number in its first string.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct NetworkFlags(pub u8);

impl NetworkFlags {
    /// The device is online.
    pub const ONLINE: u8 = 0x01;
    /// It has Wi-Fi.
    pub const WIFI: u8 = 0x02;
}

/// A command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rpc<'a> {
    /// Join this network.
    SendWifi {
        /// Its name.
        ssid: &'a str,
        /// Its password; empty for none.
        password: &'a str,
    },
    /// Tell where provisioning stands.
    RequestState,
    /// Tell firmware, version, chip, name.
    DeviceInfo,
    /// Tell the networks in range: one answer each, an empty one last.
    Scan,
    /// Tell the host name, or take this one.
    Hostname(Option<&'a str>),
    /// Tell the device's name, or take this one.
    DeviceName(Option<&'a str>),
    /// Tell whether the device is online.
    NetworkState,
}

impl<'a> Rpc<'a> {
    /// Its number.
    pub const fn id(&self) -> CommandId {
        match self {
            Self::SendWifi { .. } => CommandId::SendWifi,
            Self::RequestState => CommandId::RequestState,
            Self::DeviceInfo => CommandId::DeviceInfo,
            Self::Scan => CommandId::Scan,
            Self::Hostname(_) => CommandId::Hostname,
            Self::DeviceName(_) => CommandId::DeviceName,
            Self::NetworkState => CommandId::NetworkState,
        }
    }

    /// Reads the data of a packet of type 3; an error is what the device answers.
    pub fn parse(data: &'a [u8]) -> Result<Self, Status> {
        let [id, len, payload @ ..] = data else { return Err(Status::InvalidRpc) };
        if usize::from(*len) != payload.len() {
            return Err(Status::InvalidRpc);
        }
        let id = CommandId::from_byte(*id).ok_or(Status::UnknownCommand)?;
        let text = || core::str::from_utf8(payload).map_err(|_| Status::InvalidRpc);
        let given = || text().map(|text| (!text.is_empty()).then_some(text));
        match id {
            CommandId::SendWifi => {
                let mut strings = Strings::parse(payload).ok_or(Status::InvalidRpc)?;
                match (strings.next(), strings.next(), strings.next()) {
                    (Some(ssid), Some(password), None) => Ok(Self::SendWifi { ssid, password }),
                    _ => Err(Status::InvalidRpc),
                }
            }
            CommandId::Hostname => Ok(Self::Hostname(given()?)),
            CommandId::DeviceName => Ok(Self::DeviceName(given()?)),
            _ if !payload.is_empty() => Err(Status::InvalidRpc),
            CommandId::RequestState => Ok(Self::RequestState),
            CommandId::DeviceInfo => Ok(Self::DeviceInfo),
            CommandId::Scan => Ok(Self::Scan),
            CommandId::NetworkState => Ok(Self::NetworkState),
        }
    }
}
