//! What an X.509 certificate (RFC 5280) says of itself, for people. Nothing is verified here.

use std::net::IpAddr;

use super::Fingerprint;
use super::der::{self, Der};
use crate::{Sentence, say};

/// Names that are kept of one certificate.
const NAMES: usize = 64;

/// Characters that are kept of one text in a certificate.
const LONGEST: usize = 200;

/// What a certificate says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CertificateFacts {
    /// Whose it is: `CN=board, O=Acme`; empty when it says nothing, or cannot be read.
    pub subject: String,
    /// Who issued it, in the same way.
    pub issuer: String,
    /// The names and addresses that it is for (subjectAltName); at most 64.
    pub names: Vec<String>,
    /// From when to when it is valid, in seconds since 1970; `None` when it cannot be read.
    pub validity: Option<(i64, i64)>,
    /// The SHA-256 of it all.
    pub fingerprint: Fingerprint,
}

impl CertificateFacts {
    /// Reads a certificate in DER. Of one that makes no sense, the fingerprint is all that is known.
    pub fn read(certificate: &[u8]) -> Self {
        let fingerprint = Fingerprint::of(certificate);
        let unreadable = Self {
            subject: String::new(),
            issuer: String::new(),
            names: Vec::new(),
            validity: None,
            fingerprint,
        };
        parse(certificate, fingerprint).unwrap_or(unreadable)
    }

    /// Whole days until it expires; negative when it has. `None` when it cannot be read.
    pub fn days_left(&self, now: i64) -> Option<i64> {
        self.validity.map(|(_, until)| until.saturating_sub(now).div_euclid(24 * 60 * 60))
    }

    /// Whether it says that it issued itself.
    pub fn is_self_issued(&self) -> bool {
        !self.subject.is_empty() && self.subject == self.issuer
    }

    /// Whose it is, by its subject or, where it has none, its names.
    pub fn holder(&self) -> String {
        match (self.subject.as_str(), self.names.first()) {
            ("", Some(_)) => self.names_in_one(),
            ("", None) => "?".to_owned(),
            (subject, _) => subject.to_owned(),
        }
    }

    /// The names it is for, in one text; `–` when there are none.
    pub fn names_in_one(&self) -> String {
        /// More of them help nobody in one line.
        const SHOWN: usize = 8;
        if self.names.is_empty() {
            return "–".to_owned();
        }
        let more = if self.names.len() > SHOWN { ", …" } else { "" };
        format!("{}{more}", self.names[..self.names.len().min(SHOWN)].join(", "))
    }

    /// The day on which it expires, in UTC.
    pub fn until(&self) -> String {
        self.validity.map_or_else(|| "?".to_owned(), |(_, until)| day(until))
    }

    /// The day on which it begins to be valid, in UTC.
    pub fn from(&self) -> String {
        self.validity.map_or_else(|| "?".to_owned(), |(from, _)| day(from))
    }

    /// A line about it: place and number in its chain, whose it is, of whom, how long, its fingerprint.
    pub fn told(&self, place: usize, count: usize, now: i64) -> Sentence {
        let (subject, issuer, fingerprint) = (self.holder(), &self.issuer, self.fingerprint);
        let (until, left) = (self.until(), self.days_left(now).unwrap_or(0));
        match left {
            0.. => say!(
                "tls-certificate",
                "certificate {place} of {count}: {subject}, issued by {issuer}, valid until {until} ({days} days left), SHA-256 {fingerprint}",
                place = place,
                count = count,
                subject = subject,
                issuer = issuer,
                until = until,
                days = left,
                fingerprint = fingerprint,
            ),
            ..0 => say!(
                "tls-certificate-expired",
                "certificate {place} of {count}: {subject}, issued by {issuer}, EXPIRED on {until}, SHA-256 {fingerprint}",
                place = place,
                count = count,
                subject = subject,
                issuer = issuer,
                until = until,
                fingerprint = fingerprint,
            ),
        }
    }
}

fn day(seconds: i64) -> String {
    let at = jiff::Timestamp::from_second(seconds);
    at.map_or_else(|_| "?".to_owned(), |at| at.strftime("%Y-%m-%d").to_string())
}

fn parse(certificate: &[u8], fingerprint: Fingerprint) -> Option<CertificateFacts> {
    let mut whole = Der(certificate).enter(der::SEQUENCE)?;
    let mut body = whole.enter(der::SEQUENCE)?;
    body.pass_over(der::context(0));
    body.expect(der::INTEGER)?;
    body.expect(der::SEQUENCE)?;
    let issuer = name(body.enter(der::SEQUENCE)?);
    let mut validity = body.enter(der::SEQUENCE)?;
    let validity = (time(validity.next()?)?, time(validity.next()?)?);
    let subject = name(body.enter(der::SEQUENCE)?);
    body.expect(der::SEQUENCE)?;
    let mut names = Vec::new();
    for (tag, content) in body {
        if tag == der::context(3) {
            names = Der(content).enter(der::SEQUENCE).map(alternative_names).unwrap_or_default();
        }
    }
    Some(CertificateFacts { subject, issuer, names, validity: Some(validity), fingerprint })
}

/// `CN=board, O=Acme`: the attributes in the order of the certificate.
fn name(sets: Der<'_>) -> String {
    let mut all = String::new();
    for (_, set) in sets.filter(|(tag, _)| *tag == der::SET) {
        for (_, attribute) in Der(set).filter(|(tag, _)| *tag == der::SEQUENCE) {
            let mut attribute = Der(attribute);
            let Some(kind) = attribute.expect(der::OBJECT_IDENTIFIER) else { continue };
            let Some(value) = attribute.next().and_then(text) else { continue };
            if all.len() > LONGEST {
                return all + ", …";
            }
            if !all.is_empty() {
                all.push_str(", ");
            }
            all.push_str(attribute_name(kind));
            all.push('=');
            all.push_str(&value);
        }
    }
    all
}

/// RFC 4519 section 2; an attribute without a short name is `?`.
fn attribute_name(identifier: &[u8]) -> &'static str {
    match identifier {
        [0x55, 4, 3] => "CN",
        [0x55, 4, 5] => "serialNumber",
        [0x55, 4, 6] => "C",
        [0x55, 4, 7] => "L",
        [0x55, 4, 8] => "ST",
        [0x55, 4, 9] => "street",
        [0x55, 4, 10] => "O",
        [0x55, 4, 11] => "OU",
        [0x55, 4, 12] => "title",
        [0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 9, 1] => "emailAddress",
        [0x09, 0x92, 0x26, 0x89, 0x93, 0xF2, 0x2C, 0x64, 1, 25] => "DC",
        [0x09, 0x92, 0x26, 0x89, 0x93, 0xF2, 0x2C, 0x64, 1, 1] => "UID",
        _ => "?",
    }
}

/// A DirectoryString or an IA5String.
fn text((tag, content): (u8, &[u8])) -> Option<String> {
    let text = match tag {
        0x0C | 0x12 | 0x13 | 0x16 | 0x1A => String::from_utf8_lossy(content).into_owned(),
        // TeletexString: what is really in there is Latin-1.
        0x14 => content.iter().map(|byte| char::from(*byte)).collect(),
        0x1E => {
            let units = content.chunks_exact(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]]));
            char::decode_utf16(units).map(|unit| unit.unwrap_or('\u{FFFD}')).collect()
        }
        _ => return None,
    };
    Some(bounded(&text))
}

/// On one line, and no longer than helps.
fn bounded(text: &str) -> String {
    let visible = |c: char| if c.is_control() { '\u{FFFD}' } else { c };
    text.chars().take(LONGEST).map(visible).collect()
}

/// UTCTime or GeneralizedTime (RFC 5280 section 4.1.2.5), in seconds since 1970.
fn time((tag, content): (u8, &[u8])) -> Option<i64> {
    let digits = std::str::from_utf8(content).ok()?.strip_suffix('Z')?;
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let (year, rest) = match (tag, digits.len()) {
        (0x17, 12) => {
            let year: i16 = digits[..2].parse().ok()?;
            (if year < 50 { 2000 + year } else { 1900 + year }, &digits[2..])
        }
        (0x18, 14) => (digits[..4].parse().ok()?, &digits[4..]),
        _ => return None,
    };
    let two = |at: usize| rest[at..at + 2].parse::<i8>().ok();
    let civil =
        jiff::civil::DateTime::new(year, two(0)?, two(2)?, two(4)?, two(6)?, two(8)?, 0).ok()?;
    Some(civil.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp().as_second())
}

/// The names in the extension subjectAltName (RFC 5280 section 4.2.1.6).
fn alternative_names(extensions: Der<'_>) -> Vec<String> {
    const SUBJECT_ALT_NAME: [u8; 3] = [0x55, 29, 17];
    for (_, extension) in extensions.filter(|(tag, _)| *tag == der::SEQUENCE) {
        let mut extension = Der(extension);
        if extension.expect(der::OBJECT_IDENTIFIER) != Some(&SUBJECT_ALT_NAME) {
            continue;
        }
        extension.pass_over(der::BOOLEAN);
        let names = extension.enter(der::OCTET_STRING).and_then(|mut it| it.enter(der::SEQUENCE));
        let Some(names) = names else { return Vec::new() };
        let known = names.filter_map(|(tag, content)| match tag {
            // rfc822Name, dNSName, uniformResourceIdentifier.
            0x81 | 0x82 | 0x86 => Some(bounded(&String::from_utf8_lossy(content))),
            0x87 => address(content).map(|address| address.to_string()),
            _ => None,
        });
        return known.take(NAMES).collect();
    }
    Vec::new()
}

fn address(bytes: &[u8]) -> Option<IpAddr> {
    let four = <[u8; 4]>::try_from(bytes).map(IpAddr::from);
    four.or_else(|_| <[u8; 16]>::try_from(bytes).map(IpAddr::from)).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Tag, length, content.
    fn element(tag: u8, content: &[u8]) -> Vec<u8> {
        let length = u16::try_from(content.len()).expect("short");
        let mut all = vec![tag, 0x82];
        all.extend(length.to_be_bytes());
        all.extend(content);
        all
    }

    fn name_of(common: &str) -> Vec<u8> {
        let identifier = element(der::OBJECT_IDENTIFIER, &[0x55, 4, 3]);
        let attribute = [identifier, element(0x0C, common.as_bytes())].concat();
        element(der::SEQUENCE, &element(der::SET, &element(der::SEQUENCE, &attribute)))
    }

    /// As RFC 5280 lays one out; signature and key are none.
    fn certificate(subject: &str, issuer: &str, from: &str, until: &str) -> Vec<u8> {
        let name = [element(0x82, b"board.local"), element(0x87, &[127, 0, 0, 1])].concat();
        let value = element(der::OCTET_STRING, &element(der::SEQUENCE, &name));
        let identifier = element(der::OBJECT_IDENTIFIER, &[0x55, 29, 17]);
        let extension = element(der::SEQUENCE, &[identifier, value].concat());
        let body = [
            element(der::context(0), &element(der::INTEGER, &[2])),
            element(der::INTEGER, &[1]),
            element(der::SEQUENCE, &[]),
            name_of(issuer),
            element(
                der::SEQUENCE,
                &[element(0x17, from.as_bytes()), element(0x18, until.as_bytes())].concat(),
            ),
            name_of(subject),
            element(der::SEQUENCE, &[]),
            element(der::context(3), &element(der::SEQUENCE, &extension)),
        ];
        element(der::SEQUENCE, &element(der::SEQUENCE, &body.concat()))
    }

    #[test]
    fn a_certificate_says_whose_it_is_of_whom_and_for_how_long() {
        let der = certificate("板子", "the authority", "260101000000Z", "20270101120000Z");
        let facts = CertificateFacts::read(&der);
        assert_eq!(
            (facts.subject.as_str(), facts.issuer.as_str()),
            ("CN=板子", "CN=the authority")
        );
        assert_eq!(facts.names, ["board.local", "127.0.0.1"]);
        assert_eq!(facts.validity, Some((1_767_225_600, 1_798_804_800)));
        assert_eq!((facts.from(), facts.until()), ("2026-01-01".into(), "2027-01-01".into()));
        assert_eq!(facts.days_left(1_798_804_800 - 86_400), Some(1));
        assert_eq!(facts.days_left(1_798_804_801), Some(-1));
        let told = facts.told(1, 2, 1_798_804_801);
        assert!(told.contains("EXPIRED on 2027-01-01"), "{told}");
        assert!(!facts.is_self_issued());
    }

    #[test]
    fn what_is_no_certificate_has_a_fingerprint_and_nothing_else() {
        let facts = CertificateFacts::read(b"HTTP/1.1 400");
        assert_eq!((facts.holder(), facts.until(), facts.validity), ("?".into(), "?".into(), None));
        assert_eq!(facts.fingerprint, Fingerprint::of(b"HTTP/1.1 400"));
    }

    #[test]
    fn a_text_in_a_certificate_stays_on_one_line_and_has_an_end() {
        let long = format!("a\r\n\u{1b}[31m{}", "x".repeat(5000));
        let facts =
            CertificateFacts::read(&certificate(&long, "", "260101000000Z", "20270101120000Z"));
        assert!(!facts.subject.contains(char::is_control));
        assert!(facts.subject.chars().count() <= LONGEST + 3);
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_without_a_panic(
            at in 0_usize..200, with in any::<u8>(), cut in 0_usize..400,
            noise in prop::collection::vec(any::<u8>(), 0..200),
        ) {
            CertificateFacts::read(&noise);
            let mut der = certificate("a", "b", "260101000000Z", "20270101120000Z");
            let at = at % der.len();
            der[at] = with;
            der.truncate(cut);
            CertificateFacts::read(&der);
        }
    }
}
