//! The settings as bytes for the store.
//!
//! ```text
//! "ESPALIER" version:u8 length:u16 { tag:u8 length:u8 value } crc32:u32      numbers little-endian
//! ```
//!
//! The CRC covers everything before it, so a torn or damaged record is told from a whole one.
//! An unknown tag is skipped (a value that a later build of the same version added); a higher
//! version is refused. What a record leaves out keeps its default.

use crate::settings::{DialTarget, LIMIT_MAX, Settings};
use core::net::Ipv4Addr;
use crc::{CRC_32_ISO_HDLC, Crc, NoTable};
use espalier_protocol::{
    Level, Mode, RecordFault, Shown,
    command::{Addressing, Credentials, Host, Name, StaticAddress, hostname},
    line::Keepalive,
    ota::TokenKey,
};
use heapless::Vec;

/// The version that this build writes, and the highest that it reads.
pub const RECORD_VERSION: u8 = 1;
/// The longest record, in bytes.
pub const RECORD_MAX: usize = 384;

const MAGIC: &[u8; 8] = b"ESPALIER";
const HEAD_LEN: usize = MAGIC.len() + 3;
const CRC: Crc<u32, NoTable> = Crc::<u32, NoTable>::new(&CRC_32_ISO_HDLC);

/// Bytes of a record.
pub type SettingsRecord = Vec<u8, RECORD_MAX>;

/// Why a record is not used, and which version it says it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RecordError {
    /// Why.
    pub fault: RecordFault,
    /// Its version, where it could be read.
    pub version: Option<u8>,
}

/// Tags of the values.
mod tag {
    pub const SSID: u8 = 1;
    pub const PASSWORD: u8 = 2;
    pub const ADDRESS: u8 = 3;
    pub const PORT: u8 = 4;
    pub const LIMIT: u8 = 5;
    pub const KEEPALIVE: u8 = 6;
    pub const MODE: u8 = 7;
    pub const RATE: u8 = 8;
    pub const TARGET_HOST: u8 = 9;
    pub const TARGET_PORT: u8 = 10;
    pub const LOG: u8 = 11;
    pub const SHOWN: u8 = 12;
    pub const NAME: u8 = 13;
    pub const HOSTNAME: u8 = 14;
    pub const SMARTCONFIG: u8 = 15;
    pub const OTA_TOKEN: u8 = 16;
}

impl Settings {
    /// The record of these settings.
    pub fn encode(&self) -> SettingsRecord {
        let mut out = SettingsRecord::new();
        // The longest possible content is far below the capacity (held by a test), so no part of
        // this can fail.
        let _whole = self.write(&mut out);
        let crc = CRC.checksum(&out);
        out.extend_from_slice(&crc.to_le_bytes()).ok();
        out
    }

    fn write(&self, out: &mut SettingsRecord) -> Result<(), heapless::CapacityError> {
        out.extend_from_slice(MAGIC)?;
        out.extend_from_slice(&[RECORD_VERSION, 0, 0])?;
        if let Some(credentials) = &self.wifi {
            value(out, tag::SSID, credentials.ssid.as_bytes())?;
            value(out, tag::PASSWORD, credentials.password.reveal().as_bytes())?;
        }
        if let Addressing::Static(StaticAddress { ip, prefix, gateway, dns }) = self.addressing {
            let [a, b, c, d] = ip.octets();
            let [e, f, g, h] = gateway.unwrap_or(Ipv4Addr::UNSPECIFIED).octets();
            let [i, j, k, l] = dns.unwrap_or(Ipv4Addr::UNSPECIFIED).octets();
            value(out, tag::ADDRESS, &[a, b, c, d, prefix, e, f, g, h, i, j, k, l])?;
        }
        value(out, tag::SMARTCONFIG, &[self.smartconfig.into()])?;
        value(out, tag::PORT, &self.port.to_le_bytes())?;
        value(out, tag::LIMIT, &[self.limit])?;
        let [i0, i1] = self.keepalive.idle_s.to_le_bytes();
        let [p0, p1] = self.keepalive.interval_s.to_le_bytes();
        value(out, tag::KEEPALIVE, &[i0, i1, p0, p1, self.keepalive.count])?;
        value(out, tag::MODE, self.mode.word().as_bytes())?;
        value(out, tag::RATE, &self.rate.to_le_bytes())?;
        if let Some(DialTarget { host, port }) = &self.target {
            value(out, tag::TARGET_HOST, host.as_bytes())?;
            value(out, tag::TARGET_PORT, &port.to_le_bytes())?;
        }
        value(out, tag::LOG, self.log.word().as_bytes())?;
        value(out, tag::SHOWN, self.shown.word().as_bytes())?;
        value(out, tag::NAME, self.name.as_bytes())?;
        value(out, tag::HOSTNAME, self.hostname.as_bytes())?;
        if let Some(key) = &self.ota_token {
            value(out, tag::OTA_TOKEN, key.as_bytes())?;
        }
        let len = (out.len() - HEAD_LEN) as u16;
        if let Some(slot) = out.get_mut(HEAD_LEN - 2..HEAD_LEN) {
            slot.copy_from_slice(&len.to_le_bytes());
        }
        Ok(())
    }

    /// Reads a record; bytes behind it are ignored, since stores pad.
    pub fn decode(bytes: &[u8]) -> Result<Self, RecordError> {
        let refused = |fault, version| RecordError { fault, version };
        let damaged = refused(RecordFault::Damaged, None);
        // Erased flash is a board that was never set.
        if bytes.iter().all(|byte| *byte == 0xff) {
            return Err(refused(RecordFault::Missing, None));
        }
        let (head, rest) = bytes.split_at_checked(HEAD_LEN).ok_or(damaged)?;
        let [magic @ .., version, len0, len1] = head else { return Err(damaged) };
        if magic != MAGIC {
            return Err(damaged);
        }
        let len = usize::from(u16::from_le_bytes([*len0, *len1]));
        let (content, rest) = rest.split_at_checked(len).ok_or(damaged)?;
        let crc = rest.first_chunk().ok_or(damaged)?;
        let covered = bytes.get(..HEAD_LEN + len).ok_or(damaged)?;
        if CRC.checksum(covered) != u32::from_le_bytes(*crc) {
            return Err(damaged);
        }
        if *version > RECORD_VERSION {
            return Err(refused(RecordFault::Newer, Some(*version)));
        }
        read(content).ok_or(refused(RecordFault::Invalid, Some(*version)))
    }
}

fn value(out: &mut SettingsRecord, tag: u8, bytes: &[u8]) -> Result<(), heapless::CapacityError> {
    out.extend_from_slice(&[tag, bytes.len() as u8])?;
    out.extend_from_slice(bytes)
}

/// The settings of these values; `None` when one is out of range.
fn read(mut rest: &[u8]) -> Option<Settings> {
    let mut settings = Settings::default();
    let (mut ssid, mut password) = (None, "");
    let (mut host, mut target_port) = (None, None);
    while let Some((tag, tail)) = rest.split_first() {
        let (len, tail) = tail.split_first()?;
        let (bytes, tail) = tail.split_at_checked(usize::from(*len))?;
        rest = tail;
        let word = || core::str::from_utf8(bytes).ok();
        let port = || Some(u16::from_le_bytes(bytes.try_into().ok()?)).filter(|port| *port != 0);
        match *tag {
            tag::SSID => ssid = Some(word()?),
            tag::PASSWORD => password = word()?,
            tag::ADDRESS => settings.addressing = Addressing::Static(address(bytes)?),
            tag::SMARTCONFIG => settings.smartconfig = *bytes == [1],
            tag::PORT => settings.port = port()?,
            tag::LIMIT => {
                settings.limit = *bytes.first().filter(|n| (1..=LIMIT_MAX).contains(n))?
            }
            tag::KEEPALIVE => settings.keepalive = keepalive(bytes)?,
            tag::MODE => settings.mode = Mode::from_word(word()?)?,
            tag::RATE => settings.rate = u32::from_le_bytes(bytes.try_into().ok()?),
            tag::TARGET_HOST => host = Some(Host::try_from(word()?).ok()?),
            tag::TARGET_PORT => target_port = Some(port()?),
            tag::LOG => settings.log = Level::from_word(word()?)?,
            tag::SHOWN => settings.shown = Shown::from_word(word()?)?,
            tag::NAME => settings.name = Name::try_from(word()?).ok()?,
            tag::HOSTNAME if bytes.is_empty() => {}
            tag::HOSTNAME => settings.hostname = hostname(word()?)?,
            tag::OTA_TOKEN => {
                settings.ota_token = Some(TokenKey::from_bytes(bytes.try_into().ok()?));
            }
            _ => {}
        }
    }
    if let Some(ssid) = ssid {
        settings.wifi = Some(Credentials::new(ssid, password)?);
    }
    settings.target = match (host, target_port) {
        (Some(host), Some(port)) if !host.is_empty() => Some(DialTarget { host, port }),
        (None, None) => None,
        _ => return None,
    };
    Some(settings)
}

fn keepalive(bytes: &[u8]) -> Option<Keepalive> {
    let [i0, i1, p0, p1, count] = bytes else { return None };
    let idle_s = u16::from_le_bytes([*i0, *i1]);
    let interval_s = u16::from_le_bytes([*p0, *p1]);
    (idle_s > 0 && interval_s > 0 && *count > 0).then_some(Keepalive {
        idle_s,
        interval_s,
        count: *count,
    })
}

fn address(bytes: &[u8]) -> Option<StaticAddress> {
    let [a, b, c, d, prefix, e, f, g, h, i, j, k, l] = bytes else { return None };
    let known = |ip: Ipv4Addr| (!ip.is_unspecified()).then_some(ip);
    StaticAddress {
        ip: Ipv4Addr::new(*a, *b, *c, *d),
        prefix: *prefix,
        gateway: known(Ipv4Addr::new(*e, *f, *g, *h)),
        dns: known(Ipv4Addr::new(*i, *j, *k, *l)),
    }
    .checked()
}
