//! DNS messages (RFC 1035), as much of them as a responder needs. Names are written without compression, and read with it.

use super::{Advert, MdnsPacket};
use core::fmt::Write as _;
use heapless::{String, Vec};

/// The longest answer, bytes: every record of a board with the longest names, and a question that is repeated.
pub const MDNS_MAX: usize = 900;

/// Seconds that others may remember what is told: a board that loses its power says no goodbye.
const TTL: u32 = 120;
/// The same for whoever knows no multicast (RFC 6762, section 6.7).
const LEGACY_TTL: u32 = 10;
/// Bytes of a message before its first question.
const HEAD: usize = 12;
/// Questions, and known answers, that are looked at.
const LOOKED_AT: u16 = 32;
/// The longest name, bytes (RFC 1035, section 2.3.4).
const NAME_MAX: usize = 255;

/// Types and classes of records.
const A: u16 = 1;
const PTR: u16 = 12;
const TXT: u16 = 16;
const AAAA: u16 = 28;
const SRV: u16 = 33;
const NSEC: u16 = 47;
const ANY: u16 = 255;
const INTERNET: u16 = 1;
/// In the class of a question: an answer to the asker alone will do. In that of a record: forget what you knew before.
const TOP: u16 = 0x8000;

const SERVICE: [&str; 3] = ["_espalier", "_tcp", "local"];
const SERVICES: [&str; 4] = ["_services", "_dns-sd", "_udp", "local"];

/// Some of a board's records.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Records(u8);

impl Records {
    /// Which services there are in this network: ours.
    const SERVICES: Self = Self(1);
    /// Who offers it: the board.
    const SERVICE: Self = Self(2);
    /// Where: host and port.
    const PLACE: Self = Self(4);
    /// What it is.
    const TEXT: Self = Self(8);
    /// The host's address.
    const ADDRESS: Self = Self(16);
    /// That the host has no other.
    const NO_MORE: Self = Self(32);
    /// All that is announced.
    pub(super) const ALL: Self = Self(31);

    /// In the order in which they are written.
    const EACH: [Self; 6] =
        [Self::SERVICES, Self::SERVICE, Self::PLACE, Self::TEXT, Self::ADDRESS, Self::NO_MORE];

    pub(super) const fn has_all(self, others: Self) -> bool {
        self.0 & others.0 == others.0
    }

    const fn with(self, others: Self) -> Self {
        Self(self.0 | others.0)
    }

    const fn without(self, others: Self) -> Self {
        Self(self.0 & !others.0)
    }

    /// Whether the board has them: without a server and updates it has a name alone.
    const fn are_of(self, advert: &Advert) -> bool {
        advert.port.is_some() || self.0 & (Self::ADDRESS.0 | Self::NO_MORE.0) == self.0
    }

    /// What whoever wants these will ask for next.
    fn additional(self) -> Self {
        let mut more = Self::default();
        if self.has_all(Self::SERVICE) {
            more = more.with(Self::PLACE).with(Self::TEXT).with(Self::ADDRESS);
        }
        if self.has_all(Self::PLACE) {
            more = more.with(Self::ADDRESS);
        }
        more.without(self)
    }
}

/// A name with its labels.
type Labels<'a> = &'a [&'a str];

/// A name, and its records by their types.
type NameRecords<'a> = (Vec<&'a str, 4>, &'static [(u16, Records)]);

/// All names that the board has records of.
fn records_of(advert: &Advert) -> [NameRecords<'_>; 4] {
    let hostname = advert.hostname.as_str();
    let labels = |first: Option<&'static str>, rest: &[&'static str]| {
        first.into_iter().chain(rest.iter().copied()).collect::<Vec<&str, 4>>()
    };
    let own = |rest: &[&'static str]| {
        let mut labels = labels(None, rest);
        labels.insert(0, hostname).ok();
        labels
    };
    [
        (labels(None, &SERVICES), &[(PTR, Records::SERVICES)]),
        (labels(None, &SERVICE), &[(PTR, Records::SERVICE)]),
        (own(&SERVICE), &[(SRV, Records::PLACE), (TXT, Records::TEXT)]),
        (own(&["local"]), &[(A, Records::ADDRESS), (AAAA, Records::NO_MORE)]),
    ]
}

/// What a query wants of a board.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Asked<'a> {
    /// Its records; never none.
    pub(super) records: Records,
    /// All who want them would do with an answer of their own.
    pub(super) unicast: bool,
    /// The query's number.
    pub(super) id: u16,
    /// Its first question, where it has only one and that is not compressed.
    pub(super) question: &'a [u8],
}

/// What a datagram asks of a board; `None`: it is no query, is broken, or asks for nothing that the board has.
pub(super) fn asked<'a>(query: &'a [u8], advert: &Advert) -> Option<Asked<'a>> {
    let (id, flags) = (number(query, 0)?, number(query, 2)?);
    let (questions, known) = (number(query, 4)?, number(query, 6)?);
    // An answer, or another kind of request than a query.
    if flags & 0xF800 != 0 {
        return None;
    }
    let names = records_of(advert);
    let (mut records, mut unicast) = (Records::default(), true);
    let mut at = HEAD;
    let mut first = HEAD;
    for index in 0..questions.min(LOOKED_AT) {
        let end = name_end(query, at)?;
        let (kind, class) = (number(query, end)?, number(query, end + 2)?);
        let wanted = names.iter().filter(|(name, _)| is_name(query, at, name));
        for (of_type, record) in wanted.flat_map(|(_, records)| records.iter()) {
            let is_meant = kind == *of_type || kind == ANY && *of_type != AAAA;
            if is_meant && record.are_of(advert) && class & !TOP == INTERNET {
                records = records.with(*record);
                unicast &= class & TOP != 0;
            }
        }
        at = end + 4;
        if index == 0 {
            first = at;
        }
    }
    if questions <= LOOKED_AT && knows_service(query, at, known, advert) {
        records = records.without(Records::SERVICE);
    }
    if records == Records::default() {
        return None;
    }
    let question = query.get(HEAD..first).filter(|_| questions == 1).unwrap_or_default();
    // A pointer would point elsewhere in an answer; names that ask for us have none in a message of one question.
    Some(Asked { records, unicast, id, question })
}

/// Whether whoever asks knows already who offers the service, and for long enough: half of our time to live.
fn knows_service(query: &[u8], mut at: usize, known: u16, advert: &Advert) -> bool {
    let own = [advert.hostname.as_str(), SERVICE[0], SERVICE[1], SERVICE[2]];
    for _ in 0..known.min(LOOKED_AT) {
        let Some(end) = name_end(query, at) else { return false };
        let (Some(kind), Some(high), Some(low), Some(length)) = (
            number(query, end),
            number(query, end + 4),
            number(query, end + 6),
            number(query, end + 8),
        ) else {
            return false;
        };
        let (data, lives) = (end + 10, u32::from(high) << 16 | u32::from(low));
        if kind == PTR
            && lives >= TTL / 2
            && is_name(query, at, &SERVICE)
            && is_name(query, data, &own)
        {
            return true;
        }
        at = data + usize::from(length);
    }
    false
}

/// Two bytes, the high one first.
fn number(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_be_bytes([*bytes.get(at)?, *bytes.get(at.checked_add(1)?)?]))
}

/// Behind the name that begins here.
fn name_end(message: &[u8], mut at: usize) -> Option<usize> {
    let begin = at;
    loop {
        match *message.get(at)? {
            0 => return Some(at + 1),
            length @ 1..=63 => at += 1 + usize::from(length),
            0xC0.. => return message.get(at + 1).map(|_| at + 2),
            64..=0xBF => return None,
        }
        if at - begin > NAME_MAX {
            return None;
        }
    }
}

/// Whether the name that begins here has these labels, whatever their case.
fn is_name(message: &[u8], mut at: usize, labels: Labels<'_>) -> bool {
    let mut labels = labels.iter();
    loop {
        match message.get(at).copied() {
            Some(0) => return labels.next().is_none(),
            Some(length @ 1..=63) => {
                let end = at + 1 + usize::from(length);
                let found = message.get(at + 1..end).unwrap_or_default();
                // Ours have only so many labels, which ends the loop as well.
                let is_same =
                    labels.next().is_some_and(|label| label.as_bytes().eq_ignore_ascii_case(found));
                if !is_same {
                    return false;
                }
                at = end;
            }
            Some(high @ 0xC0..) => {
                let Some(low) = message.get(at + 1) else { return false };
                let to = usize::from(high & 0x3F) << 8 | usize::from(*low);
                // Only backwards (RFC 1035, section 4.1.4), so that there is no circle.
                if to >= at {
                    return false;
                }
                at = to;
            }
            _ => return false,
        }
    }
}

/// What kind of message it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Style<'a> {
    /// Records for everybody who listens.
    Multicast,
    /// That these are no more.
    Goodbye,
    /// An answer as DNS gives it.
    Legacy {
        /// The query's number.
        id: u16,
        /// Its question, repeated.
        question: &'a [u8],
    },
}

/// Writes a message with these records, and what goes with them. [`MDNS_MAX`] has room for all; `false`: a name is too long.
pub(super) fn write(
    packet: &mut MdnsPacket,
    advert: &Advert,
    records: Records,
    style: Style<'_>,
) -> bool {
    packet.clear();
    put(packet, advert, records, style).is_some()
}

fn put(packet: &mut MdnsPacket, advert: &Advert, records: Records, style: Style<'_>) -> Option<()> {
    let (id, question) = match style {
        Style::Legacy { id, question } => (id, question),
        Style::Multicast | Style::Goodbye => (0, &[][..]),
    };
    let additional = records.additional();
    let chosen =
        |of: Records| Records::EACH.iter().filter(move |it| of.has_all(**it) && it.are_of(advert));
    let count = |of: Records| u16::try_from(chosen(of).count()).ok();
    for word in [
        id,
        // An answer, of somebody who knows for sure.
        0x8400,
        u16::from(!question.is_empty()),
        count(records)?,
        0,
        count(additional)?,
    ] {
        packet.extend_from_slice(&word.to_be_bytes()).ok()?;
    }
    packet.extend_from_slice(question).ok()?;
    for record in chosen(records).chain(chosen(additional)) {
        put_record(packet, advert, *record, style)?;
    }
    Some(())
}

fn put_record(
    packet: &mut MdnsPacket,
    advert: &Advert,
    record: Records,
    style: Style<'_>,
) -> Option<()> {
    let hostname = advert.hostname.as_str();
    let host = &[hostname, "local"][..];
    let own = &[hostname, SERVICE[0], SERVICE[1], SERVICE[2]][..];
    let (owner, kind): (Labels<'_>, u16) = match record {
        Records::SERVICES => (&SERVICES, PTR),
        Records::SERVICE => (&SERVICE, PTR),
        Records::PLACE => (own, SRV),
        Records::TEXT => (own, TXT),
        Records::ADDRESS => (host, A),
        _ => (host, NSEC),
    };
    // Others may have the same records of these; all else is the board's alone.
    let is_shared = matches!(record, Records::SERVICES | Records::SERVICE);
    let class = match style {
        Style::Legacy { .. } => INTERNET,
        _ if is_shared => INTERNET,
        _ => INTERNET | TOP,
    };
    let ttl = match style {
        Style::Multicast => TTL,
        Style::Goodbye => 0,
        Style::Legacy { .. } => LEGACY_TTL,
    };
    put_name(packet, owner)?;
    packet.extend_from_slice(&kind.to_be_bytes()).ok()?;
    packet.extend_from_slice(&class.to_be_bytes()).ok()?;
    packet.extend_from_slice(&ttl.to_be_bytes()).ok()?;
    let length_at = packet.len();
    packet.extend_from_slice(&[0, 0]).ok()?;
    match record {
        Records::SERVICES => put_name(packet, &SERVICE)?,
        Records::SERVICE => put_name(packet, own)?,
        Records::PLACE => {
            // Priority and weight: there is only one.
            packet.extend_from_slice(&[0; 4]).ok()?;
            packet.extend_from_slice(&advert.port?.to_be_bytes()).ok()?;
            put_name(packet, host)?;
        }
        Records::TEXT => {
            let Advert { app, version, chip, name, update, .. } = advert;
            let mut port = String::<5>::new();
            if let Some(update) = update {
                write!(port, "{update}").ok()?;
            }
            for (key, value) in [
                ("app", *app),
                ("version", version),
                ("chip", chip),
                ("name", name),
                ("update", &port),
            ] {
                if !value.is_empty() {
                    put_text(packet, key, value)?;
                }
            }
        }
        Records::ADDRESS => packet.extend_from_slice(&advert.address.ip.octets()).ok()?,
        _ => {
            put_name(packet, host)?;
            // One byte of the first window of types: A (RFC 4034, section 4.1.2).
            packet.extend_from_slice(&[0, 1, 0x40]).ok()?;
        }
    }
    let length = u16::try_from(packet.len() - length_at - 2).ok()?.to_be_bytes();
    packet.get_mut(length_at..length_at + 2)?.copy_from_slice(&length);
    Some(())
}

fn put_name(packet: &mut MdnsPacket, labels: Labels<'_>) -> Option<()> {
    for label in labels {
        packet
            .push(u8::try_from(label.len()).ok().filter(|length| (1..=63).contains(length))?)
            .ok()?;
        packet.extend_from_slice(label.as_bytes()).ok()?;
    }
    packet.push(0).ok()
}

/// One of the strings of a TXT record: `key=value` (RFC 6763, section 6).
fn put_text(packet: &mut MdnsPacket, key: &str, value: &str) -> Option<()> {
    packet.push(u8::try_from(key.len() + 1 + value.len()).ok()?).ok()?;
    packet.extend_from_slice(key.as_bytes()).ok()?;
    packet.push(b'=').ok()?;
    packet.extend_from_slice(value.as_bytes()).ok()
}
