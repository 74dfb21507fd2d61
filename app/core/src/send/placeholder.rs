//! Placeholders in prepared messages: `{{n}}`, `{{time:%H:%M:%S}}`, `{{random:0..255:u8}}` and their like.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::ops::{Range, RangeInclusive};

use jiff::Zoned;
use jiff::tz::TimeZone;

use super::{SendError, SendFault};
use crate::Timestamp;

/// What placeholders stand for at the moment of sending.
#[derive(Debug)]
pub struct PlaceholderValues<'a> {
    counter: u64,
    at: Timestamp,
    zone: TimeZone,
    peer: &'a str,
    variables: &'a BTreeMap<String, String>,
    captures: Option<&'a BTreeMap<String, Vec<u8>>>,
    random: fastrand::Rng,
}

impl<'a> PlaceholderValues<'a> {
    /// `counter`: how often something was sent before; `at` and `zone`: when and where it is sent; `peer`: the address it goes
    /// to, empty when it goes to several; `variables`: what the user has named, in vain where the name stands for something
    /// already. What is random follows from the time and the counter.
    pub fn new(
        counter: u64,
        at: Timestamp,
        zone: TimeZone,
        peer: &'a str,
        variables: &'a BTreeMap<String, String>,
    ) -> Self {
        let random = fastrand::Rng::with_seed(at.0 as u64 ^ counter.rotate_left(48));
        Self { counter, at, zone, peer, variables, captures: None, random }
    }

    /// What a match is made of, by numbers and names: they stand before variables of the same name.
    #[must_use]
    pub const fn with_captures(mut self, captures: &'a BTreeMap<String, Vec<u8>>) -> Self {
        self.captures = Some(captures);
        self
    }

    fn captured(&self, name: &str) -> Option<&'a Vec<u8>> {
        self.captures?.get(name)
    }

    fn now(&self) -> Zoned {
        let time = jiff::Timestamp::from_nanosecond(i128::from(self.at.0)).unwrap_or_default();
        time.to_zoned(self.zone.clone())
    }
}

/// A part of a message with placeholders.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Fragment {
    /// As it is written; where it stands in the message.
    Written(Range<usize>),
    /// `{{`, written as `\{{`.
    Braces(Range<usize>),
    /// A placeholder, and where it stands.
    Placeholder(Range<usize>, Placeholder),
}

/// What a placeholder asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Placeholder {
    /// A number that is known by itself.
    Number(NumberSource, NumberForm),
    /// How many bytes stand behind it, without checksum and line ending.
    Length(NumberForm),
    /// The time in a form of strftime.
    Time(String),
    /// A version 4 UUID (RFC 9562).
    Uuid,
    /// The address it goes to.
    Peer,
    /// A part of a match, or a variable of the workspace.
    Variable(String),
}

/// A number that a placeholder stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum NumberSource {
    Counter,
    Unix,
    UnixMillis,
    Random(RangeInclusive<u64>),
}

/// How a number is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NumberForm {
    /// Digits, at least so many.
    Decimal(usize),
    /// Hexadecimal digits, at least so many, in upper case or not.
    Hex(usize, bool),
    /// So many bytes, the least significant first or not.
    Bytes(usize, bool),
}

/// The value of a placeholder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Filled {
    /// Characters, to be encoded.
    Text(String),
    /// Bytes as they are.
    Bytes(Vec<u8>),
}

/// The most digits that can be asked for.
const DIGITS: usize = 64;

/// Takes a message apart. With escapes, `\\` before braces is a backslash and hides nothing.
pub(super) fn split(text: &str, escapes: bool) -> Result<Vec<Fragment>, SendError> {
    let mut fragments = Vec::new();
    let (mut at, mut written) = (0, 0);
    let flush = |fragments: &mut Vec<Fragment>, from: usize, to: usize| {
        if from < to {
            fragments.push(Fragment::Written(from..to));
        }
    };
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        if rest.starts_with("\\{{") {
            flush(&mut fragments, written, at);
            fragments.push(Fragment::Braces(at..at + 3));
            at += 3;
            written = at;
        } else if escapes && rest.starts_with('\\') {
            at += 1 + rest.chars().nth(1).map_or(0, char::len_utf8);
        } else if let Some(inner) = rest.strip_prefix("{{") {
            flush(&mut fragments, written, at);
            let end = inner
                .find("}}")
                .ok_or_else(|| SendError::new(at..text.len(), SendFault::OpenPlaceholder))?;
            let range = at..at + 2 + end + 2;
            let placeholder = Placeholder::parse(&inner[..end])
                .map_err(|fault| SendError::new(range.clone(), fault))?;
            at = range.end;
            written = at;
            fragments.push(Fragment::Placeholder(range, placeholder));
        } else {
            at += rest.chars().next().map_or(1, char::len_utf8);
        }
    }
    flush(&mut fragments, written, text.len());
    Ok(fragments)
}

impl Placeholder {
    /// What stands between the braces. The names in capitals are Packet Sender's.
    fn parse(inner: &str) -> Result<Self, SendFault> {
        let (name, form) = match inner.split_once(':') {
            Some((name, form)) => (name.trim(), Some(form.trim())),
            None => (inner.trim(), None),
        };
        let wrong = || SendFault::PlaceholderForm(inner.to_owned());
        let number = |number: NumberSource| {
            let form = NumberForm::parse(form.unwrap_or_default()).ok_or_else(wrong)?;
            Ok(Self::Number(number, form))
        };
        match name {
            "n" | "COUNTER" => number(NumberSource::Counter),
            "unix" | "UNIXTIME" => number(NumberSource::Unix),
            "unix_ms" => number(NumberSource::UnixMillis),
            "random" | "RANDOM" => {
                let (range, form) = match form.unwrap_or_default() {
                    "" => (0..=u64::from(u32::MAX), ""),
                    both => {
                        let (range, form) = both.split_once(':').unwrap_or((both, ""));
                        (range_of(range).ok_or_else(wrong)?, form)
                    }
                };
                let form = NumberForm::parse(form.trim()).ok_or_else(wrong)?;
                if !form.holds(*range.end()) {
                    return Err(wrong());
                }
                Ok(Self::Number(NumberSource::Random(range), form))
            }
            "len" => {
                Ok(Self::Length(NumberForm::parse(form.unwrap_or_default()).ok_or_else(wrong)?))
            }
            "time" | "TIME" => Ok(Self::Time(strftime(form, "%H:%M:%S").ok_or_else(wrong)?)),
            "DATE" => Ok(Self::Time(strftime(form, "%Y-%m-%d").ok_or_else(wrong)?)),
            "uuid" | "UNIQUE" if form.is_none() => Ok(Self::Uuid),
            "peer" if form.is_none() => Ok(Self::Peer),
            _ if form.is_none() && is_name(name) => Ok(Self::Variable(name.to_owned())),
            _ => Err(wrong()),
        }
    }

    /// The value of the placeholder; `rest` is how many bytes stand behind it.
    pub(super) fn value(
        &self,
        values: &mut PlaceholderValues<'_>,
        rest: usize,
    ) -> Result<Filled, SendFault> {
        Ok(match self {
            Self::Number(number, form) => {
                let millis = values.at.0 / 1_000_000;
                form.write(match number {
                    NumberSource::Counter => values.counter,
                    NumberSource::Unix => u64::try_from(millis / 1000).unwrap_or_default(),
                    NumberSource::UnixMillis => u64::try_from(millis).unwrap_or_default(),
                    NumberSource::Random(range) => values.random.u64(range.clone()),
                })
            }
            Self::Length(form) if form.holds(rest as u64) => form.write(rest as u64),
            Self::Length(_) => return Err(SendFault::LengthDoesNotFit(rest)),
            Self::Time(form) => Filled::Text(values.now().strftime(form).to_string()),
            Self::Uuid => Filled::Text(uuid(values.random.u128(..))),
            Self::Peer => Filled::Text(values.peer.to_owned()),
            Self::Variable(name) => match (values.captured(name), values.variables.get(name)) {
                (Some(bytes), _) => Filled::Bytes(bytes.clone()),
                (None, Some(value)) => Filled::Text(value.clone()),
                (None, None) => return Err(SendFault::UnknownPlaceholder(name.clone())),
            },
        })
    }
}

impl NumberForm {
    /// Nothing, `04`, `x`, `04X`, `u8`, `u16le`, `u32be` and their like.
    fn parse(form: &str) -> Option<Self> {
        let bytes = |bits: &str| {
            let (bits, little) = match bits.strip_suffix("le") {
                Some(bits) => (bits, true),
                None => (bits.strip_suffix("be").unwrap_or(bits), false),
            };
            let ordered = bits.len() < form.len() - 1;
            match bits {
                "8" => Some(Self::Bytes(1, little)),
                "16" | "32" | "64" if ordered => {
                    Some(Self::Bytes(bits.parse::<usize>().ok()? / 8, little))
                }
                _ => None,
            }
        };
        if let Some(bits) = form.strip_prefix('u') {
            return bytes(bits);
        }
        let digits = form.trim_end_matches(['x', 'X']);
        let width = match digits {
            "" => 0,
            _ => digits.parse().ok().filter(|width| *width <= DIGITS)?,
        };
        match &form[digits.len()..] {
            "" => Some(Self::Decimal(width)),
            "x" => Some(Self::Hex(width, false)),
            "X" => Some(Self::Hex(width, true)),
            _ => None,
        }
    }

    /// Whether this number can be written whole.
    const fn holds(self, number: u64) -> bool {
        match self {
            Self::Bytes(count, _) => count >= 8 || number >> (8 * count) == 0,
            _ => true,
        }
    }

    /// Of a number that is too large for its bytes, the low ones: a counter begins again.
    fn write(self, number: u64) -> Filled {
        let mut text = String::new();
        match self {
            Self::Decimal(width) => write!(text, "{number:0width$}").ok(),
            Self::Hex(width, false) => write!(text, "{number:0width$x}").ok(),
            Self::Hex(width, true) => write!(text, "{number:0width$X}").ok(),
            Self::Bytes(count, little) => {
                let mut bytes = number.to_le_bytes()[..count].to_vec();
                if !little {
                    bytes.reverse();
                }
                return Filled::Bytes(bytes);
            }
        };
        Filled::Text(text)
    }
}

/// `0..255`, both ends included.
fn range_of(text: &str) -> Option<RangeInclusive<u64>> {
    let (low, high) = text.split_once("..")?;
    let range = low.trim().parse().ok()?..=high.trim().trim_start_matches('=').parse().ok()?;
    (!range.is_empty()).then_some(range)
}

/// A form of the time that can be written: one that cannot would be found only when it is sent.
fn strftime(form: Option<&str>, usual: &str) -> Option<String> {
    let form = form.filter(|form| !form.is_empty()).unwrap_or(usual);
    let probe = jiff::Timestamp::UNIX_EPOCH.to_zoned(jiff::tz::TimeZone::UTC);
    jiff::fmt::strtime::format(form, &probe).ok().map(|_| form.to_owned())
}

/// Whether a variable can have this name: one that stands for something else could not be reached.
pub fn is_variable_name(name: &str) -> bool {
    matches!(Placeholder::parse(name), Ok(Placeholder::Variable(_)))
}

/// A name that a variable may have: letters of any script, digits, `_` and `-`.
fn is_name(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|char| char.is_alphanumeric() || "_-".contains(char))
}

/// RFC 9562, version 4, variant 10.
fn uuid(random: u128) -> String {
    let bits = random & !(0xF << 76) & !(0x3 << 62) | 0x4 << 76 | 0x2 << 62;
    let hex = format!("{bits:032x}");
    [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]].join("-")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::send::{ChecksumSpec, LineEnding, SendFormat, SendSpec, compose_filled};
    use crate::view::EncodingName;

    fn filled(spec: &SendSpec, text: &str, counter: u64) -> Result<Vec<u8>, SendError> {
        let variables = [("id".to_owned(), "号7".to_owned())].into();
        // 2026-07-01 09:41:00.250 UTC.
        let at = Timestamp(1_782_898_860_250_000_000);
        let zone = TimeZone::fixed(jiff::tz::offset(8));
        let mut values = PlaceholderValues::new(counter, at, zone, "10.0.0.1:80", &variables);
        compose_filled(spec, text, &EncodingName("GBK".to_owned()), &mut values)
    }

    fn plain(text: &str, counter: u64) -> Vec<u8> {
        filled(&SendSpec { escapes: false, ..SendSpec::default() }, text, counter).unwrap()
    }

    #[test]
    fn each_stands_for_what_its_name_says() {
        assert_eq!(plain("{{n}} {{n:04}} {{n:x}} {{n:04X}}", 255), b"255 0255 ff 00FF");
        assert_eq!(
            plain("{{n:u8}}{{n:u16le}}{{n:u16be}}{{n:u32be}}", 0x1FF),
            [0xFF, 0xFF, 1, 1, 0xFF, 0, 0, 1, 0xFF]
        );
        assert_eq!(
            plain("{{time:%H:%M:%S%.3f}} {{DATE}} {{unix}} {{unix_ms}}", 0),
            b"17:41:00.250 2026-07-01 1782898860 1782898860250"
        );
        assert_eq!(plain("{{peer}} {{ id }}", 0), b"10.0.0.1:80 \xBA\xC57");
        let uuid = String::from_utf8(plain("{{uuid}}", 3)).unwrap();
        assert_eq!((uuid.len(), &uuid[14..15]), (36, "4"));
        assert!(matches!(&uuid[19..20], "8" | "9" | "a" | "b"), "{uuid}");
        assert_ne!(plain("{{uuid}}", 3), plain("{{uuid}}", 4));
    }

    #[test]
    fn a_length_counts_what_is_behind_it_and_nothing_else() {
        let spec = SendSpec {
            escapes: true,
            line_ending: LineEnding::CrLf,
            checksum: Some(ChecksumSpec { algorithm: "xor8".into(), ..ChecksumSpec::default() }),
            ..SendSpec::default()
        };
        let sent = filled(&spec, r"\xAA{{len:u16be}}\x01{{len:u8}}ab", 0).unwrap();
        assert_eq!(
            sent,
            [0xAA, 0, 4, 1, 2, b'a', b'b', 0xAA ^ 4 ^ 1 ^ 2 ^ b'a' ^ b'b', b'\r', b'\n']
        );
        assert_eq!(plain("{{len}}:0123456789", 0), b"11:0123456789");
        let long = format!("{{{{len:u8}}}}{}", "x".repeat(256));
        assert_eq!(
            filled(&SendSpec::default(), &long, 0).unwrap_err().fault,
            SendFault::LengthDoesNotFit(256)
        );
    }

    #[test]
    fn in_hexadecimal_they_stand_between_bytes() {
        let spec = SendSpec { format: SendFormat::Hex, ..SendSpec::default() };
        assert_eq!(filled(&spec, "AA {{n:u8}}55 {{n}}", 7).unwrap(), [0xAA, 7, 0x55, b'7']);
        let error = filled(&spec, "AA {{n:u8}} 5G", 7).unwrap_err();
        assert_eq!(error.range, 13..14);
    }

    #[test]
    fn what_is_no_placeholder_is_pointed_at() {
        let fails = |text| filled(&SendSpec::default(), text, 0).unwrap_err();
        assert_eq!(fails("a{{nobody}}").range, 1..11);
        assert_eq!(fails("a{{n").fault, SendFault::OpenPlaceholder);
        for text in [
            "{{n:u9}}",
            "{{n:u16}}",
            "{{n:z}}",
            "{{random:5..1}}",
            "{{random:0..256:u8}}",
            "{{time:%!}}",
            "{{}}",
            "{{uuid:x}}",
            "{{n:999}}",
        ] {
            assert!(matches!(fails(text).fault, SendFault::PlaceholderForm(_)), "{text}");
        }
        assert_eq!(plain(r"\{{n}}", 0), b"{{n}}");
        assert_eq!(filled(&SendSpec::default(), r"\\{{n}}", 5).unwrap(), b"\\5");
    }

    proptest! {
        #[test]
        fn nothing_that_is_typed_is_a_panic(text in "([{}\\\\]|\\{\\{|\\}\\}|n|random|:|0\\.\\.9|u8|len|time|%|[a-z好]){0,16}", escapes: bool, hex: bool) {
            let format = if hex { SendFormat::Hex } else { SendFormat::Text };
            let spec = SendSpec { escapes, format, ..SendSpec::default() };
            if let Err(error) = filled(&spec, &text, 1) {
                prop_assert!(text.get(error.range.clone()).is_some(), "{error:?}");
            }
        }

        #[test]
        fn random_numbers_stay_in_their_range(low in 0_u64..100, more in 0_u64..100, counter: u64) {
            let text = format!("{{{{random:{low}..{}}}}}", low + more);
            let number: u64 = String::from_utf8(plain(&text, counter)).unwrap().parse().unwrap();
            prop_assert!((low..=low + more).contains(&number));
        }
    }
}
