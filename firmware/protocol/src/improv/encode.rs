//! From meaning to bytes.

use super::{
    CommandId, PACKET_MAX,
    packet::{HEADER, VERSION},
    rpc::Rpc,
    state::{State, Status},
};
use heapless::Vec;

/// A packet as it goes on the wire, with the line end behind it that senders append.
pub type Encoded = Vec<u8, { PACKET_MAX + 1 }>;

/// The data of a packet.
type Payload = Vec<u8, 255>;

/// Wraps the data of a packet.
fn packet(kind: u8, data: &[u8]) -> Option<Encoded> {
    let mut out = Encoded::new();
    out.extend_from_slice(HEADER).ok()?;
    out.extend_from_slice(&[VERSION, kind, u8::try_from(data.len()).ok()?]).ok()?;
    out.extend_from_slice(data).ok()?;
    let sum = out.iter().fold(0u8, |sum, byte| sum.wrapping_add(*byte));
    out.extend_from_slice(&[sum, b'\n']).ok()?;
    Some(out)
}

/// A command or an answer: number, length, content.
fn numbered(kind: u8, id: u8, write: impl FnOnce(&mut Payload) -> Option<()>) -> Option<Encoded> {
    let mut data = Payload::new();
    data.extend_from_slice(&[id, 0]).ok()?;
    write(&mut data)?;
    let len = u8::try_from(data.len() - 2).ok()?;
    if let Some(slot) = data.get_mut(1) {
        *slot = len;
    }
    packet(kind, &data)
}

/// A string with its length before it.
fn string(out: &mut Payload, text: &str) -> Option<()> {
    out.push(u8::try_from(text.len()).ok()?).ok()?;
    out.extend_from_slice(text.as_bytes()).ok()
}

/// Device to client: where provisioning stands.
pub fn state(state: State) -> Encoded {
    packet(0x01, &[state.byte()]).unwrap_or_default()
}

/// Device to client: how the last command went.
pub fn error(status: Status) -> Encoded {
    packet(0x02, &[status.byte()]).unwrap_or_default()
}

/// Device to client: an answer. `None` when the strings do not fit in one packet (253 bytes, one
/// of them before each string).
pub fn result(command: CommandId, strings: &[&str]) -> Option<Encoded> {
    numbered(0x04, command.byte(), |data| strings.iter().try_for_each(|text| string(data, text)))
}

/// Client to device: a command. `None` when its strings do not fit.
pub fn rpc(rpc: &Rpc<'_>) -> Option<Encoded> {
    numbered(0x03, rpc.id().byte(), |data| match rpc {
        Rpc::SendWifi { ssid, password } => {
            string(data, ssid)?;
            string(data, password)
        }
        Rpc::Hostname(Some(name)) | Rpc::DeviceName(Some(name)) => {
            data.extend_from_slice(name.as_bytes()).ok()
        }
        _ => Some(()),
    })
}
