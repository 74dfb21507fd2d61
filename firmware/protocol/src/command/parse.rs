//! From a line to a command.

use super::{
    error::CommandError,
    request::{COMMAND_MAX, Command, Request},
    types::{Addressing, Credentials, Host, KickTarget, Name, StaticAddress, Token, hostname},
    usage::usage,
};
use crate::{
    field::Keepalive,
    quote,
    words::{Level, Mode, Shown, Switch},
};
use core::str::FromStr;
use heapless::{String, Vec};

/// The most words that any command has, and one to notice what is too much.
const WORDS_MAX: usize = 7;
/// The longest word: a password in escapes needs less once they are resolved.
const WORD_MAX: usize = 128;

type Word = String<WORD_MAX>;

impl Request {
    /// Reads a line without its line end. `Ok(None)` when there is nothing on it.
    pub fn parse(line: &str) -> Result<Option<Self>, CommandError> {
        let (id, line) = take_id(line);
        Ok(Command::parse(line)?.map(|command| Self { id, command }))
    }
}

/// The `#NUMBER` in front of a line, and the rest. Works on lines that are no command too, so that
/// errors can be matched.
pub(crate) fn take_id(line: &str) -> (Option<u32>, &str) {
    let trimmed = line.trim_start();
    let Some(rest) = trimmed.strip_prefix('#') else { return (None, line) };
    let (digits, rest) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
    match digits.parse() {
        Ok(id) if digits.bytes().all(|byte| byte.is_ascii_digit()) => (Some(id), rest),
        _ => (None, line),
    }
}

impl Request {
    /// The number in front of a line, whatever follows it.
    pub fn id_of(line: &str) -> Option<u32> {
        take_id(line).0
    }
}

impl Command {
    /// Reads a line without its line end. `Ok(None)` when there is nothing on it.
    pub fn parse(line: &str) -> Result<Option<Self>, CommandError> {
        if line.len() > COMMAND_MAX {
            return Err(CommandError::TooLong);
        }
        let words = split(line)?;
        let words: Vec<&str, WORDS_MAX> = words.iter().map(Word::as_str).collect();
        let (first, rest) = match words.split_first() {
            None => return Ok(None),
            Some((first, rest)) => (*first, rest),
        };
        // The commands of two words, told by their first.
        let (name, args) = match (first, rest.split_first()) {
            ("wifi" | "server" | "settings" | "ota", Some((second, args))) => {
                (Some((first, *second)), args)
            }
            _ => (None, rest),
        };
        let usage = crate::command::USAGES
            .iter()
            .find(|usage| match name {
                Some((one, two)) => usage.words.split_once(' ') == Some((one, two)),
                None => usage.words == first,
            })
            .ok_or(CommandError::Unknown)?;
        build(usage.words, args).map(Some).ok_or(CommandError::Usage(usage))
    }
}

/// The command of these words, if its values are what they must be.
fn build(words: &str, args: &[&str]) -> Option<Command> {
    debug_assert!(usage(words).is_some());
    Some(match (words, args) {
        ("help", []) => Command::Help,
        ("status", []) => Command::Status,
        ("wifi scan", []) => Command::WifiScan,
        ("wifi set", [ssid]) => Command::WifiSet(Credentials::new(ssid, "")?),
        ("wifi set", [ssid, password]) => Command::WifiSet(Credentials::new(ssid, password)?),
        ("wifi forget", []) => Command::WifiForget,
        ("wifi address", ["dhcp"]) => Command::WifiAddress(Addressing::Dhcp),
        ("wifi address", [address, ways @ ..]) if ways.len() <= 2 => {
            Command::WifiAddress(Addressing::Static(static_address(address, ways)?))
        }
        ("wifi smartconfig", [switch]) => Command::WifiSmartConfig(Switch::from_word(switch)?),
        ("mode", ["source", rate]) => Command::Mode { mode: Mode::Source, rate: number(rate)? },
        ("mode", [mode]) => Command::Mode { mode: Mode::from_word(mode)?, rate: 0 },
        ("server port", [port]) => Command::ServerPort(self::port(port)?),
        ("server limit", [limit]) => {
            Command::ServerLimit(number(limit).filter(|limit| (1..=8).contains(limit))?)
        }
        ("server keepalive", [idle, interval, count]) => {
            Command::ServerKeepalive(keepalive(idle, interval, count)?)
        }
        ("client", [host, port]) => {
            Command::Client { host: self::host(host)?, port: self::port(port)? }
        }
        ("clients", []) => Command::Clients,
        ("kick", [target]) => Command::Kick(self::target(target)?),
        ("screen", []) => Command::Screen,
        ("log", [level]) => Command::Log(Level::from_word(level)?),
        ("show", [shown]) => Command::Show(Shown::from_word(shown)?),
        ("name", [name]) if !name.is_empty() => Command::Name(Name::try_from(*name).ok()?),
        ("hostname", [name]) => Command::Hostname(hostname(name)?),
        ("ota allow", []) => Command::OtaAllow,
        ("ota token", [token]) => Command::OtaToken(Token::new(token)?),
        ("ota forget", []) => Command::OtaForget,
        ("settings show", []) => Command::SettingsShow,
        ("settings reset", []) => Command::SettingsReset,
        ("restart", []) => Command::Restart,
        _ => return None,
    })
}

/// Digits only: no sign, so that each number is written in one way.
fn number<T: FromStr>(word: &str) -> Option<T> {
    if word.bytes().all(|byte| byte.is_ascii_digit()) { word.parse().ok() } else { None }
}

fn port(word: &str) -> Option<u16> {
    number(word).filter(|port| *port != 0)
}

fn host(word: &str) -> Option<Host> {
    let plain = word.bytes().all(|byte| byte.is_ascii_graphic());
    if plain && !word.is_empty() { Host::try_from(word).ok() } else { None }
}

fn keepalive(idle: &str, interval: &str, count: &str) -> Option<Keepalive> {
    let seconds = |word| number(word).filter(|seconds| (1..=7200).contains(seconds));
    Some(Keepalive {
        idle_s: seconds(idle)?,
        interval_s: seconds(interval)?,
        count: number(count).filter(|count| (1..=10).contains(count))?,
    })
}

fn target(word: &str) -> Option<KickTarget> {
    match number(word) {
        Some(slot @ 1..=8) => Some(KickTarget::Slot(slot)),
        Some(_) => None,
        None => word.parse().ok().map(KickTarget::Peer),
    }
}

fn static_address(address: &str, ways: &[&str]) -> Option<StaticAddress> {
    let (ip, prefix) = address.split_once('/')?;
    let mut ways = ways.iter().map(|way| way.parse());
    StaticAddress {
        ip: ip.parse().ok()?,
        prefix: number(prefix)?,
        gateway: ways.next().transpose().ok()?,
        dns: ways.next().transpose().ok()?,
    }
    .checked()
}

impl StaticAddress {
    /// Itself, if its parts fit each other: a prefix of 1 to 30, a host's address, a gateway in the
    /// same network, a name server only behind a gateway.
    pub fn checked(self) -> Option<Self> {
        let Self { ip, prefix, gateway, dns } = self;
        if !(1..=30).contains(&prefix) {
            return None;
        }
        let network = u32::MAX << (32 - prefix);
        let host = ip.to_bits() & !network;
        let same = |other: core::net::Ipv4Addr| (other.to_bits() ^ ip.to_bits()) & network == 0;
        let fits = host != 0
            && host != !network
            && !ip.is_loopback()
            && !ip.is_multicast()
            && gateway.is_none_or(same)
            && (dns.is_none() || gateway.is_some());
        fits.then_some(self)
    }
}

/// Cuts a line into words and resolves quotes.
fn split(line: &str) -> Result<Vec<Word, WORDS_MAX>, CommandError> {
    let mut words = Vec::new();
    let mut rest = line.trim();
    while !rest.is_empty() {
        let (word, tail) = if rest.starts_with('"') {
            let len = quote::quoted_len(rest).ok_or(CommandError::Quote)?;
            let (quoted, tail) = rest.split_at_checked(len).ok_or(CommandError::Quote)?;
            (unquote(quoted)?, tail)
        } else {
            let (word, tail) = rest.split_at(rest.find(char::is_whitespace).unwrap_or(rest.len()));
            (Word::try_from(word).map_err(|_| CommandError::TooLong)?, tail)
        };
        if !tail.is_empty() && !tail.starts_with(char::is_whitespace) {
            return Err(CommandError::Quote);
        }
        // Too many words are noticed by the command; what comes after the limit does not matter.
        if words.push(word).is_err() {
            break;
        }
        rest = tail.trim_start();
    }
    Ok(words)
}

/// The text of a quoted word, without allocating.
fn unquote(quoted: &str) -> Result<Word, CommandError> {
    let mut bytes = Vec::<u8, WORD_MAX>::new();
    let inner = quoted.get(1..quoted.len().saturating_sub(1)).ok_or(CommandError::Quote)?;
    let mut rest = inner.bytes();
    while let Some(byte) = rest.next() {
        let byte = match byte {
            b'\\' => quote::unescape(&mut rest).ok_or(CommandError::Quote)?,
            byte => byte,
        };
        bytes.push(byte).map_err(|_| CommandError::TooLong)?;
    }
    Word::from_utf8(bytes).map_err(|_| CommandError::Quote)
}
